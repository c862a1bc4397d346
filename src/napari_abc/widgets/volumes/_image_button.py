"""The button that puts a person's own image beside the slab: a file, a folder or an address."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFileDialog, QInputDialog, QMenu, QPushButton, QWidget

__all__ = ["ImageButton"]

_FILES = "Images (*.nii *.nii.gz *.tif *.tiff *.btf zarr.json .zattrs .zgroup info);;All files (*)"


class ImageButton(QPushButton):
    """Asks where an image lies; emits :attr:`image_chosen` and reads nothing itself."""

    image_chosen = Signal(str)
    """Path or address."""

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
        text, _ = QInputDialog.getText(
            self.window(), "Image on a server", "Address of an OME-Zarr or precomputed folder:"
        )
        self._choose(text.strip())

    def _choose(self, where: str) -> None:
        if where:
            self.image_chosen.emit(where)
