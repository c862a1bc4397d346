"""Writing files and folders so that each appears whole or not at all.

What is written gets a temporary name beside its place (:mod:`~napari_abc.io.files._temporary`) and is
renamed when it is whole. Whatever stops the writing, an error, a cancel or a crash, leaves what was there
before.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from napari_abc.errors import AbcError, ConfigurationError, DiskFullError, IntegrityError
from napari_abc.io.files._cache import default_cache
from napari_abc.io.files._temporary import remove_leftovers, temporary, temporary_folder
from napari_abc.text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

__all__ = [
    "atomic_folder",
    "atomic_path",
    "make_folder",
    "not_written",
    "put_in_place",
    "save_atomically",
    "write_verified",
]

_RESERVE = 8 * 2**20
_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary name beside ``path`` that takes its place when all went well.

    Yields
    ------
    Path
        An empty file with the same ending, to be written to.

    Raises
    ------
    DiskFullError
        If the disk is full.
    ConfigurationError
        If the file can't be written for another reason.
    """
    with _placed(path.absolute(), path.suffix) as part:
        part.open("xb").close()
        yield part


@contextlib.contextmanager
def atomic_folder(
    target: Path, *, needed: int | None = None, is_whole: Callable[[Path], bool] = Path.is_dir
) -> Iterator[Path]:
    """A temporary folder beside ``target`` that takes its place when all went well.

    Parameters
    ----------
    target
        The folder; the one it lies in is made if need be.
    needed
        Bytes that it will take, where that is known: refused at once where there is less room.
    is_whole
        Whether what lies at ``target`` meanwhile, as another process was faster, is as good.

    Yields
    ------
    Path
        An empty folder.

    Raises
    ------
    DiskFullError
        If there is no room.
    ConfigurationError
        If the place can't be written to.
    """
    make_folder(target.parent)
    _check_room(target, needed)
    try:
        with temporary_folder(target.parent) as part:
            yield part
            put_in_place(part, target, is_whole)
    except AbcError:
        raise
    except OSError as error:
        raise not_written(target, error, needed) from error


def put_in_place(part: Path, target: Path, is_whole: Callable[[Path], bool]) -> None:
    """Rename a finished folder into its place; one that is whole and there stays, any other makes way."""
    with contextlib.suppress(OSError):
        os.rename(part, target)
        return
    if is_whole(target):
        return  # another process was faster, and made the same
    old = temporary(target.parent)
    with contextlib.suppress(FileNotFoundError):
        os.rename(target, old)
    os.rename(part, target)
    shutil.rmtree(old, ignore_errors=True)


def save_atomically(target: Path, write: Callable[[BinaryIO], object], *, durable: bool = True) -> None:
    """Write a file under a temporary name beside it, then put it in place.

    Parameters
    ----------
    target
        The file; its folder is made if need be.
    write
        Called with a binary file open for writing.
    durable
        Whether to wait until it is on the disk. Not needed for what tells by a checksum, when it is
        read, that power failed before it was.

    Raises
    ------
    DiskFullError
        If there is no room.
    ConfigurationError
        If the place can't be written to.
    """
    make_folder(target.parent)
    with _placed(target) as part, part.open("xb") as out:
        write(out)
        out.flush()
        if durable:
            os.fsync(out.fileno())


def write_verified(
    target: Path, blocks: Generator[bytes, None, None], size: int | None, md5: str | None
) -> tuple[os.stat_result, str]:
    """Write a file beside its place, verify it, and only then put it there.

    Parameters
    ----------
    target
        The place. What lies there is replaced at the end, in one step.
    blocks
        Content in order; closed at the end, whatever happens.
    size, md5
        What the content must have; None where nobody knows.

    Returns
    -------
    found : os.stat_result
        State of the new file.
    md5 : str
        MD5 of its content.

    Raises
    ------
    IntegrityError
        If size or MD5 differ.
    DiskFullError
        If there is no room.
    ConfigurationError
        If the place can't be written to.
    """
    with contextlib.closing(blocks):
        make_folder(target.parent)
        _check_room(target, size)
        digest = hashlib.md5(usedforsecurity=False)
        count = 0
        with _placed(target, size=size) as part:
            with part.open("xb") as file:
                for block in blocks:
                    count += len(block)
                    if size is not None and count > size:
                        raise _differs(target, f"is longer than the {size:,} bytes that the manifest says")
                    digest.update(block)
                    file.write(block)
                if size is not None and count != size:
                    raise _differs(target, f"ended after {count:,} of {size:,} bytes")
                if md5 is not None and digest.hexdigest() != md5:
                    raise _differs(target, f"has MD5 {digest.hexdigest()}, but the manifest says {md5}")
                file.flush()
                os.fsync(file.fileno())
            found = part.stat()
        _sync_folder(target.parent)
    return found, digest.hexdigest()


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, if they are not there.

    Raises
    ------
    ConfigurationError
        If that is not possible.
    DiskFullError
        If there is no room.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_written(folder, error) from error


def not_written(target: Path, error: OSError, size: int | None = None) -> AbcError:
    """What to raise where a file could not be written: the disk is full, or the folder forbids it."""
    # h5py has the number in its text only.
    if error.errno in _FULL or f"errno = {errno.ENOSPC}," in str(error):
        return _no_room(target, size)
    return ConfigurationError(
        f"{target} can't be written ({error.strerror or error}): {_cure(target)} that you may write to."
    )


@contextlib.contextmanager
def _placed(target: Path, suffix: str = "", size: int | None = None) -> Iterator[Path]:
    """A temporary name that takes its place when all went well; errors of the system in our words."""
    remove_leftovers(target.parent)
    part = temporary(target.parent, suffix)
    try:
        yield part
        os.replace(part, target)
    except AbcError:
        raise
    except OSError as error:
        raise not_written(target, error, size) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def _check_room(target: Path, size: int | None) -> None:
    if size is None:
        return
    try:
        free = shutil.disk_usage(target.parent).free
    except OSError:
        return  # Some network folders don't tell; writing will.
    if free < size + _RESERVE:
        raise _no_room(target, size, free)


def _no_room(target: Path, size: int | None, free: int | None = None) -> DiskFullError:
    needed = "" if size is None else f" ({bytes_text(size)})"
    if size is not None and free is not None:
        needed = f" ({bytes_text(size)} and {bytes_text(_RESERVE)} to spare; {bytes_text(free)} are free)"
    return DiskFullError(
        f"There is no room for {target.name}{needed} in {target.parent}; nothing of it was kept: "
        f"free some space, or {_cure(target)} on another disk."
    )


def _cure(target: Path) -> str:
    with contextlib.suppress(ConfigurationError):
        if target.is_relative_to(default_cache()):
            return "set NAPARI_ABC_CACHE to a folder"
    return "choose a folder"


def _differs(target: Path, how: str) -> IntegrityError:
    return IntegrityError(
        f"{target.name} {how}; nothing of it was kept: try again, or choose another source."
    )


def _sync_folder(folder: Path) -> None:
    # So that the new name survives a power cut. Windows can't, and needs not.
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
