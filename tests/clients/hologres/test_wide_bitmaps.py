"""Roaring bitmaps of 64 bits: the functions, operators and aggregates of those of 32 give what Python's sets do."""

import random
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from pyroaring import BitMap64

from tests.clients.hologres.clients import connected
from tests.clients.hologres.test_bitmaps import array
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
MASK, LEAST, MOST = (1 << 64) - 1, -(1 << 63), (1 << 63) - 1


@pytest.fixture(scope="module")
def session(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create extension if not exists roaringbitmap")
        made.execute("drop table if exists wide")
        made.execute("create table wide (id int primary key, part text, b roaringbitmap64)")
        rows = [(number, f"p{number % 3}", array(one)) for number, one in enumerate(SETS)]
        made.cursor().executemany("insert into wide values (%s, %s, %s)", [*rows, (99, "p0", None)])
        yield made
        made.execute("drop table wide")


def _sets() -> list[set[int]]:
    chance = random.Random(12)
    return [
        set(), {0}, {1, 2, 3}, {3, 4, 1 << 40}, {-1, LEAST, MOST, 7, 1 << 32}, set(range(1 << 33, (1 << 33) + 9000)),
        {chance.randrange(LEAST, MOST) for _ in range(3000)}, {chance.randrange(5000) for _ in range(4500)},
        {chance.randrange(1 << 20) << 32 | chance.randrange(9) for _ in range(500)},
    ]  # fmt: skip


SETS = _sets()


def ordered(numbers: set[int]) -> list[int]:
    return sorted(numbers, key=lambda one: one & MASK)


def within(numbers: set[int], start: int, end: int) -> set[int]:
    return {one for one in numbers if start & MASK <= one & MASK < end & MASK}


BIG = 1 << 40
PAIRS = {
    "rb_to_array(rb_and(x.b, y.b))": lambda x, y: ordered(x & y),
    "rb_to_array(rb_or(x.b, y.b))": lambda x, y: ordered(x | y),
    "rb_to_array(x.b # y.b)": lambda x, y: ordered(x ^ y),
    "rb_to_array(x.b - y.b)": lambda x, y: ordered(x - y),
    "rb_and_cardinality(x.b, y.b)": lambda x, y: len(x & y),
    "rb_or_cardinality(x.b, y.b)": lambda x, y: len(x | y),
    "rb_xor_cardinality(x.b, y.b)": lambda x, y: len(x ^ y),
    "rb_andnot_cardinality(x.b, y.b)": lambda x, y: len(x - y),
    "rb_equals(x.b, y.b)": lambda x, y: x == y,
    "rb_not_equals(x.b, y.b)": lambda x, y: x != y,
    "x.b && y.b": lambda x, y: bool(x & y),
    "rb_contains_bitmap(x.b, y.b)": lambda x, y: x >= y,
    "x.b @> y.b": lambda x, y: x >= y,
    "x.b <@ y.b": lambda x, y: x <= y,
    "x.b = y.b": lambda x, y: x == y,
    "x.b <> y.b": lambda x, y: x != y,
    "rb_or_null2empty_cardinality(x.b, y.b)": lambda x, y: len(x | y),
}
SINGLES = {
    "rb_cardinality(b)": len,
    "rb_is_empty(b)": lambda x: not x,
    "rb_minimum(b)": lambda x: ordered(x)[0] if x else -1,
    "rb_maximum(b)": lambda x: ordered(x)[-1] if x else 0,
    "rb_to_array(b)": ordered,
    "rb_to_array_string(b, ',')": lambda x: ",".join(map(str, ordered(x))),
    "rb_contains(b, 7)": lambda x: 7 in x,
    f"b @> {BIG}": lambda x: BIG in x,
    f"{BIG} <@ b": lambda x: BIG in x,
    "rb_to_array(b | -5)": lambda x: ordered(x | {-5}),
    f"rb_to_array({BIG} | b)": lambda x: ordered(x | {BIG}),
    "rb_to_array(b - -1)": lambda x: ordered(x - {-1}),
    f"rb_to_array(rb_fill(b, {BIG - 3}, {BIG + 4}))": lambda x: ordered(x | set(range(BIG - 3, BIG + 4))),
    f"rb_to_array(rb_fill(b, -3, {BIG}))": ordered,
    f"rb_to_array(rb_clear(b, 3, {MOST}))": lambda x: ordered(x - within(x, 3, MOST)),
    f"rb_to_array(rb_flip(b, {BIG - 2}, {BIG + 2}))": lambda x: ordered(x ^ set(range(BIG - 2, BIG + 2))),
    f"rb_to_array(rb_range(b, 2, {BIG}))": lambda x: ordered(within(x, 2, BIG)),
    "rb_to_array(rb_range(b, 2, -1))": lambda x: ordered(within(x, 2, -1)),
    "rb_range_cardinality(b, 0, 4294967297)": lambda x: len(within(x, 0, (1 << 32) + 1)),
    "rb_rank(b, -1)": len,
    "rb_index(b, 3)": lambda x: ordered(x).index(3) if 3 in x else -1,
}


@pytest.mark.parametrize("sql", PAIRS)
def test_two_sets(session: Client, sql: str) -> None:
    pairs = f"select x.id, y.id, {sql} from wide x, wide y where x.id < 99 and y.id < 99"
    found = session.execute(pairs).fetchall()
    assert len(found) == len(SETS) ** 2
    assert [(x, y) for x, y, made in found if made != PAIRS[sql](SETS[x], SETS[y])] == []


@pytest.mark.parametrize("sql", SINGLES)
def test_one_set(session: Client, sql: str) -> None:
    found = session.execute(f"select id, {sql} from wide where id < 99 order by id").fetchall()
    assert [made for _, made in found] == [SINGLES[sql](one) for one in SETS]
    assert session.execute(f"select {sql} from wide where id = 99").fetchone() == (None,)


@pytest.mark.parametrize(("name", "way"), [("or", set.union), ("and", set.intersection), ("xor", None)])
def test_aggregates(session: Client, name: str, way: Any) -> None:
    sql = f"select part, rb_to_array(rb_{name}_agg(b)), rb_{name}_cardinality_agg(b) from wide group by 1 order by 1"
    expected = []
    for part in range(3):
        some = SETS[part::3]
        made = way(*some) if way else some[0] ^ some[1] ^ some[2]
        expected.append((f"p{part}", ordered(made), len(made)))
    assert session.execute(sql).fetchall() == expected


def test_numbers_become_sets(session: Client) -> None:
    sql = "select rb_cardinality(rb_build_agg(g % 1000 + 10000000000)), pg_typeof(rb_build_agg(g))::text from {} g"
    found = session.execute(sql.format("generate_series(1::bigint, 200000)")).fetchone()
    assert found == (1000, "roaringbitmap64")
    sql = "select rb_to_array(rb64_build('{1,-1,9223372036854775807,1}')), rb64_build(null)"
    assert session.execute(sql).fetchone() == ([1, MOST, -1], None)
    assert session.execute("select pg_typeof(rb_build_agg(1))::text").fetchone() == ("roaringbitmap",)
    assert session.execute("select rb_iterate(b) from wide where id = 3").fetchall() == [(3,), (4,), (1 << 40,)]
    assert session.execute("select rb_build_agg(id::bigint) from wide where id > 1000").fetchone() == (None,)


def test_constants_are_of_32_bits_unless_they_stand_beside_others(session: Client) -> None:
    assert session.execute("select pg_typeof(rb_or('{1}', '{2}'))::text").fetchone() == ("roaringbitmap",)
    assert session.execute("select rb_to_array(b & '{3,1099511627776}') from wide where id = 3").fetchone() == (
        [3, 1 << 40],
    )
    assert session.execute("select rb_cardinality('{1,2,-3}'::roaringbitmap64)").fetchone() == (3,)


def test_texts_and_bytes(session: Client) -> None:
    data = BitMap64([1, 1 << 40, MASK]).serialize()
    found = session.execute("select rb_to_array(%s::text::roaringbitmap64)", ("\\x" + data.hex(),))
    assert found.fetchone() == ([1, 1 << 40, -1],)
    session.execute("create table written (id int primary key, b roaringbitmap64)")
    try:
        with session.cursor().copy("copy written from stdin") as copy:
            copy.write_row((1, "\\x" + data.hex()))
            copy.write_row((2, "{5}"))
        with session.cursor().copy("copy written from stdin (format binary)") as copy:
            copy.set_types(["int4", "bytea"])
            copy.write_row((3, data))
        session.execute("update written set b = b | 9::bigint where id = 2")
        found = session.execute("select id, rb_to_array(b) from written order by id").fetchall()
        assert found == [(1, [1, 1 << 40, -1]), (2, [5, 9]), (3, [1, 1 << 40, -1])]
        binary = session.cursor(binary=True).execute("select b from written where id = 3").fetchone()
        assert binary == (data,)
        assert session.execute("select b from written where id = 3").fetchone() == ("\\x" + data.hex(),)
        session.execute("analyze written")
    finally:
        session.execute("drop table written")


@pytest.mark.parametrize(("sql", "sqlstate"), [
    ("select '\\x3a30'::roaringbitmap64", "22P03"),
    ("select '{1,NULL}'::roaringbitmap64", "22P02"),
    ("select '{99999999999999999999}'::roaringbitmap64", "22003"),
    ("insert into wide values (50, null, '\\x01')", "22P03"),
    ("select b from wide order by b", "42883"),
    ("select rb_to_text(b) from wide", "0A000"),
    ("select rb_and(b, rb_build('{1}')) from wide", "42883"),
    ("select b::roaringbitmap from wide", "42846"),
    ("select rb_to_array(rb_fill(rb64_build('{1}'), 0, 16777217))", "54000"),
    ("select rb_fill(rb64_build('{1}'), 0, 9223372036854775807)", "54000"),
    ("select rb_flip(rb64_build('{1}'), 0, -1)", "54000"),
    ("create table other (b roaringbitmap64 primary key)", "0A000"),
    ("create table other (b roaringbitmap64) with (bitmap_columns = 'b')", "22023"),
    ("drop extension roaringbitmap", "2BP01"),
])  # fmt: skip
def test_what_is_refused(session: Client, sql: str, sqlstate: str) -> None:
    with pytest.raises(psycopg.Error) as caught:
        session.execute(sql)
    assert caught.value.sqlstate == sqlstate


def test_the_type_is_in_the_catalogue(session: Client) -> None:
    sql = """
        select format_type(a.atttypid, a.atttypmod), t.typname, e.typname from pg_attribute a
        join pg_type t on t.oid = a.atttypid join pg_type e on e.oid = t.typarray
        where a.attrelid = 'wide'::regclass and a.attname = 'b'
    """
    assert session.execute(sql).fetchone() == ("roaringbitmap64", "roaringbitmap64", "_roaringbitmap64")


@pytest.mark.parametrize(("sql", "numbers"), [
    ("b << 1", [BIG - 1]), ("b >> 9223372036854775807", [-(1 << 63) + BIG - 1]),
    ("rb_shiftleft(b, -9223372036854775808)", [-(1 << 63) + BIG]), ("rb_shiftleft(b, 1099511627777)", []),
    ("rb_select(b | -1::bigint, 9)", [BIG, -1]), ("rb_select(b | -1::bigint, 1, 0, true)", [-1]),
    ("rb_select(b | -1::bigint, 9, 0, false, 1, -1)", [BIG]),
])  # fmt: skip
def test_moved_and_selected(session: Client, sql: str, numbers: list[int]) -> None:
    found = session.execute(f"select rb_to_array({sql}) from (select rb64_build('{{{BIG}}}') as b) s".encode())
    assert found.fetchone() == (numbers,)


def test_how_alike_two_are(session: Client) -> None:
    sql = "select rb_jaccard_dist(rb64_build('{1,10,11,12}'), rb64_build('{1,10,100}'))"
    assert session.execute(sql).fetchone() == (0.4,)
