"""Names for what is being written, and the clean-up of what processes left that died."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import stat
import time
import zlib
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["remove_leftovers", "temporary", "temporary_folder"]

_PREFIX = ".napari-abc-"
_PART = ".part"
_IDLE_SECONDS = 60.0
_MOST_LOOKED_AT = 10_000
"""Files and folders of a leftover that are looked at for one that was written to lately."""


def temporary(folder: Path, suffix: str = "") -> Path:
    """A new name in a folder, for what is being written; :func:`remove_leftovers` sees whose it was.

    Parameters
    ----------
    folder
        Where what is written belongs, so that it can be renamed into its place.
    suffix
        What the name ends in, for writers that go by it: ``".csv"``.
    """
    return folder / f"{_PREFIX}{_host()}-{os.getpid()}-{secrets.token_hex(4)}{_PART}{suffix}"


@contextlib.contextmanager
def temporary_folder(folder: Path) -> Iterator[Path]:
    """A new folder in another, removed at the end with all that still lies in it."""
    remove_leftovers(folder)
    made = temporary(folder)
    try:
        made.mkdir()
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files and folders of processes that died on this machine.

    One in which something was written within the last minute is left alone: its process may live in
    another container that shares the folder and the machine's name.
    """
    for path in folder.glob(f"{_PREFIX}{_host()}-*{_PART}*"):
        with contextlib.suppress(OSError, ValueError):
            pid = int(path.name.removeprefix(_PREFIX).split("-")[1])
            if pid != os.getpid() and not _is_alive(pid) and _is_idle(path):
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink()


def _is_idle(path: Path) -> bool:
    # A folder's own time tells of new names in it only, so what lies in it is asked, its folders first.
    since = time.time() - _IDLE_SECONDS
    waiting = deque([path])
    for _ in range(_MOST_LOOKED_AT):
        if not waiting:
            break
        one = waiting.popleft()
        found = one.lstat()
        if found.st_mtime > since:
            return False
        if stat.S_ISDIR(found.st_mode):
            with os.scandir(one) as entries:
                for entry in entries:
                    is_folder = entry.is_dir(follow_symlinks=False)
                    (waiting.appendleft if is_folder else waiting.append)(Path(entry.path))
    return True


def _host() -> str:
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"


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
