"""A level of a taxonomy as a table of rows: each term with its ancestors, facets, counts and children."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_abc.atlas.taxonomy._taxonomy import Level, Taxonomy

__all__ = ["Column", "LevelTable", "make_level_table", "plural"]


@dataclass(frozen=True, eq=False, slots=True)
class Column:
    """One term a row: an ancestor, the row's own term, or a facet."""

    title: str
    """Name of the level."""
    labels: tuple[str, ...]
    """Label of the term, empty for none; of several facet terms that of most leaves."""
    names: tuple[str, ...]
    """What a person reads; of several facet terms all, that of most leaves first."""
    colors: tuple[str, ...]
    """``"#rrggbb"``, empty for none."""


@dataclass(frozen=True, eq=False, slots=True)
class LevelTable:
    """The terms of a level, in term order."""

    taxonomy: str
    level: str
    """Label of the level."""
    chain: tuple[Column, ...]
    """From the top of the tree down to the terms themselves, which are the last column."""
    facets: tuple[Column, ...]
    cells: NDArray[np.int64]
    """(terms,) -1 where not known."""
    leaves: NDArray[np.int64]
    """(terms,) leaves of the taxonomy, -1 where not known."""
    leaf_title: str
    """What the leaves are called: ``"Clusters"``, ``"Parcels"``."""
    children: NDArray[np.int64]
    """(terms,) terms of the next level below."""
    volumes: NDArray[np.float64] | None
    """(terms,) mm³, of a parcellation."""
    descriptions: tuple[str, ...]
    words: tuple[str, ...]
    """What a row is found by: names and label, those of the ancestors too, and the description."""

    @property
    def terms(self) -> Column:
        """The terms themselves."""
        return self.chain[-1]

    def find(self, text: str) -> NDArray[np.bool_]:
        """(terms,) rows that hold a text, in any case; all for an empty one."""
        wanted = " ".join(text.casefold().split())
        return np.fromiter((wanted in words for words in self.words), dtype=bool, count=len(self.words))


def make_level_table(taxonomy: Taxonomy, level: Level) -> LevelTable:
    """The table of a level.

    Parameters
    ----------
    taxonomy, level
        A taxonomy and one of its levels.
    """
    ancestry = taxonomy.ancestry(level)
    chain = tuple(
        _column(above, [(label,) if label else () for label in ancestry[above.name]])
        for above in taxonomy.levels
        if above.name in ancestry
    )
    facet_terms = taxonomy.facet_terms(level)
    facets = tuple(
        _column(facet, list(facet_terms[facet.name]))
        for facet in taxonomy.facets
        if facet.name in facet_terms
    )
    terms = level.terms
    descriptions = tuple(terms["description"])
    words = []
    for row, description in enumerate(descriptions):
        names = (column.names[row] for column in (*chain, *facets))
        words.append(" ".join("\n".join((*names, terms.index[row], description)).casefold().split()))
    return LevelTable(
        taxonomy=taxonomy.name,
        level=level.label,
        chain=chain,
        facets=facets,
        cells=terms["cells"].to_numpy(dtype=np.int64, na_value=-1),
        leaves=terms["leaves"].to_numpy(dtype=np.int64, na_value=-1),
        leaf_title="Parcels" if "volume_mm3" in terms else plural(taxonomy.tree[-1].name).capitalize(),
        children=taxonomy.child_counts.reindex(terms.index).to_numpy(dtype=np.int64),
        volumes=(
            terms["volume_mm3"].to_numpy(dtype=np.float64, na_value=np.nan) if "volume_mm3" in terms else None
        ),
        descriptions=descriptions,
        words=tuple(words),
    )


def plural(noun: str) -> str:
    """``"classes"``, ``"categories"``, ``"clusters"``."""
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def _column(level: Level, labels: list[tuple[str, ...]]) -> Column:
    names = dict(zip(level.terms.index, level.terms["name"], strict=True))
    colors = dict(zip(level.terms.index, level.terms["color"], strict=True))
    return Column(
        level.name,
        tuple(found[0] if found else "" for found in labels),
        tuple(", ".join(names[label] for label in found) for found in labels),
        tuple(colors[found[0]] if found else "" for found in labels),
    )
