from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt

from napari_abc.widgets.find._slabs import SlabRow, SlabTable

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

ROWS = [
    SlabRow("CX.16.Plane.07", 90_000, 4, True),
    SlabRow("CX.17.Plane.01", 1_500, 4, False),
    SlabRow("CX.17.Plane.03", 10_000, 5, True),
]


@pytest.fixture
def table(qtbot: QtBot) -> SlabTable:
    table = SlabTable()
    qtbot.addWidget(table)
    table.resize(370, 300)
    return table


def _column(table: SlabTable, column: int, role: Qt.ItemDataRole = Qt.ItemDataRole.DisplayRole) -> list[str]:
    model = table.view.model()
    assert model is not None
    return [model.index(i, column).data(role) for i in range(model.rowCount())]


def test_an_empty_table_says_what_to_do(table: SlabTable) -> None:
    assert table.empty.text() == "Choose a dataset to see what it holds."
    assert table.open_button.isHidden()
    table.set_rows([], "This dataset has no slabs in this release.")
    assert table.empty.text() == "This dataset has no slabs in this release."


def test_slabs_are_shown_in_the_order_given(table: SlabTable) -> None:
    table.set_rows(ROWS)
    assert _column(table, 0) == [row.label for row in ROWS]
    assert _column(table, 1) == ["90,000", "1,500", "10,000"]
    assert _column(table, 3) == ["✓", "", "✓"]
    assert _column(table, 3, Qt.ItemDataRole.AccessibleTextRole)[1] == "no regions"


def test_sorting_by_cells_is_by_number(table: SlabTable) -> None:
    table.set_rows([*ROWS, SlabRow("CX.18.Plane.01")])
    table.view.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert _column(table, 1) == ["–", "1,500", "10,000", "90,000"]


@pytest.mark.parametrize("how", ["enter", "double-click", "button"])
def test_a_slab_opens_by_key_mouse_and_button(qtbot: QtBot, table: SlabTable, how: str) -> None:
    table.set_rows(ROWS)
    table.show()
    assert not table.open_button.isEnabled()
    assert table.select("CX.17.Plane.03")
    with qtbot.waitSignal(table.open_requested) as signal:
        if how == "enter":
            qtbot.keyClick(table.view, Qt.Key.Key_Return)
        elif how == "button":
            qtbot.mouseClick(table.open_button, Qt.MouseButton.LeftButton)
        else:
            place = table.view.visualRect(table.view.currentIndex()).center()
            viewport = table.view.viewport()
            qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
            qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    assert signal.args == [("CX.17.Plane.03",)]


def test_enter_opens_nothing_where_nothing_is_chosen(qtbot: QtBot, table: SlabTable) -> None:
    table.set_rows(ROWS)
    with qtbot.assertNotEmitted(table.open_requested, wait=20):
        qtbot.keyClick(table.view, Qt.Key.Key_Return)


def test_count_is_offered_only_while_counts_are_missing(qtbot: QtBot, table: SlabTable) -> None:
    table.set_rows([SlabRow("a"), SlabRow("b", 3)])
    assert _column(table, 1) == ["–", "3"]
    assert not table.count_button.isHidden()
    assert "Count cells" in table.view.model().index(0, 1).data(Qt.ItemDataRole.ToolTipRole)
    table.set_count_cost("fetches 2.2 GB once")
    assert table.count_button.toolTip() == "Count the cells of every slab: fetches 2.2 GB once"
    with qtbot.waitSignal(table.count_requested):
        table.count_button.click()
    table.set_rows([SlabRow("a", 5), SlabRow("b", 3)])
    assert table.count_button.isHidden()


def test_filter_and_choice_survive_new_counts(qtbot: QtBot, table: SlabTable) -> None:
    many = [SlabRow(f"C57BL6J-638850.{i:02}") for i in range(67)]
    table.set_rows(many)
    qtbot.keyClicks(table.filter, ".38")
    table.select("C57BL6J-638850.38")
    table.set_rows([SlabRow(row.label, 7) for row in many])
    assert _column(table, 0) == ["C57BL6J-638850.38"]
    assert table.chosen == ("C57BL6J-638850.38",)
    table.filter.setText("nothing")
    assert table.empty.text() == "No slab matches “nothing”."


def test_a_full_name_fits_the_narrow_dock(qtbot: QtBot, table: SlabTable) -> None:
    label = "H22.30.001.CX.17.Plane.03"
    table.set_rows([SlabRow(label, 123_456, 4, True)])
    table.show()
    with qtbot.waitExposed(table):
        pass
    assert table.view.columnWidth(0) >= table.fontMetrics().horizontalAdvance(label)


