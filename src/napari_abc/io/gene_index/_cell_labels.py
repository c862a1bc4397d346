"""Cell labels of a gene-major index, by which its rows are found without the matrix it was made from.

The labels' text, a newline after each, compressed by chunks: an array of bytes for zarr.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from napari_abc.errors import FormatError
from napari_abc.io.gene_index._format import label_chunk, label_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["parse_labels", "write_labels"]

_ROWS = 2**18


def write_labels(labels: pa.Array, folder: Path) -> tuple[int | None, int, tuple[int, ...]]:
    """Write the labels of the rows below the folder of an index.

    Returns
    -------
    text, checksum, files
        Bytes of the text and its CRC-32; bytes of each file. None, 0 and none where a label is
        missing or holds a newline: such labels can't be kept, and the index works beside its matrix.
    """
    if labels.null_count or pc.any(pc.match_substring(labels, "\n")).as_py():
        return None, 0, ()
    total = check = 0
    sizes: list[int] = []
    rest = b""
    width = label_chunk(pc.sum(pc.binary_length(labels)).as_py() + len(labels) if len(labels) else 0)

    def write(text: bytes) -> None:
        packed = pa.Codec("zstd", 1).compress(text.ljust(width, b"\0"), asbytes=True)
        with (folder / label_file(len(sizes))).open("wb") as out:
            out.write(packed)
        sizes.append(len(packed))

    for text in _texts(labels):
        total += len(text)
        check = zlib.crc32(text, check)
        rest += text
        while len(rest) >= width:
            write(rest[:width])
            rest = rest[width:]
    if rest:
        write(rest)
    return total, check, tuple(sizes)


def _texts(labels: pa.Array) -> Iterator[bytes]:
    nothing, newline = (pa.scalar(text, pa.large_string()) for text in ("", "\n"))
    for start in range(0, len(labels), _ROWS):
        ended = pc.binary_join_element_wise(labels.slice(start, _ROWS), nothing, newline)
        offsets = np.frombuffer(ended.buffers()[1], np.int64)[ended.offset : ended.offset + len(ended) + 1]
        yield ended.buffers()[2].to_pybytes()[int(offsets[0]) : int(offsets[-1])]


def parse_labels(files: Sequence[bytes], label_bytes: int, check: int, count: int) -> pa.Array:
    """Labels from the content of their files.

    Raises
    ------
    FormatError
        If they are damaged or of another number.
    """
    width = label_chunk(label_bytes)
    try:
        pieces = [pa.Codec("zstd").decompress(file, width, asbytes=True) for file in files]
    except (pa.ArrowException, OSError) as error:
        raise FormatError(f"The cell labels of a gene index are damaged ({error}); delete it.") from None
    text = np.frombuffer(b"".join(pieces), np.uint8)[:label_bytes]
    ends = np.flatnonzero(text == ord("\n"))
    if len(text) != label_bytes or zlib.crc32(text.data) != check or len(ends) != count:
        raise FormatError("The cell labels of a gene index are damaged; delete the index.")
    offsets = np.concatenate([[0], ends + 1 - np.arange(1, count + 1)]).astype(np.int64)
    letters = text[text != ord("\n")]
    return pa.LargeStringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(letters))
