from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel

from napari_abc.widgets.color._picker import ColorPicker

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

GROUPS = {"Taxonomy": ("Class", "Subclass"), "Regions": ("region",), "Metadata": ("qc_pass",)}


@pytest.fixture
def picker(qtbot: QtBot) -> ColorPicker:
    picker = ColorPicker()
    qtbot.addWidget(picker)
    picker.set_layers(["slab one", "slab two"], 1)
    picker.set_columns(GROUPS)
    picker.set_genes([("ENSG1", "DRD1")], ("log2", "raw"))
    return picker


def test_columns_lie_under_headings_that_cannot_be_chosen(picker: ColorPicker) -> None:
    texts = [picker.column.itemText(i).strip() for i in range(picker.column.count())]
    assert texts == ["Taxonomy", "Class", "Subclass", "Regions", "region", "Metadata", "qc_pass"]
    model = picker.column.model()
    enabled = [bool(model.index(i, 0).flags() & Qt.ItemFlag.ItemIsEnabled) for i in range(len(texts))]
    assert enabled == [False, True, True, False, True, False, True]


def test_a_column_is_sent_by_its_name(qtbot: QtBot, picker: ColorPicker) -> None:
    row = picker.column.findData("Subclass")
    with qtbot.waitSignal(picker.column_chosen) as signal:
        picker.column.activated.emit(row)
    assert signal.args == ["Subclass"]


def test_filling_sends_nothing(qtbot: QtBot, picker: ColorPicker) -> None:
    signals = [picker.layer_chosen, picker.column_chosen, picker.gene_chosen, picker.values_chosen]
    for signal in signals:
        with qtbot.assertNotEmitted(signal):
            picker.set_layers(["a"], 0)
            picker.set_columns(GROUPS)
            picker.set_genes([("ENSG1", "DRD1")], ("log2", "raw"))
            picker.show_key("gene:DRD1", "DRD1", "raw")
            picker.show_key("Class")


def test_what_is_shown_follows_the_layer(picker: ColorPicker) -> None:
    assert picker.layer.currentText() == "slab two"
    picker.show_key("Class")
    assert picker.column.currentData() == "Class"
    picker.show_key("gene:DRD1", "DRD1", "raw")
    assert picker.column.currentIndex() == -1
    assert picker.column.placeholderText() == "Gene DRD1"
    assert picker.gene.text() == "DRD1"
    assert picker.kind == "raw"
    picker.show_key("")
    assert picker.gene.text() == ""
    assert picker.column.placeholderText() == "Choose…"


def test_the_kind_of_values_is_kept_from_slab_to_slab(qtbot: QtBot, picker: ColorPicker) -> None:
    picker.values.setCurrentIndex(1)
    with qtbot.waitSignal(picker.values_chosen) as signal:
        picker.values.activated.emit(1)
    assert signal.args == ["raw"]
    picker.set_genes([("ENSG1", "DRD2")], ("log2", "raw"))
    assert picker.kind == "raw"
    picker.set_genes([("ENSG1", "DRD2")], ("log2",))
    assert picker.kind == "log2"


def test_a_slab_without_a_matrix_offers_no_genes(picker: ColorPicker) -> None:
    picker.set_genes([("ENSG1", "DRD1")], ())
    assert not picker.gene.isEnabled()
    assert picker.gene.placeholderText() == "No expression matrix"
    assert picker.values.isHidden()
    assert picker.kind == ""


def test_no_layer_nothing_to_color(picker: ColorPicker) -> None:
    picker.set_layers([], -1)
    assert not picker.isEnabled()


def test_every_control_has_a_name_and_a_mnemonic_label(picker: ColorPicker) -> None:
    controls = (picker.layer, picker.frame, picker.column, picker.gene)
    labels = {label.buddy(): label.text() for label in picker.findChildren(QLabel)}
    assert set(labels) == set(controls)
    letters = [labels[control].partition("&")[2][:1].casefold() for control in controls]
    assert all(letters) and len(set(letters)) == len(letters)
    names = [control.accessibleName() for control in (*controls, picker.values)]
    assert all(names) and len(set(names)) == len(names)
