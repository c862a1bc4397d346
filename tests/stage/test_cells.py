"""Which cells a filter leaves, and how many of each category there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import napari_abc as abc
from napari_abc.stage import Filter, InSelection, NameCondition, RangeCondition, Selection, passing
from napari_abc.stage import count_categories as counted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_abc.model import Coloring, Slab
    from napari_abc.stage import Condition


def kept(slab: Slab, *conditions: Condition, selections: tuple[Selection, ...] = ()) -> list[int]:
    mask = passing(slab, Filter(conditions=conditions), selections).mask
    return list(range(len(slab.cells))) if mask is None else np.flatnonzero(mask).tolist()


def test_names_ranges_and_selections(make_slab: Callable[..., Slab]) -> None:
    slab = make_slab()
    assert passing(slab, Filter()).mask is None
    assert passing(slab, Filter()).count(4) == 4
    assert kept(slab, NameCondition(column="Subclass", names=("D1", "Astro"))) == [0, 2]
    assert kept(slab, NameCondition(column="Subclass", names=("D1", None), keep=False)) == [1, 2]
    assert kept(slab, NameCondition(column="Subclass", names=(None,))) == [3]
    assert kept(slab, RangeCondition(key="counts", low=40.0)) == [1, 2, 3]
    assert kept(slab, RangeCondition(key="counts", low=40.0, high=200.0)) == [1, 3]
    # 0.7 and 0.9 are not what they are in double precision; a limit that was read off a cell includes it.
    assert kept(slab, RangeCondition(key="score", low=0.7, high=0.9)) == [1, 3]
    both = (NameCondition(column="Subclass", names=("D1", "D2")), RangeCondition(key="counts", low=100.0))
    assert kept(slab, *both) == [1]
    chosen = Selection(name="mine", cells=(("Human", frozenset({"Plane.1-1", "Plane.1-3", "stranger"})),))
    assert kept(slab, InSelection(name="mine"), selections=(chosen,)) == [1, 3]
    assert kept(slab, InSelection(name="mine", keep=False), selections=(chosen,)) == [0, 2]
    assert kept(make_slab(dataset="Mouse"), InSelection(name="mine"), selections=(chosen,)) == []


def test_a_condition_on_what_a_slab_lacks_keeps_its_cells_and_is_said(make_slab: Callable[..., Slab]) -> None:
    slab = make_slab()
    for condition, who in (
        (NameCondition(column="Supertype", names=("x",)), slab.name),
        (NameCondition(column="Subclass", names=("Dopa",)), slab.name),
        (NameCondition(column="counts", names=("10",)), slab.name),
        (RangeCondition(key="Subclass", low=0.0), slab.name),
        (RangeCondition(key="gene:DRD1", low=0.0), slab.dataset),
    ):
        found = passing(slab, Filter(conditions=(condition,)))
        assert found.mask is None, condition
        (sentence,) = found.unknown
        assert who in sentence
    # But what is to be dropped and is not there drops nothing, and is no fault.
    dropped = passing(
        slab, Filter(conditions=(NameCondition(column="Subclass", names=("Dopa",), keep=False),))
    )
    assert dropped.count(4) == 4 and not dropped.unknown


def test_counts_by_category_and_slab(make_slab: Callable[..., Slab]) -> None:
    one, two = make_slab("one"), make_slab("two")
    two.cells["Subclass"] = pd.Categorical(["Astro"] * 4, categories=two.cells["Subclass"].cat.categories)
    other = make_slab("other")
    del other.cells["Subclass"]
    slabs = {"one": one, "two": two, "other": other}
    table = counted(slabs, "Subclass")
    assert list(table.index) == ["D1", "D2", "Astro", "no value"]
    assert table.to_dict("list") == {"one": [1, 1, 1, 1], "two": [0, 0, 4, 0], "other": [0, 0, 0, 0]}
    assert set(table.dtypes) == {np.dtype("int64")}
    masked = counted(slabs, "Subclass", {"one": np.array([True, False, False, False])})
    assert list(masked.index) == ["D1", "Astro"]
    assert masked["one"].tolist() == [1, 0]
    assert counted({"one": one}, "counts").empty


def test_a_filter_of_the_demo_is_what_pandas_says(release_folder: Path) -> None:
    slab = abc.open_atlas(str(release_folder))["MERFISH-C57BL6J-638850"].slab("C57BL6J-638850.37")
    cells = slab.cells
    names = tuple(cells["class"].value_counts().index[:2])
    gene = slab.genes["gene_symbol"].iloc[0]
    conditions = (
        NameCondition(column="class", names=names),
        RangeCondition(key=f"gene:{gene}", low=1.0),
    )
    values = slab.expression(gene)[gene]
    expected = cells["class"].isin(names) & (values >= 1)
    assert 0 < expected.sum() < len(cells)
    mask = passing(slab, Filter(conditions=conditions)).mask
    assert mask is not None and np.array_equal(mask, expected)
    table = counted({"s": slab}, "class", {"s": mask})
    wanted = cells.loc[expected, "class"].value_counts()
    assert table["s"].to_dict() == wanted[wanted > 0].to_dict()


def test_what_is_known_of_a_key_need_not_be_worked_out_again(make_slab: Callable[..., Slab]) -> None:
    slab, other = make_slab("one"), make_slab("two")
    asked: list[tuple[str, str]] = []

    def resolve(key: str, values: str) -> Coloring:
        asked.append((key, values))
        return other.coloring("Subclass" if key == "Subclass" else "counts")

    other.cells["Subclass"] = other.cells["Subclass"].iloc[::-1].to_numpy()
    other.cells["counts"] = [1, 1, 1, 100]
    wanted = Filter(conditions=(RangeCondition(key="gene:DRD1", low=50.0, values="raw"),))
    mask = passing(slab, wanted, resolve=resolve).mask
    assert mask is not None and mask.tolist() == [False, False, False, True]
    found = counted({"one": slab, "two": slab}, "Subclass", {"one": mask}, resolve={"one": resolve})
    assert found.to_dict("index") == {"D1": {"one": 1, "two": 1}} | {
        name: {"one": 0, "two": 1} for name in ("D2", "Astro", "no value")
    }
    assert asked == [("gene:DRD1", "raw"), ("Subclass", "log2")]
