"""Where bytes come from (a bucket, a web mirror, a folder), and files fetched once and verified."""

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
