"""Listings of a bucket of a million objects: a page, a folder, everything - and a flat walk that a folder would cost.

``YUNBOX_BENCH_KEYS`` is how many objects there are.
"""

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import oss2
import psutil
import pytest
import requests

from tests.clients.oss.second_client import open_to_public
from yunbox.kernel.clock import SystemClock
from yunbox.storage.objects.index import Change
from yunbox.storage.objects.model import NORMAL, ObjectRecord
from yunbox.storage.objects.store import ObjectStore
from yunbox.storage.objects.versions import Versions
from yunbox.testing.server import Server

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]
KEYS = int(os.environ.get("YUNBOX_BENCH_KEYS", "1000000"))
FOLDERS = 500
BATCH = 20_000
ROUNDS = 30


def fill(folder: Path) -> None:
    """Put keys straight into the store, as a million requests would take a while."""
    store = ObjectStore(folder, SystemClock())
    store.start()
    bucket = store.buckets.get("million")
    record = ObjectRecord(NORMAL, 0, store.objects.now_ms(), "D41D8CD98F00B204E9800998ECF8427E")
    each = KEYS // FOLDERS

    def put(change: Change, _: object, first: int) -> None:
        versions = Versions(change, bucket)
        for number in range(first, min(first + BATCH, KEYS)):
            versions.put(
                f"data/dt={number // each:04}/part-{number % each:06}.parquet", msgspec.structs.replace(record)
            )

    for first in range(0, KEYS, BATCH):
        store._index.write_sync(lambda change, extents, first=first: put(change, extents, first))
    store.close()


@pytest.fixture
def million(tmp_path: Path) -> oss2.Bucket:
    server = Server(tmp_path / "data")
    (tmp_path / "data").mkdir()
    server.start()

    def bucket() -> oss2.Bucket:
        auth = oss2.Auth(server.access_key_id, server.access_key_secret)
        return oss2.Bucket(auth, server.endpoints["oss"], "million")

    bucket().create_bucket()
    open_to_public(bucket())
    bucket().put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ)
    server.stop()
    fill(tmp_path / "data" / "oss")
    server.start()
    yield bucket(), server
    server.stop()


def p50_ms(run: Callable[[], object], rounds: int = ROUNDS) -> float:
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000


def everything(where: str) -> tuple[float, int]:
    """Every page of a thousand keys, on one connection and unparsed: seconds and keys."""
    session, marker, count = requests.Session(), "", 0
    session.trust_env = False
    started = time.perf_counter()
    while True:
        text = session.get(where, params={"max-keys": "1000", "marker": marker}).content
        count += text.count(b"<Key>")
        if b"<IsTruncated>true" not in text:
            session.close()
            return time.perf_counter() - started, count
        marker = text[text.index(b"<NextMarker>") + 12 : text.index(b"</NextMarker>")].decode()


def test_listings(million: tuple[oss2.Bucket, Server], report: Callable[[str], None]) -> None:
    bucket, server = million
    session = requests.Session()
    session.trust_env = False
    where = f"{server.endpoints['oss']}/million/"
    page_url, folder_url = f"{where}?max-keys=1000", f"{where}?prefix=data/&delimiter=/&max-keys=1000"
    page_ms, folder_ms = p50_ms(lambda: session.get(page_url)), p50_ms(lambda: session.get(folder_url))
    session.close()
    oss2_page_ms = p50_ms(lambda: bucket.list_objects(max_keys=1000))
    oss2_folder_ms = p50_ms(lambda: bucket.list_objects(prefix="data/", delimiter="/", max_keys=1000))
    all_s, count = everything(where)
    assert count == KEYS
    started = time.perf_counter()
    folders = {item.key.split("/")[1] for item in oss2.ObjectIterator(bucket, "data/", max_keys=1000)}
    walk_s = time.perf_counter() - started
    assert len(folders) == FOLDERS
    memory_mb = psutil.Process(server.pid).memory_full_info().uss / 2**20
    report(
        f"{KEYS:,} objects: a page of 1,000 keys {page_ms:.1f} ms over HTTP, {oss2_page_ms:.1f} ms through oss2;\n"
        f"  {FOLDERS} folders {folder_ms:.1f} ms, {oss2_folder_ms:.1f} ms through oss2 - by a flat walk "
        f"{walk_s:.1f} s, {walk_s * 1000 / oss2_folder_ms:,.0f} times longer;\n"
        f"  all keys over HTTP {all_s:.1f} s; the server's own memory {memory_mb:.0f} MB"
    )
