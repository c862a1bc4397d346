"""The nouns that every floor shares: frames, categories, colourings, regions, volumes, slabs.

Plain containers without Qt or napari. A :class:`Slab` is what a person opens, whether it comes
from an ABC release, a Xenium or MERSCOPE folder, or an h5ad file; whoever builds one fills in the
parts, and everything above (layers, legend, figure, shell) only reads them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from napari_abc.errors import ExpressionError
from napari_abc.task import Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "MISSING_COLOR",
    "Categorical",
    "Continuous",
    "ExpressionSource",
    "Frame",
    "LabelLevel",
    "Outlines",
    "Package",
    "Palette",
    "Slab",
    "Volume",
    "VolumeSource",
]

MISSING_COLOR = "#808080"
"""Colour of a cell that has no value: grey, counted and said."""


@dataclass(frozen=True, slots=True)
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

    @property
    def ndim(self) -> int:
        """Number of dimensions, 2 or 3."""
        return len(self.columns)

    @property
    def axis_labels(self) -> tuple[str, ...]:
        """Names of the axes in napari's order: depth, height, width."""
        return (self.axes or ("x", "y", "z")[: self.ndim])[::-1]


@dataclass(frozen=True, slots=True)
class Palette:
    """Names of a column's categories, in legend order, each with its colour."""

    names: tuple[str, ...]
    colors: tuple[str, ...]
    """``"#rrggbb"`` in lower case, one a name."""
    description: str = ""
    taxonomy: str = ""
    """Taxonomy that the column is a level of; empty if of none."""
    level: str = ""
    """Label of that level within the taxonomy."""


@dataclass(frozen=True, eq=False, slots=True)
class Categorical:
    """Cells coloured by category: a code a cell, a name and a colour a code."""

    key: str
    """The key that was asked for: ``"Subclass"``."""
    title: str
    codes: NDArray[np.int32]
    """(cells,) index into ``names``; -1 where the cell has no value."""
    names: tuple[str, ...]
    """Categories in term order, also those that no cell of this slab has."""
    colors: tuple[str, ...]
    """``"#rrggbb"``, one a name."""

    def counts(self) -> NDArray[np.int64]:
        """Cells per category, (len(names),)."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.names))

    @property
    def missing(self) -> int:
        """Number of cells without a value."""
        return int(np.count_nonzero(self.codes < 0))


@dataclass(frozen=True, eq=False, slots=True)
class Continuous:
    """Cells coloured by a number: an expression value or a numeric column."""

    key: str
    title: str
    values: NDArray[np.float32]
    """(cells,) NaN where the cell has no value."""
    unit: str
    """Label of the colour bar: ``"log2(CPT + 1)"``, ``"counts"``, ``"mm"``."""
    is_gene: bool = False
    absent: str = "not measured"
    """What a gene is in the cells without a value."""

    @property
    def missing(self) -> int:
        """Number of cells without a value."""
        return int(np.count_nonzero(np.isnan(self.values)))

    def limits(self) -> tuple[float, float]:
        """Limits that show the values well: 0 (genes) or the minimum, to the largest finite value."""
        finite = self.values[np.isfinite(self.values)]
        if finite.size == 0:
            return 0.0, 1.0
        low = 0.0 if self.is_gene else float(finite.min())
        high = float(finite.max())
        return (low, high) if high > low else (low, low + 1.0)


@dataclass(frozen=True, eq=False, slots=True)
class Outlines:
    """Cell boundaries as rings of vertices, flat so that 500,000 cells cost three arrays."""

    cell: NDArray[np.int64]
    """(rings,) row of :attr:`Slab.cells` that a ring belongs to."""
    offsets: NDArray[np.int64]
    """(rings + 1,) where each ring starts in ``vertices``."""
    vertices: NDArray[np.float32]
    """(vertices, 2) x, y in the slab's frame."""


@dataclass(frozen=True, eq=False, slots=True)
class Volume:
    """An image or labels, multiscale, placed in the slab's frame."""

    name: str
    kind: Literal["image", "labels"]
    levels: Sequence[Any]
    """Array-likes (numpy, zarr or dask), largest first; last two axes are (y, x)."""
    scale: tuple[float, ...]
    """Size of a pixel of the first level along its axes, in ``unit``."""
    translate: tuple[float, ...]
    """Where the centre of pixel 0 lies, in ``unit``."""
    unit: str
    contrast_limits: tuple[float, float] | None = None
    colormap: str | None = None
    visible: bool = True
    label_levels: Mapping[str, LabelLevel] = field(default_factory=dict)
    """For labels that stand for terms of a taxonomy: what they mean at each of its levels."""
    frame: str = ""
    """Name of the frame it lies in; empty for the slab's first."""


