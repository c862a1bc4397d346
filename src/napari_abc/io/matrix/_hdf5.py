"""Opening HDF5 files that may be damaged or hostile, and reading long vectors out of them fast.

h5py reads a compressed vector with one thread, because the HDF5 library is behind one lock. What
an h5ad file mostly holds are vectors of numbers in gzip chunks or in one piece, so
:class:`VectorReader` asks HDF5 once where the pieces lie, reads those bytes itself and inflates
them in the thread that wants them. Any other storage goes through h5py.
"""

from __future__ import annotations

import math
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from napari_abc.errors import AbcError, FormatError, MissingFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["Placement", "VectorReader", "attribute", "check_storage", "child", "locate", "open_hdf5"]

_DEFLATE, _SHUFFLE = 1, 2  # filter numbers of the HDF5 specification
_MAX_INFLATION = 1100  # deflate can't shrink more than 1032-fold
_MAX_UNCOMPRESSED = 1 << 28  # below this a claim of size is harmless, whatever is stored


@contextmanager
def open_hdf5(path: Path) -> Iterator[h5py.File]:
    """Open a file for reading and close it again; what HDF5 says of damage becomes one sentence.

    Raises
    ------
    MissingFileError
        If there is no such file, or it may not be read.
    FormatError
        If it is no HDF5 file, or turns out to be damaged while it is read.
    """
    if not path.is_file():
        raise MissingFileError(f"There is no file {path}; check the path.")
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise MissingFileError(
            f"{path} can't be read ({error.strerror}); check its permissions or copy it."
        ) from None
    if not h5py.is_hdf5(path):
        raise FormatError(f"{path} is not an HDF5 file; it may be cut off or of another kind: get it again.")
    try:
        with h5py.File(path, "r", locking="best-effort") as file:
            yield file
    except AbcError:
        raise
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        # h5py raises any of these for a malformed file; the first line says what HDF5 ran into.
        reason = str(error).strip("'\"").splitlines()[0] if str(error) else type(error).__name__
        raise FormatError(f"{path} is damaged or cut off ({reason}); get or write it again.") from error


def child(group: h5py.Group, name: str) -> h5py.Group | h5py.Dataset | None:
    """Member of a group, or None where it has no such member.

    Raises
    ------
    FormatError
        If it is a link into another file: opening one file must not read others.
    """
    node: h5py.Group | h5py.Dataset = group
    for part in name.split("/"):
        if not isinstance(node, h5py.Group):
            return None
        link = node.get(part, getlink=True)
        if link is None:
            return None
        here = not isinstance(link, h5py.ExternalLink)
        # A soft link may lead to an external one: then the member turns out to be of another file.
        if not here or (node := node[part]).file.filename != group.file.filename:
            raise FormatError(
                f"{group.file.filename}: {name!r} is a link to another file, which is not followed; "
                "write a file that holds its own data."
            )
    return node


def attribute(node: h5py.Group | h5py.Dataset, name: str) -> Any:
    """Value of an attribute, text as ``str``; None where it is absent."""
    value = node.attrs.get(name)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def check_storage(dataset: h5py.Dataset) -> h5py.Dataset:
    """Refuse a dataset that reads other files or claims far more values than the file can hold.

    Raises
    ------
    FormatError
        If the dataset is external, virtual, or implausibly large.
    """
    where = f"{dataset.file.filename}: {dataset.name!r}"
    if dataset.external or dataset.is_virtual:
        raise FormatError(f"{where} keeps its values in other files; write a file that holds its own data.")
    if dataset.shape is None:
        raise FormatError(f"{where} is empty; write the file again.")
    largest = max(dataset.size, math.prod(dataset.chunks or ()))  # reading one value inflates its chunk
    claimed = largest * dataset.dtype.itemsize
    stored = dataset.id.get_storage_size()
    if claimed > _MAX_UNCOMPRESSED and claimed > _MAX_INFLATION * stored:
        raise FormatError(
            f"{where} claims {largest:,} values but only {stored:,} bytes are stored; "
            "get or write the file again."
        )
    return dataset


@dataclass(frozen=True, eq=False, slots=True)
class Placement:
    """Where the values of a one-dimensional dataset lie in the file."""

    dtype: np.dtype[Any]
    size: int
    """Number of values."""
    chunk: int
    """Values per chunk; 0 where all values lie in one piece."""
    offsets: NDArray[np.int64] | None
    """Byte offset of each chunk, or of the one piece; None where only h5py can read it."""
    lengths: NDArray[np.int64]
    """Bytes of each chunk."""
    deflated: bool
    shuffled: bool


