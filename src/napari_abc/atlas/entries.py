"""What an entry of the catalog may say, field by field.

An entry says which tables make up the cells, how they join, what a slab is, which frames,
taxonomies and colors the cells have, and where their expression values lie. All of it is data:
the code that opens a dataset knows no table, column, level or unit by name.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = [
    "Cells",
    "Embedding",
    "EmbeddingListing",
    "Entry",
    "Examples",
    "Expression",
    "ExpressionRule",
    "Fields",
    "FlatLevel",
    "FrameEntry",
    "Genes",
    "InlineColors",
    "Join",
    "Listing",
    "Regions",
    "Slabs",
    "TableName",
    "TaxonomyEntry",
    "TaxonomyUse",
    "ValueSet",
    "VolumeEntry",
    "Whole",
]


class Fields(BaseModel):
    """A part of an entry: frozen, and refusing fields that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TableName(Fields):
    """A table of the release."""

    table: str
    directory: str | None = None
    """Directory of the table where it is not the dataset's own."""


class Cells(TableName):
    """The table with a row a cell."""

    key: str
    """Column of the cell's label; always read as text."""
    also: tuple[TableName, ...] = ()
    """Tables of the same kind with more cells."""
    where: dict[str, str] = Field(default_factory=dict)
    """Values, as text in lower case, that columns have for the cells that count; the others are left
    out, and said."""
    omit: tuple[str, ...] = ()
    """Columns that are not kept: identifiers, one a cell, that nobody colors by."""
    rename: dict[str, str] = Field(default_factory=dict)


class Join(TableName):
    """A table whose columns are added to the cells'."""

    key: str
    """Column of the cells that rows are matched by."""
    table_key: str | None = None
    """The table's column that holds the key, if it has another name."""
    also: tuple[TableName, ...] = ()
    """Tables of the same kind with more rows."""
    optional: bool = False
    """Whether the dataset opens without it."""
    columns: tuple[str, ...] = ()
    """Columns to take; all if not given."""
    prefix: str = ""
    """Put before the name of each column, where another table has columns of that name."""
    rename: dict[str, str] = Field(default_factory=dict)
    comment: str = ""
    """Mark at the start of lines, above the header, that hold no data."""


class Listing(Fields):
    """Where slabs can be listed from without the cells table: a small table, or matrices' names."""

    table: str | None = None
    matrices: str | None = None
    """A directory with one expression matrix a slab, named as the slab."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Listing:
        if (self.table is None) == (self.matrices is None):
            raise ValueError("give either 'table' or 'matrices'")
        return self


class Whole(Fields):
    """All sections at once, as one more slab."""

    label: str
    kind: str = "brain"
    """What it is called."""
    frames: tuple[str, ...] = Field(min_length=1)
    """Names of the frames it has, in which sections don't lie on top of each other."""


class Slabs(Fields):
    """What a slab is, and how slabs are ordered."""

    column: str
    section: str
    """Column whose distinct values are the slab's sections."""
    order: str | None = None
    """Column that slabs are sorted by; then by label."""
    listing: Listing | None = None
    kind: str = "slab"
    """What one of them is called: ``"slab plane"``, ``"brain section"``."""
    whole: Whole | None = None


class EmbeddingListing(Fields):
    """A table that names embeddings, each a table of its directory."""

    table: str
    label: str
    """Column with the name of the embedding's table."""
    title: str
    cells: str | None = None
    """Column with the number of cells."""


