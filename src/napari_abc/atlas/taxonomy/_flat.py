"""Reading a taxonomy from one table that names the terms of all levels in each row.

A row is a cluster, or a cell: then the same few hundred rows stand there a million times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from napari_abc.atlas.taxonomy._build import Parts, numeric
from napari_abc.errors import FormatError
from napari_abc.io.cells import read_large_table, require_columns
from napari_abc.task import Task

if TYPE_CHECKING:
    from pathlib import Path

    from napari_abc.atlas.entries import FlatLevel, TaxonomyEntry

__all__ = ["read_flat"]


def read_flat(entry: TaxonomyEntry, path: Path, task: Task | None = None) -> Parts:
    """Terms and leaves of a flat taxonomy; parents are told by the leaves.

    Raises
    ------
    FormatError
        If the table lacks a column, or a cluster has other terms in another row.
    """
    rows = _distinct_rows(entry, path, task or Task())
    terms, members = [], []
    for number, level in enumerate(entry.levels):
        label = _labels(level, number, rows)
        color, order = rows[level.color], rows[level.order] if level.order else pd.Series("", rows.index)
        of_level = pd.DataFrame(
            {
                "label": label,
                "name": rows[level.column],
                "set": level.name,
                "parent": "",
                "color": color,
                "description": "",
                "order": numeric(order),
            }
        )
        of_level = of_level[rows[level.column] != ""].drop_duplicates("label")
        # Names of the atlas begin with their number, so that they sort as the terms do.
        by_name = of_level["name"].rank(method="first").to_numpy()
        terms.append(of_level.iloc[np.lexsort((by_name, of_level["order"].to_numpy()))])
        have = rows[level.column] != ""
        members.append(pd.DataFrame({"alias": rows[entry.key][have], "term": label[have]}))
    sets = pd.DataFrame(
        {
            "label": [level.name for level in entry.levels],
            "name": [level.name for level in entry.levels],
            "description": "",
        }
    )
    if sets["label"].duplicated().any():
        raise FormatError(f"The catalog describes a level of {entry.directory} twice; remove one.")
    return Parts(entry.directory, sets, pd.concat(terms), pd.concat(members), nested=True)


def _labels(level: FlatLevel, number: int, rows: pd.DataFrame) -> pd.Series:
    """Labels of a level's terms; names may repeat on other levels, so one made of a name tells its level."""
    if level.label is not None:
        return rows[level.label]
    name = rows[level.column]
    return name.where(name == "", f"{number}:" + name)


def _distinct_rows(entry: TaxonomyEntry, path: Path, task: Task) -> pd.DataFrame:
    """The rows that differ, every column that is needed as text."""
    used = [entry.key]
    for level in entry.levels:
        used += [column for column in (level.column, level.color, level.label, level.order) if column]
    used = list(dict.fromkeys(used))
    table = read_large_table(path, used, task)
    require_columns(table, used, path)
    table = table.select(used)
    plain = pa.schema([(name, pa.string()) for name in used])
    rows = table.cast(plain).group_by(used).aggregate([]).to_pandas().fillna("")
    rows = rows[rows[entry.key] != ""].sort_values(entry.key, kind="stable", ignore_index=True)
    task.check()
    frame: pd.DataFrame = rows.astype(object)
    return frame
