"""A taxonomy: levels of terms with names, colors and order, their descent, and a cell's leaf.

Terms are kept apart by label, because names repeat. A level that is nobody's parent and has no
parent, as neurotransmitter, is a facet: it cuts across the tree. A parcellation of the brain is a
taxonomy too, whose leaves are the values of an annotation volume. Readers of the tables are in
``_tables.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from napari_abc.errors import FormatError, UnknownNameError
from napari_abc.model import MISSING_COLOR, LabelLevel, Palette

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Level", "Taxonomy", "Term"]


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a taxonomy."""

    label: str
    name: str
    level: str
    """Name of its level."""
    color: str
    """``"#rrggbb"``."""
    parent: str = ""
    """Label of the term above; empty for none."""
    description: str = ""
    cells: int | None = None
    """Cells that belong to it; None where nobody says."""
    leaves: int | None = None
    """Leaves of the taxonomy below it (clusters, parcels); None where not known."""


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Level:
    """One level of a taxonomy."""

    label: str
    name: str
    description: str
    facet: bool
    """True for a level that is nobody's parent and has no parent: it cuts across the tree."""
    terms: pd.DataFrame
    """In term order: index ``label``; ``name`` (unique within the level), ``color``, ``parent``
    (label, empty for none), ``description``, ``cells`` and ``leaves`` (Int64, missing where not
    known); of a parcellation also ``voxels`` and ``volume_mm3``."""

    def __repr__(self) -> str:
        return f"<Level {self.name}: {len(self.terms):,} terms>"


