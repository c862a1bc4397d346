"""Run one verb of the shell command, and turn what goes wrong into a line and an exit status."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from napari_abc.cli.console import Console
from napari_abc.cli.parser import build_parser
from napari_abc.errors import AbcError, Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["main"]

OK = 0
USER_ERROR = 2
INTERRUPTED = 128 + signal.SIGINT
BROKEN_PIPE = 128 + 13  # SIGPIPE, which Windows lacks

# Imported when a verb runs: pandas, napari and Qt must not delay --help.
_VERBS = {
    "list": "napari_abc.cli.listing:list_datasets",
    "slabs": "napari_abc.cli.listing:list_slabs",
    "taxonomy": "napari_abc.cli.taxonomy:taxonomy",
    "download": "napari_abc.cli.listing:download",
    "index": "napari_abc.cli.index:index",
    "cells": "napari_abc.cli.cells:save_cells",
    "figure": "napari_abc.cli.draw:figure",
    "view": "napari_abc.cli.draw:view",
    "demo": "napari_abc.cli.draw:demo",
    "doctor": "napari_abc.cli.doctor:doctor",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the shell command.

    Parameters
    ----------
    argv
        Arguments without the program's name; None takes the process's.

    Returns
    -------
    int
        0 when done, 1 when ``doctor`` found something broken, 2 for a user's error (one line on
        stderr), 130 after Ctrl-C, 141 when the reader of a pipe went away.
    """
    console = Console()
    try:
        arguments = build_parser().parse_args(argv)
        with _interruptible(console):
            status = _verb(arguments.verb)(arguments, console)
        sys.stdout.flush()
    except SystemExit as stop:  # argparse, after --help and --version
        return stop.code if isinstance(stop.code, int) else OK
    except (KeyboardInterrupt, Cancelled):
        console.error("stopped; nothing half-done was kept.")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has what it wanted. Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except AbcError as error:
        console.error(str(error))
        return USER_ERROR
    finally:
        console.close()
    return status


def _verb(name: str) -> Callable[[Any, Console], int]:
    module, _, function = _VERBS[name].partition(":")
    run: Callable[[Any, Console], int] = getattr(import_module(module), function)
    return run


@contextmanager
def _interruptible(console: Console) -> Iterator[None]:
    """Let Ctrl-C also cancel the task, so that threads that download for it stop as well."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        console.task.cancel()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
