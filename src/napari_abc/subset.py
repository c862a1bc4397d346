"""Parts of a slab: the cells that have coordinates in a frame, with everything that goes with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_abc.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_abc.model import ExpressionSource, Package, Slab
    from napari_abc.task import Task

__all__ = ["RowsOf", "in_frame"]


@dataclass(frozen=True, eq=False, slots=True)
class RowsOf:
    """Expression of some of a slab's cells; an :class:`~napari_abc.model.ExpressionSource`."""

    source: ExpressionSource
    kept: NDArray[np.bool_]
    """(cells of the source,) True for those that are kept."""

    @property
    def kinds(self) -> Mapping[str, str]:
        """Kinds of values, each with its label for a colour bar."""
        return self.source.kinds

    def _rows(self, rows: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
        if rows is None:
            return self.kept
        wanted = self.kept.copy()
        wanted[wanted] = rows
        return wanted

    def packages(
        self, kind: str, identifiers: Sequence[str] = (), rows: NDArray[np.bool_] | None = None
    ) -> tuple[Package, ...]:
        """Files that have to be fetched before these genes of these cells can be read."""
        return self.source.packages(kind, identifiers, self._rows(rows))

    def download_bytes(
        self, kind: str, identifiers: Sequence[str] = (), rows: NDArray[np.bool_] | None = None
    ) -> int:
        """Bytes of :meth:`packages`; 0 when all is on disk."""
        return self.source.download_bytes(kind, identifiers, self._rows(rows))

    def read(
        self,
        identifiers: Sequence[str],
        kind: str,
        task: Task,
        rows: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.float32]:
        """Values of shape (cells kept, identifiers), NaN for cells that the matrix lacks."""
        return self.source.read(identifiers, kind, task, self._rows(rows))[self.kept]


def in_frame(slab: Slab, name: str) -> Slab:
    """A slab with another of its frames first.

    Parameters
    ----------
    slab
        The slab; it is left as it is.
    name
        Name of one of its frames.

    Returns
    -------
    Slab
        Its cells are those with finite coordinates in that frame, and ``x``, ``y`` (and ``z``) are
        there; the others are counted in ``unplaced``. Regions and outlines, which lie in the first
        frame, are left out unless it stays first; images say which frame they lie in.

    Raises
    ------
    UnknownNameError
        If the slab has no such frame.
    """
    frames = {frame.name: frame for frame in slab.frames}
    if name not in frames:
        raise UnknownNameError(f"{slab.label} has no frame {name!r}; it has {', '.join(frames)}.")
    frame = frames[name]
    if frame is slab.frame:
        return slab
    columns = slab.cells[list(frame.columns)].to_numpy(dtype=float)
    placed = np.isfinite(columns).all(axis=1)
    cells = slab.cells[placed].drop(columns=["z"], errors="ignore")
    for axis, values in zip("xyz", columns[placed].T, strict=False):
        cells[axis] = values
    empty = type(slab)(slab.label, slab.dataset, cells, slab.frames)
    source = slab.expression_source
    lost = len(slab.cells) - len(cells)
    first = slab.frame.name
    where = frame.title or name
    note = f"{len(cells):,} of {len(slab.cells):,} cells have coordinates in the frame {where}."
    return replace(
        slab,
        cells=cells,
        frames=(frame, *(other for other in slab.frames if other is not frame)),
        unplaced=slab.unplaced + lost,
        expression_source=RowsOf(source, placed) if source is not None else None,
        regions=empty.regions,
        outlines=None,
        images=tuple(replace(image, frame=image.frame or first) for image in slab.images),
        notes=(*slab.notes, note) if lost else slab.notes,
    )
