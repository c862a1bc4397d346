"""OME-Zarr images and labels, versions 0.4 and 0.5, from a folder, a web server or a public bucket.

A group's metadata says where the levels of an image lie and how large their voxels are. Here they
become a :class:`~napari_abc.model.Volume` for each channel, and one for each label image. Only metadata
are read. It is somebody else's file: paths can't leave the folder, and what makes no sense is refused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.errors import AbcError, FormatError, MissingFileError
from napari_abc.io.images._chunk_folder import ChunkFolder
from napari_abc.io.images._lazy import open_array
from napari_abc.model import Volume

if TYPE_CHECKING:
    from pathlib import Path

    from napari_abc.io.images._lazy import LazyArray

__all__ = ["open_ngff"]

_METERS = {
    "angstrom": 1e-10, "nanometer": 1e-9, "micrometer": 1e-6, "millimeter": 1e-3, "centimeter": 1e-2,
    "decimeter": 1e-1, "meter": 1.0, "inch": 0.0254,
}  # fmt: skip
_COMMON = "micrometer"
"""Unit of an image whose axes have different ones."""
_MOST_LEVELS, _MOST_CHANNELS, _MOST_IMAGES = 32, 256, 1024


def open_ngff(where: str | Path) -> tuple[Volume, ...]:
    """Open an OME-Zarr image, with its labels; or all images of a converted file.

    Parameters
    ----------
    where
        Folder or address (``https://``, ``s3://``, ``gs://``) of the group.

    Returns
    -------
    tuple of Volume
        One a channel, then one a label image. Axes are those of space, in the order of the file; of
        several points in time the first is shown.
        Levels are taken to span the same extent, as napari does; one that does not is left out.

    Raises
    ------
    MissingFileError
        If there is no such folder.
    FormatError
        If it is no OME-Zarr image of these versions, is damaged, or is stored in a way that can't be
        read.
    NetworkError
        If it can't be reached.
    """
    return _open(ChunkFolder.of(where))


def _open(place: ChunkFolder) -> tuple[Volume, ...]:
    attributes, driver = _attributes(place)
    if "plate" in attributes:
        raise FormatError(f"{place} is a plate; open the image of one of its wells, such as A/1/0.")
    if "bioformats2raw.layout" in attributes and "multiscales" not in attributes:
        return _series(place)
    if not isinstance(attributes.get("multiscales"), list) or not attributes["multiscales"]:
        raise FormatError(
            f"{place} is no OME-Zarr image: its metadata name no multiscales; choose another folder."
        )
    image = _Image.read(place, driver, attributes)
    return (*image.volumes(), *_labels(place))


def _attributes(place: ChunkFolder) -> tuple[dict[str, Any], str]:
    """What a group says of itself, and the driver that reads its arrays."""
    group = place.json("zarr.json")
    if group is not None:
        attributes = _dict(group.get("attributes"))
        # 0.5 keeps its metadata apart; zarr 3 groups with those of 0.4 have been seen as well.
        return _dict(attributes.get("ome")) or attributes, "zarr3"
    attributes = place.json(".zattrs") or {}
    if not attributes and place.json(".zgroup") is None:
        raise FormatError(
            f"{place} is no OME-Zarr folder: it has neither zarr.json nor .zattrs; check the path."
        )
    return attributes, "zarr"


@dataclass(frozen=True, eq=False)
class _Image:
    """A multiscale image: its levels with all their axes, and where they lie."""

    name: str
    levels: tuple[LazyArray, ...]
    axes: tuple[_Axis, ...]
    scale: tuple[float, ...]
    translate: tuple[float, ...]
    channels: tuple[dict[str, Any], ...]
    labels: bool

    @classmethod
    def read(cls, place: ChunkFolder, driver: str, attributes: dict[str, Any]) -> _Image:
        described = _dict(attributes["multiscales"][0])
        datasets = described.get("datasets")
        if not isinstance(datasets, list) or not 0 < len(datasets) <= _MOST_LEVELS:
            raise FormatError(f"{place} names no levels, or too many; copy it again.")
        axes = _axes(described.get("axes"), place)
        whole = described.get("coordinateTransformations")
        placed = []
        for dataset in datasets:
            own = _dict(dataset).get("coordinateTransformations")
            array = _array(place.child(_dict(dataset).get("path")), driver)
            if array.ndim != len(axes):
                raise FormatError(
                    f"{place} has {len(axes)} axes, but a level has {array.ndim}; copy it again."
                )
            placed.append((array, *_transform((own, whole), len(axes), place)))
        placed.sort(key=lambda level: -level[0].size)
        first, scale, translate = placed[0]
        levels = [first]
        for array, size, _ in placed[1:]:
            if array.dtype == first.dtype and _same_extent(first.shape, scale, array.shape, size, axes):
                levels.append(array)
        omero = _dict(attributes.get("omero")).get("channels")
        return cls(
            " ".join(str(described.get("name") or "").split())[:80] or place.name,
            tuple(levels),
            axes,
            scale,
            translate,
            tuple(_dict(channel) for channel in omero) if isinstance(omero, list) else (),
            "image-label" in attributes,
        )

    def volumes(self) -> tuple[Volume, ...]:
        """One volume a channel."""
        channel = [k for k, axis in enumerate(self.axes) if axis.kind == "channel"]
        count = math.prod(self.levels[0].shape[k] for k in channel)
        if count > _MOST_CHANNELS:
            raise FormatError(f"{self.name} has {count:,} channels, which are too many.")
        return tuple(
            self._volume(number, count, dict(zip(channel, index, strict=True)))
            for number, index in enumerate(product(*(range(self.levels[0].shape[k]) for k in channel)))
        )

    def _volume(self, number: int, count: int, fixed: dict[int, int]) -> Volume:
        for k, axis in enumerate(self.axes):
            if axis.kind == "time":
                fixed[k] = 0
        key = tuple(fixed.get(k, slice(None)) for k in range(len(self.axes)))
        space = [k for k in range(len(self.axes)) if k not in fixed]
        units = {self.axes[k].unit for k in space}
        unit = units.pop() if len(units) == 1 else (_COMMON if units <= set(_METERS) else "")
        factors = [_METERS[self.axes[k].unit] / _METERS[unit] if unit else 1.0 for k in space]
        about = self.channels[number] if number < len(self.channels) else {}
        label = " ".join(str(about.get("label") or "").split())[:80]
        several = count > 1
        window = _dict(about.get("window"))
        color = str(about.get("color") or "")
        return Volume(
            name=label or f"{self.name} channel {number}" if several else self.name,
            kind="labels" if self.labels else "image",
            levels=tuple(level[key] for level in self.levels),
            scale=tuple(self.scale[k] * factor for k, factor in zip(space, factors, strict=True)),
            translate=tuple(self.translate[k] * factor for k, factor in zip(space, factors, strict=True)),
            unit=unit,
            contrast_limits=_limits(window.get("start"), window.get("end")),
            colormap=f"#{color[:6].lower()}" if several and _is_color(color) else None,
            visible=about.get("active") is not False,
        )


@dataclass(frozen=True, slots=True)
class _Axis:
    kind: str
    """``"space"``, ``"time"`` or ``"channel"``."""
    unit: str


def _axes(described: Any, place: ChunkFolder) -> tuple[_Axis, ...]:
    axes: list[_Axis] = []
    for axis in described if isinstance(described, list) else ():
        name = axis if isinstance(axis, str) else _dict(axis).get("name")
        if not isinstance(name, str):
            axes.clear()
            break
        kind = _dict(axis).get("type") or {"t": "time", "c": "channel"}.get(name, "space")
        # An axis of no kind that we know is looked at one by one, as channels are.
        kind = kind if kind in ("space", "time") else "channel"
        unit = _dict(axis).get("unit")
        axes.append(_Axis(kind, unit if isinstance(unit, str) and unit in _METERS else ""))
    if not 2 <= sum(axis.kind == "space" for axis in axes) <= 3 or len(axes) > 5:
        raise FormatError(
            f"{place} does not name its axes as OME-Zarr 0.4 and 0.5 do; convert it to one of these versions."
        )
    return tuple(axes)


def _array(place: ChunkFolder, driver: str) -> LazyArray:
    try:
        return open_array(driver, place)
    except MissingFileError:
        if driver == "zarr3":  # zarr 2 arrays within a zarr 3 group have been seen
            return open_array("zarr", place)
        raise


def _transform(
    lists: tuple[Any, ...], ndim: int, place: ChunkFolder
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Scale and translation of a level: its own transformations, then those of the whole image."""
    scale, translate = np.ones(ndim), np.zeros(ndim)
    for one in (item for some in lists if isinstance(some, list) for item in some):
        kind = _dict(one).get("type")
        if kind == "identity":
            continue
        numbers = _dict(one).get(kind) if kind in ("scale", "translation") else None
        if not isinstance(numbers, list) or len(numbers) != ndim or not all(map(_is_number, numbers)):
            raise FormatError(
                f"{place} is placed by a transformation of kind {kind!r:.40}, which can't be followed; only "
                "scale and translation with a number an axis can."
            )
        if kind == "scale":
            scale *= numbers
            translate *= numbers
        else:
            translate += numbers
    if not (scale > 0).all() or not (np.isfinite(scale) & np.isfinite(translate)).all():
        raise FormatError(f"{place} has voxels of the size {scale.tolist()}, which can't be; copy it again.")
    return tuple(scale.tolist()), tuple(translate.tolist())


def _same_extent(
    shape: tuple[int, ...],
    scale: tuple[float, ...],
    smaller: tuple[int, ...],
    size: tuple[float, ...],
    axes: tuple[_Axis, ...],
) -> bool:
    """Whether a level spans what the first one does, but for a voxel of its own that rounding costs."""
    return all(
        (m <= n and abs(n * fine - m * coarse) <= 1.001 * coarse) if axis.kind == "space" else m == n
        for n, fine, m, coarse, axis in zip(shape, scale, smaller, size, axes, strict=True)
    )


def _labels(place: ChunkFolder) -> tuple[Volume, ...]:
    """Label images that belong to an image."""
    folder = place.child("labels")
    try:
        names = _attributes(folder)[0].get("labels")
    except (FormatError, MissingFileError):
        return ()
    found: list[Volume] = []
    for name in names[:_MOST_CHANNELS] if isinstance(names, list) else ():
        inner = folder.child(name)
        attributes, driver = _attributes(inner)
        if isinstance(attributes.get("multiscales"), list) and attributes["multiscales"]:
            attributes = {**attributes, "image-label": {}}
            image = _Image.read(inner, driver, attributes)
            if any(level.dtype.kind not in "bui" for level in image.levels):
                raise FormatError(
                    f"{inner} holds {image.levels[0].dtype} values, but labels are whole numbers."
                )
            found += (replace(volume, name=str(name)) for volume in image.volumes())
    return tuple(found)


def _series(place: ChunkFolder) -> tuple[Volume, ...]:
    """The images of a file that bioformats2raw converted."""
    named = _dict((_attributes(place.child("OME"))[0]) if _has(place, "OME") else {}).get("series")
    found: list[Volume] = []
    for name in named if isinstance(named, list) else map(str, range(_MOST_IMAGES)):
        if not _has(place, name):
            break
        found += _open(place.child(name))
    if not found:
        raise FormatError(f"{place} holds no image; copy it again.")
    return tuple(found)


def _has(place: ChunkFolder, name: Any) -> bool:
    try:
        _attributes(place.child(name))
    except AbcError:
        return False
    return True


def _dict(thing: Any) -> dict[str, Any]:
    return thing if isinstance(thing, dict) else {}


def _is_number(thing: Any) -> bool:
    return isinstance(thing, int | float) and not isinstance(thing, bool) and math.isfinite(thing)


def _is_color(text: str) -> bool:
    return len(text) in (6, 8) and all(c in "0123456789abcdefABCDEF" for c in text)


def _limits(low: Any, high: Any) -> tuple[float, float] | None:
    if _is_number(low) and _is_number(high) and low < high:
        return float(low), float(high)
    return None
