"""A label whose long sentence is never cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QRect, QSize, Qt
from qtpy.QtWidgets import QLabel, QSizePolicy, QWidget

if TYPE_CHECKING:
    from qtpy.QtGui import QResizeEvent

__all__ = ["WrappedLabel"]

_BEFORE = 350
"""Width that is reckoned with until the label has been shown once."""


class WrappedLabel(QLabel):
    """Plain text that wraps, and claims the height it needs at the width it has.

    Splitters and stacks ask for a minimum height only, which for a wrapping label is that of its
    widest form; without this the last lines of a sentence vanish in a narrow dock.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._laid_out = False
        self._longest = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        # A path or an address has no place to break; it must not widen the dock.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setText(text)

    def keep_room(self, longest: str) -> None:
        """Claim the height of another text where that is more, which may come and must not move anything."""
        self._longest = longest
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """The height that the sentence needs at the present width."""
        width = self.width() if self._laid_out else _BEFORE
        return QSize(0, max(0, self.heightForWidth(width)))

    def heightForWidth(self, width: int) -> int:
        """The height that the sentence needs at a width, or the one that room is kept for."""
        needed = super().heightForWidth(width)
        if not self._longest:
            return needed
        wrap = int(Qt.TextFlag.TextWordWrap)
        area = self.fontMetrics().boundingRect(QRect(0, 0, width, 10_000), wrap, self._longest)
        return max(needed, area.height())

    def minimumSizeHint(self) -> QSize:
        """As :meth:`sizeHint`: less would cut the sentence off."""
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Claim another height at another width."""
        super().resizeEvent(event)
        self._laid_out = True
        self.updateGeometry()
