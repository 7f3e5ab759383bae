"""Buckets elsewhere: the official clients on a bucket here whose objects lie in another server, in either dialect."""

import io
import json
import os
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import boto3
    import oss2
from botocore.config import Config

from tests.clients.oss.second_client import client_of
from tests.clients.oss.test_clients import with_md5
from yunbox.adapters.remote.blocks import BLOCK_BYTES, _key_of
from yunbox.testing.server import Server

# The clients leave sockets behind when they are dropped.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
MIB = 1 << 20


class Pair:
    """A server, another one that is elsewhere to it, and a bucket of that mounted here."""

    def __init__(self, here: Server, there: Server, scheme: str) -> None:
        self.here, self.there, self.scheme = here, there, scheme
        self.name = f"here-{scheme}"

    @property
    def bucket(self) -> oss2.Bucket:
        return oss2.Bucket(oss2.Auth(*self._key(self.here)), self.here.endpoints["oss"], self.name)

    @property
    def remote(self) -> oss2.Bucket:
        return oss2.Bucket(oss2.Auth(*self._key(self.there)), self.there.endpoints["oss"], f"there-{self.scheme}")

    def mount(self, *options: str, name: str = "", endpoint: str = "") -> str:
        there = self.there
        return self.cli(
            "mount-remote", name or self.name, "--scheme", self.scheme, "--bucket", f"there-{self.scheme}",
            "--endpoint", endpoint or there.endpoints["oss"], "--region", there.region,
            "--access-key-id", there.access_key_id, *options,
        )  # fmt: skip

    def cli(self, *words: str) -> str:
        command = [sys.executable, "-m", "yunbox", "oss", *words, "--data", str(self.here.data)]
        env = {**os.environ, "YUNBOX_REMOTE_SECRET": self.there.access_key_secret}
        done = subprocess.run(command, capture_output=True, text=True, env=env)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def cache(self, name: str = "") -> dict:
        return json.loads(self.cli("cache", name or self.name, "--output", "json"))

    def blocks(self) -> list[Path]:
        return [
            path for path in (self.here.data / "cache" / "oss").rglob("*-*") if path.is_file() and path.suffix != ".tmp"
        ]

    @staticmethod
    def _key(server: Server) -> tuple[str, str]:
        return server.access_key_id, server.access_key_secret


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Callable[..., Pair]]:
    """Servers of a test's own, which it may stop and kill."""
    started: list[Server] = []

    def make(scheme: str = "oss", *options: str) -> Pair:
        for name in ("here", "there"):
            (tmp_path / name).mkdir()
            started.append(Server(tmp_path / name).start())
        pair = Pair(started[0], started[1], scheme)
        pair.remote.create_bucket()
        pair.mount(*options)
        return pair

    yield make
    for server in started:
        if server.process is not None:
            server.stop()


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    with Server(tmp_path_factory.mktemp("here")) as here, Server(tmp_path_factory.mktemp("there")) as there:
        yield here, there


@pytest.fixture(scope="module", params=["oss", "s3"])
def pair(servers: tuple[Server, Server], request: pytest.FixtureRequest) -> Pair:
    made = Pair(*servers, request.param)
    made.remote.create_bucket()
    made.mount("--ttl", "1")
    return made


# -- clients


def test_objects_with_oss2(pair: Pair) -> None:
    headers = {"Content-Type": "text/x", "x-oss-meta-colour": "blue"}
    put = pair.bucket.put_object("o/a b+ü.txt", b"hello", headers=headers)
    assert pair.remote.get_object("o/a b+ü.txt").read() == b"hello"
    head = pair.bucket.head_object("o/a b+ü.txt")
    assert (head.content_length, head.content_type, head.etag) == (5, "text/x", put.etag)
    assert head.headers["x-oss-meta-colour"] == "blue"
    assert pair.bucket.get_object_meta("o/a b+ü.txt").content_length == 5
    assert pair.bucket.get_object("o/a b+ü.txt", byte_range=(1, 3)).read() == b"ell"
    pair.bucket.delete_object("o/a b+ü.txt")
    assert not pair.bucket.object_exists("o/a b+ü.txt")
    assert not pair.remote.object_exists("o/a b+ü.txt")


