"""Markers that look their colours up on the graphics card: a number a point and a table of colours.

The vertex shader is vispy's own with its attributes made exchangeable. What is the same for all
points (size, edge, symbol) is one number then; the colour is read from a texture, so that another
palette, other limits or hidden categories change a few bytes, and another gene one float a point.
Without a lookup the markers take their colours from :meth:`set_data`, as others do.
"""

from __future__ import annotations

import re
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from napari._vispy.visuals.markers import Markers
from vispy import gloo
from vispy.visuals.markers import MarkersVisual, symbol_shaders
from vispy.visuals.shaders import Function

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_abc.viewer.lookup import Lookup

__all__ = ["LookupMarkers", "vertex_shader"]

_SMOOTH = 0.05
"""Seconds that drawing may take while the view moves."""

_LEAST_PART, _LARGEST_PART = 50_000, 500_000
"""Points that are drawn while the view moves and all take too long."""

_WIDTH = 256
"""Colours in a row of the table's texture."""

_EXCHANGED = {
    "a_fg_color;": "$border();",
    "a_bg_color;": "$face();",
    "vec4(a_position, 1)": "$place()",
    "a_edgewidth": "$edge",
    "a_symbol": "$symbol",
    "a_size": "$size",
}

_SPARING = {
    # vispy leaves room for the spikes of a star; the same disc needs a fifth of the pixels, and most
    # of the time goes there where a processor draws.
    "float total_size = $v_size + 4. * (v_edgewidth + 1.5 * u_antialias);": """
    float total_size = $v_size + 4. * (v_edgewidth + 1.5 * u_antialias);
    if ($symbol < 0.5) {
        total_size = $v_size + v_edgewidth + 2. * u_antialias + 1.;
    }"""
}

_HIDDEN = """
    // A transparent marker hides nothing behind it, and costs nothing.
    if (v_fg_color.a <= 0.0 && v_bg_color.a <= 0.0) {
        gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    }
}
"""

_LOOK_UP = f"""
vec4 look_up() {{
    float number = $number;
    float row = number;
    if (number < $least) {{
        row = $rows - 1.0;
    }} else if ($scale > 0.0) {{
        if (number < $cut || number <= $zero) {{
            row = $rows - 2.0;
        }} else {{
            row = floor(clamp(((number - $origin) - $rest) * $scale, 0.0, $rows - 3.0));
        }}
    }}
    float line = floor(row / {_WIDTH}.0);
    vec2 place = vec2(row - line * {_WIDTH}.0 + 0.5, line + 0.5);
    return texture2D($table, place / vec2({_WIDTH}.0, $lines));
}}
"""


def vertex_shader() -> str | None:
    """The shader of vispy's markers with exchangeable attributes; None if it isn't the one we know."""
    code: str = MarkersVisual._shaders["vertex"]
    code = re.sub(r"\n *attribute +\w+ +a_\w+ *;", "", code)
    for theirs, ours in (_EXCHANGED | _SPARING).items():
        if theirs not in code:
            return None
        code = code.replace(theirs, ours)
    if re.search(r"\ba_\w+|\battribute\b", code) or "void main (void)" not in code:
        return None
    return code.rstrip().removesuffix("}") + _HIDDEN


