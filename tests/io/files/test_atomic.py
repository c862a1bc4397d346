"""A file or folder is whole or not there, whatever stops its writing."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import zarr

from napari_abc.errors import ConfigurationError, DiskFullError
from napari_abc.io.files import (
    _temporary,
    atomic_folder,
    atomic_path,
    put_in_place,
    remove_leftovers,
    save_atomically,
    temporary,
    temporary_folder,
)


def test_replaces_when_done(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_text("old")
    with atomic_path(target) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
        assert temporary.suffix == ".csv"
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_keeps_the_old_file_when_writing_fails(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_text("old")
    with pytest.raises(RuntimeError), atomic_path(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_full_disk(tmp_path: Path) -> None:
    with pytest.raises(DiskFullError, match=r"no room for a\.csv"), atomic_path(tmp_path / "a.csv"):
        Path("/dev/full").write_text("x")
    assert not list(tmp_path.iterdir())


def test_full_disk_as_h5py_says_it(tmp_path: Path) -> None:
    said = f"Can't write data (file write failed: errno = {errno.ENOSPC}, error message = 'No space left')"
    with pytest.raises(DiskFullError), atomic_path(tmp_path / "a.h5ad"):
        raise OSError(said)


def test_other_errors_of_the_system(tmp_path: Path) -> None:
    with (
        pytest.raises(ConfigurationError, match="choose a folder that you may write to"),
        atomic_path(tmp_path / "a.csv"),
    ):
        raise PermissionError(errno.EACCES, "Permission denied")


def test_mode_follows_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with atomic_path(tmp_path / "a.csv") as temporary:
            temporary.write_text("x")
    finally:
        os.umask(before)
    assert (tmp_path / "a.csv").stat().st_mode & 0o777 == 0o640


# -- folders -------------------------------------------------------------------------------------------


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "made" / "a"
    with atomic_folder(target) as part:
        (part / "x").write_text("1")
        assert not target.exists()
        assert part.parent == target.parent
    assert (target / "x").read_text() == "1"
    assert list(target.parent.iterdir()) == [target]


def test_a_folder_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.mkdir()
    (target / "old").touch()
    with pytest.raises(RuntimeError), atomic_folder(target) as part:
        (part / "new").touch()
        raise RuntimeError
    assert [path.name for path in tmp_path.rglob("*")] == ["a", "old"]


def test_no_folder_is_begun_that_has_no_room(tmp_path: Path) -> None:
    with pytest.raises(DiskFullError, match="no room for a "), atomic_folder(tmp_path / "a", needed=2**60):
        raise AssertionError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("whole", [True, False])
def test_what_another_process_made_meanwhile_stays_if_it_is_whole(tmp_path: Path, whole: bool) -> None:
    target, part = tmp_path / "a", tmp_path / "part"
    for folder in (target, part):
        folder.mkdir()
        (folder / folder.name).touch()
    put_in_place(part, target, lambda path: whole)
    assert [path.name for path in target.iterdir()] == ["a" if whole else "part"]
    assert part.exists() is whole
    assert len(list(tmp_path.iterdir())) == (2 if whole else 1)


# -- what dead processes left --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dead() -> int:
    """Number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def left_by(pid: int, folder: Path, suffix: str = "") -> Path:
    mine = temporary(folder, suffix)
    return mine.with_name(mine.name.replace(f"-{os.getpid()}-", f"-{pid}-"))


def aged(path: Path, seconds: float) -> None:
    for one in [path, *path.rglob("*")]:
        os.utime(one, (time.time() - seconds,) * 2)


@pytest.mark.parametrize("suffix", ["", ".csv"])
def test_a_fresh_file_of_a_dead_process_stays_and_an_old_one_goes(
    tmp_path: Path, dead: int, suffix: str
) -> None:
    fresh, old, of_the_living = left_by(dead, tmp_path, suffix), left_by(dead, tmp_path, suffix), None
    of_the_living = left_by(os.getppid(), tmp_path, suffix)
    for path in (fresh, old, of_the_living):
        path.write_text("half")
    aged(fresh, _temporary._IDLE_SECONDS / 2)
    aged(old, _temporary._IDLE_SECONDS * 2)
    aged(of_the_living, _temporary._IDLE_SECONDS * 2)
    save_atomically(tmp_path / "x", lambda out: out.write(b"whole"))
    assert sorted(tmp_path.iterdir()) == sorted([fresh, of_the_living, tmp_path / "x"])


def test_a_zarr_folder_that_is_being_written_stays(tmp_path: Path, dead: int) -> None:
    folder = left_by(dead, tmp_path)
    array = zarr.create_array(folder / "0", shape=(64, 64), chunks=(64, 64), dtype="u1")
    array[:] = np.ones((64, 64), "u1")
    aged(folder, _temporary._IDLE_SECONDS * 2)
    ((chunk,),) = [[path for path in (folder / "0").rglob("*") if path.name == "0" and path.is_file()]]
    with chunk.open("r+b") as out:  # deep inside, where no folder's time tells of it
        out.write(b"again")
    remove_leftovers(tmp_path)
    assert chunk.is_file()
    aged(folder, _temporary._IDLE_SECONDS * 2)
    with temporary_folder(tmp_path) as mine:
        assert list(tmp_path.iterdir()) == [mine]
    assert list(tmp_path.iterdir()) == []


def test_of_a_leftover_with_very_many_files_some_are_looked_at(
    tmp_path: Path, dead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_temporary, "_MOST_LOOKED_AT", 5)
    folder = left_by(dead, tmp_path)
    for number in range(20):
        (folder / "inner").mkdir(parents=True, exist_ok=True)
        (folder / "inner" / f"{number}").touch()
    aged(folder, _temporary._IDLE_SECONDS * 2)
    os.utime(folder / "inner")  # a folder is looked at before the files beside it
    remove_leftovers(tmp_path)
    assert folder.exists()
    os.utime(folder / "inner", (0, 0))
    remove_leftovers(tmp_path)
    assert not folder.exists()


def test_names_of_others_are_left_alone(tmp_path: Path, dead: int) -> None:
    for name in (".napari-abc-00000000-1-ab.part", f".napari-abc-{_temporary._host()}-x-ab.part", ".a.part"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 0))
    remove_leftovers(tmp_path)
    assert len(list(tmp_path.iterdir())) == 3
