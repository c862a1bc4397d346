"""``MERFISH-C57BL6J-638850``: cells, section files, registration and its volumes, imputed genes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from napari_abc.demo.basal_ganglia.planes import sample_ids
from napari_abc.demo.mouse import drawing as mouse_brain
from napari_abc.demo.mouse import genes as mouse_genes
from napari_abc.demo.mouse import space as mouse_space
from napari_abc.demo.mouse import types as mouse_types
from napari_abc.demo.shared.bucket import Counts, write_h5ad
from napari_abc.demo.shared.curves import Warp, waves
from napari_abc.demo.shared.genes import draw_counts, mean_counts
from napari_abc.demo.shared.tissue import grow

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_abc.demo.shared.bucket import Bucket

    Floats = NDArray[np.float64]

__all__ = ["DIRECTORY", "SECTIONS", "write_mouse"]

DIRECTORY = "MERFISH-C57BL6J-638850"
_DONOR = "C57BL6J-638850"
_METADATA, _EXPRESSION, _SECTION_FILES, _CCF = "20241115", "20230830", "20240330", "20231215"
_VOLUMES, _IMPUTED = "20230630", "20240831"
_EXAMPLES = ("Slc17a7", "Slc17a6", "Slc17a8", "Slc32a1", "Slc6a5", "Slc6a3", "Slc6a4", "Tac2")
_DROPPED = 0.05
"""Share of the measured cells that the tables leave out and the matrices keep."""


_REGISTRATION = Warp(17, 1.0, 0.0, (0, 0))


@dataclass(frozen=True)
class _Section:
    label: str
    z: float
    scene: str
    cells: int


SECTIONS = (
    _Section(f"{_DONOR}.37", 6.6, "thalamus", 9_500),
    _Section(f"{_DONOR}.47", 8.8, "striatum", 8_500),
)
"""z is millimeters from behind; the number of a section is not z / 0.2."""


def write_mouse(bucket: Bucket) -> mouse_space.Space:
    """Write all files of the dataset; the annotation volumes are for those that share them."""
    types = mouse_types.all_types()
    genes = mouse_genes.gene_table()
    symbols = list(genes["gene_symbol"])
    rng = np.random.default_rng(638850)
    tissues, positions, counts, ways = [], [], [], []
    for section in SECTIONS:
        tissue = grow(
            mouse_brain.drawing(section.scene),
            section.cells,
            mouse_brain.DENSITIES,
            mouse_brain.MIXES,
            tuple(types),
            rng,
        )
        tissues.append(tissue)
        # The drawing is in millimeters already; a real section is never quite symmetrical.
        bent = Warp(int(rng.integers(2**32)), 1.0, rng.uniform(-0.03, 0.03), (0, 0))
        ways.append(partial(_as_cut, bent))
        positions.append(ways[-1](tissue.xy).round(6))
        flat = np.zeros(section.cells)
        counts.append(draw_counts(symbols, mouse_genes.markers(), types, tissue.types, flat, rng))
        counts[-1][counts[-1].sum(axis=1) == 0, 0] = 1

    lengths = [section.cells for section in SECTIONS]
    number = np.repeat(np.arange(len(SECTIONS)), lengths)
    xy = np.concatenate(positions)
    total = len(xy)
    kinds = np.concatenate([tissue.types for tissue in tissues])
    labels = _labels(total, rng)
    sections = np.array([section.label for section in SECTIONS])[number]
    kept = rng.random(total) >= _DROPPED

    place = waves(xy, 2.4, rng) + rng.normal(0, 0.8, total)
    aliases = mouse_types.aliases(kinds, tuple(types), rng, place)
    cells = pd.DataFrame(
        {
            "cell_label": labels,
            "brain_section_label": sections,
            "cluster_alias": aliases,
            "average_correlation_score": rng.beta(9, 6, total).round(6),
            "feature_matrix_label": _DONOR,
            "donor_label": _DONOR,
            "donor_genotype": "wt/wt",
            "donor_sex": "M",
            "x": xy[:, 0],
            "y": xy[:, 1],
            "z": np.array([section.z for section in SECTIONS])[number],
            "abc_sample_id": sample_ids(total, rng),
        }
    )
    shown = cells.iloc[rng.permutation(np.flatnonzero(kept))]
    bucket.table(DIRECTORY, _METADATA, "cell_metadata", shown)
    bucket.table(DIRECTORY, _METADATA, "gene", genes)
    view = mouse_types.annotated(shown.drop(columns="abc_sample_id"))
    bucket.table(DIRECTORY, _METADATA, "views/cell_metadata_with_cluster_annotation", view)
    sizes = shown["cluster_alias"].value_counts()
    mouse_types.write_taxonomy(bucket, dict(zip(sizes.index.tolist(), sizes.tolist(), strict=True)))

    matrix = Counts.from_dense(counts)
    var = genes.set_index("gene_identifier")[["gene_symbol", "transcript_identifier"]]
    rows_of_all = rng.permutation(total)
    _write_matrix(
        bucket,
        DIRECTORY,
        _EXPRESSION,
        _DONOR,
        matrix.rows(rows_of_all),
        labels[rows_of_all],
        sections[rows_of_all],
        var,
        False,
    )
    for index, section in enumerate(SECTIONS):
        rows = np.flatnonzero(number == index)
        _write_matrix(
            bucket,
            f"{DIRECTORY}-sections",
            _SECTION_FILES,
            section.label,
            matrix.rows(rows),
            labels[rows],
            sections[rows],
            var,
            True,
        )
    log2 = matrix.log2(1000)
    examples = pd.DataFrame(
        {"cell_label": labels, **{s: log2.column(symbols.index(s)).round(6) for s in _EXAMPLES}}
    )
    name = "views/example_genes_all_cells_expression"
    bucket.table(DIRECTORY, _METADATA, name, examples.loc[kept])

    space = mouse_space.make_space(
        {
            section.z: (section.scene, partial(_registered_from, way))
            for section, way in zip(SECTIONS, ways, strict=True)
        }
    )
    _write_registration(bucket, cells.loc[kept], space, rng)
    mouse_space.write_resampled(bucket, f"{DIRECTORY}-CCF", _VOLUMES, space)
    _write_imputed(bucket, labels[rows_of_all], kinds[rows_of_all], types, rng)
    return space


def _as_cut(bent: Warp, xy: Floats) -> Floats:
    """Section coordinates (n, 2) of those in the drawing."""
    return xy + 0.12 * (bent(xy) - xy)


def _registered_from(way: Callable[[Floats], Floats], xy: Floats) -> Floats:
    """Reconstructed coordinates of those in the drawing, ``way`` leading to the section's."""
    return _registered(way(xy))


