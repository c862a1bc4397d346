"""Controller of the dock "Cluster annotations": which taxonomy, which level, and whose cells are shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject

from napari_abc.atlas.atlas import DEMO, open_atlas
from napari_abc.atlas.catalog import catalog
from napari_abc.atlas.taxonomy import make_level_table
from napari_abc.io.remote import PUBLIC_BUCKET
from napari_abc.stage import NameCondition
from napari_abc.text import bytes_text
from napari_abc.widgets import shared_atlas
from napari_abc.widgets.find import ASK_FROM, SourceChoice
from napari_abc.widgets.steps import STEP
from napari_abc.widgets.types import _cells as annotations_cells
from napari_abc.widgets.types._view import TaxonomyRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.components import ViewerModel

    from napari_abc.atlas.atlas import Atlas
    from napari_abc.atlas.taxonomy import LevelTable, Taxonomy
    from napari_abc.stage import Act
    from napari_abc.task import Task
    from napari_abc.widgets.jobs import Jobs
    from napari_abc.widgets.memory import Memory
    from napari_abc.widgets.steps import Steps
    from napari_abc.widgets.types._view import AnnotationsView

__all__ = ["AnnotationsController"]

SOURCE, TAXONOMY = "source", "taxonomy"
_MOST_NAMED = 3
"""Slabs or datasets that a sentence names; of more it says how many."""


@dataclass(frozen=True, slots=True)
class _Listed:
    atlas: Atlas
    releases: list[str]
    rows: list[TaxonomyRow]


@dataclass(frozen=True, slots=True)
class _Opened:
    taxonomy: Taxonomy
    level_tables: list[LevelTable]
    tips: list[str]


class AnnotationsController(QObject):
    """Lists taxonomies, walks through their levels, and shows cells of terms in the open slabs."""

    def __init__(
        self,
        viewer: ViewerModel,
        view: AnnotationsView,
        jobs: Jobs,
        steps: Steps,
        memory: Memory,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._view = view
        self._jobs = jobs
        self._steps = steps
        self._memory = memory
        self._atlas: Atlas | None = None
        self._rows: dict[str, TaxonomyRow] = {}
        self._opened: _Opened | None = None
        self._pending: Callable[[], None] | None = None
        self._columns: set[str] = set()
        self._events = shared_atlas.events
        view.source.open_requested.connect(self.open_source)
        view.taxonomy_chosen.connect(self.open_taxonomy)
        view.level_chosen.connect(self.show_level)
        view.table.up_requested.connect(self.go_to)
        view.table.down_requested.connect(self.go_below)
        view.show_requested.connect(self.show_cells)
        view.show_all_requested.connect(self.show_all)
        view.notice.answered.connect(self._on_answer)
        steps.changed.connect(self._tell_slabs)
        steps.failed.connect(self._complain)
        self._events.opened.connect(self._on_shared)
        self._offer_sources()
        self._tell_slabs()

    def close(self) -> None:
        """Listen to nothing any more; touches no widget, for they may be gone already."""
        self._events.opened.disconnect(self._on_shared)
        self._atlas = self._opened = None

    # -- source ----------------------------------------------------------------------------------

    def _offer_sources(self) -> None:
        listed = (SourceChoice("Public ABC Atlas", PUBLIC_BUCKET), SourceChoice("Demo (synthetic)", DEMO))
        self._listed = {choice.location for choice in listed}
        recent = (SourceChoice(location, location) for location in self._memory.recent())
        self._view.source.set_choices([*listed, *recent])

    def start(self) -> None:
        """Take the atlas that another dock has open, or the source of the last session."""
        if self._atlas is not None or self._jobs.busy(SOURCE):
            return
        other = shared_atlas.shared(self._viewer)
        if other is not None:
            self._on_shared(self._viewer, other)
        elif location := self._memory.source():
            self._view.source.set_offline(self._memory.offline())
            self.open_source(location, "", self._memory.offline())

    def _on_shared(self, viewer: object, other: shared_atlas.Shared) -> None:
        """Follow another dock of the same viewer to the source that it opened."""
        if viewer is self._viewer and other.atlas is not self._atlas:
            self._list(other.location, lambda _task: other.atlas)

    def open_source(self, location: str, release: str, offline: bool) -> None:
        """Open a release and list its taxonomies; as the dock "ABC Atlas" does."""

        def opened(task: Task) -> Atlas:
            return open_atlas(location, release=release or None, offline=offline, task=task)

        def remember() -> None:
            self._memory.remember(location, offline, location in self._listed)
            self._offer_sources()

        self._list(location, opened, remember)

    def _list(
        self, location: str, opened: Callable[[Task], Atlas], then: Callable[[], None] | None = None
    ) -> None:
        view = self._view
        view.source.set_location(location)
        view.source.notice.clear()
        self._forget("Opening the source…")
        self._atlas = None

        def work(task: Task) -> _Listed:
            atlas = opened(task)
            return _Listed(atlas, atlas.releases, _rows(atlas))

        def done(listed: _Listed) -> None:
            self._atlas = atlas = listed.atlas
            self._rows = {row.name: row for row in listed.rows}
            if then is not None:
                then()
            view.source.set_location(location)
            view.source.set_offline(atlas.offline)
            view.source.set_releases(listed.releases, atlas.release)
            title = view.source.source.currentText()
            made_up = " · synthetic" if atlas.synthetic and "synthetic" not in title else ""
            view.source_section.set_summary(f"{title} · {atlas.release}{made_up}")
            view.source_section.set_expanded(False)
            view.set_taxonomies(listed.rows, "Choose a taxonomy.")
            at_hand = [row.name for row in listed.rows if not row.reason and not row.to_fetch]
            if at_hand:  # that of an open slab first; nothing is fetched that nobody asked for
                of_slabs = self._of_open_slabs()
                self.open_taxonomy(next((name for name in of_slabs if name in at_hand), at_hand[0]))

        def failed(text: str) -> None:
            view.source_section.set_expanded(True)
            view.source.show_error(text)
            view.show_nothing("Choose a source to see its taxonomies.")

        self._jobs.start(SOURCE, "Opening the source", work, done, failed)

    def _of_open_slabs(self) -> list[str]:
        """Taxonomies that open slabs have."""
        slabs = [self._steps.scene.stage.slab(key) for key in self._steps.scene.stage]
        return [p.taxonomy for slab in slabs for p in slab.palettes.values() if p.taxonomy]

    # -- taxonomy and level ----------------------------------------------------------------------

    def _forget(self, hint: str) -> None:
        self._jobs.cancel(TAXONOMY)
        self._jobs.cancel(STEP)
        self._opened = None
        self._pending = None
        self._view.notice.clear()
        self._view.set_taxonomies((), hint)
        self._tell_slabs()

    def open_taxonomy(self, name: str) -> None:
        """Read a taxonomy and show its broadest level, after asking where much has to be fetched."""
        atlas = self._atlas
        if atlas is None or name not in self._rows:
            return
        self._jobs.cancel(STEP)
        self._opened = None
        self._view.notice.clear()
        self._view.show_taxonomy(name)
        self._view.show_nothing("Reading the taxonomy…")
        self._tell_slabs()

        def work(task: Task) -> _Opened:
            return _open(atlas.taxonomy(name, task))

        def start() -> None:
            self._view.show_nothing("Reading the taxonomy…")
            self._jobs.start(TAXONOMY, f"Reading {name}", work, self._show, self._not_read)

        row = self._rows[name]
        if row.to_fetch < ASK_FROM or atlas.offline:
            start()
            return
        self._pending = start
        size = bytes_text(row.to_fetch)
        self._view.show_nothing("")
        self._view.notice.show_question(
            f"{row.title} needs {size} of tables, fetched once.", f"&Download {size}", "&Not now"
        )

    def _show(self, opened: _Opened) -> None:
        self._opened = opened
        taxonomy = opened.taxonomy
        self._rows[taxonomy.name] = replace(self._rows[taxonomy.name], to_fetch=0)
        self._view.set_taxonomies(list(self._rows.values()), "")
        self._view.show_level_tables(opened.level_tables, opened.tips, taxonomy.notes)
        self._view.show_level(opened.level_tables[0].level)
        self._tell_slabs()

    def _not_read(self, text: str) -> None:
        self._view.show_nothing("The taxonomy can't be shown.")
        self._complain(text)

    def show_level(self, level: str) -> None:
        """Show a level by its label; what is selected now is followed up or down to it."""
        opened = self._opened
        if opened is None:
            return
        selected = self._view.table.selected_labels()
        self._view.show_level(level, _related(opened.taxonomy, level, selected))
        self._tell_slabs()

    def go_to(self, label: str) -> None:
        """Show a term at its own level."""
        opened = self._opened
        if opened is not None and label in opened.taxonomy:
            level = opened.taxonomy.level(opened.taxonomy.term(label).level)
            self._view.show_level(level.label, [label])
            self._view.table.setFocus()
            self._tell_slabs()

    def go_below(self, label: str) -> None:
        """Show the children of a term at their level."""
        opened = self._opened
        if opened is None or label not in opened.taxonomy:
            return
        children = opened.taxonomy.children(label)
        if children:
            level = opened.taxonomy.level(children[0].level)
            mine = [child.label for child in children if child.level == level.name]
            self._view.show_level(level.label, mine)
            self._view.table.setFocus()
            self._tell_slabs()

    # -- cells -----------------------------------------------------------------------------------

    def show_cells(self, labels: tuple[str, ...]) -> None:
        """Color every open slab that has the level by it, and show the cells of these terms only."""
        opened, level_table = self._opened, self._view.table.rows.level_table
        if opened is None or level_table is None or not labels:
            return
        names = list(dict.fromkeys(opened.taxonomy.term(label).name for label in labels))
        found = annotations_cells.columns(self._steps.scene, level_table.taxonomy, level_table.level)
        if not found:
            return
        self._view.notice.clear()
        acts: list[Act] = []
        if len(found) == len(list(self._steps.scene.stage)) and len(set(found.values())) == 1:
            acts.append(("color_by", (next(iter(found.values())),), {}))
        else:  # slabs without this taxonomy keep their colors
            acts += [("color_by", (column,), {"slab": key}) for key, column in found.items()]
        columns = list(dict.fromkeys(found.values()))
        acts += [("filter_names", (column,), {"keep": names}) for column in columns]

        def tell() -> None:
            self._columns |= {column.casefold() for column in columns}
            said = annotations_cells.count_shown(self._steps.scene, level_table.taxonomy)
            self._tell_slabs(shown=f"Shown: {_and(said)}.")

        self._steps.take_all(acts, "Coloring the open cells", tell)

    def show_all(self) -> None:
        """Show all cells again where some were left out from here."""
        self._steps.take_all([("remove_condition", (condition,), {}) for condition in self._conditions()])
        self._tell_slabs()

    def _conditions(self) -> list[NameCondition]:
        """Conditions of the filter that were made here and still hold."""
        return [
            condition
            for condition in self._steps.scene.filters
            if isinstance(condition, NameCondition) and condition.column.casefold() in self._columns
        ]

    def _tell_slabs(self, *_: object, shown: str = "") -> None:
        """Say which open slabs have the taxonomy, or what to open."""
        opened, level_table = self._opened, self._view.table.rows.level_table
        filtered = bool(self._conditions())
        if opened is None or level_table is None:
            self._view.set_slabs("", False, filtered)
            return
        name, scene = opened.taxonomy.name, self._steps.scene
        have = [slab.label for slab in annotations_cells.with_taxonomy(scene, name)]
        here = annotations_cells.columns(scene, name, level_table.level)
        if shown:
            text = shown
        elif here:
            text = f"Open with this taxonomy: {_and(have)}."
        elif have:
            text = f"{_and(have)} can't be colored by {level_table.terms.title}."
        else:
            users = _datasets_of(self._atlas, name)
            text = "No open cells have this taxonomy"
            text += f"; open some of {_and(users, 'or')} to show them here." if users else "."
        self._view.set_slabs(text, bool(here), filtered)

    # -- asking and complaining ------------------------------------------------------------------

    def after_cancel(self, purpose: str) -> None:
        """Say in place what was not done, where a cancelled job leaves the table empty."""
        if purpose == SOURCE:
            self._view.source_section.set_expanded(True)
            self._view.show_nothing("Cancelled. Choose a source to see its taxonomies.")
        elif purpose == TAXONOMY:
            self._view.show_nothing("Cancelled. Choose a taxonomy.")

    def _on_answer(self, answer: str) -> None:
        start, self._pending = self._pending, None
        if start is not None and answer != "Not now":
            start()
        elif start is not None:
            self._view.show_nothing("Choose a taxonomy.")

    def _complain(self, text: str) -> None:
        self._pending = None
        self._view.notice.show_error(text, "OK")


def _rows(atlas: Atlas) -> list[TaxonomyRow]:
    """Taxonomies of an atlas, those that can be opened first."""
    rows = [
        TaxonomyRow(
            str(row["taxonomy"]),
            str(row["title"]),
            str(row["species"]),
            int(row["bytes"] - row["cached_bytes"]),
            str(row["reason"]),
        )
        for row in atlas.taxonomies.to_dict("records")
    ]
    return sorted(rows, key=lambda row: bool(row.reason))


def _open(taxonomy: Taxonomy) -> _Opened:
    levels = [*taxonomy.tree, *taxonomy.facets]
    tips = [
        "\n".join(part for part in (level.name, level.label, level.description) if part) for level in levels
    ]
    return _Opened(taxonomy, [make_level_table(taxonomy, level) for level in levels], tips)


def _related(taxonomy: Taxonomy, level: str, selected: list[str]) -> list[str]:
    """Terms of a level that are above, or directly below, what is selected at another."""
    wanted = taxonomy.level(level).name
    for label in selected[:1]:
        above = [term.label for term in taxonomy.path(label) if term.level == wanted]
        if above:
            return above
    return [child.label for label in selected for child in taxonomy.children(label) if child.level == wanted]


def _datasets_of(atlas: Atlas | None, taxonomy: str) -> list[str]:
    """Titles of the datasets that have a taxonomy and can be opened."""
    if atlas is None:
        return []
    users = [
        entry.name
        for entry in catalog().datasets.values()
        if any(use.directory == taxonomy for use in entry.taxonomies)
    ]
    return [atlas[name].title for name in users if name in atlas and not atlas[name].unavailable]


def _and(words: list[str], joint: str = "and") -> str:
    """``"a, b and c"``; of many the first few and a number."""
    if not words:
        return "nothing"
    if len(words) > _MOST_NAMED:
        more = len(words) - _MOST_NAMED
        return f"{', '.join(words[:_MOST_NAMED])} {joint} {more:,} more"
    return f" {joint} ".join(([", ".join(words[:-1])] if words[1:] else []) + words[-1:])
