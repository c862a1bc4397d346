"""What the release's side tables say of cells: taxonomies, value sets, genes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_abc.atlas.taxonomy import TABLES, Taxonomy, read_taxonomy
from napari_abc.atlas.value_sets import ValueTable, read_value_set
from napari_abc.stores.tables import read_text_table, require_columns

if TYPE_CHECKING:
    import pandas as pd

    from napari_abc.atlas.catalogue import Entry
    from napari_abc.atlas.files import DatasetFiles
    from napari_abc.model import Palette
    from napari_abc.stores.fetch import Store
    from napari_abc.task import Task

__all__ = ["Annotation"]


class Annotation:
    """Side tables of a dataset, each read once.

    Parameters
    ----------
    entry, files, store
        The dataset's catalogue entry, where its files are listed, and where they are fetched.
    task
        Progress and cancel of the fetching.

    Attributes
    ----------
    notes
        What a person should know: tables that the release lacks.
    """

    def __init__(self, entry: Entry, files: DatasetFiles, store: Store, task: Task) -> None:
        self.notes: list[str] = []
        self._entry = entry
        self._taxonomies: list[tuple[Taxonomy, str, str]] = []
        for use in entry.taxonomies:
            found = {table: files.table(table, use.directory) for table in TABLES}
            lacking = [table for table, file in found.items() if file is None]
            if lacking:
                self.notes.append(
                    f"{use.directory} has no {lacking[0]} in this release; cells have no taxonomy."
                )
                continue
            paths = {table: store.ensure(file, task) for table, file in found.items() if file is not None}
            self._taxonomies.append((read_taxonomy(use.directory, paths), use.key, use.outside))
        self._values: dict[str, ValueTable] = {}
        for values in entry.value_sets:
            file = files.table(values.table)
            if file is None:
                self.notes.append(
                    f"This release has no {values.table}; {values.column} has no official colours."
                )
            else:
                self._values[values.column] = read_value_set(store.ensure(file, task), values.field)
        self.genes = self._read_genes(files, store, task)

    @property
    def taxonomies(self) -> tuple[Taxonomy, ...]:
        """Taxonomies of the cells."""
        return tuple(taxonomy for taxonomy, _, _ in self._taxonomies)

    def values(self, column: str) -> ValueTable | None:
        """Order, names and colours of a column's values."""
        return self._values.get(column)

    def _read_genes(self, files: DatasetFiles, store: Store, task: Task) -> pd.DataFrame:
        import pandas as pd

        key = self._entry.genes.key
        file = files.genes()
        if file is None:
            self.notes.append(f"This release has no gene table for {self._entry.name}; no gene can be shown.")
            return pd.DataFrame({"gene_symbol": []}, index=pd.Index([], name=key), dtype=object)
        table = read_text_table(path := store.ensure(file, task))
        require_columns(table, [key, "gene_symbol"], path)
        return table.replace("", pd.NA).set_index(key)

    def annotate(
        self, cells: pd.DataFrame
    ) -> tuple[pd.DataFrame, dict[str, Palette], dict[str, tuple[str, ...]]]:
        """Cells with ``x`` and ``y`` first, then taxonomy and coloured columns, then the rest.

        Returns
        -------
        cells, palettes, groups
            As in :class:`~napari_abc.model.Slab`.
        """
        import pandas as pd

        palettes: dict[str, Palette] = {}
        groups: dict[str, tuple[str, ...]] = {}
        axes = zip("xyz", self._entry.frames[0].columns, strict=False)
        front: dict[str, object] = {axis: cells[column].to_numpy(dtype=float) for axis, column in axes}
        for taxonomy, key, outside in self._taxonomies:
            if key in cells:
                front |= taxonomy.categories(cells[key], outside)
                palettes |= taxonomy.palettes(outside)
                names = tuple(level.name for level in taxonomy.levels)
                groups["Taxonomy"] = (*groups.get("Taxonomy", ()), *names)
        for values in self._entry.value_sets:
            if values.column in cells:
                front[values.column] = cells[values.column]
                groups[values.group] = (*groups.get(values.group, ()), values.column)
                if values.column in self._values:
                    palettes[values.column] = self._values[values.column].palette()
        rest = cells.drop(columns=[column for column in front if column in cells])
        return pd.concat([pd.DataFrame(front, index=cells.index), rest], axis=1), palettes, groups
