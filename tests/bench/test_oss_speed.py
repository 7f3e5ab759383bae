"""OSS against versitygw, an S3 server in Go over plain files, on the same machine in one run, over loopback HTTP.

Both get the same objects and signed URLs. Versitygw is built from the Go module proxy at first use.
"""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import oss2
import pytest
from botocore.config import Config

from tests.bench.load import wrk
from yunbox.testing.server import Server

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]
SIZE = 10 * 1024
KEYS = 2000
MB = 1024 * 1024
VERSITYGW = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"
Report = Callable[[str], None]


@pytest.fixture
def bucket(yunbox: Server) -> oss2.Bucket:
    auth = oss2.Auth(yunbox.access_key_id, yunbox.access_key_secret)
    made = oss2.Bucket(auth, yunbox.endpoints["oss"], "bench")
    made.create_bucket()
    return made


class Peer:
    """A running versitygw with a bucket."""

    def __init__(self, program: Path, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        (folder / "bench").mkdir(parents=True)
        command = [program, "--port", f"127.0.0.1:{port}", "--access", "key", "--secret", "secret", "posix", folder]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.s3 = boto3.client(
            "s3", endpoint_url=f"http://127.0.0.1:{port}", aws_access_key_id="key", aws_secret_access_key="secret",
            region_name="us-east-1", config=Config(s3={"addressing_style": "path"}, signature_version="s3v4"),
        )  # fmt: skip
        _wait(port)

    def urls(self, method: str, keys: list[str]) -> list[str]:
        name = "get_object" if method == "GET" else "put_object"
        return [self.s3.generate_presigned_url(name, Params={"Bucket": "bench", "Key": key}) for key in keys]


def _wait(port: int) -> None:
    for _ in range(100):
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("versitygw did not start")


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Peer]:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "yunbox-bench"
    program = cache / "versitygw"
    if not program.exists():
        if shutil.which("go") is None:
            pytest.skip("needs Go, to build versitygw")
        cache.mkdir(parents=True, exist_ok=True)
        subprocess.run(["go", "install", VERSITYGW], check=True, env={**os.environ, "GOBIN": str(cache)})
    made = Peer(program, tmp_path / "peer")
    yield made
    made.process.kill()
    made.process.wait()


def signed(bucket: oss2.Bucket, method: str, keys: list[str]) -> list[str]:
    return [bucket.sign_url(method, key, 3600, slash_safe=True) for key in keys]


def test_small_objects(yunbox: Server, bucket: oss2.Bucket, peer: Peer, tmp_path: Path, report: Report) -> None:
    keys = [f"k/{number:05}" for number in range(KEYS)]
    body = os.urandom(SIZE)
    lines = []
    for clients in (64, 1):
        mine = wrk(yunbox.pid, signed(bucket, "PUT", keys), tmp_path, method="PUT", size=SIZE, clients=clients)
        theirs = wrk(peer.process.pid, peer.urls("PUT", keys), tmp_path, method="PUT", size=SIZE, clients=clients)
        assert mine.failed == theirs.failed == 0
        lines.append(
            f"PUT 10 KB, {clients} clients: {mine.per_s:,.0f}/s, flushed to disk, p50 {mine.p50_ms:.1f} ms;"
            f" versitygw {theirs.per_s:,.0f}/s, not flushed, p50 {theirs.p50_ms:.1f} ms"
        )
    for key in keys[:200]:
        bucket.put_object(key, body)
        peer.s3.put_object(Bucket="bench", Key=key, Body=body)
    mine = wrk(yunbox.pid, signed(bucket, "GET", keys[:200]), tmp_path)
    theirs = wrk(peer.process.pid, peer.urls("GET", keys[:200]), tmp_path)
    assert mine.failed == theirs.failed == 0
    lines.append(
        f"GET 10 KB: {mine.per_s:,.0f}/s with {mine.cores:.2f} cores = {mine.per_core_s:,.0f}/s a core;"
        f" versitygw {theirs.per_s:,.0f}/s with {theirs.cores:.2f} = {theirs.per_core_s:,.0f}/s a core,"
        f" ratio {mine.per_core_s / theirs.per_core_s:.2f}"
    )
    report("\n  ".join(lines))


