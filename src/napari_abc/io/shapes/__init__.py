"""Shapes of cells: boundaries as vendors write them, and a pyramid to draw them from."""

from __future__ import annotations

from napari_abc.io.shapes._boundaries import (
    count_cells,
    hdf5_planes,
    read_hdf5_outlines,
    rings_from_vertices,
    rings_from_wkb,
    rows_of,
)
from napari_abc.io.shapes._outlines import rasterize

__all__ = [
    "count_cells",
    "hdf5_planes",
    "rasterize",
    "read_hdf5_outlines",
    "rings_from_vertices",
    "rings_from_wkb",
    "rows_of",
]
