"""Views, tables that are made of queries and of other tables, and defaults: what each gives and what it refuses."""

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create schema defining")
        made.execute("set search_path to defining")
        made.execute("create table t (id int primary key, a int default 5, b text not null)")
        made.execute("insert into t select g, g * 2, 'x' || g from generate_series(1, 5) g")
        yield made
        made.execute("drop schema defining cascade")


def refused(client: Client, statement: str) -> tuple[str | None, str | None]:
    with pytest.raises(psycopg.Error) as caught:
        client.execute(statement)
    return caught.value.sqlstate, caught.value.diag.message_detail


def rows(client: Client, query: str) -> list[tuple[Any, ...]]:
    return client.execute(query).fetchall()


@pytest.mark.parametrize("name", ["nosuch", "nosuch.t"])
@pytest.mark.parametrize(
    "statement",
    ["alter table if exists {} add column x int", "alter table if exists {} rename to y",
     "alter table if exists {} owner to current_user", "alter view if exists {} rename to y",
     "drop dynamic table if exists {}", "async rebuild table if exists {} alter column x set not null",
     "drop table if exists {}"],
)  # fmt: skip
def test_what_need_not_be_there(client: Client, statement: str, name: str) -> None:
    """PostgreSQL tells of it, and goes on, also where the schema is not there."""
    told: list[str | None] = []
    client.add_notice_handler(lambda one: told.append(one.message_primary))
    client.execute(statement.format(name).encode())
    assert len(told) == 1
    assert (told[0] or "").endswith("does not exist, skipping")


class TestViews:
    def test_it_is_its_query_as_it_was(self, client: Client) -> None:
        client.execute("create view v as select *, a + 1 as next from t where id > 3")
        client.execute("alter table t add column late int")
        client.execute("create schema elsewhere")
        client.execute("create table elsewhere.t (id int, a int)")
        client.execute("set search_path to elsewhere")
        assert rows(client, "select * from defining.v order by id") == [(4, 8, "x4", 9), (5, 10, "x5", 11)]
        client.execute("set search_path to defining")
        client.execute("drop schema elsewhere cascade")

    def test_one_of_another(self, client: Client) -> None:
        client.execute("create view v as select id, a from t")
        client.execute("create view w (x, y) as select v.id, t.b from v join t using (id) where v.a > 4")
        assert rows(client, "select y, x from w order by x") == [("x3", 3), ("x4", 4), ("x5", 5)]
        assert refused(client, "drop table t") == (
            "2BP01",
            "view v depends on table t\nview w depends on table t",
        )
        assert refused(client, "drop view v") == ("2BP01", "view w depends on view v")
        assert refused(client, "create or replace view v as select x as id, x as a from w")[0] == "42P17"
        client.execute("drop table t cascade")
        assert refused(client, "select * from w")[0] == "42P01"

    def test_replacing_it(self, client: Client) -> None:
        client.execute("create view v as select id, b from t")
        assert refused(client, "create view v as select 1")[0] == "42P07"
        assert refused(client, "create or replace view v as select id from t")[0] == "42P16"
        assert refused(client, "create or replace view v as select id, b as c from t")[0] == "42P16"
        assert refused(client, "create or replace view v as select id::text as id, b from t")[0] == "42P16"
        assert refused(client, "create or replace view t as select 1")[0] == "42809"
        client.execute("create or replace view v as select id, b, 'new' as more from t")
        assert rows(client, "select * from v where id = 1") == [(1, "x1", "new")]

    def test_it_follows_what_it_is_made_of(self, client: Client) -> None:
        client.execute("create view v as select id, t.a as n from t where b <> 'x1'")
        client.execute("create view w as select * from v join t using (id) where n > 4")
        client.execute("alter table t rename to moved")
        client.execute("alter table moved rename column a to amount")
        client.execute("alter view v rename column n to number")
        client.execute("alter table v rename to seen")
        client.execute("create table t (id int)")
        assert rows(client, "select id, number from seen order by id limit 1") == [(2, 4)]
        found = client.execute("select * from w order by id limit 1")
        assert [one.name for one in found.description or ()] == ["id", "n", "a", "b"]
        assert found.fetchall() == [(3, 6, 6, "x3")]
        assert refused(client, "alter table moved drop column b")[0] == "0A000"
        assert refused(client, "alter view moved rename to x")[0] == "42809"
        assert refused(client, "alter table seen add column x int")[0] == "42809"
        client.execute("drop view w, seen")
        client.execute("alter table moved drop column b")

    def test_mistakes(self, client: Client) -> None:
        with pytest.raises(psycopg.errors.UndefinedColumn) as caught:
            client.execute("create view v as select nosuch from t")
        assert caught.value.diag.statement_position == "25"
        assert refused(client, "create view v as select id, id from t")[0] == "42701"
        assert refused(client, "create view v (a, b) as select 1")[0] == "42601"
        assert refused(client, "drop view t")[0] == "42809"
        assert refused(client, "drop table if exists t, nosuch.v cascade; select 1/0")[0] == "22012"
        client.execute("create view v as select 1 as one")
        assert refused(client, "insert into v values (1)")[0] == "0A000"

    def test_in_a_block(self, client: Client) -> None:
        with client.transaction(force_rollback=True):
            client.execute("create view v as select count(*) as n from t")
            client.execute("insert into t values (6, 6, 'six')")
            assert rows(client, "select n from v") == [(6,)]
        assert refused(client, "select n from v")[0] == "42P01"


