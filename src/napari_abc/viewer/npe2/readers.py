"""napari's reader of a person's own runs, whoever of :mod:`~napari_abc.vendors.registry` opens them.

napari asks for every folder and every file of our names that a person drops, so saying no takes
milliseconds and opens no table. A manifest can't narrow that: its patterns are for files, and
napari's window offers every reader that takes folders without asking it first. Ours is only
offered, never taken by itself, and scripts get napari's own unless they name another;
``"*/": "napari"`` in napari's setting ``extension2reader`` ends the offer.

A folder with a release of the ABC Atlas, or a cache of one, is refused: it holds dozens of slabs,
and layers of all of them are nobody's wish. The dock opens it as a source.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_abc.errors import ConfigurationError
from napari_abc.vendors.registry import find_vendor, open_bundle
from napari_abc.viewer.prepare import prepare_slab
from napari_abc.viewer.scene import scene_of_current

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_abc.viewer.prepare import LayerTuple

__all__ = ["get_reader", "read"]

_Paths = str | list[str]


def get_reader(path: _Paths) -> Callable[[_Paths], list[LayerTuple]] | None:
    """Function that reads a path as layers, or None where it is not ours; never raises.

    Parameters
    ----------
    path
        A folder or file. A list of several is a stack, which cells can't be opened as.
    """
    one = _one(path)
    return read if one is not None and find_vendor(one) is not None else None


def read(path: _Paths) -> list[LayerTuple]:
    """Read a run or file as layers that look as those of :func:`~napari_abc.viewer.layers.add_slab`.

    Raises
    ------
    AbcError
        If the files can't be read; the message says why and what to do.
    """
    one = _one(path)
    if one is None:
        raise ConfigurationError("Several runs can't be opened as one stack; open them one by one.")
    prepared = prepare_slab(open_bundle(one))
    scene_of_current()
    return list(prepared)


def _one(path: _Paths) -> Path | None:
    """The path, or None for several."""
    if isinstance(path, str):
        return Path(path)
    return Path(path[0]) if len(path) == 1 else None
