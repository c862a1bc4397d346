"""Cell ids as exact text, and finding rows by them.

Ids of a MERSCOPE run exceed 2^53, MERFISH ids are partly all digits: as numbers they would be
mixed up, so they are compared as text everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from napari_abc.errors import FormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CellIds", "as_text"]


def as_text(values: Any) -> pa.Array:
    """Any list of ids as exact text, a ``large_string`` array.

    Parameters
    ----------
    values
        Texts, bytes in UTF-8 or whole numbers; a list, numpy array, pandas index or series, or
        Arrow array.

    Raises
    ------
    FormatError
        If they are floating-point numbers, which lose the last digits of long ids, bytes that are
        no text, or nothing that can be an id.

    Examples
    --------
    >>> as_text([9007199254740993, "7", b"07"]).to_pylist()
    ['9007199254740993', '7', '07']
    """
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if not len(values):
        return pa.array([], pa.large_string())
    try:
        # numpy would make texts of a list of texts and numbers, and of 1e17 among them "1e+17".
        kind = object if isinstance(values, list | tuple) else None
        array = values if isinstance(values, pa.Array) else pa.array(np.asarray(values, kind))
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):  # a mixture of kinds
        array = pa.array([_one(value) for value in values], pa.large_string())
    if pa.types.is_floating(array.type):
        raise FormatError(
            "Cell ids are floating-point numbers, which lose digits; read or store them as text."
        )
    try:
        return array.cast(pa.large_string())
    except pa.ArrowInvalid as error:
        raise FormatError(f"Ids are not text in UTF-8 ({error}); write them as text.") from None


def _one(value: object) -> str:
    if isinstance(value, float):
        raise FormatError(f"A cell id is the floating-point number {value}; read or store ids as text.")
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


class CellIds:
    """The ids of a table's cells, and the row of each.

    Parameters
    ----------
    ids
        Id of the cell in each row, anything that :func:`as_text` takes.
    where
        Name of the table or file, for messages.

    Attributes
    ----------
    ids
        The ids as text, a ``large_string`` array, (cells,).

    Raises
    ------
    FormatError
        See :func:`as_text`.

    Examples
    --------
    >>> CellIds(["b", "a", "7"], "cells.csv").rows_of(["a", 7, "nobody"]).tolist()
    [1, 2, -1]
    """

    def __init__(self, ids: Any, where: str) -> None:
        self.ids = as_text(ids)
        self._where = where
        self._repeated: pa.Array | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def rows_of(self, wanted: Any) -> NDArray[np.int64]:
        """Row of each id that is wanted, -1 where there is no such cell; (wanted,).

        Raises
        ------
        FormatError
            If an id that is asked for stands for several rows: whichever was taken, a cell might
            get another cell's color. Repeated ids that nobody asks for do no harm.
        """
        wanted = as_text(wanted)
        if self._repeated is None:
            self._repeated = self.ids[:0]
            if len(self.ids.unique()) < len(self.ids):  # count_distinct takes five times as long
                counts = pc.value_counts(self.ids)
                self._repeated = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
        if len(self._repeated):
            asked = wanted.filter(pc.is_in(wanted, value_set=self._repeated))
            if len(asked):
                raise FormatError(
                    f"{self._where} has several rows for {len(pc.unique(asked)):,} of the cells, for example "
                    f"{asked[0].as_py()!r}, so their values can't be told apart; make its cell ids unique."
                )
        found = pc.index_in(wanted, value_set=self.ids).fill_null(-1)
        return np.asarray(found.to_numpy(zero_copy_only=False), np.int64)
