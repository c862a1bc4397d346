"""A bucket of a few files, for tests that need to know every byte of it."""

from __future__ import annotations

import hashlib
import json
import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

DATASET = "HMBA-Tiny-1.2.3-BG"
OLD, NEW = "20250531", "20251031"
TABLE = f"metadata/{DATASET}/20250531/views/cell_metadata.csv"
MATRIX = f"expression_matrices/{DATASET}/20250531/Tiny-1.2.3-BG-log2.h5ad"
PLANE = f"image_volumes/{DATASET}/20250630/geojsons/H22.30.001.CX.16.Plane.07.geojson"
EMPTY = f"metadata/{DATASET}/20250531/nothing.csv"

CONTENT = {
    TABLE: b"cell_label,x\n" + b"".join(b"1324989690_%d-20250227,0.5\n" % n for n in range(2000)),
    # Two and a bit of the parts that a bucket is read in.
    MATRIX: random.Random(20250428).randbytes(9 * 2**20 + 123),
    PLANE: b'{"type": "FeatureCollection", "features": []}',
    EMPTY: b"",
}


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def entry(key: str) -> dict[str, Any]:
    """A file's entry in a manifest."""
    return {
        "version": key.split("/")[2],
        "relative_path": key,
        "url": f"https://elsewhere.invalid/{key}",
        "size": len(CONTENT[key]),
        "file_hash": md5(CONTENT[key]),
    }


def manifest(version: str) -> dict[str, Any]:
    listing = {
        "metadata": {
            "cell_metadata": {"files": {"csv": entry(TABLE)}},
            "nothing": {"files": {"csv": entry(EMPTY)}},
        },
        "expression_matrices": {"Tiny-1.2.3-BG": {"log2": {"files": {"h5ad": entry(MATRIX)}}}},
        "image_volumes": {"H22.30.001.CX.16.Plane.07": {"files": {"geojson": entry(PLANE)}}},
    }
    return {
        "version": version,
        "resource_uri": "s3://allen-brain-cell-atlas/",
        "directory_listing": {DATASET: {"directories": {}}},
        "file_listing": {DATASET: listing},
    }


def write_bucket(folder: Path, versions: tuple[str, ...] = (OLD, NEW)) -> Path:
    """Write the bucket's files and the manifests of some releases."""
    for key, content in CONTENT.items():
        put(folder, key, content)
    for version in versions:
        put(folder, f"releases/{version}/manifest.json", json.dumps(manifest(version)).encode())
    return folder


def put(folder: Path, key: str, content: bytes) -> Path:
    path = folder / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def snapshot(folder: Path) -> dict[str, tuple[int, str]]:
    """Time of change and MD5 of every file of a folder."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_mtime_ns, md5(path.read_bytes()))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
