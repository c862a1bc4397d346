"""Chips: the conditions of a filter in a row, each with a cross that removes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QRect, QSize, Qt, Signal
from qtpy.QtGui import QPainter, QPalette
from qtpy.QtWidgets import QLabel, QMenu, QSizePolicy, QToolButton, QWidget

from napari_abc.text import tip

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qtpy.QtGui import QPaintEvent, QResizeEvent

__all__ = ["ChipRow"]

_GAP = 4
_PAD = 6


class _Chip(QWidget):
    """A text in a frame, elided where it has no room, and a cross."""

    removed = Signal()

    def __init__(self, text: str, full: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.text = text
        self.setToolTip(tip(full))
        self.cross = QToolButton(self)
        self.cross.setText("×")
        self.cross.setAutoRaise(True)
        self.cross.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.cross.setAccessibleName(f"Remove the filter {text}")
        self.cross.setToolTip("Remove this filter")
        self.cross.clicked.connect(self.removed)

    def sizeHint(self) -> QSize:
        """Room for the whole text."""
        height = self.height()
        return QSize(self.fontMetrics().horizontalAdvance(self.text) + 2 * _PAD + height - 2, height)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep the cross at the right."""
        super().resizeEvent(event)
        side = self.height() - 4
        self.cross.setGeometry(self.width() - side - 2, 2, side, side)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw frame and text in the theme's colors, which its style sheet takes from every QFrame."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        painter.setPen(palette.color(QPalette.ColorRole.Highlight))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 4, 4)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        area = self.rect().adjusted(_PAD, 0, -self.height() + 2, 0)
        text = self.fontMetrics().elidedText(self.text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.end()


class ChipRow(QWidget):
    """One row of chips; those that have no room are in the menu of the button at its end.

    Parameters
    ----------
    empty
        What is said where there are none.
    """

    removed = Signal(int)
    """Number of the chip whose cross was pressed."""

    def __init__(self, empty: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(self.fontMetrics().height() + 8)
        self._empty = QLabel(empty, self)
        self._empty.setTextFormat(Qt.TextFormat.PlainText)
        self.more = QToolButton(self)
        self.more.setAccessibleName("More filters")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._menu = QMenu(self)
        self.more.setMenu(self._menu)
        self._texts: list[tuple[str, str]] = []
        self.chips: list[_Chip] = []
        self._lay_out()

    def set_chips(self, texts: Sequence[tuple[str, str]]) -> None:
        """Show other chips.

        Parameters
        ----------
        texts
            Of each what it says, and the whole of it for the tooltip.
        """
        if list(texts) == self._texts:
            return
        focus = next((number for number, chip in enumerate(self.chips) if chip.cross.hasFocus()), None)
        self._texts = list(texts)
        for chip in self.chips:
            chip.hide()
            chip.deleteLater()
        self.chips = [_Chip(text, full, self) for text, full in self._texts]
        for number, chip in enumerate(self.chips):
            chip.removed.connect(self._remover(number))
            chip.resize(self.width(), self.height())
        self._lay_out()
        if focus is not None and self.chips:  # so that the next one can be removed with the same key
            self.chips[min(focus, len(self.chips) - 1)].cross.setFocus()

    def _remover(self, number: int) -> Callable[..., None]:
        return lambda: self.removed.emit(number)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Show as many chips as there is room for."""
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self) -> None:
        height, width = self.height(), self.width()
        self._empty.setVisible(not self.chips)
        self._empty.setGeometry(QRect(2, 0, width, height))
        shown = self._how_many(width)
        left = 0
        for number, chip in enumerate(self.chips):
            chip.setVisible(number < shown)
            if number < shown:
                wanted = chip.sizeHint().width()
                room = width - left - (self._room_for_more() if shown < len(self.chips) else 0)
                chip.setGeometry(left, 0, min(wanted, room), height)
                left += chip.width() + _GAP
        rest = self._texts[shown:]
        self.more.setVisible(bool(rest))
        if not rest:
            return
        self.more.setText(f"+{len(rest)}")
        name = f"{len(rest)} more filters" if len(rest) > 1 else "1 more filter"
        self.more.setAccessibleName(name)
        self.more.setToolTip(tip("\n".join([f"{name}:", *(text for text, _ in rest)])))
        self.more.setGeometry(left, 0, self._room_for_more() - _GAP, height)
        self._menu.clear()
        for number, (text, full) in enumerate(rest, shown):
            action = self._menu.addAction(f"Remove {text.replace('&', '&&')}")
            assert action is not None
            action.setToolTip(tip(full))
            action.triggered.connect(self._remover(number))

    def _how_many(self, width: int) -> int:
        """Chips that are seen: all that fit whole, and always the first one."""
        widths = [chip.sizeHint().width() + _GAP for chip in self.chips]
        if sum(widths) - _GAP <= width:
            return len(widths)
        room, count = width - self._room_for_more(), 0
        for one in widths:
            if one > room:
                break
            room, count = room - one, count + 1
        return max(1, count)

    def _room_for_more(self) -> int:
        return self.fontMetrics().horizontalAdvance("+99") + 24 + _GAP
