from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from napari_abc.demo.human.taxonomies import seaad_tree
from released import columns, real_table

if TYPE_CHECKING:
    from pathlib import Path

HMBA = "HMBA-BG-taxonomy-CCN20250428"
LEVELS = ["Neighborhood", "Class", "Subclass", "Group", "Cluster"]


def hmba(release_folder: Path, name: str, version: str = "20250630") -> pd.DataFrame:
    return pd.read_csv(release_folder / "metadata" / HMBA / version / f"{name}.csv", keep_default_na=False)


def wmb(release_folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(
        release_folder / "metadata/WMB-taxonomy/20231215" / f"{name}.csv", keep_default_na=False
    )


def test_five_levels_with_their_quirks(release_folder: Path) -> None:
    terms = hmba(release_folder, "cluster_annotation_term")
    sets = hmba(release_folder, "cluster_annotation_term_set")
    assert list(sets["name"]) == LEVELS
    count = terms["cluster_annotation_term_set_name"].value_counts()
    assert [int(count[level]) for level in LEVELS[:4]] == [4, 12, 33, 47]
    assert count["Cluster"] > 150
    orders = {level: part["term_order"] for level, part in terms.groupby("cluster_annotation_term_set_name")}
    assert list(orders["Neighborhood"]) == [1, 2, 3, 4]
    assert list(orders["Cluster"]) == list(range(count["Cluster"]))  # from 0, the others from 1
    assert orders["Group"].max() == 48  # with a gap
    assert terms["label"].is_unique
    assert not terms["name"].is_unique  # "Astrocyte" is a subclass and a group
    assert set(terms.loc[terms["name"] == "CN GABA-Glut", "term_set_order"]) == {1, 2}
    leaves = terms[terms["cluster_annotation_term_set_name"] == "Cluster"]
    assert leaves["color_hex_triplet"].duplicated().sum() == 1
    colors = terms["color_hex_triplet"]
    assert colors.str.fullmatch("#[0-9a-fA-F]{6}").all()
    assert colors.str.contains("[A-F]").any() and colors.str.contains("[a-f]").any()
    first = terms[terms["term_set_order"] == 0].set_index("label")["name"]
    assert first["CS20250428_NEIGH_0001"] == "Nonneuron" and first.index[0] == "CS20250428_NEIGH_0001"


def test_term_set_is_the_real_one(release_folder: Path) -> None:
    ours = hmba(release_folder, "cluster_annotation_term_set")
    assert list(ours) == columns(f"{HMBA}/cluster_annotation_term_set")
    assert list(ours["name"]) == list(ours["description"]) == LEVELS
    assert list(ours["label"]) == [f"CCN20250428_LEVEL_{number}" for number in range(5)]
    assert list(ours["order"]) == [0, 1, 2, 3, 4]
    real = real_table(f"bucket/metadata/{HMBA}/20250630/cluster_annotation_term_set.csv")
    if real is not None:
        pd.testing.assert_frame_equal(ours, real)


def test_columns_are_the_real_ones(release_folder: Path) -> None:
    terms = hmba(release_folder, "cluster_annotation_term")
    assert list(terms) == columns(f"{HMBA}/cluster_annotation_term")
    for name in ("cluster_annotation_term", "cluster", "cluster_to_cluster_annotation_membership"):
        assert list(wmb(release_folder, name)) == columns(f"WMB-taxonomy/{name}")


def test_every_cluster_leads_up_to_the_top(release_folder: Path) -> None:
    terms = hmba(release_folder, "cluster_annotation_term").set_index("label")
    membership = hmba(release_folder, "cluster_to_cluster_annotation_membership")
    paths = membership.pivot(
        index="cluster_alias",
        columns="cluster_annotation_term_set_name",
        values="cluster_annotation_term_label",
    )[LEVELS]
    assert paths.notna().all(axis=None)
    for upper, lower in pairwise(LEVELS):
        assert (terms.loc[paths[lower], "parent_term_label"].to_numpy() == paths[upper].to_numpy()).all()
    assert (terms.loc[paths["Cluster"], "name"].to_numpy() == paths.index).all()
    assert set(paths.index.str.split("-").str[0]) == {"Human", "Macaque", "Marmoset"}
    clusters = hmba(release_folder, "cluster")
    around = clusters[clusters["number_of_cells"] == ""]
    assert len(around) == 30
    assert set(clusters["cluster_alias"]) - set(around["cluster_alias"]) == set(paths.index)
    assert clusters["label"].is_unique


def test_colors_differ_between_releases(release_folder: Path) -> None:
    old = hmba(release_folder, "cluster_annotation_term", "20250531")
    new = hmba(release_folder, "cluster_annotation_term")
    changed = old["color_hex_triplet"] != new["color_hex_triplet"]
    assert set(new.loc[changed, "cluster_annotation_term_set_name"]) == {"Group"}
    assert changed.sum() == 5
    assert (old["label"] == new["label"]).all()


def test_mouse_taxonomy(release_folder: Path) -> None:
    terms = wmb(release_folder, "cluster_annotation_term")
    assert list(wmb(release_folder, "cluster_annotation_term_set")["name"]) == [
        "neurotransmitter", "class", "subclass", "supertype", "cluster",
    ]  # fmt: skip
    facet = terms[terms["cluster_annotation_term_set_name"] == "neurotransmitter"].set_index("name")
    assert facet.loc["NA", "color_hex_triplet"] == "#666666"
    assert (facet["parent_term_label"] == "").all()
    assert not terms["parent_term_label"].isin(facet["label"]).any()
    repeated = terms[terms["name"] == "0001 CLA-EPd-CTX Car3 Glut_1"]
    assert list(repeated["cluster_annotation_term_set_name"]) == ["supertype", "cluster"]
    orders = terms.groupby("cluster_annotation_term_set_name")["term_order"]
    assert all(list(part) == list(range(len(part))) for _, part in orders)

    membership = wmb(release_folder, "cluster_to_cluster_annotation_membership")
    assert membership.groupby("cluster_alias").size().eq(5).all()
    first = membership[membership["cluster_annotation_term_label"] == "CS20230722_CLUS_0001"]
    assert list(first["cluster_alias"]) == [128]
    assert membership["cluster_alias"].max() == 34380
    clusters = wmb(release_folder, "cluster").set_index("cluster_alias")
    assert clusters.loc[128, "label"] == "CS20230722_0128"
    pivot = wmb(release_folder, "views/cluster_to_cluster_annotation_membership_pivoted")
    assert (pivot["neurotransmitter"] == "").sum() > 10  # the same clusters that the term table calls "NA"
    colors = wmb(release_folder, "views/cluster_to_cluster_annotation_membership_color").set_index(
        "cluster_alias"
    )
    empty = pivot.loc[pivot["neurotransmitter"] == "", "cluster_alias"]
    assert (colors.loc[empty, "neurotransmitter_color"] == "#666666").all()


def test_mouse_clusters_are_counted(release_folder: Path) -> None:
    clusters = wmb(release_folder, "cluster").set_index("cluster_alias")["number_of_cells"]
    cells = pd.read_csv(release_folder / "metadata/MERFISH-C57BL6J-638850/20241115/cell_metadata.csv")
    counted = cells["cluster_alias"].value_counts()
    assert set(counted.index) <= set(clusters.index)
    assert (clusters.reindex(counted.index) == counted).all()
    assert np.issubdtype(cells["cluster_alias"].dtype, np.integer)


def test_terms_of_the_seattle_taxonomy_are_numbered_level_by_level() -> None:
    terms = seaad_tree().terms
    for level in ("CLAS", "SUBC", "SUPT", "ACPS"):
        orders = [term.order for term in terms if term.set_label.endswith(level)]
        assert len(orders) >= 3
        assert orders == list(range(1, len(orders) + 1)), level
