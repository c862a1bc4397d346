"""What every test shares: a home and a cache of its own, no network but 127.0.0.1, and real servers."""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import sys
import tempfile
from typing import TYPE_CHECKING, Any

import pytest

from servers import BucketServer, FolderServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PUBLIC_BUCKET_NAME = "allen-brain-cell-atlas"

# Before anything is imported that looks up its settings or cache folder: no test touches the real home.
_home = tempfile.mkdtemp(prefix="napari-abc-tests-")
atexit.register(shutil.rmtree, _home, ignore_errors=True)
for _name in ("HOME", "USERPROFILE"):
    os.environ[_name] = _home
for _name, _folder in {
    "XDG_CACHE_HOME": ".cache",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
    "APPDATA": "AppData/Roaming",
    "LOCALAPPDATA": "AppData/Local",
}.items():
    os.environ[_name] = os.path.join(_home, _folder)
# Not one for all processes that run tests beside each other: a window is opened as large as the last one was.
os.environ["NAPARI_CONFIG"] = os.path.join(_home, "napari-settings.yaml")

_strangers: list[str] = []


def _watch(event: str, args: tuple[Any, ...]) -> None:
    """Refuse, and remember, a connection to anywhere but this machine."""
    if event == "socket.connect":
        if args[0].family not in (socket.AF_INET, socket.AF_INET6):
            return
        host = args[1][0]
    elif event == "socket.getaddrinfo":
        host = args[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode()
    # Names under .invalid never exist; the tests use them for a name that can't be resolved.
    if host in (None, "", "localhost", "::1") or host.startswith("127.") or host.endswith(".invalid"):
        return
    _strangers.append(host)
    raise ConnectionRefusedError(f"The tests must not connect to {host}.")


sys.addaudithook(_watch)


@pytest.fixture(autouse=True)
def _only_this_machine() -> Iterator[None]:
    _strangers.clear()
    yield
    assert not _strangers, f"connected to {_strangers}; tests use servers on 127.0.0.1 only"


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The default cache of this test alone, empty at its start."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("NAPARI_ABC_CACHE", str(folder))
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return folder


@pytest.fixture(scope="session")
def release_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthetic release in bucket layout, built once for all tests; not to be written to."""
    from napari_abc.demo.release import build_release

    return build_release(tmp_path_factory.mktemp("release") / "bucket")


@pytest.fixture(scope="session")
def _moto() -> Iterator[BucketServer]:
    server = BucketServer()
    yield server
    server.close()


@pytest.fixture
def bucket_server(_moto: BucketServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[BucketServer]:
    """A real S3-protocol server without objects of its own; fails if a request was not anonymous.

    The environment holds credentials that are not valid: they must not be used.
    """
    monkeypatch.setenv("AWS_ENDPOINT_URL", _moto.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "bogus")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "bogus")
    _moto.requests.clear()
    yield _moto
    signed = [request for request in _moto.requests if "authorization" in request.headers]
    assert not signed, f"requests with credentials: {signed}"


@pytest.fixture(scope="session")
def _public_bucket(_moto: BucketServer, release_folder: Path) -> str:
    _moto.fill(PUBLIC_BUCKET_NAME, release_folder)
    return PUBLIC_BUCKET_NAME


@pytest.fixture
def s3_server(_public_bucket: str, bucket_server: BucketServer) -> BucketServer:
    """The synthetic release behind the S3 protocol, as ``s3://allen-brain-cell-atlas``."""
    return bucket_server


@pytest.fixture
def http_server(release_folder: Path) -> Iterator[FolderServer]:
    """The synthetic release behind a plain web server with index pages and without ranges."""
    with FolderServer(release_folder) as server:
        yield server
