"""Files on this machine: used where they lie, fetched once, verified; and nothing half-done, ever."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import bucket
from bucket import CONTENT, DATASET, EMPTY, MATRIX, NEW, OLD, PLANE, TABLE
from napari_abc.atlas.manifest import Release
from napari_abc.errors import (
    Cancelled,
    ConfigurationError,
    DiskFullError,
    FormatError,
    IntegrityError,
    MissingFileError,
    NetworkError,
    OfflineError,
    UnknownNameError,
)
from napari_abc.io.files import default_cache
from napari_abc.io.remote import RemoteFile, Store, open_source
from napari_abc.task import Progress, Task
from plain_user import become_plain_user, plain_folder
from processes import LONGEST, in_threads, run
from servers import BucketServer, FolderServer

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = "http://127.0.0.1:9"


def remote(key: str, size: bool = True, md5: bool = True) -> RemoteFile:
    return RemoteFile(key, len(CONTENT[key]) if size else None, bucket.md5(CONTENT[key]) if md5 else None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bucket.write_bucket(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def server(folder: Path) -> Iterator[FolderServer]:
    with FolderServer(folder) as running:
        yield running


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "my cache"


@pytest.fixture
def abc_cache(tmp_path: Path) -> Path:
    """A cache as abc_atlas_access leaves it, with a download that it did not finish."""
    root = bucket.write_bucket(tmp_path / "abc", (OLD,))
    (root / "_manifest_last_used.txt").write_text(f"releases/{OLD}/manifest.json")
    (root / "_downloaded_data.json").write_text(json.dumps([str(root / TABLE)]))
    (root / MATRIX).write_bytes(CONTENT[MATRIX][:1000])
    (root / PLANE).unlink()
    return root


def temporaries(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*.part")]


# ------------------------------------------------------------------- fetching


def test_a_file_is_fetched_once_with_its_bytes_reported(server: FolderServer, cache: Path) -> None:
    seen: list[Progress] = []
    store = Store(open_source(server.url), cache)
    assert store.locate(remote(MATRIX)) is None
    path = store.ensure(remote(MATRIX), Task(seen.append))
    assert path == cache / MATRIX
    assert path.read_bytes() == CONTENT[MATRIX]
    assert store.locate(remote(MATRIX)) == path
    size = len(CONTENT[MATRIX])
    assert {(step.what, step.total, step.unit) for step in seen} == {
        ("Downloading Tiny-1.2.3-BG-log2.h5ad", size, "B")
    }
    done = [step.done for step in seen]
    assert done == sorted(done)
    assert (done[0], done[-1], len(done) > 4) == (0, size, True)

    asked = len(server.requests)
    again: list[Progress] = []
    assert store.ensure(remote(MATRIX), Task(again.append)) == path
    other = Store(open_source(server.url), cache)
    assert other.ensure(remote(MATRIX), Task(again.append)) == path
    assert len(server.requests) == asked
    assert again == [], "an MD5 is computed once in a file's life"


def test_the_bucket_fills_a_cache_in_its_own_layout(
    bucket_server: BucketServer, folder: Path, cache: Path
) -> None:
    bucket_server.fill("tiny", folder)
    store = Store(open_source("s3://tiny"), cache)
    assert store.releases() == [OLD, NEW]
    assert json.loads(store.manifest_bytes(NEW)) == bucket.manifest(NEW)
    for key, content in CONTENT.items():
        assert store.ensure(remote(key)).read_bytes() == content
    bucket_server.empty("tiny")
    as_source = open_source(cache)
    assert as_source.releases() == [NEW]
    assert Store(as_source).ensure(remote(TABLE)) == as_source.folder / TABLE
    assert temporaries(cache) == []


def test_the_synthetic_release_is_fetched_whole_and_then_opens_offline(
    s3_server: BucketServer, release_folder: Path, cache: Path
) -> None:
    store = Store(open_source(), cache)
    newest = store.releases()[-1]
    release = Release.parse(store.manifest_bytes(newest), newest)
    files = [file for directory in release.directories() for file in release.files(directory)]
    for file in files:
        assert store.ensure(file).read_bytes() == (release_folder / file.key).read_bytes()
    assert release.synthetic
    parts = [(request.path, request.headers["range"]) for request in s3_server.requests[1:]]
    assert len(parts) == len(set(parts)), "no byte is fetched twice"
    assert len(set(s3_server.fetched())) == len({file.key for file in files}) + 1
    asked = len(s3_server.requests)
    offline = Store(open_source(), cache, offline=True)
    assert offline.releases() == [newest]
    assert offline.manifest_bytes(newest) == store.manifest_bytes(newest)
    assert [offline.ensure(file) for file in files] == [cache / file.key for file in files]
    assert len(s3_server.requests) == asked


def test_size_and_md5_may_both_be_unknown(server: FolderServer, cache: Path) -> None:
    store = Store(open_source(server.url), cache)
    for key in (MATRIX, EMPTY):
        assert store.ensure(RemoteFile(key)).read_bytes() == CONTENT[key]
        assert store.locate(remote(key)) == store.locate(RemoteFile(key)) == cache / key
        asked = len(server.requests)
        store.ensure(RemoteFile(key))
        assert len(server.requests) == asked  # it is here, whatever its size


@pytest.mark.parametrize(
    "wrong",
    [
        RemoteFile(TABLE, len(CONTENT[TABLE]), "0" * 32),
        RemoteFile(TABLE, len(CONTENT[TABLE]) + 1, None),
        RemoteFile(TABLE, len(CONTENT[TABLE]) - 1, None),
        RemoteFile(TABLE, None, "0" * 32),
    ],
    ids=["md5", "too short", "too long", "md5 alone"],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_file_that_differs_is_not_kept_and_the_next_try_works(
    folder: Path, cache: Path, wrong: RemoteFile, chunked: bool
) -> None:
    with FolderServer(folder, chunked=chunked) as server:
        store = Store(open_source(server.url), cache)
        with pytest.raises(IntegrityError, match=r"cell_metadata\.csv"):
            store.ensure(wrong)
        assert [path for path in cache.rglob("*") if path.is_file()] == []
        assert store.locate(wrong) is None
        assert store.ensure(remote(TABLE)).read_bytes() == CONTENT[TABLE]


def test_a_file_that_the_source_lacks_is_missing(server: FolderServer, cache: Path) -> None:
    with pytest.raises(MissingFileError, match=r"has no metadata/D/1/none\.csv"):
        Store(open_source(server.url), cache).ensure(RemoteFile("metadata/D/1/none.csv", 3))
    assert temporaries(cache) == []


def test_a_damaged_or_changed_file_of_the_cache_is_fetched_again(server: FolderServer, cache: Path) -> None:
    store = Store(open_source(server.url), cache)
    path = store.ensure(remote(TABLE))
    for damage in (CONTENT[TABLE][:-1], b"X" + CONTENT[TABLE][1:]):
        path.write_bytes(damage)
        os.utime(path, ns=(1, 1))
        assert store.ensure(remote(TABLE)).read_bytes() == CONTENT[TABLE]


def test_cancel_keeps_nothing(folder: Path, cache: Path) -> None:
    with FolderServer(folder, stall_after=4_000_000) as server:
        store = Store(open_source(server.url), cache)
        task = Task()
        threading.Thread(target=lambda: (server.stalled.wait(10), task.cancel())).start()
        with pytest.raises(Cancelled):
            store.ensure(remote(MATRIX), task)
    assert [path for path in cache.rglob("*") if path.is_file()] == []
    with FolderServer(folder) as server:
        assert Store(open_source(server.url), cache).ensure(remote(MATRIX)).is_file()


def test_a_task_cancelled_before_it_began_asks_nothing(server: FolderServer, cache: Path) -> None:
    task = Task()
    task.cancel()
    with pytest.raises(Cancelled):
        Store(open_source(server.url), cache).ensure(remote(TABLE), task)
    assert server.requests == []


def test_threads_that_want_the_same_file_fetch_it_once(server: FolderServer, cache: Path) -> None:
    stores = [Store(open_source(server.url), cache) for _ in range(4)]
    found = in_threads(*(partial(store.ensure, remote(MATRIX)) for store in stores))
    assert found == [cache / MATRIX] * 4
    assert found[0].read_bytes() == CONTENT[MATRIX]
    assert len(server.requests) == 1


_FETCH = """
import sys
from pathlib import Path
from napari_abc.io.remote import RemoteFile, Store
from napari_abc.io.remote import open_source
url, cache, key, size, md5 = sys.argv[1:]
print(Store(open_source(url), Path(cache)).ensure(RemoteFile(key, int(size), md5)))
"""


def fetching(url: str, cache: Path) -> subprocess.Popen[str]:
    file = remote(MATRIX)
    return subprocess.Popen(
        [sys.executable, "-c", _FETCH, url, str(cache), file.key, str(file.size), str(file.md5)],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_processes_that_want_the_same_file_do_not_corrupt_it(server: FolderServer, cache: Path) -> None:
    with fetching(server.url, cache) as one, fetching(server.url, cache) as other:
        try:
            said = [process.communicate(timeout=LONGEST)[0] for process in (one, other)]
        finally:
            one.kill(), other.kill()
        assert said == [f"{cache / MATRIX}\n"] * 2
        assert (one.returncode, other.returncode) == (0, 0)
    assert (cache / MATRIX).read_bytes() == CONTENT[MATRIX]
    assert temporaries(cache) == []
    assert Store(open_source(server.url), cache, offline=True).ensure(remote(MATRIX)) == cache / MATRIX


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_process_killed_in_the_middle_leaves_nothing_that_is_used(folder: Path, cache: Path) -> None:
    with FolderServer(folder, stall_after=4_000_000) as server, fetching(server.url, cache) as process:
        try:
            assert server.stalled.wait(LONGEST)
        finally:
            process.kill()
    (leftover,) = cache.rglob("*.part")
    assert not (cache / MATRIX).exists()
    mine = leftover.with_name(leftover.name.replace(f"-{process.pid}-", f"-{os.getpid()}-"))
    mine.write_bytes(b"of a process that lives")
    for path in (leftover, mine):
        os.utime(path, (time.time() - 120,) * 2)
    with FolderServer(folder) as server:
        store = Store(open_source(server.url), cache)
        assert store.locate(remote(MATRIX)) is None
        assert store.ensure(remote(MATRIX)).read_bytes() == CONTENT[MATRIX]
    assert temporaries(cache) == [mine.name]


# ------------------------------------------------------------------ disk full


def test_a_file_larger_than_the_disk_is_refused_before_it_is_fetched(
    server: FolderServer, cache: Path
) -> None:
    with pytest.raises(
        DiskFullError, match=r"no room for cell_metadata\.csv \(4,500 TB and 8.4 MB to spare; .* are free\)"
    ):
        Store(open_source(server.url), cache).ensure(RemoteFile(TABLE, 4_500_000_000_000_000))
    assert server.requests == []


_ON_A_SMALL_DISK = """
import sys
from pathlib import Path
from napari_abc.errors import DiskFullError
from napari_abc.io.remote import RemoteFile, Store
from napari_abc.io.remote import open_source
url, disk, matrix, table = sys.argv[1:]
store = Store(open_source(url), Path(disk) / "cache")
for size in (None, 9 * 2**20 + 123):
    try:
        store.ensure(RemoteFile(matrix, size))
    except DiskFullError as error:
        print(error)
    print([path.name for path in Path(disk).rglob("*") if path.is_file()])
