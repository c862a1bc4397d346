"""The button that puts a person's own image beside the slab: a file, a folder or an address."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFileDialog, QMenu, QPushButton, QWidget

from napari_abc.viewer.own_images import add_image_file
from napari_abc.widgets.parts import ask_parameters

__all__ = ["ImageButton"]

KNOWN = ("viewer", "layer")
"""Parameters of :func:`~napari_abc.viewer.own_images.add_image_file` that the dock gives."""
ADDRESS = {"path": {"label": "Address", "widget_type": "LineEdit"}}
"""A path would lose a slash of ``https://``."""

_FILES = "Images (*.nii *.nii.gz *.tif *.tiff *.btf zarr.json .zattrs .zgroup info);;All files (*)"


class ImageButton(QPushButton):
    """Asks where an image lies; emits :attr:`image_chosen` and reads nothing itself."""

    image_chosen = Signal(object)
    """Parameters for :func:`~napari_abc.viewer.own_images.add_image_file`, as a dictionary."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Add &image…", parent)
        self.setAccessibleName("Add an image of your own below the cells")
        self.setToolTip(
            "An image of your own in register with the cells: NIfTI, OME-TIFF, TIFF, OME-Zarr or "
            "Neuroglancer precomputed"
        )
        menu = QMenu(self)
        self.file_action = menu.addAction("&File (NIfTI, TIFF)…")
        self.folder_action = menu.addAction("F&older (OME-Zarr, precomputed)…")
        self.address_action = menu.addAction("&Address (https, s3, gs)…")
        assert self.file_action is not None and self.folder_action is not None
        assert self.address_action is not None
        self.file_action.triggered.connect(self._ask_file)
        self.folder_action.triggered.connect(self._ask_folder)
        self.address_action.triggered.connect(self._ask_address)
        self.setMenu(menu)

    def open_menu(self) -> None:
        """Open the menu below the button, and return."""
        menu = self.menu()
        if menu is not None:
            menu.popup(self.mapToGlobal(self.rect().bottomLeft()))

    def _ask_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self.window(), "Image to show with the cells", filter=_FILES)
        self._choose(path)

    def _ask_folder(self) -> None:
        self._choose(QFileDialog.getExistingDirectory(self.window(), "OME-Zarr or precomputed folder"))

    def _ask_address(self) -> None:
        title = "Image on a server (OME-Zarr or precomputed)"
        values = ask_parameters(add_image_file, title, KNOWN, ADDRESS, self.window())
        if values is not None:
            self._choose(**values)

    def _choose(self, path: str, **others: Any) -> None:
        if path.strip():
            self.image_chosen.emit({"path": path.strip(), **others})
