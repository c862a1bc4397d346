"""A release with one dataset whose cell tables have the columns, sizes and row orders of the human's."""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from napari_abc.demo.shared.bucket import Bucket

__all__ = ["DATASET", "TABLES", "VERSION", "slab_label", "table_path", "write_release"]

DATASET = "HMBA-MERSCOPE-H22.30.001-BG"
VERSION = "20260228"
TABLES = (
    "cell_metadata",
    "specimen_metadata",
    "slab_plane_coordinates",
    "cell_anatomical_annotations",
    "cell_to_cluster_membership",
)
"""Those that the cells are joined from."""

_REGIONS = ("Basal ganglia and adjacent", "STR", "GP", "GPe", "GPi", "VeP", "SN", "STH")
_COLORS = ("#BEBEBE", "#cd86cc", "#7AE361", "#53DB33", "#A7DB33", "#9b19f5", "#89522A", "#907991")
_TRUTH = ["False", "True"]
"""As pandas writes booleans, and so the files that are published."""
_SECTIONS = 8
"""Brain sections a slab."""


def slab_label(number: int) -> str:
    """Label of the slab with that number."""
    return f"H22.30.001.CX.{number + 11}.Plane.01"


def table_path(folder: str, name: str) -> Path:
    """Where a table of the release lies."""
    return Path(folder, "metadata", DATASET, VERSION, f"{name}.csv")


def write_release(folder: str, sizes: list[int], seed: int = 4) -> None:
    """Write a release in bucket layout, with as many slabs as there are sizes, in cells."""
    from napari_abc.demo.basal_ganglia.taxonomy import write_taxonomy
    from napari_abc.demo.shared.bucket import Bucket
    from napari_abc.demo.shared.genes import gene_table
    from napari_abc.task import Task

    target, making = Path(folder), Path(f"{folder}.part")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    bucket = Bucket(making, Task(), 12)
    rng = np.random.default_rng(seed)
    write_taxonomy(bucket, VERSION, recolored=False)
    bucket.table(DATASET, VERSION, "gene", gene_table("Human"))
    _write_values(bucket)
    _write_sections(bucket, len(sizes))
    _write_cells(bucket, sizes, rng)
    bucket.manifest(VERSION, bucket.files)
    making.replace(target)


def _write_values(bucket: Bucket) -> None:
    import pandas as pd

    table = pd.DataFrame(
        {
            "label": _REGIONS,
            "table": "path",
            "field": "parcellation_term_symbol",
            "description": _REGIONS,
            "order": range(1, len(_REGIONS) + 1),
            "external_identifier": "",
            "parent_label": "",
            "color_hex_triplet": _COLORS,
        }
    )
    bucket.table(DATASET, VERSION, "value_sets", table)


def _section_label(slab: int, section: int) -> str:
    return f"H22.30.001.CX.{slab + 11}.{section + 1:02d}.01.02"


def _barcode(slab: int, section: int) -> int:
    # In no order of the slabs, as the real ones are.
    return 1304618482 + (slab * _SECTIONS + section) * 7919 % 1009


def _write_sections(bucket: Bucket, slabs: int) -> None:
    import pandas as pd

    rows = [
        {
            "brain_section_label": _section_label(slab, section),
            "brain_section_barcode": _barcode(slab, section),
            "brain_section_thickness": 10,
            "brain_section_plane_of_section": "coronal (caudal to rostral)",
            "brain_slab_label": f"H22.30.001.CX.{slab + 11}",
            "brain_slab_thickness": 4.0,
            "hemisphere": "right",
            "donor_label": "H22.30.001",
            "slab_plane_ordinal": 1,
            "slab_plane_label": slab_label(slab),
            "slab_plane_order": 10_000 + slab * 100 + 1,
        }
        for slab in range(slabs)
        for section in range(_SECTIONS)
    ]
    bucket.table(DATASET, VERSION, "specimen_metadata", pd.DataFrame(rows))


