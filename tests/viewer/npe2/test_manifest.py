"""The npe2 manifest: valid, complete, light, and its commands work from napari's menus."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from npe2 import PluginManifest
from qtpy.QtWidgets import QFileDialog

import napari_abc as abc
from generated import xenium_run
from napari_abc.vendors.registry import VENDORS
from napari_abc.widgets.commands import ANNOTATIONS_NAME, DOCK_NAME, open_annotations, open_dock
from processes import run
from project import DATA

if TYPE_CHECKING:
    from collections.abc import Iterator

    import napari
    from qtpy.QtGui import QAction

    from napari_abc.model import Slab


@pytest.fixture(scope="module")
def manifest() -> PluginManifest:
    return PluginManifest.from_distribution("napari-abc")


def test_npe2_finds_it_valid() -> None:
    done = run([sys.executable, "-m", "npe2", "validate", "napari_abc"])
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_command_exists_and_has_a_telling_title(manifest: PluginManifest) -> None:
    titles = [command.title for command in manifest.contributions.commands]
    assert titles
    assert len(set(titles)) == len(titles)
    assert all(len(title.split()) >= 3 for title in titles)
    for command in manifest.contributions.commands:
        module, _, name = str(command.python_name).partition(":")
        assert callable(getattr(import_module(module), name)), command.id


def test_readers_claim_no_more_than_is_ours(manifest: PluginManifest) -> None:
    runs, volumes = manifest.contributions.readers
    assert sorted(runs.filename_patterns) == sorted(p for vendor in VENDORS for p in vendor.patterns)
    assert volumes.filename_patterns == ["*.nii", "*.nii.gz"]
    assert runs.accepts_directories and volumes.accepts_directories


def test_the_menus_name_every_vendor(manifest: PluginManifest) -> None:
    """The manifest is no code, so it can't ask who reads what."""
    titles = {command.id: command.title for command in manifest.contributions.commands}
    for vendor in VENDORS:
        assert vendor.name in titles["napari-abc.read"]
        assert vendor.name in titles["napari-abc.open_folder" if vendor.is_folder else "napari-abc.open_h5ad"]


def test_starting_napari_loads_nothing_of_it() -> None:
    code = """
import json, sys
from npe2 import PluginManager
manager = PluginManager.instance()
manager.discover()
manifest = manager.get_manifest("napari-abc")
list(manager.iter_widgets())
list(manager.iter_sample_data())
list(manager.iter_menu("napari/file/io_utilities"))
ours = [name for name in sys.modules if name.startswith("napari_abc")]
import napari_abc
heavy = sorted({"numpy", "pandas", "qtpy", "napari", "h5py", "zarr", "pyarrow"} & set(sys.modules))
print(json.dumps([ours, heavy]))
"""
    done = run([sys.executable, "-c", code], check=True)
    ours, heavy = json.loads(done.stdout.splitlines()[-1])
    assert [name for name in ours if name != "napari_abc"] == []
    assert heavy == []


def entry(viewer: napari.Viewer, *path: str) -> QAction:
    """An entry of napari's menu bar, by the beginnings of its titles."""
    bar = viewer.window._qt_window.menuBar()
    actions = bar.actions()
    found = None
    for title in path:
        found = next(a for a in actions if a.text().replace("&", "").startswith(title))
        if found.menu() is not None:
            found.menu().aboutToShow.emit()
            actions = found.menu().actions()
    assert found is not None
    return found


@pytest.fixture
def no_docks(viewer: napari.Viewer) -> Iterator[None]:
    yield
    viewer.window.remove_dock_widget("all")


def docks(viewer: napari.Viewer) -> list[str]:
    return [name for name in viewer.window.dock_widgets if "ABC" in name]


@pytest.mark.usefixtures("no_docks")
def test_the_dock_opens_from_two_menus_and_there_is_only_one(viewer: napari.Viewer) -> None:
    entry(viewer, "File", "IO Utilities", "Browse the Allen Brain Cell Atlas").trigger()
    assert docks(viewer) == [DOCK_NAME]
    assert open_dock(viewer) is open_dock()
    entry(viewer, "Plugins", "Allen Brain Cell Atlas", "ABC Atlas").trigger()
    assert docks(viewer) == [DOCK_NAME]
    assert not open_dock(viewer).parentWidget().isHidden()


