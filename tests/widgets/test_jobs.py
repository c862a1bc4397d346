from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from napari_abc.errors import MissingFileError
from napari_abc.widgets.jobs import Jobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from napari_abc.task import Task


class Answers:
    """What came back, and on which thread."""

    def __init__(self) -> None:
        self.results: list[Any] = []
        self.errors: list[str] = []
        self.threads: set[threading.Thread] = set()

    def done(self, result: Any) -> None:
        self.results.append(result)
        self.threads.add(threading.current_thread())

    def failed(self, text: str) -> None:
        self.errors.append(text)
        self.threads.add(threading.current_thread())


@pytest.fixture
def jobs(qapp: object) -> Iterator[Jobs]:
    jobs = Jobs()
    yield jobs
    jobs.shutdown()


@pytest.fixture
def answers() -> Answers:
    return Answers()


def _until_cancelled(task: Task) -> None:
    while True:
        task.report("waiting", 1, 10, "steps")
        time.sleep(0.005)


def test_work_is_done_elsewhere_and_answered_here(qtbot: QtBot, jobs: Jobs, answers: Answers) -> None:
    jobs.start("a", "Working", lambda task: threading.current_thread(), answers.done, answers.failed)
    assert jobs.busy("a")
    qtbot.waitUntil(lambda: bool(answers.results))
    assert answers.results[0] is not threading.main_thread()
    assert answers.threads == {threading.main_thread()}
    assert not jobs.busy()


def test_an_error_comes_back_as_its_sentence(qtbot: QtBot, jobs: Jobs, answers: Answers) -> None:
    def work(task: Task) -> None:
        raise MissingFileError("x.csv is missing; fetch it again.")

    jobs.start("a", "Working", work, answers.done, answers.failed)
    qtbot.waitUntil(lambda: bool(answers.errors))
    assert answers.errors == ["x.csv is missing; fetch it again."]
    assert answers.results == []


@pytest.mark.parametrize("kind", [RuntimeError, KeyError, MemoryError])
def test_an_unforeseen_error_is_told_and_logged(
    qtbot: QtBot, jobs: Jobs, answers: Answers, caplog: pytest.LogCaptureFixture, kind: type[Exception]
) -> None:
    def work(task: Task) -> None:
        raise kind("oops")

    with caplog.at_level(logging.ERROR):
        jobs.start("a", "Working", work, answers.done, answers.failed)
        qtbot.waitUntil(lambda: bool(answers.errors))
    assert kind.__name__ in answers.errors[0]
    assert caplog.records[0].exc_info is not None


def test_progress_arrives(qtbot: QtBot, jobs: Jobs, answers: Answers) -> None:
    with qtbot.waitSignal(jobs.progressed) as signal:
        jobs.start("a", "Working", _until_cancelled, answers.done, answers.failed)
    purpose, progress = signal.args
    assert (purpose, progress.done, progress.total) == ("a", 1, 10)


def test_cancel_stops_the_thread_and_nothing_is_answered(qtbot: QtBot, jobs: Jobs, answers: Answers) -> None:
    ended: list[str] = []
    jobs.ended.connect(ended.append)
    jobs.start("a", "Working", _until_cancelled, answers.done, answers.failed)
    assert jobs.cancel("a")
    assert ended == ["a"]
    assert not jobs.busy()
    qtbot.waitUntil(lambda: not any(t.name == "napari-abc a" for t in threading.enumerate()))
    qtbot.wait(20)
    assert (answers.results, answers.errors, ended) == ([], [], ["a"])
    assert not jobs.cancel("a")


def test_a_late_answer_is_dropped(qtbot: QtBot, jobs: Jobs, answers: Answers) -> None:
    go, gone = threading.Event(), threading.Event()

    def slow(task: Task) -> str:
        go.wait(5)  # like a connection that doesn't look at the cancel switch
        gone.set()
        return "old"

    jobs.start("a", "Old", slow, answers.done, answers.failed)
    jobs.start("a", "New", lambda task: "new", answers.done, answers.failed)
    qtbot.waitUntil(lambda: answers.results == ["new"])
    go.set()
    assert gone.wait(5)
    qtbot.wait(50)
    assert answers.results == ["new"]


def test_purposes_do_not_disturb_each_other(qtbot: QtBot, jobs: Jobs, answers: Answers) -> None:
    jobs.start("a", "A", _until_cancelled, answers.done, answers.failed)
    jobs.start("b", "B", lambda task: "b", answers.done, answers.failed)
    assert jobs.purposes() == ["a", "b"]
    qtbot.waitUntil(lambda: answers.results == ["b"])
    assert jobs.busy("a")
    assert jobs.what("a") == "A"


def test_shutdown_waits_briefly_also_for_work_that_hangs(jobs: Jobs, answers: Answers) -> None:
    release = threading.Event()
    jobs.start("good", "Good", _until_cancelled, answers.done, answers.failed)
    jobs.start("bad", "Bad", lambda task: release.wait(10), answers.done, answers.failed)
    begin = time.monotonic()
    jobs.shutdown(0.3)
    assert time.monotonic() - begin < 2
    alive = [thread.name for thread in threading.enumerate() if thread.name.startswith("napari-abc ")]
    assert alive == ["napari-abc bad"]
    release.set()
