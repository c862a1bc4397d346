"""Taxonomies: levels by their own order, colours from the term table, names that repeat."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from napari_abc.atlas.taxonomy import TABLES, read_taxonomy
from napari_abc.errors import FormatError
from napari_abc.stores.tables import read_text_table

REALDATA = Path(__file__).resolve().parents[3] / "shared" / "realdata" / "abc"

# Rows of the level table out of order; a facet; a term named "NA"; a name on two levels; mixed-case
# colours; term orders that start at 0 on one level and have a gap on another.
SETS = """label,name,description,order
L_CLUS,cluster,the leaf,2
L_NEUR,neurotransmitter,a facet,0
L_CLAS,class,the top,1
"""
TERMS = """label,name,cluster_annotation_term_set_label,parent_term_label,term_order,color_hex_triplet
K2,beta,L_CLUS,C2,1,#AABBCC
K1,alpha,L_CLUS,C1,0,#010203
N1,NA,L_NEUR,,5,#666666
N0,Glut,L_NEUR,,1,#2B93DF
C2,second,L_CLAS,,9,#fa0087
C1,alpha,L_CLAS,,1,nonsense
"""
MEMBERS = """cluster_annotation_term_label,cluster_annotation_term_set_label,cluster_alias
K1,L_CLUS,128
C1,L_CLAS,128
N0,L_NEUR,128
K2,L_CLUS,7
C2,L_CLAS,7
N1,L_NEUR,7
K2,L_CLUS,34380
"""


@pytest.fixture
def paths(tmp_path):
    found = {}
    for table, text in zip(TABLES, (SETS, TERMS, MEMBERS), strict=True):
        found[table] = tmp_path / f"{table}.csv"
        found[table].write_text(text)
    return found


def test_levels_and_terms_are_in_their_own_order(paths):
    taxonomy = read_taxonomy("T", paths)
    assert [level.name for level in taxonomy.levels] == ["neurotransmitter", "class", "cluster"]
    assert [level.facet for level in taxonomy.levels] == [True, False, False]
    assert taxonomy.levels[0].terms["name"].tolist() == ["Glut", "NA"]
    assert taxonomy.levels[2].terms["name"].tolist() == ["alpha", "beta"]
    assert taxonomy.levels[2].terms["parent"].tolist() == ["C1", "C2"]


def test_colours_are_normalised_and_nonsense_is_grey(paths):
    palettes = read_taxonomy("T", paths).palettes("Other")
    assert palettes["cluster"].colors == ("#010203", "#aabbcc", "#808080")
    assert palettes["class"].colors == ("#808080", "#fa0087", "#808080")
    assert palettes["neurotransmitter"].names == ("Glut", "NA", "Other")


@pytest.mark.parametrize(
    "keys",
    [
        pd.Series([128, 7, 999, None], dtype="Int64"),
        pd.Series([128.0, 7.0, 999.0, None]),
        pd.Series(["128", "7", "999", None], dtype="string"),
        pd.Series(["128", "7", "999", None], dtype="category"),
    ],
    ids=["integer", "float", "text", "category"],
)
def test_cells_find_their_terms_whatever_type_the_key_has(paths, keys):
    found = read_taxonomy("T", paths).categories(keys, "Other")
    assert list(found["cluster"]) == ["alpha", "beta", "Other", "Other"]
    assert list(found["class"]) == ["alpha", "second", "Other", "Other"]
    assert list(found["neurotransmitter"]) == ["Glut", "NA", "Other", "Other"]


def test_a_leaf_without_a_term_on_a_level_is_outside_there(paths):
    found = read_taxonomy("T", paths).categories(pd.Series([34380]), "Other")
    assert [list(found[name]) for name in ("cluster", "class")] == [["beta"], ["Other"]]


def test_two_terms_of_a_level_with_one_name_are_told_apart(paths):
    paths[TABLES[1]].write_text(TERMS.replace("K2,beta", "K2,alpha"))
    names = read_taxonomy("T", paths).levels[2].terms["name"].tolist()
    assert names == ["alpha (K1)", "alpha (K2)"]


def test_contradictions_are_refused(paths):
    paths[TABLES[1]].write_text(TERMS + "K1,again,L_CLUS,C1,3,#000000\n")
    with pytest.raises(FormatError, match="'K1' twice"):
        read_taxonomy("T", paths)
    paths[TABLES[1]].write_text("label,name\na,b\n")
    with pytest.raises(FormatError, match="color_hex_triplet"):
        read_taxonomy("T", paths)


@pytest.mark.skipif(not REALDATA.is_dir(), reason="the real tables are not on this machine")
def test_the_real_basal_ganglia_terms(tmp_path):
    terms = REALDATA / "rebuilt" / "HMBA-BG-taxonomy-CCN20250428__cluster_annotation_term.csv"
    sets = REALDATA / "bucket/metadata/HMBA-BG-taxonomy-CCN20250428/20250531/cluster_annotation_term_set.csv"
    leaves = read_text_table(terms)
    leaves = leaves[leaves["cluster_annotation_term_set_name"] == "Cluster"]
    members = pd.DataFrame(
        {
            "cluster_annotation_term_label": leaves["label"],
            "cluster_annotation_term_set_label": leaves["cluster_annotation_term_set_label"],
            "cluster_alias": leaves["name"],
        }
    )
    members.to_csv(tmp_path / "m.csv", index=False)
    taxonomy = read_taxonomy("HMBA", dict(zip(TABLES, (sets, terms, tmp_path / "m.csv"), strict=True)))
    assert [level.name for level in taxonomy.levels] == [
        "Neighborhood",
        "Class",
        "Subclass",
        "Group",
        "Cluster",
    ]
    assert [len(level.terms) for level in taxonomy.levels] == [4, 12, 36, 61, 1435]
    assert not any(level.facet for level in taxonomy.levels)
    assert taxonomy.levels[1].terms.loc["CS20250428_CLASS_0000", ["name", "color"]].tolist() == [
        "Astro-Epen",
        "#401e66",
    ]
    found = taxonomy.categories(pd.Series(["Human-143", "Human-99999"]), "Adjacent")
    assert list(found["Cluster"]) == ["Human-143", "Adjacent"]


@pytest.mark.skipif(not REALDATA.is_dir(), reason="the real tables are not on this machine")
def test_the_real_mouse_term_named_na_is_a_term():
    path = REALDATA / "bucket/metadata/WMB-taxonomy/20231215/cluster_annotation_term.csv"
    table = read_text_table(path)
    assert len(table) == 6905
    assert table.set_index("label").loc["CS20230722_NEUR_NA", "name"] == "NA"
