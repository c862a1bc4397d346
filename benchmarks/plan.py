"""What is measured: ways by group, and the rows and curves that are made of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

__all__ = [
    "Curve",
    "Figure",
    "Group",
    "Plan",
    "Row",
    "Sizes",
    "Way",
    "full",
    "make_plan",
    "quick",
    "together",
]


@dataclass(frozen=True)
class Way:
    """A function of this package that gives samples, run in a process of its own."""

    function: str
    """``"module:name"``; or ``"spatialdata"``, which another Python runs."""
    arguments: str
    """As JSON; paths begin with ``{folder}``."""

    @property
    def key(self) -> str:
        """Name in the results."""
        return f"{self.function} {self.arguments}"


def way(function: str, **arguments: Any) -> Way:
    return Way(function, json.dumps(arguments))


@dataclass(frozen=True)
class Figure:
    """One of the samples that a way gives, and whose it is."""

    way: Way
    sample: str
    who: str = ""


@dataclass(frozen=True)
class Row:
    """A line of the table, or several where there are several peers."""

    what: str
    count: str
    ours: Figure
    peers: tuple[Figure, ...] = ()
    limit: Figure | None = None
    aim: float | None = None
    """Seconds that were aimed for, at the atlas's size."""
    in_readme: bool = False


@dataclass(frozen=True)
class Curve:
    """Cost against the number of cells, in a panel of the plot."""

    panel: str
    label: str
    points: tuple[tuple[int, Figure], ...]
    is_peer: bool = False


@dataclass
class Group:
    """Measurements on the same data."""

    name: str
    setup: list[tuple[str, Way]] = field(default_factory=list)
    """Files to be there first, and what makes them."""
    rows: list[Row] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    first: list[Way] = field(default_factory=list)
    """Ways whose results the others read."""
    rounds: int = 1
    """How often each way is run, taking turns with its peers."""

    def ways(self) -> list[Way]:
        """Every way once, ours and its peers next to one another."""
        figures = [f for row in self.rows for f in (row.ours, *row.peers, row.limit) if f is not None]
        figures += [figure for curve in self.curves for _, figure in curve.points]
        return list(dict.fromkeys([*self.first, *(figure.way for figure in figures)]))


Plan = list[Group]


@dataclass(frozen=True)
class Sizes:
    """How much data."""

    cells: int
    genes: int
    slab: int
    """Cells of the slab whose gene is read."""
    many_cells: int
    many_genes: int
    """The 10x-like matrix."""
    slabs: tuple[int, ...]
    """Cells of the slabs of the dataset."""
    opened: int
    """Number of the slab that is opened."""
    shown: tuple[int, ...]
    scale: tuple[int, ...]
    part: int
    """Which part of the rows the accessor's pattern walks."""
    volume: tuple[int, int, int]
    """Voxels of the compressed volume."""
    megabytes: int
    """Of the file that is fetched; 0 for none."""

    @property
    def aimed_at(self) -> bool:
        """Whether these are the sizes that the aims are for."""
        return (self.cells, self.genes) == (1_600_000, 300)


def full(cells: int, genes: int) -> Sizes:
    """Sizes of the atlas."""
    rest = max(1, cells - 1_441_600)
    return Sizes(
        cells=cells,
        genes=genes,
        slab=round(cells * 0.0575),
        many_cells=300_000,
        many_genes=20_000,
        slabs=(10_000, 31_600, 100_000, 300_000, 1_000_000, rest),
        opened=3,
        shown=(10_000, 100_000, 1_000_000, 5_000_000),
        scale=(10_000, 100_000, 1_000_000, 5_000_000),
        part=100,
        volume=(528, 320, 456),
        megabytes=150,
    )


def quick() -> Sizes:
    """Just enough to run every way once."""
    slabs, shown, scale, volume = (300, 1_000, 700), (1_000,), (1_000, 3_000), (70, 50, 60)
    return Sizes(20_000, 60, 1_600, 1_000, 2_000, slabs, 1, shown, scale, 2, volume, 0)


def make_plan(sizes: Sizes, spatialdata: bool) -> Plan:
    """Groups to measure, one after the other: what is asked for most often comes first."""
    groups = [_gene(sizes), _index(sizes), _view(sizes, spatialdata)]
    rest = [_cells(sizes), _many_genes(sizes), _volume(sizes)]
    if sizes.megabytes:
        rest.append(_download(sizes))
    if not sizes.aimed_at:
        for group in [*groups, *rest]:
            group.rows = [replace(row, aim=None) for row in group.rows]
    return [*groups, *_scale(sizes), *rest, _start()]


def together(plan: Plan) -> Group:
    """All groups as one, whose ways may then be run in one process."""
    parts = ("setup", "rows", "curves", "first")
    return Group("all", *([item for group in plan for item in getattr(group, part)] for part in parts))


