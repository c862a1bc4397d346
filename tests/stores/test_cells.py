"""The joined cells: matched by label, sorted by slab, nothing lost."""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq
import pytest

from napari_abc.errors import Cancelled, FormatError, UnknownNameError
from napari_abc.stores.cells import CellStore, SourceTable, build_cells
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
        SourceTable(tables["cells"], "cell_label"),
        [
            SourceTable(tables["sections"], "section"),
            SourceTable(tables["xy"], "cell_label", {"x_mm": "x_mm"}),
        ],
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
    assert any("1 of 5 cells of the dataset belong to no slab" in note for note in store.notes)


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
    assert any(note.startswith("1 rows of xy.csv") for note in store.notes)


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
