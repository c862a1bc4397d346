"""A NIfTI file that a person chose or dropped, read off the GUI thread with progress in the dock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import napari
from napari.layers import Layer
from napari.utils import notifications
from qtpy.QtWidgets import QFileDialog

from napari_abc.io.images import open_nifti
from napari_abc.viewer.links import unwrap
from napari_abc.viewer.npe2.volume_readers import tell_what_is_left_out, volume_layers
from napari_abc.widgets.commands import open_dock

if TYPE_CHECKING:
    from napari_abc.task import Task
    from napari_abc.viewer.prepare import LayerTuple

__all__ = ["ask_for_nifti", "open_in_background"]


def ask_for_nifti() -> None:
    """Ask for a NIfTI file and open it.

    Raises
    ------
    DisplayError
        If there is no viewer.
    """
    window = open_dock().window()
    path, _ = QFileDialog.getOpenFileName(window, "NIfTI volume", filter="NIfTI files (*.nii *.nii.gz)")
    if path:
        open_in_background(Path(path))


def open_in_background(path: Path) -> None:
    """Read a NIfTI file in a thread and add it to the current viewer when it is ready.

    The dock is shown, for its progress bar and its Cancel; what goes wrong is a notification.

    Raises
    ------
    DisplayError
        If there is no viewer.
    """
    dock = open_dock()
    viewer = unwrap(napari.current_viewer())

    def work(task: Task) -> list[LayerTuple]:
        return volume_layers([open_nifti(path, task)])

    def done(layers: list[LayerTuple]) -> None:
        for part in layers:
            viewer.add_layer(Layer.create(*part))
        tell_what_is_left_out(path)

    # A purpose of its own for each file, so that one does not cancel another.
    dock.jobs.start(f"volume {path}", f"Reading {path.name}", work, done, notifications.show_error)
