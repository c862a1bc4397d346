"""Tables of an h5ad file: their labels, every kind of column, and damaged ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

from napari_abc.errors import FormatError
from napari_abc.io.matrix import _h5table as module
from napari_abc.io.matrix import read_table, read_text
from napari_abc.io.matrix._h5table import read_column, read_index, row_count
from napari_abc.io.matrix._layout import check_matrix, matrix_layers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXT = h5py.string_dtype()


@pytest.fixture
def file(tmp_path: Path) -> Iterator[h5py.File]:
    with h5py.File(tmp_path / "a.h5ad", "w") as file:
        table = file.create_group("obs")
        table.attrs["_index"] = "cell"
        table.attrs["column-order"] = ["b", "a"]
        table.create_dataset("cell", data=["x", "y", "z"], dtype=TEXT)
        table["a"] = [1, 2, 3]
        table["b"] = [1.5, 2.5, 3.5]
        yield file


def group(parent: h5py.Group, name: str, attributes: dict[str, Any], **parts: Any) -> h5py.Group:
    made = parent.create_group(name)
    made.attrs.update(attributes)
    for part, values in parts.items():
        made[part] = values
    return made


def test_columns_come_in_their_order_and_those_that_it_does_not_name_last(file: h5py.File) -> None:
    file["obs/later"] = [7, 8, 9]
    file["obs/__categories/hidden"] = [b"x"]
    table, unreadable = read_table(file, "obs")
    assert list(table) == ["b", "a", "later"]
    assert table.index.tolist() == ["x", "y", "z"]
    assert table["later"].tolist() == [7, 8, 9]
    assert unreadable == []
    assert row_count(file, "obs") == 3
    del file["obs"].attrs["column-order"]
    assert sorted(read_table(file, "obs")[0]) == ["a", "b", "later"]
    file["obs"].attrs["column-order"] = "a"  # a single one may be no list
    assert next(iter(read_table(file, "obs")[0])) == "a"


@pytest.mark.parametrize("name", ["_index", "index"])
def test_an_index_without_its_attribute_is_found_by_its_usual_names(file: h5py.File, name: str) -> None:
    del file["obs"].attrs["_index"]
    with pytest.raises(FormatError, match="the table '/obs' has no index"):
        read_index(file, "obs")
    file["obs"].move("cell", name)
    assert read_index(file, "obs").to_pylist() == ["x", "y", "z"]


def test_a_compound_table_has_the_first_of_its_fields_as_index(file: h5py.File) -> None:
    rows = np.array([(b"p", 1, 0), (b"q", 2, 1)], [("label", "S1"), ("n", "i4"), ("kind", "i1")])
    file["var"] = rows
    file["uns/kind_categories"] = [b"one", b"two"]
    table, _ = read_table(file, "var")
    assert table.index.tolist() == ["p", "q"]
    assert list(table) == ["n", "kind"]
    assert table["n"].tolist() == [1, 2]
    assert table["kind"].tolist() == ["one", "two"]
    assert row_count(file, "var") == 2
    assert read_column(file, "var", "absent") is None


def test_every_kind_of_column(file: h5py.File) -> None:
    obs = file["obs"]
    group(obs, "ordered", {"ordered": True}, codes=[1, 0, -1], categories=[b"low", b"high"])
    group(obs, "numbers", {}, codes=[1, 0, 1], categories=[10, 20])
    group(obs, "whole", {}, values=[5, 6, 7], mask=[False, True, False])
    group(obs, "yes", {}, values=[True, False, True], mask=[False, False, True])
    group(obs, "real", {}, values=[0.5, 1.5, 2.5], mask=[True, False, False])
    group(obs, "text", {}, values=[b"p", b"q", b"r"], mask=[False, True, False])
    obs["bytes"] = [b"p", b"q", b"r"]
    obs.create_dataset("swapped", data=np.array([1, 2, 3], ">i4"))
    table, unreadable = read_table(file, "obs")
    assert unreadable == []
    assert table["ordered"].cat.ordered
    assert table["ordered"].cat.codes.tolist() == [1, 0, -1]
    assert not table["numbers"].cat.ordered
    assert table["numbers"].tolist() == [20, 10, 20]
    assert table["whole"].dtype == "Int64"
    assert table["whole"].isna().tolist() == [False, True, False]
    assert (table["yes"].dtype, table["real"].dtype) == ("boolean", "Float64")
    assert table["text"].tolist() == ["p", None, "r"]
    assert table["bytes"].tolist() == ["p", "q", "r"]
    assert table["swapped"].tolist() == [1, 2, 3]
    assert table["swapped"].dtype.isnative


@pytest.mark.parametrize(
    ("name", "parts", "why"),
    [
        ("short", [1, 2], "it has 2 values for 3 rows"),
        ("pairs", np.zeros((3, 2)), "it is float64 of shape"),
        ("complex", np.zeros(3, "c8"), "it is complex64 of shape"),
        ("repeated", {"codes": [0, 1, 0], "categories": [b"a", b"a"]}, "its categories repeat"),
        ("high", {"codes": [0, 1, 2], "categories": [b"a", b"b"]}, "its category codes are out of range"),
        ("low", {"codes": [0, 1, -2], "categories": [b"a", b"b"]}, "its category codes are out of range"),
        (
            "fractions",
            {"codes": [0.0, 1.0, 0.0], "categories": [b"a", b"b"]},
            "its category codes are out of range",
        ),
        ("unknown", {"other": [1, 2, 3]}, "it is of the kind 'unknown'"),
    ],
)
def test_a_column_that_cannot_be_shown_is_named_with_the_reason(
    file: h5py.File, name: str, parts: Any, why: str
) -> None:
    if isinstance(parts, dict):
        group(file["obs"], name, {}, **parts)
    else:
        file["obs"][name] = parts
    table, (reason,) = read_table(file, "obs")
    assert list(table) == ["b", "a"]
    assert reason.startswith(f"{name} ({why}")


def test_labels_are_read_by_blocks(file: h5py.File, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", 2)
    names = [f"é{i}" for i in range(5)]
    assert read_text(file.create_dataset("t", data=names, dtype=TEXT)).to_pylist() == names
    assert read_text(file.create_dataset("n", data=[5, 6, 7])).to_pylist() == ["5", "6", "7"]
    assert read_text(file.create_dataset("e", data=[], dtype=TEXT)).to_pylist() == []
    for values in (np.zeros(3), np.zeros((2, 2), "i4")):
        with pytest.raises(FormatError, match="should be a list of labels, but is"):
            read_text(file.create_dataset(f"d{values.ndim}", data=values))


def test_what_is_no_table_is_refused(file: h5py.File) -> None:
    file["list"] = [1, 2, 3]
    for name in ("absent", "list"):
        with pytest.raises(FormatError, match=f"has no table '{name}', so it is not an h5ad file"):
            row_count(file, name)
    file["obs"].attrs["_index"] = "b"
    del file["obs/b"]
    file["obs/b"] = np.zeros((3, 2))
    with pytest.raises(FormatError, match="the index of 'obs' is no list"):
        row_count(file, "obs")


def test_an_index_that_may_lack_values_is_read_as_text(file: h5py.File) -> None:
    del file["obs/cell"]
    group(file["obs"], "cell", {}, values=[b"p", b"q", b"r"], mask=[False, False, False])
    assert read_index(file, "obs").to_pylist() == ["p", "q", "r"]
    assert row_count(file, "obs") == 3


def test_layers_are_listed_with_what_was_set_aside(file: h5py.File) -> None:
    assert matrix_layers(file) == []
    file["layers/counts"] = np.zeros((3, 2))
    assert matrix_layers(file) == ["counts"]
    file["raw.X"] = np.zeros((3, 2))
    assert matrix_layers(file) == ["counts", "raw"]
    del file["raw.X"]
    file["raw/X"] = np.zeros((3, 2))
    assert matrix_layers(file) == ["counts", "raw"]


def sparse(file: h5py.File, kind: str = "csr_matrix", **changes: Any) -> h5py.Group:
    parts = {"indptr": [0, 1, 1, 2], "indices": [0, 1], "data": [1.0, 2.0]} | changes
    return group(file, "X", {"encoding-type": kind, "shape": (3, 2)}, **parts)


def test_a_matrix_whose_parts_fit_says_how_it_lies(file: h5py.File, tmp_path: Path) -> None:
    assert check_matrix(sparse(file), (3, 2), tmp_path) == "csr"
    assert check_matrix(file.create_dataset("D", data=np.zeros((3, 2), "?")), (3, 2), tmp_path) == "dense"
    del file["X"].attrs["shape"]
    assert check_matrix(file["X"], (3, 2), tmp_path) == "csr"
    old = group(
        file, "O", {"h5sparse_format": "csc", "h5sparse_shape": (3, 2)}, indptr=[0, 1, 2], indices=[0, 1]
    )
    old["data"] = [1, 2]
    assert check_matrix(old, (3, 2), tmp_path) == "csc"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"indptr": [0, 1, 2]}, "3 line ends for 3 lines"),
        ({"indices": [0, 1, 1]}, "3 indices and 2 values"),
        ({"indptr": [0, 1, 1, 1]}, "do not fit together"),
        ({"indices": [0.0, 1.0]}, "does not hold numbers"),
        ({"indptr": [0.0, 1, 1, 2]}, "does not hold numbers"),
        ({"data": [b"a", b"b"]}, "does not hold numbers"),
        ({"data": [[1.0, 2.0]]}, "lacks indptr, indices or data"),
        ({"kind": "coo_matrix"}, "X is stored as 'coo_matrix'; write it as csr"),
        ({"kind": ""}, "X is stored as 'an unknown kind'"),
    ],
)
def test_a_matrix_whose_parts_do_not_fit_is_refused(
    file: h5py.File, changes: dict[str, Any], why: str, tmp_path: Path
) -> None:
    with pytest.raises(FormatError, match=why):
        check_matrix(sparse(file, **changes), (3, 2), tmp_path)


def test_a_matrix_of_another_shape_or_of_texts_is_refused(file: h5py.File, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"X has shape \(3, 2\), but the file lists 2 cells and 3 genes"):
        check_matrix(sparse(file), (2, 3), tmp_path)
    texts = file.create_dataset("T", data=np.full((3, 2), b"a"))
    with pytest.raises(FormatError, match=r"T holds \|S1, not numbers"):
        check_matrix(texts, (3, 2), tmp_path)
