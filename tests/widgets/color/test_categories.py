from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt

from napari_abc.widgets.color._categories import CategoryLegend, CategoryRow, CountColumn

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


def _headings(legend: CategoryLegend) -> list[str]:
    model = legend.view.model()
    return [model.headerData(i, Qt.Orientation.Horizontal) for i in range(1, model.columnCount())]


SLABS = (CountColumn("Plane.03", "human"), CountColumn("C57BL6J-638850.37", "mouse"))


def test_cells_are_counted_by_slab_side_by_side(legend: CategoryLegend) -> None:
    rows = [
        CategoryRow("D1", "#ff0000", 1203, counts=(1200, 3)),
        CategoryRow("D2", "#00ff00", 7, counts=(0, 7)),
    ]
    legend.set_rows("Subclass", rows, 2, SLABS)
    model = legend.view.model()
    counts = [[model.index(i, column).data() for column in (1, 2)] for i in range(2)]
    assert counts == [["1,200", "3"], ["0", "7"]]
    header = legend.view.horizontalHeader()
    assert not header.isHidden()
    headings = _headings(legend)
    assert [text.split("\n")[0] for text in headings] == ["Human", "Mouse"]
    assert headings[1].endswith(".37")  # where there is no room, what tells slabs apart is kept
    tip = Qt.ItemDataRole.ToolTipRole
    assert "Mouse: C57BL6J-638850.37" in model.headerData(2, Qt.Orientation.Horizontal, tip)
    assert "1,203 cells" in model.index(0, 0).data(tip)
    assert "3 in Mouse: C57BL6J-638850.37" in model.index(0, 2).data(tip)
    widths = [header.sectionSize(column) for column in range(3)]
    assert sum(widths) <= legend.view.viewport().width()
    assert widths[0] >= 90
    legend.set_rows("Subclass", [replace(row, counts=()) for row in rows], 2)  # one slab again
    assert model.columnCount() == 2
    assert header.isHidden()
    assert model.index(0, 1).data() == "1,203"


def test_species_stand_above_the_names_only_where_they_differ(legend: CategoryLegend) -> None:
    legend.resize(560, 300)  # room for whole names
    planes = [CountColumn(f"Plane.{i}", "human") for i in range(4)]
    legend.set_rows("Class", [CategoryRow("a", "#000000", 10, counts=(1, 2, 3, 4))], 1, planes)
    assert _headings(legend) == ["Plane.0", "Plane.1", "Plane.2", "Plane.3"]


def test_counts_of_many_slabs_are_summed_and_listed_in_the_tooltip(legend: CategoryLegend) -> None:
    planes = [CountColumn(f"Plane.{i}") for i in range(8)]
    legend.set_rows("Class", [CategoryRow("a", "#000000", 36, counts=tuple(range(1, 9)))], 1, planes)
    model = legend.view.model()
    assert model.columnCount() == 2
    assert model.index(0, 1).data() == "36"
    assert legend.view.horizontalHeader().isHidden()
    assert legend.title.text() == "Class: 1 category in 8 slabs"
    assert "8 in Plane.7" in model.index(0, 1).data(Qt.ItemDataRole.ToolTipRole)


def test_other_counts_leave_filter_and_place_alone(legend: CategoryLegend) -> None:
    rows = [CategoryRow(f"type {i}", "#000000", 5, counts=(2, 3)) for i in range(60)]
    legend.set_rows("Cluster", rows, 60, SLABS)
    legend.filter.setText("type")
    legend.view.scrollToBottom()
    place = legend.view.verticalScrollBar().value()
    assert place > 0
    legend.set_rows("Cluster", [replace(row, count=123_456, counts=(123_456, 0)) for row in rows], 60, SLABS)
    assert legend.filter.text() == "type"
    assert legend.view.verticalScrollBar().value() == place
    assert legend.view.model().index(0, 1).data() == "123,456"
    wanted = legend.fontMetrics().horizontalAdvance("123,456")
    assert legend.view.columnWidth(1) >= wanted
