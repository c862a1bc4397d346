"""The verbs figure, view and demo, from the shell's words to pixels and windows."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_abc.cli import main
from processes import run
from project import cut_and_whole
from visits import visit_window

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

HUMAN = "HMBA-MERSCOPE-H22.30.001-BG"
PLANE = "H22.30.001.CX.16.Plane.07"
COMMAND = [str(Path(sys.executable).with_name("napari-abc"))]

needs_screen = pytest.mark.skipif(
    sys.platform.startswith("linux") and not os.environ.get("DISPLAY"),
    reason="needs a display; run the tests with xvfb-run or scripts/test",
)


def colors(path: Path) -> int:
    """How many clearly different colors the canvas of a figure has."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))[100:-120, : image.width // 2] >> 4
    return len(np.unique(pixels.reshape(-1, 3), axis=0))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays of Linux")
def test_figure_without_a_display_in_a_process_of_its_own(release_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.png"
    words = [
        "figure",
        HUMAN,
        PLANE,
        "--color-by",
        "Subclass",
        "--regions",
        "--size",
        "900x600",
        "-o",
        str(out),
    ]
    environment = {
        key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")
    }
    done = run(
        [*COMMAND, "--source", str(release_folder), *words],
        env={**environment, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1] == f"Wrote {out}."
    with Image.open(out) as image:
        assert image.size == (900, 600)
    assert colors(out) > 20


@needs_screen
def test_figure_of_a_gene_with_raw_counts(release_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.png"
    words = ["figure", HUMAN, PLANE, "--color-by", "gene:drd1", "--values", "raw", "--limits", "0,5"]
    assert (
        main(
            [
                *words,
                "--colormap",
                "viridis",
                "--size",
                "800x500",
                "--source",
                str(release_folder),
                "-o",
                str(out),
            ]
        )
        == 0
    )
    assert colors(out) > 5


@needs_screen
@pytest.mark.parametrize(
    ("path", "color_by"),
    [
        *cut_and_whole("merscope/brain-tumor-150", "volume"),
        *cut_and_whole("xenium/cell-mix-526", "transcript_counts"),
    ],
)
def test_figure_of_a_persons_own_run(tmp_path: Path, path: Path, color_by: str) -> None:
    out = tmp_path / "a.png"
    words = ["figure", str(path), "--color-by", color_by, "--size", "800x500"]
    assert main([*words, "-o", str(out)]) == 0
    assert colors(out) >= 3


@needs_screen
def test_figure_of_regions_that_are_not_there(
    capsys: pytest.CaptureFixture[str], release_folder: Path, tmp_path: Path
) -> None:
    words = ["figure", "MERFISH-C57BL6J-638850", "C57BL6J-638850.37", "--color-by", "class", "--regions"]
    out = tmp_path / "a.png"
    assert main([*words, "--source", str(release_folder), "-o", str(out)]) == 2
    assert "no regions" in capsys.readouterr().err
    assert not out.exists()


@needs_screen
def test_demo_saves_a_picture(tmp_path: Path, demo_cache: Path) -> None:
    out = tmp_path / "demo.png"
    assert main(["demo", "--figure", str(out)]) == 0
    with Image.open(out) as image:
        assert image.size == (1600, 1000)
        pixels = np.asarray(image.convert("RGB")).astype(int)
    assert colors(out) > 100
    assert (np.abs(pixels[:60] - (255, 176, 0)).max(axis=-1) < 12).sum() > 200  # says "synthetic data"


@needs_screen
def test_view_opens_slab_and_dock(
    qtbot: QtBot, release_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from napari_abc.viewer.color import painted

    def at(viewer: object) -> None:
        cells, regions = sorted(viewer.layers, key=lambda layer: type(layer).__name__)  # type: ignore[attr-defined]
        assert painted(cells).coloring.key == "Subclass"
        assert regions.visible
        docks = viewer.window.dock_widgets  # type: ignore[attr-defined]
        assert any(name.startswith("ABC Atlas") for name in docks)
        picture = viewer.screenshot(canvas_only=True, flash=False)[..., :3]  # type: ignore[attr-defined]
        lit = (picture.max(axis=-1) > 60).any(axis=0)
        assert lit.sum() > 0.3 * lit.size
        assert not lit[:3].any()  # nothing of the slab is cut off …
        assert not lit[-3:].any()

    words = ["view", HUMAN, PLANE, "--color-by", "subclass", "--regions", "--source", str(release_folder)]
    with visit_window(at):
        assert main(words) == 0
    assert "Synthetic data" in capsys.readouterr().err


def own_image(folder: Path) -> Path:
    """100 x 100 mm of black, and a white square of 3 mm in the middle of the cells; in micrometers."""
    data = np.zeros((1000, 1000), np.uint8)
    data[721:751, 291:321] = 200
    size = {"PhysicalSizeX": 100, "PhysicalSizeY": 100}
    tifffile.imwrite(folder / "square.ome.tif", data, metadata={"axes": "YX", **size})
    return folder / "square.ome.tif"


@needs_screen
def test_view_puts_images_of_ones_own_below_the_cells(
    qtbot: QtBot, release_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tifffile.imwrite(tmp_path / "square.tif", np.ones((4, 4), np.uint8))
    seen: list[str] = []
    words = [
        "view",
        HUMAN,
        PLANE,
        "--image",
        str(own_image(tmp_path)),
        "--image",
        str(tmp_path / "square.tif"),
    ]
    with visit_window(lambda viewer: seen.extend(layer.name for layer in viewer.layers)):  # type: ignore[attr-defined]
        assert main([*words, "--source", str(release_folder)]) == 0
    assert [name.partition(" · ")[0] for name in seen[:2]] == ["square (2)", "square"]
    assert "square (2): The image does not say how large" in capsys.readouterr().err


@needs_screen
def test_figure_with_an_image_of_ones_own(release_folder: Path, tmp_path: Path) -> None:
    words = ["figure", HUMAN, PLANE, "--color-by", "Subclass", "--size", "800x500"]
    pictures = []
    for name, more in (("without", []), ("with", ["--image", str(own_image(tmp_path))])):
        out = tmp_path / f"{name}.png"
        assert main([*words, *more, "--source", str(release_folder), "-o", str(out)]) == 0
        with Image.open(out) as picture:
            pictures.append(np.asarray(picture.convert("RGB"))[60:-60, :500].astype(int))
    changed = np.abs(pictures[1] - pictures[0]).max(axis=-1) > 60
    # The square is seen between the cells, and is as large as 3 of the 31 mm that the canvas shows.
    assert changed.sum() > 100
    rows, columns = (np.flatnonzero(changed.any(axis=axis)) for axis in (1, 0))
    assert 20 < np.ptp(rows) < 60
    assert 20 < np.ptp(columns) < 60


@needs_screen
def test_view_without_regions_and_with_a_gene(qtbot: QtBot, release_folder: Path) -> None:
    from napari_abc.viewer.color import painted

    states = []

    def at(viewer: object) -> None:
        cells, regions = sorted(viewer.layers, key=lambda layer: type(layer).__name__)  # type: ignore[attr-defined]
        states.append((painted(cells), regions.visible))

    words = ["view", HUMAN, PLANE, "--color-by", "gene:DRD1", "--limits", "1,4", "--colormap", "viridis"]
    with visit_window(at):
        assert main([*words, "--no-regions", "--source", str(release_folder)]) == 0
    ((state, visible),) = states
    assert (state.coloring.key, state.limits, state.colormap) == ("gene:DRD1", (1.0, 4.0), "viridis")
    assert not visible


@needs_screen
def test_view_of_nothing_opens_the_dock(qtbot: QtBot) -> None:
    names: list[str] = []
    with visit_window(lambda viewer: names.extend(viewer.window.dock_widgets)):  # type: ignore[attr-defined]
        assert main(["view"]) == 0
    assert any(name.startswith("ABC Atlas") for name in names)


@needs_screen
def test_demo_opens_the_showpiece(qtbot: QtBot, demo_cache: Path) -> None:
    layers: list[str] = []
    with visit_window(lambda viewer: layers.extend(str(layer) for layer in viewer.layers)):  # type: ignore[attr-defined]
        assert main(["demo"]) == 0
    assert any("synthetic" in name for name in layers)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["view", "--color-by", "Group"], "Say what to open"),
        (["view", "--image", "a.tif"], "Say what to open"),
        (["view", HUMAN, PLANE, "--image", "nothing.nii.gz"], "no file or folder nothing.nii.gz"),
        (["view", HUMAN, PLANE, "--color-by", "Grup"], "did you mean Group"),
        (["view", HUMAN, PLANE, "--color-by", "gene:DRD1", "--colormap", "magmma"], "magma"),
        (["view", HUMAN, PLANE, "--color-by", "gene:DRD1", "--limits", "4,1"], "limits"),
        (["view", "MERFISH-C57BL6J-638850", "C57BL6J-638850.37", "--regions"], "no regions"),
    ],
)
@needs_screen
def test_view_says_what_is_wrong_before_a_window_opens(
    qtbot: QtBot, capsys: pytest.CaptureFixture[str], release_folder: Path, words: list[str], says: str
) -> None:
    import napari

    assert main([*words, "--source", str(release_folder)]) == 2
    err = capsys.readouterr().err
    assert says in err
    assert err.count("\n") == 1
    assert napari.current_viewer() is None
