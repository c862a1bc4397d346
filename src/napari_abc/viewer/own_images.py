"""Showing a person's own image with a slab: its channels and labels become volumes of the slab."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path  # noqa: TC003 - forms are made from the hints of add_image_file
from typing import TYPE_CHECKING

from napari.utils import notifications

from napari_abc.errors import ConfigurationError
from napari_abc.task import Task
from napari_abc.vendors.own_images import OwnImage, images_beside
from napari_abc.viewer.frames import whole_slab
from napari_abc.viewer.images import CHANNEL_COLORMAPS
from napari_abc.viewer.links import METADATA_CELLS, slab_of, unwrap
from napari_abc.viewer.volumes import add_prepared_volume, prepare_volume, shown_volumes

if TYPE_CHECKING:
    from collections.abc import Collection

    from napari.components import ViewerModel
    from napari.layers import Layer, Points

    from napari_abc.model import Slab
    from napari_abc.viewer.prepare import LayerTuple

__all__ = ["PreparedImages", "add_image_file", "add_prepared_images", "prepare_images"]

_MOST_SHOWN = len(CHANNEL_COLORMAPS)
"""Channels that are shown at first; more can't be told apart by color."""


@dataclass(frozen=True, eq=False, slots=True)
class PreparedImages:
    """A person's image, ready to be shown with a slab."""

    slab: Slab
    sources: tuple[OwnImage, ...]
    """All channels and label images; they become volumes of the slab."""
    layers: tuple[LayerTuple, ...]
    """Those that are shown at first."""
    notes: tuple[str, ...]
    """What a person should know."""


def prepare_images(
    slab: Slab, where: str | Path, task: Task | None = None, taken: Collection[str] = ()
) -> PreparedImages:
    """Open an image and prepare its layers; no window is needed, any thread will do.

    Parameters
    ----------
    slab
        The slab, in the frame that it is shown in.
    where
        File, folder or address; see :func:`~napari_abc.io.images._open.open_image`.
    task
        Told of progress and asked whether to go on.
    taken
        Names of others that were prepared and not added yet.

    Raises
    ------
    AbcError
        As :func:`~napari_abc.vendors.own_images.images_beside`.
    """
    task = task or Task()
    notes: list[str] = []
    sources = _colored(_named_apart(slab, images_beside(slab, where, task, notes), taken))
    visible = [source for source in sources if source.volume.visible] or sources
    shown: list[OwnImage] = []
    for kind in ("image", "labels"):
        shown += [source for source in visible if source.kind == kind][:_MOST_SHOWN]
    if len(shown) < len(sources):
        notes.append(f"{len(shown)} of {len(sources)} channels are shown; tick others in the list.")
    # What is chosen from the list is to be seen.
    sources = [OwnImage(replace(source.volume, visible=True), source.where) for source in sources]
    names = {source.name for source in shown}
    layers = [prepare_volume(slab, source, task) for source in sources if source.name in names]
    return PreparedImages(slab, tuple(sources), tuple(layers), tuple(notes))


def _named_apart(slab: Slab, sources: tuple[OwnImage, ...], others: Collection[str]) -> list[OwnImage]:
    """The same images, named unlike other volumes of the slab."""
    taken = set(others) | {
        volume.name
        for volume in slab.volumes
        if volume.frame == slab.frame.name and not _comes_from(volume, sources[0].where)
    }
    found = []
    for source in sources:
        name, number = source.name, 2
        while name in taken:
            name, number = f"{source.name} ({number})", number + 1
        taken.add(name)
        found.append(OwnImage(replace(source.volume, name=name), source.where))
    return found


def _colored(sources: list[OwnImage]) -> list[OwnImage]:
    """The same images, each channel of several in a color."""
    images = [source for source in sources if source.kind == "image"]
    if len(images) < 2:
        return sources
    colors = {id(image): CHANNEL_COLORMAPS[k % _MOST_SHOWN] for k, image in enumerate(images)}
    return [
        OwnImage(replace(source.volume, colormap=colors[id(source)]), source.where)
        if id(source) in colors and source.volume.colormap is None
        else source
        for source in sources
    ]


