from __future__ import annotations

from typing import TYPE_CHECKING

import h5py
import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

CELLS, SECTIONS, TAXONOMY = "SEA-AD-CaH-10X", "SEA-AD-CaH-Xenium", "SEA-AD-CaH-taxonomy"
KEPT = "Used in analysis"


def table(release_folder: Path, path: str, comment: str | None = None) -> pd.DataFrame:
    directory, _, name = path.partition("/")
    found = release_folder / "metadata" / directory / "20260228" / f"{name}.csv"
    return pd.read_csv(found, keep_default_na=False, comment=comment)


def rows_of(release_folder: Path, directory: str, matrix: str) -> set[str]:
    path = release_folder / "expression_matrices" / directory / "20260228" / f"{matrix}-raw.h5ad"
    with h5py.File(path) as file:
        return set(file["obs/cell_label"].asstr()[:])


def test_only_cells_that_were_used_have_a_type(release_folder: Path) -> None:
    cells = table(release_folder, f"{CELLS}/cell_metadata").set_index("cell_label")
    used = set(cells.index[cells[KEPT]])
    assert 0.8 < len(used) / len(cells) < 0.95
    members = table(release_folder, f"{TAXONOMY}/cell_to_cluster_membership")
    places = table(release_folder, f"{TAXONOMY}/cell_2d_embedding_coordinates")
    assert set(members["cell_label"]) == set(places["cell_label"]) == used
    assert set(cells.index) < rows_of(release_folder, CELLS, "CaH-10X")
    sections = table(release_folder, f"{SECTIONS}/cell_metadata").set_index("cell_label")
    mapped = table(release_folder, f"{SECTIONS}/mmc_results", comment="#")
    assert set(mapped["cell_label"]) == set(sections.index[sections[KEPT]])
    clusters = set(table(release_folder, f"{TAXONOMY}/cluster")["cluster_alias"])
    assert set(mapped["cluster_alias"]) | set(members["cluster_alias"]) <= clusters


def test_three_levels_whose_leaf_is_the_supertype(release_folder: Path) -> None:
    sets = table(release_folder, f"{TAXONOMY}/cluster_annotation_term_set")
    assert list(sets["name"]) == ["Neighborhood", "Subclass", "Supertype"]
    terms = table(release_folder, f"{TAXONOMY}/cluster_annotation_term").set_index("label")
    clusters = table(release_folder, f"{TAXONOMY}/cluster").set_index("cluster_alias")
    assert clusters.loc[3, "label"] == "CS20260701_SUPR_03"
    leaves = terms.loc[clusters["label"]]
    assert set(leaves["cluster_annotation_term_set_name"]) == {"Supertype"}
    assert set(terms.loc[leaves["parent_term_label"], "cluster_annotation_term_set_name"]) == {"Subclass"}
    assert terms["CCN20230508_label"].ne("").sum() == terms["CCN20250428_label"].ne("").sum() == 1
    members = table(release_folder, f"{TAXONOMY}/cluster_to_cluster_annotation_membership")
    assert members.groupby("cluster_alias").size().eq(3).all()


def test_sections_are_ordered_by_another_table(release_folder: Path) -> None:
    cells = table(release_folder, f"{SECTIONS}/cell_metadata")
    specimens = table(release_folder, f"{SECTIONS}/specimen_metadata")
    assert list(specimens["brain_section_order"]) == [12, 1, 28]
    assert set(cells["brain_section_label"]) == set(specimens["brain_section_label"])
    assert set(cells["feature_matrix_label"]) == {"CaH-Xenium"}
    assert set(cells["dataset_label"]) == {SECTIONS}
    assert set(cells["cell_label"]) < rows_of(release_folder, SECTIONS, "CaH-Xenium")
    assert not {"z", "cluster_alias", "abc_sample_id"} & set(cells)
    for _, section in cells.groupby("brain_section_label"):
        size = section[["x_experiment", "y_experiment"]].agg(lambda column: column.max() - column.min())
        assert size.between(5_000, 14_000).all()  # micrometers


def test_people(release_folder: Path) -> None:
    for directory in (CELLS, SECTIONS):
        donors = set(table(release_folder, f"{directory}/donor")["donor_label"])
        disease = table(release_folder, f"{directory}/disease")
        assert set(disease["donor_label"]) == donors
        assert set(table(release_folder, f"{directory}/cell_metadata")["donor_label"]) == donors
        values = table(release_folder, f"{directory}/value_sets")
        assert list(values) == [
            "label", "field", "table", "color_hex_triplet", "order", "description", "external_identifier",
        ]  # fmt: skip
        for field in ("CERAD score", "APOE Genotype"):
            assert set(values.loc[values["field"] == field, "label"]) == set(disease[field])
    genes = table(release_folder, f"{SECTIONS}/gene")
    assert list(genes) == ["gene_identifier", "gene_symbol", "feature_types", "genome"]
    assert genes["gene_identifier"].str.fullmatch(r"ENSG\d{11}").all()


def test_a_directory_that_nobody_describes(release_folder: Path) -> None:
    directory = "Developing-Mouse-Vis-Cortex-10X"
    folder = release_folder / "metadata" / directory / "20260131"
    cells = pd.read_csv(folder / "cell_metadata.csv")
    path = release_folder / "expression_matrices" / directory / "20260131" / f"{directory}-raw.h5ad"
    with h5py.File(path) as file:
        assert set(cells["cell_label"]) < set(file["obs/cell_label"].asstr()[:])