def _write_cells(bucket: Bucket, sizes: list[int], rng: np.random.Generator) -> None:
    """The four tables with a row a cell, each in an order of sections of its own."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from napari_abc.demo.basal_ganglia.taxonomy import cluster_labels, clusters_of

    slab = np.repeat(np.arange(len(sizes)), sizes)
    place = np.concatenate([np.arange(size) for size in sizes])
    section = place * _SECTIONS // np.repeat(sizes, sizes)
    barcodes = _barcode(slab, section)
    cells = len(slab)
    barcode_text = pa.array(barcodes).cast(pa.string())
    number = pc.binary_join_element_wise(pa.array(place).cast(pa.string()), "20250227", "-")
    labels = pc.binary_join_element_wise(barcode_text, number, "_")

    def pick(names: list[str], codes: NDArray[Any]) -> pa.Array:
        return pa.array(names).take(pa.array(codes))

    aliases = [
        alias for (species, _), found in clusters_of().items() if species == "Human" for alias in found
    ]
    cluster = rng.integers(0, len(aliases), cells)
    region = rng.integers(0, len(_REGIONS), cells)
    sections = [_section_label(a, b) for a in range(len(sizes)) for b in range(_SECTIONS)]
    micrometers = rng.uniform(0, 10_000, (cells, 2)).astype(np.float32)
    millimeters = rng.uniform(20, 80, (cells, 2))
    tables = {
        "cell_metadata": {
            "cell_label": labels,
            "brain_section_label": pick(sections, slab * _SECTIONS + section),
            "brain_section_barcode": barcodes,
            "segmentation_job_id": pick(["sis_cellpose_v1"], np.zeros(cells, int)),
            "x_experiment": micrometers[:, 0],
            "y_experiment": micrometers[:, 1],
            "qc_pass": pick(_TRUTH, (rng.random(cells) < 0.9).astype(int)),
            "dataset_label": pick([DATASET], np.zeros(cells, int)),
            "feature_matrix_label": pick([DATASET.removeprefix("HMBA-")], np.zeros(cells, int)),
            "abc_sample_id": _uuids(cells, rng),
        },
        "slab_plane_coordinates": {
            "cell_label": labels,
            "slab_plane_label": pick([slab_label(number) for number in range(len(sizes))], slab),
            "x_slab_mm": millimeters[:, 0],
            "y_slab_mm": millimeters[:, 1],
        },
        "cell_anatomical_annotations": {
            "cell_label": labels,
            **{name: pick(_TRUTH, (region >= code).astype(int)) for code, name in enumerate(_REGIONS)},
            "parcellation_term_symbol": pick(list(_REGIONS), region),
        },
        "cell_to_cluster_membership": {
            "cell_label": labels,
            "cluster_alias": pick(aliases, cluster),
            "cluster_label": pick([cluster_labels()[alias] for alias in aliases], cluster),
        },
    }
    turn = count(1)
    for name, columns in tables.items():
        order = np.argsort(barcodes * next(turn) * 104_729 % 1_000_003, kind="stable")
        _write_table(bucket, name, pa.table(columns).take(pa.array(order)))


def _write_table(bucket: Bucket, name: str, table: pa.Table) -> None:
    import pyarrow.csv

    path = bucket.path("metadata", DATASET, VERSION, f"{name}.csv")
    options = pyarrow.csv.WriteOptions(quoting_style="none")
    pyarrow.csv.write_csv(table, path, options)
    bucket.add("metadata", DATASET, VERSION, name, "csv")


def _uuids(cells: int, rng: np.random.Generator) -> pa.Array:
    """Random texts of 36 characters in the form of a UUID."""
    import pyarrow as pa

    digits = np.frombuffer(b"0123456789abcdef", np.uint8)[rng.integers(0, 16, (cells, 36))]
    digits[:, [8, 13, 18, 23]] = ord("-")
    offsets = np.arange(0, 36 * (cells + 1), 36, dtype=np.int64)
    large = pa.LargeStringArray.from_buffers(cells, pa.py_buffer(offsets), pa.py_buffer(digits.tobytes()))
    return large.cast(pa.string())
