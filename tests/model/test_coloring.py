"""From a key to codes or numbers; genes by what a person types."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from napari_abc.errors import AbcError, ConfigurationError, ExpressionError, UnknownNameError
from napari_abc.model import (
    Categorical,
    Continuous,
    Frame,
    Gene,
    Palette,
    Slab,
    distinct_colors,
    normalize_color,
)


class TwoGenes:
    """Values that are simply written down."""

    kinds = {"log2": "log2(CPT + 1)"}  # noqa: RUF012

    def packages(self, kind, identifiers=(), rows=None):
        return ()

    to_fetch = 0

    def download_bytes(self, kind, identifiers=(), rows=None):
        return self.to_fetch

    def read(self, identifiers, kind, task, rows=None):
        table = {
            "ENSG1": [0, 1, np.nan, 3],
            "Blank-1": [9, 9, 9, 9],
            "ENSG3": [3, 3, 3, 3],
            "ENSG4": [4, 4, 4, 4],
        }
        values = np.array([table[name] for name in identifiers], dtype=np.float32).T
        if rows is not None:
            values[~rows] = np.nan
        return values


@pytest.fixture
def slab():
    cells = pd.DataFrame(
        {
            "x": [0.0, 1, 2, 3],
            "y": [0.0, 1, 2, 3],
            "Class": pd.Categorical(["b", "a", None, "a"], categories=["b", "a"]),
            "region": ["STR", "GP", "nowhere", None],
            "qc_pass": [True, False, True, True],
            "area": [1.5, np.nan, 2, 3],
            "sex": ["F", "M", "F", None],
            "uuid": ["u1", "u2", "u3", "u4"],
            "constant": 7,
            "empty": np.nan,
            "same_text": "D",
        },
        index=pd.Index(["1", "2", "3", "4"], name="cell_label"),
    )
    genes = pd.DataFrame(
        {"gene_symbol": ["DRD1", None, "Same", "Same"]},
        index=pd.Index(["ENSG1", "Blank-1", "ENSG3", "ENSG4"], name="gene_identifier"),
    )
    return Slab(
        "S",
        "D",
        cells,
        (Frame("slab", ("x", "y"), "millimeter"),),
        palettes={
            "Class": Palette(("b", "a"), ("#112233", "#445566")),
            "region": Palette(("GP", "STR", "SN"), ("#000001", "#000002", "#000003")),
        },
        groups={"Taxonomy": ("Class",), "Region": ("region",), "Gone": ("absent",)},
        genes=genes,
        expression_source=TwoGenes(),
    )


def test_cells_whose_values_were_not_asked_for_are_told_from_those_not_measured(slab):
    whole = slab.coloring("gene:ENSG1")
    assert (whole.absent, whole.missing) == ("not measured", 1)
    slab.expression_source.to_fetch = 5
    part = slab.coloring("gene:ENSG1", rows=np.array([True, False, False, False]))
    assert (part.absent, part.missing) == ("not fetched or measured", 3)
    slab.expression_source.to_fetch = 0
    assert slab.coloring("gene:ENSG1", rows=np.ones(4, bool)).absent == "not measured"


def test_categories_keep_term_order_and_color(slab):
    coloring = slab.coloring("Class")
    assert isinstance(coloring, Categorical)
    assert coloring.codes.tolist() == [0, 1, -1, 1]
    assert coloring.names == ("b", "a")
    assert coloring.counts().tolist() == [1, 2]
    assert coloring.missing == 1


def test_a_value_that_the_palette_lacks_is_missing(slab):
    coloring = slab.coloring("region")
    assert coloring.codes.tolist() == [1, 0, -1, -1]
    assert coloring.counts().tolist() == [1, 1, 0]


def test_columns_without_a_palette(slab):
    assert slab.coloring("qc_pass").names == ("False", "True")
    assert slab.coloring("qc_pass").counts().tolist() == [1, 3]
    sex = slab.coloring("SEX")
    assert (sex.key, sex.names, sex.missing) == ("sex", ("F", "M"), 1)
    assert len(set(sex.colors)) == 2
    area = slab.coloring("area")
    assert isinstance(area, Continuous)
    assert (area.missing, area.limits()) == (1, (1.5, 3.0))


def test_a_gene_by_symbol_or_identifier_in_any_case(slab):
    for key in ("gene:DRD1", "gene:drd1", "GENE:ensg1"):
        gene = slab.coloring(key)
        assert isinstance(gene, Continuous)
        assert (gene.title, gene.unit, gene.missing) == ("DRD1", "log2(CPT + 1)", 1)
        assert gene.limits() == (0.0, 3.0)
    assert slab.coloring("gene:Blank-1").title == "Blank-1"


@pytest.mark.parametrize("kind", ["log2", "raw"])
def test_a_gene_keeps_its_identifier_and_its_key_asks_for_the_same_again(slab, kind):
    slab.expression_source.kinds = {"log2": "log2(CPT + 1)", "raw": "counts"}
    for identifier, symbol, key in [
        ("ENSG1", "DRD1", "gene:DRD1"),
        ("ENSG3", "Same", "gene:ENSG3"),  # another gene has the symbol, too
        ("ENSG4", "Same", "gene:ENSG4"),
        ("Blank-1", "Blank-1", "gene:Blank-1"),
    ]:
        coloring = slab.coloring(f"gene:{identifier}", kind)
        assert coloring.is_gene
        assert coloring.genes == (Gene(identifier, symbol, kind),)
        assert (coloring.key, coloring.title) == (key, symbol)
        again = slab.coloring(coloring.key, kind)
        np.testing.assert_array_equal(again.values, coloring.values)
    assert not slab.coloring("area").is_gene
    assert slab.coloring("area").genes == slab.coloring("Class").genes == ()


def test_a_symbol_that_is_another_genes_identifier_is_no_key(slab):
    slab.genes["gene_symbol"] = ["ensg3", None, "Same", "Other"]
    assert slab.coloring("gene:ENSG1").key == "gene:ENSG1"


def test_some_cells_of_a_coloring(slab):
    rows = np.array([3, -1, 0])
    assert slab.coloring("Class").take(rows).codes.tolist() == [1, -1, 0]
    gene = slab.coloring("gene:DRD1").take(rows)
    np.testing.assert_array_equal(gene.values, np.float32([3, np.nan, 0]))
    assert (gene.values.dtype, gene.genes[0].symbol, len(gene)) == (np.float32, "DRD1", 3)


def test_expression_is_aligned_and_named_as_asked(slab):
    table = slab.expression(["drd1", "Blank-1", "ENSG1"])
    assert list(table) == ["drd1", "Blank-1", "ENSG1"]
    assert table.index.equals(slab.cells.index)
    assert (table.dtypes == np.float32).all()
    assert np.array_equal(table["drd1"], table["ENSG1"], equal_nan=True)
    assert slab.expression("DRD1").shape == (4, 1)


def test_what_can_be_chosen(slab):
    keys = slab.color_keys()
    assert keys["Taxonomy"] == ("Class",)
    assert "Gone" not in keys
    assert "uuid" not in keys["Metadata"]
    assert not {"x", "y", "constant", "empty", "same_text"} & set(keys["Metadata"])
    assert {"qc_pass", "area", "sex"} <= set(keys["Metadata"])


@pytest.mark.parametrize(
    ("ask", "error", "says"),
    [
        (lambda s: s.coloring("Clas"), UnknownNameError, "did you mean Class"),
        (lambda s: s.coloring("gene:DRD"), UnknownNameError, "DRD1"),
        (lambda s: s.coloring("gene:same"), UnknownNameError, "ENSG3, ENSG4"),
        (lambda s: s.coloring("gene:DRD1", "raw"), ExpressionError, "ask for log2"),
    ],
)
def test_errors_say_the_cure(slab, ask, error, says):
    with pytest.raises(error, match=says) as caught:
        ask(slab)
    assert isinstance(caught.value, AbcError)
    assert not str(caught.value).startswith(("'", '"'))


def test_too_many_categories_are_refused(slab):
    many = pd.DataFrame({"x": np.zeros(20_000), "y": 0.0, "id": [f"i{i}" for i in range(20_000)]})
    with pytest.raises(ConfigurationError, match="20,000"):
        Slab("S", "D", many, slab.frames).coloring("id")


def test_colors():
    assert normalize_color("#7AE361") == "#7ae361"
    assert normalize_color("red; rm -rf") == normalize_color(None) == "#808080"
    assert len(set(distinct_colors(200))) == 200
