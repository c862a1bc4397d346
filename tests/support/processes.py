"""Work in a process that was started anew, as on Windows and macOS, and shares nothing with the test's.

What runs there is pickled by its name. A test's own module has none that another process can import, so
functions that are sent stand here. No ``Pool``: it waits for ever if its worker can't read what it was sent.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from napari_abc.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable


def elsewhere(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function gives in another process; an error there is raised here."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        return processes.submit(function, *arguments).result(120)


def read_raw(source: Any, genes: list[str]) -> Any:
    """Raw values of genes, with a task of that process, for tasks are not sent."""
    return source.read(genes, "raw", Task())
