"""Drawings of two coronal sections of a mouse brain: 11 x 11 mm, midline in the middle, dorsal up."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from shapely import LineString, Polygon, affinity

from napari_abc.demo.shared.curves import points, smooth_ring, waves
from napari_abc.demo.shared.tissue import Drawing

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["DENSITIES", "MIXES", "drawing"]

DENSITIES = {
    "grey": 0.55,
    "fibers": 0.5,
    "L1": 0.35,
    "L2/3": 0.95,
    "L4/5": 0.95,
    "L5": 0.75,
    "L6": 0.9,
    "L6b": 0.8,
    "piriform": 1.5,
    "claustrum": 0.9,
    "neuropil": 0.3,
    "CA1": 2.4,
    "CA3": 1.8,
    "DG": 3.0,
    "hilus": 0.6,
    "thalamus": 0.8,
    "midline": 0.9,
    "reticular": 0.6,
    "habenula": 1.8,
    "hypothalamus": 0.7,
    "VMH": 1.1,
    "amygdala": 0.8,
    "CP": 1.0,
    "bundles": 0.45,
    "OT": 1.1,
    "islands": 2.4,
    "septum": 0.8,
    "basal forebrain": 0.55,
}

_GLIA = {"Astro-TE NN": 12, "Oligo NN": 10, "OPC NN": 3, "Microglia NN": 4, "Endo NN": 5, "Peri NN": 2}
_DEEP_GLIA = {"Astro-NT NN" if name == "Astro-TE NN" else name: weight for name, weight in _GLIA.items()}


def _mix(glia: Mapping[str, float], weight: float, neurons: Mapping[str, float]) -> dict[str, float]:
    total = sum(glia.values())
    return dict(neurons) | {name: value * weight / total for name, value in glia.items()}


_INTERNEURONS = {"Pvalb Gaba": 4, "Sst Gaba": 4, "Vip Gaba": 2.5, "Lamp5 Gaba": 2}

MIXES: dict[str, dict[str, float]] = {
    "grey": _mix(_DEEP_GLIA, 50, {"NDB-SI-MA-STRv Lhx8 Gaba": 12, "LHA-AHN-PVH Otp Trh Glut": 20}),
    "fibers": {"Oligo NN": 72, "Astro-TE NN": 12, "OPC NN": 5, "Microglia NN": 6, "Endo NN": 4},
    "bundles": {"Oligo NN": 78, "Astro-TE NN": 10, "OPC NN": 5, "Microglia NN": 5},
    "L1": {
        "Astro-TE NN": 40,
        "Lamp5 Gaba": 14,
        "Vip Gaba": 4,
        "Microglia NN": 12,
        "VLMC NN": 16,
        "Endo NN": 8,
    },
    "L2/3": _mix(_GLIA, 24, {"L2/3 IT CTX Glut": 62} | _INTERNEURONS),
    "L4/5": _mix(_GLIA, 24, {"L4/5 IT CTX Glut": 62} | _INTERNEURONS),
    "L5": _mix(_GLIA, 28, {"L5 ET CTX Glut": 24, "L5 IT CTX Glut": 30} | _INTERNEURONS),
    "L6": _mix(_GLIA, 26, {"L6 CT CTX Glut": 48, "L6 IT CTX Glut": 18, "Pvalb Gaba": 3, "Sst Gaba": 3}),
    "L6b": _mix(_GLIA, 34, {"L6b CTX Glut": 60}),
    "piriform": _mix(_GLIA, 16, {"L2/3 IT PIR-ENTl Glut": 80, "DG-PIR Ex IMN": 3, "Lamp5 Gaba": 2}),
    "claustrum": _mix(_GLIA, 24, {"CLA-EPd-CTX Car3 Glut": 70}),
    "neuropil": _mix(_GLIA, 80, _INTERNEURONS),
    "CA1": _mix(_GLIA, 8, {"CA1-ProS Glut": 90, "Pvalb Gaba": 2, "Sst Gaba": 1}),
    "CA3": _mix(_GLIA, 10, {"CA3 Glut": 88, "Pvalb Gaba": 2}),
    "DG": _mix(_GLIA, 5, {"DG Glut": 92, "DG-PIR Ex IMN": 5}),
    "hilus": _mix(_GLIA, 60, {"DG-PIR Ex IMN": 12, "CA3 Glut": 14, "Sst Gaba": 8}),
    "thalamus": _mix(_DEEP_GLIA, 36, {"TH Prkcd Grin2c Glut": 64}),
    "midline": _mix(_DEEP_GLIA, 30, {"PVT-PT Ntrk1 Glut": 70}),
    "reticular": _mix(_DEEP_GLIA, 44, {"RT-ZI Gnb3 Gaba": 56}),
    "habenula": _mix(_DEEP_GLIA, 14, {"MH Tac2 Glut": 86}),
    "hypothalamus": _mix(_DEEP_GLIA, 44, {"LHA-AHN-PVH Otp Trh Glut": 34, "RT-ZI Gnb3 Gaba": 20}),
    "VMH": _mix(_DEEP_GLIA, 26, {"VMH Nr5a1 Glut": 74}),
    "amygdala": _mix(_GLIA, 34, {"LA-BLA-BMA-PA Glut": 58} | _INTERNEURONS),
    "CP": _mix(
        _GLIA,
        32,
        {"STR D1 Gaba": 31, "STR D2 Gaba": 30, "PAL-STR Gaba-Chol": 1.6, "Pvalb Gaba": 2, "Sst Gaba": 1.4},
    ),
    "OT": _mix(_GLIA, 28, {"STR D1 Gaba": 36, "STR D2 Gaba": 30, "NDB-SI-MA-STRv Lhx8 Gaba": 4}),
    "islands": {"OT D3 Folh1 Gaba": 90, "Oligo NN": 4, "Astro-TE NN": 6},
    "septum": _mix(_DEEP_GLIA, 34, {"LSX Otx2 Gaba": 62}),
    "basal forebrain": _mix(
        _DEEP_GLIA, 44, {"NDB-SI-MA-STRv Lhx8 Gaba": 34, "PAL-STR Gaba-Chol": 12, "STR D1 Gaba": 4}
    ),
    "vessel": {"Endo NN": 50, "Peri NN": 22, "SMC NN": 16, "VLMC NN": 12},
}


def _both(half: Any) -> Any:
    """A shape and its mirror image on the other side of the midline."""
    return half | affinity.scale(half, xfact=-1, origin=(5.5, 0))


def _bands(half: str, width: float) -> Any:
    return _both(LineString(points(half)).buffer(width))


def _cortex(outline: Any, half: str) -> list[tuple[str, Any]]:
    area = _both(Polygon(points(half)))
    depths = (
        ("L1", 0),
        ("L2/3", 0.14),
        ("L4/5", 0.42),
        ("L5", 0.6),
        ("L6", 0.86),
        ("L6b", 1.14),
        ("fibers", 1.2),
    )
    return [(name, area & outline.buffer(-depth)) for name, depth in depths]


def _piriform(outline: Any, half: str) -> list[tuple[str, Any]]:
    area = _both(Polygon(points(half)))
    depths = (("L1", 0.0), ("piriform", 0.2), ("neuropil", 0.38))
    return [(name, area & outline.buffer(-depth) - outline.buffer(-0.75)) for name, depth in depths]


def _split(names: NDArray[np.str_], xy: Any, rng: np.random.Generator) -> NDArray[np.str_]:
    """Fiber bundles through the striatum, islands in the olfactory tubercle."""
    names[(names == "CP") & (waves(xy, 0.55, rng) > 1.0)] = "bundles"
    names[(names == "OT") & (waves(xy, 0.7, rng) > 1.3)] = "islands"
    return names


def _outline(half: str) -> Any:
    mirrored = [f"{11 - x} {y}" for x, y in points(half)[::-1] if x != 5.5]
    return smooth_ring(", ".join([half, *mirrored]))


def _thalamus() -> Drawing:
    outline = _outline(
        "5.5 1.75, 6.6 1.5, 8.1 1.95, 9.3 3.1, 9.95 4.7, 10 6.2, "
        "9.4 7.5, 8.4 8.15, 7.4 8.3, 6.5 8.75, 5.5 8.9"
    )
    hippocampus = _both(
        smooth_ring("5.6 3.0, 6.8 2.85, 8 3.2, 8.75 4.1, 8.6 5.1, 7.6 5.05, 6.6 4.75, 5.6 4.6")
    )
    thalamus = _both(smooth_ring("5.2 4.8, 6.6 4.85, 7.7 5.25, 8.05 5.9, 7.6 6.6, 6.6 6.9, 5.2 6.9"))
    layers = [
        ("grey", outline),
        *_cortex(outline, "5.3 0, 12 0, 12 6.1, 9.2 6, 7.6 4, 5.3 3.4"),
        *_piriform(outline, "9 6.1, 12 6.1, 11 9, 7.8 9, 7.6 7.9"),
        ("neuropil", hippocampus),
        ("CA1", _bands("5.75 3.25, 6.5 3.1, 7.3 3.2, 8 3.6, 8.4 4.2", 0.065)),
        ("CA3", _bands("8.42 4.25, 8.35 4.75, 7.95 4.85, 7.5 4.55, 7.3 4.2", 0.075)),
        ("hilus", _both(smooth_ring("6.1 4.0, 6.8 3.85, 7.3 4.1, 6.8 4.35, 6.1 4.4"))),
        ("DG", _bands("5.85 4.0, 6.4 3.75, 7 3.75, 7.35 4.0, 7.3 4.2, 6.9 4.4, 6.3 4.5, 5.9 4.45", 0.06)),
        ("fibers", _both(smooth_ring("8 5.4, 8.5 5.6, 8.4 6.4, 7.6 7.2, 7.4 6.9, 8 6.2"))),
        ("thalamus", thalamus),
        ("reticular", _both(smooth_ring("7.5 5.15, 8 5.3, 8.3 5.95, 7.8 6.7, 7.1 7, 7.6 6.5, 7.95 5.9"))),
        ("midline", smooth_ring("5.1 4.9, 5.9 4.9, 5.95 5.5, 5.7 6, 5.3 6, 5.05 5.5")),
        ("habenula", _both(smooth_ring("5.6 4.62, 5.95 4.62, 6 4.85, 5.75 5.0, 5.58 4.9"))),
        ("CP", _both(smooth_ring("8.45 4.9, 8.8 4.95, 9.05 5.6, 8.9 6.3, 8.6 6.2, 8.55 5.5"))),
        ("amygdala", _both(smooth_ring("8.5 6.6, 9 6.4, 9.2 6.9, 8.7 7.5, 8.1 7.5, 8 7"))),
        ("hypothalamus", _both(smooth_ring("5.3 7.1, 6.6 7.1, 7.2 7.6, 6.9 8.2, 6 8.5, 5.3 8.6"))),
        ("VMH", _both(smooth_ring("5.85 7.8, 6.2 7.65, 6.4 7.95, 6.25 8.35, 5.9 8.35"))),
    ]
    third = smooth_ring("5.45 6.4, 5.55 6.4, 5.6 7.6, 5.58 8.3, 5.42 8.3, 5.4 7.6")
    lateral = _both(smooth_ring("8.55 3.9, 8.75 4.3, 8.8 4.8, 8.7 4.8, 8.62 4.3"))
    return Drawing(outline, layers, third | lateral, {}, "Ependymal NN", _split)


def _striatum() -> Drawing:
    outline = _outline(
        "5.5 1.6, 6.5 1.45, 7.8 1.9, 8.9 2.9, 9.5 4.3, 9.55 5.8, 9 7, 8 7.75, 6.9 8.1, 6.1 8.05, 5.5 7.75"
    )
    layers = [
        ("grey", outline),
        *_cortex(outline, "5.3 0, 12 0, 12 6.2, 8.6 6, 8.2 3.4, 6.6 2.9, 5.3 3.2"),
        *_piriform(outline, "8.2 6.2, 12 6.2, 11 9, 7.7 9, 7.7 7.2"),
        ("claustrum", _bands("8.75 5.2, 8.7 5.7, 8.5 6.2", 0.09)),
        (
            "basal forebrain",
            _both(smooth_ring("5.3 6.3, 6 6.3, 6.5 7.1, 7.3 7.1, 7.6 7.4, 6.4 7.5, 5.3 7.6")),
        ),
        (
            "OT",
            _both(smooth_ring("5.9 7.55, 6.8 7.5, 7.6 7.35, 7.8 7.8, 6.9 8.3, 5.9 8.2"))
            & outline.buffer(-0.12),
        ),
        ("CP", _both(smooth_ring("6.35 3.5, 7.4 3.1, 8.2 3.8, 8.5 5, 8.3 6, 7.5 6.5, 6.8 5.9, 6.4 4.8"))),
        ("CP", _both(smooth_ring("6.1 6.1, 6.8 6, 7.5 6.5, 7.5 6.95, 6.7 7.05, 6.15 6.8"))),
        ("septum", _both(smooth_ring("5.3 3.5, 5.95 3.5, 6.15 4.6, 5.95 5.8, 5.3 6.2"))),
        ("fibers", _both(smooth_ring("6.6 5.95, 6.95 6.0, 6.95 6.35, 6.65 6.4, 6.45 6.15"))),
    ]
    ventricle = _both(smooth_ring("6.05 3.35, 6.35 3.4, 6.35 4.4, 6.35 5.2, 6.22 5.2, 6.22 4.2"))
    return Drawing(outline, layers, ventricle, {}, "Ependymal NN", _split)


@cache
def drawing(scene: str) -> Drawing:
    """The drawing of a scene: ``"thalamus"``, ``"striatum"``."""
    return {"thalamus": _thalamus, "striatum": _striatum}[scene]()
