"""The primates' single cells: three species in one matrix of shared genes, and in one matrix each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from napari_abc.demo.basal_ganglia.planes import sample_ids
from napari_abc.demo.basal_ganglia.taxonomy import cluster_labels, clusters_of
from napari_abc.demo.basal_ganglia.types import ADJACENT, all_types
from napari_abc.demo.human import genes as human_genes
from napari_abc.demo.shared.single_cells import barcodes, choose, counts_of, embed, examples, write_matrices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_abc.demo.shared.bucket import Bucket, Counts

__all__ = ["ALIGNED", "SPECIES", "TAXONOMY", "write_hmba_10x"]

ALIGNED = "HMBA-10xMultiome-BG-Aligned"
SPECIES = "HMBA-10xMultiome-BG"
TAXONOMY = "HMBA-BG-taxonomy-CCN20250428"
_VERSION = "20250531"
_EXAMPLES = ("SLC17A6", "SLC32A1", "PTPRC", "PLP1", "AQP4", "DRD1", "DRD2")
_CELLS = {"Human": 280, "Macaque": 180, "Marmoset": 140}
_STRANGERS = 12


class _MultiomeDonor(NamedTuple):
    label: str
    species: str
    sex: str
    age: str


_DONORS = (
    _MultiomeDonor("H24.30.001", "Human", "Male", "54 yrs"),
    _MultiomeDonor("H24.30.003", "Human", "Female", "49 yrs"),
    _MultiomeDonor("QM21.26.001", "Macaque", "Female", "10 yrs"),
    _MultiomeDonor("QM23.50.002", "Macaque", "Male", "8 yrs"),
    _MultiomeDonor("CJ23.56.002", "Marmoset", "Male", "4 yrs"),
)
_NAMES = {
    "Human": ("NCBITaxon:9606", "Homo sapiens"),
    "Macaque": ("NCBITaxon:9544", "Macaca mulatta"),
    "Marmoset": ("NCBITaxon:9483", "Callithrix jacchus"),
}
# Region → its identifier, name, and the types dissected there by relative weight.
_GLIA = {"Astrocyte": 8, "Oligo OPALIN": 12, "OPC": 4, "Microglia": 4, "Endo": 2}
_REGIONS = {
    "Pu": (
        "DHBA:10338",
        "putamen",
        {"STRd D1 Matrix MSN": 24, "STRd D2 Matrix MSN": 23, "STRd D1 Striosome MSN": 5, "VIP GABA": 1,
         "STR D1D2 Hybrid MSN": 2, "STR TAC3-PLPP4 GABA": 3, "STR Cholinergic GABA": 2} | _GLIA,
    ),
    "PuC": (
        "DHBA:11538",
        "caudal putamen",
        {"STRd D1 Matrix MSN": 22, "STRd D2 Matrix MSN": 22, "STR SST-CHODL GABA": 3, "Amygdala": 3} | _GLIA,
    ),
    "GPe": (
        "DHBA:10343",
        "external segment of globus pallidus",
        {"GPe SOX6-CTXND1 GABA": 12, "GPe-NDB-SI LHX6-LHX8-GBX1 GABA": 14, "GPe MEIS2-SOX6 GABA": 5} | _GLIA,
    ),
    "STH": ("DHBA:10466", "subthalamic nucleus", {"STH PVALB-PITX2 Glut": 20, "Thalamus": 3} | _GLIA),
}  # fmt: skip


def write_hmba_10x(bucket: Bucket, taxonomies: Mapping[str, pd.DataFrame]) -> None:
    """Write both datasets, and what the taxonomy's directory says of their cells.

    ``taxonomies`` has the terms of each version of that directory.
    """
    rng = np.random.default_rng(20250531)
    types = all_types()
    libraries = _libraries(rng)
    cells = pd.concat(
        [_cells(species, libraries, tuple(types), rng) for species in _CELLS], ignore_index=True
    )
    # Some cells come from one sample of the web application: fewer identifiers than rows.
    ids = np.array(sample_ids(len(cells), rng), dtype=object)
    ids[5::40] = ids[4::40][: len(ids[5::40])]
    cells["abc_sample_id"] = ids
    kinds = cells.pop("kind").to_numpy()
    shown = cells.iloc[rng.permutation(len(cells))]
    strangers = np.array([f"{code}-9999_X01" for code in barcodes(4 * _STRANGERS, rng)], dtype=object)

    genes = human_genes.ncbi_table()
    shared = list(genes["gene_symbol"])
    counts = counts_of(kinds, types, shared, human_genes.markers(), rng)
    table = _write_package(bucket, ALIGNED, ALIGNED, cells, counts, genes, strangers[:_STRANGERS])
    bucket.table(ALIGNED, _VERSION, "gene", genes)
    bucket.table(ALIGNED, _VERSION, "views/example_gene_expression", table)
    matrix_of = {species: f"{SPECIES}-{species}" for species in _CELLS}
    species_of = cells["donor_label"].map({donor.label: donor.species for donor in _DONORS})
    for place, species in enumerate(_CELLS, start=1):
        mine = (species_of == species).to_numpy()
        genes = human_genes.ncbi_table(species)
        part = counts.rows(np.flatnonzero(mine)).columns([shared.index(s) for s in genes["gene_symbol"]])
        others = strangers[place * _STRANGERS :][:_STRANGERS]
        table = _write_package(bucket, SPECIES, matrix_of[species], cells[mine], part, genes, others)
        bucket.table(SPECIES, _VERSION, f"{species.lower()}_gene", genes)
        bucket.table(SPECIES, _VERSION, f"views/example_{species.lower()}_gene_expression", table)
    for directory in (ALIGNED, SPECIES):
        own = shown.assign(dataset_label=directory, feature_matrix_label=ALIGNED)
        if directory == SPECIES:
            own["feature_matrix_label"] = species_of[own.index].map(matrix_of)
        bucket.table(directory, _VERSION, "cell_metadata", own)
        bucket.table(directory, _VERSION, "donor", _donor_table())
        bucket.table(directory, _VERSION, "library", libraries)
        bucket.table(directory, _VERSION, "value_sets", _value_sets())
    _write_taxonomy_part(bucket, taxonomies, cells, species_of, kinds, rng)


def _libraries(rng: np.random.Generator) -> pd.DataFrame:
    """``library.csv``: each donor's regions, a library each."""
    rows = []
    for number, donor in enumerate(_DONORS):
        for place, (region, (identifier, name, _)) in enumerate(_REGIONS.items()):
            sample = f"{2362 + 7 * number}_{'ABCD'[place]}0{number + 1}"
            rows.append(
                {
                    "library_label": f"L8XR_2408{number + 1:02d}_01_{'EFGH'[place]}02",
                    "library_method": "10xMultiome-RSeq",
                    "library_nhash_id": f"LI-{rng.integers(10**6, 10**7)}",
                    "barcoded_cell_sample_label": sample,
                    "enrichment_population": "70% NeuN, 20% OLIG2-, 10% OLIG2+" if place else "No FACS",
                    "cell_specimen_type": "Nuclei",
                    "parcellation_term_identifier": identifier,
                    "region_of_interest_name": name,
                    "region_of_interest_label": region,
                    "anatomical_division_label": "Basal ganglia",
                    "donor_label": donor.label,
                    "specimen_dissected_roi_label": f"{donor.label}.{region}.01",
                    "specimen_dissected_roi_nhash_id": f"DO-{rng.integers(10**6, 10**7)}",
                    "slab_label": f"{donor.label}.CX.{17 + place}",
                    "slab_nhash_id": f"SL-{rng.integers(10**6, 10**7)}",
                }
            )
    return pd.DataFrame(rows)


