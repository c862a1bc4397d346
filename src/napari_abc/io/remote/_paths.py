"""A release's files and the names that become paths: what a key or a version may look like.

A manifest is somebody else's file. Every name of it that ends up in a path passes through here
first, so that no name can leave its folder, on any operating system.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from napari_abc.errors import FormatError

__all__ = ["RemoteFile", "check_key", "check_part", "check_version", "is_version", "manifest_key"]

# Separators and drive letters of other systems, and what Windows forbids in a file name.
_FORBIDDEN = re.compile(r'[\\:<>"|?*]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_VERSION = re.compile(r"[0-9]{4,16}")
_MD5 = re.compile(r"[0-9a-f]{32}")
# First parts that belong to a cache itself: a data file of that name could pose as a manifest, as
# a derived store, or as the record of what was verified.
_RESERVED = frozenset({"releases", "napari-abc"})
_LONGEST_PART = 200
_LONGEST_KEY = 1000


def check_part(name: object) -> str:
    """Return `name` if it can safely be one part of a path.

    Parameters
    ----------
    name
        A dataset, table or file name, as found in a manifest.

    Raises
    ------
    FormatError
        If it is no text, empty, too long, hidden, or has characters that mean something in a path.
    """
    if not isinstance(name, str):
        raise FormatError(f"A name must be text, but one is {name!r:.80}; the manifest is not to be trusted.")
    if (
        not name
        or len(name.encode("utf-8", "surrogatepass")) > _LONGEST_PART
        or not name.isprintable()
        or name.startswith((".", " "))
        or name.endswith((".", " "))
        or "/" in name
        or _FORBIDDEN.search(name)
        or _DEVICE.fullmatch(name)
    ):
        raise FormatError(f"{name!r:.120} can't be part of a path; the manifest is not to be trusted.")
    return name


def check_key(key: object) -> str:
    """Return `key` if it is a relative POSIX path of a data file.

    Parameters
    ----------
    key
        A manifest's ``relative_path``, for example ``"metadata/WMB-10X/20231215/gene.csv"``.

    Raises
    ------
    FormatError
        If it is absolute, has empty or ``..`` parts, backslashes, drive letters or control
        characters, or starts with a folder in which a cache keeps its own books.
    """
    if not isinstance(key, str) or len(key) > _LONGEST_KEY:
        raise FormatError(f"A path must be text, but one is {key!r:.80}; the manifest is not to be trusted.")
    parts = key.split("/")
    for part in parts:
        try:
            check_part(part)
        except FormatError:
            raise FormatError(
                f"The path {key!r:.200} is refused, because it could leave its folder; "
                "the manifest is not to be trusted."
            ) from None
    if len(parts) < 2 or parts[0].casefold() in _RESERVED or parts[0].startswith("_"):
        raise FormatError(
            f"The path {key!r:.200} is refused, because no data file belongs there; "
            "the manifest is not to be trusted."
        )
    return key


def is_version(text: str) -> bool:
    """Whether `text` looks like a release version: digits only, such as ``"20260228"``."""
    return text.isascii() and _VERSION.fullmatch(text) is not None


def check_version(version: object) -> str:
    """Return `version` if it is one (digits only).

    Raises
    ------
    FormatError
        If it is anything else.
    """
    if not isinstance(version, str) or not is_version(version):
        raise FormatError(
            f"{version!r:.80} is no release version: those are digits only, for example '20260228'."
        )
    return version


def manifest_key(version: str) -> str:
    """Key of a release's manifest, ``releases/<version>/manifest.json``.

    Raises
    ------
    FormatError
        If `version` is not digits only.
    """
    return f"releases/{check_version(version)}/manifest.json"


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a release, as its manifest describes it.

    Raises
    ------
    FormatError
        If the key could leave its folder, or size or MD5 are none.
    """

    key: str
    """Path inside the source and inside a cache, with forward slashes."""
    size: int | None = None
    """Bytes; None where the manifest does not say."""
    md5: str | None = None
    """MD5 of the content, 32 lower-case hexadecimal digits; None where the manifest does not say."""

    def __post_init__(self) -> None:
        check_key(self.key)
        if self.size is not None and (type(self.size) is not int or not 0 <= self.size < 2**53):
            raise FormatError(
                f"The size of {self.key} is {self.size!r:.80}, but it must be a number of bytes."
            )
        if self.md5 is not None and not (isinstance(self.md5, str) and _MD5.fullmatch(self.md5)):
            raise FormatError(
                f"The MD5 of {self.key} is {self.md5!r:.80}, but it must be 32 hexadecimal digits."
            )

    @property
    def name(self) -> str:
        """The file's own name, for people: ``"cell_metadata.csv"``."""
        return self.key.rpartition("/")[2]
