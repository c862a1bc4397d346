"""A dataset: a catalogue entry bound to a release, from which slabs are listed and opened."""

from __future__ import annotations

import hashlib
import json
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from napari_abc.atlas.annotation import Annotation
from napari_abc.atlas.expression import AtlasExpression
from napari_abc.atlas.files import DatasetFiles
from napari_abc.atlas.gene_indexes import GeneIndexes
from napari_abc.atlas.regions import read_regions
from napari_abc.errors import AbcError, FormatError, UnknownNameError
from napari_abc.model import Frame, Slab
from napari_abc.stores import cells as cell_store
from napari_abc.stores.tables import read_text_table, require_columns
from napari_abc.task import Task

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from napari_abc.atlas.catalogue import Entry
    from napari_abc.atlas.manifest import Release
    from napari_abc.stores.fetch import RemoteFile, Store

__all__ = ["Dataset"]

_SMALL_LISTING = 2**20
"""A listing table up to this many bytes is fetched without asking (HMBA's are of 10 to 21 kB)."""
_SMALL_TABLES = 100 * 2**20
"""Cell tables up to this many bytes in all are read for the counts without asking."""


class Dataset:
    """One dataset of a release.

    Parameters
    ----------
    entry
        What the catalogue says of it.
    release
        The release its files are looked up in.
    store
        Where files are found and fetched.
    """

    def __init__(self, entry: Entry, release: Release, store: Store) -> None:
        self._entry = entry
        self._release = release
        self._store = store
        self._files = DatasetFiles(entry, release)
        self._indexes = GeneIndexes(store)
        self._listing: pd.DataFrame | None = None
        self._annotation: Annotation | None = None

    def __repr__(self) -> str:
        return f"<Dataset {self.name}: {self.title}, release {self.release}>"

    @property
    def name(self) -> str:
        """Name of the dataset: its directory in the release."""
        return self._entry.name

    @property
    def title(self) -> str:
        """What a person reads."""
        return self._entry.title

    @property
    def species(self) -> str:
        """Species, in English."""
        return self._entry.species

    @property
    def platform(self) -> str:
        """Platform the cells were measured on."""
        return self._entry.platform

    @property
    def licence(self) -> str:
        """Licence of the data."""
        return self._entry.licence

    @property
    def citation(self) -> str:
        """How to cite the data."""
        return self._entry.citation

    @property
    def url(self) -> str:
        """Page that describes the data."""
        return self._entry.url

    @property
    def release(self) -> str:
        """Version of the release."""
        return self._release.version

    @property
    def synthetic(self) -> bool:
        """Whether the data are made up by this project."""
        return self._release.synthetic

    @property
    def unavailable(self) -> str:
        """Why the dataset can't be opened from this release; empty if it can."""
        return self._files.unavailable

    # -- files ---------------------------------------------------------------------------------

    def files(self, expression: bool = True) -> list[RemoteFile]:
        """Every file of the release that the dataset uses; none twice.

        Parameters
        ----------
        expression
            Whether to count the expression matrices.
        """
        return self._files.all(expression)

    @property
    def bytes(self) -> int:
        """Size of all files of the dataset."""
        return sum(file.size or 0 for file in self.files())

    @property
    def cached_bytes(self) -> int:
        """Size of those of its files that lie on disk already."""
        return sum(file.size or 0 for file in self.files() if self._store.locate(file) is not None)

    def opening_bytes(self) -> int:
        """Bytes that have to be fetched before a slab opens; expression comes with the first gene."""
        if self.unavailable:
            return 0
        files = self._files.side_tables() + ([] if self._built() else self._files.tables())
        return sum(file.size or 0 for file in dict.fromkeys(files) if self._store.locate(file) is None)

    def download(self, task: Task | None = None, expression: bool = True) -> None:
        """Fetch every file of the dataset that is not on disk yet.

        Raises
        ------
        AbcError
            NetworkError, OfflineError, IntegrityError, DiskFullError or Cancelled.
        """
        self._require_available()
        for file in self.files(expression):
            self._store.ensure(file, task or Task())

    def index(
        self,
        task: Task | None = None,
        kinds: Sequence[str] = ("log2", "raw"),
        to: str | None = None,
        scheduler: str | None = None,
    ) -> list[str]:
        """Make the gene-major indexes of the dataset's matrices; see :meth:`GeneIndexes.make`.

        Parameters
        ----------
        kinds
            Kinds of values to index.
        to
            Folder or address to publish the indexes in, besides keeping them here.
        scheduler
            Address of a Dask scheduler, ``"tcp://host:8786"``; None for this machine's processors.

        Returns
        -------
        list of str
            Folders and addresses of the indexes.

        Raises
        ------
        UnknownNameError
            If the dataset is not part of the release, or has no such kind of values.
        AbcError
            If a matrix can't be fetched or read, or an index can't be written.
        """
        self._require_available()
        files = self._files.matrices(kinds)
        if not files:
            have = ", ".join(self._entry.expression.units) if self._files.matrices() else "none at all"
            raise UnknownNameError(
                f"{self.name} has no expression matrices of kind {' or '.join(kinds)} (it has {have}); ask "
                "for one that it has."
            )
        return self._indexes.make(files, task or Task(), to, scheduler)

    def _require_available(self) -> None:
        if self.unavailable:
            raise UnknownNameError(f"{self.name} can't be opened: {self.unavailable} Choose another release.")

    # -- slabs ---------------------------------------------------------------------------------

    @property
    def _store_path(self) -> Path:
        """Where the joined cells are kept; the name follows from everything they are made of."""
        used = [(file.key, file.size, self._store.identity(file)) for file in self._files.tables()]
        recipe = self._entry.model_dump(mode="json", include={"cells", "joins", "slabs", "frames"})
        text = json.dumps([cell_store.FORMAT, recipe, used], sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        return self._store.derived / "cells" / f"{self.name}-{digest}.parquet"

    def _built(self) -> cell_store.CellStore | None:
        """The joined cells, if they were built before and are sound."""
        path = self._store_path
        try:
            return cell_store.CellStore(path) if path.exists() else None
        except FormatError:
            return None

    def _cells(self, task: Task) -> cell_store.CellStore:
        """The joined cells; fetched and built if need be."""
        self._require_available()
        built = self._built()
        if built is not None:
            return built
        entry = self._entry
        cells = cell_store.SourceTable(self._store.ensure(self._files.cells(), task), entry.cells.key)
        joins = [
            cell_store.SourceTable(self._store.ensure(file, task), join.key, join.rename)
            for join, file in self._files.joins()
        ]
        return cell_store.build_cells(
            self._store_path,
            cells,
            joins,
            slab=entry.slabs.column,
            section=entry.slabs.section,
            order=entry.slabs.order,
            coordinates=entry.frames[0].columns[:2],
            task=task,
        )

    def _listed(self, task: Task) -> pd.DataFrame | None:
        """Slabs with their sections and order, from where they can be listed without the cells.

        None where that can't be had without asking: there is no listing, or it is large.
        """
        import pandas as pd

        listing = self._entry.slabs.listing
        if self._listing is not None or listing is None:
            return self._listing
        if listing.matrices is not None:
            names = self._files.matrix_names(listing.matrices)
            if names:
                self._listing = pd.DataFrame({"sections": 1, "order": np.nan}, index=pd.Index(names))
            return self._listing
        file = self._files.table(str(listing.table))
        if file is None or (self._store.locate(file) is None and (file.size or 0) > _SMALL_LISTING):
            return None
        self._listing = self._read_listing(self._store.ensure(file, task))
        return self._listing

    def _read_listing(self, path: Path) -> pd.DataFrame:
        import pandas as pd

        slabs = self._entry.slabs
        table = read_text_table(path)
        require_columns(table, [slabs.column, slabs.section, *([slabs.order] if slabs.order else [])], path)
        table = table[table[slabs.column] != ""]
        table["_order"] = pd.to_numeric(table[slabs.order], errors="coerce") if slabs.order else np.nan
        groups = table.groupby(slabs.column)
        return pd.DataFrame({"sections": groups[slabs.section].nunique(), "order": groups["_order"].min()})

    @property
    def slabs(self) -> pd.DataFrame:
        """The slabs in order; as :meth:`list_slabs`, without progress and cancel."""
        return self.list_slabs()

    def list_slabs(self, task: Task | None = None, fetch_cells: bool = True) -> pd.DataFrame:
        """List the slabs in order, as far as they are known without a large download.

        Parameters
        ----------
        task
            Progress and cancel.
        fetch_cells
            Whether tables of cells may be fetched to count them, where these are small.

        Returns
        -------
        DataFrame
            Indexed by label, which is also the column ``slab``; ``cells`` (those that have
            coordinates; missing until the tables were read), ``sections``, ``regions`` (whether there
            are polygons), ``order``.

        Raises
        ------
        AbcError
            If the dataset is not part of the release, or its listing can't be had.
        """
        self._require_available()
        task = task or Task()
        built = self._built()
        if built is None and self._quick_to_count(fetch_cells):
            return self.count_slabs(task)
        return self._slab_table(built, task)

    def _quick_to_count(self, fetch: bool) -> bool:
        """Whether the tables of cells are small, and at hand or to be fetched."""
        total = 0
        for file in self._files.tables():
            path = self._store.locate(file)
            if path is None and (file.size is None or not fetch):
                return False
            total += path.stat().st_size if path is not None else file.size or 0
        return total <= _SMALL_TABLES

    def count_slabs(self, task: Task | None = None) -> pd.DataFrame:
        """The slabs with their numbers of cells; fetches and joins the cell tables if need be."""
        task = task or Task()
        return self._slab_table(self._cells(task), task)

    def _slab_table(self, built: cell_store.CellStore | None, task: Task) -> pd.DataFrame:
        import pandas as pd

        try:
            listed = self._listed(task)
        except AbcError:
            task.check()
            if built is None:
                raise
            listed = None  # the cells tell as much
        rows: dict[str, tuple[int | None, int, float]] = {}
        if listed is not None:
            unknown = None if built is None else 0
            for label, sections, order in zip(listed.index, listed["sections"], listed["order"], strict=True):
                rows[str(label)] = (unknown, int(sections), float(order))
        if built is not None:
            for label, slab in built.slabs.items():
                sections = rows[label][1] if label in rows else slab.sections
                order = np.nan if slab.order is None else slab.order
                rows[label] = (slab.placed, sections, order)
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=["cells", "sections", "order"])
        frame.insert(0, "slab", frame.index)
        regions = self._files.regions()
        frame.insert(3, "regions", frame["slab"].isin(list(regions)))
        frame = frame.astype({"cells": "Int64", "sections": "Int64", "order": "float64"})
        frame["order"] = frame["order"].convert_dtypes()  # whole numbers, but for a z in millimetres
        return frame.sort_values(["order", "slab"], na_position="last")

    # -- opening -------------------------------------------------------------------------------

    def slab(self, label: str, task: Task | None = None) -> Slab:
        """Open a slab: its cells with coordinates, regions, taxonomy, colours and genes.

        Parameters
        ----------
        label
            As :attr:`slabs` lists it.
        task
            Progress and cancel.

        Raises
        ------
        UnknownNameError
            If there is no such slab.
        AbcError
            If a file can't be fetched or read.
        """
        task = task or Task()
        self._require_available()
        if self._built() is None:  # a wrong label is told before gigabytes are fetched
            listed = self._listed(task)
            if listed is not None and label not in listed.index:
                raise self._unknown_slab(label, list(listed.index))
        store = self._cells(task)
        if label not in store.slabs:
            raise self._unknown_slab(label, list(store.slabs))
        everything = store.read(label)
        task.report(f"Opening {label}", 1, 3, "steps")

        notes = list(store.notes)
        first = self._entry.frames[0]
        placed = np.isfinite(everything[list(first.columns[:2])].to_numpy(dtype=float)).all(axis=1)
        cells = everything[placed]
        unplaced = len(everything) - len(cells)
        if unplaced:
            notes.insert(0, f"{len(cells):,} of {len(everything):,} cells have coordinates.")
        notes += [
            f"{table} is not part of release {self.release}; its columns are missing."
            for table in self._files.absent_joins()
        ]
        if self._annotation is None:
            self._annotation = Annotation(self._entry, self._files, self._store, task)
        notes += self._annotation.notes
        cells, palettes, groups = self._annotation.annotate(cells)
        task.report(f"Opening {label}", 2, 3, "steps")
        return Slab(
            label=label,
            dataset=self.name,
            cells=cells,
            frames=self._frames(cells),
            species=self.species,
            platform=self.platform,
            unplaced=unplaced,
            palettes=palettes,
            groups=groups,
            genes=self._annotation.genes,
            expression_source=self._expression(store, label, placed, task),
            regions=self._regions(label, self._annotation, notes, task),
            notes=tuple(notes),
            licence=self.licence,
            citation=self.citation,
            synthetic=self.synthetic,
        )

    def _expression(
        self, store: cell_store.CellStore, label: str, placed: NDArray[np.bool_], task: Task
    ) -> AtlasExpression | None:
        rule = self._files.rule()
        if rule is None:
            return None
        units = {str(kind): unit for kind, unit in self._entry.expression.units.items()}
        slab_column = self._entry.slabs.column
        expression = AtlasExpression(
            units, rule, self._files, self._store, self._indexes, store, label, slab_column, placed
        )
        expression.look_up(task)  # here, and not when the first gene is asked for on the GUI thread
        return expression

    def _unknown_slab(self, label: str, known: list[str]) -> UnknownNameError:
        near = get_close_matches(label, known, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "its slabs are listed by 'slabs'."
        return UnknownNameError(f"{self.name} has no {self._entry.slabs.noun} {label!r}; {hint}")

    def _frames(self, cells: pd.DataFrame) -> tuple[Frame, ...]:
        return tuple(
            Frame(frame.name, frame.columns, frame.unit, frame.y == "down", frame.title)
            for frame in self._entry.frames
            if all(column in cells for column in frame.columns)
        )

    def _regions(self, label: str, annotation: Annotation, notes: list[str], task: Task) -> pd.DataFrame:
        import pandas as pd

        file = self._files.regions().get(label)
        if file is not None and self._entry.regions is not None:
            values = annotation.values(self._entry.regions.colors)
            try:
                return read_regions(self._store.ensure(file, task), values)
            except AbcError as error:
                task.check()  # a cancel is no fault of the polygons
                notes.append(f"The regions are left out: {error}")
        elif self._entry.regions is not None:
            notes.append(f"There are no region polygons for {label}.")
        return pd.DataFrame(columns=["label", "name", "color", "geometry"])
