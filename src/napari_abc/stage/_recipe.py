"""Recipes: a scene as a small JSON file.

A saved view may come from anybody: it is read as data, checked field by field, and nothing in it is executed
or taken for a path without being asked for by the person who opens it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from napari_abc.errors import FormatError, MissingFileError
from napari_abc.io.files import atomic_path
from napari_abc.stage._state import Scene
from napari_abc.stage.verbs import changed

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_abc.stage._state import SlabKey

__all__ = ["read_scene", "write_scene"]

FORMAT = "napari-abc scene"
VERSION = 1
_MOST_BYTES = 256 * 2**20


def write_scene(scene: Scene, path: Path, extra: dict[str, Any] | None = None) -> None:
    """Save a scene as JSON.

    Paths of own data are written relative to the file's folder where they lie below it.

    Parameters
    ----------
    path
        The file; it is whole or not there.
    extra
        What a viewer adds, the camera say; kept as it is.

    Raises
    ------
    ConfigurationError
        If the file can't be written.
    DiskFullError
        If there is no room.
    """
    folder = path.absolute().parent
    document = {
        "format": FORMAT,
        "version": VERSION,
        "scene": _with_sources(scene, lambda source: _relative(source, folder)).model_dump(mode="json"),
        "viewer": extra or {},
    }
    with atomic_path(path) as part:
        part.write_text(json.dumps(document, indent=1, sort_keys=True, allow_nan=False) + "\n", "utf-8")


def read_scene(path: Path) -> tuple[Scene, dict[str, Any]]:
    """Read a saved scene.

    Returns
    -------
    scene : Scene
        The scene; whether its slabs can be opened is not known yet.
    extra : dict
        What a viewer had added.

    Raises
    ------
    MissingFileError
        If there is no such file.
    FormatError
        If it is not a scene, one of a later version, or says what can't be.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise FormatError(
                f"{path.name} is larger than any saved view ({_MOST_BYTES // 2**20} MiB); it is none."
            )
        document = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise MissingFileError(f"There is no file {str(path)!r}; check the path.") from error
    except OSError as error:
        raise FormatError(f"{path.name} can't be read ({error.strerror or error}).") from error
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path.name} is no saved view: it is not JSON.") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FormatError(f"{path.name} is no saved view of this plugin.")
    if document.get("version") != VERSION:
        raise FormatError(
            f"{path.name} was saved by another version (format {str(document.get('version'))[:20]}); update "
            "napari-abc."
        )
    try:
        scene = Scene.model_validate_json(json.dumps(document.get("scene")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])[:100]
        raise FormatError(
            f"{path.name} can't be used: {where or 'the scene'}: {first['msg'][:200]}."
        ) from error
    extra = document.get("viewer", {})
    folder = path.absolute().parent
    return (
        _with_sources(scene, lambda source: _absolute(source, folder)),
        extra if isinstance(extra, dict) else {},
    )


def _with_sources(scene: Scene, turn: Callable[[str], str]) -> Scene:
    """The scene with the sources of its own data turned into others; releases keep theirs."""

    def key(slab: SlabKey) -> SlabKey:
        return slab if slab.release else changed(slab, source=turn(slab.source))

    places = tuple(
        changed(place, slab=key(place.slab), over=None if place.over is None else key(place.over))
        for place in scene.places
    )
    return changed(scene, places=places)


def _relative(source: str, folder: Path) -> str:
    if not source or "://" in source or not os.path.isabs(source):
        return source
    try:
        return Path(source).relative_to(folder).as_posix()
    except ValueError:
        return source


def _absolute(source: str, folder: Path) -> str:
    if not source or source == "demo" or "://" in source or os.path.isabs(source):
        return source
    inside = (folder / source).resolve()
    if not inside.is_relative_to(folder.resolve()):
        raise FormatError(f"The saved view names {source!r}, which leaves its folder; it is not opened.")
    return str(folder / source)
