"""The part of the dock that shows volumes, of the release and of a person's own."""

from __future__ import annotations

from napari_abc.widgets.volumes._controller import VolumesController
from napari_abc.widgets.volumes._view import VolumesView

__all__ = ["VolumesController", "VolumesView"]
