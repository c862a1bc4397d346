"""NIfTI files: their header, and their voxels in the order in which they are stored.

nibabel reads the header. The voxels are not left to it, because it takes the whole volume into
memory, and compressed files can only be read from their beginning: a :class:`VoxelStream` fills the
caller's array, plane by plane. Nothing that a header claims is believed before it was compared with
the size of the file.
"""

from __future__ import annotations

import math
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Protocol

import numpy as np

from napari_abc.errors import FormatError, MissingFileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_abc.task import Task

__all__ = ["Nifti", "VoxelStream", "open_voxels", "read_nifti", "value_type", "values"]

_HEADER_BYTES = {1: 348, 2: 540}
_MAX_INFLATION = 1100  # deflate can't shrink more than 1032-fold
_PIECE = 2**22
"""Bytes read between two looks at whether the work was cancelled."""
_INPUT = 2**20
_MAGIC = b"\x1f\x8b"
_INTENT_LABELS = 1002


class _File(Protocol):
    """What is needed of an open file, compressed or not."""

    def read(self, count: int, /) -> bytes: ...

    def readinto(self, out: memoryview, /) -> int: ...


@dataclass(frozen=True, eq=False, slots=True)
class Nifti:
    """What the header of a NIfTI file says, checked against the file."""

    path: Path
    shape: tuple[int, ...]
    """Sizes along the file's axes; the first runs fastest in the file."""
    dtype: np.dtype[Any]
    """Type of the stored numbers, with their byte order."""
    offset: int
    """Where the first voxel starts, in the uncompressed file."""
    compressed: bool
    slope: float
    inter: float
    """A voxel's value is slope · stored number + inter; 1 and 0 where the file says nothing."""
    spacing: tuple[float, ...]
    """Size of a voxel along the first three axes, in ``unit``."""
    unit: str
    """``"millimeter"``, ``"micrometer"``, ``"meter"``; empty where the file does not say."""
    affine: NDArray[np.float64]
    """(4, 4) from voxel indices to millimeters to the right, to the front and upwards."""
    oriented: bool
    """Whether the file itself gives the affine; else only the spacing is known."""
    labels: bool
    """Whether the file says that its values are labels."""

    @property
    def is_scaled(self) -> bool:
        """Whether the stored numbers are not the values."""
        return (self.slope, self.inter) != (1.0, 0.0)

    @property
    def nbytes(self) -> int:
        """Bytes of the voxels as they are stored, uncompressed."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_nifti(path: Path) -> Nifti:
    """Read the header of a ``.nii`` or ``.nii.gz`` file, NIfTI-1 or 2, of either byte order.

    Raises
    ------
    MissingFileError
        If there is no such file, or it may not be read.
    FormatError
        If it is no NIfTI file, is shorter than its header says, or holds no numbers.
    """
    with _opened(path) as (file, compressed), _reading(path):
        head = file.read(max(_HEADER_BYTES.values()))
    header = _parse(head, path)
    try:
        # nibabel's own types are the numbers that the standard allows.
        dtype = header.get_data_dtype()
        axes = int(header["dim"][0])
        shape = tuple(int(n) for n in header.get_data_shape())
        declared = float(header["vox_offset"])
        offset = int(header.get_data_offset()) if math.isfinite(declared) else -1
        slope, inter = _scaling(header)
        sform, qform = int(header["sform_code"]), int(header["qform_code"])
        affine = np.asarray(header.get_best_affine(), np.float64)
        spacing = tuple(abs(float(size)) for size in header.get_zooms()[:3])
        unit = header.get_xyzt_units()[0]
        labels = int(header["intent_code"]) == _INTENT_LABELS
    except Exception as error:  # a header of noise makes nibabel raise nearly anything
        raise _no_header(path, error) from error
    if dtype.kind not in "iuf" or dtype.itemsize > 8:
        raise FormatError(
            f"{path} holds {_type_name(header)} values, which can't be shown; save it as whole numbers or "
            "float32."
        )
    if not 0 < axes < 8:
        raise FormatError(f"{path} says that it has {axes} axes, but 7 are the most; copy it again.")
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if not shape or min(shape) < 1:
        raise FormatError(f"{path} has the shape {shape}, which holds no voxel; copy it again.")
    if offset < _HEADER_BYTES[1]:
        raise FormatError(f"{path} says that its voxels start inside its header; copy it again.")
    if not all(map(math.isfinite, spacing)):
        raise FormatError(f"{path} says that a voxel measures {spacing}, which is no size; copy it again.")
    spacing = tuple(size or 1.0 for size in spacing)
    oriented = (sform > 0 or qform > 0) and bool(np.isfinite(affine).all())
    found = Nifti(
        path, shape, dtype, offset, compressed, slope, inter, spacing + (1.0,) * (3 - len(spacing)),
        {"mm": "millimeter", "micron": "micrometer", "meter": "meter"}.get(unit, ""),
        affine, oriented, labels,
    )  # fmt: skip
    _check_size(found)
    return found


class VoxelStream:
    """The stored numbers of an open file, from the first to the last.

    Parameters
    ----------
    nifti
        Header of the file.
    file
        The file, uncompressed, at its first voxel.
    """

    def __init__(self, nifti: Nifti, file: _File) -> None:
        self._nifti = nifti
        self._file = file
        self._done = 0

    def read(self, out: NDArray[Any], task: Task) -> None:
        """Fill an array with the next numbers.

        Parameters
        ----------
        out
            C-contiguous, of the header's type in this machine's byte order. The file's first axis is the
            array's last.
        task
            Stops the reading where it was cancelled.

        Raises
        ------
        FormatError
            If the file ends before.
        """
        if not out.size:
            return
        view = memoryview(out.data).cast("B")
        start = 0
        while start < len(view):
            task.check()
            with _reading(self._nifti.path):
                count = self._file.readinto(view[start : start + _PIECE])
            if not count:
                have = self._done + start
                raise FormatError(
                    f"{self._nifti.path} ends after {have:,} of {self._nifti.nbytes:,} bytes of voxels; copy "
                    "it again."
                )
            start += count
        self._done += start
        if not self._nifti.dtype.isnative:
            out.byteswap(inplace=True)

    def finish(self) -> None:
        """Have the checksum of a compressed file compared, once all is read.

        Raises
        ------
        FormatError
            If it differs.
        """
        # What follows the voxels, padding mostly, is not of interest and may be endless.
        with _reading(self._nifti.path):
            self._file.read(_PIECE)


@contextmanager
def open_voxels(nifti: Nifti) -> Iterator[VoxelStream]:
    """Open a file at its first voxel and close it again.

    Raises
    ------
    MissingFileError
        If the file is not there any more.
    FormatError
        If it turns out to be damaged while it is read.
    """
    with _opened(nifti.path) as (file, _):
        skipped = nifti.offset
        while skipped > 0:
            with _reading(nifti.path):
                piece = file.read(min(skipped, _PIECE))
            if not piece:
                raise FormatError(f"{nifti.path} ends before its first voxel; copy it again.")
            skipped -= len(piece)
        yield VoxelStream(nifti, file)


def value_type(nifti: Nifti) -> np.dtype[Any]:
    """Type of the values: that of the stored numbers, or float32 or float64 where the file has a scale."""
    if not nifti.is_scaled:
        return nifti.dtype.newbyteorder("=")
    # float32 holds what 16 bits can say, and is what is shown; float64 stays as exact as it was.
    return np.dtype(np.float64 if nifti.dtype.itemsize == 8 else np.float32)


def values(nifti: Nifti, stored: NDArray[Any]) -> NDArray[Any]:
    """Values of stored numbers: the same array where the file has no scale."""
    if not nifti.is_scaled:
        return stored
    out: NDArray[Any] = stored.astype(value_type(nifti))
    np.multiply(out, nifti.slope, out=out)
    np.add(out, nifti.inter, out=out)
    return out


class _Inflated:
    """A gzip file uncompressed, in large pieces.

    Python's own gzip files take 8 kB at a time and ask for the interpreter after each; next to a busy
    window that takes ten times as long.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._inflate: Any = zlib.decompressobj(31)
        self._waiting = b""
        self._ended = False

    def readinto(self, out: memoryview) -> int:
        """Fill the beginning of `out`; 0 at the end."""
        while not self._ended:
            self._waiting = self._waiting or self._file.read(_INPUT)
            if not self._waiting:
                raise EOFError("it ends in the middle of its compressed data")
            found = self._inflate.decompress(self._waiting, len(out))
            self._waiting = self._inflate.unconsumed_tail
            if self._inflate.eof:
                self._next_member()
            if found:
                out[: len(found)] = found
                return len(found)
        return 0

    def read(self, count: int) -> bytes:
        """The next bytes, fewer only at the end."""
        out = bytearray(count)
        done = 0
        while done < count and (more := self.readinto(memoryview(out)[done:])):
            done += more
        return bytes(out[:done])

    def _next_member(self) -> None:
        """Go on with the next part of a file of several; what is no such part, padding mostly, is the end."""
        rest = self._inflate.unused_data.lstrip(b"\0") or self._file.read(_INPUT).lstrip(b"\0")
        self._waiting = rest
        self._inflate = zlib.decompressobj(31)
        self._ended = not rest.startswith(_MAGIC)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[_File, bool]]:
    """The file, uncompressed, and whether it was compressed."""
    if not path.is_file():
        raise MissingFileError(f"There is no file {path}; check the path.")
    with _reading(path):
        raw = path.open("rb")
    with raw:
        with _reading(path):
            # By content, for a browser may have uncompressed a file and kept its name.
            compressed = raw.read(2) == _MAGIC
            raw.seek(0)
        yield (_Inflated(raw) if compressed else raw), compressed


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """What goes wrong while a file is read becomes one sentence."""
    try:
        yield
    except (EOFError, zlib.error) as error:
        raise FormatError(f"{path} is cut off or damaged ({error}); copy it again.") from error
    except OSError as error:
        raise MissingFileError(f"{path} can't be read ({error.strerror}); check its permissions.") from error