def _registered(xy: Floats) -> Floats:
    """Reconstructed coordinates (n, 2) of those in the section."""
    return xy + 0.1 * (_REGISTRATION(xy) - xy) - 0.02


def _labels(count: int, rng: np.random.Generator) -> NDArray[np.object_]:
    """Labels of up to 19 digits, some with "-1" behind: as numbers they would not survive."""
    numbers = np.unique(rng.integers(1_017_092_617_101_450_577, 1_105_000_000_000_000_000, count + 50))
    texts = [str(number) for number in rng.permutation(numbers)[:count].tolist()]
    with_end = rng.random(count) < 0.4
    return np.array(
        [text + "-1" if end else text for text, end in zip(texts, with_end, strict=True)], dtype=object
    )


def _write_matrix(
    bucket: Bucket,
    directory: str,
    version: str,
    name: str,
    counts: Counts,
    labels: NDArray[np.object_],
    sections: NDArray[np.str_],
    var: Any,
    gzip: bool,
) -> None:
    obs = {"brain_section_label": sections}
    for layer, values in (("log2", counts.log2(1000)), ("raw", counts)):
        path = bucket.path("expression_matrices", directory, version, f"{name}-{layer}.h5ad")
        write_h5ad(path, values, labels.tolist(), obs, var, "float32", gzip)
        bucket.add("expression_matrices", directory, version, f"{name}-{layer}", "h5ad")


def _write_registration(
    bucket: Bucket, cells: pd.DataFrame, space: mouse_space.Space, rng: np.random.Generator
) -> None:
    """Coordinates registered to the CCF; some cells have none, some lie outside every structure."""
    cells = cells.loc[rng.random(len(cells)) >= 0.03]
    xy = _registered(cells[["x", "y"]].to_numpy())
    reconstructed = np.column_stack([xy, cells["z"].to_numpy()]).round(6)
    index = space.index_of(reconstructed)
    ccf = mouse_space.ccf_of(reconstructed)
    frames = {"reconstructed_coordinates": reconstructed, "ccf_coordinates": ccf}
    for name, xyz in frames.items():
        table = pd.DataFrame(xyz.round(6), columns=["x", "y", "z"])
        table.insert(0, "cell_label", cells["cell_label"].to_numpy())
        table["parcellation_index"] = index
        bucket.table(f"{DIRECTORY}-CCF", _CCF, name, table.iloc[rng.permutation(len(table))])


def _write_imputed(
    bucket: Bucket,
    labels: NDArray[np.object_],
    kinds: NDArray[np.int64],
    types: dict[str, tuple[str, ...]],
    rng: np.random.Generator,
) -> None:
    """The dense matrix of genes that were not measured; means of neighbors are never quite zero."""
    genes = mouse_genes.cut(4)
    means = mean_counts(list(genes["gene_symbol"]), mouse_genes.markers(), types)
    scatter = rng.gamma(20, 0.05, (len(kinds), len(genes)))
    values = np.log2(1 + means[kinds] * scatter)
    name = f"{_DONOR}-imputed-log2"
    path = bucket.path("expression_matrices", f"{DIRECTORY}-imputed", _IMPUTED, f"{name}.h5ad")
    var = genes.set_index("gene_identifier")[["gene_symbol"]]
    write_h5ad(path, values, labels.tolist(), {}, var, "float16", False)
    bucket.add("expression_matrices", f"{DIRECTORY}-imputed", _IMPUTED, name, "h5ad")
    bucket.table(f"{DIRECTORY}-imputed", _IMPUTED, "gene", genes)
