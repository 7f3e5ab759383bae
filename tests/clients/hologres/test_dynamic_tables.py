"""Dynamic tables. Sources: the vendor's pages "CREATE DYNAMIC TABLE", "ALTER DYNAMIC TABLE", "DROP DYNAMIC TABLE" and
"System tables of Dynamic Table"."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import waiting
from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
MANUAL = "with (freshness = '1 minutes', auto_refresh_enable = false)"


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create schema if not exists dyn; set search_path to dyn")
        made.execute("drop table if exists employees cascade; drop dynamic table if exists dt")
        made.execute("create table employees (department_id int, employee_name varchar)")
        made.execute("insert into employees values (1, 'John'), (1, 'Jane'), (1, 'John'), (2, 'Alice'), (2, 'Bob')")
        yield made


def run(client: Client, *statements: str) -> None:
    """Each on its own: in one text they would be a block."""
    for one in statements:
        client.execute(one)


def state(client: Client, statement: str) -> str | None:
    with pytest.raises(psycopg.Error) as caught:
        client.execute(statement)
    return caught.value.sqlstate


def rows(client: Client, table: str = "dt") -> list[Any]:
    return sorted(client.execute(f"select * from {table}").fetchall())


def properties(client: Client, table: str = "dt") -> dict[str, str]:
    asked = """select property_key, property_value from hologres.hg_dynamic_table_properties
        where dynamic_table_namespace = 'dyn' and dynamic_table_name = %s"""
    return dict(client.execute(asked, (table,)).fetchall())


def history(client: Client, columns: str, table: str = "dt") -> list[Any]:
    return client.execute(f"""select {columns} from hologres.hg_dynamic_table_refresh_history
        where schema_name = 'dyn' and dynamic_table_name = '{table}' order by refresh_start""").fetchall()


def test_the_vendors_example(client: Client) -> None:
    """Of the page "ALTER DYNAMIC TABLE": it refreshes itself, and its query gets a column."""
    made = """CREATE DYNAMIC TABLE dt WITH (freshness = '1 minutes', auto_refresh_mode = 'auto',
        distribution_key = 'department_id') AS SELECT department_id FROM employees GROUP BY department_id"""
    assert client.execute(made).statusmessage == "CREATE DYNAMIC TABLE"
    waiting.until(lambda: rows(client) == [(1,), (2,)], 20)
    altered = """ALTER DYNAMIC TABLE dt AS SELECT department_id, STRING_AGG(DISTINCT employee_name, ', ') AS names
        FROM employees GROUP BY department_id"""
    assert client.execute(altered).statusmessage == "ALTER DYNAMIC TABLE"
    assert rows(client) == [(1, None), (2, None)]
    assert client.execute("REFRESH DYNAMIC TABLE dt").statusmessage == "REFRESH DYNAMIC TABLE"
    assert [(one, sorted(names.split(", "))) for one, names in rows(client)] == [
        (1, ["Jane", "John"]), (2, ["Alice", "Bob"])]  # fmt: skip
    assert history(client, "status, refresh_mode, duration >= 0, datname") == [("SUCCESS", "full", True, "yunbox")] * 2
    found = properties(client)
    assert (found["freshness"], found["auto_refresh_mode"], found["auto_refresh_enable"], found["execution_mode"]) == (
        "1 minutes", "auto", "true", "full")  # fmt: skip
    assert "STRING_AGG" in found["task_definition"]
    assert client.execute("DROP DYNAMIC TABLE dyn.dt").statusmessage == "DROP DYNAMIC TABLE"
    assert properties(client) == {}


def test_it_is_refreshed_when_asked(client: Client) -> None:
    client.execute(
        f"create dynamic table dt (d, n) {MANUAL} as select department_id, count(*) from employees group by 1"
    )
    assert rows(client) == []
    client.execute("refresh dynamic table dt")
    assert rows(client) == [(1, 3), (2, 2)]
    client.execute("insert into employees values (3, 'Eve')")
    assert rows(client) == [(1, 3), (2, 2)]
    client.execute("refresh dynamic table dyn.dt with (refresh_guc_statement_timeout = '30 mins')")
    assert rows(client) == [(1, 3), (2, 2), (3, 1)]
    client.execute("create view above as select sum(n) from dt")
    run(client, "truncate employees", "refresh dynamic table dt")
    assert client.execute("select * from above").fetchone() == (None,)
    assert [one for (one,) in history(client, "status")][-3:] == ["SUCCESS"] * 3
    client.execute("drop view above")


def test_one_above_another_and_names_that_change(client: Client) -> None:
    client.execute(
        f"create dynamic table dt {MANUAL} as select department_id as d, count(*) as n from employees group by 1"
    )
    client.execute("drop dynamic table if exists top")
    client.execute(f"create dynamic table top {MANUAL} as select max(n) as most from dt")
    run(client, "refresh dynamic table dt", "refresh dynamic table top")
    assert rows(client, "top") == [(3,)]
    asked = """select table_name, dynamic_table_name, dependency from hologres.hg_dynamic_table_dependencies
        where dynamic_table_namespace = 'dyn' order by 2"""
    found = client.execute(asked).fetchall()
    assert found == [("employees", "dt", "base_table"), ("dt", "top", "base_table")]
    client.execute("alter table employees rename to staff; alter dynamic table dt rename to counted")
    run(client, "insert into staff values (1, 'Eve')", "refresh dynamic table counted", "refresh dynamic table top")
    assert rows(client, "top") == [(4,)]
    assert state(client, "drop table staff") == "2BP01"
    assert state(client, "drop dynamic table counted") == "2BP01"
    assert state(client, "alter table staff drop column department_id") == "0A000"
    client.execute("drop table staff cascade")
    assert state(client, "select * from top") == "42P01"


def test_what_is_refused(client: Client) -> None:
    query = "as select department_id as d from employees"
    for options, code in {
        "": "22023", "with (auto_refresh_enable = true)": "22023", "with (freshness = '10 seconds')": "22023",
        "with (freshness = '1 minutes', auto_refresh_mode = 'incremental')": "0A000",
        "with (freshness = '1 minutes', base_table_cdc_format = 'binlog')": "0A000",
        "with (freshness = '1 minutes', binlog_level = 'replica')": "0A000",
        "with (freshness = '1 minutes', auto_refresh_mode = 'often')": "22023",
        "with (freshness = '1 minutes', nothing = 'x')": "22023",
        "with (freshness = '1 minutes', orientation = 'row')": "42P16",
        "logical partition by list (d) with (freshness = '1 minutes')": "0A000",
        "with (refresh_mode = 'full', full_auto_refresh_interval = '49 hours')": "22023",
    }.items():  # fmt: skip
        assert state(client, f"create dynamic table dt {options} {query}") == code, options
    assert state(client, f"create dynamic table dt {MANUAL} as select nothing from employees") == "42703"
    client.execute(f"create dynamic table dt {MANUAL} {query}")
    assert state(client, f"create dynamic table dt {MANUAL} {query}") == "42P07"
    client.execute(f"create dynamic table if not exists dt {MANUAL} {query}")
    for statement in (
        "insert into dt values (1)", "insert into dt select 1", "delete from dt", "update dt set d = 1", "truncate dt",
        "insert overwrite dt select 1", "call hg_insert_overwrite('dt', 'select 1')", "alter table dt add column x int",
        "async rebuild table dt alter primary key (d)",
        "alter dynamic table dt set (auto_refresh_mode = 'incremental')",
    ):  # fmt: skip
        assert state(client, statement) == "0A000", statement
    assert state(client, "alter dynamic table dt as select 'x' as d from employees") == "42P16"
    assert state(client, "alter dynamic table dt as select d from dt") == "42P17"
    assert state(client, "refresh dynamic table employees") == "42809"
    assert state(client, "refresh dynamic table nowhere") == "42P01"
    assert state(client, "drop dynamic table employees") == "42809"
    assert state(client, "begin; refresh dynamic table dt") == "25001"
    client.execute("rollback; drop dynamic table if exists nowhere; alter dynamic table if exists nowhere rename to x")


def test_one_that_fails_keeps_its_rows(client: Client) -> None:
    client.execute(f"create dynamic table dt {MANUAL} as select 12 / department_id as d from employees")
    run(client, "refresh dynamic table dt", "insert into employees values (0, 'zero')")
    before = rows(client)
    assert state(client, "refresh dynamic table dt") == "22012"
    assert rows(client) == before
    assert history(client, "status")[-2:] == [("SUCCESS",), ("FAILED",)]
    client.execute("alter dynamic table dt set (task_definition = $$select department_id as d from employees$$)")
    client.execute("refresh dynamic table dt")
    assert rows(client)[0] == (0,)
    slow = "as select count(*) as d from generate_series(1, 100000) a, generate_series(1, 100000) b"
    client.execute("drop dynamic table dt")
    client.execute(f"create dynamic table dt {MANUAL[:-1]}, refresh_guc_statement_timeout = '300ms') {slow}")
    assert state(client, "refresh dynamic table dt") == "57014"


def test_the_words_of_hologres_3_0(client: Client) -> None:
    client.execute("""create dynamic table dt with (refresh_mode = 'full', auto_refresh_enable = 'true',
        full_auto_refresh_interval = '1 hours', full_guc_hg_computing_resource = 'serverless')
        as select count(*) as n from employees""")
    waiting.until(lambda: rows(client) == [(5,)], 20)
    client.execute("alter dynamic table dt set (auto_refresh_enable = false, full_auto_refresh_interval = '3 minutes')")
    found = properties(client)
    assert (found["auto_refresh_enable"], found["full_auto_refresh_interval"]) == ("false", "3 minutes")


def test_settings_and_scripts(client: Client) -> None:
    run(client, "create extension if not exists hg_toolkit", "set timezone to 'Asia/Shanghai'")
    client.execute(f"""create dynamic table dt {MANUAL} as
        select '2024-01-01 00:00:00+00'::timestamptz::text as at, current_user::text as who from employees limit 1""")
    run(client, "set timezone to 'UTC'", "refresh dynamic table dt")
    [(at, who)] = rows(client)
    assert at == "2024-01-01 08:00:00+08" and client.execute("select current_user").fetchone() == (who,)
    [(script,)] = client.execute("select hg_dump_script('dyn.dt')").fetchall()
    assert "CREATE DYNAMIC TABLE dyn.dt (at, who) WITH (" in script and "freshness = '1 minutes'" in script
    made = script[script.index("CREATE DYNAMIC") : script.index(";", script.index("limit 1"))]
    client.execute("drop dynamic table dt")
    client.execute(made)
    client.execute("refresh dynamic table dt")
    assert len(rows(client)) == 1


def test_rights(client: Client) -> None:
    client.execute("create user maker; grant all on schema dyn to maker; set role maker")
    assert state(client, f"create dynamic table dt {MANUAL} as select * from employees") == "42501"
    client.execute("reset role; grant select on employees to maker; set role maker")
    client.execute(f"create dynamic table dt {MANUAL} as select * from employees")
    client.execute("refresh dynamic table dt")
    assert len(rows(client)) == 5
    client.execute("reset role; revoke select on employees from maker")
    assert state(client, "refresh dynamic table dt") == "42501"
    client.execute("create user other; grant usage on schema dyn to other; set role other")
    for statement in ("refresh dynamic table dt", "drop dynamic table dt", "alter dynamic table dt rename to x"):
        assert state(client, statement) == "42501"
    assert history(client, "status") == []
    client.execute("reset role; drop dynamic table dt; drop owned by maker; drop user maker; drop owned by other")
    client.execute("drop user other")


def test_refreshes_go_on_behind_a_kill(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        with connected(server) as client:
            client.execute("create table t (k int); insert into t select generate_series(1, 10)")
            client.execute("create dynamic table d with (freshness = '1 minutes') as select count(*) as n from t")
            waiting.until(lambda: rows(client, "d") == [(10,)], 20)
            slow = "select count(*) as n from t, generate_series(1, 40000000) g where k + g > 0"
            client.execute(f"create dynamic table later with (freshness = '1 hours') as {slow}")
            begun = "select count(*) from hologres.hg_dynamic_table_refresh_history"
            assert client.execute(begun).fetchone() == (1,)
            time.sleep(2.5)  # it has begun by then, and takes longer
        server.kill()
        server.start()
        with connected(server) as client:
            assert rows(client, "d") == [(10,)]
            waiting.until(lambda: rows(client, "later") == [(400_000_000,)], 60)
