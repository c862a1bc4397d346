"""What is said of data that this project makes itself, in one wording everywhere."""

from __future__ import annotations

__all__ = ["SYNTHETIC"]

SYNTHETIC = "Synthetic data made by napari-abc; no license or citation of the real data applies."
"""Stands where the license of measured data would; a citation there is none."""
