"""From columns of a cells table to what cells can be colored by."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from napari_abc.errors import ConfigurationError
from napari_abc.model import Categorical, Continuous, Frame, Palette
from napari_abc.model import columns as module
from napari_abc.model.columns import color_columns, column_coloring, find_column, unknown_column


def offered(cells: dict[str, object], **palettes: Palette) -> tuple[str, ...]:
    return color_columns(pd.DataFrame(cells), (), {}, palettes).get("Metadata", ())


def test_columns_of_one_value_are_not_offered() -> None:
    cells = {
        "one_category": pd.Categorical(["a"] * 4),
        "two_categories": pd.Categorical(["a", "b", "a", "a"]),
        "all_true": [True] * 4,
        "some_true": [True, False, True, True],
        "same": [7] * 4,
        "different": [7, 8, 7, 7],
        "nothing": [np.nan] * 4,
        "same_or_nothing": [7, np.nan, 7, 7],
        "same_text": ["D"] * 4,
        "two_texts": ["D", "E", "D", "D"],
    }
    assert offered(cells) == ("two_categories", "some_true", "different", "two_texts")


def test_true_and_false_are_offered_however_they_are_stored() -> None:
    kinds = ("bool", "boolean", "bool[pyarrow]")
    assert offered({kind: pd.array([True, False], dtype=kind) for kind in kinds}) == kinds


def test_a_column_with_a_palette_is_offered_whatever_it_holds() -> None:
    assert offered({"region": ["STR"] * 3}) == ()
    assert offered({"region": ["STR"] * 3}, region=Palette(("STR",), ("#112233",))) == ("region",)


def test_a_text_that_is_different_in_most_cells_is_an_id() -> None:
    assert offered({"half": ["a", "b", "a", "b"]}) == ("half",)
    assert offered({"most": ["a", "b", "c", "b"]}) == ()
    many = np.arange(5000)
    assert offered({"id": [f"cell {i}" for i in many], "donor": [f"d{i % 3}" for i in many]}) == ("donor",)
    # Of a large table some cells are looked at: of these, not more than half of all, every text differs.
    assert offered({"most": [f"t{i // 2}" for i in many]}) == ()


def test_coordinates_of_any_frame_are_not_offered_and_groups_name_only_what_is_there() -> None:
    cells = pd.DataFrame({name: [0.0, 1.0] for name in ("x", "y", "z", "x_ccf", "y_ccf", "area", "volume")})
    frames = (Frame("slab", ("x", "y"), "millimeter"), Frame("ccf", ("x_ccf", "y_ccf"), "millimeter"))
    found = color_columns(cells, frames, {"Size": ("area", "gone"), "Gone": ("gone",)}, {})
    assert found == {"Size": ("area",), "Metadata": ("volume",)}


def test_a_column_is_found_in_any_case_and_the_exact_name_comes_first() -> None:
    cells = pd.DataFrame(columns=["sex", "Sex", "area"])
    assert find_column(cells, "Sex") == "Sex"
    assert find_column(cells, "SEX") == "sex"
    assert find_column(cells, "Area") == "area"
    assert find_column(cells, "age") is None


def test_an_unknown_column_is_answered_with_near_names_or_what_there_is() -> None:
    names = ["Class", "Subclass", "Group", "Cluster"]
    near = str(unknown_column("Clas", names, "Slab 1"))
    assert near.startswith("Slab 1 has no column 'Clas' to color by; did you mean Class or ")
    assert near.endswith("For a gene write 'gene:Clas'.")
    far = str(unknown_column("xyzw", [f"c{i}" for i in range(20)], "Slab 1"))
    assert "there are c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11. For a gene" in far
    assert "For a gene" not in str(unknown_column("region:STR", names, "Slab 1"))


def test_categories_of_a_column_keep_their_order() -> None:
    series = pd.Series(pd.Categorical(["b", None, "a"], categories=["b", "unused", "a"]), name="type")
    coloring = column_coloring(series, None, "S")
    assert isinstance(coloring, Categorical)
    assert (coloring.key, coloring.title, coloring.names) == ("type", "type", ("b", "unused", "a"))
    assert coloring.codes.tolist() == [0, -1, 2]
    assert coloring.codes.dtype == np.int32


def test_categories_that_are_numbers_are_named_by_them() -> None:
    coloring = column_coloring(pd.Series(pd.Categorical([20, 10, 20]), name="batch"), None, "S")
    assert isinstance(coloring, Categorical)
    assert (coloring.names, coloring.codes.tolist()) == (("10", "20"), [1, 0, 1])


def test_texts_are_categories_in_alphabetical_order_and_numbers_are_not() -> None:
    texts = column_coloring(pd.Series(["c", "a", None, "b", "a"], name="text"), None, "S")
    assert isinstance(texts, Categorical)
    assert (texts.names, texts.codes.tolist()) == (("a", "b", "c"), [2, 0, -1, 1, 0])
    numbers = column_coloring(pd.Series([1, None, 3], dtype="Int64", name="count"), None, "S")
    assert isinstance(numbers, Continuous)
    assert (numbers.key, numbers.title, numbers.unit) == ("count", "count", "")
    assert numbers.values.dtype == np.float32
    np.testing.assert_array_equal(numbers.values, [1, np.nan, 3])


def test_true_and_false_have_two_colors_also_where_some_are_missing() -> None:
    coloring = column_coloring(pd.Series([True, None, False], dtype="boolean", name="ok"), None, "S")
    assert isinstance(coloring, Categorical)
    assert (coloring.names, coloring.codes.tolist()) == (("False", "True"), [1, -1, 0])
    assert coloring.colors == ("#d55e00", "#0072b2")


def test_a_palette_gives_names_order_and_colors_and_what_it_lacks_is_missing() -> None:
    palette = Palette(("2", "1"), ("#AABBCC", "blue"))
    coloring = column_coloring(pd.Series([1, 2, 3], name="layer"), palette, "S")
    assert isinstance(coloring, Categorical)
    assert (coloring.names, coloring.codes.tolist()) == (("2", "1"), [1, 0, -1])
    assert coloring.colors == ("#aabbcc", "#808080")
    same = pd.Series(pd.Categorical(["2", None], categories=["2", "1"]), name="layer")
    assert column_coloring(same, palette, "S").numbers().tolist() == [0, -1]
    other = pd.Series(pd.Categorical(["2", None, "1"], categories=["1", "2"]), name="layer")
    assert column_coloring(other, palette, "S").numbers().tolist() == [0, -1, 1]


def test_as_many_categories_as_may_be_are_taken_and_one_more_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_CATEGORIES", 3)
    assert len(column_coloring(pd.Series(list("abca"), name="t"), None, "S").categories) == 3
    with pytest.raises(ConfigurationError, match=r"'t' has 4 different values in S.*at most 3"):
        column_coloring(pd.Series(list("abcda"), name="t"), None, "S")
    with pytest.raises(ConfigurationError, match="4 different values"):
        column_coloring(pd.Series(pd.Categorical(list("abcda")), name="t"), None, "S")
