"""Which slab planes and brain sections the miniature release has, and the specimen tables of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

__all__ = ["DONORS", "Donor", "Plane", "Section", "specimen_table"]


@dataclass(frozen=True)
class Section:
    """One brain section: what the microscope saw at a time."""

    block: int
    """Tile of the slab; 0 where the slab was not divided (marmoset)."""
    set_number: int
    last: int
    """Last number of its label, its place within the set of serial sections."""
    base: int
    """Ordinal of the set's start within the block."""
    barcode: int


@dataclass(frozen=True)
class Plane:
    """One slab plane: a mosaic of sections, one a block."""

    division: Literal["CX", "BS"]
    slab: int
    number: int
    scene: str
    """Which scene is drawn; see :func:`~napari_abc.demo.basal_ganglia.drawing.drawing`."""
    cells: int
    sections: tuple[Section, ...]
    slab_ordinal: int
    thickness: float
    """Of the slab, mm."""
    direction: str
    """Of cutting."""
    corner: tuple[float, float]
    """Where the drawing's origin lies in the slab frame, mm."""
    turn: float = 0.0
    """Rotation of the drawing, radians."""
    polygons: Literal["collection", "features", "feature", "none"] = "collection"
    """How its GeoJSON is built: one GeometryCollection a region of several parts; MultiPolygon and
    further kinds; a bare Feature; or no file at all."""


@dataclass(frozen=True)
class Donor:
    """One species' dataset."""

    species: Literal["Human", "Macaque", "Marmoset"]
    label: str
    platform: Literal["MERSCOPE", "Xenium"]
    scale: float
    """Size of its slabs, the human being 1."""
    seed: int
    planes: tuple[Plane, ...]

    @property
    def directory(self) -> str:
        """Name of its dataset."""
        return f"HMBA-{self.matrix}"

    @property
    def matrix(self) -> str:
        """Name of its matrices: the dataset's without the project."""
        return f"{self.platform}-{self.label}-BG"

    def slab_label(self, plane: Plane) -> str:
        """``H22.30.001.CX.17``."""
        return f"{self.label}.{plane.division}.{plane.slab}"

    def plane_label(self, plane: Plane) -> str:
        """``H22.30.001.CX.17.Plane.03``."""
        return f"{self.slab_label(plane)}.Plane.{plane.number:02d}"

    def block_label(self, plane: Plane, section: Section) -> str:
        """``H22.30.001.CX.17.03``; the slab's where it was not divided."""
        return self.slab_label(plane) + (f".{section.block:02d}" if section.block else "")

    def section_label(self, plane: Plane, section: Section) -> str:
        """``H22.30.001.CX.17.03.03.03``."""
        return f"{self.block_label(plane, section)}.{section.set_number:02d}.{section.last:02d}"


_FORWARD = "coronal (rostral to caudal)"
_BACKWARD = "coronal (caudal to rostral)"

