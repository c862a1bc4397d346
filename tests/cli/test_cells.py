"""The verb cells: what a script reads back is what the slab holds."""

from __future__ import annotations

import csv
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from napari_abc import open_atlas, open_bundle
from napari_abc.cli import main
from napari_abc.cli.cells import write_cells
from napari_abc.errors import ConfigurationError
from napari_abc.model import Frame, Slab
from napari_abc.text import SYNTHETIC
from project import cut_and_whole

if TYPE_CHECKING:
    from pathlib import Path

HUMAN = "HMBA-MERSCOPE-H22.30.001-BG"
PLANE = "H22.30.001.BS.3.Plane.01"


@pytest.fixture(scope="module")
def slab(release_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Slab:
    cache = tmp_path_factory.mktemp("slab-cache")
    return open_atlas(release_folder, cache=cache)[HUMAN].slab(PLANE)


def save(release_folder: Path, out: Path, *options: str) -> None:
    argv = ["cells", HUMAN, PLANE, "--source", str(release_folder), *options, "-o", str(out)]
    assert main(argv) == 0


def refuse(capsys: pytest.CaptureFixture[str], release_folder: Path, out: Path, *options: str) -> str:
    assert main(["cells", HUMAN, PLANE, "--source", str(release_folder), *options, "-o", str(out)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert not out.exists()
    return err


def test_csv_has_every_column_and_exact_labels(slab: Slab, release_folder: Path, tmp_path: Path) -> None:
    save(release_folder, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["cell_label", *slab.cells.columns]
    assert [row[0] for row in rows] == list(slab.cells.index)
    table = pd.read_csv(tmp_path / "a.csv", dtype={"cell_label": str}, index_col=0, low_memory=False)
    np.testing.assert_array_equal(table["x"], slab.cells["x"])
    assert list(table["Group"].astype(object)) == list(slab.cells["Group"].astype(object))


def test_notes_go_to_stderr_and_nothing_to_stdout(
    capsys: pytest.CaptureFixture[str], slab: Slab, release_folder: Path, tmp_path: Path
) -> None:
    save(release_folder, tmp_path / "a.csv")
    out, err = capsys.readouterr()
    assert out == ""
    placed = len(slab.cells)
    assert slab.unplaced > 0
    assert f"{placed:,} of {placed + slab.unplaced:,} cells have coordinates." in err
    assert SYNTHETIC in err
    assert f"Wrote {placed:,} cells" in err


def test_chosen_columns_and_genes(slab: Slab, release_folder: Path, tmp_path: Path) -> None:
    save(release_folder, tmp_path / "a.parquet", "--columns", "subclass,y", "--genes", "drd1,ENSG00000149295")
    table = pd.read_parquet(tmp_path / "a.parquet")
    assert list(table) == ["Subclass", "y", "drd1", "ENSG00000149295"]
    assert table.index.name == "cell_label"
    assert list(table.index) == list(slab.cells.index)
    assert table["drd1"].dtype == np.float32
    expected = slab.expression(["DRD1", "DRD2"])
    np.testing.assert_array_equal(table[["drd1", "ENSG00000149295"]], expected)
    assert table["drd1"].isna().any()  # some cells are not in the matrix


def test_raw_values(slab: Slab, release_folder: Path, tmp_path: Path) -> None:
    save(release_folder, tmp_path / "a.parquet", "--columns", "x", "--genes", "DRD1", "--values", "raw")
    found = pd.read_parquet(tmp_path / "a.parquet")["DRD1"]
    np.testing.assert_array_equal(found, slab.expression("DRD1", "raw")["DRD1"])
    whole = found.dropna()
    assert (whole == whole.round()).all()
    assert whole.max() > 1


def test_h5ad_of_all_sections_has_three_dimensions(release_folder: Path, tmp_path: Path) -> None:
    import anndata

    whole = open_atlas(release_folder)["Zhuang-ABCA-1"].slab("All sections")
    path = tmp_path / "a.h5ad"
    argv = ["--source", str(release_folder), "cells", whole.dataset, whole.label, "-o", str(path)]
    assert main(argv) == 0
    np.testing.assert_array_equal(anndata.read_h5ad(path).obsm["spatial"], whole.cells[["x", "y", "z"]])
    again = open_bundle(path)
    np.testing.assert_array_equal(again.cells[["x", "y", "z"]], whole.cells[["x", "y", "z"]])


def test_h5ad(slab: Slab, release_folder: Path, tmp_path: Path) -> None:
    import anndata

    save(release_folder, tmp_path / "a.h5ad", "--genes", "DRD1,DRD2")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        adata = anndata.read_h5ad(tmp_path / "a.h5ad")
    assert adata.shape == (len(slab.cells), 2)
    assert list(adata.obs_names) == list(slab.cells.index)
    assert list(adata.var_names) == [slab.find_gene("DRD1"), slab.find_gene("DRD2")]
    assert list(adata.var["gene_symbol"]) == ["DRD1", "DRD2"]
    np.testing.assert_array_equal(adata.X, slab.expression(["DRD1", "DRD2"]))
    np.testing.assert_array_equal(adata.obsm["spatial"], slab.cells[["x", "y"]])
    assert list(adata.obs["Group"].astype(object)) == list(slab.cells["Group"].astype(object))
    assert dict(zip(adata.obs["Group"].cat.categories, adata.uns["Group_colors"], strict=True)) == dict(
        zip(slab.palettes["Group"].names, slab.palettes["Group"].colors, strict=True)
    )
    for key, value in {
        "units": "millimeter",
        "license": slab.license,
        "citation": slab.citation,
        "synthetic": True,
        "dataset": HUMAN,
        "slab": PLANE,
        "values": "log2(CPT + 1)",
    }.items():
        assert adata.uns[key] == value


def test_h5ad_opens_again(capsys: pytest.CaptureFixture[str], release_folder: Path, tmp_path: Path) -> None:
    save(release_folder, tmp_path / "a.h5ad", "--genes", "DRD1")
    again = ["cells", str(tmp_path / "a.h5ad"), "--columns", "Group,x,y", "--genes", "DRD1"]
    assert main([*again, "-o", str(tmp_path / "b.csv")]) == 0
    save(release_folder, tmp_path / "c.csv", "--columns", "Group,x,y", "--genes", "DRD1")
    assert (tmp_path / "b.csv").read_text() == (tmp_path / "c.csv").read_text()


def test_h5ad_keeps_what_is_known_of_the_data(slab: Slab, release_folder: Path, tmp_path: Path) -> None:
    save(release_folder, tmp_path / "a.h5ad", "--genes", "DRD1")
    again = open_bundle(tmp_path / "a.h5ad")
    assert again.frame.unit == slab.frame.unit == "millimeter"
    assert again.synthetic
    assert (again.license, again.citation, again.species) == (SYNTHETIC, "", slab.species)
    assert again.palettes["Group"].names == slab.palettes["Group"].names


@pytest.mark.parametrize("extension", ["csv", "parquet", "h5ad"])
@pytest.mark.parametrize(
    "path",
    [
        *cut_and_whole("merscope/smallset-24"),
        *cut_and_whole("xenium/cell-mix-526"),
        *cut_and_whole("merscope/brain-tumor-150"),
    ],
)
def test_a_persons_own_run(tmp_path: Path, path: Path, extension: str) -> None:
    from napari_abc import open_bundle

    out = tmp_path / f"a.{extension}"
    assert main(["cells", str(path), "-o", str(out)]) == 0
    labels = list(open_bundle(path).cells.index)
    assert len(set(labels)) == len(labels)  # ids beyond 2^53 are still told apart
    if extension == "csv":
        found = list(pd.read_csv(out, dtype=str)["cell_label"])
    elif extension == "parquet":
        found = list(pd.read_parquet(out).index)
    else:
        import anndata

        found = list(anndata.read_h5ad(out).obs_names)
    assert found == labels


def test_mouse_without_genes_as_h5ad(release_folder: Path, tmp_path: Path) -> None:
    import anndata

    out = tmp_path / "a.h5ad"
    argv = ["cells", "MERFISH-C57BL6J-638850", "C57BL6J-638850.37", "--source", str(release_folder)]
    assert main([*argv, "-o", str(out)]) == 0
    adata = anndata.read_h5ad(out)
    assert adata.n_vars == 0
    assert adata.obs["cluster_alias"].dtype == np.int64


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--genes", "DRD11"], "the nearest are DRD1"),
        (["--columns", "Subclas"], "did you mean Subclass"),
        (["--columns", "nothing_like_it"], "there are x, y"),
    ],
)
def test_mistyped_names(
    capsys: pytest.CaptureFixture[str], release_folder: Path, tmp_path: Path, options: list[str], says: str
) -> None:
    assert says in refuse(capsys, release_folder, tmp_path / "a.csv", *options)


def test_mistyped_slab(capsys: pytest.CaptureFixture[str], release_folder: Path, tmp_path: Path) -> None:
    argv = ["cells", HUMAN, "H22.30.001.BS.3.Plane.1", "--source", str(release_folder)]
    assert main([*argv, "-o", str(tmp_path / "a.csv")]) == 2
    assert f"did you mean {PLANE}" in capsys.readouterr().err


def test_slab_is_left_out_or_not(
    capsys: pytest.CaptureFixture[str], release_folder: Path, tmp_path: Path
) -> None:
    out = ["-o", str(tmp_path / "b.csv")]
    assert main(["cells", HUMAN, "--source", str(release_folder), *out]) == 2
    assert f"'napari-abc slabs {HUMAN}' lists it" in capsys.readouterr().err
    save(release_folder, tmp_path / "a.h5ad")
    capsys.readouterr()
    assert main(["cells", str(tmp_path / "a.h5ad"), PLANE, *out]) == 2
    assert "leave out" in capsys.readouterr().err


def test_the_file_that_is_read_is_not_overwritten(
    capsys: pytest.CaptureFixture[str], release_folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "a.h5ad"
    save(release_folder, path, "--genes", "DRD1")
    before = path.read_bytes()
    assert main(["cells", str(path), "-o", str(path)]) == 2
    assert path.read_bytes() == before


def _tiny(**columns: list[object]) -> Slab:
    cells = pd.DataFrame(
        {"x": [0.0, 1.0], "y": [0.0, 1.0], **columns}, index=pd.Index(["1", "2"], name="cell_label")
    )
    return Slab("tiny", "test", cells, (Frame("slab", ("x", "y"), "millimeter"),))


def test_odd_columns_in_h5ad(tmp_path: Path) -> None:
    import anndata

    slab = _tiny(**{"a/b": ["u", None], "yes": [True, None], "empty": [None, None], "mixed": [1, "one"]})
    write_cells(slab, list(slab.cells), None, "log2", tmp_path / "a.h5ad")
    obs = anndata.read_h5ad(tmp_path / "a.h5ad").obs
    assert obs["a_b"].iloc[0] == "u"
    assert obs["a_b"].isna().iloc[1]
    assert obs["yes"].iloc[0]
    assert obs["yes"].isna().iloc[1]
    assert obs["empty"].isna().all()
    assert list(obs["mixed"]) == ["1", "one"]


def test_gene_and_column_of_one_name(tmp_path: Path) -> None:
    slab = _tiny()
    values = pd.DataFrame({"x": np.float32([1, 2])}, index=slab.cells.index)
    with pytest.raises(ConfigurationError, match="share a name"):
        write_cells(slab, ["x", "y"], values, "log2", tmp_path / "a.csv")


def test_a_run_with_damaged_boundaries_gives_its_cells_and_says_so(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    pd.DataFrame({"cell_id": ["a", "b"], "x_centroid": [1.0, 2.0], "y_centroid": [3.0, 4.0]}).to_parquet(
        run / "cells.parquet"
    )
    (run / "experiment.xenium").write_text("{}")
    (run / "cell_boundaries.parquet").write_bytes(b"PAR1 cut off")
    assert main(["cells", str(run), "-o", str(tmp_path / "a.csv")]) == 0
    err = capsys.readouterr().err
    assert "The outlines are left out: " in err
    assert "cell_boundaries.parquet" in err
    assert "Wrote 2 cells" in err
    assert list(pd.read_csv(tmp_path / "a.csv")["cell_label"]) == ["a", "b"]


def test_a_table_with_texts_and_numbers_in_a_column_as_parquet(tmp_path: Path) -> None:
    slab = _tiny(text=["u", None], yes=[True, None], mixed=[1, "one"])
    write_cells(slab, list(slab.cells), None, "log2", tmp_path / "a.parquet")
    table = pd.read_parquet(tmp_path / "a.parquet")
    assert list(table["mixed"]) == ["1", "one"]
    assert table["text"].iloc[0] == "u"
    assert table["yes"].iloc[0] and table.iloc[1][["text", "yes"]].isna().all()


# -- embeddings, and slabs of all sections ------------------------------------------------------

EMBEDDING = ("WMB-10X", "UMAP20230830-WholeBrain")
MERFISH = ("MERFISH-C57BL6J-638850", "All sections")


def save_of(slab: tuple[str, str], release_folder: Path, out: Path, *options: str) -> None:
    assert main(["--source", str(release_folder), "cells", *slab, *options, "-o", str(out)]) == 0


def test_genes_of_which_nothing_more_is_known_as_h5ad(release_folder: Path, tmp_path: Path) -> None:
    import anndata

    save_of(EMBEDDING, release_folder, tmp_path / "a.h5ad", "--genes", "Slc17a7")
    adata = anndata.read_h5ad(tmp_path / "a.h5ad")
    assert list(adata.var["gene_symbol"]) == ["Slc17a7"]
    assert adata.var["comment"].isna().all()


def test_an_embedding_is_named_as_scanpy_names_it(release_folder: Path, tmp_path: Path) -> None:
    import anndata

    slab = open_atlas(release_folder)[EMBEDDING[0]].slab(EMBEDDING[1])
    save_of(EMBEDDING, release_folder, tmp_path / "a.h5ad")
    adata = anndata.read_h5ad(tmp_path / "a.h5ad")
    assert list(adata.obsm) == ["X_umap"]
    np.testing.assert_array_equal(adata.obsm["X_umap"], slab.cells[["x", "y"]])
    again = open_bundle(tmp_path / "a.h5ad")
    np.testing.assert_array_equal(again.cells[["x", "y"]], slab.cells[["x", "y"]])
    assert (again.frame.name, again.frame.unit, again.frame.y_down) == ("UMAP", "", False)


@pytest.mark.parametrize("extension", ["csv", "parquet", "h5ad"])
def test_whole_numbers_stay_whole_where_some_cells_have_none(
    release_folder: Path, tmp_path: Path, extension: str
) -> None:
    """A few cells of the section are not registered, so they have no parcellation index."""
    import anndata

    out = tmp_path / f"a.{extension}"
    section = (MERFISH[0], "C57BL6J-638850.37")
    save_of(section, release_folder, out, "--columns", "parcellation_index,cluster_alias")
    if extension == "csv":
        with out.open(newline="") as file:
            found = [row["parcellation_index"] for row in csv.DictReader(file)]
        assert "" in found
        assert all(text.isdigit() for text in found if text)
        return
    table = pd.read_parquet(out) if extension == "parquet" else anndata.read_h5ad(out).obs
    assert table["parcellation_index"].dtype == "Int64"
    assert table["parcellation_index"].isna().any()
    assert table["cluster_alias"].dtype == np.int64  # of which every cell has one


@pytest.mark.parametrize("slab", [EMBEDDING, MERFISH], ids=["omitted by the catalog", "a text a cell"])
def test_sample_ids_can_be_had_by_name(slab: tuple[str, str], release_folder: Path, tmp_path: Path) -> None:
    save_of(slab, release_folder, tmp_path / "a.csv", "--columns", "ABC_sample_id,x")
    found = pd.read_csv(tmp_path / "a.csv", dtype={"cell_label": str}, index_col=0)
    (path,) = (release_folder / "metadata" / slab[0]).glob("*/cell_metadata.csv")
    given = pd.read_csv(path, dtype={"cell_label": str}, index_col="cell_label")["abc_sample_id"]
    assert found["abc_sample_id"].tolist() == given.reindex(found.index).tolist()
    assert found["abc_sample_id"].notna().all()
    save_of(slab, release_folder, tmp_path / "b.csv")
    with (tmp_path / "b.csv").open(newline="") as file:
        assert "abc_sample_id" not in next(csv.reader(file))  # a text of its own in each of millions of cells


def test_a_column_that_is_nowhere_of_all_sections(
    capsys: pytest.CaptureFixture[str], release_folder: Path, tmp_path: Path
) -> None:
    argv = ["--source", str(release_folder), "cells", *MERFISH, "--columns", "abc_sample"]
    assert main([*argv, "-o", str(tmp_path / "a.csv")]) == 2
    assert "did you mean abc_sample_id" in capsys.readouterr().err
