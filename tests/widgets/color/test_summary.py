from __future__ import annotations

from typing import TYPE_CHECKING

from napari_abc.text import SYNTHETIC
from napari_abc.widgets.color._summary import SlabSummary

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def test_it_says_how_many_cells_are_shown_and_whose_they_are(qtbot: QtBot) -> None:
    summary = SlabSummary()
    qtbot.addWidget(summary)
    assert summary.isHidden()
    summary.show_slab("Showing 5 of 7 cells.", (), "CC BY 4.0", "Me", True)
    assert summary.cells.text() == f"{SYNTHETIC} Showing 5 of 7 cells."
    assert summary.source.isHidden()
    summary.show_slab(
        "Showing 5 of 7 cells.", ("Two <i>lost</i>.", "One found."), "CC BY 4.0", "Me", False, "run"
    )
    assert summary.cells.text() == "Showing 5 of 7 cells."
    assert summary.notes_button.text() == "2 notes"
    assert summary.notes_button.accessibleName() == "Show 2 notes on this run"
    assert summary.notes_button.toolTip() == "What else to know of this run"
    assert summary.notes.isHidden()
    summary.notes_button.click()
    assert not summary.notes.isHidden()
    assert summary.notes.text() == "Two <i>lost</i>.\nOne found."
    assert summary.source.text() == "CC BY 4.0 · Me"
    summary.show_slab("Showing 5 of 5 cells.", (), "", "", False)
    assert summary.cells.text() == "Showing 5 of 5 cells."
    assert summary.source.isHidden()
    assert summary.notes_button.isHidden()
    assert summary.notes.isHidden()
    summary.clear()
    assert summary.isHidden()


def test_what_a_filter_adds_moves_nothing(qtbot: QtBot) -> None:
    summary = SlabSummary()
    qtbot.addWidget(summary)
    summary.resize(300, 200)
    line = "Showing 9,011 of 9,011 cells"
    summary.show_slab(f"{line}.", (), "CC BY 4.0", "Me", True)
    with qtbot.waitExposed(summary):
        summary.show()
    layout = summary.layout()
    assert layout is not None
    before = layout.heightForWidth(300)
    filtered = f"{line}; 2,738 are left out by the filter."
    summary.show_slab(filtered, ("Plane.1 has no column 'x'.",), "CC BY 4.0", "Me", True)
    assert layout.heightForWidth(300) == before
    summary.show_slab(f"{line}; {'and more ' * 40}.", (), "CC BY 4.0", "Me", True)
    assert layout.heightForWidth(300) > before
