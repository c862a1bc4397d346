"""Recipes: a scene as a small JSON file, and as the lines of Python that rebuild it.

A saved view may come from anybody: it is read as data, checked field by field, and nothing in it is executed
or taken for a path without being asked for by the person who opens it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from napari_abc.errors import ConfigurationError, FormatError, MissingFileError
from napari_abc.io.files import atomic_path
from napari_abc.stage._state import InSelection, NameCondition, Scene
from napari_abc.stage.verbs import changed

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_abc.stage._state import SlabKey

__all__ = ["read_scene", "to_python", "write_scene"]

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


def to_python(scene: Scene) -> str:
    """Lines of Python that rebuild a scene in a viewer, and give the numbers behind it.

    Raises
    ------
    ConfigurationError
        If a slab was made in memory, from nothing that a script could open.
    """
    lines = [
        "import napari",
        "import napari_abc as abc",
        "",
        "viewer = napari.Viewer()",
        "scene = abc.scene(viewer)",
    ]
    atlases: dict[tuple[str, str], str] = {}
    names: dict[Any, str] = {}
    for number, place in enumerate(scene.places, 1):
        slab = place.slab
        if not slab.source:
            raise ConfigurationError(
                f"{slab.slab} was made in memory, so no script can open it; save it as h5ad and open that."
            )
        names[slab] = f"slab_{number}"
        if not slab.release:
            lines.append(f"slab_{number} = abc.open_bundle({slab.source!r})")
            continue
        origin = (slab.source, slab.release)
        if origin not in atlases:
            atlases[origin] = "atlas" if not atlases else f"atlas_{len(atlases) + 1}"
            lines.append(f"{atlases[origin]} = abc.open_atlas({slab.source!r}, release={slab.release!r})")
        lines.append(f"slab_{number} = {atlases[origin]}[{slab.dataset!r}].slab({slab.slab!r})")
    # What lies over a slab is opened after it, and before the next one.
    order = {place.slab: number for number, place in enumerate(scene.places)}
    for place in sorted(scene.places, key=lambda place: order[place.over or place.slab]):
        layout = "overlay" if place.over is not None else "beside"
        lines.append(f"scene.open({names[place.slab]}, frame={place.frame!r}, layout={layout!r})")
        if not place.visible:
            lines.append(f"scene.set_visible({names[place.slab]}, False)")
    if scene.sort != "plane":
        lines.append(f"scene.sort({scene.sort!r})")
    if len(scene.spaces) > 1:
        lines.append(f"scene.look_at_space({scene.space!r})")
    if scene.coloring is not None:
        lines.append(f"scene.color_by({_coloring_arguments(scene.coloring)})")
        if scene.coloring.colors:
            lines.append(f"scene.color_categories({dict(scene.coloring.colors)!r})")
    for number, place in enumerate(scene.places, 1):
        if place.coloring is not None:
            lines.append(f"scene.color_by({_coloring_arguments(place.coloring)}, slab=slab_{number})")
    for selection in scene.selections:
        cells = {dataset: sorted(labels) for dataset, labels in selection.cells}
        lines.append(f"scene.select({selection.name!r}, {cells!r}, color={selection.color!r})")
    for condition in scene.filter.conditions:
        lines.append(_filter_line(condition))
    if scene.filter.others == "gray":
        lines.append("scene.gray_others(True)")
    default = type(scene.shown)()
    for field in type(scene.shown).model_fields:
        value = getattr(scene.shown, field)
        if value != getattr(default, field):
            lines.append(f"scene.show({field}={value!r})")
    if scene.coloring is not None and not scene.coloring.is_gene:
        lines.append("print(scene.counts())")
    lines += [f"print(scene.shown({name}))" for name in list(names.values())[:1]]
    lines.append("napari.run()")
    return "\n".join(lines) + "\n"


def _coloring_arguments(coloring: Any) -> str:
    keys = coloring.keys[0] if len(coloring.keys) == 1 else list(coloring.keys)
    parts = [repr(keys)]
    if coloring.values != "log2":
        parts.append(f"values={coloring.values!r}")
    if coloring.limits:
        limits = coloring.limits[0] if len(coloring.limits) == 1 else list(coloring.limits)
        parts.append(f"limits={limits!r}")
    if coloring.colormap != "magma":
        parts.append(f"colormap={coloring.colormap!r}")
    if coloring.mean:
        parts.append("mean=True")
    return ", ".join(parts)


def _filter_line(condition: Any) -> str:
    if isinstance(condition, InSelection):
        return f"scene.filter(selection={condition.name!r}, inside={condition.keep!r})"
    if isinstance(condition, NameCondition):
        word = "keep" if condition.keep else "drop"
        return f"scene.filter({condition.column!r}, {word}={list(condition.names)!r})"
    limits = "".join(
        f", {name}={value!r}"
        for name, value in (("low", condition.low), ("high", condition.high))
        if value is not None
    )
    kind = "" if condition.values == "log2" else f", values={condition.values!r}"
    return f"scene.filter({condition.key!r}{limits}{kind})"