class LookupMarkers(Markers):  # type: ignore[misc]
    """Markers with a lookup or with colours of their own."""

    _shaders: ClassVar = {
        **MarkersVisual._shaders,
        "vertex": vertex_shader() or MarkersVisual._shaders["vertex"],
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unfreeze()
        self._flat = Function("vec4 place() { return vec4($position, 0.0, 1.0); }")
        self._deep = Function("vec4 place() { return vec4($position, 1.0); }")
        self._own_border = Function("vec4 border() { return $color; }")
        self._own_face = Function("vec4 face() { return $color; }")
        self._look_up = Function(_LOOK_UP)
        self._table = gloo.Texture2D(
            np.zeros((1, _WIDTH, 4), np.float32), interpolation="nearest", internalformat="rgba32f"
        )
        self._look_up["table"] = self._table
        self._buffers: dict[str, gloo.VertexBuffer] = {}
        self._symbols: dict[int, Function] = {}
        self._lookup: Lookup | None = None
        self._numbers = np.empty(0, np.float32)
        self._part: NDArray[np.intp] | None = None
        self._in_part = False
        self._frames = 0
        self.seconds = 0.0
        """What drawing all points took."""
        self.freeze()

    @property
    def lookup(self) -> Lookup | None:
        """What the colours are looked up in; None for colours from :meth:`set_data`."""
        return self._lookup

    @property
    def drawn(self) -> int:
        """Number of points that are drawn."""
        if self._in_part and self._part is not None:
            return len(self._part)
        return 0 if self._data is None else len(self._data["a_position"])

    @property
    def slow(self) -> bool:
        """Whether the view can't follow a moving mouse with all points drawn."""
        return self.seconds > _SMOOTH

    def show(
        self,
        positions: NDArray[np.float32],
        size: NDArray[np.floating] | float,
        edge: NDArray[np.floating] | float,
        symbol: NDArray[np.floating] | float,
        lookup: Lookup,
        shown: NDArray[np.intp] | None,
    ) -> None:
        """Show points in colours that are looked up.

        Parameters
        ----------
        positions
            (points, 2 or 3) x, y(, z).
        size, edge, symbol
            One number for all points, or one a point; the symbol as vispy numbers it.
        lookup
            The colours of the layer's points.
        shown
            Which of the layer's points these are; None for all.
        """
        self._lookup = None
        self._in_part, self._part = False, None
        self._frames, self.seconds = 0, 0.0
        self._set_positions(positions)
        for name, value in (("size", size), ("edge", edge), ("symbol", symbol)):
            self._set_number(name, value)
        self.shared_program.frag["marker"] = self._symbol_of(symbol)
        self._data = {"a_position": positions}
        self.recolor(lookup, shown)
        self.shared_program.vert["face"] = self._look_up
        self.shared_program.vert["border"] = self._look_up
        self.events.data_updated()

    def recolor(self, lookup: Lookup, shown: NDArray[np.intp] | None) -> None:
        """Show the points that are shown in other colours; as :meth:`show`."""
        before, self._lookup = self._lookup, lookup
        function, scale = self._look_up, lookup.scale
        if before is None or before.table is not lookup.table:
            rows = len(lookup.table)
            lines = -(-rows // _WIDTH)
            pixels = np.zeros((lines * _WIDTH, 4), np.float32)
            pixels[:rows] = lookup.table
            self._table.set_data(pixels.reshape(lines, _WIDTH, 4))
            function["rows"], function["lines"] = float(rows), float(lines)
        for name in ("least", "origin", "rest", "scale", "cut", "zero"):
            function[name] = float(getattr(scale, name))
        if before is None or before.numbers is not lookup.numbers:
            self._numbers = lookup.numbers if shown is None else lookup.numbers[shown]
            self._set_numbers()
        self.update()

    def thin_out(self, moving: bool) -> None:
        """Draw a fair part of the points, or all again; only with a lookup, and where all are slow."""
        if moving and (self._lookup is None or not self.slow or len(self._numbers) <= _LEAST_PART):
            return
        if moving is self._in_part:
            return
        if moving:
            count = len(self._numbers)
            self._part = self._choose(
                int(np.clip(count * _SMOOTH / self.seconds, _LEAST_PART, _LARGEST_PART))
            )
        self._in_part = moving
        assert self._data is not None
        self._set_positions(self._data["a_position"])
        self._set_numbers()
        self.update()

    def _choose(self, part: int) -> NDArray[np.intp]:
        """Some points, most of them in view or near it, in their order, which says what is on top."""
        assert self._data is not None
        positions = self._data["a_position"]
        random = np.random.default_rng(0)
        if positions.shape[1] == 2:
            width, height = self.transforms.canvas.size
            corners = [(x, y, 0, 1) for x in (-width, 2 * width) for y in (-height, 2 * height)]
            places = self.get_transform("visual", "canvas").imap(corners)
            places = places[:, :2] / places[:, 3:]
            low, high = places.min(axis=0).astype(np.float32), places.max(axis=0).astype(np.float32)
            near = np.flatnonzero(((positions >= low) & (positions <= high)).all(axis=1))
        else:
            near = np.arange(0)
        most = part * 3 // 4
        if len(near) > most:
            near = near[random.integers(0, len(near), most)]
        far = random.integers(0, len(positions), part - len(near))
        chosen: NDArray[np.intp] = np.unique(np.concatenate([near, far]))
        return chosen

    def draw(self) -> None:
        """Draw, and find out how long all points take."""
        if self._in_part or self._frames > 1 or self.drawn <= _LARGEST_PART:
            super().draw()
            return
        # Twice, as the first time the points are still on their way to the card.
        self._frames += 1
        gloo.finish()
        began = perf_counter()
        super().draw()
        gloo.finish()
        self.seconds = perf_counter() - began

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

    def _chosen(self, array: NDArray[np.float32]) -> NDArray[np.float32]:
        return array[self._part] if self._in_part else array

    def _set_positions(self, positions: NDArray[np.float32]) -> None:
        axes = positions.shape[1]
        place = self._flat if axes == 2 else self._deep
        place["position"] = self._buffer(f"position {axes}", self._chosen(positions))
        self.shared_program.vert["place"] = place

    def _set_numbers(self) -> None:
        self._look_up["number"] = self._buffer("number", self._chosen(self._numbers))

    def _set_number(self, name: str, value: NDArray[np.floating] | float) -> None:
        array = np.asarray(value, dtype=np.float32)
        # A number for all is a uniform: vispy loses a constant attribute when it links again.
        self.shared_program.vert[name] = self._buffer(name, array) if array.ndim else float(array)

    def _buffer(self, name: str, data: NDArray[np.float32]) -> gloo.VertexBuffer:
        buffer = self._buffers.get(name)
        if buffer is None:
            divisor = 1 if self._method == "instanced" else None
            buffer = self._buffers[name] = gloo.VertexBuffer(divisor=divisor)
        buffer.set_data(np.ascontiguousarray(data))
        return buffer

    def _upload_data(self, data_dict: dict[str, NDArray[np.float32]]) -> None:
        """Take what :meth:`set_data` was given: colours and all else, one a point."""
        self._lookup, self._numbers = None, np.empty(0, np.float32)
        self._in_part, self._part = False, None
        self._frames, self.seconds = 0, 0.0
        self._data = data_dict
        self._set_positions(data_dict["a_position"])
        for name, theirs in (("size", "a_size"), ("edge", "a_edgewidth"), ("symbol", "a_symbol")):
            self._set_number(name, data_dict[theirs])
        self._own_border["color"] = self._buffer("border", data_dict["a_fg_color"])
        self._own_face["color"] = self._buffer("face", data_dict["a_bg_color"])
        self.shared_program.frag["marker"] = self._symbol_func
        self.shared_program.vert["border"] = self._own_border
        self.shared_program.vert["face"] = self._own_face
