"""Images and labels: NIfTI, OME-Zarr, precomputed and TIFF as lazy, multiscale volumes."""

from __future__ import annotations

from napari_abc.io.images._layout import Layout
from napari_abc.io.images._nifti import read_nifti
from napari_abc.io.images._nifti_volume import is_quick, left_out, open_nifti
from napari_abc.io.images._open import open_image
from napari_abc.io.images._planes import depth_range, plane_at, plane_of
from napari_abc.io.images._precomputed import is_precomputed, open_precomputed
from napari_abc.io.images._pyramid import contrast_limits, multiscale, pyramid_folder
from napari_abc.io.images._slicing import read_key
from napari_abc.io.images._tiff import Plane, open_tiff
from napari_abc.io.images._volumes import convert_volume, find_kept, open_volume

__all__ = [
    "Layout",
    "Plane",
    "contrast_limits",
    "convert_volume",
    "depth_range",
    "find_kept",
    "is_precomputed",
    "is_quick",
    "left_out",
    "multiscale",
    "open_image",
    "open_nifti",
    "open_precomputed",
    "open_tiff",
    "open_volume",
    "plane_at",
    "plane_of",
    "pyramid_folder",
    "read_key",
    "read_nifti",
]
