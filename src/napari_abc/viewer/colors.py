"""From codes or numbers to colours: one table look-up for all cells, without Qt or napari.

Everything that shows colours (layers, legend, figure) takes them from here, so that a legend can't
say another colour than the canvas shows. A table has one row a category, or one a step of the
colormap, and behind those the rows of cells that have no colour of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from napari_abc.errors import ConfigurationError
from napari_abc.model import MISSING_COLOR, Categorical, Continuous

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "COLORMAPS",
    "DEFAULT_COLORMAP",
    "STEPS",
    "ZERO_COLOR",
    "Painted",
    "below",
    "colormap_table",
    "hex_table",
    "lookup",
    "resolve",
    "rgba",
]

ZERO_COLOR = "#404040"
"""Colour of a cell in which a gene was not found, or lies below the lower limit: dim, but there."""

DEFAULT_COLORMAP = "magma"

COLORMAPS = ("magma", "viridis", "inferno", "plasma", "cividis", "turbo", "bwr")
"""Colormaps to offer first; any name that cmap knows may be used."""

STEPS = 256
"""Steps of a colormap."""

_DARKEST = 0.4
"""Least brightness of a colormap's first colour, between 0 and 1, clearly above ZERO_COLOR's."""

_BELOW = STEPS
_MISSING = STEPS + 1


@dataclass(frozen=True, eq=False, slots=True)
class Painted:
    """What a layer is coloured by: an immutable record, replaced as a whole."""

    coloring: Categorical | Continuous
    limits: tuple[float, float] | None
    """Values of the first and the last colour of the colormap; None for categories."""
    colormap: str


def resolve(
    coloring: Categorical | Continuous,
    limits: tuple[float, float] | None = None,
    colormap: str = DEFAULT_COLORMAP,
) -> Painted:
    """Check limits and colormap, and fill in the limits that show the values well.

    Raises
    ------
    ConfigurationError
        If the limits are not two finite, ascending numbers, or no colormap has that name.
    """
    if isinstance(coloring, Categorical):
        return Painted(coloring, None, colormap)
    colormap_table(colormap)
    low, high = coloring.limits() if limits is None else (float(limits[0]), float(limits[1]))
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ConfigurationError(
            f"The limits {low:g} and {high:g} can't be used; give two numbers, the lower one first."
        )
    return Painted(coloring, (low, high), colormap)


def hex_table(colors: Sequence[str]) -> NDArray[np.float32]:
    """``"#rrggbb"`` texts as (colours, 4) RGBA between 0 and 1."""
    packed = np.array([int(color[1:], 16) for color in colors], dtype=np.uint32)
    table = np.ones((len(packed), 4), dtype=np.float32)
    for channel, shift in enumerate((16, 8, 0)):
        table[:, channel] = ((packed >> shift) & 255) / 255
    return table


@lru_cache(maxsize=32)
def colormap_table(name: str) -> NDArray[np.float32]:
    """(STEPS, 4) RGBA of a colormap that cmap knows; read-only.

    A colormap that begins near black begins later here, else cells with a little of a gene would
    be darker than those with none, and gone on a black canvas.

    Raises
    ------
    ConfigurationError
        If there is none of that name; the message names similar ones.
    """
    from cmap import Colormap

    try:
        colormap = Colormap(name)
    except (ValueError, TypeError, KeyError):
        known = [key.rpartition(":")[2] for key in Colormap.catalog().short_keys()]
        near = get_close_matches(str(name), known, n=3) or list(COLORMAPS[:3])
        raise ConfigurationError(
            f"There is no colormap {name!r}; the nearest are {', '.join(near)}."
        ) from None
    whole = colormap.lut(STEPS)
    bright = np.flatnonzero(whole[:, :3].max(axis=1) >= _DARKEST)
    begin = int(bright[0]) / (STEPS - 1) if bright.size else 0.0
    table = np.asarray(colormap(np.linspace(begin, 1, STEPS)), dtype=np.float32)
    table.flags.writeable = False
    return table


def below(painted: Painted) -> NDArray[np.bool_]:
    """Whether a cell's gene is zero or below the lower limit, (cells,); never for other numbers."""
    coloring = painted.coloring
    assert isinstance(coloring, Continuous) and painted.limits is not None
    if not coloring.is_gene:
        return np.zeros(len(coloring.values), dtype=bool)
    return (coloring.values < painted.limits[0]) | (coloring.values <= 0)


def lookup(painted: Painted) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """A table of colours and the row of each cell in it.

    Returns
    -------
    table
        (rows, 4) RGBA between 0 and 1; the last row is for cells without a value.
    index
        (cells,) row of each cell.
    """
    coloring = painted.coloring
    if isinstance(coloring, Categorical):
        table = hex_table([*coloring.colors, MISSING_COLOR])
        return table, np.where(coloring.codes < 0, len(table) - 1, coloring.codes).astype(np.int32)
    assert painted.limits is not None
    low, high = painted.limits
    table = np.vstack([colormap_table(painted.colormap), hex_table([ZERO_COLOR, MISSING_COLOR])])
    values = coloring.values
    missing = np.isnan(values)
    # In float64, as limits of float32 values may be too close to be told apart in float32.
    scaled = np.clip(np.where(missing, low, values).astype(np.float64), low, high)
    scaled -= low
    scaled *= STEPS / (high - low)
    index = np.minimum(scaled, STEPS - 1).astype(np.int32)
    index[below(painted)] = _BELOW
    index[missing] = _MISSING
    return table, index


def rgba(painted: Painted) -> NDArray[np.float32]:
    """Colour of each cell, (cells, 4) RGBA between 0 and 1."""
    table, index = lookup(painted)
    return table.take(index, axis=0)
