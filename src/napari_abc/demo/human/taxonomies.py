"""Two miniature taxonomies of the human brain that other datasets are mapped to: WHB and SEA-AD.

Names and labels follow the real ones' rules; colors and the choice of types are ours.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from napari_abc.demo.shared.single_cells import tint
from napari_abc.demo.shared.term_tables import TermRow, TermSet, TermTree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["aliases_of", "seaad_of", "seaad_tree", "types", "whb_tree"]

# label's number | supercluster | color | clusters: name, then aliases of its subclusters
_WHB = """
476|Upper-layer intratelencephalic|#f9a8b8|ULIT_120 1041 1042, ULIT_121 1050 1061
477|Deep-layer intratelencephalic|#3f6a05|DLIT_136 1310 1311, DLIT_137 1340 1344
481|Medium spiny neuron|#7a10f5|MSN_206 1701 1702, MSN_207 1730 1733
486|CGE interneuron|#9c4204|CGE_276 2207 2210, CGE_277 2230 2231
484|MGE interneuron|#d8f85e|MGE_239 1920 1921, MGE_240 1941 1947
483|Splatter|#90f8ae|Splat_235 20 31, Splat_237 44 52
487|Upper rhombic lip|#7ab8e8|URL_297 0 7, URL_308 1 12
470|Astrocyte|#AB3BC4|Astro_52 2612 2630, Astro_53 2641 2650
469|Oligodendrocyte|#98b51e|Oligo_40 2960 2964, Oligo_44 2981 2990
467|Oligodendrocyte precursor|#0a94d0|OPC_32 3047 3051, OPC_33 3044 3045
464|Microglia|#faa50c|Mgl_4 3206 3211, Mgl_5 3220 3222
466|Fibroblast|#c08055|Fbl_24 3301 3305, Fbl_25 3310 3312
"""
# supercluster | transmitter | SEA-AD subclass | tags that genes know it by
_TYPES = """
Upper-layer intratelencephalic|VGLUT1|L2/3 IT|neuron glut ctx l23
Deep-layer intratelencephalic|VGLUT1|L6 CT|neuron glut ctx l6
Medium spiny neuron|GABA|Sst|neuron gaba msn d1 matrix
CGE interneuron|GABA|Vip|neuron gaba vip
MGE interneuron|GABA|Pvalb|neuron gaba pv lhx6
Splatter|GABA VGLUT2|Sst|neuron gaba glut sst
Upper rhombic lip|VGLUT1|L4 IT|neuron glut l4
Astrocyte||Astrocyte|astro
Oligodendrocyte||Oligodendrocyte|oligo
Oligodendrocyte precursor||OPC|opc
Microglia||Microglia-PVM|micro
Fibroblast||VLMC|vlmc
"""
_TRANSMITTERS = {"VGLUT1": "#2b90dc", "GABA": "#f83a5a", "GABA VGLUT2": "#0c9660"}
_WHB_SETS = (  # not in the order of the levels, as in the real table
    TermSet("CCN202210140_SUBC", "subcluster", "The finest level.", 2),
    TermSet("CCN202210140_CLUS", "cluster", "A level between.", 1),
    TermSet("CCN202210140_SUPC", "supercluster", "The top level.", 0),
    TermSet("CCN202210140_NEUR", "neurotransmitter", "Transmitters that a cluster's genes speak for.", 3),
)

# Class, color; indented: subclass, its number, color, how supertypes are called, their numbers
_SEAAD = """
Neuronal: GABAergic|#F05A28
  Lamp5|2|#d8828e|Lamp5|2 3
  Vip|5|#a35cc0|Vip|22 28
  Pvalb|8|#c8374a|Pvalb|51 60
  Sst|7|#e0a030|Sst|37 45
Neuronal: Glutamatergic|#00ADF8
  L2/3 IT|10|#b2d33a|L2/3 IT|82 84
  L4 IT|11|#3cc2c0|L4 IT|85 86
  L6 CT|16|#2d6fb5|L6 CT|94 96
Non-neuronal and Non-neural|#808080
  Astrocyte|19|#6b5a40|Astro|108 112
  OPC|20|#50606e|OPC|116 117
  Oligodendrocyte|21|#56795c|Oligo|118 121
  Microglia-PVM|24|#8fa98e|Micro-PVM|131 133
  VLMC|23|#697255|VLMC|128 130
