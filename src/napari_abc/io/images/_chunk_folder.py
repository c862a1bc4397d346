"""A folder of small files that arrays are made of: on disk, on a web server, or in a public bucket."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from napari_abc.errors import ConfigurationError, FormatError, MissingFileError
from napari_abc.io.images._tensorstore import context, read_error
from napari_abc.io.remote import tensorstore_bucket

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ChunkFolder"]

_MAX_JSON = 16 * 2**20
"""Bytes of a description; real ones have some thousand."""


@dataclass(frozen=True)
class ChunkFolder:
    """A folder, wherever it lies, as tensorstore wants it told."""

    spec: Mapping[str, Any]
    shown: str
    """What a person reads in an error."""

    @classmethod
    def of(cls, where: str | Path) -> ChunkFolder:
        """The folder at a path or an address: ``https://``, or a public bucket's ``s3://`` or ``gs://``.

        Raises
        ------
        ConfigurationError
            If it is another kind of address.
        MissingFileError
            If it is a path without a folder.
        """
        text = str(where)
        scheme, separator, rest = text.partition("://")
        scheme = scheme.lower()
        if isinstance(where, Path) or not separator:
            folder = Path(where).expanduser().absolute()
            if not folder.is_dir():
                raise MissingFileError(f"There is no folder {folder}; check the path.")
            return cls({"driver": "file", "path": f"{folder.as_posix()}/"}, str(folder))
        rest = rest.strip("/")
        # A password may be part of the address; nobody needs to see it.
        shown = f"{scheme}://{rest.rpartition('@')[2]}"
        if scheme in ("http", "https"):
            parts = urlsplit(f"{scheme}://{rest}")
            base = f"{scheme}://{parts.netloc}{f'?{parts.query}' if parts.query else ''}"
            return cls({"driver": "http", "base_url": base, "path": f"{unquote(parts.path)}/"}, shown)
        bucket, _, path = rest.partition("/")
        if not bucket:
            raise ConfigurationError(f"{text} names no bucket; give an address such as s3://bucket/folder.")
        if scheme == "gs":
            public = {"driver": "http", "base_url": "https://storage.googleapis.com"}
            return cls({**public, "path": f"/{bucket}/{path}/".replace("//", "/")}, shown)
        if scheme == "s3":
            return cls(tensorstore_bucket(bucket, path), shown)
        raise ConfigurationError(
            f"{text} is no address that volumes are read from; give a folder, https://, s3:// or gs://."
        )

    def __str__(self) -> str:
        return self.shown

    @property
    def name(self) -> str:
        """Name of the folder itself."""
        return self.shown.rstrip("/").replace("\\", "/").rpartition("/")[2]

    @property
    def local(self) -> bool:
        """Whether it lies on this machine's disks."""
        return bool(self.spec["driver"] == "file")

    def child(self, path: object) -> ChunkFolder:
        """The folder at a relative path that somebody else's file names.

        Raises
        ------
        FormatError
            If it is no relative path, or would leave this place.
        """
        parts = path.split("/") if isinstance(path, str) else ()
        # Separators and drive letters of other systems count, and so do names that a server reads otherwise.
        if not parts or any(
            part in ("", ".", "..") or not part.isprintable() or any(c in part for c in '\\:<>"|?*#%')
            for part in parts
        ):
            raise FormatError(f"{self} names a part {path!r:.100} that could lie outside; it is not read.")
        inner = "/".join(parts)
        return ChunkFolder({**self.spec, "path": f"{self.spec['path']}{inner}/"}, f"{self.shown}/{inner}")

    def json(self, name: str) -> dict[str, Any] | None:
        """Content of one of its JSON files; None where there is no such file.

        Raises
        ------
        FormatError
            If it is no JSON object.
        NetworkError
            If the place can't be reached.
        """
        content = self._read(name)
        if content is None:
            return None
        try:
            found = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise FormatError(f"{self}/{name} is not JSON ({error}); copy it again.") from error
        if not isinstance(found, dict):
            raise FormatError(f"{self}/{name} does not describe a volume; copy it again.")
        return found

    def _read(self, name: str) -> bytes | None:
        if self.local:
            path = Path(self.spec["path"]) / name
            if not path.is_file():
                return None
            try:
                with path.open("rb") as file:
                    content = file.read(_MAX_JSON + 1)
            except OSError as error:
                raise MissingFileError(
                    f"{path} can't be read ({error.strerror}); check its permissions."
                ) from error
        else:
            import tensorstore as ts

            try:
                store = ts.KvStore.open(dict(self.spec), context=context()).result()
                answer = store.read(name).result()
            except (ValueError, OSError) as error:
                if str(error).startswith("PERMISSION_DENIED"):
                    return None  # a public bucket that can't be listed says this of what is not there
                raise read_error(f"{self}/{name}", error) from error
            if answer.state != "value":
                return None
            content = answer.value
        if len(content) > _MAX_JSON:
            raise FormatError(f"{self}/{name} is too large for a description of a volume.")
        return content
