"""How long napari takes to show its window, with the plugin and without it, and how long the dock takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.meter import Sample

_LONGEST_SECONDS = 200
"""Until napari is given up; a window that is never shown would be waited for without end."""

_PROGRAM = """
import json, time
from napari_abc.viewer.display import ensure_display  # loads neither Qt nor napari
ensure_display()
began = time.perf_counter()
import napari
from qtpy.QtWidgets import QApplication

def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if "VmHWM" in line) / 1024

def shown(widget):
    while not (widget.isVisible() and widget.visibleRegion().boundingRect().isValid()):
        QApplication.processEvents()
    QApplication.processEvents()

viewer = napari.Viewer()
shown(viewer.window._qt_window)
told = {"window": {"seconds": [time.perf_counter() - began], "mb": peak()}}
from npe2 import PluginManager
enabled = {manifest.name for manifest in PluginManager.instance().iter_manifests(disabled=False)}
told["enabled"] = "napari-abc" in enabled
if told["enabled"]:
    began = time.perf_counter()
    dock, _ = viewer.window.add_plugin_dock_widget("napari-abc", "ABC Atlas")
    shown(dock)
    told["dock"] = {"seconds": [time.perf_counter() - began], "mb": peak() - told["window"]["mb"]}
print(json.dumps(told), flush=True)
viewer.close()
"""


def window(plugin: bool) -> dict[str, Sample]:
    """Start a napari of its own and wait for its window; with the plugin also for the dock.

    Parameters
    ----------
    plugin
        Whether the plugin is enabled in napari's settings.
    """
    with tempfile.TemporaryDirectory(prefix="napari-abc-start-") as folder:
        settings = Path(folder) / "settings.yaml"
        disabled = [] if plugin else ["napari-abc"]
        settings.write_text(json.dumps({"plugins": {"disabled_plugins": disabled}}), "utf-8")
        homes = {"NAPARI_CONFIG": str(settings), "NAPARI_ABC_CACHE": folder}
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST_SECONDS,
            env={**os.environ, **homes},
        )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    told = json.loads(done.stdout.splitlines()[-1])
    if told.pop("enabled") is not plugin:
        raise RuntimeError(f"The plugin is {'off' if plugin else 'on'}, against napari's settings.")
    return dict(told)
