"""Reading genes from an index: the tables of their segments, then the segments, checked once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.errors import ConfigurationError, FormatError
from napari_abc.io.gene_index._cell_ids import parse_cell_ids
from napari_abc.io.gene_index._files import FolderFiles
from napari_abc.io.gene_index._format import SEGMENTS, About, checksum, label_file
from napari_abc.io.gene_index._rows import RowPlan, plan_rows
from napari_abc.io.gene_index._scatter import SHORT, scatter_runs, scatter_whole, whole_spans
from napari_abc.io.ids import CellIds

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from napari_abc.io.gene_index._files import Files
    from napari_abc.task import Task

__all__ = ["GeneIndex"]

_KEPT_TABLES = 2048


class GeneIndex:
    """Values of a matrix, gene by gene; made by :func:`open_index`. Safe to use from several threads.

    Files that were read stay open until it is closed or nobody refers to it any more.

    Attributes
    ----------
    about
        What the index says of itself.
    location
        Folder or address, for people.
    places
        Column of each identifier; the last of those that repeat.
    is_local
        Whether it lies on this machine.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from napari_abc.io.gene_index import ArrayMatrix, build_index
    >>> from napari_abc.task import Task
    >>> matrix = ArrayMatrix(np.eye(3), ["a", "b", "c"], ["Drd1", "Drd2", "Tac1"])
    >>> folder = tempfile.TemporaryDirectory()
    >>> index = build_index(matrix, pathlib.Path(folder.name) / "eye.zarr", "the key", Task())
    >>> index.read([index.places["Tac1"]], index.rows_of(["c", "nobody", "a"]))[:, 0].tolist()
    [1.0, nan, 0.0]
    >>> index.close()
    >>> folder.cleanup()
    """

    def __init__(self, about: About, files: Files) -> None:
        self.about = about
        self._dtype = np.dtype(about.dtype)
        self.location = files.location
        self._files = files
        self._tables: dict[int, list[list[int]]] = {}
        self._checked: NDArray[np.bool_] = np.zeros((about.genes, about.blocks), bool)
        self._ids: CellIds | None = None
        self.places = {name: column for column, name in enumerate(about.identifiers)}
        self.is_local = isinstance(files, FolderFiles)
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return GeneIndex, (self.about, self._files)  # what was read and checked is read and checked again

    def __repr__(self) -> str:
        return f"<GeneIndex {self.location}: {self.shape[0]:,} cells, {self.shape[1]:,} genes>"

    @property
    def shape(self) -> tuple[int, int]:
        """Cells, genes."""
        return self.about.cells, self.about.genes

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type that the values are kept in, without loss."""
        return self._dtype

    @property
    def identifiers(self) -> list[str]:
        """Identifier of each gene (column), as the matrix has it."""
        return list(self.about.identifiers)

    @property
    def cell_id_bytes(self) -> int | None:
        """Bytes that finding rows by cell id reads once; None where the index has no cell ids."""
        return None if self.about.label_bytes is None else sum(self.about.label_files)

    def rows_of(self, cell_ids: Any, task: Task | None = None) -> NDArray[np.int64]:
        """Row of each cell id, -1 where there is no such cell; compared as exact text.

        Raises
        ------
        FormatError
            If an id stands for several rows, the ids are damaged, or the index has none.
        NetworkError
            If they can't be fetched.
        """
        return self._cell_ids(task).rows_of(cell_ids)

    @property
    def cell_ids(self) -> pa.Array:
        """Id of each cell (row) as text, (cells,); read at first use and kept."""
        return self._cell_ids(None).ids

    def forget_cell_ids(self) -> None:
        """Let go of the cell ids, which take 50 MB for a million cells."""
        self._ids = None

    def close(self) -> None:
        """Close the files, so that Windows too can delete them; the next read opens them again."""
        self._files.close()

    def _cell_ids(self, task: Task | None) -> CellIds:
        if self._ids is None:
            about = self.about
            if about.label_bytes is None:
                raise FormatError(f"{self.location} holds no cell ids; use the matrix file beside it.")
            spans = [(label_file(chunk), 0, size) for chunk, size in enumerate(about.label_files)]
            files = [bytes(content) for content in self._files.read(spans, task)]
            ids = parse_cell_ids(files, about.label_bytes, about.label_checksum, about.cells)
            self._ids = CellIds(ids, self.location)
        return self._ids

    # -- reading -------------------------------------------------------------------------------

    def gene_all(self, column: int, task: Task | None = None) -> NDArray[np.float32]:
        """One gene of all cells, float32, (cells,); raises what :meth:`read` does."""
        return self.read([column], None, task)[:, 0]

    def plan(self, rows: NDArray[np.integer[Any]] | None) -> RowPlan:
        """Find out which blocks hold some cells; see :class:`RowPlan`.

        Raises
        ------
        ConfigurationError
            If a row number is out of range.
        """
        return plan_rows(self.about, rows, self.location)

    def read(
        self,
        columns: Sequence[int],
        rows: NDArray[np.integer[Any]] | RowPlan | None = None,
        task: Task | None = None,
    ) -> NDArray[np.float32]:
        """Values of some genes in some cells; the same as from the matrix itself, bit for bit.

        Only the blocks that hold such cells are touched. What is read for the first time is compared
        with its checksum.

        Parameters
        ----------
        columns
            Numbers of the columns, in any order.
        rows
            Numbers of the rows in any order, also repeated; -1 for a cell that the matrix lacks. None
            for all; or what :meth:`plan` made of them.
        task
            Told of what is fetched; stops the reading when cancelled.

        Returns
        -------
        array of float32, (rows, columns)
            NaN where ``rows`` is -1.

        Raises
        ------
        ConfigurationError
            If a row or column number is out of range.
        FormatError
            If the index is damaged.
        NetworkError
            If it lies elsewhere and can't be reached.
        """
        picked = [int(column) for column in columns]
        if picked and not 0 <= min(picked) <= max(picked) < self.about.genes:
            raise ConfigurationError(
                f"{self.location} has {self.about.genes:,} columns; ask for columns 0 to "
                f"{self.about.genes - 1:,}."
            )
        plan = rows if isinstance(rows, RowPlan) else self.plan(rows)
        out: NDArray[np.float32] | None = None
        self._load_tables(picked, task)
        for place, column in enumerate(picked):
            if task is not None:
                task.check()
            values = self._gene(column, plan, task)
            if len(picked) == 1:
                return values.reshape(-1, 1)
            if out is None:
                out = np.empty((plan.count, len(picked)), np.float32)
            out[:, place] = values
        return np.empty((plan.count, 0), np.float32) if out is None else out

    def _load_tables(self, columns: Sequence[int], task: Task | None) -> None:
        """Have the tables of segments of some genes at hand, each checked for sense."""
        wanted = sorted({column for column in columns if column not in self._tables})
        if not wanted or not self.about.blocks:
            return
        line = self.about.blocks * 12
        spans = [(SEGMENTS, column * line, line) for column in wanted]
        found = {}
        for column, content in zip(wanted, self._files.read(spans, task), strict=True):
            table = np.frombuffer(content, "<u4").reshape(-1, 3).astype(np.int64)
            ends = table[:, 0] + table[:, 1]
            joined = table[1:, 0] == ends[:-1]
            joined[self.about.part_blocks - 1 :: self.about.part_blocks] = True
            room = np.repeat(np.array(self.about.entries), self.about.part_blocks)[: self.about.blocks]
            if not joined.all() or np.any(ends > room) or np.any(table[:, 1] > self.about.block_rows):
                raise self._damaged()
            found[column] = table.tolist()
        with self._lock:
            if len(self._tables) > _KEPT_TABLES:
                self._tables = {}
            self._tables = self._tables | found

    def _gene(self, column: int, plan: RowPlan, task: Task | None) -> NDArray[np.float32]:
        """Values of a gene in the order of the plan."""
        values = np.zeros(plan.size + plan.lacking, np.float32)
        if plan.parts:
            tables = self._tables
            if column not in tables:  # pushed out by another thread
                self._load_tables([column], task)
                tables = self._tables
            self._scatter(values, column, tables[column], plan, task)
        if plan.lacking:
            values[-1] = np.nan
        if isinstance(plan.places, slice):
            run = values[plan.places]
            return run if 2 * len(run) > plan.size else run.copy()
        return values.take(plan.places, mode="clip")

    def _scatter(
        self,
        values: NDArray[np.float32],
        column: int,
        table: list[list[int]],
        plan: RowPlan,
        task: Task | None,
    ) -> None:
        """Put the gene's entries of the plan's blocks in their places."""
        try:
            if self._is_narrow(column, table, plan):
                scatter_runs(values, table, plan, self._files, self._dtype, task)
                return
            contents = self._files.read(whole_spans(table, plan, self._dtype.itemsize), task)
            for number, (_, blocks) in enumerate(plan.parts):
                rows, entries = contents[2 * number], contents[2 * number + 1]
                self._check(rows, entries, column, table, blocks, table[blocks[0]][0])
            scatter_whole(values, table, plan, contents, self._dtype, self.about.block_rows)
        except IndexError:
            raise self._damaged() from None

    def _is_narrow(self, column: int, table: list[list[int]], plan: RowPlan) -> bool:
        """Whether it pays to read the rows first, then only those values that are needed."""
        blocks = len(plan.windows)
        if not self.is_local or 2 * plan.size > blocks * self.about.block_rows:
            return False
        wanted = [block for _, blocks in plan.parts for block in blocks]
        entries = sum(table[block][1] for block in wanted)
        return entries > SHORT * blocks and bool(self._checked[column, wanted].all())

    def _check(
        self,
        rows: memoryview,
        values: memoryview,
        column: int,
        table: list[list[int]],
        blocks: tuple[int, ...],
        start: int,
    ) -> None:
        """Compare what was read with its checksum, once."""
        seen = self._checked[column]
        if seen[blocks[0] : blocks[-1] + 1].all():
            return
        width = self._dtype.itemsize
        for block in blocks:
            if seen[block]:
                continue
            first, count, expected = table[block]
            low, high = first - start, first - start + count
            found = checksum(
                rows[2 * low : 2 * high],
                values[width * low : width * high],
                column,
                block,
                self.about.blocks,
            )
            if found != expected:
                raise self._damaged()
            seen[block] = True

    def _damaged(self) -> FormatError:
        return FormatError(f"The gene index {self.location} is damaged; delete it to have it built again.")
