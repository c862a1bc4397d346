"""Where bytes come from, and files fetched once and verified.

A source is a public bucket, a mirror behind http, or a folder of this machine, each in the bucket's layout.
A store has what a source holds on this machine: it fetches a file when it is needed, compares size and MD5,
and remembers what it compared. Both work in several threads, in forked children and on a Dask worker. What
clients of the network have to be told (endpoint, region, credentials, how long to wait) is said here.
"""

from __future__ import annotations

from napari_abc.io.remote._clients import (
    RETRIES,
    storage_options,
    tensorstore_bucket,
)
from napari_abc.io.remote._open import open_source
from napari_abc.io.remote._paths import RemoteFile, check_part, check_version
from napari_abc.io.remote._source import PUBLIC_BUCKET, Source
from napari_abc.io.remote._store import Store

__all__ = [
    "PUBLIC_BUCKET",
    "RETRIES",
    "RemoteFile",
    "Source",
    "Store",
    "check_part",
    "check_version",
    "open_source",
    "storage_options",
    "tensorstore_bucket",
]
