from __future__ import annotations

import json
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pandas as pd

from released import LAYOUT, columns

if TYPE_CHECKING:
    from pathlib import Path

AGING, TAXONOMY = "Zeng-Aging-Mouse-10Xv3", "Zeng-Aging-Mouse-WMB-taxonomy"


def table(release_folder: Path, path: str) -> pd.DataFrame:
    directory, _, name = path.partition("/")
    (found,) = (release_folder / "metadata" / directory).glob(f"*/{name}.csv")
    return pd.read_csv(found, keep_default_na=False, na_values=[""])


def test_cells_may_belong_to_the_older_taxonomy(release_folder: Path) -> None:
    cells = table(release_folder, f"{AGING}/cell_metadata")
    assert len(cells.columns) == 28 and cells["cell_label"].is_unique
    path = release_folder / "metadata" / AGING / "20250131/cell_metadata.csv"
    texts = pd.read_csv(path, dtype=str, keep_default_na=False)["wmb_cluster_alias"]
    assert (texts == "").any() and texts[texts != ""].str.fullmatch(r"\d+").all()  # no "1067.0"
    older = table(release_folder, "WMB-taxonomy/cluster")["cluster_alias"]
    assert set(cells["wmb_cluster_alias"].dropna()) <= set(older)
    assert not cells.loc[~cells["cell_in_wmb_study"], "wmb_cluster_alias"].notna().any()
    own = table(release_folder, f"{AGING}/cluster")
    assert set(cells["cluster_alias"]) <= set(own["cluster_alias"])
    assert own["cluster_alias"].max() < 100 < older.max()  # numbers that mean something else
    assert set(cells["donor_age_category"]) == {"adult", "aged"}
    assert "Iscortex  - ACA" in set(cells["region_of_interest_label"])
    with h5py.File(release_folder / "expression_matrices" / AGING / "20241130" / f"{AGING}-raw.h5ad") as file:
        assert set(cells["cell_label"]) < set(file["obs/cell_label"].asstr()[:])
        genes = table(release_folder, "WMB-10X/gene")
        assert list(file["var/gene_identifier"].asstr()[:]) == list(genes["gene_identifier"])


def test_clusters_hang_under_older_supertypes(release_folder: Path) -> None:
    cells = table(release_folder, f"{AGING}/cell_metadata").set_index("cell_label")
    own = table(release_folder, f"{TAXONOMY}/cell_cluster_mapping_annotations")
    assert list(own) == [
        "cell_label", "cluster_alias", "cluster_label", "cluster_order", "cluster_name", "cluster_color",
        "class_name", "subclass_name", "supertype_name", "class_color", "subclass_color",
        "supertype_color",
    ]  # fmt: skip
    assert set(own["cell_label"]) == set(cells.index)
    assert (own["cluster_alias"].to_numpy() == cells.loc[own["cell_label"], "cluster_alias"]).all()
    terms = table(release_folder, "WMB-taxonomy/cluster_annotation_term")
    for level in ("class", "subclass", "supertype"):
        mine = terms[terms["cluster_annotation_term_set_name"] == level]
        color = mine.set_index("name")["color_hex_triplet"]
        assert (color[own[f"{level}_name"]].to_numpy() == own[f"{level}_color"]).all()
    assert own["cluster_name"].str.split("_").str[0].astype(int).equals(own["cluster_alias"])
    ratio = table(release_folder, f"{AGING}/cluster")
    assert np.allclose(np.log2(ratio["odds_ratio"]), ratio["log2_odds_ratio"], atol=1e-2)
    assert {"aging-enriched", "aging-depleted", "unassigned"} == set(ratio["cluster_age_bias"])


def test_colors_cell_by_cell(release_folder: Path) -> None:
    cells = table(release_folder, f"{AGING}/cell_metadata").set_index("cell_label")
    colors = table(release_folder, f"{AGING}/cell_annotation_colors").set_index("cell_label")
    assert set(colors.index) == set(cells.index)
    for column in ("region_of_interest_label", "anatomical_division_label", "donor_sex"):
        base = column.removesuffix("_label")
        pairs = pd.DataFrame(
            {
                "value": cells[column],
                "color": colors[f"{base}_color"],
                "order": colors[f"{base}_order"],
            }
        )
        assert pairs.groupby("value").nunique().eq(1).all(axis=None)


def test_tables_are_the_real_ones(release_folder: Path) -> None:
    ours = json.loads((release_folder / "releases/20250531/manifest.json").read_text())["file_listing"]
    for directory in (AGING, TAXONOMY):
        tables = {name.removeprefix("views/") for name in LAYOUT["tables"][directory]}
        assert set(ours[directory]["metadata"]) == tables
    assert set(ours[AGING]) == {"metadata", "expression_matrices"}
    assert set(ours[TAXONOMY]) == {"metadata"}
    assert set(ours[AGING]["expression_matrices"]) == set(LAYOUT["matrices"][AGING])
    name = f"{TAXONOMY}/aging_degenes"
    assert list(table(release_folder, name)) == columns(name)
