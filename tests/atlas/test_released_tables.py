"""Manifests and rows of a release are read: generated ones, and in addition the real ones."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pytest

import napari_abc as abc
from released import ABC as REAL
from released import csv_text
from releases import MARMOSET, ReleaseFolder
from term_tables import TRANSMITTERS, released_form, term_table

SHOWN = REAL / "shown"
NEWEST, OLDER = "20250531", "20231215"

SOURCES = ["generated", *(["real"] if REAL.is_dir() else [])]


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


def generated(directory: str, **tables: dict[str, Any]) -> dict[str, str]:
    return {name: csv_text(f"{directory}/{name}", **values) for name, values in tables.items()}


# Of all digits, with the end of a droplet's barcode, and with a colon.
CELLS = ["1019171907102340387", "AAACCC-1", "10X386_2:CATG"]
MEMBER = "cluster_to_cluster_annotation_membership"


@dataclass
class MouseTables:
    """Tables of whole mouse brain cells, whose cells all have the alias 1."""

    tables: dict[str, dict[str, str]]
    name: str
    """Of the cells' class, told by the memberships."""
    subclasses: int


def generated_mouse() -> MouseTables:
    made = term_table({"class": 2, "subclass": 4}, facet={"neurotransmitter": TRANSMITTERS})
    terms = released_form(made, "WMB-taxonomy/cluster_annotation_term")
    name = "UMAP20230830-TH-EPI-Glut"
    tables = {
        "WMB-10X": generated(
            "WMB-10X",
            cell_metadata={
                "cell_label": CELLS, "feature_matrix_label": "WMB-10Xv3-HPF", "dataset_label": "WMB-10Xv3",
                "region_of_interest_acronym": ["MOp", "MOp", "elsewhere"], "donor_sex": "F",
                "x": [23.146826, 23.5, 22.0], "y": [-3.086639, 0, 1], "cluster_alias": 1,
            },
            gene={"gene_identifier": ["ENSMUSG1", "ENSMUSG2"], "gene_symbol": ["One", "NA"]},
            region_of_interest_metadata={
                "acronym": ["MO-FRP", "MOp"], "name": ["Frontal pole", "Motor area"],
                "region_of_interest_order": [1, 0], "region_of_interest_color": ["#3DCC7C", "#179968"],
            },
        ),
        "WMB-neighborhoods": generated(
            "WMB-neighborhoods",
            cluster_group={"label": ["G"], "name": ["TH-EPI-Glut"], "number_of_clusters": [1]},
            dimension_reduction={"label": [name], "name": ["TH-EPI-Glut"], "cluster_group_label": ["G"]},
            **{name: {"cell_label": ["GATT-2"], "x": [1.0], "y": [2.0]}},
        ),
        "WMB-taxonomy": generated(
            "WMB-taxonomy",
            cluster={"cluster_alias": [1], "number_of_cells": [3], "label": ["L1"]},
            **{MEMBER: {"cluster_annotation_term_label": ["class_0001"], "cluster_alias": [1]}},
        )
        | {"cluster_annotation_term": terms.to_csv(index=False)},
    }  # fmt: skip
    return MouseTables(tables, "001 class", 4)


def real_mouse() -> MouseTables:
    taxonomy = shown("WMB-taxonomy", "cluster")
    # The shown cells are of alias 1, which the shown membership lacks; its terms are in the real term table.
    taxonomy[MEMBER] = (
        "cluster_annotation_term_label,cluster_annotation_term_set_label,cluster_alias\n"
        "CS20230722_CLAS_01,CCN20230722_CLAS,1\n"
    )
    term = next((REAL / "bucket" / "metadata" / "WMB-taxonomy").glob("*/cluster_annotation_term.csv"))
    taxonomy["cluster_annotation_term"] = term.read_text("utf-8")
    tables = {
        "WMB-10X": shown("WMB-10X", "cell_metadata", "gene", "region_of_interest_metadata"),
        "WMB-neighborhoods": shown(
            "WMB-neighborhoods", "cluster_group", "dimension_reduction", "UMAP20230830-TH-EPI-Glut"
        ),
        "WMB-taxonomy": taxonomy,
    }
    return MouseTables(tables, "01 IT-ET Glut", 338)


