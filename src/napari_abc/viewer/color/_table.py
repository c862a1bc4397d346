"""From codes or numbers to colors: one table look-up for all cells, without Qt or napari.

Everything that shows colors (layers, legend, figure) takes them from here, so that a legend can't
say another color than the canvas shows. A table has one row a category, or one a step of the
colormap, and behind those the rows of cells that have no color of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from cmap import Colormap

from napari_abc.errors import ConfigurationError, UnknownNameError
from napari_abc.model import MISSING_COLOR, Categorical, Continuous

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

__all__ = [
    "COLORMAPS",
    "DEFAULT_COLORMAP",
    "STEPS",
    "ZERO_COLOR",
    "Painted",
    "below",
    "colormap_table",
    "colors_of_points",
    "finite",
    "hex_table",
    "is_hidden",
    "lookup",
    "resolve",
    "rgba",
    "scaling",
    "table_of",
]

ZERO_COLOR = "#404040"
"""Color of a cell in which a gene was not found, or lies below the lower limit: dim, but there."""

DEFAULT_COLORMAP = "magma"

COLORMAPS = ("magma", "viridis", "inferno", "plasma", "cividis", "turbo", "bwr")
"""Colormaps to offer first; any name that cmap knows may be used."""

STEPS = 256
"""Steps of a colormap."""

_DARKEST = 0.4
"""Least brightness of a colormap's first color, between 0 and 1, clearly above ZERO_COLOR's."""

_BELOW = STEPS
_MISSING = STEPS + 1


@dataclass(frozen=True, eq=False, slots=True)
class Painted:
    """What a layer is colored by: an immutable record, replaced as a whole."""

    coloring: Categorical | Continuous
    limits: tuple[float, float] | None
    """Values of the first and the last color of the colormap; None for categories."""
    colormap: str
    hidden: frozenset[str | None] = field(default=frozenset())
    """Names of the categories that are not drawn; None stands for the cells without a value."""


def resolve(
    coloring: Categorical | Continuous,
    limits: tuple[float, float] | None = None,
    colormap: str = DEFAULT_COLORMAP,
    hidden: Iterable[str | None] = (),
) -> Painted:
    """Check limits and colormap, and fill in the limits that show the values well.

    Raises
    ------
    ConfigurationError
        If the limits are not two finite, ascending numbers, or no colormap has that name.
    UnknownNameError
        If something is to be hidden that is no category.
    """
    hidden = _check_hidden(coloring, hidden)
    if isinstance(coloring, Categorical):
        return Painted(coloring, None, colormap, hidden)
    colormap_table(colormap)
    low, high = coloring.limits() if limits is None else (float(limits[0]), float(limits[1]))
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ConfigurationError(
            f"The limits {low:g} and {high:g} can't be used; give two numbers, the lower one first."
        )
    return Painted(coloring, (low, high), colormap, hidden)


def _check_hidden(coloring: Categorical | Continuous, hidden: Iterable[str | None]) -> frozenset[str | None]:
    hidden = frozenset(hidden)
    known = coloring.names if isinstance(coloring, Categorical) else ()
    unknown = sorted(name for name in hidden.difference(known) if name is not None)
    if unknown:
        near = get_close_matches(unknown[0], known, n=3) or list(known[:3])
        hint = f"did you mean {' or '.join(near)}?" if near else "it has none, as it is a number."
        raise UnknownNameError(f"{coloring.title!r} has no category {unknown[0]!r} to hide; {hint}")
    return hidden


def hex_table(colors: Sequence[str]) -> NDArray[np.float32]:
    """``"#rrggbb"`` texts as (colors, 4) RGBA between 0 and 1."""
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
    return _is_below(coloring.values, painted.limits[0])


def _is_below(values: NDArray[np.float32], low: float) -> NDArray[np.bool_]:
    return (values < low) | (values <= 0)


def is_hidden(painted: Painted, cell: int) -> bool:
    """Whether a cell, given by its row, is one of those that are not drawn."""
    if not painted.hidden:
        return False
    coloring = painted.coloring
    if isinstance(coloring, Categorical):
        code = int(coloring.codes[cell])
        return (coloring.names[code] if code >= 0 else None) in painted.hidden
    return None in painted.hidden and bool(np.isnan(coloring.values[cell]))


@lru_cache(maxsize=16)
def _palette(colors: tuple[str, ...]) -> NDArray[np.float32]:
    return hex_table(colors)


def table_of(painted: Painted) -> NDArray[np.float32]:
    """(rows, 4) RGBA between 0 and 1; the last row is for cells without a value.

    Categories have a row each; a colormap has STEPS, and one for what is :func:`below`. What is
    hidden is transparent.
    """
    coloring = painted.coloring
    if not isinstance(coloring, Categorical):
        table = np.vstack([colormap_table(painted.colormap), _palette((ZERO_COLOR, MISSING_COLOR))])
    else:
        table = np.vstack([_palette(coloring.colors), _palette((MISSING_COLOR,))])
        if painted.hidden:
            table[[*(name in painted.hidden for name in coloring.names), False], 3] = 0
    if None in painted.hidden:
        table[-1, 3] = 0
    return table


def scaling(limits: tuple[float, float]) -> tuple[np.float32, np.float32, np.float32] | None:
    """How a value becomes a step of the colormap: ``((value - origin) - rest) * scale``, in float32.

    In single precision, for graphics hardware counts so, and no way of coloring may be a step off.
    The lower limit comes in two parts, so that limits that differ little are told apart.

    Returns
    -------
    origin, rest, scale
        None where single precision has no such numbers.
    """
    low, high = limits
    span = high - low
    if not 1e-30 < span < 1e30 or max(abs(low), abs(high)) > 1e30:
        return None
    origin = np.float32(low)
    return origin, np.float32(low - float(origin)), np.float32(STEPS / span)


def finite(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The values, infinite ones replaced by large ones that can be counted with; NaN stays."""
    return np.clip(values, np.float32(-1e38), np.float32(1e38))


