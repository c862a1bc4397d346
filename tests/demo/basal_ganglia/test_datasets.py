from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import h5py
import numpy as np
import pandas as pd
import pytest
from shapely import contains_xy
from shapely.geometry import shape

from released import columns, real_table

if TYPE_CHECKING:
    from pathlib import Path

REGIONS = ["STR", "GP", "GPe", "GPi", "VeP", "SN", "STH"]
EVERYWHERE = "Basal ganglia and adjacent"


class Species(NamedTuple):
    name: str
    directory: str
    metadata: str
    expression: str
    cells: int
    matrix_type: str
    gzip: bool
    planes: dict[str, int]


SPECIES = {
    "Human": Species(
        "Human", "HMBA-MERSCOPE-H22.30.001-BG", "20260228", "20250930", 40_100, "float32", True,
        {"H22.30.001.CX.13.Plane.05": 1800, "H22.30.001.CX.16.Plane.07": 3600,
         "H22.30.001.CX.17.Plane.03": 26_000, "H22.30.001.CX.17.Plane.07": 3600,
         "H22.30.001.CX.20.Plane.05": 3600, "H22.30.001.BS.3.Plane.01": 1500},
    ),
    "Macaque": Species(
        "Macaque", "HMBA-MERSCOPE-QM23.50.001-BG", "20250630", "20250630", 11_500, "float64", False,
        {"QM23.50.001.CX.42.Plane.03": 3100, "QM23.50.001.CX.42.Plane.05": 2600,
         "QM23.50.001.CX.44.Plane.05": 3100, "QM23.50.001.CX.44.Plane.07": 2700},
    ),
    "Marmoset": Species(
        "Marmoset", "HMBA-Xenium-CJ23.56.004-BG", "20250630", "20250630", 10_400, "float32", True,
        {"CJ23.56.004.CX.42.Plane.01": 2200, "CJ23.56.004.CX.42.Plane.05": 2800,
         "CJ23.56.004.CX.43.Plane.05": 2800, "CJ23.56.004.CX.44.Plane.03": 2600},
    ),
}  # fmt: skip


@pytest.fixture(params=list(SPECIES))
def species(request: pytest.FixtureRequest) -> Species:
    return SPECIES[request.param]


@cache
def table(root: Path, species: str, name: str) -> pd.DataFrame:
    one = SPECIES[species]
    path = root / "metadata" / one.directory / one.metadata / f"{name}.csv"
    return pd.read_csv(path, dtype={"cell_label": str}, index_col=0)


class Matrix(NamedTuple):
    labels: list[str]
    genes: list[str]
    values: np.ndarray[Any, np.dtype[np.float64]]
    file: Any


@cache
def matrix(root: Path, species: str, layer: str) -> Matrix:
    one = SPECIES[species]
    name = f"{one.directory.removeprefix('HMBA-')}-{layer}.h5ad"
    file = h5py.File(root / "expression_matrices" / one.directory / one.expression / name)
    dense = np.zeros(tuple(file["X"].attrs["shape"]))
    rows = np.repeat(np.arange(len(dense)), np.diff(file["X/indptr"][:]))
    dense[rows, file["X/indices"][:]] = file["X/data"][:]
    labels = file["obs"][file["obs"].attrs["_index"]].asstr()[:].tolist()
    genes = file["var"][file["var"].attrs["_index"]].asstr()[:].tolist()
    return Matrix(labels, genes, dense, file)


def polygons(root: Path, species: str, plane: str) -> list[dict[str, Any]] | None:
    path = root / "image_volumes" / SPECIES[species].directory / "20250630/geojsons" / f"{plane}.geojson"
    if not path.exists():
        return None
    content = json.loads(path.read_text())
    features: list[dict[str, Any]] = content.get("features", [content])
    return features


