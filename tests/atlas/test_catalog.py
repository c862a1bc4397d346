"""The catalog: the packaged one is sound, a wrong one is refused with its line."""

from __future__ import annotations

import pytest

from napari_abc.atlas.catalog import catalog, read_catalog
from napari_abc.errors import FormatError

SPATIAL = [
    "HMBA-MERSCOPE-H22.30.001-BG",
    "HMBA-MERSCOPE-QM23.50.001-BG",
    "HMBA-Xenium-CJ23.56.004-BG",
    "MERFISH-C57BL6J-638850",
]

ENTRY = """taxonomies:
- {directory: T, title: t, species: s}
datasets:
- name: D
  title: t
  species: s
  platform: p
  license: l
  citation: c
  url: u
  cells: {table: cell_metadata, key: cell_label}
  slabs: {column: section, section: section, whole: {label: All, frames: [section]}}
  frames:
  - {name: section, columns: [x, y], unit: millimeter, y: down, title: Section}
  taxonomies:
  - {directory: T, key: cluster_alias, outside: other}
  genes: {table: gene, key: gene_identifier}
  expression:
    units: {log2: log2}
    rules:
    - {directories: [D], matrix_column: m}
"""
EMBEDDED = ENTRY.replace(
    "slabs: {column: section, section: section, whole: {label: All, frames: [section]}}",
    "embeddings: [{label: All}]",
)


def test_the_packaged_catalog_describes_the_spatial_datasets():
    entries = catalog().datasets
    assert list(entries)[:4] == SPATIAL
    for name in SPATIAL:
        assert entries[name].license == "CC BY-NC 4.0"
        assert entries[name].frames[0].unit == "millimeter"
        assert entries[name].frames[0].y == "down"


def test_spatial_y_grows_down_and_that_of_embeddings_up():
    for entry in catalog().datasets.values():
        for frame in entry.frames:
            spatial = frame.unit != ""
            # The rotated frame of the marmoset is the one that its makers turned round.
            assert frame.y == ("down" if spatial and frame.name != "rotated" else "up")
            assert spatial == (entry.slabs is not None)


def test_the_brains_of_the_zhuang_lab_have_their_own_license():
    datasets = catalog().datasets
    assert sum(name.startswith("Zhuang") for name in datasets) == 4
    for name, entry in datasets.items():
        assert entry.license == ("CC BY 4.0" if name.startswith("Zhuang") else "CC BY-NC 4.0")


def test_a_new_dataset_is_an_entry():
    entry = read_catalog(ENTRY, "c.yaml").datasets["D"]
    assert entry.frames[0].columns == ("x", "y")
    assert entry.directory == "D"
    assert entry.regions is None
    assert read_catalog(EMBEDDED, "c.yaml").datasets["D"].embeddings[0].columns == ("x", "y")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("unit: millimeter", "unit: furlong", 14),
        ("columns: [x, y]", "columns: [x]", 14),
        ("columns: [x, y]", "columns: [x, y, z, t]", 14),
        ("  species: s\n", "  kind: s\n", 4),
        ("matrix_column: m", "matrix_row: m", 21),
        ("matrix_column: m", "matrix: n, matrix_column: m", 21),
        ("{table: gene, key: gene_identifier}", "{table: gene}", 17),
        ("{directory: T, key", "{directory: U, key", 16),
        ("frames: [section]", "frames: [ccf]", 4),
        ("  slabs:", "  embeddings: [{label: x}]\n  slabs:", 4),
        ("title: t, species: s}", "title: t, species: s, form: flat}", 2),
    ],
)
def test_a_wrong_entry_names_its_line(old, new, line):
    assert old in ENTRY
    with pytest.raises(FormatError, match=rf"c\.yaml, line {line}: "):
        read_catalog(ENTRY.replace(old, new), "c.yaml")


@pytest.mark.parametrize(
    "embedding",
    [
        "{}",
        "{label: a, pattern: 'x*', directory: E}",
        "{label: a, table: t}",
        "{label: a, by: species}",
        "{directory: E, pattern: none}",
        "{label: a, directory: E}",
        "{label: a, directory: E, table: t, pattern: 'a*'}",
    ],
)
def test_an_embedding_has_one_source(embedding):
    with pytest.raises(FormatError, match=r"c\.yaml, line 12: datasets\.|c\.yaml, line 12: embeddings"):
        read_catalog(EMBEDDED.replace("{label: All}", embedding), "c.yaml")


def test_a_dataset_described_twice_names_the_second():
    twice = ENTRY + ENTRY.partition("datasets:\n")[2]
    with pytest.raises(FormatError, match="line 22: D is described twice"):
        read_catalog(twice, "c.yaml")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "taxonomies: []", "taxonomies: []\ndatasets: 3", "a: [", "!!python/object/apply:os.getcwd []"],
)
def test_what_is_no_catalog_is_refused(text):
    with pytest.raises(FormatError, match=r"c\.yaml"):
        read_catalog(text, "c.yaml")


VOLUME = """  volumes:
  - {directory: V, name: v, title: Volume, kind: labels, frame: section, axes: [2, 1, 0], terms: T}
"""


def test_a_volume_lies_in_a_frame_and_its_labels_are_of_a_taxonomy_that_is_described():
    (volume,) = read_catalog(ENTRY + VOLUME, "c.yaml").datasets["D"].volumes
    assert (volume.axes, volume.terms) == ((2, 1, 0), "T")
    assert (
        read_catalog(ENTRY + VOLUME.replace(", terms: T", ""), "c.yaml").datasets["D"].volumes[0].terms
        is None
    )
    with pytest.raises(FormatError, match=r"c\.yaml, line 23: no taxonomy U is described"):
        read_catalog(ENTRY + VOLUME.replace("terms: T", "terms: U"), "c.yaml")
    with pytest.raises(FormatError, match="there is no frame 'ccf' among the frames"):
        read_catalog(ENTRY + VOLUME.replace("frame: section", "frame: ccf"), "c.yaml")


def test_a_second_file_may_use_the_taxonomies_of_the_first_and_names_its_own_lines():
    first = read_catalog(ENTRY, "first.yaml")
    second = ENTRY.replace("- {directory: T, title: t, species: s}", "[]").replace("name: D", "name: E")
    second = second.replace("taxonomies:\n[]", "taxonomies: []")
    both = read_catalog(second, "second.yaml", first)
    assert (list(both.datasets), list(both.taxonomies)) == (["D", "E"], ["T"])
    wrong = second.replace("{directory: T, key", "{directory: U, key")
    with pytest.raises(FormatError, match=r"second\.yaml, line 15: no taxonomy U is described"):
        read_catalog(wrong, "second.yaml", first)
    with pytest.raises(FormatError, match=r"second\.yaml, line 3: D is described twice"):
        read_catalog(second.replace("name: E", "name: D"), "second.yaml", first)


def test_columns_that_anything_is_found_by_are_kept():
    text = ENTRY.replace("matrix_column: m}", "matrix_column: m, directory_column: d}")
    text += """  joins:
  - {table: j, key: joined}
  value_sets:
  - {table: v, column: valued, field: f, group: G}
  colors:
  - {column: named, color: painted, group: G}
"""
    keys = read_catalog(text, "c.yaml").datasets["D"].key_columns
    assert keys == {"joined", "cluster_alias", "valued", "named", "painted", "m", "d"}
    split = EMBEDDED.replace("{label: All}", "{label: All, directory: E, table: t, by: species}")
    assert "species" in read_catalog(split, "c.yaml").datasets["D"].key_columns
