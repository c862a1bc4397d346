"""Entries of a gene, as the files of an index have them, put in the places of the cells asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.io.gene_index._format import rows_file, values_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_abc.io.gene_index._files import Files, Span
    from napari_abc.io.gene_index._rows import RowPlan
    from napari_abc.task import Task

    Table = Sequence[Sequence[int]]
    """First entry, number of entries and checksum of a gene's segment in each block."""

__all__ = ["SHORT", "scatter_runs", "scatter_whole", "whole_spans"]

SHORT = 1024
"""Entries a block below which it is faster to place all blocks of a part at once."""


def whole_spans(table: Table, plan: RowPlan, width: int) -> list[Span]:
    """Where the rows and the values of all blocks of a plan lie, a pair a part; ``width`` in bytes."""
    spans: list[Span] = []
    for part, blocks in plan.parts:
        start = table[blocks[0]][0]
        count = table[blocks[-1]][0] + table[blocks[-1]][1] - start
        spans.append((rows_file(part), 2 * start, 2 * count))
        spans.append((values_file(part), width * start, width * count))
    return spans


def scatter_whole(
    values: NDArray[np.float32],
    table: Table,
    plan: RowPlan,
    contents: Sequence[memoryview],
    dtype: np.dtype[Any],
    height: int,
) -> None:
    """Place what lies in :func:`whole_spans`.

    Parameters
    ----------
    values
        (plan.size or more,) zeros, which are written to.
    contents
        What the spans hold.
    dtype
        Type of the stored values.
    height
        Rows a block.

    Raises
    ------
    IndexError
        If a row lies outside its block.
    """
    at = done = 0
    for number, (_, blocks) in enumerate(plan.parts):
        windows = plan.windows[done : done + len(blocks)]
        done += len(blocks)
        start = table[blocks[0]][0]
        rows = np.frombuffer(contents[2 * number], "<u2")
        entries = _as_float32(np.frombuffer(contents[2 * number + 1], dtype))
        if len(rows) > SHORT * len(blocks) or len(blocks) < 3:
            for block, (low, high) in zip(blocks, windows, strict=True):
                first, count = table[block][0], table[block][1]
                here = slice(first - start, first - start + count)
                _place(values[at : at + high - low], rows[here], entries[here], low, high, height)
                at += high - low
        else:
            at = _scatter_short(values, rows, entries, table, blocks, windows, at, height)


def _place(
    window: NDArray[np.float32],
    rows: NDArray[np.uint16],
    entries: NDArray[np.float32],
    low: int,
    high: int,
    height: int,
) -> None:
    """Place a segment's entries that lie in the window from row `low` of the block to `high`."""
    if low > 0 or high < height:
        # In the type of the rows, or all of them would be converted for the search.
        begin = rows.searchsorted(np.uint16(low))
        end = rows.searchsorted(np.uint16(high - 1), "right")
        rows, entries = rows[begin:end] - np.uint16(low), entries[begin:end]
    window[rows.astype(np.intp)] = entries


def _scatter_short(
    values: NDArray[np.float32],
    rows: NDArray[np.uint16],
    entries: NDArray[np.float32],
    table: Table,
    blocks: tuple[int, ...],
    windows: tuple[tuple[int, int], ...],
    at: int,
    height: int,
) -> int:
    """Place the short segments of many blocks at once."""
    start = table[blocks[0]][0]
    if len(rows) and int(rows.max()) >= height:
        raise IndexError("A row lies outside its block.")
    counts = [table[block][1] for block in blocks]
    if sum(counts) < len(rows):  # blocks in between are not wanted
        kept = np.concatenate([np.arange(table[b][0], table[b][0] + table[b][1]) for b in blocks]) - start
        rows, entries = rows[kept], entries[kept]
    lows, highs = np.array(windows, np.intp).T
    ends = at + np.cumsum(highs - lows)
    places = rows + np.repeat(ends - highs, counts)
    if len(windows) * height != int((highs - lows).sum()):
        inside = (rows >= np.repeat(lows, counts)) & (rows < np.repeat(highs, counts))
        places, entries = places[inside], entries[inside]
    values[places] = entries
    return int(ends[-1])


def scatter_runs(
    values: NDArray[np.float32],
    table: Table,
    plan: RowPlan,
    files: Files,
    dtype: np.dtype[Any],
    task: Task | None,
) -> None:
    """Place the entries of short windows: read all rows, find the windows in them, read only their values.

    Two rounds of reading, so it is for files that are near; and nothing is compared with its checksum.

    Raises
    ------
    IndexError
        If a row lies outside its block.
    """
    spans: list[Span] = []
    for part, blocks in plan.parts:
        start = table[blocks[0]][0]
        spans.append((rows_file(part), 2 * start, 2 * (table[blocks[-1]][0] + table[blocks[-1]][1] - start)))
    width = dtype.itemsize
    wanted: list[Span] = []
    runs: list[
        tuple[NDArray[np.intp], int]
    ] = []  # places of a window's entries; the first of them in the part
    number = at = 0
    for (part, blocks), content in zip(plan.parts, files.read(spans, task), strict=True):
        rows, start = np.frombuffer(content, "<u2"), table[blocks[0]][0]
        opening = len(runs)
        end = 0
        for block in blocks:
            low, high = plan.windows[number]
            number += 1
            end = table[block][0] - start
            segment = rows[end : end + table[block][1]]
            # In the type of the rows, or all of them would be converted for the search.
            begin = end + int(segment.searchsorted(np.uint16(low)))
            end += int(segment.searchsorted(np.uint16(high - 1), "right"))
            # A copy: the next read takes the room of the rows.
            places = rows[begin:end].astype(np.intp)
            places += at - low
            runs.append((places, begin))
            at += high - low
        begin = runs[opening][1]
        wanted.append((values_file(part), width * (start + begin), width * (end - begin)))
    number = 0
    for (_, blocks), content in zip(plan.parts, files.read(wanted, task), strict=True):
        entries = _as_float32(np.frombuffer(content, dtype))
        first = runs[number][1]
        for places, begin in runs[number : number + len(blocks)]:
            values[places] = entries[begin - first : begin - first + len(places)]
        number += len(blocks)


def _as_float32(entries: NDArray[Any]) -> NDArray[np.float32]:
    if entries.dtype == np.float32:
        return entries
    with np.errstate(over="ignore"):  # beyond float32's range becomes inf, as it should
        return entries.astype(np.float32)
