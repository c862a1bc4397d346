"""A slider for the size of the cells, around the size at which they make up tissue."""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QSlider, QWidget

from napari_abc.viewer.cell_size import size_factor

if TYPE_CHECKING:
    from napari.layers import Points

__all__ = ["CellSize"]

_STEPS = 20
"""Steps of the slider that make up a doubling."""
_DOUBLINGS = 2
"""The slider goes from a quarter to four times the automatic size."""


class CellSize(QWidget):
    """Asks for a size of all open cells; hidden while there are none.

    napari's own slider sets the size of selected points, and starts at one whole unit: a millimeter.
    """

    chosen = Signal(float)
    """Multiple of the automatic size that a person wants."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        ends = _STEPS * _DOUBLINGS
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(-ends, ends)
        self.slider.setPageStep(_STEPS // 2)
        self.slider.setAccessibleName("Cell size")
        self.slider.setToolTip("Size of the cells: a quarter to four times the automatic size")
        self.reset_button = QPushButton(self)
        self.reset_button.setToolTip("Back to the automatic size")
        self.reset_button.setFixedWidth(self.fontMetrics().horizontalAdvance("0.00 ×") + 22)
        label = QLabel("Cell si&ze", self)
        label.setBuddy(self.slider)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(label)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.reset_button)
        self.slider.valueChanged.connect(self._on_value)
        self.reset_button.clicked.connect(self._on_reset)
        self._say(1.0)
        self.hide()

    def follow(self, layer: Points | None) -> None:
        """Show the size of this layer's cells; None for none."""
        factor = size_factor(layer) if layer is not None else None
        self.setVisible(factor is not None)
        if factor is not None:
            self.show_factor(factor)

    def show_factor(self, factor: float) -> None:
        """Show a size, unless a person is choosing one."""
        if self.slider.isSliderDown():
            return
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(_STEPS * log2(factor)) if factor > 0 else self.slider.minimum())
        self._say(factor)

    @property
    def factor(self) -> float:
        """Multiple of the automatic size that the slider stands at."""
        return float(2.0 ** (self.slider.value() / _STEPS))

    def _on_value(self) -> None:
        self._say(self.factor)
        self.chosen.emit(self.factor)

    def _on_reset(self) -> None:
        if self.slider.value():
            self.slider.setValue(0)
        else:  # it may stand there for a size nearby that a script has set
            self._on_value()

    def _say(self, factor: float) -> None:
        self.reset_button.setText(f"{factor:.2g} ×")
        self.reset_button.setAccessibleName(f"Automatic cell size; now {factor:.2f} times that")
        self.slider.setAccessibleDescription(f"{factor:.2f} times the automatic size")