class TestTablesOfQueries:
    def test_columns_and_rows(self, client: Client) -> None:
        made = client.execute("create table c (k, half) as select id, a / 4.0 from t where id < 3")
        assert made.statusmessage == "SELECT 2"
        found = client.execute("select * from c order by k")
        assert [(one.name, one.type_code) for one in found.description or ()] == [("k", 23), ("half", 1700)]
        assert [(k, float(half)) for k, half in found] == [(1, 0.5), (2, 1.0)]
        client.execute("create table d with (orientation = 'column') as select 'x' as t, null as n with no data")
        assert rows(client, "select count(*) from d") == [(0,)]
        client.execute("insert into d values ('a', 'b')")

    def test_all_of_it_or_nothing(self, client: Client) -> None:
        assert refused(client, "create table c as select 1 / (id - 3) as q from t")[0] == "22012"
        assert refused(client, "select * from c")[0] == "42P01"
        client.execute("create table if not exists t as select 1 / 0 as q")
        with client.transaction(force_rollback=True):
            client.execute("create table c as select * from t")
            client.execute("insert into c values (6, 6, 'six')")
            assert rows(client, "select count(*) from c") == [(6,)]
        assert refused(client, "select * from c")[0] == "42P01"

    def test_like(self, client: Client) -> None:
        client.execute("create table bare (like t)")
        assert refused(client, "insert into bare values (1, 1, null)")[0] == "23502"
        client.execute("insert into bare (id, b) values (1, 'b'), (1, 'b')")
        assert rows(client, "select a from bare") == [(None,), (None,)]
        client.execute("create table whole (like t including all, more int)")
        client.execute("insert into whole (id, b) values (1, 'b')")
        assert refused(client, "insert into whole (id, b) values (1, 'b')")[0] == "23505"
        assert rows(client, "select * from whole") == [(1, 5, "b", None)]
        assert refused(client, "create table no (like nosuch)")[0] == "42P01"
        assert refused(client, "create table no (like t including indexes, primary key (a))")[0] == "42P16"


