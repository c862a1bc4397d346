from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt

from napari_abc.widgets.find._datasets import DatasetList, DatasetRow
from napari_abc.widgets.parts import LINES, Lines

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

HUMAN = DatasetRow(
    "HMBA-MERSCOPE-H22.30.001-BG",
    "Human basal ganglia",
    "Human",
    "MERSCOPE",
    5_212_345,
    5_500_000_000,
    0,
    "CC BY-NC 4.0",
)
MARMOSET = DatasetRow("HMBA-Xenium-CJ23.56.004-BG", "Marmoset basal ganglia", "Marmoset", "Xenium")
ABSENT = DatasetRow(
    "Zhuang-ABCA-1", "Mouse brain", "Mouse", "MERFISH", available=False, reason="Not part of release 1."
)


@pytest.fixture
def view(qtbot: QtBot) -> DatasetList:
    view = DatasetList()
    qtbot.addWidget(view)
    view.resize(370, 300)
    return view


def _titles(view: DatasetList) -> list[str]:
    model = view.view.model()
    assert model is not None
    return [model.index(i, 0).data() for i in range(model.rowCount())]


def test_an_empty_list_says_what_to_do(view: DatasetList) -> None:
    assert not view.empty.isHidden()
    assert view.empty.text() == "Choose a source to see its datasets."
    assert view.view.isHidden()


def test_choosing_emits_the_name(qtbot: QtBot, view: DatasetList) -> None:
    view.set_rows([HUMAN, MARMOSET])
    with qtbot.waitSignal(view.chosen) as signal:
        assert view.select(MARMOSET.name)
    assert signal.args == [MARMOSET.name]
    assert view.current == MARMOSET.name


def test_everything_of_a_dataset_can_be_read(view: DatasetList) -> None:
    view.set_rows([HUMAN])
    assert HUMAN.facts() == "Human · MERSCOPE · 5.2 M cells · CC BY-NC 4.0"
    spoken = view.view.model().index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == (
        "Human basal ganglia, HMBA-MERSCOPE-H22.30.001-BG, Human, MERSCOPE, 5,212,345 cells, "
        "5.5 GB to fetch, CC BY-NC 4.0"
    )


def test_an_absent_dataset_is_gray_and_says_why(qtbot: QtBot, view: DatasetList) -> None:
    view.set_rows([HUMAN, ABSENT])
    index = view.view.model().index(1, 0)
    assert not index.flags() & Qt.ItemFlag.ItemIsEnabled
    assert "Not part of release 1." in index.data(Qt.ItemDataRole.ToolTipRole)
    with qtbot.assertNotEmitted(view.chosen, wait=20):
        assert not view.select(ABSENT.name)
    assert view.current == ""


def test_filter_by_species_platform_or_name(qtbot: QtBot, view: DatasetList) -> None:
    others = [DatasetRow(f"d{i}", f"Dataset {i}", "Mouse", "10x") for i in range(5)]
    view.set_rows([HUMAN, MARMOSET, *others])
    qtbot.keyClicks(view.filter, "xenium")
    assert _titles(view) == ["Marmoset", "Marmoset basal ganglia"]  # with the heading above it
    view.filter.setText("h22.30")
    assert _titles(view) == ["Human", "Human basal ganglia"]
    view.filter.setText("zebrafish")
    assert view.empty.text() == "No dataset matches “zebrafish”."
    view.set_rows([HUMAN])  # too few for a filter: a hidden filter must not hide rows
    assert view.filter.isHidden()
    assert _titles(view) == ["Human basal ganglia"]


def test_new_sizes_keep_the_choice_and_are_no_new_choice(qtbot: QtBot, view: DatasetList) -> None:
    view.set_rows([HUMAN, MARMOSET])
    view.select(MARMOSET.name)
    with qtbot.assertNotEmitted(view.chosen, wait=20):
        view.set_rows([HUMAN, MARMOSET])
    assert view.current == MARMOSET.name
    view.deselect()
    assert view.current == ""


def test_it_draws_in_every_state(qtbot: QtBot, view: DatasetList) -> None:
    view.set_rows([HUMAN, ABSENT])
    view.show()
    with qtbot.waitExposed(view):
        pass
    plain = view.view.grab().toImage()
    view.select(HUMAN.name)
    assert view.view.grab().toImage() != plain
    view.set_rows([])
    assert view.view.isHidden()


def test_many_datasets_lie_under_the_headings_of_their_species(qtbot: QtBot, view: DatasetList) -> None:
    mice = [DatasetRow(f"m{i}", f"Mouse {i}", "Mouse", "10x", 2_000, 10_000_000, 100_000) for i in range(2)]
    other = DatasetRow("SEA-AD", "Caudate", "Human", "Xenium", available=False, reason="Release 1 lacks it.")
    view.set_rows([HUMAN, mice[0], ABSENT, MARMOSET, mice[1], other])
    assert _titles(view) == [
        "Human",
        "Human basal ganglia",
        "Mouse",
        "Mouse 0",
        "Mouse 1",
        "Marmoset",
        "Marmoset basal ganglia",
        "Not available (2)",
        "Mouse brain",
        "Caudate",
    ]
    model = view.view.model()
    assert model is not None
    lines = [model.index(i, 0).data(LINES) for i in range(model.rowCount())]
    assert [i for i, line in enumerate(lines) if line.heading] == [0, 2, 5, 7]
    assert lines[3] == Lines("Mouse 0", "10.0 MB", "10x · 2,000 cells", "1 % on disk")
    assert lines[1].state == "to fetch"
    assert (lines[9].facts, lines[9].gray) == ("Release 1 lacks it.", True)
    view.select(HUMAN.name)
    view.show()
    for expected in ("Mouse 0", "Mouse 1", "Marmoset basal ganglia", "Marmoset basal ganglia"):
        qtbot.keyClick(view.view, Qt.Key.Key_Down)  # skips headings and what can't be opened
        assert view.view.currentIndex().data() == expected
    view.view.grab()


def test_the_chosen_dataset_stays_in_view_when_the_list_gets_lower(qtbot: QtBot, view: DatasetList) -> None:
    view.set_rows([DatasetRow(f"d{i}", f"Dataset {i}", "Mouse", "10x") for i in range(12)])
    view.resize(370, 700)
    view.show()
    with qtbot.waitExposed(view):
        pass
    view.select("d11")
    view.resize(370, 160)
    viewport = view.view.viewport()
    assert viewport is not None
    qtbot.waitUntil(lambda: viewport.rect().contains(view.view.visualRect(view.view.currentIndex())))
