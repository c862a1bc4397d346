"""Volumes of a dataset: the right plane, in the right place, whatever the file's header calls its origin."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING, Any

import nibabel
import numpy as np
import pandas as pd
import pytest

from napari_abc.atlas._volumes import AtlasVolume, plane_at, volumes_of
from napari_abc.atlas.atlas import open_atlas
from napari_abc.atlas.catalog import catalog
from napari_abc.atlas.files import DatasetFiles
from napari_abc.atlas.manifest import Release
from napari_abc.atlas.taxonomy import Level, Taxonomy
from napari_abc.errors import Cancelled, FormatError
from napari_abc.io.remote import Store
from napari_abc.io.remote._folder import FolderSource
from napari_abc.task import Task

if TYPE_CHECKING:
    from pathlib import Path

VERSION = "20251031"
ENTRY = catalog().datasets["MERFISH-C57BL6J-638850"]
RESAMPLED, CCF = "MERFISH-C57BL6J-638850-CCF", "Allen-CCF-2020"


def write(
    folder: Path, directory: str, name: str, data: Any, spacing: tuple[float, ...], **gone: Any
) -> None:
    """A NIfTI file of a release, with an origin and directions that are not those of the cells."""
    path = folder / "image_volumes" / directory / VERSION / f"{name}.nii.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    affine = np.array([[-spacing[0], 0, 0, 5.4765], [0, 0, -spacing[2], 8.6], [0, -spacing[1], 0, 6.4357]])
    image: Any = nibabel.Nifti1Image(data, np.vstack([affine, [0, 0, 0, 1]]))  # type: ignore[no-untyped-call]
    image.header.set_xyzt_units("mm")
    nibabel.save(image, path)


def manifest(folder: Path) -> Release:
    """A release of what lies in the folder."""
    listing: dict[str, Any] = {}
    for path in sorted(folder.glob("image_volumes/*/*/*.nii.gz")):
        directory, name = path.parts[-3], path.name.removesuffix(".nii.gz")
        found = {
            "version": VERSION,
            "relative_path": path.relative_to(folder).as_posix(),
            "url": "",
            "size": path.stat().st_size,
            "file_hash": hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest(),
        }
        listing.setdefault(directory, {"image_volumes": {}})["image_volumes"][name] = {
            "files": {"nii.gz": found}
        }
    top = {"version": VERSION, "resource_uri": "s3://x/", "directory_listing": {}, "file_listing": listing}
    target = folder / "releases" / VERSION / "manifest.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(top))
    return Release.parse(target.read_bytes(), VERSION)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Volumes whose values tell where they were taken from."""
    folder = tmp_path / "bucket"
    # Left to right 8, top to bottom 6, back to front 76 planes; the value is the plane's number.
    planes = np.broadcast_to(np.arange(76, dtype=np.int16), (8, 6, 76))
    resampled = (0.01, 0.01, 0.2)
    write(folder, RESAMPLED, "resampled_average_template", planes.copy(), resampled)
    annotation = np.zeros((8, 6, 76), np.int16)
    annotation[2, 4, 36] = 1327
    write(folder, RESAMPLED, "resampled_annotation", annotation, resampled)
    write(
        folder, RESAMPLED, "resampled_annotation_boundary", (annotation > 0).astype(np.uint8) * 7, resampled
    )
    # Front to back 9, top to bottom 5, left to right 7.
    i, j, k = np.indices((9, 5, 7))
    write(folder, CCF, "average_template_25", (100 * i + 10 * j + k).astype(np.uint16), (0.025,) * 3)
    return folder


def cells(depth: float = 7.2, count: int = 5) -> pd.DataFrame:
    names = ("x", "y", "z", "x_reconstructed", "y_reconstructed", "z_reconstructed")
    table = pd.DataFrame({name: np.linspace(1, 2, count) for name in names})
    table["z_reconstructed"] = depth
    return table.assign(x_ccf=7.0, y_ccf=3.0, z_ccf=5.0)


