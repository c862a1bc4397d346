"""Real servers on 127.0.0.1 for the tests: the S3 protocol (moto), and web servers of several manners."""

from __future__ import annotations

import contextlib
import html
import re
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_PIECE = 64 * 1024


@dataclass(frozen=True)
class Request:
    """A request as a server received it."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    """Names in lower case."""


class BucketServer:
    """moto's S3 server, in a thread of this process, with a log of what it was asked."""

    def __init__(self) -> None:
        from moto.server import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import make_server

        self.requests: list[Request] = []
        # moto keeps the buckets of all servers of a process together; each ends only its own.
        self._made: set[str] = set()
        self._app = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._logged, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _logged(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        headers = {
            name[5:].replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        request = Request(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"], headers)
        self.requests.append(request)
        return self._app(environ, start_response)

    @property
    def _backend(self) -> Any:
        from moto.core import DEFAULT_ACCOUNT_ID
        from moto.s3.models import s3_backends

        return s3_backends[DEFAULT_ACCOUNT_ID]["aws"]

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """Add or replace an object that anybody may read; the bucket is made if need be."""
        from moto.s3.models import get_canned_acl

        if bucket not in self._backend.buckets:
            self._backend.create_bucket(bucket, "us-west-2")
            self._made.add(bucket)
        # moto computes an ETag at the first request, by reading the buffer that other threads are
        # serving from: eight ranges at once then got empty answers. Asked for here, it is known.
        assert self._backend.put_object(bucket, key, content).etag
        self._backend.put_object_acl(bucket, key, get_canned_acl("public-read"))

    def fill(self, bucket: str, folder: Path, prefix: str = "") -> None:
        """Add all files of a folder."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.put(bucket, prefix + path.relative_to(folder).as_posix(), path.read_bytes())

    def empty(self, bucket: str) -> None:
        """Remove a bucket with all that is in it."""
        if bucket in self._backend.buckets:
            for key in list(self._backend.buckets[bucket].keys):
                self._backend.delete_object(bucket, key)
            self._backend.delete_bucket(bucket)

    def fetched(self) -> list[str]:
        """Paths of the objects that were asked for, in order; a large one once for each of its parts."""
        return [request.path for request in self.requests if request.method == "GET" and not request.query]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        for bucket in self._made:
            self.empty(bucket)


@dataclass
class FolderServer:
    """A plain web server for a folder, with the manners given."""

    folder: Path
    index: bool = True
    """Serve a page of links for a folder."""
    s3_listing: str | None = None
    """Body of the answer to ``?list-type=2``."""
    ranges: bool = False
    chunked: bool = False
    """Send files chunked, without saying how long they are."""
    status: int | None = None
    """Answer everything with this status."""
    break_after: list[int] = field(default_factory=list)
    """Break off the next answers with a file after so many bytes, one entry an answer."""
    stall_after: int | None = None
    """Send nothing more after so many bytes of a file, until the server is closed."""
    stray: bytes = b""
    """Sent after a file's content."""
    requests: list[Request] = field(default_factory=list)

    connections: dict[Any, socket.socket] = field(default_factory=dict)
    """Clients that hold a connection open."""

    def __post_init__(self) -> None:
        owner = self
        self.stalled = threading.Event()
        self._closing = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                owner._answer(self)

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def process_request(self, request: Any, client_address: Any) -> None:
                owner.connections[client_address] = request
                super().process_request(request, client_address)

            def process_request_thread(self, request: Any, client_address: Any) -> None:
                try:
                    super().process_request_thread(request, client_address)
                finally:
                    owner.connections.pop(client_address, None)

            def handle_error(self, request: object, client_address: object) -> None:
                pass  # A client that hangs up in the middle is what several tests are about.

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> FolderServer:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        for connection in list(self.connections.values()):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.requests.append(Request("GET", unquote(parts.path), parts.query, headers))
        path = self.folder / unquote(parts.path).strip("/")
        if self.status is not None:
            self._send(handler, self.status, b"no")
        elif "list-type=2" in parts.query and self.s3_listing is not None:
            self._send(handler, 200, self.s3_listing.encode(), "application/xml")
        elif path.is_dir() and self.index:
            names = sorted(entry.name + "/" * entry.is_dir() for entry in path.iterdir())
            links = "".join(f'<li><a href="{html.escape(name)}">{html.escape(name)}</a>' for name in names)
            self._send(
                handler, 200, f"<html><a href='../'>up</a><ul>{links}</ul></html>".encode(), "text/html"
            )
        elif path.is_file():
            self._send_file(handler, path.read_bytes() + self.stray, headers.get("range"))
        else:
            self._send(handler, 404, b"not here")

    def _send(
        self, handler: BaseHTTPRequestHandler, status: int, body: bytes, kind: str = "text/plain"
    ) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _send_file(self, handler: BaseHTTPRequestHandler, content: bytes, wanted: str | None) -> None:
        begin = 0
        if wanted is not None and self.ranges:
            found = re.fullmatch(r"bytes=(\d+)-", wanted)
            assert found is not None, wanted
            begin = int(found[1])
            handler.send_response(206)
            handler.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        else:
            handler.send_response(200)
        handler.send_header("Content-Type", "application/octet-stream")
        if self.chunked:
            handler.send_header("Transfer-Encoding", "chunked")
        else:
            handler.send_header("Content-Length", str(len(content) - begin))
        handler.end_headers()
        last = self.break_after.pop(0) if self.break_after else None
        for at in range(begin, len(content), _PIECE):
            if self.stall_after is not None and at >= self.stall_after:
                self.stalled.set()
                self._closing.wait()
            if last is not None and at - begin >= last:
                handler.close_connection = True
                return
            piece = content[at : at + _PIECE]
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if self.chunked else piece)
        if self.chunked:
            handler.wfile.write(b"0\r\n\r\n")
