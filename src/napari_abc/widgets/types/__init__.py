"""The dock "Cluster annotations": the types of a taxonomy, and their cells in the open slabs."""

from __future__ import annotations

from napari_abc.widgets.types._dock import AnnotationsDock

__all__ = ["AnnotationsDock"]
