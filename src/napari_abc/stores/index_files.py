"""Bytes of an index's files: from a folder, or by ranges from any address that fsspec knows."""

from __future__ import annotations

import threading
from io import FileIO
from typing import TYPE_CHECKING, Any, Protocol

from napari_abc.errors import FormatError, MissingFileError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_abc.task import Task

    Span = tuple[str, int, int]
    """File, first byte, number of bytes."""

__all__ = ["Files", "FolderFiles"]


class Files(Protocol):
    """Where the files of an index are."""

    location: str
    """For people."""

    def read(self, spans: Sequence[Span], task: Task | None = None) -> list[memoryview]:
        """Bytes of some spans, each as long as asked for; valid until this thread's next call.

        Raises
        ------
        FormatError
            If a file is too short.
        MissingFileError
            If a file is not there.
        """
        ...


class FolderFiles:
    """Files of a folder, opened for each read: it can be moved or deleted at any time."""

    def __init__(self, folder: Path) -> None:
        self.location = str(folder)
        self._mine = threading.local()

    def read(self, spans: Sequence[Span], task: Task | None = None) -> list[memoryview]:
        """See :meth:`Files.read`."""
        room = self._room(sum(-(-count // 8) * 8 for _, _, count in spans))
        found = []
        at = 0
        opened: Any = None
        name = None
        try:
            for file, start, count in spans:
                if file != name:
                    if opened is not None:
                        opened.close()
                    opened, name = FileIO(f"{self.location}/{file}"), file
                view = room[at : at + count]
                opened.seek(start)
                done = 0
                while done < count:
                    more = opened.readinto(view[done:])
                    if not more:
                        raise FormatError(f"{self.location}/{file} is cut off; delete the index.")
                    done += more
                found.append(view)
                at += -(-count // 8) * 8
        except FileNotFoundError:
            raise MissingFileError(f"{self.location}/{file} is missing; delete the index.") from None
        except OSError as error:
            if isinstance(error, MissingFileError):
                raise
            raise FormatError(
                f"{self.location}/{file} can't be read ({error.strerror}); delete the index."
            ) from error
        finally:
            if opened is not None:
                opened.close()
        return found

    def _room(self, size: int) -> memoryview:
        # Reused, because fresh pages cost as much as filling them.
        room = getattr(self._mine, "room", None)
        if room is None or len(room) < size:
            room = self._mine.room = memoryview(bytearray(size))
        view: memoryview = room
        return view
