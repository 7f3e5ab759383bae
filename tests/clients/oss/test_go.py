"""The Go SDKs of OSS and ossutil, built as the vendor publishes them, against a live server."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import oss2
import pytest
import requests

from yunbox.testing.server import Server

SOURCES = Path(__file__).with_name("go")
AWKWARD = "中文 +%20&.txt"
pytestmark = [pytest.mark.go, pytest.mark.public, pytest.mark.timeout(900)]


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the story, `clients`, and with `ossutil`; go.sum says what they are made of."""
    if not shutil.which("go"):
        assert not os.environ.get("CI"), "go must be there in CI"
        pytest.skip("the Go SDKs need go")
    folder = tmp_path_factory.mktemp("go")
    packages = (".", "github.com/aliyun/ossutil")
    build = ["go", "build", "-C", str(SOURCES), "-buildvcs=false", "-o", f"{folder}{os.sep}", *packages]
    done = subprocess.run(build, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def test_the_go_sdks(programs: Path, server: Server, tmp_path: Path) -> None:
    done = subprocess.run(
        [programs / "clients", server.endpoints["oss"], server.access_key_id, server.access_key_secret, tmp_path],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout
    assert done.stdout.splitlines() == [
        *("older v1", *OLDER),
        *("older v4", *OLDER),
        *("newer v1", *NEWER),
        *("newer v4", *NEWER),
    ]


OLDER = [
    "hello me",
    "range ell",
    "copy hello",
    "meta you",
    "append 7",
    "signed 200 ",
    "signed 200 by url",
    "select [bob cem]",
    "file true",
    "copied file true",
    "parts 1 1",
    "uploads half",
    "tag k + v=/",
    f"link a/{AWKWARD} hello",
    "acl private",
    "cold true",
    "keys 10",
    "folders [a/ big a/ copy of a/]",
    "deleted 10",
    "left 0",
    "true 404 NoSuchKey 24",
    "true 403 SignatureDoesNotMatch",
    "true 501 NotImplemented",
    "versions 2 1 one",
    "restored one",
    "exists false",
]
NEWER = [
    "hello me",
    "range ell",
    "append cdefg",
    "signed 200 ",
    "signed 200 by url",
    "select [bob cem]",
    "file true",
    "copied file true",
    "streamed true",
    "tag k + v=/",
    "link hello",
    "acl private",
    "keys 9",
    "folders a/ big a/",
    "deleted 9",
    "left 0",
    "true 404 NoSuchKey 24",
    "true 403 SignatureDoesNotMatch",
    "true 501 NotImplemented",
    "versions 3 one",
    "exists false",
]


@dataclass
class Ossutil:
    """The vendor's command, in a folder of its own that is its home too."""

    program: Path
    folder: Path
    options: tuple[str, ...]

    def start(self, *words: object) -> subprocess.Popen[str]:
        """Begin a command; `/` paths aside, its words are relative to the folder."""
        command = [str(self.program), *map(str, words), *self.options, "--config-file", "config"]
        env = {**os.environ, "HOME": str(self.folder)}
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=self.folder, env=env, stdout=pipe, stderr=pipe, text=True)

    def __call__(self, *words: object, fails: bool = False) -> str:
        """What a command printed. One that worked on many objects ends with 0 even when some went wrong."""
        with self.start(*words) as process:
            out, errors = process.communicate(timeout=120)
        told = out + errors
        assert (process.returncode != 0 or "FinishWithError" in told) == fails, told
        return told


@pytest.fixture(params=["v1", "v4"])
def ossutil(programs: Path, server: Server, tmp_path: Path, request: pytest.FixtureRequest) -> Ossutil:
    return make(programs, server, tmp_path, request.param)


@pytest.fixture
def ossutil_v1(programs: Path, server: Server, tmp_path: Path) -> Ossutil:
    return make(programs, server, tmp_path, "v1")


def make(programs: Path, server: Server, folder: Path, version: str) -> Ossutil:
    (folder / "config").write_text(
        f"[Credentials]\nlanguage=EN\nendpoint={server.endpoints['oss']}\naccessKeyID={server.access_key_id}\n"
        f"accessKeySecret={server.access_key_secret}\n"
    )
    options = ("--sign-version", version, "--region", server.region)
    return Ossutil(programs / "ossutil", folder, options)


@pytest.fixture
def pair(bucket: oss2.Bucket, open_bucket: Callable[..., oss2.Bucket]) -> Iterator[tuple[oss2.Bucket, oss2.Bucket]]:
    """Two buckets, the second to copy into."""
    other = open_bucket(f"{bucket.bucket_name}-other")
    other.create_bucket()
    yield bucket, other
    for item in oss2.ObjectIterator(other):
        other.delete_object(item.key)
    other.delete_bucket()


def tree(folder: Path, count: int) -> dict[str, bytes]:
    """Many small files, and what they hold by their names."""
    files = {f"sub/{number}.txt": b"file %d" % number for number in range(count)} | {AWKWARD: b"top"}
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return files


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def keys(bucket: oss2.Bucket, prefix: str = "") -> list[str]:
    found = [item.key.removeprefix(prefix) for item in oss2.ObjectIterator(bucket, prefix)]
    return [key for key in found if not key.endswith("/")]


def test_folders(ossutil: Ossutil, pair: tuple[oss2.Bucket, oss2.Bucket]) -> None:
    bucket, other = pair
    here, there = f"oss://{bucket.bucket_name}/tree/", f"oss://{other.bucket_name}/tree/"
    files = tree(ossutil.folder / "up", 200)
    assert "upload 201 files" in ossutil("cp", "-r", "up", here)
    assert sorted(keys(bucket, "tree/")) == sorted(files)
    assert "skip 202 files" in ossutil("cp", "-r", "-u", "up", here)
    ossutil("cp", "-r", here, "down/")
    assert contents(ossutil.folder / "down") == files
    ossutil("cp", "-r", here, there)
    assert sorted(keys(other, "tree/")) == sorted(files)
    ossutil("set-meta", here, "Cache-Control:no-cache", "-r", "-f", "--update")
    assert bucket.head_object(f"tree/{AWKWARD}").headers["cache-control"] == "no-cache"

    for number in range(100, 200):
        (ossutil.folder / "up" / "sub" / f"{number}.txt").unlink()
    (ossutil.folder / "up" / "new").write_text("new")
    left = contents(ossutil.folder / "up")
    ossutil("sync", "up/", here, "--delete", "-f")
    assert sorted(keys(bucket, "tree/")) == sorted(left)
    ossutil("sync", here, there, "--delete", "-f")
    assert sorted(keys(other, "tree/")) == sorted(left)
    ossutil("sync", there, "down/", "--delete", "-f", "--backup-dir", "backup")
    assert contents(ossutil.folder / "down") == left
    assert "Object and Directory Number is: 3" in ossutil("ls", here, "-d")
    assert "total object count: 103" in ossutil("du", here)
    ossutil("rm", "-r", "-f", here)
    assert keys(bucket) == []


def test_an_object(ossutil: Ossutil, bucket: oss2.Bucket) -> None:
    url = f"oss://{bucket.bucket_name}/a/{AWKWARD}"
    (ossutil.folder / "one").write_text("one\n")
    ossutil("cp", "one", url, "--meta", "x-oss-meta-who:me#Content-Type:text/x")
    assert ossutil("cat", url).startswith("one\n")
    told = ossutil("stat", url)
    assert re.search(r"^X-Oss-Meta-Who +: me$", told, re.MULTILINE)
    assert re.search(r"^Content-Type +: text/x$", told, re.MULTILINE)
    ossutil("set-acl", url, "public-read")
    assert bucket.get_object_acl(f"a/{AWKWARD}").acl == "public-read"
    ossutil("object-tagging", "--method", "put", url, "k1#v1", "k2#v2")
    assert '"k2"\t"v2"' in ossutil("object-tagging", "--method", "get", url)
    signed = ossutil("sign", url, "--timeout", "60").splitlines()[0]
    assert requests.get(signed, timeout=10).content == b"one\n"
    link = f"oss://{bucket.bucket_name}/link"
    ossutil("create-symlink", link, url)
    assert f"a/{AWKWARD}" in ossutil("read-symlink", link)
    assert ossutil("cat", link).startswith("one\n")
    for size in (4, 8):
        told = ossutil("appendfromfile", "one", f"oss://{bucket.bucket_name}/log")
        assert f"the object new size is {size}" in told
    cold = f"oss://{bucket.bucket_name}/cold"
    ossutil("cp", "one", cold, "--meta", "X-oss-Storage-Class:Archive")
    assert "InvalidObjectState" in ossutil("cat", cold, fails=True)
    ossutil("restore", cold)
    assert "X-Oss-Restore" in ossutil("stat", cold)
    ossutil("rm", url)
    assert "NoSuchKey" in ossutil("stat", url, fails=True)


def test_a_large_file(ossutil: Ossutil, pair: tuple[oss2.Bucket, oss2.Bucket]) -> None:
    bucket, other = pair
    data = os.urandom(5_000_000)
    (ossutil.folder / "big").write_bytes(data)
    parts = ("--bigfile-threshold", 1_000_000, "--part-size", 500_000, "--checkpoint-dir", "checkpoints")
    ossutil("cp", "big", f"oss://{bucket.bucket_name}/big", *parts)
    assert bucket.head_object("big").object_type == "Multipart"
    ossutil("cp", f"oss://{bucket.bucket_name}/big", f"oss://{other.bucket_name}/big", *parts)
    ossutil("cp", f"oss://{other.bucket_name}/big", "down", *parts)
    assert (ossutil.folder / "down").read_bytes() == data


def test_an_upload_that_was_killed_goes_on(ossutil_v1: Ossutil, bucket: oss2.Bucket) -> None:
    (ossutil_v1.folder / "big").write_bytes(os.urandom(3_000_000))
    url = f"oss://{bucket.bucket_name}/big"
    parts = ("--bigfile-threshold", 1_000_000, "--part-size", 200_000, "--checkpoint-dir", "checkpoints")
    with ossutil_v1.start("cp", "big", url, *parts, "--parallel", 1, "--maxupspeed", 300) as process:
        upload, done = one_upload(bucket, at_least=2, process=process)
        process.kill()
    assert "total part count:" in ossutil_v1("listpart", url, upload)
    assert upload in ossutil_v1("getallpartsize", f"oss://{bucket.bucket_name}")
    assert upload in ossutil_v1("ls", url, "-m")
    ossutil_v1("cp", "big", url, *parts)
    assert bucket.get_object("big").read() == (ossutil_v1.folder / "big").read_bytes()
    assert done < 15, "it was cut short"
    assert list(oss2.MultipartUploadIterator(bucket)) == [], "the upload that had begun is the one that ended"


def one_upload(bucket: oss2.Bucket, *, at_least: int, process: subprocess.Popen[str]) -> tuple[str, int]:
    """The one upload under way and how many parts it has, as soon as they are enough."""
    while process.poll() is None:
        for upload in oss2.MultipartUploadIterator(bucket):
            count = len(list(oss2.PartIterator(bucket, upload.key, upload.upload_id)))
            if count >= at_least:
                return upload.upload_id, count
        time.sleep(0.02)
    raise AssertionError("it ended before it could be cut short")


SETTINGS = {
    "lifecycle": (
        "<LifecycleConfiguration><Rule><ID>r</ID><Prefix>a/</Prefix><Status>Enabled</Status>"
        "<Expiration><Days>3</Days></Expiration></Rule></LifecycleConfiguration>",
        "<Days>3</Days>",
        "NoSuchLifecycle",
    ),
    "cors": (
        "<CORSConfiguration><CORSRule><AllowedOrigin>http://a.test</AllowedOrigin>"
        "<AllowedMethod>PUT</AllowedMethod></CORSRule></CORSConfiguration>",
        "<AllowedMethod>PUT</AllowedMethod>",
        "NoSuchCORSConfiguration",
    ),
    "website": (
        "<WebsiteConfiguration><IndexDocument><Suffix>i.html</Suffix></IndexDocument></WebsiteConfiguration>",
        "<Suffix>i.html</Suffix>",
        "NoSuchWebsiteConfiguration",
    ),
    "bucket-policy": (
        '{"Version":"1","Statement":[{"Effect":"Allow","Principal":["*"],"Action":["oss:GetObject"],'
        '"Resource":["acs:oss:*:*:%s/a/*"]}]}',
        "oss:GetObject",
        "NoSuchBucketPolicy",
    ),
}  # fmt: skip


def test_settings_of_a_bucket(ossutil_v1: Ossutil, bucket: oss2.Bucket) -> None:
    url = f"oss://{bucket.bucket_name}"
    for command, (document, told, missing) in SETTINGS.items():
        (ossutil_v1.folder / "document").write_text(document.replace("%s", bucket.bucket_name))
        ossutil_v1(command, "--method", "put", url, "document")
        assert told in ossutil_v1(command, "--method", "get", url)
        if command == "cors":
            told = ossutil_v1("cors-options", "--acr-method", "PUT", "--origin", "http://a.test", url)
            assert "Access-Control-Allow-Origin: http://a.test" in told
        ossutil_v1(command, "--method", "delete", url)
        assert missing in ossutil_v1(command, "--method", "get", url, fails=True)


def test_other_settings_of_a_bucket(ossutil_v1: Ossutil, bucket: oss2.Bucket) -> None:
    url = f"oss://{bucket.bucket_name}"
    for command, words, told, after in (
        ("bucket-tagging", ["k1#v1"], '"k1"\t"v1"', ""),
        ("referer", ["http://a.test"], "<Referer>http://a.test</Referer>", "<RefererList></RefererList>"),
        ("logging", [f"{url}/logs/"], "<TargetPrefix>logs/", "<TargetPrefix></TargetPrefix>"),
        ("bucket-encryption", ["--sse-algorithm", "AES256"], "SSEAlgorithm:AES256", None),
    ):
        ossutil_v1(command, "--method", "put", url, *words)
        assert told in ossutil_v1(command, "--method", "get", url)
        ossutil_v1(command, "--method", "delete", url)
        left = ossutil_v1(command, "--method", "get", url, fails=after is None)
        assert (after or "") in left
        assert told not in left
    ossutil_v1("request-payment", "--method", "put", url, "Requester")
    assert "Requester" in ossutil_v1("request-payment", "--method", "get", url)
    ossutil_v1("set-acl", url, "public-read", "-b")
    assert re.search(r"^ACL +: public-read$", ossutil_v1("stat", url), re.MULTILINE)


def test_buckets_and_versions(ossutil_v1: Ossutil, bucket: oss2.Bucket) -> None:
    url = f"oss://{bucket.bucket_name}-versions"
    ossutil_v1("mb", url, "--acl", "private", "--storage-class", "IA")
    assert re.search(rf" IA +{url}$", ossutil_v1("ls"), re.MULTILINE)
    assert url in ossutil_v1("ls", "-s").splitlines()
    ossutil_v1("bucket-versioning", "--method", "put", url, "enabled")
    assert "Enabled" in ossutil_v1("bucket-versioning", "--method", "get", url)
    for text in ("one", "two"):
        (ossutil_v1.folder / "file").write_text(text)
        ossutil_v1("cp", "-f", "file", f"{url}/k")
    ossutil_v1("rm", f"{url}/k")
    assert "Object Number is: 0" in ossutil_v1("ls", url)
    assert "Object Number is: 3" in ossutil_v1("ls", url, "--all-versions")
    ossutil_v1("revert-versioning", f"{url}/k")
    assert ossutil_v1("cat", f"{url}/k").startswith("two")
    first = re.findall(r"CAEQ\w+", ossutil_v1("ls", url, "--all-versions"))[-1]
    assert ossutil_v1("cat", f"{url}/k", "--version-id", first).startswith("one")
    ossutil_v1("rm", url, "-r", "-f", "--all-versions")
    ossutil_v1("rm", url, "-b", "-f")
    assert "NoSuchBucket" in ossutil_v1("stat", url, fails=True)


def test_a_retention_policy_is_begun_given_up_locked_and_extended(ossutil_v1: Ossutil, bucket: oss2.Bucket) -> None:
    url = f"oss://{bucket.bucket_name}-kept"
    ossutil_v1("mb", url)
    assert "NoSuchWORMConfiguration" in ossutil_v1("worm", "get", url, fails=True)
    ossutil_v1("worm", "init", url, "1")
    ossutil_v1("worm", "abort", url)
    begun = ossutil_v1("worm", "init", url, "2")
    (worm_id,) = re.findall(r"[0-9A-F]{32}", begun)
    ossutil_v1("worm", "complete", url, worm_id)
    ossutil_v1("worm", "extend", url, "3", worm_id)
    told = ossutil_v1("worm", "get", url)
    assert "Locked" in told
    assert re.search(r"RetentionPeriodInDays>3<", told)
    assert "WORMConfigurationLocked" in ossutil_v1("worm", "abort", url, fails=True)
    (ossutil_v1.folder / "file").write_text("kept")
    ossutil_v1("cp", "file", f"{url}/k")
    assert "FileImmutable" in ossutil_v1("rm", f"{url}/k", fails=True)
    assert ossutil_v1("cat", f"{url}/k").startswith("kept")


def test_what_is_not_offered_is_said_by_name(ossutil_v1: Ossutil, bucket: oss2.Bucket) -> None:
    url = f"oss://{bucket.bucket_name}"
    (ossutil_v1.folder / "qos").write_text("<QoSConfiguration><TotalUploadBw>9</TotalUploadBw></QoSConfiguration>")
    for words in (
        ("bucket-qos", "--method", "get", url),
        ("bucket-qos", "--method", "put", url, "qos"),
        ("user-qos", "--method", "get"),
        ("style", "--method", "get", url, "s"),
        ("lcb",),
    ):
        assert "StatusCode=501, ErrorCode=NotImplemented" in ossutil_v1(*words, fails=True), words
    for words in (("inventory", "--method", "list", url), ("replication", "--method", "get", url)):
        assert "StatusCode=404" in ossutil_v1(*words, fails=True), words
    assert "Disabled" in ossutil_v1("access-monitor", "--method", "get", url)
    assert "rg-default" in ossutil_v1("resource-group", "--method", "get", url)
