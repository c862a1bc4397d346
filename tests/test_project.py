"""The project as a package: its manifest, its floors, and what importing it costs."""

from __future__ import annotations

import re
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from processes import run
from project import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = ROOT / "src" / "napari_abc"
HEAVY = ("numpy", "pandas", "pyarrow", "h5py", "zarr", "napari", "qtpy", "s3fs", "pydantic")
LOWER_FLOORS = [
    *(path for path in PACKAGE.glob("*.py") if path.stem != "__main__"),
    *(
        path
        for room in ("model", "io", "demo", "atlas", "vendors")
        for path in (PACKAGE / room).rglob("*.py")
    ),
]


def modules(paths: list[Path]) -> list[str]:
    names = (path.relative_to(PACKAGE.parent).with_suffix("").parts for path in paths)
    return [".".join(name).removesuffix(".__init__") for name in names]


def loaded_by(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after running the code."""
    code += "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules})"
    done = run([sys.executable, "-W", "error", "-c", code])
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_by("import napari_abc").isdisjoint(HEAVY)
    assert loaded_by("import napari_abc.cli").isdisjoint(HEAVY)


def test_everything_that_is_offered_is_there() -> None:
    import napari_abc

    for name in napari_abc.__all__:
        assert getattr(napari_abc, name) is not None
    assert napari_abc.__version__
    with pytest.raises(AttributeError):
        _ = napari_abc.nothing


def test_the_lower_floors_know_neither_qt_nor_napari() -> None:
    code = "import importlib\n" + "\n".join(
        f"importlib.import_module({name!r})" for name in modules(LOWER_FLOORS)
    )
    assert len(LOWER_FLOORS) > 100
    assert loaded_by(code).isdisjoint({"napari", "qtpy", "PyQt6", "PySide6", "vispy", "superqt", "magicgui"})


def test_opening_the_demo_needs_neither_qt_nor_napari(release_folder: Path) -> None:
    code = f"""
import napari_abc as abc
slab = abc.open_atlas({str(release_folder)!r})["MERFISH-C57BL6J-638850"].slab("C57BL6J-638850.37")
slab.coloring("class"), slab.coloring("gene:" + slab.genes.index[0])
"""
    assert loaded_by(code).isdisjoint({"napari", "qtpy", "PyQt6", "PySide6", "vispy"})


def test_the_manifest_is_valid() -> None:
    done = run([sys.executable, "-m", "npe2", "validate", "napari_abc"])
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_manifest_at_the_top_is_the_packaged_one() -> None:
    assert (ROOT / "napari.yaml").resolve() == PACKAGE / "napari.yaml"


def test_no_qt_binding_is_chosen_for_the_person() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = " ".join(project["dependencies"]).lower()
    assert not [name for name in ("pyqt", "pyside", "napari[", "napari-abc[") if name in needed]
    assert any("pyqt6" in extra for extra in project["optional-dependencies"]["all"])


def test_the_wheel_holds_what_the_program_reads(tmp_path: Path) -> None:
    import zipfile

    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    run(build, cwd=ROOT, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (about,) = (archive.read(name).decode() for name in names if name.endswith(".dist-info/METADATA"))
    for name in (
        "napari.yaml",
        "py.typed",
        "atlas/catalog.yaml",
        "cli/__init__.py",
        "demo/release.py",
    ):
        assert f"napari_abc/{name}" in names
    assert not [name for name in names if not name.startswith(("napari_abc/", "napari_abc-"))]
    (version,) = re.findall(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    assert f"\nVersion: {version}\n" in about
    # Without these the plugin's page on the napari hub has no links.
    for link in ("Homepage", "Documentation", "Source", "Issues"):
        assert f"\nProject-URL: {link}, https://" in about


@pytest.mark.skipif(sys.platform == "win32", reason="the scripts are for POSIX shells")
@pytest.mark.parametrize("name", ["scripts/setup", "scripts/test", "scripts/demo", ".ci/run"])
def test_scripts_can_be_run(name: str) -> None:
    path = ROOT / name
    assert path.stat().st_mode & 0o111
    run(["bash", "-n", str(path)], check=True)
