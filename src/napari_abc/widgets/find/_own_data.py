"""The button that opens a person's own run, a folder or a file."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QMenu, QPushButton, QWidget

from napari_abc.vendors.registry import vendor_names
from napari_abc.widgets.own_runs import ask_for_file, ask_for_folder

__all__ = ["OwnDataButton"]


class OwnDataButton(QPushButton):
    """Asks for a folder or a file; emits :attr:`path_chosen` and reads nothing itself."""

    path_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Own &data", parent)
        folders, files = vendor_names(folders=True), vendor_names(folders=False)
        self.setAccessibleName(f"Open your own {folders} or {files} data")
        self.setToolTip(f"A {folders} output folder, or an {files} file with cell coordinates")
        menu = QMenu(self)
        self.folder_action = menu.addAction(f"{folders} &folder…")
        self.file_action = menu.addAction(f"{files} f&ile…")
        assert self.folder_action is not None and self.file_action is not None
        self.folder_action.triggered.connect(self._ask_folder)
        self.file_action.triggered.connect(self._ask_file)
        self.setMenu(menu)

    def _ask_folder(self) -> None:
        self._choose(ask_for_folder(self.window()))

    def _ask_file(self) -> None:
        self._choose(ask_for_file(self.window()))

    def _choose(self, path: str) -> None:
        if path:
            self.path_chosen.emit(path)
