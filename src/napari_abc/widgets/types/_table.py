"""The table of a level's terms: search, walk up and down, select, copy."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from qtpy.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, Qt, Signal
from qtpy.QtGui import QAction, QGuiApplication, QKeySequence
from qtpy.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QTableView

from napari_abc.widgets.types._model import AnnotationsModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
    from qtpy.QtWidgets import QWidget

    from napari_abc.atlas.taxonomy import LevelTable

__all__ = ["AnnotationsTable"]

_NARROW = 96
"""Pixels that an ancestor's column takes at most, unless there is room or its title is longer."""
_WIDE = 280
"""Pixels that the column of the terms themselves takes at most, unless there is room."""
_BESIDE_TEXT, _BESIDE_TITLE = 36, 28
"""Pixels for the dot and the margins of a cell, and for the arrow beside a title."""


class AnnotationsTable(QTableView):
    """Terms of a level, one a row.

    A click on an ancestor, Enter on it, or Alt+Up goes to it; Enter or a double click on the term
    itself, or Alt+Down, goes to its children. Several rows can be selected.
    """

    up_requested = Signal(str)
    """Label of an ancestor to go to."""
    down_requested = Signal(str)
    """Label of a term whose children to go to."""
    selection_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fitting = self._widened = False
        self.rows = AnnotationsModel(self)
        self.setModel(self.rows)
        self.setAccessibleName("Terms")
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.setMinimumHeight(80)
        lines, columns = self.verticalHeader(), self.horizontalHeader()
        assert lines is not None and columns is not None
        lines.hide()
        lines.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        lines.setDefaultSectionSize(self.fontMetrics().height() + 6)
        columns.setHighlightSections(False)
        columns.setMinimumSectionSize(36)
        columns.setSectionsClickable(True)
        columns.setSortIndicatorShown(True)
        columns.sortIndicatorChanged.connect(self._on_sort)
        columns.sectionResized.connect(self._on_resized)
        self._columns = columns
        self._jumped = float("-inf")
        self._sorting = True
        self.copy_label = self._action("&Copy label", QKeySequence(QKeySequence.StandardKey.Copy))
        self.copy_label.triggered.connect(self._copy_labels)
        self.copy_name = self._action("Copy &name", QKeySequence("Ctrl+Shift+C"))
        self.copy_name.triggered.connect(self._copy_names)
        self.go_up = self._action("Go to &parent", QKeySequence("Alt+Up"))
        self.go_up.triggered.connect(self._on_up)
        self.go_down = self._action("Go to c&hildren", QKeySequence("Alt+Down"))
        self.go_down.triggered.connect(self._on_down)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.clicked.connect(self._on_clicked)
        self.doubleClicked.connect(self._on_double_clicked)
        selection = self.selectionModel()
        assert selection is not None
        selection.selectionChanged.connect(self._tell_actions)
        selection.currentChanged.connect(self._tell_actions)
        self._tell_actions()

    def _action(self, text: str, shortcut: QKeySequence) -> QAction:
        action = QAction(text, self)
        action.setShortcut(shortcut)
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.addAction(action)
        return action

    # -- what is shown ---------------------------------------------------------------------------

    def set_level_table(self, level_table: LevelTable | None, text: str = "") -> None:
        """Show a level, its terms that hold a text."""
        self._sorting = False
        self._columns.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self._sorting = True
        self.rows.set_level_table(level_table, text)
        self._widened = False
        self._fit()
        self._tell_actions()

    def _fit(self) -> None:
        """Give columns the room they need, as far as there is; ancestors are cut off first."""
        viewport, metrics = self.viewport(), self.fontMetrics()
        if self._widened or viewport is None or not self.rows.columnCount():
            return
        needs, least = [], []
        for column in range(self.rows.columnCount()):
            title = str(self.rows.headerData(column, Qt.Orientation.Horizontal))
            head = metrics.horizontalAdvance(title) + _BESIDE_TITLE
            needs.append(max(head, metrics.horizontalAdvance(self.rows.widest(column)) + _BESIDE_TEXT))
            most = _WIDE if column == self.rows.own_column else max(_NARROW, head)
            least.append(needs[-1] if column in self.rows.number_columns() else min(needs[-1], most))
        room = viewport.width() - sum(least)
        wish = sum(needs) - sum(least)
        share = max(0.0, min(1.0, room / wish)) if wish else 0.0
        self._fitting = True
        for column, (need, width) in enumerate(zip(needs, least, strict=True)):
            self.setColumnWidth(column, width + int(share * (need - width)))
        self._fitting = False

    def _on_resized(self, *_: int) -> None:
        self._widened = self._widened or not self._fitting  # a person did it, and it stays so

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Share the room out again."""
        super().resizeEvent(event)
        self._fit()

    def set_filter(self, text: str) -> None:
        """Show the terms that hold a text; those that were selected stay so where they are shown."""
        selected = self.selected_labels()
        self.rows.set_filter(text)
        if selected:
            self.select(selected, scroll=False)
        self._tell_actions()

    def select(self, labels: Sequence[str], scroll: bool = True) -> int:
        """Select terms of this level and no others; gives the number that are shown."""
        selection = self.selectionModel()
        rows = self.rows.rows_of(labels)
        if selection is None or not rows:
            self.clearSelection()
            return 0
        ranges = QItemSelection()
        start = before = rows[0]
        last = self.rows.columnCount() - 1
        for row in [*rows[1:], -1]:
            if row != before + 1:
                ranges.select(self.rows.index(start, 0), self.rows.index(before, last))
                start = row
            before = row
        first = self.rows.index(rows[0], self.rows.own_column)
        selection.setCurrentIndex(first, QItemSelectionModel.SelectionFlag.NoUpdate)
        selection.select(ranges, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if scroll:
            self.scrollTo(first, QAbstractItemView.ScrollHint.PositionAtCenter)
        return len(rows)

    def selected_labels(self) -> list[str]:
        """Labels of the selected terms, in the order of the table."""
        return [self.rows.label(row) for row in self._selected_rows()]

    def selected_names(self) -> list[str]:
        """Names of the selected terms, in the order of the table."""
        return [self.rows.name(row) for row in self._selected_rows()]

    @property
    def selected_count(self) -> int:
        """Number of selected terms."""
        return len(self._selected_rows())

    def _selected_rows(self) -> list[int]:
        selection = self.selectionModel()
        if selection is None:
            return []
        # By ranges: an index a row would take half a second for thousands.
        ranges = selection.selection()
        parts = [ranges[number] for number in range(len(ranges))]
        return sorted({row for part in parts for row in range(part.top(), part.bottom() + 1)})

    def _tell_actions(self, *_: object) -> None:
        """Tell what can be done with the selected terms."""
        any_selected = bool(self._selected_rows())
        current = self.currentIndex()
        self.copy_label.setEnabled(any_selected)
        self.copy_name.setEnabled(any_selected)
        self.go_up.setEnabled(bool(self._parent_of(current)))
        self.go_down.setEnabled(self._has_children(current))
        self.selection_changed.emit()

    def _on_sort(self, column: int, order: Qt.SortOrder) -> None:
        if self._sorting:
            selected = self.selected_labels()
            self.rows.sort(column, order)
            self.select(selected)

    # -- walking ---------------------------------------------------------------------------------

    def _parent_of(self, index: QModelIndex) -> str:
        """Label of the term above that of a row; empty for none."""
        if not index.isValid():
            return ""
        for column in range(self.rows.own_column - 1, -1, -1):
            label = self.rows.label_at(self.rows.index(index.row(), column))
            if label:
                return label
        return ""

    def _has_children(self, index: QModelIndex) -> bool:
        return index.isValid() and self.rows.has_children(index.row())

    def _on_up(self) -> None:
        label = self._parent_of(self.currentIndex())
        if label:
            self._jump(self.up_requested, label)

    def _on_down(self) -> None:
        if self._has_children(self.currentIndex()):
            self._jump(self.down_requested, self.rows.label(self.currentIndex().row()))

    def _follow(self, index: QModelIndex) -> None:
        """Go where a cell of the table leads: an ancestor up, the term itself down."""
        if index.column() >= self.rows.own_column:
            if self._has_children(index):
                self._jump(self.down_requested, self.rows.label(index.row()))
        elif label := self.rows.label_at(index):
            self._jump(self.up_requested, label)

    def _jump(self, signal: Signal, label: str) -> None:
        self._jumped = time.monotonic()
        signal.emit(label)

    def _on_clicked(self, index: QModelIndex) -> None:
        if time.monotonic() - self._jumped < QApplication.doubleClickInterval() / 1000:
            return  # the second half of a double click, which lands on another level's table
        plain = QGuiApplication.keyboardModifiers() == Qt.KeyboardModifier.NoModifier
        if plain and (index.column() < self.rows.own_column or index.column() == self.rows.children_column):
            self._follow(index)

    def _on_double_clicked(self, index: QModelIndex) -> None:
        if index.column() == self.rows.own_column:
            self._follow(index)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Enter goes where the current cell leads."""
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.currentIndex().isValid():
                self._follow(self.currentIndex())
            return
        super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Show a hand over what a click leads to."""
        super().mouseMoveEvent(event)
        viewport = self.viewport()
        if event is None or viewport is None:
            return
        index = self.indexAt(event.pos())
        leads = index.isValid() and (
            (index.column() < self.rows.own_column and bool(self.rows.label_at(index)))
            or (index.column() == self.rows.children_column and self._has_children(index))
        )
        if leads:
            viewport.setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            viewport.unsetCursor()

    # -- copying ---------------------------------------------------------------------------------

    def _copy_labels(self) -> None:
        _copy(self.selected_labels())

    def _copy_names(self) -> None:
        _copy(self.selected_names())


def _copy(lines: Sequence[str]) -> None:
    clipboard = QGuiApplication.clipboard()
    if lines and clipboard is not None:
        clipboard.setText("\n".join(lines))
