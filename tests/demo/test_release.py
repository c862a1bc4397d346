from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from napari_abc.demo import release as module
from napari_abc.demo.release import RELEASES, SHOWPIECE, build_release, ensure_release
from napari_abc.errors import Cancelled, ConfigurationError
from napari_abc.task import Progress, Task
from processes import run
from released import ABC, LAYOUT

HUMAN, MACAQUE, MARMOSET = (
    "HMBA-MERSCOPE-H22.30.001-BG",
    "HMBA-MERSCOPE-QM23.50.001-BG",
    "HMBA-Xenium-CJ23.56.004-BG",
)
TABLES = {
    "cell_anatomical_annotations",
    "cell_metadata",
    "cell_supplemental_metadata",
    "cell_to_cluster_membership",
    "donor",
    "example_gene_expression",
    "gene",
    "slab_plane_coordinates",
    "specimen_metadata",
    "value_sets",
}
FROM_THE_START = {
    "ASAP-PMDBS-10X",
    "ASAP-PMDBS-taxonomy",
    "Allen-CCF-2020",
    "HMBA-10xMultiome-BG",
    "HMBA-10xMultiome-BG-Aligned",
    "HMBA-BG-taxonomy-CCN20250428",
    "MERFISH-C57BL6J-638850",
    "MERFISH-C57BL6J-638850-CCF",
    "MERFISH-C57BL6J-638850-imputed",
    "MERFISH-C57BL6J-638850-sections",
    "SEAAD-taxonomy",
    "WHB-10Xv3",
    "WHB-taxonomy",
    "WMB-10X",
    "WMB-10Xv2",
    "WMB-10Xv3",
    "WMB-neighborhoods",
    "WMB-taxonomy",
    "Zeng-Aging-Mouse-10Xv3",
    "Zeng-Aging-Mouse-WMB-taxonomy",
    "Zhuang-ABCA-1",
    "Zhuang-ABCA-1-CCF",
    "Zhuang-ABCA-3",
    "Zhuang-ABCA-3-CCF",
}
SINCE_20251031 = {
    HUMAN,
    MACAQUE,
    MARMOSET,
    "Consensus-WMB-AIBS-10X",
    "Consensus-WMB-Macosko-10X",
    "Consensus-WMB-integrated-taxonomy",
}
SINCE_20260228 = {
    "Developing-Mouse-Vis-Cortex-10X",
    "SEA-AD-CaH-10X",
    "SEA-AD-CaH-taxonomy",
    "SEA-AD-CaH-Xenium",
}


