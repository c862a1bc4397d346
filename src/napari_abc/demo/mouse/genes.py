"""Mouse genes: a cut of a MERFISH panel, in no order, with blanks at the end; and those of other assays.

Symbols, identifiers and names are those of Ensembl, MGI and NCBI; which type expresses what is made up
after what the field knows the type by.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pandas as pd

from napari_abc.demo.shared.genes import parse_markers

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["cut", "gene_table", "markers"]

# symbol | ENSMUSG | NCBI gene | name | tag rate, …
_GENES = """
Prkcq|26778|18761|protein kinase C, theta|l5 1, pir 1
Col5a1|26837|12831|collagen, type V, alpha 1|ca3 2, l5 .5
Grik3|1985|14807|glutamate receptor, ionotropic, kainate 3|l6ct 2, vip 1, opc 1
Igfbp2|39323|16008|insulin-like growth factor binding protein 2|vlmc 6, epen 1
Osr1|48387|23967|odd-skipped related transcription factor 1|vlmc 3
Slc17a7|70570|72961|solute carrier family 17, member 7|ctx 9, mh 1
Slc17a6|30500|140919|solute carrier family 17, member 6|thal 8, hy 7, mh 6, pir 1
Slc17a8|19935|216227|solute carrier family 17, member 8|vip .6
Slc32a1|37771|22348|solute carrier family 32, member 1|gaba 6
Slc6a3|21609|13162|solute carrier family 6 (neurotransmitter transporter, dopamine), member 3|hy .1
Slc6a5|39728|104245|solute carrier family 6 (neurotransmitter transporter, glycine), member 5|hy .3
Slc6a4|20838|15567|solute carrier family 6 (neurotransmitter transporter, serotonin), member 4|thal .2
Tac2|25400|21334|tachykinin 2|mh 9, vip 1.5, sst .5
Gad2|26787|14417|glutamic acid decarboxylase 2|gaba 6
Acta2|35783|11475|actin, alpha 2, smooth muscle, aorta|smc 9
Adcyap1|24256|11516|adenylate cyclase activating polypeptide 1|vmh 6, mh 1
Agt|31980|11606|angiotensinogen|astront 6
Aqp4|24411|11829|aquaporin 4|astro 8, epen 1
Baiap3|47507|545192|BAI1-associated protein 3|hy 2, lhx8 1
Bcl11b|48251|58208|B cell leukemia/lymphoma 11B|msn 3, l5et 4, ca1 1
C1ql3|49630|227580|C1q-like 3|dg 5, pir 2
Calb1|28222|12307|calbindin 1|dg 3, l23 2, lsx 1, thal .5
Calb2|3657|12308|calbindin 2|vip 4, pvt 5
Ccnd2|184|12444|cyclin D2|imn 4, dg 2, opc 1
Chat|21919|12647|choline acetyltransferase|chol 7, mh 3
Cldn5|41378|12741|claudin 5|endo 9
Cnr1|44288|12801|cannabinoid receptor 1 (brain)|vip 4, msn 1.5, amy 1
Crh|49796|12918|corticotropin releasing hormone|vip 1, hy .5
Ctss|38642|13040|cathepsin S|micro 9
Cxcl14|21508|57266|chemokine (C-X-C motif) ligand 14|lamp5 2, vip 3, ca1 1
Dcn|19929|13179|decorin|vlmc 8
Drd1|21478|13488|dopamine receptor D1|d1 6, granular 3
Drd2|32259|13489|dopamine receptor D2|d2 6, chol 1
Fibcd1|26841|98970|fibrinogen C domain containing 1|ca1 7
Gfap|20932|14580|glial fibrillary acidic protein|astront 2, epen 4
Gja1|50953|14609|gap junction protein, alpha 1|astro 7
Gpr88|68696|64378|G-protein coupled receptor 88|msn 7
Grp|24517|225642|gastrin releasing peptide|amy 2, l6 .5
Hs3st4|78591|628779|heparan sulfate (glucosamine) 3-O-sulfotransferase 4|l6ct 6, l6b 4
Lamp5|27270|76161|lysosomal-associated membrane protein family, member 5|lamp5 7, l23 3, l4 1
Lhx2|247|16870|LIM homeobox protein 2|l23 1, l6 .6
Lhx8|96225|16875|LIM homeobox protein 8|lhx8 5, chol 4
Mog|76439|17441|myelin oligodendrocyte glycoprotein|oligo 8
Nptx2|59991|53324|neuronal pentraxin 2|ca3 2, l23 1
Nr4a2|26826|18227|nuclear receptor subfamily 4, group A, member 2|cla 6, l6b 4
Nts|19890|67405|neurotensin|hy 1.5, lsx 1
Nwd2|90061|319807|NACHT and WD repeat domain containing 2|mh 6, l5et 1
Opalin|50121|226115|oligodendrocytic myelin paranodal and inner loop protein|oligo 6
Otof|62372|83762|otoferlin|l23 3
Penk|45573|18619|preproenkephalin|d2 7, vmh 1
Pou6f2|9734|218030|POU domain, class 6, transcription factor 2|l6 1
Pvalb|5716|19293|parvalbumin|pv 9, rt 4
Reln|42453|19699|reelin|lamp5 3, sst 2
Rorb|36192|225998|RAR-related orphan receptor beta|l4 7, l5 1, thal 1
Rprm|75334|67874|reprimo, TP53 dependent G2 arrest mediator candidate|l6ct 4, pir 1
Sema5a|22231|20356|sema domain, seven thrombospondin repeats, (semaphorin) 5A|dg 6, opc 1
Sox10|33006|20665|SRY (sex determining region Y)-box 10|oligo 2, opc 3
Syt6|27849|54524|synaptotagmin VI|l6ct 3
Tcf7l2|24985|21416|transcription factor 7 like 2, T cell specific, HMG box|thal 8, mh 3
Trpc7|21541|26946|transient receptor potential cation channel, subfamily C, member 7|amy 2, pir 1
Vip|19772|22353|vasoactive intestinal polypeptide|vip 9
Zic1|32368|22771|zinc finger protein of the cerebellum 1|lsx 4, lhx8 2
"""

_MORE = """
Xkr4|51951|497097|X-linked Kx blood group related 4|glut 1, gaba .6
Gm1992|89699||predicted gene 1992|
Aldoa|30695|11674|aldolase A, fructose-bisphosphate|glut 4, gaba 4, chol 4, astro 2, oligo 1
Aldoa|114515||aldolase 1, A isoform, retrogene 2|
Slc18a3|100241|20508|solute carrier family 18 (vesicular monoamine), member 3|chol 4, mh 2
Slc6a2|55368|20538|solute carrier family 6 (neurotransmitter transporter, noradrenalin), member 2|hy .2
Snap25|27273|20614|synaptosomal-associated protein 25|glut 8, gaba 8, chol 8, imn 2
Rbfox3|25576|52897|RNA binding protein, fox-1 homolog (C. elegans) 3|glut 4, gaba 3, chol 2
Apoe|2985|11816|apolipoprotein E|astro 9, micro 3, vlmc 2
Slc1a2|5089|20511|solute carrier family 1 (glial high affinity glutamate transporter), member 2|astro 9, ca3 1
Mbp|41607|17196|myelin basic protein|oligo 9
Plp1|31425|18823|proteolipid protein (myelin) 1|oligo 9, opc 1
Pdgfra|29231|18595|platelet derived growth factor receptor, alpha polypeptide|opc 8, vlmc 1
Cx3cr1|52336|13051|chemokine (C-X3-C motif) receptor 1|micro 8
Csf1r|24621|12978|colony stimulating factor 1 receptor|micro 7
Vtn|17344|22370|vitronectin|peri 7, smc 1
Lum|36446|17022|lumican|vlmc 7
Foxj1|34227|15223|forkhead box J1|epen 6
Ttr|61808|22139|transthyretin|epen .8
Gad1|70880|14415|glutamate decarboxylase 1|gaba 7
Cck|32532|12424|cholecystokinin|ctx 4, vip 3
Npy|29819|109648|neuropeptide Y|sst 4, lamp5 4
Sst|4366|20604|somatostatin|sst 10
Meis2|27210|17536|Meis homeobox 2|msn 5, rt 2
Foxp2|29563|114142|forkhead box P2|l6ct 4, msn 2, thal 1
Satb2|38331|212712|special AT-rich sequence binding protein 2|l23 4, l4 3, l5 4, ca1 2
Cux2|42589|13048|cut-like homeobox 2|l23 5, l4 4, vip 1
Rgs9|20599|19739|regulator of G-protein signaling 9|msn 6
Prkcd|21948|18753|protein kinase C, delta|thal 6
Neurod6|37984|11922|neurogenic differentiation 6|l23 3, ca1 4, ca3 4
Prox1|10175|19130|prospero homeobox 1|dg 7, vip 2
Ramp3|41046|56089|receptor (calcitonin) activity modifying protein 3|thal 2, l5et 1
Nxph4|40258|104080|neurexophilin 4|l6b 6, pvt 1
Htr2c|41380|15560|5-hydroxytryptamine (serotonin) receptor 2C|hy 2, pvt 2, msn 1
Htr7|24798|15566|5-hydroxytryptamine (serotonin) receptor 7|pvt 2, ca3 1, thal .5
Lypd1|26344|72585|Ly6/Plaur domain containing 1|pvt 3, ctx 1
1700057H15Rik|84757||RIKEN cDNA 1700057H15 gene|glut .1
Th|214|21823|tyrosine hydroxylase|hy .4
"""

_BLANKS = 6


def _rows(text: str) -> list[list[str]]:
    return [line.split("|") for line in text.strip().splitlines()]


@cache
def markers() -> Mapping[str, Mapping[str, float]]:
    """Symbol → {tag of a type: mean count a cell}, of all genes."""
    # The first of two genes of one symbol counts; the other is hardly expressed.
    return {row[0]: parse_markers(row[4]) for row in reversed(_rows(_GENES) + _rows(_MORE))}


def cut(step: int, start: int = 0, *, doubles: bool = False) -> pd.DataFrame:
    """Genes of another assay: every ``step``-th of the MERFISH panel, and those that it lacks.

    Returns
    -------
    DataFrame
        ``gene_identifier``, ``gene_symbol``, ``name``, ``mapped_ncbi_identifier``, by symbol but for the
        first two of a real table. ``doubles`` keeps a second gene of a symbol.
    """
    rows = _rows(_MORE) + _rows(_GENES)[start::step]
    first, others = rows[:2], sorted(rows[2:], key=lambda row: (row[0].lower(), -int(row[1])))
    table = pd.DataFrame(
        [
            (f"ENSMUSG{number:0>11}", symbol, name, f"NCBIGene:{ncbi}" if ncbi else None)
            for symbol, number, ncbi, name, _ in first + others
        ],
        columns=["gene_identifier", "gene_symbol", "name", "mapped_ncbi_identifier"],
    )
    return table if doubles else table.drop_duplicates("gene_symbol", keep="last", ignore_index=True)


def gene_table() -> pd.DataFrame:
    """``gene.csv``, in the order of the matrices; transcripts are made up from the gene's number."""
    rows = [
        (f"ENSMUSG{number:0>11}", symbol, f"ENSMUST{number:0>11}", name, f"NCBIGene:{ncbi}")
        for symbol, number, ncbi, name, _ in _rows(_GENES)
    ]
    blanks = [(f"Blank-{n}", f"Blank-{n}", f"Blank-{n}", None, None) for n in range(1, _BLANKS + 1)]
    columns = ["gene_identifier", "gene_symbol", "transcript_identifier", "name", "mapped_ncbi_identifier"]
    return pd.DataFrame([*rows, *blanks], columns=columns)
