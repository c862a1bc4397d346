from __future__ import annotations

from typing import TYPE_CHECKING

import h5py
import nibabel
import numpy as np
import pandas as pd
import pytest

from released import columns, real_table

if TYPE_CHECKING:
    from pathlib import Path

BRAINS = ("Zhuang-ABCA-1", "Zhuang-ABCA-3")


def table(release_folder: Path, path: str) -> pd.DataFrame:
    return pd.read_csv(release_folder / "metadata" / f"{path}.csv", dtype={"cell_label": str})


@pytest.mark.parametrize("brain", BRAINS)
def test_cells(release_folder: Path, brain: str) -> None:
    cells = table(release_folder, f"{brain}/20241115/cell_metadata")
    assert list(cells) == [
        "cell_label", "brain_section_label", "feature_matrix_label", "donor_label", "donor_genotype",
        "donor_sex", "cluster_alias", "x", "y", "z", "subclass_confidence_score",
        "cluster_confidence_score", "high_quality_transfer", "abc_sample_id",
    ]  # fmt: skip
    assert len(cells) == 2000 and cells["cell_label"].is_unique
    digits = cells["cell_label"].str.len()
    assert cells["cell_label"].str.isdigit().all() and digits.max() == 39 and digits.min() > 34
    # As floating-point numbers they would not survive.
    assert [str(int(float(label))) for label in cells["cell_label"]] != list(cells["cell_label"])
    assert cells["brain_section_label"].str.fullmatch(rf"{brain}\.\d\d\d").all()
    assert cells["high_quality_transfer"].dtype == bool and 0.3 < cells["high_quality_transfer"].mean() < 1
    clusters = table(release_folder, "WMB-taxonomy/20231215/cluster")["cluster_alias"]
    assert set(cells["cluster_alias"]) < set(clusters)
    view = table(release_folder, f"{brain}/20241115/views/cell_metadata_with_cluster_annotation")
    assert list(view["cell_label"]) == list(cells["cell_label"]) and "abc_sample_id" not in view


def test_sections_may_share_a_depth(release_folder: Path) -> None:
    first, third = (table(release_folder, f"{brain}/20241115/cell_metadata") for brain in BRAINS)
    depths = first.groupby("brain_section_label")["z"].unique()
    assert depths.map(len).eq(1).all()
    assert list(depths.map(lambda z: z[0])) == [0.0, 0.0, 7.829530, 9.717769]
    assert first["x"].max() < 6.5  # one hemisphere
    assert third["brain_section_label"].nunique() == third["z"].nunique() == 3
    assert third["x"].max() > 10  # from the front to the back


@pytest.mark.parametrize("brain", BRAINS)
def test_registration_agrees_with_the_volume(release_folder: Path, brain: str) -> None:
    cells = table(release_folder, f"{brain}/20241115/cell_metadata").set_index("cell_label")
    ccf = table(release_folder, f"{brain}-CCF/20230830/ccf_coordinates").set_index("cell_label")
    assert set(ccf.index) < set(cells.index)
    sections = cells.loc[ccf.index, "brain_section_label"]
    assert ("Zhuang-ABCA-1.004" in set(sections)) is False
    image = nibabel.load(release_folder / "image_volumes/Allen-CCF-2020/20250331/annotation_25.nii.gz")
    labels = np.asarray(image.dataobj)  # type: ignore[attr-defined]
    at = np.rint(ccf[["x", "y", "z"]].to_numpy() / 0.2).astype(int)
    assert (labels[tuple(at.T)] == ccf["parcellation_index"]).all()
    axis = "x" if brain.endswith("1") else "z"
    spread = ccf[axis].groupby(sections).agg(np.ptp)
    assert ((spread > 0.05) & (spread < 0.4)).all()


@pytest.mark.parametrize("brain", BRAINS)
def test_matrix_and_genes(release_folder: Path, brain: str) -> None:
    cells = table(release_folder, f"{brain}/20241115/cell_metadata")
    genes = table(release_folder, f"{brain}/20241115/gene")
    assert not genes["gene_symbol"].str.startswith("Blank").any() and genes["gene_symbol"].is_unique
    assert genes["mapped_ncbi_identifier"].isna().any()
    for layer in ("raw", "log2"):
        path = release_folder / "expression_matrices" / brain / "20230830" / f"{brain}-{layer}.h5ad"
        with h5py.File(path) as file:
            assert set(cells["cell_label"]) < set(file["obs/cell_label"].asstr()[:])
            assert list(file["var/gene_identifier"].asstr()[:]) == list(genes["gene_identifier"])


def test_genes_are_real(release_folder: Path) -> None:
    genes = table(release_folder, "Zhuang-ABCA-1/20241115/gene")
    assert list(genes) == columns("Zhuang-ABCA-1/gene")
    assert genes["gene_identifier"].str.fullmatch(r"ENSMUSG\d{11}").all()
    real = real_table("rebuilt/Zhuang-ABCA-1__gene.csv")
    if real is None:
        return
    known = real.set_index("gene_identifier")["gene_symbol"]
    ours = genes.set_index("gene_identifier")["gene_symbol"]
    both = ours.index.intersection(known.index)
    assert len(both) > 10 and (ours[both] == known[both]).all()
