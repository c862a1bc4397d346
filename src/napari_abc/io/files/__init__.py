"""Files of this machine.

Where the cache is and whether it may be written to; writing a file or a folder so that it is whole or not
there, also when the disk fills up or the process dies, with what dead processes left removed; keeping two
threads from making the same thing; and a stamp by which a file is noticed that changed.
"""

from __future__ import annotations

from napari_abc.io.files._atomic import (
    atomic_folder,
    atomic_path,
    make_folder,
    not_written,
    put_in_place,
    save_atomically,
    write_verified,
)
from napari_abc.io.files._cache import OWN_FOLDER, choose_cache, default_cache
from napari_abc.io.files._one_at_a_time import one_at_a_time
from napari_abc.io.files._output import check_output
from napari_abc.io.files._stamp import Stamp
from napari_abc.io.files._temporary import remove_leftovers, temporary, temporary_folder

__all__ = [
    "OWN_FOLDER",
    "Stamp",
    "atomic_folder",
    "atomic_path",
    "check_output",
    "choose_cache",
    "default_cache",
    "make_folder",
    "not_written",
    "one_at_a_time",
    "put_in_place",
    "remove_leftovers",
    "save_atomically",
    "temporary",
    "temporary_folder",
    "write_verified",
]
