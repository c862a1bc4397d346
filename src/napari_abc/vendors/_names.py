"""Names that vendors give to files and columns, in one place.

Names that changed between versions of a vendor's software are listed newest first; the first that is
there counts.
"""

from __future__ import annotations

__all__ = ["Merscope", "Xenium"]


class Xenium:
    """Xenium Onboard Analysis, versions 1 to 4, and the prototype runs of 2022."""

    NAME = "Xenium"
    EXPERIMENT = "experiment.xenium"
    OUTPUT = "outs"
    """Folder that Xenium Ranger writes a run into."""
    CELLS = ("cells.parquet", "cells.csv.gz", "cells.csv")
    MATRIX = "cell_feature_matrix.h5"
    CELL_BOUNDARIES = ("cell_boundaries.parquet", "cell_boundaries.csv.gz", "cell_boundaries.csv")
    NUCLEUS_BOUNDARIES = (
        "nucleus_boundaries.parquet",
        "nucleus_boundaries.csv.gz",
        "nucleus_boundaries.csv",
    )
    CLUSTERING = "analysis/clustering"
    CLUSTERS = "clusters.csv"
    FOCUS = ("morphology_focus", "morphology_focus.ome.tif")
    """A folder with a file a stain from version 2 on, one file before."""
    MIP = "morphology_mip.ome.tif"
    STACK = "morphology.ome.tif"
    IMAGES = ".ome.tif"
    HINTS = (MATRIX, *CELL_BOUNDARIES, *NUCLEUS_BOUNDARIES, *FOCUS, MIP, STACK, "transcripts.parquet")
    """Files that tell a Xenium folder from any other with a table called cells."""
    PIXEL_SIZE = 0.2125
    """Micrometers of a pixel of every instrument so far."""

    CELL_ID = "cell_id"
    X = "x_centroid"
    Y = "y_centroid"
    VERTEX_X = "vertex_x"
    VERTEX_Y = "vertex_y"
    PART = "label_id"
    """Differs between the polygons of a cell that has several (version 3 on)."""
    BARCODE = "Barcode"
    CLUSTER = "Cluster"
    GENES = "Gene Expression"
    """Feature type of genes; all others are controls."""

    PIXEL_SIZE_KEY = "pixel_size"
    COUNT_KEY = "num_cells"
    ORGANISM_KEY = "panel_organism"
    IMAGES_KEY = "images"
    IMAGE_KEYS = ("morphology_focus_filepath", "morphology_mip_filepath", "morphology_filepath")


class Merscope:
    """Vizgen MERSCOPE, and the Vizgen Post-processing Tool (vpt)."""

    NAME = "MERSCOPE"
    CELLS = "cell_metadata"
    """With ``.csv``; vpt may add words before and after."""
    COUNTS = "cell_by_gene"
    BOUNDARIES = ("cell_boundaries.parquet", "cell_micron_space.parquet", "_micron_space.parquet")
    """Names, the last an ending: vpt puts the model's name before it."""
    BOUNDARY_FOLDER = "cell_boundaries"
    HDF5 = ".hdf5"
    IMAGE_FOLDER = "images"
    TRANSFORM = "micron_to_mosaic_pixel_transform.csv"
    MANIFEST = "manifest.json"
    MOSAIC = r"mosaic_(?P<stain>.{1,60})_z(?P<z>\d{1,4})\.tiff?"
    REGION = "region_"
    HINTS = (TRANSFORM, BOUNDARY_FOLDER, "detected_transcripts.csv")
    """Files that tell a MERSCOPE folder from any other with a table called cell_metadata."""

    IDS = ("EntityID", "", "id", "cell", "cell_id", "Unnamed: 0")
    X = "center_x"
    Y = "center_y"
    SHAPE = "Geometry"
    PLANE = "ZIndex"
    BLANK = "blank"
    """Beginning of the names of control barcodes, in any case."""
