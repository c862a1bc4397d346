"""The three HMBA spatial datasets: their tables, polygons and matrices, with the quirks of the real ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from napari_abc.demo.basal_ganglia.planes import REGIONS, PlaneCells, sample_ids
from napari_abc.demo.basal_ganglia.specimens import Donor, specimen_table
from napari_abc.demo.basal_ganglia.taxonomy import cluster_labels
from napari_abc.demo.shared.bucket import Counts, write_h5ad
from napari_abc.demo.shared.genes import gene_table, panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_abc.demo.shared.bucket import Bucket

__all__ = ["EXTRA_ROWS", "Versions", "write_ccf", "write_dataset", "write_polygons"]

EXTRA_ROWS = 25
"""Rows of each matrix whose cells no table has."""

_EVERYWHERE = "Basal ganglia and adjacent"
_EXAMPLES = {
    "Human": ("AQP4", "DRD1", "SLC17A6"),  # without DRD2, although the panel has it
    "Macaque": ("DRD1", "DRD2", "SLC17A6"),
    "Marmoset": ("AQP4", "DRD1", "DRD2", "SLC17A6"),
}
_MATRIX = {"Human": ("float32", True), "Macaque": ("float64", False), "Marmoset": ("float32", True)}
"""Type of a species' matrix, and whether it is compressed."""

_VALUE_SETS = (
    ("Basal ganglia and adjacent", "Basal ganglia and adjacent", 1, "basal_ganglia_and_adjacent", "#BEBEBE"),
    ("STR", "striatum", 2, "DHBA:10333", "#cd86cc"),
    ("GP", "globus pallidus", 3, "DHBA:10342", "#7AE361"),
    ("GPe", "external segment of globus pallidus", 4, "DHBA:10343", "#53DB33"),
    ("GPi", "internal segment of globus pallidus", 5, "DHBA:10344", "#A7DB33"),
    ("VeP", "ventral pallidus", 6, "DHBA:10345", "#9b19f5"),
    ("STH", "subthalamic nucleus", 7, "DHBA:10466", "#907991"),
    ("SN", "substantia nigra", 8, "DHBA:12251", "#89522A"),
)


@dataclass(frozen=True)
class Versions:
    """Versions of a dataset's folders: they need not be the same."""

    metadata: str
    expression: str
    polygons: str


@dataclass(frozen=True)
class _Cells:
    """All cells of some planes of a donor, plane after plane."""

    donor: Donor
    planes: tuple[PlaneCells, ...]

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        return np.cumsum([0, *(len(plane.labels) for plane in self.planes)])

    def of(self, name: str) -> NDArray[Any]:
        """An attribute of all cells."""
        return np.concatenate([getattr(plane, name) for plane in self.planes])

    def kept(self, left_out: str) -> NDArray[np.int64]:
        """Cells but those that a table leaves out."""
        out = [start + getattr(p, left_out) for start, p in zip(self.starts, self.planes, strict=False)]
        return np.setdiff1d(np.arange(self.starts[-1]), np.concatenate(out))

    def per_section(self, values: Sequence[Sequence[Any]]) -> NDArray[Any]:
        """A value of each cell's section; ``values`` has one sequence a plane."""
        return np.concatenate([np.array(v)[p.sections] for v, p in zip(values, self.planes, strict=True)])

    @cached_property
    def barcodes(self) -> NDArray[np.int64]:
        return self.per_section([[s.barcode for s in p.plane.sections] for p in self.planes])

    @cached_property
    def section_labels(self) -> NDArray[np.str_]:
        label = self.donor.section_label
        return self.per_section([[label(p.plane, s) for s in p.plane.sections] for p in self.planes])


