"""From the tables of the data side to the plain rows that the views show; no Qt, no pandas import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from napari_abc.widgets.find._datasets import DatasetRow
from napari_abc.widgets.find._directories import DirectoryRow
from napari_abc.widgets.find._slabs import SlabRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_abc.atlas.directories import Directory

__all__ = ["dataset_rows", "directory_rows", "gene_rows", "slab_rows"]


def _whole(value: Any) -> int | None:
    """An integer, or None for any of pandas' missing values."""
    return None if pd.isna(value) else int(value)


def dataset_rows(datasets: pd.DataFrame) -> list[DatasetRow]:
    """Rows of :attr:`Atlas.datasets`, the available ones first."""
    rows = [
        DatasetRow(
            name=str(row["dataset"]),
            title=str(row["title"]),
            species=str(row["species"]),
            platform=str(row["platform"]),
            cells=_whole(row["cells"]),
            size=_whole(row["bytes"]),
            on_disk=_whole(row["cached_bytes"]),
            license="" if row["synthetic"] else str(row["license"]),
            available=bool(row["available"]),
            reason=str(row["reason"]),
        )
        for row in datasets.to_dict("records")
    ]
    return sorted(rows, key=lambda row: not row.available)


def directory_rows(directories: Iterable[Directory]) -> list[DirectoryRow]:
    """Rows of some directories of a release."""
    return [
        DirectoryRow(
            name=directory.name,
            contents=directory.contents,
            what=directory.what,
            size=directory.bytes,
            on_disk=directory.cached_bytes,
            folders=tuple(map(str, directory.folders)),
        )
        for directory in directories
    ]


def slab_rows(slabs: pd.DataFrame, kind: str) -> list[SlabRow]:
    """Rows of :attr:`Dataset.slabs`, in its order; ``kind`` is what one of them is called."""
    return [
        SlabRow(
            label=str(row["slab"]),
            cells=_whole(row["cells"]),
            sections=_whole(row["sections"]),
            regions=bool(row["regions"]),
            title="" if row["title"] == row["slab"] else str(row["title"]),
            whole=row["kind"] != kind,
        )
        for row in slabs.to_dict("records")
    ]


def gene_rows(genes: pd.DataFrame) -> list[tuple[str, str]]:
    """Identifier and symbol (empty where there is none) of each gene of a slab."""
    identifiers = [str(identifier) for identifier in genes.index]
    if "gene_symbol" not in genes:
        return [(identifier, "") for identifier in identifiers]
    column = genes["gene_symbol"]
    symbols = ["" if missing else str(symbol) for symbol, missing in zip(column, column.isna(), strict=True)]
    return list(zip(identifiers, symbols, strict=True))
