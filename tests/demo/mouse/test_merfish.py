from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pandas as pd
import pytest

from released import columns, real_table

if TYPE_CHECKING:
    from pathlib import Path

MOUSE = "MERFISH-C57BL6J-638850"
SECTIONS = {"C57BL6J-638850.37": 6.6, "C57BL6J-638850.47": 8.8}


@pytest.fixture(scope="module")
def cells(release_folder: Path) -> pd.DataFrame:
    path = release_folder / "metadata" / MOUSE / "20241115/cell_metadata.csv"
    return pd.read_csv(path, dtype={"cell_label": str}, index_col="cell_label")


def read(path: Path) -> tuple[pd.DataFrame, Any]:
    file = h5py.File(path)
    dense = np.zeros(tuple(file["X"].attrs["shape"]))
    rows = np.repeat(np.arange(len(dense)), np.diff(file["X/indptr"][:]))
    dense[rows, file["X/indices"][:]] = file["X/data"][:]
    return pd.DataFrame(
        dense, file["obs/cell_label"].asstr()[:], file["var/gene_identifier"].asstr()[:]
    ), file


def test_cells(release_folder: Path, cells: pd.DataFrame) -> None:
    assert list(cells) == [
        "brain_section_label", "cluster_alias", "average_correlation_score", "feature_matrix_label",
        "donor_label", "donor_genotype", "donor_sex", "x", "y", "z", "abc_sample_id",
    ]  # fmt: skip
    assert cells.groupby("brain_section_label")["z"].agg(set).to_dict() == {
        label: {z} for label, z in SECTIONS.items()
    }
    digits = cells.index.str.fullmatch(r"\d{19}")
    assert 0.4 < digits.mean() < 0.8
    assert cells.index[~digits].str.fullmatch(r"\d{19}-1").all()
    assert cells.index.is_unique
    assert cells[["x", "y"]].min().min() > 0 and cells[["x", "y"]].max().max() < 11
    for _, section in cells.groupby("brain_section_label"):
        assert abs(section["x"].mean() - 5.5) < 0.15  # symmetrical about the middle
    first = cells["brain_section_label"].iloc[:50]
    assert first.nunique() == 2  # sections are not in a row


def test_sections_and_columns_are_real(release_folder: Path) -> None:
    genes = pd.read_csv(release_folder / "metadata" / MOUSE / "20241115/gene.csv")
    assert list(genes) == columns(f"{MOUSE}/gene")
    real = real_table("extracts/section_metadata_C57BL6J-638850_20230830.csv")
    shown = real_table(f"shown/{MOUSE}__gene.shown.csv")
    if real is None or shown is None:
        return
    known = dict(zip(real["brain_section_label"], real["z_section"], strict=True))
    assert {label: known[label] for label in SECTIONS} == SECTIONS
    assert list(genes["gene_identifier"][:5]) == list(shown["gene_identifier"])
    assert list(genes["gene_symbol"][:5]) == list(shown["gene_symbol"])


def test_matrices_hold_more_cells_than_the_tables(release_folder: Path, cells: pd.DataFrame) -> None:
    folder = release_folder / "expression_matrices"
    whole, file = read(folder / MOUSE / "20230830/C57BL6J-638850-raw.h5ad")
    assert set(cells.index) < set(whole.index)
    assert 0.03 < 1 - len(cells) / len(whole) < 0.07
    assert file["X/data"].dtype == np.float32 and file["X/data"].compression is None
    genes = pd.read_csv(release_folder / "metadata" / MOUSE / "20241115/gene.csv", index_col=0)
    assert list(whole.columns) == list(genes.index)
    assert len(genes) == 68 and genes.index.str.startswith("Blank-").sum() == 6
    parts = []
    for label in SECTIONS:
        part, section = read(folder / f"{MOUSE}-sections" / "20240330" / f"{label}-raw.h5ad")
        assert section["X/data"].compression == "gzip"
        mine = cells.index[cells["brain_section_label"] == label]
        assert set(mine) < set(part.index)
        parts.append(part)
    pd.testing.assert_frame_equal(pd.concat(parts).loc[whole.index], whole)
    log2, _ = read(folder / MOUSE / "20230830/C57BL6J-638850-log2.h5ad")
    expected = np.log2(1000 * whole.div(whole.sum(axis=1), axis=0) + 1)
    assert np.abs(log2 - expected).to_numpy().max() < 1e-5


def test_views(release_folder: Path, cells: pd.DataFrame) -> None:
    folder = release_folder / "metadata" / MOUSE / "20241115/views"
    view = pd.read_csv(
        folder / "cell_metadata_with_cluster_annotation.csv", dtype={"cell_label": str}, index_col=0
    )
    assert view.shape == (len(cells), 20)
    assert "abc_sample_id" not in view
    assert view["neurotransmitter"].isna().sum() > 100  # "NA" is left out here
    assert set(view.loc[view["neurotransmitter"].isna(), "neurotransmitter_color"]) == {"#666666"}
    examples = pd.read_csv(folder / "example_genes_all_cells_expression.csv", dtype={"cell_label": str})
    symbols = ["Slc17a7", "Slc17a6", "Slc17a8", "Slc32a1", "Slc6a5", "Slc6a3", "Slc6a4", "Tac2"]
    assert list(examples) == ["cell_label", *symbols]
    assert set(examples["cell_label"]) == set(cells.index)


def test_registration(release_folder: Path, cells: pd.DataFrame) -> None:
    folder = release_folder / "metadata" / f"{MOUSE}-CCF" / "20231215"
    frames = {}
    for name in ("reconstructed_coordinates", "ccf_coordinates"):
        table = pd.read_csv(folder / f"{name}.csv", dtype={"cell_label": str}, index_col=0)
        assert list(table) == ["x", "y", "z", "parcellation_index"]
        assert 0.01 < 1 - len(table) / len(cells) < 0.06  # some cells have no registration
        assert set(table.index) < set(cells.index)
        assert (table["parcellation_index"] == 0).any() and (table["parcellation_index"] == 1160).any()
        frames[name] = table
    both = frames["reconstructed_coordinates"].join(cells[["x", "y", "z"]].add_suffix("_section"))
    assert (both["z"] == both["z_section"]).all()
    shift = np.hypot(both["x"] - both["x_section"], both["y"] - both["y_section"])
    assert 0.01 < shift.mean() < 0.3
    ccf = frames["ccf_coordinates"].join(cells[["brain_section_label"]])
    spread = ccf.groupby("brain_section_label")["x"].agg(np.ptp)
    assert (spread > 0.1).all()  # a section is not a plane of the CCF


def test_layers_of_the_cortex(release_folder: Path, cells: pd.DataFrame) -> None:
    """Superficial cells lie nearer to the top of the brain than deep ones; the dentate gyrus is inside."""
    view = pd.read_csv(
        release_folder / "metadata" / MOUSE / "20241115/views/cell_metadata_with_cluster_annotation.csv",
        dtype={"cell_label": str},
    )
    middle = view[(view["x"].between(4.5, 6.5)) & (view["brain_section_label"] == "C57BL6J-638850.37")]
    y = middle.groupby(middle["subclass"].str.split(" ", n=1).str[1])["y"].median()
    order = ["L2/3 IT CTX Glut", "L4/5 IT CTX Glut", "L5 ET CTX Glut", "L6 CT CTX Glut", "CA1-ProS Glut"]
    assert list(y[order].sort_values().index) == order
    assert y["CA1-ProS Glut"] < y["DG Glut"] < y["TH Prkcd Grin2c Glut"] < y["VMH Nr5a1 Glut"]
