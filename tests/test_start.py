"""What is not loaded before it is needed: by the package, the shell, and what napari's manifest names."""

from __future__ import annotations

import json
import sys
from functools import cache

import pytest
import yaml

from processes import run
from project import ROOT

MANIFEST = yaml.safe_load((ROOT / "napari.yaml").read_text("utf-8"))
NAMED = sorted({command["python_name"] for command in MANIFEST["contributions"]["commands"]})
LATE = (
    "aiobotocore", "aiohttp", "anndata", "botocore", "dask.array", "distributed", "fsspec", "imagecodecs",
    "nibabel", "s3fs", "scipy.sparse", "scipy.spatial", "tensorstore", "tifffile", "xarray", "zarr",
)  # fmt: skip
"""Libraries that take a tenth of a second or more, and that opening the dock does not need."""
NEVER_FIRST = (*LATE, "h5py", "napari", "numpy", "pandas", "pyarrow", "pydantic", "qtpy", "scipy", "shapely")
"""What neither ``import napari_abc`` nor the start of the shell may load."""


@cache
def loaded_by(module: str) -> frozenset[str]:
    """Modules that a fresh interpreter has after importing one."""
    code = f"import json, sys, {module}; print(json.dumps(list(sys.modules)))"
    done = run([sys.executable, "-c", code])
    assert done.returncode == 0, done.stderr
    return frozenset(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("module", ["napari_abc", "napari_abc.cli"])
def test_the_package_and_the_shell_start_light(module: str) -> None:
    assert loaded_by(module).isdisjoint(NEVER_FIRST)


@pytest.mark.parametrize("module", sorted({name.partition(":")[0] for name in NAMED}))
def test_what_the_manifest_names_loads_no_library_that_napari_has_not(module: str) -> None:
    loaded = loaded_by(module)
    assert module in loaded
    assert sorted(loaded.intersection(LATE) - loaded_by("napari.qt")) == []


def test_what_is_checked_here_can_be_told() -> None:
    """A library that was renamed would pass unseen."""
    known = f"import importlib.util as u; print([n for n in {LATE} if u.find_spec(n) is None])"
    done = run([sys.executable, "-c", known], check=True)
    assert done.stdout.strip() in ("[]", "['xarray']")  # which is none of ours


@pytest.mark.parametrize("name", NAMED)
def test_the_manifest_names_what_is_public(name: str) -> None:
    module, _, attribute = name.partition(":")
    assert not [part for part in (*module.split("."), attribute) if part.startswith("_")]
