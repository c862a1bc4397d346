"""What tensorstore says of an error, in our words."""

from __future__ import annotations

import pytest

from napari_abc.errors import AbcError, FormatError, MissingFileError, NetworkError
from napari_abc.io.images._tensorstore import read_error, reason


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("NOT_FOUND: There is\n  nothing.", "There is nothing."),
        ("Error opening: a file", "Error opening: a file"),
        ("SHOUTED", "SHOUTED"),
        ("DATA_LOSS: bad chunk [tensorstore_spec='{...}']", "bad chunk"),
        ("DATA_LOSS: bad chunk [source locations='x.cc:1']", "bad chunk"),
    ],
)
def test_codes_and_descriptions_are_left_out(text: str, words: str) -> None:
    assert reason(ValueError(text)) == words
    assert len(reason(ValueError("word " * 500))) <= 300


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("NOT_FOUND", MissingFileError),
        ("PERMISSION_DENIED", MissingFileError),
        ("UNAVAILABLE", NetworkError),
        ("DEADLINE_EXCEEDED", NetworkError),
        ("ABORTED", NetworkError),
        ("UNAUTHENTICATED", NetworkError),
        ("DATA_LOSS", FormatError),
    ],
)
def test_the_kind_of_an_error_follows_its_code(code: str, kind: type[AbcError]) -> None:
    error = read_error("a.zarr", ValueError(f"{code}: it is so"))
    assert type(error) is kind
    assert str(error).startswith("a.zarr can't be read (it is so)")
