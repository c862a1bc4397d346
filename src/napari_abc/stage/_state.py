"""Scene: what a person is looking at, as one plain value.

Frozen and comparable: two scenes are equal where the same is seen. Layers, legend, figure, a saved view and
a script are made from it, and undo is an earlier one. It holds names, never arrays: cells of a selection
are named by their labels.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

__all__ = [
    "MOST_GENES",
    "MOST_SLABS",
    "ColorBy",
    "Condition",
    "Filter",
    "InSelection",
    "NameCondition",
    "Place",
    "RangeCondition",
    "Scene",
    "Selection",
    "Shown",
    "SlabKey",
]

MOST_SLABS = 500
"""Slabs that a scene holds at most; the largest dataset of the atlas has 239 sections."""

MOST_GENES = 3
"""Genes that are blended at most: red, green and blue."""

_MOST_CONDITIONS = 100
_MOST_NAMES = 20_000
_MOST_SELECTED = 50_000_000

Name = Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""A name as data have it: one line."""
Color = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]
Number = Annotated[float, Field(allow_inf_nan=False)]


class _Value(BaseModel):
    """A frozen value that knows no field but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class SlabKey(_Value):
    """Which slab: where it comes from, and its name there.

    Examples
    --------
    >>> SlabKey(source="demo", dataset="MERFISH-C57BL6J-638850", slab="C57BL6J-638850.37").slab
    'C57BL6J-638850.37'
    """

    source: Name = ""
    """Where the release lies, as a person types it; of an own run its path. Empty for one made in memory."""
    release: Name = ""
    """Version of the release; empty for an own run."""
    dataset: Name
    slab: Name
    """Label of the slab within its dataset."""


class ColorBy(_Value):
    """What all open slabs are colored by.

    Examples
    --------
    >>> ColorBy(keys=("gene:DRD1",), limits=((0, 8),)).is_gene
    True
    """

    keys: tuple[Name, ...] = Field(min_length=1)
    """A column, or ``"gene:"`` and a symbol or identifier; up to MOST_GENES genes are blended."""
    values: Literal["log2", "raw"] = "log2"
    limits: tuple[tuple[Number, Number] | None, ...] = ()
    """One a key, None (or none at all) for those that show the values well."""
    colormap: Name = "magma"
    colors: tuple[tuple[Name, Color], ...] = ()
    """Categories that a person gave a color of their own, sorted by name."""
    mean: bool = False
    """Whether the genes' mean is shown in place of a blend; then there may be any number."""

    @property
    def is_gene(self) -> bool:
        """Whether it shows expression."""
        return self.keys[0].casefold().startswith("gene:")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        genes = [key.casefold().startswith("gene:") for key in self.keys]
        if len(self.keys) > 1 and not all(genes):
            raise ValueError("only genes can be shown together; color by one column")
        if len(self.keys) > MOST_GENES and not self.mean:
            raise ValueError(f"at most {MOST_GENES} genes are blended; ask for their mean")
        if self.limits and len(self.limits) != len(self.keys):
            raise ValueError("give limits for each gene, or none")
        if any(pair is not None and not pair[0] < pair[1] for pair in self.limits):
            raise ValueError("limits are two numbers, the lower one first")
        return self


class NameCondition(_Value):
    """Cells whose value in a column is one of some names, or none of them."""

    kind: Literal["names"] = "names"
    column: Name
    names: tuple[Name | None, ...] = Field(max_length=_MOST_NAMES)
    """None stands for the cells without a value."""
    keep: bool = True
    """Whether those cells are kept, or the others."""


class RangeCondition(_Value):
    """Cells whose number in a column, or of a gene, lies between two limits, both included."""

    kind: Literal["range"] = "range"
    key: Name
    """A column, or ``"gene:"`` and a symbol or identifier."""
    low: Number | None = None
    high: Number | None = None
    values: Literal["log2", "raw"] = "log2"

    @model_validator(mode="after")
    def _ascends(self) -> Self:
        if self.low is None and self.high is None:
            raise ValueError("a range needs a lower or an upper limit")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("the lower limit of a range comes first")
        return self


class InSelection(_Value):
    """Cells that are in a selection, or not in it."""

    kind: Literal["selection"] = "selection"
    name: Name
    keep: bool = True


Condition = Annotated[NameCondition | RangeCondition | InSelection, Field(discriminator="kind")]
"""One condition of a filter."""


