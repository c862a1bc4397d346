"""A sentence inside the dock with the buttons that answer it, in place of a message box."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QPainter, QPalette
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from napari_abc.widgets.parts._wrapped_label import WrappedLabel

if TYPE_CHECKING:
    from qtpy.QtGui import QPaintEvent

__all__ = ["Notice"]


class Notice(QWidget):
    """One sentence and up to three answers; hidden until there is something to say.

    A new sentence replaces the old one, and an answer hides the notice.
    """

    answered = Signal(str)
    """The text of the button that was pressed, without its mnemonic mark."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._icon = QLabel(self)
        self._icon.setObjectName("error_label")  # napari's theme paints its warning sign on this name
        self._text = WrappedLabel(parent=self)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._buttons = QHBoxLayout()
        self._buttons.addStretch(1)
        self._answers: list[QPushButton] = []
        line = QHBoxLayout()
        line.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self._text, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.addLayout(line)
        layout.addLayout(self._buttons)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence that is shown; empty when there is none."""
        return "" if self.isHidden() else self._text.text()

    def answers(self) -> list[QPushButton]:
        """The buttons, first one first."""
        return list(self._answers)

    def show_error(self, text: str, *answers: str) -> None:
        """Say what went wrong."""
        self._show(text, answers, warn=True)

    def show_question(self, text: str, *answers: str) -> None:
        """Ask, or tell."""
        self._show(text, answers, warn=False)

    def clear(self) -> None:
        """Say nothing more."""
        self.hide()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw a frame in the theme's highlight, which its style sheet takes from every QFrame."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self.palette().color(QPalette.ColorRole.Highlight))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 3, 3)
        painter.end()

    def _show(self, text: str, answers: tuple[str, ...], warn: bool) -> None:
        self._icon.setVisible(warn)
        self._text.setText(text)
        self._text.setAccessibleName(f"Error: {text}" if warn else text)
        for button in self._answers:
            self._buttons.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._answers.clear()
        for answer in answers:
            button = QPushButton(answer, self)
            button.setAccessibleName(answer.replace("&", ""))
            button.clicked.connect(self._on_clicked)
            self._buttons.addWidget(button)
            self._answers.append(button)
        self.show()

    def _on_clicked(self) -> None:
        button = self.sender()
        if isinstance(button, QPushButton):
            self.hide()
            self.answered.emit(button.text().replace("&", ""))
