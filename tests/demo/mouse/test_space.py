from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import h5py
import nibabel
import numpy as np
import pandas as pd

from released import LAYOUT, columns

if TYPE_CHECKING:
    from pathlib import Path

MOUSE = "MERFISH-C57BL6J-638850"
CCF = "Allen-CCF-2020"


def volume(release_folder: Path, path: str) -> tuple[np.ndarray, Any]:
    image = nibabel.load(release_folder / "image_volumes" / f"{path}.nii.gz")
    return np.asarray(image.dataobj), image  # type: ignore[attr-defined]


def coordinates(release_folder: Path, name: str) -> pd.DataFrame:
    folder = release_folder / "metadata" / f"{MOUSE}-CCF" / "20231215"
    return pd.read_csv(folder / f"{name}.csv", dtype={"cell_label": str}, index_col="cell_label")


def parcels(release_folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(release_folder / "metadata" / CCF / "20230630" / f"{name}.csv", keep_default_na=False)


def look_up(labels: np.ndarray, xyz: np.ndarray, spacing: Any) -> np.ndarray:
    at = np.rint(xyz / np.asarray(spacing)).astype(int)
    inside = ((at >= 0) & (at < labels.shape)).all(axis=1)
    values = np.zeros(len(at), dtype=np.int64)
    values[inside] = labels[tuple(at[inside].T)]
    return values


def test_each_cell_lies_in_the_voxel_of_its_structure(release_folder: Path) -> None:
    labels, image = volume(release_folder, f"{MOUSE}-CCF/20230630/resampled_annotation")
    assert labels.shape == (110, 110, 76) and labels.dtype == np.uint32
    spacing = [round(float(size), 6) for size in image.header.get_zooms()]
    assert spacing == [0.1, 0.1, 0.2] and image.header.get_xyzt_units()[0] == "mm"
    cells = coordinates(release_folder, "reconstructed_coordinates")
    xyz = cells[["x", "y", "z"]].to_numpy()
    index = cells["parcellation_index"].to_numpy()
    assert (look_up(labels, xyz, spacing) == index).all()
    assert len(set(index)) > 20
    # Cutting off instead of rounding finds the plane behind, where the brain is a little different.
    cut = np.column_stack([xyz[:, :2], (xyz[:, 2] / 0.2).astype(int) * 0.2])
    wrong = pd.Series(look_up(labels, cut, spacing) != index).groupby(xyz[:, 2]).mean()
    assert wrong[6.6] > 0.05 and wrong[8.8] == 0
    assert image.header["descrip"].item().startswith(b"synthetic")
    # The header says that the voxels are elsewhere, as the real one does.
    first = image.affine @ [0, 0, 0, 1]
    assert np.allclose(first[:3], [-5.4765, -8.6, 6.4357])


def test_resampled_volumes_belong_together(release_folder: Path) -> None:
    folder = f"{MOUSE}-CCF/20230630"
    labels, _ = volume(release_folder, f"{folder}/resampled_annotation")
    template, _ = volume(release_folder, f"{folder}/resampled_average_template")
    boundary, _ = volume(release_folder, f"{folder}/resampled_annotation_boundary")
    assert template.shape == boundary.shape == labels.shape
    assert template.dtype == np.uint16 and boundary.dtype == np.uint8
    assert (template[labels == 0] == 0).all() and (template[labels > 0] > 0).mean() > 0.99
    assert set(np.unique(boundary)) == {0, 1}
    edge = np.diff(labels[:, :, 33].astype(int), axis=0) != 0
    assert (boundary[:-1, :, 33][edge] == 1).all()


def test_annotation_in_ccf_space(release_folder: Path) -> None:
    labels, image = volume(release_folder, f"{CCF}/20250331/annotation_25")
    spacing = np.asarray(image.header.get_zooms()).round(6)
    assert np.allclose(labels.shape * spacing, [13.2, 8.0, 11.4])
    cells = coordinates(release_folder, "ccf_coordinates")
    found = look_up(labels, cells[["x", "y", "z"]].to_numpy(), spacing)
    agree = found == cells["parcellation_index"].to_numpy()
    assert agree.mean() > 0.7  # these voxels are larger than some structures
    for name in ("average_template_25", "annotation_boundary_25"):
        assert volume(release_folder, f"{CCF}/20250331/{name}")[0].shape == labels.shape
    first = image.affine @ [0, 0, 0, 1]
    assert np.allclose(first[:3], [-5.695, 5.35, 5.22])


def test_parcellation(release_folder: Path) -> None:
    acronyms = parcels(release_folder, "views/parcellation_to_parcellation_term_membership_acronym")
    levels = ["organ", "category", "division", "structure", "substructure"]
    rows = acronyms.set_index("parcellation_index")[levels]
    assert list(rows.loc[0]) == ["unassigned"] * 5
    assert list(rows.loc[1]) == ["brain", "grey", "HY", "TMv", "TMv"]
    assert list(rows.loc[1160]) == ["brain", "grey", "HPF", "DG", "DG-po"]
    assert list(rows.loc[1327]) == ["brain", "grey", "MB", "PAG", "Su3"]
    assert list(rows.loc[140]) == ["brain", "VS", "V4", "V4-unassigned", "V4-unassigned"]
    assert len(rows) < 50 and rows.index.max() == 1327
    members = parcels(release_folder, "parcellation_to_parcellation_term_membership")
    assert len(members) == 5 * len(rows)
    terms = parcels(release_folder, "parcellation_term").set_index("label")
    assert terms.index.is_unique
    assert terms.loc["ABC-Ontology-2023-V4-structure", "acronym"] == "V4-unassigned"
    sets = parcels(release_folder, "parcellation_term_set_membership")
    for _, of_level in sets.groupby("parcellation_term_set_label"):
        first = of_level["term_order"].min()
        assert first in (0, 1)
        assert sorted(of_level["term_order"]) == list(range(first, first + len(of_level)))
    parents = members["parent_term_label"]
    assert set(parents[members["term_set_order"] == 0]) == {""}
    assert set(parents[members["term_set_order"] > 0]) < set(terms.index)
    labels, _ = volume(release_folder, f"{CCF}/20250331/annotation_25")
    table = parcels(release_folder, "parcellation")
    assert set(np.unique(labels)) < set(table["parcellation_index"])
    assert table["voxel_count"].sum() == 1320 * 800 * 1140
    cells = coordinates(release_folder, "ccf_coordinates")
    assert set(cells["parcellation_index"]) < set(table["parcellation_index"])


def test_parcellation_tables_have_the_real_columns(release_folder: Path) -> None:
    names = ["parcellation", "parcellation_term", "parcellation_term_set", "parcellation_term_set_membership"]
    for name in [*names, "parcellation_to_parcellation_term_membership"]:
        assert list(parcels(release_folder, name)) == columns(f"{CCF}/{name}"), name
    ours = json.loads((release_folder / "releases/20250531/manifest.json").read_text())["file_listing"][CCF]
    assert set(ours["metadata"]) == {name.removeprefix("views/") for name in LAYOUT["tables"][CCF]}
    assert set(ours["image_volumes"]) == {"average_template_25", "annotation_25", "annotation_boundary_25"}


def test_imputed_genes(release_folder: Path) -> None:
    folder = release_folder / "expression_matrices"
    with h5py.File(folder / f"{MOUSE}-imputed/20240831/C57BL6J-638850-imputed-log2.h5ad") as file:
        matrix = file["X"]
        assert matrix.attrs["encoding-type"] == "array" and matrix.dtype == np.float16
        assert matrix.chunks[0] > matrix.chunks[1] and matrix.chunks[1] < matrix.shape[1]
        values = matrix[:].astype(float)
        labels = file["obs/cell_label"].asstr()[:]
        genes = list(file["var/gene_symbol"].asstr()[:])
        identifiers = list(file["var/gene_identifier"].asstr()[:])
    with h5py.File(folder / f"{MOUSE}/20230830/C57BL6J-638850-raw.h5ad") as file:
        assert set(file["obs/cell_label"].asstr()[:]) == set(labels)
        measured = set(file["var/gene_symbol"].asstr()[:])
    assert len(set(genes) - measured) > 20 and len(set(genes) & measured) > 10
    table = pd.read_csv(release_folder / "metadata" / f"{MOUSE}-imputed/20240831/gene.csv")
    assert list(table["gene_identifier"]) == identifiers and table["gene_symbol"].is_unique
    assert not table["gene_symbol"].str.startswith("Blank").any()
    assert (values > 0).all()  # a mean of neighbors is never quite zero
    cells = pd.read_csv(
        release_folder / "metadata" / MOUSE / "20241115/views/cell_metadata_with_cluster_annotation.csv",
        dtype={"cell_label": str},
        index_col="cell_label",
    )
    oligo = cells.index[cells["class"] == "31 OPC-Oligo"]
    plp1 = pd.Series(values[:, genes.index("Plp1")], labels)
    assert plp1[oligo].median() > 2 > plp1[cells.index.difference(oligo)].median()
