from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QApplication

from napari_abc.atlas.atlas import open_atlas
from napari_abc.atlas.taxonomy import make_level_table
from napari_abc.widgets.types._table import AnnotationsTable

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

SST, PVALB, MGE = "CS20230722_SUBC_053", "CS20230722_SUBC_052", "CS20230722_CLAS_07"


@pytest.fixture
def table(release_folder: Path, qtbot: QtBot) -> AnnotationsTable:
    taxonomy = open_atlas(release_folder).taxonomy("WMB-taxonomy")
    table = AnnotationsTable()
    qtbot.addWidget(table)
    table.resize(700, 400)
    table.set_level_table(make_level_table(taxonomy, taxonomy.level("subclass")))
    table.show()
    return table


def cell(table: AnnotationsTable, label: str, column: int) -> QPoint:
    index = table.rows.index(table.rows.rows_of([label])[0], column)
    table.scrollTo(index)
    return table.visualRect(index).center()


def walked(table: AnnotationsTable) -> list[tuple[str, str]]:
    steps: list[tuple[str, str]] = []
    table.up_requested.connect(lambda label: steps.append(("up", label)))
    table.down_requested.connect(lambda label: steps.append(("down", label)))
    return steps


def test_a_click_on_an_ancestor_goes_up_and_one_on_the_term_selects(
    table: AnnotationsTable, qtbot: QtBot
) -> None:
    steps = walked(table)
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=cell(table, SST, 1))
    assert (steps, table.selected_labels()) == ([], [SST])
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=cell(table, SST, 0))
    assert steps == [("up", MGE)]
    control = Qt.KeyboardModifier.ControlModifier
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, control, cell(table, PVALB, 1))
    assert steps == [("up", MGE)]
    assert table.selected_labels() == [PVALB, SST]


def test_a_double_click_and_the_count_of_children_go_down(table: AnnotationsTable, qtbot: QtBot) -> None:
    steps = walked(table)
    column = table.rows.children_column
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=cell(table, PVALB, column))
    assert steps == [("down", PVALB)]
    place = cell(table, SST, 1)
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert steps == [("down", PVALB), ("down", SST)]


def test_the_second_click_of_a_double_click_goes_no_further(table: AnnotationsTable, qtbot: QtBot) -> None:
    steps = walked(table)
    place = cell(table, SST, 0)
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert steps == [("up", MGE)]
    qtbot.wait(QApplication.doubleClickInterval() + 20)
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert steps == [("up", MGE), ("up", MGE)]


def test_all_of_it_by_keyboard(table: AnnotationsTable, qtbot: QtBot) -> None:
    steps = walked(table)
    table.select([SST])
    qtbot.keyClick(table, Qt.Key.Key_Return)
    qtbot.keyClick(table, Qt.Key.Key_Left)
    qtbot.keyClick(table, Qt.Key.Key_Enter)
    assert steps == [("down", SST), ("up", MGE)]
    table.go_up.trigger()
    table.go_down.trigger()
    assert steps[2:] == [("up", MGE), ("down", SST)]
    assert (table.go_up.shortcut().toString(), table.go_down.shortcut().toString()) == ("Alt+Up", "Alt+Down")


def test_copying(table: AnnotationsTable, qtbot: QtBot) -> None:
    clipboard = QGuiApplication.clipboard()
    clipboard.setText("before")
    assert not table.copy_label.isEnabled()
    table.copy_label.trigger()
    assert clipboard.text() == "before"
    assert table.select([SST, PVALB]) == 2
    table.copy_label.trigger()
    assert clipboard.text() == f"{PVALB}\n{SST}"
    table.copy_name.trigger()
    assert clipboard.text() == "052 Pvalb Gaba\n053 Sst Gaba"


def test_what_is_selected_stays_selected_through_filter_and_sort(table: AnnotationsTable) -> None:
    table.select([SST, PVALB])
    table.set_filter("sst")
    assert table.selected_labels() == [SST]
    table.set_filter("")
    assert table.selected_labels() == [SST]
    table.horizontalHeader().setSortIndicator(3, Qt.SortOrder.DescendingOrder)
    assert table.selected_labels() == [SST]
    assert table.rows.label(0) != "CS20230722_SUBC_001"
    assert table.select(["no such"]) == 0
    assert table.selected_labels() == []


def test_columns_share_the_room_until_a_person_changes_them(table: AnnotationsTable, qtbot: QtBot) -> None:
    table.resize(900, 400)
    wide = table.columnWidth(0)
    table.resize(220, 400)  # too narrow in any font
    assert table.columnWidth(0) < wide
    table.resize(900, 400)
    assert table.columnWidth(0) >= wide
    table.horizontalHeader().resizeSection(0, 50)
    table.resize(700, 400)
    assert table.columnWidth(0) == 50


def test_a_hand_shows_where_a_click_leads(table: AnnotationsTable, qtbot: QtBot) -> None:
    for column, shape in (
        (0, Qt.CursorShape.PointingHandCursor),
        (1, Qt.CursorShape.ArrowCursor),
        (table.rows.children_column, Qt.CursorShape.PointingHandCursor),
    ):
        qtbot.mouseMove(table.viewport(), cell(table, SST, column))
        qtbot.waitUntil(lambda shape=shape: table.viewport().cursor().shape() == shape, timeout=2000)
