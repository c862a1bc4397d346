"""A folder of this machine in the bucket's layout; its files are used where they lie."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from napari_abc.errors import ConfigurationError, FormatError, MissingFileError
from napari_abc.io.remote._source import PUBLIC_BUCKET, Source, in_order, too_large

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from napari_abc.task import Task

__all__ = ["FolderSource"]

_BLOCK = 4 * 2**20


class FolderSource(Source):
    """A folder in bucket layout: a copy, a mounted mirror, or an abc_atlas_access cache; only read.

    Parameters
    ----------
    folder
        The folder that contains ``releases``.

    Raises
    ------
    MissingFileError
        If it does not exist or holds no release.
    ConfigurationError
        If it is no folder.
    """

    folder: Path

    def __init__(self, folder: Path) -> None:
        folder = folder.absolute()
        if not folder.exists():
            raise MissingFileError(f"There is no folder {folder}: check the path of the source.")
        if not folder.is_dir():
            raise ConfigurationError(
                f"{folder} is a file, but a source is a folder: give the one that contains 'releases'."
            )
        self.folder = folder.resolve()
        self.location = str(folder)
        if not self.releases():
            raise MissingFileError(
                f"{folder} holds no releases/<version>/manifest.json: give the folder that contains "
                f"'releases', or use source={PUBLIC_BUCKET!r}."
            )

    def releases(self) -> list[str]:
        """Versions that have a manifest here, ascending."""
        found = self.folder.glob("releases/*/manifest.json")
        return in_order(manifest.parent.name for manifest in found if manifest.is_file())

    def path(self, key: str) -> Path | None:
        """Where a file lies, or None if it is absent.

        Raises
        ------
        FormatError
            If it is reached through a link that leads out of the folder, or is no regular file.
        """
        path = self.folder / key
        try:
            # A link to a device or a pipe would never end; a link out of the folder is not its data.
            if not path.resolve().is_relative_to(self.folder):
                raise FormatError(
                    f"{path} leads out of the folder through a link: put the file itself there."
                )
            mode = path.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, RuntimeError) as error:
            raise FormatError(f"{path} can't be read ({_why(error)}): check its permissions.") from error
        if not stat.S_ISREG(mode):
            raise FormatError(f"{path} is not a regular file: put the file itself there.")
        return path

    def read_small(self, key: str, limit: int) -> bytes:
        """Read a whole small file; see :meth:`Source.read_small`."""
        path = self._needed(key)
        if path.stat().st_size > limit:
            raise too_large(str(path), limit)
        try:
            with path.open("rb") as file:
                data = file.read(limit + 1)
        except OSError as error:
            raise FormatError(f"{path} can't be read ({_why(error)}): check its permissions.") from error
        if len(data) > limit:
            raise too_large(str(path), limit)
        return data

    def blocks(self, key: str, size: int | None, task: Task) -> Generator[bytes, None, None]:
        """Content of a file, block after block; see :meth:`Source.blocks`."""
        with self._needed(key).open("rb") as file:
            while block := file.read(_BLOCK):
                task.check()
                yield block

    def _needed(self, key: str) -> Path:
        path = self.path(key)
        if path is None:
            raise MissingFileError(
                f"{self.location} has no {key}: complete the folder, or use source={PUBLIC_BUCKET!r}."
            )
        return path


def _why(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error)
