"""How the network is reached: endpoint, region, who asks, and how long an answer may take.

Three libraries talk to servers: s3fs to buckets, aiohttp (through fsspec) to web servers, and tensorstore
to both, for the chunks of images. What each of them has to be told is said here and nowhere else.
"""

from __future__ import annotations

import os
import selectors
from functools import lru_cache
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
    "filesystem",
    "s3_filesystem",
    "tensorstore_bucket",
    "web_filesystem",
]

CONNECTIONS = 16
"""Requests to one server that may be under way at a time."""

RETRIES = 2
"""How often a request is sent before it is given up, where a library counts them itself."""

_PUBLIC_REGION = "us-west-2"

_loops: WeakSet[asyncio.AbstractEventLoop] = WeakSet()


def endpoint() -> str | None:
    """Address of the S3 server, where it is not Amazon's: ``AWS_ENDPOINT_URL_S3`` or ``AWS_ENDPOINT_URL``."""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or None


def s3_filesystem(address: str, *, anonymous: bool = True) -> Any:
    """An :class:`s3fs.S3FileSystem` for an ``s3://`` address; it honors :func:`endpoint`.

    Parameters
    ----------
    address
        Any address in the bucket.
    anonymous
        Whether to ask without credentials, and without looking into the person's own AWS profile and
        files: neither is needed, and a broken one must not stop us.
    """
    from s3fs import S3FileSystem

    limits: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": SILENCE_SECONDS,
        "max_pool_connections": CONNECTIONS,
        "retries": {"mode": "standard", "total_max_attempts": RETRIES},
    }
    options: dict[str, Any] = {
        "client_kwargs": {"region_name": _PUBLIC_REGION} if _is_public(address) else {}
    }
    if anonymous:
        unread = (None, None, None, None)
        nowhere = (None, None, os.devnull, None)
        options["anon"] = True
        options["session_vars"] = {"profile": unread, "config_file": nowhere, "credentials_file": nowhere}
        limits["response_checksum_validation"] = "when_required"
    fs = S3FileSystem(config_kwargs=limits, use_listings_cache=False, skip_instance_cache=True, **options)
    fs.retries = RETRIES
    _loops.add(fs.loop)
    return fs


def web_filesystem(*, encoded: bool = False) -> Any:
    """An fsspec file system for ``http://`` and ``https://``; it honors the proxies of the environment.

    Parameters
    ----------
    encoded
        Whether addresses are percent-encoded already.
    """
    from aiohttp import ClientTimeout
    from fsspec.implementations.http import HTTPFileSystem

    timeout = ClientTimeout(
        total=None, connect=ANSWER_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS
    )
    fs = HTTPFileSystem(
        encoded=encoded,
        client_kwargs={"timeout": timeout, "trust_env": True},
        use_listings_cache=False,
        skip_instance_cache=True,
    )
    _loops.add(fs.loop)
    return fs


def filesystem(address: str, *, anonymous: bool = True) -> tuple[Any, str]:
    """An fsspec file system for an address of any kind, and the path of the address in it.

    It is kept, because an S3 client takes long to make; a forked child makes its own.

    Parameters
    ----------
    address
        ``s3://``, ``https://``, a folder, or anything else that fsspec knows.
    anonymous
        For ``s3://``: whether to ask without credentials.

    Raises
    ------
    ValueError, ImportError
        If fsspec knows no such kind of address, or lacks the library for it.
    """
    from fsspec.core import split_protocol

    protocol, _ = split_protocol(address)
    fs = _kept(protocol or "file", anonymous, _is_public(address), endpoint(), os.getpid())
    return fs, str(fs._strip_protocol(address)).rstrip("/")


@lru_cache(maxsize=8)
def _kept(protocol: str, anonymous: bool, public: bool, _endpoint: str | None, _process: int) -> Any:
    if protocol == "s3":
        return s3_filesystem(PUBLIC_BUCKET if public else "", anonymous=anonymous)
    if protocol in ("http", "https"):
        return web_filesystem()
    from fsspec import filesystem

    return filesystem(protocol, skip_instance_cache=True)


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
    """In a forked child, take the network loops of the parent from what they share with it.

    The list of connections that a loop listens to lies in the kernel and is the parent's too: when the
    child ends and closes its copies of connections, the parent would wait for answers forever.
    """
    for loop in _loops:
        if "_selector" in vars(loop):
            vars(loop)["_selector"] = selectors.SelectSelector()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_the_parent_alone)


def _is_public(address: str) -> bool:
    return address == PUBLIC_BUCKET or address.startswith(f"{PUBLIC_BUCKET}/")
