"""What the dock calls the parts of a scene: conditions, spaces and steps, in words; no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_abc.model import GENE_PREFIX
from napari_abc.stage import TISSUE, InSelection, NameCondition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_abc.stage import ColorBy, Condition, Scene, SlabKey

__all__ = ["condition_sentence", "condition_text", "key_text", "space_titles", "step_text"]

NO_VALUE = "no value"
_MOST_NAMES = 12
"""Names that a tooltip lists; the others are counted."""


def key_text(key: str) -> str:
    """A column, or a gene without its prefix: ``"DRD1"``."""
    return key[len(GENE_PREFIX) :] if key.casefold().startswith(GENE_PREFIX) else key


def condition_text(condition: Condition) -> str:
    """A condition in as few words as a chip has room for: ``"Group: 3 kept"``, ``"DRD1 2–8"``."""
    if isinstance(condition, InSelection):
        return f"{'in' if condition.keep else 'not in'} selection {condition.name}"
    if isinstance(condition, NameCondition):
        count = len(condition.names)
        if count == 1:
            return f"{condition.column}: {'' if condition.keep else 'not '}{_name(condition.names[0])}"
        return f"{condition.column}: {count:,} {'kept' if condition.keep else 'left out'}"
    name = key_text(condition.key)
    if condition.low is None:
        return f"{name} ≤ {_number(condition.high)}"
    if condition.high is None:
        return f"{name} ≥ {_number(condition.low)}"
    # A dash beside a minus sign is misread.
    dash = " to " if condition.low < 0 or condition.high < 0 else "–"
    return f"{name} {_number(condition.low)}{dash}{_number(condition.high)}"


def condition_sentence(condition: Condition) -> str:
    """A condition with all that it says, for a tooltip."""
    if isinstance(condition, InSelection):
        return f"Cells {'in' if condition.keep else 'outside'} the selection {condition.name}"
    if isinstance(condition, NameCondition):
        names = [_name(name) for name in condition.names[:_MOST_NAMES]]
        more = len(condition.names) - len(names)
        listed = ", ".join(names) + (f" and {more:,} more" if more else "")
        word = "is one of" if condition.keep else "is none of"
        return f"Cells whose {condition.column} {word}: {listed or 'nothing'}"
    low, high = _number(condition.low), _number(condition.high)
    if condition.low is None:
        limits = f"at most {high}"
    elif condition.high is None:
        limits = f"at least {low}"
    else:
        limits = f"from {low} to {high}"
    gene = condition.key.casefold().startswith(GENE_PREFIX)
    kind = f" ({condition.values})" if gene else ""
    return f"Cells whose {key_text(condition.key)}{kind} is {limits}"


def space_titles(scene: Scene, titles: Mapping[SlabKey, str]) -> dict[str, str]:
    """What each kind of space is called in a list, by its name in the scene.

    Parameters
    ----------
    titles
        What the open slabs are called; an embedding is a space of its own, and has its slab's title.
    """
    found: dict[str, str] = {}
    for place in scene.places:
        if place.space in found:
            continue
        if place.space == TISSUE:
            found[place.space] = "Tissue"
        elif place.space.startswith("3D "):
            found[place.space] = place.space
        else:
            title = titles.get(place.slab, place.slab.slab)
            known = title in found.values()
            found[place.space] = f"{place.slab.dataset} {title}" if known else title
    return found


def step_text(before: Scene, after: Scene) -> str:
    """What a step did, to stand after "Undo": ``"opening Plane.03"``; empty where nothing differs."""
    was, now = {place.slab: place for place in before.places}, {place.slab: place for place in after.places}
    opened = [key for key in now if key not in was]
    closed = [key for key in was if key not in now]
    if opened and closed:
        return f"opening {_slabs(opened)} in place of {_slabs(closed)}"
    if opened:
        return f"opening {_slabs(opened)}"
    if closed:
        return f"closing {_slabs(closed)}"
    moved = [key for key in now if now[key].frame != was[key].frame]
    if moved:
        return f"another frame for {_slabs(moved)}"
    if before.coloring != after.coloring:
        return f"coloring by {_coloring(after.coloring)}" if after.coloring is not None else "the coloring"
    alone = [place for key, place in now.items() if place.coloring != was[key].coloring]
    if alone:
        one = alone[0].coloring
        return f"coloring {_slabs([place.slab for place in alone])}" + (
            f" by {_coloring(one)}" if one is not None else ""
        )
    if before.filter != after.filter:
        return _filter_step(before, after)
    if before.selections != after.selections or before.active != after.active:
        return "the selection"
    if before.space != after.space:
        return "the change of space"
    if [place.visible for place in before.places] != [place.visible for place in after.places]:
        return "showing or hiding slabs"
    if before.sort != after.sort:
        return "the order of the tiles"
    if before.layout != after.layout:
        return "the choice of where slabs open"
    return "a change of what is shown" if before != after else ""


def _filter_step(before: Scene, after: Scene) -> str:
    was, now = before.filter.conditions, after.filter.conditions
    new = [condition for condition in now if condition not in was]
    gone = [condition for condition in was if condition not in now]
    if len(new) == 1:
        return f"the filter {condition_text(new[0])}"
    if len(gone) == 1 and not new:
        return f"removing the filter {condition_text(gone[0])}"
    return "the change of filters" if new or gone else "showing the other cells"


def _slabs(keys: list[SlabKey]) -> str:
    return keys[0].slab if len(keys) == 1 else f"{len(keys):,} slabs"


def _coloring(coloring: ColorBy) -> str:
    return ", ".join(map(key_text, coloring.keys[:3]))


def _name(name: str | None) -> str:
    return NO_VALUE if name is None else name


def _number(value: float | None) -> str:
    if value is None:
        return ""
    whole = float(value).is_integer() and abs(value) < 1e15
    return f"{value:,.0f}" if whole else f"{value:.6g}"
