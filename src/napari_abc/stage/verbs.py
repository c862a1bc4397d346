"""Verbs: from one scene to the next, as plain functions.

Each takes a scene and returns another one, or raises and leaves all as it was. A stage carries them out and
records them; undo needs none, as it is an earlier scene.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from napari_abc.errors import ConfigurationError, UnknownNameError
from napari_abc.stage._state import (
    ColorBy,
    InSelection,
    NameCondition,
    Place,
    RangeCondition,
    Scene,
    Selection,
    Shown,
    SlabKey,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from napari_abc.stage._state import Condition

__all__ = [
    "VERBS",
    "add_condition",
    "clear_filters",
    "close",
    "color_by",
    "color_categories",
    "filter_names",
    "filter_range",
    "filter_selection",
    "gray_others",
    "look_at_space",
    "move_to_frame",
    "open_slabs",
    "remove_condition",
    "remove_selection",
    "select",
    "set_layout",
    "set_limits",
    "set_visible",
    "show",
    "sort_tiles",
]

Layout = Literal["beside", "overlay", "replace"]

_Value = TypeVar("_Value", bound=BaseModel)


def changed(value: _Value, **changes: Any) -> _Value:
    """A frozen value with some fields changed, checked as when it was made.

    Raises
    ------
    ConfigurationError
        If the fields don't go together; the text says why.
    """
    fields = {name: getattr(value, name) for name in type(value).model_fields}
    return made(type(value), **{**fields, **changes})


def made(kind: type[_Value], **fields: Any) -> _Value:
    """A frozen value of some fields; what is wrong with them is said in our own words.

    Raises
    ------
    ConfigurationError
        If a field is no such value.
    """
    try:
        return kind(**fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        why = str(first["msg"]).removeprefix("Value error, ")
        raise ConfigurationError(f"{where}: {why}." if where else f"{why[:1].upper()}{why[1:]}.") from error


def open_slabs(scene: Scene, places: Sequence[Place], layout: Layout | None = None) -> Scene:
    """Open slabs, and look at the space of the last one.

    A slab that is open already stays where it is, and comes into view.

    Parameters
    ----------
    places
        The slabs with their frames and spaces; where they lie is worked out here.
    layout
        ``"beside"``, each on a tile of its own; ``"overlay"``, over the slab in view that was opened last;
        ``"replace"``, in place of all that is open in the same space. None for the scene's, which is kept.
    """
    layout = layout or scene.layout
    kept = list(scene.places)
    if layout == "replace":
        spaces, wanted = {place.space for place in places}, {place.slab for place in places}
        kept = [place for place in kept if place.space not in spaces or place.slab in wanted]
        still = {place.slab for place in kept}
        kept = [changed(place, over=None) if place.over not in still else place for place in kept]
    for place in places:
        if any(other.slab == place.slab for other in kept):
            continue
        over = None
        if layout == "overlay":
            tiles = [other.slab for other in kept if other.space == place.space and other.over is None]
            over = tiles[-1] if tiles else None
        kept.append(changed(place, over=over))
    space = scene.space
    if places:
        last = next(place for place in kept if place.slab == places[-1].slab)
        space = last.space
    return changed(scene, places=tuple(kept), space=space, layout=layout)


def close(scene: Scene, slabs: Iterable[SlabKey]) -> Scene:
    """Close slabs; what lay over one of them gets a tile of its own.

    Raises
    ------
    UnknownNameError
        If one of them is not open.
    """
    gone = set(slabs)
    for slab in gone:
        _place(scene, slab)
    places = [
        changed(place, over=None) if place.over in gone else place
        for place in scene.places
        if place.slab not in gone
    ]
    spaces = [place.space for place in places]
    space = scene.space if scene.space in spaces else (spaces[-1] if spaces else "")
    return changed(scene, places=tuple(places), space=space)


def move_to_frame(scene: Scene, slab: SlabKey, frame: str, space: str) -> Scene:
    """Show a slab in another of its frames, and look at the space of that frame.

    Raises
    ------
    UnknownNameError
        If the slab is not open.
    """
    old = _place(scene, slab)
    stays = old.over if space == old.space else None
    places = []
    for place in scene.places:
        if place.slab == slab:
            places.append(changed(place, frame=frame, space=space, over=stays))
        elif place.over == slab and space != old.space:
            places.append(changed(place, over=None))
        else:
            places.append(place)
    return changed(scene, places=tuple(places), space=space)


def look_at_space(scene: Scene, space: str) -> Scene:
    """Bring another kind of space into view.

    Raises
    ------
    UnknownNameError
        If nothing is open in it.
    """
    if space not in scene.spaces:
        raise UnknownNameError(
            f"Nothing is open in {space!r}; there is {', '.join(scene.spaces) or 'nothing'}."
        )
    return changed(scene, space=space)


def set_layout(scene: Scene, layout: Layout) -> Scene:
    """Where slabs go that are opened from now on; see :func:`open_slabs`. Those that are open stay."""
    return changed(scene, layout=layout)


def set_visible(scene: Scene, slab: SlabKey, visible: bool) -> Scene:
    """Show or hide an open slab, which stays open.

    Raises
    ------
    UnknownNameError
        If it is not open.
    """
    return _with_place(scene, slab, visible=visible)


def sort_tiles(scene: Scene, by: Literal["opened", "plane", "species"]) -> Scene:
    """Sort the tiles of the boards."""
    return changed(scene, sort=by)


def color_by(
    scene: Scene,
    keys: str | Sequence[str],
    values: Literal["log2", "raw"] = "log2",
    limits: Any = None,
    colormap: str | None = None,
    mean: bool = False,
    slab: SlabKey | None = None,
) -> Scene:
    """Color all open slabs, or one of them, by a column, a gene, or a blend of up to three genes.

    Parameters
    ----------
    keys
        A column, ``"gene:"`` and a symbol or identifier, or a list of up to three of these.
    values
        Kind of expression values.
    limits
        ``(low, high)``, or a list of one a gene; None for those that show the values well.
    colormap
        Any name that cmap knows; None for the one that is used.
    mean
        Whether the mean of the genes is shown in place of a blend.
    slab
        The only slab to color; None for all, and for those that are opened later.

    Raises
    ------
    ConfigurationError
        If the keys, limits or values don't go together.
    UnknownNameError
        If the slab is not open.
    """
    names = (keys,) if isinstance(keys, str) else tuple(keys)
    if limits is not None:
        several = bool(limits) and not isinstance(limits[0], int | float)
        limits = tuple(
            None if pair is None else tuple(float(x) for x in pair)
            for pair in (limits if several else (limits,) * len(names))
        )
    before = scene.coloring if slab is None else scene.coloring_of(slab)
    coloring = made(
        ColorBy,
        keys=names,
        values=values,
        limits=limits or (),
        colormap=colormap or (before.colormap if before is not None else "magma"),
        colors=before.colors if before is not None and before.keys == names else (),
        mean=mean,
    )
    if slab is not None:
        return _with_place(scene, slab, coloring=coloring)
    places = tuple(changed(place, coloring=None) for place in scene.places)
    return changed(scene, coloring=coloring, places=places)


def set_limits(scene: Scene, limits: Any, slab: SlabKey | None = None) -> Scene:
    """Move the limits of what is colored by numbers.

    Raises
    ------
    ConfigurationError
        If nothing is colored yet, or the limits are not two numbers a gene, the lower one first.
    """
    coloring = scene.coloring if slab is None else scene.coloring_of(slab)
    if coloring is None:
        raise ConfigurationError(
            "Nothing is colored by numbers yet; choose a gene or a numeric column first."
        )
    return color_by(scene, coloring.keys, coloring.values, limits, coloring.colormap, coloring.mean, slab)


def color_categories(scene: Scene, colors: Mapping[str, str]) -> Scene:
    """Give categories colors of one's own; an empty text takes one back.

    Raises
    ------
    ConfigurationError
        If nothing is colored yet, or a color is no ``"#rrggbb"``.
    """
    if scene.coloring is None:
        raise ConfigurationError("Nothing is colored by a column yet; choose one first.")
    own = {**dict(scene.coloring.colors), **colors}
    kept = tuple(sorted((name, color) for name, color in own.items() if color))
    return changed(scene, coloring=changed(scene.coloring, colors=kept))


def add_condition(scene: Scene, condition: Condition) -> Scene:
    """Add a condition to the filter, in place of the one on the same column or selection."""
    rest = tuple(other for other in scene.filter.conditions if _subject(other) != _subject(condition))
    return changed(scene, filter=changed(scene.filter, conditions=(*rest, condition)))


def filter_names(
    scene: Scene,
    column: str,
    keep: Iterable[str | None] | None = None,
    drop: Iterable[str | None] | None = None,
) -> Scene:
    """Keep the cells with some names in a column, or drop them; None stands for no value.

    Raises
    ------
    ConfigurationError
        Unless exactly one of ``keep`` and ``drop`` is given.
    """
    if (keep is None) == (drop is None):
        raise ConfigurationError("Say which names to keep, or which to drop.")
    names = tuple(dict.fromkeys(keep if keep is not None else drop or ()))
    return add_condition(scene, made(NameCondition, column=column, names=names, keep=keep is not None))


def filter_range(
    scene: Scene,
    key: str,
    low: float | None = None,
    high: float | None = None,
    values: Literal["log2", "raw"] = "log2",
) -> Scene:
    """Keep the cells whose number in a column, or of a gene, lies between two limits.

    Raises
    ------
    ConfigurationError
        If neither limit is given, or the lower one is larger.
    """
    numbers = [None if limit is None else float(limit) for limit in (low, high)]
    return add_condition(scene, made(RangeCondition, key=key, low=numbers[0], high=numbers[1], values=values))


def filter_selection(scene: Scene, name: str, keep: bool = True) -> Scene:
    """Keep the cells of a selection, or drop them.

    Raises
    ------
    ConfigurationError
        If there is no such selection.
    """
    return add_condition(scene, made(InSelection, name=name, keep=keep))


def remove_condition(scene: Scene, condition: Condition) -> Scene:
    """Take one condition off the filter."""
    rest = tuple(other for other in scene.filter.conditions if other != condition)
    return changed(scene, filter=changed(scene.filter, conditions=rest))


def clear_filters(scene: Scene) -> Scene:
    """Take all conditions off the filter."""
    return changed(scene, filter=changed(scene.filter, conditions=()))


def gray_others(scene: Scene, gray: bool) -> Scene:
    """Whether the cells that don't fulfil the filter are gray, as context, or gone."""
    return changed(scene, filter=changed(scene.filter, others="gray" if gray else "hide"))


