"""From a slab to data and arguments of napari layers; no window is needed, any thread will do.

This is the one place that decides how a slab looks. ``add_slab``, the readers and the sample data
all take their layers from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pint

from napari_abc.errors import FormatError
from napari_abc.io.shapes import rasterize
from napari_abc.task import Task
from napari_abc.viewer._regions import region_outlines
from napari_abc.viewer._spacing import extent, point_size
from napari_abc.viewer.color import Painted, resolve, rgba
from napari_abc.viewer.images import volume_data
from napari_abc.viewer.links import (
    METADATA_CELLS,
    METADATA_FRAME,
    METADATA_OUTLINES,
    METADATA_PAINTED,
    METADATA_SIZE,
    METADATA_SLAB,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari.layers import Points
    from numpy.typing import NDArray

    from napari_abc.model import Coloring, Slab

__all__ = [
    "LayerTuple",
    "PreparedSlab",
    "common_key",
    "default_key",
    "layer_name",
    "layer_space",
    "prepare_slab",
]

LayerTuple = tuple[Any, dict[str, Any], str]
"""Data, arguments and type of a layer, as napari's readers give them."""

_PLAIN, _PLAIN_OVER_IMAGES = "#c8c8c8", "#ffb000"
"""Color of cells that are colored by nothing: gray, unless an image beneath is gray."""

_OUTLINE = "#33d6ff"
"""Color of cell outlines: seen on black and on a white image."""

_OVER_IMAGES = 0.6
"""Cells are drawn smaller where an image or their outlines are to be seen between them."""

_MOST_CATEGORIES = 40
"""More categories than this can't be told apart at first sight."""


@dataclass(frozen=True, eq=False, slots=True)
class PreparedSlab:
    """A slab's layers, ready to be added in the order of iteration.

    The cells come last; in a viewer that is watched they are then moved below the regions.
    """

    slab: Slab
    images: tuple[LayerTuple, ...]
    outlines: LayerTuple | None
    regions: LayerTuple | None
    cells: LayerTuple
    made: Points | None = None
    """The layer of the cells, where it was made beforehand (:func:`napari_abc.viewer.cell_layer.ready`)."""

    def __iter__(self) -> Iterator[LayerTuple]:
        """Images, outlines, regions, cells."""
        yield from self.images
        yield from (part for part in (self.outlines, self.regions) if part is not None)
        yield self.cells


def default_key(slab: Slab) -> str | None:
    """Column to color a slab by at first: the finest grouped one that the eye can still read.

    Returns
    -------
    str or None
        None where the slab has no column with categories of its own.
    """
    best: tuple[int, str] | None = None
    for columns in slab.groups.values():
        for column in columns:
            if column not in slab.cells or not _is_categorical(slab, column):
                continue
            count = int(slab.cells[column].nunique())
            if 1 < count <= _MOST_CATEGORIES and (best is None or count > best[0]):
                best = count, column
        if best is not None:
            return best[1]
    return None


def common_key(slabs: Sequence[Slab], wanted: Sequence[str] = ()) -> str | None:
    """The finest grouped column that all of some slabs have and that the eye can still read in each.

    Parameters
    ----------
    slabs
        At least one; names of columns are compared without regard to case, as species write them otherwise.
    wanted
        Columns that come first if all have them, such as what is seen already.

    Returns
    -------
    str or None
        As the first slab writes it; None where they have none in common.
    """
    readable = [_readable(slab) for slab in slabs]
    common = set(readable[0]).intersection(*readable[1:])
    for name in wanted:
        if name.casefold() in common:
            return name
    return max(
        (name for key, (name, _) in readable[0].items() if key in common),
        key=lambda name: sum(counts[name.casefold()][1] for counts in readable),
        default=None,
    )


def _readable(slab: Slab) -> dict[str, tuple[str, int]]:
    """Name and number of categories of the grouped columns that a slab can be colored by at first."""
    found = {}
    for columns in slab.groups.values():
        for column in columns:
            if column in slab.cells and _is_categorical(slab, column):
                count = int(slab.cells[column].nunique())
                if 1 < count <= _MOST_CATEGORIES:
                    found[column.casefold()] = column, count
        if found:
            break  # the first group is the taxonomy
    return found


def _is_categorical(slab: Slab, column: str) -> bool:
    return column in slab.palettes or isinstance(slab.cells[column].dtype, pd.CategoricalDtype)