def _cells(
    species: str, libraries: pd.DataFrame, names: tuple[str, ...], rng: np.random.Generator
) -> pd.DataFrame:
    count = _CELLS[species]
    donors = [donor.label for donor in _DONORS if donor.species == species]
    mine = libraries[libraries["donor_label"].isin(donors)]
    library = mine.iloc[rng.integers(0, len(mine), count)]
    codes = np.array(barcodes(count, rng), dtype=object)
    regions = library["region_of_interest_label"].to_numpy()
    kinds = np.zeros(count, dtype=np.int64)
    for region in np.unique(regions.astype(str)):
        here = regions == region
        kinds[here] = choose(_REGIONS[region][2], names, int(here.sum()), rng)
    # The same column holds numbers and hashes.
    jobs = [str(1_300_000_000 + 7 * n) if n % 3 else rng.bytes(20).hex() for n in range(len(mine))]
    job = dict(zip(mine["library_label"], jobs, strict=True))
    sample = library["barcoded_cell_sample_label"].to_numpy()
    return pd.DataFrame(
        {
            "cell_label": codes + "-" + sample,
            "cell_barcode": codes,
            "donor_label": library["donor_label"].to_numpy(),
            "barcoded_cell_sample_label": sample,
            "library_label": library["library_label"].to_numpy(),
            "alignment_job_id": library["library_label"].map(job).to_numpy(),
            "doublet_score": rng.beta(1, 30, count).round(6),
            "umi_count": rng.integers(2500, 40_000, count),
            "feature_matrix_label": "",
            "dataset_label": "",
            "abc_sample_id": "",
            "kind": kinds,
        }
    )


def _write_package(
    bucket: Bucket,
    directory: str,
    matrix: str,
    cells: pd.DataFrame,
    counts: Counts,
    genes: pd.DataFrame,
    strangers: NDArray[np.object_],
) -> pd.DataFrame:
    """Write a matrix; returns the table with a few of its genes."""
    symbols = list(genes["gene_symbol"])
    labels = cells["cell_label"].to_numpy(dtype=object)
    obs = {"cell_barcode": cells["cell_barcode"].to_numpy(), "donor_label": cells["donor_label"].to_numpy()}
    write_matrices(
        bucket, directory, _VERSION, matrix, labels, counts, obs, genes, strangers=strangers, per=1000
    )
    return examples(labels, counts, symbols, [symbol for symbol in _EXAMPLES if symbol in symbols], 1000)


