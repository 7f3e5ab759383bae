"""Foreign tables: tables of MaxCompute, made by its own client, as PostgreSQL's clients read them."""

import datetime
import re
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from odps import ODPS

from tests.clients.hologres.clients import Key, allow, connected, made_user
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
UTC = datetime.UTC
TYPES = """
    ti TINYINT, si SMALLINT, i INT, b BIGINT, f FLOAT, d DOUBLE, ok BOOLEAN, s STRING, v VARCHAR(9), c CHAR(5),
    n DECIMAL(38,18), m DECIMAL(10,2), x BINARY, da DATE, dt DATETIME, ts TIMESTAMP, ai ARRAY<INT>, ab ARRAY<BIGINT>,
    af ARRAY<FLOAT>, ad ARRAY<DOUBLE>, ao ARRAY<BOOLEAN>, ass ARRAY<STRING>
"""
LEAST = """
    -128Y, -32768S, -2147483648, -9223372036854775807L, CAST('-3.4028235e38' AS FLOAT), -1.7976931348623157E308, false,
    '', '', 'a', CAST('-99999999999999999999.999999999999999999' AS DECIMAL(38,18)),
    CAST('-99999999.99' AS DECIMAL(10,2)), CAST('' AS BINARY), DATE '0001-01-01', DATETIME '1900-01-01 00:00:00',
    TIMESTAMP '1900-01-01 00:00:00.000001', ARRAY(-2147483648, CAST(NULL AS INT)), ARRAY(-9223372036854775807L),
    ARRAY(CAST(-1.5 AS FLOAT)), ARRAY(-1.5D), ARRAY(true, false), ARRAY('', 'a,"b"', CAST(NULL AS STRING))
"""
MOST = """
    127Y, 32767S, 2147483647, 9223372036854775807L, CAST('3.4028235e38' AS FLOAT), 1.7976931348623157E308, true,
    'schön 漢字', 'ninechars', 'abcde', CAST('99999999999999999999.999999999999999999' AS DECIMAL(38,18)),
    CAST('99999999.99' AS DECIMAL(10,2)), UNHEX('00FF7F'), DATE '9999-12-31', DATETIME '9999-12-31 00:00:00',
    TIMESTAMP '9999-12-31 00:00:00.999999', ARRAY(2147483647), ARRAY(9223372036854775807L), ARRAY(CAST(1.5 AS FLOAT)),
    ARRAY(1.5D), ARRAY(CAST(NULL AS BOOLEAN)), ARRAY('漢')
"""


@pytest.fixture
def client(server: Server, project: str) -> Iterator[Client]:
    """A session in a schema of the test's own, which is called as its project is."""
    with connected(server) as made:
        made.execute(f"create schema {project}")
        made.execute(f"set search_path to {project}")
        yield made


def imported(client: Client, project: str, *names: str, more: str = "") -> None:
    limit = f"limit to ({', '.join(names)})" if names else ""
    client.execute(f"import foreign schema {project} {limit} from server odps_server into {project} {more}")


def refused(client: Client, statement: str) -> tuple[str | None, str]:
    with pytest.raises(psycopg.Error) as caught:
        client.execute(statement)
    return caught.value.sqlstate, str(caught.value.diag.message_primary)


def lines(client: Client, statement: str, values: Any = None) -> list[str]:
    return [row[0] for row in client.execute(f"explain (costs off) {statement}", values).fetchall()]


def figures(client: Client, statement: str, values: Any = None) -> tuple[str, str]:
    """Which partitions EXPLAIN says are selected, and how many files and rows lie there."""
    text = "\n".join(lines(client, statement, values))
    partitions = re.search(r"Partitions selected: (.*)", text)
    files = re.search(r"Files: (\d+, \d+) rows", text)
    assert partitions and files, text
    return partitions[1], files[1]


def days(o: ODPS, name: str = "days", count: int = 5) -> None:
    """A table with a partition for each of some days and two regions, with 10 rows in each."""
    o.execute_sql(f"CREATE TABLE {name} (id BIGINT, v STRING) PARTITIONED BY (pt STRING, region STRING)")
    rows = ", ".join(
        f"({at}, 'v{at}', '2013050{day}', '{region}')"
        for day in range(1, count + 1) for region in ("cn", "us") for at in range(10)
    )  # fmt: skip
    o.execute_sql(f"INSERT INTO {name} PARTITION (pt, region) VALUES {rows}")


