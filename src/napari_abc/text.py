"""Words of window and shell: numbers, progress, and what is said of made-up data; no Qt."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_abc.task import Progress

__all__ = [
    "ASK_FROM",
    "SYNTHETIC",
    "bytes_text",
    "capitalized",
    "count_text",
    "disk_state",
    "disk_text",
    "distinct_parts",
    "percent",
    "progress_text",
    "short_count",
    "tip",
]


ASK_FROM = 50_000_000
"""Bytes; a larger download is said and confirmed before it starts."""

SYNTHETIC = "Synthetic data made by napari-abc; no license or citation of the real data applies."
"""Stands where the license of measured data would; a citation there is none."""


def bytes_text(size: int | None) -> str:
    """``"4.2 GB"``: decimal units, as download pages and disks count; ``"size unknown"`` for None."""
    if size is None:
        return "size unknown"
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if abs(value) < 999.5:
            return f"{value:.0f} {unit}" if unit == "B" or abs(value) >= 99.95 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB" if value < 99.95 else f"{value:,.0f} TB"


def capitalized(text: str) -> str:
    """The text with a capital at its start, and otherwise as it is: ``"10x runs"``, ``"Slab planes"``."""
    return text[:1].upper() + text[1:]


def count_text(count: int | None) -> str:
    """``"5,200,000"``; an en dash where the number is not known yet."""
    return "–" if count is None else f"{count:,}"


def short_count(count: int) -> str:
    """``"5.2 M"``: three figures at most, for lines with little room."""
    if count < 10_000:
        return f"{count:,}"
    if count < 999_500:
        return f"{count / 1000:.0f} k"
    return f"{count / 1e6:.1f} M"


def disk_text(size: int | None, on_disk: int | None) -> str:
    """How large something is and how much of it is here: ``"1.2 of 4.2 GB on disk"``."""
    if size is None:
        return ""
    if not size or (on_disk or 0) >= size:
        return f"{bytes_text(size)} on disk"
    if not on_disk:
        return f"{bytes_text(size)} to fetch"
    return f"{bytes_text(on_disk)} of {bytes_text(size)} on disk"


def disk_state(size: int | None, on_disk: int | None) -> str:
    """How much of something is here, in few words: ``"on disk"``, ``"28 % on disk"``, ``"to fetch"``."""
    if size is None:
        return ""
    if (on_disk or 0) >= size:
        return "on disk"
    if not on_disk:
        return "to fetch"
    share = max(1, int(100 * on_disk / size))
    return f"{'< ' if 100 * on_disk < size else ''}{share} % on disk"


def percent(progress: Progress) -> int | None:
    """0 to 100, or None where the total is unknown."""
    if not progress.total:
        return None
    return max(0, min(100, int(100 * progress.done / progress.total)))


def progress_text(progress: Progress) -> str:
    """``"312 MB of 996 MB"`` or ``"120,000 of 300,000 rows"``."""
    if progress.unit == "B":
        done = bytes_text(progress.done)
        return f"{done} of {bytes_text(progress.total)}" if progress.total else done
    if progress.total:
        return f"{progress.done:,} of {progress.total:,} {progress.unit}"
    return f"{progress.done:,} {progress.unit}"


def distinct_parts(names: Sequence[str]) -> list[str]:
    """Names without the parts between dots that are the same in all of them.

    Examples
    --------
    >>> distinct_parts(["H22.CX.17.Plane.03", "H22.CX.17.Plane.07", "H22.CX.20.Plane.05"])
    ['17.03', '17.07', '20.05']
    >>> distinct_parts(["one", "two.three"])
    ['one', 'two.three']
    """
    parts = [name.split(".") for name in names]
    if len(names) < 2 or len({len(one) for one in parts}) > 1:
        return list(names)
    kept = [place for place, same in enumerate(zip(*parts, strict=True)) if len(set(same)) > 1]
    return [".".join(one[place] for place in kept) for one in parts] if kept else list(names)


def tip(text: str) -> str:
    """A tooltip that wraps and shows text from files as it is: names must not become markup."""
    return f"<p>{'<br>'.join(escape(line) for line in text.splitlines())}</p>" if text else ""
