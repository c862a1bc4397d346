"""Runs and images in the form of published ones that must not be shipped, made when first asked for."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from functools import cache
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import zarr

CELLS = 300


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="napari-abc-generated-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def xenium_run() -> Path:
    """A folder of a Xenium run of 300 cells as XOA 3.0 writes it, with the matrix of another run.

    The matrix shares no cell id with the table, and ``experiment.xenium`` counts more cells.
    """
    folder = _folder() / f"generated-{CELLS}"
    folder.mkdir()
    random = np.random.default_rng(0)
    letters = random.choice(list("abcdefghijklmnop"), (CELLS, 8))
    counts = random.integers(20, 5000, CELLS)
    controls = random.integers(0, 4, (2, CELLS))
    area = random.uniform(30, 250, CELLS)
    stains = [
        f"Segmented by {how}" for how in ("interior stain (18S)", "boundary stain", "nucleus expansion")
    ]
    pd.DataFrame(
        {
            "cell_id": ["".join(row) + "-1" for row in letters],
            "x_centroid": random.uniform(0, 6000, CELLS),
            "y_centroid": random.uniform(0, 5000, CELLS),
            "transcript_counts": counts,
            "control_probe_counts": 0,
            "genomic_control_counts": controls[0],
            "unassigned_codeword_counts": controls[1],
            "total_counts": counts + controls.sum(axis=0),
            "cell_area": area,
            "nucleus_area": area * 0.4,
            "nucleus_count": 1,
            "segmentation_method": random.choice(stains, CELLS),
        }
    ).to_parquet(folder / "cells.parquet", index=False)
    experiment = {
        "major_version": 5,
        "minor_version": 0,
        "patch_version": 0,
        "run_name": "A generated run",
        "region_name": "A hemisphere",
        "num_cells": 63_173,
        "panel_design_id": "A1",
        "panel_name": "A panel of 10 genes",
        "panel_organism": "Mouse",
        "panel_tissue_type": "Multi",
        "chemistry_version": "v2",
        "pixel_size": 0.2125,
        "instrument_sn": "none",
        "analysis_sw_version": "xenium-3.0.0.15",
        "images": {
            "morphology_filepath": "morphology.ome.tif",
            "morphology_focus_filepath": "morphology_focus/morphology_focus_0000.ome.tif",
        },
    }
    (folder / "experiment.xenium").write_text(json.dumps(experiment, indent=4))
    genes, others = 10, 20
    with h5py.File(folder / "cell_feature_matrix.h5", "w") as file:
        matrix = file.create_group("matrix")
        features = matrix.create_group("features")
        features["id"] = np.array([f"GENE_{gene:03}" for gene in range(genes)], "S")
        features["name"] = np.array([f"Gene_{gene}" for gene in range(genes)], "S")
        features["feature_type"] = np.array(["Gene Expression"] * genes, "S")
        features["genome"] = np.array(["Unknown"] * genes, "S")
        matrix["barcodes"] = np.array([f"CELL_{cell:03}-1" for cell in range(others)], "S")
        matrix["data"] = random.integers(1, 5, 2 * others).astype("i4")
        matrix["indices"] = np.tile([2, 7], others)
        matrix["indptr"] = 2 * np.arange(others + 1)
        matrix["shape"] = np.array([genes, others], "i4")
    return folder


_IMAGES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "image-01": ((1000, 1000), (100, 100)),
    "image-03": ((2, 100, 100), (1, 50, 100)),
    "image-04": ((2, 64, 64), (1, 32, 32)),
}
"""Shape and chunks of each."""


@cache
def ngff_0_4() -> Path:
    """A folder of OME-Zarr 0.4 images; ``image-01.zarr`` has no chunk, ``image-04.zarr`` two levels."""
    folder = _folder() / "valid-0.4"
    random = np.random.default_rng(0)
    for name, (shape, chunks) in _IMAGES.items():
        group = zarr.open_group(folder / f"{name}.zarr", mode="w", zarr_format=2)
        datasets = []
        for level in range(2 if name == "image-04" else 1):
            size = tuple(n // 2**level if n > 2 else n for n in shape)
            array = group.create_array(
                str(level),
                shape=size,
                chunks=chunks,
                dtype="f8",
                chunk_key_encoding={"name": "v2", "separator": "/"},
            )
            if name != "image-01":
                array[...] = random.random(size)
            scale = [1.0 if n <= 2 else 2.0**level for n in shape]
            transformations = [{"type": "scale", "scale": scale}]
            datasets.append({"path": str(level), "coordinateTransformations": transformations})
        axes = [{"name": axis, "type": "space", "unit": "micrometer"} for axis in "zyx"[-len(shape) :]]
        multiscale = {"axes": axes, "datasets": datasets, "version": "0.4"}
        group.attrs.update({"multiscales": [multiscale], "version": "0.4"})
        group.create_group("labels").attrs["labels"] = []
    return folder
