"""A server that does one thing fast: ranges of the files of a folder, as S3 serves them.

moto, which the tests use for the S3 protocol, takes longer for a range than the network of most people.
This one hands a range from the disk's cache to the socket without touching it, so that what is measured
against it is the client. It can also be as slow as a bucket far away, which lets an answer wait and limits
each connection, not all of them together::

    python tests/support/range_server.py FOLDER [SECONDS [BYTES_A_SECOND]]    # says its address

Buckets are folders of FOLDER.
"""

from __future__ import annotations

import re
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

FOLDER = Path(sys.argv[1]).resolve()
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
RATE = float(sys.argv[3]) if len(sys.argv) > 3 else None
_PIECE = 2**18


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = FOLDER / unquote(urlsplit(self.path).path).strip("/")
        if not path.is_file():
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        size = path.stat().st_size
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        begin = int(wanted[1]) if wanted else 0
        end = min(size, int(wanted[2]) + 1) if wanted and wanted[2] else size
        time.sleep(SECONDS)
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Type", "binary/octet-stream")
        self.send_header("Content-Length", str(end - begin))
        self.send_header("ETag", '"0"')
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        if wanted:
            self.send_header("Content-Range", f"bytes {begin}-{end - 1}/{size}")
        self.end_headers()
        self.wfile.flush()
        started = time.monotonic()
        with path.open("rb") as file:
            for at in range(begin, end, _PIECE):
                count = min(end - at, _PIECE)
                self.connection.sendfile(file, at, count)
                if RATE is not None:
                    time.sleep(max(0.0, started + (at + count - begin) / RATE - time.monotonic()))

    def log_message(self, *args: object) -> None:
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
