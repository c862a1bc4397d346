"""The embedded miniature release: every kind of file that the atlas has, made from nothing in seconds.

It is laid out as the public bucket is, and is said to be synthetic in each manifest
(``"synthetic": true``). What it is for: trying the plugin without a network, the sample data, and the
tests' fixture.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from napari_abc.demo import undescribed
from napari_abc.demo.basal_ganglia import datasets as hmba
from napari_abc.demo.basal_ganglia import multiome as hmba_10x
from napari_abc.demo.basal_ganglia import taxonomy as hmba_taxonomy
from napari_abc.demo.basal_ganglia.planes import make_plane
from napari_abc.demo.basal_ganglia.specimens import DONORS
from napari_abc.demo.human import asap, sea_ad, whb
from napari_abc.demo.human import taxonomies as human_taxonomies
from napari_abc.demo.mouse import aging, consensus, wmb_10x, zhuang
from napari_abc.demo.mouse import merfish as mouse
from napari_abc.demo.mouse import space as mouse_space
from napari_abc.demo.shared.bucket import Bucket
from napari_abc.errors import ConfigurationError
from napari_abc.io.files import atomic_folder, default_cache
from napari_abc.task import Task

if TYPE_CHECKING:
    from napari_abc.demo.shared.bucket import Listed

__all__ = ["FORMAT", "RELEASES", "SHOWPIECE", "build_release", "ensure_release"]

FORMAT = 3
"""Counts up when the content changes, so that a cache builds it anew."""

RELEASES = ("20250531", "20251031", "20260228")
"""Before the spatial basal ganglia data, their first, and the newest."""

SHOWPIECE = "H22.30.001.CX.17.Plane.03"
"""The slab plane with the most cells."""

_FILES = 260
_BYTES = 80_000_000
_SINCE = {
    "HMBA-MERSCOPE-": "20251031",
    "HMBA-Xenium-": "20251031",
    "Consensus-WMB-": "20251031",
    "SEA-AD-": "20260228",
    "Developing-Mouse-": "20260228",
}
"""Start of a directory's name → the first release that lists it; the others always were."""

_OLD_HUMAN = ("H22.30.001.CX.16.Plane.07", "H22.30.001.CX.17.Plane.07")
"""The planes whose cells the human's older metadata has."""


def build_release(target: Path, task: Task | None = None, *, showpiece_cells: int | None = None) -> Path:
    """Build the miniature release.

    Parameters
    ----------
    target
        A folder that is empty or does not exist yet.
    task
        Told how many files are finished; its cancel leaves what was written so far.
    showpiece_cells
        Cells of the human plane :data:`SHOWPIECE`, 26,000 if not given: 300,000 make a slab of
        realistic size for measuring speed.

    Returns
    -------
    Path
        ``target``, in bucket layout: ``releases/``, ``metadata/``, ``expression_matrices/``,
        ``image_volumes/``.

    Raises
    ------
    ConfigurationError
        If ``target`` holds something already.
    Cancelled
        If the task was cancelled.
    """
    target = Path(target)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConfigurationError(
            f"{target} is not an empty folder; name a new one for the synthetic release."
        )
    target.mkdir(parents=True, exist_ok=True)
    task = task or Task()
    task.check()
    bucket = Bucket(target, task, _FILES)

    taxonomies = {
        version: hmba_taxonomy.write_taxonomy(bucket, version, recolored=version == "20250531")
        for version in ("20250531", "20250630")
    }
    hmba_10x.write_hmba_10x(bucket, taxonomies)
    whb.write_whb(bucket)
    asap.write_asap(bucket)
    human_taxonomies.seaad_tree().write(bucket, {})
    aging.write_aging(bucket)
    sea_ad.write_sea_ad(bucket)
    undescribed.write_undescribed(bucket)
    for donor in DONORS:
        planes = []
        for plane in donor.planes:
            task.check()
            is_showpiece = donor.plane_label(plane) == SHOWPIECE
            cells = showpiece_cells if is_showpiece and showpiece_cells else plane.cells
            planes.append(make_plane(donor, plane, cells))
        for made in planes:
            hmba.write_polygons(bucket, donor, made, "20250630")
        first = hmba.Versions("20250630", "20250630", "20250630")
        if donor.species != "Human":
            hmba.write_dataset(bucket, donor, planes, first)
            continue
        old = [made for made in planes if donor.plane_label(made.plane) in _OLD_HUMAN]
        hmba.write_dataset(bucket, donor, old, first)
        hmba.write_dataset(bucket, donor, planes, replace(first, metadata="20260228", expression="20250930"))
        hmba.write_ccf(bucket, donor, planes, "20260228")
    space = mouse.write_mouse(bucket)
    mouse_space.write_ccf(bucket, space)
    zhuang.write_zhuang(bucket, space)
    consensus.write_consensus(bucket, wmb_10x.write_wmb_10x(bucket))

    for release in RELEASES:
        bucket.manifest(release, [file for file in bucket.files if _is_listed(file, release)])
    return target


def _is_listed(file: Listed, release: str) -> bool:
    """Whether a release's manifest lists a file; the bucket keeps all that were ever listed."""
    if file.directory == "HMBA-BG-taxonomy-CCN20250428":
        return file.version == ("20250531" if release == "20250531" else "20250630")
    if any(file.directory.startswith(start) and release < first for start, first in _SINCE.items()):
        return False
    if release == "20251031":  # an optional table was not there yet in one species
        missing = ("HMBA-Xenium-CJ23.56.004-BG", "cell_anatomical_annotations")
        if (file.directory, file.name) == missing:
            return False
    if file.directory == "HMBA-MERSCOPE-H22.30.001-BG":
        newest = {"metadata": "20260228", "expression_matrices": "20250930", "image_volumes": "20250630"}
        return file.version == ("20250630" if release == "20251031" else newest[file.kind])
    return True


def ensure_release(cache: Path | None = None, task: Task | None = None) -> Path:
    """Folder of the miniature release, built the first time.

    Parameters
    ----------
    cache
        Where to keep it; the default cache if None.
    task
        Progress and cancel of the building.

    Raises
    ------
    ConfigurationError
        If the cache folder can't be written.
    DiskFullError
        If there is not enough room.
    Cancelled
        If the task was cancelled; nothing is left behind then.
    """
    if cache is None:
        cache = default_cache()
    target = Path(cache) / f"demo-release-v{FORMAT}"
    if _is_complete(target):
        return target
    with atomic_folder(target, needed=_BYTES, is_whole=_is_complete) as making:
        build_release(making, task)
    return target


def _is_complete(target: Path) -> bool:
    return (target / "releases" / RELEASES[-1] / "manifest.json").is_file()
