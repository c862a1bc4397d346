"""How a volume is stored, once converted."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Layout"]


@dataclass(frozen=True, slots=True)
class Layout:
    """How the axes of a file become the axes of the display, and where its voxels lie."""

    axes: tuple[int, int, int]
    """File axes (i is 0, j is 1, k is 2) that become depth, height and width."""
    spacing: tuple[float, float, float]
    """Size of a voxel along depth, height and width, in ``unit``."""
    unit: str = "millimeter"
    labels: bool = False
    """Whether the values are labels, which are never averaged."""
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Where the center of the first voxel lies, along depth, height and width."""
