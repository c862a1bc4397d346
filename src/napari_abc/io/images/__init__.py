"""Images and labels as lazy, multiscale volumes, whatever they are stored as.

NIfTI, OME-Zarr, Neuroglancer precomputed, TIFF and OME-TIFF are told apart by content and read when they are
looked at. What can't be read in parts (a compressed NIfTI file, a large TIFF image without smaller copies) is
converted once, in bounded memory, and kept in the cache.
"""

from __future__ import annotations

from napari_abc.io.images._layout import Layout
from napari_abc.io.images._nifti import read_nifti
from napari_abc.io.images._nifti_volume import is_quick, left_out, open_nifti
from napari_abc.io.images._open import open_image
from napari_abc.io.images._planes import depth_range, plane_at, plane_of
from napari_abc.io.images._precomputed import is_precomputed, open_precomputed
from napari_abc.io.images._pyramid import contrast_limits, multiscale, pyramid_folder
from napari_abc.io.images._slicing import read_key
from napari_abc.io.images._tiff import TiffPlane, open_tiff
from napari_abc.io.images._volumes import convert_volume, find_kept, open_volume

__all__ = [
    "Layout",
    "TiffPlane",
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
