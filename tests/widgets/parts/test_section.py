from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QSplitter

from napari_abc.widgets.parts import Section

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def test_folding_hides_the_content_and_gives_its_height_away(qtbot: QtBot) -> None:
    splitter = QSplitter(Qt.Orientation.Vertical)
    qtbot.addWidget(splitter)
    content, other = QLabel("content"), QLabel("other")
    section = Section("Dataset", content)
    splitter.addWidget(section)
    splitter.addWidget(other)
    splitter.resize(300, 400)
    splitter.show()
    with qtbot.waitExposed(splitter):
        pass
    open_height = section.height()
    with qtbot.waitSignal(section.toggled) as fold:
        qtbot.mouseClick(section.button, Qt.MouseButton.LeftButton)
    assert fold.args == [False]
    qtbot.waitUntil(lambda: section.height() < 50 < open_height)
    assert not content.isVisible()
    section.set_expanded(True)
    assert content.isVisible()


def test_a_folded_heading_tells_the_choice(qtbot: QtBot) -> None:
    section = Section("Dataset", QLabel())
    qtbot.addWidget(section)
    section.set_summary("R&D <b>brain</b>")
    assert section.button.text() == "Dataset"
    section.set_expanded(False)
    assert section.button.text() == "Dataset: R&&D <b>brain</b>"  # && is drawn as &
    assert "R&D" in section.button.accessibleName()
