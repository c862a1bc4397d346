"""Smaller copies of volumes: which sizes, and how planes become half as many.

Every level spans exactly the extent of the first, as napari takes for granted and as the metadata of
a level can say for other programs. Where a size is even that is a mean of pairs. Where it is odd, n
voxels become m = (n + 1) / 2 that are slightly smaller than two, and a voxel of the first level counts
for each as much as lies in it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Halver", "level_shapes"]

_MOST_VOXELS = 2**25
_LONGEST = 2048
"""The smallest level is what 3-D views show: it fits into a texture, and has no more voxels than this."""
_MOST_LEVELS = 16
_TOGETHER = 4
"""Planes that are made at a time: few enough for the processor's cache, and not one by one."""


def level_shapes(shape: Sequence[int], spacing: Sequence[float]) -> list[tuple[int, ...]]:
    """Sizes of the levels, the largest first, which is the volume itself.

    An axis is halved only where its voxels are less than twice as long as the shortest side of a
    voxel: 76 planes that are 20 pixels apart stay 76 planes.
    """
    shapes = [tuple(shape)]
    sizes = list(spacing)
    while math.prod(shapes[-1]) > _MOST_VOXELS or max(shapes[-1]) > _LONGEST:
        fine = min(size for size, n in zip(sizes, shapes[-1], strict=True) if n > 1)
        halved = [n > 1 and size < 2 * fine for n, size in zip(shapes[-1], sizes, strict=True)]
        shapes.append(tuple(-(-n // 2) if half else n for n, half in zip(shapes[-1], halved, strict=True)))
        sizes = [2 * size if half else size for size, half in zip(sizes, halved, strict=True)]
        if len(shapes) == _MOST_LEVELS:
            break
    return shapes


class Halver:
    """Makes the next level's planes out of a level's, band after band along the first axis.

    Parameters
    ----------
    shape, smaller
        Sizes of the level and of the next.
    nearest
        Whether values are labels: the nearest one is taken, never a mean.
    """

    def __init__(self, shape: Sequence[int], smaller: Sequence[int], nearest: bool) -> None:
        self._shape = tuple(shape)
        self._halved = tuple(n != m for n, m in zip(shape, smaller, strict=True))
        self._planes = smaller[0]
        self._nearest = nearest
        self._before: NDArray[Any] | None = None

    def planes(self, first: int, band: NDArray[Any]) -> NDArray[Any]:
        """Planes of the next level that a band gives.

        Parameters
        ----------
        first
            Number of the band's first plane, which is even; bands come in order.
        band
            (planes, height, width); a number of planes that is odd only at the end.
        """
        if self._nearest:
            # The center of a new voxel lies between two old ones, or in the first of them.
            return band[tuple(slice(None, None, 2 if half else 1) for half in self._halved)]
        exact = band.dtype.kind != "f" and band.dtype.itemsize <= 4
        if exact and not any(half and n % 2 for half, n in zip(self._halved, self._shape, strict=True)):
            step = 1 + self._halved[0]
            parts = range(0, len(band), _TOGETHER * step)
            return np.concatenate([self._exact(band[at : at + _TOGETHER * step]) for at in parts])
        if not self._halved[0]:
            return self._filled(band.dtype, [self._mean([plane], [1.0]) for plane in band])
        out = []
        for i in range(first // 2, (first + len(band) + 1) // 2):
            at = 2 * i - first
            pair = [band[at], band[at + 1]] if at + 1 < len(band) else [band[at]]
            if self._shape[0] % 2 == 0:
                out.append(self._mean(pair, [0.5, 0.5]))
                continue
            share = self._planes / self._shape[0]
            weights = [share, share * (1 - (i + 1) / self._planes)][: len(pair)]
            before = band[at - 1] if at else self._before
            if i and before is not None:
                pair, weights = [before, *pair], [share * i / self._planes, *weights]
            out.append(self._mean(pair, weights))
        self._before = band[-1].copy()
        return self._filled(band.dtype, out)

    def _exact(self, planes: NDArray[Any]) -> NDArray[Any]:
        """Means of pairs of whole numbers, rounded to the nearest, along axes whose sizes are even."""
        total: Any = planes
        wide = np.int64 if planes.dtype.itemsize > 2 else np.int32
        for axis, half in enumerate(self._halved):
            if half:
                pairs = np.moveaxis(total, axis, 0)
                total = np.moveaxis(np.add(pairs[0::2], pairs[1::2], dtype=wide), 0, axis)
        shift = sum(self._halved)
        total += 1 << (shift - 1)
        total >>= shift
        return np.asarray(total, planes.dtype)

    def _mean(self, planes: list[NDArray[Any]], weights: list[float]) -> NDArray[Any]:
        """Weighted mean of some planes, with rows and columns halved."""
        dtype = planes[0].dtype
        wide = dtype.itemsize > 2 and dtype != np.float32
        total = np.zeros(planes[0].shape, np.float64 if wide else np.float32)
        for plane, weight in zip(planes, weights, strict=True):
            total += plane * total.dtype.type(weight)
        for axis, half in enumerate(self._halved[1:]):
            if half:
                total = _halve(total, axis)
        return total if dtype.kind == "f" else np.rint(total)

    @staticmethod
    def _filled(dtype: np.dtype[Any], planes: list[NDArray[Any]]) -> NDArray[Any]:
        out = np.empty((len(planes), *planes[0].shape), dtype)
        for place, plane in zip(out, planes, strict=True):
            np.copyto(place, plane, casting="unsafe")
        return out


def _halve(values: NDArray[Any], axis: int) -> NDArray[Any]:
    """Means of pairs along an axis of a plane; where the size is odd, of what lies in a new pixel."""
    values = np.moveaxis(values, axis, 0)
    n = len(values)
    m = (n + 1) // 2
    if n % 2 == 0:
        out = values[0::2] + values[1::2]
        out *= 0.5
    else:
        behind = (np.arange(1, m, dtype=values.dtype) / m)[:, None]
        out = values[0::2].copy()
        out[1:] += behind * values[1::2]
        out[:-1] += (1 - behind) * values[1::2]
        out *= values.dtype.type(m / n)
    return np.moveaxis(out, 0, axis)
