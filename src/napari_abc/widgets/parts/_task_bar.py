"""Progress of the work that is running, and the button that cancels it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QGridLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QWidget
from superqt import QElidingLabel

from napari_abc.text import percent, progress_text, tip

if TYPE_CHECKING:
    from napari_abc.task import Progress

__all__ = ["TaskBar"]

_THICKNESS = 6


class TaskBar(QWidget):
    """What is being done, how far it is, and Cancel; empty while nothing runs.

    Its room stays then: work in the background comes and goes, and must not move what lies above.
    """

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        policy.setRetainSizeWhenHidden(True)
        self.setSizePolicy(policy)
        self.label = QElidingLabel(parent=self)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setElideMode(Qt.TextElideMode.ElideMiddle)
        self.amount = QLabel(self)
        self.amount.setTextFormat(Qt.TextFormat.PlainText)
        self.bar = QProgressBar(self)
        self.bar.setAccessibleName("Progress")
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(_THICKNESS)
        self.cancel_button = QPushButton("Cancel", self)
        self.cancel_button.setAccessibleName("Cancel")
        self.cancel_button.setToolTip("Stop now; nothing half-done is kept")
        self.cancel_button.clicked.connect(self.cancelled)
        layout = QGridLayout(self)
        layout.setContentsMargins(6, 2, 6, 2)
        layout.setVerticalSpacing(2)
        layout.addWidget(self.label, 0, 0)
        layout.addWidget(self.amount, 0, 1)
        layout.addWidget(self.bar, 1, 0, 1, 2)
        layout.addWidget(self.cancel_button, 0, 2, 2, 1)
        layout.setColumnStretch(0, 1)
        self.hide()

    def start(self, what: str) -> None:
        """Show the bar, busy, before the work has reported anything."""
        self._say(what)
        self.bar.setRange(0, 0)
        self._say_amount("")
        self.show()

    def show_progress(self, progress: Progress) -> None:
        """Show how far the work is."""
        self._say(progress.what)
        share = percent(progress)
        if share is None:
            self.bar.setRange(0, 0)
        else:
            self.bar.setRange(0, 100)
            self.bar.setValue(share)
        text = progress_text(progress)
        self._say_amount(text if progress.total or progress.done else "")
        self.bar.setAccessibleDescription(f"{progress.what}, {text}")

    def finish(self) -> None:
        """Hide the bar."""
        self.hide()

    def _say_amount(self, text: str) -> None:
        if self.amount.text() != text:
            self.amount.setText(text)

    def _say(self, text: str) -> None:
        if self.label.text() != text:
            self.label.setText(text)
            self.label.setToolTip(tip(text))
