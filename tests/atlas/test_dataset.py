"""Datasets on small releases written by hand: each trap of the data, and what is said about it."""

from __future__ import annotations

import numpy as np
import pytest

from napari_abc import open_atlas
from napari_abc.errors import (
    AbcError,
    Cancelled,
    ExpressionError,
    FormatError,
    IntegrityError,
    NetworkError,
    UnknownNameError,
)
from napari_abc.model import Categorical
from napari_abc.task import Task
from releases import (
    HMBA_TABLES,
    HUMAN,
    MARMOSET,
    MOUSE,
    TAXONOMY,
    TAXONOMY_TABLES,
    ReleaseFolder,
    hmba,
    mouse,
)
from servers import FolderServer

PLANE = "D.S.Plane.10"


def human(folder):
    return open_atlas(folder.write())[HUMAN]


def test_slabs_are_listed_in_order_with_cells_that_have_coordinates(tmp_path):
    slabs = human(hmba(tmp_path / "b")).slabs
    assert slabs["slab"].tolist() == slabs.index.tolist() == [PLANE, "D.S.Plane.02", "D.S.Plane.03"]
    assert slabs["cells"].tolist() == [3, 1, 0]
    assert slabs["sections"].tolist() == [2, 1, 1]
    assert slabs["regions"].tolist() == [True, False, False]
    assert slabs["order"].tolist() == [110, 202, 303]


def test_slabs_are_listed_from_their_cells_where_the_listing_fails(tmp_path):
    with FolderServer(hmba(tmp_path / "b").write()) as server:
        dataset = open_atlas(server.url, cache=tmp_path / "cache")[HUMAN]
        dataset.slab(PLANE)
        expected = dataset.list_slabs()
    (listing,) = (tmp_path / "cache").rglob("specimen_metadata.csv")
    listing.unlink()
    again = open_atlas(server.url, cache=tmp_path / "cache", offline=True)[HUMAN]
    found = again.list_slabs()
    with_cells = expected[expected["cells"] > 0]  # of the others only the listing knows
    assert found["cells"].to_dict() == with_cells["cells"].to_dict() == {PLANE: 3, "D.S.Plane.02": 1}
    assert found["sections"].to_dict() == with_cells["sections"].to_dict()


def test_where_neither_listing_nor_cells_can_be_had_it_is_said(tmp_path):
    with FolderServer(hmba(tmp_path / "b").write()) as server:
        dataset = open_atlas(server.url, cache=tmp_path / "cache")[HUMAN]
    with pytest.raises(NetworkError, match="can't be read"):  # the server is gone
        dataset.list_slabs()


def test_cells_are_joined_by_label(tmp_path):
    slab = human(hmba(tmp_path / "b")).slab(PLANE)
    cells = slab.cells
    assert cells.index.name == "cell_label"
    assert set(cells.index) == {"1_1-20250227", "1_2-20250227", "1_3-20250227"}
    for number in (1, 2, 3):
        row = cells.loc[f"1_{number}-20250227"]
        assert (row["x"], row["y"]) == (row["x_slab_mm"], row["y_slab_mm"]) == (number, number * 10)
    assert cells.loc["1_1-20250227", "region"] == "STR"
    assert not cells.loc["1_1-20250227", "qc_pass"]
    assert cells["abc_sample_id"].isna().sum() == 1
    assert list(cells.columns[:5]) == ["x", "y", "Class", "Cluster", "region"]
    assert (slab.frame.name, slab.frame.unit, slab.frame.y_down) == ("slab", "millimeter", True)
    assert [frame.name for frame in slab.frames] == ["slab", "experiment"]


def test_cells_without_coordinates_are_counted_and_said(tmp_path):
    slab = human(hmba(tmp_path / "b")).slab(PLANE)
    assert slab.unplaced == 1
    assert slab.notes[0] == "3 of 4 cells have coordinates."