@dataclass(frozen=True, eq=False, slots=True)
class LabelLevel:
    """What the labels of a volume mean at one level of a taxonomy: many labels may share a term."""

    labels: NDArray[np.int64]
    """Values in the volume."""
    names: tuple[str, ...]
    """Name of the term, one a label."""
    colors: tuple[str, ...]
    """``"#rrggbb"``, one a label."""


class VolumeSource(Protocol):
    """A volume that can be shown with a slab; nothing is read until it is asked for."""

    @property
    def name(self) -> str:
        """What a person reads: ``"Average template, 25 µm"``."""

    @property
    def kind(self) -> Literal["image", "labels"]:
        """What its values are."""

    @property
    def frame(self) -> str:
        """Name of the slab's frame that it lies in."""

    def download_bytes(self) -> int:
        """Bytes that have to be fetched before it can be shown; 0 when on disk."""

    def load(self, task: Task) -> Volume:
        """Fetch and convert it if need be, and give what is to be shown.

        Raises
        ------
        AbcError
            If the file can't be fetched, read or converted.
        """


@dataclass(frozen=True, slots=True)
class Package:
    """A file of expression values that has to be fetched for some cells."""

    name: str
    cells: int
    """Cells asked for that it holds."""
    bytes: int


class ExpressionSource(Protocol):
    """Where a slab's expression values come from; lazily, for nothing is read until asked."""

    @property
    def kinds(self) -> Mapping[str, str]:
        """Kinds of values, ``"log2"`` and/or ``"raw"``, each with its label for a colour bar."""

    def packages(
        self, kind: str, identifiers: Sequence[str] = (), rows: NDArray[np.bool_] | None = None
    ) -> tuple[Package, ...]:
        """Files that have to be fetched before these genes of these cells can be read.

        Parameters
        ----------
        kind
            ``"log2"`` or ``"raw"``.
        identifiers
            The genes; none for any gene.
        rows
            (cells of the slab,) the cells whose values are wanted; None for all.
        """

    def download_bytes(
        self, kind: str, identifiers: Sequence[str] = (), rows: NDArray[np.bool_] | None = None
    ) -> int:
        """Bytes of :meth:`packages`; 0 when all is on disk."""

    def read(
        self,
        identifiers: Sequence[str],
        kind: str,
        task: Task,
        rows: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.float32]:
        """Values of shape (cells of the slab, identifiers), NaN for cells that the matrix lacks.

        Where ``rows`` are given nothing is fetched for other cells, which are NaN unless their
        values are at hand.

        Raises
        ------
        ExpressionError
            If the matrix shares no cell with the slab, or lacks a gene.
        """


def _no_regions() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(columns=["label", "name", "color", "geometry"])


def _no_genes() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({"gene_symbol": []}, index=pd.Index([], name="gene_identifier"), dtype=object)


