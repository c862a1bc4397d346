"""Converting volumes is done once, whole or not at all, in bounded memory, and damage is told."""

from __future__ import annotations

import shutil
import signal
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_abc.errors import Cancelled, ConfigurationError, DiskFullError, FormatError, MissingFileError
from napari_abc.io.files import _temporary
from napari_abc.io.images import Layout, convert_volume, find_kept, open_volume
from napari_abc.io.images._volumes import converted_path, find_converted, volume_folder
from napari_abc.task import Progress, Task
from nifti_files import blob, convert, save
from processes import in_threads, run

if TYPE_CHECKING:
    from pathlib import Path

ISOTROPIC = (1.0, 1.0, 1.0)


def test_it_is_done_once(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii.gz", blob((5, 6, 7)))
    layout = Layout((0, 1, 2), ISOTROPIC)
    assert find_converted(path, tmp_path / "cache", layout) is None
    first = convert_volume(path, tmp_path / "cache", layout)
    assert find_converted(path, tmp_path / "cache", layout) == first
    before = first.stat().st_mtime_ns
    assert convert_volume(path, tmp_path / "cache", layout) == first
    assert first.stat().st_mtime_ns == before
    # Another content, place of voxels or kind is another folder.
    changed = [
        Layout((0, 2, 1), ISOTROPIC),
        Layout((0, 1, 2), (1, 1, 2)),
        Layout((0, 1, 2), ISOTROPIC, labels=True),
    ]
    folders = {convert_volume(path, tmp_path / "cache", one) for one in changed}
    save(path, blob((5, 6, 8)))
    folders.add(convert_volume(path, tmp_path / "cache", layout))
    assert len(folders | {first}) == 5


def test_a_known_md5_stands_for_the_file(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii.gz", blob((5, 6, 7)))
    layout = Layout((0, 1, 2), (1, 1, 1))
    folder = convert_volume(path, tmp_path / "cache", layout, key="0123abcd")
    path.unlink()
    assert converted_path("a.nii.gz", tmp_path / "cache", Layout((0, 1, 2), ISOTROPIC), "0123abcd") == folder
    assert convert_volume(path, tmp_path / "cache", layout, key="0123abcd") == folder


def test_what_was_made_is_found_without_its_file_and_its_spacing(tmp_path: Path) -> None:
    cache, spacing = tmp_path / "cache", (0.2, 0.1, 0.03)
    path = save(tmp_path / "a [1].nii.gz", blob((5, 6, 7)))
    folder = convert_volume(path, cache, Layout((2, 1, 0), spacing, "millimeter"), key="0123abcd")
    path.unlink()

    def found(
        axes: Any = (2, 1, 0), unit: str = "millimeter", key: str = "0123abcd", **more: Any
    ) -> Path | None:
        return find_kept("a [1].nii.gz", cache, key, axes, unit, **{"labels": False, **more})

    assert found() == found(spacing=spacing) == folder
    others = (found((0, 1, 2)), found(unit="meter"), found(key="0123"), found(labels=True))
    assert others == (None,) * 4
    assert found(spacing=(0.2, 0.1, 0.04)) is None
    (folder / "zarr.json").write_text("[]")
    assert found() is None
    assert find_kept("a", tmp_path / "nowhere", "k", (0, 1, 2), "", labels=False) is None


def test_the_cache_is_the_place_for_it(cache_folder: Path) -> None:
    assert volume_folder().is_relative_to(cache_folder)


def test_progress_is_told_and_a_cancel_leaves_nothing(tmp_path: Path) -> None:
    seen: list[Progress] = []
    path = save(tmp_path / "a.nii.gz", blob((50, 60, 70)))

    def notify(progress: Progress) -> None:
        seen.append(progress)
        if len(seen) == 30:
            task.cancel()

    task = Task(notify)
    with pytest.raises(Cancelled):
        convert_volume(path, tmp_path / "cache", Layout((0, 1, 2), ISOTROPIC), task=task)
    assert list((tmp_path / "cache").iterdir()) == []
    assert seen[-1].total == 50 * 60 * 70 * 2
    assert 0 < seen[-1].done < seen[-1].total
    assert "a.nii.gz" in seen[-1].what


@pytest.mark.parametrize("cut", [0.5, 0.99])
def test_a_damaged_file_leaves_nothing(tmp_path: Path, cut: float) -> None:
    path = save(tmp_path / "a.nii.gz", np.random.default_rng(0).integers(0, 9999, (40, 40, 80)).astype("u2"))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * cut)])
    with pytest.raises(FormatError, match="cut off"):
        convert_volume(path, tmp_path / "cache", Layout((0, 1, 2), ISOTROPIC))
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_kill_leaves_nothing_that_is_believed_and_is_tidied_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = np.random.default_rng(0).integers(0, 9999, (96, 96, 192)).astype("u2")
    path = save(tmp_path / "a.nii", data)
    code = f"""
import os, signal
from pathlib import Path
from napari_abc.io.images import _convert as volume_write
from napari_abc.io.images._volumes import convert_volume
from napari_abc.io.images import Layout
from napari_abc.task import Task
volume_write._CHUNK = 16
def notify(progress):
    if progress.done > 0.8 * progress.total:
        os.kill(os.getpid(), signal.SIGKILL)
layout = Layout((0, 1, 2), (1, 1, 1))
convert_volume(Path({str(path)!r}), Path({str(tmp_path / "cache")!r}), layout, task=Task(notify))
"""
    done = run([sys.executable, "-c", code])
    assert done.returncode == -signal.SIGKILL
    (left,) = (tmp_path / "cache").iterdir()
    assert left.name.startswith(".") and any(left.rglob("c/*"))
    monkeypatch.setattr(_temporary, "_IDLE_SECONDS", 0.0)
    time.sleep(0.01)
    layout = Layout((0, 1, 2), ISOTROPIC)
    assert find_converted(path, tmp_path / "cache", layout) is None
    folder = convert_volume(path, tmp_path / "cache", layout)
    assert list((tmp_path / "cache").iterdir()) == [folder]
    np.testing.assert_array_equal(open_volume(folder).levels[0], data)


