"""Two threads never make the same thing at the same time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from napari_abc.errors import Cancelled
from napari_abc.io.files import one_at_a_time
from napari_abc.task import Task

LONGEST = 60


def test_a_second_thread_waits_for_the_first_but_not_for_other_things() -> None:
    first_is_in, first_may_end = threading.Event(), threading.Event()
    order: list[str] = []

    def first() -> None:
        with one_at_a_time(Path("same"), Task()):
            first_is_in.set()
            first_may_end.wait(LONGEST)
            order.append("first")

    def second() -> None:
        with one_at_a_time(Path("same"), Task()):
            order.append("second")

    threads = [threading.Thread(target=work, daemon=True) for work in (first, second)]
    threads[0].start()
    assert first_is_in.wait(LONGEST)
    threads[1].start()
    with one_at_a_time(Path("other"), Task()):
        order.append("other")
    first_may_end.set()
    for thread in threads:
        thread.join(LONGEST)
    assert order == ["other", "first", "second"]


def test_who_waits_can_be_cancelled_and_an_error_lets_the_next_one_in() -> None:
    task = Task()
    task.cancel()
    with (
        pytest.raises(RuntimeError, match="failed"),  # the outer block's own
        one_at_a_time(Path("same"), Task()),
    ):
        waited: list[BaseException] = []

        def wait() -> None:
            try:
                with one_at_a_time(Path("same"), task):
                    raise AssertionError
            except Cancelled as error:
                waited.append(error)

        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        thread.join(LONGEST)
        assert len(waited) == 1
        raise RuntimeError("failed")
    with one_at_a_time(Path("same"), Task()):
        pass


_FORK = """
import os, warnings
from pathlib import Path
from napari_abc.io.files import one_at_a_time
from napari_abc.task import Task
# Python 3.12 and later warn of any fork where threads run.
warnings.filterwarnings("ignore", ".*multi-threaded, use of fork", DeprecationWarning)
with one_at_a_time(Path("same"), Task()):
    child = os.fork()
    if not child:
        with one_at_a_time(Path("same"), Task()):
            os._exit(7)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_does_not_wait_for_a_thread_of_its_parent() -> None:
    command = [sys.executable, "-c", _FORK]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False)
    assert (done.stdout, done.stderr) == ("7\n", "")
