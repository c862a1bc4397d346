from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_abc.stage import NameCondition, RangeCondition

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from napari_abc.model import Slab
    from napari_abc.viewer.scene import ViewerScene
    from napari_abc.widgets.dock import AtlasDock
    from napari_abc.widgets.scene import FilterBar

    Idle = Callable[[AtlasDock], None]


@pytest.fixture
def bar(dock: AtlasDock) -> FilterBar:
    return dock.color_view.filter


@pytest.fixture
def scene(dock: AtlasDock, slab: Slab) -> ViewerScene:
    scene = dock.steps.scene
    scene.open(slab)
    return scene


def _choose(dock: AtlasDock, idle: Idle, key: str) -> None:
    popup = dock.color_view.filter.popup
    popup.key.setCurrentIndex(popup.key.findData(key))
    popup.key.activated.emit(popup.key.currentIndex())
    idle(dock)


def _chips(bar: FilterBar) -> list[str]:
    return [chip.text for chip in bar.chips.chips]


def test_it_is_there_once_a_slab_is_open(dock: AtlasDock, bar: FilterBar, slab: Slab) -> None:
    assert bar.isHidden()
    dock.steps.scene.open(slab)
    assert not bar.isHidden()
    assert bar.count.toolTip().startswith("<p>400 of 400 cells")
    assert _chips(bar) == []
    dock.steps.undo()
    assert bar.isHidden()


def test_what_a_script_filters_is_seen_and_removed_here(
    qtbot: QtBot, bar: FilterBar, scene: ViewerScene, slab: Slab
) -> None:
    scene.filter("volume", low=600)
    scene.filter("Class", keep=["MSN", "Astro"])
    assert _chips(bar) == ["volume ≥ 600", "Class: 2 kept"]
    volume = slab.cells["volume"].to_numpy(np.float32)
    kept = (volume >= 600) & slab.cells["Class"].isin(["MSN", "Astro"]).to_numpy()
    assert f"{int(kept.sum()):,} of 400 cells" in bar.count.toolTip()
    bar.gray.click()
    assert scene.stage.scene.filter.others == "gray"
    qtbot.mouseClick(bar.chips.chips[0].cross, Qt.MouseButton.LeftButton)
    assert [type(one) for one in scene.filters] == [NameCondition]
    bar.clear.click()
    assert scene.filters == ()
    scene.undo()
    assert _chips(bar) == ["Class: 2 kept"]


def test_a_range_is_added_by_the_popup(
    dock: AtlasDock, bar: FilterBar, scene: ViewerScene, slab: Slab, idle: Idle
) -> None:
    bar.add.click()
    keys = [bar.popup.key.itemData(row) for row in range(bar.popup.key.count())]
    assert {"Class", "region", "volume", "qc_pass"} <= set(keys)
    assert "gene:DRD1" not in keys  # no gene is shown
    _choose(dock, idle, "volume")
    assert bar.popup.low.placeholderText() == f"{np.float32(slab.cells['volume'].min()):g}"
    bar.popup.low.setText("500")
    bar.popup.apply.click()
    idle(dock)
    assert scene.filters == (RangeCondition(key="volume", low=500.0),)
    bar.add.click()  # it is still chosen, and what is set is shown
    idle(dock)
    assert bar.popup.low.text() == "500"
    bar.popup.hide()


def test_the_gene_that_is_shown_can_be_filtered_by(
    dock: AtlasDock, bar: FilterBar, scene: ViewerScene, idle: Idle
) -> None:
    scene.color_by("gene:DRD1", "raw")
    bar.add.click()
    _choose(dock, idle, "gene:DRD1")
    bar.popup.high.setText("3")
    bar.popup.apply.click()
    idle(dock)
    assert scene.filters == (RangeCondition(key="gene:DRD1", high=3.0, values="raw"),)


def test_names_of_a_column_are_left_out_and_taken_back(
    dock: AtlasDock, bar: FilterBar, scene: ViewerScene, slab: Slab, idle: Idle
) -> None:
    bar.add.click()
    _choose(dock, idle, "Class")
    counts = slab.cells["Class"].value_counts()
    missing = int(slab.cells["Class"].isna().sum())
    texts = [bar.popup.names.item(i).text() for i in range(bar.popup.names.count())]
    wanted = [f"{name} ({counts[name]})" for name in ("MSN", "Astro", "Oligo")]
    assert texts == [*wanted, f"no value ({missing})"]
    bar.popup.names.item(3).setCheckState(Qt.CheckState.Unchecked)
    bar.popup.apply.click()
    idle(dock)
    assert scene.filters == (NameCondition(column="Class", names=(None,), keep=False),)
    bar.add.click()
    idle(dock)
    assert bar.popup.names.item(3).checkState() == Qt.CheckState.Unchecked
    bar.popup.none.click()
    bar.popup.names.item(0).setCheckState(Qt.CheckState.Checked)
    bar.popup.apply.click()
    idle(dock)
    assert scene.filters == (NameCondition(column="Class", names=("MSN",)),)
    bar.add.click()
    idle(dock)
    bar.popup.all.click()
    bar.popup.apply.click()
    assert scene.filters == ()


def test_a_column_that_only_some_slabs_have_is_offered_and_what_lacks_it_is_said(
    dock: AtlasDock, bar: FilterBar, scene: ViewerScene, slab: Slab, idle: Idle
) -> None:
    from dataclasses import replace

    other = replace(slab, label="Plane.04", cells=slab.cells.drop(columns="volume"))
    scene.open(other)
    bar.add.click()
    _choose(dock, idle, "volume")
    bar.popup.low.setText("500")
    bar.popup.apply.click()
    idle(dock)
    kept = int((slab.cells["volume"] >= 500).sum())
    assert f"{kept + 400} of 800 cells" in bar.count.toolTip()
    assert "Plane.04" in bar.count.toolTip()