# -- definitions


def test_the_server_is_there_from_the_start(client: Client) -> None:
    server = "select s.srvname, w.fdwname from pg_foreign_server s join pg_foreign_data_wrapper w on w.oid = s.srvfdw"
    assert client.execute(server).fetchall() == [("odps_server", "odps_fdw")]
    assert client.execute("select foreign_server_name from information_schema.foreign_servers").fetchall() == [
        ("odps_server",)
    ]


def test_a_foreign_table_is_in_the_catalogue(client: Client, project: str, o: ODPS) -> None:
    o.execute_sql("CREATE TABLE t (id BIGINT COMMENT 'which', name STRING) COMMENT 'things' PARTITIONED BY (pt STRING)")
    created = client.execute(
        f"create foreign table if not exists t (id bigint, pt text) server odps_server "
        f"options (project_name '{project}', table_name 't')"
    )
    assert created.statusmessage == "CREATE FOREIGN TABLE"
    imported(client, project, "t", more="options (prefix 'a_', suffix '_z')")
    kinds = "select relname, relkind from pg_class where relnamespace = %s::regnamespace order by 1"
    assert client.execute(kinds, [project]).fetchall() == [("a_t_z", "f"), ("t", "f")]
    options = "select ftoptions from pg_foreign_table where ftrelid = 'a_t_z'::regclass"
    assert client.execute(options).fetchone() == ([f"project_name={project}", "table_name=t"],)
    listed = (
        f"select foreign_table_name from information_schema.foreign_tables where foreign_table_schema = '{project}'"
    )
    assert client.execute(f"{listed} order by 1").fetchall() == [("a_t_z",), ("t",)]
    kind = f"select table_type from information_schema.tables where table_schema = '{project}' and table_name = 't'"
    assert client.execute(kind).fetchone() == ("FOREIGN",)
    comments = "select obj_description('a_t_z'::regclass, 'pg_class'), col_description('a_t_z'::regclass, 1)"
    assert client.execute(comments).fetchone() == ("things", "which")
    columns = (
        "select format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'a_t_z'::regclass and attnum > 0"
    )
    assert client.execute(columns).fetchall() == [("bigint",), ("text",), ("text",)]
    client.execute("comment on foreign table t is 'mine'")
    assert client.execute("select obj_description('t'::regclass, 'pg_class')").fetchone() == ("mine",)


def test_what_is_not_so_in_maxcompute_is_refused(client: Client, project: str, o: ODPS) -> None:
    o.execute_sql("CREATE TABLE t (id BIGINT, d DECIMAL(10,2))")
    o.execute_sql("CREATE VIEW w AS SELECT id FROM t")
    head, where = "create foreign table f", f"options (project_name '{project}', table_name 't')"
    failed = "failed to import foreign schema from odps: "
    for columns, state, told in (
        ("id int", "HV004", f'column "id" of MaxCompute table "{project}.t" is of type BIGINT, '
                            "which cannot be read as integer"),
        ("d numeric(10,3)", "HV004", f'column "d" of MaxCompute table "{project}.t" is of type DECIMAL(10,2), '
                                     "which cannot be read as numeric(10,3)"),
        ("nope text", "HV005", f'column "nope" does not exist in MaxCompute table "{project}.t"'),
        ("id bigint, id bigint", "42701", 'column "id" specified more than once'),
        ("id bigint not null", "0A000", "a column of a foreign table with NOT is not supported"),
    ):  # fmt: skip
        assert refused(client, f"{head} ({columns}) server odps_server {where}") == (state, told)
    for rest, state, told in (
        (f"odps_server options (project_name '{project}', table_name 'n')", "HV000",
         f"{failed}Table not found - {project}.n"),
        (f"odps_server options (project_name '{project}', table_name 'w')", "HV000",
         f'{failed}Currently not supported table type "view"'),
        ("odps_server options (project_name 'nope_x', table_name 't')", "HV000",
         f"{failed}ODPS-0420111: Project not found - 'nope_x'"),
        (f"other options (project_name '{project}', table_name 't')", "42704", 'server "other" does not exist'),
        (f"odps_server options (project_name '{project}')", "HV00B",
         'option "table_name" is required for tables of server "odps_server"'),
        ("odps_server options (bucket 'x')", "HV00D", 'invalid option "bucket"'),
    ):  # fmt: skip
        assert refused(client, f"{head} (id bigint) server {rest}") == (state, told)


