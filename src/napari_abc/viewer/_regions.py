"""Region polygons as outlines that napari can draw: rings and lines, each with its region's color."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from napari_abc.model import hex_table, normalize_color

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_abc.model import Slab

__all__ = ["Ring", "region_outlines", "rings"]

_FILL = (0.0, 0.0, 0.0, 0.0)


class Ring(NamedTuple):
    """A closed ring or an open line."""

    points: NDArray[np.float64]
    """(n, 2) x, y; a closed ring doesn't repeat its first point."""
    closed: bool
    hole: bool


def rings(geometry: Any) -> Iterator[Ring]:
    """Rings and lines that outline a shapely geometry of any kind, holes included.

    Points, empty parts and parts with coordinates that are no numbers outline nothing and are
    left out.
    """
    if geometry is None or geometry.is_empty:
        return
    kind = geometry.geom_type
    if kind == "Polygon":
        yield from _ring(geometry.exterior, hole=False)
        for interior in geometry.interiors:
            yield from _ring(interior, hole=True)
    elif kind == "LinearRing":
        yield from _ring(geometry, hole=False)
    elif kind == "LineString":
        points = _coordinates(geometry)
        if len(points) >= 2:
            yield Ring(points, closed=False, hole=False)
    elif hasattr(geometry, "geoms"):
        for part in geometry.geoms:
            yield from rings(part)


def _ring(ring: Any, hole: bool) -> Iterator[Ring]:
    points = _coordinates(ring)
    if len(points) and (points[0] == points[-1]).all():
        points = points[:-1]
    if len(points) >= 3:
        yield Ring(points, closed=True, hole=hole)
    elif len(points) == 2:
        yield Ring(points, closed=False, hole=hole)


def _coordinates(line: Any) -> NDArray[np.float64]:
    points = np.asarray(line.coords, dtype=np.float64)[:, :2]
    if not np.isfinite(points).all():
        return points[:0]
    # napari's triangulation stumbles over a point that repeats the one before.
    keep = np.ones(len(points), dtype=bool)
    keep[1:] = (np.diff(points, axis=0) != 0).any(axis=1)
    return points[keep]


def region_outlines(slab: Slab, width: float) -> tuple[list[NDArray[np.float64]], dict[str, Any]] | None:
    """Outlines of a slab's regions as data and arguments of a Shapes layer.

    Parameters
    ----------
    width
        Width of the lines, in the slab's unit.

    Returns
    -------
    tuple or None
        Vertices (n, 2) as y, x, one array an outline, and the arguments; None without regions.
    """
    table = slab.regions
    found = [(row, ring) for row, shape in enumerate(table["geometry"]) for ring in rings(shape)]
    if not found:
        return None
    of = [row for row, _ in found]
    colors = hex_table([normalize_color(color) for color in table["color"].iloc[of]])
    features = pd.DataFrame(
        {
            "label": table["label"].iloc[of].astype(str).to_numpy(dtype=object),
            "name": table["name"].iloc[of].astype(str).to_numpy(dtype=object),
            "hole": [ring.hole for _, ring in found],
        }
    )
    return [ring.points[:, ::-1].copy() for _, ring in found], {
        "shape_type": ["polygon" if ring.closed else "path" for _, ring in found],
        "edge_color": colors,
        "face_color": np.tile(_FILL, (len(found), 1)),
        "edge_width": width,
        "opacity": 1.0,
        "features": features,
    }
