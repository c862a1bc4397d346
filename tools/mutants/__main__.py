"""Put small faults into the code, one at a time, and see whether a test fails.

A sample drawn by a seed, evenly over the modules; a fault is tried in a copy of the project, with the tests
that run its line. Faults that change nothing are listed in ``judged.toml``, each with its reason.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import queue
import sys
import tempfile
import threading
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any

from .copies import Copy
from .faults import Fault, find_faults, read_modules, sample
from .select import Record

ROOT = Path(__file__).resolve().parents[2]
JUDGED = Path(__file__).with_name("judged.toml")


def main() -> int:
    """Measure, and print what no test noticed; 1 if fewer were caught than ``--aim`` says."""
    options = _options()
    project: Path = options.project.resolve()
    sources = read_modules(project, options.paths or [options.package])
    faults = [fault for path, source in sources.items() for fault in find_faults(path, source)]
    judged = _judged(options.judged, faults, sources, project)
    if options.again is not None:
        survivors = {tuple(key) for key in json.loads(options.again.read_text("utf-8"))}
        drawn = [fault for fault in faults if fault.key in survivors]
    else:
        drawn = sample(faults, options.number, options.seed)
    print(f"{len(drawn)} of {len(faults)} faults in {len(sources)} modules, seed {options.seed}")

    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        Path(folder).chmod(0o755)  # for tests in which a plain user looks into a folder of root's
        copies = []
        try:
            for job in range(options.jobs):
                copies.append(Copy(project, Path(folder) / str(job), options.package))
            record = _record(copies, options, project)
            ends = _Trial(copies, record, options, sources).run(
                [fault for fault in drawn if fault.key not in judged]
            )
        finally:
            for copy in copies:
                copy.close()

    ends |= {fault: "equivalent" for fault in drawn if fault.key in judged}
    missed = [fault for fault in drawn if ends[fault] in ("passed", "untested")]
    if options.survivors is not None:
        options.survivors.write_text(json.dumps([fault.key for fault in missed], indent=1), "utf-8")
    print("\nnot noticed:")
    for fault in missed:
        untested = "" if ends[fault] == "passed" else "  (no test runs it)"
        print(f"  {fault.path}:{fault.line} {fault.where}{untested}\n    - {fault.was}\n    + {fault.now}")
    share = _table(drawn, ends, options.package)
    return int(share < options.aim)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.mutants", description=__doc__)
    add = parser.add_argument
    add("paths", nargs="*", help="files and folders to put faults into; the whole package")
    add("--number", type=int, default=200, help="faults to draw (200)")
    add("--seed", type=int, default=1, help="draws another sample (1)")
    add("--tests", nargs="+", default=["tests"], help="files and folders of tests to run (tests)")
    add("--jobs", type=int, default=1, help="faults to try at the same time (1)")
    add("--limit", type=float, default=60, help="seconds of processor time until a run counts as hung (60)")
    add("--budget", type=float, default=15, help="seconds of processor time for a fault's tests (15)")
    add("--memory", type=float, default=12, help="GB of address space for a run of tests (12)")
    add("--record", type=Path, help="a folder that keeps which test runs which line")
    add("--survivors", type=Path, help="writes what was not noticed, for --again")
    add("--again", type=Path, help="tries these instead of a sample")
    add("--aim", type=float, default=0, help="fails if a smaller percentage is caught")
    add("--project", type=Path, default=ROOT, help="the project (this one)")
    add("--package", default="src/napari_abc", help="the package in it (src/napari_abc)")
    add("--judged", type=Path, default=JUDGED, help="faults that change nothing (judged.toml)")
    return parser.parse_args()


def _judged(
    file: Path, faults: list[Fault], sources: dict[str, bytes], project: Path
) -> dict[tuple[str, str, str, str], str]:
    """Read the faults that change nothing; say which of them are no longer there."""
    entries = tomllib.loads(file.read_text("utf-8")).get("fault", [])
    judged = {(one["path"], one["where"], one["was"], one["now"]): one["why"] for one in entries}
    for key in judged.keys() - {fault.key for fault in faults}:
        if key[0] in sources or not (project / key[0]).exists():
            print(f"{file.name}: no longer in the code: {key[0]} {key[1]}: {key[2]}", file=sys.stderr)
    return judged


def _record(copies: list[Copy], options: argparse.Namespace, project: Path) -> Record:
    """Run the tests once without a fault, or read what a run of the same code and tests found."""
    code = _digest(project, options.package)
    free: queue.SimpleQueue[Copy] = queue.SimpleQueue()
    for copy in copies:
        free.put(copy)

    def run(tests: str) -> dict[str, Any]:
        kept = (
            options.record and options.record / f"{code} {tests.replace('/', ' ')} {_digest(project, tests)}"
        )
        if kept and kept.exists():
            part: dict[str, Any] = json.loads(kept.read_text("utf-8"))
            return part
        copy = free.get()
        try:
            part = copy.record(tests)
        finally:
            free.put(copy)  # also after an error: others wait for it
        print(f"{tests}: {len(part['seconds'])} tests in {sum(part['seconds'].values()):.0f} s", flush=True)
        if kept:
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(part), "utf-8")
        return part

    record = Record()
    with ThreadPoolExecutor(len(copies)) as pool:
        for part in pool.map(run, options.tests):
            record.add(part)
    return record


def _digest(project: Path, name: str) -> str:
    """Return what changes with any file in a folder."""
    content = hashlib.sha256()
    for file in sorted(file for file in [project / name, *(project / name).rglob("*")] if file.is_file()):
        if "__pycache__" not in file.parts:
            content.update(str(file.relative_to(project)).encode() + b"\0" + file.read_bytes())
    return content.hexdigest()[:12]


class _Trial:
    """Tries faults, as many at a time as there are copies."""

    def __init__(
        self, copies: list[Copy], record: Record, options: argparse.Namespace, sources: dict[str, bytes]
    ) -> None:
        self._copies = copies
        self._record = record
        self._options = options
        self._sources = sources
        self._lock = threading.Lock()
        self._sound: set[str] = set()

    def run(self, faults: list[Fault]) -> dict[Fault, str]:
        """Return how the tests ended with each fault: "failed", "hung", "passed", or "untested"."""
        waiting: queue.SimpleQueue[Fault] = queue.SimpleQueue()
        for fault in faults:
            waiting.put(fault)
        ends: dict[Fault, str] = {}

        def serve(copy: Copy) -> None:
            while not waiting.empty():
                try:
                    fault = waiting.get_nowait()
                except queue.Empty:
                    return
                end, by = self._try(copy, fault)
                ends[fault] = end
                print(f"{len(ends)}/{len(faults)} {end:8} {fault}  {by}", flush=True)

        with ThreadPoolExecutor(len(self._copies)) as pool:
            list(pool.map(serve, self._copies))
        return ends

    def _try(self, copy: Copy, fault: Fault) -> tuple[str, str]:
        source = self._sources[fault.path]
        while True:
            options = self._options
            tests = self._record.tests_for(fault, source, options.package, options.budget)
            if not tests:
                return "untested", ""
            end, by = self._run(copy, fault.path, fault.put_into(source).decode(), tests)
            if end == "hung" and self._run(copy, fault.path, source.decode(), tests)[0] == "hung":
                print(
                    f"slow without a fault, too, so nothing is known of {fault}: raise --limit",
                    file=sys.stderr,
                )
                return "passed", ""
            if not by or self._is_sound(copy, fault.path, source.decode(), by):
                return end, by

    def _is_sound(self, copy: Copy, path: str, source: str, test: str) -> bool:
        """Whether a test passes without a fault; if not, it is put aside."""
        if test not in self._sound:
            end, _ = self._run(copy, path, source, [test])
            with self._lock:
                if end != "passed":
                    print(f"put aside: {test} fails without a fault", file=sys.stderr)
                    self._record.failed.add(test)
                    return False
                self._sound.add(test)
        return True

    def _run(self, copy: Copy, path: str, source: str, tests: list[str]) -> tuple[str, str]:
        memory = int(self._options.memory * 1e9)
        return copy.try_with(path, source, tests, self._options.limit, memory, list(self._record.imports))


def _table(drawn: list[Fault], ends: dict[Fault, str], package: str) -> float:
    """Print how many were caught in each room; return the percentage of those that change anything."""
    rooms: dict[str, Counter[str]] = {}
    for fault in drawn:
        room = PurePosixPath(fault.path).relative_to(package).parts[0].removesuffix(".py")
        for name in (room, "all"):
            rooms.setdefault(name, Counter())[ends[fault]] += 1
    print(f"\n{'room':12} faults  equivalent  caught  of these hung  not noticed   caught")
    share = 100.0
    for room in sorted(rooms, key=lambda name: (name == "all", name)):
        ends_of = rooms[room]
        caught = ends_of["failed"] + ends_of["hung"]
        changing = ends_of.total() - ends_of["equivalent"]
        share = 100 * caught / changing if changing else 100.0
        print(
            f"{room:12} {ends_of.total():6} {ends_of['equivalent']:11} {caught:7} {ends_of['hung']:14}"
            f" {changing - caught:12} {share:7.1f} %"
        )
    return share


if __name__ == "__main__":
    sys.exit(main())
