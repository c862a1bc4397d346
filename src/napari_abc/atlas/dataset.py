"""A dataset: a catalog entry bound to a release, from which slabs are listed and opened."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from napari_abc.atlas._cell_stores import CellStores
from napari_abc.atlas._slab_list import SlabList
from napari_abc.atlas._slab_opener import SlabOpener
from napari_abc.atlas.expression import GeneIndexes
from napari_abc.atlas.files import DatasetFiles
from napari_abc.errors import FormatError, IntegrityError, UnknownNameError
from napari_abc.task import Task
from napari_abc.text import SYNTHETIC

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pandas as pd

    from napari_abc.atlas.entries import Entry
    from napari_abc.atlas.manifest import Release
    from napari_abc.io.cells import CellStore
    from napari_abc.io.remote import RemoteFile, Store
    from napari_abc.model import Slab

__all__ = ["Dataset"]

_SMALL_TABLES = 100 * 2**20
"""Cell tables up to this many bytes in all are read for the counts without asking."""


class Dataset:
    """One dataset of a release.

    Parameters
    ----------
    entry
        What the catalog says of it.
    release
        The release its files are looked up in.
    store
        Where files are found and fetched.

    Examples
    --------
    >>> dataset = atlas["HMBA-MERSCOPE-H22.30.001-BG"]
    >>> dataset.species, dataset.platform, dataset.kind
    ('Human', 'MERSCOPE', 'slab plane')
    >>> dataset.unavailable
    ''
    """

    def __init__(self, entry: Entry, release: Release, store: Store) -> None:
        self._entry = entry
        self._release = release
        self._store = store
        self._files = DatasetFiles(entry, release)
        self._indexes = GeneIndexes(store)
        self._stores = CellStores(entry, self._files, store)
        self._slabs = SlabList(entry, self._files, store, self._stores)
        self._opener = SlabOpener(
            entry,
            release,
            files=self._files,
            store=store,
            stores=self._stores,
            slabs=self._slabs,
            indexes=self._indexes,
            license=self.license,
            citation=self.citation,
        )

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
    def license(self) -> str:
        """License of the data; of a synthetic release, that those of the real data don't apply."""
        return SYNTHETIC if self.synthetic else self._entry.license

    @property
    def citation(self) -> str:
        """How to cite the data; empty for a synthetic release."""
        return "" if self.synthetic else self._entry.citation

    @property
    def url(self) -> str:
        """Page that describes the data."""
        return self._entry.url

    @property
    def kind(self) -> str:
        """What a slab of it is called: ``"slab plane"``, ``"brain section"``, ``"embedding"``."""
        return self._slabs.kind

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

        Returns
        -------
        list of RemoteFile
            Each with its ``name``, ``size`` in bytes and ``md5``, as far as the release gives them.

        Examples
        --------
        >>> len(dataset.files(expression=False)) < len(dataset.files())
        True
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

    def opening_bytes(self, label: str | None = None) -> int:
        """Bytes that have to be fetched before a slab opens; expression comes with the first gene.

        Parameters
        ----------
        label
            The slab; without one, what all slabs together need.

        Returns
        -------
        int
            Bytes; 0 when all is on disk.

        Examples
        --------
        >>> dataset.opening_bytes("H22.30.001.BS.3.Plane.01")  # the demo lies on disk
        0
        """
        if self.unavailable:
            return 0
        files = self._files.side_tables() + ([] if self._stores.built() else self._files.tables())
        files += self._stores.embedding_files(label)
        return sum(file.size or 0 for file in dict.fromkeys(files) if self._store.locate(file) is None)

    def download(self, task: Task | None = None, expression: bool = True) -> None:
        """Fetch every file of the dataset that is not on disk yet.

        Parameters
        ----------
        task
            Progress in bytes, and cancel.
        expression
            Whether to fetch the expression matrices, which are the largest files.

        Raises
        ------
        UnknownNameError
            If the dataset is not part of the release.
        NetworkError
            If the source can't be reached; OfflineError if fetching was ruled out.
        IntegrityError
            If what arrived is not what the manifest says.
        DiskFullError
            If there is no room for a file.
        Cancelled
            If the task was cancelled.

        Examples
        --------
        >>> dataset.download(expression=False)
        >>> dataset.cached_bytes > 0
        True
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

        Examples
        --------
        >>> places = dataset.index(kinds=["log2"])
        >>> len(places)
        1
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
    def slabs(self) -> pd.DataFrame:
        """The slabs in order, as far as they are known without fetching any table of cells.

        As :meth:`list_slabs` with ``fetch_cells=False``: at most small tables that list the slabs are
        fetched, of up to 1 MiB; numbers of cells that are not known yet are missing.
        """
        return self.list_slabs(fetch_cells=False)

    def list_slabs(self, task: Task | None = None, fetch_cells: bool = True) -> pd.DataFrame:
        """List the slabs in order; may fetch up to 100 MiB to count their cells.

        Parameters
        ----------
        task
            Progress and cancel.
        fetch_cells
            Whether tables of cells of up to 100 MiB in all may be fetched to count them. Larger ones
            never are; :meth:`count_slabs` fetches them.

        Returns
        -------
        DataFrame
            Indexed by label, which is also the column ``slab``; ``title``, ``kind`` (``"brain section"``),
            ``cells`` (those that have coordinates; missing until the tables were read), ``sections``,
            ``regions`` (whether there are polygons), ``order``.

        Raises
        ------
        UnknownNameError
            If the dataset is not part of the release.
        AbcError
            If its listing, or a table of cells, can't be fetched or read.

        Examples
        --------
        >>> slabs = dataset.list_slabs()
        >>> int(slabs.loc["H22.30.001.BS.3.Plane.01", "cells"])
        1482
        """
        self._require_available()
        task = task or Task()
        if self._stores.built() is None and self._quick_to_count(fetch_cells):
            return self.count_slabs(task)
        return self._slabs.table(task)

    def counts(self) -> tuple[int | None, int | None]:
        """Numbers of slabs and of cells, None where they are not known without a large download.

        A slab of all sections does not count, and of embeddings, which share cells, the largest does.

        Returns
        -------
        slabs, cells
            The two numbers.

        Raises
        ------
        AbcError
            If the dataset is not part of the release, or its listing can't be had.

        Examples
        --------
        >>> slabs, cells = dataset.counts()
        >>> slabs
        6
        """
        table = self.list_slabs(fetch_cells=False)
        table = table[[not self._slabs.is_whole(label) for label in table["slab"]]]
        if table.empty:
            return None, None
        if table["cells"].isna().all() or (self._entry.slabs is not None and table["cells"].isna().any()):
            return len(table), None
        cells = table["cells"].max() if self._entry.slabs is None else table["cells"].sum()
        return len(table), int(cells)

    def _quick_to_count(self, fetch: bool) -> bool:
        """Whether the tables of cells are small, and at hand or to be fetched."""
        total = 0
        for file in [*self._files.tables(), *self._files.embedding_tables()]:
            path = self._store.locate(file)
            if path is None and (file.size is None or not fetch):
                return False
            total += path.stat().st_size if path is not None else file.size or 0
        return total <= _SMALL_TABLES

    def count_slabs(self, task: Task | None = None) -> pd.DataFrame:
        """List the slabs with their numbers of cells; fetches and joins the cell tables if need be.

        The tables of a large dataset are gigabytes: :meth:`opening_bytes` says how much is to be fetched.

        Parameters
        ----------
        task
            Progress and cancel.

        Returns
        -------
        DataFrame
            As :meth:`list_slabs` gives it, with no number missing.

        Raises
        ------
        UnknownNameError
            If the dataset is not part of the release.
        AbcError
            If a table can't be fetched or read.

        Examples
        --------
        >>> bool(dataset.count_slabs()["cells"].notna().all())
        True
        """
        task = task or Task()
        self._require_available()
        self._stores.build(task)
        for embedding in self._stores.embeddings(task).values():
            # One that is damaged keeps nobody from the others; opening it says what is wrong.
            with suppress(FormatError, IntegrityError):
                self._stores.build_embedding(embedding, task)
        return self._slabs.table(task)

    def joined_cells(self) -> CellStore | None:
        """The cells of all slabs, if their tables were fetched and joined before; None if not.

        Examples
        --------
        >>> _ = dataset.count_slabs()
        >>> dataset.joined_cells().cells > 1_000
        True
        """
        return self._stores.built() if not self.unavailable else None

    # -- opening -------------------------------------------------------------------------------

    def slab(self, label: str, task: Task | None = None, columns: Collection[str] = ()) -> Slab:
        """Open a slab: its cells with coordinates, regions, taxonomy, colors and genes.

        Parameters
        ----------
        label
            As :attr:`slabs` lists it.
        task
            Progress and cancel.
        columns
            Columns that its cells have to have, in any case. Slabs of millions of cells leave out texts
            that differ from cell to cell, as ``"abc_sample_id"``, unless they are named here.

        Returns
        -------
        Slab
            Coordinates in the dataset's first frame, in its unit; what is missing is said in its notes.

        Raises
        ------
        UnknownNameError
            If there is no such slab or column, or the dataset is not part of the release.
        FormatError
            If a table is damaged, or no cell of the slab has coordinates.
        NetworkError
            If a file has to be fetched and can't be; OfflineError if fetching was ruled out.
        IntegrityError
            If a file's size or MD5 is not what the manifest says.
        DiskFullError
            If there is no room for a file.
        Cancelled
            If the task was cancelled.

        Examples
        --------
        >>> slab = dataset.slab("H22.30.001.BS.3.Plane.01")
        >>> slab.frame
        <Frame slab: x_slab_mm, y_slab_mm in millimeter, y down>
        >>> len(slab.cells)
        1482
        """
        self._require_available()
        return self._opener.open(label, task or Task(), columns)
