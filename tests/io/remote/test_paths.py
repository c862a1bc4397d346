"""Names and paths that a manifest may give, up to their limits."""

from __future__ import annotations

import pytest

from napari_abc.errors import FormatError
from napari_abc.io.remote import RemoteFile, check_part, check_version
from napari_abc.io.remote._paths import check_key, is_version, manifest_key


@pytest.mark.parametrize("name", ["x" * 200, "é" * 100, "a b", "console", "com10.csv", "a.con", "x_1-2.h5ad"])
def test_plain_names_are_taken_up_to_the_longest(name: str) -> None:
    assert check_part(name) == name


@pytest.mark.parametrize("name", ["", "x" * 201, "é" * 101, "con", "LPT1.txt", "a?", "a|b", 7, None])
def test_other_names_are_refused(name: object) -> None:
    with pytest.raises(FormatError, match="not to be trusted"):
        check_part(name)


def test_a_path_may_be_long_but_not_endless() -> None:
    key = "metadata/" + "/".join(["x" * 98] * 10)
    assert len(key) == 998
    assert check_key(key + "yz") == key + "yz"
    with pytest.raises(FormatError, match="must be text"):
        check_key(key + "xyz")


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("20260228", True),
        ("1234", True),
        ("1" * 16, True),
        ("123", False),
        ("1" * 17, False),
        ("2026-02-28", False),
        ("１２３４", False),
        ("", False),
    ],
)
def test_versions_are_digits(text: str, is_one: bool) -> None:
    assert is_version(text) is is_one
    if is_one:
        assert check_version(text) == text
        assert manifest_key(text) == f"releases/{text}/manifest.json"
    else:
        with pytest.raises(FormatError, match="is no release version"):
            check_version(text)
    with pytest.raises(FormatError, match="is no release version"):
        check_version(20260228)


@pytest.mark.parametrize(("size", "md5"), [(0, None), (2**53 - 1, "0" * 32), (None, "ab" * 16)])
def test_sizes_and_sums_are_taken_up_to_their_limits(size: int | None, md5: str | None) -> None:
    file = RemoteFile("metadata/D/1/gene.csv", size, md5)
    assert (file.name, file.size, file.md5) == ("gene.csv", size, md5)
    with pytest.raises(FormatError, match=r"size of metadata/D/1/gene\.csv"):
        RemoteFile("metadata/D/1/gene.csv", 2**53)
