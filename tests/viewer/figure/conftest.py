"""A small slab with everything a figure can show."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from napari_abc.model import Categorical, Frame, Palette, Slab

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_abc.model import Package
    from napari_abc.task import Task

COLORS = ("#ff0000", "#00ff00", "#0000ff", "#ffff00", "#ff00ff")
NAMES = ("Astro", "Oligo", "MSN", "Micro", "OPC")


class Values:
    """Expression of one gene: the x of a cell, zero in a tenth and missing in another."""

    def __init__(self, x: NDArray[np.float64]) -> None:
        self.values = x.astype(np.float32)
        self.values[:100] = 0
        self.values[100:200] = np.nan

    @property
    def kinds(self) -> Mapping[str, str]:
        return {"log2": "log2(CPT + 1)"}

    def packages(
        self, kind: str, identifiers: Sequence[str] = (), rows: object = None
    ) -> tuple[Package, ...]:
        return ()

    def download_bytes(self, kind: str, identifiers: Sequence[str] = (), rows: object = None) -> int:
        return 0

    def read(
        self, identifiers: Sequence[str], kind: str, task: Task, rows: object = None
    ) -> NDArray[np.float32]:
        return np.repeat(self.values[:, None], len(identifiers), axis=1)


@pytest.fixture(scope="package", autouse=True)
def _a_screen() -> None:
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        pytest.skip("needs a display; run the tests with xvfb-run or scripts/test")


@pytest.fixture(scope="module")
def slab() -> Slab:
    """1,000 cells in a box of 10 by 5 mm with one in each corner; stripes of category along x."""
    import shapely

    rng = np.random.default_rng(1)
    x, y = 20 + 10 * rng.random(1000), 40 + 5 * rng.random(1000)
    x[:4], y[:4] = (20, 30, 20, 30), (40, 40, 45, 45)
    codes = np.minimum((x - 20) // 2.5, 3).astype(int)
    codes[500:510] = -1
    cells = pd.DataFrame(
        {"x": x, "y": y, "Group": pd.Categorical.from_codes(codes, NAMES)},
        index=pd.Index([f"cell-{i}" for i in range(1000)], name="cell_label"),
    )
    regions = pd.DataFrame(
        {
            "label": ["STR"],
            "name": ["Striatum"],
            "color": ["#00ffff"],
            "geometry": [shapely.box(19, 39, 31, 46)],
        }
    )
    genes = pd.DataFrame({"gene_symbol": ["DRD1"]}, index=pd.Index(["ENSG1"], name="gene_identifier"))
    return Slab(
        "Slab.01",
        "A-DATASET",
        cells,
        (Frame("slab", ("x", "y"), "millimeter"),),
        unplaced=18,
        palettes={"Group": Palette(NAMES, COLORS)},
        groups={"Taxonomy": ("Group",)},
        genes=genes,
        expression_source=Values(x),
        regions=regions,
        license="CC BY-NC 4.0",
        citation="Somebody (2026)",
        synthetic=True,
    )


@pytest.fixture
def many() -> Categorical:
    """200 categories, the last of which has by far the most cells."""
    codes = np.concatenate([np.arange(200), np.full(800, 199)]).astype(np.int32)
    codes[3] = -1
    return Categorical("many", "many", codes, tuple(f"type {i}" for i in range(200)), ("#123456",) * 200)
