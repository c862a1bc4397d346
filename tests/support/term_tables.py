"""Term tables with everything that puzzled readers of released ones, made without a released value.

A term is named "NA", some names stand at several levels, colors mix upper and lower case and repeat, and the
same term has another color in another release.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pandas as pd

from released import columns

if TYPE_CHECKING:
    from collections.abc import Mapping

TRANSMITTERS = ("Glut", "NA", "GABA", "Glut-GABA")
"""A facet; of one of its terms pandas thinks that it is missing."""

_RELEASED = {
    "set": "cluster_annotation_term_set_label",
    "set_name": "cluster_annotation_term_set_name",
    "color": "color_hex_triplet",
    "order": "term_order",
    "set_order": "term_set_order",
    "parent_label": "parent_term_label",
    "parent_name": "parent_term_name",
    "parent_set": "parent_term_set_label",
    "cells": "number_of_cells",
}
"""Column here → its name in a release."""


def term_table(
    sizes: Mapping[str, int], *, facet: Mapping[str, tuple[str, ...]] | None = None, release: str = "1"
) -> pd.DataFrame:
    """Terms of all levels as text, the facet first, then one level after the other in order.

    A term that is its parent's only child has its parent's name, as in the basal ganglia. The last leaf has
    the color of the first.

    Parameters
    ----------
    sizes
        Number of terms of each level, from the broadest to the finest; each at least that of the one before.
    facet
        Name of a level that cuts across the others → names of its terms.
    release
        Colors differ from release to release.
    """
    rows = []
    for name, terms in (facet or {}).items():
        rows += [_row(name, f"{name}_{term}", term, number, 0, release) for number, term in enumerate(terms)]
    above: list[dict[str, object]] = []
    for depth, (level, size) in enumerate(sizes.items(), start=len(facet or {})):
        parents = [number * len(above) // size for number in range(size)]
        here = []
        for number, parent in enumerate(parents):
            row = _row(level, f"{level}_{number:04}", f"{number:03} {level.lower()}", number, depth, release)
            if above:
                row |= {f"parent_{key}": above[parent][key] for key in ("label", "name", "set")}
                row["name"] = above[parent]["name"] if parents.count(parent) == 1 else row["name"]
            here.append(row)
        rows += here
        above = here
    rows[-1]["color"] = above[0]["color"]
    return pd.DataFrame(rows).astype(str)


def _row(level: str, label: str, name: str, number: int, depth: int, release: str) -> dict[str, object]:
    digits = hashlib.md5(f"{release}{label}".encode(), usedforsecurity=False).hexdigest()[:6]
    return {
        "label": label,
        "name": name,
        "set": level,
        "set_name": level,
        "color": "#" + (digits.upper() if number % 2 else digits),
        "order": number,
        "set_order": depth,
        "parent_label": "",
        "parent_name": "",
        "parent_set": "",
        "cells": 100 + number,
        "description": f"What {name} means",
    }


def released_form(terms: pd.DataFrame, table: str) -> pd.DataFrame:
    """Terms in the columns of a released table, for example ``"WMB-taxonomy/cluster_annotation_term"``."""
    return terms.rename(columns=_RELEASED)[columns(table)]


def chain(terms: pd.DataFrame, label: str) -> list[str]:
    """Labels from the broadest level down to that of a term, told by its parents."""
    parent = dict(zip(terms["label"], terms["parent_label"], strict=True))
    found = []
    while label:
        found.append(label)
        label = parent[label]
    return found[::-1]


def memberships(terms: pd.DataFrame) -> pd.DataFrame:
    """Every leaf's term at each level, as (``cluster_annotation_term_label``, ``cluster_alias``).

    The alias of a leaf is its label.
    """
    leaves = terms["label"][terms["set_order"].astype(int) == terms["set_order"].astype(int).max()]
    rows = [(label, leaf) for leaf in leaves for label in chain(terms, leaf)]
    return pd.DataFrame(rows, columns=["cluster_annotation_term_label", "cluster_alias"])


PARCELLATION = {"organ": 1, "category": 2, "division": 3, "structure": 5, "substructure": 9}
"""Levels of :func:`parcellation` and their numbers of terms."""


def parcellation() -> dict[str, pd.DataFrame]:
    """The three tables of a parcellation in the released columns; leaf ``n`` has the index ``10 * n``.

    The table of terms has other colors than the memberships, and levels are out of order.
    """
    terms = term_table(PARCELLATION)
    terms = terms.assign(acronym=terms["name"].str.replace(" ", "-"))
    row_of = terms.set_index("label")
    leaves = row_of.index[row_of["set"] == "substructure"]
    rows = []
    for number, leaf in enumerate(leaves):
        for label in chain(terms, leaf):
            term = row_of.loc[label]
            rows.append(
                {
                    "parcellation_label": f"P-{number}",
                    "parcellation_term_label": label,
                    "parcellation_term_set_label": term["set"],
                    "parcellation_index": 10 * number,
                    "voxel_count": 1000,
                    "volume_mm3": 0.001,
                    "color_hex_triplet": term["color"],
                    "parcellation_term_name": term["description"],
                    "parcellation_term_acronym": term["acronym"],
                    "parcellation_term_set_name": term["set"],
                    "term_set_order": term["set_order"],
                    "term_order": term["order"],
                    "parent_term_label": term["parent_label"],
                }
            )
    recolored = term_table(PARCELLATION, release="2")
    graph = terms.assign(
        color_hex_triplet=recolored["color"], graph_order=range(len(terms)), name=terms["description"]
    )
    sets = pd.DataFrame(
        {
            "label": list(PARCELLATION),
            "name": list(PARCELLATION),
            "description": [f"All of {level}" for level in PARCELLATION],
            "term_set_order": range(len(PARCELLATION)),
            "parent_term_set_label": ["", *list(PARCELLATION)[:-1]],
        }
    )[::-1]
    found = {
        "parcellation_to_parcellation_term_membership": pd.DataFrame(rows),
        "parcellation_term": graph,
        "parcellation_term_set": sets,
    }
    return {name: table.reindex(columns=columns(f"Allen-CCF-2020/{name}")) for name, table in found.items()}
