"""Rebuilding a saved view: its slabs are opened from where they come, and shown as they were."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_abc.atlas.atlas import open_atlas
from napari_abc.errors import AbcError, FormatError, MissingFileError
from napari_abc.stage import Scene, read_scene, verbs
from napari_abc.task import Task
from napari_abc.vendors.registry import open_bundle
from napari_abc.viewer.scene._scene import rebuild, scene_of

if TYPE_CHECKING:
    from napari.components import ViewerModel

    from napari_abc.atlas.atlas import Atlas
    from napari_abc.model import Slab
    from napari_abc.stage import SlabKey
    from napari_abc.viewer.scene._scene import ViewerScene

__all__ = ["OpenedScene", "open_scene", "read_slabs"]


class OpenedScene:
    """A saved view with its slabs, read and not shown yet.

    Attributes
    ----------
    scene
        The scene, without what could not be opened.
    slabs
        Its slabs.
    missing
        What could not be opened, in sentences.
    camera
        How it was looked at.
    """

    def __init__(
        self, scene: Scene, slabs: dict[SlabKey, Slab], missing: tuple[str, ...], camera: dict[str, Any]
    ) -> None:
        self.scene, self.slabs, self.missing, self.camera = scene, slabs, missing, camera


def read_slabs(path: str | Path, task: Task | None = None) -> OpenedScene:
    """Read a saved view and open its slabs; on any thread.

    Raises
    ------
    MissingFileError
        If there is no such file, or none of its slabs can be opened; the text says why of each.
    FormatError
        If it is no saved view.
    Cancelled
        If the task was cancelled.
    """
    task = task or Task()
    scene, extra = read_scene(Path(path))
    atlases: dict[tuple[str, str], Atlas] = {}
    slabs: dict[SlabKey, Slab] = {}
    missing: list[str] = []
    for number, place in enumerate(scene.places):
        key = place.slab
        task.report(f"Opening {key.slab}", number, len(scene.places), "slabs")
        try:
            slabs[key] = slab = _open(key, atlases, task)
            if place.frame not in {frame.name for frame in slab.frames}:
                raise FormatError(f"It has no frame {place.frame!r} any more.")
        except AbcError as error:
            task.check()
            slabs.pop(key, None)
            missing.append(f"{key.slab} of {key.dataset}: {error}")
    if scene.places and not slabs:
        raise MissingFileError(f"Nothing of {Path(path).name} can be opened. {' '.join(missing)}")
    gone = [place.slab for place in scene.places if place.slab not in slabs]
    camera = extra.get("camera")
    return OpenedScene(
        verbs.close(scene, gone) if gone else scene,
        slabs,
        tuple(missing),
        camera if isinstance(camera, dict) else {},
    )


def _open(key: SlabKey, atlases: dict[tuple[str, str], Atlas], task: Task) -> Slab:
    if not key.source:
        raise MissingFileError("It was made in memory, and is gone.")
    if not key.release:
        return open_bundle(key.source, task)
    origin = (key.source, key.release)
    if origin not in atlases:
        atlases[origin] = open_atlas(key.source, release=key.release, task=task)
    return atlases[origin][key.dataset].slab(key.slab, task)


def open_scene(path: str | Path, viewer: ViewerModel) -> ViewerScene:
    """Rebuild a view that :meth:`ViewerScene.save` wrote, as one step that can be undone.

    Parameters
    ----------
    path
        The file. It is read as data: nothing in it is executed. What it names is opened.
    viewer
        A napari viewer.

    Returns
    -------
    ViewerScene
        The viewer's scene; its ``notes`` say which slabs could not be opened.

    Raises
    ------
    MissingFileError
        If there is no such file, or none of its slabs can be opened.
    FormatError
        If it is no saved view.

    Examples
    --------
    >>> layers = abc.scene(viewer).open(slab)
    >>> abc.scene(viewer).save(folder / "view.json")
    >>> scene = abc.open_scene(folder / "view.json", viewer)
    >>> scene.notes
    ()
    """
    opened = read_slabs(path)
    mine = scene_of(viewer)
    rebuild(mine, opened.scene, opened.slabs, opened.camera, opened.missing)
    return mine
