"""Verbs: each gives another scene and leaves the one that it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from napari_abc.errors import ConfigurationError, UnknownNameError
from napari_abc.model import Frame, Slab
from napari_abc.stage import InSelection, NameCondition, Place, RangeCondition, Scene, verbs

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def three(make_slab: Callable[..., Slab], place: Callable[[Slab], Place]) -> list[Place]:
    return [place(make_slab(label)) for label in ("Plane.1", "Plane.2", "Plane.3")]


@pytest.fixture
def umap(make_slab: Callable[..., Slab], place: Callable[[Slab], Place]) -> Place:
    return place(make_slab("UMAP", "WMB-10X", frames=(Frame("UMAP", ("x", "y"), ""),)))


def test_slabs_are_opened_beside_each_other_over_one_another_or_instead(three: list[Place]) -> None:
    one, two, other = three
    scene = verbs.open_slabs(Scene(), [one, two])
    assert [place.over for place in scene.places] == [None, None]
    assert scene.space == "tissue" and scene.layout == "beside"
    above = verbs.open_slabs(scene, [other], "overlay")
    assert above.places[2].over == two.slab
    assert above.layout == "overlay"  # the choice is kept
    instead = verbs.open_slabs(above, [one], "replace")
    assert [place.slab for place in instead.places] == [one.slab]
    assert instead.places[0].over is None
    assert len(scene.places) == 2  # what was given is as it was


def test_the_layout_is_for_slabs_that_are_opened_later(three: list[Place]) -> None:
    scene = verbs.set_layout(verbs.open_slabs(Scene(), three[:2]), "overlay")
    assert [place.over for place in scene.places] == [None, None]
    assert verbs.open_slabs(scene, three[2:]).places[2].over == three[1].slab
    with pytest.raises(ConfigurationError, match="layout"):
        verbs.set_layout(scene, "on top")  # type: ignore[arg-type]


def test_what_lay_over_a_slab_that_is_replaced_gets_a_tile(three: list[Place]) -> None:
    one, two, other = three
    scene = verbs.open_slabs(verbs.open_slabs(Scene(), [one]), [two], "overlay")
    scene = verbs.open_slabs(scene, [two, other], "replace")
    assert [(place.slab.slab, place.over) for place in scene.places] == [("Plane.2", None), ("Plane.3", None)]


def test_a_slab_that_is_open_already_comes_into_view_and_is_not_opened_twice(
    three: list[Place], umap: Place
) -> None:
    scene = verbs.open_slabs(Scene(), [*three, umap])
    assert scene.space == "WMB-10X UMAP"
    again = verbs.open_slabs(scene, [three[0]])
    assert again.places == scene.places
    assert again.space == "tissue"


def test_an_overlay_lies_over_slabs_of_its_own_space_only(three: list[Place], umap: Place) -> None:
    scene = verbs.open_slabs(verbs.open_slabs(Scene(), [three[0]]), [umap], "overlay")
    assert scene.place(umap.slab).over is None  # type: ignore[union-attr]
    replaced = verbs.open_slabs(scene, [three[1]], "replace")
    assert {place.slab.slab for place in replaced.places} == {"UMAP", "Plane.2"}


def test_closing_a_slab_frees_what_lay_over_it_and_leaves_its_space(three: list[Place], umap: Place) -> None:
    scene = verbs.open_slabs(verbs.open_slabs(Scene(), [umap, three[0]]), [three[1]], "overlay")
    scene = verbs.close(scene, [three[0].slab])
    assert scene.place(three[1].slab).over is None  # type: ignore[union-attr]
    assert scene.space == "tissue"
    scene = verbs.close(scene, [three[1].slab])
    assert scene.space == "WMB-10X UMAP"
    assert verbs.close(scene, [umap.slab]).space == ""
    with pytest.raises(UnknownNameError, match=r"Plane\.1 is not open; open are: UMAP"):
        verbs.close(scene, [three[0].slab])


def test_a_slab_in_another_frame_leaves_its_board(three: list[Place]) -> None:
    one, two, _ = three
    scene = verbs.open_slabs(verbs.open_slabs(Scene(), [one]), [two], "overlay")
    scene = verbs.move_to_frame(scene, one.slab, "ccf", "3D ccf")
    assert scene.space == "3D ccf" and scene.in_view[0].slab == one.slab
    assert scene.place(two.slab).over is None  # type: ignore[union-attr]
    same = verbs.move_to_frame(verbs.open_slabs(Scene(), [one, two]), two.slab, "experiment", "tissue")
    assert [place.frame for place in same.places] == ["slab", "experiment"]


def test_only_a_space_with_slabs_comes_into_view(three: list[Place], umap: Place) -> None:
    scene = verbs.open_slabs(Scene(), [three[0], umap])
    assert verbs.look_at_space(scene, "tissue").in_view == (three[0],)
    with pytest.raises(UnknownNameError, match="Nothing is open in 'moon'; there is tissue, WMB-10X UMAP"):
        verbs.look_at_space(scene, "moon")


def test_one_coloring_for_all_or_one_slab(three: list[Place]) -> None:
    scene = verbs.open_slabs(Scene(), three)
    scene = verbs.color_by(scene, "Subclass")
    scene = verbs.color_by(scene, "gene:DRD1", "raw", (0, 8), slab=three[1].slab)
    assert scene.coloring_of(three[0].slab) == scene.coloring
    own = scene.coloring_of(three[1].slab)
    assert own is not None and own.keys == ("gene:DRD1",) and own.limits == ((0.0, 8.0),)
    assert own.values == "raw" and own.is_gene
    # A coloring for all is one for all.
    scene = verbs.color_by(scene, ["gene:DRD1", "gene:DRD2"], limits=[(0, 1), None], colormap="viridis")
    assert [place.coloring for place in scene.places] == [None] * 3
    assert scene.coloring is not None and scene.coloring.limits == ((0.0, 1.0), None)
    # The colormap stays until another is asked for.
    assert verbs.color_by(scene, "counts").coloring.colormap == "viridis"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"keys": ["gene:A", "Subclass"]}, "Only genes can be shown together"),
        ({"keys": [f"gene:{i}" for i in range(4)]}, "At most 3 genes are blended; ask for their mean"),
        ({"keys": []}, "at least 1 item"),
        ({"keys": "gene:A", "limits": (2, 1)}, "the lower one first"),
        ({"keys": ["gene:A", "gene:B"], "limits": [(0, 1)]}, "limits for each gene, or none"),
        ({"keys": "gene:A", "limits": (0, float("nan"))}, "finite number"),
        ({"keys": "gene:A", "values": "log10"}, "'log2' or 'raw'"),
        ({"keys": "a\nb"}, "match pattern"),
    ],
)
def test_what_cannot_be_colored_by_is_said_and_changes_nothing(arguments: dict[str, Any], why: str) -> None:
    scene = Scene()
    with pytest.raises(ConfigurationError, match=why):
        verbs.color_by(scene, **arguments)
    assert scene == Scene()


def test_the_mean_of_many_genes() -> None:
    scene = verbs.color_by(Scene(), [f"gene:{i}" for i in range(9)], mean=True)
    assert scene.coloring is not None and scene.coloring.mean and len(scene.coloring.keys) == 9


def test_limits_move_and_own_colors_stay_with_their_column() -> None:
    with pytest.raises(ConfigurationError, match="Nothing is colored by numbers yet"):
        verbs.set_limits(Scene(), (0, 1))
    scene = verbs.set_limits(verbs.color_by(Scene(), "gene:DRD1", "raw", colormap="viridis"), (1, 2))
    assert scene.coloring is not None
    assert (scene.coloring.limits, scene.coloring.values, scene.coloring.colormap) == (
        ((1.0, 2.0),),
        "raw",
        "viridis",
    )
    scene = verbs.color_categories(verbs.color_by(Scene(), "Subclass"), {"D2": "#00ff00", "D1": "#ff0000"})
    assert scene.coloring is not None
    assert scene.coloring.colors == (("D1", "#ff0000"), ("D2", "#00ff00"))
    assert verbs.color_by(scene, "Subclass").coloring == scene.coloring
    assert verbs.color_by(scene, "Class").coloring.colors == ()  # type: ignore[union-attr]
    back = verbs.color_categories(scene, {"D1": ""})
    assert back.coloring is not None and back.coloring.colors == (("D2", "#00ff00"),)
    with pytest.raises(ConfigurationError, match="colors"):
        verbs.color_categories(scene, {"D1": "red"})
    with pytest.raises(ConfigurationError, match="choose one first"):
        verbs.color_categories(Scene(), {"D1": "#ff0000"})


def test_a_filter_is_kept_when_the_coloring_changes_and_slabs_come_and_go(three: list[Place]) -> None:
    scene = verbs.filter_names(verbs.open_slabs(Scene(), three[:1]), "Subclass", keep=["D1"])
    kept = scene.filter
    scene = verbs.color_by(scene, "gene:DRD1")
    scene = verbs.open_slabs(scene, three[1:])
    scene = verbs.close(scene, [three[0].slab])
    scene = verbs.move_to_frame(scene, three[1].slab, "ccf", "3D ccf")
    assert scene.filter == kept
    assert verbs.clear_filters(scene).filter.conditions == ()


def test_there_is_one_condition_a_column_and_they_can_be_removed() -> None:
    scene = verbs.filter_names(Scene(), "Subclass", keep=["D1", "D1"])
    scene = verbs.filter_names(scene, "subclass", drop=["D2", None])
    assert scene.filter.conditions == (NameCondition(column="subclass", names=("D2", None), keep=False),)
    scene = verbs.filter_range(scene, "counts", low=100)
    scene = verbs.filter_range(scene, "counts", high=5, values="raw")
    number = RangeCondition(key="counts", high=5.0, values="raw")
    assert scene.filter.conditions[1:] == (number,)
    assert verbs.remove_condition(scene, number).filter.conditions == scene.filter.conditions[:1]
    assert verbs.gray_others(scene, True).filter.others == "gray"
    assert verbs.gray_others(verbs.gray_others(scene, True), False) == scene


@pytest.mark.parametrize(
    ("verb", "arguments", "why"),
    [
        ("filter_names", {"column": "Subclass"}, "which names to keep, or which to drop"),
        ("filter_names", {"column": "Subclass", "keep": [], "drop": []}, "which names to keep"),
        ("filter_range", {"key": "counts"}, "a lower or an upper limit"),
        ("filter_range", {"key": "counts", "low": 2, "high": 1}, "The lower limit of a range comes first"),
        ("filter_range", {"key": "counts", "low": float("inf")}, "finite number"),
        ("filter_selection", {"name": "mine"}, "the selection 'mine', which is not there"),
        ("show", {"stars": True}, "'stars' can't be shown; there is regions, outlines"),
        ("show", {"cell_size": 0}, "greater than 0"),
    ],
)
def test_what_cannot_be_is_said(verb: str, arguments: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        verbs.VERBS[verb](Scene(), **arguments)


def test_selections_are_named_and_forgotten_with_their_conditions() -> None:
    scene = verbs.select(Scene(), "mine", {"Human": ["b", "a"], "Mouse": []}, "#112233")
    assert scene.active == "mine" and scene.selections[0].count == 2
    assert scene.selections[0].cells == (("Human", frozenset("ab")),)
    scene = verbs.select(scene, "mine", {"Human": ["c"]})
    assert len(scene.selections) == 1 and scene.selections[0].color == "#112233"
    scene = verbs.select(scene, "other", {})
    scene = verbs.filter_selection(scene, "mine", keep=False)
    assert scene.filter.conditions == (InSelection(name="mine", keep=False),)
    scene = verbs.remove_selection(scene, "mine")
    assert scene.filter.conditions == () and scene.active == "other"
    assert verbs.remove_selection(scene, "other").active == ""
    with pytest.raises(UnknownNameError, match="no selection 'mine'; there is other"):
        verbs.remove_selection(scene, "mine")


def test_slabs_are_hidden_and_tiles_sorted(three: list[Place]) -> None:
    scene = verbs.set_visible(verbs.open_slabs(Scene(), three), three[1].slab, False)
    assert [place.visible for place in scene.places] == [True, False, True]
    assert verbs.sort_tiles(scene, "species").sort == "species"
    assert verbs.show(scene, cell_size=2.0, volumes=("Average template",)).shown.cell_size == 2.0


def test_limits_of_one_slab_move_alone(three: list[Place]) -> None:
    scene = verbs.color_by(verbs.open_slabs(Scene(), three), "gene:DRD1")
    one, other = three[0].slab, three[1].slab
    scene = verbs.set_limits(verbs.color_by(scene, "counts", slab=one), (1, 2), one)
    own, of_all = scene.coloring_of(one), scene.coloring_of(other)
    assert own is not None and (own.keys, own.limits) == (("counts",), ((1.0, 2.0),))
    assert of_all is not None and (of_all.keys, of_all.limits) == (("gene:DRD1",), ())


def test_a_new_scene_shows_all_there_is_and_cells_as_large_as_tissue() -> None:
    shown = Scene().shown
    assert (shown.regions, shown.outlines, shown.images) == (True, True, True)
    assert (shown.volumes, shown.cell_size, shown.order) == ((), 1.0, "value")
    assert (Scene().layout, Scene().sort) == ("beside", "plane")
