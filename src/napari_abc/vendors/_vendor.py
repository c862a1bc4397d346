"""What a vendor's reader has to offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from napari_abc.model import Slab
    from napari_abc.task import Task

__all__ = ["Vendor"]


class Vendor(Protocol):
    """Reads one kind of run as a slab; :mod:`~napari_abc.vendors.registry` lists them."""

    @property
    def name(self) -> str:
        """What a person reads: ``"Xenium"``."""

    @property
    def is_folder(self) -> bool:
        """Whether a run is a folder, and not a single file."""

    @property
    def patterns(self) -> tuple[str, ...]:
        """Names of the files that may be opened, in lower case: ``("*.h5ad",)``.

        For file dialogs, and for napari's manifest, which lists the same. A run that is a folder may name
        the file that stands for it.
        """

    @property
    def example(self) -> str:
        """What a person has to choose, for messages: ``"a MERSCOPE folder (cell_metadata.csv)"``."""

    def detect(self, path: Path) -> bool:
        """Whether a path is such a run.

        Asked of everything that is dropped on napari: look at names and a few bytes only, take
        milliseconds, open no table. Errors of the file system may be raised; they mean no.
        """

    def open(self, path: Path, task: Task, z: int | None = None) -> Slab:
        """Open a run.

        Parameters
        ----------
        path
            The folder or file.
        task
            Told how far the work is; stops it when cancelled.
        z
            Plane of a run that has several; None for the vendor's usual one.

        Raises
        ------
        MissingFileError
            If a file that is needed is not there.
        FormatError
            If a file is damaged or not what it should be.
        UnknownNameError
            If there is no plane ``z``.
        """
