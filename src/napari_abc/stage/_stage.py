"""Stage: the scene that is, and the one way to the next.

A stage carries out verbs, keeps earlier scenes for undo, and keeps what scenes only name: the open slabs, the
codes and numbers that they are colored by, and which of their cells fulfil the filter. Whoever shows a scene
listens to ``events.changed`` and works out what differs. There is one stage a viewer, and it needs none.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psygnal import EmitLoopError, Signal, SignalGroup

from napari_abc.errors import AbcError, Cancelled, ConfigurationError, ExpressionError, UnknownNameError
from napari_abc.model import Slab
from napari_abc.stage import verbs
from napari_abc.stage._board import Tile, space_of, tiles
from napari_abc.stage._cells import Passing, count_categories, passing
from napari_abc.stage._history import History
from napari_abc.stage._state import ColorBy, Filter, NameCondition, Place, RangeCondition, Scene, SlabKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from napari_abc.model import Coloring
    from napari_abc.stage.verbs import Layout
    from napari_abc.task import Task

__all__ = ["Act", "Stage"]

Act = tuple[str, tuple[Any, ...], dict[str, Any]]
"""A verb by its name, with what it takes beside the scene."""

_MOST_BYTES = 512 * 2**20
"""Codes, numbers and masks that are kept; what is not kept is worked out again."""


class _Events(SignalGroup):
    """Signals of a stage."""

    changed = Signal(Scene, Scene)
    """The scene before, and the one that is."""
    asked_again = Signal()
    """The coloring that is was asked for once more: others may have colored the cells meanwhile."""


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
        self._lock = threading.RLock()

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
        after = self.plan(verb, *arguments, **options)
        if self._history.push(after, together):
            self._tell(before, after, self._history.take_back)
        elif verb == "color_by":
            self.events.asked_again.emit()
        return self.scene

    def plan(self, verb: str, *arguments: Any, **options: Any) -> Scene:
        """The scene that a verb would lead to; nothing is changed.

        Raises
        ------
        AbcError
            If the verb can't be carried out.
        """
        return verbs.VERBS[verb](self.scene, *arguments, **options)

    def plan_all(self, acts: Sequence[Act]) -> Scene:
        """The scene that several verbs lead to, one after the other; nothing is changed.

        Raises
        ------
        AbcError
            If one of them can't be carried out.
        """
        scene = self.scene
        for verb, arguments, options in acts:
            scene = verbs.VERBS[verb](scene, *arguments, **options)
        return scene

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
            self._tell(before, scene, self._history.take_back)
        return self.scene

    def undo(self) -> Scene:
        """Go back to the scene before, if there is one."""
        return self._travel(self._history.undo, self._history.redo)

    def redo(self) -> Scene:
        """Go forth to the scene that was undone last, if there is one."""
        return self._travel(self._history.redo, self._history.undo)

    @property
    def before(self) -> Scene:
        """The scene that :meth:`undo` goes back to; the one that is where there is none."""
        return self._history.before

    @property
    def after(self) -> Scene:
        """The scene that :meth:`redo` goes forth to; the one that is where there is none."""
        return self._history.after

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

    def _travel(self, way: Any, back: Any) -> Scene:
        before, after = self.scene, way()
        if before != after:
            self._tell(before, after, back)
        return self.scene

    def _tell(self, before: Scene, after: Scene, take_back: Callable[[], object]) -> None:
        """Tell of another scene; where it can't be shown, the one before is the scene again."""
        try:
            self.events.changed.emit(before, after)
        except EmitLoopError as error:
            take_back()
            with suppress(EmitLoopError):
                self.events.changed.emit(after, self.scene)
            raise (error.__cause__ or error) from None

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

    def knows(self, key: SlabKey) -> bool:
        """Whether a slab can be opened by its name."""
        return key in self._slabs

    def know_frame(self, key: SlabKey, slab: Slab) -> None:
        """Take an open slab in another frame as it was worked out elsewhere."""
        if slab.frame.name != self.slab(key).frame.name:
            with self._lock:
                self._kept["slab", key, slab.frame.name] = slab

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
        return self._in_frame(place)

    def _in_frame(self, place: Place) -> Slab:
        whole = self.slab(place.slab)
        if place.frame == whole.frame.name:
            return whole
        made: Slab = self._keep(("slab", place.slab, place.frame), lambda: whole.in_frame(place.frame))
        return made

    def open(
        self,
        *slabs: Slab,
        frame: str | None = None,
        layout: Layout | None = None,
        coloring: ColorBy | None = None,
        together: object = None,
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
        together
            As for :meth:`do`.

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
        self.do("open_slabs", places, layout, together=together)
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

    def ordered(self) -> list[SlabKey]:
        """The open slabs as they lie on the board in view, then the others as they were opened."""
        seen = [slab for tile in self.tiles() for slab in tile.slabs]
        return seen + [key for key in self if key not in seen]

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
        place = self.scene.place(key)
        slab = self.shown_slab(key)
        assert place is not None  # shown_slab() raised otherwise
        return self._coloring(key, place.frame, slab, name, values, task)

    def colorings(self, key: SlabKey) -> tuple[Coloring, ...]:
        """What an open slab is colored by as the scene says, one a key, in a person's own colors.

        Raises
        ------
        UnknownNameError, ConfigurationError, ExpressionError
            As for :meth:`coloring`.
        """
        wanted, place = self.scene.coloring_of(key), self.scene.place(key)
        if wanted is None or place is None:
            return ()
        found = tuple(self.coloring(key, name, wanted.values) for name in wanted.keys)
        if not wanted.colors:
            return found
        entry = ("recolored", key, place.frame, wanted.keys, wanted.colors)
        # Kept, so that what is painted is known to be the same.
        own: Coloring = self._keep(entry, lambda: found[0].recolored(dict(wanted.colors)))
        return (own, *found[1:])

    def _coloring(
        self, key: SlabKey, frame: str, slab: Slab, name: str, values: str, task: Task | None
    ) -> Coloring:
        entry = _entry(key, frame, name, values)

        def read() -> Coloring | _Lack:
            try:
                return slab.coloring(name, values, task)
            except (UnknownNameError, ConfigurationError, ExpressionError) as error:
                return _Lack(type(error), str(error))

        found = self._keep(entry, read)
        if isinstance(found, _Lack):
            raise found.kind(found.text)
        made: Coloring = found
        return made

    def keep(self, key: SlabKey, name: str, values: str, coloring: Coloring) -> None:
        """Keep what an open slab is colored by under a column or a gene, which was worked out elsewhere."""
        place = self.scene.place(key)
        if place is not None:
            with self._lock:
                self._kept[_entry(key, place.frame, name, values)] = coloring

    def leave_out(self, key: SlabKey, frame: str, name: str, values: str, why: str) -> None:
        """Do without a slab's values of a gene, to be fetched first, until asked for.

        Parameters
        ----------
        why
            What is said of it, in a sentence.
        """
        with self._lock:
            self._kept[_entry(key, frame, name, values)] = _Lack(ExpressionError, why)

    def ask_again(self, name: str) -> None:
        """Forget what was said of slabs that lack a column or gene."""
        with self._lock:
            for entry in [entry for entry, kept in self._kept.items() if isinstance(kept, _Lack)]:
                if entry[3] == name:
                    del self._kept[entry]

    def read(self, scene: Scene, task: Task | None = None) -> None:
        """Read what a scene shows, so that going to it reads nothing; on any thread.

        Raises
        ------
        UnknownNameError, ConfigurationError, ExpressionError
            If the scene is colored or filtered by something else than the one that is, and no slab has it.
        Cancelled
            If the task was cancelled.
        """
        done = {_asked(place, self.scene) for place in self.scene.places}
        wanted = {key for place in scene.places for key in _asked(place, scene)}
        new = wanted - {key for keys in done for key in keys}
        lacking: dict[tuple[str, str], AbcError] = {}
        found: set[tuple[str, str]] = set()
        for number, place in enumerate(scene.places):
            if task is not None:
                task.check()
                if len(scene.places) > 1:
                    task.report("Reading", number, len(scene.places), "slabs")
            slab = self._in_frame(place)
            for name, values in _asked(place, scene):
                try:
                    self._coloring(place.slab, place.frame, slab, name, values, task)
                except Cancelled:
                    raise
                except (UnknownNameError, ConfigurationError, ExpressionError) as error:
                    lacking[name, values] = error
                else:
                    found.add((name, values))
        for key in sorted(new):
            if key in lacking and key not in found:
                raise lacking[key]

    def is_read(self, scene: Scene) -> bool:
        """Whether going to a scene reads nothing."""
        with self._lock:
            return all(
                self._is_framed(place)
                and all(
                    _entry(place.slab, place.frame, name, values) in self._kept
                    for name, values in _asked(place, scene)
                )
                for place in scene.places
            )

    def _is_framed(self, place: Place) -> bool:
        """Whether a slab in its frame is at hand."""
        whole = self._slabs.get(place.slab)
        return whole is not None and (
            place.frame == whole.frame.name or ("slab", place.slab, place.frame) in self._kept
        )

    def limits(self) -> tuple[tuple[float, float] | None, ...]:
        """Limits of each key that the scene is colored by, that show the values of all open slabs well.

        One color is one value on the whole board then. None where a person has set limits, where the key has
        names and no numbers, and where the units of the slabs differ.
        """
        wanted = self.scene.coloring
        if wanted is None:
            return ()
        given = wanted.limits or (None,) * len(wanted.keys)
        return tuple(
            own if own is not None else self._common_limits(name, wanted.values)
            for own, name in zip(given, wanted.keys, strict=True)
        )

    def _common_limits(self, name: str, values: str) -> tuple[float, float] | None:
        found, units = [], set()
        for place in self.scene.places:
            if place.coloring is not None:
                continue
            try:
                coloring = self.coloring(place.slab, name, values)
            except (UnknownNameError, ConfigurationError, ExpressionError):
                continue
            if not coloring.takes_limits:
                return None
            entry = ("limits", place.slab, place.frame, name, values)
            found.append(self._keep(entry, coloring.limits))
            units.add(coloring.unit)
        if not found or len(units) > 1:
            return None
        return min(low for low, _ in found), max(high for _, high in found)

    def passing(self, key: SlabKey, without: str = "") -> Passing:
        """Which cells of an open slab fulfil the filter; the others are hidden or gray.

        Parameters
        ----------
        without
            A column whose condition on names is left out of account.
        """
        scene, slab = self.scene, self.shown_slab(key)
        conditions = tuple(
            condition
            for condition in scene.filter.conditions
            if not (
                isinstance(condition, NameCondition) and condition.column.casefold() == without.casefold()
            )
        )
        if not conditions:
            return Passing(None)
        place = scene.place(key)
        assert place is not None  # shown_slab() raised otherwise
        entry = ("passing", key, place.frame, conditions, scene.selections)
        wanted = Filter(conditions=conditions)
        found: Passing = self._keep(
            entry, lambda: passing(slab, wanted, scene.selections, lambda k, v: self.coloring(key, k, v))
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
        with self._lock:
            if entry in self._kept:
                self._kept.move_to_end(entry)
                return self._kept[entry]
        made = make()  # without the lock: reading takes long, and the window asks for others meanwhile
        with self._lock:
            made = self._kept.setdefault(entry, made)
            while len(self._kept) > 1 and sum(map(_bytes, self._kept.values())) > _MOST_BYTES:
                self._kept.popitem(last=False)
        return made

    def _forget(self, key: SlabKey) -> None:
        with self._lock:
            for entry in [entry for entry in self._kept if entry[1] == key]:
                del self._kept[entry]

    def _let_go(self) -> None:
        """Let go of slabs that no scene names any more, back or forth."""
        named = self._history.slabs()
        for key in [key for key in self._slabs if key not in named]:
            del self._slabs[key]
            self._forget(key)


@dataclass(frozen=True, slots=True)
class _Lack:
    """What is said where a slab has no such column or gene."""

    kind: type[AbcError]
    text: str


def _entry(key: SlabKey, frame: str, name: str, values: str) -> tuple[str, SlabKey, str, str, str]:
    return ("coloring", key, frame, name, values if name.casefold().startswith("gene:") else "")


def _asked(place: Place, scene: Scene) -> frozenset[tuple[str, str]]:
    """Columns and genes, with their kinds of values, that a slab of a scene is colored and filtered by."""
    coloring = place.coloring or scene.coloring
    asked = {(name, coloring.values) for name in coloring.keys} if coloring is not None else set()
    for condition in scene.filter.conditions:
        if isinstance(condition, RangeCondition):
            asked.add((condition.key, condition.values))
        elif isinstance(condition, NameCondition):
            asked.add((condition.column, "log2"))
    return frozenset((name, values) for name, values in asked)


def _bytes(thing: Any) -> int:
    """About how much memory a kept thing takes."""
    if isinstance(thing, Slab):
        return int(thing.cells.memory_usage(deep=False).sum())
    if isinstance(thing, _Lack | tuple):
        return 0
    numbers = thing.mask if isinstance(thing, Passing) else thing.numbers()
    return 0 if numbers is None else int(numbers.nbytes)
