"""Frames: what their axes are called."""

from __future__ import annotations

from napari_abc.model import Frame


def test_axes_are_named_in_the_order_of_napari() -> None:
    assert Frame("slab", ("a", "b"), "millimeter").axis_labels == ("y", "x")
    assert Frame("ccf", ("a", "b", "c"), "millimeter").axis_labels == ("z", "y", "x")
    assert Frame("own", ("a", "b"), "millimeter", axes=("z", "y")).axis_labels == ("y", "z")
