"""What a scene says of the cells of a slab: which are drawn in color, and how many of each category."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from napari_abc.errors import ConfigurationError, ExpressionError, UnknownNameError
from napari_abc.stage._state import InSelection, NameCondition, RangeCondition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_abc.model import Coloring, Slab
    from napari_abc.stage._state import ColorBy, Condition, Filter, Selection

__all__ = ["Passing", "Resolve", "count_categories", "is_by", "passing"]

Resolve = Callable[[str, str], "Coloring"]
"""From a key and a kind of values to a slab's codes or numbers: :meth:`~napari_abc.Slab.coloring`, kept."""

NO_VALUE = "no value"
"""What the cells without a category are called in tables."""


@dataclass(frozen=True, eq=False, slots=True)
class Passing:
    """Which cells of a slab fulfil a filter."""

    mask: NDArray[np.bool_] | None
    """(cells,) True for those that do; None where all do."""
    unknown: tuple[str, ...] = ()
    """What was left out of account, in sentences: a column that the slab lacks."""

    def count(self, cells: int) -> int:
        """How many of a number of cells fulfil it."""
        return cells if self.mask is None else int(np.count_nonzero(self.mask))


def passing(
    slab: Slab,
    wanted: Filter,
    selections: Sequence[Selection] = (),
    resolve: Resolve | None = None,
) -> Passing:
    """Which cells of a slab fulfil all conditions of a filter.

    A condition on what the slab does not have is left out of account, and that is said: a filter by a gene
    of one species must not empty the slabs of another.

    Parameters
    ----------
    slab
        The slab.
    wanted
        The filter.
    selections
        Those that conditions may name.
    resolve
        Gives codes or numbers for a key; None for :meth:`~napari_abc.Slab.coloring`, which reads genes now.
    """
    resolve = resolve or slab.coloring
    mask: NDArray[np.bool_] | None = None
    unknown: list[str] = []
    for condition in wanted.conditions:
        try:
            found = _fulfil(slab, condition, selections, resolve)
        except (UnknownNameError, ConfigurationError, ExpressionError) as error:
            unknown.append(str(error))
            continue
        mask = found if mask is None else mask & found
    return Passing(mask, tuple(unknown))


def _fulfil(
    slab: Slab, condition: Condition, selections: Sequence[Selection], resolve: Resolve
) -> NDArray[np.bool_]:
    if isinstance(condition, InSelection):
        chosen = next(one for one in selections if one.name == condition.name)
        labels = dict(chosen.cells).get(slab.dataset, frozenset())
        inside: NDArray[np.bool_] = np.zeros(len(slab.cells), dtype=bool)
        if labels:
            rows = slab.cells.index.get_indexer(pd.Index(sorted(labels), dtype=object))
            inside[rows[rows >= 0]] = True
        return inside if condition.keep else ~inside
    if isinstance(condition, RangeCondition):
        numbers = resolve(condition.key, condition.values)
        if not numbers.takes_limits:
            raise ConfigurationError(
                f"{condition.key!r} of {slab.name} has names, not numbers; filter by names."
            )
        low = -np.inf if condition.low is None else condition.low
        high = np.inf if condition.high is None else condition.high
        # In the values' own precision: a limit that a person read off such a value includes it.
        found = numbers.numbers()
        return (found >= np.float32(low)) & (found <= np.float32(high))
    return _by_name(slab, condition, resolve)


def _by_name(slab: Slab, condition: NameCondition, resolve: Resolve) -> NDArray[np.bool_]:
    coloring = resolve(condition.column, "log2")
    if coloring.takes_limits:
        raise ConfigurationError(
            f"{condition.column!r} of {slab.name} has numbers, not names; filter by a range."
        )
    wanted = frozenset(condition.names)
    known = wanted & {*coloring.categories, None}
    if not known and condition.keep:
        raise UnknownNameError(
            f"{slab.name} has none of the names that {condition.column!r} is filtered by; all its cells stay."
        )
    # One row a category and a last one for the cells without a value, whose code is -1.
    kept = np.array([(name in wanted) is condition.keep for name in (*coloring.categories, None)])
    return kept[np.asarray(coloring.numbers(), np.int64)]


def is_by(coloring: Coloring, wanted: ColorBy) -> bool:
    """Whether cells are colored by what a scene says."""
    genes = coloring.genes
    if len(wanted.keys) != max(1, len(genes)) or any(gene.values != wanted.values for gene in genes):
        return False
    known = [{f"gene:{name}".casefold() for name in (gene.identifier, gene.symbol)} for gene in genes]
    known = known or [{coloring.key.casefold()}]
    return all(key.casefold() in names for key, names in zip(wanted.keys, known, strict=True))


def count_categories(
    slabs: Mapping[str, Slab],
    key: str,
    masks: Mapping[str, NDArray[np.bool_] | None] | None = None,
    resolve: Mapping[str, Resolve] | None = None,
) -> pd.DataFrame:
    """Cells of each category in each slab, as a legend says them.

    Parameters
    ----------
    slabs
        The slabs by the names that their columns get.
    key
        A column with categories.
    masks
        (cells,) True for the cells to count, by slab; None for all.
    resolve
        As for :func:`passing`, by slab.

    Returns
    -------
    DataFrame
        int64; a row a category that any slab has, in term order, then ``"no value"`` where cells lack one; a
        column a slab. A slab without that column of categories has zeros.
    """
    columns: dict[str, pd.Series[int]] = {}
    order: dict[str, None] = {}
    for name, slab in slabs.items():
        try:
            coloring = (resolve or {}).get(name, slab.coloring)(key, "log2")
        except (UnknownNameError, ConfigurationError, ExpressionError):
            columns[name] = pd.Series(dtype="int64")
            continue
        if coloring.takes_limits:
            columns[name] = pd.Series(dtype="int64")
            continue
        mask = (masks or {}).get(name)
        codes = np.asarray(coloring.numbers(), np.int64)
        codes = codes if mask is None else codes[mask]
        counts = np.bincount(codes[codes >= 0], minlength=len(coloring.categories))
        found = {
            category: int(count) for category, count in zip(coloring.categories, counts, strict=True) if count
        }
        missing = int(np.count_nonzero(codes < 0))
        order.update(dict.fromkeys(category for category in coloring.categories if category in found))
        if missing:
            found[NO_VALUE] = missing
        columns[name] = pd.Series(found, dtype="int64")
    if any(NO_VALUE in column.index for column in columns.values()):
        order[NO_VALUE] = order.pop(NO_VALUE, None)
    table = pd.DataFrame(columns).reindex(list(order)).fillna(0).astype("int64")
    table.index.name = key
    return table
