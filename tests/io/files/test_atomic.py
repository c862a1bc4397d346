"""A file or folder is whole or not there, whatever stops its writing."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import zarr

from napari_abc.errors import ConfigurationError, DiskFullError, IntegrityError
from napari_abc.io.files import (
    _temporary,
    atomic_folder,
    atomic_path,
    make_folder,
    not_written,
    put_in_place,
    remove_leftovers,
    save_atomically,
    temporary,
    temporary_folder,
    write_verified,
)
from plain_user import become_plain_user, plain_folder
from processes import LONGEST

if TYPE_CHECKING:
    from collections.abc import Generator


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
        process.wait(LONGEST)
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


def test_what_a_process_of_another_user_writes_stays() -> None:
    with plain_folder() as root:
        folder = root / "shared"
        folder.mkdir()
        folder.chmod(0o777)
        theirs = left_by(1, folder)  # the first process is always there, and root's
        theirs.touch()
        aged(theirs, _temporary._IDLE_SECONDS * 2)
        become_plain_user()
        remove_leftovers(folder)
        assert theirs.exists()


# -- verified, and errors in our words -----------------------------------------------------------------


def blocks(*parts: bytes, closed: list[bool] | None = None) -> Generator[bytes, None, None]:
    try:
        yield from parts
    finally:
        if closed is not None:
            closed.append(True)


MD5 = hashlib.md5(b"abcdef", usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(("size", "md5"), [(6, MD5), (None, MD5), (6, None), (None, None)])
def test_a_file_that_is_as_it_was_promised_is_put_in_place(
    tmp_path: Path, size: int | None, md5: str | None
) -> None:
    target = tmp_path / "new" / "a.bin"
    found, digest = write_verified(target, blocks(b"abc", b"def"), size, md5)
    assert target.read_bytes() == b"abcdef"
    assert digest == MD5
    assert (found.st_size, found.st_mtime_ns) == (6, target.stat().st_mtime_ns)
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize(
    ("size", "md5", "says"),
    [
        (5, None, "a.bin is longer than the 5 bytes that the manifest says"),
        (7, None, "a.bin ended after 6 of 7 bytes"),
        (0, None, "is longer than the 0 bytes"),
        (6, "0" * 32, f"a.bin has MD5 {MD5}, but the manifest says 00000000"),
    ],
)
def test_a_file_that_differs_is_not_put_in_place(
    tmp_path: Path, size: int, md5: str | None, says: str
) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")
    closed: list[bool] = []
    with pytest.raises(IntegrityError, match=says):
        write_verified(target, blocks(b"abc", b"def", closed=closed), size, md5)
    assert target.read_bytes() == b"old"
    assert closed == [True]
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EFBIG, errno.EDQUOT])
def test_a_disk_that_is_full_is_told_with_what_was_needed(tmp_path: Path, error: int) -> None:
    full = not_written(tmp_path / "a.bin", OSError(error, "x"), 5_000_000)
    assert isinstance(full, DiskFullError)
    assert str(full) == (
        f"There is no room for a.bin (5.0 MB) in {tmp_path}; nothing of it was kept: free some space, or "
        "choose a folder on another disk."
    )
    assert "a.bin in" in str(not_written(tmp_path / "a.bin", OSError(error, "x")))


def test_the_cure_in_the_default_cache_is_another_cache(cache_folder: Path) -> None:
    said = str(not_written(cache_folder / "a.bin", OSError(errno.EACCES, "Permission denied")))
    assert said.endswith("(Permission denied): set NAPARI_ABC_CACHE to a folder that you may write to.")


def test_room_is_asked_for_with_some_to_spare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=100 + 8 * 2**20))
    with atomic_folder(tmp_path / "fits", needed=100):
        pass
    with (
        pytest.raises(DiskFullError, match=r"\(101 B and 8\.4 MB to spare; 8\.4 MB are free\)"),
        atomic_folder(tmp_path / "a", needed=101),
    ):
        raise AssertionError

    def unknown(_: Path) -> None:
        raise OSError("a network folder does not tell")

    monkeypatch.setattr(shutil, "disk_usage", unknown)
    with atomic_folder(tmp_path / "b", needed=2**60):
        pass
    assert (tmp_path / "b").is_dir()


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="can't be written"):
        make_folder(tmp_path / "file" / "inside")
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize("durable", [True, False])
def test_what_is_saved_is_on_the_disk_if_it_has_to_be(
    tmp_path: Path, durable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[int] = []
    monkeypatch.setattr(os, "fsync", waited.append)
    save_atomically(tmp_path / "a" / "b", lambda out: out.write(b"x"), durable=durable)
    assert (tmp_path / "a" / "b").read_bytes() == b"x"
    assert bool(waited) is durable
    waited.clear()
    save_atomically(tmp_path / "c", lambda out: out.write(b"x"))
    assert waited
