"""Xenium folders: the real ones, generated ones of every layout, and hostile ones."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
import tifffile

from generated import xenium_run
from napari_abc.errors import (
    AbcError,
    Cancelled,
    ExpressionError,
    FormatError,
    MissingFileError,
    UnknownNameError,
)
from napari_abc.io.images import _pyramid as images
from napari_abc.model import Outlines, Slab
from napari_abc.task import Task
from napari_abc.vendors import _xenium as module
from napari_abc.vendors._xenium import XeniumFolder, open_xenium
from napari_abc.vendors.registry import find_vendor
from project import DATA, cut_and_whole, whole_only

MIX = DATA / "xenium" / "cell-mix-526"
SCHEMA = "http://www.openmicroscopy.org/Schemas/OME/2016-06"

mixes = pytest.mark.parametrize("mix", cut_and_whole("xenium/cell-mix-526"))


def open_(path: Path, **options: Any) -> Slab:
    return open_xenium(path, Task(), **options)


def said(slab: Slab, text: str) -> bool:
    return any(text in note for note in slab.notes)


def inside(slab: Slab, dx: float = 0.0, dy: float = 0.0, flip: bool = False) -> float:
    """Share of cells whose coordinates lie within their own outline, after a move or a flip."""
    outlines = slab.outlines
    assert outlines is not None
    polygons = [
        shapely.Polygon(outlines.vertices[outlines.offsets[i] : outlines.offsets[i + 1]])
        for i in range(len(outlines.cell))
    ]
    x, y = slab.cells["x"].to_numpy(), slab.cells["y"].to_numpy()
    if flip:
        y = y.min() + y.max() - y
    hit = shapely.contains_xy(polygons, x[outlines.cell] + dx, y[outlines.cell] + dy)
    return float(
        np.bincount(outlines.cell, hit, minlength=len(x)).clip(0, 1).sum() / len(np.unique(outlines.cell))
    )


def brightness(slab: Slab, number: int = 0, dx: float = 0.0, dy: float = 0.0, flip: str = "") -> float:
    """Mean of an image where the cells are, after a move or a flip of the cells."""
    volume = slab.images[number]
    image = np.asarray(volume.levels[0]).astype(float)
    places = {"y": slab.cells["y"].to_numpy() + dy, "x": slab.cells["x"].to_numpy() + dx}
    if flip == "xy":
        places = {"y": places["x"], "x": places["y"]}
    elif flip:
        places[flip] = places[flip].min() + places[flip].max() - places[flip]
    row, column = (
        np.round((places[axis] - volume.translate[i]) / volume.scale[i]).astype(int)
        for i, axis in enumerate("yx")
    )
    seen = (row >= 0) & (row < image.shape[0]) & (column >= 0) & (column < image.shape[1])
    assert seen.mean() > 0.8
    return float(image[row[seen], column[seen]].mean())


# -- real runs ---------------------------------------------------------------------------------


@mixes
def test_a_real_run_opens_whole(mix: Path) -> None:
    assert isinstance(find_vendor(mix), XeniumFolder)
    slab = open_(mix)
    truth = pd.read_parquet(mix / "cells.parquet").set_index("cell_id")
    assert slab.cells.index.tolist() == truth.index.tolist()
    assert slab.cells.index.name == "cell_label"
    np.testing.assert_array_equal(slab.cells["x"], truth["x_centroid"])
    np.testing.assert_array_equal(slab.cells["y"], truth["y_centroid"])
    assert (slab.label, slab.dataset, slab.platform) == ("cell-mix-526", "Xenium", "Xenium")
    assert (slab.frame.name, slab.frame.unit, slab.frame.y_down) == ("micron", "micrometer", True)
    assert "cell_area" in slab.color_keys()["Metadata"]
    assert len(slab.genes) == 30
    assert int(slab.genes["control"].sum()) == 3
    counts = slab.expression(["AKT1", "ensg00000142208"], values="raw")
    assert counts.iloc[:, 0].sum() == counts.iloc[:, 1].sum() > 500
    # The image is a shrunken cut-out that does not say where it comes from: it lies beside the cells.
    assert [(v.name, v.visible, v.unit) for v in slab.images] == [("DAPI", False, "micrometer")]
    assert said(slab, "lies where no cell is")
    assert said(slab, "0.2125 µm is taken")


@mixes
def test_real_cells_lie_inside_their_outlines(mix: Path) -> None:
    slab = open_(mix)
    assert inside(slab) >= 0.99
    assert inside(slab, dx=30) < 0.1
    assert inside(slab, flip=True) < 0.2


@pytest.fixture
def uncut(tmp_path: Path) -> Path:
    """The real run with its cells moved to where the image was cut out, and the image's true pixel size."""
    origin = 996.9
    cells = pd.read_parquet(MIX / "cells.parquet")
    cells[["x_centroid", "y_centroid"]] -= origin
    cells.to_parquet(tmp_path / "cells.parquet")
    edges = pd.read_parquet(MIX / "cell_boundaries.parquet")
    edges[["vertex_x", "vertex_y"]] -= origin
    edges.to_parquet(tmp_path / "cell_boundaries.parquet")
    shutil.copy(MIX / "morphology_focus.ome.tif", tmp_path)
    (tmp_path / "experiment.xenium").write_text(json.dumps({"pixel_size": 8 * 0.2125}))
    return tmp_path


