"""What ANALYZE finds of columns, beside what PostgreSQL's does of the same rows, and how it is kept and renewed.

Of a table that is not larger than a sample both look at all rows, so each figure is the same; only that PostgreSQL puts
rows where there is room, which its correlation is of, so that it is compared where rows are all as long.
Sources: the PostgreSQL 15 documentation, "pg_stats"; the vendor's page "ANALYZE and AUTO ANALYZE".
"""

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import allow, connected, made_user
from tests.differential import connect
from tests.postgres import running
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
TYPES = {
    "k": "int primary key", "small": "smallint", "big": "bigint", "flag": "bool", "amount": "numeric(20,4)",
    "single": "real", "double": "float8", "word": "text", "few": "varchar(10)", "padded": "char(6)", "data": "bytea",
    "day": "date", "at": "timestamp", "moment": "timestamptz", "clock": "time", "clock_tz": "timetz",
    "span": "interval", "id": "uuid", "document": "jsonb", "plain": "json", "host": "inet", "bits": "bit(12)",
    "more_bits": "varbit", "numbers": "int[]", "words": "text[]", "reals": "float8[]", "none": "int", "wide": "text",
    "wide_some": "text",
}  # fmt: skip
ASKED = """select attname, inherited, null_frac, avg_width, n_distinct, most_common_vals::text, most_common_freqs,
    histogram_bounds::text, correlation from pg_stats where schemaname = 'figured' and tablename = 't' order by 1"""
AUTOMATIC = "alter database yunbox set hg_enable_start_auto_analyze_worker = "


def row(chance: random.Random, k: int) -> list[str]:
    """The texts of a row's values, as COPY has them."""
    skewed = int(chance.expovariate(0.1))
    some = chance.choice
    words = [some(("a", "b c", "\u00e9", "x,y", "nul", "z" * 40)) for _ in range(chance.randrange(4))]
    quoted = ",".join('"' + word + '"' for word in words)
    day = f"{chance.randrange(1900, 2100)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
    clock = f"{chance.randrange(24):02}:{chance.randrange(60):02}:00"
    return [
        str(k), str(skewed), str(chance.randrange(-(1 << 62), 1 << 62)), some("tf"),
        f"{chance.randrange(-(10**9), 10**9) / 10 ** chance.randrange(5):.4f}", some(("NaN", "0.5", str(skewed / 8))),
        str(chance.gauss(0, 1e9)) if chance.random() < 0.9 else "-0", f"w{chance.randrange(4000)}",
        some(("red", "green", "blue", "blue")), some(("ab", "abc", "")), "\\\\x" + f"{skewed:04x}",
        day if k % 50 else "infinity", f"{day} {clock}", f"{day} {clock}+00", clock,
        clock + some(("+00", "+05", "-08")),
        some(("1 mon", "30 days", "02:00:00", "-1 day", f"{skewed} days")), f"{chance.getrandbits(128):032x}",
        some(('{"a": 1}', "[]", "[1, 2.50]", '"s"', "null", "7", '{"bb": {"c": "\u00e9"}, "a": [true]}', f"{skewed}")),
        some(('{"a": 1}', "[ ]")), some(("10.0.0.1", "10.0.0.0/8", "::1", "192.168.0.0/16", f"10.1.{skewed % 256}.7")),
        f"{chance.getrandbits(12):012b}", "1" * chance.randrange(9), "{" + ",".join(map(str, range(skewed % 5))) + "}",
        "{" + quoted + "}", "{1.5,NULL,NaN}" if k % 3 else "{}", "\\N", "w" * 1100 if k % 2 else "\\N",
        "v" * (3 if k % 2 else some((130, 1020, 1021))),
    ]  # fmt: skip


def filled(client: Client, rows: list[list[str]]) -> None:
    """A table of the same rows."""
    client.execute("drop schema if exists figured cascade")
    client.execute("create schema figured")
    client.execute("set search_path to figured")
    client.execute(f"create table t ({', '.join(f'{name} {of}' for name, of in TYPES.items())})")
    with client.cursor().copy("copy t from stdin") as copy:
        copy.write("".join("\t".join(one) + "\n" for one in rows))
    client.execute("analyze t")


