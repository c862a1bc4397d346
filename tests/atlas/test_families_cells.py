"""What is peculiar to each family of single cells, on the synthetic release."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import napari_abc as abc
from napari_abc.errors import UnknownNameError
from napari_abc.task import Task

WHOLE = "UMAP20230830-WholeBrain"
THALAMUS = "UMAP20230830-TH-EPI-Glut"
ALIGNED = "HMBA-10xMultiome-BG-Aligned"


@pytest.fixture(scope="module")
def atlas(release_folder, tmp_path_factory):
    return abc.open_atlas(release_folder, cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def table(release_folder):
    def read(directory, name, **options):
        newest = max((release_folder / "metadata" / directory).iterdir())
        path = next(newest.rglob(f"{name}.csv"))
        return pd.read_csv(path, dtype=str, keep_default_na=False, **options)

    return read


def terms(table, directory, aliases, level):
    """Name of the term of each alias at a level, straight from the tables."""
    members = table(directory, "cluster_to_cluster_annotation_membership")
    sets = table(directory, "cluster_annotation_term_set").set_index("name")["label"]
    members = members[members["cluster_annotation_term_set_label"] == sets[level]]
    names = table(directory, "cluster_annotation_term").set_index("label")["name"]
    of_alias = members.set_index("cluster_alias")["cluster_annotation_term_label"].map(names)
    return aliases.map(of_alias)


@pytest.mark.parametrize(
    ("dataset", "label"),
    [
        ("WMB-10X", WHOLE),
        ("WMB-10X", THALAMUS),
        ("Consensus-WMB", "WholeBrain"),
        ("Consensus-WMB", "TH-EPI-Glut"),
        (ALIGNED, "AllSpecies"),
        (f"{ALIGNED.removesuffix('-Aligned')}-Macaque", "Macaque"),
        ("WHB-10Xv3", "WholeBrain"),
        ("Zeng-Aging-Mouse-10Xv3", "WholeBrain"),
        ("ASAP-PMDBS-10X", "AllCells"),
        ("SEA-AD-CaH-10X", "AllCells"),
    ],
)
def test_an_embedding_is_a_slab_whose_y_grows_up(atlas, dataset, label):
    slab = atlas[dataset].slab(label)
    assert len(slab.cells) > 100
    assert atlas[dataset].kind == "embedding"
    assert (slab.frame.name, slab.frame.unit, slab.frame.y_down, slab.frame.ndim) == ("UMAP", "", False, 2)
    assert slab.cells.index.is_unique
    assert any(slab.color_keys().values())
    for columns in slab.color_keys().values():
        for column in columns:
            coloring = slab.coloring(column)
            assert len(getattr(coloring, "codes", getattr(coloring, "values", ()))) == len(slab.cells)
    gene = slab.genes.index[0]
    assert slab.values
    for values in slab.values:
        assert np.isfinite(slab.expression(gene, values)[gene]).any()


def test_the_whole_brain_and_its_neighborhoods(atlas, table):
    dataset = atlas["WMB-10X"]
    listing = table("WMB-neighborhoods", "dimension_reduction").set_index("label")
    slabs = dataset.slabs
    assert slabs["slab"].iloc[0] == WHOLE  # the one whose coordinates are columns of the cells
    assert set(slabs["slab"]) == set(listing.index)
    for label in slabs["slab"]:
        assert slabs.loc[label, "cells"] == int(listing.loc[label, "number_of_cells"])
        coordinates = table("WMB-neighborhoods", label).set_index("cell_label")
        slab = dataset.slab(label)
        assert set(slab.cells.index) == set(coordinates.index)
        assert slab.cells["x"].tolist() == coordinates.loc[slab.cells.index, "x"].astype(float).tolist()


def test_numbers_of_cells_are_known_before_a_table_of_cells_is_fetched(http_server, tmp_path):
    dataset = abc.open_atlas(http_server.url, cache=tmp_path)["WMB-10X"]
    slabs = dataset.list_slabs(fetch_cells=False)
    assert slabs["slab"].iloc[0] == WHOLE
    assert slabs["cells"].gt(100).all()
    fetched = {path.name for path in tmp_path.rglob("*.csv")}
    assert fetched == {"dimension_reduction.csv"}
    cost = dataset.opening_bytes(WHOLE)
    assert dataset.opening_bytes(THALAMUS) > cost > 0


def test_cells_of_the_mouse_brain_lie_in_packages(atlas, table):
    slab = atlas["WMB-10X"].slab(WHOLE)
    cells = table("WMB-10X", "cell_metadata").set_index("cell_label").loc[slab.cells.index]
    examples = set(table("WMB-10X", "example_genes_all_cells_expression").columns)
    gene = next(identifier for identifier, row in slab.genes.iterrows() if row["gene_symbol"] not in examples)
    values = slab.expression(gene)[gene]
    assert np.isfinite(values).all()
    # The same from each package alone.
    for package in cells["feature_matrix_label"].unique():
        mine = (cells["feature_matrix_label"] == package).to_numpy()
        part = slab.expression_source.read([gene], "log2", Task(), mine)[:, 0]
        assert np.array_equal(part[mine], values.to_numpy()[mine])


def test_an_empty_column_and_ids_are_not_kept(atlas):
    cells = atlas["WMB-10X"].slab(WHOLE).cells
    assert not {"brain_section_label", "cell_barcode", "abc_sample_id"} & set(cells)


def test_regions_of_interest_take_their_colors_from_their_own_table(atlas, table):
    palette = atlas["WMB-10X"].slab(WHOLE).palettes["region_of_interest_acronym"]
    known = table("WMB-10X", "region_of_interest_metadata").set_index("acronym")
    known["place"] = known["region_of_interest_order"].astype(int)
    places = [known.loc[name, "place"] for name in palette.names]
    assert places == sorted(places)
    assert list(palette.colors) == [
        known.loc[name, "region_of_interest_color"].lower() for name in palette.names
    ]


def test_an_alias_is_not_the_number_in_a_name(atlas, table):
    slab = atlas["WMB-10X"].slab(WHOLE)
    aliases = table("WMB-10X", "cell_metadata").set_index("cell_label").loc[slab.cells.index, "cluster_alias"]
    for level in ("class", "cluster"):
        assert slab.cells[level].astype(str).tolist() == terms(table, "WMB-taxonomy", aliases, level).tolist()


def test_the_consensus_borrows_matrices(atlas, table, release_folder):
    dataset = atlas["Consensus-WMB"]
    slab = dataset.slab("WholeBrain")
    own = table("Consensus-WMB-Macosko-10X", "cell_metadata")
    borrowed = table("Consensus-WMB-AIBS-10X", "cell_metadata")
    assert set(slab.cells.index) <= set(own["cell_label"]) | set(borrowed["cell_label"])
    assert not (release_folder / "expression_matrices" / "Consensus-WMB-AIBS-10X").exists()
    directories = set(slab.cells["dataset_label"])
    assert directories == {"Consensus-WMB-Macosko-10X", "WMB-10Xv2", "WMB-10Xv3"}
    mouse = atlas["WMB-10X"].slab(WHOLE)
    shared = slab.cells.index.intersection(mouse.cells.index)
    assert len(shared) > 100
    gene = next(iter(set(slab.genes.index) & set(mouse.genes.index)))
    one, other = slab.expression(gene)[gene], mouse.expression(gene)[gene]
    assert one.loc[shared].tolist() == pytest.approx(other.loc[shared].tolist(), abs=1e-5)
    assert set(dataset.files()) >= set(atlas["WMB-10X"]._files.matrices())


def test_the_consensus_has_aliases_of_its_own(atlas, table):
    slab = atlas["Consensus-WMB"].slab("WholeBrain")
    members = table("Consensus-WMB-integrated-taxonomy", "cell_to_cluster_membership").set_index("cell_label")
    aliases = members["cluster_alias"].reindex(slab.cells.index)
    expected = terms(table, "Consensus-WMB-integrated-taxonomy", aliases, "cluster").fillna("not assigned")
    assert slab.cells["cluster"].astype(str).tolist() == expected.tolist()
    assert slab.groups["Taxonomy"][:2] == ("neurotransmitter", "neighborhood")


def test_the_consensus_under_the_name_of_its_draft(release_folder, tmp_path):
    import json
    import shutil

    folder = tmp_path / "bucket"
    shutil.copytree(release_folder, folder, copy_function=lambda a, b: shutil.os.link(a, b))
    manifest = max((folder / "releases").iterdir()) / "manifest.json"
    text = manifest.read_text().replace('"Consensus-WMB-', '"Consensus-Mouse-')
    manifest.unlink()
    content = json.loads(text)
    assert "Consensus-Mouse-Macosko-10X" in content["file_listing"]
    manifest.write_text(text)
    dataset = abc.open_atlas(folder, cache=tmp_path / "cache")["Consensus-WMB"]
    slab = dataset.slab("WholeBrain")
    gene = slab.genes.index[0]
    assert np.isfinite(slab.expression(gene)[gene]).all()


def test_primates_share_an_embedding_and_each_is_a_slab(atlas, table):
    slabs = atlas[ALIGNED].slabs
    assert slabs["slab"].tolist() == [
        "AllSpecies",
        "AllSpecies-Human",
        "AllSpecies-Macaque",
        "AllSpecies-Marmoset",
    ]
    assert slabs["cells"].iloc[1:].sum() == slabs["cells"].iloc[0]
    human = atlas[ALIGNED].slab("AllSpecies-Human")
    assert set(human.cells["species_genus"]) == {"Human"}
    assert human.genes.index.str.startswith("NCBIGene:").all()
    donors = table(ALIGNED, "donor").set_index("donor_label")["species_genus"]
    libraries = human.cells["donor_label"].astype(str).map(donors)
    assert set(libraries) == {"Human"}
    with pytest.raises(
        UnknownNameError, match="has no embedding 'AllSpecies-Nonsense'; did you mean AllSpecies"
    ):
        atlas[ALIGNED].slab("AllSpecies-Nonsense")


def test_aliases_of_primates_are_words_and_some_cells_have_none(atlas, table):
    slab = atlas[ALIGNED].slab("AllSpecies")
    aliases = table("HMBA-BG-taxonomy-CCN20250428", "cell_to_cluster_membership").set_index("cell_label")
    aliases = aliases["cluster_alias"].reindex(slab.cells.index)
    assert aliases.dropna().str.match(r"[A-Z][a-z]+-\d+$").all()
    expected = terms(table, "HMBA-BG-taxonomy-CCN20250428", aliases, "Class").fillna("not assigned")
    assert slab.cells["Class"].astype(str).tolist() == expected.tolist()
    assert (slab.cells["Class"] == "not assigned").any()


@pytest.mark.parametrize("species", ["Human", "Macaque", "Marmoset"])
def test_each_primate_has_a_matrix_and_genes_of_its_own(atlas, table, species):
    slab = atlas[f"HMBA-10xMultiome-BG-{species}"].slab(species)
    assert set(slab.cells["feature_matrix_label"]) == {f"HMBA-10xMultiome-BG-{species}"}
    genes = table("HMBA-10xMultiome-BG", f"{species.lower()}_gene")
    assert slab.genes.index.tolist() == genes["gene_identifier"].tolist()
    assert any(f"{len(slab.cells):,} of " in note for note in slab.notes)


def test_levels_of_the_human_brain_are_sorted_and_the_leaf_is_the_subcluster(atlas, table):
    slab = atlas["WHB-10Xv3"].slab("WholeBrain")
    sets = table("WHB-taxonomy", "cluster_annotation_term_set")
    assert sets["order"].astype(int).tolist() != sorted(sets["order"].astype(int))  # as they lie there
    assert slab.groups["Taxonomy"] == ("supercluster", "cluster", "subcluster", "neurotransmitter")
    cells = table("WHB-10Xv3", "cell_metadata").set_index("cell_label").loc[slab.cells.index]
    for level in ("supercluster", "subcluster"):
        expected = terms(table, "WHB-taxonomy", cells["cluster_alias"], level)
        assert slab.cells[level].astype(str).tolist() == expected.tolist()
    # A slab of tissue, which is not a section to be opened.
    assert "brain_section_label" in slab.cells
    assert atlas["WHB-10Xv3"].slabs["slab"].tolist() == ["WholeBrain"]
    assert cells["feature_matrix_label"].nunique() == 2
    assert np.isfinite(slab.expression(slab.genes.index[0]).to_numpy()).all()


def test_aging_has_clusters_of_its_own_and_a_second_taxonomy_for_some_cells(atlas, table):
    slab = atlas["Zeng-Aging-Mouse-10Xv3"].slab("WholeBrain")
    cells = table("Zeng-Aging-Mouse-10Xv3", "cell_metadata").set_index("cell_label").loc[slab.cells.index]
    own = table("Zeng-Aging-Mouse-WMB-taxonomy", "cell_cluster_mapping_annotations").set_index("cell_label")
    assert slab.groups["Taxonomy"] == ("class", "subclass", "supertype", "cluster")
    assert slab.cells["cluster"].astype(str).tolist() == own.loc[slab.cells.index, "cluster_name"].tolist()
    assert slab.palettes["cluster"].taxonomy == "Zeng-Aging-Mouse-WMB-taxonomy"
    mapped = slab.cells["WMB class"].astype(str)
    assert slab.palettes["WMB class"].taxonomy == "WMB-taxonomy"
    without = cells["wmb_cluster_alias"] == ""
    assert 0 < without.sum() < len(cells)
    assert (mapped[without.to_numpy()] == "not assigned").all()
    aliases = cells.loc[~without, "wmb_cluster_alias"].str.removesuffix(".0")
    assert mapped[~without.to_numpy()].tolist() == terms(table, "WMB-taxonomy", aliases, "class").tolist()


def test_colors_of_aging_come_from_a_table_with_a_row_a_cell(atlas, table):
    slab = atlas["Zeng-Aging-Mouse-10Xv3"].slab("WholeBrain")
    colors = table("Zeng-Aging-Mouse-10Xv3", "cell_annotation_colors").set_index("cell_label")
    for column in ("donor_age_category", "anatomical_division"):
        name = column if column in slab.cells else f"{column}_label"
        palette = slab.palettes[name]
        shown = slab.cells[name].astype(str).map(dict(zip(palette.names, palette.colors, strict=True)))
        assert shown.tolist() == colors.loc[slab.cells.index, f"{column}_color"].str.lower().tolist()
    assert {"odds_ratio", "log2_odds_ratio"} <= set(slab.cells)
    assert pd.api.types.is_numeric_dtype(slab.cells["log2_odds_ratio"])
    # It has no gene table of its own.
    assert slab.genes.index.equals(atlas["WMB-10X"].slab(WHOLE).genes.index)


def test_mapped_labels_of_two_taxonomies_keep_apart_from_the_clusters(atlas, table):
    slab = atlas["ASAP-PMDBS-10X"].slab("AllCells")
    cells = table("ASAP-PMDBS-10X", "cell_metadata").set_index("cell_label").loc[slab.cells.index]
    assert slab.cells["cluster_label"].astype(str).tolist() == cells["cluster_label"].tolist()
    palette = slab.palettes["cluster_label"]
    places = dict(zip(cells["cluster_label"], cells["cluster_label_order"].astype(int), strict=True))
    assert [places[name] for name in palette.names] == sorted(places.values())
    mapped = table("ASAP-PMDBS-taxonomy", "mmc_results_siletti_whb", comment="#").set_index("cell_label")
    mapped = mapped.reindex(slab.cells.index)
    names = mapped["supercluster_name"].fillna("not assigned")
    assert slab.cells["WHB supercluster"].astype(str).tolist() == names.tolist()
    probability = mapped["supercluster_bootstrapping_probability"].astype(float)
    coloring = slab.coloring("WHB supercluster_bootstrapping_probability")
    assert np.array_equal(coloring.values, probability.to_numpy(dtype=np.float32), equal_nan=True)
    assert slab.palettes["WHB supercluster"].taxonomy == "WHB-taxonomy"
    assert {palette.taxonomy for palette in slab.palettes.values()} >= {"WHB-taxonomy", "SEAAD-taxonomy"}


def test_only_cells_used_in_the_analysis_are_shown_and_that_is_said(atlas, table):
    for dataset in ("SEA-AD-CaH-10X", "SEA-AD-CaH-Xenium"):
        cells = table(dataset, "cell_metadata").set_index("cell_label")
        used = cells["Used in analysis"] == "True"
        assert 0 < used.sum() < len(used)
        labels = atlas[dataset].slabs["slab"]
        slabs = [atlas[dataset].slab(label) for label in labels]
        assert set().union(*(slab.cells.index for slab in slabs)) == set(cells.index[used])
        note = f"{used.sum():,} of {len(used):,} cells count: those whose Used in analysis is true."
        assert all(note in slab.notes for slab in slabs)


def test_the_caudate_sections_are_ordered_by_their_specimens(atlas, table):
    dataset = atlas["SEA-AD-CaH-Xenium"]
    order = table("SEA-AD-CaH-Xenium", "specimen_metadata").set_index("brain_section_label")
    order = order["brain_section_order"].astype(int).sort_values()
    assert dataset.slabs["slab"].tolist() == order.index.tolist()
    slab = dataset.slab(order.index[0])
    assert (slab.frame.unit, slab.frame.y_down) == ("micrometer", True)
    assert slab.values == ("log2", "raw")  # in a matrix whose name is not the directory's
    assert slab.palettes["Supertype"].taxonomy == "SEA-AD-CaH-taxonomy"
    assert "Braak" in slab.groups["Sample"]


def test_a_taxonomy_of_three_levels_whose_leaf_is_the_supertype(atlas):
    slab = atlas["SEA-AD-CaH-10X"].slab("AllCells")
    assert slab.groups["Taxonomy"] == ("Neighborhood", "Subclass", "Supertype")


def test_datasets_that_an_older_release_lacks_say_so(release_folder, tmp_path):
    oldest = min(path.name for path in (release_folder / "releases").iterdir())
    table = abc.open_atlas(release_folder, cache=tmp_path, release=oldest).datasets
    absent = table[~table["available"]]
    assert "SEA-AD-CaH-Xenium" in absent.index
    assert absent["reason"].str.contains(oldest).all()
    assert table.loc["WMB-10X", "available"]
