"""A line to type a gene in, with completions of symbols and identifiers ranked as one expects."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from qtpy.QtWidgets import QCompleter, QLineEdit, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["GeneEdit", "GeneNames"]

_IDENTIFIER = Qt.ItemDataRole.UserRole
_SCROLLBAR = 30
_ROOT = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex


class GeneNames:
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

    def exact(self, text: str) -> list[str]:
        """Identifiers of the genes with that identifier or symbol, in any case; a symbol may be shared."""
        wanted = text.strip().casefold()
        return [
            gene[0]
            for gene, folded in zip(self.genes, self._folded, strict=True)
            if wanted in folded and wanted
        ]

    def near(self, text: str) -> list[str]:
        """Symbols (identifiers where a gene has none) that may have been meant by a text, at most three."""
        found = self.find(text)
        if found:
            return list(dict.fromkeys(symbol or identifier for identifier, symbol in found))[:3]
        wanted = text.strip().casefold()
        # Comparing with all of 30,000 genes would take a second.
        alike = {
            symbol: gene[1]
            for gene, (symbol, _) in zip(self.genes, self._folded, strict=True)
            if symbol[:1] == wanted[:1] and abs(len(symbol) - len(wanted)) <= 2
        }
        return [alike[symbol] for symbol in get_close_matches(wanted, alike, n=3, cutoff=0.6)]


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
    """A line in which Enter takes the gene that is highlighted in the list, or else named in full.

    Never another one: what names no gene, or several, is refused with a sentence.
    """

    gene_chosen = Signal(str)
    """Identifier of the gene."""
    refused = Signal(str)
    """What is wrong with the text, and what may have been meant."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setClearButtonEnabled(True)
        self.setAccessibleName("Gene")
        self._index = GeneNames(())
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
        self._index = GeneNames(genes)
        self.setEnabled(bool(genes))
        count = len(self._index)
        self.setPlaceholderText(f"Gene, e.g. {self._example()}" if count else "No genes")
        self.setToolTip(
            f"Symbol or identifier of one of {count:,} genes; Enter colors the cells" if count else ""
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
        # Qt makes the first line the current one, and Enter would take it though nothing is highlighted.
        popup.setCurrentIndex(QModelIndex())

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
        exact = self._index.exact(text)
        if len(exact) == 1:
            self.gene_chosen.emit(exact[0])
        else:
            self.refused.emit(self._refusal(text, exact))

    def _refusal(self, text: str, exact: Sequence[str]) -> str:
        if exact:
            named = ", ".join(exact[:4]) + (", …" if len(exact) > 4 else "")
            return f"{len(exact)} genes are called “{text}” ({named}): choose one from the list."
        near = self._index.near(text)
        meant = f"did you mean {' or '.join(near)}?" if near else "type a part of its name to see a list."
        return f"None of the {len(self._index):,} genes is called “{text}”: {meant}"
