"""Made-up single cells: what they express, where they lie in an embedding, and what they are called."""

from __future__ import annotations

import numpy as np
import pytest

from napari_abc.demo.shared.single_cells import barcodes, choose, counts_of, embed, examples, tint

TYPES = {"D1": ("d1", "msn"), "Astro": ("astro",)}
SYMBOLS = ("DRD1", "AQP4", "DRD1", "SILENT", "UNKNOWN")
MARKERS: dict[str, dict[str, float]] = {"DRD1": {"d1": 8.0}, "AQP4": {"astro": 9.0}, "SILENT": {}}


def test_cells_express_the_markers_of_their_type_and_no_others() -> None:
    kinds = np.repeat([0, 1], 200)
    counts = counts_of(kinds, TYPES, SYMBOLS, MARKERS, np.random.default_rng(0))
    log2 = counts.log2(1e4)
    first, astro, second, silent = (log2.column(column) for column in range(4))
    assert first[kinds == 0].mean() > 5 * first[kinds == 1].mean() > 0
    assert astro[kinds == 1].mean() > 5 * astro[kinds == 0].mean()
    assert not second.any()  # of two genes of one symbol, the first is expressed
    assert not silent.any()


def test_every_cell_has_a_count() -> None:
    kinds = np.zeros(300, np.int64)
    counts = counts_of(kinds, TYPES, ("AQP4", "SILENT"), MARKERS, np.random.default_rng(1))
    assert (counts.log2(1e4).column(0) > 0).all()


def test_types_are_drawn_by_weight() -> None:
    drawn = choose({"b": 3, "a": 1}, ("a", "unused", "b"), 4000, np.random.default_rng(0))
    shares = np.bincount(drawn, minlength=3) / len(drawn)
    np.testing.assert_allclose(shares, [0.25, 0, 0.75], atol=0.03)


def test_each_kind_is_an_island_and_large_kinds_are_large() -> None:
    kinds = np.array(["a"] * 600 + ["b"] * 300 + ["c"] * 100)
    xy = embed(kinds, np.random.default_rng(0))
    assert xy.shape == (1000, 2)
    centers = np.array([xy[kinds == kind].mean(axis=0) for kind in "abc"])
    spreads = [xy[kinds == kind].std(axis=0).mean() for kind in "abc"]
    assert spreads[0] > spreads[1] > spreads[2]
    nearest = np.argmin(((xy[:, None] - centers) ** 2).sum(axis=2), axis=1)
    assert (nearest == np.repeat([0, 1, 2], [600, 300, 100])).mean() > 0.8
    assert 1 < np.abs(centers).max() < 20
    assert np.abs(embed(kinds, np.random.default_rng(0), reach=7.0)).max() < np.abs(xy).max()


def test_barcodes_are_sixteen_bases_and_all_different() -> None:
    found = barcodes(500, np.random.default_rng(0))
    assert len(found) == len(set(found)) == 500
    assert {len(one) for one in found} == {16}
    assert set("".join(found)) == set("ACGT")


@pytest.mark.parametrize("by", [0, 5, 50])
def test_a_tint_is_near_its_color_and_written_in_either_case(by: int) -> None:
    rng = np.random.default_rng(0)
    found = [tint("#8040c0", rng, by) for _ in range(60)]
    values = np.array([[int(one[at : at + 2], 16) for at in (1, 3, 5)] for one in found])
    far = np.abs(values - [0x80, 0x40, 0xC0]).max()
    assert far <= by
    assert far > by * 0.8 or by == 0
    assert any(one.isupper() or one[1:] == one[1:].upper() for one in found)
    assert any(one != one.upper() for one in found)
    assert len(tint("#ffffff", rng)) == len(tint("#000000", rng)) == 7


def test_a_table_of_a_few_genes_has_a_column_each() -> None:
    kinds = np.repeat([0, 1], 5)
    counts = counts_of(kinds, TYPES, SYMBOLS, MARKERS, np.random.default_rng(0))
    labels = np.array([f"c{i}" for i in range(10)], dtype=object)
    table = examples(labels, counts, SYMBOLS, ("AQP4", "DRD1"))
    assert list(table) == ["cell_label", "AQP4", "DRD1"]
    np.testing.assert_allclose(table["AQP4"], counts.log2(1e4).column(1), atol=1e-6)
    assert table["cell_label"].tolist() == labels.tolist()
    assert not np.allclose(examples(labels, counts, SYMBOLS, ("AQP4",), per=100)["AQP4"], table["AQP4"])
