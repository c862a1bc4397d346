"""NIfTI files: every kind of header and number, read in the order of the file, and hostile ones refused."""

from __future__ import annotations

import gzip
import struct
import sys
import time
from typing import TYPE_CHECKING, Any

import nibabel
import numpy as np
import pytest

from napari_abc.errors import Cancelled, FormatError, MissingFileError
from napari_abc.io.images import is_quick, open_nifti, read_nifti
from napari_abc.io.images._nifti import open_voxels, value_type, values
from napari_abc.io.images._nifti_volume import is_oblique
from napari_abc.task import Task
from processes import run
from project import cut_and_whole, whole_only

if TYPE_CHECKING:
    from pathlib import Path


def numbers(shape: tuple[int, ...] = (5, 4, 3), dtype: str = "i2") -> np.ndarray:
    return (np.arange(np.prod(shape)) * 7 % 251).reshape(shape).astype(dtype)


def save(
    path: Path, data: np.ndarray, affine: Any = None, kind: Any = nibabel.Nifti1Image, **header: Any
) -> Path:
    image = kind(data, np.eye(4) if affine is None else affine, dtype=data.dtype)
    for name, value in header.items():
        image.header[name] = value
    nibabel.save(image, path)
    return path


def read(path: Path) -> np.ndarray:
    """The stored numbers of a file, its first axis first."""
    nifti = read_nifti(path)
    out = np.empty(nifti.shape[::-1], nifti.dtype.newbyteorder("="))
    with open_voxels(nifti) as stream:
        for plane in out.reshape(-1, *out.shape[-2:]):
            stream.read(plane, Task())
        stream.finish()
    return out.T


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "u2", "i4", "u4", "f4", "f8", "i8", "u8"])
def test_numbers_are_those_of_the_file(tmp_path: Path, dtype: str, kind: Any, ending: str) -> None:
    data = numbers(dtype=dtype)
    found = read(save(tmp_path / f"a{ending}", data, kind=kind))
    assert found.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(found, data)


@pytest.mark.parametrize("kind", [nibabel.Nifti1Header, nibabel.Nifti2Header])
def test_both_byte_orders(tmp_path: Path, kind: Any) -> None:
    image = nibabel.Nifti1Image if kind is nibabel.Nifti1Header else nibabel.Nifti2Image
    data = numbers().astype(">i2")
    path = tmp_path / "a.nii.gz"
    nibabel.save(image(data, np.diag([2, 3, 4, 1]), kind(endianness=">"), dtype="i2"), path)
    nifti = read_nifti(path)
    assert nifti.dtype == np.dtype(">i2")
    assert nifti.spacing == (2, 3, 4)
    np.testing.assert_array_equal(read(path), data)


@pytest.mark.parametrize(
    "path",
    [*cut_and_whole("volumes/anatomical-bigendian.nii"), *whole_only("volumes/mni152-t1.nii.gz")],
)
def test_real_files_are_read_as_nibabel_reads_them(path: Path) -> None:
    np.testing.assert_array_equal(read(path), np.asarray(nibabel.load(path).dataobj))


def test_header_says_unit_spacing_scale_and_labels(tmp_path: Path) -> None:
    path = tmp_path / "a.nii"
    image = nibabel.Nifti1Image(numbers(), np.diag([0.01, 0.02, 0.03, 1]))
    image.header.set_xyzt_units("mm")
    image.header.set_intent("label")
    image.header.set_slope_inter(2, -3)
    nibabel.save(image, path)
    nifti = read_nifti(path)
    assert nifti.unit == "millimeter"
    np.testing.assert_allclose(nifti.spacing, (0.01, 0.02, 0.03), rtol=1e-6)
    assert (nifti.slope, nifti.inter, nifti.labels, nifti.oriented) == (2, -3, True, True)
    assert value_type(nifti) == np.float32
    # nibabel stores the numbers so that 2 · number - 3 are those that were given.
    np.testing.assert_array_equal(values(nifti, read(path)), 2.0 * read(path) - 3)


