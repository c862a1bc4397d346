"""What part of an array a key asks for, for arrays that are made when they are read."""

from __future__ import annotations

from typing import Any

__all__ = ["Window", "read_key"]

Window = tuple[int, int, int, int]
"""First row and the one after the last, first column and the one after the last."""


def read_key(key: Any, shape: tuple[int, int]) -> tuple[Window, tuple[slice | int, slice | int]]:
    """Split a key into the window of pixels that holds what it asks for, and a key within that.

    Parameters
    ----------
    key
        Whole numbers, slices and an ellipsis, as numpy takes them.
    shape
        Of the array.

    Raises
    ------
    IndexError
        If a number is out of range, or there are more than two of them.
    """
    parts = list(key) if isinstance(key, tuple) else [key]
    if Ellipsis in parts:
        at = parts.index(Ellipsis)
        parts[at : at + 1] = [slice(None)] * (3 - len(parts))
    parts += [slice(None)] * (2 - len(parts))
    if len(parts) != 2:
        raise IndexError(f"two axes can't be read with {key!r}")
    (top, bottom, down), (left, right, across) = (
        _one_axis(part, length) for part, length in zip(parts, shape, strict=True)
    )
    return (top, bottom, left, right), (down, across)


def _one_axis(part: Any, length: int) -> tuple[int, int, slice | int]:
    if isinstance(part, slice):
        chosen = range(*part.indices(length))
        if not chosen:
            return 0, 0, slice(0)
        start, stop = min(chosen), max(chosen) + 1
        # A step back ends before the first pixel, which only None can say.
        return start, stop, slice(chosen[0] - start, None, chosen.step)
    start = int(part) + (length if part < 0 else 0)
    if not 0 <= start < length:
        raise IndexError(f"{part} is out of the {length} pixels of that axis")
    return start, start + 1, 0
