"""Opening several slabs as one: read one after the other on a worker thread, and shown together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from napari_abc.errors import AbcError
from napari_abc.model import GENE_PREFIX, gene_symbol
from napari_abc.stage import Place, RangeCondition, space_of
from napari_abc.task import Task
from napari_abc.text import bytes_text
from napari_abc.viewer.cell_layer import ready
from napari_abc.viewer.prepare import prepare_slab

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_abc.model import Slab
    from napari_abc.stage import Scene, SlabKey, Stage
    from napari_abc.viewer.prepare import PreparedSlab

__all__ = ["Batch", "plan_opening", "read_all"]


@dataclass(eq=False)
class Batch:
    """Slabs that are opened at once; what was read stays when the rest is cancelled."""

    slabs: Sequence[tuple[str, Callable[[Task], Slab]]]
    """Label of each, and what reads it."""
    prepared: list[PreparedSlab] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """What could not be opened, in sentences."""

    def __len__(self) -> int:
        return len(self.slabs)


def read_all(batch: Batch, task: Task) -> None:
    """Read the slabs of a batch; one that can't be read does not keep the others from being opened.

    Raises
    ------
    AbcError
        If it is the only one.
    Cancelled
        If the task was cancelled; those that were read are in the batch.
    """
    for number, (label, read) in enumerate(batch.slabs):
        alone = len(batch) == 1
        part = task if alone else _Part(task, f"Opening {number + 1} of {len(batch)}")
        if not alone:
            part.report(f"Opening {label}", 0)
        try:
            batch.prepared.append(ready(prepare_slab(read(part), task=part)))
        except AbcError as error:
            task.check()
            if alone:
                raise
            batch.failed.append(f"{label}: {error}")


class _Part(Task):
    """A part of a longer task: its reports say which one, and it is cancelled with the whole.

    What is done for it is not said: there is no room for both, and a person waits for the number.
    """

    def __init__(self, whole: Task, where: str) -> None:
        super().__init__()
        self._whole = whole
        self._where = where

    @property
    def cancelled(self) -> bool:
        return self._whole.cancelled

    def report(self, what: str, done: int, total: int | None = None, unit: str = "B") -> None:
        self._whole.report(self._where, done, total, unit)


def plan_opening(stage: Stage, slabs: Sequence[Slab]) -> Scene:
    """The scene that opening slabs leads to, for which :meth:`Stage.read` reads ahead.

    Genes that the scene shows are not fetched for what is only opened: those slabs are gray, and are told
    of, until the gene is asked for again.
    """
    places = []
    for slab in slabs:
        key = stage.know(slab)
        places.append(Place(slab=key, frame=slab.frame.name, space=space_of(slab, slab.frame)))
        if stage.scene.place(key) is None:
            _leave_out_what_is_far(stage, key, slab)
    return stage.plan("open_slabs", places)


def _leave_out_what_is_far(stage: Stage, key: SlabKey, slab: Slab) -> None:
    source, scene = slab.expression_source, stage.scene
    asked = [(name, scene.coloring.values) for name in scene.coloring.keys] if scene.coloring else []
    asked += [(one.key, one.values) for one in scene.filter.conditions if isinstance(one, RangeCondition)]
    for name, values in asked:
        if source is None or values not in source.kinds or not name.casefold().startswith(GENE_PREFIX):
            continue
        try:
            identifier = slab.find_gene(name[len(GENE_PREFIX) :])
        except AbcError:
            continue  # it is said when the scene is read
        size = source.download_bytes(values, [identifier])
        if size:
            symbol = gene_symbol(slab.genes, identifier)
            why = (
                f"{symbol} of {slab.name} is not on disk yet ({bytes_text(size)}); "
                f"color by {symbol} again to fetch it."
            )
            stage.leave_out(key, slab.frame.name, name, values, why)
