"""Cells of one slab plane, with everything that the tables say of them, and its polygons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from shapely import contains_xy, set_precision

from napari_abc.demo.basal_ganglia.densities import DENSITIES, MIXES
from napari_abc.demo.basal_ganglia.drawing import drawing
from napari_abc.demo.basal_ganglia.taxonomy import clusters_of
from napari_abc.demo.basal_ganglia.types import all_types
from napari_abc.demo.shared.curves import Warp, waves
from napari_abc.demo.shared.genes import draw_counts, markers, panel
from napari_abc.demo.shared.tissue import grow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_abc.demo.basal_ganglia.specimens import Donor, Plane

    Floats = NDArray[np.float64]

__all__ = ["REGIONS", "PlaneCells", "make_plane", "sample_ids"]

REGIONS = ("STR", "GP", "GPe", "GPi", "VeP", "SN", "STH")
"""In the order of the columns of ``cell_anatomical_annotations``."""


_FIRST_MACAQUE = 1291813781
"""Barcode of the section that the macaque's table starts with, with cells that failed."""


@dataclass(frozen=True)
class PlaneCells:
    """The cells of one plane; arrays are parallel."""

    plane: Plane
    labels: NDArray[np.str_]
    sections: NDArray[np.int64]
    """Index into ``plane.sections``."""
    experiment: Floats
    """(cells, 2) micrometers on the microscope's stage."""
    rotated: Floats
    """(cells, 2) the same turned upright; only the marmoset's table has them."""
    slab: Floats
    """(cells, 2) millimeters in the slab frame."""
    qc_pass: NDArray[np.bool_]
    types: NDArray[np.int64]
    aliases: NDArray[np.object_]
    """Cluster alias; None where the cell was not mapped."""
    regions: dict[str, NDArray[np.bool_]]
    polygons: dict[str, list[Any]]
    """Region → its polygons in the slab frame, as written."""
    counts: NDArray[np.int64]
    """(cells, genes)"""
    without_coordinates: NDArray[np.int64]
    """Cells that ``slab_plane_coordinates`` leaves out."""
    without_counts: NDArray[np.int64]
    """Cells that the matrices leave out."""
    without_membership: NDArray[np.int64]
    """Cells that ``cell_to_cluster_membership`` leaves out."""


def sample_ids(count: int, rng: np.random.Generator) -> list[str]:
    """Random identifiers in the form of a UUID of version 4."""
    text = rng.bytes(16 * count).hex()
    parts = (text[start : start + 32] for start in range(0, len(text), 32))
    return [f"{p[:8]}-{p[8:12]}-4{p[13:16]}-a{p[17:20]}-{p[20:]}" for p in parts]


