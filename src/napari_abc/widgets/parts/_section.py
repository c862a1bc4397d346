"""A titled part of the dock that folds to one line."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from napari_abc.text import tip

__all__ = ["Section"]

_UNLIMITED = 16_777_215  # QWIDGETSIZE_MAX, which the bindings don't export


class Section(QWidget):
    """A heading that opens and folds what is below it.

    superqt's ``QCollapsible`` fixes the height of its content to the size hint, so a table inside
    it can't grow with the dock; this one leaves the height to the splitter it lies in.

    Parameters
    ----------
    title
        Heading; ``&`` marks the letter that opens and folds it with Alt.
    content
        What lies below the heading.
    """

    toggled = Signal(bool)

    def __init__(self, title: str, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._summary = ""
        self._content = content
        self.button = QToolButton(self)
        self.button.setCheckable(True)
        self.button.setChecked(True)
        self.button.setAutoRaise(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        font = self.button.font()
        font.setBold(True)
        self.button.setFont(font)
        self.button.toggled.connect(self._on_toggled)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.button)
        layout.addWidget(content, 1)
        self._show_title()

    @property
    def expanded(self) -> bool:
        """Whether the content is shown."""
        return self.button.isChecked()

    def set_expanded(self, expanded: bool) -> None:
        """Open or fold the section."""
        self.button.setChecked(expanded)

    def set_title(self, title: str) -> None:
        """Change the heading."""
        self._title = title
        self._show_title()

    def set_summary(self, summary: str) -> None:
        """What the heading says beside the title while folded, so that the choice is still told."""
        self._summary = summary
        self._show_title()

    def _on_toggled(self, expanded: bool) -> None:
        self._content.setVisible(expanded)
        self.setMaximumHeight(_UNLIMITED if expanded else self.button.sizeHint().height() + 2)
        self._show_title()
        self.toggled.emit(expanded)

    def _show_title(self) -> None:
        self.button.setArrowType(Qt.ArrowType.DownArrow if self.expanded else Qt.ArrowType.RightArrow)
        plain = self._title.replace("&", "")
        summary = "" if self.expanded else self._summary
        self.button.setText(f"{self._title}: {_escape(summary)}" if summary else self._title)
        self.button.setAccessibleName(f"{plain} section{f', {self._summary}' if self._summary else ''}")
        self.button.setToolTip(tip(self._summary))


def _escape(text: str) -> str:
    return text.replace("&", "&&")
