"""Reading taxonomies from the tables of a release, which have one of three forms.

``terms``: levels, terms, and which terms a cluster belongs to. ``parcellation``: the same of brain
structures, keyed by the values of the annotation volume. ``flat``: one table that names the terms of
all levels in each row (``taxonomy_flat.py``). Color and order come from the term table, which every
release has, never from the membership table; levels are sorted by their own order, for their rows are
not always in order.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from napari_abc.atlas.taxonomy._build import Parts, build, numeric
from napari_abc.atlas.taxonomy._flat import read_flat
from napari_abc.io.cells import read_text_table, require_columns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari_abc.atlas.entries import TaxonomyEntry
    from napari_abc.atlas.taxonomy._taxonomy import Taxonomy
    from napari_abc.task import Task

__all__ = ["read_taxonomy", "tables_of", "term_table_of"]

_SETS = "cluster_annotation_term_set"
_TERMS = "cluster_annotation_term"
_MEMBERS = "cluster_to_cluster_annotation_membership"
_CLUSTERS = "cluster"
_ABBREVIATIONS = "abbreviation_term"

_P_SETS = "parcellation_term_set"
_P_TERMS = "parcellation_term"
_P_MEMBERS = "parcellation_to_parcellation_term_membership"


def tables_of(entry: TaxonomyEntry) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tables of a taxonomy's directory.

    Returns
    -------
    required
        Without these no cell can be assigned.
    optional
        These add descriptions of levels and terms, and the number of cells.
    """
    if entry.form == "flat":
        assert entry.table is not None  # checked with the catalog
        return (entry.table,), ()
    if entry.form == "parcellation":
        return (_P_MEMBERS,), (_P_SETS, _P_TERMS)
    return (_TERMS, _MEMBERS), (_SETS, _CLUSTERS, _ABBREVIATIONS)


def term_table_of(entry: TaxonomyEntry) -> str:
    """The one table that a taxonomy can be listed from, even where the leaves are not told."""
    return tables_of(entry)[0][0]


def read_taxonomy(entry: TaxonomyEntry, paths: Mapping[str, Path], task: Task | None = None) -> Taxonomy:
    """Read a taxonomy from its tables.

    Parameters
    ----------
    entry
        What the catalog says of it.
    paths
        Where the tables of :func:`tables_of` lie. With that of :func:`term_table_of` alone, the terms
        are listed without leaves.
    task
        Progress and cancel, of a flat taxonomy's large table.

    Raises
    ------
    FormatError
        If a table lacks a column or its rows contradict another's.
    Cancelled
        If the task was cancelled.
    """
    if entry.form == "flat":
        parts = read_flat(entry, paths[term_table_of(entry)], task)
    elif entry.form == "parcellation":
        parts = _read_parcellation(entry, paths)
    else:
        parts = _read_terms(entry, paths)
    return build(parts)


def _read_terms(entry: TaxonomyEntry, paths: Mapping[str, Path]) -> Parts:
    table = read_text_table(paths[_TERMS])
    set_label = "cluster_annotation_term_set_label"
    require_columns(table, ("label", "name", set_label, "color_hex_triplet", "term_order"), paths[_TERMS])
    sets = (
        _sets(read_text_table(paths[_SETS]), paths[_SETS])
        if _SETS in paths
        else _sets_of_terms(table, set_label)
    )
    table = table.iloc[numeric(table["term_order"]).argsort(kind="stable")]
    terms = pd.DataFrame(
        {
            "label": table["label"],
            "name": table["name"],
            "set": table[set_label],
            "parent": table.get("parent_term_label", ""),
            "color": table["color_hex_triplet"],
            "description": table.get("description", ""),
        }
    )
    if "description" not in table and _ABBREVIATIONS in paths:
        terms["description"] = _spelled_out(terms["name"], paths[_ABBREVIATIONS])
    if "number_of_cells" in table:
        terms["cells"] = _whole(table["number_of_cells"])
    parts = Parts(entry.directory, sets, terms, nested="parent_term_label" not in table)
    if _MEMBERS not in paths:
        parts.notes.append(
            f"{entry.directory} has no {_MEMBERS} here; its terms are listed, but no cell can be assigned."
        )
        return parts
    members = read_text_table(paths[_MEMBERS])
    term, alias = "cluster_annotation_term_label", entry.key
    require_columns(members, (term, alias), paths[_MEMBERS])
    parts.members = members[[alias, term]].set_axis(["alias", "term"], axis=1)
    parts.sizes = _sizes(members, paths, alias)
    return parts


