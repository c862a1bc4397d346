"""Tables of a run, and the cells table made of one."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from napari_abc.errors import FormatError
from napari_abc.task import Progress, Task
from napari_abc.vendors import _tables
from napari_abc.vendors._tables import (
    cells_table,
    first_file,
    genes_table,
    header,
    read_table,
    require_columns,
    run_label,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_a_run_is_named_by_its_folder_and_by_that_above_where_its_own_says_nothing(tmp_path: Path) -> None:
    assert run_label(tmp_path / "my run", "outs") == "my run"
    assert run_label(tmp_path / "my run" / "outs", "outs") == "my run outs"


def test_the_first_file_that_is_there_and_no_folder(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    (tmp_path / "b.csv").touch()
    (tmp_path / "c.csv").touch()
    assert first_file(tmp_path, ("a.csv", "b.csv", "c.csv")) == tmp_path / "b.csv"
    assert first_file(tmp_path, ("d.csv",)) is None


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_header_with_commas_in_quotes_and_a_mark_of_byte_order(tmp_path: Path, end: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f'\ufeffid,"b, c",d{end}1,2,3{end}'.encode())
    assert header(path) == ["id", "b, c", "d"]


@pytest.mark.parametrize("content", ["", "id,b", "\n"])
def test_a_table_without_rows_below_a_header_may_be_cut_off(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(FormatError, match="no rows below a header; it may be cut off"):
        header(tmp_path / "a.csv")


def written(folder: Path, kind: str, table: pd.DataFrame) -> Path:
    path = folder / f"t.{kind}"
    if kind == "parquet":
        table.to_parquet(path)
    elif kind == "csv":
        table.to_csv(path, index=False)
    else:
        path.write_bytes(gzip.compress(table.to_csv(index=False).encode()))
    return path


@pytest.mark.parametrize("kind", ["parquet", "csv", "csv.gz"])
def test_a_table_of_many_blocks_is_read_whole_in_order_and_with_progress(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_tables, "_BATCH", 7)
    monkeypatch.setattr(_tables, "_BLOCK", 64)
    table = pd.DataFrame({"id": [f"{i:03}" for i in range(50)], "n": np.arange(50) * 2, "more": "x"})
    path = written(tmp_path, kind, table)
    seen: list[Progress] = []
    found = read_table(path, ("id",), Task(seen.append), ("id", "n", "not there"))
    assert found.column_names == ["id", "n"]
    assert found.column("id").to_pylist() == table["id"].tolist()  # zeros in front stay
    assert found.column("n").to_pylist() == table["n"].tolist()
    assert {report.what for report in seen} == {f"Reading {path.name}"}
    done = [report.done for report in seen]
    assert done == sorted(done)
    total = {report.total for report in seen}
    if kind == "parquet":
        assert (done, total, seen[0].unit) == ([*range(0, 50, 7)], {50}, "rows")
    else:
        assert total == {path.stat().st_size}
        assert done[-1] == path.stat().st_size
        assert len(set(done)) > (3 if kind == "csv" else 0)
    whole = read_table(path, ("id",), Task())
    assert whole.column_names == ["id", "n", "more"]


@pytest.mark.parametrize("numbers", [(), ("n",)])
def test_values_that_mean_none_in_a_csv(tmp_path: Path, numbers: tuple[str, ...]) -> None:
    path = tmp_path / "t.csv"
    path.write_text("id,n\nNA,1\nb,\nc,NaN\nd,nan\ne,NA\nf,N/A\n")
    table = read_table(path, ("id",), Task(), numbers=numbers)
    assert table.column("id").to_pylist() == ["NA", "b", "c", "d", "e", "f"]
    assert table.column("n").to_pylist() == [1, None, None, None, None, None]
    assert (table.column("n").type == pa.float32()) is bool(numbers)


def test_rows_of_a_parquet_file_by_the_value_of_a_column(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_tables, "_BATCH", 4)
    path = written(tmp_path, "parquet", pd.DataFrame({"z": [0, 1, 2] * 5, "n": range(15)}))
    found = read_table(path, (), Task(), rows={"z": 1})
    assert found.column("n").to_pylist() == [1, 4, 7, 10, 13]
    assert read_table(path, (), Task(), rows={"z": 9}).num_rows == 0


def test_a_table_larger_than_any_run_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pd.DataFrame({"n": range(10)})
    parquet, csv = written(tmp_path, "parquet", table), written(tmp_path, "csv", table)
    monkeypatch.setattr(_tables, "_MAX_ROWS", 10)
    assert read_table(parquet, (), Task()).num_rows == 10
    monkeypatch.setattr(_tables, "_MAX_ROWS", 9)
    with pytest.raises(FormatError, match="claims to hold 10 rows in"):
        read_table(parquet, (), Task())
    size = csv.stat().st_size
    monkeypatch.setattr(_tables, "_MAX_BYTES", size)
    assert read_table(csv, (), Task()).num_rows == 10
    monkeypatch.setattr(_tables, "_MAX_BYTES", size - 1)
    with pytest.raises(FormatError, match="more than any run"):
        read_table(csv, (), Task())


def test_columns_that_are_missing_are_all_named(tmp_path: Path) -> None:
    table = pa.table({"a": [1]})
    require_columns(table, ("a",), tmp_path)
    with pytest.raises(FormatError, match="has no column 'b', 'c'; open the folder"):
        require_columns(table, ("b", "a", "c"), tmp_path)


def cells(path: Path, **columns: object) -> tuple[pd.DataFrame, int, tuple[str, ...]]:
    return cells_table(pa.table(columns), "id", "px", "py", path / "cells.csv")


def test_cells_have_an_id_of_their_own_and_coordinates(tmp_path: Path) -> None:
    found, unplaced, notes = cells(
        tmp_path,
        id=["a", "b", "a", "", None, "c", "d"],
        px=[1.0, None, 3, 4, 5, 6, float("inf")],
        py=[1.5, 2, 3, 4, 5, 6, 7],
    )
    assert found.index.tolist() == ["a", "c"]
    assert found.index.name == "cell_label"
    assert found[["x", "y"]].to_numpy().tolist() == [[1, 1.5], [6, 6]]
    assert unplaced == 2
    assert notes == (
        "3 rows of cells.csv repeat a cell id or have none, and are left out.",
        "2 of 4 cells have coordinates.",
    )
    _, unplaced, notes = cells(tmp_path, id=["a", "b"], px=[1.0, 2], py=[1.0, 2])
    assert (unplaced, notes) == (0, ())


def test_columns_that_say_nothing_or_cannot_be_shown_are_left_out(tmp_path: Path) -> None:
    found, _, _ = cells(
        tmp_path,
        id=["a", "b"],
        px=[1, 2],
        py=[1, 2],
        x=[8, 8],
        nothing=pa.array([None, None], pa.float64()),
        blank=["", ""],
        nested=[[1], [2]],
        binary=[b"1", b"2"],
        large_binary=pa.array([b"1", b"2"], pa.large_binary()),
        partly=["", "s"],
        number=[3, None],
    )
    assert list(found) == ["x", "y", "partly", "number"]
    assert found["x"].tolist() == [1, 2]
    assert found["partly"].isna().tolist() == [True, False]


def test_texts_of_few_values_are_categories_and_others_are_not(tmp_path: Path) -> None:
    count = 400
    ids = [f"c{i}" for i in range(count)]
    place = [float(i) for i in range(count)]
    found, _, _ = cells(
        tmp_path,
        id=ids,
        px=place,
        py=place,
        few=[f"t{i % 100}" for i in range(count)],
        many=[f"t{i % 101}" for i in range(count)],
        large=pa.array([f"t{i % 3}" for i in range(count)], pa.large_string()),
    )
    kinds = {name: isinstance(found[name].dtype, pd.CategoricalDtype) for name in ("few", "many", "large")}
    assert kinds == {"few": True, "many": False, "large": True}
    assert found["many"].tolist()[100:102] == ["t100", "t0"]
    small, _, _ = cells(
        tmp_path, id=ids[:65], px=place[:65], py=place[:65], all=ids[:65], most=[*ids[:64], ids[0]]
    )
    assert isinstance(small["most"].dtype, pd.CategoricalDtype)
    assert not isinstance(small["all"].dtype, pd.CategoricalDtype)


@pytest.mark.parametrize("label", ["1.1e+17", "1E+9"])
def test_ids_that_a_spreadsheet_rounded_are_refused(tmp_path: Path, label: str) -> None:
    with pytest.raises(FormatError, match="rounded cell ids such as '1"):
        cells(tmp_path, id=["7", label], px=[1.0, 2], py=[1.0, 2])


def test_a_table_of_genes() -> None:
    assert genes_table().index.name == "gene_identifier"
    assert list(genes_table()) == ["gene_symbol"]
    assert genes_table()["gene_symbol"].dtype == object
    found = genes_table(["E1", "E2"], gene_symbol=["A", "B"], control=np.array([False, True]))
    assert found.loc["E2"].tolist() == ["B", True]
    assert found["control"].dtype == bool
