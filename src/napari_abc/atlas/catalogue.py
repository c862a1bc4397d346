"""The catalogue: one file that describes every dataset, checked when it is read.

An entry says which tables make up the cells, how they join, what a slab is, which frames,
taxonomies and colours the cells have, and where their expression values lie. All of it is data:
the code that opens a dataset knows no table, column, level or unit by name.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from napari_abc.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import yaml

__all__ = [
    "Cells",
    "Entry",
    "Expression",
    "ExpressionRule",
    "FrameEntry",
    "Genes",
    "Join",
    "Listing",
    "Regions",
    "Slabs",
    "TaxonomyUse",
    "ValueSet",
    "catalogue",
    "read_catalogue",
]


class _Part(BaseModel):
    """A part of an entry: frozen, and refusing fields that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Cells(_Part):
    """The table with a row a cell."""

    table: str
    key: str
    """Column of the cell's label; always read as text."""


class Join(_Part):
    """A table whose columns are added to the cells'."""

    table: str
    key: str
    """Column, of the same name on both sides, that rows are matched by."""
    directory: str | None = None
    """Directory of the table where it is not the dataset's own."""
    optional: bool = False
    """Whether the dataset opens without it."""
    rename: dict[str, str] = Field(default_factory=dict)


class Listing(_Part):
    """Where slabs can be listed from without the cells table: a small table, or matrices' names."""

    table: str | None = None
    matrices: str | None = None
    """A directory with one expression matrix a slab, named as the slab."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Listing:
        if (self.table is None) == (self.matrices is None):
            raise ValueError("give either 'table' or 'matrices'")
        return self


class Slabs(_Part):
    """What a slab is, and how slabs are ordered."""

    column: str
    section: str
    """Column whose distinct values are the slab's sections."""
    order: str | None = None
    """Column that slabs are sorted by; then by label."""
    listing: Listing | None = None
    noun: str = "slab"


class FrameEntry(_Part):
    """A coordinate space and the columns that hold it."""

    name: str
    columns: tuple[str, ...] = Field(min_length=2, max_length=3)
    unit: Literal["millimeter", "micrometer", ""]
    y: Literal["down", "up"]
    title: str


class TaxonomyUse(_Part):
    """A taxonomy that the cells belong to, by a key column."""

    directory: str
    key: str
    """Column of the cells that holds the leaf's ``cluster_alias``, a number or a text."""
    outside: str
    """What a cell is called whose key the taxonomy does not know."""


class ValueSet(_Part):
    """Order and colours of a column, from a long-form table of allowed values."""

    column: str
    table: str
    field: str
    """Rows of the table that count: those of this field."""
    group: str
    """Menu heading of the column."""


class Regions(_Part):
    """Polygons of a slab: a GeoJSON named as the slab."""

    directory: str
    colors: str
    """Column whose value set colours the polygons."""


class Genes(_Part):
    """The gene table."""

    table: str
    key: str
    directory: str | None = None


class ExpressionRule(_Part):
    """How a cell's matrix is found: a directory and a matrix name."""

    directories: tuple[str, ...] = Field(min_length=1)
    """Directories the matrices lie in."""
    directory_column: str | None = None
    """Column that names the directory, where there are several."""
    matrix_column: str


class Expression(_Part):
    """Units of the values, and rules to find the matrices; the first that the release serves counts."""

    units: dict[Literal["log2", "raw"], str]
    rules: tuple[ExpressionRule, ...] = Field(min_length=1)


class Entry(_Part):
    """One dataset."""

    name: str
    """The dataset's directory in the release."""
    title: str
    species: str
    platform: str
    licence: str
    citation: str
    url: str
    cells: Cells
    joins: tuple[Join, ...] = ()
    slabs: Slabs
    frames: tuple[FrameEntry, ...] = Field(min_length=1)
    taxonomies: tuple[TaxonomyUse, ...] = ()
    value_sets: tuple[ValueSet, ...] = ()
    regions: Regions | None = None
    genes: Genes
    expression: Expression


def _line(root: yaml.Node | None, path: Sequence[object]) -> int:
    """Line, from 1, of the deepest part of a parsed document along a path of keys and indices."""
    import yaml

    assert root is not None  # an empty document was refused before
    node = root
    for step in path:
        if isinstance(node, yaml.MappingNode):
            found = [value for key, value in node.value if key.value == str(step)]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            found = [node.value[step]]
        else:
            found = []
        if not found:
            break
        node = found[0]
    return node.start_mark.line + 1


def read_catalogue(text: str, origin: str) -> dict[str, Entry]:
    """Read and check a catalogue.

    Parameters
    ----------
    text
        YAML: a mapping with the one key ``datasets``, a list of entries.
    origin
        Name of the file, for messages.

    Returns
    -------
    dict
        Entries by name, in the order of the file.

    Raises
    ------
    FormatError
        If an entry is wrong; the message names the line and the field.
    """
    import yaml

    try:
        # The safe loader builds plain data only; a tag that would run code is an error.
        data: Any = yaml.safe_load(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise FormatError(f"{origin} is not YAML: {error}.") from error
    if not isinstance(data, dict) or not isinstance(data.get("datasets"), list):
        raise FormatError(f"{origin} has no list 'datasets' at its top level; see the packaged catalogue.")
    entries: dict[str, Entry] = {}
    for index, item in enumerate(data["datasets"]):
        try:
            entry = Entry.model_validate(item)
        except ValidationError as error:
            first = error.errors()[0]
            path = ("datasets", index, *first["loc"])
            line = _line(root, path)
            place = ".".join(str(step) for step in first["loc"])
            raise FormatError(f"{origin}, line {line}: {place}: {first['msg']}.") from error
        if entry.name in entries:
            line = _line(root, ("datasets", index))
            raise FormatError(f"{origin}, line {line}: the dataset {entry.name} is described twice.")
        entries[entry.name] = entry
    return entries


@cache
def catalogue() -> dict[str, Entry]:
    """The packaged catalogue: every dataset this project describes, by name."""
    name = "catalogue.yaml"
    return read_catalogue((files("napari_abc.atlas") / name).read_text("utf-8"), name)
