"""Coloring by a number: an expression value or a numeric column."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from napari_abc.model.coloring import Coloring
from napari_abc.model.colors import MISSING_COLOR, ZERO_COLOR, colormap_table, hex_colors, hex_table
from napari_abc.model.legend import Legend, LegendBar, LegendRow

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from napari_abc.model.genes import Gene

__all__ = ["Continuous"]

_SPECIAL = hex_table((ZERO_COLOR, MISSING_COLOR))


@dataclass(frozen=True, eq=False, slots=True)
class Continuous(Coloring):
    """Cells colored by a number: a :class:`~napari_abc.model.Coloring` by a colormap between limits."""

    key: str
    """The key that was asked for: ``"gene:DRD1"``, ``"depth"``."""
    title: str
    values: NDArray[np.float32]
    """(cells,) NaN where the cell has no value."""
    unit: str
    """Label of the color bar: ``"log2(CPT + 1)"``, ``"counts"``, ``"mm"``."""
    gene: Gene | None = None
    """The gene whose expression these are; None for other numbers."""
    absent: str = "not measured"
    """What a gene is in the cells without a value."""

    @property
    def is_gene(self) -> bool:
        """Whether these are expression values of a gene."""
        return self.gene is not None

    @property
    def genes(self) -> tuple[Gene, ...]:
        """The gene, if these are its values."""
        return (self.gene,) if self.gene is not None else ()

    @property
    def takes_limits(self) -> bool:
        """Always: the colormap lies between them."""
        return True

    @property
    def zero_apart(self) -> bool:
        """For a gene: cells in which it was not found are dim."""
        return self.is_gene

    def take(self, rows: NDArray[np.integer]) -> Self:
        """The same values of some cells; none where the row is -1."""
        return replace(self, values=np.where(rows < 0, np.nan, self.values[rows]).astype(np.float32))

    def numbers(self) -> NDArray[np.float32]:
        """(cells,) the values."""
        return self.values

    def limits(self) -> tuple[float, float]:
        """Limits that show the values well: 0 (genes) or the minimum, to the largest finite value."""
        extent = self._extent()
        if extent is None:
            return 0.0, 1.0
        low, high = (0.0 if self.is_gene else extent[0]), extent[1]
        return (low, high) if high > low else (low, low + 1.0)

    def table(self, colormap: str, hidden: AbstractSet[str | None] = frozenset()) -> NDArray[np.float32]:
        """(STEPS + 2, 4) RGBA: the colormap, then zero, then cells without a value."""
        table = np.vstack([colormap_table(colormap), _SPECIAL])
        if None in hidden:
            table[-1, 3] = 0
        return table

    def legend(
        self, limits: tuple[float, float] | None, colormap: str, hidden: AbstractSet[str | None] = frozenset()
    ) -> Legend:
        """A bar, and rows for the cells that are outside of it."""
        usual = self.limits()
        low, high = limits if limits is not None else usual
        rows = []
        dim = int(np.count_nonzero((self.values < low) | (self.values <= 0))) if self.is_gene else 0
        if dim:
            rows.append(LegendRow("zero" if low <= 0 else f"below {low:g}", ZERO_COLOR, dim))
        missing = self.missing
        if missing:
            name = self.absent if self.is_gene else "no value"
            rows.append(LegendRow(name, MISSING_COLOR, missing, missing=True, hidden=None in hidden))
        stops = hex_colors(colormap_table(colormap))
        bar = LegendBar(colormap, stops, (low, high), self.unit, self._extent() or usual, usual)
        return Legend(self.title, tuple(rows), bar)

    def text(self, cell: int) -> str:
        """Title, value and unit of one cell."""
        value = float(self.values[cell])
        if np.isnan(value):
            return f"{self.title} {self.absent if self.is_gene else 'no value'}"
        return f"{self.title} {value:.4g} {self.unit}".rstrip()

    def missing_text(self) -> str:
        """As of any coloring; of a gene, whether it was not measured or not fetched."""
        if self.is_gene:
            return f"{self.title} was {self.absent} in {self.missing:,}"
        return f"{self.missing:,} without {self.title}"

    def _extent(self) -> tuple[float, float] | None:
        """Smallest and largest finite value; None where there is none."""
        finite = self.values[np.isfinite(self.values)]
        return (float(finite.min()), float(finite.max())) if finite.size else None
