"""Several databases in one instance: made, listed, connected to and dropped by psycopg, psql and PostgreSQL's tools.

Each has its own tables, while users, sessions and the bill are the instance's.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import sqlalchemy

from tests.clients.hologres.clients import (
    account,
    account_id,
    allow,
    connected,
    dropped,
    made_user,
    role_of,
    where,
)
from tests.clients.hologres.test_holo import holo
from tests.waiting import until
from yunbox.storage.rows.catalogue import drop_database, load
from yunbox.storage.rows.store import RowStore
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
FIRST = "yunbox"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with two gateways."""
    options = ("--services", "hologres,ram", "--hologres-gateways", "2")
    with Server(tmp_path_factory.mktemp("databases"), options=options) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    """One in the first database, with ``sales`` beside it, which goes at the end."""
    with connected(server) as made:
        made.execute("create database sales")
        yield made
        dropped(made, "sales")


def one(client: Client, query: str, *values: object) -> Any:
    row = client.execute(query, values).fetchone()
    assert row is not None
    return row[0]


def column(client: Client, query: str) -> list[Any]:
    return [row[0] for row in client.execute(query).fetchall()]


def refused(client: Client, statement: str) -> tuple[str | None, str | None]:
    with pytest.raises(psycopg.Error) as caught:
        client.execute(statement)
    return caught.value.sqlstate, caught.value.diag.message_primary


def turned_away(server: Server, **more: Any) -> str:
    """What somebody is told who is not let in."""
    with pytest.raises(psycopg.OperationalError) as caught:
        connected(server, **more)
    return str(caught.value)


def psql(server: Server, *words: str, database: str = FIRST, tool: str = "psql") -> str:
    """What psql, or one of PostgreSQL's tools, prints."""
    at, (user, password) = where(server), account(server)
    names = {"PGHOST": at["host"], "PGPORT": str(at["port"]), "PGUSER": user, "PGPASSWORD": password}
    command = [tool, *(("-X", "-d", database) if tool == "psql" else ()), *words]
    found = subprocess.run(command, env={**os.environ, **names}, capture_output=True, text=True, timeout=60)
    assert found.returncode == 0, found.stderr
    return found.stdout


class TestTables:
    def test_are_of_one_database(self, server: Server, client: Client) -> None:
        client.execute("create table shared (id int primary key, v text)")
        client.execute("insert into shared values (1, 'first')")
        with connected(server, dbname="sales") as other:
            assert refused(other, "select * from shared")[0] == "42P01"
            other.execute("create table shared (id int primary key, v text, w int)")
            other.execute("insert into shared values (1, 'sales', 7), (2, 'more', 8)")
            assert other.execute("select v, w from shared where id = 1").fetchall() == [("sales", 7)]  # by key
            assert one(other, "select sum(w) from shared") == 15  # in the engine
            other.execute("update shared set w = w + 1 where id = 2")
            assert one(other, "select max(w) from shared") == 9
            assert client.execute("select v from shared where id = 1").fetchall() == [("first",)]
            assert one(client, "select count(*) from shared") == 1
            assert column(other, "select relname from pg_class where relname = 'shared'") == ["shared"]
            assert column(client, "select attname from pg_attribute where attrelid = 'shared'::regclass and attnum > 0"
                          ) == ["id", "v"]  # fmt: skip
            with other.cursor().copy("copy shared from stdin") as copy:
                copy.write("3\tcopied\t1\n")
            assert one(other, "select count(*) from shared") == 3
            assert one(client, "select count(*) from shared") == 1
        client.execute("drop table shared")
        with connected(server, dbname="sales") as other:
            assert one(other, "select count(*) from shared") == 3

    def test_blocks_and_prepared_statements_are_of_one_too(self, server: Server, client: Client) -> None:
        with connected(server, dbname="sales", autocommit=False) as other:
            other.execute("create schema s")
            other.execute("create table s.t (id serial primary key, v int)")
            other.execute("insert into s.t (v) select g from generate_series(1, 5) g")
            assert one(other, "select sum(v) from s.t") == 15
            other.rollback()
            other.execute("create schema s")
            other.execute("create table s.t (id int primary key, v int)")
            other.execute("insert into s.t values (1, 1)")
            other.commit()
            for _ in range(8):
                assert other.execute("select v from s.t where id = %s", [1], prepare=True).fetchall() == [(1,)]
                client.execute("create table tick (id int)")  # definitions of one move no other's
                client.execute("drop table tick")
        assert refused(client, "select * from s.t")[0] in ("3F000", "42P01")

    def test_of_another_database_are_not_to_be_named(self, client: Client) -> None:
        for statement in ("select * from sales.public.t", "create table sales.public.t (id int)",
                          "insert into sales.public.t values (1)", "drop table sales.public.t"):  # fmt: skip
            told = 'cross-database references are not implemented: "sales.public.t"'
            assert refused(client, statement) == ("0A000", told), statement

    def test_views_sequences_extensions_and_binlogs(self, server: Server, client: Client) -> None:
        with connected(server, dbname="sales") as other:
            other.execute("create extension if not exists roaringbitmap")
            other.execute("create table o (id bigserial primary key, v int) with (binlog_level = 'replica')")
            other.execute("create view w as select v from o")
            other.execute("insert into o (v) values (10), (20)")
            assert column(other, "select v from w order by v") == [10, 20]
            assert column(other, "select hg_binlog_event_type from o order by hg_binlog_lsn") == [5, 5]
            assert "roaringbitmap" in column(other, "select extname from pg_extension")
            assert "roaringbitmap" not in column(client, "select extname from pg_extension")
            other.execute("analyze o")
            assert column(other, "select total_rows from hologres_statistic.hg_table_statistic") == [2]
            assert "o" not in column(client, "select table_name from hologres_statistic.hg_table_statistic")


