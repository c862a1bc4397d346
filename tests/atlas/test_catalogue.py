"""The catalogue: the packaged one is sound, a wrong one is refused with its line."""

from __future__ import annotations

import pytest

from napari_abc.atlas.catalogue import catalogue, read_catalogue
from napari_abc.errors import FormatError

SPATIAL = [
    "HMBA-MERSCOPE-H22.30.001-BG",
    "HMBA-MERSCOPE-QM23.50.001-BG",
    "HMBA-Xenium-CJ23.56.004-BG",
    "MERFISH-C57BL6J-638850",
]

ENTRY = """datasets:
- name: D
  title: t
  species: s
  platform: p
  licence: l
  citation: c
  url: u
  cells: {table: cell_metadata, key: cell_label}
  slabs: {column: section, section: section}
  frames:
  - {name: section, columns: [x, y], unit: millimeter, y: down, title: Section}
  genes: {table: gene, key: gene_identifier}
  expression:
    units: {log2: log2}
    rules:
    - {directories: [D], matrix_column: m}
"""


def test_the_packaged_catalogue_describes_the_spatial_datasets():
    entries = catalogue()
    assert list(entries)[:4] == SPATIAL
    for name in SPATIAL:
        assert entries[name].licence == "CC BY-NC 4.0"
        assert entries[name].frames[0].unit == "millimeter"
        assert entries[name].frames[0].y == "down"


def test_a_new_dataset_is_an_entry():
    entry = read_catalogue(ENTRY, "c.yaml")["D"]
    assert entry.frames[0].columns == ("x", "y")
    assert entry.regions is None


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("unit: millimeter", "unit: furlong", 12),
        ("columns: [x, y]", "columns: [x]", 12),
        ("  species: s\n", "  kind: s\n", 2),
        ("matrix_column: m", "matrix: m", 17),
        ("{table: gene, key: gene_identifier}", "{table: gene}", 13),
    ],
)
def test_a_wrong_entry_names_its_line(old, new, line):
    assert old in ENTRY
    with pytest.raises(FormatError, match=rf"c\.yaml, line {line}: "):
        read_catalogue(ENTRY.replace(old, new), "c.yaml")


def test_a_dataset_described_twice_names_the_second():
    twice = ENTRY + ENTRY.removeprefix("datasets:\n")
    with pytest.raises(FormatError, match="line 18: the dataset D is described twice"):
        read_catalogue(twice, "c.yaml")


@pytest.mark.parametrize("text", ["", "[]", "datasets: 3", "a: [", "!!python/object/apply:os.getcwd []"])
def test_what_is_no_catalogue_is_refused(text):
    with pytest.raises(FormatError, match=r"c\.yaml"):
        read_catalogue(text, "c.yaml")
