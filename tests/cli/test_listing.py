"""The verbs list, slabs and download, on folders, on a real S3 server, and on a person's own runs."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

import bucket
from napari_abc.cli import main
from napari_abc.text import SYNTHETIC
from project import DATA
from servers import FolderServer

if TYPE_CHECKING:
    from pathlib import Path

    from servers import BucketServer

HUMAN = "HMBA-MERSCOPE-H22.30.001-BG"
MARMOSET = "HMBA-Xenium-CJ23.56.004-BG"


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[str, str]:
    assert main(argv) == 0, capsys.readouterr().err
    out, err = capsys.readouterr()
    return out, err


def test_list_as_json_has_the_promised_columns(
    capsys: pytest.CaptureFixture[str], release_folder: Path
) -> None:
    rows = json.loads(run(capsys, "list", "--json", "--source", str(release_folder))[0])
    assert list(rows[0])[:8] == [
        "dataset",
        "species",
        "platform",
        "slabs",
        "bytes",
        "cached_bytes",
        "license",
        "release",
    ]
    by_name = {row["dataset"]: row for row in rows}
    human = by_name[HUMAN]
    assert (human["species"], human["platform"]) == ("Human", "MERSCOPE")
    assert human["synthetic"] is True
    assert human["available"] is True
    assert human["bytes"] == human["cached_bytes"] > 1_000_000  # a folder is on this disk
    assert isinstance(human["slabs"], int)


def test_list_as_a_table(capsys: pytest.CaptureFixture[str], release_folder: Path) -> None:
    out, err = run(capsys, "--source", str(release_folder), "list")
    header, *rows = out.splitlines()
    assert header.split()[:3] == ["dataset", "species", "platform"]
    human = next(row for row in rows if row.startswith(HUMAN))
    assert " MB" in human
    assert human.split()[-4:] == ["none", "20260228", "yes", "yes"]  # the real data's license is not theirs
    assert SYNTHETIC in err
    assert "CC BY" not in out + err
    available = [row.split()[-1] for row in rows]
    assert available == sorted(available, reverse=True)  # "yes" before "no"


def test_global_options_before_and_after_the_verb_are_the_same(
    capsys: pytest.CaptureFixture[str], release_folder: Path, tmp_path: Path
) -> None:
    options = ["--source", str(release_folder), "--release", "20251031", "--cache", str(tmp_path)]
    before = run(capsys, *options, "list", "--json")[0]
    after = run(capsys, "list", "--json", *options)[0]
    assert before == after
    assert json.loads(before)[0]["release"] == "20251031"


def test_slabs_in_order_with_the_promised_columns(
    capsys: pytest.CaptureFixture[str], release_folder: Path
) -> None:
    slabs = json.loads(run(capsys, "slabs", HUMAN, "--json", "--source", str(release_folder))[0])
    assert list(slabs[0]) == ["slab", "cells", "sections", "regions", "order", "title"]
    orders = [slab["order"] for slab in slabs]
    assert orders == sorted(orders)
    assert len(orders) == len(set(orders))
    assert all(isinstance(order, int) for order in orders)
    table = run(capsys, "slabs", HUMAN, "--source", str(release_folder))[0].splitlines()
    assert [line.split()[-1] for line in table[1:]] == [str(order) for order in orders]
    assert {slab["regions"] for slab in slabs} == {True, False}


def test_slabs_counts_the_cells_that_have_coordinates(
    capsys: pytest.CaptureFixture[str], release_folder: Path, tmp_path: Path
) -> None:
    import pandas as pd

    source = ["--source", str(release_folder)]
    slabs = json.loads(run(capsys, "slabs", HUMAN, "--count", "--json", *source)[0])
    slab = min(slabs, key=lambda row: row["cells"])
    run(capsys, "cells", HUMAN, slab["slab"], *source, "-o", str(tmp_path / "a.parquet"))
    table = pd.read_parquet(tmp_path / "a.parquet")
    assert len(table) == slab["cells"]
    assert table[["x", "y"]].notna().all(axis=None)


def test_slabs_of_nothing_that_there_is(capsys: pytest.CaptureFixture[str], release_folder: Path) -> None:
    assert main(["slabs", "HMBA-MERSCOPE-H22.30.01-BG", "--source", str(release_folder)]) == 2
    assert f"did you mean {HUMAN}" in capsys.readouterr().err


def test_a_release_that_is_not_there(capsys: pytest.CaptureFixture[str], release_folder: Path) -> None:
    assert main(["list", "--release", "19990101", "--source", str(release_folder)]) == 2
    assert "20260228" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["xenium/cell-mix-526", "merscope/smallset-24", "h5ad/visium-49.h5ad"])
def test_slabs_of_a_persons_own_run(capsys: pytest.CaptureFixture[str], name: str) -> None:
    path = DATA / name
    (slab,) = json.loads(run(capsys, "slabs", str(path), "--json")[0])
    assert slab["slab"] == path.name.removesuffix(".h5ad")
    assert str(slab["cells"]) in name


def test_a_folder_named_like_a_dataset_does_not_hide_it(
    capsys: pytest.CaptureFixture[str], release_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / HUMAN).mkdir()
    monkeypatch.chdir(tmp_path)
    slabs = json.loads(run(capsys, "slabs", HUMAN, "--json", "--source", str(release_folder))[0])
    assert len(slabs) > 1


def test_download_then_work_without_the_server(
    capsys: pytest.CaptureFixture[str],
    s3_server: BucketServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache = ["--cache", str(tmp_path / "cache")]

    def marmoset() -> dict[str, int]:
        rows = json.loads(run(capsys, "list", "--json", *cache)[0])
        return next(row for row in rows if row["dataset"] == MARMOSET)

    fresh = marmoset()
    assert fresh["cached_bytes"] < fresh["bytes"]
    assert SYNTHETIC in run(capsys, "download", MARMOSET, "--no-expression", *cache)[1]
    tables = marmoset()["cached_bytes"]
    assert fresh["cached_bytes"] <= tables < fresh["bytes"]
    run(capsys, "download", MARMOSET, *cache)
    assert marmoset()["cached_bytes"] == fresh["bytes"]
    requests = len(s3_server.requests)
    slab = json.loads(run(capsys, "slabs", MARMOSET, "--json", "--offline", *cache)[0])[0]["slab"]
    out = tmp_path / "a.csv"
    run(capsys, "cells", MARMOSET, slab, "--genes", "DRD1", "--offline", *cache, "-o", str(out))
    assert len(s3_server.requests) == requests
    # … and without --offline where the server is gone: the cache is used, and that is said
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    out, err = run(capsys, "slabs", MARMOSET, "--json", *cache)
    assert json.loads(out)[0]["slab"] == slab
    assert err.count("\n") <= 3
    assert "check the network" in err
    assert "the releases on this machine: " in err


def test_offline_with_an_empty_cache_is_one_line(
    capsys: pytest.CaptureFixture[str], s3_server: BucketServer, tmp_path: Path
) -> None:
    assert main(["slabs", MARMOSET, "--offline", "--cache", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert err.startswith("napari-abc: ")
    assert err.count("\n") == 1
    assert not s3_server.requests


def test_download_of_a_path_is_an_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["download", str(tmp_path)]) == 2
    assert "on this disk already" in capsys.readouterr().err


def test_a_damaged_release_is_an_error(
    capsys: pytest.CaptureFixture[str], release_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "bucket" / "releases" / "20260228"
    folder.mkdir(parents=True)
    manifest = release_folder / "releases" / "20260228" / "manifest.json"
    shutil.copy(manifest, folder)
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text[: len(text) // 2])
    assert main(["list", "--source", str(tmp_path / "bucket")]) == 2
    err = capsys.readouterr().err
    assert err.startswith("napari-abc: ")
    assert "manifest" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("verb", ["slabs", "index"])
def test_a_wrong_name_is_told_also_where_there_is_no_network(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    for options in ([], ["--offline"]):
        assert main([verb, "typo", "--cache", str(tmp_path), *options]) == 2
        assert capsys.readouterr().err.startswith("napari-abc: There is no dataset 'typo'; there are HMBA-")
    assert main([verb, HUMAN[:-1], "--cache", str(tmp_path)]) == 2
    assert f"did you mean {HUMAN}" in capsys.readouterr().err


def test_a_directory_that_nobody_described_is_listed_and_downloaded(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    total = sum(map(len, bucket.CONTENT.values()))
    with FolderServer(bucket.write_bucket(tmp_path / "bucket")) as server:
        options = ["--source", server.url, "--cache", str(tmp_path / "cache")]
        out, err = run(capsys, "list", *options)
        assert {line.split()[-1] for line in out.splitlines()[1:]} == {"no"}
        assert "1 more directory is not described yet; 'list --directories' shows all there is." in err
        header, row = run(capsys, "list", "--directories", *options)[0].splitlines()
        assert header.split() == ["directory", "files", "bytes", "cached_bytes", "used_by", "what"]
        assert row.startswith(f"{bucket.DATASET}      4  9.5 MB           0 B  -")
        assert "2 tables, 56.9 kB: download" in row
        (told,) = json.loads(run(capsys, "list", "--directories", "--json", *options)[0])
        assert (told["bytes"], told["cached_bytes"], told["used_by"]) == (total, 0, "")
        assert told["kinds"] == "metadata, expression_matrices, polygons"
        small = run(capsys, "download", bucket.DATASET, "--no-expression", *options)
        assert str(tmp_path / "cache" / "metadata" / bucket.DATASET) in small[0].splitlines()
        assert "56.9 kB of 9.5 MB on this disk" in small[1]
        run(capsys, "download", bucket.DATASET, *options)
        (told,) = json.loads(run(capsys, "list", "--directories", "--json", *options)[0])
        assert told["cached_bytes"] == total
        assert main(["download", "HMBA-Tiny-1.2.3", *options]) == 2
        err = capsys.readouterr().err
        assert "There is no dataset or directory 'HMBA-Tiny-1.2.3'; did you mean HMBA-Tiny-1.2.3-BG" in err


def test_directories_that_datasets_use_come_last(
    capsys: pytest.CaptureFixture[str], release_folder: Path
) -> None:
    out, _ = run(capsys, "list", "--directories", "--source", str(release_folder))
    rows = {line.split()[0]: line for line in out.splitlines()[1:]}
    assert HUMAN in rows[HUMAN].split()[1:]
    assert " more  " in rows["HMBA-BG-taxonomy-CCN20250428"]
