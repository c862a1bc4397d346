"""Names, colors and counts of the categories that the cells are colored by."""

from __future__ import annotations

from dataclasses import dataclass
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
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)
from superqt import QElidingLabel

from napari_abc.text import capitalized, distinct_parts, tip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QResizeEvent

__all__ = ["CategoryLegend", "CategoryRow", "CountColumn"]

_SHORT = 8
"""A legend this short needs no filter."""
_MOST_COLUMNS = 4
"""Slabs whose cells are counted side by side; of more the sum is shown, and each in the tooltip."""
_LEAST_HEIGHT = 66
_NAME_WIDTH = 135
"""Room that names keep where there are several columns of counts."""
_ROOT = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """One line of the legend."""

    name: str
    color: str
    """``"#rrggbb"``."""
    count: int
    """Cells in all."""
    missing: bool = False
    """Whether these are the cells without a value."""
    hidden: bool = False
    """Whether these cells are not drawn."""
    counts: tuple[int, ...] = ()
    """Cells in each slab, where there are several."""

    @property
    def key(self) -> str | None:
        """What the cells are hidden by."""
        return None if self.missing else self.name


@dataclass(frozen=True, slots=True)
class CountColumn:
    """A slab whose cells are counted."""

    name: str
    species: str = ""

    def heading(self, with_species: bool) -> str:
        """What a person reads in full."""
        return f"{capitalized(self.species)}: {self.name}" if with_species and self.species else self.name


