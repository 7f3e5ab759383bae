"""Many writers, one sequential prefix: OSS throttles them, Yunbox says why, and a hash before the key mends it."""

import contextlib
import hashlib
import http.client
import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import oss2
import pytest

from yunbox.testing.server import Server

QPS = 30
WRITERS = 8
OBJECTS = 90
KEYS = [f"logs/2026-11-25-{number:06}" for number in range(OBJECTS)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that throttles as OSS does, only sooner."""
    with Server(tmp_path_factory.mktemp("hot"), options=("--oss-limits", str(QPS))) as made:
        yield made


def bucket_of(server: Server, name: str) -> oss2.Bucket:
    auth = oss2.Auth(server.access_key_id, server.access_key_secret)
    return oss2.Bucket(auth, server.endpoints["oss"], name)


def ask(bucket: oss2.Bucket, method: str, **params: str) -> list[dict]:
    """A call that no client of the vendor's has: the lines of its answer."""
    key = bucket.auth.credentials_provider.get_credentials()
    auth = oss2.AuthV4(key.get_access_key_id(), key.get_access_key_secret())
    signed = oss2.Bucket(auth, bucket.endpoint, bucket.bucket_name, region="cn-local")
    lines = signed._do(method, bucket.bucket_name, "", params=params).read().splitlines()
    return [json.loads(line) for line in lines]


def write_all(bucket: oss2.Bucket, keys: list[str]) -> Counter[str]:
    """Write from many threads, as patiently as a client should be; returns how often each error came."""
    errors: Counter[str] = Counter()

    def write(key: str) -> None:
        while True:
            try:
                bucket.put_object(key, b"line")
                return
            except oss2.exceptions.ServerError as error:
                assert error.status == 503
                assert error.headers["x-oss-request-id"] == error.request_id
                errors[error.code] += 1
                time.sleep(float(error.headers["Retry-After"]) / 2)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, keys))
    return errors


def test_a_hot_prefix_is_throttled_and_a_hashed_one_is_not(server: Server) -> None:
    bucket = bucket_of(server, "hot")
    bucket.create_bucket()
    errors = write_all(bucket, KEYS)
    assert errors["PartitionQpsLimitted"] > 0
    assert [item.key for item in oss2.ObjectIterator(bucket, "logs/")] == KEYS, "patience is enough"

    found = ask(bucket, "GET", yunboxHotspots="")[0]
    hot = found["hot"][0]
    assert (hot["prefix"], hot["pattern"]) == ("logs/", "logs/2026-11-25-<sequence>")
    assert hot["throttled"] == errors["PartitionQpsLimitted"]
    assert 0 < hot["throttled_share"] < 1
    assert hot["layout"]["rule"] == "md5(key)[:4]/key"
    assert found["limits"] == {"enforced": True, "partition_qps": QPS, "account_qps": 5 * QPS}

    time.sleep(1)  # the account's own second
    hashed = [f"{hashlib.md5(key.encode()).hexdigest()[:4]}/{key}" for key in KEYS]
    bucket_of(server, "spread").create_bucket()
    assert write_all(bucket_of(server, "spread"), hashed) == {}, "the same work on other prefixes"

    steps = ask(bucket, "POST", yunboxRehash="", prefix="logs/")
    assert steps[-2]["renamed"] == OBJECTS
    assert steps[-1] == {"done": True}
    assert bucket.get_object(hashed[0]).read() == b"line"
    assert [item.key for item in oss2.ObjectIterator(bucket)] == sorted(hashed)


