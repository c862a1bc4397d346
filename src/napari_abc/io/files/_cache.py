"""Which folder files are fetched into, and which are only read."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from napari_abc.errors import ConfigurationError

__all__ = ["OWN_FOLDER", "absolute", "choose_cache", "default_cache", "may_write"]

OWN_FOLDER = "napari-abc"
"""Folder inside a cache that holds what this project derives from the files beside it."""

_MARKERS = ("_downloaded_data.json", "_manifest_last_used.txt")


def default_cache() -> Path:
    """Folder that files are fetched into unless another is given.

    The environment variable ``NAPARI_ABC_CACHE``, else the system's folder for caches.
    """
    named = os.environ.get("NAPARI_ABC_CACHE", "").strip()
    return absolute(Path(named)) if named else _system_cache()


def absolute(path: Path) -> Path:
    """`path` with ``~`` replaced and made absolute.

    Raises
    ------
    ConfigurationError
        If the home folder it names is not known.
    """
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:
        raise ConfigurationError(
            f"The home folder in {str(path)!r} is not known: write the whole path."
        ) from error


def choose_cache(given: Path | None, source: Path | None) -> tuple[Path, list[Path], list[str]]:
    """Choose the folder to fetch into.

    The folder given, else the default one. One that abc_atlas_access made, or that can't be written
    to, is only read, and the next in line is written to.

    Parameters
    ----------
    given
        Folder that the person named, or None.
    source
        Folder of a local source, which is never written to, or None.

    Returns
    -------
    cache : Path
        Folder to write to; it need not exist yet.
    only_read : list of Path
        Folders to look in first.
    warnings : list of str
        A sentence for each folder that was named and is only read.

    Raises
    ------
    ConfigurationError
        If a folder is a file or can't be made, or none can be written to.
    """
    wanted = [default_cache(), _system_cache()]
    if given is not None:
        wanted.insert(0, absolute(Path(given)))
    only_read: dict[Path, str] = {}
    for folder in wanted:
        if folder.exists() and not folder.is_dir():
            raise ConfigurationError(f"The cache {folder} is a file: give a folder.")
        if source is not None and _lies_in(folder, source) and not _is_ours(source):
            continue
        try:
            foreign = _is_foreign(folder)
        except PermissionError:
            raise ConfigurationError(
                f"The cache {folder} can't be looked into: give a folder that you may read and write."
            ) from None
        if foreign:
            only_read[folder] = "belongs to abc_atlas_access"
        elif may_write(folder):
            return folder, list(only_read), _said(only_read, folder)
        elif folder.exists():
            only_read[folder] = "can't be written to"
        else:
            raise ConfigurationError(
                f"The cache {folder} does not exist and can't be made: give a folder that you may write to."
            )
    raise ConfigurationError(
        f"There is no folder to write to ({wanted[-1]} can't be used): set NAPARI_ABC_CACHE to a writable "
        "folder outside the source."
    )


def _said(only_read: dict[Path, str], cache: Path) -> list[str]:
    return [f"{folder} {why} and is only read: new files go to {cache}." for folder, why in only_read.items()]


def _system_cache() -> Path:
    return platformdirs.user_cache_path("napari-abc", appauthor=False)


def _is_ours(folder: Path) -> bool:
    return (folder / OWN_FOLDER).is_dir()


def _is_foreign(folder: Path) -> bool:
    # abc_atlas_access leaves its marks in a cache of ours too, once it has read it.
    return not _is_ours(folder) and any((folder / marker).is_file() for marker in _MARKERS)


def may_write(folder: Path) -> bool:
    """Whether files can be made in a folder, or in the one above that it would be made in."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    effective = os.access in os.supports_effective_ids
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK, effective_ids=effective)


def _lies_in(folder: Path, other: Path) -> bool:
    return folder.resolve().is_relative_to(other.resolve())
