"""What belongs to one process alone: locks and connections, which neither a fork nor a pickle can carry."""

from __future__ import annotations

import os
from typing import Any, ClassVar
from weakref import WeakSet

__all__ = ["PerProcess"]

_alive: WeakSet[PerProcess] = WeakSet()


class PerProcess:
    """Base of classes that hold locks or connections, and are pickled or used in forked children.

    A subclass names these attributes in ``_own`` and makes them in :meth:`_begin`, which it calls in its
    ``__init__``. They are made anew in a forked child and where the object is unpickled, and are left out
    of pickles.

    Examples
    --------
    >>> import threading
    >>> class Counter(PerProcess):
    ...     _own = ("lock",)
    ...
    ...     def __init__(self) -> None:
    ...         self.count = 3
    ...         self._begin()
    ...
    ...     def _begin(self) -> None:
    ...         super()._begin()
    ...         self.lock = threading.Lock()
    >>> Counter().__getstate__()
    {'count': 3}
    """

    _own: ClassVar[tuple[str, ...]] = ()

    def _begin(self) -> None:
        """Make what belongs to this process alone."""
        _alive.add(self)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in self._own}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._begin()


_of_the_parent: list[Any] = []


def _begin_anew() -> None:
    # A lock may have been held by a thread that the child does not have. What is replaced is kept: closing
    # a connection here would close the parent's.
    for one in list(_alive):
        _of_the_parent.extend(vars(one)[name] for name in one._own)
        one._begin()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
