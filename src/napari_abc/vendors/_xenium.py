"""A Xenium output folder: cells, outlines, clusters, expression and morphology in micrometers."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from napari_abc.errors import FormatError, MissingFileError, UnknownNameError
from napari_abc.io.images import open_tiff
from napari_abc.io.matrix import MatrixExpression, open_10x_matrix
from napari_abc.io.shapes import count_cells, rings_from_vertices, rows_of
from napari_abc.model import Frame, Slab
from napari_abc.vendors._images import Placed, middle, place_images
from napari_abc.vendors._names import Xenium
from napari_abc.vendors._tables import (
    cells_table,
    first_file,
    genes_table,
    read_table,
    require_columns,
    run_label,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_abc.io.images import TiffPlane
    from napari_abc.model import ExpressionSource, Outlines, Volume
    from napari_abc.task import Task

__all__ = ["XeniumFolder", "open_xenium"]

_MAX_JSON = 16 * 2**20
_MAX_CLUSTERINGS = 50
_NUMBERED = re.compile(r"(?:ch|_)(\d{4})(?:_|\.)")


class XeniumFolder:
    """A :class:`~napari_abc.vendors.registry.Vendor`: Xenium output folders."""

    name = Xenium.NAME
    is_folder = True
    patterns = ("*.xenium",)
    example = f"a Xenium folder ({Xenium.EXPERIMENT} or {' or '.join(Xenium.CELLS[:2])})"

    def detect(self, path: Path) -> bool:
        """Whether a path is an output folder, or its ``experiment.xenium``; asks for a few names only."""
        return _folder(path) is not None

    def open(self, path: Path, task: Task, z: int | None = None) -> Slab:
        """Open it; see :func:`open_xenium`."""
        return open_xenium(path, task, z=z)


def open_xenium(path: str | Path, task: Task, *, z: int | None = None) -> Slab:
    """Open a Xenium output folder.

    Parameters
    ----------
    path
        The folder as the instrument or Xenium Ranger wrote it, or its ``experiment.xenium``.
    task
        Progress and cancel.
    z
        Plane of the ``morphology.ome.tif`` stack to show, where there is no image in focus;
        None for the middle one.

    Returns
    -------
    Slab
        Coordinates in micrometers, y down. What is not there is said in its notes.

    Raises
    ------
    MissingFileError
        If there is no such folder, or no table of cells in it.
    FormatError
        If a file is malformed.
    """
    folder = _folder(Path(path))
    table_path = first_file(folder, Xenium.CELLS) if folder else None
    if folder is None or table_path is None:
        raise MissingFileError(
            f"There is no Xenium run in {path}: {' or '.join(Xenium.CELLS)} is needed; choose the "
            "output folder."
        )
    notes: list[str] = []
    experiment = _experiment(folder)
    notes += _describe(experiment)
    table = read_table(table_path, (Xenium.CELL_ID,), task)
    cells, unplaced, left_out = cells_table(table, Xenium.CELL_ID, Xenium.X, Xenium.Y, table_path)
    notes += left_out
    claimed = experiment.get(Xenium.COUNT_KEY)
    if isinstance(claimed, int) and claimed != table.num_rows:
        notes.append(
            f"{Xenium.EXPERIMENT} speaks of {claimed:,} cells, {table_path.name} holds {table.num_rows:,}."
        )
    cells, clusterings = _add_clusters(folder, cells, notes, task)
    source, genes = _expression(folder, cells, notes)
    organism = experiment.get(Xenium.ORGANISM_KEY)
    return Slab(
        label=run_label(folder, below=Xenium.OUTPUT),
        dataset=Xenium.NAME,
        kind="run",
        cells=cells,
        frames=(Frame("micron", ("x", "y"), "micrometer", title="Xenium, micrometers"),),
        species=organism if isinstance(organism, str) else "",
        platform=Xenium.NAME,
        unplaced=unplaced,
        groups={"Clusters": clusterings} if clusterings else {},
        genes=genes,
        expression_source=source,
        outlines=_outlines(folder, cells, notes, task),
        images=_images(folder, experiment, cells, z, notes, task),
        notes=tuple(notes),
    )


def _folder(path: Path) -> Path | None:
    """The folder of a run, given that, its ``experiment.xenium``, or the folder above Ranger's."""
    if path.name == Xenium.EXPERIMENT and path.is_file():
        return path.parent
    for folder in (path, path / Xenium.OUTPUT):
        if any((folder / name).is_file() for name in Xenium.CELLS) and (
            (folder / Xenium.EXPERIMENT).is_file() or any((folder / hint).exists() for hint in Xenium.HINTS)
        ):
            return folder
    return None


