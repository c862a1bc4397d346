from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from napari_abc.widgets.scene import SceneBar

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def bar(qtbot: QtBot) -> SceneBar:
    bar = SceneBar()
    qtbot.addWidget(bar)
    bar.resize(320, bar.sizeHint().height())
    with qtbot.waitExposed(bar):
        bar.show()
    return bar


def test_nothing_moves_whatever_is_open(bar: SceneBar) -> None:
    parts = (bar.undo, bar.redo, bar.close_button, bar.view_button, bar.space, bar.layout_choice)
    before = [part.geometry() for part in parts]
    assert max(place.right() for place in before) < 320
    bar.show_steps(True, "opening a slab with a rather long name", True, "closing it")
    bar.show_spaces({"tissue": "Tissue", "umap": "A title of an embedding that is long"}, "umap")
    bar.show_slabs("H22.30.001.CX.17.Plane.03 of a person", 12)
    bar.show_choices("overlay", "species")
    assert [part.geometry() for part in parts] == before
    assert bar.space.currentText() == "A title of an embedding that is long"


def test_what_can_be_done_is_said(bar: SceneBar) -> None:
    assert not bar.undo.isEnabled() and not bar.close_button.isEnabled()
    assert "Nothing to undo (Ctrl+Z)" in bar.undo.toolTip()
    assert bar.open_view.isEnabled() and not bar.save_view.isEnabled()
    bar.show_steps(True, "opening Plane.03", False, "")
    assert "Undo opening Plane.03 (Ctrl+Z)" in bar.undo.toolTip()
    assert "Nothing to redo (Ctrl+Shift+Z)" in bar.redo.toolTip()
    bar.show_slabs("A & B", 3)
    assert bar.close_one.text() == "Close A && B"
    assert bar.close_all.text() == "Close all 3 slabs"
    bar.show_spaces({"tissue": "Tissue"}, "tissue")
    assert bar.space.currentText() == "Tissue"
    assert not bar.space.isEnabled()  # its place is kept


def test_choices_are_emitted(qtbot: QtBot, bar: SceneBar) -> None:
    bar.show_spaces({"tissue": "Tissue", "umap": "UMAP"}, "tissue")
    bar.show_choices("beside", "plane")
    for combo, signal, row, value in (
        (bar.space, bar.space_chosen, 1, "umap"),
        (bar.layout_choice, bar.layout_chosen, 2, "replace"),
    ):
        with qtbot.waitSignal(signal) as told:
            combo.activated.emit(row)
        assert told.args == [value]
    with qtbot.waitSignal(bar.sort_chosen) as told:
        bar.sort_actions["species"].trigger()
    assert told.args == ["species"]
    bar.show_choices("beside", "opened")
    assert [value for value, action in bar.sort_actions.items() if action.isChecked()] == ["opened"]
