"""Expression of cells that lie in many matrices: what must be fetched, and what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from napari_abc.atlas.entries import Entry
from napari_abc.atlas.expression import AtlasExpression, GeneIndexes
from napari_abc.atlas.files import DatasetFiles
from napari_abc.atlas.manifest import Release
from napari_abc.errors import Cancelled, ExpressionError
from napari_abc.io.cells import SourceTable, build_cells
from napari_abc.io.remote import Store, open_source
from napari_abc.task import Progress, Task
from releases import ReleaseFolder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from servers import BucketServer

BUCKET = "packages"
GENES = ["ENSG1", "ENSG2", "ENSG3", "ENSG4"]
SYMBOLS = ["Drd1", "Drd2", "Twin", "Twin"]
ENTRY = {
    "name": "Ten",
    "title": "Ten",
    "species": "Mouse",
    "platform": "10x",
    "license": "CC BY 4.0",
    "citation": "nobody",
    "url": "https://example.org",
    "cells": {"table": "cell_metadata", "key": "cell_label"},
    "slabs": {"column": "part", "section": "part"},
    "frames": [{"name": "UMAP", "columns": ["x", "y"], "unit": "", "y": "up", "title": "UMAP"}],
    "genes": {"table": "gene", "key": "gene_identifier"},
    "expression": {
        "units": {"log2": "log2(CPM + 1)", "raw": "counts"},
        "rules": [
            {
                "directories": ["V2", "V3"],
                "directory_column": "dataset_label",
                "matrix_column": "feature_matrix_label",
            }
        ],
        "examples": [{"table": "example_genes"}],
    },
}


def label(number: int) -> str:
    return f"{10**38 + number}-1"


def value(number: int, gene: int, kind: str = "log2") -> float:
    return (number + 100 * gene) * (10 if kind == "raw" else 1)


class World:
    """Thirty cells: 0-9 in V2/V2-A, 10-19 in V2/V2-B, 20-27 in V3/V3-A, 28 in none, 29 in no file.

    V3-A lacks the last gene; the matrices have cells that nobody knows, in another order.
    """

    def __init__(self, root: Path) -> None:
        folder = ReleaseFolder(root)
        packages = {"V2-A": range(10), "V2-B": range(10, 20), "V3-A": range(20, 28)}
        for name, numbers in packages.items():
            genes = GENES[:3] if name == "V3-A" else GENES
            shuffled = list(reversed(numbers))
            values = [[value(number, genes.index(gene)) for gene in reversed(genes)] for number in shuffled]
            folder.matrix(
                name.partition("-")[0],
                name,
                ["stranger", *map(label, shuffled)],
                genes[::-1],
                [[7] * len(genes), *values],
            )
        lines = ["cell_label,part,dataset_label,feature_matrix_label,x,y"]
        for number in range(30):
            group = next((name for name, numbers in packages.items() if number in numbers), "")
            group = "V3-gone" if number == 29 else group
            part = "late" if number > 24 else "early"
            lines.append(f"{label(number)},{part},{group.partition('-')[0]},{group},0,{number}")
        examples = ["cell_label,Drd2,Twin", *(f"{label(n)},{value(n, 1)},5" for n in range(29, -1, -1))]
        folder.tables(
            "Ten",
            {
                "cell_metadata": "\n".join(lines) + "\n",
                "gene": "gene_identifier,gene_symbol\n"
                + "".join(f"{gene},{symbol}\n" for gene, symbol in zip(GENES, SYMBOLS, strict=True)),
                "example_genes": "\n".join(examples) + "\n",
            },
        )
        self.root = folder.write()
        self.version = folder.version
        self.listing = folder.listing

    def source(self, store: Store, slab: str | None = None, **changes: Any) -> AtlasExpression:
        """What a slab of all cells but the first gets."""
        entry = Entry.model_validate(ENTRY)
        files = DatasetFiles(entry, Release.parse(store.manifest_bytes(self.version), self.version))
        path = store.derived / "cells" / "ten.parquet"
        (table,) = files.cells()
        cells = build_cells(
            path,
            SourceTable((store.ensure(table),), "cell_label"),
            [],
            slab="part",
            coordinates=("x", "y"),
            task=Task(),
        )
        kept = np.ones(cells.count(slab), bool)
        kept[0] = False
        genes = pd.DataFrame({"gene_symbol": SYMBOLS}, index=pd.Index(GENES, name="gene_identifier"))
        source = AtlasExpression(
            dict(entry.expression.units),
            changes.pop("rules", entry.expression.rules),
            files,
            store,
            GeneIndexes(store),
            cells,
            slab,
            kept,
            genes=genes,
            **changes,
        )
        source.look_up(Task())
        return source

    def size(self, name: str) -> int:
        return next(path.stat().st_size for path in self.root.rglob(name))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("packages"))


@pytest.fixture
def store(world: World, bucket_server: BucketServer, tmp_path: Path) -> Iterator[Store]:
    """All of it in a bucket."""
    bucket_server.fill(BUCKET, world.root)
    yield Store(open_source(f"s3://{BUCKET}"), tmp_path / "cache")
    bucket_server.empty(BUCKET)


def cells_but_the_first() -> np.ndarray:
    return np.arange(1, 30)


def expected(gene: int, numbers: np.ndarray, having: range | None = None) -> np.ndarray:
    values = np.array([value(number, gene) for number in numbers], np.float32)
    values[(numbers >= 28) | ((numbers >= 20) & (gene == 3))] = np.nan
    if having is not None:
        values[~np.isin(numbers, having)] = np.nan
    return values


def test_packages_say_what_must_be_fetched_for_which_cells(world: World, store: Store) -> None:
    source = world.source(store)
    assert dict(source.kinds) == ENTRY["expression"]["units"]
    found = {package.name: (package.cells, package.bytes) for package in source.packages("log2", ["ENSG1"])}
    assert found == {
        "V2-A-log2.h5ad": (9, world.size("V2-A-log2.h5ad")),
        "V2-B-log2.h5ad": (10, world.size("V2-B-log2.h5ad")),
        "V3-A-log2.h5ad": (8, world.size("V3-A-log2.h5ad")),
    }
    assert source.download_bytes("log2") == sum(size for _, size in found.values())
    numbers = cells_but_the_first()
    some = source.packages("raw", ["ENSG1"], np.isin(numbers, [12, 21, 22, 29]))
    assert [(package.name, package.cells) for package in some] == [
        ("V2-B-raw.h5ad", 1),
        ("V3-A-raw.h5ad", 2),
    ]


def test_all_packages_are_read_with_progress_over_all(world: World, store: Store) -> None:
    source = world.source(store)
    said: list[Progress] = []
    numbers = cells_but_the_first()
    values = source.read(["ENSG4", "ENSG1"], "log2", Task(said.append))
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values[:, 0], expected(3, numbers))
    np.testing.assert_array_equal(values[:, 1], expected(0, numbers))
    total = sum(world.size(f"{name}-log2.h5ad") for name in ("V2-A", "V2-B", "V3-A"))
    bytes_said = [step for step in said if step.unit == "B"]
    assert {step.total for step in bytes_said} == {total}
    assert [step.done for step in bytes_said] == sorted(step.done for step in bytes_said)
    assert bytes_said[-1].done == total
    assert any("(2 of 3)" in step.what for step in said)
    assert source.packages("log2") == ()
    again = source.read(["ENSG1"], "log2", Task())
    np.testing.assert_array_equal(again[:, 0], values[:, 1])


def test_only_packages_of_wanted_cells_are_fetched(
    world: World, store: Store, bucket_server: BucketServer
) -> None:
    source = world.source(store)
    numbers = cells_but_the_first()
    before = len(bucket_server.fetched())
    values = source.read(["ENSG1"], "log2", Task(), rows=numbers == 15)
    np.testing.assert_array_equal(values[:, 0], expected(0, numbers, range(10, 20)))
    assert {path.rpartition("/")[2] for path in bucket_server.fetched()[before:]} == {"V2-B-log2.h5ad"}
    # What lies here already is shown as well, for cells that nobody asked for.
    values = source.read(["ENSG1"], "log2", Task(), rows=numbers == 22)
    np.testing.assert_array_equal(values[:, 0], expected(0, numbers, range(10, 28)))
    assert [package.name for package in source.packages("log2", ["ENSG1"])] == ["V2-A-log2.h5ad"]
    nobody = np.zeros(len(numbers), bool)
    assert source.packages("log2", ["ENSG1"], nobody) == ()
    values = source.read(["ENSG1"], "log2", Task(), rows=nobody)
    np.testing.assert_array_equal(values[:, 0], expected(0, numbers, range(10, 28)))
    values = source.read(["ENSG1", "ENSG2"], "raw", Task(), rows=nobody)  # reading nothing gives nothing
    assert values.shape == (len(numbers), 2) and values.dtype == np.float32 and np.isnan(values).all()
    assert not any("raw" in path for path in bucket_server.fetched()[before:])


def test_a_cancel_keeps_the_packages_that_came(world: World, store: Store) -> None:
    source = world.source(store)
    task = Task(lambda step: task.cancel() if "V2-B" in step.what else None)
    with pytest.raises(Cancelled):
        source.read(["ENSG1"], "log2", task)
    assert [package.name for package in source.packages("log2")] == ["V2-B-log2.h5ad", "V3-A-log2.h5ad"]


def test_a_gene_that_no_package_has(world: World, store: Store) -> None:
    source = world.source(store)
    with pytest.raises(ExpressionError, match="lists ENSG9 but none of its 3 matrices has it"):
        source.read(["ENSG1", "ENSG9"], "log2", Task())


def test_a_slab_reads_its_own_cells(world: World, store: Store) -> None:
    source = world.source(store, "late")
    numbers = np.arange(26, 30)
    assert [(package.name, package.cells) for package in source.packages("log2")] == [("V3-A-log2.h5ad", 2)]
    np.testing.assert_array_equal(source.read(["ENSG2"], "log2", Task())[:, 0], expected(1, numbers))
    # The rows of all cells were kept; a slab that shares the matrix takes its own.
    early = world.source(store, "early")
    rows = np.isin(np.arange(1, 25), range(20, 25))
    np.testing.assert_array_equal(
        early.read(["ENSG2"], "log2", Task(), rows)[:, 0], expected(1, np.arange(1, 25), range(20, 25))
    )


def test_indexes_are_made_of_what_is_here(world: World, store: Store) -> None:
    source = world.source(store)
    assert source.index_missing("log2") == ()
    numbers = cells_but_the_first()
    source.read(["ENSG1"], "log2", Task(), rows=numbers < 20)
    assert [key.rpartition("/")[2] for key in source.index_missing("log2")] == [
        "V2-A-log2.h5ad",
        "V2-B-log2.h5ad",
    ]
    assert world.source(store, index=False).index_missing("log2") == ()
    source.build_index("log2", Task())
    assert source.index_missing("log2") == ()
    for path in store.cache.rglob("*.h5ad"):
        path.unlink()
    assert [package.name for package in source.packages("log2")] == ["V3-A-log2.h5ad"]
    values = source.read(["ENSG4", "ENSG2"], "log2", Task(), rows=numbers < 20)
    np.testing.assert_array_equal(values[:, 1], expected(1, numbers, range(20)))


# -- example genes -----------------------------------------------------------------------------


def test_a_table_of_example_genes_spares_the_packages(
    world: World, store: Store, bucket_server: BucketServer
) -> None:
    examples = Entry.model_validate(ENTRY).expression.examples
    before = len(bucket_server.fetched())
    source = world.source(store, examples=examples)
    looked = [request for request in bucket_server.requests if "example_genes" in request.path]
    last = min(2**14, world.size("example_genes.csv")) - 1
    # Its header tells which genes it holds; no more of it is fetched.
    assert {request.headers.get("range") for request in looked if request.method == "GET"} == {
        f"bytes=0-{last}"
    }
    (package,) = source.packages("log2", ["ENSG2"])
    assert (package.name, package.bytes) == ("example_genes.csv", world.size("example_genes.csv"))
    assert len(source.packages("log2", ["ENSG1"])) == len(source.packages("log2", ["ENSG1", "ENSG2"])) == 3
    assert len(source.packages("raw", ["ENSG2"])) == 3  # the table holds log2
    assert len(source.packages("log2", ["ENSG3"])) == 3  # two genes have that symbol
    assert len(source.packages("log2", ["ENSG2", "ENSG3"])) == 3  # one of them does
    numbers = cells_but_the_first()
    values = source.read(["ENSG2"], "log2", Task())
    np.testing.assert_array_equal(values[:, 0], [value(number, 1) for number in numbers])
    assert not any("h5ad" in path for path in bucket_server.fetched()[before:])
    # It was converted once: the CSV may go.
    next(store.cache.rglob("example_genes.csv")).unlink()
    asked = len(bucket_server.requests)
    again = world.source(store, "late", examples=examples)
    assert again.packages("log2", ["ENSG2"]) == ()
    # Which genes it holds, it tells itself.
    assert not [request for request in bucket_server.requests[asked:] if "example_genes" in request.path]
    np.testing.assert_array_equal(
        again.read(["ENSG2"], "log2", Task())[:, 0], [value(number, 1) for number in range(26, 30)]
    )


def test_matrices_that_are_here_are_preferred_to_the_examples(world: World, store: Store) -> None:
    source = world.source(store, examples=Entry.model_validate(ENTRY).expression.examples)
    source.read(["ENSG1"], "log2", Task())
    assert source.packages("log2", ["ENSG2"]) == ()
    values = source.read(["ENSG2"], "log2", Task())
    np.testing.assert_array_equal(values[:, 0], expected(1, cells_but_the_first()))


def test_a_damaged_table_of_examples_is_not_used_again(
    world: World, tmp_path: Path, bucket_server: BucketServer
) -> None:
    root = tmp_path / "other"
    folder = ReleaseFolder(root)
    folder.listing = {**world.listing}
    for path in world.root.rglob("*"):
        if path.is_file():
            (root / path.relative_to(world.root)).parent.mkdir(parents=True, exist_ok=True)
            (root / path.relative_to(world.root)).write_bytes(path.read_bytes())
    folder.listing["Ten"] = {**folder.listing["Ten"], "metadata": dict(folder.listing["Ten"]["metadata"])}
    folder.tables("Ten", {"example_genes": "cell_label,Drd2\n1,high\n"})
    folder.write()
    bucket_server.fill(BUCKET, root)
    try:
        store = Store(open_source(f"s3://{BUCKET}"), tmp_path / "cache")
        source = world.source(store, examples=Entry.model_validate(ENTRY).expression.examples)
        with pytest.raises(ExpressionError, match="Ask for the gene again"):
            source.read(["ENSG2"], "log2", Task())
        assert len(source.packages("log2", ["ENSG2"])) == 3
    finally:
        bucket_server.empty(BUCKET)


# -- several rules -----------------------------------------------------------------------------


@pytest.fixture
def brain(tmp_path: Path) -> Store:
    """A brain of three sections: a matrix each, but for the last, and one of all."""
    folder = ReleaseFolder(tmp_path / "brain")
    numbers = {"s1": range(4), "s2": range(4, 8), "s3": range(8, 10)}
    cells = [(label(n), section) for section, own in numbers.items() for n in own]
    table = "cell_label,section,feature_matrix_label,x,y\n"
    folder.tables("Brain", {"cell_metadata": table + "".join(f"{c},{s},all,1,2\n" for c, s in cells)})
    values = [[value(n, 0)] for own in numbers.values() for n in own]
    folder.matrix("Brain", "all", [cell for cell, _ in cells], ["ENSG1"], values)
    for section in ("s1", "s2"):
        own = numbers[section]
        folder.matrix("Sections", section, [label(n) for n in own], ["ENSG1"], [[value(n, 0)] for n in own])
    return Store(open_source(folder.write()), tmp_path / "cache")


def brain_source(store: Store, slab: str | None) -> AtlasExpression:
    entry = Entry.model_validate(
        ENTRY
        | {
            "name": "Brain",
            "expression": {
                "units": {"log2": "log2"},
                "rules": [
                    {"directories": ["Sections"], "matrix_column": "section"},
                    {"directories": ["Brain"], "matrix": "all"},
                    {"directories": ["Brain"], "matrix_column": "no such column"},
                ],
            },
        }
    )
    version = store.releases()[0]
    files = DatasetFiles(entry, Release.parse(store.manifest_bytes(version), version))
    cells = build_cells(
        store.derived / "cells/brain.parquet",
        SourceTable((store.ensure(files.cells()[0]),), "cell_label"),
        [],
        slab="section",
        coordinates=("x", "y"),
        task=Task(),
    )
    kept = np.ones(cells.count(slab), bool)
    return AtlasExpression(
        {"log2": "log2"}, entry.expression.rules, files, store, GeneIndexes(store), cells, slab, kept
    )


def test_the_rule_is_chosen_by_what_must_be_fetched(brain: Store) -> None:
    def chosen(slab: str | None) -> list[str]:
        return [key.rpartition("/")[2] for key in brain_source(brain, slab).index_missing("log2")]

    # All is here: a section's own matrix comes first; all sections are one file instead of many.
    assert chosen("s1") == ["s1-log2.h5ad"]
    assert chosen("s3") == ["all-log2.h5ad"]  # it has no matrix of its own
    assert chosen(None) == ["all-log2.h5ad"]
    values = brain_source(brain, None).read(["ENSG1"], "log2", Task())
    np.testing.assert_array_equal(values[:, 0], [value(n, 0) for n in range(10)])


def test_the_smaller_file_is_fetched(brain: Store, bucket_server: BucketServer, tmp_path: Path) -> None:
    assert brain.source.folder is not None
    bucket_server.fill(BUCKET, brain.source.folder)
    try:
        store = Store(open_source(f"s3://{BUCKET}"), tmp_path / "fetched")
        sizes = {path.name: path.stat().st_size for path in brain.source.folder.rglob("*-log2.h5ad")}
        (package,) = brain_source(store, "s1").packages("log2")
        smaller = "s1-log2.h5ad" if sizes["s1-log2.h5ad"] <= sizes["all-log2.h5ad"] else "all-log2.h5ad"
        assert package.name == smaller
        brain_source(store, None).read(["ENSG1"], "log2", Task())
        # Now that the matrix of all cells is here, a section has nothing to fetch.
        assert brain_source(store, "s1").packages("log2") == ()
    finally:
        bucket_server.empty(BUCKET)
