"""What is peculiar to each spatial family of the atlas, on the synthetic release."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import napari_abc as abc

MERFISH = "MERFISH-C57BL6J-638850"
ZHUANG = "Zhuang-ABCA-1"
SAGITTAL = "Zhuang-ABCA-3"


@pytest.fixture(scope="module")
def atlas(release_folder, tmp_path_factory):
    return abc.open_atlas(release_folder, cache=tmp_path_factory.mktemp("cache"))


def table(release_folder, directory, name, **options):
    newest = max((release_folder / "metadata" / directory).iterdir())
    path = next(newest.rglob(f"{name}.csv"))
    return pd.read_csv(path, dtype={"cell_label": str}, **options).set_index("cell_label")


@pytest.fixture(scope="module")
def section(atlas):
    return atlas[MERFISH].slab("C57BL6J-638850.37")


def test_merfish_has_three_frames_in_millimeters_with_y_down(section, release_folder):
    assert [frame.name for frame in section.frames] == ["section", "reconstructed", "ccf"]
    assert {frame.unit for frame in section.frames} == {"millimeter"}
    assert all(frame.y_down for frame in section.frames)
    measured = table(release_folder, MERFISH, "cell_metadata").loc[section.cells.index]
    assert section.cells["x"].tolist() == measured["x"].tolist()
    assert section.cells["y"].tolist() == measured["y"].tolist()


@pytest.mark.parametrize(
    ("frame", "name", "columns"),
    [
        ("reconstructed", "reconstructed_coordinates", ["x", "y"]),
        # x of the CCF runs from front to back: into the depth of a coronal view, which has z across.
        ("ccf", "ccf_coordinates", ["z", "y", "x"]),
    ],
)
def test_merfish_in_another_frame(section, release_folder, frame, name, columns):
    slab = section.in_frame(frame)
    expected = table(release_folder, f"{MERFISH}-CCF", name)
    assert 0 < len(slab.cells) < len(section.cells)
    assert slab.unplaced == len(section.cells) - len(slab.cells)
    assert slab.cells.index.isin(expected.index).all()
    known = expected.loc[slab.cells.index]
    for axis, column in zip("xyz", columns, strict=False):
        assert slab.cells[axis].tolist() == known[column].tolist()
    # And back, with nothing mixed up.
    back = slab.in_frame("section")
    assert back.cells["x"].tolist() == section.cells.loc[back.cells.index, "x"].tolist()


def test_values_follow_the_cells_into_another_frame(section):
    gene = section.genes.index[0]
    whole = section.expression(gene)[gene]
    part = section.in_frame("ccf")
    assert part.expression(gene)[gene].equals(whole.loc[part.cells.index])


def test_sections_are_ordered_by_depth_and_not_by_number(atlas, release_folder):
    measured = table(release_folder, MERFISH, "cell_metadata")
    depth = measured.groupby("brain_section_label")["z"].first().sort_values()
    slabs = atlas[MERFISH].slabs
    assert slabs["slab"].tolist() == [*depth.index, "All sections"]
    assert slabs["order"].tolist()[:-1] == depth.tolist()


def test_all_sections_are_the_registered_cells_in_three_dimensions(atlas, release_folder):
    slab = atlas[MERFISH].slab("All sections")
    expected = table(release_folder, f"{MERFISH}-CCF", "ccf_coordinates")
    assert slab.frame.ndim == 3
    assert slab.frame.axis_labels == ("x_ccf", "y_ccf", "z_ccf")
    measured = table(release_folder, MERFISH, "cell_metadata")
    assert set(slab.cells.index) == set(expected.index) & set(measured.index)
    assert slab.cells["z"].tolist() == expected.loc[slab.cells.index, "x"].tolist()
    assert len(slab.cells) + slab.unplaced == len(measured)
    assert slab.cells["brain_section_label"].nunique() == measured["brain_section_label"].nunique()
    gene = slab.genes.index[0]
    values = slab.expression(gene)[gene]
    for label in measured["brain_section_label"].unique():
        part = atlas[MERFISH].slab(label)
        mine = values.index.intersection(part.cells.index)
        assert values.loc[mine].equals(part.expression(gene)[gene].loc[mine])


def test_parcellation_of_the_cells(section, release_folder):
    columns = section.groups["Parcellation"]
    levels = ("organ", "category", "division", "structure", "substructure")
    assert columns == tuple(f"parcellation_{level}" for level in levels)
    index = table(release_folder, f"{MERFISH}-CCF", "reconstructed_coordinates")["parcellation_index"]
    newest = max((release_folder / "metadata" / "Allen-CCF-2020").iterdir())
    names = pd.read_csv(
        next(newest.rglob("parcellation_to_parcellation_term_membership_acronym.csv")), keep_default_na=False
    ).set_index("parcellation_index")
    for level in levels:
        shown = section.cells[f"parcellation_{level}"].astype(str)
        registered = shown.index.isin(index.index)
        assert 0 < registered.sum() < len(registered)
        assert (shown[~registered] == "not assigned").all()
        assert shown[registered].tolist() == names.loc[index.loc[shown.index[registered]], level].tolist()
        assert section.palettes[f"parcellation_{level}"].taxonomy == "Allen-CCF-2020"


def test_a_term_named_na_is_a_term(section):
    palette = section.palettes["neurotransmitter"]
    assert "NA" in palette.names
    assert palette.colors[palette.names.index("NA")] == "#666666"
    assert palette.names[-1] == "not assigned"


def test_labels_that_look_like_numbers_stay_exact(atlas, release_folder):
    for name in (MERFISH, ZHUANG):
        path = max((release_folder / "metadata" / name).iterdir()) / "cell_metadata.csv"
        with path.open() as lines:
            header = next(lines).rstrip().split(",")
            exact = {line.split(",")[header.index("cell_label")] for line in lines}
        shown = set()
        for label in atlas[name].slabs["slab"][:-1]:
            shown |= set(atlas[name].slab(label).cells.index)
        assert shown == exact
    assert max(map(len, shown)) == 39


def test_imputed_genes_are_those_of_their_own_panel(atlas, section):
    imputed = atlas[f"{MERFISH}-imputed"]
    slab = imputed.slab(section.label)
    assert slab.cells.index.equals(section.cells.index)
    assert slab.values == ("log2",)
    own = set(slab.genes.index) - set(section.genes.index)
    assert own
    assert not slab.genes["gene_symbol"].str.startswith("Blank").any()
    gene = min(own)
    assert np.isfinite(slab.expression(gene)[gene]).all()
    assert not slab.expression_source.index_missing("log2")  # never made by itself


def test_zhuang_sections_that_share_a_depth_are_kept_apart(atlas, release_folder):
    slabs = atlas[ZHUANG].slabs.iloc[:-1]
    assert (slabs["order"] == 0).sum() >= 2
    assert slabs["order"].is_monotonic_increasing
    measured = table(release_folder, ZHUANG, "cell_metadata")
    counted = measured.groupby("brain_section_label").size()
    assert slabs["cells"].to_dict() == counted.to_dict()


def test_zhuang_is_registered_in_a_directory_of_its_own(atlas, release_folder):
    dataset = atlas[ZHUANG]
    expected = table(release_folder, f"{ZHUANG}-CCF", "ccf_coordinates")
    whole = dataset.slab("All sections")
    assert whole.cells["x"].tolist() == expected.loc[whole.cells.index, "z"].tolist()
    unregistered = [
        label
        for label in dataset.slabs["slab"][:-1]
        if not dataset.slab(label).cells.index.isin(expected.index).any()
    ]
    assert unregistered
    # A frame without a cell is not offered.
    assert [frame.name for frame in dataset.slab(unregistered[0]).frames] == ["section"]


def test_zhuang_cells_carry_confidence_and_the_mouse_taxonomy(atlas):
    slab = atlas[SAGITTAL].slab(atlas[SAGITTAL].slabs["slab"].iloc[0])
    metadata = {column for columns in slab.color_keys().values() for column in columns}
    assert {"subclass_confidence_score", "cluster_confidence_score", "high_quality_transfer"} <= metadata
    assert slab.palettes["class"].taxonomy == "WMB-taxonomy"
    assert not slab.genes["gene_symbol"].str.contains("blank", case=False).any()
