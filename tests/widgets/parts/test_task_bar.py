from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import QRect, Qt
from qtpy.QtWidgets import QApplication

from napari_abc.task import Progress
from napari_abc.widgets.parts._task_bar import TaskBar

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from napari_abc.widgets.dock import AtlasDock


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
    assert bar.amount.text() == "312 MB of 996 MB"
    assert "312 MB of 996 MB" in bar.bar.accessibleDescription()
    assert bar.label.text() == "Downloading cell_metadata.csv"


def test_without_a_total_it_is_busy_and_says_how_far(bar: TaskBar) -> None:
    bar.show_progress(Progress("Reading cells", 120_000, None, "rows"))
    assert bar.bar.maximum() == 0
    assert (bar.label.text(), bar.amount.text()) == ("Reading cells", "120,000 rows")
    bar.show_progress(Progress("Opening", 0, None, "rows"))
    assert bar.amount.text() == ""


def test_cancel(qtbot: QtBot, bar: TaskBar) -> None:
    bar.start("x")
    with qtbot.waitSignal(bar.cancelled):
        qtbot.mouseClick(bar.cancel_button, Qt.MouseButton.LeftButton)


def test_work_in_the_background_moves_nothing(qtbot: QtBot, dock: AtlasDock) -> None:
    dock.resize(360, 800)
    dock.show()
    with qtbot.waitExposed(dock):
        pass

    def places() -> list[QRect]:
        QApplication.processEvents()
        return [section.geometry() for section in dock._sections]

    before = places()
    assert dock.task_bar.height() < 40
    for act in (
        lambda: dock.task_bar.start("Indexing genes…"),
        lambda: dock.task_bar.show_progress(Progress("Indexing genes", 312_000_000, 996_000_000, "B")),
        dock.task_bar.finish,
    ):
        act()
        assert places() == before
