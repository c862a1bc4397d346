"""``Zeng-Aging-Mouse-10Xv3``: young and old mice, with clusters of their own under the older taxonomy."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from napari_abc.demo.basal_ganglia.planes import sample_ids
from napari_abc.demo.mouse import genes as mouse_genes
from napari_abc.demo.mouse import types as mouse_types
from napari_abc.demo.mouse.wmb_10x import MIXES, gene_table
from napari_abc.demo.shared.single_cells import (
    barcodes,
    choose,
    counts_of,
    embed,
    examples,
    tint,
    write_matrices,
)

if TYPE_CHECKING:
    from napari_abc.demo.shared.bucket import Bucket

__all__ = ["DIRECTORY", "TAXONOMY", "write_aging"]

DIRECTORY = "Zeng-Aging-Mouse-10Xv3"
TAXONOMY = "Zeng-Aging-Mouse-WMB-taxonomy"
_METADATA, _EXPRESSION, _TAXONOMY = "20250131", "20241130", "20241130"
_CELLS, _STRANGERS = 500, 15
_EXAMPLES = ("Slc17a7", "Slc17a6", "Slc32a1", "Mog", "Aqp4")
_SHADES = ("#7d5ba6", "#3d9970", "#d1495b", "#edae49", "#00798c", "#30638e")

# library | cell sample | region | division | donor | sex | age | category | whether it was in the older study
_LIBRARIES = """
L8TX_210107_02_A11|367_B04|HPF - HIP|HPF|Snap25-IRES2-Cre;Ai14-560001|M|P58|adult|True
L8TX_210114_01_C02|371_A01|TH - PVT|TH|C57BL6J-570112|F|P61|adult|True
L8TX_211021_01_D09|488_C03|Iscortex  - ACA|Isocortex|C57BL6J-581204|M|P548|aged|False
L8TX_211028_01_F04|491_A02|HPF - HIP|HPF|C57BL6J-581377|F|P551|aged|False
"""
_COLUMNS = ("library", "sample", "region", "division", "donor", "sex", "age", "category", "studied")


class _AgingCluster(NamedTuple):
    """A cluster of this study, and where it hangs in the older taxonomy."""

    alias: int
    label: str
    name: str
    color: str
    type_name: str
    terms: tuple[str, ...]
    """Labels of its class, subclass and supertype."""


@cache
def _clusters() -> tuple[_AgingCluster, ...]:
    """One or two a supertype; the first has no cell, as some have none in the real tables."""
    rng = np.random.default_rng(20241021)
    names = {str(term["label"]): str(term["name"]) for term in mouse_types.terms()}
    colors = {str(term["label"]): str(term["color_hex_triplet"]) for term in mouse_types.terms()}
    found: list[_AgingCluster] = []
    for leaf in mouse_types.clusters():
        supertype = leaf.terms[3]
        if sum(cluster.terms[2] == supertype for cluster in found) > int(rng.random() < 0.3):
            continue
        alias = len(found) + 1
        name = f"{alias}_{names[supertype].split(' ', 1)[1]}"
        color = tint(colors[supertype], rng)
        label = f"CS20241021_{alias:04d}"
        found.append(_AgingCluster(alias, label, name, color, leaf.type_name, leaf.terms[1:4]))
    return tuple(found)


def write_aging(bucket: Bucket) -> None:
    """Write the tables, the matrix and the taxonomy."""
    rng = np.random.default_rng(20241130)
    types = mouse_types.all_types()
    names = tuple(types)
    libraries = pd.DataFrame(
        [line.split("|") for line in _LIBRARIES.strip().splitlines()], columns=list(_COLUMNS)
    )
    mine = libraries.iloc[rng.integers(0, len(libraries), _CELLS)].reset_index(drop=True)
    kinds = np.zeros(_CELLS, dtype=np.int64)
    for division in ("HPF", "TH", "Isocortex"):
        here = (mine["division"] == division).to_numpy()
        mix = MIXES.get(division, MIXES["HPF"] | {"L2/3 IT CTX Glut": 30, "L5 ET CTX Glut": 12})
        kinds[here] = choose(mix, names, int(here.sum()), rng)
    own: dict[str, list[int]] = {}
    for cluster in _clusters():
        own.setdefault(cluster.type_name, []).append(cluster.alias)
    shares = rng.random(_CELLS)
    choices = [own[names[kind]] for kind in kinds]
    alias = np.array([found[int(share * len(found))] for found, share in zip(choices, shares, strict=True)])
    studied = (mine["studied"] == "True").to_numpy()
    older = pd.array(mouse_types.aliases(kinds, names, rng), dtype="Int64")
    older[~studied | (rng.random(_CELLS) < 0.1)] = pd.NA
    codes = np.array(barcodes(_CELLS + _STRANGERS, rng), dtype=object)
    jobs = {library: 1_400_000_000 + place for place, library in enumerate(libraries["library"])}
    crossed = mine["donor"].str.startswith("Snap25")
    xy = embed(kinds, rng)
    cells = pd.DataFrame(
        {
            "cell_label": codes[:_CELLS] + "-" + mine["sample"].to_numpy(),
            "cell_barcode": codes[:_CELLS],
            "gene_count": rng.integers(1200, 8000, _CELLS),
            "umi_count": rng.integers(3000, 40_000, _CELLS),
            "doublet_score": rng.beta(1, 20, _CELLS).round(2),
            "x": xy[:, 0],
            "y": xy[:, 1],
            "cluster_alias": alias,
            "cell_in_wmb_study": studied,
            "wmb_cluster_alias": older,
            "library_label": mine["library"],
            "alignment_job_id": mine["library"].map(jobs),
            "library_method": "10Xv3",
            "barcoded_cell_sample_label": mine["sample"],
            "enrichment_population": "No FACS",
            "region_of_interest_label": mine["region"],
            "anatomical_division_label": mine["division"],
            "library_in_wmb_study": studied,
            "donor_label": mine["donor"],
            "population_sampling": "unbiased",
            "donor_genotype": crossed.map({True: "Ai14(RCL-tdT)/wt", False: "wt/wt"}),
            "donor_sex": mine["sex"],
            "donor_age": mine["age"],
            "donor_age_category": mine["category"],
            "donor_in_wmb_study": studied,
            "feature_matrix_label": DIRECTORY,
            "dataset_label": DIRECTORY,
            "abc_sample_id": sample_ids(_CELLS, rng),
        }
    )
    bucket.table(DIRECTORY, _METADATA, "cell_metadata", cells.iloc[rng.permutation(_CELLS)])
    _write_colors(bucket, cells)
    _write_samples(bucket, libraries)
    aged = (mine["category"] == "aged").to_numpy()
    _write_clusters(bucket, cells, aged, rng)

    genes = gene_table()
    symbols = list(genes["gene_symbol"])
    labels = cells["cell_label"].to_numpy(dtype=object)
    counts = counts_of(kinds, types, symbols, mouse_genes.markers(), rng)
    others = np.array([f"{code}-999_X01" for code in codes[_CELLS:]], dtype=object)
    obs = {"cell_barcode": codes[:_CELLS], "library_label": mine["library"].to_numpy(dtype=object)}
    write_matrices(bucket, DIRECTORY, _EXPRESSION, DIRECTORY, labels, counts, obs, genes, strangers=others)
    table = examples(labels, counts, symbols, _EXAMPLES)
    bucket.table(DIRECTORY, _METADATA, "views/example_genes_all_cells_expression", table)
    _write_genes_of_age(bucket, genes, rng)


def _write_colors(bucket: Bucket, cells: pd.DataFrame) -> None:
    """Colors cell by cell, under names that leave out the ``_label`` of the columns they belong to."""
    table = pd.DataFrame({"cell_label": cells["cell_label"]})
    for name in ("anatomical_division", "donor_age_category", "donor_sex", "region_of_interest"):
        column = name if name in cells else f"{name}_label"
        values = sorted(cells[column].unique())
        place = cells[column].map(values.index)
        table[f"{name}_color"] = np.array(_SHADES, dtype=object)[place]
        table[f"{name}_order"] = place
    bucket.table(DIRECTORY, _METADATA, "cell_annotation_colors", table)


def _write_samples(bucket: Bucket, libraries: pd.DataFrame) -> None:
    donor = pd.DataFrame(
        {
            "donor_label": libraries["donor"],
            "donor_sex": libraries["sex"],
            "donor_age": libraries["age"],
            "donor_age_category": libraries["category"],
            "donor_in_wmb_study": libraries["studied"],
        }
    )
    library = pd.DataFrame(
        {
            "library_label": libraries["library"],
            "library_method": "10Xv3",
            "barcoded_cell_sample_label": libraries["sample"],
            "region_of_interest_label": libraries["region"],
            "anatomical_division_label": libraries["division"],
            "donor_label": libraries["donor"],
            "library_in_wmb_study": libraries["studied"],
        }
    )
    rows = [
        (value, "donor", "donor_age_category", value, order, None, None, _SHADES[order])
        for order, value in enumerate(("adult", "aged"))
    ]
    columns = ["label", "table", "field", "description", "order", "external_identifier", "parent_label"]
    values = pd.DataFrame(rows, columns=[*columns, "color_hex_triplet"])
    for name, table in (("donor", donor), ("library", library), ("value_sets", values)):
        bucket.table(DIRECTORY, _METADATA, name, table)


def _write_clusters(bucket: Bucket, cells: pd.DataFrame, aged: np.ndarray, rng: np.random.Generator) -> None:
    """How age shifts each cluster, and what each is called in the older taxonomy."""
    names = {str(term["label"]): str(term["name"]) for term in mouse_types.terms()}
    colors = {str(term["label"]): str(term["color_hex_triplet"]) for term in mouse_types.terms()}
    by_alias = cells.groupby("cluster_alias").size()
    old = cells[aged].groupby("cluster_alias").size()
    rows = []
    for cluster in _clusters():
        total, aged_count = int(by_alias.get(cluster.alias, 0)), int(old.get(cluster.alias, 0))
        ratio = (aged_count + 0.5) / (total - aged_count + 0.5)
        shift = float(np.log2(ratio).round(4))
        bias = "aging-enriched" if shift > 1 else "aging-depleted" if shift < -1 else "unassigned"
        rows.append(
            {
                "cluster_alias": cluster.alias,
                "number_of_cells": total,
                "label": cluster.label,
                "cluster_age_bias": bias,
                "odds_ratio": round(ratio, 4),
                "log2_odds_ratio": shift,
                "aged_proportion": round(aged_count / total, 4) if total else None,
            }
        )
    bucket.table(DIRECTORY, _METADATA, "cluster", pd.DataFrame(rows))
    table = pd.DataFrame(
        [
            {
                "cluster_alias": cluster.alias,
                "cluster_label": cluster.label,
                "cluster_order": order,
                "cluster_name": cluster.name,
                "cluster_color": cluster.color,
                **{
                    f"{level}_name": names[label]
                    for level, label in zip(mouse_types.LEVELS[1:4], cluster.terms, strict=True)
                },
                **{
                    f"{level}_color": colors[label]
                    for level, label in zip(mouse_types.LEVELS[1:4], cluster.terms, strict=True)
                },
            }
            for order, cluster in enumerate(_clusters())
        ]
    )
    shuffled = cells.iloc[rng.permutation(len(cells))][["cell_label", "cluster_alias"]]
    own = shuffled.merge(table, on="cluster_alias")
    bucket.table(TAXONOMY, _TAXONOMY, "cell_cluster_mapping_annotations", own)
    bucket.table(TAXONOMY, _TAXONOMY, "cluster_mapping_pivot", table)
    bucket.table(DIRECTORY, _METADATA, "cell_cluster_annotations", own[["cell_label", *list(table)[:5]]])
    mapping = [
        (cluster.alias, cluster.label, level, label, names[label])
        for cluster in _clusters()
        for level, label in zip(mouse_types.LEVELS[1:4], cluster.terms, strict=True)
    ]
    columns = ["cluster_alias", "cluster_label", "wmb_level", "wmb_term_label", "wmb_term_name"]
    bucket.table(TAXONOMY, _TAXONOMY, "cluster_mapping", pd.DataFrame(mapping, columns=columns))
    leaf_names = {leaf.alias: names[leaf.terms[4]] for leaf in mouse_types.clusters()}
    cross = cells[["cell_label", "cluster_alias", "wmb_cluster_alias"]].copy()
    cross["wmb_cluster_name"] = cross["wmb_cluster_alias"].map(leaf_names)
    bucket.table(TAXONOMY, _TAXONOMY, "cell_cross_mapping_annotations", cross)


def _write_genes_of_age(bucket: Bucket, genes: pd.DataFrame, rng: np.random.Generator) -> None:
    subclasses = [
        term for term in mouse_types.terms() if term["cluster_annotation_term_set_name"] == "subclass"
    ]
    rows = []
    for term in subclasses[:6]:
        for place in rng.choice(len(genes), 4, replace=False).tolist():
            effect = float(rng.normal(0, 1.2))
            rows.append(
                {
                    "grouping_type": "subclass",
                    "grouping_label": term["label"],
                    "grouping_name": term["name"],
                    "gene_identifier": genes["gene_identifier"].iloc[place],
                    "gene_symbol": genes["gene_symbol"].iloc[place],
                    "is_primary_ieg": False,
                    "age_effect_size": round(effect, 6),
                    "unadjusted_pvalue": float(f"{10 ** -rng.uniform(4, 20):.6e}"),
                    "adjusted_pvalue": float(f"{10 ** -rng.uniform(2, 16):.6e}"),
                    "confidence_interval_higher_bound": round(effect + 0.5, 6),
                    "confidence_interval_lower_bound": round(effect - 0.5, 6),
                }
            )
    bucket.table(TAXONOMY, _TAXONOMY, "aging_degenes", pd.DataFrame(rows))