def select(scene: Scene, name: str, cells: Mapping[str, Iterable[str]], color: str | None = None) -> Scene:
    """Make a selection of cells, in place of the one of that name, and make it the active one.

    Parameters
    ----------
    cells
        Labels of the cells by dataset.
    """
    chosen = tuple(sorted((dataset, frozenset(labels)) for dataset, labels in cells.items() if labels))
    before = next((one for one in scene.selections if one.name == name), None)
    fields: dict[str, Any] = {"name": name, "cells": chosen}
    if color or before is not None:
        fields["color"] = color or (before.color if before is not None else None)
    made_now = made(Selection, **fields)
    if before is None:
        return changed(scene, selections=(*scene.selections, made_now), active=name)
    kept = tuple(made_now if one.name == name else one for one in scene.selections)
    return changed(scene, selections=kept, active=name)


def remove_selection(scene: Scene, name: str) -> Scene:
    """Forget a selection, and the conditions that ask for it.

    Raises
    ------
    UnknownNameError
        If there is none of that name.
    """
    if all(one.name != name for one in scene.selections):
        have = ", ".join(one.name for one in scene.selections) or "none"
        raise UnknownNameError(f"There is no selection {name!r}; there is {have}.")
    conditions = tuple(
        condition
        for condition in scene.filter.conditions
        if not (isinstance(condition, InSelection) and condition.name == name)
    )
    kept = tuple(one for one in scene.selections if one.name != name)
    active = "" if scene.active == name else scene.active
    # The filter first: a scene whose filter asks for what is gone does not hold together.
    without = changed(scene, filter=changed(scene.filter, conditions=conditions))
    return changed(without, selections=kept, active=active)


