"""The mouse's single cells: ``WMB-10X``, its two packages, and the neighborhoods with UMAPs of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from napari_abc.demo.basal_ganglia.planes import sample_ids
from napari_abc.demo.mouse import genes as mouse_genes
from napari_abc.demo.mouse import types as mouse_types
from napari_abc.demo.shared.single_cells import barcodes, choose, counts_of, embed, examples, write_matrices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_abc.demo.shared.bucket import Bucket

__all__ = ["DIRECTORY", "MIXES", "PACKAGES", "MouseCells", "gene_table", "write_wmb_10x"]

DIRECTORY = "WMB-10X"
_NEIGHBORHOODS = "WMB-neighborhoods"
_METADATA, _EXPRESSION, _GROUPS = "20241115", "20230630", "20231215"
_CELLS, _STRANGERS = 1500, 45
_EXAMPLES = (
    "Slc32a1", "Slc17a7", "Slc6a5", "Slc17a6", "Slc6a2", "Slc17a8", "Tac2", "Slc6a4", "Slc6a3", "Slc18a3",
)  # fmt: skip

_GLIA = {"Astro-TE NN": 5, "Oligo NN": 8, "OPC NN": 2, "Microglia NN": 3, "Endo NN": 3, "Peri NN": 1}
MIXES = {
    "TH": {
        "TH Prkcd Grin2c Glut": 40,
        "PVT-PT Ntrk1 Glut": 9,
        "MH Tac2 Glut": 8,
        "RT-ZI Gnb3 Gaba": 9,
        "Astro-NT NN": 6,
        "Ependymal NN": 1,
    }
    | _GLIA,
    "HPF": {
        "CA1-ProS Glut": 22,
        "CA3 Glut": 11,
        "DG Glut": 24,
        "DG-PIR Ex IMN": 4,
        "L2/3 IT PIR-ENTl Glut": 6,
        "Pvalb Gaba": 4,
        "Sst Gaba": 4,
        "Vip Gaba": 3,
        "Lamp5 Gaba": 3,
        "VLMC NN": 1,
    }
    | _GLIA,
}
"""Region → types of its cells, by relative weight."""

PACKAGES = {"WMB-10Xv2-TH": ("WMB-10Xv2", "TH"), "WMB-10Xv3-HPF": ("WMB-10Xv3", "HPF")}
"""Matrix → its directory and the region that its cells are of."""

# matrix | library | cell sample | dissected region | donor | genotype | sex
_LIBRARIES = """
WMB-10Xv2-TH|L8TX_180907_01_F08|044_D01|TH|Snap25-IRES2-Cre;Ai14-405318|Ai14(RCL-tdT)/wt|M
WMB-10Xv2-TH|L8TX_180829_01_B07|036_D01|TH|Snap25-IRES2-Cre;Ai14-402814|Ai14(RCL-tdT)/wt|F
WMB-10Xv2-TH|L8TX_190312_01_A04|078_B01|TH|C57BL6J-428321|wt/wt|F
WMB-10Xv3-HPF|L8TX_201030_01_C12|410_B05|RHP|Snap25-IRES2-Cre;Ai14-550850|Ai14(RCL-tdT)/wt|F
WMB-10Xv3-HPF|L8TX_201029_01_E10|411_B06|RHP|Snap25-IRES2-Cre;Ai14-550851|Ai14(RCL-tdT)/wt|F
WMB-10Xv3-HPF|L8TX_200306_01_D04|291_A02|HIP|C57BL6J-517894|wt/wt|M
"""

_REGIONS = (
    ("MOp", "Primary motor area", "#1c9a6a"),
    ("SSp", "Primary somatosensory area", "#5cc8ca"),
    ("HIP", "Hippocampal region", "#66c14e"),
    ("RHP", "Retrohippocampal region", "#a3d63c"),
    ("TH", "Thalamus", "#f0697b"),
    ("HY", "Hypothalamus", "#e0503f"),
)

_GROUP_CLASSES = {
    "HY-EA-Glut-GABA": ("12", "14"),
    "NN-IMN-GC": ("04", "30", "31", "33", "34"),
    "Pallium-Glut": ("01", "02", "04"),  # immature neurons belong to two neighborhoods
    "Subpallium-GABA": ("06", "07", "08", "09", "10"),
    "TH-EPI-Glut": ("17", "18"),
}
_EMBEDDED = ("Pallium-Glut", "TH-EPI-Glut", "WholeBrain")


class MouseCells(NamedTuple):
    """What other datasets borrow."""

    cells: pd.DataFrame
    """``cell_metadata``, with the column ``kind`` besides."""
    strangers: pd.DataFrame
    """The same columns for cells of the matrices that the tables leave out."""
    examples: pd.DataFrame
    """Log2 values of a few genes in ``cells``."""


def gene_table() -> pd.DataFrame:
    """``gene.csv``: two genes share a symbol, and one is not expressed."""
    genes = mouse_genes.cut(1, doubles=True)
    genes["comment"] = genes["gene_symbol"].map({"Gm1992": "no expression"})
    return genes


def write_wmb_10x(bucket: Bucket) -> MouseCells:
    """Write the tables, the packages and the neighborhoods."""
    rng = np.random.default_rng(20230630)
    types = mouse_types.all_types()
    names = tuple(types)
    genes = gene_table()
    symbols = list(genes["gene_symbol"])
    cells = pd.concat([_cells(matrix, names, rng) for matrix in PACKAGES], ignore_index=True)
    xy = embed(cells["kind"].to_numpy(), rng)
    cells["x"], cells["y"] = xy[:, 0], xy[:, 1]
    cells["cluster_alias"] = mouse_types.aliases(cells["kind"].to_numpy(), names, rng)
    cells["abc_sample_id"] = sample_ids(len(cells), rng)
    is_stranger = cells.groupby("feature_matrix_label").cumcount() >= _CELLS

    tables = []
    for matrix, (directory, region) in PACKAGES.items():
        mine = cells[(cells["feature_matrix_label"] == matrix) & ~is_stranger]
        more = cells[(cells["feature_matrix_label"] == matrix) & is_stranger]
        labels = mine["cell_label"].to_numpy(dtype=object)
        counts = counts_of(mine["kind"].to_numpy(), types, symbols, mouse_genes.markers(), rng)
        obs = {
            "cell_barcode": mine["cell_barcode"].to_numpy(),
            "library_label": mine["library_label"].to_numpy(),
            "anatomical_division_label": np.full(len(mine), region),
        }
        strangers = more["cell_label"].to_numpy(dtype=object)
        write_matrices(
            bucket, directory, _EXPRESSION, matrix, labels, counts, obs, genes, strangers=strangers
        )
        tables.append(examples(labels, counts, symbols, _EXAMPLES))

    # Cells are listed by cluster, not by package.
    shown = cells[~is_stranger].sort_values(["cluster_alias", "cell_barcode"], ignore_index=True)
    table = shown.drop(columns="kind")
    bucket.table(DIRECTORY, _METADATA, "cell_metadata", table)
    bucket.table(DIRECTORY, _METADATA, "gene", genes)
    bucket.table(DIRECTORY, _METADATA, "region_of_interest_metadata", _regions())
    example_table = pd.concat(tables)
    bucket.table(DIRECTORY, _METADATA, "views/example_genes_all_cells_expression", example_table)
    view = table.drop(columns="abc_sample_id")
    color = {acronym: color for acronym, _, color in _REGIONS}
    view["region_of_interest_color"] = view["region_of_interest_acronym"].map(color)
    view = mouse_types.annotated(view)
    bucket.table(DIRECTORY, _METADATA, "views/cell_metadata_with_cluster_annotation", view)
    _write_neighborhoods(bucket, shown, rng)
    return MouseCells(shown, cells[is_stranger], example_table)


def _cells(matrix: str, names: tuple[str, ...], rng: np.random.Generator) -> pd.DataFrame:
    """Cells of a package with all columns but those that need all packages, which stay empty."""
    dataset, region = PACKAGES[matrix]
    libraries = [line.split("|")[1:] for line in _LIBRARIES.strip().splitlines() if line.startswith(matrix)]
    count = _CELLS + _STRANGERS
    library, sample, dissected, donor, genotype, sex = np.array(libraries, dtype=object)[
        rng.integers(0, len(libraries), count)
    ].T
    codes = np.array(barcodes(count, rng), dtype=object)
    return pd.DataFrame(
        {
            "cell_label": codes + "-" + sample,
            "cell_barcode": codes,
            "barcoded_cell_sample_label": sample,
            "library_label": library,
            "feature_matrix_label": matrix,
            "entity": "cell",
            "brain_section_label": None,
            "library_method": dataset.removeprefix("WMB-"),
            "region_of_interest_acronym": dissected,
            "donor_label": donor,
            "donor_genotype": genotype,
            "donor_sex": sex,
            "dataset_label": dataset,
            "x": 0.0,
            "y": 0.0,
            "cluster_alias": 0,
            "abc_sample_id": "",
            "kind": choose(MIXES[region], names, count, rng),
        }
    )


def _regions() -> pd.DataFrame:
    rows = [
        (acronym, f"WMB-{acronym}", name, order, color)
        for order, (acronym, name, color) in enumerate(_REGIONS)
    ]
    columns = ["acronym", "label", "name", "region_of_interest_order", "region_of_interest_color"]
    return pd.DataFrame(rows, columns=columns)


def _groups() -> dict[str, NDArray[np.int64]]:
    """Name of a neighborhood → its clusters."""
    leaves = mouse_types.clusters()
    found = {}
    for group, classes in _GROUP_CLASSES.items():
        labels = {f"CS20230722_CLAS_{number}" for number in classes}
        found[group] = np.array([leaf.alias for leaf in leaves if leaf.terms[1] in labels])
    return found | {"WholeBrain": np.array([leaf.alias for leaf in leaves])}


def _write_neighborhoods(bucket: Bucket, cells: pd.DataFrame, rng: np.random.Generator) -> None:
    groups = _groups()
    text = {name: f"Cells of the neighborhood {name}, drawn by themselves." for name in groups}
    text["WholeBrain"] = "All cells."
    rows = [
        (f"CCN20230722_{name}", name, text[name], "cell type neighborhood", len(aliases))
        for name, aliases in groups.items()
    ]
    columns = ["label", "name", "description", "group_type", "number_of_clusters"]
    bucket.table(_NEIGHBORHOODS, _GROUPS, "cluster_group", pd.DataFrame(rows, columns=columns))

    members = [
        (f"CS20230722_{leaf.alias:04d}", f"CCN20230722_{name}", leaf.alias, name)
        for leaf in mouse_types.clusters()
        for name, aliases in groups.items()
        if leaf.alias in aliases
    ]
    columns = ["cluster_label", "cluster_group_label", "cluster_alias", "cluster_group_name"]
    bucket.table(_NEIGHBORHOODS, _GROUPS, "cluster_group_membership", pd.DataFrame(members, columns=columns))
    aliases = np.sort(groups["WholeBrain"])
    pivot = pd.DataFrame({"cluster_alias": aliases})
    for name, inside in groups.items():
        pivot[name] = np.isin(aliases, inside)
    bucket.table(_NEIGHBORHOODS, _GROUPS, "views/cluster_group_membership_pivoted", pivot)

    listed = []
    for name in _EMBEDDED:
        mine = cells[cells["cluster_alias"].isin(groups[name])]
        if name == "WholeBrain":
            table = mine[["cell_label", "x", "y"]]
        else:  # its clusters, which lay together, come apart
            xy = embed(mine["cluster_alias"].to_numpy(), rng, 9.0)
            table = pd.DataFrame({"cell_label": mine["cell_label"], "x": xy[:, 0], "y": xy[:, 1]})
            table = table.iloc[rng.permutation(len(table))]
        label = f"UMAP20230830-{name}"
        bucket.table(_NEIGHBORHOODS, _GROUPS, label, table)
        listed.append((label, name, text[name], len(table), f"CCN20230722_{name}"))
    columns = ["label", "name", "description", "number_of_cells", "cluster_group_label"]
    bucket.table(_NEIGHBORHOODS, _GROUPS, "dimension_reduction", pd.DataFrame(listed, columns=columns))
