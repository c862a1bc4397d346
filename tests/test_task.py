"""Progress, cancel, and the family of errors."""

from __future__ import annotations

import threading
from concurrent.futures import Future

import pytest

from napari_abc import errors
from napari_abc.task import Progress, Task, wait


def test_reports_reach_whoever_started_the_work():
    seen = []
    Task(seen.append).report("Reading", 3, 10, "rows")
    assert seen == [Progress("Reading", 3, 10, "rows")]


def test_a_cancelled_task_stops_at_its_next_report():
    seen = []
    task = Task(seen.append)
    task.cancel()
    with pytest.raises(errors.Cancelled):
        task.report("Reading", 3)
    assert seen == []


@pytest.mark.parametrize("name", [name for name in errors.__all__ if name not in ("AbcError", "reason")])
def test_every_error_is_of_the_family_and_prints_plainly(name):
    error = getattr(errors, name)("a plain 'sentence'.")
    assert isinstance(error, errors.AbcError)
    assert str(error) == "a plain 'sentence'."


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (errors.UnknownNameError, KeyError),
        (errors.MissingFileError, FileNotFoundError),
        (errors.FormatError, ValueError),
        (errors.NetworkError, ConnectionError),
        (errors.OfflineError, errors.NetworkError),
    ],
)
def test_errors_are_the_builtins_a_caller_expects(error, builtin):
    assert issubclass(error, builtin)


def test_waiting_hears_a_cancel_and_gives_the_work_up():
    waiting = Future()
    task = Task()
    task.cancel()
    with pytest.raises(errors.Cancelled):
        wait(waiting, task)
    assert waiting.cancelled()


def test_a_timeout_of_the_work_itself_ends_the_waiting():
    late = Future()
    late.set_exception(TimeoutError("its own"))
    with pytest.raises(TimeoutError, match="its own"):
        wait(late)
    done = Future()
    done.set_result(7)
    assert wait(done, Task()) == 7


def test_the_reason_of_a_failure_is_found_along_its_causes():
    outer = RuntimeError("lost")
    outer.__cause__ = ConnectionRefusedError()
    assert errors.reason(outer) == "the connection was refused"
    assert errors.reason(ValueError("plain.\n words")) == "plain. words"
    assert errors.reason(ValueError()) == "ValueError"


def test_a_cancel_during_the_waiting_is_heard():
    never, task = Future(), Task()
    timer = threading.Timer(0.3, task.cancel)
    timer.start()
    with pytest.raises(errors.Cancelled):
        wait(never, task)
    timer.join(10)
    assert never.cancelled()


def test_an_answer_that_comes_late_is_waited_for():
    late = Future()
    timer = threading.Timer(0.3, late.set_result, [7])
    timer.start()
    assert wait(late) == 7
    timer.join(10)


def test_a_report_is_of_bytes_unless_it_says_so():
    seen = []
    Task(seen.append).report("Downloading", 3)
    assert seen == [Progress("Downloading", 3, None, "B")]
    Task().report("to nobody", 1)
