"""Putting a taxonomy together from its terms and its leaves, and checking that they agree."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from napari_abc.atlas.taxonomy._taxonomy import Level, Taxonomy
from napari_abc.errors import FormatError
from napari_abc.model import normalize_color

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Parts", "build", "numeric"]


@dataclass(eq=False)
class Parts:
    """What a reader found in the tables of a taxonomy."""

    name: str
    sets: pd.DataFrame
    """Levels in order: ``label``, ``name``, ``description``."""
    terms: pd.DataFrame
    """Terms in the order of their level: ``label``, ``name``, ``set`` (label of the level), ``parent``
    (label, empty for none), ``color``, ``description``; maybe ``cells``, ``voxels``, ``volume_mm3``."""
    members: pd.DataFrame | None = None
    """Leaves: ``alias``, ``term``; None where the release has no such table."""
    sizes: pd.Series | None = None
    """Cells of each leaf, by alias; None where nobody says."""
    nested: bool = False
    """Whether parents are not given, and a term's parent is the one that all its leaves share."""
    notes: list[str] = field(default_factory=list)


def build(parts: Parts) -> Taxonomy:
    """Put a taxonomy together.

    Raises
    ------
    FormatError
        If a term is there twice, or a leaf has two terms of one level. What does no harm to the rest,
        as a parent that is unknown or not above its child, is left out and noted.
    """
    sets, notes = parts.sets, parts.notes
    terms = _known(parts)
    level_of = terms["level"].to_numpy()
    labels = pd.Index(terms["label"], name="label", dtype=object)
    aliases, codes = _leaves(parts, labels, level_of, len(sets))
    starts = np.searchsorted(level_of, np.arange(len(sets) + 1))
    codes = np.where(codes >= 0, codes - starts[:-1], -1)
    if parts.nested:
        parents = _nested_parents(codes, starts)
    else:
        parents = _given_parents(parts, labels, terms["parent"], level_of)
        notes += _contradictions(parts.name, codes, parents, starts)
    is_parent = np.unique(level_of[parents[parents >= 0]])
    cells, leaves = _sizes(parts, terms, codes, parents, starts, aliases)
    names = _level_names(sets)
    levels = []
    for position, (label, text) in enumerate(zip(sets["label"], sets["description"], strict=True)):
        here = slice(starts[position], starts[position + 1])
        table = pd.DataFrame(
            {
                "name": _unique_names(terms["name"].iloc[here], labels[here]),
                "color": [normalize_color(color) for color in terms["color"].iloc[here]],
                "parent": np.append(labels.to_numpy(), "")[parents[here]],
                "description": terms["description"].iloc[here].to_numpy(),
                "cells": cells[here],
                "leaves": leaves[here],
            },
            index=labels[here],
        )
        for extra in ("voxels", "volume_mm3"):
            if extra in terms:
                table[extra] = terms[extra].iloc[here].array
        has_parent = bool((parents[here] >= 0).any())
        facet = len(sets) > 1 and not has_parent and position not in is_parent
        levels.append(Level(str(label), names[position], str(text), facet, table))
    return Taxonomy(parts.name, tuple(levels), aliases, codes.astype(np.int32), tuple(notes))


def numeric(order: pd.Series) -> NDArray[np.float64]:
    """An order column as numbers; what is not a number comes last, in the order of the file."""
    numbers = pd.to_numeric(order, errors="coerce").to_numpy(dtype=np.float64, na_value=np.inf)
    return np.where(np.isnan(numbers), np.inf, numbers)


def _known(parts: Parts) -> pd.DataFrame:
    """Terms of known levels with the position of their ``level``, one level after the other."""
    terms = parts.terms
    position = {label: number for number, label in enumerate(parts.sets["label"])}
    if len(position) < len(parts.sets):
        raise FormatError(f"{parts.name} has a level twice; fetch its tables again.")
    level = terms["set"].map(position)
    usable = (level.notna() & (terms["label"] != "")).to_numpy()
    if not usable.all():
        parts.notes.append(
            f"{parts.name}: {_share(~usable, 'terms')} lie at no level of it and are left out."
        )
    terms = terms[usable].assign(level=level[usable].astype(np.int64))
    twice = terms["label"].duplicated()
    if twice.any():
        raise FormatError(
            f"{parts.name} has the term {terms['label'][twice].iloc[0]!r} twice; fetch it again."
        )
    return terms.iloc[np.argsort(terms["level"].to_numpy(), kind="stable")]


def _leaves(
    parts: Parts, labels: pd.Index, level_of: NDArray[np.int64], levels: int
) -> tuple[pd.Index, NDArray[np.int64]]:
    """Aliases, and (aliases, levels) number of the term of each, -1 for none."""
    if parts.members is None:
        return pd.Index([], dtype=object), np.full((0, levels), -1)
    alias, term = parts.members["alias"].to_numpy(dtype=object), parts.members["term"]
    node = labels.get_indexer(pd.Index(term, dtype=object))
    if (node < 0).any():
        lost = _share(node < 0, "memberships")
        parts.notes.append(f"{parts.name}: {lost} name a term that is not described and are left out.")
    row, distinct = pd.factorize(alias)
    codes = np.full((len(distinct), levels), -1, dtype=np.int64)
    row, node = row[node >= 0], node[node >= 0]
    codes[row, level_of[node]] = node
    clash = np.flatnonzero(codes[row, level_of[node]] != node)
    if len(clash):
        first = clash[0]
        other = labels[codes[row[first], level_of[node[first]]]]
        raise FormatError(
            f"{parts.name} puts the cluster {distinct[row[first]]!r} into two terms of one level, "
            f"{labels[node[first]]!r} and {other!r}; fetch its tables again."
        )
    return pd.Index(distinct, dtype=object), codes


