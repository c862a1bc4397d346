"""Where the data come from: the public bucket, the demo, a folder or a mirror, and which release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import QModelIndex, QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from napari_abc.text import tip
from napari_abc.widgets.parts import Notice

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["SourceChoice", "SourcePicker"]

_BROWSE = object()


@dataclass(frozen=True, slots=True)
class SourceChoice:
    """A source that is offered by name."""

    title: str
    """What the list says: ``"Public ABC Atlas"``."""
    location: str
    """What is opened: ``"s3://allen-brain-cell-atlas"``."""


class _Releases(QStyledItemDelegate):
    """Says in the open list which release is the newest; the closed box has no room for it."""

    def initStyleOption(self, option: QStyleOptionViewItem | None, index: QModelIndex) -> None:
        super().initStyleOption(option, index)
        if option is not None:
            option.text = str(index.data(Qt.ItemDataRole.AccessibleTextRole))


class SourcePicker(QWidget):
    """Source, release and whether the network may be used.

    Emits :attr:`open_requested` with location, release (empty for the newest) and offline as soon
    as one of them is chosen; it opens nothing itself.
    """

    open_requested = Signal(str, str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source = QComboBox(self)
        self.source.setEditable(True)
        self.source.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.source.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.source.setMinimumContentsLength(12)
        self.source.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.source.setAccessibleName("Source")
        self.source.setToolTip(
            "Where the data come from: the public bucket, the built-in demo, an abc_atlas_access cache\n"
            "folder, or the address of a mirror (s3://… or https://…). Type or paste, then press Enter."
        )
        self.source.setCompleter(None)  # it would turn a typed path into a listed one
        edit = self.source.lineEdit()
        assert isinstance(edit, QLineEdit)
        edit.setPlaceholderText("Folder, s3://… or https://…")
        edit.setAccessibleName("Source: folder or address")
        self._edit = edit
        self.release = QComboBox(self)
        self.release.setAccessibleName("Release")
        self.release.setToolTip("Release of the atlas; the newest is the default")
        self.release.setItemDelegate(_Releases(self.release))
        self.release.setEnabled(False)
        self.release.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.offline = QCheckBox("Offl&ine", self)
        self.offline.setAccessibleName("Offline")
        self.offline.setToolTip("Use only what is on disk; never the network")
        self.notice = Notice(self)
        self._location = ""  # what was shown before "Browse folder…" took its place in the box

        release_label = QLabel("&Release", self)
        release_label.setBuddy(self.release)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(4)
        layout.addWidget(self.source, 0, 0, 1, 3)
        layout.addWidget(release_label, 1, 0)
        layout.addWidget(self.release, 1, 1)
        layout.addWidget(self.offline, 1, 2)
        layout.addWidget(self.notice, 2, 0, 1, 3)
        layout.setColumnStretch(1, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

        self.source.activated.connect(self._on_activated)
        edit.returnPressed.connect(self._request)
        self.release.activated.connect(self._on_release)
        self.offline.clicked.connect(self._on_offline)
        self.notice.answered.connect(self._on_answered)

    # -- what is shown ---------------------------------------------------------------------------

    def set_choices(self, choices: Sequence[SourceChoice]) -> None:
        """Offer these sources; what is typed stays."""
        text = self._edit.text()
        with QSignalBlocker(self.source):
            self.source.clear()
            for choice in choices:
                self.source.addItem(choice.title, choice.location)
                self.source.setItemData(
                    self.source.count() - 1, tip(choice.location), Qt.ItemDataRole.ToolTipRole
                )
            self.source.insertSeparator(self.source.count())
            self.source.addItem("Browse folder…", _BROWSE)
            if text:
                self._edit.setText(text)
            self._location = self._location or self.location

    def set_location(self, location: str) -> None:
        """Show a source, by its name where it has one."""
        self._location = location
        row = self.source.findData(location)
        with QSignalBlocker(self.source):
            if row >= 0:
                self.source.setCurrentIndex(row)
            else:
                self._edit.setText(location)
        self.source.setAccessibleDescription(location)

    def set_releases(self, releases: Sequence[str], current: str) -> None:
        """List the releases, newest first, and show which is open."""
        newest_first = sorted(releases, reverse=True)
        with QSignalBlocker(self.release):
            self.release.clear()
            for index, release in enumerate(newest_first):
                self.release.addItem(release, release)
                said = f"{release} (newest)" if index == 0 else release
                self.release.setItemData(index, said, Qt.ItemDataRole.AccessibleTextRole)
            self.release.setCurrentIndex(self.release.findData(current))
        self.release.setEnabled(bool(newest_first))

    def set_offline(self, offline: bool) -> None:
        """Tick or clear the box without opening anything."""
        self.offline.setChecked(offline)

    def show_error(self, sentence: str) -> None:
        """Say in place why the source could not be opened."""
        answers = ("Re&try",) if self.offline.isChecked() else ("Re&try", "Wor&k offline")
        self.notice.show_error(sentence, *answers)

    # -- what is chosen --------------------------------------------------------------------------

    @property
    def location(self) -> str:
        """Location that is chosen or typed."""
        text = self._edit.text().strip()
        row = self.source.findText(text, Qt.MatchFlag.MatchFixedString)
        data = self.source.itemData(row) if row >= 0 else None
        return data if isinstance(data, str) else text

    @property
    def chosen_release(self) -> str:
        """Release that is chosen; empty while none is listed."""
        data = self.release.currentData()
        return data if isinstance(data, str) else ""

    def _on_activated(self, row: int) -> None:
        if self.source.itemData(row) is _BROWSE:
            folder = QFileDialog.getExistingDirectory(
                self.window(), "Folder with ABC Atlas data: an abc_atlas_access cache or a mirror"
            )
            self.set_location(folder or self._location)
            if not folder:
                return
        self._request()

    def _on_release(self) -> None:
        self.open_requested.emit(self.location, self.chosen_release, self.offline.isChecked())

    def _on_offline(self) -> None:
        if self.location:
            self.open_requested.emit(self.location, self.chosen_release, self.offline.isChecked())

    def _on_answered(self, answer: str) -> None:
        if answer == "Work offline":
            self.offline.setChecked(True)
        self.open_requested.emit(self.location, self.chosen_release, self.offline.isChecked())

    def _request(self) -> None:
        # A release of one source may be unknown to another, so a new source starts at its newest.
        if self.location:
            self.open_requested.emit(self.location, "", self.offline.isChecked())
