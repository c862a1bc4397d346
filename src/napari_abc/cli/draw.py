"""The verbs that draw: ``figure`` saves a picture, ``view`` and ``demo`` open napari."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from napari_abc.cli.cost import agree, gene_of
from napari_abc.cli.target import bundle_of, slab_of, slabs_of, tell, view_of
from napari_abc.cli.window import open_view_window, open_window
from napari_abc.errors import ConfigurationError, UnknownNameError
from napari_abc.io.files import check_output
from napari_abc.io.remote import PUBLIC_BUCKET
from napari_abc.text import SYNTHETIC
from napari_abc.viewer.color import resolve
from napari_abc.viewer.display import check_screen, ensure_display
from napari_abc.viewer.figure import check_size, save_board, save_figure
from napari_abc.viewer.own_images import prepare_images
from napari_abc.viewer.scene import read_slabs

if TYPE_CHECKING:
    from pathlib import Path

    from napari_abc.cli.console import Console
    from napari_abc.model import Slab
    from napari_abc.viewer.own_images import PreparedImages
    from napari_abc.viewer.scene import OpenedScene

__all__ = ["SHOWPIECE", "demo", "figure", "view"]

SHOWPIECE = ("HMBA-MERSCOPE-H22.30.001-BG", "H22.30.001.CX.17.Plane.03", "Group")
"""Dataset, slab and color that the demo shows first."""


def figure(arguments: Any, console: Console) -> int:
    """Save a picture of a slab, of all slabs of a dataset, or of a saved view."""
    path = view_of(arguments.dataset)
    if path is not None or arguments.all_slabs:
        _save_board(path, arguments, console)
    elif arguments.color_by is None:
        raise ConfigurationError("Say what to color the cells by, with --color-by: a column, or gene:SYMBOL.")
    else:
        _save_figure(arguments, console)
    return 0


def view(arguments: Any, console: Console) -> int:
    """Open napari with the dock and, where one is named, a slab."""
    check_screen()
    path = None if arguments.dataset is None else view_of(arguments.dataset)
    if path is not None:
        _open_view(path, arguments, console)
        return 0
    if arguments.dataset is None and (arguments.color_by or arguments.image or arguments.regions is not None):
        raise ConfigurationError("Say what to open: DATASET and SLAB, or the path of a run.")
    _open_napari(arguments, console)
    return 0


def demo(arguments: Any, console: Console) -> int:
    """Open a slab of the synthetic release, or save a picture of it."""
    arguments.source, arguments.release = "demo", None
    arguments.dataset, arguments.slab, arguments.color_by = SHOWPIECE
    arguments.values, arguments.limits, arguments.colormap = "log2", None, "magma"
    arguments.regions, arguments.image = True, []
    if arguments.figure is None:
        check_screen()
        _open_napari(arguments, console)
    else:
        arguments.output, arguments.size, arguments.title = arguments.figure, (1600, 1000), None
        arguments.no_images = False
        _save_figure(arguments, console)
    return 0


def _save_figure(arguments: Any, console: Console) -> None:
    check_output(arguments.output, (".png",), source=bundle_of(arguments.dataset))
    check_size(arguments.size)
    ensure_display()  # before the data, which may take a long download
    slab = slab_of(arguments, console)
    images = _images(slab, arguments, console)
    agree(slab, gene_of(arguments.color_by), arguments, console)
    save_figure(
        slab,
        arguments.output,
        arguments.color_by,
        regions=arguments.regions,
        images=not arguments.no_images,
        size=arguments.size,
        values=arguments.values,
        limits=arguments.limits,
        colormap=arguments.colormap,
        title=arguments.title,
        own_images=images,
        task=console.task,
    )
    tell(slab, console)
    _tell_images(images, console)
    console.note(f"Wrote {arguments.output}.")


def _save_board(path: Path | None, arguments: Any, console: Console) -> None:
    """Save a picture of a saved view, or of a dataset's slabs beside each other."""
    check_output(arguments.output, (".png",), source=path)
    check_size(arguments.size)
    if arguments.image:
        raise ConfigurationError("An image of your own belongs to one slab; leave out --image.")
    ensure_display()  # before the data, which may take a long download
    what: OpenedScene | list[Slab]
    if path is not None:
        if arguments.slab is not None or arguments.all_slabs:
            raise ConfigurationError(f"{path.name} says which slabs it shows; name no others.")
        what = read_slabs(path, console.task)
        slabs = list(what.slabs.values())
    else:
        if arguments.slab is not None:
            raise ConfigurationError(f"--all-slabs draws every slab; leave out {arguments.slab!r}.")
        what = slabs = slabs_of(arguments, console)
    for slab in slabs:
        with suppress(UnknownNameError):  # one that lacks the gene is gray, and it is said
            agree(slab, gene_of(arguments.color_by), arguments, console)
    notes = save_board(
        what,
        arguments.output,
        arguments.color_by,
        size=arguments.size,
        values=arguments.values,
        limits=arguments.limits,
        colormap=arguments.colormap,
        regions=True if arguments.regions else None,
        title=arguments.title,
        task=console.task,
    )
    for note in notes:
        console.note(note)
    if any(slab.synthetic for slab in slabs):
        console.note(SYNTHETIC)
    console.note(f"Wrote {arguments.output}.")


def _open_view(path: Path, arguments: Any, console: Console) -> None:
    """Open napari with a saved view, and the dock beside it."""
    if arguments.slab is not None or arguments.color_by is not None or arguments.image:
        raise ConfigurationError(f"{path.name} says what it shows; give no slab, color or image beside it.")
    opened = read_slabs(path, console.task)
    if arguments.cache is not None:
        os.environ["NAPARI_ABC_CACHE"] = str(arguments.cache)  # for the dock
    for note in open_view_window(opened):
        console.note(note)
    import napari  # noqa: PLC0415  (once the display is known to work)

    napari.run()


def _images(slab: Slab, arguments: Any, console: Console) -> list[PreparedImages]:
    """The images of a person's own that are to lie below the cells, opened."""
    found: list[PreparedImages] = []
    for where in arguments.image:
        taken = [source.name for one in found for source in one.sources]
        found.append(prepare_images(slab, where, console.task, taken))
    return found


def _tell_images(images: list[PreparedImages], console: Console) -> None:
    for image in images:
        for note in image.notes:
            console.note(f"{image.sources[0].name}: {note}")


def _open_napari(arguments: Any, console: Console) -> None:
    """Load the slab, show it with the dock beside it, and wait until the person closes napari."""
    slab = slab_of(arguments, console) if arguments.dataset is not None else None
    coloring, images = None, []
    if slab is not None:
        images = _images(slab, arguments, console)
        if arguments.regions and slab.regions.empty:
            raise ConfigurationError(f"{slab.label} has no regions to show; leave out --regions.")
        if arguments.color_by is not None:
            agree(slab, gene_of(arguments.color_by), arguments, console)
            coloring = slab.coloring(arguments.color_by, arguments.values, console.task)
            resolve(coloring, arguments.limits, arguments.colormap)  # or raise, before a window opens
    if arguments.cache is not None:
        os.environ["NAPARI_ABC_CACHE"] = str(arguments.cache)  # for the dock

    source = arguments.source
    if source is None and arguments.dataset is not None and bundle_of(arguments.dataset) is None:
        source = PUBLIC_BUCKET
    open_window(slab, coloring, images, arguments, source)
    if slab is not None:
        tell(slab, console)
        _tell_images(images, console)
    import napari  # noqa: PLC0415  (once the display is known to work)

    napari.run()
