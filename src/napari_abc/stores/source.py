"""Where bytes come from: a bucket, a web mirror, or a folder, each behind the same few methods."""

from __future__ import annotations

import os
import re
import stat
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from napari_abc.errors import ConfigurationError, FormatError, MissingFileError
from napari_abc.stores.keys import is_version

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from napari_abc.task import Task

__all__ = ["PUBLIC_BUCKET", "FolderSource", "Source", "in_order", "open_source", "too_large"]

PUBLIC_BUCKET = "s3://allen-brain-cell-atlas"
"""The Allen Institute's public bucket; it needs no account."""

_BLOCK = 4 * 2**20
_BUCKET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")


class Source(ABC):
    """A place that holds releases in the bucket's layout.

    Attributes
    ----------
    location
        What a person would type to name it; it never shows a password.
    folder
        Its folder if it is one on this machine, else None.
    """

    location: str
    folder: Path | None = None

    @property
    def is_local(self) -> bool:
        """Whether its files lie on this machine and are used in place."""
        return self.folder is not None

    @abstractmethod
    def releases(self) -> list[str]:
        """Versions of the releases it holds, ascending.

        Raises
        ------
        NetworkError
            If it can't be reached, or has no way to list what it holds.
        MissingFileError
            If it says that there are none.
        """

    @abstractmethod
    def read_small(self, key: str, limit: int) -> bytes:
        """Read a whole small file.

        Parameters
        ----------
        key
            Path inside the source, with forward slashes.
        limit
            Most bytes to take; more is never held in memory.

        Raises
        ------
        MissingFileError
            If there is no such file.
        FormatError
            If the file is larger than `limit`, or lies outside a local source.
        NetworkError
            If the source can't be reached.
        """

    @abstractmethod
    def blocks(self, key: str, size: int | None, task: Task) -> Generator[bytes, None, None]:
        """Content of a file, block after block, from its first byte to its last.

        Parameters
        ----------
        key
            Path inside the source, with forward slashes.
        size
            Bytes it should have, None where unknown.
        task
            Asked between blocks, and while waiting for one, whether to stop.

        Raises
        ------
        MissingFileError
            If there is no such file.
        IntegrityError
            If the source says that its size is another.
        NetworkError
            If the source can't be reached, or stops answering.
        Cancelled
            If `task` was cancelled.
        """

    def path(self, key: str) -> Path | None:
        """Where a file lies on this machine, or None: absent, or not a local source."""
        return None

    def __repr__(self) -> str:
        return f"<Source {self.location}>"


class FolderSource(Source):
    """A folder in bucket layout: a copy, a mounted mirror, or an abc_atlas_access cache; only read.

    Parameters
    ----------
    folder
        The folder that contains ``releases``.

    Raises
    ------
    MissingFileError
        If it does not exist or holds no release.
    ConfigurationError
        If it is no folder.
    """

    folder: Path

    def __init__(self, folder: Path) -> None:
        folder = folder.absolute()
        if not folder.exists():
            raise MissingFileError(f"There is no folder {folder}: check the path of the source.")
        if not folder.is_dir():
            raise ConfigurationError(
                f"{folder} is a file, but a source is a folder: give the one that contains 'releases'."
            )
        self.folder = folder.resolve()
        self.location = str(folder)
        if not self.releases():
            raise MissingFileError(
                f"{folder} holds no releases/<version>/manifest.json: give the folder that contains "
                f"'releases', or use source={PUBLIC_BUCKET!r}."
            )

    def releases(self) -> list[str]:
        """Versions that have a manifest here, ascending."""
        found = self.folder.glob("releases/*/manifest.json")
        return in_order(manifest.parent.name for manifest in found if manifest.is_file())

    def path(self, key: str) -> Path | None:
        """Where a file lies, or None if it is absent.

        Raises
        ------
        FormatError
            If it is reached through a link that leads out of the folder, or is no regular file.
        """
        path = self.folder / key
        try:
            # A link to a device or a pipe would never end; a link out of the folder is not its data.
            if not path.resolve().is_relative_to(self.folder):
                raise FormatError(
                    f"{path} leads out of the folder through a link: put the file itself there."
                )
            mode = path.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, RuntimeError) as error:
            raise FormatError(f"{path} can't be read ({_why(error)}): check its permissions.") from error
        if not stat.S_ISREG(mode):
            raise FormatError(f"{path} is not a regular file: put the file itself there.")
        return path

    def read_small(self, key: str, limit: int) -> bytes:
        """Read a whole small file; see :meth:`Source.read_small`."""
        path = self._needed(key)
        if path.stat().st_size > limit:
            raise too_large(str(path), limit)
        try:
            with path.open("rb") as file:
                data = file.read(limit + 1)
        except OSError as error:
            raise FormatError(f"{path} can't be read ({_why(error)}): check its permissions.") from error
        if len(data) > limit:
            raise too_large(str(path), limit)
        return data

    def blocks(self, key: str, size: int | None, task: Task) -> Generator[bytes, None, None]:
        """Content of a file, block after block; see :meth:`Source.blocks`."""
        with self._needed(key).open("rb") as file:
            while block := file.read(_BLOCK):
                task.check()
                yield block

    def _needed(self, key: str) -> Path:
        path = self.path(key)
        if path is None:
            raise MissingFileError(
                f"{self.location} has no {key}: complete the folder, or use source={PUBLIC_BUCKET!r}."
            )
        return path


