"""Where the project lies, the small real files in it, and the whole ones that may lie beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""

DATA = ROOT / "tests" / "data"
"""Real files cut small; its README.md names their sources and licenses."""

REALDATA = ROOT.parent / "shared" / "realdata"
"""Whole real files, where a developer has them beside the checkout; none of them is part of the project."""

_WHOLE = {
    "merscope/brain-tumor-150": "merscope/brain-tumour-1058",
    "merscope/smallset-24": "merscope/smallset-997",
    "h5ad/pbmc68k-20.h5ad": "h5ad/10x_pbmc68k_reduced.h5ad",
    "volumes/mouse-brain-33.tiff": "volumes/mouse-brain-standard.tiff",
}
"""Cut in ``DATA`` → what it was cut from in ``REALDATA``, where the two have different names."""


def cut_and_whole(name: str, *more: Any, whole: Sequence[Any] | None = None) -> list[Any]:
    """Parameters of a test: a file in ``DATA``, and what it was cut from if that is on this machine.

    Parameters
    ----------
    name
        Path inside ``DATA``, as ``"xenium/cell-mix-526"``.
    *more
        Values that follow the path in each parameter.
    whole
        The same for what it was cut from, where more is to be expected of that.
    """
    assert (DATA / name).exists(), name
    cut = pytest.param(DATA / name, *more, id=name)
    return [cut, *whole_only(_WHOLE.get(name, name), *(more if whole is None else whole))]


def whole_only(name: str, *more: Any) -> list[Any]:
    """The parameter of a file in ``REALDATA``, in a list; an empty one where it is not on this machine."""
    path = REALDATA / name
    return [pytest.param(path, *more, id=f"whole {name}")] if path.exists() else []