def test_the_real_image_is_bright_where_the_real_cells_are(uncut: Path) -> None:
    slab = open_(uncut)
    assert slab.images[0].visible
    assert not said(slab, "lies where no cell is")
    here = brightness(slab)
    assert here > 100
    for control in ({"flip": "y"}, {"flip": "x"}, {"flip": "xy"}, {"dx": 12}, {"dy": -12}):
        assert brightness(slab, **control) < 0.75 * here, control


def test_every_layout_of_the_same_run_gives_the_same(tmp_path: Path) -> None:
    expected = open_(MIX)
    assert expected.outlines is not None
    for suffix in (".csv.gz", ".csv"):
        folder = tmp_path / suffix.strip(".")
        folder.mkdir()
        for name in ("cells", "cell_boundaries"):
            data = (MIX / f"{name}.csv.gz").read_bytes()
            (folder / f"{name}{suffix}").write_bytes(gzip.decompress(data) if suffix == ".csv" else data)
        slab = open_(folder)
        pd.testing.assert_index_equal(slab.cells.index, expected.cells.index)
        np.testing.assert_allclose(slab.cells[["x", "y"]], expected.cells[["x", "y"]], atol=1e-3)
        assert list(slab.cells) == list(expected.cells)
        assert slab.outlines is not None
        np.testing.assert_array_equal(slab.outlines.cell, expected.outlines.cell)
        np.testing.assert_allclose(slab.outlines.vertices, expected.outlines.vertices, atol=1e-2)
        assert said(slab, "no cell_feature_matrix.h5")
        assert said(slab, "no morphology image")


@pytest.mark.parametrize(
    "brain", [pytest.param(xenium_run(), id="generated"), *whole_only("xenium/mouse-brain-10k")]
)
def test_a_matrix_of_another_run_leaves_the_cells_and_says_so(brain: Path) -> None:
    slab = open_(brain)
    cells = len(pd.read_parquet(brain / "cells.parquet"))
    assert len(slab.cells) == cells > 250
    assert slab.species == "Mouse"
    experiment = json.loads((brain / "experiment.xenium").read_text())
    assert said(slab, experiment["panel_name"])
    assert said(slab, "speaks of 63,173 cells")
    assert said(slab, f"0 of {cells:,} cells are in cell_feature_matrix.h5")
    assert slab.outlines is None
    with pytest.raises(ExpressionError, match="shares no cell"):
        slab.coloring("gene:Gene_0")
    assert slab.coloring("segmentation_method").counts().sum() == cells


PANEL = {"panel_design_id": "A1", "panel_name": "A panel", "panel_tissue_type": "Multi", "pixel_size": 0.2125}
LATER = {"major_version": 5, "minor_version": 0, "patch_version": 0, "analysis_sw_version": "xenium-3.0.0.15"}
"""What an instrument of 2024 writes, and one of 2022 does not."""


EXPERIMENTS = {
    "of 2024": {**LATER, **PANEL, "panel_organism": "Mouse"}
    | {"images": {"morphology_focus_filepath": "morphology_focus/morphology_focus_0000.ome.tif"}},
    "of 2022": {**PANEL, "panel_organism": "Human", "instrument_sn": "Xenium prototype instrument"}
    | {"images": {"morphology_mip_filepath": "morphology_mip.ome.tif"}},
}


def check_experiment(folder: Path, experiment: str, species: str) -> None:
    """A folder with that experiment.xenium opens, and its image has the size that the file says."""
    shutil.copy(MIX / "cells.csv.gz", folder)
    (folder / "experiment.xenium").write_text(experiment)
    shutil.copy(MIX / "morphology_focus.ome.tif", folder / "morphology_mip.ome.tif")
    slab = open_(folder)
    assert slab.species == species
    assert said(slab, "panel: ")
    assert not said(slab, "µm is taken")
    assert slab.images[0].scale == (0.2125, 0.2125)


