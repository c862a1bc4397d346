"""Term tables in every form that a release has had: generated ones, and in addition the real ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import pytest

import term_tables
from napari_abc.atlas.catalog import catalog
from napari_abc.atlas.entries import TaxonomyEntry
from napari_abc.atlas.taxonomy import read_taxonomy
from released import ABC, columns

SOURCES = ["generated", *(["real"] if ABC.is_dir() else [])]
either = pytest.mark.parametrize("source", SOURCES)

SET, TERM, MEMBER = (
    "cluster_annotation_term_set",
    "cluster_annotation_term",
    "cluster_to_cluster_annotation_membership",
)
WMB = "metadata/WMB-taxonomy/20231215/cluster_annotation_term.csv"
HMBA_SETS = "metadata/HMBA-BG-taxonomy-CCN20250428/20250531/cluster_annotation_term_set.csv"

MOUSE = {"class": 3, "subclass": 5, "supertype": 9, "cluster": 20}
"""Levels of a generated taxonomy; :data:`ONLY` is an only child of an only child."""
ONLY = ("class_0002", "subclass_0004", "supertype_0008")


def entry(directory, **fields):
    return TaxonomyEntry(directory=directory, title=directory, species="", **fields)


def sizes(taxonomy):
    return {level.name: len(level.terms) for level in taxonomy.levels}


def rebuilt(name):
    return pd.read_csv(ABC / "rebuilt" / f"{name}__terms.csv", keep_default_na=False, dtype=str)


def generated_mouse(release="1"):
    return term_tables.term_table(
        MOUSE, facet={"neurotransmitter": term_tables.TRANSMITTERS}, release=release
    )


def written(table, path):
    table.to_csv(path, index=False)
    return path


def write_as_released(table, folder):
    """Term table and memberships as a release has them; a leaf's alias is its label."""
    names = {
        "set": "cluster_annotation_term_set_label",
        "color": "color_hex_triplet",
        "order": "term_order",
        "set_order": "term_set_order",
        "parent_label": "parent_term_label",
    }
    kept = table[["label", "name", *names]]
    members = written(term_tables.memberships(table), folder / "members.csv")
    return {TERM: written(kept.rename(columns=names), folder / "terms.csv"), MEMBER: members}


@dataclass
class Expected:
    """What is known of a table without reading it by the code that is tested."""

    sizes: dict[str, int]
    missing: tuple[str, str]
    """Label and color of the term that is called "NA"."""
    path: list[str]
    """Names down to a cluster."""
    cluster: str
    find: tuple[str, list[str]]
    """A text, and the levels that have a term of it."""
    colors: int
    """Distinct ones among the clusters."""


def generated_term_table(folder):
    terms = generated_mouse()
    form = term_tables.released_form(terms, f"WMB-taxonomy/{TERM}")
    row_of = terms.set_index("label")
    cluster = "cluster_0018"
    expected = Expected(
        {"neurotransmitter": 4, **MOUSE},
        ("neurotransmitter_NA", row_of.loc["neurotransmitter_NA", "color"].lower()),
        ["002 class", "002 class", "002 class", "018 cluster"],
        cluster,
        ("002 CLASS", ["class", "subclass", "supertype"]),
        19,
    )
    return written(form, folder / "terms.csv"), expected


def real_term_table(folder):
    counts = {"neurotransmitter": 10, "class": 34, "subclass": 338, "supertype": 1201, "cluster": 5322}
    path = [
        "01 IT-ET Glut",
        "001 CLA-EPd-CTX Car3 Glut",
        "0001 CLA-EPd-CTX Car3 Glut_1",
        "0002 CLA-EPd-CTX Car3 Glut_1",
    ]
    find = ("0001 cla-epd-ctx car3", ["supertype", "cluster"])
    missing = ("CS20230722_NEUR_NA", "#666666")
    return ABC / "bucket" / WMB, Expected(counts, missing, path, "CS20230722_CLUS_0002", find, 5298)


