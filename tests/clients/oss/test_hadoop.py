"""Hadoop's connectors, unmodified, against a live server: s3a, as Spark has it, and hadoop-aliyun's ``oss://``."""

import json
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import oss2
import pytest

from tests.clients.maven import compile_stories
from yunbox.testing.server import Server

TOLD = """\
second, longer 14
create again FileAlreadyExistsException
append {append}
read nothing FileNotFoundException
empty 0
gone true false false
big 12582919 true
seek true true
end 3 -1
vectored true
mkdirs true true
list [day=0/, day=1/, day=2/]
day 1 [empty/, 名 1, 名 10, 名 4, 名 7]
recursive 12 名 0
glob 1
summary 66 in 12
list nothing FileNotFoundException
not empty {not_empty}
rename true false
moved true
rename folder true
then false 12
delete true false
writers 8 true
"""
S3A = TOLD.format(append="UnsupportedOperationException", not_empty="PathIsNotEmptyDirectoryException")
S3A += """\
once RemoteFileChangedException fast
bulk [] false false
changed RemoteFileChangedException
magic false 6000000 true true
wrong secret AccessDeniedException true
"""
OSS = TOLD.format(append="IOException", not_empty="IOException")
OSS += "wrong secret OSSException true\n"
LEFT = ["big/名 2", "empty", *(f"writers/w{n}" for n in range(8))]
Story = Callable[..., str]


@pytest.fixture(scope="session")
def classes(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The compiled story and the connectors; returns the class path."""
    return compile_stories(Path(__file__).with_name("hadoop"), tmp_path_factory.mktemp("hadoop"))


@pytest.fixture
def tell(classes: str, tmp_path: Path, server: Server, bucket: oss2.Bucket) -> Story:
    """Tell the story with a connector and its settings; what it printed."""
    names = f"localhost {bucket.bucket_name}.localhost {socket.gethostname()}"
    (tmp_path / "hosts").write_text(f"127.0.0.1 {names}\n")
    options = [f"-Djdk.net.hosts.file={tmp_path / 'hosts'}", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"]

    def run(scheme: str, settings: dict[str, str]) -> str:
        settings = {"hadoop.tmp.dir": str(tmp_path), **settings}
        words = [f"{scheme}://{bucket.bucket_name}/", *(f"{name}={value}" for name, value in settings.items())]
        done = subprocess.run(
            ["java", "-Dfile.encoding=UTF-8", *options, "-cp", classes, "HadoopStory", *words],
            capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    return run


def keys(bucket: oss2.Bucket) -> list[str]:
    """What a story left; no upload may be among it."""
    assert list(oss2.MultipartUploadIterator(bucket)) == []
    return [item.key for item in oss2.ObjectIterator(bucket)]


def by_name(endpoint: str) -> str:
    """The endpoint as a name, so that buckets stand before it."""
    return endpoint.replace("127.0.0.1", "localhost")


@pytest.fixture
def temporary(cli: Callable[..., str]) -> dict[str, str]:
    """Temporary keys."""
    return json.loads(cli("credentials", "--session", "900", "--output", "json"))


@pytest.mark.java
@pytest.mark.timeout(900)
def test_s3a_in_path_style(tell: Story, server: Server, bucket: oss2.Bucket) -> None:
    told = tell("s3a", {
        "fs.s3a.endpoint": server.endpoints["oss"],
        "fs.s3a.endpoint.region": server.region,
        "fs.s3a.path.style.access": "true",
        "fs.s3a.access.key": server.access_key_id,
        "fs.s3a.secret.key": server.access_key_secret,
        "fs.s3a.multipart.size": "5M",
        "fs.s3a.multipart.threshold": "5M",
    })  # fmt: skip
    assert told == S3A
    assert set(LEFT) <= set(keys(bucket))


@pytest.mark.java
@pytest.mark.timeout(900)
def test_s3a_with_temporary_keys_and_buckets_in_the_host(
    tell: Story, server: Server, bucket: oss2.Bucket, temporary: dict[str, str]
) -> None:
    told = tell("s3a", {
        "fs.s3a.endpoint": by_name(server.endpoints["oss"]),
        "fs.s3a.endpoint.region": server.region,
        "fs.s3a.aws.credentials.provider": "org.apache.hadoop.fs.s3a.TemporaryAWSCredentialsProvider",
        "fs.s3a.access.key": temporary["access_key_id"],
        "fs.s3a.secret.key": temporary["access_key_secret"],
        "fs.s3a.session.token": temporary["security_token"],
        "fs.s3a.input.stream.type": "classic",
        "fs.s3a.list.version": "1",
        "fs.s3a.bucket.probe": "2",
        "fs.s3a.fast.upload.buffer": "bytebuffer",
        "fs.s3a.multipart.purge": "true",
        "fs.s3a.multipart.size": "5M",
        "fs.s3a.multipart.threshold": "5M",
    })  # fmt: skip
    assert told == S3A
    assert set(LEFT) <= set(keys(bucket))


@pytest.mark.java
@pytest.mark.timeout(900)
def test_hadoop_aliyun(tell: Story, server: Server, bucket: oss2.Bucket) -> None:
    told = tell("oss", {
        "fs.oss.impl": "org.apache.hadoop.fs.aliyun.oss.AliyunOSSFileSystem",
        "fs.oss.endpoint": server.endpoints["oss"],
        "fs.oss.accessKeyId": server.access_key_id,
        "fs.oss.accessKeySecret": server.access_key_secret,
        "fs.oss.multipart.upload.size": "1048576",
    })  # fmt: skip
    assert told == OSS
    assert set(LEFT) <= set(keys(bucket))


@pytest.mark.java
@pytest.mark.timeout(900)
def test_hadoop_aliyun_with_signature_4_temporary_keys_and_buckets_in_the_host(
    tell: Story, server: Server, bucket: oss2.Bucket, temporary: dict[str, str]
) -> None:
    told = tell("oss", {
        "fs.oss.impl": "org.apache.hadoop.fs.aliyun.oss.AliyunOSSFileSystem",
        "fs.oss.endpoint": by_name(server.endpoints["oss"]),
        "fs.oss.accessKeyId": temporary["access_key_id"],
        "fs.oss.accessKeySecret": temporary["access_key_secret"],
        "fs.oss.securityToken": temporary["security_token"],
        "fs.oss.signatureversion": "V4",
        "fs.oss.region": server.region,
        "fs.oss.list.version": "2",
        "fs.oss.fast.upload.buffer": "array",
        "fs.oss.multipart.upload.size": "1048576",
    })  # fmt: skip
    assert told == OSS
    assert set(LEFT) <= set(keys(bucket))
