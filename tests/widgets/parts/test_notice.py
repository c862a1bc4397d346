from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt

from napari_abc.widgets.parts import Notice

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def notice(qtbot: QtBot) -> Notice:
    notice = Notice()
    qtbot.addWidget(notice)
    return notice


def test_it_is_hidden_until_there_is_something_to_say(notice: Notice) -> None:
    assert notice.isHidden()
    assert notice.text == ""
    notice.show_error("The disk is full; free some room.", "Re&try")
    assert not notice.isHidden()
    assert notice.text == "The disk is full; free some room."
    notice.clear()
    assert notice.text == ""


def test_an_answer_is_sent_plain_and_hides_the_notice(qtbot: QtBot, notice: Notice) -> None:
    notice.show_question("Fetch 2.2 GB?", "&Download 2.2 GB", "&Not now")
    first, second = notice.answers()
    with qtbot.waitSignal(notice.answered) as answer:
        qtbot.mouseClick(second, Qt.MouseButton.LeftButton)
    assert answer.args == ["Not now"]
    assert notice.isHidden()
    assert first.accessibleName() == "Download 2.2 GB"


def test_a_new_sentence_replaces_the_old_with_its_buttons(notice: Notice) -> None:
    notice.show_question("One?", "A", "B")
    notice.show_error("Two.", "C")
    assert notice.text == "Two."
    assert [button.text() for button in notice.answers()] == ["C"]
