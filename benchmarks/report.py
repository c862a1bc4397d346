"""The table of what was measured, in Markdown."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.plan import Figure, Plan, Row
    from benchmarks.run import Results

__all__ = ["conditions", "cost", "different", "lines", "table"]

COLUMNS = (
    "what",
    "n",
    "ours",
    "peer",
    "peer_takes",
    "times_faster",
    "limit",
    "of_limit",
    "peak_mb",
    "peer_mb",
    "aim",
)
HEADINGS = ("What", "N", "Ours", "Peer", "Peer takes", "Ratio", "Physical limit", "Ours / limit",
            "Peak MB", "Peer's MB", "Aim")  # fmt: skip


def cost(results: Results, figure: Figure | None) -> float | None:
    """Median of all seconds of a figure; None if there are none."""
    if figure is None:
        return None
    seconds = [s for sample in results.samples(figure.way, figure.sample) for s in sample["seconds"]]
    return median(seconds) if seconds else None


def lines(plan: Plan, results: Results) -> list[dict[str, Any]]:
    """What was run as records, one a row and peer; seconds and megabytes as numbers."""
    records = []
    for group in plan:
        for row in group.rows:
            if results.content["ways"].get(row.ours.way.key):
                for peer in row.peers or (None,):
                    records.append({"group": group.name, "readme": row.in_readme} | _line(row, peer, results))
    return records


def _line(row: Row, peer: Figure | None, results: Results) -> dict[str, Any]:
    ours, theirs, limit = (cost(results, figure) for figure in (row.ours, peer, row.limit))
    return {
        "what": row.what,
        "n": row.count,
        "ours": ours if ours is not None else results.error(row.ours.way),
        "peer": peer.who if peer else None,
        "peer_takes": theirs if theirs is not None or peer is None else results.error(peer.way),
        "times_faster": theirs / ours if theirs and ours else None,
        "limit": limit,
        "limit_is": row.limit.who if row.limit else None,
        "of_limit": ours / limit if ours and limit else None,
        "peak_mb": _peak(results, row.ours),
        "peer_mb": _peak(results, peer),
        "aim": row.aim,
        "more": _more(results, row.ours),
        "peer_more": _more(results, peer),
    }


def _peak(results: Results, figure: Figure | None) -> float | None:
    peaks = [sample["mb"] for sample in results.samples(figure.way, figure.sample)] if figure else []
    return max(peaks) if peaks else None


def _more(results: Results, figure: Figure | None) -> dict[str, Any]:
    """What else a way told the first time."""
    samples = results.samples(figure.way, figure.sample) if figure else []
    return (
        {name: value for name, value in samples[0].items() if name not in ("seconds", "mb")}
        if samples
        else {}
    )


def different(plan: Plan, results: Results) -> list[str]:
    """Rows whose peers found other values than we did; a fast wrong answer is none."""
    found = []
    for line in lines(plan, results):
        mine, theirs = line["more"].get("sum"), line["peer_more"].get("sum")
        if mine is not None and theirs is not None and abs(mine - theirs) > 1e-6 * abs(theirs):
            found.append(f"{line['what']}: {mine} but {line['peer']} found {theirs}")
    return found


def failed(plan: Plan, results: Results) -> list[str]:
    """Ways that raised an error."""
    ways = [way for group in plan for way in group.ways()]
    return [f"{way.key}: {error}" for way in ways if (error := results.error(way))]


def table(records: list[dict[str, Any]]) -> str:
    """The records as a Markdown table; what repeats is said once."""
    rows = ["| " + " | ".join(HEADINGS) + " |", "|---|---" + "|--:" * (len(HEADINGS) - 2) + "|"]
    rows[1] = "|---|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|"
    before = None
    for record in records:
        same = before == (record["what"], record["n"])
        before = record["what"], record["n"]
        cells = [
            "" if same else record["what"],
            "" if same else record["n"],
            "" if same else _time(record["ours"]),
        ]
        cells += [record["peer"] or "", _time(record["peer_takes"]), _times(record["times_faster"])]
        limit = f"{_time(record['limit'])} ({record['limit_is']})" if record["limit"] else ""
        cells += ["", ""] if same else [limit, _times(record["of_limit"])]
        cells += ["" if same else _mb(record["peak_mb"]), _mb(record["peer_mb"])]
        cells += ["" if same or record["aim"] is None else f"≤ {_time(record['aim'])}"]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def short_table(records: list[dict[str, Any]]) -> str:
    """The rows for the README: ours and the best peer."""
    rows = ["| | cells × genes | napari-abc | best peer in the same run | |", "|---|--:|--:|---|--:|"]
    chosen = [record for record in records if record["readme"] and isinstance(record["ours"], float)]
    for what, n in dict.fromkeys((record["what"], record["n"]) for record in chosen):
        peers = [r for r in chosen if (r["what"], r["n"]) == (what, n)]
        best = min(peers, key=lambda r: r["times_faster"] or float("inf"))
        peer = f"{best['peer']}: {_time(best['peer_takes'])}" if best["times_faster"] else ""
        rows.append(f"| {what} | {n} | **{_time(best['ours'])}** | {peer} | {_times(best['times_faster'])} |")
    return "\n".join(rows)


def conditions(results: Results) -> str:
    """Machine, versions and load, in two sentences."""
    machine = dict(results.content["machine"])
    head = (
        f"{machine.pop('processor')}, {machine.pop('cores')} cores, {machine.pop('memory_gb')} GB, "
        f"{machine.pop('system')}, software OpenGL; Python {machine.pop('python')}"
    )
    loads = [group["load"] for group in results.content["groups"].values()]
    busy = f"{min(loads):g} to {max(loads):g}" if loads else "unknown"
    packages = ", ".join(f"{name} {version}" for name, version in machine.items())
    return f"{head}, {packages}. Load of the machine when the groups began: {busy}."


def _time(seconds: float | str | None) -> str:
    if seconds is None:
        return ""
    if isinstance(seconds, str):
        return "failed"
    if seconds < 0.1:
        return f"{seconds * 1000:.2g} ms" if seconds < 0.0995 else "100 ms"
    return f"{seconds:.2g} s" if seconds < 99.5 else f"{seconds:.0f} s"


def _times(ratio: float | None) -> str:
    if ratio is None:
        return ""
    return f"{ratio:,.0f} ×" if ratio >= 9.95 else f"{ratio:.2g} ×"


def _mb(megabytes: float | None) -> str:
    return "" if megabytes is None else f"{megabytes:,.0f}"
