"""The SEA-AD caudate: nuclei and sections of people with and without Alzheimer's disease, and their types."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from shapely import contains_xy

from napari_abc.demo.basal_ganglia.planes import sample_ids
from napari_abc.demo.human import genes as human_genes
from napari_abc.demo.human.asap import mapping_results
from napari_abc.demo.human.taxonomies import aliases_of
from napari_abc.demo.shared.curves import loose_points, smooth_ring, waves
from napari_abc.demo.shared.single_cells import (
    barcodes,
    choose,
    counts_of,
    embed,
    examples,
    tint,
    write_matrices,
)
from napari_abc.demo.shared.term_tables import TermRow, TermSet, TermTree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_abc.demo.shared.bucket import Bucket

__all__ = ["CELLS", "SECTIONS", "TAXONOMY", "write_sea_ad"]

CELLS = "SEA-AD-CaH-10X"
SECTIONS = "SEA-AD-CaH-Xenium"
TAXONOMY = "SEA-AD-CaH-taxonomy"
_VERSION = "20260228"
_MATRIX = "CaH-Xenium"
_COUNT, _STRANGERS = 500, 15
_KEPT = "Used in analysis"
_EXAMPLES = ("APOE", "DRD1", "DRD2", "AQP4", "FLT1", "MME", "RELN", "LRP8")

# Neighborhood, color; indented: subclass | color | supertypes | weight | tags that genes know it by
_TREE = """
Subpallium GABA|#19613b
  STR D1 MSN|#1c57ea|3|20|neuron gaba msn d1 matrix dorsal
  STR D2 MSN|#253c8c|3|19|neuron gaba msn d2 matrix dorsal
  STR Hybrid MSN|#79bdf4|1|3|neuron gaba msn hybrid
  Vip|#5a3d67|2|2|neuron gaba vip
  Sst Chodl|#748296|1|2|neuron gaba sst
  Pvalb|#dd7096|2|3|neuron gaba pv
  Cholinergic|#8b60ee|1|2|neuron chol
Nonneuron|#a8afa5
  Astrocyte|#195f8d|2|10|astro
  Oligodendrocyte|#66391f|3|18|oligo
  OPC|#e8d77c|1|4|opc
  Microglia|#995c60|2|6|micro
  Vascular|#b97300|2|4|endo
