"""Time and memory of fetching one large file: ours (verified, written safely) against s3fs' plain get.

    python benchmarks/download.py [MEGABYTES] [LATENCY_SECONDS] [MEGABYTES_PER_SECOND_OF_A_CONNECTION]

A small server in a process of its own answers on 127.0.0.1; 0.08 and 15 resemble a bucket overseas.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

KEY = "metadata/Benchmark/20250630/large.bin"
BUCKET = "benchmark"
WAYS = ("ours-s3", "s3fs-get", "ours-http")


async def serve(folder: Path, latency: float, rate: float) -> None:
    """Serve files with ranges, as a bucket does, printing the port first."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := (await reader.readuntil(b"\r\n\r\n")).decode():
                await asyncio.sleep(latency)
                method, target = request.split(" ")[:2]
                path = folder / target.partition("?")[0].strip("/")
                if not path.is_file():
                    writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                    continue
                size = path.stat().st_size
                wanted = re.search(r"range: bytes=(\d+)-(\d*)", request, re.IGNORECASE)
                begin, end = 0, size
                lines = ["HTTP/1.1 200 OK"]
                if wanted:
                    begin = int(wanted[1])
                    end = min(size, int(wanted[2]) + 1) if wanted[2] else size
                    lines = [
                        "HTTP/1.1 206 Partial Content",
                        f"Content-Range: bytes {begin}-{end - 1}/{size}",
                    ]
                lines += [f"Content-Length: {end - begin}", "Last-Modified: Wed, 21 Oct 2025 07:28:00 GMT"]
                writer.write("\r\n".join([*lines, 'ETag: "1"', "", ""]).encode())
                with path.open("rb") as file:
                    file.seek(begin)
                    left = end - begin if method == "GET" else 0
                    while piece := file.read(min(left, 2**18)):
                        left -= len(piece)
                        writer.write(piece)
                        await writer.drain()
                        if rate:
                            await asyncio.sleep(len(piece) / rate)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def fetch(way: str, url: str, size: int, md5: str, target: Path) -> None:
    """Fetch the file one way and print what it took; in a process of its own, for its own peak."""
    if way == "s3fs-get":
        import s3fs

        fs = s3fs.S3FileSystem(anon=True, endpoint_url=url)
        before, began = peak(), time.perf_counter()
        fs.get(f"{BUCKET}/{KEY}", str(target / "large.bin"))
    else:
        from napari_abc.io.remote import RemoteFile, Store, open_source

        os.environ["AWS_ENDPOINT_URL"] = url
        store = Store(open_source(f"s3://{BUCKET}" if way == "ours-s3" else f"{url}/{BUCKET}"), target)
        before, began = peak(), time.perf_counter()
        store.ensure(RemoteFile(KEY, size, md5))
    took = time.perf_counter() - began
    cpu = time.process_time()
    used = peak() - before
    print(f"{way:10} {took:6.2f} s {size / took / 1e6:5.0f} MB/s  CPU {cpu:5.2f} s  memory +{used:.0f} MB")


def peak() -> float:
    """Largest memory of this process so far, in MB (Linux counts in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def main() -> None:
    given = [float(text) for text in sys.argv[1:]]
    megabytes, latency, rate = [*given, *(300.0, 0.0, 0.0)[len(given) :]]
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, "served", BUCKET, KEY)
        file.parent.mkdir(parents=True)
        # Piece by piece: a child's peak memory counts from its parent's.
        piece = random.Random(0).randbytes(10**6)
        digest = hashlib.md5(usedforsecurity=False)
        with file.open("wb") as out:
            for _ in range(int(megabytes)):
                out.write(piece)
                digest.update(piece)
        size = file.stat().st_size
        here = [sys.executable, __file__]
        command = [*here, "serve", str(Path(place, "served")), str(latency), str(rate * 1e6)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
            try:
                for number in range(3):
                    for way in WAYS:
                        target = Path(place, f"{way}-{number}")
                        target.mkdir()
                        subprocess.run(
                            [*here, "fetch", way, url, str(size), digest.hexdigest(), target], check=True
                        )
            finally:
                server.terminate()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(Path(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])))
    elif sys.argv[1:2] == ["fetch"]:
        fetch(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5], Path(sys.argv[6]))
    else:
        main()
