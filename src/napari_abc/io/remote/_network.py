"""What the bucket and the web source share: how long to wait for the network, and saying what went wrong.

Requests run on fsspec's event loop, in its own thread; the caller's thread waits in short steps so
that a cancel is heard even while nothing arrives.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from napari_abc.errors import NetworkError, reason
from napari_abc.task import wait

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from concurrent.futures import Future

__all__ = [
    "ANSWER_SECONDS",
    "ATTEMPTS",
    "CONNECT_SECONDS",
    "SILENCE_SECONDS",
    "reason",
    "start",
    "unreachable",
    "wait",
]

CONNECT_SECONDS = 5.0
"""Longest a connection may take to be made."""
SILENCE_SECONDS = 30.0
"""Longest a server may send nothing in the middle of an answer."""
ANSWER_SECONDS = 20.0
"""Longest until an answer begins, with its retries, name look-up included."""
ATTEMPTS = 3
"""How often a block is asked for before its file is given up."""

T = TypeVar("T")


def start(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
    """Start a coroutine on the event loop of the network's thread."""
    return asyncio.run_coroutine_threadsafe(coroutine, loop)


def unreachable(location: str, error: BaseException) -> NetworkError:
    """The error for a source that did not answer, with the cure."""
    return NetworkError(
        f"{location} can't be read ({reason(error)}): check the network and the address, or use a folder "
        "that holds the data as source."
    )
