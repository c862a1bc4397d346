"""From an Arrow table to a data frame whose whole numbers stay whole."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa

__all__ = ["to_frame"]

_WHOLE = {
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(),
    pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
}


def to_frame(table: pa.Table, **options: Any) -> pd.DataFrame:
    """A table as a data frame.

    Whole numbers of which some are missing become pandas' nullable integers; pandas itself would make
    floats of them, and ``651`` would be written as ``651.0``.

    Parameters
    ----------
    table
        The table.
    **options
        As for :meth:`pyarrow.Table.to_pandas`.
    """
    gaps = {
        place: field.name
        for place, field in enumerate(table.schema)
        if field.type in _WHOLE and table.column(place).null_count
    }
    columns = {place: table.column(place).to_pandas(types_mapper=_WHOLE.get) for place in gaps}
    frame: pd.DataFrame = table.drop_columns(list(gaps.values())).to_pandas(**options)
    for place, name in gaps.items():
        frame.insert(place, name, columns[place])
    return frame
