"""Datasets that come as entries of a YAML file alone: listed, opened, colored and written, without code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from napari_abc import open_atlas
from napari_abc.atlas import catalog
from napari_abc.cli import main
from napari_abc.errors import FormatError, UnknownNameError
from napari_abc.task import Progress, Task
from releases import ReleaseFolder

if TYPE_CHECKING:
    from pathlib import Path

ENTRIES = """
taxonomies:
- {directory: Toy-taxonomy, title: Toy types, species: Toy}
datasets:
- name: Toy-spatial
  title: A toy brain
  species: Toy
  platform: Toyscope
  license: CC0
  citation: Nobody, never.
  url: https://example.org
  cells: {table: cell_metadata, key: cell_label, omit: [barcode]}
  slabs:
    column: section
    section: section
    order: depth
    kind: brain section
    whole: {label: All sections, frames: [space]}
  frames:
  - {name: section, columns: [x_mm, y_mm], unit: millimeter, y: down, title: Section}
  - {name: space, columns: [x_mm, y_mm, depth], unit: millimeter, y: down, title: Space}
  taxonomies: &types
  - {directory: Toy-taxonomy, key: cluster_alias, outside: not assigned}
  genes: &genes {directory: Toy-spatial, table: gene, key: gene_identifier}
  expression:
    units: {log2: log2 of toys}
    rules:
    - {directories: [Toy-spatial], matrix: toys}
- name: Toy-cells
  directory: Toy-spatial
  title: Toy single cells
  species: Toy
  platform: 10x
  license: CC0
  citation: Nobody, never.
  url: https://example.org
  cells: {table: single_cells, key: cell_label}
  embeddings:
  - {label: Flat, title: A flat view, by: section, columns: [u, v], directory: Toy-spatial, table: flat}
  frames:
  - {name: UMAP, columns: [u, v], unit: "", y: up, title: UMAP}
  taxonomies: *types
  genes: *genes
  expression:
    units: {log2: log2 of toys}
    rules:
    - {directories: [Toy-spatial], matrix: toys}
"""
CELLS = """cell_label,section,depth,x_mm,y_mm,cluster_alias,barcode
a,S1,0.5,1,10,K1,AAA
b,S2,0.1,2,20,K2,CCC
c,S1,0.5,3,30,,GGG
d,S3,,,,K1,TTT
"""
TAXONOMY = {
    "cluster_annotation_term_set": "label,name,description,order\nL1,Cluster,leaf,1\nL0,Class,top,0\n",
    "cluster_annotation_term": """label,name,cluster_annotation_term_set_label,color_hex_triplet,term_order,\
parent_term_label
T1,Round,L1,#ff0000,0,C0
T2,Square,L1,#00ff00,1,C0
C0,Shape,L0,#0000ff,0,
""",
    "cluster_to_cluster_annotation_membership": """cluster_annotation_term_label,\
cluster_annotation_term_set_label,cluster_alias
T1,L1,K1
C0,L0,K1
T2,L1,K2
C0,L0,K2
""",
}
SPATIAL, SINGLE = "Toy-spatial", "Toy-cells"
CLUSTERS = 4_100
"""More texts than a column of codes may have (4,096)."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReleaseFolder:
    path = tmp_path / "toys.yaml"
    path.write_text(ENTRIES)
    monkeypatch.setattr(catalog, "CATALOGS", [*catalog.CATALOGS, path])
    release = ReleaseFolder(tmp_path / "bucket")
    singles = "cell_label,cluster_alias,section\n"
    singles += "".join(f"s{i},K{i},S{1 + i % 2}\n" for i in range(CLUSTERS))
    flat = "cell_label,u,v\n" + "".join(f"s{i},{i},1\n" for i in range(CLUSTERS))
    gene = "gene_identifier,gene_symbol\nG1,Toy1\n"
    release.tables(SPATIAL, {"cell_metadata": CELLS, "single_cells": singles, "flat": flat, "gene": gene})
    release.tables("Toy-taxonomy", TAXONOMY)
    release.matrix(SPATIAL, "toys", ["b", "a"], ["G1"], [[2], [1]], kinds=("log2",))
    return release


def test_it_is_listed_opened_and_colored(folder: ReleaseFolder) -> None:
    atlas = open_atlas(folder.write())
    assert list(atlas)[-2:] == [SPATIAL, SINGLE]
    assert atlas.datasets.loc[SPATIAL, "title"] == "A toy brain"
    slabs = atlas[SPATIAL].count_slabs()
    assert slabs["slab"].tolist() == ["S2", "S1", "S3", "All sections"]  # by depth
    slab = atlas[SPATIAL].slab("S1")
    coloring = slab.coloring("Cluster")
    assert [coloring.names[code] for code in coloring.codes] == ["Round", "not assigned"]
    assert slab.coloring("gene:toy1").values.tolist()[0] == 1
    assert "barcode" not in slab.cells


