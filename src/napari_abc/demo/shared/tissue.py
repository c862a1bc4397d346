"""From a drawing (rings, compartments, who lives where) to cells: positions, types, compartments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from shapely import contains_xy, get_coordinates, line_interpolate_point

from napari_abc.demo.shared.curves import loose_points, vessels, waves

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Drawing", "Tissue", "grow", "paint"]


@dataclass(frozen=True)
class Drawing:
    """Where the compartments of a piece of tissue lie, millimeters, y down."""

    outline: Any
    """shapely polygon of the tissue."""
    layers: Sequence[tuple[str, Any]]
    """(compartment, shapely geometry), painted one over the other; first the one that fills the outline."""
    holes: Any = None
    """shapely geometry without cells (ventricles), or None."""
    regions: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """Label of an anatomical region → the polygons it consists of."""
    lining: str = ""
    """Type of the cells that line the holes."""
    split: Callable[[NDArray[np.str_], Floats, np.random.Generator], NDArray[np.str_]] | None = None
    """Divides compartments further, cell by cell: striosomes, islands."""


@dataclass(frozen=True)
class Tissue:
    """Cells of one piece of tissue."""

    xy: Floats
    """(cells, 2) millimeters, in the drawing's coordinates."""
    compartments: NDArray[np.str_]
    types: NDArray[np.int64]
    """(cells,) index into the names that were given to :func:`grow`."""


def paint(drawing: Drawing, xy: Floats) -> NDArray[np.str_]:
    """Compartment of each point; "" outside the tissue."""
    names = ["", *(name for name, _ in drawing.layers)]
    codes = np.zeros(len(xy), dtype=np.int64)
    inside = contains_xy(drawing.outline, *xy.T)
    for code, (_, shape) in enumerate(drawing.layers, start=1):
        codes[inside & contains_xy(shape, *xy.T)] = code
    if drawing.holes is not None:
        codes[contains_xy(drawing.holes, *xy.T)] = 0
    return np.array(names)[codes]


def _split(drawing: Drawing, names: NDArray[np.str_], xy: Floats, seed: int) -> NDArray[np.str_]:
    if drawing.split is None:
        return names
    return drawing.split(names.astype("U24"), xy, np.random.default_rng(seed))


def grow(
    drawing: Drawing,
    cells: int,
    densities: Mapping[str, float],
    mixes: Mapping[str, Mapping[str, float]],
    type_names: Sequence[str],
    rng: np.random.Generator,
) -> Tissue:
    """Fill a drawing with exactly ``cells`` cells.

    Parameters
    ----------
    drawing
        The tissue.
    cells
        How many cells.
    densities
        Compartment → relative density of cells.
    mixes
        Compartment → {type: relative weight}; ``"vessel"`` for those along vessels.
    type_names
        All types; ``Tissue.types`` indexes them.
    rng
        Source of all randomness.
    """
    seed = int(rng.integers(2**32))  # the split must fall at the same places for every sampling
    known = sorted(densities)
    density_of = np.array([densities[name] for name in known])

    def thin(spacing: float) -> tuple[Floats, NDArray[np.str_], Floats]:
        xy = loose_points(drawing.outline.bounds, spacing, rng)
        names = paint(drawing, xy)
        xy, names = xy[names != ""], names[names != ""]
        names = _split(drawing, names, xy, seed)
        chance = density_of[np.searchsorted(known, names)] / density_of.max()
        if drawing.lining:  # white matter and nuclei are never quite even
            chance = chance * np.clip(1 + 0.16 * waves(xy, 1.9, np.random.default_rng(seed + 1)), 0.4, 1)
        return xy, names, chance

    width = drawing.outline.bounds[2] - drawing.outline.bounds[0]
    trial = thin(width / 110)[2].sum() * (width / 110) ** 2  # area, weighted by density
    spacing = float(np.sqrt(trial / (0.97 * cells)))

    along = vessels(drawing.outline, 26, spacing * 1.2, rng)
    along = along[paint(drawing, along) != ""]
    along = along[rng.permutation(len(along))[: cells // 22]]
    lining = _line(drawing, spacing * 0.7, rng)[: cells // 30]

    xy, names, chance = thin(spacing)
    kept = np.flatnonzero(rng.random(len(xy)) < chance)
    wanted = cells - len(along) - len(lining)
    kept = rng.permutation(kept)[:wanted]
    if len(kept) < wanted:  # the estimate fell short by chance: take some of the thinned ones back
        spare = np.setdiff1d(np.arange(len(xy)), kept)
        kept = np.concatenate([kept, rng.permutation(spare)[: wanted - len(kept)]])
    xy, names = xy[kept], names[kept]

    all_xy = np.concatenate([xy, along, lining])
    all_names = np.concatenate([names, np.full(len(along), "vessel"), np.full(len(lining), "lining")])
    types = np.empty(len(all_xy), dtype=np.int64)
    index = {name: code for code, name in enumerate(type_names)}
    for name in np.unique(all_names):
        mine = np.flatnonzero(all_names == name)
        mix = {drawing.lining: 1.0} if name == "lining" else mixes[str(name)]
        weights = np.array(list(mix.values()))
        choice = rng.choice([index[key] for key in mix], size=len(mine), p=weights / weights.sum())
        types[mine] = choice
    return Tissue(all_xy, all_names, types)


def _line(drawing: Drawing, spacing: float, rng: np.random.Generator) -> Floats:
    """Points along the walls of the holes."""
    if drawing.holes is None or not drawing.lining:
        return np.empty((0, 2))
    wall = drawing.holes.buffer(spacing).boundary
    steps = np.arange(0, wall.length, spacing)

    xy = get_coordinates(line_interpolate_point(wall, steps)) + rng.normal(0, 0.2 * spacing, (len(steps), 2))
    xy = xy[paint(drawing, xy) != ""]
    return np.asarray(xy[rng.permutation(len(xy))])