@pytest.mark.parametrize(("slope", "inter"), [(0, 5), (np.nan, np.nan), (np.inf, 0), (1, 0)])
def test_a_scale_that_is_none_leaves_the_numbers_alone(tmp_path: Path, slope: float, inter: float) -> None:
    path = save(tmp_path / "a.nii", numbers())
    content = bytearray(path.read_bytes())
    content[112:120] = struct.pack("<ff", slope, inter)
    path.write_bytes(content)
    nifti = read_nifti(path)
    assert not nifti.is_scaled
    assert values(nifti, read(path)).dtype == np.int16


def test_a_compressed_file_of_several_parts_and_with_padding(tmp_path: Path) -> None:
    whole = save(tmp_path / "a.nii", numbers((30, 20, 10))).read_bytes()
    path = tmp_path / "parts.nii.gz"
    path.write_bytes(gzip.compress(whole[:400]) + gzip.compress(whole[400:]) + b"\0" * 50)
    np.testing.assert_array_equal(read(path), numbers((30, 20, 10)))


def test_content_decides_whether_it_is_compressed(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii", numbers())
    named = path.rename(tmp_path / "b.nii.gz")  # as browsers do
    assert not read_nifti(named).compressed
    np.testing.assert_array_equal(read(named), numbers())


def patched(path: Path, at: int, form: str, *numbers: Any) -> Path:
    content = bytearray(path.read_bytes())
    struct.pack_into(form, content, at, *numbers)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("at", "form", "content", "why"),
    [
        (40, "<8h", (3, 30000, 30000, 30000, 1, 1, 1, 1), "cut off"),
        (40, "<8h", (3, -5, 4, 3, 1, 1, 1, 1), "no voxel"),
        (40, "<8h", (3, 0, 4, 3, 1, 1, 1, 1), "no voxel"),
        (40, "<8h", (9, 5, 4, 3, 1, 1, 1, 1), "9 axes"),
        (70, "<h", (32,), "complex64"),
        (70, "<h", (128,), "RGB"),
        (70, "<h", (1234,), "damaged header"),
        (80, "<f", (np.nan,), "no size"),
        (84, "<f", (np.inf,), "no size"),
        (108, "<f", (np.nan,), "inside its header"),
        (108, "<f", (np.inf,), "inside its header"),
        (108, "<f", (-352,), "inside its header"),
        (108, "<f", (1e9,), "cut off"),
        (344, "4s", (b"ni1\0",), "Analyze|pair"),
        (0, "<i", (349,), "no NIfTI"),
    ],
)
def test_a_header_that_claims_nonsense_is_refused(
    tmp_path: Path, at: int, form: str, content: Any, why: str
) -> None:
    path = patched(save(tmp_path / "a.nii", numbers()), at, form, *content)
    with pytest.raises(FormatError, match=why) as caught:
        read_nifti(path)
    assert "a.nii" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\x1f", b"\x1f\x8b", b"\x1f\x8b\x08\x00" + bytes(9), b"x" * 700])
def test_what_is_no_file_of_this_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.nii.gz"
    path.write_bytes(content)
    with pytest.raises(FormatError):
        read_nifti(path)


def test_random_headers_raise_nothing_else(tmp_path: Path) -> None:
    good = save(tmp_path / "a.nii", numbers()).read_bytes()
    path = tmp_path / "b.nii"
    random = np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        content = bytearray(good)
        for at in random.integers(4, 344, 12):
            content[at] = random.integers(256)
        path.write_bytes(content)
        try:
            assert read_nifti(path).nbytes <= len(good)
            open_nifti(path)
        except FormatError:
            refused += 1
    assert refused > 100


def test_missing_and_unreadable_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="no file"):
        read_nifti(tmp_path / "a.nii")
    with pytest.raises(MissingFileError, match="no file"):
        read_nifti(tmp_path)


@pytest.mark.parametrize("keep", [0.3, 0.9, 0.999])
def test_a_truncated_compressed_file_is_noticed(tmp_path: Path, keep: float) -> None:
    random = np.random.default_rng(1).integers(0, 30000, (40, 40, 40)).astype("i2")
    path = save(tmp_path / "a.nii.gz", random)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(FormatError, match="cut off"):
        read(path)


