"""Value sets: the order, names and colours that a release gives to the values of a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_abc.coloring import normalise_color
from napari_abc.model import MISSING_COLOR, Palette
from napari_abc.stores.tables import read_text_table, require_columns

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ValueTable", "read_value_set"]


@dataclass(frozen=True, slots=True)
class ValueTable:
    """Values of one field, in order."""

    labels: tuple[str, ...]
    names: tuple[str, ...]
    """What a label stands for: ``"external segment of globus pallidus"``."""
    colors: tuple[str, ...]

    def describe(self, label: str) -> tuple[str, str]:
        """Name and colour of a label; itself and grey where it is unknown."""
        rank = self.rank(label)
        return (self.names[rank], self.colors[rank]) if rank < len(self.labels) else (label, MISSING_COLOR)

    def rank(self, label: str) -> int:
        """Place of a label in the order; past the end where it is unknown."""
        return self.labels.index(label) if label in self.labels else len(self.labels)

    def palette(self) -> Palette:
        """The same as a palette."""
        return Palette(self.labels, self.colors)


def read_value_set(path: Path, field: str) -> ValueTable:
    """Read the values of one field of a value-set table.

    A label alone is no key, for it may stand in several fields; the field is filtered first.

    Raises
    ------
    FormatError
        If the table lacks a column.
    """
    import numpy as np
    import pandas as pd

    table = read_text_table(path)
    require_columns(table, ("label", "field", "color_hex_triplet"), path)
    table = table[table["field"] == field].drop_duplicates("label")
    if "order" in table:
        order = pd.to_numeric(table["order"], errors="coerce").to_numpy(dtype=np.float64, na_value=np.inf)
        table = table.iloc[order.argsort(kind="stable")]
    names = (
        table["description"].where(table["description"] != "", table["label"])
        if "description" in table
        else table["label"]
    )
    return ValueTable(
        tuple(table["label"]), tuple(names), tuple(map(normalise_color, table["color_hex_triplet"]))
    )
