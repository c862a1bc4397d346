"""Taxonomies of the form "terms": levels by their own order, colors from the term table, names that
repeat, and tables that contradict themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from napari_abc.atlas.entries import TaxonomyEntry
from napari_abc.atlas.taxonomy import read_taxonomy, tables_of
from napari_abc.atlas.taxonomy._tables import term_table_of
from napari_abc.errors import FormatError, UnknownNameError

ENTRY = TaxonomyEntry(directory="T", title="Test", species="Mouse")
SET, TERM, MEMBER = (
    "cluster_annotation_term_set",
    "cluster_annotation_term",
    "cluster_to_cluster_annotation_membership",
)

# Rows of the level table out of order; a facet; a term named "NA"; a name on two levels; mixed-case
# colors; term orders that start at 0 on one level and have a gap on another.
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
CLUSTERS = "cluster_alias,number_of_cells,label\n128,20,x\n7,5,y\n34380,,z\n"


@pytest.fixture
def paths(tmp_path):
    found = {}
    for table, text in ((SET, SETS), (TERM, TERMS), (MEMBER, MEMBERS), ("cluster", CLUSTERS)):
        found[table] = tmp_path / f"{table}.csv"
        found[table].write_text(text)
    return found


def read(paths):
    return read_taxonomy(ENTRY, paths)


def test_tables_are_named_by_form():
    required, optional = tables_of(ENTRY)
    assert required == (TERM, MEMBER)
    assert {SET, "cluster"} <= set(optional)
    assert term_table_of(ENTRY) == TERM


def test_levels_and_terms_are_in_their_own_order(paths):
    taxonomy = read(paths)
    assert [level.name for level in taxonomy.levels] == ["neurotransmitter", "class", "cluster"]
    assert [level.facet for level in taxonomy.levels] == [True, False, False]
    assert [level.name for level in taxonomy.tree] == ["class", "cluster"]
    assert taxonomy.levels[0].terms["name"].tolist() == ["Glut", "NA"]
    assert taxonomy.levels[2].terms["name"].tolist() == ["alpha", "beta"]
    assert taxonomy.levels[2].terms["parent"].tolist() == ["C1", "C2"]
    assert taxonomy.notes == ()


def test_colors_are_normalized_and_nonsense_is_gray(paths):
    palettes = read(paths).palettes("Other", "WMB ")
    assert palettes["WMB cluster"].colors == ("#010203", "#aabbcc", "#808080")
    assert palettes["WMB class"].colors == ("#808080", "#fa0087", "#808080")
    assert palettes["WMB neurotransmitter"].names == ("Glut", "NA", "Other")
    assert (palettes["WMB class"].taxonomy, palettes["WMB class"].level) == ("T", "L_CLAS")


@pytest.mark.parametrize(
    "keys",
    [
        pd.Series([128, 7, 999, None], dtype="Int64"),
        pd.Series([128.0, 7.0, 999.0, None]),
        pd.Series(["128", "7", "999", None], dtype="string"),
        pd.Series(["128", "7", "999", ""], dtype=object),
        pd.Series(["128", "7", "999", None], dtype="category"),
        pd.Series([128, 7, 999, None], dtype="Int64").astype("category"),
        pd.Series([128.0, 7.0, 999.0, None], dtype="category"),
    ],
    ids=["integer", "float", "text", "object", "category", "category of integers", "category of floats"],
)
def test_cells_find_their_terms_whatever_type_the_key_has(paths, keys):
    found = read(paths).categories(keys, "Other", "a ")
    assert list(found["a cluster"]) == ["alpha", "beta", "Other", "Other"]
    assert list(found["a class"]) == ["alpha", "second", "Other", "Other"]
    assert list(found["a neurotransmitter"]) == ["Glut", "NA", "Other", "Other"]


def test_no_cells_have_no_terms(paths):
    found = read(paths).categories(pd.Series([], dtype="Int64"), "Other")
    assert len(found["class"]) == 0
    assert list(found["class"].categories) == ["alpha", "second", "Other"]


def test_cells_outside_can_bear_the_name_of_a_term(paths):
    taxonomy = read(paths)
    found = taxonomy.categories(pd.Series([7, 999]), "NA")
    assert list(found["neurotransmitter"]) == ["NA", "NA"]
    palette = taxonomy.palettes("NA")["neurotransmitter"]
    assert palette.names == tuple(found["neurotransmitter"].categories) == ("Glut", "NA")
    assert palette.colors == ("#2b93df", "#666666")


def test_a_leaf_without_a_term_on_a_level_is_outside_there(paths):
    found = read(paths).categories(pd.Series([34380]), "Other")
    assert [list(found[name]) for name in ("cluster", "class")] == [["beta"], ["Other"]]


def test_two_terms_of_a_level_with_one_name_are_told_apart(paths):
    paths[TERM].write_text(TERMS.replace("K2,beta", "K2,alpha"))
    assert read(paths).level("cluster").terms["name"].tolist() == ["alpha (K1)", "alpha (K2)"]


def test_cells_and_leaves_are_counted(paths):
    taxonomy = read(paths)
    assert taxonomy.level("cluster").terms["cells"].tolist() == [20, 5]  # 34380 has no number
    assert taxonomy.level("cluster").terms["leaves"].tolist() == [1, 2]
    assert taxonomy.level("class").terms["cells"].tolist() == [20, 5]
    assert taxonomy.level("class").terms["leaves"].tolist() == [1, 1]
    del paths["cluster"]
    assert read(paths).level("class").terms["cells"].isna().all()


def test_the_number_of_cells_of_a_term_table_counts_first(paths):
    lines = TERMS.splitlines()
    counts = ["number_of_cells", "nonsense", "300", "", "-4", "7", "1e3"]
    paths[TERM].write_text("\n".join(f"{line},{count}" for line, count in zip(lines, counts, strict=True)))
    taxonomy = read(paths)
    assert taxonomy.level("cluster").terms["cells"].tolist() == [300, 5]
    assert taxonomy.level("class").terms["cells"].tolist() == [1000, 7]


def test_cells_of_memberships_serve_where_there_is_no_cluster_table(paths):
    del paths["cluster"]
    lines = MEMBERS.splitlines()
    counts = ["number_of_cells", *("20" if line.endswith("128") else "5" for line in lines[1:])]
    paths[MEMBER].write_text("\n".join(f"{a},{b}" for a, b in zip(lines, counts, strict=True)))
    assert read(paths).level("class").terms["cells"].tolist() == [20, 5]


def test_cells_are_counted_by_leaf(paths):
    counts = read(paths).leaf_counts(pd.Series([7, 7, 128, 999, None], dtype="Int64"))
    assert counts.to_dict() == {"128": 1, "7": 2, "34380": 0}


def test_walking_up_and_down(paths):
    taxonomy = read(paths)
    assert [term.label for term in taxonomy.path("K2")] == ["C2", "K2"]
    assert [term.label for term in taxonomy.children("C1")] == ["K1"]
    assert taxonomy.children("K1") == taxonomy.children("N1") == ()
    term = taxonomy.term("K1")
    assert (term.level, term.color, term.parent, term.cells, term.leaves) == (
        "cluster",
        "#010203",
        "C1",
        20,
        1,
    )
    assert taxonomy.child_counts.to_dict() == {"N0": 0, "N1": 0, "C1": 1, "C2": 1, "K1": 0, "K2": 0}
    assert "K1" in taxonomy
    assert "K9" not in taxonomy
    with pytest.raises(UnknownNameError, match="no term 'K9'"):
        taxonomy.path("K9")
    with pytest.raises(UnknownNameError, match="neurotransmitter, class, cluster"):
        taxonomy.level("group")
    assert taxonomy.level("CLASS") is taxonomy.level("L_CLAS")


def test_ancestors_and_facets_of_a_whole_level(paths):
    taxonomy = read(paths)
    chain = taxonomy.ancestry(taxonomy.level("cluster"))
    assert chain.to_dict("list") == {"class": ["C1", "C2"], "cluster": ["K1", "K2"]}
    assert taxonomy.ancestry(taxonomy.level("neurotransmitter")).columns.tolist() == ["neurotransmitter"]
    facets = taxonomy.facet_terms(taxonomy.level("cluster"))
    assert facets["neurotransmitter"].tolist() == [("N0",), ("N1",)]
    assert taxonomy.facet_terms(taxonomy.level("neurotransmitter")).empty


def test_a_term_with_several_facets_names_the_commonest_first(paths):
    paths[MEMBER].write_text(MEMBERS + "C1,L_CLAS,8\nN1,L_NEUR,8\nC1,L_CLAS,9\nN1,L_NEUR,9\n")
    taxonomy = read(paths)
    facets = taxonomy.facet_terms(taxonomy.level("class"))
    assert facets["neurotransmitter"].tolist() == [("N1", "N0"), ("N1",)]


def test_search_by_name_label_and_description_in_any_case(paths):
    paths[TERM].write_text(
        "\n".join(
            f"{line},{'description' if n == 0 else 'Claustrum' if n == 1 else ''}"
            for n, line in enumerate(TERMS.splitlines())
        )
    )
    taxonomy = read(paths)
    assert [term.label for term in taxonomy.find("ALPHA")] == ["C1", "K1"]
    assert [term.label for term in taxonomy.find("k2")] == ["K2"]
    assert [term.label for term in taxonomy.find(" claus")] == ["K2"]
    assert taxonomy.find("nothing like it") == ()


def test_without_memberships_the_terms_are_listed_still(paths):
    taxonomy = read({TERM: paths[TERM]})
    # Nothing here tells the order of the levels, so a parent may come after its child.
    assert {level.name for level in taxonomy.levels} == {"L_CLUS", "L_NEUR", "L_CLAS"}
    assert len(taxonomy.aliases) == 0
    assert "no cell can be assigned" in taxonomy.notes[0]
    found = read({TERM: paths[TERM], SET: paths[SET]})
    assert found.level("class").terms["leaves"].tolist() == [1, 1]
    assert found.level("neurotransmitter").terms["leaves"].isna().all()
    assert list(found.categories(pd.Series([128]), "Other")["class"]) == ["Other"]
    assert found.facet_terms(found.level("cluster"))["neurotransmitter"].tolist() == [(), ()]


def test_levels_are_told_by_the_terms_where_their_table_is_missing(paths):
    order = {"L_CLUS": 2, "L_NEUR": 0, "L_CLAS": 1}
    names = {"L_CLUS": "cluster", "L_NEUR": "transmitter", "L_CLAS": "class"}
    lines = TERMS.splitlines()
    sets = [line.split(",")[2] for line in lines[1:]]
    paths[TERM].write_text(
        f"{lines[0]},term_set_order,cluster_annotation_term_set_name\n"
        + "\n".join(f"{line},{order[s]},{names[s]}" for line, s in zip(lines[1:], sets, strict=True))
    )
    del paths[SET]
    assert [level.name for level in read(paths).levels] == ["transmitter", "class", "cluster"]


def test_a_level_table_without_description_and_with_another_order_column(paths):
    paths[SET].write_text(
        "label,name,parent_term_set_label,term_set_order\nL_CLUS,cluster,L_CLAS,1\nL_CLAS,class,,0\n"
        "L_NEUR,change,,3\n"
    )
    levels = read(paths).levels
    assert [(level.name, level.facet, level.description) for level in levels] == [
        ("class", False, ""),
        ("cluster", False, ""),
        ("change", True, ""),
    ]


def test_parents_are_told_by_the_leaves_where_the_terms_name_none(paths):
    lines = [line.split(",") for line in TERMS.splitlines()]
    paths[TERM].write_text("\n".join(",".join(line[:3] + line[4:]) for line in lines))
    paths[MEMBER].write_text(MEMBERS + "N0,L_NEUR,34380\nC2,L_CLAS,34380\n")
    taxonomy = read(paths)
    assert taxonomy.term("K2").parent == "C2"
    assert taxonomy.level("neurotransmitter").facet


def test_abbreviations_of_names_are_spelled_out(paths, tmp_path):
    paths["abbreviation_term"] = tmp_path / "a.csv"
    paths["abbreviation_term"].write_text(
        "abbreviation_term,abbreviation_meaning,abbreviation_type\nSTR,striatum,anatomical\nD1,dopamine "
        "receptor D1,gene\nTR,wrong,gene\n"
    )
    paths[TERM].write_text(TERMS.replace("second", "STR-D1 MSN"))
    assert read(paths).term("C2").description == "STR: striatum; D1: dopamine receptor D1"


# -- tables that contradict themselves ---------------------------------------------------------------


def test_a_term_or_a_level_that_is_there_twice_is_refused(paths):
    paths[TERM].write_text(TERMS + "K1,again,L_CLUS,C1,3,#000000\n")
    with pytest.raises(FormatError, match="'K1' twice"):
        read(paths)
    paths[TERM].write_text(TERMS)
    paths[SET].write_text(SETS + "L_CLUS,cluster,again,7\n")
    with pytest.raises(FormatError, match="level twice"):
        read(paths)


@pytest.mark.parametrize("table", [TERM, MEMBER, SET])
def test_a_table_without_its_columns_is_refused(paths, table):
    paths[table].write_text("a,b\nc,d\n")
    with pytest.raises(FormatError, match="has no column"):
        read(paths)


def test_a_leaf_with_two_terms_of_a_level_is_refused_and_one_said_twice_is_not(paths):
    paths[MEMBER].write_text(MEMBERS + "K2,L_CLUS,7\n")
    assert len(read(paths).aliases) == 3
    paths[MEMBER].write_text(MEMBERS + "K1,L_CLUS,7\n")
    with pytest.raises(FormatError, match="'7' into two terms"):
        read(paths)


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        ("C1,alpha,L_CLAS,,", "C1,alpha,L_CLAS,K1,", "1 of 6 terms name a parent that is not at a broader"),
        ("C1,alpha,L_CLAS,,", "C1,alpha,L_CLAS,C1,", "1 of 6 terms name a parent that is not at a broader"),
        ("K2,beta,L_CLUS,C2,", "K2,beta,L_CLUS,X,", "1 of 6 terms name a parent that is not described"),
        ("K2,beta,L_CLUS,C2,", "K2,beta,L_GONE,C2,", "1 of 6 terms lie at no level"),
        ("K2,beta,", ",beta,", "1 of 6 terms lie at no level"),
        ("K2,beta,L_CLUS,C2,", "K2,beta,L_CLUS,C1,", "1 of 3 clusters belong to other terms"),
    ],
    ids=["cycle", "its own parent", "unknown parent", "unknown level", "no label", "contradiction"],
)
def test_what_does_no_harm_to_the_rest_is_left_out_and_said(paths, old, new, note):
    assert old in TERMS
    paths[TERM].write_text(TERMS.replace(old, new))
    taxonomy = read(paths)
    assert any(note in text for text in taxonomy.notes), taxonomy.notes
    for label in taxonomy.level("cluster").terms.index:
        assert taxonomy.path(label)[-1].label == label  # no chain goes in circles
        assert taxonomy.ancestry(taxonomy.level("cluster")).loc[label, "cluster"] == label


def test_a_membership_in_an_unknown_term_is_said(paths):
    paths[MEMBER].write_text(MEMBERS + "K9,L_CLUS,12\n")
    taxonomy = read(paths)
    assert "1 of 8 memberships" in taxonomy.notes[0]
    assert list(taxonomy.categories(pd.Series([12]), "Other")["cluster"]) == ["Other"]


def test_millions_of_cells_are_assigned_in_a_moment(paths):
    import time

    keys = pd.Series(np.random.default_rng(0).choice([128, 7, 34380, 999], 2_000_000))
    taxonomy = read(paths)
    start = time.perf_counter()
    found = taxonomy.categories(keys, "Other")
    assert time.perf_counter() - start < 2
    assert (found["class"] == "alpha").sum() == (keys == 128).sum()
