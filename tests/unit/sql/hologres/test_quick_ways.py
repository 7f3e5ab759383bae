"""What DuckDB computes in the place of functions in Python, where it comes to the same: compared with PostgreSQL at the
edges between the two ways."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.differential import Ask, Case, connect, differences, through_psycopg
from tests.postgres import running
from tests.unit.sql.hologres.planned import Planned
from tests.unit.sql.hologres.tables import CATALOG
from yunbox.sql.decimals import narrowed
from yunbox.sql.hologres.session import Session

ZONES = ("UTC", "Asia/Shanghai", "America/New_York", "Europe/London", "Asia/Kolkata", "Africa/Casablanca")
MOMENTS = (
    "2026-01-02 03:04:05.678901", "1999-12-31 23:59:59", "0999-12-31 12:00:00", "1000-01-01 00:00:00",
    "9999-12-31 23:59:59", "10000-01-01 00:00:00", "0044-03-15 12:00:00 BC", "infinity", "-infinity",
    "1940-06-01 00:30:00", "1986-05-04 02:30:00", "1991-04-14 01:30:00", "1991-09-15 00:30:00", "1991-09-14 23:30:00",
    "2024-03-10 02:30:00", "2024-11-03 01:30:00", "2024-03-31 01:30:00", "2024-10-27 01:30:00", "1901-01-01 00:00:00",
    "1970-01-01 00:00:00", "2090-07-01 12:00:00",
)  # fmt: skip
PATTERNS = ("YYYY-MM-DD", "YYYYMMDD", "yyyy/mm/dd hh24:mi:ss", "YYYY-MM-DD HH24:MI:SS.US", "HH12:MI AM", "Mon DD, YYYY",
            "Dy", "DDD", "YY%MM", '"at" HH24 "o''clock"', "YYYY-MM-DD HH24:MI:SS TZ", "IYYY-IW", "Day", "FMDD", "MS",
            "")  # fmt: skip
TEXTS = (
    "",
    "a",
    "abc",
    "äöü",
    "ÄbC",
    "x\ny",
    "50%",
    "a_b",
    "İstanbul",
    "ſ",
    "K",
    "name of row 99",
    "9",
    "-",
    "a.c",
    "日本語",
)
LIKES = ("%B%", "ÄB_", "%ä%", "k", "s", "İ%", "50\\%", "A_B", "", "%")
REGEXES = (
    "9$", "^a", "a.c", "a\\.c", "^[a-z]+$", "[^a]", "a|b", "x.y", "^$", "b*", "[0-9]+", "^name of row 9+$", "(a)",
    "a{2}", "[[:alpha:]]", "\\d", "ä", ".", "^", "$", "a$|^x", "[z-a]", "*a", "a**", "\\mname", "[a-]", "a?",
)  # fmt: skip


@pytest.fixture(scope="module")
def client() -> Iterator[psycopg.Connection]:
    with running("timezone=UTC") as server, connect(server) as connection:
        yield connection


@pytest.fixture(scope="module")
def oracle(client: psycopg.Connection) -> Ask:
    return through_psycopg(client)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def listed(values: tuple[str, ...], of: str) -> str:
    return ", ".join(f"({quoted(value)}::{of})" for value in values)


def check(statements: list[str], oracle: Ask, planned: Planned, allowed: int = 0) -> None:
    made = [Case(statement, f"{number}") for number, statement in enumerate(statements)]
    wrong, refused = differences(made, oracle, planned.ask)
    assert not wrong, "\n".join(wrong)
    assert len(refused) <= allowed, refused


@pytest.fixture(scope="module")
def ours() -> Planned:
    made = Planned()
    made.vocabulary.provide_all()
    return made


@pytest.mark.parametrize("zone", ZONES)
def test_moments(zone: str, client: psycopg.Connection, oracle: Ask, ours: Planned) -> None:
    client.execute(f"set timezone = '{zone}'".encode())
    ours.session = Session(zone=zone)
    rows = listed(MOMENTS, "timestamp")
    near = tuple(one for one in MOMENTS if one[:4] not in ("9999", "1000") and "BC" not in one)
    zoned = listed(near, "timestamptz")
    asked = [f"select to_char(v, {quoted(one)}) from (values {rows}) t(v)" for one in PATTERNS]
    asked += [f"select to_char(v, {quoted(one)}) from (values {zoned}) t(v)" for one in PATTERNS]
    asked += [
        f"select v::timestamptz from (values {listed(near, 'timestamp')}) t(v)",
        f"select v::timestamp, v::date from (values {zoned}) t(v)",
        f"select date_trunc('month', v) from (values {zoned}) t(v)",
        f"select date_trunc('month', v::date) from (values {zoned}) t(v)",
        f"select v at time zone 'Asia/Shanghai', v at time zone 'America/New_York' from (values {zoned}) t(v)",
        f"select v at time zone 'Asia/Shanghai' from (values {listed(near, 'timestamp')}) t(v)",
        f"select extract(hour from v), extract(dow from v) from (values {zoned}) t(v) where isfinite(v)",
        f"select v + interval '1 month', v - interval '1 day' from (values {zoned}) t(v)",
    ]
    for one in ("hour", "day", "week", "month", "year"):
        for of, values in (("timestamp", MOMENTS), ("timestamptz", near)):
            table = f"(values {listed(values, of)}, (null), ({quoted(values[0])}::{of} + interval '59 min')) t(v)"
            cut = f"date_trunc('{one}', v)"
            asked += [
                f"select {cut}, {cut}::date, count(*), min(v) from {table} group by 1 order by 1",
                f"select count(*), {cut} + interval '1 day' from {table} group by {cut} having {cut} is not null",
                f"select {cut}, v is null, count(*) from {table} group by rollup ({cut}, v is null) order by 1, 2, 3",
                f"select {cut}, rank() over (order by count(*), {cut}) from {table} group by {cut} order by {cut}",
                f"select distinct {cut} from {table} order by 1",
            ]
    check(asked, oracle, ours)
    client.execute("set timezone = 'UTC'")
    ours.session = Session()


def test_texts(oracle: Ask, ours: Planned) -> None:
    rows = listed(TEXTS, "text")
    places = [(a, n) for a in (-2147483648, -3, 0, 1, 2, 5, 2147483647) for n in (0, 1, 3, 2147483647)]
    asked = [f"select substring(v, {a}, {n}), substr(v, {a}) from (values {rows}) t(v)" for a, n in places]
    asked += [
        f"select substring(v, -1) from (values {rows}) t(v)",
        f"select substring(v, 1, -1) from (values {rows}) t(v)",
        "select substring('abc', 2, -1)",
        "select substring(null, 2, 1), substring('a', null, 1), substring('a', 1, null)",
        "select substring(v, a, n) from (values ('abcdef', 2, 3), ('äöü', 0, 2), (null, 1, -1)) t(v, a, n)",
    ]
    asked += [f"select v ilike {quoted(one)}, v not ilike {quoted(one)} from (values {rows}) t(v)" for one in LIKES]
    check(asked, oracle, ours)


def test_patterns(oracle: Ask, ours: Planned) -> None:
    rows = listed(TEXTS, "text")
    check([f"select v ~ {quoted(one)}, v !~ {quoted(one)} from (values {rows}) t(v)" for one in REGEXES], oracle, ours)


NUMBERS = ("0", "0.00", "-0.5", "1", "1.0", "0.1", "0.3", "9007199254740993", "9007199254740992", "9007199254740992.5",
           "12345678901234567890123456789.123456789", "12345678901234567890123456789.12345678", "-1e-30", "1e-30",
           "99999999999999999999999999999999999999", "NaN", "1.00000000000000000001", "1")  # fmt: skip


def test_numbers(oracle: Ask, ours: Planned) -> None:
    rows = listed(NUMBERS, "numeric")
    compare, order = "a < b, a <= b, a = b, a > b, a <> b", "order by 1, 2, a::text, b::text"
    divisors = listed(("3", "7.00", "-0.003", "123456789.123", "1e-10", "NaN", "90071992547409931"), "numeric")
    fixed = "(values (1.25::numeric(10,2), 1), (7, 2), (null, 3), (-3.5, 4), (100, 5)) t(n, k)"
    check(
        [
            f"select a, b, {compare} from (values {rows}) t(a), (values {rows}) u(b) {order}",
            f"select a, b, a / b, a % b from (values {rows}) t(a), (values {divisors}) u(b) {order}",
            f"select b, a from (values {rows}) t(a), (values {divisors}) u(b) order by a, 1, b::text, a::text",
            "select b, a from (values (1.5::numeric, 2.5::numeric), (2.25, 1.5), (1.50, 1)) t(a, b) order by 1, 2",
            "select a, a::text, count(*) from (values (1.0::numeric), (1), (2)) t(a) group by a, a::text order by 1, 2",
            "select a from (values (1.0::numeric), (1), (2)) t(a) order by a::text",
            "select note, note::text from (values ('{\"b\": 1}'::jsonb), ('{\"b\": 1.0}')) t(note) order by note::text",
            "select count(*) from (values ('1'::jsonb), ('1.0')) t(note) group by note, note::text order by 1",
            "select distinct b from (values (1.5::numeric, 2.5::numeric), (2.25, 1.5), (1.50, 1)) t(a, b) order by 1",
            "select distinct on (b) b, a from (values (1.5::numeric, 2.5::numeric), (2.25, 1.5)) t(a, b) order by b",
            "select a / b from (values (1.5, 0.0)) t(a, b)",
            f"select n < avg from {fixed}, (select avg(n) from {fixed}) a(avg) order by k",
            f"select sum(case when k > 1 then n else 0 end), avg(case when k > 1 then n else 0 end) from {fixed}",
            f"select sum(case when k > 9 then n else 0 end), sum(case when k > 9 then n end) from {fixed}",
            f"select sum(coalesce(n, 0)), avg(coalesce(n, 0.000)) from {fixed}",
            f"select k % 2, sum(case when k > 2 then n else 1 end) from {fixed} group by 1 order by 1",
            f"select sum(case when k > 2 then n else 0 end) over (order by k) from {fixed} order by k",
            f"select sum(case when k > 2 then n else 0 end) filter (where k < 5) from {fixed}",
            f"select case when k > 2 then n else 0 end from {fixed} order by k",
            f"select n::float8, n::float4, (n * 1.10)::float8 from {fixed} order by k",
            "select v::numeric, round(v::numeric, 2), round(v::numeric) from (values (0.1::float8), (1e-5), (1e15), "
            "(1e16), (123456.789), (-0.0), (1e300), (2.5), (1e-300), ('NaN'), (0.30000000000000004)) t(v)",
            "select v::numeric from (values (0.1::float4), (1e-5), (1e6), (1234567), (-0.0)) t(v)",
        ],
        oracle,
        ours,
    )


def test_a_query_that_is_compared(oracle: Ask, ours: Planned) -> None:
    rows = f"(values {listed(NUMBERS, 'numeric')})"
    other = f"(select avg(u.b) from {rows} u(b) where u.b <> 'NaN' and u.b < t.a)"
    check(
        [
            f"select a from {rows} t(a) where a < {other} order by 1, a::text",
            f"select a from {rows} t(a) where 0.1 + a * 2 >= {other} order by 1, a::text",
            f"select {other} > a, {other} = {other}, a <> {other} from {rows} t(a) order by a, a::text",
            f"select a from {rows} t(a) where not a > (select avg(a) from {rows} t(a) where a is null) "
            "order by 1, a::text",
            f"select a > all (select b / 3 from {rows} u(b)), a = any (select b from {rows} u(b) where b > t.a - 1) "
            f"from {rows} t(a) order by a, a::text",
            f"select a, sum(a / 7) from {rows} t(a) group by a having sum(a / 7) > (select avg(b / 9) "
            f"from {rows} u(b) where b <> 'NaN') order by 1",
            f"select t.a, u.a from {rows} t(a) join {rows} u(a) on t.a / 3 > (select 1 / u.a) and u.a > 0 "
            "order by 1, 2, t.a::text, u.a::text",
            f"select max(a) over (order by a) > (select 1.5 / 3) from {rows} t(a) order by a, a::text",
            "select (select 1.50) > (select 1.5), (select 2.5 / 3) < (select null::numeric), 'SELECT'::text || 1.5",
        ],
        oracle,
        ours,
    )


def test_a_query_runs_once_where_its_value_is_compared(ours: Planned) -> None:
    made = ours.plan("select 1.5 / 3 > (select 2.5 / 7)").sql
    assert made.count("SELECT") == 2, made


def test_products_within_aggregates_may_be_narrow() -> None:
    ours = Planned(CATALOG)
    of = "select sum(price * amount * 2), sum(case when flag then price * amount else 0 end) from shop, sale"
    made = ours.plan(of).sql
    assert (narrowed(made) or "").count("DECIMAL(18,") >= 4
    assert narrowed(ours.plan("select price * amount from shop, sale").sql) is None
    assert narrowed(ours.plan("select sum(price) from shop where name = 'DECIMAL(\f\f19,2)'").sql) is None


def test_what_is_the_same_for_all_rows_is_compared_as_a_decimal(oracle: Ask, ours: Planned) -> None:
    made = Planned(CATALOG).plan("select id from shop where price > (select avg(price) from shop)").sql
    assert "hg_num_cmp" not in made
    assert made.count("hg_num_below(") == 1
    values = ("1.005", "-1.005", "1.01", "1e40", "-1e40", "NaN", "Infinity", "-Infinity", "99999999.99", "-99999999.99")
    rows = "(values (1.01::numeric(10, 2)), (-1.01), (1), (99999999.99), (-99999999.99), (null)) t(v)"
    tests = [f"v {symbol} (select {quoted(one)}::numeric)" for symbol in ("<", "<=", ">", ">=") for one in values]
    check([f"select v, {one}, not {one} from {rows} order by v" for one in tests], oracle, ours)
