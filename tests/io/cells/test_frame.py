"""From an Arrow table to a data frame: whole numbers stay whole, and columns keep their places."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from napari_abc.io.cells import to_frame


@pytest.mark.parametrize("kind", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])
def test_whole_numbers_with_gaps_stay_whole(kind: str) -> None:
    largest = np.iinfo(kind).max
    table = pa.table({"n": pa.array([1, None, int(largest)], getattr(pa, kind)())})
    column = to_frame(table)["n"]
    assert str(column.dtype).lower() == kind
    assert str(column.dtype) != kind  # the one that may lack values
    assert column.isna().tolist() == [False, True, False]
    assert int(column.iloc[2]) == largest


def test_columns_keep_their_places_and_those_without_gaps_their_type() -> None:
    table = pa.table(
        {
            "a": pa.array([1, None], pa.int32()),
            "b": ["x", None],
            "c": pa.array([3, 4], pa.int32()),
            "d": pa.array([None, 5], pa.int64()),
            "e": [0.5, None],
        }
    )
    frame = to_frame(table)
    assert list(frame) == list("abcde")
    assert frame["c"].dtype == np.int32
    assert frame["e"].dtype == np.float64
    assert frame["d"].tolist()[1] == 5
