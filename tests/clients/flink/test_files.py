"""Files as tables: from topics to Parquet in a bucket, read back by oss2 and by a job, and who may use which files."""

import io
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import oss2
import pyarrow.parquet as pq
import pytest
from odps import ODPS

from tests.clients.flink.conftest import Topic
from tests.flink import Flink, Refused, clicks, hologres, written
from tests.processes import children
from tests.waiting import until
from yunbox.testing.server import Server

Put = Callable[..., None]


def table(path: str, columns: str, name: str = "files", by: str = "", form: str = "parquet", **more: str) -> str:
    options = {"connector": "filesystem", "path": path, "format": form, **more}
    return f"CREATE TABLE {name} ({columns}) {f'PARTITIONED BY ({by})' if by else ''} WITH ({written(options)})"


@pytest.fixture
def oss(flink: Flink, server: Server, oss_url: str) -> Flink:
    """A session that knows the endpoint of OSS and a key for it."""
    flink.run(
        f"SET 'fs.oss.endpoint' = '{oss_url}'",
        f"SET 'fs.oss.accessKeyId' = '{server.access_key_id}'",
        f"SET 'fs.oss.accessKeySecret' = '{server.access_key_secret}'",
    )
    return flink


def batch(flink: Flink) -> None:
    flink.run("SET 'execution.runtime-mode' = 'batch'", "SET 'table.dml-sync' = 'true'")


def keys(bucket: oss2.Bucket) -> list[str]:
    return [one.key for one in oss2.ObjectIterator(bucket)]


def rows(bucket: oss2.Bucket) -> list[tuple[Any, ...]]:
    found = []
    for key in keys(bucket):
        if "/part-" in key:
            data = pq.read_table(io.BytesIO(bucket.get_object(key).read()), partitioning=None).to_pylist()
            found += [tuple(row.values()) for row in data]
    return sorted(found)


def processes(server: Server, job: str) -> list[int]:
    return [one.pid for one in children(server, "engine.stream.main") if job in " ".join(one.cmdline())]


def test_a_bucket_is_written_and_read(oss: Flink, bucket: oss2.Bucket) -> None:
    path = f"oss://{bucket.bucket_name}/lake/t"
    batch(oss)
    oss.run(
        table(path, "i BIGINT, s STRING, d STRING", by="d", **{"sink.partition-commit.policy.kind": "success-file"}),
        "INSERT INTO files VALUES (1, 'a', '2024-01-01'), (2, 'b', '2024-01-02')",
    )
    folders = sorted({key.rpartition("/")[0] for key in keys(bucket)})
    assert folders == ["lake/t/d=2024-01-01", "lake/t/d=2024-01-02"]
    assert "lake/t/d=2024-01-01/_SUCCESS" in keys(bucket)
    assert rows(bucket) == [(1, "a"), (2, "b")]
    oss.run("INSERT OVERWRITE files PARTITION (d = '2024-01-01') SELECT 3, 'c'")
    assert sorted(oss.rows("SELECT i, s, d FROM files")) == [[2, "b", "2024-01-02"], [3, "c", "2024-01-01"]]
    assert oss.rows("SELECT i FROM files WHERE d = '2024-01-02'") == [[2]]


def test_lines_of_objects_are_read(oss: Flink, bucket: oss2.Bucket) -> None:
    for number in range(3):
        bucket.put_object(f"logs/{number}.json", f'{{"n": {number}}}\n'.encode() * 2)
    bucket.put_object("logs2/x.json", b"no\n")
    batch(oss)
    columns = "n INT, p STRING METADATA FROM 'file.path'"
    oss.run(table(f"oss://{bucket.bucket_name}/logs", columns, form="json"))
    found = oss.rows("SELECT p, SUM(n), COUNT(*) FROM files GROUP BY p")
    name = f"oss://{bucket.bucket_name}/logs"
    assert sorted(found) == [[f"{name}/{n}.json", 2 * n, 2] for n in range(3)]


