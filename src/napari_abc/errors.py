"""The exceptions this package raises.

One family, so that a script can catch :class:`AbcError`, and each member is also the builtin
exception that a caller would expect. A message names the thing, the reason and the cure in one
sentence; the shell prints it as it is.
"""

from __future__ import annotations

import errno
import socket
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "AbcError",
    "Cancelled",
    "ConfigurationError",
    "DiskFullError",
    "DisplayError",
    "ExpressionError",
    "FormatError",
    "IntegrityError",
    "MissingFileError",
    "NetworkError",
    "OfflineError",
    "UnknownNameError",
    "reason",
]


class AbcError(Exception):
    """Base of every exception that this package raises on purpose.

    Each is also the builtin exception that a caller would expect, and prints as one sentence.

    Examples
    --------
    >>> import napari_abc as abc
    >>> try:
    ...     atlas["HMBA-MERSCOPE"]
    ... except abc.AbcError as error:
    ...     print(isinstance(error, KeyError), "did you mean" in str(error))
    True True
    """

    def __str__(self) -> str:
        # KeyError would print its message as a repr; every member prints plain text.
        return " ".join(str(part) for part in self.args)


class ConfigurationError(AbcError, ValueError):
    """An argument or a setting can't be used as given."""


class UnknownNameError(AbcError, KeyError):
    """A dataset, slab, gene, column or release of that name does not exist."""


class MissingFileError(AbcError, FileNotFoundError):
    """A file or folder that is needed is not there."""


class FormatError(AbcError, ValueError):
    """A file is not what it should be: truncated, malformed, or of another kind."""


class IntegrityError(AbcError, ValueError):
    """A file's size or MD5 differs from what the manifest says."""


class ExpressionError(AbcError, LookupError):
    """Expression values can't be had for these cells, for example because no cell id is shared."""


class NetworkError(AbcError, ConnectionError):
    """The source can't be reached or did not answer as it should."""


class OfflineError(NetworkError):
    """Something would have to be fetched, but fetching was ruled out."""


class DiskFullError(AbcError, OSError):
    """There is not enough room for a file; nothing of it is kept."""


class DisplayError(AbcError, RuntimeError):
    """A window or a picture can't be made on this machine."""


class Cancelled(AbcError):
    """The person cancelled; nothing half-done is left behind."""


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
