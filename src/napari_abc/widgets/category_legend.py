"""Names, colours and counts of the categories that the cells are coloured by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QLineEdit, QTableView, QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_abc.widgets.words import tip

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CategoryLegend", "CategoryRow"]

_SHORT = 8
"""A legend this short needs no filter."""
_ROOT = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """One line of the legend."""

    name: str
    color: str
    """``"#rrggbb"``."""
    count: int


class _Categories(QAbstractTableModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[CategoryRow] = []

    def set_rows(self, rows: Sequence[CategoryRow]) -> None:
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else 2

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if index.column() == 0:
            if role == Qt.ItemDataRole.DisplayRole:
                return row.name
            if role == Qt.ItemDataRole.DecorationRole:
                return QColor(row.color)
            if role == Qt.ItemDataRole.ToolTipRole:
                return tip(f"{row.name}: {row.count:,} cells, {row.color}")
        elif role == Qt.ItemDataRole.DisplayRole:
            return f"{row.count:,}"
        elif role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        return None


class CategoryLegend(QWidget):
    """A list of thousands of categories costs no more than the dozen that are seen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QElidingLabel(parent=self)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.filter = QLineEdit(self)
        self.filter.setPlaceholderText("Filter categories…")
        self.filter.setClearButtonEnabled(True)
        self.filter.setAccessibleName("Filter categories of the legend")
        self._model = _Categories(self)
        self._shown = QSortFilterProxyModel(self)
        self._shown.setSourceModel(self._model)
        self._shown.setFilterKeyColumn(0)
        self._shown.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.view = QTableView(self)
        self.view.setModel(self._shown)
        self.view.setShowGrid(False)
        self.view.setWordWrap(False)
        self.view.setTabKeyNavigation(False)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setAccessibleName("Legend")
        self.view.setMinimumHeight(80)
        rows, columns = self.view.verticalHeader(), self.view.horizontalHeader()
        assert rows is not None and columns is not None
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(self.fontMetrics().height() + 5)
        columns.hide()
        columns.setMinimumSectionSize(30)
        columns.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        columns.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.title)
        layout.addWidget(self.filter)
        layout.addWidget(self.view, 1)
        self.filter.textChanged.connect(self._shown.setFilterFixedString)

    def set_rows(self, title: str, rows: Sequence[CategoryRow], categories: int) -> None:
        """Show these lines in this order.

        Parameters
        ----------
        title
            What the cells are coloured by.
        rows
            Lines of the legend, the one for missing cells included.
        categories
            Number of categories without the line for missing cells, for the heading.
        """
        self.title.setText(f"{title}: {categories:,} {'category' if categories == 1 else 'categories'}")
        self._model.set_rows(rows)
        self.filter.clear()
        self.filter.setVisible(len(rows) > _SHORT)
        # Resizing to contents would ask every row for its width; the largest count is the widest.
        largest = max((row.count for row in rows), default=0)
        width = self.fontMetrics().horizontalAdvance(f"{largest:,}0") + 14
        self.view.setColumnWidth(1, width)
        self.view.scrollToTop()
