"""napari's tools and the cells of a slab: selected they can be, moved and deleted they can't."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari.layers._layer_actions import _duplicate_layer
from napari.utils.notifications import notification_manager
from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

import napari_abc as abc
from napari_abc.viewer.color import _ways as ways
from napari_abc.viewer.points import is_guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import napari
    from napari.layers import Points

    from napari_abc.model import Slab


class Said:
    """What a person was told since."""

    def __init__(self) -> None:
        self._before = len(notification_manager.records)

    def __call__(self) -> list[str]:
        return [record.message for record in notification_manager.records[self._before :]]


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture(params=["lookup", "public"])
def cells(
    viewer: napari.Viewer,
    slab: Slab,
    look: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Points:
    monkeypatch.setenv(ways.ENVIRONMENT, request.param)
    layer = abc.add_slab(viewer, slab, "Subclass").cells
    look(viewer)
    return layer


def mouse(qtbot: Any, viewer: napari.Viewer, *places: tuple[float, float]) -> None:
    """Press at the first of some places (x, y), move on to the others, and let go."""
    native = viewer.window._qt_viewer.canvas.native
    center, zoom = np.asarray(viewer.scene.camera.center)[-2:], viewer.scene.camera.zoom
    middle = np.array([native.height(), native.width()]) / 2

    def pixel(place: tuple[float, float]) -> QPointF:
        row, column = (np.array(place[::-1]) - center) * zoom + middle
        return QPointF(round(column), round(row))

    def send(kind: QEvent.Type, place: tuple[float, float], button: Any, held: Any) -> None:
        there, keys = pixel(place), Qt.KeyboardModifier.NoModifier
        event = QMouseEvent(kind, there, native.mapToGlobal(there), button, held, keys)
        QApplication.sendEvent(native, event)

    seen: list[Any] = []

    def record(_viewer: object, event: Any) -> Iterator[None]:
        yield
        while event.type == "mouse_move":
            seen.append(tuple(event.pos))
            yield

    def taken(place: tuple[float, float]) -> bool:
        send(QEvent.Type.MouseMove, place, none, left)  # napari and vispy drop those that come too fast
        return (pixel(place).x(), pixel(place).y()) in seen

    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    viewer.mouse_drag_callbacks.append(record)
    send(QEvent.Type.MouseButtonPress, places[0], left, left)
    for place in places[1:]:
        qtbot.waitUntil(lambda there=place: taken(there), timeout=10_000)
    send(QEvent.Type.MouseButtonRelease, places[-1], left, none)
    viewer.mouse_drag_callbacks.remove(record)


def press(viewer: napari.Viewer, key: Qt.Key, control: bool = False) -> None:
    modifier = Qt.KeyboardModifier.ControlModifier if control else Qt.KeyboardModifier.NoModifier
    QTest.keyClick(viewer.window._qt_viewer.canvas.native, key, modifier)


def test_selected_cells_are_neither_deleted_nor_pasted(
    viewer: napari.Viewer, cells: Points, said: Said
) -> None:
    before = cells.data.copy()
    cells.mode = "select"
    cells.selected_data = {1, 2}
    press(viewer, Qt.Key.Key_Delete)
    press(viewer, Qt.Key.Key_Backspace)
    cells.remove_selected()  # what the button does
    assert len(said()) == 1
    assert "Duplicate the layer" in said()[0]
    press(viewer, Qt.Key.Key_C, control=True)
    press(viewer, Qt.Key.Key_V, control=True)
    np.testing.assert_array_equal(cells.data, before)
    assert len(cells.features) == len(cells.face_color) == 4
    assert cells.selected_data == {1, 2}


def test_a_mouse_selects_cells_and_moves_none(
    viewer: napari.Viewer, cells: Points, said: Said, qtbot: Any
) -> None:
    before = cells.data.copy()
    cells.mode = "select"
    mouse(qtbot, viewer, (5, 2))
    assert cells.selected_data == {1}
    mouse(qtbot, viewer, (5, 2), (5.5, 2.5), (3, 3))
    assert cells.selected_data == {1}
    assert len(said()) == 1
    mouse(qtbot, viewer, (4, 1.3), (5, 3), (6.2, 4.5))
    assert cells.selected_data == {1, 3}
    np.testing.assert_array_equal(cells.data, before)


@pytest.mark.parametrize("mode", ["add", "transform"])
def test_a_click_adds_no_cell_and_a_drag_moves_no_layer(
    viewer: napari.Viewer, cells: Points, said: Said, qtbot: Any, mode: str
) -> None:
    cells.mode = mode
    mouse(qtbot, viewer, (3, 3))
    mouse(qtbot, viewer, (3, 3), (3.5, 3.5), (4, 4))
    assert len(cells.data) == 4
    np.testing.assert_array_equal(cells.affine.affine_matrix, np.eye(3))
    np.testing.assert_array_equal(cells.translate, [0, 0])
    assert len(said()) == 1


def test_what_a_script_does_is_meant(cells: Points) -> None:
    cells.add((3.0, 3.0))
    cells.remove([0])
    assert len(cells.data) == 4
    assert cells.data[-1].tolist() == [3, 3]


def test_a_duplicate_is_the_persons_own(viewer: napari.Viewer, cells: Points, said: Said) -> None:
    assert is_guarded(cells)
    viewer.layers.selection = {cells}
    _duplicate_layer(viewer.layers)
    (copy,) = (layer for layer in viewer.layers if layer is not cells)
    assert not is_guarded(copy)
    copy.selected_data = {0}
    copy.remove_selected()
    assert (len(copy.data), len(cells.data)) == (3, 4)
    assert not said()
