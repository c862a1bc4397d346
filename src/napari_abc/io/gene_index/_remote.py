"""Gene-major indexes that lie elsewhere: read by ranges, and written, through fsspec.

Who reads and how is said by fsspec's *storage options*, which callers pass as they do to pandas, zarr or
Dask: ``{"anon": True}`` reads a public bucket without credentials. Left out, fsspec's own settings count.
"""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from typing import TYPE_CHECKING, Any

from napari_abc.errors import (
    AbcError,
    ConfigurationError,
    FormatError,
    MissingFileError,
    NetworkError,
    reason,
)
from napari_abc.io.gene_index._format import About
from napari_abc.io.gene_index._reader import GeneIndex
from napari_abc.task import wait

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from napari_abc.io.gene_index._files import Span
    from napari_abc.task import Task

    Options = Mapping[str, Any] | None
    """Storage options of fsspec; None for its own settings."""

__all__ = ["RemoteFiles", "open_published", "open_remote", "upload"]

_LARGEST_DOCUMENT = 64 * 2**20
_CONNECTIONS = 16
_PROBE = 16
_ANSWER_SECONDS = 20.0
_MOST_KEPT = 8


class RemoteFiles:
    """Files below an address, read by parallel range requests.

    Parameters
    ----------
    address
        Anything that fsspec knows: ``"s3://bucket/folder"``, ``"https://host/folder"``.
    storage_options
        What fsspec shall know of who reads and how, ``{"anon": True}``, say; None for its own settings.

    Attributes
    ----------
    location
        The address without a password, for people.

    Raises
    ------
    ConfigurationError
        If fsspec knows no such kind of address, or no such options.

    Examples
    --------
    >>> files = RemoteFiles("memory://somewhere")
    >>> files.documents(["zarr.json"])
    [None]
    """

    def __init__(self, address: str, storage_options: Options = None) -> None:
        self.location = _shown(address)
        self._address = address
        self._options = dict(storage_options or {})
        _filesystem(address, self._options)  # complains now, not when something is read

    def __reduce__(self) -> tuple[Any, ...]:
        return RemoteFiles, (self._address, self._options)

    def documents(
        self, names: Sequence[str], seconds: float = _ANSWER_SECONDS, task: Task | None = None
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
        fs, root = _filesystem(self._address, self._options)
        paths = [f"{root}/{name}" for name, _, _ in spans]
        starts = [begin for _, begin, _ in spans]
        ends = [begin + count for _, begin, count in spans]
        what = f"Reading from {self.location}"
        if task is not None:
            task.report(what, 0, None)
        if not fs.async_impl:
            contents = fs.cat_ranges(paths, starts, ends, on_error="return")
        else:
            work = fs._cat_ranges(paths, starts, ends, batch_size=_CONNECTIONS, on_error="return")
            if seconds is not None:
                work = asyncio.wait_for(work, seconds)
            contents = wait(asyncio.run_coroutine_threadsafe(work, fs.loop), task)
        if task is not None:
            done = sum(len(content) for content in contents if isinstance(content, bytes))
            task.report(what, done, done)
        return list(contents)

    def _unreachable(self, error: BaseException) -> NetworkError:
        return NetworkError(
            f"The gene index {self.location} can't be read ({reason(error)}); check the network and the "
            "address, or use the matrix instead."
        )


def open_remote(address: str, key: str, storage_options: Options = None) -> GeneIndex | None:
    """Open an index at an address; see :func:`~napari_abc.io.gene_index.open_index`."""
    (document,) = RemoteFiles(address, storage_options).documents(["zarr.json"])
    return _opened(address, key, document, storage_options)


def open_published(
    address: str,
    keys: Mapping[str, str],
    seconds: float,
    task: Task,
    storage_options: Options = None,
) -> dict[str, GeneIndex]:
    """Open those of some indexes that are there, all of them asked for at once.

    Parameters
    ----------
    address
        Folder of the indexes.
    keys
        Name of each index and the key it must have.
    seconds
        How long to wait for an answer.
    task
        Progress and cancel.
    storage_options
        See :class:`RemoteFiles`.

    Returns
    -------
    dict
        Name of each index that is there, and the index.

    Raises
    ------
    NetworkError
        If the place does not answer in time, or does not serve parts of files.
    ConfigurationError
        If fsspec knows no such kind of address.
    Cancelled
        If `task` was cancelled.

    Examples
    --------
    >>> from napari_abc.task import Task
    >>> open_published("memory://genes", {"log2-ab12-v1.zarr": "ab12"}, 5, Task())
    {}
    """
    names = list(keys)
    files = RemoteFiles(address, storage_options)
    documents = files.documents([f"{name}/zarr.json" for name in names], seconds, task)
    opened = {
        name: _opened(f"{address}/{name}", keys[name], document, storage_options)
        for name, document in zip(names, documents, strict=True)
    }
    return {name: index for name, index in opened.items() if index is not None}


def _opened(address: str, key: str, document: bytes | None, storage_options: Options) -> GeneIndex | None:
    if document is None:
        return None
    try:
        about = About.parse(document)
        if about.key != key:
            return None
        files = RemoteFiles(address, storage_options)
        sizes = {name: size for name, size in about.sizes().items() if size > _PROBE}
        if sizes:
            # The smallest file tells whether the place serves parts, before a large one is asked for.
            files.read([(min(sizes, key=lambda name: sizes[name]), 0, _PROBE)])
    except (FormatError, MissingFileError):
        return None
    return GeneIndex(about, files)


def upload(folder: Path, address: str, task: Task, storage_options: Options = None) -> None:
    """Copy a finished index to an address; its description comes last, so it is whole or not there.

    One that is there with the same description is left as it is.

    Parameters
    ----------
    folder
        Folder of the index.
    address
        What it will be: ``"s3://bucket/genes/mine.zarr"``.
    task
        Progress in bytes; can cancel.
    storage_options
        See :class:`RemoteFiles`; credentials are those that fsspec's library for that address finds.

    Raises
    ------
    ConfigurationError
        If fsspec knows no such kind of address.
    NetworkError
        If it can't be written there.
    Cancelled
        If `task` was cancelled; what was copied stays, and is not taken for an index.

    Examples
    --------
    >>> upload(Path("mine.zarr"), "s3://mine/genes/mine.zarr", Task())  # doctest: +SKIP
    """
    fs, root = _filesystem(address, dict(storage_options or {}))
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


_kept: dict[str, Any] = {}
_making = threading.Lock()


def _filesystem(address: str, options: Mapping[str, Any]) -> tuple[Any, str]:
    """The file system of an address, and the address as a path in it.

    It is kept, because a client of S3 takes long to make, and fsspec would make one a thread; a forked
    child makes its own.
    """
    from fsspec import filesystem
    from fsspec.core import split_protocol
    from fsspec.utils import tokenize

    protocol = split_protocol(address)[0] or "file"
    token = tokenize(protocol, os.getpid(), **options)
    fs = _kept.get(token)
    if fs is None:
        try:
            fs = filesystem(protocol, skip_instance_cache=True, **options)
        except (ValueError, ImportError, TypeError) as error:
            raise ConfigurationError(
                f"{_shown(address)!r} is of a kind that can't be used ({error}); give s3://, https:// or a "
                "folder."
            ) from None
        with _making:
            while len(_kept) >= _MOST_KEPT:
                _kept.pop(next(iter(_kept)))
            fs = _kept.setdefault(token, fs)
    return fs, str(fs._strip_protocol(address)).rstrip("/")
