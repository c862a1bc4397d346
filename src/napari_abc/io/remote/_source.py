"""What every source of bytes can do: a bucket, a web mirror, or a folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from napari_abc.errors import FormatError
from napari_abc.io.remote._paths import is_version
from napari_abc.per_process import PerProcess

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

    from napari_abc.task import Task

__all__ = ["PUBLIC_BUCKET", "Source", "in_order", "too_large"]

PUBLIC_BUCKET = "s3://allen-brain-cell-atlas"
"""The Allen Institute's public bucket; it needs no account."""


class Source(PerProcess, ABC):
    """A place that holds releases in the bucket's layout.

    Attributes
    ----------
    location
        What a person would type to name it; it never shows a password.
    folder
        Its folder if it is one on this machine, else None.
    """

    location: str
    folder: Path | None = None

    @property
    def is_local(self) -> bool:
        """Whether its files lie on this machine and are used in place."""
        return self.folder is not None

    @abstractmethod
    def releases(self) -> list[str]:
        """Versions of the releases it holds, ascending.

        Raises
        ------
        NetworkError
            If it can't be reached, or has no way to list what it holds.
        MissingFileError
            If it says that there are none.
        """

    @abstractmethod
    def read_small(self, key: str, limit: int) -> bytes:
        """Read a whole small file.

        Parameters
        ----------
        key
            Path inside the source, with forward slashes.
        limit
            Most bytes to take; more is never held in memory.

        Raises
        ------
        MissingFileError
            If there is no such file.
        FormatError
            If the file is larger than `limit`, or lies outside a local source.
        NetworkError
            If the source can't be reached.
        """

    @abstractmethod
    def blocks(self, key: str, size: int | None, task: Task) -> Generator[bytes, None, None]:
        """Content of a file, block after block, from its first byte to its last.

        Parameters
        ----------
        key
            Path inside the source, with forward slashes.
        size
            Bytes it should have, None where unknown.
        task
            Asked between blocks, and while waiting for one, whether to stop.

        Raises
        ------
        MissingFileError
            If there is no such file.
        IntegrityError
            If the source says that its size is another.
        NetworkError
            If the source can't be reached, or stops answering.
        Cancelled
            If `task` was cancelled.
        """

    def path(self, key: str) -> Path | None:
        """Where a file lies on this machine, or None: absent, or not a local source."""
        return None

    def __repr__(self) -> str:
        return f"<Source {self.location}>"


def in_order(names: Iterable[str]) -> list[str]:
    """Release versions among `names`, each once, ascending."""
    return sorted({name for name in names if is_version(name)}, key=lambda name: (int(name), name))


def too_large(name: str, limit: int) -> FormatError:
    """The error for a small file that is not small."""
    return FormatError(
        f"{name} is larger than the {limit / 2**20:g} MiB that such a file may have, so it is not one: "
        "use another source."
    )
