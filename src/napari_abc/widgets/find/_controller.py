"""Controller of the upper half of the dock: source, datasets, slabs, opening.

It answers the signals of the views with calls into the data side, each on a worker thread, and is
the only place of the dock that adds layers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from napari_abc.atlas.atlas import DEMO, open_atlas
from napari_abc.io.remote import PUBLIC_BUCKET
from napari_abc.text import ASK_FROM, bytes_text
from napari_abc.vendors.registry import open_bundle
from napari_abc.viewer.scene import scene_of
from napari_abc.widgets.find._opening import Batch, plan_opening, read_all
from napari_abc.widgets.find._rows import dataset_rows, directory_rows, slab_rows
from napari_abc.widgets.find._sources import SourceChoice
from napari_abc.widgets.jobs import sentence
from napari_abc.widgets.shared_atlas import share

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import napari
    from napari.layers import Points

    from napari_abc.atlas.atlas import Atlas
    from napari_abc.atlas.dataset import Dataset
    from napari_abc.model import Slab
    from napari_abc.stage import SlabKey
    from napari_abc.task import Task
    from napari_abc.widgets.find._datasets import DatasetRow
    from napari_abc.widgets.find._directories import DirectoryRow
    from napari_abc.widgets.find._slabs import SlabRow
    from napari_abc.widgets.find._view import FindView
    from napari_abc.widgets.jobs import Jobs
    from napari_abc.widgets.memory import Memory

__all__ = ["ASK_FROM", "FindController"]

SOURCE, DATASET, DOWNLOAD, DIRECTORIES = "source", "dataset", "download", "directories"
OPEN, READ = "open", "read opened"

MANY_CELLS = 2_000_000
"""Several slabs with more cells than this together are not opened without asking."""


@dataclass(frozen=True, slots=True)
class _OpenedAtlas:
    atlas: Atlas
    releases: list[str]
    rows: list[DatasetRow]
    directories: list[DirectoryRow]


@dataclass(frozen=True, slots=True)
class _OpenedDataset:
    dataset: Dataset
    rows: list[SlabRow]
    to_fetch: int
    """Bytes that all slabs together have to fetch."""


class FindController(QObject):
    """Opens sources, lists datasets and slabs, and puts slabs into the viewer."""

    slab_opened = Signal(object)
    """The cells layer of the slab that was opened, or that was open already."""

    def __init__(
        self, viewer: napari.viewer.Viewer, view: FindView, jobs: Jobs, memory: Memory, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._view = view
        self._jobs = jobs
        self._memory = memory
        self._atlas: Atlas | None = None
        self._dataset: _OpenedDataset | None = None
        self._pending: Callable[[], None] | None = None
        self._opened_any = False
        self._batch: Batch | None = None
        self._reads = 0
        view.source.open_requested.connect(self.open_source)
        view.datasets.chosen.connect(self.open_dataset)
        view.directories.download_requested.connect(self.download_directory)
        view.slabs.open_requested.connect(self.open_slabs)
        view.slabs.count_requested.connect(self._count)
        view.own_data.path_chosen.connect(self.open_path)
        view.notice.answered.connect(self._on_answer)
        view.welcome_chosen.connect(self._on_welcome)
        self._offer_sources()

    # -- source ----------------------------------------------------------------------------------

    def _offer_sources(self) -> None:
        listed = (
            SourceChoice("Public ABC Atlas", PUBLIC_BUCKET),
            SourceChoice("Demo (synthetic)", DEMO),
        )
        self._listed = {choice.location for choice in listed}
        self._view.source.set_choices(
            [*listed, *(SourceChoice(location, location) for location in self._memory.recent())]
        )

    def open_last_source(self) -> None:
        """Open the source of the last session; the first time the dock waits to be told.

        Not if a source was opened already, as ``napari-abc demo`` does before the dock is seen.
        """
        location = self._memory.source()
        if location and not self._opened_any:
            self._view.source.set_offline(self._memory.offline())
            self.open_source(location, "", self._memory.offline())

    def _on_welcome(self, demo: bool) -> None:
        self.open_source(DEMO if demo else PUBLIC_BUCKET, "", False)

    def open_source(self, location: str, release: str, offline: bool) -> None:
        """Open a release and list its datasets.

        Parameters
        ----------
        location
            As :func:`~napari_abc.atlas.atlas.open_atlas` takes it.
        release
            Version; empty for the newest.
        offline
            Whether to use only what is on disk.
        """
        view = self._view
        self._opened_any = True
        view.source.set_location(location)
        view.source.notice.clear()
        self._forget_dataset()
        self._atlas = None
        view.show_welcome(False)
        view.datasets.set_rows((), "Opening the source…")
        view.show_directories(())
        for purpose in (DOWNLOAD, DIRECTORIES):
            self._jobs.cancel(purpose)

        def work(task: Task) -> _OpenedAtlas:
            atlas = open_atlas(location, release=release or None, offline=offline, task=task)
            return _OpenedAtlas(
                atlas,
                atlas.releases,
                dataset_rows(atlas.datasets),
                directory_rows(atlas.directories.unused),
            )

        def done(opened: _OpenedAtlas) -> None:
            self._atlas = opened.atlas
            share(self._viewer, opened.atlas, location)
            view.source.set_releases(opened.releases, opened.atlas.release)
            self._memory.remember(location, offline, location in self._listed)
            self._offer_sources()
            view.source.set_location(location)
            for warning in opened.atlas.warnings[:1]:
                view.source.notice.show_error(warning, "Re&try")
            title = view.source.source.currentText()
            made_up = " · synthetic" if opened.atlas.synthetic and "synthetic" not in title else ""
            view.source_section.set_summary(f"{title} · {opened.atlas.release}{made_up}")
            view.show_datasets(opened.rows)
            view.show_directories(opened.directories)

        def failed(text: str) -> None:
            view.source.show_error(text)
            view.datasets.set_rows((), "Choose a source to see its datasets.")
            view.show_welcome(True)

        self._jobs.start(SOURCE, "Opening the source", work, done, failed)

    # -- directories -----------------------------------------------------------------------------

    def download_directory(self, name: str) -> None:
        """Fetch a directory that no dataset uses into the cache."""
        atlas = self._atlas
        if atlas is None:
            return

        def failed(text: str) -> None:
            self._view.directories.show_error(text)
            self._list_directories(atlas)  # some of its files may have come

        self._jobs.start(
            DOWNLOAD,
            f"Downloading {name}",
            lambda task: atlas.directories[name].download(task),
            lambda _: self._list_directories(atlas),
            failed,
        )

    def _list_directories(self, atlas: Atlas) -> None:
        self._jobs.start(
            DIRECTORIES,
            "Looking at what is on disk",
            lambda _task: directory_rows(atlas.directories.unused),
            self._view.show_directories,
            self._view.directories.show_error,
        )

    # -- dataset ---------------------------------------------------------------------------------

    def _forget_dataset(self) -> None:
        self._jobs.cancel(DATASET)
        self._dataset = None
        self._ask_no_more()
        self._view.show_slabs((), "Choose a dataset to see what it holds.")
        self._view.about.clear()
        self._view.dataset_section.set_summary("")

    def open_dataset(self, name: str) -> None:
        """List the slabs of a dataset."""
        atlas = self._atlas
        if atlas is None:
            return
        self._forget_dataset()
        dataset = atlas[name]
        self._view.dataset_section.set_summary(dataset.title)
        self._view.about.show_about(dataset.license, dataset.citation, dataset.url, dataset.synthetic)
        self._view.show_slabs((), f"Listing the {dataset.kind}s…", dataset.kind)

        def work(task: Task) -> _OpenedDataset:
            rows = slab_rows(dataset.list_slabs(task), dataset.kind)
            return _OpenedDataset(dataset, rows, dataset.opening_bytes())

        def failed(text: str) -> None:
            self._view.show_slabs((), f"The {dataset.kind}s can't be listed.", dataset.kind)
            self._complain(text)

        what = f"Listing the {dataset.kind}s"
        self._jobs.start(DATASET, what, work, self._show_dataset, failed)

    def _show_dataset(self, opened: _OpenedDataset) -> None:
        self._dataset = opened
        kind = opened.dataset.kind
        self._view.show_slabs(opened.rows, f"This dataset has no {kind}s in this release.", kind)
        cost = f"fetches {bytes_text(opened.to_fetch)} once" if opened.to_fetch else ""
        self._view.slabs.set_count_cost(cost)

    def _refresh(self) -> None:
        """Bring sizes on disk and counts up to date after something was fetched."""
        atlas, opened = self._atlas, self._dataset
        if atlas is None or opened is None or self._jobs.busy(DATASET):
            return
        dataset = opened.dataset

        def work(task: Task) -> tuple[list[DatasetRow], _OpenedDataset]:
            rows = slab_rows(dataset.list_slabs(task), dataset.kind)
            fresh = _OpenedDataset(dataset, rows, dataset.opening_bytes())
            return dataset_rows(atlas.datasets), fresh

        def done(answer: tuple[list[DatasetRow], _OpenedDataset]) -> None:
            self._view.datasets.set_rows(answer[0])
            self._show_dataset(answer[1])

        self._jobs.start(DATASET, "Looking at what is on disk", work, done, self._complain)

    # -- slabs -----------------------------------------------------------------------------------

    def open_slab(self, label: str) -> None:
        """Open a slab of the chosen dataset."""
        self.open_slabs((label,))

    def open_slabs(self, labels: Sequence[str]) -> None:
        """Open slabs of the chosen dataset as one step, after asking where much is fetched or shown.

        Those that are open already are looked at, and not opened twice.
        """
        opened = self._dataset
        if opened is None or not labels:
            return
        dataset = opened.dataset
        known = self._open_already(dataset)
        new = [label for label in labels if label not in known]
        if not new:
            self._look_at([known[label] for label in labels])
            return

        def reader(label: str) -> Callable[[Task], Slab]:
            return lambda task: dataset.slab(label, task)

        one = len(new) == 1
        what = f"Opening {new[0]}" if one else f"Opening {len(new):,} {dataset.kind}s"
        cells = {row.label: row.cells or 0 for row in opened.rows}
        self._after_asking(
            opened,
            what,
            lambda: self._load_all(what, Batch([(label, reader(label)) for label in new])),
            dataset.opening_bytes(new[0] if one else None),
            0 if one else sum(cells.get(label, 0) for label in new),
        )

    def _count(self) -> None:
        opened = self._dataset
        if opened is None:
            return
        dataset = opened.dataset

        def start() -> None:
            self._jobs.start(
                OPEN,
                "Counting cells",
                dataset.count_slabs,
                lambda _rows: self._refresh(),
                self._complain,
            )

        self._after_asking(opened, "Counting the cells", start, opened.to_fetch)

    def open_path(self, path: str) -> None:
        """Open a person's own run: a Xenium or MERSCOPE folder, or an h5ad file."""
        self._ask_no_more()
        self._load(f"Opening {path}", lambda task: open_bundle(path, task))

    def _load(self, what: str, read: Callable[[Task], Slab]) -> None:
        self._load_all(what, Batch([(what, read)]))

    def _load_all(self, what: str, batch: Batch) -> None:
        self._keep_what_was_read()  # of one that is cancelled by this
        self._batch = batch

        def done(_: object) -> None:
            self._batch = None
            if batch.failed:
                self._say_failed(batch)
            self._show(batch)

        def failed(text: str) -> None:
            self._batch = None
            self._complain(text)

        self._jobs.start(OPEN, what, lambda task: read_all(batch, task), done, failed)

    def _keep_what_was_read(self) -> None:
        """Open those of several slabs that were read before the rest was cancelled."""
        batch, self._batch = self._batch, None
        if batch is None or len(batch) == 1 or not batch.prepared:
            return
        read = Batch(batch.slabs, list(batch.prepared))
        self._view.notice.show_question(
            f"Cancelled after {len(read.prepared)} of {len(batch)}; what was read is open.", "OK"
        )
        self._show(read)

    def _show(self, batch: Batch) -> None:
        """Put slabs into the viewer as one step, when what the scene shows of them is read too."""
        if not batch.prepared:
            return
        stage = scene_of(self._viewer).stage
        try:
            after = plan_opening(stage, [prepared.slab for prepared in batch.prepared])
        except Exception as error:
            self._complain(sentence(error))
            return
        if stage.is_read(after):
            self._add(batch)
            return

        def failed(_text: str) -> None:
            self._add(batch)  # what they lack of the scene's colors is said by the scene

        # A purpose of its own for each, so that what is opened next does not cancel it.
        self._reads += 1
        self._jobs.start(
            f"{READ} {self._reads}",
            "Reading colors",
            lambda task: stage.read(after, task),
            lambda _: self._add(batch),
            failed,
        )

    def _add(self, batch: Batch) -> None:
        """Put slabs into the viewer; where that fails nothing of them stays."""
        try:
            layers = scene_of(self._viewer).open(*batch.prepared)
        except Exception as error:
            self._complain(sentence(error))
            return
        self._make_current(layers[-1].cells)
        self._refresh()

    def _say_failed(self, batch: Batch) -> None:
        count = len(batch.failed)
        self._complain(f"{count} of {len(batch)} could not be opened. {' '.join(batch.failed)}")

    def _open_already(self, dataset: Dataset) -> dict[str, SlabKey]:
        """The open slabs of a dataset by label; releases of one version may come from several sources."""
        assert self._atlas is not None  # it is where the dataset was opened
        wanted = self._atlas.source.location, dataset.release, dataset.name
        return {
            key.slab: key
            for key in scene_of(self._viewer).stage
            if (key.source, key.release, key.dataset) == wanted
        }

    def _look_at(self, keys: Sequence[SlabKey]) -> None:
        """Bring open slabs into view; the last one is the current one."""
        scene = scene_of(self._viewer)
        place = scene.stage.scene.place(keys[-1])
        if place is None:
            return
        if place.space != scene.stage.scene.space:
            scene.look_at_space(place.space)
        else:
            here = {other.slab for other in scene.stage.scene.in_view}
            scene.look_at(*(key for key in keys if key in here))
        self._make_current(scene.layers(scene.stage.slab(keys[-1])).cells)

    def _make_current(self, cells: Points) -> None:
        self._viewer.layers.selection.active = cells
        self.slab_opened.emit(cells)

    def after_cancel(self, purpose: str) -> None:
        """Say in place what was not done, where a cancelled job leaves a list empty."""
        if purpose == DOWNLOAD and self._atlas is not None:
            self._list_directories(self._atlas)
        elif purpose == SOURCE:
            self._view.datasets.set_rows((), "Cancelled. Choose a source to see its datasets.")
            self._view.show_welcome(True)
        elif purpose == OPEN:
            self._keep_what_was_read()
        elif purpose == DATASET and self._dataset is None:
            self._view.show_slabs((), "Cancelled. Choose a dataset to see what it holds.")
            self._view.datasets.deselect()

    # -- asking and complaining ------------------------------------------------------------------

    def _after_asking(
        self, opened: _OpenedDataset, what: str, start: Callable[[], None], to_fetch: int, cells: int = 0
    ) -> None:
        self._ask_no_more()
        offline = self._atlas is not None and self._atlas.offline
        fetches, many = to_fetch >= ASK_FROM and not offline, cells > MANY_CELLS
        if not fetches and not many:
            start()
            return
        self._pending = start
        size = bytes_text(to_fetch)
        sentences = []
        if many:
            sentences.append(f"{what} shows {cells:,} cells at once, which takes time and memory.")
        if fetches:
            needs = "It needs" if many else f"{what} needs"
            sentences.append(
                f"{needs} {size} of tables of {opened.dataset.title}, fetched once. "
                "Genes are fetched when you first ask for one."
            )
        self._view.notice.show_question(
            " ".join(sentences), f"&Download {size}" if fetches else "Open &all", "&Not now"
        )

    def _on_answer(self, answer: str) -> None:
        start, self._pending = self._pending, None
        if start is not None and answer != "Not now":
            start()

    def _ask_no_more(self) -> None:
        self._pending = None
        self._view.notice.clear()

    def _complain(self, text: str) -> None:
        self._pending = None
        self._view.notice.show_error(text, "OK")
