"""Indexes built by Dask, on threads or on a cluster whose workers die, are the same byte for byte."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bucket import snapshot
from matrix_files import random_counts, write_matrix
from napari_abc.errors import Cancelled, ConfigurationError, FormatError, NetworkError
from napari_abc.io.gene_index import Order, build_index, build_indexes
from napari_abc.io.matrix import open_matrix
from napari_abc.task import Progress, Task
from processes import LONGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "00112233445566778899aabbccddeeff"
ENTRIES = 20_000


class Cluster:
    """A scheduler and two workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "scheduler.json"
        self.scheduler = self._start("scheduler", "--port", "0", "--no-dashboard")
        deadline = time.monotonic() + 60
        while not self.file.exists():
            assert time.monotonic() < deadline and self.scheduler.poll() is None
            time.sleep(0.05)
        self.address = json.loads(self.file.read_text())["address"]
        self.workers = [
            self._start("worker", "--no-nanny", "--nthreads", "1", "--no-dashboard") for _ in range(2)
        ]

    def _start(self, kind: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "distributed.cli.dask_" + kind, "--scheduler-file", str(self.file)]
        return subprocess.Popen(
            [*command, "--host", "127.0.0.1", *options],
            cwd=self.file.parent,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def close(self) -> None:
        for process in [*self.workers, self.scheduler]:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    running = Cluster(tmp_path_factory.mktemp("cluster"))
    yield running
    running.close()


@pytest.fixture
def limited() -> Iterator[Callable[..., Task]]:
    """Makes a task that is cancelled after some minutes: a cluster without workers waits for some."""
    timers: list[threading.Timer] = []

    def make(notify: Callable[[Progress], None] | None = None) -> Task:
        task = Task(notify)
        timers.append(threading.Timer(LONGEST, task.cancel))
        timers[-1].start()
        return task

    yield make
    for timer in timers:
        timer.cancel()


@pytest.fixture(scope="module")
def matrices(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three packages: by rows, by columns, and dense."""
    folder = tmp_path_factory.mktemp("packages")
    values = random_counts(150_000, 6, density=0.2)
    return [
        write_matrix(folder / "rows.h5ad", values),
        write_matrix(folder / "columns.h5ad", values.tocsc()),
        write_matrix(folder / "dense.h5ad", values[:20_000].toarray()),
    ]


@pytest.fixture(scope="module")
def expected(matrices: list[Path]) -> dict[str, dict[str, str]]:
    """The content of the indexes that one thread of this process makes."""
    found = {}
    for path in matrices:
        index = build_index(
            open_matrix(path), path.with_suffix(".zarr"), KEY, Task(), threads=1, part_entries=ENTRIES
        )
        found[path.stem] = content(Path(index.location))
    return found


def content(folder: Path) -> dict[str, str]:
    return {name: digest for name, (_, digest) in snapshot(folder).items()}


def orders(matrices: list[Path], folder: Path) -> list[Order]:
    return [Order(path, folder / path.with_suffix(".zarr").name, KEY) for path in matrices]


def test_threads_of_this_machine(
    matrices: list[Path], expected: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    said: list[Progress] = []
    made = build_indexes(orders(matrices, tmp_path), open_matrix, Task(said.append), part_entries=ENTRIES)
    assert {Path(index.location).stem: content(Path(index.location)) for index in made} == expected
    done = [(progress.done, progress.total) for progress in said if progress.what == "Indexing genes"]
    assert done == [(number, len(done) - 1) for number in range(len(done))]
    assert len(done) > 3
    again: list[Progress] = []
    build_indexes(orders(matrices, tmp_path), open_matrix, Task(again.append), part_entries=ENTRIES)
    assert not again  # all there


def test_a_cluster_that_loses_a_worker_in_the_middle(
    matrices: list[Path],
    expected: dict[str, dict[str, str]],
    tmp_path: Path,
    cluster: Cluster,
    limited: Callable[..., Task],
) -> None:
    killed = threading.Event()

    def notify(progress: Progress) -> None:
        if progress.unit == "parts" and progress.done == 3 and not killed.is_set():
            cluster.workers[0].send_signal(signal.SIGKILL)
            killed.set()

    made = build_indexes(
        orders(matrices, tmp_path), open_matrix, limited(notify), cluster.address, part_entries=ENTRIES
    )
    assert killed.is_set() and cluster.workers[0].wait(LONGEST) == -signal.SIGKILL
    assert {Path(index.location).stem: content(Path(index.location)) for index in made} == expected
    assert not list(tmp_path.glob("*.building"))


def test_cancelling_on_a_cluster_keeps_what_is_finished(
    matrices: list[Path],
    expected: dict[str, dict[str, str]],
    tmp_path: Path,
    cluster: Cluster,
    limited: Callable[..., Task],
) -> None:
    def notify(progress: Progress) -> None:
        if progress.unit == "parts" and progress.done >= 2:
            task.cancel()

    task = limited(notify)
    with pytest.raises(Cancelled):
        build_indexes(
            orders(matrices[:1], tmp_path), open_matrix, task, cluster.address, part_entries=ENTRIES
        )
    (staged,) = tmp_path.glob("*.building")
    assert len(list(staged.glob("*.npy"))) >= 2
    (index,) = build_indexes(orders(matrices[:1], tmp_path), open_matrix, Task(), part_entries=ENTRIES)
    assert content(Path(index.location)) == expected["rows"]


def test_a_damaged_matrix_is_told_from_the_cluster(
    tmp_path: Path, cluster: Cluster, limited: Callable[..., Task]
) -> None:
    values = random_counts(5_000, 6)
    values.indices[77] = 99
    path = write_matrix(tmp_path / "bad.h5ad", values)
    with pytest.raises(FormatError, match="outside the matrix"):
        build_indexes(orders([path], tmp_path), open_matrix, limited(), cluster.address)


def test_a_dense_matrix_that_is_fuller_than_its_sample(tmp_path: Path) -> None:
    dense = np.zeros((400_000, 2), np.float32)
    dense[60_000:150_000] = 1.5
    dense[240_000:340_000] = 2.5
    path = write_matrix(tmp_path / "m.h5ad", dense)
    assert not open_matrix(path).sample().any()
    (index,) = build_indexes(orders([path], tmp_path), open_matrix, Task(), part_entries=65_536)
    np.testing.assert_array_equal(index.read([0, 1]), dense)


def test_no_scheduler_there(matrices: list[Path], tmp_path: Path) -> None:
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        with pytest.raises((NetworkError, ConfigurationError), match="scheduler"):
            build_indexes(orders(matrices[:1], tmp_path), open_matrix, Task(), address)


def test_values_are_the_matrices(matrices: list[Path], tmp_path: Path) -> None:
    made = build_indexes(orders(matrices, tmp_path), open_matrix, Task(), part_entries=ENTRIES)
    for path, index in zip(matrices, made, strict=True):
        np.testing.assert_array_equal(index.read(range(6)), open_matrix(path).read(range(6)))
    assert os.path.basename(made[0].location) == "rows.zarr"
