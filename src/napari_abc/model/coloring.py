"""A way of coloring cells, as everything that shows colors knows it.

Layers, legend, dock and figure ask a :class:`Coloring` and never what kind it is: a new way of
coloring is one class with these methods, and nothing else changes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from napari_abc.model.genes import Gene
    from napari_abc.model.legend import Legend

__all__ = ["Coloring"]


class Coloring(ABC):
    """What the cells of a slab are colored by; immutable.

    The color of a cell is a row of :meth:`table`. Which row it is follows from the cell's number in
    :meth:`numbers`: where :meth:`limits` gives none, the number is the row itself. Where it gives
    limits, the rows of the table, up to those for special cells, are spread evenly between them. The
    last row is for cells without a value, whose number is NaN or below 0.

    Examples
    --------
    A blend of two genes, as red and green in steps of a quarter::

        class Blend(Coloring):
            def numbers(self):
                return 5 * self.red + self.green  # both from 0 to 4

            def table(self, colormap, hidden=frozenset()):
                colors = [(red / 4, green / 4, 0, 1) for red in range(5) for green in range(5)]
                return np.array([*colors, (0.5, 0.5, 0.5, 1)], np.float32)

            ...  # take, legend and text: tests/viewer/color/test_own_coloring.py has the whole
    """

    __slots__ = ()

    key: str
    """The key that was asked for, which asks for the same again: ``"Subclass"``, ``"gene:DRD1"``."""
    title: str
    """What a person reads."""

    @abstractmethod
    def take(self, rows: NDArray[np.integer]) -> Self:
        """The same coloring of some of its cells.

        Parameters
        ----------
        rows
            (n,) of its cells, in any order; -1 for a cell that it doesn't know, which has no value then.
        """

    @abstractmethod
    def numbers(self) -> NDArray[np.floating] | NDArray[np.integer]:
        """(cells,) the number that a cell's color is looked up by; NaN where it has no value.

        Numbers of rows may be integers, and say -1 instead.
        """

    @abstractmethod
    def table(self, colormap: str, hidden: AbstractSet[str | None] = frozenset()) -> NDArray[np.float32]:
        """(rows, 4) RGBA between 0 and 1; what is hidden is transparent.

        Parameters
        ----------
        colormap
            Any name that cmap knows; not every coloring takes its colors from it.
        hidden
            Some of :attr:`categories`, and None for the cells without a value.

        Raises
        ------
        ConfigurationError
            If there is no colormap of that name.
        """

    @abstractmethod
    def legend(
        self, limits: tuple[float, float] | None, colormap: str, hidden: AbstractSet[str | None] = frozenset()
    ) -> Legend:
        """What a legend says of these colors.

        Parameters
        ----------
        limits
            Values of the colormap's first and last color; None where the coloring takes no limits.
        colormap, hidden
            As for :meth:`table`.
        """

    @abstractmethod
    def text(self, cell: int) -> str:
        """What is said of one cell, given by its row: ``"DRD1 2 log2(CPT + 1)"``."""

    def limits(self) -> tuple[float, float] | None:
        """Limits that show the numbers well; None where they are rows of the table."""
        return None

    @property
    def takes_limits(self) -> bool:
        """Whether :meth:`limits` gives any; unlike those it costs nothing to ask for."""
        return False

    @property
    def unit(self) -> str:
        """Unit of the numbers: ``"log2(CPT + 1)"``; empty where they are rows of the table."""
        return ""

    @property
    def zero_apart(self) -> bool:
        """Whether numbers of 0 and those below the lower limit have a row of their own, the last but one.

        Only where there are limits; else such numbers have the first color.
        """
        return False

    def recolored(self, colors: Mapping[str, str]) -> Coloring:
        """The same with some categories in other colors, ``"#rrggbb"`` by name; others are left out."""
        return self

    @property
    def categories(self) -> tuple[str, ...]:
        """Names of its categories, which can be hidden."""
        return ()

    @property
    def genes(self) -> tuple[Gene, ...]:
        """The genes whose values it shows."""
        return ()

    @property
    def missing(self) -> int:
        """Number of cells without a value."""
        numbers = self.numbers()
        none = np.isnan(numbers) if self.takes_limits else ~(numbers >= 0)
        return int(np.count_nonzero(none))

    def missing_text(self) -> str:
        """What is said of the cells without a value, where there are any: ``"12 without Subclass"``."""
        return f"{self.missing:,} without {self.title}"

    def __len__(self) -> int:
        """Number of cells."""
        return len(self.numbers())
