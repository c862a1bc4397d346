"""How the atlas's releases are laid out, and their real tables where they lie beside the checkout."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from project import DATA, REALDATA

LAYOUT: dict[str, Any] = json.loads((DATA / "released-layout.json").read_text("utf-8"))
"""Names only, as in release 20250531: ``columns`` of tables, ``tables`` and ``matrices`` of directories."""

ABC = REALDATA / "abc"
"""Real tables and manifests; only some developers have them, and none belongs to the project."""


def columns(table: str) -> list[str]:
    """The columns of a released table in their order, for example of ``"WMB-10X/gene"``."""
    found: list[str] = LAYOUT["columns"][table]
    return found


def csv_text(table: str, **values: Any) -> str:
    """A table as CSV with the columns of a released one; those that are not given are empty.

    Raises
    ------
    KeyError
        If a column is given that the released table has not.
    """
    found = pd.DataFrame(values)
    strange = found.columns.difference(columns(table))
    if len(strange):
        raise KeyError(f"{table} has no {', '.join(strange)}")
    return found.reindex(columns=columns(table)).to_csv(index=False)


def real_table(path: str, **options: Any) -> pd.DataFrame | None:
    """A real table below ``ABC``, or None where there is none: its values are checked in addition."""
    return pd.read_csv(ABC / path, **options) if (ABC / path).exists() else None
