"""Coloring by category: a code a cell, a name and a color a code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Self

import numpy as np

from napari_abc.model.coloring import Coloring
from napari_abc.model.colors import MISSING_COLOR, hex_table
from napari_abc.model.legend import Legend, LegendRow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

__all__ = ["Categorical"]


@lru_cache(maxsize=16)
def _with_missing(colors: tuple[str, ...]) -> NDArray[np.float32]:
    return hex_table((*colors, MISSING_COLOR))


@dataclass(frozen=True, eq=False, slots=True)
class Categorical(Coloring):
    """Cells colored by category: a :class:`~napari_abc.model.Coloring` by codes."""

    key: str
    """The key that was asked for: ``"Subclass"``."""
    title: str
    codes: NDArray[np.int32]
    """(cells,) index into ``names``; -1 where the cell has no value."""
    names: tuple[str, ...]
    """Categories in term order, also those that no cell of this slab has."""
    colors: tuple[str, ...]
    """``"#rrggbb"``, one a name."""

    @property
    def categories(self) -> tuple[str, ...]:
        """As :attr:`names`."""
        return self.names

    def recolored(self, colors: Mapping[str, str]) -> Self:
        """The same with some categories in other colors."""
        both = zip(self.names, self.colors, strict=True)
        return replace(self, colors=tuple(colors.get(name, color) for name, color in both))

    def counts(self) -> NDArray[np.int64]:
        """Cells per category, (len(names),)."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.names))

    def take(self, rows: NDArray[np.integer]) -> Self:
        """The same categories of some cells; no value where the row is -1."""
        return replace(self, codes=np.where(rows < 0, -1, self.codes[rows]).astype(np.int32))

    def numbers(self) -> NDArray[np.int32]:
        """(cells,) the codes, which are rows of the table."""
        return self.codes

    def table(self, colormap: str, hidden: AbstractSet[str | None] = frozenset()) -> NDArray[np.float32]:
        """(categories + 1, 4) RGBA; the last row is for cells without a value."""
        table = _with_missing(self.colors).copy()
        if hidden:
            table[[name in hidden for name in (*self.names, None)], 3] = 0
        return table

    def legend(
        self, limits: tuple[float, float] | None, colormap: str, hidden: AbstractSet[str | None] = frozenset()
    ) -> Legend:
        """A row for each category that has cells, in term order."""
        counts = self.counts()
        rows = [
            LegendRow(name := self.names[i], self.colors[i], int(counts[i]), hidden=name in hidden)
            for i in np.flatnonzero(counts).tolist()
        ]
        missing = self.missing
        if missing:
            rows.append(LegendRow("no value", MISSING_COLOR, missing, missing=True, hidden=None in hidden))
        return Legend(self.title, tuple(rows))

    def text(self, cell: int) -> str:
        """Title and category of one cell."""
        code = int(self.codes[cell])
        return f"{self.title} {self.names[code] if code >= 0 else 'no value'}"
