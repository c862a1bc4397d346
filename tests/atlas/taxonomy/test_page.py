from __future__ import annotations

import time

import numpy as np

from napari_abc.atlas.atlas import open_atlas
from napari_abc.atlas.taxonomy import make_page, plural


def test_a_page_has_the_chain_the_facets_and_the_counts(release_folder):
    taxonomy = open_atlas(release_folder).taxonomy("WMB-taxonomy")
    page = make_page(taxonomy, taxonomy.level("supertype"))
    assert [column.title for column in page.chain] == ["class", "subclass", "supertype"]
    assert [column.title for column in page.facets] == ["neurotransmitter"]
    row = page.terms.names.index("0001 CLA-EPd-CTX Car3 Glut_1")
    assert [column.names[row] for column in page.chain][:2] == ["01 IT-ET Glut", "001 CLA-EPd-CTX Car3 Glut"]
    assert page.chain[0].colors[row] == "#fa0087"
    assert (page.facets[0].names[row], page.facets[0].colors[row]) == ("Glut", "#2b93df")
    assert page.children[row] == page.leaves[row] == 2
    assert page.cells.sum() == taxonomy.level("class").terms["cells"].sum()
    assert page.volumes is None
    assert page.leaf_title == "Clusters"
    assert page.find("").all()
    assert page.terms.names[int(np.flatnonzero(page.find("it-et  glut"))[0])].startswith("0001")
    assert page.find(page.terms.labels[row]).sum() == 1
    assert not page.find("no such thing").any()


def test_a_facet_and_the_finest_level_have_nothing_below(release_folder):
    taxonomy = open_atlas(release_folder).taxonomy("WMB-taxonomy")
    facet = make_page(taxonomy, taxonomy.level("neurotransmitter"))
    assert [column.title for column in facet.chain] == ["neurotransmitter"]
    assert facet.facets == ()
    assert facet.leaves.sum() == 100
    for name in ("neurotransmitter", "cluster"):
        assert not make_page(taxonomy, taxonomy.level(name)).children.any()


def test_several_terms_of_a_facet_are_all_named(release_folder):
    taxonomy = open_atlas(release_folder).taxonomy("WMB-taxonomy")
    page = make_page(taxonomy, taxonomy.level("class"))
    row = page.terms.names.index("08 CNU-MGE GABA")
    assert set(page.facets[0].names[row].split(", ")) == {"GABA", "Chol"}
    assert page.facets[0].labels[row] in ("CS20230722_NEUR_GABA", "CS20230722_NEUR_Chol")


def test_a_parcellation_has_volumes(release_folder):
    taxonomy = open_atlas(release_folder).taxonomy("Allen-CCF-2020")
    page = make_page(taxonomy, taxonomy.level("division"))
    assert page.volumes is not None
    assert page.volumes.sum() > 0
    assert page.leaf_title == "Parcels"
    assert "isocortex" in " ".join(page.words)


def test_searching_thousands_of_terms_takes_no_time(release_folder):
    taxonomy = open_atlas(release_folder).taxonomy("WMB-taxonomy")
    page = make_page(taxonomy, taxonomy.level("cluster"))
    start = time.perf_counter()
    for _ in range(60):  # of 100 terms each, as a keystroke among 6,000
        page.find("glut_2")
    assert time.perf_counter() - start < 0.05


def test_nouns_of_any_level():
    assert [plural(noun) for noun in ("class", "category", "cluster", "Key")] == [
        "classes", "categories", "clusters", "Keys",
    ]  # fmt: skip
