from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QGuiApplication

from napari_abc.atlas.atlas import open_atlas
from napari_abc.atlas.taxonomy import make_level_table
from napari_abc.widgets.types._view import AnnotationsView, TaxonomyRow

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

CLASS, SUBCLASS = "CCN20230722_CLAS", "CCN20230722_SUBC"
ROWS = [
    TaxonomyRow("A", "Whole mouse brain", "Mouse"),
    TaxonomyRow("B", "Another", "", to_fetch=3_200_000),
    TaxonomyRow("C", "A third", "Human", to_fetch=5, reason="Release 1 has no C."),
]


@pytest.fixture
def view(release_folder: Path, qtbot: QtBot) -> AnnotationsView:
    view = AnnotationsView()
    qtbot.addWidget(view)
    view.set_taxonomies(ROWS, "Choose one.")
    view.show_taxonomy("A")
    taxonomy = open_atlas(release_folder).taxonomy("WMB-taxonomy")
    levels = [*taxonomy.tree, *taxonomy.facets]
    level_tables = [make_level_table(taxonomy, level) for level in levels]
    view.show_level_tables(level_tables, [f"<b>{level.name}" for level in levels], ("A note.",))
    view.show_level(CLASS)
    return view


def test_taxonomies_that_are_not_there_are_listed_with_the_reason(view: AnnotationsView) -> None:
    texts = [view.taxonomy.itemText(number) for number in range(3)]
    assert texts == ["Whole mouse brain · Mouse", "Another · 3.2 MB to fetch", "A third · Human"]
    assert view.taxonomy.model().item(1).isEnabled()
    assert not view.taxonomy.model().item(2).isEnabled()
    assert "Release 1 has no C." in view.taxonomy.itemData(2, Qt.ItemDataRole.ToolTipRole)


def test_levels_say_how_many_terms_they_have_and_how_many_match(view: AnnotationsView) -> None:
    texts = [view.level.itemText(number) for number in range(view.level.count())]
    assert texts[:2] == ["class (16)", "subclass (40)"]
    assert texts[-1] == "neurotransmitter (10)"
    assert "&lt;b&gt;class" in view.level.toolTip()  # names from files are no markup
    view.search.setText("sst gaba")
    assert view.level.itemText(0) == "class (0 of 16)"
    assert view.level.itemText(1) == "subclass (1 of 40)"
    assert not view.empty.isHidden()
    assert view.table.isHidden()
    assert "subclass (1 of 40)" in view.empty.text()
    view.show_level(SUBCLASS)
    assert view.empty.isHidden()
    assert view.summary.text() == "1 of 40 subclasses.\nA note."
    view.search.clear()
    assert view.summary.text().startswith("40 subclasses.")
    assert view.level.itemText(0) == "class (16)"


def test_terms_that_the_search_would_hide_are_shown(view: AnnotationsView) -> None:
    view.search.setText("sst")
    view.show_level(SUBCLASS, ["CS20230722_SUBC_053"])
    assert view.search.text() == "sst"
    view.show_level(SUBCLASS, ["CS20230722_SUBC_001"])
    assert view.search.text() == ""
    assert view.table.selected_labels() == ["CS20230722_SUBC_001"]
    assert view.level.itemText(1) == "subclass (40)"


def test_buttons_follow_what_is_selected_and_open(view: AnnotationsView, qtbot: QtBot) -> None:
    assert not view.show_button.isEnabled()
    assert not view.copy_button.isEnabled()
    view.table.select(["CS20230722_CLAS_01", "CS20230722_CLAS_07"])
    assert view.copy_button.isEnabled()
    assert not view.show_button.isEnabled()  # no slab to show them in
    view.set_slabs("One slab.", True, False)
    assert view.show_button.isEnabled()
    assert not view.all_button.isEnabled()
    with qtbot.waitSignal(view.show_requested) as shown:
        view.show_button.click()
    assert shown.args == [("CS20230722_CLAS_01", "CS20230722_CLAS_07")]
    view.set_slabs("One slab.", True, True)
    with qtbot.waitSignal(view.show_all_requested):
        view.all_button.click()
    view.copy_button.click()
    assert QGuiApplication.clipboard().text() == "CS20230722_CLAS_01\nCS20230722_CLAS_07"
    view.table.clearSelection()
    assert not view.show_button.isEnabled()


def test_from_the_search_to_the_terms_by_keyboard(view: AnnotationsView, qtbot: QtBot) -> None:
    view.show()
    qtbot.waitExposed(view)
    view.activateWindow()
    view.search.setFocus()
    qtbot.keyClicks(view.search, "mge")
    qtbot.keyClick(view.search, Qt.Key.Key_Return)
    qtbot.waitUntil(view.table.hasFocus, timeout=2000)
    assert view.table.selected_labels() == ["CS20230722_CLAS_07"]
    qtbot.keyClick(view.table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(view.search.hasFocus, timeout=2000)


def test_nothing_to_show_is_said(view: AnnotationsView) -> None:
    view.set_taxonomies((), "Choose a source.")
    assert view.empty.text() == "Choose a source."
    assert not view.taxonomy.isEnabled()
    assert not view.level.isEnabled()
    assert not view.search.isEnabled()
    assert view.current_level == ""
    assert view.summary.isHidden()


def test_everything_has_a_name_for_a_screen_reader(view: AnnotationsView) -> None:
    buttons = (view.show_button, view.all_button, view.copy_button)
    for widget in (view.taxonomy, view.level, view.search, view.table, *buttons):
        assert widget.accessibleName()
        assert "&" not in widget.accessibleName()
