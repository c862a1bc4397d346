"""What an index is built from: an object that gives the entries of its matrix piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

__all__ = ["Dense", "MatrixLike", "Vector"]


class Vector(Protocol):
    """One of the long lists of a compressed matrix."""

    @property
    def where(self) -> str:
        """Its name, for messages."""

    @property
    def size(self) -> int:
        """Number of its values."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of its values."""

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """Values from `start` to `stop`; only valid until this thread's next call."""


class Dense(Protocol):
    """The values of a matrix that is stored whole, as a numpy array or a dataset of h5py."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells, genes."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""

    @property
    def chunks(self) -> tuple[int, ...] | None:
        """Rows and columns that are read together; None where any box can be read."""

    def __getitem__(self, box: tuple[slice, slice]) -> NDArray[Any]:
        """Values of a box."""


class MatrixLike(Protocol):
    """A matrix of cells × genes that an index can be built from; parts may be read by several threads."""

    @property
    def name(self) -> str:
        """What it is called, for messages and for the index's description."""

    @property
    def shape(self) -> tuple[int, int]:
        """Cells, genes."""

    @property
    def layout(self) -> Literal["csr", "csc", "dense"]:
        """How the values lie: row-compressed, column-compressed, or dense."""

    @property
    def identifiers(self) -> Sequence[str]:
        """Identifier of each gene (column)."""

    @property
    def cell_ids(self) -> pa.Array:
        """Id of each cell (row) as text, a ``large_string`` array."""

    def sample(self) -> NDArray[np.float64]:
        """Some of the values, by which the share of a dense matrix that is not zero is estimated."""

    def compressed(self) -> AbstractContextManager[tuple[NDArray[np.integer[Any]], Vector, Vector]]:
        """``indptr``, which rises from 0 to the number of values, ``indices`` and ``data``.

        For the layouts ``"csr"`` and ``"csc"``, as scipy has them; open as long as the block lasts.
        """

    def dense(self) -> AbstractContextManager[Dense]:
        """The values, for the layout ``"dense"``; open as long as the block lasts."""
