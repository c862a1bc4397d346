"""A picture of points that was made on the processor, drawn where the points would be.

It holds a number for each pixel, that of the point seen there, and looks the colors up in the same
table as the points: another palette, other limits or hidden categories cost nothing here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from vispy import gloo
from vispy.visuals import Visual

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from vispy.visuals.shaders import Function

__all__ = ["EMPTY", "RasterVisual"]

EMPTY = -3.35e38
"""Number of a pixel at which no point is; of a point it can't be."""

_VERTEX = """
uniform float u_depth;
uniform vec4 u_part;
attribute vec2 a_corner;
varying vec2 v_place;
void main() {
    v_place = a_corner * 0.5 + 0.5;
    gl_Position = vec4(mix(u_part.xy, u_part.zw, v_place), u_depth, 1.0);
}
"""

_FRAGMENT = f"""#version 120
uniform sampler2D u_numbers;
uniform sampler2D u_depths;
uniform bool u_deep;
uniform bool u_quarters;
uniform vec2 u_quarter;
varying vec2 v_place;

vec4 seen(float column, float row) {{
    float number = texture2D(u_numbers, v_place + vec2(column, row) * u_quarter).r;
    if (number < {EMPTY * 0.999}) {{
        return vec4(0.0);
    }}
    vec4 color = $look_up(number);
    return vec4(color.rgb * color.a, color.a);
}}

void main() {{
    vec4 color;
    if (u_quarters) {{
        color = (seen(-1.0, -1.0) + seen(1.0, -1.0) + seen(-1.0, 1.0) + seen(1.0, 1.0)) / 4.0;
    }} else {{
        color = seen(0.0, 0.0);
    }}
    if (color.a <= 0.0) {{
        discard;
    }}
    gl_FragColor = vec4(color.rgb / color.a, color.a);
    gl_FragDepth = u_deep ? texture2D(u_depths, v_place).r : gl_FragCoord.z;
}}
"""


class RasterVisual(Visual):  # type: ignore[misc]
    """Numbers of pixels, and the function that looks their colors up.

    As a part of a compound visual it takes over filters and blending, but is drawn by
    :meth:`paint`, in place of the points and not after all other parts.
    """

    def __init__(self, look_up: Function) -> None:
        super().__init__(vcode=_VERTEX, fcode=_FRAGMENT)
        self.unfreeze()
        self._numbers = _texture()
        self._depths = _texture()
        self.freeze()
        self._draw_mode = "triangle_strip"
        self.set_gl_state("translucent")
        corners = np.array([(-1, -1), (1, -1), (-1, 1), (1, 1)], np.float32)
        self.shared_program["a_corner"] = gloo.VertexBuffer(corners)
        self.shared_program["u_numbers"] = self._numbers
        self.shared_program["u_depths"] = self._depths
        self.shared_program["u_deep"] = False
        self.shared_program["u_depth"] = 0.0
        self.shared_program["u_part"] = (-1.0, -1.0, 1.0, 1.0)
        self.shared_program.frag["look_up"] = look_up

    def show(
        self,
        numbers: NDArray[np.float32],
        quarters: bool,
        depth: NDArray[np.float32] | float,
        part: tuple[float, float, float, float] = (-1.0, -1.0, 1.0, 1.0),
    ) -> None:
        """Take another picture.

        Parameters
        ----------
        numbers
            (rows, columns) of the pixels, the lowest row first.
        quarters
            Whether four of them make a pixel of the canvas.
        depth
            Of the picture, between -1 and 1, or (rows, columns) of each pixel, between 0 and 1.
        part
            Left, lower, right and upper end of the part of the canvas that it shows, between -1 and 1.
        """
        self._numbers.set_data(numbers[..., None])
        program = self.shared_program
        program["u_quarters"], program["u_part"] = quarters, part
        program["u_quarter"] = (0.5 / numbers.shape[1], 0.5 / numbers.shape[0])
        program["u_deep"] = isinstance(depth, np.ndarray)
        if isinstance(depth, np.ndarray):
            self._depths.set_data(depth[..., None])
        else:
            program["u_depth"] = float(depth)

    def draw(self) -> None:
        """Draw nothing: it is not the turn of this visual."""

    def paint(self) -> None:
        """Draw the picture."""
        super().draw()

    def _prepare_transforms(self, view: Any) -> None:
        """The picture was made for the canvas as it is."""

    def _compute_bounds(self, axis: int, view: Any) -> None:
        """The points tell theirs."""


def _texture() -> gloo.Texture2D:
    data = np.zeros((1, 1, 1), np.float32)
    return gloo.Texture2D(data, interpolation="nearest", wrapping="clamp_to_edge", internalformat="r32f")
