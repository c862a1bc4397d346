"""Drawing millions of points on the processor: which of them is seen at each pixel of a view.

Without a graphics card OpenGL takes seconds for a million points. Here each point marks the pixel
it lies in, later ones over earlier ones as on a canvas, and the marks then grow to discs, all of
them at once. Only the number of the point is kept; its color is looked up when the picture is drawn.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from napari_abc.errors import ConfigurationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ENVIRONMENT", "Grid", "View", "depths", "pictures_wanted", "topmost"]

ENVIRONMENT = "NAPARI_ABC_RASTER"
"""Environment variable: always or never draw pictures of points; unset, where there is no graphics card."""

_CHUNK = 1 << 16
_SIDE = 256
"""Squares along a side of the grid; their number fits in 16 bits, which numpy sorts fastest."""

_MOST = 0.3
"""Picking out a larger part of the points takes longer than going through all."""


def pictures_wanted() -> bool | None:
    """Whether pictures are to be made always, or never; None where the graphics card decides.

    Raises
    ------
    ConfigurationError
        If the environment variable says something else.
    """
    text = os.environ.get(ENVIRONMENT)
    if text not in (None, "always", "never"):
        raise ConfigurationError(f"{ENVIRONMENT} is {text!r}; use always or never, or unset it.")
    return None if text is None else text == "always"


@dataclass(frozen=True, eq=False, slots=True)
class View:
    """How points come to lie on a canvas."""

    matrix: NDArray[np.float64]
    """(4, 4) from x, y, z, 1 to homogeneous coordinates, where -1 to 1 is seen."""
    width: int
    height: int
    diameter: float
    """Of a point, in pixels."""
    deep: bool
    """Whether nearer points hide farther ones; else later ones hide earlier ones."""

    def key(self) -> tuple[object, ...]:
        """The same for views that show the same picture."""
        return self.matrix.tobytes(), self.width, self.height, self.diameter, self.deep

    def finer(self, times: float) -> View:
        """The same view with so many pixels for one, along each side."""
        width, height = (max(1, round(side * times)) for side in (self.width, self.height))
        return View(self.matrix, width, height, self.diameter * times, self.deep)

    def cropped(
        self, low: NDArray[np.floating], high: NDArray[np.floating]
    ) -> tuple[View, tuple[float, float, float, float]] | None:
        """The part of the view in which points can be seen that lie between two places.

        Parameters
        ----------
        low, high
            Least and largest x, y(, z) of the points.

        Returns
        -------
        tuple or None
            The part, whose pixels are those of the whole; and its left, lower, right and upper end, between
            -1 and 1. None where nothing is to be seen.
        """
        whole = (-1.0, -1.0, 1.0, 1.0)
        if self.deep:
            return self, whole
        plane, size = self.matrix[:2, :2], np.array([self.width, self.height])
        corners = np.array([(x, y) for x in (low[0], high[0]) for y in (low[1], high[1])], np.float64)
        places = (corners @ plane.T + self.matrix[:2, 3] + 1) / 2 * size
        reach = self.diameter + 2
        begin = np.clip(np.floor(places.min(axis=0) - reach), 0, size)
        end = np.clip(np.ceil(places.max(axis=0) + reach), 0, size)
        width, height = (end - begin).astype(int).tolist()
        if width <= 0 or height <= 0:
            return None
        if (width, height) == (self.width, self.height):
            return self, whole
        matrix = self.matrix.copy()
        for axis, side in enumerate((width, height)):
            # From -1 to 1 on the whole canvas to -1 to 1 on the part.
            matrix[axis] *= size[axis] / side
            matrix[axis, 3] += (size[axis] - 2 * begin[axis]) / side - 1
        left, lower = (2 * begin / size - 1).tolist()
        right, upper = (2 * end / size - 1).tolist()
        return View(matrix, width, height, self.diameter, self.deep), (left, lower, right, upper)

    def box(self, margin: float = 0.0) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Least and largest x, y of the points that may be seen, with a margin in pixels.

        Returns
        -------
        tuple or None
            (2,) and (2,); None where the view is not from straight above.
        """
        plane = self.matrix[np.ix_((0, 1), (0, 1))]
        if self.deep or abs(np.linalg.det(plane)) < 1e-300:
            return None
        reach = 1 + 2 * (margin + self.diameter) / np.array([self.width, self.height])
        corners = np.array([(i, j) for i in (-1, 1) for j in (-1, 1)]) * reach - self.matrix[:2, 3]
        places = corners @ np.linalg.inv(plane).T
        return places.min(axis=0), places.max(axis=0)


