"""What the doctor finds on machines that work, and on machines that don't."""

from __future__ import annotations

import json
import os
import re
import socket
import sys
from typing import TYPE_CHECKING

import pytest

from napari_abc.cli import doctor, main
from napari_abc.cli.doctor import Check, checks

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ["python", "napari", "qt", "display", "opengl", "triangulation", "cache", "source"]
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays of Linux")


def find(name: str, source: str | None = None, cache: Path | None = None, offline: bool = True) -> Check:
    return next(check for check in checks(source, cache, offline) if check.name == name)


def test_a_machine_that_works(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["doctor", "--source", "demo", "--cache", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    found = [line.split()[1] for line in lines if not line.startswith(" ")]
    assert found == NAMES
    assert all(line.split()[0] in ("ok", "warn") for line in lines if not line.startswith(" "))


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json", "--offline"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["usable"] is True
    assert [check["name"] for check in report["checks"]] == NAMES
    opengl = report["checks"][NAMES.index("opengl")]
    # Version, renderer and limit, whatever draws here; the processor is worth a word.
    assert re.match(r"\d+\.\d.*, .+ \(.+\), up to \d{4,} pixels", opengl["detail"])
    by_processor = opengl["detail"].endswith("; drawn by the processor")
    assert opengl["status"] == ("warn" if by_processor else "ok")
    assert bool(opengl["cure"]) == by_processor
    assert "not asked" in report["checks"][-1]["detail"]


@LINUX
def test_a_crash_of_the_driver_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    # Qt ends its process with SIGABRT when it is told to use a platform that it hasn't.
    monkeypatch.setenv("QT_QPA_PLATFORM", "nonsense")
    found = find("opengl")
    assert found.status == "fail"
    assert "SIGABRT" in found.detail
    assert found.cure


@LINUX
def test_a_display_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":4711")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    found = find("opengl")
    assert found.status == "fail"
    assert "':4711'" in found.detail


@LINUX
def test_no_display_and_no_xvfb(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find("display").status == "fail"
    assert "xvfb" in find("display").cure
    assert main(["doctor", "--offline"]) == 1
    assert "\nfail  display" in capsys.readouterr().out


@LINUX
def test_no_display_but_xvfb(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert find("display").status == "warn"
    found = find("opengl")
    assert found.status in ("ok", "warn"), found
    assert "up to" in found.detail


def test_a_platform_that_stays_blank(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    found = find("display")
    assert found.status == "warn"
    assert "Unset QT_QPA_PLATFORM" in found.cure


def test_cache_is_measured(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a").write_bytes(bytes(12_000))
    found = find("cache", cache=tmp_path)
    assert str(tmp_path) in found.detail
    assert "12.0 kB used" in found.detail


def test_cache_that_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.touch()
    found = find("cache", cache=path / "cache")
    assert found.status == "fail"
    assert "--cache" in found.cure


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_cache_that_is_not_ours(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert find("cache", cache=tmp_path).status == "fail"


def test_source_that_answers(release_folder: Path) -> None:
    found = find("source", str(release_folder))
    assert found.status == "ok"
    assert "newest of" in found.detail


def test_source_that_is_not_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    found = find("source", f"http://127.0.0.1:{port}", offline=False)
    assert found.status == "warn"
    assert "--offline" in found.cure
    assert find("source", str(tmp_path / "nowhere"), offline=False).status == "fail"


@LINUX
def test_a_driver_that_never_answers_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_PROBE_SECONDS", 0.01)
    found = find("opengl")
    assert (found.status, found.detail) == ("fail", "a small canvas was not drawn within 0.01 s")