def test_taxonomy_levels_and_cells_outside_it(tmp_path):
    slab = human(hmba(tmp_path / "b")).slab(PLANE)
    assert slab.groups["Taxonomy"] == ("Class", "Cluster")
    coloring = slab.coloring("Class")
    assert isinstance(coloring, Categorical)
    assert coloring.names == ("CN LGE GABA", "Astro-Epen", "Adjacent")
    assert coloring.colors == ("#d0b83c", "#401e66", "#808080")
    by_cell = dict(zip(slab.cells.index, (coloring.names[code] for code in coloring.codes), strict=True))
    assert by_cell == {
        "1_1-20250227": "CN LGE GABA",
        "1_2-20250227": "Astro-Epen",
        "1_3-20250227": "Adjacent",  # its alias is missing
    }
    other = human(hmba(tmp_path / "c")).slab("D.S.Plane.02")
    assert other.cells["Class"].tolist() == ["Adjacent"]  # its alias is not in the taxonomy


def test_official_region_colors_and_polygons(tmp_path):
    slab = human(hmba(tmp_path / "b")).slab(PLANE)
    assert slab.coloring("region").names == ("Basal ganglia and adjacent", "STR", "GPe")
    assert slab.coloring("region").colors == ("#bebebe", "#cd86cc", "#53db33")
    assert slab.regions[["label", "name", "color"]].to_numpy().tolist() == [["STR", "striatum", "#cd86cc"]]
    assert slab.regions["geometry"][0].bounds == (0, 0, 4, 40)
    bare = human(hmba(tmp_path / "c")).slab("D.S.Plane.02")
    assert len(bare.regions) == 0
    assert "There are no region polygons for D.S.Plane.02." in bare.notes


@pytest.mark.parametrize("document", ["{", {"type": "Feature", "geometry": None}])
def test_broken_polygons_cost_the_polygons_only(tmp_path, document):
    folder = hmba(tmp_path / "b")
    folder.polygons(HUMAN, PLANE, document)
    slab = human(folder).slab(PLANE)
    assert len(slab.cells) == 3
    assert len(slab.regions) == 0
    assert any(note.startswith("The regions are left out") for note in slab.notes)


def test_expression_follows_the_matrix_own_order(tmp_path):
    slab = human(hmba(tmp_path / "b")).slab(PLANE)
    table = slab.expression(["DRD1", "drd2"], values="log2")
    assert table.index.equals(slab.cells.index)
    assert table.loc["1_1-20250227"].tolist() == [1, 2]
    assert table.loc["1_3-20250227"].tolist() == [3, 0]
    assert table.loc["1_2-20250227"].isna().all()  # the matrix lacks this cell
    raw = slab.expression(["DRD1"], values="raw")
    assert raw.loc["1_3-20250227", "DRD1"] == 30
    again = human(hmba(tmp_path / "b")).slab(PLANE).expression(["DRD1"])  # rows from the kept file
    assert np.array_equal(again["DRD1"], table["DRD1"], equal_nan=True)


def _without_size_and_md5(listing):
    for value in listing.values():
        if isinstance(value, dict):
            value.pop("size", None)
            value.pop("file_hash", None)
            _without_size_and_md5(value)


def test_nothing_stale_is_read_where_the_release_gives_no_md5(tmp_path):
    folder = hmba(tmp_path / "b")
    folder.matrix(HUMAN, HUMAN.removeprefix("HMBA-"), ["1_3-20250227"], ["ENSG1"], [[7]], kinds=("raw",))
    _without_size_and_md5(folder.listing)
    slab = human(folder).slab(PLANE)
    assert slab.expression("DRD1", "log2").loc["1_3-20250227", "DRD1"] == 3
    assert slab.expression("DRD1", "raw").loc["1_3-20250227", "DRD1"] == 70  # in a row of its own there
    folder.tables(HUMAN, {"slab_plane_coordinates": "cell_label,x_slab_mm,y_slab_mm\n1_3-20250227,8,9\n"})
    folder.matrix(
        HUMAN, HUMAN.removeprefix("HMBA-"), ["7_7-20250227", "1_3-20250227"], ["ENSG1"], [[1], [2]], ("log2",)
    )
    _without_size_and_md5(folder.listing)
    slab = human(folder).slab(PLANE)
    assert slab.cells[["x", "y"]].to_numpy().tolist() == [[8, 9]]
    assert slab.expression("DRD1", "log2")["DRD1"].tolist() == [2]


