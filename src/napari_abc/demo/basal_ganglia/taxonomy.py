"""The miniature ``HMBA-BG-taxonomy-CCN20250428``: its tables, and the clusters of each species' types."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from napari_abc.demo.basal_ganglia.types import ADJACENT, tree

if TYPE_CHECKING:
    from napari_abc.demo.shared.bucket import Bucket

__all__ = ["DIRECTORY", "cluster_labels", "clusters_of", "write_taxonomy"]

DIRECTORY = "HMBA-BG-taxonomy-CCN20250428"
_LEVELS = ("Neighborhood", "Class", "Subclass", "Group", "Cluster")
_CODES = ("NEIGH", "CLASS", "SUBCL", "GROUP", "CLUST")
_SPECIES = ("Human", "Macaque", "Marmoset")
_TWO_CLUSTERS = ("MSN", "Oligo OPALIN", "Astrocyte", "Microglia")
"""Parts of the names of groups that have two clusters a species; the others have one."""


@cache
def clusters_of() -> dict[tuple[str, str], tuple[str, ...]]:
    """(species, type) → its cluster aliases; those of the adjacent types start at 900."""
    rng = np.random.default_rng(20250428)
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for species in _SPECIES:
        groups = [node.name for node in tree() if node.level == 3]
        # Aliases are numbers in no order: they say nothing about the type.
        numbers = iter(rng.permutation(np.arange(1, 200)).tolist())
        for name in groups:
            count = 2 if any(part in name for part in _TWO_CLUSTERS) else 1
            found[species, name] = tuple(f"{species}-{next(numbers)}" for _ in range(count))
        for number, name in enumerate(ADJACENT, start=900):
            found[species, name] = (f"{species}-{number}",)
    return found


@cache
def cluster_labels() -> dict[str, str]:
    """Cluster alias → its label in ``cluster.csv``, first those that the taxonomy has terms for."""
    in_tree = [alias for (_, name), found in clusters_of().items() if name not in ADJACENT for alias in found]
    around = [alias for (_, name), found in clusters_of().items() if name in ADJACENT for alias in found]
    labels = {alias: f"CS20250428_CLUST_{number:04d}" for number, alias in enumerate(sorted(in_tree))}
    return labels | {alias: f"CS20250428_CLUST_9{number:03d}" for number, alias in enumerate(around)}


def write_taxonomy(bucket: Bucket, version: str, recolored: bool) -> pd.DataFrame:
    """Write the tables of the taxonomy.

    Parameters
    ----------
    bucket
        Where to.
    version
        Of the folder.
    recolored
        Whether some terms have other colors, as happened between releases.

    Returns
    -------
    DataFrame
        The table of terms.
    """
    nodes = tree()
    labels: dict[int, str] = {}
    rows: list[tuple[object, ...]] = []
    for level, code in enumerate(_CODES[:4]):
        mine = [index for index, node in enumerate(nodes) if node.level == level]
        # A label's number is the place of its name in the alphabet, not the term's order.
        for number, index in enumerate(sorted(mine, key=lambda index: nodes[index].name)):
            labels[index] = f"CS20250428_{code}_{number:04d}"
        for order, index in enumerate(mine, start=1):
            node = nodes[index]
            color = node.color
            if recolored and level == 3 and order % 9 == 0:
                color = f"#{int(color[1:], 16) ^ 0x3F3F3F:06x}"
            if level == 3 and order > len(mine) // 2:
                order += 1  # the real table has 61 groups, the last of which is the 62nd
            rows.append((labels[index], node.name, level, color, order, node.parent))

    terms = pd.DataFrame(rows, columns=["label", "name", "level", "color", "term_order", "parent"])
    rng = np.random.default_rng(7)
    leaves = [(index, node) for index, node in enumerate(nodes) if node.level == 3]
    clusters = [
        (alias, index)
        for index, node in leaves
        for species in _SPECIES
        for alias in clusters_of()[species, node.name]
    ]
    colors = [f"#{value:06x}" for value in rng.integers(0x202020, 0xFFFFFF, len(clusters)).tolist()]
    colors[1] = colors[0]  # colors are not unique
    own = cluster_labels()
    cluster_rows = [
        (own[alias], alias, 4, color, order, parent)
        for order, ((alias, parent), color) in enumerate(
            zip(clusters, colors, strict=True)
        )  # from 0, unlike above
    ]
    terms = pd.concat([terms, pd.DataFrame(cluster_rows, columns=terms.columns)], ignore_index=True)
    of_level = [f"CCN20250428_LEVEL_{level}" for level in range(5)]
    has_parent = terms["parent"] >= 0
    table = pd.DataFrame(
        {
            "label": terms["label"],
            "name": terms["name"],
            "cluster_annotation_term_set_label": terms["level"].map(dict(enumerate(of_level))),
            "cluster_annotation_term_set_name": terms["level"].map(dict(enumerate(_LEVELS))),
            "color_hex_triplet": terms["color"],
            "term_order": terms["term_order"],
            "term_set_order": terms["level"],
            "parent_term_label": terms["parent"].map(labels),
            "parent_term_name": terms["parent"].map({index: node.name for index, node in enumerate(nodes)}),
            "parent_term_set_label": (terms["level"] - 1).map(dict(enumerate(of_level))).where(has_parent),
        }
    )
    bucket.table(DIRECTORY, version, "cluster_annotation_term", table)
    bucket.table(
        DIRECTORY,
        version,
        "cluster_annotation_term_set",
        pd.DataFrame(
            {"label": of_level, "name": _LEVELS, "description": _LEVELS, "order": range(5)},
        ),
    )

    path: dict[str, list[int]] = {}
    for alias, index in clusters:
        chain = []
        while index >= 0:
            chain.append(index)
            index = nodes[index].parent
        path[alias] = chain[::-1]
    membership = [
        (labels[index], of_level[level], alias, _LEVELS[level], nodes[index].name)
        for alias, chain in path.items()
        for level, index in enumerate(chain)
    ] + [(own[alias], of_level[4], alias, "Cluster", alias) for alias in path]
    columns = [
        "cluster_annotation_term_label",
        "cluster_annotation_term_set_label",
        "cluster_alias",
        "cluster_annotation_term_set_name",
        "cluster_annotation_term_name",
    ]
    shuffled = rng.permutation(len(membership))
    bucket.table(
        DIRECTORY,
        version,
        "cluster_to_cluster_annotation_membership",
        pd.DataFrame(membership, columns=columns).iloc[shuffled],
    )

    # Clusters of the tissue around are listed too, without terms and without a number of cells.
    sizes = [*rng.integers(40, 9000, len(path)).tolist(), *[None] * (len(own) - len(path))]
    listed = [*path, *(alias for alias in own if alias not in path)]
    bucket.table(
        DIRECTORY,
        version,
        "cluster",
        pd.DataFrame(
            {
                "label": [own[alias] for alias in listed],
                "cluster_alias": listed,
                "number_of_cells": pd.array(sizes, dtype="Int64"),
            }
        ),
    )
    return table