class Filter(_Value):
    """Which cells are drawn in color: those that fulfil every condition."""

    conditions: tuple[Condition, ...] = Field(default=(), max_length=_MOST_CONDITIONS)
    others: Literal["hide", "gray"] = "hide"
    """What becomes of the other cells: gone, or gray as context."""


class Selection(_Value):
    """A named set of cells, by label, over any datasets."""

    name: Name
    color: Color = "#ffd60a"
    cells: tuple[tuple[Name, frozenset[Name]], ...] = ()
    """Labels of the cells by dataset, sorted by dataset."""

    @property
    def count(self) -> int:
        """Number of cells."""
        return sum(len(labels) for _, labels in self.cells)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        datasets = [dataset for dataset, _ in self.cells]
        if datasets != sorted(set(datasets)):
            raise ValueError("the datasets of a selection are named once each, in order")
        if self.count > _MOST_SELECTED:
            raise ValueError(f"a selection holds at most {_MOST_SELECTED:,} cells")
        return self


class Place(_Value):
    """An open slab: in which frame, and where it lies."""

    slab: SlabKey
    frame: Name
    space: Name
    """Kind of space that the frame is of; what shares a space lies on one board. See :func:`space_of`."""
    over: SlabKey | None = None
    """The slab whose tile it shares; None where it has a tile of its own."""
    visible: bool = True
    coloring: ColorBy | None = None
    """A coloring of its own; None for the scene's."""


class Shown(_Value):
    """What is shown beside the colors of the cells."""

    regions: bool = True
    outlines: bool = True
    images: bool = True
    volumes: tuple[Name, ...] = ()
    cell_size: Annotated[float, Field(gt=0, le=100)] = 1.0
    """Multiple of the size at which the cells make up tissue."""
    order: Literal["value", "rare"] = "value"
    """Which cells are drawn on top: those of high values, or of rare types, too."""


class Scene(_Value):
    """What a person is looking at.

    Examples
    --------
    >>> scene = Scene()
    >>> scene.places
    ()
    >>> scene == Scene()
    True
    """

    places: tuple[Place, ...] = Field(default=(), max_length=MOST_SLABS)
    """Open slabs, in the order in which they were opened."""
    space: Name = ""
    """The kind of space in view; empty where nothing is open."""
    layout: Literal["beside", "overlay", "replace"] = "beside"
    """Where the next slab goes."""
    sort: Literal["opened", "plane", "species"] = "plane"
    """Order of the tiles of a board."""
    coloring: ColorBy | None = None
    """None for each slab's own default."""
    filter: Filter = Filter()
    selections: tuple[Selection, ...] = Field(default=(), max_length=100)
    active: Name = ""
    """Name of the selection that is added to; empty for none."""
    shown: Shown = Shown()

    def place(self, slab: SlabKey) -> Place | None:
        """Where a slab lies; None where it is not open."""
        return next((place for place in self.places if place.slab == slab), None)

    def coloring_of(self, slab: SlabKey) -> ColorBy | None:
        """What a slab is colored by: its own coloring, or the scene's."""
        place = self.place(slab)
        return place.coloring if place is not None and place.coloring is not None else self.coloring

    @property
    def in_view(self) -> tuple[Place, ...]:
        """The open slabs of the space in view."""
        return tuple(place for place in self.places if place.space == self.space)

    @property
    def spaces(self) -> tuple[str, ...]:
        """Kinds of space of the open slabs, each once."""
        return tuple(dict.fromkeys(place.space for place in self.places))

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        slabs = [place.slab for place in self.places]
        if len(set(slabs)) != len(slabs):
            raise ValueError("a slab is open twice")
        if self.space not in (self.spaces or ("",)):
            raise ValueError(f"no open slab lies in the space {self.space!r} that is in view")
        for place in self.places:
            if place.over is not None:
                below = self.place(place.over)
                if below is None or below.over is not None or below.space != place.space:
                    raise ValueError(f"{place.slab.slab} lies over what has no tile in its space")
        names = [selection.name for selection in self.selections]
        if len(set(names)) != len(names):
            raise ValueError("two selections have one name")
        if self.active and self.active not in names:
            raise ValueError(f"there is no selection {self.active!r}")
        missing = {
            condition.name for condition in self.filter.conditions if isinstance(condition, InSelection)
        } - set(names)
        if missing:
            raise ValueError(f"the filter asks for the selection {sorted(missing)[0]!r}, which is not there")
        return self
