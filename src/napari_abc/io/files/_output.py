"""Whether a person's output can be written, asked before the work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_abc.errors import ConfigurationError, MissingFileError
from napari_abc.io.files._cache import may_write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["check_output"]


def check_output(path: Path, extensions: Sequence[str], source: Path | None = None) -> str:
    """Whether a file can be written there; asked before hours of work, not after.

    Parameters
    ----------
    path
        Where the file is wanted.
    extensions
        Endings that are known, in lower case with the dot.
    source
        File or folder that is read for it, nothing of which may be overwritten.

    Returns
    -------
    str
        The ending of ``path``, in lower case.

    Raises
    ------
    ConfigurationError
        If the ending is not known, the folder can't be written to, or it is of the source.
    MissingFileError
        If the folder is not there.
    """
    kind = path.suffix.lower()
    known = ", ".join(extensions[:-1]) + " or " + extensions[-1] if len(extensions) > 1 else extensions[0]
    if kind not in extensions:
        raise ConfigurationError(f"Can't tell what to write to {str(path)!r}; let its name end in {known}.")
    folder = path.absolute().parent
    # First: in a folder that may not be entered nothing more can be asked.
    if folder.is_dir() and not may_write(folder):
        raise ConfigurationError(f"Not allowed to write to {str(folder)!r}; choose another folder.")
    if source is not None and path.exists() and _is_part(path, source):
        raise ConfigurationError(f"{str(path)!r} is what is read, or a part of it; write to another file.")
    if path.is_dir():
        raise ConfigurationError(f"{str(path)!r} is a folder; name a file in it.")
    if not folder.is_dir():
        raise MissingFileError(
            f"There is no folder {str(folder)!r} to write {path.name!r} to; make it first."
        )
    return kind


def _is_part(path: Path, source: Path) -> bool:
    """Whether a file is the source, or lies in the run's folder, where all may be the instrument's."""
    # A run may also be named by the experiment.xenium in its folder.
    folder = source.parent if source.suffix.lower() == ".xenium" else source
    return path.samefile(source) or (folder.is_dir() and path.resolve().is_relative_to(folder.resolve()))
