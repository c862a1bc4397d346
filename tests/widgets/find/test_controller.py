from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from qtpy.QtCore import Qt

from napari_abc.io.files import default_cache
from napari_abc.viewer.color import painted
from napari_abc.widgets.find import _controller as find_controller
from napari_abc.widgets.memory import Memory
from project import DATA
from servers import FolderServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from napari_abc.model import Slab
    from napari_abc.task import Task
    from napari_abc.widgets.dock import AtlasDock
    from napari_abc.widgets.find import FindView
    from servers import BucketServer

    Idle = Callable[[AtlasDock], None]

MARMOSET = "HMBA-Xenium-CJ23.56.004-BG"
MOUSE = "MERFISH-C57BL6J-638850"


@pytest.fixture
def view(dock: AtlasDock) -> FindView:
    return dock.find_view


def _slabs(view: FindView) -> list[str]:
    return [row.label for row in view.slabs._model.rows]


def _layers(dock: AtlasDock) -> list[str]:
    return [layer.name for layer in dock.find_controller._viewer.layers]


def _enter(qtbot: QtBot, view: FindView, location: str) -> None:
    edit = view.source.source.lineEdit()
    edit.setText(location)
    qtbot.keyClick(edit, Qt.Key.Key_Return)


def test_from_source_to_colored_slab(
    qtbot: QtBot, dock: AtlasDock, view: FindView, release_folder: Path, idle: Idle
) -> None:
    assert view.slab_section.button.text() == "Contents"  # nobody has said yet what is opened
    _enter(qtbot, view, str(release_folder))
    idle(dock)
    assert view.source.release.currentText() == "20260228"
    assert not view.datasets.isHidden()
    assert view.datasets.select(MARMOSET)
    idle(dock)
    assert view.dataset_section._summary == "Marmoset basal ganglia"
    assert view.slab_section.button.text() == "Slab planes"
    assert view.slabs.view.accessibleName() == "Slab planes"
    assert not view.about.synthetic.isHidden()
    assert view.slabs.select(_slabs(view)[0])
    qtbot.mouseClick(view.slabs.open_button, Qt.MouseButton.LeftButton)
    assert not dock.task_bar.isHidden()
    idle(dock)
    assert dock.task_bar.isHidden()
    cells = next(layer for layer in dock.find_controller._viewer.layers if painted(layer) is not None)
    assert _slabs(view)[0] in cells.name
    assert "synthetic" in cells.name
    assert dock.color_view.picker.layer.currentText() == cells.name
    assert not view.dataset_section.expanded  # room for the legend

    count = len(_layers(dock))
    view.slabs.open_requested.emit((_slabs(view)[0],))  # a second double-click
    idle(dock)
    assert len(_layers(dock)) == count
    assert dock.find_controller._viewer.layers.selection.active is cells


def test_an_older_release_grays_what_it_lacks(
    qtbot: QtBot, dock: AtlasDock, view: FindView, release_folder: Path, idle: Idle
) -> None:
    _enter(qtbot, view, str(release_folder))
    idle(dock)
    oldest = view.source.release.count() - 1
    view.source.release.setCurrentIndex(oldest)
    view.source.release.activated.emit(oldest)
    idle(dock)
    assert view.source.chosen_release == "20250531"
    assert not view.datasets.select(MARMOSET)
    assert view.datasets.select(MOUSE)
    idle(dock)
    assert _slabs(view)


@pytest.mark.parametrize("location", ["/no/such/folder", "http://127.0.0.1:1/abc", "s3:/typo"])
def test_a_source_that_cannot_be_opened_is_said_in_place(
    qtbot: QtBot, dock: AtlasDock, view: FindView, location: str, idle: Idle
) -> None:
    _enter(qtbot, view, location)
    idle(dock)
    assert view.source.notice.text
    assert "Traceback" not in view.source.notice.text
    assert "should not" not in view.source.notice.text  # that is for errors nobody foresaw
    assert view.source.notice.answers()[0].accessibleName() == "Retry"
    assert view.datasets.isHidden()
    assert Memory(dock.find_controller._memory._file.parent).source() == ""


def test_retry_after_the_source_came_back(
    qtbot: QtBot, dock: AtlasDock, view: FindView, release_folder: Path, idle: Idle
) -> None:
    with FolderServer(release_folder) as server:
        server.status = 503
        _enter(qtbot, view, server.url)
        idle(dock)
        assert view.source.notice.text
        server.status = None
        qtbot.mouseClick(view.source.notice.answers()[0], Qt.MouseButton.LeftButton)
        idle(dock)
        assert view.source.notice.text == ""
        assert not view.datasets.isHidden()


