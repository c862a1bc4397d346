"""What is said of the small real files is true of them."""

from __future__ import annotations

import re

from project import DATA

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (DATA / "README.md").read_text("utf-8").splitlines()
    if line.startswith("| `")
]
OWN = {"README.md", "released-layout.json", "precomputed/annotation/info"}
"""Written by this project."""


def test_every_file_has_a_source_and_the_text_of_its_license() -> None:
    patterns = {pattern: row[1] for row in ROWS for pattern in re.findall(r"`([^`]+)`", row[0])}
    found = set()
    for pattern, source in patterns.items():
        files = {path for place in DATA.glob(pattern.rstrip("/")) for path in (place, *place.rglob("*"))}
        assert any(path.is_file() for path in files), pattern
        found |= {path.relative_to(DATA).as_posix() for path in files if path.is_file()}
        text = (DATA / "licenses" / f"{source.split()[0]}.txt").read_text("utf-8")
        assert re.search("[Cc]opyright|Licensed", text)
    files = {path.relative_to(DATA).as_posix() for path in DATA.rglob("*") if path.is_file()}
    assert {name for name in files - found - OWN if not name.startswith("licenses/")} == set()


def test_they_stay_small() -> None:
    sizes = {path: path.stat().st_size for path in DATA.rglob("*") if path.is_file()}
    assert max(sizes.values()) < 80_000
    assert sum(sizes.values()) < 1_500_000
