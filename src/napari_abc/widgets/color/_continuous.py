"""The color bar: gradient, limits and colormap of what the cells are colored by."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from cmap import Colormap
from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QColor, QImage, QPainter
from qtpy.QtWidgets import (
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from superqt import QColormapComboBox, QDoubleRangeSlider, QElidingLabel
from superqt.utils import signals_blocked

from napari_abc.model import COLORMAPS
from napari_abc.text import tip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QPaintEvent

__all__ = ["ContinuousLegend"]


class _Gradient(QWidget):
    """The colors between the limits, low on the left."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._image = QImage()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_colors(self, colors: Sequence[str]) -> None:
        self._image = _strip(colors)
        self.update()

    def color_at(self, share: float) -> str:
        """Color at a share of the width, 0 to 1."""
        return self._image.pixelColor(round(share * (self._image.width() - 1)), 0).name()

    def sizeHint(self) -> QSize:
        return QSize(100, 16)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self.rect(), self._image)
        painter.end()


class ContinuousLegend(QWidget):
    """Gradient with limits to set by slider or number, colormap, unit, and what is gray.

    Emits :attr:`limits_changed` and :attr:`colormap_changed` at each step; the listener throttles.
    """

    limits_changed = Signal(float, float)
    colormap_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QElidingLabel(parent=self)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.colormap = QColormapComboBox(self, filterable=False)
        self.colormap.addColormaps(COLORMAPS)
        self.colormap.setMinimumContentsLength(10)  # the colors take a third of it, and the name is not cut
        self.colormap.setAccessibleName("Colormap")
        self.colormap.setToolTip("Colormap; only perceptually uniform ones are offered")
        self.gradient = _Gradient(self)
        self.slider = QDoubleRangeSlider(Qt.Orientation.Horizontal, self)  # type: ignore[no-untyped-call]
        self.slider.setAccessibleName("Limits of the color bar")
        self.low = _spin(self, "Lower limit")
        self.high = _spin(self, "Upper limit")
        self.reset = QPushButton("R&eset", self)
        self.reset.setAccessibleName("Reset limits")
        self.gray = QLabel(self)
        self.gray.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        grid = QGridLayout()
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.colormap)
        grid.addLayout(top, 0, 0, 1, 3)
        grid.addWidget(self.gradient, 1, 0, 1, 3)
        grid.addWidget(self.slider, 2, 0, 1, 3)
        grid.addWidget(self.low, 3, 0, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(self.reset, 3, 1, Qt.AlignmentFlag.AlignCenter)
        grid.addWidget(self.high, 3, 2, Qt.AlignmentFlag.AlignRight)
        for column in range(3):
            grid.setColumnStretch(column, 1)
        layout.addLayout(grid)
        layout.addWidget(self.gray)
        layout.addStretch(1)
        self._default = self._limits = (0.0, 1.0)
        self._step = 0.01  # limits must differ
        self.slider.valueChanged.connect(self._on_slider)
        self.low.valueChanged.connect(self._on_low)
        self.high.valueChanged.connect(self._on_high)
        self.reset.clicked.connect(self._on_reset)
        self.colormap.activated.connect(self._on_colormap)

    def set_scale(
        self,
        title: str,
        unit: str,
        extent: tuple[float, float],
        limits: tuple[float, float],
        default: tuple[float, float],
    ) -> None:
        """Show another scale.

        Parameters
        ----------
        title, unit
            What the numbers are: ``"DRD1"``, ``"log2(CPT + 1)"``.
        extent
            Smallest and largest value of the slider.
        limits
            Where the colors start and end now.
        default
            Where Reset puts them.
        """
        self.title.setText(f"{title}, {unit}" if unit else title)
        self.title.setToolTip(tip(self.title.text()))
        low = min(extent[0], limits[0], default[0])
        high = max(extent[1], limits[1], default[1])
        if not high > low:
            high = low + 1.0
        self._default = default
        decimals = _decimals(high - low)
        self._step = 10.0**-decimals
        with signals_blocked(self.slider), signals_blocked(self.low), signals_blocked(self.high):
            self.slider.setRange(low, high)
            self.slider.setSingleStep((high - low) / 100)
            for spin in (self.low, self.high):
                spin.setDecimals(decimals)
                spin.setSingleStep(5 * self._step)
                spin.setRange(low, high)
        self.set_limits(limits)
        default_text = f"{default[0]:.{decimals}f} to {default[1]:.{decimals}f}"
        self.reset.setToolTip(f"Put the limits back to {default_text}")

    def set_limits(self, limits: tuple[float, float]) -> None:
        """Show these limits without a signal."""
        self._limits = limits
        with signals_blocked(self.slider), signals_blocked(self.low), signals_blocked(self.high):
            self.slider.setValue(limits)
            self.low.setValue(limits[0])
            self.high.setValue(limits[1])

    def set_colormap(self, name: str, colors: Sequence[str]) -> None:
        """Show a colormap by name and its colors, low to high."""
        self.gradient.set_colors(colors)
        self.gradient.setToolTip(f"{name}, low to high")
        if self.colormap.findText(name) < 0:  # a script chose one that isn't offered
            self.colormap.addColormap(Colormap(list(colors), name=name))
        self.colormap.setCurrentText(name)

    def set_gray(self, rows: Sequence[tuple[str, str, int]]) -> None:
        """Say which cells are outside the gradient: name, ``"#rrggbb"`` and number of cells of each."""
        parts = [
            f'<span style="color:{escape(color)}">■</span> {escape(name)}: {count:,} cells'
            for name, color, count in rows
        ]
        self.gray.setText(" &nbsp; ".join(parts))
        self.gray.setAccessibleName(", ".join(f"{name}: {count:,} cells" for name, _, count in rows))
        self.gray.setVisible(bool(parts))

    @property
    def limits(self) -> tuple[float, float]:
        """Limits as they are set."""
        return self._limits

    def _on_slider(self, value: tuple[float, float]) -> None:
        self._change(float(value[0]), float(value[1]), low_moved=float(value[0]) != self._limits[0])

    def _on_low(self, value: float) -> None:
        self._change(value, self._limits[1], low_moved=True)

    def _on_high(self, value: float) -> None:
        self._change(self._limits[0], value, low_moved=False)

    def _change(self, low: float, high: float, low_moved: bool) -> None:
        """Take limits that a person set; the one that was moved pushes the other before it."""
        if high - low < self._step:
            start, end = self.slider.minimum(), self.slider.maximum()
            low = min(low, end - self._step) if low_moved else max(start, high - self._step)
            high = low + self._step
        self.set_limits((low, high))
        self.limits_changed.emit(low, high)

    def _on_reset(self) -> None:
        self.set_limits(self._default)
        self.limits_changed.emit(*self._default)

    def _on_colormap(self) -> None:
        self.colormap_changed.emit(self.colormap.currentText())


def _strip(colors: Sequence[str]) -> QImage:
    """A picture one pixel high, a pixel a color."""
    image = QImage(max(1, len(colors)), 1, QImage.Format.Format_RGB32)
    image.fill(0)
    for x, color in enumerate(colors):
        image.setPixelColor(x, 0, QColor(color))
    return image


def _spin(parent: QWidget, name: str) -> QDoubleSpinBox:
    spin = QDoubleSpinBox(parent)
    spin.setAccessibleName(name)
    spin.setKeyboardTracking(False)
    spin.setToolTip(f"{name} of the colors")
    return spin


def _decimals(span: float) -> int:
    """Decimals that make a hundredth of the span visible."""
    return max(0, min(6, 2 - math.floor(math.log10(span))))
