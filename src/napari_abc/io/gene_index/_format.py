"""Layout of a gene-major index: how many cells a block has, which files there are, what they say.

``docs/formats.md`` describes it for people. In short: cells are cut into *blocks* of up to 65,536
rows and blocks are gathered into *parts*, a file a part; in a part the entries that are not zero lie
gene by gene, and within a gene block by block: the row within the block as uint16, and the value.
Everything is an array of zarr version 3, written so that an entry lies at a plain byte offset.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "BLOCK_ROWS",
    "FORMAT",
    "INNER",
    "LABEL_CHUNK",
    "PART_ENTRIES",
    "SEGMENTS",
    "VALUE_TYPES",
    "About",
    "array_documents",
    "checksum",
    "label_chunk",
    "label_file",
    "padded",
    "rows_file",
    "shard_tail",
    "values_file",
]

FORMAT = 1
"""Version of the layout; part of every index's name, so that an older one is never read."""
BLOCK_ROWS = 65_536
"""Most cells a block: its row numbers fit into uint16."""
PART_ENTRIES = 12 * 2**20
"""Most entries a part, which is built in memory: 16 bytes each for float32."""
INNER = 16_384
"""Entries of an inner chunk of a part's file."""
LABEL_CHUNK = 2**24
"""Bytes of text a chunk of the cell ids, before compression."""
VALUE_TYPES = ("|u1", "<u2", "<f4", "<f8", "<i8", "<u8")
"""Types that values are stored as, in order of preference."""
SEGMENTS = "segments/c/0/0/0"
"""File with, for each gene and block, the first entry in its part, their number and their checksum."""

_ATTRIBUTE = "gene_index"
_MOST_CELLS = 2**31
_MOST_TEXT = 2**36
_MOST_TABLE = 2**32
_ZARR_NAMES = {"|u1": "uint8", "<u2": "uint16", "<f4": "float32", "<f8": "float64"} | {
    "<i8": "int64",
    "<u8": "uint64",
    "<u4": "uint32",
}


def rows_file(part: int) -> str:
    """File with the row numbers of a part's entries."""
    return f"rows/c/{part}/0"


def values_file(part: int) -> str:
    """File with the values of a part's entries."""
    return f"values/c/{part}/0"


def label_file(chunk: int) -> str:
    """File with a chunk of the cell ids, which the format calls ``labels``."""
    return f"labels/c/{chunk}"


def checksum(rows: Any, values: Any, gene: int, block: int, blocks: int) -> int:
    """CRC-32 of the bytes of a segment's rows, then values.

    It starts from the segment's place, so that a segment that was moved, and a table that was
    overwritten with zeros, are noticed too.
    """
    return zlib.crc32(values, zlib.crc32(rows, (gene * blocks + block + 1) & 0xFFFFFFFF))


