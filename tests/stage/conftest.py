"""Slabs of known cells and the places they are opened at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from napari_abc.model import Frame, Palette, Slab
from napari_abc.stage import Place, SlabKey, space_of

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = ("D1", "D2", "Astro", "never seen")


@pytest.fixture
def make_slab() -> Callable[..., Slab]:
    def make(label: str = "Plane.1", dataset: str = "Human", **changes: Any) -> Slab:
        cells = pd.DataFrame(
            {
                "x": [1.0, 5.0, 2.0, 6.0],
                "y": [1.0, 2.0, 6.0, 4.0],
                "z_section": [2.0] * 4,
                "Subclass": pd.Categorical(["D1", "D2", "Astro", None], categories=NAMES),
                "counts": pd.Series([10, 200, 3000, 40], dtype="int64").to_numpy(),
                "score": np.array([0.1, 0.7, np.nan, 0.9], dtype=np.float32),
            },
            index=pd.Index([f"{label}-{i}" for i in range(4)], name="cell_label"),
        )
        parts: dict[str, Any] = {
            "label": label,
            "dataset": dataset,
            "cells": cells,
            "frames": (Frame("slab", ("x", "y"), "millimeter", plane="z_section"),),
            "palettes": {"Subclass": Palette(NAMES, ("#ff0000", "#00ff00", "#0000ff", "#ffffff"))},
            "species": "human",
        }
        return Slab(**{**parts, **changes})

    return make


@pytest.fixture
def place() -> Callable[[Slab], Place]:
    def make(slab: Slab) -> Place:
        key = SlabKey(source="demo", release="1", dataset=slab.dataset, slab=slab.label)
        return Place(slab=key, frame=slab.frame.name, space=space_of(slab, slab.frame))

    return make
