"""What a figure shows, told from its pixels."""

from __future__ import annotations

import dataclasses
import gc
import sys
import weakref
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
from PIL import Image

from napari_abc.errors import AbcError, ConfigurationError, DisplayError, UnknownNameError
from napari_abc.model import Continuous, Frame, Palette
from napari_abc.viewer.color import legend
from napari_abc.viewer.figure import save_figure
from napari_abc.viewer.figure._canvas import check_drawn
from processes import in_threads

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_abc.model import Slab

SIZE = (1000, 640)


class Picture(NamedTuple):
    """A figure of :data:`SIZE`, and its parts."""

    page: NDArray[np.int64]

    @property
    def canvas(self) -> NDArray[np.int64]:
        return self.page[48:606, :800]

    @property
    def corner(self) -> NDArray[np.int64]:
        """Where the scale bar is."""
        return self.page[560:606, :260]

    @property
    def panel(self) -> NDArray[np.int64]:
        return self.page[48:606, 815:]


def near(pixels: NDArray[np.int64], color: str, within: int = 12) -> NDArray[np.bool_]:
    """Where the pixels have about that color."""
    wanted = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    return np.asarray((np.abs(pixels - wanted) <= within).all(axis=-1))


def colormap_hexes(name: str) -> tuple[str, ...]:
    """The colors that a color bar of that name has."""
    bar = legend(Continuous("k", "k", np.float32([0, 1]), ""), None, name).bar
    assert bar is not None
    return bar.stops


