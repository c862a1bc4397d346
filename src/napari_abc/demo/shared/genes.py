"""Gene panels of the three HMBA species, and counts drawn from what each type is known by.

Symbols, identifiers and names are those of Ensembl, HGNC and NCBI; the choice of genes is ours. How
strongly a type expresses a gene is made up, after what the field knows the type by.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = [
    "BACKGROUND",
    "PanelGene",
    "draw_counts",
    "gene_table",
    "markers",
    "mean_counts",
    "panel",
    "parse_markers",
]

Species = Literal["Human", "Macaque", "Marmoset"]

# symbol | ENSG | ENSMMUG | NCBIGene | chromosome | name | tag rate, … ; "-" where a panel lacks the gene.
_GENES = """
ABCG2|118777|-|-|chr4|ATP binding cassette subfamily G member 2 (Junior blood group)|endo 6, peri 1
ABI3BP|-|-|100393956||ABI family member 3 binding protein|vlmc 8, smc 2
ABL2|-|-|100388523||ABL proto-oncogene 2, non-receptor tyrosine kinase|neuron .8, micro 1
ABLIM1|-|-|100389219||actin binding LIM protein 1|neuron 2, oligo .5
ABO|-|15100|-||ABO, alpha 1-3-N-acetylgalactosaminyltransferase and alpha 1-3-galactosyltransferase|vlmc .6
ACSBG1|103740|-|-|chr15|acyl-CoA synthetase bubblegum family member 1|astro 5
ADAM12|-|9661|-||ADAM metallopeptidase domain 12|peri 1, nudap 2, cla 2
ADAM28|42980|-|-|chr8|ADAM metallopeptidase domain 28|micro 3
ADAMTS18|-|-|100412109||ADAM metallopeptidase with thrombospondin type 1 motif 18|gpe 3, granular 1
ADARB2|185736|17120|-|chr10|adenosine deaminase RNA specific B2 (inactive)|vip 7, lamp5 5, granular 1
ADCYAP1|141433|62768|100390670|chr18|adenylate cyclase activating polypeptide 1|ctx 1, hth 4, sth 3
ADORA2A|128271|-|-|chr22|adenosine A2a receptor|d2 6, hybrid 2
ANO3|134343|-|-|chr11|anoctamin 3|d1 3, msn 1.5
AQP4|171885|-|100409781|chr18|aquaporin 4|astro 9, epen 4
BACH2|112182|9736|100402816|chr6|BTB domain and CNC homolog 2|patch 4, msn .4
BCAS1|-|-|100392911||brain enriched myelin associated protein 1|oligo 4, cop 9
C12H10orf90|-|-|100405539||chromosome 12 C10orf90 homolog|oligo 9
C9H10orf90|-|9663|-||chromosome 9 C10orf90 homolog|oligo 9
CALB1|-|6664|100406048||calbindin 1|matrix 3, calb1 8, l23 3, nudap 1
CALB2|172137|8403|100396139|chr16|calbindin 2|vip 3, thal 2, sth .6
CD3D|-|-|100404313||CD3d molecule|tcell 6
CHAT|-|4692|-||choline O-acetyltransferase|chol 8
CHODL|-|21858|-||chondrolectin|sst 6
CHRM2|181072|-|-|chr7|cholinergic receptor muscarinic 2|chol 4, pv 1, thal 1
CLDN5|184113|60434|100410516|chr22|claudin 5|endo 10
CNR1|118432|763|100393865|chr6|cannabinoid receptor 1|msn 2.5, vip 4, ctx .8, gpe .4
CRH|147571|-|-|chr8|corticotropin releasing hormone|tac3 2, vip 1.5
CTXND1|259417|-|-|chr15|cortexin domain containing 1|gpe 3, gpi 1
CUX2|-|1909|-||cut like homeobox 2|l23 6, l4 4
CXCL14|145824|4771|100395897|chr5|C-X-C motif chemokine ligand 14|cxcl14 8, lamp5 2
DOCK8|107099|-|100393468|chr9|dedicator of cytokinesis 8|micro 6, tcell 3
DRD1|184845|5147|100398535|chr5|dopamine receptor D1|d1 7, hybrid 5, nudap 4, granular 5, amy .6, l6 .5
DRD2|149295|14334|100400797|chr11|dopamine receptor D2|d2 6, hybrid 3, dopa 5, chol 1.5
EBF1|164330|21696|100393955|chr5|EBF transcription factor 1|peri 4, smc 3, ebf2 4, endo .8
EYA4|112319|5745|100387459|chr6|EYA transcriptional coactivator and phosphatase 4|lamp5 2, patch 1
FAM155A|204442|-|-|chr13|family with sequence similarity 155 member A|neuron 3
FOXP2|128573|8005|-|chr7|forkhead box P2|l6 5, patch 3, msn 2
GAD2|-|12233|100392568||glutamate decarboxylase 2|gaba 6
GATA3|107485|6944|100389441|chr10|GATA binding protein 3|gata3 6, zi 1
GBX1|-|43445|-||gastrulation brain homeobox 1|gpe 3
GFAP|-|13115|100393644||glial fibrillary acidic protein|astro 6, immature 10
GFRA2|168546|-|-|chr8|GDNF family receptor alpha 2|pv 2, dopa 1
GRIK3|163873|9679|100394506|chr1|glutamate ionotropic receptor kainate type subunit 3|l6 2, hybrid 2, patch 1
GRM1|152822|-|-|chr6|glutamate metabotropic receptor 1|thal 4, sth 3, msn .8
IGFBP7|-|-|100399035||insulin like growth factor binding protein 7|endo 6, peri 5, smc 4, vlmc 3
KCNC2|166006|-|-|chr12|potassium voltage-gated channel subfamily C member 2|pv 6, ctxgaba 4, sth 1
LAMP5|125869|3276|100410437|chr20|lysosomal associated membrane protein family member 5|lamp5 7, l23 2
LHX6|106852|11453|100392368|chr9|LIM homeobox 6|lhx6 5, sst 2, ctxgaba 3
LHX8|-|5287|-||LIM homeobox 8|chol 4, gpe 1.5
LMX1A|162761|-|-|chr1|LIM homeobox transcription factor 1 alpha|dopa 4, sth 1.5
LRP2|-|17143|100403066|chr2|LDL receptor related protein 2|epen 6
MEIS2|134138|6840|-|chr15|Meis homeobox 2|msn 5, meis2 6, granular 4, ob 4
MOG|204655|-|-|chr6|myelin oligodendrocyte glycoprotein|oligo 9
MYL9|101335|-|-|chr20|myosin light chain 9|smc 10, peri 2
NEUROD6|164600|-|-|chr7|neuronal differentiation 6|l23 3, l4 2, l5 2, cla 2
NPY|122585|9818|100385471|chr7|neuropeptide Y|sst 10
NTNG1|162631|-|-|chr1|netrin G1|thal 6, sth 2
ONECUT1|169856|1425|100404072|chr15|one cut homeobox 1|onecut 5
OTX2|165588|38006|100413469|chr14|orthodenticle homeobox 2|zi 1.5, gata3 1.5
PAX8|125618|11578|100386350|chr2|paired box 8|gata3 3
PDE10A|112541|-|-|chr6|phosphodiesterase 10A|msn 6, granular 3
PDGFD|-|5353|100398033|chr11|platelet derived growth factor D|patch 2, smc 3
PDGFRA|134853|-|-|chr4|platelet derived growth factor receptor alpha|opc 9, vlmc 1
PECAM1|261371|11809|100385331|chr17|platelet and endothelial cell adhesion molecule 1|endo 7
PENK|-|6775|-||proenkephalin|d2 7, hybrid 1
PITX2|164093|11322|100415191|chr4|paired like homeodomain 2|sth 6
PPP1R1B|131771|1405|100390614|chr17|protein phosphatase 1 regulatory inhibitor subunit 1B|msn 8, granular 2
PROX1|117707|11914|100404369|chr1|prospero homeobox 1|vip 4, lamp5 2, granular 1, oligo .4
PTGDS|-|52688|-||prostaglandin D2 synthase|vlmc 7, oligo 2, epen 3
RELN|189056|-|-|chr7|reelin|cxcl14 4, nudap 1
RGS5|-|-|100411376||regulator of G protein signaling 5|peri 9, smc 3
RORB|-|12571|100405410||RAR related orphan receptor B|l4 7, l5 2, thal 1
RSPO2|-|54660|-||R-spondin 2|gpi 2, sst 1
RXFP1|171509|4647|100390336|chr4|relaxin family peptide receptor 1|shell 3.5, cla 3, nudap 2
SATB2|119042|46254|100387368|chr2|SATB homeobox 2|ctx 5
SEMA5A|112902|-|-|chr5|semaphorin 5A|opc 3, skor1 2
SLC17A6|91664|20368|100412993|chr11|solute carrier family 17 member 6|sth 9, thal 7, hth 6, skor1 6, shell2 5
SLC17A7|104888|14800|100410190|chr19|solute carrier family 17 member 7|ctx 8, thal 1
SLC18A2|-|14817|-||solute carrier family 18 member A2|dopa 9
SOX2|181449|-|-|chr3|SRY-box transcription factor 2|astro 3, epen 3, oligo 1
SOX6|-|2753|-||SRY-box transcription factor 6|sox6 5, opc 4, pv 1
SULF1|137573|23274|100390937|chr8|sulfatase 1|hybrid 3, vlmc 2, l6 1
TAC1|6128|14823|100388718|chr7|tachykinin precursor 1|d1 6, nudap 1, patch 2
TAC3|166863|3203|100397533|chr12|tachykinin 3|tac3 9
TAFA1|-|-|100389848||TAFA chemokine like family member 1|ctx 3, neuron .5
TAFA4|163377|-|-|chr3|TAFA chemokine like family member 4|nudap 3, l5 1
TCF7L2|148737|22799|100406757|chr10|transcription factor 7 like 2|thal 7, gata3 1, astro 1
TH|180176|-|-|chr11|tyrosine hydroxylase|dopa 10
TRAC|277734|-|-|chr14|T cell receptor alpha constant|tcell 7
TSHZ2|182463|13035|-|chr20|teashirt zinc finger homeobox 2|l5 4, shell 2
VCAN|38427|11513|100402664|chr5|versican|opc 7, cop 3
VIP|146469|19074|100386986|chr6|vasoactive intestinal peptide|vip 9
WDFY4|-|13836|-||WDFY family member 4|micro 4
XIST|229807|-|-|chrX|X inactive specific transcript|neuron 1.5
ZFPM2|169946|7721|100385410|chr8|zinc finger protein, FOG family member 2|nudap 3, cla 2, l6 1
"""

BACKGROUND = 0.035
"""Counts a cell that any gene or blank shows anywhere."""

_GRADIENTS = {"CNR1": 0.9, "CALB1": -0.7, "TAC1": -0.35, "PENK": 0.4, "AQP4": 0.0}
"""Gene → how much stronger it is dorsolaterally (negative: ventromedially)."""

_BLANKS: dict[Species, tuple[str, ...]] = {
    "Human": tuple(f"Blank-{number}" for number in range(1, 7)),
    "Macaque": tuple(f"Blank-{number}" for number in (0, 1, 10, 11, 2, 3)),  # sorted as texts
    "Marmoset": (),
}

_MACAQUE_NCBI = {"ABO": 722252, "ADAM12": 696405, "ADCYAP1": 100424113, "C9H10orf90": 696655}


@dataclass(frozen=True)
class PanelGene:
    """A gene of one panel; a blank has no name and no markers."""

    identifier: str
    symbol: str
    name: str
    chromosome: str


@cache
def _rows() -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(line.split("|")) for line in _GENES.strip().splitlines())


def parse_markers(text: str) -> dict[str, float]:
    """``"d1 7, hybrid 5"`` as a dictionary."""
    return {tag: float(rate) for tag, rate in (part.split() for part in text.split(",") if part.strip())}


@cache
def markers() -> Mapping[str, Mapping[str, float]]:
    """Symbol → {tag of a type: mean count a cell}."""
    return {row[0]: parse_markers(row[6]) for row in _rows()}


@cache
def panel(species: Species) -> tuple[PanelGene, ...]:
    """The genes of a species' panel, in the order of its ``gene.csv`` and of its matrices."""
    column, prefix = {"Human": (1, "ENSG"), "Macaque": (2, "ENSMMUG"), "Marmoset": (3, "NCBIGene:")}[species]
    genes = [
        PanelGene(
            prefix + (row[column] if species == "Marmoset" else row[column].zfill(11)), row[0], row[5], row[4]
        )
        for row in _rows()
        if row[column] != "-"
    ]
    blanks = [PanelGene(blank, blank, "", "") for blank in _BLANKS[species]]
    if species == "Macaque":  # the macaque's blanks have symbols and are sorted among the genes
        return tuple(sorted(genes + blanks, key=lambda gene: gene.symbol))
    return tuple(genes + blanks)


