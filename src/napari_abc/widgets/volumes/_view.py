"""The volumes that can be shown with a slab: those of its frame to tick, others to go to or to add."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_abc.text import tip
from napari_abc.widgets.parts import Notice, WrappedLabel
from napari_abc.widgets.volumes._image_button import ImageButton

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["OtherFrame", "VolumeRow", "VolumesView"]


@dataclass(frozen=True, slots=True)
class VolumeRow:
    """A volume of the frame that is shown."""

    name: str
    detail: str
    """How much has to be fetched, or what is being done."""
    shown: bool
    """Whether it is in the viewer, or on its way there."""


@dataclass(frozen=True, slots=True)
class OtherFrame:
    """Volumes of a frame that is not shown."""

    frame: str
    title: str
    volumes: tuple[str, ...]


class VolumesView(QWidget):
    """A box a volume, the level that labels are colored at, a button a frame with others, and one to add."""

    toggled = Signal(str, bool)
    """Name of a volume, and whether it is to be shown."""
    level_chosen = Signal(str)
    frame_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.boxes: list[QCheckBox] = []
        self.buttons: list[QPushButton] = []
        self._details: list[QLabel] = []
        self._others: tuple[OtherFrame, ...] = ()
        self._rows = QGridLayout()
        self._rows.setColumnStretch(0, 1)
        self._rows.setVerticalSpacing(2)
        self._frames = QVBoxLayout()
        self.level = QComboBox(self)
        self.level.setAccessibleName("Level that the parcellation is colored at")
        self.level.setToolTip("Which terms the colors of the parcellation stand for")
        self._level_label = QLabel("&Level", self)
        self._level_label.setBuddy(self.level)
        line = QHBoxLayout()
        line.addWidget(self._level_label)
        line.addWidget(self.level, 1)
        self.notice = Notice(self)
        self.add = ImageButton(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._rows)
        layout.addLayout(line)
        layout.addLayout(self._frames)
        layout.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.notice)
        self.level.activated.connect(self._on_level)
        self.set_levels((), "")

    def set_rows(self, rows: Sequence[VolumeRow], others: Sequence[OtherFrame]) -> None:
        """Offer these volumes; boxes of the same volumes stay, so that the keyboard keeps its place."""
        if [row.name for row in rows] != [box.text().replace("&&", "&") for box in self.boxes]:
            self._rebuild(rows)
        for row, box, detail in zip(rows, self.boxes, self._details, strict=True):
            with QSignalBlocker(box):
                box.setChecked(row.shown)
            box.setAccessibleName(f"Show {row.name}{f', {row.detail}' if row.detail else ''}")
            detail.setText(row.detail)
        if tuple(others) != self._others:
            self._offer(tuple(others))
        # From top to bottom, whenever they were made.
        order: list[QWidget] = [*self.boxes, self.level, *self.buttons, self.add]
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def set_levels(self, levels: Sequence[str], current: str) -> None:
        """Offer levels to color labels at; none hides the choice."""
        with QSignalBlocker(self.level):
            self.level.clear()
            self.level.addItems(list(levels))
            self.level.setCurrentIndex(self.level.findText(current))
        for widget in (self._level_label, self.level):
            widget.setVisible(bool(levels))

    def _rebuild(self, rows: Sequence[VolumeRow]) -> None:
        for widget in (*self.boxes, *self._details):
            self._rows.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self.boxes, self._details = [], []
        for number, row in enumerate(rows):
            box = QCheckBox(row.name.replace("&", "&&"), self)
            box.setToolTip(tip(row.name))
            # A long name is cut off and does not push the size out of the dock.
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            box.toggled.connect(self._on_toggled)
            detail = QLabel(self)
            detail.setTextFormat(Qt.TextFormat.PlainText)
            self._rows.addWidget(box, number, 0)
            self._rows.addWidget(detail, number, 1, Qt.AlignmentFlag.AlignRight)
            self.boxes.append(box)
            self._details.append(detail)

    def _offer(self, others: tuple[OtherFrame, ...]) -> None:
        while (item := self._frames.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._others, self.buttons = others, []
        for other in others:
            line = QWidget(self)
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            text = WrappedLabel(parent=line)
            text.setText(f"In {other.title}: {', '.join(other.volumes)}")
            button = QPushButton("Switch", line)
            button.setAccessibleName(f"Switch to frame {other.title}")
            button.setToolTip(tip(f"Show the cells in {other.title}, where these volumes lie"))
            button.clicked.connect(self._on_switch)
            row.addWidget(text, 1)
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
            self._frames.addWidget(line)
            self.buttons.append(button)

    def _on_toggled(self, shown: bool) -> None:
        box = self.sender()
        if isinstance(box, QCheckBox):
            self.toggled.emit(box.text().replace("&&", "&"), shown)

    def _on_switch(self) -> None:
        button = self.sender()
        if button in self.buttons:
            self.frame_chosen.emit(self._others[self.buttons.index(button)].frame)

    def _on_level(self) -> None:
        self.level_chosen.emit(self.level.currentText())
