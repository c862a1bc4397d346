"""Cell outlines as a pyramid of labels: drawn when a part of it is looked at, never as shapes.

A hundred thousand polygons are too many for a Shapes layer, and a picture of them at full resolution
is too large to keep. So the coarse levels are drawn at once and the fine ones when a window of them
is read. Filling is even-odd along lines of pixel centers, which gives holes and several parts of a
cell for nothing, and takes no more memory than the window.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from napari_abc.errors import ConfigurationError
from napari_abc.io.images import read_key
from napari_abc.model import Volume
from napari_abc.task import Task

if TYPE_CHECKING:
    import dask.array as da
    from numpy.typing import NDArray

    from napari_abc.model import Outlines

__all__ = ["choose_pixel_size", "rasterize"]

_PIXELS_PER_CELL = 256
"""Pixels across a cell of median size at the finest level."""
_COARSE = 4096
"""Levels of at most this many pixels a side are drawn at once."""
_SMALLEST = 512
"""Halving stops at this many pixels a side."""
_FINEST = 2**17
"""Pixels a side of the finest level at most."""
_TILE = 512
"""Pixels a side of what is drawn at least when a part of a fine level is looked at."""
_BLOCK = 2048
"""Pixels a side of a window that is drawn in one go."""
_CROSSINGS = 2**23
"""Crossings of outlines and pixel lines that are held at a time (8 bytes each, several times over)."""
_VERTICES = 2**19
"""Vertices that are worked on at a time."""
_FRACTION = 12
"""Bits of the fraction of a pixel that a crossing is placed to."""


def choose_pixel_size(outlines: Outlines) -> float:
    """Pixel size of the finest level: a 256th of a cell of median size, bounded by the extent.

    Returns
    -------
    float
        In the unit of the outlines; 1.0 where there is no outline.
    """
    boxes = _boxes(outlines)
    if not len(boxes):
        return 1.0
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    extent = float((high - low).max())
    areas = np.prod(boxes[:, 2:].astype(float) - boxes[:, :2], axis=1)
    size = math.sqrt(float(np.median(areas))) / _PIXELS_PER_CELL
    return max(size, extent / _FINEST) or 1.0


def rasterize(
    outlines: Outlines,
    pixel_size: float | None = None,
    *,
    unit: str = "micrometer",
    task: Task | None = None,
) -> Volume:
    """Make a label pyramid of cell outlines; show it with ``contour=1`` for lines, 0 for areas.

    Parameters
    ----------
    outlines
        Rings of vertices; a cell may have several, holes included. Where cells overlap, the one
        with the higher row is on top.
    pixel_size
        Of the finest level, in the unit of the outlines; None for :func:`choose_pixel_size`.
    unit
        Of the outlines, and so of the volume.
    task
        Told of the levels drawn; may be cancelled.

    Returns
    -------
    Volume
        ``kind`` ``"labels"``; levels are int32 arrays (y, x) whose value is the cell's row + 1, 0
        where there is no cell. Each level halves the one before exactly, and all cover the same
        area, so that napari places them in register. Coarse levels are numpy arrays, fine ones dask
        arrays.

    Raises
    ------
    ConfigurationError
        If the pixel size is not positive, or so small that a level would exceed what can be shown.
    """
    task = task or Task()
    size = choose_pixel_size(outlines) if pixel_size is None else float(pixel_size)
    if not (math.isfinite(size) and size > 0):
        raise ConfigurationError(f"A pixel can't be {size} wide; give a positive pixel size.")
    boxes = _boxes(outlines)
    low = boxes[:, :2].min(axis=0).astype(float) if len(boxes) else np.zeros(2)
    high = boxes[:, 2:].max(axis=0).astype(float) if len(boxes) else np.ones(2)
    # A margin of a pixel, so that the outermost contour has background beside it.
    low -= size
    pixels = np.ceil((high - low) / size).astype(np.int64) + 1
    if pixels.max() > 2 * _FINEST:
        raise ConfigurationError(
            f"Outlines drawn with pixels of {size:g} would be {pixels.max():,} pixels wide; "
            f"give a pixel size of at least {float((high - low).max()) / _FINEST:g}."
        )
    count = 1 + max(0, math.ceil(math.log2(float(pixels.max()) / _SMALLEST)))
    step = 2 ** (count - 1)
    width, height = (int(-(-n // step)) * step for n in pixels)
    corner = float(low[0]), float(low[1])
    drawn = [_Level(outlines, boxes, corner, size * 2**k, (height >> k, width >> k)) for k in range(count)]
    levels: list[Any] = []
    for k, level in enumerate(drawn):
        # Once they are coarse, levels are kept: the whole view reads them at every move of the camera.
        if max(level.shape) <= _COARSE:
            task.report("Drawing cell outlines", k, count, "levels")
            levels.append(level[:, :])
        else:
            levels.append(level.lazily())
    return Volume(
        name="Cell outlines",
        kind="labels",
        levels=levels,
        scale=(size, size),
        translate=(float(low[1]) + size / 2, float(low[0]) + size / 2),
        unit=unit,
    )


class _Level:
    """A level of a label pyramid that is drawn when it is read.

    Parameters
    ----------
    outlines
        What to draw.
    boxes
        (rings, 4) x and y of the low and the high corner of each ring.
    origin
        x, y of the corner (not the center) of the first pixel.
    pixel_size
        Of this level.
    shape
        Rows, columns.
    """

    dtype = np.dtype(np.int32)
    ndim = 2

    def __init__(
        self,
        outlines: Outlines,
        boxes: NDArray[np.float32],
        origin: tuple[float, float],
        pixel_size: float,
        shape: tuple[int, int],
    ) -> None:
        self._outlines = outlines
        self._boxes = boxes
        self._origin = origin
        self._pixel = pixel_size
        self.shape = shape

    def lazily(self) -> da.Array:
        """The level as a dask array, of which napari keeps the tiles that it has seen."""
        import dask.array as da

        lazy: da.Array = da.from_array(  # type: ignore[no-untyped-call]
            self,
            chunks=(_TILE, _TILE),
            name=f"outlines-{uuid4().hex}",
            meta=np.empty((0, 0), self.dtype),
            fancy=False,
        )
        return lazy

    def __getitem__(self, key: Any) -> NDArray[np.int32]:
        """Draw a window; the key is made of whole numbers, slices and an ellipsis."""
        window, within = read_key(key, self.shape)
        return self._window(*window)[within]

    def _window(self, top: int, bottom: int, left: int, right: int) -> NDArray[np.int32]:
        out = np.zeros((bottom - top, right - left), np.int32)
        for row in range(0, out.shape[0], _BLOCK):
            for column in range(0, out.shape[1], _BLOCK):
                block = out[row : row + _BLOCK, column : column + _BLOCK]
                self._draw(block, top + row, left + column)
        return out

    def _draw(self, block: NDArray[np.int32], top: int, left: int) -> None:
        """Draw what lies in a block of pixels that starts at ``top``, ``left``."""
        x0, y0 = self._origin
        edges = np.array([left, top, left + block.shape[1], top + block.shape[0]]) * self._pixel
        low_x, low_y, high_x, high_y = edges + np.array([x0, y0, x0, y0])
        boxes = self._boxes
        touched = np.flatnonzero(
            (boxes[:, 0] < high_x) & (boxes[:, 2] > low_x) & (boxes[:, 1] < high_y) & (boxes[:, 3] > low_y)
        )
        if not len(touched):
            return
        # All rings of a cell together, so that holes and parts are told by the even-odd rule.
        touched = touched[np.argsort(self._outlines.cell[touched], kind="stable")]
        cells = self._outlines.cell[touched]
        start, stop = self._outlines.offsets[touched], self._outlines.offsets[touched + 1]
        fresh = np.diff(cells, prepend=-1) != 0
        batch = (np.cumsum(stop - start) // _VERTICES)[fresh]
        bounds = np.append(np.flatnonzero(fresh)[np.diff(batch, prepend=-1) != 0], len(touched))
        for begin, end in itertools.pairwise(bounds):
            edges, ring = self._edges(start[begin:end], stop[begin:end], top, left)
            owner = np.cumsum(fresh[begin:end]) - 1
            labels = cells[begin:end][fresh[begin:end]] + 1
            _fill(block, edges, owner[ring], labels.astype(np.int32))

    def _edges(
        self, start: NDArray[np.int64], stop: NDArray[np.int64], top: int, left: int
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Edges of some rings in pixels of a block, (4, edges), and the ring of each."""
        vertex, ring = _ranges(start, stop)
        x0, y0 = self._origin
        # Pixel i covers i ± 0.5, so that centers of pixels, which decide, are at whole numbers.
        u = (self._outlines.vertices[vertex, 0] - x0) / self._pixel - (0.5 + left)
        v = (self._outlines.vertices[vertex, 1] - y0) / self._pixel - (0.5 + top)
        following = np.arange(1, len(vertex) + 1)
        last = np.cumsum(stop - start) - 1
        following[last] = last - (stop - start) + 1
        crosses = np.ceil(v) != np.ceil(v[following])  # most edges of a small cell pass no center
        following = following[crosses]
        return np.stack([u[crosses], v[crosses], u[following], v[following]]), ring[crosses]


