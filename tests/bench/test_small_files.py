"""Small files over HTTP: a scan of many JSON objects of 10 KB, and of the Parquet files that compaction makes of them.

``YUNBOX_BENCH_FILES`` is how many there are (100,000; a million takes a while).
"""

import http.client
import io
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlsplit

import oss2
import pyarrow.compute
import pyarrow.json
import pyarrow.parquet
import pytest

from tests.clients.oss.second_client import open_to_public
from yunbox.testing.server import Server

pytestmark = [pytest.mark.bench, pytest.mark.timeout(7200)]
FILES = int(os.environ.get("YUNBOX_BENCH_FILES", "100000"))
THREADS = 4
RATIO_MIN = 90


def body(number: int) -> bytes:
    """10 KB of JSON lines."""
    chance = random.Random(number)
    agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"
    rows = []
    for row in range(60):
        user, page = f"u{chance.randrange(100_000)}", f"/p/{chance.randrange(500)}"
        one = {"id": number * 60 + row, "user": user, "page": page, "ms": chance.random() * 1000, "agent": agent}
        rows.append(json.dumps(one))
    return "\n".join(rows).encode()


class Http:
    """Requests on one kept connection per thread, to a bucket that anybody may read and write."""

    def __init__(self, endpoint: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(endpoint).netloc)

    def __enter__(self) -> "Http":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def call(self, method: str, key: str, data: bytes | None = None) -> bytes:
        self.connection.request(method, f"/small/{quote(key)}", body=data)
        response = self.connection.getresponse()
        found = response.read()
        assert response.status == 200, found
        return found


def shares(items: list[str]) -> Iterator[list[str]]:
    for number in range(THREADS):
        yield items[number::THREADS]


def scan(endpoint: str, keys: list[str]) -> tuple[float, int, float]:
    """Ask how long pages take on average, of every object: seconds, rows, and the sum that the answer comes from."""

    def read(share: list[str]) -> tuple[int, float]:
        rows, total = 0, 0.0
        with Http(endpoint) as client:
            for key in share:
                data = io.BytesIO(client.call("GET", key))
                if key.endswith(".parquet"):
                    table = pyarrow.parquet.read_table(data, columns=["ms"])
                else:
                    table = pyarrow.json.read_json(data)
                rows += table.num_rows
                total += pyarrow.compute.sum(table["ms"]).as_py()
        return rows, total

    started = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        parts = list(pool.map(read, shares(keys)))
    return time.perf_counter() - started, sum(rows for rows, _ in parts), sum(total for _, total in parts)


def test_before_and_after(yunbox: Server, report: Callable[[str], None]) -> None:
    endpoint = yunbox.endpoints["oss"]
    bucket = oss2.Bucket(oss2.Auth(yunbox.access_key_id, yunbox.access_key_secret), endpoint, "small")
    bucket.create_bucket()
    open_to_public(bucket)
    bucket.put_bucket_acl("public-read-write")
    keys = [f"raw/{number:07}.json" for number in range(FILES)]
    samples = [body(number) for number in range(1000)]

    def write(share: list[str]) -> None:
        with Http(endpoint) as client:
            for key in share:
                client.call("PUT", key, samples[int(key[4:11]) % len(samples)])

    started = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(write, shares(keys)))
    written_s = time.perf_counter() - started
    before_s, rows, total = scan(endpoint, keys)
    words = ["oss", "compact", "small/raw/", "--to", "big", "--data", str(yunbox.data), "--output", "json"]
    command = [sys.executable, "-m", "yunbox", *words]
    started = time.perf_counter()
    done = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    compacted_s = time.perf_counter() - started
    big = [item.key for item in oss2.ObjectIterator(bucket, "big/")]
    after_s, rows_after, total_after = scan(endpoint, big)
    assert rows == rows_after == done["rows"]
    assert total == pytest.approx(total_after)
    report(
        f"{FILES:,} JSON files of 10 KB over HTTP: written in {written_s:.1f} s, compacted in {compacted_s:.1f} s to "
        f"{len(big)} Parquet file(s) of {done['made_bytes'] / 2**20:.0f} MB\n"
        f"  a scan took {before_s:.2f} s, and takes {after_s:.3f} s: {before_s / after_s:.0f} times faster"
    )
    assert before_s / after_s >= RATIO_MIN or FILES < 10_000
