"""Writing files in the bucket's layout, and the release manifests that list them.

Everything is written so that the same content gives the same bytes: no clock, no random order.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_abc.task import Task

__all__ = ["Bucket", "Counts", "Listed", "write_h5ad"]

_RESOURCE = "s3://allen-brain-cell-atlas/"
_WEB = "https://allen-brain-cell-atlas.s3.us-west-2.amazonaws.com/"
_NOTE = (
    "This release is synthetic: napari-abc generated it to show and test itself; no cell, count or polygon "
    "in it was measured."
)


@dataclass(frozen=True)
class Listed:
    """One file of the bucket, as a manifest lists it."""

    directory: str
    kind: str
    name: str
    layer: str | None
    """``"raw"`` or ``"log2"`` of a matrix, else None."""
    extension: str
    version: str
    key: str
    size: int
    md5: str


class Bucket:
    """A folder in the bucket's layout under construction.

    Parameters
    ----------
    root
        Existing empty folder.
    task
        Told of each file; its cancel stops the work.
    total
        How many files there will be, for the progress.
    """

    def __init__(self, root: Path, task: Task, total: int) -> None:
        self._root = root
        self._task = task
        self._total = total
        self.files: list[Listed] = []

    def path(self, kind: str, directory: str, version: str, name: str) -> Path:
        """Where a new file goes; its folder exists afterward."""
        path = self._root / kind / directory / version / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def add(self, kind: str, directory: str, version: str, name: str, extension: str) -> Listed:
        """List a file that was just written; ``name`` may lie in a sub-folder, which its tag leaves out."""
        path = self.path(kind, directory, version, f"{name}.{extension}")
        data = path.read_bytes()
        tag = name.rsplit("/", 1)[-1]
        layer = None
        if extension == "h5ad":
            tag, layer = tag.rsplit("-", 1)
        key = path.relative_to(self._root).as_posix()
        digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
        listed = Listed(directory, kind, tag, layer, extension, version, key, len(data), digest)
        self.files.append(listed)
        self._task.report("Making the synthetic release", len(self.files), self._total, "files")
        return listed

    def table(
        self, directory: str, version: str, name: str, table: pd.DataFrame, remarks: Sequence[str] = ()
    ) -> Listed:
        """Write a metadata table as CSV, remarks above it; its index is not written."""
        path = self.path("metadata", directory, version, f"{name}.csv")
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(f"# {remark}\n" for remark in remarks)
            table.to_csv(file, index=False, lineterminator="\n")
        return self.add("metadata", directory, version, name, "csv")

    def geojson(self, directory: str, version: str, plane: str, content: Mapping[str, Any]) -> Listed:
        """Write the polygons of a slab plane."""
        name = f"geojsons/{plane}"
        path = self.path("image_volumes", directory, version, f"{name}.geojson")
        path.write_text(json.dumps(content), encoding="utf-8", newline="\n")
        return self.add("image_volumes", directory, version, name, "geojson")

    def volume(
        self,
        directory: str,
        version: str,
        name: str,
        voxels: NDArray[Any],
        spacing: tuple[float, ...],
        direction: Sequence[Sequence[float]],
        origin: tuple[float, ...],
    ) -> Listed:
        """Write an image volume as gzipped NIfTI.

        Parameters
        ----------
        directory, version, name
            Where it belongs.
        voxels
            (i, j, k) in the file's own order of axes.
        spacing
            Of the voxels along i, j and k, mm.
        direction, origin
            What the header says of where the voxels are: (3, 3) cosines, one column an axis, and the
            first voxel's place, mm; x to the left, y to the back, z up.
        """
        import nibabel

        to_ras = np.array([-1.0, -1.0, 1.0])
        affine = np.eye(4)
        affine[:3, :3] = to_ras[:, None] * np.asarray(direction, dtype=np.float64) * np.asarray(spacing)
        affine[:3, 3] = to_ras * np.asarray(origin)
        make: Any = nibabel.Nifti1Image  # its methods have no types
        image = make(voxels, affine)
        image.set_qform(affine, code=1)
        image.set_sform(affine, code=1)
        image.header.set_xyzt_units("mm")
        image.header["descrip"] = b"synthetic, made by napari-abc"
        path = self.path("image_volumes", directory, version, f"{name}.nii.gz")
        path.write_bytes(gzip.compress(image.to_bytes(), compresslevel=4, mtime=0))
        return self.add("image_volumes", directory, version, name, "nii.gz")

    def manifest(self, version: str, files: Collection[Listed]) -> None:
        """Write ``releases/<version>/manifest.json``, which lists ``files``."""
        folders: dict[str, Any] = {}
        listing: dict[str, Any] = {}
        for file in sorted(files, key=lambda file: (file.directory, file.kind, file.name, file.layer or "")):
            part = folders.setdefault(file.directory, {"directories": {}})["directories"]
            folder = f"{file.kind}/{file.directory}/{file.version}"
            entry = part.setdefault(
                file.kind,
                {
                    "version": file.version,
                    "relative_path": folder,
                    "url": f"{_WEB}{folder}/",
                    "view_link": f"{_WEB}index.html#{folder}/",
                    "total_size": 0,
                },
            )
            entry["total_size"] += file.size
            tag = listing.setdefault(file.directory, {}).setdefault(file.kind, {}).setdefault(file.name, {})
            if file.layer is not None:
                tag = tag.setdefault(file.layer, {})
            tag["files"] = {
                file.extension: {
                    "version": file.version,
                    "relative_path": file.key,
                    "url": f"{_WEB}{file.key}",
                    "size": file.size,
                    "file_hash": file.md5,
                }
            }
        content = {
            "version": version,
            "resource_uri": _RESOURCE,
            "synthetic": True,
            "synthetic_note": _NOTE,
            "directory_listing": folders,
            "file_listing": listing,
        }
        path = self._root / "releases" / version / "manifest.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(content, indent=4), encoding="utf-8", newline="\n")


@dataclass(frozen=True)
class Counts:
    """Counts of many cells, one row a cell, only those above zero."""

    data: NDArray[np.float64]
    indices: NDArray[np.int32]
    indptr: NDArray[np.int64]

    @classmethod
    def from_dense(cls, blocks: Sequence[NDArray[np.integer[Any]]]) -> Counts:
        """From blocks of rows, each (cells, genes)."""
        data, indices, lengths = [], [], [np.zeros(1, dtype=np.int64)]
        for block in blocks:
            rows, columns = np.nonzero(block)
            data.append(block[rows, columns].astype(np.float64))
            indices.append(columns.astype(np.int32))
            lengths.append(np.bincount(rows, minlength=len(block)))
        return cls(np.concatenate(data), np.concatenate(indices), np.cumsum(np.concatenate(lengths)))

    def rows(self, chosen: NDArray[np.int64]) -> Counts:
        """The chosen rows, in that order."""
        lengths = np.diff(self.indptr)[chosen]
        indptr = np.concatenate([[0], np.cumsum(lengths)])
        where = np.repeat(self.indptr[chosen] - indptr[:-1], lengths) + np.arange(indptr[-1])
        return Counts(self.data[where], self.indices[where], indptr)

    def columns(self, chosen: Sequence[int]) -> Counts:
        """The chosen columns, in that order."""
        place = np.full(max(int(self.indices.max(initial=0)), *chosen) + 1, -1, dtype=np.int32)
        place[list(chosen)] = np.arange(len(chosen))
        kept = place[self.indices] >= 0
        indptr = np.concatenate([[0], np.cumsum(kept)])[self.indptr]
        return Counts(self.data[kept], place[self.indices[kept]], indptr)

    def log2(self, per: float) -> Counts:
        """``log2(per · count / total + 1)``, the total being the cell's."""
        totals = np.add.reduceat(np.append(self.data, 0), self.indptr[:-1])
        scaled = self.data / np.repeat(totals, np.diff(self.indptr)) * per
        return Counts(np.log2(scaled + 1), self.indices, self.indptr)

    def column(self, column: int) -> NDArray[np.float64]:
        """All rows of one column, zeros included."""
        values = np.zeros(len(self.indptr) - 1)
        hits = np.flatnonzero(self.indices == column)
        values[np.searchsorted(self.indptr, hits, side="right") - 1] = self.data[hits]
        return values


