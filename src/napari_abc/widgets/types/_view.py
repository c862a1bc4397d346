"""What the dock "Cluster annotations" shows: taxonomy, level, search, terms, and what to do with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtGui import QKeySequence, QShortcut, QStandardItemModel
from qtpy.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_abc.atlas.taxonomy import plural
from napari_abc.text import bytes_text, tip
from napari_abc.widgets.find import SourcePicker
from napari_abc.widgets.parts import Notice, Section, WrappedLabel
from napari_abc.widgets.types._table import AnnotationsTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_abc.atlas.taxonomy import LevelTable

__all__ = ["AnnotationsView", "TaxonomyRow"]


@dataclass(frozen=True, slots=True)
class TaxonomyRow:
    """What the list shows of one taxonomy."""

    name: str
    title: str
    species: str = ""
    to_fetch: int = 0
    """Bytes that opening it fetches."""
    reason: str = ""
    """Why it can't be opened; empty if it can."""

    def text(self) -> str:
        """One line: ``"Whole mouse brain · Mouse · 3.2 MB to fetch"``."""
        cost = f"{bytes_text(self.to_fetch)} to fetch" if self.to_fetch and not self.reason else ""
        return " · ".join(part for part in (self.title, self.species, cost) if part)


class AnnotationsView(QWidget):
    """Emits what a person chooses; knows tables of levels, and nothing of where they come from."""

    taxonomy_chosen = Signal(str)
    level_chosen = Signal(str)
    """Label of the level."""
    show_requested = Signal(object)
    """Labels of the terms whose cells are to be shown."""
    show_all_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source = SourcePicker()
        self.source_section = Section("Source", self.source)
        self.taxonomy = _combo("Taxonomy", self)
        self.level = _combo("Level", self)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search names, labels, ancestors…")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search terms")
        self.table = AnnotationsTable(self)
        self.summary = WrappedLabel(parent=self)
        self.empty = WrappedLabel(parent=self)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.notice = Notice(self)
        self.slabs = WrappedLabel(parent=self)
        self.show_button = _button("Sho&w these cells", "Show the cells of the selected terms only", self)
        self.all_button = _button("Show &all", "Show all cells again", self)
        self.copy_button = _button("Copy la&bel", "Copy the labels of the selected terms (Ctrl+C)", self)

        choices = QGridLayout()
        choices.setContentsMargins(0, 0, 0, 0)
        for row, (text, combo) in enumerate((("&Taxonomy", self.taxonomy), ("&Level", self.level))):
            label = QLabel(text, self)
            label.setBuddy(combo)
            choices.addWidget(label, row, 0)
            choices.addWidget(combo, row, 1)
        choices.setColumnStretch(1, 1)
        buttons = QHBoxLayout()
        for button in (self.show_button, self.all_button, self.copy_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 4)
        layout.setSpacing(4)
        layout.addWidget(self.source_section)
        layout.addLayout(choices)
        layout.addWidget(self.search)
        layout.addWidget(self.notice)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.empty, 1)
        layout.addWidget(self.summary)
        layout.addLayout(buttons)
        layout.addWidget(self.slabs)

        self._level_tables: dict[str, LevelTable] = {}
        self._notes: tuple[str, ...] = ()
        self._paintable = False
        self.taxonomy.activated.connect(self._on_taxonomy)
        self.level.activated.connect(self._on_level)
        self.search.textChanged.connect(self._on_search)
        self.search.returnPressed.connect(self._on_search_entered)
        self.table.selection_changed.connect(self._tell_selection)
        self.show_button.clicked.connect(self._on_show)
        self.all_button.clicked.connect(self.show_all_requested)
        self.copy_button.clicked.connect(self.table.copy_label.trigger)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self._on_find)
        self.set_taxonomies((), "Choose a source to see its taxonomies.")

    # -- what is shown ---------------------------------------------------------------------------

    def set_taxonomies(self, rows: Sequence[TaxonomyRow], hint: str) -> None:
        """List taxonomies; ``hint`` says what to do while none is shown."""
        current = self.taxonomy.currentData()
        with QSignalBlocker(self.taxonomy):
            self.taxonomy.clear()
            for number, row in enumerate(rows):
                self.taxonomy.addItem(row.text(), row.name)
                words = tip("\n".join(part for part in (row.name, row.reason) if part))
                self.taxonomy.setItemData(number, words, Qt.ItemDataRole.ToolTipRole)
                model = self.taxonomy.model()
                if row.reason and isinstance(model, QStandardItemModel):
                    item = model.item(number)
                    assert item is not None
                    item.setEnabled(False)
            self.taxonomy.setCurrentIndex(self.taxonomy.findData(current))
        self.taxonomy.setEnabled(bool(rows))
        if self.taxonomy.currentIndex() < 0:
            self.show_nothing(hint)

    def show_taxonomy(self, name: str) -> None:
        """Show which taxonomy is chosen."""
        self.taxonomy.setCurrentIndex(self.taxonomy.findData(name))

    def show_nothing(self, hint: str) -> None:
        """Show no terms, and a sentence in their place."""
        self._level_tables, self._notes = {}, ()
        with QSignalBlocker(self.level):
            self.level.clear()
        self.level.setEnabled(False)
        self.search.setEnabled(False)
        self.table.set_level_table(None)
        self.empty.setText(hint)
        self._tell()

    def show_level_tables(
        self, level_tables: Sequence[LevelTable], tips: Sequence[str], notes: tuple[str, ...]
    ) -> None:
        """Offer the levels of a taxonomy; :meth:`show_level` shows one.

        Parameters
        ----------
        level_tables
            The levels, the broadest first and facets last.
        tips
            What each level is.
        notes
            What a person should know of the taxonomy.
        """
        self._level_tables = {level_table.level: level_table for level_table in level_tables}
        self._notes = notes
        with QSignalBlocker(self.level):
            self.level.clear()
            for number, (level_table, text) in enumerate(zip(level_tables, tips, strict=True)):
                self.level.addItem(level_table.terms.title, level_table.level)
                self.level.setItemData(number, tip(text), Qt.ItemDataRole.ToolTipRole)
        self.level.setEnabled(bool(level_tables))
        self.search.setEnabled(bool(level_tables))
        self._count_matches()

    def show_level(self, level: str, select: Sequence[str] = ()) -> None:
        """Show a level by its label, and select terms of it.

        A search that would hide them is given up.
        """
        level_table = self._level_tables[level]
        with QSignalBlocker(self.level):
            self.level.setCurrentIndex(self.level.findData(level))
        self.level.setToolTip(str(self.level.currentData(Qt.ItemDataRole.ToolTipRole) or ""))
        self.table.set_level_table(level_table, self.search.text())
        if select and self.table.select(select) < len(select):
            with QSignalBlocker(self.search):
                self.search.clear()
            self._count_matches()
            self.table.set_level_table(level_table)
            self.table.select(select)
        self._tell()

    def set_slabs(self, text: str, paintable: bool, hidden: bool) -> None:
        """Say which open slabs have the taxonomy.

        Parameters
        ----------
        text
            A sentence.
        paintable
            Whether cells can be shown.
        hidden
            Whether there are cells to show again.
        """
        self.slabs.setText(text)
        self._paintable = paintable
        self.all_button.setEnabled(hidden)
        self._tell_selection()

    # -- what is chosen --------------------------------------------------------------------------

    @property
    def current_level(self) -> str:
        """Label of the level that is shown; empty for none."""
        data = self.level.currentData()
        return data if isinstance(data, str) else ""

    def _on_taxonomy(self, _row: int) -> None:
        name = self.taxonomy.currentData()
        if isinstance(name, str):
            self.taxonomy_chosen.emit(name)

    def _on_level(self, _row: int) -> None:
        if self.current_level:
            self.level_chosen.emit(self.current_level)

    def _on_find(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _on_search(self, text: str) -> None:
        self._count_matches()
        self.table.set_filter(text)
        self._tell()

    def _on_search_entered(self) -> None:
        """Go on to the terms with the keyboard."""
        if self.table.rows.rowCount():
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)
            if not self.table.selected_count:
                self.table.setCurrentIndex(self.table.rows.index(0, self.table.rows.own_column))

    def _on_show(self) -> None:
        self.show_requested.emit(tuple(self.table.selected_labels()))

    # -- words -----------------------------------------------------------------------------------

    def _count_matches(self) -> None:
        """Say beside each level how many terms it has, and how many the search finds there."""
        text = self.search.text()
        for number in range(self.level.count()):
            level_table = self._level_tables[self.level.itemData(number)]
            total = len(level_table.words)
            count = f"{int(level_table.find(text).sum()):,} of {total:,}" if text else f"{total:,}"
            self.level.setItemText(number, f"{level_table.terms.title} ({count})")

    def _tell(self) -> None:
        rows = self.table.rows
        shown, level_table = rows.rowCount(), rows.level_table
        self.table.setVisible(shown > 0)
        self.empty.setVisible(shown == 0)
        if level_table is not None and not shown:
            elsewhere = [
                self.level.itemText(number)
                for number in range(self.level.count())
                if self._level_tables[self.level.itemData(number)].find(self.search.text()).any()
            ]
            found = f" There are on other levels: {', '.join(elsewhere)}." if elsewhere else ""
            title = plural(level_table.terms.title)
            self.empty.setText(f"No {title} hold “{self.search.text()}”.{found}")
        self._tell_selection()

    def _tell_selection(self) -> None:
        rows = self.table.rows
        selected = self.table.selected_count
        self.show_button.setEnabled(self._paintable and selected > 0)
        self.copy_button.setEnabled(selected > 0)
        if rows.level_table is None:
            self.summary.setVisible(False)
            return
        shown, total = rows.rowCount(), rows.total
        noun = plural(rows.level_table.terms.title) if total != 1 else rows.level_table.terms.title
        count = f"{shown:,} of {total:,} {noun}" if shown < total else f"{total:,} {noun}"
        chosen = f", {selected:,} selected" if selected else ""
        self.summary.setText("\n".join((f"{count}{chosen}.", *self._notes)))
        self.summary.setVisible(True)


def _combo(name: str, parent: QWidget) -> QComboBox:
    combo = QComboBox(parent)
    combo.setAccessibleName(name)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(12)
    combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return combo


def _button(text: str, words: str, parent: QWidget) -> QPushButton:
    button = QPushButton(text, parent)
    button.setAccessibleName(text.replace("&", ""))
    button.setToolTip(words)
    return button