def manifest(root: Path, release: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((root / "releases" / release / "manifest.json").read_text())
    return content


def leaves(node: Any) -> list[dict[str, Any]]:
    """Every entry below a node that describes one file."""
    if "relative_path" in node:
        return [node]
    return [leaf for child in node.values() for leaf in leaves(child)]


def contents(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.md5(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_same_bytes_in_another_process_and_damage_is_repaired(release_folder: Path, tmp_path: Path) -> None:
    damaged = tmp_path / f"demo-release-v{module.FORMAT}"
    damaged.mkdir()
    (damaged / "left over").write_text("half of it was deleted")
    code = "import sys; from napari_abc.demo.release import ensure_release as e; print(e())"
    environment = os.environ | {"NAPARI_ABC_CACHE": str(tmp_path), "PYTHONHASHSEED": "12345"}
    done = run([sys.executable, "-c", code], env=environment, check=True)
    assert Path(done.stdout.strip()) == damaged
    assert contents(damaged) == contents(release_folder)
    assert [path.name for path in tmp_path.iterdir()] == [damaged.name]


def test_manifests_tell_the_truth(release_folder: Path) -> None:
    on_disk = {
        path.relative_to(release_folder).as_posix(): path
        for path in release_folder.rglob("*")
        if path.is_file()
    }
    listed = set()
    for release in RELEASES:
        content = manifest(release_folder, release)
        assert content["version"] == release
        assert content["synthetic"] is True
        assert "synthetic" in content["synthetic_note"]
        for entry in leaves(content["file_listing"]):
            path = on_disk[entry["relative_path"]]
            data = path.read_bytes()
            assert len(data) == entry["size"] > 0
            assert hashlib.md5(data).hexdigest() == entry["file_hash"]
            assert entry["url"].endswith("amazonaws.com/" + entry["relative_path"])
            assert f"/{entry['version']}/" in entry["relative_path"]
            listed.add(entry["relative_path"])
        for directory, kinds in content["directory_listing"].items():
            for kind, folder in kinds["directories"].items():
                inside = leaves(content["file_listing"][directory][kind])
                assert folder["total_size"] == sum(entry["size"] for entry in inside)
                assert all(e["relative_path"].startswith(folder["relative_path"] + "/") for e in inside)
    # No file lies about that no manifest has, but the manifests themselves.
    assert set(on_disk) - listed == {f"releases/{release}/manifest.json" for release in RELEASES}


def test_names_and_versions(release_folder: Path) -> None:
    old, first, newest = (manifest(release_folder, release)["file_listing"] for release in RELEASES)
    taxonomy = "HMBA-BG-taxonomy-CCN20250428"
    assert set(old) == FROM_THE_START
    assert set(first) == FROM_THE_START | SINCE_20251031
    assert set(newest) == FROM_THE_START | SINCE_20251031 | SINCE_20260228
    assert set(newest[HUMAN]["metadata"]) == TABLES | {"ccf_coordinates"}
    assert set(newest[MACAQUE]["metadata"]) == set(newest[MARMOSET]["metadata"]) == TABLES
    assert set(first[MARMOSET]["metadata"]) == TABLES - {"cell_anatomical_annotations"}
    assert set(first[HUMAN]["metadata"]) == TABLES
    versions = {
        kind: {entry["version"] for entry in leaves(newest[HUMAN][kind])}
        for kind in ("metadata", "expression_matrices", "image_volumes")
    }
    assert versions == {
        "metadata": {"20260228"},
        "expression_matrices": {"20250930"},
        "image_volumes": {"20250630"},
    }
    for listing, dataset in ((newest, HUMAN), (newest, MACAQUE), (newest, MARMOSET)):
        (name,) = listing[dataset]["expression_matrices"]
        assert name == dataset.removeprefix("HMBA-")
        for layer in ("raw", "log2"):
            entry = listing[dataset]["expression_matrices"][name][layer]["files"]["h5ad"]
            assert entry["relative_path"].endswith(f"/{name}-{layer}.h5ad")
    plane = newest[HUMAN]["image_volumes"][SHOWPIECE]["files"]["geojson"]
    assert plane["relative_path"].endswith(f"/20250630/geojsons/{SHOWPIECE}.geojson")
    views = [e["relative_path"] for e in leaves(newest) if "/views/" in e["relative_path"]]
    assert len(views) > 15
    assert "cell_metadata_with_cluster_annotation" in newest["MERFISH-C57BL6J-638850"]["metadata"]
    assert old[taxonomy]["metadata"]["cluster"]["files"]["csv"]["version"] == "20250531"
    assert newest[taxonomy]["metadata"]["cluster"]["files"]["csv"]["version"] == "20250630"


def test_older_human_release_has_fewer_planes_and_equal_cells(release_folder: Path) -> None:
    folder = release_folder / "metadata" / HUMAN
    new = pd.read_csv(folder / "20260228" / "slab_plane_coordinates.csv", index_col="cell_label")
    old = pd.read_csv(folder / "20250630" / "slab_plane_coordinates.csv", index_col="cell_label")
    assert set(old["slab_plane_label"]) == {"H22.30.001.CX.16.Plane.07", "H22.30.001.CX.17.Plane.07"}
    pd.testing.assert_frame_equal(old, new.loc[old.index])


def test_shape_is_the_real_manifests(release_folder: Path) -> None:
    ours = manifest(release_folder, "20260228")
    assert set(ours) - {"synthetic", "synthetic_note"} == {
        "version", "resource_uri", "directory_listing", "file_listing",
    }  # fmt: skip
    assert ours["resource_uri"] == "s3://allen-brain-cell-atlas/"
    web = "https://allen-brain-cell-atlas.s3.us-west-2.amazonaws.com/"
    dataset = "MERFISH-C57BL6J-638850"
    for kind in ("metadata", "expression_matrices"):
        told = ours["directory_listing"][dataset]["directories"][kind]
        assert set(told) == {"version", "relative_path", "url", "view_link", "total_size"}
        assert told["relative_path"] == f"{kind}/{dataset}/{told['version']}"
        assert told["url"] == f"{web}{told['relative_path']}/"
        assert told["view_link"] == f"{web}index.html#{told['relative_path']}/"
    listed = ours["file_listing"][dataset]
    tables = {name.removeprefix("views/") for name in LAYOUT["tables"][dataset]}
    assert set(listed["metadata"]) == tables
    assert set(listed["expression_matrices"]) == set(LAYOUT["matrices"][dataset])
    assert set(listed["expression_matrices"]["C57BL6J-638850"]) == {"log2", "raw"}
    for file in leaves(listed):
        assert set(file) == {"version", "relative_path", "url", "size", "file_hash"}
        assert file["url"] == web + file["relative_path"]


@pytest.mark.parametrize("path", [None, *sorted(ABC.glob("bucket/releases/*/manifest.json"))], ids=str)
def test_keys_are_the_same_in_manifests(release_folder: Path, path: Path | None) -> None:
    """Of our two releases, and of the real ones where they are on this machine."""
    theirs = manifest(release_folder, "20250531") if path is None else json.loads(path.read_text())
    ours = manifest(release_folder, "20260228")
    dataset = "MERFISH-C57BL6J-638850"
    assert set(theirs) - {"synthetic", "synthetic_note"} == set(ours) - {"synthetic", "synthetic_note"}
    for kind in ("metadata", "expression_matrices"):
        one, other = (
            content["directory_listing"][dataset]["directories"][kind] for content in (theirs, ours)
        )
        assert set(one) == set(other)
        assert one["view_link"].replace(one["version"], other["version"]) == other["view_link"]
    names = set(theirs["file_listing"][dataset]["metadata"])
    assert names == set(ours["file_listing"][dataset]["metadata"])
    for name in names:
        (one,), (other,) = (leaves(c["file_listing"][dataset]["metadata"][name]) for c in (theirs, ours))
        assert set(one) == set(other)
        assert one["url"].replace(one["version"], other["version"]) == other["url"]


def test_never_writes_over_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigurationError, match="not an empty folder"):
        build_release(tmp_path)
    with pytest.raises(ConfigurationError, match="not an empty folder"):
        build_release(tmp_path / "thesis.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_is_built_once(release_folder: Path, tmp_path: Path) -> None:
    made = tmp_path / f"demo-release-v{module.FORMAT}"
    made.symlink_to(release_folder, target_is_directory=True)
    reports: list[Progress] = []
    assert ensure_release(tmp_path, Task(reports.append)) == made
    assert reports == []


def test_cancel_leaves_nothing(tmp_path: Path) -> None:
    reports: list[Progress] = []

    def stop(progress: Progress) -> None:
        reports.append(progress)
        if progress.done == 5:
            task.cancel()

    task = Task(stop)
    with pytest.raises(Cancelled):
        ensure_release(tmp_path, task)
    assert [progress.done for progress in reports] == [1, 2, 3, 4, 5]
    assert list(tmp_path.iterdir()) == []


def test_progress_reaches_its_total_and_the_showpiece_scales(release_folder: Path, tmp_path: Path) -> None:
    reports: list[Progress] = []
    start = time.process_time()
    small = build_release(tmp_path / "small", Task(reports.append), showpiece_cells=700)
    assert time.process_time() - start < 20  # 5 s on two slow cores
    assert reports[-1].done == reports[-1].total == len(reports)
    name = f"metadata/{HUMAN}/20260228/specimen_metadata.csv"
    assert (small / name).read_bytes() == (release_folder / name).read_bytes()
    polygons = f"image_volumes/{HUMAN}/20250630/geojsons/{SHOWPIECE}.geojson"
    assert (small / polygons).read_bytes() == (release_folder / polygons).read_bytes()
    cells = pd.read_csv(small / f"metadata/{HUMAN}/20260228/slab_plane_coordinates.csv")
    assert (cells["slab_plane_label"] == SHOWPIECE).sum() == 700 - 700 // 83


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ConfigurationError, match="choose a folder that you may write to"):
        ensure_release(tmp_path / "file" / "cache")
    monkeypatch.setenv("NAPARI_ABC_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(ConfigurationError, match="set NAPARI_ABC_CACHE to a folder that you may write to"):
        ensure_release()


def test_it_stays_small(release_folder: Path) -> None:
    assert sum(path.stat().st_size for path in release_folder.rglob("*") if path.is_file()) < 110e6
