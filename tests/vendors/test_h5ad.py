"""Any h5ad with coordinates becomes a slab; what has none, or is damaged, is refused in one sentence."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from napari_abc.errors import AbcError, Cancelled, FormatError, MissingFileError
from napari_abc.io.matrix._expression import COMPUTED_LOG2
from napari_abc.task import Progress, Task
from napari_abc.vendors._h5ad import COORDINATE_COLUMNS, H5adFile, open_h5ad
from project import DATA, cut_and_whole

if TYPE_CHECKING:
    from pathlib import Path

    from napari_abc.model import Slab

FOLDER = DATA / "h5ad"

# anndata warns of what these tests are about when they make their file.
repeats_names = pytest.mark.filterwarnings("ignore:(Observation|Variable) names are not unique:UserWarning")

XY = np.array([[1.5, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])
COUNTS = np.array([[0, 1, 2], [3, 0, 0], [0, 0, 5], [1, 1, 1]], dtype="f4")


def data(**parts: Any) -> anndata.AnnData:
    """Four cells, three genes, counts, coordinates in obsm["spatial"]; ``parts`` replace those."""
    given = {
        "X": sp.csr_matrix(COUNTS),
        "obs": pd.DataFrame(index=list("abcd")),
        "var": pd.DataFrame(index=["Gad1", "Drd1", "Drd2"]),
        "obsm": {"spatial": XY},
    }
    return anndata.AnnData(**(given | parts))


def opened(adata: anndata.AnnData, path: Path) -> Slab:
    adata.write_h5ad(path / "my.brain.h5ad")
    return open_h5ad(path / "my.brain.h5ad", Task())


def test_cells_frame_and_genes(tmp_path: Path) -> None:
    slab = opened(data(), tmp_path)
    assert (slab.label, slab.dataset, slab.unplaced) == ("my.brain", "h5ad", 0)
    assert slab.cells.index.name == "cell_label" and list(slab.cells.index) == list("abcd")
    np.testing.assert_array_equal(slab.cells[["x", "y"]], XY)
    assert (slab.frame.columns, slab.frame.unit, slab.frame.y_down) == (("x", "y"), "", True)
    assert slab.notes == ("4 of 4 cells have coordinates (obsm['spatial']; the file names no unit).",)
    table = slab.expression(["drd2", "Gad1"], values="raw")
    np.testing.assert_array_equal(table, COUNTS[:, [2, 0]])
    assert list(table.columns) == ["drd2", "Gad1"]


def test_z_is_kept_and_cells_without_coordinates_are_counted(tmp_path: Path) -> None:
    xyz = np.column_stack([XY, [9.0, 9.0, np.nan, 9.0]])
    slab = opened(data(obsm={"X_spatial": xyz}), tmp_path)
    assert list(slab.cells.index) == list("abd") and slab.unplaced == 1
    assert slab.cells["z"].tolist() == [9.0] * 3 and slab.frame.columns == ("x", "y")
    assert slab.notes[0].startswith("3 of 4 cells have coordinates (obsm['X_spatial']")
    np.testing.assert_array_equal(slab.expression("Drd2", "raw")["Drd2"], COUNTS[[0, 1, 3], 2])


@pytest.mark.parametrize(("x", "y", "z", "unit"), COORDINATE_COLUMNS)
def test_coordinates_in_columns_of_obs(x: str, y: str, z: str, unit: str, tmp_path: Path) -> None:
    obs = pd.DataFrame({x: XY[:, 0], y: XY[:, 1].astype("f4"), z: 1.0, "n": 1}, index=list("abcd"))
    slab = opened(data(obs=obs, obsm={}), tmp_path)
    np.testing.assert_array_equal(slab.cells[["x", "y"]], XY)
    assert slab.cells["z"].tolist() == [1.0] * 4
    assert slab.frame.unit == unit and f"obs['{x}']" in slab.notes[0]


def test_obsm_comes_before_obs_and_its_namesakes_are_kept(tmp_path: Path) -> None:
    obs = pd.DataFrame({"x": [9, 9, 9, 9], "center_x": 1.0, "center_y": 2.0}, index=list("abcd"))
    slab = opened(data(obs=obs), tmp_path)
    assert slab.cells["x"].tolist() == XY[:, 0].tolist()
    assert slab.cells["x (obs)"].tolist() == [9] * 4
    assert "center_x" in slab.cells


def test_coordinates_of_a_data_frame_and_of_numbers_stored_as_text(tmp_path: Path) -> None:
    frame = pd.DataFrame(XY, columns=["px", "py"], index=list("abcd"))
    np.testing.assert_array_equal(opened(data(obsm={"spatial": frame}), tmp_path).cells[["x", "y"]], XY)
    text = pd.DataFrame({"x": XY[:, 0].astype(str), "y": XY[:, 1].astype(str)}, index=list("abcd"))
    np.testing.assert_array_equal(opened(data(obs=text, obsm={}), tmp_path).cells[["x", "y"]], XY)


def test_every_column_of_obs(tmp_path: Path) -> None:
    obs = pd.DataFrame(
        {
            "type": pd.Categorical(["b", "a", None, "b"], categories=["b", "c", "a"]),
            "leiden": pd.Categorical([2, 1, 1, 2]),
            "score": [0.5, np.nan, 1, 2],
            "inside": [True, False, True, True],
            "count": pd.array([1, None, 3, 4], dtype="Int64"),
            "passed": pd.array([True, None, False, True], dtype="boolean"),
            "sample": ["s1", "s2", "s3", "s4"],
        },
        index=[str(2**60 + i) for i in range(4)],
    )
    adata = data(obs=obs)
    adata.uns["type_colors"] = ["#FF0000", "#00ff0080", "blue"]
    adata.uns["leiden_colors"] = ["#ff0000"]
    slab = opened(adata, tmp_path)
    pd.testing.assert_frame_equal(
        slab.cells.drop(columns=["x", "y"]).reset_index(drop=True),
        obs.reset_index(drop=True),
        check_dtype=False,
        check_categorical=False,
    )
    assert list(slab.cells.index) == list(obs.index)
    assert slab.palettes["type"].names == ("b", "c", "a")
    assert slab.palettes["type"].colors == ("#ff0000", "#00ff00", "#0000ff")
    assert list(slab.palettes) == ["type"]
    assert any("leiden" in note and "colors" in note for note in slab.notes)
    coloring: Any = slab.coloring("type")
    assert coloring.codes.tolist() == [0, 2, -1, 0] and coloring.colors[2] == "#0000ff"
    keys = {key for group in slab.color_keys().values() for key in group}
    assert {"type", "leiden", "score", "inside", "count", "passed"} <= keys


def test_colors_given_as_numbers(tmp_path: Path) -> None:
    obs = pd.DataFrame({"type": pd.Categorical(list("abab"))}, index=list("abcd"))
    adata = data(obs=obs)
    adata.uns["type_colors"] = np.array([[1.0, 0, 0], [0, 0, 1.0]])
    assert opened(adata, tmp_path).palettes["type"].colors == ("#ff0000", "#0000ff")


def test_a_column_that_cannot_be_shown_does_not_keep_the_file_shut(tmp_path: Path) -> None:
    path = tmp_path / "m.h5ad"
    data(obs=pd.DataFrame({"n": [1, 2, 3, 4]}, index=list("abcd"))).write_h5ad(path)
    with h5py.File(path, "a") as file:
        file["obs/pairs"] = np.zeros((4, 2))
        file["obs/short"] = np.zeros(3)
        file["obs/later"] = file["obs/n"][:]
    slab = open_h5ad(path, Task())
    assert list(slab.cells) == ["x", "y", "n", "later"]
    assert any("pairs" in note and "short" in note for note in slab.notes)


@repeats_names
def test_repeated_labels_and_genes_are_told_apart(tmp_path: Path) -> None:
    adata = data(obs=pd.DataFrame(index=["a", "a", "a-1", "b"]), var=pd.DataFrame(index=["g", "g", "h"]))
    slab = opened(adata, tmp_path)
    assert list(slab.cells.index) == ["a", "a-2", "a-1", "b"]
    assert any("1 cell id occurs again" in note for note in slab.notes)
    assert list(slab.genes.index) == ["g", "g-1", "h"]
    assert any("1 gene identifier occurs again" in note for note in slab.notes)
    np.testing.assert_array_equal(slab.expression(["g-1"], "raw"), COUNTS[:, [1]])


@pytest.mark.parametrize("column", ["gene_symbol", "gene_symbols", "feature_name", "gene"])
def test_gene_symbols_beside_identifiers(column: str, tmp_path: Path) -> None:
    var = pd.DataFrame({column: ["GAD1", "DRD1", None]}, index=["ENSG1", "ENSG2", "Blank-1"])
    slab = opened(data(var=var), tmp_path)
    assert slab.genes["gene_symbol"].tolist() == ["GAD1", "DRD1", None]
    assert slab.genes.index.name == "gene_identifier"
    np.testing.assert_array_equal(slab.expression(["drd1", "Blank-1"], "raw"), COUNTS[:, 1:])


@repeats_names
def test_gene_identifiers_beside_symbols(tmp_path: Path) -> None:
    var = pd.DataFrame({"gene_ids": ["E1", "E2", "E3"], "n": [1, 2, 3]}, index=["Gad1", "Drd1", "Drd1"])
    slab = opened(data(var=var), tmp_path)
    assert list(slab.genes.index) == ["E1", "E2", "E3"]
    assert slab.genes["gene_symbol"].tolist() == ["Gad1", "Drd1", "Drd1"]
    np.testing.assert_array_equal(slab.expression(["e3", "gad1"], "raw"), COUNTS[:, [2, 0]])
    with pytest.raises(AbcError, match=r"2 genes .* have the symbol 'Drd1'"):
        slab.expression("Drd1", "raw")


# --- which values are what ------------------------------------------------------------------------


def kinds(slab: Slab) -> dict[str, str]:
    assert slab.expression_source is not None
    return dict(slab.expression_source.kinds)


def test_counts_in_x(tmp_path: Path) -> None:
    slab = opened(data(), tmp_path)
    assert kinds(slab) == {"log2": COMPUTED_LOG2, "raw": "counts"}
    expected = np.log2(COUNTS / COUNTS.sum(axis=1, keepdims=True) * 1e4 + 1)
    np.testing.assert_allclose(slab.expression(["Gad1", "Drd1", "Drd2"]), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("record", "label"),
    [({}, "ln(x + 1)"), ({"base": None}, "ln(x + 1)"), ({"base": 2}, "log2(x + 1)"), (None, "X")],
)
def test_logarithms_in_x_and_counts_in_a_layer(record: Any, label: str, tmp_path: Path) -> None:
    adata = data(X=sp.csr_matrix(np.log1p(COUNTS)))
    adata.layers["counts"] = COUNTS
    if record is not None:
        adata.uns["log1p"] = record
    slab = opened(adata, tmp_path)
    assert kinds(slab) == {"log2": label, "raw": "counts"}
    np.testing.assert_array_equal(slab.expression("Drd1")["Drd1"], np.log1p(COUNTS)[:, 1])
    np.testing.assert_array_equal(slab.expression("Drd1", "raw")["Drd1"], COUNTS[:, 1])
    assert any("as they are" in note for note in slab.notes) is not label.startswith("log2")


def test_counts_set_aside_with_more_genes(tmp_path: Path) -> None:
    adata = data()
    adata.raw = adata.copy()
    adata = adata[:, ["Drd2", "Drd1"]].copy()
    adata.X = np.log1p(adata.X.toarray())
    slab = opened(adata, tmp_path)
    assert kinds(slab) == {"log2": "X", "raw": "counts"}
    np.testing.assert_array_equal(slab.expression(["Drd1", "Drd2"], "raw"), COUNTS[:, 1:])
    np.testing.assert_array_equal(slab.expression(["Drd1", "Drd2"]), np.log1p(COUNTS)[:, 1:])


def test_scaled_values_give_way_to_what_was_set_aside(tmp_path: Path) -> None:
    adata = data(X=np.log1p(COUNTS))
    adata.raw = adata.copy()
    adata.X = np.log1p(COUNTS) - 1
    slab = opened(adata, tmp_path)
    assert kinds(slab) == {"log2": "raw/X"}
    np.testing.assert_array_equal(slab.expression("Drd1")["Drd1"], np.log1p(COUNTS)[:, 1])
    assert kinds(opened(data(X=COUNTS - 1), tmp_path)) == {"log2": "X (scaled)"}


def test_no_matrix_and_no_genes(tmp_path: Path) -> None:
    for adata in (data(X=None), data(X=np.zeros((4, 0), "f4"), var=pd.DataFrame(index=[]))):
        slab = opened(adata, tmp_path)
        assert len(slab.cells) == 4 and slab.values == ()
        assert "The file holds no expression matrix." in slab.notes
        with pytest.raises(AbcError):
            slab.expression("Gad1")


def test_the_layout_of_anndata_0_6(tmp_path: Path) -> None:
    path = tmp_path / "old.h5ad"
    with h5py.File(path, "w") as file:
        obs = np.zeros(4, [("index", "S4"), ("type", "i1"), ("n", "i8")])
        obs["index"], obs["type"], obs["n"] = [b"a", b"b", b"c", b"d"], [1, 0, -1, 1], range(4)
        file["obs"] = obs
        file["var"] = np.array([(b"Gad1",), (b"Drd1",), (b"Drd2",)], [("index", "S4")])
        obsm = np.zeros(4, [("spatial", "f8", (2,))])
        obsm["spatial"] = XY
        file["obsm"] = obsm
        file["uns/type_categories"] = np.array([b"x", b"y"])
        file["uns/type_colors"] = np.array([b"#ff0000", b"#00ff00"])
        file["X"] = COUNTS
    slab = open_h5ad(path, Task())
    assert slab.cells["type"].tolist()[:2] == ["y", "x"] and slab.cells["type"].isna().sum() == 1
    assert slab.palettes["type"].colors == ("#ff0000", "#00ff00")
    np.testing.assert_array_equal(slab.cells[["x", "y"]], XY)
    np.testing.assert_array_equal(slab.expression("Drd2", "raw")["Drd2"], COUNTS[:, 2])


def test_the_categories_of_anndata_0_7(tmp_path: Path) -> None:
    path = tmp_path / "m.h5ad"
    data().write_h5ad(path)
    with h5py.File(path, "a") as file:
        file["obs/__categories/type"] = np.array([b"x", b"y"])
        file["obs/type"] = np.array([1, 0, -1, 1], "i1")
        file["obs/type"].attrs["categories"] = file["obs/__categories/type"].ref
        file["obs"].attrs["column-order"] = ["type"]
    slab = open_h5ad(path, Task())
    assert slab.cells["type"].cat.codes.tolist() == [1, 0, -1, 1]
    assert list(slab.cells["type"].cat.categories) == ["x", "y"]


# --- what must be refused -------------------------------------------------------------------------


def test_what_is_no_h5ad(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        open_h5ad(tmp_path / "absent.h5ad", Task())
    (tmp_path / "a.h5ad").write_bytes(b"PK\x03\x04 not HDF5")
    assert not H5adFile().detect(tmp_path / "a.h5ad")
    with pytest.raises(FormatError, match="not an HDF5 file"):
        open_h5ad(tmp_path / "a.h5ad", Task())
    with h5py.File(tmp_path / "b.h5ad", "w") as file:
        file["x"] = 1
    assert H5adFile().detect(tmp_path / "b.h5ad")
    with pytest.raises(FormatError, match="no table 'obs'"):
        open_h5ad(tmp_path / "b.h5ad", Task())


def test_an_opening_can_be_cancelled(tmp_path: Path) -> None:
    task = Task(lambda step: task.cancel())
    data().write_h5ad(tmp_path / "m.h5ad")
    with pytest.raises(Cancelled):
        open_h5ad(tmp_path / "m.h5ad", task)


@pytest.mark.parametrize(
    ("coordinates", "reason"),
    [
        (np.ones((4, 1)), r"shape \(4, 1\)"),
        (np.ones((4, 5)), r"shape \(4, 5\)"),
        (np.full((4, 2), np.nan), "Only 0 of 4 cells"),
        (np.where(np.arange(4)[:, None] < 2, np.inf, XY), "Only 2 of 4 cells"),
    ],
)
def test_coordinates_that_are_none(coordinates: np.ndarray, reason: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=reason):
        opened(data(obsm={"spatial": coordinates}), tmp_path)


def test_coordinates_of_fewer_cells_or_of_text(tmp_path: Path) -> None:
    path = tmp_path / "m.h5ad"
    for value, reason in ((XY[:3], r"shape \(3, 2\) for 4 cells"), (XY.astype("S3"), "not numbers")):
        data().write_h5ad(path)
        with h5py.File(path, "a") as file:
            del file["obsm/spatial"]
            file["obsm/spatial"] = value
        with pytest.raises(FormatError, match=reason):
            open_h5ad(path, Task())


def test_bad_category_codes(tmp_path: Path) -> None:
    path = tmp_path / "m.h5ad"
    data(obs=pd.DataFrame({"type": pd.Categorical(list("abab"))}, index=list("abcd"))).write_h5ad(path)
    with h5py.File(path, "a") as file:
        file["obs/type/codes"][1] = 99
    slab = open_h5ad(path, Task())
    assert "type" not in slab.cells and any("codes are out of range" in note for note in slab.notes)


@pytest.mark.parametrize("path", cut_and_whole("h5ad/pbmc68k-20.h5ad"))
def test_pbmc_without_coordinates_names_what_there_is(path: Path) -> None:
    with pytest.raises(FormatError, match=r"no spatial coordinates \(obsm holds X_pca, X_umap\)"):
        open_h5ad(path, Task())


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("no_coordinates", "no spatial coordinates"),
        ("coords_with_strings", r"obs\['center_x'\] holds 'abc'"),
        ("coords_mostly_nan", "Only 7 of 10 cells"),
    ],
)
def test_real_files_that_must_be_refused(name: str, reason: str) -> None:
    with pytest.raises(FormatError, match=reason) as caught:
        open_h5ad(FOLDER / "merfisheyes-invalid" / f"{name}.h5ad", Task())
    assert "\n" not in str(caught.value)


def test_the_file_of_a_mismatched_shape(tmp_path: Path) -> None:
    # As released this file is whole (anndata would not write a mismatch), so it opens; with the
    # mismatch that its name promises put in, it is refused.
    given = FOLDER / "merfisheyes-invalid" / "matrix_shape_mismatch.h5ad"
    assert len(open_h5ad(given, Task()).cells) == 5
    path = tmp_path / "m.h5ad"
    shutil.copy(given, path)
    path.chmod(0o644)
    with h5py.File(path, "a") as file:
        values = file["X"][:, :2]
        del file["X"]
        file["X"] = values
    with pytest.raises(FormatError, match=r"shape \(5, 2\), but the file lists 5 cells and 3 genes"):
        open_h5ad(path, Task())


@pytest.mark.parametrize(
    "path",
    [
        *(
            version
            for path in sorted((FOLDER / "merfisheyes-valid").glob("*.h5ad"))
            for version in cut_and_whole(path.relative_to(DATA).as_posix())
        ),
        *cut_and_whole("h5ad/visium-49.h5ad"),
    ],
)
def test_real_files_open_with_the_values_that_anndata_reads(path: Path) -> None:
    slab = open_h5ad(path, Task())
    peer = anndata.read_h5ad(path)
    dense = peer.X.toarray() if sp.issparse(peer.X) else peer.X
    assert list(slab.cells.index) == list(peer.obs_names)
    assert set(peer.obs) <= set(slab.cells) and set(slab.palettes) == {
        key.removesuffix("_colors") for key in peer.uns if key.endswith("_colors")
    }
    kind = "raw" if "raw" in slab.values else "log2"
    genes = slab.genes.index[:60]
    np.testing.assert_array_equal(slab.expression(list(genes), kind), dense[:, : len(genes)])
    assert len(slab.genes) == peer.n_vars
    for key in ("spatial", "X_spatial"):
        if key in peer.obsm:
            np.testing.assert_array_equal(slab.cells[["x", "y"]], peer.obsm[key][:, :2])
            assert ("z" in slab.cells) == (peer.obsm[key].shape[1] == 3)


@pytest.mark.parametrize("key", ["license", "licence"])
def test_the_license_under_its_old_name(tmp_path: Path, key: str) -> None:
    """Files of earlier versions spell it the British way."""
    adata = data()
    adata.uns[key] = "CC BY 4.0"
    assert opened(adata, tmp_path).license == "CC BY 4.0"


def test_an_embedding_is_taken_only_where_the_file_says_that_it_is_its_frame(tmp_path: Path) -> None:
    umap = {"X_umap": XY + 1}
    with pytest.raises(FormatError, match="no spatial coordinates"):
        opened(data(obsm=umap), tmp_path)
    adata = data(obsm=umap)
    adata.uns["frame"] = "UMAP"
    np.testing.assert_array_equal(opened(adata, tmp_path).cells[["x", "y"]], XY + 1)
    adata.obsm["spatial"] = XY
    slab = opened(adata, tmp_path)
    np.testing.assert_array_equal(slab.cells[["x", "y"]], XY)
    assert slab.frame.name == "spatial"


@repeats_names
def test_several_labels_and_genes_that_repeat_are_counted(tmp_path: Path) -> None:
    adata = data(obs=pd.DataFrame(index=["a", "a", "a", "b"]), var=pd.DataFrame(index=["g", "g", "g"]))
    slab = opened(adata, tmp_path)
    assert list(slab.cells.index) == ["a", "a-1", "a-2", "b"]
    assert any(note.startswith("2 cell ids occur again") for note in slab.notes)
    assert any(note.startswith("2 gene identifiers occur again") for note in slab.notes)


def test_units_and_what_is_said_of_the_data_come_from_the_file(tmp_path: Path) -> None:
    adata = data()
    said = {"units": "millimeter", "species": "human", "platform": "MERFISH", "citation": "Somebody 2024"}
    adata.uns.update(said | {"synthetic": "True", "license": "x" * 3000})
    slab = opened(adata, tmp_path)
    assert (slab.frame.unit, slab.frame.name) == ("millimeter", "spatial")
    assert (slab.species, slab.platform, slab.citation) == ("human", "MERFISH", "Somebody 2024")
    assert slab.synthetic
    assert slab.license == "x" * 2000
    assert slab.notes[0] == "4 of 4 cells have coordinates (obsm['spatial']; millimeter)."
    adata.uns.update(units="furlong", synthetic="False", citation=["no", "text"])
    slab = opened(adata, tmp_path)
    assert (slab.frame.unit, slab.synthetic, slab.citation) == ("", False, "")
    adata.uns["units"] = "micrometer"
    assert (opened(adata, tmp_path).frame.name, opened(adata, tmp_path).kind) == ("micron", "run")


def test_an_embedding_grows_upwards_and_has_no_unit(tmp_path: Path) -> None:
    adata = data(obsm={"X_umap": XY})
    adata.uns.update(frame="UMAP", units="micrometer")
    frame = opened(adata, tmp_path).frame
    assert (frame.name, frame.unit, frame.y_down, frame.title) == ("UMAP", "", False, "obsm['X_umap']")


@pytest.mark.parametrize("layer", ["counts", "raw_counts"])
def test_counts_of_a_layer_are_taken_if_they_are_counts(tmp_path: Path, layer: str) -> None:
    adata = data(X=sp.csr_matrix(np.log1p(COUNTS)))
    adata.layers[layer] = COUNTS
    assert kinds(opened(adata, tmp_path)) == {"log2": "X", "raw": "counts"}
    adata.layers[layer] = COUNTS + 0.5
    assert kinds(opened(adata, tmp_path)) == {"log2": "X"}


def test_of_several_layers_with_counts_the_first_of_the_rules_is_taken(tmp_path: Path) -> None:
    adata = data(X=sp.csr_matrix(np.log1p(COUNTS)))
    adata.layers["counts"], adata.layers["raw_counts"] = COUNTS, COUNTS + 1
    np.testing.assert_array_equal(opened(adata, tmp_path).expression("Gad1", "raw")["Gad1"], COUNTS[:, 0])
    adata.layers["counts"] = COUNTS - 0.5
    np.testing.assert_array_equal(opened(adata, tmp_path).expression("Gad1", "raw")["Gad1"], COUNTS[:, 0] + 1)


def test_scaled_values_stay_where_what_was_set_aside_is_scaled_or_counts(tmp_path: Path) -> None:
    adata = data(X=np.log1p(COUNTS) - 1)
    adata.raw = adata.copy()
    assert kinds(opened(adata, tmp_path)) == {"log2": "X (scaled)"}
    adata = data()
    adata.raw = adata.copy()
    adata.X = np.log1p(COUNTS) - 1
    slab = opened(adata, tmp_path)
    assert kinds(slab) == {"log2": "X (scaled)", "raw": "counts"}
    np.testing.assert_array_equal(slab.expression("Drd1", "raw")["Drd1"], COUNTS[:, 1])


def test_more_colors_than_categories_are_cut_and_a_column_of_text_has_none(tmp_path: Path) -> None:
    obs = pd.DataFrame({"type": pd.Categorical(list("abab")), "text": list("cdef")}, index=list("abcd"))
    adata = data(obs=obs)
    adata.uns["type_colors"] = ["#FF0000", "#00FF00", "#0000FF"]
    adata.uns["text_colors"] = ["#FF0000"]
    slab = opened(adata, tmp_path)
    assert {name: palette.colors for name, palette in slab.palettes.items()} == {
        "type": ("#ff0000", "#00ff00")
    }


def test_coordinates_of_most_cells_will_do_and_others_are_refused(tmp_path: Path) -> None:
    def of(missing: int) -> np.ndarray:
        return np.where(np.arange(4)[:, None] < missing, np.nan, XY)

    assert opened(data(obsm={"spatial": of(1)}), tmp_path).unplaced == 1
    with pytest.raises(FormatError, match="Only 2 of 4 cells"):
        opened(data(obsm={"spatial": of(2)}), tmp_path)
    nobody = data(X=None, obs=pd.DataFrame(index=[]), obsm={"spatial": np.zeros((0, 2))})
    with pytest.raises(FormatError, match="has no cells; write it again"):
        opened(nobody, tmp_path)


def test_text_without_numbers_is_named_and_single_holes_are_cells_without_a_place(tmp_path: Path) -> None:
    def of(*values: str | None) -> anndata.AnnData:
        return data(obs=pd.DataFrame({"x": values, "y": XY[:, 1]}, index=list("abcd")), obsm={})

    slab = opened(of("1", "2.5", None, "4"), tmp_path)
    assert slab.cells["x"].tolist() == [1, 2.5, 4]
    with pytest.raises(FormatError, match="holds 'left' and the like, not numbers"):
        opened(of("left", "right", None, "right"), tmp_path)


def test_progress_of_an_opening(tmp_path: Path) -> None:
    seen: list[Progress] = []
    data().write_h5ad(tmp_path / "m.h5ad")
    open_h5ad(tmp_path / "m.h5ad", Task(seen.append))
    assert seen == [Progress("Opening m.h5ad", part, 3, "parts") for part in range(4)]
