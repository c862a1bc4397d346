"""A compressed volume: converting it once and reading planes; ours, and nibabel's slices of the file."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.meter import Sample, measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLANES = 15


def generate(target: str, shape: list[int]) -> None:
    """Write a uint16 volume of blobs and noise, gzipped as the published ones are; whole or not at all."""
    import nibabel

    rng = np.random.default_rng(9)
    grids = [np.sin(np.linspace(0, 9, size, dtype=np.float32)) for size in shape]
    smooth = 200 + 100 * (grids[0][:, None, None] * grids[1][:, None] * grids[2])
    data = smooth.astype(np.uint16) + rng.integers(0, 16, shape, np.uint16)
    image = nibabel.Nifti1Image(data, np.eye(4))
    part = f"{target}.part"
    with gzip.open(part, "wb", 1) as out:
        out.write(image.to_bytes())
    Path(part).replace(target)


def _converted(path: str, folder: str) -> Path:
    from napari_abc.io.images import Layout, convert_volume

    return convert_volume(Path(path), Path(folder), Layout((0, 1, 2), (0.025, 0.025, 0.025)))


def convert(path: str, folder: str) -> dict[str, Sample]:
    """Convert it from nothing."""
    shutil.rmtree(folder, ignore_errors=True)
    sample, _ = measure(lambda: _converted(path, folder))
    return {"convert": sample}


def planes(path: str, folder: str) -> dict[str, Sample]:
    """Read planes across the first axis from what was converted."""
    from napari_abc.io.images import open_volume

    return _planes(open_volume(_converted(path, folder)).levels[0], PLANES)


def nibabel_planes(path: str) -> dict[str, Sample]:
    """Read planes across the first axis straight from the file."""
    import nibabel

    image: Any = nibabel.load(path)
    return _planes(image.dataobj, 2)


def _planes(volume: Any, repeats: int) -> dict[str, Sample]:
    """Planes at places far from one another; the sum is that of the first."""
    depth = volume.shape[0]
    turns = iter(range(10**6))

    def plane(turn: int) -> NDArray[Any]:
        return np.asarray(volume[(turn * 37 + depth // 2) % depth])

    first = int(plane(0).sum(dtype=np.int64))
    sample, _ = measure(lambda: plane(next(turns)), repeats)
    return {"plane": {**sample, "sum": float(first)}}
