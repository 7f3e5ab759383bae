"""Roaring bitmaps: every function and operator gives what Python's sets do, in PostgreSQL's text and binary forms."""

import math
import random
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.types import TypeInfo
from psycopg.types.string import BytesBinaryDumper
from pyroaring import BitMap

from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

MASK = (1 << 32) - 1


@pytest.fixture(scope="module")
def session(server: Server) -> Iterator[psycopg.Connection[Any]]:
    with connected(server) as made:
        made.execute("create extension if not exists roaringbitmap")
        made.execute("drop table if exists bitmaps")
        made.execute("create table bitmaps (id int primary key, part text, b roaringbitmap)")
        rows = [(number, f"p{number % 3}", array(one)) for number, one in enumerate(SETS)]
        made.cursor().executemany("insert into bitmaps values (%s, %s, %s)", [*rows, (99, "p0", None)])
        yield made
        made.execute("drop table bitmaps")


def array(numbers: set[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


def _sets() -> list[set[int]]:
    chance = random.Random(11)
    return [
        set(), {0}, {1, 2, 3}, {3, 4, 5}, {-1, -(1 << 31), (1 << 31) - 1, 7}, set(range(100_000, 110_000)),
        {chance.randrange(-(1 << 31), 1 << 31) for _ in range(3000)}, {chance.randrange(5000) for _ in range(4500)},
        set(range(0, 10_000, 2)),
    ]  # fmt: skip


SETS = _sets()


def ordered(numbers: set[int]) -> list[int]:
    return sorted(numbers, key=lambda one: one & MASK)


def within(numbers: set[int], start: int, end: int) -> set[int]:
    return {one for one in numbers if start <= one & MASK < end}


def moved(numbers: set[int], by: int) -> list[int]:
    """Those that are still of 32 bits, as SQL has them."""
    made = [one for number in numbers if 0 <= (one := (number & MASK) + by) <= MASK]
    return [one - MASK - 1 if one > MASK >> 1 else one for one in sorted(made)]


PAIRS = {
    "rb_to_array(rb_and(x.b, y.b))": lambda x, y: ordered(x & y),
    "rb_to_array(rb_or(x.b, y.b))": lambda x, y: ordered(x | y),
    "rb_to_array(rb_xor(x.b, y.b))": lambda x, y: ordered(x ^ y),
    "rb_to_array(rb_andnot(x.b, y.b))": lambda x, y: ordered(x - y),
    "rb_to_array(x.b & y.b)": lambda x, y: ordered(x & y),
    "rb_to_array(x.b | y.b)": lambda x, y: ordered(x | y),
    "rb_to_array(x.b # y.b)": lambda x, y: ordered(x ^ y),
    "rb_to_array(x.b - y.b)": lambda x, y: ordered(x - y),
    "rb_and_cardinality(x.b, y.b)": lambda x, y: len(x & y),
    "rb_or_cardinality(x.b, y.b)": lambda x, y: len(x | y),
    "rb_xor_cardinality(x.b, y.b)": lambda x, y: len(x ^ y),
    "rb_andnot_cardinality(x.b, y.b)": lambda x, y: len(x - y),
    "rb_equals(x.b, y.b)": lambda x, y: x == y,
    "rb_intersect(x.b, y.b)": lambda x, y: bool(x & y),
    "rb_contains(x.b, y.b)": lambda x, y: x >= y,
    "rb_contains_bitmap(x.b, y.b)": lambda x, y: x >= y,
    "x.b @> y.b": lambda x, y: x >= y,
    "x.b <@ y.b": lambda x, y: x <= y,
    "x.b && y.b": lambda x, y: bool(x & y),
    "rb_jaccard_dist(x.b, y.b)": lambda x, y: pytest.approx(
        len(x & y) / len(x | y) if x | y else math.nan, nan_ok=True
    ),
    "x.b = y.b": lambda x, y: x == y,
    "x.b <> y.b": lambda x, y: x != y,
}
SINGLES = {
    "rb_cardinality(b)": len,
    "rb_is_empty(b)": lambda x: not x,
    "rb_minimum(b)": lambda x: ordered(x)[0] if x else -1,
    "rb_maximum(b)": lambda x: ordered(x)[-1] if x else 0,
    "rb_to_array(b)": ordered,
    "rb_to_array_string(b, ', ')": lambda x: ", ".join(map(str, ordered(x))),
    "rb_contains(b, 7)": lambda x: 7 in x,
    "b @> -1": lambda x: -1 in x,
    "-1 <@ b": lambda x: -1 in x,
    "rb_to_array(b | 7)": lambda x: ordered(x | {7}),
    "rb_to_array(-5 | b)": lambda x: ordered(x | {-5}),
    "rb_to_array(rb_add(b, 1))": lambda x: ordered(x | {1}),
    "rb_to_array(b - 3)": lambda x: ordered(x - {3}),
    "rb_to_array(rb_remove(b, -1))": lambda x: ordered(x - {-1}),
    "rb_to_array(rb_fill(b, 2, 20))": lambda x: ordered(x | set(range(2, 20))),
    "rb_to_array(rb_fill(b, -9, 2))": lambda x: ordered(x | {0, 1}),
    "rb_to_array(rb_fill(b, 20, 2))": ordered,
    "rb_to_array(rb_clear(b, 3, 105000))": lambda x: ordered(x - within(x, 3, 105_000)),
    "rb_to_array(rb_flip(b, 2, 9))": lambda x: ordered(x ^ set(range(2, 9))),
    "rb_to_array(rb_range(b, 2, 5000000000))": lambda x: ordered(within(x, 2, 1 << 32)),
    "rb_to_array(rb_range(b, 9, 2))": lambda x: [],
    "rb_range_cardinality(b, 2, 100)": lambda x: len(within(x, 2, 100)),
    "rb_rank(b, 7)": lambda x: len(within(x, 0, 8)),
    "rb_rank(b, -1)": len,
    "rb_to_array(b << 2)": lambda x: moved(x, -2),
    "rb_to_array(b >> 2)": lambda x: moved(x, 2),
    "rb_to_array(rb_shiftright(b, 4294967295))": lambda x: moved(x, MASK),
    "rb_to_array(rb_shiftleft(b, 4294967296))": lambda x: [],
    "rb_to_array(rb_shiftleft(b, -9223372036854775808))": lambda x: [],
    "rb_to_array(rb_select(b, 5))": lambda x: ordered(x)[:5],
    "rb_to_array(rb_select(b, 0))": lambda x: [],
    "rb_to_array(rb_select(b, 3, 1))": lambda x: ordered(x)[1:4],
    "rb_to_array(rb_select(b, 2, 1, true))": lambda x: ordered(x)[max(len(x) - 3, 0) :][:2] if len(x) > 1 else [],
    "rb_to_array(rb_select(b, 2, 1, false, 2, 5000))": lambda x: ordered(within(x, 2, 5000))[1:3],
    "rb_index(b, 3)": lambda x: ordered(x).index(3) if 3 in x else -1,
}


@pytest.mark.parametrize("sql", PAIRS)
def test_two_sets(session, sql):
    pairs = f"select x.id, y.id, {sql} from bitmaps x, bitmaps y where x.id < 99 and y.id < 99"
    found = session.execute(pairs).fetchall()
    assert len(found) == len(SETS) ** 2
    assert [(x, y) for x, y, made in found if made != PAIRS[sql](SETS[x], SETS[y])] == []
    assert session.execute(f"select {sql} from bitmaps x, bitmaps y where x.id = 99 limit 1").fetchone() == (None,)


@pytest.mark.parametrize("sql", SINGLES)
def test_one_set(session, sql):
    found = session.execute(f"select id, {sql} from bitmaps where id < 99 order by id").fetchall()
    assert [made for _, made in found] == [SINGLES[sql](one) for one in SETS]
    assert session.execute(f"select {sql} from bitmaps where id = 99").fetchone() == (None,)


@pytest.mark.parametrize(("name", "way"), [("or", set.union), ("and", set.intersection), ("xor", None)])
def test_aggregates(session, name, way):
    sql = f"select part, rb_to_array(rb_{name}_agg(b)), rb_{name}_cardinality_agg(b) from bitmaps group by 1 order by 1"
    expected = []
    for part in range(3):
        some = SETS[part::3]
        made = way(*some) if way else some[0] ^ some[1] ^ some[2]
        expected.append((f"p{part}", ordered(made), len(made)))
    assert session.execute(sql).fetchall() == expected
    nothing = f"select rb_{name}_agg(b), rb_{name}_cardinality_agg(b) from bitmaps where id = 99"
    assert session.execute(nothing).fetchone() == (None, None)


def test_numbers_become_sets(session):
    sql = "select rb_cardinality(rb_build_agg((g % 1000)::int)) from generate_series(1, 200000) g"
    assert session.execute(sql).fetchone() == (1000,)
    sql = "select rb_to_array(rb_build_agg(x) filter (where x <> 2)) from (values (1), (2), (null), (-1), (1)) t(x)"
    assert session.execute(sql).fetchone() == ([1, -1],)
    assert session.execute("select rb_build_agg(id) from bitmaps where id > 1000").fetchone() == (None,)
    assert session.execute("select rb_build_agg(id) is null from bitmaps where id > 1000").fetchone() == (True,)
    assert session.execute("select rb_iterate(b) from bitmaps where id = 3").fetchall() == [(3,), (4,), (5,)]
    assert session.execute("select rb_build(null)").fetchone() == (None,)
    found = session.execute("""
        select rb_to_array(rb_or_null2empty(null, rb_build('{3,4}'))),
            rb_and_null2empty_cardinality(rb_build('{1}'), null),
            rb_andnot_null2empty_cardinality(rb_build('{1}'), null)
    """)
    assert found.fetchone() == ([3, 4], 0, 1)


def test_texts_and_bytes(session):
    known = "\\x3a3000000100000000000000100000000100"
    assert session.execute("select rb_build_agg(1)").fetchone() == (known,)
    assert session.execute("select rb_build(array[1])::text").fetchone() == (known,)
    listed = "\\x3a300000010000000000090010000000010002000300040005000600070008000900c800"
    found = session.execute("select rb_to_array(%s::text::roaringbitmap)", (listed,))
    assert found.fetchone() == ([*range(1, 10), 200],)
    assert session.execute("select rb_cardinality('{1,2,-3}'::roaringbitmap)").fetchone() == (3,)
    binary = session.cursor(binary=True).execute("select b from bitmaps where id = 7").fetchone()[0]
    assert set(BitMap.deserialize(binary)) == SETS[7]
    by_key = session.execute("select b from bitmaps where id = 7").fetchone()[0]
    assert bytes.fromhex(by_key[2:]) == binary


class Bytes(bytes):
    """Bytes that go as the type itself, as holo-client's PGroaringbitmap does."""


def dumper_of(session: psycopg.Connection[Any]) -> type[BytesBinaryDumper]:
    """What sends them under the OID that the catalogue tells."""
    found = TypeInfo.fetch(session, "roaringbitmap")
    assert found is not None and found.array_oid > found.oid
    return type("Dumper", (BytesBinaryDumper,), {"oid": found.oid})


def test_rows_of_bitmaps_are_written_by_every_way(session):
    session.execute("create table written (id int primary key, b roaringbitmap)")
    try:
        data = BitMap(range(5000)).serialize()
        session.execute("insert into written values (1, %s)", ("\\x" + data.hex(),))
        with session.cursor().copy("copy written from stdin") as copy:
            copy.write_row((2, "\\x" + data.hex()))
            copy.write_row((3, "{1,2}"))
        with session.cursor().copy("copy written from stdin (format binary)") as copy:
            copy.set_types(["int4", "bytea"])  # bytes as they are, as holo-client copies them
            copy.write_row((4, data))
        session.adapters.register_dumper(Bytes, dumper_of(session))
        session.execute("insert into written values (%b, %b) on conflict (id) do nothing", (5, Bytes(data)))
        with pytest.raises(psycopg.DataError):
            session.execute("insert into written values (%b, %b)", (6, Bytes(data[:-1])))
        session.execute("insert into written select id + 10, b from bitmaps where id in (2, 3)")
        session.execute("update written set b = b | 9 where id = 3")
        session.execute("update written set b = '{4}' where id = 2")
        found = session.execute("select id, rb_cardinality(b) from written order by id").fetchall()
        assert found == [(1, 5000), (2, 1), (3, 3), (4, 5000), (5, 5000), (12, 3), (13, 3)]
    finally:
        session.execute("drop table written")


@pytest.mark.parametrize(("sql", "sqlstate"), [
    ("select '\\x3a30'::roaringbitmap", "22P03"),
    ("select '{1,NULL}'::roaringbitmap", "22P02"),
    ("select '{9999999999}'::roaringbitmap", "22003"),
    ("insert into bitmaps values (50, null, '\\x01')", "22P03"),
    ("select b from bitmaps order by b", "42883"),
    ("select rb_to_text(b) from bitmaps", "0A000"),
    ("select rb_build('{1}') & 1.5", "42883"),
    ("select rb_to_array(rb_fill(rb_build('{1}'), 0, 4294967296))", "54000"),
    ("select rb_cardinality(rb_fill(rb_build('{1}'), 0, 4294967296))", "22003"),
    ("create table other (b roaringbitmap primary key)", "0A000"),
    ("create table other (b roaringbitmap) with (bitmap_columns = 'b')", "22023"),
    ("drop extension roaringbitmap", "2BP01"),
])  # fmt: skip
def test_what_is_refused(session, sql, sqlstate):
    with pytest.raises(psycopg.Error) as caught:
        session.execute(sql)
    assert caught.value.sqlstate == sqlstate


def test_the_type_is_in_the_catalogue(session):
    assert session.execute("select pg_typeof(b)::text from bitmaps where id = 1").fetchone() == ("roaringbitmap",)
    sql = """
        select format_type(a.atttypid, a.atttypmod), t.typname from pg_attribute a join pg_type t on t.oid = a.atttypid
        where a.attrelid = 'bitmaps'::regclass and a.attname = 'b'
    """
    assert session.execute(sql).fetchone() == ("roaringbitmap", "roaringbitmap")
