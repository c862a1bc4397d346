"""The taxonomies of a release: listing without fetching, reading, counting cells."""

from __future__ import annotations

import pytest

from napari_abc.atlas.atlas import open_atlas
from napari_abc.errors import UnknownNameError
from releases import TAXONOMY, TAXONOMY_TABLES, ReleaseFolder, hmba
from servers import FolderServer

MOUSE = "MERFISH-C57BL6J-638850"


def test_all_of_the_demo(release_folder):
    atlas = open_atlas(release_folder)
    table = atlas.taxonomies
    assert table.loc[TAXONOMY, ["levels", "terms", "available"]].tolist() == [5, 270, True]
    assert table.loc["WMB-taxonomy", "title"] == "Whole mouse brain"
    assert table["available"].all()
    assert (table["bytes"] > 0).all()
    for name in table.index:
        taxonomy = atlas.taxonomy(name)
        assert taxonomy.name == name
        assert len(taxonomy.aliases)
        assert not any("left out" in note or "belong to other" in note for note in taxonomy.notes)
        listed = atlas.taxonomies.loc[name]
        assert listed["terms"] == sum(len(level.terms) for level in taxonomy.levels)
        assert listed["levels"] == len(taxonomy.levels)


def test_the_mouse_levels_and_cells(release_folder):
    taxonomy = open_atlas(release_folder).taxonomy("WMB-taxonomy")
    assert [level.name for level in taxonomy.facets] == ["neurotransmitter"]
    cells = {level.name: level.terms["cells"].sum() for level in taxonomy.levels}
    assert len(set(cells.values())) == 1  # every cell belongs to one term of each level
    assert cells["class"] > 10_000


def test_an_older_release_has_its_own(release_folder):
    table = open_atlas(release_folder, release="20250531").taxonomies
    assert table.loc[TAXONOMY, "available"]
    name = "SEA-AD-CaH-taxonomy"  # came later
    assert table.loc[name, ["available", "reason"]].tolist() == [False, f"Release 20250531 has no {name}."]


def test_nothing_is_fetched_for_the_list(release_folder, cache_folder):
    with FolderServer(release_folder) as server:
        atlas = open_atlas(server.url)
        table = atlas.taxonomies
        assert table["cached_bytes"].sum() == 0
        assert table["terms"].isna().all()
        atlas.taxonomy("WMB-taxonomy")
        table = atlas.taxonomies
        assert table.loc["WMB-taxonomy", "cached_bytes"] == table.loc["WMB-taxonomy", "bytes"]
        assert table["terms"].notna().sum() == 1


def test_names_that_are_not_there(release_folder, tmp_path):
    atlas = open_atlas(release_folder)
    with pytest.raises(UnknownNameError, match="did you mean WMB-taxonomy"):
        atlas.taxonomy("WMB-taxnomy")
    folder = hmba(tmp_path)
    folder.remove(TAXONOMY, "metadata", "cluster_annotation_term")
    atlas = open_atlas(folder.write())
    assert "has no cluster_annotation_term" in atlas.taxonomies.loc[TAXONOMY, "reason"]
    with pytest.raises(UnknownNameError, match="Choose another release"):
        atlas.taxonomy(TAXONOMY)


def test_terms_are_listed_where_the_memberships_are_missing(tmp_path):
    folder = hmba(tmp_path)
    folder.remove(TAXONOMY, "metadata", "cluster_to_cluster_annotation_membership")
    taxonomy = open_atlas(folder.write()).taxonomy(TAXONOMY)
    assert [level.name for level in taxonomy.levels] == ["Class", "Cluster"]
    assert any("no cell can be assigned" in note for note in taxonomy.notes)


def test_a_taxonomy_that_nobody_described_is_read_too(tmp_path):
    folder = ReleaseFolder(tmp_path)
    folder.tables("Developing-Mouse-taxonomy", TAXONOMY_TABLES)
    folder.tables("Consensus-Mouse-integrated-taxonomy", TAXONOMY_TABLES)
    atlas = open_atlas(folder.write())
    table = atlas.taxonomies
    assert table.loc["Developing-Mouse-taxonomy", ["title", "terms"]].tolist() == [
        "Developing-Mouse-taxonomy",
        4,
    ]
    assert (
        atlas.taxonomy("Developing-Mouse-taxonomy").level("Class").terms["name"].tolist()[-1] == "Astro-Epen"
    )
    # A draft's name for one that is described is no second one.
    assert table.loc["Consensus-WMB-integrated-taxonomy", "available"]
    assert "Consensus-Mouse-integrated-taxonomy" not in table.index
    assert atlas.taxonomy("Consensus-WMB-integrated-taxonomy").level("Cluster")


def test_cells_are_counted_where_no_table_tells_them(tmp_path):
    atlas = open_atlas(hmba(tmp_path).write())
    name = "HMBA-MERSCOPE-H22.30.001-BG"
    unknown = atlas.taxonomy(TAXONOMY)
    assert unknown.level("Class").terms["cells"].isna().all()
    assert f"before anything of {name}" in unknown.notes[-1]
    atlas[name].count_slabs()
    taxonomy = atlas.taxonomy(TAXONOMY)
    assert taxonomy.level("Class").terms["cells"].to_dict() == {"C1": 1, "C0": 1}
    assert taxonomy.notes[-1] == f"Cells are counted in {name}."
    assert unknown.level("Class").terms["cells"].isna().all()  # what was read before is as it was


def test_the_parcellation_counts_its_cells(release_folder, cache_folder):
    atlas = open_atlas(release_folder)
    before = atlas.taxonomy("Allen-CCF-2020")
    assert before.level("division").terms["voxels"].notna().all()
    atlas[MOUSE].count_slabs()
    divisions = atlas.taxonomy("Allen-CCF-2020").level("division").terms
    store = atlas[MOUSE].joined_cells()
    assert store is not None
    assert 0 < divisions["cells"].sum() <= store.cells
    assert divisions["cells"].nunique() > 3


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "\x00\x00", ""])
def test_a_damaged_table_is_no_trouble_for_the_list(tmp_path, text):
    folder = hmba(tmp_path)
    folder.tables(TAXONOMY, {"cluster_annotation_term": text})
    atlas = open_atlas(folder.write())
    assert atlas.taxonomies.loc[TAXONOMY, "available"]
