from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QIcon

from napari_abc.atlas.atlas import open_atlas
from napari_abc.atlas.taxonomy import make_level_table
from napari_abc.widgets.types._model import AnnotationsModel

if TYPE_CHECKING:
    from pathlib import Path

    from napari_abc.atlas.taxonomy import LevelTable

Role = Qt.ItemDataRole
UP, DOWN = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder


def level_table_of(release_folder: Path, taxonomy: str, level: str) -> LevelTable:
    found = open_atlas(release_folder).taxonomy(taxonomy)
    return make_level_table(found, found.level(level))


@pytest.fixture
def model(release_folder: Path, qapp: object) -> AnnotationsModel:
    model = AnnotationsModel()
    model.set_level_table(level_table_of(release_folder, "WMB-taxonomy", "subclass"))
    return model


def headers(model: AnnotationsModel) -> list[str]:
    return [model.headerData(n, Qt.Orientation.Horizontal) for n in range(model.columnCount())]


def column(model: AnnotationsModel, number: int) -> list[str]:
    return [model.data(model.index(row, number)) for row in range(model.rowCount())]


def test_columns_are_the_chain_facets_and_counts(model: AnnotationsModel) -> None:
    assert headers(model) == ["class", "subclass", "neurotransmitter", "Cells", "Clusters", "Children"]
    assert model.rowCount() == model.total == 40
    assert model.own_column == 1
    index = model.index(0, 1)
    assert model.data(index) == "001 CLA-EPd-CTX Car3 Glut"
    assert isinstance(model.data(index, Role.DecorationRole), QIcon)
    assert model.label_at(index) == "CS20230722_SUBC_001"
    assert model.label_at(model.index(0, 0)) == "CS20230722_CLAS_01"
    assert model.label_at(model.index(0, 4)) == "CS20230722_SUBC_001"
    assert "CS20230722_SUBC_001" in model.data(index, Role.ToolTipRole)
    assert "A click goes there" in model.data(model.index(0, 0), Role.ToolTipRole)
    assert model.data(model.index(0, 3), Role.AccessibleTextRole).endswith(" Cells")


def test_a_selected_dot_keeps_its_color(model: AnnotationsModel) -> None:
    icon = model.data(model.index(0, 1), Role.DecorationRole)
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
        image = icon.pixmap(24, 24, mode).toImage()
        assert image.pixelColor(image.width() // 2, image.height() // 2).name() == "#64b8f0"


def test_nothing_is_shown_of_what_is_not_known(release_folder: Path, qapp: object) -> None:
    model = AnnotationsModel()
    model.set_level_table(level_table_of(release_folder, "WMB-taxonomy", "neurotransmitter"))
    assert headers(model) == ["neurotransmitter", "Cells", "Clusters"]
    assert model.children_column == -1
    model.set_level_table(level_table_of(release_folder, "WMB-taxonomy", "cluster"))
    assert headers(model)[-1] == "Cells"
    model.set_level_table(level_table_of(release_folder, "Allen-CCF-2020", "organ"))
    assert headers(model)[-3:] == ["Parcels", "Children", "mm³"]
    model.set_level_table(None)
    assert (model.rowCount(), model.columnCount(), model.total) == (0, 0, 0)


def test_the_filter_looks_at_ancestors_and_facets_too(model: AnnotationsModel) -> None:
    model.set_filter("CTX-mge")
    assert column(model, 1) == ["052 Pvalb Gaba", "053 Sst Gaba"]
    assert model.label(1) == "CS20230722_SUBC_053"
    assert model.rows_of(["CS20230722_SUBC_053", "CS20230722_SUBC_001"]) == [1]
    model.set_filter("chol")
    assert 0 < model.rowCount() < 5
    model.set_filter("nothing of the kind")
    assert model.rowCount() == 0
    model.set_filter("")
    assert model.rowCount() == 40


def test_sorting_by_count_by_name_and_back_to_term_order(model: AnnotationsModel) -> None:
    natural = column(model, 1)
    model.sort(3, DOWN)
    cells = [int(text.replace(",", "")) for text in column(model, 3)]
    assert cells == sorted(cells, reverse=True)
    assert len(set(cells)) > 10
    model.sort(0, DOWN)
    classes = column(model, 0)
    assert classes == sorted(classes, reverse=True)
    model.sort(1, UP)
    assert column(model, 1) == natural
    model.sort(1, DOWN)
    assert column(model, 1) == natural[::-1]
    model.set_filter("gaba")
    assert column(model, 1) == [name for name in natural[::-1] if name in column(model, 1)]


def test_a_change_is_one_signal(model: AnnotationsModel, qtbot: object) -> None:
    resets, changes = [], []
    model.modelReset.connect(lambda: resets.append(1))
    model.dataChanged.connect(lambda *_: changes.append(1))
    model.set_filter("gaba")
    assert (resets, changes) == ([1], [])
