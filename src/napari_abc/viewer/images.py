"""Images, labels and cell outlines of a slab as data and arguments of napari layers."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_abc.model import Volume

__all__ = ["CHANNEL_COLORMAPS", "contrast_limits", "volume_data"]

CHANNEL_COLORMAPS = ("blue", "green", "magenta", "yellow", "cyan", "red")
"""Colormaps of channels that come without one, when there are several."""

_SAMPLE_SIDE = 1024
"""Side of the piece of the smallest level that contrast limits are taken from."""

_SAMPLE_PLANES = 7
"""Planes of a volume that they are taken from."""


def contrast_limits(levels: Sequence[Any]) -> tuple[float, float]:
    """Limits that show an image well: percentiles of the smallest level, or of its middle.

    Parameters
    ----------
    levels
        Array-likes, largest first; only a piece of the last one is read, and of a volume some planes.
    """
    smallest = levels[-1]
    *leading, height, width = smallest.shape
    window = tuple(
        slice(max(0, (size - _SAMPLE_SIDE) // 2), (size + _SAMPLE_SIDE + 1) // 2) for size in (height, width)
    )
    wanted = (_spread(size, _SAMPLE_PLANES if k == len(leading) - 1 else 1) for k, size in enumerate(leading))
    pieces = [np.asarray(smallest[(*index, *window)], dtype=np.float64).ravel() for index in product(*wanted)]
    piece = np.concatenate(pieces)
    piece = piece[np.isfinite(piece)]
    # A scan's surroundings are exactly 0 and say nothing of the tissue.
    inside = piece[piece != 0]
    if inside.size:
        low, high = np.percentile(inside, (1, 99.7))
        if high > low:
            return float(low), float(high)
    top = float(inside.max()) if inside.size else 1.0
    return (0.0, top) if top > 0 else (top, 0.0)


def _spread(size: int, count: int) -> list[int]:
    """Some indices of an axis, evenly spread and none at its ends; all where there are so few."""
    return sorted({int((k + 0.5) * size / count) for k in range(count)}) if size else []


def volume_data(volume: Volume, several: int | None, flip: bool) -> tuple[Any, dict[str, Any], str]:
    """Data, arguments and layer type of a volume.

    Parameters
    ----------
    several
        Number of this image among the images of the slab, None where it is the only one.
    flip
        Whether y grows upwards, so that rows are drawn from bottom to top.
    """
    arguments: dict[str, Any] = {
        "multiscale": len(volume.levels) > 1,
        "scale": _flipped(volume.scale, flip),
        "translate": _flipped(volume.translate, flip),
        "visible": volume.visible,
    }
    data = list(volume.levels) if len(volume.levels) > 1 else volume.levels[0]
    if volume.kind == "labels":
        return data, {**arguments, "opacity": 0.5}, "labels"
    colormap = volume.colormap or (
        "gray" if several is None else CHANNEL_COLORMAPS[several % len(CHANNEL_COLORMAPS)]
    )
    arguments |= {
        "contrast_limits": volume.contrast_limits or contrast_limits(volume.levels),
        "colormap": colormap,
        "rgb": False,
        "blending": "translucent_no_depth" if several is None else "additive",
    }
    return data, arguments, "image"


def _flipped(numbers: Sequence[float], flip: bool) -> NDArray[np.float64]:
    out = np.asarray(numbers, dtype=np.float64).copy()
    if flip:
        out[-2] *= -1
    return out
