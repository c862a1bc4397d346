"""Single cells of the mouse: two packages, neighborhoods, and a consensus that borrows matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h5py
import pandas as pd
import pytest

from released import columns

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = {"WMB-10Xv2-TH": "WMB-10Xv2", "WMB-10Xv3-HPF": "WMB-10Xv3"}
MACOSKO, AIBS = "Consensus-WMB-Macosko-10X", "Consensus-WMB-AIBS-10X"
TAXONOMY = "Consensus-WMB-integrated-taxonomy"


def table(release_folder: Path, path: str) -> pd.DataFrame:
    (found,) = (release_folder / "metadata").glob(path.replace("/", "/*/", 1) + ".csv")
    return pd.read_csv(found, keep_default_na=False, dtype={"cell_label": str})


def rows_of(release_folder: Path, directory: str, matrix: str) -> set[str]:
    (path,) = (release_folder / "expression_matrices" / directory).glob(f"*/{matrix}-raw.h5ad")
    with h5py.File(path) as file:
        return set(file["obs/cell_label"].asstr()[:])


@pytest.fixture(scope="module")
def cells(release_folder: Path) -> pd.DataFrame:
    return table(release_folder, "WMB-10X/cell_metadata").set_index("cell_label")


def test_packages_hold_more_cells_than_the_table(release_folder: Path, cells: pd.DataFrame) -> None:
    assert len(cells) == 3000 and cells.index.is_unique
    for matrix, directory in PACKAGES.items():
        mine = cells[cells["feature_matrix_label"] == matrix]
        assert len(mine) == 1500 and set(mine["dataset_label"]) == {directory}
        rows = rows_of(release_folder, directory, matrix)
        assert set(mine.index) < rows and not rows & set(cells.index.difference(mine.index))
    assert (cells["brain_section_label"] == "").all()
    assert (cells.index == cells["cell_barcode"] + "-" + cells["barcoded_cell_sample_label"]).all()


def test_genes_share_symbols(release_folder: Path) -> None:
    genes = table(release_folder, "WMB-10X/gene")
    assert genes["gene_identifier"].is_unique
    assert list(genes["gene_symbol"][genes["gene_symbol"].duplicated()]) == ["Aldoa"]
    assert list(genes["gene_symbol"][genes["comment"] == "no expression"]) == ["Gm1992"]
    examples = table(release_folder, "WMB-10X/views/example_genes_all_cells_expression")
    assert set(examples.columns[1:]) < set(genes["gene_symbol"]) and len(examples) == 3000
    path = release_folder / "expression_matrices/WMB-10Xv2/20230630/WMB-10Xv2-TH-log2.h5ad"
    with h5py.File(path) as file:
        silent = list(genes["gene_symbol"]).index("Gm1992")
        assert silent not in file["X/indices"][:]
        assert list(file["var/gene_identifier"].asstr()[:]) == list(genes["gene_identifier"])


def test_neighborhoods(release_folder: Path, cells: pd.DataFrame) -> None:
    groups = table(release_folder, "WMB-neighborhoods/cluster_group").set_index("name")
    members = table(release_folder, "WMB-neighborhoods/cluster_group_membership")
    sizes = members["cluster_group_name"].value_counts()
    assert (groups["number_of_clusters"] == sizes[groups.index]).all()
    clusters = set(table(release_folder, "WMB-taxonomy/cluster")["cluster_alias"])
    assert set(members.loc[members["cluster_group_name"] == "WholeBrain", "cluster_alias"]) == clusters
    assert len(members) > 2 * len(clusters)  # some clusters are in several
    listed = table(release_folder, "WMB-neighborhoods/dimension_reduction")
    assert list(listed["name"]) == ["Pallium-Glut", "TH-EPI-Glut", "WholeBrain"]
    for row in listed.itertuples():
        drawn = table(release_folder, f"WMB-neighborhoods/{row.label}").set_index("cell_label")
        inside = members.loc[members["cluster_group_name"] == row.name, "cluster_alias"]
        expected = cells.index[cells["cluster_alias"].isin(inside)]
        assert set(drawn.index) == set(expected) and len(drawn) == row.number_of_cells > 900
        if row.name == "WholeBrain":
            assert (drawn == cells.loc[drawn.index, ["x", "y"]]).all(axis=None)


def test_columns_are_real(release_folder: Path) -> None:
    for name in (
        "WMB-10X/cell_metadata",
        "WMB-10X/gene",
        "WMB-10X/region_of_interest_metadata",
        "WMB-neighborhoods/cluster_group",
        "WMB-neighborhoods/cluster_group_membership",
        "WMB-neighborhoods/dimension_reduction",
        "WMB-neighborhoods/UMAP20230830-TH-EPI-Glut",
        f"{MACOSKO}/gene",
    ):
        assert list(table(release_folder, name)) == columns(name), name


def test_consensus_borrows_matrices(release_folder: Path, cells: pd.DataFrame) -> None:
    own = table(release_folder, f"{MACOSKO}/cell_metadata")
    borrowed = table(release_folder, f"{AIBS}/cell_metadata")
    columns = [
        "cell_label", "cell_barcode", "barcoded_cell_sample_label", "library_label", "dataset_label",
        "feature_matrix_label",
    ]  # fmt: skip
    assert list(own) == list(borrowed) == columns
    assert (own["barcoded_cell_sample_label"] == "").all()
    assert not (release_folder / "expression_matrices" / AIBS).exists()
    for part in (own, borrowed):
        for (directory, matrix), mine in part.groupby(["dataset_label", "feature_matrix_label"]):
            assert set(mine["cell_label"]) < rows_of(release_folder, str(directory), str(matrix))
    assert set(own["feature_matrix_label"]) == {"Macosko-10X-TH", "Macosko-10X-HPF"}
    assert set(borrowed["dataset_label"]) == set(PACKAGES.values())
    # Not all cells of the older dataset, and some that its tables leave out.
    labels = set(borrowed["cell_label"])
    assert 0.8 < len(labels & set(cells.index)) / len(cells) < 0.95
    assert 20 < len(labels - set(cells.index)) < 60
    for directory in (MACOSKO, AIBS):
        library = table(release_folder, f"{directory}/library")
        assert set(table(release_folder, f"{directory}/cell_metadata")["library_label"]) == set(
            library["library_label"]
        )
        assert set(library["donor_label"]) == set(table(release_folder, f"{directory}/donor")["donor_label"])


def test_consensus_taxonomy(release_folder: Path, cells: pd.DataFrame) -> None:
    sets = table(release_folder, f"{TAXONOMY}/cluster_annotation_term_set").set_index("name")
    assert list(sets["order"]) == [0, 1, 2, 3, 4, 5]
    facets = sets.index[sets["parent_term_set_label"] == ""]
    assert list(facets) == ["neurotransmitter", "neighborhood"]
    members = table(release_folder, f"{TAXONOMY}/cell_to_cluster_membership").set_index("cell_label")
    both = members.index.intersection(cells.index)
    # Each number means one cluster here and another one there.
    old, new = cells.loc[both, "cluster_alias"], members.loc[both, "cluster_alias"]
    pairs = pd.DataFrame({"old": old, "new": new}).drop_duplicates()
    assert pairs["old"].is_unique and pairs["new"].is_unique
    assert set(new) & set(cells["cluster_alias"]) and (pairs["old"] != pairs["new"]).mean() > 0.9
    terms = table(release_folder, f"{TAXONOMY}/cluster_annotation_term").set_index("label")
    levels = table(release_folder, f"{TAXONOMY}/cluster_to_cluster_annotation_membership")
    assert levels.groupby("cluster_alias").size().eq(6).all()
    assert set(members["cluster_alias"]) <= set(levels["cluster_alias"])
    leaf = levels[levels["cluster_annotation_term_set_name"] == "cluster"].set_index("cluster_alias")
    label = leaf.loc[members["cluster_alias"], "cluster_annotation_term_label"]
    assert list(label) == list(members["cluster_label"])
    upper = terms.loc[leaf["cluster_annotation_term_label"], "parent_term_label"]
    assert set(terms.loc[upper, "cluster_annotation_term_set_name"]) == {"supertype"}
    whole = table(release_folder, f"{TAXONOMY}/cell_2d_embedding_coordinates")
    assert set(whole["cell_label"]) == set(members.index)
    part = table(release_folder, f"{TAXONOMY}/TH-EPI-Glut_cell_2d_embedding_coordinates")
    neighborhood = levels[levels["cluster_annotation_term_name"] == "TH-EPI-Glut"]["cluster_alias"]
    assert set(part["cell_label"]) == set(members.index[members["cluster_alias"].isin(neighborhood)])
