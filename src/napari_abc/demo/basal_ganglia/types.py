"""Cell types of the miniature basal ganglia taxonomy: a small tree of our own with names of the field.

Five levels as in CCN20250428; the last, Cluster, is made per species in :mod:`.hmba_taxonomy`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

__all__ = ["ADJACENT", "Node", "all_types", "tree"]

# Indented by level: Neighborhood, Class, Subclass, Group. After "|", what genes know the group by
# (see genes.MARKERS). Colors mix case and repeat, as they do in the real tables.
_TREE = """
Nonneuron #a8afa5
  Astro-Epen #401e66
    Astrocyte #401e66
      Astrocyte #195f8d | astro
      ImAstro #401e66 | astro immature
    Ependymal #6b5a78
      Ependymal #6b5a78 | epen
  Immune #995C60
    Lymphocyte #5F6B33
      T cells #5F6B33 | tcell
    Macrophage #CC887A
      BAM #CC887A | bam micro
    Microglia #995C60
      Microglia #995C60 | micro
  OPC-Oligo #594a26
    OPC #E8D77C
      OPC #E8D77C | opc
    COP #C79F3A
      COP #C79F3A | cop
    Oligodendrocyte #594a26
      Oligo OPALIN #66391F | oligo
      Oligo PLEKHG1 #594a26 | oligo plekhg1
  Vascular #a8afa5
    Endo #66493D
      Endo #66493D | endo
    Pericyte #B97300
      Pericyte #B97300 | peri
    SMC #8A8C85
      SMC #8A8C85 | smc
    VLMC #a8afa5
      VLMC #a8afa5 | vlmc
Glut Sero Dopa #91f4bb
  F M Glut #7d0f09
    F Glut #2fd6d8
      STH PVALB-PITX2 Glut #f08021 | neuron glut sth
      BF SKOR1 Glut #e50073 | neuron glut skor1
    F M Glut #6b7a14
      VTR-HTH Glut #5a6626 | neuron glut hth
  M Dopa #0433b4
    M Dopa #70eac4
      SN SOX6 Dopa #D2A6E0 | neuron dopa sox6
      SN-VTR CALB1 Dopa #8b449c | neuron dopa calb1
Subpallium GABA #19613b
  F M GABA #cd0f13
    F GABA #80a4da
      AMY-SLEA-BNST GABA #b09a1e | neuron gaba amy
      ZI-HTH GABA #c09a90 | neuron gaba zi
    F M GATA3 GABA #35209a
      SN GATA3-PVALB GABA #0a7f7d | neuron gaba gata3 pv
    SN PAX7 GABA #741080
      SN EBF2 GABA #c2d94a | neuron gaba ebf2
    CN ONECUT1 GABA #9a80e0
      GPi Core #cf4d9a | neuron gaba gpi onecut
    CN LHX8 GABA #c6ee8f
      GPe SOX6-CTXND1 GABA #e4d852 | neuron gaba gpe sox6
      GPe-NDB-SI LHX6-LHX8-GBX1 GABA #ad5413 | neuron gaba gpe lhx6 pv
  CN MGE GABA #ce4c27
    CN Cholinergic GABA #aeec84
      STR Cholinergic GABA #8b60ee | neuron chol
      GPin-BF Cholinergic GABA #74c6b3 | neuron chol
    CN LAMP5-LHX6 GABA #f09049
      LAMP5-LHX6 GABA #08aa86 | neuron gaba lamp5 lhx6
    CN ST18 GABA #62d48c
      STR FS PTHLH-PVALB GABA #dd7096 | neuron gaba pv
      STR TAC3-PLPP4 GABA #27e8eb | neuron gaba tac3
    STR SST-CHODL GABA #e9a294
      STR SST-CHODL GABA #748296 | neuron gaba sst
  CN CGE GABA #26e8bb
    CN LAMP5-CXCL14 GABA #e0b377
      LAMP5-CXCL14 GABA #f0b7cf | neuron gaba lamp5 cxcl14
    CN VIP GABA #22ba6b
      VIP GABA #f63082 | neuron gaba vip
  CN LGE GABA #d0b83c
    STR D1 MSN #1c57ea
      STRd D1 Matrix MSN #1f77b4 | neuron gaba msn d1 matrix dorsal
      STRd D1 Striosome MSN #d62728 | neuron gaba msn d1 patch dorsal
      STRv D1 MSN #35963a | neuron gaba msn d1 shell
    STR D2 MSN #253c8c
      STRd D2 Matrix MSN #aec7e8 | neuron gaba msn d2 matrix dorsal
      STRd D2 Striosome MSN #ff9896 | neuron gaba msn d2 patch dorsal
      STRv D2 MSN #98df8a | neuron gaba msn d2 shell
    CN MEIS2 GABA #d4ec7c
      GPe MEIS2-SOX6 GABA #907a33 | neuron gaba gpe meis2 sox6
    STR Hybrid MSN #79bdf4
      STR D1D2 Hybrid MSN #9467bd | neuron gaba msn hybrid
      STRv D1 NUDAP MSN #e377c2 | neuron gaba msn nudap
    OT Granular GABA #9463c6
      OT D1 ICj #ff7f0e | neuron gaba granular
  Cx GABA #ebb3a7
    ACx MEIS2 GABA #3a3ae6
      OB Dopa-GABA #902f6b | neuron gaba ob dopa
      OB FRMD7 GABA #cd0753 | neuron gaba ob
Subpallium GABA-Glut #7e1d19
  CN GABA-Glut #1c8d83
    CN GABA-Glut #cd5c99
      GPi Shell #642265 | neuron gaba glut gpi shell2
"""

ADJACENT = {
    "Cx L2/3 IT": "neuron glut ctx l23",
    "Cx L4 IT": "neuron glut ctx l4",
    "Cx L5 ET": "neuron glut ctx l5",
    "Cx L6 CT": "neuron glut ctx l6",
    "Cx PVALB": "neuron gaba pv ctxgaba",
    "Claustrum": "neuron glut ctx cla",
    "Amygdala": "neuron glut ctx amy",
    "Thalamus": "neuron glut thal",
    "Hypothalamus": "neuron glut hth",
    "Midbrain": "neuron glut thal hth",
}
"""Types of the tissue around, which the taxonomy leaves out: their clusters have no terms."""


@dataclass(frozen=True)
class Node:
    """A term of the tree."""

    level: int
    """0 Neighborhood … 3 Group."""
    name: str
    color: str
    parent: int
    """Index into :func:`tree`; -1 at the top."""
    tags: tuple[str, ...]
    """What genes know a group by."""


@cache
def tree() -> tuple[Node, ...]:
    """The terms above Cluster, depth first: a level's terms are in term order."""
    nodes: list[Node] = []
    path: list[int] = []
    for line in _TREE.strip("\n").splitlines():
        text, _, tags = line.partition("|")
        level = (len(text) - len(text.lstrip())) // 2
        name, color = text.strip().rsplit(" ", 1)
        del path[level:]
        nodes.append(Node(level, name, color, path[-1] if path else -1, tuple(tags.split())))
        path.append(len(nodes) - 1)
    return tuple(nodes)


@cache
def all_types() -> dict[str, tuple[str, ...]]:
    """Every type that tissue is made of → its tags: the groups in term order, then the adjacent ones."""
    groups = {node.name: node.tags for node in tree() if node.level == 3}
    return groups | {name: tuple(tags.split()) for name, tags in ADJACENT.items()}
