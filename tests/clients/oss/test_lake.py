"""Lake readers and writers on OSS, each with nothing but its endpoint changed: ossfs, pyarrow, Polars, Delta."""

import os
from collections.abc import Iterator

import deltalake
import oss2
import ossfs
import polars
import pyarrow
import pyarrow.dataset
import pyarrow.fs
import pyarrow.parquet
import pytest

from yunbox.testing.server import Server

TABLE = pyarrow.table({"id": range(5000), "name": [f"n{n % 7}" for n in range(5000)]})


@pytest.fixture
def bucket(server: Server) -> Iterator[oss2.Bucket]:
    auth = oss2.Auth(server.access_key_id, server.access_key_secret)
    made = oss2.Bucket(auth, server.endpoints["oss"], "readers")
    made.create_bucket()
    yield made
    for item in list(oss2.ObjectIterator(made)):
        made.delete_object(item.key)


@pytest.fixture
def files(server: Server, bucket: oss2.Bucket) -> ossfs.OSSFileSystem:
    return ossfs.OSSFileSystem(
        key=server.access_key_id, secret=server.access_key_secret, endpoint=server.endpoints["oss"],
        skip_instance_cache=True,
    )  # fmt: skip


@pytest.fixture
def options(server: Server, bucket: oss2.Bucket) -> dict[str, str]:
    return {
        "aws_access_key_id": server.access_key_id,
        "aws_secret_access_key": server.access_key_secret,
        "aws_endpoint_url": server.endpoints["oss"],
        "aws_region": "cn-local",
        "aws_allow_http": "true",
    }


def test_ossfs_reads_writes_lists_moves_and_removes(files: ossfs.OSSFileSystem) -> None:
    with files.open("/readers/a/one.txt", "wb") as out:
        out.write(b"hello" * 1000)
    files.pipe("/readers/a/b/two.txt", b"2")
    assert files.cat("/readers/a/b/two.txt") == b"2"
    with files.open("/readers/a/one.txt", "rb") as file:
        file.seek(5)
        assert file.read(5) == b"hello"
    assert {os.path.basename(name.rstrip("/")) for name in files.ls("/readers/a", detail=False)} == {"one.txt", "b"}
    assert files.info("/readers/a/one.txt")["size"] == 5000
    assert files.isdir("/readers/a/b")
    files.mv("/readers/a/one.txt", "/readers/c.txt")
    assert sorted(files.find("/readers")) in (
        [["readers/a/b/two.txt", "readers/c.txt"], ["/readers/a/b/two.txt", "/readers/c.txt"]]
    )
    files.rm("/readers/a", recursive=True)
    files.invalidate_cache()
    assert not files.exists("/readers/a/b/two.txt")


def test_ossfs_under_pyarrow_datasets(files: ossfs.OSSFileSystem) -> None:
    pyarrow.dataset.write_dataset(
        TABLE, "readers/ds", filesystem=files, format="parquet", partitioning=["name"], partitioning_flavor="hive"
    )
    found = pyarrow.dataset.dataset("readers/ds", filesystem=files, partitioning="hive")
    assert found.to_table(filter=pyarrow.dataset.field("name") == "n3").num_rows == 714


def test_pyarrow_s3(server: Server, bucket: oss2.Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS's C++ SDK is told, as by the real service, to put no checksums behind its bodies."""
    monkeypatch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "WHEN_REQUIRED")
    s3 = pyarrow.fs.S3FileSystem(
        access_key=server.access_key_id, secret_key=server.access_key_secret, scheme="http",
        endpoint_override=server.endpoints["oss"].removeprefix("http://"), region="cn-local",
    )  # fmt: skip
    pyarrow.parquet.write_table(TABLE, "readers/t.parquet", filesystem=s3)
    assert pyarrow.parquet.read_table("readers/t.parquet", filesystem=s3).equals(TABLE)
    with s3.open_output_stream("readers/big") as out:
        out.write(b"x" * 12_000_000)
    assert s3.get_file_info("readers/big").size == 12_000_000
    assert bucket.head_object("big").content_length == 12_000_000
    s3.delete_file("readers/big")
    assert s3.get_file_info("readers/big").type == pyarrow.fs.FileType.NotFound


def test_polars(options: dict[str, str], bucket: oss2.Bucket) -> None:
    frame = polars.from_arrow(TABLE)
    assert isinstance(frame, polars.DataFrame)
    frame.write_parquet("s3://readers/p/1.parquet", storage_options=options)
    frame.write_parquet("s3://readers/p/2.parquet", storage_options=options)
    found = polars.scan_parquet("s3://readers/p/*.parquet", storage_options=options).select(polars.len()).collect()
    assert found.item() == 10_000


def test_delta_tables(options: dict[str, str], bucket: oss2.Bucket) -> None:
    where = "s3://readers/delta"
    settings = {**options, "aws_conditional_put": "etag"}
    deltalake.write_deltalake(where, TABLE, storage_options=settings)
    deltalake.write_deltalake(where, TABLE, storage_options=settings, mode="append")
    table = deltalake.DeltaTable(where, storage_options=settings)
    assert table.version() == 1
    assert table.to_pyarrow_table().num_rows == 10_000
    assert [item.key for item in oss2.ObjectIterator(bucket, "delta/_delta_log/0000")] != []
