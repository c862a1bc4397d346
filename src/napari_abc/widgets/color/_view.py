"""Views of the lower half of the dock, put together: what to color by, the legend, the summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from napari_abc.widgets.color._categories import CategoryLegend
from napari_abc.widgets.color._cell_size import CellSize
from napari_abc.widgets.color._continuous import ContinuousLegend
from napari_abc.widgets.color._picker import ColorPicker
from napari_abc.widgets.color._summary import SlabSummary
from napari_abc.widgets.parts import Notice, WrappedLabel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_abc.widgets.color._categories import CategoryRow

__all__ = ["ColorView"]

_NO_SLAB = "Open cells to color them."
_NO_COLOR = "Choose a column or type a gene to color the cells."


class ColorView(QWidget):
    """Picker above, legend or color bar below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picker = ColorPicker(self)
        self.notice = Notice(self)
        self.cell_size = CellSize(self)
        self.legend = CategoryLegend()
        self.bar = ContinuousLegend()
        self.summary = SlabSummary(self)
        self.hint = WrappedLabel()
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget(self)
        for page in (self.hint, self.legend, self.bar):
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.picker)
        layout.addWidget(self.cell_size)
        layout.addWidget(self.notice)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.summary)
        self.show_nothing(slab=False)

    def show_nothing(self, slab: bool) -> None:
        """Say what to do next; ``slab`` is whether one is open."""
        self.picker.setVisible(slab)
        self.hint.setText(_NO_COLOR if slab else _NO_SLAB)
        self._stack.setCurrentWidget(self.hint)

    def show_legend(self, title: str, rows: Sequence[CategoryRow], categories: int) -> None:
        """Show a legend of categories."""
        self.picker.show()
        self.legend.set_rows(title, rows, categories)
        self._stack.setCurrentWidget(self.legend)

    def show_bar(self) -> None:
        """Show the color bar, filled before."""
        self.picker.show()
        self._stack.setCurrentWidget(self.bar)
