"""Pictures of a layer's points for a canvas that a processor draws: made in time, kept while they hold.

A view with few points is drawn as points. Of more, a picture is made whenever the view has changed:
of all of them where that is quick, else of a part while another thread makes that of all.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from qtpy.QtCore import QTimer

from napari_abc.viewer.points._background import Background
from napari_abc.viewer.points._raster import Grid, View, depths, pictures_wanted, topmost
from napari_abc.viewer.points._raster_visual import EMPTY

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_abc.viewer.points._order import DrawingOrder
    from napari_abc.viewer.points._raster_visual import RasterVisual

__all__ = ["FEW", "Pictures"]

FEW = 3000
"""So many points in view are drawn as points."""

_MOVING, _RESTING = 0.04, 0.08
"""Seconds that the pictures of a canvas may take while the view moves, and when it rests."""

_SHARING = 1.0
"""Seconds for which a layer whose picture was made counts as one that shares them."""

_LARGEST_SIDE = 8192
"""Pixels along a side of a picture that is finer than the canvas; drivers have a limit."""

_REST = 0.2
"""Seconds after which a view rests."""

_QUICK = 200_000
"""Points whose grid is made at once."""

_LARGE = 20.0
"""Discs of more pixels in diameter are drawn of larger pixels."""


_made: WeakKeyDictionary[Any, WeakKeyDictionary[Pictures, float]] = WeakKeyDictionary()
"""When each of a canvas's layers had its picture made last."""


