"""A slab in another of its frames: the cells that lie there, and all that goes with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from napari_abc.errors import UnknownNameError
from napari_abc.model import Continuous, Frame, Outlines, Package, Slab, Volume
from napari_abc.task import Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

SECTION = Frame("section", ("x_s", "y_s"), "millimeter")
CCF = Frame("ccf", ("z_c", "y_c", "x_c"), "millimeter", title="CCF")


class Matrix:
    """Values 0, 1, 2 … of the cells of the whole slab; remembers whose were asked for."""

    def __init__(self, count: int) -> None:
        self.values = np.arange(count, dtype=np.float32)
        self.asked: list[NDArray[np.bool_] | None] = []

    @property
    def kinds(self) -> Mapping[str, str]:
        return {"log2": "log2(CPT + 1)"}

    def packages(
        self, kind: str, identifiers: Sequence[str] = (), rows: NDArray[np.bool_] | None = None
    ) -> tuple[Package, ...]:
        self.asked.append(rows)
        assert rows is not None
        return (Package("one", int(np.count_nonzero(rows)), 7 * int(np.count_nonzero(rows))),)

    def download_bytes(
        self, kind: str, identifiers: Sequence[str] = (), rows: NDArray[np.bool_] | None = None
    ) -> int:
        return sum(package.bytes for package in self.packages(kind, identifiers, rows))

    def read(
        self, identifiers: Sequence[str], kind: str, task: Task, rows: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float32]:
        self.asked.append(rows)
        assert rows is not None
        found = np.where(rows, self.values, np.nan).astype(np.float32)
        return np.stack([found] * len(identifiers), axis=1)


@pytest.fixture
def slab() -> Slab:
    """Six cells; the third and the last aren't in the CCF."""
    nan = np.nan
    cells = pd.DataFrame(
        {
            "x": [1.0, 2, 3, 4, 5, 6],
            "y": [6.0, 5, 4, 3, 2, 1],
            "x_s": [1.0, 2, 3, 4, 5, 6],
            "y_s": [6.0, 5, 4, 3, 2, 1],
            "z_c": [0.1, 0.2, nan, 0.4, 0.5, 0.6],
            "y_c": [1.1, 1.2, nan, 1.4, 1.5, nan],
            "x_c": [2.1, 2.2, nan, 2.4, 2.5, 2.6],
            "type": list("abcabc"),
        },
        index=pd.Index([f"c{i}" for i in range(6)], name="cell_label"),
    )
    regions = pd.DataFrame({"label": ["r"], "name": ["r"], "color": ["#ffffff"], "geometry": [Point(0, 0)]})
    outlines = Outlines(np.zeros(0, np.int64), np.zeros(1, np.int64), np.zeros((0, 2), np.float32))
    pixels = [np.zeros((2, 2))]
    images = (
        Volume("own", "image", pixels, (1.0, 1.0), (0.0, 0.0), "millimeter"),
        Volume("theirs", "image", pixels, (1.0, 1.0), (0.0, 0.0), "millimeter", frame="ccf"),
    )
    return Slab(
        "Plane.03",
        "Made-up",
        cells,
        (SECTION, CCF),
        unplaced=2,
        genes=pd.DataFrame({"gene_symbol": ["DRD1"]}, index=pd.Index(["ENSG1"], name="gene_identifier")),
        expression_source=Matrix(6),
        regions=regions,
        outlines=outlines,
        images=images,
        notes=("A note.",),
    )


def test_cells_with_coordinates_are_kept_and_the_others_counted_and_said(slab: Slab) -> None:
    ccf = slab.in_frame("ccf")
    assert ccf.frame is CCF
    assert ccf.frames == (CCF, SECTION)
    assert ccf.cells.index.tolist() == ["c0", "c1", "c3", "c4"]
    assert ccf.cells[["x", "y", "z"]].to_numpy().tolist() == [
        [0.1, 1.1, 2.1],
        [0.2, 1.2, 2.2],
        [0.4, 1.4, 2.4],
        [0.5, 1.5, 2.5],
    ]
    assert ccf.cells["type"].tolist() == list("abab")
    assert ccf.unplaced == 4
    assert ccf.notes == ("A note.", "4 of 6 cells have coordinates in the frame CCF.")
    assert slab.cells["x"].tolist() == [1, 2, 3, 4, 5, 6]
    assert "z" not in slab.cells


def test_back_in_a_plane_there_is_no_depth(slab: Slab) -> None:
    back = slab.in_frame("ccf").in_frame("section")
    assert "z" not in back.cells
    assert back.cells["x"].tolist() == [1, 2, 4, 5]
    assert back.notes == ("A note.", "4 of 6 cells have coordinates in the frame CCF.")


def test_what_lies_in_the_first_frame_is_left_out_and_images_say_where_they_lie(slab: Slab) -> None:
    ccf = slab.in_frame("ccf")
    assert ccf.regions.empty
    assert list(ccf.regions.columns) == list(slab.regions.columns)
    assert ccf.outlines is None
    assert [(image.name, image.frame) for image in ccf.images] == [("own", "section"), ("theirs", "ccf")]


def test_the_first_frame_is_the_slab_itself(slab: Slab) -> None:
    assert slab.in_frame("section") is slab


def test_an_unknown_frame_is_told_with_those_there_are(slab: Slab) -> None:
    with pytest.raises(UnknownNameError, match="section, ccf"):
        slab.in_frame("UMAP")


def test_expression_is_that_of_the_cells_that_are_kept(slab: Slab) -> None:
    source = slab.expression_source
    assert isinstance(source, Matrix)
    ccf = slab.in_frame("ccf")
    assert ccf.expression("DRD1")["DRD1"].to_dict() == {"c0": 0, "c1": 1, "c3": 3, "c4": 4}
    kept = [True, True, False, True, True, False]
    assert [np.asarray(rows).tolist() for rows in source.asked] == [kept]
    coloring = ccf.coloring("gene:DRD1")
    assert isinstance(coloring, Continuous)
    assert coloring.values.tolist() == [0, 1, 3, 4]


def test_what_has_to_be_fetched_is_told_for_the_cells_that_are_asked_for(slab: Slab) -> None:
    ccf = slab.in_frame("ccf")
    assert ccf.expression_source is not None
    assert ccf.expression_source.kinds == {"log2": "log2(CPT + 1)"}
    assert ccf.expression_source.download_bytes("log2") == 28
    some = np.array([False, True, True, False])
    assert ccf.expression_source.packages("log2", ["ENSG1"], some) == (Package("one", 2, 14),)
    source = slab.expression_source
    assert isinstance(source, Matrix)
    assert np.asarray(source.asked[-1]).tolist() == [False, True, False, True, False, False]
    values = ccf.expression_source.read(["ENSG1"], "log2", Task(), some)
    np.testing.assert_array_equal(values[:, 0], [np.nan, 1, 3, np.nan])
