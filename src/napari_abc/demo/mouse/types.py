"""The miniature mouse taxonomy: a few classes and subclasses of CCN20230722, with supertypes and clusters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_abc.demo.shared.bucket import Bucket

__all__ = [
    "DIRECTORY",
    "LEVELS",
    "VERSION",
    "Cluster",
    "aliases",
    "all_types",
    "annotated",
    "clusters",
    "terms",
    "write_taxonomy",
]

DIRECTORY = "WMB-taxonomy"
VERSION = "20231215"

# Indented: class, subclass. After "|": neurotransmitter, supertypes, tags that genes know it by.
_TREE = """
01 IT-ET Glut #FA0087
  001 CLA-EPd-CTX Car3 Glut #64b8f0 | Glut 2 glut ctx cla
  004 L6 IT CTX Glut #b8f055 | Glut 1 glut ctx l6
  005 L5 IT CTX Glut #701540 | Glut 1 glut ctx l5
  006 L4/5 IT CTX Glut #45c4ae | Glut 2 glut ctx l4
  007 L2/3 IT CTX Glut #0f8a3c | Glut 2 glut ctx l23
  009 L2/3 IT PIR-ENTl Glut #d07c3a | Glut 1 glut ctx pir
  014 LA-BLA-BMA-PA Glut #8c5adf | Glut 1 glut ctx amy
  016 CA1-ProS Glut #17a2c4 | Glut 2 glut ctx ca1
  017 CA3 Glut #3f6be0 | Glut 1 glut ctx ca3
  022 L5 ET CTX Glut #0c2fa8 | Glut 1 glut ctx l5et
02 NP-CT-L6b Glut #61e2a4
  029 L6b CTX Glut #9a3f6b | Glut 1 glut ctx l6b
  030 L6 CT CTX Glut #2f9e8f | Glut 2 glut ctx l6ct
04 DG-IMN Glut #16f2f2
  037 DG Glut #0ad1d1 | Glut 2 glut ctx dg
  038 DG-PIR Ex IMN #3D53CC | NA 1 dg imn
06 CTX-CGE GABA #c4f53d
  046 Vip Gaba #a04fd6 | GABA 1 gaba vip
  049 Lamp5 Gaba #e06a9f | GABA 1 gaba lamp5
07 CTX-MGE GABA #f05de6
  052 Pvalb Gaba #d93137 | GABA 1 gaba pv
  053 Sst Gaba #ff9f1c | GABA 1 gaba sst
08 CNU-MGE GABA #72d610
  057 NDB-SI-MA-STRv Lhx8 Gaba #5a7d2a | GABA 1 gaba lhx8
  058 PAL-STR Gaba-Chol #73E785 | Chol 1 chol
09 CNU-LGE GABA #ac95f5
  060 OT D3 Folh1 Gaba #ffb703 | GABA 1 gaba granular
  061 STR D1 Gaba #1f5fd0 | GABA 2 gaba msn d1
  062 STR D2 Gaba #9fc8f0 | GABA 2 gaba msn d2
10 LSX GABA #a45cf0
  068 LSX Otx2 Gaba #d79bff | GABA 1 gaba lsx
12 HY GABA #f56c0a
  093 RT-ZI Gnb3 Gaba #c45a12 | GABA 1 gaba rt
14 HY Glut #a51be8
  129 VMH Nr5a1 Glut #b83bd9 | Glut 1 glut hy vmh
  131 LHA-AHN-PVH Otp Trh Glut #7a2f9e | Glut-GABA 1 glut hy
17 MH-LH Glut #f0a010
  145 MH Tac2 Glut #f2c14e | Chol 1 glut mh
18 TH Glut #1448a0
  149 PVT-PT Ntrk1 Glut #2a9df4 | Glut 1 glut thal pvt
  151 TH Prkcd Grin2c Glut #0b3c8c | Glut 2 glut thal
30 Astro-Epen #594a26
  318 Astro-NT NN #8a7a3c | NA 1 astro astront
  319 Astro-TE NN #b09a4a | NA 1 astro
  323 Ependymal NN #d8c47a | NA 1 epen
31 OPC-Oligo #0a0f66
  326 OPC NN #5c78e0 | NA 1 opc
  327 Oligo NN #2a3fb0 | NA 2 oligo
33 Vascular #858881
  330 VLMC NN #b5b7b0 | NA 1 vlmc
  331 Peri NN #9da098 | NA 1 peri
  332 SMC NN #6f726b | NA 1 smc
  333 Endo NN #c8cac4 | NA 1 endo
34 Immune #825f45
  334 Microglia NN #a87f62 | NA 1 micro
