"""Items of a list in two lines: a title and a figure, facts and a state; and headings between them."""

from __future__ import annotations

from dataclasses import dataclass

from qtpy.QtCore import QModelIndex, QRect, QSize, Qt
from qtpy.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette
from qtpy.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

__all__ = ["LINES", "Lines", "TwoLines"]

LINES = Qt.ItemDataRole.UserRole
"""Role under which a model gives the :class:`Lines` of an item."""

_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


@dataclass(frozen=True, slots=True)
class Lines:
    """What an item shows; with a title only it is a heading."""

    title: str
    figure: str = ""
    """Stands at the right of the title, never cut off."""
    facts: str = ""
    state: str = ""
    """Stands at the right of the facts, never cut off."""
    gray: bool = False

    @property
    def heading(self) -> bool:
        """Whether it is one."""
        return not (self.figure or self.facts or self.state)


class TwoLines(QStyledItemDelegate):
    """Draws :class:`Lines` so that all of them is seen in a narrow dock; what is too long is elided."""

    _PAD = 4

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """Height of two lines, or of one for a heading."""
        line = QFontMetrics(option.font).height()
        lines: Lines = index.data(LINES)
        return QSize(120, line + self._PAD + 2 if lines.heading else 2 * line + 2 * self._PAD + 2)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Draw an item over the style's own background."""
        lines: Lines = index.data(LINES)
        options = QStyleOptionViewItem(option)
        self.initStyleOption(options, index)
        options.text = ""
        widget = options.widget
        style = widget.style() if widget is not None else QApplication.style()
        assert painter is not None and style is not None
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, options, painter, widget)

        painter.save()
        color = options.palette.color(QPalette.ColorGroup.Normal, QPalette.ColorRole.Text)
        bold = QFont(options.font)
        bold.setBold(True)
        if lines.heading:
            area = options.rect.adjusted(8, self._PAD, -8, 0)
            self._line(painter, area, (lines.title, options.font), ("", options.font), (color, color))
            painter.setPen(QColor(color.red(), color.green(), color.blue(), 60))
            end = area.left() + QFontMetrics(options.font).horizontalAdvance(lines.title) + 8
            if end < area.right():
                painter.drawLine(end, area.center().y() + 1, area.right(), area.center().y() + 1)
        else:
            faint = QColor(color)
            faint.setAlphaF(0.72)
            if lines.gray:
                color = QColor(color)
                color.setAlphaF(0.5)
                faint.setAlphaF(0.5)
            area = options.rect.adjusted(8, self._PAD, -8, -self._PAD)
            height = area.height() // 2
            top = QRect(area.left(), area.top(), area.width(), height)
            self._line(painter, top, (lines.title, bold), (lines.figure, options.font), (color, faint))
            bottom = top.translated(0, height)
            self._line(
                painter, bottom, (lines.facts, options.font), (lines.state, options.font), (faint, faint)
            )
        painter.restore()

    @staticmethod
    def _line(
        painter: QPainter,
        area: QRect,
        left: tuple[str, QFont],
        right: tuple[str, QFont],
        colors: tuple[QColor, QColor],
    ) -> None:
        """A text at the left, elided where a text at the right leaves it no room."""
        text, font = right
        taken = QFontMetrics(font).horizontalAdvance(text) + 10 if text else 0
        painter.setFont(font)
        painter.setPen(colors[1])
        painter.drawText(area, _RIGHT, text)
        text, font = left
        painter.setFont(font)
        painter.setPen(colors[0])
        metrics = QFontMetrics(font)
        painter.drawText(
            area, _LEFT, metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width() - taken)
        )