def locate(dataset: h5py.Dataset) -> Placement:
    """Find out where the values of a one-dimensional dataset lie.

    Raises
    ------
    FormatError
        If the dataset needs a compression filter that is not installed.
    """
    check_storage(dataset)
    if dataset.ndim != 1 or dataset.dtype.kind not in "biuf":
        raise FormatError(
            f"{dataset.file.filename}: {dataset.name!r} should be a list of numbers, but is "
            f"{dataset.dtype} of shape {dataset.shape}; write the file again."
        )
    chunk = dataset.chunks[0] if dataset.chunks else 0
    none = np.empty(0, np.int64)
    by_h5py = Placement(dataset.dtype, dataset.size, chunk, None, none, False, False)
    pipeline = dataset.id.get_create_plist()
    filters = [pipeline.get_filter(i)[0] for i in range(pipeline.get_nfilters())]
    if not chunk:
        offset = dataset.id.get_offset()
        if offset is None:  # compact, or never written
            return by_h5py
        offsets = np.array([offset], np.int64)
        return Placement(dataset.dtype, dataset.size, 0, offsets, none, False, False)
    if filters not in ([], [_DEFLATE], [_SHUFFLE, _DEFLATE]):
        _check_filters(dataset, filters)
        return by_h5py
    pieces: list[tuple[int, int, int, int]] = []
    dataset.id.chunk_iter(lambda c: pieces.append((c.chunk_offset[0], c.byte_offset, c.size, c.filter_mask)))
    table = np.array(sorted(pieces), np.int64).reshape(-1, 4)
    expected = np.arange(0, dataset.size, chunk)
    if not np.array_equal(table[:, 0], expected) or table[:, 3].any():  # gaps, or filters left out
        return by_h5py
    return Placement(
        dataset.dtype,
        dataset.size,
        chunk,
        table[:, 1].copy(),
        table[:, 2].copy(),
        _DEFLATE in filters,
        _SHUFFLE in filters,
    )


def _check_filters(dataset: h5py.Dataset, filters: list[int]) -> None:
    if find_spec("hdf5plugin"):
        import_module("hdf5plugin")  # registers its filters with HDF5
    missing = [number for number in filters if not h5py.h5z.filter_avail(number)]
    if missing:
        raise FormatError(
            f"{dataset.file.filename}: {dataset.name!r} is compressed with HDF5 filter {missing[0]}, "
            "which is not installed; run 'pip install hdf5plugin', or write the file with gzip."
        )


class VectorReader:
    """Reads ranges of a one-dimensional dataset; safe to use from several threads.

    Parameters
    ----------
    dataset
        The dataset, in a file that stays open while this reader is used.
    placement
        What :func:`locate` found for it.
    """

    def __init__(self, dataset: h5py.Dataset, placement: Placement) -> None:
        self._dataset = dataset
        self.where = f"{dataset.file.filename}: {dataset.name!r}"
        self.place = placement
        self._path = Path(dataset.file.filename)
        self._mine = threading.local()
        self._files: list[Any] = []

    @property
    def size(self) -> int:
        """Number of values."""
        return self.place.size

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return self.place.dtype

    def close(self) -> None:
        """Close the file handles of all threads."""
        while self._files:
            self._files.pop().close()

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """Values from ``start`` to ``stop``, in a buffer that the thread's next call overwrites.

        Raises
        ------
        FormatError
            If the file ends early or a chunk can't be inflated.
        """
        place = self.place
        if start >= stop:
            return np.empty(0, place.dtype)
        if place.offsets is None:
            values: NDArray[Any] = self._dataset[start:stop]
            return values
        itemsize = place.dtype.itemsize
        if not place.chunk:
            buffer = self._buffer(stop - start)
            self._fill(buffer.view(np.uint8).data, int(place.offsets[0]) + start * itemsize)
            return buffer
        first, last = start // place.chunk, -(-stop // place.chunk)
        buffer = self._buffer((last - first) * place.chunk)
        room = buffer.view(np.uint8).data
        step = place.chunk * itemsize
        for i in range(first, last):
            self._chunk(i, room[(i - first) * step : (i - first + 1) * step])
        return buffer[start - first * place.chunk : stop - first * place.chunk]

    def _chunk(self, i: int, room: memoryview) -> None:
        import imagecodecs

        assert self.place.offsets is not None
        offset, length = int(self.place.offsets[i]), int(self.place.lengths[i])
        if not self.place.deflated:
            if length != len(room):
                raise FormatError(f"{self.where}, chunk {i} has the wrong size; get the file again.")
            self._fill(room, offset)
            return
        if length > 2 * len(room) + 1024:  # deflate never grows data by more than a few bytes
            raise FormatError(f"{self.where}, chunk {i} has the wrong size; get the file again.")
        packed = bytearray(length)
        self._fill(memoryview(packed), offset)
        target = bytearray(len(room)) if self.place.shuffled else room
        try:
            # libdeflate, about twice as fast as zlib; refuses what does not fit into the target.
            unpacked = imagecodecs.deflate_decode(packed, out=target)
        except imagecodecs.DeflateError as error:
            raise FormatError(
                f"{self.where}, chunk {i} can't be inflated ({error}); get the file again."
            ) from None
        if len(unpacked) != len(room):
            raise FormatError(f"{self.where}, chunk {i} holds too few values; get the file again.")
        if self.place.shuffled:
            size = self.place.dtype.itemsize
            planes = np.frombuffer(target, np.uint8).reshape(size, -1)
            np.frombuffer(room, np.uint8).reshape(-1, size)[:] = planes.T

    def _fill(self, room: memoryview, offset: int) -> None:
        file = getattr(self._mine, "file", None)
        if file is None:
            file = self._mine.file = self._path.open("rb", buffering=0)
            self._files.append(file)
        file.seek(offset)
        done = 0
        while done < len(room):
            count = file.readinto(room[done:])
            if not count:
                raise FormatError(f"{self.where} ends early, the file is cut off; get it again.")
            done += count

    def _buffer(self, count: int) -> NDArray[Any]:
        # Reused, because fresh pages cost as much as filling them.
        buffer = getattr(self._mine, "buffer", None)
        if buffer is None or len(buffer) < count:
            buffer = self._mine.buffer = np.empty(count, self.place.dtype)
        view: NDArray[Any] = buffer[:count]
        return view
