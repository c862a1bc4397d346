"""Drawings of planes through the basal ganglia of a right hemisphere: medial left, dorsal up, mm."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from napari_abc.demo.shared.curves import smooth_ring, waves
from napari_abc.demo.shared.tissue import Drawing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["drawing"]

"""From the cortex far behind, through the striatum and the pallidum, to the midbrain."""

# Rings of the middle plane, the others are variations of it. Corners go round once.
_OUTLINE: str = (
    "1 4, 6 1.8, 13 1.2, 20 2.2, 26 5.6, 30 11.4, 31.4 18, 30 24.6, "
    "26 29, 20 30.6, 13 31, 7 30.4, 2 28, 1 20, 1.3 12"
)
_VENTRICLE: str = "2.2 4.9, 5 4.3, 6.9 5.4, 7.6 8, 7.6 10.6, 6.7 12.4, 5.8 10.6, 4.6 7.4"
_CAUDATE: str = (
    "7.4 4.4, 10.4 3.9, 13.2 5.2, 14.5 7.8, 13.7 10.6, 11.6 12.7, 9.2 13.6, 7.6 12.9, 8.1 10.6, 7.9 7.6"
)
_PUTAMEN: str = (
    "17.6 7.4, 20.4 7.1, 23.2 9.3, 24.5 13.2, 24.6 17.4, 23.4 21.1, 20.6 23.6, "
    "17.6 24, 17.9 22, 19.7 18.6, 20.3 15.2, 19.8 11.9, 18.4 9.5"
)
_GPE: str = (
    "17.6 10.2, 19 12, 19.6 15, 19 18.2, 17.3 21.2, 15 21.9, 13.2 21.6, 15 20, 16.6 17.4, 17.2 14.4, 17 11.8"
)
_GPI: str = (
    "16.3 13, 16.6 14.8, 16 17.2, 14.4 19.6, 12.2 20.9, 10.4 20.6, 11.2 19, 13.2 17.2, 14.8 14.9, 15.5 13.3"
)
_CLAUSTRUM: str = (
    "25 8.2, 25.9 10.4, 26.6 14, 26.5 18, 25.3 22, 24 24.4, 24 23.6, 25 21.4, 25.9 17.8, 26 14, 25.3 10.6"
)
_VEP: str = "12.4 23.6, 15.2 23, 18 24.6, 18.2 25.8, 15.6 26.2, 13 25.4"
_COMMISSURE: str = "2 22.4, 7 22.2, 12.4 21.9, 17 22.8, 21 25.4, 20.6 26.2, 16.6 24, 12 23.2, 7 23.5, 2 23.8"


def _cortex(outline: Any, where: str) -> list[tuple[str, Any]]:
    """Cortical layers along the rim of the tissue, where it lies in ``where``; from the pia inwards."""
    area = smooth_ring(where)
    depths = (("L1", 0.0), ("L2/3", 0.32), ("L4", 1.15), ("L5", 1.55), ("L6", 2.15), ("wm", 2.85))
    return [(name, area & outline.buffer(-depth)) for name, depth in depths]


def _striatum(names: NDArray[np.str_], xy: Any, rng: np.random.Generator) -> NDArray[np.str_]:
    """Striosomes dorsally, islands of Calleja ventrally, bridges of grey matter through the capsule."""
    patches = waves(xy, 1.75, rng) > 1.02
    islands = waves(xy, 1.5, rng) > 1.62
    stripes = waves(xy, 1.25, rng, stretch=(3.5, 1.0)) > 0.85
    names[(names == "striatum") & patches] = "striosome"
    names[(names == "ventral") & islands] = "islands"
    names[(names == "capsule") & stripes] = "bridges"
    names[names == "capsule"] = "wm"
    return names


def _middle() -> Drawing:
    outline = smooth_ring(_OUTLINE)
    caudate, putamen, gpe, gpi, vep = map(smooth_ring, (_CAUDATE, _PUTAMEN, _GPE, _GPI, _VEP))
    capsule = smooth_ring("13.4 5.4, 18 7.2, 19 10.4, 16.4 12.4, 12.4 16, 9.6 14.2, 13 11")
    layers = [
        ("wm", outline),
        *_cortex(outline, "23 1, 34 4, 36 20, 32 34, 22 34, 25.4 27, 27 18, 26 9"),
        ("hypothalamus", smooth_ring("1 24, 6 24, 10 25.4, 10.4 28, 7 31, 0 30")),
        ("grey", smooth_ring("0.8 11.6, 3 11.4, 4.6 14, 5.4 18, 4 21.6, 0.8 21.8")),
        ("thalamus", smooth_ring("6 14.4, 8.8 14.7, 11 16.4, 10.6 18.6, 8.6 20.6, 6 20.8")),
        ("basal forebrain", smooth_ring("10 24.6, 13 26, 18 26.6, 19 28.6, 14 29.9, 10.6 28.6")),
        ("amygdala", smooth_ring("20 26.6, 23 25.4, 25 26.4, 24.4 28.8, 21.4 29.8, 19.4 28.8")),
        ("claustrum", smooth_ring(_CLAUSTRUM)),
        ("capsule", capsule),
        ("striatum", caudate),
        ("striatum", putamen),
        ("ventral", putamen & smooth_ring("14 21.4, 25 20.6, 25 26, 14 26")),
        ("GPe", gpe),
        ("GPi shell", gpi),
        ("GPi core", gpi.buffer(-0.5)),
        ("VeP", vep),
        ("fibers", smooth_ring(_COMMISSURE)),
    ]
    regions = {
        "STR": [caudate, putamen],
        "GP": [(gpe | gpi).buffer(0.45).buffer(0.3).buffer(-0.45)],
        "GPe": [gpe],
        "GPi": [gpi],
        "VeP": [vep],
    }
    return Drawing(outline, layers, smooth_ring(_VENTRICLE), regions, "Ependymal", _striatum)


def _rostral() -> Drawing:
    outline = smooth_ring(_OUTLINE)
    # Caudate, accumbens and putamen are one U round the capsule.
    striatum = smooth_ring(
        "8.6 4.2, 11.6 4.4, 13.6 6.6, 14 10, 14.6 14, 16.6 15.6, 18 13.4, "
        "18.2 10, 19.4 7.8, 22 8.6, 23.8 12, 24.2 16.4, 23 20.6, 20 23.6, "
        "15.4 25.2, 11 24.8, 8.2 22.4, 7.4 18, 7.6 12.6, 7.8 7.6"
    )
    ventricle = smooth_ring("2.6 4.6, 6 4, 7.6 6, 7.2 11, 7 16, 6.2 17.4, 5.6 12, 4.6 7.6")
    vep = smooth_ring("15 21.4, 17.4 20.8, 18.6 21.8, 17 22.8, 15.2 22.6")
    layers = [
        ("wm", outline),
        *_cortex(outline, "23 1, 34 4, 36 20, 32 34, 2 36, 6 29.5, 20 28.6, 26.6 18, 26 9"),
        ("grey", smooth_ring("0.8 11, 3 11, 4.8 14, 5.4 19, 4.4 23, 0.8 23")),
        ("basal forebrain", smooth_ring("5 22.8, 7.6 23, 10 25.6, 9 27.4, 5.4 26.6")),
        ("claustrum", smooth_ring(_CLAUSTRUM)),
        ("capsule", smooth_ring("13 5, 18 7.4, 18.4 13, 16.6 15.8, 14.2 14, 13.8 9")),
        ("striatum", striatum),
        ("ventral", striatum & smooth_ring("5 18.6, 14 19.6, 22 22.4, 20 28, 5 28")),
        ("VeP", vep),
    ]
    return Drawing(outline, layers, ventricle, {"STR": [striatum], "VeP": [vep]}, "Ependymal", _striatum)


def _caudal() -> Drawing:
    outline = smooth_ring(_OUTLINE)
    caudate = smooth_ring("8.6 4.4, 11 4, 12.8 5.2, 12.8 7.2, 11 8.4, 9 7.8, 8.2 6")
    putamen = smooth_ring(
        "19.6 8, 22 8.6, 23.8 11.6, 24.2 15.6, 23 19.2, 21.2 20.4, 21.4 17, 21.2 13, 20.2 10.4"
    )
    gpe = smooth_ring("18.8 10.2, 20.2 12.6, 20.4 16, 19.4 19, 17.6 20.6, 16.6 20.2, 18 17.6, 18.8 14")
    gpi = smooth_ring("17.6 13, 17.9 15, 17 17.6, 15.4 19.6, 13.6 20, 14.4 18.2, 16 15.6")
    subthalamic = smooth_ring("8.4 20.6, 10.2 19.4, 12.4 19.2, 13.2 20.2, 11.6 21.8, 9.4 22")
    nigra = smooth_ring("6.6 24.4, 8.6 22.9, 11.2 22.6, 13.2 22.3, 13.6 23.2, 11.6 25, 8.8 26.2, 6.8 26")
    layers = [
        ("wm", outline),
        *_cortex(outline, "23 1, 34 4, 36 20, 32 34, 16 36, 20 29, 26 22, 27 18, 26 9"),
        (
            "thalamus",
            smooth_ring("1 9, 4.6 7.6, 8.6 8.8, 11.6 11, 12.6 14.4, 11.4 17.4, 8 19.4, 4 20, 1 19.4"),
        ),
        (
            "reticular",
            smooth_ring("10.8 9.6, 12.6 11, 14 14.4, 12.8 17.8, 10 19.4, 11.8 17, 13 14.4, 12 11.4"),
        ),
        ("hypothalamus", smooth_ring("1 20.6, 4.6 20.6, 6.2 22.4, 5.6 27, 1.4 29")),
        ("amygdala", smooth_ring("17.6 24.4, 21 23.4, 23.4 25, 22.4 28, 19 29, 16.8 27")),
        ("claustrum", smooth_ring(_CLAUSTRUM)),
        ("capsule", smooth_ring("12.6 4.8, 19.6 7.6, 19 10.6, 15 10.4")),
        ("striatum", caudate),
        ("striatum", putamen),
        ("GPe", gpe),
        ("GPi shell", gpi),
        ("GPi core", gpi.buffer(-0.4)),
        ("STH", subthalamic),
        ("SNr", nigra),
        ("SNc", nigra - smooth_ring("6.4 25.2, 8.8 24.1, 11.4 23.7, 14.2 23, 14 26, 9 28, 6 27")),
    ]
    regions = {
        "STR": [caudate, putamen],
        "GP": [(gpe | gpi).buffer(0.45).buffer(0.3).buffer(-0.45)],
        "GPe": [gpe],
        "GPi": [gpi],
        "SN": [nigra],
        "STH": [subthalamic],
    }
    ventricle = smooth_ring("3 4.8, 6 4.2, 7.8 5.4, 8 7, 6.2 7, 4.4 6.6")
    return Drawing(outline, layers, ventricle, regions, "Ependymal", _striatum)


def _posterior() -> Drawing:
    rim = (
        "4 8, 8 4, 10.2 9.6, 12.4 3.4, 18 2.4, 20 8.4, 22.6 4, 27 8, 22.6 12.6, 29 14, 29 19.6, "
        "23 19, 26 25.4, 20 28, 16.6 22.4, 13.6 28.4, 7 26, 9.4 20.2, 3 20, 3 14.6, 8.6 13"
    )
    outline = smooth_ring(rim)
    tail = smooth_ring("15 12.4, 16.6 12.2, 17.2 13.6, 16 14.6, 14.8 13.8")
    ventricle = smooth_ring("12.6 14, 14.2 13.6, 15 15.4, 16 18, 15 18.6, 13.4 16.6")
    layers = [
        ("wm", outline),
        *_cortex(outline, "-2 -2, 34 -2, 34 34, -2 34"),
        ("striatum", tail),
    ]
    return Drawing(outline, layers, ventricle, {}, "Ependymal", _striatum)


def _midbrain() -> Drawing:
    outline = smooth_ring(
        "2 4, 7 3, 12 4.6, 16 8.4, 19 13, 20 18.4, 17 22, 12 22.6, 8 20.6, 5 19.4, 2 18.6, 1.8 11"
    )
    nigra = smooth_ring("6.4 17.4, 10 15.6, 14 13.6, 16.6 12.8, 17 14.2, 13.8 16.8, 10 18.8, 7 19")
    compact = nigra - smooth_ring("6 18.4, 10 16.9, 14 15, 18 13.6, 18 16, 13 20, 7 21")
    layers = [
        ("grey", outline),
        ("fibers", smooth_ring("9.4 20, 14 17.6, 18 14, 21 16, 20 24, 10 25")),
        ("hypothalamus", smooth_ring("1 8, 4 7.4, 6 9.4, 5.6 12, 3.6 13.4, 1 13")),
        ("thalamus", smooth_ring("4 14.4, 6 13.4, 8 14.4, 7.8 16, 5.6 16.6, 4 15.8")),
        ("SNr", nigra),
        ("SNc", compact),
    ]
    aqueduct = smooth_ring("1.6 9.8, 2.8 9.6, 3.2 10.6, 2.6 11.4, 1.6 11.2")
    return Drawing(outline, layers, aqueduct, {"SN": [nigra]}, "Ependymal")


@cache
def drawing(scene: str) -> Drawing:
    """The drawing of a scene: ``"posterior"``, ``"rostral"``, ``"middle"``, ``"caudal"``, ``"midbrain"``."""
    makers = {
        "posterior": _posterior,
        "rostral": _rostral,
        "middle": _middle,
        "caudal": _caudal,
        "midbrain": _midbrain,
    }
    return makers[scene]()
