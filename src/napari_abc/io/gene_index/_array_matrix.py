"""A matrix in memory, as scipy and numpy have it, to build an index from."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_abc.errors import ConfigurationError
from napari_abc.io.ids import as_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["ArrayMatrix"]

_SAMPLE = 100_000


class ArrayMatrix:
    """A matrix in memory; a :class:`MatrixLike`.

    Parameters
    ----------
    values
        (cells, genes): any sparse matrix or array of scipy, or an array of numpy.
    cell_ids
        Id of each cell: texts or whole numbers, (cells,).
    identifiers
        Identifier of each gene, (genes,).
    name
        What it is called.

    Raises
    ------
    ConfigurationError
        If ids or identifiers are not as many as rows or columns.
    FormatError
        If the ids are floating-point numbers, which lose the last digits of long ones.

    Examples
    --------
    >>> import numpy as np
    >>> matrix = ArrayMatrix(np.eye(3), ["a", "b", "c"], ["Drd1", "Drd2", "Tac1"])
    >>> matrix
    <ArrayMatrix matrix: 3 cells, 3 genes, dense>
    """

    def __init__(self, values: Any, cell_ids: Any, identifiers: Sequence[str], name: str = "matrix") -> None:
        import scipy.sparse

        self.name = name
        self.cell_ids = as_text(cell_ids)
        self.identifiers = list(identifiers)
        self._values: Any = np.asarray(values)
        if scipy.sparse.issparse(values):
            self._values = values if values.format in ("csr", "csc") else values.tocsr()
        self.shape: tuple[int, int] = tuple(self._values.shape)
        if self.shape != (len(self.cell_ids), len(self.identifiers)):
            raise ConfigurationError(
                f"{name} has shape {self.shape}, but there are {len(self.cell_ids):,} cell ids and "
                f"{len(self.identifiers):,} identifiers; give one a row and one a column."
            )

    def __repr__(self) -> str:
        return f"<ArrayMatrix {self.name}: {self.shape[0]:,} cells, {self.shape[1]:,} genes, {self.layout}>"

    @property
    def layout(self) -> Literal["csr", "csc", "dense"]:
        """How the values lie."""
        return getattr(self._values, "format", "dense")

    def sample(self) -> NDArray[np.float64]:
        """Values of rows from everywhere, zeros included; of a sparse matrix, those that are stored."""
        if self.layout != "dense":
            return np.asarray(self._values.data[:_SAMPLE], np.float64)
        step = max(1, self._values.size // _SAMPLE)
        return np.asarray(self._values[::step].reshape(-1), np.float64)

    @contextmanager
    def compressed(self) -> Iterator[tuple[NDArray[np.integer[Any]], _ArrayVector, _ArrayVector]]:
        """``indptr``, ``indices`` and ``data``; see :class:`MatrixLike`."""
        values = self._values
        yield (
            values.indptr,
            _ArrayVector(f"{self.name}: indices", values.indices),
            _ArrayVector(f"{self.name}: data", values.data),
        )

    @contextmanager
    def dense(self) -> Iterator[_ArrayBoxes]:
        """The values of a dense matrix; see :class:`MatrixLike`."""
        yield _ArrayBoxes(self._values)


@dataclass(frozen=True, eq=False, slots=True)
class _ArrayVector:
    where: str
    values: NDArray[Any]

    @property
    def size(self) -> int:
        return self.values.size

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.values.dtype

    def read(self, start: int, stop: int) -> NDArray[Any]:
        return self.values[start:stop]


@dataclass(frozen=True, eq=False, slots=True)
class _ArrayBoxes:
    values: NDArray[Any]
    chunks: None = None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.values.dtype

    def __getitem__(self, box: tuple[slice, slice]) -> NDArray[Any]:
        values: NDArray[Any] = self.values[box]
        return values
