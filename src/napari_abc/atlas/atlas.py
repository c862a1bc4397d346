"""The atlas: a source and a release of it, and the datasets they hold."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from napari_abc.atlas.catalog import catalog
from napari_abc.atlas.dataset import Dataset
from napari_abc.atlas.directories import Directories
from napari_abc.atlas.manifest import Release
from napari_abc.atlas.taxonomy import Taxonomies
from napari_abc.demo.release import ensure_release
from napari_abc.errors import AbcError, ConfigurationError, NetworkError, UnknownNameError
from napari_abc.io.remote import Store, open_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_abc.atlas.taxonomy import Taxonomy
    from napari_abc.io.cells import CellStore
    from napari_abc.io.remote import Source
    from napari_abc.task import Task

__all__ = ["DEMO", "Atlas", "check_dataset", "open_atlas"]

DEMO = "demo"
"""Source that stands for the miniature release which this project makes itself."""


class Atlas:
    """A release of a source; datasets by name.

    Parameters
    ----------
    store
        Source and cache.
    release
        The release to use.

    Examples
    --------
    >>> import napari_abc as abc
    >>> atlas = abc.open_atlas("demo")
    >>> atlas.synthetic, "WMB-10X" in atlas
    (True, True)
    >>> atlas.datasets.loc["WMB-10X", ["species", "platform"]].tolist()
    ['Mouse', '10x']
    """

    def __init__(self, store: Store, release: Release) -> None:
        self._store = store
        self._release = release
        self._datasets = {name: Dataset(entry, release, store) for name, entry in catalog().datasets.items()}
        self._taxonomies = Taxonomies(catalog(), release, store, self._joined_cells)

    def _joined_cells(self, name: str) -> CellStore | None:
        return self._datasets[name].joined_cells()

    def __repr__(self) -> str:
        made = "synthetic, " if self.synthetic else ""
        return f"<Atlas {self.source.location}: {made}release {self.release}, {len(self)} datasets>"

    def __len__(self) -> int:
        return len(self._datasets)

    def __iter__(self) -> Iterator[str]:
        return iter(self._datasets)

    def __getitem__(self, name: str) -> Dataset:
        """Dataset of that name.

        Raises
        ------
        UnknownNameError
            If the catalog has none of that name; the message names the nearest.

        Examples
        --------
        >>> atlas["WMB-10X"].title
        'Whole mouse brain, single cells'
        """
        check_dataset(name)
        return self._datasets[name]

    @property
    def source(self) -> Source:
        """Where the bytes come from."""
        return self._store.source

    @property
    def cache(self) -> Path:
        """Folder that derived data of this project are kept in."""
        return self._store.derived

    @property
    def release(self) -> str:
        """Version of the release in use."""
        return self._release.version

    @property
    def releases(self) -> list[str]:
        """Versions that the source offers, oldest first."""
        return self._store.releases()

    @property
    def offline(self) -> bool:
        """Whether fetching is ruled out."""
        return self._store.offline

    @property
    def synthetic(self) -> bool:
        """Whether the release is made up by this project."""
        return self._release.synthetic

    @property
    def taxonomies(self) -> pd.DataFrame:
        """The taxonomies of the release; as :meth:`Taxonomies.table`."""
        return self._taxonomies.table()

    def taxonomy(self, name: str, task: Task | None = None) -> Taxonomy:
        """Read a taxonomy: levels, terms, descent, cells; as :meth:`Taxonomies.read`.

        Parameters
        ----------
        name
            Its directory in the release, as :attr:`taxonomies` lists it.
        task
            Progress and cancel.

        Returns
        -------
        Taxonomy
            Its levels, and the term of each level that a leaf belongs to.

        Raises
        ------
        UnknownNameError
            If there is none of that name.
        AbcError
            If a table can't be fetched or read.

        Examples
        --------
        >>> taxonomy = atlas.taxonomy("WMB-taxonomy")
        >>> [level.name for level in taxonomy.tree]
        ['class', 'subclass', 'supertype', 'cluster']
        """
        return self._taxonomies.read(name, task)

    @property
    def directories(self) -> Directories:
        """Every directory of the release: what it holds, how much of it is here, and what uses it."""
        return Directories(self._release, self._store, catalog())

    @property
    def warnings(self) -> list[str]:
        """What went wrong without stopping anything: the network is down and the cache is used."""
        return self._store.warnings

    @property
    def datasets(self) -> pd.DataFrame:
        """What the catalog describes, and how much of it is on disk.

        Returns
        -------
        DataFrame
            Indexed by name, which is also the column ``dataset``; ``title``, ``species``,
            ``platform``, ``slabs`` and ``cells`` (missing until known; no table of cells is fetched for
            them), ``bytes``, ``cached_bytes``,
            ``license``, ``release``, ``available``, ``reason`` (why not), ``synthetic``.
        """
        rows = []
        for name, dataset in self._datasets.items():
            slabs, cells = self._counts(dataset)
            rows.append(
                {
                    "dataset": name,
                    "title": dataset.title,
                    "species": dataset.species,
                    "platform": dataset.platform,
                    "slabs": slabs,
                    "cells": cells,
                    "bytes": dataset.bytes,
                    "cached_bytes": dataset.cached_bytes,
                    "license": dataset.license,
                    "release": self.release,
                    "available": not dataset.unavailable,
                    "reason": dataset.unavailable,
                    "synthetic": self.synthetic,
                }
            )
        table = pd.DataFrame(rows).astype({"slabs": "Int64", "cells": "Int64"})
        # Unnamed: pandas refuses to sort or group by a name that an index and a column share.
        return table.set_index("dataset", drop=False).rename_axis(index=None)

    @staticmethod
    def _counts(dataset: Dataset) -> tuple[int | None, int | None]:
        """Slabs and cells of a dataset, as far as known; a listing that can't be had is not an error."""
        if dataset.unavailable:
            return None, None
        try:
            return dataset.counts()
        except AbcError:
            return None, None


