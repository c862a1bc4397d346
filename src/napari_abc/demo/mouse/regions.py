"""The miniature parcellation ``Allen-CCF-2020``: which structure an index stands for, and its tables.

Acronyms, names and identifiers are those of the Allen reference ontology, a few dozen of them; which
index a structure has is made up, and so are most colors.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_abc.demo.shared.bucket import Bucket

__all__ = ["DIRECTORY", "LEVELS", "compartments", "write_parcellation"]

DIRECTORY = "Allen-CCF-2020"
_VERSION = "20230630"
LEVELS = ("organ", "category", "division", "structure", "substructure")
_CODES = ("ORGA", "CATE", "DIVI", "STRU", "SUBS")
_ONTOLOGY = "AllenCCF-Ontology-2017"

# index | compartment of the drawings | acronyms from category to substructure; "=" repeats the one before
_PARCELS = """
1||grey HY TMv =
2||grey Isocortex SSp-m SSp-m6b
5|fibers|fiber~tracts lfbs cst int
63||grey Isocortex FRP FRP1
140||VS V4 V4-unassigned =
147|ventricle|VS VL VL-unassigned =
203|L1|grey Isocortex SSp-bfd SSp-bfd1
204|L2/3|grey Isocortex SSp-bfd SSp-bfd2/3
209|L4/5|grey Isocortex SSp-bfd SSp-bfd4
210|L5|grey Isocortex SSp-bfd SSp-bfd5
214|L6|grey Isocortex SSp-bfd SSp-bfd6a
215|L6b|grey Isocortex SSp-bfd SSp-bfd6b
318|piriform|grey OLF PIR =
377|CA1|grey HPF CA1 =
383|CA3|grey HPF CA3 =
391|DG|grey HPF DG DG-sg
402|claustrum|grey CTXsp CLA =
418|amygdala|grey CTXsp BLA BLAa
421|neuropil|grey HPF HPF-unassigned =
455|CP|grey STR CP =
459|OT|grey STR OT =
463|septum|grey STR LSr =
480|basal~forebrain|grey PAL SI =
570|thalamus|grey TH VAL =
581|midline|grey TH PVT =
588|reticular|grey TH RT =
603|habenula|grey TH MH =
644|grey|grey HY HY-unassigned =
651|hypothalamus|grey HY LHA =
657|VMH|grey HY VMH =
945||grey MY SPVI =
987||brain-unassigned = = =
1160|hilus|grey HPF DG DG-po
1327||grey MB PAG Su3
"""

# acronym | number in the ontology, none for those that the atlas adds | color | name
_TERMS = """
brain|997|#FFFFFF|brain
grey|8|#BFDAE3|Basic cell groups and regions
fiber~tracts|1009|#CCCCCC|fiber tracts
VS|73|#AAAAAA|ventricular systems
Isocortex|315|#70FF71|Isocortex
OLF|698|#94cfc0|Olfactory areas
HPF|1089|#7fcc55|Hippocampal formation
CTXsp|703|#90d890|Cortical subplate
STR|477|#99d0f5|Striatum
PAL|803|#8a9ccf|Pallidum
TH|549|#fb7585|Thalamus
HY|1097|#E64438|Hypothalamus
MB|313|#f764fb|Midbrain
MY|354|#fc97cb|Medulla
lfbs|983|#CCCCCC|lateral forebrain bundle system
VL|81|#AAAAAA|lateral ventricle
V4|145|#AAAAAA|fourth ventricle
TMv|1|#FF4C3E|Tuberomammillary nucleus, ventral part
SSp-m|345|#188064|Primary somatosensory area, mouth
SSp-m6b|2|#188064|Primary somatosensory area, mouth, layer 6b
FRP|184|#268F45|Frontal pole, cerebral cortex
FRP1|68|#268F45|Frontal pole, layer 1
SSp-bfd|329|#1d8268|Primary somatosensory area, barrel field
SSp-bfd1|981|#1d8268|Primary somatosensory area, barrel field, layer 1
SSp-bfd2/3|201|#1d8268|Primary somatosensory area, barrel field, layer 2/3
SSp-bfd4|1047|#1d8268|Primary somatosensory area, barrel field, layer 4
SSp-bfd5|1070|#1d8268|Primary somatosensory area, barrel field, layer 5
SSp-bfd6a|1038|#1d8268|Primary somatosensory area, barrel field, layer 6a
SSp-bfd6b|1062|#1d8268|Primary somatosensory area, barrel field, layer 6b
PIR|961|#66c8b6|Piriform area
CA1|382|#80cb52|Field CA1
CA3|463|#88d15a|Field CA3
DG|726|#76c44a|Dentate gyrus
DG-sg|632|#62a43c|Dentate gyrus, granule cell layer
DG-po|10704|#76c44a|Dentate gyrus, polymorph layer
CLA|583|#8cd68a|Claustrum
BLA|295|#a0e49e|Basolateral amygdalar nucleus
BLAa|303|#a0e49e|Basolateral amygdalar nucleus, anterior part
CP|672|#9ad4f7|Caudoputamen
OT|754|#84cbf5|Olfactory tubercle
LSr|258|#94c8ea|Lateral septal nucleus, rostral (rostroventral) part
SI|342|#a4b0d4|Substantia innominata
VAL|629|#fc8288|Ventral anterior-lateral complex of the thalamus
PVT|149|#fd8fa0|Paraventricular nucleus of the thalamus
RT|262|#fb95a4|Reticular nucleus of the thalamus
MH|483|#f88a9c|Medial habenula
VMH|693|#fb5042|Ventromedial hypothalamic nucleus
LHA|194|#f04c40|Lateral hypothalamic area
SPVI|429|#f89cd0|Spinal nucleus of the trigeminal, interpolar part
PAG|795|#f894fb|Periaqueductal gray
Su3|1327|#f894fb|Supraoculomotor periaqueductal gray
cst|784|#CCCCCC|corticospinal tract
int|6|#CCCCCC|internal capsule
"""


class _RegionTerm(NamedTuple):
    """A term at one level; a structure without parts is one at several levels."""

    label: str
    acronym: str
    name: str
    level: int
    color: str
    number: str
    """Its number in the ontology; empty for what the atlas adds."""


@cache
def _parcels() -> dict[int, tuple[str, tuple[_RegionTerm, ...]]]:
    """Index → (compartment or "", its terms from organ to substructure)."""
    known = {row[0]: row for row in (line.split("|") for line in _TERMS.strip().splitlines())}

    def term(acronym: str, level: int, above: str) -> _RegionTerm:
        shown = acronym.replace("~", " ")
        base = acronym.removesuffix("-unassigned")
        _, number, color, name = known[base]
        if base != acronym:  # cells that lie in none of the parts have a term of their own
            label = f"ABC-Ontology-2023-{base}-{LEVELS[level]}"
            return _RegionTerm(label, shown, f"{name}, unassigned", level, color, "")
        if acronym == above:  # the same structure once more, one level down
            return _RegionTerm(f"ABC-Ontology-2023-{acronym}-{LEVELS[level]}", shown, name, level, color, "")
        return _RegionTerm(f"{_ONTOLOGY}-{number}", shown, name, level, color, number)

    nothing = tuple(
        _RegionTerm(f"ABC-Ontology-2023-unassigned-{level}", "unassigned", "unassigned", index, "#000000", "")
        for index, level in enumerate(LEVELS)
    )
    found: dict[int, tuple[str, tuple[_RegionTerm, ...]]] = {0: ("", nothing)}
    for line in _PARCELS.strip().splitlines():
        number, compartment, path = line.split("|")
        terms, above = [term("brain", 0, "")], "brain"
        for level, part in enumerate(path.split(), start=1):
            acronym = above if part == "=" else part
            terms.append(term(acronym, level, above))
            above = acronym
        found[int(number)] = (compartment.replace("~", " "), tuple(terms))
    return found


@cache
def compartments() -> dict[str, int]:
    """Compartment of the drawings → ``parcellation_index``; what is drawn inside others has theirs."""
    index = {name: number for number, (name, _) in _parcels().items() if name}
    return index | {"bundles": index["CP"], "islands": index["OT"], "": 0}


def write_parcellation(bucket: Bucket, annotation: NDArray[np.integer], spacing: float) -> None:
    """Write the tables; ``annotation`` is the volume whose voxels they count, ``spacing`` in mm."""
    numbers, counts = np.unique(annotation, return_counts=True)
    per_voxel = round((spacing * 100) ** 3)  # counted in voxels of 10 µm, as the real ones are
    voxels = {n: c * per_voxel for n, c in zip(numbers.tolist(), counts.tolist(), strict=True)}
    parcels = _parcels()
    leaves = pd.DataFrame(
        [
            (number, f"AllenCCF-Annotation-2020-{_annotation_number(terms)}", voxels.get(number, 0))
            for number, (_, terms) in parcels.items()
        ],
        columns=["parcellation_index", "label", "voxel_count"],
    )
    leaves["volume_mm3"] = leaves["voxel_count"].map(lambda count: f"{count / 1e6:.6f}")
    rng = np.random.default_rng(2020)
    bucket.table(DIRECTORY, _VERSION, "parcellation", leaves.iloc[rng.permutation(len(leaves))])
    _write_terms(bucket)
    _write_membership(bucket, leaves)


def _annotation_number(terms: tuple[_RegionTerm, ...]) -> str:
    return next((term.number for term in reversed(terms) if term.number), "0")


@cache
def _ordered_terms() -> dict[str, tuple[_RegionTerm, int, str | None]]:
    """Label → (term, its order within the level, label of its parent); the one for nothing comes last."""
    found: dict[str, tuple[_RegionTerm, int, str | None]] = {}
    orders = [0] + [1] * (len(LEVELS) - 1)
    parcels = _parcels()
    for number in [*sorted(parcels)[1:], 0]:
        parent = None
        for term in parcels[number][1]:
            if term.label not in found:
                found[term.label] = (term, orders[term.level], parent)
                orders[term.level] += 1
            parent = term.label
    return found


def _write_terms(bucket: Bucket) -> None:
    texts = ("organ", "broad kinds of tissue", *(f"mouse brain {level}s" for level in LEVELS[2:]))
    sets = [
        (
            f"{_ONTOLOGY}-{code}",
            text,
            level,
            _ONTOLOGY,
            order,
            f"{_ONTOLOGY}-{_CODES[order - 1]}" if order else None,
        )
        for order, (code, text, level) in enumerate(zip(_CODES, texts, LEVELS, strict=True))
    ]
    columns = ["label", "description", "name", "parcellation_terminology_label", "term_set_order"]
    columns.append("parent_term_set_label")
    bucket.table(DIRECTORY, _VERSION, "parcellation_term_set", pd.DataFrame(sets, columns=columns))
    rows, members = [], []
    for place, (term, order, parent) in enumerate(_ordered_terms().values()):
        above = _ordered_terms()[parent][0].number if parent else ""
        rows.append(
            {
                "label": term.label,
                "acronym": term.acronym,
                "name": term.name,
                "color_hex_triplet": term.color,
                "graph_order": float(place) if term.number else None,
                "identifier": f"MBA:{term.number}" if term.number else None,
                **_rgb(term.color),
                "parent_identifier": f"MBA:{above}" if above else None,
            }
        )
        members.append((term.label, f"{_ONTOLOGY}-{_CODES[term.level]}", parent, order))
    bucket.table(DIRECTORY, _VERSION, "parcellation_term", pd.DataFrame(rows))
    columns = ["parcellation_term_label", "parcellation_term_set_label", "parent_term_label", "term_order"]
    bucket.table(
        DIRECTORY, _VERSION, "parcellation_term_set_membership", pd.DataFrame(members, columns=columns)
    )


def _rgb(color: str) -> dict[str, int]:
    return {name: int(color[at : at + 2], 16) for name, at in (("red", 1), ("green", 3), ("blue", 5))}


def _write_membership(bucket: Bucket, leaves: pd.DataFrame) -> None:
    rows = []
    for leaf in leaves.itertuples():
        for term in _parcels()[int(str(leaf.parcellation_index))][1]:
            _, order, parent = _ordered_terms()[term.label]
            rows.append(
                {
                    "parcellation_label": leaf.label,
                    "parcellation_term_label": term.label,
                    "parcellation_term_set_label": f"{_ONTOLOGY}-{_CODES[term.level]}",
                    "parcellation_index": leaf.parcellation_index,
                    "voxel_count": leaf.voxel_count,
                    "volume_mm3": leaf.volume_mm3,
                    "color_hex_triplet": term.color,
                    **_rgb(term.color),
                    "parcellation_term_name": term.name,
                    "parcellation_term_acronym": term.acronym,
                    "parcellation_term_set_name": LEVELS[term.level],
                    "term_set_order": term.level,
                    "term_order": order,
                    "parent_term_label": parent,
                }
            )
    table = pd.DataFrame(rows)
    name = "parcellation_to_parcellation_term_membership"
    bucket.table(DIRECTORY, _VERSION, name, table)
    views = {
        "acronym": "parcellation_term_acronym",
        "name": "parcellation_term_name",
        "color": "color_hex_triplet",
        "red": "red",
        "green": "green",
        "blue": "blue",
    }
    for view, column in views.items():
        wide = table.pivot(index="parcellation_index", columns="parcellation_term_set_name", values=column)[
            list(LEVELS)
        ]
        suffix = "" if view in ("acronym", "name") else f"_{view}"
        wide = wide.add_suffix(suffix).reset_index()
        bucket.table(DIRECTORY, _VERSION, f"views/{name}_{view}", wide)
    by_term = table.groupby("parcellation_term_label")
    counted = by_term.agg(
        number_of_parcellations=("parcellation_index", "size"), voxel_count=("voxel_count", "sum")
    )
    terms = pd.DataFrame(
        [
            (term.label, term.acronym, term.name, LEVELS[term.level])
            for term, _, _ in _ordered_terms().values()
        ],
        columns=["label", "acronym", "name", "parcellation_term_set_name"],
    )
    terms = terms.join(counted, on="label")
    bucket.table(DIRECTORY, _VERSION, "views/parcellation_term_with_counts", terms)
