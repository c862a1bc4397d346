"""Taxonomies of the other two forms: a parcellation of the brain, and one flat table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from napari_abc.atlas.catalog import catalog
from napari_abc.atlas.entries import FlatLevel, TaxonomyEntry
from napari_abc.atlas.taxonomy import read_taxonomy, tables_of
from napari_abc.atlas.taxonomy._tables import term_table_of
from napari_abc.errors import Cancelled, FormatError
from napari_abc.task import Task

PARCELS = TaxonomyEntry(
    directory="CCF", title="Parcels", species="Mouse", form="parcellation", key="parcellation_index"
)
MEMBERS = "parcellation_to_parcellation_term_membership"
HEAD = (
    "parcellation_label,parcellation_term_label,parcellation_term_set_label,parcellation_index,voxel_count,"
    "volume_mm3,color_hex_triplet,parcellation_term_name,parcellation_term_acronym,parcellation_term_set_name,"
    "term_set_order,term_order,parent_term_label"
)
# Index 0 is outside the brain and has terms of its own; a structure that ABC made for what is left over.
PARCEL_ROWS = """
P0,U-div,DIVI,0,900,0.9,#000000,unassigned,unassigned,division,2,26,
P0,U-str,STRU,0,900,0.9,#000000,unassigned,unassigned,structure,3,9,U-div
P2,315,DIVI,2,40,0.04,#70FF71,Isocortex,Isocortex,division,2,1,
P2,184,STRU,2,40,0.04,#268F45,"Frontal pole, cerebral cortex",FRP,structure,3,1,315
P7,315,DIVI,1327,60,0.06,#70FF71,Isocortex,Isocortex,division,2,1,
P7,ABC-x,STRU,1327,60,0.06,#AAAAAA,"Isocortex, unassigned",Isocortex-unassigned,structure,3,5,315
"""
SETS = """label,description,name,parcellation_terminology_label,term_set_order,parent_term_set_label
STRU,mouse brain structures,structure,T,3,DIVI
DIVI,mouse brain divisions,division,T,2,
"""
TERMS = """label,acronym,name,color_hex_triplet,graph_order,identifier
315,Isocortex,Isocortex,#70FF71,5.0,MBA:315
184,FRP,"Frontal pole, cerebral cortex",#268F46,6.0,MBA:184
"""


@pytest.fixture
def parcels(tmp_path):
    found = {}
    texts = {MEMBERS: HEAD + PARCEL_ROWS, "parcellation_term_set": SETS, "parcellation_term": TERMS}
    for table, text in texts.items():
        found[table] = tmp_path / f"{table}.csv"
        found[table].write_text(text)
    return found


def test_a_parcellation_is_a_taxonomy_of_acronyms(parcels):
    assert term_table_of(PARCELS) == MEMBERS
    assert tables_of(PARCELS) == ((MEMBERS,), ("parcellation_term_set", "parcellation_term"))
    taxonomy = read_taxonomy(PARCELS, parcels)
    assert [(level.name, level.facet) for level in taxonomy.levels] == [
        ("division", False),
        ("structure", False),
    ]
    assert taxonomy.levels[0].description == "mouse brain divisions"
    structures = taxonomy.level("structure").terms
    assert structures["name"].tolist() == ["FRP", "Isocortex-unassigned", "unassigned"]
    assert structures["description"].tolist()[0] == "Frontal pole, cerebral cortex"
    assert structures["color"].tolist() == ["#268f46", "#aaaaaa", "#000000"]  # of the term table first
    assert [term.name for term in taxonomy.path("ABC-x")] == ["Isocortex", "Isocortex-unassigned"]
    divisions = taxonomy.level("division").terms
    assert divisions["voxels"].tolist() == [100, 900]
    assert divisions["volume_mm3"].tolist() == pytest.approx([0.1, 0.9])
    assert divisions["leaves"].tolist() == [2, 1]
    assert divisions["cells"].isna().all()
    assert [term.label for term in taxonomy.find("frontal POLE")] == ["184"]


def test_cells_have_the_term_of_their_index_and_zero_is_unassigned(parcels):
    taxonomy = read_taxonomy(PARCELS, parcels)
    found = taxonomy.categories(pd.Series([1327, 0, 5, None], dtype="Int64"), "unassigned", "parcellation_")
    assert list(found["parcellation_division"]) == ["Isocortex", *["unassigned"] * 3]
    assert list(found["parcellation_division"].categories) == ["Isocortex", "unassigned"]


def test_what_the_values_of_an_annotation_volume_mean(parcels):
    levels = read_taxonomy(PARCELS, parcels).label_levels()
    assert list(levels) == ["division", "structure"]
    division = levels["division"]
    found = dict(
        zip(division.labels.tolist(), zip(division.names, division.colors, strict=True), strict=True)
    )
    assert found == {
        0: ("unassigned", "#000000"),
        2: ("Isocortex", "#70ff71"),
        1327: ("Isocortex", "#70ff71"),
    }
    assert division.labels.dtype == np.int64


def test_a_parcellation_from_its_membership_table_alone(parcels):
    taxonomy = read_taxonomy(PARCELS, {MEMBERS: parcels[MEMBERS]})
    assert [level.name for level in taxonomy.levels] == ["division", "structure"]
    assert taxonomy.level("structure").terms["name"].tolist() == ["FRP", "Isocortex-unassigned", "unassigned"]


def test_leaves_that_are_no_numbers_can_not_be_values_of_a_volume(parcels):
    parcels[MEMBERS].write_text((HEAD + PARCEL_ROWS).replace(",1327,", ",x,"))
    with pytest.raises(FormatError, match="no values of a volume"):
        read_taxonomy(PARCELS, parcels).label_levels()


def test_a_parcellation_without_its_columns_is_refused(parcels):
    parcels[MEMBERS].write_text("parcellation_index\n1\n")
    with pytest.raises(FormatError, match="parcellation_term_label"):
        read_taxonomy(PARCELS, parcels)


# -- flat ----------------------------------------------------------------------------------------------

FLAT = TaxonomyEntry(
    directory="Aging",
    title="Aging",
    species="Mouse",
    form="flat",
    table="cells",
    levels=(
        FlatLevel(name="class", column="class_name", color="class_color"),
        FlatLevel(name="transmitter", column="nt", color="nt_color"),
        FlatLevel(name="cluster", column="cluster_name", color="c_color", label="c_label", order="c_order"),
    ),
)
FLAT_ROWS = [
    ("002 b", "#00FF00", "Glut", "#2B93DF", "273_b", "#111111", "CS_0273", "273", "273"),
    ("001 a", "#0000FF", "Glut", "#2B93DF", "2_a", "#222222", "CS_0002", "2", "0002"),
    ("001 a", "#0000FF", "GABA", "#FF3358", "10_a", "#333333", "CS_0010", "10", "10"),
    ("", "", "", "", "11_x", "#444444", "CS_0011", "11", "11"),
]
FLAT_HEAD = "class_name,class_color,nt,nt_color,cluster_name,c_color,c_label,c_order,cluster_alias"


@pytest.fixture
def flat(tmp_path):
    path = tmp_path / "cells.csv"
    picked = np.random.default_rng(0).integers(0, len(FLAT_ROWS), 5000)
    picked[:4] = np.arange(4)
    lines = [f"cell-{i}," + ",".join(FLAT_ROWS[row]) for i, row in enumerate(picked)]
    path.write_text(f"cell_label,{FLAT_HEAD}\n" + "\n".join(lines) + "\n")
    return path


def test_a_flat_table_of_cells_is_a_taxonomy(flat):
    assert tables_of(FLAT) == (("cells",), ())
    taxonomy = read_taxonomy(FLAT, {"cells": flat})
    assert [(level.name, level.facet) for level in taxonomy.levels] == [
        ("class", False),
        ("transmitter", True),
        ("cluster", False),
    ]
    assert taxonomy.level("class").terms["name"].tolist() == ["001 a", "002 b"]
    assert taxonomy.level("class").terms["leaves"].tolist() == [2, 1]
    clusters = taxonomy.level("cluster").terms
    assert clusters.index.tolist() == ["CS_0002", "CS_0010", "CS_0011", "CS_0273"]  # by order, as numbers
    assert clusters["color"].tolist()[0] == "#222222"
    assert [term.name for term in taxonomy.path("CS_0010")] == ["001 a", "10_a"]
    assert [term.name for term in taxonomy.path("CS_0011")] == ["11_x"]
    found = taxonomy.categories(pd.Series(["0002", "273", "11", "2"]), "Other")
    assert list(found["class"]) == ["001 a", "002 b", "Other", "Other"]  # "2" is another text than "0002"
    assert taxonomy.notes == ()


def test_a_flat_table_that_contradicts_itself_is_refused(flat):
    text = flat.read_text()
    flat.write_text(text + "cell-x,002 b,#00FF00,Glut,#2B93DF,2_a,#222222,CS_0002,2,0002\n")
    with pytest.raises(FormatError, match="'0002' into two terms"):
        read_taxonomy(FLAT, {"cells": flat})
    flat.write_text(text.replace("c_order", "c_place"))
    with pytest.raises(FormatError, match="'c_order'"):
        read_taxonomy(FLAT, {"cells": flat})


def test_reading_a_flat_table_can_be_cancelled(flat):
    task = Task()
    task.cancel()
    with pytest.raises(Cancelled):
        read_taxonomy(FLAT, {"cells": flat}, task)


def test_every_taxonomy_of_the_catalog_names_its_tables():
    entries = catalog().taxonomies.values()
    assert entries
    for entry in entries:
        required, optional = tables_of(entry)
        assert term_table_of(entry) in required
        assert not set(required) & set(optional)