def check_dataset(name: str) -> None:
    """See that the catalog has a dataset of that name, for which no source is needed.

    Raises
    ------
    UnknownNameError
        If it has none; the message names the nearest.
    """
    known = catalog().datasets
    if name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0.4)
        some = ", ".join(list(known)[:4])
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {some}, … ({len(known)} in all)."
        raise UnknownNameError(f"There is no dataset {name!r}; {hint}")


def open_atlas(
    source: str | Path | None = None,
    cache: str | Path | None = None,
    release: str | None = None,
    offline: bool = False,
    task: Task | None = None,
) -> Atlas:
    """Open a release of the atlas.

    Parameters
    ----------
    source
        ``"s3://bucket"``, ``"https://…"``, a folder in the bucket's layout, an abc_atlas_access cache
        folder, or ``"demo"`` for the miniature release made by this project. None is the public
        bucket.
    cache
        Folder that fetched files are kept in; None is the user's cache folder.
    release
        Version to use, ``"20260228"``; None is the newest.
    offline
        Use only what is on disk.
    task
        Progress and cancel, while the demo is made.

    Returns
    -------
    Atlas
        Its datasets by name; no table of cells is fetched yet.

    Raises
    ------
    ConfigurationError
        If the source or the cache can't be used as given, or there is no folder to write to.
    UnknownNameError
        If the source has no such release.
    MissingFileError
        If the source is a folder that is not there.
    NetworkError
        If the source can't be reached and the cache holds no release, or the source offers none;
        OfflineError if fetching was ruled out.
    FormatError
        If the manifest is not what it should be.
    Cancelled
        If the task was cancelled while the demo was made.

    Examples
    --------
    >>> import napari_abc as abc
    >>> atlas = abc.open_atlas("demo")  # without an argument: the public bucket
    >>> atlas.release in atlas.releases
    True
    """
    if cache is not None and not str(cache).strip():
        raise ConfigurationError("The cache '' names no folder: give one, or None for the usual one.")
    folder = Path(cache).expanduser() if cache is not None else None
    opened = open_source(ensure_release(folder, task) if source == DEMO else source)
    if source == DEMO:
        opened.location = DEMO  # what a person types to have it, wherever the cache is
    store = Store(opened, folder, offline)
    version = release or _newest(store)
    return Atlas(store, Release.parse(store.manifest_bytes(version), version))


def _newest(store: Store) -> str:
    versions = store.releases()
    if not versions:
        raise NetworkError(
            f"{store.source.location} offers no release; check the address, or name a folder that holds "
            "releases/<version>/manifest.json."
        )
    return versions[-1]
