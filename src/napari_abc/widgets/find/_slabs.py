"""The slabs of a dataset, to choose one and open it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from napari_abc.text import capitalized, count_text, tip
from napari_abc.widgets.parts import WrappedLabel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QKeyEvent

__all__ = ["SlabRow", "SlabTable"]

_SORT = Qt.ItemDataRole.UserRole
_LABEL = Qt.ItemDataRole.UserRole + 1
_FILTER = Qt.ItemDataRole.UserRole + 2
_SHORT = 8
"""A list this long is seen nearly whole and needs no filter."""
_ROOT = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex
_HEADERS = ("", "Cells", "Sections", "Regions")
_TIPS = (
    "Name of the {kind}; a double click opens it",
    "Cells that have coordinates in the {kind}; – means not counted yet",
    "Brain sections cut from the {kind}",
    "Whether regions were drawn on the {kind}",
)


@dataclass(frozen=True, slots=True)
class SlabRow:
    """What the table shows of one slab."""

    label: str
    cells: int | None = None
    """None while they are not counted."""
    sections: int | None = None
    regions: bool = False
    title: str = ""
    """What is shown in place of the label, where that is a code."""
    whole: bool = False
    """Whether it is all the others at once, and not one more of them."""

    @property
    def name(self) -> str:
        """What a person reads."""
        return self.title or self.label


class _Slabs(QAbstractTableModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[SlabRow] = []
        self.kind = "slab"

    def set_rows(self, rows: Sequence[SlabRow]) -> None:
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(_HEADERS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _HEADERS[section] or capitalized(self.kind)
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return _TIPS[section].format(kind=self.kind)
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            regions = "✓" if row.regions else ""
            return (row.name, count_text(row.cells), count_text(row.sections), regions)[column]
        if role == _SORT:
            unknown = -1
            return (
                row.name,
                unknown if row.cells is None else row.cells,
                unknown if row.sections is None else row.sections,
                row.regions,
            )[column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ToolTipRole and column == 0:
            return tip("\n".join(dict.fromkeys((row.name, row.label))))
        if role == _LABEL:
            return row.label
        if role == _FILTER:
            return f"{row.name} {row.label}"
        if role == Qt.ItemDataRole.ToolTipRole and column == 1 and row.cells is None:
            return "Not counted yet: press Count cells"
        if role == Qt.ItemDataRole.AccessibleTextRole and column == 3:
            return "with regions" if row.regions else "no regions"
        return None


def _alignment(column: int) -> Qt.AlignmentFlag:
    if column == 0:
        return Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
    if column == 3:
        return Qt.AlignmentFlag.AlignCenter
    return Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


class _Table(QTableView):
    """A table where Enter opens the current row instead of doing nothing."""

    entered_row = Signal()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered_row.emit()
            return
        super().keyPressEvent(event)


class SlabTable(QWidget):
    """Slabs with filter, Open and Count; emits what is wanted and opens nothing itself.

    Several rows are chosen with Ctrl, Shift and Ctrl-A. "Open all" opens those that the filter leaves.

    What they are called (slab planes, brain sections, embeddings) is the dataset's to say.
    """

    open_requested = Signal(object)
    """Labels of the slabs to open, in the order in which they are listed."""
    count_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.filter = QLineEdit(self)
        self.filter.setClearButtonEnabled(True)
        self._model = _Slabs(self)
        self._shown = QSortFilterProxyModel(self)
        self._shown.setSourceModel(self._model)
        self._shown.setSortRole(_SORT)
        self._shown.setFilterKeyColumn(0)
        self._shown.setFilterRole(_FILTER)
        self._shown.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.view = _Table(self)
        self.view.setModel(self._shown)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.view.setShowGrid(False)
        self.view.setTabKeyNavigation(False)
        self.view.setWordWrap(False)
        self.view.setTextElideMode(Qt.TextElideMode.ElideLeft)
        self.view.setSortingEnabled(True)
        self.view.setMinimumHeight(70)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows, columns = self.view.verticalHeader(), self.view.horizontalHeader()
        assert rows is not None and columns is not None
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(self.fontMetrics().height() + 7)
        columns.setHighlightSections(False)
        columns.setSortIndicatorClearable(True)
        columns.setMinimumSectionSize(30)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        columns.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.view.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.empty = WrappedLabel(parent=self)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.open_button = QPushButton("&Open", self)
        self.all_button = QPushButton("Open all", self)
        self.count_button = QPushButton("Count cells", self)
        self.count_button.setAccessibleName("Count cells")
        # Of one width whatever they say, so that neither moves while rows are chosen.
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(4)
        for button, share in ((self.open_button, 6), (self.all_button, 5)):
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            self.buttons.addWidget(button, share)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.filter)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.empty, 1)
        layout.addWidget(self.count_button)
        layout.addLayout(self.buttons)

        self.filter.textChanged.connect(self._shown.setFilterFixedString)
        self.filter.textChanged.connect(self._refresh)
        self.view.doubleClicked.connect(self._open)
        self.view.entered_row.connect(self._open)
        self.open_button.clicked.connect(self._open)
        self.all_button.clicked.connect(self._open_all)
        self.count_button.clicked.connect(self.count_requested)
        selection = self.view.selectionModel()
        assert selection is not None
        selection.selectionChanged.connect(self._refresh)
        self._hint = "Choose a dataset to see what it holds."
        self.set_rows((), self._hint)
        self.set_count_cost("")

    def set_rows(
        self, rows: Sequence[SlabRow], hint: str = "This dataset holds nothing to open.", kind: str = "slab"
    ) -> None:
        """Show slabs.

        Parameters
        ----------
        rows
            The slabs, in the order in which they are shown.
        hint
            Is shown where there are none.
        kind
            What one of them is called.
        """
        before = self.chosen
        self._model.kind = kind
        self._model.set_rows(rows)
        self.filter.setPlaceholderText(f"Filter {kind}s…")
        self.view.setAccessibleName(f"{capitalized(kind)}s")
        self.filter.setAccessibleName(f"Filter {kind}s")
        self.open_button.setToolTip(
            f"Open the chosen {kind} (Enter or double-click); Ctrl and Shift choose several"
        )
        self.all_button.setToolTip(f"Open every {kind} of this list beside each other")
        # A column that says the same of all of them takes the room that names need.
        several = any((row.sections or 0) > 1 for row in rows)
        self.view.setColumnHidden(2, not several or "section" in kind)
        self.view.setColumnHidden(3, not any(row.regions for row in rows))
        self._hint = hint
        if len(rows) <= _SHORT:
            self.filter.clear()  # a filter that can't be seen must not hide anything
        self._fit_columns()
        for label in before:
            self._find(label, QItemSelectionModel.SelectionFlag.Select)
        self._refresh()

    def set_count_cost(self, cost: str) -> None:
        """What counting has to fetch, for the tooltip of the button."""
        text = f"Count the cells of every {self._model.kind}"
        self.count_button.setToolTip(f"{text}: {cost}" if cost else text)

    @property
    def chosen(self) -> tuple[str, ...]:
        """Labels of the chosen slabs, in the order in which they are listed."""
        selection = self.view.selectionModel()
        rows = selection.selectedRows() if selection is not None else []
        return tuple(str(row.data(_LABEL)) for row in sorted(rows, key=lambda row: row.row()))

    @property
    def listed(self) -> tuple[str, ...]:
        """Labels of the slabs that the filter leaves, without the one that is all at once."""
        rows = [self._shown.index(number, 0) for number in range(self._shown.rowCount())]
        return self._parts([str(row.data(_LABEL)) for row in rows])

    def _parts(self, labels: Sequence[str]) -> tuple[str, ...]:
        whole = {row.label for row in self._model.rows if row.whole}
        return tuple(label for label in labels if label not in whole)

    def select(self, label: str) -> bool:
        """Choose a slab by label, and no other; False where it is not listed."""
        self.view.clearSelection()
        return self._find(label, QItemSelectionModel.SelectionFlag.SelectCurrent)

    def _find(self, label: str, flag: QItemSelectionModel.SelectionFlag) -> bool:
        selection = self.view.selectionModel()
        assert selection is not None
        for number in range(self._shown.rowCount()):
            index = self._shown.index(number, 0)
            if index.data(_LABEL) == label:
                selection.setCurrentIndex(index, flag | QItemSelectionModel.SelectionFlag.Rows)
                return True
        return False

    def _fit_columns(self) -> None:
        """Names tell slabs apart by their ends, so they get all the width that the figures leave."""
        largest = max((count_text(row.cells) for row in self._model.rows), key=len, default="")
        for column, widest in ((1, max(largest, "Cells", key=len)), (2, _HEADERS[2]), (3, _HEADERS[3])):
            self.view.setColumnWidth(column, self.fontMetrics().horizontalAdvance(widest) + 10)

    @property
    def _to_open(self) -> tuple[str, ...]:
        """What Open opens: with several chosen not the one that is all at once, which has the same cells."""
        chosen = self.chosen
        return self._parts(chosen) if len(chosen) > 1 else chosen

    def _open(self) -> None:
        if self._to_open:
            self.open_requested.emit(self._to_open)

    def _open_all(self) -> None:
        if self.listed:
            self.open_requested.emit(self.listed)

    def _refresh(self) -> None:
        have, shown = self._model.rowCount(), self._shown.rowCount()
        self.filter.setVisible(have > _SHORT)
        self.view.setVisible(shown > 0)
        self.empty.setVisible(shown == 0)
        no_match = f"No {self._model.kind} matches “{self.filter.text()}”."
        self.empty.setText(no_match if have else self._hint)
        chosen, listed, kind = len(self._to_open), len(self.listed), self._model.kind
        short = kind.split()[-1]
        self.open_button.setText(f"&Open {chosen:,} {short}s" if chosen > 1 else "&Open")
        self.open_button.setAccessibleName(f"Open {chosen:,} {kind}s" if chosen > 1 else f"Open {kind}")
        self.open_button.setVisible(have > 0)
        self.open_button.setEnabled(chosen > 0)
        self.all_button.setText(f"Open all {listed:,}" if listed > 1 else "Open all")
        self.all_button.setAccessibleName(f"Open all {listed:,} {kind}s")
        # Embeddings are each a space of their own: there is no sheet of them to look at.
        self.all_button.setVisible(have > 1 and kind != "embedding")
        self.all_button.setEnabled(listed > 1)
        self.count_button.setVisible(any(row.cells is None for row in self._model.rows))
