"""The verb ``index``: gene-major indexes, from which any gene comes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_abc.cli.target import atlas_of, bundle_of
from napari_abc.errors import ConfigurationError
from napari_abc.provenance import SYNTHETIC

if TYPE_CHECKING:
    from napari_abc.cli.console import Console

__all__ = ["index"]


def index(arguments: Any, console: Console) -> int:
    """Make the indexes of a dataset's matrices, and print where each is."""
    if bundle_of(arguments.dataset) is not None:
        raise ConfigurationError(
            f"{arguments.dataset!r} is a file of yours, whose genes are read as it lies; name a dataset of "
            "the atlas."
        )
    dataset = atlas_of(arguments, console)[arguments.dataset]
    kinds = ("log2", "raw") if arguments.kind == "both" else (arguments.kind,)
    for place in dataset.index(console.task, kinds, arguments.to, arguments.scheduler):
        console.print(place)
    if dataset.synthetic:
        console.note(SYNTHETIC)
    return 0
