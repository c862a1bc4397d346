"""Neuroglancer precomputed volumes: images and segmentations in a folder, on the web or in a bucket.

tensorstore decodes them: raw, JPEG, PNG and compressed segmentation, in files of their own or in
shards. What the ``info`` file claims is checked first, so that an encoding it can't decode is named
before anything is shown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.errors import FormatError
from napari_abc.io.images._chunk_folder import ChunkFolder
from napari_abc.io.images._lazy import open_array
from napari_abc.model import Volume

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_abc.io.images._lazy import LazyArray

__all__ = ["is_precomputed", "open_precomputed"]

_ENCODINGS = ("raw", "jpeg", "png", "compressed_segmentation")
_MULTISCALE = "neuroglancer_multiscale_volume"
_MOST_LEVELS, _MOST_CHANNELS = 64, 256
_MAX_INFO = 2**20


def is_precomputed(folder: Path) -> bool:
    """Whether a folder is a precomputed volume; looks at one small file and never raises."""
    try:
        info = folder / "info"
        if not info.is_file() or info.stat().st_size > _MAX_INFO:
            return False
        return _is_volume(ChunkFolder.of(folder).json("info") or {})
    except (OSError, ValueError):  # our own errors are among them
        return False


def open_precomputed(where: str | Path) -> tuple[Volume, ...]:
    """Open a precomputed volume; only its description is read.

    Parameters
    ----------
    where
        Folder or address (``https://``, ``s3://``, ``gs://``, with or without ``precomputed://``) that
        holds the ``info`` file.

    Returns
    -------
    tuple of Volume
        One a channel, (depth, height, width) = (z, y, x), in nanometers. A volume that lies away from
        the origin does so here: its first voxel reaches from ``voxel_offset`` on.

    Raises
    ------
    MissingFileError
        If there is no such folder.
    FormatError
        If it holds no volume but annotations or meshes, is damaged, or is stored in an encoding that
        can't be decoded; the message names it.
    NetworkError
        If it can't be reached.
    """
    place = ChunkFolder.of(where.removeprefix("precomputed://") if isinstance(where, str) else where)
    info = place.json("info")
    if info is None:
        raise FormatError(f"{place} is no precomputed volume: it has no info file; check the path.")
    if not _is_volume(info):
        kind = info.get("@type", "unknown")
        raise FormatError(f"{place} is no precomputed volume but of the kind {kind!r:.60}; choose a volume.")
    scales = info["scales"]
    if not 0 < len(scales) <= _MOST_LEVELS:
        raise FormatError(f"{place} names no scales, or too many; copy it again.")
    found = [_level(place, number, scale) for number, scale in enumerate(scales)]
    found.sort(key=lambda level: -level.array.size)
    whole = found[0]
    levels = [level.array for level in found if level.spans(whole)]
    first = whole.array
    channels = first.shape[3]
    if channels > _MOST_CHANNELS:
        raise FormatError(f"{place} has {channels:,} channels, which are too many.")
    labels = info.get("type") == "segmentation"
    if labels and first.dtype.kind not in "ui":
        raise FormatError(f"{place} is a segmentation of {first.dtype} values, but labels are whole numbers.")
    return tuple(
        Volume(
            name=place.name if channels == 1 else f"{place.name} channel {channel}",
            kind="labels" if labels else "image",
            levels=tuple(level[..., channel] for level in levels),
            scale=tuple(whole.size.tolist()),
            translate=tuple((whole.corner + whole.size / 2).tolist()),
            unit="nanometer",
        )
        for channel in range(channels)
    )


def _is_volume(info: dict[str, Any]) -> bool:
    # Old ones have no @type.
    return info.get("@type", _MULTISCALE) == _MULTISCALE and isinstance(info.get("scales"), list)


@dataclass(frozen=True, eq=False, slots=True)
class _Level:
    """A level and where it lies, (z, y, x) in nanometers."""

    array: LazyArray
    """(z, y, x, channel)."""
    size: NDArray[np.float64]
    """Of a voxel."""
    corner: NDArray[np.float64]
    """Of the first voxel."""

    def spans(self, whole: _Level) -> bool:
        """Whether it spans what the largest level does, but for a voxel of its own at either end."""
        if self.array.shape[3] != whole.array.shape[3]:
            return False
        begin = self.corner - whole.corner
        end = begin + self.size * self.array.shape[:3] - whole.size * whole.array.shape[:3]
        return bool((np.maximum(np.abs(begin), np.abs(end)) <= 1.001 * self.size).all())


def _level(place: ChunkFolder, number: int, scale: Any) -> _Level:
    if not isinstance(scale, dict):
        raise FormatError(f"{place} has a damaged description; copy it again.")
    encoding = scale.get("encoding")
    if encoding not in _ENCODINGS:
        raise FormatError(
            f"{place} is stored in the encoding {encoding!r:.40}, which can't be decoded; convert it to "
            f"one of {', '.join(_ENCODINGS)}."
        )
    size, offset = _three(scale.get("resolution")), _three(scale.get("voxel_offset", [0, 0, 0]))
    if size is None or offset is None or size.min() <= 0:
        raise FormatError(f"{place} does not say how large its voxels are or where they lie; copy it again.")
    place.child(scale.get("key"))  # a key must not lead out of the folder
    array = open_array("neuroglancer_precomputed", place, axes=(2, 1, 0, 3), scale_index=number)
    return _Level(array, size, size * offset)


def _three(numbers: Any) -> NDArray[np.float64] | None:
    """Three finite numbers given for (x, y, z), as (z, y, x)."""
    if not isinstance(numbers, list) or len(numbers) != 3:
        return None
    if not all(isinstance(n, int | float) and math.isfinite(n) for n in numbers):
        return None
    return np.asarray(numbers[::-1], np.float64)
