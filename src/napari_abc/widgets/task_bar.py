"""Progress of the work that is running, and the button that cancels it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QGridLayout, QProgressBar, QPushButton, QSizePolicy, QWidget
from superqt import QElidingLabel

from napari_abc.widgets.words import percent, progress_text, tip

if TYPE_CHECKING:
    from napari_abc.task import Progress

__all__ = ["TaskBar"]


class TaskBar(QWidget):
    """What is being done, how far it is, and Cancel; hidden while nothing runs."""

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.label = QElidingLabel(parent=self)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setElideMode(Qt.TextElideMode.ElideMiddle)
        self.bar = QProgressBar(self)
        self.bar.setAccessibleName("Progress")
        self.cancel_button = QPushButton("Cancel", self)
        self.cancel_button.setAccessibleName("Cancel")
        self.cancel_button.setToolTip("Stop now; nothing half-done is kept")
        self.cancel_button.clicked.connect(self.cancelled)
        layout = QGridLayout(self)
        layout.setContentsMargins(6, 2, 6, 2)
        layout.setVerticalSpacing(2)
        layout.addWidget(self.label, 0, 0, 1, 2)
        layout.addWidget(self.bar, 1, 0)
        layout.addWidget(self.cancel_button, 1, 1)
        self.hide()

    def start(self, what: str) -> None:
        """Show the bar, busy, before the work has reported anything."""
        self._say(what)
        self.bar.setRange(0, 0)
        self.bar.setFormat("")
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
        # A busy bar shows no text in some styles, so what is known without a total goes to the label.
        text = progress_text(progress)
        if share is None and progress.done:
            self._say(f"{progress.what}: {text}")
        self.bar.setFormat(text.replace("%", "%%"))
        self.bar.setAccessibleDescription(f"{progress.what}, {text}")

    def finish(self) -> None:
        """Hide the bar."""
        self.hide()

    def _say(self, text: str) -> None:
        if self.label.text() != text:
            self.label.setText(text)
            self.label.setToolTip(tip(text))
