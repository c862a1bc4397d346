"""The layers that show what a scene says: what differs from one scene to the next is worked out here.

Layers hold no state of their own. What a person does with napari's own controls is taken over where it
means a verb (the bin closes a slab), and left alone otherwise.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

import numpy as np

from napari_abc.errors import AbcError
from napari_abc.model import Blend, Continuous
from napari_abc.stage import is_by, space_of
from napari_abc.text import distinct_parts
from napari_abc.viewer.cell_size import resize_cells
from napari_abc.viewer.color import draw_rare_above, paint, painted
from napari_abc.viewer.frames import exchange_layers, prepare_frame, whole_slab
from napari_abc.viewer.layers import collect, insert
from napari_abc.viewer.links import METADATA_SIZE, shows_cells, slab_of
from napari_abc.viewer.prepare import prepare_slab
from napari_abc.viewer.scene._board import arrange, conform, extent_of
from napari_abc.viewer.scene._look import Look, fit, pixels_of
from napari_abc.viewer.scene._titles import LETTER, Titles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from napari.components import ViewerModel
    from napari.layers import Layer, Points
    from numpy.typing import NDArray

    from napari_abc.model import Coloring, Slab
    from napari_abc.stage import Place, Scene, SlabKey, Stage, Tile
    from napari_abc.viewer.color import Painted
    from napari_abc.viewer.frames import PreparedFrame
    from napari_abc.viewer.layers import SlabLayers
    from napari_abc.viewer.prepare import PreparedSlab
    from napari_abc.viewer.scene._board import Lying

__all__ = ["SceneLayers"]


@dataclass(frozen=True, eq=False, slots=True)
class _Closed:
    """The layers of a slab that was closed, as they were, from the lowest."""

    main: SlabLayers
    every: list[Layer]


class SceneLayers:
    """The layers of one viewer's scene.

    Parameters
    ----------
    viewer
        The viewer; not kept alive.
    stage
        Its stage.
    """

    def __init__(self, viewer: ViewerModel, stage: Stage) -> None:
        self._viewer = ref(viewer)
        self._stage = stage
        self._open: dict[SlabKey, SlabLayers] = {}
        self._closed: dict[SlabKey, _Closed] = {}
        self._homes: WeakKeyDictionary[Layer, NDArray[np.float64]] = WeakKeyDictionary()
        self._put_away: WeakKeyDictionary[Layer, bool] = WeakKeyDictionary()
        self._defaults: dict[SlabKey, Painted] = {}
        self._prepared: dict[SlabKey, PreparedSlab] = {}
        self._given: dict[SlabKey, SlabLayers] = {}
        self._looks: dict[str, Look] = {}
        self._titles = Titles()
        self._tile_boxes: dict[SlabKey, NDArray[np.float64]] = {}
        self._fitted: tuple[tuple[SlabKey, ...], Look] | None = None
        self._lying: Lying | None = None
        self.unit = ""
        """The one unit of all layers; empty for embeddings alone."""
        self._shared: tuple[tuple[float, float] | None, ...] = ()
        self._busy = 0
        self.lacking: dict[SlabKey, str] = {}
        """What open slabs lack of what the scene asks for, in a sentence each."""
        stage.events.changed.connect(self._show)
        stage.events.asked_again.connect(self._paint_again)
        viewer.layers.events.removed.connect(self._on_removed)
        viewer.layers.events.inserted.connect(self._on_inserted, position="last")
        viewer.canvas.events.size.connect(self._on_size)
        viewer.events.theme.connect(self._on_theme)

    def close_down(self) -> None:
        """Listen to nothing any more."""
        self._stage.events.changed.disconnect(self._show)
        self._stage.events.asked_again.disconnect(self._paint_again)
        viewer = self._viewer()
        if viewer is not None:
            viewer.layers.events.removed.disconnect(self._on_removed)
            viewer.layers.events.inserted.disconnect(self._on_inserted)
            viewer.canvas.events.size.disconnect(self._on_size)
            viewer.events.theme.disconnect(self._on_theme)

    def __getitem__(self, key: SlabKey) -> SlabLayers:
        """The layers of an open slab."""
        return self._open[key]

    def __contains__(self, key: object) -> bool:
        return key in self._open

    def key_of(self, layer: Layer) -> SlabKey | None:
        """Name of the open slab whose cells a layer shows; None for other layers, and duplicates."""
        return next((key for key, layers in self._open.items() if layers.cells is layer), None)

    def key_of_part(self, layer: Layer) -> SlabKey | None:
        """Name of the open slab that a layer shows a part of; None for other layers."""
        slab = slab_of(layer)
        if slab is None:
            return None
        return next((key for key, layers in self._open.items() if slab_of(layers.cells) is slab), None)

    @property
    def changing(self) -> bool:
        """Whether layers come and go now."""
        return self._busy > 0

    # --- what was prepared on another thread

    @contextmanager
    def using(self, prepared: dict[SlabKey, PreparedSlab]) -> Iterator[None]:
        """While this lasts, slabs are shown as they were prepared."""
        self._prepared = prepared
        try:
            yield
        finally:
            self._prepared = {}

    def show_frame(self, frame: PreparedFrame) -> SlabLayers:
        """Show an open slab in a frame that was prepared, with the camera on the same cells."""
        viewer = self._viewer()
        assert viewer is not None  # the layer that is replaced is in it
        key = self.key_of(frame.layer)
        space, several = self._stage.scene.space, len(self._stage.scene.in_view) > 1
        if self._stage.scene.space:  # before the layers that it is looked at through are gone
            self._looks[self._stage.scene.space] = Look.of(viewer)
        with self._ours():
            layers = exchange_layers(viewer, frame, self._settle)
        if key is not None:
            self._given[key] = layers
            self._stage.know_frame(key, frame.parts.slab)
            self._stage.move_to_frame(key, frame.parts.slab.frame.name)
            if several and self._stage.scene.space == space:  # its tile lies elsewhere than its frame says
                self.look_at()
        return layers

    # --- what is looked at

    def look_at(self, *keys: SlabKey) -> None:
        """Fit the camera to some open slabs of the space in view; to all of them if none is named."""
        viewer = self._viewer()
        if viewer is None:
            return
        self._fit_to(viewer, keys)
        self._fitted = keys, Look.of(viewer)

    def _on_theme(self, _event: Any) -> None:
        """Write the titles in a color that is read on the canvas."""
        viewer = self._viewer()
        if viewer is not None and not self._busy:
            self._write_titles(viewer, self._tiles(viewer))

    def _on_size(self, _event: Any) -> None:
        """Fit again what was fitted and not moved since: the canvas has another size."""
        viewer = self._viewer()
        if viewer is None or self._busy:
            return
        if self._lying is not None:
            self._write_titles(viewer, self._tiles(viewer))
        if self._fitted is None:
            return
        keys, look = self._fitted
        if Look.of(viewer) == look:
            self.look_at(*keys)

    def _fit_to(self, viewer: ViewerModel, keys: Sequence[SlabKey]) -> None:
        here = {place.slab for place in self._stage.scene.in_view}
        wanted = [key for key in keys or here if key in here and key in self._open]
        boxes = [box for key in wanted if (box := self._box(key)) is not None]
        if viewer.dims.ndisplay == 3 or not boxes:
            viewer.reset_view(layers=[self._open[key].cells for key in wanted])
        elif not keys:
            fit(viewer, *self.extent())
        else:
            fit(viewer, np.min([box[0] for box in boxes], axis=0), np.max([box[1] for box in boxes], axis=0))

    def extent(self) -> NDArray[np.float64]:
        """(2, 2) lowest and highest y, x of all that is in view on a board, titles included."""
        boxes = [
            box
            for place in self._stage.scene.in_view
            if place.visible and (box := self._box(place.slab)) is not None
        ]
        if not boxes:
            return np.zeros((2, 2))
        return np.array(
            [np.min([box[0] for box in boxes], axis=0), np.max([box[1] for box in boxes], axis=0)]
        )

    def look_at_title(self, place: NDArray[np.float64]) -> bool:
        """Look at the tile whose title lies at a place, (2,) y and x; False where there is none."""
        viewer = self._viewer()
        lying = self._lying
        if viewer is None or viewer.dims.ndisplay != 2 or lying is None:
            return False
        tiles = self._tiles(viewer)
        for tile, title, (low, high) in zip(tiles, lying.titles, lying.boxes, strict=True):
            wide = max(high[1] - low[1], 4 * lying.title_height) / 2
            if abs(place[1] - title[1]) <= wide and abs(place[0] - title[0]) < lying.title_height / 2:
                viewer.layers.selection.active = self._open[tile.slabs[-1]].cells
                fit(viewer, low, high)
                return True
        return False

    def _box(self, key: SlabKey) -> NDArray[np.float64] | None:
        """Lowest and highest y, x of a slab's tile, or of itself where it is alone; None in 3D."""
        layers = self._open[key]
        if layers.cells.ndim != 2:
            return None
        if key in self._tile_boxes:
            return self._tile_boxes[key]
        box: NDArray[np.float64] = extent_of(layers, self._home) + self._offset(layers.cells)
        return box

    def _home(self, layer: Layer) -> NDArray[np.float64]:
        """(layer.ndim,) where a layer lies by itself."""
        home = self._homes.get(layer)
        if home is None:
            home = self._homes[layer] = np.array(layer.translate, dtype=float)
        return home

    def _offset(self, layer: Layer) -> NDArray[np.float64]:
        """(2,) y and x by which a layer is moved."""
        moved: NDArray[np.float64] = np.asarray(layer.translate, dtype=float)[-2:] - self._home(layer)[-2:]
        return moved

    # --- from one scene to the next

    @contextmanager
    def _ours(self) -> Iterator[None]:
        """While this lasts, layers come and go by the scene and not by a person's hand."""
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1

    def _show(self, before: Scene, after: Scene) -> None:
        viewer = self._viewer()
        if viewer is None:
            return
        fitted = self._fitted is not None and Look.of(viewer) == self._fitted[1]
        with self._ours():
            if before.space != after.space and before.space and not self._given:
                self._looks[before.space] = Look.of(viewer)
            self._looks = {space: look for space, look in self._looks.items() if space in after.spaces}
            now = {place.slab: place for place in after.places}
            given = {key for key in self._given if key in now}
            for key in given:
                self._open[key] = self._given[key]
                self._keep_coloring(key, self._given[key])
                self._remember_default(key, self._given[key])
            self._given = {}
            for key in [key for key in self._open if key not in now]:
                self._remove(viewer, key)
            new = [place for key, place in now.items() if key not in self._open]
            moved = self._move_to_frames(viewer, now) | given
            for place in new:
                self._add(viewer, place)
            self._show_parts(before, after, moved | {place.slab for place in new})
            if new or moved or _board(before) != _board(after):
                self._arrange(viewer)
            self._paint_changed(before, after, moved | {place.slab for place in new})
            if before.space != after.space:
                # On the same cells, if they filled the view; of a board they were a small part.
                self._enter(viewer, after, keep_camera=bool(moved) and len(before.in_view) == 1)
            elif fitted and _board(before) != _board(after):  # all was in view, and is to stay so
                self.look_at()
        self._let_go()

    def _move_to_frames(self, viewer: ViewerModel, now: dict[SlabKey, Place]) -> set[SlabKey]:
        """Exchange the layers of slabs that are shown in another frame than the scene says."""
        moved = set()
        for key, layers in list(self._open.items()):
            shown = slab_of(layers.cells)
            if shown is not None and shown.frame.name != now[key].frame:
                frame = prepare_frame(layers.cells, now[key].frame, slab=self._stage.shown_slab(key))
                self._open[key] = exchange_layers(viewer, frame, self._settle)
                self._keep_coloring(key, self._open[key])
                self._remember_default(key, self._open[key])
                moved.add(key)
        return moved

    def adopt(self, cells: Points, slab: Slab) -> None:
        """Take over a slab whose layers napari made of what a reader gave; a duplicate stays the person's."""
        viewer = self._viewer()
        known = any(slab_of(layers.cells) is slab for layers in self._open.values())
        if viewer is None or known or cells.source.parent is not None:
            return
        whole = whole_slab(cells) or slab
        layers = collect(viewer, cells, slab)
        self._choose_unit(slab)
        self._settle(layers)
        key = self._stage.know(whole)
        if key in self._open:
            # The same file a second time. The new layers take the place of the old ones: napari is about to
            # select what it has just inserted, and must find it.
            old = self._open.pop(key)
            with self._ours():
                for layer in self._mine(viewer, old):
                    if layer.source.parent is None and layer not in list(layers):
                        viewer.layers.remove(layer)
            self._open[key] = layers
            self._stage.know_frame(key, slab)
            self._stage.do("move_to_frame", key, slab.frame.name, space_of(whole, slab.frame))
            with self._ours():
                self._arrange(viewer)
            self._paint_again()
        else:
            self._given[key] = layers
            self._stage.open(whole, frame=slab.frame.name)
        self.look_at(key)

    def _add(self, viewer: ViewerModel, place: Place) -> None:
        slab = self._stage.shown_slab(place.slab)
        self._choose_unit(slab)
        closed, prepared = self._closed.pop(place.slab, None), self._prepared.get(place.slab)
        if prepared is None and closed is not None and slab_of(closed.main.cells) is slab:  # undone
            for layer in closed.every:
                viewer.layers.append(layer)
            self._open[place.slab] = closed.main
            return
        if prepared is None or prepared.slab is not slab:
            prepared = prepare_slab(slab)
        layers = self._open[place.slab] = insert(viewer, prepared, self._settle)
        self._keep_coloring(place.slab, layers)
        self._remember_default(place.slab, layers)

    def _remember_default(self, key: SlabKey, layers: SlabLayers) -> None:
        """What a slab is colored by while the scene says nothing of it."""
        state = painted(layers.cells)
        if state is not None and self._stage.scene.coloring_of(key) is None:
            self._defaults[key] = state
        else:
            self._defaults.pop(key, None)

    def _keep_coloring(self, key: SlabKey, layers: SlabLayers) -> None:
        """What a layer is colored by already need not be read again."""
        state, wanted = painted(layers.cells), self._stage.scene.coloring_of(key)
        if (
            state is not None
            and wanted is not None
            and is_by(state.coloring, wanted)
            and len(wanted.keys) == 1
        ):
            self._stage.keep(key, wanted.keys[0], wanted.values, state.coloring)

    def _choose_unit(self, slab: Slab) -> None:
        """One unit for all layers: that of the first slab that has one."""
        if not self._open:
            self.unit = slab.frame.unit
        elif slab.frame.unit and not self.unit:
            self.unit = slab.frame.unit
            for layers in self._open.values():
                conform(list(layers), self.unit)

    def _settle(self, layers: Iterable[Layer]) -> None:
        """Before layers are inserted: one unit for all, and what they lie at by themselves is remembered."""
        layers = list(layers)
        conform(layers, self.unit)
        for layer in layers:
            self._homes[layer] = np.array(layer.translate, dtype=float)

    def _remove(self, viewer: ViewerModel, key: SlabKey) -> None:
        layers = self._open.pop(key)
        mine = [layer for layer in self._mine(viewer, layers) if layer.source.parent is None]
        complete = layers.cells in mine
        for layer in mine:
            viewer.layers.remove(layer)
        for layer in mine:  # as they were when they were seen last
            _set_visible(layer, self._put_away.pop(layer, layer.visible))
        if complete:
            self._closed[key] = _Closed(layers, mine)

    def _let_go(self) -> None:
        """Keep closed layers only while a scene, back or forth, has their slab."""
        for key in [key for key in self._closed if not self._stage.knows(key)]:
            del self._closed[key]

    @staticmethod
    def _mine(viewer: ViewerModel, layers: SlabLayers) -> list[Layer]:
        """Every layer of a slab, with volumes and a person's duplicates."""
        slab = slab_of(layers.cells)
        return [layer for layer in viewer.layers if slab_of(layer) is slab]

    # --- where they lie

    def _arrange(self, viewer: ViewerModel) -> None:
        """Lay the slabs of the space in view on their tiles, and let the others be."""
        tiles = self._tiles(viewer)
        self._tile_boxes = {}
        flat = all(self._open[slab].cells.ndim == 2 for tile in tiles for slab in tile.slabs)
        if not flat or not tiles:
            self._lying = None
            self._titles.clear(viewer)
            return
        extents = {slab: extent_of(self._open[slab], self._home) for tile in tiles for slab in tile.slabs}
        lying = arrange(tiles, extents)
        for key, offset in lying.offsets.items():
            for layer in self._mine(viewer, self._open[key]):
                self._move(layer, offset)
        self._lying = lying if len(tiles) > 1 else None
        if self._lying is not None:
            self._tile_boxes = {
                slab: box for tile, box in zip(tiles, lying.boxes, strict=True) for slab in tile.slabs
            }
        self._write_titles(viewer, tiles)

    def _tiles(self, viewer: ViewerModel) -> tuple[Tile, ...]:
        height, width = viewer.canvas.size
        return self._stage.tiles(max(0.2, width / max(1, height)))

    def _move(self, layer: Layer, offset: NDArray[np.float64]) -> None:
        wanted = self._home(layer).copy()
        wanted[-2:] += offset
        if not np.array_equal(wanted, layer.translate):
            layer.translate = wanted

    def _write_titles(self, viewer: ViewerModel, tiles: Sequence[Tile]) -> None:
        if self._lying is None:
            self._titles.clear(viewer)
            return
        names = self._stage.titles()
        room = self._room_for_titles(viewer)
        full = [[names[slab] + self._remark(slab) for slab in tile.slabs] for tile in tiles]
        if any(len(" + ".join(line)) > room for line in full):
            short = dict(zip(names, distinct_parts(list(names.values())), strict=True))
            full = [[short[slab] + self._remark(slab) for slab in tile.slabs] for tile in tiles]
        lines = [text if len(text) <= room else f"{text[: room - 1]}…" for text in map(" + ".join, full)]
        self._titles.write(viewer, self._lying.titles, lines, self.unit)

    def _room_for_titles(self, viewer: ViewerModel) -> int:
        """Letters of a title that fit above a tile, when all tiles are in view."""
        assert self._lying is not None
        low, high = self.extent()
        pixels = pixels_of(viewer, low, high)
        columns = np.unique(np.round(self._lying.titles[:, 1], 9))
        apart = float(np.diff(columns).min()) if len(columns) > 1 else float(high[1] - low[1])
        return max(6, int(apart * pixels / LETTER))

    def _remark(self, slab: SlabKey) -> str:
        """What a title says behind the name."""
        if slab not in self.lacking:
            return ""
        wanted = self._stage.scene.coloring_of(slab)
        gene = wanted is not None and wanted.is_gene
        return " (not in this panel)" if gene else " (not in this table)"

    # --- what is seen of them

    def _show_parts(self, before: Scene, after: Scene, new: set[SlabKey]) -> None:
        """Put away what is out of view, and bring back what comes into it, as a person left it."""
        viewer = self._viewer()
        assert viewer is not None
        for place in after.places:
            layers = self._open[place.slab]
            here = place.visible and place.space == after.space
            for name, some in _parts(layers).items():
                wanted = getattr(after.shown, name)
                if wanted != getattr(before.shown, name) or (place.slab in new and not wanted):
                    for layer in some:
                        self._want(layer, wanted)
            for layer in self._mine(viewer, layers):
                if here and layer in self._put_away:
                    _set_visible(layer, self._put_away.pop(layer))
                elif not here and layer not in self._put_away:
                    self._put_away[layer] = layer.visible
                    _set_visible(layer, False)
            rare, had = after.shown.order == "rare", before.shown.order == "rare"
            if rare is not (had and place.slab not in new):
                draw_rare_above(layers.cells, rare)
            size = after.shown.cell_size
            other = size != (1 if place.slab in new else before.shown.cell_size)
            if other and layers.cells.metadata.get(METADATA_SIZE):
                resize_cells(layers.cells, size)

    def _want(self, layer: Layer, visible: bool) -> None:
        """Show or hide a layer, now or when its slab is in view again."""
        if layer in self._put_away:
            self._put_away[layer] = visible
        else:
            _set_visible(layer, visible)

    def _enter(self, viewer: ViewerModel, scene: Scene, keep_camera: bool) -> None:
        """Look at a space as it was left, or at all of it."""
        if not scene.in_view:
            return
        first = self._open[scene.in_view[0].slab].cells
        slab = slab_of(first)
        viewer.dims.ndisplay = 3 if first.ndim == 3 else 2
        viewer.canvas.overlays.scale_bar.visible = slab is not None and bool(slab.frame.unit)
        active = viewer.layers.selection.active
        if active is None or active in self._put_away:  # napari's tools and status follow the active layer
            viewer.layers.selection.active = self._open[scene.in_view[-1].slab].cells
        if keep_camera:
            return
        look = self._looks.get(scene.space)
        if look is None or look.ndisplay != viewer.dims.ndisplay:
            self.look_at()
        else:
            look.take(viewer)

    # --- colors

    def _paint_changed(self, before: Scene, after: Scene, new: set[SlabKey]) -> None:
        """Paint what has another color than before."""
        same = before.filter == after.filter and before.selections == after.selections
        shared = self._stage.limits()
        moved = shared != self._shared
        self._shared = shared
        lacked = set(self.lacking)
        for place in after.places:
            key = place.slab
            other = before.coloring_of(key) != after.coloring_of(key)
            if key in new or not same or other or (moved and place.coloring is None):
                self._paint(key, place)
        self.lacking = {key: text for key, text in self.lacking.items() if key in self._open}
        viewer = self._viewer()
        if set(self.lacking) != lacked and viewer is not None:
            self._write_titles(viewer, self._tiles(viewer))

    def _paint_again(self) -> None:
        """Paint all as the scene says, whatever others have done to the layers."""
        for place in self._stage.scene.places:
            if self._stage.scene.coloring_of(place.slab) is not None:
                self._paint(place.slab, place, again=True)

    def _paint(self, key: SlabKey, place: Place, again: bool = False) -> None:
        found = self._stage.passing(key)
        filtered = found.mask, found.mask is not None and self._stage.scene.filter.others == "gray"
        cells = self._open[key].cells
        self.lacking.pop(key, None)
        wanted, state = self._stage.scene.coloring_of(key), painted(cells)
        if wanted is None:
            default = self._defaults.get(key, state)
            if default is not None:
                its = default.coloring, default.limits, default.colormap
                if state is None or not _is_so(state, *its, filtered):
                    paint(cells, *its, filtered=filtered)
            return
        limits = list(wanted.limits or (None,) * len(wanted.keys))
        if place.coloring is None:
            limits = list(self._shared)
        try:
            colorings = self._stage.colorings(key)
        except AbcError as error:
            self.lacking[key] = str(error)
            self._paint_plain(key)
            return
        if len(colorings) > 1:
            paint(cells, Blend.of(colorings, limits), None, wanted.colormap, hidden=(), filtered=filtered)
            return
        one = limits[0] if limits[0] is not None else colorings[0].limits()
        if again or state is None or not _is_so(state, colorings[0], one, wanted.colormap, filtered):
            paint(cells, colorings[0], one, wanted.colormap, filtered=filtered)

    def _paint_plain(self, key: SlabKey) -> None:
        """Gray where a slab lacks what the others are colored by: nothing of another coloring is left."""
        slab = self._stage.shown_slab(key)
        nothing = np.full(len(slab.cells), np.nan, dtype=np.float32)
        paint(self._open[key].cells, Continuous("", "not in this slab", nothing, ""))

    # --- what a person does with napari's own controls

    def _on_removed(self, event: Any) -> None:
        """The bin on a layer of cells closes the slab; what else is removed is the person's choice."""
        if self._busy:
            return
        key = self.key_of(event.value)
        if key is not None:
            self._stage.do("close", [key])

    def _on_inserted(self, event: Any) -> None:
        """Cells that came by a reader are a slab of the scene; a volume of an open slab lies with it."""
        layer = event.value
        viewer = self._viewer()
        slab = slab_of(layer)
        if self._busy or viewer is None or slab is None:
            return
        if shows_cells(layer):
            self.adopt(layer, slab)
            return
        key = self.key_of_part(layer)
        if key is not None:
            self._settle([layer])
            offset = self._offset(self._open[key].cells)
            if layer.ndim == self._open[key].cells.ndim:
                self._move(layer, offset if layer.ndim == 2 else np.zeros(2))


def _is_so(
    state: Painted,
    coloring: Coloring,
    limits: tuple[float, float] | None,
    colormap: str,
    filtered: tuple[NDArray[np.bool_] | None, bool],
) -> bool:
    """Whether cells are painted so already."""
    return (
        state.coloring is coloring
        and (not coloring.takes_limits or (state.limits == limits and state.colormap == colormap))
        and (state.kept is filtered[0] and state.gray_others is filtered[1])
    )


def _board(scene: Scene) -> tuple[Any, ...]:
    """What the places of tiles follow from."""
    return scene.sort, scene.space, [(p.slab, p.frame, p.space, p.over, p.visible) for p in scene.places]


def _parts(layers: SlabLayers) -> dict[str, list[Layer]]:
    return {
        "regions": [layer for layer in [layers.regions] if layer is not None],
        "outlines": [layer for layer in [layers.outlines] if layer is not None],
        "images": list(layers.images),
    }


def _set_visible(layer: Layer, visible: bool) -> None:
    if layer.visible != visible:
        layer.visible = visible
