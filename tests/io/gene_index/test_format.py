"""What an index says of itself, and descriptions that can't be one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from napari_abc.errors import FormatError
from napari_abc.io.gene_index import _format as module
from napari_abc.io.gene_index._format import INNER, LABEL_CHUNK, About, label_chunk, padded, shard_tail

ABOUT = About(
    key="ab12",
    source="m.h5ad",
    cells=250,
    block_rows=100,
    part_blocks=2,
    capacity=INNER,
    dtype="<f4",
    entries=(70, 30),
    label_bytes=500,
    label_checksum=7,
    label_files=(90,),
    identifiers=("E1", "E2"),
)


def test_a_description_is_read_as_it_was_written() -> None:
    assert About.parse(ABOUT.document()) == ABOUT
    assert (ABOUT.genes, ABOUT.blocks, ABOUT.parts) == (2, 3, 2)
    assert replace(ABOUT, cells=200, entries=(1,)).parts == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": 2},
        {"cells": -1},
        {"cells": 250.0},
        {"cells": True},
        {"cells": 2**31},
        {"block_rows": 0},
        {"block_rows": 65_537},
        {"part_blocks": 0},
        {"capacity": 0},
        {"capacity": INNER + 1},
        {"capacity": 2**32},
        {"dtype": "<f2"},
        {"entries": (70,)},
        {"entries": (70, 30, 1)},
        {"entries": (70, INNER + 1)},
        {"entries": (70, -1)},
        {"label_bytes": -5},
        {"label_bytes": 0},
        {"label_bytes": LABEL_CHUNK + 1},
        {"label_files": ()},
        {"label_files": (90, 90)},
        {"label_files": (2 * LABEL_CHUNK + 1,)},
        {"label_checksum": -1},
        {"identifiers": ("E1", 2)},
        {"key": 5},
        {"source": None},
    ],
    ids=str,
)
def test_numbers_that_cannot_belong_to_an_index_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(FormatError, match="description of a gene index is not one"):
        replace(ABOUT, **wrong)


@pytest.mark.parametrize(
    "right",
    [
        {"block_rows": 65_536, "entries": (70,), "part_blocks": 1},
        {"entries": (INNER, 0)},
        {"label_bytes": None, "label_files": ()},
        {"label_files": (2 * LABEL_CHUNK,)},
        {"cells": 0, "entries": ()},
    ],
    ids=str,
)
def test_numbers_at_their_limits_are_taken(right: dict[str, Any]) -> None:
    about = replace(ABOUT, **right)
    assert About.parse(about.document()) == about


def test_a_table_that_would_be_gigabytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_TABLE", 2 * 3 * 12)
    assert replace(ABOUT).blocks == 3
    monkeypatch.setattr(module, "_MOST_TABLE", 2 * 3 * 12 - 1)
    with pytest.raises(FormatError):
        replace(ABOUT)


def test_damage_and_other_documents_are_told() -> None:
    document = json.loads(ABOUT.document())
    document["attributes"]["gene_index"]["cells"] = 251
    with pytest.raises(FormatError, match="is damaged; delete the index"):
        About.parse(json.dumps(document).encode())
    for content in (b"", b"[]", b"{}", b'{"attributes": {"gene_index": 3}}', b"[" * 100_000):
        with pytest.raises(FormatError, match="no gene index of a format that is known"):
            About.parse(content)


def test_files_are_as_large_as_their_entries_need() -> None:
    sizes = ABOUT.sizes()
    assert sizes["segments/c/0/0/0"] == 2 * 3 * 12
    assert sizes["rows/c/0/0"] == INNER * 2 + 16
    assert sizes["values/c/1/0"] == INNER * 4 + 16
    assert sizes["labels/c/0"] == 90
    assert len(sizes) == 6
    assert "segments/c/0/0/0" not in replace(ABOUT, identifiers=()).sizes()
    assert (padded(0), padded(1), padded(INNER), padded(INNER + 1)) == (0, INNER, INNER, 2 * INNER)
    assert (label_chunk(0), label_chunk(5), label_chunk(LABEL_CHUNK + 1)) == (1, 5, LABEL_CHUNK)


def test_the_end_of_a_file_says_where_its_pieces_lie() -> None:
    import numpy as np

    nothing = 2**64 - 1
    table = np.frombuffer(shard_tail(INNER + 1, 3 * INNER, 2), "<u8").reshape(-1, 2)
    assert table.tolist() == [[0, 2 * INNER], [2 * INNER, 2 * INNER], [nothing, nothing]]
