"""A person's own run, whatever it is: a Xenium folder, a MERSCOPE folder, or an h5ad file.

One module a vendor reads it; this one only finds out which.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from napari_abc.errors import FormatError, MissingFileError
from napari_abc.task import Task
from napari_abc.vendors._h5ad import is_h5ad, open_h5ad
from napari_abc.vendors._merscope import is_merscope, open_merscope
from napari_abc.vendors._xenium import is_xenium, open_xenium

if TYPE_CHECKING:
    from napari_abc.model import Slab

__all__ = ["bundle_kind", "open_bundle"]


def bundle_kind(path: str | Path) -> Literal["xenium", "merscope", "h5ad"] | None:
    """What :func:`open_bundle` would open a path as; None for anything else.

    Looks at names and a few bytes only, takes milliseconds and never raises.
    """
    try:
        path = Path(path).expanduser()
        if is_h5ad(path):
            return "h5ad"
        if is_xenium(path):
            return "xenium"
        if is_merscope(path):
            return "merscope"
    except (OSError, RuntimeError, TypeError, ValueError):  # unreadable, no home, not a path at all
        return None
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

    Raises
    ------
    MissingFileError
        If there is no such path.
    FormatError
        If it is none of these, or damaged.
    """
    task = task or Task()
    path = Path(path).expanduser()
    if not path.exists():
        raise MissingFileError(f"There is no file or folder {path}; check the path.")
    kind = bundle_kind(path)
    if kind == "xenium":
        return open_xenium(path, task, z=z)
    if kind == "merscope":
        return open_merscope(path, task, z=z)
    if kind == "h5ad" or (path.is_file() and path.suffix.lower() == ".h5ad"):
        return open_h5ad(path, task)
    raise FormatError(
        f"{path} is no run that can be opened; choose a Xenium folder (experiment.xenium or cells.parquet or "
        "cells.csv.gz), a MERSCOPE folder (cell_metadata.csv), or an .h5ad file."
    )