BARE = """
import asyncio, socket
from yunbox.spine.listener import listening

HEADERS = [(b"content-type", b"application/octet-stream"), (b"content-length", b"10240"), (b"etag", b'"x"')]


async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": b"x" * 10240})


async def main():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        async with listening(app, sock, 1.0):
            print(sock.getsockname()[1], flush=True)
            await asyncio.sleep(600)


import uvloop

uvloop.run(main())
"""


def test_the_whole_path_against_a_bare_application(
    yunbox: Server, bucket: oss2.Bucket, tmp_path: Path, report: Report
) -> None:
    keys = [f"k/{number:05}" for number in range(200)]
    for key in keys:
        bucket.put_object(key, os.urandom(SIZE))
    s3 = boto3.client(
        "s3", endpoint_url=yunbox.endpoints["oss"], aws_access_key_id=yunbox.access_key_id,
        aws_secret_access_key=yunbox.access_key_secret, region_name=yunbox.region,
        config=Config(s3={"addressing_style": "path"}, signature_version="s3v4"),
    )  # fmt: skip
    s3_urls = [s3.generate_presigned_url("get_object", Params={"Bucket": "bench", "Key": key}) for key in keys]
    with subprocess.Popen([sys.executable, "-c", BARE], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        bare = wrk(process.pid, [f"http://127.0.0.1:{port}/x"], tmp_path)
        process.kill()
    lines = []
    for name, urls in (("V1", signed(bucket, "GET", keys)), ("S3 V4", s3_urls)):
        mine = wrk(yunbox.pid, urls, tmp_path)
        assert mine.failed == 0
        ratio = mine.per_core_s / bare.per_core_s
        lines.append(
            f"GET 10 KB, presigned with {name}: {mine.per_core_s:,.0f}/s a core, {ratio:.2f} of a bare ASGI application"
            f" that sends the same bytes from the same listener ({bare.per_core_s:,.0f}/s a core)"
        )
    report("\n  ".join(lines))


def raw(url: str, head: str, body: bytes = b"") -> tuple[float, int]:
    """One request over a plain socket, so that the client costs next to nothing: seconds and bytes received."""
    parts = urlsplit(url)
    assert parts.port is not None
    started = time.perf_counter()
    with socket.create_connection((parts.hostname, parts.port)) as sock:
        sock.sendall(f"{head} {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n".encode())
        sock.sendall(f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode())
        sock.sendall(body)
        buffer, received = bytearray(MB), 0
        while count := sock.recv_into(buffer):
            received += count
    return time.perf_counter() - started, received


def test_large_objects(bucket: oss2.Bucket, peer: Peer, report: Report) -> None:
    body = os.urandom(MB) * 256
    mine_put = [raw(bucket.sign_url("PUT", "big", 600), "PUT", body)[0] for _ in range(3)]
    theirs_put = [raw(peer.urls("PUT", ["big"])[0], "PUT", body)[0] for _ in range(3)]
    mine_get = [raw(bucket.sign_url("GET", "big", 600), "GET") for _ in range(3)]
    theirs_get = [raw(peer.urls("GET", ["big"])[0], "GET") for _ in range(3)]
    assert all(size > len(body) for _, size in (*mine_get, *theirs_get))

    def speed(times: list[float]) -> float:
        return 256 / statistics.median(times)

    gets = [[seconds for seconds, _ in times] for times in (mine_get, theirs_get)]
    report(
        f"PUT 256 MB: {speed(mine_put):,.0f} MB/s with MD5, CRC-64 and a flush; versitygw {speed(theirs_put):,.0f} MB/s"
        f"\n  GET 256 MB: {speed(gets[0]):,.0f} MB/s; versitygw {speed(gets[1]):,.0f} MB/s"
    )