def test_conditions(pair: Pair) -> None:
    pair.bucket.put_object("c/k", b"1")
    with pytest.raises(oss2.exceptions.ServerError, match="FileAlreadyExists"):
        pair.bucket.put_object("c/k", b"2", headers={"x-oss-forbid-overwrite": "true"})
    pair.bucket.put_object("c/new", b"2", headers={"x-oss-forbid-overwrite": "true"})
    with pytest.raises(oss2.exceptions.NotModified):
        pair.bucket.get_object("c/k", headers={"If-None-Match": f'"{pair.bucket.head_object("c/k").etag}"'})
    with pytest.raises(oss2.exceptions.PreconditionFailed):
        pair.bucket.get_object("c/k", headers={"If-Match": '"00000000000000000000000000000000"'})
    with pytest.raises(oss2.exceptions.ServerError, match=r"InvalidDigest|BadDigest"):
        pair.bucket.put_object("c/k", b"3", headers={"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="})
    assert pair.remote.get_object("c/k").read() == b"1"


def test_listings_are_the_remotes(pair: Pair) -> None:
    keys = ["l/", "l/a", "l/b/1", "l/b/2", "l/b-c", "l/c/d/e", "l/z", "l/ä"]
    for key in keys:
        pair.remote.put_object(key, b"")
    for delimiter in ("", "/", "-", "b"):
        for page in (1, 2, 3, 100):
            for kind in (oss2.ObjectIterator, oss2.ObjectIteratorV2):
                here, there = (
                    [(item.key, item.is_prefix(), item.size, item.etag) for item in
                     kind(bucket, prefix="l/", delimiter=delimiter, max_keys=page)]
                    for bucket in (pair.bucket, pair.remote)
                )  # fmt: skip
                assert here == there, (delimiter, page, kind)
    assert [item.key for item in oss2.ObjectIterator(pair.bucket, prefix="l/", marker="l/b/1")] == [
        "l/b/2", "l/c/d/e", "l/z", "l/ä"]  # fmt: skip


def test_appending(pair: Pair) -> None:
    if pair.scheme == "s3":
        return  # there is none: it is among what names itself below
    bucket = pair.bucket
    first = bucket.append_object("log", 0, b"one ", headers={"Content-Type": "text/x-log"})
    assert first.next_position == 4
    assert bucket.get_object("log").read() == b"one "
    second = bucket.append_object("log", 4, b"two" * MIB)
    assert second.next_position == 4 + 3 * MIB
    with pytest.raises(oss2.exceptions.PositionNotEqualToLength) as raised:
        bucket.append_object("log", 4, b"again")
    assert raised.value.next_position == 4 + 3 * MIB
    found = pair.remote.get_object("log")
    assert (found.read(), found.content_type, found.headers["x-oss-object-type"]) == (
        b"one " + b"two" * MIB, "text/x-log", "Appendable",
    )  # fmt: skip
    assert bucket.get_object("log").read() == b"one " + b"two" * MIB
    bucket.put_object("whole", b"1")
    with pytest.raises(oss2.exceptions.ObjectNotAppendable):
        bucket.append_object("whole", 1, b"2")
    with pytest.raises(oss2.exceptions.ServerError) as refused:
        bucket.append_object("log2", 0, b"x", headers={"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="})
    assert refused.value.code == "BadDigest"
    assert not pair.remote.object_exists("log2")


