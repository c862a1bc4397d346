"""A matrix by parts of an index: which rows each holds, and its entries gene by gene.

However the matrix lies (row-compressed, column-compressed, dense), a part comes out as a
:class:`scipy.sparse.csc_matrix` with the rows of each gene ascending, none twice and none zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.errors import FormatError
from napari_abc.io.gene_index._format import BLOCK_ROWS, INNER, PART_ENTRIES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import scipy.sparse
    from numpy.typing import NDArray

    from napari_abc.io.gene_index._matrix_like import Dense, MatrixLike, Vector
    from napari_abc.task import Task

__all__ = ["Cut", "TooFullError", "cut", "entries_of_part", "parts_of_columns"]

_STEP = 2**20
"""Entries read at a time."""
_BOX = 2**23
"""Bytes of a dense matrix read at a time, unless its chunks are larger."""
_MOST_PART_BLOCKS = 64


class TooFullError(Exception):
    """A part of a dense matrix holds more entries than the sample of it let expect."""


@dataclass(frozen=True, slots=True)
class Cut:
    """How a matrix is cut into blocks and parts; follows from the matrix alone."""

    cells: int
    genes: int
    block_rows: int
    part_blocks: int
    capacity: int

    @property
    def parts(self) -> int:
        """Number of parts."""
        return -(-self.cells // (self.block_rows * self.part_blocks))

    def rows(self, part: int) -> tuple[int, int]:
        """First row of a part, and the first one after it."""
        height = self.block_rows * self.part_blocks
        return part * height, min((part + 1) * height, self.cells)


def cut(matrix: MatrixLike, density: float | None, task: Task, most: int = PART_ENTRIES) -> Cut:
    """Cut a matrix so that no part holds more than `most` entries.

    Parameters
    ----------
    density
        Share of a dense matrix that is not zero, as far as is known; a part that turns out fuller
        raises :class:`TooFullError`. None for a sparse matrix, which tells.
    most
        Entries of a part at most.

    Raises
    ------
    FormatError
        If a single row holds more, which only a damaged file does.
    """
    cells, genes = matrix.shape
    ends = _row_ends(matrix, density, task)
    height = BLOCK_ROWS
    while (fullest := _fullest(ends, height)) > most:
        if height == 1:
            raise FormatError(
                f"{matrix.name} has a row with {fullest:,} entries, more than its {genes:,} genes; "
                "get or write the file again."
            )
        smaller = min(height - 1, height * most // fullest)
        height = max(1, smaller if smaller < 256 else smaller // 256 * 256)
    blocks = max(1, -(-cells // height))
    together = min(_MOST_PART_BLOCKS, blocks)
    while together > 1 and _fullest(ends, height * together) > most:
        together -= 1
    capacity = max(1, _fullest(ends, height * together))
    return Cut(cells, genes, height, together, -(-capacity // INNER) * INNER)


def _row_ends(matrix: MatrixLike, density: float | None, task: Task) -> NDArray[Any]:
    """Entries before each row, and all of them; (cells + 1,)."""
    cells, genes = matrix.shape
    if density is not None:
        ends: NDArray[np.int64] = np.ceil(np.arange(cells + 1) * (genes * density)).astype(np.int64)
        return ends
    with matrix.compressed() as (indptr, indices, _):
        if matrix.layout == "csr":
            return indptr
        counts = np.zeros(cells + 1, np.int64)
        total = indices.size
        for start, stop in _steps(0, total):
            rows = _checked(indices, start, stop, cells)
            counts[1:] += np.bincount(rows, minlength=cells)
            task.report(f"Counting the values of {matrix.name}", stop, total, "values")
        return np.cumsum(counts, out=counts)


def _fullest(ends: NDArray[Any], height: int) -> int:
    """Most entries of any of the blocks of that many rows."""
    marks = np.append(ends[:-1:height], ends[-1])
    return int(np.diff(marks.astype(np.int64)).max(initial=0))


def _steps(start: int, stop: int) -> Iterator[tuple[int, int]]:
    # At multiples of a power of two, so that no chunk is inflated more often than need be.
    while start < stop:
        end = min(stop, (start // _STEP + 1) * _STEP)
        yield start, end
        start = end


def _checked(indices: Vector, start: int, stop: int, limit: int) -> NDArray[Any]:
    found = indices.read(start, stop)
    if not found.dtype.isnative:
        found = found.astype(found.dtype.newbyteorder("="))
    # Seen as unsigned, a negative number is too large as well.
    if len(found) and int(found.view(f"u{found.dtype.itemsize}").max()) >= limit:
        raise FormatError(
            f"{indices.where}: an index lies outside the matrix, which has {limit:,}; "
            "get or write the file again."
        )
    return found.astype(np.intp) if found.dtype.kind == "u" else found


def _value_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Type to sort values in: native, and one that scipy can sort."""
    if dtype.kind == "b":
        return np.dtype(np.uint8)
    if dtype == np.float16:
        return np.dtype(np.float32)
    return dtype.newbyteorder("=")


