"""napari-spatialdata's view of the same cells, run by a Python that has it: ``PYTHON FILE CELLS``.

Prints a line of JSON like the other ways. The cells are circles annotated by a table of two groupings
and two genes, which is how that plugin shows all cells of a run; as points it would leave out those
above 100,000.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import slabs
from benchmarks.meter import Sample, measure


def build(cells: int) -> Any:
    """The slab of the other ways as a SpatialData object."""
    import anndata
    import geopandas
    import pandas as pd
    import scipy.sparse
    import shapely
    from spatialdata import SpatialData
    from spatialdata.models import ShapesModel, TableModel

    positions, first, second = slabs.arrays(cells)
    circles = geopandas.GeoDataFrame(
        {"radius": np.full(cells, 0.01)}, geometry=shapely.points(positions[:, 1], positions[:, 0])
    )
    obs = pd.DataFrame(
        {
            "Subclass": pd.Categorical.from_codes(first, slabs.NAMES),
            "region": pd.Categorical.from_codes(second, slabs.NAMES),
            "element": pd.Categorical(["cells"]).repeat(cells),
            "instance": np.arange(cells),
        },
        index=np.arange(cells).astype(str),
    )
    genes = scipy.sparse.csc_matrix(np.stack([slabs.gene(cells, 0), slabs.gene(cells, 1)], axis=1))
    adata = anndata.AnnData(genes.tocsr(), obs, pd.DataFrame(index=["gene 0", "gene 1"]))
    table = TableModel.parse(adata, region="cells", region_key="element", instance_key="instance")
    return SpatialData(shapes={"cells": ShapesModel.parse(circles)}, tables={"table": table})


def view(cells: int) -> dict[str, Sample]:
    """Add the cells, then color them by both groupings and both genes, as the plugin's lists do."""
    import napari
    from napari_spatialdata import Interactive
    from qtpy.QtWidgets import QApplication

    viewer = napari.Viewer()
    viewer.window.resize(600, 400)
    data = build(cells)
    Interactive(data, headless=True)
    model = viewer.window.dock_widgets["SpatialData"].viewer_model
    added, _ = measure(lambda: model.add_sdata_circles(data, "cells", "global", False))
    samples = {"add": added}
    # Out of sight, so that software drawing takes little of the time between the measurements.
    viewer.scene.camera.center = (1e6, 1e6)
    viewer.layers.selection.active = viewer.layers["cells"]
    lists = next(dock for name, dock in viewer.window.dock_widgets.items() if name.startswith("View"))
    turn = iter(range(10**6))
    steps = {
        "column": lambda: lists.obs_widget._onAction([("region", "Subclass")[next(turn) % 2]]),
        "gene": lambda: lists.var_widget._onAction([("gene 0", "gene 1")[next(turn) % 2]]),
    }
    for name, step in steps.items():
        samples[name], _ = measure(step, 3)
        QApplication.processEvents()
    viewer.close()
    return samples


def main() -> None:
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print(json.dumps(view(int(sys.argv[1]))), file=out, flush=True)


if __name__ == "__main__":
    main()
