"""A pytest plugin that notes which test runs which lines, and how much processor time it takes.

``MUTANTS_RECORD`` names the file to write, ``MUTANTS_SOURCE`` the folder whose lines count.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import coverage
import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

_source = Path(os.environ["MUTANTS_SOURCE"]).resolve()
_coverage = coverage.Coverage(data_file=None, source=[str(_source)], config_file=False)
_seconds: dict[str, float] = {}
_failed: set[str] = set()
_users: dict[str, set[str]] = {}  # of fixtures that several tests share
_now: list[str] = [""]
_coverage.start()  # at once: what test modules import is to be watched too


@contextlib.contextmanager
def _runs(name: str) -> Iterator[None]:
    """Give the lines that run from now on to a test or a shared fixture, then back to whose turn it was."""
    _now.append(name)
    _coverage.switch_context(name)
    start = time.process_time()  # the same however busy the machine is
    try:
        yield
    finally:
        spent = time.process_time() - start
        _now.pop()
        _coverage.switch_context(_now[-1])
        _seconds[name] = _seconds.get(name, 0) + spent
        if _now[-1]:
            _seconds[_now[-1]] = _seconds.get(_now[-1], 0) - spent


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Note what a test runs, and which shared fixtures it asks for."""
    for fixtures in getattr(item, "_fixtureinfo").name2fixturedefs.values():  # noqa: B009 - it is private
        for fixture in fixtures:
            _users.setdefault(_shared(fixture), set()).add(item.nodeid)
    with _runs(item.nodeid):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
    """What a shared fixture runs, every test that asks for it would run, too, if it ran alone."""
    if fixturedef.scope == "function":
        return (yield)
    with _runs(_shared(fixturedef)):
        return (yield)


def _shared(fixture: pytest.FixtureDef[object]) -> str:
    return f"{fixture.baseid} fixture {fixture.argname}"


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember who failed or was skipped: neither can notice anything."""
    if not report.passed:
        _failed.add(report.nodeid)


def pytest_unconfigure() -> None:
    """Write the record."""
    _coverage.stop()
    with warnings.catch_warnings():  # tests that run all in processes of their own run no line here
        warnings.simplefilter("ignore")
        data = _coverage.get_data()
    lines = {
        str(Path(file).relative_to(_source)): {
            str(line): sorted({test for name in names for test in _users.get(name, {name})} - {"", *_failed})
            for line, names in data.contexts_by_lineno(file).items()
        }
        for file in data.measured_files()
    }
    seconds = {name: spent for name, spent in _seconds.items() if name not in _users}
    record = {"seconds": seconds, "failed": sorted(_failed), "lines": lines, "imports": _libraries()}
    Path(os.environ["MUTANTS_RECORD"]).write_text(json.dumps(record), "utf-8")


def _libraries() -> list[str]:
    """Name what was imported from outside the project."""
    here = str(Path.cwd())
    own = {_source.name, "coverage", "tools", "__main__"}
    return [
        name
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] not in own
        and (file := getattr(module, "__file__", None))
        and not str(file).startswith(here)
    ]
