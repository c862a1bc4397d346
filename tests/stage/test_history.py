"""Going back and forth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_abc.stage import History, Scene, verbs

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_abc.model import Slab
    from napari_abc.stage import Place


def test_back_and_forth_and_a_new_way_forgets_the_old() -> None:
    history = History(Scene())
    assert not history.can_undo and history.undo() == Scene()
    scenes = [Scene()]
    for key in ("a", "b", "c"):
        scenes.append(verbs.color_by(history.scene, key))
        assert history.push(scenes[-1])
    assert not history.push(scenes[-1])  # the same is no step
    assert [history.undo() for _ in range(4)] == [scenes[2], scenes[1], scenes[0], scenes[0]]
    assert not history.can_undo and history.can_redo
    assert [history.redo() for _ in range(2)] == scenes[1:3]
    other = verbs.color_by(history.scene, "d")
    history.push(other)
    assert not history.can_redo and history.redo() == other
    assert history.undo() == scenes[2]


def test_a_drag_is_undone_as_one() -> None:
    history = History(verbs.color_by(Scene(), "gene:A"))
    first = history.scene
    for high in (2, 3, 4):
        history.push(verbs.set_limits(history.scene, (0, high)), together="limits")
    dragged = history.scene
    history.settle()
    history.push(verbs.set_limits(history.scene, (0, 9)), together="limits")
    assert history.undo() == dragged
    assert history.undo() == first
    history.push(verbs.set_limits(history.scene, (1, 2)), together="limits")
    assert history.undo() == first  # an undo ends a drag, too


def test_old_scenes_are_forgotten() -> None:
    history = History(Scene(), most=2)
    for key in "abcd":
        history.push(verbs.color_by(history.scene, key))
    assert [history.undo().coloring.keys for _ in range(2)] == [("c",), ("b",)]  # type: ignore[union-attr]
    assert not history.can_undo


def test_the_slabs_of_all_scenes_are_known(
    make_slab: Callable[..., Slab], place: Callable[[Slab], Place]
) -> None:
    one, two = place(make_slab("one")), place(make_slab("two"))
    history = History(Scene())
    history.push(verbs.open_slabs(history.scene, [one]))
    history.push(verbs.open_slabs(history.scene, [two], "replace"))
    assert history.slabs() == {one.slab, two.slab}
    history.undo()
    assert history.slabs() == {one.slab, two.slab}
