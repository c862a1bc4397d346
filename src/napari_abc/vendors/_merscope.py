"""A MERSCOPE output folder: cells, outlines, expression and mosaics in micrometers."""

from __future__ import annotations

import os
import re
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from napari_abc.errors import ConfigurationError, FormatError, MissingFileError, UnknownNameError
from napari_abc.io.matrix import TableExpression
from napari_abc.io.shapes import count_cells, hdf5_planes, read_hdf5_outlines, rings_from_wkb, rows_of
from napari_abc.model import Frame, Slab
from napari_abc.vendors._images import middle
from napari_abc.vendors._mosaics import find_mosaics, open_mosaics
from napari_abc.vendors._names import Merscope
from napari_abc.vendors._tables import (
    cells_table,
    genes_table,
    header,
    read_table,
    require_columns,
    run_label,
)

if TYPE_CHECKING:
    from napari_abc.model import ExpressionSource, Outlines
    from napari_abc.task import Task

__all__ = ["MerscopeFolder", "open_merscope"]

_MAX_ENTRIES = 2000
"""Names of a folder that are looked at to tell what it is."""
_MAX_HEADER = 2**16


class MerscopeFolder:
    """A :class:`~napari_abc.vendors.registry.Vendor`: MERSCOPE output folders."""

    name = Merscope.NAME
    is_folder = True
    patterns: tuple[str, ...] = ()
    example = f"a MERSCOPE folder ({Merscope.CELLS}.csv)"

    def detect(self, path: Path) -> bool:
        """Whether a path is an output folder, by names and headers of tables."""
        return path.is_dir() and bool(_is_region(path) or _regions(path))

    def open(self, path: Path, task: Task, z: int | None = None) -> Slab:
        """Open it; see :func:`open_merscope`."""
        return open_merscope(path, task, z=z)


def open_merscope(path: str | Path, task: Task, *, z: int | None = None) -> Slab:
    """Open a MERSCOPE output folder.

    Parameters
    ----------
    path
        The folder of a region as the instrument or vpt wrote it, or the folder above it where it
        has one region. A folder with mosaics and their transform alone opens without cells.
    task
        Progress and cancel.
    z
        Plane of outlines and mosaics to show; None for the middle one, of each stain's own.

    Returns
    -------
    Slab
        Coordinates in micrometers, y down. What is not there is said in its notes.

    Raises
    ------
    MissingFileError
        If there is no such folder, or neither cells nor mosaics in it.
    ConfigurationError
        If the folder holds several regions.
    UnknownNameError
        If nothing has a plane ``z``.
    FormatError
        If a file is malformed.
    """
    folder = _chosen_region(Path(path))
    notes: list[str] = []
    cells, unplaced = _cells(folder, notes, task)
    source, genes = _expression(folder, cells, notes, task)
    outlines, outline_planes = _outlines(folder, cells, z, notes, task)
    mosaics = find_mosaics(folder)
    planes = sorted(outline_planes | {plane for stain in mosaics.values() for plane in stain})
    if z is not None and z not in planes:
        have = ", ".join(f"z{plane}" for plane in planes) or "none"
        raise UnknownNameError(f"{folder} has no plane z{z}; there are: {have}.")
    return Slab(
        label=run_label(folder, below=Merscope.REGION),
        dataset=Merscope.NAME,
        kind="run",
        cells=cells,
        frames=(Frame("micron", ("x", "y"), "micrometer", title="MERSCOPE, micrometers"),),
        platform=Merscope.NAME,
        unplaced=unplaced,
        genes=genes,
        expression_source=source,
        outlines=outlines,
        images=open_mosaics(folder, mosaics, cells, z, notes, task),
        notes=tuple(notes),
    )


def _is_region(folder: Path) -> bool:
    """Whether a folder holds cells, or mosaics with their transform."""
    with os.scandir(folder) as entries:
        names = {entry.name for entry in islice(entries, _MAX_ENTRIES)}
    # Those of a large folder that were not looked at.
    names |= {name for name in (f"{Merscope.CELLS}.csv", *Merscope.HINTS) if (folder / name).exists()}
    tables = [name for name in names if _is_table(name, Merscope.CELLS)]
    if tables:
        # An ABC release has a table of that name too.
        hints = (*Merscope.HINTS, Merscope.COUNTS, Merscope.BOUNDARIES[-1])
        return any(hint in name for hint in hints for name in names) or any(
            _has_coordinates(folder / name) for name in tables
        )
    return Merscope.TRANSFORM in names and any(re.fullmatch(Merscope.MOSAIC, name) for name in names)


