"""Throw requests made by chance at a live OSS: every answer is the vendor's document, and none is an internal error.

`python -m tests.faults.requests --count 100000` is the long run; the suite throws a few thousand.
"""

import argparse
import collections
import contextlib
import http.client
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import oss2

from tests.clients.oss.second_client import open_to_public
from tests.faults.httpgen import BUCKETS, Generator
from yunbox.testing.server import Server

_HANGS_S = 30
_TIDY_EVERY = 400
_SETTINGS = (
    "acl", "cors", "lifecycle", "website", "policy", "referer", "logging", "tagging", "encryption", "versioning",
    "bucketInfo", "stat", "worm", "uploads", "versions", "requestPayment",
)  # fmt: skip


@dataclass
class Tally:
    """What became of the requests."""

    codes: collections.Counter[str] = field(default_factory=collections.Counter)
    bad: list[tuple[str, str]] = field(default_factory=list)


class Line:
    """A connection that is opened again when the server has closed it."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._socket: socket.socket | None = None

    def send(self, data: bytes) -> tuple[int, http.client.HTTPMessage, bytes]:
        """One request and its answer. Raises OSError and HTTPException where there is none."""
        fresh = self._socket is None
        try:
            return self._exchange(data)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if fresh or isinstance(error, TimeoutError):
                raise
            return self._exchange(data)  # the server may close a connection that has said so, or lies idle

    def close(self) -> None:
        """Close it."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, data: bytes) -> tuple[int, http.client.HTTPMessage, bytes]:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=_HANGS_S)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # an answer may come before all is sent
            self._socket.sendall(data)
        answer = http.client.HTTPResponse(self._socket, method=data.split(b" ", 1)[0].decode())
        answer.begin()
        body = answer.read()
        if answer.will_close or answer.status >= 400:
            self.close()  # what was left of a body that was refused is not the next request
        return answer.status, answer.headers, body


def wrong(data: bytes, status: int, headers: http.client.HTTPMessage, body: bytes) -> str:
    """What is wrong with an answer; nothing where it is as it should be."""
    if status >= 500 and status != 501:
        return f"status {status}: {body[:600]!r}"
    if not (headers.get("x-oss-request-id") or headers.get("x-amz-request-id")):
        return f"no request id: {status} {dict(headers)} {body[:300]!r}"
    is_document = "xml" in headers.get("content-type", "") and (b"<?xml" in body[:60])
    if data.startswith(b"HEAD ") or status == 304 or (status < 400 and not is_document):
        return ""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        return "" if status < 400 else f"no XML: {status} {error} {body[:300]!r}"
    if status >= 400 and not (root.findtext("Code") and root.findtext("RequestId")) and root.tag == "Error":
        return f"no code: {body[:300]!r}"
    return ""


def code_of(status: int, body: bytes) -> str:
    """What is counted: the code of an error, or the status."""
    return body.partition(b"<Code>")[2].partition(b"</Code>")[0].decode("latin-1") or str(status)


def bucket_of(server: Server, name: str) -> oss2.Bucket:
    """A client of one of the buckets."""
    return oss2.Bucket(oss2.Auth(server.access_key_id, server.access_key_secret), server.endpoints["oss"], name)


def tidy(server: Server) -> None:
    """Make the buckets what they were, as far as they are there and may be."""
    for name in BUCKETS:
        bucket = bucket_of(server, name)
        bucket.create_bucket()
        for mark in ("policy", "website", "publicAccessBlock", "lifecycle", "worm", "encryption"):
            try:
                bucket._do("DELETE", name, "", params={mark: ""})
            except oss2.exceptions.ServerError as error:
                assert error.status < 500, (name, mark, error)
        if name == "fuzz-open":
            open_to_public(bucket)
            bucket.put_bucket_acl("public-read-write")
        if name == "fuzz-versions":
            try:
                bucket.put_bucket_versioning(oss2.models.BucketVersioningConfig("Enabled"))
            except oss2.exceptions.ServerError as error:
                assert error.status < 500, error
    plain = bucket_of(server, "fuzz-plain")
    for key, data in (("k", "data"), ("data.csv", "a,b\n1,2\n"), ("data.json", '{"a":[1,2]}\n')):
        try:
            plain.put_object(key, data)
        except oss2.exceptions.ServerError as error:
            assert error.status < 500, error


def readable(server: Server) -> list[tuple[str, str]]:
    """What cannot be read of all that was stored."""
    bad: list[tuple[str, str]] = []
    for name in BUCKETS:
        bucket = bucket_of(server, name)
        for mark in _SETTINGS:
            _ask(bad, bucket, "", {mark: ""})
        for item in oss2.ObjectIterator(bucket):
            for params in ({}, {"acl": ""}, {"tagging": ""}, {"symlink": ""}):
                _ask(bad, bucket, item.key, params)
            _ask(bad, bucket, item.key, {}, "HEAD")
    return bad


def _ask(
    bad: list[tuple[str, str]], bucket: oss2.Bucket, key: str, params: dict[str, str], method: str = "GET"
) -> None:
    try:
        bucket._do(method, bucket.bucket_name, key, params=params).read()
    except oss2.exceptions.ServerError as error:
        if error.status >= 500 and error.status != 501:
            bad.append((f"{method} {bucket.bucket_name}/{key} {params}", str(error)))
    except Exception as error:
        bad.append((f"{method} {bucket.bucket_name}/{key} {params}", repr(error)))


def throw(server: Server, seed: int, count: int, tally: Tally) -> None:
    """Send so many requests one after another."""
    parts = urlsplit(server.endpoints["oss"])
    generator = Generator(seed, server.access_key_id, server.access_key_secret, parts.netloc)
    line = Line(str(parts.hostname), parts.port or 80)
    for number in range(count):
        if number % _TIDY_EVERY == 0:
            tidy(server)
        data = generator.request()
        try:
            status, headers, body = line.send(data)
        except (OSError, http.client.HTTPException) as error:
            tally.bad.append((repr(data), f"no answer: {error!r}"))
            continue
        if found := wrong(data, status, headers, body):
            tally.bad.append((repr(data), found))
        tally.codes[code_of(status, body)] += 1
    line.close()


def run(server: Server, seed: int, count: int, threads: int = 2) -> Tally:
    """Throw requests from several clients at once, and read what they have stored."""
    tally = Tally()
    senders = [
        threading.Thread(target=throw, args=(server, seed * 1000 + i, count // threads, tally)) for i in range(threads)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    tally.bad += readable(server)
    return tally


def _lines(tally: Tally) -> Iterator[str]:
    yield ", ".join(f"{code} {count}" for code, count in tally.codes.most_common())
    for data, found in tally.bad:
        yield f"--- {data[:1500]}\n    {found[:900]}"


def main() -> int:
    """Throw requests and print those whose end was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder), options=("--port", "0")) as server:
        tally = run(server, options.seed, options.count)
    print("\n".join(_lines(tally)))
    return 1 if tally.bad else 0


if __name__ == "__main__":
    sys.exit(main())