@pytest.mark.parametrize(("name", "species"), [("of 2024", "Mouse"), ("of 2022", "Human")])
def test_experiment_files_of_other_versions_are_understood(tmp_path: Path, name: str, species: str) -> None:
    check_experiment(tmp_path, json.dumps(EXPERIMENTS[name]), species)


@pytest.mark.parametrize(
    ("path", "species"),
    [
        pytest.param(xenium_run(), "Mouse", id="generated"),
        *whole_only("xenium/mouse-brain-10k", "Mouse"),
        *whole_only("xenium/experiment-files/nf-core_test-datasets_experiment.xenium", "Mouse"),
        *whole_only("xenium/experiment-files/romanegauthier_ML_course_experiment.xenium", "Human"),
    ],
)
def test_real_experiment_files_are_understood(tmp_path: Path, path: Path, species: str) -> None:
    file = path / "experiment.xenium" if path.is_dir() else path
    check_experiment(tmp_path, file.read_text("utf-8"), species)


# -- generated runs ----------------------------------------------------------------------------


def write_cells(folder: Path, ids: Any = ("aaaa-1", "bbbb-1", "cccc-1"), **columns: Any) -> pd.DataFrame:
    count = len(ids)
    table = pd.DataFrame(
        {
            "cell_id": ids,
            "x_centroid": 10.0 * np.arange(count) + 5,
            "y_centroid": 20.0 * np.arange(count) + 5,
            **columns,
        }
    )
    folder.mkdir(exist_ok=True)
    table.to_parquet(folder / "cells.parquet")
    return table


def image(seed: int = 0, side: int = 256) -> np.ndarray:
    return np.random.default_rng(seed).integers(1, 4000, (side, side)).astype("u2")


def write_stains(folder: Path, names: list[str], files: str) -> None:
    """A file a stain, as XOA 2 and later write them: each header describes the whole set."""
    folder.mkdir(parents=True)
    channels = "".join(f'<Channel ID="Channel:0:{i}" Name="{name}"/>' for i, name in enumerate(names))
    data = "".join(
        f'<TiffData FirstC="{i}" FirstZ="0" FirstT="0" IFD="0" PlaneCount="1">'
        f'<UUID FileName="{files.format(i)}">urn:uuid:{i}</UUID></TiffData>'
        for i in range(len(names))
    )
    for i in range(len(names)):
        xml = (
            f'<?xml version="1.0"?><OME xmlns="{SCHEMA}" UUID="urn:uuid:{i}"><Image ID="Image:0">'
            '<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" SizeX="256" SizeY="256" '
            f'SizeC="{len(names)}" SizeZ="1" SizeT="1" PhysicalSizeX="0.2125" PhysicalSizeY="0.2125">'
            f"{channels}{data}</Pixels></Image></OME>"
        )
        with tifffile.TiffWriter(folder / files.format(i)) as file:
            options = {"tile": (64, 64), "compression": "jpeg2000", "metadata": None}
            file.write(image(i), description=xml.encode(), subifds=2, **options)
            file.write(image(i)[::2, ::2], subfiletype=1, **options)
            file.write(image(i)[::4, ::4], subfiletype=1, **options)


@pytest.mark.parametrize("files", ["morphology_focus_{:04d}.ome.tif", "ch{:04d}_stain.ome.tif"])
@pytest.mark.parametrize("named", [True, False])
def test_a_file_a_stain_gives_an_image_a_stain(tmp_path: Path, files: str, named: bool) -> None:
    write_cells(tmp_path)
    names = ["DAPI", "ATP1A1/CD45/E-Cadherin", "18S", "AlphaSMA/Vimentin"]
    write_stains(tmp_path / "morphology_focus", names, files)
    experiment: dict[str, Any] = {"pixel_size": 0.2125}
    if named:
        experiment["images"] = {"morphology_focus_filepath": f"morphology_focus/{files.format(0)}"}
    (tmp_path / "experiment.xenium").write_text(json.dumps(experiment))
    slab = open_(tmp_path)
    assert [volume.name for volume in slab.images] == names
    assert [volume.visible for volume in slab.images] == [True, False, False, False]
    assert len({volume.colormap for volume in slab.images}) == 4
    for i, volume in enumerate(slab.images):
        assert len(volume.levels) == 3
        np.testing.assert_array_equal(volume.levels[0], image(i))
        assert (volume.scale, volume.translate) == ((0.2125, 0.2125), (0.0, 0.0))
        assert volume.contrast_limits is not None
        assert 0 < volume.contrast_limits[0] < volume.contrast_limits[1] < 4000


def test_stains_without_names_are_numbered(tmp_path: Path) -> None:
    write_cells(tmp_path)
    (tmp_path / "morphology_focus").mkdir()
    for i in (0, 2):
        tifffile.imwrite(tmp_path / "morphology_focus" / f"morphology_focus_{i:04d}.ome.tif", image(i))
    slab = open_(tmp_path)
    assert [volume.name for volume in slab.images] == ["Stain 0", "Stain 2"]


