"""What a release holds that no dataset uses: listed from real manifests, and fetched from a real server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import bucket
from napari_abc.atlas.catalog import Catalog, read_catalog
from napari_abc.atlas.directories import Directories, used_directories
from napari_abc.atlas.manifest import Release
from napari_abc.errors import Cancelled, FormatError, OfflineError, UnknownNameError
from napari_abc.io.remote import Store, open_source
from napari_abc.task import Task
from released import ABC
from servers import FolderServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BUCKET = ABC / "bucket"

CATALOG = """
taxonomies:
- {directory: T-taxonomy, title: Cell types of T, species: Mouse}
- {directory: V-taxonomy, title: Regions of V, species: Mouse}
datasets:
- name: Brain
  directory: Brain-10X
  title: A brain
  species: Mouse
  platform: 10x
  license: l
  citation: c
  url: u
  renamed: {Consensus-WMB: Consensus-Mouse}
  cells: {table: cell_metadata, key: cell_label, also: [{table: cell_metadata, directory: More-cells}]}
  joins: [{table: more, directory: Joined, key: cell_label}]
  slabs:
    column: section
    section: section
    listing: {matrices: Listed}
  frames: [{name: f, columns: [x, y], unit: millimeter, y: down, title: t}]
  taxonomies: [{directory: T-taxonomy, key: cluster_alias, outside: none}]
  value_sets: [{column: region, table: sets, field: f, group: g, directory: Sets}]
  regions: {directory: Polygons, colors: region}
  genes: {table: gene, key: gene, directory: Consensus-WMB-genes}
  expression:
    units: {log2: log2}
    rules:
    - {directories: [Matrices-1, Matrices-2], matrix_column: m}
    examples: [{table: examples, directory: Examples}]
  volumes:
  - directory: Volumes
    name: v
    title: V
    kind: labels
    frame: f
    axes: [0, 1, 2]
    spacing: [1, 1, 1]
    terms: V-taxonomy
