"""Measure everything against its peers: ``python -m benchmarks``.

Makes data of the atlas's shapes in a folder, measures each way several times in processes of its own,
prints a table and writes ``table.md``, ``results.json`` and ``plot.png``. Takes about an hour and 20 GB of
disk; with ``--quick`` a minute, and says nothing about speed.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import plot, report
from benchmarks.plan import full, make_plan, quick, together
from benchmarks.run import ROOT, Results, run_group, say

if TYPE_CHECKING:
    from benchmarks.plan import Plan


def main() -> int:
    """Run what was asked for; 1 if a way failed or found other values than its peer."""
    options = _options()
    sizes = quick() if options.quick else full(options.cells, options.genes)
    plan = make_plan(sizes, bool(options.spatialdata))
    if options.quick:
        plan = [together(plan)]
    options.output.mkdir(parents=True, exist_ok=True)
    results = Results(options.output / "results.json", again=bool(options.only or options.publish))
    folder = options.folder or Path(tempfile.mkdtemp(prefix="napari-abc-benchmarks-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for group in plan:
            if re.match(options.only, group.name) and not options.publish:
                run_group(
                    group,
                    folder.resolve(),
                    results,
                    options.rounds or sizes.rounds,
                    options.quick,
                    options.spatialdata,
                )
    finally:
        if options.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    return _finish(plan, results, options.output, options.publish)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("--cells", type=int, default=1_600_000, help="cells of the matrix and the tables")
    parser.add_argument("--genes", type=int, default=300)
    parser.add_argument("--quick", action="store_true", help="tiny data, one round")
    parser.add_argument("--rounds", type=int, help="how often each way is run")
    parser.add_argument(
        "--only",
        default="",
        metavar="REGEX",
        help="groups to measure again; the others stay as they are in the output",
    )
    parser.add_argument("--folder", type=Path, help="keep the data here, and use what is there")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "benchmarks")
    parser.add_argument(
        "--spatialdata", default="", metavar="PYTHON", help="a Python that has napari-spatialdata"
    )
    parser.add_argument(
        "--publish", action="store_true", help="measure nothing; write README and docs/ from the output"
    )
    return parser.parse_args()


def _finish(plan: Plan, results: Results, output: Path, publish: bool) -> int:
    records = report.lines(plan, results)
    results.content["table"] = records
    results.path.write_text(json.dumps(results.content, indent=1))
    found = plot.curves(plan, results)
    if found:
        plot.draw(found, output / "plot.png")
    steep = plot.steep(found)
    text = f"{report.conditions(results)}\n\n{report.table(records)}\n"
    if steep:
        text += "\nSteeper than linear (slope above 1.1):\n\n" + "".join(
            f"- {sentence}\n" for sentence in steep
        )
    (output / "table.md").write_text(text)
    print(text)
    if publish:
        _replace(ROOT / "docs" / "benchmarks.md", text)
        _replace(ROOT / "README.md", f"{report.short_table(records)}\n\n{report.conditions(results)}\n")
        if found:
            shutil.copy(output / "plot.png", ROOT / "docs" / "images" / "benchmarks.png")
    wrong = report.failed(plan, results) + report.different(plan, results)
    for sentence in wrong:
        say(sentence)
    return 1 if wrong else 0


def _replace(path: Path, text: str) -> None:
    """Put text between the marks in a file."""
    begin, end = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
    before, found, rest = path.read_text(encoding="utf-8").partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise ValueError(f"{path} has no marks {begin} and {end} for the table.")
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
