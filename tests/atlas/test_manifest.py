"""Manifests: the two real ones we have, the shapes a release may take, and what must be refused."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

import bucket
from bucket import DATASET, MATRIX, NEW, PLANE, TABLE
from napari_abc.atlas.manifest import KINDS, Release
from napari_abc.errors import FormatError, UnknownNameError
from napari_abc.io.remote import RemoteFile, Store, open_source
from released import ABC

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BUCKET = ABC / "bucket"


def parse(content: Any, version: str = NEW) -> Release:
    return Release.parse(json.dumps(content).encode(), version)


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    content = copy.deepcopy(bucket.manifest(NEW))
    change(content)
    return content


# ---------------------------------------------------------------- real ones


def listed(node: dict[str, Any]) -> int:
    """How many files are described below a part of a manifest."""
    return "relative_path" in node or sum(listed(part) for part in node.values() if isinstance(part, dict))


@pytest.mark.parametrize("version", ["20250531", "20260228"])
def test_manifests_of_the_synthetic_release_are_read_whole(release_folder: Path, version: str) -> None:
    read_whole((release_folder / f"releases/{version}/manifest.json").read_bytes(), version, synthetic=True)


@pytest.mark.parametrize("path", [None, *sorted(BUCKET.glob("releases/*/manifest.json"))], ids=str)
def test_manifests_are_read_whole(release_folder: Path, path: Path | None) -> None:
    """The newest synthetic one, and the real ones where they are on this machine."""
    found = path or release_folder / "releases/20260228/manifest.json"
    release = read_whole(found.read_bytes(), found.parent.name, synthetic=path is None)
    # Versions are mixed in one release, and a table may lie in a sub-folder that its name hides.
    matrix = release.file("MERFISH-C57BL6J-638850", "expression_matrices", "C57BL6J-638850", "log2")
    assert matrix.key == "expression_matrices/MERFISH-C57BL6J-638850/20230830/C57BL6J-638850-log2.h5ad"
    if path is not None:
        assert matrix.size == 7_627_589_574
    view = release.file("MERFISH-C57BL6J-638850", "metadata", "cell_metadata_with_cluster_annotation")
    assert "/views/" in view.key
    template = "annotation_25" if path is None else "annotation_10"
    assert release.file("Allen-CCF-2020", "image_volumes", template).name == f"{template}.nii.gz"


def read_whole(data: bytes, version: str, *, synthetic: bool) -> Release:
    """Parse a manifest and compare it with what ``json`` reads."""
    release = Release.parse(data, version)
    assert (release.version, release.synthetic) == (version, synthetic)
    raw = json.loads(data)["file_listing"]
    assert set(release.directories()) == set(raw)
    files = sum(len(release.files(directory)) for directory in release.directories())
    kinds = [part for told in raw.values() for kind, part in told.items() if kind != "mapmycells"]
    assert files == sum(map(listed, kinds))
    for directory in release.directories():
        assert set(release.names(directory, "metadata")) == set(raw[directory].get("metadata", {}))
        for file in release.files(directory):
            assert file.size and file.md5 and file.key.split("/")[1] == directory
    return release


@pytest.mark.parametrize("real", [False, *([True] if BUCKET.is_dir() else [])])
def test_files_are_found_and_verified_through_a_manifest(
    release_folder: Path, tmp_path: Path, real: bool
) -> None:
    folder = BUCKET if real else release_folder
    store = Store(open_source(folder), tmp_path)
    assert store.releases() == (["20231215", "20250531"] if real else ["20250531", "20251031", "20260228"])
    for version, directory, name in (
        (store.releases()[0], "WMB-taxonomy", "cluster_annotation_term"),
        (store.releases()[-1], "HMBA-BG-taxonomy-CCN20250428", "cluster_annotation_term_set"),
    ):
        release = Release.parse(store.manifest_bytes(version), version)
        file = release.file(directory, "metadata", name)
        assert store.ensure(file) == folder.resolve() / file.key
        assert store.locate(file) == folder.resolve() / file.key


# ------------------------------------------------------------------ look-ups


def test_a_release_answers_what_it_has() -> None:
    release = parse(bucket.manifest(NEW))
    assert release.directories() == (DATASET,)
    assert release.names(DATASET, "metadata") == ("cell_metadata", "nothing")
    assert release.names(DATASET, "mapmycells") == ()
    assert release.file(DATASET, "metadata", "cell_metadata") == RemoteFile(
        TABLE, len(bucket.CONTENT[TABLE]), bucket.md5(bucket.CONTENT[TABLE])
    )
    assert release.file(DATASET, "expression_matrices", "Tiny-1.2.3-BG", "log2").key == MATRIX
    assert release.file(DATASET, "image_volumes", "H22.30.001.CX.16.Plane.07").key == PLANE
    assert {file.key for file in release.files(DATASET)} == set(bucket.CONTENT)
    assert release.size(DATASET) == sum(map(len, bucket.CONTENT.values()))
    assert release.find(DATASET, "metadata", "gene") is None
    assert release.find("nowhere", "metadata", "gene") is None
    assert release.synthetic is False
    assert parse({**bucket.manifest(NEW), "synthetic": True}).synthetic is True


def test_unknown_names_say_what_there_is() -> None:
    release = parse(bucket.manifest(NEW))
    for ask, said in (
        (lambda: release.file(DATASET, "metadata", "cell_metdata"), "did you mean cell_metadata?"),
        (lambda: release.file(DATASET, "metadata", "zzz"), "there are: cell_metadata, nothing."),
        (lambda: release.file(DATASET, "mapmycells", "zzz"), "there is none."),
        (lambda: release.file(DATASET, "expression_matrices", "Tiny-1.2.3-BG", "raw"), "it has: log2."),
        (lambda: release.file(DATASET, "expression_matrices", "Tiny-1.2.3-BG"), "it has: log2."),
        (lambda: release.names("HMBA-Tiny-1.2.3", "metadata"), f"did you mean {DATASET}?"),
        (lambda: release.files("zzz"), f"there are: {DATASET}."),
        (lambda: release.size("zzz"), f"Release {NEW} has no dataset 'zzz'"),
    ):
        with pytest.raises(UnknownNameError) as caught:
            ask()
        assert said in str(caught.value)


# ------------------------------------------------------------------ tolerated


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.update(extra=[1], resource_uri=None, directory_listing=7),
        lambda m: m.pop("version"),
        lambda m: m["file_listing"].update(Empty={}),
        lambda m: m["file_listing"][DATASET].update(
            image_volumes={}, metadata=m["file_listing"][DATASET]["metadata"]
        ),
        lambda m: m["file_listing"][DATASET].update(mapmycells={"stats": {"files": {"h5": {"odd": 1}}}}),
        lambda m: m["file_listing"][DATASET].update(future=["anything"]),
    ],
    ids=["extra keys", "no version", "empty directory", "empty kind", "mapmycells", "unknown kind"],
)
def test_what_a_release_may_leave_out_or_add(change: Callable[[dict[str, Any]], object]) -> None:
    release = parse(changed(change))
    assert release.file(DATASET, "metadata", "cell_metadata").key == TABLE
    assert {file.key.split("/")[0] for file in release.files(DATASET)} <= set(KINDS)


@pytest.mark.parametrize("value", ["absent", None, ""])
def test_a_hash_or_a_size_may_be_missing(value: str | None) -> None:
    def change(content: dict[str, Any]) -> None:
        entry = content["file_listing"][DATASET]["metadata"]["cell_metadata"]["files"]["csv"]
        entry["file_hash"] = value
        if value == "absent":
            del entry["file_hash"], entry["size"]

    file = parse(changed(change)).file(DATASET, "metadata", "cell_metadata")
    assert file.md5 is None
    assert file.size == (None if value == "absent" else len(bucket.CONTENT[TABLE]))


def test_a_hash_in_capitals_is_the_same_hash() -> None:
    def change(content: dict[str, Any]) -> None:
        entry = content["file_listing"][DATASET]["metadata"]["cell_metadata"]["files"]["csv"]
        entry["file_hash"] = f" {entry['file_hash'].upper()} "

    assert parse(changed(change)).file(DATASET, "metadata", "cell_metadata").md5 == bucket.md5(
        bucket.CONTENT[TABLE]
    )


def test_only_the_first_form_of_a_file_counts() -> None:
    def change(content: dict[str, Any]) -> None:
        files = content["file_listing"][DATASET]["image_volumes"]["H22.30.001.CX.16.Plane.07"]["files"]
        files["json"] = {"relative_path": "image_volumes/other.json"}

    assert parse(changed(change)).file(DATASET, "image_volumes", "H22.30.001.CX.16.Plane.07").key == PLANE


# -------------------------------------------------------------------- refused


@pytest.mark.parametrize(
    "data",
    [b"{", b"\xff\xfe\x00", b"[" * 200_000, b"9" * 5000, b'{"file_listing": {"a": {'],
)
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match=r"The manifest of release 20251031 is (not JSON|damaged)"):
        Release.parse(data, NEW)


def test_a_web_page_in_place_of_a_manifest_is_called_so() -> None:
    for page in (b"<html>Please log in</html>", b"\n <!DOCTYPE html>"):
        with pytest.raises(FormatError, match="20251031 is a web page, no manifest: log in there"):
            Release.parse(page, NEW)
    with pytest.raises(FormatError, match="20251031 is empty: try again"):
        Release.parse(b" \n", NEW)


def entry_of(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = content["file_listing"][DATASET]["metadata"]["cell_metadata"]["files"]["csv"]
    return found


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda m: m.pop("file_listing"), "file_listing"),
        (lambda m: m.update(file_listing=[]), "file_listing"),
        (lambda m: m.update(synthetic="yes"), "synthetic"),
        (lambda m: m["file_listing"].update({DATASET: 5}), f"file_listing/{DATASET}"),
        (lambda m: m["file_listing"].update({"../up": {}}), "file_listing"),
        (lambda m: m["file_listing"].update({"a/b": {}}), "file_listing"),
        (lambda m: m["file_listing"].update({"": {}}), "file_listing"),
        (lambda m: m["file_listing"][DATASET].update(metadata="x"), f"file_listing/{DATASET}/metadata"),
        (
            lambda m: m["file_listing"][DATASET]["metadata"].update({"a\\b": {}}),
            f"file_listing/{DATASET}/metadata",
        ),
        (
            lambda m: m["file_listing"][DATASET]["metadata"].update(gene={"csv": {}}),
            f"file_listing/{DATASET}/metadata/gene",
        ),
        (
            lambda m: m["file_listing"][DATASET]["metadata"].update(gene={"files": {}}),
            f"file_listing/{DATASET}/metadata/gene/files",
        ),
        (
            lambda m: m["file_listing"][DATASET]["expression_matrices"].update(x={"raw": {}}),
            f"file_listing/{DATASET}/expression_matrices/x/raw/files",
        ),
        (lambda m: entry_of(m).update(size="12"), "cell_metadata/files/csv/size"),
        (lambda m: entry_of(m).update(size=-1), "cell_metadata/files/csv/size"),
        (lambda m: entry_of(m).update(size=True), "cell_metadata/files/csv/size"),
        (lambda m: entry_of(m).update(size=1e300), "cell_metadata/files/csv/size"),
        (lambda m: entry_of(m).update(size=10**300), "cell_metadata/files/csv"),
        (lambda m: entry_of(m).update(file_hash=7), "cell_metadata/files/csv/file_hash"),
        (lambda m: entry_of(m).update(file_hash="xyz"), "cell_metadata/files/csv"),
        (lambda m: entry_of(m).pop("relative_path"), "cell_metadata/files/csv/relative_path"),
        (lambda m: entry_of(m).update(relative_path="/etc/passwd"), "cell_metadata/files/csv"),
        (lambda m: entry_of(m).update(relative_path="metadata/../../x"), "cell_metadata/files/csv"),
        (lambda m: entry_of(m).update(relative_path="releases/1/manifest.json"), "cell_metadata/files/csv"),
    ],
)
def test_a_faulty_part_is_named(change: Callable[[dict[str, Any]], object], place: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse(changed(change))
    text = str(caught.value)
    assert text.startswith("The manifest of release 20251031 is ")
    assert f"{place} " in text or f"{place}:" in text, text
    assert len(text) < 500
    assert "\n" not in text


def test_a_manifest_of_another_release_is_refused() -> None:
    with pytest.raises(FormatError, match="says that it belongs to release '20251031'"):
        parse(bucket.manifest(NEW), "20260228")
    with pytest.raises(FormatError, match="no release version"):
        parse(bucket.manifest(NEW), "../20251031")
