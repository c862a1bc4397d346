"""A dialog that asks for the parameters of a function of the API, made from its signature."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from magicgui import magicgui
from magicgui.widgets import Dialog
from qtpy.QtWidgets import QDialogButtonBox, QLineEdit

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from qtpy.QtWidgets import QWidget

__all__ = ["ask_parameters", "parameter_form"]

_WIDTH = 400
"""Pixels of a line, in which an address can be read."""


def parameter_form(
    function: Callable[..., Any],
    given: Collection[str] = (),
    options: Mapping[str, dict[str, Any]] | None = None,
    parent: QWidget | None = None,
) -> Dialog:
    """A dialog with a field for each parameter; its type, default and tooltip are those of the function.

    Parameters
    ----------
    function
        A public function with type hints and a numpy docstring.
    given
        Parameters that the window knows, and does not ask for.
    options
        Of some parameters how magicgui shows them: ``{"path": {"label": "Address"}}``.
    parent
        What the dialog lies over.
    """
    signature = inspect.signature(function)
    asked = [
        parameter.replace(
            kind=inspect.Parameter.KEYWORD_ONLY, annotation=_hint(parameter.annotation, function)
        )
        for name, parameter in signature.parameters.items()
        if name not in given
    ]

    def values(**values: Any) -> dict[str, Any]:
        return values

    values.__doc__ = function.__doc__
    # magicgui asks for all parameters of a function, and this one has only those that are not given.
    values.__signature__ = signature.replace(parameters=asked, return_annotation=dict)  # type: ignore[attr-defined]
    shown: dict[str, Any] = dict(options or {})
    form = magicgui(values, call_button=False, **shown)
    for field in form:
        field.native.setAccessibleName(field.label)
    return Dialog(widgets=list(form), parent=parent)


def ask_parameters(
    function: Callable[..., Any],
    title: str,
    given: Collection[str] = (),
    options: Mapping[str, dict[str, Any]] | None = None,
    parent: QWidget | None = None,
) -> dict[str, Any] | None:
    """Ask for the parameters of a function; None where a person thinks better of it."""
    form = parameter_form(function, given, options, parent)
    form.native.setWindowTitle(title)
    _begin_with_first_line(form)
    try:
        return dict(form.asdict()) if form.exec() else None
    finally:
        form.native.deleteLater()


def _begin_with_first_line(form: Dialog) -> None:
    """Let what is typed or pasted go into the first line, and nothing be agreed to while that is empty."""
    line = form.native.findChild(QLineEdit)
    buttons = form.native.findChild(QDialogButtonBox)
    if line is None or buttons is None:
        return
    agree = buttons.button(QDialogButtonBox.StandardButton.Ok)
    agree.setEnabled(bool(line.text().strip()))
    line.textChanged.connect(lambda text: agree.setEnabled(bool(text.strip())))
    line.setMinimumWidth(_WIDTH)
    line.setFocus()


def _hint(annotation: Any, function: Callable[..., Any]) -> Any:
    """The type that a hint names; modules here keep hints as text."""
    if not isinstance(annotation, str):
        return annotation
    return eval(annotation, inspect.unwrap(function).__globals__)
