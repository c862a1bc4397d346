"""Expression values of an atlas slab: which matrix a cell's values lie in, and its row there.

The matrices are gigabytes, so nothing is fetched until a gene is asked for, and then only those that
hold cells whose values are wanted. Where a gene-major index of a matrix is at hand, or published
beside the data, genes come from it and the matrix is left alone. A table of example genes stands in
for matrices that would have to be fetched. Rows are matched by label once per matrix and kept beside
the cells; genes are matched by the matrix's own identifiers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.atlas.expression._examples import ExampleGenes
from napari_abc.atlas.expression._packages import groups_of
from napari_abc.atlas.expression._rows import rows_in_matrix, rows_path
from napari_abc.atlas.progress import FileTask
from napari_abc.errors import ExpressionError, FormatError, MissingFileError, NetworkError
from napari_abc.io.matrix import open_matrix
from napari_abc.model import ExpressionSource, Package

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from napari_abc.atlas.entries import Examples, ExpressionRule
    from napari_abc.atlas.expression._indexes import GeneIndexes
    from napari_abc.atlas.expression._packages import Groups, Name
    from napari_abc.atlas.files import DatasetFiles
    from napari_abc.io.cells import CellStore
    from napari_abc.io.gene_index import GeneIndex, RowPlan
    from napari_abc.io.matrix import Matrix
    from napari_abc.io.remote import RemoteFile, Store
    from napari_abc.task import Task

__all__ = ["AtlasExpression"]

_UNASKED = 16 * 2**20
"""Cell labels of a published index up to this many bytes are fetched without asking."""


@dataclass(frozen=True, slots=True)
class _Holder:
    """A matrix file that holds cells of the slab."""

    file: RemoteFile
    groups: Groups
    name: Name
    wanted: int
    """Cells asked for that it holds."""
    missing: int
    """Bytes that have to be fetched before it can be read."""

    @property
    def places(self) -> NDArray[np.intp]:
        """Positions of its cells among those that the slab shows."""
        return self.groups.places(self.name)


class AtlasExpression(ExpressionSource):
    """Values for the cells of one slab.

    Parameters
    ----------
    units
        Kinds of values and their labels.
    rules
        How a cell's matrix is found. Of several, the one counts that leaves the least to fetch.
    files, store, indexes
        Where the matrices are listed and fetched, and their gene-major indexes found.
    cells
        The dataset's cells, with the columns that the rules name.
    slab
        Label of the slab; None for all cells.
    kept
        (cells of the slab in the store,) True for those that the slab shows.
    examples
        Tables with the values of a few genes.
    genes
        The gene table, by which the symbols of the examples are told: index the identifiers, column
        ``gene_symbol``.
    index
        Whether gene-major indexes are made.
    """

    def __init__(
        self,
        units: Mapping[str, str],
        rules: Sequence[ExpressionRule],
        files: DatasetFiles,
        store: Store,
        indexes: GeneIndexes,
        cells: CellStore,
        slab: str | None,
        kept: NDArray[np.bool_],
        *,
        examples: Sequence[Examples] = (),
        genes: pd.DataFrame | None = None,
        index: bool = True,
    ) -> None:
        self._files = files
        self._store = store
        self._indexes = indexes
        self._cells = cells
        self._slab = slab
        self._kept = kept
        self._count = int(kept.sum())
        self._groups = groups_of(rules, cells, slab, kept)
        self._examples = ExampleGenes(examples, files, store, cells, slab)
        self._genes = genes
        self._index = index
        self._matrices: dict[Path, Matrix] = {}
        self._plans: dict[str, tuple[GeneIndex, RowPlan, int]] = {}
        self._kinds = {
            kind: unit
            for kind, unit in units.items()
            if any(files.matrix(*name, kind) for groups in self._groups for name in groups.names)
        }

    def __getstate__(self) -> dict[str, Any]:
        # Open matrices and indexes stay here; a copy, or another process, opens its own.
        return {**vars(self), "_matrices": {}, "_plans": {}}

    @property
    def kinds(self) -> Mapping[str, str]:
        """Kinds of values that the release holds, each with its label for a color bar."""
        return self._kinds

    def look_up(self, task: Task) -> None:
        """Look, once, for what spares the matrices: published indexes, and genes of example tables."""
        files = [
            file
            for groups in self._groups
            for name in groups.names
            for kind in self._kinds
            if (file := self._files.matrix(*name, kind)) is not None
        ]
        self._indexes.look_up(files, task)
        self._examples.look_up(task)

    # -- what has to be fetched ----------------------------------------------------------------

    def packages(
        self, kind: str, identifiers: Sequence[str] = (), rows: NDArray[np.bool_] | None = None
    ) -> tuple[Package, ...]:
        """Files that have to be fetched before these genes of these cells can be read.

        Where an index is published, these are the labels of its cells, and none where that is little.
        """
        parts = self._parts(kind, rows)
        examples = self._cheaper_examples(kind, identifiers, parts)
        if examples:
            cells = self._count if rows is None else int(np.count_nonzero(rows))
            found = [Package(file.name, cells, self._examples.to_fetch(file)) for file in examples]
        else:
            found = [Package(part.file.name, part.wanted, part.missing) for part in parts if part.wanted]
        return tuple(package for package in found if package.bytes)

    def _parts(self, kind: str, rows: NDArray[np.bool_] | None = None) -> list[_Holder]:
        """Matrices of the slab's cells, by the rule that leaves out the fewest and has the least to fetch."""
        choices = []
        for groups in self._groups:
            parts = list(self._parts_by(groups, kind, rows))
            found = sum(part.wanted for part in parts)
            missing = sum(part.missing for part in parts if part.wanted)
            choices.append(((-found, missing, len(parts)), parts))
        return min(choices, key=lambda choice: choice[0])[1] if choices else []

    def _parts_by(self, groups: Groups, kind: str, rows: NDArray[np.bool_] | None) -> Iterator[_Holder]:
        for name in groups.names:
            file = self._files.matrix(*name, kind)
            if file is not None:
                places = groups.places(name)
                wanted = len(places) if rows is None else int(np.count_nonzero(rows[places]))
                yield _Holder(file, groups, name, wanted, self._to_fetch(file, groups))

    def _to_fetch(self, file: RemoteFile, groups: Groups) -> int:
        if self._store.locate(file) is not None:
            return 0
        index = self._indexes.find(file)
        if index is None or index.cell_id_bytes is None:
            return file.size or 0
        known = index.is_local or self._rows_path(file, groups).exists()
        return 0 if known or index.cell_id_bytes <= _UNASKED else index.cell_id_bytes

    def _cheaper_examples(
        self, kind: str, identifiers: Sequence[str], parts: Sequence[_Holder]
    ) -> list[RemoteFile]:
        """Tables of example genes that hold these genes with less to fetch than the matrices."""
        missing = sum(part.missing for part in parts if part.wanted)
        symbols = self._symbols(identifiers) if missing else None
        if symbols is None:
            return []
        files = self._examples.holding(symbols, kind)
        return files if sum(map(self._examples.to_fetch, files)) < missing else []

    def _symbols(self, identifiers: Sequence[str]) -> list[str] | None:
        """Symbols of genes; None where one has none, or shares it with another gene."""
        if self._genes is None or "gene_symbol" not in self._genes or not identifiers:
            return None
        symbols = self._genes["gene_symbol"]
        found = [symbols.get(identifier) for identifier in identifiers]
        if not all(isinstance(symbol, str) for symbol in found):
            return None
        alone = all(int((symbols == symbol).sum()) == 1 for symbol in found)
        return [str(symbol) for symbol in found] if alone else None

    # -- indexes -------------------------------------------------------------------------------

    def index_missing(self, kind: str) -> tuple[str, ...]:
        """Keys of the matrices of this kind that are on disk and have no index yet."""
        if not self._index:
            return ()
        return tuple(part.file.key for part in self._parts(kind) if self._indexes.missing(part.file))

    def build_index(self, kind: str, task: Task, threads: int | None = 1) -> tuple[str, ...]:
        """Make the indexes of the matrices of this kind that are on disk; later genes come from them.

        Meant for a background thread: one processor, 250 MB (350 MB where values are float64).

        Returns
        -------
        tuple of str
            Folders of the indexes that were made.

        Raises
        ------
        FormatError
            If a matrix is damaged.
        DiskFullError
            If there is no room for an index.
        Cancelled
            If `task` was cancelled; finished parts are kept, and the next call goes on from there.
        """
        parts = self._parts(kind) if self._index else []
        missing = [part.file for part in parts if self._indexes.missing(part.file)]
        return tuple(self._indexes.build(file, task, threads).location for file in missing)

    # -- reading -------------------------------------------------------------------------------

    def read(
        self,
        identifiers: Sequence[str],
        kind: str,
        task: Task,
        rows: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.float32]:
        """Values of shape (cells of the slab, identifiers), NaN for cells that the matrices lack.

        Where ``rows`` are given, only matrices that hold such cells are fetched; the values of other
        cells are read where they are at hand. What was fetched stays when `task` is cancelled.
        Where no cell is wanted and none is at hand, all are NaN.

        Raises
        ------
        ExpressionError
            If no matrix has a gene, or none holds a cell of the slab.
        NetworkError, IntegrityError, FormatError, DiskFullError
            If a matrix can't be fetched or read.
        """
        parts = self._parts(kind, rows)
        examples = self._cheaper_examples(kind, identifiers, parts)
        if examples:
            return self._examples.read(examples, self._symbols(identifiers) or [], self._kept, task)
        chosen = [part for part in parts if part.wanted or not part.missing]
        if not chosen and not (self._count if rows is None else np.any(rows)):
            return np.full((self._count, len(identifiers)), np.nan, dtype=np.float32)
        try:
            return self._read_parts(chosen, identifiers, task)
        finally:
            for groups in self._groups:
                groups.forget_labels()

    def _read_parts(
        self, chosen: Sequence[_Holder], identifiers: Sequence[str], task: Task
    ) -> NDArray[np.float32]:
        progress = FileTask(task, sum(part.missing for part in chosen), sum(bool(p.missing) for p in chosen))
        values: NDArray[np.float32] | None = None
        known, lacking = 0, set(identifiers)
        for part in chosen:
            part_values, part_known, absent = self._read_part(part, identifiers, progress)
            progress.add(part.missing)
            known += part_known
            lacking &= absent
            if len(part.places) == self._count:
                values = part_values
                break
            if values is None:
                values = np.full((self._count, len(identifiers)), np.nan, dtype=np.float32)
            values[part.places] = part_values
        if lacking and chosen:
            where = chosen[0].file.name if len(chosen) == 1 else f"none of its {len(chosen)} matrices"
            told = f"{where} lacks it" if len(chosen) == 1 else f"{where} has it"
            raise ExpressionError(
                f"The gene table lists {', '.join(sorted(lacking))} but {told}; ask for another gene."
            )
        if values is None or known == 0:
            raise ExpressionError(
                f"No cell of {self._slab or 'the dataset'} is in its expression matrix, so no gene can be "
                "shown; color by taxonomy or metadata instead."
            )
        return values

    def _read_part(
        self, part: _Holder, identifiers: Sequence[str], task: Task
    ) -> tuple[NDArray[np.float32], int, set[str]]:
        """Values of a matrix's cells, how many of them it holds, and the genes that it lacks."""
        index = self._usable(part)
        if index is not None:
            try:
                return self._read_index(index, part, identifiers, task)
            except (FormatError, MissingFileError, NetworkError) as error:
                # Never a wrong color: without the index, or, where that would fetch gigabytes
                # that nobody agreed to, not at all; asked again, the download is offered.
                self._indexes.discard(part.file)
                if self._store.locate(part.file) is None:
                    raise ExpressionError(
                        f"{error} Ask for the gene again to use the matrix itself."
                    ) from error
        return self._read_matrix(part, identifiers, task)

    def _usable(self, part: _Holder) -> GeneIndex | None:
        """The index of a file, if it can tell which of its rows are the slab's cells."""
        index = self._indexes.find(part.file)
        if index is None or index.cell_id_bytes is not None:
            return index
        known = self._rows_path(part.file, part.groups).exists()
        return index if known or self._store.locate(part.file) is not None else None

    def _read_index(
        self, index: GeneIndex, part: _Holder, identifiers: Sequence[str], task: Task
    ) -> tuple[NDArray[np.float32], int, set[str]]:
        kept = self._plans.get(part.file.key)
        if kept is None or kept[0] is not index:
            rows = self._rows(lambda: index, part, task)
            index.forget_cell_ids()
            kept = (index, index.plan(rows), int(np.count_nonzero(rows >= 0)))
            self._plans[part.file.key] = kept
        plan = kept[1]
        columns, absent = _columns(identifiers, index.places)
        return _spread(index.read(columns, plan, task), identifiers, absent), kept[2], absent

    def _read_matrix(
        self, part: _Holder, identifiers: Sequence[str], task: Task
    ) -> tuple[NDArray[np.float32], int, set[str]]:
        path = self._store.ensure(part.file, task)
        matrix = self._matrices.get(path) or self._matrices.setdefault(path, open_matrix(path))
        rows = self._rows(lambda: open_matrix(path), part, task)  # another, whose labels are let go
        places = {identifier: column for column, identifier in enumerate(matrix.identifiers)}
        columns, absent = _columns(identifiers, places)
        values = _spread(matrix.read(columns, rows, task), identifiers, absent)
        return values, int(np.count_nonzero(rows >= 0)), absent

    def _rows_path(self, file: RemoteFile, groups: Groups) -> Path:
        return rows_path(self._cells, self._store.identity(file), groups.digest)

    def _rows(self, opened: Callable[[], Matrix | GeneIndex], part: _Holder, task: Task) -> NDArray[np.int64]:
        """Row in the matrix of each of its cells that the slab shows, -1 where absent."""
        path = self._rows_path(part.file, part.groups)
        return rows_in_matrix(path, opened, part.groups, part.name, self._kept, task)


def _columns(identifiers: Sequence[str], places: Mapping[str, int]) -> tuple[list[int], set[str]]:
    """Columns of the genes that are there, and the other genes."""
    absent = {identifier for identifier in identifiers if identifier not in places}
    return [places[identifier] for identifier in identifiers if identifier not in absent], absent


def _spread(values: NDArray[np.float32], identifiers: Sequence[str], absent: set[str]) -> NDArray[np.float32]:
    """Values with a column of NaN for each gene that is absent."""
    if not absent:
        return values
    spread = np.full((len(values), len(identifiers)), np.nan, dtype=np.float32)
    spread[:, [place for place, identifier in enumerate(identifiers) if identifier not in absent]] = values
    return spread
