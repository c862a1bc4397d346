"""Mosaics of a MERSCOPE run: which planes there are, and where they lie in micrometers."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_abc.errors import FormatError, MissingFileError
from napari_abc.io.images import open_tiff
from napari_abc.vendors._images import Placed, middle, place_images
from napari_abc.vendors._names import Merscope

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from napari_abc.model import Volume
    from napari_abc.task import Task

__all__ = ["find_mosaics", "open_mosaics", "place_of_mosaic"]

_MAX_TEXT = 16 * 2**20
_NUCLEI = "dapi"


def find_mosaics(folder: Path) -> dict[str, dict[int, Path]]:
    """Mosaics of a run's folder: stain → z plane → file; the nuclear stain first, then by name."""
    mosaics: dict[str, dict[int, Path]] = {}
    for place in (folder / Merscope.IMAGE_FOLDER, folder):
        if mosaics or not place.is_dir():
            continue
        for path in place.iterdir():
            match = re.fullmatch(Merscope.MOSAIC, path.name)
            if match and path.is_file():
                mosaics.setdefault(match["stain"], {})[int(match["z"])] = path
    order = sorted(mosaics, key=lambda stain: (stain.casefold() != _NUCLEI, stain))
    return {stain: dict(sorted(mosaics[stain].items())) for stain in order}


def open_mosaics(
    folder: Path,
    mosaics: Mapping[str, Mapping[int, Path]],
    cells: pd.DataFrame,
    z: int | None,
    notes: list[str],
    task: Task,
) -> tuple[Volume, ...]:
    """Volumes of the mosaics, one z plane a stain.

    Parameters
    ----------
    folder
        Of the run.
    mosaics
        See :func:`find_mosaics`.
    cells
        Of the run.
    z
        Plane to show, stains without it are left out; None for the middle one of each stain.
    notes
        What a person should know is added here.
    task
        Progress and cancel.

    Raises
    ------
    FormatError
        If the transform or the manifest is malformed.
    """
    if not mosaics:
        notes.append("There are no mosaics in the folder.")
        return ()
    transform = _transform(folder)
    manifest = _manifest(folder)
    if transform is None and manifest is None:
        notes.append(
            f"The mosaics are not shown, because neither {Merscope.TRANSFORM} nor {Merscope.MANIFEST} says "
            "where they lie."
        )
        return ()
    placed: list[Placed] = []
    for stain, planes in mosaics.items():
        if z is not None and z not in planes:
            notes.append(f"{stain} has no plane z{z} and is left out.")
            continue
        shown = middle(list(planes)) if z is None else z
        try:
            plane, *more = open_tiff(planes[shown])
            pixel, origin = _place(transform, manifest, plane.levels[0].shape)
        except (FormatError, MissingFileError) as error:
            notes.append(f"An image is left out: {error}")
            continue
        if more:
            notes.append(f"{plane.path.name} holds {len(more) + 1} images; the first is shown.")
        if len(planes) > 1:
            have = ", ".join(f"z{k}" for k in planes)
            notes.append(f"{stain}: showing z{shown} of {have}.")
        placed.append(Placed(plane, f"{stain} z{shown}", pixel, origin))
    return place_images(placed, cells, notes, task)


def place_of_mosaic(
    path: Path, shape: tuple[int, int]
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Where a file lies that is called as a mosaic, by the transform or the manifest beside it.

    Parameters
    ----------
    path
        The file.
    shape
        Its height and width in pixels.

    Returns
    -------
    tuple or None
        Size of a pixel, and center of the first one, each along y and x in micrometers; None where it
        is no mosaic or nobody says where it lies.

    Raises
    ------
    FormatError
        If transform and manifest are malformed, or are those of another image.
    """
    if not re.fullmatch(Merscope.MOSAIC, path.name):
        return None
    transform, manifest = _transform(path.parent), _manifest(path.parent)
    if transform is None and manifest is None:
        return None
    return _place(transform, manifest, shape)


def _find(folder: Path, name: str) -> Path | None:
    places = (folder / Merscope.IMAGE_FOLDER / name, folder / name)
    return next((path for path in places if path.is_file()), None)


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_TEXT:
            raise ValueError("it is too large")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise FormatError(f"{path} can't be read ({error}); copy it again.") from error


def _transform(folder: Path) -> NDArray[np.float64] | None:
    """The matrix that takes micrometers to pixels: scale and shift of x and y."""
    path = _find(folder, Merscope.TRANSFORM)
    if path is None:
        return None
    try:
        lines = [line.strip() for line in _read(path).splitlines() if line.strip()]
        matrix = np.array([[float(word) for word in re.split(r"[\s,;]+", line)] for line in lines])
    except ValueError as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"{path} is no matrix of numbers ({error}); copy it again.") from error
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all() or not np.allclose(matrix[2], (0, 0, 1)):
        raise FormatError(f"{path} is no 3 × 3 transform; copy it again.")
    return matrix


@dataclass(frozen=True, slots=True)
class _Manifest:
    """What ``manifest.json`` says of the mosaics; None for what it does not say."""

    shape: tuple[int, int] | None
    """Height and width in pixels."""
    box: tuple[float, ...] | None
    """Low x, low y, high x, high y in micrometers."""


def _manifest(folder: Path) -> _Manifest | None:
    path = _find(folder, Merscope.MANIFEST)
    if path is None:
        return None
    try:
        content = json.loads(_read(path))
        height, width = (content.get(f"mosaic_{side}_pixels") for side in ("height", "width"))
        box = content.get("bbox_microns")
    except (ValueError, AttributeError, RecursionError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"{path} can't be read ({error}); copy it again.") from error
    shape = (height, width) if isinstance(height, int) and isinstance(width, int) else None
    corners = tuple(float(c) for c in box if isinstance(c, int | float)) if isinstance(box, list) else ()
    upright = len(corners) == 4 and corners[0] < corners[2] and corners[1] < corners[3]
    return _Manifest(shape, corners if upright and all(map(math.isfinite, corners)) else None)


def _place(
    transform: NDArray[np.float64] | None,
    manifest: _Manifest | None,
    shape: tuple[int, int],
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Pixel size and center of the first pixel, y and x, in micrometers."""
    size, box = (manifest.shape, manifest.box) if manifest else (None, None)
    if transform is not None:
        across, down = transform[0, 0], transform[1, 1]
        if min(across, down) <= 0 or max(abs(transform[0, 1]), abs(transform[1, 0])) > 1e-6 * across:
            raise FormatError(
                f"{Merscope.TRANSFORM} turns or mirrors the mosaic; save it upright, in register."
            )
        if size is not None and size != tuple(shape):
            raise FormatError(
                f"the mosaic is {shape[1]:,} × {shape[0]:,} pixels, but the transform is for {size[1]:,} × "
                f"{size[0]:,}; use the mosaics as the instrument wrote them."
            )
        # pixel = scale · micrometer + shift, turned round.
        origin = float(-transform[1, 2] / down), float(-transform[0, 2] / across)
        return (float(1 / down), float(1 / across)), origin
    if box is None:
        raise FormatError(f"{Merscope.MANIFEST} does not say where the mosaics lie; copy it again.")
    # The box reaches from edge to edge of the image, so a shrunken copy lies right as well.
    pixel = (box[3] - box[1]) / shape[0], (box[2] - box[0]) / shape[1]
    return pixel, (box[1] + pixel[0] / 2, box[0] + pixel[1] / 2)
