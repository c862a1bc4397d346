"""How values are written into the rows that the shell prints, and into files."""

from __future__ import annotations

import argparse
import json

import numpy as np
import pandas as pd
import pytest

from napari_abc.cli import console as console_module
from napari_abc.cli.cells import _columns, _plain
from napari_abc.cli.console import Console
from napari_abc.cli.cost import agree, gene_of
from napari_abc.cli.listing import _cell, _json, _records, _shortened, _unknown
from napari_abc.cli.taxonomy import _known
from napari_abc.errors import ConfigurationError, UnknownNameError
from napari_abc.model import Frame, Package, Slab


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        ("", "-"),
        (0, "0"),
        (1234, "1,234"),
        (True, "yes"),
        (False, "no"),
        (0.5, "0.5"),
        (2.0, "2"),
        ("text", "text"),
    ],
)
def test_values_in_a_row(value: object, text: str) -> None:
    assert _cell(value) == text


def test_long_lists_of_names_are_cut() -> None:
    assert _shortened(()) == ""
    assert _shortened(("a", "b")) == "a, b"
    assert _shortened(("a", "b", "c")) == "a, b and 1 more"
    assert _shortened(tuple("abcdef")) == "a, b and 4 more"


def test_rows_hold_plain_values_and_none_where_one_is_missing() -> None:
    table = pd.DataFrame(
        {
            "name": ["a", None],
            "count": pd.array([5, None], dtype="Int64"),
            "size": np.array([1.5, np.nan]),
            "flag": np.array([True, False]),
            "day": pd.to_datetime(["2024-01-02", None]),
            "left out": [1, 2],
        }
    )
    first, second = _records(table, ("count", "name", "size", "flag", "day"))
    assert list(first) == ["count", "name", "size", "flag", "day"]
    assert [type(first[name]) for name in ("count", "size", "flag")] == [int, float, bool]
    assert second == {"count": None, "name": None, "size": None, "flag": False, "day": None}
    assert json.loads(_json(table, ("count", "name"))) == [
        {"count": 5, "name": "a"},
        {"count": None, "name": None},
    ]


def test_an_unknown_name_is_told_with_near_ones() -> None:
    assert "did you mean WMB-10X?" in str(_unknown("WMB-10", ["WMB-10X", "Zhuang", "WMB-10X"]))
    assert "'list' and 'list --directories' show all names." in str(_unknown("qqq", ["WMB-10X"]))


def slab(packages: tuple[Package, ...] = ()) -> Slab:
    class Source:
        kinds = {"log2": "log2(CPT + 1)"}  # noqa: RUF012

        def packages(self, kind: str, identifiers: list[str]) -> tuple[Package, ...]:
            assert (kind, identifiers) == ("log2", ["E1"])
            return packages

    genes = pd.DataFrame({"gene_symbol": ["DRD1"]}, index=["E1"])
    cells = pd.DataFrame({"x": [0.0], "y": [0.0], "Sex": ["F"], "sex": ["F"], "area": [1.0]})
    source: object = Source()
    return Slab("S1", "D", cells, (Frame("f", ("x", "y"), ""),), genes=genes, expression_source=source)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "gene"), [("gene:DRD1", ["DRD1"]), ("GENE:x", ["x"]), ("gene", []), ("Class", []), (None, [])]
)
def test_the_gene_of_a_key(key: str | None, gene: list[str]) -> None:
    assert gene_of(key) == gene


def test_what_genes_cost_is_said_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    def said(packages: tuple[Package, ...], genes: list[str], values: str = "log2", yes: bool = False) -> str:
        agree(slab(packages), genes, argparse.Namespace(values=values, yes=yes), Console())
        return capsys.readouterr().err

    one, other = Package("one.h5ad", 5, 1_500_000_000), Package("other.h5ad", 5, 500_000_000)
    assert said((one,), ["DRD1"]) == "DRD1 in S1 needs one.h5ad (1.5 GB), fetched once.\n"
    assert said((one, other), ["drd1"]) == "drd1 in S1 needs 2 files (2.0 GB), fetched once.\n"
    assert said((one,), []) == said((), ["DRD1"]) == said((one,), ["DRD1"], "raw") == ""
    more = Package("more.h5ad", 5, 500_000_001)
    with pytest.raises(ConfigurationError, match=r"needs 2 files \(2\.0 GB\), fetched once; add --yes"):
        said((one, more), ["DRD1"])
    assert said((one, more), ["DRD1"], yes=True).endswith("fetched once.\n")


def test_columns_are_found_in_any_case_and_named_once() -> None:
    assert _columns(slab(), None) == ["x", "y", "Sex", "sex", "area"]
    assert _columns(slab(), ["sex", "AREA", "Sex", "SEX", "sex"]) == ["sex", "area", "Sex"]
    with pytest.raises(UnknownNameError, match="S1 has no column 'aera'; did you mean area"):
        _columns(slab(), ["aera"])
    with pytest.raises(UnknownNameError, match="there are x, y, Sex, sex, area"):
        _columns(slab(), ["qqqq"])


def test_mixed_columns_become_texts_of_few_values_or_yes_and_no() -> None:
    mixed = _plain(pd.Series(["b", 1, None, "b"], index=list("wxyz")))
    assert mixed.index.tolist() == list("wxyz")
    assert list(mixed.cat.categories) == ["1", "b"]
    assert mixed.cat.codes.tolist() == [1, 0, -1, 1]
    assert _plain(pd.Series([True, None, False], dtype=object)).dtype == "boolean"
    empty = _plain(pd.Series([None, None], dtype=object))
    assert isinstance(empty.dtype, pd.CategoricalDtype)
    assert empty.isna().all()
    for values in (pd.Series([1, 2]), pd.Series([True, False]), pd.Series(["a"], dtype="category")):
        assert _plain(values) is values


def test_a_table_with_values_wider_than_its_header(capsys: pytest.CaptureFixture[str]) -> None:
    Console().table(("a", "n"), [["wide value", 5], ["x\n", 12345]], right=("n",))
    assert capsys.readouterr().out.splitlines() == [
        "a               n",
        "wide value      5",
        "x           12345",
    ]
    Console().table(("a", "b"), [])
    assert capsys.readouterr().out == "a  b\n"


def test_progress_without_a_total_has_no_share(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setattr(console_module, "_FIRST_LINE", 0)
    written: list[str] = []
    monkeypatch.setattr(sys.stderr, "write", written.append)
    Console().task.report("Reading", 1200, None, "rows")
    assert written == ["Reading: 1,200 rows\n"]


def test_a_number_of_cells_that_nobody_knows_is_none_and_nought_is_a_number() -> None:
    assert [_known(count) for count in (5, 0, -1)] == [5, 0, None]