def show(scene: Scene, **what: Any) -> Scene:
    """Change what is shown beside the colors: the fields of :class:`~napari_abc.stage.Shown`.

    Raises
    ------
    ConfigurationError
        If there is no such thing, or it can't have that value.
    """
    unknown = sorted(set(what) - set(Shown.model_fields))
    if unknown:
        raise ConfigurationError(f"{unknown[0]!r} can't be shown; there is {', '.join(Shown.model_fields)}.")
    return changed(scene, shown=changed(scene.shown, **what))


VERBS = {
    verb.__name__: verb
    for verb in (
        open_slabs,
        close,
        move_to_frame,
        look_at_space,
        set_layout,
        set_visible,
        sort_tiles,
        color_by,
        set_limits,
        color_categories,
        add_condition,
        filter_names,
        filter_range,
        filter_selection,
        remove_condition,
        clear_filters,
        gray_others,
        select,
        remove_selection,
        show,
    )
}
"""Every verb by its name; what is not here changes no scene."""


def _subject(condition: Condition) -> tuple[str, str]:
    """What a condition is about: there is one condition a column, gene or selection."""
    if isinstance(condition, InSelection):
        return "selection", condition.name
    if isinstance(condition, RangeCondition):
        return "range", condition.key.casefold()
    return "names", condition.column.casefold()


def _place(scene: Scene, slab: SlabKey) -> Place:
    place = scene.place(slab)
    if place is None:
        have = ", ".join(other.slab.slab for other in scene.places[:8]) or "none"
        raise UnknownNameError(f"{slab.slab} is not open; open are: {have}.")
    return place


def _with_place(scene: Scene, slab: SlabKey, **changes: Any) -> Scene:
    new = changed(_place(scene, slab), **changes)
    places = tuple(new if place.slab == slab else place for place in scene.places)
    return changed(scene, places=places)
