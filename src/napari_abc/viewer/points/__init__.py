"""Points layers of napari with millions of points: recolored in a millisecond, drawn also without a card.

What it does
------------
napari keeps a color for each point. Another one for each takes its setter seconds for a million points:
the colors are checked, converted and copied several times, and every attribute of every point goes to
the graphics card again. Here a point has a number, and the card looks its color up in a table:

- another palette, other limits, categories that are hidden: a table of a few bytes is exchanged;
- another column: a number a point is sent, and nothing else;
- the layer stays an ordinary ``Points`` layer. ``layer.face_color`` answers with the colors that are
  seen, worked out when somebody reads them; who sets them has a layer with colors of its own again.

Where OpenGL is drawn by a processor (Mesa's llvmpipe, a remote desktop) a picture of the points is made
with numpy, and looked up in the same table; few points in view are drawn as points. Where a card is too
slow for a view that a mouse moves, :class:`Detail` draws a part until it rests, and says so.

For whom
--------
Whoever shows cells, transcripts or localizations in napari and colors them by one thing after another.
It knows nothing of cells: it imports napari, vispy, Qt and numpy, and of ``napari_abc`` only the errors.
All that it uses of napari's and vispy's private parts lies in here, behind one door: :func:`capable` says
what this napari lacks, in words; where it lacks something layers are drawn as ever.

How
---
1. ``install(prepare)`` once, before layers are added: napari then calls ``prepare(layer)`` for each layer
   of points that it is about to draw.
2. ``adopt(layer)``, from ``prepare`` or earlier, makes it a layer whose colors can be looked up.
3. ``layer.show_lookup(Lookup.of(values, table))`` colors it: by rows of a table, or with ``limits`` by
   numbers that are spread over the table.

The environment variable ``NAPARI_ABC_RASTER`` (``always`` or ``never``) overrules when pictures are made.
Napari without :func:`install` or with a graphics driver that can't read a table in a shader takes the
colors that the layer answers with; :func:`write_vertex_colors` is a second, slower way for those.

Points without a value are drawn first, then zero, then low to high, and those selected above all others;
of kinds the rare ones above the common ones where ``layer.show_order(True)`` asks for it.

How fast
--------
Python's side of a recolor of 1,000,000 points, on two cores with software OpenGL, against napari 0.9.2
(``docs/benchmarks.md`` has the machine, the command and other sizes):

==================================  ===========  =========
change                              here         napari
==================================  ===========  =========
another column                      0.76 ms      2.8 s
some categories hidden              0.25 ms      1.2 s
another gene                        2.2 ms       3.5 s
other limits                        0.29 ms      0.56 s
a frame drawn in software           48 ms        4.3 s
==================================  ===========  =========

Examples
--------
A thousand points of two kinds, and of some that are of neither:

>>> import numpy as np
>>> from napari.layers import Points
>>> from napari_abc.viewer.points import Lookup, adopt, capable, install
>>> capable() is None  # this napari has what it takes
True
>>> install(adopt)  # from now on, for every layer of points that is added to a viewer
>>> layer = adopt(Points(np.random.default_rng(0).random((1000, 2))))
>>> table = np.array([(1, 0, 0, 1), (0, 1, 0, 1), (0.5, 0.5, 0.5, 1)], np.float32)
>>> kinds = np.arange(1000) % 3 - 1  # -1 is of neither, and has the last row
>>> layer.show_lookup(Lookup.of(kinds, table))
>>> layer.face_color[:3].tolist()
[[0.5, 0.5, 0.5, 1.0], [1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 1.0]]

The first kind hidden, which sends four numbers:

>>> hidden = table.copy()
>>> hidden[0, 3] = 0
>>> layer.show_lookup(Lookup(layer.lookup.numbers, hidden, layer.lookup.scale))
>>> layer.face_color[1].tolist()
[1.0, 0.0, 0.0, 0.0]

By a number between limits; the last but one row of the table is for numbers set apart, see :class:`Scale`:

>>> layer.show_lookup(Lookup.of(np.linspace(0, 10, 1000), np.vstack([table, table[-1:]]), (2, 8)))
>>> layer.face_color[[0, 999]].tolist()
[[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 1.0]]
"""

from __future__ import annotations

from napari_abc.viewer.points._detail import Detail
from napari_abc.viewer.points._door import adopt, capable, install
from napari_abc.viewer.points._guard import guard, is_guarded
from napari_abc.viewer.points._lookup import ASIDE, CODE, LEAST, NONE, Lookup, Scale, lookup_of
from napari_abc.viewer.points._order import order_of
from napari_abc.viewer.points._raster import pictures_wanted
from napari_abc.viewer.points._thumbnail import draw_thumbnail, draw_thumbnail_soon
from napari_abc.viewer.points._vertex_buffer import has_vertex_buffer, order_vertices, write_vertex_colors

__all__ = [
    "ASIDE",
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
    "guard",
    "has_vertex_buffer",
    "install",
    "is_guarded",
    "lookup_of",
    "order_of",
    "order_vertices",
    "pictures_wanted",
    "write_vertex_colors",
]
