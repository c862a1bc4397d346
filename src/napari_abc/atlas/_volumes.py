"""Image volumes of a dataset: the template and the parcellation that its cells are in register with.

A volume is fetched and converted when it is first shown. Its voxels lie where the cells' coordinates
say: the center of voxel i is at i times the spacing, whatever the file's header calls its origin. A
slab in a plane gets the one plane of the volume that its cells were cut from.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_abc.errors import FormatError
from napari_abc.io.images import Layout, convert_volume, find_kept, open_volume, plane_at, read_nifti

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path
    from typing import Any

    import pandas as pd

    from napari_abc.atlas.entries import Entry, FrameEntry, VolumeEntry
    from napari_abc.atlas.files import DatasetFiles
    from napari_abc.atlas.taxonomy import Taxonomy
    from napari_abc.io.remote import RemoteFile, Store
    from napari_abc.model import LabelLevel, Volume
    from napari_abc.task import Task

__all__ = ["AtlasVolume", "plane_at", "volumes_of"]

_MILLIMETERS = {"meter": 1000.0, "millimeter": 1.0, "micrometer": 0.001}

_PLANE_PIXELS = 2**26
"""Pixels of a plane that is held in memory; of larger ones a smaller level is shown."""

_BOUNDARY = "gray"
"""Colormap of boundaries between regions."""


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class AtlasVolume:
    """A volume of a release; a :class:`~napari_abc.model.VolumeSource`."""

    entry: VolumeEntry
    file: RemoteFile
    store: Store
    unit: str
    """Unit of the frame."""
    depth: float | None = None
    """Where the slab lies in the volume's first axis, in ``unit``; None for the whole volume."""
    label_levels: Mapping[str, LabelLevel] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<AtlasVolume {self.name}: {self.kind} in the frame {self.frame}>"

    @property
    def name(self) -> str:
        """What a person reads."""
        return self.entry.title

    @property
    def kind(self) -> Literal["image", "labels"]:
        """What its values are; boundaries are drawn as an image."""
        return "labels" if self.entry.kind == "labels" else "image"

    @property
    def frame(self) -> str:
        """Name of the slab's frame that it lies in."""
        return self.entry.frame

    def download_bytes(self) -> int:
        """Bytes that have to be fetched before it can be shown; 0 when on disk, also converted."""
        here = self.store.locate(self.file) is not None or self._kept() is not None
        return 0 if here else self.file.size or 0

    def load(self, task: Task) -> Volume:
        """Fetch and convert the volume unless that was done, and give it, or the slab's plane of it.

        Raises
        ------
        FormatError
            If the file can't be read, or the slab lies outside the volume.
        AbcError
            If the file can't be fetched or converted.
        """
        folder = self._kept()
        if folder is None:
            path = self.store.ensure(self.file, task)
            layout = Layout(self.entry.axes, self._spacing(path), self.unit, self.entry.kind != "image")
            key = self.store.identity(self.file)
            folder = convert_volume(path, self.store.derived / "volumes", layout, key=key, task=task)
        volume = replace(open_volume(folder), name=self.name, kind=self.kind, frame=self.frame)
        if self.entry.kind == "mask":
            # All that is not 0 is boundary, however it is numbered.
            volume = replace(volume, contrast_limits=(0.0, 1.0), colormap=_BOUNDARY)
        volume = replace(volume, label_levels=self.label_levels)
        return volume if self.depth is None else self._plane(volume, self.depth)

    def _kept(self) -> Path | None:
        """The converted volume, if it is here; the file that it was made of may be gone."""
        return find_kept(
            PurePosixPath(self.file.key).name,
            self.store.derived / "volumes",
            self.store.identity(self.file),
            self.entry.axes,
            self.unit,
            labels=self.entry.kind != "image",
            spacing=self.entry.spacing,
        )

    def _spacing(self, path: Path) -> tuple[float, float, float]:
        """Distance of voxels along depth, height and width; the file's own where no other is known."""
        if self.entry.spacing is not None:
            return self.entry.spacing

        header = read_nifti(path)
        unit = _MILLIMETERS.get(header.unit, 1.0) / _MILLIMETERS.get(self.unit, 1.0)
        # Headers hold single precision: 0.2 mm as 0.200000003.
        depth, height, width = (float(f"{header.spacing[axis] * unit:.6g}") for axis in self.entry.axes)
        return depth, height, width

    def _plane(self, volume: Volume, depth: float) -> Volume:
        """The plane of a volume that lies at a depth."""
        count = int(volume.levels[0].shape[0])
        index = plane_at(depth, volume.scale[0], volume.translate[0])
        if not 0 <= index < count:
            low, high = (volume.translate[0] + number * volume.scale[0] for number in (0, count - 1))
            raise FormatError(
                f"The cells lie at {depth:g} {self.unit}, but {self.name} reaches from {low:g} to {high:g} "
                f"and has no plane for them; show it with other cells."
            )
        planes = [level[index * level.shape[0] // count] for level in volume.levels]
        plane: Any = next((one for one in planes if np.prod(one.shape) <= _PLANE_PIXELS), planes[-1])
        finest = planes[0].shape
        scale = tuple(
            size * whole / here
            for size, whole, here in zip(volume.scale[1:], finest, plane.shape, strict=True)
        )
        translate = tuple(
            start + (wide - size) / 2
            for start, wide, size in zip(volume.translate[1:], scale, volume.scale[1:], strict=True)
        )
        return replace(volume, levels=[np.asarray(plane)], scale=scale, translate=translate)


def volumes_of(
    entry: Entry,
    files: DatasetFiles,
    store: Store,
    cells: pd.DataFrame,
    taxonomies: Mapping[str, Taxonomy],
    frames: Collection[str] | None = None,
) -> tuple[AtlasVolume, ...]:
    """Volumes that can be shown with a slab; nothing is fetched.

    Parameters
    ----------
    entry, files, store
        The dataset's catalog entry, where its files are listed, and where they are fetched.
    cells
        Cells of the slab with the columns of their frames.
    taxonomies
        Those that were read, by directory as the catalog names it: what labels mean.
    frames
        Names of the frames that the slab has; None for all that its cells have columns of.

    Returns
    -------
    tuple of AtlasVolume
        Those whose file the release has, in the catalog's order.
    """
    known = {frame.name: frame for frame in entry.frames if frames is None or frame.name in frames}
    found = []
    for volume in entry.volumes:
        frame = known.get(volume.frame)
        file = files.volume(volume.directory, volume.name) if frame is not None else None
        if frame is None or file is None or not all(column in cells for column in frame.columns):
            continue
        depth = None
        if len(frame.columns) == 2:
            depth = _depth(frame, cells)
            if depth is None:
                continue
        taxonomy = taxonomies.get(volume.terms) if volume.terms is not None else None
        levels = taxonomy.label_levels() if taxonomy is not None else {}
        found.append(AtlasVolume(volume, file, store, frame.unit, depth, levels))
    return tuple(found)


def _depth(frame: FrameEntry, cells: pd.DataFrame) -> float | None:
    """Depth of a slab's cells in a frame of two dimensions; None where nobody says."""
    if frame.plane is None or frame.plane not in cells:
        return None
    depths = cells[frame.plane].to_numpy(dtype=float)
    depths = depths[np.isfinite(depths)]
    return float(np.median(depths)) if depths.size else None
