"""Controller of the upper half of the dock: source, datasets, slabs, opening.

It answers the signals of the views with calls into the data side, each on a worker thread, and is
the only place of the dock that adds layers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from napari_abc.atlas.atlas import DEMO, open_atlas
from napari_abc.io.remote import PUBLIC_BUCKET
from napari_abc.text import ASK_FROM, bytes_text
from napari_abc.vendors.registry import open_bundle
from napari_abc.viewer.cell_layer import ready
from napari_abc.viewer.layers import add_prepared
from napari_abc.viewer.links import METADATA_CELLS, slab_of
from napari_abc.viewer.prepare import prepare_slab
from napari_abc.widgets.find._rows import dataset_rows, directory_rows, slab_rows
from napari_abc.widgets.find._sources import SourceChoice
from napari_abc.widgets.jobs import sentence
from napari_abc.widgets.shared_atlas import share

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    from napari_abc.atlas.atlas import Atlas
    from napari_abc.atlas.dataset import Dataset
    from napari_abc.model import Slab
    from napari_abc.task import Task
    from napari_abc.viewer.prepare import PreparedSlab
    from napari_abc.widgets.find._datasets import DatasetRow
    from napari_abc.widgets.find._directories import DirectoryRow
    from napari_abc.widgets.find._slabs import SlabRow
    from napari_abc.widgets.find._view import FindView
    from napari_abc.widgets.jobs import Jobs
    from napari_abc.widgets.memory import Memory

__all__ = ["ASK_FROM", "FindController"]

SOURCE, DATASET, OPEN, DOWNLOAD, DIRECTORIES = "source", "dataset", "open", "download", "directories"


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
        view.source.open_requested.connect(self.open_source)
        view.datasets.chosen.connect(self.open_dataset)
        view.directories.download_requested.connect(self.download_directory)
        view.slabs.open_requested.connect(self.open_slab)
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
            return _OpenedDataset(dataset, slab_rows(dataset.list_slabs(task)), dataset.opening_bytes())

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
            fresh = _OpenedDataset(dataset, slab_rows(dataset.list_slabs(task)), dataset.opening_bytes())
            return dataset_rows(atlas.datasets), fresh

        def done(answer: tuple[list[DatasetRow], _OpenedDataset]) -> None:
            self._view.datasets.set_rows(answer[0])
            self._show_dataset(answer[1])

        self._jobs.start(DATASET, "Looking at what is on disk", work, done, self._complain)

    # -- slabs -----------------------------------------------------------------------------------

    def open_slab(self, label: str) -> None:
        """Open a slab of the chosen dataset, after asking where much has to be fetched."""
        opened = self._dataset
        if opened is None:
            return
        layer = self._open_already(opened.dataset.name, label)
        if layer is not None:
            self._viewer.layers.selection.active = layer
            self.slab_opened.emit(layer)
            return
        dataset = opened.dataset
        self._after_asking(
            opened,
            f"Opening {label}",
            lambda: self._load(f"Opening {label}", lambda task: dataset.slab(label, task)),
            dataset.opening_bytes(label),
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
                lambda task: slab_rows(dataset.count_slabs(task)),
                lambda _rows: self._refresh(),
                self._complain,
            )

        self._after_asking(opened, "Counting the cells", start, opened.to_fetch)

    def open_path(self, path: str) -> None:
        """Open a person's own run: a Xenium or MERSCOPE folder, or an h5ad file."""
        self._ask_no_more()
        self._load(f"Opening {path}", lambda task: open_bundle(path, task))

    def _load(self, what: str, read: Callable[[Task], Slab]) -> None:
        def work(task: Task) -> PreparedSlab:
            return ready(prepare_slab(read(task), task=task))

        self._jobs.start(OPEN, what, work, self._add, self._complain)

    def _add(self, prepared: PreparedSlab) -> None:
        """Put a slab into the viewer; where that fails nothing of it stays."""
        try:
            layers = add_prepared(self._viewer, prepared)
        except Exception as error:
            self._complain(sentence(error))
            return
        self.slab_opened.emit(layers.cells)
        self._refresh()

    def _open_already(self, dataset: str, label: str) -> Any:
        for layer in self._viewer.layers:
            slab = slab_of(layer) if layer.metadata.get(METADATA_CELLS) else None
            if slab is not None and (slab.dataset, slab.label) == (dataset, label):
                return layer
        return None

    def after_cancel(self, purpose: str) -> None:
        """Say in place what was not done, where a cancelled job leaves a list empty."""
        if purpose == DOWNLOAD and self._atlas is not None:
            self._list_directories(self._atlas)
        elif purpose == SOURCE:
            self._view.datasets.set_rows((), "Cancelled. Choose a source to see its datasets.")
            self._view.show_welcome(True)
        elif purpose == DATASET and self._dataset is None:
            self._view.show_slabs((), "Cancelled. Choose a dataset to see what it holds.")
            self._view.datasets.deselect()

    # -- asking and complaining ------------------------------------------------------------------

    def _after_asking(
        self, opened: _OpenedDataset, what: str, start: Callable[[], None], to_fetch: int
    ) -> None:
        self._ask_no_more()
        if to_fetch < ASK_FROM or (self._atlas is not None and self._atlas.offline):
            start()
            return
        self._pending = start
        size = bytes_text(to_fetch)
        self._view.notice.show_question(
            f"{what} needs {size} of tables of {opened.dataset.title}, fetched once. "
            "Genes are fetched when you first ask for one.",
            f"&Download {size}",
            "&Not now",
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
