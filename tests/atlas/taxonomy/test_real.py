"""The term tables that the atlas released, read as they are or put back into their released form."""

from __future__ import annotations

import pandas as pd
import pytest

from napari_abc.atlas.catalog import TaxonomyEntry, catalog
from napari_abc.atlas.taxonomy import read_taxonomy
from project import REALDATA

FOLDER = REALDATA / "abc"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the real tables are not on this machine")

SET, TERM, MEMBER = (
    "cluster_annotation_term_set",
    "cluster_annotation_term",
    "cluster_to_cluster_annotation_membership",
)
WMB = "metadata/WMB-taxonomy/20231215/cluster_annotation_term.csv"
HMBA_SETS = "metadata/HMBA-BG-taxonomy-CCN20250428/20250531/cluster_annotation_term_set.csv"


def entry(directory, **fields):
    return TaxonomyEntry(directory=directory, title=directory, species="", **fields)


def sizes(taxonomy):
    return {level.name: len(level.terms) for level in taxonomy.levels}


def rebuilt(name):
    return pd.read_csv(FOLDER / "rebuilt" / f"{name}__terms.csv", keep_default_na=False, dtype=str)


def write_as_released(table, folder):
    """Term table and memberships as a release has them; a leaf's alias is its label."""
    columns = {
        "set": "cluster_annotation_term_set_label",
        "color": "color_hex_triplet",
        "order": "term_order",
        "set_order": "term_set_order",
        "parent_label": "parent_term_label",
    }
    terms = table.rename(columns=columns)
    terms.to_csv(folder / "terms.csv", index=False)
    parent = dict(zip(terms["label"], terms["parent_term_label"], strict=True))
    leaves = terms["label"][terms["term_set_order"] == terms["term_set_order"].max()]
    rows = []
    for leaf in leaves:
        label = leaf
        while label:
            rows.append((label, leaf))
            label = parent[label]
    members = pd.DataFrame(rows, columns=["cluster_annotation_term_label", "cluster_alias"])
    members.to_csv(folder / "members.csv", index=False)
    return {TERM: folder / "terms.csv", MEMBER: folder / "members.csv"}


def test_whole_mouse_brain_from_its_term_table_alone():
    taxonomy = read_taxonomy(entry("WMB-taxonomy"), {TERM: FOLDER / "bucket" / WMB})
    assert sizes(taxonomy) == {
        "neurotransmitter": 10,
        "class": 34,
        "subclass": 338,
        "supertype": 1201,
        "cluster": 5322,
    }
    assert [level.name for level in taxonomy.facets] == ["neurotransmitter"]
    missing = taxonomy.term("CS20230722_NEUR_NA")
    assert (missing.name, missing.color) == ("NA", "#666666")
    assert [term.name for term in taxonomy.path("CS20230722_CLUS_0002")] == [
        "01 IT-ET Glut",
        "001 CLA-EPd-CTX Car3 Glut",
        "0001 CLA-EPd-CTX Car3 Glut_1",
        "0002 CLA-EPd-CTX Car3 Glut_1",
    ]
    assert taxonomy.level("class").terms["leaves"].sum() == 5322
    assert [term.level for term in taxonomy.find("0001 cla-epd-ctx car3")] == ["supertype", "cluster"]
    clusters = taxonomy.level("cluster")
    assert clusters.terms["color"].nunique() == 5298  # colors are no keys
    chain = taxonomy.ancestry(clusters)
    assert chain.shape == (5322, 4)
    assert (chain != "").all(axis=None)


def test_whole_mouse_brain_with_the_rows_that_are_published(tmp_path):
    """Aliases, counts and the facet of clusters, of the rows that the tutorials show."""
    members = pd.DataFrame(
        [
            ("CS20230722_CLUS_0001", 128),
            ("CS20230722_SUPT_0001", 128),
            ("CS20230722_NEUR_Glut", 128),
            ("CS20230722_CLUS_0002", 129),
            ("CS20230722_NEUR_NA", 129),
        ],
        columns=["cluster_annotation_term_label", "cluster_alias"],
    )
    members.to_csv(tmp_path / "m.csv", index=False)
    shown = FOLDER / "shown"
    clusters = pd.read_csv(shown / "WMB-taxonomy__cluster.shown.csv")
    clusters.loc[len(clusters)] = [128, 4262, "CS20230722_0128"]
    clusters.to_csv(tmp_path / "c.csv", index=False)
    paths = {TERM: FOLDER / "bucket" / WMB, MEMBER: tmp_path / "m.csv", "cluster": tmp_path / "c.csv"}
    taxonomy = read_taxonomy(entry("WMB-taxonomy"), paths)
    found = taxonomy.categories(pd.Series([129, 128, 1]), "Other")
    assert list(found["neurotransmitter"]) == ["NA", "Glut", "Other"]
    assert list(found["cluster"])[:2] == ["0002 CLA-EPd-CTX Car3 Glut_1", "0001 CLA-EPd-CTX Car3 Glut_1"]
    assert taxonomy.term("CS20230722_SUPT_0001").cells == 4262
    assert taxonomy.notes == ()


