"""How the network is reached: endpoint, region, who asks, and how long an answer may take.

Three libraries talk to servers: s3fs to buckets, aiohttp (through fsspec) to web servers, and tensorstore
to both, for the chunks of images. What each of them has to be told is said here and nowhere else.
"""

from __future__ import annotations

import os
import selectors
import sys
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from napari_abc.io.remote._network import ANSWER_SECONDS, CONNECT_SECONDS, SILENCE_SECONDS
from napari_abc.io.remote._source import PUBLIC_BUCKET

if TYPE_CHECKING:
    import asyncio

__all__ = [
    "CONNECTIONS",
    "RETRIES",
    "endpoint",
    "s3_filesystem",
    "storage_options",
    "tensorstore_bucket",
    "web_filesystem",
]

CONNECTIONS = 8
"""Parts of a file that are asked for at a time: a bucket answers late, and limits each connection."""

RETRIES = 2
"""How often a request is sent before it is given up, where a library counts them itself."""

_PUBLIC_REGION = "us-west-2"

_loops: WeakSet[asyncio.AbstractEventLoop] = WeakSet()


def endpoint() -> str | None:
    """Address of the S3 server, where it is not Amazon's: ``AWS_ENDPOINT_URL_S3`` or ``AWS_ENDPOINT_URL``."""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or None


def storage_options(address: str, *, anonymous: bool = True) -> dict[str, Any]:
    """What fsspec is told of an address: who asks, how long an answer may take, how many at a time.

    It goes to :func:`endpoint`, and through the proxies of the environment.

    Parameters
    ----------
    address
        ``s3://``, ``https://``, or anything else that fsspec knows and needs nothing for.
    anonymous
        For ``s3://``: whether to ask without credentials, and without looking into the person's own AWS
        profile and files: neither is needed, and a broken one must not stop us.

    Examples
    --------
    >>> storage_options("s3://some-bucket/folder")["anon"]
    True
    >>> storage_options("memory://somewhere")
    {}
    """
    scheme = address.partition("://")[0].lower()
    if scheme == "s3":
        return _s3_options(_is_public(address), anonymous)
    if scheme in ("http", "https"):
        return {"client_kwargs": {"timeout": _web_limits(), "trust_env": True}, "use_listings_cache": False}
    return {}


def _s3_options(public: bool, anonymous: bool) -> dict[str, Any]:
    limits: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": SILENCE_SECONDS,
        "max_pool_connections": 2 * CONNECTIONS,  # so that a small file need not wait for a large one
        "retries": {"mode": "standard", "total_max_attempts": RETRIES},
    }
    options: dict[str, Any] = {
        "client_kwargs": {"region_name": _PUBLIC_REGION} if public else {},
        "config_kwargs": limits,
        "use_listings_cache": False,
    }
    server = endpoint()
    if server is not None:
        options["endpoint_url"] = server
    if anonymous:
        unread = (None, None, None, None)
        nowhere = (None, None, os.devnull, None)
        limits["response_checksum_validation"] = "when_required"
        options["anon"] = True
        options["session_vars"] = {"profile": unread, "config_file": nowhere, "credentials_file": nowhere}
    return options


def _web_limits() -> Any:
    from aiohttp import ClientTimeout

    return ClientTimeout(
        total=None, connect=ANSWER_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS
    )


def s3_filesystem(address: str) -> Any:
    """An :class:`s3fs.S3FileSystem` for a bucket that anybody may read."""
    from s3fs import S3FileSystem

    fs = S3FileSystem(skip_instance_cache=True, **storage_options(address))
    fs.retries = RETRIES
    return fs


def web_filesystem() -> Any:
    """An fsspec file system for web addresses that are percent-encoded already."""
    from fsspec.implementations.http import HTTPFileSystem

    return HTTPFileSystem(encoded=True, skip_instance_cache=True, **storage_options("https://"))


def tensorstore_bucket(bucket: str, path: str) -> dict[str, Any]:
    """What tensorstore is told of a folder in a bucket that anybody may read; see :func:`endpoint`."""
    spec: dict[str, Any] = {
        "driver": "s3",
        "bucket": bucket,
        "path": f"{path}/" if path else "",
        "aws_credentials": {"type": "anonymous"},
    }
    server = endpoint()
    if server is not None:
        spec |= {"endpoint": server.rstrip("/"), "aws_region": "us-east-1"}
    elif _is_public(f"s3://{bucket}"):
        spec["aws_region"] = _PUBLIC_REGION  # else it asks for it first
    return spec


def _leave_the_parent_alone() -> None:
    """In a forked child, take the network's loop of the parent from what it shares with it.

    The list of connections that a loop listens to lies in the kernel and is the parent's too: when the
    child ends and closes its copies of connections, the parent would wait for answers forever.
    """
    for loop in _loops:
        if "_selector" in vars(loop):
            vars(loop)["_selector"] = selectors.SelectSelector()


def _note_loop() -> None:
    # fsspec forgets its loop in the child before we are asked, so it is noted in the parent.
    if "fsspec.asyn" in sys.modules:
        from fsspec.asyn import loop

        _loops.update(one for one in loop if one is not None)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_note_loop, after_in_child=_leave_the_parent_alone)


def _is_public(address: str) -> bool:
    return address == PUBLIC_BUCKET or address.startswith(f"{PUBLIC_BUCKET}/")
