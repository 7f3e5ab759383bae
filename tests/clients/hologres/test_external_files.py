"""EXTERNAL_FILES: objects of OSS, put there by its own client, as tables in a query."""

import datetime
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import oss2
import psycopg
import pyarrow as pa
import pytest
from pyarrow import orc, parquet

from tests.clients.hologres.clients import allow, connected, made_user, role_of
from tests.clients.ram import ram
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
ROWS = pa.table({
    "id": pa.array([1, 2, None], pa.int64()),
    "name": ["Ada", None, "漢字"],
    "price": pa.array([Decimal("1.50"), None, Decimal("-99999999.99")], pa.decimal128(10, 2)),
    "at": pa.array([0, None, 1_600_000_000_123_456], pa.timestamp("us", "UTC")),
    "day": pa.array([datetime.date(2020, 2, 29), None, datetime.date(1, 1, 1)]),
    "tags": pa.array([["a", None], None, []], pa.list_(pa.string())),
})  # fmt: skip
COLUMNS = "(id bigint, name text, price numeric(10,2), at timestamptz, day date, tags text[])"
EXPECTED = [
    (1, "Ada", Decimal("1.50"), datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC), datetime.date(2020, 2, 29),
     ["a", None]),
    (2, None, None, None, None, None),
    (None, "漢字", Decimal("-99999999.99"), datetime.datetime(2020, 9, 13, 12, 26, 40, 123456, datetime.UTC),
     datetime.date(1, 1, 1), []),
]  # fmt: skip


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("set timezone to 'UTC'")
        yield made


def files(bucket: oss2.Bucket, path: str, form: str, columns: str = COLUMNS) -> str:
    return f"external_files(path = 'oss://{bucket.bucket_name}/{path}', format = '{form}') as {columns}"


def parquet_bytes(table: pa.Table = ROWS) -> bytes:
    out = io.BytesIO()
    parquet.write_table(table, out)
    return out.getvalue()


def refused(client: Client, statement: str) -> tuple[str | None, str]:
    with pytest.raises(psycopg.Error) as caught:
        client.execute(statement)
    return caught.value.sqlstate, str(caught.value.diag.message_primary)


def test_parquet_by_the_names_of_columns(client: Client, bucket: oss2.Bucket) -> None:
    bucket.put_object("in/a.parquet", parquet_bytes())
    found = client.execute(f"select * from {files(bucket, 'in/', 'parquet')}").fetchall()
    assert found == EXPECTED
    narrow = files(bucket, "in/a.parquet", "parquet", "f(price numeric(12,2), missing text, id int)")
    assert client.execute(f"select f.* from {narrow} where f.id = 1").fetchall() == [(Decimal("1.50"), None, 1)]


def test_orc_by_the_names_of_columns(client: Client, bucket: oss2.Bucket) -> None:
    out = io.BytesIO()
    orc.write_table(ROWS, out)
    bucket.put_object("in/a.orc", out.getvalue())
    assert client.execute(f"select * from {files(bucket, 'in', 'orc')}").fetchall() == EXPECTED


def test_csv_by_the_places_of_columns(client: Client, bucket: oss2.Bucket) -> None:
    bucket.put_object("in/a.csv", '1,"a ""b"", c",1.5,2020-02-29\n2,,,\n')
    bucket.put_object("in/b.csv", "3,x,-7,\n")
    bucket.put_object("in/_SUCCESS", "no row")
    columns = "(id int, name text, n numeric(10,2), day date)"
    found = client.execute(f"select * from {files(bucket, 'in', 'csv', columns)} order by id").fetchall()
    assert found == [(1, 'a "b", c', Decimal("1.50"), datetime.date(2020, 2, 29)), (2, None, None, None),
                     (3, "x", Decimal("-7.00"), None)]  # fmt: skip
    assert refused(client, f"select * from {files(bucket, 'in', 'csv', '(id date)')}")[0] == "22P02"