def test_import_passes_over_what_has_no_form_here(client: Client, project: str, o: ODPS) -> None:
    o.execute_sql("CREATE TABLE good (id BIGINT)")
    o.execute_sql("CREATE TABLE bad (m MAP<STRING,BIGINT>)")
    o.execute_sql("CREATE VIEW w AS SELECT id FROM good")
    told: list[str] = []
    client.add_notice_handler(lambda report: told.append(str(report.message_primary)))
    imported(client, project)
    assert told == [f'skipping table "{project}.bad": column "m" is of type MAP<STRING,BIGINT>, which is not supported',
                    f'skipping table "{project}.w": tables of type view are not supported']  # fmt: skip
    assert client.execute("select count(*) from good").fetchone() == (0,)
    of = f"import foreign schema {project} limit to (bad) from server odps_server into {project}"
    state, message = refused(client, f"{of} options (if_unsupported_type 'error')")
    assert (state, message.endswith("which is not supported")) == ("HV004", True)


def test_import_says_what_becomes_of_names_that_are_taken(client: Client, project: str, o: ODPS) -> None:
    o.execute_sql("CREATE TABLE a (id BIGINT)")
    o.execute_sql("CREATE TABLE b (id BIGINT)")
    imported(client, project, "a")
    assert refused(client, f"import foreign schema {project} from server odps_server into {project}") == (
        "42P07", 'relation "a" already exists')  # fmt: skip
    assert refused(client, "select * from b")[0] == "42P01"
    o.execute_sql("ALTER TABLE a ADD COLUMNS (name STRING)")
    imported(client, project, more="options (if_table_exist 'ignore')")
    assert [one.name for one in client.execute("select * from a").description or ()] == ["id"]
    imported(client, project, more="options (if_table_exist 'update')")
    assert [one.name for one in client.execute("select * from a").description or ()] == ["id", "name"]
    imported(client, project, "a", more="options (prefix 'only_')")
    client.execute(f"import foreign schema {project} except (a) from server odps_server into {project} "
                   "options (suffix '_2')")  # fmt: skip
    names = f"select relname from pg_class where relnamespace = '{project}'::regnamespace order by 1"
    assert client.execute(names).fetchall() == [("a",), ("b",), ("b_2",), ("only_a",)]


def test_columns_come_and_go_and_tables_too(client: Client, project: str, o: ODPS) -> None:
    o.execute_sql("CREATE TABLE t (id BIGINT, a STRING)")
    o.execute_sql("INSERT INTO t VALUES (1, 'x')")
    imported(client, project, "t")
    o.execute_sql("ALTER TABLE t ADD COLUMNS (b STRING, c DATE)")
    o.execute_sql("INSERT INTO t VALUES (2, 'y', 'z', DATE '2020-02-29')")
    assert client.execute("select * from t order by id").fetchall() == [(1, "x"), (2, "y")]
    altered = client.execute("alter foreign table t add column b text, add column c date")
    assert altered.statusmessage == "ALTER FOREIGN TABLE"
    found = client.execute("select * from t order by id").fetchall()
    assert found == [(1, "x", None, None), (2, "y", "z", datetime.date(2020, 2, 29))]
    client.execute("alter foreign table t drop column a")
    client.execute("alter foreign table t rename to u")
    assert client.execute("select b from u where id = 2").fetchall() == [("z",)]
    client.execute("create view seen as select id as number from u")
    assert refused(client, "drop foreign table u")[0] == "2BP01"
    assert refused(client, "drop table u") == ("42809", '"u" is not a table')
    assert client.execute("select number from seen order by 1").fetchall() == [(1,), (2,)]
    assert client.execute("drop foreign table if exists u, nope cascade").statusmessage == "DROP FOREIGN TABLE"
    assert refused(client, "select * from u")[0] == "42P01"


