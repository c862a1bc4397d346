"""Controller of the lower half of the dock: which slab is colored by what, and its legend.

Resolving a key may read or fetch an expression matrix and runs on a worker thread; painting happens
on the GUI thread. The legend follows the layer and not the dock, so a script that paints is seen too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal
from superqt.utils import qdebounced, qthrottled

from napari_abc.errors import AbcError
from napari_abc.model import DEFAULT_COLORMAP, GENE_PREFIX, gene_symbol
from napari_abc.viewer.color import cell_subset, events, hide, legend, paint, painted, shown_line
from napari_abc.viewer.links import METADATA_CELLS, slab_of
from napari_abc.widgets.color._categories import CategoryRow
from napari_abc.widgets.color._gene_cost import NOT_NOW, gene_question
from napari_abc.widgets.color._indexing import Indexer
from napari_abc.widgets.find import gene_rows
from napari_abc.widgets.jobs import sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    import numpy as np
    from napari.layers import Layer, Points
    from numpy.typing import NDArray

    from napari_abc.model import Coloring, Legend, Slab
    from napari_abc.task import Task
    from napari_abc.viewer.color import Painted
    from napari_abc.widgets.color._view import ColorView
    from napari_abc.widgets.jobs import Jobs

__all__ = ["COLOR", "ColorController"]

COLOR = "color"
_THROTTLE_MS = 40


class ColorController(QObject):
    """Keeps picker, layer and legend in step."""

    followed = Signal(object)
    """The layer of cells that is colored from now on; None for none."""

    def __init__(self, viewer: napari.viewer.Viewer, view: ColorView, jobs: Jobs, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._view = view
        self._jobs = jobs
        self._indexer = Indexer(jobs)
        self._layers: list[Points] = []
        self._layer: Points | None = None
        self._slab: Slab | None = None
        self._pending: dict[str, Callable[[], None]] = {}
        self._asked: Painted | None = None
        # Not more often than the eye can follow.
        self._repaint_soon = qthrottled(self._repaint, timeout=_THROTTLE_MS, leading=False, parent=self)
        # When no newer choice has followed in the same moment.
        self._tell_painted_soon = qdebounced(self._tell_painted, timeout=0, parent=self)
        jobs.ended.connect(self._on_ended)
        view.picker.layer_chosen.connect(self._on_layer_chosen)
        view.picker.column_chosen.connect(self.color_by_column)
        view.picker.gene_chosen.connect(self.color_by_gene)
        view.picker.gene_refused.connect(self._complain)
        view.picker.values_chosen.connect(self._on_values)
        view.legend.hidden_changed.connect(self._on_hidden)
        view.bar.limits_changed.connect(self._on_limits)
        view.bar.colormap_changed.connect(self._on_colormap)
        view.notice.answered.connect(self._on_answer)
        viewer.layers.events.inserted.connect(self._on_layers)
        viewer.layers.events.removed.connect(self._on_layers)
        viewer.layers.events.renamed.connect(self._on_layers)
        viewer.layers.selection.events.active.connect(self._on_active)
        events.painted.connect(self._on_painted)
        self._on_layers()

    def close(self) -> None:
        """Listen to nothing any more; touches no widget, for they may be gone already."""
        layers = self._viewer.layers
        layers.events.inserted.disconnect(self._on_layers)
        layers.events.removed.disconnect(self._on_layers)
        layers.events.renamed.disconnect(self._on_layers)
        layers.selection.events.active.disconnect(self._on_active)
        events.painted.disconnect(self._on_painted)
        self._layers, self._layer, self._slab = [], None, None

    @property
    def layer(self) -> Points | None:
        """The layer of cells that is colored."""
        return self._layer

    @property
    def slab(self) -> Slab | None:
        """The slab whose cells are colored."""
        return self._slab

    # -- which layer -----------------------------------------------------------------------------

    def _on_layers(self, _event: Any = None) -> None:
        self._layers = [
            layer
            for layer in self._viewer.layers
            if layer.metadata.get(METADATA_CELLS) and slab_of(layer) is not None
        ]
        if self._layer not in self._layers:
            self._follow(self._layers[-1] if self._layers else None)
        self._list_layers()

    def _on_active(self, _event: Any = None) -> None:
        """Follow the active layer; regions and images of a slab stand for its cells."""
        active = self._viewer.layers.selection.active
        slab = slab_of(active) if active is not None else None
        if slab is None:
            return
        same = [layer for layer in self._layers if layer is active or slab_of(layer) is slab]
        if same and self._layer not in same:
            self._follow(active if active in same else same[0])
            self._list_layers()

    def _on_layer_chosen(self, number: int) -> None:
        if 0 <= number < len(self._layers):
            self._viewer.layers.selection.active = self._layers[number]

    def _list_layers(self) -> None:
        current = self._layers.index(self._layer) if self._layer is not None else -1
        self._view.picker.set_layers([layer.name for layer in self._layers], current)

    def _follow(self, layer: Points | None) -> None:
        self._jobs.cancel(COLOR)
        self._repaint_soon.cancel()
        self._ask_no_more()
        self._layer = layer
        self._slab = slab_of(layer) if layer is not None else None
        if self._slab is None:
            self._view.show_nothing(slab=False)
            self._view.summary.clear()
            self.followed.emit(None)
            return
        self._view.picker.set_columns(self._slab.color_keys())
        self._view.picker.set_genes(gene_rows(self._slab.genes), self._slab.values)
        self._show()
        self.followed.emit(layer)

    # -- coloring -------------------------------------------------------------------------------

    def color_by_column(self, column: str) -> None:
        """Color the cells by a column of their table."""
        self._ask_no_more()
        self._resolve(column, "log2", f"Coloring by {column}")

    def color_by_gene(self, gene: str) -> None:
        """Color the cells by a gene, after asking where files have to be fetched for it.

        Parameters
        ----------
        gene
            Its identifier, or its symbol where no other gene has it.
        """
        slab, layer, kind = self._slab, self._layer, self._view.picker.kind
        self._ask_no_more()
        if slab is None or layer is None or slab.expression_source is None or not kind:
            return
        source = slab.expression_source

        def start(rows: NDArray[np.bool_] | None = None) -> None:
            self._resolve(f"{GENE_PREFIX}{identifier}", kind, f"Reading {symbol}", rows)

        subset = cell_subset(layer)
        rows = subset.rows if subset is not None else None
        try:
            identifier = slab.find_gene(gene)
            symbol = gene_symbol(slab.genes, identifier)
            packages = source.packages(kind, [identifier])
            part = source.packages(kind, [identifier], rows) if packages and rows is not None else packages
        except AbcError as error:
            self._complain(str(error))
            self._tell_painted_soon()
            return
        if not packages:
            start()
            return
        count = (int(subset.rows.sum()), subset.how) if subset is not None else None
        question = gene_question(symbol, packages, count, part)
        self._pending = {question.all: start}
        if question.part:
            self._pending[question.part] = lambda: start(rows)
        self._view.notice.show_question(question.text, *self._pending, f"&{NOT_NOW}")

    def _on_values(self, _kind: str) -> None:
        shown = self._painted()
        genes = shown.coloring.genes if shown is not None else ()
        if len(genes) == 1:
            self.color_by_gene(genes[0].identifier)

    def _resolve(self, key: str, values: str, what: str, rows: NDArray[np.bool_] | None = None) -> None:
        slab, layer = self._slab, self._layer
        if slab is None or layer is None:
            return
        shown = self._painted()
        colormap = shown.colormap if shown is not None else None

        def done(coloring: Coloring) -> None:
            self._paint(layer, coloring, None, colormap)
            if key.startswith(GENE_PREFIX):
                self._indexer.after_gene(slab, values)

        def work(task: Task) -> Coloring:
            return slab.coloring(key, values, task, rows)

        self._jobs.start(COLOR, what, work, done, self._complain)

    def _paint(
        self,
        layer: Points,
        coloring: Coloring,
        limits: tuple[float, float] | None,
        colormap: str | None,
    ) -> None:
        if layer not in self._viewer.layers:
            return
        try:
            paint(layer, coloring, limits, colormap or DEFAULT_COLORMAP)
        except Exception as error:
            self._complain(sentence(error))

    def _on_hidden(self, names: frozenset[str | None]) -> None:
        if self._layer is not None and self._painted() is not None:
            try:
                hide(self._layer, names)
            except Exception as error:
                self._complain(sentence(error))

    def _on_limits(self, low: float, high: float) -> None:
        self._ask_for(limits=(low, high))

    def _on_colormap(self, name: str) -> None:
        self._ask_for(colormap=name)

    def _ask_for(self, **changes: Any) -> None:
        """Repaint with other limits or colors."""
        shown = self._asked or self._painted()
        if shown is None:
            return
        self._asked = replace(shown, **changes)
        self._repaint_soon()

    def _repaint(self) -> None:
        asked, self._asked = self._asked, None
        shown = self._painted()
        # The layer may show something else by now, painted by a script or another job.
        if asked is None or shown is None or self._layer is None or asked.coloring is not shown.coloring:
            return
        self._paint(self._layer, asked.coloring, asked.limits, asked.colormap)

    # -- legend ----------------------------------------------------------------------------------

    def _painted(self) -> Painted | None:
        return painted(self._layer) if self._layer is not None else None

    def _on_painted(self, layer: Layer) -> None:
        if layer is self._layer:
            self._show()

    def _show(self) -> None:
        """Show what the current layer is colored by."""
        slab, shown = self._slab, self._painted()
        if slab is None:
            return
        coloring = shown.coloring if shown is not None else None
        self._view.summary.show_slab(
            shown_line(slab, coloring, shown.hidden if shown is not None else ()),
            slab.notes,
            slab.license,
            slab.citation,
            slab.synthetic,
            slab.kind,
        )
        if shown is None or coloring is None:
            self._view.picker.show_key("")
            self._view.show_nothing(slab=True)
            return
        self._show_key(coloring)
        content = legend(coloring, shown.limits, shown.colormap, shown.hidden)
        if content.bar is None:
            rows = [
                CategoryRow(row.name, row.color, row.count, row.missing, row.hidden) for row in content.rows
            ]
            named = sum(not row.missing for row in content.rows)
            self._view.show_legend(content.title, rows, named)
        else:
            self._show_bar(content)

    def _show_key(self, coloring: Coloring) -> None:
        """Say in the picker what the cells are colored by."""
        genes = coloring.genes
        if len(genes) == 1:  # by what it can be asked for again, as several may share a symbol
            self._view.picker.show_key(coloring.key, coloring.key.removeprefix(GENE_PREFIX), genes[0].values)
        else:
            self._view.picker.show_key(coloring.key)

    def _show_bar(self, content: Legend) -> None:
        bar, scale = self._view.bar, content.bar
        assert scale is not None
        if self._asked is None:  # else a person is moving the limits, and they must not jump back
            bar.set_scale(content.title, scale.unit, scale.extent, scale.limits, scale.usual)
        bar.set_colormap(scale.colormap, scale.stops)
        bar.set_gray([(row.name, row.color, row.count) for row in content.rows])
        self._view.show_bar()

    def _on_ended(self, purpose: str) -> None:
        if purpose == COLOR:
            self._tell_painted_soon()

    def _tell_painted(self) -> None:
        """Let the picker say what is painted, where what was chosen did not come about."""
        slab, shown = self._slab, self._painted()
        if slab is None or shown is None or self._pending or self._jobs.busy(COLOR):
            return
        if shown.coloring.genes or self._view.picker.column.currentData() != shown.coloring.key:
            self._show_key(shown.coloring)

    # -- asking and complaining ------------------------------------------------------------------

    def _on_answer(self, answer: str) -> None:
        pending, self._pending = self._pending, {}
        starts = {text.replace("&", ""): start for text, start in pending.items()}
        if answer in starts:
            starts[answer]()
        else:
            self._tell_painted_soon()

    def _ask_no_more(self) -> None:
        self._pending = {}
        self._view.notice.clear()

    def _complain(self, text: str) -> None:
        self._pending = {}
        self._view.notice.show_error(text, "OK")
