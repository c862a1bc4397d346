"""The verbs that tell what there is, and fetch it: ``list``, ``slabs``, ``download``."""

from __future__ import annotations

import json
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import pandas as pd

from napari_abc.atlas.directories import Directory
from napari_abc.cli.target import atlas_of, bundle_of, dataset_of
from napari_abc.errors import ConfigurationError, UnknownNameError
from napari_abc.text import SYNTHETIC, bytes_text
from napari_abc.vendors.registry import open_bundle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_abc.atlas.atlas import Atlas
    from napari_abc.atlas.dataset import Dataset
    from napari_abc.cli.console import Console

__all__ = ["download", "list_datasets", "list_slabs"]

_LIST = (
    "dataset",
    "species",
    "platform",
    "slabs",
    "bytes",
    "cached_bytes",
    "license",
    "release",
    "synthetic",
    "available",
)
_DIRECTORIES = ("directory", "files", "bytes", "cached_bytes", "used_by", "what")
_USERS_SHOWN = 2
_SIZES = ("bytes", "cached_bytes")
_SLABS = ("slab", "cells", "sections", "regions", "order", "title")


def list_datasets(arguments: Any, console: Console) -> int:
    """Print a row a dataset, the available ones first; or a row a directory."""
    atlas = atlas_of(arguments, console)
    if arguments.directories:
        return _list_directories(atlas, arguments, console)
    datasets = atlas.datasets
    if arguments.json:
        console.print(_json(datasets, (*_LIST, "reason")))
        return 0
    records = _records(datasets, (*_LIST, "reason"))
    records.sort(key=lambda record: not record["available"])
    rows = []
    for record in records:
        sizes = {column: bytes_text(record[column]) for column in _SIZES if record["available"]}
        license = "none" if record["synthetic"] else record["license"]
        shown = {**record, "bytes": None, "cached_bytes": None, "license": license, **sizes}
        rows.append([_cell(shown[column]) for column in _LIST])
    console.table(_LIST, rows, right=("slabs", *_SIZES))
    for record in records:
        if not record["available"]:
            console.note(f"{record['dataset']} can't be opened: {record['reason']}")
    unused = len(atlas.directories.unused)
    if unused:
        are = "directory is" if unused == 1 else "directories are"
        console.note(f"{unused} more {are} not described yet; 'list --directories' shows all there is.")
    if atlas.synthetic:
        console.note(SYNTHETIC)
    return 0


def _list_directories(atlas: Atlas, arguments: Any, console: Console) -> int:
    """Print a row a directory of the release, those first that nothing uses."""
    directories = atlas.directories
    if arguments.json:
        console.print(_json(directories.table(), ("directory", "kinds", *_DIRECTORIES[1:])))
        return 0
    rows = [
        [
            directory.name,
            _cell(len(directory.files)),
            bytes_text(directory.bytes),
            bytes_text(directory.cached_bytes),
            _cell(_shortened(directory.used_by)),
            _cell(directory.contents if directory.used_by else directory.what),
        ]
        for directory in sorted(directories.values(), key=lambda directory: bool(directory.used_by))
    ]
    console.table(_DIRECTORIES, rows, right=("files", *_SIZES))
    if atlas.synthetic:
        console.note(SYNTHETIC)
    return 0


def _shortened(names: Sequence[str]) -> str:
    more = len(names) - _USERS_SHOWN
    return ", ".join(names[:_USERS_SHOWN]) + (f" and {more} more" if more > 0 else "")


def list_slabs(arguments: Any, console: Console) -> int:
    """Print a row a slab, in the dataset's order."""
    slabs = _run_as_slabs(arguments, console)
    if slabs is None:
        dataset = dataset_of(arguments, console)
        slabs = dataset.count_slabs(console.task) if arguments.count else dataset.list_slabs(console.task)
        if dataset.synthetic:
            console.note(SYNTHETIC)
    if arguments.json:
        console.print(_json(slabs, _SLABS))
    else:
        named = (slabs["title"] != slabs["slab"]).any()
        columns = _SLABS if named else _SLABS[:-1]  # a title that repeats the label tells nothing
        rows = []
        for record in _records(slabs, columns):
            order = record["order"]
            record["order"] = None if order is None else f"{order:.10g}"  # a label, not an amount: no commas
            rows.append([_cell(value) for value in record.values()])
        console.table(columns, rows, right=("cells", "sections", "order"))
    if slabs["cells"].isna().any():
        console.note("Counting the cells takes a download; --count downloads and counts.")
    return 0


def download(arguments: Any, console: Console) -> int:
    """Fetch the files of a dataset, or of a directory, that are not on this disk yet."""
    if bundle_of(arguments.dataset) is not None:
        raise ConfigurationError(
            f"{arguments.dataset!r} is on this disk already; open it with 'napari-abc view'."
        )
    atlas = atlas_of(arguments, console)
    name, expression = arguments.dataset, not arguments.no_expression
    license = ""
    found: Dataset | Directory
    if name in atlas and not (atlas[name].unavailable and name in atlas.directories):
        found = atlas[name]
        license = found.license
    elif name in atlas.directories:
        found = atlas.directories[name]
    else:
        raise _unknown(name, [*atlas, *atlas.directories])
    found.download(console.task, expression=expression)
    console.note(f"{found.name}: {bytes_text(found.cached_bytes)} of {bytes_text(found.bytes)} on this disk.")
    if isinstance(found, Directory):
        for folder in found.folders:
            console.print(str(folder))
    if atlas.synthetic:
        console.note(SYNTHETIC)
    elif license:
        console.note(f"License of the data: {license}.")
    return 0


def _unknown(name: str, known: Sequence[str]) -> UnknownNameError:
    near = list(dict.fromkeys(get_close_matches(name, known, n=3, cutoff=0.4)))
    hint = f"did you mean {' or '.join(near)}?" if near else "'list' and 'list --directories' show all names."
    return UnknownNameError(f"There is no dataset or directory {name!r}; {hint}")


def _run_as_slabs(arguments: Any, console: Console) -> pd.DataFrame | None:
    """The one row of a person's own run, or None if DATASET is not a path."""
    path = bundle_of(arguments.dataset)
    if path is None:
        return None

    slab = open_bundle(path, console.task)
    row = {
        "slab": slab.label,
        "cells": len(slab.cells),
        "sections": 1,
        "regions": len(slab.regions) > 0,
        "order": 0,
        "title": slab.name,
    }
    return pd.DataFrame([row])


def _records(table: pd.DataFrame, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Rows as plain Python values, None for a missing one."""
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