def _fill(
    block: NDArray[np.int32],
    edges: NDArray[np.float64],
    owner: NDArray[np.intp],
    values: NDArray[np.int32],
    rows: tuple[int, int] | None = None,
) -> None:
    """Fill polygons by the even-odd rule, later owners over earlier ones.

    Parameters
    ----------
    block
        Where to draw, (y, x).
    edges
        (4, edges) u, v of the beginning and the end of each edge, in pixels of the block.
    owner
        (edges,) index into ``values`` of the polygon that an edge belongs to.
    values
        What to fill with.
    rows
        Rows to draw; None for all.
    """
    first_row, last_row = rows or (0, block.shape[0])
    u, v, u2, v2 = edges
    start = np.clip(np.ceil(np.minimum(v, v2)), first_row, last_row).astype(np.int64)
    stop = np.clip(np.ceil(np.maximum(v, v2)), first_row, last_row).astype(np.int64)
    count = int((stop - start).sum())
    if count > _CROSSINGS and last_row - first_row > 1:  # so that no input makes memory run out
        middle = (first_row + last_row) // 2
        _fill(block, edges, owner, values, (first_row, middle))
        _fill(block, edges, owner, values, (middle, last_row))
        return
    row, edge = _ranges(start, stop)
    if not len(row):
        return
    slope = (u2 - u)[edge] / (v2 - v)[edge]
    column = np.clip(u[edge] + (row - v[edge]) * slope, -1, block.shape[1])
    # Owner, row and column in one whole number: sorting that is several times faster than a sort
    # by three keys, and the crossings come out in pairs, in and out.
    bits = _FRACTION + int(block.shape[1] + 2).bit_length()
    line = owner[edge] * block.shape[0] + row
    packed = (line << bits) | ((column + 1) * 2**_FRACTION).astype(np.int64)
    packed.sort()
    enter, leave = packed[0::2], packed[1::2]
    line = enter >> bits
    mask = (1 << bits) - 1
    # Rounding up: a pixel is in where its center is.
    begin = np.maximum((((enter & mask) - 1) >> _FRACTION), 0)
    end = np.minimum((((leave & mask) - 1) >> _FRACTION), block.shape[1])
    line, begin, end = line[end > begin], begin[end > begin], end[end > begin]
    column, run = _ranges(begin, end)
    block[(line % block.shape[0])[run], column] = values[line // block.shape[0]][run]


def _ranges(start: NDArray[np.int64], stop: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All whole numbers of many ranges in a row, and which range each is of."""
    sizes = stop - start
    which = np.repeat(np.arange(len(sizes)), sizes)
    before = np.cumsum(sizes) - sizes
    return np.arange(len(which)) + (start - before)[which], which


def _boxes(outlines: Outlines) -> NDArray[np.float32]:
    """Bounding box of each ring, (rings, 4): low x, low y, high x, high y."""
    starts = outlines.offsets[:-1]
    if not len(starts):
        return np.empty((0, 4), np.float32)
    low = np.minimum.reduceat(outlines.vertices, starts, axis=0)
    high = np.maximum.reduceat(outlines.vertices, starts, axis=0)
    return np.concatenate([low, high], axis=1)
