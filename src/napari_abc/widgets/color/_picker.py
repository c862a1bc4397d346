"""What to color which slab by, a column from a grouped list or a gene, and in which frame it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtGui import QStandardItem, QStandardItemModel
from qtpy.QtWidgets import QComboBox, QGridLayout, QLabel, QSizePolicy, QWidget

from napari_abc.text import tip
from napari_abc.widgets.color._gene_edit import GeneEdit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ColorPicker"]


class ColorPicker(QWidget):
    """Current slab, its frame, column or gene, and the kind of expression values.

    Emits what was chosen; whoever listens resolves and paints it.
    """

    layer_chosen = Signal(int)
    """Number of the slab in the list given to :meth:`set_layers`."""
    frame_chosen = Signal(str)
    """Name of the frame that the slab is to be shown in."""
    column_chosen = Signal(str)
    gene_chosen = Signal(str)
    gene_refused = Signal(str)
    """Why the text in the gene box names no gene."""
    values_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.layer = _combo(self, "Current slab")
        self.layer.setToolTip("The current slab, of those that are open; choosing one looks at it")
        self.frame = _combo(self, "Frame")
        self.frame.setToolTip("Coordinates that the cells are shown in; the camera stays on the same cells")
        self.column = _combo(self, "Color by")
        self.column.setToolTip("Taxonomy level, region or any other column of the cells")
        self.column.setMaxVisibleItems(24)
        self.gene = GeneEdit(self)
        self.values = QComboBox(self)
        self.values.setAccessibleName("Kind of expression values")
        self.values.setToolTip("Normalized log2 values, or counts as measured")
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(4)
        rows: tuple[tuple[str, QWidget], ...] = (
            ("Sl&ab", self.layer),
            ("F&rame", self.frame),
            ("Color &by", self.column),
            ("&Gene", self.gene),
        )
        for row, (text, widget) in enumerate(rows):
            label = QLabel(text, self)
            label.setBuddy(widget)
            layout.addWidget(label, row, 0)
            layout.addWidget(widget, row, 1, 1, 1 if widget is self.gene else 2)
            if widget is self.frame:
                self._frame_label = label
        layout.addWidget(self.values, 3, 2)
        self.values.setMinimumContentsLength(5)
        self.set_frames((), "")
        layout.setColumnStretch(1, 1)
        self.layer.activated.connect(self.layer_chosen)
        self.frame.activated.connect(self._on_frame)
        self.column.activated.connect(self._on_column)
        self.gene.gene_chosen.connect(self.gene_chosen)
        self.gene.refused.connect(self.gene_refused)
        self.values.activated.connect(self._on_values)

    def set_layers(self, names: Sequence[str], current: int) -> None:
        """List the open slabs; ``current`` is the current one, -1 for none."""
        with QSignalBlocker(self.layer):
            self.layer.clear()
            for number, name in enumerate(names):
                self.layer.addItem(name)
                self.layer.setItemData(number, tip(name), Qt.ItemDataRole.ToolTipRole)
            self.layer.setCurrentIndex(current)
        self.setEnabled(bool(names))

    def set_frames(self, frames: Sequence[tuple[str, str]], current: str) -> None:
        """Offer these frames (name, title); where there is no choice the list is off, but keeps its place."""
        with QSignalBlocker(self.frame):
            self.frame.clear()
            for name, title in frames:
                self.frame.addItem(title, name)
            self.frame.setCurrentIndex(self.frame.findData(current))
        for widget in (self._frame_label, self.frame):
            widget.setEnabled(len(frames) > 1)

    def set_columns(self, groups: Mapping[str, Sequence[str]]) -> None:
        """Offer these columns under the headings of their groups."""
        with QSignalBlocker(self.column):
            model = self.column.model()
            assert isinstance(model, QStandardItemModel)
            self.column.clear()
            for group, columns in groups.items():
                heading = QStandardItem(group)
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                font = heading.font()
                font.setBold(True)
                heading.setFont(font)
                model.appendRow(heading)
                for column in columns:
                    item = QStandardItem(f"   {column}")
                    item.setData(column, Qt.ItemDataRole.UserRole)
                    item.setData(f"{column} ({group})", Qt.ItemDataRole.AccessibleTextRole)
                    item.setToolTip(tip(column))
                    model.appendRow(item)
            self.column.setCurrentIndex(-1)

    def set_genes(self, genes: Sequence[tuple[str, str]], values: Sequence[str]) -> None:
        """Offer these genes (identifier, symbol) and kinds of values."""
        self.gene.set_genes(genes)
        with QSignalBlocker(self.values):
            before = self.values.currentData()
            self.values.clear()
            for kind in values:
                self.values.addItem(kind, kind)
            if before in values:
                self.values.setCurrentIndex(self.values.findData(before))
        self.values.setVisible(bool(values))
        self.gene.setEnabled(bool(genes) and bool(values))
        if genes and not values:
            self.gene.setPlaceholderText("No expression matrix")

    @property
    def kind(self) -> str:
        """Kind of expression values that is chosen; empty where there are none."""
        data = self.values.currentData()
        return data if isinstance(data, str) else ""

    def show_key(self, key: str, gene: str = "", values: str = "") -> None:
        """Show what the layer is colored by, whoever colored it: a column, or a gene."""
        with QSignalBlocker(self.column):
            row = -1 if gene else self.column.findData(key)
            self.column.setCurrentIndex(row)
            self.column.setPlaceholderText(f"Gene {gene}" if gene else "Choose…")
        if gene:
            if not self.gene.hasFocus():
                self.gene.setText(gene)
        else:
            self.gene.clear()
        if values:
            with QSignalBlocker(self.values):
                self.values.setCurrentIndex(self.values.findData(values))

    def _on_frame(self, row: int) -> None:
        name = self.frame.itemData(row)
        if isinstance(name, str):
            self.frame_chosen.emit(name)

    def _on_column(self, row: int) -> None:
        column = self.column.itemData(row)
        if isinstance(column, str):
            self.column_chosen.emit(column)

    def _on_values(self) -> None:
        self.values_chosen.emit(self.kind)


def _combo(parent: QWidget, name: str) -> QComboBox:
    combo = QComboBox(parent)
    combo.setAccessibleName(name)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(10)
    combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    combo.setPlaceholderText("Choose…")
    return combo
