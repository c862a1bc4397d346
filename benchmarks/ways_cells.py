"""The cell tables of a release: joining them once, listing slabs, opening one; ours and pandas'."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from benchmarks.meter import Sample, measure, read_bytes
from benchmarks.releases import DATASET, TABLES, slab_label, table_path

if TYPE_CHECKING:
    import pandas as pd

    from napari_abc.atlas.dataset import Dataset


def _dataset(folder: str, cache: str) -> Dataset:
    from napari_abc.atlas.atlas import open_atlas

    return open_atlas(folder, cache, offline=True)[DATASET]


def ingest(folder: str, cache: str) -> dict[str, Sample]:
    """Check every file's MD5, read, join, sort by slab, write: what the first opening does."""
    shutil.rmtree(cache, ignore_errors=True)
    dataset = _dataset(folder, cache)
    sample, slabs = measure(dataset.count_slabs)
    return {"ingest": {**sample, "cells": int(slabs["cells"].sum())}}


def open_slab(folder: str, cache: str, slab: int, warm: int = 0) -> dict[str, Sample]:
    """List the slabs and open one, in a process that opened another slab before."""
    _dataset(folder, cache).slab(slab_label(warm))
    dataset = _dataset(folder, cache)
    listing, _ = measure(lambda: dataset.slabs)
    # The memory counts while what was opened is held, as a viewer does.
    opening, opened = measure(lambda: _dataset(folder, cache).slab(slab_label(slab)))
    cells = opened.cells
    size = int(cells.memory_usage(deep=True).sum()) / 1e6
    copy, _ = measure(lambda: cells.copy(deep=True), repeats=5)
    more = {"cells": len(cells), "table_mb": size, "times_table": opening["mb"] / size}
    return {"list": listing, "open": {**opening, **more}, "copy": copy}


def read_tables(folder: str) -> dict[str, Sample]:
    """The physical limit of reading the tables: their bytes."""
    return read_bytes([str(table_path(folder, name)) for name in TABLES])


def pandas_open(folder: str, slab: int) -> dict[str, Sample]:
    """What a notebook does each time: read every table, join by label, keep the slab's rows."""
    joining, table = measure(lambda: _pandas_join(folder))
    taking, kept = measure(lambda: table[table["slab_plane_label"] == slab_label(slab)].copy())
    whole = {"seconds": [joining["seconds"][0] + taking["seconds"][0]], "mb": joining["mb"] + taking["mb"]}
    return {"ingest": {**joining, "cells": len(table)}, "open": {**whole, "cells": len(kept)}}


def _pandas_join(folder: str) -> pd.DataFrame:
    import pandas as pd

    def read(name: str, key: str) -> Any:
        return pd.read_csv(table_path(folder, name), dtype={key: str}).set_index(key)

    def apart(table: pd.DataFrame, suffix: str) -> pd.DataFrame:
        return table.rename(columns={name: f"{name}_{suffix}" for name in table if name in cells})

    cells = read(TABLES[0], "cell_label")
    cells = cells.join(apart(read(TABLES[1], "brain_section_label"), "specimen"), on="brain_section_label")
    for name in TABLES[2:]:
        cells = cells.join(apart(read(name, "cell_label"), name))
    return cells