def test_of_a_stack_one_plane_is_shown(tmp_path: Path) -> None:
    write_cells(tmp_path)
    stack = np.stack([image(i) for i in range(5)])
    tifffile.imwrite(
        tmp_path / "morphology.ome.tif", stack, metadata={"axes": "ZYX", "Channel": {"Name": ["DAPI"]}}
    )
    slab = open_(tmp_path)
    assert [volume.name for volume in slab.images] == ["DAPI z2"]
    assert said(slab, "showing z2 of z0–z4")
    np.testing.assert_array_equal(slab.images[0].levels[0], image(2))
    np.testing.assert_array_equal(open_(tmp_path, z=4).images[0].levels[0], image(4))
    with pytest.raises(UnknownNameError, match="z0 to z4"):
        open_(tmp_path, z=5)
    tifffile.imwrite(tmp_path / "morphology_focus.ome.tif", image(9))  # in focus counts more
    np.testing.assert_array_equal(open_(tmp_path).images[0].levels[0], image(9))


def test_a_large_image_without_a_pyramid_gets_one_in_the_cache(
    tmp_path: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "_SINGLE", 100)
    monkeypatch.setattr(images, "_SMALLEST", 64)
    write_cells(tmp_path / "run")
    tifffile.imwrite(tmp_path / "run" / "morphology_focus.ome.tif", image())
    slab = open_(tmp_path / "run")
    assert [level.shape for level in slab.images[0].levels] == [(256, 256), (128, 128), (64, 64)]
    assert len(list((cache_folder / "napari-abc" / "pyramids").iterdir())) == 1
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        "cells.parquet",
        "morphology_focus.ome.tif",
    ]


def test_a_pixel_size_of_the_image_itself_counts(tmp_path: Path) -> None:
    write_cells(tmp_path)
    metadata = {"PhysicalSizeX": 0.85, "PhysicalSizeY": 0.85}
    tifffile.imwrite(tmp_path / "morphology_focus.ome.tif", image(), metadata=metadata)
    assert open_(tmp_path).images[0].scale == (0.85, 0.85)
    (tmp_path / "experiment.xenium").write_text('{"pixel_size": 0.2125}')
    slab = open_(tmp_path)
    assert slab.images[0].scale == (0.85, 0.85)
    assert said(slab, "the image says 0.85 µm")


@pytest.mark.parametrize(
    "ids",
    [
        np.arange(1, 4),
        [b"aaaa-1", b"bbbb-1", b"cccc-1"],
        pd.Categorical(["aaaa-1", "bbbb-1", "cccc-1"]),
        np.array([2**53 + 1, 2**53 + 2, 2**63 - 1]),
    ],
    ids=["old whole numbers", "bytes", "codes", "long numbers"],
)
def test_ids_of_any_kind_are_exact_and_match_the_boundaries(tmp_path: Path, ids: Any) -> None:
    write_cells(tmp_path, ids)
    edges = pd.DataFrame(
        {
            "cell_id": np.repeat(np.asarray(ids), 4),
            "vertex_x": np.tile([0.0, 10, 10, 0], 3) + np.repeat([0, 10, 20], 4),
            "vertex_y": np.tile([0.0, 0, 10, 10], 3) + np.repeat([0, 20, 40], 4),
        }
    )
    edges.to_parquet(tmp_path / "cell_boundaries.parquet")
    slab = open_(tmp_path)
    expected = [i.decode() if isinstance(i, bytes) else str(i) for i in np.asarray(ids).tolist()]
    assert slab.cells.index.tolist() == expected
    assert inside(slab) == 1.0


def test_polygons_of_a_cell_are_told_by_their_label(tmp_path: Path) -> None:
    write_cells(tmp_path)
    square = np.array([[0, 0], [4, 0], [4, 4], [0, 4.0]])
    edges = pd.DataFrame(np.concatenate([square, square + 5, square + 9]), columns=["vertex_x", "vertex_y"])
    edges.insert(0, "cell_id", ["aaaa-1"] * 8 + ["other-1"] * 4)
    edges["label_id"] = np.repeat([1, 2, 3], 4)
    edges.to_parquet(tmp_path / "nucleus_boundaries.parquet")
    slab = open_(tmp_path)
    assert isinstance(slab.outlines, Outlines)
    assert slab.outlines.cell.tolist() == [0, 0]
    assert said(slab, "outlines are those of nuclei")
    assert said(slab, "1 of 3 cells have an outline in nucleus_boundaries.parquet")


