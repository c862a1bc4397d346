"""The dock "ABC Atlas": find a slab, open it, colour it, show it in other frames and with volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, Qt, QTimer
from qtpy.QtWidgets import QScrollArea, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from napari_abc.widgets.browse import Browser
from napari_abc.widgets.browse_view import BrowseView
from napari_abc.widgets.colour import Colourist
from napari_abc.widgets.colour_view import ColourView
from napari_abc.widgets.frame_switch import FrameSwitch
from napari_abc.widgets.jobs import Jobs
from napari_abc.widgets.memory import Memory
from napari_abc.widgets.section import Section
from napari_abc.widgets.task_bar import TaskBar
from napari_abc.widgets.volume_list import VolumeList
from napari_abc.widgets.volume_shelf import VolumeShelf

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    from qtpy.QtGui import QCloseEvent, QShowEvent

    from napari_abc.task import Progress

__all__ = ["AtlasDock"]

_ROOM_TO_FIND = [500, 400, 1]
_ROOM_TO_COLOUR = [1, 300, 600]
_ROOM_FOR_ALL = [270, 230, 400]
"""Shares of the height for datasets, slabs and colour: before and after the first slab is open, and
when a folded section is opened again."""


class AtlasDock(QWidget):
    """Source, datasets, slabs, colour and legend, one below the other.

    Closing the dock or its viewer cancels what runs and waits briefly for it.

    Parameters
    ----------
    napari_viewer
        The viewer that slabs are added to.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        from napari_abc.stores.fetch import default_cache
        from napari_abc.viewer.watch import unwrap

        super().__init__()
        self.setWindowTitle("ABC Atlas")
        self.setAccessibleName("ABC Atlas")
        # napari hands plugins a proxy, which is not equal to the layers and lists it stands for.
        viewer = unwrap(napari_viewer)
        self.jobs = Jobs(self)
        self.browse_view = BrowseView(self)
        self.browse_view.hide()  # it only owns the sections; they lie in the splitter
        self.colour_view = ColourView()
        self.volume_view = VolumeList()
        self.task_bar = TaskBar()
        colour_section = Section("Colour", self.colour_view)
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.setChildrenCollapsible(False)
        self._sections = (
            self.browse_view.dataset_section,
            self.browse_view.slab_section,
            colour_section,
        )
        for section in self._sections:
            self._splitter.addWidget(section)
            section.toggled.connect(self._on_folded)
        content = QWidget()
        inner = QVBoxLayout(content)
        inner.setContentsMargins(6, 4, 6, 4)
        inner.setSpacing(4)
        inner.addWidget(self.browse_view.source_section)
        inner.addWidget(self._splitter, 1)
        self.volume_section = Section("Volumes", self.volume_view)
        self.volume_section.set_expanded(False)
        self.volume_section.hide()
        self.volume_section.toggled.connect(self._on_volumes_folded)
        self._reveal = QTimer(self)
        self._reveal.setSingleShot(True)
        self._reveal.setInterval(0)
        self._reveal.timeout.connect(self._reveal_volumes)
        inner.addWidget(self.volume_section)
        self._filler = QWidget()  # takes the height while every section is folded
        self._filler.hide()
        inner.addWidget(self._filler, 1)
        # For screens too low for everything that can be open at once.
        self._scroll = scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.setSpacing(0)
        layout.addWidget(scroll, 1)
        layout.addWidget(self.task_bar)
        self.setMinimumWidth(320)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

        self.browser = Browser(viewer, self.browse_view, self.jobs, Memory(default_cache()), self)
        self.colourist = Colourist(viewer, self.colour_view, self.jobs, self)
        self.frame_switch = FrameSwitch(viewer, self.colour_view, self.jobs, self)
        self.volume_shelf = VolumeShelf(viewer, self.volume_view, self.jobs, self)
        self.volume_shelf.summary_changed.connect(self._on_volumes)
        self.volume_view.frame_chosen.connect(self.frame_switch.show_in)
        for follow in (self.frame_switch.follow, self.volume_shelf.follow, self.colour_view.cell_size.follow):
            self.colourist.followed.connect(follow)
            follow(self.colourist.layer)
        self.browser.slab_opened.connect(self._on_slab_opened)
        self.jobs.started.connect(self._on_started)
        self.jobs.progressed.connect(self._on_progress)
        self.jobs.ended.connect(self._on_ended)
        self.task_bar.cancelled.connect(self._on_cancel)
        self._shown_before = False
        self._made_room = False
        self._docked = False
        self._tidied = False
        self._close_down = _closer(self.jobs, self.colourist, self.volume_shelf)
        self.destroyed.connect(self._close_down)

    # -- opening and closing ---------------------------------------------------------------------

    def showEvent(self, event: QShowEvent | None) -> None:
        """Open the source of the last session when the dock is first seen."""
        super().showEvent(event)
        if not self._shown_before:
            self._shown_before = True
            if not self._made_room:  # a script may have opened a slab before the dock was seen
                self._splitter.setSizes(_ROOM_TO_FIND)
            QTimer.singleShot(0, self.browser.open_last_source)

    def event(self, event: QEvent | None) -> bool:
        """Notice that napari took the dock away: it un-parents the widget and sends no close event."""
        if event is not None and event.type() == QEvent.Type.ParentChange:
            if self.parent() is not None:
                self._docked = True
            elif self._docked and not self._tidied:
                self.tidy_up()
                self.deleteLater()
        return super().event(event)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Stop everything when the dock is closed as a window of its own."""
        self.tidy_up()
        super().closeEvent(event)

    def tidy_up(self) -> None:
        """Cancel what runs, wait briefly, and listen to nothing any more."""
        self._tidied = True
        self._close_down()

    # -- progress --------------------------------------------------------------------------------

    def _on_started(self, _lane: str, what: str) -> None:
        self.task_bar.start(what)

    def _on_progress(self, lane: str, progress: Progress) -> None:
        if lane == self.jobs.lanes()[-1]:  # the newest one is what the person waits for
            self.task_bar.show_progress(progress)

    def _on_ended(self, _lane: str) -> None:
        lanes = self.jobs.lanes()
        if lanes:
            self.task_bar.start(self.jobs.what(lanes[-1]))
        else:
            self.task_bar.finish()

    def _on_cancel(self) -> None:
        for lane in self.jobs.lanes()[-1:]:
            self.jobs.cancel(lane)
            self.browser.after_cancel(lane)

    # -- room ------------------------------------------------------------------------------------

    def _on_slab_opened(self, _layer: object) -> None:
        """Give the legend room: what was chosen is folded away once, and can be opened again."""
        if not self._made_room:
            self._made_room = True
            self.browse_view.source_section.set_expanded(False)
            self.browse_view.dataset_section.set_expanded(False)
            self._splitter.setSizes(_ROOM_TO_COLOUR)

    def _on_volumes(self, summary: str) -> None:
        self.volume_section.setVisible(bool(summary))
        self.volume_section.set_summary(summary)

    def _on_volumes_folded(self, expanded: bool) -> None:
        if expanded:
            self._reveal.start()  # when the section has its height

    def _reveal_volumes(self) -> None:
        """Show the volumes that were asked for, in the room of the slabs if there is no other."""
        bar = self._scroll.verticalScrollBar()
        slabs = self.browse_view.slab_section
        if bar is not None and bar.maximum() > 0 and slabs.expanded:
            slabs.set_expanded(False)
            self._reveal.start()
        else:
            self._scroll.ensureWidgetVisible(self.volume_section)

    def _on_folded(self, expanded: bool) -> None:
        if expanded and self._made_room:
            # The splitter would give a reopened section no more than its least height.
            self._splitter.setSizes(_ROOM_FOR_ALL)
        self._filler.setVisible(not any(section.expanded for section in self._sections))


def _closer(jobs: Jobs, *controllers: Colourist | VolumeShelf) -> Callable[..., None]:
    """What ends the dock's work; callable when the dock's widgets are gone, and only once effective."""
    closed = False

    def close(*_args: object) -> None:
        nonlocal closed
        if not closed:
            closed = True
            for controller in controllers:
                controller.close()
            jobs.shutdown()

    return close
