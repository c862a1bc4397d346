"""Points layers whose colors are looked up when they are drawn: all that napari keeps to itself.

When napari makes what draws a layer of points, a layer of cells is made one of
:class:`LookupPoints` and drawn by :class:`VispyLookupPoints`; all others are drawn as ever. The
layer's colors are worked out when somebody reads them (saving, copying, selecting); when somebody
sets them, the layer is drawn in those, as any other.

Nothing else in this package reads or writes these parts of napari. :func:`missing` tells whether
they are what this module knows; if not, layers stay as they are and are painted another way.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from weakref import ReferenceType, ref

import numpy as np
from napari._vispy.layers.points import VispyPointsLayer
from napari._vispy.utils import visual as visuals
from napari._vispy.utils.gl import _opengl_context, get_gl_extensions
from napari._vispy.visuals.markers import Markers
from napari._vispy.visuals.points import PointsVisual
from napari._vispy.visuals.text import Text
from napari.layers import Points
from napari.layers.utils._color_manager_constants import ColorMode
from napari.layers.utils.color_manager import ColorManager
from napari.utils.events import Event
from pydantic import PrivateAttr
from qtpy.QtCore import QTimer
from vispy.gloo import gl
from vispy.scene.visuals import Line
from vispy.visuals.filters.clipping_planes import PlanesClipper

from napari_abc.viewer.points._markers import LookupMarkers
from napari_abc.viewer.points._programs import delete_programs_safely
from napari_abc.viewer.points._raster_visual import RasterVisual
from napari_abc.viewer.points._shader import vertex_shader
from napari_abc.viewer.points._thumbnail import draw_thumbnail

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari._vispy.utils.qt_font import FontInfo
    from numpy.typing import NDArray
    from vispy.visuals.filters import Filter

    from napari_abc.viewer.points._lookup import Lookup

__all__ = ["LookupPoints", "VispyLookupPoints", "adopt", "install", "missing"]

_VERTEX_TEXTURES = 0x8B4C
"""GL_MAX_VERTEX_TEXTURE_IMAGE_UNITS"""

_COVERING = ("opaque", "translucent", "translucent_no_depth")
"""Kinds of blending in which what is drawn later covers what is below."""

_SOFTWARE = ("llvmpipe", "softpipe", "swrast", "swiftshader", "software", "gdi generic", "basic render")
"""What is in the names of OpenGLs that draw on the processor."""


@cache
def missing() -> str | None:
    """Why this napari can't look colors up when it draws; None if it can."""
    if vertex_shader() is None:
        return "the vertex shader of vispy's markers is another one"
    if visuals.layer_to_visual.get(Points) is not VispyPointsLayer:
        return "points are drawn in another way"
    theirs = (
        (VispyPointsLayer, ("_on_data_change", "reset")),
        (PointsVisual, ("points_markers", "selection_markers", "highlight_lines", "text", "clipping_planes")),
        (Markers, ("_upload_data", "_symbol_shader_values", "set_data")),
        (Points, ("_update_thumbnail", "_type_string", "_basename", "_view_indices", "_view_data")),
    )
    gone = [name for owner, names in theirs for name in names if not hasattr(owner, name)]
    if "colors" not in ColorManager.model_fields:
        gone.append("colors")
    return f"napari has no {gone[0]!r} any more" if gone else None


@cache
def _too_old() -> bool:
    """Whether the graphics driver can't read a table of floats in a vertex shader."""
    try:
        with _opengl_context():
            units = gl.glGetParameter(_VERTEX_TEXTURES)
            version = str(gl.glGetParameter(gl.GL_VERSION))
    except AttributeError:  # there is no OpenGL, as on Qt's platform "offscreen", and vispy reads its None
        return True
    return not units or (version < "3" and "texture_float" not in get_gl_extensions())


@cache
def _software() -> bool:
    """Whether there is no graphics card, and a processor draws."""
    try:
        with _opengl_context():
            renderer = str(gl.glGetParameter(gl.GL_RENDERER)).lower()
    except AttributeError:
        return True
    return any(name in renderer for name in _SOFTWARE)


