"""What the shell command prints: results on stdout; notes, progress and errors on stderr."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from typing import TYPE_CHECKING

from napari_abc.task import Progress, Task
from napari_abc.text import percent, progress_text

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Console", "plain"]

_REDRAW = 0.1  # seconds between redraws of the line on a terminal
_FIRST_LINE = 3.0  # into a file: say nothing of work that is over sooner …
_NEXT_LINE = 15.0  # … and then seldom
_CLEAR = "\r\x1b[K"


def plain(text: object) -> str:
    """Text on one line without control characters, which names from a file could carry."""
    return "".join(c if c.isprintable() else " " for c in str(text)).strip()


class Console:
    """Stdout and stderr of one run, and the task whose progress is shown there."""

    def __init__(self) -> None:
        self.task = Task(self._show)
        self._lock = threading.Lock()
        self._on_terminal = sys.stderr.isatty()
        self._drawn = False
        self._due = time.monotonic() + (0 if self._on_terminal else _FIRST_LINE)

    def print(self, text: str) -> None:
        """A result, on stdout."""
        self._clear()
        print(text)

    def note(self, text: str) -> None:
        """Something a person should know, on stderr."""
        self._clear()
        print(plain(text), file=sys.stderr)

    def error(self, text: str) -> None:
        """What went wrong, in one line on stderr."""
        self._clear()
        print(f"napari-abc: {plain(text)}", file=sys.stderr)

    def table(
        self, header: Sequence[str], rows: Sequence[Sequence[object]], right: Sequence[str] = ()
    ) -> None:
        """Rows in aligned columns, on stdout.

        Parameters
        ----------
        header, rows
            Names of the columns, and a cell a column for each row.
        right
            Names of the columns that are aligned at the right, as numbers are.
        """
        lines = [list(header), *([plain(cell) for cell in row] for row in rows)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
        for line in lines:
            cells = [
                cell.rjust(width) if name in right else cell.ljust(width)
                for name, cell, width in zip(header, line, widths, strict=True)
            ]
            self.print("  ".join(cells).rstrip())

    def close(self) -> None:
        """Leave no half line of progress behind."""
        self._clear()

    def _clear(self) -> None:
        with self._lock:
            if self._drawn:
                sys.stderr.write(_CLEAR)
                sys.stderr.flush()
                self._drawn = False

    def _show(self, progress: Progress) -> None:
        """Draw progress; called from whichever thread does the work."""
        now = time.monotonic()
        with self._lock:
            if now < self._due:
                return
            if self._on_terminal:
                self._due = now + _REDRAW
                width = shutil.get_terminal_size().columns - 1
                sys.stderr.write(_CLEAR + _describe(progress)[:width])
                self._drawn = True
            else:
                self._due = now + _NEXT_LINE
                sys.stderr.write(_describe(progress) + "\n")
            sys.stderr.flush()


def _describe(progress: Progress) -> str:
    share = percent(progress)
    text = f"{plain(progress.what)}: {plain(progress_text(progress))}"
    return text if share is None else f"{text} ({share} %)"