def _lines(indptr: NDArray[Any], start: int, stop: int) -> NDArray[np.int32]:
    """Line of each entry from `start` to `stop`."""
    first = int(np.searchsorted(indptr, start, "right")) - 1
    last = int(np.searchsorted(indptr, stop, "left"))
    ends = np.clip(indptr[first : last + 1].astype(np.int64), start, stop)
    return np.repeat(np.arange(first, last, dtype=np.int32), np.diff(ends))


def entries_of_part(matrix: MatrixLike, plan: Cut, part: int, task: Task) -> scipy.sparse.csc_matrix:
    """Entries of one part of a row-compressed or dense matrix.

    Raises
    ------
    FormatError
        If the file is damaged.
    TooFullError
        If the part of a dense matrix holds more entries than it may.
    """
    first, last = plan.rows(part)
    if matrix.layout == "dense":
        with matrix.dense() as values:
            return _dense_part(values, first, last, plan.capacity, task)
    import scipy.sparse

    with matrix.compressed() as (indptr, indices, data):
        ends = indptr[first : last + 1].astype(np.int64)
        start, stop = int(ends[0]), int(ends[-1])
        columns = np.empty(stop - start, np.int32)
        entries = np.empty(stop - start, _value_type(data.dtype))
        for low, high in _steps(start, stop):
            columns[low - start : high - start] = _checked(indices, low, high, plan.genes)
            entries[low - start : high - start] = data.read(low, high)
            task.check()
    lines = (ends - start).astype(np.int32)
    rows = scipy.sparse.csr_matrix((entries, columns, lines), (last - first, plan.genes))
    del columns, entries
    sorted_by_gene = rows.tocsc()
    del rows  # as large as the result
    return _tidy(sorted_by_gene)


