"""The layer of cells as it is made: what napari would make of the same arguments, on any thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from napari.layers import Layer, Points

import napari_abc as abc
from napari_abc.viewer.cell_layer import make_cells, ready
from napari_abc.viewer.color import _lookup_way
from napari_abc.viewer.color import _ways as ways
from napari_abc.viewer.points import lookup_of
from napari_abc.viewer.prepare import prepare_slab
from napari_abc.viewer.scene import add_prepared
from processes import in_threads

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    from napari_abc.model import Slab


def assert_same(made: Points, wanted: Points) -> None:
    assert made._get_state().keys() == wanted._get_state().keys()
    for name in ("features", "feature_defaults"):
        pd.testing.assert_frame_equal(getattr(made, name), getattr(wanted, name))
    for name in ("data", "face_color", "border_color", "size", "border_width", "symbol", "shown", "scale"):
        np.testing.assert_array_equal(getattr(made, name), getattr(wanted, name), name)
    for name in ("name", "units", "axis_labels", "blending", "opacity"):
        assert getattr(made, name) == getattr(wanted, name)
    assert made.metadata.keys() == wanted.metadata.keys()


@pytest.mark.parametrize("key", ["Subclass", "gene:DRD1"])
def test_it_is_what_napari_makes_of_the_same(slab: Slab, key: str) -> None:
    part = prepare_slab(slab, key).cells
    made = make_cells(part)
    assert lookup_of(made) is not None
    assert_same(made, Layer.create(*part))


def test_it_is_made_on_a_thread_and_shown_once(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any]
) -> None:
    (prepared,) = in_threads(lambda: ready(prepare_slab(slab, "Subclass")))
    layer = add_prepared(viewer, prepared).cells
    assert layer is prepared.made
    assert look(viewer).color(1, 1) == "#e41a1c"
    assert add_prepared(viewer, prepared).cells is layer  # it is open already
    abc.scene(viewer).close(slab)
    again = add_prepared(viewer, prepared).cells
    assert again is not layer
    assert look(viewer).color(5, 2) == "#4daf4a"


def test_where_colors_cannot_be_looked_up_it_has_its_own(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    part = prepare_slab(slab, "Subclass").cells
    monkeypatch.setattr(_lookup_way, "capable", lambda: "napari has no 'colors' any more")
    assert_same(make_cells(part), Layer.create(*part))
    assert type(make_cells(part)) is Points
    monkeypatch.undo()
    monkeypatch.setenv(ways.ENVIRONMENT, "vertex")
    assert type(make_cells(part)) is Points
    assert look(viewer).color(1, 1) == "#000000"
    abc.add_slab(viewer, slab, "Subclass")
    assert look(viewer).color(1, 1) == "#e41a1c"


def test_a_slab_that_is_colored_by_nothing_is_gray(slab: Slab) -> None:
    slab.groups = {}
    part = prepare_slab(slab).cells
    made = make_cells(part)
    np.testing.assert_allclose(made.face_color[0, :3], 200 / 255, atol=1e-6)
