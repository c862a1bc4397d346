"""The verb ``doctor``: what works on this machine, what doesn't, and what to do."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Literal

from napari_abc.cli.console import plain
from napari_abc.errors import AbcError, NetworkError
from napari_abc.text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_abc.cli.console import Console

__all__ = ["Check", "checks", "doctor"]

_PROBE_SECONDS = 90
_LITTLE_DISK = 5_000_000_000  # bytes; the tables and one matrix of a dataset take this much


_INSTALL = 'Install it with: pip install "napari-abc[all]"'
_DRIVER = (
    "Update the graphics driver; over a remote desktop, or without a driver, set LIBGL_ALWAYS_SOFTWARE=1."
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    status: Literal["ok", "warn", "fail"]
    detail: str
    cure: str = ""
    """What to do; empty where nothing has to be done."""


def doctor(arguments: Any, console: Console) -> int:
    """Print a line a check; the exit status is 0 if nothing failed, else 1."""
    found = []
    for check in checks(arguments.source, arguments.cache, arguments.offline):
        found.append(check)
        if not arguments.json:
            console.print(f"{check.status:<5} {check.name:<14} {plain(check.detail)}")
            if check.cure:
                console.print(f"{'':20} {plain(check.cure)}")
    usable = all(check.status != "fail" for check in found)
    if arguments.json:
        console.print(json.dumps({"usable": usable, "checks": [asdict(check) for check in found]}, indent=2))
    return 0 if usable else 1


def checks(source: str | None, cache: Path | None, offline: bool) -> Iterator[Check]:
    """Look at everything, one thing after the other."""
    yield _python()
    yield _napari()
    yield _qt()
    yield _display()
    yield _opengl()
    yield _triangulation()
    yield _cache(cache)
    yield _source(source, offline)


def _python() -> Check:
    system = platform.platform(terse=True)
    detail = f"napari-abc {version('napari-abc')}, Python {platform.python_version()}, {system}"
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Check("python", "warn", detail, "Tested with Python 3.11 to 3.13.")
    return Check("python", "ok", detail)


def _napari() -> Check:
    try:
        detail = f"napari {version('napari')}, vispy {version('vispy')}"
    except PackageNotFoundError as error:
        return Check("napari", "fail", f"{error.name} is not installed", _INSTALL)
    return Check("napari", "ok", detail)


def _qt() -> Check:
    try:
        import qtpy
        from qtpy.QtCore import qVersion
    except ImportError as error:
        return Check("qt", "fail", f"no Qt binding works: {error}", _INSTALL)
    return Check("qt", "ok", f"{qtpy.API_NAME} {qtpy.PYQT_VERSION or qtpy.PYSIDE_VERSION}, Qt {qVersion()}")


def _display() -> Check:
    from napari_abc.viewer.display import CURE

    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    if chosen.partition(":")[0] in ("offscreen", "minimal"):
        cure = (
            "Unset QT_QPA_PLATFORM; on a machine without a screen, figures start their own virtual display."
        )
        return Check("display", "warn", f"QT_QPA_PLATFORM={chosen} leaves napari's canvas blank", cure)
    if not sys.platform.startswith("linux"):
        return Check("display", "ok", "the system's own")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        if os.environ.get(name):
            return Check("display", "ok", f"{name}={os.environ[name]}")
    command = shutil.which("Xvfb")
    if command:
        cure = "Figures work; for the window, log in on a desktop or forward X."
        return Check("display", "warn", f"no screen; pictures are drawn with {command}", cure)
    return Check(
        "display", "fail", "no screen, and no Xvfb to draw without one", f"Install what is missing; {CURE}."
    )


def _opengl() -> Check:
    """Draw in a process of its own, so that a crash there is a line here."""
    command = [sys.executable, "-m", "napari_abc.cli.probe_gl"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_PROBE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        detail = f"a small canvas was not drawn within {_PROBE_SECONDS} s"
        return Check("opengl", "fail", detail, _DRIVER)
    said = [line for line in done.stderr.splitlines() if line.strip()]
    if done.returncode != 0:
        how = (
            f"ended by {signal.Signals(-done.returncode).name}"
            if done.returncode < 0
            else f"ended with {done.returncode}"
        )
        last = f": {said[-1].strip()}" if said else ""
        return Check("opengl", "fail", f"drawing a small canvas {how}{last}", _DRIVER)
    found = json.loads(done.stdout.splitlines()[-1])
    if "error" in found:
        return Check("opengl", "fail", found["error"], _DRIVER)
    detail = f"{found['version']}, {found['renderer']} ({found['vendor']}), up to {found['max_size']} pixels"
    if not found["drawn"]:
        return Check("opengl", "fail", f"{detail}; but what is drawn stays blank", _DRIVER)
    if any(name in found["renderer"].lower() for name in ("llvmpipe", "softpipe", "swrast", "gdi generic")):
        cure = "It works; a graphics card's driver draws millions of cells many times faster."
        return Check("opengl", "warn", f"{detail}; drawn by the processor", cure)
    return Check("opengl", "ok", detail)


def _triangulation() -> Check:
    try:
        detail = f"bermuda {version('bermuda')}"
        import_module("bermuda")  # a wheel for another processor shows when it is loaded
    except (PackageNotFoundError, ImportError) as error:
        cure = "Install it with: pip install bermuda. Without it, region outlines take minutes."
        return Check("triangulation", "warn", f"bermuda can't be used: {error}", cure)
    return Check("triangulation", "ok", detail)


def _cache(folder: Path | None) -> Check:
    from napari_abc.io.files import default_cache

    folder = (folder or default_cache()).expanduser().absolute()
    nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
    other = "Choose another folder with --cache DIR or NAPARI_ABC_CACHE."
    if not nearest.is_dir():
        return Check("cache", "fail", f"{nearest} is a file, not a folder", other)
    free = shutil.disk_usage(nearest).free
    detail = f"{folder}, {bytes_text(_size(folder))} used, {bytes_text(free)} free"
    if not os.access(nearest, os.W_OK | os.X_OK):
        return Check("cache", "fail", f"{detail}, but {nearest} can't be written to", other)
    if free < _LITTLE_DISK:
        cure = f"A dataset takes several gigabytes: make room. {other}"
        return Check("cache", "warn", detail, cure)
    return Check("cache", "ok", detail)


def _size(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size
            except OSError:  # gone, or not ours to see
                continue
    return total


def _source(location: str | None, offline: bool) -> Check:
    from napari_abc.io.remote import open_source

    try:
        if location == "demo":
            return Check("source", "ok", "the synthetic release that napari-abc makes itself")
        source = open_source(location)
        if offline and not source.is_local:
            return Check("source", "ok", f"{source.location} (not asked, because of --offline)")
        start = time.monotonic()
        releases = source.releases()
        seconds = time.monotonic() - start
    except AbcError as error:
        cure = (
            "Work without network: --offline opens what is on this disk, and 'napari-abc demo' needs nothing."
        )
        # Without network all that is on disk still works; a wrong address never will.
        return Check("source", "warn" if isinstance(error, NetworkError) else "fail", str(error), cure)
    if not releases:
        return Check("source", "fail", f"{source.location} has no release", "Check --source.")
    detail = (
        f"{source.location} answered in {seconds:.1f} s; newest of {len(releases)} releases: {releases[-1]}"
    )
    return Check("source", "ok", detail)
