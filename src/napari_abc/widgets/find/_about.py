"""License and citation of what is chosen, to read and to copy."""

from __future__ import annotations

from qtpy.QtCore import Qt, QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QApplication, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_abc.text import SYNTHETIC, tip
from napari_abc.widgets.parts import WrappedLabel

__all__ = ["DatasetAbout"]


class DatasetAbout(QWidget):
    """License, link and citation; hidden while nothing is chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.synthetic = WrappedLabel(SYNTHETIC, self)
        font = self.synthetic.font()
        font.setItalic(True)
        self.synthetic.setFont(font)
        by_mouse, by_keys = (
            Qt.TextInteractionFlag.TextSelectableByMouse,
            Qt.TextInteractionFlag.TextSelectableByKeyboard,
        )
        self.license = QElidingLabel(parent=self)
        self.license.setTextFormat(Qt.TextFormat.PlainText)
        self.license.setTextInteractionFlags(by_mouse | by_keys)
        self.license.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.page_button = QPushButton("Data page", self)
        self.page_button.setAccessibleName("Open the page that describes the data")
        self.page_button.clicked.connect(self._open_page)
        self.citation = QElidingLabel(parent=self)
        self.citation.setTextFormat(Qt.TextFormat.PlainText)
        self.citation.setElideMode(Qt.TextElideMode.ElideRight)
        self.citation.setTextInteractionFlags(by_mouse | by_keys)
        self.copy_button = QPushButton("Copy &citation", self)
        self.copy_button.setAccessibleName("Copy citation")
        self.copy_button.clicked.connect(self._copy)
        first = QHBoxLayout()
        first.addWidget(self.license, 1)
        first.addWidget(self.page_button)
        first.addWidget(self.copy_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.synthetic)
        layout.addLayout(first)
        layout.addWidget(self.citation)
        self._url = ""
        self.hide()

    def show_about(self, license: str, citation: str, url: str = "", synthetic: bool = False) -> None:
        """Show license and citation as they are given; ``url`` leads to where the data are described.

        Of synthetic data only that they are: what is given describes the data they are modeled on.
        """
        if synthetic:
            license = citation = url = ""
        self._url = url if url.startswith(("https://", "http://")) else ""
        self.license.setVisible(not synthetic)
        self.page_button.setVisible(bool(self._url))
        self.page_button.setToolTip(tip(f"Open {self._url} in the browser"))
        self.license.setText(f"License: {license}" if license else "License: not stated")
        self.license.setToolTip(tip(license))
        self.citation.setText(citation)
        self.citation.setToolTip(tip(citation))
        self.citation.setVisible(bool(citation))
        self.copy_button.setVisible(bool(citation))
        self.copy_button.setToolTip(tip(citation))
        self.synthetic.setVisible(synthetic)
        self.setVisible(bool(license or citation or synthetic or self._url))

    def clear(self) -> None:
        """Show nothing."""
        self.hide()

    def _open_page(self) -> None:
        QDesktopServices.openUrl(QUrl(self._url))

    def _copy(self) -> None:
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self.citation.text())