def test_a_large_download_is_said_and_confirmed_first(
    qtbot: QtBot,
    dock: AtlasDock,
    view: FindView,
    s3_server: BucketServer,
    idle: Idle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The release is small: let everything count as large, and no table be read unasked for its counts.
    monkeypatch.setattr(find_controller, "ASK_FROM", 1)
    monkeypatch.setattr("napari_abc.atlas.dataset._SMALL_TABLES", 0)
    dock.find_controller._on_welcome(demo=False)
    idle(dock)
    assert view.source.source.currentText() == "Public ABC Atlas"
    view.datasets.select(MARMOSET)
    idle(dock)
    label = _slabs(view)[0]
    assert view.slabs._model.rows[0].cells is None
    s3_server.requests.clear()

    view.slabs.open_requested.emit((label,))
    assert "needs" in view.notice.text
    assert "MB" in view.notice.text
    qtbot.mouseClick(view.notice.answers()[1], Qt.MouseButton.LeftButton)
    idle(dock)
    assert s3_server.fetched() == []
    assert _layers(dock) == []

    view.slabs.open_requested.emit((label,))
    qtbot.mouseClick(view.notice.answers()[0], Qt.MouseButton.LeftButton)
    idle(dock)
    assert any(label in name for name in _layers(dock))
    assert all(row.cells is not None for row in view.slabs._model.rows)  # counted along the way
    row = next(row for row in view.datasets._model.rows if row.name == MARMOSET)
    assert 0 < row.on_disk < row.size  # the matrices are still to come


def test_counting_alone(
    qtbot: QtBot,
    dock: AtlasDock,
    view: FindView,
    release_folder: Path,
    idle: Idle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("napari_abc.atlas.dataset._SMALL_TABLES", 0)
    dock.find_controller.open_source(str(release_folder), "", False)
    idle(dock)
    view.datasets.select(MARMOSET)
    idle(dock)
    assert not view.slabs.count_button.isHidden()
    view.slabs.count_button.click()
    idle(dock)
    assert view.slabs.count_button.isHidden()
    rows = view.slabs._model.rows
    assert rows and all(row.cells for row in rows)


def test_cancel_in_the_middle_of_a_download(
    qtbot: QtBot,
    dock: AtlasDock,
    view: FindView,
    release_folder: Path,
    cache_folder: Path,
    idle: Idle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("napari_abc.atlas.dataset._SMALL_TABLES", 0)
    with FolderServer(release_folder) as server:
        dock.find_controller.open_source(server.url, "", False)
        idle(dock)
        view.datasets.select(MARMOSET)
        idle(dock)
        server.stall_after = 100_000
        view.slabs.open_requested.emit((_slabs(view)[0],))
        assert server.stalled.wait(20)
        qtbot.waitUntil(lambda: dock.task_bar.amount.text() != "", timeout=10_000)
        qtbot.mouseClick(dock.task_bar.cancel_button, Qt.MouseButton.LeftButton)
        assert dock.task_bar.isHidden()
        qtbot.waitUntil(
            lambda: not any(t.name == "napari-abc open" for t in threading.enumerate()), timeout=5_000
        )
    assert _layers(dock) == []
    assert view.notice.text == ""
    assert not [path for path in cache_folder.rglob("*cell_metadata*") if path.is_file()]


def test_choosing_quickly_shows_the_last_choice(
    dock: AtlasDock, view: FindView, release_folder: Path, idle: Idle
) -> None:
    dock.find_controller.open_source(str(release_folder), "", False)
    idle(dock)
    view.datasets.select(MARMOSET)
    view.datasets.select(MOUSE)
    idle(dock)
    *sections, whole = _slabs(view)
    assert sections and all(label.startswith("C57BL6J") for label in sections)
    assert whole == "All sections"


def test_a_persons_own_h5ad(qtbot: QtBot, dock: AtlasDock, idle: Idle, tmp_path: Path) -> None:
    import anndata
    import numpy as np
    import pandas as pd

    table = anndata.AnnData(
        np.ones((50, 2), dtype=np.float32),
        obs=pd.DataFrame({"type": ["a", "b"] * 25}, index=[f"c{i}" for i in range(50)]),
        var=pd.DataFrame(index=["g1", "g2"]),
        obsm={"spatial": np.random.default_rng(0).uniform(0, 1000, (50, 2))},
    )
    table.write_h5ad(tmp_path / "mine.h5ad")
    dock.find_view.own_data.path_chosen.emit(str(tmp_path / "mine.h5ad"))
    idle(dock)
    assert dock.find_view.notice.text == ""
    assert len(dock.find_controller._viewer.layers) == 1
    assert dock.color_view.picker.column.findData("type") >= 0


@pytest.mark.parametrize(("run", "cells"), [("xenium/cell-mix-526", 526), ("merscope/smallset-24", 24)])
def test_a_persons_own_run(dock: AtlasDock, idle: Idle, run: str, cells: int) -> None:
    dock.find_controller.open_path(str(DATA / run))
    idle(dock)
    assert dock.find_view.notice.text == ""
    layer = dock.color_controller._layer
    assert layer is not None
    assert len(layer.data) == cells
    identifier, symbol = dock.color_view.picker.gene._index.genes[0]
    dock.color_controller.color_by_gene(identifier)
    idle(dock)
    assert dock.color_view.notice.text == ""
    assert painted(layer).coloring.title in (identifier, symbol)


def test_a_folder_that_is_no_run_is_said_in_place(dock: AtlasDock, idle: Idle, tmp_path: Path) -> None:
    dock.find_controller.open_path(str(tmp_path))
    idle(dock)
    assert str(tmp_path) in dock.find_view.notice.text
    assert _layers(dock) == []


def test_the_source_is_remembered(
    dock: AtlasDock, view: FindView, release_folder: Path, idle: Idle, qtbot: QtBot
) -> None:
    from napari.components import ViewerModel

    from napari_abc.widgets.dock import AtlasDock

    assert view.datasets.isHidden()  # the first time there are two buttons instead
    dock.find_controller.open_source(str(release_folder), "", True)
    idle(dock)
    again = AtlasDock(ViewerModel())
    qtbot.addWidget(again)
    again.show()
    qtbot.waitUntil(again.jobs.busy)
    idle(again)
    assert again.find_view.source.location == str(release_folder)
    assert again.find_view.source.offline.isChecked()
    assert again.find_view.datasets.select(MARMOSET)
    idle(again)


def test_a_source_opened_before_the_dock_is_seen_stays(
    dock: AtlasDock, view: FindView, release_folder: Path, tmp_path: Path, idle: Idle, qtbot: QtBot
) -> None:
    """As of 'napari-abc demo', whichever of window and source comes first."""
    shutil.copytree(release_folder / "releases", tmp_path / "last" / "releases")
    Memory(default_cache()).remember(str(tmp_path / "last"), False, False)
    dock.find_controller.open_source(str(release_folder), "", False)
    with qtbot.waitExposed(dock):
        dock.show()
    qtbot.wait(50)
    idle(dock)
    assert view.source.location == str(release_folder)
    assert Memory(default_cache()).source() == str(release_folder)


@pytest.fixture
def mouse(dock: AtlasDock, view: FindView, release_folder: Path, idle: Idle) -> list[str]:
    """Sections of the mouse dataset, which is listed."""
    dock.find_controller.open_source(str(release_folder), "", False)
    idle(dock)
    view.datasets.select(MOUSE)
    idle(dock)
    return list(view.slabs.listed)


def _open(dock: AtlasDock) -> list[str]:
    return [place.slab.slab for place in dock.steps.scene.stage.scene.places]


def test_several_slabs_are_opened_as_one_step(
    dock: AtlasDock, view: FindView, mouse: list[str], idle: Idle
) -> None:
    assert len(mouse) == 2 and "All sections" not in mouse
    view.slabs.all_button.click()
    idle(dock)
    assert sorted(_open(dock)) == sorted(mouse)
    scene = dock.steps.scene
    scene.undo()
    assert _open(dock) == []
    scene.redo()
    assert sorted(_open(dock)) == sorted(mouse)


def test_what_is_open_already_is_looked_at_and_the_rest_is_opened(
    dock: AtlasDock, view: FindView, mouse: list[str], idle: Idle
) -> None:
    dock.find_controller.open_slab(mouse[1])
    idle(dock)
    layer = dock.color_controller.layer
    dock.find_controller.open_slabs(mouse[:2])
    idle(dock)
    assert _open(dock) == [mouse[1], mouse[0]]
    assert dock.color_controller.layer is not layer
    steps = dock.steps.scene.stage.before
    dock.find_controller.open_slab(mouse[1])
    assert not dock.jobs.busy()
    assert dock.color_controller.layer is layer
    assert dock.steps.scene.stage.before == steps  # looking is no step


def test_a_slab_of_the_same_release_of_another_source_is_another_one(
    dock: AtlasDock, view: FindView, mouse: list[str], idle: Idle
) -> None:
    dock.find_controller.open_slab(mouse[0])
    idle(dock)
    dock.find_controller.open_source("demo", "", False)
    idle(dock)
    view.datasets.select(MOUSE)
    idle(dock)
    dock.find_controller.open_slab(mouse[0])
    idle(dock)
    assert _open(dock) == [mouse[0]] * 2


def test_cancelling_keeps_what_was_read(
    qtbot: QtBot,
    dock: AtlasDock,
    view: FindView,
    mouse: list[str],
    idle: Idle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from napari_abc.atlas.dataset import Dataset

    second, read = threading.Event(), Dataset.slab

    def slab(self: Dataset, label: str, task: Task, columns: tuple[str, ...] = ()) -> Slab:
        if label == mouse[1]:
            second.set()
            while True:
                task.report("Reading what never ends", 0)
                threading.Event().wait(0.005)
        return read(self, label, task, columns)

    monkeypatch.setattr(Dataset, "slab", slab)
    dock.find_controller.open_slabs(mouse)
    assert second.wait(60)
    said = "Opening 2 of 2"
    qtbot.waitUntil(lambda: dock.task_bar.label.text() == said, timeout=10_000)
    qtbot.mouseClick(dock.task_bar.cancel_button, Qt.MouseButton.LeftButton)
    idle(dock)
    assert _open(dock) == mouse[:1]
    assert view.notice.text == "Cancelled after 1 of 2; what was read is open."
    qtbot.waitUntil(
        lambda: not any(t.name == "napari-abc open" for t in threading.enumerate()), timeout=5_000
    )


def test_one_that_cannot_be_read_is_said_and_the_others_are_opened(
    dock: AtlasDock, view: FindView, mouse: list[str], idle: Idle, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari_abc.atlas.dataset import Dataset
    from napari_abc.errors import FormatError

    read = Dataset.slab

    def slab(self: Dataset, label: str, task: Task, columns: tuple[str, ...] = ()) -> Slab:
        if label == mouse[0]:
            raise FormatError("Its table is damaged; delete it and fetch it again.")
        return read(self, label, task, columns)

    monkeypatch.setattr(Dataset, "slab", slab)
    dock.find_controller.open_slabs(mouse[:2])
    idle(dock)
    assert _open(dock) == [mouse[1]]
    assert view.notice.text.startswith(f"1 of 2 could not be opened. {mouse[0]}: Its table is damaged")


def test_many_cells_are_asked_for_first(
    qtbot: QtBot,
    dock: AtlasDock,
    view: FindView,
    mouse: list[str],
    idle: Idle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(find_controller, "MANY_CELLS", 1_000)
    view.slabs.all_button.click()
    assert "cells at once" in view.notice.text
    assert f"Opening {len(mouse)} brain sections" in view.notice.text
    qtbot.mouseClick(view.notice.answers()[1], Qt.MouseButton.LeftButton)
    assert not dock.jobs.busy()
    view.slabs.all_button.click()
    qtbot.mouseClick(view.notice.answers()[0], Qt.MouseButton.LeftButton)
    idle(dock)
    assert len(_open(dock)) == len(mouse)


def test_a_gene_that_the_scene_shows_is_not_fetched_for_what_is_opened(
    dock: AtlasDock,
    view: FindView,
    s3_server: BucketServer,
    idle: Idle,
    monkeypatch: pytest.MonkeyPatch,
    slab: Slab,
) -> None:
    scene = dock.steps.scene
    scene.open(slab)
    scene.color_by("gene:DRD1")
    dock.find_controller._on_welcome(demo=False)
    idle(dock)
    view.datasets.select(MARMOSET)
    idle(dock)
    s3_server.requests.clear()
    dock.find_controller.open_slab(_slabs(view)[0])
    idle(dock)
    assert len(_open(dock)) == 2
    assert [key for key in s3_server.fetched() if key.endswith(".h5ad")] == []
    assert any("is not on disk yet" in note for note in scene.notes)


def test_what_is_opened_while_colors_are_read_does_not_stop_them(
    qtbot: QtBot, dock: AtlasDock, slab: Slab, matrix: Any, idle: Idle
) -> None:
    scene = dock.steps.scene
    scene.open(slab)
    scene.color_by("gene:DRD1")
    gate = threading.Event()
    for label in ("Plane.04", "Plane.05"):
        source = replace(matrix, gate=gate, reads=[])
        other = replace(slab, label=label, expression_source=source)
        dock.find_controller._load(f"Opening {label}", lambda task, other=other: other)
        qtbot.waitUntil(lambda source=source: bool(source.reads), timeout=30_000)
    assert _open(dock) == ["Plane.03"]
    gate.set()
    idle(dock)
    assert sorted(_open(dock)) == ["Plane.03", "Plane.04", "Plane.05"]
