"""From a key that a person picks to codes or numbers that a viewer can paint.

This is where "Subclass", "region", "qc_pass" or "gene:DRD1" becomes a
:class:`~napari_abc.model.Categorical` or a :class:`~napari_abc.model.Continuous`; nothing above
looks into the cells table for colours.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from napari_abc.errors import ConfigurationError, UnknownNameError
from napari_abc.model import MISSING_COLOR, Categorical, Continuous, Slab

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import NDArray

    from napari_abc.task import Task

__all__ = ["MAX_CATEGORIES", "color_keys", "coloring", "distinct_colors", "normalise_color"]

MAX_CATEGORIES = 10_000
"""More distinct texts than this are labels of single cells, not categories (WMB has 5,322 clusters)."""

_GENE = "gene:"


def normalise_color(color: object) -> str:
    """``"#rrggbb"`` in lower case; grey for anything that is not a hex triplet."""
    text = str(color).strip().lower()
    if len(text) == 7 and text[0] == "#" and all(c in "0123456789abcdef" for c in text[1:]):
        return text
    return MISSING_COLOR


def distinct_colors(count: int) -> tuple[str, ...]:
    """Colours for categories that come without.

    Up to seven are Okabe and Ito's, which colour-blind people tell apart; more are Glasbey's, which
    are chosen to differ most. Both without the ones too dark to see on napari's canvas.
    """
    from cmap import Colormap

    stops = Colormap("okabeito" if count <= 7 else "glasbey").color_stops
    light = [stop.color.hex.lower() for stop in stops if max(stop.color.rgba[:3]) > 0.35]
    return tuple(light[i % len(light)] for i in range(count))


def color_keys(slab: Slab) -> dict[str, tuple[str, ...]]:
    """Columns that the cells can be coloured by, grouped for a menu.

    Left out, though :func:`coloring` takes them: ids, coordinates, and columns with one value only.
    """
    groups = {
        name: tuple(column for column in columns if column in slab.cells)
        for name, columns in slab.groups.items()
    }
    left_out = {column for columns in groups.values() for column in columns}
    left_out |= {"x", "y", "z", *(column for frame in slab.frames for column in frame.columns)}
    rest = tuple(
        str(column)
        for column in slab.cells
        if column not in left_out and _is_colorable(slab.cells[column], column in slab.palettes)
    )
    if rest:
        groups["Metadata"] = rest
    return {name: columns for name, columns in groups.items() if columns}


def _is_colorable(column: pd.Series, has_palette: bool) -> bool:
    import pandas as pd

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


def coloring(
    slab: Slab, key: str, values: str, task: Task, rows: NDArray[np.bool_] | None = None
) -> Categorical | Continuous:
    """Resolve a key; see :meth:`napari_abc.model.Slab.coloring`."""
    if key.casefold().startswith(_GENE):
        return _gene(slab, key[len(_GENE) :], values, task, rows)
    column = _find_column(slab, key)
    series = slab.cells[column]
    if column in slab.palettes:
        palette = slab.palettes[column]
        return _categorical(column, series, palette.names, palette.colors)
    import pandas as pd

    if isinstance(series.dtype, pd.CategoricalDtype):
        names = tuple(str(name) for name in series.cat.categories)
    elif pd.api.types.is_bool_dtype(series.dtype):
        names = ("False", "True")
        return _categorical(column, series, names, ("#d55e00", "#0072b2"))  # Okabe and Ito's pair
    elif pd.api.types.is_numeric_dtype(series.dtype):
        numbers = series.to_numpy(dtype=np.float32, na_value=np.nan)
        return Continuous(column, column, numbers, unit="")
    else:
        names = tuple(sorted(str(name) for name in series.dropna().unique()))
    if len(names) > MAX_CATEGORIES:
        raise ConfigurationError(
            f"{column!r} has {len(names):,} different values in {slab.label}, too many to tell apart by "
            f"colour; choose a column with at most {MAX_CATEGORIES:,}."
        )
    return _categorical(column, series, names, distinct_colors(len(names)))


def _gene(slab: Slab, gene: str, values: str, task: Task, rows: NDArray[np.bool_] | None) -> Continuous:
    identifier = slab.find_gene(gene)
    table = slab.expression([identifier], values, task, rows)
    symbol = slab.genes["gene_symbol"].get(identifier) if "gene_symbol" in slab.genes else None
    title = str(symbol) if isinstance(symbol, str) and symbol else identifier
    assert slab.expression_source is not None  # expression() raised otherwise
    unit = slab.expression_source.kinds[values]
    partly = rows is not None and slab.expression_source.download_bytes(values, [identifier]) > 0
    absent = "not fetched or measured" if partly else "not measured"
    return Continuous(f"{_GENE}{title}", title, table.iloc[:, 0].to_numpy(), unit, True, absent)


def _find_column(slab: Slab, key: str) -> str:
    names = [str(column) for column in slab.cells]
    if key in names:
        return key
    by_fold = {name.casefold(): name for name in reversed(names)}
    if key.casefold() in by_fold:
        return by_fold[key.casefold()]
    offered = [column for columns in color_keys(slab).values() for column in columns]
    near = get_close_matches(key, offered, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(offered[:12])}."
    raise UnknownNameError(
        f"{slab.label} has no column {key!r} to colour by; {hint} For a gene write 'gene:{key}'."
    )


def _categorical(column: str, series: pd.Series, names: Iterable[str], colors: Iterable[str]) -> Categorical:
    import pandas as pd

    names = tuple(names)
    if isinstance(series.dtype, pd.CategoricalDtype) and tuple(series.cat.categories) == names:
        codes = series.cat.codes.to_numpy()
    else:
        present = series.notna().to_numpy()
        codes = np.full(len(series), -1)
        codes[present] = pd.Index(names).get_indexer(pd.Index(series[present].astype(str)))
    return Categorical(column, column, codes.astype(np.int32), names, tuple(map(normalise_color, colors)))
