"""Tables inside h5ad files (``obs``, ``var``), in every layout that anndata has written.

anndata's own reader takes a second to import and reads a table whole or not at all; this one reads
what it can of a table, names what it can't, checks sizes first and unpickles nothing.

Layouts: groups with ``encoding-type`` (0.7 and newer), groups whose category names lie in
``__categories`` (0.7), compound datasets whose category names lie in ``uns/<column>_categories``
(0.6 and older).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa

from napari_abc.errors import FormatError
from napari_abc.io.ids import as_text
from napari_abc.io.matrix._hdf5 import attribute, check_storage, child

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["read_column", "read_index", "read_table", "read_text", "row_count"]

_BLOCK = 1 << 16
_NULLABLE = {"b": "boolean", "f": "Float64"}


def _one_text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def read_text(dataset: h5py.Dataset) -> pa.Array:
    """A one-dimensional dataset of texts or whole numbers as a ``large_string`` array."""
    check_storage(dataset)
    if dataset.ndim != 1 or dataset.dtype.kind not in "OSiub":
        raise FormatError(
            f"{dataset.file.filename}: {dataset.name!r} should be a list of labels, but is {dataset.dtype} "
            f"of shape {dataset.shape}; write the file again with the labels as text."
        )
    if not dataset.size:
        return pa.array([], pa.large_string())
    # By blocks, for a Python object a label costs several times the text itself.
    blocks = [as_text(dataset[i : i + _BLOCK]) for i in range(0, dataset.size, _BLOCK)]
    return pa.concat_arrays(blocks)


def _index_name(node: h5py.Group | h5py.Dataset) -> str:
    names = list(node.dtype.names or ()) if hasattr(node, "dtype") else list(node)
    for name in (attribute(node, "_index"), "_index", "index"):
        if name in names:
            return str(name)
    if hasattr(node, "dtype") and names:  # a compound table's first field
        return str(names[0])
    raise FormatError(
        f"{node.file.filename}: the table {node.name!r} has no index; write the file again with anndata."
    )


def _is_table(node: h5py.Group | h5py.Dataset | None) -> bool:
    return isinstance(node, h5py.Group) or (
        isinstance(node, h5py.Dataset) and node.ndim == 1 and node.dtype.names is not None
    )


def _table(parent: h5py.Group, name: str) -> h5py.Group | h5py.Dataset:
    node = child(parent, name)
    if node is None or not _is_table(node):
        raise FormatError(
            f"{parent.file.filename} has no table {name!r}, so it is not an h5ad file; "
            "write it with anndata's write_h5ad."
        )
    return node


def _index_node(parent: h5py.Group, name: str) -> h5py.Dataset | None:
    """Dataset of the index; None where the table is a compound dataset."""
    table = _table(parent, name)
    if isinstance(table, h5py.Dataset):
        return None
    index = child(table, _index_name(table))
    if isinstance(index, h5py.Group):  # a nullable-string-array, say
        index = child(index, "values") or child(index, "codes")
    if not isinstance(index, h5py.Dataset) or index.ndim != 1:
        raise FormatError(f"{parent.file.filename}: the index of {name!r} is no list; write the file again.")
    return index


def row_count(parent: h5py.Group, name: str) -> int:
    """Number of rows of the table ``name``; reads nothing."""
    index = _index_node(parent, name)
    return int(_table(parent, name).shape[0] if index is None else index.shape[0])


def read_index(parent: h5py.Group, name: str) -> pa.Array:
    """Labels of the rows of the table ``name``, as a ``large_string`` array."""
    table = _table(parent, name)
    if isinstance(table, h5py.Dataset):
        return as_text(check_storage(table)[_index_name(table)])
    index = child(table, _index_name(table))
    if isinstance(index, h5py.Dataset):
        return read_text(index)
    column = read_column(parent, name, _index_name(table))
    assert column is not None  # the table has an index
    return as_text(column.astype(object).to_numpy())


def read_table(parent: h5py.Group, name: str) -> tuple[pd.DataFrame, list[str]]:
    """Read the table ``name``.

    Returns
    -------
    DataFrame
        Index: the labels as text. Categories stay categories, missing values missing.
    list of str
        Columns that can't be read, each with the reason.
    """
    table = _table(parent, name)
    index = _index_name(table)
    if isinstance(table, h5py.Dataset):
        names = list(table.dtype.names)
    else:
        order = attribute(table, "column-order")
        names = [*map(_one_text, [] if order is None else np.atleast_1d(order))]
        names += [key for key in table if key not in names and not key.startswith("__")]
    columns: dict[str, pd.Series] = {}
    unreadable = []
    for column in names:
        if column == index:
            continue
        try:
            values = read_column(parent, name, column)
        except FormatError as error:
            unreadable.append(f"{column} ({error})")
            continue
        if values is not None:
            columns[column] = values
    labels = pd.Index(read_index(parent, name).to_numpy(zero_copy_only=False), dtype=object)
    return pd.DataFrame(
        {key: series.set_axis(labels) for key, series in columns.items()}, index=labels
    ), unreadable


def read_column(parent: h5py.Group, name: str, column: str) -> pd.Series | None:
    """One column of the table ``name``, with a plain index; None where there is no such column.

    Raises
    ------
    FormatError
        If the column is of a kind that can't be shown, or is damaged.
    """
    table = _table(parent, name)
    rows = row_count(parent, name)
    if isinstance(table, h5py.Dataset):
        if column not in table.dtype.names:
            return None
        values = check_storage(table)[column]
        names = child(parent, f"uns/{column}_categories") if "uns" in parent else None
        if values.dtype.kind in "iu" and isinstance(names, h5py.Dataset):
            return _categorical(values, as_text(names[:]), False, column)
        return _plain(values, column)
    node = child(table, column)
    if node is None:
        return None
    if isinstance(node, h5py.Group):
        series = _encoded(node, column)
    else:
        reference = node.attrs.get("categories")
        if isinstance(reference, h5py.Reference) and reference:
            names = table.file[reference]
            series = _categorical(node[:], as_text(names[:]), bool(names.attrs.get("ordered", False)), column)
        elif node.dtype.kind in "OS":
            series = pd.Series(read_text(node).to_numpy(zero_copy_only=False), dtype=object)
        else:
            series = _plain(check_storage(node)[...], column)
    if len(series) != rows:
        raise FormatError(f"it has {len(series):,} values for {rows:,} rows")
    return series


def _encoded(node: h5py.Group, column: str) -> pd.Series:
    parts = {key: child(node, key) for key in ("codes", "categories", "values", "mask")}
    arrays = {key: part for key, part in parts.items() if isinstance(part, h5py.Dataset)}
    if {"codes", "categories"} <= arrays.keys():
        names = arrays["categories"]
        categories = read_text(names) if names.dtype.kind in "OS" else names[:]
        ordered = bool(node.attrs.get("ordered", False))
        return _categorical(check_storage(arrays["codes"])[:], categories, ordered, column)
    if {"values", "mask"} <= arrays.keys():
        mask = check_storage(arrays["mask"])[:].astype(bool)
        values = arrays["values"]
        if values.dtype.kind in "OS":
            text = read_text(values).to_numpy(zero_copy_only=False)
            text[mask[: len(text)]] = None
            return pd.Series(text, dtype=object)
        plain: Any = pd.array(check_storage(values)[:], dtype=_NULLABLE.get(values.dtype.kind, "Int64"))
        plain[mask] = pd.NA
        return pd.Series(plain)
    raise FormatError(
        f"it is of the kind {attribute(node, 'encoding-type') or 'unknown'!r}, which can't be shown"
    )


def _plain(values: NDArray[Any], column: str) -> pd.Series:
    if values.ndim != 1 or values.dtype.kind not in "biufSO":
        raise FormatError(f"it is {values.dtype} of shape {values.shape}, which can't be shown")
    if values.dtype.kind in "SO":
        return pd.Series(as_text(values).to_numpy(zero_copy_only=False), dtype=object)
    return pd.Series(values.astype(values.dtype.newbyteorder("="), copy=False))


def _categorical(codes: NDArray[Any], categories: Any, ordered: bool, column: str) -> pd.Series:
    names = categories.to_numpy(zero_copy_only=False) if isinstance(categories, pa.Array) else categories
    index = pd.Index(names)
    if not index.is_unique:
        raise FormatError("its categories repeat")
    if codes.dtype.kind not in "iu" or (
        len(codes) and not -1 <= int(codes.min()) <= int(codes.max()) < len(index)
    ):
        raise FormatError("its category codes are out of range")
    return pd.Series(pd.Categorical.from_codes(codes, categories=index, ordered=ordered))
