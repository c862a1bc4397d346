"""Stage: the scene that is, and the one way to the next.

A stage carries out verbs, keeps earlier scenes for undo, and keeps what scenes only name: the open slabs, the
codes and numbers that they are colored by, and which of their cells fulfil the filter. Whoever shows a scene
listens to ``events.changed`` and works out what differs. There is one stage a viewer, and it needs none.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from psygnal import Signal, SignalGroup

from napari_abc.errors import ConfigurationError, UnknownNameError
from napari_abc.model import Slab
from napari_abc.stage import verbs
from napari_abc.stage._board import Tile, space_of, tiles
from napari_abc.stage._cells import Passing, count_categories, passing
from napari_abc.stage._history import History
from napari_abc.stage._state import ColorBy, Place, Scene, SlabKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from napari_abc.model import Coloring
    from napari_abc.stage.verbs import Layout
    from napari_abc.task import Task

__all__ = ["Stage"]

_MOST_BYTES = 512 * 2**20
"""Codes, numbers and masks that are kept; what is not kept is worked out again."""


class _Events(SignalGroup):
    """Signals of a stage."""

    changed = Signal(Scene, Scene)
    """The scene before, and the one that is."""


class Stage:
    """The scene that is, and what it names.

    Examples
    --------
    >>> stage = Stage()
    >>> stage.do("color_by", "Subclass").coloring.keys
    ('Subclass',)
    >>> stage.undo().coloring is None
    True
    """

    def __init__(self) -> None:
        self.events = _Events()
        self._history = History(Scene())
        self._slabs: dict[SlabKey, Slab] = {}
        self._kept: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    @property
    def scene(self) -> Scene:
        """The scene that is."""
        return self._history.scene

    # --- verbs

    def do(self, verb: str, *arguments: Any, together: object = None, **options: Any) -> Scene:
        """Carry out a verb of :mod:`~napari_abc.stage.verbs`.

        Parameters
        ----------
        verb
            Its name.
        *arguments, **options
            What it takes beside the scene.
        together
            Changes in a row that name the same thing are undone as one, as a slider's drag is.

        Returns
        -------
        Scene
            The scene that is now.

        Raises
        ------
        AbcError
            If the verb can't be carried out; the scene is what it was.
        """
        before = self.scene
        after = verbs.VERBS[verb](before, *arguments, **options)
        if self._history.push(after, together):
            self.events.changed.emit(before, after)
        return self.scene

    def go_to(self, scene: Scene) -> Scene:
        """Go to another scene, a saved one say, as one step that can be undone.

        Raises
        ------
        UnknownNameError
            If one of its slabs was never opened here; see :meth:`know`.
        """
        for place in scene.places:
            self.slab(place.slab)
        before = self.scene
        if self._history.push(scene):
            self.events.changed.emit(before, scene)
        return self.scene

    def undo(self) -> Scene:
        """Go back to the scene before, if there is one."""
        return self._travel(self._history.undo)

    def redo(self) -> Scene:
        """Go forth to the scene that was undone last, if there is one."""
        return self._travel(self._history.redo)

    def settle(self) -> None:
        """End a drag: the next change is undone alone."""
        self._history.settle()

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier scene."""
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether a scene was undone."""
        return self._history.can_redo

    def _travel(self, way: Any) -> Scene:
        before, after = self.scene, way()
        if before != after:
            self.events.changed.emit(before, after)
        return self.scene

    # --- slabs

    def know(self, slab: Slab, key: SlabKey | None = None) -> SlabKey:
        """Name of a slab in scenes; from now on it can be opened by it.

        A slab that is another object than the one known by its name takes its place if it comes from the same
        source; one made in memory gets a name of its own.

        Parameters
        ----------
        slab
            The slab.
        key
            The name that a saved scene gives it; None to have one made.
        """
        if key is not None:
            self._slabs.setdefault(key, slab)
            return key
        for name, known in self._slabs.items():
            if known is slab:
                return name
        key = SlabKey(source=slab.source, release=slab.release, dataset=slab.dataset, slab=slab.label)
        number = 2
        while not key.source and key in self._slabs:
            key = verbs.changed(key, slab=f"{slab.label} ({number})")
            number += 1
        if key in self._slabs and self.scene.place(key) is not None:
            return key  # opened a second time: what is shown is the same
        self._slabs[key] = slab
        self._forget(key)
        return key

    def slab(self, key: SlabKey) -> Slab:
        """The slab of a name, with all its frames.

        Raises
        ------
        UnknownNameError
            If it was never opened here.
        """
        try:
            return self._slabs[key]
        except KeyError:
            raise UnknownNameError(
                f"{key.slab} of {key.dataset} was not opened here yet; open it first."
            ) from None

    def shown_slab(self, key: SlabKey) -> Slab:
        """An open slab in the frame that it is shown in.

        Raises
        ------
        UnknownNameError
            If it is not open.
        """
        place = self.scene.place(key)
        if place is None:
            raise UnknownNameError(f"{key.slab} is not open; open it first.")
        whole = self.slab(key)
        if place.frame == whole.frame.name:
            return whole
        made: Slab = self._keep(("slab", key, place.frame), lambda: whole.in_frame(place.frame))
        return made

    def open(
        self,
        *slabs: Slab,
        frame: str | None = None,
        layout: Layout | None = None,
        coloring: ColorBy | None = None,
    ) -> tuple[SlabKey, ...]:
        """Open slabs that were read; those that are open already come into view.

        Parameters
        ----------
        frame
            Name of the frame to show them in; None for the first one of each.
        layout
            Where they lie; None for the scene's choice.
        coloring
            A coloring of their own; None for the scene's.

        Raises
        ------
        UnknownNameError
            If a slab has no such frame.
        ConfigurationError
            If there are too many.
        """
        places, keys = [], []
        for slab in slabs:
            frames = {one.name: one for one in slab.frames}
            name = frame or slab.frame.name
            if name not in frames:
                raise UnknownNameError(f"{slab.label} has no frame {name!r}; it has {', '.join(frames)}.")
            keys.append(self.know(slab))
            places.append(
                Place(slab=keys[-1], frame=name, space=space_of(slab, frames[name]), coloring=coloring)
            )
        self.do("open_slabs", places, layout)
        self._let_go()
        return tuple(keys)

    def move_to_frame(self, key: SlabKey, frame: str) -> Scene:
        """Show an open slab in another of its frames.

        Raises
        ------
        UnknownNameError
            If it is not open, or has no such frame.
        """
        slab = self.slab(key)
        frames = {one.name: one for one in slab.frames}
        if frame not in frames:
            raise UnknownNameError(f"{slab.label} has no frame {frame!r}; it has {', '.join(frames)}.")
        return self.do("move_to_frame", key, frame, space_of(slab, frames[frame]))

    def tiles(self, aspect: float = 1.6) -> tuple[Tile, ...]:
        """Tiles of the board in view."""
        return tiles(self.scene, self._slabs, aspect)

    # --- cells

    def coloring(self, key: SlabKey, name: str, values: str = "log2", task: Task | None = None) -> Coloring:
        """What a slab is colored by under a column or a gene; read once and kept. On any thread.

        Raises
        ------
        UnknownNameError
            If the slab is not open, or has no such column or gene.
        ConfigurationError
            If the column can't be colored by.
        ExpressionError
            If there are no such values.
        """
        slab, place = self.shown_slab(key), self.scene.place(key)
        frame = place.frame if place is not None else ""
        entry = ("coloring", key, frame, name, values if name.casefold().startswith("gene:") else "")
        found: Coloring = self._keep(entry, lambda: slab.coloring(name, values, task))
        return found

    def passing(self, key: SlabKey) -> Passing:
        """Which cells of an open slab fulfil the filter; the others are hidden or gray."""
        scene, slab = self.scene, self.shown_slab(key)
        if not scene.filter.conditions:
            return Passing(None)
        place = scene.place(key)
        assert place is not None  # shown_slab() raised otherwise
        entry = ("passing", key, place.frame, scene.filter.conditions, scene.selections)
        found: Passing = self._keep(
            entry,
            lambda: passing(slab, scene.filter, scene.selections, lambda k, v: self.coloring(key, k, v)),
        )
        return found

    def counts(self, key: str | None = None) -> pd.DataFrame:
        """Cells of each category in each open slab that fulfil the filter: what the legend shows.

        Parameters
        ----------
        key
            A column with categories; None for what the scene is colored by.

        Returns
        -------
        DataFrame
            int64; a row a category, a column an open slab.

        Raises
        ------
        ConfigurationError
            If the scene is colored by numbers, or nothing, and no column is named.
        """
        if key is None:
            coloring = self.scene.coloring
            if coloring is None or coloring.is_gene:
                raise ConfigurationError("The scene is not colored by categories; name a column to count by.")
            key = coloring.keys[0]
        names = self.titles()
        slabs = {names[slab]: self.shown_slab(slab) for slab in names}
        masks = {names[slab]: self.passing(slab).mask for slab in names}

        def resolver(slab: SlabKey) -> Any:
            return lambda name, values: self.coloring(slab, name, values)

        return count_categories(slabs, key, masks, {names[slab]: resolver(slab) for slab in names})

    def titles(self) -> dict[SlabKey, str]:
        """What each open slab is called, so that no two are called the same."""
        plain = {place.slab: self.slab(place.slab).name for place in self.scene.places}
        often = [name for name in plain.values() if list(plain.values()).count(name) > 1]
        return {key: f"{key.dataset} {name}" if name in often else name for key, name in plain.items()}

    def shown(self, key: SlabKey) -> pd.DataFrame:
        """Table of the cells of an open slab that are drawn in color: those that fulfil the filter."""
        slab, mask = self.shown_slab(key), self.passing(key).mask
        return slab.cells if mask is None else slab.cells[mask]

    def __iter__(self) -> Iterator[SlabKey]:
        """The open slabs, in the order in which they were opened."""
        return (place.slab for place in self.scene.places)

    # --- what is kept

    def _keep(self, entry: tuple[Any, ...], make: Any) -> Any:
        if entry in self._kept:
            self._kept.move_to_end(entry)
            return self._kept[entry]
        made = make()
        self._kept[entry] = made
        while len(self._kept) > 1 and sum(map(_bytes, list(self._kept.values()))) > _MOST_BYTES:
            self._kept.popitem(last=False)
        return made

    def _forget(self, key: SlabKey) -> None:
        for entry in [entry for entry in self._kept if entry[1] == key]:
            del self._kept[entry]

    def _let_go(self) -> None:
        """Let go of slabs that no scene names any more, back or forth."""
        named = self._history.slabs()
        for key in [key for key in self._slabs if key not in named]:
            del self._slabs[key]
            self._forget(key)


def _bytes(thing: Any) -> int:
    """About how much memory a kept thing takes."""
    if isinstance(thing, Slab):
        return int(thing.cells.memory_usage(deep=False).sum())
    numbers = thing.mask if isinstance(thing, Passing) else thing.numbers()
    return 0 if numbers is None else int(numbers.nbytes)
