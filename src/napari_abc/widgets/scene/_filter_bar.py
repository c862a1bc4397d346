"""Two rows above the legend: by what the cells are filtered, and how many are left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QCheckBox, QGridLayout, QLabel, QPushButton, QSizePolicy, QWidget

from napari_abc.text import short_count, tip
from napari_abc.widgets.scene._chips import ChipRow
from napari_abc.widgets.scene._filter_popup import FilterPopup
from napari_abc.widgets.scene._words import condition_sentence, condition_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QResizeEvent

    from napari_abc.stage import Condition

__all__ = ["FilterBar"]


_MARGIN = 6
"""Room that labels keep beside their text, whatever the style."""


class _Count(QLabel):
    """How many cells of how many: whole numbers where they fit, else rounded ones."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._counts = 0, 0
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_counts(self, shown: int, cells: int) -> None:
        self._counts = shown, cells
        self._fit()

    def _fit(self) -> None:
        shown, cells = self._counts
        texts = (
            f"{shown:,} of {cells:,} cells",
            f"{shown:,} of {cells:,}",
            f"{short_count(shown)} of {short_count(cells)}",
        )
        room = self.width() - _MARGIN
        fit = (text for text in texts if self.fontMetrics().horizontalAdvance(text) <= room)
        self.setText(next(fit, texts[-1]))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._fit()


class FilterBar(QWidget):
    """Shows a filter, and emits what a person wants changed; its height is always the same."""

    remove_wanted = Signal(object)
    """The condition to take off."""
    clear_wanted = Signal()
    gray_wanted = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._conditions: tuple[Condition, ...] = ()
        self.add = QPushButton("Filter…", self)
        self.add.setAccessibleName("Add a filter")
        self.add.setToolTip("Keep the cells within a range of numbers, or with some names in a column")
        self.chips = ChipRow("All cells shown", self)
        self.count = _Count(self)
        self.gray = QCheckBox("Gray others", self)
        self.gray.setAccessibleName("Show the other cells in gray")
        self.gray.setToolTip("Cells that the filter leaves out: gray, as context, or not drawn at all")
        self.clear = QPushButton("Clear", self)
        self.clear.setAccessibleName("Remove all filters")
        self.clear.setToolTip("Remove all filters; Undo brings them back")
        self.popup = FilterPopup(self)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.add, 0, 0)
        layout.addWidget(self.chips, 0, 1, 1, 3)
        layout.addWidget(self.count, 1, 0, 1, 2)
        layout.addWidget(self.gray, 1, 2)
        layout.addWidget(self.clear, 1, 3)
        layout.setColumnStretch(1, 1)
        self.chips.removed.connect(self._on_removed)
        self.gray.clicked.connect(self.gray_wanted)
        self.clear.clicked.connect(self.clear_wanted)
        self.show_filter((), False)
        self.show_counts(0, 0, ())

    def show_filter(self, conditions: Sequence[Condition], gray: bool) -> None:
        """Show a filter.

        Parameters
        ----------
        conditions
            What the cells have to fulfil.
        gray
            Whether those that don't are gray.
        """
        self._conditions = tuple(conditions)
        self.chips.set_chips([(condition_text(one), condition_sentence(one)) for one in conditions])
        with QSignalBlocker(self.gray):
            self.gray.setChecked(gray)
        self.clear.setEnabled(bool(conditions))

    def show_counts(self, shown: int, cells: int, notes: Sequence[str]) -> None:
        """Say how many cells of all open slabs fulfil the filter.

        Parameters
        ----------
        notes
            What was left out of account, in sentences.
        """
        whole = f"{shown:,} of {cells:,} cells"
        about = "of the slabs in view fulfil the filter"
        self.count.setToolTip(tip("\n".join([f"{whole} {about}", *notes])))
        self.count.setAccessibleName(f"{whole} {about}")
        self.count.set_counts(shown, cells)

    def _on_removed(self, number: int) -> None:
        self.remove_wanted.emit(self._conditions[number])
