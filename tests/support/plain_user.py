"""What a plain user may not do, also where tests run as root."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534


@contextlib.contextmanager
def plain_folder() -> Iterator[Path]:
    """A folder that a plain user may look into; the rights that were given up come back at its end."""
    if os.name == "nt":
        pytest.skip("folders are not made read-only this way on Windows")
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    was_root = os.geteuid() == 0
    try:
        yield root
    finally:
        if was_root:
            os.seteuid(0)
        for path in root.rglob("*"):
            if path.is_dir():
                path.chmod(0o755)
        shutil.rmtree(root)


def become_plain_user() -> None:
    """Give up the rights of root, until the folder's end."""
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