def test_all_sections_count_those_with_a_cell(folder: ReleaseFolder) -> None:
    atlas = open_atlas(folder.write())
    whole = atlas[SPATIAL].count_slabs().loc["All sections"]
    assert (whole["cells"], whole["sections"]) == (3, 2)  # the one cell of S3 lies nowhere
    slab = atlas[SPATIAL].slab("All sections")
    assert slab.frame.ndim == 3
    assert slab.cells.index.tolist() == ["b", "a", "c"]
    assert slab.unplaced == 1


def test_an_omitted_column_is_read_where_it_is_asked_for(folder: ReleaseFolder) -> None:
    dataset = open_atlas(folder.write())[SPATIAL]
    slab = dataset.slab("S1", columns=["BARCODE", "Class"])
    assert slab.cells["barcode"].to_dict() == {"a": "AAA", "c": "GGG"}
    with pytest.raises(UnknownNameError, match=r"S1 has no column 'barcod'; did you mean barcode\?"):
        dataset.slab("S1", columns=["barcod"])


def test_an_embedding_is_split_and_titled(folder: ReleaseFolder) -> None:
    dataset = open_atlas(folder.write())[SINGLE]
    slabs = dataset.count_slabs()
    assert slabs["title"].to_dict() == {
        "Flat": "A flat view",
        "Flat-S1": "A flat view: S1",
        "Flat-S2": "A flat view: S2",
    }
    assert dataset.slab("Flat-S2").name == "A flat view: S2 · Toy-cells"
    with pytest.raises(UnknownNameError, match="did you mean Flat"):
        dataset.slab("Flat-S3")


def test_a_key_of_very_many_values_keeps_its_taxonomy(folder: ReleaseFolder) -> None:
    slab = open_atlas(folder.write())[SINGLE].slab("Flat")
    assert slab.cells["cluster_alias"].nunique() == CLUSTERS
    assert slab.cells.loc["s1", ["Class", "Cluster"]].tolist() == ["Shape", "Round"]
    assert slab.cells.loc["s2", "Cluster"] == "Square"


def test_the_shell_lists_and_writes_it(
    folder: ReleaseFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = ["--source", str(folder.write())]
    assert main([*source, "list", "--json"]) == 0
    assert SPATIAL in [row["dataset"] for row in json.loads(capsys.readouterr().out)]
    assert main([*source, "slabs", SPATIAL, "--count", "--json"]) == 0
    assert [row["slab"] for row in json.loads(capsys.readouterr().out)] == ["S2", "S1", "S3", "All sections"]
    assert main([*source, "cells", SPATIAL, "S1", "-o", str(tmp_path / "a.csv")]) == 0
    assert pd.read_csv(tmp_path / "a.csv")["Class"].tolist() == ["Shape", "not assigned"]
    assert main([*source, "taxonomy", "Toy-taxonomy", "--level", "Cluster", "--csv"]) == 0
    assert "Square" in capsys.readouterr().out


def test_a_dataset_is_described_once(folder: ReleaseFolder, tmp_path: Path) -> None:
    again = tmp_path / "again.yaml"
    again.write_text(ENTRIES)
    catalog.CATALOGS.append(again)
    with pytest.raises(FormatError, match=r"again\.yaml, line 3: Toy-taxonomy is described twice"):
        open_atlas(folder.write())


def test_opening_says_how_far_it_is(folder: ReleaseFolder) -> None:
    dataset = open_atlas(folder.write())[SPATIAL]
    seen: list[Progress] = []
    slab = dataset.slab("S1", Task(seen.append))
    written = [one.done for one in seen if one.what == "Writing cells by slab"]
    assert written == [0, 1, 3]  # a slab after the other
    assert [(one.done, one.total, one.unit) for one in seen if one.what == "Opening S1"] == [
        (1, 3, "steps"),
        (2, 3, "steps"),
    ]
    checked = [one.what for one in seen if one.what.startswith("Checking")]
    assert checked[0] == "Checking cell_metadata.csv"
    assert "Checking gene.csv" in checked
    seen.clear()
    slab.expression("Toy1", task=Task(seen.append))
    assert [one.what for one in seen] == [
        "Checking toys-log2.h5ad",
        "Matching cells with toys",
        "Reading a gene of toys-log2.h5ad",
    ]
    assert (seen[1].done, seen[1].total, seen[1].unit) == (0, 4, "cells")