def test_titles_are_shown_and_found_and_labels_are_what_is_opened(qtbot: QtBot, table: SlabTable) -> None:
    rows = [SlabRow(f"WMB-neighborhood-{i}", title=f"Neighborhood {i}") for i in range(9)]
    table.set_rows(rows, kind="embedding")
    assert _column(table, 0)[0] == "Neighborhood 0"
    table.filter.setText("wmb-neighborhood-3")
    assert _column(table, 0) == ["Neighborhood 3"]
    assert table.select("WMB-neighborhood-3")
    with qtbot.waitSignal(table.open_requested) as signal:
        table.open_button.click()
    assert signal.args == [("WMB-neighborhood-3",)]


def test_the_dataset_says_what_its_slabs_are_called(table: SlabTable) -> None:
    table.set_rows([SlabRow("UMAP", 3)], kind="embedding")
    header = table.view.model().headerData(0, Qt.Orientation.Horizontal)
    assert header == "Embedding"
    assert table.open_button.accessibleName() == "Open embedding"
    assert table.view.accessibleName() == "Embeddings"
    # Columns that say nothing are left out: embeddings have neither sections nor regions.
    assert [table.view.isColumnHidden(column) for column in range(4)] == [False, False, True, True]
    table.set_rows([SlabRow(".37", 3, 1), SlabRow("All sections", 5, 2)], kind="brain section")
    assert table.view.isColumnHidden(2)
    table.set_rows(ROWS, kind="slab plane")
    assert not any(table.view.isColumnHidden(column) for column in range(4))
    table.set_rows([], "None here.", "slab plane")
    assert table.filter.placeholderText() == "Filter slab planes…"


def test_headings_and_figures_stand_over_one_another_and_are_explained(table: SlabTable) -> None:
    table.set_rows(ROWS, kind="slab plane")
    model = table.view.model()
    assert model is not None
    align, tip = Qt.ItemDataRole.TextAlignmentRole, Qt.ItemDataRole.ToolTipRole
    for column in range(model.columnCount()):
        heading = model.headerData(column, Qt.Orientation.Horizontal, align)
        assert heading == model.index(0, column).data(align)
        assert model.headerData(column, Qt.Orientation.Vertical, align) != heading
    assert model.headerData(0, Qt.Orientation.Horizontal, align) & Qt.AlignmentFlag.AlignLeft
    assert model.headerData(1, Qt.Orientation.Horizontal, align) & Qt.AlignmentFlag.AlignRight
    assert "slab plane" in model.headerData(1, Qt.Orientation.Horizontal, tip)


WHOLE = [SlabRow(f".{i:02}", 1_000, 1) for i in range(12)] + [SlabRow("All sections", 12_000, 12, whole=True)]


def _click(qtbot: QtBot, table: SlabTable, row: int, held: Qt.KeyboardModifier) -> None:
    index = table.view.model().index(row, 0)
    table.view.scrollTo(index)
    place = table.view.visualRect(index).center()
    qtbot.mouseClick(table.view.viewport(), Qt.MouseButton.LeftButton, held, place)


def test_several_slabs_are_chosen_and_opened_at_once(qtbot: QtBot, table: SlabTable) -> None:
    table.set_rows(WHOLE, kind="brain section")
    table.show()
    with qtbot.waitExposed(table):
        pass
    places = [button.geometry() for button in (table.open_button, table.all_button)]
    _click(qtbot, table, 3, Qt.KeyboardModifier.NoModifier)
    assert table.open_button.text() == "&Open"
    _click(qtbot, table, 1, Qt.KeyboardModifier.ControlModifier)
    assert table.open_button.text() == "&Open 2 sections"
    _click(qtbot, table, 4, Qt.KeyboardModifier.ShiftModifier)
    assert table.open_button.accessibleName() == "Open 4 brain sections"
    with qtbot.waitSignal(table.open_requested) as signal:
        qtbot.keyClick(table.view, Qt.Key.Key_Return)
    assert signal.args == [(".01", ".02", ".03", ".04")]  # as listed, not as clicked
    qtbot.keyClick(table.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert table.open_button.text() == "&Open 12 sections"
    with qtbot.waitSignal(table.open_requested) as signal:
        table.open_button.click()
    assert signal.args == [tuple(row.label for row in WHOLE[:12])]  # the same cells are not opened twice
    assert [button.geometry() for button in (table.open_button, table.all_button)] == places
    table.set_rows(WHOLE, kind="brain section")  # new counts leave the choice alone
    assert len(table.chosen) == 13
    assert table.select("All sections")
    with qtbot.waitSignal(table.open_requested) as signal:
        table.open_button.click()
    assert signal.args == [("All sections",)]


def test_open_all_opens_what_the_filter_leaves(qtbot: QtBot, table: SlabTable) -> None:
    table.set_rows(WHOLE, kind="brain section")
    assert table.all_button.text() == "Open all 12"
    table.filter.setText(".1")
    assert table.all_button.text() == "Open all 2"
    with qtbot.waitSignal(table.open_requested) as signal:
        table.all_button.click()
    assert signal.args == [(".10", ".11")]
    table.filter.setText(".11")
    assert not table.all_button.isEnabled()
    table.set_rows([SlabRow("UMAP"), SlabRow("Neurons")], kind="embedding")
    assert table.all_button.isHidden()