@pytest.mark.usefixtures("no_docks")
def test_the_browser_of_cell_types_opens_beside_the_dock(viewer: napari.Viewer) -> None:
    entry(viewer, "File", "IO Utilities", "Browse the Allen Brain Cell Atlas").trigger()
    entry(viewer, "File", "IO Utilities", "Browse cell types").trigger()
    assert open_annotations(viewer) is open_annotations()
    entry(viewer, "Plugins", "Allen Brain Cell Atlas", "Cluster annotations").trigger()
    assert [name for name in viewer.window.dock_widgets if "annotations" in name] == [ANNOTATIONS_NAME]
    assert docks(viewer) == [DOCK_NAME]
    assert not open_annotations(viewer).parentWidget().isHidden()


@pytest.mark.usefixtures("no_docks")
def test_a_folder_opens_from_the_menu(
    viewer: napari.Viewer, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    chosen = str(xenium_run())
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, **__: chosen)
    entry(viewer, "File", "IO Utilities", "Open a Xenium or MERSCOPE folder").trigger()
    qtbot.waitUntil(lambda: len(viewer.layers) == 1, timeout=30_000)
    assert len(viewer.layers[0].data) == 300


@pytest.mark.usefixtures("no_docks")
def test_an_h5ad_opens_from_the_menu(
    viewer: napari.Viewer, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    chosen = str(DATA / "h5ad" / "visium-49.h5ad")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (chosen, ""))
    entry(viewer, "File", "IO Utilities", "Open cells with coordinates").trigger()
    qtbot.waitUntil(lambda: len(viewer.layers) == 1, timeout=30_000)
    assert len(viewer.layers[0].data) == 49


@pytest.mark.usefixtures("no_docks")
def test_a_cancelled_dialog_opens_nothing(viewer: napari.Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, **__: "")
    entry(viewer, "File", "IO Utilities", "Open a Xenium or MERSCOPE folder").trigger()
    assert len(viewer.layers) == 0


@pytest.mark.usefixtures("no_docks")
def test_coloring_is_offered_from_the_layers_menu(viewer: napari.Viewer, slab: Slab) -> None:
    abc.add_slab(viewer, slab)
    entry(viewer, "Layers", "Visualize", "Color cells by type, region or gene").trigger()
    assert docks(viewer) == [DOCK_NAME]
    assert open_dock(viewer).color_view.picker.gene.isEnabled()


def test_samples_are_in_the_menu(viewer: napari.Viewer) -> None:
    samples = entry(viewer, "File", "Open Sample", "Allen Brain Cell Atlas")
    titles = [action.text().replace("&", "") for action in samples.menu().actions()]
    assert titles == [
        "Human basal ganglia (synthetic)",
        "Macaque basal ganglia (synthetic)",
        "Marmoset basal ganglia (synthetic)",
        "Mouse brain section (synthetic)",
        "Mouse brain in the CCF, 3D (synthetic)",
        "Mouse brain, single cells (synthetic)",
    ]


def test_commands_are_in_the_palette(viewer: napari.Viewer, manifest: PluginManifest) -> None:
    from napari._app_model import get_app_model

    known = set(dict(get_app_model().commands))
    samples = {f"napari-abc.sample_{key}" for key in ("human", "macaque", "marmoset", "mouse")}
    samples |= {"napari-abc.sample_mouse_ccf", "napari-abc.sample_mouse_embedding"}
    wanted = {command.id for command in manifest.contributions.commands}
    assert (wanted - samples) | {f"napari-abc.{key}" for key in ("human", "mouse")} <= known


@pytest.mark.usefixtures("no_docks")
def test_every_command_of_the_palette_runs_without_arguments(
    viewer: napari.Viewer, manifest: PluginManifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari._app_model import get_app_model

    asked = []
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, **__: asked.append("folder") or "")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: asked.append("file") or ("", ""))
    for command in manifest.contributions.commands:
        if "sample" not in command.id:  # these are opened elsewhere
            get_app_model().commands.execute_command(command.id).result()
    assert asked == ["folder", "file", "file", "folder", "file"]
    assert docks(viewer) == [DOCK_NAME]
