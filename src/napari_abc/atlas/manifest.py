"""A release's manifest: which files there are, where, how large, and with which MD5.

A manifest is read once, with every name and number of it checked, into a flat table; whatever is
asked later is one look-up.
"""

from __future__ import annotations

import difflib
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_abc.errors import FormatError, UnknownNameError
from napari_abc.io.remote import RemoteFile, check_part, check_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["KINDS", "LAYERS", "Release"]

KINDS = ("metadata", "expression_matrices", "image_volumes")
"""Kinds of files that this project reads. A manifest may have others, which :meth:`Release.others` tells."""

LAYERS = ("log2", "raw")
"""Forms that an expression matrix comes in."""


@dataclass(frozen=True, slots=True)
class Release:
    """The files of one release. Made by :meth:`parse`."""

    version: str
    """Its version, ``"20260228"``."""
    synthetic: bool
    """Whether the data are made up."""
    _files: dict[tuple[str, str, str, str | None], RemoteFile]
    _names: dict[str, dict[str, tuple[str, ...]]]
    _others: dict[str, dict[str, tuple[RemoteFile, ...]]]

    @classmethod
    def parse(cls, data: bytes, version: str) -> Release:
        """Read a manifest.

        Parameters
        ----------
        data
            Content of ``releases/<version>/manifest.json``.
        version
            The release that it was taken from.

        Raises
        ------
        FormatError
            If it is no manifest, belongs to another release, or has a wrong or missing part; the
            message names the part.
        """
        check_version(version)
        where = f"The manifest of release {version}"
        start = data.lstrip()[:1]
        if start in (b"", b"<"):
            # What a mirror behind a log-in, or one that is full, sends in its place.
            what = "a web page, no manifest: log in there, check the address" if start else "empty: try again"
            raise FormatError(f"{where} is {what}, or choose another release or source.")
        try:
            content = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise FormatError(
                f"{where} is not JSON ({error}): it may be cut short; choose another release or source."
            ) from error
        reader = _Reader(where)
        top = reader.table(content, "its top level")
        told = top.get("version", version)
        if told != version:
            raise FormatError(
                f"{where} says that it belongs to release {told!r:.40}: choose another release or source."
            )
        files: dict[tuple[str, str, str, str | None], RemoteFile] = {}
        names: dict[str, dict[str, tuple[str, ...]]] = {}
        others: dict[str, dict[str, tuple[RemoteFile, ...]]] = {}
        for directory, kinds in reader.items(top.get("file_listing"), "file_listing"):
            names[directory] = {}
            place = f"file_listing/{directory}"
            for kind, entries in reader.table(kinds, place).items():
                if kind not in KINDS:
                    others.setdefault(directory, {})[kind] = reader.others(entries)
                    continue
                found: dict[str, None] = {}
                for name, entry in reader.items(entries, f"{place}/{kind}"):
                    for layer, file in reader.entry(entry, f"{place}/{kind}/{name}"):
                        files[directory, kind, name, layer] = file
                        found[name] = None
                names[directory][kind] = tuple(found)
        synthetic = top.get("synthetic", False)
        if not isinstance(synthetic, bool):
            raise reader.wrong("synthetic", "true or false", synthetic)
        return cls(version, synthetic, files, names, others)

    def directories(self) -> tuple[str, ...]:
        """Names of all datasets and taxonomies, in the manifest's order."""
        return tuple(self._names)

    def names(self, directory: str, kind: str) -> tuple[str, ...]:
        """Names of a directory's files of one kind, in the manifest's order; empty if it has none.

        Raises
        ------
        UnknownNameError
            If there is no such directory.
        """
        return self._directory(directory).get(kind, ())

    def find(self, directory: str, kind: str, name: str, layer: str | None = None) -> RemoteFile | None:
        """Look up a file as :meth:`file` does, with None if the release does not have it."""
        return self._files.get((directory, kind, name, layer))

    def file(self, directory: str, kind: str, name: str, layer: str | None = None) -> RemoteFile:
        """Look up a file.

        Parameters
        ----------
        directory
            Dataset or taxonomy: ``"WMB-taxonomy"``.
        kind
            One of :data:`KINDS`.
        name
            Table, matrix or volume, without extension: ``"cluster_annotation_term"``.
        layer
            ``"log2"`` or ``"raw"`` for an expression matrix, else None.

        Raises
        ------
        UnknownNameError
            If the release does not have it.
        """
        found = self.find(directory, kind, name, layer)
        if found is not None:
            return found
        names = self._directory(directory).get(kind, ())
        if name in names:
            layers = [key[3] or "no layer" for key in self._files if key[:3] == (directory, kind, name)]
            raise UnknownNameError(
                f"{name!r} of {directory} in release {self.version} has no layer {layer!r}; it has: "
                f"{', '.join(layers)}."
            )
        raise UnknownNameError(
            f"{directory} has no {name!r} among its {kind} in release {self.version}{_instead(name, names)}"
        )

    def files(self, directory: str, kind: str | None = None) -> tuple[RemoteFile, ...]:
        """All files of a directory, each once.

        Parameters
        ----------
        directory
            Dataset or taxonomy.
        kind
            One of :data:`KINDS`; None for all of them.

        Raises
        ------
        UnknownNameError
            If there is no such directory.
        """
        kinds = self._directory(directory)
        found = {
            file.key: file
            for own_kind, names in kinds.items()
            if kind in (None, own_kind)
            for name in names
            for layer in (None, *LAYERS)
            if (file := self.find(directory, own_kind, name, layer)) is not None
        }
        return tuple(found.values())

    def others(self, directory: str) -> dict[str, tuple[RemoteFile, ...]]:
        """Files of the kinds that this project does not read, by kind; only what is in order."""
        self._directory(directory)
        return {kind: files for kind, files in self._others.get(directory, {}).items() if files}

    def size(self, directory: str) -> int:
        """Bytes of all files of a directory, as far as the manifest gives them.

        Raises
        ------
        UnknownNameError
            If there is no such directory.
        """
        return sum(file.size or 0 for file in self.files(directory))

    def _directory(self, directory: str) -> dict[str, tuple[str, ...]]:
        try:
            return self._names[directory]
        except KeyError:
            raise UnknownNameError(
                f"Release {self.version} has no dataset {directory!r}{_instead(directory, self._names)}"
            ) from None


