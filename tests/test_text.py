from __future__ import annotations

import pytest

from napari_abc.task import Progress
from napari_abc.text import (
    bytes_text,
    capitalized,
    count_text,
    disk_state,
    disk_text,
    distinct_parts,
    percent,
    progress_text,
    short_count,
    tip,
)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (99, "99 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (21_234, "21.2 kB"),
        (86_600, "86.6 kB"),
        (99_949, "99.9 kB"),
        (99_960, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (996_000_000, "996 MB"),
        (1_340_000_000, "1.3 GB"),
        (4_200_000_000, "4.2 GB"),
        (3_100_000_000_000, "3.1 TB"),
        (250_000_000_000_000, "250 TB"),
        (-2_000_000, "-2.0 MB"),
        (4_500_000_000_000_000, "4,500 TB"),
        (None, "size unknown"),
    ],
)
def test_bytes_are_decimal_with_three_figures(size: int | None, text: str) -> None:
    assert bytes_text(size) == text


def test_counts() -> None:
    assert count_text(5_200_000) == "5,200,000"
    assert count_text(None) == "–"
    assert [short_count(n) for n in (1482, 9_999, 10_000, 52_345, 999_499, 999_500, 5_212_345)] == [
        "1,482",
        "9,999",
        "10 k",
        "52 k",
        "999 k",
        "1.0 M",
        "5.2 M",
    ]


def test_what_is_on_disk() -> None:
    assert disk_text(4_200_000_000, 0) == "4.2 GB to fetch"
    assert disk_text(4_200_000_000, 1_200_000_000) == "1.2 GB of 4.2 GB on disk"
    assert disk_text(4_200_000_000, 4_200_000_000) == "4.2 GB on disk"
    assert disk_text(4_200_000_000, None) == "4.2 GB to fetch"
    assert disk_text(0, None) == "0 B on disk"
    assert disk_text(None, None) == ""


@pytest.mark.parametrize(
    ("size", "on_disk", "text"),
    [
        (None, 5, ""),
        (0, None, "on disk"),
        (1000, 1000, "on disk"),
        (1000, None, "to fetch"),
        (1000, 0, "to fetch"),
        (1000, 289, "28 % on disk"),
        (1000, 10, "1 % on disk"),
        (1000, 9, "< 1 % on disk"),
        (1000, 999, "99 % on disk"),
    ],
)
def test_what_is_on_disk_in_few_words(size: int | None, on_disk: int | None, text: str) -> None:
    assert disk_state(size, on_disk) == text


def test_a_capital_at_the_start_leaves_the_rest_as_it_is() -> None:
    assert [capitalized(text) for text in ("slab planes", "uMAP", "10x runs", "")] == [
        "Slab planes",
        "UMAP",
        "10x runs",
        "",
    ]


def test_progress() -> None:
    download = Progress("Downloading x", 312_000_000, 996_000_000, "B")
    assert progress_text(download) == "312 MB of 996 MB"
    assert percent(download) == 31
    assert progress_text(Progress("Downloading x", 312_000_000, None, "B")) == "312 MB"
    assert progress_text(Progress("Reading", 1_200, 3_000, "rows")) == "1,200 of 3,000 rows"
    unknown = Progress("Reading", 1_200, None, "rows")
    assert progress_text(unknown) == "1,200 rows"
    assert percent(unknown) is None
    assert percent(Progress("", 12, 10, "rows")) == 100  # a total that was too small
    assert percent(Progress("", -1, 10, "rows")) == 0
    assert percent(Progress("", 0, 0, "rows")) is None


def test_names_from_files_are_no_markup_in_tooltips() -> None:
    assert tip('<img src="x">\nb') == "<p>&lt;img src=&quot;x&quot;&gt;<br>b</p>"
    assert tip("") == ""


def test_names_are_told_apart_by_what_differs() -> None:
    planes = ["A.17.Plane.03", "A.17.Plane.07", "B.20.Plane.05"]
    assert distinct_parts(planes) == ["A.17.03", "A.17.07", "B.20.05"]
    assert distinct_parts(["A.17.Plane.03"]) == ["A.17.Plane.03"]
    assert distinct_parts(["A.17", "A.17"]) == ["A.17", "A.17"]
    assert distinct_parts(["Whole brain", "C57.37"]) == ["Whole brain", "C57.37"]
