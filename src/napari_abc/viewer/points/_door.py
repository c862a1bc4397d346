"""The one door to what napari and vispy keep to themselves; behind it all may be gone in the next release."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Points

    from napari_abc.viewer.points._layer import LookupPoints

__all__ = ["adopt", "capable", "install"]


@cache
def _behind() -> Any:
    """The module behind the door, or why it can't be opened."""
    try:
        return import_module("napari_abc.viewer.points._layer")
    except ImportError as error:  # another napari, or one without a window
        return f"napari is another one, or has no window ({error})"


def capable() -> str | None:
    """Why this napari can't look colors up when it draws; None if it can."""
    behind = _behind()
    return behind if isinstance(behind, str) else behind.missing()


def install(prepare: Callable[[Points], None]) -> str | None:
    """Have napari ask when it makes what draws a layer of points.

    Parameters
    ----------
    prepare
        Is called with each such layer, and may :func:`adopt` it.

    Returns
    -------
    str or None
        Why that can't be done; None if it was, now or before.
    """
    behind = _behind()
    return behind if isinstance(behind, str) else behind.install(prepare)


def adopt(layer: Points) -> LookupPoints | None:
    """Make a layer one whose colors can be looked up, which it then stays.

    Returns
    -------
    LookupPoints or None
        The same layer; None if it is of a class of somebody else's, or this napari can't.
    """
    behind = _behind()
    return None if isinstance(behind, str) else behind.adopt(layer)
