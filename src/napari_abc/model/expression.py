"""Expression: where the values of genes come from, lazily."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from napari_abc.task import Task

__all__ = ["ExpressionSource", "Package", "RowsOf"]


@dataclass(frozen=True, slots=True)
class Package:
    """A file of expression values that has to be fetched for some cells."""

    name: str
    cells: int
    """Cells asked for that it holds."""
    bytes: int


class ExpressionSource(Protocol):
    """Where a slab's expression values come from; lazily, for nothing is read until asked.

    Who inherits from it has :meth:`download_bytes` from here.
    """

    @property
    def kinds(self) -> Mapping[str, str]:
        """Kinds of values, ``"log2"`` and/or ``"raw"``, each with its label for a color bar."""

    def packages(
        self, kind: str, identifiers: Sequence[str] = (), rows: NDArray[np.bool_] | None = None
    ) -> tuple[Package, ...]:
        """Files that have to be fetched before these genes of these cells can be read.

        Parameters
        ----------
        kind
            ``"log2"`` or ``"raw"``.
        identifiers
            The genes; none for any gene.
        rows
            (cells of the slab,) the cells whose values are wanted; None for all.
        """

    def download_bytes(
        self, kind: str, identifiers: Sequence[str] = (), rows: NDArray[np.bool_] | None = None
    ) -> int:
        """Bytes of :meth:`packages`; 0 when all is on disk."""
        return sum(package.bytes for package in self.packages(kind, identifiers, rows))

    def read(
        self,
        identifiers: Sequence[str],
        kind: str,
        task: Task,
        rows: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.float32]:
        """Values of shape (cells of the slab, identifiers), NaN for cells that the matrix lacks.

        Where ``rows`` are given nothing is fetched for other cells, which are NaN unless their
        values are at hand.

        Raises
        ------
        ExpressionError
            If the matrix shares no cell with the slab, or lacks a gene.
        """


@dataclass(frozen=True, eq=False, slots=True)
class RowsOf(ExpressionSource):
    """Expression of some of a slab's cells."""

    source: ExpressionSource
    kept: NDArray[np.bool_]
    """(cells of the source,) True for those that are kept."""

    @property
    def kinds(self) -> Mapping[str, str]:
        """Kinds of values, each with its label for a color bar."""
        return self.source.kinds

    def _rows(self, rows: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
        if rows is None:
            return self.kept
        wanted = self.kept.copy()
        wanted[wanted] = rows
        return wanted

    def packages(
        self, kind: str, identifiers: Sequence[str] = (), rows: NDArray[np.bool_] | None = None
    ) -> tuple[Package, ...]:
        """Files that have to be fetched before these genes of these cells can be read."""
        return self.source.packages(kind, identifiers, self._rows(rows))

    def read(
        self,
        identifiers: Sequence[str],
        kind: str,
        task: Task,
        rows: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.float32]:
        """Values of shape (cells kept, identifiers), NaN for cells that the matrix lacks."""
        return self.source.read(identifiers, kind, task, self._rows(rows))[self.kept]
