"""The terms of one level as a Qt model: ancestors, facets and counts in columns, filtered and sorted."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from qtpy.QtGui import QColor, QIcon, QPainter, QPixmap

from napari_abc.text import tip

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from qtpy.QtCore import QObject

    from napari_abc.atlas.taxonomy import Column, LevelTable

__all__ = ["AnnotationsModel"]

_ROOT = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex
_DOT = 12
_ROLES = frozenset(
    {
        Qt.ItemDataRole.DisplayRole,
        Qt.ItemDataRole.DecorationRole,
        Qt.ItemDataRole.ToolTipRole,
        Qt.ItemDataRole.AccessibleTextRole,
        Qt.ItemDataRole.TextAlignmentRole,
    }
)


class AnnotationsModel(QAbstractTableModel):
    """The terms of a level of a taxonomy.

    Rows are numbers into the level's table, so that neither filter nor order copies a text, and one of
    thousands costs no more than the dozen rows that are seen.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._level_table: LevelTable | None = None
        self._texts: tuple[Column, ...] = ()
        self._numbers: list[tuple[str, str, NDArray[Any]]] = []
        self._rows = np.zeros(0, dtype=np.int64)
        self._filter = ""
        self._sorted: tuple[int, Qt.SortOrder] = (-1, Qt.SortOrder.AscendingOrder)

    # -- what is shown ---------------------------------------------------------------------------

    @property
    def level_table(self) -> LevelTable | None:
        """The level's terms; None before there are any."""
        return self._level_table

    def set_level_table(self, level_table: LevelTable | None, text: str = "") -> None:
        """Show a level, its rows that hold a text."""
        self.beginResetModel()
        self._level_table = level_table
        self._texts, self._numbers = (), []
        if level_table is not None:
            self._texts = (
                *level_table.chain,
                *(column for column in level_table.facets if any(column.labels)),
            )
            if (level_table.cells >= 0).any():
                meaning = "Cells that belong to the term; – where nobody says"
                self._numbers.append(("Cells", meaning, level_table.cells))
            if (level_table.leaves > 1).any():
                title = level_table.leaf_title
                self._numbers.append((title, f"{title} that belong to the term", level_table.leaves))
            if level_table.children.any():
                self._numbers.append(
                    ("Children", "Terms directly below; Enter goes there", level_table.children)
                )
            if level_table.volumes is not None:
                self._numbers.append(("mm³", "Volume in the reference brain", level_table.volumes))
        self._filter, self._sorted = text, (-1, Qt.SortOrder.AscendingOrder)
        self._arrange()
        self.endResetModel()

    def set_filter(self, text: str) -> None:
        """Show the rows that hold a text, in any case."""
        self.beginResetModel()
        self._filter = text
        self._arrange()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; by that of the terms themselves, or by none, in term order."""
        self.beginResetModel()
        self._sorted = (column, order)
        self._arrange()
        self.endResetModel()

    def _arrange(self) -> None:
        level_table = self._level_table
        if level_table is None:
            self._rows = np.zeros(0, dtype=np.int64)
            return
        rows = (
            np.flatnonzero(level_table.find(self._filter))
            if self._filter
            else np.arange(len(level_table.words))
        )
        column, order = self._sorted
        backwards = order == Qt.SortOrder.DescendingOrder
        if 0 <= column < len(self._texts) and column != self.own_column:
            keys = np.array([self._texts[column].names[row].casefold() for row in rows], dtype=object)
            rows = rows[np.argsort(keys, kind="stable")]
            rows = rows[::-1] if backwards else rows
        elif column >= len(self._texts):
            numbers = self._numbers[column - len(self._texts)][2][rows]
            rows = rows[np.argsort(-numbers if backwards else numbers, kind="stable")]
        elif backwards:
            rows = rows[::-1]
        self._rows = rows

    @property
    def total(self) -> int:
        """Number of terms of the level, also of those that the filter leaves out."""
        return len(self._level_table.words) if self._level_table is not None else 0

    @property
    def own_column(self) -> int:
        """Column of the terms themselves."""
        return len(self._level_table.chain) - 1 if self._level_table is not None else -1

    @property
    def children_column(self) -> int:
        """Column of the number of children; -1 where nothing has any."""
        titles = [title for title, _, _ in self._numbers]
        return len(self._texts) + titles.index("Children") if "Children" in titles else -1

    def number_columns(self) -> range:
        """Columns of counts."""
        return range(len(self._texts), self.columnCount())

    def widest(self, column: int) -> str:
        """The longest text of a column, to give it room without asking every row."""
        if column < len(self._texts):
            return max(self._texts[column].names, key=len, default="")
        _, _, numbers = self._numbers[column - len(self._texts)]
        return max(map(_number_text, (numbers.max(), numbers.min())), key=len) if len(numbers) else ""

    # -- rows and labels -------------------------------------------------------------------------

    def label(self, row: int) -> str:
        """Label of the term in a row."""
        assert self._level_table is not None
        return self._level_table.terms.labels[int(self._rows[row])]

    def label_at(self, index: _Index) -> str:
        """Label of the term in a cell of the table; empty where there is none."""
        if index.column() >= len(self._texts):
            return self.label(index.row())
        return self._texts[index.column()].labels[int(self._rows[index.row()])]

    def name(self, row: int) -> str:
        """Name of the term in a row."""
        assert self._level_table is not None
        return self._level_table.terms.names[int(self._rows[row])]

    def has_children(self, row: int) -> bool:
        """Whether there are terms below that of a row."""
        return self._level_table is not None and bool(self._level_table.children[self._rows[row]])

    def rows_of(self, labels: Iterable[str]) -> list[int]:
        """Rows of some terms, those that are shown."""
        if self._level_table is None:
            return []
        wanted = set(labels)
        own = self._level_table.terms.labels
        return [row for row, number in enumerate(self._rows) if own[number] in wanted]

    # -- Qt --------------------------------------------------------------------------------------

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Number of terms that are shown."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Number of ancestors, facets and counts, and the terms themselves."""
        return 0 if parent.isValid() else len(self._texts) + len(self._numbers)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Name of a level or count, and what it means."""
        if orientation != Qt.Orientation.Horizontal or section >= self.columnCount():
            return None
        text = section < len(self._texts)
        if role == Qt.ItemDataRole.DisplayRole:
            if text:
                return self._texts[section].title
            return self._numbers[section - len(self._texts)][0]
        if role == Qt.ItemDataRole.ToolTipRole:
            if not text:
                return self._numbers[section - len(self._texts)][1]
            return "Sorts in term order" if section == self.own_column else None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if text else Qt.AlignmentFlag.AlignRight
            return Qt.AlignmentFlag.AlignVCenter | side
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Name and dot of a term, or a count."""
        if role not in _ROLES:  # a table asks for many more than it needs, thousands of times a second
            return None
        row, column = int(self._rows[index.row()]), index.column()
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row, column)
        if column < len(self._texts):
            texts = self._texts[column]
            if role == Qt.ItemDataRole.DisplayRole:
                return texts.names[row]
            if role == Qt.ItemDataRole.DecorationRole:
                return _dot(texts.colors[row]) if texts.colors[row] else None
            if role == Qt.ItemDataRole.AccessibleTextRole:
                return f"{texts.title} {texts.names[row]}" if texts.names[row] else f"no {texts.title}"
            return None
        title, _, numbers = self._numbers[column - len(self._texts)]
        if role == Qt.ItemDataRole.DisplayRole:
            return _number_text(numbers[row])
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{_number_text(numbers[row])} {title}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        return None

    def _tip(self, row: int, column: int) -> str:
        level_table = self._level_table
        assert level_table is not None
        if column < len(self._texts) and column != self.own_column:
            texts = self._texts[column]
            lines = [texts.names[row], texts.labels[row], texts.colors[row]]
            if column < self.own_column and texts.names[row]:
                lines.append("A click goes there.")
        else:
            lines = [
                level_table.terms.names[row],
                level_table.terms.labels[row],
                level_table.terms.colors[row],
            ]
            lines.append(level_table.descriptions[row])
        return tip("\n".join(dict.fromkeys(line for line in lines if line)))


def _number_text(number: Any) -> str:
    """A count or a volume; an en dash where it is not known."""
    if isinstance(number, np.floating):
        return f"{number:,.3f}" if np.isfinite(number) else "–"
    return f"{number:,}" if number >= 0 else "–"


@lru_cache(maxsize=8192)
def _dot(color: str) -> QIcon:
    """A dot, outlined so that white and black ones are seen on any theme."""
    pixmap = QPixmap(2 * _DOT, 2 * _DOT)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QColor(color))
    painter.setPen(QColor(128, 128, 128))
    painter.drawEllipse(3, 3, 2 * _DOT - 7, 2 * _DOT - 7)
    painter.end()
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)  # else Qt tints it in selected rows, to another color
    return icon
