"""SQL through PyODPS: jobs, results, errors, prices."""

import threading
from decimal import Decimal

import pytest
from odps import ODPS
from odps.errors import NoSuchTable, ODPSError, ParseError
from odps.models import Instance


def test_a_query_gives_typed_rows(o: ODPS, rows) -> None:
    assert rows("select 1, 'x', 1.5, true, cast(null as bigint)") == [(1, "x", 1.5, True, None)]


def test_insert_into_and_overwrite(o: ODPS, rows) -> None:
    o.create_table("t", "a bigint, b string")
    o.execute_sql("insert into t values (1, 'x'), (2, 'y')")
    o.execute_sql("insert into table t select a + 10, concat(b, '!') from t")
    assert rows("select a, b from t order by a limit 10") == [(1, "x"), (2, "y"), (11, "x!"), (12, "y!")]
    o.execute_sql("insert overwrite table t select a, b from t where a > 10")
    assert rows("select a from t order by a limit 10") == [(11,), (12,)]


def test_overwriting_replaces_only_the_partitions_named(o: ODPS, rows) -> None:
    o.create_table("t", ("a bigint", "pt string"))
    o.execute_sql("insert into t partition (pt) values (1, 'x'), (2, 'y')")
    o.execute_sql("insert overwrite table t partition (pt = 'x') values (7)")
    assert rows("select a, pt from t where pt >= '' order by pt limit 9") == [(7, "x"), (2, "y")]
    o.execute_sql("insert overwrite table t partition (pt) select 8, 'y'")
    assert rows("select a, pt from t where pt >= '' order by pt limit 9") == [(7, "x"), (8, "y")]


def test_an_overwrite_by_nothing_empties_the_partition(o: ODPS, rows) -> None:
    o.create_table("t", ("a bigint", "pt string"))
    o.execute_sql("insert into t partition (pt = 'x') values (1)")
    o.execute_sql("insert overwrite table t partition (pt = 'x') select 1 where false")
    assert rows("select count(*) from t where pt = 'x'") == [(0,)]
    assert o.get_table("t").exist_partition("pt=x")


def test_create_table_as_select_and_like(o: ODPS, rows) -> None:
    o.execute_sql("create table a as select 1 as x, 'y' as y")
    o.execute_sql("create table b like a")
    assert rows("select * from a") == [(1, "y")]
    assert [c.name for c in o.get_table("b").table_schema.columns] == ["x", "y"]
    assert rows("select count(*) from b") == [(0,)]


def test_views(o: ODPS, rows) -> None:
    o.create_table("t", "a bigint")
    o.execute_sql("insert into t values (1), (2)")
    o.execute_sql("create view v as select a * 2 as d from t")
    assert sorted(rows("select d from v")) == [(2,), (4,)]
    assert o.get_table("v").is_virtual_view


def test_alter_table(o: ODPS, rows) -> None:
    o.execute_sql("create table t (a bigint, b string)")
    o.execute_sql("insert into t values (1, 'x')")
    o.execute_sql("alter table t add columns (c double)")
    o.execute_sql("insert into t values (2, 'y', 0.5)")
    assert rows("select a, b, c from t order by a limit 9") == [(1, "x", None), (2, "y", 0.5)]
    o.execute_sql("alter table t change column b rename to bb")
    o.execute_sql("alter table t drop columns (c)")
    assert rows("select * from t order by a limit 9") == [(1, "x"), (2, "y")]
    assert [c.name for c in o.get_table("t").table_schema.columns] == ["a", "bb"]
    o.execute_sql("alter table t rename to u")
    assert not o.exist_table("t")
    o.execute_sql("truncate table u")
    assert rows("select count(*) from u") == [(0,)]


def test_show_and_desc_answer_with_text(o: ODPS) -> None:
    o.create_table("t", ("a bigint", "pt string"))
    o.get_table("t").create_partition("pt=1")
    assert o.execute_sql("show tables").open_reader(tunnel=False).raw.endswith(":t")
    assert o.execute_sql("show partitions t").open_reader(tunnel=False).raw.strip() == "pt=1"
    assert "| a " in o.execute_sql("desc t").open_reader(tunnel=False).raw
    assert "PARTITIONED BY" in o.execute_sql("show create table t").open_reader(tunnel=False).raw


