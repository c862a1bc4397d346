"""The verb ``index``: gene-major indexes, from which any gene comes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_abc.cli.target import bundle_of, dataset_of, tell
from napari_abc.errors import ConfigurationError
from napari_abc.io.matrix import Indexable
from napari_abc.text import SYNTHETIC
from napari_abc.vendors.registry import open_bundle

if TYPE_CHECKING:
    from pathlib import Path

    from napari_abc.cli.console import Console

__all__ = ["index"]


def index(arguments: Any, console: Console) -> int:
    """Make the indexes of a dataset's or a run's matrices, and print where each is."""
    path = bundle_of(arguments.dataset)
    if path is not None:
        return _index_own(path, arguments, console)
    dataset = dataset_of(arguments, console)
    kinds = ("log2", "raw") if arguments.kind == "both" else (arguments.kind,)
    for place in dataset.index(console.task, kinds, arguments.to, arguments.scheduler):
        console.print(place)
    if dataset.synthetic:
        console.note(SYNTHETIC)
    return 0


def _index_own(path: Path, arguments: Any, console: Console) -> int:
    if arguments.to is not None or arguments.scheduler is not None:
        raise ConfigurationError(
            f"{arguments.dataset!r} is a file of yours, whose index is kept on this machine; leave out --to "
            "and --scheduler."
        )
    slab = open_bundle(path, console.task)
    source = slab.expression_source
    if source is None:
        raise ConfigurationError(f"{arguments.dataset!r} has no expression matrix to index.")
    if not isinstance(source, Indexable):
        raise ConfigurationError(
            f"{arguments.dataset!r} needs no index: its table of counts is read when it is opened, and genes "
            "come from memory."
        )
    kinds = list(source.kinds) if arguments.kind == "both" else [arguments.kind]
    places = [place for kind in kinds for place in source.build_index(kind, console.task, None)]
    for place in dict.fromkeys(places):
        console.print(place)
    tell(slab, console)
    return 0
