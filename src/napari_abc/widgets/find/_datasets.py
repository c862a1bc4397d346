"""The datasets of a release: what each is, how large, and how much of it is here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import (
    QAbstractListModel,
    QItemSelection,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from qtpy.QtWidgets import QLineEdit, QListView, QVBoxLayout, QWidget

from napari_abc.text import bytes_text, disk_state, disk_text, short_count, tip
from napari_abc.widgets.parts import LINES, Lines, TwoLines, WrappedLabel

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DatasetList", "DatasetRow"]

_ROW = Qt.ItemDataRole.UserRole + 1
_FILTER = Qt.ItemDataRole.UserRole + 2
_SHORT = 5
"""A list this long is seen whole and needs neither filter nor headings."""
_ABSENT = "Not available"
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
    """Bytes of everything that opening and coloring may need."""
    on_disk: int | None = None
    license: str = ""
    available: bool = True
    reason: str = ""
    """Why it is not available."""

    def facts(self, species: bool = True) -> str:
        """Second line of the row; ``species`` is whether that is not said by a heading."""
        if not self.available:
            return self.reason
        cells = f"{short_count(self.cells)} cells" if self.cells is not None else ""
        parts = (self.species if species else "", self.platform, cells, self.license)
        return " · ".join(part for part in parts if part)

    def lines(self, species: bool = True) -> Lines:
        """What the list shows."""
        if not self.available:
            return Lines(self.title, facts=self.reason, gray=True)
        figure = bytes_text(self.size) if self.size is not None else ""
        return Lines(self.title, figure, self.facts(species), disk_state(self.size, self.on_disk))

    def sentence(self) -> str:
        """Everything, for a tooltip and a screen reader."""
        cells = f"{self.cells:,} cells" if self.cells is not None else ""
        disk = disk_text(self.size, self.on_disk)
        parts = (self.title, self.name, self.species, self.platform, cells, disk, self.license, self.reason)
        return "\n".join(dict.fromkeys(part for part in parts if part))


class _Datasets(QAbstractListModel):
    """Datasets, and where there are many, headings above those of a species."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[DatasetRow] = []
        self._items: list[DatasetRow | str] = []

    def set_rows(self, rows: Sequence[DatasetRow]) -> None:
        self.beginResetModel()
        self.rows = list(rows)
        self._items = list(rows)
        if self.grouped:
            groups: dict[str, list[DatasetRow]] = {}
            for row in rows:
                groups.setdefault(row.species if row.available else _ABSENT, []).append(row)
            absent = groups.pop(_ABSENT, [])
            if absent:
                groups[f"{_ABSENT} ({len(absent)})"] = absent
            self._items = []
            for heading, members in groups.items():
                self._items += [heading, *members]
        self.endResetModel()

    @property
    def grouped(self) -> bool:
        """Whether there are headings."""
        return len(self.rows) > _SHORT

    def members(self, number: int) -> range:
        """Numbers of the items below a heading."""
        end = number + 1
        while end < len(self._items) and not isinstance(self._items[end], str):
            end += 1
        return range(number + 1, end)

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._items)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._items[index.row()]
        if isinstance(row, str):
            if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
                return row
            return Lines(row) if role == LINES else None
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(row.sentence())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.sentence().replace("\n", ", ")
        if role == LINES:
            return row.lines(species=not self.grouped)
        if role == _ROW:
            return row
        if role == _FILTER:
            return f"{row.title} {row.name} {row.species} {row.facts()}"
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        row = self._items[index.row()]
        if not isinstance(row, str) and row.available:
            return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        return Qt.ItemFlag.NoItemFlags


class _Filtered(QSortFilterProxyModel):
    """Keeps a heading while something is left below it."""

    def filterAcceptsRow(self, source_row: int, source_parent: QModelIndex) -> bool:
        model = self.sourceModel()
        assert isinstance(model, _Datasets)
        if model.index(source_row, 0).data(_ROW) is None:
            return any(self.filterAcceptsRow(number, source_parent) for number in model.members(source_row))
        return bool(super().filterAcceptsRow(source_row, source_parent))


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
        self._shown = _Filtered(self)
        self._shown.setSourceModel(self._model)
        self._shown.setFilterRole(_FILTER)
        self._shown.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.view = QListView(self)
        self.view.setModel(self._shown)
        self.view.setItemDelegate(TwoLines(self.view))
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.setAccessibleName("Datasets")
        self.view.setMinimumHeight(90)
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
        bar = self.view.verticalScrollBar()
        assert bar is not None
        bar.rangeChanged.connect(self._show_current)  # when the list has become lower or longer
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
            row: DatasetRow | None = index.data(_ROW)
            if row is not None and row.name == name and row.available:
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

    def _show_current(self) -> None:
        if self.current:
            self.view.scrollTo(self.view.currentIndex())

    def _show_empty(self) -> None:
        have, shown = len(self._model.rows), self._shown.rowCount()
        self.filter.setVisible(have > _SHORT)
        self.view.setVisible(shown > 0)
        self.empty.setVisible(shown == 0)
        text = f"No dataset matches “{self.filter.text()}”." if have else self._hint
        self.empty.setText(text)