class TestPartitions:
    @pytest.fixture(autouse=True)
    def parted(self, client: Client) -> None:
        client.execute("create table p (id int, ds text, v int, primary key (id, ds)) partition by list (ds)")
        for day in (1, 2):
            client.execute(f"create table p_{day} partition of p for values in ('2026010{day}')")
        client.execute("insert into p_1 values (1, '20260101', 10), (2, '20260101', 20)")
        client.execute("insert into p_2 select g, '20260102', g from generate_series(1, 3) g")

    def test_a_table_is_all_of_its_partitions(self, client: Client) -> None:
        days = "select ds, count(*), sum(v) from p group by ds order by ds"
        assert rows(client, days) == [("20260101", 2, 30), ("20260102", 3, 6)]
        assert rows(client, "select v from p where id = 2 and ds = '20260101'") == [(20,)]
        with client.transaction(force_rollback=True):
            client.execute("create table p_3 partition of p for values in ('20260103')")
            client.execute("insert into p_3 values (1, '20260103', 100)")
            client.execute("delete from p_1 where v = 10")
            assert rows(client, days) == [("20260101", 1, 20), ("20260102", 3, 6), ("20260103", 1, 100)]
        client.execute("truncate p_1")
        assert rows(client, days) == [("20260102", 3, 6)]
        client.execute("truncate p")
        assert rows(client, "select * from p") == rows(client, "select * from p_2") == []

    def test_a_row_says_in_which_partition_it_lies(self, client: Client) -> None:
        asked = "select p.tableoid::regclass::text, count(*) from p group by 1 order by 1"
        assert rows(client, asked) == [("p_1", 2), ("p_2", 3)]
        with client.transaction(force_rollback=True):
            client.execute("insert into p_1 values (3, '20260101', 30)")
            assert rows(client, asked) == [("p_1", 3), ("p_2", 3)]
        client.execute("alter table p detach partition p_1")
        assert rows(client, asked) == [("p_2", 3)]
        client.execute("drop table p_2")
        assert rows(client, "select tableoid, * from p") == []

    @pytest.mark.parametrize(
        "statement",
        ["insert into p_1 values (3, '20260102', 1)", "insert into p_1 select 3, 'x', 1",
         "update p_1 set ds = 'x' where v > 0",
         "insert into p_1 values (1, '20260101', 1) on conflict (id, ds) do update set ds = 'x'"],
    )  # fmt: skip
    def test_a_partition_takes_no_other_rows(self, client: Client, statement: str) -> None:
        state, detail = refused(client, statement)
        assert state == "23514" and detail is not None and detail.startswith("Failing row contains (")

    def test_neither_does_copy(self, client: Client) -> None:
        cursor, refusal = client.cursor(), pytest.raises(psycopg.errors.CheckViolation)
        with refusal, cursor.copy("copy p_1 from stdin") as copy:
            copy.write("7\t20260101\t1\n8\t20260102\t1\n")
        assert rows(client, "select count(*) from p_1") == [(2,)]

    @pytest.mark.parametrize(
        ("statement", "state"),
        [("insert into p values (9, '20260101', 1)", "0A000"), ("update p set v = 1", "0A000"),
         ("create table q partition of p for values in ('20260102')", "42P17"),
         ("create table q partition of p_1 for values in ('x')", "42809"),
         ("create table q partition of p for values in ('x', 'y')", "0A000"),
         ("create table q partition of p default", "0A000"),
         ("create table q (id int, ds text) partition by range (ds)", "0A000"),
         ("create table q (id int, ds text, primary key (id)) partition by list (ds)", "0A000"),
         ("create table q (id int, ds text) partition by list (no)", "42703"),
         ("create table q (id int, ds float8) partition by list (ds)", "0A000"),
         ("alter table p_1 add column w int", "42P16"),
         ("alter table p attach partition t for values in ('x')", "42804")],
    )  # fmt: skip
    def test_what_there_is_not(self, client: Client, statement: str, state: str) -> None:
        assert refused(client, statement)[0] == state

    def test_columns_are_changed_with_the_table(self, client: Client) -> None:
        client.execute("alter table p add column w text default 'w'")
        client.execute("alter table p rename column v to vv")
        assert rows(client, "select vv, w from p_1 where id = 1 and ds = '20260101'") == [(10, "w")]
        assert rows(client, "select count(*) from p where w = 'w'") == [(5,)]

    def test_a_partition_is_replaced(self, client: Client) -> None:
        """As the vendor's pages have it: a day is loaded beside, and takes the place of the old one in a block."""
        client.execute("create table fresh (like p including all)")
        client.execute("insert into fresh values (7, '20260101', 70), (8, '20260102', 80)")
        swap = "alter table p attach partition fresh for values in ('20260101')"
        with pytest.raises(psycopg.errors.CheckViolation), client.transaction():
            client.execute("drop table p_1")
            client.execute(swap)
        assert rows(client, "select count(*) from p_1") == [(2,)]
        client.execute("delete from fresh where id = 8")
        with client.transaction():
            client.execute("drop table p_1")
            client.execute(swap)
            client.execute("alter table fresh rename to p_1")
        assert rows(client, "select id, v from p where ds = '20260101'") == [(7, 70)]
        client.execute("alter table p detach partition p_1")
        client.execute("insert into p_1 values (9, 'any', 90)")
        assert rows(client, "select count(*) from p") == [(3,)]

    def test_what_goes_with_it(self, client: Client) -> None:
        client.execute("create view seen as select ds from p")
        assert refused(client, "drop table p") == ("2BP01", "view seen depends on table p")
        client.execute("drop table p cascade")
        assert refused(client, "select * from p_1")[0] == "42P01"


