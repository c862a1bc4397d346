"""Deleting what OpenGL draws by, where a layer is taken out, without a crash at a later frame.

vispy deletes the program of a visual that is gone even if it is the one in use, which OpenGL allows.
Mesa's llvmpipe (22.3) then draws something else without a fragment shader, and ends the process.
"""

from __future__ import annotations

from vispy.gloo import gl
from vispy.gloo.glir import GlirProgram

__all__ = ["delete_programs_safely"]


def delete_programs_safely() -> None:
    """Have vispy put a program out of use before it deletes it; once a process."""
    known = all(hasattr(GlirProgram, name) for name in ("delete", "deactivate"))
    if not known or GlirProgram.delete is _delete:
        return
    GlirProgram.delete = _delete


def _delete(program: GlirProgram) -> None:
    # Of vispy's own deactivate(), but only where it is this one.
    if program._parser.env.get("current_program") == program._handle:
        program.deactivate()
    gl.glDeleteProgram(program._handle)