def _has_coordinates(path: Path) -> bool:
    with path.open("rb") as file:
        return Merscope.X.encode() in file.readline(_MAX_HEADER)


def _is_table(name: str, what: str) -> bool:
    return what in name and name.endswith(".csv") and not name.startswith(".")


def _regions(folder: Path) -> list[Path]:
    """Folders of regions below the folder of a run."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in islice(entries, _MAX_ENTRIES)]
    regions = [folder / name for name in sorted(names) if name.startswith(Merscope.REGION)]
    return [region for region in regions if region.is_dir() and _is_region(region)]


def _chosen_region(path: Path) -> Path:
    if not path.is_dir():
        raise MissingFileError(f"There is no folder {path}; check the path.")
    if _is_region(path):
        return path
    regions = _regions(path)
    if len(regions) > 1:
        names = ", ".join(region.name for region in regions)
        raise ConfigurationError(f"{path} holds {len(regions)} regions; open one of them: {names}.")
    if not regions:
        raise MissingFileError(
            f"There is no MERSCOPE run in {path}: {Merscope.CELLS}.csv is needed; choose the region's folder."
        )
    return regions[0]


def _find_table(folder: Path, what: str, notes: list[str]) -> Path | None:
    """A table by its plain name, else the newest whose name holds that word."""
    plain = folder / f"{what}.csv"
    found = [path for path in folder.iterdir() if _is_table(path.name, what) and path.is_file()]
    if not found:
        return None
    chosen = plain if plain in found else max(found, key=lambda path: (path.stat().st_mtime, path.name))
    if len(found) > 1:
        others = ", ".join(sorted(path.name for path in found if path != chosen))
        notes.append(f"{chosen.name} is used; there is also {others}.")
    return chosen


def _id_column(names: list[str], path: Path) -> str:
    """The column with the cells' ids: the first, whose name varies, or one that is known to be it."""
    if names[0] in Merscope.IDS:
        return names[0]
    known = [name for name in Merscope.IDS if name in names]
    if not known:
        raise FormatError(
            f"{path} has no column with cell ids (such as {Merscope.IDS[0]!r}); open the folder as the "
            "instrument wrote it."
        )
    return known[0]


def _cells(folder: Path, notes: list[str], task: Task) -> tuple[pd.DataFrame, int]:
    path = _find_table(folder, Merscope.CELLS, notes)
    if path is None:
        notes.append(f"There is no {Merscope.CELLS}.csv in the folder: no cells, only images.")
        return pd.DataFrame(
            {"x": [], "y": []}, index=pd.Index([], name="cell_label", dtype=object), dtype=float
        ), 0
    ids = _id_column(header(path), path)
    table = read_table(path, (ids,), task)
    cells, unplaced, left_out = cells_table(table, ids, Merscope.X, Merscope.Y, path)
    notes += left_out
    return cells, unplaced


def _expression(
    folder: Path, cells: pd.DataFrame, notes: list[str], task: Task
) -> tuple[ExpressionSource | None, pd.DataFrame]:
    path = _find_table(folder, Merscope.COUNTS, notes)
    if path is None:
        notes.append(f"There is no {Merscope.COUNTS}.csv in the folder, so cells can't be colored by gene.")
        return None, genes_table()
    names = header(path)
    ids = _id_column(names, path)
    if len(set(names)) < len(names):
        raise FormatError(f"{path} names a gene twice, so genes can't be told apart; correct its header.")
    genes = [name for name in names if name != ids]
    table = read_table(path, (ids,), task, numbers=genes)
    index = pd.Index(table.column(ids).to_numpy(), name="cell_label", dtype=object)
    # The table is large: its columns are let go of one by one as they are handed over.
    table = table.select(genes)
    frame = table.to_pandas(split_blocks=True, self_destruct=True)
    del table
    frame.index = index
    control = pd.Series([gene.casefold().startswith(Merscope.BLANK) for gene in genes], dtype=bool).to_numpy()
    shared = int(cells.index.isin(frame.index).sum())
    if shared < len(cells):
        notes.append(
            f"{shared:,} of {len(cells):,} cells are in {path.name}"
            + ("; genes can't be shown, it is of another run." if not shared else ".")
        )
    source = TableExpression(frame, cells.index, str(path), counted=~control)
    return source, genes_table(genes, gene_symbol=genes, control=control)


