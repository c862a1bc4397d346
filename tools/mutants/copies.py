"""Copies of the project in which tests run, each with a screen of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

_TOOL = Path(__file__).resolve().parents[2]
_LEFT_BEHIND = (".git", ".venv", ".system", "__pycache__", ".*_cache", "*.egg-info", "build", "dist")


class Copy:
    """A copy of a project: faults are never put into the project itself.

    Parameters
    ----------
    project
        The project's folder.
    folder
        Where the copy goes; nothing is there yet.
    package
        The package whose lines count, relative to the project: ``src/napari_abc``.
    """

    def __init__(self, project: Path, folder: Path, package: str) -> None:
        self._work = folder
        self._tree = folder / "tree"
        self._package = self._tree / package
        self._worker: subprocess.Popen[str] | None = None
        shutil.copytree(project, self._tree, ignore=shutil.ignore_patterns(*_LEFT_BEHIND), symlinks=True)
        for name in ("home", "tmp"):
            (folder / name).mkdir()
        self._environment = os.environ | {
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            "NAPARI_CONFIG": str(folder / "settings.yaml"),
            "PYTHONPATH": os.pathsep.join([str(self._package.parent), str(_TOOL)]),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self._environment.pop("PYTEST_ADDOPTS", None)
        self._screen = self._open_screen()
        # Compiled once, and again only where the text of a module is another.
        command = ["compileall", "-q", "--invalidation-mode", "checked-hash", str(self._package)]
        subprocess.run([sys.executable, "-m", *command], check=True)

    def _open_screen(self) -> subprocess.Popen[bytes] | None:
        if not sys.platform.startswith("linux") or shutil.which("Xvfb") is None:
            return None
        read, write = os.pipe()
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24", "+extension", "GLX"]
        command += ["-noreset", "-nolisten", "tcp"]
        screen = subprocess.Popen(
            command, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(write)
        with open(read, encoding="ascii") as answer:
            number = answer.readline().strip()
        self._environment |= {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb", "LIBGL_ALWAYS_SOFTWARE": "1"}
        self._environment.pop("WAYLAND_DISPLAY", None)
        return screen

    def record(self, tests: str) -> dict[str, Any]:
        """Run tests without a fault; return which lines each ran (see ``record``).

        Raises
        ------
        RuntimeError
            If pytest could not run them.
        """
        answer = self._work / "record.json"
        answer.unlink(missing_ok=True)
        names = {"MUTANTS_RECORD": str(answer), "MUTANTS_SOURCE": str(self._package)}
        command = ["pytest", "-q", "-p", "no:cacheprovider", "-p", "tools.mutants.record", tests]
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self._tree,
            env=self._environment | names,
            capture_output=True,
            text=True,
            check=False,
        )
        if not answer.exists() or done.returncode > 1:
            raise RuntimeError(f"pytest {tests} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        record: dict[str, Any] = json.loads(answer.read_text("utf-8"))
        return record

    def try_with(
        self, path: str, source: str, tests: list[str], limit: float, memory: int, imports: list[str]
    ) -> tuple[str, str]:
        """Run tests with another text of one module.

        Returns
        -------
        end, by
            "passed", "failed" or "hung", and the test that failed first ("" where a module could not be
            imported).
        """
        if self._worker is None:
            self._worker = subprocess.Popen(
                [sys.executable, "-m", "tools.mutants.worker"],
                cwd=self._tree,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            self._send(imports)
        log = str(self._work / "log")
        job = {"path": path, "source": source, "tests": tests, "limit": limit, "memory": memory, "log": log}
        self._send(job)
        assert self._worker.stdout is not None
        line = self._worker.stdout.readline()
        if not line:
            raise RuntimeError(f"The process that runs tests ended with {self._worker.wait()}.")
        answer = json.loads(line)
        return answer["end"], answer["by"]

    def _send(self, value: object) -> None:
        assert self._worker is not None and self._worker.stdin is not None
        print(json.dumps(value), file=self._worker.stdin, flush=True)

    def close(self) -> None:
        """End its processes and remove the copy."""
        if self._worker is not None:
            self._worker.kill()
            self._worker.communicate()
        if self._screen is not None:
            self._screen.kill()
            self._screen.wait()
        shutil.rmtree(self._work, ignore_errors=True)
