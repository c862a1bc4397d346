"""The slabs of a dataset, in order, as far as they are known without a large download."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from napari_abc.errors import AbcError
from napari_abc.io.cells import read_text_table, require_columns

if TYPE_CHECKING:
    from pathlib import Path

    from napari_abc.atlas._cell_stores import CellStores
    from napari_abc.atlas.entries import Entry, Slabs
    from napari_abc.atlas.files import DatasetFiles
    from napari_abc.io.cells import CellStore
    from napari_abc.io.remote import Store
    from napari_abc.task import Task

__all__ = ["SlabCells", "SlabList"]

_SMALL_LISTING = 2**20
"""A listing table up to this many bytes is fetched without asking (HMBA's are of 10 to 21 kB)."""
_COLUMNS = ["title", "cells", "sections", "order"]

Row = tuple[str, int | None, int | None, float]


@dataclass(frozen=True, slots=True)
class SlabCells:
    """Cells of a slab, and the store that they lie in."""

    store: CellStore
    group: str | None
    """Slab of the store; None for all its cells."""
    title: str = ""
    """What a person reads, where the label says little."""


class SlabList:
    """Lists the slabs of a dataset and finds their cells.

    Parameters
    ----------
    entry, files, store, stores
        The dataset's catalog entry, where its files are listed and fetched, and its cells.
    """

    def __init__(self, entry: Entry, files: DatasetFiles, store: Store, stores: CellStores) -> None:
        self._entry = entry
        self._files = files
        self._store = store
        self._stores = stores
        self._listing: pd.DataFrame | None = None

    # -- listing -----------------------------------------------------------------------------------

    def table(self, task: Task) -> pd.DataFrame:
        """The slabs, with the numbers of cells that are known."""
        rows = self._spatial(task) if self._entry.slabs is not None else self._embedded(task)
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=_COLUMNS)
        frame.insert(0, "slab", frame.index)
        frame.insert(2, "kind", self.kind)
        frame.insert(5, "regions", frame["slab"].isin(list(self._files.regions())))
        frame = frame.astype({"cells": "Int64", "sections": "Int64", "order": "float64"})
        frame["order"] = frame["order"].convert_dtypes()  # whole numbers, but for a z in millimeters
        if self._entry.slabs is None:
            return frame
        whole = self._entry.slabs.whole
        table = frame.sort_values(["order", "slab"], na_position="last")
        if whole is None or table.empty:
            return table
        counts = self._stores.whole_counts() if table["cells"].notna().all() else None
        last = pd.DataFrame(
            {
                "slab": whole.label,
                "title": whole.label,
                "kind": whole.kind,
                "cells": pd.NA if counts is None else counts[0],
                "sections": table["sections"].sum() if counts is None else counts[1],
                "regions": False,
                "order": pd.NA,
            },
            index=[whole.label],
        ).astype(table.dtypes)
        return pd.concat([table, last])

    def _spatial(self, task: Task) -> dict[str, Row]:
        built = self._stores.built()
        try:
            listed = self.listed(task)
        except AbcError:
            task.check()
            if built is None:
                raise
            listed = None  # the cells tell as much
        rows: dict[str, Row] = {}
        if listed is not None:
            unknown = None if built is None else 0
            for label, sections, order in zip(listed.index, listed["sections"], listed["order"], strict=True):
                rows[str(label)] = (str(label), unknown, int(sections), float(order))
        if built is not None:
            for label, slab in built.slabs.items():
                sections = rows[label][2] if label in rows else slab.sections
                order = np.nan if slab.order is None else slab.order
                rows[label] = (label, slab.placed, sections, order)
        return rows

    def _embedded(self, task: Task) -> dict[str, Row]:
        rows: dict[str, Row] = {}
        for embedding in self._stores.embeddings(task).values():
            built = self._stores.built_embedding(embedding)
            cells = embedding.cells if built is None else sum(slab.placed for slab in built.slabs.values())
            rows[embedding.label] = (embedding.title, cells, None, float(len(rows)))
            if built is not None and embedding.by in built.names:  # its table may be missing
                for value, slab in built.slabs.items():
                    label = f"{embedding.label}-{value}"
                    rows[label] = (f"{embedding.title}: {value}", slab.placed, None, float(len(rows)))
        return rows

    def listed(self, task: Task) -> pd.DataFrame | None:
        """Slabs with their sections and order, from where they can be listed without the cells.

        None where that can't be had without asking: there is no listing, or it is large.
        """
        slabs = self._entry.slabs
        listing = slabs.listing if slabs is not None else None
        if self._listing is not None or listing is None or slabs is None:
            return self._listing
        if listing.matrices is not None:
            names = self._files.matrix_names(listing.matrices)
            if names:
                self._listing = pd.DataFrame({"sections": 1, "order": np.nan}, index=pd.Index(names))
            return self._listing
        file = self._files.table(str(listing.table))
        if file is None or (self._store.locate(file) is None and (file.size or 0) > _SMALL_LISTING):
            return None
        self._listing = _read_listing(self._store.ensure(file, task), slabs)
        return self._listing

    # -- finding -----------------------------------------------------------------------------------

    def known(self, task: Task) -> list[str] | None:
        """Labels of all slabs, if they are known without the cells."""
        slabs = self._entry.slabs
        if slabs is None:
            embeddings = self._stores.embeddings(task).values()
            if any(one.by and self._stores.built_embedding(one) is None for one in embeddings):
                return None
            return list(self._embedded(task))
        built = self._stores.built()
        if built is not None:
            labels = list(built.slabs)
        else:
            listed = self.listed(task)
            if listed is None:
                return None
            labels = list(map(str, listed.index))
        return labels + ([slabs.whole.label] if slabs.whole is not None else [])

    def find(self, label: str, task: Task) -> SlabCells | None:
        """Where the cells of a slab lie, fetched and built if need be; None if there is no such slab."""
        slabs = self._entry.slabs
        if slabs is not None:
            store = self._stores.build(task)
            if slabs.whole is not None and label == slabs.whole.label:
                return SlabCells(store, None, label)
            return SlabCells(store, label) if label in store.slabs else None
        embeddings = self._stores.embeddings(task)
        if label in embeddings:
            embedding = embeddings[label]
            return SlabCells(self._stores.build_embedding(embedding, task), None, embedding.title)
        for embedding in embeddings.values():
            value = label.removeprefix(f"{embedding.label}-")
            if embedding.by is not None and value != label:
                store = self._stores.build_embedding(embedding, task)
                if embedding.by in store.names and value in store.slabs:
                    return SlabCells(store, value, f"{embedding.title}: {value}")
        return None

    @property
    def kind(self) -> str:
        """What one of them is called; not that of all sections at once."""
        return self._entry.slabs.kind if self._entry.slabs is not None else "embedding"

    def kind_of(self, label: str) -> str:
        """What a slab is called."""
        slabs = self._entry.slabs
        whole = slabs.whole if slabs is not None else None
        return whole.kind if whole is not None and whole.label == label else self.kind

    def is_whole(self, label: str) -> bool:
        """Whether a slab is all sections at once."""
        slabs = self._entry.slabs
        return slabs is not None and slabs.whole is not None and label == slabs.whole.label


def _read_listing(path: Path, slabs: Slabs) -> pd.DataFrame:
    table = read_text_table(path)
    require_columns(table, [slabs.column, slabs.section, *([slabs.order] if slabs.order else [])], path)
    table = table[table[slabs.column] != ""]
    table["_order"] = pd.to_numeric(table[slabs.order], errors="coerce") if slabs.order else np.nan
    groups = table.groupby(slabs.column)
    return pd.DataFrame({"sections": groups[slabs.section].nunique(), "order": groups["_order"].min()})
