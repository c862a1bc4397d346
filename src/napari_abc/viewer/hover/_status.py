"""What the status bar says of the cell under the mouse: its label, taxonomy path and value.

napari asks a layer for its status on every move of the mouse, on a thread of its own. Its answer
for points compares the position with every point, twice, and lists every feature; ours asks a tree
(:mod:`napari_abc.viewer.hover._pick`). A parcellation that is shown below the cells says what region that is.

napari asks the active layer alone. Whichever that is, the topmost visible layer that has a cell under
the mouse answers; between cells it is the one in whose midst the mouse is.
"""

from __future__ import annotations

import threading
from inspect import ismethod
from typing import TYPE_CHECKING, Any
from weakref import WeakMethod, ref

import numpy as np
import pandas as pd
from napari.layers import Layer

from napari_abc.viewer.hover._pick import CellTree, line_of_sight
from napari_abc.viewer.links import METADATA_PAINTED, slab_of, viewer_of
from napari_abc.viewer.parcellation import terms_at
from napari_abc.viewer.world import to_data, world_units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari.components import ViewerModel
    from napari.layers import Points
    from numpy.typing import NDArray

    from napari_abc.model import Frame, Slab
    from napari_abc.viewer.color import Painted

__all__ = ["answer_for_cells", "cell_text", "show_cells"]

_REACH = 4.0
"""Canvas pixels around a cell that still count as on it, so that tiny cells can be hit."""

_UNITS = {"millimeter": "mm", "micrometer": "µm"}


class _CellStatus:
    """Answers for one layer what is at a position."""

    def __init__(self, layer: Points) -> None:
        self._layer = ref(layer)
        self._tree: CellTree | None = None
        layer.events.data.connect(self._forget)

    def _forget(self, event: object = None) -> None:
        self._tree = None

    def _index(self, layer: Points, wait: bool) -> CellTree | None:
        if not len(layer.data):
            return None
        if (self._tree is None or len(self._tree) != len(layer.data)) and wait:
            self._tree = CellTree(layer)
        return self._tree

    def row_seen(
        self, layer: Points, position: Any, view_direction: Any, displayed: list[int], wait: bool
    ) -> int | None:
        """Row of the foremost cell, of those drawn, at a position in the world.

        Without ``wait`` the answer is None as long as there is no tree.

        Parameters
        ----------
        position, view_direction, displayed
            As napari's canvas gives them: cursor position, line of sight, and axes of the world.
        """
        painted = layer.metadata.get(METADATA_PAINTED)
        tree = self._index(layer, wait)
        if tree is None:
            return None
        if layer.ndim == 2:
            row = tree.at(to_data(viewer_of(layer), layer, position), _reach(layer))
            return row if row is not None and _is_drawn(painted, row) else None
        ends = line_of_sight(layer, position, view_direction, displayed)
        if ends is None:
            return None
        return tree.along(*ends, _reach(layer), lambda row: _is_drawn(painted, row))

    def get_status(
        self,
        position: Any = None,
        *,
        view_direction: Any = None,
        dims_displayed: list[int] | None = None,
        world: bool = False,
        value: Any = None,
    ) -> dict[str, str]:
        """As :meth:`napari.layers.Points.get_status`, which this stands in for."""
        layer = self._layer()
        if layer is None:
            return {}
        chosen = self
        if world and position is not None:
            displayed = dims_displayed if dims_displayed is not None else list(range(layer.ndim))[-2:]
            found = _under_mouse(viewer_of(layer), position, view_direction, displayed)
            chosen = found if found is not None else _around(viewer_of(layer), self, position, displayed)
        return chosen.answer(position, view_direction, dims_displayed, world)

    def answer(
        self, position: Any, view_direction: Any, dims_displayed: list[int] | None, world: bool
    ) -> dict[str, str]:
        """What :meth:`get_status` says where this is the layer that answers."""
        layer = self._layer()
        slab = slab_of(layer) if layer is not None else None
        if layer is None or slab is None:
            return {}
        displayed = dims_displayed if dims_displayed is not None else list(range(layer.ndim))[-2:]
        in_space = len(displayed) == 3
        if position is None or layer.ndim not in (2, 3) or (in_space and layer.ndim == 2):
            stock: dict[str, str] = type(layer).get_status(
                layer, position, view_direction=view_direction, dims_displayed=dims_displayed, world=world
            )
            return stock
        status: dict[str, str] = Layer.get_status(layer)
        viewer = viewer_of(layer)
        if not world:
            position = np.asarray(layer.data_to_world(position)) * world_units(viewer, layer)
        row = (
            self.row_seen(layer, position, view_direction, displayed, _may_wait()) if layer.visible else None
        )
        if not in_space:
            coordinates = _coordinates(slab.frame, to_data(viewer, layer, position))
        elif row is not None:  # else the mouse is on a line, and not in a place
            coordinates = _coordinates(slab.frame, slab.cells[["z", "y", "x"]].iloc[row].to_numpy(float))
        else:
            coordinates = ""
        # The place first: what is known of a cell may be longer than the status bar.
        parts = terms_at(viewer, slab, position) if viewer is not None and not in_space else []
        if row is not None:
            parts.append(cell_text(slab, row, layer.metadata.get(METADATA_PAINTED)))
        text = " · ".join(parts)
        status["coords"] = coordinates
        status["value"] = text
        status["coordinates"] = " · ".join(part for part in (coordinates, text) if part)
        return status


