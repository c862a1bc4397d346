"""Controller of the filter: its chips, how many cells fulfil it, and what can be filtered by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QObject

from napari_abc.errors import AbcError
from napari_abc.model import Continuous
from napari_abc.stage import NameCondition, RangeCondition
from napari_abc.widgets.scene._filter_popup import Choice
from napari_abc.widgets.scene._words import key_text

if TYPE_CHECKING:
    from napari_abc.stage import Stage
    from napari_abc.task import Task
    from napari_abc.widgets.jobs import Jobs
    from napari_abc.widgets.scene._filter_bar import FilterBar
    from napari_abc.widgets.steps import Steps

__all__ = ["VALUES", "FilterController"]

VALUES = "filter values"
"""Purpose of the job that reads what a column can be filtered by."""

_MOST_NAMES = 200
"""A list of more names is not read in a little window."""


@dataclass(frozen=True, slots=True)
class _Values:
    """What the open slabs have under a key: an extent of numbers, or cells by name."""

    extent: tuple[float, float] | None = None
    unit: str = ""
    cells: tuple[tuple[str | None, int], ...] = ()


class FilterController(QObject):
    """Shows the filter of the scene, and turns what a person wants of it into steps."""

    def __init__(self, view: FilterBar, steps: Steps, jobs: Jobs, parent: QObject) -> None:
        super().__init__(parent)
        self._view = view
        self._steps = steps
        self._jobs = jobs
        view.add.clicked.connect(self.open_popup)
        view.remove_wanted.connect(self._on_remove)
        view.clear_wanted.connect(self._on_clear)
        view.gray_wanted.connect(self._on_gray)
        view.popup.key_chosen.connect(self._on_key)
        view.popup.range_wanted.connect(self._on_range)
        view.popup.names_wanted.connect(self._on_names)
        steps.changed.connect(self._on_changed)
        self._show()

    # -- what is shown ---------------------------------------------------------------------------

    def _on_changed(self, before: object, after: object) -> None:
        self._show()

    def _show(self) -> None:
        stage = self._steps.scene.stage
        scene = stage.scene
        self._view.setVisible(bool(scene.places))
        self._view.show_filter(scene.filter.conditions, scene.filter.others == "gray")
        shown = cells = 0
        notes: dict[str, None] = {}
        for key in (place.slab for place in scene.in_view):
            count, passing = len(stage.shown_slab(key).cells), stage.passing(key)
            shown, cells = shown + passing.count(count), cells + count
            notes.update(dict.fromkeys(passing.unknown))
        self._view.show_counts(shown, cells, tuple(notes))

    # -- steps -----------------------------------------------------------------------------------

    def _on_remove(self, condition: object) -> None:
        self._steps.take("remove_condition", condition, what="Filtering")

    def _on_clear(self) -> None:
        self._steps.take("clear_filters")

    def _on_gray(self, gray: bool) -> None:
        self._steps.take("gray_others", gray, what="Filtering")

    def _on_range(self, key: str, low: float | None, high: float | None) -> None:
        coloring = self._steps.scene.stage.scene.coloring
        shown = coloring is not None and key in coloring.keys
        values = coloring.values if shown and coloring is not None else "log2"
        what = f"Filtering by {key_text(key)}"
        self._steps.take("filter_range", key, low, high, values, what=what)

    def _on_names(self, column: str, kept: tuple[str | None, ...], left_out: tuple[str | None, ...]) -> None:
        if left_out:
            # The shorter list is the one that a person thinks of, and reads on the chip.
            keep, drop = (kept, None) if len(kept) <= len(left_out) else (None, left_out)
            self._steps.take("filter_names", column, keep, drop, what=f"Filtering by {column}")
            return
        for condition in self._steps.scene.stage.scene.filter.conditions:
            if isinstance(condition, NameCondition) and condition.column.casefold() == column.casefold():
                self._on_remove(condition)

    # -- what can be filtered by -----------------------------------------------------------------

    def open_popup(self) -> None:
        """Ask what to filter by, and how."""
        stage = self._steps.scene.stage
        groups: dict[str, list[tuple[str, str]]] = {}
        coloring = stage.scene.coloring
        if coloring is not None and coloring.is_gene:
            groups["Gene"] = [(key, key_text(key)) for key in coloring.keys]
        known: set[str] = set()  # one species writes "Class" and another one "class": it is one column
        for key in stage:
            for group, columns in stage.shown_slab(key).color_keys().items():
                new = [column for column in columns if column.casefold() not in known]
                known.update(column.casefold() for column in new)
                groups.setdefault(group, []).extend((column, column) for column in new)
        popup = self._view.popup
        popup.set_keys(groups)
        popup.open_at(self._view.add)
        if popup.chosen:  # what was read for it may be of other slabs
            self._on_key(popup.chosen)

    def _on_key(self, key: str) -> None:
        popup, stage = self._view.popup, self._steps.scene.stage
        popup.offer_nothing("Reading…")
        coloring = stage.scene.coloring
        values = coloring.values if coloring is not None and key in coloring.keys else "log2"

        def done(found: _Values) -> None:
            if popup.chosen == key:
                self._offer(key, found)

        def failed(text: str) -> None:
            if popup.chosen == key:
                popup.offer_nothing(text)

        def work(task: Task) -> _Values:
            return _read(stage, key, values, task)

        self._jobs.start(VALUES, f"Reading {key_text(key)}", work, done, failed)

    def _offer(self, key: str, found: _Values) -> None:
        popup = self._view.popup
        now = [
            condition
            for condition in self._steps.scene.stage.scene.filter.conditions
            if (isinstance(condition, RangeCondition) and condition.key.casefold() == key.casefold())
            or (isinstance(condition, NameCondition) and condition.column.casefold() == key.casefold())
        ]
        if found.extent is not None:
            ranged = next((one for one in now if isinstance(one, RangeCondition)), None)
            low, high = (ranged.low, ranged.high) if ranged is not None else (None, None)
            popup.offer_range(found.extent, found.unit, low, high)
        elif len(found.cells) > _MOST_NAMES:
            popup.offer_nothing(
                f"{key} has {len(found.cells):,} names. Color by it, and use the boxes of the legend."
            )
        elif found.cells:
            named = next((one for one in now if isinstance(one, NameCondition)), None)
            popup.offer_names(
                [
                    Choice(name, cells, named is None or (name in named.names) is named.keep)
                    for name, cells in found.cells
                ]
            )
        else:
            popup.offer_nothing(f"No cell has a value of {key_text(key)}.")


def _read(stage: Stage, key: str, values: str, task: Task) -> _Values:
    """What the open slabs have under a key; raises what the last one says where none has it."""
    low, high, unit = np.inf, -np.inf, ""
    cells: dict[str | None, int] = {}
    missing, numeric, known = 0, False, False
    wrong: AbcError | None = None
    for slab in list(stage):
        task.check()
        try:
            coloring = stage.coloring(slab, key, values, task)
        except AbcError as error:
            task.check()
            wrong = error
            continue
        known = True
        numbers = coloring.numbers()
        if coloring.takes_limits:
            finite = numbers[np.isfinite(numbers)]
            numeric = True
            unit = coloring.unit if isinstance(coloring, Continuous) else unit
            if finite.size:
                low, high = min(low, float(finite.min())), max(high, float(finite.max()))
            continue
        codes = np.asarray(numbers, np.int64)
        counts = np.bincount(codes[codes >= 0], minlength=len(coloring.categories))
        for name, count in zip(coloring.categories, counts.tolist(), strict=True):
            cells[name] = cells.get(name, 0) + count
        missing += coloring.missing
    if not known and wrong is not None:
        raise wrong
    if numeric:
        return _Values((low, high) if low <= high else None, unit)
    found = [(name, count) for name, count in cells.items() if count]
    return _Values(cells=(*found, *([(None, missing)] if missing else [])))
