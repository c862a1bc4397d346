"""What the bucket and the web source share: waiting for the network, and saying what went wrong.

Requests run on fsspec's event loop, in its own thread; the caller's thread waits in short steps so
that a cancel is heard even while nothing arrives.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from typing import TYPE_CHECKING, Any, TypeVar

from napari_abc.errors import NetworkError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from concurrent.futures import Future

    from napari_abc.task import Task

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

_STEP_SECONDS = 0.1

T = TypeVar("T")


def start(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
    """Start a coroutine on the event loop of the network's thread."""
    return asyncio.run_coroutine_threadsafe(coroutine, loop)


def wait(future: Future[T], task: Task | None = None) -> T:
    """Wait for an answer of the network's thread, listening for a cancel.

    Raises
    ------
    Cancelled
        If `task` is cancelled first; the request is given up.
    """
    try:
        while True:
            if task is not None:
                task.check()
            try:
                return future.result(timeout=_STEP_SECONDS)
            except TimeoutError:
                # Either this step's or the request's own.
                if future.done():
                    return future.result()
    except BaseException:
        future.cancel()
        raise


def unreachable(location: str, error: BaseException) -> NetworkError:
    """The error for a source that did not answer, with the cure."""
    return NetworkError(
        f"{location} can't be read ({reason(error)}): check the network and the address, or use a folder "
        "that holds the data as source."
    )


def reason(error: BaseException) -> str:
    """Why a request failed, in a few words for a person."""
    for cause in _chain(error):
        status = getattr(cause, "status", None)
        number = getattr(cause, "errno", None)
        if isinstance(cause, socket.gaierror):
            return "its name can't be resolved"
        if isinstance(cause, ssl.SSLError):
            return "its certificate is not accepted"
        if isinstance(cause, ConnectionRefusedError) or number == errno.ECONNREFUSED:
            return "the connection was refused"
        if number in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN):
            return "there is no network"
        if isinstance(status, int):
            return f"it answered with HTTP status {status}"
        if isinstance(cause, PermissionError):
            return "it refused access"
        if isinstance(cause, TimeoutError):
            return "it did not answer in time"
    text = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return text if len(text) <= 160 else f"{text[:160]}…"


def _chain(error: BaseException) -> Iterator[BaseException]:
    # botocore keeps the cause in `kwargs["error"]`, aiohttp in `os_error`, Python in `__cause__`.
    seen: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        current = waiting.pop()
        if not isinstance(current, BaseException) or any(current is other for other in seen):
            continue
        seen.append(current)
        yield current
        kwargs = getattr(current, "kwargs", None)
        waiting += [
            kwargs.get("error") if isinstance(kwargs, dict) else None,
            current.__context__,
            current.__cause__,
            getattr(current, "os_error", None),
            *getattr(current, "exceptions", ()),
        ]
