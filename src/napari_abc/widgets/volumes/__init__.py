"""The part of the dock that shows volumes, of the release and of a person's own."""

from __future__ import annotations

from napari_abc.widgets.volumes._nifti_drop import ask_for_nifti, open_in_background
from napari_abc.widgets.volumes._shelf import VolumeShelf
from napari_abc.widgets.volumes._view import VolumeList

__all__ = ["VolumeList", "VolumeShelf", "ask_for_nifti", "open_in_background"]
