"""The dock's last lines: how many of the slab's cells are shown, and under which licence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QSizePolicy, QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_abc.widgets.words import tip
from napari_abc.widgets.wrapped_label import WrappedLabel

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["SlabSummary"]


class SlabSummary(QWidget):
    """How many cells are shown, what else is to be known of the slab, licence and citation."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.cells = WrappedLabel(parent=self)
        self.cells.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.source = QElidingLabel(parent=self)
        self.source.setTextFormat(Qt.TextFormat.PlainText)
        self.source.setElideMode(Qt.TextElideMode.ElideRight)
        self.source.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.cells)
        layout.addWidget(self.source)
        self.clear()

    def show_slab(
        self, line: str, notes: Sequence[str], licence: str, citation: str, synthetic: bool
    ) -> None:
        """Show the facts of a slab.

        Parameters
        ----------
        line
            How many of its cells are shown.
        notes
            What else is to be known, in sentences; read in the tooltip.
        licence, citation
            Of the data.
        synthetic
            Whether the data are made up.
        """
        made_up = "Synthetic data, not measured. " if synthetic else ""
        more = f" {len(notes)} {'note' if len(notes) == 1 else 'notes'}…" if notes else ""
        self.cells.setText(f"{made_up}{line}{more}")
        self.cells.setToolTip(tip("\n".join(notes)))
        self.cells.setAccessibleDescription(" ".join(notes))
        source = " · ".join(part for part in (licence, citation) if part)
        self.source.setText(source)
        self.source.setToolTip(tip(source))
        self.source.setVisible(bool(source))
        self.show()

    def clear(self) -> None:
        """Show nothing."""
        self.hide()