def install(prepare: Callable[[Points], None]) -> str | None:
    """Have napari ask us when it makes what draws a layer of points.

    Parameters
    ----------
    prepare
        Is called with each such layer, and may :func:`adopt` it.

    Returns
    -------
    str or None
        Why that can't be done; None if it was, now or before.
    """
    delete_programs_safely()
    reason = missing()
    if reason is None and visuals.layer_to_visual[Points] is VispyPointsLayer:

        def make(layer: Points, *args: Any, **kwargs: Any) -> VispyPointsLayer:
            prepare(layer)
            kind = VispyLookupPoints if isinstance(layer, LookupPoints) else VispyPointsLayer
            return kind(layer, *args, **kwargs)

        visuals.layer_to_visual[Points] = make
    return reason


def adopt(layer: Points) -> LookupPoints | None:
    """Make a layer one whose colors can be looked up, which it then stays.

    Returns
    -------
    LookupPoints or None
        The same layer; None if it is of a class of somebody else's.
    """
    if isinstance(layer, LookupPoints):
        return layer
    if type(layer) is not Points:
        return None
    layer.__class__ = LookupPoints
    adopted: LookupPoints = layer
    adopted.events.add(lookup=Event, detail=Event, drawn=Event, resized=Event, ordered=Event)
    for manager in (adopted._face, adopted._border):
        manager.__class__ = LazyColors
    return adopted


class LazyColors(ColorManager):  # type: ignore[misc]
    """Colors of points that are worked out when somebody reads them."""

    _owner: ReferenceType[LookupPoints] | None = PrivateAttr(default=None)
    _lookup: Lookup | None = PrivateAttr(default=None)
    _handed_out: bool = PrivateAttr(default=False)

    def follow(self, owner: LookupPoints, lookup: Lookup) -> None:
        """Have the colors of a lookup from now on."""
        self.__pydantic_private__.update(_owner=ref(owner), _lookup=lookup, _handed_out=False)
        self.__dict__["colors"] = np.empty((0, 4), np.float32)

    def settle(self) -> None:
        """Keep the present colors as this manager's own."""
        self._work_out()
        self.__pydantic_private__.update(_owner=None, _lookup=None, _handed_out=False)

    def altered(self) -> bool:
        """Whether somebody wrote into the array of colors that was handed out."""
        private = self.__pydantic_private__
        return private["_handed_out"] and not np.array_equal(
            self.__dict__["colors"], private["_lookup"].colors()
        )

    def _work_out(self) -> None:
        private = self.__pydantic_private__ or {}
        if private.get("_lookup") is not None and not private["_handed_out"]:
            self.__dict__["colors"] = private["_lookup"].colors()
            private["_handed_out"] = True

    def __getattribute__(self, name: str) -> Any:
        if name == "colors":
            self._work_out()
        return super().__getattribute__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "colors" and (self.__pydantic_private__ or {}).get("_owner") is not None:
            owner = self._owner()  # type: ignore[misc]
            self.settle()
            if owner is not None:
                owner.leave_lookup()
        super().__setattr__(name, value)


class LookupPoints(Points):  # type: ignore[misc]
    """A layer of points whose colors are looked up when it is drawn."""

    _lookup: Lookup | None = None
    _refused = False
    rare_above = False
    lifted: NDArray[np.bool_] | None = None
    moving = False
    """Whether a person moves the view, and a part of the points will do."""
    drawn = 0
    """Number of points that were drawn last, those out of view among them; then ``events.drawn``."""

    @property
    def lookup(self) -> Lookup | None:
        """What the colors are looked up in; None where the layer has colors of its own."""
        return self._lookup

    @property
    def can_look_up(self) -> bool:
        """Whether the graphics driver can."""
        return not self._refused

    def show_lookup(self, lookup: Lookup) -> None:
        """Draw the points in the colors of a lookup; on the GUI thread."""
        self._lookup = lookup
        for manager in (self._face, self._border):
            if manager.color_mode != ColorMode.DIRECT:
                manager.color_mode = ColorMode.DIRECT
            manager.follow(self, lookup)
        self.events.lookup()

    def show_order(self, rare_above: bool, lifted: NDArray[np.bool_] | None = None) -> None:
        """Draw rare kinds of points above common ones or not, and some above all; on the GUI thread.

        Parameters
        ----------
        rare_above
            Whether rare kinds lie above common ones, where points are colored by kinds.
        lifted
            (points,) True for those above all others; None where there are none but those selected.
        """
        self.rare_above, self.lifted = rare_above, lifted
        self.events.ordered()

    def show_size(self, size: float) -> None:
        """Draw all points with one diameter, in data coordinates; on the GUI thread.

        As setting :attr:`size`, which sends all that is known of the points to the canvas again.
        """
        self._size = np.full(len(self.data), size)
        self.refresh(thumbnail=False, data_displayed=False, highlight=bool(self.selected_data))
        self.events.resized()

    def leave_lookup(self) -> None:
        """Make the present colors the layer's own."""
        self._lookup = None
        for manager in (self._face, self._border):
            manager.settle()

    def refuse_lookup(self) -> None:
        """Draw the layer as any other from now on, as the graphics driver can't do it."""
        self._refused = True
        self.leave_lookup()

    def check_lookup(self) -> Lookup | None:
        """:attr:`lookup`, unless somebody wrote into the layer's arrays of colors meanwhile."""
        if self._lookup is not None and (self._face.altered() or self._border.altered()):
            self.leave_lookup()
        return self._lookup

    def set_moving(self, moving: bool) -> None:
        """Say whether a part of the points will do for now."""
        self.moving = moving
        self.events.detail()

    @property
    def _type_string(self) -> str:
        return "points"

    @classmethod
    def _basename(cls) -> str:
        return "Points"

    def _update_thumbnail(self) -> None:
        if self._lookup is None:
            super()._update_thumbnail()
        else:
            draw_thumbnail(self)


