from __future__ import annotations

import time

import numpy as np

from napari_abc.atlas.atlas import open_atlas
from napari_abc.atlas.taxonomy import make_level_table, plural


def test_a_page_has_the_chain_the_facets_and_the_counts(release_folder):
    taxonomy = open_atlas(release_folder).taxonomy("WMB-taxonomy")
    level_table = make_level_table(taxonomy, taxonomy.level("supertype"))
    assert [column.title for column in level_table.chain] == ["class", "subclass", "supertype"]
    assert [column.title for column in level_table.facets] == ["neurotransmitter"]
    row = level_table.terms.names.index("0001 CLA-EPd-CTX Car3 Glut_1")
    assert [column.names[row] for column in level_table.chain][:2] == [
        "01 IT-ET Glut",
        "001 CLA-EPd-CTX Car3 Glut",
    ]
    assert level_table.chain[0].colors[row] == "#fa0087"
    assert (level_table.facets[0].names[row], level_table.facets[0].colors[row]) == ("Glut", "#2b93df")
    assert level_table.children[row] == level_table.leaves[row] == 2
    assert level_table.cells.sum() == taxonomy.level("class").terms["cells"].sum()
    assert level_table.volumes is None
    assert level_table.leaf_title == "Clusters"
    assert level_table.find("").all()
    assert level_table.terms.names[int(np.flatnonzero(level_table.find("it-et  glut"))[0])].startswith("0001")
    assert level_table.find(level_table.terms.labels[row]).sum() == 1
    assert not level_table.find("no such thing").any()


def test_a_facet_and_the_finest_level_have_nothing_below(release_folder):
    taxonomy = open_atlas(release_folder).taxonomy("WMB-taxonomy")
    facet = make_level_table(taxonomy, taxonomy.level("neurotransmitter"))
    assert [column.title for column in facet.chain] == ["neurotransmitter"]
    assert facet.facets == ()
    assert facet.leaves.sum() == 100
    for name in ("neurotransmitter", "cluster"):
        assert not make_level_table(taxonomy, taxonomy.level(name)).children.any()


def test_several_terms_of_a_facet_are_all_named(release_folder):
    taxonomy = open_atlas(release_folder).taxonomy("WMB-taxonomy")
    level_table = make_level_table(taxonomy, taxonomy.level("class"))
    row = level_table.terms.names.index("08 CNU-MGE GABA")
    assert set(level_table.facets[0].names[row].split(", ")) == {"GABA", "Chol"}
    assert level_table.facets[0].labels[row] in ("CS20230722_NEUR_GABA", "CS20230722_NEUR_Chol")


def test_a_parcellation_has_volumes(release_folder):
    taxonomy = open_atlas(release_folder).taxonomy("Allen-CCF-2020")
    level_table = make_level_table(taxonomy, taxonomy.level("division"))
    assert level_table.volumes is not None
    assert level_table.volumes.sum() > 0
    assert level_table.leaf_title == "Parcels"
    assert "isocortex" in " ".join(level_table.words)


def test_searching_thousands_of_terms_takes_no_time(release_folder):
    taxonomy = open_atlas(release_folder).taxonomy("WMB-taxonomy")
    level_table = make_level_table(taxonomy, taxonomy.level("cluster"))
    start = time.perf_counter()
    for _ in range(60):  # of 100 terms each, as a keystroke among 6,000
        level_table.find("glut_2")
    assert time.perf_counter() - start < 0.05


def test_nouns_of_any_level():
    assert [plural(noun) for noun in ("class", "category", "cluster", "Key")] == [
        "classes", "categories", "clusters", "Keys",
    ]  # fmt: skip
