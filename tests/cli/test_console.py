"""What is printed where: results on stdout, the rest on stderr."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from napari_abc.cli import console as module
from napari_abc.cli.console import Console, plain

if TYPE_CHECKING:
    import pytest


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_results_on_stdout_and_the_rest_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console()
    console.print("result")
    console.note("note")
    console.error("wrong")
    out, err = capsys.readouterr()
    assert out == "result\n"
    assert err == "note\nnapari-abc: wrong\n"


def test_an_error_is_one_line_whatever_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    Console().error("first\nsecond\x1b[31m red")
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "\x1b" not in err


def test_control_characters_of_a_name_do_not_reach_the_terminal() -> None:
    assert plain("a\x1b]0;title\x07b\r\nc") == "a ]0;title b  c"


def test_table_is_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    Console().table(("name", "n"), [["a", "1"], ["long name", "12,345"]], right=("n",))
    assert capsys.readouterr().out.splitlines() == [
        "name            n",
        "a               1",
        "long name  12,345",
    ]


def test_progress_is_one_line_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(module, "_REDRAW", 0)
    console = Console()
    console.task.report("Downloading a.csv", 1_000_000, 4_000_000)
    console.task.report("Downloading a.csv", 2_000_000, 4_000_000)
    console.note("done")
    text = terminal.getvalue()
    assert "Downloading a.csv: 2.0 MB of 4.0 MB (50 %)" in text
    assert text.count("\n") == 1  # the note's only
    assert text.endswith("\r\x1b[Kdone\n")


def test_progress_fits_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "20")
    console = Console()
    console.task.report("Reading " + 100 * "x", 1, 2, "rows")
    assert len(terminal.getvalue().removeprefix("\r\x1b[K")) < 20


def test_short_work_says_nothing_into_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console()
    for done in range(100):
        console.task.report("Reading", done, 100, "rows")
    assert capsys.readouterr().err == ""


def test_long_work_says_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "_FIRST_LINE", 0)
    console = Console()
    for done in range(100):
        console.task.report("Reading", done, 100, "rows")
    assert capsys.readouterr().err == "Reading: 0 of 100 rows (0 %)\n"


def test_no_half_line_of_progress_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    console = Console()
    console.task.report("Reading", 1, 2, "rows")
    console.close()
    drawn = terminal.getvalue()
    assert drawn.endswith("\r\x1b[K")
    console.close()
    assert terminal.getvalue() == drawn  # there is nothing more to clear
