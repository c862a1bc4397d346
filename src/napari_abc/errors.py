"""The exceptions this package raises.

One family, so that a script can catch :class:`AbcError`, and each member is also the builtin
exception that a caller would expect. A message names the thing, the reason and the cure in one
sentence; the shell prints it as it is.
"""

from __future__ import annotations

__all__ = [
    "AbcError",
    "Cancelled",
    "ConfigurationError",
    "DiskFullError",
    "DisplayError",
    "ExpressionError",
    "FormatError",
    "IntegrityError",
    "MissingFileError",
    "NetworkError",
    "OfflineError",
    "UnknownNameError",
]


class AbcError(Exception):
    """Base of every exception that this package raises on purpose."""

    def __str__(self) -> str:
        # KeyError would print its message as a repr; every member prints plain text.
        return " ".join(str(part) for part in self.args)


class ConfigurationError(AbcError, ValueError):
    """An argument or a setting can't be used as given."""


class UnknownNameError(AbcError, KeyError):
    """A dataset, slab, gene, column or release of that name does not exist."""


class MissingFileError(AbcError, FileNotFoundError):
    """A file or folder that is needed is not there."""


class FormatError(AbcError, ValueError):
    """A file is not what it should be: truncated, malformed, or of another kind."""


class IntegrityError(AbcError, ValueError):
    """A file's size or MD5 differs from what the manifest says."""


class ExpressionError(AbcError, LookupError):
    """Expression values can't be had for these cells, for example because no cell id is shared."""


class NetworkError(AbcError, ConnectionError):
    """The source can't be reached or did not answer as it should."""


class OfflineError(NetworkError):
    """Something would have to be fetched, but fetching was ruled out."""


class DiskFullError(AbcError, OSError):
    """There is not enough room for a file; nothing of it is kept."""


class DisplayError(AbcError, RuntimeError):
    """A window or a picture can't be made on this machine."""


class Cancelled(AbcError):
    """The person cancelled; nothing half-done is left behind."""
