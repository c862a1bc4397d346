"""Small releases written by hand, in the bucket's layout, for tests that need one quirk at a time."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import anndata
import numpy as np
import pandas as pd
import scipy.sparse

if TYPE_CHECKING:
    from pathlib import Path

HUMAN = "HMBA-MERSCOPE-H22.30.001-BG"
MARMOSET = "HMBA-Xenium-CJ23.56.004-BG"
MOUSE = "MERFISH-C57BL6J-638850"
TAXONOMY = "HMBA-BG-taxonomy-CCN20250428"
VERSION = "20251031"

HMBA_TABLES = {
    "cell_metadata": """cell_label,brain_section_label,brain_section_barcode,x_experiment,y_experiment,\
qc_pass,dataset_label,feature_matrix_label,abc_sample_id
1_3-20250227,D.S.01.01.01,1,10.5,20.5,True,{dataset},{matrix},u3
1_1-20250227,D.S.01.01.01,1,11.5,21.5,False,{dataset},{matrix},
1_2-20250227,D.S.01.02.01,2,12.5,22.5,True,{dataset},{matrix},u2
1_4-20250227,D.S.01.02.01,2,13.5,23.5,True,{dataset},{matrix},u4
1_5-20250227,D.S.02.01.01,3,14.5,24.5,True,{dataset},{matrix},u5
""",
    "specimen_metadata": """brain_section_label,brain_section_barcode,slab_plane_label,slab_plane_order
D.S.02.01.01,3,D.S.Plane.02,202
D.S.01.01.01,1,D.S.Plane.10,110
D.S.01.02.01,2,D.S.Plane.10,110
D.S.03.01.01,9,D.S.Plane.03,303
""",
    "slab_plane_coordinates": """cell_label,slab_plane_label,x_slab_mm,y_slab_mm
1_5-20250227,D.S.Plane.02,5.0,50.0
1_2-20250227,D.S.Plane.10,2.0,20.0
1_1-20250227,D.S.Plane.10,1.0,10.0
1_3-20250227,D.S.Plane.10,3.0,30.0
9_9-20250227,D.S.Plane.10,9.0,90.0
""",
    "cell_anatomical_annotations": """cell_label,Basal ganglia and adjacent,STR,parcellation_term_symbol
1_1-20250227,True,True,STR
1_2-20250227,True,False,Basal ganglia and adjacent
1_3-20250227,True,False,GPe
1_5-20250227,True,True,STR
""",
    "cell_to_cluster_membership": """cell_label,cluster_alias,cluster_label
1_2-20250227,Human-7,K7
1_1-20250227,Human-143,K143
1_3-20250227,,
1_5-20250227,Human-999,K999
""",
    "value_sets": """label,table,field,description,order,external_identifier,parent_label,color_hex_triplet
STR,path,parcellation_term_symbol,striatum,2,DHBA:1,,#cd86cc
Basal ganglia and adjacent,path,parcellation_term_symbol,all,1,x,,#BEBEBE
GPe,path,parcellation_term_symbol,external pallidum,4,x,,#53DB33
""",
    "gene": """gene_identifier,gene_symbol,description
ENSG1,DRD1,dopamine receptor D1
ENSG2,DRD2,dopamine receptor D2
Blank-1,,
""",
}
TAXONOMY_TABLES = {
    "cluster_annotation_term_set": "label,name,description,order\nL1,Cluster,leaf,1\nL0,Class,top,0\n",
    "cluster_annotation_term": """label,name,cluster_annotation_term_set_label,\
color_hex_triplet,term_order,parent_term_label
K7,Human-7,L1,#A2B102,1,C0
K143,Human-143,L1,#45f6a7,0,C1
C0,Astro-Epen,L0,#401e66,2,
C1,CN LGE GABA,L0,#d0b83c,1,
""",
    "cluster_to_cluster_annotation_membership": """cluster_annotation_term_label,\