def _experiment(folder: Path) -> dict[str, Any]:
    path = folder / Xenium.EXPERIMENT
    if not path.is_file():
        return {}
    try:
        if path.stat().st_size > _MAX_JSON:
            raise ValueError("it is too large")
        content = json.loads(path.read_bytes())
        if not isinstance(content, dict):
            raise ValueError("it is no JSON object")
    except (ValueError, OSError, RecursionError) as error:
        raise FormatError(
            f"{path} can't be read ({error}); copy it again, or remove it: the run opens without it."
        ) from error
    return content


def _describe(experiment: Mapping[str, Any]) -> list[str]:
    said = {
        what: text
        for what, key in (
            ("Run", "run_name"),
            ("region", "region_name"),
            ("panel", "panel_name"),
            ("software", "analysis_sw_version"),
        )
        if isinstance(text := experiment.get(key), str) and text.strip()
    }
    return [f"{', '.join(f'{what}: {text.strip()}' for what, text in said.items())}."] if said else []


def _add_clusters(
    folder: Path, cells: pd.DataFrame, notes: list[str], task: Task
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Cells with a categorical column a clustering, and the names of these columns."""
    clustering = folder / Xenium.CLUSTERING
    paths = sorted(clustering.glob(f"*/{Xenium.CLUSTERS}"))[:_MAX_CLUSTERINGS] if clustering.is_dir() else []
    columns: dict[str, pd.Categorical] = {}
    for path in paths:
        name = path.parent.name.removeprefix("gene_expression_")
        table = read_table(path, (Xenium.BARCODE, Xenium.CLUSTER), task)
        require_columns(table, (Xenium.BARCODE, Xenium.CLUSTER), path)
        row = rows_of(table.column(Xenium.BARCODE), cells.index)
        value = table.column(Xenium.CLUSTER).to_numpy()
        clusters = pd.Series(pd.NA, index=range(len(cells)), dtype=object)
        clusters.iloc[row[row >= 0]] = value[row >= 0]
        # "10" comes after "9".
        order = sorted(clusters.dropna().unique(), key=lambda text: (len(text), text))
        columns[name] = pd.Categorical(clusters, categories=order)
        missing = int(clusters.isna().sum())
        if missing:
            notes.append(f"{len(cells) - missing:,} of {len(cells):,} cells have a cluster in {name!r}.")
    if not columns:
        return cells, ()
    return cells.assign(**columns), tuple(columns)


def _expression(
    folder: Path, cells: pd.DataFrame, notes: list[str]
) -> tuple[ExpressionSource | None, pd.DataFrame]:
    path = folder / Xenium.MATRIX
    if not path.is_file():
        notes.append(f"There is no {Xenium.MATRIX} in the folder, so cells can't be colored by gene.")
        return None, genes_table()
    matrix = open_10x_matrix(path)
    types = np.asarray(matrix.feature_types or [Xenium.GENES] * len(matrix.identifiers), dtype=object)
    counted = types == Xenium.GENES
    genes = genes_table(matrix.identifiers, gene_symbol=matrix.symbols, feature_type=types, control=~counted)
    if not genes.index.is_unique:
        raise FormatError(
            f"{path} lists features with the same id, so genes can't be told apart; export it again."
        )
    shared = int((matrix.rows_of(cells.index) >= 0).sum())
    if shared < len(cells):
        notes.append(
            f"{shared:,} of {len(cells):,} cells are in {Xenium.MATRIX}"
            + ("; genes can't be shown, it is of another run." if not shared else ".")
        )
    source = MatrixExpression({"raw": matrix}, {"raw": "counts"}, cells=cells.index, counted=counted)
    return source, genes


def _outlines(folder: Path, cells: pd.DataFrame, notes: list[str], task: Task) -> Outlines | None:
    """Outlines of the cells; of a damaged file none, as all else of the run can be used without."""
    try:
        return _read_outlines(folder, cells, notes, task)
    except FormatError as error:
        notes.append(f"The outlines are left out: {error}")
        return None


def _read_outlines(folder: Path, cells: pd.DataFrame, notes: list[str], task: Task) -> Outlines | None:
    path = first_file(folder, Xenium.CELL_BOUNDARIES)
    if path is None:
        path = first_file(folder, Xenium.NUCLEUS_BOUNDARIES)
        if path is None:
            notes.append("There are no cell boundaries in the folder.")
            return None
        notes.append("There are no cell boundaries in the folder; the outlines are those of nuclei.")
    wanted = (Xenium.CELL_ID, Xenium.VERTEX_X, Xenium.VERTEX_Y, Xenium.PART)
    table = read_table(path, (Xenium.CELL_ID,), task, wanted)
    require_columns(table, wanted[:3], path)
    part = table.column(Xenium.PART).to_numpy() if Xenium.PART in table.column_names else None
    outlines = rings_from_vertices(
        rows_of(table.column(Xenium.CELL_ID), cells.index),
        table.column(Xenium.VERTEX_X).to_numpy(),
        table.column(Xenium.VERTEX_Y).to_numpy(),
        part,
    )
    found = count_cells(outlines)
    if found < len(cells):
        notes.append(f"{found:,} of {len(cells):,} cells have an outline in {path.name}.")
    return outlines if found else None


def _images(
    folder: Path,
    experiment: Mapping[str, Any],
    cells: pd.DataFrame,
    z: int | None,
    notes: list[str],
    task: Task,
) -> tuple[Volume, ...]:
    files = _image_files(folder, experiment)
    if not files:
        notes.append("There is no morphology image in the folder.")
        return ()
    planes: list[TiffPlane] = []
    for path in files:
        try:
            planes += _planes(path, z, notes)
        except (FormatError, MissingFileError) as error:
            notes.append(f"An image is left out: {error}")
    pixel = _pixel_size(experiment, planes, notes) if planes else (1.0, 1.0)
    placed = []
    for plane in planes:
        name = plane.name or ("DAPI" if len(planes) == 1 else f"Stain {plane.channel}")
        placed.append(Placed(plane, f"{name} z{plane.z}" if plane.z else name, pixel, (0.0, 0.0)))
    return place_images(placed, cells, notes, task)


def _image_files(folder: Path, experiment: Mapping[str, Any]) -> list[Path]:
    """The files of the image in focus, else of the projection, else of the stack."""
    listed = experiment.get(Xenium.IMAGES_KEY)
    named = [listed.get(key) for key in Xenium.IMAGE_KEYS] if isinstance(listed, dict) else []
    names = [named[0] if named else None, *Xenium.FOCUS, *named[1:2], Xenium.MIP, *named[2:], Xenium.STACK]
    for name in names:
        if not isinstance(name, str) or not _stays_inside(name):
            continue
        path = folder / name
        inside = path if path.is_dir() else path.parent
        if inside != folder and inside.is_dir():
            # A file a stain; the one that experiment.xenium names is the first of them.
            files = sorted(p for p in inside.iterdir() if p.name.endswith(Xenium.IMAGES) and p.is_file())
            if files:
                return files
        elif path.is_file():
            return [path]
    return []


def _stays_inside(name: str) -> bool:
    """Whether a path that a file names can't lead out of the folder, on any system."""
    parts = PurePosixPath(name).parts
    return (
        bool(parts) and ".." not in parts and not any(c in name for c in "\\:\0") and not name.startswith("/")
    )


def _planes(path: Path, z: int | None, notes: list[str]) -> list[TiffPlane]:
    """Planes of a file, of a stack only one plane a stain."""
    planes = list(open_tiff(path))
    depths = sorted({plane.z for plane in planes})
    if len(depths) > 1:
        if z is not None and z not in depths:
            raise UnknownNameError(f"{path} has no plane z{z}; there are z{depths[0]} to z{depths[-1]}.")
        chosen = middle(depths) if z is None else z
        notes.append(f"{path.name}: showing z{chosen} of z{depths[0]}–z{depths[-1]}.")
        planes = [plane for plane in planes if plane.z == chosen]
    match = _NUMBERED.search(path.name)
    if len(planes) == 1 and match:  # a file a stain, numbered in its name
        planes = [replace(planes[0], channel=int(match[1]))]
    return planes


def _pixel_size(
    experiment: Mapping[str, Any], planes: list[TiffPlane], notes: list[str]
) -> tuple[float, float]:
    size = experiment.get(Xenium.PIXEL_SIZE_KEY)
    known = float(size) if isinstance(size, int | float) and not isinstance(size, bool) else math.nan
    own = next((plane.pixel_size for plane in planes if plane.pixel_size), None)
    if math.isfinite(known) and known > 0:
        if own and not all(math.isclose(known, side, rel_tol=1e-3) for side in own):
            notes.append(
                f"{Xenium.EXPERIMENT} says that a pixel is {known:g} µm wide, the image says {own[1]:g} µm, "
                "which is used."
            )
            return own
        return known, known
    if own:
        return own
    notes.append(
        f"Neither {Xenium.EXPERIMENT} nor the image says how wide a pixel is; {Xenium.PIXEL_SIZE} µm is "
        "taken, as on every instrument."
    )
    return Xenium.PIXEL_SIZE, Xenium.PIXEL_SIZE
