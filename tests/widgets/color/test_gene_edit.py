from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt

from napari_abc.widgets.color._gene_edit import GeneEdit, GeneNames

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

GENES = [
    ("ENSG00000184845", "DRD1"),
    ("ENSG00000149295", "DRD2"),
    ("ENSG00000162490", "DRAXIN"),
    ("ENSG00000077420", "APBB1IP"),
    ("ENSG00000999999", "ADRD1X"),
    ("ENSG00000111111", "TWIN"),
    ("ENSG00000222222", "TWIN"),
    ("Blank-1", ""),
]


@pytest.fixture
def edit(qtbot: QtBot) -> GeneEdit:
    edit = GeneEdit()
    qtbot.addWidget(edit)
    edit.set_genes(GENES)
    edit.show()
    return edit


def _symbols(found: list[tuple[str, str]]) -> list[str]:
    return [symbol or identifier for identifier, symbol in found]


def test_the_whole_symbol_comes_first_then_prefixes_then_the_rest() -> None:
    index = GeneNames(GENES)
    assert _symbols(index.find("drd1")) == ["DRD1", "ADRD1X"]
    assert _symbols(index.find("dr")) == ["DRD1", "DRD2", "DRAXIN", "ADRD1X"]


def test_identifiers_are_found_too_in_any_case() -> None:
    index = GeneNames(GENES)
    assert _symbols(index.find("ensg00000184845")) == ["DRD1"]
    assert _symbols(index.find("184845")) == ["DRD1"]
    assert _symbols(index.find("blank")) == ["Blank-1"]
    assert index.find("  ") == []
    assert index.find("nope") == []


def test_an_identifier_that_begins_with_the_text_comes_before_one_that_holds_it() -> None:
    index = GeneNames([("XENS1", ""), ("ENS12", ""), ("ENS1", ""), ("A1", "Xens1")])
    assert [identifier for identifier, _ in index.find("ens1")] == ["ENS1", "ENS12", "A1", "XENS1"]


def test_thirty_thousand_genes_answer_while_one_types() -> None:
    index = GeneNames([(f"ENSMUSG{i:011}", f"Gm{i}") for i in range(30_000)])
    begin = time.perf_counter()
    found = index.find("m1")
    assert time.perf_counter() - begin < 0.1  # about 10 ms; the limit is for slow machines
    assert len(found) == GeneNames.LIMIT
    assert found[0][1] == "Gm1"


def test_completions_follow_what_is_typed(qtbot: QtBot, edit: GeneEdit) -> None:
    qtbot.keyClicks(edit, "dra")
    assert edit.completions() == [("ENSG00000162490", "DRAXIN")]
    popup = edit._completer.popup()
    assert popup is not None
    assert popup.isVisible()
    assert popup.model().index(0, 0).data() == "DRAXIN — ENSG00000162490"
    qtbot.keyClicks(edit, "zzz")
    assert not popup.isVisible()


def test_a_completion_is_picked_by_keyboard(qtbot: QtBot, edit: GeneEdit) -> None:
    qtbot.keyClicks(edit, "dr")
    popup = edit._completer.popup()
    assert popup is not None
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    with qtbot.waitSignal(edit.gene_chosen) as signal:
        qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert signal.args == ["ENSG00000149295"]
    assert edit.text() == "DRD2"


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("drd1", "ENSG00000184845"),  # a whole symbol in any case
        ("blank-1", "Blank-1"),
        ("ensg00000111111", "ENSG00000111111"),  # an identifier in any case
    ],
)
def test_enter_asks_for_the_gene_that_was_named_in_full(
    qtbot: QtBot, edit: GeneEdit, typed: str, asked: str
) -> None:
    edit.setText(typed)
    with qtbot.waitSignal(edit.gene_chosen) as signal:
        qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert signal.args == [asked]


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("drd", "None of the 8 genes is called “drd”: did you mean DRD1 or DRD2 or ADRD1X?"),
        ("drdx1", "None of the 8 genes is called “drdx1”: did you mean DRD1 or DRD2?"),
        ("xyz", "None of the 8 genes is called “xyz”: type a part of its name to see a list."),
        (
            "twin",
            "2 genes are called “twin” (ENSG00000111111, ENSG00000222222): choose one from the list.",
        ),
    ],
)
def test_enter_never_takes_a_gene_that_was_not_named(
    qtbot: QtBot, edit: GeneEdit, typed: str, answer: str
) -> None:
    qtbot.keyClicks(edit, typed)
    popup = edit._completer.popup()
    assert popup is not None
    target = popup if popup.isVisible() else edit
    with qtbot.assertNotEmitted(edit.gene_chosen), qtbot.waitSignal(edit.refused) as signal:
        qtbot.keyClick(target, Qt.Key.Key_Return)
    assert signal.args == [answer]
    assert not popup.isVisible()
    assert edit.text() == typed


def test_the_highlighted_line_goes_before_the_text(qtbot: QtBot, edit: GeneEdit) -> None:
    qtbot.keyClicks(edit, "drd1")
    popup = edit._completer.popup()
    assert popup is not None
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    with qtbot.assertNotEmitted(edit.refused), qtbot.waitSignal(edit.gene_chosen) as signal:
        qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert signal.args == ["ENSG00000999999"]


def test_names_near_a_wrong_one_are_found_fast() -> None:
    index = GeneNames([(f"ENSMUSG{i:011}", f"Gm{i}") for i in range(30_000)])
    begin = time.perf_counter()
    assert index.near("Gn2345")
    assert time.perf_counter() - begin < 0.5  # about 80 ms where all names are alike


def test_enter_sends_one_answer_also_with_the_popup_open(qtbot: QtBot, edit: GeneEdit) -> None:
    asked: list[str] = []
    edit.gene_chosen.connect(asked.append)
    qtbot.keyClicks(edit, "drd1")
    popup = edit._completer.popup()
    assert popup is not None
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert asked == ["ENSG00000184845"]


def test_no_genes(qtbot: QtBot, edit: GeneEdit) -> None:
    edit.set_genes([])
    assert not edit.isEnabled()
    assert edit.placeholderText() == "No genes"


def test_the_list_is_wide_enough_for_its_longest_line(qtbot: QtBot, edit: GeneEdit) -> None:
    edit.setFixedWidth(40)
    with qtbot.waitExposed(edit):
        edit.show()
    qtbot.keyClicks(edit, "dr")
    popup = edit._completer.popup()
    assert popup.width() > popup.sizeHintForColumn(0) > edit.width()
    popup.hide()