def test_multipart_and_copies(pair: Pair, servers: tuple[Server, Server]) -> None:
    data = os.urandom(3 * MIB + 17)
    pair.bucket.put_object("m/source", data)
    upload = pair.bucket.init_multipart_upload("m/whole", headers={"Content-Type": "a/b"}).upload_id
    assert [item.upload_id for item in oss2.MultipartUploadIterator(pair.bucket)] == [upload]
    parts = [oss2.models.PartInfo(1, pair.bucket.upload_part("m/whole", upload, 1, data[: 2 * MIB]).etag)]
    copied = pair.bucket.upload_part_copy(pair.name, "m/source", (2 * MIB, len(data) - 1), "m/whole", upload, 2)
    parts.append(oss2.models.PartInfo(2, copied.etag))
    assert not pair.remote.object_exists("m/whole")
    pair.bucket.complete_multipart_upload("m/whole", upload, parts)
    assert pair.remote.get_object("m/whole").read() == data
    assert list(oss2.MultipartUploadIterator(pair.bucket)) == []
    pair.bucket.copy_object(pair.name, "m/whole", "m/inside")
    assert pair.remote.get_object("m/inside").read() == data
    pair.bucket.copy_object(
        pair.name, "m/inside", "m/other", headers={"x-oss-metadata-directive": "REPLACE", "Content-Type": "c/d"}
    )
    assert pair.remote.head_object("m/other").content_type == "c/d"
    local = oss2.Bucket(pair.bucket.auth, pair.bucket.endpoint, f"local-{pair.scheme}")
    local.create_bucket()
    local.copy_object(pair.name, "m/inside", "out")
    assert local.get_object("out").read() == data
    pair.bucket.copy_object(local.bucket_name, "out", "m/back")
    assert pair.remote.get_object("m/back").read() == data
    pair.bucket.batch_delete_objects(["m/inside", "m/other", "m/back", "m/none"])
    assert [item.key for item in oss2.ObjectIterator(pair.remote, prefix="m/")] == ["m/source", "m/whole"]
    given_up = pair.bucket.init_multipart_upload("m/never").upload_id
    pair.bucket.abort_multipart_upload("m/never", given_up)


def test_boto3(pair: Pair) -> None:
    s3 = boto3.client(
        "s3", endpoint_url=pair.here.endpoints["oss"], aws_access_key_id=pair.here.access_key_id,
        aws_secret_access_key=pair.here.access_key_secret, region_name="cn-local",
        config=Config(s3={"addressing_style": "path"}),
    )  # fmt: skip
    s3.put_object(Bucket=pair.name, Key="b/k", Body=b"abc", Metadata={"m": "1"})
    found = s3.get_object(Bucket=pair.name, Key="b/k")
    assert (found["Body"].read(), found["Metadata"]) == (b"abc", {"m": "1"})
    with pytest.raises(s3.exceptions.ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=pair.name, Key="b/k", Body=b"x", IfNoneMatch="*")
    data = os.urandom(9 * MIB)
    s3.upload_fileobj(io.BytesIO(data), pair.name, "b/big")
    s3.copy_object(Bucket=pair.name, Key="b/copy", CopySource={"Bucket": pair.name, "Key": "b/k"})
    listed = s3.list_objects_v2(Bucket=pair.name, Prefix="b/", Delimiter="/")
    assert [item["Key"] for item in listed["Contents"]] == ["b/big", "b/copy", "b/k"]
    into = io.BytesIO()
    s3.download_fileobj(pair.name, "b/big", into)
    assert into.getvalue() == data
    s3.meta.events.register("before-call.s3.DeleteObjects", with_md5)
    s3.delete_objects(Bucket=pair.name, Delete={"Objects": [{"Key": "b/big"}, {"Key": "b/copy"}]})
    assert [item.key for item in oss2.ObjectIterator(pair.remote, prefix="b/")] == ["b/k"]


def test_the_second_client_of_the_vendor(pair: Pair) -> None:
    import alibabacloud_oss_v2 as oss

    key = (pair.here.access_key_id, pair.here.access_key_secret)
    with client_of(pair.here.endpoints["oss"], key) as client:
        client.put_object(oss.PutObjectRequest(bucket=pair.name, key="v2/k", body=b"abc"))
        assert client.get_object(oss.GetObjectRequest(bucket=pair.name, key="v2/k")).body.read() == b"abc"
        listed = client.list_objects_v2(oss.ListObjectsV2Request(bucket=pair.name, prefix="v2/"))
        assert [item.key for item in listed.contents] == ["v2/k"]


