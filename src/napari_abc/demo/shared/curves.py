"""Shapes that tissue is drawn with: smooth rings, smooth random fields, loosely packed points, vessels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from shapely import Polygon, transform

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Warp", "loose_points", "points", "smooth_ring", "vessels", "waves"]


def points(path: str) -> Floats:
    """(points, 2) of ``"x y, x y, …"``."""
    return np.array([pair.split() for pair in path.split(",")], dtype=np.float64)


def smooth_ring(path: str) -> Any:
    """Polygon whose closed Catmull-Rom curve goes through the points of ``path``.

    ``path`` is written ``"x y, x y, …"``; eight vertices lead from each point to the next.
    """
    here = points(path)
    before, after, beyond = (np.roll(here, shift, axis=0) for shift in (1, -1, -2))
    t = np.linspace(0, 1, 8, endpoint=False)[None, :, None]
    a, b, c, d = (array[:, None, :] for array in (before, here, after, beyond))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return Polygon(curve.reshape(-1, 2)).buffer(0)


def waves(
    xy: Floats, wavelength: float, rng: np.random.Generator, stretch: tuple[float, float] = (1.0, 1.0)
) -> Floats:
    """A smooth random field at ``xy``, mean 0 and deviation about 1, with blobs about ``wavelength`` apart.

    ``stretch`` elongates the blobs along x and y.
    """
    count = 14
    angles = np.pi * (np.arange(count) + rng.random(count)) / count
    wavenumbers = 2 * np.pi / wavelength * rng.uniform(0.75, 1.3, count)
    kx = wavenumbers * np.cos(angles) / stretch[0]
    ky = wavenumbers * np.sin(angles) / stretch[1]
    phases = rng.uniform(0, 2 * np.pi, count)
    field: Floats = np.zeros(len(xy))
    for x_step, y_step, phase in zip(kx, ky, phases, strict=True):  # one wave at a time: little memory
        field += np.cos(xy[:, 0] * x_step + xy[:, 1] * y_step + phase)
    field *= np.sqrt(2 / count)
    return field


def loose_points(
    bounds: tuple[float, float, float, float], spacing: float, rng: np.random.Generator
) -> Floats:
    """Points about ``spacing`` apart that fill ``bounds`` (x0, y0, x1, y1) loosely, as cells do."""
    x0, y0, x1, y1 = bounds
    columns = int((x1 - x0) / spacing) + 1
    rows = int((y1 - y0) / (spacing * 0.866)) + 1
    row, column = np.divmod(np.arange(rows * columns), columns)
    x = x0 + (column + 0.5 * (row % 2)) * spacing
    y = y0 + row * spacing * 0.866
    shake = rng.uniform(-0.48, 0.48, (2, len(x))) * spacing
    return np.column_stack([x + shake[0], y + shake[1]])


def vessels(outline: Any, count: int, spacing: float, rng: np.random.Generator) -> Floats:
    """Points along ``count`` vessels that grow from the rim of ``outline`` inwards, wandering as they go."""
    rim = outline.exterior
    size = np.sqrt(outline.area)
    middle = np.asarray(outline.centroid.coords[0])
    paths = []
    for start in (np.arange(count) + rng.random(count)) / count:
        origin = np.asarray(rim.interpolate(start, normalized=True).coords[0])
        heading = np.arctan2(*(middle - origin)[::-1])
        steps = int(size * rng.uniform(0.2, 0.62) / spacing)
        turns = np.cumsum(rng.normal(0, 0.35, steps) * np.sqrt(spacing)) * 0.9
        forward = spacing * np.column_stack([np.cos(heading + turns), np.sin(heading + turns)])
        paths.append(origin + np.cumsum(forward, axis=0) + rng.normal(0, 0.25 * spacing, (steps, 2)))
    return np.concatenate(paths)


class Warp:
    """A gentle smooth distortion with turn, scale and shift: no two pieces of tissue look alike.

    Parameters
    ----------
    seed
        Chooses the distortion.
    scale
        Millimeters in the slab frame a millimeter in the drawing.
    turn
        Rotation, radians.
    shift
        Where the drawing's origin lies in the slab frame, mm.
    """

    def __init__(self, seed: int, scale: float, turn: float, shift: tuple[float, float]) -> None:
        rng = np.random.default_rng(seed)
        self._phases = rng.uniform(0, 2 * np.pi, 4)
        self._matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        self._shift = np.asarray(shift)

    def __call__(self, xy: Floats) -> Floats:
        """Slab coordinates (n, 2) of drawing coordinates (n, 2), both in mm."""
        x, y = xy.T
        p = self._phases
        bent = np.column_stack(
            [
                x + 0.55 * np.sin(y * 0.31 + p[0]) + 0.2 * np.sin(y * 0.83 + x * 0.2 + p[1]),
                y + 0.55 * np.sin(x * 0.29 + p[2]) + 0.2 * np.sin(x * 0.77 - y * 0.2 + p[3]),
            ]
        )
        return np.asarray(bent @ self._matrix.T + self._shift)

    def polygon(self, polygon: Any) -> Any:
        """The same for a shapely polygon with or without holes."""
        return transform(polygon, self)