def write_h5ad(
    path: Path,
    counts: Counts | NDArray[np.floating[Any]],
    labels: Sequence[str],
    obs: Mapping[str, NDArray[Any] | Sequence[str]],
    var: pd.DataFrame,
    dtype: str,
    gzip: bool,
) -> None:
    """Write an h5ad file as anndata does, but the same bytes each time.

    Parameters
    ----------
    path
        The new file.
    counts
        The matrix: CSR, or dense and then written in chunks.
    labels
        ``cell_label`` of each row.
    obs
        Further columns: numbers are written as they are, texts as categories.
    var
        Index ``gene_identifier``; text columns. A column with missing texts is written as categories.
    dtype
        Of the matrix: ``"float32"``, ``"float64"`` or ``"float16"``.
    gzip
        Whether the matrix is compressed.
    """
    text = h5py.string_dtype()

    def mark(node: Any, kind: str, version: str = "0.2.0") -> Any:
        node.attrs["encoding-type"] = kind
        node.attrs["encoding-version"] = version
        return node

    def write(parent: Any, name: str, values: Any) -> None:
        is_text = np.asarray(values).dtype.kind in "OUS"
        data = list(values) if is_text else values
        dataset = parent.create_dataset(name, data=data, dtype=text if is_text else None, track_times=False)
        mark(dataset, "string-array" if is_text else "array")

    def write_categories(parent: Any, name: str, values: Sequence[str | None]) -> None:
        codes, categories = pd.factorize(np.array(values, dtype=object), sort=True)
        group = mark(parent.create_group(name), "categorical")
        group.attrs["ordered"] = False
        kind = np.int8 if len(categories) < 128 else np.int16
        write(group, "codes", codes.astype(kind))
        write(group, "categories", list(categories))

    def frame(parent: Any, name: str, index_name: str, columns: Sequence[str]) -> Any:
        group = mark(parent.create_group(name), "dataframe")
        group.attrs["_index"] = index_name
        group.attrs["column-order"] = np.array(columns, dtype=object) if columns else np.empty(0)
        return group

    with h5py.File(path, "w") as file:
        mark(file, "anndata", "0.1.0")
        options: dict[str, Any] = {"track_times": False}
        if gzip:
            options |= {"compression": "gzip", "compression_opts": 4}
        if isinstance(counts, Counts):
            matrix = mark(file.create_group("X"), "csr_matrix", "0.1.0")
            matrix.attrs["shape"] = np.array([len(labels), len(var)], dtype=np.int64)
            matrix.create_dataset("data", data=counts.data.astype(dtype), **options)
            matrix.create_dataset("indices", data=counts.indices, **options)
            indptr = counts.indptr.astype(np.int32 if gzip else np.int64)
            matrix.create_dataset("indptr", data=indptr, **options)
        else:
            chunks = (min(len(labels), 4096), min(len(var), 16))
            mark(file.create_dataset("X", data=counts.astype(dtype), chunks=chunks, **options), "array")
        cells = frame(file, "obs", "cell_label", list(obs))
        write(cells, "cell_label", labels)
        for name, values in obs.items():
            if np.asarray(values).dtype.kind in "OU":
                write_categories(cells, name, list(values))
            else:
                write(cells, name, values)
        genes = frame(file, "var", "gene_identifier", list(var.columns))
        write(genes, "gene_identifier", list(var.index))
        for name in var.columns:
            if var[name].isna().any():
                write_categories(genes, name, list(var[name]))
            else:
                write(genes, name, list(var[name]))
        for name in ("layers", "obsm", "obsp", "uns", "varm", "varp"):
            mark(file.create_group(name), "dict", "0.1.0")
