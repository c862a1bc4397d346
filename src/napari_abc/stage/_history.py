"""History: earlier scenes, to go back to and forth."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_abc.stage._state import Scene, SlabKey

__all__ = ["History"]


class History:
    """The scene that is, those before it, and those that were undone.

    Parameters
    ----------
    scene
        The scene to begin with.
    most
        Scenes that are kept; older ones are forgotten.

    Examples
    --------
    >>> from napari_abc.stage import Scene, verbs
    >>> history = History(Scene())
    >>> history.push(verbs.color_by(history.scene, "Subclass"))
    True
    >>> history.undo() == Scene()
    True
    >>> history.redo().coloring.keys
    ('Subclass',)
    """

    def __init__(self, scene: Scene, most: int = 200) -> None:
        self.scene = scene
        self._before: deque[Scene] = deque(maxlen=most)
        self._undone: list[Scene] = []
        self._together: object = None

    def push(self, scene: Scene, together: object = None) -> bool:
        """Go on to another scene; False where it is the same one.

        Parameters
        ----------
        scene
            The scene that is from now on.
        together
            Changes in a row that name the same thing (a slider's drag) are undone as one; None for alone.
        """
        if scene == self.scene:
            return False
        if together is None or together != self._together:
            self._before.append(self.scene)
        self._together = together
        self._undone.clear()
        self.scene = scene
        return True

    def take_back(self) -> Scene:
        """Go back as if the last push had not been; what was undone before it stays forgotten."""
        scene = self.undo()
        if self._undone:
            self._undone.pop()
        return scene

    def settle(self) -> None:
        """End what is undone as one: the next change is undone alone."""
        self._together = None

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier scene."""
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        """Whether a scene was undone."""
        return bool(self._undone)

    @property
    def before(self) -> Scene:
        """Where :meth:`undo` goes."""
        return self._before[-1] if self._before else self.scene

    @property
    def after(self) -> Scene:
        """Where :meth:`redo` goes."""
        return self._undone[-1] if self._undone else self.scene

    def undo(self) -> Scene:
        """Go back to the scene before; the same one where there is none."""
        if self._before:
            self._undone.append(self.scene)
            self.scene = self._before.pop()
        self._together = None
        return self.scene

    def redo(self) -> Scene:
        """Go forth to the scene that was undone last; the same one where there is none."""
        if self._undone:
            self._before.append(self.scene)
            self.scene = self._undone.pop()
        self._together = None
        return self.scene

    def slabs(self) -> set[SlabKey]:
        """Slabs of all scenes that can be gone to: what has to be kept in memory for it."""
        return {place.slab for scene in (*self._before, self.scene, *self._undone) for place in scene.places}
