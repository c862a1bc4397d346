"""Sources and stores in other processes: forked, pickled, and sent to a Dask worker."""

from __future__ import annotations

import os
import pickle
import sys
from typing import TYPE_CHECKING

import distributed
import pytest

import bucket
from bucket import CONTENT, MATRIX, NEW, PLANE
from napari_abc.io.remote import RemoteFile, Source, Store, open_source
from processes import LONGEST, elsewhere, run
from servers import BucketServer, FolderServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bucket.write_bucket(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(params=["s3", "http", "folder"])
def place(request: pytest.FixtureRequest, folder: Path, bucket_server: BucketServer) -> Iterator[str]:
    """Where the release lies, as a person would type it."""
    if request.param == "folder":
        yield str(folder)
    elif request.param == "s3":
        bucket_server.fill("tiny", folder)
        yield "s3://tiny"
        bucket_server.empty("tiny")
    else:
        with FolderServer(folder) as server:
            yield server.url


def remote(key: str) -> RemoteFile:
    return RemoteFile(key, len(CONTENT[key]), bucket.md5(CONTENT[key]))


_FORK = """
import os, sys, threading, warnings
from pathlib import Path
from napari_abc.io.remote import RemoteFile, Store, open_source
place, cache, version, key, size, md5 = sys.argv[1:]
store = Store(open_source(place), Path(cache))
file = RemoteFile(key, int(size), md5)
store.source.releases()  # the network's thread runs, and connections are open
locks = [lock for one in (store.source, store._ledger) for lock in vars(one).values()
         if isinstance(lock, type(threading.Lock()))]
for lock in locks:
    lock.acquire()  # as another thread of the parent would hold it in this moment
# Python 3.12 and later warn of any fork where threads run; here it is what is tested.
warnings.filterwarnings("ignore", ".*multi-threaded, use of fork", DeprecationWarning)
child = os.fork()
if not child:
    store.ensure(file)
    sys.exit(0)
for lock in locks:
    lock.release()
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status), len(store.source.releases()), store.locate(file))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_fetches_and_the_parent_goes_on(place: str, folder: Path, tmp_path: Path) -> None:
    file = remote(MATRIX)
    cache = tmp_path / "cache"
    done = run([sys.executable, "-c", _FORK, place, str(cache), NEW, file.key, str(file.size), str(file.md5)])
    assert done.stderr == ""
    there = (folder if place == str(folder) else cache) / MATRIX
    assert done.stdout == f"0 2 {there}\n"
    assert there.read_bytes() == CONTENT[MATRIX]


def test_a_store_that_is_pickled_fetches(place: str, tmp_path: Path) -> None:
    store = Store(open_source(place), tmp_path / "cache")
    store.ensure(remote(PLANE))  # connections are open, and the ledger knows a file
    copied: Store = pickle.loads(pickle.dumps(store))
    assert isinstance(copied.source, Source)
    assert (copied.source.location, copied.cache) == (store.source.location, store.cache)
    assert copied.locate(remote(PLANE)) == store.locate(remote(PLANE))
    assert copied.ensure(remote(MATRIX)).read_bytes() == CONTENT[MATRIX]


def test_a_store_works_in_a_process_that_was_started_anew(place: str, tmp_path: Path) -> None:
    store = Store(open_source(place), tmp_path / "cache")
    path = elsewhere(store.ensure, remote(MATRIX))
    assert path == store.locate(remote(MATRIX))
    assert path.read_bytes() == CONTENT[MATRIX]


def test_a_store_is_sent_to_a_dask_worker(folder: Path, tmp_path: Path) -> None:
    with FolderServer(folder) as server:
        store = Store(open_source(server.url), tmp_path / "cache")
        store.source.releases()
        with (
            distributed.LocalCluster(
                n_workers=1,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                death_timeout=LONGEST,
            ) as cluster,
            distributed.Client(cluster, set_as_default=False) as client,
        ):
            path = client.submit(store.ensure, remote(MATRIX)).result(LONGEST)
    assert path == store.locate(remote(MATRIX))
    assert path.read_bytes() == CONTENT[MATRIX]