def _sets(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Levels, in the order that the table gives them."""
    order = "order" if "order" in table else "term_set_order"
    require_columns(table, ("label", "name", order), path)
    table = table.iloc[numeric(table[order]).argsort(kind="stable")]
    return table.assign(description=table.get("description", ""))[["label", "name", "description"]]


def _sets_of_terms(terms: pd.DataFrame, set_label: str) -> pd.DataFrame:
    """Levels as the terms tell them, where the release lacks their table."""
    order = numeric(terms["term_set_order"]) if "term_set_order" in terms else np.zeros(len(terms))
    names = terms.get("cluster_annotation_term_set_name", terms[set_label])
    table = pd.DataFrame({"label": terms[set_label], "name": names, "description": ""})
    table = table.iloc[order.argsort(kind="stable")]
    return table[table["label"] != ""].drop_duplicates("label")


def _sizes(members: pd.DataFrame, paths: Mapping[str, Path], alias: str) -> pd.Series | None:
    """Cells of each cluster, by alias, from the table of clusters or else from the memberships."""
    table = read_text_table(paths[_CLUSTERS]) if _CLUSTERS in paths else members
    if not {alias, "number_of_cells"}.issubset(table.columns):
        table = members
    if "number_of_cells" not in table:
        return None
    table = table.drop_duplicates(alias)
    return _whole(table["number_of_cells"]).set_axis(table[alias].to_numpy(dtype=object))


def _whole(column: pd.Series) -> pd.Series:
    """Counts as Int64; what is none, and what is below 0, is missing."""
    number = pd.to_numeric(column, errors="coerce").astype("Float64")
    usable = number.notna() & (number >= 0) & (number < 2**53) & (number % 1 == 0)
    return number.where(usable.fillna(False).astype(bool)).astype("Int64")


def _spelled_out(names: pd.Series, path: Path) -> pd.Series:
    """What the abbreviations in names stand for: ``"STR: striatum; D1: dopamine receptor D1"``."""
    table = read_text_table(path)
    require_columns(table, ("abbreviation_term", "abbreviation_meaning"), path)
    meaning = dict(zip(table["abbreviation_term"], table["abbreviation_meaning"], strict=True))

    def spell(name: str) -> str:
        known = [word for word in re.split(r"[^\w/]+", name) if word and meaning.get(word)]
        return "; ".join(f"{word}: {meaning[word]}" for word in dict.fromkeys(known))

    return names.map(spell)


def _read_parcellation(entry: TaxonomyEntry, paths: Mapping[str, Path]) -> Parts:
    """Brain structures: names are acronyms, as the atlas shows them; the full name describes."""
    path = paths[_P_MEMBERS]
    table = read_text_table(path)
    term, of_set, key = "parcellation_term_label", "parcellation_term_set_label", entry.key
    acronym, name = "parcellation_term_acronym", "parcellation_term_name"
    require_columns(table, (term, of_set, key, acronym, name, "color_hex_triplet", "term_order"), path)
    sets = (
        _sets(read_text_table(paths[_P_SETS]), paths[_P_SETS])
        if _P_SETS in paths
        else _sets_of_terms(
            table.rename(columns={"parcellation_term_set_name": "cluster_annotation_term_set_name"}), of_set
        )
    )
    first = table.drop_duplicates([term, of_set])
    order = numeric(first["term_order"])
    if _P_TERMS in paths:  # as the annotators list them, where the order within a level leaves it open
        graph = read_text_table(paths[_P_TERMS])
        require_columns(graph, ("label", "graph_order", "color_hex_triplet"), paths[_P_TERMS])
        graph = graph.drop_duplicates("label").set_index("label")
        place = numeric(first[term].map(graph["graph_order"]).fillna(""))
        color = first[term].map(graph["color_hex_triplet"]).fillna("")
        first = first.assign(color_hex_triplet=color.where(color != "", first["color_hex_triplet"]))
        first = first.iloc[np.lexsort((place, order))]
    else:
        first = first.iloc[order.argsort(kind="stable")]
    terms = pd.DataFrame(
        {
            "label": first[term],
            "name": first[acronym].where(first[acronym] != "", first[name]),
            "set": first[of_set],
            "parent": first.get("parent_term_label", ""),
            "color": first["color_hex_triplet"],
            "description": first[name],
        }
    )
    parts = Parts(entry.directory, sets, terms, nested="parent_term_label" not in first)
    parts.members = table[[key, term]].set_axis(["alias", "term"], axis=1)
    for column, short in (("voxel_count", "voxels"), ("volume_mm3", "volume_mm3")):
        if column in table:
            amount = pd.to_numeric(table[column], errors="coerce").groupby(table[term]).sum(min_count=1)
            terms[short] = terms["label"].map(amount).astype("Float64").array
    if "voxels" in terms:
        terms["voxels"] = _whole(terms["voxels"])
    return parts
