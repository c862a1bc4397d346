"""How a space is looked at: where the camera stands, and in how many dimensions."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari.components import ViewerModel
    from numpy.typing import NDArray

__all__ = ["Look", "fit", "pixels_of"]

_MARGIN = 0.92
"""Share of the canvas that what is looked at fills."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a space is looked at, to come back to it."""

    ndisplay: int
    center: tuple[float, ...]
    zoom: float
    angles: tuple[float, ...]

    @classmethod
    def of(cls, viewer: ViewerModel) -> Self:
        """How a viewer looks now."""
        camera = viewer.scene.camera
        center, angles = (tuple(float(x) for x in triple) for triple in (camera.center, camera.angles))
        return cls(viewer.dims.ndisplay, center, float(camera.zoom), angles)

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Self | None:
        """As a saved view says it; None where it says what no camera can do."""
        center, angles = _listed(said.get("center")), _listed(said.get("angles"))
        numbers = [said.get("zoom"), *center, *angles]
        if len(center) != 3 or len(angles) != 3 or said.get("ndisplay") not in (2, 3):
            return None
        if not all(type(x) in (int, float) and math.isfinite(x) and abs(x) < 1e12 for x in numbers):
            return None
        zoom, *rest = (float(x) for x in numbers)
        return cls(said["ndisplay"], tuple(rest[:3]), zoom, tuple(rest[3:])) if zoom > 0 else None

    def say(self) -> dict[str, Any]:
        """What a saved view says."""
        return {name: list(x) if isinstance(x, tuple) else x for name, x in asdict(self).items()}

    def take(self, viewer: ViewerModel) -> None:
        """Look so."""
        viewer.dims.ndisplay = self.ndisplay
        camera = viewer.scene.camera
        camera.center, camera.zoom, camera.angles = self.center, self.zoom, self.angles


def fit(viewer: ViewerModel, low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
    """Fit the camera to a flat box, (2,) y and x of two corners in the world, with a margin."""
    camera = viewer.scene.camera
    camera.center = (0.0, *((low + high) / 2).tolist())
    camera.zoom = pixels_of(viewer, low, high)


def pixels_of(viewer: ViewerModel, low: NDArray[np.float64], high: NDArray[np.float64]) -> float:
    """Pixels of the canvas that a unit of the world has when a flat box is fitted."""
    height, width = viewer.canvas.size
    size = np.maximum(high - low, 1e-9)
    return float(_MARGIN * min(height / size[0], width / size[1]))


def _listed(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []
