from __future__ import annotations

import csv
import io
import json
import shutil
from typing import TYPE_CHECKING

import pytest

from napari_abc.cli import main

if TYPE_CHECKING:
    from pathlib import Path

OLDEST = "20250531"
LACKING = "Consensus-WMB-integrated-taxonomy"
"""Of a later release."""


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, str]:
    assert main(["taxonomy", *arguments]) == 0
    return capsys.readouterr()


@pytest.fixture
def source(release_folder: Path) -> tuple[str, str]:
    return "--source", str(release_folder)


def test_taxonomies_are_listed(capsys: pytest.CaptureFixture[str], source: tuple[str, str]) -> None:
    out, err = run(capsys, *source)
    lines = out.splitlines()
    assert "Synthetic" in err
    assert lines[0].split()[:3] == ["taxonomy", "title", "species"]
    assert [line.split()[0] for line in lines[1:3]] == ["HMBA-BG-taxonomy-CCN20250428", "WMB-taxonomy"]
    assert "reason" not in lines[0]
    records = {record["taxonomy"]: record for record in json.loads(run(capsys, *source, "--json")[0])}
    assert records["WMB-taxonomy"]["levels"] == 5


def test_what_an_older_release_lacks_is_said(
    capsys: pytest.CaptureFixture[str], source: tuple[str, str]
) -> None:
    older = (*source, "--release", OLDEST)
    records = {record["taxonomy"]: record for record in json.loads(run(capsys, *older, "--json")[0])}
    assert records[LACKING]["terms"] is None
    assert f"has no {LACKING}" in records[LACKING]["reason"]
    out, err = run(capsys, *older)
    assert out.splitlines()[-1].endswith("no")
    assert f"{LACKING} can't be opened: " in err
    assert main(["taxonomy", LACKING, *older]) == 2
    assert "Choose another release" in capsys.readouterr().err


def test_levels_of_a_taxonomy(capsys: pytest.CaptureFixture[str], source: tuple[str, str]) -> None:
    out, err = run(capsys, "WMB-taxonomy", *source)
    assert [line.split()[0] for line in out.splitlines()] == [
        "level", "neurotransmitter", "class", "subclass", "supertype", "cluster",
    ]  # fmt: skip
    assert "Synthetic" in err
    records = json.loads(run(capsys, "WMB-taxonomy", "--json", *source)[0])
    assert [record["facet"] for record in records] == [True, *[False] * 4]


def test_terms_of_a_level_with_their_ancestors(
    capsys: pytest.CaptureFixture[str], source: tuple[str, str]
) -> None:
    out, _ = run(capsys, "WMB-taxonomy", "--level", "Subclass", "--find", "sst", *source)
    header, *rows = out.splitlines()
    assert header.split() == [
        "label", "level", "class", "subclass", "neurotransmitter", "color", "cells", "leaves", "children",
    ]  # fmt: skip
    (row,) = [line for line in rows if "053 Sst Gaba" in line]
    assert "07 CTX-MGE GABA" in row
    assert "#ff9f1c" in row
    arguments = ("WMB-taxonomy", "--level", "subclass", "--csv", *source)
    table = list(csv.DictReader(io.StringIO(run(capsys, *arguments)[0])))
    assert len(table) == 40
    assert table[0]["class"] == "01 IT-ET Glut"
    assert table[0]["cells"].isdigit()


def test_a_search_goes_through_all_levels(
    capsys: pytest.CaptureFixture[str], source: tuple[str, str]
) -> None:
    records = json.loads(run(capsys, "WMB-taxonomy", "--find", "0001 CLA", "--json", *source)[0])
    assert [record["level"] for record in records] == ["supertype", "cluster", "cluster"]
    assert records[1]["terms"]["supertype"] == records[0]["name"]
    assert records[0]["children"] == 2
    out, err = run(capsys, "WMB-taxonomy", "--find", "no such thing", *source)
    assert out.splitlines()[0].startswith("label")
    assert "No term holds 'no such thing'." in err
    assert json.loads(run(capsys, "WMB-taxonomy", "--find", "no such", "--json", *source)[0]) == []


def test_a_parcellation_has_volumes(capsys: pytest.CaptureFixture[str], source: tuple[str, str]) -> None:
    out, _ = run(capsys, "Allen-CCF-2020", "--level", "division", *source)
    assert out.splitlines()[0].split()[-1] == "volume_mm3"
    (row,) = [line for line in out.splitlines() if " Isocortex " in line]
    assert float(row.split()[-1]) > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--level", "class"], "Name a taxonomy"),
        (["--find", "x"], "Name a taxonomy"),
        (["WMB"], "did you mean WMB-taxonomy"),
        (["WMB-taxonomy", "--level", "group"], "it has neurotransmitter"),
        (["--json", "--csv"], "not allowed with"),
    ],
)
def test_mistakes_are_one_line(
    capsys: pytest.CaptureFixture[str], source: tuple[str, str], arguments: list[str], message: str
) -> None:
    assert main(["taxonomy", *arguments, *source]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.startswith("napari-abc: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("form", [[], ["--csv"], ["--json"]])
def test_names_from_a_file_can_not_drive_the_terminal(
    capsys: pytest.CaptureFixture[str], release_folder: Path, tmp_path: Path, form: list[str]
) -> None:
    bucket = tmp_path / "bucket"
    for part in ("releases/20260228", "metadata/WMB-taxonomy"):
        shutil.copytree(release_folder / part, bucket / part)
    manifest = bucket / "releases/20260228/manifest.json"
    path = next(bucket.rglob("WMB-taxonomy/*/cluster_annotation_term.csv"))
    before = path.read_bytes()
    path.write_bytes(before.replace(b"053 Sst Gaba,", "053 \x1b[2JSst\x9b2J,".encode()))
    listed = json.loads(manifest.read_text())
    file = listed["file_listing"]["WMB-taxonomy"]["metadata"]["cluster_annotation_term"]["files"]["csv"]
    file["size"] = path.stat().st_size
    del file["file_hash"]
    manifest.write_text(json.dumps(listed))
    out, _ = run(capsys, "WMB-taxonomy", "--level", "subclass", "--source", str(bucket), *form)
    assert "[2JSst" in out
    assert "\x1b" not in out
    assert "\x9b" not in out