class LookupVisual(PointsVisual):  # type: ignore[misc]
    """As napari's, with markers that can look their colors up."""

    def __init__(self, font_info: FontInfo) -> None:
        markers = LookupMarkers(_software())
        parts = [markers, Markers(), Line(antialias=True), Text(font_info=font_info), markers.raster]
        super(PointsVisual, self).__init__(parts, font_info=font_info)
        self.scaling = True

    def attach(self, filt: Filter, view: Any = None) -> None:
        """Add a filter to all parts, and the one that clips points where there are planes to clip by.

        It works out the place of each pixel, which takes longer than all else where a processor draws.
        """
        for part in self._subvisuals:
            if not (isinstance(filt, PlanesClipper) and self._is_of_points(part)):
                part.attach(filt, part)

    @property
    def clipping_planes(self) -> NDArray[np.floating]:
        """(planes, 2, 3) position and normal."""
        planes: NDArray[np.floating] = PointsVisual.clipping_planes.fget(self)
        return planes

    @clipping_planes.setter
    def clipping_planes(self, value: NDArray[np.floating] | None) -> None:
        before = len(self.clipping_planes) > 0
        PointsVisual.clipping_planes.fset(self, value)
        clipped = len(self.clipping_planes) > 0
        self.points_markers.clipped = clipped
        if clipped is not before:
            change = self.points_markers.attach if clipped else self.points_markers.detach
            change(self._clip_filter)

    def _is_of_points(self, part: Any) -> bool:
        return isinstance(part, LookupMarkers | RasterVisual)