def test_tables_of_unknown_size_are_not_fetched_for_a_count(tmp_path):
    folder = hmba(tmp_path / "b")
    _without_size_and_md5(folder.listing)
    with FolderServer(folder.write()) as server:
        slabs = open_atlas(server.url, cache=tmp_path / "c")[HUMAN].slabs
        assert not [request.path for request in server.requests if "cell_metadata" in request.path]
    assert slabs["sections"].tolist() == [2, 1, 1]
    assert slabs["cells"].isna().all()


def test_a_damaged_row_file_is_made_again(tmp_path):
    atlas = open_atlas(hmba(tmp_path / "b").write())
    expected = atlas[HUMAN].slab(PLANE).expression("DRD1")
    (rows,) = atlas.cache.rglob("rows-*.npy")
    whole = np.load(rows)
    said: list[str] = []
    rows.write_bytes(rows.read_bytes()[:-8])
    assert atlas[HUMAN].slab(PLANE).expression("DRD1").equals(expected)
    for other in (whole[:-1], whole.astype("i4")):
        np.save(rows, other)
        assert atlas[HUMAN].slab(PLANE).expression("DRD1").equals(expected)
        assert np.array_equal(np.load(rows), whole)
    # One that is sound is used: nothing is matched again.
    task = Task(lambda progress: said.append(progress.what))
    assert open_atlas(tmp_path / "b")[HUMAN].slab(PLANE).expression("DRD1", task=task).equals(expected)
    assert not [what for what in said if what.startswith("Matching")]


def test_a_gene_of_a_slab_that_shares_no_cell(tmp_path):
    folder = hmba(tmp_path / "b")
    folder.matrix(HUMAN, HUMAN.removeprefix("HMBA-"), ["a", "b"], ["ENSG1", "ENSG2"], [[1, 2], [3, 4]])
    slab = human(folder).slab(PLANE)
    assert len(slab.cells) == 3
    with pytest.raises(ExpressionError, match="No cell of D"):
        slab.expression("DRD1")


def test_a_gene_that_the_table_lists_and_the_matrix_lacks(tmp_path):
    folder = hmba(tmp_path / "b")
    folder.matrix(HUMAN, HUMAN.removeprefix("HMBA-"), ["1_1-20250227"], ["ENSG2"], [[1]])
    with pytest.raises(ExpressionError, match="lacks it"):
        human(folder).slab(PLANE).expression("DRD1")


def test_missing_optional_tables_are_said(tmp_path):
    folder = hmba(tmp_path / "b")
    folder.remove(HUMAN, "metadata", "cell_anatomical_annotations")
    folder.remove(HUMAN, "metadata", "value_sets")
    folder.remove(HUMAN, "metadata", "gene")
    folder.remove(TAXONOMY, "metadata", "cluster_annotation_term")
    slab = human(folder).slab(PLANE)
    assert len(slab.cells) == 3
    assert "region" not in slab.cells
    said = " ".join(slab.notes)
    for name in ("cell_anatomical_annotations", "value_sets", "gene table", "cluster_annotation_term"):
        assert name in said
    assert slab.regions["color"].tolist() == ["#808080"]


def test_a_release_without_a_needed_table_is_unavailable(tmp_path):
    folder = hmba(tmp_path / "b")
    folder.remove(HUMAN, "metadata", "slab_plane_coordinates")
    atlas = open_atlas(folder.write())
    row = atlas.datasets.loc[HUMAN]
    assert not row["available"]
    assert "slab_plane_coordinates" in row["reason"]
    with pytest.raises(UnknownNameError, match="slab_plane_coordinates"):
        atlas[HUMAN].slab(PLANE)


