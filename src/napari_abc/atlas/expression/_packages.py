"""Which expression matrix each cell of a slab lies in, by the rules of the catalog."""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_abc.atlas.entries import ExpressionRule
    from napari_abc.io.cells import CellStore

__all__ = ["Groups", "Name", "groups_of"]

Name = tuple[str, str]
"""Directory and name of a matrix."""


class Groups:
    """The cells of a slab by matrix, told by one rule; made by :func:`groups_of`.

    Attributes
    ----------
    rule
        The rule.
    names
        Matrices that cells of the slab are in.
    """

    def __init__(
        self, rule: ExpressionRule, cells: CellStore, slab: str | None, kept: NDArray[np.bool_]
    ) -> None:
        self.rule = rule
        self._cells = cells
        self._slab = slab
        self._kept = kept
        self._labels: pa.ChunkedArray | None = None
        codes, names = _codes(rule, cells, slab)
        self._whole: tuple[NDArray[np.integer], list[Name]] | None = (codes, names) if slab is None else None
        shown = codes[kept]
        counts = np.bincount(shown[shown >= 0], minlength=len(names))
        order = np.argsort(shown, kind="stable")
        start = len(shown) - int(counts.sum())  # cells of no matrix, whose code is -1, come first
        self._places: dict[Name, NDArray[np.intp]] = {}
        for name, count in zip(names, counts.tolist(), strict=True):
            if count:
                self._places[name] = order[start : start + count]
                start += count

    @property
    def names(self) -> tuple[Name, ...]:
        """Matrices that cells of the slab are in."""
        return tuple(self._places)

    @property
    def digest(self) -> str:
        """Short text that tells the columns by which cells were grouped."""
        columns = f"{self.rule.directory_column}\n{self.rule.matrix_column}\n{self.rule.matrix}"
        return hashlib.sha256(columns.encode()).hexdigest()[:8]

    def places(self, name: Name) -> NDArray[np.intp]:
        """Positions, among the cells that the slab shows, of those that a matrix holds; ascending."""
        return self._places[name]

    def members(self, name: Name) -> tuple[int, int, NDArray[np.bool_]]:
        """Cells of a matrix among all cells of the store.

        Returns
        -------
        count : int
            Cells of the store that are in the matrix.
        before : int
            How many of them lie in the store before the slab.
        here : array of bool
            (cells of the slab in the store,) True for those that are in the matrix.
        """
        mask = self._mask(name)
        start = self._cells.start(self._slab)
        here = mask[start : start + len(self._kept)]
        return int(np.count_nonzero(mask)), int(np.count_nonzero(mask[:start])), here

    def labels(self, name: Name) -> pa.ChunkedArray:
        """Labels of the cells of the store that are in a matrix, in the order of the store."""
        mask = self._mask(name)
        count, _, here = self.members(name)
        if count == np.count_nonzero(here):  # the slab's own matrix: no need to read other cells
            mask, column = here, self._cells.columns([self._cells.key], self._slab).column(0)
        else:
            if self._labels is None:
                self._labels = self._cells.columns([self._cells.key]).column(0)
            column = self._labels
        return column if mask.all() else column.filter(pa.array(mask))

    def forget_labels(self) -> None:
        """Let go of the labels of all cells, which are kept from one matrix to the next."""
        self._labels = None

    def _mask(self, name: Name) -> NDArray[np.bool_]:
        """(cells of the store,) whether each is in a matrix."""
        if self._whole is None:
            self._whole = _codes(self.rule, self._cells, None)
        codes, names = self._whole
        return np.asarray(codes == names.index(name))


def groups_of(
    rules: Sequence[ExpressionRule], cells: CellStore, slab: str | None, kept: NDArray[np.bool_]
) -> list[Groups]:
    """Group the cells of a slab by matrix, by each rule that the store has the columns of.

    Parameters
    ----------
    rules
        Rules of the catalog, in order.
    cells
        The dataset's cells.
    slab
        Label of the slab; None for all cells.
    kept
        (cells of the slab in the store,) True for those that the slab shows.
    """
    groups = []
    for rule in rules:
        with contextlib.suppress(KeyError):  # a table with that column is not part of the release
            groups.append(Groups(rule, cells, slab, kept))
    return groups


def _codes(
    rule: ExpressionRule, cells: CellStore, slab: str | None
) -> tuple[NDArray[np.integer], list[Name]]:
    """Number of each cell's matrix, -1 where it is in none, and the matrices."""
    columns = [column for column in (rule.directory_column, rule.matrix_column) if column]
    table = cells.columns(columns, slab) if columns else None

    def encoded(column: str | None, fixed: str) -> tuple[NDArray[np.int64] | int, list[str]]:
        if column is None or table is None:
            return 0, [fixed]
        return _encoded(table.column(column))

    directory, directories = encoded(rule.directory_column, rule.directories[0])
    matrix, matrices = encoded(rule.matrix_column, rule.matrix or "")
    codes = np.full(cells.count(slab), 0, np.int64) + directory * len(matrices) + matrix
    codes[np.broadcast_to(np.minimum(directory, matrix) < 0, codes.shape)] = -1
    names = [(first, second) for first in directories for second in matrices]
    used = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=len(names)))
    number = np.full(len(names) + 1, -1)  # the last entry is for code -1
    number[used] = np.arange(len(used))
    small = np.int16 if len(used) < 2**15 else np.int32
    return number[codes].astype(small), [names[code] for code in used]


def _encoded(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[str]]:
    """A column of texts as codes, -1 where it is missing, and the texts."""
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    array = column.unify_dictionaries().combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # of no chunks
        return np.empty(0, np.int64), []
    codes = array.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, [str(name) for name in array.dictionary.to_pylist()]
