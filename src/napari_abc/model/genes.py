"""Genes: what one is called, and finding it by what a person types, symbol or identifier, in any case."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

import pandas as pd

from napari_abc.errors import UnknownNameError

__all__ = ["GENE_PREFIX", "Gene", "find_gene", "gene_key", "gene_symbol"]

GENE_PREFIX = "gene:"
"""What the key of a coloring by a gene begins with."""


@dataclass(frozen=True, slots=True)
class Gene:
    """A gene, and which of its values are meant."""

    identifier: str
    symbol: str
    """What a person reads; the identifier where the gene has no symbol."""
    values: str
    """Kind of values: ``"log2"`` or ``"raw"``."""


def gene_symbol(genes: pd.DataFrame, identifier: str) -> str:
    """Symbol of a gene; the identifier where it has none."""
    symbol = genes["gene_symbol"].get(identifier) if "gene_symbol" in genes else None
    return symbol if isinstance(symbol, str) and symbol else identifier


def gene_key(genes: pd.DataFrame, identifier: str, symbol: str) -> str:
    """Key that a coloring by this gene, and by no other, can be asked for by.

    ``"gene:"`` and the symbol; where several genes share it, the identifier.
    """
    try:
        alone = find_gene(genes, symbol, "") == identifier
    except UnknownNameError:  # it has several
        alone = False
    return f"{GENE_PREFIX}{symbol if alone else identifier}"


def find_gene(genes: pd.DataFrame, text: str, where: str) -> str:
    """Identifier of a gene given by symbol or identifier, in any case.

    Parameters
    ----------
    genes
        Index ``gene_identifier``, column ``gene_symbol``.
    text
        What was typed.
    where
        Name of the dataset, for the message.

    Raises
    ------
    UnknownNameError
        If no gene has that symbol or identifier, or several have that symbol.
    """
    wanted = text.strip().casefold()
    identifiers = pd.Series(genes.index.astype(str), index=genes.index)
    exact = identifiers[identifiers.str.casefold() == wanted]
    if len(exact):
        return str(exact.iloc[0])
    symbols = genes.get("gene_symbol", identifiers)
    found = identifiers[symbols.astype("str").str.casefold() == wanted]
    if len(found) == 1:
        return str(found.iloc[0])
    if len(found) > 1:
        raise UnknownNameError(
            f"{len(found)} genes of {where} have the symbol {text!r}; ask by identifier: {', '.join(found)}."
        )
    known = {str(name).casefold(): str(name) for name in [*identifiers, *symbols.dropna()]}
    near = [known[name] for name in get_close_matches(wanted, known, n=3)]
    hint = f"the nearest are {', '.join(near)}" if near else "its list of genes says what it holds"
    raise UnknownNameError(f"The gene panel of {where} ({len(genes)} genes) has no {text!r}; {hint}.")