class Pictures:
    """Makes the pictures of one layer on one canvas.

    Parameters
    ----------
    visual
        What draws them.
    again
        Is called when a better picture can be drawn.
    canvas
        Gives what they are drawn on, whose layers share the time that there is.
    """

    def __init__(self, visual: RasterVisual, again: Callable[[], None], canvas: Callable[[], Any]) -> None:
        self._canvas = canvas
        self._visual = visual
        self._again = again
        self._gridding, self._making = Background(), Background()
        self._slowness = 1.0
        self._changed = -_REST
        self._rest = QTimer()
        self._rest.setSingleShot(True)
        self._rest.setInterval(round(_REST * 1000) + 50)
        self._rest.timeout.connect(self._better)
        self._times, self._step = 1.0, 1
        self._view: View | None = None
        self._part = (-1.0, -1.0, 1.0, 1.0)
        self._seen: NDArray[np.bool_] | None = None
        self._order: DrawingOrder | None = None
        self._numbers: NDArray[np.float32] | None = None
        self._top: NDArray[np.int32] | None = None
        self._drawn: NDArray[np.int32] | None = None
        self.clear()

    @property
    def active(self) -> bool:
        """Whether there are points to make pictures of."""
        return len(self._positions) > 0

    def clear(self) -> None:
        """Forget the points."""
        self.show(np.empty((0, 2), np.float32))

    def show(self, positions: NDArray[np.float32]) -> None:
        """Make pictures of these points from now on; (points, 2 or 3) x, y(, z).

        Not where one is at no place; then :attr:`active` is False.
        """
        self._gridding.drop()
        self._making.drop()
        # Along an axis numpy is five times faster than across it.
        sides = [(np.min(axis), np.max(axis)) for axis in positions.T if len(axis)]
        self._bounds = np.array(sides).T
        finite = len(sides) > 0 and bool(np.isfinite(self._bounds).all())
        self._positions = positions if finite else positions[:0]
        self._grid: Grid | None = None
        self._near: tuple[tuple[NDArray[np.floating], ...], float, NDArray[np.int32]] | None = None
        self._looked: tuple[object, NDArray[np.int32] | None] | None = None
        self._view, self._top, self._drawn = None, None, None

    def out_of_sight(self, view: View) -> bool:
        """Whether nothing of the points can be seen in a view."""
        return view.cropped(*self._bounds) is None

    def few(self, view: View) -> NDArray[np.int32] | None:
        """The points in and around a view, the same object as long as they do; None if not few."""
        most = 0 if pictures_wanted() else FEW
        box = view.box()
        if box is None:
            return None
        if self._near is not None:
            (low, high), diameter, points = self._near
            inside = (box[0] >= low).all() and (box[1] <= high).all()
            if inside and diameter * 2 > view.diameter and len(points) <= most:
                return points
        if self._find(box, most) is None:
            return None
        wide = view.box(max(view.width, view.height) / 4)
        assert wide is not None  # as box was not
        # Where there are many around, those in view alone.
        for around in (wide, box):
            found = self._find(around, most)
            if found is not None:
                self._near = around, view.diameter, found
                return found
        return None

    def _find(self, box: tuple[NDArray[np.floating], ...], most: int) -> NDArray[np.int32] | None:
        points = self._within(box)
        return points if points is not None and len(points) <= most else None

    def _within(self, box: tuple[NDArray[np.floating], ...]) -> NDArray[np.int32] | None:
        """Points in a box and maybe some more; None for all, or as long as there is no grid."""
        low, high = box
        if (low <= self._bounds[0][:2]).all() and (high >= self._bounds[1][:2]).all():
            return None
        if self._grid is None:
            if len(self._positions) > _QUICK:
                if not self._gridding.busy:
                    positions = self._positions
                    self._gridding.start(lambda: Grid(positions), self._take_grid)
                return None
            self._grid = Grid(self._positions)
        return self._grid.near(low, high)

    def _take_grid(self, grid: Grid) -> None:
        self._grid, self._looked = grid, None

    def draw(
        self,
        view: View,
        numbers: NDArray[np.float32],
        seen: NDArray[np.bool_] | None,
        order: DrawingOrder | None,
        moving: bool,
        whole: bool,
    ) -> int:
        """Draw the picture of a view, which is made if it isn't there.

        Parameters
        ----------
        view
            How the points are looked at.
        numbers
            (points,) what their colors are looked up by; another object if they are others.
        seen
            (points,) False for what is hidden; None where nothing is. Likewise.
        order
            The points as they are drawn over one another; None for that of the data. Likewise.
        moving
            Whether a part will do for now.
        whole
            Whether nothing but all of them will do.

        Returns
        -------
        int
            Number of points that the picture is made of, those out of view among them.
        """
        cropped = view.cropped(*self._bounds)
        if cropped is None:
            return len(self._positions)
        view, part = cropped
        _made.setdefault(self._canvas(), WeakKeyDictionary())[self] = perf_counter()
        same = self._view is not None and self._view.key() == view.key() and self._part == part
        same = same and self._seen is seen and self._order is order
        now = perf_counter()
        # Views that follow one another are drawn quickly, and well when the last one rests.
        moving = not whole and (moving or now - self._changed < _REST)
        if not same:
            self._changed = now
        times, step = self._choose(view, moving, whole)
        if not same or times > self._times or step < self._step:
            self._view, self._part, self._seen, self._order = view, part, seen, order
            self._times, self._step = times, step
            self._top = self._make(view, step)
        if moving:
            self._rest.start()
        assert self._view is not None and self._top is not None
        if self._step > 1 and not moving and not self._making.busy:
            self._make_whole(self._view)
        if self._top is not self._drawn or self._numbers is not numbers:
            self._drawn, self._numbers = self._top, numbers
            picture = numbers.take(self._top, mode="clip")
            picture[self._top < 0] = EMPTY
            depth = depths(self._positions, view, self._top)
            self._visual.show(picture, self._times > 1, depth, self._part)
        self._visual.paint()
        return len(self._positions) // self._step

    def _choose(self, view: View, moving: bool, whole: bool) -> tuple[float, int]:
        """How much finer the picture is to be than the canvas, and of which part: every step-th point."""
        points = self._in_view(view)
        count = len(self._positions) if points is None else len(points)
        times = min(1.0, _LARGE / view.diameter)
        fine = view.finer(2)
        if (
            not moving
            and fine.diameter <= _LARGE
            and max(fine.width, fine.height) <= _LARGEST_SIDE
            and (
                whole or self._seconds(fine, count) < self._share(_RESTING) / 2
            )  # a figure is as fine on a busy machine
        ):
            return 2.0, 1
        budget = self._share(_MOVING if moving else _RESTING)
        seconds = self._seconds(view.finer(times), count)
        if whole or seconds <= budget:
            return times, 1
        rest = self._seconds(view.finer(times), 0)
        return times, int(np.ceil((seconds - rest) / max(budget - rest, budget / 4)))

    def _share(self, seconds: float) -> float:
        """What is left to one layer of the time that the pictures of a canvas may take."""
        made = None if self._canvas() is None else _made.get(self._canvas())
        now = perf_counter()
        recent = [] if made is None else [last for last in made.values() if now - last < _SHARING]
        return seconds / max(1, len(recent))

    def _seconds(self, view: View, count: int) -> float:
        """What making a picture takes, from what others took."""
        pixels = view.width * view.height * (6 + 0.6 * view.diameter)
        return self._slowness * 1e-9 * (pixels + count * (20 if view.deep else 8))

    def _better(self) -> None:
        """Draw again, if there can be a better picture than the one that is drawn."""
        if self._view is None:
            return
        if self._step > 1 or self._choose(self._view, False, False)[0] > self._times:
            self._again()

    def _in_view(self, view: View) -> NDArray[np.int32] | None:
        """The points in a view; None for all."""
        if self._looked is None or self._looked[0] != view.key():
            box = view.box()
            self._looked = view.key(), None if box is None else self._within(box)
        return self._looked[1]

    def _make(self, view: View, step: int) -> NDArray[np.int32]:
        points = self._in_view(view)
        if self._order is not None:
            points = self._order.arrange(points, step)
        elif step > 1 and points is None:
            points = np.arange(0, len(self._positions), step, dtype=np.int32)
        elif points is not None:
            points = points[::step]
        count = len(self._positions) if points is None else len(points)
        view = view.finer(self._times)
        began = perf_counter()
        top = topmost(self._positions, view, points, self._seen)
        took = (perf_counter() - began) / (self._seconds(view, count) / self._slowness)
        self._slowness = float(np.clip(0.7 * self._slowness + 0.3 * took, 0.2, 20))
        return top

    def _make_whole(self, view: View) -> None:
        positions, points, seen, order = self._positions, self._in_view(view), self._seen, self._order
        finer, times = view.finer(self._times), self._times

        def take(top: NDArray[np.int32]) -> None:
            same = self._view is view and self._seen is seen and self._order is order
            if same and self._times == times:
                self._top, self._step = top, 1
            self._again()  # also where the view has changed meanwhile: then for another one

        def make() -> NDArray[np.int32]:
            arranged = points if order is None else order.arrange(points)
            return topmost(positions, finer, arranged, seen)

        self._making.start(make, take)
