"""A person's TIFF file as volumes: its channels, as planes or stacks of them, and how large its pixels are.

OME-TIFF says it in XML, ImageJ in a comment, others in their tags for resolution or not at all. Pages
of which nobody says what they are make a stack.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.errors import FormatError
from napari_abc.io.images._nifti_volume import says_labels
from napari_abc.io.images._ome import read_ome
from napari_abc.io.images._pyramid import contrast_limits, multiscale, pyramid_folder
from napari_abc.io.images._tiff import open_tiff, opened_tiff
from napari_abc.model import Volume

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tifffile import TiffFile

    from napari_abc.io.images._tiff import TiffPlane
    from napari_abc.task import Task

__all__ = ["open_tiff_volumes"]

_MOST_CHANNELS = 256
_PRIMARY = ("red", "green", "blue")
_PRINTED = 10.0
"""Micrometers. Larger pixels are those of a printer or a screen (72 an inch), not of a microscope."""
_MICROMETERS = {
    "micron": 1.0, "microns": 1.0, "um": 1.0, "µm": 1.0, "μm": 1.0, "\\u00b5m": 1.0, "micrometer": 1.0,
    "nm": 1e-3, "mm": 1e3, "cm": 1e4, "inch": 25_400.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Said:
    """What a file says of itself beyond its pages."""

    places: Mapping[int, tuple[int, int, int]]
    """Number of a plane → (time, channel, z)."""
    names: Mapping[int, str]
    """Channel → name."""
    size: tuple[float, float, float] | None
    """Micrometers from plane to plane and of a pixel along y and x; NaN for what is not said."""


def open_tiff_volumes(path: Path, task: Task, notes: list[str]) -> tuple[Volume, ...]:
    """Open a TIFF, OME-TIFF or ImageJ file, one volume a channel.

    Whole numbers in a file of one channel whose name calls them labels or segmentation are labels.

    Parameters
    ----------
    path
        The file. Large images without a pyramid get one, kept in the default cache.
    task
        Told of the making of pyramids; may be cancelled.
    notes
        What a person should know is added here.

    Returns
    -------
    tuple of Volume
        (y, x), or (z, y, x) of a stack, from 0 on, in micrometers; without unit and with pixels of the
        size 1 where the file does not say how large they are.

    Raises
    ------
    MissingFileError
        If there is no such file.
    FormatError
        If it is no TIFF file, is damaged, or holds what can't be shown.
    DiskFullError
        If there is no room for a pyramid.
    """
    planes = open_tiff(path)
    colors = 3 if planes[0].name == "red" else 1
    with opened_tiff(path) as tif:
        said = _read(tif, path, len(planes) // colors)
    first = min(time for time, _, _ in said.places.values())
    if any(time != first for time, _, _ in said.places.values()):
        notes.append(f"{path.name} has several points in time; the first is shown.")
    channels: dict[tuple[int, str], dict[int, TiffPlane]] = {}
    for number, plane in enumerate(planes):
        time, channel, z = said.places[number // colors]
        if time == first:
            key = (channel, plane.name if colors > 1 else "")
            channels.setdefault(key, {})[z] = replace(plane, channel=channel, z=z)
    if len(channels) > _MOST_CHANNELS:
        raise FormatError(f"{path} has {len(channels):,} channels, which are too many; save the wanted ones.")
    return tuple(
        _volume(path, [stack[z] for z in sorted(stack)], key, said, len(channels), task)
        for key, stack in channels.items()
    )


def _volume(
    path: Path, stack: list[TiffPlane], key: tuple[int, str], said: _Said, count: int, task: Task
) -> Volume:
    channel, color = key
    labels = count == 1 and stack[0].levels[0].dtype.kind in "iu" and says_labels(path.name)
    # Labels are never averaged: they have the smaller copies that the file has.
    pyramids = [list(p.levels) if labels else multiscale(p, pyramid_folder(), task) for p in stack]
    levels: list[Any] = pyramids[0]
    if len(stack) > 1:
        import dask.array as da

        depth = min(map(len, pyramids))
        levels = [da.stack([levels[k] for levels in pyramids]) for k in range(depth)]  # type: ignore[no-untyped-call]
    size = said.size or (1.0, 1.0, 1.0)
    if len(stack) > 1 and not math.isfinite(size[0]):
        size = (size[1], size[1], size[2])
    own = said.names.get(channel) or (f"channel {channel}" if count > 1 and not color else "")
    stem = path.name
    for end in (".tif", ".tiff", ".ome"):
        stem = stem[: -len(end)] if stem.lower().endswith(end) else stem
    ndim = 3 if len(stack) > 1 else 2
    return Volume(
        name=" ".join(part for part in (stem, own, color) if part),
        kind="labels" if labels else "image",
        levels=levels,
        scale=size[-ndim:],
        translate=(0.0,) * ndim,
        unit="micrometer" if said.size else "",
        contrast_limits=None if labels else contrast_limits(pyramids[len(pyramids) // 2]),
        colormap=color if color in _PRIMARY else None,
    )


def _read(tif: TiffFile, path: Path, pages: int) -> _Said:
    if tif.is_ome:
        ome = read_ome(tif.ome_metadata, path.name)
        if len(ome.planes) >= pages and all(number in ome.planes for number in range(pages)):
            places = {number: (0, *ome.planes[number]) for number in range(pages)}
            seen: dict[tuple[int, int, int], int] = {}
            for number, place in places.items():
                time = seen[place] = seen.get(place, -1) + 1
                places[number] = (time, *place[1:])
            return _Said(places, ome.channels, _sizes(ome.z_size, ome.pixel_size))
        return _Said(_stack(tif, path, pages), ome.channels, _sizes(ome.z_size, ome.pixel_size))
    return _Said(_stack(tif, path, pages), {}, _resolution(tif))


def _sizes(z: float | None, yx: tuple[float, float] | None) -> tuple[float, float, float] | None:
    return None if yx is None else (math.nan if z is None else z, *yx)


def _stack(tif: TiffFile, path: Path, pages: int) -> dict[int, tuple[int, int, int]]:
    """What each page is: as the axes say that ImageJ or tifffile wrote, else planes of one stack."""
    if pages == 1:
        return {0: (0, 0, 0)}
    series = tif.series[0]
    pairs = [(a, n) for a, n in zip(series.axes, series.shape, strict=True) if a not in "YXS"]
    count = math.prod(n for _, n in pairs)
    if count > pages and len(tif.pages) < count:
        raise FormatError(
            f"{path} holds {count:,} images but lists {pages:,}, as ImageJ writes large files; save it as "
            "OME-TIFF."
        )
    if count != pages:
        pairs = [("Z", pages)]
    axes = [axis for axis, _ in pairs]
    indices = np.indices([n for _, n in pairs]).reshape(len(pairs), -1)
    found = {"T": np.zeros(pages, int), "C": np.zeros(pages, int), "Z": np.zeros(pages, int)}
    for axis, index, (_, size) in zip(axes, indices, pairs, strict=True):
        # An axis that nobody names is a stack, or one more axis of channels beside it.
        to = axis if axis in found else "C" if "Z" in axes else "Z"
        found[to] = found[to] * size + index
    return {k: (int(found["T"][k]), int(found["C"][k]), int(found["Z"][k])) for k in range(pages)}


def _resolution(tif: TiffFile) -> tuple[float, float, float] | None:
    """Sizes by the tags for resolution, in micrometers."""
    page = tif.pages[0].aspage()
    imagej: dict[str, Any] = tif.imagej_metadata or {}
    unit = _MICROMETERS.get(str(imagej.get("unit") or "").strip().lower())
    tag = page.tags.get("ResolutionUnit")
    if not imagej and tag is not None:
        unit = {2: 25_400.0, 3: 1e4, 4: 1e3, 5: 1.0}.get(int(tag.value))
    sides = []
    for name in ("YResolution", "XResolution"):
        ratio = page.tags.get(name)
        try:
            pixels, length = ratio.value  # type: ignore[union-attr]
            sides.append(float(length) / float(pixels) * (unit or math.nan))
        except (AttributeError, TypeError, ValueError, ZeroDivisionError):
            return None
    if not all(math.isfinite(side) and side > 0 for side in sides):
        return None
    if not imagej and max(sides) > _PRINTED:
        return None
    spacing = imagej.get("spacing")
    depth = spacing * unit if isinstance(spacing, int | float) and spacing > 0 and unit else math.nan
    return float(depth), sides[0], sides[1]
