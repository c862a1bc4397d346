"""Cost against the number of cells, on logarithmic axes with a guide of slope 1."""

from __future__ import annotations

from itertools import pairwise
from math import log
from typing import TYPE_CHECKING

from benchmarks.report import cost

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.plan import Plan
    from benchmarks.run import Results

__all__ = ["curves", "draw", "steep"]

Curves = dict[str, dict[str, tuple[list[tuple[int, float]], bool]]]
"""Panel → label → (cells, seconds) by cells, and whether it is a peer's."""


def curves(plan: Plan, results: Results) -> Curves:
    """What was measured."""
    found: Curves = {}
    for curve in (curve for group in plan for curve in group.curves):
        points = [(cells, s) for cells, figure in curve.points if (s := cost(results, figure)) is not None]
        if points:
            found.setdefault(curve.panel, {}).setdefault(curve.label, ([], curve.is_peer))[0].extend(points)
    return found


def steep(found: Curves, most: float = 1.1) -> list[str]:
    """Curves of ours that rise more than linearly between their last points, a sentence each."""
    sentences = []
    for panel, of_panel in found.items():
        for label, (points, is_peer) in of_panel.items():
            for (n0, s0), (n1, s1) in pairwise(points):
                slope = log(s1 / s0) / log(n1 / n0)
                if slope > most and not is_peer:
                    sentences.append(f"{panel}, {label}: slope {slope:.2f} from {n0:,} to {n1:,} cells.")
    return sentences


def draw(found: Curves, path: Path) -> None:
    """Draw the panels side by side."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(
        1, len(found), figsize=(4.6 * len(found), 4.6), sharey=True, layout="constrained"
    )
    for ax, (panel, of_panel) in zip([axes] if len(found) == 1 else axes, found.items(), strict=True):
        colors = iter(("#0072b2", "#d55e00", "#009e73"))
        for label, (points, is_peer) in of_panel.items():
            style = {"color": "#888888", "ls": "--"} if is_peer else {"color": next(colors)}
            cells, seconds = zip(*points, strict=True)
            ax.plot(cells, [s * 1000 for s in seconds], marker="o", ms=5, label=label, **style)
        cells = [n for points, _ in of_panel.values() for n, _ in points]
        low = min(s for points, _ in of_panel.values() for _, s in points) * 1000
        ends = [min(cells), max(cells)]
        ax.plot(
            ends,
            [low * n / ends[0] * 0.5 for n in ends],
            color="#cccccc",
            ls=":",
            label="linear: slope 1",
            zorder=0,
        )
        ax.set(xscale="log", yscale="log", title=panel, xlabel="cells")
        ax.grid(color="#eeeeee")
        ax.legend(fontsize=8, frameon=False, loc="upper left")
    (axes if len(found) == 1 else axes[0]).set_ylabel("milliseconds")
    figure.savefig(path, dpi=110)
    plt.close(figure)
