from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt

from napari_abc.widgets.color._categories import CategoryLegend, CategoryRow

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


def test_the_swatch_is_drawn_in_the_color(qtbot: QtBot, legend: CategoryLegend) -> None:
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
    legend.set_rows("Class", rows, 20)  # another coloring starts unfiltered
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


def test_boxes_and_keys_hide_and_show_categories(qtbot: QtBot, legend: CategoryLegend) -> None:
    asked: list[frozenset[str | None]] = []
    legend.hidden_changed.connect(asked.append)
    names = [("D1", "#ff0000", False), ("D2", "#00ff00", False), ("no value", "#808080", True)]

    def show(*hidden: str | None) -> None:
        rows = [CategoryRow(name, color, 5, missing) for name, color, missing in names]
        legend.set_rows("Subclass", [replace(row, hidden=row.key in hidden) for row in rows], 2)

    show()
    model = legend.view.model()
    checked = Qt.ItemDataRole.CheckStateRole
    assert Qt.CheckState(model.index(0, 0).data(checked)) == Qt.CheckState.Checked
    legend.view.setCurrentIndex(model.index(2, 0))
    qtbot.keyClick(legend.view, Qt.Key.Key_Space)
    assert asked == [{None}]
    show(None)
    assert Qt.CheckState(model.index(2, 0).data(checked)) == Qt.CheckState.Unchecked
    assert legend.view.currentIndex().row() == 2
    legend.view.setCurrentIndex(model.index(0, 0))
    qtbot.keyClick(legend.view, Qt.Key.Key_Space)
    assert asked[-1] == {"D1", None}
    show("D1", None)
    qtbot.keyClick(legend.view, Qt.Key.Key_Space)
    assert asked[-1] == {None}
    qtbot.keyClick(legend.view, Qt.Key.Key_Return)
    assert asked[-1] == {"D2", None}
    show("D2", None)
    place = legend.view.visualRect(model.index(0, 1)).center()
    qtbot.mouseClick(legend.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(legend.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked[-1] == frozenset()


def test_hiding_leaves_filter_and_place_alone(legend: CategoryLegend) -> None:
    rows = [CategoryRow(f"type {i}", "#000000", i) for i in range(60)]
    legend.set_rows("Cluster", rows, 60)
    legend.filter.setText("type")
    legend.view.scrollToBottom()
    place = legend.view.verticalScrollBar().value()
    legend.set_rows("Cluster", [*rows[:-1], replace(rows[-1], hidden=True)], 60)
    assert legend.filter.text() == "type"
    assert legend.view.verticalScrollBar().value() == place
