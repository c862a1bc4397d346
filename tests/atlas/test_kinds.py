"""What a person calls what is opened: data of the catalog and of the vendors, never a guess of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from napari_abc.atlas.atlas import open_atlas

if TYPE_CHECKING:
    from pathlib import Path

    from napari_abc.atlas.atlas import Atlas


@pytest.fixture(scope="module")
def atlas(release_folder: Path) -> Atlas:
    return open_atlas(str(release_folder))


@pytest.mark.parametrize(
    ("dataset", "kind"),
    [
        ("HMBA-MERSCOPE-H22.30.001-BG", "slab plane"),
        ("MERFISH-C57BL6J-638850", "brain section"),
        ("Zhuang-ABCA-1", "brain section"),
        ("WMB-10X", "embedding"),
    ],
)
def test_the_listing_and_the_slab_say_what_it_is(atlas: Atlas, dataset: str, kind: str) -> None:
    one = atlas[dataset]
    listed = one.list_slabs()
    label = listed.index[0]
    assert one.kind == listed["kind"].iloc[0] == kind
    slab = one.slab(label)
    assert slab.kind == kind
    assert slab.in_frame(slab.frames[-1].name).kind == kind


def test_all_sections_at_once_are_a_brain(atlas: Atlas) -> None:
    one = atlas["MERFISH-C57BL6J-638850"]
    kinds = one.list_slabs()["kind"]
    assert set(kinds.drop("All sections")) == {"brain section"}
    assert kinds["All sections"] == one.slab("All sections").kind == "brain"