def test_ossfs_and_a_dataset(pair: Pair) -> None:
    import ossfs
    import pyarrow as pa
    import pyarrow.dataset as ds
    import pyarrow.parquet as pq
    from pyarrow.fs import FSSpecHandler, PyFileSystem

    plain = ossfs.OSSFileSystem(
        endpoint=pair.here.endpoints["oss"], key=pair.here.access_key_id, secret=pair.here.access_key_secret
    )
    plain.pipe_file(f"{pair.name}/f/x.txt", b"text")
    assert plain.cat(f"{pair.name}/f/x.txt") == b"text"
    assert [entry["name"].rpartition("/")[2] for entry in plain.ls(f"{pair.name}/f", detail=True)] == ["x.txt"]
    for group in range(3):
        buffer = io.BytesIO()
        pq.write_table(pa.table({"n": list(range(group, 1000, 3))}), buffer)
        plain.pipe_file(f"{pair.name}/set/g={group}/part.parquet", buffer.getvalue())
    files = PyFileSystem(FSSpecHandler(plain))
    found = ds.dataset(f"{pair.name}/set", filesystem=files, partitioning="hive").to_table(filter=ds.field("g") == 1)
    assert sorted(found["n"].to_pylist()) == list(range(1, 1000, 3))
    if pair.scheme == "oss":  # ossfs writes an open file by appending, and loses count after one block of 5 MiB
        with plain.open(f"{pair.name}/f/streamed", "wb") as out:
            for _ in range(4):
                out.write(b"x" * MIB)
        assert pair.remote.get_object("f/streamed").read() == b"x" * 4 * MIB
        with plain.open(f"{pair.name}/f/streamed", "ab") as out:
            out.write(b"end")
        assert plain.tail(f"{pair.name}/f/streamed", 3) == b"end"
        ds.write_dataset(pa.table({"g": [1, 2], "n": [3, 4]}), f"{pair.name}/made", filesystem=files, format="parquet",
                         partitioning=["g"], partitioning_flavor="hive")  # fmt: skip
        made = ds.dataset(f"{pair.name}/made", filesystem=files, partitioning="hive").to_table()
        assert sorted(made["n"].to_pylist()) == [3, 4]
    plain.rm(f"{pair.name}/set", recursive=True)
    assert list(oss2.ObjectIterator(pair.remote, prefix="set/")) == []


# -- what is not offered


def test_what_a_mounted_bucket_cannot_do_names_itself(pair: Pair) -> None:
    bucket = pair.bucket
    bucket.put_object("n/k", b"1")
    calls: dict[str, Callable[[], object]] = {
        **({"AppendObject": lambda: bucket.append_object("n/a", 0, b"x")} if pair.scheme == "s3" else {}),
        "PutSymlink": lambda: bucket.put_symlink("n/k", "n/l"),
        "PutObjectAcl": lambda: bucket.put_object_acl("n/k", "public-read"),
        "GetObjectTagging": lambda: bucket.get_object_tagging("n/k"),
        "RestoreObject": lambda: bucket.restore_object("n/k"),
        "DeleteBucket": lambda: bucket.delete_bucket(),
        "GetBucketStat": lambda: bucket.get_bucket_stat(),
        "GetBucketLifecycle": lambda: bucket.get_bucket_lifecycle(),
        "ListObjectVersions": lambda: bucket.list_object_versions(),
        "tags": lambda: bucket.put_object("n/k", b"", headers={"x-oss-tagging": "a=b"}),
        "storage class": lambda: bucket.put_object("n/k", b"", headers={"x-oss-storage-class": "IA"}),
        "versionId": lambda: bucket.get_object("n/k", params={"versionId": "null"}),
        "slashes": lambda: bucket.put_object("n//k", b""),
    }
    for name, call in calls.items():
        with pytest.raises(oss2.exceptions.ServerError) as raised:
            call()
        assert (raised.value.status, raised.value.code) == (501, "NotImplemented"), name
        assert name in raised.value.message


def test_the_secret_is_nowhere_but_in_the_database(pair: Pair) -> None:
    pair.bucket.put_object("s/k", b"1")
    secret = pair.there.access_key_secret.encode()
    assert secret.decode() not in pair.cli("cache", pair.name)
    found = [path for path in pair.here.data.rglob("*") if path.is_file() and secret in path.read_bytes()]
    assert {path.name.removesuffix("-wal") for path in found} == {"meta.db"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in found)


# -- caches


