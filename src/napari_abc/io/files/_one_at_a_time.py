"""One thread at a time for each thing that is made."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_abc.task import Task

__all__ = ["one_at_a_time"]

_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
_guard = threading.Lock()


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
    with _guard:
        lock = _locks[str(target)]
    while not lock.acquire(timeout=0.1):
        task.check()
    try:
        yield
    finally:
        lock.release()


def _forget_locks() -> None:
    """In a forked child nobody works on anything yet, whoever held a lock in the parent."""
    global _guard
    _guard = threading.Lock()
    _locks.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_locks)
