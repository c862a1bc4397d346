"""Runs the examples of docstrings."""

from __future__ import annotations

import doctest
import inspect
from typing import Any

__all__ = ["public_methods", "run_examples"]


def run_examples(thing: Any, name: str, namespace: dict[str, Any]) -> int:
    """Run the examples of one docstring; fails where one says something else. Returns how many there are."""
    doc = inspect.getdoc(thing) or ""
    examples = doctest.DocTestParser().get_doctest(doc, dict(namespace), name, None, None)
    told: list[str] = []
    options = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    outcome = doctest.DocTestRunner(optionflags=options, verbose=False).run(examples, out=told.append)
    assert not outcome.failed, "".join(told)
    return outcome.attempted


def public_methods(kind: type) -> dict[str, Any]:
    """Methods of a class that its own body defines and that are not private; ``__getitem__`` is public."""
    return {
        f"{kind.__name__}.{name}": method
        for name, method in vars(kind).items()
        if inspect.isfunction(method) and (not name.startswith("_") or name == "__getitem__")
    }