@pytest.mark.parametrize(
    ("sql", "kind", "code"),
    [
        ("select * from missing", NoSuchTable, "ODPS-0130131"),
        ("selct 1", ParseError, "ODPS-0130161"),
        ("select nope from (select 1 as a) s", ODPSError, "ODPS-0130071"),
        ("drop table missing", NoSuchTable, "ODPS-0130131"),
    ],
)
def test_errors_carry_the_vendors_code(o: ODPS, sql: str, kind: type, code: str) -> None:
    with pytest.raises(kind) as caught:
        o.execute_sql(sql)
    assert caught.value.code == code


def test_a_failed_job_is_free(o: ODPS, cli, project: str) -> None:
    import json

    with pytest.raises(ODPSError):
        o.execute_sql("select * from missing")
    o.execute_sql("select 1")
    lines = json.loads(cli("bill", "--project", project, "--output", "json"))["lines"]
    assert [line["text"] for line in lines] == ["select 1;"]


def test_the_price_is_told_before_and_is_what_the_bill_says(o: ODPS, cli, project: str) -> None:
    import json

    o.create_table("t", ("a bigint, b string", "pt string"))
    o.execute_sql("insert into t partition (pt) select 1, repeat('x', 1000), '1'")
    o.execute_sql("insert into t partition (pt) select 1, uuid(), '2'")
    narrow = o.execute_sql_cost("select a from t where pt = '1'").input_size
    wide = o.execute_sql_cost("select a, b from t where pt >= '1'").input_size
    assert 0 < narrow < wide
    instance = o.execute_sql("select a, b from t where pt >= '1'")
    lines = json.loads(cli("bill", "--project", project, "--output", "json"))["lines"]
    assert {line["key"]: line["quantity_bytes"] for line in lines}[instance.id] == wide


def test_a_full_scan_is_refused_with_both_prices(o: ODPS) -> None:
    o.create_table("t", ("a bigint", "pt string"))
    o.execute_sql("insert into t partition (pt) values (1, '1'), (2, '2')")
    with pytest.raises(ODPSError, match=r"is full scan with all partitions, please specify partition predicates") as e:
        o.execute_sql("select a from t")
    assert e.value.code == "ODPS-0130071"
    assert "All 2 partitions would cost" in str(e.value)
    assert "pt='2'" in str(e.value)
    o.execute_sql("select a from t", hints={"odps.sql.allow.fullscan": "true"})
    o.execute_sql("setproject odps.sql.allow.fullscan=true")
    o.execute_sql("select a from t")


def test_a_query_limit_and_a_daily_budget_refuse_before_running(o: ODPS) -> None:
    o.create_table("t", "a bigint")
    o.execute_sql("insert into t values (1)")
    with pytest.raises(ODPSError, match=r"odps\.sql\.metering\.value\.max"):
        o.execute_sql("select a from t", hints={"odps.sql.metering.value.max": "0.00000001"})
    o.execute_sql("setproject yunbox.sql.daily.cost.max=0.0000000001")
    with pytest.raises(ODPSError, match="daily"):
        o.execute_sql("select a from t")
    o.execute_sql("select 1")  # what costs nothing may still run


def test_run_sql_goes_on_behind_its_id_and_can_be_stopped(o: ODPS) -> None:
    instance = o.run_sql(
        "set odps.sql.max.sequence.length=30000; "
        "select count(*) from (select explode(sequence(1, 30000))) a(x) "
        "join (select explode(sequence(1, 30000))) b(y) on a.x % 7 = b.y % 7 "
        "join (select explode(sequence(1, 30000))) c(z) on c.z % 5 = a.x % 5"
    )
    assert instance.status == Instance.Status.RUNNING
    assert instance.id in [i.id for i in o.list_instances()]
    instance.stop()
    assert instance.is_terminated()
    assert not instance.is_successful()
    assert next(iter(instance.get_task_statuses().values())).status == Instance.Task.TaskStatus.CANCELLED
    assert o.execute_sql("select 1").is_successful()