def _matrix(name: str, cells: int, genes: int, density: float) -> tuple[str, Way]:
    path = f"{{folder}}/{name}.h5ad"
    return path, way("matrices:generate", target=path, cells=cells, genes=genes, density=density)


def _gene(sizes: Sizes) -> Group:
    plain = _matrix("plain", sizes.cells, sizes.genes, 0.2)
    gzip = "{folder}/gzip.h5ad"
    group = Group(
        "gene", [plain, (gzip, way("matrices:generate_gzip", source=plain[0], target=gzip))], rounds=3
    )
    shape = f"{sizes.cells:,} × {sizes.genes}"
    aims = iter((0.3, 0.05, None, 1.0, 0.2, None))
    for path, kind in ((plain[0], "plain"), (gzip, "gzip")):
        common = {"path": path, "cells": sizes.cells}
        accessor = Figure(way("ways_gene:accessor", **common, part=sizes.part), "gene", "accessor's pattern")
        limit = Figure(way("meter:read_bytes", paths=[path]), "read", "read the file")
        for which, more in (
            ("all cells", {}),
            ("a slab of 8 sections", {"slab": sizes.slab}),
            ("as many cells from everywhere", {"slab": sizes.slab, "scattered": True}),
        ):
            anndata = Figure(way("ways_gene:anndata_backed", **common, **more), "gene", "anndata, backed")
            group.rows.append(
                Row(
                    f"First gene, h5ad {kind}, {which}",
                    f"{sizes.slab:,} of {shape}" if more else shape,
                    Figure(way("ways_gene:ours", **common, **more), "gene"),
                    (anndata, accessor) if not more else (anndata,),
                    limit,
                    next(aims),
                    in_readme="everywhere" not in which,
                )
            )
    return group


def _index(sizes: Sizes) -> Group:
    plain = _matrix("plain", sizes.cells, sizes.genes, 0.2)
    target, csc = "{folder}/index.zarr", "{folder}/csc.h5ad"
    build = way("ways_index:build", path=plain[0], target=target)
    other_build = way("ways_index:anndata_build", path=plain[0], target=csc)
    read = way("ways_index:read", target=target, slab=sizes.slab)
    other_read = way("ways_index:anndata_read", target=csc, slab=sizes.slab)
    backed = way("ways_gene:anndata_backed", path=plain[0], cells=sizes.cells)
    backed_slab = way("ways_gene:anndata_backed", path=plain[0], cells=sizes.cells, slab=sizes.slab)
    shape, slab = f"{sizes.cells:,} × {sizes.genes}", f"{sizes.slab:,} of {sizes.cells:,} × {sizes.genes}"
    written, bytes_read = "anndata, rewritten as CSC", way("meter:read_bytes", paths=[plain[0]])

    def copy(cells: int) -> Figure:
        return Figure(way("ways_gene:copy", cells=cells), "copy", "copy the values")

    return Group(
        "index",
        [plain],
        [
            Row(
                "Gene-major index: build",
                shape,
                Figure(build, "build"),
                (Figure(other_build, "build", written),),
                Figure(bytes_read, "read", "read the file"),
                3.0,
                True,
            ),
            Row(
                "Gene-major index: open", shape, Figure(read, "open"), (Figure(other_read, "open", written),)
            ),
            Row(
                "Any gene from the index, all cells, the first time",
                shape,
                Figure(read, "first"),
                (Figure(backed, "gene", "anndata, backed"),),
                copy(sizes.cells),
            ),
            Row(
                "Any gene from the index, all cells",
                shape,
                Figure(read, "gene"),
                (Figure(backed, "gene", "anndata, backed"), Figure(other_read, "gene", written)),
                copy(sizes.cells),
                0.002,
                True,
            ),
            Row(
                "Any gene from the index, a slab of 8 sections",
                slab,
                Figure(read, "slab"),
                (Figure(backed_slab, "gene", "anndata, backed"), Figure(other_read, "slab", written)),
                copy(sizes.slab),
                0.0002,
                True,
            ),
        ],
        first=[build, other_build],
        rounds=2,
    )