def test_counts_and_columns(release_folder: Path, species: Species) -> None:
    cells = table(release_folder, species.name, "cell_metadata")
    assert len(cells) == species.cells
    assert cells.index.is_unique
    assert list(cells) == [
        "brain_section_label", "brain_section_barcode", "segmentation_job_id", "x_experiment", "y_experiment",
        "qc_pass", "dataset_label", "feature_matrix_label", "abc_sample_id",
    ]  # fmt: skip
    assert set(cells["dataset_label"]) == {species.directory}
    assert set(cells["feature_matrix_label"]) == {species.directory.removeprefix("HMBA-")}
    specimens = table(release_folder, species.name, "specimen_metadata")
    assert specimens.shape[1] == 20
    planes = cells["brain_section_label"].map(specimens["slab_plane_label"])
    assert planes.value_counts().to_dict() == species.planes
    assert (cells.index.str.split("_").str[0] == cells["brain_section_barcode"].astype(str)).all()
    pattern = r"\d{10}_[a-p]{8}-1-20250227" if species.name == "Marmoset" else r"\d{10}_\d+-20250227"
    assert cells.index.str.fullmatch(pattern).all()


@pytest.mark.parametrize(
    "name", ["cell_metadata", "slab_plane_coordinates", "specimen_metadata", "cell_anatomical_annotations"]
)
def test_columns_are_the_real_ones(release_folder: Path, species: Species, name: str) -> None:
    ours = table(release_folder, species.name, name)
    assert [ours.index.name, *ours] == columns(f"{species.directory}/{name}")


def test_specimens_that_are_real_are_right(release_folder: Path, species: Species) -> None:
    ours = table(release_folder, species.name, "specimen_metadata")
    assert [ours.index.name, *ours] == columns(f"{species.directory}/specimen_metadata")
    real = real_table(f"heads/{species.directory}__specimen_metadata.head.csv", index_col=0)
    if real is None:
        path = f"bucket/metadata/{species.directory}/20250630/specimen_metadata.csv"
        real = real_table(path, index_col=0)
    if real is None:
        return
    both = ours.index.intersection(real.index)
    # The marmoset's table is known whole, the others' by their first five rows.
    assert len(both) == {"Human": 3, "Macaque": 4, "Marmoset": 4}[species.name]
    pd.testing.assert_frame_equal(ours.loc[both], real.loc[both])


def test_planes_are_mosaics_but_in_the_marmoset(release_folder: Path, species: Species) -> None:
    specimens = table(release_folder, species.name, "specimen_metadata")
    sections = specimens.groupby("slab_plane_label").size()
    if species.name == "Marmoset":
        assert (sections == 1).all()
        assert (specimens["brain_block_label"] == specimens["brain_slab_label"]).all()
    else:
        assert (sections >= 2).all()
        reversed_ = specimens["brain_section_plane_of_section"] == "coronal (caudal to rostral)"
        assert (specimens["slab_plane_ordinal"] + specimens["section_set_ordinal"])[reversed_].eq(8).all()
        forward = specimens["brain_section_plane_of_section"] == "coronal (rostral to caudal)"
        assert (specimens["slab_plane_ordinal"] == specimens["section_set_ordinal"])[forward].all()
        assert reversed_.any() and forward.any()
    if species.name == "Human":
        stem = specimens[specimens["brain_slab_label"] == "H22.30.001.BS.3"]
        assert set(stem["brain_slab_ordinal"]) == {2} and set(stem["brain_section_thickness"]) == {14}
        assert set(stem["slab_plane_order"]) == {20201}