def test_an_instance_tells_of_itself(o: ODPS) -> None:
    instance = o.execute_sql("select 1 as x")
    again = o.get_instance(instance.id)
    assert again.is_terminated()
    assert again.is_successful()
    assert again.get_task_names() == instance.get_task_names()
    assert "select 1 as x" in again.get_sql_query()
    assert again.get_task_summary() is not None
    assert again.get_task_progress(again.get_task_names()[0]).stages[0].finished_percentage == 100
    assert again.get_task_result().splitlines()[0] == '"x"'
    assert again.start_time is not None
    assert again.end_time is not None


def test_many_clients_at_once_lose_nothing(o: ODPS, rows) -> None:
    o.create_table("t", "a bigint")
    failures: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for i in range(5):
                o.execute_sql(f"insert into t values ({number * 100 + i})")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert rows("select count(*), count(distinct a) from t") == [(40, 40)]


def test_settings_in_front_of_a_statement_count(o: ODPS, rows) -> None:
    o.create_table("t", ("a bigint", "pt string"))
    o.execute_sql("insert into t partition (pt = '1') values (1)")
    assert rows("set odps.sql.allow.fullscan=true; select a from t") == [(1,)]


def test_a_large_result_without_the_tunnel_is_cut_and_says_so(o: ODPS) -> None:
    instance = o.execute_sql("set odps.sql.max.sequence.length=12000; select explode(sequence(1, 12000)) as n")
    with instance.open_reader(tunnel=False, limit=True) as reader:
        assert [int(record[0]) for record in reader] == list(range(1, 10_001))
    assert instance.get_result_descriptor().select_result_status == "TRUNCATED"
    with instance.open_reader(tunnel=True) as reader:
        assert reader.count == 12_000


def test_instants_in_csv_are_in_the_sessions_time_zone(o: ODPS) -> None:
    sql = "select cast('2026-05-09 12:00:00' as datetime) as d"
    for zone in ("UTC", "America/New_York"):
        instance = o.execute_sql(sql, hints={"odps.sql.timezone": zone})
        assert instance.get_task_result().splitlines()[1] == "2026-05-09 12:00:00"


def test_explain_names_the_partitions_that_are_read(o: ODPS) -> None:
    o.create_table("t", ("a bigint", "pt string"))
    o.execute_sql("insert into t partition (pt) values (1, '1'), (2, '2')")
    text = o.execute_sql("explain select a from t where pt = '2'").open_reader(tunnel=False).raw
    assert "1/2" in text or "1 of 2" in text or "pt=2" in text, text


_NUMBERS = "set odps.sql.max.sequence.length=200000; create table t as select explode(sequence(1, 200000)) as n"


def test_a_value_that_is_far_down_fails_as_the_first_one_does(o: ODPS) -> None:
    o.execute_sql(_NUMBERS)
    for row in (1, 190_000):
        with pytest.raises(ODPSError, match=r"ODPS-0121145.*the result of addition is out of range"):
            o.execute_sql(f"select if(n = {row}, 9223372036854775807 + n, n) as x from t")


def test_a_product_with_more_digits_than_others(o: ODPS, rows) -> None:
    o.execute_sql(_NUMBERS)
    large = "cast(if(n = 190000, '99999999999999.9999', '1.5') as decimal(18, 4))"
    o.execute_sql(f"create table d as select n, {large} as a, cast(n as decimal(18, 2)) as b from t")
    expected = Decimal("99999999999999.9999") * 190_000
    assert rows("select a * b from d where n >= 190000 order by n limit 2") == [(expected,), (Decimal("285001.5"),)]
    with o.execute_sql("select n, a * b as p from d").open_reader(tunnel=True) as reader:
        found = {record["n"]: record["p"] for record in reader}
    assert len(found) == 200_000
    assert found[190_000] == expected
    assert rows("select max(a * b), count(a * b) from d") == [(expected, 200_000)]


def test_parts_of_dates_in_a_subquery(o: ODPS, rows) -> None:
    o.execute_sql("create table days as select date '2026-05-06' as d union all select date '2024-02-29'")
    query = "select y, m, count(*) from (select extract(year from d) as y, extract(month from d) as m from days) s"
    assert rows(f"{query} group by y, m order by y limit 5") == [(2024, 2, 1), (2026, 5, 1)]