class VispyLookupPoints(VispyPointsLayer):  # type: ignore[misc]
    """Draws a layer of points by its lookup, or as napari does where it has none."""

    _lifted: tuple[NDArray[np.bool_] | None, NDArray[np.intp]] | None = None
    """Which points were lifted last: those of the layer, and those selected."""
    _scale_before = 0.0
    """What :meth:`_scene_scale` was when the points were given their sizes."""

    def __init__(self, layer: LookupPoints, font_info: FontInfo) -> None:
        # napari's own node is made first, and stays empty.
        super().__init__(layer, font_info)
        if _too_old():
            layer.refuse_lookup()
        self.node = LookupVisual(font_info)
        self.node.points_markers.on_drawn = self._on_drawn
        layer.events.lookup.connect(self._on_lookup_change)
        layer.events.detail.connect(self._on_detail_change)
        layer.events.resized.connect(self._on_resize)
        layer.events.ordered.connect(self._on_order_change)
        self._on_data_change()
        self._on_blending_change()

    def _on_lookup_change(self) -> None:
        lookup = self.layer.lookup
        if lookup is None or self.node.points_markers.lookup is None:
            self._on_data_change()
        else:
            self.node.points_markers.recolor(lookup, self._shown())

    def _on_detail_change(self) -> None:
        markers = self.node.points_markers
        if markers.moving is not self.layer.moving:
            markers.moving = self.layer.moving
            if not markers.moving and markers.drawn < len(self.layer._view_indices):
                self.node.update()

    def _on_drawn(self) -> None:
        layer = self.layer
        layer.drawn = self.node.points_markers.drawn
        if layer.drawn < len(layer._view_indices):
            # Not while the canvas is drawn, or what says so would be on a picture that is taken next.
            QTimer.singleShot(0, layer.events.drawn)
        else:
            layer.events.drawn()

    def _on_data_change(self) -> None:
        if not isinstance(self.node, LookupVisual):
            return  # napari's own constructor; ours does it later
        layer = self.layer
        lookup = layer.check_lookup()
        if lookup is None or not len(layer._view_indices):
            super()._on_data_change()
            return
        size, edge = self._diameters()
        shown = self._shown()
        displayed = list(layer._slice_input.displayed)[::-1]
        positions = layer.data[:, displayed] if shown is None else layer.data[np.ix_(shown, displayed)]
        self.node.points_markers.show(
            np.ascontiguousarray(positions, dtype=np.float32),
            size,
            edge,
            self._symbols(),
            lookup,
            shown,
        )
        self._lifted = None
        self._on_order_change()
        self.reset()

    def _on_order_change(self) -> None:
        """Draw the points that are selected, or lifted otherwise, above all others."""
        layer, markers = self.layer, self.node.points_markers
        markers.rare_above = layer.rare_above
        selected = np.sort(np.fromiter(layer.selected_data, np.intp))
        before = self._lifted
        if before is None or before[0] is not layer.lifted or not np.array_equal(before[1], selected):
            self._lifted = layer.lifted, selected
            lifted = None
            if len(selected) or layer.lifted is not None:
                lifted = np.zeros(len(layer.data), bool) if layer.lifted is None else layer.lifted.copy()
                lifted[selected[selected < len(lifted)]] = True
                shown = self._shown()
                lifted = lifted if shown is None else lifted[shown]
            markers.lifted = lifted
        self.node.update()

    def _on_highlight_change(self) -> None:
        super()._on_highlight_change()
        if isinstance(self.node, LookupVisual) and self.node.points_markers.lookup is not None:
            self._on_order_change()

    def _on_blending_change(self, event: Any = None) -> None:
        super()._on_blending_change(event)
        if isinstance(self.node, LookupVisual):
            self.node.points_markers.covers = str(self.layer.blending) in _COVERING

    def _on_resize(self) -> None:
        markers = self.node.points_markers
        if markers.lookup is None or not len(self.layer._view_indices):
            self._on_data_change()
        else:
            markers.resize(*self._diameters())

    def _diameters(self) -> tuple[Any, Any]:
        """Of the points and of their borders, in the scene; one number where all have the same."""
        layer, scale = self.layer, self._scene_scale()
        size = _alike(layer._view_size)
        border = _alike(layer._view_border_width)
        edge = (size * border if layer.border_width_is_relative else np.minimum(border, size)) * scale
        return size * scale, edge

    def _scene_scale(self) -> float:
        """How long a unit of the data is in the scene, where the viewer's smallest unit is 1.

        napari leaves that unit out, and draws a layer of millimeters beside one of micrometers too small.
        """
        scale = float(abs(self.layer.scale[-1]))
        return scale * float(self._world_to_layer_units_scale[-1])

    def _on_matrix_change(self) -> None:
        super()._on_matrix_change()
        if isinstance(self.node, LookupVisual) and self._scale_before != self._scene_scale():
            self._scale_before = self._scene_scale()
            self._on_resize()

    def _shown(self) -> NDArray[np.intp] | None:
        indices: NDArray[np.intp] = self.layer._view_indices
        return None if len(indices) == len(self.layer.data) else indices

    def _symbols(self) -> NDArray[np.float32] | float:
        numbers = self.node.points_markers._symbol_shader_values
        symbols = self.layer._view_symbol.tolist()
        first = symbols[0]
        # A list compares by identity first, which napari's own comparison takes 3 s for.
        if symbols.count(first) == len(symbols):
            return float(numbers[str(first)])
        return np.array([numbers[str(symbol)] for symbol in symbols], dtype=np.float32)


def _alike(values: NDArray[np.floating]) -> Any:
    """One number for all points where they have the same."""
    return float(values[0]) if (values == values[0]).all() else values