@dataclass(frozen=True)
class About:
    """What an index says of itself, in the attributes of its group.

    Raises
    ------
    FormatError
        If the numbers can't belong to an index.
    """

    key: str
    """What it was made from: the MD5 of the matrix file, or size and time of change."""
    source: str
    """Name of the matrix file."""
    cells: int
    block_rows: int
    part_blocks: int
    """Blocks a part; the last part may have fewer."""
    capacity: int
    """Entries that a part's arrays have room for; a multiple of :data:`INNER`."""
    dtype: str
    """Type of the values, one of :data:`VALUE_TYPES`."""
    entries: tuple[int, ...]
    """Entries of each part."""
    label_bytes: int | None
    """Bytes of the cell ids' text; None where the index has none."""
    label_checksum: int
    label_files: tuple[int, ...]
    """Bytes of each compressed chunk of the cell ids."""
    identifiers: tuple[str, ...]
    format: int = FORMAT

    def __post_init__(self) -> None:
        counts = (self.cells, self.block_rows, self.part_blocks, self.capacity, self.label_checksum)
        texts = (self.key, self.source, *self.identifiers)
        if not (
            self.format == FORMAT
            and all(
                type(count) is int and count >= 0
                for count in (*counts, *self.entries, *self.label_files, self.label_bytes or 0)
            )
            and all(type(text) is str for text in texts)
            and self.dtype in VALUE_TYPES
            and self.cells < _MOST_CELLS
            and 1 <= self.block_rows <= BLOCK_ROWS
            and self.part_blocks >= 1
            and 0 < self.capacity < 2**32
            and self.capacity % INNER == 0
            and len(self.entries) == self.parts
            and all(count <= self.capacity for count in self.entries)
            and self.genes * self.blocks * 12 <= _MOST_TABLE
            and (self.label_bytes or 0) < _MOST_TEXT
            and len(self.label_files) == -(-(self.label_bytes or 0) // LABEL_CHUNK)
            and all(size <= 2 * LABEL_CHUNK for size in self.label_files)
        ):
            raise FormatError("The description of a gene index is not one; delete the index.")

    @property
    def genes(self) -> int:
        """Number of genes."""
        return len(self.identifiers)

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return -(-self.cells // self.block_rows)

    @property
    def parts(self) -> int:
        """Number of parts."""
        return -(-self.blocks // self.part_blocks)

    def sizes(self) -> dict[str, int]:
        """Bytes of every file but the descriptions."""
        sizes = {SEGMENTS: self.genes * self.blocks * 12} if self.genes * self.blocks else {}
        width = np.dtype(self.dtype).itemsize
        for part, count in enumerate(self.entries):
            for name, itemsize in ((rows_file(part), 2), (values_file(part), width)):
                sizes[name] = padded(count) * itemsize + len(shard_tail(count, self.capacity, itemsize))
        return sizes | {label_file(chunk): size for chunk, size in enumerate(self.label_files)}

    def document(self) -> bytes:
        """The ``zarr.json`` of the index's group."""
        about = asdict(self)
        group = {"zarr_format": 3, "node_type": "group"}
        return _json(group | {"attributes": {_ATTRIBUTE: about | {"checksum": _check(about)}}})

    @classmethod
    def parse(cls, document: bytes) -> About:
        """Read what :meth:`document` wrote.

        Raises
        ------
        FormatError
            If it is anything else.
        """
        try:
            about = json.loads(document)["attributes"][_ATTRIBUTE]
            if about.pop("checksum") != _check(about):
                raise FormatError("The description of a gene index is damaged; delete the index.")
            lists: dict[str, Any] = {
                name: tuple(about.pop(name)) for name in ("entries", "label_files", "identifiers")
            }
            return cls(**about, **lists)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            if isinstance(error, FormatError):
                raise
            raise FormatError(
                "There is no gene index of a format that is known; delete what is there."
            ) from error


def _check(about: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(about, sort_keys=True).encode())


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, indent=1).encode()


def padded(count: int) -> int:
    """Entries that a part's file has room for: whole inner chunks."""
    return -(-count // INNER) * INNER


def shard_tail(count: int, capacity: int, itemsize: int) -> bytes:
    """End of a part's file, by which zarr finds the inner chunks: offset and length of each.

    Parameters
    ----------
    count
        Entries of the part, which fill its first inner chunks; the rest have none.
    capacity
        Entries the array has room for.
    itemsize
        Bytes an entry.
    """
    index = np.full((capacity // INNER, 2), 2**64 - 1, "<u8")
    used = padded(count) // INNER
    index[:used, 0] = np.arange(used, dtype=np.uint64) * (INNER * itemsize)
    index[:used, 1] = INNER * itemsize
    return index.tobytes()


def array_documents(about: About) -> dict[str, bytes]:
    """The ``zarr.json`` of each array of an index, by file name."""
    plain: list[dict[str, Any]] = [{"name": "bytes", "configuration": {"endian": "little"}}]
    sharded = {
        "name": "sharding_indexed",
        "configuration": {
            "chunk_shape": [1, INNER],
            "codecs": plain,
            "index_codecs": plain,
            "index_location": "end",
        },
    }
    one_byte: list[dict[str, Any]] = [{"name": "bytes"}]
    packed = [*one_byte, {"name": "zstd", "configuration": {"level": 1, "checksum": False}}]
    table = (about.genes, about.blocks, 3)
    parts = (about.parts, about.capacity)
    arrays: dict[str, tuple[str, Sequence[int], Sequence[int], Any]] = {
        "segments": ("<u4", table, [max(1, size) for size in table], plain),
        "rows": ("<u2", parts, (1, about.capacity), [sharded]),
        "values": (about.dtype, parts, (1, about.capacity), [sharded]),
    }
    if about.label_bytes is not None:
        arrays["labels"] = ("|u1", (about.label_bytes,), (label_chunk(about.label_bytes),), packed)
    return {
        f"{name}/zarr.json": _json(
            {
                "zarr_format": 3,
                "node_type": "array",
                "shape": list(shape),
                "data_type": _ZARR_NAMES[dtype],
                "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(chunks)}},
                "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
                "fill_value": 0,
                "codecs": codecs,
                "attributes": {},
            }
        )
        for name, (dtype, shape, chunks, codecs) in arrays.items()
    }


def label_chunk(label_bytes: int) -> int:
    """Bytes of text in each chunk of the cell ids; the last is filled up with zeros."""
    return max(1, min(LABEL_CHUNK, label_bytes))
