"""Gene-major indexes that lie elsewhere: read by ranges, and written, through fsspec."""

from __future__ import annotations

import asyncio
import errno
import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from napari_abc.errors import AbcError, ConfigurationError, FormatError, MissingFileError, NetworkError
from napari_abc.io.gene_index._format import About
from napari_abc.io.gene_index._reader import GeneIndex
from napari_abc.io.remote import (
    ANSWER_SECONDS,
    CONNECT_SECONDS,
    PUBLIC_BUCKET,
    SILENCE_SECONDS,
    reason,
    start,
    wait,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from napari_abc.io.gene_index._files import Span
    from napari_abc.task import Task

__all__ = ["RemoteFiles", "open_published", "open_remote", "upload"]

_LARGEST_DOCUMENT = 64 * 2**20
_CONNECTIONS = 16
_PROBE = 16
_PUBLIC_REGION = "us-west-2"


class RemoteFiles:
    """Files below an address, read by parallel range requests.

    Parameters
    ----------
    address
        Anything that fsspec knows. ``s3://`` is read without credentials.

    Raises
    ------
    ConfigurationError
        If fsspec knows no such kind of address.
    """

    def __init__(self, address: str) -> None:
        self.location = _shown(address)
        self._fs, self._root = _filesystem(address, anonymous=True)

    def documents(
        self, names: Sequence[str], seconds: float = ANSWER_SECONDS, task: Task | None = None
    ) -> list[bytes | None]:
        """Whole small files; None for one that is not there, may not be seen, or is too large.

        Raises
        ------
        NetworkError
            If the place does not answer in time.
        """
        try:
            contents = self._ranges([(name, 0, _LARGEST_DOCUMENT + 1) for name in names], task, seconds)
        except AbcError:
            raise
        except Exception as error:
            raise self._unreachable(error) from error
        found: list[bytes | None] = []
        for content in contents:
            # A bucket that may not be listed answers "forbidden" for what it does not have.
            if isinstance(content, (FileNotFoundError, PermissionError)) or (
                getattr(content, "status", None) in (401, 403, 404, 410)
            ):
                found.append(None)
            elif isinstance(content, BaseException):
                raise self._unreachable(content) from content
            else:
                found.append(content if len(content) <= _LARGEST_DOCUMENT else None)
        return found

    def read(
        self, spans: Sequence[Span], task: Task | None = None, seconds: float | None = None
    ) -> list[memoryview]:
        """See :meth:`napari_abc.io.gene_index._files.Files.read`; ``seconds`` is how long to wait at most."""
        wanted = [span for span in spans if span[2]]
        try:
            answers = self._ranges(wanted, task, seconds)
        except AbcError:
            raise
        except Exception as error:
            raise self._unreachable(error) from error
        contents: list[bytes] = []
        for (name, _, count), content in zip(wanted, answers, strict=True):
            if isinstance(content, FileNotFoundError):
                raise MissingFileError(
                    f"A file of the gene index {self.location} is missing; use the matrix instead."
                ) from content
            if isinstance(content, BaseException) and not _beyond_the_end(content):
                raise self._unreachable(content) from content
            if isinstance(content, BaseException) or len(content) < count:
                raise FormatError(f"{self.location}/{name} is cut off; use the matrix instead.")
            if len(content) > count:
                raise NetworkError(
                    f"{self.location} does not serve parts of files, which an index is read by; use the "
                    "matrix instead, or serve the folder from a server that knows ranges."
                )
            contents.append(content)
        found = iter(contents)
        return [memoryview(next(found) if span[2] else b"") for span in spans]

    def close(self) -> None:
        """See :meth:`napari_abc.io.gene_index._files.Files.close`; there is nothing to close."""

    def _ranges(
        self, spans: Sequence[Span], task: Task | None, seconds: float | None = None
    ) -> list[bytes | BaseException]:
        """What each span gave: bytes or an error."""
        paths = [f"{self._root}/{name}" for name, _, _ in spans]
        starts = [begin for _, begin, _ in spans]
        ends = [begin + count for _, begin, count in spans]
        what = f"Reading from {self.location}"
        if task is not None:
            task.report(what, 0, None)
        if not self._fs.async_impl:
            contents = self._fs.cat_ranges(paths, starts, ends, on_error="return")
        else:
            work = self._fs._cat_ranges(paths, starts, ends, batch_size=_CONNECTIONS, on_error="return")
            if seconds is not None:
                work = asyncio.wait_for(work, seconds)
            contents = wait(start(self._fs.loop, work), task)
        if task is not None:
            done = sum(len(content) for content in contents if isinstance(content, bytes))
            task.report(what, done, done)
        return list(contents)

    def _unreachable(self, error: BaseException) -> NetworkError:
        return NetworkError(
            f"The gene index {self.location} can't be read ({reason(error)}); check the network and the "
            "address, or use the matrix instead."
        )


def open_remote(address: str, key: str) -> GeneIndex | None:
    """Open an index at an address; see :func:`~napari_abc.io.gene_index._reader.open_index`."""
    (document,) = RemoteFiles(address).documents(["zarr.json"])
    return _opened(address, key, document)


def open_published(address: str, keys: Mapping[str, str], seconds: float, task: Task) -> dict[str, GeneIndex]:
    """Open those of some indexes that are there, all of them asked for at once.

    Parameters
    ----------
    address
        Folder of the indexes.
    keys
        Name of each index and the key it must have.
    seconds
        How long to wait for an answer.

    Raises
    ------
    NetworkError
        If the place does not answer in time, or does not serve parts of files.
    """
    names = list(keys)
    documents = RemoteFiles(address).documents([f"{name}/zarr.json" for name in names], seconds, task)
    opened = {
        name: _opened(f"{address}/{name}", keys[name], document)
        for name, document in zip(names, documents, strict=True)
    }
    return {name: index for name, index in opened.items() if index is not None}


def _opened(address: str, key: str, document: bytes | None) -> GeneIndex | None:
    if document is None:
        return None
    try:
        about = About.parse(document)
        if about.key != key:
            return None
        files = RemoteFiles(address)
        sizes = {name: size for name, size in about.sizes().items() if size > _PROBE}
        if sizes:
            # The smallest file tells whether the place serves parts, before a large one is asked for.
            files.read([(min(sizes, key=lambda name: sizes[name]), 0, _PROBE)])
    except (FormatError, MissingFileError):
        return None
    return GeneIndex(about, files)


def upload(folder: Path, address: str, task: Task) -> None:
    """Copy a finished index to an address; its description comes last, so it is whole or not there.

    One that is there with the same description is left as it is.

    Credentials are those that fsspec's library for that address finds by itself.

    Raises
    ------
    ConfigurationError
        If fsspec knows no such kind of address.
    NetworkError
        If it can't be written there.
    """
    fs, root = _filesystem(address, anonymous=False)
    files = [path for path in folder.rglob("*") if path.is_file()]
    files.sort(key=lambda path: (path == folder / "zarr.json", path))
    total = sum(path.stat().st_size for path in files)
    done = 0
    try:
        if fs.exists(f"{root}/zarr.json"):
            if fs.cat_file(f"{root}/zarr.json") == (folder / "zarr.json").read_bytes():
                return  # it came last: all it describes is there
            fs.rm_file(f"{root}/zarr.json")  # what it describes is about to change
        for path in files:
            task.report(f"Writing to {_shown(address)}", done, total)
            target = f"{root}/{path.relative_to(folder).as_posix()}"
            if not fs.async_impl:
                fs.makedirs(target.rpartition("/")[0], exist_ok=True)
            fs.put_file(str(path), target)
            done += path.stat().st_size
    except AbcError:
        raise
    except Exception as error:
        raise NetworkError(
            f"{_shown(address)} can't be written to ({reason(error)}); check address and credentials."
        ) from error
    task.report(f"Writing to {_shown(address)}", total, total)


def _beyond_the_end(error: BaseException) -> bool:
    """Whether a server said that the file ends before the range that was asked for begins."""
    return getattr(error, "status", None) == 416 or getattr(error, "errno", None) == errno.EINVAL


def _shown(address: str) -> str:
    """The address without a password."""
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}".rstrip("/")


