"""The consensus of two collections of mouse cells, one of which has its matrices elsewhere."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

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
from napari_abc.demo.shared.term_tables import TermRow, TermSet, TermTree

if TYPE_CHECKING:
    from napari_abc.demo.mouse.wmb_10x import MouseCells
    from napari_abc.demo.shared.bucket import Bucket

__all__ = ["AIBS", "MACOSKO", "TAXONOMY", "write_consensus"]

MACOSKO = "Consensus-WMB-Macosko-10X"
AIBS = "Consensus-WMB-AIBS-10X"
TAXONOMY = "Consensus-WMB-integrated-taxonomy"
_VERSION = "20251031"
_CELLS, _STRANGERS = 500, 20
_EXAMPLES = ("Slc17a7", "Slc17a6", "Slc32a1", "Aqp4", "Mog")

_SETS = (
    TermSet("CCN20251031_NEUR", "neurotransmitter", "Transmitter that a cluster's genes speak for.", 0),
    TermSet("CCN20251031_NEIGH", "neighborhood", "Broad groups that are drawn by themselves.", 1),
    TermSet("CCN20251031_CLAS", "class", "The top level of the hierarchy.", 2, "CCN20251031_NEIGH"),
    TermSet("CCN20251031_SUBC", "subclass", "The second level.", 3, "CCN20251031_CLAS"),
    TermSet("CCN20251031_SUPT", "supertype", "The third level.", 4, "CCN20251031_SUBC"),
    TermSet("CCN20251031_CLUS", "cluster", "The finest level.", 5, "CCN20251031_SUPT"),
)
# Name, color, and the classes of the older taxonomy that it comes from.
_NEIGHBORHOODS = (
    ("Pallium-Glut", "#FA0087", ("01", "02", "04")),
    ("Subpallium-GABA", "#B199FF", ("06", "07", "08", "09", "10")),
    ("HY-EA-Glut-GABA", "#FF6600", ("12", "14")),
    ("TH-EPI-Glut", "#3a86d0", ("17", "18")),
    ("NN-IMN", "#9a9a82", ("30", "31", "33", "34")),
)
_EMBEDDED = ("Pallium-Glut", "TH-EPI-Glut")
_LIBRARIES = {  # library → region, donor, sex
    "pBICCNsMMrTHiF003d190321": ("TH", "MsBrain03", "Female"),
    "pBICCNsMMrTHiM004d190403": ("TH", "MsBrain04", "Male"),
    "pBICCNsMMrHPFiF003d190405": ("HPF", "MsBrain03", "Female"),
    "pBICCNsMMrHPFaM007d190529": ("HPF", "MsBrain07", "Male"),
}


@cache
def _tree() -> tuple[TermTree, dict[int, int]]:
    """The taxonomy, and the cluster of the older taxonomy → that of this one.

    The aliases are the older one's numbers dealt out anew: the same number means something else.
    """
    rng = np.random.default_rng(20251031)
    old_terms = {str(term["label"]): term for term in mouse_types.terms()}
    leaves = mouse_types.clusters()
    dealt = rng.permutation([leaf.alias for leaf in leaves]).tolist()
    terms: dict[str, TermRow] = {}
    orders: dict[str, int] = {}

    def add(code: str, key: str, name: str, color: str, parent: str | None) -> str:
        """Label of the term that ``key`` stands for, made when it is first asked for."""
        known = f"{code} {key}"
        if known not in terms:
            order = orders[code] = orders.get(code, 0) + 1
            label = f"CS20251031_{code}_{order:04d}"
            shown = name.format(n=order)
            terms[known] = TermRow(label, shown, f"CCN20251031_{code}", color, order, parent)
        return terms[known].label

    paths: dict[int, tuple[str, ...]] = {}
    new_alias: dict[int, int] = {}
    for leaf, alias in zip(leaves, dealt, strict=True):
        old = [old_terms[label] for label in leaf.terms]
        number = str(old[1]["name"])[:2]
        neighborhood, color, _ = next(entry for entry in _NEIGHBORHOODS if number in entry[2])
        transmitter = add(
            "NEUR", str(old[0]["name"]), str(old[0]["name"]), str(old[0]["color_hex_triplet"]), None
        )
        top = add("NEIGH", neighborhood, neighborhood, color, None)
        bare = str(old[1]["name"])[3:]
        color = str(old[1]["color_hex_triplet"])
        upper = add("CLAS", bare, "{n:03d} " + bare, color, top)
        words = leaf.type_name.split(" ")
        short = "-".join(words[:-1]) + f"_{words[-1]}"
        subclass = add("SUBC", short, "{n:03d} " + short, str(old[2]["color_hex_triplet"]), upper)
        place = str(old[3]["name"]).rpartition("_")[2]
        name = f"{short} {place}"
        supertype = add("SUPT", name, "{n:04d} " + name, tint(color, rng), subclass)
        cluster = add("CLUS", str(leaf.alias), "{n:04d} " + name, tint(color, rng), supertype)
        paths[alias] = (transmitter, top, upper, subclass, supertype, cluster)
        new_alias[leaf.alias] = alias
    clusters = {alias: path[-1] for alias, path in paths.items()}
    tree = TermTree(TAXONOMY, _VERSION, "new", _SETS, tuple(terms.values()), paths, clusters)
    return tree, new_alias


def write_consensus(bucket: Bucket, borrowed: MouseCells) -> None:
    """Write both collections and their taxonomy."""
    rng = np.random.default_rng(20251031)
    tree, new_alias = _tree()
    names = tuple(mouse_types.all_types())
    macosko = _write_macosko(bucket, names, rng)
    aibs = _write_aibs(bucket, borrowed, rng)
    cells = pd.concat([macosko, aibs], ignore_index=True)
    old = mouse_types.aliases(cells["kind"].to_numpy(), names, rng)
    known = cells["cluster_alias"].to_numpy()
    cells["cluster_alias"] = np.array([new_alias[a] for a in np.where(known > 0, known, old).tolist()])
    sizes = cells["cluster_alias"].value_counts()
    tree.write(bucket, dict(zip(sizes.index.tolist(), sizes.tolist(), strict=True)))

    shuffled = cells.iloc[rng.permutation(len(cells))]
    membership = pd.DataFrame(
        {
            "cell_label": shuffled["cell_label"],
            "cluster_alias": shuffled["cluster_alias"],
            "cluster_label": shuffled["cluster_alias"].map(dict(tree.clusters)),
        }
    )
    bucket.table(TAXONOMY, _VERSION, "cell_to_cluster_membership", membership)
    neighborhood = shuffled["cluster_alias"].map(
        {alias: tree.name_of(alias, "neighborhood") for alias in tree.leaves}
    )
    for name in ("", *_EMBEDDED):
        mine = shuffled[neighborhood == name] if name else shuffled
        xy = embed(mine["kind" if not name else "cluster_alias"].to_numpy(), rng, 16.0 if not name else 9.0)
        table = pd.DataFrame({"cell_label": mine["cell_label"], "x": xy[:, 0], "y": xy[:, 1]})
        prefix = f"{name}_" if name else ""
        bucket.table(TAXONOMY, _VERSION, f"{prefix}cell_2d_embedding_coordinates", table)


def _write_macosko(bucket: Bucket, names: tuple[str, ...], rng: np.random.Generator) -> pd.DataFrame:
    """The collection with matrices of its own; returns its cells with their kinds."""
    genes = gene_table().drop(columns=["name", "mapped_ncbi_identifier", "comment"])
    genes = genes.drop_duplicates("gene_symbol", ignore_index=True)  # a gene fewer than the other collection
    symbols = list(genes["gene_symbol"])
    parts, tables = [], []
    for region in ("TH", "HPF"):
        matrix = f"Macosko-10X-{region}"
        libraries = [name for name, (where, _, _) in _LIBRARIES.items() if where == region]
        library = rng.choice(np.array(libraries, dtype=object), _CELLS + _STRANGERS)
        codes = np.array(barcodes(_CELLS + _STRANGERS, rng), dtype=object)
        labels = library + "_" + codes
        kinds = choose(MIXES[region], names, _CELLS, rng)
        counts = counts_of(kinds, mouse_types.all_types(), symbols, mouse_genes.markers(), rng)
        write_matrices(
            bucket,
            MACOSKO,
            _VERSION,
            matrix,
            labels[:_CELLS],
            counts,
            {"cell_barcode": codes[:_CELLS], "library_label": library[:_CELLS]},
            genes,
            strangers=labels[_CELLS:],
        )
        tables.append(examples(labels[:_CELLS], counts, symbols, _EXAMPLES))
        parts.append(
            pd.DataFrame(
                {
                    "cell_label": labels[:_CELLS],
                    "cell_barcode": codes[:_CELLS],
                    "barcoded_cell_sample_label": None,
                    "library_label": library[:_CELLS],
                    "dataset_label": MACOSKO,
                    "feature_matrix_label": matrix,
                    "kind": kinds,
                    "cluster_alias": 0,
                }
            )
        )
    cells = pd.concat(parts, ignore_index=True)
    bucket.table(MACOSKO, _VERSION, "cell_metadata", cells.drop(columns=["kind", "cluster_alias"]))
    bucket.table(MACOSKO, _VERSION, "gene", genes)
    bucket.table(MACOSKO, _VERSION, "views/example_gene_expression", pd.concat(tables))
    library_rows = [(name, where, where, donor) for name, (where, donor, _) in _LIBRARIES.items()]
    columns = ["library_label", "region_of_interest_acronym", "anatomical_division_label", "donor_label"]
    bucket.table(MACOSKO, _VERSION, "library", pd.DataFrame(library_rows, columns=columns))
    donors = dict.fromkeys((donor, sex, "WMB-Macosko") for _, donor, sex in _LIBRARIES.values())
    donor_table = pd.DataFrame(list(donors), columns=["donor_label", "donor_sex", "origin_dataset"])
    bucket.table(MACOSKO, _VERSION, "donor", donor_table)
    bucket.table(MACOSKO, _VERSION, "value_sets", _value_sets())
    return cells


def _write_aibs(bucket: Bucket, borrowed: MouseCells, rng: np.random.Generator) -> pd.DataFrame:
    """The collection whose values lie with the whole mouse brain; returns its cells with their kinds."""
    # Not all of those cells are in the consensus, and some are that the other tables leave out.
    kept = borrowed.cells[rng.random(len(borrowed.cells)) < 0.9]
    cells = pd.concat([kept, borrowed.strangers.iloc[::3]], ignore_index=True)
    cells = cells.iloc[rng.permutation(len(cells))]
    columns = ["cell_label", "cell_barcode", "barcoded_cell_sample_label", "library_label", "dataset_label"]
    bucket.table(AIBS, _VERSION, "cell_metadata", cells[[*columns, "feature_matrix_label"]])
    libraries = cells.drop_duplicates("library_label").sort_values("library_label")
    library = pd.DataFrame(
        {
            "library_label": libraries["library_label"],
            "library_method": libraries["library_method"],
            "alignment_id": [f"{number}" for number in rng.integers(10**9, 2 * 10**9, len(libraries))],
            "region_of_interest_acronym": libraries["region_of_interest_acronym"],
            "anatomical_division_label": libraries["feature_matrix_label"].str.rsplit("-", n=1).str[-1],
            "donor_label": libraries["donor_label"],
        }
    )
    bucket.table(AIBS, _VERSION, "library", library)
    donors = libraries.drop_duplicates("donor_label")
    sex = donors["donor_sex"].map({"F": "Female", "M": "Male"})
    donor = pd.DataFrame({"donor_label": donors["donor_label"], "donor_sex": sex})
    donor["donor_age"] = "P56"
    donor["origin_dataset"] = "WMB-AIBS"
    bucket.table(AIBS, _VERSION, "donor", donor)
    bucket.table(AIBS, _VERSION, "value_sets", _value_sets())
    table = borrowed.examples
    shared = [symbol for symbol in _EXAMPLES if symbol in table]
    table = table[table["cell_label"].isin(cells["cell_label"])][["cell_label", *shared]]
    bucket.table(AIBS, _VERSION, "views/example_gene_expression", table)
    return cells[[*columns, "feature_matrix_label", "kind", "cluster_alias"]]


def _value_sets() -> pd.DataFrame:
    regions = "library", "region_of_interest_acronym"
    division = "library", "anatomical_division_label"
    rows = [
        ("Female", "donor", "donor_sex", "Female", 1, None, None, "#565353"),
        ("Male", "donor", "donor_sex", "Male", 2, None, None, "#ADC4C3"),
        ("WMB-AIBS", "donor", "origin_dataset", "whole mouse brain", 1, None, None, "#2f7fc1"),
        ("WMB-Macosko", "donor", "origin_dataset", "the other project", 2, None, None, "#e08a2c"),
        ("HPF", *division, "hippocampal formation", 1, "MBA:1089", None, "#7fcc55"),
        ("TH", *division, "thalamus", 2, "MBA:549", None, "#fb7585"),
        # The same labels once more, with an order and colors of their own.
        ("HIP", *regions, "hippocampal region", 1, "MBA:1080", "HPF", "#66c14e"),
        ("RHP", *regions, "retrohippocampal region", 2, "MBA:822", "HPF", "#a3d63c"),
        ("HPF", *regions, "hippocampal formation", 3, "MBA:1089", None, "#2f9e44"),
        ("TH", *regions, "thalamus", 4, "MBA:549", None, "#c92a2a"),
    ]
    columns = ["label", "table", "field", "description", "order", "external_identifier", "parent_label"]
    return pd.DataFrame(rows, columns=[*columns, "color_hex_triplet"])