class TestSystemTables:
    def test_list_all_databases_and_tell_the_present_one(self, server: Server, client: Client) -> None:
        with connected(server, dbname="sales") as other:
            assert column(client, "select datname from pg_database order by oid") == [FIRST, "sales"]
            assert column(other, "select datname from pg_database order by oid") == [FIRST, "sales"]
            for at, name in ((client, FIRST), (other, "sales")):
                assert one(at, "select current_database()") == name
                assert one(at, "select current_catalog") == name
                assert column(at, "select distinct table_catalog from information_schema.tables") == [name]
                assert column(at, "select catalog_name from information_schema.schemata "
                              "where schema_name = 'public'") == [name]  # fmt: skip
            query = "select a.datname, d.oid = a.datid from pg_stat_activity a join pg_database d using (datname)"
            found = other.execute(f"{query} where pid = pg_backend_pid()").fetchall()
            assert found == [("sales", True)]
            assert {"sales", FIRST} <= {*column(client, "select datname from pg_stat_activity")}

    def test_sizes_and_privileges_are_of_the_database_that_is_asked_about(self, server: Server, client: Client) -> None:
        with connected(server, dbname="sales") as other:
            other.execute("create table big (id int primary key, v text)")
            assert one(client, "select pg_database_size('sales')") == 0
            other.execute("insert into big select g, repeat('x', 100) from generate_series(1, 1000) g")
            size = one(other, "select pg_database_size('sales')")
            assert size > 100_000
            assert one(client, "select pg_database_size('sales')") == size
            oid = one(client, "select oid from pg_database where datname = 'sales'")
            assert one(client, "select pg_database_size(%s::oid)", oid) == size
            assert refused(client, "select pg_database_size('nowhere')") == (
                "3D000", 'database "nowhere" does not exist')  # fmt: skip
            assert one(client, "select has_database_privilege('sales', 'connect')") is True
            assert refused(client, "select has_database_privilege('nowhere', 'connect')")[0] == "3D000"


class TestCreating:
    def test_names(self, server: Server, client: Client) -> None:
        client.execute("create database Mixed")
        client.execute('create database "Mixed"')
        client.execute(f"create database {'l' * 63}")
        try:
            assert {"mixed", "Mixed", "l" * 63} <= {*column(client, "select datname from pg_database")}
            assert refused(client, "create database MIXED") == ("42P04", 'database "mixed" already exists')
            with connected(server, dbname="Mixed") as other:
                assert one(other, "select current_database()") == "Mixed"
            assert refused(client, 'create database "a-b"')[0] == "42602"
            assert refused(client, 'create database "a b"')[0] == "42602"
        finally:
            for name in ("mixed", "Mixed", "l" * 63):
                dropped(client, name)

    def test_is_not_part_of_a_block(self, server: Server, client: Client) -> None:
        with connected(server, autocommit=False) as other:
            for statement in ("create database inside", "drop database sales"):
                word = statement.split()[0].upper()
                told = f"{word} DATABASE cannot run inside a transaction block"
                assert refused(other, statement) == ("25001", told)
                other.rollback()
        assert refused(client, "create database inside; select 1")[0] == "25001"
        assert "inside" not in column(client, "select datname from pg_database")

    def test_what_is_not_offered_is_refused_by_name(self, client: Client) -> None:
        for statement, told in {
            "create database x template template0": "TEMPLATE of a database is not supported",
            "create database x with encoding 'UTF8'": "ENCODING of a database is not supported",
            "create database x connection limit 5": "CONNECTION of a database is not supported",
            "drop database sales with (force)": "DROP DATABASE ... WITH (FORCE) is not supported",
            "alter database sales rename to other": "ALTER DATABASE ... RENAME is not supported",
        }.items():
            assert refused(client, statement) == ("0A000", told)
        assert refused(client, "create database x banana")[0] == "42601"

    def test_there_are_64_at_most(self, client: Client) -> None:
        count = one(client, "select count(*) from pg_database")
        names = [f"many_{at}" for at in range(64 - count)]
        try:
            for name in names:
                client.execute(f"create database {name}")
            assert refused(client, "create database more") == ("54000", "an instance has at most 64 databases")
        finally:
            for name in names:
                client.execute(f"drop database {name}")


