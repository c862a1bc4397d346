"""The stores that hold a dataset's cells, and which of them a slab lies in.

A spatial dataset has one store with a row group a slab. Of single cells each embedding is a slab:
where the coordinates are columns of the cells, these are the embedding's store too; else a store of
its own holds the cells that the embedding's table knows.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from napari_abc.errors import FormatError
from napari_abc.io.cells import (
    FORMAT,
    CellStore,
    SourceTable,
    build_cells,
    build_embedding,
    read_columns,
    read_text_table,
    require_columns,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pandas as pd

    from napari_abc.atlas.entries import Embedding, EmbeddingListing, Entry
    from napari_abc.atlas.files import DatasetFiles
    from napari_abc.io.remote import RemoteFile, Store
    from napari_abc.task import Task

__all__ = ["CellStores", "EmbeddingSlab"]

_SMALL_LISTING = 2**20
"""A table that lists embeddings is fetched without asking up to this many bytes (WMB's has 2 kB)."""


@dataclass(frozen=True, slots=True)
class EmbeddingSlab:
    """An embedding of a dataset's cells."""

    label: str
    title: str
    columns: tuple[str, str]
    file: RemoteFile | None
    """Table with its coordinates; None where they are columns of the cells."""
    cells: int | None = None
    """As the release says."""
    by: str | None = None
    """Column whose values are slabs, too."""


class CellStores:
    """Finds and builds the stores of a dataset's cells.

    Parameters
    ----------
    entry, files, store
        The dataset's catalog entry, where its files are listed, and where they are fetched.
    """

    def __init__(self, entry: Entry, files: DatasetFiles, store: Store) -> None:
        self._entry = entry
        self._files = files
        self._store = store
        self._embeddings: dict[str, EmbeddingSlab] | None = None
        self._opened: dict[Path, CellStore] = {}
        self._whole_counts: tuple[int, int] | None = None

    # -- all cells -------------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        """Where the joined cells are kept; the name follows from everything they are made of."""
        used = [(file.key, file.size, self._store.identity(file)) for file in self._files.tables()]
        parts = {"cells", "joins", "slabs", "embeddings", "frames"}
        recipe = self._entry.model_dump(mode="json", include=parts)
        home = self._entry.cells.directory or self._entry.directory
        recipe["cells"]["directory"] = home  # datasets that share all their cells share the store
        text = json.dumps([FORMAT, recipe, used], sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        return self._store.derived / "cells" / f"{home}-{digest}.parquet"

    def built(self) -> CellStore | None:
        """The joined cells, if they were built before and are sound."""
        return self._open(self.path)

    def build(self, task: Task) -> CellStore:
        """The joined cells; fetched and built if need be."""
        built = self.built()
        if built is not None:
            return built
        entry = self._entry
        cells = entry.cells
        joins = [
            SourceTable(
                self._fetch(files, task),
                join.key,
                table_key=join.table_key or "",
                columns=join.columns,
                rename=join.rename,
                prefix=join.prefix,
                comment=join.comment,
                optional=join.optional,
            )
            for join, files in self._files.joins()
        ]
        source = SourceTable(
            self._fetch(self._files.cells(), task), cells.key, omit=cells.omit, rename=cells.rename
        )
        slabs = entry.slabs
        inline = [one for one in entry.embeddings if one.directory is None]
        inline_columns = [column for one in inline for column in one.columns]
        return build_cells(
            self.path,
            source,
            joins,
            where=cells.where,
            slab=slabs.column if slabs is not None else None,
            section=slabs.section if slabs is not None else None,
            order=slabs.order if slabs is not None else None,
            coordinates=entry.frames[0].columns if slabs is not None else inline_columns,
            task=task,
        )

    def omitted(self, columns: Sequence[str], labels: pd.Index, task: Task) -> pd.DataFrame:
        """Columns that the joined cells leave out, from the release's own tables; fetched if need be.

        Parameters
        ----------
        columns
            Some of those that the catalog omits.
        labels
            (cells,) the cells wanted.
        """
        paths = self._fetch(self._files.cells(), task)
        return read_columns(SourceTable(paths, self._entry.cells.key, columns=tuple(columns)), labels, task)

    def whole_counts(self) -> tuple[int, int] | None:
        """Cells with coordinates in the first frame of all sections at once, and their sections, if known."""
        built, slabs = self.built(), self._entry.slabs
        if built is None or slabs is None or slabs.whole is None:
            return None
        if self._whole_counts is None:
            frame = next(frame for frame in self._entry.frames if frame.name == slabs.whole.frames[0])
            if not all(column in built.names for column in frame.columns):
                return 0, 0
            placed = np.ones(built.cells, dtype=bool)
            for column in built.columns(frame.columns).columns:
                placed &= np.isfinite(column.to_numpy())
            sections = built.columns([slabs.section]).column(0).filter(pa.array(placed))
            self._whole_counts = int(placed.sum()), len(sections.unique().drop_null())
        return self._whole_counts

    def _fetch(self, files: list[RemoteFile], task: Task) -> tuple[Path, ...]:
        return tuple(self._store.ensure(file, task) for file in files)

    def _open(self, path: Path) -> CellStore | None:
        if path not in self._opened:
            if not path.exists():
                return None
            try:
                self._opened[path] = CellStore(path)
            except FormatError:  # damaged: it is built anew
                return None
        return self._opened[path]

    # -- embeddings ------------------------------------------------------------------------------

    def embeddings(self, task: Task) -> dict[str, EmbeddingSlab]:
        """The embeddings that the release holds, by label; a small listing may be fetched.

        Raises
        ------
        AbcError
            If the listing can't be fetched or read.
        """
        if self._embeddings is None:
            found: dict[str, EmbeddingSlab] = {}
            for entry in self._entry.embeddings:
                for one in self._find(entry, task):
                    known = found.get(one.label)
                    # Coordinates that the cells have already need no table of their own.
                    found[one.label] = one if known is None else replace(known, cells=one.cells)
            self._embeddings = found
        return self._embeddings

    def _find(self, entry: Embedding, task: Task) -> Iterator[EmbeddingSlab]:
        """The embeddings of an entry: one, those that a table lists, or those that match a pattern."""
        if entry.listing is not None:
            yield from self._listed(entry, entry.listing, task)
        elif entry.pattern is not None:
            for label, name in self._files.matching(entry.pattern, entry.directory).items():
                file = self._files.table(name, entry.directory)
                yield EmbeddingSlab(label, label, entry.columns, file, None, entry.by)
        elif entry.label is not None:
            file = self._files.table(entry.table, entry.directory) if entry.table is not None else None
            if entry.table is None or file is not None:
                title = entry.title or entry.label
                yield EmbeddingSlab(entry.label, title, entry.columns, file, None, entry.by)

    def _listed(self, entry: Embedding, listing: EmbeddingListing, task: Task) -> Iterator[EmbeddingSlab]:
        listed = self._files.table(listing.table, entry.directory)
        if listed is None or (listed.size or 0) > _SMALL_LISTING:
            return
        path = self._store.ensure(listed, task)
        table = read_text_table(path)
        columns = [listing.label, listing.title, *([listing.cells] if listing.cells is not None else [])]
        require_columns(table, columns, path)
        for label, title, *counted in table[columns].itertuples(index=False):
            file = self._files.table(label, entry.directory)
            if file is not None:
                cells = [int(text) for text in counted if text.isascii() and text.isdigit()]
                yield EmbeddingSlab(label, title, entry.columns, file, cells[0] if cells else None, entry.by)

    def embedding_files(self, label: str | None) -> list[RemoteFile]:
        """Tables of coordinates that a slab needs and that are not read yet; of all slabs for None."""
        if self._embeddings is None:
            return self._files.embedding_tables()
        return [
            one.file
            for one in self._embeddings.values()
            if one.file is not None
            and (label is None or label == one.label or label.startswith(f"{one.label}-"))
            and self.built_embedding(one) is None
        ]

    def embedding_path(self, embedding: EmbeddingSlab) -> Path:
        """Where the store of an embedding is kept: the joined cells' own if these have the coordinates."""
        if embedding.file is None:
            return self.path
        identity = self._store.identity(embedding.file)
        text = json.dumps([embedding.file.key, embedding.file.size, identity])
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        return self.path.with_suffix("") / f"embedding-{embedding.label}-{digest}.parquet"

    def built_embedding(self, embedding: EmbeddingSlab) -> CellStore | None:
        """The store of an embedding, if it was built before and is sound."""
        return self._open(self.embedding_path(embedding))

    def build_embedding(self, embedding: EmbeddingSlab, task: Task) -> CellStore:
        """The store of an embedding; fetched and built if need be."""
        built = self.built_embedding(embedding)
        if built is not None:
            return built
        cells = self.build(task)
        if embedding.file is None:
            return cells
        source: SourceTable = SourceTable(
            (self._store.ensure(embedding.file, task),), cells.key, columns=embedding.columns
        )
        return build_embedding(
            self.embedding_path(embedding),
            cells,
            source,
            by=embedding.by,
            coordinates=embedding.columns,
            task=task,
        )
