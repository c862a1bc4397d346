"""What a slab says of itself, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from napari_abc.errors import ConfigurationError, ExpressionError, UnknownNameError
from napari_abc.model import Frame, Package, Slab
from napari_abc.task import Progress, Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

SECTION = Frame("section", ("x", "y"), "millimeter", plane="depth_mm")
CCF = Frame("ccf", ("a", "b", "c"), "millimeter")


class Doubled:
    """Two genes: twice the row, as log2 and as counts."""

    kinds: Mapping[str, str] = {"log2": "log2(CPT + 1)", "raw": "counts"}

    def packages(
        self, kind: str, identifiers: Sequence[str] = (), rows: NDArray[np.bool_] | None = None
    ) -> tuple[Package, ...]:
        return ()

    def download_bytes(
        self, kind: str, identifiers: Sequence[str] = (), rows: NDArray[np.bool_] | None = None
    ) -> int:
        return 0

    def read(
        self, identifiers: Sequence[str], kind: str, task: Task, rows: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float32]:
        task.report(f"Reading {kind}", len(identifiers))
        factor = {"log2": 2, "raw": 10}[kind]
        return np.float32([[row * factor + int(name[-1]) for name in identifiers] for row in range(3)])


@pytest.fixture
def slab() -> Slab:
    cells = pd.DataFrame(
        {
            "x": [0.0, 1, 2],
            "y": [0.0, 1, 2],
            "depth_mm": [3.0, 1.0, np.inf],
            "a": [1.0, 2, 3],
            "b": [1.0, 2, 3],
            "c": [1.0, 2, 3],
        },
        index=pd.Index(["1", "2", "3"], name="cell_label"),
    )
    return Slab(
        "S1",
        "D",
        cells,
        (SECTION, CCF),
        unplaced=4,
        genes=pd.DataFrame({"gene_symbol": ["DRD1", "DRD2"]}, index=pd.Index(["ENS1", "ENS2"])),
        expression_source=Doubled(),
        notes=("A note.",),
    )


def test_it_says_its_cells_frame_and_whether_it_is_made_up(slab: Slab) -> None:
    assert repr(slab) == "<Slab S1 of D: 3 cells, frame section in millimeter>"
    umap = replace(slab, frames=(Frame("UMAP", ("x", "y"), ""),), synthetic=True)
    assert repr(umap) == "<Slab S1 of D: synthetic, 3 cells, frame UMAP>"
    assert (slab.name, replace(slab, title="Section 1").name) == ("S1", "Section 1")
    assert (slab.values, replace(slab, expression_source=None).values) == (("log2", "raw"), ())


def test_its_depth_is_the_middle_of_its_cells_where_somebody_says(slab: Slab) -> None:
    assert slab.depth == 2.0
    assert replace(slab, frames=(CCF, SECTION)).depth is None
    assert replace(slab, cells=slab.cells.drop(columns="depth_mm")).depth is None
    slab.cells["depth_mm"] = np.nan
    assert slab.depth is None


def test_a_slab_has_no_genes_and_regions_unless_they_are_given(slab: Slab) -> None:
    bare = Slab("S1", "D", slab.cells, (SECTION,))
    assert list(bare.genes) == ["gene_symbol"]
    assert bare.genes.index.name == "gene_identifier"
    assert list(bare.regions) == ["label", "name", "color", "geometry"]
    assert len(bare.genes) == len(bare.regions) == 0


def test_expression_of_the_kind_that_is_asked_for_with_progress(slab: Slab) -> None:
    seen: list[Progress] = []
    table = slab.expression(["drd2", "ENS1", "DRD2"], "raw", Task(seen.append))
    assert list(table.columns) == ["drd2", "ENS1", "DRD2"]
    assert table.to_numpy().tolist() == [[2, 1, 2], [12, 11, 12], [22, 21, 22]]
    assert seen == [Progress("Reading raw", 2, None, "B")]  # a gene that is asked for twice is read once
    assert slab.expression("DRD1").to_numpy().tolist() == [[1], [3], [5]]


@pytest.mark.parametrize("rows", [[1, 0, 1], [True, False], [[True], [False], [True]]])
def test_rows_that_are_not_true_or_false_for_each_cell_are_refused(slab: Slab, rows: list[object]) -> None:
    with pytest.raises(ConfigurationError, match="S1 has 3 cells; give True or False for each"):
        slab.expression("DRD1", rows=np.array(rows))


def test_without_a_matrix_there_is_no_expression(slab: Slab) -> None:
    with pytest.raises(ExpressionError, match="S1 has no expression matrix; color by a column"):
        replace(slab, expression_source=None).expression("DRD1")
    with pytest.raises(ExpressionError, match="no 'counts' values; ask for log2 or raw"):
        slab.expression("DRD1", "counts")


def test_a_coloring_by_a_gene_is_of_the_kind_that_is_asked_for(slab: Slab) -> None:
    seen: list[Progress] = []
    raw = slab.coloring("gene:DRD1", "raw", Task(seen.append))
    assert raw.numbers().tolist() == [1, 11, 21]
    assert (raw.genes[0].values, seen[0].what) == ("raw", "Reading raw")
    assert slab.coloring("gene:DRD1").numbers().tolist() == [1, 3, 5]


def test_a_column_that_is_not_there_is_told_with_those_that_are(slab: Slab) -> None:
    with pytest.raises(UnknownNameError, match=r"has no column 'dept' to color by; did you mean depth_mm\?"):
        slab.coloring("dept")


def test_a_frame_that_all_cells_lie_in_loses_none_and_says_nothing(slab: Slab) -> None:
    ccf = slab.in_frame("ccf")
    assert (len(ccf.cells), ccf.unplaced, ccf.notes) == (3, 4, ("A note.",))
    assert ccf.cells["z"].tolist() == [3, 2, 1][::-1]
    assert replace(slab, expression_source=None).in_frame("ccf").expression_source is None
