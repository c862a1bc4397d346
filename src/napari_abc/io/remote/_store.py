"""Files of a release on this machine: used where they lie, or fetched once and verified."""

from __future__ import annotations

import contextlib
import hashlib
import json
from enum import Enum
from typing import TYPE_CHECKING

from napari_abc.errors import (
    AbcError,
    FormatError,
    IntegrityError,
    MissingFileError,
    NetworkError,
    OfflineError,
    UnknownNameError,
)
from napari_abc.io.files import (
    OWN_FOLDER,
    choose_cache,
    make_folder,
    one_at_a_time,
    write_verified,
)
from napari_abc.io.remote._folder import FolderSource
from napari_abc.io.remote._ledger import Ledger
from napari_abc.io.remote._paths import RemoteFile, manifest_key
from napari_abc.io.remote._source import PUBLIC_BUCKET, in_order
from napari_abc.task import Task
from napari_abc.text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from napari_abc.io.remote._source import Source

__all__ = ["Store"]

_MANIFEST_LIMIT = 64 * 2**20
_BLOCK = 4 * 2**20


class _State(Enum):
    """What is known of a file as it lies there."""

    SOUND = "sound"
    UNCHECKED = "of the right size; its MD5 was never computed"
    DAMAGED = "of another size or MD5"


