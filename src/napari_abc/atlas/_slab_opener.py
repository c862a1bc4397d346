"""Opening a slab of a dataset: its cells, and everything that colors and surrounds them."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from napari_abc.atlas._annotation import Annotation
from napari_abc.atlas._regions import read_regions
from napari_abc.atlas._volumes import volumes_of
from napari_abc.atlas.expression import AtlasExpression
from napari_abc.errors import AbcError, FormatError, UnknownNameError
from napari_abc.model import Frame, Slab

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from napari_abc.atlas._cell_stores import CellStores
    from napari_abc.atlas._slab_list import SlabCells, SlabList
    from napari_abc.atlas.entries import Entry, FrameEntry
    from napari_abc.atlas.expression import GeneIndexes
    from napari_abc.atlas.files import DatasetFiles
    from napari_abc.atlas.manifest import Release
    from napari_abc.io.remote import Store
    from napari_abc.task import Task

__all__ = ["SlabOpener"]


class SlabOpener:
    """Opens the slabs of one dataset; taxonomies, colors and genes are read with the first.

    Parameters
    ----------
    entry, release
        What the catalog says of the dataset, and the release that its files are looked up in.
    files, store, stores, slabs, indexes
        Its files, where they are fetched, its joined cells, the list of its slabs, and its gene indexes.
    license, citation
        Of the data.
    """

    def __init__(
        self,
        entry: Entry,
        release: Release,
        *,
        files: DatasetFiles,
        store: Store,
        stores: CellStores,
        slabs: SlabList,
        indexes: GeneIndexes,
        license: str,
        citation: str,
    ) -> None:
        self._entry = entry
        self._release = release
        self._files = files
        self._store = store
        self._stores = stores
        self._slabs = slabs
        self._indexes = indexes
        self._license = license
        self._citation = citation
        self._annotation: Annotation | None = None

    def open(self, label: str, task: Task, columns: Collection[str]) -> Slab:
        """Open a slab; see :meth:`Dataset.slab`."""
        found = self._find(label, task)
        first, *others = self._frame_entries(label)
        everything = self._read(found, (first, *others), columns, task)
        task.report(f"Opening {label}", 1, 3, "steps")

        notes = list(found.store.notes)
        placed = self._placed(label, everything, first)
        cells = everything[placed] if not placed.all() else everything
        unplaced = len(everything) - len(cells)
        if unplaced:
            notes.insert(0, f"{len(cells):,} of {len(everything):,} cells have coordinates.")
        notes += [
            f"{table} is not part of release {self._release.version}; its columns are missing."
            for table in self._files.absent_joins()
        ]
        if self._annotation is None:
            self._annotation = Annotation(self._entry, self._files, self._store, task)
        notes += self._annotation.notes
        placed_cells, (cells, palettes, groups) = cells, self._annotation.annotate(cells, first)
        wanted = {name.casefold() for name in columns}
        left = [name for name in map(str, placed_cells) if name.casefold() in wanted and name not in cells]
        cells = cells.join(placed_cells[left]) if left else cells
        self._require_columns(label, columns, [*map(str, cells), *found.store.names, *self._entry.cells.omit])
        frames = _frames(cells, first, others, notes)
        task.report(f"Opening {label}", 2, 3, "steps")
        return Slab(
            label=label,
            dataset=self._entry.name,
            title=f"{found.title} · {self._entry.name}" if found.title else "",
            cells=cells,
            frames=frames,
            kind=self._slabs.kind_of(label),
            species=self._entry.species,
            platform=self._entry.platform,
            unplaced=unplaced,
            palettes=palettes,
            groups=groups,
            genes=self._annotation.genes,
            expression_source=self._expression(found, placed, task),
            regions=self._regions(label, self._annotation, notes, task),
            volumes=volumes_of(
                self._entry,
                self._files,
                self._store,
                cells,
                self._annotation.taxonomies,
                [frame.name for frame in frames],
            ),
            notes=tuple(dict.fromkeys(notes)),
            license=self._license,
            citation=self._citation,
            synthetic=self._release.synthetic,
            source=self._store.source.location,
            release=self._release.version,
        )

    def _find(self, label: str, task: Task) -> SlabCells:
        known = self._slabs.known(task)  # a wrong label is told before gigabytes are fetched
        if known is not None and label not in known:
            raise self._unknown_slab(label, known)
        found = self._slabs.find(label, task)
        if found is None:
            raise self._unknown_slab(label, self._slabs.known(task) or [])
        return found

    def _read(
        self, found: SlabCells, frames: Sequence[FrameEntry], columns: Collection[str], task: Task
    ) -> pd.DataFrame:
        """All cells of a slab, without coordinates of frames that it does not have."""
        wanted = {name.casefold() for name in columns}
        asked = {name for name in found.store.names if name.casefold() in wanted}
        elsewhere = self._elsewhere(*frames) - asked
        everything = found.store.read(found.group, elsewhere, asked | self._entry.key_columns)
        omitted = [name for name in self._entry.cells.omit if name.casefold() in wanted]
        return (
            everything.join(self._stores.omitted(omitted, everything.index, task)) if omitted else everything
        )

    def _placed(self, label: str, everything: pd.DataFrame, frame: FrameEntry) -> NDArray[np.bool_]:
        """Which cells have coordinates in the frame that they are opened in; some have to."""
        lacking = [column for column in frame.columns if column not in everything]
        if lacking:
            raise UnknownNameError(
                f"{label} of {self._entry.name} needs the coordinates {', '.join(lacking)}, which release "
                f"{self._release.version} lacks; choose another release."
            )
        coordinates = everything[list(frame.columns)].to_numpy(dtype=float)
        placed: NDArray[np.bool_] = np.isfinite(coordinates).all(axis=1)
        if not placed.any():
            raise FormatError(
                f"None of the {len(everything):,} cells of {label} has coordinates in the frame "
                f"{frame.title or frame.name}; choose another {self._slabs.kind}."
            )
        return placed

    def _frame_entries(self, label: str) -> list[FrameEntry]:
        """Frames of a slab, the one that it opens in first."""
        if not self._slabs.is_whole(label):
            return list(self._entry.frames)
        assert self._entry.slabs is not None
        assert self._entry.slabs.whole is not None
        frames = {frame.name: frame for frame in self._entry.frames}
        return [frames[name] for name in self._entry.slabs.whole.frames]

    def _elsewhere(self, *shown: FrameEntry) -> set[str]:
        """Columns of the frames that a slab does not have."""
        used = {column for frame in shown for column in frame.columns}
        return {column for frame in self._entry.frames for column in frame.columns} - used

    def _expression(self, found: SlabCells, placed: NDArray[np.bool_], task: Task) -> AtlasExpression | None:
        expression = self._entry.expression
        source = AtlasExpression(
            {str(kind): unit for kind, unit in expression.units.items()},
            self._files.rules(),
            self._files,
            self._store,
            self._indexes,
            found.store,
            found.group,
            placed,
            examples=expression.examples,
            genes=self._annotation.genes if self._annotation is not None else None,
            index=expression.index,
        )
        if not source.kinds:
            return None
        source.look_up(task)  # here, and not when the first gene is asked for on the GUI thread
        return source

    def _require_columns(self, label: str, columns: Collection[str], have: Sequence[str]) -> None:
        known = {name.casefold(): name for name in have}
        for name in columns:
            if name.casefold() not in known:
                near = get_close_matches(name, known.values(), n=3, cutoff=0.5)
                hint = (
                    f"did you mean {' or '.join(near)}?"
                    if near
                    else f"there are {', '.join(known.values())}."
                )
                raise UnknownNameError(f"{label} has no column {name!r}; {hint}")

    def _unknown_slab(self, label: str, known: list[str]) -> UnknownNameError:
        near = get_close_matches(label, known, n=3)
        hint = (
            f"did you mean {' or '.join(near)}?"
            if near
            else f"list its {self._slabs.kind}s to see which it has."
        )
        return UnknownNameError(f"{self._entry.name} has no {self._slabs.kind} {label!r}; {hint}")

    def _regions(self, label: str, annotation: Annotation, notes: list[str], task: Task) -> pd.DataFrame:
        file = self._files.regions().get(label)
        if file is not None and self._entry.regions is not None:
            values = annotation.values(self._entry.regions.colors)
            try:
                return read_regions(self._store.ensure(file, task), values)
            except AbcError as error:
                task.check()  # a cancel is no fault of the polygons
                notes.append(f"The regions are left out: {error}")
        elif self._entry.regions is not None:
            notes.append(f"There are no region polygons for {label}.")
        return pd.DataFrame(columns=["label", "name", "color", "geometry"])


def _frames(
    cells: pd.DataFrame, first: FrameEntry, others: Sequence[FrameEntry], notes: list[str]
) -> tuple[Frame, ...]:
    """The frames that cells have coordinates in; what is left out, and why, is added to the notes."""
    kept = [first]
    for frame in others:
        try:
            kept += [frame] if _has_cells(cells, frame) else []
        except (ValueError, TypeError):  # a text among the numbers makes a column one of texts
            title = frame.title or frame.name
            notes.append(f"The frame {title} is left out, as its coordinates are not all numbers.")
    return tuple(map(_frame, kept))


def _has_cells(cells: pd.DataFrame, frame: FrameEntry) -> bool:
    """Whether a cell has coordinates in a frame: not every section is registered to an atlas."""
    if not all(column in cells for column in frame.columns):
        return False
    return bool(np.isfinite(cells[list(frame.columns)].to_numpy(dtype=float)).all(axis=1).any())


def _frame(entry: FrameEntry) -> Frame:
    return Frame(
        entry.name, entry.columns, entry.unit, entry.y == "down", entry.title, entry.axes, entry.plane or ""
    )
