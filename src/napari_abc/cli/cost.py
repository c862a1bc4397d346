"""What genes cost before they can be read: said, and asked for where it is much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_abc.errors import ConfigurationError
from napari_abc.text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_abc.cli.console import Console
    from napari_abc.model import Slab

__all__ = ["agree", "gene_of"]

_UNASKED = 2_000_000_000
"""Bytes that are fetched without being asked for by ``--yes``."""


def gene_of(key: str | None) -> list[str]:
    """The gene of a key to color by, as a list; empty for a column."""
    return [key[len("gene:") :]] if key is not None and key.casefold().startswith("gene:") else []


def agree(slab: Slab, genes: Sequence[str], arguments: Any, console: Console) -> None:
    """Say what has to be fetched for some genes of a slab.

    Parameters
    ----------
    slab
        The slab.
    genes
        Symbols or identifiers.
    arguments
        With ``values``, the kind of expression values, and ``yes``.

    Raises
    ------
    ConfigurationError
        If it is much, and ``--yes`` was not given.
    UnknownNameError
        If a gene is not in the panel.
    """
    source = slab.expression_source
    if not genes or source is None or arguments.values not in source.kinds:
        return
    packages = source.packages(arguments.values, [slab.find_gene(gene) for gene in genes])
    size = sum(package.bytes for package in packages)
    if not size:
        return
    files = f"{len(packages)} files" if len(packages) > 1 else packages[0].name
    what = f"{', '.join(genes)} in {slab.label} needs {files} ({bytes_text(size)}), fetched once"
    if size > _UNASKED and not arguments.yes:
        raise ConfigurationError(f"{what}; add --yes to fetch that much.")
    console.note(f"{what}.")