@either
def test_whole_mouse_brain_from_its_term_table_alone(source, tmp_path):
    table = {"generated": generated_term_table, "real": real_term_table}[source]
    path, expected = table(tmp_path)
    taxonomy = read_taxonomy(entry("WMB-taxonomy"), {TERM: path})
    assert sizes(taxonomy) == expected.sizes
    assert [level.name for level in taxonomy.facets] == ["neurotransmitter"]
    label, color = expected.missing
    missing = taxonomy.term(label)
    assert (missing.name, missing.color) == ("NA", color)
    assert [term.name for term in taxonomy.path(expected.cluster)] == expected.path
    number = expected.sizes["cluster"]
    assert taxonomy.level("class").terms["leaves"].sum() == number
    text, levels = expected.find
    assert [term.level for term in taxonomy.find(text)] == levels
    clusters = taxonomy.level("cluster")
    assert clusters.terms["color"].nunique() == expected.colors < number  # colors are no keys
    assert clusters.terms["color"].str.fullmatch("#[0-9a-f]{6}").all()
    ancestry = taxonomy.ancestry(clusters)
    assert ancestry.shape == (number, 4)
    assert (ancestry != "").all(axis=None)


@dataclass
class Clusters:
    """Two clusters that the memberships name, the first without a class and the second "NA"."""

    terms: Any
    labels: tuple[str, str]
    supertype: str
    """Of the first."""
    names: tuple[str, str]
    cells: int
    """Of the first."""
    table: pd.DataFrame
    """``cluster``: aliases and numbers of cells."""


def generated_clusters(folder):
    path, _ = generated_term_table(folder)
    table = pd.DataFrame([(1, 727, "L1"), (128, 4262, "L128")], columns=columns("WMB-taxonomy/cluster"))
    labels = ("cluster_0000", "cluster_0001")
    return Clusters(path, labels, "supertype_0000", ("000 cluster", "001 cluster"), 4262, table)


def real_clusters(folder):
    table = pd.read_csv(ABC / "shown" / "WMB-taxonomy__cluster.shown.csv")
    table.loc[len(table)] = [128, 4262, "CS20230722_0128"]
    labels = ("CS20230722_CLUS_0001", "CS20230722_CLUS_0002")
    names = ("0001 CLA-EPd-CTX Car3 Glut_1", "0002 CLA-EPd-CTX Car3 Glut_1")
    return Clusters(ABC / "bucket" / WMB, labels, "CS20230722_SUPT_0001", names, 4262, table)


@either
def test_whole_mouse_brain_with_a_few_rows_of_its_memberships(source, tmp_path):
    """Aliases, counts and the facet of clusters; the table of clusters has others, too."""
    given = {"generated": generated_clusters, "real": real_clusters}[source](tmp_path)
    facet = {"generated": "neurotransmitter_", "real": "CS20230722_NEUR_"}[source]
    rows = [
        (given.labels[0], 128),
        (given.supertype, 128),
        (f"{facet}Glut", 128),
        (given.labels[1], 129),
        (f"{facet}NA", 129),
    ]
    members = pd.DataFrame(rows, columns=["cluster_annotation_term_label", "cluster_alias"])
    paths = {TERM: given.terms, MEMBER: written(members, tmp_path / "m.csv")}
    paths["cluster"] = written(given.table, tmp_path / "c.csv")
    taxonomy = read_taxonomy(entry("WMB-taxonomy"), paths)
    found = taxonomy.categories(pd.Series([129, 128, 1]), "Other")
    assert list(found["neurotransmitter"]) == ["NA", "Glut", "Other"]
    assert list(found["cluster"])[:2] == [given.names[1], given.names[0]]
    assert taxonomy.term(given.supertype).cells == given.cells
    assert taxonomy.notes == ()


def two_releases(source):
    """One taxonomy in two releases, as tables of terms."""
    if source == "generated":
        return generated_mouse("1"), generated_mouse("2")
    real = pd.read_csv(ABC / "bucket" / WMB, keep_default_na=False, dtype=str)
    names = {"color_hex_triplet": "color", "parent_term_label": "parent_label", "term_order": "order"}
    names |= {"cluster_annotation_term_set_name": "set", "term_set_order": "set_order"}
    older = rebuilt("WMB-taxonomy_20230830")
    return older[older["label"] != "nan"], real.rename(columns=names)


@either
def test_a_term_has_the_color_of_its_own_release(source, tmp_path):
    colors = []
    for number, table in enumerate(two_releases(source)):
        folder = tmp_path / str(number)
        folder.mkdir()
        taxonomy = read_taxonomy(entry("WMB-taxonomy"), write_as_released(table, folder))
        supertypes = taxonomy.level("supertype").terms["color"]
        given = table.set_index("label").loc[supertypes.index, "color"].str.lower()
        assert supertypes.tolist() == given.tolist()
        colors.append(supertypes)
    shared = colors[0].index.intersection(colors[1].index)
    assert (colors[0][shared] != colors[1][shared]).any()


