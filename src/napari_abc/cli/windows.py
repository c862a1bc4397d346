"""The verbs that draw: ``figure`` saves a picture, ``view`` and ``demo`` open napari."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from napari_abc.cli.target import bundle_of, slab_of
from napari_abc.errors import ConfigurationError
from napari_abc.output import check_output

if TYPE_CHECKING:
    from napari_abc.cli.console import Console
    from napari_abc.model import Slab

__all__ = ["SHOWPIECE", "demo", "figure", "view"]

SHOWPIECE = ("HMBA-MERSCOPE-H22.30.001-BG", "H22.30.001.CX.17.Plane.03", "Group")
"""Dataset, slab and colour that the demo shows first."""

_PLUGIN, _DOCK = "napari-abc", "ABC Atlas"


def figure(arguments: Any, console: Console) -> int:
    """Save a picture of a slab."""
    _save_figure(arguments, console)
    return 0


def view(arguments: Any, console: Console) -> int:
    """Open napari with the dock and, where one is named, a slab."""
    from napari_abc.viewer.display import check_screen

    check_screen()
    if arguments.dataset is None and (arguments.color_by or arguments.regions is not None):
        raise ConfigurationError("Say what to open: DATASET and SLAB, or the path of a run.")
    _open_napari(arguments, console)
    return 0


def demo(arguments: Any, console: Console) -> int:
    """Open a slab of the synthetic release, or save a picture of it."""
    from napari_abc.viewer.display import check_screen

    arguments.source, arguments.release = "demo", None
    arguments.dataset, arguments.slab, arguments.color_by = SHOWPIECE
    arguments.values, arguments.limits, arguments.colormap = "log2", None, "magma"
    arguments.regions = True
    if arguments.figure is None:
        check_screen()
        _open_napari(arguments, console)
    else:
        arguments.output, arguments.size, arguments.title = arguments.figure, (1600, 1000), None
        _save_figure(arguments, console)
    return 0


def _save_figure(arguments: Any, console: Console) -> None:
    from napari_abc.viewer.display import ensure_display
    from napari_abc.viewer.figure import check_size, save_figure

    check_output(arguments.output, (".png",))
    check_size(arguments.size)
    ensure_display()  # before the data, which may take a long download
    slab = slab_of(arguments, console)
    save_figure(
        slab,
        arguments.output,
        arguments.color_by,
        regions=arguments.regions,
        size=arguments.size,
        values=arguments.values,
        limits=arguments.limits,
        colormap=arguments.colormap,
        title=arguments.title,
        task=console.task,
    )
    console.note(f"Wrote {arguments.output}.")


def _open_napari(arguments: Any, console: Console) -> None:
    """Load the slab, show it with the dock beside it, and wait until the person closes napari."""
    slab = slab_of(arguments, console) if arguments.dataset is not None else None
    if slab is not None and arguments.regions and slab.regions.empty:
        raise ConfigurationError(f"{slab.label} has no regions to show; leave out --regions.")
    if arguments.cache is not None:
        os.environ["NAPARI_ABC_CACHE"] = str(arguments.cache)  # for the dock
    import napari

    coloring = (
        slab.coloring(arguments.color_by, arguments.values, console.task)
        if arguments.color_by and slab
        else None
    )
    viewer = napari.Viewer()
    try:
        if slab is not None:
            _add(viewer, slab, coloring, arguments)
        _add_dock(viewer, arguments)
    except BaseException:
        viewer.close()
        raise
    console.close()
    napari.run()


def _add(viewer: Any, slab: Slab, coloring: Any, arguments: Any) -> None:
    from napari_abc.model import Continuous
    from napari_abc.viewer.layers import add_slab
    from napari_abc.viewer.paint import paint

    layers = add_slab(viewer, slab, coloring)
    if isinstance(coloring, Continuous):
        paint(layers.cells, coloring, arguments.limits, arguments.colormap)
    if layers.regions is not None and arguments.regions is not None:
        layers.regions.visible = arguments.regions


def _add_dock(viewer: Any, arguments: Any) -> None:
    """Show the dock and, where the shell's arguments name a source, let it open that one."""
    from qtpy.QtCore import QTimer

    _, dock = viewer.window.add_plugin_dock_widget(_PLUGIN, _DOCK)
    named = arguments.dataset is not None and bundle_of(arguments.dataset) is None
    if not (named or arguments.source):
        return
    from napari_abc.stores.source import PUBLIC_BUCKET

    source = arguments.source or PUBLIC_BUCKET
    # After the dock's own turn, in which it opens the source of the last session.
    QTimer.singleShot(0, lambda: dock.browser.open_source(source, arguments.release or "", arguments.offline))
