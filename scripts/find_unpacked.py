"""Lets ctypes find the libraries that lie in ``LD_LIBRARY_PATH`` by their names.

vispy and PyOpenGL ask ``ctypes.util.find_library`` for fontconfig and OpenGL. On a machine without a
compiler that function knows installed libraries only, and not those unpacked into ``.system/``.
``scripts/setup`` puts this module into ``.venv`` where it has to, and has Python run it when it starts.
"""

from __future__ import annotations

import ctypes.util
import os

_find_installed = ctypes.util.find_library


def find_library(name: str) -> str | None:
    """Find a library by its name without "lib" and suffix, as in ``ctypes.util``."""
    found = _find_installed(name)
    if found is not None:
        return found
    for folder in filter(None, os.environ.get("LD_LIBRARY_PATH", "").split(":")):
        files = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        for file in files:
            if file.startswith(f"lib{name}.so"):
                return file
    return None


ctypes.util.find_library = find_library
