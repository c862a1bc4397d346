"""Opening a gene-major index at a folder or address, if there is one that can be trusted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_abc.errors import AbcError
from napari_abc.io.gene_index._files import FolderFiles
from napari_abc.io.gene_index._format import FORMAT, About
from napari_abc.io.gene_index._reader import GeneIndex
from napari_abc.io.gene_index._remote import open_remote

if TYPE_CHECKING:
    from napari_abc.io.gene_index._remote import Options

__all__ = ["file_key", "index_name", "open_index"]

_LARGEST_DOCUMENT = 64 * 2**20


def index_name(source: str, key: str) -> str:
    """Name of the folder of an index, wherever it is kept: ``<matrix file>-<key>-v1.zarr``.

    Parameters
    ----------
    source
        Name of the matrix file, ``"Zhuang-ABCA-1-log2.h5ad"``.
    key
        What it holds: its MD5.

    Examples
    --------
    >>> index_name("Zhuang-ABCA-1-log2.h5ad", "ab12")
    'Zhuang-ABCA-1-log2-ab12-v1.zarr'
    """
    return f"{source.removesuffix('.h5ad')}-{key}-v{FORMAT}.zarr"


def file_key(path: Path) -> str:
    """Key for a file whose MD5 nobody knows: its size and the time of its last change.

    Raises
    ------
    FileNotFoundError
        If there is no such file.

    Examples
    --------
    >>> import os, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "matrix.h5ad"
    ...     _ = path.write_bytes(b"abc")
    ...     os.utime(path, ns=(7, 7))
    ...     print(file_key(path))
    3-7
    """
    stat = path.stat()
    return f"{stat.st_size}-{stat.st_mtime_ns}"


def open_index(place: str | Path, key: str, storage_options: Options = None) -> GeneIndex | None:
    """Open the index at a folder or address, if there is one that can be trusted.

    Parameters
    ----------
    place
        Folder, or any address that fsspec knows: ``"s3://bucket/genes/mine.zarr"``.
    key
        What it must have been made from: the MD5 of the matrix file.
    storage_options
        For an address: what fsspec shall know of who reads and how, ``{"anon": True}`` for a public
        bucket; None for its own settings.

    Returns
    -------
    GeneIndex or None
        None where there is none, or it was made from something else, by another version, or is cut
        off or damaged.

    Raises
    ------
    NetworkError
        If an address can't be reached, or does not serve parts of files.
    ConfigurationError
        If fsspec knows no such kind of address.

    Examples
    --------
    >>> open_index("nowhere.zarr", "ab12") is None
    True
    """
    if not isinstance(place, Path) and "://" in place:
        return open_remote(place, key, storage_options)
    folder = Path(place)
    try:
        document = folder / "zarr.json"
        if document.stat().st_size > _LARGEST_DOCUMENT:
            return None
        about = About.parse(document.read_bytes())
        whole = all((folder / name).stat().st_size == size for name, size in about.sizes().items())
    except (OSError, AbcError):
        return None
    return GeneIndex(about, FolderFiles(folder)) if whole and about.key == key else None
