"""Gene-major indexes of a release's matrices: made on this machine, or published beside the data."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from napari_abc.atlas.expression._index_many import Wanted, index_many
from napari_abc.errors import AbcError, ConfigurationError, NetworkError
from napari_abc.io.gene_index import build_index, file_key, index_name, open_index, open_published, upload
from napari_abc.io.matrix import open_matrix
from napari_abc.io.remote import storage_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari_abc.io.gene_index import GeneIndex
    from napari_abc.io.remote import RemoteFile, Store
    from napari_abc.task import Task

__all__ = ["PUBLISHED", "GeneIndexes"]

PUBLISHED = "napari-abc/genes"
"""Folder below a source's root in which published indexes are looked for."""

_LOOK_SECONDS = 5.0


class GeneIndexes:
    """Finds, makes and publishes the indexes of matrix files. Safe to use from several threads.

    Parameters
    ----------
    store
        Where the matrices are found and fetched.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._opened: dict[str, GeneIndex] = {}
        self._looked: set[str] = set()
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[GeneIndexes], tuple[Store]]:
        # What is open stays here; a copy, or another process, opens its own.
        return GeneIndexes, (self._store,)

    def find(self, file: RemoteFile) -> GeneIndex | None:
        """The index of a matrix file, on this machine or as :meth:`look_up` found it; no network."""
        name, key = self._name(file)
        if name is None:
            return None
        with self._lock:
            opened = self._opened.get(name)
        if opened is None:
            opened = self._local(name, key) or self._beside(name, key)
            if opened is not None:
                with self._lock:
                    self._opened[name] = opened
        return opened

    def look_up(self, files: Iterable[RemoteFile], task: Task) -> None:
        """Look, once, whether indexes are published for files that are not on this machine.

        A source that does not answer within a few seconds is taken to have none.
        """
        if self._store.source.is_local or self._store.offline:
            return
        wanted: dict[str, str] = {}
        for file in files:
            if file.md5 is None or self._store.locate(file) is not None or self.find(file) is not None:
                continue
            name = index_name(file.name, file.md5)
            if name not in self._looked:
                wanted[name] = file.md5
        if not wanted:
            return

        self._looked |= set(wanted)
        address = f"{self._store.source.location}/{PUBLISHED}"
        try:
            found = open_published(address, wanted, _LOOK_SECONDS, task, storage_options(address))
        except NetworkError:
            return  # the matrices are offered for download as ever
        with self._lock:
            self._opened |= found

    def discard(self, file: RemoteFile) -> None:
        """Never use the index of a file again: it turned out to be damaged, or can't be reached."""
        name, _ = self._name(file)
        if name is None:
            return
        with self._lock:
            opened = self._opened.pop(name, None)
        if opened is not None:
            opened.close()  # Windows deletes nothing that is open
        shutil.rmtree(self._folder / name, ignore_errors=True)

    def missing(self, file: RemoteFile) -> bool:
        """Whether the matrix is on this machine but has no index yet."""
        return self._store.locate(file) is not None and self.find(file) is None

    def build(self, file: RemoteFile, task: Task, threads: int | None = None) -> GeneIndex:
        """Make the index of a matrix file, fetching the file if need be.

        Raises
        ------
        AbcError
            If the matrix can't be fetched or read, or the index can't be written.
        """
        matrix = open_matrix(self._store.ensure(file, task))
        target, key = self.target(file)
        index = build_index(matrix, target, key, task, threads=threads)
        with self._lock:
            self._opened[target.name] = index
        return index

    def make(
        self, files: Sequence[RemoteFile], task: Task, to: str | None = None, scheduler: str | None = None
    ) -> list[str]:
        """Make the indexes of matrix files; one is fetched, if need be, while others are indexed.

        Parameters
        ----------
        to
            Folder or address to publish the indexes in, each when it is made, besides keeping them here.
        scheduler
            Address of a Dask scheduler; None for this machine's processors.

        Returns
        -------
        list of str
            Folders of the indexes on this machine, or addresses where they were published.

        Raises
        ------
        AbcError
            If a matrix can't be fetched or read, or an index can't be written.
        """
        targets = {file.key: self.target(file) for file in files}
        places: dict[str, str] = {}

        def finished(file: RemoteFile, task: Task) -> None:
            (places[file.key],) = (
                [str(targets[file.key][0])] if to is None else self.publish([file], to, task)
            )

        wanted = []
        for file in files:
            target, key = targets[file.key]
            if self._local(target.name, key) is None:
                wanted.append(Wanted(file, target, key))
            else:
                finished(file, task)
        index_many(wanted, self._store, task, scheduler, lambda one, part: finished(one.file, part))
        return [places[file.key] for file in files]

    def target(self, file: RemoteFile) -> tuple[Path, str]:
        """Where the index of a matrix file belongs on this machine, and its key.

        Raises
        ------
        ConfigurationError
            If the release gives no MD5 for the file and it is not on this machine.
        """
        name, key = self._name(file)
        if name is None:
            raise ConfigurationError(
                f"{file.name} has no MD5 in the release and is not on this disk; download it first."
            )
        return self._folder / name, key

    def publish(self, files: Sequence[RemoteFile], place: str, task: Task) -> list[str]:
        """Copy finished indexes below the root of a source: ``<place>/napari-abc/genes``.

        Parameters
        ----------
        place
            A folder, or an address that fsspec can write to.

        Returns
        -------
        list of str
            Where each is.
        """
        if "://" not in place:
            place = Path(place).expanduser().absolute().as_uri()
        written = []
        for file in files:
            folder, _ = self.target(file)
            address = f"{place.rstrip('/')}/{PUBLISHED}/{folder.name}"
            upload(folder, address, task, storage_options(address, anonymous=False))
            written.append(address)
        return written

    @property
    def _folder(self) -> Path:
        return self._store.derived / "genes"

    def _name(self, file: RemoteFile) -> tuple[str | None, str]:
        """Name and key of a file's index; None where nothing tells what the file holds."""
        key = file.md5
        if key is None:
            path = self._store.locate(file)
            if path is None:
                return None, ""
            key = file_key(path)
        return index_name(file.name, key), key

    def _local(self, name: str, key: str) -> GeneIndex | None:
        return open_index(self._folder / name, key)

    def _beside(self, name: str, key: str) -> GeneIndex | None:
        """An index published in a source that is a folder."""
        try:
            document = self._store.source.path(f"{PUBLISHED}/{name}/zarr.json")
            return None if document is None else open_index(document.parent, key)
        except AbcError:  # a link that leads out of the folder
            return None
