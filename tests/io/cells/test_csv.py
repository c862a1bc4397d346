"""CSV reading: ids stay exact, "NA" stays a value, a cut file is refused."""

from __future__ import annotations

import csv

import pyarrow as pa
import pytest

from napari_abc.errors import Cancelled, FormatError
from napari_abc.io.cells import _csv, read_large_table, read_text_table, require_columns
from napari_abc.task import Progress, Task

LONG_ID = "182941331246012878296807398333956011710"


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_long_ids_and_na_survive(tmp_path):
    path = write(tmp_path / "t.csv", f"cell_label,name,value\n{LONG_ID},NA,1.5\n1018093344101130233-1,,NaN\n")
    table = read_large_table(path, ["cell_label"], Task())
    assert table.column("cell_label").to_pylist() == [LONG_ID, "1018093344101130233-1"]
    assert table.column("name").to_pylist() == ["NA", None]
    assert table.column("value").null_count == 1
    small = read_text_table(path)
    assert small["name"].tolist() == ["NA", ""]


def test_a_type_that_changes_late_in_the_file(tmp_path):
    rows = "".join(f"c{i},{i}\n" for i in range(800_000))
    path = write(tmp_path / "t.csv", "cell_label,job\n" + rows + "last,a1b2\n")
    table = read_large_table(path, ["cell_label"], Task())
    assert pa.types.is_string(table.schema.field("job").type)
    assert table.column("job")[0].as_py() == "0"


def test_few_texts_become_codes_and_many_do_not(tmp_path):
    rows = "".join(f"c{i},s{i % 7},u{i}\n" for i in range(50_000))
    table = read_large_table(
        write(tmp_path / "t.csv", "cell_label,section,uuid\n" + rows), ["cell_label"], Task()
    )
    assert pa.types.is_dictionary(table.schema.field("section").type)
    assert pa.types.is_string(table.schema.field("uuid").type)
    assert table.column("section")[8].as_py() == "s1"


def test_byte_order_mark_is_no_part_of_a_name(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"\xef\xbb\xbfcell_label,x\na,1\n")
    assert read_large_table(path, ["cell_label"], Task()).column_names == ["cell_label", "x"]
    assert list(read_text_table(path)) == ["cell_label", "x"]


@pytest.mark.parametrize("content", [b"a,b\n1,2\n3", b"", b"\x00\x01\x02"])
def test_a_broken_file_is_one_sentence(tmp_path, content):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"t\.csv") as caught:
        require_columns(read_large_table(path, ["a"], Task()), ["a", "b"], path)
    assert "\n" not in str(caught.value)


def test_a_header_that_is_no_text_is_one_sentence(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"cell\rlabel,x\na,1\n")
    with pytest.raises(FormatError, match=r"^t\.csv has no header that can be read .*; fetch it again\.$"):
        read_large_table(path, ["cell_label"], Task())


@pytest.mark.parametrize("columns", [(), ("cell_label", "x")])
def test_a_column_twice_is_one_sentence(tmp_path, columns):
    path = write(tmp_path / "t.csv", "cell_label,x,y,x\na,1,2,3\n")
    with pytest.raises(FormatError, match=r"^t\.csv has the column 'x' twice; fetch it again\.$"):
        read_large_table(path, ["cell_label"], Task(), columns)
    assert read_large_table(path, ["cell_label"], Task(), ("cell_label", "y")).num_rows == 1


def test_a_row_cut_in_the_middle(tmp_path):
    with pytest.raises(FormatError, match="cut off"):
        read_large_table(write(tmp_path / "t.csv", "a,b,c\n1,2,3\n4,5"), [], Task())


def test_a_small_table_cut_in_the_middle_of_a_row(tmp_path):
    whole = write(tmp_path / "whole.csv", "label,name,color\nA,,\nB,b,#ffffff\n")
    assert read_text_table(whole)["name"].tolist() == ["", "b"]
    with pytest.raises(FormatError, match=r"t\.csv .* cut off"):
        read_text_table(write(tmp_path / "t.csv", "label,name,color\nA,,\nB,b"))


def test_small_tables_are_text_whatever_is_in_them(tmp_path):
    table = read_text_table(write(tmp_path / "t.csv", 'id,flag,note\n007,True,"two\nlines, é"\n1e5,NaN,\n'))
    assert table.to_dict("list") == {
        "id": ["007", "1e5"],
        "flag": ["True", "NaN"],
        "note": ["two\nlines, é", ""],
    }
    assert list(read_text_table(write(tmp_path / "t.csv", "a,b\n"))) == ["a", "b"]


@pytest.mark.parametrize("content", [b"", b"a,b\n1,\xff\n", b"a,a\n1,2\n", b"a,b\n1,2,3\n"])
def test_small_tables_that_are_none(tmp_path, content):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"t\.csv .*fetch it again"):
        read_text_table(path)


def test_progress_ends_at_the_size_and_cancel_stops(tmp_path):
    path = write(tmp_path / "t.csv", "a,b\n" + "1,2\n" * 100_000)
    seen: list[Progress] = []
    read_large_table(path, [], Task(seen.append))
    assert seen[-1].done == seen[-1].total == path.stat().st_size
    task = Task()
    task.cancel()
    with pytest.raises(Cancelled):
        read_large_table(path, [], task)


def test_missing_columns_are_named(tmp_path):
    table = read_text_table(write(tmp_path / "t.csv", "a\n1\n"))
    with pytest.raises(FormatError, match=r"t\.csv has no column 'x', 'y'"):
        require_columns(table, ["a", "x", "y"], tmp_path / "t.csv")


@pytest.mark.parametrize("read", [read_text_table, lambda path: read_large_table(path, (), Task(), ("a",))])
def test_a_header_of_commas_is_refused_at_once(tmp_path, read):
    path = tmp_path / "wide.csv"
    path.write_text("a" + "," * 500_000 + "\n1" + "," * 500_000 + "\n")
    with pytest.raises(FormatError, match="more than 10,000 columns"):
        read(path)


def test_a_table_is_the_same_in_whatever_blocks_it_is_read(tmp_path, monkeypatch):
    lines = ["cell_label,section,value"]
    lines += [f'{LONG_ID}{i},"s,{i % 7}",{i / 8 if i % 5 else ""}' for i in range(3000)]
    path = write(tmp_path / "t.csv", "\n".join(lines) + "\n")
    monkeypatch.setattr(_csv, "_BLOCK", 4096)
    reports: list[Progress] = []
    table = read_large_table(path, ["cell_label"], Task(reports.append))
    assert len(reports) > 10
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert table.column("cell_label").to_pylist() == [row["cell_label"] for row in rows]
    assert table.column("section").to_pylist() == [row["section"] for row in rows]
    assert table.column("value").to_pylist() == [
        float(row["value"]) if row["value"] else None for row in rows
    ]
