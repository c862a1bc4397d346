"""From what a person typed (DATASET, SLAB, --source …) to an atlas, a dataset, a slab."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_abc.atlas.atlas import check_dataset, open_atlas
from napari_abc.errors import ConfigurationError, MissingFileError
from napari_abc.text import SYNTHETIC
from napari_abc.vendors.registry import find_vendor, open_bundle, vendor_of_name

if TYPE_CHECKING:
    from collections.abc import Collection

    from napari_abc.atlas.atlas import Atlas
    from napari_abc.atlas.dataset import Dataset
    from napari_abc.cli.console import Console
    from napari_abc.model import Slab

__all__ = ["atlas_of", "bundle_of", "dataset_of", "slab_of", "slabs_of", "tell", "view_of"]


def atlas_of(arguments: Any, console: Console) -> Atlas:
    """The atlas that the global options name."""
    atlas = open_atlas(
        source=arguments.source,
        cache=arguments.cache,
        release=arguments.release,
        offline=arguments.offline,
        task=console.task,
    )
    for warning in atlas.warnings:
        console.note(warning)
    return atlas


def dataset_of(arguments: Any, console: Console) -> Dataset:
    """The dataset that DATASET names.

    Raises
    ------
    UnknownNameError
        If there is none of that name, before any source is asked: a network that is down is not why.
    """
    check_dataset(arguments.dataset)
    return atlas_of(arguments, console)[arguments.dataset]


def bundle_of(dataset: str) -> Path | None:
    """The path of a run or an h5ad file, or None if the text is the name of a dataset.

    Whether it is a run at all is for whoever opens it to say.

    Raises
    ------
    MissingFileError
        If it can only be meant as a path, and nothing is there.
    """
    path = Path(dataset).expanduser()
    separators = {os.sep, os.altsep or os.sep}
    written_as_path = any(separator in dataset for separator in separators) or dataset[:1] in (".", "~")
    if not path.exists():
        if written_as_path or vendor_of_name(path) is not None:
            raise MissingFileError(f"There is nothing at {dataset!r}; check the path.")
        return None

    # A bare name is a dataset's even if a folder is called like it, as one in a cache folder is.
    return path if written_as_path or path.is_file() or find_vendor(path) is not None else None


def slab_of(arguments: Any, console: Console, columns: Collection[str] = ()) -> Slab:
    """The slab that DATASET and SLAB name, loaded.

    Parameters
    ----------
    columns
        Columns that the cells of a dataset's slab have to have.

    Raises
    ------
    ConfigurationError
        If SLAB is missing after a name, or given after a path.
    """
    path = bundle_of(arguments.dataset)
    if path is not None:
        if arguments.slab is not None:
            raise ConfigurationError(
                f"{arguments.dataset!r} is the path of a run, which is opened whole; "
                f"leave out {arguments.slab!r}."
            )
        return open_bundle(path, console.task)
    if arguments.slab is None:
        raise ConfigurationError(
            f"Name what to open of {arguments.dataset} too; 'napari-abc slabs {arguments.dataset}' lists it."
        )
    return dataset_of(arguments, console).slab(arguments.slab, console.task, columns)


def slabs_of(arguments: Any, console: Console) -> list[Slab]:
    """All slabs of the dataset that DATASET names, in order, without those of all sections at once.

    Raises
    ------
    ConfigurationError
        If it is a path, which has one slab only.
    """
    if bundle_of(arguments.dataset) is not None:
        raise ConfigurationError(f"{arguments.dataset!r} has one slab only; leave out --all-slabs.")
    dataset = dataset_of(arguments, console)
    table = dataset.list_slabs(console.task)
    labels = list(table.index[table["order"].notna()])
    if not labels:
        raise ConfigurationError(f"{arguments.dataset} has no slabs that lie beside each other; name one.")
    return [dataset.slab(label, console.task) for label in labels]


def view_of(dataset: str) -> Path | None:
    """The path of a saved view, or None if the text names something else."""
    path = Path(dataset).expanduser()
    return path if path.suffix.casefold() == ".json" else None


def tell(slab: Slab, console: Console) -> None:
    """Say on stderr what a person should know of a slab; once all went well, as an error is one line."""
    for note in slab.notes:
        console.note(note)
    if slab.synthetic:
        console.note(f"{slab.label}: {SYNTHETIC}")
