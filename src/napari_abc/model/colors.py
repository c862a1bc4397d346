"""Colors: those of categories, those of numbers, and those of cells that have none of their own."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from cmap import Colormap

from napari_abc.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "COLORMAPS",
    "DEFAULT_COLORMAP",
    "MISSING_COLOR",
    "STEPS",
    "ZERO_COLOR",
    "Palette",
    "colormap_table",
    "distinct_colors",
    "hex_colors",
    "hex_table",
    "normalize_color",
]

MISSING_COLOR = "#808080"
"""Color of a cell that has no value: gray, counted and said."""

ZERO_COLOR = "#404040"
"""Color of a cell in which a gene was not found, or lies below the lower limit: dim, but there."""

DEFAULT_COLORMAP = "magma"

COLORMAPS = ("magma", "inferno", "plasma", "viridis", "cividis")
"""Colormaps to offer: equal steps in value look like equal steps. Any name that cmap knows may be used."""

STEPS = 256
"""Steps of a colormap."""

_DARKEST = 0.4
"""Least brightness of a colormap's first color, between 0 and 1, clearly above ZERO_COLOR's."""


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


def hex_table(colors: Sequence[str]) -> NDArray[np.float32]:
    """``"#rrggbb"`` texts as (colors, 4) RGBA between 0 and 1."""
    packed = np.array([int(color[1:], 16) for color in colors], dtype=np.uint32)
    table = np.ones((len(packed), 4), dtype=np.float32)
    for channel, shift in enumerate((16, 8, 0)):
        table[:, channel] = ((packed >> shift) & 255) / 255
    return table


def hex_colors(table: NDArray[np.floating]) -> tuple[str, ...]:
    """(colors, 3 or 4) RGB or RGBA between 0 and 1 as ``"#rrggbb"`` texts."""
    rows = np.round(table[:, :3] * 255).astype(int).tolist()
    return tuple(f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in rows)


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