def write_dataset(bucket: Bucket, donor: Donor, planes: Sequence[PlaneCells], versions: Versions) -> None:
    """Write the tables and matrices of one species.

    Every table has its rows in an order of its own, so that joining by position shows.
    """
    cells = _Cells(donor, tuple(planes))
    rng = np.random.default_rng([donor.seed, len(planes)])
    directory, version = donor.directory, versions.metadata
    labels = cells.of("labels")
    sections, barcodes = cells.section_labels, cells.barcodes
    qc_pass = cells.of("qc_pass")
    count = len(labels)

    # The section that the real table starts with comes first, the others in no order.
    first = {"Human": 1324989690, "Macaque": 1291813781, "Marmoset": 1382042951}[donor.species]
    by_barcode = np.argsort(barcodes * 7919 % 100_003, kind="stable")
    top = barcodes[by_barcode] == first
    as_measured = np.concatenate([by_barcode[top], by_barcode[~top]])
    sample = np.array(sample_ids(count, rng), dtype=object)
    sample[~qc_pass] = None
    job = "sis_cellpose_v1" if donor.platform == "MERSCOPE" else "xenium_cell_segmentation_kit_v1"
    experiment = cells.of("experiment")
    metadata = pd.DataFrame(
        {
            "cell_label": labels,
            "brain_section_label": sections,
            "brain_section_barcode": barcodes,
            "segmentation_job_id": job,
            "x_experiment": experiment[:, 0],
            "y_experiment": experiment[:, 1],
            "qc_pass": qc_pass,
            "dataset_label": directory,
            "feature_matrix_label": donor.matrix,
            "abc_sample_id": sample,
        }
    )
    bucket.table(directory, version, "cell_metadata", metadata.iloc[as_measured])
    specimens = specimen_table(donor, tuple(plane.plane for plane in planes))
    bucket.table(directory, version, "specimen_metadata", specimens)

    placed = cells.kept("without_coordinates")
    slab = cells.of("slab")
    plane_labels = np.concatenate([np.repeat(donor.plane_label(p.plane), len(p.labels)) for p in planes])
    coordinates = pd.DataFrame(
        {
            "cell_label": labels,
            "slab_plane_label": plane_labels,
            "x_slab_mm": slab[:, 0],
            "y_slab_mm": slab[:, 1],
        }
    )
    if donor.species == "Marmoset":
        rotated = cells.of("rotated")
        coordinates.insert(1, "brain_section_label", sections)
        coordinates.insert(2, "x_rotated_um", rotated[:, 0])
        coordinates.insert(3, "y_rotated_um", rotated[:, 1])
    upwards = placed[np.argsort(-barcodes[placed], kind="stable")]
    bucket.table(directory, version, "slab_plane_coordinates", coordinates.iloc[upwards])

    inside = {name: np.concatenate([plane.regions[name] for plane in planes]) for name in REGIONS}
    symbol = np.full(count, _EVERYWHERE, dtype=object)
    for name in REGIONS:  # the last column that is true gives the region
        symbol[inside[name]] = name
    annotations = pd.DataFrame(
        {"cell_label": labels, _EVERYWHERE: True, **inside, "parcellation_term_symbol": symbol}
    )
    by_label = placed[np.argsort(barcodes[placed], kind="stable")]
    bucket.table(directory, version, "cell_anatomical_annotations", annotations.iloc[by_label])

    membership = _membership(cells).iloc[rng.permutation(cells.kept("without_membership"))]
    bucket.table(directory, version, "cell_to_cluster_membership", membership)
    bucket.table(directory, version, "gene", gene_table(donor.species))
    bucket.table(directory, version, "donor", _donor_table(donor))
    bucket.table(directory, version, "value_sets", _value_sets())
    _write_expression(bucket, cells, versions, rng)


def _membership(cells: _Cells) -> pd.DataFrame:
    aliases = pd.Series(cells.of("aliases"), dtype=object)
    labels = aliases.map(cluster_labels() | {f"{cells.donor.species}-9999": "CS20250428_CLUST_9999"})
    return pd.DataFrame({"cell_label": cells.of("labels"), "cluster_alias": aliases, "cluster_label": labels})


def _write_expression(bucket: Bucket, cells: _Cells, versions: Versions, rng: np.random.Generator) -> None:
    donor = cells.donor
    directory = donor.directory
    labels, sections, barcodes = cells.of("labels"), cells.section_labels, cells.barcodes
    counts = Counts.from_dense([plane.counts for plane in cells.planes])

    measured = cells.kept("without_counts")
    measured = measured[np.argsort(barcodes[measured], kind="stable")]
    # Some rows belong to cells that were dropped from every table.
    strangers = np.sort(rng.choice(len(measured), EXTRA_ROWS, replace=False))
    rows = np.insert(measured, strangers, measured[strangers])
    extra = strangers + np.arange(EXTRA_ROWS)
    row_labels = labels[rows].astype(object)
    for number, row in enumerate(extra):
        unseen = f"zzzzzz{chr(97 + number)}z-1" if donor.platform == "Xenium" else str(900_001 + number)
        row_labels[row] = f"{barcodes[rows[row]]}_{unseen}-20250227"
    matrix = counts.rows(rows)
    log2 = matrix.log2(1000)  # per thousand, whatever the descriptions say

    genes = panel(donor.species)
    var = gene_table(donor.species).set_index("gene_identifier")[["gene_symbol"]]
    obs = {"brain_section_label": sections[rows], "brain_section_barcode": barcodes[rows]}
    dtype, gzip = _MATRIX[donor.species]
    for layer, values in (("log2", log2), ("raw", matrix)):
        name = f"{donor.matrix}-{layer}"
        path = bucket.path("expression_matrices", directory, versions.expression, f"{name}.h5ad")
        write_h5ad(path, values, row_labels.tolist(), obs, var, dtype, gzip)
        bucket.add("expression_matrices", directory, versions.expression, name, "h5ad")

    symbols = [gene.symbol for gene in genes]
    shown = matrix if donor.species == "Marmoset" else log2
    table = {symbol: shown.column(symbols.index(symbol)).round(6) for symbol in _EXAMPLES[donor.species]}
    example = pd.DataFrame({"cell_label": row_labels, **table}).drop(index=extra.tolist())
    bucket.table(directory, versions.metadata, "example_gene_expression", example)

    total = matrix.indptr[1:]
    cumulative = np.concatenate([[0.0], np.cumsum(matrix.data)])
    totals = cumulative[total] - cumulative[matrix.indptr[:-1]]
    blank = np.array([symbol.startswith("Blank-") for symbol in symbols])
    of_blanks = np.concatenate([[0.0], np.cumsum(matrix.data * blank[matrix.indices])])
    blanks = of_blanks[total] - of_blanks[matrix.indptr[:-1]]
    supplement = pd.DataFrame(
        {
            "cell_label": row_labels,
            "total_counts": totals,
            "total_counts_genes": totals - blanks,
            "qc_pass": cells.of("qc_pass")[rows],
        }
    )
    if donor.platform == "MERSCOPE":
        supplement["total_counts_Blank"] = blanks
        supplement["pct_counts_Blank"] = (100 * blanks / totals).round(4)
        supplement["n_genes_by_counts"] = np.diff(matrix.indptr)
    supplement = supplement.drop(index=extra.tolist())
    bucket.table(directory, versions.metadata, "cell_supplemental_metadata", supplement)