def test_expiry_and_invalidation(pair: Pair) -> None:
    pair.bucket.put_object("e/k", b"one")
    assert pair.bucket.get_object("e/k").read() == b"one"
    pair.remote.put_object("e/k", b"other")
    time.sleep(1.1)
    assert pair.bucket.get_object("e/k").read() == b"other"
    assert [item.key for item in oss2.ObjectIterator(pair.bucket, prefix="e/")] == ["e/k"]
    pair.bucket.put_object("e/l", b"")
    assert [item.key for item in oss2.ObjectIterator(pair.bucket, prefix="e/")] == ["e/k", "e/l"]
    pair.bucket.put_object("e/k", b"again")
    assert pair.bucket.get_object("e/k").read() == b"again"


def test_an_object_that_changed_elsewhere_is_never_mixed(own: Callable[..., Pair]) -> None:
    pair = own("s3", "--ttl", "3600")
    old, new = os.urandom(3 * MIB), os.urandom(3 * MIB)
    pair.remote.put_object("k", old)
    assert pair.bucket.get_object("k", byte_range=(0, MIB - 1)).read() == old[:MIB]
    pair.remote.put_object("k", new)
    try:
        assert pair.bucket.get_object("k").read() in (old, new)
    except requests.exceptions.ChunkedEncodingError:
        pass  # what was begun with the old head is cut, not mixed
    except oss2.exceptions.ServerError as error:
        assert error.status == 503, "or, before it was begun, it is to be tried again"
    assert pair.bucket.get_object("k").read() == new


def test_a_warm_object_is_read_with_the_remote_away_and_others_fail_soon(own: Callable[..., Pair]) -> None:
    pair = own("oss", "--ttl", "3600")
    data = os.urandom(5 * MIB + 3)
    pair.remote.put_object("w/big", data)
    pair.remote.put_object("cold", b"cold")
    warmed = json.loads(pair.cli("warm", f"{pair.name}/w/", "--output", "json"))
    assert (warmed["objects"], warmed["fetched_bytes"]) == (1, len(data))
    pair.there.stop()
    assert pair.bucket.get_object("w/big").read() == data
    assert pair.bucket.get_object("w/big", byte_range=(MIB - 5, 2 * MIB)).read() == data[MIB - 5 : 2 * MIB + 1]
    calls: list[Callable[[], object]] = [
        lambda: pair.bucket.get_object("cold"),
        lambda: pair.bucket.put_object("cold", b"x"),
        lambda: pair.bucket.delete_object("cold"),
        lambda: list(oss2.ObjectIterator(pair.bucket, prefix="q", max_retries=1)),
    ]
    for call in calls:
        begun = time.monotonic()
        with pytest.raises(oss2.exceptions.ServerError) as raised:
            call()
        assert (raised.value.status, raised.value.code) == (503, "ServiceUnavailable")
        assert time.monotonic() - begun < 6


