"""A taxonomy: levels of terms with names, colours and order, and which leaf a cell belongs to.

Read from four tables of a taxonomy directory. Colour and order come from the term table, which
every release has, never from the membership table; levels are sorted by their own ``order``, for
their rows are not always in order. Terms are kept apart by label, because names repeat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_abc.coloring import normalise_color
from napari_abc.errors import FormatError
from napari_abc.model import MISSING_COLOR, Palette
from napari_abc.stores.tables import read_text_table, require_columns

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["TABLES", "Level", "Taxonomy", "read_taxonomy"]

TABLES = (
    "cluster_annotation_term_set",
    "cluster_annotation_term",
    "cluster_to_cluster_annotation_membership",
)
"""Tables that make up a taxonomy, all in its directory."""

_SET = "cluster_annotation_term_set_label"
_TERM = "cluster_annotation_term_label"


@dataclass(frozen=True, eq=False, slots=True)
class Level:
    """One level of a taxonomy."""

    label: str
    name: str
    description: str
    facet: bool
    """True for a level that is nobody's parent and has no parent: it cuts across the tree."""
    terms: pd.DataFrame
    """In term order: index ``label``; ``name`` (unique within the level), ``color``, ``parent``."""


@dataclass(frozen=True, eq=False, slots=True)
class Taxonomy:
    """Levels, and the term of each level that a leaf belongs to."""

    name: str
    levels: tuple[Level, ...]
    """From the broadest to the finest, by the order that the release gives."""
    aliases: pd.Index
    """Keys of the leaves (``cluster_alias``), as text."""
    codes: NDArray[np.int32]
    """(aliases, levels) position of the term within its level; -1 where there is none."""

    def categories(self, keys: pd.Series, outside: str) -> dict[str, pd.Categorical]:
        """Term of each cell at each level.

        Parameters
        ----------
        keys
            (cells,) leaf of each cell; text, numbers or missing.
        outside
            Category, added last, of the cells whose leaf is missing or not in the taxonomy.

        Returns
        -------
        dict
            Level name to a categorical of (cells,), categories in term order.
        """
        import pandas as pd

        row = self.aliases.get_indexer(pd.Index(_as_text(keys)))
        found = {}
        for position, level in enumerate(self.levels):
            names = [*level.terms["name"], outside]
            codes = np.where(row >= 0, self.codes[row, position], -1)
            codes = np.where(codes >= 0, codes, len(names) - 1)
            found[level.name] = pd.Categorical.from_codes(codes.astype(np.int32), categories=pd.Index(names))
        return found

    def palettes(self, outside: str) -> dict[str, Palette]:
        """Names and colours of each level, with the cells outside the taxonomy last, in grey."""
        return {
            level.name: Palette(
                (*level.terms["name"], outside), (*level.terms["color"], MISSING_COLOR), level.description
            )
            for level in self.levels
        }


def _as_text(keys: pd.Series) -> NDArray[np.object_]:
    """Keys as text; whole numbers without a decimal point, missing as the empty text."""
    import pandas as pd

    if isinstance(keys.dtype, pd.CategoricalDtype):
        values = _as_text(pd.Series(keys.cat.categories))
        return np.append(values, "")[keys.cat.codes.to_numpy()]  # code -1 takes the last, empty one
    if pd.api.types.is_float_dtype(keys.dtype):
        keys = keys.astype("Float64").where(keys.notna()).astype("Int64")
    text: NDArray[np.object_] = keys.astype("string").fillna("").to_numpy(dtype=object)
    return text


def read_taxonomy(name: str, paths: dict[str, Path]) -> Taxonomy:
    """Read a taxonomy from its tables.

    Parameters
    ----------
    name
        The taxonomy's directory, for people.
    paths
        A path for each of :data:`TABLES`.

    Raises
    ------
    FormatError
        If a table lacks a column or its rows contradict another's.
    """
    import pandas as pd

    sets, terms, members = (read_text_table(paths[table]) for table in TABLES)
    require_columns(sets, ("label", "name", "order"), paths[TABLES[0]])
    require_columns(terms, ("label", "name", _SET, "color_hex_triplet", "term_order"), paths[TABLES[1]])
    require_columns(members, (_TERM, _SET, "cluster_alias"), paths[TABLES[2]])
    if terms["label"].duplicated().any():
        twice = terms["label"][terms["label"].duplicated()].iloc[0]
        raise FormatError(f"{paths[TABLES[1]].name} of {name} has the term {twice!r} twice; fetch it again.")

    sets = sets.iloc[_numeric(sets["order"]).argsort(kind="stable")]
    parents = terms.get("parent_term_label", pd.Series("", index=terms.index))
    set_of = pd.Series(terms[_SET].to_numpy(), index=terms["label"].to_numpy())
    parent_sets = {str(set_of[parent]) for parent in parents if parent in set_of.index}

    aliases = pd.Index(members["cluster_alias"].unique())
    alias_row = aliases.get_indexer(pd.Index(members["cluster_alias"]))
    codes = np.full((len(aliases), len(sets)), -1, dtype=np.int32)
    levels = []
    for position, row in enumerate(sets.itertuples(index=False)):
        here = (terms[_SET] == row.label).to_numpy()
        of_level = terms[here].assign(parent=parents[here])
        of_level = of_level.iloc[_numeric(of_level["term_order"]).argsort(kind="stable")]
        names = _unique_names(of_level)
        colors = [normalise_color(color) for color in of_level["color_hex_triplet"]]
        table = pd.DataFrame(
            {"name": names, "color": colors, "parent": of_level["parent"].to_numpy()},
            index=pd.Index(of_level["label"], name="label"),
        )
        has_parent = of_level["parent"].isin(set_of.index).any()
        levels.append(
            Level(
                label=str(row.label),
                name=str(row.name),
                description=str(getattr(row, "description", "")),
                facet=len(sets) > 1 and not has_parent and row.label not in parent_sets,
                terms=table,
            )
        )
        mine = (members[_SET] == row.label).to_numpy()
        codes[alias_row[mine], position] = table.index.get_indexer(pd.Index(members[_TERM][mine]))
    return Taxonomy(name, tuple(levels), aliases, codes)


def _numeric(order: pd.Series) -> NDArray[np.float64]:
    """An order column as numbers; what is not a number comes last, in the order of the file."""
    import pandas as pd

    return pd.to_numeric(order, errors="coerce").to_numpy(dtype=np.float64, na_value=np.inf)


def _unique_names(terms: pd.DataFrame) -> list[str]:
    """Names of terms; where two of a level share one, the label tells them apart."""
    twice = terms["name"].duplicated(keep=False)
    return [
        f"{name} ({label})" if repeated else str(name)
        for name, label, repeated in zip(terms["name"], terms["label"], twice, strict=True)
    ]
