"""Real manifests and real rows of the public release load through the same code."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest

import napari_abc as abc
from released import ABC as REAL
from releases import ReleaseFolder

SHOWN = REAL / "shown"
NEWEST, OLDER = "20250531", "20231215"

needs_real_tables = pytest.mark.skipif(not REAL.is_dir(), reason="the real tables are not on this machine")


@pytest.fixture(
    scope="module",
    params=[("demo", "20250531"), ("demo", "20260228")]
    + ([("real", OLDER), ("real", NEWEST)] if REAL.is_dir() else []),
    ids="-".join,
)
def manifest(request, release_folder):
    """Folder of a release, its version and its manifest: ours, and the real ones where they are."""
    kind, version = request.param
    folder = REAL / "bucket" if kind == "real" else release_folder
    return folder, version, json.loads((folder / "releases" / version / "manifest.json").read_bytes())


def test_every_described_dataset_is_there_or_says_why_not(manifest, tmp_path):
    folder, version, content = manifest
    atlas = abc.open_atlas(folder, cache=tmp_path, release=version, offline=True)
    assert atlas.synthetic == (folder != REAL / "bucket")
    directories = set(content["file_listing"])
    table = atlas.datasets
    for name, row in table.iterrows():
        home = {"Consensus-WMB": "Consensus-WMB-Macosko-10X"}.get(name, name)
        home = (
            "HMBA-10xMultiome-BG"
            if name.startswith("HMBA-10xMultiome-BG-") and "Aligned" not in name
            else home
        )
        assert row["available"] == (home in directories)
        if row["available"]:
            assert row["reason"] == ""
            assert row["bytes"] > (0 if atlas.synthetic else 10**6)
        else:
            assert home in row["reason"]
            assert version in row["reason"]


def test_sizes_are_those_of_the_manifest(manifest, tmp_path):
    folder, version, content = manifest
    atlas = abc.open_atlas(folder, cache=tmp_path, release=version, offline=True)
    listing = content["file_listing"]
    packages = [
        layer["files"]["h5ad"]["size"]
        for directory in ("WMB-10Xv2", "WMB-10Xv3", "WMB-10XMulti")
        if directory in listing
        for layers in listing[directory]["expression_matrices"].values()
        for layer in layers.values()
    ]
    assert atlas["WMB-10X"].bytes > sum(packages) > 0
    if not atlas.synthetic:
        assert len(packages) == 48  # 24 packages, log2 and raw
        assert sum(packages) > 300 * 10**9
        assert sum(packages) > 0.95 * atlas["WMB-10X"].bytes


def test_no_directory_is_left_out(manifest, tmp_path):
    folder, version, content = manifest
    atlas = abc.open_atlas(folder, cache=tmp_path, release=version, offline=True)
    table = atlas.directories.table()
    assert set(table["directory"]) == set(content["file_listing"]) | set(content["directory_listing"])
    assert table["what"].str.len().gt(0).all()


def test_the_sections_of_the_mouse_brain_are_listed_without_its_cells(manifest, tmp_path):
    folder, version, content = manifest
    atlas = abc.open_atlas(folder, cache=tmp_path, release=version, offline=True)
    slabs = atlas["MERFISH-C57BL6J-638850"].slabs
    matrices = content["file_listing"]["MERFISH-C57BL6J-638850-sections"]["expression_matrices"]
    assert set(slabs["slab"]) == {*matrices, "All sections"}
    assert len(slabs) == len(matrices) + 1
    if not atlas.synthetic:
        assert len(slabs) == 60
        assert slabs["cells"].isna().all()


def shown(directory: str, *names: str) -> dict[str, str]:
    return {name: (SHOWN / f"{directory}__{name}.shown.csv").read_text("utf-8-sig") for name in names}


@needs_real_tables
def test_shown_cells_of_the_whole_mouse_brain(tmp_path):
    folder = ReleaseFolder(tmp_path / "bucket")
    folder.tables("WMB-10X", shown("WMB-10X", "cell_metadata", "gene", "region_of_interest_metadata"))
    folder.tables(
        "WMB-neighborhoods",
        shown("WMB-neighborhoods", "cluster_group", "dimension_reduction", "UMAP20230830-TH-EPI-Glut"),
    )
    taxonomy = shown("WMB-taxonomy", "cluster")
    # The shown cells are of alias 1, which the shown membership lacks; its terms are in the real term table.
    taxonomy["cluster_to_cluster_annotation_membership"] = (
        "cluster_annotation_term_label,cluster_annotation_term_set_label,cluster_alias\n"
        "CS20230722_CLAS_01,CCN20230722_CLAS,1\n"
    )
    term = next((REAL / "bucket" / "metadata" / "WMB-taxonomy").glob("*/cluster_annotation_term.csv"))
    taxonomy["cluster_annotation_term"] = term.read_text("utf-8")
    folder.tables("WMB-taxonomy", taxonomy)
    dataset = abc.open_atlas(folder.write(), cache=tmp_path / "cache")["WMB-10X"]
    table = pd.read_csv(SHOWN / "WMB-10X__cell_metadata.shown.csv", dtype=str)

    slabs = dataset.slabs
    assert slabs["slab"].tolist() == ["UMAP20230830-WholeBrain", "UMAP20230830-TH-EPI-Glut"]
    assert slabs.loc["UMAP20230830-TH-EPI-Glut", "title"] == "TH-EPI-Glut"
    slab = dataset.slab("UMAP20230830-WholeBrain")
    assert slab.cells.index.tolist() == table["cell_label"].tolist()
    assert slab.cells["x"].tolist() == table["x"].astype(float).tolist()
    assert not slab.frame.y_down
    assert slab.frame.unit == ""
    assert (slab.cells["class"] == "01 IT-ET Glut").all()
    neurotransmitter = slab.palettes["neurotransmitter"]
    assert "NA" in neurotransmitter.names  # a term, not a missing value
    assert len(slab.palettes["subclass"].names) == 338 + 1
    regions = pd.read_csv(SHOWN / "WMB-10X__region_of_interest_metadata.shown.csv").set_index("acronym")
    palette = slab.palettes["region_of_interest_acronym"]
    for name, color in zip(palette.names, palette.colors, strict=True):
        known = name in regions.index
        assert color == (regions.loc[name, "region_of_interest_color"].lower() if known else "#808080")
    # The shown rows of the neighborhood are other cells.
    with pytest.raises(abc.errors.FormatError, match="none of this dataset"):
        dataset.slab("UMAP20230830-TH-EPI-Glut")


@needs_real_tables
def test_shown_cells_of_the_whole_human_brain(tmp_path):
    folder = ReleaseFolder(tmp_path / "bucket")
    names = [
        "cell_metadata",
        "gene",
        "example_genes_all_cells_expression",
        "region_of_interest_structure_map",
    ]
    folder.tables("WHB-10Xv3", shown("WHB-10Xv3", *names))
    folder.tables(
        "WHB-taxonomy",
        shown(
            "WHB-taxonomy",
            "cluster",
            "cluster_annotation_term",
            "cluster_annotation_term_set",
            "cluster_to_cluster_annotation_membership",
        ),
    )
    slab = abc.open_atlas(folder.write(), cache=tmp_path / "cache")["WHB-10Xv3"].slab("WholeBrain")
    levels = slab.groups["Taxonomy"]
    assert levels == ("supercluster", "cluster", "subcluster", "neurotransmitter")
    assert set(slab.cells["subcluster"]) == {"not assigned"}  # alias 20 is not among the shown ones
    # A slab of tissue in a column that elsewhere names spatial sections.
    assert set(slab.cells["brain_section_label"]) >= {"H19.30.001.CX.51"}
    assert [frame.name for frame in slab.frames] == ["UMAP"]


@needs_real_tables
def test_real_genes_and_sections_of_the_marmoset(tmp_path):
    directory = "HMBA-Xenium-CJ23.56.004-BG"
    genes = pd.read_csv(next((REAL / "bucket" / "metadata" / directory).glob("*/gene.csv")))
    assert len(genes) == 300
    target = tmp_path / "bucket"
    folder = ReleaseFolder(target)
    sources = {
        path.stem: path.read_text("utf-8") for path in (REAL / "bucket/metadata" / directory).glob("*/*.csv")
    }
    heads = {
        path.name.split("__")[1].removesuffix(".head.csv"): path.read_text("utf-8")
        for path in (REAL / "heads").glob(f"{directory}__*.head.csv")
    }
    folder.tables(directory, {**sources, **heads})
    dataset = abc.open_atlas(folder.write(), cache=tmp_path / "cache")[directory]
    specimens = pd.read_csv(
        next((REAL / "bucket/metadata" / directory).glob("*/specimen_metadata.csv")), dtype=str
    )
    assert len(specimens) == 46
    planes = specimens["slab_plane_label"].dropna().nunique()
    assert len(dataset.slabs) == planes
    assert dataset.slabs["sections"].sum() == specimens["slab_plane_label"].notna().sum()
    shutil.rmtree(target)