"""
_LEVEL = "CCN20260701_LEVEL_"
_SETS = tuple(
    TermSet(f"{_LEVEL}{level}", name, name, level, f"{_LEVEL}{level - 1}" if level else None)
    for level, name in enumerate(("Neighborhood", "Subclass", "Supertype"))
)

# donor | sex | age | years of education | Thal | Braak | CERAD score | APOE Genotype | cognitive status
_DONORS = """
H21.33.038|Female|88|16|Thal 4|Braak V|Frequent|3/4|Dementia
H20.33.002|Male|79|12|Thal 0|Braak II|Absent|3/3|No dementia
H21.33.013|Male|91|18|Thal 3|Braak IV|Moderate|3/3|No dementia
"""
_FIELDS = ("Thal", "Braak", "CERAD score", "APOE Genotype", "Cognitive Status")

# section | barcode | donor | order for a slider | cells
_SECTIONS = """
H21.33.038.CX16.CaH.03.03|1417649873|H21.33.038|12|240
H20.33.002.CX18.CaH.01.02|1417649511|H20.33.002|1|180
H21.33.013.CX17.CaH.02.05|1417650126|H21.33.013|28|180
"""


def _rows(text: str) -> list[list[str]]:
    return [line.strip().split("|") for line in text.strip().splitlines()]


def _types() -> dict[str, tuple[str, ...]]:
    return {row[0]: tuple(row[4].split()) for row in _rows(_TREE) if len(row) == 5}


def _weights() -> dict[str, float]:
    return {row[0]: float(row[3]) for row in _rows(_TREE) if len(row) == 5}


@cache
def _tree() -> TermTree:
    """Three levels; the leaf is the supertype, and its number the alias."""
    rng = np.random.default_rng(20260701)
    terms: list[TermRow] = []
    leaves: dict[int, tuple[str, ...]] = {}
    orders = [0, 0, 0]
    top = ""
    for row in _rows(_TREE):
        if len(row) == 2:
            orders[0] += 1
            top = f"CS20260701_NEIG_{orders[0]:02d}"
            terms.append(TermRow(top, row[0], _SETS[0].label, row[1], orders[0]))
            continue
        orders[1] += 1
        middle = f"CS20260701_SCLA_{orders[1]:02d}"
        terms.append(TermRow(middle, row[0], _SETS[1].label, row[1], orders[1], top))
        for place in range(1, int(row[2]) + 1):
            orders[2] += 1
            leaf = f"CS20260701_SUPR_{orders[2]:02d}"
            name = f"{row[0]}_{place}"
            terms.append(TermRow(leaf, name, _SETS[2].label, tint(row[1], rng), orders[2], middle))
            leaves[orders[2]] = (top, middle, leaf)
    labels = {alias: path[2] for alias, path in leaves.items()}
    # What a term is called in two other taxonomies, where it is known there.
    vip = next(term.label for term in terms if term.name == "Vip_1")
    d1 = next(term.label for term in terms if term.name == "STR D1 MSN")
    extra = {
        "CCN20230508_label": {vip: "CS20230508_SUPT_0022"},
        "CCN20250428_label": {d1: "CS20250428_SUBCL_0030"},
    }
    return TermTree(TAXONOMY, _VERSION, "new", _SETS, tuple(terms), leaves, labels, extra)


def write_sea_ad(bucket: Bucket) -> None:
    """Write both datasets and the taxonomy."""
    rng = np.random.default_rng(20260711)
    _write_cells(bucket, rng)
    _write_sections(bucket, rng)


def _write_cells(bucket: Bucket, rng: np.random.Generator) -> None:
    names = tuple(_types())
    kinds = choose(_weights(), names, _COUNT, rng)
    donors = [row[0] for row in _rows(_DONORS)]
    donor = rng.integers(0, len(donors), _COUNT)
    codes = np.array(barcodes(_COUNT + _STRANGERS, rng), dtype=object)
    sample = np.array(["2501_A01", "2502_B02", "2503_C03"], dtype=object)[donor]
    used = rng.random(_COUNT) > 0.12
    cells = pd.DataFrame(
        {
            "cell_label": codes[:_COUNT] + "-" + sample,
            "cell_barcode": codes[:_COUNT],
            "donor_label": np.array(donors, dtype=object)[donor],
            "barcoded_cell_sample_label": sample,
            "library_label": np.array([f"L8XR_25070{n}_01_A0{n}" for n in (1, 2, 3)], dtype=object)[donor],
            "alignment_job_id": np.array(["1480000001", "9f3c2ad1e07b", "1480000003"], dtype=object)[donor],
            "doublet_score": rng.beta(1, 30, _COUNT).round(6),
            "umi_count": rng.integers(2000, 40_000, _COUNT),
            _KEPT: used,
            "exp_component_name": [f"component_{n % 4}" for n in range(_COUNT)],
            "feature_matrix_label": "CaH-10X",
            "dataset_label": CELLS,
            "abc_sample_id": sample_ids(_COUNT, rng),
        }
    )
    bucket.table(CELLS, _VERSION, "cell_metadata", cells.iloc[rng.permutation(_COUNT)])
    library = cells.drop_duplicates("library_label")[["library_label", "barcoded_cell_sample_label"]].copy()
    library["library_method"] = "10xV3.1_HT"
    library["Brain Region"] = "Caudate (CaH)"
    bucket.table(CELLS, _VERSION, "library", library.sort_values("library_label"))
    _write_people(bucket, CELLS)
    genes = human_genes.ensembl_table("molecular_type", "description")
    bucket.table(CELLS, _VERSION, "gene", genes)
    symbols = list(genes["gene_symbol"])
    labels = cells["cell_label"].to_numpy(dtype=object)
    counts = counts_of(kinds, _types(), symbols, human_genes.markers(), rng)
    table = examples(labels, counts, symbols, _EXAMPLES)
    bucket.table(CELLS, _VERSION, "views/example_gene_expression", table)
    others = np.array([f"{code}-9999_X01" for code in codes[_COUNT:]], dtype=object)
    obs = {"cell_barcode": codes[:_COUNT], "donor_label": cells["donor_label"].to_numpy(dtype=object)}
    write_matrices(bucket, CELLS, _VERSION, "CaH-10X", labels, counts, obs, genes, strangers=others)

    # Only cells that were used have a type and a place.
    alias = aliases_of(_tree(), "Subclass", [names[kind] for kind in kinds], rng)
    sizes = pd.Series(alias[used]).value_counts()
    _tree().write(bucket, dict(zip(sizes.index.tolist(), sizes.tolist(), strict=True)))
    members = pd.DataFrame({"cell_label": labels, "cluster_alias": alias})
    members["cluster_label"] = members["cluster_alias"].map(dict(_tree().clusters))
    xy = embed(kinds, rng, 11.0)
    places = pd.DataFrame({"cell_label": labels, "x": xy[:, 0], "y": xy[:, 1]})
    bucket.table(TAXONOMY, _VERSION, "cell_to_cluster_membership", members[used])
    bucket.table(TAXONOMY, _VERSION, "cell_2d_embedding_coordinates", places[used])


def _write_sections(bucket: Bucket, rng: np.random.Generator) -> None:
    names = tuple(_types())
    sections = _rows(_SECTIONS)
    grown = [_grow(int(row[4]), names, rng) for row in sections]
    xy = np.concatenate([part[0] for part in grown])
    kinds = np.concatenate([part[1] for part in grown])
    row_of = np.repeat(np.arange(len(sections)), [int(row[4]) for row in sections])
    section, barcode, donor = (
        np.array([row[column] for row in sections], dtype=object)[row_of] for column in range(3)
    )
    numbers = rng.permutation(np.unique(rng.integers(0, 2**32, len(xy) + 200)))[: len(xy) + _STRANGERS]
    letters = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
    tails = [f"{number:08x}".translate(letters) for number in numbers.tolist()]
    labels = np.array(
        [f"{code}_{tail}-1-20260511" for code, tail in zip(barcode, tails, strict=False)], dtype=object
    )
    used = rng.random(len(xy)) > 0.15
    methods = np.array(
        ["Segmented by boundary stain (ATP1A1+CD45+E-Cadherin)", "Segmented by nucleus expansion of 5.0µm"],
        dtype=object,
    )
    cells = pd.DataFrame(
        {
            "cell_label": labels,
            "brain_section_label": section,
            "brain_section_barcode": barcode,
            "segmentation_method": methods[(rng.random(len(xy)) < 0.3).astype(int)],
            _KEPT: used,
            "donor_label": donor,
            "x_experiment": xy[:, 0],
            "y_experiment": xy[:, 1],
            "feature_matrix_label": _MATRIX,
            "dataset_label": SECTIONS,
        }
    )
    bucket.table(SECTIONS, _VERSION, "cell_metadata", cells.iloc[rng.permutation(len(cells))])
    bucket.table(SECTIONS, _VERSION, "specimen_metadata", _specimens(sections))
    _write_people(bucket, SECTIONS)
    genes = human_genes.ensembl_table("feature_types", "genome")
    bucket.table(SECTIONS, _VERSION, "gene", genes)
    symbols = list(genes["gene_symbol"])
    counts = counts_of(kinds, _types(), symbols, human_genes.markers(), rng)
    table = examples(labels, counts, symbols, _EXAMPLES, 1000)
    bucket.table(SECTIONS, _VERSION, "views/example_gene_expression", table)
    others = np.array([f"1417649873_{tail}-1-20260511" for tail in tails[len(xy) :]], dtype=object)
    obs = {"brain_section_label": section}
    write_matrices(
        bucket, SECTIONS, _VERSION, _MATRIX, labels, counts, obs, genes, strangers=others, per=1000
    )
    alias = aliases_of(_tree(), "Subclass", [names[kind] for kind in kinds], rng)
    levels = [level.name.lower() for level in _SETS]
    results = mapping_results(labels[used], alias[used], _tree(), levels, rng)
    remarks = (f"levels, the broadest first: {', '.join(levels)}", "synthetic: nothing was mapped")
    bucket.table(SECTIONS, _VERSION, "mmc_results", results, remarks)


def _grow(
    count: int, names: Sequence[str], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Cells of one section, micrometers on the stage: gray matter with patches, white matter at its side."""
    turn = rng.uniform(-0.4, 0.4)
    outline = smooth_ring("0 3, 1.4 0.6, 4 0, 6.4 1.4, 7.4 4, 6.8 7, 4.6 9, 2 8.6, 0.4 6")
    points = loose_points(outline.bounds, float(np.sqrt(outline.area / (1.2 * count))), rng)
    points = points[contains_xy(outline, *points.T)]
    points = points[rng.permutation(len(points))[:count]]
    while len(points) < count:  # the outline's rim cost too many
        more = rng.uniform(outline.bounds[:2], outline.bounds[2:], (count, 2))
        points = np.concatenate([points, more[contains_xy(outline, *more.T)]])[:count]
    weights = _weights()
    kinds = choose(weights, names, count, rng)
    white = points[:, 0] > 5.6 + 0.4 * waves(points, 3.0, rng)
    glia = {name: value for name, value in weights.items() if name in ("Oligodendrocyte", "Astrocyte", "OPC")}
    kinds[white] = choose(glia, names, int(white.sum()), rng)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    stage = 1000 * points @ rotation.T
    return (stage - stage.min(axis=0) + rng.uniform(500, 9000, 2)).round(6), kinds


