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

__all__ = ["curves", "draw", "slopes", "steep"]

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
            for first, last in pairwise(points):
                slope = _slope(first, last)
                if slope > most and not is_peer:
                    ends = f"from {first[0]:,} to {last[0]:,} cells"
                    sentences.append(f"{panel}, {label}: slope {slope:.2f} {ends}.")
    return sentences


def slopes(found: Curves) -> str:
    """How each curve rises, as a Markdown table: 1 is linear, less is better than linear."""
    rows = ["| Cost against N | from | to | slope | steepest step |", "|---|--:|--:|--:|--:|"]
    for panel, of_panel in found.items():
        for label, (points, _) in of_panel.items():
            if len(points) > 1:
                steps = [_slope(*ends) for ends in pairwise(points)]
                ends = f"{points[0][0]:,} | {points[-1][0]:,}"
                whole = _slope(points[0], points[-1])
                rows.append(f"| {panel}: {label} | {ends} | {whole:.2f} | {max(steps):.2f} |")
    return "\n".join(rows)


def _slope(first: tuple[int, float], last: tuple[int, float]) -> float:
    return log(last[1] / first[1]) / log(last[0] / first[0])


def draw(found: Curves, path: Path) -> None:
    """Draw the panels side by side."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(
        1, len(found), figsize=(4.6 * len(found), 4.6), sharey=True, layout="constrained"
    )
    for ax, (panel, of_panel) in zip([axes] if len(found) == 1 else axes, found.items(), strict=True):
        colors = iter(("#0072b2", "#d55e00", "#009e73", "#cc79a7"))
        dashes = iter(("--", "-."))
        for label, (points, is_peer) in of_panel.items():
            style = {"color": "#888888", "ls": next(dashes)} if is_peer else {"color": next(colors)}
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
