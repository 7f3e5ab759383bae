"""What a data engineer stumbled over: names, values and calls that are legal, and mistakes that need a clear answer."""

import time
from collections.abc import Callable
from decimal import Decimal

import pyarrow as pa
import pytest
from odps import ODPS
from odps.errors import NoSuchPartition, NoSuchTable, NotSupportedError, ODPSError


def test_the_ddl_of_a_table_makes_another(o: ODPS) -> None:
    table = o.create_table("t", ("a bigint comment 'naïve 🙂', b string", "pt string"), comment="it's", lifecycle=3)
    assert "EXTERNAL" not in table.get_ddl()
    o.execute_sql(table.get_ddl().replace("`t`", "`copy`"))
    copy = o.get_table("copy")
    assert copy.table_schema == table.table_schema
    assert (copy.comment, copy.lifecycle) == ("it's", 3)


def test_fields_of_a_struct_may_have_any_name(o: ODPS, rows: Callable[..., list[tuple]]) -> None:
    o.create_table("t", 'c struct<`a b`:string,`x"y`:bigint,xY:int>, d map<string,array<struct<Zz:char(3)>>>')
    o.write_table("t", [[("v", 3, 4), None]])
    assert [tuple(value) for (value, _) in rows("select c, d from t")] == [("v", 3, 4)]
    text = o.execute_sql("show create table t").open_reader().raw
    assert '`c` STRUCT<`a b`:STRING,`x"y`:BIGINT,xY:INT>' in text
    assert "MAP<STRING,ARRAY<STRUCT<Zz:CHAR(3)>>>" in text
    o.get_table("t").drop()
    assert list(o.list_tables()) == []


@pytest.mark.parametrize("value", ["x" * 255, "中" * 40])
def test_a_partition_value_too_long_for_a_folder_is_refused_at_once(o: ODPS, value: str) -> None:
    table = o.create_table("t", ("a bigint", "pt string"))
    started = time.monotonic()
    for attempt in (
        lambda: table.create_partition(f"pt={value}"),
        lambda: o.write_table("t", [[1]], partition=f"pt={value}", create_partition=True),
        lambda: o.execute_sql(f"insert into t partition (pt='{value}') values (1)"),
        lambda: o.execute_sql(f"insert into t partition (pt) values (1, '{value}')"),
    ):
        with pytest.raises(ODPSError, match="too long for the name of a folder"):
            attempt()
    assert time.monotonic() - started < 20
    assert list(table.partitions) == []


@pytest.mark.parametrize("value", ["abc", "99999999999999999999"])
def test_a_partition_of_a_number_column_takes_numbers(o: ODPS, value: str) -> None:
    table = o.create_table("t", ("a bigint", "n bigint"))
    with pytest.raises(ODPSError, match="no bigint for the partition column n"):
        table.create_partition(f"n={value}")
    with pytest.raises(ODPSError, match="no bigint for the partition column n"):
        o.execute_sql(f"insert into t partition (n='{value}') values (1)")


def test_a_number_of_a_partition_has_one_spelling(o: ODPS, rows: Callable[..., list[tuple]]) -> None:
    o.create_table("t", ("a bigint", "n bigint"))
    o.write_table("t", [[1]], partition="n=007", create_partition=True)
    o.execute_sql("insert into t partition (n='07') values (2)")
    assert [p.name for p in o.get_table("t").partitions] == ["n='7'"]
    o.execute_sql("insert overwrite table t partition (n='007') values (3)")
    assert rows("select a, n from t where n = 7") == [(3, 7)]


def test_the_name_that_means_no_partition_is_refused(o: ODPS) -> None:
    table = o.create_table("t", ("a bigint", "pt string"))
    with pytest.raises(ODPSError, match="HIVE_DEFAULT"):
        table.create_partition("pt=__HIVE_DEFAULT_PARTITION__")


