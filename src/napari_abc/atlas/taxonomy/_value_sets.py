"""Value sets: the order, names and colors that a release gives to the values of a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from napari_abc.io.cells import read_text_table, require_columns
from napari_abc.model import MISSING_COLOR, Palette, normalize_color

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["ValueTable", "inline_values", "read_value_sets"]


@dataclass(frozen=True, slots=True)
class ValueTable:
    """Values of one field, in order."""

    labels: tuple[str, ...]
    names: tuple[str, ...]
    """What a label stands for: ``"external segment of globus pallidus"``."""
    colors: tuple[str, ...]

    def describe(self, label: str) -> tuple[str, str]:
        """Name and color of a label; itself and gray where it is unknown."""
        rank = self.rank(label)
        return (self.names[rank], self.colors[rank]) if rank < len(self.labels) else (label, MISSING_COLOR)

    def rank(self, label: str) -> int:
        """Place of a label in the order; past the end where it is unknown."""
        return self.labels.index(label) if label in self.labels else len(self.labels)

    def palette(self) -> Palette:
        """The same as a palette."""
        return Palette(self.labels, self.colors)


def read_value_sets(path: Path) -> dict[str, ValueTable]:
    """Read a value-set table: the values of each field.

    A label alone is no key, for it may stand in several fields.

    Raises
    ------
    FormatError
        If the table lacks a column.
    """
    table = read_text_table(path)
    require_columns(table, ("label", "field", "color_hex_triplet"), path)
    return {str(field): _values(rows) for field, rows in table.groupby("field", sort=False) if field}


def _values(table: pd.DataFrame) -> ValueTable:
    table = table.drop_duplicates("label")
    if "order" in table:
        table = table.iloc[_numbers(table["order"]).argsort(kind="stable")]
    names = (
        table["description"].where(table["description"] != "", table["label"])
        if "description" in table
        else table["label"]
    )
    return ValueTable(
        tuple(table["label"]), tuple(names), tuple(map(normalize_color, table["color_hex_triplet"]))
    )


def inline_values(values: pd.Series, colors: pd.Series, order: pd.Series | None) -> Palette:
    """Palette of a column whose colors, and maybe order, stand beside it in every row.

    Parameters
    ----------
    values, colors, order
        (cells,) each. Where a value has several colors or places the first counts; without an
        order, values are sorted by name.
    """
    table = pd.DataFrame({"value": values, "color": colors}).reset_index(drop=True)
    table["order"] = 0.0 if order is None else _numbers(order)
    table = table.dropna(subset=["value"]).drop_duplicates("value").astype({"value": str})
    table = table.sort_values(["order", "value"])
    shown = table["color"].astype("object").where(table["color"].notna(), MISSING_COLOR)
    return Palette(tuple(table["value"]), tuple(map(normalize_color, map(str, shown))))


def _numbers(order: pd.Series) -> NDArray[np.float64]:
    """Places in an order; what is no number comes last."""
    return pd.to_numeric(order, errors="coerce").to_numpy(dtype=np.float64, na_value=np.inf)