def test_basal_ganglia(tmp_path):
    path = FOLDER / "rebuilt" / "HMBA-BG-taxonomy-CCN20250428__cluster_annotation_term.csv"
    table = pd.read_csv(path, keep_default_na=False, dtype=str)
    leaves = table[table["cluster_annotation_term_set_name"] == "Cluster"]
    members = pd.DataFrame(
        {"cluster_annotation_term_label": leaves["label"], "cluster_alias": leaves["name"]}
    )
    members.to_csv(tmp_path / "m.csv", index=False)
    abbreviations = FOLDER / "shown" / "HMBA-BG-taxonomy-CCN20250428__abbreviation_term.shown.csv"
    paths = {
        SET: FOLDER / "bucket" / HMBA_SETS,
        TERM: path,
        MEMBER: tmp_path / "m.csv",
        "abbreviation_term": abbreviations,
    }
    taxonomy = read_taxonomy(entry("HMBA"), paths)
    assert sizes(taxonomy) == {"Neighborhood": 4, "Class": 12, "Subclass": 36, "Group": 61, "Cluster": 1435}
    assert taxonomy.facets == ()
    term = taxonomy.term("CS20250428_CLASS_0000")
    assert (term.name, term.color, term.description) == ("Astro-Epen", "#401e66", "Astro: astrocyte")
    found = taxonomy.categories(pd.Series(["Human-143", "Human-99999"]), "Adjacent")
    assert list(found["Cluster"]) == ["Human-143", "Adjacent"]
    names = [term.name for term in taxonomy.path("CS20250428_GROUP_0038")]
    assert names == ["Glut Sero Dopa", "F M Glut", "F Glut", "STH PVALB-PITX2 Glut"]


@pytest.mark.parametrize(
    ("name", "expected", "path"),
    [
        (
            "WHB-taxonomy_20240330",
            {"supercluster": 31, "cluster": 461, "subcluster": 3313},
            ["CS202210140_80", "CS202210140_3684"],
        ),
        (
            "Consensus-WMB-integrated-taxonomy_20251031",
            {"neighborhood": 9, "class": 43, "subclass": 414, "supertype": 1386},
            ["CS20251031_NEIGH_0009", "CS20251031_CLAS_0042", "CS20251031_SUBC_0412"],
        ),
        (
            "SEAAD-taxonomy_20250331",
            {"class": 3, "subclass": 24, "supertype": 139},
            ["CS20230508_CLAS_0001", "CS20230508_SUBC_0008", "CS20230508_SUPT_0063"],
        ),
        (
            "HMBA-BG-taxonomy-CCN20250428_20250630",
            {"Neighborhood": 4, "Class": 12, "Subclass": 36, "Group": 61, "Cluster": 1435},
            ["CS20250428_NEIGH_0001", "CS20250428_CLASS_0000"],
        ),
    ],
)
def test_rebuilt_tables(tmp_path, name, expected, path):
    taxonomy = read_taxonomy(entry(name), write_as_released(rebuilt(name), tmp_path))
    assert sizes(taxonomy) == expected
    assert taxonomy.notes == ()
    assert taxonomy.facets == ()
    assert [term.label for term in taxonomy.path(path[-1])][-len(path) :] == path
    finest = taxonomy.levels[-1]
    assert taxonomy.levels[0].terms["leaves"].sum() == len(finest.terms) == len(taxonomy.aliases)
    assert (taxonomy.ancestry(finest) != "").all(axis=None)


def test_the_levels_of_the_seattle_atlas(tmp_path):
    """Its level table has another order column, no description, and a facet that comes last."""
    name = "SEAAD-taxonomy_20250331"
    table = rebuilt(name)
    codes = {"class": "CLAS", "subclass": "SUBC", "supertype": "SUPT"}
    table["set"] = "CCN20230508_" + table["set"].map(codes)
    facet = dict.fromkeys(table.columns, "") | {"label": "A", "name": "up", "set": "CCN20230508_ACPS"}
    table.loc[len(table)] = {**facet, "set_order": "0"}
    paths = write_as_released(table, tmp_path)
    paths[SET] = FOLDER / "bucket/metadata/SEAAD-taxonomy/20240131/cluster_annotation_term_set.csv"
    taxonomy = read_taxonomy(entry("SEAAD-taxonomy"), paths)
    assert [(level.name, level.facet) for level in taxonomy.levels] == [
        ("class", False),
        ("subclass", False),
        ("supertype", False),
        ("abundancechangecps", True),
    ]


def test_whole_human_brain_as_shown(tmp_path):
    """The rows of the level table are out of order, and the terms have their number of cells."""
    shown = FOLDER / "shown"
    paths = {
        SET: shown / "WHB-taxonomy__cluster_annotation_term_set.shown.csv",
        TERM: shown / "WHB-taxonomy__cluster_annotation_term.shown.csv",
    }
    taxonomy = read_taxonomy(entry("WHB-taxonomy"), paths)
    assert [level.name for level in taxonomy.levels] == [
        "supercluster",
        "cluster",
        "subcluster",
        "neurotransmitter",
    ]
    term = taxonomy.term("CS202210140_476")
    assert (term.cells, term.color) == (455_006, "#fea7ba")
    assert taxonomy.levels[2].description.startswith("The finest level")


