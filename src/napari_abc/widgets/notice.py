"""A sentence inside the dock with the buttons that answer it, in place of a message box."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

__all__ = ["Notice"]


class Notice(QFrame):
    """One sentence and up to three answers; hidden until there is something to say.

    A new sentence replaces the old one, and an answer hides the notice.
    """

    answered = Signal(str)
    """The text of the button that was pressed, without its mnemonic mark."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._icon = QLabel(self)
        self._icon.setObjectName("error_label")  # napari's theme paints its warning sign on this name
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
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
        layout.setContentsMargins(6, 4, 6, 4)
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