DONORS = (
    Donor(
        "Human",
        "H22.30.001",
        "MERSCOPE",
        1.0,
        2230001,
        (
            # Slabs cut from behind number their planes against their sets.
            Plane("CX", 13, 5, "posterior", 1800,
                  (Section(1, 3, 2, 141, 1304618482), Section(2, 3, 2, 139, 1304618655)),
                  13, 4.0, _BACKWARD, (21, 60), 0.15, "none"),
            Plane("CX", 16, 7, "rostral", 3600,
                  (Section(1, 1, 2, 35, 1318660304), Section(2, 1, 2, 33, 1318660417),
                  Section(4, 1, 3, 34, 1321115602)), 16, 4.0, _BACKWARD, (14, 58), -0.06),
            Plane("CX", 17, 3, "middle", 26_000,
                  (Section(2, 3, 2, 131, 1324989511), Section(3, 3, 3, 131, 1324989690),
                  Section(4, 3, 2, 133, 1324990041)), 17, 4.0, _FORWARD, (12, 61)),
            Plane("CX", 17, 7, "middle", 3600,
                  (Section(6, 7, 2, 330, 1326494388), Section(7, 7, 2, 331, 1326494670)),
                  17, 4.0, _FORWARD, (13, 60), 0.07),
            Plane("CX", 20, 5, "caudal", 3600,
                  (Section(1, 3, 2, 137, 1384732418), Section(2, 3, 1, 139, 1384732733)),
                  20, 4.0, _BACKWARD, (15, 62), -0.1),
            Plane("BS", 3, 1, "midbrain", 1500,
                  (Section(1, 1, 2, 72, 1327888285), Section(2, 1, 2, 35, 1327890979)),
                  2, 4.0, "transverse (rostral to caudal)", (22, 31), 0.2, "feature"),
        ),
    ),
    Donor(
        "Macaque",
        "QM23.50.001",
        "MERSCOPE",
        0.62,
        2350001,
        (
            Plane("CX", 42, 3, "rostral", 3100,
                  (Section(1, 5, 3, 231, 1291809799), Section(2, 5, 3, 231, 1291810584)),
                  42, 4.0, _BACKWARD, (41, 24), 0.05),
            Plane("CX", 42, 5, "rostral", 2600,
                  (Section(1, 3, 2, 131, 1291809823), Section(2, 3, 2, 132, 1291810606)),
                  42, 4.0, _BACKWARD, (40.5, 24.5), -0.04, "features"),
            Plane("CX", 44, 5, "middle", 3100,
                  (Section(2, 5, 2, 232, 1291813466), Section(3, 5, 2, 231, 1291813602)),
                  44, 5.0, _FORWARD, (41, 23)),
            Plane("CX", 44, 7, "caudal", 2700,
                  (Section(2, 7, 3, 331, 1291813640), Section(3, 7, 2, 333, 1291813781)),
                  44, 5.0, _FORWARD, (40, 23.6), 0.08, "none"),
        ),
    ),
    Donor(
        "Marmoset",
        "CJ23.56.004",
        "Xenium",
        0.3,
        2356004,
        (
            Plane("CX", 42, 1, "rostral", 2200,
                  (Section(0, 1, 6, 1, 1382042951),), 42, 5.0, _FORWARD, (16, 6.4), 0.11, "none"),
            Plane("CX", 42, 5, "rostral", 2800,
                  (Section(0, 5, 6, 81, 1382042114),), 42, 5.0, _FORWARD, (16.2, 6)),
            Plane("CX", 43, 5, "middle", 2800,
                  (Section(0, 5, 7, 81, 1386592095),), 43, 5.0, _FORWARD, (16, 6.2), -0.05),
            Plane("CX", 44, 3, "caudal", 2600,
                  (Section(0, 3, 7, 41, 1388172948),), 44, 5.0, _FORWARD, (15.8, 6.1), 0.06,
                  "features"),
        ),
    ),
)  # fmt: skip
"""The three datasets. Labels, barcodes and numbers are those of real sections where the facts name them."""


def specimen_table(donor: Donor, planes: tuple[Plane, ...]) -> pd.DataFrame:
    """``specimen_metadata.csv``: one row a brain section, sorted by label."""
    rows = []
    for plane in planes:
        micrometers = 14 if plane.division == "BS" else 10
        division = {"CX": 1, "BS": 2}[plane.division]
        for section in plane.sections:
            ordinal = section.base + section.last
            slab, block = donor.slab_label(plane), donor.block_label(plane, section)
            rows.append(
                {
                    "brain_section_label": donor.section_label(plane, section),
                    "brain_section_barcode": section.barcode,
                    "brain_section_thickness": micrometers,
                    "brain_section_plane_of_section": plane.direction,
                    "brain_section_ordinal": ordinal,
                    "brain_section_depth": ordinal * micrometers,
                    "section_set_label": f"{block}.{section.set_number:02d}",
                    "section_set_ordinal": section.set_number,
                    "section_set_base_ordinal": section.base,
                    "brain_block_label": block,
                    "brain_block_number": section.block or plane.slab,
                    "brain_slab_label": slab,
                    "brain_slab_ordinal": plane.slab_ordinal,
                    "brain_slab_thickness": plane.thickness,
                    "hemisphere": "right",
                    "brain_division_label": f"{donor.label}.{plane.division}",
                    "brain_division_ordinal": division,
                    "donor_label": donor.label,
                    "slab_plane_ordinal": plane.number,
                    "slab_plane_label": donor.plane_label(plane),
                    "slab_plane_order": division * 10_000 + plane.slab_ordinal * 100 + plane.number,
                }
            )
    return pd.DataFrame(rows).sort_values("brain_section_label", ignore_index=True)
