from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_abc.widgets.parts import WrappedLabel

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def test_a_sentence_gets_the_height_it_needs_at_any_width(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    label = WrappedLabel("A long sentence that needs several lines where the dock is narrow. " * 3)
    layout = QVBoxLayout(window)
    layout.addWidget(label)
    layout.addStretch(1)
    window.resize(900, 300)
    window.show()
    with qtbot.waitExposed(window):
        pass
    wide = label.height()
    window.resize(250, 300)
    qtbot.waitUntil(lambda: label.height() > wide)
    assert label.height() >= label.heightForWidth(label.width())
    label.setText("Short.")
    qtbot.waitUntil(lambda: label.height() < wide + 5)


def test_a_long_path_does_not_widen_the_dock(qtbot: QtBot) -> None:
    label = WrappedLabel("/" + "x" * 500)
    qtbot.addWidget(label)
    assert label.minimumSizeHint().width() == 0
