"""Markers that look their colors up on the graphics card: a number a point and a table of colors.

The vertex shader is vispy's own with its attributes made exchangeable. What is the same for all
points (size, edge, symbol) is one number then; the color is read from a texture, so that another
palette, other limits or hidden categories change a few bytes, and another gene one float a point.
Without a lookup the markers take their colors from :meth:`set_data`, as others do.

Where a processor draws, a view of many points is drawn as a picture that is made of them.
"""

from __future__ import annotations

from dataclasses import replace
from operator import is_
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from napari._vispy.visuals.markers import Markers
from vispy import gloo
from vispy.visuals.markers import MarkersVisual, symbol_shaders
from vispy.visuals.shaders import Function

from napari_abc.viewer.points._canvas_view import some_near, view_of
from napari_abc.viewer.points._lookup import ASIDE_BELOW, CODE
from napari_abc.viewer.points._order import DrawingOrder, order_of, row_ranks
from napari_abc.viewer.points._pictures import FEW, Pictures
from napari_abc.viewer.points._raster import pictures_wanted
from napari_abc.viewer.points._raster_visual import RasterVisual
from napari_abc.viewer.points._repaint import is_repaint
from napari_abc.viewer.points._shader import (
    FLAT_LIGHTING,
    LOOK_UP,
    RANK_OF,
    ROW_OF,
    WIDTH,
    vertex_shader,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_abc.viewer.points._lookup import Lookup
    from napari_abc.viewer.points._raster import View

__all__ = ["LookupMarkers"]

_SMOOTH = 0.05
"""Seconds that drawing may take while the view moves."""

_LEAST_PART, _LARGEST_PART = 50_000, 500_000
"""Points that are drawn while the view moves and all take too long."""

_SOFTWARE_PART = 10_000
"""Points that a processor draws in a tenth of a second."""


class LookupMarkers(Markers):  # type: ignore[misc]
    """Markers with a lookup or with colors of their own."""

    _shaders: ClassVar = {
        **MarkersVisual._shaders,
        "vertex": vertex_shader() or MarkersVisual._shaders["vertex"],
    }

    def __init__(self, software: bool) -> None:
        super().__init__()
        self.unfreeze()
        self._software = software
        self._flat = Function("vec4 place() { return vec4($position, 0.0, 1.0); }")
        self._deep = Function("vec4 place() { return vec4($position, 1.0); }")
        self._own_border = Function("vec4 border() { return $color; }")
        self._own_face = Function("vec4 face() { return $color; }")
        self._row_of = Function(ROW_OF)
        self._look_up, self._rank_of = Function(LOOK_UP), Function(RANK_OF)
        self._look_up["row_of"] = self._rank_of["row_of"] = self._row_of
        self._of_point = Function("vec4 of_point() { return $look_up($number); }")
        self._of_point["look_up"] = self._look_up
        self._table = gloo.Texture2D(
            np.zeros((1, WIDTH, 4), np.float32), interpolation="nearest", internalformat="rgba32f"
        )
        self._look_up["table"] = self._table
        self._no_rank = Function("float rank() { return 0.0; }")
        self._rank_of_point = Function("float rank() { return 0.5 * ($rank_of($number) + $lift); }")
        self._rank_of_point["rank_of"] = self._rank_of
        self._ranks = gloo.Texture2D(
            np.zeros((1, WIDTH, 1), np.float32), interpolation="nearest", internalformat="r32f"
        )
        self._rank_of["ranks"], self._rank_of["lines"] = self._ranks, 1.0
        self._ranked: tuple[object, ...] = ()
        self._is_ranked, self._ordered = False, False
        self._order: tuple[tuple[object, ...], DrawingOrder | None] = (), None
        self._buffers: dict[str, gloo.VertexBuffer] = {}
        self._symbols: dict[int, Function] = {}
        self._lookup: Lookup | None = None
        self._numbers = np.empty(0, np.float32)
        self._seen: tuple[object, bytes, NDArray[np.bool_] | None] = (None, b"", None)
        self._aside: tuple[object, bool] = (None, False)
        self._each: dict[str, NDArray[np.floating] | float] = {}
        self._discs, self._diameter = False, 0.0
        self._part: tuple[object, NDArray[np.integer]] | None = None
        self._sent_points: tuple[object, ...] = ()
        self._sent_numbers: tuple[object, ...] = ()
        self._frames = 0
        self.raster = RasterVisual(self._look_up)
        """Draws the pictures; to be a part of the same compound visual."""
        self._pictures = Pictures(self.raster, self.update, lambda: self.transforms.canvas)
        self.drawn = 0
        """Number of points that were drawn last, those out of view among them."""
        self.on_drawn: Callable[[], None] | None = None
        """Is called when :attr:`drawn` has become another one."""
        self.clipped = False
        """Whether planes cut points off, which no picture is made of."""
        self.moving = False
        """Whether a part of the points will do for now."""
        self.seconds = 0.0
        """What drawing all points took."""
        self.rare_above = False
        """Whether rare kinds of points are drawn above common ones."""
        self.lifted: NDArray[np.bool_] | None = None
        """(points,) True for those that are drawn above all others; another object if they are others."""
        self.covers = True
        """Whether what is drawn above hides what is below, and does not add up with it."""
        self.shared_program["u_ordered"] = 0.0
        self.shared_program.vert["rank"] = self._no_rank
        self.freeze()

    @property
    def lookup(self) -> Lookup | None:
        """What the colors are looked up in; None for colors from :meth:`set_data`."""
        return self._lookup

    def show(
        self,
        positions: NDArray[np.float32],
        size: NDArray[np.floating] | float,
        edge: NDArray[np.floating] | float,
        symbol: NDArray[np.floating] | float,
        lookup: Lookup,
        shown: NDArray[np.intp] | None,
    ) -> None:
        """Show points in colors that are looked up.

        Parameters
        ----------
        positions
            (points, 2 or 3) x, y(, z).
        size, edge, symbol
            One number for all points, or one a point; the symbol as vispy numbers it.
        lookup
            The colors of the layer's points.
        shown
            Which of the layer's points these are; None for all.
        """
        self._begin({"a_position": positions})
        self._set_each({"size": size, "edge": edge, "symbol": symbol})
        self.shared_program.frag["marker"] = self._symbol_of(symbol)
        choice = pictures_wanted()
        pictures = (self._software and len(positions) > FEW) if choice is None else choice
        if pictures:
            self._pictures.show(positions)
        self.recolor(lookup, shown)
        self.shared_program.vert["face"] = self._of_point
        self.shared_program.vert["border"] = self._of_point
        self.shared_program.vert["rank"] = self._rank_of_point
        self.events.data_updated()

    def recolor(self, lookup: Lookup, shown: NDArray[np.intp] | None) -> None:
        """Show the points that are shown in other colors; as :meth:`show`."""
        before, self._lookup = self._lookup, lookup
        function, scale = self._row_of, lookup.scale
        if before is None or before.table is not lookup.table or before.aside != lookup.aside:
            rows = len(lookup.table)
            lines = -(-(rows + 1) // WIDTH)
            pixels = np.zeros((lines * WIDTH, 4), np.float32)
            pixels[: rows + 1] = lookup.whole_table()
            self._table.set_data(pixels.reshape(lines, WIDTH, 4))
            function["rows"], self._look_up["lines"] = float(rows), float(lines)
        function["aside_below"] = ASIDE_BELOW
        for name in ("least", "origin", "rest", "scale", "cut", "zero"):
            function[name] = float(getattr(scale, name))
        if before is None or before.numbers is not lookup.numbers:
            self._numbers = lookup.numbers if shown is None else lookup.numbers[shown]
        self.update()

    def resize(self, size: NDArray[np.floating] | float, edge: NDArray[np.floating] | float) -> None:
        """Draw the points that are shown in other diameters; as :meth:`show`."""
        self._set_each({**self._each, "size": size, "edge": edge})
        self.update()

    def _set_each(self, each: dict[str, NDArray[np.floating] | float]) -> None:
        self._each = each
        self._discs = not (np.ndim(each["size"]) or np.ndim(each["edge"]) or np.any(each["symbol"]))
        # The border has the color of the face, so it makes the disc larger.
        self._diameter = float(np.median(each["size"]) + np.median(each["edge"]))

    def draw(self) -> None:
        """Draw the points or their picture; all of them unless the window is repainted."""
        if self._lookup is None or self._data is None:
            super().draw()
            return
        positions = self._data["a_position"]
        whole = not is_repaint(self.transforms.canvas)
        part: NDArray[np.integer] | None = None
        drawn = len(positions)
        # Where many are in view the window shows other symbols, and several sizes, as discs of one size.
        pictures = self._pictures.active and not (self.clipped or self.spherical)
        pictures = pictures and (self._discs or not whole)
        view = view_of(self, self._diameter, positions[len(positions) // 2])
        if pictures and self._pictures.out_of_sight(view):
            self._tell(drawn)
            return
        ranked = self.covers and not view.deep and self._rank()
        if pictures or not whole:
            if pictures:
                part = self._pictures.few(view)
                if part is None:
                    order = self._drawing_order() if ranked else None
                    seen = self._not_hidden()
                    drawn = self._pictures.draw(view, self._numbers, seen, order, self.moving, whole)
                    self._tell(drawn)
                    return
                if not len(part):
                    self._tell(drawn)
                    return  # nothing is in view
            elif not whole:
                part = self._some(view)
                drawn = len(positions) if part is None else len(part)
        self._send(part)
        self._set_ordered(ranked and not self.spherical)
        if self._ordered:
            gloo.clear(color=False, depth=True)
        if self._software or part is not None or self._frames > 1 or len(positions) <= _LARGEST_PART:
            super().draw()
        else:
            self._draw_timed()
        if self._ordered:  # or what is drawn next would lie behind
            gloo.clear(color=False, depth=True)
        self._tell(drawn)

    def _configure_gl_state(self) -> None:
        super()._configure_gl_state()
        if self._ordered:
            gloo.set_state(depth_test=True, depth_func="lequal")

    def _setup_lighting_functions(self, spherical: bool) -> None:
        super()._setup_lighting_functions(spherical)
        if not spherical:
            self.shared_program.frag["lighting_functions"] = FLAT_LIGHTING

    def _set_ordered(self, ordered: bool) -> None:
        if ordered is not self._ordered:
            self._ordered = ordered
            self.shared_program["u_ordered"] = float(ordered)

    def _rank(self) -> bool:
        """Hand over how far above others each row of the table lies; whether any does."""
        lookup = self._lookup
        assert lookup is not None
        key = (self._numbers, self.rare_above, lookup.scale.scale > 0, len(lookup.table))
        if self._ranked[1:] != key[1:] or self._ranked[0] is not key[0]:
            self._ranked = key
            ranks = row_ranks(replace(lookup, numbers=self._numbers), self.rare_above)
            self._is_ranked = ranks is not None
            if ranks is not None:
                lines = -(-len(ranks) // WIDTH)
                pixels = np.zeros(lines * WIDTH, np.float32)
                pixels[: len(ranks)] = ranks
                self._ranks.set_data(pixels.reshape(lines, WIDTH, 1))
                self._rank_of["lines"] = float(lines)
        return self._is_ranked or self.lifted is not None

    def _drawing_order(self) -> DrawingOrder | None:
        """The points as they are drawn, for who draws them one after another."""
        assert self._lookup is not None
        key = (self._ranked, self.lifted)
        if not _same(key, self._order[0]):
            lookup = replace(self._lookup, numbers=self._numbers)
            order = order_of(lookup, self.rare_above, self.lifted)
            self._order = key, None if order is None else DrawingOrder(order)
        return self._order[1]

    def _draw_timed(self) -> None:
        """Draw, and find out how long all points take."""
        # Twice, as the first time the points are still on their way to the card.
        self._frames += 1
        gloo.finish()
        began = perf_counter()
        super().draw()
        gloo.finish()
        self.seconds = perf_counter() - began

    def _tell(self, drawn: int) -> None:
        if drawn != self.drawn:
            self.drawn = drawn
            if self.on_drawn is not None:
                self.on_drawn()

    def _some(self, view: View) -> NDArray[np.integer] | None:
        """A part of the points, where all would take too long; None for all."""
        assert self._data is not None
        positions = self._data["a_position"]
        most = _SOFTWARE_PART
        if not self._software:
            if not (self.moving and self.seconds > _SMOOTH) or len(positions) <= _LEAST_PART:
                self._part = None
                return None
            most = int(np.clip(len(positions) * _SMOOTH / self.seconds, _LEAST_PART, _LARGEST_PART))
        elif len(positions) <= most:
            return None
        # While the view moves, it stays.
        key = None if self.moving else view.key()
        if self._part is None or not (self.moving or self._part[0] == key):
            self._part = key, some_near(positions, view, most)
        return self._part[1]

    def _not_hidden(self) -> NDArray[np.bool_] | None:
        """Whether each point's color is not transparent; None where no color is."""
        lookup = self._lookup
        assert lookup is not None
        opaque = lookup.whole_table()[:, 3] > 0
        if opaque[:-1].all() and (opaque[-1] or not self._has_aside()):
            return None
        if self._seen[0] is not self._numbers or self._seen[1] != opaque.tobytes():
            aside, missing = self._numbers < ASIDE_BELOW, self._numbers < lookup.scale.least
            seen: NDArray[np.bool_]
            if lookup.scale is CODE:
                last = len(opaque) - 2
                seen = opaque[np.where(missing, last, self._numbers).astype(np.int32)]
            else:
                seen = opaque[-2] | ~missing
            seen[aside] = opaque[-1]
            self._seen = self._numbers, opaque.tobytes(), seen
        return self._seen[2]

    def _has_aside(self) -> bool:
        """Whether some points are set aside."""
        if self._aside[0] is not self._numbers:
            some = len(self._numbers) > 0 and float(self._numbers.min()) < ASIDE_BELOW
            self._aside = self._numbers, some
        return self._aside[1]

    def _symbol_of(self, symbol: NDArray[np.floating] | float) -> Function:
        """The shape of one symbol, if all points have the same: a processor works all of them out."""
        if np.ndim(symbol):
            return self._symbol_func
        number = int(symbol)
        if number not in self._symbols:
            shape = list(symbol_shaders.values())[number]
            self._symbols[number] = Function(
                f"float shape(vec2 pointcoord, float size, int symbol) {{ {shape} }}"
            )
            self._symbols[number]["v_size"] = self._v_size_var
        return self._symbols[number]

    def _send(self, part: NDArray[np.integer] | None) -> None:
        """Hand points over to the graphics card, if it has others; None for all."""
        assert self._data is not None

        def pick(values: NDArray[Any]) -> NDArray[Any]:
            return values if part is None else values[part]

        positions = self._data["a_position"]
        points, numbers = (part, positions, self._each, self.lifted), (part, self._numbers)
        if not _same(points, self._sent_points):
            self._sent_points = points
            self._set_positions(pick(positions))
            for name, values in self._each.items():
                self._set_number(name, pick(values) if isinstance(values, np.ndarray) else values)
            lift = None if self.lifted is None else self._buffer("lift", pick(self.lifted))
            self._rank_of_point["lift"] = 0.0 if lift is None else lift
        if not _same(numbers, self._sent_numbers):
            self._sent_numbers = numbers
            buffer = self._buffer("number", pick(self._numbers))
            self._of_point["number"] = self._rank_of_point["number"] = buffer

    def _set_positions(self, positions: NDArray[np.floating]) -> None:
        axes = positions.shape[1]
        place = self._flat if axes == 2 else self._deep
        place["position"] = self._buffer(f"position {axes}", positions)
        self.shared_program.vert["place"] = place

    def _set_number(self, name: str, value: NDArray[np.floating] | float) -> None:
        array = np.asarray(value, dtype=np.float32)
        # A number for all is a uniform: vispy loses a constant attribute when it links again.
        self.shared_program.vert[name] = self._buffer(name, array) if array.ndim else float(array)

    def _buffer(self, name: str, data: NDArray[np.floating]) -> gloo.VertexBuffer:
        buffer = self._buffers.get(name)
        if buffer is None:
            divisor = 1 if self._method == "instanced" else None
            buffer = self._buffers[name] = gloo.VertexBuffer(divisor=divisor)
        buffer.set_data(np.ascontiguousarray(data, dtype=np.float32))
        return buffer

    def _begin(self, data: dict[str, NDArray[np.float32]]) -> None:
        """Forget what was known of the points before."""
        self._data = data
        self._lookup, self._numbers = None, np.empty(0, np.float32)
        self._part, self._sent_points, self._sent_numbers = None, (), ()
        self._frames, self.seconds = 0, 0.0
        self._ranked, self._order, self.lifted = (), ((), None), None
        self._pictures.clear()

    def _upload_data(self, data_dict: dict[str, NDArray[np.float32]]) -> None:
        """Take what :meth:`set_data` was given: colors and all else, one a point."""
        self._begin(data_dict)
        self._set_positions(data_dict["a_position"])
        for name, theirs in (("size", "a_size"), ("edge", "a_edgewidth"), ("symbol", "a_symbol")):
            self._set_number(name, data_dict[theirs])
        self._own_border["color"] = self._buffer("border", data_dict["a_fg_color"])
        self._own_face["color"] = self._buffer("face", data_dict["a_bg_color"])
        self.shared_program.frag["marker"] = self._symbol_func
        self.shared_program.vert["border"] = self._own_border
        self.shared_program.vert["face"] = self._own_face
        self.shared_program.vert["rank"] = self._no_rank
        self._set_ordered(False)
        self._tell(len(data_dict["a_position"]))


def _same(ones: tuple[object, ...], others: tuple[object, ...]) -> bool:
    return len(ones) == len(others) and all(map(is_, ones, others))
