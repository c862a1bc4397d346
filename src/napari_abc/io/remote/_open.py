"""From what a person types to the source it names."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from napari_abc.errors import ConfigurationError
from napari_abc.io.remote._bucket import BucketSource
from napari_abc.io.remote._folder import FolderSource
from napari_abc.io.remote._source import PUBLIC_BUCKET, Source
from napari_abc.io.remote._web import WebSource

__all__ = ["open_source"]

_BUCKET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")


def open_source(location: str | Path | None = None) -> Source:
    """Open the place that bytes come from; nothing is fetched yet.

    Parameters
    ----------
    location
        ``s3://bucket[/prefix]`` (read without credentials; ``AWS_ENDPOINT_URL`` is honored), the
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
        bucket, _, prefix = text[len("s3://") :].partition("/")
        if not _BUCKET_NAME.fullmatch(bucket):
            raise ConfigurationError(
                f"{text!r} names no bucket: write it as s3://bucket or s3://bucket/prefix."
            )
        return BucketSource(bucket, prefix.strip("/"))
    if scheme in ("http", "https"):
        if not host or parts.query:
            raise ConfigurationError(
                f"{text!r} can't be a mirror: give the address under which 'releases' lies, without '?'."
            )
        return WebSource(text)
    raise ConfigurationError(
        f"{text!r} is of a kind that can't be read: give s3://bucket, https://mirror, or a folder."
    )


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ConfigurationError(
            f"The home folder in {str(path)!r} is not known: write the whole path."
        ) from error