@pytest.mark.parametrize("source", SOURCES)
def test_cells_of_the_whole_mouse_brain(tmp_path, source):
    given = {"generated": generated_mouse, "real": real_mouse}[source]()
    folder = ReleaseFolder(tmp_path / "bucket")
    for directory, tables in given.tables.items():
        folder.tables(directory, tables)
    dataset = abc.open_atlas(folder.write(), cache=tmp_path / "cache")["WMB-10X"]
    table = pd.read_csv(io.StringIO(given.tables["WMB-10X"]["cell_metadata"]), dtype=str)

    slabs = dataset.slabs
    assert slabs["slab"].tolist() == ["UMAP20230830-WholeBrain", "UMAP20230830-TH-EPI-Glut"]
    assert slabs.loc["UMAP20230830-TH-EPI-Glut", "title"] == "TH-EPI-Glut"
    slab = dataset.slab("UMAP20230830-WholeBrain")
    assert slab.cells.index.tolist() == table["cell_label"].tolist()
    assert slab.cells["x"].tolist() == table["x"].astype(float).tolist()
    assert not slab.frame.y_down
    assert slab.frame.unit == ""
    assert (slab.cells["class"] == given.name).all()
    neurotransmitter = slab.palettes["neurotransmitter"]
    assert "NA" in neurotransmitter.names  # a term, not a missing value
    assert len(slab.palettes["subclass"].names) == given.subclasses + 1
    regions = pd.read_csv(io.StringIO(given.tables["WMB-10X"]["region_of_interest_metadata"]))
    regions = regions.set_index("acronym")
    palette = slab.palettes["region_of_interest_acronym"]
    assert set(table["region_of_interest_acronym"]) <= set(palette.names)
    for name, color in zip(palette.names, palette.colors, strict=True):
        known = name in regions.index
        assert color == (regions.loc[name, "region_of_interest_color"].lower() if known else "#808080")
    # The rows of the neighborhood are other cells.
    with pytest.raises(abc.errors.FormatError, match="none of this dataset"):
        dataset.slab("UMAP20230830-TH-EPI-Glut")


SECTION = "H19.30.001.CX.51"


def generated_human() -> dict[str, dict[str, str]]:
    levels = {"supercluster": 2, "cluster": 3, "subcluster": 5}
    terms = released_form(term_table(levels), "WHB-taxonomy/cluster_annotation_term")
    names = [*levels, "neurotransmitter"]
    return {
        "WHB-10Xv3": generated(
            "WHB-10Xv3",
            cell_metadata={
                "cell_label": CELLS, "feature_matrix_label": "WHB-10Xv3-Neurons", "x": [7.5, 2.3, 6.7],
                "brain_section_label": [SECTION, "H19.30.002.BS.94", SECTION], "y": [-15.2, -15.5, -16.1],
                "dataset_label": "WHB-10Xv3", "cluster_alias": [20, 20, 17],
                "region_of_interest_label": ["Human MoAN", "Human MoSR", "Human MoAN"],
            },
            gene={"gene_identifier": ["ENSG1"], "gene_symbol": ["TTR"]},
            example_genes_all_cells_expression={"cell_label": CELLS, "TTR": [13.65, 10.48, 14.0]},
            # One region stands for two structures.
            region_of_interest_structure_map={
                "region_of_interest_label": ["Human A14", "Human A14", "Human MoAN"],
                "structure_identifier": ["DHBA:1", "DHBA:2", "DHBA:3"], "structure_symbol": ["r", "c", "m"],
                "region_of_interest_color": ["#B8A26D", "#B8A26D", "#d14d46"],
            },
        ),
        "WHB-taxonomy": generated(
            "WHB-taxonomy",
            cluster={"cluster_alias": [0, 1], "number_of_cells": [34, 220], "label": ["L0", "L1"]},
            cluster_annotation_term_set={"label": names[::-1], "name": names[::-1], "order": [3, 2, 1, 0]},
            **{MEMBER: {"cluster_annotation_term_label": ["subcluster_0000"], "cluster_alias": [0]}},
        )
        | {"cluster_annotation_term": terms.to_csv(index=False)},
    }  # fmt: skip