def test_clusterings_become_columns_in_order(tmp_path: Path) -> None:
    ids = [f"c{i}-1" for i in range(12)]
    write_cells(tmp_path, ids)
    (tmp_path / "experiment.xenium").write_text("{}")
    for name in ("gene_expression_graphclust", "gene_expression_kmeans_2_clusters"):
        folder = tmp_path / "analysis" / "clustering" / name
        folder.mkdir(parents=True)
        rows = [f"{label},{i + 1}" for i, label in enumerate(ids)][::-1]
        (folder / "clusters.csv").write_text("\n".join(["Barcode,Cluster", *rows[:11], "unknown-1,3", ""]))
    slab = open_(tmp_path)
    assert slab.groups == {"Clusters": ("graphclust", "kmeans_2_clusters")}
    coloring = slab.coloring("graphclust")
    assert coloring.names == tuple(str(i) for i in range(2, 13))
    assert coloring.codes.tolist() == [-1, *range(11)]
    assert said(slab, "11 of 12 cells have a cluster in 'graphclust'")


def test_cells_without_coordinates_or_an_id_are_counted(tmp_path: Path) -> None:
    table = write_cells(tmp_path, ["a", "b", "a", "", None, "c"], kind=["x", None, "y", "", "x", "y"])
    table.loc[1, "x_centroid"] = np.nan
    table["empty"] = np.nan
    table.to_parquet(tmp_path / "cells.parquet")
    (tmp_path / "experiment.xenium").write_text("{}")
    slab = open_(tmp_path)
    assert slab.cells.index.tolist() == ["a", "c"]
    assert slab.unplaced == 1
    assert said(slab, "2 of 3 cells have coordinates.")
    assert said(slab, "3 rows of cells.parquet repeat a cell id or have none, and are left out.")
    assert list(slab.cells) == ["x", "y", "kind"]
    table.iloc[[0, 1, 2, 5]].to_parquet(tmp_path / "cells.parquet")
    assert said(open_(tmp_path), "1 row of cells.parquet repeats a cell id or has none, and is left out.")


def test_the_experiment_file_and_the_folder_above_outs_open_too(tmp_path: Path) -> None:
    write_cells(tmp_path / "outs")
    (tmp_path / "outs" / "experiment.xenium").write_text('{"run_name": "R"}')
    for path in (tmp_path, tmp_path / "outs", tmp_path / "outs" / "experiment.xenium", str(tmp_path)):
        assert isinstance(find_vendor(path), XeniumFolder)
        slab = open_(Path(path))
        assert slab.notes[0] == "Run: R."
        assert slab.label == f"{tmp_path.name} outs"


# -- folders that are not as they should be ----------------------------------------------------


def test_what_is_no_xenium_folder_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "cells.csv").write_text("a,b\n1,2\n")
    (tmp_path / "only").mkdir()
    (tmp_path / "only" / "experiment.xenium").write_text("{}")
    for path in (
        tmp_path,
        tmp_path / "only",
        tmp_path / "none",
        tmp_path / "cells.csv",
        "",
        "\0",
        "x" * 9999,
    ):
        assert not isinstance(find_vendor(path), XeniumFolder)
    for path in (tmp_path / "only", tmp_path / "none"):
        with pytest.raises(MissingFileError, match=r"cells\.parquet"):
            open_(path)


@pytest.mark.parametrize(
    "content", ["", "[1]", '{"a":', "\xff", "[" * 100_000, '{"images": 3, "pixel_size": "x"}']
)
def test_an_experiment_file_that_is_none(tmp_path: Path, content: str) -> None:
    write_cells(tmp_path)
    (tmp_path / "experiment.xenium").write_text(content, encoding="latin-1")
    if content.endswith("}"):
        assert len(open_(tmp_path).cells) == 3
    else:
        with pytest.raises(FormatError, match=r"experiment\.xenium.*remove it"):
            open_(tmp_path)


@pytest.mark.parametrize(
    "name", ["../secret.ome.tif", "/etc/hostname", "a/../../secret.ome.tif", "..\\secret.ome.tif"]
)
def test_image_paths_that_leave_the_folder_are_not_followed(tmp_path: Path, name: str) -> None:
    write_cells(tmp_path / "run")
    tifffile.imwrite(tmp_path / "secret.ome.tif", image())
    names = {"morphology_focus_filepath": name, "morphology_mip_filepath": name, "morphology_filepath": 7}
    (tmp_path / "run" / "experiment.xenium").write_text(json.dumps({"images": names}))
    slab = open_(tmp_path / "run")
    assert slab.images == ()
    assert said(slab, "no morphology image")