store.ensure(RemoteFile(table))
print([path.name for path in Path(disk).rglob("*.csv")])
"""


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare to mount a small disk")
def test_a_disk_that_fills_up_keeps_nothing(folder: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    alone = ["unshare", "--user", "--map-root-user", "--mount", "--", "sh", "-c"]
    mount = f"mount -t tmpfs -o size=6m tmpfs '{disk}'"
    if run([*alone, mount]).returncode:
        pytest.skip("this machine does not let a test mount a small disk")
    with FolderServer(folder, chunked=True) as server:
        command = [sys.executable, "-c", _ON_A_SMALL_DISK, server.url, str(disk), MATRIX, TABLE]
        done = run(
            [*alone, f'{mount} && exec "$@"', "sh", *command],
            env={**os.environ, "NAPARI_ABC_CACHE": str(disk / "cache")},
        )
    assert done.returncode == 0, done.stderr
    unknown, none, known, none_again, table = done.stdout.splitlines()
    assert unknown.startswith(f"There is no room for {Path(MATRIX).name} in {disk}/cache")
    assert known.startswith(
        f"There is no room for {Path(MATRIX).name} (9.4 MB and 8.4 MB to spare; 6.3 MB are free)"
    )
    assert none == none_again == "[]"
    assert table == "['cell_metadata.csv']"


# --------------------------------------------------------- local sources


def test_files_of_a_folder_are_used_where_they_lie_and_checked_once(folder: Path, cache: Path) -> None:
    before = bucket.snapshot(folder)
    seen: list[Progress] = []
    store = Store(open_source(folder), cache)
    assert store.releases() == [OLD, NEW]
    assert json.loads(store.manifest_bytes(OLD)) == bucket.manifest(OLD)
    assert store.locate(remote(MATRIX)) == folder / MATRIX
    assert store.ensure(remote(MATRIX), Task(seen.append)) == folder / MATRIX
    assert {step.what for step in seen} == {"Checking Tiny-1.2.3-BG-log2.h5ad"}
    assert seen[-1].done == seen[-1].total == len(CONTENT[MATRIX])
    seen.clear()
    assert Store(open_source(folder), cache).ensure(remote(MATRIX), Task(seen.append)) == folder / MATRIX
    assert seen == []
    assert bucket.snapshot(folder) == before
    assert [path.relative_to(cache).as_posix() for path in cache.rglob("*.*")] == [
        "napari-abc/verified.jsonl"
    ]


def test_what_a_folder_lacks_or_has_damaged_names_the_cure(tmp_path: Path) -> None:
    root = bucket.write_bucket(tmp_path / "bucket")
    (root / TABLE).unlink()
    (root / PLANE).write_bytes(b"short")
    (root / MATRIX).write_bytes(b"X" + CONTENT[MATRIX][1:])
    cure = "choose s3://allen-brain-cell-atlas as the source; a script can name this folder as its cache."
    store = Store(open_source(root))
    for key, kind, said in (
        (TABLE, MissingFileError, f"has no {TABLE} ({len(CONTENT[TABLE]) / 1000:.3g} kB)"),
        (PLANE, IntegrityError, "5 bytes instead of 45"),
        (MATRIX, IntegrityError, f"its MD5 is not {bucket.md5(CONTENT[MATRIX])}"),
    ):
        with pytest.raises(kind) as caught:
            store.ensure(remote(key))
        assert said in str(caught.value)
        assert str(caught.value).endswith(cure)
        assert store.locate(remote(key)) is None


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_out_of_a_local_source_is_refused(tmp_path: Path) -> None:
    root = bucket.write_bucket(tmp_path / "bucket")
    outside = (root / TABLE).rename(tmp_path / "outside.csv")
    (root / TABLE).symlink_to(outside)
    for ask in (Store(open_source(root)).ensure, Store(open_source(root)).locate):
        with pytest.raises(FormatError, match="leads out of the folder"):
            ask(remote(TABLE))


# -------------------------------------------------- abc_atlas_access' cache


def test_an_abc_cache_serves_what_it_has_and_is_never_touched(
    server: FolderServer, abc_cache: Path, cache_folder: Path
) -> None:
    before = bucket.snapshot(abc_cache)
    store = Store(open_source(server.url), abc_cache)
    assert store.cache == cache_folder
    assert store.warnings == [
        f"{abc_cache} belongs to abc_atlas_access and is only read: new files go to {cache_folder}."
    ]
    assert store.ensure(remote(TABLE)) == abc_cache / TABLE
    assert json.loads(store.manifest_bytes(OLD)) == bucket.manifest(OLD)
    assert server.requests == [], "what lies there is not fetched again"
    # It never finished this one: fetched beside, and said.
    assert store.locate(remote(MATRIX)) is None
    assert store.ensure(remote(MATRIX)) == cache_folder / MATRIX
    assert store.ensure(remote(PLANE)) == cache_folder / PLANE
    (said,) = store.warnings[1:]
    assert said.startswith(f"{abc_cache / MATRIX} is not the file that the manifest describes (1,000 bytes")
    assert said.endswith(f"it is left alone, and {cache_folder} is used instead.")
    assert store.derived == cache_folder / "napari-abc"
    assert bucket.snapshot(abc_cache) == before


def test_an_abc_cache_works_without_network_and_as_source(abc_cache: Path, cache_folder: Path) -> None:
    before = bucket.snapshot(abc_cache)
    for store in (
        Store(open_source(NOBODY), abc_cache, offline=True),
        Store(open_source(NOBODY), abc_cache),
        Store(open_source(abc_cache)),
    ):
        assert store.releases() == [OLD]
        assert json.loads(store.manifest_bytes(OLD)) == bucket.manifest(OLD)
        assert store.ensure(remote(TABLE)) == abc_cache / TABLE
        assert store.derived == cache_folder / "napari-abc"
    assert bucket.snapshot(abc_cache) == before


def test_a_file_with_a_wrong_md5_in_an_abc_cache_is_not_used(
    server: FolderServer, abc_cache: Path, cache_folder: Path
) -> None:
    (abc_cache / TABLE).write_bytes(b"X" + CONTENT[TABLE][1:])
    store = Store(open_source(server.url), abc_cache)
    assert store.ensure(remote(TABLE)) == cache_folder / TABLE
    assert store.locate(remote(TABLE)) == cache_folder / TABLE
    assert "left alone" in store.warnings[1]


def test_our_cache_stays_ours_after_abc_atlas_access_has_read_it(server: FolderServer, cache: Path) -> None:
    Store(open_source(server.url), cache).ensure(remote(TABLE))
    (cache / "_manifest_last_used.txt").write_text(f"releases/{NEW}/manifest.json")
    store = Store(open_source(server.url), cache)
    assert (store.cache, store.warnings) == (cache, [])
    assert store.ensure(remote(PLANE)) == cache / PLANE


# ------------------------------------------------------- which cache is used


def test_the_default_cache_comes_from_the_environment_or_the_system(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cache_folder: Path
) -> None:
    assert default_cache() == cache_folder
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("NAPARI_ABC_CACHE", "~/elsewhere")
    assert default_cache() == tmp_path / "elsewhere"
    monkeypatch.delenv("NAPARI_ABC_CACHE")
    assert "napari-abc" in default_cache().parts
    assert default_cache().is_absolute()


def test_an_abc_cache_as_default_is_only_read_too(
    folder: Path, abc_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAPARI_ABC_CACHE", str(abc_cache))
    store = Store(open_source(NOBODY))
    assert store.ensure(remote(TABLE)) == abc_cache / TABLE
    assert not store.cache.is_relative_to(abc_cache)


def test_nothing_is_written_into_a_local_source(
    tmp_path: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = bucket.write_bucket(tmp_path / "bucket")
    for inside in (root, root / "cache"):
        assert Store(open_source(root), inside).derived == cache_folder / "napari-abc"
    assert not (root / "napari-abc").exists()
    above = bucket.write_bucket(tmp_path)
    monkeypatch.setenv("NAPARI_ABC_CACHE", str(tmp_path / "below"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "below too"))
    if sys.platform == "linux":
        with pytest.raises(ConfigurationError, match="no folder to write to"):
            Store(open_source(above))


@pytest.fixture
def plain_user() -> Iterator[Path]:
    """A folder of one's own, and no rights but those of a plain user."""
    with plain_folder() as folder:
        yield folder


