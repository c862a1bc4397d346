"""Files of this machine: written whole or not at all, and where the cache is."""

from __future__ import annotations

from napari_abc.io.files._atomic import save_atomically
from napari_abc.io.files._cache import OWN_FOLDER, choose_cache, default_cache
from napari_abc.io.files._output import atomic_path, check_output
from napari_abc.io.files._stamp import Stamp
from napari_abc.io.files._write import (
    make_folder,
    not_written,
    one_at_a_time,
    remove_leftovers,
    size_text,
    temporary,
    write_verified,
)

__all__ = [
    "OWN_FOLDER",
    "Stamp",
    "atomic_path",
    "check_output",
    "choose_cache",
    "default_cache",
    "make_folder",
    "not_written",
    "one_at_a_time",
    "remove_leftovers",
    "save_atomically",
    "size_text",
    "temporary",
    "write_verified",
]
