"""The verbs that draw: ``figure`` saves a picture, ``view`` and ``demo`` open napari."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from napari_abc.cli.cost import agree, gene_of
from napari_abc.cli.target import bundle_of, slab_of, tell
from napari_abc.cli.window import open_window
from napari_abc.errors import ConfigurationError
from napari_abc.io.files import check_output
from napari_abc.io.remote import PUBLIC_BUCKET
from napari_abc.viewer.color import resolve
from napari_abc.viewer.display import check_screen, ensure_display
from napari_abc.viewer.figure import check_size, save_figure
from napari_abc.viewer.own_images import prepare_images

if TYPE_CHECKING:
    from napari_abc.cli.console import Console
    from napari_abc.model import Slab
    from napari_abc.viewer.own_images import PreparedImages

__all__ = ["SHOWPIECE", "demo", "figure", "view"]

SHOWPIECE = ("HMBA-MERSCOPE-H22.30.001-BG", "H22.30.001.CX.17.Plane.03", "Group")
"""Dataset, slab and color that the demo shows first."""


def figure(arguments: Any, console: Console) -> int:
    """Save a picture of a slab."""
    _save_figure(arguments, console)
    return 0


def view(arguments: Any, console: Console) -> int:
    """Open napari with the dock and, where one is named, a slab."""
    check_screen()
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
