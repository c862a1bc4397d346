"""Region polygons and value sets."""

from __future__ import annotations

import json

import pytest

from napari_abc.atlas._regions import read_regions
from napari_abc.atlas.taxonomy import read_value_sets
from napari_abc.errors import FormatError

VALUES = """label,table,field,description,order,external_identifier,parent_label,color_hex_triplet
SN,path,parcellation_term_symbol,substantia nigra,8,x,,#89522A
STR,path,parcellation_term_symbol,striatum,2,x,,#cd86cc
GP,path,parcellation_term_symbol,globus pallidus,3,x,,#7AE361
STR,donor,other_field,not this one,1,x,,#000000
"""
SQUARE = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]


def polygon(*rings):
    return {"type": "Polygon", "coordinates": list(rings)}


def feature(label, geometry, key="geometry"):
    return {"type": "Feature", "properties": {"label": label}, key: geometry}


@pytest.fixture
def values(tmp_path):
    path = tmp_path / "value_sets.csv"
    path.write_text(VALUES)
    return read_value_sets(path)["parcellation_term_symbol"]


def read(tmp_path, document, values=None):
    path = tmp_path / "P.geojson"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return read_regions(path, values)


def test_a_value_set_is_one_field_in_order(values):
    assert values.labels == ("STR", "GP", "SN")
    assert values.colors == ("#cd86cc", "#7ae361", "#89522a")
    assert values.describe("GP") == ("globus pallidus", "#7ae361")
    assert values.describe("new") == ("new", "#808080")


def test_every_geometry_that_the_release_may_hold(tmp_path, values):
    collection = {"type": "GeometryCollection", "geometries": [polygon(SQUARE), polygon(SQUARE)]}
    multi = {"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE]]}
    line = {"type": "LineString", "coordinates": SQUARE}
    document = {
        "type": "FeatureCollection",
        "features": [
            feature("SN", line, key="Geometry"),
            feature("GP", collection),
            feature("unheard of", multi),
            feature("STR", polygon(SQUARE, [[1, 1], [2, 1], [2, 2], [1, 1]])),
        ],
    }
    table = read(tmp_path, document, values)
    assert table["label"].tolist() == ["STR", "GP", "SN", "unheard of"]
    assert table["color"].tolist() == ["#cd86cc", "#7ae361", "#89522a", "#808080"]
    assert table["name"].tolist()[0] == "striatum"
    assert [geometry.geom_type for geometry in table["geometry"]] == [
        "Polygon",
        "GeometryCollection",
        "LineString",
        "MultiPolygon",
    ]
    assert table["geometry"][0].area == pytest.approx(15.5)


def test_a_bare_feature(tmp_path):
    assert read(tmp_path, feature("STR", polygon(SQUARE)))["color"].tolist() == ["#808080"]


@pytest.mark.parametrize(
    "document",
    [
        "not json",
        "[" * 100_000,
        "3",
        {"type": "Topology"},
        {"type": "FeatureCollection", "features": {}},
        {"type": "FeatureCollection", "features": [3]},
        feature("STR", None),
        feature("STR", {"type": "Polygon"}),
        feature("STR", polygon([[0, 0], [1, 1]])),
        feature("STR", polygon([[0, 0], [1, "x"], [1, 1], [0, 0]])),
        feature("STR", {"type": "Polygon", "coordinates": []}),
        '{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [[[0,0],[NaN,1],[1,1],[0,0]]]}}',
    ],
)
def test_what_is_no_polygon_file_is_refused(tmp_path, document, values):
    with pytest.raises(FormatError, match=r"P\.geojson") as caught:
        read(tmp_path, document, values)
    assert "\n" not in str(caught.value)