"""
_CHANGES = (("decreased", "#3b6fb6"), ("unchanged", "#bdbdbd"), ("increased", "#c0392b"))
_SEAAD_SETS = (
    TermSet("CCN20230508_CLAS", "class", "", 0),
    TermSet("CCN20230508_SUBC", "subclass", "", 1, "CCN20230508_CLAS"),
    TermSet("CCN20230508_SUPT", "supertype", "", 2, "CCN20230508_SUBC"),
    TermSet("CCN20230508_ACPS", "abundancechangecps", "", 3),
)


def _rows(text: str) -> list[list[str]]:
    return [line.split("|") for line in text.strip().splitlines()]


def types() -> dict[str, tuple[str, ...]]:
    """Type (a supercluster) → tags; the first seven are neurons."""
    return {name: tuple(tags.split()) for name, _, _, tags in _rows(_TYPES)}


def seaad_of() -> dict[str, str]:
    """Supercluster → the SEA-AD subclass that its cells would be mapped to."""
    return {name: subclass for name, _, subclass, _ in _rows(_TYPES)}


@cache
def whb_tree() -> TermTree:
    """``WHB-taxonomy``: the leaf is the subcluster, and glia have no transmitter."""
    rng = np.random.default_rng(202210140)
    terms: list[TermRow] = []
    leaves: dict[int, tuple[str, ...]] = {}
    transmitter_of = {}
    for order, (name, color) in enumerate(_TRANSMITTERS.items()):
        transmitter_of[name] = f"CS202210140_{3807 + order}"
        terms.append(TermRow(transmitter_of[name], name, "CCN202210140_NEUR", color, order))
    speaks = {name: transmitter for name, transmitter, _, _ in _rows(_TYPES)}
    clusters = subclusters = 0
    for order, (number, name, color, members) in enumerate(_rows(_WHB)):
        top = f"CS202210140_{number}"
        terms.append(TermRow(top, name, "CCN202210140_SUPC", color, order))
        for member in members.split(", "):
            cluster, *aliases = member.split()
            middle = f"CS202210140_{int(cluster.rpartition('_')[2]) + 1}"
            terms.append(TermRow(middle, cluster, "CCN202210140_CLUS", tint(color, rng), clusters, top))
            clusters += 1
            for alias in map(int, aliases):
                leaf = f"CS202210140_{alias + 494}"
                leaf_name, leaf_color = f"{cluster}_{alias}", tint(color, rng)
                terms.append(TermRow(leaf, leaf_name, "CCN202210140_SUBC", leaf_color, subclusters, middle))
                subclusters += 1
                facet = (transmitter_of[speaks[name]],) if speaks[name] else ()
                leaves[alias] = (top, middle, leaf, *facet)
    ordered = dict(sorted(leaves.items()))
    labels = {alias: f"CS202210140_{alias + 494}" for alias in ordered}
    return TermTree("WHB-taxonomy", "20240330", "old", _WHB_SETS, tuple(terms), ordered, labels)


@cache
def seaad_tree() -> TermTree:
    """``SEAAD-taxonomy``: three levels and a facet, and no table of clusters."""
    rng = np.random.default_rng(20230508)
    terms: list[TermRow] = []
    leaves: dict[int, tuple[str, ...]] = {}
    changes = []
    for order, (name, color) in enumerate(_CHANGES, start=1):
        changes.append(f"CS20230508_ACPS_{order:04d}")
        terms.append(TermRow(changes[-1], name, "CCN20230508_ACPS", color, order))
    orders = [0, 0, 0]
    top = ""
    for line in _SEAAD.strip().splitlines():
        name, *rest = line.strip().split("|")
        if len(rest) == 1:
            orders[0] += 1
            top = f"CS20230508_CLAS_{orders[0]:04d}"
            terms.append(TermRow(top, name, "CCN20230508_CLAS", rest[0], orders[0]))
            continue
        number, color, short, supertypes = rest
        orders[1] += 1
        middle = f"CS20230508_SUBC_{int(number):04d}"
        terms.append(TermRow(middle, name, "CCN20230508_SUBC", color, orders[1], top))
        for place, alias in enumerate(map(int, supertypes.split()), start=1):
            orders[2] += 1
            leaf, shade = f"CS20230508_SUPT_{alias:04d}", tint(color, rng)
            terms.append(TermRow(leaf, f"{short}_{place}", "CCN20230508_SUPT", shade, orders[2], middle))
            leaves[alias] = (top, middle, leaf, changes[int(rng.integers(0, 3))])
    labels = {alias: path[2] for alias, path in leaves.items()}
    return TermTree("SEAAD-taxonomy", "20240131", "short", _SEAAD_SETS, tuple(terms), leaves, labels)


def aliases_of(
    tree: TermTree, level: str, kinds: Sequence[str], rng: np.random.Generator
) -> NDArray[np.int64]:
    """A leaf of each cell, below the term of the given level that it is named by."""
    below: dict[str, list[int]] = {}
    for alias in tree.leaves:
        below.setdefault(tree.name_of(alias, level), []).append(alias)
    shares = rng.random(len(kinds))
    found = [below[kind][int(share * len(below[kind]))] for kind, share in zip(kinds, shares, strict=True)]
    return np.array(found, dtype=np.int64)
