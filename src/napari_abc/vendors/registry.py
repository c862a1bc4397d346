"""A person's own run, whatever it is: the one place that knows every vendor.

The readers of napari, the dialogs of the dock, the shell and :func:`open_bundle` ask here; a new format is
one more :class:`Vendor` in the list below (``docs/extending.md`` says how).
"""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from napari_abc.errors import FormatError, MissingFileError
from napari_abc.task import Task
from napari_abc.vendors._h5ad import H5adFile
from napari_abc.vendors._merscope import MerscopeFolder
from napari_abc.vendors._vendor import Vendor
from napari_abc.vendors._xenium import XeniumFolder

if TYPE_CHECKING:
    from napari_abc.model import Slab

__all__ = ["VENDORS", "Vendor", "file_filter", "find_vendor", "open_bundle", "vendor_names", "vendor_of_name"]

VENDORS: list[Vendor] = [XeniumFolder(), MerscopeFolder(), H5adFile()]
"""Every vendor; the first that detects a path opens it."""


def find_vendor(path: str | Path) -> Vendor | None:
    """Who would open a path; None where nobody would.

    Looks at names and a few bytes only, takes milliseconds and never raises.
    """
    try:
        path = Path(path).expanduser()
    except (RuntimeError, TypeError, ValueError):  # no home, not a path at all
        return None
    for vendor in VENDORS:
        try:
            if vendor.detect(path):
                return vendor
        except (OSError, ValueError):  # not to be read, or no name that a file can have
            continue
    return None


def open_bundle(path: str | Path, task: Task | None = None, *, z: int | None = None) -> Slab:
    """Open a person's own run: a Xenium or MERSCOPE output folder, or an ``.h5ad`` file.

    Parameters
    ----------
    path
        The folder or file.
    task
        Told how far the work is; stops it when cancelled.
    z
        Plane of a run that has several; None for the vendor's usual one. An h5ad file has none.

    Returns
    -------
    Slab
        Its cells, in micrometers or in the unit that the file names; what is not there is said in its notes.

    Raises
    ------
    MissingFileError
        If there is no such path, or a file of the run is missing.
    FormatError
        If it is none of these, or damaged.
    UnknownNameError
        If the run has no plane ``z``.
    ConfigurationError
        If a folder holds several runs: one of them has to be chosen.
    Cancelled
        If the task was cancelled.

    Examples
    --------
    >>> import napari_abc as abc
    >>> slab = abc.open_bundle(run)  # here a MERSCOPE folder
    >>> slab.dataset, slab.frame.unit
    ('MERSCOPE', 'micrometer')
    """
    task = task or Task()
    path = Path(path).expanduser()
    if not path.exists():
        raise MissingFileError(f"There is no file or folder {path}; check the path.")
    vendor = find_vendor(path) or (vendor_of_name(path) if path.is_file() else None)
    if vendor is not None:
        slab = vendor.open(path, task, z=z)
        slab.source = str(path.absolute())
        return slab
    *most, last = (vendor.example for vendor in VENDORS)
    raise FormatError(f"{path} is no run that can be opened; choose {', '.join(most)}, or {last}.")


def vendor_of_name(path: Path) -> Vendor | None:
    """Whose file a path claims to be by its name, there or not; opening it says what is wrong with it."""
    name = path.name.lower()
    return next((one for one in VENDORS if any(fnmatch(name, p) for p in one.patterns)), None)


def vendor_names(folders: bool) -> str:
    """Names of the vendors whose runs are folders, or files: ``"Xenium or MERSCOPE"``."""
    return " or ".join(vendor.name for vendor in VENDORS if vendor.is_folder is folders)


def file_filter() -> str:
    """What a dialog offers of files, as Qt writes it: ``"h5ad files (*.h5ad)"``; several by ``;;``."""
    return ";;".join(
        f"{vendor.name} files ({' '.join(vendor.patterns)})" for vendor in VENDORS if not vendor.is_folder
    )
