"""Forms say what the function says: its parameters, their types, defaults and descriptions."""

from __future__ import annotations

import inspect
from pathlib import Path  # noqa: TC003 - read at run time
from typing import TYPE_CHECKING

import pytest
from qtpy.QtWidgets import QDialogButtonBox, QLineEdit, QWidget

from napari_abc.viewer.own_images import add_image_file
from napari_abc.widgets.parts import ask_parameters, parameter_form
from napari_abc.widgets.volumes import _image_button as image_button
from visits import answer_dialog

if TYPE_CHECKING:
    from magicgui.widgets import Dialog
    from pytestqt.qtbot import QtBot


def read_table(viewer: object, path: str | Path, columns: int = 3, offline: bool = False) -> None:
    """Read a table.

    Parameters
    ----------
    viewer
        Where it is shown.
    path
        The file.
    columns
        How many of them.
    offline
        Use only what is on disk.
    """


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    parent = QWidget()
    qtbot.addWidget(parent)
    return parent


def fields(form: Dialog) -> dict[str, object]:
    return {field.name: field.get_value() for field in form}


def test_a_field_for_each_parameter_that_is_not_given(parent: QWidget) -> None:
    form = parameter_form(read_table, ("viewer",), {"path": {"widget_type": "LineEdit"}}, parent)
    assert fields(form) == {"path": "", "columns": 3, "offline": False}
    assert [field.tooltip for field in form] == [
        "The file.",
        "How many of them.",
        "Use only what is on disk.",
    ]
    assert [field.native.accessibleName() for field in form] == ["path", "columns", "offline"]


def test_the_form_of_an_image_has_the_parameters_of_the_function(parent: QWidget) -> None:
    form = parameter_form(add_image_file, image_button.KNOWN, image_button.ADDRESS, parent)
    of_function = set(inspect.signature(add_image_file).parameters)
    assert set(image_button.KNOWN) < of_function
    assert set(fields(form)) == of_function - set(image_button.KNOWN)
    (path,) = form
    assert path.label == "Address"
    assert add_image_file.__doc__ is not None
    assert path.tooltip.split()[:4] == ["A", "NIfTI,", "OME-TIFF", "or"]


def test_what_a_person_fills_in_is_what_the_function_gets(parent: QWidget) -> None:
    def fill(dialog: QWidget) -> None:
        assert dialog.windowTitle() == "A table"
        dialog.findChild(QLineEdit).setText("a//b")

    as_typed = {"path": {"widget_type": "LineEdit"}}
    with answer_dialog(fill):
        values = ask_parameters(read_table, "A table", ("viewer", "columns"), as_typed, parent)
    assert values == {"path": "a//b", "offline": False}


def test_what_is_typed_goes_into_the_first_line_and_nothing_is_not_agreed_to(parent: QWidget) -> None:
    def look(dialog: QWidget) -> None:
        line = dialog.findChild(QLineEdit)
        agree = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Ok)
        assert dialog.focusWidget() is line
        assert line.width() >= 400
        enabled = [agree.isEnabled()]
        for text in ("a", "  ", "a//b"):
            line.setText(text)
            enabled.append(agree.isEnabled())
        assert enabled == [False, True, False, True]

    as_typed = {"path": {"widget_type": "LineEdit"}}
    with answer_dialog(look):
        values = ask_parameters(read_table, "A table", ("viewer", "columns"), as_typed, parent)
    assert values == {"path": "a//b", "offline": False}


def test_who_thinks_better_of_it_is_asked_nothing_more(parent: QWidget) -> None:
    with answer_dialog(lambda _: None, QDialogButtonBox.StandardButton.Cancel):
        assert ask_parameters(read_table, "A table", ("viewer", "path"), None, parent) is None
