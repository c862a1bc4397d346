"""The little window that adds a filter: a range of numbers, or some names of a column."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, QSignalBlocker, Qt, Signal
from qtpy.QtGui import QPainter, QPalette, QStandardItem, QStandardItemModel
from qtpy.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from napari_abc.text import tip
from napari_abc.widgets.parts import WrappedLabel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from qtpy.QtGui import QKeyEvent, QPaintEvent

__all__ = ["Choice", "FilterPopup"]

_WIDTH = 300
_CHECKED = Qt.CheckState.Checked


@dataclass(frozen=True, slots=True)
class Choice:
    """A name of a column, to be kept or left out."""

    name: str | None
    """None for the cells without a value."""
    cells: int
    kept: bool = True

    @property
    def text(self) -> str:
        """What a person reads."""
        return f"{'no value' if self.name is None else self.name} ({self.cells:,})"


class FilterPopup(QWidget):
    """Asks what to filter by and within which limits; knows no slab."""

    key_chosen = Signal(str)
    """A column or gene whose values are wanted: answered by one of the ``offer`` methods."""
    range_wanted = Signal(str, object, object)
    """Key, lower and upper limit; None for no limit."""
    names_wanted = Signal(str, object, object)
    """Column, the names to keep, and those to leave out; None among them for no value."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAccessibleName("Add a filter")
        self.key = QComboBox(self)
        self.key.setAccessibleName("Filter by")
        self.key.setPlaceholderText("Choose…")
        self.key.setMaxVisibleItems(24)
        self.said = WrappedLabel(parent=self)
        self.low, self.high = QLineEdit(self), QLineEdit(self)
        self.low.setAccessibleName("At least")
        self.high.setAccessibleName("At most")
        self.names = QListWidget(self)
        self.names.setAccessibleName("Names to keep")
        self.all, self.none = QPushButton("All", self), QPushButton("None", self)
        self.all.setAccessibleName("Keep all names")
        self.none.setAccessibleName("Keep no name")
        self.apply = QPushButton("Filter", self)
        self.apply.setAccessibleName("Apply this filter")

        limits = QWidget()
        form = QFormLayout(limits)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("At least", self.low)
        form.addRow("At most", self.high)
        listed = QWidget()
        column = QVBoxLayout(listed)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.names)
        both = QHBoxLayout()
        both.addWidget(self.all)
        both.addWidget(self.none)
        column.addLayout(both)
        self._pages = QStackedWidget(self)
        self._blank, self._limits, self._listed = QWidget(), limits, listed
        for page in (self._blank, self._limits, self._listed):
            self._pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.addWidget(self.key)
        layout.addWidget(self.said)
        layout.addWidget(self._pages, 1)
        layout.addWidget(self.apply)
        self.setFixedSize(_WIDTH, 19 * self.fontMetrics().height())

        order = (self.key, self.low, self.high, self.names, self.all, self.none, self.apply)
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

        self.key.activated.connect(self._on_key)
        self.all.clicked.connect(self._check_all)
        self.none.clicked.connect(self._check_none)
        self.names.itemChanged.connect(self._refresh)
        for edit in (self.low, self.high):
            edit.textChanged.connect(self._refresh)
        self.apply.clicked.connect(self._on_apply)
        self.offer_nothing("Choose a column, or the gene that is shown.")

    # -- what there is ---------------------------------------------------------------------------

    def open_at(self, button: QWidget) -> None:
        """Show the window below a button, or above it where the screen ends; inside the screen."""
        place = button.mapToGlobal(QPoint(0, button.height() + 2))
        screen = button.screen()
        if screen is not None:
            area = screen.availableGeometry()
            if place.y() + self.height() > area.bottom():
                place.setY(button.mapToGlobal(QPoint(0, 0)).y() - self.height() - 2)
            place.setX(max(area.left(), min(place.x(), area.right() - self.width())))
            place.setY(max(area.top(), place.y()))
        self.move(place)
        self.show()
        self.key.setFocus()

    def set_keys(self, groups: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """Offer what can be filtered by, under headings.

        Parameters
        ----------
        groups
            Heading to keys, each with what a person reads; a heading may be empty.
        """
        chosen = self.chosen
        with QSignalBlocker(self.key):
            self.key.clear()
            model = self.key.model()
            assert isinstance(model, QStandardItemModel)
            for heading, keys in groups.items():
                if heading and keys:
                    item = QStandardItem(heading)
                    item.setFlags(Qt.ItemFlag.NoItemFlags)
                    font = item.font()
                    font.setBold(True)
                    item.setFont(font)
                    model.appendRow(item)
                for key, text in keys:
                    self.key.addItem(text, key)  # not indented: letters that are typed find it
            self.key.setCurrentIndex(self.key.findData(chosen) if chosen else -1)
        if self.key.currentIndex() < 0:
            self.offer_nothing("Choose a column, or the gene that is shown.")

    @property
    def chosen(self) -> str:
        """The key that is chosen; empty for none."""
        data = self.key.currentData()
        return data if isinstance(data, str) else ""

    def offer_nothing(self, why: str) -> None:
        """Say why there is nothing to choose: that it is being read, or can't be filtered by."""
        self.said.setText(why)
        self._pages.setCurrentWidget(self._blank)
        self._refresh()

    def offer_range(
        self, extent: tuple[float, float], unit: str, low: float | None = None, high: float | None = None
    ) -> None:
        """Ask for limits of a number.

        Parameters
        ----------
        extent
            Lowest and highest value that there are.
        low, high
            Limits that are set already.
        """
        self.said.setText(f"From {extent[0]:g} to {extent[1]:g}{f' {unit}' if unit else ''}")
        for edit, least, value in ((self.low, extent[0], low), (self.high, extent[1], high)):
            edit.setPlaceholderText(f"{least:g}")
            edit.setText("" if value is None else f"{value:g}")
        self._pages.setCurrentWidget(self._limits)
        self._refresh()

    def offer_names(self, choices: Sequence[Choice]) -> None:
        """Ask which names of a column to keep."""
        self.said.setText("Keep the cells with these names:")
        with QSignalBlocker(self.names):
            self.names.clear()
            for choice in choices:
                item = QListWidgetItem(choice.text)
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                item.setCheckState(_CHECKED if choice.kept else Qt.CheckState.Unchecked)
                item.setToolTip(tip(choice.text))
                item.setData(Qt.ItemDataRole.UserRole, choice)
                self.names.addItem(item)
            self.names.setCurrentRow(0)  # which the space bar switches
        self._pages.setCurrentWidget(self._listed)
        self._refresh()

    # -- what is wanted --------------------------------------------------------------------------

    def _on_key(self, _row: int) -> None:
        if self.chosen:
            self.key_chosen.emit(self.chosen)

    def _items(self) -> list[QListWidgetItem]:
        found = [self.names.item(row) for row in range(self.names.count())]
        return [item for item in found if item is not None]

    def _check_all(self) -> None:
        self._check(_CHECKED)

    def _check_none(self) -> None:
        self._check(Qt.CheckState.Unchecked)

    def _check(self, state: Qt.CheckState) -> None:
        with QSignalBlocker(self.names):
            for item in self._items():
                item.setCheckState(state)
        self._refresh()

    def _limit(self, edit: QLineEdit) -> float | None:
        """The number that was typed; None for nothing, NaN for what is none."""
        text = edit.text().strip().replace(",", "")
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            return math.nan
        return value if math.isfinite(value) else math.nan

    def _refresh(self) -> None:
        """Let the button be pressed where there is something to filter by."""
        page = self._pages.currentWidget()
        if page is self._listed:
            self.apply.setEnabled(any(item.checkState() == _CHECKED for item in self._items()))
            self.apply.setToolTip("")
        elif page is self._limits:
            low, high = self._limit(self.low), self._limit(self.high)
            given = [value for value in (low, high) if value is not None]
            wrong = any(map(math.isnan, given))
            crossed = low is not None and high is not None and low > high
            self.apply.setEnabled(bool(given) and not wrong and not crossed)
            self.apply.setToolTip(
                "A limit is a number: 100, 2.5"
                if wrong
                else ("The lower limit comes first" if crossed else "")
            )
        else:
            self.apply.setEnabled(False)

    def _on_apply(self) -> None:
        if not self.apply.isEnabled():
            return
        self.hide()
        if self._pages.currentWidget() is self._limits:
            self.range_wanted.emit(self.chosen, self._limit(self.low), self._limit(self.high))
            return
        kept, left_out = (
            tuple(
                item.data(Qt.ItemDataRole.UserRole).name
                for item in self._items()
                if (item.checkState() == _CHECKED) is wanted
            )
            for wanted in (True, False)
        )
        self.names_wanted.emit(self.chosen, kept, left_out)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Let the enter key apply the filter, wherever the focus is."""
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._on_apply()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw a ground and a frame of the theme's colors; a window of its own has none from the dock."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Window))
        painter.setPen(self.palette().color(QPalette.ColorRole.Highlight))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