def test_a_wrong_checksum_is_noticed(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii.gz", numbers())
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    with pytest.raises(FormatError, match="incorrect"):
        read(path)
    with pytest.raises(FormatError, match="incorrect"):
        open_nifti(path)


def test_a_file_shorter_inside_than_it_says_is_noticed(tmp_path: Path) -> None:
    whole = save(tmp_path / "a.nii", numbers((30, 20, 10))).read_bytes()
    path = tmp_path / "b.nii.gz"
    path.write_bytes(gzip.compress(whole[:-100]))
    with pytest.raises(FormatError, match="ends after"):
        read(path)


def test_sizes_that_the_compressed_bytes_cannot_hold_are_refused_before_memory_is_taken(
    tmp_path: Path,
) -> None:
    head = save(tmp_path / "a.nii", numbers()).read_bytes()[:352]
    path = tmp_path / "b.nii.gz"
    path.write_bytes(gzip.compress(head))
    nibabel_head = bytearray(head)
    struct.pack_into("<8h", nibabel_head, 40, 3, 20000, 20000, 20000, 1, 1, 1, 1)
    path.write_bytes(gzip.compress(bytes(nibabel_head)))
    with pytest.raises(FormatError, match="can't hold"):
        read_nifti(path)


def test_a_bomb_is_read_no_further_than_its_header_says(tmp_path: Path) -> None:
    whole = save(tmp_path / "a.nii", numbers()).read_bytes()
    path = tmp_path / "bomb.nii.gz"
    nothing = gzip.compress(bytes(2**24))
    path.write_bytes(gzip.compress(whole) + 256 * nothing)  # four gigabytes of it
    np.testing.assert_array_equal(read(path), numbers())
    start = time.perf_counter()
    read(path)
    assert time.perf_counter() - start < 1  # all of it takes several times that


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit of memory")
def test_a_bomb_before_the_voxels_takes_no_memory(tmp_path: Path) -> None:
    """Voxels that start behind half a gigabyte of nothing, which is skipped in pieces."""
    path = save(tmp_path / "a.nii", numbers())
    whole = patched(path, 108, "<f", 2.0**29).read_bytes()
    bomb = tmp_path / "bomb.nii.gz"
    nothing = gzip.compress(bytes(2**24))
    bomb.write_bytes(gzip.compress(whole[:352]) + 32 * nothing + gzip.compress(whole[352:]))
    code = f"""
import resource
from pathlib import Path
from napari_abc.io.images._nifti_volume import open_nifti
import nibabel.orientations
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
open_nifti(Path({str(bomb)!r}))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = run([sys.executable, "-c", code], check=True)
    # Kilobytes on Linux, bytes on macOS.
    assert int(done.stdout) < (60_000 if sys.platform == "linux" else 60_000_000)


def test_reading_can_be_cancelled(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii.gz", numbers((50, 50, 50)))
    task = Task()
    task.cancel()
    with pytest.raises(Cancelled):
        open_nifti(path, task)


# -- a person's volume, upright ----------------------------------------------------------------------


def marked() -> tuple[np.ndarray, tuple[int, int, int]]:
    data = np.zeros((6, 8, 10), "u2")
    data[1, 2, 7] = 9
    return data, (1, 2, 7)


@pytest.mark.parametrize("codes", ["RAS", "LPS", "LAS", "PIR", "ASL", "SRP", "RPI", "AIL"])
def test_a_place_in_the_brain_is_where_the_affine_says(tmp_path: Path, codes: str) -> None:
    from nibabel.orientations import axcodes2ornt, inv_ornt_aff

    data, voxel = marked()
    ornt = axcodes2ornt(codes)
    affine = np.diag([2.0, 3.0, 4.0, 1.0]) @ inv_ornt_aff(ornt, data.shape)
    affine[:3, 3] += (10, -20, 30)
    volume = open_nifti(save(tmp_path / "a.nii.gz", data, affine))
    (level,) = volume.levels
    (found,) = np.argwhere(np.asarray(level))
    right, front, up = affine[:3] @ [*voxel, 1]
    np.testing.assert_allclose(volume.translate + found * volume.scale, (up, -front, -right))
    assert min(volume.scale) > 0
    assert volume.unit == "millimeter"


def test_a_rotation_is_left_out_with_the_center_kept(tmp_path: Path) -> None:
    turn = np.eye(4)
    c, s = np.cos(0.2), np.sin(0.2)
    turn[:2, :2] = [[c, -s], [s, c]]
    turn[:3, 3] = (5, 6, 7)
    affine = turn @ np.diag([2, 2, 3, 1])
    path = save(tmp_path / "a.nii", marked()[0], affine)
    volume = open_nifti(path)
    assert is_oblique(path)
    np.testing.assert_allclose(volume.scale, (3, 2, 2))
    center = affine @ [2.5, 3.5, 4.5, 1]
    shown = volume.translate + (np.array(volume.levels[0].shape) - 1) / 2 * volume.scale
    np.testing.assert_allclose(shown, (center[2], -center[1], -center[0]))
    assert not is_oblique(save(tmp_path / "b.nii", marked()[0], np.diag([2, 2, 3, 1])))


def test_a_file_without_directions_is_shown_as_it_is_stored(tmp_path: Path) -> None:
    data, voxel = marked()
    image = nibabel.Nifti1Image(data, None)
    image.header.set_zooms((2, 3, 4))
    image.header["pixdim"][1:4] = (2, 3, 4)
    nibabel.save(image, tmp_path / "a.nii")
    volume = open_nifti(tmp_path / "a.nii")
    assert (volume.scale, volume.translate) == ((4, 3, 2), (0, 0, 0))
    assert np.asarray(volume.levels[0])[voxel[::-1]] == 9


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("annotation_25.nii.gz", "labels"),
        ("sub-01_dseg.nii.gz", "labels"),
        ("aparc+aseg.nii.gz", "labels"),
        ("average_template_25.nii.gz", "image"),
        ("segovia.nii.gz", "image"),
    ],
)
def test_labels_are_known_by_the_header_or_the_name(tmp_path: Path, name: str, kind: str) -> None:
    data = numbers(dtype="i4") + 2**24
    volume = open_nifti(save(tmp_path / name, data))
    assert volume.kind == kind
    np.testing.assert_array_equal(np.sort(np.ravel(volume.levels[0])), np.sort(data.ravel()))
    assert open_nifti(save(tmp_path / name, data.astype("f4"))).kind == "image"


@pytest.mark.parametrize("shape", [(7,), (7, 5), (7, 5, 1), (7, 5, 3, 1), (7, 5, 3, 2), (7, 5, 3, 1, 2)])
def test_fewer_and_more_axes(tmp_path: Path, shape: tuple[int, ...]) -> None:
    data = numbers(shape)
    volume = open_nifti(save(tmp_path / "a.nii.gz", data, np.diag([-1, -1, 1, 1])))
    (level,) = volume.levels
    assert level.ndim == len(volume.scale) == len(volume.translate) >= 3
    whole = data.reshape((*shape, 1, 1)[: max(3, len(shape))])
    while whole.ndim > 3 and whole.shape[-1] == 1:
        whole = whole[..., 0]
    np.testing.assert_array_equal(level, whole.T)


def test_a_series_too_large_for_memory_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii", numbers((5, 4, 3, 2)))
    content = bytearray(path.read_bytes())
    struct.pack_into("<8h", content, 40, 4, 1000, 1000, 100, 11, 1, 1, 1)
    with path.open("wb") as file:
        file.write(content)
        file.truncate(352 + 2 * 1100 * 10**6)  # a hole in the file, no bytes on the disk
    with pytest.raises(FormatError, match=r"series of 2\.2 GB"):
        open_nifti(path)
    assert not is_quick(path)


def test_a_large_volume_is_converted_into_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("napari_abc.io.images._nifti_volume._SMALL", 100)
    data, _voxel = marked()
    affine = np.diag([2.0, 3.0, 4.0, 1.0])
    path = save(tmp_path / "a.nii.gz", data, affine)
    assert not is_quick(path)
    volume = open_nifti(path)
    assert is_quick(path)
    (found,) = np.argwhere(np.asarray(volume.levels[0]))
    np.testing.assert_allclose(volume.translate + found * volume.scale, (28, -6, -2))
    monkeypatch.undo()
    small = open_nifti(path)
    assert small.translate == volume.translate
    np.testing.assert_array_equal(small.levels[0], volume.levels[0])


def test_the_file_is_left_as_it_was(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii.gz", numbers())
    before = path.read_bytes(), path.stat().st_mtime_ns
    open_nifti(path)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert list(tmp_path.iterdir()) == [path]
