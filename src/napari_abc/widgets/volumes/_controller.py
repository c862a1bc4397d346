"""Controller of the volumes of a slab: fetching, adding, showing and hiding them, and the labels' level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from napari_abc.text import bytes_text
from napari_abc.viewer.links import METADATA_CELLS, slab_of
from napari_abc.viewer.own_images import add_prepared_images, prepare_images
from napari_abc.viewer.parcellation import level_of, show_level, volume_of
from napari_abc.viewer.volumes import add_prepared_volume, prepare_volume, shown_volumes
from napari_abc.widgets.find import ASK_FROM
from napari_abc.widgets.jobs import sentence
from napari_abc.widgets.volumes._view import OtherFrame, VolumeRow

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    from napari.layers import Labels, Layer, Points

    from napari_abc.model import Slab, VolumeSource
    from napari_abc.task import Task
    from napari_abc.viewer.own_images import PreparedImages
    from napari_abc.viewer.prepare import LayerTuple
    from napari_abc.widgets.jobs import Jobs
    from napari_abc.widgets.volumes._view import VolumesView

__all__ = ["VolumesController"]

_PURPOSE = "volume "


class VolumesController(QObject):
    """Keeps the list of a slab's volumes and the layers of the viewer in step."""

    summary_changed = Signal(str)
    """What there is, in a few words; empty without a slab."""
    told = Signal()
    """A question, an error or a note is in the list's notice."""

    def __init__(self, viewer: napari.viewer.Viewer, view: VolumesView, jobs: Jobs, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._view = view
        self._jobs = jobs
        self._layer: Points | None = None
        self._to_fetch: dict[str, int] = {}
        self._pending: Callable[[], None] | None = None
        view.toggled.connect(self._on_toggled)
        view.level_chosen.connect(self._on_level)
        view.notice.answered.connect(self._on_answer)
        view.add.image_chosen.connect(self._on_image)
        jobs.ended.connect(self._on_ended)
        viewer.layers.events.inserted.connect(self._on_layers)
        viewer.layers.events.removed.connect(self._on_layers)

    def close(self) -> None:
        """Listen to nothing any more; touches no widget."""
        layers = self._viewer.layers
        layers.events.inserted.disconnect(self._on_layers)
        layers.events.removed.disconnect(self._on_layers)
        self._layer = None

    # -- what there is ---------------------------------------------------------------------------

    def follow(self, layer: Points | None) -> None:
        """Offer the volumes of a layer's slab; None for none."""
        self._layer = layer
        self._ask_no_more()
        self._look_on_disk()
        self._show()

    @property
    def _slab(self) -> Slab | None:
        return slab_of(self._layer) if self._layer is not None else None

    def _here(self) -> dict[str, VolumeSource]:
        """Volumes of the frame that is shown, by name."""
        slab = self._slab
        return {v.name: v for v in slab.volumes if v.frame == slab.frame.name} if slab is not None else {}

    def _look_on_disk(self) -> None:
        self._to_fetch = {name: source.download_bytes() for name, source in self._here().items()}

    def _shown(self) -> dict[str, Layer]:
        """Layers of the volumes that are in the viewer, by name."""
        slab = self._slab
        if slab is None:
            return {}
        found = shown_volumes(self._viewer, slab)
        return {name: layer for (frame, name), layer in found.items() if frame == slab.frame.name}

    def _purpose(self, name: str) -> str:
        slab = self._slab
        if slab is None:
            return _PURPOSE
        return f"{_PURPOSE}{slab.dataset} {slab.label} {slab.frame.name} {name}"

    def _show(self) -> None:
        """Bring the list up to date."""
        slab = self._slab
        if slab is None:
            self._view.set_rows((), ())
            self._view.set_levels((), "")
            self.summary_changed.emit("")
            return
        shown = self._shown()
        rows = []
        for name in self._here():
            busy = self._jobs.busy(self._purpose(name))
            size = self._to_fetch.get(name, 0)
            detail = "opening…" if busy else f"{bytes_text(size)} to fetch" if size else ""
            rows.append(VolumeRow(name, detail, busy or name in shown))
        elsewhere: dict[str, list[str]] = {}
        for volume in slab.volumes:
            if volume.frame != slab.frame.name:
                elsewhere.setdefault(volume.frame, []).append(volume.name)
        titles = {frame.name: frame.title or frame.name for frame in slab.frames}
        others = [
            OtherFrame(frame, titles[frame], tuple(names))
            for frame, names in elsewhere.items()
            if frame in titles
        ]
        self._view.set_rows(rows, others)
        self._show_levels()
        count = len(rows) + sum(len(other.volumes) for other in others)
        self.summary_changed.emit(f"{len(shown)} of {count} shown" if count else "none yet")

    def _labels(self) -> list[Labels]:
        """Layers whose labels mean terms."""
        found: list[Any] = list(self._shown().values())
        return [x for x in found if (volume := volume_of(x)) is not None and volume.label_levels]

    def _show_levels(self) -> None:
        labels = self._labels()
        volume = volume_of(labels[0]) if labels else None
        levels = tuple(volume.label_levels) if volume is not None else ()
        self._view.set_levels(levels, level_of(labels[0]) if labels else "")

    def _on_layers(self, _event: object = None) -> None:
        if self._slab is not None:
            self._show()

    # -- showing and hiding ----------------------------------------------------------------------

    def _on_toggled(self, name: str, shown: bool) -> None:
        self._ask_no_more()
        source = self._here().get(name)
        if source is None:
            return
        if not shown:
            self._jobs.cancel(self._purpose(name))
            layer = self._shown().get(name)
            if layer is not None:
                self._viewer.layers.remove(layer)
            self._show()
            return
        size = self._to_fetch.get(name, 0)
        if size < ASK_FROM:
            self._open(source)
            return
        self._pending = lambda: self._open(source)
        self._view.notice.show_question(
            f"{name} is not on disk yet; it needs {bytes_text(size)}, fetched once.",
            f"&Download {bytes_text(size)}",
            "&Not now",
        )
        self.told.emit()

    def _open(self, source: VolumeSource) -> None:
        slab = self._slab
        if slab is None:
            return

        def work(task: Task) -> LayerTuple:
            return prepare_volume(slab, source, task)

        self._jobs.start(
            self._purpose(source.name),
            f"Opening {source.name}",
            work,
            lambda part: self._add(slab, part),
            self._complain,
        )
        self._show()

    def _add(self, slab: Slab, part: LayerTuple) -> None:
        """Put a volume below the cells of its slab; these may be shown elsewhere by now, or gone."""
        for layer in self._cells_of(slab):
            try:
                add_prepared_volume(self._viewer, layer, part)
            except Exception as error:
                self._complain(sentence(error))
            return

    def _cells_of(self, slab: Slab) -> list[Points]:
        """Layers that show the cells of a slab."""
        layers: list[Any] = list(self._viewer.layers)
        return [x for x in layers if slab_of(x) is slab and x.metadata.get(METADATA_CELLS)]

    def _on_image(self, parameters: dict[str, Any]) -> None:
        self.add_image(**parameters)

    def add_image(self, path: str) -> None:
        """Open a person's own image and show it with the slab; a path or an address."""
        slab = self._slab
        self._ask_no_more()
        if slab is None:
            return

        def work(task: Task) -> PreparedImages:
            return prepare_images(slab, path, task)

        name = path.rstrip("/\\").replace("\\", "/").rpartition("/")[2] or path
        self._jobs.start(self._purpose(path), f"Opening {name}", work, self._add_images, self._complain)

    def _add_images(self, prepared: PreparedImages) -> None:
        for layer in self._cells_of(prepared.slab)[:1]:
            try:
                add_prepared_images(self._viewer, layer, prepared)
            except Exception as error:
                self._complain(sentence(error))
                return
            self._show()
            if prepared.notes:
                self._view.notice.show_question(" ".join(prepared.notes), "OK")
                self.told.emit()

    def _on_level(self, level: str) -> None:
        for layer in self._labels():
            volume = volume_of(layer)
            if volume is not None and level in volume.label_levels:
                show_level(layer, level)

    # -- asking and complaining ------------------------------------------------------------------

    def _on_ended(self, purpose: str) -> None:
        if purpose.startswith(_PURPOSE):
            self._look_on_disk()
            self._show()

    def _on_answer(self, answer: str) -> None:
        start, self._pending = self._pending, None
        if start is not None and answer != "Not now":
            start()
        self._show()

    def _ask_no_more(self) -> None:
        self._pending = None
        self._view.notice.clear()

    def _complain(self, text: str) -> None:
        self._view.notice.show_error(text, "OK")
        self._show()
        self.told.emit()
