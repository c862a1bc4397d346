"""Licence and citation of what is chosen, to read and to copy."""

from __future__ import annotations

from html import escape

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_abc.widgets.words import tip

__all__ = ["DatasetAbout"]

_SYNTHETIC = "Synthetic data: made up to try the program, not measured."


class DatasetAbout(QWidget):
    """Licence, link and citation; hidden while nothing is chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.synthetic = QLabel(_SYNTHETIC, self)
        self.synthetic.setWordWrap(True)
        font = self.synthetic.font()
        font.setItalic(True)
        self.synthetic.setFont(font)
        self.licence = QLabel(self)
        self.licence.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.licence.setOpenExternalLinks(True)
        self.licence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.citation = QElidingLabel(parent=self)
        self.citation.setTextFormat(Qt.TextFormat.PlainText)
        self.citation.setElideMode(Qt.TextElideMode.ElideRight)
        self.citation.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.copy_button = QPushButton("Copy &citation", self)
        self.copy_button.setAccessibleName("Copy citation")
        self.copy_button.clicked.connect(self._copy)
        first = QHBoxLayout()
        first.addWidget(self.licence, 1)
        first.addWidget(self.copy_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.synthetic)
        layout.addLayout(first)
        layout.addWidget(self.citation)
        self.hide()

    def show_about(self, licence: str, citation: str, url: str = "", synthetic: bool = False) -> None:
        """Show licence and citation as they are given; ``url`` leads to where the data are described."""
        link = (
            f'  <a href="{escape(url)}">About the data</a>' if url.startswith(("https://", "http://")) else ""
        )
        text = f"Licence: {escape(licence)}" if licence else "Licence: not stated"
        self.licence.setText(text + link)
        self.licence.setToolTip(tip(licence))
        self.citation.setText(citation)
        self.citation.setToolTip(tip(citation))
        self.citation.setVisible(bool(citation))
        self.copy_button.setVisible(bool(citation))
        self.copy_button.setToolTip(tip(citation))
        self.synthetic.setVisible(synthetic)
        self.setVisible(bool(licence or citation or synthetic or link))

    def clear(self) -> None:
        """Show nothing."""
        self.hide()

    def _copy(self) -> None:
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self.citation.text())
