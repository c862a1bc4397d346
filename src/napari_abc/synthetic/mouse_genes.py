"""The mouse panel: a cut of a MERFISH panel, in no order, with blanks at the end."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from napari_abc.synthetic.genes import parse_markers

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["gene_table", "markers"]

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

_BLANKS = 6


@cache
def _rows() -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(line.split("|")) for line in _GENES.strip().splitlines())


@cache
def markers() -> Mapping[str, Mapping[str, float]]:
    """Symbol → {tag of a type: mean count a cell}."""
    return {row[0]: parse_markers(row[4]) for row in _rows()}


def gene_table() -> pd.DataFrame:
    """``gene.csv``, in the order of the matrices; transcripts are made up from the gene's number."""
    import pandas as pd

    rows = [
        (f"ENSMUSG{number:0>11}", symbol, f"ENSMUST{number:0>11}", name, f"NCBIGene:{ncbi}")
        for symbol, number, ncbi, name, _ in _rows()
    ]
    blanks = [(f"Blank-{n}", f"Blank-{n}", f"Blank-{n}", None, None) for n in range(1, _BLANKS + 1)]
    columns = ["gene_identifier", "gene_symbol", "transcript_identifier", "name", "mapped_ncbi_identifier"]
    return pd.DataFrame([*rows, *blanks], columns=columns)
