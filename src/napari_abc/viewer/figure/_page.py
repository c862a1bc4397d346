"""The page of a figure: title, canvas, legend or color bar, and what is said below them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from qtpy.QtCore import QRect, Qt
from qtpy.QtGui import QColor, QFont, QFontMetrics, QImage, QLinearGradient, QPainter, QPen

if TYPE_CHECKING:
    from napari_abc.model import Legend, LegendBar, LegendRow

__all__ = ["BACKGROUND", "FigurePage", "ScaleBar"]

BACKGROUND = "#0e1014"
_TEXT = QColor("#f2f3f5")
_MUTED = QColor("#a3a9b3")
_RULE = QColor("#2b2f37")
_LABEL = QColor("#ffb000")  # what must not be overlooked: the data are made up

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_SHORTEN = Qt.TextElideMode.ElideRight


class ScaleBar(NamedTuple):
    """A length, and how long it is in the picture."""

    text: str
    pixels: int


@dataclass(frozen=True, slots=True)
class FigurePage:
    """Where everything goes on a page of ``width`` by ``height`` pixels.

    Parameters
    ----------
    width, height
        Of the page, in pixels.
    legend
        What its right side shows.
    title
        Line above the canvas.
    footer, license
        Line below the canvas: left and right.
    label
        Shown in a frame at the top right; ``""`` for none.
    regions
        Name and color of each outline that is drawn.
    """

    width: int
    height: int
    legend: Legend
    title: str
    footer: str
    license: str
    label: str
    regions: tuple[tuple[str, str], ...] = ()

    @property
    def unit(self) -> float:
        """Pixels to a pixel of the 1600 x 1000 page that all measures here are of."""
        return max(0.4, min(self.width / 1600, self.height / 1000))

    @property
    def canvas(self) -> QRect:
        """Where the canvas goes."""
        top = self._px(76)
        left = self._px(28)
        below = self._px(52) + (self._px(40) if self.regions else 0)
        return QRect(left, top, self.width - self._panel_width() - left, self.height - top - below)

    def compose(self, canvas: QImage, bar: ScaleBar | None) -> QImage:
        """The finished page.

        Parameters
        ----------
        canvas
            Picture of the canvas, as large as :attr:`canvas`.
        bar
            Scale bar to draw on it; None for none.
        """
        page = QImage(self.width, self.height, QImage.Format.Format_RGB32)
        page.fill(QColor(BACKGROUND))
        painter = QPainter(page)
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing
            | QPainter.RenderHint.TextAntialiasing
            | QPainter.RenderHint.SmoothPixmapTransform
        )
        painter.drawImage(self.canvas, canvas)
        if bar is not None:
            self._draw_scale_bar(painter, bar)
        self._draw_title(painter)
        self._draw_footer(painter)
        self._draw_regions(painter)
        panel = self._panel()
        panel = self._draw_heading(painter, panel)
        if self.legend.bar is not None:
            panel = self._draw_bar(painter, panel, self.legend.bar)
        self._draw_rows(painter, panel)
        painter.end()
        return page

    # -- measures --------------------------------------------------------------------------------

    def _px(self, size: float) -> int:
        return max(1, round(size * self.unit))

    def _font(self, size: float, bold: bool = False, italic: bool = False) -> QFont:
        font = QFont()
        font.setPixelSize(max(7, self._px(size)))
        font.setBold(bold)
        font.setItalic(italic)
        return font

    def _panel_width(self) -> int:
        metrics = QFontMetrics(self._font(17))
        names = max((metrics.horizontalAdvance(row.name) for row in self.legend.rows), default=0)
        counts = max((metrics.horizontalAdvance(f"{row.count:,}") for row in self.legend.rows), default=0)
        heading = QFontMetrics(self._font(20, bold=True)).horizontalAdvance(self.legend.title) + self._px(80)
        wanted = max(heading, names + counts + self._px(28 + 24)) + 2 * self._px(28)
        return min(max(wanted, self._px(300)), round(0.36 * self.width))

    def _panel(self) -> QRect:
        margin = self._px(28)
        canvas = self.canvas
        left = canvas.right() + 1 + margin
        return QRect(
            left, canvas.top() + self._px(8), self.width - margin - left, canvas.height() - self._px(8)
        )

    # -- parts -----------------------------------------------------------------------------------

    def _text(
        self, painter: QPainter, area: QRect, text: str, font: QFont, color: QColor, right: bool = False
    ) -> None:
        painter.setFont(font)
        painter.setPen(color)
        shown = QFontMetrics(font).elidedText(text, _SHORTEN, area.width())
        painter.drawText(area, _RIGHT if right else _LEFT, shown)

    def _draw_scale_bar(self, painter: QPainter, bar: ScaleBar) -> None:
        """At the lower left of the canvas, on a ground that keeps it legible over cells."""
        font = self._font(20)
        width = max(bar.pixels, QFontMetrics(font).horizontalAdvance(bar.text))
        pad, tick = self._px(8), self._px(6)
        height = self._px(44)
        left, bottom = self.canvas.left(), self.canvas.bottom() - pad
        ground = QColor(BACKGROUND)
        ground.setAlphaF(0.7)
        area = QRect(left - pad, bottom - height, width + 2 * pad, height + pad)
        painter.fillRect(area, ground)
        y = bottom - tick
        painter.setPen(QPen(_TEXT, self._px(3), cap=Qt.PenCapStyle.FlatCap))
        painter.drawLine(left, y, left + bar.pixels, y)
        for x in (left, left + bar.pixels):
            painter.drawLine(x, y - tick, x, y + tick)
        text = QRect(left, area.top(), bar.pixels, height - 2 * tick)
        painter.setFont(font)
        painter.drawText(text, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip, bar.text)

    def _draw_title(self, painter: QPainter) -> None:
        margin = self._px(28)
        area = QRect(margin, 0, self.width - 2 * margin, self._px(76))
        if self.label:
            font = self._font(16, bold=True)
            width = QFontMetrics(font).horizontalAdvance(self.label) + self._px(24)
            height = self._px(32)
            frame = QRect(area.right() - width, area.center().y() - height // 2, width, height)
            painter.setPen(QPen(_LABEL, self._px(1.5)))
            painter.drawRoundedRect(frame, self._px(5), self._px(5))
            painter.setFont(font)
            painter.setPen(_LABEL)
            painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, self.label)
            area.setRight(frame.left() - margin)
        self._text(painter, area, self.title, self._font(24, bold=True), _TEXT)

    def _draw_footer(self, painter: QPainter) -> None:
        margin = self._px(28)
        font = self._font(15)
        area = QRect(margin, self.height - self._px(52), self.width - 2 * margin, self._px(52))
        painter.setPen(QPen(_RULE, self._px(1)))
        painter.drawLine(area.left(), area.top(), area.right(), area.top())
        license = min(QFontMetrics(font).horizontalAdvance(self.license), area.width() // 2)
        if self.license:
            self._text(
                painter, area.adjusted(area.width() - license - 1, 0, 0, 0), self.license, font, _MUTED
            )
        self._text(painter, area.adjusted(0, 0, -license - margin, 0), self.footer, font, _MUTED)

    def _draw_regions(self, painter: QPainter) -> None:
        """One line below the canvas: as many regions as there is room for."""
        font = self._font(16)
        metrics = QFontMetrics(font)
        left, gap, stroke = self._px(28), self._px(22), self._px(24)
        line = QRect(left, self.canvas.bottom() + 1, self.canvas.right() - left, self._px(34))
        for number, (name, color) in enumerate(self.regions):
            more = f"+ {len(self.regions) - number:,} more"
            width = stroke + self._px(8) + metrics.horizontalAdvance(name) + 1
            last = number == len(self.regions) - 1
            if width + (0 if last else gap + metrics.horizontalAdvance(more)) > line.width():
                self._text(painter, line, more, font, _MUTED)
                return
            painter.setPen(QPen(QColor(color), self._px(4), cap=Qt.PenCapStyle.FlatCap))
            painter.drawLine(line.left(), line.center().y(), line.left() + stroke, line.center().y())
            self._text(painter, line.adjusted(stroke + self._px(8), 0, 0, 0), name, font, _TEXT)
            line.setLeft(line.left() + width + gap)

    def _draw_heading(self, painter: QPainter, panel: QRect) -> QRect:
        """Title of the legend; what is left of the panel."""
        bar = self.legend.bar
        area = QRect(panel.left(), panel.top(), panel.width(), self._px(34))
        if bar is None:
            width = QFontMetrics(self._font(15)).horizontalAdvance("cells")
            self._text(painter, area, "cells", self._font(15), _MUTED, right=True)
            area.setRight(area.right() - width - self._px(12))
        self._text(painter, area, self.legend.title, self._font(20, bold=True), _TEXT)
        return panel.adjusted(0, self._px(44), 0, 0)

    def _draw_bar(self, painter: QPainter, panel: QRect, bar: LegendBar) -> QRect:
        if bar.unit:
            area = QRect(panel.left(), panel.top() - self._px(10), panel.width(), self._px(26))
            self._text(painter, area, bar.unit, self._font(16), _MUTED)
        # Half a line of room above and below, for the numbers at the ends are centered on them.
        top = panel.top() + self._px(40)
        gradient_area = QRect(panel.left(), top, self._px(30), round(0.52 * panel.height()))
        gradient = QLinearGradient(0, gradient_area.bottom(), 0, gradient_area.top())
        for i, color in enumerate(bar.stops):
            gradient.setColorAt(i / max(1, len(bar.stops) - 1), QColor(color))
        painter.fillRect(gradient_area, gradient)
        painter.setPen(QPen(_MUTED, self._px(1)))
        painter.drawRect(gradient_area)
        low, high = bar.limits
        font = self._font(17)
        for value in _ticks(low, high):
            share = (value - low) / (high - low)
            y = round(gradient_area.bottom() - share * gradient_area.height())
            painter.setPen(QPen(_MUTED, self._px(1)))
            painter.drawLine(gradient_area.right(), y, gradient_area.right() + self._px(7), y)
            left = gradient_area.right() + self._px(14)
            number = QRect(left, y - self._px(13), panel.right() - left, self._px(26))
            self._text(painter, number, _number(value, high - low), font, _TEXT)
        below = gradient_area.bottom() + self._px(34)
        return QRect(panel.left(), below, panel.width(), panel.bottom() - below)

    def _draw_rows(self, painter: QPainter, panel: QRect) -> None:
        rows = self.legend.rows
        if not rows:
            return
        pitch = min(self._px(29), max(self._px(23), panel.height() // len(rows)))
        size = 17 * min(1.0, pitch / self._px(26))
        room = max(1, panel.height() // pitch)
        shown, rest = _most(rows, room)
        swatch = round(0.55 * pitch)
        counts = [f"{row.count:,}" for row in shown]
        font = self._font(size)
        number = max((QFontMetrics(font).horizontalAdvance(count) for count in counts), default=0)
        for i, (row, count) in enumerate(zip(shown, counts, strict=True)):
            line = QRect(panel.left(), panel.top() + i * pitch, panel.width(), pitch)
            square = QRect(line.left(), line.top() + (pitch - swatch) // 2, swatch, swatch)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(row.color))
            painter.drawRoundedRect(square, self._px(3), self._px(3))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            name = line.adjusted(self._px(28), 0, -number - self._px(14), 0)
            self._text(painter, name, row.name, self._font(size, italic=row.missing), _TEXT)
            self._text(painter, line, count, font, _MUTED, right=True)
        if rest:
            line = QRect(panel.left(), panel.top() + len(shown) * pitch, panel.width(), pitch)
            cells = sum(row.count for row in rest)
            more = line.adjusted(self._px(28), 0, 0, 0)
            self._text(painter, more, f"+ {len(rest):,} more", font, _MUTED)
            self._text(painter, line, f"{cells:,}", font, _MUTED, right=True)


def _most(rows: tuple[LegendRow, ...], room: int) -> tuple[list[LegendRow], list[LegendRow]]:
    """Rows for so many lines, and the others: those with most cells stay, in their order.

    The cells without a value always stay, as they must be said; the last line is for "+ n more".
    """
    if len(rows) <= room:
        return list(rows), []
    by_count = sorted(range(len(rows)), key=lambda i: (not rows[i].missing, -rows[i].count))
    kept = set(by_count[: max(0, room - 1)])
    return [row for i, row in enumerate(rows) if i in kept], [
        row for i, row in enumerate(rows) if i not in kept
    ]


def _ticks(low: float, high: float) -> list[float]:
    """The limits and round numbers between them, not so near that they would touch the limits."""
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * min((1.0, 2.0, 2.5, 5.0, 10.0), key=lambda factor: abs(factor * power - rough))
    first = math.ceil(low / step)
    inner = [i * step for i in range(first, first + 10)]
    return [low, *(value for value in inner if low + 0.35 * step < value < high - 0.35 * step), high]


def _number(value: float, span: float) -> str:
    """A number with as many decimals as tell apart a hundredth of the span."""
    decimals = min(12, max(0, 2 - math.floor(math.log10(span))))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
