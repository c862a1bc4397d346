"""Whoever gives a task is told of progress, and may cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import napari_abc as abc
from napari_abc.errors import Cancelled, NetworkError
from napari_abc.task import Progress, Task

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HUMAN = "HMBA-MERSCOPE-H22.30.001-BG"

WORK = {
    "a taxonomy is read": lambda folder, cache, task: abc.open_atlas(folder, cache).taxonomy(
        "WMB-taxonomy", task
    ),
    "cells are counted": lambda folder, cache, task: abc.open_atlas(folder, cache)[HUMAN].count_slabs(task),
    "the demo is made": lambda folder, cache, task: abc.open_atlas("demo", cache, task=task),
}


@pytest.mark.parametrize("work", WORK.values(), ids=WORK)
def test_a_cancel_is_heard(work: Callable[..., Any], release_folder: Path, tmp_path: Path) -> None:
    task = Task()
    task.cancel()
    with pytest.raises(Cancelled):
        work(release_folder, tmp_path, task)


@pytest.mark.parametrize("work", list(WORK.values())[:2], ids=list(WORK)[:2])
def test_progress_is_told(work: Callable[..., Any], release_folder: Path, tmp_path: Path) -> None:
    said: list[Progress] = []
    work(release_folder, tmp_path, Task(said.append))
    assert said
    assert all(0 <= one.done <= one.total for one in said if one.total is not None)


def test_an_index_on_a_cluster_that_is_not_there(release_folder: Path, tmp_path: Path) -> None:
    dataset = abc.open_atlas(release_folder, tmp_path)[HUMAN]
    with pytest.raises(NetworkError, match="No Dask scheduler answers at nonsense://x"):
        dataset.index(kinds=["log2"], scheduler="nonsense://x")
    assert not list(tmp_path.rglob("*-v1.zarr"))
