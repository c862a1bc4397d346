"""What every figure is made with: a canvas that nobody sees, a scale bar, and what is said of the data."""

from __future__ import annotations

from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
from napari.components import ViewerModel
from napari.qt import QtViewer, get_qapp
from qtpy.QtCore import QBuffer, QByteArray, QEvent, QIODevice, Qt

from napari_abc.errors import ConfigurationError, DisplayError
from napari_abc.text import SYNTHETIC
from napari_abc.viewer.figure._page import ScaleBar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from qtpy.QtGui import QImage

    from napari_abc.model import Slab

__all__ = [
    "MAX_PIXELS",
    "MAX_SIZE",
    "MIN_SIZE",
    "check_drawn",
    "check_size",
    "hidden_viewer",
    "metadata",
    "png",
    "rights",
    "scale_bar",
]

MIN_SIZE = (400, 300)
"""Smallest width and height in pixels; below, nothing can be read."""
MAX_SIZE = 16_384
"""Largest width or height in pixels: what OpenGL drivers draw at once."""
MAX_PIXELS = 100_000_000
"""Most pixels in all; each takes about 20 bytes of memory while the picture is made."""

_MICROMETERS = {"millimeter": 1000, "micrometer": 1}


def png(picture: QImage) -> bytes:
    """The picture as a file's content; libpng writes of a full disk on stderr, and Qt says no reason."""
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")
    return bytes(content.data())


def check_size(size: tuple[int, int]) -> None:
    """Whether a picture of that width and height can be drawn.

    Raises
    ------
    ConfigurationError
        If it is too small to read or too large to draw.
    """
    width, height = size
    if width < MIN_SIZE[0] or height < MIN_SIZE[1]:
        least = "x".join(map(str, MIN_SIZE))
        raise ConfigurationError(
            f"A picture of {width}x{height} pixels can't be read; ask for {least} or more."
        )
    if max(size) > MAX_SIZE or width * height > MAX_PIXELS:
        raise ConfigurationError(
            f"A picture of {width}x{height} pixels can't be drawn; ask for at most {MAX_SIZE:,} a side and "
            f"{MAX_PIXELS // 1_000_000} million in all."
        )


@contextmanager
def hidden_viewer() -> Iterator[tuple[ViewerModel, QtViewer]]:
    """A canvas that is laid out and drawn but never comes up on the screen; closed at the end.

    Without the window around it, which would save its size in the person's settings.
    """
    application = get_qapp()
    viewer = ViewerModel()
    widget = QtViewer(viewer)
    try:
        # A widget that was never shown has no OpenGL; this one is shown to nobody.
        widget.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen, True)
        widget.show()
        yield viewer, widget
    finally:
        viewer.layers.clear()
        widget.close()
        widget.deleteLater()
        application.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def rights(slab: Slab) -> str:
    """Under which license the data are; those made here are not the atlas's."""
    if slab.synthetic:
        return SYNTHETIC
    return f"Data: {slab.license}" if slab.license else ""


def scale_bar(unit: str, visible: float, zoom: float) -> ScaleBar | None:
    """A bar of a round length, at most a sixth of what is visible; None without a unit.

    napari's own has a line of 2 pixels whatever the picture's size, and is laid out for the screen.
    """
    if unit not in _MICROMETERS:
        return None
    power = 10.0 ** np.floor(np.log10(visible / 6))
    length = float(power * max(factor for factor in (1, 2, 5) if factor * power <= visible / 6))
    micrometers = length * _MICROMETERS[unit]
    text = f"{micrometers / 1000:g} mm" if micrometers >= 1000 else f"{micrometers:g} µm"
    return ScaleBar(text, round(length * zoom))


def check_drawn(canvas: NDArray[np.uint8], slab: Slab) -> None:
    """A driver that doesn't work leaves the canvas blank and says nothing."""
    if len(slab.cells) and (canvas[..., :3] == canvas[0, 0, :3]).all():
        raise DisplayError(
            f"OpenGL drew nothing of the {len(slab.cells):,} cells of {slab.label}; 'napari-abc doctor' says "
            "what is wrong with this machine's OpenGL."
        )


def metadata(slab: Slab, title: str) -> dict[str, str]:
    """What the PNG says of itself, under the names of the PNG standard."""
    texts = {
        "Title": title,
        "Software": f"napari-abc {version('napari-abc')}",
        "Source": "synthetic data" if slab.synthetic else slab.citation,
        "Copyright": "" if slab.synthetic else slab.license,
    }
    return {name: text for name, text in texts.items() if text}
