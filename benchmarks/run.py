"""Running ways in processes of their own, and keeping what they gave."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.meter import Sample
    from benchmarks.plan import Group, Way

__all__ = ["Options", "Results", "prepare", "run_group"]

ROOT = Path(__file__).resolve().parents[1]
LONGEST_SECONDS = 400
"""For a way; one that takes longer is given up."""
RECENT_SECONDS = 2 * 3600
PACKAGES = ("napari", "numpy", "pandas", "anndata", "h5py", "pyarrow", "vispy")


class Results:
    """Samples of every way, in a JSON file that is written after each; several runs fill it.

    Parameters
    ----------
    path
        The file. What another machine, or other versions, left there is put aside.
    look_only
        Leave it as it is, wherever it comes from.
    """

    def __init__(self, path: Path, look_only: bool) -> None:
        self.path = path
        self.content: dict[str, Any] = {"ways": {}, "groups": {}, "at": {}}
        self._fresh: set[str] = set()
        machine = _machine()
        if path.exists():
            kept = json.loads(path.read_text())
            if look_only or kept["machine"] == machine:
                self.content |= kept
                return
            path.replace(path.with_suffix(".other.json"))
        self.content["machine"] = machine

    def samples(self, way: Way, name: str) -> list[Sample]:
        """What a way gave under a name, a sample a round; none if it failed or was not run."""
        return [answer[name] for answer in self.content["ways"].get(way.key, ()) if name in answer]

    def error(self, way: Way) -> str | None:
        """Why a way failed."""
        return next((a["error"] for a in self.content["ways"].get(way.key, ()) if "error" in a), None)

    def add(self, way: Way, answer: dict[str, Any]) -> None:
        """Keep an answer."""
        self.content["ways"].setdefault(way.key, []).append(answer)
        self.content["at"][way.key] = time.time()
        self.path.write_text(json.dumps(self.content, indent=1))

    def begin(self, group: Group, resume: bool) -> list[Way]:
        """Forget a group's earlier answers, and note when and how busy the machine is.

        Returns
        -------
        list of Way
            What is to be run: not what another group of this run had, nor, to resume, what is recent.
        """
        ways = [way for way in group.ways() if not (way.key in self._fresh or (resume and self._recent(way)))]
        for way in ways:
            self.content["ways"].pop(way.key, None)
        self._fresh |= {way.key for way in ways}
        if ways:
            self.content["groups"][group.name] = {
                "began": time.strftime("%Y-%m-%d %H:%M"),
                "load": round(os.getloadavg()[0], 2),
            }
        return ways

    def _recent(self, way: Way) -> bool:
        at = self.content["at"].get(way.key, 0)
        return time.time() - at < RECENT_SECONDS and self.error(way) is None


def _machine() -> dict[str, Any]:
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in PACKAGES},
    }


@dataclass(frozen=True)
class Options:
    """How to run a group."""

    folder: Path
    """Where the data are."""
    spatialdata: str
    """A Python that has napari-spatialdata, or nothing."""
    together: bool = False
    """All ways in one process."""
    rounds: int | None = None
    """How often each way is run; None for what the group says."""
    resume: bool = False
    """Leave out what was measured in the last hours."""
    end: float = float("inf")
    """Time, as :func:`time.time` tells it, after which no way is begun."""


def prepare(group: Group, options: Options) -> None:
    """Make the data that is not there yet, and have it in the system's memory."""
    made = {path.format(folder=options.folder): maker for path, maker in group.setup}
    missing = [maker for path, maker in made.items() if not Path(path).exists()]
    for batch in _batches(missing, options.together):
        say(f"{group.name}: {', '.join(maker.key for maker in batch)}")
        for maker, answer in zip(batch, _run(batch, options), strict=True):
            if answer is not None:
                raise RuntimeError(f"{maker.key}: {answer['error']}")
    for path in map(Path, made):
        for file in path.rglob("*") if path.is_dir() else [path]:
            if file.is_file():
                with file.open("rb", buffering=0) as content:
                    while content.read(2**24):
                        pass


def run_group(group: Group, results: Results, options: Options) -> bool:
    """Have the data, then run every way as often as there are rounds; False if the time was over."""
    ways = results.begin(group, options.resume)
    if not ways:
        return True
    if time.time() > options.end:
        return False
    prepare(group, options)
    for turn in range(options.rounds or group.rounds):
        for batch in _batches(ways, options.together):
            if time.time() > options.end:
                return False
            began = time.time()
            answers = _run(batch, options)
            names = ", ".join(f"{way.key}" for way in batch[:3])
            say(f"{group.name}, round {turn + 1}: {time.time() - began:.0f} s: {names}")
            for way, answer in zip(batch, answers, strict=True):
                results.add(way, answer)
    return True


def _batches(ways: list[Way], together: bool) -> list[list[Way]]:
    """Ways by process."""
    return [ways] if together and ways else [[way] for way in ways]


def say(text: str) -> None:
    """Tell how far it is."""
    print(text, file=sys.stderr, flush=True)


def _run(ways: list[Way], options: Options) -> list[Any]:
    """Answers of some ways, run one after the other in one fresh process."""
    if ways[0].function == "spatialdata":
        (way,) = ways
        command = [
            options.spatialdata,
            str(Path(__file__).with_name("spatialdata_view.py")),
            str(json.loads(way.arguments)["cells"]),
        ]
        if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            command = ["xvfb-run", "-a", "-s", "-screen 0 1920x1200x24 +extension GLX", *command]
        given = ""
    else:
        command = [sys.executable, "-m", "benchmarks.worker"]
        filled = [
            [way.function, json.loads(way.arguments.replace("{folder}", str(options.folder)))] for way in ways
        ]
        given = json.dumps(filled)
    with tempfile.TemporaryDirectory(prefix="napari-abc-benchmark-") as settings:
        try:
            done = subprocess.run(
                command,
                input=given,
                capture_output=True,
                text=True,
                cwd=ROOT,
                # The person's own would be given the size of our small windows.
                env={**os.environ, "NAPARI_CONFIG": str(Path(settings, "settings.yaml"))},
                timeout=LONGEST_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return [{"error": f"not done after {LONGEST_SECONDS} s"}] * len(ways)
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith(("{", "null"))]
    for answer in answers:
        if answer and "error" in answer:
            say(done.stderr[-2000:])
    if len(answers) < len(ways):
        say(done.stderr[-2000:])
        died = {"error": f"its process ended with {done.returncode}"}
        answers += [died] * (len(ways) - len(answers))
    return answers


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
