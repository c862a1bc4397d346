"""What the labels of a parcellation mean: colors of a level, and the terms under the mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap

from napari_abc.errors import ConfigurationError, UnknownNameError
from napari_abc.model import Volume, hex_table
from napari_abc.viewer.links import METADATA_VOLUME, slab_of, unwrap, viewer_of
from napari_abc.viewer.world import world_units

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

    from napari_abc.model import LabelLevel, Slab

__all__ = [
    "METADATA_LEVEL",
    "default_level",
    "level_colors",
    "level_of",
    "show_level",
    "show_terms",
    "term_path",
    "terms_at",
    "volume_of",
]

METADATA_LEVEL = "napari_abc.level"
"""Key of a layer's metadata that holds the level that its labels are colored at."""

_MOST_TERMS = 40
"""More terms than this can't be told apart at first sight."""

_NOTHING = 0
"""Label of what lies outside; never drawn."""


def volume_of(layer: Layer) -> Volume | None:
    """The volume that a layer shows; None for other layers."""
    volume = layer.metadata.get(METADATA_VOLUME)
    return volume if isinstance(volume, Volume) else None


def default_level(volume: Volume) -> str:
    """The finest level that the eye can still read; empty where the labels mean nothing."""
    found = ""
    for name, level in volume.label_levels.items():
        if not found or len(set(level.names)) <= _MOST_TERMS:
            found = name
    return found


def level_colors(level: LabelLevel) -> DirectLabelColormap:
    """Colors of the labels at a level; what has no term there is not drawn."""
    colors: dict[int | None, Any] = dict(zip(level.labels.tolist(), hex_table(level.colors), strict=True))
    return DirectLabelColormap(color_dict={**colors, None: np.zeros(4), _NOTHING: np.zeros(4)})


def level_of(layer: Layer) -> str:
    """The level that a layer of labels is colored at; empty for other layers."""
    return str(layer.metadata.get(METADATA_LEVEL, ""))


def show_level(layer: Labels, level: str) -> None:
    """Color a layer of labels at another level of its taxonomy.

    Raises
    ------
    ConfigurationError
        If the layer shows no labels that mean terms.
    UnknownNameError
        If there is no such level.
    """
    layer = unwrap(layer)
    volume = volume_of(layer)
    if volume is None or not volume.label_levels:
        raise ConfigurationError(f"The layer {layer.name!r} shows no terms; take one of a parcellation.")
    if level not in volume.label_levels:
        known = ", ".join(volume.label_levels)
        raise UnknownNameError(f"{volume.name} has no level {level!r}; it has {known}.")
    layer.colormap = level_colors(volume.label_levels[level])
    layer.metadata[METADATA_LEVEL] = level


def term_path(volume: Volume, label: int, level: str) -> tuple[str, ...]:
    """Names of the terms that a label means, from the broadest level to the given one.

    A name that repeats the one above it is left out; nothing for a label without terms.
    """
    path: list[str] = []
    for name, terms in volume.label_levels.items():
        found = np.flatnonzero(terms.labels == label)
        if found.size and (term := terms.names[found[0]]) not in path[-1:]:
            path.append(term)
        if name == level:
            break
    return tuple(path)


def terms_at(viewer: ViewerModel, slab: Slab, position: Any) -> list[str]:
    """What the visible parcellations of a slab say of a position in the world, a line each."""
    found = []
    for layer in list(viewer.layers)[::-1]:
        if isinstance(layer, Labels) and layer.visible and slab_of(layer) is slab:
            text = _text_at(layer, position, None, list(viewer.dims.displayed))
            if text:
                found.append(text)
    return found


def _text_at(layer: Labels, position: Any, view_direction: Any, displayed: list[int] | None) -> str:
    volume = volume_of(layer)
    if volume is None or not volume.label_levels:
        return ""
    place = np.asarray(position, dtype=float)
    units = world_units(viewer_of(layer), layer)
    place[-layer.ndim :] /= units[-len(place) :]
    value = layer.get_value(place, view_direction=view_direction, dims_displayed=displayed, world=True)
    label = value[-1] if isinstance(value, tuple) else value
    return " › ".join(term_path(volume, int(label), level_of(layer))) if label else ""


def show_terms(layer: Labels) -> None:
    """Let a layer of labels tell the term under the mouse in the status bar, and not a number."""
    weak = ref(layer)

    def get_status(position: Any = None, **how: Any) -> dict[str, str]:
        layer = weak()
        if layer is None:
            return {}
        status: dict[str, str] = type(layer).get_status(layer, position, **how)
        if position is not None:
            where = position if how.get("world") else layer.data_to_world(position)
            text = _text_at(layer, where, how.get("view_direction"), how.get("dims_displayed"))
            if text:
                status["value"] = text
                status["coordinates"] = f"{status['coords']}: {text}"
        return status

    # The layer may be one that napari made of a reader's tuple, so it can't be of a class of ours.
    vars(layer)["get_status"] = get_status
