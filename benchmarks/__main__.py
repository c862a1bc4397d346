"""Measure everything against its peers: ``python -m benchmarks``.

Makes data of the atlas's shapes in a folder, measures each way in processes of its own, prints a table and
writes ``table.md``, ``results.json`` and ``plot.png``. Takes half an hour with two processors, some minutes
before that to make 20 GB of data, and keeps both; with ``--quick`` a minute, and says nothing about speed.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import plot, report
from benchmarks.plan import full, make_plan, quick, together
from benchmarks.run import ROOT, Options, Results, prepare, run_group, say

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
    results = Results(options.output / "results.json", look_only=options.publish is not None)
    if options.publish is None:
        folder = Path(tempfile.mkdtemp(prefix="napari-abc-benchmarks-")) if options.quick else options.folder
        folder.mkdir(parents=True, exist_ok=True)
        end = time.time() + 60 * options.minutes
        how = Options(
            folder.resolve(), options.spatialdata, options.quick, options.rounds, options.resume, end
        )
        try:
            for group in plan:
                if not re.match(options.only, group.name):
                    continue
                if options.prepare:
                    prepare(group, how)
                elif not run_group(group, results, how):
                    say(f"{group.name}: the {options.minutes:g} minutes are over; go on with --resume.")
        finally:
            if options.quick:
                shutil.rmtree(folder, ignore_errors=True)
        if options.prepare:
            return 0
    return _finish(plan, results, options.output, options.publish)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("--cells", type=int, default=1_600_000, help="cells of the matrix and the tables")
    parser.add_argument("--genes", type=int, default=300)
    parser.add_argument("--quick", action="store_true", help="tiny data, one round")
    parser.add_argument("--rounds", type=int, help="how often each way is run, instead of 1 to 3 times")
    parser.add_argument(
        "--only",
        default="",
        metavar="REGEX",
        help="groups to measure; the others stay as they are in the output",
    )
    parser.add_argument("--resume", action="store_true", help="leave out what was measured just before")
    parser.add_argument("--minutes", type=float, default=1e6, help="begin nothing after that time")
    parser.add_argument("--prepare", action="store_true", help="make the data, and measure nothing")
    parser.add_argument(
        "--folder",
        type=Path,
        default=ROOT / "build" / "benchmarks-data",
        help="where the data are kept from run to run",
    )
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "benchmarks")
    parser.add_argument(
        "--spatialdata", default="", metavar="PYTHON", help="a Python that has napari-spatialdata"
    )
    parser.add_argument(
        "--publish",
        nargs="?",
        type=Path,
        const=ROOT,
        metavar="CHECKOUT",
        help="measure nothing; write README and docs/ from the output, here or in another checkout",
    )
    return parser.parse_args()


def _finish(plan: Plan, results: Results, output: Path, publish: Path | None) -> int:
    records = report.lines(plan, results)
    found = plot.curves(plan, results)
    if publish is None:
        results.content["table"] = records
        results.path.write_text(json.dumps(results.content, indent=1))
    text = f"{report.conditions(results)}\n\n{report.table(records)}\n"
    if found:
        plot.draw(found, output / "plot.png")
        text += f"\n{plot.slopes(found)}\n"
    if steep := plot.steep(found):
        text += "\nSteeper than linear (slope above 1.1):\n\n"
        text += "".join(f"- {sentence}\n" for sentence in steep)
    (output / "table.md").write_text(text)
    print(text)
    if publish is not None:
        if found:
            shutil.copy(output / "plot.png", publish / "docs" / "images" / "benchmarks.png")
            text += "\n![Milliseconds against the number of cells](images/benchmarks.png)\n"
        _replace(publish / "docs" / "benchmarks.md", text)
        _replace(publish / "README.md", f"{report.short_table(records)}\n\n{report.conditions(results)}\n")
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