@dataclass(frozen=True, slots=True)
class _Reader:
    """Takes a manifest apart, and names the place where it is not as it should be."""

    where: str

    def wrong(self, place: str, expected: str, found: object) -> FormatError:
        shown = "nothing" if found is None else repr(found)
        shown = shown if len(shown) <= 60 else f"{shown[:60]}…"
        return FormatError(
            f"{self.where} is damaged at {place} ({expected} was expected, {shown} is there): choose another "
            "release or source."
        )

    def table(self, value: object, place: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.wrong(place, "a table", value)
        return value

    def items(self, value: object, place: str) -> Iterator[tuple[str, Any]]:
        """Entries of a table whose names may become parts of paths."""
        for name, entry in self.table(value, place).items():
            try:
                check_part(name)
            except FormatError:
                raise self.wrong(place, "a plain name", name) from None
            yield name, entry

    def entry(self, entry: object, place: str) -> Iterator[tuple[str | None, RemoteFile]]:
        """Files of one name: itself, or its layers."""
        table = self.table(entry, place)
        if "files" in table:
            yield None, self.file(table["files"], f"{place}/files")
            return
        layers = [layer for layer in LAYERS if layer in table]
        if not layers:
            raise self.wrong(place, "'files'", sorted(map(str, table)) or None)
        for layer in layers:
            inner = self.table(table[layer], f"{place}/{layer}")
            yield layer, self.file(inner.get("files"), f"{place}/{layer}/files")

    def others(self, entries: object) -> tuple[RemoteFile, ...]:
        """Files of a kind that nobody here knows; what has another form than files is left out."""
        found = []
        for entry in entries.values() if isinstance(entries, dict) else ():
            with suppress(FormatError):
                found += [file for _, file in self.entry(entry, "")]
        return tuple(found)

    def file(self, files: object, place: str) -> RemoteFile:
        """The file of an entry. It has one form ("csv", "geojson", "nii.gz"); only the first counts."""
        forms = self.table(files, place)
        if not forms:
            raise self.wrong(place, "a file", None)
        form = next(iter(forms))
        place = f"{place}/{form}"
        values = self.table(forms[form], place)
        size = values.get("size")
        if size is not None and (type(size) is not int or size < 0):
            raise self.wrong(f"{place}/size", "a number of bytes", size)
        md5 = values.get("file_hash") or None
        if md5 is not None and not isinstance(md5, str):
            raise self.wrong(f"{place}/file_hash", "an MD5", md5)
        key = values.get("relative_path")
        if not isinstance(key, str):
            raise self.wrong(f"{place}/relative_path", "a path", key)
        try:
            return RemoteFile(key, size, md5.strip().lower() if md5 else None)
        except FormatError as error:
            raise FormatError(f"{self.where} is not to be trusted at {place}: {error}") from error


def _instead(name: str, known: Iterable[str]) -> str:
    known = list(known)
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if close:
        return f": did you mean {' or '.join(close)}?"
    if not known:
        return "; there is none."
    shown = ", ".join(known[:8])
    return f"; there are: {shown}{', …' if len(known) > 8 else '.'}"
