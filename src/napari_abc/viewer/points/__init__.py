"""Points of napari that are colored by a table and drawn fast; what napari and vispy keep to themselves."""

from __future__ import annotations

from napari_abc.viewer.points._detail import Detail
from napari_abc.viewer.points._door import adopt, capable, install
from napari_abc.viewer.points._lookup import CODE, LEAST, NONE, Lookup, Scale, lookup_of
from napari_abc.viewer.points._raster import pictures_wanted
from napari_abc.viewer.points._thumbnail import draw_thumbnail, draw_thumbnail_soon
from napari_abc.viewer.points._vertex_buffer import has_vertex_buffer, write_vertex_colors

__all__ = [
    "CODE",
    "LEAST",
    "NONE",
    "Detail",
    "Lookup",
    "Scale",
    "adopt",
    "capable",
    "draw_thumbnail",
    "draw_thumbnail_soon",
    "has_vertex_buffer",
    "install",
    "lookup_of",
    "pictures_wanted",
    "write_vertex_colors",
]
