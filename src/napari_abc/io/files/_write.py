"""Write a file whole and verified, or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import socket
import threading
import time
import zlib
from collections import defaultdict
from typing import TYPE_CHECKING

from napari_abc.errors import AbcError, ConfigurationError, DiskFullError, IntegrityError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from napari_abc.task import Task

__all__ = [
    "make_folder",
    "not_written",
    "one_at_a_time",
    "remove_leftovers",
    "size_text",
    "temporary",
    "write_verified",
]

_PREFIX = ".napari-abc-"
_SUFFIX = ".part"
_RESERVE = 8 * 2**20
_IDLE_SECONDS = 60.0
_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}

_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
_locks_guard = threading.Lock()


def size_text(size: int | None) -> str:
    """A number of bytes for a person, in decimal units: ``"1.34 GB"``; ``"size unknown"`` for None."""
    if size is None:
        return "size unknown"
    if size < 1000:
        return f"{size} B"
    value = float(size)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.5:
            return f"{value:.3g} {unit}"
    return f"{value / 1000:,.3g} TB" if value < 999_500 else f"{value / 1000:,.0f} TB"


def _forget_locks() -> None:
    """In a forked child nobody works on anything yet, whoever held a lock in the parent."""
    global _locks_guard
    _locks_guard = threading.Lock()
    _locks.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_locks)


@contextlib.contextmanager
def one_at_a_time(target: Path, task: Task) -> Iterator[None]:
    """Let one thread of this process at a time work on `target`.

    Other processes are not kept out: each writes its own temporary file, and the last to finish
    replaces an equal one.

    Raises
    ------
    Cancelled
        If `task` is cancelled while waiting.
    """
    with _locks_guard:
        lock = _locks[str(target)]
    while not lock.acquire(timeout=0.1):
        task.check()
    try:
        yield
    finally:
        lock.release()


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
    folder = target.parent
    with contextlib.closing(blocks):
        make_folder(folder)
        remove_leftovers(folder)
        _check_room(target, size)
        part = temporary(folder)
        digest = hashlib.md5(usedforsecurity=False)
        count = 0
        try:
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
            os.replace(part, target)
            _sync_folder(folder)
        except AbcError:
            raise
        except OSError as error:
            raise not_written(target, error, size) from error
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
    return found, digest.hexdigest()


def _differs(target: Path, how: str) -> IntegrityError:
    return IntegrityError(
        f"{target.name} {how}; nothing of it was kept: try again, or choose another source."
    )


def not_written(target: Path, error: OSError, size: int | None = None) -> AbcError:
    """What to raise where a file could not be written: the disk is full, or the folder forbids it."""
    if error.errno in _FULL:
        return _no_room(target, size)
    return ConfigurationError(
        f"{target} can't be written ({error.strerror or error}): give a cache folder that you may write to."
    )


def _no_room(target: Path, size: int | None, free: int | None = None) -> DiskFullError:
    needed = "" if size is None else f" ({size_text(size)})"
    if size is not None and free is not None:
        needed = f" ({size_text(size)} and {size_text(_RESERVE)} to spare; {size_text(free)} are free)"
    return DiskFullError(
        f"There is no room for {target.name}{needed} in {target.parent}; nothing of it was kept: "
        "free some space, or give a cache folder on another disk."
    )


def _check_room(target: Path, size: int | None) -> None:
    if size is None:
        return
    try:
        free = shutil.disk_usage(target.parent).free
    except OSError:
        return  # Some network folders don't tell; writing will.
    if free < size + _RESERVE:
        raise _no_room(target, size, free)


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


def _host() -> str:
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"


def temporary(folder: Path) -> Path:
    """A new name in a folder, for what is being written; :func:`remove_leftovers` sees whose it was."""
    return folder / f"{_PREFIX}{_host()}-{os.getpid()}-{secrets.token_hex(4)}{_SUFFIX}"


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files and folders of processes that died on this machine.

    One that was written to within the last minute is left alone: its process may live in another
    container that shares the folder and the machine's name.
    """
    for path in folder.glob(f"{_PREFIX}{_host()}-*{_SUFFIX}"):
        with contextlib.suppress(OSError, ValueError):
            pid = int(path.name.removeprefix(_PREFIX).split("-")[1])
            if (
                pid != os.getpid()
                and not _is_alive(pid)
                and time.time() - path.stat().st_mtime > _IDLE_SECONDS
            ):
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink()


def _is_alive(pid: int) -> bool:
    if os.name == "nt":
        # There, a file that a process has open can't be removed, so nothing needs to be asked.
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