@dataclass(frozen=True, eq=False, repr=False)
class Taxonomy:
    """Levels, and the term of each level that a leaf belongs to."""

    name: str
    """Its directory in the release."""
    levels: tuple[Level, ...]
    """From the broadest to the finest, by the order that the release gives; facets anywhere."""
    aliases: pd.Index
    """Keys of the leaves (``cluster_alias``, ``parcellation_index``), as text; none where the release
    lacks the table that tells the leaves' terms."""
    codes: NDArray[np.int32]
    """(aliases, levels) position of the term within its level; -1 where there is none."""
    notes: tuple[str, ...] = ()
    """What a person should know of the tables, in sentences."""

    def __repr__(self) -> str:
        levels = ", ".join(level.name for level in self.levels)
        return f"<Taxonomy {self.name}: {len(self.aliases):,} leaves, levels {levels}>"

    # -- cells -----------------------------------------------------------------------------------

    def categories(self, keys: pd.Series, outside: str, prefix: str = "") -> dict[str, pd.Categorical[str]]:
        """Term of each cell at each level.

        Parameters
        ----------
        keys
            (cells,) leaf of each cell; text, numbers or missing.
        outside
            Category, last unless a term has that name, of the cells whose leaf is missing or not in
            the taxonomy.
        prefix
            Put before the name of each level, where another taxonomy has levels of that name.

        Returns
        -------
        dict
            Prefix and level name to a categorical of (cells,), categories in term order.
        """
        row = self._rows_of(keys)
        found = {}
        for position, level in enumerate(self.levels):
            names = _with_outside(level, outside)
            # Row -1 is the last, added one: a leaf that nobody knows.
            codes = np.append(self.codes[:, position], np.int32(-1))
            codes[codes < 0] = names.index(outside)
            found[prefix + level.name] = pd.Categorical.from_codes(codes[row], categories=pd.Index(names))
        return found

    def palettes(self, outside: str, prefix: str = "") -> dict[str, Palette]:
        """Names and colors of each level, with the cells outside the taxonomy last, in gray."""
        found = {}
        for level in self.levels:
            names = _with_outside(level, outside)
            colors = (*level.terms["color"], MISSING_COLOR)[: len(names)]
            found[prefix + level.name] = Palette(
                tuple(names), colors, level.description, self.name, level.label
            )
        return found

    def label_levels(self) -> dict[str, LabelLevel]:
        """What the values of an annotation volume mean at each level, where the leaves are numbers.

        Raises
        ------
        FormatError
            If the key of a leaf is not a whole number.
        """
        try:
            labels = np.array([int(alias) for alias in self.aliases], dtype=np.int64)
        except (ValueError, OverflowError) as error:
            raise FormatError(f"The leaves of {self.name} are no values of a volume: {error}.") from error
        found = {}
        for position, level in enumerate(self.levels):
            code = self.codes[:, position]
            known = code >= 0
            names, colors = (level.terms[column].to_numpy() for column in ("name", "color"))
            found[level.name] = LabelLevel(
                labels[known], tuple(names[code[known]]), tuple(colors[code[known]])
            )
        return found

    def leaf_counts(self, keys: pd.Series) -> pd.Series:
        """Cells of each leaf: (aliases,) int64, indexed by alias; cells outside are not counted."""
        row = self._rows_of(keys)
        counts = np.bincount(row[row >= 0], minlength=len(self.aliases))
        return pd.Series(counts.astype(np.int64), index=self.aliases)

    def with_cells(self, counts: pd.Series, note: str) -> Taxonomy:
        """The same taxonomy with other numbers of cells.

        Parameters
        ----------
        counts
            Cells of each leaf, as :meth:`leaf_counts` gives them.
        note
            Where they were counted, for :attr:`notes`.
        """
        each = counts.to_numpy()
        levels = []
        for position, level in enumerate(self.levels):
            code = self.codes[:, position]
            cells = np.bincount(code[code >= 0], weights=each[code >= 0], minlength=len(level.terms))
            terms = level.terms.assign(cells=cells.astype(np.int64)).astype({"cells": "Int64"})
            levels.append(replace(level, terms=terms))
        return replace(self, levels=tuple(levels), notes=(*self.notes, note))

    def noting(self, note: str) -> Taxonomy:
        """The same taxonomy with one more note."""
        return replace(self, notes=(*self.notes, note))

    def _rows_of(self, keys: pd.Series) -> NDArray[np.intp]:
        """Row of each key among the leaves; -1 where it is missing or unknown."""
        # Millions of cells share a few thousand keys, and only these are turned into text.
        code, distinct = pd.factorize(keys)
        if isinstance(distinct.dtype, pd.CategoricalDtype):
            distinct = distinct.astype(distinct.dtype.categories.dtype)
        row = self.aliases.get_indexer(pd.Index(_as_text(pd.Series(distinct)), dtype=object))
        found: NDArray[np.intp] = np.append(row, -1)[code]  # a missing key has the code -1
        return found

    # -- terms -----------------------------------------------------------------------------------

    def level(self, name: str) -> Level:
        """The level of that name or label, in any case.

        Raises
        ------
        UnknownNameError
            If there is none; the message names those there are.
        """
        for level in self.levels:
            if name in (level.name, level.label):
                return level
        for level in self.levels:
            if name.casefold() == level.name.casefold():
                return level
        have = ", ".join(level.name for level in self.levels)
        raise UnknownNameError(f"{self.name} has no level {name!r}; it has {have}.")

    @cached_property
    def tree(self) -> tuple[Level, ...]:
        """The levels without the facets; all of them where nothing else is there."""
        return tuple(level for level in self.levels if not level.facet) or self.levels

    @cached_property
    def facets(self) -> tuple[Level, ...]:
        """The levels that cut across the tree."""
        return tuple(level for level in self.levels if level not in self.tree)

    def __contains__(self, label: object) -> bool:
        return label in self._labels

    def term(self, label: str) -> Term:
        """The term of that label.

        Raises
        ------
        UnknownNameError
            If there is none.
        """
        return self._term(self._node(label))

    def path(self, label: str) -> tuple[Term, ...]:
        """Terms from the broadest one down to the term itself."""
        chain = [self._node(label)]
        # A parent lies at a broader level, so this ends.
        while (above := self._parents[chain[-1]]) >= 0:
            chain.append(int(above))
        return tuple(self._term(node) for node in reversed(chain))

    def children(self, label: str) -> tuple[Term, ...]:
        """Terms directly below a term, in term order."""
        return tuple(self._term(int(child)) for child in np.flatnonzero(self._parents == self._node(label)))

    def find(self, text: str) -> tuple[Term, ...]:
        """Terms whose name, label or description holds a text, in any case; in the order of the levels."""
        wanted = " ".join(text.casefold().split())
        return tuple(self._term(node) for node, words in enumerate(self._words) if wanted in words)

    # -- tables ----------------------------------------------------------------------------------

    def ancestry(self, level: Level) -> pd.DataFrame:
        """The chain of ancestors of each term of a level.

        Returns
        -------
        DataFrame
            Index ``label``, in term order; a column for each level from the top of the tree down to
            this one, named as the level: label of the term there, empty where there is none.
        """
        above = self.tree[: self.tree.index(level) + 1] if level in self.tree else (level,)
        place = [self.levels.index(other) for other in above]
        start = self._starts[self.levels.index(level)]
        nodes = np.arange(start, start + len(level.terms))
        labels = np.full((len(nodes), len(self.levels)), "", dtype=object)
        rows = np.arange(len(nodes))
        while len(rows):
            labels[rows, self._level_of[nodes]] = self._labels.to_numpy()[nodes]
            nodes = self._parents[nodes]
            rows, nodes = rows[nodes >= 0], nodes[nodes >= 0]
        return pd.DataFrame(
            labels[:, place], index=level.terms.index, columns=[other.name for other in above]
        )

    def facet_terms(self, level: Level) -> pd.DataFrame:
        """Terms of the facets that the leaves of each term of a level have.

        Returns
        -------
        DataFrame
            Index ``label``, in term order; a column for each facet, named as the level: a tuple of
            labels, that of most leaves first; empty for a facet itself.
        """
        table = pd.DataFrame(index=level.terms.index)
        if level in self.facets:
            return table
        own = self.codes[:, self.levels.index(level)]
        for facet in self.facets:
            other = self.codes[:, self.levels.index(facet)]
            both = (own >= 0) & (other >= 0)
            pairs, count = np.unique(np.stack([own[both], other[both]]), axis=1, return_counts=True)
            found: list[list[str]] = [[] for _ in range(len(level.terms))]
            labels = facet.terms.index.to_numpy()
            for pair in np.argsort(-count, kind="stable"):
                found[pairs[0, pair]].append(labels[pairs[1, pair]])
            table[facet.name] = [tuple(row) for row in found]
        return table

    @cached_property
    def child_counts(self) -> pd.Series:
        """Number of terms directly below each term; index ``label``, all levels one after the other."""
        have = self._parents[self._parents >= 0]
        return pd.Series(np.bincount(have, minlength=len(self._labels)), index=self._labels)

    # -- nodes: terms of all levels, numbered one level after the other ---------------------------

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        """Number of the first term of each level."""
        return np.cumsum([0, *(len(level.terms) for level in self.levels)])

    @cached_property
    def _level_of(self) -> NDArray[np.int64]:
        return np.repeat(np.arange(len(self.levels)), np.diff(self._starts))

    @cached_property
    def _labels(self) -> pd.Index:
        labels: list[str] = [label for level in self.levels for label in level.terms.index]
        return pd.Index(labels, dtype=object)

    @cached_property
    def _parents(self) -> NDArray[np.intp]:
        """Number of the term above each term; -1 for none."""
        above = [parent for level in self.levels for parent in level.terms["parent"]]
        found: NDArray[np.intp] = self._labels.get_indexer(pd.Index(above, dtype=object))
        return found

    @cached_property
    def _words(self) -> list[str]:
        return [
            " ".join(f"{name}\n{label}\n{description}".casefold().split())
            for level in self.levels
            for label, name, description in zip(
                level.terms.index, level.terms["name"], level.terms["description"], strict=True
            )
        ]

    def _node(self, label: str) -> int:
        node = int(self._labels.get_indexer(pd.Index([label], dtype=object))[0])
        if node < 0:
            near = get_close_matches(label, self._labels, n=3, cutoff=0.7)
            hint = f"did you mean {' or '.join(near)}?" if near else "search for it by name."
            raise UnknownNameError(f"{self.name} has no term {label!r}; {hint}")
        return node

    def _term(self, node: int) -> Term:
        level = self.levels[self._level_of[node]]
        row = level.terms.iloc[node - self._starts[self._level_of[node]]]
        cells, leaves = (None if pd.isna(row[column]) else int(row[column]) for column in ("cells", "leaves"))
        return Term(
            self._labels[node],
            row["name"],
            level.name,
            row["color"],
            row["parent"],
            row["description"],
            cells,
            leaves,
        )


def _with_outside(level: Level, outside: str) -> list[str]:
    """Names of a level's terms, and that of the cells outside unless a term is called so."""
    names = list(level.terms["name"])
    return names if outside in names else [*names, outside]


def _as_text(keys: pd.Series) -> NDArray[np.object_]:
    """Keys as text; whole numbers without a decimal point."""
    if pd.api.types.is_float_dtype(keys.dtype):
        whole = keys.notna() & (keys % 1 == 0) & (keys.abs() < 2**53)
        keys = keys.astype("Float64").where(whole).astype("Int64")
    text: NDArray[np.object_] = keys.astype("string").fillna("").to_numpy(dtype=object)
    return text
