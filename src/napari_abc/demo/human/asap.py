"""``ASAP-PMDBS-10X``: nuclei with clusters of their own, mapped to two taxonomies that others made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from napari_abc.demo.basal_ganglia.planes import sample_ids
from napari_abc.demo.human import genes as human_genes
from napari_abc.demo.human.taxonomies import aliases_of, seaad_of, seaad_tree, types, whb_tree
from napari_abc.demo.shared.single_cells import barcodes, choose, counts_of, embed, examples, write_matrices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_abc.demo.shared.bucket import Bucket
    from napari_abc.demo.shared.term_tables import TermTree

__all__ = ["DIRECTORY", "TAXONOMY", "mapping_results", "write_asap"]

DIRECTORY = "ASAP-PMDBS-10X"
TAXONOMY = "ASAP-PMDBS-taxonomy"
_VERSION = "20250331"
_CELLS, _STRANGERS = 500, 15
_EXAMPLES = ("PTPRC", "SLC17A6", "AQP4", "TTR", "SLC17A7", "SLC32A1", "PLP1")
_COLORS = ("#171c97", "#c2255c", "#2b8a3e", "#e8890c", "#0b7285", "#862e9c", "#5c940d", "#a61e4d")

# sample | donor | source | technique | region
_SAMPLES = """
ASAP_PMBDS_000060_s002|ASAP_PMBDS_000060|team-lee|snRNA-seq|MTG
ASAP_PMBDS_000088_s001|ASAP_PMBDS_000088|team-lee|snRNA-seq|HIP
ASAP_PMBDS_000105_s001|ASAP_PMBDS_000105|team-hafler|snRNA-seq|PFC
ASAP_PMBDS_000105_s002|ASAP_PMBDS_000105|team-hafler|snRNA-seq|SN
ASAP_PMBDS_000177_s001|ASAP_PMBDS_000177|team-hardy|multiome|SN
"""
_DONOR_FIELDS = (
    "donor_race", "donor_sex", "primary_diagnosis", "age_at_death", "cerad_score", "cognitive_status",
    "lewy_body_disease_pathology", "thal_phase",
)  # fmt: skip
_DONORS = """
ASAP_PMBDS_000060|White|Female|Healthy Control|78|Absent|Normal|Absent|0
ASAP_PMBDS_000088|Not Reported|Male|Idiopathic PD|81|Sparse|Dementia|Neocortical|2
ASAP_PMBDS_000105|White|Male|Idiopathic PD|74|Absent|MCI|Limbic|1
ASAP_PMBDS_000177|Asian|Female|Prodromal PD|69|Moderate|Normal|Brainstem|3
"""


def write_asap(bucket: Bucket) -> None:
    """Write the tables, the matrix, and what the cells were mapped to."""
    rng = np.random.default_rng(20250331)
    kinds_of = types()
    names = tuple(kinds_of)
    weights = {name: 3.0 if name.startswith("Oligo") else 1.5 for name in names}
    weights["Upper rhombic lip"] = weights["Splatter"] = 0.5
    kinds = choose(weights, names, _CELLS, rng)
    samples = [line.split("|") for line in _SAMPLES.strip().splitlines()]
    sample = np.array([row[0] for row in samples], dtype=object)[rng.integers(0, len(samples), _CELLS)]
    codes = np.array(barcodes(_CELLS + _STRANGERS, rng), dtype=object)
    labels = codes[:_CELLS] + "-1_" + sample + "_Rep1"
    cluster = kinds % len(_COLORS)  # its own clusters cut across the types
    xy = embed(kinds, rng, 10.0)
    cells = pd.DataFrame(
        {
            "cell_label": labels,
            "cell_barcode": codes[:_CELLS],
            "sample_label": sample,
            "x": xy[:, 0],
            "y": xy[:, 1],
            "cluster_label": [f"cluster_{number:03d}" for number in cluster],
            "cluster_label_order": cluster + 1,
            "cluster_label_color": np.array(_COLORS, dtype=object)[cluster],
            "dataset_label": DIRECTORY,
            "feature_matrix_label": DIRECTORY,
            "abc_sample_id": sample_ids(_CELLS, rng),
        }
    )
    bucket.table(DIRECTORY, _VERSION, "cell_metadata", cells.iloc[rng.permutation(_CELLS)])
    _write_samples(bucket, samples)
    genes = human_genes.ensembl_table("molecular_type", "description")
    symbols = list(genes["gene_symbol"])
    counts = counts_of(kinds, kinds_of, symbols, human_genes.markers(), rng)
    bucket.table(DIRECTORY, _VERSION, "gene", genes)
    table = examples(labels, counts, symbols, _EXAMPLES)
    bucket.table(DIRECTORY, _VERSION, "views/example_genes_all_cells_expression", table)
    others = np.array([f"{code}-1_ASAP_PMBDS_000999_s001_Rep1" for code in codes[_CELLS:]], dtype=object)
    obs = {"sample_label": sample}
    write_matrices(bucket, DIRECTORY, _VERSION, DIRECTORY, labels, counts, obs, genes, strangers=others)

    named = [names[kind] for kind in kinds]
    mapped = np.flatnonzero(rng.random(_CELLS) < 0.97)  # some cells were not mapped
    targets = (
        ("siletti_whb", whb_tree(), ("supercluster", "cluster", "subcluster"), 0, named),
        ("seaad", seaad_tree(), ("class", "subclass", "supertype"), 1, [seaad_of()[kind] for kind in named]),
    )
    for name, tree, levels, known, terms in targets:
        alias = aliases_of(tree, levels[known], terms, rng)
        results = mapping_results(labels[mapped], alias[mapped], tree, levels, rng)
        remarks = (f"levels, the broadest first: {', '.join(levels)}", "synthetic: nothing was mapped")
        bucket.table(TAXONOMY, _VERSION, f"mmc_results_{name}", results, remarks)


def mapping_results(
    labels: NDArray[np.object_],
    aliases: NDArray[np.int64],
    tree: TermTree,
    levels: Sequence[str],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """What MapMyCells says of cells: a term a level, each with its probability."""
    columns: dict[str, object] = {"cell_label": labels}
    certain = np.ones(len(aliases))
    paths = [tree.leaves[int(alias)] for alias in aliases]
    for place, level in enumerate(levels):
        terms = [tree.by_label[path[place]] for path in paths]
        certain = certain * rng.choice([1.0, 0.95, 0.75, 0.4], len(aliases), p=[0.6, 0.2, 0.15, 0.05])
        columns[f"{level}_label"] = [term.label for term in terms]
        columns[f"{level}_name"] = [term.name for term in terms]
        if level == levels[-1]:
            columns["cluster_alias"] = aliases
        columns[f"{level}_bootstrapping_probability"] = certain.round(2)
        columns[f"{level}_correlation_coefficient"] = rng.beta(8, 4, len(aliases)).round(4)
        columns[f"{level}_aggregate_probability"] = certain.round(4)
    return pd.DataFrame(columns)


def _write_samples(bucket: Bucket, samples: list[list[str]]) -> None:
    columns = ["sample_label", "donor_label", "source_dataset_label", "technique", "region_of_interest_label"]
    table = pd.DataFrame(samples, columns=columns)
    bucket.table(DIRECTORY, _VERSION, "sample", _with_colors(table, columns[2:]))
    rows = [line.split("|") for line in _DONORS.strip().splitlines()]
    donors = pd.DataFrame(rows, columns=["donor_label", *_DONOR_FIELDS])
    fields = [field for field in _DONOR_FIELDS if field != "age_at_death"]
    bucket.table(DIRECTORY, _VERSION, "donor", _with_colors(donors, fields))
    values = [
        (value, kind, field, value, order, None, None, _COLORS[order])
        for kind, frame, names in (("sample", table, columns[2:]), ("donor", donors, fields))
        for field in names
        for order, value in enumerate(sorted(frame[field].unique()))
    ]
    columns = ["label", "table", "field", "description", "order", "external_identifier", "parent_label"]
    value_sets = pd.DataFrame(values, columns=[*columns, "color_hex_triplet"])
    bucket.table(DIRECTORY, _VERSION, "value_sets", value_sets)


def _with_colors(table: pd.DataFrame, fields: Sequence[str]) -> pd.DataFrame:
    """The same with an order and a color behind each field."""
    colored = table.copy()
    for field in fields:
        values = sorted(table[field].unique())
        place = colored.columns.get_loc(field)
        assert isinstance(place, int)
        colored.insert(place + 1, f"{field}_order", table[field].map(values.index))
        colored.insert(place + 2, f"{field}_color", [_COLORS[values.index(value)] for value in table[field]])
    return colored