def _many_genes(sizes: Sizes) -> Group:
    plain = _matrix("many", sizes.many_cells, sizes.many_genes, 0.1)
    target = "{folder}/many.zarr"
    common = {"path": plain[0], "cells": sizes.many_cells}
    backed = Figure(way("ways_gene:anndata_backed", **common), "gene", "anndata, backed")
    limit = Figure(way("meter:read_bytes", paths=[plain[0]]), "read", "read the file")
    copy = Figure(way("ways_gene:copy", cells=sizes.many_cells), "copy", "copy the values")
    build = way("ways_index:build", path=plain[0], target=target)
    read = way("ways_index:read", target=target)
    shape = f"{sizes.many_cells:,} × {sizes.many_genes:,}"
    return Group(
        "10x",
        [plain],
        [
            Row(
                "10x-like: first gene, h5ad plain",
                shape,
                Figure(way("ways_gene:ours", **common), "gene"),
                (backed,),
                limit,
            ),
            Row("10x-like: gene-major index, build", shape, Figure(build, "build"), (), limit),
            Row(
                "10x-like: any gene from the index", shape, Figure(read, "gene"), (backed,), copy, None, True
            ),
        ],
        first=[build],
    )


def _release(name: str, slabs: tuple[int, ...]) -> tuple[str, Way]:
    folder = f"{{folder}}/{name}"
    return folder, way("releases:write_release", folder=folder, sizes=list(slabs))


def _cells(sizes: Sizes) -> Group:
    release = _release("release", sizes.slabs)
    common = {"folder": release[0], "cache": "{folder}/release-cache"}
    ingest = way("ways_cells:ingest", **common)
    pandas = way("ways_cells:pandas_open", folder=release[0], slab=sizes.opened)
    opened = way("ways_cells:open_slab", **common, slab=sizes.opened)
    cells = f"{sum(sizes.slabs):,}"
    slab = f"{sizes.slabs[sizes.opened]:,} of {cells}"
    merge = "pandas, read_csv and join"
    return Group(
        "cells",
        [release],
        [
            Row(
                "Cell tables: check, join, sort by slab, once",
                cells,
                Figure(ingest, "ingest"),
                (Figure(pandas, "ingest", merge),),
                Figure(way("ways_cells:read_tables", folder=release[0]), "read", "read the files"),
                None,
                True,
            ),
            Row("List the slabs", cells, Figure(opened, "list"), (Figure(pandas, "ingest", merge),)),
            Row(
                "Open a slab",
                slab,
                Figure(opened, "open"),
                (Figure(pandas, "open", merge),),
                Figure(opened, "copy", "copy the table"),
                0.2,
                True,
            ),
        ],
        first=[ingest],
        rounds=2,
    )


def _view(sizes: Sizes, spatialdata: bool) -> Group:
    group = Group("view")
    for cells in sizes.shown:
        ours, napari = way("ways_view:ours", cells=cells), way("ways_view:napari_public", cells=cells)
        copy = way("ways_view:copy", cells=cells)
        table, array = "napari, column", "napari, array of colors"
        # At five million it takes minutes and gigabytes.
        other = way("spatialdata", cells=cells) if spatialdata and cells <= 1_000_000 else None
        at_a_million = cells == 1_000_000
        too_slow = () if cells <= 1_000_000 else ("freeze", "frame", "frame 10x", "frame 100x")
        for what, sample, peers, theirs, aim in (
            ("Recolor: another column", "column", (("column", table), ("array", array)), "column", 0.001),
            ("Recolor: hide types", "hide", (("array", array),), None, 0.001),
            ("Recolor: another gene", "gene", (("gene", table), ("array", array)), "gene", 0.015),
            ("Recolor: other limits", "limits", (("limits", "napari, contrast limits"),), None, 0.001),
            ("Add the cells to the viewer", "add", (("add", table),), "add", 0.8),
            ("Longest freeze while they are added", "freeze", (("freeze", table),), None, None),
            ("Draw a frame in software, all in view", "frame", (("frame", "napari"),), None, None),
            ("Draw a frame, zoomed 10 times", "frame 10x", (("frame 10x", "napari"),), None, None),
            ("Draw a frame, zoomed 100 times", "frame 100x", (("frame 100x", "napari"),), None, None),
        ):
            figures = [Figure(napari, name, who) for name, who in peers if name not in too_slow]
            if other is not None and theirs is not None:
                figures.append(Figure(other, theirs, "napari-spatialdata"))
            copied = Figure(copy, "numbers", "copy a number a cell") if sample in ("column", "gene") else None
            group.rows.append(
                Row(
                    what,
                    f"{cells:,}",
                    Figure(ours, sample),
                    tuple(figures),
                    copied,
                    aim if at_a_million else None,
                    at_a_million and sample in ("hide", "gene", "add"),
                )
            )
    return group


def _volume(sizes: Sizes) -> Group:
    path, folder = "{folder}/volume.nii.gz", "{folder}/volumes"
    convert = way("ways_volume:convert", path=path, folder=folder)
    planes = Figure(way("ways_volume:planes", path=path, folder=folder), "plane")
    nibabel = Figure(way("ways_volume:nibabel_planes", path=path), "plane", "nibabel, a slice of the file")
    shape = " × ".join(map(str, sizes.volume))
    return Group(
        "volume",
        [(path, way("ways_volume:generate", target=path, shape=list(sizes.volume)))],
        [
            Row(
                "Convert a .nii.gz once",
                shape,
                Figure(convert, "convert"),
                (),
                Figure(way("meter:inflate", path=path), "inflate", "inflate the file"),
            ),
            Row(
                "Show any plane of the converted volume", shape, planes, (nibabel,), None, 0.1, in_readme=True
            ),
        ],
        first=[convert],
    )