class Store:
    """What a source holds, on this machine. Safe to use from several threads.

    Files of a local source are used where they lie. Files of a bucket or mirror are fetched into
    the cache, which has the bucket's layout itself; an abc_atlas_access cache, or a folder that
    can't be written to, serves the files it has and is never written to.

    Parameters
    ----------
    source
        Where bytes come from.
    cache
        Folder to look in and to fetch into; None for :func:`~napari_abc.io.files.default_cache`.
    offline
        Fetch nothing, and make do with what is on this machine.

    Attributes
    ----------
    source, offline
        As given.
    cache
        Folder that files are fetched into.
    warnings
        What a person should know although the work goes on, a sentence each, oldest first.

    Raises
    ------
    ConfigurationError
        If there is no folder to write to.
    """

    def __init__(self, source: Source, cache: Path | None = None, offline: bool = False) -> None:
        self.source = source
        self.offline = offline
        self.cache, self._only_read, self.warnings = choose_cache(cache, source.folder)
        self._ledger = Ledger(self.cache / OWN_FOLDER / "verified.jsonl", self.cache)

    @property
    def derived(self) -> Path:
        """Writable folder for what is derived from the files; made if it is not there.

        Raises
        ------
        ConfigurationError
            If it can't be made.
        """
        folder = self.cache / OWN_FOLDER
        make_folder(folder)
        return folder

    def releases(self) -> list[str]:
        """Versions of the releases at hand, ascending.

        Where the source does not answer, those whose manifest is on this machine; :attr:`warnings`
        says so.

        Raises
        ------
        NetworkError
            If the source does not answer and no manifest is on this machine.
        OfflineError
            If fetching is off and no manifest is on this machine.
        """
        if self.source.is_local:
            return self.source.releases()
        kept = in_order(
            manifest.parent.name
            for folder in self._folders
            for manifest in folder.glob("releases/*/manifest.json")
        )
        if self.offline:
            if not kept:
                raise OfflineError(
                    f"No release is on this machine ({self.cache}) and fetching is off: open "
                    f"{self.source.location} once with network, or give a folder with the data as source."
                )
            return kept
        try:
            return self.source.releases()
        except NetworkError as error:
            if not kept:
                raise
            self._warn(f"{error} Until then there are the releases on this machine: {', '.join(kept)}.")
            return kept

    def manifest_bytes(self, version: str) -> bytes:
        """The manifest of a release, as it lies there; at most 64 MiB.

        Raises
        ------
        UnknownNameError
            If the source has no such release.
        OfflineError
            If it is not on this machine and fetching is off.
        NetworkError
            If it is not on this machine and the source does not answer.
        FormatError
            If `version` is not digits only, or the manifest is too large.
        """
        key = manifest_key(version)
        kept: list[tuple[bytes, str | None]] = []
        if not self.source.is_local:
            kept = list(self._kept_manifests(key))
            for data, origin in kept:
                # One that came from another source may describe other files.
                if self.offline or origin in (None, self.source.location):
                    return data
            if self.offline:
                raise OfflineError(
                    f"Release {version} is not on this machine ({self.cache}) and fetching is off: open it "
                    "once with network, or choose a release that is here."
                )
        try:
            data = self.source.read_small(key, _MANIFEST_LIMIT)
        except MissingFileError:
            raise UnknownNameError(
                f"{self.source.location} has no release {version!r}{self._choices()}."
            ) from None
        except NetworkError as error:
            if not kept:
                raise
            self._warn(f"{error} Until then the copy of release {version} from {kept[0][1]} is used.")
            return kept[0][0]
        # What is no manifest (a log-in page, say) must not be kept and taken for one tomorrow.
        if not self.source.is_local and _is_manifest(data):
            target = self.cache / key
            found, md5 = write_verified(target, _as_blocks(data), None, None)
            self._ledger.record(target, found, md5, self.source.location)
        return data

    def locate(self, file: RemoteFile) -> Path | None:
        """Where a file lies on this machine; None if it would have to be fetched. Cheap, no network.

        A file whose MD5 was never checked counts; :meth:`ensure` checks it.

        Raises
        ------
        FormatError
            If a link leads out of a local source's folder.
        """
        unchecked = None
        for path in self._places(file):
            state = self._state(path, file)
            if state is _State.SOUND:
                return path
            if state is _State.UNCHECKED:
                unchecked = unchecked or path
        return unchecked

    def identity(self, file: RemoteFile) -> str:
        """What tells the content of a file from any other, to name what is derived from it after.

        Its MD5; where the manifest gives none, its name, size and time of change as it lies here.
        """
        if file.md5 is not None:
            return file.md5
        path = self.locate(file)
        if path is not None:
            with contextlib.suppress(OSError):
                found = path.stat()
                return f"{file.name}-{found.st_size}-{found.st_mtime_ns}"
        return f"{file.name}-{file.size}"

    def ensure(self, file: RemoteFile, task: Task | None = None) -> Path:
        """Have a file on this machine, verified; fetched only if it is not here yet.

        Parameters
        ----------
        file
            The file, as the manifest describes it.
        task
            Told how many bytes are done; can cancel.

        Returns
        -------
        Path
            The whole file, of the right size and MD5 as far as the manifest gives them; not to be
            written to.

        Raises
        ------
        MissingFileError
            If the source does not have it.
        IntegrityError
            If its size or MD5 differ; nothing of what was fetched is kept.
        OfflineError, NetworkError
            If it would have to be fetched, and can't.
        DiskFullError
            If there is no room for it; nothing is kept.
        Cancelled
            If `task` was cancelled; nothing is kept.
        """
        task = task or Task()
        target = self.cache / file.key
        with one_at_a_time(target, task):
            path = self._here(file, task)
            if path is not None:
                return path
            if self.source.is_local:
                raise MissingFileError(
                    f"{self.source.location} has no {file.key} ({bytes_text(file.size)}): "
                    f"{self._complete_it()}"
                )
            if self.offline:
                raise OfflineError(
                    f"{file.name} ({bytes_text(file.size)}) is not on this machine and fetching is off: open "
                    "the atlas without 'offline', or give a cache folder that has it."
                )
            blocks = _reported(self.source.blocks(file.key, file.size, task), file, task)
            found, md5 = write_verified(target, blocks, file.size, file.md5)
            self._ledger.record(target, found, md5, self.source.location)
            return target

    @property
    def _folders(self) -> list[Path]:
        return [*self._only_read, self.cache]

    def _places(self, file: RemoteFile) -> Iterator[Path]:
        """Where the file lies, sound or not."""
        if self.source.is_local:
            path = self.source.path(file.key)
            if path is not None:
                yield path
            return
        for folder in self._folders:
            path = folder / file.key
            if path.is_file():
                yield path

    def _state(self, path: Path, file: RemoteFile) -> _State:
        try:
            size = path.stat().st_size
        except OSError:
            return _State.DAMAGED
        if file.size is not None and size != file.size:
            return _State.DAMAGED
        if file.md5 is None:
            return _State.SOUND
        entry = self._ledger.entry(path)
        if entry is None:
            return _State.UNCHECKED
        return _State.SOUND if entry.md5 == file.md5 else _State.DAMAGED

    def _here(self, file: RemoteFile, task: Task) -> Path | None:
        """Where the file lies, verified; None if nowhere. A damaged one of others is left alone."""
        places = list(self._places(file))
        for path in places:
            if self._state(path, file) is _State.SOUND:
                return path
        for path in places:
            if self._state(path, file) is _State.UNCHECKED:
                self._check(path, file, task)
                if self._state(path, file) is _State.SOUND:
                    return path
            if self.source.is_local:
                raise IntegrityError(
                    f"{path} is not the file that the manifest describes ({_difference(path, file)}): "
                    f"{self._complete_it()}"
                )
            if path != self.cache / file.key:
                self._warn(
                    f"{path} is not the file that the manifest describes ({_difference(path, file)}); it is "
                    f"left alone, and {self.cache} is used instead."
                )
        return None

    def _check(self, path: Path, file: RemoteFile, task: Task) -> None:
        """Compute a file's MD5 and remember it."""
        digest = hashlib.md5(usedforsecurity=False)
        done = 0
        try:
            with path.open("rb") as content:
                found = path.stat()
                while block := content.read(_BLOCK):
                    digest.update(block)
                    done += len(block)
                    task.report(f"Checking {file.name}", done, found.st_size)
        except AbcError:
            raise
        except OSError as error:
            raise FormatError(
                f"{path} can't be read ({error.strerror or error}): check its permissions."
            ) from error
        self._ledger.record(path, found, digest.hexdigest())

    def _kept_manifests(self, key: str) -> Iterator[tuple[bytes, str | None]]:
        """Manifests on this machine that are whole, each with the source it came from, if known."""
        for folder in self._folders:
            path = folder / key
            with contextlib.suppress(OSError):
                if path.is_file() and path.stat().st_size <= _MANIFEST_LIMIT:
                    entry = self._ledger.entry(path)
                    data = path.read_bytes()
                    if _is_manifest(data):
                        yield data, None if entry is None else entry.origin

    def _choices(self) -> str:
        with contextlib.suppress(NetworkError, MissingFileError):
            return f"; it has {', '.join(self.source.releases())}"
        return ": check the address"

    def _complete_it(self) -> str:
        if not isinstance(self.source, FolderSource):
            return "choose another source."
        return f"choose {PUBLIC_BUCKET} as the source; a script can name this folder as its cache."

    def _warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)


def _difference(path: Path, file: RemoteFile) -> str:
    with contextlib.suppress(OSError):
        size = path.stat().st_size
        if file.size is not None and size != file.size:
            return f"{size:,} bytes instead of {file.size:,}"
    return f"its MD5 is not {file.md5}"


def _is_manifest(data: bytes) -> bool:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and isinstance(content.get("file_listing"), dict)


def _as_blocks(data: bytes) -> Generator[bytes, None, None]:
    yield data


def _reported(
    blocks: Generator[bytes, None, None], file: RemoteFile, task: Task
) -> Generator[bytes, None, None]:
    """The same blocks, reporting how far they are; closes them at the end, whatever happens."""
    what = f"Downloading {file.name}"
    done = 0
    with contextlib.closing(blocks):
        task.report(what, done, file.size)
        for block in blocks:
            yield block
            done += len(block)
            task.report(what, done, file.size)
