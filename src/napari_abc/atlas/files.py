"""Which files of a release a dataset is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_abc.atlas.taxonomy import TABLES as TAXONOMY_TABLES

if TYPE_CHECKING:
    from collections.abc import Container

    from napari_abc.atlas.catalogue import Entry, ExpressionRule, Join
    from napari_abc.atlas.manifest import Release
    from napari_abc.stores.fetch import RemoteFile

__all__ = ["MATRICES", "TABLES", "VOLUMES", "DatasetFiles"]

TABLES = "metadata"
MATRICES = "expression_matrices"
VOLUMES = "image_volumes"


class DatasetFiles:
    """The files of a catalogue entry, looked up in a release; nothing is fetched here.

    Parameters
    ----------
    entry
        What the catalogue says of the dataset.
    release
        The release to look in.
    """

    def __init__(self, entry: Entry, release: Release) -> None:
        self._entry = entry
        self._release = release

    @property
    def unavailable(self) -> str:
        """Why the dataset can't be opened from this release; empty if it can."""
        required: list[tuple[str, str | None]] = [(self._entry.cells.table, None)]
        required += [(join.table, join.directory) for join in self._entry.joins if not join.optional]
        for name, directory in required:
            if self.table(name, directory) is None:
                return f"{directory or self._entry.name} has no {name} in release {self._release.version}."
        return ""

    def table(self, name: str, directory: str | None = None) -> RemoteFile | None:
        """A table of the dataset, or of another directory."""
        return self._release.find(directory or self._entry.name, TABLES, name)

    def cells(self) -> RemoteFile:
        """The table with a row a cell."""
        return self._release.file(self._entry.name, TABLES, self._entry.cells.table)

    def joins(self) -> list[tuple[Join, RemoteFile]]:
        """Joined tables that the release holds; all that are not optional, where it is available."""
        found = [(join, self.table(join.table, join.directory)) for join in self._entry.joins]
        return [(join, file) for join, file in found if file is not None]

    def absent_joins(self) -> list[str]:
        """Optional tables that the release lacks."""
        return [join.table for join in self._entry.joins if not self.table(join.table, join.directory)]

    def tables(self) -> list[RemoteFile]:
        """Tables that the cells are made of."""
        return [self.cells(), *(file for _, file in self.joins())]

    def genes(self) -> RemoteFile | None:
        """The gene table."""
        return self.table(self._entry.genes.table, self._entry.genes.directory)

    def side_tables(self) -> list[RemoteFile]:
        """Taxonomies, value sets and gene table."""
        found = [
            self.table(table, use.directory) for use in self._entry.taxonomies for table in TAXONOMY_TABLES
        ]
        found += [self.table(values.table) for values in self._entry.value_sets]
        found.append(self.genes())
        return [file for file in found if file is not None]

    def regions(self) -> dict[str, RemoteFile]:
        """Polygon files by slab."""
        if self._entry.regions is None:
            return {}
        directory = self._entry.regions.directory
        names = self._names(directory, VOLUMES)
        return {name: self._release.file(directory, VOLUMES, name) for name in names}

    def _names(self, directory: str, kind: str) -> tuple[str, ...]:
        """Names of a directory's files; none where the release lacks the directory."""
        return self._release.names(directory, kind) if directory in self._release.directories() else ()

    def rule(self) -> ExpressionRule | None:
        """The first expression rule whose matrices the release serves."""
        for rule in self._entry.expression.rules:
            if any(self._names(directory, MATRICES) for directory in rule.directories):
                return rule
        return None

    def matrix(self, directory: str, name: str, kind: str) -> RemoteFile | None:
        """An expression matrix with one kind of values."""
        return self._release.find(directory, MATRICES, name, kind)

    def matrix_names(self, directory: str) -> tuple[str, ...]:
        """Matrices of a directory."""
        return self._names(directory, MATRICES)

    def matrices(self, kinds: Container[str] | None = None) -> list[RemoteFile]:
        """Expression matrices of some kinds (None: all), of the rule that the release serves."""
        rule = self.rule()
        found = [
            self.matrix(directory, name, kind)
            for directory in (rule.directories if rule else ())
            for name in self.matrix_names(directory)
            for kind in self._entry.expression.units
            if kinds is None or kind in kinds
        ]
        return [file for file in found if file is not None]

    def all(self, expression: bool = True) -> list[RemoteFile]:
        """Every file that the dataset uses, none twice; none at all where it is unavailable."""
        if self.unavailable:
            return []
        files = [*self.tables(), *self.side_tables(), *self.regions().values()]
        return list(dict.fromkeys([*files, *(self.matrices() if expression else [])]))
