"""Chunked arrays on disk or on the web, read when they are looked at.

tensorstore reads OME-Zarr and Neuroglancer volumes: it decodes the chunks of a plane in several
threads, which is what makes a plane come within a frame of scrolling. A :class:`LazyArray` gives its
arrays numpy's manners and our errors.
"""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from napari_abc.errors import FormatError
from napari_abc.io.images._tensorstore import context, read_error
from napari_abc.text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import tensorstore as ts
    from numpy.typing import DTypeLike, NDArray

    from napari_abc.io.images._chunk_folder import ChunkFolder

__all__ = ["LazyArray", "open_array"]

_MAX_CHUNK = 2**29
"""Bytes of a decoded chunk; what is stored in larger pieces can't be looked at in parts."""


class LazyArray(NDArrayOperatorsMixin):
    """An array that is read when its values are asked for, by ``np.asarray`` or by arithmetic.

    Indexing with whole numbers and slices gives another one without reading; an index for every
    axis gives the value. It can't be written to.

    Parameters
    ----------
    store
        An open tensorstore array of any origin.
    name
        What it is called in an error: the place where it lies.
    """

    def __init__(self, store: ts.TensorStore, name: str) -> None:
        import tensorstore as ts

        self._store = store[ts.d[:].translate_to[0]] if any(store.origin) else store
        self._name = name
        self.shape: tuple[int, ...] = tuple(store.shape)
        self.dtype: np.dtype[Any] = np.dtype(store.dtype.numpy_dtype)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of the whole array in memory."""
        return self.size * self.dtype.itemsize

    @property
    def chunks(self) -> tuple[int, ...]:
        """Size of the smallest pieces that are read, along each axis."""
        shape = self._store.chunk_layout.read_chunk.shape or self.shape
        return tuple(
            min(size, whole) if size else whole for size, whole in zip(shape, self.shape, strict=True)
        )

    def transpose(self, *axes: int) -> LazyArray:
        """The same array with its axes in another order."""
        return LazyArray(self._store.transpose(axes), self._name)

    def flip(self, *axes: int) -> LazyArray:
        """The same array, back to front along some axes."""
        key = tuple(slice(None, None, -1 if axis in axes else 1) for axis in range(self.ndim))
        return self[key] if axes else self

    def __getitem__(self, key: Any) -> Any:
        """A part, not read yet; the value itself where every axis has an index."""
        parts = list(key) if isinstance(key, tuple) else [key]
        if not all(part is Ellipsis or isinstance(part, slice) or _is_whole(part) for part in parts):
            return np.asarray(self)[key]
        if Ellipsis in parts:
            at = parts.index(Ellipsis)
            parts[at : at + 1] = [slice(None)] * (self.ndim + 1 - len(parts))
        if len(parts) > self.ndim:
            raise IndexError(f"{len(parts)} indices are too many for an array of {self.ndim} axes")
        wanted = tuple(_within(part, size) for part, size in zip(parts, self.shape, strict=False))
        part = LazyArray(self._store[wanted], self._name)
        return part if part.ndim else np.asarray(part)[()]

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """Read it.

        Raises
        ------
        FormatError
            If what is stored is damaged.
        MissingFileError
            If it is not there any more.
        NetworkError
            If it can't be fetched.
        """
        if copy is False:
            raise ValueError("An array that lies on disk can't be had without a copy.")
        try:
            values = np.asarray(self._store.read().result())
        except (ValueError, OSError, NotImplementedError) as error:
            raise read_error(self._name, error) from error
        return values if dtype is None else values.astype(dtype, copy=False)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **arguments: Any) -> Any:
        """Arithmetic and comparison, as if it were a numpy array."""
        read = (np.asarray(one) if isinstance(one, LazyArray) else one for one in inputs)
        return getattr(ufunc, method)(*read, **arguments)

    def __repr__(self) -> str:
        return f"LazyArray({self._name}, shape={self.shape}, dtype={self.dtype})"


def open_array(
    driver: str, place: ChunkFolder, *, axes: Sequence[int] | None = None, **options: Any
) -> LazyArray:
    """Open an array; nothing but its description is read.

    Parameters
    ----------
    driver
        Name that tensorstore has for the format: ``"zarr3"``.
    place
        Where it lies.
    axes
        Its axes in the order wanted, where that is another.
    options
        Others of the driver.

    Raises
    ------
    FormatError
        If the description is damaged, names what can't be decoded, or the array is stored in
        pieces that are too large to be looked at.
    MissingFileError
        If there is no such array.
    NetworkError
        If the place can't be reached.
    """
    import tensorstore as ts

    spec = {"driver": driver, "kvstore": place.spec, "recheck_cached_data": "open", **options}
    try:
        store = ts.open(spec, read=True, context=context()).result()
    except (ValueError, OSError, NotImplementedError) as error:
        raise read_error(str(place), error) from error
    if np.dtype(store.dtype.numpy_dtype).kind not in "buif":
        raise FormatError(f"{place} holds {store.dtype.name} values, which can't be shown.")
    found = LazyArray(store if axes is None else store.transpose(tuple(axes)), str(place))
    piece = math.prod(size or 1 for size in store.chunk_layout.read_chunk.shape or ()) * found.dtype.itemsize
    if piece > _MAX_CHUNK:
        raise FormatError(
            f"{place} is stored in pieces of {bytes_text(piece)}, which can't be shown in parts; save it "
            "with smaller chunks."
        )
    return found


def _is_whole(part: Any) -> bool:
    try:
        operator.index(part)
    except TypeError:
        return False
    return not isinstance(part, bool | np.bool_ | np.ndarray)


def _within(part: Any, size: int) -> int | slice:
    """An index as tensorstore takes it, which neither counts from the end nor cuts off."""
    if not isinstance(part, slice):
        index = operator.index(part)
        if not -size <= index < size:
            raise IndexError(f"index {index} is out of the {size} elements of its axis")
        return index % size
    start, stop, step = part.indices(size)
    if not len(range(start, stop, step)):
        return slice(0, 0)
    return slice(start, stop, step)