def test_features_that_share_an_id_are_refused(tmp_path: Path) -> None:
    """Genes are told apart by id; a symbol may well be that of several."""
    write_cells(tmp_path)
    (tmp_path / "experiment.xenium").write_text("{}")

    def write(ids: list[str], symbols: list[str]) -> None:
        with h5py.File(tmp_path / "cell_feature_matrix.h5", "w") as file:
            file["matrix/barcodes"] = np.array([b"aaaa-1", b"bbbb-1", b"cccc-1"])
            file["matrix/data"] = np.array([1, 2, 3], np.int32)
            file["matrix/indices"] = np.array([0, 1, 0], np.int64)
            file["matrix/indptr"] = np.array([0, 1, 2, 3], np.int64)
            file["matrix/shape"] = np.array([2, 3], np.int32)
            file["matrix/features/id"] = np.array(ids, "S")
            file["matrix/features/name"] = np.array(symbols, "S")
            file["matrix/features/feature_type"] = np.array([b"Gene Expression"] * 2)

    write(["ENSG1", "ENSG2"], ["TWIN", "TWIN"])
    slab = open_(tmp_path)
    assert slab.expression(["ENSG1", "ENSG2"], "raw").to_numpy().tolist() == [[1, 0], [0, 2], [3, 0]]
    write(["ENSG1", "ENSG1"], ["A", "B"])
    with pytest.raises(FormatError, match=r"cell_feature_matrix\.h5 lists features with the same id"):
        open_(tmp_path)


