"""What the release's side tables say of cells: taxonomies, value sets, genes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from napari_abc.atlas.catalog import catalog
from napari_abc.atlas.taxonomy import ValueTable, inline_values, read_taxonomy, read_value_sets
from napari_abc.io.cells import read_text_table, require_columns

if TYPE_CHECKING:
    from napari_abc.atlas.entries import Entry, FrameEntry, TaxonomyUse
    from napari_abc.atlas.files import DatasetFiles
    from napari_abc.atlas.taxonomy import Taxonomy
    from napari_abc.io.remote import Store
    from napari_abc.model import Palette
    from napari_abc.task import Task

__all__ = ["Annotation"]


class Annotation:
    """Side tables of a dataset, each read once.

    Parameters
    ----------
    entry, files, store
        The dataset's catalog entry, where its files are listed, and where they are fetched.
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
        self._taxonomies: list[tuple[Taxonomy, TaxonomyUse]] = []
        for use in entry.taxonomies:
            found = files.taxonomy(use)
            lacking = [table for table, file in found.items() if file is None]
            if lacking:
                self.notes.append(
                    f"{use.directory} has no {lacking[0]} in this release; the cells lack that taxonomy."
                )
                continue
            paths = {table: store.ensure(file, task) for table, file in found.items() if file is not None}
            taxonomy = read_taxonomy(catalog().taxonomies[use.directory], paths, task)
            self._taxonomies.append((taxonomy, use))
            self.notes += taxonomy.notes
        self._values: dict[str, ValueTable] = {}
        self._value_groups: dict[str, str] = {}
        for values in entry.value_sets:
            file = files.table(values.table, values.directory)
            if file is None:
                self.notes.append(
                    f"This release has no {values.table}; the colors that it gives are missing."
                )
                continue
            for field, table in read_value_sets(store.ensure(file, task)).items():
                column = field if values.column == "*" else values.column
                if field == values.field or values.field == "*":
                    self._values.setdefault(column, table)
                    self._value_groups.setdefault(column, values.group)
        self.genes = self._read_genes(files, store, task)

    @property
    def taxonomies(self) -> dict[str, Taxonomy]:
        """Taxonomies of the cells, by directory."""
        return {taxonomy.name: taxonomy for taxonomy, _ in self._taxonomies}

    def values(self, column: str) -> ValueTable | None:
        """Order, names and colors of a column's values."""
        return self._values.get(column)

    def _read_genes(self, files: DatasetFiles, store: Store, task: Task) -> pd.DataFrame:
        key = self._entry.genes.key
        file = files.genes()
        if file is None:
            self.notes.append(f"This release has no gene table for {self._entry.name}; no gene can be shown.")
            return pd.DataFrame({"gene_symbol": []}, index=pd.Index([], name=key), dtype=object)
        table = read_text_table(path := store.ensure(file, task))
        require_columns(table, [key, "gene_symbol"], path)
        return table.replace("", pd.NA).set_index(key)

    def annotate(
        self, cells: pd.DataFrame, frame: FrameEntry
    ) -> tuple[pd.DataFrame, dict[str, Palette], dict[str, tuple[str, ...]]]:
        """Cells with coordinates first, then taxonomy and colored columns, then the rest.

        Parameters
        ----------
        cells
            Cells of a slab.
        frame
            The frame that ``x``, ``y`` and, in 3D, ``z`` are to be in.

        Returns
        -------
        cells, palettes, groups
            As in :class:`~napari_abc.model.Slab`.
        """
        palettes: dict[str, Palette] = {}
        groups: dict[str, tuple[str, ...]] = {}
        axes = zip("xyz", frame.columns, strict=False)
        front: dict[str, object] = {axis: cells[column].to_numpy(dtype=float) for axis, column in axes}

        def put(column: str, values: object, group: str) -> None:
            front[column] = values
            groups[group] = (*groups.get(group, ()), column)

        for taxonomy, use in self._taxonomies:
            if use.key in cells:
                for column, values in taxonomy.categories(cells[use.key], use.outside, use.prefix).items():
                    put(column, values, use.group)
                palettes |= taxonomy.palettes(use.outside, use.prefix)
        for column, table in self._values.items():
            if column in cells and column not in front:
                put(column, cells[column], self._value_groups[column])
                palettes[column] = table.palette()
        done = set()
        for inline in self._entry.colors:
            if inline.column in cells and inline.color in cells and inline.column not in front:
                order = cells.get(inline.order)
                put(inline.column, cells[inline.column], inline.group)
                palettes[inline.column] = inline_values(cells[inline.column], cells[inline.color], order)
                done |= {inline.color, inline.order}
        rest = {name: cells[name] for name in cells if name not in front and name not in done}
        return pd.DataFrame(front | rest, index=cells.index, copy=False), palettes, groups
