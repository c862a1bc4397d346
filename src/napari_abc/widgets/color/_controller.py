"""Controller of the lower half of the dock: what the open cells are colored by, and the legend.

What a person chooses is a step of the viewer's scene and holds for every open slab. The legend is that of
the current one; it follows what is painted and not the dock, so a script that paints is seen too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, Signal
from superqt.utils import qdebounced, qthrottled

from napari_abc.errors import AbcError, UnknownNameError
from napari_abc.model import GENE_PREFIX, gene_symbol
from napari_abc.stage import NameCondition, is_by
from napari_abc.viewer.color import cell_subset, events, legend, paint, painted, shown_line
from napari_abc.viewer.links import shows_cells, slab_of
from napari_abc.viewer.scene import count_legend
from napari_abc.widgets.color._categories import CategoryRow, CountColumn
from napari_abc.widgets.color._gene_cost import NOT_NOW, gene_question
from napari_abc.widgets.color._indexing import Indexer
from napari_abc.widgets.find import gene_rows
from napari_abc.widgets.jobs import sentence
from napari_abc.widgets.steps import STEP

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    from napari.layers import Layer, Points
    from numpy.typing import NDArray

    from napari_abc.model import Coloring, Legend, Package, Slab
    from napari_abc.stage import ColorBy, Scene, SlabKey
    from napari_abc.task import Task
    from napari_abc.viewer.color import Painted
    from napari_abc.widgets.color._view import ColorView
    from napari_abc.widgets.jobs import Jobs
    from napari_abc.widgets.steps import Steps

__all__ = ["ColorController"]

_THROTTLE_MS = 40


class ColorController(QObject):
    """Keeps picker, scene and legend in step."""

    followed = Signal(object)
    """The layer of cells that is the current one from now on; None for none."""

    def __init__(
        self, viewer: napari.viewer.Viewer, view: ColorView, jobs: Jobs, steps: Steps, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._view = view
        self._jobs = jobs
        self._steps = steps
        self._indexer = Indexer(jobs)
        self._key: SlabKey | None = None
        self._layer: Points | None = None
        self._slab: Slab | None = None
        self._pending: dict[str, Callable[[], None]] = {}
        self._asked: dict[str, Any] = {}
        # Not more often than the eye can follow.
        self._repaint_soon = qthrottled(self._repaint, timeout=_THROTTLE_MS, leading=False, parent=self)
        # When no newer choice has followed in the same moment.
        self._tell_painted_soon = qdebounced(self._tell_painted, timeout=0, parent=self)
        jobs.ended.connect(self._on_ended)
        steps.changed.connect(self._on_changed)
        steps.failed.connect(self._on_failed)
        view.picker.layer_chosen.connect(self._on_slab_chosen)
        view.picker.column_chosen.connect(self.color_by_column)
        view.picker.gene_chosen.connect(self.color_by_gene)
        view.picker.gene_refused.connect(self._complain)
        view.picker.values_chosen.connect(self._on_values)
        view.legend.hidden_changed.connect(self._on_hidden)
        view.bar.limits_changed.connect(self._on_limits)
        view.bar.colormap_changed.connect(self._on_colormap)
        view.cell_size.chosen.connect(self._on_size)
        view.notice.answered.connect(self._on_answer)
        viewer.layers.events.renamed.connect(self._list_slabs)
        viewer.layers.selection.events.active.connect(self._on_active)
        events.painted.connect(self._on_painted)
        self._on_changed()

    def close(self) -> None:
        """Listen to nothing any more; touches no widget, for they may be gone already."""
        self._viewer.layers.events.renamed.disconnect(self._list_slabs)
        self._viewer.layers.selection.events.active.disconnect(self._on_active)
        events.painted.disconnect(self._on_painted)
        self._key = self._layer = self._slab = None

    @property
    def layer(self) -> Points | None:
        """The layer of the current slab's cells."""
        return self._layer

    @property
    def slab(self) -> Slab | None:
        """The current slab, in the frame that it is shown in."""
        return self._slab

    @property
    def _scene(self) -> Scene:
        return self._steps.scene.stage.scene

    # -- which slab ------------------------------------------------------------------------------

    def _on_changed(self, before: Scene | None = None, after: Scene | None = None) -> None:
        """Follow what was opened last; a frame or a space may be another one, too."""
        keys = [place.slab for place in self._scene.places]
        was = set() if before is None else {place.slab for place in before.places}
        opened = [key for key in keys if key not in was]
        in_view = [place.slab for place in self._scene.in_view]
        if opened:
            self._follow(([key for key in opened if key in in_view] or opened)[-1])
        elif self._key not in keys or (
            before is not None and before.space != self._scene.space and self._key not in in_view
        ):
            self._follow(in_view[-1] if in_view else None)
        elif self._key is not None and self._layer is not self._steps.scene.board[self._key].cells:
            self._follow(self._key)
        self._list_slabs()
        if before is not None:
            if before.places != self._scene.places and self._slab is not None:
                self._offer_genes()
            self._show()

    def _on_active(self, _event: Any = None) -> None:
        """Follow the active layer; regions and images of a slab stand for its cells."""
        active, scene = self._viewer.layers.selection.active, self._steps.scene
        if active is None or scene.board.changing:
            return
        if shows_cells(active) and scene.board.key_of(active) is None:
            self._tell_copy(active)
            return
        key = scene.board.key_of_part(active)
        if key is not None and key != self._key:
            self._follow(key)
            self._list_slabs()

    def _tell_copy(self, layer: Layer) -> None:
        """Say that a duplicate is a person's own, and what the dock colors."""
        if self._slab is not None:
            self._complain(
                f"{layer.name!r} is a copy of your own: the dock leaves it as it is. What you choose here "
                f"colors {self._slab.name}."
            )

    def _on_slab_chosen(self, number: int) -> None:
        keys = self._steps.scene.stage.ordered()
        if not 0 <= number < len(keys):
            return
        place = self._scene.place(keys[number])
        assert place is not None
        if place.space != self._scene.space:
            self._steps.take("look_at_space", place.space)
        self._viewer.layers.selection.active = self._steps.scene.board[keys[number]].cells
        self._steps.scene.look_at(keys[number])

    def _list_slabs(self, _event: Any = None) -> None:
        if self._steps.scene.board.changing:
            return  # it is listed when all are there
        keys = self._steps.scene.stage.ordered()
        names = [self._steps.scene.board[key].cells.name for key in keys]
        self._view.picker.set_layers(names, keys.index(self._key) if self._key in keys else -1)

    def _follow(self, key: SlabKey | None) -> None:
        self._repaint_soon.cancel()
        self._ask_no_more()
        self._key = key
        self._layer = None if key is None else self._steps.scene.board[key].cells
        self._slab = slab_of(self._layer) if self._layer is not None else None
        if self._slab is None:
            self._jobs.cancel(STEP)
            self._view.show_nothing(slab=False)
            self._view.summary.clear()
            self.followed.emit(None)
            return
        self._view.picker.set_columns(self._slab.color_keys())
        self._offer_genes()
        self._show()
        self.followed.emit(self._layer)

    # -- coloring -------------------------------------------------------------------------------

    def color_by_column(self, column: str) -> None:
        """Color the open cells by a column of their tables."""
        self._ask_no_more()
        self._steps.take("color_by", column, what=f"Coloring by {column}")

    def color_by_gene(self, gene: str) -> None:
        """Color the open cells by a gene, after asking where files have to be fetched for it.

        Parameters
        ----------
        gene
            Its identifier, or its symbol where no other gene has it; of the current slab, or of another one
            that is open.
        """
        layer, kind = self._layer, self._view.picker.kind
        self._ask_no_more()
        if layer is None or not kind:
            return
        try:
            slab = self._slab_with(gene)
            if slab is None or slab.expression_source is None:
                return
            identifier = slab.find_gene(gene)
            symbol = gene_symbol(slab.genes, identifier)
            name = f"{GENE_PREFIX}{self._asked_by(slab, identifier, symbol)}"
            packages = self._to_fetch(name, kind)
            subset = cell_subset(layer)
            rows = subset.rows if subset is not None else None
            part = packages
            if packages and rows is not None and len(self._scene.places) == 1 and slab is self._slab:
                part = list(slab.expression_source.packages(kind, [identifier], rows))
        except AbcError as error:
            self._complain(str(error))
            self._tell_painted_soon()
            return
        what = f"Reading {symbol}"
        if not packages:
            self._color(name, kind, what)
            return
        count = (int(subset.rows.sum()), subset.how) if subset is not None else None
        question = gene_question(symbol, packages, count, part)
        self._pending = {question.all: lambda: self._color(name, kind, what)}
        if question.part:
            self._pending[question.part] = lambda: self._color_part(name, kind, what, rows)
        self._view.notice.show_question(question.text, *self._pending, f"&{NOT_NOW}")

    def _panels(self) -> list[Slab]:
        """Open slabs with genes, the current one first."""
        stage = self._steps.scene.stage
        keys = sorted(stage.ordered(), key=lambda key: key != self._key)
        slabs = [stage.shown_slab(key) for key in keys]
        return [slab for slab in slabs if slab.expression_source is not None]

    def _slab_with(self, gene: str) -> Slab | None:
        """The first open slab that has a gene.

        Raises
        ------
        UnknownNameError
            If none has it; what the current one says.
        """
        panels = self._panels()
        for slab in panels:
            try:
                slab.find_gene(gene)
            except UnknownNameError:
                continue
            return slab
        if panels:
            panels[0].find_gene(gene)
        return None

    def _offer_genes(self) -> None:
        """Offer the genes of all open slabs, those of the current one first, others that it lacks behind."""
        panels, rows, known = self._panels(), [], set()
        for slab in panels:
            new = [row for row in gene_rows(slab.genes) if (row[1] or row[0]).casefold() not in known]
            rows += new
            known |= {(symbol or identifier).casefold() for identifier, symbol in new}
        self._view.picker.set_genes(rows, panels[0].values if panels else ())

    def _asked_by(self, slab: Slab, identifier: str, symbol: str) -> str:
        """What a gene is asked for by: its symbol, which other species know, unless several have it."""
        try:
            return symbol if slab.find_gene(symbol) == identifier else identifier
        except AbcError:
            return identifier

    def _to_fetch(self, name: str, kind: str) -> list[Package]:
        """Files that are not on disk and that the open slabs need for a gene, each once."""
        found: dict[tuple[str, str], Package] = {}
        for key in self._steps.scene.stage:
            slab = self._steps.scene.stage.shown_slab(key)
            if slab.expression_source is None or kind not in slab.values:
                continue
            try:
                identifier = slab.find_gene(name.removeprefix(GENE_PREFIX))
            except UnknownNameError:
                continue
            for package in slab.expression_source.packages(kind, [identifier]):
                found[slab.dataset, package.name] = package
        return list(found.values())

    def _color(self, name: str, kind: str, what: str) -> None:
        self._steps.scene.stage.ask_again(name)
        self._steps.take("color_by", name, kind, what=what, then=lambda: self._after_gene(kind))

    def _color_part(self, name: str, kind: str, what: str, rows: NDArray[np.bool_] | None) -> None:
        """Color the current slab by a gene whose values are fetched for some of its cells only."""
        slab, key = self._slab, self._key
        if slab is None or key is None:
            return
        stage = self._steps.scene.stage

        def done(coloring: Coloring) -> None:
            if stage.scene.place(key) is not None:
                stage.keep(key, name, kind, coloring)
                self._steps.take("color_by", name, kind)

        def work(task: Task) -> Coloring:
            return slab.coloring(name, kind, task, rows)

        self._jobs.start(STEP, what, work, done, self._complain)

    def _after_gene(self, kind: str) -> None:
        if self._slab is not None:
            self._indexer.after_gene(self._slab, kind)

    def _on_values(self, kind: str) -> None:
        wanted = self._wanted()
        if wanted is not None and wanted.is_gene and len(wanted.keys) > 1:
            self._steps.take("color_by", wanted.keys, kind, what="Reading the genes")
            return
        shown = self._painted()
        genes = shown.coloring.genes if shown is not None else ()
        if len(genes) == 1:
            self.color_by_gene(genes[0].identifier)

    def _wanted(self) -> ColorBy | None:
        """What the scene says that the current slab is colored by."""
        return None if self._key is None else self._scene.coloring_of(self._key)

    def _on_hidden(self, names: frozenset[str | None]) -> None:
        shown = self._painted()
        if shown is None or not shown.coloring.categories:
            self._show()  # what can't be hidden is seen to stay
            return
        if shown.hidden and self._layer is not None:  # by a script; from now on the filter says it
            paint(self._layer, shown.coloring, shown.limits, shown.colormap, hidden=())
        column = shown.coloring.key
        every = self._view.legend.keys()  # those that have cells, and no others
        if not names:
            for condition in self._conditions(column):
                self._steps.take("remove_condition", condition)
        elif len(names) > len(every) / 2:
            self._steps.take("filter_names", column, keep=[name for name in every if name not in names])
        else:
            self._steps.take("filter_names", column, drop=[name for name in every if name in names])

    def _conditions(self, column: str) -> list[NameCondition]:
        """Conditions of the filter on names of a column."""
        return [
            condition
            for condition in self._scene.filter.conditions
            if isinstance(condition, NameCondition) and condition.column.casefold() == column.casefold()
        ]

    def _hidden(self, coloring: Coloring) -> frozenset[str | None]:
        """Categories of the legend that the filter leaves out."""
        every = {*coloring.categories, None}
        hidden: set[str | None] = set()
        if coloring.categories:
            for condition in self._conditions(coloring.key):
                named = every & set(condition.names)
                hidden |= every - named if condition.keep and named else named - every
                if not condition.keep:
                    hidden |= named
        return frozenset(hidden)

    def _on_limits(self, low: float, high: float) -> None:
        self._ask_for(limits=(low, high))

    def _on_colormap(self, name: str) -> None:
        self._ask_for(colormap=name)

    def _ask_for(self, **changes: Any) -> None:
        """Repaint with other limits or colors."""
        if self._painted() is not None:
            self._asked |= changes
            self._repaint_soon()

    def _repaint(self) -> None:
        asked, self._asked = self._asked, {}
        shown, wanted, key = self._painted(), self._wanted(), self._key
        if not asked or shown is None or key is None or self._layer is None:
            return
        place = self._scene.place(key)
        if wanted is None or place is None or not is_by(shown.coloring, wanted):
            # Painted by a script, or by the slab's own default: the scene says nothing of it.
            self._paint(shown, asked)
            return
        limits = asked.get("limits", wanted.limits or None)
        colormap = asked.get("colormap", wanted.colormap)
        slab = key if place.coloring is not None else None
        self._steps.take(
            "color_by", wanted.keys, wanted.values, limits, colormap, wanted.mean, slab, together="limits"
        )

    def _paint(self, shown: Painted, asked: dict[str, Any]) -> None:
        assert self._layer is not None
        limits, colormap = asked.get("limits", shown.limits), asked.get("colormap", shown.colormap)
        try:
            paint(self._layer, shown.coloring, limits, colormap)
        except Exception as error:
            self._complain(sentence(error))

    def _on_size(self, factor: float) -> None:
        self._steps.take("show", cell_size=factor, together="cell size")

    # -- legend ----------------------------------------------------------------------------------

    def _painted(self) -> Painted | None:
        return painted(self._layer) if self._layer is not None else None

    def _on_painted(self, layer: Layer) -> None:
        if layer is self._layer:
            self._show()

    def _show(self) -> None:
        """Show what the current slab is colored by."""
        slab, shown = self._slab, self._painted()
        if slab is None:
            return
        self._view.cell_size.show_factor(self._scene.shown.cell_size)
        wanted = self._wanted()
        if wanted is not None and self._key in self._steps.scene.board.lacking:
            shown = None
        coloring = shown.coloring if shown is not None else None
        kept = shown.kept if shown is not None else None
        notes = tuple(dict.fromkeys([*slab.notes, *map(_for_window, self._steps.scene.notes)]))
        line = shown_line(slab, coloring, shown.hidden if shown is not None else (), kept)
        self._view.summary.show_slab(
            f"{slab.name}: {line[:1].lower()}{line[1:]}" if len(self._scene.places) > 1 else line,
            notes,
            slab.license,
            slab.citation,
            slab.synthetic,
            slab.kind,
        )
        if wanted is not None and shown is None and self._key in self._steps.scene.board.lacking:
            key = wanted.keys[0].removeprefix(GENE_PREFIX)
            self._view.picker.show_key("" if wanted.is_gene else key, key if wanted.is_gene else "")
            self._view.show_nothing(True, f"{slab.name} has no {key}; its cells are gray.")
            return
        if shown is None or coloring is None:
            self._view.picker.show_key("")
            self._view.show_nothing(slab=True)
            return
        self._show_key(coloring)
        hidden = shown.hidden | self._hidden(coloring)
        content = legend(coloring, shown.limits, shown.colormap, hidden)
        if content.bar is None:
            self._show_rows(content, coloring)
        else:
            if kept is not None:  # what is said of gray cells is said of those that are shown
                part = coloring.take(np.flatnonzero(kept))
                rows = legend(part, shown.limits, shown.colormap, hidden).rows
                content = replace(content, rows=rows)
            self._show_bar(content)

    def _show_rows(self, content: Legend, coloring: Coloring) -> None:
        """Show the legend of categories, with the cells of each slab that is colored by the same."""
        assert self._key is not None
        scene = self._steps.scene
        counted = count_legend(scene, self._key)
        hidden = self._hidden(coloring) | {
            None if row.missing else row.name for row in content.rows if row.hidden
        }
        rows = [
            CategoryRow(
                row.name,
                row.color,
                sum(row.counts),
                row.missing,
                (None if row.missing else row.name) in hidden,
                row.counts,
            )
            for row in counted.rows
        ]
        names = scene.stage.titles()
        slabs = [CountColumn(names[key], scene.stage.slab(key).species) for key in counted.slabs]
        self._view.show_legend(content.title, rows, sum(not row.missing for row in counted.rows), slabs)

    def _show_key(self, coloring: Coloring) -> None:
        """Say in the picker what the cells are colored by."""
        genes = coloring.genes
        if len(genes) == 1:  # by what it can be asked for again, as several may share a symbol
            self._view.picker.show_key(coloring.key, coloring.key.removeprefix(GENE_PREFIX), genes[0].values)
        elif genes:
            self._view.picker.show_key(coloring.key, coloring.title, genes[0].values)
        else:
            self._view.picker.show_key(coloring.key)

    def _show_bar(self, content: Legend) -> None:
        bar, scale = self._view.bar, content.bar
        assert scale is not None
        if "limits" not in self._asked:  # else a person is moving the limits, and they must not jump back
            bar.set_scale(content.title, scale.unit, scale.extent, scale.limits, scale.usual)
        bar.set_colormap(scale.colormap, scale.stops)
        bar.set_gray([(row.name, row.color, row.count) for row in content.rows])
        self._view.show_bar()

    def _on_ended(self, purpose: str) -> None:
        if purpose == STEP:
            self._tell_painted_soon()

    def _tell_painted(self) -> None:
        """Let the picker say what is painted, where what was chosen did not come about."""
        slab, shown = self._slab, self._painted()
        if slab is None or shown is None or self._pending or self._jobs.busy(STEP):
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

    def _on_failed(self, text: str) -> None:
        self._complain(text)
        self._tell_painted_soon()

    def _ask_no_more(self) -> None:
        self._pending = {}
        self._view.notice.clear()

    def _complain(self, text: str) -> None:
        self._pending = {}
        self._view.notice.show_error(text, "OK")


def _for_window(note: str) -> str:
    """A note without what only helps in a script."""
    return note.partition(" For a gene write 'gene:")[0]
