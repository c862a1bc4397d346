"""Why something failed, in a few words for a person."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest

from napari_abc.errors import reason


class Answer(Exception):
    """An answer of a server, as aiohttp raises it."""

    def __init__(self, status: object) -> None:
        super().__init__("an answer")
        self.status = status


class Wrapped(Exception):
    """Keeps its cause where botocore or aiohttp keep it."""

    def __init__(self, **places: object) -> None:
        super().__init__("wrapped")
        vars(self).update(places)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(8, "x"), "its name can't be resolved"),
        (ssl.SSLError("x"), "its certificate is not accepted"),
        (ConnectionRefusedError("x"), "the connection was refused"),
        (OSError(errno.ECONNREFUSED, "x"), "the connection was refused"),
        (OSError(errno.ENETUNREACH, "x"), "there is no network"),
        (OSError(errno.EHOSTUNREACH, "x"), "there is no network"),
        (OSError(errno.ENETDOWN, "x"), "there is no network"),
        (Answer(503), "it answered with HTTP status 503"),
        (Answer("odd"), "an answer"),
        (PermissionError("x"), "it refused access"),
        (TimeoutError("x"), "it did not answer in time"),
        (ValueError("It is\n  so. "), "It is so"),
        (ValueError(""), "ValueError"),
    ],
)
def test_a_reason_is_said_in_plain_words(error: BaseException, words: str) -> None:
    assert reason(error) == words


def test_a_cause_is_found_wherever_a_library_keeps_it() -> None:
    refused = ConnectionRefusedError()
    outer, inner = ValueError("outer"), ValueError("inner")
    outer.__cause__, inner.__context__ = inner, refused
    assert reason(outer) == "the connection was refused"
    assert reason(Wrapped(kwargs={"error": refused})) == "the connection was refused"
    assert reason(Wrapped(kwargs=("error",))) == "wrapped"
    assert reason(Wrapped(os_error=refused)) == "the connection was refused"
    assert reason(ExceptionGroup("several", [KeyError("k"), refused])) == "the connection was refused"


def test_causes_that_go_round_in_a_circle_end() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    assert reason(one) == "one"


def test_a_long_reason_is_cut() -> None:
    assert reason(ValueError("x" * 160)) == "x" * 160
    assert reason(ValueError("x" * 161)) == "x" * 160 + "…"