@dataclass
class Ganglia:
    """A taxonomy whose levels are capitalised, and that spells its abbreviations out."""

    paths: dict[str, Any]
    sizes: dict[str, int]
    described: tuple[str, str, str, str]
    """Label, name, color and description of a term."""
    known: tuple[str, str]
    """Alias and name of a cluster."""
    path: tuple[str, list[str]]
    """Label of a group, and names down to it."""


def generated_ganglia(folder):
    levels = {"Neighborhood": 2, "Class": 3, "Subclass": 4, "Group": 6, "Cluster": 12}
    terms = term_tables.term_table(levels)
    directory = "HMBA-BG-taxonomy-CCN20250428"
    words = [("class", "a kind of cell", "cell_type", "CL:1", ""), ("cluster", "", "x", "", "")]
    paths = {
        SET: pd.DataFrame([(name, name, name, order) for order, name in enumerate(levels)]).set_axis(
            columns(f"{directory}/{SET}"), axis=1
        ),
        TERM: term_tables.released_form(terms, f"{directory}/{TERM}"),
        "abbreviation_term": pd.DataFrame(words, columns=columns(f"{directory}/abbreviation_term")),
    }
    color = terms.set_index("label").loc["Class_0001", "color"].lower()
    return Ganglia(
        {name: written(table, folder / f"{name}.csv") for name, table in paths.items()},
        levels,
        ("Class_0001", "001 class", color, "class: a kind of cell"),
        ("007 cluster", "007 cluster"),
        ("Group_0002", ["000 neighborhood", "000 class", "001 subclass", "001 subclass"]),
    )


def real_ganglia(folder):
    shown = ABC / "shown" / "HMBA-BG-taxonomy-CCN20250428__abbreviation_term.shown.csv"
    return Ganglia(
        {
            SET: ABC / "bucket" / HMBA_SETS,
            TERM: ABC / "rebuilt" / "HMBA-BG-taxonomy-CCN20250428__cluster_annotation_term.csv",
            "abbreviation_term": shown,
        },
        {"Neighborhood": 4, "Class": 12, "Subclass": 36, "Group": 61, "Cluster": 1435},
        ("CS20250428_CLASS_0000", "Astro-Epen", "#401e66", "Astro: astrocyte"),
        ("Human-143", "Human-143"),
        ("CS20250428_GROUP_0038", ["Glut Sero Dopa", "F M Glut", "F Glut", "STH PVALB-PITX2 Glut"]),
    )


@either
def test_basal_ganglia(source, tmp_path):
    given = {"generated": generated_ganglia, "real": real_ganglia}[source](tmp_path)
    table = pd.read_csv(given.paths[TERM], keep_default_na=False, dtype=str)
    assert table["name"].duplicated().any()  # names stand at several levels
    leaves = table[table["cluster_annotation_term_set_name"] == "Cluster"]
    members = pd.DataFrame(
        {"cluster_annotation_term_label": leaves["label"], "cluster_alias": leaves["name"]}
    )
    paths = {**given.paths, MEMBER: written(members, tmp_path / "m.csv")}
    taxonomy = read_taxonomy(entry("HMBA"), paths)
    assert sizes(taxonomy) == given.sizes
    assert taxonomy.facets == ()
    label, *described = given.described
    term = taxonomy.term(label)
    assert [term.name, term.color, term.description] == described
    alias, name = given.known
    found = taxonomy.categories(pd.Series([alias, "Human-99999"]), "Adjacent")
    assert list(found["Cluster"]) == [name, "Adjacent"]
    label, names = given.path
    assert [term.name for term in taxonomy.path(label)] == names


RELEASED = [
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
]


@pytest.mark.parametrize(
    ("name", "expected", "path"),
    [("generated", MOUSE, list(ONLY)), *(RELEASED if ABC.is_dir() else [])],
)
def test_terms_and_memberships(tmp_path, name, expected, path):
    table = term_tables.term_table(MOUSE) if name == "generated" else rebuilt(name)
    taxonomy = read_taxonomy(entry(name), write_as_released(table, tmp_path))
    assert sizes(taxonomy) == expected
    assert taxonomy.notes == ()
    assert taxonomy.facets == ()
    assert [term.label for term in taxonomy.path(path[-1])][-len(path) :] == path
    finest = taxonomy.levels[-1]
    assert taxonomy.levels[0].terms["leaves"].sum() == len(finest.terms) == len(taxonomy.aliases)
    assert (taxonomy.ancestry(finest) != "").all(axis=None)


