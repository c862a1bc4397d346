from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from napari_abc.widgets.volumes import VolumesView
from napari_abc.widgets.volumes._view import OtherFrame, VolumeRow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

ROWS = [VolumeRow("Average template", "117 MB to fetch", False), VolumeRow("Black & white", "", True)]
OTHERS = [OtherFrame("ccf", "Allen CCFv3", ("Template, 25 µm", "Parcellation, 25 µm"))]


@pytest.fixture
def volumes(qtbot: QtBot) -> VolumesView:
    volumes = VolumesView()
    qtbot.addWidget(volumes)
    volumes.set_rows(ROWS, OTHERS)
    return volumes


def test_each_volume_has_a_box_that_says_what_it_costs(volumes: VolumesView) -> None:
    assert [box.isChecked() for box in volumes.boxes] == [False, True]
    assert [box.accessibleName() for box in volumes.boxes] == [
        "Show Average template, 117 MB to fetch",
        "Show Black & white",
    ]


def test_ticking_tells_the_volume(qtbot: QtBot, volumes: VolumesView) -> None:
    with qtbot.waitSignal(volumes.toggled) as signal:
        volumes.boxes[0].click()
    assert signal.args == ["Average template", True]
    with qtbot.waitSignal(volumes.toggled) as signal:
        volumes.boxes[1].click()
    assert signal.args == ["Black & white", False]


def test_filling_sends_nothing_and_keeps_the_boxes(qtbot: QtBot, volumes: VolumesView) -> None:
    boxes = list(volumes.boxes)
    with qtbot.assertNotEmitted(volumes.toggled):
        volumes.set_rows([VolumeRow("Average template", "", True), ROWS[1]], OTHERS)
    assert volumes.boxes == boxes
    assert boxes[0].isChecked()
    volumes.set_rows((), ())
    assert volumes.boxes == []
    assert volumes.buttons == []


def test_volumes_of_another_frame_are_offered_with_the_way_there(qtbot: QtBot, volumes: VolumesView) -> None:
    (button,) = volumes.buttons
    assert button.accessibleName() == "Switch to frame Allen CCFv3"
    with qtbot.waitSignal(volumes.frame_chosen) as signal:
        button.click()
    assert signal.args == ["ccf"]


def test_levels_are_offered_where_there_are_any(qtbot: QtBot, volumes: VolumesView) -> None:
    assert volumes.level.isHidden()
    volumes.set_levels(("division", "structure"), "structure")
    assert not volumes.level.isHidden()
    assert volumes.level.currentText() == "structure"
    with qtbot.waitSignal(volumes.level_chosen) as signal:
        volumes.level.setCurrentIndex(0)
        volumes.level.activated.emit(0)
    assert signal.args == ["division"]
