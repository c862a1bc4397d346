from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt

from napari_abc.model import COLORMAPS
from napari_abc.widgets.color._continuous import ContinuousLegend

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def bar(qtbot: QtBot) -> ContinuousLegend:
    bar = ContinuousLegend()
    qtbot.addWidget(bar)
    bar.resize(360, 200)
    bar.set_scale("DRD1", "log2(CPT + 1)", (0.0, 10.0), (0.0, 8.0), (0.0, 10.0))
    bar.show()
    return bar


def test_it_shows_scale_and_unit(bar: ContinuousLegend) -> None:
    assert bar.title.text() == "DRD1, log2(CPT + 1)"
    assert (bar.low.value(), bar.high.value()) == (0, 8)
    assert bar.limits == (0, 8)


def test_a_number_changes_the_limits(qtbot: QtBot, bar: ContinuousLegend) -> None:
    with qtbot.waitSignal(bar.limits_changed) as signal:
        bar.high.setValue(5)
    assert signal.args == [0, 5]
    assert tuple(bar.slider.value()) == pytest.approx((0, 5))


def test_the_slider_changes_the_limits(qtbot: QtBot, bar: ContinuousLegend) -> None:
    with qtbot.waitSignal(bar.limits_changed) as signal:
        bar.slider.setValue((2.0, 6.0))
    assert signal.args == pytest.approx([2, 6])
    assert (bar.low.value(), bar.high.value()) == (2, 6)


@pytest.mark.parametrize(("which", "value"), [("low", 9.0), ("low", 10.0), ("high", 0.0)])
def test_limits_never_meet(qtbot: QtBot, bar: ContinuousLegend, which: str, value: float) -> None:
    bar.set_limits((1.0, 8.0))
    with qtbot.waitSignal(bar.limits_changed) as signal:
        getattr(bar, which).setValue(value)
    low, high = signal.args
    assert 0 <= low < high <= 10


def test_reset(qtbot: QtBot, bar: ContinuousLegend) -> None:
    with qtbot.waitSignal(bar.limits_changed) as signal:
        qtbot.mouseClick(bar.reset, Qt.MouseButton.LeftButton)
    assert signal.args == [0, 10]
    assert "0.0 to 10.0" in bar.reset.toolTip()


def test_showing_another_scale_sends_nothing(qtbot: QtBot, bar: ContinuousLegend) -> None:
    with qtbot.assertNotEmitted(bar.limits_changed, wait=20):
        bar.set_scale("volume", "", (120.0, 4800.0), (120.0, 4800.0), (120.0, 4800.0))
        bar.set_limits((200.0, 300.0))
        bar.set_scale("tiny", "", (1e-5, 3e-5), (1e-5, 3e-5), (1e-5, 3e-5))
        bar.set_scale("constant", "", (4.0, 4.0), (4.0, 5.0), (4.0, 5.0))
    assert bar.title.text() == "constant"


def test_colormaps_are_uniform_and_a_scripts_own_is_shown(qtbot: QtBot, bar: ContinuousLegend) -> None:
    names = [bar.colormap.itemText(i) for i in range(bar.colormap.count())]
    assert tuple(names) == COLORMAPS
    with qtbot.waitSignal(bar.colormap_changed) as signal:
        bar.colormap.setCurrentIndex(3)
        bar.colormap.activated.emit(3)
    assert signal.args == ["viridis"]
    with qtbot.assertNotEmitted(bar.colormap_changed, wait=20):
        bar.set_colormap("turbo", ["#000000", "#ff0000", "#ffffff"])
    assert bar.colormap.currentText() == "turbo"


def test_the_gradient_is_drawn_in_its_colors(qtbot: QtBot, bar: ContinuousLegend) -> None:
    bar.set_colormap("magma", ["#0000ff"] * 4 + ["#ff0000"] * 4)
    with qtbot.waitExposed(bar):
        pass
    picture = bar.gradient.grab().toImage()
    middle = picture.height() // 2
    assert picture.pixelColor(2, middle).name() == "#0000ff"
    assert picture.pixelColor(picture.width() - 3, middle).name() == "#ff0000"
    assert bar.gradient.color_at(0) == "#0000ff"


def test_gray_cells_are_counted(bar: ContinuousLegend) -> None:
    bar.set_gray([("zero", "#404040", 32_382), ("not <b>measured</b>", "#808080", 120)])
    assert "32,382 cells" in bar.gray.text()
    assert "#404040" in bar.gray.text()
    assert "<b>" not in bar.gray.text()
    assert bar.gray.accessibleName() == "zero: 32,382 cells, not <b>measured</b>: 120 cells"
    bar.set_gray([])
    assert bar.gray.isHidden()
