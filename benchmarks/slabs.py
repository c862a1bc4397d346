"""A slab of any size in memory: positions, two groupings of cells, and genes; and as plain arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from napari_abc.model import Categorical, Continuous, Slab

__all__ = ["arrays", "categories", "gene", "slab"]

NAMES = tuple(f"Subclass {number:02d}" for number in range(36))


def arrays(cells: int) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.int32]]:
    """Positions (cells, 2) in mm, and two groupings as codes (cells,)."""
    rng = np.random.default_rng([5, cells])
    positions = rng.uniform(0, 30, (cells, 2)).astype(np.float32)
    groups = rng.integers(0, len(NAMES), (2, cells), dtype=np.int32)
    return positions, groups[0], groups[1]


def gene(cells: int, number: int) -> NDArray[np.float32]:
    """Expression of a gene: found in a fifth of the cells."""
    rng = np.random.default_rng([6, cells, number])
    values = rng.gamma(2, 1.5, cells).astype(np.float32)
    values[rng.random(cells, np.float32) > 0.2] = 0
    return values


def slab(cells: int) -> Slab:
    """What is opened: cells of a slab with labels, coordinates and two groupings."""
    import pandas as pd

    from napari_abc.model import Frame, Slab

    positions, first, second = arrays(cells)
    table = pd.DataFrame(
        {
            "x": positions[:, 1],
            "y": positions[:, 0],
            "Subclass": pd.Categorical.from_codes(first, NAMES),
            "region": pd.Categorical.from_codes(second, NAMES),
        },
        index=_labels(cells),
    )
    return Slab(
        label="Benchmark",
        dataset="Benchmark",
        cells=table,
        frames=(Frame("slab", ("x", "y"), "millimeter"),),
        groups={"Taxonomy": ("Subclass",), "Region": ("region",)},
    )


def _labels(cells: int) -> pd.Index[Any]:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = pa.array(np.arange(cells)).cast(pa.string())
    labels = pc.binary_join_element_wise("1324989690", numbers, "_")
    return pd.Index(pd.array(labels, dtype=pd.StringDtype("pyarrow", na_value=np.nan)), name="cell_label")


def categories(slab: Slab, column: str) -> Categorical:
    """A grouping as something to paint."""
    coloring: Any = slab.coloring(column)
    return coloring


def continuous(slab: Slab, number: int) -> Continuous:
    """A gene as something to paint."""
    from napari_abc.model import Continuous, Gene

    values = gene(len(slab.cells), number)
    which = Gene(str(number), f"Gene {number}", "log2")
    return Continuous(f"gene:{number}", which.symbol, values, "log2(CPT + 1)", which)