def test_rows_of_foreign_tables_are_read_only(client: Client, project: str, o: ODPS) -> None:
    o.execute_sql("CREATE TABLE t (id BIGINT)")
    imported(client, project, "t")
    for statement in ("insert into t values (1)", "update t set id = 2", "delete from t", "delete from t where id = 1"):
        assert refused(client, statement) == ("0A000", 'changing rows of foreign table "t" is not supported')
    assert refused(client, "truncate t") == ("42809", '"t" is not a table')
    assert refused(client, "copy t from stdin") == ("42809", 'cannot copy to foreign table "t"')
    assert refused(client, "alter table t add column x int")[0] == "42809"


# -- values


def test_every_type_with_its_ends(client: Client, project: str, o: ODPS) -> None:
    o.execute_sql(f"CREATE TABLE every ({TYPES})")
    zone = {"odps.sql.timezone": "UTC"}
    o.execute_sql(f"INSERT INTO every SELECT {LEAST}", hints=zone)
    o.execute_sql(f"INSERT INTO every SELECT {MOST}", hints=zone)
    nulls = ", ".join(["NULL"] * 22)
    o.execute_sql(f"INSERT INTO every SELECT {nulls}")
    imported(client, project, "every")
    client.execute("set timezone to 'UTC'")
    for binary in (False, True):
        cursor = client.cursor(binary=binary)
        least, most, nothing = cursor.execute("select * from every order by b").fetchall()
        assert nothing == (None,) * 22
        assert least == (
            -128, -(1 << 15), -(1 << 31), -(1 << 63) + 1, pytest.approx(-3.4028235e38), -1.7976931348623157e308, False,
            "", "", "a    ", Decimal("-99999999999999999999.999999999999999999"), Decimal("-99999999.99"), b"",
            datetime.date(1, 1, 1), datetime.datetime(1900, 1, 1, tzinfo=UTC),
            datetime.datetime(1900, 1, 1, 0, 0, 0, 1, tzinfo=UTC), [-(1 << 31), None], [-(1 << 63) + 1], [-1.5], [-1.5],
            [True, False], ["", 'a,"b"', None],
        )  # fmt: skip
        assert most == (
            127, (1 << 15) - 1, (1 << 31) - 1, (1 << 63) - 1, pytest.approx(3.4028235e38), 1.7976931348623157e308, True,
            "schön 漢字", "ninechars", "abcde", Decimal("99999999999999999999.999999999999999999"),
            Decimal("99999999.99"), b"\x00\xff\x7f", datetime.date(9999, 12, 31),
            datetime.datetime(9999, 12, 31, tzinfo=UTC), datetime.datetime(9999, 12, 31, 0, 0, 0, 999999, tzinfo=UTC),
            [(1 << 31) - 1], [(1 << 63) - 1], [1.5], [1.5], [None], ["漢"],
        )  # fmt: skip


def test_values_compare_as_those_of_own_tables(client: Client, project: str, o: ODPS) -> None:
    o.execute_sql("CREATE TABLE t (id BIGINT, c CHAR(5), n DECIMAL(10,2), dt DATETIME)")
    zone = {"odps.sql.timezone": "UTC"}
    o.execute_sql(
        "INSERT INTO t SELECT 1, 'ab', CAST(1.50 AS DECIMAL(10,2)), DATETIME '2020-05-06 07:08:09'", hints=zone
    )
    imported(client, project, "t")
    client.execute("create table own (id bigint primary key, c char(5), n numeric(10,2), at timestamptz)")
    client.execute("insert into own select * from t")
    joined = "select own.id from own join t on own.c = t.c and own.n = t.n and own.at = t.dt and own.id = t.id"
    assert client.execute(joined).fetchall() == [(1,)]
    assert client.execute("select id from t where c = 'ab' and dt < '2020-05-06 07:08:10+00'").fetchall() == [(1,)]
    assert client.execute("select n * 2, dt at time zone 'Asia/Shanghai' from t").fetchall() == [
        (Decimal("3.00"), datetime.datetime(2020, 5, 6, 15, 8, 9))]  # fmt: skip


