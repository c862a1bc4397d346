"""Coloring by two or three genes at once: each lends its color, and where both are found they mix."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Self

import numpy as np

from napari_abc.errors import ConfigurationError
from napari_abc.model.coloring import Coloring
from napari_abc.model.colors import MISSING_COLOR, ZERO_COLOR, hex_table
from napari_abc.model.legend import Legend, LegendRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from napari_abc.model.genes import Gene

__all__ = ["Blend"]

LEVELS = 24
"""Steps of each gene; 24 to the power of three rows are a small table for a graphics card."""

_COLORS = {2: ("#ff40ff", "#40ff40"), 3: ("#ff4040", "#40ff40", "#4070ff")}
"""Magenta and green mix to white and are told apart by the color-blind; three genes take red, green, blue."""


@dataclass(frozen=True, eq=False, slots=True)
class Blend(Coloring):
    """Cells colored by two or three genes: a :class:`~napari_abc.model.Coloring` by mixed lights.

    Examples
    --------
    >>> from napari_abc.model import Continuous, Gene
    >>> def gene(symbol, *values):
    ...     numbers = np.array(values, np.float32)
    ...     return Continuous(f"gene:{symbol}", symbol, numbers, "counts", Gene(symbol, symbol, "raw"))
    >>> blend = Blend.of([gene("DRD1", 0, 4, 4), gene("DRD2", 0, 0, 4)])
    >>> [row.name for row in blend.legend(None, "magma").rows]
    ['DRD1', 'DRD2', 'DRD1 + DRD2', 'neither']
    """

    parts: tuple[Coloring, ...]
    levels: NDArray[np.int32]
    """(cells,) row of the table; -1 where one of the genes has no value."""
    key: str
    title: str

    @classmethod
    def of(
        cls, parts: Sequence[Coloring], limits: Sequence[tuple[float, float] | None] | None = None
    ) -> Self:
        """Blend genes.

        Parameters
        ----------
        parts
            Two or three genes of the same cells.
        limits
            Values at which each gene's color begins and is full; None for those that show the values well.

        Raises
        ------
        ConfigurationError
            If there are fewer or more, or some are no genes' values, or limits don't ascend.
        """
        if len(parts) not in _COLORS or not all(part.genes and part.takes_limits for part in parts):
            raise ConfigurationError("Two or three genes can be blended, and nothing else.")
        levels = np.zeros(len(parts[0]), np.int32)
        missing = np.zeros(len(levels), bool)
        for part, own in zip(parts, limits or (None,) * len(parts), strict=True):
            low, high = own or part.limits() or (0.0, 1.0)
            if not low < high:
                raise ConfigurationError(
                    f"The limits {low:g} and {high:g} can't be used; give two numbers, the lower one first."
                )
            numbers = part.numbers()
            none = np.isnan(numbers)
            share = np.clip((np.where(none, low, numbers) - low) / (high - low), 0, 1)
            # A cell in which the gene was found is never as dark as one in which it was not.
            found = np.where(none, False, (numbers > 0) & (numbers >= low))
            step = np.where(found, 1 + np.floor(share * (LEVELS - 2)), 0)
            levels = levels * LEVELS + step.astype(np.int32)
            missing |= none
        levels[missing] = -1
        title = " + ".join(part.title for part in parts)
        return cls(tuple(parts), levels, " ".join(part.key for part in parts), title)

    @property
    def genes(self) -> tuple[Gene, ...]:
        """The genes, in the order of their colors."""
        return tuple(gene for part in self.parts for gene in part.genes)

    @property
    def colors(self) -> tuple[str, ...]:
        """``"#rrggbb"`` of each gene."""
        return _COLORS[len(self.parts)]

    def take(self, rows: NDArray[np.integer]) -> Self:
        """The same blend of some cells; none where the row is -1."""
        levels = np.where(rows < 0, -1, self.levels[rows]).astype(np.int32)
        return replace(self, parts=tuple(part.take(rows) for part in self.parts), levels=levels)

    def numbers(self) -> NDArray[np.int32]:
        """(cells,) rows of the table; -1 where one of the genes has no value."""
        return self.levels

    def table(self, colormap: str, hidden: AbstractSet[str | None] = frozenset()) -> NDArray[np.float32]:
        """(LEVELS ** genes + 1, 4) RGBA: every mixture, then cells without a value; there is no colormap."""
        lights = hex_table(self.colors)[:, :3]
        shares = np.array(list(product(np.linspace(0, 1, LEVELS), repeat=len(self.parts))), np.float32)
        ground = hex_table((ZERO_COLOR,))[0, :3]
        # The ground shows through where there is little light, so that every cell is seen.
        mixed = np.clip(shares @ lights + ground * (1 - shares.max(axis=1, keepdims=True)), 0, 1)
        table = np.vstack([np.column_stack([mixed, np.ones(len(mixed))]), hex_table((MISSING_COLOR,))])
        if None in hidden:
            table[-1, 3] = 0
        return table.astype(np.float32)

    def legend(
        self, limits: tuple[float, float] | None, colormap: str, hidden: AbstractSet[str | None] = frozenset()
    ) -> Legend:
        """A row for each gene alone, for those found together, and for the cells with none of them."""
        titles = [part.title for part in self.parts]
        count = len(titles)
        steps = [(self.levels // LEVELS ** (count - 1 - place)) % LEVELS > 0 for place in range(count)]
        code = sum(found.astype(np.int64) << place for place, found in enumerate(steps))
        counts = np.bincount(np.asarray(code)[self.levels >= 0], minlength=2**count)
        lights = hex_table(self.colors)[:, :3]
        rows = []
        for mix in sorted(range(1, 2**count), key=lambda mix: (mix.bit_count(), mix)):
            chosen = [place for place in range(count) if mix >> place & 1]
            color = np.clip(lights[chosen].sum(axis=0), 0, 1)
            text = "#" + "".join(f"{round(float(part) * 255):02x}" for part in color)
            rows.append(LegendRow(" + ".join(titles[place] for place in chosen), text, int(counts[mix])))
        rows.append(LegendRow("neither" if count == 2 else "none", ZERO_COLOR, int(counts[0])))
        missing = self.missing
        if missing:
            rows.append(
                LegendRow("not measured", MISSING_COLOR, missing, missing=True, hidden=None in hidden)
            )
        return Legend(self.title, tuple(rows))

    def text(self, cell: int) -> str:
        """Title, value and unit of each gene in one cell."""
        return ", ".join(part.text(cell) for part in self.parts)

    def missing_text(self) -> str:
        """How many cells lack one of the genes."""
        return f"{self.title} was not measured in {self.missing:,}"
