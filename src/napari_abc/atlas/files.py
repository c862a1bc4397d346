"""Which files of a release a dataset is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_abc.atlas.catalog import catalog
from napari_abc.atlas.taxonomy import tables_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from napari_abc.atlas.entries import Entry, ExpressionRule, Join, TableName, TaxonomyUse
    from napari_abc.atlas.manifest import Release
    from napari_abc.io.remote import RemoteFile

__all__ = ["MATRICES", "TABLES", "VOLUMES", "DatasetFiles"]

TABLES = "metadata"
MATRICES = "expression_matrices"
VOLUMES = "image_volumes"


class DatasetFiles:
    """The files of a catalog entry, looked up in a release; nothing is fetched here.

    Parameters
    ----------
    entry
        What the catalog says of the dataset.
    release
        The release to look in.
    """

    def __init__(self, entry: Entry, release: Release) -> None:
        self._entry = entry
        self._release = release
        self._present = frozenset(release.directories())

    # -- looking up ----------------------------------------------------------------------------

    def directory(self, name: str | None) -> str:
        """A directory as this release names it; the dataset's own if None."""
        name = name or self._entry.directory
        if name not in self._present:
            for start, other in self._entry.renamed.items():
                renamed = other + name.removeprefix(start)
                if name.startswith(start) and renamed in self._present:
                    return renamed
        return name

    def table(self, name: str, directory: str | None = None) -> RemoteFile | None:
        """A table of the dataset, or of another directory."""
        return self._release.find(self.directory(directory), TABLES, name)

    def table_names(self, directory: str | None = None) -> tuple[str, ...]:
        """Tables of a directory; none where the release lacks it."""
        return self._names(self.directory(directory), TABLES)

    def volume(self, directory: str, name: str) -> RemoteFile | None:
        """An image volume."""
        return self._release.find(self.directory(directory), VOLUMES, name)

    def matrix(self, directory: str, name: str, kind: str) -> RemoteFile | None:
        """An expression matrix with one kind of values."""
        return self._release.find(self.directory(directory), MATRICES, name, kind)

    def matrix_names(self, directory: str) -> tuple[str, ...]:
        """Matrices of a directory."""
        return self._names(self.directory(directory), MATRICES)

    def _names(self, directory: str, kind: str) -> tuple[str, ...]:
        return self._release.names(directory, kind) if directory in self._present else ()

    def _all_of(self, first: TableName, also: Iterable[TableName]) -> list[RemoteFile]:
        found = [self.table(one.table, one.directory) for one in (first, *also)]
        return [file for file in found if file is not None]

    # -- what the cells are made of --------------------------------------------------------------

    @property
    def unavailable(self) -> str:
        """Why the dataset can't be opened from this release; empty if it can."""
        if self.directory(None) not in self._present:
            return f"Release {self._release.version} has no {self._entry.directory}."
        needed: list[TableName] = [self._entry.cells, *self._entry.cells.also]
        needed += [join for join in self._entry.joins if not join.optional]
        for one in needed:
            directory = one.directory or self._entry.directory
            if self.table(one.table, one.directory) is None:
                if self.directory(directory) not in self._present:
                    return f"Release {self._release.version} has no {directory}."
                return f"{directory} has no {one.table} in release {self._release.version}."
        return ""

    def cells(self) -> list[RemoteFile]:
        """Tables with a row a cell."""
        return self._all_of(self._entry.cells, self._entry.cells.also)

    def joins(self) -> list[tuple[Join, list[RemoteFile]]]:
        """Joined tables that the release holds; all that are not optional, where it is available."""
        found = [(join, self._all_of(join, join.also)) for join in self._entry.joins]
        return [(join, files) for join, files in found if files]

    def absent_joins(self) -> list[str]:
        """Optional tables that the release lacks."""
        return [join.table for join in self._entry.joins if not self._all_of(join, join.also)]

    def tables(self) -> list[RemoteFile]:
        """Tables that the cells are made of."""
        return [*self.cells(), *(file for _, files in self.joins() for file in files)]

    def embedding_tables(self) -> list[RemoteFile]:
        """Tables of the embeddings whose names are known without reading a listing."""
        found = []
        for embedding in self._entry.embeddings:
            if embedding.table is not None:
                found.append(self.table(embedding.table, embedding.directory))
            elif embedding.listing is not None:
                found.append(self.table(embedding.listing.table, embedding.directory))
            if embedding.pattern is not None:
                names = self.matching(embedding.pattern, embedding.directory)
                found += [self.table(name, embedding.directory) for name in names.values()]
        return [file for file in found if file is not None]

    def matching(self, pattern: str, directory: str | None) -> dict[str, str]:
        """Tables of a directory whose names match a pattern with one ``*``: what it stands for → name."""
        start, _, end = pattern.partition("*")
        return {
            name.removeprefix(start).removesuffix(end): name
            for name in self.table_names(directory)
            if name.startswith(start) and name.endswith(end) and len(name) > len(start) + len(end)
        }

    # -- what describes them -----------------------------------------------------------------------

    def genes(self) -> RemoteFile | None:
        """The gene table."""
        return self.table(self._entry.genes.table, self._entry.genes.directory)

    def taxonomy(self, use: TaxonomyUse) -> dict[str, RemoteFile | None]:
        """Tables of a taxonomy, None for those that it needs and the release lacks."""
        required, optional = tables_of(catalog().taxonomies[use.directory])
        found = {name: self.table(name, use.directory) for name in (*required, *optional)}
        return {name: file for name, file in found.items() if file is not None or name in required}

    def side_tables(self) -> list[RemoteFile]:
        """Taxonomies, value sets and gene table."""
        found = [file for use in self._entry.taxonomies for file in self.taxonomy(use).values()]
        found += [self.table(values.table, values.directory) for values in self._entry.value_sets]
        found.append(self.genes())
        return [file for file in found if file is not None]

    def regions(self) -> dict[str, RemoteFile]:
        """Polygon files by slab."""
        if self._entry.regions is None:
            return {}
        directory = self.directory(self._entry.regions.directory)
        return {
            name: self._release.file(directory, VOLUMES, name) for name in self._names(directory, VOLUMES)
        }

    def volumes(self) -> list[RemoteFile]:
        """Image volumes that the release holds."""
        found = [self.volume(volume.directory, volume.name) for volume in self._entry.volumes]
        return [file for file in found if file is not None]

    # -- expression --------------------------------------------------------------------------------

    def rules(self) -> tuple[ExpressionRule, ...]:
        """Expression rules whose matrices the release serves, the preferred one first."""
        return tuple(
            rule
            for rule in self._entry.expression.rules
            if any(self.matrix_names(directory) for directory in rule.directories)
        )

    def examples(self) -> list[RemoteFile]:
        """Tables with the values of a few genes."""
        found = [self.table(one.table, one.directory) for one in self._entry.expression.examples]
        return [file for file in found if file is not None]

    def matrices(self, kinds: Container[str] | None = None) -> list[RemoteFile]:
        """Expression matrices of some kinds (None: all), of the preferred rule that the release serves."""
        found = [
            self.matrix(directory, name, kind)
            for rule in self.rules()[:1]
            for directory in rule.directories
            for name in ([rule.matrix] if rule.matrix else self.matrix_names(directory))
            for kind in self._entry.expression.units
            if kinds is None or kind in kinds
        ]
        return [file for file in found if file is not None]

    def all(self, expression: bool = True) -> list[RemoteFile]:
        """Every file that the dataset uses, none twice; none at all where it is unavailable.

        Image volumes don't count, as several datasets share them and each is fetched when it is shown.
        """
        if self.unavailable:
            return []
        files = [*self.tables(), *self.embedding_tables(), *self.side_tables(), *self.regions().values()]
        return list(dict.fromkeys([*files, *(self.matrices() if expression else [])]))
