"""Views of the lower half of the dock, put together: what to color by, the legend, the summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from napari_abc.widgets.color._categories import CategoryLegend
from napari_abc.widgets.color._cell_size import CellSize
from napari_abc.widgets.color._continuous import ContinuousLegend
from napari_abc.widgets.color._picker import ColorPicker
from napari_abc.widgets.color._summary import SlabSummary
from napari_abc.widgets.parts import Notice, WrappedLabel
from napari_abc.widgets.scene import FilterBar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_abc.widgets.color._categories import CategoryRow, CountColumn

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
        self.filter = FilterBar(self)
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
        layout.addWidget(self.filter)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.summary)
        self.show_nothing(slab=False)

    def show_nothing(self, slab: bool, why: str = "") -> None:
        """Say what to do next, or why there is no legend; ``slab`` is whether one is open."""
        self.picker.setVisible(slab)
        self.hint.setText(why or (_NO_COLOR if slab else _NO_SLAB))
        self._keep_room(slab)
        self._stack.setCurrentWidget(self.hint)

    def _keep_room(self, keep: bool) -> None:
        """Whether the legends have their least heights: not while nothing is open and lists need the room."""
        policy = QSizePolicy.Policy.Preferred if keep else QSizePolicy.Policy.Ignored
        for page in (self.legend, self.bar):
            page.setSizePolicy(QSizePolicy.Policy.Preferred, policy)

    def show_legend(
        self, title: str, rows: Sequence[CategoryRow], categories: int, slabs: Sequence[CountColumn] = ()
    ) -> None:
        """Show a legend of categories, counted in some slabs."""
        self.picker.show()
        self.legend.set_rows(title, rows, categories, slabs)
        self._keep_room(True)
        self._stack.setCurrentWidget(self.legend)

    def show_bar(self) -> None:
        """Show the color bar, filled before."""
        self.picker.show()
        self._keep_room(True)
        self._stack.setCurrentWidget(self.bar)
