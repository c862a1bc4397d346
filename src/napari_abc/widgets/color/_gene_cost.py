"""What a gene costs before it can be shown, as a question; plain functions, no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from napari_abc.text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_abc.model import Package

__all__ = ["NOT_NOW", "Question", "gene_question"]

NOT_NOW = "Not now"


class Question(NamedTuple):
    """A sentence and its answers, a button each; of an answer not given, the text is empty."""

    text: str
    all: str
    """Fetch for all cells."""
    part: str
    """Fetch for the chosen cells only."""


def gene_question(
    gene: str, packages: Sequence[Package], chosen: tuple[int, str] | None, part: Sequence[Package]
) -> Question:
    """Say what must be fetched for a gene.

    Parameters
    ----------
    gene
        Its symbol.
    packages
        Files to fetch for all cells, at least one.
    chosen
        How many cells are chosen, and how: ``"selected"`` or ``"shown"``; None if none are.
    part
        Files to fetch for those.
    """
    size, less = sum(package.bytes for package in packages), sum(package.bytes for package in part)
    one = len(packages) == 1
    what = packages[0].name if one else f"{len(packages)} files"
    text = (
        f"{gene} lies in {what}, {bytes_text(size)}{'' if one else ' in all'}, which "
        f"{'is' if one else 'are'} not on disk yet; fetched once for all {'its' if one else 'their'} genes."
    )
    if chosen is None or less >= size:
        return Question(text, f"&Download {bytes_text(size)}", "")
    cells = f"the {chosen[0]:,} {'cell' if chosen[0] == 1 else 'cells'} {chosen[1]}"
    if less:
        text += f" For {cells}, {_files(len(part))} of {bytes_text(less)} {_do(len(part))}."
        return Question(text, f"&All, {bytes_text(size)}", f"&Only those, {bytes_text(less)}")
    return Question(f"{text} The values of {cells} are on disk.", f"&All, {bytes_text(size)}", "&Only those")


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _do(count: int) -> str:
    return "does" if count == 1 else "do"
