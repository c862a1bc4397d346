"""Genes by what a person types."""

from __future__ import annotations

import pandas as pd
import pytest

from napari_abc.errors import UnknownNameError
from napari_abc.model.genes import find_gene, gene_key, gene_symbol


@pytest.fixture
def genes() -> pd.DataFrame:
    """Identifiers that are symbols of others, two genes of one symbol, one without any."""
    return pd.DataFrame(
        {"gene_symbol": ["Drd1", "ENS1", "Same", "Same", None, ""]},
        index=pd.Index(["ENS1", "ENS2", "ENS3", "ENS4", "ENS5", "ENS6"], name="gene_identifier"),
    )


def test_a_gene_is_found_by_symbol_or_identifier_in_any_case_and_with_spaces_around(
    genes: pd.DataFrame,
) -> None:
    assert find_gene(genes, " dRD1 ", "D") == "ENS1"
    assert find_gene(genes, "ens5", "D") == "ENS5"


def test_an_identifier_goes_before_the_same_text_as_a_symbol(genes: pd.DataFrame) -> None:
    assert find_gene(genes, "ens1", "D") == "ENS1"


def test_a_symbol_of_several_genes_is_told_with_their_identifiers(genes: pd.DataFrame) -> None:
    with pytest.raises(UnknownNameError, match=r"2 genes of D have the symbol 'same'.*: ENS3, ENS4"):
        find_gene(genes, "same", "D")


def test_an_unknown_gene_is_told_with_the_nearest_symbols_and_identifiers(genes: pd.DataFrame) -> None:
    with pytest.raises(UnknownNameError, match=r"panel of D \(6 genes\) has no 'Drd2'; the nearest are Drd1"):
        find_gene(genes, "Drd2", "D")
    with pytest.raises(UnknownNameError, match=r"the nearest are ENS[1-6], ENS[1-6], ENS[1-6]"):
        find_gene(genes, "ENS7", "D")
    with pytest.raises(UnknownNameError, match="'qqqqq'; its list of genes"):
        find_gene(genes, "qqqqq", "D")


def test_genes_without_symbols_are_found_by_identifier(genes: pd.DataFrame) -> None:
    bare = genes.drop(columns="gene_symbol")
    assert find_gene(bare, "ens2", "D") == "ENS2"
    assert gene_symbol(bare, "ENS2") == "ENS2"
    with pytest.raises(UnknownNameError, match="nearest"):
        find_gene(bare, "ens22", "D")


def test_a_gene_is_called_by_its_symbol_or_its_identifier_where_it_has_none(genes: pd.DataFrame) -> None:
    assert [gene_symbol(genes, name) for name in ("ENS1", "ENS5", "ENS6")] == ["Drd1", "ENS5", "ENS6"]
    for missing in (float("nan"), pd.NA):
        genes.loc["ENS5", "gene_symbol"] = missing
        assert gene_symbol(genes, "ENS5") == "ENS5"


def test_a_key_asks_for_one_gene_only(genes: pd.DataFrame) -> None:
    assert gene_key(genes, "ENS1", "Drd1") == "gene:Drd1"
    assert gene_key(genes, "ENS2", "ENS1") == "gene:ENS2"  # its symbol is another's identifier
    assert gene_key(genes, "ENS3", "Same") == "gene:ENS3"
