from __future__ import annotations

import numpy as np
import pandas as pd

from napari_abc.widgets.find import gene_rows
from napari_abc.widgets.find._datasets import DatasetRow
from napari_abc.widgets.find._rows import dataset_rows, slab_rows
from napari_abc.widgets.find._slabs import SlabRow


def test_datasets_with_missing_counts_and_the_absent_last() -> None:
    table = pd.DataFrame(
        {
            "dataset": ["a", "b"],
            "title": ["A", "B"],
            "species": ["Mouse", "Human"],
            "platform": ["MERFISH", "MERSCOPE"],
            "slabs": pd.array([None, 3], dtype="Int64"),
            "cells": pd.array([None, 5], dtype="Int64"),
            "bytes": [0, 10],
            "cached_bytes": [0, 4],
            "license": ["", "CC0"],
            "available": [False, True],
            "reason": ["absent", ""],
            "synthetic": [False, False],
        }
    )
    b, a = dataset_rows(table)
    assert b == DatasetRow("b", "B", "Human", "MERSCOPE", 5, 10, 4, "CC0", True, "")
    assert (a.name, a.cells, a.available, a.reason) == ("a", None, False, "absent")
    made_up = dataset_rows(table.assign(synthetic=True))
    assert [row.license for row in made_up] == ["", ""]


def test_slabs_keep_their_order() -> None:
    table = pd.DataFrame(
        {
            "slab": ["z", "a"],
            "title": ["z", "All cells"],
            "cells": pd.array([None, 5], dtype="Int64"),
            "sections": pd.array([4, None], dtype="Int64"),
            "regions": [True, False],
            "kind": ["brain section", "brain"],
        }
    )
    z, a = SlabRow("z", None, 4, True), SlabRow("a", 5, None, False, "All cells", whole=True)
    assert slab_rows(table, "brain section") == [z, a]


def test_genes_without_symbols() -> None:
    genes = pd.DataFrame({"gene_symbol": ["DRD1", None, np.nan, pd.NA]}, index=["E1", "E2", "E3", "E4"])
    assert gene_rows(genes) == [("E1", "DRD1"), ("E2", ""), ("E3", ""), ("E4", "")]
    assert gene_rows(genes[[]]) == [("E1", ""), ("E2", ""), ("E3", ""), ("E4", "")]
