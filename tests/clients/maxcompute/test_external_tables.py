"""External tables, LOAD and UNLOAD: MaxCompute over the objects of OSS, through PyODPS and oss2."""

import io
import json
from collections.abc import Callable, Iterator

import oss2
import pandas
import pytest
from odps import ODPS, errors

from yunbox.testing.server import Server


@pytest.fixture
def bucket(server: Server) -> Iterator[oss2.Bucket]:
    auth = oss2.Auth(server.access_key_id, server.access_key_secret)
    made = oss2.Bucket(auth, server.endpoints["oss"], "lake")
    made.create_bucket()
    yield made
    for item in list(oss2.ObjectIterator(made)):
        made.delete_object(item.key)


def rows(o: ODPS, sql: str, **hints: str) -> list[tuple]:
    with o.execute_sql(sql, hints=hints).open_reader() as reader:
        return [tuple(record.values) for record in reader]


def keys(bucket: oss2.Bucket, prefix: str = "") -> list[str]:
    return [item.key for item in oss2.ObjectIterator(bucket, prefix)]


def parquet(frame: pandas.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.to_parquet(out)
    return out.getvalue()


def test_csv_with_nulls_quotes_and_newlines(o: ODPS, bucket: oss2.Bucket) -> None:
    bucket.put_object("people/1.csv", '1,"a, ""b""\nc",2.5\n2,,\n')
    bucket.put_object("people/2.csv", "3,三,1e3")
    bucket.put_object("people/_SUCCESS", b"x")
    o.execute_sql(
        "create external table people (id bigint, name string, x double) stored as csv"
        " location 'oss://oss-cn-hangzhou-internal.aliyuncs.com/lake/people/'"
    )
    found = rows(o, "select * from people order by id limit 10")
    assert found == [(1, 'a, "b"\nc', 2.5), (2, None, None), (3, "三", 1000.0)]
    table = o.get_table("people")
    assert table.type == table.Type.EXTERNAL_TABLE
    assert "oss://lake/people/" in rows_text(o, "desc people")


def rows_text(o: ODPS, sql: str) -> str:
    return o.execute_sql(sql).open_reader().raw


def test_header_lines_and_delimiters(o: ODPS, bucket: oss2.Bucket) -> None:
    bucket.put_object("t/1.txt", "id|v\n1|a\n")
    bucket.put_object("t/2.txt", "id|v\n2|\\N\n")
    o.execute_sql(
        "create external table t (id bigint, v string) row format delimited fields terminated by '|' null defined as"
        " '\\\\N' stored as textfile location 'oss://lake/t' tblproperties ('a'='b')"
    )
    o.execute_sql(
        "create external table u (id bigint, v string) row format serde"
        " 'org.apache.hadoop.hive.serde2.OpenCSVSerde' with serdeproperties ('separatorChar'='|',"
        " 'skip.header.line.count'='1') stored as textfile location 'oss://lake/t'"
    )
    assert len(rows(o, "select v from t where id is not null limit 9")) == 2
    assert rows(o, "select id, v from u order by id limit 9") == [(1, "a"), (2, "\\N")]


def test_json_lines_and_documents(o: ODPS, bucket: oss2.Bucket) -> None:
    for number in range(30):
        bucket.put_object(f"j/{number}.json", json.dumps({"id": number, "tags": ["a", "b"], "more": 1}))
    bucket.put_object("j/array.json", json.dumps([{"id": 100}, {"id": 101, "tags": None}]))
    o.execute_sql("create external table j (id bigint, tags array<string>) stored as json location 'oss://lake/j/'")
    assert rows(o, "select count(*), sum(id), sum(size(tags)) from j") == [(32, 435 + 201, 60)]


def test_parquet_of_several_schemas_and_a_multipart_object(o: ODPS, bucket: oss2.Bucket) -> None:
    bucket.put_object("p/1.parquet", parquet(pandas.DataFrame({"a": [1, 2], "b": ["x", None]})))
    bucket.put_object("p/2.parquet", parquet(pandas.DataFrame({"a": [3], "c": [1.5]})))
    big = parquet(pandas.DataFrame({"a": range(10, 60_000), "b": [f"row {n}" for n in range(10, 60_000)]}))
    upload = bucket.init_multipart_upload("p/3.parquet").upload_id
    half = len(big) // 2
    parts = []
    for number, data in enumerate((big[:half], big[half:]), 1):
        etag = bucket.upload_part("p/3.parquet", upload, number, data).etag
        parts.append(oss2.models.PartInfo(number, etag))
    bucket.complete_multipart_upload("p/3.parquet", upload, parts)
    o.execute_sql("create external table p (a bigint, b string, c double) stored as parquet location 'oss://lake/p'")
    assert rows(o, "select count(*), sum(a), count(b), count(c) from p") == [
        (59_993, 6 + sum(range(10, 60_000)), 59_991, 1)
    ]


def test_partitions_are_added_found_pruned_and_guarded(o: ODPS, bucket: oss2.Bucket) -> None:
    for day in ("20130508", "20130509", "20130510"):
        bucket.put_object(f"days/pt={day}/x.csv", f"1,{day}\n2,{day}\n")
    o.execute_sql(
        "create external table days (id bigint, d string) partitioned by (pt string) stored as csv"
        " location 'oss://lake/days/'"
    )
    assert rows(o, "select * from days where pt = '20130508'") == []
    o.execute_sql("alter table days add partition (pt='20130508')")
    assert rows(o, "select id, d, pt from days where pt = '20130508' order by id limit 9") == [
        (1, "20130508", "20130508"),
        (2, "20130508", "20130508"),
    ]
    o.execute_sql("msck repair table days add partitions")
    assert [p.name for p in o.get_table("days").partitions] == ["pt='20130508'", "pt='20130509'", "pt='20130510'"]
    with pytest.raises(errors.ODPSError, match="full scan"):
        o.execute_sql("select count(*) from days")
    assert rows(o, "select count(*) from days", **{"odps.sql.allow.fullscan": "true"}) == [(6,)]
    o.execute_sql("alter table days drop partition (pt='20130508')")
    assert len(keys(bucket, "days/")) == 3


@pytest.mark.parametrize("stored", ["parquet", "csv", "json", "tsv", "orc"])
def test_insert_writes_objects_and_overwrite_replaces_them(o: ODPS, bucket: oss2.Bucket, stored: str) -> None:
    o.execute_sql(
        f"create external table out_{stored} (id bigint, name string) stored as {stored} location 'oss://lake/o/'"
    )
    o.execute_sql(f"insert into out_{stored} values (1, 'a'), (2, null)")
    o.execute_sql(f"insert into out_{stored} values (3, '三 \"q\", x')")
    assert len(keys(bucket, "o/")) == 2
    assert rows(o, f"select * from out_{stored} order by id limit 9") == [(1, "a"), (2, None), (3, '三 "q", x')]
    o.execute_sql(f"insert overwrite table out_{stored} values (4, 'd')")
    assert rows(o, f"select * from out_{stored}") == [(4, "d")]
    assert len(keys(bucket, "o/")) == 1


def test_insert_into_partitions(o: ODPS, bucket: oss2.Bucket) -> None:
    o.execute_sql(
        "create external table e (id bigint) partitioned by (pt string) stored as parquet location 'oss://lake/e/'"
    )
    o.execute_sql("insert into e partition (pt) values (1, 'a'), (2, 'b b'), (3, 'a')")
    o.execute_sql("insert overwrite table e partition (pt='a') values (9)")
    assert rows(o, "select id, pt from e where pt in ('a', 'b b') order by id limit 9") == [(2, "b b"), (9, "a")]
    assert {key.split("/")[1] for key in keys(bucket, "e/")} == {"pt=a", "pt=b b"}


def test_unload_and_load(o: ODPS, bucket: oss2.Bucket) -> None:
    o.execute_sql("create table src (id bigint, name string) partitioned by (pt string)")
    o.execute_sql("insert into src partition (pt='1') values (1, 'a'), (2, 'b')")
    o.execute_sql("unload from src partition (pt='1') into location 'oss://lake/un/' stored as parquet")
    with pytest.raises(errors.ODPSError, match="not empty"):
        o.execute_sql("unload from (select 1 as x) into location 'oss://lake/un/' stored as parquet")
    o.execute_sql("create table dst (id bigint, name string) partitioned by (pt string)")
    o.execute_sql("load overwrite table dst partition (pt='7') from location 'oss://lake/un/' stored as parquet")
    assert rows(o, "select * from dst where pt = '7' order by id limit 9") == [(1, "a", "7"), (2, "b", "7")]
    o.execute_sql(
        "unload from (select id, name from src where pt = '1') into location 'oss://lake/csv/' row format serde"
        " 'org.apache.hadoop.hive.serde2.OpenCSVSerde' stored as textfile"
    )
    body = bucket.get_object(keys(bucket, "csv/")[0]).read().decode()
    assert sorted(body.split()) == ["1,a", "2,b"]


def test_what_it_costs_is_announced_and_billed(o: ODPS, bucket: oss2.Bucket) -> None:
    bucket.put_object("c/1.csv", "1\n" * 1000)
    o.execute_sql("create external table c (id bigint) stored as csv location 'oss://lake/c/'")
    assert o.execute_sql_cost("select sum(id) from c").input_size == 2000


def test_refusals(o: ODPS, bucket: oss2.Bucket) -> None:
    bucket.put_object("bad/1.csv", "x\n")
    o.execute_sql("create external table bad (id bigint) stored as csv location 'oss://lake/bad/'")
    o.execute_sql("create external table not_orc (id bigint) stored as orc location 'oss://lake/bad/'")
    for sql, text in (
        ("create external table n (a bigint) stored as csv location 'oss://nowhere/x/'", "nowhere"),
        ("create external table n (a bigint) stored as avro location 'oss://lake/x/'", "AVRO"),
        ("create external table n (a bigint) location 'oss://lake/x/'", "STORED"),
        ("create external table n (a array<bigint>) stored as csv location 'oss://lake/x/'", "array"),
        ("truncate table bad", "external"),
        ("alter table bad add columns (b bigint)", "external"),
        ("select sum(id) from bad", "ODPS-"),
        ("select sum(id) from not_orc", "no ORC file"),
        ("delete from bad where id = 1", "ODPS-"),
    ):
        with pytest.raises(errors.ODPSError, match=text):
            o.execute_sql(sql)
    o.execute_sql("drop table bad")
    assert keys(bucket, "bad/") == ["bad/1.csv"]
    assert rows_text(o, "show tables") == "" or "bad" not in rows_text(o, "show tables")


def test_show_create_table_makes_it_again(o: ODPS, bucket: oss2.Bucket) -> None:
    o.execute_sql(
        "create external table s (id bigint comment 'c') partitioned by (pt string) with serdeproperties"
        " ('odps.text.option.delimiter'=';') stored as csv location 'oss://lake/s/'"
    )
    text = rows_text(o, "show create table s")
    o.execute_sql("drop table s")
    o.execute_sql(text.strip().rstrip(";"))
    assert rows_text(o, "show create table s") == text


def test_a_location_needs_rights_of_its_own(
    o: ODPS, bucket: oss2.Bucket, connect: Callable[..., ODPS], cli: Callable[..., str], project: str
) -> None:
    bucket.put_object("secret/1.csv", "1\n")
    odps = {"Effect": "Allow", "Action": ["odps:*"], "Resource": ["*"]}
    read = {"Effect": "Allow", "Action": ["oss:ListObjects", "oss:GetObject"], "Resource": ["acs:oss:*:*:lake*"]}
    cli("ram", "create-user", "loader")
    made = json.loads(cli("ram", "create-key", "loader", "--output", "json"))
    user = connect(project, key=(made["access_key_id"], made["access_key_secret"]))
    create = "create external table secret (id bigint) stored as csv location 'oss://lake/secret/'"
    unload = "unload from (select 1 as id) into location 'oss://lake/secret/out/' stored as csv"
    for statements, allowed in (([odps], ()), ([odps, read], (create,))):
        cli("ram", "put-policy", "loading", json.dumps({"Version": "1", "Statement": statements}))
        cli("ram", "attach", "loading", "loader")
        for sql in (create, unload, "load into table plain from location 'oss://lake/secret/' stored as csv"):
            o.execute_sql("create table if not exists plain (id bigint)")
            if sql in allowed or (sql.startswith("load") and read in statements):
                user.execute_sql(sql)
            else:
                with pytest.raises(errors.ODPSError, match="oss:"):
                    user.execute_sql(sql)
    assert rows(user, "select * from secret") == [(1,)]
    assert keys(bucket, "secret/") == ["secret/1.csv"]
