"""The README says what is true: its Python runs, its shell commands work, its picture is there."""

from __future__ import annotations

import os
import re
import shlex
import sys
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from napari_abc.cli import main
from napari_abc.cli.parser import build_parser
from project import ROOT
from visits import visit_window

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

README = (ROOT / "README.md").read_text(encoding="utf-8")
RAW = "https://raw.githubusercontent.com/napari-abc/napari-abc/main/"

needs_screen = pytest.mark.skipif(
    sys.platform.startswith("linux") and not os.environ.get("DISPLAY"),
    reason="needs a display; run the tests with xvfb-run or scripts/test",
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def commands() -> list[list[str]]:
    """The arguments of every napari-abc line."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    words = [shlex.split(line, comments=True) for line in lines]
    return [line[1:] for line in words if line[:1] == ["napari-abc"]]


@needs_screen
def test_the_python_runs_as_written(
    qtbot: QtBot, demo_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = blocks("python")
    assert 9 <= len([line for line in code.splitlines() if line and not line.startswith("import")]) <= 11
    seen = []

    def at(viewer: Any) -> None:
        picture = viewer.screenshot(canvas_only=True, flash=False)[..., :3]
        seen.append((picture.max(axis=-1) > 60).sum())

    with visit_window(at):
        exec(compile(code, "README.md", "exec"), {})
    assert seen[0] > 5000
    out = capsys.readouterr().out
    assert "HMBA-MERSCOPE-H22.30.001-BG" in out
    assert "STRd D1 Matrix MSN" in out
    assert "DRD2" in out


def test_every_command_is_understood() -> None:
    found = commands()
    assert {words[0] for words in found} == {
        "list",
        "slabs",
        "cells",
        "figure",
        "view",
        "taxonomy",
        "demo",
        "download",
        "index",
        "doctor",
    }
    for words in found:
        build_parser().parse_args(words)


@needs_screen
@pytest.mark.parametrize("verb", ["list", "slabs", "cells", "figure", "taxonomy", "download", "index"])
def test_commands_work_on_the_demo(
    demo_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    words = next(words for words in commands() if words[0] == verb)
    monkeypatch.chdir(tmp_path)
    assert main([*words, "--source", "demo"]) == 0
    made = [path.name for path in tmp_path.iterdir()]
    assert made == ([words[words.index("-o") + 1]] if "-o" in words else [])


def test_the_picture_is_there_and_small() -> None:
    pictures = re.findall(r"!\[(.+?)\]\((.+?)\)", README)
    assert len(pictures) == 1
    ((described, address),) = pictures
    assert "synthetic" in described
    assert address.startswith(RAW)  # the hub shows absolute addresses only
    path = ROOT / address.removeprefix(RAW)
    assert path.stat().st_size < 400_000
    with Image.open(path) as image:
        image.load()
        assert image.width >= 1200
        assert image.info["Source"] == "synthetic data"


def test_files_that_are_named_are_there() -> None:
    own = re.findall(r"https://github\.com/napari-abc/napari-abc/blob/main/([^)\s]+)", README)
    own += re.findall(r"`(scripts/\w+)`", README) + re.findall(r"^(scripts/\w+)", README, re.MULTILINE)
    assert len(own) >= 5
    for name in own:
        assert (ROOT / name).exists(), name


def test_no_relative_links() -> None:
    links = re.findall(r"\]\((.+?)\)", README)
    assert links
    assert all(link.startswith("https://") for link in links)