class TestAnalyze:
    """There is nothing to be done: what is named has to be there."""

    @pytest.fixture(autouse=True)
    def made(self, client: Client) -> None:
        client.execute("create table looked_at (id int primary key, v text)")

    @pytest.mark.parametrize("of", ["", "looked_at", "verbose looked_at (id, v)", "(verbose) looked_at, looked_at (v)"])
    def test_it_is_done(self, client: Client, of: str) -> None:
        assert client.execute(f"analyze {of}").statusmessage == "ANALYZE"
        with client.transaction():
            client.execute(f"analyze {of}")

    @pytest.mark.parametrize(
        ("of", "sqlstate"), [("nowhere", "42P01"), ("looked_at (w)", "42703"), ("looked_at (", "42601")]
    )
    def test_what_is_not_there(self, client: Client, of: str, sqlstate: str) -> None:
        assert refused(client, f"analyze {of}")[0] == sqlstate


class TestSerials:
    def test_numbers_follow_each_other(self, client: Client) -> None:
        client.execute("create table s (id serial primary key, b bigserial, v text)")
        insert = "insert into s (v) values ('a'), ('b') returning id, b"
        assert rows(client, insert) == [(1, 1), (2, 2)]
        assert rows(client, "insert into s values (default, 100, 'c') returning id, b") == [(3, 100)]
        assert rows(client, "insert into s default values returning id, b, v") == [(4, 3, None)]
        client.execute("insert into s (v) select 'g' || g from generate_series(1, 96) g")
        assert rows(client, "select count(distinct id), max(id) from s") == [(100, 100)]
        assert rows(client, "insert into s (v) values ('n') on conflict do nothing returning id") == [(101,)]

    def test_what_was_drawn_is_not_drawn_again(self, client: Client) -> None:
        client.execute("create table s (id serial, v text)")
        with client.transaction(force_rollback=True):
            assert rows(client, "insert into s (v) values ('a') returning id") == [(1,)]
        assert refused(client, "insert into s (v) select 1 / 0")[0] == "22012"
        assert rows(client, "insert into s (v) values ('b') returning id") == [(2,)]

    def test_one_that_its_block_has_made(self, client: Client) -> None:
        with client.transaction():
            client.execute("create table s (id smallserial, v text)")
            assert rows(client, "insert into s (v) values ('a'), ('b') returning id") == [(1,), (2,)]
            client.execute("insert into s (v) values ('c')")
        assert rows(client, "insert into s (v) values ('d') returning id") == [(4,)]
        client.execute("insert into s (v) select 'x' from generate_series(5, 32767)")
        assert refused(client, "insert into s (v) values ('e')")[0] == "2200H"

    @pytest.mark.parametrize("in_block", [False, True])
    def test_copy_draws_too(self, client: Client, in_block: bool) -> None:
        client.execute("begin" if in_block else "select 1")
        client.execute("create table s (id serial primary key, v text)")
        with client.cursor().copy("copy s (v) from stdin") as copy:
            copy.write("a\nb\n")
        assert rows(client, "insert into s (v) values ('c') returning id") == [(3,)]
        client.execute("commit" if in_block else "select 1")
        assert rows(client, "insert into s (v) values ('d') returning id") == [(4,)]
        assert rows(client, "select id, v from s order by id") == [(1, "a"), (2, "b"), (3, "c"), (4, "d")]

    def test_writers_at_the_same_time(self, client: Client, server: Server) -> None:
        client.execute("create table s (id serial primary key, v int)")

        def write() -> None:
            with connected(server) as own:
                for number in range(10):
                    own.execute("insert into defining.s (v) values (%s)", (number,))

        threads = [threading.Thread(target=write) for _ in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert rows(client, "select count(*) from s") == [(80,)]

    def test_what_it_is_not(self, client: Client) -> None:
        client.execute("create table s (id serial primary key, v text)")
        client.execute("create table other (like s including defaults)")
        client.execute("insert into s (v) values ('a')")
        assert rows(client, "insert into other (v) values ('b') returning id") == [(2,)]
        assert refused(client, "drop table s")[0] == "0A000"
        assert refused(client, "insert into s values (default, 'a'), (5, 'b')")[0] == "0A000"
        assert refused(client, "update s set id = default where v = 'a'")[0] == "0A000"
        assert refused(client, "select * from s_id_seq")[0] == "0A000"
        assert refused(client, "alter table s add column n serial")[0] == "0A000"
        assert refused(client, "create table n (k serial default 5)")[0] == "42601"
        client.execute("drop table other, s")
        client.execute("create table s_id_seq (a int)")
        client.execute("create table s (id serial)")
        assert rows(client, "insert into s default values returning id") == [(1,)]

    def test_names_with_dots_and_quotes(self, client: Client) -> None:
        client.execute("""create table "a.b'c" (id serial, "N o" bigserial, v text)""")
        with client.transaction():
            assert rows(client, """insert into "a.b'c" (v) values ('x'), ('y') returning *""") == [
                (1, 1, "x"), (2, 2, "y")]  # fmt: skip
        assert rows(client, """insert into "a.b'c" (v) select 'z' returning id, "N o\"""") == [(3, 3)]
        client.execute("""drop table "a.b'c\"""")


class TestGenerated:
    @pytest.fixture(autouse=True)
    def generating(self, client: Client) -> None:
        client.execute(
            "create table g (id int primary key, a int, b int generated always as (a * 2) stored, t text,"
            " u text generated always as (upper(t) || coalesce(a::text, '-')) stored)"
        )

    def test_they_follow_the_others(self, client: Client) -> None:
        inserted = rows(client, "insert into g values (1, 5, default, 'x'), (2, 6, default, 'y') returning b, u")
        assert inserted == [(10, "X5"), (12, "Y6")]
        client.execute("insert into g (id, a) select g, null from generate_series(3, 4) g")
        assert rows(client, "update g set a = a + 1 where id = 1 returning b, u") == [(12, "X6")]
        assert rows(client, "update g set b = default, t = 'k' where id = 2 returning b, u") == [(12, "K6")]
        upsert = "insert into g (id, a, t) values (1, 100, 'new') on conflict (id) do update set a = excluded.a"
        assert rows(client, f"{upsert} returning *") == [(1, 100, 200, "x", "X100")]
        assert rows(client, "select b, u from g where id = 1") == [(200, "X100")]
        assert rows(client, "select b, u from g where b is null") == [(None, None)] * 2
        client.execute("create table l (like g including all)")
        assert rows(client, "insert into l (id, a, t) values (1, 1, 'l') returning b, u") == [(2, "L1")]

    @pytest.mark.parametrize(
        ("statement", "state"),
        [("insert into g (id, b) values (9, 1)", "428C9"), ("insert into g values (9, 1, 2)", "428C9"),
         ("insert into g select 9, 1, 2", "428C9"), ("update g set b = 5 where id = 1", "428C9"),
         ("insert into g (id, a) values (9, 2147483647)", "22003"),
         ("copy g (id, a) from stdin", "0A000"), ("alter table g rename column a to aa", "0A000"),
         ("create table h (a int, b timestamptz generated always as (now()) stored)", "42P17"),
         ("create table h (a int, b int generated always as (c) stored, c int generated always as (a) stored)",
          "42703"),
         ("create table h (a timestamptz, b text generated always as (a::text) stored)", "42P17"),
         ("create table h (a date, b text generated always as (a::text) stored)", "42P17"),
         ("create table h (a int, b int generated always as (a, 1) stored)", "42601"),
         ("create table h (a int, b int generated always as (nosuch) stored)", "42703"),
         ("create table h (a int, b date generated always as (a) stored)", "42804"),
         ("create table h (a int, b int generated always as ((select 1)) stored)", "0A000"),
         ("create table h (a int, b int generated always as identity)", "0A000"),
         ("create table h (a int, b int default 5 generated always as (a) stored)", "42601")],
    )  # fmt: skip
    def test_what_they_are_not(self, client: Client, statement: str, state: str) -> None:
        assert refused(client, statement)[0] == state


class TestDefaults:
    def test_computed_ones(self, client: Client) -> None:
        client.execute(
            "create table d (k int primary key, a int default 1 + 1, b text default upper('x'),"
            " at timestamptz default now())"
        )
        client.execute("insert into d (k) values (1), (2)")
        client.execute("insert into d (k, b) select 3, 'own'")
        found = rows(client, "select a, b, at <= now() from d order by k")
        assert found == [(2, "X", True), (2, "X", True), (2, "own", True)]

    @pytest.mark.parametrize(
        ("default", "state"),
        [("1 from t", "42601"),
         ("'abc'", "22P02"), ("5 + 'x'", "22P02"), ("nosuch(1)", "42883"), ("(select 1)", "0A000"), ("b", "42703"),
         ("2147483648", "22003"), ("now()", "42804")],
    )  # fmt: skip
    def test_what_no_column_takes(self, client: Client, default: str, state: str) -> None:
        assert refused(client, f"create table d (a int default {default}, b int)")[0] == state
        assert refused(client, f"alter table t alter column a set default {default}")[0] in (state, "23502")

    def test_of_a_column_that_is_added(self, client: Client) -> None:
        assert refused(client, "alter table t add column c text not null")[0] == "23502"
        client.execute("alter table t add column c text not null default 'dd', add column e int default 7")
        client.execute("alter table t alter column e set default 8")
        client.execute("insert into t (id, b) values (6, 'six')")
        wanted = [(5, "dd", 7), (6, "dd", 8)]
        assert rows(client, "select id, c, e from t where id in (5, 6)") == wanted
        assert rows(client, "select id, c, e from t where e + 0 > 6 and id > 4 order by id") == wanted
        client.execute("truncate t")
        client.execute("alter table t add column f int not null")


class TestPropertiesThatNameColumns:
    """Source: the vendor's pages "ALTER TABLE" and "Set table properties"."""

    def properties(self, client: Client, table: str) -> dict[str, str]:
        text = "select property_key, property_value from hologres.hg_table_properties where table_name = %s"
        return dict(client.execute(text, (table,)).fetchall())

    def test_they_follow_a_column(self, client: Client) -> None:
        client.execute("""
            create table named (a int, b timestamptz, c text, "D" text, primary key (a, c)) with (
                distribution_key = 'a', clustering_key = 'a:asc,c', event_time_column = 'b',
                bitmap_columns = 'c:on,"D":off', dictionary_encoding_columns = 'c:auto')
        """)
        for name, to in (("a", "aa"), ("b", "bb"), ("c", "cc"), ('"D"', "dd")):
            client.execute(f"alter table named rename column {name} to {to}")
        found = self.properties(client, "named")
        assert found["distribution_key"] == "aa"
        assert found["clustering_key"] == "aa:asc,cc"
        assert found["segment_key"] == "bb"
        assert found["bitmap_columns"] == "cc:on,dd:off"
        assert found["dictionary_encoding_columns"] == "cc:auto"
        client.execute("alter table named drop column dd")
        assert self.properties(client, "named")["bitmap_columns"] == "cc:on"
        assert refused(client, "alter table named drop column bb")[0] == "0A000"
        client.execute("drop table named")

    def test_they_follow_a_column_of_partitions(self, client: Client) -> None:
        client.execute("create table named (a int, ds text) partition by list (ds) with (bitmap_columns = 'a')")
        client.execute("create table named_1 partition of named for values in ('1')")
        client.execute("alter table named rename column a to aa")
        for table in ("named", "named_1"):
            assert self.properties(client, table)["bitmap_columns"] == "aa"
        client.execute("drop table named")


@pytest.mark.parametrize(
    "statement", ["recover table gone", "recover table gone with (table_id = 7)", "purge table gone"]
)
def test_there_is_no_recycle_bin(client: Client, statement: str) -> None:
    """https://www.alibabacloud.com/help/en/hologres/user-guide/table-recycle-bin"""
    with pytest.raises(psycopg.errors.FeatureNotSupported, match=statement.split()[0].upper()):
        client.execute(statement.encode())
