"""Fetching a large file, by ``benchmarks/download.py``, which has a server and processes of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.meter import Sample

_LINE = re.compile(r"(?P<way>\S+) +(?P<seconds>[\d.]+) s .* memory \+(?P<mb>\d+) MB")


def fetch(megabytes: int, latency: float, rate: float) -> dict[str, Sample]:
    """Fetch the file a few times each way; ``latency`` in seconds, ``rate`` in MB/s of a connection."""
    script = Path(__file__).with_name("download.py")
    command = [sys.executable, str(script), str(megabytes), str(latency), str(rate)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    samples: dict[str, Sample] = {}
    for line in answer.splitlines():
        if found := _LINE.match(line):
            sample = samples.setdefault(found["way"], {"seconds": [], "mb": 0.0})
            sample["seconds"].append(float(found["seconds"]))
            sample["mb"] = max(sample["mb"], float(found["mb"]))
    return samples
