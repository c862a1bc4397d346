"""The verb ``taxonomy``: the taxonomies of a release, the levels of one, or the terms of a level."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from napari_abc.atlas.taxonomy import make_level_table
from napari_abc.cli.console import plain
from napari_abc.cli.target import atlas_of
from napari_abc.errors import ConfigurationError
from napari_abc.text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_abc.atlas.atlas import Atlas
    from napari_abc.atlas.taxonomy import Level, Taxonomy
    from napari_abc.cli.console import Console

__all__ = ["taxonomy"]

_TAXONOMIES = ("taxonomy", "title", "species", "levels", "terms", "bytes", "cached_bytes", "available")


def taxonomy(arguments: Any, console: Console) -> int:
    """List taxonomies, the levels of one, or terms with ancestors, colors and counts.

    Raises
    ------
    ConfigurationError
        If terms are asked for without naming a taxonomy.
    UnknownNameError
        If there is no such taxonomy or level.
    """
    if arguments.name is None and (arguments.level is not None or arguments.find is not None):
        raise ConfigurationError("Name a taxonomy too; 'napari-abc taxonomy' lists them.")
    atlas = atlas_of(arguments, console)
    if arguments.name is None:
        _list_taxonomies(atlas, arguments, console)
        return 0
    found = atlas.taxonomy(arguments.name, console.task)
    if arguments.level is None and arguments.find is None:
        _list_levels(found, arguments, console)
    else:
        _list_terms(found, arguments, console)
    for note in found.notes:
        console.note(note)
    if atlas.synthetic:
        console.note("Synthetic data, made up by napari-abc.")
    return 0


def _list_taxonomies(atlas: Atlas, arguments: Any, console: Console) -> None:
    table = atlas.taxonomies
    records = [{str(name): _plain(value) for name, value in row.items()} for row in table.to_dict("records")]
    records.sort(key=lambda record: not record["available"])
    if not (arguments.json or arguments.csv):
        for record in records:
            for column in ("bytes", "cached_bytes"):
                record[column] = bytes_text(record[column]) if record["available"] else None
    _print(records, (*_TAXONOMIES, "reason"), arguments, console, hidden=("reason",))
    if not (arguments.json or arguments.csv):
        for record in records:
            if record["reason"]:
                console.note(f"{record['taxonomy']} can't be opened: {record['reason']}")
    if atlas.synthetic:
        console.note("Synthetic data, made up by napari-abc.")


def _list_levels(found: Taxonomy, arguments: Any, console: Console) -> None:
    records = [
        {
            "level": level.name,
            "label": level.label,
            "terms": len(level.terms),
            "facet": level.facet,
            "description": level.description,
        }
        for level in found.levels
    ]
    _print(records, ("level", "label", "terms", "facet", "description"), arguments, console)


def _list_terms(found: Taxonomy, arguments: Any, console: Console) -> None:
    levels = [*found.tree, *found.facets] if arguments.level is None else [found.level(arguments.level)]
    records = [record for level in levels for record in _terms(found, level, arguments.find or "")]
    if not records:
        console.note(f"No term holds {arguments.find!r}.")
    if arguments.json:
        _print(records, tuple(records[0]) if records else (), arguments, console)
        return
    names = [level.name for level in (*found.tree, *found.facets)]
    used = [name for name in names if any(name in record["terms"] for record in records)]
    # A level may be called as one of our columns is, so the columns of terms are told by their place.
    flat = [{**record, **{f"terms.{name}": record["terms"].get(name) for name in used}} for record in records]
    volumes = ("volume_mm3",) if any("volume_mm3" in record for record in records) else ()
    # A term's own name stands in the column of its level, as the atlas's lists have it.
    columns = (
        "label",
        "level",
        *(f"terms.{name}" for name in used),
        "color",
        "cells",
        "leaves",
        "children",
        *volumes,
    )
    if arguments.csv:
        columns = (*columns, "description")
    _print(flat, columns, arguments, console)


def _terms(found: Taxonomy, level: Level, text: str) -> list[dict[str, Any]]:
    """Terms of a level that hold a text, with the names of those above them."""
    level_table = make_level_table(found, level)
    records = []
    for row in level_table.find(text).nonzero()[0].tolist():
        above = {column.title: column.names[row] for column in (*level_table.chain, *level_table.facets)}
        record: dict[str, Any] = {
            "label": level_table.terms.labels[row],
            "name": level_table.terms.names[row],
            "level": level.name,
            "terms": {title: name for title, name in above.items() if name},
            "color": level_table.terms.colors[row],
            "cells": _known(level_table.cells[row]),
            "leaves": _known(level_table.leaves[row]),
            "children": int(level_table.children[row]),
            "description": level_table.descriptions[row],
        }
        if level_table.volumes is not None:
            volume = float(level_table.volumes[row])
            record["volume_mm3"] = volume if volume == volume else None
        records.append(record)
    return records


def _known(count: Any) -> int | None:
    return int(count) if count >= 0 else None


def _plain(value: Any) -> Any:
    """A plain Python value, None for a missing one."""
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def _print(
    records: list[dict[str, Any]],
    columns: Sequence[str],
    arguments: Any,
    console: Console,
    hidden: Sequence[str] = (),
) -> None:
    """Records as JSON or CSV with all columns, or as a table of those that are not hidden."""
    if arguments.json:
        picked = [{name: record[name] for name in columns} for record in records]
        console.print(json.dumps(picked, indent=2))
    elif arguments.csv:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(map(_header, columns))
        for record in records:
            writer.writerow(["" if record.get(name) is None else plain(record[name]) for name in columns])
        console.print(text.getvalue().rstrip("\n"))
    else:
        shown = [name for name in columns if name not in hidden]
        numbers = [
            name for name in shown if any(isinstance(record.get(name), int | float) for record in records)
        ]
        rows = [[_cell(record.get(name)) for name in shown] for record in records]
        right = [_header(name) for name in numbers if name not in ("facet", "available")]
        console.table([_header(name) for name in shown], rows, right=right)


def _header(column: str) -> str:
    return column.removeprefix("terms.")


def _cell(value: object) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
