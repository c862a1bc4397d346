"""The datasets of a release: what each is, how large, and how much of it is here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import (
    QAbstractListModel,
    QItemSelection,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from qtpy.QtGui import QFont, QFontMetrics, QPainter, QPalette
from qtpy.QtWidgets import (
    QApplication,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from napari_abc.widgets.words import disk_text, short_count, tip
from napari_abc.widgets.wrapped_label import WrappedLabel

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DatasetList", "DatasetRow"]

_ROW = Qt.ItemDataRole.UserRole
_FILTER = Qt.ItemDataRole.UserRole + 1
_SHORT = 5
"""A list this long is seen whole and needs no filter."""
_ROOT = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """What the list shows of one dataset."""

    name: str
    title: str
    species: str = ""
    platform: str = ""
    cells: int | None = None
    size: int | None = None
    """Bytes of everything that opening and colouring may need."""
    on_disk: int | None = None
    licence: str = ""
    available: bool = True
    reason: str = ""
    """Why it is not available."""

    def facts(self) -> str:
        """Second line of the row."""
        if not self.available:
            return self.reason
        cells = f"{short_count(self.cells)} cells" if self.cells is not None else ""
        return " · ".join(part for part in (self.species, self.platform, cells, self.licence) if part)

    def sentence(self) -> str:
        """Everything, for a tooltip and a screen reader."""
        cells = f"{self.cells:,} cells" if self.cells is not None else ""
        disk = disk_text(self.size, self.on_disk)
        parts = (self.title, self.name, self.species, self.platform, cells, disk, self.licence, self.reason)
        return "\n".join(dict.fromkeys(part for part in parts if part))


class _Datasets(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows: list[DatasetRow] = []

    def set_rows(self, rows: Sequence[DatasetRow]) -> None:
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(row.sentence())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.sentence().replace("\n", ", ")
        if role == _ROW:
            return row
        if role == _FILTER:
            return f"{row.title} {row.name} {row.facts()}"
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        if self._rows[index.row()].available:
            return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        return Qt.ItemFlag.NoItemFlags


class _TwoLines(QStyledItemDelegate):
    """Title and state on disk above, facts below: all of a dataset at 360 px."""

    _PAD = 5

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        height = 2 * QFontMetrics(option.font).height() + 2 * self._PAD + 2
        return QSize(120, height)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        row: DatasetRow = index.data(_ROW)
        options = QStyleOptionViewItem(option)
        self.initStyleOption(options, index)
        options.text = ""
        widget = options.widget
        style = widget.style() if widget is not None else QApplication.style()
        assert painter is not None and style is not None
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, options, painter, widget)

        painter.save()
        group = QPalette.ColorGroup.Normal if row.available else QPalette.ColorGroup.Disabled
        color = options.palette.color(group, QPalette.ColorRole.Text)
        faint = options.palette.color(group, QPalette.ColorRole.Text)
        faint.setAlphaF(0.72)
        if not row.available:
            color.setAlphaF(0.5)
            faint.setAlphaF(0.5)
        area = options.rect.adjusted(8, self._PAD, -8, -self._PAD)
        line = area.height() // 2
        bold = QFont(options.font)
        bold.setBold(True)
        metrics, bold_metrics = QFontMetrics(options.font), QFontMetrics(bold)

        disk = disk_text(row.size, row.on_disk) if row.available else ""
        disk_width = metrics.horizontalAdvance(disk) + (10 if disk else 0)
        top = QRect(area.left(), area.top(), area.width(), line)
        bottom = QRect(area.left(), area.top() + line, area.width(), line)
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        cut = Qt.TextElideMode.ElideRight
        painter.setPen(color)
        painter.setFont(bold)
        painter.drawText(top, left, bold_metrics.elidedText(row.title, cut, top.width() - disk_width))
        painter.setFont(options.font)
        painter.setPen(faint)
        painter.drawText(top, right, disk)
        painter.drawText(bottom, left, metrics.elidedText(row.facts(), cut, bottom.width()))
        painter.restore()


class DatasetList(QWidget):
    """Datasets with a filter; emits :attr:`chosen` with a dataset's name, knows nothing of data."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.filter = QLineEdit(self)
        self.filter.setPlaceholderText("Filter datasets: species, platform, name…")
        self.filter.setClearButtonEnabled(True)
        self.filter.setAccessibleName("Filter datasets")
        self._model = _Datasets(self)
        self._shown = QSortFilterProxyModel(self)
        self._shown.setSourceModel(self._model)
        self._shown.setFilterRole(_FILTER)
        self._shown.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.view = QListView(self)
        self.view.setModel(self._shown)
        self.view.setItemDelegate(_TwoLines(self.view))
        self.view.setUniformItemSizes(True)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.setAccessibleName("Datasets")
        self.view.setMinimumHeight(60)
        self.empty = WrappedLabel(parent=self)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.filter)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.empty, 1)
        self.filter.textChanged.connect(self._shown.setFilterFixedString)
        self.filter.textChanged.connect(self._show_empty)
        selection = self.view.selectionModel()
        assert selection is not None
        selection.selectionChanged.connect(self._on_selection)
        self._hint = "Choose a source to see its datasets."
        self._show_empty()

    def set_rows(self, rows: Sequence[DatasetRow], hint: str = "This release has no datasets.") -> None:
        """Show these datasets; ``hint`` is the sentence where there are none.

        The selected dataset stays selected where it is still there; no signal is sent for that.
        """
        before = self.current
        self._model.set_rows(rows)
        self._hint = hint
        if len(rows) <= _SHORT:
            self.filter.clear()  # a filter that can't be seen must not hide anything
        if before:
            self.select(before, quiet=True)
        self._show_empty()

    @property
    def current(self) -> str:
        """Name of the selected dataset; empty for none."""
        index = self.view.currentIndex()
        selection = self.view.selectionModel()
        if selection is None or not selection.isSelected(index):
            return ""
        row: DatasetRow = index.data(_ROW)
        return row.name

    def select(self, name: str, quiet: bool = False) -> bool:
        """Select a dataset by name; False where it is not listed or not available."""
        for number in range(self._shown.rowCount()):
            index = self._shown.index(number, 0)
            row: DatasetRow = index.data(_ROW)
            if row.name == name and row.available:
                selection = self.view.selectionModel()
                assert selection is not None
                was = selection.blockSignals(quiet)
                self.view.setCurrentIndex(index)
                selection.blockSignals(was)
                return True
        return False

    def deselect(self) -> None:
        """Select nothing."""
        self.view.clearSelection()

    def _on_selection(self, selected: QItemSelection, _deselected: QItemSelection) -> None:
        indexes = selected.indexes()
        if indexes:
            row: DatasetRow = indexes[0].data(_ROW)
            self.chosen.emit(row.name)

    def _show_empty(self) -> None:
        have = self._model.rowCount()
        shown = self._shown.rowCount()
        self.filter.setVisible(have > _SHORT)
        self.view.setVisible(shown > 0)
        self.empty.setVisible(shown == 0)
        text = f"No dataset matches “{self.filter.text()}”." if have else self._hint
        self.empty.setText(text)