def lookup(
    painted: Painted, cells: NDArray[np.integer] | None = None
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """A table of colors and the row of each cell in it.

    Parameters
    ----------
    cells
        Rows of the cells to look up; None for all.

    Returns
    -------
    table
        As :func:`table_of`.
    index
        (cells,) row of each cell.
    """
    coloring = painted.coloring
    table = table_of(painted)
    if isinstance(coloring, Categorical):
        codes = coloring.codes if cells is None else coloring.codes[cells]
        return table, np.where(codes < 0, len(table) - 1, codes).astype(np.int32)
    assert painted.limits is not None
    low, high = painted.limits
    values = coloring.values if cells is None else coloring.values[cells]
    missing = np.isnan(values)
    parts = scaling(painted.limits)
    scaled: NDArray[np.floating]
    if parts is None:
        wide = np.clip(np.where(missing, low, values).astype(np.float64), low, high)
        scaled = (wide - low) * (STEPS / (high - low))
    else:
        origin, rest, scale = parts
        with np.errstate(over="ignore"):  # far beyond the last step
            scaled = ((finite(np.where(missing, origin, values)) - origin) - rest) * scale
    index = np.clip(scaled, 0, STEPS - 1).astype(np.int32)
    if coloring.is_gene:
        index[_is_below(values, low)] = _BELOW
    index[missing] = _MISSING
    return table, index


def rgba(painted: Painted, cells: NDArray[np.integer] | None = None) -> NDArray[np.float32]:
    """Color of each cell, (cells, 4) RGBA between 0 and 1; ``cells`` as in :func:`lookup`."""
    table, index = lookup(painted, cells)
    return table.take(index, axis=0)


def colors_of_points(
    painted: Painted, rows: NDArray[np.int64] | None, points: NDArray[np.integer] | None = None
) -> NDArray[np.float32]:
    """Color of each point, (points, 4).

    Parameters
    ----------
    rows
        Row of the slab's cells that each point shows, -1 for a point of the user's own;
        None where point i is cell i.
    points
        The points to tell the colors of; None for all.
    """
    if rows is None:
        return rgba(painted, points)
    if points is not None:
        rows = rows[points]
    colors = np.empty((len(rows), 4), dtype=np.float32)
    known = rows >= 0
    colors[known] = rgba(painted, rows[known])
    colors[~known] = _palette((MISSING_COLOR,))[0]
    return colors
