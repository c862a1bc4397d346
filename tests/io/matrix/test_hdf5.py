"""Where values lie in an HDF5 file, and files that claim what they don't hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

from napari_abc.errors import FormatError
from napari_abc.io.matrix import _hdf5 as module
from napari_abc.io.matrix import check_storage
from napari_abc.io.matrix._hdf5 import VectorReader, locate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VALUES = np.arange(1000, dtype="i4")


@pytest.fixture
def file(tmp_path: Path) -> Iterator[h5py.File]:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        yield file


@pytest.mark.parametrize(
    ("storage", "chunk", "deflated", "shuffled"),
    [
        ({}, 0, False, False),
        ({"chunks": (300,)}, 300, False, False),
        ({"chunks": (300,), "compression": "gzip"}, 300, True, False),
        ({"chunks": (300,), "compression": "gzip", "shuffle": True}, 300, True, True),
    ],
)
def test_values_are_read_where_they_lie(
    file: h5py.File, storage: dict[str, Any], chunk: int, deflated: bool, shuffled: bool
) -> None:
    dataset = file.create_dataset("x", data=VALUES, **storage)
    file.flush()
    place = locate(dataset)
    assert (place.size, place.dtype, place.chunk) == (1000, np.dtype("i4"), chunk)
    assert (place.deflated, place.shuffled) == (deflated, shuffled)
    assert place.offsets is not None
    assert len(place.offsets) == (4 if chunk else 1)
    reader = VectorReader(dataset, place)
    for start, stop in ((0, 1000), (299, 301), (300, 600), (999, 1000), (5, 5), (7, 3)):
        np.testing.assert_array_equal(reader.read(start, stop), VALUES[start:stop])
    assert (reader.size, reader.dtype) == (1000, np.dtype("i4"))
    reader.close()


@pytest.mark.parametrize(
    "storage",
    [
        {"chunks": (300,), "compression": "lzf"},
        {"chunks": (300,), "shuffle": True},
        {"chunks": (300,), "fletcher32": True},
    ],
)
def test_what_is_stored_in_other_ways_is_left_to_h5py(file: h5py.File, storage: dict[str, Any]) -> None:
    dataset = file.create_dataset("x", data=VALUES, **storage)
    place = locate(dataset)
    assert place.offsets is None
    np.testing.assert_array_equal(VectorReader(dataset, place).read(250, 650), VALUES[250:650])


def test_chunks_that_were_never_written_are_left_to_h5py(file: h5py.File) -> None:
    dataset = file.create_dataset("x", (1000,), "i4", chunks=(300,))
    dataset[:300] = VALUES[:300]
    file.flush()
    assert locate(dataset).offsets is None
    never = file.create_dataset("never", (10,), "i4")
    assert locate(never).offsets is None
    np.testing.assert_array_equal(VectorReader(never, locate(never)).read(0, 10), np.zeros(10))


@pytest.mark.parametrize(
    "values", [np.zeros((3, 4)), np.float64(3), np.array([b"a", b"b"]), np.zeros(3, "c8")]
)
def test_what_is_no_list_of_numbers_is_refused(file: h5py.File, values: Any) -> None:
    with pytest.raises(FormatError, match=r"a\.h5: '/x' should be a list of numbers, but is"):
        locate(file.create_dataset("x", data=values))


@pytest.mark.parametrize("dtype", ["?", "i2", "u8", "f4"])
def test_numbers_of_any_kind_are_taken(file: h5py.File, dtype: str) -> None:
    assert locate(file.create_dataset("x", data=VALUES.astype(dtype))).dtype == np.dtype(dtype)


def test_values_that_lie_in_other_files_are_refused(file: h5py.File, tmp_path: Path) -> None:
    outside = file.create_dataset("x", (10,), "i4", external=[(str(tmp_path / "raw"), 0, 40)])
    with pytest.raises(FormatError, match="keeps its values in other files"):
        check_storage(outside)
    layout = h5py.VirtualLayout((10,), "i4")
    layout[:] = h5py.VirtualSource(str(tmp_path / "b.h5"), "y", (10,))
    with pytest.raises(FormatError, match="keeps its values in other files"):
        check_storage(file.create_virtual_dataset("v", layout))
    with pytest.raises(FormatError, match="'/e' is empty; write the file again"):
        check_storage(file.create_dataset("e", data=h5py.Empty("f4")))


def test_a_dataset_that_claims_far_more_than_is_stored_is_refused(
    file: h5py.File, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MAX_UNCOMPRESSED", 1000)
    hollow = file.create_dataset("hollow", (251,), "i4", chunks=(251,))
    with pytest.raises(FormatError, match="claims 251 values but only 0 bytes are stored"):
        check_storage(hollow)
    assert check_storage(file.create_dataset("small", (250,), "i4", chunks=(250,))) is not None
    one = file.create_dataset("chunk", (1,), "i4", chunks=(251,), maxshape=(None,))  # a chunk is read whole
    with pytest.raises(FormatError, match="claims 251 values"):
        check_storage(one)
    # Zeros compress to next to nothing, and still are no lie.
    assert (
        check_storage(file.create_dataset("zeros", data=np.zeros(1000, "i4"), compression="gzip")) is not None
    )


def test_a_file_that_was_cut_off_meanwhile_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=VALUES)
    with h5py.File(path) as file:
        place = locate(file["x"])
        reader = VectorReader(file["x"], place)
        assert place.offsets is not None
        with path.open("r+b") as out:
            out.truncate(int(place.offsets[0]) + 2000)
        np.testing.assert_array_equal(reader.read(0, 500), VALUES[:500])
        with pytest.raises(FormatError, match="ends early, the file is cut off"):
            reader.read(0, 501)
        reader.close()
