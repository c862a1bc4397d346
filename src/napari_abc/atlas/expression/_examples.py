"""Tables of example genes that a release ships beside its matrices: small, and all cells at once."""

from __future__ import annotations

import contextlib
import csv
import json
from typing import TYPE_CHECKING

import numpy as np

from napari_abc.atlas.expression._rows import rows_in_table, rows_path
from napari_abc.errors import AbcError, ExpressionError, FormatError
from napari_abc.io.files import save_atomically
from napari_abc.io.gene_index import RemoteFiles
from napari_abc.io.matrix import GeneTable, build_gene_table
from napari_abc.io.remote import storage_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_abc.atlas.entries import Examples
    from napari_abc.atlas.files import DatasetFiles
    from napari_abc.io.cells import CellStore
    from napari_abc.io.remote import RemoteFile, Store
    from napari_abc.task import Task

__all__ = ["ExampleGenes"]

_HEADER = 2**14
"""Bytes that are looked at for the header."""
_LOOK_SECONDS = 5.0


class ExampleGenes:
    """The tables of example genes of a dataset.

    Several tables of one name, in several directories, hold the same genes of different cells.

    Parameters
    ----------
    examples
        What the catalog says of them.
    files, store
        Where they are listed, and where they are found and fetched.
    cells, slab
        The dataset's cells, and the slab whose values are read; None for all cells.
    """

    def __init__(
        self,
        examples: Iterable[Examples],
        files: DatasetFiles,
        store: Store,
        cells: CellStore,
        slab: str | None,
    ) -> None:
        self._store = store
        self._cells = cells
        self._slab = slab
        self._key = cells.key
        self._sets: dict[tuple[str, str], list[RemoteFile]] = {}
        self._useless: set[str] = set()
        self._tables: dict[str, GeneTable] = {}
        self._columns: dict[str, tuple[str, ...]] = {}
        for example in examples:
            file = files.table(example.table, example.directory)
            if file is not None:
                self._sets.setdefault((example.kind, example.table), []).append(file)

    def look_up(self, task: Task) -> None:
        """Find out, once, which genes the tables hold; of one that lies elsewhere, its first line tells."""
        for file in (file for files in self._sets.values() for file in files):
            if self._genes(file) is None and not self._store.offline and not self._store.source.is_local:
                self._look_into(file, task)

    def holding(self, symbols: Iterable[str], kind: str) -> list[RemoteFile]:
        """Tables that together hold these genes of all cells; none where there are no such tables."""
        wanted = set(symbols)
        for (of_kind, _), files in self._sets.items():
            if of_kind == kind and all(
                file.key not in self._useless and wanted <= set(self._genes(file) or ()) for file in files
            ):
                return files
        return []

    def to_fetch(self, file: RemoteFile) -> int:
        """Bytes of a table that have to be fetched; 0 if it is on this machine."""
        here = self._table_path(file).exists() or self._store.locate(file) is not None
        return 0 if here else file.size or 0

    def read(
        self, files: Sequence[RemoteFile], symbols: Sequence[str], kept: NDArray[np.bool_], task: Task
    ) -> NDArray[np.float32]:
        """Values of some genes, (cells kept, symbols); NaN for cells that no table holds.

        Parameters
        ----------
        files
            Tables, as :meth:`holding` gave them; fetched and converted if need be.
        symbols
            The genes.
        kept
            (cells of the slab in the store,) True for those whose values are read.

        Raises
        ------
        ExpressionError
            If a table is damaged; it is not offered again.
        AbcError
            If a table can't be fetched.
        """
        values = np.full((int(kept.sum()), len(symbols)), np.nan, dtype=np.float32)
        for file in files:
            try:
                table = self._table(file, task)
                rows = self._rows(table, file, kept, task)
                found = rows >= 0
                values[found] = table.read(symbols, rows[found])
            except FormatError as error:
                self._discard(file)
                raise ExpressionError(
                    f"{error} Ask for the gene again to use the expression matrix."
                ) from error
        return values

    def _rows(
        self, table: GeneTable, file: RemoteFile, kept: NDArray[np.bool_], task: Task
    ) -> NDArray[np.int64]:
        path = rows_path(self._cells, self._store.identity(file), "examples")
        return rows_in_table(path, lambda: table, self._cells, self._slab, kept, task)

    def _table(self, file: RemoteFile, task: Task) -> GeneTable:
        """A table, fetched and converted if need be."""
        table = self._tables.get(file.key)
        if table is None:
            path = self._table_path(file)
            if path.exists():
                with contextlib.suppress(AbcError):  # cut off: it is made again
                    table = GeneTable(path)
            if table is None:
                table = build_gene_table(self._store.ensure(file, task), path, self._key, task)
            self._tables[file.key] = table
        return table

    def _discard(self, file: RemoteFile) -> None:
        """Never use a table again: it turned out to be damaged."""
        self._useless.add(file.key)
        self._tables.pop(file.key, None)
        self._table_path(file).unlink(missing_ok=True)

    def _folder(self) -> Path:
        return self._store.derived / "examples"

    def _table_path(self, file: RemoteFile) -> Path:
        return self._folder() / f"{self._store.identity(file)}.parquet"

    def _header_path(self, file: RemoteFile) -> Path:
        return self._folder() / f"{self._store.identity(file)}.genes.json"

    def _genes(self, file: RemoteFile) -> tuple[str, ...] | None:
        """Genes of a table, as far as they can be told without network; None where they can't."""
        if file.key not in self._columns:
            found = self._known(file)
            if found is None:
                return None
            self._columns[file.key] = found
        return self._columns[file.key]

    def _known(self, file: RemoteFile) -> tuple[str, ...] | None:
        with contextlib.suppress(AbcError, OSError):
            path = self._table_path(file)
            if path.exists():
                return GeneTable(path).symbols
            lying = self._store.locate(file)
            if lying is not None:
                with lying.open("rb") as content:
                    return _genes_of(content.read(_HEADER), self._key)
        with contextlib.suppress(OSError, ValueError):
            kept = json.loads(self._header_path(file).read_bytes())
            if isinstance(kept, list) and all(isinstance(name, str) for name in kept):
                return tuple(kept)
        return None

    def _look_into(self, file: RemoteFile, task: Task) -> None:
        length = min(_HEADER, file.size or _HEADER)
        try:
            location = self._store.source.location
            place = RemoteFiles(location, storage_options(location))
            (start,) = place.read([(file.key, 0, length)], task, _LOOK_SECONDS)
        except AbcError:
            task.check()
            return  # the matrices are offered for download as ever
        genes = _genes_of(bytes(start), self._key)
        if genes is not None:
            self._columns[file.key] = genes
            text = json.dumps(genes).encode()
            save_atomically(self._header_path(file), lambda out: out.write(text))


def _genes_of(start: bytes, key: str) -> tuple[str, ...] | None:
    """Columns besides the labels, of the first bytes of a CSV; None where its header does not end there."""
    line, end, _ = start.partition(b"\n")
    if not end:
        return None
    try:
        text = line.decode("utf-8").rstrip("\r")
    except UnicodeDecodeError:
        return None
    names = next(csv.reader([text]), [])
    labels = key if key in names else next(iter(names), "")
    return tuple(name for name in names if name != labels)