class _OtherStatus:
    """Answers for a layer that shows no cells: by the cell that lies there, or by what the layer says."""

    def __init__(self, viewer: ViewerModel, layer: Layer) -> None:
        self._viewer = ref(viewer)
        self._stock = WeakMethod(layer.get_status) if ismethod(layer.get_status) else None
        self._own = None if self._stock is not None else layer.get_status

    def restore(self, layer: Layer) -> None:
        """Let the layer answer for itself again."""
        del vars(layer)["get_status"]
        if self._own is not None:
            vars(layer)["get_status"] = self._own

    def get_status(self, position: Any = None, **how: Any) -> dict[str, str]:
        """As :meth:`napari.layers.Layer.get_status`, which this stands in for."""
        direction, displayed = how.get("view_direction"), how.get("dims_displayed")
        if position is not None and how.get("world") and displayed is not None:
            found = _under_mouse(self._viewer(), position, direction, displayed)
            if found is not None:
                return found.answer(position, direction, displayed, True)
        stock: Any = self._own if self._stock is None else self._stock()
        status: dict[str, str] = stock(position, **how) if stock is not None else {}
        return status


def _may_wait() -> bool:
    """Whether a tree may be built now."""
    # On the main thread napari asks only when another layer is selected, and that must not wait.
    return threading.current_thread() is not threading.main_thread()


def _cells_shown(viewer: ViewerModel | None, displayed: list[int]) -> Iterator[tuple[Points, _CellStatus]]:
    """The visible layers of cells that can be pointed at, from the topmost one."""
    # Of several selected layers napari asks each for what is its own.
    if viewer is None or len(viewer.layers.selection) > 1:
        return
    for layer in reversed(list(viewer.layers)):
        status = getattr(layer.get_status, "__self__", None)
        fits = layer.ndim == 3 or (layer.ndim == 2 and len(displayed) == 2)
        if isinstance(status, _CellStatus) and fits and layer.visible and layer.opacity > 0:
            yield layer, status


def _under_mouse(
    viewer: ViewerModel | None, position: Any, view_direction: Any, displayed: list[int]
) -> _CellStatus | None:
    """Who answers for the topmost cell at a position in the world; None where there is no cell."""
    for layer, status in _cells_shown(viewer, displayed):
        if layer.ndim == 2 and not _is_near(layer, position):
            continue  # without a tree of a layer that lies elsewhere
        if status.row_seen(layer, position, view_direction, displayed, _may_wait()) is not None:
            return status
    return None


