"""What all arrays that tensorstore reads share: a cache, few retries, and errors in our words."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from napari_abc.errors import AbcError, FormatError, MissingFileError, NetworkError
from napari_abc.io.remote import RETRIES

if TYPE_CHECKING:
    import tensorstore as ts

__all__ = ["context", "read_error", "reason"]

_CACHE = 2**28
"""Bytes of decoded chunks that are kept, all arrays together: the next plane often lies in them."""


@cache
def context() -> ts.Context:
    """What all arrays share: one cache of a stated size, and few retries on the web."""
    import tensorstore as ts

    retries = {"max_retries": RETRIES, "initial_delay": "200ms", "max_delay": "1s"}
    return ts.Context(
        {
            "cache_pool": {"total_bytes_limit": _CACHE},
            "http_request_retries": retries,
            "s3_request_retries": retries,
        }
    )


def reason(error: BaseException) -> str:
    """What tensorstore says of an error, without its code and the description of the array."""
    text = str(error).split(" [tensorstore_spec=")[0].split(" [source locations=")[0]
    code, colon, rest = text.partition(": ")
    return " ".join((rest if colon and code.isupper() else text).split())[:300]


def read_error(name: str, error: BaseException) -> AbcError:
    """The error for something that could not be read, with the cure."""
    text = str(error)
    if text.startswith(("NOT_FOUND", "PERMISSION_DENIED")):
        return MissingFileError(f"{name} can't be read ({reason(error)}); check the path.")
    if text.startswith(("UNAVAILABLE", "DEADLINE_EXCEEDED", "ABORTED", "UNAUTHENTICATED")):
        return NetworkError(f"{name} can't be read ({reason(error)}): check the network and the address.")
    return FormatError(f"{name} can't be read ({reason(error)}); it may be damaged: copy it again.")
