"""Directories of a release that no dataset uses: what each holds, to download and to find on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, QUrl, Signal
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QListView,
    QMenu,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_abc.text import bytes_text, disk_state, disk_text, tip
from napari_abc.widgets.parts import LINES, Lines, Notice, TwoLines

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DirectoryList", "DirectoryRow"]

_ROW = Qt.ItemDataRole.UserRole + 1
_ROWS_SHOWN = 3
_ROOT = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class DirectoryRow:
    """What the list shows of one directory."""

    name: str
    contents: str = ""
    """``"3 tables, 12 MB; 1 matrix, 3.2 GB"``."""
    what: str = ""
    """The same with what can be done with each kind."""
    size: int = 0
    on_disk: int = 0
    folders: tuple[str, ...] = ()
    """Folders on this disk that hold its files."""

    @property
    def to_fetch(self) -> int:
        """Bytes that a download has to fetch."""
        return max(0, self.size - self.on_disk)

    def lines(self) -> Lines:
        """What the list shows."""
        facts = self.contents or "empty"
        return Lines(self.name, bytes_text(self.size), facts, disk_state(self.size, self.on_disk))

    def sentence(self) -> str:
        """Everything, for a tooltip and a screen reader."""
        what = self.what.replace("; ", "\n") or "empty"
        return "\n".join((self.name, what, disk_text(self.size, self.on_disk), *self.folders))


class _Directories(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[DirectoryRow] = []

    def set_rows(self, rows: Sequence[DirectoryRow]) -> None:
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(row.sentence())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.sentence().replace("\n", ", ")
        if role == LINES:
            return row.lines()
        return row if role == _ROW else None


class DirectoryList(QWidget):
    """Directories with Download, Open folder and Copy path; fetches nothing itself.

    A large download is confirmed here, before :attr:`download_requested` is sent.

    Parameters
    ----------
    ask_from
        Bytes from which a download is confirmed.
    """

    download_requested = Signal(str)

    def __init__(self, ask_from: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ask_from = ask_from
        self._asked = ""
        self._model = _Directories(self)
        self.view = QListView(self)
        self.view.setModel(self._model)
        self.view.setItemDelegate(TwoLines(self.view))
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.setAccessibleName("Other directories")
        self.notice = Notice(self)
        self.download_button = _button("Download", "Fetch every file of the directory into the cache", self)
        self.folder_button = _button("Open folder", "Show what is on this disk in the file manager", self)
        self.copy_button = _button("Copy path", "Copy the folders on this disk that hold its files", self)
        buttons = QHBoxLayout()
        for button in (self.download_button, self.folder_button, self.copy_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.view)
        layout.addWidget(self.notice)
        layout.addLayout(buttons)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

        self.download_button.clicked.connect(self._on_download)
        self.folder_button.clicked.connect(self._on_folder)
        self.copy_button.clicked.connect(self._on_copy)
        self.notice.answered.connect(self._on_answer)
        selection = self.view.selectionModel()
        assert selection is not None
        selection.selectionChanged.connect(self._on_selection)
        self._show_buttons()

    def set_rows(self, rows: Sequence[DirectoryRow]) -> None:
        """Show these directories; the chosen one stays chosen where it is still there."""
        before, selection = self.current, self.view.selectionModel()
        assert selection is not None
        names = [row.name for row in rows]
        was = selection.blockSignals(True)  # what is said of the chosen one stays true
        self._model.set_rows(rows)
        if before is not None and before.name in names:
            self.view.setCurrentIndex(self._model.index(names.index(before.name), 0))
        else:
            self._forget_question()
        selection.blockSignals(was)
        row = self.view.sizeHintForRow(0) if rows else 0
        self.view.setFixedHeight(min(len(rows), _ROWS_SHOWN) * row + 2 * self.view.frameWidth() + 2)
        self._show_buttons()

    @property
    def current(self) -> DirectoryRow | None:
        """The chosen directory; None for none."""
        index = self.view.currentIndex()
        selection = self.view.selectionModel()
        if selection is None or not selection.isSelected(index):
            return None
        row: DirectoryRow = index.data(_ROW)
        return row

    def show_error(self, sentence: str) -> None:
        """Say in place why a download came to nothing."""
        self._asked = ""
        self.notice.show_error(sentence, "OK")

    def _on_selection(self) -> None:
        self._forget_question()
        self._show_buttons()

    def _show_buttons(self) -> None:
        row = self.current
        self.download_button.setEnabled(row is not None and row.to_fetch > 0)
        for button in (self.folder_button, self.copy_button):
            button.setEnabled(row is not None and bool(row.folders))

    def _on_download(self) -> None:
        row = self.current
        if row is None:
            return
        if row.to_fetch < self._ask_from:
            self.download_requested.emit(row.name)
            return
        self._asked = row.name
        size = bytes_text(row.to_fetch)
        self.notice.show_question(f"{row.name}: {size} to fetch.", f"&Download {size}", "&Not now")

    def _on_answer(self, answer: str) -> None:
        name, self._asked = self._asked, ""
        if name and answer != "Not now":
            self.download_requested.emit(name)

    def _forget_question(self) -> None:
        self._asked = ""
        self.notice.clear()

    def _on_folder(self) -> None:
        row = self.current
        if row is None:
            return
        if len(row.folders) == 1:
            _open(row.folders[0])
            return
        menu = QMenu(self)
        for folder in row.folders:
            action = menu.addAction(folder.replace("&", "&&"))
            assert action is not None
            action.setData(folder)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.triggered.connect(lambda action: _open(action.data()))
        menu.popup(self.folder_button.mapToGlobal(self.folder_button.rect().bottomLeft()))

    def _on_copy(self) -> None:
        clipboard, row = QApplication.clipboard(), self.current
        if clipboard is not None and row is not None:
            clipboard.setText("\n".join(row.folders))


def _open(folder: str) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(folder))


def _button(text: str, purpose: str, parent: QWidget) -> QPushButton:
    button = QPushButton(text, parent)
    button.setAccessibleName(f"{text} of the directory")
    button.setToolTip(purpose)
    return button