def test_a_cache_that_cannot_be_written_to_is_only_read(
    plain_user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = bucket.write_bucket(plain_user / "locked")
    mine = plain_user / "mine"
    mine.mkdir()
    mine.chmod(0o777)
    monkeypatch.setenv("NAPARI_ABC_CACHE", str(mine))
    with FolderServer(locked) as server:
        source = open_source(server.url)
        assert source.releases()  # what it imports for that, a plain user may not be able to import
        (locked / PLANE).rename(locked / "aside")
        for path in [locked, *locked.rglob("*")]:
            if path.is_dir():
                path.chmod(0o555)
        become_plain_user()
        store = Store(source, locked)
        assert store.warnings == [f"{locked} can't be written to and is only read: new files go to {mine}."]
        assert store.ensure(remote(TABLE)) == locked / TABLE
        with pytest.raises(MissingFileError):
            store.ensure(remote(PLANE))
        assert store.derived == mine / "napari-abc"
        with pytest.raises(ConfigurationError, match="does not exist and can't be made"):
            Store(source, locked / "new")


def test_a_place_that_cannot_be_written_to_says_so(server: FolderServer, plain_user: Path) -> None:
    cache = plain_user / "cache"
    (cache / "metadata").mkdir(parents=True)
    cache.chmod(0o777)
    (cache / "metadata").chmod(0o555)
    store = Store(open_source(server.url), cache)
    become_plain_user()
    with pytest.raises(ConfigurationError, match=r"can't be written .*Permission denied"):
        store.ensure(remote(TABLE))


def test_a_cache_that_is_a_file_is_refused(server: FolderServer, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is a file"):
        Store(open_source(server.url), bucket.put(tmp_path, "cache", b""))
    with pytest.raises(ConfigurationError, match="can't be made"):
        Store(open_source(server.url), tmp_path / "cache" / "below a file")


def test_a_folder_in_a_files_place_is_not_overwritten(server: FolderServer, cache: Path) -> None:
    (cache / TABLE).mkdir(parents=True)
    with pytest.raises(ConfigurationError, match=r"cell_metadata\.csv can't be written"):
        Store(open_source(server.url), cache).ensure(remote(TABLE))
    assert temporaries(cache) == []


# ------------------------------------------------------------ without network


def test_offline_names_the_file_its_bytes_and_the_cure(server: FolderServer, cache: Path) -> None:
    store = Store(open_source(server.url), cache, offline=True)
    with pytest.raises(OfflineError, match=r"No release is on this machine .*fetching is off: open http"):
        store.releases()
    with pytest.raises(OfflineError, match="Release 20251031 is not on this machine"):
        store.manifest_bytes(NEW)
    with pytest.raises(OfflineError, match=r"log2\.h5ad \(9\.4 MB\) is not on this machine and"):
        store.ensure(remote(MATRIX))
    assert server.requests == []
    online = Store(open_source(server.url), cache)
    online.manifest_bytes(NEW)
    online.ensure(remote(MATRIX))
    assert store.releases() == [NEW]
    assert store.manifest_bytes(NEW) == online.manifest_bytes(NEW)
    assert store.ensure(remote(MATRIX)) == cache / MATRIX


def test_without_network_the_releases_on_this_machine_are_offered(folder: Path, cache: Path) -> None:
    with FolderServer(folder) as server:
        source = open_source(server.url)
        Store(source, cache).manifest_bytes(OLD)
    store = Store(source, cache)
    assert store.releases() == [OLD]
    assert len(store.warnings) == 1
    assert "can't be read (the connection was refused)" in store.warnings[0]
    assert store.warnings[0].endswith(f"the releases on this machine: {OLD}.")
    assert json.loads(store.manifest_bytes(OLD)) == bucket.manifest(OLD)
    assert store.releases() == [OLD]
    assert len(store.warnings) == 1
    with pytest.raises(NetworkError, match="check the network"):
        store.manifest_bytes(NEW)
    with pytest.raises(NetworkError, match="check the network"):
        store.ensure(remote(TABLE))
    with pytest.raises(NetworkError, match="check the network"):
        Store(source, cache.with_name("other")).releases()


def test_a_wrong_address_is_told_although_another_source_was_used_before(
    bucket_server: BucketServer, folder: Path, cache: Path
) -> None:
    with FolderServer(folder) as server:
        Store(open_source(server.url), cache).manifest_bytes(NEW)
        with pytest.raises(UnknownNameError, match=f"/typo has no release '{NEW}': check the address"):
            Store(open_source(f"{server.url}/typo"), cache).manifest_bytes(NEW)
    # A bucket that answers is no bucket without network: what is kept of another is not offered.
    with pytest.raises(MissingFileError, match=r"s3://typo .*holds no releases: check the name"):
        Store(open_source("s3://typo"), cache).releases()


# ------------------------------------------------------------------- manifests


def test_a_manifest_is_fetched_once_from_each_source(
    server: FolderServer, folder: Path, cache: Path, tmp_path: Path
) -> None:
    for _ in range(3):
        Store(open_source(server.url), cache).manifest_bytes(NEW)
    assert len(server.requests) == 1
    mirror = bucket.write_bucket(tmp_path / "mirror")
    text = json.dumps({**bucket.manifest(NEW), "synthetic": True}).encode()
    bucket.put(mirror, f"releases/{NEW}/manifest.json", text)
    with FolderServer(mirror) as other:
        source = open_source(other.url)
        assert Store(source, cache).manifest_bytes(NEW) == text, "another source may hold another release"
        Store(source, cache).manifest_bytes(NEW)
        assert len(other.requests) == 1
    changed = Store(open_source(NOBODY), cache)
    assert changed.manifest_bytes(NEW) == text
    assert f"the copy of release {NEW} from {source.location} is used" in changed.warnings[0]


def test_an_unknown_release_says_which_there_are(server: FolderServer, folder: Path, cache: Path) -> None:
    for source in (open_source(server.url), open_source(folder)):
        with pytest.raises(UnknownNameError, match="has no release '20000101'; it has 20250531, 20251031"):
            Store(source, cache).manifest_bytes("20000101")
        for hostile in ("../../etc", "2025/0531", "", "٢٠٢٥٠٥٣١"):
            with pytest.raises(FormatError, match="no release version"):
                Store(source, cache).manifest_bytes(hostile)


def test_a_page_that_is_no_manifest_is_not_kept(folder: Path, tmp_path: Path, cache: Path) -> None:
    portal = tmp_path / "portal"
    key = f"releases/{NEW}/manifest.json"
    for page in (b"<html>Please log in</html>", b"[" * 100_000, b'{"file_listing": [1]}', b"{", b"\xff"):
        bucket.put(portal, key, page)
        with FolderServer(portal) as server:
            assert Store(open_source(server.url), cache).manifest_bytes(NEW) == page
        assert not (cache / key).exists()
    # One that a crash of another program cut short is passed over.
    bucket.put(cache, key, b'{"file_listing": {')
    with FolderServer(folder) as server:
        assert json.loads(Store(open_source(server.url), cache).manifest_bytes(NEW)) == bucket.manifest(NEW)
    assert json.loads((cache / key).read_bytes()) == bucket.manifest(NEW)


def test_a_manifest_of_more_than_64_mib_is_not_read(tmp_path: Path, cache: Path) -> None:
    root = bucket.write_bucket(tmp_path / "large")
    with (root / f"releases/{NEW}/manifest.json").open("r+b") as file:
        file.truncate(64 * 2**20 + 1)
    with FolderServer(root) as server:
        for source in (open_source(root), open_source(server.url)):
            with pytest.raises(FormatError, match="larger than the 64 MiB"):
                Store(source, cache).manifest_bytes(NEW)


# ------------------------------------------------------------------------ keys


@pytest.mark.parametrize(
    "key",
    [
        "",
        "gene.csv",
        "/etc/passwd",
        "//host/share/x",
        "metadata//gene.csv",
        "metadata/D/",
        "../outside.csv",
        "metadata/../../outside.csv",
        "metadata/./gene.csv",
        "metadata\\..\\gene.csv",
        "C:/windows/x",
        "metadata/C:gene.csv",
        "metadata/gene.csv\0.h5ad",
        "metadata/gene\n.csv",
        "metadata/\u202egene.csv",
        "metadata/.hidden.csv",
        "metadata/gene.csv.",
        "metadata/ gene.csv",
        "metadata/nul",
        "metadata/COM1.csv",
        "metadata/" + "x" * 300,
        "metadata/" + "x/" * 600 + "y",
        "releases/20251031/manifest.json",
        "Releases/20251031/manifest.json",
        "napari-abc/verified.jsonl",
        "_downloaded_data.json/x",
        None,
        7,
    ],
)
def test_a_key_that_could_leave_its_folder_is_refused(key: object) -> None:
    with pytest.raises(FormatError, match="not to be trusted"):
        RemoteFile(key)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("size", "md5"), [(-1, None), (1.5, None), (True, None), (2**60, None), (1, "abc"), (1, "G" * 32), (1, 5)]
)
def test_sizes_and_md5_that_are_none_are_refused(size: object, md5: object) -> None:
    with pytest.raises(FormatError):
        RemoteFile(TABLE, size, md5)  # type: ignore[arg-type]


def test_real_names_are_accepted() -> None:
    assert RemoteFile(PLANE).name == "H22.30.001.CX.16.Plane.07.geojson"
    assert RemoteFile(f"metadata/{DATASET}/1/a b (2)+é.csv").name == "a b (2)+é.csv"


def test_what_is_derived_of_a_file_is_named_after_its_content(
    server: FolderServer, cache: Path, folder: Path
) -> None:
    store = Store(open_source(server.url), cache)
    known, unknown = remote(TABLE), remote(TABLE, md5=False)
    name = TABLE.rpartition("/")[2]
    assert store.identity(known) == bucket.md5(CONTENT[TABLE])
    assert store.identity(unknown) == f"{name}-{len(CONTENT[TABLE])}"
    path = store.ensure(unknown)
    found = path.stat()
    assert store.identity(unknown) == f"{name}-{found.st_size}-{found.st_mtime_ns}"
