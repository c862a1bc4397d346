"""Building a gene-major index from a matrix: part by part, restartable, in bounded memory.

Each part is written to a folder beside the target, complete or not at all, and kept there whatever
happens, so that building again goes on where it stopped. When every part is there, the index is put
together under a temporary name and renamed. Parts are functions of the matrix alone: threads,
processes and machines may make them in any order, also twice, and the result is the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.errors import ConfigurationError
from napari_abc.io.files import (
    not_written,
    put_in_place,
    remove_leftovers,
    save_atomically,
    temporary,
    temporary_folder,
)
from napari_abc.io.gene_index._cell_ids import write_cell_ids
from napari_abc.io.gene_index._entries import Cut, TooFullError, cut, entries_of_part, parts_of_columns
from napari_abc.io.gene_index._format import (
    FORMAT,
    PART_ENTRIES,
    SEGMENTS,
    VALUE_TYPES,
    About,
    array_documents,
    padded,
    rows_file,
    shard_tail,
    values_file,
)
from napari_abc.io.gene_index._open import open_index
from napari_abc.io.gene_index._write import (
    checksums,
    code,
    link,
    narrowed,
    write_segments,
    write_shard,
)

if TYPE_CHECKING:
    from pathlib import Path

    import scipy.sparse
    from numpy.typing import NDArray

    from napari_abc.io.gene_index._matrix_like import MatrixLike
    from napari_abc.io.gene_index._reader import GeneIndex
    from napari_abc.task import Task

__all__ = ["Building", "build_index", "start_building"]

_ATTEMPTS = 3


def build_index(
    matrix: MatrixLike,
    target: Path,
    key: str,
    task: Task,
    *,
    threads: int | None = None,
    part_entries: int = PART_ENTRIES,
) -> GeneIndex:
    """Build the index of a matrix, or go on with one that was begun; returned as it is if it is there.

    Takes up to 250 MB a thread for float32 and 350 MB for float64, whatever the matrix's size, and
    besides 8 bytes a cell and the cells' ids.

    Parameters
    ----------
    matrix
        Where the values are.
    target
        Folder to make; its name ends in ``.zarr``.
    key
        What the values are: the matrix file's MD5, say. See :func:`open_index`.
    task
        Told of each part; can cancel. Finished parts are kept.
    threads
        Parts to make at a time; None for two, or fewer processors.
    part_entries
        Most entries of a part; memory is in proportion to it.

    Returns
    -------
    GeneIndex
        Opened.

    Raises
    ------
    FormatError
        If the matrix is damaged, or was changed meanwhile.
    DiskFullError, ConfigurationError
        If the index can't be written there.
    Cancelled
        If `task` was cancelled.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from napari_abc.io.gene_index import ArrayMatrix
    >>> from napari_abc.task import Task
    >>> matrix = ArrayMatrix(np.eye(3), ["a", "b", "c"], ["Drd1", "Drd2", "Tac1"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     index = build_index(matrix, pathlib.Path(folder) / "eye.zarr", "the key", Task())
    ...     values = index.gene_all(index.places["Drd2"])
    ...     index.close()
    >>> values.tolist()
    [0.0, 1.0, 0.0]
    """
    there = open_index(target, key)
    if there is not None:
        return there
    threads = min(2, os.cpu_count() or 1) if threads is None else threads
    density: float | None = None
    attempts = 0
    while True:
        building = start_building(matrix, target, key, task, density, part_entries)
        try:
            building.make(building.missing(), matrix, task, threads)
            return building.finish(matrix, task)
        except TooFullError:
            density = min(1.0, 2 * building.density)
        except FileNotFoundError as error:
            # Another process may have finished the same index first and tidied up after itself.
            there = open_index(target, key)
            if there is not None:
                return there
            attempts += 1
            if attempts == _ATTEMPTS:
                raise ConfigurationError(
                    f"Files of {building.folder} vanish while the index is made ({error}); see whether "
                    "another program clears that folder, and try again."
                ) from error


@dataclass(slots=True)
class Building:
    """An index under way; may be sent to other processes.

    Attributes
    ----------
    target
        Folder that the index will be.
    key
        What it is made from.
    plan
        How the matrix is cut.
    density
        Share of a dense matrix that the plan has room for; 0 for a sparse one.
    digest
        Of all that the parts depend on.
    """

    target: Path
    key: str
    plan: Cut
    density: float
    columns: bool
    digest: str

    @property
    def folder(self) -> Path:
        """Where finished parts are kept."""
        return self.target.with_name(f"{self.target.name}.{self.digest}.building")

    def missing(self) -> list[int]:
        """Parts that are not there yet."""
        return [part for part in range(self.plan.parts) if self._table(part) is None]

    def make(self, parts: list[int], matrix: MatrixLike, task: Task, threads: int = 1) -> None:
        """Make parts; those of a column-compressed matrix in one pass.

        Raises
        ------
        TooFullError
            If a part of a dense matrix is fuller than planned.
        """
        done = self.plan.parts - len(parts)
        lock = threading.Lock()

        def finished() -> None:
            nonlocal done
            with lock:
                done += 1
            task.report(f"Indexing genes of {matrix.name}", done, self.plan.parts, "parts")

        if self.columns:
            if parts:
                self.folder.mkdir(parents=True, exist_ok=True)
                with temporary_folder(self.folder) as spill:
                    for part, entries in parts_of_columns(matrix, self.plan, set(parts), spill, task):
                        self._save(part, entries)
                        finished()
            return

        def one(part: int) -> None:
            self._save(part, entries_of_part(matrix, self.plan, part, task))
            finished()

        if threads == 1 or len(parts) < 2:
            for part in parts:
                one(part)
            return
        with ThreadPoolExecutor(threads, "gene index") as pool:
            futures = [pool.submit(one, part) for part in parts]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                for future in futures:
                    future.cancel()
                raise

    def _save(self, part: int, entries: scipy.sparse.csc_matrix) -> None:
        """Write a part's rows, values and, last, its table, each of them whole or not at all."""
        plan = self.plan
        first, last = plan.rows(part)
        blocks_here = -(-(last - first) // plan.block_rows)
        blocks = -(-plan.cells // plan.block_rows)
        ends, rows = entries.indptr, entries.indices
        values = narrowed(entries.data)
        starts = np.empty((plan.genes, blocks_here + 1), np.int64)
        starts[:, 0], starts[:, -1] = ends[:-1], ends[1:]
        marks = np.arange(1, blocks_here) * plan.block_rows
        for gene in range(plan.genes if len(marks) else 0):
            low, high = ends[gene], ends[gene + 1]
            starts[gene, 1:-1] = low + np.searchsorted(rows[low:high], marks)
        del entries
        if len(marks) and plan.block_rows < 2**16:
            rows %= plan.block_rows
        rows = rows.astype("<u2")  # the row within its block: what exceeds 16 bits falls away
        table = np.empty((plan.genes, blocks_here, 3), "<u4")
        table[:, :, 0] = starts[:, :-1]
        table[:, :, 1] = np.diff(starts)
        table[:, :, 2] = checksums(rows, values, starts, part * plan.part_blocks, blocks)
        # Not waited for until they are on the disk: each segment has a checksum, which is compared.
        rows_path = self._file(part, "rows")
        save_atomically(rows_path, lambda out: write_shard(out, rows, plan.capacity), durable=False)
        path = self._file(part, f"{code(values.dtype)}.values")
        save_atomically(path, lambda out: write_shard(out, values, plan.capacity), durable=False)
        path = self._file(part, f"{code(values.dtype)}.npy")
        save_atomically(path, lambda out: np.save(out, table, allow_pickle=False), durable=False)

    def _file(self, part: int, name: str) -> Path:
        return self.folder / f"part-{part:04}.{name}"

    def _table(self, part: int) -> tuple[NDArray[np.uint32], np.dtype[Any]] | None:
        """The table of a finished part and the type of its values; None if it is not there."""
        for dtype in map(np.dtype, VALUE_TYPES):
            try:
                table = np.load(self._file(part, f"{code(dtype)}.npy"), mmap_mode="r", allow_pickle=False)
                count = int(table[-1, -1, 0]) + int(table[-1, -1, 1]) if table.size else 0
                for name, itemsize in (("rows", 2), (f"{code(dtype)}.values", dtype.itemsize)):
                    tail = len(shard_tail(count, self.plan.capacity, itemsize))
                    if self._file(part, name).stat().st_size != padded(count) * itemsize + tail:
                        raise ValueError
                return table, dtype
            except (OSError, ValueError, IndexError):
                continue  # not there yet, or cut off: it is made again
        return None

    def finish(self, matrix: MatrixLike, task: Task) -> GeneIndex:
        """Put the index together from its parts, and open it.

        Raises
        ------
        FileNotFoundError
            If a part is not there (any more).
        """
        plan = self.plan
        found = [self._table(part) for part in range(plan.parts)]
        parts = [part for part in found if part is not None]
        if len(parts) < plan.parts:
            raise FileNotFoundError(f"Parts of {self.folder} are missing.")
        widest = max((VALUE_TYPES.index(dtype.str) for _, dtype in parts), default=0)
        dtype = np.dtype(VALUE_TYPES[widest])
        remove_leftovers(self.target.parent)
        draft = temporary(self.target.parent)
        try:
            for folder in ("rows/c", "values/c", "segments/c/0/0", "labels/c"):
                (draft / folder).mkdir(parents=True)
            tables = []
            for part, (table, own) in enumerate(parts):
                task.report(f"Putting together the index of {matrix.name}", part, plan.parts, "parts")
                link(self._file(part, "rows"), draft / rows_file(part))
                values = self._file(part, f"{code(own)}.values")
                if own == dtype:
                    link(values, draft / values_file(part))
                else:
                    table = self._widen(part, table, own, dtype, draft / values_file(part))
                tables.append(table)
            write_segments(draft / SEGMENTS, tables)
            label_bytes, label_check, label_files = write_cell_ids(matrix.cell_ids, draft)
            about = About(
                key=self.key,
                source=matrix.name,
                cells=plan.cells,
                block_rows=plan.block_rows,
                part_blocks=plan.part_blocks,
                capacity=plan.capacity,
                dtype=dtype.str,
                entries=tuple(int(t[-1, -1, 0]) + int(t[-1, -1, 1]) if t.size else 0 for t in tables),
                label_bytes=label_bytes,
                label_checksum=label_check,
                label_files=label_files,
                identifiers=tuple(matrix.identifiers),
            )
            for name, document in (array_documents(about) | {"zarr.json": about.document()}).items():
                (draft / name).parent.mkdir(exist_ok=True)
                (draft / name).write_bytes(document)
            put_in_place(draft, self.target, lambda there: open_index(there, self.key) is not None)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise not_written(self.target, error) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        del found, parts, tables  # Windows removes no file that is mapped
        shutil.rmtree(self.folder, ignore_errors=True)
        index = open_index(self.target, self.key)
        if index is None:
            raise FileNotFoundError(f"{self.target} was taken away.")
        return index

    def _widen(
        self, part: int, table: NDArray[np.uint32], own: np.dtype[Any], dtype: np.dtype[Any], target: Path
    ) -> NDArray[np.uint32]:
        """Write a part's values in the type that all parts share; its table with other checksums."""
        plan = self.plan
        count = int(table[-1, -1, 0]) + int(table[-1, -1, 1])
        rows = np.fromfile(self._file(part, "rows"), "<u2", count)
        values = np.fromfile(self._file(part, f"{code(own)}.values"), own, count).astype(dtype)
        target.parent.mkdir()
        with target.open("wb") as out:
            write_shard(out, values, plan.capacity)
        table = np.array(table)
        starts = np.concatenate([table[:, :, 0], table[:, -1:, 0] + table[:, -1:, 1]], axis=1)
        blocks = -(-plan.cells // plan.block_rows)
        table[:, :, 2] = checksums(rows, values, starts, part * plan.part_blocks, blocks)
        return table


def start_building(
    matrix: MatrixLike,
    target: Path,
    key: str,
    task: Task,
    density: float | None = None,
    part_entries: int = PART_ENTRIES,
) -> Building:
    """Plan the parts of an index, and clear away what was begun for another matrix of that name.

    Parameters
    ----------
    density
        For a dense matrix: the share of it that is not zero; None to estimate it.
    part_entries
        Most entries of a part.
    """
    if matrix.layout != "dense":
        density = None
    elif density is None:
        sample = matrix.sample()
        density = min(1.0, 1.3 * np.count_nonzero(sample) / max(1, len(sample)) + 0.01)
    plan = cut(matrix, density, task, part_entries)
    recipe = [FORMAT, key, asdict(plan), hashlib.md5("\n".join(matrix.identifiers).encode()).hexdigest()]
    digest = hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:12]
    building = Building(target, key, plan, density or 0.0, matrix.layout == "csc", digest)
    for other in target.parent.glob(f"{target.name}.*.building"):
        if other != building.folder:
            shutil.rmtree(other, ignore_errors=True)
    return building
