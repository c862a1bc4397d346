"""What the dock remembers between sessions: the source, and which sources were used lately."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSettings

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Memory"]

_RECENT = 6


class Memory:
    """A small settings file in the cache folder.

    It lies there, and not in the system's settings, so that deleting the cache (or pointing
    NAPARI_ABC_CACHE elsewhere) leaves nothing behind.

    Parameters
    ----------
    folder
        The cache folder; created when something is first remembered.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "dock.ini"

    def source(self) -> str:
        """Location that was used last; empty the first time."""
        return str(self._settings().value("source", "", type=str))

    def offline(self) -> bool:
        """Whether the network was ruled out last time."""
        return bool(self._settings().value("offline", False, type=bool))

    def recent(self) -> list[str]:
        """Folders and addresses that were opened, last one first."""
        found = self._settings().value("recent", [], type=list)
        return [str(location) for location in found or []]

    def remember(self, location: str, offline: bool, listed: bool) -> None:
        """Keep a source that opened; ``listed`` ones are offered anyway and not kept as recent."""
        settings = self._settings()
        settings.setValue("source", location)
        settings.setValue("offline", offline)
        if not listed:
            recent = [location, *(other for other in self.recent() if other != location)]
            settings.setValue("recent", recent[:_RECENT])
        settings.sync()  # a folder that can't be written is no reason to disturb anybody

    def _settings(self) -> QSettings:
        return QSettings(str(self._file), QSettings.Format.IniFormat)
