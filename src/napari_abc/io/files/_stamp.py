"""State of a file, by which it is noticed that it changed since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Stamp"]


@dataclass(frozen=True, slots=True)
class Stamp:
    """Size and time of a file, to notice that it was replaced between two reads."""

    size: int
    mtime: int

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """Stamp of a file as it is now."""
        stat = path.stat()
        return cls(stat.st_size, stat.st_mtime_ns)
