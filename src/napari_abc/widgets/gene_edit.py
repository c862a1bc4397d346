"""A line to type a gene in, with completions of symbols and identifiers ranked as one expects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from qtpy.QtWidgets import QCompleter, QLineEdit, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["GeneEdit", "GeneIndex"]

_IDENTIFIER = Qt.ItemDataRole.UserRole
_SCROLLBAR = 30
_ROOT = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex


class GeneIndex:
    """Genes by symbol and identifier; finds what a few letters may mean, best first.

    Parameters
    ----------
    genes
        Identifier and symbol (empty where a gene has none) of each gene.
    """

    LIMIT = 100

    def __init__(self, genes: Sequence[tuple[str, str]]) -> None:
        self.genes = list(genes)
        self._folded = [(symbol.casefold(), identifier.casefold()) for identifier, symbol in self.genes]

    def __len__(self) -> int:
        return len(self.genes)

    def find(self, text: str) -> list[tuple[str, str]]:
        """Genes that hold the text: whole symbol, then symbols that start with it, then the rest.

        Returns
        -------
        list
            Identifier and symbol, at most :attr:`LIMIT`.
        """
        wanted = text.strip().casefold()
        if not wanted:
            return []
        hits: list[tuple[int, int, int]] = []
        for number, (symbol, identifier) in enumerate(self._folded):
            place = symbol.find(wanted)
            if place >= 0:
                rank = 0 if len(symbol) == len(wanted) else 1 if place == 0 else 3
            else:
                place = identifier.find(wanted)
                if place < 0:
                    continue
                rank = 0 if len(identifier) == len(wanted) else 2 if place == 0 else 4
            hits.append((rank, len(symbol), number))
        hits.sort()
        return [self.genes[number] for _, _, number in hits[: self.LIMIT]]


class _Completions(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[tuple[str, str]] = []

    def set_rows(self, rows: list[tuple[str, str]]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        identifier, symbol = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{symbol} — {identifier}" if symbol and symbol != identifier else identifier
        if role == Qt.ItemDataRole.EditRole:
            return symbol or identifier
        if role == _IDENTIFIER:
            return identifier
        return None


class GeneEdit(QLineEdit):
    """Emits :attr:`gene_chosen` with an identifier picked from the list, or with the text as typed."""

    gene_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setClearButtonEnabled(True)
        self.setAccessibleName("Gene")
        self._index = GeneIndex(())
        self._completions = _Completions(self)
        self._completer = QCompleter(self._completions, self)
        # The model holds what matches, ranked; the completer must neither filter nor sort it again.
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setMaxVisibleItems(12)
        self._completer.setWidget(self)
        self._completer.activated[QModelIndex].connect(self._on_picked)
        self.textEdited.connect(self._on_edited)
        self.returnPressed.connect(self._on_return)
        self.set_genes(())

    def set_genes(self, genes: Sequence[tuple[str, str]]) -> None:
        """Offer these genes: identifier and symbol of each."""
        self._index = GeneIndex(genes)
        self.setEnabled(bool(genes))
        count = len(self._index)
        self.setPlaceholderText(f"Gene, e.g. {self._example()}" if count else "No genes")
        self.setToolTip(
            f"Symbol or identifier of one of {count:,} genes; Enter colours the cells" if count else ""
        )

    def completions(self) -> list[tuple[str, str]]:
        """Identifier and symbol of what is offered now, best first."""
        return list(self._completions.rows)

    def _example(self) -> str:
        identifier, symbol = self._index.genes[0]
        return symbol or identifier

    def _on_edited(self, text: str) -> None:
        self._completions.set_rows(self._index.find(text))
        popup = self._completer.popup()
        assert popup is not None
        if not self._completions.rows:
            popup.hide()
            return
        # The popup is a window of its own, which the theme of napari's window doesn't reach.
        popup.setPalette(self.palette())
        popup.setFont(self.font())
        place = self.rect()
        place.setWidth(max(place.width(), popup.sizeHintForColumn(0) + _SCROLLBAR))
        self._completer.complete(place)

    def _on_picked(self, index: QModelIndex) -> None:
        self.setText(str(index.data(Qt.ItemDataRole.EditRole)))
        self.gene_chosen.emit(str(index.data(_IDENTIFIER)))

    def _on_return(self) -> None:
        popup = self._completer.popup()
        if popup is not None and popup.isVisible():
            if popup.currentIndex().isValid():
                return  # the completer gets the key next, and picks that line
            popup.hide()
        text = self.text().strip()
        if not text:
            return
        found = self._index.find(text)
        folded = text.casefold()
        exact = [i for i, symbol in found if folded in (i.casefold(), symbol.casefold())]
        # Two genes can share a symbol: then what was typed is passed on, and the answer names both.
        self.gene_chosen.emit(exact[0] if len(exact) == 1 else text)