class TestDropping:
    def test_takes_all_that_is_in_it(self, server: Server, client: Client) -> None:
        with connected(server, dbname="sales") as other:
            other.execute("create table t (id int primary key)")
            other.execute("insert into t select g from generate_series(1, 100) g")
            assert one(other, "select count(*) from t") == 100
        dropped(client, "sales")
        assert "does not exist" in turned_away(server, dbname="sales")
        client.execute("create database sales")
        with connected(server, dbname="sales") as other:
            assert refused(other, "select * from t")[0] == "42P01"
            assert one(other, "select pg_database_size('sales')") == 0

    def test_one_that_somebody_has_or_nobody_may(self, server: Server, client: Client) -> None:
        with connected(server, dbname="sales") as other:
            assert refused(client, "drop database sales") == (
                "55006", 'database "sales" is being accessed by other users')  # fmt: skip
            assert refused(other, "drop database sales") == ("55006", "cannot drop the currently open database")
            assert refused(other, f"drop database {FIRST}")[0] == "0A000"
        assert refused(client, "drop database nowhere") == ("3D000", 'database "nowhere" does not exist')
        notices: list[str | None] = []
        client.add_notice_handler(lambda one: notices.append(one.message_primary))
        client.execute("drop database if exists nowhere")
        assert notices == ['database "nowhere" does not exist, skipping']

    def test_after_its_sessions_were_ended(self, server: Server, client: Client) -> None:
        other = connected(server, dbname="sales")
        pid = one(other, "select pg_backend_pid()")
        assert one(client, "select pg_terminate_backend(%s)", pid) is True
        dropped(client, "sales")
        with pytest.raises(psycopg.Error), contextlib.closing(other):
            other.execute("select 1")

    def test_one_that_goes_while_somebody_comes_in(self, server: Server, client: Client) -> None:
        """Who came in between the look at the sessions and the drop has nothing, and writes nothing."""
        with connected(server, dbname="sales") as other:
            other.execute("create table t (id int primary key)")
            insert = "insert into t values (%s)"
            other.execute(insert, [1], prepare=True)
            assert other.execute("select id from t where id = %s", [1], prepare=True).fetchall() == [(1,)]
            with contextlib.closing(RowStore(server.data / "holo" / "rows")) as store:
                store.write_sync(lambda change: drop_database(change, load(change).databases["sales"]))
            for statement in ("select 1", "select * from t", "create table u (id int)", "insert into t values (7)"):
                assert refused(other, statement)[0] == "3D000", statement
            for statement in (insert, "select id from t where id = %s"):
                with pytest.raises(psycopg.errors.InvalidCatalogName):
                    other.execute(statement, [1], prepare=True)  # ty: ignore[no-matching-overload]
            with pytest.raises(psycopg.errors.InvalidCatalogName), other.cursor().copy("copy t from stdin") as copy:
                copy.write("8\n")
        assert column(client, "select datname from pg_database") == [FIRST]


