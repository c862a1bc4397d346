"""The dock "ABC Atlas": find a slab, open it, color it, show it in other frames and with volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QScrollArea, QSplitter, QVBoxLayout, QWidget
from superqt.utils import qdebounced

from napari_abc.io.files import default_cache
from napari_abc.viewer.links import unwrap
from napari_abc.widgets.color import ColorController, ColorView, FrameController
from napari_abc.widgets.find import FindController, FindView
from napari_abc.widgets.memory import Memory
from napari_abc.widgets.parts import Section, WorkingDock
from napari_abc.widgets.scene import FilterController, SceneBar, SceneController
from napari_abc.widgets.steps import Steps
from napari_abc.widgets.volumes import VolumesController, VolumesView

if TYPE_CHECKING:
    import napari
    from qtpy.QtGui import QShowEvent

    from napari_abc.stage import Scene

__all__ = ["AtlasDock"]

_ROOM_TO_FIND = [500, 400, 1]
_ROOM_TO_COLOR = [1, 300, 600]
_ROOM_FOR_ALL = [270, 230, 400]
"""Shares of the height for datasets, slabs and color: before and after the first slab is open, and
when a folded section is opened again."""

_LOOKS = 5
"""How often a new notice is scrolled to, 50 ms apart, while the sections take their heights."""


class AtlasDock(WorkingDock):
    """Source, datasets, slabs, color and legend, one below the other.

    Parameters
    ----------
    napari_viewer
        The viewer that slabs are added to.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__("ABC Atlas")
        # napari hands plugins a proxy, which is not equal to the layers and lists it stands for.
        viewer = unwrap(napari_viewer)
        self.find_view = FindView(self)
        self.find_view.hide()  # it only owns the sections; they lie in the splitter
        self.scene_bar = SceneBar()
        self.color_view = ColorView()
        self.volumes_view = VolumesView()
        color_section = Section("Color", self.color_view)
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.setChildrenCollapsible(False)
        self._sections = (
            self.find_view.dataset_section,
            self.find_view.slab_section,
            color_section,
        )
        for section in self._sections:
            self._splitter.addWidget(section)
            section.toggled.connect(self._on_folded)
        content = QWidget()
        inner = QVBoxLayout(content)
        inner.setContentsMargins(6, 4, 6, 4)
        inner.setSpacing(4)
        inner.addWidget(self.find_view.source_section)
        inner.addWidget(self._splitter, 1)
        self.volumes_section = Section("Volumes", self.volumes_view)
        self.volumes_section.set_expanded(False)
        self.volumes_section.hide()
        self.volumes_section.toggled.connect(self._on_volumes_folded)
        self._reveal_volumes_soon = qdebounced(self._reveal_volumes, timeout=0, parent=self)
        self._show_notice_soon = qdebounced(self._show_notice, timeout=50, parent=self)
        self._make_room_soon = qdebounced(self._make_room, timeout=200, parent=self)
        self._looks = 0
        inner.addWidget(self.volumes_section)
        self._filler = QWidget()  # takes the height while every section is folded
        self._filler.hide()
        inner.addWidget(self._filler, 1)
        # For screens too low for everything that can be open at once.
        self._scroll = scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(content)
        # Undo and what is in view are always seen, and always at the same place.
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.scene_bar)
        column.addWidget(scroll, 1)

        memory = Memory(default_cache())
        self.steps = Steps(viewer, self.jobs, self)
        self.scene_controller = SceneController(self.scene_bar, self.steps, self.jobs, self)
        self.filter_controller = FilterController(self.color_view.filter, self.steps, self.jobs, self)
        self.find_controller = FindController(viewer, self.find_view, self.jobs, memory, self)
        self.color_controller = ColorController(viewer, self.color_view, self.jobs, self.steps, self)
        self.frame_controller = FrameController(viewer, self.color_view, self.jobs, self)
        self.volumes_controller = VolumesController(viewer, self.volumes_view, self.jobs, self)
        self.volumes_controller.summary_changed.connect(self._on_volumes)
        self.volumes_controller.told.connect(self._on_told)
        self.volumes_view.frame_chosen.connect(self.frame_controller.show_in)
        for follower in (
            self.frame_controller,
            self.volumes_controller,
            self.color_view.cell_size,
            self.scene_controller,
        ):
            self.color_controller.followed.connect(follower.follow)
            follower.follow(self.color_controller.layer)
        self.color_view.picker.layer_chosen.connect(self.scene_controller.look_at_current)
        self.find_controller.slab_opened.connect(self._on_slab_opened)
        self.steps.changed.connect(self._on_scene)
        self._shown_before = False
        self._made_room = False
        self.set_up(
            whole,
            self.find_controller.after_cancel,
            self.color_controller,
            self.volumes_controller,
            self.steps,
        )

    def showEvent(self, event: QShowEvent | None) -> None:
        """Open the source of the last session when the dock is first seen."""
        super().showEvent(event)
        if not self._shown_before:
            self._shown_before = True
            if not self._made_room:  # a script may have opened a slab before the dock was seen
                self._splitter.setSizes(_ROOM_TO_FIND)
            QTimer.singleShot(0, self.find_controller.open_last_source)

    # -- room ------------------------------------------------------------------------------------

    def _on_scene(self, _before: Scene, after: Scene) -> None:
        if after.places:  # whoever opened it: this dock, napari's menus or a script
            self._on_slab_opened(None)

    def _on_slab_opened(self, _layer: object) -> None:
        """Give the legend room: what was chosen is folded away once, and can be opened again."""
        if not self._made_room:
            self._made_room = True
            self._make_room()

    def _make_room(self) -> None:
        """Fold what was chosen away when the mouse is elsewhere: the next click must meet the same list."""
        sections = (self.find_view.source_section, *self._sections[:2])
        if any(section.underMouse() for section in sections):
            self._make_room_soon()
            return
        self.find_view.source_section.set_expanded(False)
        self.find_view.dataset_section.set_expanded(False)
        self._splitter.setSizes(_ROOM_TO_COLOR)

    def _on_volumes(self, summary: str) -> None:
        self.volumes_section.setVisible(bool(summary))
        self.volumes_section.set_summary(summary)

    def _on_volumes_folded(self, expanded: bool) -> None:
        if expanded:
            self._reveal_volumes_soon()  # when the section has its height

    def _reveal_volumes(self) -> None:
        """Show the volumes that were asked for, in the room of the slabs if there is no other."""
        bar = self._scroll.verticalScrollBar()
        slabs = self.find_view.slab_section
        if bar is not None and bar.maximum() > 0 and slabs.expanded:
            slabs.set_expanded(False)
            self._reveal_volumes_soon()
        else:
            self._scroll.ensureWidgetVisible(self.volumes_section)

    def _on_told(self) -> None:
        """See to it that what is said of the volumes is seen."""
        self.volumes_section.set_expanded(True)
        self._looks = 0
        self._show_notice_soon()  # when the notice has its height

    def _show_notice(self) -> None:
        self._scroll.ensureWidgetVisible(self.volumes_view.notice)
        # Texts that wrap get their height after they have their width, and move all below: look again.
        self._looks += 1
        if self._looks < _LOOKS:
            self._show_notice_soon()

    def _on_folded(self, expanded: bool) -> None:
        if expanded and self._made_room:
            # The splitter would give a reopened section no more than its least height.
            self._splitter.setSizes(_ROOM_FOR_ALL)
        self._filler.setVisible(not any(section.expanded for section in self._sections))
