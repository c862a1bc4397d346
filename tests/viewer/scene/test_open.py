"""A viewer and its scene end together."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any
from weakref import ref

import napari_abc as abc

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_abc.model import Slab


def test_a_closed_viewer_and_its_scene_are_let_go(make_napari_viewer: Callable[..., Any], slab: Slab) -> None:
    viewer = make_napari_viewer()
    scene = abc.scene(viewer)
    scene.open(slab)
    assert abc.scene(viewer) is scene
    held = ref(scene)
    viewer.close()
    del scene, viewer
    gc.collect()
    assert held() is None
