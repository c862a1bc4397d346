"""A cache in which the demo's release is ready, as on every start but the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="package")
def _demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from napari_abc.demo.release import ensure_release

    folder = tmp_path_factory.mktemp("demo-cache")
    ensure_release(folder)
    return folder


@pytest.fixture
def demo_cache(_demo_folder: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NAPARI_ABC_CACHE", str(_demo_folder))
    return _demo_folder
