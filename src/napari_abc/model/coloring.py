"""Colorings: what cells are colored by, resolved to codes or numbers, and the colors of categories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from cmap import Colormap

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MISSING_COLOR", "Categorical", "Continuous", "Palette", "distinct_colors", "normalize_color"]

MISSING_COLOR = "#808080"
"""Color of a cell that has no value: gray, counted and said."""


def normalize_color(color: object) -> str:
    """``"#rrggbb"`` in lower case; gray for anything that is not a hex triplet."""
    text = str(color).strip().lower()
    if len(text) == 7 and text[0] == "#" and all(c in "0123456789abcdef" for c in text[1:]):
        return text
    return MISSING_COLOR


def distinct_colors(count: int) -> tuple[str, ...]:
    """Colors for categories that come without.

    Up to seven are Okabe and Ito's, which color-blind people tell apart; more are Glasbey's, which
    are chosen to differ most. Both without the ones too dark to see on napari's canvas.
    """
    stops = Colormap("okabeito" if count <= 7 else "glasbey").color_stops
    light = [stop.color.hex.lower() for stop in stops if max(stop.color.rgba[:3]) > 0.35]
    return tuple(light[i % len(light)] for i in range(count))


@dataclass(frozen=True, slots=True)
class Palette:
    """Names of a column's categories, in legend order, each with its color."""

    names: tuple[str, ...]
    colors: tuple[str, ...]
    """``"#rrggbb"`` in lower case, one a name."""
    description: str = ""
    taxonomy: str = ""
    """Taxonomy that the column is a level of; empty if of none."""
    level: str = ""
    """Label of that level within the taxonomy."""


@dataclass(frozen=True, eq=False, slots=True)
class Categorical:
    """Cells colored by category: a code a cell, a name and a color a code."""

    key: str
    """The key that was asked for: ``"Subclass"``."""
    title: str
    codes: NDArray[np.int32]
    """(cells,) index into ``names``; -1 where the cell has no value."""
    names: tuple[str, ...]
    """Categories in term order, also those that no cell of this slab has."""
    colors: tuple[str, ...]
    """``"#rrggbb"``, one a name."""

    def counts(self) -> NDArray[np.int64]:
        """Cells per category, (len(names),)."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.names))

    @property
    def missing(self) -> int:
        """Number of cells without a value."""
        return int(np.count_nonzero(self.codes < 0))


@dataclass(frozen=True, eq=False, slots=True)
class Continuous:
    """Cells colored by a number: an expression value or a numeric column."""

    key: str
    title: str
    values: NDArray[np.float32]
    """(cells,) NaN where the cell has no value."""
    unit: str
    """Label of the color bar: ``"log2(CPT + 1)"``, ``"counts"``, ``"mm"``."""
    is_gene: bool = False
    absent: str = "not measured"
    """What a gene is in the cells without a value."""

    @property
    def missing(self) -> int:
        """Number of cells without a value."""
        return int(np.count_nonzero(np.isnan(self.values)))

    def limits(self) -> tuple[float, float]:
        """Limits that show the values well: 0 (genes) or the minimum, to the largest finite value."""
        finite = self.values[np.isfinite(self.values)]
        if finite.size == 0:
            return 0.0, 1.0
        low = 0.0 if self.is_gene else float(finite.min())
        high = float(finite.max())
        return (low, high) if high > low else (low, low + 1.0)