class TestRoles:
    def test_who_may_make_and_drop_them(self, server: Server, client: Client) -> None:
        key = made_user(server, "maker", allow())
        role = role_of(server, "maker")
        with connected(server, key) as other:
            assert refused(other, "create database mine") == ("42501", "permission denied to create database")
            assert refused(other, "drop database sales") == ("42501", "must be owner of database sales")
            client.execute(f'alter role "{role}" createdb')
            assert refused(other, f'create database theirs owner "{account_id(server)}"')[0] == "42501"
            other.execute("create database mine")
            assert one(client, "select rolname from pg_database d join pg_roles r on r.oid = datdba "
                       "where datname = 'mine'") == role  # fmt: skip
            with connected(server, key, dbname="mine") as owner:
                owner.execute("create schema own")
            assert refused(client, f'drop role "{role}"')[0] == "2BP01"
            dropped(other, "mine")
        client.execute(f'create database given with owner = "{role}"')
        client.execute(f'alter database given owner to "{account_id(server)}"')
        dropped(client, "given")

    def test_are_the_instances(self, server: Server, client: Client) -> None:
        with connected(server, dbname="sales") as other:
            other.execute("create role readers")
            assert "readers" in column(client, "select rolname from pg_roles")
            other.execute("create table t (id int)")
            other.execute("grant select on t to readers")
            with pytest.raises(psycopg.errors.DependentObjectsStillExist) as caught:
                client.execute("drop role readers")
            assert caught.value.diag.message_detail == "1 object in database sales"
            client.execute("alter role readers rename to lookers")
            assert one(other, "select has_table_privilege('lookers', 't', 'select')") is True
            other.execute("drop table t")
            client.execute("drop role lookers")
            assert "lookers" not in column(other, "select rolname from pg_roles")

    def test_connect_is_granted_by_database(self, server: Server, client: Client) -> None:
        key = made_user(server, "visitor", allow())
        role = role_of(server, "visitor")
        client.execute("revoke connect on database sales from public")
        assert 'permission denied for database "sales"' in turned_away(server, key=key, dbname="sales")
        connected(server, key).close()
        client.execute(f'grant connect on database sales to "{role}"')
        with connected(server, key, dbname="sales") as other:
            assert one(other, "select current_database()") == "sales"
            assert refused(other, "create schema s")[0] == "42501"
            client.execute(f'grant create on database sales to "{role}"')
            other.execute("create schema s")
        with connected(server, dbname="sales") as other:
            other.execute(f'drop owned by "{role}"')
        client.execute(f'drop role "{role}"')


class TestSettings:
    def test_are_what_sessions_begin_with(self, server: Server, client: Client) -> None:
        client.execute("alter database sales set timezone = 'Asia/Shanghai'")
        client.execute('alter database sales set search_path to "$user", shop, public')
        client.execute("alter database sales set hg_anything = 'on'")
        client.execute("set statement_timeout = '77s'")
        client.execute("alter database sales set statement_timeout from current")
        listed = client.execute("select datname, setconfig from pg_db_role_setting join pg_database d on "
                                "d.oid = setdatabase").fetchall()  # fmt: skip
        assert listed == [("sales", ["TimeZone=Asia/Shanghai", 'search_path="$user", shop, public', "hg_anything=on",
                                     "statement_timeout=77s"])]  # fmt: skip
        assert one(client, "show timezone") == "Etc/UTC"
        with connected(server, dbname="sales") as other:
            shown = [one(other, f"show {name}") for name in ("timezone", "search_path", "hg_anything")]
            assert shown == ["Asia/Shanghai", '"$user", shop, public', "on"]
            assert one(other, "show statement_timeout") == "77s"
            assert one(other, "select '2026-01-01 00:00:00+00'::timestamptz::text") == "2026-01-01 08:00:00+08"
            other.execute("set timezone = 'Europe/Berlin'")
            other.execute("reset timezone")
            assert one(other, "show timezone") == "Asia/Shanghai"
        with connected(server, dbname="sales", options="-c TimeZone=Europe/Rome") as other:
            assert one(other, "show timezone") == "Europe/Rome"
        client.execute("alter database sales reset timezone")
        client.execute("alter database sales set statement_timeout to default")
        with connected(server, dbname="sales") as other:
            assert [one(other, f"show {name}") for name in ("timezone", "hg_anything")] == ["Etc/UTC", "on"]
        client.execute("alter database sales reset all")
        assert client.execute("select * from pg_db_role_setting").fetchall() == []

    def test_from_current_is_what_it_was_at_the_statement(self, server: Server, client: Client) -> None:
        with client.transaction():
            client.execute("set local timezone = 'Asia/Tokyo'")
            client.execute("alter database sales set timezone from current")
            client.execute("set local timezone = 'Europe/Rome'")
        with connected(server, dbname="sales") as other:
            assert one(other, "show timezone") == "Asia/Tokyo"

    def test_what_may_not_be(self, client: Client) -> None:
        for statement, told in {
            "set nonsense = 1": "42704",
            "set timezone = 'Nowhere/City'": "22023",
            "set server_version = '9'": "55P02",
            "set default_transaction_isolation = 'serializable'": "0A000",
            "set transaction_read_only = on": "0A000",
            "set role = x": "0A000",
            "set local timezone = 'UTC'": "42601",
            "reset nonsense": "42704",
            "set nonsense from current": "42704",
            "set timezone": "42601",
        }.items():
            assert refused(client, f"alter database sales {statement}")[0] == told, statement
        assert refused(client, "alter database nowhere set timezone = 'UTC'")[0] == "3D000"

    def test_its_owner_may_say_them(self, server: Server, client: Client) -> None:
        key = made_user(server, "setter", allow())
        with connected(server, key) as other:
            statement = "alter database sales set timezone = 'Asia/Shanghai'"
            assert refused(other, statement) == ("42501", "must be owner of database sales")
            client.execute(f'alter database sales owner to "{role_of(server, "setter")}"')
            other.execute(statement)
            assert refused(other, "alter database sales set hg_enable_start_auto_analyze_worker = off")[0] == "42501"

    def test_auto_analyze_is_of_one_database(self, server: Server, client: Client) -> None:
        """Of two tables that are alike, the one in the database where it is on is looked at."""
        client.execute("create database quiet")
        client.execute("alter database quiet set hg_enable_start_auto_analyze_worker = off")
        query = "select count(*) from pg_stat_user_tables where autoanalyze_count > 0"
        with connected(server, dbname="sales") as loud, connected(server, dbname="quiet") as quiet:
            for at in (quiet, loud):
                at.execute("create table t (id int primary key)")
                at.execute("insert into t select g from generate_series(1, 1000) g")
            until(lambda: one(loud, query) == 1, 120)
            assert one(quiet, query) == 0
            client.execute("alter database quiet set hg_enable_start_auto_analyze_worker = on")
            until(lambda: one(quiet, query) == 1, 120)
        dropped(client, "quiet")
        assert refused(client, "alter database nowhere set hg_enable_start_auto_analyze_worker = off")[0] == "3D000"