def test_marmoset_has_columns_of_its_own(tmp_path):
    folder = hmba(tmp_path / "b", MARMOSET)
    folder.tables(
        MARMOSET,
        {
            "slab_plane_coordinates": "cell_label,brain_section_label,x_rotated_um,y_rotated_um,"
            "slab_plane_label,x_slab_mm,y_slab_mm\n1_1-20250227,wrong,2935.9,-7974.9,wrong,22.3,13.1\n"
        },
    )
    slab = open_atlas(folder.write())[MARMOSET].slab(PLANE)
    row = slab.cells.loc["1_1-20250227"]
    assert (row["x"], row["y"], row["x_rotated_um"]) == (22.3, 13.1, 2935.9)
    assert row["brain_section_label"] == "D.S.01.01.01"
    assert [frame.name for frame in slab.frames] == ["slab", "experiment", "rotated"]


def test_the_mouse_brain_is_an_entry_of_another_shape(tmp_path):
    atlas = open_atlas(mouse(tmp_path / "b").write())
    dataset = atlas[MOUSE]
    assert dataset.slabs["slab"].tolist() == [
        "C57BL6J-638850.13",
        "C57BL6J-638850.37",  # by z
        "All sections",
    ]
    slab = dataset.slab("C57BL6J-638850.37")
    assert slab.cells.index.tolist() == ["101917", "1019171907102340387-1"]
    assert slab.cells["Class"].tolist() == ["CN LGE GABA", "Astro-Epen"]
    assert slab.cells.loc["101917", ["x", "y", "z_section", "x_ccf"]].tolist() == [7.2, 4.1, 6.6, 12.2]
    assert slab.cells.loc["1019171907102340387-1", ["x_ccf"]].isna().all()
    assert [frame.name for frame in slab.frames] == ["section", "reconstructed", "ccf"]
    # From the section's own matrix, not from the whole brain's, which says 77.
    assert slab.expression("Prkcq")["Prkcq"].tolist() == [6, 21]
    assert dataset.slab("C57BL6J-638850.13").cells["Class"].tolist() == ["not assigned"]


def test_a_text_among_the_coordinates_of_another_frame_costs_that_frame_only(tmp_path):
    folder = mouse(tmp_path / "b")
    table = "cell_label,x,y,z\n101917,abc,6.9,7.3\n1019171907102340387-1,1.0,2.0,3.0\n"
    folder.tables(f"{MOUSE}-CCF", {"reconstructed_coordinates": table})
    slab = open_atlas(folder.write())[MOUSE].slab("C57BL6J-638850.37")
    assert [frame.name for frame in slab.frames] == ["section", "ccf"]
    assert "The frame Reconstructed is left out, as its coordinates are not all numbers." in slab.notes


@pytest.mark.parametrize("x", ["", "inf"])
def test_a_slab_without_a_cell_to_place_is_one_sentence(tmp_path, x):
    folder = mouse(tmp_path / "b")
    table = f"cell_label,x,y,z\n101917,{x},6.9,7.3\n"
    folder.tables(f"{MOUSE}-CCF", {"ccf_coordinates": table})
    said = r"None of the 3 cells of All sections has coordinates in the frame Allen CCFv3; .* section\."
    with pytest.raises(FormatError, match=said):
        open_atlas(folder.write())[MOUSE].slab("All sections")


def test_an_embedding_is_one_slab_where_the_table_that_splits_it_is_missing(tmp_path):
    name = "HMBA-10xMultiome-BG-Aligned"
    folder = ReleaseFolder(tmp_path / "b")
    cells = "cell_label,donor_label,library_label,feature_matrix_label\na,d,l,m\nb,d,l,m\n"
    folder.tables(name, {"cell_metadata": cells, "gene": HMBA_TABLES["gene"]})
    embedding = {"cell_2d_embedding_coordinates": "cell_label,x,y\na,1,2\nb,3,4\n"}
    folder.tables(TAXONOMY, {**TAXONOMY_TABLES, **embedding})
    folder.matrix(name, "m", ["a", "b"], ["ENSG1"], [[1], [2]])
    dataset = open_atlas(folder.write())[name]
    assert len(dataset.slab("AllSpecies").cells) == 2
    assert dataset.slabs["slab"].tolist() == ["AllSpecies"]
    with pytest.raises(UnknownNameError, match=r"did you mean AllSpecies\?"):
        dataset.slab("AllSpecies-all")


