"""Genes of the primate single-cell datasets, with the identifiers that each of them uses.

Symbols, identifiers and names are those of Ensembl, HGNC and NCBI; what a type expresses is made up after
what the field knows it by.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pandas as pd

from napari_abc.demo.shared import genes as panels
from napari_abc.demo.shared.genes import parse_markers

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ensembl_table", "markers", "ncbi_table"]

# symbol | ENSG | NCBI gene: human | macaque | marmoset | name | tag rate, … where the panels have no markers
_GENES = """
AQP4|171885|361|-|100409781|aquaporin 4|
APOE|130203|348|-|-|apolipoprotein E|astro 9, micro 3
CALB1|104327|793|677721|100406048|calbindin 1|
CHAT|70748|1103|709977|-|choline O-acetyltransferase|
CLDN5|184113|7122|711884|100410516|claudin 5|
CUX2|111249|23316|712795|-|cut like homeobox 2|
CX3CR1|168329|1524|-|-|C-X3-C motif chemokine receptor 1|micro 8
DCN|11465|1634|-|-|decorin|vlmc 8
DRD1|184845|1812|697796|100398535|dopamine receptor D1|
DRD2|149295|1813|694181|100400797|dopamine receptor D2|
FLT1|102755|2321|-|-|fms related receptor tyrosine kinase 1|endo 9
FOXP2|128573|93986|613237|-|forkhead box P2|
GAD2|136750|2572|613029|100392568|glutamate decarboxylase 2|
GFAP|131095|2670|712941|100393644|glial fibrillary acidic protein|
GRHPR|137106|9380|-|-|glyoxylate and hydroxypyruvate reductase|neuron .4, astro .3
LAMP5|125869|24141|718433|100410437|lysosomal associated membrane protein family member 5|
LHX6|106852|26468|698587|100392368|LIM homeobox 6|
LRP8|157193|7804|-|-|LDL receptor related protein 8|neuron 2
MEIS2|134138|4212|699748|-|Meis homeobox 2|
MME|196549|4311|707667|-|membrane metalloendopeptidase|l6 2, msn 1
MOG|204655|4340|-|-|myelin oligodendrocyte glycoprotein|
NPY|122585|4852|574114|100385471|neuropeptide Y|
OPALIN|197430|93377|-|-|oligodendrocytic myelin paranodal and inner loop protein|oligo 6
P2RY12|169313|64805|-|-|purinergic receptor P2Y12|micro 7
PDGFRA|134853|5156|-|-|platelet derived growth factor receptor alpha|
PENK|181195|5179|696649|-|proenkephalin|
PITX2|164093|5308|699737|100415191|paired like homeodomain 2|
PLP1|123560|5354|-|-|proteolipid protein 1|oligo 9, opc 1
PPP1R1B|131771|84152|574203|100390614|protein phosphatase 1 regulatory inhibitor subunit 1B|
PTPRC|81237|5788|-|-|protein tyrosine phosphatase receptor type C|micro 5, tcell 8
PVALB|100362|5816|-|-|parvalbumin|pv 8
RELN|189056|5649|-|-|reelin|
RORB|198963|6096|703310|100405410|RAR related orphan receptor B|
SATB2|119042|23314|699151|100387368|SATB homeobox 2|
SLC17A6|91664|57084|100425977|100412993|solute carrier family 17 member 6|
SLC17A7|104888|57030|574349|100410190|solute carrier family 17 member 7|
SLC32A1|101438|140679|-|-|solute carrier family 32 member 1|gaba 6
SNAP25|132639|6616|-|-|synaptosome associated protein 25|neuron 9
SST|157005|6750|-|-|somatostatin|sst 10
TAC1|6128|6863|697350|100388718|tachykinin precursor 1|
TAC3|166863|6866|713978|100397533|tachykinin precursor 3|
TCF7L2|148737|6934|701759|100406757|transcription factor 7 like 2|
TH|180176|7054|-|-|tyrosine hydroxylase|
TTR|118271|7276|-|-|transthyretin|epen 1
VIP|146469|7432|703566|100386986|vasoactive intestinal peptide|
"""

_COLUMN = {"Human": 2, "Macaque": 3, "Marmoset": 4}


def _rows() -> list[list[str]]:
    return [line.split("|") for line in _GENES.strip().splitlines()]


@cache
def markers() -> Mapping[str, Mapping[str, float]]:
    """Symbol → {tag of a type: mean count a cell}."""
    more = {row[0]: parse_markers(row[6]) for row in _rows() if row[6]}
    return dict(panels.markers()) | more


def ncbi_table(species: str = "Human") -> pd.DataFrame:
    """The genes that a species has, by NCBI's identifiers of that species."""
    numbers = [(row[_COLUMN[species]], row) for row in _rows()]
    return pd.DataFrame(
        [(f"NCBIGene:{n}", row[0], row[5], "protein-coding") for n, row in numbers if n != "-"],
        columns=["gene_identifier", "gene_symbol", "description", "molecular_type"],
    )


def ensembl_table(*columns: str) -> pd.DataFrame:
    """The genes by Ensembl's identifiers, in their order.

    ``columns`` come after identifier and symbol: ``"name"`` or ``"description"``, ``"biotype"`` or
    ``"molecular_type"``, or others that have a value of their own.
    """
    rows = sorted(_rows(), key=lambda row: int(row[1]))
    table = pd.DataFrame(
        [(f"ENSG{row[1]:0>11}", row[0]) for row in rows], columns=["gene_identifier", "gene_symbol"]
    )
    for column in columns:
        named = column in ("name", "description")
        fixed = {"feature_types": "Gene Expression", "genome": "GRCh38"}.get(column, "protein_coding")
        table[column] = [row[5] for row in rows] if named else fixed
    return table
