"""Running ways in processes of their own, and keeping what they gave."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.meter import Sample
    from benchmarks.plan import Group, Way

__all__ = ["Results", "run_group"]

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("napari", "numpy", "pandas", "anndata", "h5py", "pyarrow", "vispy")


class Results:
    """Samples of every way, in a JSON file that is written after each."""

    def __init__(self, path: Path, again: bool) -> None:
        self.path = path
        self.content: dict[str, Any] = {"ways": {}, "groups": {}}
        if again and path.exists():
            self.content = json.loads(path.read_text())
        versions = {name: metadata.version(name) for name in PACKAGES}
        self.content["machine"] = {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
            "system": f"{platform.system()} {platform.release()}",
            "python": platform.python_version(),
            **versions,
        }

    def samples(self, way: Way, name: str) -> list[Sample]:
        """What a way gave under a name, a sample a round; none if it failed or was not run."""
        return [answer[name] for answer in self.content["ways"].get(way.key, ()) if name in answer]

    def error(self, way: Way) -> str | None:
        """Why a way failed."""
        return next((a["error"] for a in self.content["ways"].get(way.key, ()) if "error" in a), None)

    def add(self, way: Way, answer: dict[str, Any]) -> None:
        """Keep an answer."""
        self.content["ways"].setdefault(way.key, []).append(answer)
        self.path.write_text(json.dumps(self.content, indent=1))

    def begin(self, group: Group) -> None:
        """Forget a group's earlier answers, and note when and how busy the machine is."""
        for way in group.ways():
            self.content["ways"].pop(way.key, None)
        self.content["groups"][group.name] = {
            "began": time.strftime("%Y-%m-%d %H:%M"),
            "load": round(os.getloadavg()[0], 2),
        }


def run_group(
    group: Group, folder: Path, results: Results, rounds: int, together: bool, spatialdata: str
) -> None:
    """Make the data that is not there yet, then run every way as often as there are rounds."""
    missing = {made: maker for made, maker in group.setup if not Path(made.format(folder=folder)).exists()}
    for batch in _batches(list(missing.values()), together):
        for maker, answer in zip(batch, _run(batch, folder, spatialdata), strict=True):
            if answer is not None:
                raise RuntimeError(f"{maker.key}: {answer['error']}")
    results.begin(group)
    for turn in range(rounds):
        for batch in _batches(group.ways(), together):
            say(f"{group.name}, round {turn + 1}: {', '.join(way.function for way in batch)}")
            for way, answer in zip(batch, _run(batch, folder, spatialdata), strict=True):
                results.add(way, answer)


def _batches(ways: list[Way], together: bool) -> list[list[Way]]:
    """Ways by process."""
    return [ways] if together and ways else [[way] for way in ways]


def say(text: str) -> None:
    """Tell how far it is."""
    print(text, file=sys.stderr, flush=True)


def _run(ways: list[Way], folder: Path, spatialdata: str) -> list[Any]:
    """Answers of some ways, run one after the other in one fresh process."""
    if ways[0].function == "spatialdata":
        (way,) = ways
        command = [
            spatialdata,
            str(Path(__file__).with_name("spatialdata_view.py")),
            str(json.loads(way.arguments)["cells"]),
        ]
        if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            command = ["xvfb-run", "-a", "-s", "-screen 0 1920x1200x24 +extension GLX", *command]
        given = ""
    else:
        command = [sys.executable, "-m", "benchmarks.worker"]
        filled = [[way.function, json.loads(way.arguments.replace("{folder}", str(folder)))] for way in ways]
        given = json.dumps(filled)
    done = subprocess.run(command, input=given, capture_output=True, text=True, cwd=ROOT)
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
