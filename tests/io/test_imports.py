"""Importing a room that reads or fetches loads none of the libraries that take long to load."""

from __future__ import annotations

import sys
import tomllib

import pytest

from processes import run
from project import ROOT

SLOW = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]["flake8-tidy-imports"]


@pytest.mark.parametrize("room", ["cells", "files", "images", "remote", "shapes"])
def test_a_room_is_imported_without_what_takes_long(room: str) -> None:
    code = f"import sys, napari_abc.io.{room}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = run([sys.executable, "-c", code], check=True)
    loaded = set(done.stdout.split())
    assert "napari_abc" in loaded
    assert not loaded & {*SLOW["banned-module-level-imports"], "napari", "qtpy"}
