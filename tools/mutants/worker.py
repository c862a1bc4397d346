"""A process that has imported all libraries and forks for every fault: ``python -m tools.mutants.worker``.

Its working directory is a copy of the project that is its own. Its input are lines of JSON. The first names
what to import, every other is a job: ``path`` of a module, its ``source`` for this job, ``tests``, ``limit``
in seconds of processor time, ``memory`` in bytes, and the ``log`` to write. It answers each job with a line:
how the tests ended ("passed", "failed", "hung") and, where it is known, which test failed first.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import resource
import signal
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import pytest


class _First:
    """Remembers the first test that failed."""

    name = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.name:
            self.name = report.nodeid


def main() -> None:
    """Serve until the input ends."""
    # What a library prints while it is imported is no answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in json.loads(sys.stdin.readline()):
            with contextlib.suppress(Exception):
                importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        print(json.dumps(_run(json.loads(line))), file=answers, flush=True)


def _run(job: dict[str, Any]) -> dict[str, str]:
    path = Path(job["path"])
    was = path.read_bytes()
    path.write_text(job["source"], "utf-8")
    try:
        with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
            Path(folder).chmod(0o755)
            process = os.fork()
            if not process:
                _test(job, Path(folder))
            end = _wait(process, 5 * job["limit"])
            first = Path(folder) / "first"
            return {"end": end, "by": first.read_text("utf-8") if first.exists() else ""}
    finally:
        path.write_bytes(was)


def _test(job: dict[str, Any], folder: Path) -> None:
    """Run the tests and end this process."""
    code = 1
    try:
        os.setsid()
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
        log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        resource.setrlimit(resource.RLIMIT_AS, (job["memory"], job["memory"]))
        resource.setrlimit(resource.RLIMIT_CPU, (int(job["limit"]), int(job["limit"])))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        names = folder / "tests"
        names.write_text("\n".join(job["tests"]), "utf-8")
        first = _First()
        arguments = ["-x", "-q", "-p", "no:cacheprovider", "--basetemp", str(folder / "data")]
        # Plugins, imported before pytest starts, can't be rewritten, and need not be.
        arguments += ["-W", "ignore::pytest.PytestAssertRewriteWarning", f"@{names}"]
        code = int(pytest.main(arguments, plugins=[first]))
        (folder / "first").write_text(first.name, "utf-8")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _wait(process: int, limit: float) -> str:
    """Wait for the tests; ``limit`` is for those that wait for nothing, without computing."""
    end = time.monotonic() + limit
    status = None
    while status is None and time.monotonic() < end:
        done, code = os.waitpid(process, os.WNOHANG)
        if done:
            status = code
        else:
            time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):  # whatever it left running, too
        os.killpg(process, signal.SIGKILL)
    if status is None:
        os.waitpid(process, 0)
    if status is None or (os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL)):
        return "hung"
    return "failed" if status else "passed"


if __name__ == "__main__":
    main()
