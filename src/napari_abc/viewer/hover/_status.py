"""What the status bar says of the cell under the mouse: its label, taxonomy path and value.

napari asks a layer for its status on every move of the mouse, on a thread of its own. Its answer
for points compares the position with every point, twice, and lists every feature; ours asks a tree
(:mod:`napari_abc.viewer.hover._pick`). A parcellation that is shown below the cells says what region that is.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np
import pandas as pd
from napari.layers import Layer

from napari_abc.viewer.hover._pick import CellTree, line_of_sight
from napari_abc.viewer.links import METADATA_PAINTED, slab_of, viewer_of
from napari_abc.viewer.parcellation import terms_at
from napari_abc.viewer.world import to_data, world_units

if TYPE_CHECKING:
    from napari.layers import Points
    from numpy.typing import NDArray

    from napari_abc.model import Frame, Slab
    from napari_abc.viewer.color import Painted

__all__ = ["cell_text", "show_cells"]

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
        # On the main thread napari asks only when another layer is selected, and that must not wait.
        wait = threading.current_thread() is not threading.main_thread()
        row = self.row_seen(layer, position, view_direction, displayed, wait) if layer.visible else None
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


def _is_drawn(painted: Painted | None, row: int) -> bool:
    return painted is None or not painted.hidden or bool(painted.drawn(np.array([row]))[0])


def _reach(layer: Points) -> float:
    """How far from a cell is still on it, in data coordinates."""
    unit = float(world_units(viewer_of(layer), layer)[-1]) * abs(float(layer.scale[-1]))
    return _REACH * float(layer.scale_factor) / unit


def show_cells(layer: Points) -> None:
    """Let a layer of cells answer the status bar by cell; once a layer."""
    if not isinstance(getattr(layer.get_status, "__self__", None), _CellStatus):
        # The layer may be one that napari made of a reader's tuple, so it can't be of a class of ours.
        vars(layer)["get_status"] = _CellStatus(layer).get_status


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
