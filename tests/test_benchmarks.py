"""The benchmarks run as a whole, on tiny data; nothing is said of seconds."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from processes import run
from project import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PAGES = ("docs/benchmarks.md", "README.md")
SUBJECTS = {
    "First gene, h5ad plain, all cells": {"anndata, backed", "accessor's pattern"},
    "First gene, h5ad gzip, a slab of 8 sections": {"anndata, backed"},
    "Gene-major index: build": {"anndata, rewritten as CSC"},
    "Any gene from the index, all cells": {"anndata, backed", "anndata, rewritten as CSC"},
    "10x-like: any gene from the index": {"anndata, backed"},
    "Cell tables: check, join, sort by slab, once": {"pandas, read_csv and join"},
    "Open a slab": {"pandas, read_csv and join"},
    "Recolor: hide types": {"napari, array of colors"},
    "Recolor: another gene": {"napari, column", "napari, array of colors"},
    "Add the cells to the viewer": {"napari, column"},
    "Show any plane of the converted volume": {"nibabel, a slice of the file"},
    "Start napari until its window is shown": {"napari without the plugin"},
}


@pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="the plot needs matplotlib")
def test_quick_run(tmp_path: Path) -> None:
    done = run(
        [sys.executable, "-m", "benchmarks", "--quick", "--output", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "default", "NAPARI_CONFIG": str(tmp_path / "mine.yaml")},
        seconds=500,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert not (tmp_path / "mine.yaml").exists()  # which would keep the size of the small windows

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
    costs, slopes = (table.splitlines() for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE))
    assert len(costs) == 2 + len(results["table"])
    for rows in (costs, slopes):
        assert {row.count("|") for row in rows} == {rows[0].count("|")}
    assert {"Read a gene: gene-major index", "Recolor: hide types"} <= {
        row.split(" | ")[0][2:] for row in slopes
    }
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    publish(tmp_path, len(costs))


def publish(output: Path, rows: int) -> None:
    """Put what was measured into a copy of the pages; the measurements stay as they are."""
    before = (output / "results.json").read_bytes()
    copy = output / "checkout"
    (copy / "docs" / "images").mkdir(parents=True)
    for name in PAGES:
        shutil.copy(ROOT / name, copy / name)
    command = [sys.executable, "-m", "benchmarks", "--quick", "--output", str(output), "--publish", str(copy)]
    run(command, cwd=ROOT, check=True)
    page, readme = ((copy / name).read_text().partition("<!-- benchmarks: begin -->")[2] for name in PAGES)
    assert (output / "table.md").read_text().strip() in page
    assert page.count("\n|") > rows > readme.partition("<!-- benchmarks: end -->")[0].count("\n|") > 10
    assert (copy / "docs/images/benchmarks.png").read_bytes() == (output / "plot.png").read_bytes()
    assert (output / "results.json").read_bytes() == before


def test_several_slabs_are_measured_in_every_step() -> None:
    command = [sys.executable, "-m", "benchmarks.many_slabs", "ours", "2", "500"]
    done = run(command, cwd=ROOT, check=True)
    seconds = json.loads(done.stdout.splitlines()[-1])
    assert {"frame, all in view", "recolor all to another gene", "filter all by type", "undo"} <= set(seconds)
    assert all(value > 0 for value in seconds.values())


def test_several_runs_fill_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.plan import Group, Way
    from benchmarks.run import Results

    group = Group("some", first=[Way("a:b", "{}"), Way("c:d", "{}")], rounds=2)
    path = tmp_path / "results.json"
    results = Results(path, look_only=False)
    first, second = results.begin(group, resume=False)
    results.add(first, {"x": {"seconds": [1.0], "mb": 0.0}})
    results.add(second, {"error": "no"})
    assert results.begin(Group("other", first=group.first), resume=False) == []  # had in this run
    assert results.begin(group, resume=True) == []
    again = Results(path, look_only=False)
    assert again.samples(first, "x") == [{"seconds": [1.0], "mb": 0.0}]
    assert again.begin(group, resume=True) == [second]  # failed
    assert Results(path, look_only=False).begin(group, resume=False) == [first, second]
    other = json.loads(path.read_text())
    other["machine"]["cores"] = 999
    path.write_text(json.dumps(other))
    assert Results(path, look_only=True).content["machine"]["cores"] == 999
    assert not Results(path, look_only=False).content["ways"]
    assert json.loads(path.with_suffix(".other.json").read_text()) == other


def test_the_package_knows_nothing_of_benchmarks() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        assert not re.search(r"^\s*(import|from) benchmarks", path.read_text("utf-8"), re.MULTILINE), path
