"""TIFF and OME-TIFF files as lazy dask arrays, one a plane and a level of its pyramid.

Only the headers are read at opening. Every later read opens the file, decodes the tiles or strips
that a window touches, and closes it again: no handle stays open, so nothing has to be closed when a
layer goes away, and the file can be moved or deleted meanwhile (reading it then is an error).
Companion files that an OME-TIFF names are never followed: each file is opened by whoever knows that
it belongs to the run.
"""

from __future__ import annotations

import hashlib
import logging
import math
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.errors import FormatError, MissingFileError
from napari_abc.io.files import Stamp
from napari_abc.io.images._ome import OmeMetadata, read_ome
from napari_abc.io.images._slicing import read_key
from napari_abc.text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import dask.array as da
    from numpy.typing import NDArray
    from tifffile import TiffFile, TiffPage

__all__ = ["TiffPlane", "open_tiff", "opened_tiff"]

_MAX_PAGES = 4096
_MAX_SEGMENT = 2**29
"""Bytes of one decoded tile or strip; what is larger can't be looked at in parts."""
_CHUNK = 1024
"""Pixels a side that are read at a time, at least, where the file's tiles are smaller."""
_MAX_CHUNK = 2**26
"""Bytes that are read at a time, where the file's strips allow it."""


@dataclass(frozen=True, eq=False, slots=True)
class TiffPlane:
    """One gray image of a TIFF file and its smaller copies."""

    name: str
    """Name of the channel, as the file has it; ``"red"``, ``"green"``, ``"blue"`` of a color image."""
    channel: int
    z: int
    levels: tuple[da.Array, ...]
    """(y, x) arrays, largest first."""
    pixel_size: tuple[float, float] | None
    """Micrometers along y and x, where the file says so."""
    random_access: bool
    """Whether a small window of the largest level is read without reading much more."""
    stamp: Stamp
    path: Path


def open_tiff(path: Path) -> tuple[TiffPlane, ...]:
    """Open a TIFF or OME-TIFF file, reading its headers only.

    Parameters
    ----------
    path
        A file with one or more planes of the same size; pyramids may lie in SubIFDs or in pages.

    Returns
    -------
    tuple of TiffPlane
        In the order of the file. A color image gives a plane for red, green and blue.

    Raises
    ------
    MissingFileError
        If there is no such file, or it may not be read.
    FormatError
        If it is no TIFF file, is cut off, or holds what can't be shown.
    """
    if not path.is_file():
        raise MissingFileError(f"There is no file {path}; check the path.")
    stamp = Stamp.of(path)
    with opened_tiff(path) as tif:
        pages = [page.aspage() for page in islice(tif.pages, _MAX_PAGES + 1)]
        if len(pages) > _MAX_PAGES:
            raise FormatError(
                f"{path} has more than {_MAX_PAGES:,} pages; save the wanted ones as a new file."
            )
        ome = read_ome(tif.ome_metadata, path.name) if tif.is_ome else OmeMetadata()
        planes = []
        for number, family in enumerate(_families(pages, path)):
            where = ome.planes.get(number, (number, 0))
            for sample, color in enumerate(_colors(family[0], path)):
                levels = [_Segments(path, page, sample, stamp) for page in family]
                planes.append(
                    TiffPlane(
                        name=color or ome.channels.get(where[0], ""),
                        channel=where[0],
                        z=where[1],
                        levels=tuple(level.lazily() for level in levels),
                        pixel_size=ome.pixel_size,
                        random_access=levels[0].random_access,
                        stamp=stamp,
                        path=path,
                    )
                )
    return tuple(planes)


@contextmanager
def opened_tiff(path: Path) -> Iterator[TiffFile]:
    """A TIFF file while its headers are read; no companion file is followed.

    Raises
    ------
    MissingFileError
        If it may not be read.
    FormatError
        If it is no TIFF file, or malformed.
    """
    import tifffile

    # What tifffile finds odd it logs, on standard error when nobody listens; what matters is raised.
    logging.getLogger("tifffile").addHandler(logging.NullHandler())
    try:
        with tifffile.TiffFile(path, _multifile=False) as tif:
            yield tif
    except FormatError:
        raise
    except PermissionError:
        raise MissingFileError(f"{path} can't be read; check its permissions.") from None
    except Exception as error:  # a malformed file makes tifffile raise nearly anything
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> FormatError:
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return FormatError(f"{path} can't be read as TIFF ({reason}); it may be cut off: copy it again.")


