from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QPushButton

from napari_abc.widgets.scene._filter_popup import Choice, FilterPopup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

CHOICES = [Choice("MSN", 5), Choice("Astro", 3), Choice(None, 2)]


@pytest.fixture
def popup(qtbot: QtBot) -> Iterator[FilterPopup]:
    button = QPushButton("Filter…")
    qtbot.addWidget(button)
    popup = FilterPopup(button)
    popup.set_keys({"Gene": [("gene:DRD1", "DRD1")], "Metadata": [("volume", "volume"), ("qc", "qc")]})
    with qtbot.waitExposed(button):
        button.show()
    popup.open_at(button)
    yield popup  # the button is kept meanwhile


def _choose(popup: FilterPopup, key: str) -> None:
    popup.key.setCurrentIndex(popup.key.findData(key))
    popup.key.activated.emit(popup.key.currentIndex())


def test_headings_can_not_be_chosen_and_columns_are_asked_for(qtbot: QtBot, popup: FilterPopup) -> None:
    assert popup.chosen == ""
    assert not popup.apply.isEnabled()
    assert popup.key.model().index(0, 0).flags() == Qt.ItemFlag.NoItemFlags
    with qtbot.waitSignal(popup.key_chosen) as told:
        _choose(popup, "gene:DRD1")
    assert told.args == ["gene:DRD1"]
    popup.offer_nothing("Reading…")
    assert not popup.apply.isEnabled()
    popup.set_keys({"Metadata": [("qc", "qc")]})  # the gene is not shown any more
    assert popup.chosen == ""


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        ("100", "", (100.0, None)),
        ("", "2.5", (None, 2.5)),
        ("1,000", "2000", (1000.0, 2000.0)),
        ("-3", "-2", (-3.0, -2.0)),
        ("", "", None),
        ("5", "2", None),
        ("many", "", None),
        ("nan", "", None),
        ("inf", "", None),
    ],
)
def test_a_range_is_wanted_where_it_is_one(
    qtbot: QtBot, popup: FilterPopup, low: str, high: str, wanted: tuple[float | None, float | None] | None
) -> None:
    _choose(popup, "volume")
    popup.offer_range((0.0, 4000.0), "µm³")
    assert "From 0 to 4000 µm³" in popup.said.text()
    qtbot.keyClicks(popup.low, low)
    qtbot.keyClicks(popup.high, high)
    assert popup.apply.isEnabled() is (wanted is not None)
    if wanted is None:
        with qtbot.assertNotEmitted(popup.range_wanted, wait=20):
            qtbot.keyClick(popup.high, Qt.Key.Key_Return)
        return
    with qtbot.waitSignal(popup.range_wanted) as told:
        qtbot.keyClick(popup.high, Qt.Key.Key_Return)
    assert tuple(told.args) == ("volume", *wanted)
    assert popup.isHidden()


def test_limits_that_are_set_are_shown(popup: FilterPopup) -> None:
    popup.offer_range((0.0, 9.0), "", 2.0, None)
    assert (popup.low.text(), popup.high.text()) == ("2", "")


def test_names_are_kept_and_left_out(qtbot: QtBot, popup: FilterPopup) -> None:
    _choose(popup, "qc")
    popup.offer_names(CHOICES)
    texts = [popup.names.item(i).text() for i in range(3)]
    assert texts == ["MSN (5)", "Astro (3)", "no value (2)"]
    popup.none.click()
    assert not popup.apply.isEnabled()  # a filter that leaves nothing is a slip
    popup.names.item(1).setCheckState(Qt.CheckState.Checked)
    with qtbot.waitSignal(popup.names_wanted) as told:
        popup.apply.click()
    assert told.args == ["qc", ("Astro",), ("MSN", None)]
    popup.offer_names([Choice("MSN", 5, kept=False), *CHOICES[1:]])
    popup.all.click()
    with qtbot.waitSignal(popup.names_wanted) as told:
        popup.apply.click()
    assert told.args == ["qc", ("MSN", "Astro", None), ()]


def test_it_is_used_by_keys_alone(qtbot: QtBot, popup: FilterPopup) -> None:
    _choose(popup, "qc")
    popup.offer_names(CHOICES)
    popup.activateWindow()
    popup.key.setFocus()
    qtbot.waitUntil(popup.key.hasFocus)
    qtbot.keyClick(popup.key, Qt.Key.Key_Tab)
    qtbot.waitUntil(popup.names.hasFocus)
    qtbot.keyClick(popup.names, Qt.Key.Key_Down)
    qtbot.keyClick(popup.names, Qt.Key.Key_Space)
    assert popup.names.item(1).checkState() == Qt.CheckState.Unchecked
    with qtbot.waitSignal(popup.names_wanted) as told:
        qtbot.keyClick(popup.names, Qt.Key.Key_Return)
    assert told.args == ["qc", ("MSN", None), ("Astro",)]
    assert popup.isHidden()
