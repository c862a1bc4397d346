"""Names, colors and counts of the categories that the cells are colored by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QLineEdit, QTableView, QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_abc.text import tip

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
    missing: bool = False
    """Whether these are the cells without a value."""
    hidden: bool = False
    """Whether these cells are not drawn."""

    @property
    def key(self) -> str | None:
        """What the cells are hidden by."""
        return None if self.missing else self.name


class _Categories(QAbstractTableModel):
    switched = Signal(int, bool)
    """Number of a line, and whether its cells are to be drawn."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[CategoryRow] = []

    def set_rows(self, rows: Sequence[CategoryRow]) -> bool:
        """Take other lines; whether they differ in more than in what is hidden."""
        rows, same = list(rows), [replace(row, hidden=False) for row in self.rows]
        if same == [replace(row, hidden=False) for row in rows]:
            self.rows = rows
            if self.rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(self.rows) - 1, 1))
            return False
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()
        return True

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else 2

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if index.column() == 0:
            if role == Qt.ItemDataRole.DisplayRole:
                return row.name
            if role == Qt.ItemDataRole.CheckStateRole:
                return Qt.CheckState.Unchecked if row.hidden else Qt.CheckState.Checked
            if role == Qt.ItemDataRole.DecorationRole:
                return QColor(row.color)
            if role == Qt.ItemDataRole.ToolTipRole:
                hidden = ", hidden" if row.hidden else ""
                return tip(f"{row.name}: {row.count:,} cells, {row.color}{hidden}")
        elif role == Qt.ItemDataRole.DisplayRole:
            return f"{row.count:,}"
        elif role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = super().flags(QModelIndex(index))
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == 0 else flags

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or index.column() != 0:
            return False
        self.switched.emit(index.row(), Qt.CheckState(value) == Qt.CheckState.Checked)
        return True


class CategoryLegend(QWidget):
    """A list of thousands of categories costs no more than the dozen that are seen.

    The box of a line hides its cells and shows them again, also with the space bar; a double click,
    or the enter key, shows these cells only, and all of them the second time.
    """

    hidden_changed = Signal(object)
    """What a person wants hidden: a frozenset of names, None for the cells without a value."""

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
        self._model.switched.connect(self._on_switched)
        self.view.activated.connect(self._on_activated)  # a double click, or the enter key

    def set_rows(self, title: str, rows: Sequence[CategoryRow], categories: int) -> None:
        """Show these lines in this order.

        Parameters
        ----------
        title
            What the cells are colored by.
        rows
            Lines of the legend, the one for missing cells included.
        categories
            Number of categories without the line for missing cells, for the heading.
        """
        before = self.title.text()
        self.title.setText(f"{title}: {categories:,} {'category' if categories == 1 else 'categories'}")
        if not self._model.set_rows(rows) and self.title.text() == before:
            return  # the person's filter and place in the list stay
        self.filter.clear()
        self.filter.setVisible(len(rows) > _SHORT)
        # Resizing to contents would ask every row for its width; the largest count is the widest.
        largest = max((row.count for row in rows), default=0)
        width = self.fontMetrics().horizontalAdvance(f"{largest:,}0") + 14
        self.view.setColumnWidth(1, width)
        self.view.scrollToTop()

    def _on_switched(self, number: int, shown: bool) -> None:
        row = self._model.rows[number]
        hidden = {other.key for other in self._model.rows if other.hidden}
        self.hidden_changed.emit(frozenset(hidden - {row.key} if shown else hidden | {row.key}))

    def _on_activated(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        row = self._model.rows[self._shown.mapToSource(index).row()]
        others = frozenset(other.key for other in self._model.rows if other.key != row.key)
        alone = not row.hidden and all(other.hidden for other in self._model.rows if other.key != row.key)
        self.hidden_changed.emit(frozenset() if alone else others)
