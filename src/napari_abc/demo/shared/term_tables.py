"""The tables of a taxonomy, in the two forms that the atlas has used."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_abc.demo.shared.bucket import Bucket

__all__ = ["TermRow", "TermSet", "TermTree"]


@dataclass(frozen=True)
class TermSet:
    """A level."""

    label: str
    name: str
    description: str
    order: int
    parent: str | None = None
    """Label of the level above; none of a facet and of the top."""


@dataclass(frozen=True)
class TermRow:
    """A term of a level."""

    label: str
    name: str
    set_label: str
    color: str
    order: int
    parent: str | None = None


@dataclass(frozen=True)
class TermTree:
    """A taxonomy, and how its tables are written.

    The form ``"old"`` has colors and numbers of cells in its membership; the form ``"new"`` has the
    names of parents in its terms and no colors but there. ``"short"`` is the old one with levels told
    in fewer columns, without numbers of cells and without the table of clusters.
    """

    directory: str
    version: str
    form: str
    sets: tuple[TermSet, ...]
    """In the order of the rows, which need not be that of the levels."""
    terms: tuple[TermRow, ...]
    leaves: Mapping[int, tuple[str, ...]]
    """``cluster_alias`` → labels of its terms."""
    clusters: Mapping[int, str]
    """``cluster_alias`` → label in the table of clusters."""
    extra: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Further columns of the terms: name → {label of a term: value}."""

    @cached_property
    def by_label(self) -> dict[str, TermRow]:
        """Terms by label."""
        return {term.label: term for term in self.terms}

    @cached_property
    def set_of(self) -> dict[str, TermSet]:
        """Levels by label."""
        return {level.label: level for level in self.sets}

    def name_of(self, alias: int, level: str) -> str:
        """Name of a leaf's term at the level of that name."""
        terms = (self.by_label[label] for label in self.leaves[alias])
        return next(term.name for term in terms if self.set_of[term.set_label].name == level)

    def write(self, bucket: Bucket, counts: Mapping[int, int]) -> None:
        """Write the tables; ``counts`` has the number of cells of each alias."""
        tables = {
            "cluster_annotation_term": self._term_table(counts),
            "cluster_annotation_term_set": self._set_table(),
            "cluster_to_cluster_annotation_membership": self._membership(counts),
        }
        if self.form != "short":
            tables["cluster"] = self._cluster_table(counts)
        for name, table in tables.items():
            bucket.table(self.directory, self.version, name, table)

    def _set_table(self) -> pd.DataFrame:
        rows = [
            {"label": level.label, "name": level.name, "description": level.description, "order": level.order}
            for level in self.sets
        ]
        table = pd.DataFrame(rows)
        if self.form == "old":
            return table
        table["parent_term_set_label"] = [level.parent for level in self.sets]
        if self.form == "new":
            return table
        table = table.rename(columns={"order": "term_set_order"})
        return table[["label", "name", "parent_term_set_label", "term_set_order"]]

    def _term_table(self, counts: Mapping[int, int]) -> pd.DataFrame:
        cells: dict[str, int] = {}
        for alias, labels in self.leaves.items():
            for label in labels:
                cells[label] = cells.get(label, 0) + counts.get(alias, 0)
        rows = []
        for term in sorted(self.terms, key=lambda term: self.set_of[term.set_label].order):
            level = self.set_of[term.set_label]
            above = self.by_label[term.parent] if term.parent else None
            rows.append(
                {
                    "label": term.label,
                    "name": term.name,
                    "cluster_annotation_term_set_label": level.label,
                    "cluster_annotation_term_set_name": level.name,
                    "color_hex_triplet": term.color,
                    "term_order": term.order,
                    "term_set_order": level.order,
                    "parent_term_label": term.parent,
                    "parent_term_name": above.name if above else None,
                    "parent_term_set_label": above.set_label if above else None,
                    "number_of_cells": cells.get(term.label, 0),
                    "description": term.name,
                }
                | {name: values.get(term.label) for name, values in self.extra.items()}
            )
        table = pd.DataFrame(rows)
        if self.form == "new":
            return table.drop(columns=["number_of_cells", "description"])
        start = ["label", "name", "cluster_annotation_term_set_label", "parent_term_label"]
        start += ["parent_term_set_label", "term_set_order", "term_order", "cluster_annotation_term_set_name"]
        more = ["number_of_cells", "description"] if self.form == "old" else []
        return table[[*start, "color_hex_triplet", *more]]

    def _membership(self, counts: Mapping[int, int]) -> pd.DataFrame:
        rows = []
        for level in sorted(self.sets, key=lambda level: -level.order):
            for alias, labels in self.leaves.items():
                found = [self.by_label[label] for label in labels]
                term = next((term for term in found if term.set_label == level.label), None)
                if term is None:  # a facet that says nothing of this leaf
                    continue
                rows.append(
                    {
                        "cluster_annotation_term_label": term.label,
                        "cluster_annotation_term_set_label": term.set_label,
                        "cluster_alias": alias,
                        "cluster_annotation_term_name": term.name,
                        "cluster_annotation_term_set_name": self.set_of[term.set_label].name,
                        "number_of_cells": counts.get(alias, 0),
                        "color_hex_triplet": term.color,
                    }
                )
        table = pd.DataFrame(rows)
        if self.form == "old":
            return table
        if self.form == "short":
            return table.drop(columns="number_of_cells")
        start = ["cluster_annotation_term_label", "cluster_annotation_term_set_label", "cluster_alias"]
        return table[[*start, "cluster_annotation_term_set_name", "cluster_annotation_term_name"]]

    def _cluster_table(self, counts: Mapping[int, int]) -> pd.DataFrame:
        table = pd.DataFrame(
            {
                "cluster_alias": list(self.clusters),
                "number_of_cells": [counts.get(alias, 0) for alias in self.clusters],
                "label": list(self.clusters.values()),
            }
        )
        return table if self.form == "old" else table[["label", "cluster_alias", "number_of_cells"]]
