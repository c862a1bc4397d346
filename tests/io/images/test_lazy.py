"""Arrays that are read when they are looked at: numpy's manners, and nothing read before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr

from napari_abc.io.images._chunk_folder import ChunkFolder
from napari_abc.io.images._lazy import LazyArray, open_array

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def lazy(tmp_path: Path) -> tuple[LazyArray, np.ndarray]:
    data = np.random.default_rng(0).integers(0, 200, (9, 20, 33)).astype("u2")
    made = zarr.create_array(tmp_path / "a", shape=data.shape, dtype=data.dtype, chunks=(4, 8, 8))
    made[...] = data
    return open_array("zarr3", ChunkFolder.of(tmp_path / "a")), data


@pytest.mark.parametrize(
    "key",
    [
        3,
        -1,
        np.int64(2),
        slice(None),
        slice(2, 100),
        slice(-3, None),
        slice(5, 2),
        slice(None, None, 2),
        slice(7, 1, -2),
        slice(None, None, -1),
        (slice(None), 4),
        (..., 4),
        (1, ..., slice(3, 30, 4)),
        (slice(2, 5), slice(None), slice(10, 20)),
        (0, slice(None), slice(None)),
        [1, 3],
        np.array([True, False] * 4 + [True]),
        (slice(None), np.array([1, 2, 5])),
    ],
    ids=str,
)
def test_it_is_indexed_as_numpy_is(lazy: tuple[LazyArray, np.ndarray], key: Any) -> None:
    array, data = lazy
    part = array[key]
    np.testing.assert_array_equal(part, data[key])
    assert part.shape == data[key].shape


def test_parts_of_parts_and_single_values(lazy: tuple[LazyArray, np.ndarray]) -> None:
    array, data = lazy
    part = array[2:8][:, 5:15][..., ::-1]
    assert isinstance(part, LazyArray)
    np.testing.assert_array_equal(part, data[2:8, 5:15, ::-1])
    np.testing.assert_array_equal(part[-1][3], data[7, 8, ::-1])
    assert array[1, 2, 3] == data[1, 2, 3] and isinstance(array[1, 2, 3], np.uint16)
    np.testing.assert_array_equal(array.flip(0, 2), data[::-1, :, ::-1])
    np.testing.assert_array_equal(array.transpose(2, 0, 1), data.transpose(2, 0, 1))
    for wrong in (9, -10, (0, 0, 33), (0, 0, 0, 0)):
        with pytest.raises(IndexError):
            array[wrong]


def test_it_behaves_as_an_array(lazy: tuple[LazyArray, np.ndarray]) -> None:
    array, data = lazy
    assert (array.shape, array.ndim, array.size, array.nbytes, len(array)) == (
        data.shape, 3, data.size, data.nbytes, 9,
    )  # fmt: skip
    np.testing.assert_array_equal(array > 50, data > 50)
    np.testing.assert_array_equal(array + array, data + data)
    assert np.max(array) == data.max()
    assert np.asarray(array, np.float64).dtype == np.float64
    assert "33" in repr(array)
    with pytest.raises(ValueError, match="copy"):
        np.array(array, copy=False)


def test_it_says_in_which_pieces_it_is_read(lazy: tuple[LazyArray, np.ndarray]) -> None:
    array, _ = lazy
    assert array.chunks == (4, 8, 8)
    assert array.transpose(2, 1, 0).chunks == (8, 8, 4)
    assert array[:2].chunks == (2, 8, 8)


def test_it_can_be_sent_to_another_process(lazy: tuple[LazyArray, np.ndarray]) -> None:
    import pickle

    array, data = lazy
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(array[2:, ::2])), data[2:, ::2])