def test_small_files_are_merged_by_every_spelling(o: ODPS, rows: Callable[..., list[tuple]]) -> None:
    table = o.create_table("t", "a bigint")
    parted = o.create_table("p", ("a bigint", "pt string"))
    for i in range(3):
        o.write_table("t", [[i]])
        o.write_table("p", [[i]], partition="pt=x", create_partition=True)
    o.execute_merge_files("t")
    o.execute_sql("alter table p partition (pt='x') merge smallfiles")
    table.reload()
    assert (table.file_num, parted.get_partition("pt=x").file_num) == (1, 1)
    assert rows("select sum(a), count(*) from t") == [(3, 3)]
    with pytest.raises(NoSuchTable):
        o.execute_merge_files("nope")
    with pytest.raises(ODPSError, match="Partition does not exist"):
        o.execute_merge_files("p", partition="pt=nope")


def test_cold_storage_is_refused_by_name(o: ODPS) -> None:
    o.create_table("t", "a bigint")
    for attempt in (o.execute_archive_table, lambda name: o.execute_freeze_command(name, command="freeze")):
        with pytest.raises(NotSupportedError, match="no cold storage"):
            attempt("t")


def test_decimals_that_do_not_fit_are_refused(o: ODPS, rows: Callable[..., list[tuple]]) -> None:
    o.create_table("t", "a decimal(10,2), b array<decimal(4,1)>")
    wide = pa.array([Decimal("99999999999.99")], pa.decimal128(20, 2))
    fits = pa.array([Decimal("99999999.99")], pa.decimal128(20, 2))
    none = pa.array([None], pa.list_(pa.decimal128(4, 1)))
    with pytest.raises((ODPSError, ValueError)):
        o.write_table("t", pa.table({"a": wide, "b": none}))
    o.write_table("t", pa.table({"a": fits, "b": none}))
    assert rows("select a from t") == [(Decimal("99999999.99"),)]


def test_an_integer_decimal_through_arrow_never_breaks_its_precision(o: ODPS, rows: Callable[..., list[tuple]]) -> None:
    """PyODPS takes a scale of 0 for 18: what it sends for 8 is 8 * 10**18, too large for ten digits."""
    o.create_table("t", "a decimal(10,0)")
    with pytest.raises(ODPSError, match="does not fit its table"):
        o.write_table("t", pa.table({"a": pa.array([Decimal(8)], pa.decimal128(38, 18))}))
    assert rows("select a from t") == []


def test_a_time_zone_that_does_not_exist_is_the_users_mistake(o: ODPS) -> None:
    for zone in ("Mars/Phobos", "../../etc"):
        with pytest.raises(ODPSError, match="there is no time zone") as caught:
            o.execute_sql("select 1", hints={"odps.sql.timezone": zone})
        assert caught.value.code == "ODPS-0130071"


def test_a_table_dropped_during_an_upload_is_named(o: ODPS) -> None:
    table = o.create_table("t", "a bigint")
    writer = table.open_writer()
    writer.write([[1]])
    o.delete_table("t")
    with pytest.raises(NoSuchTable, match="was dropped since the session"):
        writer.close()


def test_small_answers_that_clients_parse(o: ODPS) -> None:
    assert o.get_role_policy("admin") == {}
    assert o.run_sql("select 1").get_task_quota() == {}
    o.create_table("t", ("a bigint", "pt string"))
    with pytest.raises(NoSuchPartition, match="pt='x'"):
        o.get_table("t").get_partition("pt=x").reload()


def test_what_is_not_offered_is_named(o: ODPS) -> None:
    with pytest.raises(NotSupportedError, match="XFlow"):
        o.run_xflow("x", o.project, {})
    with pytest.raises(ODPSError, match="run_security_query"):
        o.execute_sql("whoami")
    with pytest.raises(NotSupportedError, match="cannot be put"):
        instance = o.run_sql("select 1")
        instance.put_task_info(instance.get_task_names()[0], "k", "v")


def test_a_number_partition_has_one_spelling(o: ODPS) -> None:
    o.execute_sql("create table numbered (a bigint) partitioned by (n bigint)")
    o.execute_sql("alter table numbered add partition (n = '007')")
    o.execute_sql("alter table numbered drop partition (n = '7')")
    assert not list(o.get_table("numbered").partitions)


def test_a_table_comment_has_a_length_too(o: ODPS) -> None:
    with pytest.raises(ODPSError, match="1024"):
        o.execute_sql(f"create table talkative (a bigint) comment '{'x' * 1025}'")