def _families(pages: list[TiffPage], path: Path) -> Iterator[list[TiffPage]]:
    """Each full-size page with its smaller copies, largest first."""
    if not pages:
        raise FormatError(f"{path} holds no image; copy it again.")

    def kind(page: TiffPage) -> tuple[Any, ...]:
        return page.shape, page.dtype, page.axes

    full = [page for page in pages if kind(page) == kind(pages[0])]
    # Smaller pages of the same number, in the same proportions, are levels; others are thumbnails.
    rest = sorted((p for p in pages if kind(p) != kind(pages[0])), key=lambda p: -p.imagewidth)
    smaller = [list(same) for _, same in groupby(rest, key=kind)]
    for i, page in enumerate(full):
        copies = [copy.aspage() for copy in page.pages or ()] or [
            same[i] for same in smaller if len(same) == len(full)
        ]
        family = [page]
        for copy in sorted(copies, key=lambda p: -p.imagewidth):
            if _is_smaller_copy(copy, family[-1]):
                family.append(copy)
        yield family


def _is_smaller_copy(page: TiffPage, of: TiffPage) -> bool:
    if page.dtype != of.dtype or page.axes != of.axes or not page.imagewidth or not page.imagelength:
        return False
    across, down = of.imagewidth / page.imagewidth, of.imagelength / page.imagelength
    # Rounding of a size moves a factor by less than a pixel's share.
    return across > 1 and down > 1 and abs(across / down - 1) < 2 / min(page.imagewidth, page.imagelength)


def _colors(page: TiffPage, path: Path) -> tuple[str, ...]:
    import tifffile

    if page.axes == "YX":
        if page.photometric == tifffile.PHOTOMETRIC.PALETTE:
            raise FormatError(f"{path} has a color palette; save it as gray or RGB.")
        return ("",)
    if page.axes in ("YXS", "SYX") and page.samplesperpixel in (3, 4):
        return ("red", "green", "blue")
    raise FormatError(
        f"{path} holds an image of shape {page.shape} ({page.axes}), which can't be shown; save each channel "
        "as a page of its own."
    )