class TestTools:
    def test_psql_lists_and_changes_databases(self, server: Server, client: Client) -> None:
        listed = psql(server, "-At", "-c", "\\l")
        assert {line.split("|")[0] for line in listed.splitlines() if line.count("|") > 3} == {FIRST, "sales"}
        script = ("\\c sales", "create table there (id int)", "\\dt", f"\\c {FIRST}", "\\dt there")
        printed = psql(server, "-At", *(word for line in script for word in ("-c", line)))
        assert 'You are now connected to database "sales"' in printed
        assert "public|there|table" in printed
        assert f'You are now connected to database "{FIRST}"' in printed

    def test_createdb_and_dropdb(self, server: Server, client: Client) -> None:
        psql(server, "--maintenance-db", FIRST, "made_by_tool", tool="createdb")
        assert "made_by_tool" in column(client, "select datname from pg_database")
        psql(server, "--maintenance-db", FIRST, "made_by_tool", tool="dropdb")
        assert "made_by_tool" not in column(client, "select datname from pg_database")

    def test_sqlalchemy(self, server: Server, client: Client) -> None:
        at, (user, password) = where(server), account(server)
        url = sqlalchemy.URL.create("postgresql+psycopg", user, password, at["host"], at["port"], "sales")
        engine = sqlalchemy.create_engine(url)
        with engine.begin() as work:
            work.execute(sqlalchemy.text("create table alchemy (id int primary key, v text)"))
        assert sqlalchemy.inspect(engine).get_table_names() == ["alchemy"]
        engine.dispose()
        engine = sqlalchemy.create_engine(url.set(database=FIRST))
        assert "alchemy" not in sqlalchemy.inspect(engine).get_table_names()
        engine.dispose()


def test_all_is_there_after_a_restart_and_in_the_list_of_tables(server: Server) -> None:
    with connected(server) as client:
        client.execute("create database kept")
        client.execute("create database going")
        client.execute("drop database going")
    with connected(server, dbname="kept") as client:
        client.execute("create table t (id int primary key, v int)")
        client.execute("insert into t values (1, 11)")
        assert one(client, "select sum(v) from t") == 11
    server.stop()
    server.start()
    with connected(server, dbname="kept") as client:
        assert client.execute("select v from t where id = 1").fetchall() == [(11,)]
        assert one(client, "select sum(v) from t") == 11
        assert column(client, "select datname from pg_database order by oid") == [FIRST, "kept"]
    assert [(found["database"], found["table"], found["rows"]) for found in holo(server.data, "tables")["tables"]
            ] == [("kept", "t", 1)]  # fmt: skip
    with connected(server) as client:
        client.execute("create table t (id int)")
        assert "kept.public.t" in holo(server.data, "tables", output="text")
        client.execute("drop table t")
        dropped(client, "kept")
