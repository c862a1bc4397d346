"""The command as a whole: options, exit statuses, and what it says when something is wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from napari_abc.cli import main
from napari_abc.cli.command import _interruptible
from napari_abc.cli.console import Console
from processes import run

COMMAND = [str(Path(sys.executable).with_name("napari-abc"))]
VERBS = ("list", "slabs", "cells", "figure", "view", "demo", "download", "index", "doctor")


def failure(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """The line that a user's error ends in."""
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert lines[-1].startswith("napari-abc: ")
    assert "Traceback" not in err
    assert len(lines) == 1
    return lines[0]


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    for verb in VERBS:
        assert f"\n    {verb} " in out


def test_an_empty_cache_option_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # as for --cache "$UNSET"
    assert "--cache: names no folder" in failure(capsys, "--source", "demo", "--cache", "", "list")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_and_the_global_options(capsys: pytest.CaptureFixture[str], verb: str) -> None:
    assert main([verb, "--help"]) == 0
    out = capsys.readouterr().out
    for option in ("--source", "--cache", "--release", "--offline"):
        assert option in out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    from importlib.metadata import version

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"napari-abc {version('napari-abc')}\n"


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from napari_abc.cli import main; main(['--help']); "
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = run([sys.executable, "-c", code], check=True)
    loaded = set(done.stderr.split())
    assert "napari_abc" in loaded
    assert not loaded & {"numpy", "pandas", "pyarrow", "napari", "qtpy", "PyQt6", "s3fs", "pydantic", "yaml"}


def test_module_is_the_command_too() -> None:
    done = run([sys.executable, "-m", "napari_abc", "--version"], check=True)
    assert done.stdout.startswith("napari-abc ")


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ([], "VERB"),
        (["lst"], "invalid choice: 'lst'"),
        (["list", "--jsn"], "unrecognized arguments: --jsn"),
        (["figure", "D", "S", "-o", "a.png"], "--color-by"),
        (["figure", "D", "S", "--color-by", "x", "--size", "big", "-o", "a.png"], "WIDTHxHEIGHT"),
        (["figure", "D", "S", "--color-by", "x", "--limits", "3", "-o", "a.png"], "LOW,HIGH"),
        (["figure", "D", "S", "--color-by", "x", "-o", "a.jpg"], "end in .png"),
        (["figure", "D", "S", "--color-by", "x", "--size", "20x20", "-o", "a.png"], "20x20"),
        (["figure", "D", "S", "--color-by", "x", "-o", "no/such/a.png"], "no/such"),
        (["cells", "D", "S"], "-o/--output"),
        (["cells", "D", "S", "-o", "a.xlsx"], ".csv, .parquet or .h5ad"),
        (["cells", "D", "S", "--genes", ",", "-o", "a.csv"], "at least one name"),
        (["cells", "D", "S", "--values", "log10", "-o", "a.csv"], "log10"),
        (["--source", "ftp://host", "list"], "ftp://host"),
        (["--source", "no/such/folder", "list"], "no/such/folder"),
        (["slabs", "./no-such-run"], "./no-such-run"),
        (["slabs", "missing.h5ad"], "missing.h5ad"),
    ],
)
def test_a_users_error_is_one_line_and_2(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    argv: list[str],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert says in failure(capsys, *argv)
    assert not list(tmp_path.iterdir())


def test_an_error_in_a_process_of_its_own() -> None:
    done = run([*COMMAND, "slabs", "./nothing"])
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "napari-abc: There is nothing at './nothing'; check the path.\n"


def test_ctrl_c_is_one_line_and_130(tmp_path: Path) -> None:
    # A source that accepts a connection and never answers keeps the command waiting.
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        command = subprocess.Popen(
            [*COMMAND, "--source", f"http://127.0.0.1:{silent.getsockname()[1]}", "list"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "NAPARI_ABC_CACHE": str(tmp_path)},
        )
        silent.settimeout(60)
        connection, _ = silent.accept()
        with connection:
            time.sleep(0.2)
            command.send_signal(signal.SIGINT)
            out, err = command.communicate(timeout=30)
    assert (command.returncode, out) == (130, "")
    assert err == "napari-abc: stopped; nothing half-done was kept.\n"


@pytest.mark.skipif(sys.platform == "win32", reason="no such pipes")
def test_a_broken_pipe_is_silent(release_folder: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = run([*COMMAND, "--source", str(release_folder), "list", "--json"], stdout=write)
    finally:
        os.close(write)
    assert done.returncode == 141
    assert "rror" not in done.stderr
    assert "Traceback" not in done.stderr


def test_it_runs_in_a_thread_too(tmp_path: Path) -> None:
    """Where Ctrl-C is somebody else's."""
    found: list[int] = []
    argv = ["--source", str(tmp_path / "nowhere"), "list"]
    thread = threading.Thread(target=lambda: found.append(main(argv)), daemon=True)
    thread.start()
    thread.join(60)
    assert found == [2]


@pytest.mark.skipif(sys.platform == "win32", reason="a process can't send itself Ctrl-C there")
def test_ctrl_c_cancels_the_task_and_is_given_back_afterwards() -> None:
    console = Console()
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), _interruptible(console):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)  # it ends at once
    assert console.task.cancelled
    assert signal.getsignal(signal.SIGINT) is before