def gene_table(species: Species) -> pd.DataFrame:
    """``gene.csv`` of a species; each has its own columns."""
    genes = panel(species)
    is_blank = [gene.symbol.startswith("Blank-") for gene in genes]
    kinds = {"TRAC": "TR_C_gene", "XIST": "lncRNA"}
    table = pd.DataFrame(
        {
            "gene_identifier": [gene.identifier for gene in genes],
            "gene_symbol": [gene.symbol for gene in genes],
            "description": [gene.name or None for gene in genes],
            "molecular_type": [
                None if blank else kinds.get(gene.symbol, "protein_coding")
                for gene, blank in zip(genes, is_blank, strict=True)
            ],
        }
    )
    if species == "Human":
        table.loc[is_blank, "gene_symbol"] = None
        # Transcripts are made up from the gene's number.
        table.insert(3, "transcript_identifier", table["gene_identifier"].str.replace("ENSG", "ENST"))
        table.insert(4, "chromosome", [gene.chromosome or None for gene in genes])
    elif species == "Macaque":
        identifiers = table["gene_identifier"]
        ncbi = [_MACAQUE_NCBI.get(gene.symbol) for gene in genes]
        matched = [number is not None for number in ncbi]
        has_entry, blank = pd.Series(matched), pd.Series(is_blank)
        table["ensembl_gene_identifier"] = identifiers.where(blank, "ENSEMBL:" + identifiers)
        table["ncbi_gene_identifier"] = [number and f"NCBIGene:{number}" for number in ncbi]
        table["ncbi_gene_symbol"] = table["gene_symbol"].where(has_entry | blank)
        table["ncbi_description"] = table["description"].where(has_entry)
        method = table["gene_symbol"].map({"ADCYAP1": "gene_symbol_match"}).fillna("ensembl_biomart")
        table["match_method"] = method.where(has_entry)
    return table