def test_records_are_in_the_bucket_once(
    oss: Flink, server: Server, project: str, topic: Topic, put: Put, bucket: oss2.Bucket
) -> None:
    topic("t", "k:BIGINT")
    options = {"sink.rolling-policy.rollover-interval": "1 s", "sink.rolling-policy.check-interval": "1 s"}
    job = oss.run(
        clicks(server, project, "t", "k BIGINT", "source"),
        table(f"oss://{bucket.bucket_name}/out", "k BIGINT", **options),
        "INSERT INTO files SELECT k FROM source",
    )
    for number in range(0, 40, 10):
        put("t", *([one] for one in range(number, number + 10)))
        until(lambda: processes(server, job) and oss.state(job) == "RUNNING", 30)
        for pid in processes(server, job):
            os.kill(pid, signal.SIGKILL)
    until(lambda: len(rows(bucket)) >= 40, 60)
    assert rows(bucket) == [(one,) for one in range(40)]
    oss.cancel(job)


def test_what_is_missing_of_a_bucket_is_named(flink: Flink, bucket: oss2.Bucket) -> None:
    batch(flink)
    flink.run(table(f"oss://{bucket.bucket_name}/x", "i INT"))
    with pytest.raises(Refused, match=r"SET 'fs\.oss\.endpoint'"):
        flink.rows("SELECT * FROM files")
    flink.run(table(f"oss://{bucket.bucket_name}/x", "i INT", "lines", form="csv"))
    with pytest.raises(Refused, match="rows of text"):
        flink.run("INSERT INTO lines VALUES (1)")


def test_files_of_this_machine(flink: Flink, tmp_path: Path) -> None:
    batch(flink)
    flink.run(
        table(f"file://{tmp_path}/out", "i INT, s STRING", form="csv"),
        "INSERT INTO files VALUES (1, 'a'), (2, 'b')",
    )
    found = duckdb.sql(f"SELECT * FROM read_csv('{tmp_path}/out/part-*', header = false)").fetchall()
    assert sorted(found) == [(1, "a"), (2, "b")]
    assert sorted(flink.rows("SELECT * FROM files")) == [[1, "a"], [2, "b"]]


def test_whose_files_they_are(flink: Flink, server: Server, tmp_path: Path, guest: Any) -> None:
    batch(flink)
    flink.run(table(f"file://{server.data}/flink", "s STRING", form="raw"))
    with pytest.raises(Refused, match="the server's data folder"):
        flink.rows("SELECT * FROM files")
    (tmp_path / "link").symlink_to(server.data)
    flink.run(table(f"file://{tmp_path}/link/meta.db", "s STRING", "link", form="raw"))
    with pytest.raises(Refused, match="the server's data folder"):
        flink.rows("SELECT * FROM link")
    line, path, headers = guest
    for text in (table(f"file://{tmp_path}", "s STRING", form="raw"), "SELECT * FROM files"):
        handle = line.ask("POST", f"{path}/statements", {"statement": text}, **headers)["operationHandle"]
    with pytest.raises(Refused, match="the account alone may use"):
        until(lambda: line.ask("GET", f"{path}/operations/{handle}/result/0", **headers)["resultType"] == "EOS", 10)


def test_two_inserts_of_a_set_into_one_table_are_both_there(
    flink: Flink, server: Server, holo: Any, connect: Callable[..., ODPS]
) -> None:
    """Each sink has a mark of its own: by the table's alone, the second would be taken for one that was delivered."""
    holo.execute("CREATE TABLE twice (n int PRIMARY KEY)")
    connect().create_table("twice", "n int")
    options = {"connector": "odps", "endpoint": server.endpoint, "project": server.project, "tableName": "twice",
               "accessId": server.access_key_id, "accessKey": server.access_key_secret}  # fmt: skip
    batch(flink)
    flink.run(
        hologres(server, "twice", "n INT", "paired"),
        f"CREATE TABLE more (n INT) WITH ({written(options)})",
        "EXECUTE STATEMENT SET BEGIN INSERT INTO paired SELECT 1; INSERT INTO paired SELECT 2; "
        "INSERT INTO more SELECT 1; INSERT INTO more SELECT 2; END",
    )
    assert holo.execute("SELECT n FROM twice ORDER BY n").fetchall() == [(1,), (2,)]
    with connect().execute_sql("SELECT n FROM twice").open_reader() as reader:
        assert sorted(one.n for one in reader) == [1, 2]
    holo.execute("DROP TABLE twice")
