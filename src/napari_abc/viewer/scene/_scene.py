"""The scene of a viewer: one stage, the layers that show its scene, and the verbs of scripts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

import napari
import numpy as np

from napari_abc.errors import ConfigurationError
from napari_abc.model import Slab
from napari_abc.stage import ColorBy, Scene, SlabKey, Stage, to_python, write_scene
from napari_abc.stage.verbs import made
from napari_abc.viewer.color import painted
from napari_abc.viewer.links import unwrap
from napari_abc.viewer.prepare import PreparedSlab, common_key, prepare_slab
from napari_abc.viewer.scene._layers import SceneLayers
from napari_abc.viewer.scene._look import Look
from napari_abc.viewer.scene._notes import twice_note, units_note
from napari_abc.viewer.watch import watch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    from napari.components import ViewerModel
    from numpy.typing import NDArray

    from napari_abc.stage import Condition
    from napari_abc.viewer.layers import SlabLayers

__all__ = ["ViewerScene", "forget_scene", "rebuild", "scene_of", "scene_of_current"]

_scenes: WeakKeyDictionary[ViewerModel, ViewerScene] = WeakKeyDictionary()


def scene_of(viewer: ViewerModel) -> ViewerScene:
    """The scene of a viewer; made when it is first asked for.

    Parameters
    ----------
    viewer
        A napari viewer.

    Examples
    --------
    >>> scene = abc.scene(viewer)
    >>> human = atlas["HMBA-MERSCOPE-H22.30.001-BG"].slab("H22.30.001.BS.3.Plane.01")
    >>> mouse = atlas["MERFISH-C57BL6J-638850"].slab("C57BL6J-638850.37")
    >>> layers = scene.open(human, mouse)  # beside each other
    >>> scene.color_by("gene:DRD1")
    >>> scene.undo()
    """
    viewer = unwrap(viewer)
    found = _scenes.get(viewer)
    if found is None:
        found = _scenes[viewer] = ViewerScene(viewer)
    return found


def forget_scene(viewer: ViewerModel) -> None:
    """Forget what a viewer shows and showed: nothing can be undone, and its layers are as any others."""
    found = _scenes.pop(unwrap(viewer), None)
    if found is not None:
        found.board.close_down()
        unwrap(viewer).mouse_double_click_callbacks.remove(_zoom_to_title)


def scene_of_current() -> ViewerScene | None:
    """The scene of napari's current viewer, which a reader's layers are for; None where there is none."""
    viewer = napari.current_viewer()
    return None if viewer is None else scene_of(viewer)


class ViewerScene:
    """What a viewer shows of slabs, and the verbs that change it.

    Every verb is one step that can be undone. :func:`~napari_abc.scene` gives a viewer's.

    Attributes
    ----------
    stage
        Holds the scene as a plain value, :attr:`Stage.scene`, and its history; ``stage.events.changed`` tells
        of every step.
    board
        The layers that show it.

    Examples
    --------
    >>> scene = abc.scene(viewer)
    >>> layers = scene.open(slab, other)  # beside each other
    >>> scene.color_by("gene:DRD1", limits=(0, 8))
    >>> scene.filter("Class", drop=["Immune"])
    >>> len(scene.filters)
    1
    >>> scene.undo()
    >>> scene.filters
    ()
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = ref(viewer)
        self.stage = Stage()
        watch(viewer)
        self.board = SceneLayers(viewer, self.stage)
        self._missing: tuple[str, ...] = ()
        viewer.mouse_double_click_callbacks.append(_zoom_to_title)
        for keys, act in _KEYS.items():
            viewer.bind_key(keys, act, overwrite=True)

    # --- which slabs

    def open(
        self,
        *slabs: Slab | PreparedSlab,
        frame: str | None = None,
        layout: str | None = None,
        color_by: str | None = None,
        values: str = "log2",
    ) -> tuple[SlabLayers, ...]:
        """Show slabs, beside those that are open unless told otherwise.

        Parameters
        ----------
        *slabs
            Slabs, or what was prepared of them on another thread. One that is open already comes into view.
        frame
            Name of the frame to show them in; None for the first one of each.
        layout
            ``"beside"``, ``"overlay"`` or ``"replace"``; None for the last choice.
        color_by, values
            A coloring of their own; None for the scene's, or the default of each slab.

        Returns
        -------
        tuple of SlabLayers
            The layers of each.

        Raises
        ------
        UnknownNameError
            If a slab has no such frame.
        ConfigurationError
            If there is no such layout, or there are too many slabs.
        FormatError
            If a slab has nothing to show; what was open stays as it was.

        Examples
        --------
        >>> layers = scene.open(slab, other, layout="beside")
        >>> [len(one.cells.data) == len(x.cells) for one, x in zip(layers, (slab, other))]
        [True, True]
        """
        if layout not in (None, "beside", "overlay", "replace"):
            raise ConfigurationError(f"{layout!r} is no layout; there is 'beside', 'overlay' and 'replace'.")
        prepared: dict[SlabKey, PreparedSlab] = {}
        plain: list[Slab] = []
        for thing in slabs:
            slab = thing.slab if isinstance(thing, PreparedSlab) else thing
            key = self.stage.know(slab)
            # Prepared before the scene says that it is open, so that one that can't be shown changes nothing.
            if isinstance(thing, PreparedSlab):
                prepared[key] = thing
            elif key not in self.board:
                prepared[key] = prepare_slab(slab if frame is None else slab.in_frame(frame))
            if frame is not None and key in prepared:
                self.stage.know_frame(key, prepared[key].slab)
            plain.append(slab)
        own = None if color_by is None else made(ColorBy, keys=(color_by,), values=values)
        step, first = object(), not self.stage.scene.places
        with self.board.using(prepared):
            keys = self.stage.open(*plain, frame=frame, layout=layout, coloring=own, together=step)  # type: ignore[arg-type]
        self._agree(step)
        if not first or len(keys) > 1:  # else the camera was fitted to the first one
            self.board.look_at(*keys)
        return tuple(self.board[key] for key in keys)

    def _agree(self, step: object) -> None:
        """Color slabs that have different defaults by a column that all have, to be compared."""
        places = self.stage.scene.places
        if self.stage.scene.coloring is not None or any(place.coloring is not None for place in places):
            return
        states = [painted(self.board[place.slab].cells) for place in places]
        if len({state.coloring.key.casefold() for state in states if state is not None}) > 1:
            slabs = [self.stage.shown_slab(place.slab) for place in places]
            first = [state.coloring.key for state in states if state is not None]
            key = common_key(slabs, first)
            if key is not None:
                self.stage.do("color_by", key, together=step)

    def close(self, *slabs: Slab) -> None:
        """Take slabs away, with all their layers; :meth:`undo` brings them back without reading them again.

        Parameters
        ----------
        *slabs
            Open slabs.

        Raises
        ------
        ConfigurationError
            If one is not open.

        Examples
        --------
        >>> layers = scene.open(slab, other)
        >>> scene.close(other)
        >>> scene.undo()
        >>> scene.layers(other) is layers[1]
        True
        """
        self.stage.do("close", [self.key(slab) for slab in slabs])

    def key(self, slab: Slab) -> SlabKey:
        """Name of an open slab in the scene.

        Parameters
        ----------
        slab
            An open slab.

        Raises
        ------
        ConfigurationError
            If it is not open in this viewer.

        Examples
        --------
        >>> layers = scene.open(slab)
        >>> scene.key(slab).slab == slab.label
        True
        """
        for key in self.stage:
            if self.stage.slab(key) is slab or self.stage.shown_slab(key) is slab:
                return key
        raise ConfigurationError(f"{slab.name} is not open in this viewer; open it with scene.open().")

    def layers(self, slab: Slab) -> SlabLayers:
        """The layers of an open slab.

        Parameters
        ----------
        slab
            An open slab.

        Raises
        ------
        ConfigurationError
            If it is not open in this viewer.

        Examples
        --------
        >>> (opened,) = scene.open(slab)
        >>> scene.layers(slab).cells is opened.cells
        True
        """
        return self.board[self.key(slab)]

    def set_visible(self, slab: Slab, visible: bool) -> None:
        """Show or hide an open slab, which stays open; the others move together.

        Parameters
        ----------
        slab
            An open slab.
        visible
            Whether it is to be seen.

        Raises
        ------
        ConfigurationError
            If it is not open.

        Examples
        --------
        >>> layers = scene.open(slab, other)
        >>> scene.set_visible(other, False)
        >>> layers[1].cells.visible
        False
        """
        self.stage.do("set_visible", self.key(slab), visible)

    def sort(self, by: str) -> None:
        """Sort the tiles of the boards.

        Parameters
        ----------
        by
            ``"plane"``, ``"species"``, or ``"opened"`` for the order in which they were.

        Raises
        ------
        ConfigurationError
            If there is no such order.

        Examples
        --------
        >>> scene.sort("species")
        >>> scene.stage.scene.sort
        'species'
        """
        self.stage.do("sort_tiles", by)

    # --- which space

    def show_in_frame(self, slab: Slab, frame: str) -> SlabLayers:
        """Show an open slab in another of its frames, the camera on the same cells.

        Parameters
        ----------
        slab
            An open slab.
        frame
            Name of one of ``slab.frames``.

        Raises
        ------
        ConfigurationError
            If it is not open.
        UnknownNameError
            If it has no such frame.

        Examples
        --------
        >>> layers = scene.open(section)
        >>> layers = scene.show_in_frame(section, "ccf")
        >>> viewer.dims.ndisplay
        3
        """
        key = self.key(slab)
        self.stage.move_to_frame(key, frame)
        return self.board[key]

    @property
    def spaces(self) -> tuple[str, ...]:
        """Kinds of space that the open slabs lie in; one is in view at a time."""
        return self.stage.scene.spaces

    def look_at_space(self, space: str) -> None:
        """Bring tissue, a space in three dimensions or an embedding into view, as it was looked at last.

        Parameters
        ----------
        space
            One of :attr:`spaces`.

        Raises
        ------
        UnknownNameError
            If nothing is open in it.

        Examples
        --------
        >>> layers = scene.open(slab)
        >>> scene.spaces
        ('tissue',)
        >>> scene.look_at_space("tissue")
        """
        self.stage.do("look_at_space", space)

    def look_at(self, *slabs: Slab | SlabKey) -> None:
        """Fit the camera to some open slabs of the space in view; it is no step to be undone.

        Parameters
        ----------
        *slabs
            Open slabs, or their names; all of them if none is named.

        Raises
        ------
        ConfigurationError
            If one is not open.

        Examples
        --------
        >>> layers = scene.open(slab, other)
        >>> scene.look_at(slab)
        >>> near = viewer.scene.camera.zoom
        >>> scene.look_at()
        >>> viewer.scene.camera.zoom < near
        True
        """
        self.board.look_at(*(slab if isinstance(slab, SlabKey) else self.key(slab) for slab in slabs))

    @property
    def extent(self) -> NDArray[np.float64]:
        """(2, 2) lowest and highest y, x of all that is in view, titles included, in :attr:`unit`."""
        return self.board.extent()

    @property
    def unit(self) -> str:
        """The one unit of all layers; empty for an embedding."""
        return self.board.unit

    @property
    def dimensions(self) -> int:
        """Dimensions of the space in view: 2 or 3."""
        places = self.stage.scene.in_view
        return max((self.board[place.slab].cells.ndim for place in places), default=2)

    # --- colors

    def color_by(
        self,
        keys: str | Sequence[str],
        values: str = "log2",
        limits: Any = None,
        colormap: str | None = None,
        slab: Slab | None = None,
    ) -> None:
        """Color every open slab, or one of them, by a column, a gene, or a blend of up to three genes.

        A slab that has no such column or gene is gray, and its title says so. One color is one value
        everywhere: limits that are not given are those that show the values of all open slabs well.

        Parameters
        ----------
        keys
            A column, or ``"gene:"`` and a symbol or identifier, or a list of two or three genes.
        values
            ``"log2"`` or ``"raw"``, for genes.
        limits
            Values of the colormap's first and last color, or a list of such pairs, one a gene; None for those
            that show the values well.
        colormap
            Any name that cmap knows; None for the one that is used.
        slab
            The only slab to color; None for all, and for those that are opened later.

        Raises
        ------
        UnknownNameError
            If no open slab has such a column or gene.
        ConfigurationError
            If the limits, values or colormap can't be used.

        Examples
        --------
        >>> layers = scene.open(slab, other)
        >>> scene.color_by("Subclass")
        >>> scene.color_by(["gene:DRD1", "gene:DRD2"])  # magenta, green, and white where both are
        """
        only = None if slab is None else self.key(slab)
        names = (keys,) if isinstance(keys, str) else tuple(keys)
        for name in names:
            self.stage.ask_again(name)
        plan = self.stage.plan("color_by", keys, values, limits, colormap, slab=only)
        self.stage.read(plan)
        self.stage.do("color_by", keys, values, limits, colormap, slab=only)

    def set_limits(self, low: float, high: float, together: object = None) -> None:
        """Move the limits of what is colored by a number.

        Parameters
        ----------
        low, high
            Values of the colormap's first and last color.
        together
            Calls in a row with one such object are undone as one, as a slider's drag is.

        Raises
        ------
        ConfigurationError
            If nothing is colored by numbers, or the limits don't ascend.

        Examples
        --------
        >>> layers = scene.open(slab)
        >>> scene.color_by("gene:DRD1")
        >>> scene.set_limits(0, 6)
        >>> scene.stage.scene.coloring.limits
        ((0.0, 6.0),)
        """
        self.stage.do("set_limits", (low, high), together=together)

    def color_categories(self, colors: Mapping[str, str]) -> None:
        """Give categories colors of one's own.

        Parameters
        ----------
        colors
            ``"#rrggbb"`` by name; an empty text takes one back.

        Raises
        ------
        ConfigurationError
            If nothing is colored by a column, or a color is none.

        Examples
        --------
        >>> layers = scene.open(slab)
        >>> scene.color_by("Class")
        >>> scene.color_categories({"Immune": "#ffffff"})
        >>> scene.stage.scene.coloring.colors
        (('Immune', '#ffffff'),)
        """
        self.stage.do("color_categories", colors)

    # --- which cells

    def filter(
        self,
        key: str | None = None,
        keep: Iterable[str | None] | None = None,
        drop: Iterable[str | None] | None = None,
        low: float | None = None,
        high: float | None = None,
        values: str = "log2",
        selection: str | None = None,
        inside: bool = True,
    ) -> None:
        """Draw only the cells that fulfil one more condition, in every open slab, until it is removed.

        The condition takes the place of the one on the same column, gene or selection. A slab that lacks what
        is asked for keeps all its cells; :attr:`notes` says so.

        Parameters
        ----------
        key
            A column, or ``"gene:"`` and a symbol or identifier.
        keep, drop
            Names of a column of categories to keep or to drop; None among them for the cells without a value.
        low, high
            Limits of a number, both included.
        values
            ``"log2"`` or ``"raw"``, for a gene.
        selection
            Name of a selection, in place of a key.
        inside
            Whether the cells of the selection are kept, or the others.

        Raises
        ------
        ConfigurationError
            If it is not clear what to filter by, or there is no such selection.
        UnknownNameError
            If no open slab has such a column or gene.

        Examples
        --------
        >>> layers = scene.open(slab)
        >>> scene.filter("Class", drop=["Immune", None])
        >>> scene.filter("gene:DRD1", low=1)
        >>> len(scene.shown(slab)) < len(slab.cells)
        True
        """
        ranged, named = low is not None or high is not None, keep is not None or drop is not None
        if (key is None) == (selection is None) or (key is not None and ranged is named):
            raise ConfigurationError(
                "Filter by a column with names to keep or to drop, by a number with a lower or an upper "
                "limit, or by a selection."
            )
        if selection is not None:
            self.stage.do("filter_selection", selection, inside)
            return
        assert key is not None
        self.stage.ask_again(key)
        verb = ("filter_range", key, low, high, values) if ranged else ("filter_names", key, keep, drop)
        self.stage.read(self.stage.plan(*verb))
        self.stage.do(*verb)

    @property
    def filters(self) -> tuple[Condition, ...]:
        """The conditions that the cells drawn in color fulfil."""
        return self.stage.scene.filter.conditions

    def remove_filter(self, condition: Condition) -> None:
        """Take a condition off.

        Parameters
        ----------
        condition
            One of :attr:`filters`.

        Raises
        ------
        ConfigurationError
            If it is none of them.

        Examples
        --------
        >>> layers = scene.open(slab)
        >>> scene.filter("Class", drop=["Immune"])
        >>> scene.remove_filter(scene.filters[0])
        >>> scene.filters
        ()
        """
        self.stage.do("remove_condition", condition)

    def clear_filters(self) -> None:
        """Draw all cells in color again.

        Examples
        --------
        >>> scene.clear_filters()
        >>> scene.filters
        ()
        """
        self.stage.do("clear_filters")

    def gray_others(self, gray: bool = True) -> None:
        """Draw the cells that the filter leaves out gray, as context, or not at all.

        Parameters
        ----------
        gray
            Whether they are gray.

        Examples
        --------
        >>> scene.gray_others()
        >>> scene.stage.scene.filter.others
        'gray'
        """
        self.stage.do("gray_others", gray)

    def select(
        self, name: str, cells: Mapping[str, Iterable[str]] | Slab, mask: Any = None, color: str | None = None
    ) -> None:
        """Name a set of cells, in place of the one of that name.

        Parameters
        ----------
        name
            What the selection is called.
        cells
            Labels of cells by dataset; or an open slab, of which ``mask`` says the cells.
        mask
            (cells of the slab,) True for those that are chosen; None for those that :meth:`shown` gives.
        color
            ``"#rrggbb"``; None for the one it has, or yellow.

        Raises
        ------
        ConfigurationError
            If the color is none, or there are too many cells.

        Examples
        --------
        >>> layers = scene.open(slab)
        >>> scene.select("left", slab, slab.cells["x"] < slab.cells["x"].median())
        >>> scene.filter(selection="left")
        """
        if isinstance(cells, Slab):
            chosen = self.shown(cells) if mask is None else cells.cells[np.asarray(mask, dtype=bool)]
            cells = {cells.dataset: chosen.index.tolist()}
        self.stage.do("select", name, cells, color)

    def remove_selection(self, name: str) -> None:
        """Forget a selection, and what is filtered by it.

        Parameters
        ----------
        name
            Of the selection.

        Raises
        ------
        UnknownNameError
            If there is none of that name.

        Examples
        --------
        >>> layers = scene.open(slab)
        >>> scene.select("all", slab)
        >>> scene.remove_selection("all")
        """
        self.stage.do("remove_selection", name)

    # --- what else is seen

    def show(self, **what: Any) -> None:
        """Change what is shown beside the colors.

        Parameters
        ----------
        **what
            ``regions``, ``outlines``, ``images``: whether they are seen; ``cell_size``: a multiple of the
            size that makes the cells up to tissue; ``order``: which cells are drawn on top.

        Raises
        ------
        ConfigurationError
            If there is no such thing, or it can't have that value.

        Examples
        --------
        >>> scene.show(regions=False, cell_size=2)
        >>> scene.stage.scene.shown.cell_size
        2.0
        """
        self.stage.do("show", **what)

    # --- back and forth

    def undo(self) -> None:
        """Go back one step, if there is one.

        Examples
        --------
        >>> scene.gray_others()
        >>> scene.undo()
        >>> scene.stage.scene.filter.others
        'hide'
        """
        self.stage.undo()

    def redo(self) -> None:
        """Go forth to what was undone last, if there is something.

        Examples
        --------
        >>> scene.gray_others()
        >>> scene.undo()
        >>> scene.redo()
        >>> scene.stage.scene.filter.others
        'gray'
        """
        self.stage.redo()

    # --- numbers

    def counts(self, key: str | None = None) -> pd.DataFrame:
        """Cells of each category in each open slab that fulfil the filter.

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

        Examples
        --------
        >>> layers = scene.open(slab, other)
        >>> scene.counts("Class").sum().tolist() == [len(slab.cells), len(other.cells)]
        True
        """
        return self.stage.counts(key)

    def shown(self, slab: Slab) -> pd.DataFrame:
        """Table of the cells of an open slab that are drawn in color: those that fulfil the filter.

        Parameters
        ----------
        slab
            An open slab.

        Raises
        ------
        ConfigurationError
            If it is not open.

        Examples
        --------
        >>> layers = scene.open(slab)
        >>> scene.shown(slab).equals(slab.cells)
        True
        """
        return self.stage.shown(self.key(slab))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of what is seen, in sentences: what a slab lacks, say."""
        said = [sentence for key in self.stage for sentence in self.stage.passing(key).unknown]
        return tuple(
            dict.fromkeys(
                [
                    *self._missing,
                    *said,
                    *self.board.lacking.values(),
                    *units_note(self.stage),
                    *twice_note(self.stage),
                ]
            )
        )

    # --- saved views

    def save(self, path: str | Path) -> None:
        """Save what is seen as a small JSON file; :func:`~napari_abc.open_scene` rebuilds it.

        Parameters
        ----------
        path
            The file; what was there is replaced when it is written whole.

        Raises
        ------
        ConfigurationError
            If a slab was made in memory, and can't be opened again.
        DiskFullError
            If the disk is full.

        Examples
        --------
        >>> layers = scene.open(slab)
        >>> scene.save(folder / "view.json")
        """
        viewer = self._viewer()
        camera = {} if viewer is None else Look.of(viewer).say()
        write_scene(self.stage.scene, Path(path), {"camera": camera})

    def to_python(self) -> str:
        """Lines of Python that rebuild what is seen.

        Examples
        --------
        >>> layers = scene.open(slab)
        >>> scene.color_by("Class")
        >>> "scene.color_by('Class')" in scene.to_python().replace('"', "'")
        True
        """
        return to_python(self.stage.scene)


def rebuild(
    mine: ViewerScene,
    scene: Scene,
    slabs: Mapping[SlabKey, Slab],
    camera: Mapping[str, Any] | None = None,
    missing: Sequence[str] = (),
) -> None:
    """Show another scene in a viewer, a saved one say, whose slabs were opened; one step to be undone.

    Parameters
    ----------
    mine
        The viewer's scene.
    scene
        What is to be seen.
    slabs
        Its slabs by their names in it.
    camera
        How it was looked at; what can't be is left out.
    missing
        What could not be opened, for the notes.
    """
    for key, slab in slabs.items():
        mine.stage.know(slab, key)
    mine._missing = tuple(missing)
    mine.stage.go_to(scene)
    viewer = mine._viewer()
    if viewer is None or not scene.places:
        return
    mine.board.look_at()
    wanted = Look.read(camera or {})
    if wanted is not None and wanted.ndisplay == viewer.dims.ndisplay:
        wanted.take(viewer)


def _zoom_to_title(viewer: ViewerModel, event: Any) -> None:
    """A double click on a title looks at its tile alone."""
    mine = _scenes.get(unwrap(viewer))
    if mine is not None and mine.board.look_at_title(np.asarray(event.position, dtype=float)[-2:]):
        event.handled = True


def _undo(viewer: ViewerModel) -> None:
    """Undo the last change of what is shown."""
    scene_of(viewer).undo()


def _redo(viewer: ViewerModel) -> None:
    """Redo what was undone last."""
    scene_of(viewer).redo()


def _look_at_all(viewer: ViewerModel) -> None:
    """Look at all open slabs of the space in view."""
    scene_of(viewer).look_at()


_KEYS = {"Control-Z": _undo, "Control-Shift-Z": _redo, "Home": _look_at_all}
"""A layer of labels in which a person paints keeps its own Control-Z, as napari asks the layer first."""
