"""Reading some columns of a matrix that lies on disk, by blocks, without ever holding the matrix.

Three layouts, one question: the values of some columns in some rows. Row-compressed (CSR): scan
``indices`` for the columns, only where the wanted rows lie. Column-compressed (CSC): read the
columns. Dense: read whole chunks that hold wanted rows and columns. Sparse blocks are read by
several threads; the results are added in file order by the calling thread, so that duplicate
entries sum up the same way every time.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from napari_abc.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    import h5py
    from numpy.typing import NDArray

    from napari_abc.io.matrix._hdf5 import Placement, VectorReader

    Progress = Callable[[int, int], None]
    """Told how many values of how many are done; raises to stop the work."""

__all__ = ["read_csc", "read_csr", "read_dense", "sum_csc", "sum_csr", "sum_dense"]

_BLOCK = 1 << 18
"""Values a block: 1 MB of float32, so that a block's arrays stay in a core's cache."""
_GAP = 1 << 15
"""Unwanted values worth reading through instead of starting another block."""
_DENSE_BLOCK = 1 << 23
"""Bytes a block of a dense matrix, unless its chunks are larger."""
_BIG_CHUNK = 1 << 25
"""Bytes of a chunk from which on one is inflated at a time."""

_T = TypeVar("_T")
_R = TypeVar("_R")
_Span = tuple[int, int]
_Hits = tuple["NDArray[np.intp]", "NDArray[np.float32]"]
"""Flat positions in the result, and the values to add there."""


def _in_order(work: Callable[[_T], _R], items: Sequence[_T], threads: int) -> Generator[_R]:
    """Results of ``work`` in the order of ``items``, a few of them ahead."""
    if threads == 1 or len(items) < 4:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(threads, "matrix") as pool:
        ahead: deque[Future[_R]] = deque()
        try:
            for item in items:
                ahead.append(pool.submit(work, item))
                if len(ahead) > 2 * threads:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()


def _threads(*places: Placement) -> int:
    if not any(place.deflated for place in places):
        return 1  # copying is as fast as it gets, and h5py lets one thread in at a time anyway
    if any(place.chunk * place.dtype.itemsize > _BIG_CHUNK for place in places):
        return 1
    return min(4, os.cpu_count() or 1)


def _cut(spans: list[_Span], place: Placement) -> list[_Span]:
    """Cut spans of values into blocks, at chunk borders where there are chunks."""
    step = max(1, _BLOCK // place.chunk) * place.chunk if place.chunk else _BLOCK
    blocks = []
    for start, stop in spans:
        while start < stop:
            end = min(stop, (start // step + 1) * step)
            blocks.append((start, end))
            start = end
    return blocks


def _spans(starts: NDArray[np.integer[Any]], stops: NDArray[np.integer[Any]], gap: int) -> list[_Span]:
    """Join sorted spans that are at most ``gap`` apart."""
    filled = stops > starts
    starts, stops = starts[filled], stops[filled]
    if not len(starts):
        return []
    breaks = np.flatnonzero(starts[1:] - stops[:-1] > gap)
    firsts = np.concatenate([starts[:1], starts[breaks + 1]])
    lasts = np.concatenate([stops[breaks], stops[-1:]])
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def _check_range(indices: NDArray[Any], limit: int, where: str) -> None:
    # Seen as unsigned, a negative number is too large as well: one pass finds both.
    if len(indices) and int(indices.view(f"u{indices.dtype.itemsize}").max()) >= limit:
        raise FormatError(
            f"{where}: an index lies outside the matrix, which has {limit:,}; get or write the file again."
        )


def _native(values: NDArray[Any]) -> NDArray[Any]:
    return values if values.dtype.isnative else values.astype(values.dtype.newbyteorder("="))


def _as_float32(values: NDArray[Any]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):  # a float64 beyond float32's range becomes inf, as it should
        return values.astype(np.float32)


def read_csr(
    indices: VectorReader,
    data: VectorReader,
    indptr: NDArray[np.integer[Any]],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    width: int,
    out: NDArray[np.float32],
    progress: Progress,
) -> None:
    """Add the values of some columns of a row-compressed matrix to ``out``.

    Parameters
    ----------
    rows
        Wanted rows, strictly increasing.
    columns
        Wanted columns, all different.
    width
        Number of columns of the matrix.
    out
        Zeros of shape (rows, columns).
    """
    target = np.full(len(indptr) - 1, -1, np.int32)
    target[rows] = np.arange(len(rows), dtype=np.int32)
    slots = np.full(width, -1, np.int32)
    slots[columns] = np.arange(len(columns), dtype=np.int32)
    flat = out.reshape(-1)

    def scan(block: _Span) -> _Hits:
        start, stop = block
        found = _native(indices.read(start, stop))
        _check_range(found, width, indices.where)
        slot: NDArray[np.int32] | int = 0
        if len(columns) == 1:
            hits = np.flatnonzero(found == columns[0])
        else:
            slot = slots.take(found.astype(np.intp, copy=False))
            hits = np.flatnonzero(slot >= 0)
            slot = slot[hits]
        if not len(hits):
            return hits, np.empty(0, np.float32)
        first = int(np.searchsorted(indptr, start, "right")) - 1
        last = int(np.searchsorted(indptr, stop, "left"))
        row = first + np.searchsorted(indptr[first : last + 1], start + hits, "right") - 1
        place = target[row].astype(np.intp)
        low, high = int(hits[0]), int(hits[-1]) + 1
        values = _as_float32(data.read(start + low, start + high)[hits - low])
        position = place * len(columns) + slot
        wanted = place >= 0  # rows lie between the wanted ones where spans were joined
        return (position, values) if wanted.all() else (position[wanted], values[wanted])

    if len(rows) == len(target):
        spans = [(0, int(indptr[-1]))]
    else:
        gap = indices.place.chunk if indices.place.deflated else _GAP
        spans = _spans(indptr[rows], indptr[rows + 1], gap)
    _add(scan, _cut(spans, indices.place), _threads(indices.place, data.place), flat, progress)


def read_csc(
    indices: VectorReader,
    data: VectorReader,
    indptr: NDArray[np.integer[Any]],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    height: int,
    out: NDArray[np.float32],
    progress: Progress,
) -> None:
    """Add the values of some columns of a column-compressed matrix to ``out``; see :func:`read_csr`.

    ``height`` is the number of rows of the matrix.
    """
    target = np.full(height, -1, np.int32)
    target[rows] = np.arange(len(rows), dtype=np.int32)

    def fetch(item: tuple[int, _Span]) -> _Hits:
        slot, (start, stop) = item
        row = _native(indices.read(start, stop))
        _check_range(row, height, indices.where)
        place = target.take(row.astype(np.intp, copy=False)).astype(np.intp)
        wanted = np.flatnonzero(place >= 0)
        values = _as_float32(data.read(start, stop)[wanted])
        return place[wanted] * len(columns) + slot, values

    blocks = [
        (slot, block)
        for slot, column in enumerate(columns.tolist())
        for block in _cut([(int(indptr[column]), int(indptr[column + 1]))], indices.place)
    ]
    _add(fetch, blocks, _threads(indices.place, data.place), out.reshape(-1), progress)


def _add(
    work: Callable[[_T], _Hits],
    blocks: Sequence[_T],
    threads: int,
    flat: NDArray[np.float32],
    progress: Progress,
) -> None:
    # A cell may hold inf and -inf for one gene; their sum is NaN and no reason for a warning.
    with closing(_in_order(work, blocks, threads)) as results, np.errstate(invalid="ignore"):
        for done, (position, values) in enumerate(results, 1):
            np.add.at(flat, position, values)
            progress(done, len(blocks))


def read_dense(
    dataset: h5py.Dataset,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    out: NDArray[np.float32],
    progress: Progress,
) -> None:
    """Write the values of some columns of a dense matrix to ``out``; see :func:`read_csr`."""
    pieces = _dense_pieces(dataset, rows, columns)
    for done, (box, picked, slots) in enumerate(pieces, 1):
        part = dataset[box]
        of_rows = rows[picked] - box[0].start
        of_columns = columns[slots] - box[1].start
        out[picked.start : picked.stop, slots] = _as_float32(part[np.ix_(of_rows, of_columns)])
        progress(done, len(pieces))


_Piece = tuple[tuple[slice, slice], slice, "NDArray[np.intp]"]


def _dense_pieces(dataset: h5py.Dataset, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> list[_Piece]:
    """Boxes of a dense matrix to read, each with the wanted rows and columns that lie in it.

    A box covers whole chunks, so that none is inflated twice.
    """
    height, width = dataset.shape
    tall, wide = dataset.chunks or (1, width)
    pieces = []
    for group in np.unique(columns // wide).tolist():
        slots = np.flatnonzero(columns // wide == group)
        if dataset.chunks:
            across = slice(group * wide, min((group + 1) * wide, width))
        else:
            across = slice(int(columns[slots].min()), int(columns[slots].max()) + 1)
        line = (across.stop - across.start) * dataset.dtype.itemsize
        step = max(1, _DENSE_BLOCK // (line * tall)) * tall
        # Chunks between the wanted ones are left out, as are rows of a contiguous matrix if many.
        gap = 1 if dataset.chunks else _GAP * 4 // line + 1
        breaks = np.flatnonzero(np.diff(rows // tall) > gap) + 1
        for first, last in pairwise([0, *breaks.tolist(), len(rows)]):
            at = first
            while at < last:
                top = int(rows[at]) // tall * tall
                end = min(int(np.searchsorted(rows, top + step)), last)
                bottom = min(int(rows[end - 1]) // tall * tall + tall, height)
                pieces.append(((slice(top, bottom), across), slice(at, end), slots))
                at = end
    return pieces


def sum_csr(
    indices: VectorReader,
    data: VectorReader,
    indptr: NDArray[np.integer[Any]],
    counted: NDArray[np.bool_],
    progress: Progress,
) -> NDArray[np.float64]:
    """Row sums of a row-compressed matrix over the columns that are ``counted``."""
    totals = np.zeros(len(indptr) - 1)

    def add_up(block: _Span) -> tuple[int, NDArray[np.float64]]:
        start, stop = block
        values = data.read(start, stop).astype(np.float64)
        if not counted.all():
            found = _native(indices.read(start, stop))
            _check_range(found, len(counted), indices.where)
            values[~counted.take(found.astype(np.intp, copy=False))] = 0
        first = int(np.searchsorted(indptr, start, "right")) - 1
        last = int(np.searchsorted(indptr, stop, "left"))
        ends = np.clip(indptr[first : last + 1].astype(np.int64) - start, 0, stop - start)
        row = np.repeat(np.arange(last - first), np.diff(ends))
        return first, np.asarray(np.bincount(row, weights=values, minlength=last - first), np.float64)

    blocks = _cut([(0, int(indptr[-1]))], data.place)
    with closing(_in_order(add_up, blocks, _threads(indices.place, data.place))) as results:
        for done, (first, sums) in enumerate(results, 1):
            totals[first : first + len(sums)] += sums
            progress(done, len(blocks))
    return totals


def sum_csc(
    indices: VectorReader,
    data: VectorReader,
    indptr: NDArray[np.integer[Any]],
    counted: NDArray[np.bool_],
    height: int,
    progress: Progress,
) -> NDArray[np.float64]:
    """Row sums of a column-compressed matrix over the columns that are ``counted``."""
    totals = np.zeros(height)
    spans = [(int(indptr[column]), int(indptr[column + 1])) for column in np.flatnonzero(counted)]
    blocks = _cut(spans, data.place)
    for done, (start, stop) in enumerate(blocks, 1):
        row = _native(indices.read(start, stop))
        _check_range(row, height, indices.where)
        np.add.at(totals, row.astype(np.intp, copy=False), data.read(start, stop).astype(np.float64))
        progress(done, len(blocks))
    return totals


def sum_dense(dataset: h5py.Dataset, counted: NDArray[np.bool_], progress: Progress) -> NDArray[np.float64]:
    """Row sums of a dense matrix over the columns that are ``counted``."""
    totals = np.zeros(dataset.shape[0])
    columns = np.flatnonzero(counted)
    pieces = _dense_pieces(dataset, np.arange(dataset.shape[0]), columns)
    for done, (box, _, slots) in enumerate(pieces, 1):
        totals[box[0]] += dataset[box][:, columns[slots] - box[1].start].sum(axis=1, dtype=np.float64)
        progress(done, len(pieces))
    return totals
