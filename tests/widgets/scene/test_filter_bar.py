from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt

from napari_abc.stage import NameCondition, RangeCondition
from napari_abc.widgets.scene import FilterBar

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

CONDITIONS = (NameCondition(column="Group", names=("a", "b")), RangeCondition(key="volume", low=5.0))


@pytest.fixture
def bar(qtbot: QtBot) -> FilterBar:
    bar = FilterBar()
    qtbot.addWidget(bar)
    bar.resize(360, bar.sizeHint().height())
    with qtbot.waitExposed(bar):
        bar.show()
    return bar


def test_a_filter_is_shown_and_taken_off(qtbot: QtBot, bar: FilterBar) -> None:
    height = bar.height()
    assert not bar.clear.isEnabled()
    bar.show_filter(CONDITIONS, True)
    assert [chip.text for chip in bar.chips.chips] == ["Group: 2 kept", "volume ≥ 5"]
    assert bar.gray.isChecked()
    with qtbot.waitSignal(bar.remove_wanted) as told:
        bar.chips.removed.emit(1)
    assert told.args == [CONDITIONS[1]]
    with qtbot.waitSignal(bar.clear_wanted):
        qtbot.mouseClick(bar.clear, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(bar.gray_wanted) as told:
        bar.gray.click()
    assert told.args == [False]
    with qtbot.assertNotEmitted(bar.gray_wanted, wait=20):
        bar.show_filter((), True)  # what is shown asks for nothing
    assert bar.height() == bar.sizeHint().height() == height


def test_counts_are_rounded_where_they_have_no_room(bar: FilterBar) -> None:
    bar.show_counts(1_234, 10_000, ())
    assert bar.count.text() == "1,234 of 10,000 cells"
    bar.show_counts(123_456_789, 999_999_999, ("Plane.1 has no column 'volume'.",))
    assert bar.count.text() == "123.5 M of 1000.0 M"
    assert bar.fontMetrics().horizontalAdvance(bar.count.text()) <= bar.count.width()
    assert "123,456,789 of 999,999,999 cells" in bar.count.toolTip()
    assert "has no column" in bar.count.toolTip()
