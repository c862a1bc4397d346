"""Slab: what a person opens, whoever made it.

A slab comes from a release of the ABC Atlas, from a run or from a file. Whoever builds one fills in the
parts, and everything above (layers, legend, figure, shell) only reads them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from napari_abc.errors import ConfigurationError, ExpressionError, UnknownNameError
from napari_abc.model.columns import color_columns, column_coloring, find_column, unknown_column
from napari_abc.model.continuous import Continuous
from napari_abc.model.expression import RowsOf
from napari_abc.model.genes import GENE_PREFIX, Gene, find_gene, gene_key, gene_symbol
from napari_abc.task import Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_abc.model.coloring import Coloring
    from napari_abc.model.colors import Palette
    from napari_abc.model.expression import ExpressionSource
    from napari_abc.model.frame import Frame
    from napari_abc.model.images import Volume, VolumeSource
    from napari_abc.model.shapes import Outlines

__all__ = ["Slab"]


def _no_regions() -> pd.DataFrame:
    return pd.DataFrame(columns=["label", "name", "color", "geometry"])


def _no_genes() -> pd.DataFrame:
    return pd.DataFrame({"gene_symbol": []}, index=pd.Index([], name="gene_identifier"), dtype=object)


@dataclass(eq=False, repr=False)
class Slab:
    """What a person opens: cells in a frame, and everything that colors and surrounds them.

    Attributes
    ----------
    label
        Name of the slab: ``"H22.30.001.CX.17.Plane.03"``, or a folder's name.
    dataset
        Name of the dataset it belongs to, or the vendor's name.
    kind
        What it is, as a person calls it: ``"slab plane"``, ``"brain section"``, ``"brain"`` (all of its
        sections), ``"embedding"``, or ``"run"`` of one's own.
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
        Categorical columns of ``cells`` whose order and colors are given.
    groups
        Columns to color by, grouped for a menu: ``{"Taxonomy": ("Class", ...), ...}``.
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
    license, citation
        Of the data.
    synthetic
        Whether the data are made up by this project; said wherever the slab is shown.
    source, release
        Where it comes from, by which it can be opened again: the address or folder of a release and its
        version, or the path of an own run and nothing. Empty for a slab made in memory.

    Examples
    --------
    >>> slab = atlas["HMBA-MERSCOPE-H22.30.001-BG"].slab("H22.30.001.BS.3.Plane.01")
    >>> len(slab.cells), slab.cells.index.name  # a DataFrame, a row a cell
    (1482, 'cell_label')
    >>> [frame.name for frame in slab.frames]
    ['slab', 'experiment']
    >>> slab.values
    ('log2', 'raw')
    """

    label: str
    dataset: str
    cells: pd.DataFrame
    frames: tuple[Frame, ...]
    kind: str = "slab"
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
    license: str = ""
    citation: str = ""
    synthetic: bool = False
    source: str = ""
    release: str = ""

    def __repr__(self) -> str:
        unit = f" in {self.frame.unit}" if self.frame.unit else ""
        made = "synthetic, " if self.synthetic else ""
        where = f"frame {self.frame.name}{unit}"
        return f"<Slab {self.label} of {self.dataset}: {made}{len(self.cells):,} cells, {where}>"

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

        Parameters
        ----------
        text
            What was typed.

        Returns
        -------
        str
            Index of the gene in :attr:`genes`.

        Raises
        ------
        UnknownNameError
            If the panel has no such gene, with the nearest ones in the message, or several genes have
            that symbol.

        Examples
        --------
        >>> slab.find_gene("drd1")
        'ENSG00000184845'
        """
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
            If a gene is not in the panel, or several have its symbol.
        ExpressionError
            If there are no such values for these cells.
        ConfigurationError
            If `rows` are not one True or False a cell.
        NetworkError
            If a matrix has to be fetched and can't be; OfflineError if fetching was ruled out.
        IntegrityError
            If a matrix's size or MD5 is not what the manifest says.
        FormatError, MissingFileError
            If a file of the values is damaged, was changed, or is not there any more.
        DiskFullError
            If there is no room for a matrix.
        Cancelled
            If the task was cancelled.

        Examples
        --------
        >>> table = slab.expression(["DRD1", "DRD2"])
        >>> table.shape, str(table["DRD1"].dtype)
        ((1482, 2), 'float32')
        >>> bool((slab.expression("DRD1", "raw").dropna() % 1 == 0).all().item())
        True
        """
        wanted = [genes] if isinstance(genes, str) else list(genes)
        identifiers = [self.find_gene(gene) for gene in wanted]
        if self.expression_source is None:
            raise ExpressionError(f"{self.label} has no expression matrix; color by a column instead.")
        if values not in self.expression_source.kinds:
            have = " or ".join(self.expression_source.kinds)
            raise ExpressionError(f"{self.label} has no {values!r} values; ask for {have}.")
        if rows is not None and (rows.dtype != bool or rows.shape != (len(self.cells),)):
            raise ConfigurationError(
                f"{self.label} has {len(self.cells):,} cells; give True or False for each as `rows`."
            )
        unique = list(dict.fromkeys(identifiers))
        table = self.expression_source.read(unique, values, task or Task(), rows)
        columns = [unique.index(identifier) for identifier in identifiers]
        return pd.DataFrame(table[:, columns], index=self.cells.index, columns=wanted)

    def in_frame(self, name: str) -> Slab:
        """The same slab with another of its frames first.

        Parameters
        ----------
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

        Examples
        --------
        >>> section = atlas["MERFISH-C57BL6J-638850"].slab("C57BL6J-638850.37")
        >>> brain = section.in_frame("ccf")
        >>> brain.frame.ndim, brain.frame.unit
        (3, 'millimeter')
        """
        frames = {frame.name: frame for frame in self.frames}
        if name not in frames:
            raise UnknownNameError(f"{self.label} has no frame {name!r}; it has {', '.join(frames)}.")
        frame = frames[name]
        if frame is self.frame:
            return self
        columns = self.cells[list(frame.columns)].to_numpy(dtype=float)
        placed = np.isfinite(columns).all(axis=1)
        cells = self.cells[placed].drop(columns=["z"], errors="ignore")
        for axis, values in zip("xyz", columns[placed].T, strict=False):
            cells[axis] = values
        empty = Slab(self.label, self.dataset, cells, self.frames)
        source = self.expression_source
        lost = len(self.cells) - len(cells)
        first = self.frame.name
        where = frame.title or name
        note = f"{len(cells):,} of {len(self.cells):,} cells have coordinates in the frame {where}."
        return replace(
            self,
            cells=cells,
            frames=(frame, *(other for other in self.frames if other is not frame)),
            unplaced=self.unplaced + lost,
            expression_source=RowsOf(source, placed) if source is not None else None,
            regions=empty.regions,
            outlines=None,
            images=tuple(replace(image, frame=image.frame or first) for image in self.images),
            notes=(*self.notes, note) if lost else self.notes,
        )

    def coloring(
        self,
        key: str,
        values: str = "log2",
        task: Task | None = None,
        rows: NDArray[np.bool_] | None = None,
    ) -> Coloring:
        """What to color the cells by, resolved to codes or numbers.

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
        ConfigurationError
            If the column has too many different values to tell apart by color.
        ExpressionError
            If there are no such values for these cells.
        AbcError
            If a matrix can't be fetched or read, as for :meth:`expression`.

        Examples
        --------
        >>> types = slab.coloring("Class")
        >>> types.names[types.codes[0]] == slab.cells["Class"].iloc[0]
        True
        >>> slab.coloring("gene:DRD1").unit
        'log2(CPT + 1)'
        """
        task = task or Task()
        if key.casefold().startswith(GENE_PREFIX):
            return self._gene_coloring(key[len(GENE_PREFIX) :], values, task, rows)
        column = find_column(self.cells, key)
        if column is None:
            offered = [column for columns in self.color_keys().values() for column in columns]
            raise unknown_column(key, offered, self.label)
        return column_coloring(self.cells[column], self.palettes.get(column), self.label)

    def _gene_coloring(
        self, gene: str, values: str, task: Task, rows: NDArray[np.bool_] | None
    ) -> Continuous:
        identifier = self.find_gene(gene)
        table = self.expression([identifier], values, task, rows)
        symbol = gene_symbol(self.genes, identifier)
        assert self.expression_source is not None  # expression() raised otherwise
        unit = self.expression_source.kinds[values]
        partly = rows is not None and self.expression_source.download_bytes(values, [identifier]) > 0
        return Continuous(
            gene_key(self.genes, identifier, symbol),
            symbol,
            table.iloc[:, 0].to_numpy(),
            unit,
            Gene(identifier, symbol, values),
            "not fetched or measured" if partly else "not measured",
        )

    def color_keys(self) -> dict[str, tuple[str, ...]]:
        """Columns that the cells can be colored by, grouped for a menu.

        Returns
        -------
        dict of str to tuple of str
            Heading to columns; ids, coordinates and columns of one value are left out.

        Examples
        --------
        >>> slab.color_keys()["Taxonomy"]
        ('Neighborhood', 'Class', 'Subclass', 'Group', 'Cluster')
        """
        return color_columns(self.cells, self.frames, self.groups, self.palettes)