def offered(folder: Path, table: pd.DataFrame, **how: Any) -> dict[str, AtlasVolume]:
    release = manifest(folder)
    store = Store(FolderSource(folder), folder.parent / "cache")
    found = volumes_of(ENTRY, DatasetFiles(ENTRY, release), store, table, how.pop("terms", {}), **how)
    return {f"{volume.frame}: {volume.name}": volume for volume in found}


def test_only_volumes_of_the_release_and_of_frames_that_the_cells_have(folder: Path) -> None:
    every = [
        "reconstructed: Average template",
        "reconstructed: Parcellation",
        "reconstructed: Parcellation boundaries",
        "ccf: Average template, 25 µm",
    ]
    assert list(offered(folder, cells())) == every
    assert list(offered(folder, cells(), frames=["ccf"])) == every[3:]
    assert list(offered(folder, cells()[["x", "y", "z"]])) == []
    assert list(offered(folder, cells(np.nan))) == every[3:]
    (folder / f"image_volumes/{RESAMPLED}/{VERSION}/resampled_annotation.nii.gz").unlink()
    assert list(offered(folder, cells())) == [every[0], *every[2:]]


def test_a_section_gets_the_plane_it_lies_in_for_every_multiple_of_the_distance() -> None:
    depths = [float(f"{0.2 * index:.1f}") for index in range(76)]
    assert [plane_at(depth, 0.2) for depth in depths] == list(range(76))
    # What cutting off the decimals would take: the plane before, for a third of them.
    assert sum(int(depth / 0.2) != index for index, depth in enumerate(depths)) == 24


@pytest.mark.parametrize("index", [0, 3, 12, 33, 36, 75])
def test_the_plane_of_a_section_lies_where_its_cells_lie(folder: Path, index: int) -> None:
    table = cells(float(f"{0.2 * index:.1f}"))
    table.loc[0, "z_reconstructed"] = np.nan
    volume = offered(folder, table)["reconstructed: Average template"].load(Task())
    assert (volume.kind, volume.frame, volume.unit) == ("image", "reconstructed", "millimeter")
    assert (volume.scale, volume.translate) == ((0.01, 0.01), (0.0, 0.0))
    (plane,) = volume.levels
    assert plane.shape == (6, 8)
    assert (plane == index).all()


def test_labels_and_boundaries_of_a_plane(folder: Path) -> None:
    found = offered(folder, cells(7.2), terms={CCF: parcellation()})
    labels = found["reconstructed: Parcellation"].load(Task())
    assert labels.kind == "labels"
    assert np.argwhere(labels.levels[0]).tolist() == [[4, 2]]
    assert labels.levels[0][4, 2] == 1327
    assert labels.levels[0].dtype.kind in "iu"
    structure = labels.label_levels["structure"]
    assert dict(zip(structure.labels.tolist(), structure.names, strict=True))[1327] == "PAG"
    lines = found["reconstructed: Parcellation boundaries"].load(Task())
    assert (lines.kind, lines.contrast_limits) == ("image", (0.0, 1.0))
    assert np.argwhere(lines.levels[0] >= 1).tolist() == [[4, 2]]


def test_the_ccf_is_the_whole_volume_with_x_into_the_depth(folder: Path) -> None:
    volume = offered(folder, cells())["ccf: Average template, 25 µm"].load(Task())
    assert volume.scale == (0.025, 0.025, 0.025)
    assert volume.translate == (0.0, 0.0, 0.0)
    data = np.asarray(volume.levels[0])
    assert data.shape == (9, 5, 7)
    assert data[8, 3, 6] == 836


def test_a_section_outside_the_volume_is_told_so(folder: Path) -> None:
    volume = offered(folder, cells(15.4))["reconstructed: Average template"]
    with pytest.raises(FormatError, match=r"lie at 15\.4 millimeter, .* from 0 to 15 and has no plane"):
        volume.load(Task())


