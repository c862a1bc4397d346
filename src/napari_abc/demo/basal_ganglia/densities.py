"""Who lives where in the basal ganglia: compartments of the drawings, how dense they are, of which types."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DENSITIES", "MIXES"]

DENSITIES = {
    "wm": 0.36,
    "L1": 0.3,
    "L2/3": 0.95,
    "L4": 1.05,
    "L5": 0.72,
    "L6": 0.8,
    "claustrum": 0.85,
    "striatum": 1.0,
    "striosome": 1.12,
    "ventral": 1.05,
    "islands": 1.8,
    "bridges": 0.75,
    "GPe": 0.5,
    "GPi core": 0.46,
    "GPi shell": 0.5,
    "VeP": 0.55,
    "basal forebrain": 0.5,
    "hypothalamus": 0.62,
    "amygdala": 0.75,
    "thalamus": 0.66,
    "reticular": 0.5,
    "STH": 0.95,
    "SNc": 0.8,
    "SNr": 0.48,
    "grey": 0.55,
    "fibers": 0.3,
}
"""Cells per area, relative to the striatum."""

_GLIA = {
    "Astrocyte": 10,
    "Oligo OPALIN": 8,
    "Oligo PLEKHG1": 2,
    "OPC": 3.2,
    "COP": 0.3,
    "Microglia": 4,
    "BAM": 0.2,
    "Endo": 2,
    "Pericyte": 1,
}


def _with_glia(weight: float, neurons: Mapping[str, float]) -> dict[str, float]:
    """A mix of neurons and glia, the glia weighing ``weight``."""
    total = sum(_GLIA.values())
    return dict(neurons) | {name: value * weight / total for name, value in _GLIA.items()}


_STRIATAL_INTERNEURONS = {
    "STR Cholinergic GABA": 1.3,
    "STR FS PTHLH-PVALB GABA": 2.2,
    "STR TAC3-PLPP4 GABA": 3.2,
    "STR SST-CHODL GABA": 1.4,
    "LAMP5-LHX6 GABA": 0.9,
    "VIP GABA": 0.7,
}

MIXES: dict[str, dict[str, float]] = {
    "wm": {
        "Oligo OPALIN": 58,
        "Oligo PLEKHG1": 14,
        "Astrocyte": 13,
        "OPC": 5,
        "Microglia": 7,
        "COP": 1,
        "ImAstro": 0.6,
        "Endo": 1.5,
    },
    "fibers": {"Oligo OPALIN": 70, "Oligo PLEKHG1": 10, "Astrocyte": 10, "Microglia": 6, "OPC": 4},
    "L1": {
        "Astrocyte": 45,
        "LAMP5-CXCL14 GABA": 9,
        "VIP GABA": 3,
        "Microglia": 14,
        "VLMC": 9,
        "OPC": 8,
        "Endo": 5,
    },
    "L2/3": _with_glia(26, {"Cx L2/3 IT": 56, "VIP GABA": 5, "LAMP5-CXCL14 GABA": 4, "Cx PVALB": 4}),
    "L4": _with_glia(24, {"Cx L4 IT": 60, "Cx PVALB": 6, "Cx L2/3 IT": 4, "VIP GABA": 2}),
    "L5": _with_glia(32, {"Cx L5 ET": 34, "Cx L4 IT": 8, "Cx PVALB": 6, "Cx L6 CT": 5}),
    "L6": _with_glia(36, {"Cx L6 CT": 52, "Cx L5 ET": 4, "Cx PVALB": 4, "LAMP5-LHX6 GABA": 1}),
    "claustrum": _with_glia(34, {"Claustrum": 58, "Cx PVALB": 4}),
    "striatum": _with_glia(
        34,
        {"STRd D1 Matrix MSN": 28, "STRd D2 Matrix MSN": 27, "STR D1D2 Hybrid MSN": 2.4}
        | _STRIATAL_INTERNEURONS,
    ),
    "bridges": _with_glia(
        50,
        {"STRd D1 Matrix MSN": 22, "STRd D2 Matrix MSN": 21, "STR D1D2 Hybrid MSN": 1.5}
        | _STRIATAL_INTERNEURONS,
    ),
    "striosome": _with_glia(
        30,
        {
            "STRd D1 Striosome MSN": 36,
            "STRd D2 Striosome MSN": 24,
            "STR D1D2 Hybrid MSN": 6,
            "STR TAC3-PLPP4 GABA": 2,
            "STR SST-CHODL GABA": 1,
        },
    ),
    "ventral": _with_glia(
        32,
        {"STRv D1 MSN": 29, "STRv D2 MSN": 26, "STRv D1 NUDAP MSN": 4, "STR D1D2 Hybrid MSN": 2}
        | _STRIATAL_INTERNEURONS,
    ),
    "islands": _with_glia(14, {"OT D1 ICj": 74, "STRv D1 NUDAP MSN": 10, "STRv D1 MSN": 4}),
    "GPe": _with_glia(
        62,
        {
            "GPe-NDB-SI LHX6-LHX8-GBX1 GABA": 19,
            "GPe SOX6-CTXND1 GABA": 11,
            "GPe MEIS2-SOX6 GABA": 5,
            "GPin-BF Cholinergic GABA": 1.4,
        },
    ),
    "GPi core": _with_glia(64, {"GPi Core": 30, "GPin-BF Cholinergic GABA": 1}),
    "GPi shell": _with_glia(60, {"GPi Shell": 30, "GPi Core": 5, "GPin-BF Cholinergic GABA": 4}),
    "VeP": _with_glia(
        56,
        {
            "GPe-NDB-SI LHX6-LHX8-GBX1 GABA": 26,
            "GPin-BF Cholinergic GABA": 7,
            "BF SKOR1 Glut": 6,
            "STRv D2 MSN": 3,
        },
    ),
    "basal forebrain": _with_glia(
        50, {"GPin-BF Cholinergic GABA": 10, "BF SKOR1 Glut": 20, "AMY-SLEA-BNST GABA": 16}
    ),
    "hypothalamus": _with_glia(46, {"Hypothalamus": 24, "VTR-HTH Glut": 22, "ZI-HTH GABA": 16}),
    "amygdala": _with_glia(40, {"Amygdala": 36, "AMY-SLEA-BNST GABA": 22, "OB FRMD7 GABA": 2}),
    "thalamus": _with_glia(42, {"Thalamus": 58}),
    "reticular": _with_glia(48, {"ZI-HTH GABA": 52}),
    "STH": _with_glia(40, {"STH PVALB-PITX2 Glut": 60}),
    "SNc": _with_glia(
        44, {"SN SOX6 Dopa": 34, "SN-VTR CALB1 Dopa": 15, "SN GATA3-PVALB GABA": 4, "SN EBF2 GABA": 3}
    ),
    "SNr": _with_glia(62, {"SN GATA3-PVALB GABA": 26, "SN EBF2 GABA": 8, "SN SOX6 Dopa": 3}),
    "grey": _with_glia(48, {"Midbrain": 34, "VTR-HTH Glut": 12, "SN-VTR CALB1 Dopa": 2, "SN EBF2 GABA": 6}),
    "vessel": {"Endo": 50, "Pericyte": 24, "SMC": 14, "VLMC": 9, "BAM": 4, "T cells": 0.8},
}
"""Who lives in a compartment, by relative weight."""
