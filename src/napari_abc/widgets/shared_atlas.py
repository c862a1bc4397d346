"""Which atlas is open in a viewer, so that one dock finds what another has opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from psygnal import Signal, SignalGroup

if TYPE_CHECKING:
    from napari.components import ViewerModel

    from napari_abc.atlas.atlas import Atlas

__all__ = ["Shared", "events", "share", "shared"]


@dataclass(frozen=True, eq=False, slots=True)
class Shared:
    """An atlas that a dock has open."""

    atlas: Atlas
    location: str
    """What it was opened by, as the list of sources names it."""


class _Events(SignalGroup):
    """Signals of this module."""

    opened = Signal(object, object)
    """A viewer, and what was opened in it."""


events = _Events()

_open: WeakKeyDictionary[ViewerModel, Shared] = WeakKeyDictionary()


def share(viewer: ViewerModel, atlas: Atlas, location: str) -> None:
    """Tell the other docks of a viewer that an atlas was opened."""
    _open[viewer] = Shared(atlas, location)
    events.opened.emit(viewer, _open[viewer])


def shared(viewer: ViewerModel) -> Shared | None:
    """What was opened last in a viewer; None if nothing was."""
    return _open.get(viewer)
