"""The joined cells: matched by label, sorted by slab, nothing lost."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from napari_abc.errors import Cancelled, FormatError, UnknownNameError
from napari_abc.io.cells import CellStore, SourceTable, build_cells, build_embedding
from napari_abc.task import Task

CELLS = """cell_label,section,barcode,dataset
9-1,S.02,2,D
1,S.01,1,D
2,S.01,1,D
3,S.03,3,D
4,S.09,9,D
"""
SECTIONS = """section,barcode,plane,plane_order
S.03,30,P.10,10
S.01,10,P.2,20
S.02,20,P.2,20
"""
# Another row order, a cell that is nowhere else, one cell (2) missing, one without numbers.
XY = """section,cell_label,x_mm,y_mm
wrong,zzz,9,9
wrong,3,0.3,3.0
wrong,1,0.1,1.0
wrong,9-1,NaN,
"""


@pytest.fixture
def tables(tmp_path):
    paths = {}
    for name, text in (("cells", CELLS), ("sections", SECTIONS), ("xy", XY)):
        paths[name] = tmp_path / f"{name}.csv"
        paths[name].write_text(text)
    return paths


def build(tables, target, task=None, **changes):
    options = {
        "slab": "plane",
        "section": "section",
        "order": "plane_order",
        "coordinates": ("x_mm", "y_mm"),
        "task": task or Task(),
    }
    return build_cells(
        target,
        SourceTable((tables["cells"],), "cell_label"),
        [SourceTable((tables["sections"],), "section"), SourceTable((tables["xy"],), "cell_label")],
        **(options | changes),
    )


def test_slabs_are_in_order_with_counts(tables, tmp_path):
    store = build(tables, tmp_path / "s.parquet")
    assert list(store.slabs) == ["P.10", "P.2"]
    assert [(slab.cells, slab.placed, slab.sections) for slab in store.slabs.values()] == [
        (1, 1, 1),
        (3, 1, 2),
    ]
    assert store.cells == 5
    assert any("1 of 5 cells of the dataset have no plane" in note for note in store.notes)


def test_rows_are_joined_by_label_not_by_position(tables, tmp_path):
    store = build(tables, tmp_path / "s.parquet")
    frame = store.read("P.2")
    assert sorted(frame.index) == ["1", "2", "9-1"]
    assert frame.loc["1", ["x_mm", "y_mm"]].tolist() == [0.1, 1.0]
    assert np.isnan(frame.loc["2", "x_mm"])
    assert frame.loc["9-1", "section"] == "S.02"  # the coordinates table's own section column is not taken
    assert frame.loc["9-1", "barcode"] == 2
    assert store.read("P.10").loc["3", "y_mm"] == 3.0


def test_columns_of_all_cells_follow_the_slabs(tables, tmp_path):
    store = build(tables, tmp_path / "s.parquet")
    labels = store.columns(["cell_label"]).column(0).to_pylist()
    start = store.start("P.2")
    assert labels[start : start + 3] == store.read("P.2").index.tolist()
    assert store.columns(["cell_label"], "P.10").column(0).to_pylist() == ["3"]


def test_repeated_labels_are_said_and_the_first_counts(tables, tmp_path):
    tables["cells"].write_text(CELLS + "1,S.03,77,D\n,S.03,78,D\n")
    tables["xy"].write_text(XY + "wrong,1,5.5,5.5\n")
    store = build(tables, tmp_path / "s.parquet")
    assert store.cells == 5
    assert store.read("P.2").loc["1", "x_mm"] == 0.1
    assert any(note.startswith("2 rows of cells.csv") for note in store.notes)
    assert any(note.startswith("1 row of xy.csv repeats") for note in store.notes)


def test_a_row_that_only_repeats_another_is_not_worth_a_note(tables, tmp_path):
    tables["xy"].write_text(XY + "wrong,1,0.1,1.0\n")
    store = build(tables, tmp_path / "s.parquet")
    assert not any("xy.csv" in note for note in store.notes)


def test_a_missing_column_is_named(tables, tmp_path):
    tables["sections"].write_text("section,barcode\nS.01,1\n")
    with pytest.raises(FormatError, match="'plane'"):
        build(tables, tmp_path / "s.parquet")
    assert list(tmp_path.glob("*parquet*")) == []


@pytest.mark.parametrize(("good", "bad"), [("0.1,1.0", "0.1,abc"), ("0.3,3.0", "<html>,3.0")])
def test_a_text_among_the_coordinates_is_refused(tables, tmp_path, good, bad):
    tables["xy"].write_text(XY.replace(good, bad))
    with pytest.raises(FormatError, match="mm' are not all numbers") as caught:
        build(tables, tmp_path / "s.parquet")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.glob("*parquet*")) == []


@pytest.mark.parametrize("values", ["1,2", ","])
def test_whole_and_absent_coordinates_are_numbers(tables, tmp_path, values):
    tables["xy"].write_text(f"cell_label,x_mm,y_mm\n1,{values}\n")
    store = build(tables, tmp_path / "s.parquet")
    frame = store.read("P.2")
    assert frame[["x_mm", "y_mm"]].dtypes.eq("float64").all()
    assert store.slabs["P.2"].placed == (values != ",")


def test_cancel_leaves_nothing(tables, tmp_path):
    task = Task(lambda progress: task.cancel() if progress.what.startswith("Writing") else None)
    with pytest.raises(Cancelled):
        build(tables, tmp_path / "deep" / "s.parquet", task)
    assert [path for path in tmp_path.rglob("*") if path.suffix == ".part" or "parquet" in path.name] == []


def test_a_damaged_store_is_refused(tables, tmp_path):
    target = tmp_path / "s.parquet"
    build(tables, target)
    target.write_bytes(target.read_bytes()[:-20])
    with pytest.raises(FormatError, match="built again"):
        CellStore(target)
    pq.write_table(
        pq.read_table(build(tables, tmp_path / "t.parquet").path).replace_schema_metadata({}), target
    )
    with pytest.raises(FormatError):
        CellStore(target)


def test_an_unknown_slab(tables, tmp_path):
    with pytest.raises(UnknownNameError, match=r"P\.99"):
        build(tables, tmp_path / "s.parquet").read("P.99")


def test_all_cells_at_once_keep_no_text_that_differs_from_cell_to_cell(tables, tmp_path):
    rows = "".join(f"c{number},S.01,id-{number},D\n" for number in range(5000))
    tables["cells"].write_text("cell_label,section,sample,dataset\n" + rows)
    tables["xy"].write_text("cell_label,x_mm,y_mm\nc7,0.5,1.5\n")
    store = build(tables, tmp_path / "s.parquet")
    everything = store.read(None)
    assert "sample" not in everything
    assert "sample" in store.read("P.2")
    assert len(everything) == store.cells == store.count(None) == 5000
    assert everything.loc["c7", "x_mm"] == 0.5
    assert store.start(None) == 0


def test_cells_of_several_tables_with_other_types_are_put_together(tmp_path):
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text("cell_label,kind,count,sample\na,1,1,\nb,2,2,\n")
    two.write_text("cell_label,kind,count,sample\nb,x,9,s\n123456789012345678901,y,0.5,t\n")
    store = build_cells(
        tmp_path / "s.parquet",
        SourceTable((one, two), "cell_label"),
        [],
        slab=None,
        coordinates=("count",),
        task=Task(),
    )
    frame = store.read("all")
    assert frame.index.tolist() == ["a", "b", "123456789012345678901"]
    assert frame["kind"].tolist() == ["1", "2", "y"]
    assert frame["count"].tolist() == [1.0, 2.0, 0.5]
    assert frame["sample"].isna().tolist() == [True, True, False]
    assert any("1 row of one.csv repeats a cell_label" in note for note in store.notes)


def test_only_the_cells_that_count_are_kept_and_that_is_said(tmp_path):
    path = tmp_path / "cells.csv"
    path.write_text("cell_label,Used in analysis,x,y\na,True,0,0\nb,False,1,1\nc,,2,2\nd,True,3,3\n")
    store = build_cells(
        tmp_path / "s.parquet",
        SourceTable((path,), "cell_label"),
        [],
        where={"Used in analysis": "true"},
        slab=None,
        coordinates=("x", "y"),
        task=Task(),
    )
    assert store.read("all").index.tolist() == ["a", "d"]
    assert "2 of 4 cells count: those whose Used in analysis is true." in store.notes
    with pytest.raises(FormatError, match="'nothing'"):
        build_cells(
            tmp_path / "t.parquet",
            SourceTable((path,), "cell_label"),
            [],
            where={"nothing": "true"},
            slab=None,
            coordinates=(),
            task=Task(),
        )


def test_a_joined_table_may_have_comments_another_key_a_prefix_and_too_many_columns(tmp_path):
    cells, mapped = tmp_path / "cells.csv", tmp_path / "mapped.csv"
    cells.write_text("cell_label,cluster_label,donor\na,own,d1\nb,own,d2\n")
    mapped.write_text("# made by hand\n# nobody\nname,cluster_label,score,other\nb,theirs,0.5,9\n")
    join = SourceTable(
        (mapped,),
        "cell_label",
        table_key="name",
        columns=("cluster_label", "score", "absent"),
        prefix="WHB ",
        comment="#",
    )
    store = build_cells(
        tmp_path / "s.parquet",
        SourceTable((cells,), "cell_label", rename={"donor": "person"}),
        [join, SourceTable((cells,), "library", optional=True)],
        slab=None,
        coordinates=(),
        task=Task(),
    )
    frame = store.read("all")
    assert list(frame) == ["cluster_label", "person", "WHB cluster_label", "WHB score"]
    assert frame.loc["b", ["cluster_label", "WHB cluster_label", "WHB score"]].tolist() == [
        "own",
        "theirs",
        0.5,
    ]
    assert frame.loc["a", "WHB cluster_label"] is np.nan
    assert any("no column 'absent'" in note for note in store.notes)
    assert any("left out, as the cells have no library" in note for note in store.notes)


def test_comments_without_a_header_are_refused(tmp_path):
    cells = tmp_path / "cells.csv"
    cells.write_text("cell_label,x\na,1\n")
    mapped = tmp_path / "mapped.csv"
    mapped.write_text("# only\n# comments")
    with pytest.raises(FormatError, match=r"mapped\.csv"):
        build_cells(
            tmp_path / "s.parquet",
            SourceTable((cells,), "cell_label"),
            [SourceTable((mapped,), "cell_label", comment="#")],
            slab=None,
            coordinates=(),
            task=Task(),
        )


@pytest.fixture
def embedded(tmp_path):
    cells = tmp_path / "cells.csv"
    cells.write_text("cell_label,species,x\na,Human,7\nb,Macaque,7\nc,Human,7\nd,,7\n")
    umap = tmp_path / "umap.csv"
    umap.write_text("cell_label,x,y\nd,4,40\nnobody,0,0\na,1,10\nb,2,20\n")
    base = build_cells(
        tmp_path / "s.parquet",
        SourceTable((cells,), "cell_label"),
        [],
        slab=None,
        coordinates=(),
        task=Task(),
    )
    return base, SourceTable((umap,), "cell_label", columns=("x", "y"))


def test_an_embedding_holds_the_cells_that_it_knows(embedded, tmp_path):
    base, table = embedded
    store = build_embedding(tmp_path / "e.parquet", base, table, by=None, coordinates=("x", "y"), task=Task())
    frame = store.read(None)
    assert frame.index.tolist() == ["a", "b", "d"]
    assert frame[["x", "y"]].to_numpy().tolist() == [[1, 10], [2, 20], [4, 40]]
    assert any("1 of 4 cells of the embedding are not in the dataset" in note for note in store.notes)


def test_a_cell_twice_in_an_embedding_is_not_a_cell_of_another_dataset(embedded, tmp_path):
    base, table = embedded
    (path,) = table.paths
    path.write_text(path.read_text() + "a,99,99\n")
    store = build_embedding(tmp_path / "e.parquet", base, table, by=None, coordinates=("x", "y"), task=Task())
    assert store.read(None).loc["a", ["x", "y"]].tolist() == [1, 10]
    assert f"1 row of {path.name} repeats a cell_label or has none; the first of each counts." in store.notes
    assert any("1 of 4 cells of the embedding are not in the dataset" in note for note in store.notes)


def test_an_embedding_is_split_by_a_column(embedded, tmp_path):
    base, table = embedded
    store = build_embedding(
        tmp_path / "e.parquet", base, table, by="species", coordinates=("x", "y"), task=Task()
    )
    assert {label: slab.placed for label, slab in store.slabs.items()} == {"Human": 1, "Macaque": 1}
    assert store.cells == 3  # also the one of no species
    assert sorted(store.read(None).index) == ["a", "b", "d"]


def test_an_embedding_of_other_cells_is_refused(embedded, tmp_path):
    base, _ = embedded
    other = tmp_path / "other.csv"
    other.write_text("cell_label,x,y\nq,1,1\n")
    with pytest.raises(FormatError, match="none of this dataset"):
        build_embedding(
            tmp_path / "e.parquet",
            base,
            SourceTable((other,), "cell_label"),
            by=None,
            coordinates=("x", "y"),
            task=Task(),
        )


def test_numbers_of_several_tables_stay_numbers(tmp_path):
    """The type of a column is told by the each file: whole numbers in one, fractions in the other."""
    parts = []
    for name, text in {
        "1.csv": "cell_label,depth,score,kind\na,1,7,1\nb,2,,2\n",
        "2.csv": "cell_label,depth,score,kind\nc,0.5,9,many\n",
    }.items():
        parts.append(tmp_path / name)
        parts[-1].write_text(text)
    store = build_cells(
        tmp_path / "s.parquet",
        SourceTable(tuple(parts), "cell_label"),
        (),
        slab=None,
        coordinates=("depth",),
        task=Task(),
    )
    cells = store.read(None)
    assert cells["depth"].tolist() == [1, 2, 0.5]
    assert cells["score"].dtype == "Int64"
    assert cells["score"].isna().tolist() == [False, True, False]
    assert cells["kind"].tolist() == ["1", "2", "many"]


def test_texts_that_differ_from_cell_to_cell_are_kept_where_asked_for(tmp_path):
    path = tmp_path / "cells.csv"
    path.write_text("cell_label,x,id,rest\n" + "".join(f"{i},{i},id{i},r{i}\n" for i in range(200)))
    store = build_cells(
        tmp_path / "s.parquet",
        SourceTable((path,), "cell_label"),
        (),
        slab=None,
        coordinates=("x",),
        task=Task(),
    )
    assert list(store.read(None)) == ["x"]
    assert list(store.read(None, keep={"id"})) == ["x", "id"]
    assert list(store.read("all", omit={"x"})) == ["id", "rest"]


def test_an_embedding_lacks_the_cells_of_one_value_and_keeps_those_after_it(tmp_path):
    cells, umap = tmp_path / "cells.csv", tmp_path / "umap.csv"
    cells.write_text("cell_label,species\na,Alpha\nb,Beta\nc,Gamma\nd,Gamma\n")
    umap.write_text("cell_label,x,y\na,1,10\nc,3,30\nd,4,40\n")
    table = SourceTable((cells,), "cell_label")
    base = build_cells(tmp_path / "s.parquet", table, [], slab=None, coordinates=(), task=Task())
    table = SourceTable((umap,), "cell_label", columns=("x", "y"))
    store = build_embedding(
        tmp_path / "e.parquet", base, table, by="species", coordinates=("x", "y"), task=Task()
    )
    assert {label: slab.cells for label, slab in store.slabs.items()} == {"Alpha": 1, "Gamma": 2}
    assert store.read("Gamma").index.tolist() == ["c", "d"]


def test_texts_of_a_slab_are_stored_as_texts_and_few_of_them_as_categories(tables, tmp_path):
    store = build(tables, tmp_path / "s.parquet")
    frame = store.read("P.2")
    assert frame.index.dtype == pd.StringDtype("pyarrow", na_value=np.nan)
    assert isinstance(frame["section"].dtype, pd.CategoricalDtype)
    many = tmp_path / "many.csv"
    many.write_text("cell_label,uuid\n" + "".join(f"c{i},u{i}\n" for i in range(200)))
    store = build_cells(
        tmp_path / "m.parquet",
        SourceTable((many,), "cell_label"),
        [],
        slab=None,
        coordinates=(),
        task=Task(),
    )
    kept = store.read(None, keep=("uuid",))
    assert kept["uuid"].dtype == pd.StringDtype("pyarrow", na_value=np.nan)
    assert kept["uuid"].tolist()[:2] == ["u0", "u1"]
    assert "uuid" not in store.read(None)
    assert list(store.read(None, omit=("uuid",), keep=("uuid",))) == []
