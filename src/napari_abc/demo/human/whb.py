"""``WHB-10Xv3``: nuclei of the human brain in two matrices, and the taxonomy they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from napari_abc.demo.basal_ganglia.planes import sample_ids
from napari_abc.demo.human import genes as human_genes
from napari_abc.demo.human.taxonomies import aliases_of, types, whb_tree
from napari_abc.demo.shared.single_cells import barcodes, choose, counts_of, embed, examples, write_matrices

if TYPE_CHECKING:
    from napari_abc.demo.shared.bucket import Bucket

__all__ = ["DIRECTORY", "write_whb"]

DIRECTORY = "WHB-10Xv3"
_METADATA, _EXPRESSION = "20241115", "20240330"
_CELLS, _STRANGERS = 600, 15
_EXAMPLES = ("PTPRC", "SLC17A6", "SLC32A1", "SLC17A7", "TTR", "PLP1", "AQP4")

# sample | library | region | division | slab | donor
_SAMPLES = """
10X386_2|LKTX_210825_01_B01|Human MoAN|Myelencephalon|H19.30.001.CX.51|H19.30.001
10X383_5|LKTX_210818_02_E01|Human MoSR|Myelencephalon|H19.30.002.BS.94|H19.30.002
10X194_3|LKTX_190618_01_C01|Human A14|Cerebral cortex|H18.30.002.CX.13|H18.30.002
10X225_1|LKTX_200117_01_A01|Human A1C|Cerebral cortex|H19.30.001.CX.27|H19.30.001
10X297_6|LKTX_200903_01_F01|Human Pu|Basal nuclei|H19.30.002.CX.22|H19.30.002
"""
# A region may consist of several structures: its label is not a key.
_REGIONS = (
    ("Human A14", "DHBA:10196", "A14r", "rostral subdivision of area 14", "#b4a470"),
    ("Human A14", "DHBA:10197", "A14c", "caudal subdivision of area 14", "#b4a470"),
    ("Human A1C", "DHBA:10236", "A1C", "primary auditory cortex (core)", "#d2749e"),
    ("Human MoAN", "DHBA:12663", "MoAN", "afferent nuclei of cranial nerves in medulla", "#6a9fd4"),
    ("Human MoSR", "DHBA:12698", "MoSR", "superficial reticular nuclei of medulla", "#4c7a9c"),
    ("Human Pu", "DHBA:10338", "Pu", "putamen", "#b98ce0"),
)
_DIVISIONS = (
    ("Cerebral cortex", "DHBA:10159", "Cx", "cerebral cortex", "#e8c35a"),
    ("Basal nuclei", "DHBA:10331", "CNu", "cerebral nuclei", "#b98ce0"),
    ("Myelencephalon", "DHBA:10657", "MoT", "medulla oblongata", "#5a8fc0"),
)


def write_whb(bucket: Bucket) -> None:
    """Write the tables, both matrices and the taxonomy."""
    rng = np.random.default_rng(20240330)
    kinds_of = types()
    names = tuple(kinds_of)
    neurons = names[:7]
    kinds = choose({name: 2.0 if name in neurons else 3.0 for name in names}, names, _CELLS, rng)
    is_neuron = kinds < len(neurons)
    samples = np.array([line.split("|") for line in _SAMPLES.strip().splitlines()], dtype=object)
    sample, library, region, division, slab, donor = samples[rng.integers(0, len(samples), _CELLS)].T
    codes = np.array(barcodes(_CELLS + 2 * _STRANGERS, rng), dtype=object)
    alias = aliases_of(whb_tree(), "supercluster", [names[kind] for kind in kinds], rng)
    xy = embed(kinds, rng)
    matrix = np.where(is_neuron, f"{DIRECTORY}-Neurons", f"{DIRECTORY}-Nonneurons")
    cells = pd.DataFrame(
        {
            "cell_label": sample + ":" + codes[:_CELLS],
            "cell_barcode": codes[:_CELLS],
            "barcoded_cell_sample_label": sample,
            "library_label": library,
            "feature_matrix_label": matrix,
            "entity": "nuclei",
            "brain_section_label": slab,
            "library_method": "10Xv3",
            "donor_label": donor,
            "donor_sex": "M",
            "dataset_label": DIRECTORY,
            "x": xy[:, 0],
            "y": xy[:, 1],
            "cluster_alias": alias,
            "region_of_interest_label": region,
            "anatomical_division_label": division,
            "abc_sample_id": sample_ids(_CELLS, rng),
        }
    )
    bucket.table(DIRECTORY, _METADATA, "cell_metadata", cells.sort_values("cluster_alias", kind="stable"))
    genes = human_genes.ensembl_table("biotype", "name")
    bucket.table(DIRECTORY, _METADATA, "gene", genes)
    _write_small_tables(bucket)

    symbols = list(genes["gene_symbol"])
    labels = cells["cell_label"].to_numpy(dtype=object)
    counts = counts_of(kinds, kinds_of, symbols, human_genes.markers(), rng)
    for place, name in enumerate(np.unique(matrix)):
        mine = np.flatnonzero(matrix == name)
        others = codes[_CELLS + place * _STRANGERS :][:_STRANGERS]
        obs = {"cell_barcode": codes[mine], "roi": region[mine]}
        write_matrices(
            bucket,
            DIRECTORY,
            _EXPRESSION,
            str(name),
            labels[mine],
            counts.rows(mine),
            obs,
            genes,
            strangers=others,
        )
    table = examples(labels, counts, symbols, _EXAMPLES)
    bucket.table(DIRECTORY, _METADATA, "example_genes_all_cells_expression", table)
    sizes = cells["cluster_alias"].value_counts()
    whb_tree().write(bucket, dict(zip(sizes.index.tolist(), sizes.tolist(), strict=True)))


def _write_small_tables(bucket: Bucket) -> None:
    donors = [("H18.30.002", "50 yrs"), ("H19.30.001", "29 yrs"), ("H19.30.002", "42 yrs")]
    donor = pd.DataFrame(donors, columns=["donor_label", "donor_age"])
    donor.insert(1, "donor_species", "NCBITaxon:9606")
    donor["donor_sex"] = "M"
    bucket.table(DIRECTORY, _METADATA, "donor", donor)
    for prefix, rows in (("region_of_interest", _REGIONS), ("anatomical_division", _DIVISIONS)):
        columns = [f"{prefix}_label", "structure_identifier", "structure_symbol", "structure_name"]
        table: pd.DataFrame = pd.DataFrame(list(rows), columns=[*columns, f"{prefix}_color"])
        bucket.table(DIRECTORY, _METADATA, f"{prefix}_structure_map", table)
