"""The shell command ``napari-abc``: the same verbs as in Python and in the dock.

Importing this loads the standard library and nothing else, so that ``--help`` is instant.
"""

from napari_abc.cli.command import main

__all__ = ["main"]
