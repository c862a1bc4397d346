"""Frames: what their axes are called."""

from __future__ import annotations

from napari_abc.model import Frame


def test_axes_are_named_in_the_order_of_napari() -> None:
    assert Frame("slab", ("a", "b"), "millimeter").axis_labels == ("y", "x")
    assert Frame("ccf", ("a", "b", "c"), "millimeter").axis_labels == ("z", "y", "x")
    assert Frame("own", ("a", "b"), "millimeter", axes=("z", "y")).axis_labels == ("y", "z")


def test_a_frame_says_its_columns_unit_and_which_way_is_down() -> None:
    slab = Frame("slab", ("a", "b"), "millimeter")
    assert (repr(slab), slab.ndim, slab.y_down) == ("<Frame slab: a, b in millimeter, y down>", 2, True)
    umap = Frame("UMAP", ("a", "b", "c"), "", y_down=False)
    assert (repr(umap), umap.ndim) == ("<Frame UMAP: a, b, c, y up>", 3)
