"""The ledger of checked files: trusted only while a file is as it was, and robust against damage."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from napari_abc.io.remote._ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

MD5 = "0" * 32


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "cache" / "metadata" / "gene.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"gene")
    return path


def ledger(root: Path) -> Ledger:
    return Ledger(root / "own" / "verified.jsonl", root)


def test_an_entry_holds_while_the_file_is_as_it_was(file: Path, tmp_path: Path) -> None:
    root = tmp_path / "cache"
    one = ledger(root)
    other = ledger(root)
    assert one.entry(file) is None
    one.record(file, file.stat(), MD5, "s3://bucket")
    for reader in (one, other, ledger(root)):
        entry = reader.entry(file)
        assert entry is not None
        assert (entry.md5, entry.origin, entry.size) == (MD5, "s3://bucket", 4)
    os.utime(file, ns=(1, 1))
    assert one.entry(file) is other.entry(file) is None
    other.record(file, file.stat(), "1" * 32)
    assert one.entry(file).md5 == "1" * 32
    file.write_bytes(b"genes")
    os.utime(file, ns=(1, 1))
    assert one.entry(file) is None
    file.unlink()
    assert one.entry(file) is None


def test_a_cache_that_was_moved_keeps_its_entries(file: Path, tmp_path: Path) -> None:
    ledger(tmp_path / "cache").record(file, file.stat(), MD5)
    outside = tmp_path / "outside.csv"
    outside.write_bytes(b"x")
    ledger(tmp_path / "cache").record(outside, outside.stat(), MD5)
    shutil.move(tmp_path / "cache", tmp_path / "moved")
    moved = ledger(tmp_path / "moved")
    assert moved.entry(tmp_path / "moved/metadata/gene.csv") is not None
    assert moved.entry(outside) is not None


def test_damaged_lines_are_passed_over(file: Path, tmp_path: Path) -> None:
    root = tmp_path / "cache"
    path = root / "own" / "verified.jsonl"
    path.parent.mkdir()
    path.write_bytes(
        b'\xff\xfe\n[]\n{"file": "metadata/gene.csv", "size": "x"}\nnull\n'
        + b"[" * 10_000
        + b'\n{"file": "me'
    )
    damaged = ledger(root)
    assert damaged.entry(file) is None
    damaged.record(file, file.stat(), MD5)
    assert ledger(root).entry(file).md5 == MD5
    path.write_bytes(b"")
    assert damaged.entry(file) is None


def test_a_ledger_that_cannot_be_written_stops_nothing(file: Path, tmp_path: Path) -> None:
    root = tmp_path / "cache"
    (root / "own").write_bytes(b"a file where the folder should be")
    stuck = ledger(root)
    stuck.record(file, file.stat(), MD5)
    assert stuck.entry(file).md5 == MD5
    assert ledger(root).entry(file) is None