def test_small_and_large_objects_and_joins(client: Client, bucket: oss2.Bucket) -> None:
    """An object that is a file of its own, one in a pack, and one of several parts."""
    many = pa.table({"id": pa.array(range(300_000), pa.int64())})
    data = parquet_bytes(many)
    bucket.put_object("l/one.parquet", data)
    upload = bucket.init_multipart_upload("l/two.parquet").upload_id
    assert upload is not None
    parts = []
    for number, start in enumerate(range(0, len(data), 1 << 20), 1):
        done = bucket.upload_part("l/two.parquet", upload, number, data[start : start + (1 << 20)])
        parts.append(oss2.models.PartInfo(number, done.etag))
    bucket.complete_multipart_upload("l/two.parquet", upload, parts)
    bucket.put_object("l/small.parquet", parquet_bytes(pa.table({"id": pa.array([-1], pa.int64())})))
    of = files(bucket, "l", "parquet", "x(id bigint)")
    assert client.execute(f"select count(*), min(id), max(id), sum(id) from {of}").fetchone() == (
        600_001, -1, 299_999, 2 * sum(range(300_000)) - 1)  # fmt: skip
    client.execute("create table if not exists of_files (id bigint primary key)")
    client.execute("truncate of_files")
    assert (
        client.execute(f"insert into of_files select distinct id from {of} where id < 5").statusmessage == "INSERT 0 6"
    )
    joined = f"select count(*) from of_files join {of} on x.id = of_files.id where x.id >= 0"
    assert client.execute(joined).fetchone() == (10,)
    assert client.execute(joined, prepare=True).fetchone() == (10,)


def test_what_is_not_so_is_refused(client: Client, bucket: oss2.Bucket) -> None:
    name = bucket.bucket_name
    bucket.put_object("a.parquet", b"no parquet")
    for call, state in (
        (f"path = 'oss://{name}/a', format = 'parquet'", "HV000"),
        (f"path = 'oss://{name}/a.parquet', format = 'parquet'", "HV000"),
        ("path = 'oss://no-such-bucket-here/a', format = 'parquet'", "HV000"),
        (f"path = 'oss://{name}/*.parquet', format = 'parquet'", "0A000"),
        (f"path = '/{name}/a.parquet', format = 'parquet'", "22023"),
        (f"path = 'oss://{name}/a.parquet', format = 'avro'", "22023"),
        (f"path = 'oss://{name}/a.parquet'", "22023"),
        (f"path = 'oss://{name}/a', format = 'csv', role_arn = 'acs:ram::1:role/r'", "0A000"),
        (f"path = 'oss://{name}/a', path = 'oss://{name}/b', format = 'csv'", "42601"),
        ("'oss://x/', 'csv'", "42601"),
    ):
        assert (refused(client, f"select * from external_files({call}) as (id int)")[0], call) == (state, call)
    assert refused(client, f"select * from external_files(path = 'oss://{name}/a', format = 'csv')")[0] == "0A000"
    assert refused(client, f"select * from {files(bucket, 'a', 'csv', '(n numeric)')}")[0] == "0A000"


def test_as_a_get_in_oss_would_be(client: Client, bucket: oss2.Bucket, server: Server) -> None:
    name = bucket.bucket_name
    bucket.put_object("open/a.csv", "1\n")
    bucket.put_object("shut/a.csv", "2\n")
    key = made_user(server, f"files-{name}", allow())
    one = "(id int)"
    with connected(server, key) as theirs:
        state, told = refused(theirs, f"select * from {files(bucket, 'open', 'csv', one)}")
        assert state == "42501" and "'oss:ListObjects'" in told
        listing = {"Effect": "Allow", "Action": "oss:ListObjects", "Resource": f"acs:oss:*:*:{name}"}
        reading = {"Effect": "Allow", "Action": "oss:GetObject", "Resource": f"acs:oss:*:*:{name}/open/*"}
        policy = json.dumps({"Version": "1", "Statement": [listing, reading]})
        ram(server, "put-policy", f"files-{name}", policy)
        ram(server, "attach", f"files-{name}", f"files-{name}")
        assert theirs.execute(f"select * from {files(bucket, 'open', 'csv', one)}").fetchall() == [(1,)]
        state, told = refused(theirs, f"select * from {files(bucket, 'shut', 'csv', one)}")
        assert state == "42501" and f"{name}/shut/a.csv" in told
        user = role_of(server, f"files-{name}").removeprefix("p4_")
        deny = {
            "Effect": "Deny",
            "Action": ["oss:GetObject"],
            "Principal": [user],
            "Resource": [f"acs:oss:*:*:{name}/*"],
        }
        bucket.put_bucket_policy(json.dumps({"Version": "1", "Statement": [deny]}))
        assert refused(theirs, f"select * from {files(bucket, 'open', 'csv', one)}")[0] == "42501"


def test_archived_objects_are_restored_first(client: Client, bucket: oss2.Bucket) -> None:
    bucket.put_object("a.csv", "1\n", headers={"x-oss-storage-class": "Archive"})
    state, told = refused(client, f"select * from {files(bucket, 'a.csv', 'csv', '(id int)')}")
    assert (state, told.endswith("The operation is not valid for the object's state.")) == ("HV000", True)
