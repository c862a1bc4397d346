"""Two brains of the Zhuang family, one cut coronally and one sagittally, grown from the CCF annotation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from napari_abc.demo.basal_ganglia.planes import sample_ids
from napari_abc.demo.mouse import drawing as mouse_brain
from napari_abc.demo.mouse import genes as mouse_genes
from napari_abc.demo.mouse import types as mouse_types
from napari_abc.demo.mouse.regions import compartments
from napari_abc.demo.shared.curves import Warp
from napari_abc.demo.shared.single_cells import counts_of, write_matrices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_abc.demo.mouse.space import Space
    from napari_abc.demo.shared.bucket import Bucket

    Floats = NDArray[np.float64]

__all__ = ["BRAINS", "Brain", "write_zhuang"]

_METADATA, _EXPRESSION, _CCF = "20241115", "20230830", "20230830"
_MIDLINE = 5.7
"""z of the CCF, mm."""
_STRANGERS = 40


@dataclass(frozen=True)
class _Section:
    number: int
    z: float
    """What the table says: 0 where the estimate lies before the front of the CCF."""
    depth: float
    """Where in the CCF it was cut, mm."""
    cells: int
    registered: bool = True


@dataclass(frozen=True)
class Brain:
    """One animal."""

    name: str
    plane: str
    """``"coronal"`` or ``"sagittal"``."""
    sections: tuple[_Section, ...]
    """z is from the front in a coronal brain, from the midline in a sagittal one."""


BRAINS = (
    Brain(
        "Zhuang-ABCA-1",
        "coronal",
        (
            _Section(4, 0.0, 1.2, 260, registered=False),
            _Section(7, 0.0, 1.6, 300),
            _Section(89, 7.829530, 7.82953, 900),
            _Section(110, 9.717769, 9.717769, 540),
        ),
    ),
    Brain(
        "Zhuang-ABCA-3",
        "sagittal",
        (
            _Section(3, 0.318442, _MIDLINE - 0.318442, 560),
            _Section(10, 1.954107, _MIDLINE - 1.954107, 860),
            _Section(16, 3.502761, _MIDLINE - 3.502761, 580),
        ),
    ),
)


def write_zhuang(bucket: Bucket, space: Space) -> None:
    """Write the tables and matrices of both brains."""
    for seed, brain in enumerate(BRAINS):
        _write_brain(bucket, brain, space, np.random.default_rng([20230830, seed]))


def _write_brain(bucket: Bucket, brain: Brain, space: Space, rng: np.random.Generator) -> None:
    types = mouse_types.all_types()
    names = tuple(types)
    grown = [_grow(brain, section, space, rng) for section in brain.sections]
    ccf = np.concatenate([part[0] for part in grown])
    index = np.concatenate([part[1] for part in grown])
    kinds = np.concatenate([_kinds(part[1], names, rng) for part in grown])
    lengths = [section.cells for section in brain.sections]
    number = np.repeat(np.arange(len(brain.sections)), lengths)
    total = len(ccf)

    across = ccf[:, 2] if brain.plane == "coronal" else ccf[:, 0]
    flat = np.column_stack([across, ccf[:, 1] + 0.4])
    xy = flat + 0.08 * (Warp(len(brain.name) + total, 1.0, 0.05, (0, 0))(flat) - flat)
    labels = _labels(total + _STRANGERS, rng)
    sections = np.array([f"{brain.name}.{section.number:03d}" for section in brain.sections])[number]
    confidence = rng.beta(14, 2, total)
    cluster_confidence = confidence * rng.uniform(0.7, 1, total)
    cells = pd.DataFrame(
        {
            "cell_label": labels[:total],
            "brain_section_label": sections,
            "feature_matrix_label": brain.name,
            "donor_label": brain.name,
            "donor_genotype": "wt/wt",
            "donor_sex": "F",
            "cluster_alias": mouse_types.aliases(kinds, names, rng),
            "x": xy[:, 0].round(6),
            "y": xy[:, 1].round(6),
            "z": np.array([section.z for section in brain.sections])[number],
            "subclass_confidence_score": confidence.round(6),
            "cluster_confidence_score": cluster_confidence.round(6),
            "high_quality_transfer": (confidence > 0.8) & (cluster_confidence > 0.6),
            "abc_sample_id": sample_ids(total, rng),
        }
    )
    genes = mouse_genes.cut(3, 1)
    shown = cells.iloc[rng.permutation(total)]
    bucket.table(brain.name, _METADATA, "cell_metadata", shown)
    bucket.table(brain.name, _METADATA, "gene", genes)
    view = mouse_types.annotated(shown.drop(columns="abc_sample_id"))
    bucket.table(brain.name, _METADATA, "views/cell_metadata_with_cluster_annotation", view)

    registered = np.array([section.registered for section in brain.sections])[number]
    registered &= rng.random(total) < 0.92
    table = pd.DataFrame(ccf, columns=["x", "y", "z"]).round(6)
    table.insert(0, "cell_label", labels[:total])
    table["parcellation_index"] = index
    bucket.table(
        f"{brain.name}-CCF", _CCF, "ccf_coordinates", table.loc[rng.permutation(np.flatnonzero(registered))]
    )
    counts = counts_of(kinds, types, list(genes["gene_symbol"]), mouse_genes.markers(), rng)
    write_matrices(
        bucket,
        brain.name,
        _EXPRESSION,
        brain.name,
        labels[:total],
        counts,
        {"brain_section_label": sections},
        genes,
        strangers=labels[total:],
        per=1000,
    )


def _grow(
    brain: Brain, section: _Section, space: Space, rng: np.random.Generator
) -> tuple[Floats, NDArray[np.int64]]:
    """CCF coordinates (n, 3) of a section's cells, and the structures they lie in."""
    densities = {compartments()[name]: value for name, value in mouse_brain.DENSITIES.items()}
    highest = max(densities.values())
    points: list[Floats] = []
    indices: list[NDArray[np.int64]] = []
    found = 0
    while found < section.cells:  # throw points until enough of them hit tissue
        down = rng.uniform(0, 8, 20 * section.cells)
        if brain.plane == "coronal":  # cells beyond the midline were removed
            across = rng.uniform(0, _MIDLINE, len(down))
            along = section.depth + 0.03 * (down - 4)  # never cut quite straight
        else:
            along = rng.uniform(0, 13.2, len(down))
            across = section.depth + 0.02 * (down - 4)
        xyz = np.column_stack([along, down, across]).round(6)
        index = space.index_in_ccf(xyz)
        chance = np.array([densities.get(value, 0.0) / highest for value in range(index.max() + 1)])[index]
        kept = rng.random(len(index)) < chance
        points.append(xyz[kept])
        indices.append(index[kept])
        found += int(kept.sum())
    return np.concatenate(points)[: section.cells], np.concatenate(indices)[: section.cells]


def _kinds(index: NDArray[np.int64], names: tuple[str, ...], rng: np.random.Generator) -> NDArray[np.int64]:
    """Type of each cell, one of those that live in its structure."""
    compartment = {number: name for name, number in reversed(compartments().items()) if name}
    code = {name: place for place, name in enumerate(names)}
    kinds = np.zeros(len(index), dtype=np.int64)
    for value in np.unique(index).tolist():
        mine = np.flatnonzero(index == value)
        mix = mouse_brain.MIXES[compartment[value]]
        weights = np.array(list(mix.values()))
        kinds[mine] = rng.choice([code[name] for name in mix], size=len(mine), p=weights / weights.sum())
    return kinds


def _labels(count: int, rng: np.random.Generator) -> NDArray[np.object_]:
    """Integers of up to 39 digits, more than any number type holds exactly."""
    high, low = rng.integers(10**15, 18 * 10**18, (2, count), dtype=np.uint64).tolist()
    return np.array(
        [str((upper << 64) | lower) for upper, lower in zip(high, low, strict=True)], dtype=object
    )
