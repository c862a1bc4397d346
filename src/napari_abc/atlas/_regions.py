"""Region polygons of a slab, from a GeoJSON in slab coordinates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from shapely.geometry import shape

from napari_abc.errors import FormatError
from napari_abc.model import MISSING_COLOR

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from napari_abc.atlas.taxonomy import ValueTable

__all__ = ["read_regions"]

_LIMIT = 64 * 2**20
"""Bytes of the largest GeoJSON that is read. The release's are of 2 to 12 kB."""


def read_regions(path: Path, values: ValueTable | None) -> pd.DataFrame:
    """Read the polygons of a slab.

    Parameters
    ----------
    path
        GeoJSON: a FeatureCollection or a Feature; vertices are (x, y) in the slab's frame.
    values
        Names and colors of the labels; a label it lacks is drawn in gray under its own name.

    Returns
    -------
    DataFrame
        ``label``, ``name``, ``color``, ``geometry``; in the order of the value set.

    Raises
    ------
    FormatError
        If the file is no GeoJSON, or a geometry can't be read.
    """
    size = path.stat().st_size
    if size > _LIMIT:
        raise FormatError(
            f"{path.name} is {size:,} bytes, too large for outlines of regions; fetch it again."
        )
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path.name} is not GeoJSON ({error}); fetch it again.") from error
    rows = []
    for feature in _features(document, path):
        properties = feature.get("properties")
        label = str(properties.get("label", "")) if isinstance(properties, dict) else ""
        # Some tools write the key with a capital G.
        geometry = _geometry(feature.get("geometry") or feature.get("Geometry"), path)
        name, color = values.describe(label) if values else (label, MISSING_COLOR)
        rows.append((label, name, color, geometry))
    table = pd.DataFrame(rows, columns=["label", "name", "color", "geometry"])
    if values is not None:
        table = table.sort_values("label", key=lambda labels: labels.map(values.rank), kind="stable")
    return table.reset_index(drop=True)


def _features(document: Any, path: Path) -> list[dict[str, Any]]:
    kind = document.get("type") if isinstance(document, dict) else None
    features = document.get("features") if kind == "FeatureCollection" else [document]
    if kind not in ("FeatureCollection", "Feature") or not isinstance(features, list):
        raise FormatError(f"{path.name} is neither a FeatureCollection nor a Feature; fetch it again.")
    if not all(isinstance(feature, dict) for feature in features):
        raise FormatError(f"{path.name} holds a feature that is not an object; fetch it again.")
    return features


def _geometry(geometry: Any, path: Path) -> BaseGeometry:
    try:
        with np.errstate(invalid="ignore"):  # a vertex that is no number is refused below
            built: BaseGeometry = shape(geometry)
    except (AttributeError, KeyError, IndexError, TypeError, ValueError, RecursionError) as error:
        raise FormatError(f"{path.name} holds a geometry that can't be read ({error}).") from error
    except shapely.errors.ShapelyError as error:
        raise FormatError(f"{path.name} holds a geometry that can't be read ({error}).") from error
    if built.is_empty or not np.isfinite(shapely.get_coordinates(built)).all():
        raise FormatError(f"{path.name} holds an empty geometry, or one with a vertex that is no number.")
    return built