def prepare_slab(
    slab: Slab,
    color_by: str | Coloring | Painted | None = None,
    values: str = "log2",
    task: Task | None = None,
) -> PreparedSlab:
    """Prepare a slab's layers: positions, colors, outlines and images.

    Parameters
    ----------
    slab
        The slab.
    color_by
        A column, or ``"gene:"`` and a symbol or identifier, or a coloring that was resolved
        before, with its limits or without; None for :func:`default_key`, or plain gray.
    values
        ``"log2"`` or ``"raw"``, for a gene.
    task
        Told of progress and asked whether to go on.

    Raises
    ------
    UnknownNameError
        If there is no such column or gene.
    ExpressionError
        If there are no such values for these cells.
    FormatError
        If the slab holds neither cells nor images.
    """
    task = task or Task()
    if not len(slab.cells) and not slab.images:
        raise FormatError(
            f"{slab.label} has no cell with coordinates, so there is nothing to show; open another one."
        )
    key = color_by if color_by is not None else default_key(slab)
    coloring = slab.coloring(key, values, task) if isinstance(key, str) else key
    painted = coloring if isinstance(coloring, Painted) or coloring is None else resolve(coloring)
    _warm_up(slab)
    flip = not slab.frame.y_down
    axes = ["z", "y", "x"][-slab.frame.ndim :]
    positions = slab.cells[axes].to_numpy(dtype=np.float32)
    size = point_size(positions, slab.frame.unit)
    here = [volume for volume in slab.images if volume.frame in ("", slab.frame.name)]
    if here or slab.outlines is not None:
        size *= _OVER_IMAGES
    shared = {"metadata": {METADATA_SLAB: slab, METADATA_FRAME: slab.frame.name}}
    images = []
    for number, volume in enumerate(here):
        task.report(f"Preparing image {volume.name}", number, len(here), "images")
        several = number if len(here) > 1 else None
        data, arguments, kind = volume_data(volume, several, flip)
        name = layer_name(slab, volume.name)
        images.append(
            (data, {**shared, **layer_space(slab, len(volume.scale)), **arguments, "name": name}, kind)
        )
    task.check()
    return PreparedSlab(
        slab,
        tuple(images),
        _outlines(slab, shared, task),
        _regions(slab, shared, _line_width(positions[:, -2:], size)),
        _cells(slab, positions, size, painted, bool(here)),
    )


def _warm_up(slab: Slab) -> None:
    """Load here, and not when the layers are added, what napari takes half a second or more to load."""
    if slab.frame.unit:
        pint.Unit(slab.frame.unit)
    if slab.frame.ndim == 3:
        import scipy.spatial.transform  # noqa: F401  turns the camera


def layer_name(slab: Slab, part: str = "") -> str:
    """Name of the layer that shows a slab's cells, or another part of it."""
    # The part first, as napari's layer list shortens long names.
    name = f"{part} · {slab.name}" if part else slab.name
    return f"{name} (synthetic)" if slab.synthetic else name


def layer_space(slab: Slab, ndim: int = 2) -> dict[str, Any]:
    """Units, axis labels and y direction; one layer without units takes them from all of a viewer.

    Positions stay as they are in the slab's frame. Where its y grows upwards the layer's scale is
    negative along y, so that what is read back from the layer is still true.
    """
    names = slab.frame.axis_labels
    found: dict[str, Any] = {
        "axis_labels": ("z", *names)[-ndim:],
        "scale": (1.0,) * (ndim - 2) + (1.0 if slab.frame.y_down else -1.0, 1.0),
    }
    if slab.frame.unit:
        found["units"] = (slab.frame.unit,) * ndim
    return found


def _line_width(positions: NDArray[np.float32], size: float) -> float:
    """Width of region outlines: two pixels or so in full view, and not lost among cells close up."""
    side = extent(positions)
    return max(side / 450, min(size / 2, side / 250))


def _cells(
    slab: Slab, positions: NDArray[np.float32], size: float, painted: Painted | None, on_image: bool
) -> LayerTuple:
    if painted is not None and len(positions):
        colors: NDArray[np.float32] | str = rgba(painted)
    else:
        colors = _PLAIN_OVER_IMAGES if on_image else _PLAIN
    metadata: dict[str, Any] = {
        METADATA_SLAB: slab,
        METADATA_CELLS: True,
        METADATA_FRAME: slab.frame.name,
        METADATA_SIZE: size,
    }
    if painted is not None:
        metadata[METADATA_PAINTED] = painted
    features = _features(slab)
    arguments = {
        **layer_space(slab, slab.frame.ndim),
        "name": layer_name(slab),
        "size": size,
        # Under 2 pixels napari draws the border's color, whatever the border's width.
        "face_color": colors,
        "border_color": colors,
        "border_width": 0,
        "features": features,
        "feature_defaults": _defaults(features),
        "metadata": metadata,
    }
    if slab.frame.ndim == 3:
        arguments["projection_mode"] = "all"  # a slice shows the cells within its thickness
    return positions, arguments, "points"


def _features(slab: Slab) -> pd.DataFrame:
    """Label and grouped columns of the cells; what a person selects, looks up or exports by."""
    labels = pd.DataFrame({"cell_label": slab.cells.index})
    columns = [column for columns in slab.groups.values() for column in columns if column in slab.cells]
    grouped = slab.cells[list(dict.fromkeys(columns))].reset_index(drop=True)
    return pd.concat([labels, grouped], axis=1)


def _defaults(features: pd.DataFrame) -> pd.DataFrame:
    """What napari gives a point that a person adds: no label, no category."""
    defaults = features.iloc[:0].reindex([0])
    defaults["cell_label"] = ""
    return defaults


def _regions(slab: Slab, shared: dict[str, Any], width: float) -> LayerTuple | None:
    found = region_outlines(slab, width)
    if found is None:
        return None
    data, arguments = found
    return data, {**shared, **layer_space(slab), **arguments, "name": layer_name(slab, "Regions")}, "shapes"


def _outlines(slab: Slab, shared: dict[str, Any], task: Task) -> LayerTuple | None:
    if slab.outlines is None or not len(slab.outlines.cell):
        return None

    volume = rasterize(slab.outlines, unit=slab.frame.unit, task=task)
    data, arguments, kind = volume_data(volume, None, not slab.frame.y_down)
    look = {
        "name": layer_name(slab, "Outlines"),
        "opacity": 0.9,
        "colormap": {None: _OUTLINE, 0: (0.0, 0.0, 0.0, 0.0)},
        "metadata": {**shared["metadata"], METADATA_OUTLINES: True},
    }
    return data, {**layer_space(slab), **arguments, **look}, kind
