"""A CSV with the values of a few genes, converted once: exact labels, NaN where there is no value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_abc.errors import Cancelled, FormatError
from napari_abc.io.matrix import GeneTable, build_gene_table
from napari_abc.io.matrix import _gene_csv as gene_table
from napari_abc.task import Progress, Task

if TYPE_CHECKING:
    from pathlib import Path

LONG = "182941331246012878296807398333956011710"
TEXT = f"""cell_label,Slc17a7,Tac2
{LONG},8.25,0
101917-1,,1.5
7,0.1,nan
"""


def built(text: str, tmp_path: Path, task: Task | None = None) -> GeneTable:
    source = tmp_path / "example.csv"
    source.write_text(text)
    return build_gene_table(source, tmp_path / "derived" / "example.parquet", "cell_label", task or Task())


def test_values_are_found_by_exact_label(tmp_path: Path) -> None:
    table = built(TEXT, tmp_path)
    assert (table.symbols, table.cells) == (("Slc17a7", "Tac2"), 3)
    rows = table.rows_of(["7", "07", LONG, "101917-1", LONG[:-1] + "1"])
    assert rows.tolist() == [2, -1, 0, 1, -1]
    values = table.read(["Tac2", "Slc17a7"], rows)
    assert values.dtype == np.float32
    nan = np.nan
    expected = np.array([[nan, 0.1], [nan, nan], [0, 8.25], [1.5, nan], [nan, nan]], np.float32)
    np.testing.assert_array_equal(values, expected)


def test_the_label_may_be_any_column(tmp_path: Path) -> None:
    table = built("Drd1,cell_label\n1.5,a\n2.5,b\n", tmp_path)
    assert table.symbols == ("Drd1",)
    assert table.read(["Drd1"], table.rows_of(["b"])).item() == 2.5
    unnamed = built(",Drd1\na,1.5\n", tmp_path)
    assert unnamed.rows_of(["a"]).tolist() == [0]


def test_many_rows_are_written_by_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gene_table, "_GROUP_ROWS", 500)
    monkeypatch.setattr(gene_table, "_BLOCK", 1024)
    said: list[Progress] = []
    text = "cell_label,G\n" + "".join(f"c{i},{i}\n" for i in range(3000))
    table = built(text, tmp_path, Task(said.append))
    rows = np.random.default_rng(1).permutation(3000)
    np.testing.assert_array_equal(table.read(["G"], rows)[:, 0], rows)
    done = [step.done for step in said]
    assert len(done) > 10 and done == sorted(done) and done[-1] == said[-1].total == len(text)


def test_an_empty_table_has_no_value(tmp_path: Path) -> None:
    table = built("cell_label,G\n", tmp_path)
    assert table.cells == 0
    assert np.isnan(table.read(["G"], table.rows_of(["a", "b"]))).all()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("cell_label,G\na,high\n", "can't be read as a table of genes"),
        ("cell_label,G\na,1\nb\n", "can't be read as a table of genes"),
        ("cell_label,G,G\na,1,2\n", "has a column twice"),
        ("", "can't be read as a table of genes"),
    ],
)
def test_what_is_no_such_table_is_refused_and_nothing_kept(text: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=why):
        built(text, tmp_path)
    assert not list(tmp_path.glob("derived/*"))


def test_a_label_of_two_rows_is_refused(tmp_path: Path) -> None:
    table = built("cell_label,G\na,1\na,2\nb,3\n", tmp_path)
    assert table.rows_of(["b"]).tolist() == [2]
    with pytest.raises(FormatError, match="several rows"):
        table.rows_of(["a"])


def test_a_cancel_keeps_nothing(tmp_path: Path) -> None:
    task = Task(lambda _: task.cancel())
    task.cancel()
    with pytest.raises(Cancelled):
        built(TEXT, tmp_path, task)
    assert not list(tmp_path.glob("derived/*"))


def test_a_file_that_was_cut_off_is_told(tmp_path: Path) -> None:
    path = built(TEXT, tmp_path).path
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(FormatError, match="delete it"):
        GeneTable(path)
