"""Any ``.h5ad`` file whose cells have coordinates.

Coordinates, the first that is there: ``obsm["spatial"]``, ``obsm["X_spatial"]`` (2 or 3 columns),
the embedding that ``napari-abc cells`` wrote (``obsm["X_umap"]`` and ``uns["frame"]``), then the
``obs`` columns in :data:`COORDINATE_COLUMNS`. The unit is micrometers where the column names are
those of a MERSCOPE or Xenium run, else unknown.

Values: whole numbers from 0 on in ``X`` are counts, offered as "raw", and as "log2" computed from
them. Anything else in ``X`` is offered as "log2", under a label that says what it is: what
``uns["log1p"]`` records, or just "X". Counts then come from ``layers["counts"]``,
``layers["raw_counts"]`` or ``raw/X``, if they are whole numbers there. Where ``X`` has negative
values (scaled) and ``raw/X`` has none, ``raw/X`` takes its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pandas as pd
from cmap import Color

from napari_abc.errors import FormatError
from napari_abc.io.matrix import (
    MatrixExpression,
    check_storage,
    child,
    layer_names,
    looks_like_counts,
    open_hdf5,
    open_matrix,
    read_table,
    read_text,
)
from napari_abc.model import Frame, Palette, Slab

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_abc.io.matrix import Matrix
    from napari_abc.task import Task

__all__ = ["COORDINATE_COLUMNS", "H5adFile", "open_h5ad"]

COORDINATE_COLUMNS = (
    ("center_x", "center_y", "center_z", "micrometer"),  # MERSCOPE
    ("x_centroid", "y_centroid", "z_centroid", "micrometer"),  # Xenium
    ("spatial_x", "spatial_y", "spatial_z", ""),
    ("x", "y", "z", ""),
    ("X", "Y", "Z", ""),
)
"""Columns of ``obs`` that hold x, y and z (which may be missing), and their unit."""

_OBSM_KEYS = ("spatial", "X_spatial")
_ID_COLUMNS = ("gene_ids", "gene_id", "gene_identifier", "ensembl_id", "feature_id")
_COUNT_LAYERS = ("counts", "raw_counts", "raw")
_MIN_PLACED = 0.75
"""Share of cells that must have coordinates: with fewer, a picture shows a part as if it were all."""


_UNITS = ("millimeter", "micrometer")
_OLD_LICENSE = "licence"
"""The key of the license in files that version 0.1 wrote before it was spelled as the field does."""
_LONGEST = 2_000
"""Characters of a license or citation that are kept."""


class H5adFile:
    """A :class:`~napari_abc.vendors.registry.Vendor`: AnnData files with coordinates."""

    name = "h5ad"
    is_folder = False
    patterns = ("*.h5ad",)
    example = "an .h5ad file"

    def detect(self, path: Path) -> bool:
        """Whether a path is an HDF5 file named ``.h5ad``; reads eight bytes."""
        if path.suffix.lower() != ".h5ad" or not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(8) == b"\x89HDF\r\n\x1a\n"

    def open(self, path: Path, task: Task, z: int | None = None) -> Slab:
        """Open it; see :func:`open_h5ad`. It has one plane, so ``z`` is not looked at."""
        return open_h5ad(path, task)


def open_h5ad(path: Path, task: Task) -> Slab:
    """Open an h5ad file as a slab; the matrix is not read before a gene is asked for.

    Raises
    ------
    MissingFileError
        If there is no such file.
    FormatError
        If it is no h5ad file, is damaged, its shapes don't fit together, or its cells have no
        coordinates.
    """
    task.report(f"Opening {path.name}", 0, 3, "parts")
    with open_hdf5(path) as file:
        obs, unreadable = read_table(file, "obs")
        said_of_data = _provenance(file)
        embedding = _embedding_key(said_of_data["frame"])
        xyz, origin, unit = _coordinates(file, obs, embedding)
        palettes, odd_palettes = _palettes(file, obs)
    task.report(f"Opening {path.name}", 1, 3, "parts")
    placed = np.asarray(np.isfinite(xyz).all(axis=1))
    _check_placed(placed, origin, path)
    cells, repeated = _cells(obs, xyz, placed, origin)
    task.report(f"Opening {path.name}", 2, 3, "parts")
    source, genes, notes = _expression(path, np.flatnonzero(placed))
    task.report(f"Opening {path.name}", 3, 3, "parts")
    unit = unit or (said_of_data["units"] if said_of_data["units"] in _UNITS else "")
    said = unit or "the file names no unit"
    notes.insert(0, f"{len(cells):,} of {len(obs):,} cells have coordinates ({origin}; {said}).")
    if repeated:
        ids = "cell id occurs" if repeated == 1 else "cell ids occur"
        notes.append(f"{repeated:,} {ids} again; a number was added to tell the cells apart.")
    if unreadable:
        notes.append(f"These columns of obs can't be shown: {'; '.join(unreadable)}.")
    if odd_palettes:
        notes.append(
            f"The file's colors do not fit the categories of {', '.join(odd_palettes)}; others are used."
        )
    return Slab(
        label=path.name.removesuffix(path.suffix),
        dataset="h5ad",
        kind="run",
        cells=cells,
        frames=(
            Frame(said_of_data["frame"], ("x", "y"), "", y_down=False, title=origin)
            if origin == f"obsm['{embedding}']"
            else Frame("micron" if unit == "micrometer" else "spatial", ("x", "y"), unit, title=origin),
        ),
        species=said_of_data["species"],
        platform=said_of_data["platform"],
        unplaced=len(obs) - len(cells),
        palettes=palettes,
        genes=genes,
        expression_source=source,
        notes=tuple(notes),
        license=said_of_data["license"],
        citation=said_of_data["citation"],
        synthetic=said_of_data["synthetic"] == "True",
    )


def _provenance(file: h5py.File) -> dict[str, str]:
    """What ``napari-abc cells`` wrote into ``uns``, as text; empty where it is not there."""
    names = ("units", "frame", "species", "platform", "license", "citation", "synthetic")
    found = {name: _uns_text(file, name) for name in names}
    found["license"] = found["license"] or _uns_text(file, _OLD_LICENSE)
    return found


def _uns_text(file: h5py.File, name: str) -> str:
    node = child(file, f"uns/{name}") if "uns" in file else None
    if not isinstance(node, h5py.Dataset) or node.shape != ():
        return ""
    value = node[()]
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text[:_LONGEST]


def _embedding_key(frame: str) -> str:
    """Where ``napari-abc cells`` puts the coordinates of an embedding; empty for tissue."""
    return f"X_{frame.lower()}" if frame else ""


def _coordinates(file: h5py.File, obs: pd.DataFrame, embedding: str) -> tuple[NDArray[np.float64], str, str]:
    """Coordinates (cells, 2 or 3), NaN where not known; where they come from; their unit."""
    for key in filter(None, (*_OBSM_KEYS, embedding)):
        values = _obsm(file, key)
        if values is not None:
            if values.ndim != 2 or values.shape[1] not in (2, 3) or len(values) != len(obs):
                raise FormatError(
                    f"{file.filename}: obsm['{key}'] has shape {values.shape} for {len(obs):,} cells; "
                    "coordinates need 2 or 3 columns and a row a cell."
                )
            if values.dtype.kind not in "iuf":
                raise FormatError(
                    f"{file.filename}: obsm['{key}'] holds {values.dtype}, not numbers; store the "
                    "coordinates as numbers."
                )
            return values.astype(np.float64), f"obsm['{key}']", ""
    for x, y, z, unit in COORDINATE_COLUMNS:
        if x in obs and y in obs:
            names = (x, y, z) if z in obs and obs[z].dtype.kind in "iuf" else (x, y)
            columns = [_numbers(obs[name], f"{file.filename}: obs['{name}']") for name in names]
            return np.column_stack(columns), f"obs['{x}'] and obs['{y}']", unit
    obsm = child(file, "obsm")
    keys = [] if obsm is None else list(obsm.dtype.names or ()) if hasattr(obsm, "dtype") else list(obsm)
    raise FormatError(
        f"{file.filename} has no spatial coordinates (obsm holds {', '.join(keys) or 'nothing'}); store "
        "them as adata.obsm['spatial'] with the columns x and y."
    )


def _obsm(file: h5py.File, key: str) -> NDArray[Any] | None:
    obsm = child(file, "obsm")
    if isinstance(obsm, h5py.Dataset):  # before anndata 0.7: one compound dataset
        return check_storage(obsm)[key] if key in (obsm.dtype.names or ()) else None
    node = child(obsm, key) if obsm is not None else None
    if isinstance(node, h5py.Group):  # a data frame, whose columns are x and y
        table, _ = read_table(obsm, key)
        return table.to_numpy()
    if node is None:
        return None
    values: NDArray[Any] = check_storage(node)[...]
    return values


def _numbers(column: pd.Series, where: str) -> NDArray[np.float64]:
    """A column as numbers, also if they were stored as text; NaN where missing or unreadable."""
    numbers = pd.to_numeric(column.astype(object), errors="coerce")
    present = column.notna()
    if present.any() and numbers[present].isna().all():
        example = column[present].iloc[0]
        raise FormatError(
            f"{where} holds {example!r} and the like, not numbers; store the coordinates as numbers, best in "
            "adata.obsm['spatial']."
        )
    return numbers.to_numpy(np.float64, na_value=np.nan)


def _check_placed(placed: NDArray[np.bool_], origin: str, path: Path) -> None:
    count, total = int(placed.sum()), len(placed)
    if not total:
        raise FormatError(f"{path} has no cells; write it again.")
    if count < _MIN_PLACED * total:
        raise FormatError(
            f"Only {count:,} of {total:,} cells of {path} have coordinates in {origin}, too few for a true "
            "picture; correct them, or keep only the cells that have some and save the file again."
        )


def _cells(
    obs: pd.DataFrame, xyz: NDArray[np.float64], placed: NDArray[np.bool_], origin: str
) -> tuple[pd.DataFrame, int]:
    """The cells table, and the number of ids that had to be changed to be unique."""
    axes = ["x", "y", "z"][: xyz.shape[1]]
    own = {axis for axis in axes if f"'{axis}'" in origin}
    # Columns that bear the names of our axes but hold something else are kept under another name.
    kept = obs.drop(columns=[axis for axis in axes if axis in own and axis in obs])
    kept = kept.rename(columns={axis: f"{axis} (obs)" for axis in axes})
    labels, repeated = _unique(obs.index.tolist())
    cells = pd.concat([pd.DataFrame(xyz, columns=axes, index=kept.index), kept], axis=1)
    cells.index = pd.Index(labels, name="cell_label", dtype=object)
    return cells[placed].copy(), repeated


def _unique(names: Sequence[str]) -> tuple[list[str], int]:
    """Names with a number added where they occur again (as anndata does), and how many did."""
    seen = set(names)
    if len(seen) == len(names):
        return list(names), 0
    taken: set[str] = set()
    count: dict[str, int] = {}
    out = []
    for name in names:
        new = name
        while new in taken or (new != name and new in seen):
            count[name] = count.get(name, 0) + 1
            new = f"{name}-{count[name]}"
        taken.add(new)
        out.append(new)
    return out, len(names) - len(seen)


def _palettes(file: h5py.File, obs: pd.DataFrame) -> tuple[dict[str, Palette], list[str]]:
    """Colors that the file gives its categories, and the columns whose colors don't fit."""
    palettes, odd = {}, []
    for column in obs:
        if not isinstance(obs[column].dtype, pd.CategoricalDtype) or "uns" not in file:
            continue
        stored = child(file, f"uns/{column}_colors")
        if stored is None:
            continue
        names = tuple(str(name) for name in obs[column].cat.categories)
        colors = _colors(stored) if isinstance(stored, h5py.Dataset) else None
        if colors is None or len(colors) < len(names):
            odd.append(str(column))
        else:
            palettes[str(column)] = Palette(names, colors[: len(names)])
    return palettes, odd


