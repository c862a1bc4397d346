"""Nuclei of the human brain: two matrices and a taxonomy, and a dataset that is mapped to others' types."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import h5py
import pandas as pd

from released import LAYOUT, columns, real_table

if TYPE_CHECKING:
    from pathlib import Path

WHB, ASAP = "WHB-10Xv3", "ASAP-PMDBS-10X"


def table(release_folder: Path, path: str, comment: str | None = None) -> pd.DataFrame:
    directory, _, name = path.partition("/")
    (found,) = (release_folder / "metadata" / directory).glob(f"*/{name}.csv")
    return pd.read_csv(found, keep_default_na=False, comment=comment)


def rows_of(release_folder: Path, directory: str, matrix: str) -> set[str]:
    (path,) = (release_folder / "expression_matrices" / directory).glob(f"*/{matrix}-log2.h5ad")
    with h5py.File(path) as file:
        return set(file["obs/cell_label"].asstr()[:])


def test_two_matrices(release_folder: Path) -> None:
    cells = table(release_folder, f"{WHB}/cell_metadata")
    assert cells["cell_label"].is_unique and len(cells) == 600
    assert cells["cell_label"].str.fullmatch(r"10X\d+_\d:[ACGT]{16}").all()
    assert set(cells["feature_matrix_label"]) == {f"{WHB}-Neurons", f"{WHB}-Nonneurons"}
    for matrix, mine in cells.groupby("feature_matrix_label"):
        assert set(mine["cell_label"]) < rows_of(release_folder, WHB, str(matrix))
    regions = table(release_folder, f"{WHB}/region_of_interest_structure_map")["region_of_interest_label"]
    assert regions.duplicated().any()  # its label is no key
    assert set(cells["region_of_interest_label"]) <= set(regions)


def test_leaf_is_the_subcluster(release_folder: Path) -> None:
    sets = table(release_folder, "WHB-taxonomy/cluster_annotation_term_set")
    assert list(sets["name"]) == ["subcluster", "cluster", "supercluster", "neurotransmitter"]
    assert list(sets["order"]) == [2, 1, 0, 3]
    terms = table(release_folder, "WHB-taxonomy/cluster_annotation_term").set_index("label")
    members = table(release_folder, "WHB-taxonomy/cluster_to_cluster_annotation_membership")
    clusters = table(release_folder, "WHB-taxonomy/cluster").set_index("cluster_alias")
    assert 0 in clusters.index  # an alias, not a missing one
    by_level = dict(list(members.groupby("cluster_annotation_term_set_name")))
    leaves = by_level["subcluster"].set_index("cluster_alias")
    assert (leaves["cluster_annotation_term_label"] == clusters.loc[leaves.index, "label"]).all()
    assert leaves["cluster_annotation_term_name"].str.rpartition("_")[2].astype(int).eq(leaves.index).all()
    upper = by_level["cluster"].set_index("cluster_alias")["cluster_annotation_term_label"]
    parents = terms.loc[leaves["cluster_annotation_term_label"], "parent_term_label"]
    assert (parents.to_numpy() == upper[leaves.index].to_numpy()).all()
    assert len(by_level["neurotransmitter"]) < len(leaves)  # glia have none
    cells = table(release_folder, f"{WHB}/cell_metadata")
    assert set(cells["cluster_alias"]) <= set(clusters.index) and (cells["cluster_alias"] == 0).any()
    counted = cells["cluster_alias"].value_counts()
    assert (clusters["number_of_cells"].reindex(counted.index) == counted).all()
    top = terms[terms["cluster_annotation_term_set_name"] == "supercluster"]
    assert top["number_of_cells"].sum() == len(cells)


def test_own_clusters_and_two_mappings(release_folder: Path) -> None:
    cells = table(release_folder, f"{ASAP}/cell_metadata")
    assert list(cells) == [
        "cell_label", "cell_barcode", "sample_label", "x", "y", "cluster_label", "cluster_label_order",
        "cluster_label_color", "dataset_label", "feature_matrix_label", "abc_sample_id",
    ]  # fmt: skip
    assert cells.groupby("cluster_label")["cluster_label_color"].nunique().eq(1).all()
    assert set(cells["cell_label"]) < rows_of(release_folder, ASAP, ASAP)
    samples = table(release_folder, f"{ASAP}/sample")
    assert set(cells["sample_label"]) == set(samples["sample_label"])
    donors = table(release_folder, f"{ASAP}/donor")
    assert set(samples["donor_label"]) == set(donors["donor_label"])
    for frame in (samples, donors):
        for column in (name for name in frame if name.endswith("_color")):
            assert f"{column.removesuffix('_color')}_order" in frame
            assert frame[column].str.fullmatch("#[0-9a-f]{6}").all()
    for name, taxonomy, levels in (
        ("mmc_results_siletti_whb", "WHB-taxonomy", ["supercluster", "cluster", "subcluster"]),
        ("mmc_results_seaad", "SEAAD-taxonomy", ["class", "subclass", "supertype"]),
    ):
        (path,) = (release_folder / "metadata/ASAP-PMDBS-taxonomy").glob(f"*/{name}.csv")
        assert [line[:1] for line in path.read_text().splitlines()[:3]] == ["#", "#", "c"]
        results = table(release_folder, f"ASAP-PMDBS-taxonomy/{name}", comment="#")
        assert set(results["cell_label"]) < set(cells["cell_label"])
        members = table(release_folder, f"{taxonomy}/cluster_to_cluster_annotation_membership")
        for level in levels:
            mine = members[members["cluster_annotation_term_set_name"] == level].set_index("cluster_alias")
            expected = mine.loc[results["cluster_alias"], "cluster_annotation_term_label"]
            assert (expected.to_numpy() == results[f"{level}_label"]).all()
            assert results[f"{level}_bootstrapping_probability"].between(0, 1).all()


def test_sea_ad_has_no_table_of_clusters(release_folder: Path) -> None:
    folder = release_folder / "metadata/SEAAD-taxonomy/20240131"
    assert {path.stem for path in folder.iterdir()} == {
        "cluster_annotation_term",
        "cluster_annotation_term_set",
        "cluster_to_cluster_annotation_membership",
    }
    members = table(release_folder, "SEAAD-taxonomy/cluster_to_cluster_annotation_membership")
    assert members.groupby("cluster_alias").size().eq(4).all()


def test_columns_and_names_are_real(release_folder: Path) -> None:
    for name in (
        "WHB-10Xv3/cell_metadata",
        "WHB-10Xv3/gene",
        "WHB-10Xv3/example_genes_all_cells_expression",
        "WHB-10Xv3/region_of_interest_structure_map",
        "WHB-taxonomy/cluster",
        "WHB-taxonomy/cluster_annotation_term",
        "WHB-taxonomy/cluster_annotation_term_set",
        "WHB-taxonomy/cluster_to_cluster_annotation_membership",
        "ASAP-PMDBS-10X/gene",
        "SEAAD-taxonomy/cluster_annotation_term_set",
    ):
        assert list(table(release_folder, name)) == columns(name), name
    examples = "example_genes_all_cells_expression"
    assert list(table(release_folder, f"{ASAP}/views/{examples}")) == columns(f"ASAP-PMDBS-10X/{examples}")
    ours = table(release_folder, "WHB-taxonomy/cluster_annotation_term").set_index("label")
    top = ours.index[ours["cluster_annotation_term_set_name"] == "supercluster"]
    assert len(top)
    real = real_table("rebuilt/WHB-taxonomy_20240330__terms.csv", index_col="label")
    if real is not None:
        assert list(ours.loc[top, "name"]) == list(real.loc[top, "name"])
    mine = json.loads((release_folder / "releases/20250531/manifest.json").read_text())["file_listing"]
    for directory in (WHB, "WHB-taxonomy", ASAP, "ASAP-PMDBS-taxonomy", "SEAAD-taxonomy"):
        tables = {
            f"views/{name}" if "views/" in entry["files"]["csv"]["relative_path"] else name
            for name, entry in mine[directory]["metadata"].items()
        }
        assert tables == set(LAYOUT["tables"][directory]), directory
    for directory in (WHB, ASAP, "HMBA-10xMultiome-BG", "HMBA-10xMultiome-BG-Aligned"):
        assert set(mine[directory]["expression_matrices"]) == set(LAYOUT["matrices"][directory])
