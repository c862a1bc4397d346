"""napari's readers in a window: they ask where no path is given, and read large volumes in the background.

What a path holds and how it is read is told by :mod:`napari_abc.viewer.npe2`, which knows no dock. napari
asks for every folder that a person drops, so the docks are imported once a path is ours.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import napari
from napari.utils import notifications
from qtpy.QtWidgets import QFileDialog

from napari_abc.viewer.npe2 import readers, volume_readers

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_abc.task import Task
    from napari_abc.viewer.prepare import LayerTuple

__all__ = ["ask_for_volume", "open_in_background", "run_reader", "show_dock", "volume_reader"]

_Paths = str | list[str]


def run_reader(path: _Paths | None = None) -> Callable[[_Paths], list[LayerTuple]] | None:
    """Function that reads a run or an h5ad file as layers, or None where a path is no such thing.

    Parameters
    ----------
    path
        A folder or file, or several. Without one, as napari's command palette calls it, a person is
        asked for a folder, which the dock then opens.
    """
    if path is None:
        from napari_abc.widgets.commands import open_folder

        open_folder()
        return None
    return _read_run if readers.get_reader(path) is not None else None


def _read_run(path: _Paths) -> list[LayerTuple]:
    """Read a run; in a window the dock, which has its colors and its legend, is shown beside it.

    Raises
    ------
    AbcError
        If it can't be read; the message says why and what to do.
    """
    layers = readers.read(path)
    show_dock()
    return layers


def show_dock() -> None:
    """Show the dock of napari's current viewer, if there is one: slabs come through napari's own menus."""
    from napari_abc.widgets.commands import open_dock

    on_gui = threading.current_thread() is threading.main_thread()
    if on_gui and napari.current_viewer() is not None:
        open_dock()


def volume_reader(path: _Paths | None = None) -> Callable[[_Paths], list[Any]] | None:
    """Function that reads a volume as layers, or None where a path is no such thing.

    Parameters
    ----------
    path
        A file or folder, or several. Without one, as napari's command palette calls it, a person is
        asked for a file.
    """
    if path is None:
        ask_for_volume()
        return None
    return _read_volume if volume_readers.get_reader(path) is not None else None


def _read_volume(path: _Paths) -> list[Any]:
    """Read a volume; in a window, one that takes long is read in the background and added when it is ready.

    napari is then told that there is nothing to add yet.

    Raises
    ------
    AbcError
        If it can't be read; the message says why and what to do.
    """
    if napari.current_viewer() is not None and (slow := volume_readers.slow_path(path)) is not None:
        open_in_background(slow)
        return [(None,)]
    return volume_readers.read(path)


def ask_for_volume() -> None:
    """Ask for a NIfTI file and open it.

    Raises
    ------
    DisplayError
        If there is no viewer.
    """
    from napari_abc.widgets.commands import open_dock

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
    from napari.layers import Layer

    from napari_abc.viewer.links import unwrap
    from napari_abc.widgets.commands import open_dock

    dock = open_dock()
    viewer = unwrap(napari.current_viewer())

    def work(task: Task) -> list[LayerTuple]:
        return volume_readers.nifti_layers(path, task)

    def done(layers: list[LayerTuple]) -> None:
        for part in layers:
            viewer.add_layer(Layer.create(*part))
        volume_readers.tell_what_is_left_out(path)

    # A purpose of its own for each file, so that one does not cancel another.
    dock.jobs.start(f"volume {path}", f"Reading {path.name}", work, done, notifications.show_error)
