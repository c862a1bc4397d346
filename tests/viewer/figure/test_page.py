"""What goes where on a page."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from napari_abc.model import LegendRow
from napari_abc.viewer.color import legend
from napari_abc.viewer.figure._page import FigurePage, _most, _number, _ticks

if TYPE_CHECKING:
    from qtpy.QtWidgets import QApplication

    from napari_abc.model import Categorical, Slab


def page(width: int, height: int, slab: Slab, key: str = "Group") -> FigurePage:
    return FigurePage(width, height, legend(slab.coloring(key)), "title", "footer", "license", "label")


@pytest.mark.parametrize(("width", "height"), [(400, 300), (1600, 1000), (3000, 700), (700, 3000)])
def test_the_canvas_has_most_of_the_page(qapp: QApplication, slab: Slab, width: int, height: int) -> None:
    canvas = page(width, height, slab).canvas
    assert canvas.width() >= 0.6 * width
    assert canvas.height() >= 0.75 * height
    assert canvas.right() < width
    assert canvas.bottom() < height


def test_long_names_do_not_take_the_canvas(qapp: QApplication, slab: Slab) -> None:
    names = [name * 40 for name in slab.cells["Group"].cat.categories]
    long = slab.cells["Group"].cat.rename_categories(names)
    wide = dataclasses.replace(slab, cells=slab.cells.assign(long=long))
    assert page(1600, 1000, wide, "long").canvas.width() >= 0.6 * 1600


def test_the_most_frequent_rows_stay_in_their_order(many: Categorical) -> None:
    rows = legend(many).rows
    shown, rest = _most(rows, 10)
    assert len(shown) == 9
    assert len(shown) + len(rest) == len(rows)
    assert [row.name for row in shown[-2:]] == ["type 199", "no value"]
    assert [row.name for row in shown[:3]] == ["type 0", "type 1", "type 2"]


def test_all_rows_stay_where_there_is_room() -> None:
    rows = (LegendRow("a", "#000000", 1), LegendRow("b", "#000000", 2))
    assert _most(rows, 2) == (list(rows), [])


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 10, [0, 2.5, 5, 7.5, 10]),
        (0, 4.03, [0, 1, 2, 3, 4.03]),
        (-1, 1, [-1, -0.5, 0, 0.5, 1]),
        (1000, 1001, [1000, 1000.25, 1000.5, 1000.75, 1001]),
    ],
)
def test_ticks_are_the_limits_and_round_numbers(low: float, high: float, ticks: list[float]) -> None:
    assert _ticks(low, high) == pytest.approx(ticks)


@pytest.mark.parametrize("span", [1e-9, 1e-3, 0.7, 33, 5e7])
def test_ticks_of_any_span_are_few_and_told_apart(span: float) -> None:
    ticks = _ticks(3.0, 3.0 + span)
    assert 3 <= len(ticks) <= 8
    assert len({_number(tick, span) for tick in ticks}) == len(ticks)


@pytest.mark.parametrize(
    ("value", "span", "text"),
    [
        (0.0, 5.0, "0"),
        (4.99999, 5.0, "5"),
        (0.0239087, 5.0, "0.02"),
        (12345.6, 2e4, "12,346"),
        (2.5, 10, "2.5"),
    ],
)
def test_numbers_are_short(value: float, span: float, text: str) -> None:
    assert _number(value, span) == text
