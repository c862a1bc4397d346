"""The tool that measures what the tests notice, on a toy package with known holes."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from processes import run
from project import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("coverage") is None or sys.platform == "win32",
    reason="the tool forks, and needs coverage",
)

MODULE = """
from __future__ import annotations

STEP = 1000


def add_up(values: list[int]) -> int:
    total = 0
    for start in range(0, len(values), STEP):
        total += sum(values[start : start + STEP])
    return total


def is_whole(text: str) -> bool:
    if not text:
        raise ValueError("Nothing is no number.")
    return text.isdecimal() and text.isascii()


def count_down(number: int) -> int:
    while number > 0:
        number -= 1
    return number


def nobody_asks(value: int) -> int:
    return value + 1
"""
LIMITS = """
LARGEST = 5


def fits(number: int) -> bool:
    return number <= LARGEST
"""
TESTS = """
import pytest
from toy.steps import add_up, count_down, is_whole


def test_sum():
    assert add_up([1, 2, 3]) == 6


def test_whole():
    assert is_whole("12")
    assert not is_whole("x")
    with pytest.raises(ValueError, match="Nothing"):
        is_whole("")


@pytest.fixture(scope="module")
def counted():
    return count_down(2)


def test_first_to_ask(counted):
    pass


def test_count_down(counted):
    assert counted == 0


def test_that_fails_always():
    assert is_whole("12") == 12


def test_that_happens_to_import_a_module():
    import toy.limits


def test_that_uses_it():
    from toy.limits import fits

    assert fits(5) and not fits(6)
"""
MORE_TESTS = """
from toy import steps


def test_many_steps(monkeypatch):
    assert steps.STEP == 1000
    monkeypatch.setattr(steps, "STEP", 2)
    assert steps.add_up([1, 2, 3, 4, 5]) == 15


def test_digits_of_other_scripts():
    assert not steps.is_whole("\u0661")
"""


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    for name, text in {
        "src/toy/__init__.py": "",
        "src/toy/limits.py": LIMITS,
        "src/toy/steps.py": MODULE,
        "tests/test_steps.py": TESTS,
        "pyproject.toml": '[tool.pytest.ini_options]\naddopts = "--import-mode=importlib"\n',
        "judged.toml": "",
    }.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return project


def measure(project: Path, *arguments: str, code: int = 0) -> tuple[str, set[tuple[str, str]]]:
    """Run the tool; return what it prints, and the lines before and after of what was not noticed."""
    done = run(
        [
            *(sys.executable, "-m", "tools.mutants", "--project", str(project), "--package", "src/toy"),
            *("--judged", str(project / "judged.toml"), "--survivors", str(project / "survivors.json")),
            *("--limit", "6", "--number", "1000"),
            *arguments,
        ],
        cwd=ROOT,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # the toy needs none
        seconds=500,
    )
    assert done.returncode == code, done.stdout + done.stderr
    keys = json.loads((project / "survivors.json").read_text("utf-8"))
    return done.stdout + done.stderr, {(was, now) for _, _, was, now in keys}


# What the first tests can't see: they add up fewer numbers than a step, and know one script's digits.
HOLES = {
    ("STEP = 1000", "STEP = 1001"),
    ("return text.isdecimal() and text.isascii()", "return text.isdecimal()"),
    ("return value + 1", "return None"),
}


def test_a_hole_is_found_and_then_closed(toy: Path) -> None:
    before = {path: path.read_bytes() for path in toy.rglob("*") if path.is_file()}
    said, missed = measure(toy, "--jobs", "2")

    assert missed >= HOLES
    assert ("return total", "return None") not in missed
    assert ("LARGEST = 5", "LARGEST = 6") not in missed  # whichever test imported it first
    assert ("number -= 1", "pass") not in missed  # never ends, which is noticed
    assert ("while number > 0:", "while number > 1:") not in missed  # by the second test of a shared fixture
    assert re.search(r"number -= 1  \+ pass", said) and " hung " in said
    assert "test_that_fails_always" not in said  # it fails anyway
    assert {path: path.read_bytes() for path in before} == before  # faults lie in copies alone

    (toy / "tests" / "test_more.py").write_text(MORE_TESTS, "utf-8")
    (toy / "judged.toml").write_text(
        '[[fault]]\npath = "src/toy/steps.py"\nwhere = "nobody_asks()"\n'
        'was = "return value + 1"\nnow = "return None"\nwhy = "nobody asks"\n'
        '[[fault]]\npath = "src/toy/steps.py"\nwhere = ""\nwas = "gone"\nnow = "away"\nwhy = "it was"\n',
        "utf-8",
    )
    survivors = toy / "before.json"
    survivors.write_text((toy / "survivors.json").read_text("utf-8"), "utf-8")
    said, missed_now = measure(toy, "--again", str(survivors))
    assert missed_now < missed
    assert not missed_now & HOLES
    assert "no longer in the code: src/toy/steps.py : gone" in said


def test_a_sample_is_drawn_by_its_seed_and_its_share_is_held(toy: Path) -> None:
    said, missed = measure(toy, "src/toy/steps.py", "--number", "3", "--seed", "6", "--aim", "100", code=1)
    assert "3 of " in said and "seed 6" in said
    again, missed_again = measure(toy, "src/toy/steps.py", "--number", "3", "--seed", "6")
    assert missed and missed_again == missed
    assert [line for line in again.splitlines() if "%" in line] == [
        line for line in said.splitlines() if "%" in line
    ]


def test_the_list_of_faults_that_change_nothing_gives_reasons() -> None:
    faults = tomllib.loads((ROOT / "tools/mutants/judged.toml").read_text("utf-8"))["fault"]
    assert faults
    for fault in faults:
        assert fault.keys() == {"path", "where", "was", "now", "why"}
        assert fault["was"] != fault["now"] and len(fault["why"].split()) > 3
