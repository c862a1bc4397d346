"""Work beside the test, in processes and threads of its own: the test waits for it, but not for ever.

What is sent to a process that was started anew, as on Windows and macOS, is pickled by its name. A test's
own module has none that another process can import, so functions that are sent stand here.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, TypeVar

from napari_abc.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from multiprocessing.connection import Connection

LONGEST = 180.0
"""Seconds that a test waits for what it started; a busy machine takes its time."""

T = TypeVar("T")


def run(
    command: Sequence[str],
    *,
    check: bool = False,
    seconds: float = LONGEST,
    env: Mapping[str, str] | None = None,
    **options: Any,
) -> subprocess.CompletedProcess[str]:
    """As :func:`subprocess.run`, with what is printed as text.

    A process that takes too long is ended, and the test fails with where a Python stood by then.
    """
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    environment = {**(os.environ if env is None else env), "PYTHONFAULTHANDLER": "1"}
    with subprocess.Popen(command, text=True, env=environment, **options) as process:
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT if os.name == "posix" else signal.SIGTERM)
            try:
                out, err = process.communicate(timeout=10)
            except subprocess.TimeoutExpired:  # or what it has started holds its pipes open
                out, err = None, None
            raise AssertionError(f"{command} was not done after {seconds} s: {out}{err}") from None
        finally:
            process.kill()
    assert not check or process.returncode == 0, f"{command} ended with {process.returncode}: {out}{err}"
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def elsewhere(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function gives in another process; an error there is raised here.

    Not by an executor, which waits for ever where its process hangs.
    """
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(theirs, function, arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        assert ours.poll(LONGEST), f"another process did not answer within {LONGEST} s"
        done, answer = ours.recv()
        process.join(LONGEST)
        assert process.exitcode == 0, f"another process did not end, or badly: {process.exitcode}"
    finally:
        process.kill()
        process.join()
    if not done:
        raise answer
    return answer


def _answer(pipe: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        answer = True, function(*arguments)
    except BaseException as error:
        answer = False, error
    pipe.send(answer)


def in_threads(*work: Callable[[], T]) -> list[T]:
    """What functions give, each in a thread of its own; an error there is raised here."""
    found: dict[int, T] = {}
    wrong: list[BaseException] = []

    def do(number: int) -> None:
        try:
            found[number] = work[number]()
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=do, args=(number,), daemon=True) for number in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONGEST)
    if wrong:
        raise wrong[0]
    assert len(found) == len(work), f"{len(work) - len(found)} threads were not done after {LONGEST} s"
    return [found[number] for number in range(len(work))]


def read_raw(source: Any, genes: list[str]) -> Any:
    """Raw values of genes, with a task of that process, for tasks are not sent."""
    return source.read(genes, "raw", Task())