class Grid:
    """The points of each square of a grid, in their order: a narrow view costs what it shows.

    Parameters
    ----------
    positions
        (points, 2) x, y, all finite.
    """

    def __init__(self, positions: NDArray[np.float32]) -> None:
        self._low = positions.min(axis=0).astype(np.float64)
        self._step = np.maximum((positions.max(axis=0) - self._low) / (_SIDE - 1), 1e-30)
        squares = np.empty(len(positions), np.uint16)
        for begin in range(0, len(positions), _CHUNK):
            column, row = self._squares(positions[begin : begin + _CHUNK]).T
            squares[begin : begin + _CHUNK] = row * _SIDE + column
        self._points = np.argsort(squares, kind="stable").astype(np.int32)
        counts = np.bincount(squares, minlength=_SIDE * _SIDE)
        self._begins = np.concatenate([[0], np.cumsum(counts)])

    def near(self, low: NDArray[np.floating], high: NDArray[np.floating]) -> NDArray[np.int32] | None:
        """Points of all squares that touch a box, in ascending order; None for most of all points."""
        (left, bottom), (right, top) = self._squares(np.array([low, high]))
        rows = np.arange(bottom, top + 1) * _SIDE
        begins, ends = self._begins[rows + left], self._begins[rows + right + 1]
        if (ends - begins).sum() > len(self._points) * _MOST:
            return None
        spans = zip(begins, ends, strict=True)
        points = np.concatenate([self._points[begin:end] for begin, end in spans])
        points.sort()
        return points

    def _squares(self, places: NDArray[np.floating]) -> NDArray[np.int64]:
        inside: NDArray[np.floating] = np.clip((places - self._low) / self._step, 0, _SIDE - 1)
        return inside.astype(np.int64)


def topmost(
    positions: NDArray[np.float32],
    view: View,
    points: NDArray[np.integer] | None = None,
    seen: NDArray[np.bool_] | None = None,
) -> NDArray[np.int32]:
    """The point that is seen at each pixel.

    Parameters
    ----------
    positions
        (points, 2 or 3) x, y(, z), all finite.
    view
        How they are looked at.
    points
        Those to draw, one over the other, in this order; None for all, in theirs.
    seen
        (points,) False for points that are not drawn; None where all are.

    Returns
    -------
    NDArray
        (height, width), the lowest row first; -1 where no point is.
    """
    rows = _rows(view.diameter)
    even = sum(end - begin + 1 for _, begin, end in rows) % 2 == 0
    pad = max(end - begin + 1 for _, begin, end in rows)
    width, height = view.width + 2 * pad, view.height + 2 * pad
    marks: NDArray[np.signedinteger] = np.full(width * height, -1, np.int64 if view.deep else np.int32)
    count = len(positions) if points is None else len(points)
    for begin in range(0, count, _CHUNK):
        chosen = slice(begin, begin + _CHUNK) if points is None else points[begin : begin + _CHUNK]
        part = positions[chosen]
        number = np.arange(begin, begin + len(part), dtype=np.int32)
        column, row, depth = _project(part, view, pad + 0.5 * even)
        pixel = row.astype(np.int32) * np.int32(width) + column.astype(np.int32)
        if seen is not None:
            # Pixel 0 lies in the rim that is cut off.
            pixel *= seen[chosen]
        if depth is None:
            marks[pixel] = number  # numpy keeps the last of several
        else:
            np.maximum.at(marks, pixel, (depth << 32) | number)
    grown = _grow(marks, rows, width).reshape(height, width)[pad:-pad, pad:-pad]
    # The depth is cut off; -1 stays.
    top = np.ascontiguousarray(grown).astype(np.int32)
    if points is None:
        return top
    return np.append(points, -1).astype(np.int32).take(top, mode="wrap")


