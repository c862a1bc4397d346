"""The dock's last lines: how many of the slab's cells are shown, and under which license."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_abc.text import SYNTHETIC, tip
from napari_abc.widgets.parts import WrappedLabel

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["SlabSummary"]

_FILTERED = re.compile("; [0-9,]+ (is|are) left out by the filter")
_SPARE = "; 1,000,000 are left out by the filter"
"""Room is kept for it: else the legend above moves under the mouse when the first category is hidden."""


class SlabSummary(QWidget):
    """How many cells are shown, what else is to be known of the slab, license and citation."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.cells = WrappedLabel(parent=self)
        self.cells.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.source = QElidingLabel(parent=self)
        self.source.setTextFormat(Qt.TextFormat.PlainText)
        self.source.setElideMode(Qt.TextElideMode.ElideRight)
        self.source.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.notes_button = QToolButton(self)
        self.notes_button.setCheckable(True)
        self.notes_button.setAutoRaise(True)
        self.notes_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.notes_button.setAccessibleName("Notes")
        policy = self.notes_button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.notes_button.setSizePolicy(policy)
        self.notes_button.toggled.connect(self._on_notes)
        self.notes = WrappedLabel(parent=self)
        self.notes.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        last = QHBoxLayout()  # a row that is always there, as notes come and go with a filter
        last.addWidget(self.source, 1)
        last.addWidget(self.notes_button, 0, Qt.AlignmentFlag.AlignRight)
        layout.addWidget(self.cells)
        layout.addLayout(last)
        layout.addWidget(self.notes)
        self._on_notes(False)
        self.clear()

    def show_slab(
        self,
        line: str,
        notes: Sequence[str],
        license: str,
        citation: str,
        synthetic: bool,
        kind: str = "slab",
    ) -> None:
        """Show the facts of a slab.

        Parameters
        ----------
        line
            How many of its cells are shown.
        notes
            What else is to be known, in sentences; shown on request.
        license, citation
            Of the data; those of synthetic data are not shown.
        synthetic
            Whether the data are made up.
        kind
            What the slab is, as a person calls it: ``"brain section"``.
        """
        text = f"{SYNTHETIC} {line}" if synthetic else line
        self.cells.setText(text)
        self.cells.keep_room(_FILTERED.sub("", text) + _SPARE)
        count = len(notes)
        self.notes_button.setText(f"{count} {'note' if count == 1 else 'notes'}")
        self.notes_button.setAccessibleName(f"Show {self.notes_button.text()} on this {kind}")
        self.notes_button.setToolTip(f"What else to know of this {kind}")
        self.notes_button.setVisible(bool(notes))
        self.notes.setText("\n".join(notes))
        self.notes.setVisible(bool(notes) and self.notes_button.isChecked())
        source = "" if synthetic else " · ".join(part for part in (license, citation) if part)
        self.source.setText(source)
        self.source.setToolTip(tip(source))
        self.source.setVisible(bool(source))
        self.show()

    def _on_notes(self, shown: bool) -> None:
        self.notes_button.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        self.notes.setVisible(shown and bool(self.notes.text()))

    def clear(self) -> None:
        """Show nothing."""
        self.hide()
