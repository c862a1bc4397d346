"""What an expression matrix claims to be, checked before anything is read: names, kinds and shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import h5py

from napari_abc.errors import FormatError
from napari_abc.io.matrix._hdf5 import attribute, check_storage, child

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["check_matrix", "check_sparse", "matrix_layers"]


def matrix_layers(file: h5py.File) -> list[str]:
    """Names of the matrices of an h5ad file beside ``X``; ``"raw"`` for what scanpy set aside."""
    layers = child(file, "layers")
    names = list(layers) if isinstance(layers, h5py.Group) else []
    return [*names, "raw"] if child(file, "raw/X") or child(file, "raw.X") else names


def check_matrix(
    node: h5py.Group | h5py.Dataset, shape: tuple[int, int], path: Path
) -> Literal["csr", "csc", "dense"]:
    """How a matrix is stored, once its shape and its parts are found to fit together.

    Parameters
    ----------
    node
        The matrix.
    shape
        Cells and genes that the file lists.
    path
        The file, for messages.

    Raises
    ------
    FormatError
        If the shapes differ, or it is not stored as csr, csc or dense numbers.
    """
    name = node.name.strip("/")
    if isinstance(node, h5py.Dataset):
        claimed: Any = node.shape
    else:
        kind = attribute(node, "encoding-type") or attribute(node, "h5sparse_format") or ""
        claimed = attribute(node, "shape")
        claimed = attribute(node, "h5sparse_shape") if claimed is None else claimed
        claimed = shape if claimed is None else tuple(int(size) for size in claimed)
    if claimed != shape:
        raise FormatError(
            f"{path}: {name} has shape {claimed}, but the file lists {shape[0]:,} cells and {shape[1]:,} "
            "genes; write the file again."
        )
    if isinstance(node, h5py.Dataset):
        if node.dtype.kind not in "biuf":
            raise FormatError(f"{path}: {name} holds {node.dtype}, not numbers; write the file again.")
        return "dense"
    if kind.startswith("csr"):
        check_sparse(node, shape[0], path)
        return "csr"
    if kind.startswith("csc"):
        check_sparse(node, shape[1], path)
        return "csc"
    raise FormatError(
        f"{path}: {name} is stored as {kind or 'an unknown kind'!r}; write it as csr, csc or dense."
    )


def check_sparse(node: h5py.Group, lines: int, path: Path) -> None:
    """Check that the three lists of a compressed matrix with that many lines fit together.

    Parameters
    ----------
    node
        Group with ``indptr``, ``indices`` and ``data``.
    lines
        Rows of a row-compressed, columns of a column-compressed matrix.
    path
        The file, for messages.

    Raises
    ------
    FormatError
        If a list is missing, is not of numbers, or has the wrong length.
    """
    name = node.name.strip("/")
    found = [child(node, part) for part in ("indptr", "indices", "data")]
    parts = [check_storage(part) for part in found if isinstance(part, h5py.Dataset) and part.ndim == 1]
    if len(parts) < 3:
        raise FormatError(f"{path}: {name} lacks indptr, indices or data; get or write the file again.")
    indptr, indices, data = parts
    if indptr.dtype.kind not in "iu" or indices.dtype.kind not in "iu" or data.dtype.kind not in "biuf":
        raise FormatError(f"{path}: {name} does not hold numbers; get or write the file again.")
    if indptr.size != lines + 1 or indices.size != data.size or int(indptr[-1]) != data.size:
        raise FormatError(
            f"{path}: {name} has {indptr.size:,} line ends for {lines:,} lines, {indices.size:,} indices and "
            f"{data.size:,} values, which do not fit together; get or write the file again."
        )