def figures(client: Client) -> dict[str, tuple[Any, ...]]:
    """What is known of the columns."""
    return {name: tuple(found) for name, *found in client.execute(ASKED).fetchall()}


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute(AUTOMATIC + "off")
        yield made
        made.execute("rollback")
        made.execute("drop schema if exists figured cascade")
        made.execute(AUTOMATIC + "on")


@pytest.mark.parametrize(("seed", "count"), [(1, 2500), (2, 40), (3, 1)])
def test_all_figures_are_postgresqls(client: Client, seed: int, count: int) -> None:
    chance = random.Random(seed)
    rows = [row(chance, k) for k in range(count)]
    if seed == 1:
        rows = [[value if chance.random() > 0.2 or not at else "\\N" for at, value in enumerate(one)] for one in rows]
    with running() as postgres, connect(postgres) as oracle:
        for one in (oracle, client):
            filled(one, rows)
        expected, found = figures(oracle), figures(client)
    assert list(found) == list(expected) == sorted(TYPES)
    compared = slice(0, -1 if seed == 1 else None)
    pairs = [(name, *of) for name in found for of in zip(found[name][compared], expected[name][compared], strict=True)]
    assert [one for one in pairs if one[1] != one[2]] == []


def test_correlations_are_postgresqls(client: Client) -> None:
    chance = random.Random(4)
    values = [(k, chance.choice((None, chance.randrange(50), k, -k)), k // 7) for k in range(3000)]
    found = []
    with running() as postgres, connect(postgres) as oracle:
        for one in (oracle, client):
            one.execute("create schema figured")
            one.execute("create table figured.t (k int primary key, v int, w int)")
            with one.cursor().copy("copy figured.t from stdin") as copy:
                for values_of in values:
                    copy.write_row(values_of)
            one.execute("analyze figured.t")
            found.append(figures(one))
    assert found[0] == found[1] and found[0]["k"][-1] == 1 and 0 < abs(found[0]["v"][-1]) < 1


def test_a_sample_of_a_large_table_is_near_the_truth(client: Client) -> None:
    client.execute("create schema figured")
    client.execute("create table figured.t (k int primary key, few int, skewed int, unique_text text)")
    client.execute("""insert into figured.t select g, g % 7, case when g % 4 = 0 then 1 else g end, 'k' || g
                      from generate_series(1, 60000) g""")
    client.execute("analyze figured.t")
    found = figures(client)
    assert found["k"][3] == -1 and found["k"][4] is None and found["unique_text"][3] == -1
    assert found["few"][3] == 7 and sorted(found["few"][4].strip("{}").split(",")) == [str(one) for one in range(7)]
    assert sum(found["few"][5]) == pytest.approx(1, abs=1e-3) and found["few"][6] is None
    assert found["skewed"][4] == "{1}" and found["skewed"][5] == [pytest.approx(0.25, abs=0.02)]
    assert found["skewed"][3] < -0.3
    bounds = [int(one) for one in found["k"][6].strip("{}").split(",")]
    assert len(bounds) == 101 and bounds == sorted(bounds) and bounds[50] == pytest.approx(30_000, abs=1500)


def test_named_columns_alone_are_looked_at_again(client: Client) -> None:
    client.execute("create schema figured")
    client.execute("set search_path to figured")
    client.execute("create table t (a int, b int)")
    client.execute("insert into t select g % 2, g % 3 from generate_series(1, 30) g")
    client.execute("analyze t (a)")
    assert list(figures(client)) == ["a"]
    client.execute("analyze t")
    client.execute("insert into t select 9, 9 from generate_series(1, 30) g")
    client.execute("analyze t (b)")
    found = figures(client)
    assert (found["a"][3], found["b"][3]) == (2, 4)
    client.execute("alter table t drop column b")
    assert list(figures(client)) == ["a"]
    [(relation, kinds)] = client.execute(
        "select starelid::regclass::text, array[stakind1, stakind2, stakind3] from pg_statistic where starelid = "
        "'t'::regclass"
    ).fetchall()
    assert (relation, kinds) == ("t", [1, 3, 0])
    client.execute("drop table t")
    assert figures(client) == {}


def test_a_partitioned_table_is_looked_at_with_its_partitions(client: Client) -> None:
    client.execute("create schema figured")
    client.execute("set search_path to figured")
    client.execute("create table t (v int, day text not null) partition by list (day)")
    for day in ("x", "y"):
        client.execute(f"create table t_{day} partition of t for values in ('{day}')")
        client.execute(f"insert into t_{day} select g, '{day}' from generate_series(1, 10) g")
    client.execute("analyze t")
    assert figures(client)["day"][:5] == (True, 0, 2, 2, "{x,y}")


def test_a_block_sees_its_own_rows_and_keeps_nothing_when_it_fails(client: Client) -> None:
    client.execute("create schema figured")
    client.execute("set search_path to figured")
    client.execute("create table t (a int primary key)")
    client.execute("insert into t values (1), (2)")
    for end in ("rollback", "commit"):
        client.execute("begin")
        client.execute("delete from t where a = 1")
        client.execute("insert into t select g from generate_series(10, 12) g")
        client.execute("analyze t")
        client.execute("create table u as select a from t")
        client.execute("analyze u")
        client.execute(end)
        assert figures(client) == ({} if end == "rollback" else {"a": (False, 0, 4, -1, None, None, "{2,10,11,12}", 1)})
    [(bounds,)] = client.execute("select histogram_bounds::text from pg_stats where tablename = 'u'").fetchall()
    assert bounds == "{2,10,11,12}"


def test_who_may_not_read_a_column_sees_no_values_of_it(server: Server, client: Client) -> None:
    client.execute("create schema figured")
    client.execute("set search_path to figured")
    client.execute("create table t (a int, b int)")
    client.execute("insert into t values (1, 2), (3, 4)")
    client.execute("analyze t")
    key = made_user(server, "figurer", allow())
    client.execute('grant usage on schema figured to "RAM$figurer"')
    client.execute('grant select (b) on t to "RAM$figurer"')
    with connected(server, key) as other:
        assert list(figures(other)) == ["b"]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            other.execute("select * from pg_statistic")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            other.execute(AUTOMATIC + "off")


def test_tables_are_analyzed_unasked_when_much_of_them_has_changed(server: Server, client: Client) -> None:
    client.execute("create schema figured")
    client.execute("set search_path to figured")
    client.execute("create table t (a int primary key)")
    client.execute("create table small (a int primary key)")
    client.execute("insert into t select g from generate_series(1, 1000) g")
    client.execute("insert into small select g from generate_series(1, 50) g")
    client.execute(AUTOMATIC + "on")
    asked = """select n_mod_since_analyze, analyze_count, autoanalyze_count, last_analyze, last_autoanalyze is null
        from pg_stat_user_tables where relid = 't'::regclass"""
    until(client, asked, (0, 0, 1, None, False))
    client.execute("update t set a = a + 2000 where a <= 30")  # each removed and added: less than a tenth and 50
    assert client.execute(asked).fetchall() == [(60, 0, 1, None, False)]
    client.execute("update t set a = a + 4000 where a > 900 and a <= 1000")
    until(client, asked, (0, 0, 2, None, False))
    assert figures(client)["a"][6].startswith("{31,") and figures(client)["a"][6].endswith(",5000}")
    versions = """select table_name, statistic_version, total_rows from hologres_statistic.hg_table_statistic
        where schema_name = 'figured'"""
    assert client.execute(versions).fetchall() == [("t", 2, 1000)]


def until(client: Client, asked: str, wanted: tuple[Any, ...]) -> None:
    """Wait for the one row of a query to be another."""
    end = time.monotonic() + 90
    while (found := client.execute(asked).fetchall()) != [wanted]:
        assert time.monotonic() < end, found
        time.sleep(0.2)


def test_statistics_are_there_after_a_kill(tmp_path: Path) -> None:
    with Server(tmp_path) as server, connected(server) as client:
        client.execute("create schema figured")
        client.execute("create table figured.t (a int)")
        client.execute("insert into figured.t values (1), (1), (2)")
        client.execute("analyze figured.t")
        before = figures(client)
        assert before["a"][4] == "{1}"
        server.kill()
    with Server(tmp_path) as server, connected(server) as client:
        assert figures(client) == before
