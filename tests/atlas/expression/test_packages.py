"""Names of packages as they are written in a column."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from napari_abc.atlas.expression._packages import _encoded


@pytest.mark.parametrize(
    ("column", "codes", "names"),
    [
        (pa.chunked_array([], pa.string()), [], []),
        (pa.chunked_array([], pa.dictionary(pa.int32(), pa.string())), [], []),
        (pa.chunked_array([["b", None], ["a", "b"]]), [0, -1, 1, 0], ["b", "a"]),
        (pa.chunked_array([[7, None], [8, 7]]), [0, -1, 1, 0], ["7", "8"]),
        (
            pa.chunked_array(
                [pa.array(["b", "a"]).dictionary_encode(), pa.array(["c", "b"]).dictionary_encode()]
            ),
            [0, 1, 2, 0],
            ["b", "a", "c"],
        ),
    ],
)
def test_texts_of_any_kind_become_codes(column: pa.ChunkedArray, codes: list[int], names: list[str]) -> None:
    found, texts = _encoded(column)
    assert found.dtype == np.int64
    assert (found.tolist(), texts) == (codes, names)