def _given_parents(
    parts: Parts, labels: pd.Index, given: pd.Series, level_of: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Number of each term's parent; only one at a broader level counts, so no chain can close."""
    parents = labels.get_indexer(pd.Index(given, dtype=object)).astype(np.int64)
    unknown = (parents < 0) & (given != "").to_numpy()
    if unknown.any():
        parts.notes.append(
            f"{parts.name}: {_share(unknown, 'terms')} name a parent that is not described and are listed "
            "without one."
        )
    wrong = (parents >= 0) & (level_of[parents] >= level_of)
    if wrong.any():
        parts.notes.append(
            f"{parts.name}: {_share(wrong, 'terms')} name a parent that is not at a broader level and are "
            "listed without one."
        )
    return np.where(wrong, -1, parents)


def _nested_parents(codes: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Parent of each term, told by the leaves.

    The tree is the longest chain of levels of which each divides the terms of the one before; the
    other levels are facets, though their terms may divide some level of the tree too.
    """
    pairs: dict[tuple[int, int], NDArray[np.int64]] = {}
    chains: list[list[int]] = []
    for position in range(codes.shape[1]):
        best: list[int] = []
        for above in range(position):
            both = (codes[:, position] >= 0) & (codes[:, above] >= 0)
            found = np.unique(np.stack([codes[both, position], codes[both, above]]), axis=1)
            nested = found.shape[1] > 0 and len(np.unique(found[0])) == found.shape[1]
            if nested and len(chains[above]) > len(best):  # of two as long, the one listed first
                best = chains[above]
                pairs[above, position] = found
        chains.append([*best, position])
    parents = np.full(int(starts[-1]), -1, dtype=np.int64)
    longest = max(reversed(chains), key=len)
    for above, position in pairwise(longest):
        child, parent = pairs[above, position]
        parents[starts[position] + child] = starts[above] + parent
    return parents


def _contradictions(
    name: str, codes: NDArray[np.int64], parents: NDArray[np.int64], starts: NDArray[np.int64]
) -> list[str]:
    """A note where leaves belong to other terms than the parents of their terms say."""
    level_of = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    wrong = np.zeros(len(codes), dtype=bool)
    for position in range(codes.shape[1]):
        rows = np.flatnonzero(codes[:, position] >= 0)
        above = parents[starts[position] + codes[rows, position]]
        rows, above = rows[above >= 0], above[above >= 0]
        told = codes[rows, level_of[above]]
        wrong[rows] |= (told >= 0) & (starts[level_of[above]] + told != above)
    if not wrong.any():
        return []
    return [f"{name}: {_share(wrong, 'clusters')} belong to other terms than the parents of their terms say."]


def _sizes(
    parts: Parts,
    terms: pd.DataFrame,
    codes: NDArray[np.int64],
    parents: NDArray[np.int64],
    starts: NDArray[np.int64],
    aliases: pd.Index,
) -> tuple[pd.arrays.IntegerArray, pd.arrays.IntegerArray]:
    """Cells and leaves of each term."""
    total = int(starts[-1])
    cells, unknown = np.zeros(total, dtype=np.int64), np.ones(total, dtype=bool)
    if len(aliases):
        known = codes >= 0
        nodes = (codes + starts[:-1])[known]
        leaves = np.bincount(nodes, minlength=total)
        no_leaves = np.zeros(total, dtype=bool)
        if parts.sizes is not None:
            size = parts.sizes.reindex(aliases).to_numpy(dtype=np.float64, na_value=np.nan)
            each = np.broadcast_to(size[:, None], codes.shape)[known]
            told = ~np.isnan(each)
            cells = np.bincount(nodes[told], weights=each[told], minlength=total).astype(np.int64)
            unknown = np.bincount(nodes[told], minlength=total) == 0
    else:
        leaves = _descendants(parents, starts)
        no_leaves = leaves == 0
    if "cells" in terms:
        given = terms["cells"].to_numpy(dtype=np.float64, na_value=np.nan)
        told = ~np.isnan(given)
        cells[told], unknown[told] = given[told].astype(np.int64), False
    return pd.arrays.IntegerArray(cells, unknown), pd.arrays.IntegerArray(leaves, no_leaves)


def _descendants(parents: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Terms of the finest level below each term; 0 at levels that have no such below them."""
    count = np.zeros(int(starts[-1]), dtype=np.int64)
    tree = [p for p in range(len(starts) - 1) if (parents[starts[p] : starts[p + 1]] >= 0).any()]
    finest = tree[-1] if tree else len(starts) - 2
    if finest >= 0:
        count[starts[finest] : starts[finest + 1]] = 1
    for position in range(finest, 0, -1):  # from the leaves up: a parent always comes before its children
        nodes = np.arange(starts[position], starts[position + 1])
        nodes = nodes[parents[nodes] >= 0]
        np.add.at(count, parents[nodes], count[nodes])
    return count


def _level_names(sets: pd.DataFrame) -> list[str]:
    """Names of levels; where two share one, the label tells them apart."""
    return _unique_names(sets["name"], pd.Index(sets["label"]))


def _unique_names(names: pd.Series, labels: pd.Index) -> list[str]:
    """Names, the label for an empty one; where several share a name, the label tells them apart."""
    twice = names.duplicated(keep=False)
    return [
        f"{name} ({label})" if repeated and name else str(name or label)
        for name, label, repeated in zip(names, labels, twice, strict=True)
    ]


def _share(mask: NDArray[np.bool_], noun: str) -> str:
    return f"{int(np.count_nonzero(mask)):,} of {len(mask):,} {noun}"