def _colors(dataset: h5py.Dataset) -> tuple[str, ...] | None:
    """Colors as ``"#rrggbb"``; None where one of them is not a color."""
    try:
        if dataset.dtype.kind in "OS":
            values: list[Any] = read_text(dataset).to_pylist()
        else:
            values = [tuple(map(float, row)) for row in check_storage(dataset)[...]]
        return tuple(str(Color(value).hex)[:7].lower() for value in values)
    except (FormatError, ValueError, TypeError):
        return None


def _expression(
    path: Path, rows: NDArray[np.int64]
) -> tuple[MatrixExpression | None, pd.DataFrame, list[str]]:
    """Expression, genes and what to say of them; see the module's text for the rules."""
    layers = layer_names(path)
    with open_hdf5(path) as file:
        has_x, base = "X" in file, _log_base(file)
    chosen: dict[str, Matrix] = {}
    units: dict[str, str] = {}
    if has_x:
        x = open_matrix(path)
        values = x.sample()
        if looks_like_counts(values):
            chosen["raw"], units["raw"] = x, "counts"
        elif (values < 0).any():
            chosen["log2"], units["log2"] = x, "X (scaled)"
            if "raw" in layers:
                raw = open_matrix(path, "raw")
                sample = raw.sample()
                if (sample >= 0).all() and not looks_like_counts(sample):
                    chosen["log2"], units["log2"] = raw, base or "raw/X"
        else:
            chosen["log2"], units["log2"] = x, base or "X"
    if "raw" not in chosen:
        for layer in _COUNT_LAYERS:
            if layer in layers:
                matrix = open_matrix(path, layer)
                if looks_like_counts(matrix.sample()):
                    chosen["raw"], units["raw"] = matrix, "counts"
                    break
    tables, repeated = {}, 0
    for kind, matrix in chosen.items():
        tables[kind], count = _genes(matrix)
        repeated = max(repeated, count)
    if not chosen or not max(len(table) for table in tables.values()):
        return None, next(iter(tables.values()), _no_genes()), ["The file holds no expression matrix."]
    notes = []
    if "log2" in units and not units["log2"].startswith("log2"):
        notes.append(f"Values offered as 'log2' are those stored in the file, as they are: {units['log2']}.")
    if repeated:
        ids = "gene identifier occurs" if repeated == 1 else "gene identifiers occur"
        notes.append(f"{repeated:,} {ids} again; a number was added to tell them apart.")
    source = MatrixExpression(
        chosen, units, rows=rows, identifiers={kind: list(table.index) for kind, table in tables.items()}
    )
    return source, tables.get("log2", tables.get("raw", _no_genes())), notes


