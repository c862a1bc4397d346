from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QStyle, QStyleOptionComboBox

from napari_abc.widgets.find import SourceChoice, SourcePicker

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

PUBLIC = SourceChoice("Public ABC Atlas", "s3://allen-brain-cell-atlas")
DEMO = SourceChoice("Demo", "demo")


@pytest.fixture
def picker(qtbot: QtBot) -> SourcePicker:
    picker = SourcePicker()
    qtbot.addWidget(picker)
    picker.set_choices([PUBLIC, DEMO])
    return picker


def test_a_choice_is_asked_for_by_its_location(qtbot: QtBot, picker: SourcePicker) -> None:
    with qtbot.waitSignal(picker.open_requested) as signal:
        picker.source.setCurrentIndex(1)
        picker.source.activated.emit(1)
    assert signal.args == ["demo", "", False]


def test_an_address_can_be_typed(qtbot: QtBot, picker: SourcePicker) -> None:
    edit = picker.source.lineEdit()
    edit.clear()
    qtbot.keyClicks(edit, " https://mirror.example.org/abc ")
    with qtbot.waitSignal(picker.open_requested) as signal:
        qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert signal.args == ["https://mirror.example.org/abc", "", False]


def test_nothing_typed_asks_for_nothing(qtbot: QtBot, picker: SourcePicker) -> None:
    edit = picker.source.lineEdit()
    edit.clear()
    with qtbot.assertNotEmitted(picker.open_requested, wait=20):
        qtbot.keyClick(edit, Qt.Key.Key_Return)


def test_releases_are_listed_newest_first(qtbot: QtBot, picker: SourcePicker) -> None:
    assert not picker.release.isEnabled()
    picker.set_releases(["20250531", "20260228", "20251031"], "20251031")
    texts = [picker.release.itemText(i) for i in range(picker.release.count())]
    assert texts == ["20260228", "20251031", "20250531"]
    said = [picker.release.itemData(i, Qt.ItemDataRole.AccessibleTextRole) for i in range(3)]
    assert said == ["20260228 (newest)", "20251031", "20250531"]
    assert picker.chosen_release == "20251031"
    with qtbot.waitSignal(picker.open_requested) as signal:
        picker.release.setCurrentIndex(2)
        picker.release.activated.emit(2)
    assert signal.args == ["s3://allen-brain-cell-atlas", "20250531", False]


def test_an_error_is_answered_by_retry_or_offline(qtbot: QtBot, picker: SourcePicker) -> None:
    picker.show_error("The source can't be reached; check the network.")
    retry, offline = picker.notice.answers()
    with qtbot.waitSignal(picker.open_requested) as signal:
        qtbot.mouseClick(retry, Qt.MouseButton.LeftButton)
    assert signal.args == ["s3://allen-brain-cell-atlas", "", False]
    picker.show_error("The source can't be reached; check the network.")
    offline = picker.notice.answers()[1]
    with qtbot.waitSignal(picker.open_requested) as signal:
        qtbot.mouseClick(offline, Qt.MouseButton.LeftButton)
    assert signal.args == ["s3://allen-brain-cell-atlas", "", True]
    picker.show_error("Nothing is on disk.")
    assert len(picker.notice.answers()) == 1  # it is offline already


def test_a_folder_can_be_browsed_for(
    qtbot: QtBot, picker: SourcePicker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # The dialog itself is Qt's; what is tested is what follows from a choice and from its cancel.
    chosen = str(tmp_path)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *args: chosen)
    row = picker.source.findText("Browse folder…")
    with qtbot.waitSignal(picker.open_requested) as signal:
        picker.source.setCurrentIndex(row)
        picker.source.activated.emit(row)
    assert signal.args == [chosen, "", False]


def test_a_cancelled_dialog_leaves_the_source_as_it_was(
    qtbot: QtBot, picker: SourcePicker, monkeypatch: pytest.MonkeyPatch
) -> None:
    picker.set_location("demo")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *args: "")
    row = picker.source.findText("Browse folder…")
    with qtbot.assertNotEmitted(picker.open_requested, wait=20):
        picker.source.setCurrentIndex(row)
        picker.source.activated.emit(row)
    assert picker.location == "demo"


def test_a_location_is_shown_by_name_where_it_has_one(picker: SourcePicker) -> None:
    picker.set_location("demo")
    assert picker.source.currentText() == "Demo"
    picker.set_location("/data/abc")
    assert picker.source.currentText() == "/data/abc"
    assert picker.location == "/data/abc"
    picker.set_choices([PUBLIC, DEMO, SourceChoice("/data/abc", "/data/abc")])
    assert picker.location == "/data/abc"


def test_the_release_is_read_whole_in_the_narrowest_dock(qtbot: QtBot, picker: SourcePicker) -> None:
    picker.set_releases(["20250531", "20260228"], "20260228")
    picker.setStyleSheet("QComboBox { padding: 3px 10px 3px 8px; } QComboBox::drop-down { width: 26px; }")
    picker.resize(300, 100)
    picker.show()
    with qtbot.waitExposed(picker):
        pass
    release, option = picker.release, QStyleOptionComboBox()
    release.initStyleOption(option)
    room = release.style().subControlRect(
        QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, release
    )
    assert release.fontMetrics().horizontalAdvance(release.currentText()) <= room.width()
    release.showPopup()
    rows = release.view().grab().toImage()
    release.hidePopup()
    assert rows.width() >= release.fontMetrics().horizontalAdvance("20260228 (newest)")
