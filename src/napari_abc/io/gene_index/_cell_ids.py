"""Cell ids of a gene-major index, by which its rows are found without the matrix it was made from.

Their text, a newline after each, compressed by chunks: the array of bytes that the format calls ``labels``.
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

__all__ = ["parse_cell_ids", "write_cell_ids"]

_ROWS = 2**18


def write_cell_ids(ids: pa.Array, folder: Path) -> tuple[int | None, int, tuple[int, ...]]:
    """Write the ids of the cells below the folder of an index.

    Returns
    -------
    text, checksum, files
        Bytes of the text and its CRC-32; bytes of each file. None, 0 and none where an id is
        missing or holds a newline: such ids can't be kept, and the index works beside its matrix.
    """
    if ids.null_count or pc.any(pc.match_substring(ids, "\n")).as_py():
        return None, 0, ()
    total = check = 0
    sizes: list[int] = []
    rest = b""
    width = label_chunk(pc.sum(pc.binary_length(ids)).as_py() + len(ids) if len(ids) else 0)

    def write(text: bytes) -> None:
        packed = pa.Codec("zstd", 1).compress(text.ljust(width, b"\0"), asbytes=True)
        with (folder / label_file(len(sizes))).open("wb") as out:
            out.write(packed)
        sizes.append(len(packed))

    for text in _texts(ids):
        total += len(text)
        check = zlib.crc32(text, check)
        rest += text
        while len(rest) >= width:
            write(rest[:width])
            rest = rest[width:]
    if rest:
        write(rest)
    return total, check, tuple(sizes)


def _texts(ids: pa.Array) -> Iterator[bytes]:
    nothing, newline = (pa.scalar(text, pa.large_string()) for text in ("", "\n"))
    for start in range(0, len(ids), _ROWS):
        ended = pc.binary_join_element_wise(ids.slice(start, _ROWS), nothing, newline)
        offsets = np.frombuffer(ended.buffers()[1], np.int64)[ended.offset : ended.offset + len(ended) + 1]
        yield ended.buffers()[2].to_pybytes()[int(offsets[0]) : int(offsets[-1])]


def parse_cell_ids(files: Sequence[bytes], label_bytes: int, check: int, count: int) -> pa.Array:
    """Ids from the content of their files.

    Raises
    ------
    FormatError
        If they are damaged or of another number.
    """
    width = label_chunk(label_bytes)
    try:
        pieces = [pa.Codec("zstd").decompress(file, width, asbytes=True) for file in files]
    except (pa.ArrowException, OSError) as error:
        raise FormatError(f"The cell ids of a gene index are damaged ({error}); delete it.") from None
    text = np.frombuffer(b"".join(pieces), np.uint8)[:label_bytes]
    ends = np.flatnonzero(text == ord("\n"))
    if len(text) != label_bytes or zlib.crc32(text.data) != check or len(ends) != count:
        raise FormatError("The cell ids of a gene index are damaged; delete the index.")
    offsets = np.concatenate([[0], ends + 1 - np.arange(1, count + 1)]).astype(np.int64)
    letters = text[text != ord("\n")]
    return pa.LargeStringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(letters))
