"""Value-set tables: the values of several fields, with their order and colors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_abc.atlas.taxonomy._build import _descendants
from napari_abc.atlas.taxonomy._value_sets import read_value_sets
from napari_abc.errors import FormatError

if TYPE_CHECKING:
    from pathlib import Path

TABLE = """label,field,description,order,color_hex_triplet
b,region,Second,2,#00FF00
a,region,First,1,#ff0000
x,region,Without a place,none,#0000ff
a,sex,,1,#111111
,,,,
"""


def test_each_field_has_its_own_values_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "value_sets.csv"
    path.write_text(TABLE, "utf-8")
    tables = read_value_sets(path)
    assert list(tables) == ["region", "sex"]
    region, sex = tables["region"], tables["sex"]
    assert region.labels == ("a", "b", "x")
    assert region.names == ("First", "Second", "Without a place")
    assert region.palette().colors == ("#ff0000", "#00ff00", "#0000ff")
    assert (sex.labels, sex.names, sex.colors) == (("a",), ("a",), ("#111111",))
    assert [region.rank(label) for label in ("a", "x", "unknown")] == [0, 2, 3]


@pytest.mark.parametrize("column", ["label", "field", "color_hex_triplet"])
def test_a_table_that_lacks_a_column_is_refused(tmp_path: Path, column: str) -> None:
    path = tmp_path / "value_sets.csv"
    path.write_text(TABLE.replace(column, "other", 1), "utf-8")
    with pytest.raises(FormatError, match=column):
        read_value_sets(path)


def test_a_level_beside_the_tree_has_no_part_in_its_leaves() -> None:
    # A root, its one child, and a level beside them without parents.
    counts = _descendants(np.array([-1, 0, -1]), np.array([0, 1, 2, 3]))
    assert counts.tolist() == [1, 1, 0]
