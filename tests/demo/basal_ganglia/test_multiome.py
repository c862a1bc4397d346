from __future__ import annotations

from typing import TYPE_CHECKING

import h5py
import numpy as np
import pandas as pd

from released import columns, real_table

if TYPE_CHECKING:
    from pathlib import Path

ALIGNED, SPECIES = "HMBA-10xMultiome-BG-Aligned", "HMBA-10xMultiome-BG"
TAXONOMY = "HMBA-BG-taxonomy-CCN20250428"


def table(release_folder: Path, path: str, version: str = "20250531") -> pd.DataFrame:
    directory, _, name = path.partition("/")
    return pd.read_csv(release_folder / "metadata" / directory / version / f"{name}.csv")


def matrix(release_folder: Path, directory: str, name: str, layer: str = "raw") -> pd.DataFrame:
    path = release_folder / "expression_matrices" / directory / "20250531" / f"{name}-{layer}.h5ad"
    with h5py.File(path) as file:
        dense = np.zeros(tuple(file["X"].attrs["shape"]))
        dense[np.repeat(np.arange(len(dense)), np.diff(file["X/indptr"][:])), file["X/indices"][:]] = file[
            "X/data"
        ][:]
        return pd.DataFrame(dense, file["obs/cell_label"].asstr()[:], file["var/gene_symbol"].asstr()[:])


def test_cells_have_neither_place_nor_type(release_folder: Path) -> None:
    cells = table(release_folder, f"{ALIGNED}/cell_metadata")
    assert list(cells) == [
        "cell_label", "cell_barcode", "donor_label", "barcoded_cell_sample_label", "library_label",
        "alignment_job_id", "doublet_score", "umi_count", "feature_matrix_label", "dataset_label",
        "abc_sample_id",
    ]  # fmt: skip
    assert cells["cell_label"].is_unique and len(cells) == 600
    assert 500 < cells["abc_sample_id"].nunique() < len(cells)
    jobs = cells["alignment_job_id"]
    assert jobs.str.isdigit().any() and not jobs.str.isdigit().all()
    library = table(release_folder, f"{ALIGNED}/library")
    assert set(cells["library_label"]) <= set(library["library_label"])
    assert library["library_label"].is_unique
    donors = table(release_folder, f"{ALIGNED}/donor")
    assert set(cells["donor_label"]) == set(donors["donor_label"])
    assert set(donors["species_genus"]) == {"Human", "Macaque", "Marmoset"}


def test_taxonomy_directory_places_the_cells(release_folder: Path) -> None:
    cells = table(release_folder, f"{ALIGNED}/cell_metadata").set_index("cell_label")
    for version in ("20250531", "20250630"):
        places = table(release_folder, f"{TAXONOMY}/cell_2d_embedding_coordinates", version)
        assert set(places["cell_label"]) == set(cells.index)
        assert list(places["cell_label"]) != list(cells.index)
        members = table(release_folder, f"{TAXONOMY}/cell_to_cluster_membership", version)
        assert set(members["cell_label"]) < set(cells.index)
        assert 0.9 < len(members) / len(cells) < 0.99
        assert members["cluster_alias"].str.fullmatch(r"(Human|Macaque|Marmoset)-\d+").all()
        clusters = table(release_folder, f"{TAXONOMY}/cluster", version).set_index("cluster_alias")["label"]
        assert (clusters[members["cluster_alias"]].to_numpy() == members["cluster_label"]).all()
        words = table(release_folder, f"{TAXONOMY}/abbreviation_term", version)["abbreviation_term"]
        pairs = table(release_folder, f"{TAXONOMY}/cluster_annotation_to_abbreviation_map", version)
        assert set(pairs["abbreviation_term"]) <= set(words)
        terms = table(release_folder, f"{TAXONOMY}/cluster_annotation_term", version)
        assert set(pairs["cluster_annotation_term_label"]) < set(terms["label"])
    donors = table(release_folder, f"{ALIGNED}/donor").set_index("donor_label")["species_genus"]
    species = donors[cells.loc[members["cell_label"], "donor_label"]].to_numpy()
    assert (members["cluster_alias"].str.split("-").str[0] == species).all()


def test_species_have_matrices_and_genes_of_their_own(release_folder: Path) -> None:
    shared = matrix(release_folder, ALIGNED, ALIGNED)
    cells = table(release_folder, f"{SPECIES}/cell_metadata").set_index("cell_label")
    assert set(cells.index) < set(shared.index)
    assert set(table(release_folder, f"{ALIGNED}/cell_metadata")["cell_label"]) == set(cells.index)
    identifiers = {}
    for name, mine in cells.groupby("feature_matrix_label"):
        species = str(name).rsplit("-", 1)[1]
        assert name == f"{SPECIES}-{species}"
        values = matrix(release_folder, SPECIES, str(name))
        assert set(mine.index) < set(values.index)
        both = values.loc[mine.index]
        assert (both == shared.loc[mine.index, both.columns]).all(axis=None)
        genes = table(release_folder, f"{SPECIES}/{species.lower()}_gene")
        assert list(genes["gene_symbol"]) == list(values.columns)
        assert genes["gene_identifier"].str.fullmatch(r"NCBIGene:\d+").all()
        identifiers[species] = set(genes["gene_identifier"])
        examples = table(release_folder, f"{SPECIES}/views/example_{species.lower()}_gene_expression")
        log2 = matrix(release_folder, SPECIES, str(name), "log2").loc[examples["cell_label"]]
        assert np.allclose(examples.iloc[:, 1:], log2[list(examples)[1:]], atol=1e-5)
    assert set(identifiers) == {"Human", "Macaque", "Marmoset"}
    assert not identifiers["Human"] & identifiers["Marmoset"]


def test_value_sets_repeat_labels_across_fields(release_folder: Path) -> None:
    for directory in (ALIGNED, SPECIES):
        values = table(release_folder, f"{directory}/value_sets")
        library = table(release_folder, f"{directory}/library")
        regions = values.loc[values["field"] == "region_of_interest_label", "label"]
        assert set(regions) == set(library["region_of_interest_label"])


def test_columns_and_genes_are_real(release_folder: Path) -> None:
    ours = table(release_folder, f"{ALIGNED}/gene")
    assert list(ours) == columns(f"{ALIGNED}/gene")
    terms = table(release_folder, f"{TAXONOMY}/abbreviation_term")
    assert list(terms) == columns(f"{TAXONOMY}/abbreviation_term")
    real = real_table(f"rebuilt/{ALIGNED}__gene.csv")
    macaque = real_table("rebuilt/HMBA-MERSCOPE-QM23.50.001-BG__gene.csv")
    marmoset = real_table("rebuilt/HMBA-Xenium-CJ23.56.004-BG__gene.csv")
    if real is None or macaque is None or marmoset is None:
        return
    known = real.set_index("gene_identifier")["gene_symbol"]
    assert list(known[ours["gene_identifier"]]) == list(ours["gene_symbol"])
    known = macaque.dropna(subset="ncbi_gene_identifier").set_index("ncbi_gene_identifier")["gene_symbol"]
    ours = table(release_folder, f"{SPECIES}/macaque_gene")
    assert list(known[ours["gene_identifier"]]) == list(ours["gene_symbol"])
    known = marmoset.set_index("gene_identifier")["gene_symbol"]
    ours = table(release_folder, f"{SPECIES}/marmoset_gene")
    assert list(known[ours["gene_identifier"]]) == list(ours["gene_symbol"])
