from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtWidgets import QFileDialog

from napari_abc.widgets.find._own_data import OwnDataButton

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def button(qtbot: QtBot) -> OwnDataButton:
    button = OwnDataButton()
    qtbot.addWidget(button)
    return button


# The dialogs are the system's; what is tested is what follows from a choice and from a cancel.


def test_a_folder(qtbot: QtBot, button: OwnDataButton, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *args: "/run")
    with qtbot.waitSignal(button.path_chosen) as signal:
        button.folder_action.trigger()
    assert signal.args == ["/run"]


def test_a_file(qtbot: QtBot, button: OwnDataButton, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args, **kwargs: ("/a.h5ad", ""))
    with qtbot.waitSignal(button.path_chosen) as signal:
        button.file_action.trigger()
    assert signal.args == ["/a.h5ad"]


def test_a_cancelled_dialog(qtbot: QtBot, button: OwnDataButton, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *args: "")
    with qtbot.assertNotEmitted(button.path_chosen, wait=20):
        button.folder_action.trigger()