def test_the_whole_matrix_serves_where_sections_have_none(tmp_path):
    folder = mouse(tmp_path / "b")
    del folder.listing[f"{MOUSE}-sections"]
    slab = open_atlas(folder.write())[MOUSE].slab("C57BL6J-638850.37")
    assert slab.expression("Prkcq")["Prkcq"].tolist() == [77, 77]


def test_names_that_are_not_there(tmp_path):
    atlas = open_atlas(hmba(tmp_path / "b").write())
    with pytest.raises(UnknownNameError, match=HUMAN):
        atlas["HMBA-MERSCOPE-H22"]
    with pytest.raises(UnknownNameError, match=PLANE):
        atlas[HUMAN].slab("D.S.Plane.1")
    with pytest.raises(UnknownNameError, match=r"D\.S\.Plane\.99"):
        atlas[HUMAN].slab("D.S.Plane.99")


def test_a_truncated_table_is_refused_and_nothing_is_kept(tmp_path):
    folder = hmba(tmp_path / "b")
    atlas = open_atlas(folder.write())
    path = folder.path("metadata", HUMAN, "slab_plane_coordinates.csv")
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    with pytest.raises(IntegrityError, match=r"slab_plane_coordinates\.csv"):
        atlas[HUMAN].slab(PLANE)
    assert list(atlas.cache.rglob("*.parquet")) == []
    path.write_bytes(whole)
    assert len(atlas[HUMAN].slab(PLANE).cells) == 3


def test_a_malformed_table_with_the_right_checksum(tmp_path):
    folder = hmba(tmp_path / "b")
    folder.tables(HUMAN, {"cell_metadata": "cell_label,brain_section_label\na,b,c\n"})
    with pytest.raises(FormatError, match=r"cell_metadata\.csv"):
        human(folder).slab(PLANE)


def test_a_damaged_cell_store_is_built_again(tmp_path):
    atlas = open_atlas(hmba(tmp_path / "b").write())
    atlas[HUMAN].slab(PLANE)
    (store,) = atlas.cache.rglob("*.parquet")
    store.write_bytes(b"PAR1 no more")
    assert len(atlas[HUMAN].slab(PLANE).cells) == 3


def test_a_new_version_of_a_table_makes_a_new_store(tmp_path):
    folder = hmba(tmp_path / "b")
    assert human(folder).slab(PLANE).cells.loc["1_1-20250227", "x"] == 1
    table = folder.path("metadata", HUMAN, "slab_plane_coordinates.csv").read_text()
    folder.tables(HUMAN, {"slab_plane_coordinates": table.replace("Plane.10,1.0", "Plane.10,1.5")})
    assert human(folder).slab(PLANE).cells.loc["1_1-20250227", "x"] == 1.5


def test_cancel_stops_opening(tmp_path):
    dataset = human(hmba(tmp_path / "b"))
    task = Task(lambda progress: task.cancel())
    with pytest.raises(Cancelled):
        dataset.slab(PLANE, task)
    assert len(dataset.slab(PLANE).cells) == 3


def test_sizes_and_what_is_on_disk(tmp_path):
    folder = hmba(tmp_path / "b")
    dataset = human(folder)
    files = [path for path in folder.root.rglob("*.*") if path.is_file() and path.name != "manifest.json"]
    on_disk = sum(path.stat().st_size for path in files)
    assert dataset.bytes == dataset.cached_bytes == on_disk
    assert dataset.opening_bytes() == 0


def test_every_error_is_one_sentence(tmp_path):
    dataset = human(hmba(tmp_path / "b"))
    for ask in (lambda: dataset.slab("x"), lambda: dataset.slab(PLANE).coloring("nothing")):
        with pytest.raises(AbcError) as caught:
            ask()
        assert "\n" not in str(caught.value)
        assert str(caught.value).endswith((".", "?"))