# -- partitions


def test_only_partitions_that_are_asked_for_are_read(client: Client, project: str, o: ODPS) -> None:
    days(o)
    imported(client, project, "days")
    client.execute("create view late as select id as i, pt as day, region from days where pt > '20130502'")
    client.execute("create table own (pt text)")
    client.execute("insert into own values ('20130501')")
    every = "select count(*) from days"
    for statement, values, selected, files in (
        (every, None, "10 out of 10", "10, 100"),
        (f"{every} where pt = '20130501'", None, "2 out of 10", "2, 20"),
        (f"{every} where pt = %s and region = %s", ("20130501", "cn"), "1 out of 10", "1, 10"),
        (f"{every} where pt in ('20130501', '20130505')", None, "4 out of 10", "4, 40"),
        (f"{every} where pt in (%s, %s)", ("20130501", "20130502"), "4 out of 10", "4, 40"),
        (f"{every} where pt between '20130502' and %s", ("20130503",), "4 out of 10", "4, 40"),
        (f"{every} where pt >= '20130504' and id < 3", None, "4 out of 10", "4, 40"),
        (f"{every} where pt like '%%5' or pt like '%%4'", (), "4 out of 10", "4, 40"),
        (f"{every} where substr(pt, 7) = '01'", None, "2 out of 10", "2, 20"),
        ("select count(*) from late where day < '20130504' and region = 'us'", None, "1 out of 10", "1, 10"),
        ("select day, count(*) from late group by day having day = '20130505'", None, "2 out of 10", "2, 20"),
        ("select count(*) from days join own using (pt) where pt = '20130501'", None, "2 out of 10", "2, 20"),
        ("select count(*) from own left join days on days.pt = own.pt and days.pt = '20130501'", None, "2 out of 10",
         "2, 20"),
    ):  # fmt: skip
        assert (figures(client, statement, values), statement) == ((selected, files), statement)
    assert client.execute(f"{every} where pt = '20130501' and region = 'cn'").fetchone() == (10,)
    assert client.execute("select count(*), min(day) from late where region = 'us'").fetchone() == (30, "20130503")
    plan = lines(client, "select * from days where pt = '20130501' and id = 5")
    assert plan[0] == "Foreign Scan on days"
    assert "  Filter: (id = 5)" in plan and "  Foreign Table Type: MaxCompute" in plan
    analyzed = client.execute(f"explain analyze {every} where pt = '20130502'").fetchall()
    assert any("Foreign Scan on days" in line and "actual" in line and "rows=20" in line for (line,) in analyzed)


def test_partitions_of_numbers_and_days(client: Client, project: str, o: ODPS) -> None:
    o.execute_sql("CREATE TABLE t (id BIGINT) PARTITIONED BY (d DATE, n BIGINT)")
    rows = ", ".join(f"({n}, DATE '2020-01-0{d}', {n})" for d in range(1, 4) for n in (-9, 7, 100))
    o.execute_sql(f"INSERT INTO t PARTITION (d, n) VALUES {rows}")
    imported(client, project, "t")
    every = "select count(*) from t where"
    assert figures(client, f"{every} d = '2020-01-02' and n > 7") == ("1 out of 9", "1, 1")
    assert figures(client, f"{every} n + 1 = 8") == ("3 out of 9", "3, 3")
    assert figures(client, f"{every} d >= %s", (datetime.date(2020, 1, 2),)) == ("6 out of 9", "6, 6")
    found = client.execute("select d, n, id from t where n < 0 and d < '2020-01-02'").fetchall()
    assert found == [(datetime.date(2020, 1, 1), -9, -9)]


def test_values_of_partitions_may_be_any_text(client: Client, project: str, o: ODPS) -> None:
    o.execute_sql("CREATE TABLE t (id BIGINT) PARTITIONED BY (pt STRING)")
    names = ["it's", 'a "b"', "(x) AND (y", "漢字 %", "a/b=c", "__foreign_0"]
    for at, name in enumerate(names):
        written = name.replace("'", "\\'")
        o.execute_sql(f"INSERT INTO t PARTITION (pt='{written}') VALUES ({at})")
    imported(client, project, "t")
    for at, name in enumerate(names):
        assert client.execute("select id, pt from t where pt = %s", [name]).fetchall() == [(at, name)]


