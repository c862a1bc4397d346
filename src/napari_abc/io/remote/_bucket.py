"""A bucket behind the S3 protocol, read without credentials, several ranges at a time."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from napari_abc.errors import IntegrityError, MissingFileError
from napari_abc.io.remote._clients import CONNECTIONS, endpoint, s3_filesystem
from napari_abc.io.remote._network import (
    ANSWER_SECONDS,
    ATTEMPTS,
    start,
    unreachable,
    wait,
)
from napari_abc.io.remote._source import Source, in_order, too_large

if TYPE_CHECKING:
    from collections.abc import Generator
    from concurrent.futures import Future

    from napari_abc.task import Task

__all__ = ["BucketSource"]

_PART = 4 * 2**20
"""Bytes of a range: large enough that asking for it costs little, small enough that many fit into memory."""


class BucketSource(Source):
    """A bucket, or a folder of one, read anonymously through s3fs.

    Parameters
    ----------
    bucket
        Its name.
    prefix
        Folder inside it under which ``releases`` lies; "" for the bucket itself.
    """

    _own = ("_fs", "_opening")

    def __init__(self, bucket: str, prefix: str = "") -> None:
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self.location = f"s3://{bucket}/{prefix}" if prefix else f"s3://{bucket}"
        self._begin()

    def _begin(self) -> None:
        super()._begin()
        self._fs: Any = None
        self._opening = threading.Lock()

    def releases(self) -> list[str]:
        """Versions of the releases it holds, ascending; see :meth:`Source.releases`."""
        try:
            names = self._answer(self._names())
        except FileNotFoundError:
            names = []
        if not names:
            # It did answer: nothing of another source on this machine may stand in for it.
            raise MissingFileError(f"{self._shown} holds no releases: check the name of the bucket.")
        return in_order(names)

    def read_small(self, key: str, limit: int) -> bytes:
        """Read a whole small file; see :meth:`Source.read_small`."""
        try:
            data, total = self._answer(self._part(key, 0, limit + 1))
        except FileNotFoundError:
            raise self._missing(key) from None
        if total > limit:
            raise too_large(f"{self.location}/{key}", limit)
        return bytes(data)

    def blocks(self, key: str, size: int | None, task: Task) -> Generator[bytes, None, None]:
        """Content of a file, block after block; see :meth:`Source.blocks`.

        At most eight blocks of 4 MiB are held or under way.
        """
        loop = self._open().loop
        under_way: deque[Future[tuple[bytes, int]]] = deque()
        # With the size unknown, the first answer tells it; else all connections start at once.
        end = _PART if size is None else max(size, 1)
        asked = 0
        try:
            while asked < end or under_way:
                while asked < end and len(under_way) < CONNECTIONS:
                    under_way.append(start(loop, self._part(key, asked, min(asked + _PART, end))))
                    asked += _PART
                data, total = wait(under_way.popleft(), task)
                if size is None:
                    size = end = total
                elif total != size:
                    raise IntegrityError(
                        f"{self.location}/{key} has {total:,} bytes, but the manifest says {size:,}: "
                        "try again later, or choose another release or source."
                    )
                if data:
                    yield data
        except FileNotFoundError:
            raise self._missing(key) from None
        except (OSError, _botocore_error()) as error:
            raise unreachable(self._shown, error) from error
        finally:
            for future in under_way:
                future.cancel()

    @property
    def _shown(self) -> str:
        # A forgotten endpoint is the likeliest reason for a bucket that does not answer.
        server = endpoint()
        return f"{self.location} at AWS_ENDPOINT_URL={server}" if server else self.location

    def _missing(self, key: str) -> MissingFileError:
        return MissingFileError(f"{self._shown} has no {key}: choose another release or source.")

    def _answer(self, coroutine: Any) -> Any:
        try:
            return wait(start(self._open().loop, asyncio.wait_for(coroutine, ANSWER_SECONDS)))
        except FileNotFoundError:
            raise
        except (OSError, _botocore_error()) as error:
            raise unreachable(self._shown, error) from error

    def _open(self) -> Any:
        with self._opening:
            if self._fs is None:
                self._fs = s3_filesystem(self.location)
            return self._fs

    async def _names(self) -> list[str]:
        found = await self._fs._ls(f"{self._bucket}/{self._prefix}releases", detail=False)
        return [str(name).rstrip("/").rpartition("/")[2] for name in found]

    async def _part(self, key: str, begin: int, end: int) -> tuple[bytes, int]:
        """Bytes `begin` to `end` of a file (fewer at its end) and the size of the whole file."""
        for attempt in range(ATTEMPTS):
            try:
                return await self._part_once(key, begin, end)
            except _broken_off():
                if attempt == ATTEMPTS - 1:
                    raise
                await asyncio.sleep(0.2 * 4**attempt)
        raise AssertionError("unreachable")

    async def _part_once(self, key: str, begin: int, end: int) -> tuple[bytes, int]:
        from botocore.exceptions import ClientError

        try:
            answer = await asyncio.wait_for(
                self._fs._call_s3(
                    "get_object",
                    Bucket=self._bucket,
                    Key=self._prefix + key,
                    Range=f"bytes={begin}-{end - 1}",
                ),
                ANSWER_SECONDS,
            )
        except OSError as error:
            cause = error.__cause__
            if isinstance(cause, ClientError) and cause.response["Error"].get("Code") in (
                "InvalidRange",
                "416",
            ):
                # There is nothing at `begin`: an empty file, or one shorter than expected.
                return b"", begin
            raise
        body = answer["Body"]
        try:
            span, _, total = str(answer.get("ContentRange", "")).removeprefix("bytes ").partition("/")
            if not total.isdecimal() or not span.startswith(f"{begin}-"):
                raise OSError("it does not serve parts of files; use its https address")
            expected = min(end, int(total)) - begin
            pieces: list[bytes] = []
            missing = expected
            while missing > 0 and (piece := await body.read(missing)):
                pieces.append(piece)
                missing -= len(piece)
            if missing > 0:
                raise ConnectionError("the answer broke off")
            return b"".join(pieces), int(total)
        finally:
            body.close()


def _botocore_error() -> type[Exception]:
    from botocore.exceptions import BotoCoreError

    error: type[Exception] = BotoCoreError
    return error


def _broken_off() -> tuple[type[BaseException], ...]:
    from aiohttp import ClientError
    from botocore.exceptions import HTTPClientError

    return (ClientError, HTTPClientError, ConnectionError, TimeoutError)
