"""Outlines of cells: read from what vendors write, and drawn as a pyramid of labels.

Rings of vertices come from WKB, HDF5 or tables of vertices. Drawing takes milliseconds a view for millions of
cells, because a level is drawn where it is looked at.
"""

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