def _specimens(sections: list[list[str]]) -> pd.DataFrame:
    rows = [
        {
            "brain_section_label": section,
            "brain_section_barcode": barcode,
            "brain_section_plane_of_section": "coronal (rostral to caudal)",
            "brain_section_depth": 10 * (place + 3),
            "brain_block_label": section.rsplit(".", 2)[0],
            "donor_label": donor,
            "region_of_interest_label": "CaH",
            "region_of_interest_name": "head of caudate nucleus",
            "parcellation_term_identifier": "DHBA:10335",
            "brain_section_order": order,
        }
        for place, (section, barcode, donor, order, _) in enumerate(sections)
    ]
    return pd.DataFrame(rows)


def _write_people(bucket: Bucket, directory: str) -> None:
    """Donors, what they had, and the values that both may have; column names have spaces."""
    rows = _rows(_DONORS)
    donors = pd.DataFrame(
        {
            "donor_label": [row[0] for row in rows],
            "donor_species": "NCBITaxon:9606",
            "species_scientific_name": "Homo sapiens",
            "species_genus": "Human",
            "donor_sex": [row[1] for row in rows],
            "donor_age": [f"{row[2]} yrs" for row in rows],
            "donor_age_value": [int(row[2]) for row in rows],
            "donor_age_unit": "years",
            "Years of education": [int(row[3]) for row in rows],
        }
    )
    disease = pd.DataFrame([[row[0], *row[4:]] for row in rows], columns=["donor_label", *_FIELDS])
    fields = [("donor_sex", "donor", donors["donor_sex"])]
    fields += [(field, "disease", disease[field]) for field in _FIELDS]
    rng = np.random.default_rng(38)
    values = [
        (value, field, table, tint("#8070a0", rng, 90), order, f"{field}: {value}", None)
        for field, table, column in fields
        for order, value in enumerate(sorted(column.unique()), start=1)
    ]
    columns = ["label", "field", "table", "color_hex_triplet", "order", "description", "external_identifier"]
    value_sets = pd.DataFrame(values, columns=columns)
    for name, table in (("donor", donors), ("disease", disease), ("value_sets", value_sets)):
        bucket.table(directory, _VERSION, name, table)
