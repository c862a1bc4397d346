"""Ids of cells as they are kept in an index."""

from __future__ import annotations

import zlib

import pyarrow as pa
import pytest

from napari_abc.errors import FormatError
from napari_abc.io.gene_index._cell_ids import parse_cell_ids

TEXT = "é1\n\nlast\n".encode()


def parsed(count: int = 3, check: int = zlib.crc32(TEXT), size: int = len(TEXT)) -> pa.Array:
    return parse_cell_ids([pa.Codec("zstd").compress(TEXT, asbytes=True)], size, check, count)


def test_ids_are_taken_apart() -> None:
    assert parsed().to_pylist() == ["é1", "", "last"]


@pytest.mark.parametrize(
    "wrong", [{"count": 2}, {"count": 4}, {"check": 7}, {"size": len(TEXT) - 1}, {"size": len(TEXT) + 1}]
)
def test_ids_that_are_not_as_they_were_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(FormatError, match="cell ids of a gene index are damaged"):
        parsed(**wrong)
