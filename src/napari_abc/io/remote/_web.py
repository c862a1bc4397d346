"""A mirror behind http or https: plain streaming, which any web server can serve."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit
from xml.etree import ElementTree

from napari_abc.errors import IntegrityError, MissingFileError, NetworkError
from napari_abc.io.remote._clients import web_filesystem
from napari_abc.io.remote._network import (
    ANSWER_SECONDS,
    ATTEMPTS,
    start,
    unreachable,
    wait,
)
from napari_abc.io.remote._source import Source, in_order, too_large
from napari_abc.task import Task

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["WebSource"]

_BLOCK = 2**20
_LISTING_LIMIT = 4 * 2**20
_BUSY = frozenset({429, 500, 502, 503, 504})


class WebSource(Source):
    """A web server that serves the bucket's layout under some address.

    Parameters
    ----------
    address
        The ``http://`` or ``https://`` address under which ``releases`` lies.
    """

    _own = ("_fs", "_opening")

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        path = parts.path.rstrip("/")
        self._address = urlunsplit((parts.scheme.lower(), parts.netloc, path, "", ""))
        # A password may be part of the address; nobody needs to see it.
        self.location = urlunsplit((parts.scheme.lower(), parts.netloc.rpartition("@")[2], path, "", ""))
        self._begin()

    def _begin(self) -> None:
        super()._begin()
        self._fs: Any = None
        self._opening = threading.Lock()

    def releases(self) -> list[str]:
        """Versions of the releases it holds, ascending.

        Taken from the server's index page of ``releases/``, or from an S3 listing.

        Raises
        ------
        NetworkError
            If it can't be reached, or offers neither.
        """
        names = self._index_page() or self._s3_listing()
        if not names:
            raise NetworkError(
                f"{self.location} does not list its releases: name one, for example release='20260228'."
            )
        return in_order(names)

    def read_small(self, key: str, limit: int) -> bytes:
        """Read a whole small file; see :meth:`Source.read_small`."""
        return self._read(self._url(key), limit, key)

    def blocks(self, key: str, size: int | None, task: Task) -> Generator[bytes, None, None]:
        """Content of a file, block after block; see :meth:`Source.blocks`.

        A stream that breaks off is taken up again where it ended.
        """
        done = 0
        for attempt in range(ATTEMPTS):
            try:
                with contextlib.closing(self._stream(self._url(key), done, size, task, key)) as stream:
                    for block in stream:
                        done += len(block)
                        yield block
                return
            except _broken_off() as error:
                if done == size:
                    return
                if attempt == ATTEMPTS - 1 or not _worth_another(error):
                    raise unreachable(self.location, error) from error
                _pause(0.2 * 4**attempt, task)

    def _url(self, key: str) -> str:
        return f"{self._address}/{quote(key)}"

    def _read(self, url: str, limit: int, name: str) -> bytes:
        data = bytearray()
        try:
            for block in self._stream(url, 0, None, Task(), name, at_once=True):
                data += block
                if len(data) > limit:
                    raise too_large(f"{self.location}/{name}", limit)
        except _broken_off() as error:
            raise unreachable(self.location, error) from error
        return bytes(data)

    def _stream(
        self, url: str, begin: int, size: int | None, task: Task, name: str, *, at_once: bool = False
    ) -> Generator[bytes, None, None]:
        """Blocks of one answer from byte `begin` on; closing the iterator closes the connection."""
        from aiohttp import ClientResponseError

        fs = self._open()
        answer = wait(start(fs.loop, self._ask(url, begin)), task)
        try:
            if answer.status in (404, 410):
                raise MissingFileError(f"{self.location} has no {name}: choose another release or source.")
            if answer.status >= 400:
                raise ClientResponseError(answer.request_info, (), status=answer.status)
            # Without a range, or with a server that ignores it, the whole file comes again.
            skip = 0 if answer.status == 206 else begin
            told = answer.headers.get("Content-Length", "")
            if size is not None and told.isdecimal() and "Content-Encoding" not in answer.headers:
                total = int(told) + begin - skip
                if total != size:
                    raise IntegrityError(
                        f"{self.location}/{name} has {total:,} bytes, but the manifest says {size:,}: "
                        "try again later, or choose another release or source."
                    )
            while block := wait(start(fs.loop, _next_block(answer)), task):
                kept = block[skip:]
                skip = max(0, skip - len(block))
                if kept:
                    yield kept
        finally:
            # On the loop's own thread, where aiohttp's objects live.
            fs.loop.call_soon_threadsafe(answer.close)

    async def _ask(self, url: str, begin: int) -> Any:
        session = await self._fs.set_session()
        headers = {"Accept-Encoding": "identity"}
        if begin:
            headers["Range"] = f"bytes={begin}-"
        answer = await asyncio.wait_for(
            session.get(self._fs.encode_url(url), headers=headers), ANSWER_SECONDS
        )
        if answer.status == 206 and not answer.headers.get("Content-Range", "").startswith(f"bytes {begin}-"):
            answer.close()
            raise ConnectionError("it sent another part of the file than it was asked for")
        return answer

    def _open(self) -> Any:
        with self._opening:
            if self._fs is None:
                self._fs = web_filesystem()
            return self._fs

    def _index_page(self) -> list[str]:
        """Names that the server's page of ``releases/`` links to; empty if it has no such page."""
        from aiohttp import ClientResponseError

        fs = self._open()
        listing = asyncio.wait_for(fs._ls(f"{self._address}/releases/", detail=False), ANSWER_SECONDS)
        try:
            links = wait(start(fs.loop, listing))
        except (FileNotFoundError, ClientResponseError):
            return []
        except _broken_off() as error:
            raise unreachable(self.location, error) from error
        names = [unquote(urlsplit(link).path).rstrip("/").rpartition("/")[2] for link in links]
        return in_order(names)

    def _s3_listing(self) -> list[str]:
        """Names under ``releases/`` by S3's own listing; empty if the server does not speak it."""
        url = f"{self._address}/?list-type=2&prefix=releases/&delimiter=/"
        try:
            page = self._read(url, _LISTING_LIMIT, "?list-type=2")
        except (MissingFileError, NetworkError):
            return []
        return in_order(prefix.rstrip("/").rpartition("/")[2] for prefix in _common_prefixes(page))


def _common_prefixes(page: bytes) -> list[str]:
    """Prefixes in the XML of an S3 listing; empty if it is none."""
    try:
        text = page.decode("utf-8")
        # Entities, the one danger of XML here, need a document type; a listing has none.
        if "<!DOCTYPE" in text.upper():
            return []
        root = ElementTree.fromstring(text)
    except (UnicodeDecodeError, ElementTree.ParseError):
        return []
    return [prefix.text or "" for prefix in root.iterfind("{*}CommonPrefixes/{*}Prefix")]


async def _next_block(answer: Any) -> bytes:
    """The next `_BLOCK` bytes of an answer, fewer at its end, none after it."""
    pieces: list[bytes] = []
    missing = _BLOCK
    while missing > 0 and (piece := await answer.content.read(missing)):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def _pause(seconds: float, task: Task) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        task.check()
        time.sleep(min(left, 0.1))


def _broken_off() -> tuple[type[BaseException], ...]:
    from aiohttp import ClientError

    return (ClientError, ConnectionError, TimeoutError)


def _worth_another(error: BaseException) -> bool:
    from aiohttp import ClientConnectorError, ClientResponseError, InvalidURL

    if isinstance(error, ClientResponseError):
        return error.status in _BUSY
    return not isinstance(error, (ClientConnectorError, InvalidURL))