def add_prepared_images(viewer: ViewerModel, cells: Points, prepared: PreparedImages) -> list[Layer]:
    """Show what :func:`prepare_images` prepared below the cells of its slab; on the GUI thread.

    The images become volumes of the slab. What was opened from the same place before is replaced.

    Raises
    ------
    ConfigurationError
        If the layer shows no cells of that slab in this viewer.
    """
    viewer, cells = unwrap(viewer), unwrap(cells)
    slab = slab_of(cells)
    if slab is not prepared.slab or not cells.metadata.get(METADATA_CELLS) or cells not in viewer.layers:
        raise ConfigurationError(
            f"The layer {cells.name!r} does not show {prepared.slab.label} in "
            f"{prepared.slab.frame.name!r} any more; add the image again."
        )
    frame, where = prepared.slab.frame.name, prepared.sources[0].where
    shown = shown_volumes(viewer, prepared.slab)
    for volume in prepared.slab.volumes:
        layer = shown.get((volume.frame, volume.name))
        if layer is not None and volume.frame == frame and _comes_from(volume, where):
            viewer.layers.remove(layer)
    # The slab as it was opened has the cells of all frames; it is asked when another one is shown.
    for one in {id(one): one for one in (prepared.slab, whole_slab(cells)) if one is not None}.values():
        kept = [v for v in one.volumes if v.frame != frame or not _comes_from(v, where)]
        one.volumes = (*kept, *prepared.sources)
    return [add_prepared_volume(viewer, cells, part) for part in prepared.layers]


def _comes_from(volume: object, where: str) -> bool:
    return isinstance(volume, OwnImage) and volume.where == where


def add_image_file(viewer: ViewerModel, layer: Points, path: str | Path) -> list[Layer]:
    """Show an image of your own with a slab that is open, in register with its cells.

    Lengths are converted to the unit of the frame that the slab is shown in, and the image lies where
    its file says. A slab in a plane gets the nearest plane of a stack, the middle one where nobody says
    how deep its cells lie; napari's notifications say which, and what else the file does not tell.

    Parameters
    ----------
    viewer
        The viewer.
    layer
        The layer of the slab's cells: :attr:`SlabLayers.cells`.
    path
        A NIfTI, OME-TIFF or TIFF file, or a folder or address (``https://``, ``s3://``, ``gs://``) with an
        OME-Zarr image or a Neuroglancer precomputed volume.

    Returns
    -------
    list of Layer
        A layer a channel, of many the first six, and one a label image. All of them are in
        ``slab.volumes`` from now on, for :func:`add_volume`.

    Raises
    ------
    ConfigurationError
        If the layer shows no cells, or the image is a plane and the slab is shown in three dimensions.
    MissingFileError
        If there is no such file or folder.
    FormatError
        If it is no such image, is damaged, or can't be shown as it is stored.
    AbcError
        If it can't be reached or prepared.

    Examples
    --------
    >>> layers = abc.add_slab(viewer, slab)
    >>> (image,) = abc.add_image_file(viewer, layers.cells, picture)  # here an OME-TIFF
    >>> image in viewer.layers
    True
    """
    viewer, layer = unwrap(viewer), unwrap(layer)
    slab = slab_of(layer)
    if slab is None or not layer.metadata.get(METADATA_CELLS) or layer not in viewer.layers:
        raise ConfigurationError(
            f"The layer {layer.name!r} shows no cells of the atlas or of a run in this viewer; "
            "take SlabLayers.cells."
        )
    prepared = prepare_images(slab, path)
    layers = add_prepared_images(viewer, layer, prepared)
    for note in prepared.notes:
        notifications.show_info(note)
    return layers