def _start() -> Group:
    """What the plugin adds to the start of napari: nothing of it is loaded before it is used."""
    ours, napari = (way("ways_start:window", plugin=plugin) for plugin in (True, False))
    return Group(
        "start",
        rows=[
            Row(
                "Start napari until its window is shown",
                "",
                Figure(ours, "window"),
                (Figure(napari, "window", "napari without the plugin"),),
            ),
            Row("Open the dock for the first time", "", Figure(ours, "dock")),
        ],
        rounds=5,
    )


def _download(sizes: Sizes) -> Group:
    group = Group("download")
    for where, latency, rate in (
        ("this machine", 0.0, 0.0),
        ("a server 80 ms away, 15 MB/s a connection", 0.08, 15.0),
    ):
        fetch = way("ways_download:fetch", megabytes=sizes.megabytes, latency=latency, rate=rate)
        group.rows.append(
            Row(
                f"Fetch and verify a file from {where}",
                f"{sizes.megabytes} MB",
                Figure(fetch, "ours-s3"),
                (Figure(fetch, "s3fs-get", "s3fs get, unverified"),),
                in_readme=latency > 0,
            )
        )
    return group


def _scale(sizes: Sizes) -> list[Group]:
    """Cost against the number of cells; a group for each number, as the data are large."""
    groups = []
    largest = sizes.scale[-1]
    for cells in sizes.scale:
        plain = _matrix(f"scale-{cells}", cells, sizes.genes, 0.2)
        target = f"{{folder}}/scale-{cells}.zarr"
        release = _release(f"release-{cells}", (max(2, cells // 100), cells))
        common = {"folder": release[0], "cache": f"{{folder}}/release-{cells}-cache"}
        build, ingest = (
            way("ways_index:build", path=plain[0], target=target),
            way("ways_cells:ingest", **common),
        )
        ours, napari = way("ways_view:ours", cells=cells), way("ways_view:napari_public", cells=cells)
        backed = way("ways_gene:anndata_backed", path=plain[0], cells=cells)
        group = Group(f"scale-{cells}", [plain, release], first=[build, ingest])
        gene, recolor, opening = "Read a gene", "Recolor", "Open a slab, add its cells"
        once = "Once: index, join"
        shape, at_once = f"{cells:,} × {sizes.genes}", f"{cells:,} of {cells + max(2, cells // 100):,}"
        direct, read = (
            way("ways_gene:ours", path=plain[0], cells=cells),
            way("ways_index:read", target=target),
        )
        opened = way("ways_cells:open_slab", **common, slab=1)
        copy = Figure(way("ways_gene:copy", cells=cells), "copy", "copy the values")
        if cells == largest:
            peer = (Figure(backed, "gene", "anndata, backed"),)
            whole = Figure(opened, "copy", "copy the table")
            group.rows += [
                Row("First gene, h5ad plain, all cells", shape, Figure(direct, "gene"), peer),
                Row(
                    "Any gene from the index, all cells", shape, Figure(read, "gene"), peer, copy, None, True
                ),
                Row(
                    "Open all cells of a dataset at once",
                    at_once,
                    Figure(opened, "open"),
                    (),
                    whole,
                    None,
                    True,
                ),
            ]
        for panel, label, figure in (
            (gene, "first gene, h5ad", Figure(direct, "gene")),
            (gene, "gene-major index", Figure(read, "gene")),
            (gene, "anndata, backed", Figure(backed, "gene", "anndata")),
            (gene, "copy the values", copy),
            (recolor, "another category", Figure(ours, "column")),
            (recolor, "another gene", Figure(ours, "gene")),
            (recolor, "other limits", Figure(ours, "limits")),
            (recolor, "hide types", Figure(ours, "hide")),
            (opening, "open", Figure(opened, "open")),
            (opening, "add to the viewer", Figure(ours, "add")),
            (opening, "napari, add_points", Figure(napari, "add", "napari")),
            (once, "index a matrix", Figure(build, "build")),
            (once, "join the cell tables", Figure(ingest, "ingest")),
        ):
            group.curves.append(Curve(panel, label, ((cells, figure),), bool(figure.who)))
        figure = Figure(napari, "gene", "napari")
        group.curves.append(Curve(recolor, "napari, column of a gene", ((cells, figure),), True))
        groups.append(group)
    return groups