def test_so_many_partitions_at_most(client: Client, project: str, o: ODPS) -> None:
    days(o)
    imported(client, project, "days")
    client.execute("set hg_foreign_table_max_partition_limit = 4")
    assert client.execute("select count(*) from days where pt <= '20130502'").fetchone() == (40,)
    assert client.execute("select count(*) from days where false").fetchone() == (0,)
    told = "Build desc failed: Exceeds the partition limitation of 4, current match 6 partitions."
    assert refused(client, "select count(*) from days where pt <= '20130503'") == ("54000", told)
    client.execute("set hg_foreign_table_max_partition_limit = 0")
    assert client.execute("select count(*) from days").fetchone() == (100,)
    client.execute("set hg_foreign_table_max_partition_limit = 5000")
    assert refused(client, "select count(*) from days")[0] == "22023"
    client.execute("reset hg_foreign_table_max_partition_limit")
    assert client.execute("select count(*) from days").fetchone() == (100,)


# -- who may


def test_as_a_query_in_maxcompute_would_be(
    client: Client, project: str, o: ODPS, server: Server, connect: Callable[..., ODPS]
) -> None:
    o.execute_sql("CREATE TABLE t (id BIGINT)")
    o.execute_sql("INSERT INTO t VALUES (1)")
    imported(client, project, "t")
    client.execute(f"create view {project}.seen as select * from {project}.t")
    key = made_user(server, f"reader-{project}", allow())
    _let_in(client, project, f"reader-{project}")
    with connected(server, key) as theirs:
        theirs.execute(f"set search_path to {project}")
        for statement in ("select * from t", "select * from seen", "explain select * from t",
                          "insert into own select * from t"):  # fmt: skip
            if "own" in statement:
                theirs.execute("create table own (id bigint)")
            state, told = refused(theirs, statement)
            assert state == "42501"
            assert told.startswith("Build desc failed: failed to check permission: Authorization Failed: ")
            assert f"'odps:Select' on {{acs:odps:*:projects/{project}/tables/t}}" in told
        where = f"options (project_name '{project}', table_name 't')"
        make = f"create foreign table mine (id bigint) server odps_server {where}"
        state, told = refused(theirs, make)
        assert state == "HV000" and "'odps:Describe'" in told
        every = f"import foreign schema {project} from server odps_server into {project} options (prefix 'x')"
        assert "'odps:List'" in refused(theirs, every)[1]
        o.run_security_query(f"ADD USER RAM$reader-{project}")
        o.run_security_query(f"GRANT Select ON TABLE t TO USER RAM$reader-{project}")
        assert theirs.execute("select * from seen").fetchall() == [(1,)]
        assert "'odps:Describe'" in refused(theirs, make)[1]
        o.run_security_query(f"REVOKE Select ON TABLE t FROM USER RAM$reader-{project}")
        assert refused(theirs, "select * from t")[0] == "42501"
        _owned_by(o, theirs, connect(project, key), project)


def _let_in(client: Client, project: str, user: str) -> None:
    """A user may do everything with the foreign tables themselves."""
    client.execute(f'grant all on schema {project} to "RAM${user}"')
    client.execute(f'grant select on all tables in schema {project} to "RAM${user}"')


def _owned_by(o: ODPS, theirs: Client, own: ODPS, project: str) -> None:
    """Whoever made a table may read it, and no longer once it is another's."""
    o.run_security_query(f"GRANT CreateTable, CreateInstance, List ON PROJECT {project} TO USER RAM$reader-{project}")
    own.execute_sql("CREATE TABLE theirs (id BIGINT)")
    theirs.execute(f"import foreign schema {project} limit to (theirs) from server odps_server into {project}")
    assert theirs.execute("select * from theirs").fetchall() == []
    o.execute_sql("DROP TABLE theirs")
    o.execute_sql("CREATE TABLE theirs (id BIGINT)")
    assert refused(theirs, "select * from theirs")[0] == "42501"


