"""Where the points of a visual come to lie on the canvas that it is drawn on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_abc.viewer.points._raster import View

if TYPE_CHECKING:
    from napari._vispy.visuals.markers import Markers
    from numpy.typing import NDArray

__all__ = ["some_near", "view_of"]

_PIXELS = 1000.0
"""Length along which the size of a pixel is measured."""


def view_of(markers: Markers, size: float, place: NDArray[np.floating]) -> View:
    """How markers are looked at in what is being drawn.

    Parameters
    ----------
    markers
        The visual.
    size
        Diameter of a marker, in the unit of the scene: the layer's scale is in it.
    place
        (2 or 3,) a position; of those the diameter in pixels is that of a marker there.
    """
    # A transform maps rows, and is linear.
    matrix = np.asarray(markers.get_transform("visual", "render").map(np.eye(4)), dtype=np.float64).T
    corners = markers.get_transform("framebuffer", "render").imap([(-1, -1, 0, 1), (1, 1, 0, 1)])
    width, height = (max(1, round(float(side))) for side in np.abs(corners[1, :2] - corners[0, :2]))
    turned = np.abs(matrix[2, :2]).max() > 1e-9 * np.abs(matrix[:2, :2]).max()
    deep = len(place) == 3 or turned or bool(matrix[3, :3].any())
    diameter = _pixels(markers, size, place)
    least, most = markers.canvas_size_limits or (None, None)
    diameter = max(diameter, least or 0.0)
    return View(matrix, width, height, diameter if most is None else min(diameter, most), deep)


def _pixels(markers: Markers, size: float, place: NDArray[np.floating]) -> float:
    """Diameter in pixels, as the shader of the markers works it out."""
    to_pixels = markers.get_transform("scene", "framebuffer")
    here = markers.get_transform("visual", "scene").map([*place, *(0.0,) * (3 - len(place)), 1.0])
    here = here / here[3]
    pixel = to_pixels.map(here)
    beside = to_pixels.imap(pixel / pixel[3] + [_PIXELS, 0, 0, 0])
    along = beside[:3] / beside[3] - here[:3]
    there = to_pixels.map(np.append(here[:3] + along / np.linalg.norm(along) * size, 1.0))
    return float(abs(there[0] / there[3] - pixel[0] / pixel[3]))


def some_near(positions: NDArray[np.float32], view: View, most: int) -> NDArray[np.intp]:
    """Some points, most of them in view or near it, in their order, which says what is on top."""
    random = np.random.default_rng(0)
    near = np.arange(0)
    box = view.box(max(view.width, view.height))
    if box is not None:
        low, high = (corner.astype(np.float32) for corner in box)
        near = np.flatnonzero(((positions >= low) & (positions <= high)).all(axis=1))
    if len(near) > most * 3 // 4:
        near = near[random.integers(0, len(near), most * 3 // 4)]
    far = random.integers(0, len(positions), most - len(near))
    chosen: NDArray[np.intp] = np.unique(np.concatenate([near, far]))
    return chosen
