from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from napari_abc.stage import (
    InSelection,
    NameCondition,
    Place,
    RangeCondition,
    Scene,
    SlabKey,
    verbs,
)
from napari_abc.widgets.scene._words import condition_sentence, condition_text, space_titles, step_text

if TYPE_CHECKING:
    from napari_abc.stage import Condition


@pytest.mark.parametrize(
    ("condition", "text", "sentence"),
    [
        (
            NameCondition(column="Group", names=("a", "b", "c")),
            "Group: 3 kept",
            "Cells whose Group is one of: a, b, c",
        ),
        (
            NameCondition(column="Group", names=("a", None), keep=False),
            "Group: 2 left out",
            "Cells whose Group is none of: a, no value",
        ),
        (NameCondition(column="Class", names=("MSN",)), "Class: MSN", "Cells whose Class is one of: MSN"),
        (
            NameCondition(column="Class", names=(None,), keep=False),
            "Class: not no value",
            "Cells whose Class is none of: no value",
        ),
        (
            RangeCondition(key="transcript_count", low=100.0),
            "transcript_count ≥ 100",
            "Cells whose transcript_count is at least 100",
        ),
        (
            RangeCondition(key="volume", high=1234567.5),
            "volume ≤ 1.23457e+06",
            "Cells whose volume is at most 1.23457e+06",
        ),
        (
            RangeCondition(key="gene:DRD1", low=2.0, high=8.0, values="raw"),
            "DRD1 2–8",
            "Cells whose DRD1 (raw) is from 2 to 8",
        ),
        (RangeCondition(key="score", low=-2.5, high=1.0), "score -2.5 to 1", ""),
        (InSelection(name="A"), "in selection A", "Cells in the selection A"),
        (InSelection(name="A", keep=False), "not in selection A", "Cells outside the selection A"),
    ],
)
def test_conditions_are_said_in_words(condition: Condition, text: str, sentence: str) -> None:
    assert condition_text(condition) == text
    assert not sentence or condition_sentence(condition) == sentence


def test_a_tooltip_lists_some_names_and_counts_the_others() -> None:
    names = tuple(f"type {i}" for i in range(30))
    sentence = condition_sentence(NameCondition(column="Cluster", names=names))
    assert "type 0, type 1" in sentence
    assert sentence.endswith("and 18 more")


def _place(slab: str, space: str = "tissue", dataset: str = "Human", **more: Any) -> Place:
    return Place(slab=SlabKey(dataset=dataset, slab=slab), frame="slab", space=space, **more)


def test_spaces_have_readable_titles_and_no_two_the_same() -> None:
    places = (
        _place("Plane.1"),
        _place("All", "3D CCF"),
        _place("UMAP", "WMB-10X UMAP", "WMB-10X"),
        _place("UMAP", "WHB-10X UMAP", "WHB-10X"),
    )
    scene = Scene(places=places, space="tissue")
    titles = {place.slab: "Whole brain" for place in places}
    assert space_titles(scene, titles) == {
        "tissue": "Tissue",
        "3D CCF": "3D CCF",
        "WMB-10X UMAP": "Whole brain",
        "WHB-10X UMAP": "WHB-10X Whole brain",
    }


def test_steps_are_said_by_what_differs() -> None:
    one, two, umap = _place("Plane.1"), _place("Plane.2"), _place("UMAP", "UMAP")
    empty, both = Scene(), verbs.open_slabs(Scene(), [one, two])
    assert step_text(empty, verbs.open_slabs(empty, [one])) == "opening Plane.1"
    assert step_text(empty, both) == "opening 2 slabs"
    assert step_text(both, verbs.close(both, [one.slab])) == "closing Plane.1"
    assert (
        step_text(verbs.close(both, [one.slab]), verbs.open_slabs(empty, [one]))
        == "opening Plane.1 in place of Plane.2"
    )
    assert (
        step_text(both, verbs.move_to_frame(both, one.slab, "ccf", "3D CCF")) == "another frame for Plane.1"
    )
    assert step_text(both, verbs.color_by(both, "gene:DRD1")) == "coloring by DRD1"
    assert step_text(both, verbs.color_by(both, "Class", slab=two.slab)) == "coloring Plane.2 by Class"
    filtered = verbs.filter_range(both, "volume", low=5)
    assert step_text(both, filtered) == "the filter volume ≥ 5"
    assert step_text(filtered, both) == "removing the filter volume ≥ 5"
    assert step_text(filtered, verbs.gray_others(filtered, True)) == "showing the other cells"
    assert step_text(both, verbs.select(both, "A", {"Human": ["1"]})) == "the selection"
    wide = verbs.open_slabs(both, [umap])
    assert step_text(wide, verbs.look_at_space(wide, "tissue")) == "the change of space"
    assert step_text(both, verbs.set_visible(both, one.slab, False)) == "showing or hiding slabs"
    assert step_text(both, verbs.sort_tiles(both, "opened")) == "the order of the tiles"
    assert step_text(both, verbs.set_layout(both, "overlay")) == "the choice of where slabs open"
    assert step_text(both, verbs.show(both, regions=False)) == "a change of what is shown"
    assert step_text(both, both) == ""