class _Categories(QAbstractTableModel):
    switched = Signal(int, bool)
    """Number of a line, and whether its cells are to be drawn."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[CategoryRow] = []
        self.slabs: tuple[CountColumn, ...] = ()
        self.headings: tuple[str, ...] = ()

    @property
    def side_by_side(self) -> bool:
        """Whether each slab has a column of its own."""
        return 1 < len(self.slabs) <= _MOST_COLUMNS

    @property
    def many_species(self) -> bool:
        """Whether the species tell slabs apart."""
        return len({slab.species for slab in self.slabs}) > 1

    def set_rows(self, rows: Sequence[CategoryRow], slabs: Sequence[CountColumn]) -> bool:
        """Take other lines; whether they differ in more than in counts and in what is hidden."""
        rows, slabs = list(rows), tuple(slabs)
        same = [(row.key, row.name) for row in rows] == [(row.key, row.name) for row in self.rows]
        if same and slabs == self.slabs:
            self.rows = rows
            if self.rows:
                last = self.index(len(self.rows) - 1, self.columnCount() - 1)
                self.dataChanged.emit(self.index(0, 0), last)
            return False
        self.beginResetModel()
        self.rows, self.slabs = rows, slabs
        self.headings = ()
        self.endResetModel()
        return True

    def set_headings(self, headings: Sequence[str]) -> None:
        """What the columns of counts are called, as far as there is room."""
        if tuple(headings) != self.headings:
            self.headings = tuple(headings)
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 1, len(self.headings))

    def count(self, row: CategoryRow, column: int) -> int:
        """Cells that a column of counts, from 1, says of a line."""
        if not self.side_by_side:
            return row.count
        return row.counts[column - 1] if column <= len(row.counts) else 0

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 < section <= len(self.headings):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.headings[section - 1]
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            text = f"Cells of {self.slabs[section - 1].heading(self.many_species)}"
            return tip(text) if role == Qt.ItemDataRole.ToolTipRole else text
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        return None

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else 1 + (len(self.slabs) if self.side_by_side else 1)

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
                return self._tip(row)
        elif role == Qt.ItemDataRole.DisplayRole:
            return f"{self.count(row, index.column()):,}"
        elif role == Qt.ItemDataRole.ToolTipRole and len(self.slabs) > 1:
            return self._tip(row)
        elif role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        return None

    def _tip(self, row: CategoryRow) -> str:
        hidden = ", hidden" if row.hidden else ""
        lines = [f"{row.name}: {row.count:,} cells, {row.color}{hidden}"]
        if len(self.slabs) > 1:
            lines += [
                f"{count:,} in {slab.heading(self.many_species)}"
                for slab, count in zip(self.slabs, row.counts, strict=False)
            ]
        return tip("\n".join(lines))

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
        self.filter.setPlaceholderText("Find names…")
        self.filter.setClearButtonEnabled(True)
        self.filter.setAccessibleName("Find names in the legend")
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
        self.view.setMinimumHeight(_LEAST_HEIGHT)
        rows, columns = self.view.verticalHeader(), self.view.horizontalHeader()
        assert rows is not None and columns is not None
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(self.fontMetrics().height() + 5)
        columns.hide()
        columns.setMinimumSectionSize(30)
        columns.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        columns.setHighlightSections(False)
        columns.setSectionsClickable(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        # Side by side, of one height with the filter and without: lines of the legend need the room.
        heading = QHBoxLayout()
        heading.addWidget(self.title, 6)
        heading.addWidget(self.filter, 5)
        self.title.setMinimumHeight(self.filter.sizeHint().height())
        layout.addLayout(heading)
        layout.addWidget(self.view, 1)
        self.filter.textChanged.connect(self._shown.setFilterFixedString)
        self._model.switched.connect(self._on_switched)
        self.view.activated.connect(self._on_activated)  # a double click, or the enter key

    def set_rows(
        self, title: str, rows: Sequence[CategoryRow], categories: int, slabs: Sequence[CountColumn] = ()
    ) -> None:
        """Show these lines in this order.

        Parameters
        ----------
        title
            What the cells are colored by.
        rows
            Lines of the legend, the one for missing cells included.
        categories
            Number of categories without the line for missing cells, for the heading.
        slabs
            Whose cells the lines count, in the order of their ``counts``; two to four are shown side by
            side.
        """
        before = self.title.text()
        of_slabs = f" in {len(slabs):,} slabs" if len(slabs) > _MOST_COLUMNS else ""
        self.title.setText(
            f"{title}: {categories:,} {'category' if categories == 1 else 'categories'}{of_slabs}"
        )
        self.title.setToolTip(tip(self.title.text()))
        other = self._model.set_rows(rows, slabs)
        self._fit_columns()
        if not other and self.title.text() == before:
            return  # the person's filter and place in the list stay
        self.filter.clear()
        self.filter.setVisible(len(rows) > _SHORT)
        self.view.scrollToTop()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Give the columns of counts what room there is."""
        super().resizeEvent(event)
        self._fit_columns()

    def _fit_columns(self) -> None:
        """Counts are never cut off; names of slabs are, at their beginnings, as they differ at their ends."""
        header, model, metrics = self.view.horizontalHeader(), self._model, self.fontMetrics()
        assert header is not None
        count = model.columnCount() - 1
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setVisible(model.side_by_side)
        lines = (1 + model.many_species) if model.side_by_side else 0
        self.view.setMinimumHeight(_LEAST_HEIGHT + lines * metrics.height())
        short = distinct_parts([slab.name for slab in model.slabs])
        headings, share = [], (self.width() - _NAME_WIDTH) // count
        for column in range(1, count + 1):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            # Resizing to contents would ask every row for its width; the largest count is the widest.
            largest = max((model.count(row, column) for row in model.rows), default=0)
            width = metrics.horizontalAdvance(f"{largest:,}")
            if model.side_by_side:
                slab = model.slabs[column - 1]
                width += 12
                fits = metrics.horizontalAdvance(slab.name) + 8 <= share
                label = slab.name if fits else short[column - 1]
                texts = [label, *([capitalized(slab.species)] if model.many_species else [])]
                width = max(width, min(max(map(metrics.horizontalAdvance, texts)) + 8, share))
                name = metrics.elidedText(label, Qt.TextElideMode.ElideLeft, width - 6)
                species = metrics.elidedText(
                    capitalized(slab.species), Qt.TextElideMode.ElideRight, width - 6
                )
                headings.append(f"{species}\n{name}" if model.many_species else name)
            else:
                width += metrics.horizontalAdvance("0") + 14
            self.view.setColumnWidth(column, width)
        model.set_headings(headings)

    def keys(self) -> list[str | None]:
        """What the cells of each line are hidden by, in the order of the lines."""
        return [row.key for row in self._model.rows]

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
