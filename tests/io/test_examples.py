"""The examples in the docstrings of the gene index and the matrices work as they stand."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import pytest

from napari_abc.io import gene_index, ids, matrix

MODULES = [
    ids.__name__,
    *(
        name
        for room in (gene_index, matrix)
        for name in [
            room.__name__,
            *(f"{room.__name__}.{found.name}" for found in pkgutil.iter_modules(room.__path__)),
        ]
    ),
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_work(name: str) -> None:
    failed, _ = doctest.testmod(import_module(name), raise_on_error=False)
    assert failed == 0


def test_the_readme_of_the_gene_index_shows_it_all() -> None:
    examples = doctest.DocTestFinder(recurse=False).find(gene_index)
    assert sum(len(test.examples) for test in examples) >= 15


@pytest.mark.parametrize("room", [gene_index, matrix])
def test_every_public_name_says_what_it_is(room: object) -> None:
    names: list[str] = room.__all__  # type: ignore[attr-defined]
    silent = [name for name in names if not (getattr(room, name).__doc__ or "").strip()]
    assert not silent