def test_cells_are_missing_here_and_there(release_folder: Path, species: Species) -> None:
    cells = table(release_folder, species.name, "cell_metadata")
    specimens = table(release_folder, species.name, "specimen_metadata")
    plane = cells["brain_section_label"].map(specimens["slab_plane_label"])
    lost = plane[~cells.index.isin(table(release_folder, species.name, "slab_plane_coordinates").index)]
    assert lost.value_counts().to_dict() == {name: n // 83 for name, n in species.planes.items()}
    labels = set(matrix(release_folder, species.name, "raw").labels)
    unmeasured = plane[[label not in labels for label in cells.index]]
    assert unmeasured.value_counts().to_dict() == {name: n // 100 for name, n in species.planes.items()}
    assert len(labels - set(cells.index)) == 25
    membership = table(release_folder, species.name, "cell_to_cluster_membership")
    unmapped = plane[~cells.index.isin(membership.index)]
    assert unmapped.value_counts().to_dict() == {name: n // 200 for name, n in species.planes.items()}
    empty = membership[membership["cluster_alias"].isna()]
    assert len(empty) == sum(n // 150 for n in species.planes.values())
    assert empty["cluster_label"].isna().all()
    # What a person reads of the smallest human plane.
    if species.name == "Human":
        assert species.planes["H22.30.001.BS.3.Plane.01"] - lost.eq("H22.30.001.BS.3.Plane.01").sum() == 1482


def test_every_table_has_its_own_order(release_folder: Path, species: Species) -> None:
    names = (
        "cell_metadata",
        "slab_plane_coordinates",
        "cell_anatomical_annotations",
        "cell_to_cluster_membership",
    )
    orders = [table(release_folder, species.name, name).index for name in names]
    for number, one in enumerate(orders):
        for other in orders[number + 1 :]:
            both = one.intersection(other, sort=False)
            assert list(both) != list(other[other.isin(both)])


def test_failed_cells_ship_without_sample(release_folder: Path, species: Species) -> None:
    cells = table(release_folder, species.name, "cell_metadata")
    assert cells["qc_pass"].dtype == bool
    assert 0.02 < (~cells["qc_pass"]).mean() < 0.2
    assert cells.loc[~cells["qc_pass"], "abc_sample_id"].isna().all()
    assert cells.loc[cells["qc_pass"], "abc_sample_id"].is_unique
    if species.name == "Macaque":
        assert not cells["qc_pass"].iloc[:40].any()
    mapped = table(release_folder, species.name, "cell_to_cluster_membership")["cluster_alias"].dropna().index
    assert (~cells["qc_pass"])[mapped].sum() > 100


def test_aliases_outside_the_taxonomy(release_folder: Path, species: Species) -> None:
    folder = release_folder / "metadata/HMBA-BG-taxonomy-CCN20250428/20250630"
    known = set(pd.read_csv(folder / "cluster.csv")["cluster_alias"])
    in_tree = set(pd.read_csv(folder / "cluster_to_cluster_annotation_membership.csv")["cluster_alias"])
    aliases = table(release_folder, species.name, "cell_to_cluster_membership")["cluster_alias"].dropna()
    assert set(aliases.str.split("-").str[0]) == {species.name}
    assert 0.05 < (~aliases.isin(in_tree)).mean() < 0.4  # the tissue around: "Adjacent"
    assert set(aliases) - known == {f"{species.name}-9999"}
    assert (aliases == f"{species.name}-9999").sum() == sum(n // 250 for n in species.planes.values())


def test_slab_coordinates_are_an_affine_of_the_stage(release_folder: Path, species: Species) -> None:
    cells = table(release_folder, species.name, "cell_metadata")
    slab = table(release_folder, species.name, "slab_plane_coordinates")
    if species.name == "Marmoset":
        assert slab.shape[1] == 6
        assert (slab["brain_section_label"] == cells["brain_section_label"].reindex(slab.index)).all()
    joined = cells.join(slab[["x_slab_mm", "y_slab_mm"]], how="inner")
    scales = []
    for _, section in joined.groupby("brain_section_label"):
        stage = np.column_stack([section[["x_experiment", "y_experiment"]].to_numpy(), np.ones(len(section))])
        wanted = section[["x_slab_mm", "y_slab_mm"]].to_numpy()
        fit, *_ = np.linalg.lstsq(stage, wanted, rcond=None)
        assert np.abs(stage @ fit - wanted).max() < 2e-6
        assert (np.linalg.det(fit[:2]) < 0) == (species.name == "Marmoset")  # only its frame is mirrored
        scales.append(np.linalg.svd(fit[:2] * 1000)[1])
    assert np.allclose(scales, 1, atol=1e-6) == (species.name == "Marmoset")
    assert np.allclose(scales, 1, atol=0.08)


def test_regions_agree_with_polygons(release_folder: Path, species: Species) -> None:
    annotations = table(release_folder, species.name, "cell_anatomical_annotations")
    slab = table(release_folder, species.name, "slab_plane_coordinates")
    assert list(annotations) == [EVERYWHERE, *REGIONS, "parcellation_term_symbol"]
    assert set(annotations.index) == set(slab.index)
    assert annotations[EVERYWHERE].all()
    expected = pd.Series(EVERYWHERE, index=annotations.index)
    for name in REGIONS:
        expected[annotations[name]] = name
    assert (annotations["parcellation_term_symbol"] == expected).all()
    for plane in species.planes:
        here = slab[slab["slab_plane_label"] == plane]
        for name in REGIONS:
            inside = np.zeros(len(here), dtype=bool)
            for feature in polygons(release_folder, species.name, plane) or []:
                if feature["properties"]["label"] == name:
                    inside |= contains_xy(shape(feature["geometry"]), here["x_slab_mm"], here["y_slab_mm"])
            assert (annotations.loc[here.index, name].to_numpy() == inside).all()
            if inside.any():
                assert inside.sum() >= 12, f"{plane} {name} is nearly empty"


def test_polygons_come_in_every_form(release_folder: Path) -> None:
    kinds: dict[str, set[str]] = {}
    without = []
    for name, species in SPECIES.items():
        for plane in species.planes:
            features = polygons(release_folder, name, plane)
            if features is None:
                without.append(plane)
                continue
            assert all(feature["type"] == "Feature" for feature in features)
            kinds[plane] = {feature["geometry"]["type"] for feature in features}
            assert all(np.isfinite(shape(feature["geometry"]).bounds).all() for feature in features)
    assert without == [
        "H22.30.001.CX.13.Plane.05",
        "QM23.50.001.CX.44.Plane.07",
        "CJ23.56.004.CX.42.Plane.01",
    ]
    assert kinds["H22.30.001.CX.17.Plane.03"] == {"GeometryCollection", "Polygon"}
    assert kinds["CJ23.56.004.CX.44.Plane.03"] == {"MultiPolygon", "Polygon", "LineString"}
    bare = (
        release_folder
        / "image_volumes/HMBA-MERSCOPE-H22.30.001-BG/20250630/geojsons/H22.30.001.BS.3.Plane.01.geojson"
    )
    assert json.loads(bare.read_text())["type"] == "Feature"
    unknown = polygons(release_folder, "Macaque", "QM23.50.001.CX.42.Plane.05")
    assert unknown is not None and "midline" in {feature["properties"]["label"] for feature in unknown}


def test_gene_tables_differ(release_folder: Path, species: Species) -> None:
    genes = table(release_folder, species.name, "gene")
    assert genes.index.is_unique
    if species.name == "Human":
        assert list(genes) == [
            "gene_symbol", "description", "transcript_identifier", "chromosome", "molecular_type",
        ]  # fmt: skip
        assert genes["gene_symbol"].isna().sum() == 6
        assert list(genes.index[-6:]) == [f"Blank-{n}" for n in range(1, 7)]
        assert genes["gene_symbol"].iloc[:-6].is_monotonic_increasing
        assert genes.loc["ENSG00000184845", "gene_symbol"] == "DRD1"
        assert {"DRD2", "AQP4", "TH"} <= set(genes["gene_symbol"])
        assert genes.set_index("gene_symbol").loc[["PITX2", "XIST"], "chromosome"].tolist() == [
            "chr4",
            "chrX",
        ]
        assert genes["chromosome"].iloc[-6:].isna().all()
    elif species.name == "Macaque":
        assert list(genes) == [
            "gene_symbol", "description", "molecular_type", "ensembl_gene_identifier", "ncbi_gene_identifier",
            "ncbi_gene_symbol", "ncbi_description", "match_method",
        ]  # fmt: skip
        assert list(genes["gene_symbol"]) == sorted(genes["gene_symbol"])
        blanks = genes.index[genes.index.str.startswith("Blank-")]
        assert list(blanks) == ["Blank-0", "Blank-1", "Blank-10", "Blank-11", "Blank-2", "Blank-3"]
        assert (genes.loc[blanks, "gene_symbol"] == blanks).all()
        assert "AQP4" not in set(genes["gene_symbol"])
        assert set(genes["match_method"].dropna()) == {"ensembl_biomart", "gene_symbol_match"}
    else:
        assert list(genes) == ["gene_symbol", "description", "molecular_type"]
        assert genes.index.str.startswith("NCBIGene:").all()


def test_matrices(release_folder: Path, species: Species) -> None:
    raw, log2 = matrix(release_folder, species.name, "raw"), matrix(release_folder, species.name, "log2")
    genes = table(release_folder, species.name, "gene")
    cells = table(release_folder, species.name, "cell_metadata")
    for layer in (raw, log2):
        node = layer.file["X"]
        assert node.attrs["encoding-type"] == "csr_matrix"
        assert node["data"].dtype == species.matrix_type
        assert (node["data"].compression == "gzip") == species.gzip
        assert layer.genes == list(genes.index)
        assert "obsm" in layer.file and not list(layer.file["obsm"])
    assert raw.labels == log2.labels and len(set(raw.labels)) == len(raw.labels)
    assert [label for label in raw.labels if label in cells.index] != list(cells.index)
    assert (raw.values == raw.values.round()).all() and (raw.values.sum(axis=1) > 0).all()
    expected = np.log2(1000 * raw.values / raw.values.sum(axis=1, keepdims=True) + 1)
    assert np.abs(log2.values - expected).max() < 1e-5
    assert log2.values.max() == pytest.approx(9.967226)
    sections = raw.file["obs/brain_section_label"]
    labels = sections["categories"].asstr()[:][sections["codes"][:]]
    known = [row for row, label in enumerate(raw.labels) if label in cells.index]
    wanted = cells["brain_section_label"].reindex([raw.labels[row] for row in known])
    assert (labels[known] == wanted.to_numpy()).all()
    symbols = raw.file["var/gene_symbol"]
    if species.name == "Human":  # missing symbols are categories with the code -1
        assert (symbols["codes"][-6:] == -1).all() and (symbols["codes"][:-6] >= 0).all()
    else:
        assert symbols.asstr()[:].tolist() == list(genes["gene_symbol"])


def test_example_genes(release_folder: Path, species: Species) -> None:
    examples = table(release_folder, species.name, "example_gene_expression")
    wanted = {
        "Human": ["AQP4", "DRD1", "SLC17A6"],
        "Macaque": ["DRD1", "DRD2", "SLC17A6"],
        "Marmoset": ["AQP4", "DRD1", "DRD2", "SLC17A6"],
    }
    assert list(examples) == wanted[species.name]
    assert all(dtype == np.float64 for dtype in examples.dtypes)
    layer = matrix(release_folder, species.name, "raw" if species.name == "Marmoset" else "log2")
    symbols = list(table(release_folder, species.name, "gene")["gene_symbol"])
    whole = pd.DataFrame(
        layer.values[:, [symbols.index(name) for name in examples]],
        index=layer.labels,
        columns=list(examples),
    )
    assert np.abs(whole.loc[examples.index] - examples).to_numpy().max() < 1e-5


def test_value_sets(release_folder: Path, species: Species) -> None:
    values = table(release_folder, species.name, "value_sets")
    regions = values[values["field"] == "parcellation_term_symbol"]
    assert list(regions.index) == [EVERYWHERE, "STR", "GP", "GPe", "GPi", "VeP", "STH", "SN"]
    assert regions["color_hex_triplet"].tolist() == [
        "#BEBEBE", "#cd86cc", "#7AE361", "#53DB33", "#A7DB33", "#9b19f5", "#907991", "#89522A",
    ]  # fmt: skip
    assert list(regions["order"]) == list(range(1, 9))
    assert (values.index == "STR").sum() == 2  # once in another field, with another color
    assert set(regions["parent_label"].dropna()) == {EVERYWHERE}


def test_ccf_is_the_humans(release_folder: Path) -> None:
    ccf = table(release_folder, "Human", "ccf_coordinates")
    cells = table(release_folder, "Human", "cell_metadata")
    assert set(ccf.index) < set(cells.index)
    # As large as in the slab, and turned so that a section is a plane of one depth.
    slab = table(release_folder, "Human", "slab_plane_coordinates").loc[ccf.index]
    for axis, other in (("x", "x_slab_mm"), ("z", "y_slab_mm")):
        assert ccf[axis].std() == pytest.approx(slab[other].std(), rel=0.05)
    sections = cells.loc[ccf.index, "brain_section_label"]
    assert (ccf["y"].groupby(sections).nunique() == 1).all()
    assert not (
        release_folder / "metadata" / SPECIES["Macaque"].directory / "20250630/ccf_coordinates.csv"
    ).exists()


def test_genes_have_their_places(release_folder: Path) -> None:
    """What makes it look like tissue: D1 in the striatum, dopamine in the nigra, glutamate in the STH."""
    annotations = table(release_folder, "Human", "cell_anatomical_annotations")
    log2 = matrix(release_folder, "Human", "log2")
    symbols = list(table(release_folder, "Human", "gene")["gene_symbol"])
    values = pd.DataFrame(log2.values, index=log2.labels, columns=symbols).reindex(annotations.index)
    mean = values.groupby(annotations["parcellation_term_symbol"]).mean()
    assert mean["DRD1"].idxmax() == mean["PPP1R1B"].idxmax() == "STR"
    assert mean["TH"].idxmax() == "SN"
    assert mean["SLC17A6"].idxmax() == "STH"
    assert mean["ONECUT1"].idxmax() == "GPi"
    assert mean.loc[EVERYWHERE, "SLC17A7"] > 2 * mean.loc["STR", "SLC17A7"]  # the cortex lies outside
    # D1 and D2 cells are mixed: neither prevails in any square millimeter of the striatum.
    striatum = values[annotations["STR"]]
    slab = table(release_folder, "Human", "slab_plane_coordinates").loc[striatum.index]
    slab = slab[slab["slab_plane_label"] == "H22.30.001.CX.17.Plane.03"]
    square = (slab["x_slab_mm"] // 3).astype(int).astype(str) + "," + (slab["y_slab_mm"] // 3).astype(str)
    d1 = (striatum.loc[slab.index, "DRD1"] > 5).groupby(square).agg(["mean", "size"])
    d2 = (striatum.loc[slab.index, "DRD2"] > 5).groupby(square).mean()
    crowded = d1["size"] > 100
    assert crowded.sum() > 10
    assert d1.loc[crowded, "mean"].between(0.1, 0.6).all() and d2[crowded].between(0.1, 0.6).all()


def test_dorsal_is_up(release_folder: Path) -> None:
    """y grows downwards: the STH lies below the striatum, the nigra below the STH."""
    annotations = table(release_folder, "Human", "cell_anatomical_annotations")
    slab = table(release_folder, "Human", "slab_plane_coordinates")
    here = slab[slab["slab_plane_label"] == "H22.30.001.CX.20.Plane.05"]
    middle = here["y_slab_mm"].groupby(annotations["parcellation_term_symbol"].reindex(here.index)).mean()
    assert middle["STR"] < middle["STH"] < middle["SN"]