def mean_counts(
    symbols: Sequence[str],
    known_by: Mapping[str, Mapping[str, float]],
    types: Mapping[str, tuple[str, ...]],
) -> Floats:
    """Mean counts (types, genes) of a cell of each type; see :func:`draw_counts`."""
    means = np.full((len(types), len(symbols)), BACKGROUND)
    having: dict[str, list[int]] = {}
    for row, tags in enumerate(types.values()):
        for tag in tags:
            having.setdefault(tag, []).append(row)
    for column, symbol in enumerate(symbols):
        for tag, rate in known_by.get(symbol, {}).items():
            rows = having.get(tag, [])
            means[rows, column] = np.maximum(means[rows, column], rate)
    return means


def draw_counts(
    symbols: Sequence[str],
    known_by: Mapping[str, Mapping[str, float]],
    types: Mapping[str, tuple[str, ...]],
    codes: NDArray[np.int64],
    gradient: Floats,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Counts (cells, genes), Poisson around what the cell's type expresses.

    Parameters
    ----------
    symbols
        The panel, blanks included.
    known_by
        Symbol → {tag: mean count a cell}.
    types
        Type → its tags.
    codes
        (cells,) index into ``types``.
    gradient
        (cells,) from -1 (ventromedial) to 1 (dorsolateral).
    rng
        Source of all randomness.
    """
    means = mean_counts(symbols, known_by, types)
    depth = rng.gamma(5, 0.2, len(codes))  # large and small cells, near and far from the focus
    rate = means[codes] * depth[:, None]
    for column, symbol in enumerate(symbols):
        if symbol in _GRADIENTS:
            rate[:, column] *= np.exp(_GRADIENTS[symbol] * gradient)
    counts: NDArray[np.int64] = rng.poisson(rate)
    return counts
