"""The shader of vispy's markers with exchangeable parts, and the function that looks a color up."""

from __future__ import annotations

import re

from vispy.visuals.markers import MarkersVisual

__all__ = ["FLAT_LIGHTING", "LOOK_UP", "RANK_OF", "ROW_OF", "WIDTH", "vertex_shader"]

WIDTH = 256
"""Colors in a row of the table's texture."""

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

_ORDERED = """
    // What ranks higher is nearer.
    if (u_ordered > 0.5) {
        gl_Position.z = gl_Position.w * (0.9 - 1.8 * $rank());
    }
"""

_HIDDEN = """
    // A transparent marker hides nothing behind it, and costs nothing.
    if (v_fg_color.a <= 0.0 && v_bg_color.a <= 0.0) {
        gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    }
}
"""

FLAT_LIGHTING = """
uniform float u_ordered;

vec4 apply_lighting(vec2 pointcoord, vec4 color) {
    return color;
}

void write_depth(vec2 pointcoord) {
    // The faint rim of a marker hides nothing; all else of it hides what ranks lower.
    float depth = gl_FragCoord.z;
    if (u_ordered > 0.5) {
        float full = max(v_bg_color.a, v_fg_color.a);
        if (gl_FragColor.a < 0.5 * full) {
            depth = 1.0;
        } else {
            gl_FragColor.a = full;
        }
    }
    gl_FragDepth = depth;
}
"""

ROW_OF = """
float row_of(float number) {
    float row = number;
    if (number < $aside_below) {
        row = $rows;
    } else if (number < $least) {
        row = $rows - 1.0;
    } else if ($scale > 0.0) {
        if (number < $cut || number <= $zero) {
            row = $rows - 2.0;
        } else {
            row = floor(clamp(((number - $origin) - $rest) * $scale, 0.0, $rows - 3.0));
        }
    }
    return row;
}
"""

LOOK_UP = f"""
vec4 look_up(float number) {{
    float row = $row_of(number);
    float line = floor(row / {WIDTH}.0);
    vec2 place = vec2(row - line * {WIDTH}.0 + 0.5, line + 0.5);
    return texture2D($table, place / vec2({WIDTH}.0, $lines));
}}
"""

RANK_OF = LOOK_UP.replace("vec4 look_up", "float rank_of").replace("$table", "$ranks").replace("));", ")).r;")


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
    return "uniform float u_ordered;\n" + code.rstrip().removesuffix("}") + _ORDERED + _HIDDEN
