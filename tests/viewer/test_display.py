"""Drawing without a screen; each case in a process of its own, as Qt can be started once only."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from processes import run

if TYPE_CHECKING:
    import subprocess

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays of Linux"),
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs Xvfb"),
]

DRAW = """
from napari_abc.viewer.display import ensure_display
ensure_display()
ensure_display()  # a second time changes nothing
from napari_abc.cli.probe_gl import probe
import os
print(probe()["drawn"], os.environ["DISPLAY"])
"""


def python(code: str, **environment: str | None) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in {**os.environ, **environment}.items() if value is not None}
    return run([sys.executable, "-c", code], env=env)


def ends(pid: int) -> bool:
    """Whether a process ends within some seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":  # ended; whoever inherited it has not looked yet
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("platform", [None, "offscreen", "minimal"])
def test_draws_without_a_display(platform: str | None) -> None:
    done = python(DRAW, DISPLAY=None, WAYLAND_DISPLAY=None, QT_QPA_PLATFORM=platform)
    assert done.stdout.startswith("True :"), done.stderr


SERVER = "from napari_abc.viewer import display; print(display._server.pid, flush=True)"


@pytest.mark.parametrize("end", ["", "os._exit(0)"])
def test_the_virtual_display_ends_with_the_process(end: str) -> None:
    done = python(f"{DRAW}\n{SERVER}\n{end}", DISPLAY=None, WAYLAND_DISPLAY=None, QT_QPA_PLATFORM=None)
    assert (done.returncode, done.stderr) == (0, "")
    assert ends(int(done.stdout.split()[-1]))


def test_the_virtual_display_ends_when_nothing_was_drawn() -> None:
    code = f"from napari_abc.viewer.display import ensure_display; ensure_display()\n{SERVER}"
    done = python(code, DISPLAY=None, WAYLAND_DISPLAY=None, QT_QPA_PLATFORM=None)
    assert (done.returncode, done.stderr) == (0, "")
    assert ends(int(done.stdout))


@pytest.mark.skipif(not os.environ.get("DISPLAY"), reason="needs a display")
def test_a_display_that_is_there_is_used() -> None:
    done = python(DRAW, QT_QPA_PLATFORM=None)
    assert done.stdout.split() == ["True", os.environ["DISPLAY"]], done.stderr


def test_qt_that_runs_offscreen_already_is_an_error() -> None:
    code = (
        "from qtpy.QtWidgets import QApplication; app = QApplication([]); "
        "from napari_abc.viewer.display import ensure_display; ensure_display()"
    )
    done = python(code, QT_QPA_PLATFORM="offscreen")
    last = done.stderr.splitlines()[-1]
    assert last.startswith("napari_abc.errors.DisplayError")
    assert "canvas blank" in last


def test_no_screen_for_a_window() -> None:
    code = "import sys; from napari_abc.cli import main; sys.exit(main(['view']))"
    done = python(code, DISPLAY=None, WAYLAND_DISPLAY=None)
    assert done.returncode == 2
    assert done.stderr.startswith("napari-abc: There is no screen")
    assert "napari-abc figure" in done.stderr
    assert done.stderr.count("\n") == 1
