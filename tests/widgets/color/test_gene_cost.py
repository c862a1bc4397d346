from __future__ import annotations

import pytest

from napari_abc.model import Package
from napari_abc.widgets.color._gene_cost import gene_question


def files(count: int, size: int = 6_250_000_000) -> list[Package]:
    return [Package(f"WMB-10Xv3-{i}-log2.h5ad", 1000, size) for i in range(count)]


def test_many_files_and_those_of_the_chosen_cells() -> None:
    question = gene_question("Drd1", files(24), (1234, "shown"), files(2, 1_550_000_000))
    assert question.text == (
        "Drd1 lies in 24 files, 150 GB in all, which are not on disk yet; fetched once for all their genes. "
        "For the 1,234 cells shown, 2 files of 3.1 GB do."
    )
    assert question[1:] == ("&All, 150 GB", "&Only those, 3.1 GB")


def test_one_file() -> None:
    question = gene_question("DRD1", [Package("example_genes.csv", 9, 318_000_000)], None, [])
    assert question.text == (
        "DRD1 lies in example_genes.csv, 318 MB, which is not on disk yet; fetched once for all its genes."
    )
    assert question[1:] == ("&Download 318 MB", "")


@pytest.mark.parametrize("chosen", [None, (5, "selected")])
def test_no_part_is_offered_that_costs_as_much(chosen: tuple[int, str] | None) -> None:
    assert gene_question("Drd1", files(2), chosen, files(2)).part == ""


def test_chosen_cells_whose_values_are_here() -> None:
    question = gene_question("Drd1", files(2), (1, "selected"), [])
    assert question.text.endswith("The values of the 1 cell selected are on disk.")
    assert question.part == "&Only those"
