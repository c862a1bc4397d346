"""A person's own image, whatever it is: NIfTI, OME-Zarr, Neuroglancer precomputed, OME-TIFF or TIFF.

One module a format reads it; this one only finds out which, by content where it is at hand and by
name where not.
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from napari_abc.errors import FormatError, MissingFileError
from napari_abc.io.images._chunk_folder import ChunkFolder
from napari_abc.io.images._ngff import open_ngff
from napari_abc.io.images._nifti_volume import left_out, open_nifti
from napari_abc.io.images._precomputed import open_precomputed
from napari_abc.io.images._tiff_volume import open_tiff_volumes
from napari_abc.task import Task

if TYPE_CHECKING:
    from napari_abc.model import Volume

__all__ = ["image_kind", "open_image"]

Kind = Literal["nifti", "ngff", "precomputed", "tiff"]

_INSIDE = ("zarr.json", ".zattrs", ".zgroup", "info")
"""Files of a folder with an image, which stand for it where a person can only choose a file."""
_FILES = (".nii", ".nii.gz", ".tif", ".tiff", ".btf")
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_GZIP = b"\x1f\x8b"
_NIFTI = {b"n+1\0": 344, b"n+2\0": 4}
"""What NIfTI-1 and 2 begin with, and where it stands."""
_HEAD = 352
_CHOICES = (
    "a NIfTI file (.nii, .nii.gz), a TIFF or OME-TIFF file, or a folder or address with an OME-Zarr image or "
    "a Neuroglancer precomputed volume"
)


def open_image(
    where: str | Path, task: Task | None = None, notes: list[str] | None = None
) -> tuple[Volume, ...]:
    """Open an image file, folder or address; big ones are read when they are looked at.

    Parameters
    ----------
    where
        A NIfTI or TIFF file, or a folder or address (``https://``, ``s3://``, ``gs://``) with an OME-Zarr
        image or a precomputed volume.
    task
        Told how far the work is, where a compressed NIfTI file has to be converted or a TIFF file
        without smaller copies gets some; both are kept in the default cache. May be cancelled.
    notes
        What a person should know is added here: points in time and rotations that are left out.

    Returns
    -------
    tuple of Volume
        One a channel, then one a label image; (y, x) or (z, y, x). The unit is empty where nobody says
        it. No two have the same name.

    Raises
    ------
    MissingFileError
        If there is no such file or folder.
    FormatError
        If it is none of these, is damaged, or can't be shown; the message says which.
    ConfigurationError
        If it is another kind of address.
    NetworkError
        If an address can't be reached.
    DiskFullError
        If there is no room for what is made of it.
    """
    task, notes = task or Task(), notes if notes is not None else []
    if isinstance(where, str) and where.startswith("precomputed://"):
        where = where.removeprefix("precomputed://")
    inside = _folder_of(where)
    kind = image_kind(inside)
    task.check()
    if kind == "ngff":
        found = open_ngff(inside)
    elif kind == "precomputed":
        found = open_precomputed(inside)
    elif kind == "nifti":
        found = (_nifti(Path(inside).expanduser(), task, notes),)
    else:
        found = open_tiff_volumes(Path(inside).expanduser(), task, notes)
    return _named_apart(found)


def image_kind(where: str | Path) -> Kind:
    """What :func:`open_image` opens a path or address as; looks at a few bytes.

    Raises
    ------
    MissingFileError, FormatError, ConfigurationError, NetworkError
        As :func:`open_image`.
    """
    if isinstance(where, str) and "://" in where:
        if where.lower().partition("?")[0].endswith(_FILES):
            raise FormatError(
                f"{ChunkFolder.of(where)} is a file on a server; download it, then open it from here."
            )
        return _kind_of_folder(ChunkFolder.of(where))
    path = Path(where).expanduser()
    if path.is_dir():
        return _kind_of_folder(ChunkFolder.of(path))
    if not path.exists():
        raise MissingFileError(f"There is no file or folder {path}; check the path.")
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
        if head[:2] == _GZIP:
            with gzip.open(path) as inner:
                head = inner.read(_HEAD)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FormatError(f"{path} is cut off or damaged ({error}); copy it again.") from error
    except OSError as error:
        raise MissingFileError(f"{path} can't be read ({error.strerror}); check its permissions.") from error
    if any(head[at : at + 4] == magic for magic, at in _NIFTI.items()):
        return "nifti"
    if head[:4] in _TIFF:
        return "tiff"
    # By its name it is one of these; its reader says what is wrong with it.
    if path.name.lower().endswith((".nii", ".nii.gz")):
        return "nifti"
    if path.name.lower().endswith((".tif", ".tiff", ".btf")):
        return "tiff"
    raise FormatError(f"{path} is no image that can be opened; choose {_CHOICES}.")


def _folder_of(where: str | Path) -> str | Path:
    """The folder that one of its own files stands for; else what was given."""
    if isinstance(where, str) and "://" in where:
        start, _, last = where.rstrip("/").rpartition("/")
        return start if last in _INSIDE else where
    path = Path(where).expanduser()
    return path.parent if path.name in _INSIDE and path.is_file() else path


def _kind_of_folder(place: ChunkFolder) -> Kind:
    if any(place.json(name) is not None for name in ("zarr.json", ".zattrs", ".zgroup")):
        return "ngff"
    if place.json("info") is not None:
        return "precomputed"
    raise FormatError(f"{place} holds no image that can be opened; choose {_CHOICES}.")


def _nifti(path: Path, task: Task, notes: list[str]) -> Volume:
    volume = open_nifti(path, task)
    text = left_out(path)
    if text:
        notes.append(text)
    if len(volume.scale) > 3:
        notes.append(f"{path.name} has several points in time; the first is shown.")
        first = (0,) * (len(volume.scale) - 3)
        levels = tuple(level[first] for level in volume.levels)
        volume = replace(volume, levels=levels, scale=volume.scale[-3:], translate=volume.translate[-3:])
    return volume


def _named_apart(volumes: tuple[Volume, ...]) -> tuple[Volume, ...]:
    """The same volumes, where names repeat with a number after them."""
    taken: set[str] = set()
    found = []
    for volume in volumes:
        name, number = volume.name, 2
        while name in taken:
            name, number = f"{volume.name} ({number})", number + 1
        taken.add(name)
        found.append(replace(volume, name=name))
    return tuple(found)
