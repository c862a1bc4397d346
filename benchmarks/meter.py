"""Seconds and peak memory of one piece of work."""

from __future__ import annotations

import gc
import os
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Sample", "inflate", "measure", "read_bytes"]

Sample = dict[str, Any]
"""``seconds`` (list), ``mb`` (growth of the process at its peak), and what else a way tells."""

_STATUS = Path("/proc/self/status")


def measure(
    work: Callable[[], Any],
    repeats: int = 1,
    most_seconds: float = 5.0,
) -> tuple[Sample, Any]:
    """Do some work a few times.

    Parameters
    ----------
    work
        What is timed.
    repeats
        How often; less often once ``most_seconds`` have gone by.

    Returns
    -------
    Sample, result
        And what the work returned the last time.
    """
    gc.collect()
    _forget_peak()
    before = _resident()
    seconds: list[float] = []
    result = None
    while len(seconds) < repeats and (not seconds or sum(seconds) < most_seconds):
        result = None  # else two of them would be counted
        began = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - began)
    return {"seconds": seconds, "mb": max(0.0, _peak() - before)}, result


def _resident() -> float:
    """Memory of this process now, in MB."""
    return _status("VmRSS") if _STATUS.exists() else _largest()


def _peak() -> float:
    """Largest memory of this process since it was last forgotten, in MB."""
    return _status("VmHWM") if _STATUS.exists() else _largest()


def _forget_peak() -> None:
    """Let the peak count from now, so that what was prepared before does not hide it; Linux only."""
    if _STATUS.exists():
        Path("/proc/self/clear_refs").write_text("5")


def _status(field: str) -> float:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024 / 1e6


def _largest() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def read_bytes(paths: list[str]) -> dict[str, Sample]:
    """The physical limit of whatever must see a whole file: reading its bytes."""

    def read() -> int:
        block = bytearray(8 * 2**20)
        total = 0
        for path in paths:
            file = os.open(path, os.O_RDONLY)
            while count := os.readv(file, [block]):
                total += count
            os.close(file)
        return total

    sample, total = measure(read, repeats=3)
    return {"read": {**sample, "bytes": total}}


def inflate(path: str) -> dict[str, Sample]:
    """The physical limit of whatever must see a whole gzip file: inflating it."""
    import zlib

    def work() -> int:
        stream, total = zlib.decompressobj(31), 0
        with open(path, "rb") as file:
            while block := file.read(2**20):
                total += len(stream.decompress(block))
        return total

    sample, total = measure(work)
    return {"inflate": {**sample, "bytes": total}}