def test_a_refusal_is_on_the_audit_trail(client: Client, project: str, o: ODPS, server: Server) -> None:
    o.execute_sql("CREATE TABLE t (id BIGINT)")
    imported(client, project, "t")
    key: Key = made_user(server, f"nosy-{project}", allow())
    _let_in(client, project, f"nosy-{project}")
    with connected(server, key) as theirs:
        assert refused(theirs, f"select * from {project}.t")[0] == "42501"
    with connected(server) as again:  # an event is told before the next statement is answered, and written soon after
        again.execute("select 1")
    deadline = threading.Event()
    for _ in range(100):
        trail = "".join(path.read_text() for path in (server.data / "logs").rglob("*") if path.is_file())
        if f"projects/{project}/tables/t" in trail and f"nosy-{project}" in trail:
            return
        deadline.wait(0.1)
    pytest.fail("the refusal is not on the trail")


# -- meanwhile


def test_a_table_that_is_gone_or_another(client: Client, project: str, o: ODPS) -> None:
    o.execute_sql("CREATE TABLE t (id BIGINT, name STRING)")
    imported(client, project, "t")
    o.execute_sql("DROP TABLE t")
    assert refused(client, "select * from t") == ("HV000", f"Build desc failed: Table not found - {project}.t")
    o.execute_sql("CREATE TABLE t (id STRING)")
    o.execute_sql("INSERT INTO t VALUES ('one')")
    told = f'column "id" of MaxCompute table "{project}.t" is of type STRING, which cannot be read as bigint'
    assert refused(client, "select name from t") == ("HV004", told)
    client.execute("alter foreign table t drop column id")
    assert refused(client, "select name from t") == (
        "HV005", f'column "name" does not exist in MaxCompute table "{project}.t"')  # fmt: skip
    imported(client, project, "t", more="options (if_table_exist 'update')")
    assert client.execute("select * from t").fetchall() == [("one",)]


def test_old_or_new_and_never_mixed(server: Server, client: Client, project: str, o: ODPS) -> None:
    """Sessions read while INSERT OVERWRITE changes all rows of both partitions: what they see is of one commit."""
    o.execute_sql("CREATE TABLE t (v BIGINT) PARTITIONED BY (pt STRING)")
    write = "INSERT OVERWRITE t PARTITION (pt) SELECT {0}, pt FROM VALUES ('a'), ('b'), ('a'), ('b') x (pt)"
    o.execute_sql(write.format(0))
    imported(client, project, "t")
    over, wrong, seen = threading.Event(), [], set()

    def read() -> None:
        with connected(server) as theirs:
            while not over.is_set():
                found = theirs.execute(f"select count(*), min(v), max(v) from {project}.t").fetchone()
                if found is None or found[0] != 4 or found[1] != found[2]:
                    wrong.append(found)
                    return
                seen.add(found[1])

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for version in range(1, 13):
        o.execute_sql(write.format(version))
        assert client.execute("select distinct v from t").fetchall() == [(version,)]  # at once, for who was told
    over.set()
    for reader in readers:
        reader.join()
    assert wrong == [] and len(seen) > 1


def test_within_a_block_and_with_own_rows(client: Client, project: str, o: ODPS) -> None:
    days(o, count=2)
    with client.transaction():
        imported(client, project, "days")
        client.execute("create table own (id bigint primary key, v text)")
        copied = client.execute("insert into own select id, v from days where pt = '20130501' and region = 'cn'")
        assert copied.statusmessage == "INSERT 0 10"
        both = "select count(*) from own join days using (id, v) where region = 'us'"
        assert client.execute(both).fetchone() == (20,)
    assert client.execute("select count(*) from own").fetchone() == (10,)
    updated = client.execute("update own set v = days.region from days where days.id = own.id and pt = '20130502'")
    assert updated.statusmessage == "UPDATE 10"
    prepared = "select count(*) from days where pt = %s"
    for _ in range(8):
        assert client.execute(prepared, ["20130501"], prepare=True).fetchone() == (20,)
    o.execute_sql("ALTER TABLE days DROP PARTITION (pt='20130501', region='cn')")
    assert client.execute(prepared, ["20130501"], prepare=True).fetchone() == (10,)