def test_it_is_fetched_and_converted_once(folder: Path) -> None:
    volume = offered(folder, cells())["reconstructed: Average template"]
    assert volume.download_bytes() == 0
    reports: list[str] = []
    task = Task(lambda progress: reports.append(progress.what))
    volume.load(task)
    assert [what for what in reports if "Converting" in what]
    converted = list((folder.parent / "cache" / "napari-abc" / "volumes").glob("*.ome.zarr"))
    assert len(converted) == 1
    stamp = converted[0].stat().st_mtime_ns
    reports.clear()
    offered(folder, cells(1.2))["reconstructed: Average template"].load(task)
    assert converted[0].stat().st_mtime_ns == stamp
    assert not [what for what in reports if "Converting" in what]


def test_a_cancelled_conversion_keeps_nothing(folder: Path) -> None:
    task = Task(lambda progress: task.cancel() if "Converting" in progress.what else None)
    with pytest.raises(Cancelled):
        offered(folder, cells())["reconstructed: Average template"].load(task)
    volumes = folder.parent / "cache" / "napari-abc" / "volumes"
    assert not list(volumes.glob("*.ome.zarr"))


def test_bytes_to_fetch_are_told_before(folder: Path) -> None:
    size = (folder / f"image_volumes/{CCF}/{VERSION}/average_template_25.nii.gz").stat().st_size
    release = manifest(folder)
    empty = folder.parent / "empty"
    manifest(empty)
    store = Store(FolderSource(empty), folder.parent / "cache")
    (volume,) = volumes_of(ENTRY, DatasetFiles(ENTRY, release), store, cells(), {}, ["ccf"])
    assert volume.download_bytes() == size


@pytest.mark.parametrize("name", ["Average template", "Parcellation"])
def test_what_was_converted_needs_its_file_no_more(folder: Path, name: str) -> None:
    before = offered(folder, cells())[f"reconstructed: {name}"]
    plane = before.load(Task())
    release = manifest(folder)
    shutil.rmtree(folder / "image_volumes")
    store = Store(FolderSource(folder), folder.parent / "cache")
    listed = DatasetFiles(ENTRY, release)
    found = {
        volume.name: volume for volume in volumes_of(ENTRY, listed, store, cells(), {}, ["reconstructed"])
    }
    again = found.pop(name)
    assert again.download_bytes() == 0
    volume = again.load(Task())
    assert (volume.scale, volume.translate) == (plane.scale, plane.translate)
    np.testing.assert_array_equal(volume.levels[0], plane.levels[0])
    # The others were never converted.
    assert found
    assert all(other.download_bytes() for other in found.values())


def parcellation() -> Taxonomy:
    def level(name: str, terms: dict[str, str]) -> Level:
        table = pd.DataFrame(
            {"name": list(terms), "color": list(terms.values()), "parent": ""},
            index=pd.Index([f"{name}-{term}" for term in terms], name="label"),
        )
        return Level(name, name, "", False, table)

    levels = (level("division", {"MB": "#ff64ff"}), level("structure", {"PAG": "#ff90ff"}))
    return Taxonomy(CCF, levels, pd.Index(["1327"]), np.zeros((1, 2), np.int32))


@pytest.mark.parametrize(
    ("dataset", "label", "frame"),
    [
        ("MERFISH-C57BL6J-638850", "C57BL6J-638850.37", "reconstructed"),
        ("Zhuang-ABCA-1", "All sections", "ccf"),
    ],
)
def test_cells_lie_in_the_regions_that_they_belong_to(
    release_folder: Path, dataset: str, label: str, frame: str
) -> None:
    slab = open_atlas(str(release_folder))[dataset].slab(label).in_frame(frame)
    (source,) = [source for source in slab.volumes if source.frame == frame and source.kind == "labels"]
    volume = source.load(Task())
    labels = np.asarray(volume.levels[0])
    positions = slab.cells[["z", "y", "x"][-labels.ndim :]].to_numpy(dtype=float)
    voxels = np.rint((positions - volume.translate) / volume.scale).astype(int)
    found = labels[tuple(voxels.T)]
    np.testing.assert_array_equal(found, pd.to_numeric(slab.cells["parcellation_index"]))
    assert len(np.unique(found)) > 5
    level = volume.label_levels["structure"]
    terms = pd.Series(level.names, index=level.labels)[found].to_numpy()
    assert (terms == slab.cells["parcellation_structure"].astype(str)).all()