def _parse(head: bytes, path: Path) -> Any:
    from nibabel.nifti1 import Nifti1Header
    from nibabel.nifti2 import Nifti2Header

    orders: dict[int, Literal["<", ">"]] = {
        int.from_bytes(head[:4], "little"): "<",
        int.from_bytes(head[:4], "big"): ">",
    }
    if _HEADER_BYTES[2] in orders and head[4:8] == b"n+2\0":
        kind: Any = Nifti2Header
        length = _HEADER_BYTES[2]
    elif _HEADER_BYTES[1] in orders and head[344:348] == b"n+1\0":
        kind, length = Nifti1Header, _HEADER_BYTES[1]
    elif _HEADER_BYTES[1] in orders:
        raise FormatError(
            f"{path} is an Analyze file or half of a .hdr and .img pair; save it as one .nii.gz file."
        )
    else:
        raise FormatError(f"{path} is no NIfTI file; choose one that ends in .nii or .nii.gz.")
    if len(head) < length:
        raise FormatError(f"{path} is cut off in its header; copy it again.")
    try:
        # Extensions are never read: they are arbitrary data, and their sizes are only claims.
        return kind(head[:length], orders[length], check=False)
    except Exception as error:  # nibabel raises several kinds
        raise _no_header(path, error) from error


def _scaling(header: Any) -> tuple[float, float]:
    slope, inter = float(header["scl_slope"]), float(header["scl_inter"])
    # The standard: a slope of 0 means none; what is no number means none as well.
    if not (math.isfinite(slope) and math.isfinite(inter)) or slope == 0:
        return 1.0, 0.0
    return slope, inter


def _no_header(path: Path, error: Exception) -> FormatError:
    text = " ".join(str(error).split())[:200]
    return FormatError(f"{path} has a damaged header ({text}); copy it again.")


def _type_name(header: Any) -> str:
    try:
        return str(header.get_value_label("datatype"))
    except Exception:  # a code that no table has
        return "unknown"


def _check_size(nifti: Nifti) -> None:
    """Refuse what can't be in the file, before memory is taken for it."""
    there = nifti.path.stat().st_size
    needed = nifti.offset + nifti.nbytes
    if nifti.compressed:
        if needed > there * _MAX_INFLATION + _PIECE:
            raise FormatError(
                f"{nifti.path} claims {needed:,} bytes, which {there:,} compressed bytes can't hold; copy it "
                "again."
            )
    elif needed > there:
        raise FormatError(f"{nifti.path} is cut off: {there:,} of {needed:,} bytes are there; copy it again.")