def test_two_at_once_make_one(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii.gz", blob((40, 50, 60)))
    made = in_threads(*[partial(convert_volume, path, tmp_path / "cache", Layout((0, 1, 2), ISOTROPIC))] * 3)
    assert set(made) == set((tmp_path / "cache").iterdir())


def test_a_full_disk_is_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: _Free())
    with pytest.raises(DiskFullError, match="no room"):
        convert(tmp_path, blob((40, 50, 60)), Layout((0, 1, 2), ISOTROPIC))
    assert list((tmp_path / "cache").iterdir()) == []


class _Free:
    total, used, free = 1000, 999, 1


@pytest.mark.parametrize(("name", "needed"), [("a.nii.gz", "a third"), ("a.nii", "all")])
def test_room_is_asked_for_what_the_volume_will_take(
    tmp_path: Path, name: str, needed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What compresses well in the file compresses well here, too."""
    data = np.zeros((64, 64, 64), "u2")
    size = save(tmp_path / name, data).stat().st_size
    room = 3 * size if needed == "a third" else data.nbytes
    assert name == "a.nii" or room < data.nbytes / 10
    usage = shutil.disk_usage(tmp_path)
    spare = 8 * 2**20
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=room + spare - 1))
    with pytest.raises(DiskFullError, match="no room"):
        convert(tmp_path, data, Layout((0, 1, 2), ISOTROPIC), name)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=room + spare))
    assert convert(tmp_path, data, Layout((0, 1, 2), ISOTROPIC), name).is_dir()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit of file sizes")
def test_a_disk_that_fills_up_meanwhile_is_told(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii", np.random.default_rng(0).integers(0, 65000, (64, 128, 128)).astype("u2"))
    code = f"""
import resource, signal
from pathlib import Path
from napari_abc.errors import DiskFullError
from napari_abc.io.images._volumes import convert_volume
from napari_abc.io.images import Layout
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
try:
    convert_volume(Path({str(path)!r}), Path({str(tmp_path / "cache")!r}), Layout((0, 1, 2), (1, 1, 1)))
except DiskFullError as error:
    print(error)
"""
    done = run([sys.executable, "-c", code], check=True)
    assert "no room" in done.stdout
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(ConfigurationError, match="can't be written"):
        convert(tmp_path, blob((5, 6, 7)), Layout((0, 1, 2), ISOTROPIC))


def test_what_is_no_volume_is_refused(tmp_path: Path) -> None:
    layout = Layout((0, 1, 2), ISOTROPIC)
    with pytest.raises(FormatError, match="4 axes"):
        convert_volume(save(tmp_path / "a.nii", np.zeros((3, 4, 5, 6), "u1")), tmp_path / "cache", layout)
    with pytest.raises(MissingFileError):
        convert_volume(tmp_path / "none.nii", tmp_path / "cache", layout)
    with pytest.raises(MissingFileError):
        open_volume(tmp_path / "none.ome.zarr")
    path = save(tmp_path / "wide.nii", np.zeros((3, 4, 5), "u1"))
    with path.open("r+b") as file:
        file.seek(40)
        file.write(np.array([3, 30000, 30000, 2, 1, 1, 1, 1], "<i2").tobytes())
        file.truncate(352 + 2 * 30000**2)
    with pytest.raises(FormatError, match="planes of 900 MB"):
        convert_volume(path, tmp_path / "cache", layout)


def test_a_volume_that_is_damaged_later_is_told_when_it_is_read(tmp_path: Path) -> None:
    folder = convert(tmp_path, blob((70, 66, 130)), Layout((0, 1, 2), ISOTROPIC))
    shard = next(path for path in (folder / "0").rglob("*") if path.is_file() and path.name != "zarr.json")
    content = shard.read_bytes()
    shard.write_bytes(content[: len(content) // 2])
    with pytest.raises(FormatError, match="damaged"):
        np.asarray(open_volume(folder).levels[0])
    (folder / "0" / "zarr.json").unlink()
    with pytest.raises(MissingFileError):
        open_volume(folder)
    (folder / "zarr.json").write_text("{")
    with pytest.raises(FormatError, match="not JSON"):
        open_volume(folder)


def test_memory_is_bounded(tmp_path: Path) -> None:
    """Twice as many planes take no more memory."""
    code = """
import resource, sys
from pathlib import Path
from napari_abc.io.images._volumes import convert_volume
from napari_abc.io.images import Layout
convert_volume(Path(sys.argv[1]), Path(sys.argv[2]), Layout((0, 1, 2), (1, 1, 1)))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    peaks = []
    for planes in (192, 768):
        path = save(tmp_path / f"{planes}.nii", np.zeros((256, 256, 4), "u2"))
        with path.open("r+b") as file:
            file.seek(40)
            file.write(np.array([3, 256, 256, planes, 1, 1, 1, 1], "<i2").tobytes())
            file.truncate(352 + 2 * 256 * 256 * planes)
        command = [sys.executable, "-c", code, str(path), str(tmp_path / "cache")]
        peaks.append(int(run(command, check=True).stdout))
    assert peaks[1] < 1.15 * peaks[0]


def test_a_wrong_checksum_leaves_no_volume(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii.gz", blob((8, 9, 10)))
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    with pytest.raises(FormatError, match="incorrect"):
        convert_volume(path, tmp_path / "cache", Layout((0, 1, 2), ISOTROPIC))
    assert list((tmp_path / "cache").iterdir()) == []
