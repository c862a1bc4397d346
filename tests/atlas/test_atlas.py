"""The atlas end to end on the synthetic release: every kind of source, every species, no network."""

from __future__ import annotations

import shutil
import time

import numpy as np
import pandas as pd
import pytest

import napari_abc as abc
from napari_abc.atlas.catalog import catalog
from napari_abc.errors import (
    AbcError,
    Cancelled,
    ConfigurationError,
    NetworkError,
    OfflineError,
    UnknownNameError,
)
from napari_abc.task import Task

HUMAN = "HMBA-MERSCOPE-H22.30.001-BG"
SHOWPIECE = "H22.30.001.CX.17.Plane.03"
SPATIAL = list(catalog().datasets)[:4]


@pytest.fixture(scope="module")
def local(release_folder):
    return abc.open_atlas(release_folder)


def test_every_species_opens_and_colors_by_everything_it_offers(local):
    for name in SPATIAL:
        dataset = local[name]
        assert dataset.synthetic
        label = dataset.slabs.index[0]
        slab = dataset.slab(label)
        assert slab.synthetic
        assert len(slab.cells) == dataset.slabs.loc[label, "cells"] > 500
        assert slab.cells.index.is_unique
        assert np.isfinite(slab.cells[["x", "y"]].to_numpy()).all()
        assert any(slab.color_keys().values())
        for columns in slab.color_keys().values():
            for column in columns:
                coloring = slab.coloring(column)
                assert len(getattr(coloring, "codes", getattr(coloring, "values", ()))) == len(slab.cells)
        assert slab.values
        for values in slab.values:
            table = slab.expression(slab.genes.index[:2], values)
            assert table.shape == (len(slab.cells), 2)
            assert table.notna().any().all()


def test_tables_can_be_sorted_and_grouped_by_their_names(local):
    datasets = local.datasets
    assert datasets.index.tolist() == datasets["dataset"].tolist()
    assert datasets.sort_values("dataset", ascending=False)["dataset"].iloc[-1] == min(datasets.index)
    slabs = local[HUMAN].slabs
    assert slabs.groupby("slab")["cells"].sum().loc[SHOWPIECE] == slabs.loc[SHOWPIECE, "cells"]


@pytest.mark.parametrize("cache", ["", " "])
def test_an_empty_cache_is_not_the_current_folder(cache, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="names no folder"):
        abc.open_atlas("demo", cache=cache)
    assert not list(tmp_path.iterdir())


def test_slabs_follow_slab_plane_order_and_count_what_the_tables_say(local, release_folder):
    slabs = local[HUMAN].slabs
    assert slabs["order"].is_monotonic_increasing
    newest = max((release_folder / "metadata" / HUMAN).iterdir())
    table = pd.read_csv(newest / "slab_plane_coordinates.csv", dtype={"cell_label": str}).dropna(
        subset=["x_slab_mm", "y_slab_mm"]
    )
    labels = set(pd.read_csv(newest / "cell_metadata.csv", dtype=str)["cell_label"])
    planes = (
        pd.read_csv(newest / "specimen_metadata.csv", dtype=str)
        .groupby("slab_plane_label")["brain_section_label"]
        .nunique()
    )
    expected = table[table["cell_label"].isin(labels)].groupby("slab_plane_label").size()
    assert slabs["cells"].to_dict() == expected.to_dict()
    assert slabs["sections"].to_dict() == planes.to_dict()


def test_y_grows_downwards(local):
    # Dorsal is up: the caudate's cells have smaller y than those of the ventral pallidum.
    cells = local[HUMAN].slab(SHOWPIECE).cells
    middle = cells.groupby("region", observed=True)["y"].median()
    assert middle["STR"] < middle["VeP"]


def test_listing_datasets_fetches_no_table_of_cells(http_server, tmp_path):
    atlas = abc.open_atlas(http_server.url, cache=tmp_path)
    datasets = atlas.datasets
    asked = [request.path for request in http_server.requests]
    assert any(path.endswith("specimen_metadata.csv") for path in asked)
    assert not [path for path in asked if "cell" in path.rpartition("/")[2]]
    assert datasets.loc[HUMAN, "slabs"] == 6
    assert pd.isna(datasets.loc[HUMAN, "cells"])
    # Asked for one dataset, its slabs are counted where that takes little; with progress and cancel.
    task = Task(lambda progress: task.cancel() if progress.what.endswith("cell_metadata.csv") else None)
    with pytest.raises(Cancelled):
        atlas[HUMAN].list_slabs(task)
    assert not list(tmp_path.rglob("*cell_metadata*"))
    assert atlas[HUMAN].list_slabs()["cells"].notna().all()