def write_ccf(bucket: Bucket, donor: Donor, planes: Sequence[PlaneCells], version: str) -> None:
    """``ccf_coordinates.csv``, which only the human has; the columns of the real one are not published."""
    parts = []
    for cells in planes:
        if cells.plane.division != "CX":
            continue
        depth = 4.0 * cells.plane.slab_ordinal + 0.5 * cells.plane.number
        parts.append(
            pd.DataFrame(
                {
                    "cell_label": cells.labels,
                    "x": (cells.slab[:, 0] * 0.98 - 8).round(4),
                    "y": round(depth - 70, 4),
                    "z": (80 - cells.slab[:, 1] * 1.01).round(4),
                }
            ).drop(index=cells.without_coordinates.tolist())
        )
    bucket.table(donor.directory, version, "ccf_coordinates", pd.concat(parts))


def _donor_table(donor: Donor) -> pd.DataFrame:
    taxon = {
        "Human": ("NCBITaxon:9606", "Homo sapiens"),
        "Macaque": ("NCBITaxon:9544", "Macaca mulatta"),
        "Marmoset": ("NCBITaxon:9483", "Callithrix jacchus"),
    }[donor.species]
    return pd.DataFrame(
        {
            "donor_label": [donor.label],
            "donor_species": [taxon[0]],
            "species_scientific_name": [taxon[1]],
            "species_genus": [donor.species],
            "donor_sex": [None],
        }
    )


def _value_sets() -> pd.DataFrame:
    rows: list[tuple[str | int | None, ...]] = [
        (
            label,
            "path",
            "parcellation_term_symbol",
            text,
            order,
            identifier,
            None if order == 1 else _EVERYWHERE,
            color,
        )
        for label, text, order, identifier, color in _VALUE_SETS
    ]
    # Labels repeat across fields: a lookup that forgets the field finds the wrong color.
    rows += [
        ("STR", "library", "region_of_interest_label", "striatum, dissected", 1, None, None, "#123456"),
        ("Human", "donor", "species_genus", "Human", 1, "NCBITaxon:9605", None, "#377eb8"),
        ("Macaque", "donor", "species_genus", "Macaque", 2, "NCBITaxon:9539", None, "#4daf4a"),
        ("Marmoset", "donor", "species_genus", "Marmoset", 3, "NCBITaxon:9481", None, "#FF5F5D"),
        ("Female", "donor", "donor_sex", "Female", 1, None, None, "#565353"),
        ("Male", "donor", "donor_sex", "Male", 2, None, None, "#ADC4C3"),
    ]
    columns = ["label", "table", "field", "description", "order", "external_identifier", "parent_label"]
    return pd.DataFrame(rows, columns=[*columns, "color_hex_triplet"])


def write_polygons(bucket: Bucket, donor: Donor, cells: PlaneCells, version: str) -> None:
    """The plane's GeoJSON, in one of the forms that readers must know; none for some planes."""
    plane = cells.plane
    if plane.polygons == "none":
        return
    features = []
    for label, parts in cells.polygons.items():
        rings = [[[list(corner) for corner in part.exterior.coords]] for part in parts]
        geometry: dict[str, Any]
        if len(rings) == 1:
            geometry = {"type": "Polygon", "coordinates": rings[0]}
        elif plane.polygons == "features":
            geometry = {"type": "MultiPolygon", "coordinates": rings}
        else:
            polygons = [{"type": "Polygon", "coordinates": ring} for ring in rings]
            geometry = {"type": "GeometryCollection", "geometries": polygons}
        features.append({"type": "Feature", "properties": {"label": label}, "geometry": geometry})
    if plane.polygons == "features":  # a label that no value set knows, and a line
        left, top = cells.slab.min(axis=0).round(4).tolist()
        bottom = float(cells.slab[:, 1].max().round(4))
        line = {"type": "LineString", "coordinates": [[left, top], [left, bottom]]}
        features.append({"type": "Feature", "properties": {"label": "midline"}, "geometry": line})
    content = (
        features[0] if plane.polygons == "feature" else {"type": "FeatureCollection", "features": features}
    )
    bucket.geojson(donor.directory, version, donor.plane_label(plane), content)
