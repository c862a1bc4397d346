"""The button that opens a person's own run: a Xenium or MERSCOPE folder, or an h5ad file."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFileDialog, QMenu, QPushButton, QWidget

__all__ = ["OwnDataButton"]


class OwnDataButton(QPushButton):
    """Asks for a folder or a file; emits :attr:`path_chosen` and reads nothing itself."""

    path_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Open &your own data", parent)
        self.setAccessibleName("Open your own Xenium, MERSCOPE or h5ad data")
        self.setToolTip("A Xenium or MERSCOPE output folder, or an .h5ad file with cell coordinates")
        menu = QMenu(self)
        self.folder_action = menu.addAction("Xenium or MERSCOPE &folder…")
        self.file_action = menu.addAction("&h5ad file…")
        assert self.folder_action is not None and self.file_action is not None
        self.folder_action.triggered.connect(self._ask_folder)
        self.file_action.triggered.connect(self._ask_file)
        self.setMenu(menu)

    def _ask_folder(self) -> None:
        self._choose(QFileDialog.getExistingDirectory(self.window(), "Xenium or MERSCOPE output folder"))

    def _ask_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self.window(), "h5ad file with coordinates", filter="AnnData files (*.h5ad)"
        )
        self._choose(path)

    def _choose(self, path: str) -> None:
        if path:
            self.path_chosen.emit(path)
