"""Small widgets that every part of the dock uses."""

from __future__ import annotations

from napari_abc.widgets.parts._form import ask_parameters, parameter_form
from napari_abc.widgets.parts._notice import Notice
from napari_abc.widgets.parts._section import Section
from napari_abc.widgets.parts._two_lines import LINES, Lines, TwoLines
from napari_abc.widgets.parts._working_dock import WorkingDock
from napari_abc.widgets.parts._wrapped_label import WrappedLabel

__all__ = [
    "LINES",
    "Lines",
    "Notice",
    "Section",
    "TwoLines",
    "WorkingDock",
    "WrappedLabel",
    "ask_parameters",
    "parameter_form",
]
