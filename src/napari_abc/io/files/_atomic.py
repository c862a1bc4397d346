"""Writing a file so that it appears whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO
from uuid import uuid4

from napari_abc.errors import AbcError
from napari_abc.io.files._write import make_folder, not_written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["save_atomically"]


def save_atomically(target: Path, write: Callable[[BinaryIO], object], *, durable: bool = True) -> None:
    """Write a file under a temporary name beside it, then put it in place.

    Whatever stops the writing (an error, a cancel, a crash) leaves what was there before.

    Parameters
    ----------
    target
        The file; its folder is made if need be.
    write
        Called with a binary file open for writing.
    durable
        Whether to wait until it is on the disk. Not needed for what tells by a checksum, when it is
        read, that power failed before it was.

    Raises
    ------
    DiskFullError
        If there is no room.
    ConfigurationError
        If the place can't be written to.
    """
    make_folder(target.parent)
    part = target.with_name(f".{target.name}.{uuid4().hex}.part")
    try:
        with part.open("wb") as out:
            write(out)
            out.flush()
            if durable:
                os.fsync(out.fileno())
        os.replace(part, target)
    except AbcError:
        raise
    except OSError as error:
        raise not_written(target, error) from error
    finally:
        part.unlink(missing_ok=True)