def test_a_remote_that_says_nothing_is_given_up(own: Callable[..., Pair]) -> None:
    import socket

    pair = own("s3", "--ttl", "0")
    pair.remote.put_object("k", b"1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        begun = time.monotonic()
        with pytest.raises(AssertionError, match=r"does not answer|cannot be reached"):
            pair.mount(name="silent", endpoint=f"http://127.0.0.1:{port}")
        assert time.monotonic() - begun < 15
    assert pair.bucket.get_object("k").read() == b"1", "and the others go on"


def test_a_restart_keeps_the_cache_and_a_flipped_byte_is_noticed(own: Callable[..., Pair]) -> None:
    pair = own()
    data = os.urandom(3 * MIB)
    pair.remote.put_object("k", data)
    assert pair.bucket.get_object("k").read() == data
    pair.here.stop()
    pair.here.start()
    assert pair.bucket.get_object("k").read() == data
    assert pair.cache()["fetched_bytes"] == 0
    (second,) = [path for path in pair.blocks() if path.name.endswith("-1")]
    damaged = bytearray(second.read_bytes())
    damaged[5000] ^= 1
    second.write_bytes(damaged)
    assert pair.bucket.get_object("k").read() == data
    found = pair.cache()
    assert (found["damaged"], found["fetched_bytes"]) == (1, BLOCK_BYTES)
    answer = requests.get(pair.here.endpoints["metrics"], auth=pair._key(pair.here), timeout=10)
    shown = [line for line in answer.text.splitlines() if line.startswith("yunbox_oss_cache_requests_total")]
    blocks = f'yunbox_oss_cache_requests_total{{bucket="{pair.name}",cache="block",result='
    assert f'{blocks}"hit"}} {float(found["hits"])}' in shown
    assert f'{blocks}"miss"}} {float(found["misses"])}' in shown


def test_the_bound_holds_and_pinned_blocks_stay(own: Callable[..., Pair]) -> None:
    pair = own("oss", "--cache-gb", str(8 / 1024))
    data = os.urandom(2 * MIB)
    pair.remote.put_object("keep/k", data)
    pair.cli("warm", f"{pair.name}/keep/", "--pin")
    for number in range(12):
        pair.remote.put_object(f"other/{number}", data)
        assert pair.bucket.get_object(f"other/{number}").read() == data
        assert sum(path.stat().st_size for path in pair.blocks()) <= 8 * MIB
    pair.here.stop()
    pair.here.start()
    before = pair.cache()
    assert (before["pinned"], before["pinned_blocks"]) == (["keep/"], 2)
    assert pair.bucket.get_object("keep/k").read() == data
    assert pair.cache()["fetched_bytes"] == 0
    pair.cli("warm", f"{pair.name}/keep/", "--unpin")
    assert pair.cache()["pinned_blocks"] == 0


def test_a_sequential_reader_finds_the_next_blocks_there(own: Callable[..., Pair]) -> None:
    pair = own()
    data = os.urandom(8 * MIB)
    pair.remote.put_object("k", data)
    for number in range(3):
        part = pair.bucket.get_object("k", byte_range=(number * MIB, (number + 1) * MIB - 1)).read()
        assert part == data[number * MIB : (number + 1) * MIB]
    assert pair.cache()["prefetched"] >= 4


def test_kill_9_while_the_cache_fills_tears_nothing(own: Callable[..., Pair]) -> None:
    pair = own()
    data = os.urandom(32 * MIB)
    pair.remote.put_object("k", data)
    for turn in range(3):
        endpoint = pair.bucket

        def read(bucket: oss2.Bucket = endpoint) -> None:
            with suppress(oss2.exceptions.OssError, requests.exceptions.RequestException):
                bucket.get_object("k").read()

        reader = threading.Thread(target=read)
        reader.start()
        waited = time.monotonic() + 10
        while len(pair.blocks()) < 4 * (turn + 1) and time.monotonic() < waited:
            time.sleep(0.002)
        pair.here.kill()
        reader.join()
        assert all(_key_of(path) == "k" for path in pair.blocks())
        pair.here.start()
    assert pair.cache()["blocks"] == len(pair.blocks())
    assert pair.bucket.get_object("k").read() == data
    assert pair.cache()["damaged"] == 0


# -- mounting


def test_a_prefix_a_wrong_key_and_letting_go(own: Callable[..., Pair]) -> None:
    pair = own("s3")
    pair.remote.put_object("in/side/k", b"1")
    pair.mount("--prefix", "in/side", name="part")
    part = oss2.Bucket(pair.bucket.auth, pair.bucket.endpoint, "part")
    assert [item.key for item in oss2.ObjectIterator(part)] == ["k"]
    part.put_object("l", b"2")
    assert pair.remote.get_object("in/side/l").read() == b"2"
    with pytest.raises(AssertionError, match="already"):
        pair.mount(name="part")
    secret, pair.there.access_key_secret = pair.there.access_key_secret, "wrong"
    with pytest.raises(AssertionError, match="refuses the mount's AccessKey"):
        pair.mount(name="wrong")
    pair.there.access_key_secret = secret
    part.init_multipart_upload("unfinished")
    pair.cli("unmount", "part")
    assert not oss2.Service(pair.bucket.auth, pair.bucket.endpoint).list_buckets(prefix="part").buckets
    assert pair.remote.get_object("in/side/l").read() == b"2"
    assert pair.bucket.get_object("in/side/k").read() == b"1"
