"""Views of the upper half of the dock, put together: source, datasets, slabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_abc.text import ASK_FROM, bytes_text, capitalized
from napari_abc.widgets.find._about import DatasetAbout
from napari_abc.widgets.find._datasets import DatasetList
from napari_abc.widgets.find._directories import DirectoryList
from napari_abc.widgets.find._own_data import OwnDataButton
from napari_abc.widgets.find._slabs import SlabTable
from napari_abc.widgets.find._sources import SourcePicker
from napari_abc.widgets.parts import Notice, Section, WrappedLabel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_abc.widgets.find._datasets import DatasetRow
    from napari_abc.widgets.find._directories import DirectoryRow
    from napari_abc.widgets.find._slabs import SlabRow

__all__ = ["FindView"]

_NOTHING_YET = "Contents"
"""Heading of the slabs while no dataset says what they are called."""


class _Welcome(QWidget):
    """What a person who opens the dock for the first time can do."""

    chosen = Signal(bool)
    """True for the demo, False for the public atlas."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        text = WrappedLabel(
            "Open the public Allen Brain Cell Atlas (sizes are shown before anything large is "
            "downloaded), or try the demo, which needs no network.",
            self,
        )
        public = QPushButton("Open the pu&blic atlas", self)
        public.setAccessibleName("Open the public atlas")
        demo = QPushButton("Try the &demo", self)
        demo.setAccessibleName("Try the demo")
        public.clicked.connect(self._public)
        demo.clicked.connect(self._demo)
        buttons = QHBoxLayout()
        buttons.addWidget(public)
        buttons.addWidget(demo)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 4)
        layout.addWidget(text)
        layout.addLayout(buttons)
        layout.addStretch(1)

    def _public(self) -> None:
        self.chosen.emit(False)

    def _demo(self) -> None:
        self.chosen.emit(True)


class FindView(QWidget):
    """Owns the views and the sections they lie in; the sections go into the dock's splitter."""

    welcome_chosen = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source = SourcePicker()
        self.datasets = DatasetList()
        self.about = DatasetAbout()
        self.directories = DirectoryList(ASK_FROM)
        self.directory_section = Section("Other directories", self.directories)
        self.directory_section.set_expanded(False)
        self.directory_section.hide()
        self.slabs = SlabTable()
        self.own_data = OwnDataButton()
        self.notice = Notice()
        self._welcome = _Welcome()
        self._welcome.chosen.connect(self.welcome_chosen)
        self.slabs.buttons.addWidget(self.own_data)
        self.source_section = Section("Source", self.source)
        self.dataset_section = Section(
            "Dataset", _column(self._welcome, self.datasets, self.directory_section, self.about)
        )
        self.slab_section = Section(_NOTHING_YET, _column(self.slabs, self.notice))
        self.show_welcome(True)

    def show_welcome(self, welcome: bool) -> None:
        """Show the first steps in place of the list of datasets."""
        self._welcome.setVisible(welcome)
        self.datasets.setVisible(not welcome)

    def show_datasets(self, rows: Sequence[DatasetRow]) -> None:
        """List datasets."""
        self.show_welcome(False)
        self.datasets.set_rows(rows)

    def show_directories(self, rows: Sequence[DirectoryRow]) -> None:
        """List the directories that no dataset uses; nothing is shown where there are none."""
        self.directories.set_rows(rows)
        size = bytes_text(sum(row.size for row in rows))
        self.directory_section.set_summary(f"{len(rows):,} · {size}" if rows else "")
        self.directory_section.setVisible(bool(rows))

    def show_slabs(self, rows: Sequence[SlabRow], hint: str, kind: str = "") -> None:
        """List slabs, which a person calls ``kind``; ``hint`` is the sentence where there are none."""
        self.slabs.set_rows(rows, hint, *([kind] if kind else []))
        self.slab_section.set_title(f"{capitalized(kind)}s" if kind else _NOTHING_YET)
        self.slab_section.set_summary(f"{len(rows):,}" if rows else "")


def _column(*widgets: QWidget) -> QWidget:
    column = QWidget()
    layout = QVBoxLayout(column)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    for widget in widgets:
        layout.addWidget(widget)
    return column
