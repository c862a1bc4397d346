"""The catalog: one file that describes every dataset, checked when it is read; ``entries`` has its fields."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import ValidationError

from napari_abc.atlas.entries import Entry, Fields, TaxonomyEntry
from napari_abc.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from importlib.resources.abc import Traversable

__all__ = ["CATALOGS", "Catalog", "catalog", "read_catalog"]


@dataclass(frozen=True, slots=True)
class Catalog:
    """What this project describes of the atlas."""

    datasets: Mapping[str, Entry]
    """By name."""
    taxonomies: Mapping[str, TaxonomyEntry]
    """By directory."""


_EntryT = TypeVar("_EntryT", bound=Fields)


def _line(root: yaml.Node | None, path: Sequence[object]) -> int:
    """Line, from 1, of the deepest part of a parsed document along a path of keys and indices."""
    assert root is not None  # an empty document was refused before
    node = root
    for step in path:
        if isinstance(node, yaml.MappingNode):
            found = [value for key, value in node.value if key.value == str(step)]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            found = [node.value[step]]
        else:
            found = []
        if not found:
            break
        node = found[0]
    return node.start_mark.line + 1


def read_catalog(text: str, origin: str, known: Catalog | None = None) -> Catalog:
    """Read and check a catalog.

    Parameters
    ----------
    text
        YAML: a mapping with the lists ``datasets`` and ``taxonomies``.
    origin
        Name of the file, for messages.
    known
        What other files describe; the new entries may use its taxonomies.

    Returns
    -------
    Catalog
        What is known, then the entries in the order of the file.

    Raises
    ------
    FormatError
        If an entry is wrong; the message names the line and the field.
    """
    try:
        # The safe loader builds plain data only; a tag that would run code is an error.
        data: Any = yaml.safe_load(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise FormatError(f"{origin} is not YAML: {error}.") from error
    known = known or Catalog({}, {})
    document = _Document(data if isinstance(data, dict) else {}, root, origin)
    taxonomies = document.entries("taxonomies", TaxonomyEntry, "directory", known.taxonomies)
    datasets = document.entries("datasets", Entry, "name", known.datasets)
    for index, entry in enumerate(list(datasets.values())[len(known.datasets) :]):
        uses = [(("taxonomies", k), use.directory) for k, use in enumerate(entry.taxonomies)]
        uses += [
            (("volumes", k), volume.terms)
            for k, volume in enumerate(entry.volumes)
            if volume.terms is not None
        ]
        for path, directory in uses:
            if directory not in taxonomies:
                raise document.wrong(("datasets", index, *path), f"no taxonomy {directory} is described")
    return Catalog(datasets, taxonomies)


@dataclass(frozen=True, slots=True)
class _Document:
    """A parsed catalog, and where each of its parts stands."""

    data: dict[str, Any]
    root: yaml.Node | None
    origin: str

    def entries(
        self, name: str, kind: type[_EntryT], key: str, known: Mapping[str, _EntryT]
    ) -> dict[str, _EntryT]:
        items = self.data.get(name)
        if not isinstance(items, list):
            raise FormatError(
                f"{self.origin} has no list {name!r} at its top level; see the packaged catalog."
            )
        entries = dict(known)
        for index, item in enumerate(items):
            try:
                entry = kind.model_validate(item)
            except ValidationError as error:
                first = error.errors()[0]
                place = ".".join(str(step) for step in first["loc"])
                what = f"{place}: {first['msg']}" if place else first["msg"]
                raise self.wrong((name, index, *first["loc"]), what) from error
            label = getattr(entry, key)
            if label in entries:
                raise self.wrong((name, index), f"{label} is described twice")
            entries[label] = entry
        return entries

    def wrong(self, path: Sequence[object], what: str) -> FormatError:
        return FormatError(f"{self.origin}, line {_line(self.root, path)}: {what}.")


CATALOGS: list[Traversable] = [files("napari_abc.atlas") / "catalog.yaml"]
"""Files that the catalog is read from, one after the other; each may use the taxonomies of those before."""


def catalog() -> Catalog:
    """Every dataset and taxonomy that this project describes; read once.

    Raises
    ------
    FormatError
        If an entry is wrong, or describes what another file does.
    """
    return _read_all(tuple(CATALOGS))


@cache
def _read_all(paths: tuple[Traversable, ...]) -> Catalog:
    found = None
    for path in paths:
        found = read_catalog(path.read_text("utf-8"), path.name, found)
    return found or Catalog({}, {})
