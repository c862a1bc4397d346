"""Bytes of an index's files: from a folder, or by ranges from any address that fsspec knows."""

from __future__ import annotations

import os
import threading
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakSet, finalize

from napari_abc.errors import FormatError, MissingFileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_abc.task import Task

    Span = tuple[str, int, int]
    """File, first byte, number of bytes."""

__all__ = ["Files", "FolderFiles"]

_MOST_OPEN = 128
"""Files that all folders together keep open; a process of macOS may have 256."""
_POSITIONAL = hasattr(os, "preadv")


class Files(Protocol):
    """Where the files of an index are."""

    location: str
    """For people."""

    def read(self, spans: Sequence[Span], task: Task | None = None) -> list[memoryview]:
        """Bytes of some spans, each as long as asked for; valid until this thread's next call.

        Raises
        ------
        FormatError
            If a file is too short, or not what it was when it was first read.
        MissingFileError
            If a file is not there.
        """
        ...

    def close(self) -> None:
        """Keep nothing open; the next read opens again what it needs."""
        ...


class FolderFiles:
    """Files of a folder. They stay open, as opening takes longer than reading a gene of a slab.

    Safe to use from several threads. A file that was taken away or changed meanwhile is noticed before
    anything is read from it.
    """

    def __init__(self, folder: Path) -> None:
        self.location = str(folder)
        self._mine = threading.local()
        self._open: dict[str, _File] = {}
        self._seen: dict[str, tuple[int, int]] = {}
        self._used = 0
        with _opening:
            _folders.add(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return FolderFiles, (Path(self.location),)  # who unpickles it opens files of his own

    def close(self) -> None:
        """See :meth:`Files.close`. What another thread is reading is closed when it is done."""
        self._open = {}

    def read(self, spans: Sequence[Span], task: Task | None = None) -> list[memoryview]:
        """See :meth:`Files.read`."""
        self._used = next(_turns)
        room = self._room(sum(-(-size // 8) * 8 for _, _, size in spans))
        opened = self._open
        found = []
        at = 0
        last = None
        try:
            for name, start, size in spans:
                last = name
                file = opened.get(name) or self._opened(name)
                now = os.fstat(file.descriptor)
                if now.st_mtime_ns != file.changed or now.st_size != file.size or not now.st_nlink:
                    raise self._other(name, now)
                view = room[at : at + size]
                if not file.read(view, start):
                    raise self._cut_off(name)
                found.append(view)
                at += -(-size // 8) * 8
        except FileNotFoundError:
            raise MissingFileError(f"{self.location}/{last} is missing; delete the index.") from None
        except (FormatError, MissingFileError):
            raise
        except OSError as error:
            raise FormatError(
                f"{self.location}/{last} can't be read ({error.strerror}); delete the index."
            ) from error
        return found

    def _opened(self, name: str) -> _File:
        """A file that was not open; kept open if there is room. It has to be as it was at first."""
        file = _File(f"{self.location}/{name}")
        file.size, file.changed = self._seen.setdefault(name, (file.size, file.changed))
        with _opening:
            if _room_for_one(self):
                self._open[name] = file
        return file

    def _other(self, name: str, now: os.stat_result) -> FormatError | MissingFileError:
        """What to say of a file that was taken away or changed."""
        size, _ = self._seen[name]
        self.close()
        if not now.st_nlink:
            return MissingFileError(f"{self.location}/{name} is missing; delete the index.")
        if now.st_size < size:
            return self._cut_off(name)
        return FormatError(f"{self.location}/{name} was changed; delete the index.")

    def _cut_off(self, name: str) -> FormatError:
        return FormatError(f"{self.location}/{name} is cut off; delete the index.")

    def _room(self, size: int) -> memoryview:
        # Reused, because fresh pages cost as much as filling them.
        room = getattr(self._mine, "room", None)
        if room is None or len(room) < size:
            room = self._mine.room = memoryview(bytearray(size))
        view: memoryview = room
        return view


class _File:
    """A file that is open as long as somebody refers to it, so that no reader loses it to another thread."""

    def __init__(self, path: str) -> None:
        self.descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        found = os.fstat(self.descriptor)
        self.size, self.changed = found.st_size, found.st_mtime_ns
        self._lock = threading.Lock()
        # Not `__del__`, which comes too late to look anything up where the interpreter ends.
        finalize(self, os.close, self.descriptor)

    def read(self, view: memoryview, start: int) -> bool:
        """Fill the view from a place in the file; False if the file ends before."""
        done = _read(self, view, start)
        while 0 < done < len(view):
            more = _read(self, view[done:], start + done)
            if not more:
                return False
            done += more
        return done == len(view)


def _read(file: _File, view: memoryview, start: int) -> int:
    """Read at a place as much as the system gives at a time; the number of bytes."""
    if _POSITIONAL:
        return os.preadv(file.descriptor, [view], start)
    with file._lock:  # Windows reads where the file stands
        os.lseek(file.descriptor, start, os.SEEK_SET)
        content = os.read(file.descriptor, len(view))
    view[: len(content)] = content
    return len(content)


_folders: WeakSet[FolderFiles] = WeakSet()
_opening = threading.Lock()
_turns = count(1)


def _room_for_one(mine: FolderFiles) -> bool:
    """Whether a folder may keep one more file open; the folder that rested longest closes its own for it."""
    others = sorted((folder for folder in _folders if folder is not mine), key=lambda folder: folder._used)
    total = len(mine._open) + sum(len(folder._open) for folder in others)
    for folder in others:
        if total < _MOST_OPEN:
            break
        total -= len(folder._open)
        folder.close()
    return total < _MOST_OPEN