def _outlines(
    folder: Path, cells: pd.DataFrame, z: int | None, notes: list[str], task: Task
) -> tuple[Outlines | None, set[int]]:
    """Outlines on one z plane, and all planes that there are; of a damaged file none."""
    try:
        return _read_outlines(folder, cells, z, notes, task)
    except FormatError as error:  # all else of the run can be used without
        notes.append(f"The outlines are left out: {error}")
        return None, set()


def _read_outlines(
    folder: Path, cells: pd.DataFrame, z: int | None, notes: list[str], task: Task
) -> tuple[Outlines | None, set[int]]:
    if not len(cells):
        return None, set()
    path = _boundary_file(folder)
    hdf5 = sorted((folder / Merscope.BOUNDARY_FOLDER).glob(f"*{Merscope.HDF5}"))
    if path is not None:
        outlines, planes = _from_parquet(path, cells, z, notes, task)
        where = path.name
    elif hdf5:
        outlines, planes = _from_hdf5(hdf5, cells, z, task)
        where = Merscope.BOUNDARY_FOLDER
    else:
        notes.append("There are no cell boundaries in the folder.")
        return None, set()
    if outlines is None:
        if planes:
            only = ", ".join(f"z{plane}" for plane in sorted(planes))
            notes.append(f"There are no cell outlines on z{z}, only on {only}.")
        return None, planes
    shown = _plane(planes, z)
    found = count_cells(outlines)
    if len(planes) > 1:
        others = ", ".join(f"z{plane}" for plane in sorted(planes))
        notes.append(f"Cell outlines: showing z{shown} of {others}.")
    if found < len(cells):
        notes.append(f"{found:,} of {len(cells):,} cells have an outline on z{shown} in {where}.")
    return (outlines if found else None), planes


def _boundary_file(folder: Path) -> Path | None:
    *exact, ending = Merscope.BOUNDARIES
    for name in exact:
        if (folder / name).is_file():
            return folder / name
    return next((p for p in sorted(folder.glob(f"*{ending}")) if p.is_file()), None)


def _plane(planes: set[int], z: int | None) -> int:
    return middle(sorted(planes)) if z is None else z


def _from_parquet(
    path: Path, cells: pd.DataFrame, z: int | None, notes: list[str], task: Task
) -> tuple[Outlines | None, set[int]]:
    ids = Merscope.IDS[0]
    planes: set[int] = {0}
    column = read_table(path, (), task, (Merscope.PLANE,))
    if column.num_columns:
        try:
            plane = column.column(0).cast(pa.int64())
        except pa.ArrowException as error:
            raise FormatError(f"{path}: {Merscope.PLANE!r} holds no whole numbers; copy it again.") from error
        planes = {int(k) for k in pc.unique(plane).drop_null().to_pylist()}
    if not planes or _plane(planes, z) not in planes:
        return None, planes
    # Polygons of all planes would take gigabytes: only those of the one are kept.
    rows = {Merscope.PLANE: _plane(planes, z)} if column.num_columns else None
    table = read_table(path, (), task, (ids, Merscope.SHAPE, Merscope.PLANE), rows=rows)
    require_columns(table, (ids, Merscope.SHAPE), path)
    kind = table.column(Merscope.SHAPE).type
    if not (pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
        raise FormatError(
            f"{path}: {Merscope.SHAPE!r} holds no polygons in WKB; export the boundaries again."
        )
    task.report("Reading cell boundaries", 0, table.num_rows, "outlines")
    outlines, unreadable = rings_from_wkb(
        rows_of(table.column(ids), cells.index), table.column(Merscope.SHAPE).to_numpy()
    )
    if unreadable:
        notes.append(f"{unreadable:,} of {table.num_rows:,} outlines in {path.name} are no polygons.")
    return outlines, planes


def _from_hdf5(
    paths: list[Path], cells: pd.DataFrame, z: int | None, task: Task
) -> tuple[Outlines | None, set[int]]:
    planes: set[int] = set()
    for done, path in enumerate(paths):
        task.report("Looking for z planes", done, len(paths), "files")
        planes |= hdf5_planes(path)
        if planes and done >= 20:  # every field of view has the same
            break
    if not planes or _plane(planes, z) not in planes:
        return None, planes
    return read_hdf5_outlines(paths, _plane(planes, z), cells.index, task), planes
