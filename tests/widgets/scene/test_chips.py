from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt

from napari_abc.widgets.scene._chips import ChipRow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

TEXTS = [(f"filter {i}", f"all that filter {i} says") for i in range(6)]


@pytest.fixture
def row(qtbot: QtBot) -> ChipRow:
    row = ChipRow("All cells shown")
    qtbot.addWidget(row)
    row.resize(230, row.height())
    with qtbot.waitExposed(row):
        row.show()
    return row


def _seen(row: ChipRow) -> list[str]:
    return [chip.text for chip in row.chips if chip.isVisible()]


def test_what_has_no_room_is_in_the_menu(qtbot: QtBot, row: ChipRow) -> None:
    height = row.height()
    assert row._empty.isVisible()
    row.set_chips(TEXTS[:1])
    assert not row._empty.isVisible()
    assert _seen(row) == ["filter 0"]
    assert row.more.isHidden()
    row.set_chips(TEXTS)
    seen = _seen(row)
    assert 1 <= len(seen) < 6
    assert row.more.text() == f"+{6 - len(seen)}"
    assert row.more.geometry().right() <= row.width()
    assert all(chip.geometry().right() < row.more.x() for chip in row.chips if chip.isVisible())
    asked: list[int] = []
    row.removed.connect(asked.append)
    entries = row.more.menu().actions()
    assert [entry.text() for entry in entries] == [f"Remove filter {i}" for i in range(len(seen), 6)]
    entries[0].trigger()
    assert asked == [len(seen)]
    row.resize(900, height)
    qtbot.waitUntil(lambda: len(_seen(row)) == 6)
    assert row.more.isHidden()
    row.set_chips([])
    assert row._empty.isVisible()
    assert row.height() == height


def test_a_long_one_is_elided_and_its_cross_is_seen(row: ChipRow) -> None:
    row.set_chips([("a filter with a name that no dock is wide enough for", "full"), *TEXTS[:2]])
    (chip, *_) = row.chips
    assert _seen(row) == [chip.text]
    assert chip.geometry().right() < row.more.x()
    assert chip.cross.geometry().right() <= chip.width()
    assert "full" in chip.toolTip()


def test_the_cross_removes_by_mouse_and_key(qtbot: QtBot, row: ChipRow) -> None:
    asked: list[int] = []
    row.removed.connect(asked.append)
    row.set_chips(TEXTS[:2])
    qtbot.mouseClick(row.chips[1].cross, Qt.MouseButton.LeftButton)
    assert asked == [1]
    row.activateWindow()
    row.chips[0].cross.setFocus()
    qtbot.waitUntil(row.chips[0].cross.hasFocus)
    qtbot.keyClick(row.chips[0].cross, Qt.Key.Key_Space)
    assert asked == [1, 0]
    row.set_chips(TEXTS[1:2])
    qtbot.waitUntil(row.chips[0].cross.hasFocus)  # the next one can be removed with the same key
    assert row.chips[0].cross.accessibleName() == "Remove the filter filter 1"
