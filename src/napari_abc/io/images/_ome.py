"""What an OME-XML header says about the planes of its own file."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OmeMetadata", "read_ome"]

_MICROMETERS = {"µm": 1.0, "μm": 1.0, "um": 1.0, "micron": 1.0, "nm": 1e-3, "mm": 1e3, "cm": 1e4, "m": 1e6}
_MAX_PLANES = 4096


@dataclass(frozen=True, slots=True)
class OmeMetadata:
    """Planes, channel names and pixel size, as far as they are said."""

    planes: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    """Page of this file → (channel, z)."""
    channels: Mapping[int, str] = field(default_factory=dict)
    """Channel → name."""
    pixel_size: tuple[float, float] | None = None
    """Micrometers along y and x."""
    z_size: float | None = None
    """Micrometers from plane to plane."""


def read_ome(xml: str | None, file_name: str) -> OmeMetadata:
    """Read an OME-XML header; what is missing or makes no sense is left out.

    Parameters
    ----------
    xml
        The header; it may describe several files of a set.
    file_name
        Name of the file that it was found in: only that one's planes count.
    """
    try:
        root = ElementTree.fromstring(xml or "")
    except ElementTree.ParseError:
        return OmeMetadata()
    pixels = root.find("{*}Image/{*}Pixels")
    if pixels is None:
        return OmeMetadata()
    channels = {
        i: name
        for i, channel in enumerate(pixels.findall("{*}Channel"))
        if (name := " ".join(channel.get("Name", "").split())[:80])
    }
    size = _size(pixels, "Y"), _size(pixels, "X")
    pixel_size = None if size[0] is None or size[1] is None else (size[0], size[1])
    return OmeMetadata(_planes(pixels, file_name), channels, pixel_size, _size(pixels, "Z"))


def _planes(pixels: ElementTree.Element, file_name: str) -> dict[int, tuple[int, int]]:
    sizes = {axis: _whole(pixels.get(f"Size{axis}"), 1) for axis in "CZT"}
    order = [axis for axis in pixels.get("DimensionOrder", "XYCZT") if axis in sizes]
    if sorted(order) != ["C", "T", "Z"] or not 0 < math.prod(sizes.values()) <= _MAX_PLANES:
        return {}
    planes: dict[int, tuple[int, int]] = {}
    data = pixels.findall("{*}TiffData")
    for element in data[:_MAX_PLANES]:
        uuid = element.find("{*}UUID")
        of_file = PurePath(uuid.get("FileName", file_name)).name if uuid is not None else file_name
        if of_file != file_name:
            continue
        page = _whole(element.get("IFD"), 0)
        # The first axis of the order runs fastest.
        start, stride = 0, 1
        for axis in order:
            start += _whole(element.get(f"First{axis}"), 0) * stride
            stride *= sizes[axis]
        count = _whole(element.get("PlaneCount"), 1 if "IFD" in element.attrib else stride)
        for k in range(max(0, min(count, stride - start))):
            place, rest = {}, start + k
            for axis in order:
                rest, place[axis] = divmod(rest, sizes[axis])
            planes.setdefault(page + k, (place["C"], place["Z"]))
    return planes


def _size(pixels: ElementTree.Element, axis: str) -> float | None:
    unit = _MICROMETERS.get(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
    try:
        size = float(pixels.get(f"PhysicalSize{axis}", "nan"))
    except ValueError:
        return None
    return size * unit if unit is not None and math.isfinite(size) and size > 0 else None


def _whole(text: str | None, default: int) -> int:
    try:
        return int(text) if text is not None else default
    except ValueError:
        return default
