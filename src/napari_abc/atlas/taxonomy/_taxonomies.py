"""The taxonomies of a release: which there are, and reading one with the number of cells of its terms."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import pandas as pd

from napari_abc.atlas.entries import TaxonomyEntry
from napari_abc.atlas.taxonomy._tables import read_taxonomy, tables_of, term_table_of
from napari_abc.errors import AbcError, UnknownNameError
from napari_abc.io.cells import read_text_table
from napari_abc.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_abc.atlas.catalog import Catalog
    from napari_abc.atlas.manifest import Release
    from napari_abc.atlas.taxonomy._taxonomy import Taxonomy
    from napari_abc.io.cells import CellStore
    from napari_abc.io.remote import RemoteFile, Store

__all__ = ["Taxonomies"]

_TABLES = "metadata"


class Taxonomies:
    """Taxonomies that the catalog describes, and those of a known form that only the release has.

    Parameters
    ----------
    catalog
        What is described.
    release, store
        Where tables are looked up, and where they are fetched.
    cells
        Gives the cells of a dataset by its name, where they are on this machine; None where not.
    """

    def __init__(
        self, catalog: Catalog, release: Release, store: Store, cells: Callable[[str], CellStore | None]
    ) -> None:
        self._catalog = catalog
        self._release = release
        self._store = store
        self._cells = cells
        self._directories = {name: self._directory(name) for name in catalog.taxonomies}
        self._entries = dict(catalog.taxonomies)
        for directory in release.directories():
            if directory in self._directories.values():
                continue
            found = TaxonomyEntry(directory=directory, title=directory, species="")
            if self._find(directory, term_table_of(found)) is not None:
                self._entries[directory] = found
                self._directories[directory] = directory
        self._read: dict[str, Taxonomy] = {}

    # -- files -----------------------------------------------------------------------------------

    def _directory(self, name: str) -> str:
        """A directory as this release names it."""
        present = set(self._release.directories())
        if name not in present:
            for entry in self._catalog.datasets.values():
                for start, other in entry.renamed.items():
                    renamed = other + name.removeprefix(start)
                    if name.startswith(start) and renamed in present:
                        return renamed
        return name

    def _find(self, directory: str, table: str) -> RemoteFile | None:
        return self._release.find(directory, _TABLES, table)

    def _files(self, name: str) -> dict[str, RemoteFile]:
        """Tables of a taxonomy that the release has."""
        required, optional = tables_of(self._entries[name])
        found = {table: self._find(self._directories[name], table) for table in (*required, *optional)}
        return {table: file for table, file in found.items() if file is not None}

    def _unavailable(self, name: str) -> str:
        """Why a taxonomy can't be listed; empty if it can."""
        directory = self._directories[name]
        table = term_table_of(self._entries[name])
        if self._find(directory, table) is not None:
            return ""
        if directory not in self._release.directories():
            return f"Release {self._release.version} has no {directory}."
        return f"{directory} has no {table} in release {self._release.version}."

    # -- listing ---------------------------------------------------------------------------------

    def table(self) -> pd.DataFrame:
        """What there is; reads small tables that lie on disk, and fetches nothing.

        Returns
        -------
        DataFrame
            Indexed by name, which is also the column ``taxonomy``; ``title``, ``species``, ``levels``
            and ``terms`` (missing until the tables are on disk), ``bytes``, ``cached_bytes``,
            ``available``, ``reason`` (why not).
        """
        rows = []
        for name, entry in self._entries.items():
            files = self._files(name).values()
            reason = self._unavailable(name)
            levels, terms = self._counts(name) if not reason else (None, None)
            rows.append(
                {
                    "taxonomy": name,
                    "title": entry.title,
                    "species": entry.species,
                    "levels": levels,
                    "terms": terms,
                    "bytes": sum(file.size or 0 for file in files),
                    "cached_bytes": sum(file.size or 0 for file in files if self._store.locate(file)),
                    "available": not reason,
                    "reason": reason,
                }
            )
        table = pd.DataFrame(rows).astype({"levels": "Int64", "terms": "Int64"})
        return table.set_index("taxonomy", drop=False).rename_axis(index=None)

    def _counts(self, name: str) -> tuple[int | None, int | None]:
        """Levels and terms, as far as small tables on disk tell them."""
        if name in self._read:
            levels = self._read[name].levels
            return len(levels), sum(len(level.terms) for level in levels)
        entry = self._entries[name]
        path = self._store.locate(self._files(name)[term_table_of(entry)])
        if path is None or entry.form == "flat":
            return None, None
        kind = "parcellation_term" if entry.form == "parcellation" else "cluster_annotation_term"
        term = "parcellation_term_label" if entry.form == "parcellation" else "label"
        try:
            terms = read_text_table(path).get([f"{kind}_set_label", term])
        except (AbcError, OSError):  # said when it is opened
            return None, None
        if terms is None:
            return None, None
        return terms.iloc[:, 0].nunique(), len(terms.drop_duplicates())

    # -- reading ---------------------------------------------------------------------------------

    def read(self, name: str, task: Task | None = None) -> Taxonomy:
        """Read a taxonomy; its tables are fetched if need be.

        Where no table tells how many cells a term has, they are counted in the datasets that use the
        taxonomy and whose cells are on this machine.

        Parameters
        ----------
        name
            Directory, as :meth:`table` lists it.
        task
            Progress and cancel.

        Raises
        ------
        UnknownNameError
            If there is none of that name, or the release lacks it.
        AbcError
            If a table can't be fetched or read.
        """
        task = task or Task()
        if name not in self._entries:
            near = get_close_matches(name, self._entries, n=3, cutoff=0.4)
            hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(self._entries)}."
            raise UnknownNameError(f"There is no taxonomy {name!r}; {hint}")
        if reason := self._unavailable(name):
            raise UnknownNameError(f"{name} can't be opened: {reason} Choose another release.")
        if name not in self._read:
            paths = {table: self._store.ensure(file, task) for table, file in self._files(name).items()}
            self._read[name] = read_taxonomy(self._entries[name], paths, task)
        taxonomy = self._read[name]
        told = any(level.terms["cells"].notna().any() for level in taxonomy.levels)
        if told or not len(taxonomy.aliases):  # without leaves there is nothing to count by
            return taxonomy
        return self._count(taxonomy, task)

    def _count(self, taxonomy: Taxonomy, task: Task) -> Taxonomy:
        """The taxonomy with the cells of each term counted, or with a note that they are not known."""
        counts: pd.Series | None = None
        counted: list[str] = []
        users: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
        present = self._release.directories()
        for entry in self._catalog.datasets.values():
            keys = [use.key for use in entry.taxonomies if use.directory == taxonomy.name]
            if keys and entry.directory in present:
                # Two datasets may be two ways to look at the same cells, which count once.
                cells = (entry.cells.directory or entry.directory, entry.cells.table, str(entry.cells.where))
                users.setdefault(cells, []).append((entry.name, keys[0]))
        for same in users.values():
            for name, key in same:
                store = self._cells(name)
                if store is None or key not in store.names:
                    continue
                task.report(f"Counting the cells of {name}", len(counted), len(users), "datasets")
                found = taxonomy.leaf_counts(store.columns([key]).column(key).to_pandas())
                counts = found if counts is None else counts + found
                counted.append(name)
                break
        if counts is not None:
            return taxonomy.with_cells(counts, f"Cells are counted in {', '.join(counted)}.")
        note = "How many cells belong to a term is not known"
        if users:
            note += f" before anything of {' or '.join(same[0][0] for same in users.values())} was opened"
        return taxonomy.noting(f"{note}.")
