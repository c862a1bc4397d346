"""What a legend says, without saying how it is drawn: the dock, the figure and scripts share it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Legend", "LegendBar", "LegendRow"]


@dataclass(frozen=True, slots=True)
class LegendRow:
    """A swatch with its name and the number of cells that have it."""

    name: str
    color: str
    """``"#rrggbb"``."""
    count: int
    missing: bool = False
    """Whether these are the cells without a value."""
    hidden: bool = False
    """Whether these cells are not drawn."""


@dataclass(frozen=True, slots=True)
class LegendBar:
    """A colormap between two limits."""

    colormap: str
    stops: tuple[str, ...]
    """``"#rrggbb"`` from the lower limit to the upper, evenly spaced."""
    limits: tuple[float, float]
    unit: str
    """Label of the bar; ``""`` for a number without one."""
    extent: tuple[float, float]
    """Smallest and largest of the values."""
    usual: tuple[float, float]
    """Limits that show the values well."""


@dataclass(frozen=True, slots=True)
class Legend:
    """The legend of a colored slab: rows for categories, a bar and its gray rows for numbers."""

    title: str
    rows: tuple[LegendRow, ...]
    """Those with cells: categories in term order, then the cells without a value."""
    bar: LegendBar | None = None