@either
def test_the_levels_of_the_seattle_atlas(source, tmp_path):
    """Its level table has another order column, no description, and a facet that comes last."""
    codes = {"class": "CLAS", "subclass": "SUBC", "supertype": "SUPT"}
    if source == "generated":
        table = term_tables.term_table({"class": 2, "subclass": 3, "supertype": 5})
        names = [*codes, "abundancechangecps"]
        labels = [f"CCN20230508_{code}" for code in [*codes.values(), "ACPS"]]
        sets = pd.DataFrame(zip(labels, names, ["", *labels[:2], ""], range(4), strict=True))
        level_table = written(
            sets.set_axis(columns(f"SEAAD-taxonomy/{SET}"), axis=1)[::-1], tmp_path / "sets.csv"
        )
    else:
        table = rebuilt("SEAAD-taxonomy_20250331")
        level_table = ABC / f"bucket/metadata/SEAAD-taxonomy/20240131/{SET}.csv"
    table["set"] = "CCN20230508_" + table["set"].map(codes)
    facet = dict.fromkeys(table.columns, "") | {"label": "A", "name": "up", "set": "CCN20230508_ACPS"}
    table.loc[len(table)] = {**facet, "set_order": "0"}
    paths = {**write_as_released(table, tmp_path), SET: level_table}
    taxonomy = read_taxonomy(entry("SEAAD-taxonomy"), paths)
    assert [(level.name, level.facet) for level in taxonomy.levels] == [
        ("class", False),
        ("subclass", False),
        ("supertype", False),
        ("abundancechangecps", True),
    ]


@either
def test_whole_human_brain(source, tmp_path):
    """The rows of the level table are out of order, and the terms have their number of cells."""
    if source == "generated":
        levels = {"supercluster": 2, "cluster": 4, "subcluster": 7}
        terms = term_tables.term_table(levels)
        rows = [
            (name, name, f"Level {name}", order) for order, name in enumerate([*levels, "neurotransmitter"])
        ]
        sets = pd.DataFrame(rows, columns=columns(f"WHB-taxonomy/{SET}")).iloc[[2, 1, 0, 3]]
        form = term_tables.released_form(terms, f"WHB-taxonomy/{TERM}")
        paths = {SET: written(sets, tmp_path / "sets.csv"), TERM: written(form, tmp_path / "terms.csv")}
        color = terms.set_index("label").loc["supercluster_0001", "color"].lower()
        label, expected, described = "supercluster_0001", (101, color), "Level subcluster"
    else:
        paths = {name: ABC / "shown" / f"WHB-taxonomy__{name}.shown.csv" for name in (SET, TERM)}
        label, expected = "CS202210140_476", (455_006, "#fea7ba")
        described = "The finest level"
    taxonomy = read_taxonomy(entry("WHB-taxonomy"), paths)
    assert [level.name for level in taxonomy.levels] == [
        "supercluster",
        "cluster",
        "subcluster",
        "neurotransmitter",
    ]
    term = taxonomy.term(label)
    assert (term.cells, term.color) == expected
    assert taxonomy.levels[2].description.startswith(described)


@either
def test_aging_mouse_from_its_flat_table(source, tmp_path):
    if source == "generated":
        table = term_tables.term_table(MOUSE)
        expected, cluster = MOUSE, "cluster_0018"
        path = ["002 class", "002 class", "018 cluster"]
    else:
        table = rebuilt("Zeng-Aging-Mouse-taxonomy_20241130")
        expected = {"class": 25, "subclass": 172, "supertype": 432, "cluster": 847}
        cluster = "CS20241021_0479"
        names = table.set_index("label")
        subclass = names.loc[names.loc["CS20230722_SUPT_0736", "parent_label"], "name"]
        path = [subclass, "0736 PAG Pou4f1 Bnc2 Glut_2", "479_PAG Pou4f1 Bnc2 Glut_2"]
    table = table.set_index("label")
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
    described = catalog().taxonomies["Zeng-Aging-Mouse-WMB-taxonomy"]
    taxonomy = read_taxonomy(described, {described.table: written(rows, tmp_path / "cells.csv")})
    assert sizes(taxonomy) == expected
    assert taxonomy.facets == ()
    assert [term.name for term in taxonomy.path(cluster)][1:] == path
    # The order of the names is that of the whole mouse brain's terms.
    assert taxonomy.level("class").terms["name"].tolist() == sorted(taxonomy.level("class").terms["name"])
    first = clusters.index[clusters["order"].astype(int).argmin()]
    assert taxonomy.level("cluster").terms.index[0] == first