def _dense_part(dataset: Dense, first: int, last: int, capacity: int, task: Task) -> scipy.sparse.csc_matrix:
    import scipy.sparse

    width = dataset.shape[1]
    tall, wide = dataset.chunks or (1, max(1, width))
    across = max(1, min(width, _BOX // (dataset.dtype.itemsize * tall)) // wide) * wide
    step = max(1, _BOX // (dataset.dtype.itemsize * across * tall)) * tall
    rows, columns, values = [], [], []
    total = 0
    for left in range(0, width, across):
        top = first
        while top < last:
            bottom = min((top // step + 1) * step, last)
            box = dataset[top:bottom, left : left + across]
            box = np.ascontiguousarray(box, _value_type(box.dtype))
            row, column = np.nonzero(_bits(box))
            total += len(row)
            if total > capacity:
                raise TooFullError
            values.append(box[row, column])
            rows.append((row + (top - first)).astype(np.int32))
            columns.append((column + left).astype(np.int32))
            task.check()
            top = bottom
    if not values:
        return scipy.sparse.csc_matrix((last - first, width), dtype=_value_type(dataset.dtype))
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    del rows, columns, values
    return scipy.sparse.coo_matrix(entries, (last - first, width)).tocsc()


def parts_of_columns(
    matrix: MatrixLike, plan: Cut, wanted: set[int], folder: Path, task: Task
) -> Iterator[tuple[int, scipy.sparse.csc_matrix]]:
    """Parts of a column-compressed matrix, in one pass over the file.

    What belongs to each part is first appended to files of its own, which are removed again.

    Parameters
    ----------
    wanted
        Parts to make.
    folder
        Empty folder for these files.
    """
    import scipy.sparse

    height = plan.block_rows * plan.part_blocks
    with matrix.compressed() as (indptr, indices, data):
        dtype = _value_type(data.dtype)
        total = indices.size
        for start, stop in _steps(0, total):
            rows = _checked(indices, start, stop, plan.cells)
            columns = _lines(indptr, start, stop)
            values = data.read(start, stop).astype(dtype)
            part = (rows // height).astype(np.uint16 if plan.parts < 2**16 else np.int64)
            order = np.argsort(part, kind="stable")
            bounds = np.searchsorted(part[order], np.arange(plan.parts + 1))
            for number, (low, high) in enumerate(pairwise(bounds.tolist())):
                if low == high or number not in wanted:
                    continue
                picked = order[low:high]
                local = (rows[picked] - number * height).astype(np.int32)
                for name, array in (
                    ("rows", local),
                    ("columns", columns[picked]),
                    ("values", values[picked]),
                ):
                    with (folder / f"{number}.{name}").open("ab") as out:
                        array.tofile(out)
            task.report(f"Sorting the values of {matrix.name}", stop, total, "values")
    for number in sorted(wanted):
        paths = [folder / f"{number}.{name}" for name in ("rows", "columns", "values")]
        types = (np.dtype(np.int32), np.dtype(np.int32), dtype)
        if paths[0].exists():
            local, columns, values = (np.fromfile(p, t) for p, t in zip(paths, types, strict=True))
        else:
            local, columns, values = (np.empty(0, t) for t in types)
        first, last = plan.rows(number)
        lines = np.searchsorted(columns, np.arange(plan.genes + 1)).astype(np.int32)
        entries = scipy.sparse.csc_matrix((values, local, lines), (last - first, plan.genes))
        del local, columns, values
        if not entries.has_sorted_indices:
            entries = entries.tocsr().tocsc()  # sorts, and keeps the order of repeated entries
        yield number, _tidy(entries)
        for path in paths:
            path.unlink(missing_ok=True)


def _bits(values: NDArray[Any]) -> NDArray[Any]:
    """The values as whole numbers of the same bits, so that -0.0 is not taken for 0."""
    return values.view(f"u{values.dtype.itemsize}") if values.dtype.kind == "f" else values


def _tidy(entries: scipy.sparse.csc_matrix) -> scipy.sparse.csc_matrix:
    """The same without stored zeros, and with repeated entries summed up as they are when read."""
    import scipy.sparse

    rows, values, ends = entries.indices, entries.data, entries.indptr
    if len(rows) < 1:
        return entries
    again = np.zeros(len(rows), bool)
    np.equal(rows[1:], rows[:-1], out=again[1:])
    again[ends[:-1][ends[:-1] < len(rows)]] = False  # another gene begins
    if again.any():
        if values.dtype != np.float32:
            values = values.astype(np.float64)  # holds single values exactly and sums of float32 too
        place = np.cumsum(~again) - 1
        twice = np.flatnonzero(again | np.append(again[1:], False))
        sums = np.zeros(int(place[-1]) + 1, np.float32)
        with np.errstate(over="ignore", invalid="ignore"):  # inf - inf, and what exceeds float32
            np.add.at(sums, place[twice], values[twice].astype(np.float32))
        values = values.copy()
        values[twice] = sums[place[twice]]
    dropped = again | (_bits(values) == 0)
    if not dropped.any():
        return entries
    kept = ~dropped
    before = np.concatenate([[0], np.cumsum(kept)]).astype(np.int32)
    return scipy.sparse.csc_matrix((values[kept], rows[kept], before[ends]), entries.shape)
