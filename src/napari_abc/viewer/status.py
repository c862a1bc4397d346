"""What the status bar says of the cell under the mouse: its label, taxonomy path and value.

napari asks a layer for its status on every move of the mouse, on a thread of its own. Its answer
for points compares the position with every point, twice, and lists every feature. Here a tree of
the points, built when first needed, gives the nearest one.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np

from napari_abc.model import Categorical
from napari_abc.viewer.colors import is_hidden
from napari_abc.viewer.watch import METADATA_PAINTED, slab_of

if TYPE_CHECKING:
    from napari.layers import Points
    from numpy.typing import NDArray
    from scipy.spatial import cKDTree

    from napari_abc.model import Frame, Slab
    from napari_abc.viewer.colors import Painted

__all__ = ["cell_at", "cell_text", "show_cells"]

_REACH = 4.0
"""Canvas pixels around a cell that still count as on it, so that tiny cells can be hit."""

_UNITS = {"millimeter": "mm", "micrometer": "µm"}


class _CellStatus:
    """Answers for one layer what is at a position."""

    def __init__(self, layer: Points) -> None:
        self._layer = ref(layer)
        self._tree: tuple[cKDTree, NDArray[np.int64] | None] | None = None
        layer.events.data.connect(self._forget)

    def _forget(self, event: object = None) -> None:
        self._tree = None

    def _index(self, layer: Points, wait: bool) -> tuple[cKDTree, NDArray[np.int64] | None] | None:
        if self._tree is None or self._tree[0].n != len(layer.data):
            if not wait:
                return None
            from scipy.spatial import cKDTree

            from napari_abc.viewer.paint import rows_of

            # An unbalanced tree takes half the time to build and answers as fast for tissue.
            self._tree = cKDTree(layer.data, balanced_tree=False, compact_nodes=False), rows_of(layer)
        return self._tree

    def row_at(self, layer: Points, position: Any, wait: bool = True) -> int | None:
        """Row of the cell at a position in the layer's data coordinates.

        Without ``wait`` the answer is None as long as there is no tree.
        """
        index = self._index(layer, wait) if len(layer.data) else None
        if index is None:
            return None
        tree, rows = index
        distance, point = tree.query(np.asarray(position, dtype=float)[-2:])
        if not distance <= max(layer.size[point] / 2, _REACH * float(layer.scale_factor)):
            return None
        row = int(point) if rows is None else int(rows[point])
        return row if row >= 0 else None

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
        from napari.layers import Layer

        layer = self._layer()
        slab = slab_of(layer) if layer is not None else None
        if layer is None or slab is None:
            return {}
        if layer.ndim != 2 or position is None or (dims_displayed is not None and len(dims_displayed) != 2):
            stock: dict[str, str] = type(layer).get_status(
                layer, position, view_direction=view_direction, dims_displayed=dims_displayed, world=world
            )
            return stock
        status: dict[str, str] = Layer.get_status(layer)
        point = layer.world_to_data(position) if world else position
        coordinates = _coordinates(slab.frame, np.asarray(point, dtype=float)[-2:])
        # On the main thread napari asks only when another layer is selected, and that must not wait.
        wait = threading.current_thread() is not threading.main_thread()
        row = self.row_at(layer, point, wait) if layer.visible else None
        painted = layer.metadata.get(METADATA_PAINTED)
        if row is not None and painted is not None and is_hidden(painted, row):
            row = None
        text = cell_text(slab, row, painted) if row is not None else ""
        status["coords"] = coordinates
        status["value"] = text
        status["coordinates"] = f"{coordinates} · {text}" if text else coordinates
        return status


def show_cells(layer: Points) -> None:
    """Let a layer of cells answer the status bar by cell; once a layer."""
    if not isinstance(getattr(layer.get_status, "__self__", None), _CellStatus):
        # The layer may be one that napari made of a reader's tuple, so it can't be of a class of ours.
        vars(layer)["get_status"] = _CellStatus(layer).get_status


def cell_at(layer: Points, position: Any) -> int | None:
    """Row of the slab's cells at a position in world coordinates; None where there is none.

    Parameters
    ----------
    layer
        A layer of cells.
    position
        Position in the viewer's world, as ``viewer.cursor.position``.
    """
    show_cells(layer)
    status = layer.get_status.__self__
    row: int | None = status.row_at(layer, layer.world_to_data(position))
    return row


def _coordinates(frame: Frame, point: NDArray[np.float64]) -> str:
    digits = {"millimeter": 3, "micrometer": 1}.get(frame.unit, 2)
    y, x = (f"{number:.{digits}f}" for number in point)
    return f"x {x}, y {y} {_UNITS.get(frame.unit, frame.unit)}".rstrip()


def cell_text(slab: Slab, row: int, painted: Painted | None = None) -> str:
    """One line on a cell: label, taxonomy path, other groups, and what it is coloured by.

    Parameters
    ----------
    slab
        The slab.
    row
        Row of the cell in :attr:`Slab.cells`.
    painted
        What the cells are coloured by, or None.
    """
    cells = slab.cells
    parts = [str(cells.index[row])]
    told: set[str] = set()
    for columns in slab.groups.values():
        present = [column for column in columns if column in cells]
        told.update(present)
        path = [str(value) for column in present if _known(value := cells[column].iat[row])]
        # A neighbouring level often repeats the name: "Oligo › Oligo › Oligo_1".
        path = [name for i, name in enumerate(path) if i == 0 or name != path[i - 1]]
        if path:
            parts.append(" › ".join(path))
    if painted is not None and painted.coloring.key not in told:
        parts.append(_value_text(painted, row))
    return " · ".join(parts)


def _known(value: object) -> bool:
    import pandas as pd

    return not bool(pd.isna(value))  # type: ignore[call-overload]


def _value_text(painted: Painted, row: int) -> str:
    coloring = painted.coloring
    if isinstance(coloring, Categorical):
        code = int(coloring.codes[row])
        return f"{coloring.title} {coloring.names[code] if code >= 0 else 'no value'}"
    value = float(coloring.values[row])
    if np.isnan(value):
        return f"{coloring.title} {'not measured' if coloring.is_gene else 'no value'}"
    return f"{coloring.title} {value:.4g} {coloring.unit}".rstrip()
