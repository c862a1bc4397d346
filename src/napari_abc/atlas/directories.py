"""What a release holds, directory by directory, also of what no dataset of the catalog uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import BaseModel

from napari_abc.atlas.manifest import KINDS
from napari_abc.errors import UnknownNameError
from napari_abc.task import Task
from napari_abc.text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_abc.atlas.catalog import Catalog
    from napari_abc.atlas.entries import Entry
    from napari_abc.atlas.manifest import Release
    from napari_abc.io.remote import RemoteFile, Store

__all__ = ["Directories", "Directory", "Part", "used_directories"]

_POLYGONS = "polygons"
_NOUNS = {
    "metadata": ("table", "tables"),
    "expression_matrices": ("matrix", "matrices"),
    "image_volumes": ("image volume", "image volumes"),
    _POLYGONS: ("polygon file", "polygon files"),
}
_USES = {
    "metadata": "download, read as CSV",
    "expression_matrices": "download, read with anndata; an h5ad with coordinates opens as your own data",
    "image_volumes": "download, open in napari",
    _POLYGONS: "download",
}
_NAMING_FIELDS = frozenset({"directory", "directories", "matrices", "terms"})
"""Fields of the catalog whose values are names of directories."""


@dataclass(frozen=True, slots=True)
class Part:
    """The files of one kind in a directory."""

    kind: str
    """As the manifest names it; ``"polygons"`` for those among its image volumes."""
    files: tuple[RemoteFile, ...]

    @property
    def bytes(self) -> int:
        """Size of the files, as far as the manifest gives it."""
        return sum(file.size or 0 for file in self.files)

    @property
    def text(self) -> str:
        """How many of what, and how large: ``"3 tables, 12 MB"``."""
        one, several = _NOUNS.get(self.kind, (f"{self.kind} file", f"{self.kind} files"))
        count = len(self.files)
        known = any(file.size is not None for file in self.files)
        size = bytes_text(self.bytes if known else None)
        return f"{count:,} {one if count == 1 else several}, {size}"

    @property
    def use(self) -> str:
        """What can be done with them."""
        return _USES.get(self.kind, "download")


class Directory:
    """One directory of a release.

    Parameters
    ----------
    name
        Its name in the manifest.
    parts
        What it holds.
    used_by
        Datasets, by name, and taxonomies, by title, of the catalog that read files of it.
    store
        Where files are found and fetched.
    """

    def __init__(self, name: str, parts: tuple[Part, ...], used_by: tuple[str, ...], store: Store) -> None:
        self.name = name
        self.parts = parts
        self.used_by = used_by
        self._store = store

    def __repr__(self) -> str:
        return f"<Directory {self.name}: {self.what or 'empty'}>"

    @cached_property
    def files(self) -> tuple[RemoteFile, ...]:
        """All its files, none twice."""
        return tuple(dict.fromkeys(file for part in self.parts for file in part.files))

    @property
    def bytes(self) -> int:
        """Size of all its files, as far as the manifest gives it."""
        return sum(file.size or 0 for file in self.files)

    @property
    def cached_bytes(self) -> int:
        """Size of those of its files that lie on this disk."""
        return sum(file.size or 0 for file in self.files if self._store.locate(file) is not None)

    @property
    def contents(self) -> str:
        """What it holds: ``"3 tables, 12 MB; 1 matrix, 3.2 GB"``."""
        return "; ".join(part.text for part in self.parts)

    @property
    def what(self) -> str:
        """What it holds and what can be done with it: ``"3 tables, 12 MB: download, read as CSV"``."""
        return "; ".join(f"{part.text}: {part.use}" for part in self.parts)

    @property
    def folders(self) -> list[Path]:
        """Folders on this disk that hold its files, one a kind: ``…/metadata/WMB-10X``."""
        found: dict[Path, None] = {}
        for file in self.files:
            path = self._store.locate(file)
            if path is not None:
                below = file.key.count("/") - 1  # parts of the key below kind and directory
                found[path.parents[max(below - 1, 0)]] = None
        return list(found)

    def download(self, task: Task | None = None, expression: bool = True) -> None:
        """Fetch every file of it that is not on this disk yet.

        Parameters
        ----------
        task
            Progress and cancel.
        expression
            Whether to fetch expression matrices.

        Raises
        ------
        AbcError
            NetworkError, OfflineError, IntegrityError, DiskFullError or Cancelled.
        """
        for part in self.parts:
            if expression or part.kind != "expression_matrices":
                for file in part.files:
                    self._store.ensure(file, task or Task())


class Directories(Mapping[str, Directory]):
    """The directories of a release by name, in the manifest's order; nothing is fetched to list them.

    Parameters
    ----------
    release
        The release.
    store
        Where files are found and fetched.
    catalog
        What this project describes of the atlas.
    """

    def __init__(self, release: Release, store: Store, catalog: Catalog) -> None:
        uses = _uses(catalog)
        self._version = release.version
        self._directories = {
            name: Directory(name, _parts(release, name), tuple(uses.get(name, ())), store)
            for name in release.directories()
        }

    def __getitem__(self, name: str) -> Directory:
        """The directory of that name.

        Raises
        ------
        UnknownNameError
            If the release has none.
        """
        if name in self._directories:
            return self._directories[name]
        near = get_close_matches(name, self._directories, n=3, cutoff=0.5)
        hint = f": did you mean {' or '.join(near)}?" if near else "; 'list --directories' shows all."
        raise UnknownNameError(f"Release {self._version} has no directory {name!r}{hint}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._directories)

    def __len__(self) -> int:
        return len(self._directories)

    @property
    def unused(self) -> list[Directory]:
        """Those that no dataset and no taxonomy of the catalog uses."""
        return [directory for directory in self.values() if not directory.used_by]

    def table(self) -> pd.DataFrame:
        """What there is, as a table.

        Returns
        -------
        DataFrame
            A row a directory: ``directory``, ``kinds`` (comma-separated), ``files`` (count), ``bytes``,
            ``cached_bytes``, ``used_by`` (comma-separated; empty for none), ``what``.
        """
        rows = [
            {
                "directory": directory.name,
                "kinds": ", ".join(part.kind for part in directory.parts),
                "files": len(directory.files),
                "bytes": directory.bytes,
                "cached_bytes": directory.cached_bytes,
                "used_by": ", ".join(directory.used_by),
                "what": directory.what,
            }
            for directory in self.values()
        ]
        columns = ["directory", "kinds", "files", "bytes", "cached_bytes", "used_by", "what"]
        return pd.DataFrame(rows, columns=columns)


def used_directories(entry: Entry) -> set[str]:
    """Directories that an entry of the catalog names, under every name that a release may give them."""
    found = set(_named(entry))
    for usual, other in entry.renamed.items():
        found |= {other + name[len(usual) :] for name in found if name.startswith(usual)}
    return found


def _named(part: BaseModel) -> Iterator[str]:
    """Names of directories in any part of an entry, so that a field that comes later is not forgotten."""
    for field in type(part).model_fields:
        value = getattr(part, field)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, BaseModel):
                yield from _named(item)
            elif isinstance(item, str) and field in _NAMING_FIELDS:
                yield item


def _uses(catalog: Catalog) -> dict[str, list[str]]:
    """What uses a directory: names of datasets, then titles of taxonomies."""
    uses: dict[str, list[str]] = {}
    for name, entry in catalog.datasets.items():
        for directory in sorted(used_directories(entry)):
            uses.setdefault(directory, []).append(name)
    for directory, taxonomy in catalog.taxonomies.items():
        uses.setdefault(directory, []).append(taxonomy.title)
    return uses


def _parts(release: Release, name: str) -> tuple[Part, ...]:
    """The files of a directory by kind; polygons apart from the images that they lie among."""
    by_kind: dict[str, list[RemoteFile]] = {}
    for kind in KINDS:
        for file in release.files(name, kind):
            polygons = kind == "image_volumes" and file.name.endswith(".geojson")
            by_kind.setdefault(_POLYGONS if polygons else kind, []).append(file)
    by_kind.update({kind: list(files) for kind, files in release.others(name).items()})
    return tuple(Part(kind, tuple(files)) for kind, files in by_kind.items())