"""
NAMED = {
    "Brain-10X",
    "More-cells",
    "Joined",
    "Listed",
    "T-taxonomy",
    "Sets",
    "Polygons",
    "Consensus-WMB-genes",
    "Consensus-Mouse-genes",
    "Matrices-1",
    "Matrices-2",
    "Examples",
    "Volumes",
    "V-taxonomy",
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return read_catalog(CATALOG, "test")


def test_every_field_of_an_entry_that_names_a_directory_counts(catalog: Catalog) -> None:
    assert used_directories(catalog.datasets["Brain"]) == NAMED


def manifest(**directories: dict[str, Any]) -> bytes:
    return json.dumps({"version": "20251031", "file_listing": directories}).encode()


def listed(name: str, form: str = "csv", size: int | None = 1_000) -> dict[str, Any]:
    about = {"relative_path": f"metadata/x/20251031/{name}.{form}"}
    return {name: {"files": {form: about if size is None else {**about, "size": size}}}}


def test_what_each_directory_holds_and_what_uses_it(catalog: Catalog, tmp_path: Path) -> None:
    content = manifest(
        **{
            "Brain-10X": {"metadata": listed("cell_metadata")},
            "T-taxonomy": {"metadata": listed("terms")},
            "Consensus-Mouse-genes": {"metadata": listed("gene")},
            "Nobody": {
                "metadata": {**listed("a", size=12_000_000), **listed("b", size=500)},
                "expression_matrices": {
                    "m": {
                        "log2": listed("m", "h5ad", 3_200_000_000)["m"],
                        "raw": listed("m2", "h5ad", 1)["m2"],
                    }
                },
                "image_volumes": {**listed("v", "nii.gz"), **listed("p", "geojson", None)},
                "mapmycells": {
                    **listed("stats", "h5", 77),
                    "odd": {"files": 7},
                    "up": listed("../../x")["../../x"],
                },
                "future": ["anything"],
            },
            "Empty": {},
        }
    )
    store = Store(open_source(bucket.write_bucket(tmp_path / "bucket")), tmp_path / "cache")
    directories = Directories(Release.parse(content, "20251031"), store, catalog)
    assert list(directories) == ["Brain-10X", "T-taxonomy", "Consensus-Mouse-genes", "Nobody", "Empty"]
    assert directories["Brain-10X"].used_by == ("Brain",)
    assert directories["T-taxonomy"].used_by == ("Brain", "Cell types of T")
    assert directories["Consensus-Mouse-genes"].used_by == ("Brain",)
    assert [directory.name for directory in directories.unused] == ["Nobody", "Empty"]
    nobody = directories["Nobody"]
    assert nobody.contents == (
        "2 tables, 12.0 MB; 2 matrices, 3.2 GB; 1 image volume, 1.0 kB; 1 polygon file, size unknown; "
        "1 mapmycells file, 77 B"
    )
    assert "2 tables, 12.0 MB: download, read as CSV" in nobody.what
    assert "1 image volume, 1.0 kB: download, open in napari" in nobody.what
    assert nobody.bytes == 3_212_001_578
    assert nobody.cached_bytes == 0
    assert nobody.folders == []
    table = directories.table().set_index("directory")
    assert (
        table.loc["Nobody", "kinds"] == "metadata, expression_matrices, image_volumes, polygons, mapmycells"
    )
    assert (table.loc["Nobody", "files"], table.loc["Nobody", "used_by"]) == (7, "")
    assert table.loc["T-taxonomy", "used_by"] == "Brain, Cell types of T"
    assert (table.loc["Empty", "bytes"], table.loc["Empty", "what"]) == (0, "")


@pytest.mark.parametrize("real", [False, *([True] if BUCKET.is_dir() else [])])
def test_directories_of_a_manifest_whether_described_or_not(
    release_folder: Path, catalog: Catalog, tmp_path: Path, real: bool
) -> None:
    folder = BUCKET if real else release_folder
    data = (folder / "releases/20250531/manifest.json").read_bytes()
    raw = json.loads(data)
    directories = Directories(Release.parse(data, "20250531"), Store(open_source(folder), tmp_path), catalog)
    assert len(directories) == len(raw["file_listing"])
    # The manifest has totals of its own; one of the real ones counts files that it does not list.
    for name, told in raw["directory_listing"].items():
        total = sum(kind["total_size"] for kind in told["directories"].values())
        counts_more = real and name == "WMB-taxonomy"
        assert (directories[name].bytes == total) is not counts_more, name
    # A table that lies in the folder given as source is on this disk.
    taxonomy = directories["SEAAD-taxonomy"]
    assert taxonomy.cached_bytes > 0
    assert (taxonomy.cached_bytes < taxonomy.bytes) == real
    assert taxonomy.folders == [folder.resolve() / "metadata/SEAAD-taxonomy"]
    if real:
        assert directories["SEAAD"].what == "1 mapmycells file, 263 MB: download"
        assert directories["WHB-10Xv3"].contents == (
            "6 tables, 1.1 GB; 4 matrices, 75.2 GB; 2 mapmycells files, 8.7 GB"
        )


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FolderServer]:
    with FolderServer(bucket.write_bucket(tmp_path / "bucket")) as server:
        yield server


def test_a_directory_is_downloaded_whole_and_only_once(
    server: FolderServer, catalog: Catalog, tmp_path: Path
) -> None:
    store = Store(open_source(server.url), tmp_path / "cache")
    release = Release.parse(store.manifest_bytes(bucket.NEW), bucket.NEW)
    directory = Directories(release, store, catalog)[bucket.DATASET]
    assert (directory.cached_bytes, directory.folders) == (0, [])
    stopped = Task(lambda progress: stopped.cancel() if progress.what.endswith(".h5ad") else None)
    with pytest.raises(Cancelled):
        directory.download(stopped)
    assert 0 < directory.cached_bytes < directory.bytes
    directory.download()
    assert directory.cached_bytes == directory.bytes == sum(map(len, bucket.CONTENT.values()))
    assert directory.folders == [
        tmp_path / "cache" / kind / bucket.DATASET
        for kind in ("metadata", "expression_matrices", "image_volumes")
    ]
    server.requests.clear()
    directory.download()
    assert server.requests == []


def test_offline_and_unknown_names_are_one_sentence(
    server: FolderServer, catalog: Catalog, tmp_path: Path
) -> None:
    data = json.dumps(bucket.manifest(bucket.NEW)).encode()
    store = Store(open_source(server.url), tmp_path / "cache", offline=True)
    directories = Directories(Release.parse(data, bucket.NEW), store, catalog)
    with pytest.raises(OfflineError):
        directories[bucket.DATASET].download()
    with pytest.raises(UnknownNameError, match=f"did you mean {bucket.DATASET}"):
        directories["HMBA-Tiny-1.2.3"]
    with pytest.raises(UnknownNameError, match="list --directories"):
        directories["zzz"]
    assert "zzz" not in directories


def test_a_path_that_leaves_its_folder_is_never_listed(catalog: Catalog, tmp_path: Path) -> None:
    kinds = {"mapmycells": {"up": {"files": {"h5": {"relative_path": "metadata/../../up.h5", "size": 1}}}}}
    release = Release.parse(manifest(Nobody=kinds), "20251031")
    assert release.others("Nobody") == {}
    with pytest.raises(FormatError):
        Release.parse(manifest(Nobody={"metadata": kinds["mapmycells"]}), "20251031")