cluster_annotation_term_set_label,cluster_alias
K7,L1,Human-7
C0,L0,Human-7
K143,L1,Human-143
C1,L0,Human-143
""",
}


class ReleaseFolder:
    """A folder in the bucket's layout that files are added to, and that then writes its manifest."""

    def __init__(self, root: Path, version: str = VERSION) -> None:
        self.root = root
        self.version = version
        self.listing: dict = {}

    def _entry(self, key: str, path: Path) -> dict:
        content = path.read_bytes()
        return {
            "version": self.version,
            "relative_path": key,
            "url": f"https://example.org/{key}",
            "size": len(content),
            "file_hash": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        }

    def path(self, kind: str, directory: str, name: str) -> Path:
        path = self.root / kind / directory / self.version / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _add(self, kind: str, directory: str, path: Path) -> dict:
        return self._entry(path.relative_to(self.root).as_posix(), path)

    def tables(self, directory: str, tables: dict[str, str], **names: str) -> None:
        for name, text in tables.items():
            path = self.path("metadata", directory, f"{name}.csv")
            path.write_text(text.format(**names) if names else text)
            files = self.listing.setdefault(directory, {}).setdefault("metadata", {})
            files[name] = {"files": {"csv": self._add("metadata", directory, path)}}

    def matrix(
        self, directory: str, name: str, cells: list[str], genes: list[str], values, kinds=("log2", "raw")
    ) -> None:
        listed = self.listing.setdefault(directory, {}).setdefault("expression_matrices", {})
        for kind in kinds:
            path = self.path("expression_matrices", directory, f"{name}-{kind}.h5ad")
            anndata.AnnData(
                scipy.sparse.csr_matrix(np.asarray(values, dtype=np.float32) * (10 if kind == "raw" else 1)),
                obs=pd.DataFrame(index=pd.Index(cells, name="cell_label")),
                var=pd.DataFrame({"gene_symbol": genes}, index=pd.Index(genes, name="gene_identifier")),
            ).write_h5ad(path)
            files = {"h5ad": self._add("expression_matrices", directory, path)}
            listed.setdefault(name, {})[kind] = {"files": files}

    def polygons(self, directory: str, slab: str, document: object) -> None:
        path = self.path("image_volumes", directory, f"{slab}.geojson")
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        files = self.listing.setdefault(directory, {}).setdefault("image_volumes", {})
        files[slab] = {"files": {"geojson": self._add("image_volumes", directory, path)}}

    def remove(self, directory: str, kind: str, name: str) -> None:
        del self.listing[directory][kind][name]

    def write(self) -> Path:
        path = self.root / "releases" / self.version / "manifest.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        directories = {
            directory: {"directories": {kind: {"version": self.version} for kind in kinds}}
            for directory, kinds in self.listing.items()
        }
        manifest = {
            "version": self.version,
            "resource_uri": "s3://allen-brain-cell-atlas/",
            "directory_listing": directories,
            "file_listing": self.listing,
        }
        path.write_text(json.dumps(manifest))
        return self.root


SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [4, 0], [4, 40], [0, 40], [0, 0]]]}


def hmba(root: Path, dataset: str = HUMAN) -> ReleaseFolder:
    """One HMBA dataset of five cells on two planes; every join has a gap somewhere."""
    folder = ReleaseFolder(root)
    matrix = dataset.removeprefix("HMBA-")
    folder.tables(dataset, HMBA_TABLES, dataset=dataset, matrix=matrix)
    folder.tables(TAXONOMY, TAXONOMY_TABLES)
    # The matrix has its own row order, a cell nobody knows, genes in another order, and lacks 1_2.
    cells = ["7_7-20250227", "1_5-20250227", "1_1-20250227", "1_3-20250227"]
    folder.matrix(
        dataset, matrix, cells, ["Blank-1", "ENSG2", "ENSG1"], [[9, 9, 9], [0, 0, 5], [0, 2, 1], [0, 0, 3]]
    )
    feature = {"type": "Feature", "properties": {"label": "STR"}, "geometry": SQUARE}
    folder.polygons(dataset, "D.S.Plane.10", {"type": "FeatureCollection", "features": [feature]})
    return folder


def mouse(root: Path) -> ReleaseFolder:
    """The mouse brain with two sections, integer aliases, and a matrix a section."""
    folder = ReleaseFolder(root)
    head = "cell_label,brain_section_label,cluster_alias,feature_matrix_label,x,y,z,abc_sample_id\n"
    cells = {
        "101917": ("C57BL6J-638850.37", 128, 7.2, 4.1, 6.6),
        "1019171907102340387-1": ("C57BL6J-638850.37", 34380, 7.3, 4.2, 6.6),
        "1018093344101130233": ("C57BL6J-638850.13", 5, 3.1, 5.8, 2.4),
    }
    rows = [
        f"{label},{section},{alias},C57BL6J-638850,{x},{y},{z},u"
        for label, (section, alias, x, y, z) in cells.items()
    ]
    genes = "gene_identifier,gene_symbol\nENSMUSG1,Prkcq\nENSMUSG2,Slc17a7\n"
    folder.tables(MOUSE, {"cell_metadata": head + "\n".join(rows) + "\n", "gene": genes})
    ccf = "cell_label,x,y,z,parcellation_index\n101917,12.2,6.9,7.3,945\n"
    folder.tables(f"{MOUSE}-CCF", {"reconstructed_coordinates": ccf, "ccf_coordinates": ccf})
    folder.tables(
        "WMB-taxonomy",
        {
            name: text.replace("Human-143", "128").replace("Human-7", "34380")
            for name, text in TAXONOMY_TABLES.items()
        },
    )
    for section in ("C57BL6J-638850.37", "C57BL6J-638850.13"):
        here = [label for label, row in cells.items() if row[0] == section]
        values = [[len(label), 1] for label in here]
        folder.matrix(f"{MOUSE}-sections", section, here, ["ENSMUSG1", "ENSMUSG2"], values)
    folder.matrix(MOUSE, "C57BL6J-638850", [*cells, "extra"], ["ENSMUSG1", "ENSMUSG2"], np.full((4, 2), 77))
    return folder
