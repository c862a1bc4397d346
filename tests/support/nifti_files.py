"""NIfTI files of known voxels, and what is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nibabel
import numpy as np

from napari_abc.io.images import convert_volume

if TYPE_CHECKING:
    from pathlib import Path

    from napari_abc.io.images import Layout

__all__ = ["blob", "convert", "save"]


def blob(shape: tuple[int, ...], dtype: str = "u2") -> np.ndarray:
    random = np.random.default_rng(sum(shape))
    return (random.integers(0, 200, shape) + 10 * np.arange(shape[0])[:, None, None] % 50).astype(dtype)


def save(path: Path, data: np.ndarray, **header: Any) -> Path:
    image = nibabel.Nifti1Image(data, np.eye(4), dtype=data.dtype)
    for name, value in header.items():
        image.header[name] = value
    nibabel.save(image, path)
    return path


def convert(tmp_path: Path, data: np.ndarray, layout: Layout, name: str = "a.nii.gz", **more: Any) -> Path:
    return convert_volume(save(tmp_path / name, data), tmp_path / "cache", layout, **more)
