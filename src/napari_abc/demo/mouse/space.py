"""Volumes of the miniature mouse brain: an annotation in register with its cells, and one in CCF space.

Between the two sections that were drawn, and beyond them, the brain is the nearer drawing, made smaller
the farther away it is. So that every cell lies in the voxel that says its structure, the cells' structures
are read from the volume and not the other way round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from shapely import contains_xy

from napari_abc.demo.mouse import drawing as mouse_brain
from napari_abc.demo.mouse.regions import DIRECTORY, compartments, write_parcellation
from napari_abc.demo.shared.curves import waves
from napari_abc.demo.shared.tissue import paint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from napari_abc.demo.shared.bucket import Bucket

    Floats = NDArray[np.float64]
    Labels = NDArray[np.uint32]

__all__ = ["CCF_SPACING", "SPACING", "Space", "ccf_of", "make_space", "write_ccf", "write_resampled"]

SPACING = (0.1, 0.1, 0.2)
"""Of the resampled volumes: x (left to right), y (down), z (posterior to anterior), mm."""
_SHAPE = (110, 110, 76)
CCF_SPACING = 0.2
"""Of the CCF volumes, mm."""
_CCF_SHAPE = (66, 40, 57)
_CCF_VERSION = "20250331"
_SHRINK = 0.015
"""How much smaller the brain is a plane farther from a drawn one."""

# What the real volumes' headers say (DICOM axes, mm): not where the cells are.
_RESAMPLED_HEADER = (((-1, 0, 0), (0, 0, -1), (0, -1, 0)), (5.4765, 8.6, 6.4357))
_CCF_HEADER = (((0, 0, -1), (1, 0, 0), (0, -1, 0)), (5.695, -5.35, 5.22))


class Space(NamedTuple):
    """Annotation volumes: the ``parcellation_index`` of each voxel, whose center i lies at i x spacing."""

    resampled: Labels
    """(x, y, z) of the frame of reconstructed coordinates."""
    ccf: Labels
    """(x, y, z) of the CCF: anterior to posterior, dorsal to ventral, left to right."""

    def index_of(self, reconstructed: Floats) -> NDArray[np.int64]:
        """Structure of cells at (n, 3) reconstructed coordinates."""
        return _look_up(self.resampled, reconstructed, SPACING)

    def index_in_ccf(self, ccf: Floats) -> NDArray[np.int64]:
        """Structure at (n, 3) CCF coordinates."""
        return _look_up(self.ccf, ccf, (CCF_SPACING,) * 3)


def _look_up(volume: Labels, xyz: Floats, spacing: tuple[float, ...]) -> NDArray[np.int64]:
    at = np.rint(xyz / spacing).astype(np.int64)
    inside = ((at >= 0) & (at < volume.shape)).all(axis=1)
    values = np.zeros(len(at), dtype=np.int64)
    values[inside] = volume[tuple(at[inside].T)]
    return values


def ccf_of(reconstructed: Floats) -> Floats:
    """CCF coordinates (n, 3) of reconstructed ones: sections are a little tilted against the CCF."""
    x, y, z = reconstructed.T
    return np.column_stack([13.2 - z + 0.04 * (y - 5) + 0.02 * (x - 5.5), y * 0.94 - 0.9, x + 0.2])


def _from_ccf(ccf: Floats) -> Floats:
    """The inverse of :func:`ccf_of`."""
    along, down, across = ccf.T
    x, y = across - 0.2, (down + 0.9) / 0.94
    return np.column_stack([x, y, 13.2 - along + 0.04 * (y - 5) + 0.02 * (x - 5.5)])


def make_space(drawn: Mapping[float, tuple[str, Callable[[Floats], Floats]]]) -> Space:
    """Paint the volumes.

    Parameters
    ----------
    drawn
        z of a section, mm → the scene it was grown from, and the way from the drawing's coordinates to
        the reconstructed ones.
    """
    planes = {round(z / SPACING[2]): _plane(scene, forward) for z, (scene, forward) in drawn.items()}
    resampled = np.zeros(_SHAPE, dtype=np.uint32)
    center = np.array([5.5, 5.0]) / SPACING[:2]
    columns, rows = np.meshgrid(*(np.arange(n) for n in _SHAPE[:2]), indexing="ij")
    for k in range(4, _SHAPE[2] - 10):  # no brain at either end
        nearest = min((abs(plane - k), plane) for plane in planes)[1]
        rounded = min(1.0, (k - 3) / 12, (_SHAPE[2] - 10 - k) / 12) ** 0.5
        scale = 1 / (rounded * (1 - _SHRINK * abs(nearest - k)))
        at = np.rint((np.stack([columns, rows]) - center[:, None, None]) * scale + center[:, None, None])
        inside = ((at >= 0) & (at < np.array(_SHAPE[:2])[:, None, None])).all(axis=0)
        i, j = at[:, inside].astype(np.int64)
        resampled[inside, k] = planes[nearest][i, j]
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in _CCF_SHAPE), indexing="ij"), axis=-1)
    there = _from_ccf(grid.reshape(-1, 3).astype(np.float64) * CCF_SPACING)
    ccf = _look_up(resampled, there, SPACING).reshape(_CCF_SHAPE)
    return Space(resampled, ccf.astype(np.uint32))


def _plane(scene: str, forward: Callable[[Floats], Floats]) -> Labels:
    """Structure of each voxel of a drawn section."""
    columns, rows = np.meshgrid(*(np.arange(n) for n in _SHAPE[:2]), indexing="ij")
    target = np.column_stack([columns.ravel(), rows.ravel()]) * SPACING[:2]
    xy = target
    for _ in range(6):  # the distortion is gentle: each step leaves a tenth of the error
        xy = xy - (forward(xy) - target)
    drawing = mouse_brain.drawing(scene)
    names = paint(drawing, xy)
    if drawing.holes is not None:
        names = names.astype("U24")
        names[contains_xy(drawing.holes, *xy.T)] = "ventricle"
    index = compartments()
    found, which = np.unique(names, return_inverse=True)
    values = np.array([index[str(name)] for name in found], dtype=np.uint32)
    return values[which].reshape(_SHAPE[:2])


def _template(annotation: Labels, seed: int) -> NDArray[np.uint16]:
    """What the tissue looks like: each structure has a brightness, with a soft texture."""
    rng = np.random.default_rng(seed)
    numbers, which = np.unique(annotation, return_inverse=True)
    brightness = rng.integers(90, 330, len(numbers))
    brightness[numbers == 0] = 0
    brightness[numbers == compartments()["fibers"]] = 60
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in annotation.shape[:2]), indexing="ij"), axis=-1)
    texture = waves(grid.reshape(-1, 2).astype(np.float64), 9.0, rng).reshape(annotation.shape[:2])
    bright = brightness[which.reshape(annotation.shape)]
    return np.asarray((bright * (1 + 0.06 * texture[:, :, None])).clip(0).astype(np.uint16))


def _boundary(annotation: Labels, axes: tuple[int, ...]) -> NDArray[np.uint8]:
    """1 where the structure changes to the next voxel along some of the axes."""
    edge = np.zeros(annotation.shape, dtype=np.uint8)
    for axis in axes:
        here = [slice(None)] * 3
        here[axis] = slice(0, -1)
        edge[tuple(here)] |= (np.diff(annotation.astype(np.int64), axis=axis) != 0).astype(np.uint8)
    return edge


def write_resampled(bucket: Bucket, directory: str, version: str, space: Space) -> None:
    """Write the three volumes that lie in register with the sections."""
    contents: dict[str, NDArray[Any]] = {
        "resampled_average_template": _template(space.resampled, 11),
        "resampled_annotation": space.resampled,
        "resampled_annotation_boundary": _boundary(space.resampled, (0, 1)),
    }
    for name, voxels in contents.items():
        bucket.volume(directory, version, name, voxels, SPACING, *_RESAMPLED_HEADER)


def write_ccf(bucket: Bucket, space: Space) -> None:
    """Write ``Allen-CCF-2020``: the volumes at one resolution, and the parcellation."""
    contents: dict[str, NDArray[Any]] = {
        "average_template_25": _template(space.ccf, 12),
        "annotation_25": space.ccf,
        "annotation_boundary_25": _boundary(space.ccf, (0, 1, 2)),
    }
    for name, voxels in contents.items():
        bucket.volume(DIRECTORY, _CCF_VERSION, name, voxels, (CCF_SPACING,) * 3, *_CCF_HEADER)
    write_parcellation(bucket, space.ccf, CCF_SPACING)