"""

_TRANSMITTERS = {
    "Glut": "#2B93DF",
    "NA": "#666666",  # a real term of that name: not assigned
    "GABA": "#FF3358",
    "Dopa": "#fcf04b",
    "Glut-GABA": "#0a9964",
    "Chol": "#73E785",
    "Hist": "#ff7621",
    "GABA-Glyc": "#820e57",
    "Sero": "#533691",
    "Nora": "#03EDFF",
}

_SETS = (
    (
        "NEUR",
        "neurotransmitter",
        "Transmitter that a cluster's genes speak for; not a level of the hierarchy.",
    ),
    ("CLAS", "class", "The top level of the hierarchy."),
    ("SUBC", "subclass", "The second level."),
    ("SUPT", "supertype", "The third level."),
    ("CLUS", "cluster", "The finest level."),
)
LEVELS = tuple(name for _, name, _ in _SETS)


@dataclass(frozen=True)
class Cluster:
    """A leaf of the taxonomy with all that is above it."""

    alias: int
    """What cells refer to it by; not the number in its name."""
    terms: tuple[str, str, str, str, str]
    """Labels of its terms: neurotransmitter, class, subclass, supertype, cluster."""
    type_name: str
    """Name of its subclass without the number."""


@cache
def all_types() -> dict[str, tuple[str, ...]]:
    """Type (subclass name without the number) → its tags."""
    rows = [line.partition("|") for line in _TREE.strip("\n").splitlines() if line.startswith("  ")]
    return {
        left.strip().rsplit(" ", 1)[0].split(" ", 1)[1]: tuple(right.split()[2:]) for left, _, right in rows
    }


@cache
def _terms_and_clusters() -> tuple[tuple[dict[str, str | int | None], ...], tuple[Cluster, ...]]:
    rows: list[dict[str, str | int | None]] = []
    leaves: list[Cluster] = []
    orders = dict.fromkeys(LEVELS, 0)
    rng = np.random.default_rng(20230722)
    lines = _TREE.strip("\n").splitlines()
    count = 2 * sum(int(line.partition("|")[2].split()[1]) for line in lines if line.startswith(" "))
    middle = rng.permutation(np.unique(rng.integers(200, 34_000, 3 * count)))[: count - 3]
    aliases = iter([128, 129, *middle.tolist(), 34380])  # sparse, in no order

    def add(level: int, identifier: str, name: str, parent: str | None, color: str) -> str:
        code, level_name, _ = _SETS[level]
        label = f"CS20230722_{code}_{identifier}"
        rows.append(
            {
                "label": label,
                "name": name,
                "cluster_annotation_term_set_label": f"CCN20230722_{code}",
                "parent_term_label": parent,
                "parent_term_set_label": f"CCN20230722_{_SETS[level - 1][0]}" if parent else None,
                "term_set_order": level,
                "term_order": orders[level_name],
                "cluster_annotation_term_set_name": level_name,
                "color_hex_triplet": color,
            }
        )
        orders[level_name] += 1
        return label

    def tint(color: str) -> str:
        value = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)])
        shifted = np.clip(value + rng.integers(-60, 61, 3), 0, 255)
        text = "#{:02x}{:02x}{:02x}".format(*shifted)
        return text.upper() if rng.random() < 0.6 else text  # hex mixes case

    transmitters = {name: add(0, name, name, None, color) for name, color in _TRANSMITTERS.items()}
    class_label = ""
    for line in lines:
        left, _, right = line.partition("|")
        name, color = left.strip().rsplit(" ", 1)
        number, bare = name.split(" ", 1)
        if not line.startswith(" "):
            class_label = add(1, number, name, None, color)
            continue
        transmitter, supertypes, *_ = right.split()
        subclass = add(2, number, name, class_label, color)
        for place in range(1, int(supertypes) + 1):
            supertype_number = orders["supertype"] + 1
            # The first supertype and the first cluster have the same name, as in the real taxonomy.
            supertype = add(
                3, f"{supertype_number:04d}", f"{supertype_number:04d} {bare}_{place}", subclass, tint(color)
            )
            for _ in range(2):
                leaf_number = orders["cluster"] + 1
                leaf = add(
                    4, f"{leaf_number:04d}", f"{leaf_number:04d} {bare}_{place}", supertype, tint(color)
                )
                path = (transmitters[transmitter], class_label, subclass, supertype, leaf)
                leaves.append(Cluster(next(aliases), path, bare))
    return tuple(rows), tuple(leaves)


def terms() -> tuple[dict[str, str | int | None], ...]:
    """Rows of the term table, depth first."""
    return _terms_and_clusters()[0]


def clusters() -> tuple[Cluster, ...]:
    """All clusters, in term order."""
    return _terms_and_clusters()[1]


def aliases(
    kinds: NDArray[np.int64],
    names: Sequence[str],
    rng: np.random.Generator,
    place: NDArray[np.float64] | None = None,
) -> NDArray[np.int64]:
    """Cluster of each cell.

    Parameters
    ----------
    kinds
        (cells,) index into ``names``.
    names
        Types.
    rng
        Source of randomness.
    place
        (cells,) some smooth field around 0, about 2 wide: clusters of a type prevail in different
        places. Random if None.
    """
    place = rng.normal(0, 1, len(kinds)) if place is None else place
    share = np.clip((place + 2) / 4, 0, 0.999)
    found = np.zeros(len(kinds), dtype=np.int64)
    for kind in np.unique(kinds):
        mine = kinds == kind
        choices = np.array([leaf.alias for leaf in clusters() if leaf.type_name == names[kind]])
        found[mine] = choices[(share[mine] * len(choices)).astype(np.int64)]
    return found


def annotated(cells: pd.DataFrame) -> pd.DataFrame:
    """The view of cells with names and colors of their terms beside them."""
    by_label = {term["label"]: term for term in terms()}
    view = cells.copy()
    for column, suffix in (("name", ""), ("color_hex_triplet", "_color")):
        for index, level in enumerate(LEVELS):
            text = {leaf.alias: by_label[leaf.terms[index]][column] for leaf in clusters()}
            if (level, column) == ("neurotransmitter", "name"):  # "NA" is an empty text here
                text = {alias: "" if value == "NA" else value for alias, value in text.items()}
            view[level + suffix] = view["cluster_alias"].map(text)
    return view


def write_taxonomy(bucket: Bucket, cells: dict[int, int]) -> None:
    """Write the tables of the taxonomy and its views; ``cells`` counts the cells of each alias."""
    rows, leaves = _terms_and_clusters()
    table = pd.DataFrame(rows)
    by_level = table.sort_values(["term_set_order", "term_order"], kind="stable")
    bucket.table(DIRECTORY, VERSION, "cluster_annotation_term", by_level)
    sets = [(f"CCN20230722_{code}", name, text, order) for order, (code, name, text) in enumerate(_SETS)]
    bucket.table(
        DIRECTORY,
        VERSION,
        "cluster_annotation_term_set",
        pd.DataFrame(sets, columns=["label", "name", "description", "order"]),
    )
    numbers = {leaf.alias: cells.get(leaf.alias, 0) for leaf in leaves}
    by_text = sorted(numbers, key=str)
    bucket.table(
        DIRECTORY,
        VERSION,
        "cluster",
        pd.DataFrame(
            {
                "cluster_alias": by_text,
                "number_of_cells": [numbers[alias] for alias in by_text],
                "label": [f"CS20230722_{alias:04d}" for alias in by_text],  # a third identifier
            }
        ),
    )
    name_of = dict(zip(table["label"], table["name"], strict=True))
    color_of = dict(zip(table["label"], table["color_hex_triplet"], strict=True))
    membership = [
        {
            "cluster_annotation_term_label": term,
            "cluster_annotation_term_set_label": f"CCN20230722_{code}",
            "cluster_alias": leaf.alias,
            "cluster_annotation_term_name": name_of[term],
            "cluster_annotation_term_set_name": level,
            "number_of_cells": numbers[leaf.alias],
            "color_hex_triplet": color_of[term],
        }
        for index, (code, level, _) in reversed(list(enumerate(_SETS)))
        for leaf in leaves
        for term in (leaf.terms[index],)
    ]
    bucket.table(DIRECTORY, VERSION, "cluster_to_cluster_annotation_membership", pd.DataFrame(membership))
    names = [[leaf.alias, *(name_of[term] for term in leaf.terms)] for leaf in leaves]
    pivot = pd.DataFrame(names, columns=["cluster_alias", *LEVELS])
    pivot = pivot.replace({"neurotransmitter": {"NA": ""}})  # in this view the term "NA" is an empty text
    colors = pd.DataFrame(
        [[leaf.alias, *(color_of[term] for term in leaf.terms)] for leaf in leaves],
        columns=["cluster_alias", *(f"{level}_color" for level in LEVELS)],
    )
    view = "views/cluster_to_cluster_annotation_membership"
    bucket.table(DIRECTORY, VERSION, f"{view}_pivoted", pivot.sort_values("cluster_alias"))
    bucket.table(DIRECTORY, VERSION, f"{view}_color", colors.sort_values("cluster_alias"))