def box(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is set."""
    rows, columns = np.nonzero(mask)
    return int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())


def draw(slab: Slab, folder: Path, color_by: str = "Group", **options: object) -> Picture:
    path = folder / "a.png"
    save_figure(slab, path, color_by, **{"size": SIZE, **options})  # type: ignore[arg-type]
    with Image.open(path) as image:
        assert image.format == "PNG"
        return Picture(np.asarray(image.convert("RGB")).astype(np.int64))


@pytest.fixture(scope="module")
def by_group(slab: Slab, tmp_path_factory: pytest.TempPathFactory) -> Picture:
    return draw(slab, tmp_path_factory.mktemp("group"))


@pytest.fixture(scope="module")
def by_gene(slab: Slab, tmp_path_factory: pytest.TempPathFactory) -> Picture:
    return draw(slab, tmp_path_factory.mktemp("gene"), "gene:drd1", colormap="viridis", limits=(0, 25))


def test_every_cell_in_its_color_and_place(by_group: Picture) -> None:
    assert by_group.page.shape == (SIZE[1], SIZE[0], 3)
    stripes = [box(near(by_group.canvas, color)) for color in ("#ff0000", "#00ff00", "#0000ff", "#ffff00")]
    left, top, bottom, right = stripes[0][0], stripes[0][1], stripes[0][3], stripes[-1][2]
    width, height = right - left, bottom - top
    assert width / height == pytest.approx(2, rel=0.03)  # 10 mm by 5 mm
    for number, stripe in enumerate(stripes):  # x grows to the right; a stripe is a quarter of it
        assert stripe[0] - left == pytest.approx(number * width / 4, abs=0.02 * width)
    assert width > 0.9 * 780  # the slab fills what the canvas has


def test_y_grows_downwards(slab: Slab, tmp_path: Path) -> None:
    half = np.where(slab.cells["y"] < 42, "low", "high")
    palettes = {"half": Palette(("low", "high"), ("#ff0000", "#0000ff"))}
    two = dataclasses.replace(slab, cells=slab.cells.assign(half=half), palettes=palettes)
    canvas = draw(two, tmp_path, "half").canvas
    low, high = box(near(canvas, "#ff0000")), box(near(canvas, "#0000ff"))
    assert low[1] < high[1] - 100
    assert low[3] < high[3] - 100


def test_scale_bar_is_true(by_group: Picture) -> None:
    width = box(near(by_group.canvas, "#ffff00"))[2] - box(near(by_group.canvas, "#ff0000"))[0]
    bar = near(by_group.corner, "#ffffff", 60).sum(axis=1).max()  # its longest row of white
    assert bar / width == pytest.approx(1 / 10, rel=0.05)  # 1 of 10 mm


def test_legend_has_a_swatch_and_text_for_each_category_with_cells(by_group: Picture) -> None:
    panel = by_group.panel
    rows = [box(near(panel[:, :30], color)) for color in ("#ff0000", "#00ff00", "#0000ff", "#ffff00")]
    rows.append(box(near(panel[:, :30], "#808080", 3)))
    tops = [row[1] for row in rows]
    assert tops == sorted(tops)  # in term order, missing last
    assert not near(panel, "#ff00ff").any()  # no cell has this one
    for _, top, right, bottom in rows:
        text = panel[top : bottom + 1, right + 4 :]
        assert (text.max(axis=-1) > 150).sum() > 20  # name and count


def test_synthetic_data_are_labeled(by_group: Picture, slab: Slab, tmp_path: Path) -> None:
    assert near(by_group.page, "#ffb000")[:60, 700:].sum() > 100
    real = draw(dataclasses.replace(slab, synthetic=False), tmp_path)
    assert not near(real.page, "#ffb000").any()


VIRIDIS = colormap_hexes("viridis")


def test_gene_has_a_color_bar_and_gray_cells(by_gene: Picture) -> None:
    assert near(by_gene.canvas, "#404040", 2).any()  # zero
    assert near(by_gene.canvas, "#808080", 2).any()  # not measured
    panel = by_gene.panel
    low, high = box(near(panel, VIRIDIS[0], 25)), box(near(panel, VIRIDIS[-1], 25))
    assert high[3] < low[1]  # the upper limit is at the top
    assert low[3] - high[1] > 200
    assert near(panel[:, :30], "#808080", 3).sum() > 20  # the row that says so
    numbers = panel[high[1] : low[3], high[2] + 10 :]
    assert (numbers.max(axis=-1) > 150).sum() > 50


def test_limits_and_colormap_reach_the_canvas(by_gene: Picture) -> None:
    # x is 20 to 30, and above the upper limit of 25 all cells have the last color
    yellow = box(near(by_gene.canvas, VIRIDIS[-1], 2))
    everything = box(by_gene.canvas[:500].max(axis=-1) > 60)
    middle = (everything[0] + everything[2]) / 2
    assert yellow[0] == pytest.approx(middle, abs=50)
    assert yellow[2] == pytest.approx(everything[2], abs=8)


def test_regions_are_drawn_when_asked_for(by_group: Picture, slab: Slab, tmp_path: Path) -> None:
    assert not near(by_group.canvas, "#00ffff", 40).any()
    drawn = draw(slab, tmp_path, regions=True)
    left, top, right, bottom = box(near(drawn.page[48:580, :800], "#00ffff", 40))
    assert (right - left) / (bottom - top) == pytest.approx(12 / 7, rel=0.03)  # nothing of it is cut off
    key = near(drawn.page[582:605, :800], "#00ffff", 40)
    assert key.sum() > 20  # its name stands below the canvas
    after = drawn.page[582:605, box(key)[2] + 4 : 100]
    assert (after.min(axis=-1) > 150).sum() > 10


def test_regions_that_are_not_there(slab: Slab, tmp_path: Path) -> None:
    bare = dataclasses.replace(slab, regions=slab.regions.iloc[:0])
    with pytest.raises(ConfigurationError, match="no regions"):
        draw(bare, tmp_path, regions=True)


@pytest.mark.parametrize("size", [(400, 300), (901, 777), (2600, 1500)])
def test_size_is_exact(slab: Slab, tmp_path: Path, size: tuple[int, int]) -> None:
    page = draw(slab, tmp_path, size=size).page
    assert page.shape == (size[1], size[0], 3)
    assert near(page, "#0000ff").sum() > 30


@pytest.mark.parametrize("size", [(399, 300), (400, 299), (0, 0), (20_000, 400), (12_000, 12_000)])
def test_size_that_cannot_be(slab: Slab, tmp_path: Path, size: tuple[int, int]) -> None:
    with pytest.raises(ConfigurationError, match=r"can't be (read|drawn)"):
        draw(slab, tmp_path, size=size)


def test_micrometers_and_no_unit(slab: Slab, tmp_path: Path) -> None:
    micron = dataclasses.replace(slab, frames=(Frame("micron", ("x", "y"), "micrometer"),))
    bare = dataclasses.replace(slab, frames=(Frame("spatial", ("x", "y"), ""),))
    assert near(draw(micron, tmp_path).corner, "#ffffff", 60).sum() > 50
    assert not near(draw(bare, tmp_path).corner, "#ffffff", 60).any()


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"color_by": "Grp"}, UnknownNameError),
        ({"color_by": "gene:DRD9"}, UnknownNameError),
        ({"color_by": "gene:DRD1", "colormap": "magmma"}, ConfigurationError),
        ({"color_by": "gene:DRD1", "limits": (3, 1)}, ConfigurationError),
        ({"color_by": "gene:DRD1", "values": "raw"}, AbcError),
    ],
)
def test_what_is_not_there_leaves_no_file(
    slab: Slab, tmp_path: Path, options: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        draw(slab, tmp_path, **options)
    assert not list(tmp_path.glob("*.png"))


def test_the_file_says_what_it_is(slab: Slab, tmp_path: Path) -> None:
    def texts(of: Slab) -> dict[str | tuple[int, int], object]:
        draw(of, tmp_path)
        with Image.open(tmp_path / "a.png") as image:
            image.load()
            return image.info

    made_up = texts(slab)
    assert made_up["Title"] == "A-DATASET · Slab.01 · Group"
    assert made_up["Source"] == "synthetic data"
    assert str(made_up["Software"]).startswith("napari-abc ")
    assert "Copyright" not in made_up
    measured = texts(dataclasses.replace(slab, synthetic=False))
    assert (measured["Source"], measured["Copyright"]) == ("Somebody (2026)", "CC BY-NC 4.0")


def test_one_cell_is_enough(slab: Slab, tmp_path: Path) -> None:
    one = dataclasses.replace(slab, cells=slab.cells.iloc[:1])
    page = draw(one, tmp_path).page
    assert 20 < near(page[48:606, :800], "#ff0000").sum() < 0.02 * page[..., 0].size


def test_no_cells_are_no_figure(slab: Slab, tmp_path: Path) -> None:
    # As of a MERSCOPE folder with mosaics and no cell_metadata.csv.
    with pytest.raises(ConfigurationError, match="has no cells to color"):
        draw(dataclasses.replace(slab, cells=slab.cells.iloc[:0]), tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's limit on the size of a file")
def test_a_disk_without_room_is_one_error_and_leaves_nothing(
    slab: Slab, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(AbcError, match=r"a\.png"):
            draw(slab, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())
    assert capfd.readouterr().err == ""  # the error's own line is all that a shell should show


def test_a_blank_canvas_is_an_error(slab: Slab) -> None:
    blank = np.zeros((400, 600, 4), dtype=np.uint8)
    with pytest.raises(DisplayError, match="napari-abc doctor"):
        check_drawn(blank, slab)
    blank[100, 100, 0] = 9
    check_drawn(blank, slab)


def test_no_thread_but_the_main_one(slab: Slab, tmp_path: Path) -> None:
    with pytest.raises(DisplayError, match="main thread"):
        in_threads(lambda: draw(slab, tmp_path))


def test_nothing_is_left_behind(slab: Slab, tmp_path: Path) -> None:
    from qtpy.QtWidgets import QApplication

    def draw_and_forget() -> weakref.ref[object]:
        fresh = dataclasses.replace(slab, cells=slab.cells.copy())
        draw(fresh, tmp_path)
        return weakref.ref(fresh.cells)

    draw_and_forget()  # the application itself stays
    windows = len(QApplication.topLevelWidgets())
    gone = draw_and_forget()
    QApplication.processEvents()  # as the event loop would
    gc.collect()
    assert len(QApplication.topLevelWidgets()) == windows
    assert gone() is None


def test_the_persons_settings_stay_as_they_are(slab: Slab, tmp_path: Path) -> None:
    from napari.settings import get_settings

    settings = get_settings()
    before = settings.dict()
    draw(slab, tmp_path)
    assert settings.dict() == before