def depths(positions: NDArray[np.float32], view: View, top: NDArray[np.int32]) -> NDArray[np.float32] | float:
    """How near the points of a picture are.

    Returns
    -------
    NDArray or float
        (height, width) between 0 and 1, the nearest 0, in a deep view; else one number between -1
        and 1 for all.
    """
    matrix = view.matrix
    if not view.deep:
        return float(matrix[2, 3] / matrix[3, 3])
    depth = np.ones(top.shape, np.float32)
    inside = top >= 0
    places = positions[top[inside]]
    lines = matrix[2:][:, [*range(places.shape[1]), 3]].astype(np.float32)
    along, weight = (places @ line[:-1] + line[-1] for line in lines)
    depth[inside] = along / weight / 2 + 0.5
    return depth


def _project(
    part: NDArray[np.float32], view: View, rim: float
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64] | None]:
    """Column and row of some points, within the rim around the picture; and how near they are."""
    axes = part.shape[1]
    matrix = view.matrix[:, [*range(axes), 3]]

    def along(line: NDArray[np.float64]) -> NDArray[np.float32]:
        total = part[:, 0] * np.float32(line[0])
        for axis in range(1, axes):
            if line[axis]:
                total += part[:, axis] * np.float32(line[axis])
        total += np.float32(line[axes])
        return total

    scale = np.array([view.width / 2, view.height / 2])
    lines = matrix[:2] * scale[:, None]
    flat = not matrix[3, :axes].any()
    near: NDArray[np.int64] | None = None
    if flat:
        lines[:, axes] += scale * matrix[3, axes] + rim * matrix[3, axes]
        column, row = along(lines[0] / matrix[3, axes]), along(lines[1] / matrix[3, axes])
    else:
        lines += (scale + rim)[:, None] * matrix[3]
        weight = along(matrix[3])
        behind = weight <= 0
        weight[behind] = 1
        column, row = along(lines[0]) / weight, along(lines[1]) / weight
        column[behind] = -1
    if view.deep:
        depth = along(matrix[2]) / (np.float32(matrix[3, axes]) if flat else weight)
        near = ((1 - np.clip(depth, -1, 1)) * np.float32(1 << 22)).astype(np.int64)
        # What lies before or behind all that is shown is not drawn.
        column[np.abs(depth) > 1] = -1
    np.clip(column, 0, np.float32(view.width + 2 * int(rim) - 1), out=column)
    np.clip(row, 0, np.float32(view.height + 2 * int(rim) - 1), out=row)
    return column, row, near


@lru_cache(maxsize=64)
def _rows(diameter: float) -> tuple[tuple[int, int, int], ...]:
    """The disc of pixels whose area is nearest: (row, first column, last column) around a point.

    A disc of an even number of pixels is around the corner where four of them meet.
    """
    radius = diameter / 2
    best: tuple[tuple[int, int, int], ...] = ((0, 0, 0),)
    missed = abs(np.pi * radius**2 - 1)
    for shift in (0.0, 0.5):
        rows = []
        for row in range(-int(radius) - 1, int(radius) + 1):
            if abs(row + shift) > radius:
                continue
            half = np.sqrt(radius**2 - (row + shift) ** 2)
            first, last = int(np.ceil(-half - shift)), int(np.floor(half - shift))
            if last >= first:
                rows.append((row, first, last))
        error = abs(np.pi * radius**2 - sum(last - first + 1 for _, first, last in rows))
        if rows and error < missed:
            best, missed = tuple(rows), error
    return best


def _grow(
    marks: NDArray[np.signedinteger], rows: tuple[tuple[int, int, int], ...], width: int
) -> NDArray[np.signedinteger]:
    """Let each mark take the pixels of a disc around it, the largest number winning everywhere."""
    if len(rows) == 1:
        return marks
    grown = np.full_like(marks, -1)
    for first, last in sorted({row[1:] for row in rows}):
        run = _run(marks, last - first + 1)
        for row, begin, end in rows:
            if (begin, end) == (first, last):
                _raise(grown, run, row * width + first)
    return grown


def _run(marks: NDArray[np.signedinteger], length: int) -> NDArray[np.signedinteger]:
    """Let each mark take so many pixels from its own on, along the row."""
    run, reach = marks, 1
    while reach < length:
        step = min(reach, length - reach)
        wider = run.copy()
        np.maximum(wider[step:], run[:-step], out=wider[step:])
        run, reach = wider, reach + step
    return run


def _raise(grown: NDArray[np.signedinteger], run: NDArray[np.signedinteger], by: int) -> None:
    target, source = (grown[by:], run[: len(run) - by]) if by >= 0 else (grown[:by], run[-by:])
    np.maximum(target, source, out=target)