def _around(
    viewer: ViewerModel | None, active: _CellStatus, position: Any, displayed: list[int]
) -> _CellStatus:
    """Who answers between cells: the active layer where the mouse is in its midst, or another that is."""
    near = [status for layer, status in _cells_shown(viewer, displayed) if _is_near(layer, position)]
    return active if active in near or not near else near[0]


def _is_near(layer: Points, position: Any) -> bool:
    """Whether a position in the world is where a layer's cells are."""
    if not len(layer.data):
        return False
    point, (low, high) = to_data(viewer_of(layer), layer, position), layer.extent.data
    outside = float(np.max([low - point, point - high, np.zeros(layer.ndim)]))
    return outside <= _reach(layer) or outside <= float(np.max(layer.size)) / 2


def _is_drawn(painted: Painted | None, row: int) -> bool:
    return painted is None or bool(painted.drawn(np.array([row]))[0])


def _reach(layer: Points) -> float:
    """How far from a cell is still on it, in data coordinates."""
    unit = float(world_units(viewer_of(layer), layer)[-1]) * abs(float(layer.scale[-1]))
    return _REACH * float(layer.scale_factor) / unit


def show_cells(layer: Points) -> None:
    """Let a layer of cells answer the status bar by cell; once a layer."""
    if not isinstance(getattr(layer.get_status, "__self__", None), _CellStatus):
        # The layer may be one that napari made of a reader's tuple, so it can't be of a class of ours.
        vars(layer)["get_status"] = _CellStatus(layer).get_status


def answer_for_cells(viewer: ViewerModel) -> None:
    """Have each other layer of a viewer say which cell is under the mouse while it is the active one."""

    def follow(layer: Layer) -> None:
        if not isinstance(getattr(layer.get_status, "__self__", None), _CellStatus | _OtherStatus):
            vars(layer)["get_status"] = _OtherStatus(viewer, layer).get_status

    def leave(layer: Layer) -> None:
        if isinstance(getattr(layer.get_status, "__self__", None), _OtherStatus):
            layer.get_status.__self__.restore(layer)

    # Last, when layers of cells and volumes have been told apart.
    viewer.layers.events.inserted.connect(lambda event: follow(event.value), position="last")
    viewer.layers.events.removed.connect(lambda event: leave(event.value))
    for layer in viewer.layers:
        follow(layer)


def _coordinates(frame: Frame, point: NDArray[np.float64]) -> str:
    digits = {"millimeter": 3, "micrometer": 1}.get(frame.unit, 2)
    pairs = zip(frame.axis_labels[::-1], point[::-1], strict=True)
    numbers = ", ".join(f"{axis} {number:.{digits}f}" for axis, number in pairs)
    return f"{numbers} {_UNITS.get(frame.unit, frame.unit)}".rstrip()


def cell_text(slab: Slab, row: int, painted: Painted | None = None) -> str:
    """One line on a cell: label, taxonomy path, other groups, and what it is colored by.

    Parameters
    ----------
    slab
        The slab.
    row
        Row of the cell in :attr:`Slab.cells`.
    painted
        What the cells are colored by, or None.
    """
    cells = slab.cells
    parts = [str(cells.index[row])]
    told: set[str] = set()
    for columns in slab.groups.values():
        present = [column for column in columns if column in cells]
        told.update(present)
        path = [str(value) for column in present if _known(value := cells[column].iat[row])]
        # A neighboring level often repeats the name: "Oligo › Oligo › Oligo_1".
        path = [name for i, name in enumerate(path) if i == 0 or name != path[i - 1]]
        if path:
            parts.append(" › ".join(path))
    if painted is not None and painted.coloring.key not in told:
        parts.append(painted.coloring.text(row))
    return " · ".join(parts)


def _known(value: object) -> bool:
    return not bool(pd.isna(value))  # type: ignore[call-overload]