def _filesystem(address: str, anonymous: bool) -> tuple[Any, str]:
    from fsspec.core import split_protocol

    protocol, _ = split_protocol(address)
    public = address == PUBLIC_BUCKET or address.startswith(f"{PUBLIC_BUCKET}/")
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    try:
        fs = _made(protocol or "file", anonymous, public, endpoint)
    except (ValueError, ImportError) as error:
        raise ConfigurationError(
            f"{_shown(address)!r} is of a kind that can't be used ({error}); give s3://, https:// or a "
            "folder."
        ) from None
    return fs, str(fs._strip_protocol(address)).rstrip("/")


@lru_cache(maxsize=8)
def _made(protocol: str, anonymous: bool, public: bool, endpoint: str | None) -> Any:
    """A file system; kept, because an S3 client takes long to make. `endpoint` is read by the client."""
    from fsspec import filesystem

    options: dict[str, Any] = {"skip_instance_cache": True}
    if protocol == "s3":
        options |= _s3_options(anonymous, public)
    elif protocol in ("http", "https"):
        from aiohttp import ClientTimeout

        limits = ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS)
        options["client_kwargs"] = {"timeout": limits}
    return filesystem(protocol, **options)


def _s3_options(anonymous: bool, public: bool) -> dict[str, Any]:
    limits = {
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": SILENCE_SECONDS,
        "max_pool_connections": _CONNECTIONS,
        "retries": {"mode": "standard", "total_max_attempts": 2},
    }
    region = {"region_name": _PUBLIC_REGION} if public else {}
    if not anonymous:
        return {"config_kwargs": limits, "client_kwargs": region, "use_listings_cache": False}
    # The person's own profile and files are left unread: a broken one must not stop us.
    unread = (None, None, None, None)
    nowhere = (None, None, os.devnull, None)
    return {
        "anon": True,
        "config_kwargs": limits | {"response_checksum_validation": "when_required"},
        "client_kwargs": region,
        "session_vars": {"profile": unread, "config_file": nowhere, "credentials_file": nowhere},
        "use_listings_cache": False,
    }
