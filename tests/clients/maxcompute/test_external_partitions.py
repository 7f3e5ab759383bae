"""Folders of partitions as Hive, Spark and others spell them, read and written by MaxCompute."""

import oss2
import pytest
from odps import ODPS

FULL = {"odps.sql.allow.fullscan": "true"}


@pytest.fixture
def days(o: ODPS, bucket: oss2.Bucket) -> str:
    o.execute_sql(
        "create external table days (id bigint) partitioned by (day string) stored as csv"
        f" location 'oss://{bucket.bucket_name}/days/'"
    )
    return "days"


def rows(o: ODPS, sql: str) -> list[tuple]:
    with o.execute_sql(sql, hints=FULL).open_reader() as reader:
        return [tuple(record.values) for record in reader]


def keys(bucket: oss2.Bucket) -> list[str]:
    return [item.key for item in oss2.ObjectIterator(bucket)]


@pytest.mark.parametrize(
    ("folder", "value"),
    [
        ("天 1", "天 1"),  # Hive and Spark leave most characters as they are ...
        ("10%3A00 %23a%2Fb%25", "10:00 #a/b%"),  # ... and encode some
        ("%E5%A4%A9%201", "天 1"),  # DuckDB and Delta encode all but letters and digits
        ("10:00", "10:00"),  # and some writers none
        ("a+b,c&d", "a+b,c&d"),
    ],
)
def test_folders_are_read_as_they_are_spelled(o: ODPS, bucket: oss2.Bucket, days: str, folder: str, value: str) -> None:
    bucket.put_object(f"days/day={folder}/1.csv", "1\n2\n")
    o.execute_sql("msck repair table days add partitions")
    assert rows(o, "select * from days order by id limit 9") == [(1, value), (2, value)]
    assert rows(o, f"select count(*) from days where day = '{value}'") == [(2,)]
    o.execute_sql(f"insert overwrite table days partition (day='{value}') values (3)")
    assert rows(o, "select * from days") == [(3, value)]
    assert len(keys(bucket)) == 1


def test_folders_of_numbers_and_of_names_in_capitals(o: ODPS, bucket: oss2.Bucket) -> None:
    o.execute_sql(
        "create external table hours (id bigint) partitioned by (day date, hour bigint) stored as csv"
        f" location 'oss://{bucket.bucket_name}/hours/'"
    )
    for number, folder in enumerate(("Day=2013-05-09/Hour=07", "day=2013-05-09/hour=8", "Day=2013-05-10/Hour=07")):
        bucket.put_object(f"hours/{folder}/1.csv", f"{number}\n")
    for folder in ("day=2013-05-09", "day=2013-05-09/other=1", "hour=1"):
        bucket.put_object(f"hours/{folder}/2.csv", "9\n")
    o.execute_sql("msck repair table hours add partitions")
    assert len(list(o.get_table("hours").partitions)) == 3
    assert rows(o, "select id, hour from hours order by id limit 9") == [(0, 7), (1, 8), (2, 7)]
    o.execute_sql("insert overwrite table hours partition (day='2013-05-09', hour=7) values (3)")
    assert rows(o, "select id, hour from hours order by id limit 9") == [(1, 8), (2, 7), (3, 7)]
    assert len(keys(bucket)) == 6


def test_folders_are_written_as_hive_and_spark_read_them(o: ODPS, bucket: oss2.Bucket, days: str) -> None:
    o.execute_sql("insert into days partition (day) values (1, '天 1'), (2, '10:00 #a/b%')")
    assert [key.rpartition("/")[0] for key in keys(bucket)] == ["days/day=10%3A00 %23a%2Fb%25", "days/day=天 1"]
    assert rows(o, "select * from days order by id limit 9") == [(1, "天 1"), (2, "10:00 #a/b%")]


def test_an_overwrite_without_rows_replaces_no_partition(o: ODPS, bucket: oss2.Bucket, days: str) -> None:
    o.execute_sql("insert into days partition (day) values (1, 'a'), (2, 'b')")
    o.execute_sql("insert overwrite table days partition (day) select id, day from days where day = 'b' and id > 2")
    assert rows(o, "select * from days order by id limit 9") == [(1, "a"), (2, "b")]
    o.execute_sql("insert overwrite table days partition (day='a') select id from days where day = 'b' and id > 2")
    assert rows(o, "select * from days") == [(2, "b")]


def test_what_spark_leaves_beside_its_files_holds_no_rows(o: ODPS, bucket: oss2.Bucket, days: str) -> None:
    bucket.put_object("days/day=1/1.csv", "1\n")
    for key in ("", "_SUCCESS", "day=1/", "day=1/_SUCCESS", "day=1/.1.csv.crc", "day=1/x_$folder$"):
        bucket.put_object(f"days/{key}", b"")
    for key in ("_temporary/0/task_1/day=1/2.csv", "day=1/_temporary/0/2.csv", "day=1/.spark-staging-1/2.csv"):
        bucket.put_object(f"days/{key}", b"2\n")
    o.execute_sql("msck repair table days add partitions")
    assert rows(o, "select * from days limit 9") == [(1, "1")]


def test_max_pt_is_the_last_partition_with_objects(o: ODPS, bucket: oss2.Bucket) -> None:
    o.execute_sql(
        "create external table days (id bigint) partitioned by (day string) stored as csv location"
        f" 'oss://{bucket.bucket_name}/days/'"
    )
    assert rows(o, "select max_pt('days')") == [(None,)]
    o.execute_sql("insert into days partition (day) values (1, 'a'), (2, 'b')")
    o.execute_sql("alter table days add partition (day='c')")
    assert rows(o, "select id, day from days where day = max_pt('days')") == [(2, "b")]
