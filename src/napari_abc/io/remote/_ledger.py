"""Which files were checked already, so that an MD5 is computed once in a file's life."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_abc.per_process import PerProcess

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CheckedFile", "Ledger"]


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """What was found when a file was checked."""

    size: int
    mtime_ns: int
    md5: str
    origin: str | None = None
    """Location of the source that we fetched the file from; None if it was there already."""


class Ledger(PerProcess):
    """A list of checked files, one line of JSON each, that threads and processes append to.

    An entry counts only while the file has the size and time of change that it had, so a file
    replaced behind our back is checked again. Losing the ledger costs time, never correctness.

    Parameters
    ----------
    path
        The ledger's own file; made when the first entry is recorded.
    root
        Files below it are noted by their place in it, so that the folder can be moved.
    """

    _own = ("_lock",)

    def __init__(self, path: Path, root: Path) -> None:
        self._path = path
        self._root = root
        self._entries: dict[str, CheckedFile] = {}
        self._read_to = 0
        self._begin()

    def _begin(self) -> None:
        super()._begin()
        self._lock = threading.Lock()

    def entry(self, file: Path) -> CheckedFile | None:
        """What is known of a file as it lies there now, or None; cheap."""
        try:
            found = file.stat()
        except OSError:
            return None
        with self._lock:
            self._catch_up()
            entry = self._entries.get(self._name(file))
        if entry is None or (entry.size, entry.mtime_ns) != (found.st_size, found.st_mtime_ns):
            return None
        return entry

    def record(self, file: Path, found: os.stat_result, md5: str, origin: str | None = None) -> None:
        """Note the MD5 of a file.

        Parameters
        ----------
        file
            The file.
        found
            Its state from before its content was read, so that a later change is noticed.
        md5
            MD5 of its content, 32 hexadecimal digits.
        origin
            Location of the source that it was fetched from, if we did that.
        """
        entry = CheckedFile(found.st_size, found.st_mtime_ns, md5, origin)
        line = {
            "file": self._name(file),
            "size": entry.size,
            "mtime_ns": entry.mtime_ns,
            "md5": md5,
            "origin": origin,
        }
        # It starts, not ends, with the line break: a line that a crash cut short spoils only itself.
        data = b"\n" + json.dumps(line).encode()
        with self._lock:
            self._catch_up()
            self._entries[self._name(file)] = entry
            # A ledger that can't be written costs a second check some day, not this file.
            with contextlib.suppress(OSError):
                self._path.parent.mkdir(parents=True, exist_ok=True)
                handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
                try:
                    os.write(handle, data)
                finally:
                    os.close(handle)

    def _name(self, file: Path) -> str:
        if file.is_relative_to(self._root):
            return file.relative_to(self._root).as_posix()
        return str(file)

    def _catch_up(self) -> None:
        """Take in what this and other processes appended since the last look."""
        try:
            size = self._path.stat().st_size
            if size == self._read_to:
                return
            if size < self._read_to:
                self._entries.clear()
                self._read_to = 0
            with self._path.open("rb") as file:
                file.seek(self._read_to)
                lines = file.read(size - self._read_to).split(b"\n")
        except OSError:
            return
        self._read_to = size
        for line in lines:
            # A damaged line is as good as none.
            with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
                values = json.loads(line)
                entry = CheckedFile(
                    int(values["size"]), int(values["mtime_ns"]), str(values["md5"]), values.get("origin")
                )
                self._entries[str(values["file"])] = entry
