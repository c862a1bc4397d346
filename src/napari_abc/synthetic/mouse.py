"""The mouse datasets: ``MERFISH-C57BL6J-638850``, its section files, its registration, its taxonomy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.synthetic import mouse_brain, mouse_genes, mouse_types
from napari_abc.synthetic.bucket import Counts, write_h5ad
from napari_abc.synthetic.curves import Warp, waves
from napari_abc.synthetic.genes import draw_counts
from napari_abc.synthetic.planes import sample_ids
from napari_abc.synthetic.tissue import grow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_abc.synthetic.bucket import Bucket

__all__ = ["DIRECTORY", "SECTIONS", "write_mouse"]

DIRECTORY = "MERFISH-C57BL6J-638850"
_DONOR = "C57BL6J-638850"
_METADATA, _EXPRESSION, _SECTION_FILES, _CCF = "20241115", "20230830", "20240330", "20231215"
_EXAMPLES = ("Slc17a7", "Slc17a6", "Slc17a8", "Slc32a1", "Slc6a3", "Tac2")
_DROPPED = 0.05
"""Share of the measured cells that the tables leave out and the matrices keep."""


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
"""z is millimetres from behind; the number of a section is not z / 0.2."""


def write_mouse(bucket: Bucket) -> None:
    """Write all mouse files."""
    import pandas as pd

    types = mouse_types.all_types()
    genes = mouse_genes.gene_table()
    symbols = list(genes["gene_symbol"])
    rng = np.random.default_rng(638850)
    tissues, positions, counts = [], [], []
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
        # The drawing is in millimetres already; a real section is never quite symmetrical.
        bent = Warp(int(rng.integers(2**32)), 1.0, rng.uniform(-0.03, 0.03), (0, 0))
        xy = tissue.xy + 0.12 * (bent(tissue.xy) - tissue.xy)
        positions.append(xy.round(6))
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

    aliases = _aliases(kinds, xy, tuple(types), rng)
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
    _write_annotated(bucket, shown)
    sizes = shown["cluster_alias"].value_counts()
    mouse_types.write_taxonomy(bucket, dict(zip(sizes.index.tolist(), sizes.tolist(), strict=True)))

    matrix = Counts.from_dense(counts)
    var = genes.set_index("gene_identifier")[["gene_symbol", "transcript_identifier"]]
    rows = rng.permutation(total)
    _write_matrix(
        bucket, DIRECTORY, _EXPRESSION, _DONOR, matrix.rows(rows), labels[rows], sections[rows], var, False
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

    compartments = np.concatenate([tissue.compartments for tissue in tissues])
    _write_registration(bucket, cells.assign(compartment=compartments).loc[kept], rng)


def _labels(count: int, rng: np.random.Generator) -> NDArray[np.object_]:
    """Labels of up to 19 digits, some with "-1" behind: as numbers they would not survive."""
    numbers = np.unique(rng.integers(1_017_092_617_101_450_577, 1_105_000_000_000_000_000, count + 50))
    texts = [str(number) for number in rng.permutation(numbers)[:count].tolist()]
    with_end = rng.random(count) < 0.4
    return np.array(
        [text + "-1" if end else text for text, end in zip(texts, with_end, strict=True)], dtype=object
    )


def _aliases(
    kinds: NDArray[np.int64], xy: Any, names: tuple[str, ...], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Cluster of each cell; those of one type prevail in different places."""
    place = waves(xy, 2.4, rng) + rng.normal(0, 0.8, len(xy))
    aliases = np.zeros(len(kinds), dtype=np.int64)
    for kind in np.unique(kinds):
        mine = kinds == kind
        choices = np.array([leaf.alias for leaf in mouse_types.clusters() if leaf.type_name == names[kind]])
        share = np.clip((place[mine] + 2) / 4, 0, 0.999)
        aliases[mine] = choices[(share * len(choices)).astype(np.int64)]
    return aliases


def _write_annotated(bucket: Bucket, cells: Any) -> None:
    """The view with names and colours beside the cells; without ``abc_sample_id``."""
    terms = {term["label"]: term for term in mouse_types.terms()}
    leaves = mouse_types.clusters()
    view = cells.drop(columns="abc_sample_id")
    for column, suffix in (("name", ""), ("color_hex_triplet", "_color")):
        for index, level in enumerate(mouse_types.LEVELS):
            text = {leaf.alias: terms[leaf.terms[index]][column] for leaf in leaves}
            if (level, column) == ("neurotransmitter", "name"):
                text = {alias: "" if value == "NA" else value for alias, value in text.items()}
            view[level + suffix] = view["cluster_alias"].map(text)
    bucket.table(DIRECTORY, _METADATA, "views/cell_metadata_with_cluster_annotation", view)


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


def _write_registration(bucket: Bucket, cells: Any, rng: np.random.Generator) -> None:
    """Coordinates registered to the CCF; some cells have none, some lie outside every structure."""
    import pandas as pd

    cells = cells.loc[rng.random(len(cells)) >= 0.03]
    xy = cells[["x", "y"]].to_numpy()
    bent = xy + 0.1 * (Warp(17, 1.0, 0.0, (0, 0))(xy) - xy) - 0.02
    z = cells["z"].to_numpy()
    index = cells["compartment"].map(mouse_brain.PARCELLATION).to_numpy(dtype=np.int64)
    directory = f"{DIRECTORY}-CCF"
    reconstructed = {"x": bent[:, 0].round(6), "y": bent[:, 1].round(6), "z": z}
    # CCF: x from the front, y down, z from the left; sections are a little tilted against it.
    tilted = 13.2 - z + 0.04 * (bent[:, 1] - 5) + 0.02 * (bent[:, 0] - 5.5)
    ccf = {"x": tilted.round(6), "y": (bent[:, 1] * 0.94 - 0.9).round(6), "z": (bent[:, 0] + 0.2).round(6)}
    for name, columns in (("reconstructed_coordinates", reconstructed), ("ccf_coordinates", ccf)):
        table = pd.DataFrame({"cell_label": cells["cell_label"], **columns, "parcellation_index": index})
        bucket.table(directory, _CCF, name, table.iloc[rng.permutation(len(table))])
