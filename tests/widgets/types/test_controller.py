"""The dock "Cluster annotations" with what it drives: sources, taxonomies, levels, open slabs."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_abc.atlas.atlas import open_atlas
from napari_abc.viewer.color import painted
from napari_abc.viewer.scene import add_slab, color_by
from napari_abc.widgets import shared_atlas
from napari_abc.widgets.dock import AtlasDock
from napari_abc.widgets.memory import Memory
from napari_abc.widgets.types import AnnotationsDock
from napari_abc.widgets.types import _controller as types_controller

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    Idle = Callable[[AnnotationsDock | AtlasDock], None]

MOUSE = "MERFISH-C57BL6J-638850"
SECTIONS = ("C57BL6J-638850.37", "C57BL6J-638850.47")
HMBA = "HMBA-BG-taxonomy-CCN20250428"
CLASS, SUBCLASS, CLUSTER = "CCN20230722_CLAS", "CCN20230722_SUBC", "CCN20230722_CLUS"
SST = "CS20230722_SUBC_053"


@pytest.fixture
def types(qtbot: QtBot) -> AnnotationsDock:
    dock = AnnotationsDock(ViewerModel())
    qtbot.addWidget(dock)
    return dock


@pytest.fixture
def mouse(types: AnnotationsDock, release_folder: Path, idle: Idle) -> AnnotationsDock:
    """The dock with the mouse taxonomy open."""
    types.controller.open_source(str(release_folder), "", False)
    idle(types)
    types.controller.open_taxonomy("WMB-taxonomy")
    idle(types)
    return types


def viewer_of(dock: AnnotationsDock) -> ViewerModel:
    return dock.controller._viewer


def names(dock: AnnotationsDock) -> list[str]:
    rows = dock.view.table.rows
    return [rows.name(row) for row in range(rows.rowCount())]


def test_a_source_lists_its_taxonomies_and_opens_the_first(
    types: AnnotationsDock, release_folder: Path, idle: Idle
) -> None:
    assert "Choose a source" in types.view.empty.text()
    types.view.source.open_requested.emit(str(release_folder), "", False)
    assert not types.task_bar.isHidden()
    idle(types)
    view = types.view
    assert types.task_bar.isHidden()
    assert view.taxonomy.currentData() == HMBA
    assert view.level.currentText() == "Neighborhood (4)"
    assert names(types)[0] == "Nonneuron"
    assert not view.source_section.expanded
    assert "20260228" in view.source_section._summary
    assert "synthetic" in view.source_section._summary
    assert "open some of Human basal ganglia" in view.slabs.text()
    assert Memory(types.controller._memory._file.parent).source() == str(release_folder)


def test_nothing_is_fetched_unasked(types: AnnotationsDock, s3_server: object, idle: Idle) -> None:
    from napari_abc.io.remote import PUBLIC_BUCKET

    types.controller.open_source(PUBLIC_BUCKET, "", False)
    idle(types)
    assert types.view.taxonomy.currentIndex() < 0
    assert types.view.empty.text() == "Choose a taxonomy."
    row = types.view.taxonomy.findData("WMB-taxonomy")
    assert "to fetch" in types.view.taxonomy.itemText(row)
    types.view.taxonomy.setCurrentIndex(row)
    types.view.taxonomy.activated.emit(row)
    idle(types)
    assert len(names(types)) == 16
    assert "to fetch" not in types.view.taxonomy.itemText(row)


def test_a_large_download_is_confirmed_first(
    types: AnnotationsDock, s3_server: object, idle: Idle, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari_abc.io.remote import PUBLIC_BUCKET

    monkeypatch.setattr(types_controller, "ASK_FROM", 1)
    types.controller.open_source(PUBLIC_BUCKET, "", False)
    idle(types)
    types.controller.open_taxonomy("WMB-taxonomy")
    assert "fetched once" in types.view.notice.text
    types.view.notice.answers()[1].click()
    assert not types.jobs.busy()
    assert types.view.empty.text() == "Choose a taxonomy."
    types.controller.open_taxonomy("WMB-taxonomy")
    types.view.notice.answers()[0].click()
    idle(types)
    assert len(names(types)) == 16


def test_walking_through_the_levels(mouse: AnnotationsDock) -> None:
    view = mouse.view
    assert view.current_level == CLASS
    view.table.down_requested.emit("CS20230722_CLAS_07")
    assert view.current_level == SUBCLASS
    assert view.table.selected_names() == ["052 Pvalb Gaba", "053 Sst Gaba"]
    view.table.down_requested.emit(SST)
    assert [name[5:] for name in view.table.selected_names()] == ["Sst Gaba_1"]
    view.level_chosen.emit(CLASS)
    assert view.table.selected_names() == ["07 CTX-MGE GABA"]  # what was selected is followed up
    view.level_chosen.emit(SUBCLASS)
    assert view.table.selected_names() == ["052 Pvalb Gaba", "053 Sst Gaba"]  # and down
    view.level_chosen.emit("CCN20230722_NEUR")
    assert view.table.selected_names() == []
    view.table.up_requested.emit("CS20230722_CLAS_01")
    assert view.table.selected_names() == ["01 IT-ET Glut"]


def test_cells_of_terms_are_shown_in_every_open_slab_that_has_them(
    mouse: AnnotationsDock, release_folder: Path, idle: Idle
) -> None:
    atlas, viewer, view = open_atlas(release_folder), viewer_of(mouse), mouse.view
    assert "No open cells have this taxonomy" in view.slabs.text()
    layers = [add_slab(viewer, atlas[MOUSE].slab(label), "class").cells for label in SECTIONS]
    other = atlas["HMBA-Xenium-CJ23.56.004-BG"]
    human = add_slab(viewer, other.slab(other.slabs.index[0]), "Class").cells
    assert view.slabs.text() == f"Open with this taxonomy: {' and '.join(SECTIONS)}."
    before = painted(human)

    view.level_chosen.emit(SUBCLASS)
    view.table.select([SST, "CS20230722_SUBC_007"])
    view.show_button.click()
    idle(mouse)
    assert painted(human).coloring is before.coloring
    assert (np.asarray(human.face_color)[:, 3] > 0).all()
    for layer in layers:
        state = painted(layer)
        assert state is not None
        assert state.coloring.key == "subclass"
        wanted = {"053 Sst Gaba", "007 L2/3 IT CTX Glut"}
        shown = np.asarray(layer.face_color)[:, 3] > 0
        counts = layer.metadata["napari_abc.slab"].cells["subclass"].isin(wanted)
        assert shown.sum() == counts.sum() > 0
    assert view.slabs.text().startswith("Shown: ")
    assert " of 9,011 cells of C57BL6J-638850.37 and " in view.slabs.text()

    assert view.all_button.isEnabled()
    view.all_button.click()
    assert all((np.asarray(layer.face_color)[:, 3] > 0).all() for layer in layers)
    assert not view.all_button.isEnabled()
    mouse.steps.undo()
    mouse.steps.undo()  # coloring and filter were one step
    assert [painted(layer).coloring.key for layer in layers] == ["class", "class"]


def test_a_level_of_a_parcellation_with_a_prefix_is_found(
    mouse: AnnotationsDock, release_folder: Path, idle: Idle
) -> None:
    layer = add_slab(viewer_of(mouse), open_atlas(release_folder)[MOUSE].slab(SECTIONS[0]), "class").cells
    mouse.controller.open_taxonomy("Allen-CCF-2020")
    idle(mouse)
    view = mouse.view
    view.level_chosen.emit(view.level.itemData(2))
    row = names(mouse).index("TH")
    view.table.select([view.table.rows.label(row)])
    view.show_button.click()
    idle(mouse)
    assert painted(layer).coloring.key == "parcellation_division"
    shown = np.asarray(layer.face_color)[:, 3] > 0
    assert set(layer.metadata["napari_abc.slab"].cells["parcellation_division"][shown]) == {"TH"}


def test_what_somebody_else_paints_meanwhile_is_left(
    mouse: AnnotationsDock, release_folder: Path, idle: Idle
) -> None:
    viewer = viewer_of(mouse)
    slabs = open_atlas(release_folder)[MOUSE]
    first, second = (add_slab(viewer, slabs.slab(label), "class").cells for label in SECTIONS)
    mouse.view.table.select(["CS20230722_CLAS_07"])
    mouse.view.show_button.click()
    idle(mouse)
    color_by(first, "gene:Prkcq")
    viewer.layers.remove(second)
    assert mouse.view.all_button.isEnabled()
    mouse.view.all_button.click()
    assert painted(first).coloring.genes
    viewer.layers.clear()
    assert "No open cells" in mouse.view.slabs.text()


def test_the_source_of_the_other_dock_is_taken(qtbot: QtBot, release_folder: Path, idle: Idle) -> None:
    viewer = ViewerModel()
    atlas_dock, types = AtlasDock(viewer), AnnotationsDock(viewer)
    qtbot.addWidget(atlas_dock)
    qtbot.addWidget(types)
    elsewhere = AnnotationsDock(ViewerModel())
    qtbot.addWidget(elsewhere)
    atlas_dock.find_controller.open_source(str(release_folder), "20250531", False)
    idle(atlas_dock)
    idle(types)
    assert types.controller._atlas is atlas_dock.find_controller._atlas
    assert types.view.source.chosen_release == "20250531"
    assert elsewhere.controller._atlas is None
    late = AnnotationsDock(viewer)
    qtbot.addWidget(late)
    late.controller.start()
    idle(late)
    assert late.controller._atlas is types.controller._atlas
    types.controller.open_source(str(release_folder), "", False)  # and one of its own
    idle(types)
    assert types.view.source.chosen_release == "20260228"
    assert atlas_dock.find_controller._atlas.release == "20250531"


def test_an_open_slab_decides_which_taxonomy_comes_first(
    types: AnnotationsDock, release_folder: Path, idle: Idle
) -> None:
    add_slab(viewer_of(types), open_atlas(release_folder)[MOUSE].slab(SECTIONS[0]), "class")
    types.controller.open_source(str(release_folder), "", False)
    idle(types)
    assert types.view.taxonomy.currentData() == "WMB-taxonomy"
    assert SECTIONS[0] in types.view.slabs.text()


@pytest.mark.parametrize("location", ["/no/such/folder", "http://127.0.0.1:1/abc"])
def test_a_source_that_cannot_be_opened_is_said_in_place(
    types: AnnotationsDock, location: str, idle: Idle
) -> None:
    types.controller.open_source(location, "", False)
    idle(types)
    assert types.view.source.notice.text
    assert "should not" not in types.view.source.notice.text
    assert types.view.source_section.expanded


def test_a_damaged_table_is_said_in_place(
    types: AnnotationsDock, release_folder: Path, tmp_path: Path, idle: Idle
) -> None:
    bucket = tmp_path / "bucket"
    for part in ("releases/20260228", "metadata/WMB-taxonomy"):
        shutil.copytree(release_folder / part, bucket / part)
    path = next(bucket.rglob("WMB-taxonomy/*/cluster_annotation_term.csv"))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    types.controller.open_source(str(bucket), "", False)
    idle(types)
    types.controller.open_taxonomy("WMB-taxonomy")
    idle(types)
    assert types.view.notice.text
    assert "should not" not in types.view.notice.text
    assert types.view.empty.text() == "The taxonomy can't be shown."


def test_cancelling_says_what_was_not_done(types: AnnotationsDock, release_folder: Path, idle: Idle) -> None:
    types.controller.open_source(str(release_folder), "", False)
    types.task_bar.cancel_button.click()
    assert "Cancelled" in types.view.empty.text()
    idle(types)
    assert types.controller._atlas is None


def test_the_dock_starts_with_the_source_of_the_last_session(
    qtbot: QtBot, mouse: AnnotationsDock, idle: Idle
) -> None:
    again = AnnotationsDock(ViewerModel())
    qtbot.addWidget(again)
    again.show()
    qtbot.waitUntil(lambda: again.controller._atlas is not None, timeout=30_000)
    idle(again)
    assert again.view.taxonomy.currentIndex() >= 0


def test_closing_leaves_nothing_behind(types: AnnotationsDock, release_folder: Path) -> None:
    viewer = viewer_of(types)
    listeners = len(shared_atlas.events.opened)
    types.controller.open_source(str(release_folder), "", False)
    types.close()
    assert len(shared_atlas.events.opened) == listeners - 1
    assert not types.jobs.busy()
    shared_atlas.share(viewer, open_atlas(release_folder), "demo")
    assert types.controller._atlas is None