def _log_base(file: h5py.File) -> str | None:
    """What scanpy recorded of taking logarithms, as a label; None where it recorded nothing."""
    record = child(file, "uns/log1p") if "uns" in file else None
    if record is None:
        return None
    base = child(record, "base") if isinstance(record, h5py.Group) else None
    if isinstance(base, h5py.Dataset) and base.shape in ((), (1,)) and base.dtype.kind in "iuf":
        return f"log{float(np.ravel(base[()])[0]):g}(x + 1)"
    return "ln(x + 1)"


def _no_genes() -> pd.DataFrame:
    return pd.DataFrame({"gene_symbol": []}, index=pd.Index([], name="gene_identifier"), dtype=object)


def _genes(matrix: Matrix) -> tuple[pd.DataFrame, int]:
    """Genes in column order, and how many identifiers had to be changed to be unique.

    The index is ``gene_identifier``, then ``gene_symbol`` and what else ``var`` holds.
    """
    parent, _, name = matrix.var.rpartition("/")
    with open_hdf5(matrix.path) as file:
        table, _ = read_table(file[parent or "/"], name)
    identifiers = matrix.identifiers
    symbols: list[str | None] = matrix.symbols
    for column in _ID_COLUMNS:
        # Where the index holds symbols, the identifiers are in a column beside it.
        if column in table and table[column].notna().all() and table[column].is_unique:
            identifiers = [str(identifier) for identifier in table[column]]
            break
    unique, repeated = _unique(identifiers)
    index = pd.Index(unique, name="gene_identifier", dtype=object)
    rest = table.drop(columns=["gene_symbol"], errors="ignore").set_axis(index)
    rest.insert(0, "gene_symbol", pd.Series(symbols, index=index, dtype=object))
    return rest, repeated
