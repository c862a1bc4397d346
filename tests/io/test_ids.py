"""Ids of cells are compared as exact text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from napari_abc.errors import FormatError
from napari_abc.io.ids import CellIds, as_text

LONG = 2**53 + 1


@pytest.mark.parametrize(
    "values",
    [
        [LONG, "7", b"07"],
        [str(LONG), b"7", "07"],
        np.array([str(LONG), "7", "07"]),
        np.array([str(LONG), "7", "07"], dtype=object),
        np.array([str(LONG).encode(), b"7", b"07"]),
        np.array([LONG, b"7", "07"], dtype=object),
        pd.Index([str(LONG), "7", "07"]),
        pd.Series([str(LONG), "7", "07"], dtype="category"),
        pa.array([str(LONG), "7", "07"]),
        pa.chunked_array([[str(LONG)], ["7", "07"]]),
    ],
    ids=lambda values: type(values).__name__,
)
def test_ids_of_any_kind_are_the_same_text(values: Any) -> None:
    found = as_text(values)
    assert found.type == pa.large_string()
    assert found.to_pylist() == [str(LONG), "7", "07"]


def test_whole_numbers_keep_all_their_digits_and_nothing_is_no_ids() -> None:
    assert as_text(np.array([LONG, 2**63 - 1])).to_pylist() == [str(LONG), str(2**63 - 1)]
    assert as_text([2**70, 1]).to_pylist() == [str(2**70), "1"]
    assert as_text([]).type == pa.large_string()
    assert as_text(np.array([], float)).to_pylist() == []


@pytest.mark.parametrize("values", [[1.0, 2.0], np.array([1.5]), ["a", 1.5], pa.array([1.0])])
def test_floating_point_numbers_are_refused(values: Any) -> None:
    with pytest.raises(FormatError, match=r"floating-point number.*as text"):
        as_text(values)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(FormatError, match="not text in UTF-8"):
        as_text(np.array([b"\xff"]))


def test_rows_of_ids_and_none_for_strangers() -> None:
    ids = CellIds(["b", "a", "7"], "cells.csv")
    assert len(ids) == 3
    for _ in range(2):  # what was found out about repeats is kept
        rows = ids.rows_of(["a", 7, "nobody", "a"])
        assert rows.dtype == np.int64
        assert rows.tolist() == [1, 2, -1, 1]
    assert ids.rows_of([]).tolist() == []


def test_an_id_of_several_rows_is_refused_only_if_somebody_asks_for_it() -> None:
    ids = CellIds(["a", "b", "a", "c", "c", "c"], "cells.csv")
    assert ids.rows_of(["b", "x"]).tolist() == [1, -1]
    with pytest.raises(
        FormatError, match=r"^cells\.csv has several rows for 2 of the cells, for example 'c'"
    ):
        ids.rows_of(["b", "c", "a", "c"])
    with pytest.raises(FormatError, match="several rows for 1 of the cells, for example 'a'"):
        ids.rows_of(["a"])
