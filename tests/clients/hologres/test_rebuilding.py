"""ASYNC REBUILD TABLE. Source: the vendor's page "REBUILD"."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests import waiting
from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
STEPS = "select step, status, progress from hologres.rebuild_progress(%s)"
DONE = [
    ("prepare", "done", "1/1"), ("create_tmp_table", "done", "1/1"), ("get_src_table_snapshot", "done", "1/1"),
    ("insert", "done", "1/1"), ("set_readonly", "done", "1/1"), ("check_snapshot", "done", "1/1"),
    ("re-insert", None, "-"), ("check_additional_child_table", None, "-"), ("create_additional_child_table", None, "-"),
    ("insert_additional_child_table", None, "-"), ("swap", "done", "1/1"),
]  # fmt: skip

_LATER = (
    psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.FeatureNotSupported, psycopg.errors.SerializationFailure
)  # fmt: skip
"""What who writes is told while a table is rebuilt: it is to be done again."""


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create schema if not exists rebuilt")
        made.execute("set search_path to rebuilt")
        made.execute("drop table if exists t cascade")
        made.execute("create table t (a text, b text, n int default 7, ds text not null)")
        made.execute(
            "insert into t values ('1', '10', 1, '2025-04-01'), ('2', '20', 2, '2025-04-02'), ('3', null, 3, '')"
        )
        yield made


def state(client: Client, statement: str) -> str | None:
    with pytest.raises(psycopg.Error) as caught:
        client.execute(statement)
    return caught.value.sqlstate


def rows(client: Client, table: str = "t") -> list[Any]:
    return sorted(client.execute(f"select * from {table}").fetchall())


def begun(client: Client, statement: str) -> str:
    [(number,)] = client.execute(statement).fetchall()
    return number


def ended(client: Client, number: str) -> list[Any]:
    """The steps of a rebuild that has ended."""

    def found() -> list[Any]:
        steps = client.execute(STEPS, (number,)).fetchall()
        statuses = [status for _, status, _ in steps]
        return steps if statuses[-1] == "done" or "error" in statuses else []

    return waiting.until(found, 30)


def rebuilt(client: Client, actions: str) -> list[Any]:
    return ended(client, begun(client, f"async rebuild table t {actions}"))


def properties(client: Client) -> dict[str, str]:
    asked = "select property_key, property_value from hologres.hg_table_properties where table_name = 't'"
    return dict(client.execute(asked).fetchall())


def failed(client: Client, actions: str) -> str:
    """What is told of a rebuild that fails behind its session."""
    number = begun(client, f"async rebuild table t {actions}")
    ended(client, number)
    [(message,)] = client.execute(
        "select message from hologres.rebuild_progress(%s) where status = 'error'", (number,)
    ).fetchall()
    return message


def test_the_vendors_examples(client: Client) -> None:
    """Of the page, with its columns."""
    assert rebuilt(client, "ADD COLUMN c text NOT NULL DEFAULT 'a'") == DONE
    assert rows(client)[0] == ("1", "10", 1, "2025-04-01", "a")
    assert rebuilt(client, "ALTER PRIMARY KEY (a)") == DONE
    assert client.execute("select n from t where a = '2'").fetchone() == (2,)
    assert state(client, "insert into t values ('2', '', 1, '', '')") == "23505"
    statement = """WITH (rebuild_guc_hg_computing_resource = 'serverless')
        SET (distribution_key = 'a', clustering_key = 'a', orientation = 'row,column')"""
    assert rebuilt(client, statement) == DONE
    found = properties(client)
    assert (found["clustering_key"], found["orientation"], found["distribution_key"]) == ("a", "row,column", "a")
    assert (
        state(client, "async rebuild table t alter column ds set not null, to logical partition by list(ds)") == "0A000"
    )
    assert rebuilt(client, "alter primary key (a, ds), to logical partition by list (ds)") == DONE
    listed = "select partition from hologres.hg_list_logical_partition('rebuilt.t') order by 1"
    assert client.execute(listed).fetchall() == [("",), ("2025-04-01",), ("2025-04-02",)]
    assert rebuilt(client, "set (partition_require_filter = true, orientation = 'column')") == DONE
    assert state(client, "select * from t") == "0A000"
    assert rebuilt(client, "add column more int default 4, alter n type bigint") == DONE
    assert len(client.execute("select more from t where ds >= ''").fetchall()) == 3
    for actions in (
        "alter primary key (a)", "alter ds type float8 using 1", "alter ds drop not null",
        "to logical partition by list (a)", "to partition by list (a)", "to logical partition",
    ):  # fmt: skip
        assert state(client, f"async rebuild table t {actions}") in ("0A000", "42P16"), actions
    client.execute("alter table t set (partition_require_filter = false)")
    assert len(rows(client)) == 3


def test_columns(client: Client) -> None:
    oid = client.execute("select 't'::regclass::oid").fetchone()
    client.execute("comment on column t.n is 'count'; grant select (n) on t to public")
    actions = (
        "alter column n type bigint, alter b set data type int using coalesce(b, '0')::int * 2, alter a set not null"
    )
    assert rebuilt(client, f"{actions}, alter n set default 9, add column at timestamptz default now()") == DONE
    found = rows(client)
    assert [row[:4] for row in found] == [("1", 20, 1, "2025-04-01"), ("2", 40, 2, "2025-04-02"), ("3", 0, 3, "")]
    assert all(row[4] is not None for row in found)
    client.execute("insert into t (a, ds) values ('4', 'x')")
    assert client.execute("select b, n, pg_typeof(n)::text from t where a = '4'").fetchone() == (None, 9, "bigint")
    assert client.execute("select col_description('t'::regclass, 3)").fetchone() == ("count",)
    assert client.execute("select 't'::regclass::oid").fetchone() == oid
    assert (
        rebuilt(client, "alter a drop not null, alter n drop default, set (time_to_live_in_seconds = '8640000')")
        == DONE
    )
    client.execute("insert into t (ds) values ('y')")
    assert client.execute("select a, n from t where ds = 'y'").fetchone() == (None, None)


def test_what_fails_leaves_the_table_as_it_was(client: Client) -> None:
    before = rows(client)
    client.execute("insert into t values ('1', 'again', 5, '')")
    assert "duplicate key" in failed(client, "alter primary key (a)")
    client.execute("delete from t where b = 'again'")
    assert "null value" in failed(client, "alter b set not null")
    assert "invalid input syntax" in failed(client, "alter ds type int using ds::int")
    assert rows(client) == before
    client.execute("update t set n = n where a = '1'")
    for actions, code in {
        "alter primary key (nowhere)": "42703", "set (orientation = 'row')": "42P16", "add column a int": "42701",
        "set (nothing = '1')": "22023", "set (table_group = 'nowhere')": "42704", "with (other) set (a = '1')": "22023",
        "with (binlog_mode) set (clustering_key = 'a')": "0A000", "drop column a": "42601", "": "42601",
        "alter primary key (a), set (distribution_key = 'b')": "42P16",
    }.items():  # fmt: skip
        assert state(client, f"async rebuild table t {actions}") == code, actions
    assert state(client, "async rebuild table nowhere set (clustering_key = 'a')") == "42P01"
    assert client.execute("async rebuild table if exists nowhere set (clustering_key = 'a')").fetchall() == []
    assert state(client, "begin; async rebuild table t alter primary key (a)") == "25001"
    client.execute("rollback; create table v (id serial)")
    assert state(client, "async rebuild table v alter primary key (id)") == "0A000"
    client.execute("drop table v; create view v as select n from t")
    assert state(client, "async rebuild table t alter n type bigint") == "0A000"
    assert rebuilt(client, "alter primary key (a)") == DONE
    assert sorted(client.execute("select * from v").fetchall()) == [(1,), (2,), (3,)]


def test_the_table_as_it_was_may_be_kept(client: Client) -> None:
    number = begun(client, "async rebuild table t with (keep_source) alter primary key (a)")
    assert ended(client, number) == DONE
    [(name,)] = client.execute(
        "select tablename from pg_tables where tablename like %s", (f"tmp_rebuild_old_{number}_%",)
    )
    assert rows(client, name) == rows(client)
    assert client.execute("select count(*) from pg_index where indrelid = %s::regclass", (name,)).fetchone() == (0,)
    client.execute(f"drop table {name}")
    assert len(rows(client)) == 3


def test_a_table_may_be_read_only(client: Client) -> None:
    client.execute("call set_table_property('t', 'readonly', 'true')")
    assert properties(client)["readonly"] == "true"
    for statement in (
        "insert into t values ('4', '', 1, '')", "update t set n = 1", "delete from t where n > 1", "truncate t",
        "insert overwrite t select * from t", "async rebuild table t alter primary key (a)",
    ):  # fmt: skip
        assert state(client, statement) == "25006", statement

    def copied() -> None:
        with client.cursor() as cursor, cursor.copy("copy t from stdin") as copy:
            copy.write_row(("4", "", 1, ""))

    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        copied()
    assert len(rows(client)) == 3
    client.execute("alter table t set (readonly = false)")
    client.execute("insert into t values ('4', '', 1, '')")


def test_no_write_is_lost(client: Client, server: Server) -> None:
    """Others write while the table is rebuilt: what they were told is in the new one."""
    client.execute("insert into t select g::text, '', 0, 'x' from generate_series(4, 60000) g")
    assert rebuilt(client, "alter primary key (a)") == DONE
    stop, told = threading.Event(), []

    def write() -> None:
        with connected(server) as writer:
            while not stop.is_set():
                try:
                    writer.execute("update rebuilt.t set n = n + 1 where a = '1'")
                    told.append(1)
                except _LATER:
                    time.sleep(0.005)

    before = client.execute("select n from t where a = '1'").fetchone()
    writer = threading.Thread(target=write)
    writer.start()
    waiting.until(lambda: told)
    for actions in ("alter n type bigint", "set (orientation = 'row,column')", "alter primary key (a, ds)"):
        steps = rebuilt(client, actions)
        assert steps[-1] == ("swap", "done", "1/1") and steps[6] == ("re-insert", "done", "1/1"), steps
    count = len(told)
    waiting.until(lambda: len(told) > count)
    stop.set()
    writer.join()
    assert before is not None
    assert client.execute("select n from t where a = '1'").fetchone() == (before[0] + len(told),)


def test_rebuilds_are_stopped_and_go_on(client: Client) -> None:
    client.execute("insert into t select g::text, '', 0, 'x' from generate_series(4, 300000) g")
    number = begun(client, "async rebuild table t alter primary key (a, b, ds), alter b set default ''")
    client.execute(f"suspend '{number}'")
    assert state(client, f"suspend '{number}'") == "55000"
    client.execute("insert into t values ('a', 'b', 1, 'c')")
    client.execute("update t set b = '' where b is null")
    client.execute(f"resume '{number}'")
    assert ended(client, number)[-1] == ("swap", "done", "1/1")
    assert client.execute("select n from t where a = 'a' and b = 'b' and ds = 'c'").fetchone() == (1,)
    assert state(client, f"resume '{number}'") == "55000"
    assert state(client, "resume '12'") == "22023"
    assert client.execute("select * from hologres.rebuild_progress('12')").fetchall() == []


def test_rights(client: Client) -> None:
    client.execute("create user builder; grant usage on schema rebuilt to builder; grant all on t to builder")
    number = begun(client, "async rebuild table t alter primary key (a)")
    ended(client, number)
    client.execute("set role builder")
    assert state(client, "async rebuild table t alter primary key (a)") == "42501"
    assert state(client, f"resume '{number}'") == "42501"
    assert state(client, f"select * from hologres.rebuild_progress('{number}')") == "42501"
    client.execute("reset role; drop owned by builder; drop user builder")
