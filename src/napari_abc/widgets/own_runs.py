"""The dialogs that ask for a person's own run; what they offer is what the vendors read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFileDialog

from napari_abc.vendors.registry import file_filter, vendor_names

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

__all__ = ["ask_for_file", "ask_for_folder"]


def ask_for_folder(parent: QWidget | None) -> str:
    """Ask for the folder of a run; empty where none was chosen."""
    return QFileDialog.getExistingDirectory(parent, f"{vendor_names(folders=True)} output folder")


def ask_for_file(parent: QWidget | None) -> str:
    """Ask for the file of a run; empty where none was chosen."""
    path, _ = QFileDialog.getOpenFileName(
        parent, f"{vendor_names(folders=False)} file with cell coordinates", filter=file_filter()
    )
    return path