def make_plane(donor: Donor, plane: Plane, cells: int) -> PlaneCells:
    """Grow a plane; the same arguments give the same cells."""
    rng = np.random.default_rng([donor.seed, plane.slab, plane.number])
    types = all_types()
    tissue = grow(drawing(plane.scene), cells, DENSITIES, MIXES, tuple(types), rng)
    order = rng.permutation(cells)
    xy, codes = tissue.xy[order], tissue.types[order]

    sections, parted = _into_blocks(xy, len(plane.sections))
    # Not from rng, whose state depends on the number of cells: the shape must not.
    warp = Warp(donor.seed + 100 * plane.slab + plane.number, donor.scale, plane.turn, plane.corner)
    slab = warp(parted).round(6)
    experiment, rotated = _to_stage(slab, sections, donor, plane, rng)
    # Cells are numbered as the microscope meets them, down the stage.
    order = np.lexsort((experiment[:, 1], sections))
    xy, codes, sections = xy[order], codes[order], sections[order]
    slab, experiment, rotated = slab[order], experiment[order], rotated[order]

    polygons = _polygons(plane, warp, donor.scale)
    regions = {name: _inside(polygons.get(name, []), slab) for name in REGIONS}
    aliases = _aliases(donor, xy, codes, tuple(types), rng)
    qc_pass = rng.random(cells) < np.where(waves(xy, 9, rng) > 1.9, 0.35, 0.955)
    barcodes = np.array([section.barcode for section in plane.sections])[sections]
    qc_pass[np.flatnonzero(barcodes == _FIRST_MACAQUE)[:40]] = False

    gradient = np.clip(((xy[:, 0] - 16) - (xy[:, 1] - 15)) / 13, -1, 1)
    symbols = [gene.symbol for gene in panel(donor.species)]
    counts = draw_counts(symbols, markers(), types, codes, gradient, rng)
    counts[~qc_pass] //= 2
    counts[counts.sum(axis=1) == 0, 0] = 1  # a cell is called a cell because something was seen in it

    # Who is missing where; no cell has two of these at once.
    shuffled = rng.permutation(cells)
    edges = np.cumsum([cells // 83, cells // 100, cells // 150, cells // 200, cells // 250])
    no_place, no_counts, no_alias, no_membership, strange = np.split(shuffled, edges)[:5]
    aliases[no_alias] = None
    aliases[strange] = f"{donor.species}-9999"  # a cluster that no table knows
    return PlaneCells(
        plane=plane,
        labels=_labels(donor, barcodes, sections, rng),
        sections=sections,
        experiment=experiment,
        rotated=rotated,
        slab=slab,
        qc_pass=qc_pass,
        types=codes,
        aliases=aliases,
        regions=regions,
        polygons=polygons,
        counts=counts,
        without_coordinates=np.sort(no_place),
        without_counts=np.sort(no_counts),
        without_membership=np.sort(no_membership),
    )


def _into_blocks(xy: Floats, blocks: int) -> tuple[NDArray[np.int64], Floats]:
    """Which block each cell lies in, and its place with a narrow seam between the blocks."""
    wavy = xy[:, 0] + 0.8 * np.sin(xy[:, 1] * 0.35)
    low, high = xy[:, 0].min(), xy[:, 0].max()
    width = (high - low) / blocks
    block = np.clip(((wavy - low) / width).astype(np.int64), 0, blocks - 1)
    if blocks == 1:
        return block, xy
    middle = low + (block + 0.5) * width
    parted = xy.copy()
    parted[:, 0] = middle + (xy[:, 0] - middle) * 0.988
    return block, parted


def _to_stage(
    slab: Floats, sections: NDArray[np.int64], donor: Donor, plane: Plane, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Places on the microscope's stage, µm: the inverse of what registered each section to the slab."""
    experiment = np.empty_like(slab)
    rotated = np.empty_like(slab)
    for number in range(len(plane.sections)):
        mine = sections == number
        if donor.platform == "Xenium":
            # A rotation upright, then a mirror in y with a small turn: as the marmoset was registered.
            turn, tilt = np.deg2rad(-157.195), np.deg2rad(6.53)
            mirror = 0.001 * np.array([[np.cos(tilt), np.sin(tilt)], [np.sin(tilt), -np.cos(tilt)]])
            upright = (slab[mine] - slab[mine].mean(axis=0)) @ np.linalg.inv(mirror).T
            upright += (3000, -7500)
            back = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
            rotated[mine] = upright
            stage = (upright - (6008.6, 0)) @ back  # the inverse of a rotation is its transpose
        else:
            turn = np.deg2rad(rng.uniform(-170, -140))
            rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
            shear = np.diag(rng.uniform(0.955, 1.0, 2)) + np.array([[0, rng.uniform(-0.02, 0.02)], [0, 0]])
            stage = slab[mine] @ np.linalg.inv(0.001 * rotation @ shear).T
        experiment[mine] = stage - stage.min(axis=0) + 120
    return experiment.round(4), rotated.round(6)


def _polygons(plane: Plane, warp: Warp, scale: float) -> dict[str, list[Any]]:
    """The plane's polygons in the slab frame, with tens of corners, as somebody would draw them."""
    if plane.polygons == "none":
        return {}
    drawn = {}
    for name, parts in drawing(plane.scene).regions.items():
        drawn[name] = [set_precision(warp.polygon(part).simplify(0.02 * scale), 1e-4) for part in parts]
    return drawn


def _inside(polygons: Sequence[Any], xy: Floats) -> NDArray[np.bool_]:
    inside = np.zeros(len(xy), dtype=bool)
    for polygon in polygons:
        inside |= contains_xy(polygon, *xy.T)
    return inside


def _aliases(
    donor: Donor, xy: Floats, codes: NDArray[np.int64], names: tuple[str, ...], rng: np.random.Generator
) -> NDArray[np.object_]:
    """Cluster of each cell; of a type's two clusters one prevails here and the other there."""
    first = waves(xy, 8, rng) + rng.normal(0, 0.7, len(xy)) > 0
    aliases = np.empty(len(xy), dtype=object)
    for code in np.unique(codes):
        mine = codes == code
        clusters = clusters_of()[donor.species, names[code]]
        aliases[mine] = np.where(first[mine], clusters[0], clusters[-1])
    return aliases


def _labels(
    donor: Donor, barcodes: NDArray[np.int64], sections: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.str_]:
    if donor.platform == "Xenium":
        numbers = np.unique(rng.integers(0, 2**32, len(sections) + 1000))[: len(sections)]
        letters = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
        names = [f"{number:08x}".translate(letters) for number in rng.permutation(numbers).tolist()]
        return np.array([f"{b}_{name}-1-20250227" for b, name in zip(barcodes, names, strict=True)])
    numbers = np.zeros(len(sections), dtype=np.int64)
    for section in np.unique(sections):
        mine = np.flatnonzero(sections == section)
        numbers[mine] = np.cumsum(1 + (rng.random(len(mine)) < 0.1))  # numbers have gaps
    return np.array([f"{b}_{n}-20250227" for b, n in zip(barcodes.tolist(), numbers.tolist(), strict=True)])