@dataclass(eq=False)
class Slab:
    """What a person opens: cells in a frame, and everything that colours and surrounds them.

    Attributes
    ----------
    label
        Name of the slab: ``"H22.30.001.CX.17.Plane.03"``, or a folder's name.
    dataset
        Name of the dataset it belongs to, or the vendor's name.
    title
        What a person reads, where the label says little or stands for several slabs; the label if
        empty.
    cells
        One row a cell that has coordinates, index ``cell_label`` (text); columns ``x`` and ``y``
        in the first frame, then every column known of the cells.
    frames
        Coordinate spaces of the cells; the first is the one that ``x`` and ``y`` are in.
    unplaced
        Number of cells of the slab without coordinates; they are not in ``cells``.
    palettes
        Categorical columns of ``cells`` whose order and colours are given.
    groups
        Columns to colour by, grouped for a menu: ``{"Taxonomy": ("Class", ...), ...}``.
        Columns in no group are offered as metadata.
    genes
        Index ``gene_identifier``, column ``gene_symbol`` (may be missing) and others.
    regions
        Columns ``label``, ``name``, ``color`` (``"#rrggbb"``), ``geometry`` (shapely, x, y in the
        first frame); empty where there are none.
    volumes
        Volumes that can be shown with it, each in one of its frames.
    notes
        What a person should know, in sentences: ``"1,482 of 1,500 cells have coordinates."``
    licence, citation
        Of the data.
    synthetic
        Whether the data are made up by this project; said wherever the slab is shown.
    """

    label: str
    dataset: str
    cells: pd.DataFrame
    frames: tuple[Frame, ...]
    title: str = ""
    species: str = ""
    platform: str = ""
    unplaced: int = 0
    palettes: Mapping[str, Palette] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    genes: pd.DataFrame = field(default_factory=_no_genes)
    expression_source: ExpressionSource | None = None
    regions: pd.DataFrame = field(default_factory=_no_regions)
    outlines: Outlines | None = None
    images: tuple[Volume, ...] = ()
    volumes: tuple[VolumeSource, ...] = ()
    notes: tuple[str, ...] = ()
    licence: str = ""
    citation: str = ""
    synthetic: bool = False

    @property
    def name(self) -> str:
        """What a person reads: the title, or the label where there is none."""
        return self.title or self.label

    @property
    def frame(self) -> Frame:
        """The frame that ``x`` and ``y`` are in."""
        return self.frames[0]

    @property
    def depth(self) -> float | None:
        """How deep the cells lie in a frame of two dimensions, in its unit; None where nobody says."""
        if not self.frame.plane or self.frame.plane not in self.cells:
            return None
        depths = self.cells[self.frame.plane].to_numpy(dtype=float)
        depths = depths[np.isfinite(depths)]
        return float(np.median(depths)) if depths.size else None

    @property
    def values(self) -> tuple[str, ...]:
        """Kinds of expression values to be had: ``("log2", "raw")``, or none."""
        return tuple(self.expression_source.kinds) if self.expression_source else ()

    def find_gene(self, text: str) -> str:
        """Identifier of a gene given by symbol or identifier, in any case.

        Raises
        ------
        UnknownNameError
            If the panel has no such gene; the message names the nearest ones.
        """
        from napari_abc.genes import find_gene

        return find_gene(self.genes, text, self.dataset)

    def expression(
        self,
        genes: str | Sequence[str],
        values: str = "log2",
        task: Task | None = None,
        rows: NDArray[np.bool_] | None = None,
    ) -> pd.DataFrame:
        """Expression of some genes in the cells of the slab.

        Parameters
        ----------
        genes
            Symbols or identifiers, in any case.
        values
            ``"log2"`` or ``"raw"``.
        task
            Progress and cancel.
        rows
            (cells,) True for those whose values are wanted; nothing is fetched for the others, which
            are NaN unless their values are at hand. None for all.

        Returns
        -------
        DataFrame
            float32, rows as in :attr:`cells`, a column a gene, named as it was asked for; NaN where
            the matrix lacks the cell.

        Raises
        ------
        UnknownNameError
            If a gene is not in the panel.
        ExpressionError
            If there are no such values for these cells.
        """
        import pandas as pd

        wanted = [genes] if isinstance(genes, str) else list(genes)
        identifiers = [self.find_gene(gene) for gene in wanted]
        if self.expression_source is None:
            raise ExpressionError(f"{self.label} has no expression matrix; colour by a column instead.")
        if values not in self.expression_source.kinds:
            have = " or ".join(self.expression_source.kinds)
            raise ExpressionError(f"{self.label} has no {values!r} values; ask for {have}.")
        unique = list(dict.fromkeys(identifiers))
        table = self.expression_source.read(unique, values, task or Task(), rows)
        columns = [unique.index(identifier) for identifier in identifiers]
        return pd.DataFrame(table[:, columns], index=self.cells.index, columns=wanted)

    def in_frame(self, name: str) -> Slab:
        """The same slab with another of its frames first; cells without coordinates there are left out.

        Raises
        ------
        UnknownNameError
            If the slab has no such frame.
        """
        from napari_abc.subset import in_frame

        return in_frame(self, name)

    def coloring(
        self,
        key: str,
        values: str = "log2",
        task: Task | None = None,
        rows: NDArray[np.bool_] | None = None,
    ) -> Categorical | Continuous:
        """What to colour the cells by, resolved to codes or numbers.

        Parameters
        ----------
        key
            A column of :attr:`cells`, or ``"gene:"`` and a symbol or identifier.
        values
            Kind of expression values, for a gene.
        task
            Progress and cancel.
        rows
            Cells whose expression is wanted, as for :meth:`expression`.

        Raises
        ------
        UnknownNameError
            If there is no such column or gene.
        """
        from napari_abc.coloring import coloring

        return coloring(self, key, values, task or Task(), rows)

    def color_keys(self) -> dict[str, tuple[str, ...]]:
        """Columns that the cells can be coloured by, grouped for a menu."""
        from napari_abc.coloring import color_keys

        return color_keys(self)
