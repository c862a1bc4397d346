from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from napari.components import ViewerModel

from napari_abc.atlas.atlas import open_atlas
from napari_abc.widgets import shared_atlas

if TYPE_CHECKING:
    from pathlib import Path


def test_what_one_dock_opened_is_known_to_others_of_its_viewer(release_folder: Path) -> None:
    atlas, viewer = open_atlas(release_folder), ViewerModel()
    heard = []

    def hear(*told: object) -> None:
        heard.append(told)

    shared_atlas.events.opened.connect(hear)
    assert shared_atlas.shared(viewer) is None
    shared_atlas.share(viewer, atlas, "demo")
    found = shared_atlas.shared(viewer)
    assert found is not None
    assert (found.atlas, found.location) == (atlas, "demo")
    assert heard == [(viewer, found)]
    assert shared_atlas.shared(ViewerModel()) is None
    shared_atlas.events.opened.disconnect(hear)


def test_a_closed_viewer_is_forgotten(release_folder: Path) -> None:
    viewer = ViewerModel()
    shared_atlas.share(viewer, open_atlas(release_folder), "demo")
    before = len(shared_atlas._open)
    del viewer
    gc.collect()
    assert len(shared_atlas._open) < before