def test_aging_mouse_from_its_flat_table(tmp_path):
    table = rebuilt("Zeng-Aging-Mouse-taxonomy_20241130").set_index("label")
    clusters = table[table["set"] == "cluster"]
    rows = pd.DataFrame(
        {"cell_label": "x", "cluster_alias": clusters["order"], "cluster_label": clusters.index}
    )
    rows = rows.assign(
        cluster_order=clusters["order"], cluster_name=clusters["name"], cluster_color=clusters["color"]
    )
    above = clusters["parent_label"]
    for level in ("supertype", "subclass", "class"):
        rows[f"{level}_name"] = table.loc[above, "name"].to_numpy()
        rows[f"{level}_color"] = table.loc[above, "color"].to_numpy()
        above = table.loc[above, "parent_label"]
    rows = pd.concat([rows.assign(cell_label=f"c{n}") for n in range(3)])
    rows.to_csv(tmp_path / "cells.csv", index=False)
    described = catalog().taxonomies["Zeng-Aging-Mouse-WMB-taxonomy"]
    taxonomy = read_taxonomy(described, {described.table: tmp_path / "cells.csv"})
    assert sizes(taxonomy) == {"class": 25, "subclass": 172, "supertype": 432, "cluster": 847}
    assert taxonomy.facets == ()
    assert [term.name for term in taxonomy.path("CS20241021_0479")][1:] == [
        table.loc[table.loc["CS20230722_SUPT_0736", "parent_label"], "name"],
        "0736 PAG Pou4f1 Bnc2 Glut_2",
        "479_PAG Pou4f1 Bnc2 Glut_2",
    ]
    # The order of the names is that of the whole mouse brain's terms.
    assert taxonomy.level("class").terms["name"].tolist() == sorted(taxonomy.level("class").terms["name"])
    assert taxonomy.level("cluster").terms.index[0] == "CS20241021_0001"


def test_parcellation():
    members = "parcellation_to_parcellation_term_membership"
    described = catalog().taxonomies["Allen-CCF-2020"]
    paths = {
        members: FOLDER / "shown" / f"Allen-CCF-2020__{members}.shown.csv",
        "parcellation_term_set": FOLDER / "bucket/metadata/Allen-CCF-2020/20230630/parcellation_term_set.csv",
        "parcellation_term": FOLDER / "shown" / "Allen-CCF-2020__parcellation_term.shown.csv",
    }
    taxonomy = read_taxonomy(described, paths)
    assert [level.name for level in taxonomy.levels] == [
        "organ", "category", "division", "structure", "substructure",
    ]  # fmt: skip
    found = taxonomy.categories(pd.Series([63, 140, 5]), "unassigned")
    assert list(found["structure"]) == ["FRP", "V4-unassigned", "unassigned"]
    term = taxonomy.term("AllenCCF-Ontology-2017-184")
    assert (term.description, term.color) == ("Frontal pole, cerebral cortex", "#268f45")
    assert [parent.name for parent in taxonomy.path(term.label)[:-1]] == ["brain", "grey", "Isocortex"]


def test_parcellation_rebuilt(tmp_path):
    table = pd.read_csv(
        FOLDER / "rebuilt" / "Allen-CCF-2020__parcellation_terms.csv", dtype=str, keep_default_na=False
    )
    by_set = {name: part.set_index("acronym") for name, part in table.groupby("set")}
    rows = []
    for number, (_, leaf) in enumerate(by_set["substructure"].iterrows()):
        structure = by_set["structure"].loc[leaf["parent_acronym"]]
        division = by_set["division"].loc[structure["parent_acronym"]]
        chain = ((division, ""), (structure, division["label"]), (leaf, structure["label"]))
        for row, parent in chain:
            rows.append(
                {
                    "parcellation_index": number,
                    "parcellation_term_label": row["label"],
                    "parcellation_term_set_label": row["set"],
                    "parcellation_term_set_name": row["set"],
                    "parcellation_term_acronym": row.name,
                    "parcellation_term_name": row["name"],
                    "color_hex_triplet": row["color"],
                    "term_order": row["order"],
                    "term_set_order": ["division", "structure", "substructure"].index(row["set"]),
                    "parent_term_label": parent,
                }
            )
    pd.DataFrame(rows).to_csv(tmp_path / "m.csv", index=False)
    described = catalog().taxonomies["Allen-CCF-2020"]
    taxonomy = read_taxonomy(described, {"parcellation_to_parcellation_term_membership": tmp_path / "m.csv"})
    assert sizes(taxonomy) == {"division": 26, "structure": 358, "substructure": 681}
    assert taxonomy.notes == ()
    levels = taxonomy.label_levels()
    assert {name: len(level.labels) for name, level in levels.items()} == dict.fromkeys(levels, 681)
