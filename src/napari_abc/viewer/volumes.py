"""Showing volumes with a slab: a template, a parcellation and its boundaries, below the cells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from napari.layers import Layer

from napari_abc.errors import ConfigurationError
from napari_abc.task import Task
from napari_abc.viewer.images import volume_data
from napari_abc.viewer.links import (
    METADATA_CELLS,
    METADATA_FRAME,
    METADATA_SLAB,
    METADATA_VOLUME,
    slab_of,
    unwrap,
)
from napari_abc.viewer.parcellation import METADATA_LEVEL, default_level, level_colors, volume_of
from napari_abc.viewer.prepare import layer_name, layer_space
from napari_abc.viewer.watch import watch

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Points

    from napari_abc.model import Slab, VolumeSource
    from napari_abc.viewer.prepare import LayerTuple

__all__ = ["add_prepared_volume", "add_volume", "prepare_volume", "shown_volumes"]


def prepare_volume(slab: Slab, source: VolumeSource, task: Task | None = None) -> LayerTuple:
    """Fetch and convert a volume if need be, and prepare its layer; no window is needed.

    Parameters
    ----------
    slab
        The slab, in the frame that the volume lies in.
    source
        One of :attr:`Slab.volumes`.
    task
        Told of progress and asked whether to go on.

    Raises
    ------
    ConfigurationError
        If the slab is shown in another frame.
    AbcError
        If the volume can't be fetched, read or converted.
    """
    if source.frame != slab.frame.name:
        raise ConfigurationError(
            f"{source.name} lies in the frame {source.frame!r}, and {slab.label} is shown in "
            f"{slab.frame.name!r}; show the cells in {source.frame!r} first."
        )
    task = task or Task()
    volume = replace(source.load(task), name=source.name)
    task.check()
    data, arguments, kind = volume_data(volume, None, not slab.frame.y_down)
    arguments["projection_mode"] = "none"  # one plane, however thick a slice of the cells is
    metadata: dict[str, Any] = {
        METADATA_SLAB: slab,
        METADATA_FRAME: slab.frame.name,
        METADATA_VOLUME: volume,
    }
    if kind == "labels":
        # In space its surface would hide the cells inside.
        arguments["blending"] = "translucent_no_depth"
        level = default_level(volume)
        if level:
            arguments["colormap"] = level_colors(volume.label_levels[level])
            metadata[METADATA_LEVEL] = level
    elif volume.colormap is not None:
        # Lines between regions, and channels: seen over the template, and nothing where there is none.
        arguments |= {"blending": "additive", "opacity": 0.7 if volume.colormap == "gray" else 1.0}
    look = {"name": layer_name(slab, volume.name), "metadata": metadata}
    return data, {**layer_space(slab, len(volume.scale)), **arguments, **look}, kind


def add_prepared_volume(viewer: ViewerModel, cells: Points, prepared: LayerTuple) -> Layer:
    """Show a volume that :func:`prepare_volume` prepared below the cells of its slab; on the GUI thread."""
    viewer, cells = unwrap(viewer), unwrap(cells)
    watch(viewer)
    layer = Layer.create(*prepared)
    place_volume(viewer, cells, layer)
    return layer


def place_volume(viewer: ViewerModel, cells: Points, layer: Layer) -> None:
    """Put a volume's layer into the viewer: an image below all of its slab, labels just below the cells."""
    slab, layers = slab_of(cells), viewer.layers
    active = layers.selection.active
    mine = [layers.index(other) for other in layers if slab_of(other) is slab]
    volume = volume_of(layer)
    backdrop = volume is not None and volume.kind == "image" and volume.colormap is None
    layers.insert(min(mine, default=len(layers)) if backdrop else layers.index(cells), layer)
    layers.selection.active = active if active is not None else cells


def add_volume(viewer: ViewerModel, layer: Points, source: VolumeSource | str) -> Layer:
    """Show a volume with a slab that is open.

    Parameters
    ----------
    viewer
        The viewer.
    layer
        The layer of the slab's cells: :attr:`SlabLayers.cells`.
    source
        One of ``slab.volumes``, or its name.

    Returns
    -------
    Layer
        The layer of the volume; the one that is there if it is shown already.

    Raises
    ------
    ConfigurationError
        If the layer shows no cells, has no such volume, or is shown in another frame.
    AbcError
        If the volume can't be fetched, read or converted.

    Examples
    --------
    >>> section = atlas["MERFISH-C57BL6J-638850"].slab("C57BL6J-638850.37")
    >>> layers = abc.add_slab(viewer, section.in_frame("reconstructed"))
    >>> template = abc.add_volume(viewer, layers.cells, "Average template")
    >>> template in viewer.layers
    True
    """
    viewer, layer = unwrap(viewer), unwrap(layer)
    slab = slab_of(layer)
    if slab is None or not layer.metadata.get(METADATA_CELLS) or layer not in viewer.layers:
        raise ConfigurationError(
            f"The layer {layer.name!r} shows no cells of the atlas or of a run in this viewer; "
            "take SlabLayers.cells."
        )
    if isinstance(source, str):
        named = {volume.name: volume for volume in slab.volumes}
        if source not in named:
            have = ", ".join(named) or "none"
            raise ConfigurationError(f"{slab.label} has no volume {source!r}; it has {have}.")
        source = named[source]
    shown = shown_volumes(viewer, slab).get((source.frame, source.name))
    return shown or add_prepared_volume(viewer, layer, prepare_volume(slab, source))


def shown_volumes(viewer: ViewerModel, slab: Slab) -> dict[tuple[str, str], Layer]:
    """Layers of a viewer that show volumes of a slab, by frame and name."""
    found: dict[tuple[str, str], Layer] = {}
    for layer in viewer.layers:
        volume = volume_of(layer) if slab_of(layer) is slab else None
        if volume is not None:
            found[str(layer.metadata.get(METADATA_FRAME, "")), volume.name] = layer
    return found
