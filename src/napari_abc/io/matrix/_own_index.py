"""The gene-major index of a person's own matrix: kept in the cache, never beside the file."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import threading
from typing import TYPE_CHECKING

import numpy as np

from napari_abc.errors import AbcError, MissingFileError
from napari_abc.io.files import OWN_FOLDER, choose_cache, save_atomically
from napari_abc.io.gene_index import build_index, index_name, open_index

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_abc.io.gene_index import GeneIndex
    from napari_abc.io.matrix._matrix import Matrix
    from napari_abc.task import Task

__all__ = ["OwnIndex", "content_key"]

_SAMPLES = 16
_SAMPLE = 2**13
_WORTHWHILE = 8 * 2**20
"""Bytes of a file from which on a gene takes long enough to be felt."""
_LONGEST_NAME = 80


def content_key(matrix: Matrix) -> str:
    """Key of a matrix: size and time of its file, samples of its content, and its place in the file.

    Raises
    ------
    MissingFileError
        If the file can't be read any more.
    """
    size, mtime = matrix.stamp.size, matrix.stamp.mtime
    digest = hashlib.sha256(matrix.node.encode())
    try:
        with matrix.path.open("rb") as file:
            for place in np.linspace(0, max(0, size - _SAMPLE), _SAMPLES).astype(int).tolist():
                file.seek(place)
                digest.update(file.read(_SAMPLE))
    except OSError as error:
        raise MissingFileError(
            f"{matrix.path} can't be read ({error.strerror or error}); put it back, or open it again."
        ) from error
    return f"{size}-{mtime}-{digest.hexdigest()[:12]}"


class OwnIndex:
    """Finds and makes the index of one matrix; safe to use from several threads.

    Parameters
    ----------
    matrix
        The matrix, as it was opened.
    """

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix
        self._key: str | None = None
        self._folder: Path | None = None
        self._opened: GeneIndex | None = None
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[OwnIndex], tuple[Matrix]]:
        return OwnIndex, (self._matrix,)  # it is looked for again where it is unpickled

    @property
    def target(self) -> Path:
        """Where the index belongs."""
        with self._lock:
            if self._folder is None:
                cache, _, _ = choose_cache(None, None)
                self._key = content_key(self._matrix)
                name = index_name(self._matrix.path.name[-_LONGEST_NAME:], self._key)
                self._folder = cache / OWN_FOLDER / "genes" / name
            return self._folder

    def find(self) -> GeneIndex | None:
        """The index, if there is a sound one."""
        if self._opened is None:
            with contextlib.suppress(AbcError):  # no folder to write to, or the file went away
                target = self.target
                self._opened = open_index(target, self._key or "")
        return self._opened

    def missing(self) -> bool:
        """Whether there is none, the file is large enough to be worth one, and there is room for it."""
        size = self._matrix.stamp.size
        if size < _WORTHWHILE or self.find() is not None:
            return False
        try:
            folder = self.target
            while not folder.exists():
                folder = folder.parent
            return shutil.disk_usage(folder).free > 2 * size
        except (AbcError, OSError):
            return False

    def build(self, task: Task, threads: int | None = 1) -> GeneIndex:
        """Make the index.

        Raises
        ------
        AbcError
            If the matrix can't be read, or the index can't be written.
        """
        target = self.target
        self._opened = build_index(self._matrix, target, self._key or "", task, threads=threads)
        return self._opened

    def discard(self) -> None:
        """Delete the index: it turned out to be damaged."""
        if self._opened is not None:
            self._opened.close()
        self._opened = None
        shutil.rmtree(self.target, ignore_errors=True)

    def totals(
        self, counted: NDArray[np.bool_] | None, add_up: Callable[[], NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        """Sums of the rows over the ``counted`` columns, kept beside the index: a pass over the file."""
        if self._matrix.stamp.size < _WORTHWHILE:
            return add_up()
        which = "all" if counted is None else hashlib.sha256(np.packbits(counted).tobytes()).hexdigest()[:12]
        with contextlib.suppress(AbcError, OSError, ValueError):  # not there yet, or damaged
            kept: NDArray[np.float64] = np.load(self._totals_path(which), allow_pickle=False)
            if kept.shape == (self._matrix.shape[0],) and kept.dtype == np.float64:
                return kept
        totals = add_up()
        with contextlib.suppress(AbcError):  # they are added up again the next time
            path = self._totals_path(which)
            save_atomically(path, lambda out: np.save(out, totals, allow_pickle=False))
        return totals

    def _totals_path(self, which: str) -> Path:
        return self.target.with_name(f"{self.target.name}.totals-{which}.npy")
