"""Which files of a release a dataset is made of, also where the release lacks or renames some."""

from __future__ import annotations

import json
from typing import Any

import pytest

from napari_abc.atlas.entries import Entry
from napari_abc.atlas.files import DatasetFiles
from napari_abc.atlas.manifest import Release

VERSION = "20251031"
ENTRY: dict[str, Any] = {
    "name": "Toy",
    "directory": "Toy-spatial",
    "title": "A toy",
    "species": "Toy",
    "platform": "Toyscope",
    "license": "CC0",
    "citation": "Nobody",
    "url": "https://example.org",
    "renamed": {"Toy": "Play"},
    "cells": {"table": "cells", "key": "cell_label", "also": [{"table": "more_cells"}]},
    "joins": [
        {"table": "places", "key": "cell_label"},
        {"table": "extras", "key": "cell_label", "optional": True},
    ],
    "slabs": {"column": "section", "section": "section", "order": "depth", "kind": "brain section"},
    "frames": [
        {"name": "section", "columns": ["x", "y"], "unit": "millimeter", "y": "down", "title": "Section"}
    ],
    "genes": {"table": "gene", "key": "gene_identifier"},
    "regions": {"directory": "Toy-polygons", "colors": "region"},
    "expression": {
        "units": {"log2": "log2 of toys", "raw": "counts"},
        "rules": [
            {"directories": ["Toy-best"], "matrix": "best"},
            {"directories": ["Toy-spatial"], "matrix_column": "package"},
        ],
    },
}


def file(key: str) -> dict[str, Any]:
    return {"files": {key.rpartition(".")[2]: {"relative_path": key, "size": 10}}}


def release(**directories: dict[str, dict[str, Any]]) -> Release:
    listing = {name.replace("_", "-"): kinds for name, kinds in directories.items()}
    return Release.parse(json.dumps({"version": VERSION, "file_listing": listing}).encode(), VERSION)


def tables(*names: str, directory: str = "Toy-spatial") -> dict[str, Any]:
    return {name: file(f"metadata/{directory}/{name}.csv") for name in names}


def matrices(
    *names: str, directory: str = "Toy-spatial", kinds: tuple[str, ...] = ("log2", "raw")
) -> dict[str, Any]:
    return {
        name: {kind: file(f"expression_matrices/{directory}/{name}-{kind}.h5ad") for kind in kinds}
        for name in names
    }


def files(found: Release, **changes: Any) -> DatasetFiles:
    return DatasetFiles(Entry.model_validate(ENTRY | changes), found)


def names(found: Any) -> list[str]:
    return [one.name for one in found]


ALL = ("cells", "more_cells", "places", "extras", "gene")


def test_the_tables_of_the_cells_and_those_that_are_joined() -> None:
    whole = files(release(Toy_spatial={"metadata": tables(*ALL)}))
    assert whole.unavailable == ""
    assert names(whole.cells()) == ["cells.csv", "more_cells.csv"]
    assert [(join.table, names(found)) for join, found in whole.joins()] == [
        ("places", ["places.csv"]),
        ("extras", ["extras.csv"]),
    ]
    assert names(whole.tables()) == ["cells.csv", "more_cells.csv", "places.csv", "extras.csv"]
    assert whole.absent_joins() == []
    assert names(whole.all()) == ["cells.csv", "more_cells.csv", "places.csv", "extras.csv", "gene.csv"]


def test_an_optional_table_may_be_missing() -> None:
    part = files(release(Toy_spatial={"metadata": tables("cells", "more_cells", "places")}))
    assert part.unavailable == ""
    assert [join.table for join, _ in part.joins()] == ["places"]
    assert part.absent_joins() == ["extras"]
    assert part.genes() is None


@pytest.mark.parametrize("missing", ["cells", "more_cells", "places"])
def test_a_release_without_a_table_that_is_needed_says_which(missing: str) -> None:
    found = files(release(Toy_spatial={"metadata": tables(*(name for name in ALL if name != missing))}))
    assert found.unavailable == f"Toy-spatial has no {missing} in release {VERSION}."
    assert found.all() == []


def test_a_release_without_a_directory_says_so() -> None:
    other = release(Other={"metadata": tables("cells")})
    assert files(other).unavailable == f"Release {VERSION} has no Toy-spatial."
    elsewhere = ENTRY["joins"][0] | {"directory": "Toy-elsewhere"}
    found = files(release(Toy_spatial={"metadata": tables(*ALL)}), joins=[elsewhere])
    assert found.unavailable == f"Release {VERSION} has no Toy-elsewhere."


def test_a_directory_under_its_other_name() -> None:
    found = files(release(Play_spatial={"metadata": tables(*ALL, directory="Play-spatial")}))
    assert found.unavailable == ""
    assert found.directory(None) == "Play-spatial"
    assert found.directory("Toy-nowhere") == "Toy-nowhere"
    assert found.cells()[0].key == "metadata/Play-spatial/cells.csv"
    both = files(release(Toy_spatial={"metadata": tables(*ALL)}, Play_spatial={"metadata": {}}))
    assert both.directory(None) == "Toy-spatial"


def test_matrices_are_those_of_the_first_rule_that_the_release_serves() -> None:
    own = {"metadata": tables(*ALL), "expression_matrices": matrices("a", "b")}
    best = {"expression_matrices": matrices("best", "other", directory="Toy-best")}
    second = files(release(Toy_spatial=own))
    assert [rule.directories for rule in second.rules()] == [("Toy-spatial",)]
    assert names(second.matrices()) == ["a-log2.h5ad", "a-raw.h5ad", "b-log2.h5ad", "b-raw.h5ad"]
    first = files(release(Toy_spatial=own, Toy_best=best))
    assert len(first.rules()) == 2
    assert names(first.matrices()) == ["best-log2.h5ad", "best-raw.h5ad"]
    assert names(first.matrices(("raw",))) == ["best-raw.h5ad"]
    assert names(first.all())[-2:] == ["best-log2.h5ad", "best-raw.h5ad"]
    assert not any(name.endswith(".h5ad") for name in names(first.all(expression=False)))
    assert files(release(Toy_spatial={"metadata": tables(*ALL)})).matrices() == []


def test_polygons_by_slab() -> None:
    polygons = {"image_volumes": {"S1": file("image_volumes/Toy-polygons/S1.geojson")}}
    found = files(release(Toy_spatial={"metadata": tables(*ALL)}, Toy_polygons=polygons))
    assert names(found.regions().values()) == ["S1.geojson"]
    assert list(found.regions()) == ["S1"]
    assert "S1.geojson" in names(found.all())
    assert files(release(Toy_spatial={"metadata": tables(*ALL)})).regions() == {}
    assert files(release(Toy_spatial={"metadata": tables(*ALL)}), regions=None).regions() == {}


def test_tables_whose_names_match_a_pattern() -> None:
    found = files(
        release(Toy_spatial={"metadata": tables("umap_a_xy", "umap__xy", "umap_xy", "x_umap_b_xy")})
    )
    assert found.matching("umap_*_xy", None) == {"a": "umap_a_xy"}
    assert found.matching("*", None)["umap_xy"] == "umap_xy"
    assert found.matching("umap*", "Toy-nowhere") == {}
