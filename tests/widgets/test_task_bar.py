from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt

from napari_abc.task import Progress
from napari_abc.widgets.task_bar import TaskBar

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def bar(qtbot: QtBot) -> TaskBar:
    bar = TaskBar()
    qtbot.addWidget(bar)
    return bar


def test_it_shows_only_while_something_runs(bar: TaskBar) -> None:
    assert bar.isHidden()
    bar.start("Opening the source")
    assert not bar.isHidden()
    assert bar.bar.maximum() == 0  # busy
    bar.finish()
    assert bar.isHidden()


def test_it_counts_bytes(bar: TaskBar) -> None:
    bar.show_progress(Progress("Downloading cell_metadata.csv", 312_000_000, 996_000_000, "B"))
    assert bar.bar.value() == 31
    assert bar.bar.format() == "312 MB of 996 MB"
    assert bar.label.text() == "Downloading cell_metadata.csv"


def test_without_a_total_it_is_busy_and_says_how_far(bar: TaskBar) -> None:
    bar.show_progress(Progress("Reading cells", 120_000, None, "rows"))
    assert bar.bar.maximum() == 0
    assert bar.label.text() == "Reading cells: 120,000 rows"


def test_cancel(qtbot: QtBot, bar: TaskBar) -> None:
    bar.start("x")
    with qtbot.waitSignal(bar.cancelled):
        qtbot.mouseClick(bar.cancel_button, Qt.MouseButton.LeftButton)
