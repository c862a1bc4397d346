"""The verbs that tell what there is, and fetch it: ``list``, ``slabs``, ``download``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from napari_abc.cli.target import atlas_of, bundle_of
from napari_abc.errors import ConfigurationError
from napari_abc.widgets.words import bytes_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from napari_abc.cli.console import Console

__all__ = ["download", "list_datasets", "list_slabs"]

_LIST = (
    "dataset",
    "species",
    "platform",
    "slabs",
    "bytes",
    "cached_bytes",
    "licence",
    "release",
    "synthetic",
    "available",
)
_SLABS = ("slab", "cells", "sections", "regions", "order")


def list_datasets(arguments: Any, console: Console) -> int:
    """Print a row a dataset."""
    atlas = atlas_of(arguments, console)
    datasets = atlas.datasets
    if arguments.json:
        console.print(_json(datasets, (*_LIST, "reason")))
        return 0
    rows = []
    for record in _records(datasets, _LIST):
        for column in ("bytes", "cached_bytes"):
            count = record[column]
            record[column] = None if count is None else bytes_text(count)
        rows.append([_cell(record[column]) for column in _LIST])
    console.table(_LIST, rows, right=("slabs", "bytes", "cached_bytes"))
    for record in _records(datasets, ("dataset", "available", "reason")):
        if not record["available"]:
            console.note(f"{record['dataset']} can't be opened: {record['reason']}")
    if atlas.synthetic:
        console.note("Synthetic data, made up by napari-abc.")
    return 0


def list_slabs(arguments: Any, console: Console) -> int:
    """Print a row a slab, in the dataset's order."""
    slabs = _run_as_slabs(arguments, console)
    if slabs is None:
        dataset = atlas_of(arguments, console)[arguments.dataset]
        slabs = dataset.count_slabs(console.task) if arguments.count else dataset.list_slabs(console.task)
        if dataset.synthetic:
            console.note("Synthetic data, made up by napari-abc.")
    if arguments.json:
        console.print(_json(slabs, _SLABS))
    else:
        rows = []
        for record in _records(slabs, _SLABS):
            order = record["order"]
            record["order"] = None if order is None else f"{order:.10g}"  # a label, not an amount: no commas
            rows.append([_cell(value) for value in record.values()])
        console.table(_SLABS, rows, right=("cells", "sections", "order"))
    if slabs["cells"].isna().any():
        console.note("Counting the cells takes a download; --count downloads and counts.")
    return 0


def download(arguments: Any, console: Console) -> int:
    """Fetch the files of a dataset that are not on this disk yet."""
    if bundle_of(arguments.dataset) is not None:
        raise ConfigurationError(
            f"{arguments.dataset!r} is on this disk already; open it with 'napari-abc view'."
        )
    dataset = atlas_of(arguments, console)[arguments.dataset]
    dataset.download(console.task, expression=not arguments.no_expression)
    console.note(
        f"{dataset.name}: {bytes_text(dataset.cached_bytes)} of {bytes_text(dataset.bytes)} on this disk. "
        f"Licence of the data: {dataset.licence}."
    )
    return 0


def _run_as_slabs(arguments: Any, console: Console) -> pd.DataFrame | None:
    """The one row of a person's own run, or None if DATASET is not a path."""
    import pandas as pd

    path = bundle_of(arguments.dataset)
    if path is None:
        return None
    from napari_abc.vendors.bundle import open_bundle

    slab = open_bundle(path, console.task)
    row = {
        "slab": slab.label,
        "cells": len(slab.cells),
        "sections": 1,
        "regions": len(slab.regions) > 0,
        "order": 0,
    }
    return pd.DataFrame([row])


def _records(table: pd.DataFrame, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Rows as plain Python values, None for a missing one."""
    import pandas as pd

    picked = table.loc[:, list(columns)].astype(object)
    picked = picked.where(picked.notna(), None)
    records = [dict(zip(columns, row, strict=True)) for row in picked.itertuples(index=False, name=None)]
    for record in records:
        for column, value in record.items():
            if hasattr(value, "item"):  # a numpy scalar, which json can't write
                record[column] = value.item()
            elif value is pd.NaT:
                record[column] = None
    return records


def _json(table: pd.DataFrame, columns: Sequence[str]) -> str:
    return json.dumps(_records(table, columns), indent=2)


def _cell(value: object) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
