"""Keys of numpy's kind, split into a window and a key within it."""

from __future__ import annotations

import numpy as np
import pytest

from napari_abc.io.images import read_key

IMAGE = np.arange(20 * 30).reshape(20, 30)


@pytest.mark.parametrize(
    "key",
    [
        (slice(3, 9), slice(5, 11)),
        (slice(None, None, 7), slice(3, 29, 5)),
        (slice(15, 3, -3), slice(-12, None)),
        (slice(None, None, -1), 7),
        (slice(5, None, -1), slice(5, None, -4)),
        (-1, -1),
        (np.int64(4), slice(5, 5)),
        (slice(99, 200), slice(None)),
        (Ellipsis, slice(10, 20)),
        (slice(1, 2), Ellipsis),
        (3, Ellipsis, 4),
        slice(5, 9),
        17,
        Ellipsis,
        (),
    ],
    ids=str,
)
def test_the_window_holds_what_the_key_asks_for_and_no_more(key: object) -> None:
    (top, bottom, left, right), within = read_key(key, IMAGE.shape)
    part = IMAGE[top:bottom, left:right]
    expected = IMAGE[key]
    np.testing.assert_array_equal(part[within], expected)
    if np.size(expected):
        rows, columns = np.unravel_index(np.ravel(expected), IMAGE.shape)
        assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == (top, bottom, left, right)


@pytest.mark.parametrize("key", [20, -21, (0, 30), (0, 0, 0), (slice(None), -31)])
def test_a_key_out_of_range_is_an_index_error(key: object) -> None:
    with pytest.raises(IndexError):
        read_key(key, IMAGE.shape)
