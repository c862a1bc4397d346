"""Volumes: images and labels that are shown with cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from napari_abc.task import Task

__all__ = ["LabelLevel", "Volume", "VolumeSource"]


@dataclass(frozen=True, eq=False, slots=True)
class Volume:
    """An image or labels, multiscale, placed in the slab's frame."""

    name: str
    kind: Literal["image", "labels"]
    levels: Sequence[Any]
    """Array-likes (numpy, zarr or dask), largest first; last two axes are (y, x)."""
    scale: tuple[float, ...]
    """Size of a pixel of the first level along its axes, in ``unit``."""
    translate: tuple[float, ...]
    """Where the center of pixel 0 lies, in ``unit``."""
    unit: str
    contrast_limits: tuple[float, float] | None = None
    colormap: str | None = None
    visible: bool = True
    label_levels: Mapping[str, LabelLevel] = field(default_factory=dict)
    """For labels that stand for terms of a taxonomy: what they mean at each of its levels."""
    frame: str = ""
    """Name of the frame it lies in; empty for the slab's first."""


@dataclass(frozen=True, eq=False, slots=True)
class LabelLevel:
    """What the labels of a volume mean at one level of a taxonomy: many labels may share a term."""

    labels: NDArray[np.int64]
    """Values in the volume."""
    names: tuple[str, ...]
    """Name of the term, one a label."""
    colors: tuple[str, ...]
    """``"#rrggbb"``, one a label."""


class VolumeSource(Protocol):
    """A volume that can be shown with a slab; nothing is read until it is asked for."""

    @property
    def name(self) -> str:
        """What a person reads: ``"Average template, 25 µm"``."""

    @property
    def kind(self) -> Literal["image", "labels"]:
        """What its values are."""

    @property
    def frame(self) -> str:
        """Name of the slab's frame that it lies in."""

    def download_bytes(self) -> int:
        """Bytes that have to be fetched before it can be shown; 0 when on disk."""

    def load(self, task: Task) -> Volume:
        """Fetch and convert it if need be, and give what is to be shown.

        Raises
        ------
        AbcError
            If the file can't be fetched, read or converted.
        """