def open_source(location: str | Path | None = None) -> Source:
    """Open the place that bytes come from; nothing is fetched yet.

    Parameters
    ----------
    location
        ``s3://bucket[/prefix]`` (read without credentials; ``AWS_ENDPOINT_URL`` is honoured), the
        ``http(s)://`` address of a mirror, a folder in bucket layout such as an abc_atlas_access
        cache, a ``file://`` address, or None for the public bucket.

    Returns
    -------
    Source

    Raises
    ------
    ConfigurationError
        If `location` is none of these.
    MissingFileError
        If it is a folder that does not exist or holds no release.
    """
    if location is None:
        location = PUBLIC_BUCKET
    if isinstance(location, Path):
        return FolderSource(_expanded(location))
    text = location.strip()
    if not text or "\0" in text:
        raise ConfigurationError(
            f"The source {location!r} names no place: give a folder or {PUBLIC_BUCKET!r}."
        )
    # A drive letter is a scheme to urlsplit, so only "://" makes an address.
    if "://" not in text:
        return FolderSource(_expanded(Path(text)))
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigurationError(f"{text!r} is no valid address ({error}): check its spelling.") from error
    scheme = parts.scheme.lower()
    if scheme == "file":
        if host not in (None, "", "localhost"):
            raise ConfigurationError(f"{text!r} names another machine: use file:/// and a path on this one.")
        return FolderSource(Path(url2pathname(unquote(parts.path) if os.name != "nt" else parts.path)))
    if scheme == "s3":
        from napari_abc.stores.bucket import BucketSource

        bucket, _, prefix = text[len("s3://") :].partition("/")
        if not _BUCKET_NAME.fullmatch(bucket):
            raise ConfigurationError(
                f"{text!r} names no bucket: write it as s3://bucket or s3://bucket/prefix."
            )
        return BucketSource(bucket, prefix.strip("/"))
    if scheme in ("http", "https"):
        from napari_abc.stores.web import WebSource

        if not host or parts.query:
            raise ConfigurationError(
                f"{text!r} can't be a mirror: give the address under which 'releases' lies, without '?'."
            )
        return WebSource(text)
    raise ConfigurationError(
        f"{text!r} is of a kind that can't be read: give s3://bucket, https://mirror, or a folder."
    )


def in_order(names: Iterable[str]) -> list[str]:
    """Release versions among `names`, each once, ascending."""
    return sorted({name for name in names if is_version(name)}, key=lambda name: (int(name), name))


def too_large(name: str, limit: int) -> FormatError:
    """The error for a small file that is not small."""
    return FormatError(
        f"{name} is larger than the {limit / 2**20:g} MiB that such a file may have, so it is not one: "
        "use another source."
    )


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ConfigurationError(
            f"The home folder in {str(path)!r} is not known: write the whole path."
        ) from error


def _why(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error)
