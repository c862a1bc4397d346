"""What a person should know of several slabs in view, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_abc.errors import AbcError

if TYPE_CHECKING:
    from napari_abc.stage import Stage

__all__ = ["twice_note", "units_note"]


def units_note(stage: Stage) -> list[str]:
    """Whether the numbers that the slabs in view are colored by have different units."""
    units: dict[str, str] = {}
    for place in stage.scene.in_view:
        try:
            colorings = stage.colorings(place.slab)
        except AbcError:
            continue  # gray, and said elsewhere
        for coloring in colorings:
            if coloring.takes_limits:
                units.setdefault(coloring.unit, stage.slab(place.slab).name)
    if len(units) < 2:
        return []
    told = ", ".join(f"{unit or 'no unit'} ({name})" for unit, name in units.items())
    return [f"The values have different units: {told}; each slab has a scale of its own."]


def twice_note(stage: Stage) -> list[str]:
    """Whether a section is drawn with all sections of its dataset, which it is one of."""
    slabs = [stage.slab(place.slab) for place in stage.scene.in_view if place.visible]
    whole = {slab.dataset: slab for slab in slabs if slab.kind == "brain"}
    return [
        f"{slab.name} is a part of {whole[slab.dataset].name}: its cells are drawn and counted twice."
        for slab in slabs
        if slab.dataset in whole and slab is not whole[slab.dataset]
    ]
