"""pandas and Arrow round trips through PyODPS."""

import datetime
from decimal import Decimal

import pandas
import pyarrow
import pytest
from odps import ODPS, options

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PyODPS uses what pandas deprecates
NOW = datetime.datetime(2026, 5, 9, 12, 30, 15)


def test_a_frame_goes_up_and_comes_back(o: ODPS) -> None:
    frame = pandas.DataFrame(
        {"n": [1, 2, 3], "x": [0.5, None, 1.5], "s": ["a", "中文", None], "t": pandas.to_datetime([NOW] * 3)}
    )
    o.create_table("t", "n bigint, x double, s string, t datetime")
    o.write_table("t", frame)
    back = o.get_table("t").open_reader().to_pandas().sort_values("n")
    assert back["n"].tolist() == [1, 2, 3]
    assert back["x"].isna().tolist() == [False, True, False]
    assert back["s"].tolist()[:2] == ["a", "中文"]
    assert back["s"].isna().tolist() == [False, False, True]
    assert [pandas.Timestamp(t).to_pydatetime() for t in back["t"]] == [NOW] * 3


def test_write_table_creates_partitions_from_a_column(o: ODPS) -> None:
    frame = pandas.DataFrame({"n": [1, 2, 3], "pt": ["x", "y", "x"]})
    o.write_table("t", frame, partition_cols=["pt"], create_table=True, create_partition=True)
    assert sorted(p.name for p in o.get_table("t").partitions) == ["pt='x'", "pt='y'"]
    with o.get_table("t").open_reader(partition="pt=x") as reader:
        assert sorted(record["n"] for record in reader) == [1, 3]


def test_overwrite_through_write_table(o: ODPS) -> None:
    o.create_table("t", "n bigint")
    o.write_table("t", [[1], [2]])
    o.write_table("t", [[3]], overwrite=True)
    assert [list(record.values) for record in o.read_table("t")] == [[3]]


def test_every_type_through_records(o: ODPS) -> None:
    o.create_table(
        "t",
        "a tinyint, b smallint, c int, d bigint, e float, f double, g decimal(20,4), h string, i varchar(9), j binary,"
        " k date, l datetime, m timestamp, n boolean, p array<string>, q map<string,bigint>,"
        " r struct<x:bigint,y:string>",
    )
    row = [
        1, 2, 3, 1 << 60, 0.5, 1.25, Decimal("12345.6789"), "text", "var", b"\x00\xff",
        datetime.date(1969, 12, 31), NOW, pandas.Timestamp(NOW), True, ["a", None, "b"], {"k": 1}, (7, "z"),
    ]  # fmt: skip
    o.write_table("t", [row, [None] * len(row)])
    first, second = sorted((list(r.values) for r in o.read_table("t")), key=lambda r: r[0] is None)
    assert second == [None] * len(row)
    assert first[:11] == row[:11]
    assert first[11] == NOW
    assert pandas.Timestamp(first[12]) == pandas.Timestamp(NOW)
    assert first[13:16] == row[13:16]
    assert tuple(first[16]) == (7, "z")


def test_a_query_result_as_arrow_and_as_pandas(o: ODPS) -> None:
    sql = "set odps.sql.max.sequence.length=20000; select explode(sequence(1, 20000)) as n"
    with o.execute_sql(sql).open_reader(tunnel=True, arrow=True) as reader:
        table = pyarrow.Table.from_batches(list(reader))
    assert table.num_rows == 20_000
    with o.execute_sql(sql).open_reader(tunnel=True) as reader:
        assert reader.to_pandas()["n"].sum() == 20_000 * 20_001 // 2


def test_slices_of_a_result(o: ODPS) -> None:
    with o.execute_sql("select explode(sequence(1, 1000)) as n").open_reader(tunnel=True) as reader:
        assert reader.count == 1000
        assert [record[0] for record in reader[10:13]] == [11, 12, 13]


def test_head(o: ODPS) -> None:
    o.create_table("t", "n bigint, s string")
    o.write_table("t", [[i, f"row {i}"] for i in range(20)])
    assert len(list(o.get_table("t").head(5))) == 5


def test_a_local_time_zone_is_kept(o: ODPS) -> None:
    saved = options.local_timezone
    options.local_timezone = "UTC"
    try:
        o.create_table("t", "d datetime")
        o.write_table("t", [[NOW]])
        with o.execute_sql("select cast(d as string), hour(d) from t").open_reader() as reader:
            assert list(reader[0].values) == [NOW.strftime("%Y-%m-%d %H:%M:%S"), 12]
    finally:
        options.local_timezone = saved
