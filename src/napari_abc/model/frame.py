"""Frames: the named coordinate spaces that cells, regions and volumes lie in."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Frame"]


@dataclass(frozen=True, slots=True, repr=False)
class Frame:
    """A named coordinate space.

    Parameters
    ----------
    name
        Short name: ``"slab"``, ``"experiment"``, ``"section"``, ``"reconstructed"``, ``"ccf"``,
        ``"micron"``.
    columns
        Columns of the cells table: what goes to the right on the screen, what goes along its height
        and, in 3D, what goes into the depth. Two columns make a frame of two dimensions.
    unit
        Unit as napari and pint spell it, ``"millimeter"`` or ``"micrometer"``; ``""`` for none.
    y_down
        Whether the second column grows downwards on the screen, as napari's rows do.
    title
        What a person reads.
    axes
        Names of the axes that the columns are, ``("x", "y", "z")`` if not given. The Allen CCF calls
        left to right z, and anterior to posterior x.
    plane
        Column of the cells table that says how deep the cells of a slab lie, in a frame of two
        dimensions; empty where nobody says.
    """

    name: str
    columns: tuple[str, ...]
    unit: str
    y_down: bool = True
    title: str = ""
    axes: tuple[str, ...] = ()
    plane: str = ""

    def __repr__(self) -> str:
        unit = f" in {self.unit}" if self.unit else ""
        return f"<Frame {self.name}: {', '.join(self.columns)}{unit}, y {'down' if self.y_down else 'up'}>"

    @property
    def ndim(self) -> int:
        """Number of dimensions, 2 or 3."""
        return len(self.columns)

    @property
    def axis_labels(self) -> tuple[str, ...]:
        """Names of the axes in napari's order: depth, height, width."""
        return (self.axes or ("x", "y", "z")[: self.ndim])[::-1]
