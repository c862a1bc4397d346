"""From the name of a column of a cells table to what the cells are colored by."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from napari_abc.errors import ConfigurationError, UnknownNameError
from napari_abc.model.categorical import Categorical
from napari_abc.model.colors import distinct_colors, normalize_color
from napari_abc.model.continuous import Continuous

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from napari_abc.model.coloring import Coloring
    from napari_abc.model.colors import Palette
    from napari_abc.model.frame import Frame

__all__ = ["MAX_CATEGORIES", "color_columns", "column_coloring", "find_column", "unknown_column"]

MAX_CATEGORIES = 10_000
"""More distinct texts than this are labels of single cells, not categories (WMB has 5,322 clusters)."""


def color_columns(
    cells: pd.DataFrame,
    frames: Sequence[Frame],
    groups: Mapping[str, tuple[str, ...]],
    palettes: Mapping[str, Palette],
) -> dict[str, tuple[str, ...]]:
    """Columns that cells can be colored by, grouped for a menu; see :meth:`~napari_abc.Slab.color_keys`.

    Left out, though :func:`column_coloring` takes them: ids, coordinates, and columns with one value only.
    """
    found = {name: tuple(column for column in columns if column in cells) for name, columns in groups.items()}
    left_out = {column for columns in found.values() for column in columns}
    left_out |= {"x", "y", "z", *(column for frame in frames for column in frame.columns)}
    rest = tuple(
        str(column)
        for column in cells
        if column not in left_out and _is_colorable(cells[column], column in palettes)
    )
    if rest:
        found["Metadata"] = rest
    return {name: columns for name, columns in found.items() if columns}


def _is_colorable(column: pd.Series, has_palette: bool) -> bool:
    if has_palette:
        return True
    if isinstance(column.dtype, pd.CategoricalDtype):
        return bool(column.cat.codes.nunique() > 1)
    if pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
        low, high = column.min(), column.max()
        return bool(pd.notna(low) and low < high)
    # A text column that is different in nearly every cell is an id. A sample tells without a full pass.
    sample = column.iloc[:: max(1, len(column) // 1000)]
    return bool(1 < sample.nunique() <= max(1, len(sample) // 2))


def find_column(cells: pd.DataFrame, key: str) -> str | None:
    """Name of the column that a person means, in any case; None where there is none."""
    names = [str(column) for column in cells]
    if key in names:
        return key
    return {name.casefold(): name for name in reversed(names)}.get(key.casefold())


def unknown_column(key: str, offered: Sequence[str], where: str) -> UnknownNameError:
    """What to raise where there is no such column: the nearest names, and how to ask for a gene."""
    near = get_close_matches(key, offered, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(offered[:12])}."
    gene = "" if ":" in key else f" For a gene write 'gene:{key}'."
    return UnknownNameError(f"{where} has no column {key!r} to color by; {hint}{gene}")


def column_coloring(series: pd.Series, palette: Palette | None, where: str) -> Coloring:
    """What cells are colored by, by one of their columns.

    Parameters
    ----------
    series
        The column, under its name.
    palette
        Order and colors of its categories, where they are given.
    where
        Name of the slab, for the message.

    Raises
    ------
    ConfigurationError
        If it has more than MAX_CATEGORIES different texts.
    """
    column = str(series.name)
    if palette is not None:
        return _categorical(column, series, palette.names, palette.colors)
    if isinstance(series.dtype, pd.CategoricalDtype):
        names = tuple(str(name) for name in series.cat.categories)
    elif pd.api.types.is_bool_dtype(series.dtype):
        names = ("False", "True")
        return _categorical(column, series, names, ("#d55e00", "#0072b2"))  # Okabe and Ito's pair
    elif pd.api.types.is_numeric_dtype(series.dtype):
        return Continuous(column, column, series.to_numpy(dtype=np.float32, na_value=np.nan), unit="")
    else:
        names = tuple(sorted(str(name) for name in series.dropna().unique()))
    if len(names) > MAX_CATEGORIES:
        raise ConfigurationError(
            f"{column!r} has {len(names):,} different values in {where}, too many to tell apart by "
            f"color; choose a column with at most {MAX_CATEGORIES:,}."
        )
    return _categorical(column, series, names, distinct_colors(len(names)))


def _categorical(column: str, series: pd.Series, names: Iterable[str], colors: Iterable[str]) -> Categorical:
    names = tuple(names)
    if isinstance(series.dtype, pd.CategoricalDtype) and tuple(series.cat.categories) == names:
        codes = series.cat.codes.to_numpy()
    else:
        present = series.notna().to_numpy()
        codes = np.full(len(series), -1)
        codes[present] = pd.Index(names).get_indexer(pd.Index(series[present].astype(str)))
    return Categorical(column, column, codes.astype(np.int32), names, tuple(map(normalize_color, colors)))
