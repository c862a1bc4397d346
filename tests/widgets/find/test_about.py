from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from napari_abc.text import SYNTHETIC
from napari_abc.widgets.find._about import DatasetAbout

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

CITATION = "Somebody et al., 2025, <b>not</b> markup. " * 5


@pytest.fixture
def about(qtbot: QtBot) -> DatasetAbout:
    about = DatasetAbout()
    qtbot.addWidget(about)
    about.resize(360, 100)
    return about


def test_the_whole_citation_can_be_copied(qtbot: QtBot, about: DatasetAbout) -> None:
    about.show_about("CC BY-NC 4.0", CITATION, "https://example.org/data")
    about.show()
    qtbot.mouseClick(about.copy_button, Qt.MouseButton.LeftButton)
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    assert clipboard.text() == CITATION
    assert about.license.text() == "License: CC BY-NC 4.0"
    assert "&lt;b&gt;not" in about.citation.toolTip()


def test_synthetic_data_say_so(about: DatasetAbout) -> None:
    about.show_about("CC0", "", synthetic=False)
    assert about.synthetic.isHidden()
    about.show_about("CC0", CITATION, "https://example.org/data", synthetic=True)
    assert not about.synthetic.isHidden()
    assert about.synthetic.text() == SYNTHETIC
    # Nothing of the real data is said as if it applied to them.
    assert all(
        part.isHidden() for part in (about.license, about.citation, about.copy_button, about.page_button)
    )
    about.show_about("CC0", CITATION)
    assert not about.license.isHidden()


def test_only_web_pages_are_opened(about: DatasetAbout) -> None:
    about.show_about("CC0", CITATION, "file:///etc/passwd")
    assert about.page_button.isHidden()
    about.show_about("CC0", CITATION, "https://example.org/data")
    assert not about.page_button.isHidden()


def test_nothing_chosen_shows_nothing(about: DatasetAbout) -> None:
    assert about.isHidden()
    about.show_about("", "", "")
    assert about.isHidden()
    about.show_about("CC0", "x")
    assert not about.isHidden()
    about.clear()
    assert about.isHidden()
