from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt

from napari_abc.widgets.category_legend import CategoryLegend, CategoryRow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def legend(qtbot: QtBot) -> CategoryLegend:
    legend = CategoryLegend()
    qtbot.addWidget(legend)
    legend.resize(360, 300)
    legend.show()
    return legend


def _lines(legend: CategoryLegend) -> list[tuple[str, str, str]]:
    model = legend.view.model()
    return [
        (
            model.index(i, 0).data(),
            model.index(i, 0).data(Qt.ItemDataRole.DecorationRole).name(),
            model.index(i, 1).data(),
        )
        for i in range(model.rowCount())
    ]


def test_lines_are_in_the_order_given(legend: CategoryLegend) -> None:
    rows = [CategoryRow("STR D1", "#ff0000", 1200), CategoryRow("no value", "#808080", 7)]
    legend.set_rows("Subclass", rows, 1)
    assert _lines(legend) == [("STR D1", "#ff0000", "1,200"), ("no value", "#808080", "7")]
    assert legend.title.text() == "Subclass: 1 category"
    assert legend.filter.isHidden()


def test_the_swatch_is_drawn_in_the_colour(qtbot: QtBot, legend: CategoryLegend) -> None:
    legend.set_rows("Class", [CategoryRow("a", "#12ab34", 5)], 1)
    with qtbot.waitExposed(legend):
        pass
    picture = legend.view.viewport().grab().toImage()
    colors = {picture.pixelColor(x, y).name() for x in range(40) for y in range(min(20, picture.height()))}
    assert "#12ab34" in colors


def test_filter(qtbot: QtBot, legend: CategoryLegend) -> None:
    rows = [CategoryRow(f"type {i}", "#000000", i) for i in range(20)]
    legend.set_rows("Cluster", rows, 20)
    qtbot.keyClicks(legend.filter, "TYPE 1")
    assert len(_lines(legend)) == 11
    legend.set_rows("Class", rows, 20)  # another colouring starts unfiltered
    assert len(_lines(legend)) == 20


def test_thousands_of_clusters_do_not_freeze_the_window(qtbot: QtBot, legend: CategoryLegend) -> None:
    rows = [CategoryRow(f"{i:04} a rather long name of a cluster", "#336699", i) for i in range(5322)]
    with qtbot.waitExposed(legend):
        pass
    begin = time.perf_counter()
    legend.set_rows("cluster", rows, 5322)
    legend.view.grab()
    legend.filter.setText("42")
    legend.view.grab()
    assert time.perf_counter() - begin < 1  # about 30 ms; without virtual rows it takes many seconds
    assert "5,322 categories" in legend.title.text()