@pytest.mark.parametrize("name", ["cells.parquet", "cells.csv.gz", "cells.csv", "cell_boundaries.parquet"])
@pytest.mark.parametrize("damage", ["cut", "empty", "noise", "columns"])
def test_damaged_tables_are_named(tmp_path: Path, name: str, damage: str) -> None:
    stem, _, kind = name.partition(".")
    write_cells(tmp_path)
    (tmp_path / "cell_feature_matrix.h5").touch()
    if stem == "cells":
        (tmp_path / "cells.parquet").unlink()
    table = pd.DataFrame({"cell_id": [f"c{i}" for i in range(5000)]})
    if damage != "columns":
        for column in ("x_centroid", "y_centroid", "vertex_x", "vertex_y"):
            table[column] = np.random.default_rng(0).random(5000)
    path = tmp_path / name
    table.to_parquet(path) if kind == "parquet" else table.to_csv(path, index=False)
    if damage in ("cut", "empty", "noise"):
        data = path.read_bytes()
        half = data[: len(data) // 2] + (b"" if kind != "csv" else b"\nx,1,2,3,4,5,6,7,8\n")
        path.write_bytes({"cut": half, "empty": b"", "noise": b"\x00\xff" * 300}[damage])
    (tmp_path / "cell_feature_matrix.h5").unlink()
    (tmp_path / "experiment.xenium").write_text("{}")
    if stem == "cell_boundaries":  # the cells can be used without
        slab = open_(tmp_path)
        assert len(slab.cells) == 3
        assert slab.outlines is None
        assert said(slab, "The outlines are left out: ")
        assert said(slab, name)
        return
    with pytest.raises(FormatError, match=name.replace(".", r"\.")):
        open_(tmp_path)


def test_a_parquet_file_that_claims_billions_of_rows_takes_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari_abc.vendors import _tables as tables

    write_cells(tmp_path)
    (tmp_path / "experiment.xenium").write_text("{}")
    monkeypatch.setattr(tables, "_MAX_ROWS", 2)
    with pytest.raises(FormatError, match="claims to hold 3 rows"):
        open_(tmp_path)


def test_a_small_zip_of_a_huge_table_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from napari_abc.vendors import _tables as tables

    with gzip.open(tmp_path / "cells.csv.gz", "wb") as file:
        file.write(b"cell_id,x_centroid,y_centroid\n" + b"a,1,1\n" * 2_000_000)
    (tmp_path / "experiment.xenium").write_text("{}")
    assert (tmp_path / "cells.csv.gz").stat().st_size < 100_000
    monkeypatch.setattr(tables, "_MAX_BYTES", 10_000_000)
    with pytest.raises(FormatError, match="more than any run"):
        open_(tmp_path)


def test_rounded_ids_are_refused(tmp_path: Path) -> None:
    write_cells(tmp_path, np.array([1.5e18, 2.5e18]))
    (tmp_path / "experiment.xenium").write_text("{}")
    with pytest.raises(FormatError, match=r"cells\.parquet.*floating-point"):
        open_(tmp_path)
    (tmp_path / "cells.parquet").unlink()
    (tmp_path / "cells.csv").write_text("cell_id,x_centroid,y_centroid\n2.3e+18,1,1\n2.4e+18,2,2\n")
    with pytest.raises(FormatError, match="rounded cell ids such as"):
        open_(tmp_path)


def test_an_image_that_is_damaged_is_left_out_and_said(tmp_path: Path) -> None:
    write_cells(tmp_path)
    (tmp_path / "morphology_focus").mkdir()
    tifffile.imwrite(tmp_path / "morphology_focus" / "morphology_focus_0000.ome.tif", image())
    (tmp_path / "morphology_focus" / "morphology_focus_0001.ome.tif").write_bytes(b"II*\0 and nothing")
    slab = open_(tmp_path)
    assert len(slab.images) == 1
    assert said(slab, "morphology_focus_0001.ome.tif holds no image")


def test_a_matrix_that_is_none_is_named(tmp_path: Path) -> None:
    write_cells(tmp_path)
    (tmp_path / "cell_feature_matrix.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with pytest.raises(FormatError, match=r"cell_feature_matrix\.h5"):
        open_(tmp_path)


def test_a_clustering_without_its_columns_is_named(tmp_path: Path) -> None:
    write_cells(tmp_path)
    (tmp_path / "experiment.xenium").write_text("{}")
    folder = tmp_path / "analysis" / "clustering" / "x"
    folder.mkdir(parents=True)
    (folder / "clusters.csv").write_text("a,b\n1,2\n")
    with pytest.raises(FormatError, match=r"clusters\.csv has no column 'Barcode'"):
        open_(tmp_path)


def test_opening_can_be_cancelled(tmp_path: Path) -> None:
    write_cells(tmp_path)
    (tmp_path / "experiment.xenium").write_text("{}")
    task = Task()
    task.cancel()
    with pytest.raises(Cancelled):
        open_xenium(tmp_path, task)


@pytest.mark.parametrize("seed", range(25))
def test_no_damage_makes_anything_but_our_errors(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    write_cells(tmp_path, [f"c{i}" for i in range(50)])
    edges = pa.table({"cell_id": np.repeat([f"c{i}" for i in range(50)], 4), "vertex_x": rng.random(200)})
    pq.write_table(
        edges.append_column("vertex_y", pa.array(rng.random(200))), tmp_path / "cell_boundaries.parquet"
    )
    tifffile.imwrite(tmp_path / "morphology_focus.ome.tif", image(side=64), tile=(32, 32), compression="zlib")
    for name in ("cells.parquet", "cell_boundaries.parquet", "morphology_focus.ome.tif"):
        data = bytearray((tmp_path / name).read_bytes())
        for place in rng.integers(0, len(data), 5):
            data[place] = rng.integers(0, 256)
        (tmp_path / name).write_bytes(data)
        try:
            slab = open_(tmp_path)
        except AbcError as error:
            assert str(tmp_path) in str(error)
        else:
            assert len(slab.cells) <= 50


# -- rules, one by one -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said_size", "own", "scale", "note"),
    [
        (0.2125, None, 0.2125, ""),
        (0.2125, 0.2126, 0.2125, ""),  # as good as the same
        (0.2125, 0.2129, 0.2129, "says that a pixel is 0.2125 µm wide, the image says 0.2129 µm"),
        (None, 0.3, 0.3, ""),
        (True, 0.3, 0.3, ""),
        ("0.2", 0.3, 0.3, ""),
        (0, 0.3, 0.3, ""),
        (-0.2, 0.3, 0.3, ""),
        (2, None, 2.0, ""),
        (None, None, 0.2125, "how wide a pixel is; 0.2125 µm is taken"),
        (0, None, 0.2125, "how wide a pixel is; 0.2125 µm is taken"),
    ],
)
def test_how_wide_a_pixel_is(
    tmp_path: Path, said_size: object, own: float | None, scale: float, note: str
) -> None:
    write_cells(tmp_path)
    (tmp_path / "experiment.xenium").write_text(json.dumps({"pixel_size": said_size}))
    metadata = {"PhysicalSizeX": own, "PhysicalSizeY": own} if own else None
    tifffile.imwrite(tmp_path / "morphology_focus.ome.tif", image(side=64), metadata=metadata)
    slab = open_(tmp_path)
    assert slab.images[0].scale == pytest.approx((scale, scale))
    if note:
        assert said(slab, note)
    else:
        assert not any("pixel" in one for one in slab.notes)


def test_images_in_focus_go_before_a_projection_and_that_before_a_stack(tmp_path: Path) -> None:
    write_cells(tmp_path)
    (tmp_path / "experiment.xenium").write_text("{}")
    files = {
        "morphology.ome.tif": 1,
        "named_stack.ome.tif": 2,
        "morphology_mip.ome.tif": 3,
        "named_mip.ome.tif": 4,
        "morphology_focus.ome.tif": 5,
        "named_focus.ome.tif": 6,
    }
    named = {
        "morphology_focus_filepath": "named_focus.ome.tif",
        "morphology_mip_filepath": "named_mip.ome.tif",
        "morphology_filepath": "named_stack.ome.tif",
    }
    shown = []
    (tmp_path / "experiment.xenium").write_text(json.dumps({"images": named}))
    for name, seed in files.items():
        tifffile.imwrite(tmp_path / name, image(seed, 64))
        (volume,) = open_(tmp_path).images
        for other in files.values():
            if np.array_equal(np.asarray(volume.levels[0]), image(other, 64)):
                shown.append(other)
    assert shown == [1, 2, 3, 4, 5, 6]


def test_of_a_folder_of_images_only_images_are_taken(tmp_path: Path) -> None:
    write_cells(tmp_path)
    folder = tmp_path / "morphology_focus"
    folder.mkdir()
    (folder / "readme.txt").touch()
    (folder / "morphology_focus_0001.ome.tif").mkdir()
    tifffile.imwrite(tmp_path / "morphology.ome.tif", image(1, 64))
    np.testing.assert_array_equal(open_(tmp_path).images[0].levels[0], image(1, 64))
    tifffile.imwrite(folder / "morphology_focus_0000.ome.tif", image(2, 64))
    slab = open_(tmp_path)
    assert [volume.name for volume in slab.images] == ["DAPI"]
    np.testing.assert_array_equal(slab.images[0].levels[0], image(2, 64))


def test_what_is_known_of_a_run_is_its_first_note(tmp_path: Path) -> None:
    write_cells(tmp_path)
    parts = {
        "run_name": " R ",
        "region_name": "A",
        "panel_name": "",
        "analysis_sw_version": 3,
        "num_cells": 3,
    }
    (tmp_path / "experiment.xenium").write_text(json.dumps(parts))
    slab = open_(tmp_path)
    assert slab.notes[0] == "Run: R, region: A."
    assert slab.species == ""
    assert (slab.kind, slab.platform, slab.dataset) == ("run", "Xenium", "Xenium")
    assert not said(slab, "speaks of")
    (tmp_path / "experiment.xenium").write_text('{"num_cells": 4, "panel_organism": 5}')
    slab = open_(tmp_path)
    assert slab.notes[0] == "experiment.xenium speaks of 4 cells, cells.parquet holds 3."
    assert slab.species == ""


def test_a_file_beside_the_run_that_is_far_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_cells(tmp_path)
    text = '{"run_name": "R"}'
    (tmp_path / "experiment.xenium").write_text(text)
    monkeypatch.setattr(module, "_MAX_JSON", len(text))
    assert said(open_(tmp_path), "Run: R")
    monkeypatch.setattr(module, "_MAX_JSON", len(text) - 1)
    with pytest.raises(FormatError, match=r"experiment\.xenium can't be read \(it is too large\)"):
        open_(tmp_path)


def test_only_so_many_clusterings_become_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cells(tmp_path)
    (tmp_path / "experiment.xenium").write_text("{}")
    assert open_(tmp_path).groups == {}
    for name in ("gene_expression_kmeans_2_clusters", "gene_expression_graphclust", "other"):
        folder = tmp_path / "analysis" / "clustering" / name
        folder.mkdir(parents=True)
        (folder / "clusters.csv").write_text("Barcode,Cluster\naaaa-1,1\nbbbb-1,2\ncccc-1,1\n")
    monkeypatch.setattr(module, "_MAX_CLUSTERINGS", 2)
    slab = open_(tmp_path)
    assert slab.groups == {"Clusters": ("graphclust", "kmeans_2_clusters")}
    assert slab.coloring("graphclust").numbers().tolist() == [0, 1, 0]
    assert not said(slab, "have a cluster in")


def test_all_cells_with_an_outline_need_no_note(tmp_path: Path) -> None:
    write_cells(tmp_path, ["a", "b"])
    square = np.array([[0, 0], [4, 0], [4, 4], [0, 4.0]])
    edges = pd.DataFrame(np.concatenate([square, square + 5]), columns=["vertex_x", "vertex_y"])
    edges.insert(0, "cell_id", ["a"] * 4 + ["b"] * 4)
    edges.to_parquet(tmp_path / "cell_boundaries.parquet")
    slab = open_(tmp_path)
    assert slab.outlines is not None
    assert not said(slab, "have an outline")
    assert not said(slab, "nuclei")
    edges["cell_id"] = "stranger"
    edges.to_parquet(tmp_path / "cell_boundaries.parquet")
    slab = open_(tmp_path)
    assert slab.outlines is None
    assert said(slab, "0 of 2 cells have an outline in cell_boundaries.parquet.")
