"""Where slabs lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_abc.model import Frame
from napari_abc.stage import Scene, Tile, grid_shape, space_of, tiles, verbs

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_abc.model import Slab
    from napari_abc.stage import Place


def test_what_shares_no_space_is_never_on_one_board(make_slab: Callable[..., Slab]) -> None:
    slab = make_slab()
    micron = Frame("micron", ("x", "y"), "micrometer")
    assert space_of(slab, slab.frame) == space_of(slab, micron) == "tissue"
    ccf = Frame("ccf", ("x", "y", "z"), "millimeter", title="Allen CCF")
    assert space_of(slab, ccf) == "3D Allen CCF"
    umaps = [make_slab(label, "WMB-10X") for label in ("UMAP a", "UMAP b")]
    spaces = {space_of(umap, Frame("UMAP", ("x", "y"), "")) for umap in umaps}
    assert len(spaces) == 2 and "tissue" not in spaces


@pytest.mark.parametrize("aspect", [0.5, 1.0, 1.6, 3.0])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 16, 40, 239])
def test_tiles_are_as_large_as_can_be(count: int, aspect: float) -> None:
    rows, columns = grid_shape(count, aspect)
    assert rows * columns >= count > (rows - 1) * columns
    side = min(aspect / columns, 1 / rows)
    every = [min(aspect / c, 1 / int(np.ceil(count / c))) for c in range(1, count + 1)]
    assert side == pytest.approx(max(every))


def test_no_tile_for_nothing() -> None:
    assert grid_shape(0) == (0, 0)
    assert tiles(Scene(), {}) == ()


def test_tiles_are_sorted_by_plane_by_species_or_as_opened(
    make_slab: Callable[..., Slab], place: Callable[[Slab], Place]
) -> None:
    slabs = [make_slab(label) for label in ("Plane.10", "Plane.9", "Plane.1")]
    for slab, z in zip(slabs, (3.0, 1.0, 2.0), strict=True):
        slab.cells["z_section"] = z
    slabs[2].species = "a first"
    places = [place(slab) for slab in slabs]
    known = {p.slab: slab for p, slab in zip(places, slabs, strict=True)}
    scene = verbs.open_slabs(Scene(), places)

    def names(scene: Scene, **known_slabs: object) -> list[str]:
        return [tile.slabs[0].slab for tile in tiles(scene, known)]

    assert names(scene) == ["Plane.9", "Plane.1", "Plane.10"]
    assert names(verbs.sort_tiles(scene, "opened")) == ["Plane.10", "Plane.9", "Plane.1"]
    assert names(verbs.sort_tiles(scene, "species")) == ["Plane.1", "Plane.9", "Plane.10"]
    # Without depths, by name, whose numbers are numbers.
    for slab in slabs:
        slab.cells = slab.cells.drop(columns="z_section")
    assert names(scene) == ["Plane.1", "Plane.9", "Plane.10"]


def test_hidden_slabs_have_no_tile_and_those_above_share_one(
    make_slab: Callable[..., Slab], place: Callable[[Slab], Place]
) -> None:
    places = [place(make_slab(label)) for label in ("a", "b", "c")]
    scene = verbs.open_slabs(verbs.open_slabs(Scene(), places[:2]), places[2:], "overlay")
    keys = [p.slab for p in places]
    assert tiles(scene, {}) == (Tile(0, 0, (keys[0],)), Tile(0, 1, (keys[1], keys[2])))
    assert tiles(verbs.set_visible(scene, keys[0], False), {}) == (Tile(0, 0, (keys[1], keys[2])),)
    assert tiles(verbs.set_visible(scene, keys[2], False), {})[1].slabs == (keys[1],)


def test_tiles_follow_the_shape_of_the_canvas(
    make_slab: Callable[..., Slab], place: Callable[[Slab], Place]
) -> None:
    scene = verbs.open_slabs(Scene(), [place(make_slab(f"Plane.{number}")) for number in range(4)])
    for aspect, shape in ((0.2, (4, 1)), (1.0, (2, 2)), (5.0, (1, 4))):
        found = tiles(scene, {}, aspect)
        assert (1 + max(tile.row for tile in found), 1 + max(tile.column for tile in found)) == shape
