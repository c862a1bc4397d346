"""Two rows at the head of the dock: undo, what is in view, where slabs go, close, and saved views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtGui import QAction, QActionGroup
from qtpy.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QMenu, QPushButton, QSizePolicy, QWidget

from napari_abc.text import tip
from napari_abc.widgets.parts import Notice

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SceneBar"]

_LAYOUTS = (
    ("beside", "Beside", "The next slab opens beside those that are open"),
    ("overlay", "Overlay", "The next slab opens over the one that was opened last"),
    ("replace", "Replace", "The next slab opens in place of those in view"),
)
_SORTS = (
    ("opened", "As opened"),
    ("plane", "By plane"),
    ("species", "By species, then by plane"),
)
_NOTHING = "Space"
"""What the list of spaces says while nothing is open."""


class SceneBar(QWidget):
    """Emits what a person wants; shows what it is told, and never changes the height of its rows."""

    undo_wanted = Signal()
    redo_wanted = Signal()
    space_chosen = Signal(str)
    layout_chosen = Signal(str)
    sort_chosen = Signal(str)
    close_wanted = Signal()
    close_all_wanted = Signal()
    save_wanted = Signal()
    open_wanted = Signal()
    copy_wanted = Signal()
    all_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.undo = QPushButton("Undo", self)
        self.redo = QPushButton("Redo", self)
        self.close_button, self.view_button = QPushButton("Close", self), QPushButton("View", self)
        self.close_button.setAccessibleName("Close slabs")
        self.close_button.setToolTip("Close the current slab, or all of them; Undo brings them back")
        self.view_button.setAccessibleName("View: save, open, copy as Python, order, look at all")
        self.view_button.setToolTip(
            "Save or open a view, copy it as Python, order slabs, look at all of them"
        )
        close, view = QMenu(self), QMenu(self)
        self.close_one = _action(close, "Close this slab", self.close_wanted)
        self.close_all = _action(close, "Close all slabs", self.close_all_wanted)
        self.save_view = _action(view, "Save view…", self.save_wanted)
        self.open_view = _action(view, "Open view…", self.open_wanted)
        self.copy_python = _action(view, "Copy as Python", self.copy_wanted)
        view.addSeparator()
        sort = QMenu("Order of the slabs", view)
        view.addMenu(sort)
        group = QActionGroup(sort)
        self.sort_actions: dict[str, QAction] = {}
        for value, text in _SORTS:
            action = self.sort_actions[value] = QAction(text, group)
            action.setCheckable(True)
            action.setData(value)
            sort.addAction(action)
        group.triggered.connect(self._on_sort)
        self.look_at_all = _action(view, "All in view\tHome", self.all_wanted)
        self.close_button.setMenu(close)
        self.view_button.setMenu(view)
        self.space, self.layout_choice = QComboBox(self), QComboBox(self)
        self.space.setAccessibleName("Space in view")
        self.layout_choice.setAccessibleName("Where the next slab opens")
        self.space.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.space.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.layout_choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.layout_choice.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        for value, text, what in _LAYOUTS:
            self.layout_choice.addItem(text, value)
            self.layout_choice.setItemData(self.layout_choice.count() - 1, what, Qt.ItemDataRole.ToolTipRole)
        self.notice = Notice(self)

        buttons, choices = QHBoxLayout(), QHBoxLayout()
        for button in (self.undo, self.redo, self.close_button, self.view_button):
            # Styles ask for more room than these words need, which would widen the dock.
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            buttons.addWidget(button, 1)
        for combo in (self.space, self.layout_choice):
            choices.addWidget(combo)
        for line in (buttons, choices):
            line.setSpacing(4)
        layout = QGridLayout(self)
        layout.setContentsMargins(6, 4, 6, 0)
        layout.setVerticalSpacing(4)
        layout.addLayout(buttons, 0, 0)
        layout.addLayout(choices, 1, 0)
        layout.addWidget(self.notice, 2, 0)

        self.undo.clicked.connect(self.undo_wanted)
        self.redo.clicked.connect(self.redo_wanted)
        self.space.activated.connect(self._on_space)
        self.layout_choice.activated.connect(self._on_layout)
        self.show_steps(False, "", False, "")
        self.show_spaces({}, "")
        self.show_slabs("", 0)

    def show_steps(self, can_undo: bool, undo: str, can_redo: bool, redo: str) -> None:
        """Say whether there is something to undo and to redo, and what.

        Parameters
        ----------
        undo, redo
            What the step did: ``"opening Plane.03"``; may be empty.
        """
        for button, can, word, what, keys in (
            (self.undo, can_undo, "Undo", undo, "Ctrl+Z"),
            (self.redo, can_redo, "Redo", redo, "Ctrl+Shift+Z"),
        ):
            button.setEnabled(can)
            text = f"{word} {what}".strip() if can else f"Nothing to {word.lower()}"
            button.setToolTip(tip(f"{text} ({keys})"))
            button.setAccessibleName(word)
            button.setAccessibleDescription(text)

    def show_spaces(self, titles: Mapping[str, str], current: str) -> None:
        """List the kinds of space by title; the choice is there when there is one."""
        with QSignalBlocker(self.space):
            self.space.clear()
            for name, title in titles.items():
                self.space.addItem(title, name)
                self.space.setItemData(self.space.count() - 1, tip(title), Qt.ItemDataRole.ToolTipRole)
            self.space.setCurrentIndex(self.space.findData(current))
        self.space.setPlaceholderText(_NOTHING)
        self.space.setEnabled(len(titles) > 1)
        said = titles.get(current, "nothing")
        many = "; choose another one here" if len(titles) > 1 else ""
        self.space.setToolTip(tip(f"In view: {said}{many}" if titles else "Nothing is open yet"))

    def show_choices(self, layout: str, sort: str) -> None:
        """Show where the next slab goes, and the order of the tiles."""
        combo = self.layout_choice
        with QSignalBlocker(combo):
            combo.setCurrentIndex(combo.findData(layout))
        text = combo.itemData(combo.currentIndex(), Qt.ItemDataRole.ToolTipRole)
        combo.setToolTip(text if isinstance(text, str) else "")
        self.sort_actions[sort].setChecked(True)

    def show_slabs(self, current: str, count: int) -> None:
        """Say which slab is the current one (its title, empty for none) and how many are open."""
        self.close_one.setText(f"Close {_escape(current)}" if current else "Close this slab")
        self.close_one.setEnabled(bool(current))
        self.close_all.setText(f"Close all {count:,} slabs" if count > 1 else "Close all slabs")
        self.close_all.setEnabled(count > 0)
        self.close_button.setEnabled(count > 0)
        for action in (self.save_view, self.copy_python, self.look_at_all):
            action.setEnabled(count > 0)

    def _on_space(self, row: int) -> None:
        self.space_chosen.emit(self.space.itemData(row))

    def _on_layout(self, row: int) -> None:
        self.layout_chosen.emit(self.layout_choice.itemData(row))

    def _on_sort(self, action: QAction) -> None:
        self.sort_chosen.emit(action.data())


def _action(menu: QMenu, text: str, signal: Any) -> QAction:
    action = menu.addAction(text)
    assert action is not None
    action.triggered.connect(signal)
    return action


def _escape(text: str) -> str:
    return text.replace("&", "&&")
