"""MERSCOPE folders: the real ones, generated ones of every layout, and hostile ones."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pandas as pd
import pytest
import shapely
import tifffile

from napari_abc.errors import (
    AbcError,
    Cancelled,
    ConfigurationError,
    ExpressionError,
    FormatError,
    MissingFileError,
    UnknownNameError,
)
from napari_abc.task import Task
from napari_abc.vendors import _merscope as module
from napari_abc.vendors._merscope import MerscopeFolder, open_merscope
from napari_abc.vendors.registry import find_vendor
from project import cut_and_whole

if TYPE_CHECKING:
    from pathlib import Path

    from napari_abc.model import Slab

TUMOR, SMALL = "merscope/brain-tumor-150", "merscope/smallset-24"

tumors = pytest.mark.parametrize("folder", cut_and_whole(TUMOR))
smalls = pytest.mark.parametrize("folder", cut_and_whole(SMALL))


def open_(path: Path, **options: Any) -> Slab:
    return open_merscope(path, Task(), **options)


def said(slab: Slab, text: str) -> bool:
    return any(text in note for note in slab.notes)


def inside(slab: Slab, dx: float = 0.0, flip: bool = False) -> float:
    """Share of outlined cells whose coordinates lie within their own outline, after a move or a flip."""
    outlines = slab.outlines
    assert outlines is not None
    x, y = slab.cells["x"].to_numpy() + dx, slab.cells["y"].to_numpy()
    if flip:
        y = y.min() + y.max() - y
    crossings = np.zeros(len(x), int)  # even-odd, as cells have holes and several parts
    for i, row in enumerate(outlines.cell):
        ring = shapely.Polygon(outlines.vertices[outlines.offsets[i] : outlines.offsets[i + 1]])
        crossings[row] += shapely.contains_xy(ring, x[row], y[row])
    return float((crossings % 2).sum() / len(np.unique(outlines.cell)))


def seen(slab: Slab, number: int, flip: str = "") -> np.ndarray:
    """Values of an image where the cells are, those that it covers."""
    volume = slab.images[number]
    image = np.asarray(volume.levels[0]).astype(float)
    places = {axis: slab.cells[axis].to_numpy() for axis in "yx"}
    if flip:
        places[flip] = places[flip].min() + places[flip].max() - places[flip]
    row, column = (
        np.round((places[axis] - volume.translate[i]) / volume.scale[i]).astype(int)
        for i, axis in enumerate("yx")
    )
    covered = (row >= 0) & (row < image.shape[0]) & (column >= 0) & (column < image.shape[1])
    assert covered.mean() > 0.9
    values: np.ndarray = image[row[covered], column[covered]]
    return values


# -- real runs ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("folder", "gene"), [*cut_and_whole(TUMOR, "EGFR"), *cut_and_whole(SMALL, "notch2")])
def test_real_ids_are_exact_and_genes_are_theirs(folder: Path, gene: str) -> None:
    slab = open_(folder)
    truth = pd.read_csv(folder / "cell_metadata.csv", dtype=str).set_index("EntityID")
    assert slab.cells.index.tolist() == truth.index.tolist()
    assert (slab.cells.index.astype("int64") > 2**53).all()
    assert slab.cells.index.is_unique
    np.testing.assert_array_equal(slab.cells["x"], truth["center_x"].map(float))
    np.testing.assert_array_equal(slab.cells["y"], truth["center_y"].map(float))
    assert "fov" not in slab.cells  # a column without any value
    counts = pd.read_csv(folder / "cell_by_gene.csv", dtype={"cell": str}).set_index("cell")
    raw = slab.expression([gene], values="raw")
    np.testing.assert_array_equal(raw[gene], counts.loc[truth.index, gene.upper()])
    assert slab.frame.unit == "micrometer"
    assert (slab.dataset, slab.platform) == ("MERSCOPE", "MERSCOPE")


@tumors
def test_blanks_are_controls_and_do_not_count_into_totals(folder: Path) -> None:
    slab = open_(folder)
    controls = slab.genes.index[slab.genes["control"]]
    assert len(controls) == 39
    assert controls.str.startswith("Blank-").all()
    assert said(slab, "cell_by_gene.csv is used; there is also cell_by_gene.28af71c.csv")
    raw = slab.expression(list(slab.genes.index[~slab.genes["control"]]), values="raw")
    total = raw.sum(axis=1)
    expected = np.log2(1e4 * raw["EGFR"] / total.clip(lower=1) + 1)
    np.testing.assert_allclose(slab.expression(["EGFR"])["EGFR"], expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("folder", "share"),
    [*cut_and_whole(TUMOR, 147 / 150, whole=[0.95]), *cut_and_whole(SMALL, 21 / 22, whole=[0.98])],
)
def test_real_cells_lie_inside_their_outlines(folder: Path, share: float) -> None:
    # The center is that of the whole cell; on one plane, or where the file was cut out, a few lie outside.
    slab = open_(folder)
    assert inside(slab) >= share
    assert inside(slab, dx=20) < 0.1
    assert inside(slab, flip=True) < 0.1


@pytest.mark.parametrize(("folder", "number"), cut_and_whole(TUMOR, 129, whole=[851]))
def test_of_the_cells_away_from_the_cut_nearly_all_lie_inside(folder: Path, number: int) -> None:
    slab = open_(folder)
    cells = slab.cells
    within = cells["x"].between(6510, 6790) & cells["y"].between(1210, 1490)
    assert slab.outlines is not None
    row_kept = np.flatnonzero(within)
    rings = [
        (shapely.Polygon(slab.outlines.vertices[a:b]), row)
        for row, a, b in zip(
            slab.outlines.cell, slab.outlines.offsets[:-1], slab.outlines.offsets[1:], strict=True
        )
        if row in set(row_kept)
    ]
    hits = [shapely.contains_xy(ring, cells["x"].iloc[row], cells["y"].iloc[row]) for ring, row in rings]
    assert len(hits) >= number
    assert np.mean(hits) >= 0.99


@tumors
def test_real_mosaics_are_in_register_with_real_cells(folder: Path) -> None:
    slab = open_(folder)
    assert [volume.name for volume in slab.images] == [
        "DAPI z2",
        "Cellbound1 z3",
        "Cellbound2 z3",
        "Cellbound3 z3",
        "PolyT z3",
    ]
    assert [volume.visible for volume in slab.images] == [True, False, False, False, False]
    assert said(slab, "DAPI: showing z2 of z1, z2, z3.")
    # The tissue has a hole, which is dark, and no cell is in it; a flip puts many there.
    dark = 60
    image = np.asarray(slab.images[0].levels[0])
    assert 0.05 < (image < dark).mean() < 0.2
    assert (seen(slab, 0) < dark).mean() < 0.015  # those are on its edge
    for flip in "yx":
        assert (seen(slab, 0, flip) < dark).mean() > 0.03, flip


@smalls
def test_outlines_of_the_plane_that_is_asked_for(folder: Path) -> None:
    table = pd.read_parquet(folder / "cell_micron_space.parquet", columns=["EntityID", "ZIndex"])
    outlined = table.groupby("ZIndex")["EntityID"].nunique()
    slab = open_(folder)
    cells = len(slab.cells)
    assert outlined[3] < cells and outlined[0] < cells and outlined[3] != outlined[0]
    assert said(slab, "Cell outlines: showing z3 of z0, z1, z2, z3, z4, z5, z6.")
    assert said(slab, f"{outlined[3]} of {cells} cells have an outline on z3 in cell_micron_space.parquet.")
    first = open_(folder, z=0)
    assert said(first, f"{outlined[0]} of {cells} cells have an outline on z0")
    assert slab.outlines is not None
    assert first.outlines is not None
    assert len(slab.outlines.vertices) != len(first.outlines.vertices)
    with pytest.raises(UnknownNameError, match="no plane z7; there are: z0, z1"):
        open_(folder, z=7)


@tumors
def test_a_plane_of_one_stain_only(folder: Path) -> None:
    slab = open_(folder, z=1)
    assert [volume.name for volume in slab.images] == ["DAPI z1", "Cellbound2 z1"]
    assert said(slab, "PolyT has no plane z1 and is left out.")
    assert said(slab, "There are no cell outlines on z1, only on z3.")
    assert slab.outlines is None


@tumors
def test_hdf5_outlines_are_those_of_the_parquet_file(folder: Path, tmp_path: Path) -> None:
    whole = open_(folder)
    parquet = whole.outlines
    for name in ("cell_metadata.csv", "cell_by_gene.28af71c.csv"):
        shutil.copy(folder / name, tmp_path)
    (tmp_path / "cell_boundaries").mkdir()
    outlined = 0
    for path in (folder / "cell_boundaries").glob("*.hdf5"):
        shutil.copy(path, tmp_path / "cell_boundaries")
        with h5py.File(path) as file:
            outlined += sum("zIndex_3" in cell for cell in file["featuredata"].values())
    slab = open_(tmp_path, z=3)
    assert slab.outlines is not None
    assert parquet is not None
    assert said(slab, f"{outlined} of {len(whole.cells):,} cells have an outline on z3 in cell_boundaries.")
    where = {int(row): i for i, row in enumerate(parquet.cell)}
    same = 0
    for i, row in enumerate(slab.outlines.cell):
        j = where[int(row)]
        mine = shapely.Polygon(
            slab.outlines.vertices[slab.outlines.offsets[i] : slab.outlines.offsets[i + 1]]
        )
        theirs = shapely.Polygon(parquet.vertices[parquet.offsets[j] : parquet.offsets[j + 1]])
        same += mine.intersection(theirs).area > 0.95 * max(mine.area, theirs.area)
    assert same >= 0.97 * outlined > 0
    assert "CD69" in slab.genes.index  # only the other table has it


@pytest.mark.parametrize("folder", cut_and_whole("merscope/mosaics-512"))
def test_the_real_transform_places_mosaics(folder: Path, tmp_path: Path) -> None:
    if not list(folder.glob("*.tif")):  # the cut keeps the transform alone
        folder = shutil.copytree(folder, tmp_path / "run")
        for stain in ("Cellbound1", "Cellbound2", "DAPI"):
            for z in range(7):
                tifffile.imwrite(folder / f"mosaic_{stain}_z{z}.tif", np.full((512, 512), z, "u2"))
    slab = open_(folder)
    assert len(slab.cells) == 0
    assert said(slab, "no cells, only images")
    matrix = np.loadtxt(folder / "micron_to_mosaic_pixel_transform.csv")
    assert [volume.name for volume in slab.images] == ["DAPI z3", "Cellbound1 z3", "Cellbound2 z3"]
    for volume in slab.images:
        # pixel = matrix · micrometer; so the volume's corners go to pixels 0 and 511.
        for pixel in (0, 511):
            y, x = (volume.translate[i] + pixel * volume.scale[i] for i in (0, 1))
            np.testing.assert_allclose(matrix @ [x, y, 1], [pixel, pixel, 1], atol=1e-6)


# -- generated runs ----------------------------------------------------------------------------

IDS = ["9007199254740993", "9007199254740994", "9007199254740995"]


def write_run(folder: Path, first: str = "EntityID", infix: str = "", **columns: Any) -> Path:
    """Three cells of 10 µm at (5, 105), (25, 105) and (45, 105), and two genes and a blank."""
    folder.mkdir(parents=True, exist_ok=True)
    cells = pd.DataFrame({first: IDS, "fov": 1, "center_x": [5.0, 25, 45], "center_y": 105.0, **columns})
    cells.to_csv(folder / f"cell_metadata{infix}.csv", index=False)
    counts = pd.DataFrame({"cell": IDS[::-1], "Gad1": [1, 2, 3], "SLC17A7": [0, 0, 5], "Blank-1": [7, 7, 7]})
    counts.to_csv(folder / f"cell_by_gene{infix}.csv", index=False)
    return folder


def write_boundaries(path: Path, planes: tuple[int, ...] = (0, 1, 2)) -> None:
    rows = [
        (int(label), plane, shapely.MultiPolygon([shapely.box(20 * i, 100, 20 * i + 10 + plane, 110)]).wkb)
        for plane in planes
        for i, label in enumerate(IDS)
    ]
    pd.DataFrame(rows, columns=["EntityID", "ZIndex", "Geometry"]).to_parquet(path)


def write_mosaic(
    folder: Path, name: str = "mosaic_DAPI_z0.tif", transform: str | None = "2 0 10\n0 4 -300\n0 0 1\n"
) -> np.ndarray:
    folder.mkdir(exist_ok=True)
    image = np.random.default_rng(0).integers(1, 4000, (200, 130)).astype("u2")
    tifffile.imwrite(folder / name, image)
    if transform is not None:
        (folder / "micron_to_mosaic_pixel_transform.csv").write_text(transform)
    return image


@pytest.mark.parametrize("first", ["EntityID", "", "id", "cell"])
@pytest.mark.parametrize("infix", ["", "_reseg", ".28af71c"])
def test_ids_and_file_names_of_every_version(tmp_path: Path, first: str, infix: str) -> None:
    write_run(tmp_path, first, infix)
    assert isinstance(find_vendor(tmp_path), MerscopeFolder)
    slab = open_(tmp_path)
    assert slab.cells.index.tolist() == IDS
    assert slab.expression(["GAD1"], values="raw")["GAD1"].tolist() == [3, 2, 1]
    assert slab.genes["control"].tolist() == [False, False, True]


def test_ids_may_stand_in_a_later_column(tmp_path: Path) -> None:
    write_run(tmp_path)
    table = pd.read_csv(tmp_path / "cell_metadata.csv", dtype=str)
    table[["fov", "center_x", "center_y", "EntityID"]].to_csv(tmp_path / "cell_metadata.csv", index=False)
    assert open_(tmp_path).cells.index.tolist() == IDS


@pytest.mark.parametrize(
    "name", ["cell_boundaries.parquet", "cell_micron_space.parquet", "cellpose2_micron_space.parquet"]
)
def test_boundaries_under_every_name_and_of_the_middle_plane(tmp_path: Path, name: str) -> None:
    write_run(tmp_path)
    write_boundaries(tmp_path / name)
    write_boundaries(tmp_path / "cellpose2_mosaic_space.parquet", (9,))  # in pixels: not ours
    slab = open_(tmp_path)
    assert slab.outlines is not None
    assert slab.outlines.vertices[:, 0].max() == 40 + 11
    assert inside(slab) == 1.0
    slab = open_(tmp_path, z=2)
    assert slab.outlines is not None
    assert slab.outlines.vertices[:, 0].max() == 40 + 12


def test_boundaries_without_planes(tmp_path: Path) -> None:
    write_run(tmp_path)
    write_boundaries(tmp_path / "cell_boundaries.parquet", (0,))
    table = pd.read_parquet(tmp_path / "cell_boundaries.parquet")
    table.drop(columns="ZIndex").to_parquet(tmp_path / "cell_boundaries.parquet")
    assert inside(open_(tmp_path)) == 1.0


def test_boundaries_that_are_no_polygons_are_counted(tmp_path: Path) -> None:
    write_run(tmp_path)
    shapes = [b"\x01\x06\x00", None, shapely.box(40, 100, 50, 110).wkb]
    table = pd.DataFrame({"EntityID": IDS, "ZIndex": 0, "Geometry": shapes})
    table.to_parquet(tmp_path / "cell_boundaries.parquet")
    slab = open_(tmp_path)
    assert said(slab, "2 of 3 outlines in cell_boundaries.parquet are no polygons.")
    assert said(slab, "1 of 3 cells have an outline on z0")


@pytest.mark.parametrize("place", ["", "images"])
def test_a_mosaic_lies_where_the_transform_says(tmp_path: Path, place: str) -> None:
    write_run(tmp_path)
    image = write_mosaic(tmp_path / place)
    (volume,) = open_(tmp_path).images
    assert volume.scale == (1 / 4, 1 / 2)
    assert volume.translate == (300 / 4, -10 / 2)
    assert volume.name == "DAPI z0"
    assert volume.visible
    np.testing.assert_array_equal(volume.levels[0], image)


def test_the_manifest_places_mosaics_where_there_is_no_transform(tmp_path: Path) -> None:
    write_run(tmp_path)
    write_mosaic(tmp_path / "images", transform=None)
    slab = open_(tmp_path)
    assert slab.images == ()
    assert said(slab, "neither micron_to_mosaic_pixel_transform.csv nor manifest.json says where they lie")
    manifest: dict[str, Any] = {"bbox_microns": [-5, 75, 60, 125]}
    (tmp_path / "images" / "manifest.json").write_text(json.dumps(manifest))
    (volume,) = open_(tmp_path).images
    assert volume.scale == (0.25, 0.5)
    assert volume.translate == (75.125, -4.75)
    manifest["bbox_microns"] = [1, 2, "x"]
    (tmp_path / "images" / "manifest.json").write_text(json.dumps(manifest))
    slab = open_(tmp_path)
    assert slab.images == ()
    assert said(slab, "manifest.json does not say where the mosaics lie")


def test_a_mosaic_that_was_resized_is_not_shown_out_of_register(tmp_path: Path) -> None:
    write_run(tmp_path)
    write_mosaic(tmp_path / "images")
    manifest = {"mosaic_width_pixels": 260, "mosaic_height_pixels": 400, "bbox_microns": [-5, 75, 60, 125]}
    (tmp_path / "images" / "manifest.json").write_text(json.dumps(manifest))
    slab = open_(tmp_path)
    assert slab.images == ()
    assert said(slab, "the mosaic is 130 × 200 pixels, but the transform is for 260 × 400")


@pytest.mark.parametrize(
    "transform", ["0 4 0\n2 0 0\n0 0 1", "2 0 0\n0 -4 0\n0 0 1", "2 0.1 0\n0 4 0\n0 0 1"]
)
def test_a_transform_that_turns_is_said(tmp_path: Path, transform: str) -> None:
    write_run(tmp_path)
    write_mosaic(tmp_path / "images", transform=transform)
    slab = open_(tmp_path)
    assert slab.images == ()
    assert said(slab, "turns or mirrors")
    assert len(slab.cells) == 3


def test_one_plane_a_stain_is_shown_nuclei_first(tmp_path: Path) -> None:
    write_run(tmp_path)
    for name in ("Anti-Rat_z1", "PolyT_z0", "PolyT_z3", "DAPI_z0", "DAPI_z2", "DAPI_z10"):
        write_mosaic(tmp_path / "images", f"mosaic_{name}.tif")
    slab = open_(tmp_path)
    assert [volume.name for volume in slab.images] == ["DAPI z2", "Anti-Rat z1", "PolyT z3"]
    assert said(slab, "DAPI: showing z2 of z0, z2, z10.")
    assert [volume.name for volume in open_(tmp_path, z=0).images] == ["DAPI z0", "PolyT z0"]


def test_the_folder_above_a_region_opens_it(tmp_path: Path) -> None:
    write_run(tmp_path / "region_0")
    assert isinstance(find_vendor(tmp_path), MerscopeFolder)
    assert open_(tmp_path).label == f"{tmp_path.name} region_0"
    write_run(tmp_path / "region_1")
    with pytest.raises(ConfigurationError, match="2 regions; open one of them: region_0, region_1"):
        open_(tmp_path)


def test_of_several_tables_the_newest_counts_unless_one_has_the_plain_name(tmp_path: Path) -> None:
    write_run(tmp_path, infix="_old")
    write_run(tmp_path, infix="_new", mark=[1, 2, 3])
    for name in ("cell_metadata_old.csv", "cell_by_gene_old.csv"):
        os.utime(tmp_path / name, (0, 0))
    slab = open_(tmp_path)
    assert "mark" in slab.cells
    assert said(slab, "cell_metadata_new.csv is used; there is also cell_metadata_old.csv.")
    write_run(tmp_path, mark_of_plain=[1, 2, 3])
    assert "mark_of_plain" in open_(tmp_path).cells


def test_counts_of_another_run_leave_the_cells(tmp_path: Path) -> None:
    write_run(tmp_path)
    (tmp_path / "cell_by_gene.csv").write_text("cell,Gad1\n1,5\n2,6\n")
    slab = open_(tmp_path)
    assert said(slab, "0 of 3 cells are in cell_by_gene.csv; genes can't be shown, it is of another run.")
    with pytest.raises(ExpressionError, match="shares no cell"):
        slab.coloring("gene:Gad1")


def test_cells_alone_open_and_what_is_missing_is_said(tmp_path: Path) -> None:
    write_run(tmp_path, center_x=["1", "", "nan"])
    (tmp_path / "cell_by_gene.csv").unlink()
    slab = open_(tmp_path)
    assert slab.unplaced == 2
    for text in ("1 of 3 cells have coordinates.", "no cell_by_gene.csv", "no cell boundaries", "no mosaics"):
        assert said(slab, text), text
    with pytest.raises(ExpressionError):
        slab.expression([])


# -- folders that are not as they should be ----------------------------------------------------


def test_the_cell_table_of_an_abc_release_is_not_taken_for_a_run(tmp_path: Path) -> None:
    (tmp_path / "cell_metadata.csv").write_text("cell_label,x_slab_mm\na,1\n")
    (tmp_path / "gene.csv").write_text("gene_identifier\n")
    assert not isinstance(find_vendor(tmp_path), MerscopeFolder)
    (tmp_path / "cell_metadata.csv").write_text("id,center_x,center_y\na,1,2\n")
    assert isinstance(find_vendor(tmp_path), MerscopeFolder)
    assert len(open_(tmp_path).cells) == 1


def test_what_is_no_merscope_folder_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "cells.csv").write_text("a\n")
    (tmp_path / "mosaic_DAPI_z0.tif").write_text("")
    (tmp_path / "region_0").mkdir()
    for path in (tmp_path, tmp_path / "none", tmp_path / "cells.csv", "", "\0", "x" * 9999):
        assert not isinstance(find_vendor(path), MerscopeFolder)
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(MissingFileError):
            open_(path)


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("cell_metadata.csv", "", "cut off"),
        ("cell_metadata.csv", "EntityID,center_x,center_y", "no rows"),
        ("cell_metadata.csv", "EntityID,center_x\n1,2\n", "no column 'center_y'"),
        ("cell_metadata.csv", "a,b\n1,2\n", "no column with cell ids"),
        ("cell_metadata.csv", "EntityID,center_x,center_y\n1,2\n", "can't be read"),
        ("cell_metadata.csv", "EntityID,center_x,center_y\n1,2,x\n", "can't be read"),
        ("cell_metadata.csv", "EntityID,center_x,center_y\n1.1e+17,2,3\n", "rounded cell ids"),
        ("cell_metadata.csv", "\xff\xfe\n\xff", "can't be read"),
        ("cell_by_gene.csv", "cell,A,A\n1,2,3\n", "names a gene twice"),
        ("cell_by_gene.csv", "cell,A\n1,many\n", "can't be read"),
        ("images/manifest.json", "[", "can't be read"),
        ("images/manifest.json", "3", "can't be read"),
        ("images/micron_to_mosaic_pixel_transform.csv", "a b\n", "no matrix"),
        ("images/micron_to_mosaic_pixel_transform.csv", "1 0 0\n0 1 0\n", "3 × 3"),
        ("images/micron_to_mosaic_pixel_transform.csv", "1 0 nan\n0 1 0\n0 0 1", "3 × 3"),
        ("images/micron_to_mosaic_pixel_transform.csv", "", "3 × 3"),
    ],
)
def test_damaged_files_are_named(tmp_path: Path, name: str, content: str, text: str) -> None:
    write_run(tmp_path)
    write_mosaic(tmp_path / "images")
    (tmp_path / name).write_bytes(content.encode("latin-1"))
    with pytest.raises(FormatError, match=text) as caught:
        open_(tmp_path)
    assert name in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_boundaries_of_another_kind_are_left_out_and_said(tmp_path: Path) -> None:
    write_run(tmp_path)
    path = tmp_path / "cell_boundaries.parquet"
    for table, text in (
        ({"EntityID": IDS}, "no column 'Geometry'"),
        ({"EntityID": IDS, "Geometry": ["POLYGON"] * 3}, "no polygons in WKB"),
        ({"EntityID": IDS, "Geometry": [b""] * 3, "ZIndex": [1.5] * 3}, "no whole numbers"),
        ({"EntityID": [1e18] * 3, "Geometry": [b""] * 3}, "floating-point"),
    ):
        pd.DataFrame(table).to_parquet(path)
        left_out(open_(tmp_path), text)
    path.write_bytes(b"PAR1nothingPAR1")
    left_out(open_(tmp_path), f"{path} can't be read")


def left_out(slab: Slab, text: str) -> None:
    """Check that the cells are there without outlines, and that the reason is said."""
    assert len(slab.cells) == 3
    assert slab.outlines is None
    (note,) = [note for note in slab.notes if note.startswith("The outlines are left out: ")]
    assert text in note


def test_hdf5_boundaries_that_are_damaged_are_left_out_and_said(tmp_path: Path) -> None:
    write_run(tmp_path)
    folder = tmp_path / "cell_boundaries"
    folder.mkdir()
    with h5py.File(folder / "feature_data_0.hdf5", "w") as file:
        file[f"featuredata/{IDS[0]}/zIndex_0/p_0/coordinates"] = np.array(
            [[[0, 100], [10, 100], [10, 110.0]]]
        )
    assert open_(tmp_path).outlines is not None
    (folder / "feature_data_1.hdf5").write_bytes(b"nothing")
    left_out(open_(tmp_path), "feature_data_1.hdf5")


def test_a_mosaic_that_is_damaged_is_left_out_and_said(tmp_path: Path) -> None:
    write_run(tmp_path)
    write_mosaic(tmp_path / "images", "mosaic_PolyT_z0.tif")
    (tmp_path / "images" / "mosaic_DAPI_z0.tif").write_bytes(
        (tmp_path / "images" / "mosaic_PolyT_z0.tif").read_bytes()[:-5000]
    )
    slab = open_(tmp_path)
    assert [(volume.name, volume.visible) for volume in slab.images] == [("PolyT z0", True)]
    assert said(slab, "mosaic_DAPI_z0.tif is cut off")


def test_opening_can_be_cancelled(tmp_path: Path) -> None:
    write_run(tmp_path)
    task = Task()
    task.cancel()
    with pytest.raises(Cancelled):
        open_merscope(tmp_path, task)


@pytest.mark.parametrize("seed", range(25))
def test_no_damage_makes_anything_but_our_errors(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    write_run(tmp_path)
    write_boundaries(tmp_path / "cell_boundaries.parquet")
    write_mosaic(tmp_path / "images")
    for name in (
        "cell_metadata.csv",
        "cell_by_gene.csv",
        "cell_boundaries.parquet",
        "images/mosaic_DAPI_z0.tif",
    ):
        data = bytearray((tmp_path / name).read_bytes())
        for place in rng.integers(0, len(data), 3):
            data[place] = rng.integers(0, 256)
        (tmp_path / name).write_bytes(data)
        try:
            slab = open_(tmp_path)
        except AbcError as error:
            assert len(str(error).splitlines()) == 1
        else:
            assert len(slab.cells) <= 3


def test_names_that_macos_leaves_beside_tables_are_not_taken_for_tables(tmp_path: Path) -> None:
    write_run(tmp_path)
    for name in ("._cell_metadata.csv", "._cell_by_gene.csv"):
        (tmp_path / name).write_bytes(b"\0\5\26\7")
    (tmp_path / "cell_metadata_folder.csv").mkdir()
    slab = open_(tmp_path)
    assert slab.cells.index.tolist() == IDS
    assert not said(slab, "there is also")


def test_of_a_folder_with_very_many_names_those_that_matter_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MAX_ENTRIES", 0)
    write_run(tmp_path)
    assert not isinstance(find_vendor(tmp_path / "none"), MerscopeFolder)
    assert isinstance(find_vendor(tmp_path), MerscopeFolder)
    (tmp_path / "detected_transcripts.csv").touch()
    (tmp_path / "cell_metadata.csv").write_text("id\n1\n")  # a hint beside it will do
    assert isinstance(find_vendor(tmp_path), MerscopeFolder)


@pytest.mark.parametrize(
    "hint",
    [
        *("micron_to_mosaic_pixel_transform.csv", "cell_boundaries.parquet", "detected_transcripts.csv"),
        *("cell_by_gene_x.csv", "mine_micron_space.parquet"),
    ],
)
def test_a_table_of_cells_is_a_run_by_what_lies_beside_it(tmp_path: Path, hint: str) -> None:
    (tmp_path / "cell_metadata.csv").write_text("id\n1\n")
    (tmp_path / "notes.txt").touch()
    assert not isinstance(find_vendor(tmp_path), MerscopeFolder)
    (tmp_path / hint).touch()
    assert isinstance(find_vendor(tmp_path), MerscopeFolder)


def test_mosaics_alone_are_a_run_if_a_transform_lies_beside_them(tmp_path: Path) -> None:
    (tmp_path / "mosaic_DAPI_z0.tif").touch()
    assert not isinstance(find_vendor(tmp_path), MerscopeFolder)
    (tmp_path / "micron_to_mosaic_pixel_transform.csv").touch()
    assert isinstance(find_vendor(tmp_path), MerscopeFolder)
    (tmp_path / "mosaic_DAPI_z0.tif").unlink()
    assert not isinstance(find_vendor(tmp_path), MerscopeFolder)


def test_a_plane_that_nothing_has_is_told_with_those_there_are(tmp_path: Path) -> None:
    write_run(tmp_path)
    with pytest.raises(UnknownNameError, match="has no plane z0; there are: none"):
        open_(tmp_path, z=0)
    write_boundaries(tmp_path / "cell_boundaries.parquet", (0, 1))
    write_mosaic(tmp_path / "images", "mosaic_DAPI_z3.tif")
    with pytest.raises(UnknownNameError, match="has no plane z2; there are: z0, z1, z3"):
        open_(tmp_path, z=2)
    slab = open_(tmp_path, z=3)
    assert slab.outlines is None
    assert said(slab, "There are no cell outlines on z3, only on z0, z1.")
    assert said(open_(tmp_path), "Cell outlines: showing z1 of z0, z1.")


def test_planes_of_older_boundaries_are_looked_for_until_some_are_found(tmp_path: Path) -> None:
    write_run(tmp_path)
    folder = tmp_path / "cell_boundaries"
    folder.mkdir()
    square = np.array([[[0, 100], [10, 100], [10, 110], [0, 110.0]]])
    for field in range(30):
        with h5py.File(folder / f"feature_data_{field:02}.hdf5", "w") as file:
            file.create_group("featuredata")
            if field == 25:
                file[f"featuredata/{IDS[0]}/zIndex_4/p_0/coordinates"] = square
    slab = open_(tmp_path)
    assert slab.outlines is not None
    assert slab.outlines.cell.tolist() == [0]
    assert said(slab, "1 of 3 cells have an outline on z4 in cell_boundaries.")


def test_some_cells_without_counts_are_said_and_the_others_have_genes(tmp_path: Path) -> None:
    write_run(tmp_path)
    (tmp_path / "cell_by_gene.csv").write_text(f"cell,Gad1\n{IDS[2]},5\n{IDS[0]},6\n")
    slab = open_(tmp_path)
    assert said(slab, "2 of 3 cells are in cell_by_gene.csv.")
    np.testing.assert_array_equal(slab.expression("Gad1", "raw")["Gad1"], [6, np.nan, 5])
    assert not said(slab, "another run")