def test_what_is_refused_is_refused_before_its_body(server: Server) -> None:
    """A gigabyte that is announced need not be sent to hear no, and one who may not write hears that alone."""
    bucket = bucket_of(server, "bodies")
    bucket.create_bucket()
    url = urlsplit(bucket.sign_url("PUT", "same/key", 600, slash_safe=True))
    answer = None
    while answer is None:  # a slow machine may let the second pass, and then the body is waited for
        with pytest.raises(oss2.exceptions.ServerError) as refused:
            for _ in range(10 * QPS):
                bucket.put_object("same/key", b"x")
        assert refused.value.code == "PartitionQpsLimitted"
        connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=5)
        connection.putrequest("PUT", f"{url.path}?{url.query}")
        connection.putheader("Content-Length", str(1 << 30))
        connection.endheaders()
        with contextlib.suppress(TimeoutError):
            answer = connection.getresponse()
            body = answer.read()
        connection.close()
    assert (answer.status, answer.getheader("Retry-After")) == (503, "1")
    assert answer.getheader("x-oss-ec") == "0026-00000028"
    assert b"PartitionQpsLimitted" in body
    stranger = oss2.Bucket(oss2.AnonymousAuth(), server.endpoints["oss"], "bodies")
    with pytest.raises(oss2.exceptions.AccessDenied):
        stranger.put_object("same/key", b"x")


JOBS = 5_000
JOBS_QPS = 400


class Jobs:
    """Sixteen machines that run jobs; each writes its small object to a signed address, over a connection it keeps."""

    machines = 16
    paced = 300
    """So many at a time, and no faster than the account as a whole may."""

    def __init__(self, server: Server) -> None:
        url = urlsplit(server.endpoints["oss"])
        self.idle = [http.client.HTTPConnection(url.hostname or "", url.port) for _ in range(self.machines)]

    def run(self, urls: list[str]) -> list[str]:
        """Run every job once; returns those that were refused."""
        refused: list[str] = []
        with ThreadPoolExecutor(self.machines) as pool:
            for start in range(0, len(urls), self.paced):
                soonest = time.monotonic() + self.paced / (4 * JOBS_QPS)
                some = urls[start : start + self.paced]
                refused += [url for url, done in zip(some, pool.map(self._put, some), strict=True) if not done]
                time.sleep(max(soonest - time.monotonic(), 0))
        return refused

    def close(self) -> None:
        for connection in self.idle:
            connection.close()

    def _put(self, url: str) -> bool:
        connection, found = self.idle.pop(), urlsplit(url)
        try:
            connection.request("PUT", f"{found.path}?{found.query}", body=b"done")
            answer = connection.getresponse()
            body = answer.read()
        finally:
            self.idle.append(connection)
        assert answer.status == 200 or (answer.status == 503 and b"PartitionQpsLimitted" in body), body
        return answer.status == 200


def run_until_done(server: Server, bucket: oss2.Bucket, keys: list[str]) -> tuple[int, float]:
    """Run jobs until each has written its object; returns how often one was refused, and how long all took."""
    refused, begun, jobs = 0, time.monotonic(), Jobs(server)
    left = [bucket.sign_url("PUT", key, 3600, slash_safe=True) for key in keys]
    while left := jobs.run(left):
        refused += len(left)
        time.sleep(1)  # what Retry-After asks for
    jobs.close()
    return refused, time.monotonic() - begun


def test_five_thousand_jobs_write_to_one_prefix_and_to_hashed_ones(tmp_path: Path) -> None:
    with Server(tmp_path, options=("--oss-limits", str(JOBS_QPS))) as server:
        hot, spread = bucket_of(server, "jobs-hot"), bucket_of(server, "jobs-spread")
        for bucket in (hot, spread):
            bucket.create_bucket()
        keys = [f"output/2026-11-25/job-{number:05}/part-0" for number in range(JOBS)]
        refused, took = run_until_done(server, hot, keys)
        hashed = [f"{hashlib.md5(key.encode()).hexdigest()[:4]}/{key}" for key in keys]
        refused_spread, took_spread = run_until_done(server, spread, hashed)
        assert refused > JOBS / 10, "one partition takes only so much"
        assert refused_spread == 0, "the same work on many partitions"
        assert took > (JOBS - 2 * JOBS_QPS) / JOBS_QPS, "and nothing makes one partition faster"
        assert took_spread < took
        for bucket in (hot, spread):
            assert bucket.get_bucket_stat().object_count == JOBS
        assert ask(hot, "GET", yunboxHotspots="")[0]["hot"][0]["prefix"].startswith("output/")
