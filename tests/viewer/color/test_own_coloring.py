"""A third way of coloring is one class: painted, hidden, listed, carried along and saved as any other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import napari_abc as abc
from napari_abc.model import Coloring, Frame, Gene, Legend, LegendRow, hex_table
from napari_abc.viewer.color import _ways as ways
from napari_abc.viewer.color import cell_subset, hide, paint, painted, shown_line
from napari_abc.viewer.figure import save_figure
from napari_abc.widgets.dock import AtlasDock

if TYPE_CHECKING:
    from collections.abc import Callable, Set
    from pathlib import Path

    import napari
    from numpy.typing import NDArray
    from pytestqt.qtbot import QtBot

    from napari_abc.model import Slab

KINDS = ("neither", "first", "second", "both")
COLORS = ("#202040", "#ff2000", "#00ff20", "#fff000")
NONE = "#707070"
PLACES = ((1, 1), (5, 2), (2, 6), (6, 4))


@dataclass(frozen=True, eq=False)
class Both(Coloring):
    """Two genes at once: which of them a cell has."""

    first: NDArray[np.float32]
    second: NDArray[np.float32]
    key: str = "both:A+B"
    title: str = "A and B"

    @property
    def categories(self) -> tuple[str, ...]:
        return KINDS

    @property
    def genes(self) -> tuple[Gene, ...]:
        return Gene("ENSG-A", "A", "log2"), Gene("ENSG-B", "B", "log2")

    def take(self, rows: NDArray[np.integer]) -> Self:
        first, second = (
            np.where(rows < 0, np.nan, gene[rows]).astype(np.float32) for gene in (self.first, self.second)
        )
        return replace(self, first=first, second=second)

    def numbers(self) -> NDArray[np.floating]:
        return np.where(
            np.isnan(self.first + self.second), np.nan, 1.0 * (self.first > 0) + 2 * (self.second > 0)
        )

    def table(self, colormap: str, hidden: Set[str | None] = frozenset()) -> NDArray[np.float32]:
        table = hex_table([*COLORS, NONE])
        table[[name in hidden for name in (*KINDS, None)], 3] = 0
        return table

    def legend(
        self, limits: tuple[float, float] | None, colormap: str, hidden: Set[str | None] = frozenset()
    ) -> Legend:
        numbers = self.numbers()
        rows = [
            LegendRow(name, color, int((numbers == number).sum()), hidden=name in hidden)
            for number, (name, color) in enumerate(zip(KINDS, COLORS, strict=True))
        ]
        rows.append(LegendRow("not measured", NONE, self.missing, missing=True, hidden=None in hidden))
        return Legend(self.title, tuple(rows))

    def text(self, cell: int) -> str:
        return f"A {self.first[cell]:g}, B {self.second[cell]:g}"


@pytest.fixture
def both() -> Both:
    return Both(np.float32([1, 0, 2, np.nan]), np.float32([0, 3, 4, 1]))


@pytest.mark.parametrize("way", ways.WAYS, ids=lambda way: way.name)
def test_it_is_painted_and_hidden_in_every_way(
    viewer: napari.Viewer,
    slab: Slab,
    both: Both,
    look: Callable[..., Any],
    way: ways.Way,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(ways.ENVIRONMENT, way.name)
    cells = abc.add_slab(viewer, slab, both).cells

    def seen() -> list[str]:
        canvas = look(viewer)
        return [canvas.color(x, y) for x, y in PLACES]

    assert seen() == [COLORS[1], COLORS[2], COLORS[3], NONE]
    abc.color_by(cells, "Subclass")
    paint(cells, both)
    assert seen() == [COLORS[1], COLORS[2], COLORS[3], NONE]
    hide(cells, ["first", None])
    assert seen() == ["#000000", COLORS[2], COLORS[3], "#000000"]
    subset = cell_subset(cells)
    assert subset is not None
    assert subset.rows.tolist() == [False, True, True, False]
    assert cells.get_status((1.0, 1.0), world=True)["value"] == ""
    hide(cells, ["neither", "first", "second", None])
    assert seen() == ["#000000", "#000000", COLORS[3], "#000000"]


def test_the_status_bar_and_the_line_below_the_legend_tell_of_it(
    viewer: napari.Viewer, slab: Slab, both: Both
) -> None:
    from napari_abc.viewer.hover._status import cell_text

    cells = abc.add_slab(viewer, slab, both).cells
    state = painted(cells)
    assert cell_text(slab, 1, state).endswith("CaH · A 0, B 3")
    assert shown_line(slab, both, {"both"}) == "Showing 3 of 4 cells; 1 is hidden; 1 without A and B."


def test_the_dock_lists_its_legend(viewer: napari.Viewer, slab: Slab, both: Both, qtbot: QtBot) -> None:
    dock = AtlasDock(viewer)
    qtbot.addWidget(dock)
    cells = abc.add_slab(viewer, slab, both).cells
    model = dock.color_view.legend.view.model()
    lines = {model.index(i, 0).data(): model.index(i, 1).data() for i in range(model.rowCount())}
    assert lines == {"neither": "0", "first": "1", "second": "1", "both": "1", "not measured": "1"}
    assert dock.color_view.legend.title.text() == "A and B: 4 categories"
    hide(cells, ["both"])
    assert "Showing 3 of 4 cells" in dock.color_view.summary.cells.text()


def test_it_goes_along_into_another_frame(
    viewer: napari.Viewer, make_slab: Callable[..., Slab], both: Both
) -> None:
    here, there = Frame("slab", ("x_s", "y_s"), "millimeter"), Frame("far", ("x_f", "y_f"), "millimeter")
    slab = make_slab(frames=(here, there))
    x, y = slab.cells["x"], slab.cells["y"]
    slab.cells = slab.cells.assign(x_s=x, y_s=y, x_f=x + 9, y_f=pd.Series(y).where(x < 6))
    cells = abc.add_slab(viewer, slab, both).cells
    hide(cells, ["first"])
    state = painted(abc.show_in_frame(viewer, cells, "far").cells)
    assert state is not None
    assert state.coloring.numbers().tolist() == [1, 2, 3]
    assert state.hidden == {"first"}
    back = painted(abc.show_in_frame(viewer, viewer.layers[-1], "slab").cells)
    assert back is not None
    np.testing.assert_array_equal(back.coloring.numbers(), [1, 2, 3, np.nan])


def test_a_figure_of_it_is_saved(slab: Slab, both: Both, tmp_path: Path) -> None:
    path = tmp_path / "both.png"
    save_figure(slab, path, both, size=(800, 500))
    with Image.open(path) as image:
        assert image.info["Title"].endswith("A and B")
        pixels = np.asarray(image.convert("RGB")).reshape(-1, 3)
    for color in (*COLORS[1:], NONE):
        wanted = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
        assert (np.abs(pixels.astype(int) - wanted).max(axis=1) <= 2).sum() > 100, color