class _Segments:
    """One sample of one page: reads windows of it from the tiles or strips it is stored in."""

    def __init__(self, path: Path, page: TiffPage, sample: int, stamp: Stamp) -> None:
        self._path = path
        self._stamp = stamp
        self.shape: tuple[int, int] = (page.imagelength, page.imagewidth)
        self.ndim = 2
        if page.dtype is None or page.dtype.kind not in "buif":
            raise FormatError(f"{path} holds {page.dtype} values, which can't be shown; save it as uint16.")
        self.dtype = np.dtype(page.dtype)
        planar = page.axes == "SYX"
        self._sample = 0 if planar else sample
        height = page.tilelength if page.is_tiled else min(page.rowsperstrip, page.imagelength)
        width = page.tilewidth if page.is_tiled else page.imagewidth
        self._segment = (int(height), int(width))
        self._grid = (math.ceil(self.shape[0] / height), math.ceil(self.shape[1] / width))
        self._first = sample * self._grid[0] * self._grid[1] if planar else 0
        self._offsets = np.asarray(page.dataoffsets, np.int64)
        self._counts = np.asarray(page.databytecounts, np.int64)
        self._decode: Callable[..., Any] = page.decode
        self._tables = page.jpegtables
        self._contiguous = bool(page.is_memmappable) and not planar and page.axes == "YX"
        self._raw = self.dtype.newbyteorder(page.parent.byteorder)
        self._check(page)
        bytes_across = self.shape[1] * self.dtype.itemsize
        self.random_access = self._contiguous or page.is_tiled or bytes_across * height <= 2**16

    def _check(self, page: TiffPage) -> None:
        """Refuse what the file is too short for, before memory is taken for it."""
        samples = page.samplesperpixel if page.axes == "SYX" else 1
        expected = self._grid[0] * self._grid[1] * samples
        if self._contiguous:
            end = int(self._offsets[0]) + math.prod(self.shape) * self.dtype.itemsize
        elif len(self._offsets) < expected or len(self._counts) < expected:
            raise FormatError(
                f"{self._path} lists {len(self._offsets):,} of {expected:,} tiles; copy it again."
            )
        else:
            end = int((self._offsets + self._counts).max(initial=0))
        if (
            end > self._stamp.size
            or int(self._offsets.min(initial=0)) < 0
            or int(self._counts.min(initial=0)) < 0
        ):
            raise FormatError(
                f"{self._path} is cut off: {self._stamp.size:,} of {end:,} bytes are there; copy it again."
            )
        contig = page.samplesperpixel if page.axes == "YXS" else 1
        segment = math.prod(self._segment) * contig * self.dtype.itemsize
        if not self._contiguous and segment > _MAX_SEGMENT:
            raise FormatError(
                f"{self._path} is stored in pieces of {bytes_text(segment)}, which can't be shown in "
                "parts; save it as a tiled TIFF."
            )

    def lazily(self) -> da.Array:
        """The sample as a dask array, whose chunks are whole tiles or strips."""
        import dask.array as da

        height, width = (_CHUNK, _CHUNK) if self._contiguous else self._segment
        down = max(1, _CHUNK // height)
        across = max(1, _CHUNK // width)
        row = width * across * self.dtype.itemsize
        down = max(1, min(down, _MAX_CHUNK // (row * height)))
        chunks = (min(height * down, self.shape[0]), min(width * across, self.shape[1]))
        where = f"{self._path}|{self._stamp}|{int(self._offsets[0])}|{self._first}|{self._sample}"
        name = f"tiff-{hashlib.sha1(where.encode(), usedforsecurity=False).hexdigest()}"
        meta = np.empty((0, 0), self.dtype)
        lazy: da.Array = da.from_array(  # type: ignore[no-untyped-call]
            self, chunks=chunks, name=name, meta=meta, fancy=False
        )
        return lazy

    def __getitem__(self, key: Any) -> NDArray[Any]:
        (top, bottom, left, right), within = read_key(key, self.shape)
        try:
            if Stamp.of(self._path) != self._stamp:
                raise FormatError(f"{self._path} was changed since it was opened; open it again.")
            if self._contiguous:
                # Mapped for this read only: nothing else is read, and the file is let go of.
                whole = np.memmap(self._path, self._raw, "r", int(self._offsets[0]), self.shape)
                return np.asarray(whole[top:bottom, left:right][within]).astype(self.dtype)
            return self._decoded(top, bottom, left, right)[within]
        except FormatError:
            raise
        except OSError as error:
            raise MissingFileError(
                f"{self._path} can't be read ({error.strerror}); is it still there?"
            ) from error
        except Exception as error:  # decoders raise errors of their own
            raise _damaged(self._path, error) from error

    def _decoded(self, top: int, bottom: int, left: int, right: int) -> NDArray[Any]:
        out = np.zeros((bottom - top, right - left), self.dtype)
        height, width = self._segment
        with self._path.open("rb") as file:
            for i in range(top // height, math.ceil(bottom / height)):
                for j in range(left // width, math.ceil(right / width)):
                    index = self._first + i * self._grid[1] + j
                    count = int(self._counts[index])
                    if not count:  # a sparse file leaves out what is empty
                        continue
                    file.seek(int(self._offsets[index]))
                    data = file.read(count)
                    segment, _, shape = self._decode(data, index, jpegtables=self._tables)
                    part = segment[0, : shape[1], : shape[2], self._sample]
                    y, x = i * height, j * width
                    part = part[max(top - y, 0) : bottom - y, max(left - x, 0) : right - x]
                    y, x = max(y - top, 0), max(x - left, 0)
                    out[y : y + part.shape[0], x : x + part.shape[1]] = part
        return out
