"""Writing the levels of a pyramid together: each is halved into the next, a band of planes at a time.

A band is written while the next one is read, and halved into the next level's band. So memory holds a band
of each level, and what the compressor works on; never the whole.
"""

from __future__ import annotations

import contextlib
import errno
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.errors import AbcError
from napari_abc.io.files import not_written
from napari_abc.io.images._halving import Halver
from napari_abc.io.images._tensorstore import reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import tensorstore as ts
    from numpy.typing import NDArray

__all__ = ["Levels", "create_level"]


class Levels:
    """The levels of a pyramid while they are written.

    Parameters
    ----------
    stores
        An array for each level, the largest first; None for one that is not kept.
    shapes
        Sizes of the levels in the order in which planes come: along the first axis.
    thickness
        Planes of a band, an even number.
    dtype
        Of the values.
    order
        The first level's axes in the order of the arrays.
    nearest
        Whether values are labels, which are never averaged.
    """

    def __init__(
        self,
        stores: Sequence[ts.TensorStore | None],
        shapes: Sequence[tuple[int, ...]],
        thickness: int,
        dtype: np.dtype[Any],
        *,
        order: tuple[int, ...] = (0, 1, 2),
        nearest: bool = False,
    ) -> None:
        self._levels = [
            _Level(store, shape, order, thickness, dtype) for store, shape in zip(stores, shapes, strict=True)
        ]
        for level, following in pairwise(self._levels):
            level.following = following
            level.halver = Halver(level.shape, following.shape, nearest)

    def place(self) -> NDArray[Any]:
        """Where the next plane of the largest level belongs."""
        return self._levels[0].place()

    def advance(self) -> None:
        """Take the plane that was put in its place."""
        self._levels[0].advance()

    @contextlib.contextmanager
    def writing(self, target: Path, size: int) -> Iterator[None]:
        """Wait at the end until all is on disk; after an error give up what is not.

        Parameters
        ----------
        target, size
            What an error names: what is written, and its bytes.

        Raises
        ------
        DiskFullError
            If there is no room.
        ConfigurationError
            If the place can't be written to.
        """
        try:
            yield
            for level in self._levels:
                level.settle()
        except (ValueError, OSError) as error:
            if isinstance(error, AbcError):
                raise
            full = any(said in str(error) for said in ("No space left", "quota", "File too large"))
            cause = OSError(errno.ENOSPC if full else errno.EIO, reason(error))
            raise not_written(target, cause, size) from error
        finally:
            for level in self._levels:
                level.abandon()


@dataclass(eq=False)
class _Level:
    """A level while it is written: gathers planes until a band is full."""

    store: ts.TensorStore | None
    shape: tuple[int, ...]
    order: tuple[int, ...]
    thickness: int
    dtype: np.dtype[Any]
    following: _Level | None = None
    halver: Halver | None = None
    _done: int = 0
    _filled: int = 0
    _writing: ts.Transaction | None = None
    _band: NDArray[Any] = field(init=False)

    def __post_init__(self) -> None:
        self._band = np.empty((min(self.thickness, self.shape[0]), *self.shape[1:]), self.dtype)

    def place(self) -> NDArray[Any]:
        """Where the next plane belongs."""
        plane: NDArray[Any] = self._band[self._filled]
        return plane

    def advance(self) -> None:
        """Take the plane that was put in its place; write the band if it is full."""
        self._filled += 1
        if self._filled < self.thickness and self._done + self._filled < self.shape[0]:
            return
        band = self._band[: self._filled]
        self._write(band)
        if self.following is not None and self.halver is not None:
            for plane in self.halver.planes(self._done, band):
                self.following.place()[...] = plane
                self.following.advance()
        self._done += self._filled
        self._filled = 0

    def settle(self) -> None:
        """Wait until all is on disk."""
        if self._writing is not None:
            self._writing.commit_sync()
            self._writing = None

    def abandon(self) -> None:
        """Give up what is not on disk yet."""
        if self._writing is not None:
            self._writing.abort()
            self._writing = None

    def _write(self, band: NDArray[Any]) -> None:
        import tensorstore as ts

        self.settle()
        if self.store is None:
            return
        # One transaction a band, so that each shard is written once.
        self._writing = ts.Transaction()
        key: list[slice] = [slice(None)] * 3
        key[self.order.index(0)] = slice(self._done, self._done + len(band))
        target = self.store.with_transaction(self._writing)[tuple(key)]
        # Copied at once, as the band is filled again; compressed and written while the next one is read.
        target.write(band.transpose(self.order)).copy.result()
        self._writing.commit_async()


def create_level(
    path: Path,
    shape: Sequence[int],
    chunk: Sequence[int],
    across: int,
    dtype: np.dtype[Any],
    names: str,
    order: Sequence[int],
) -> ts.TensorStore:
    """Make the zarr array of a level.

    Parameters
    ----------
    path
        Its folder.
    shape, chunk
        Sizes of the level and of its chunks, in the order in which planes come.
    across
        Voxels across that one file holds, about; a file a chunk would be thousands of files. Along the
        first axis it holds a chunk.
    dtype
        Of the values.
    names
        A letter for each axis of the array.
    order
        The level's axes in the order of the array.
    """
    import tensorstore as ts

    chunk = [min(side, n) for side, n in zip(chunk, shape, strict=True)]
    shard = [chunk[0]]
    for side, n in zip(chunk[1:], shape[1:], strict=True):
        chunks = -(-n // side)
        files = -(-n // across)
        shard.append(-(-chunks // files) * side)
    endian: list[dict[str, Any]] = [{"name": "bytes", "configuration": {"endian": "little"}}]
    blosc = {"cname": "lz4", "clevel": 5, "shuffle": "shuffle", "typesize": dtype.itemsize, "blocksize": 0}
    # Chunks keep the order in which planes come: turning each round would take as long as compressing it.
    turned = [order.index(axis) for axis in range(len(shape))]
    turn = {"name": "transpose", "configuration": {"order": turned}}
    sharding = {
        "chunk_shape": [chunk[axis] for axis in order],
        "codecs": [turn, *endian, {"name": "blosc", "configuration": blosc}],
        "index_codecs": [*endian, {"name": "crc32c"}],
    }
    metadata = {
        "shape": [shape[axis] for axis in order],
        "chunk_grid": {
            "name": "regular",
            "configuration": {"chunk_shape": [shard[axis] for axis in order]},
        },
        "data_type": dtype.name,
        "fill_value": False if dtype.kind == "b" else 0,
        "codecs": [{"name": "sharding_indexed", "configuration": sharding}],
        "dimension_names": list(names),
    }
    store = {"driver": "file", "path": f"{path.as_posix()}/"}
    return ts.open({"driver": "zarr3", "kvstore": store, "metadata": metadata}, create=True).result()