def test_the_same_answer_from_every_source(local, release_folder, s3_server, http_server, tmp_path):
    expected = local[HUMAN].slab(SHOWPIECE)
    gene = expected.expression(["DRD1"])
    sources = {
        "bucket": None,
        "another bucket": "s3://allen-brain-cell-atlas",
        "web": http_server.url,
        "folder": str(release_folder),
    }
    for name, source in sources.items():
        atlas = abc.open_atlas(source, cache=tmp_path / name)
        assert atlas.releases == local.releases
        assert atlas.release == local.release == max(atlas.releases)
        slab = atlas[HUMAN].slab(SHOWPIECE)
        pd.testing.assert_frame_equal(slab.cells, expected.cells)
        pd.testing.assert_frame_equal(slab.expression(["DRD1"]), gene)
        assert len(slab.regions) == len(expected.regions) > 0


def test_fetched_once_and_then_offline(s3_server, tmp_path):
    atlas = abc.open_atlas(cache=tmp_path / "c")
    dataset = atlas[HUMAN]
    assert 0 < dataset.opening_bytes() < dataset.bytes
    before = dataset.bytes - dataset.cached_bytes
    slab = dataset.slab(SHOWPIECE)
    need = slab.expression_source.download_bytes("log2")
    assert need > 0
    slab.expression("DRD1")  # a table of a few genes has it, and the matrix is left alone
    assert 0 < slab.expression_source.download_bytes("log2") == need
    slab.expression("DRD2")
    assert slab.expression_source.download_bytes("log2") == 0
    assert dataset.bytes - dataset.cached_bytes < before
    s3_server.requests.clear()
    slab = abc.open_atlas(cache=tmp_path / "c")[HUMAN].slab(SHOWPIECE)
    slab.expression("DRD2")
    assert not [
        request for request in s3_server.requests if ".csv" in request.path or ".h5ad" in request.path
    ]
    s3_server.requests.clear()
    offline = abc.open_atlas(cache=tmp_path / "c", offline=True)
    assert len(offline[HUMAN].slab(SHOWPIECE).expression("DRD1")) == len(slab.cells)
    with pytest.raises(OfflineError):
        offline[SPATIAL[1]].slab("any")
    assert s3_server.requests == []


def test_download_fetches_everything(s3_server, tmp_path):
    dataset = abc.open_atlas(cache=tmp_path / "c")[SPATIAL[2]]
    dataset.download()
    assert dataset.cached_bytes == dataset.bytes


def test_an_accessor_cache_is_used_where_it_lies(release_folder, tmp_path, monkeypatch):
    folder = tmp_path / "abc_cache"
    shutil.copytree(release_folder, folder)
    (folder / "_manifest_last_used.txt").write_text("releases/20251031/manifest.json")
    (folder / "_downloaded_data.json").write_text("[]")
    # Nothing listens there: the cache must do without the network.
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob("*")}
    for atlas in (abc.open_atlas(folder), abc.open_atlas(cache=folder, offline=True)):
        assert len(atlas[HUMAN].slab(SHOWPIECE).expression("DRD1")) > 20_000
    assert {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob("*")} == before


def test_an_older_release_can_be_pinned(release_folder):
    atlas = abc.open_atlas(release_folder, release="20251031")
    assert atlas.release == "20251031"
    missing = abc.open_atlas(release_folder, release=atlas.releases[0])
    assert not missing.datasets.loc[HUMAN, "available"]
    assert "20" in missing.datasets.loc[HUMAN, "reason"]
    with pytest.raises(UnknownNameError):
        abc.open_atlas(release_folder, release="20990101")


def test_no_network_and_no_cache_is_one_sentence_and_soon(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    start = time.monotonic()
    with pytest.raises(NetworkError) as caught:
        abc.open_atlas(cache=tmp_path / "c")
    assert time.monotonic() - start < 30
    assert "\n" not in str(caught.value)


def test_the_demo_is_a_source(tmp_path):
    atlas = abc.open_atlas("demo", cache=tmp_path)
    assert atlas.synthetic
    assert atlas.source.folder.is_relative_to(tmp_path)
    absent = atlas.datasets[~atlas.datasets["available"]]
    # The release holds a coronal and a sagittal one of the four; why the others can't be opened is said.
    assert {"Zhuang-ABCA-2", "Zhuang-ABCA-4"} <= set(absent.index)
    assert absent["reason"].str.contains(atlas.release).all()


@pytest.mark.parametrize("source", ["/no/such/folder", "ftp://example.invalid", ""])
def test_wrong_sources_are_one_sentence(source, tmp_path):
    with pytest.raises(AbcError) as caught:
        abc.open_atlas(source, cache=tmp_path)
    assert "\n" not in str(caught.value)


def test_an_unknown_dataset_is_told_with_the_nearest_names(local):
    with pytest.raises(UnknownNameError, match=r"There is no dataset 'WMB-10'; did you mean WMB-10X"):
        local["WMB-10"]
    with pytest.raises(UnknownNameError, match=rf"'§§'; there are {HUMAN}, .*, … \({len(local)} in all\)"):
        local["§§"]