@dataclass
class Parcels:
    """A parcellation, and what two of its leaves are."""

    paths: dict[str, Any]
    keys: list[int]
    """Two leaves and a value that none has."""
    structures: list[str]
    term: tuple[str, str, str]
    """Label, description and color of a structure."""
    above: list[str]
    """Names from the broadest level down to that above the structure."""


def generated_parcels(folder):
    tables = term_tables.parcellation()
    paths = {name: written(table, folder / f"{name}.csv") for name, table in tables.items()}
    color = tables["parcellation_term"].set_index("label").loc["structure_0001", "color_hex_triplet"].lower()
    # Both leaves lie in structures that are no only children.
    return Parcels(
        paths,
        [20, 10, 5],
        ["001-structure", "000-structure", "unassigned"],
        ("structure_0001", "What 001 structure means", color),
        ["000-organ", "000-category", "000-division"],
    )


def real_parcels(folder):
    shown, members = ABC / "shown", "parcellation_to_parcellation_term_membership"
    paths = {
        members: shown / f"Allen-CCF-2020__{members}.shown.csv",
        "parcellation_term_set": ABC / "bucket/metadata/Allen-CCF-2020/20230630/parcellation_term_set.csv",
        "parcellation_term": shown / "Allen-CCF-2020__parcellation_term.shown.csv",
    }
    return Parcels(
        paths,
        [63, 140, 5],
        ["FRP", "V4-unassigned", "unassigned"],
        ("AllenCCF-Ontology-2017-184", "Frontal pole, cerebral cortex", "#268f45"),
        ["brain", "grey", "Isocortex"],
    )


@either
def test_parcellation(source, tmp_path):
    given = {"generated": generated_parcels, "real": real_parcels}[source](tmp_path)
    taxonomy = read_taxonomy(catalog().taxonomies["Allen-CCF-2020"], given.paths)
    assert [level.name for level in taxonomy.levels] == [
        "organ", "category", "division", "structure", "substructure",
    ]  # fmt: skip
    found = taxonomy.categories(pd.Series(given.keys), "unassigned")
    assert list(found["structure"]) == given.structures
    label, description, color = given.term
    term = taxonomy.term(label)
    assert (term.description, term.color) == (description, color)
    assert [parent.name for parent in taxonomy.path(label)[:-1]] == given.above


def parcel_table(source):
    """Structures of three levels, keyed by acronym within their level."""
    if source == "real":
        path = ABC / "rebuilt" / "Allen-CCF-2020__parcellation_terms.csv"
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    table = term_tables.term_table({"division": 3, "structure": 5, "substructure": 9})
    acronym = dict(zip(table["label"], table["name"].str.replace(" ", "-"), strict=True)) | {"": ""}
    return table.assign(
        acronym=table["label"].map(acronym), parent_acronym=table["parent_label"].map(acronym)
    )


@either
def test_parcellation_from_its_memberships_alone(source, tmp_path):
    table = parcel_table(source)
    by_set = {name: part.set_index("acronym") for name, part in table.groupby("set")}
    rows = []
    for number, (_, leaf) in enumerate(by_set["substructure"].iterrows()):
        structure = by_set["structure"].loc[leaf["parent_acronym"]]
        division = by_set["division"].loc[structure["parent_acronym"]]
        ancestors = ((division, ""), (structure, division["label"]), (leaf, structure["label"]))
        for row, parent in ancestors:
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
    members = written(pd.DataFrame(rows), tmp_path / "m.csv")
    described = catalog().taxonomies["Allen-CCF-2020"]
    taxonomy = read_taxonomy(described, {"parcellation_to_parcellation_term_membership": members})
    expected = {"division": 26, "structure": 358, "substructure": 681}
    if source == "generated":
        expected = {"division": 3, "structure": 5, "substructure": 9}
    assert sizes(taxonomy) == expected
    assert taxonomy.notes == ()
    levels = taxonomy.label_levels()
    leaves = expected["substructure"]
    assert {name: len(level.labels) for name, level in levels.items()} == dict.fromkeys(levels, leaves)