class Embedding(Fields):
    """One embedding of the cells in a plane, or several that the release lists: each is a slab.

    The coordinates are columns of the cells, or tables with a row a cell.
    """

    label: str | None = None
    """Name of the slab; of several embeddings each has the name that the release gives it."""
    title: str = ""
    columns: tuple[str, str] = ("x", "y")
    directory: str | None = None
    """Directory of the tables; the coordinates are among the cells' columns if not given."""
    table: str | None = None
    """The table with the coordinates."""
    listing: EmbeddingListing | None = None
    pattern: str | None = None
    """Names of the tables, ``*`` standing for the label of each embedding."""
    by: str | None = None
    """Column of the cells: each of its values is one more slab, of the cells that have it."""

    @model_validator(mode="after")
    def _one_source(self) -> Embedding:
        sources = [self.table, self.listing, self.pattern]
        if sum(source is not None for source in sources) != (self.directory is not None):
            raise ValueError("give 'directory' with one of 'table', 'listing' and 'pattern', or none of them")
        if self.by is not None and self.directory is None:
            raise ValueError("'by' needs coordinates in a table of their own; name its 'directory'")
        if (self.label is None) != (self.listing is not None or self.pattern is not None):
            raise ValueError("give a 'label' unless the embeddings are listed or matched by a pattern")
        if self.pattern is not None and self.pattern.count("*") != 1:
            raise ValueError("'pattern' needs one *, which stands for the label")
        return self


class FrameEntry(Fields):
    """A coordinate space and the columns that hold it."""

    name: str
    columns: tuple[str, ...] = Field(min_length=2, max_length=3)
    """Across, along the height, and into the depth of the screen."""
    unit: Literal["millimeter", "micrometer", ""]
    y: Literal["down", "up"]
    title: str
    axes: tuple[str, ...] = ()
    """Names of the axes, where they are not x, y and z."""
    plane: str | None = None
    """Column with the depth of a slab's cells, of a frame of two dimensions."""


class TaxonomyUse(Fields):
    """A taxonomy that the cells belong to, by a key column."""

    directory: str
    """Its directory, as the list of taxonomies names it."""
    key: str
    """Column of the cells that holds the leaf's ``cluster_alias``, a number or a text."""
    outside: str
    """What a cell is called whose key the taxonomy does not know."""
    group: str = "Taxonomy"
    """Menu heading."""
    prefix: str = ""
    """Put before the name of each level, where another taxonomy has levels of that name."""


class ValueSet(Fields):
    """Order and colors of a column, from a long-form table of allowed values."""

    column: str
    """The column; ``*`` for every column that the table has a field for."""
    table: str
    field: str = "*"
    """Rows of the table that count: those of this field."""
    group: str
    """Menu heading of the column."""
    directory: str | None = None

    @model_validator(mode="after")
    def _all_or_one(self) -> ValueSet:
        if (self.column == "*") != (self.field == "*"):
            raise ValueError("give both 'column' and 'field', or '*' for both")
        return self


class InlineColors(Fields):
    """A column whose colors, and maybe order, are columns of the cells themselves."""

    column: str
    color: str
    order: str | None = None
    group: str


class Regions(Fields):
    """Polygons of a slab: a GeoJSON named as the slab."""

    directory: str
    colors: str
    """Column whose value set colors the polygons."""


class Genes(Fields):
    """The gene table."""

    table: str
    key: str
    directory: str | None = None


class Examples(TableName):
    """A table with the values of a few genes in every cell: a column a symbol."""

    kind: Literal["log2", "raw"] = "log2"


class ExpressionRule(Fields):
    """How a cell's matrix is found: a directory and a matrix name."""

    directories: tuple[str, ...] = Field(min_length=1)
    """Directories the matrices lie in."""
    directory_column: str | None = None
    """Column that names the directory, where there are several."""
    matrix_column: str | None = None
    matrix: str | None = None
    """Name of the one matrix that all cells are in."""

    @model_validator(mode="after")
    def _column_or_name(self) -> ExpressionRule:
        if (self.matrix_column is None) == (self.matrix is None):
            raise ValueError("give either 'matrix_column' or 'matrix'")
        return self


class Expression(Fields):
    """Units of the values, and rules to find the matrices; the first that the release serves counts."""

    units: dict[Literal["log2", "raw"], str]
    rules: tuple[ExpressionRule, ...] = Field(min_length=1)
    examples: tuple[Examples, ...] = ()
    index: bool = True
    """Whether gene indexes are made by themselves; not of a matrix that is dense and of 50 GB."""


