"""The benchmarks run as a whole, on tiny data; nothing is said of seconds."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SUBJECTS = {
    "First gene, h5ad plain, all cells": {"anndata, backed", "accessor's pattern"},
    "First gene, h5ad gzip, a slab of 8 sections": {"anndata, backed"},
    "Gene-major index: build": {"anndata, rewritten as CSC"},
    "Any gene from the index, all cells": {"anndata, backed", "anndata, rewritten as CSC"},
    "10x-like: any gene from the index": {"anndata, backed"},
    "Cell tables: check, join, sort by slab, once": {"pandas, read_csv and join"},
    "Open a slab": {"pandas, read_csv and join"},
    "Recolour: hide types": {"napari, array of colours"},
    "Recolour: another gene": {"napari, column", "napari, array of colours"},
    "Add the cells to the viewer": {"napari, column"},
}


@pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="the plot needs matplotlib")
def test_quick_run(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--output", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "default"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-4000:]

    results = json.loads((tmp_path / "results.json").read_text())
    assert results["machine"]["cores"] == os.cpu_count()
    assert {"napari", "numpy", "anndata"} <= set(results["machine"])
    peers: dict[str, set[str]] = {}
    for line in results["table"]:
        assert isinstance(line["ours"], float), line
        assert line["ours"] > 0
        assert line["peak_mb"] >= 0
        if line["peer"]:
            peers.setdefault(line["what"], set()).add(line["peer"])
            assert line["times_faster"] == pytest.approx(line["peer_takes"] / line["ours"])
    assert peers.items() >= SUBJECTS.items()

    text = (tmp_path / "table.md").read_text()
    assert text in done.stdout
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(results["table"])
    assert {row.count("|") for row in rows} == {rows[0].count("|")}
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_the_package_knows_nothing_of_benchmarks() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        assert "benchmarks" not in path.read_text(encoding="utf-8"), path