def real_human() -> dict[str, dict[str, str]]:
    names = [
        "cell_metadata",
        "gene",
        "example_genes_all_cells_expression",
        "region_of_interest_structure_map",
    ]
    terms = ["cluster", "cluster_annotation_term", "cluster_annotation_term_set", MEMBER]
    return {"WHB-10Xv3": shown("WHB-10Xv3", *names), "WHB-taxonomy": shown("WHB-taxonomy", *terms)}


@pytest.mark.parametrize("source", SOURCES)
def test_cells_of_the_whole_human_brain(tmp_path, source):
    folder = ReleaseFolder(tmp_path / "bucket")
    for directory, tables in {"generated": generated_human, "real": real_human}[source]().items():
        folder.tables(directory, tables)
    slab = abc.open_atlas(folder.write(), cache=tmp_path / "cache")["WHB-10Xv3"].slab("WholeBrain")
    levels = slab.groups["Taxonomy"]
    assert levels == ("supercluster", "cluster", "subcluster", "neurotransmitter")
    assert set(slab.cells["subcluster"]) == {"not assigned"}  # alias 20 is not among the shown ones
    # A slab of tissue in a column that elsewhere names spatial sections.
    assert set(slab.cells["brain_section_label"]) >= {SECTION}
    assert [frame.name for frame in slab.frames] == ["UMAP"]


def generated_marmoset() -> dict[str, str]:
    block, cells = "CJ23.56.004.CX.42", [f"1382042951_{name}-1-20250227" for name in ("aa", "bb")]
    sections, barcodes = [f"{block}.0{number}.06" for number in (1, 2, 3, 4)], [11, 12, 13, 14]
    planes = [f"{block}.Plane.01", f"{block}.Plane.02", f"{block}.Plane.01", None]
    return generated(
        MARMOSET,
        gene={
            "gene_identifier": [f"NCBIGene:{number}" for number in range(300)],
            "gene_symbol": [f"SYM{number}" for number in range(300)],
        },
        specimen_metadata={
            "brain_section_label": sections, "brain_section_barcode": barcodes, "slab_plane_label": planes,
            "slab_plane_order": [14201, 14202, 14201, None],
        },
        cell_metadata={
            "cell_label": cells, "brain_section_label": sections[0], "brain_section_barcode": barcodes[0],
            "x_experiment": [5923.49, 6137.57], "y_experiment": [6160.65, 6217.07], "qc_pass": True,
            "dataset_label": MARMOSET, "feature_matrix_label": "Xenium-CJ23.56.004-BG",
        },
        slab_plane_coordinates={
            "cell_label": cells, "brain_section_label": sections[0], "slab_plane_label": planes[0],
            "x_slab_mm": [22.35, 22.16], "y_slab_mm": [13.19, 13.31],
        },
        cell_anatomical_annotations={
            "cell_label": cells, "Basal ganglia and adjacent": True,
            "parcellation_term_symbol": "Basal ganglia and adjacent",
        },
    )  # fmt: skip


def real_marmoset() -> dict[str, str]:
    paths = (REAL / "bucket/metadata" / MARMOSET).glob("*/*.csv")
    sources = {path.stem: path.read_text("utf-8") for path in paths}
    heads = (REAL / "heads").glob(f"{MARMOSET}__*.head.csv")
    return sources | {
        path.name.split("__")[1].removesuffix(".head.csv"): path.read_text("utf-8") for path in heads
    }


@pytest.mark.parametrize(
    ("source", "sections"), [("generated", 4), ("real", 46)][: len(SOURCES)], ids=SOURCES
)
def test_genes_and_sections_of_the_marmoset(tmp_path, source, sections):
    tables = {"generated": generated_marmoset, "real": real_marmoset}[source]()
    folder = ReleaseFolder(tmp_path / "bucket")
    folder.tables(MARMOSET, tables)
    dataset = abc.open_atlas(folder.write(), cache=tmp_path / "cache")[MARMOSET]
    assert len(pd.read_csv(io.StringIO(tables["gene"]))) == 300
    specimens = pd.read_csv(io.StringIO(tables["specimen_metadata"]), dtype=str)
    assert len(specimens) == sections
    planes = specimens["slab_plane_label"].dropna().nunique()
    assert len(dataset.slabs) == planes > 1
    assert dataset.slabs["sections"].sum() == specimens["slab_plane_label"].notna().sum()