class VolumeEntry(Fields):
    """An image volume of the release, in register with the cells of a frame."""

    directory: str
    name: str
    title: str
    kind: Literal["image", "labels", "mask"]
    frame: str
    """Name of the frame it lies in."""
    axes: tuple[int, int, int]
    """Axes of the file, from 0, that go into the depth, along the height and across the screen."""
    spacing: tuple[float, float, float] | None = None
    """Distance of voxels along depth, height and width, in the frame's unit; the file's own if not
    given. Voxel 0 lies at 0 in any case: the file's origin is not that of the cells."""
    terms: str | None = None
    """Taxonomy that labels are keys of."""


class Entry(Fields):
    """One dataset."""

    name: str
    """Name of the dataset."""
    directory: str = ""
    """Its directory in the release; the same as the name if not given."""
    title: str
    species: str
    platform: str
    license: str
    citation: str
    url: str
    renamed: dict[str, str] = Field(default_factory=dict)
    """Start of directory names that a release may have in another form: the usual one to the other."""
    cells: Cells
    joins: tuple[Join, ...] = ()
    slabs: Slabs | None = None
    embeddings: tuple[Embedding, ...] = ()
    frames: tuple[FrameEntry, ...] = Field(min_length=1)
    taxonomies: tuple[TaxonomyUse, ...] = ()
    value_sets: tuple[ValueSet, ...] = ()
    colors: tuple[InlineColors, ...] = ()
    regions: Regions | None = None
    genes: Genes
    expression: Expression
    volumes: tuple[VolumeEntry, ...] = ()

    @property
    def key_columns(self) -> frozenset[str]:
        """Columns of the cells that other tables, colors, matrices or slabs are found by."""
        found = {join.key for join in self.joins} | {use.key for use in self.taxonomies}
        found |= {column for one in self.colors for column in (one.column, one.color, one.order) if column}
        found |= {values.column for values in self.value_sets}
        for rule in self.expression.rules:
            found |= {column for column in (rule.directory_column, rule.matrix_column) if column}
        return frozenset(found | {one.by for one in self.embeddings if one.by})

    @model_validator(mode="before")
    @classmethod
    def _own_directory(cls, data: Any) -> Any:
        return {"directory": data["name"], **data} if isinstance(data, dict) and "name" in data else data

    @model_validator(mode="after")
    def _slabs_or_embeddings(self) -> Entry:
        if (self.slabs is None) != bool(self.embeddings):
            raise ValueError("give either 'slabs' or 'embeddings'")
        names = {frame.name for frame in self.frames}
        whole = self.slabs.whole.frames if self.slabs is not None and self.slabs.whole is not None else ()
        for name in (*whole, *(volume.frame for volume in self.volumes)):
            if name not in names:
                raise ValueError(f"there is no frame {name!r} among the frames")
        return self


class FlatLevel(Fields):
    """A level of a taxonomy that is told by columns of one table."""

    name: str
    column: str
    """Column with the term's name."""
    color: str
    label: str | None = None
    """Column with the term's label; the name stands for it if not given."""
    order: str | None = None


class TaxonomyEntry(Fields):
    """One taxonomy: a directory of the release, and the form its tables have."""

    directory: str
    title: str
    species: str
    form: Literal["terms", "parcellation", "flat"] = "terms"
    table: str | None = None
    """The table of a flat taxonomy: a row a cell or a cluster."""
    key: str = "cluster_alias"
    levels: tuple[FlatLevel, ...] = ()
    """Levels of a flat taxonomy, the broadest first."""

    @model_validator(mode="after")
    def _flat(self) -> TaxonomyEntry:
        if (self.form == "flat") != bool(self.table and self.levels):
            raise ValueError("a flat taxonomy, and no other, needs 'table' and 'levels'")
        return self