def _write_taxonomy_part(
    bucket: Bucket,
    taxonomies: Mapping[str, pd.DataFrame],
    cells: pd.DataFrame,
    species_of: pd.Series[str],
    kinds: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """Cells' clusters and places, and the abbreviations in the names of terms."""
    names = tuple(all_types())
    second = rng.random(len(kinds)) < 0.4
    aliases = np.empty(len(kinds), dtype=object)
    for row, (species, kind) in enumerate(zip(species_of, kinds.tolist(), strict=True)):
        aliases[row] = clusters_of()[species, names[kind]][-1 if second[row] else 0]
    # The tissue around is not annotated, and a few other cells are not either.
    known = ~np.isin(np.array(names, dtype=object)[kinds], list(ADJACENT)) & (rng.random(len(kinds)) > 0.03)
    membership = pd.DataFrame(
        {
            "cell_label": cells["cell_label"],
            "cluster_alias": aliases,
            "cluster_label": pd.Series(aliases, dtype=object).map(cluster_labels()),
        }
    )
    membership = membership.loc[rng.permutation(np.flatnonzero(known))]
    xy = embed(kinds, rng, 12.0)
    places = pd.DataFrame({"cell_label": cells["cell_label"], "x": xy[:, 0], "y": xy[:, 1]})
    places = places.iloc[rng.permutation(len(places))]
    words = pd.DataFrame(
        [
            ("D1", "dopamine receptor D1", "gene", "NCBIGene:1812", None),
            ("D2", "dopamine receptor D2", "gene", "NCBIGene:1813", None),
            ("GABA", "gamma-aminobutyric acid", "cell_type", None, None),
            ("GPe", "external segment of globus pallidus", "anatomical", "DHBA:10343", None),
            ("MSN", "medium spiny neuron", "cell_type", None, None),
            ("STH", "subthalamic nucleus", "anatomical", "DHBA:10466", None),
            ("STRd", "dorsal striatum", "anatomical", "DHBA:10334", None),
        ],
        columns=[
            "abbreviation_term", "abbreviation_meaning", "abbreviation_type", "primary_identifier",
            "secondary_identifier",
        ],
    )  # fmt: skip
    for version, terms in taxonomies.items():
        found = [
            (label, word)
            for label, name in zip(terms["label"], terms["name"], strict=True)
            for word in words["abbreviation_term"]
            if word in name.split()
        ]
        columns = ["cluster_annotation_term_label", "abbreviation_term"]
        pairs = pd.DataFrame(found, columns=columns)
        bucket.table(TAXONOMY, version, "cell_to_cluster_membership", membership)
        bucket.table(TAXONOMY, version, "cell_2d_embedding_coordinates", places)
        bucket.table(TAXONOMY, version, "abbreviation_term", words)
        bucket.table(TAXONOMY, version, "cluster_annotation_to_abbreviation_map", pairs)


def _donor_table() -> pd.DataFrame:
    rows = []
    for number, donor in enumerate(_DONORS):
        taxon, scientific = _NAMES[donor.species]
        value, unit = donor.age.split()
        rows.append(
            {
                "donor_label": donor.label,
                "donor_species": taxon,
                "species_scientific_name": scientific,
                "species_genus": donor.species,
                "donor_sex": donor.sex,
                "donor_age": donor.age,
                "donor_age_value": float(value),
                "donor_age_unit": "years" if unit == "yrs" else unit,
                "donor_nhash_id": f"DO-SYNT{number:04d}",
            }
        )
    return pd.DataFrame(rows)


def _value_sets() -> pd.DataFrame:
    rows: list[tuple[str | int | None, ...]] = [
        ("Human", "donor", "species_genus", "Human", 1, "NCBITaxon:9605", None, "#377eb8"),
        ("Macaque", "donor", "species_genus", "Macaque", 2, "NCBITaxon:9539", None, "#4daf4a"),
        ("Marmoset", "donor", "species_genus", "Marmoset", 3, "NCBITaxon:9481", None, "#FF5F5D"),
        ("Female", "donor", "donor_sex", "Female", 1, None, None, "#565353"),
        ("Male", "donor", "donor_sex", "Male", 2, None, None, "#ADC4C3"),
        ("Basal ganglia", "library", "anatomical_division_label", "Basal ganglia", 1, None, None, "#8a6fc0"),
    ]
    colors = ("#b565c9", "#cd86cc", "#53DB33", "#907991")
    for order, ((label, (identifier, name, _)), color) in enumerate(
        zip(_REGIONS.items(), colors, strict=True), start=1
    ):
        rows.append((label, "library", "region_of_interest_label", name, order, identifier, "BG", color))
    columns = ["label", "table", "field", "description", "order", "external_identifier", "parent_label"]
    return pd.DataFrame(rows, columns=[*columns, "color_hex_triplet"])
