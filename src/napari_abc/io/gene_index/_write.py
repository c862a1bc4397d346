"""Writing the files of a gene-major index: the narrowest type of values, checksums, shards, tables."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.io.gene_index._format import checksum, padded, shard_tail

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["checksums", "code", "link", "narrowed", "write_segments", "write_shard"]

_TABLE_BYTES = 2**24
"""Bytes of the table of segments that are held at a time."""


def code(dtype: np.dtype[Any]) -> str:
    """Short name of a type, for file names: ``"f4"``."""
    return dtype.str[1:]


def narrowed(values: NDArray[Any]) -> NDArray[Any]:
    """The values in the narrowest type that holds them exactly; not a bit is lost."""
    if values.dtype.kind == "f":
        head = values[:4096]
        with np.errstate(invalid="ignore"):  # a NaN that signals
            whole = bool(np.all(head == np.floor(head))) and bool(np.all(values == np.floor(values)))
        whole = whole and not np.signbit(values).any()
    else:
        whole = True
    if whole:
        largest, smallest = (values.max(), values.min()) if len(values) else (0, 0)
        for small in ("|u1", "<u2"):
            if smallest >= 0 and largest <= np.iinfo(small).max:
                return values.astype(small)
    if values.dtype.kind != "f":
        # Every whole number up to 2^24 is a float32, up to 2^53 a float64.
        for name, exact in (("<f4", 2**24), ("<f8", 2**53)):
            if -exact <= int(smallest) and int(largest) <= exact:
                return values.astype(name)
        return values.astype("<u8" if values.dtype.kind == "u" else "<i8", copy=False)
    if values.dtype == np.float64:
        with np.errstate(over="ignore", invalid="ignore"):
            for some in (values[:4096], values):  # most often the first few tell
                narrow = some.astype("<f4")
                if not np.array_equal(narrow.astype("<f8"), some, equal_nan=True):
                    return values
        return narrow
    return values


def checksums(
    rows: NDArray[Any], values: NDArray[Any], starts: NDArray[Any], first_block: int, blocks: int
) -> NDArray[np.uint32]:
    """Checksum of each segment, (genes, blocks of the part); ``starts`` has one column more."""
    rows_bytes = rows.view(np.uint8).data
    values_bytes = values.view(np.uint8).data
    width = values.dtype.itemsize
    found = np.empty((starts.shape[0], starts.shape[1] - 1), np.uint32)
    for gene, line in enumerate(starts.tolist()):
        for block, start in enumerate(line[:-1]):
            stop = line[block + 1]
            found[gene, block] = checksum(
                rows_bytes[2 * start : 2 * stop],
                values_bytes[width * start : width * stop],
                gene,
                first_block + block,
                blocks,
            )
    return found


def write_shard(out: Any, entries: NDArray[Any], capacity: int) -> None:
    """Write the file of a part's rows or values: entries, zeros up to an inner chunk, zarr's index."""
    out.write(np.ascontiguousarray(entries).view(np.uint8).data)
    width = entries.dtype.itemsize
    out.write(bytes((padded(len(entries)) - len(entries)) * width))
    out.write(shard_tail(len(entries), capacity, width))


def write_segments(path: Path, tables: list[NDArray[np.uint32]]) -> None:
    """Join the tables of the parts, some genes at a time."""
    genes = tables[0].shape[0] if tables else 0
    line = sum(table.shape[1] for table in tables) * 12
    step = max(1, _TABLE_BYTES // max(1, line))
    with path.open("wb") as out:
        for gene in range(0, genes, step):
            joined = np.concatenate([table[gene : gene + step] for table in tables], axis=1)
            out.write(np.ascontiguousarray(joined, "<u4").tobytes())


def link(source: Path, target: Path) -> None:
    """Put a finished file of a part into the index, without copying it where that is possible."""
    target.parent.mkdir(exist_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without links
        shutil.copyfile(source, target)
