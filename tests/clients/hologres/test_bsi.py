"""Bit-sliced indexes. Sources: the vendor's page "BSI functions", whose sample is the first test's, and the examples of
its own skill for profiles of users (https://github.com/aliyun/hologres-ai-plugins, hologres-bsi-profile-analysis)."""

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
SAMPLE = "bsi_build('{1,2,3,4,5,6}', '{3,6,4,10,7,null}')"


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create extension if not exists roaringbitmap")
        made.execute("create extension if not exists bsi")
        made.execute("create schema sliced")
        made.execute("set search_path to sliced, public")
        yield made
        made.execute("drop schema sliced cascade")


def one(client: Client, expression: str, *values: object) -> Any:
    [(found,)] = client.execute(f"select {expression}", values).fetchall()  # ty: ignore[no-matching-overload]
    return found


def state(client: Client, expression: str) -> str | None:
    with pytest.raises(psycopg.Error) as caught:
        client.execute(f"select {expression}")  # ty: ignore[no-matching-overload]
    return caught.value.sqlstate


def test_the_vendors_sample(client: Client) -> None:
    pairs = [[1, 3], [2, 6], [3, 4], [4, 10], [5, 7]]
    assert [pair for (pair,) in client.execute(f"select bsi_iterate({SAMPLE})")] == pairs
    assert one(client, f"rb_to_array(bsi_ebm({SAMPLE}))") == [1, 2, 3, 4, 5]
    assert one(client, f"bsi_sum({SAMPLE})") == [30, 5]
    assert one(client, f"bsi_sum({SAMPLE}, rb_build('{{1,3,5}}'))") == [14, 3]
    assert one(client, f"rb_to_array(bsi_topk({SAMPLE}, rb_build('{{1,3,5}}'), 2))") == [3, 5]
    assert one(client, f"rb_to_array(bsi_topk({SAMPLE}, rb_build('{{1,3,5}}'), 1))") == [5]


def test_profiles_of_users(client: Client) -> None:
    """The statements of the skill: who has which attribute, and what they have spent."""
    client.execute("""create table rb_tag (tag_name text, tag_val text, bucket int, bitmap roaringbitmap)""")
    client.execute("create table bsi_gmv (category text, bucket int, gmv_bsi bsi, ds date)")
    client.execute("""insert into rb_tag values ('gender', 'Male', 0, '{1,2,3}'),
        ('province', 'Guangdong', 0, '{2,3,4}'), ('gender', 'Male', 1, '{65537}'),
        ('province', 'Guangdong', 1, '{65537,65538}')""")
    client.execute("create table spent (category text, uid int, gmv numeric, ds date)")
    client.execute("""insert into spent values ('3C', 1, 1200, '2025-01-01'), ('3C', 2, 300, '2025-01-01'),
        ('3C', 3, 900, '2025-01-01'), ('3C', 3, 200, '2025-01-02'), ('food', 4, 50, '2025-01-02'),
        ('food', 65537, 5000, '2025-01-02')""")
    client.execute("""insert into bsi_gmv select category, uid / 65536 as bucket,
        bsi_build(array_agg(uid), array_agg(gmv::bigint)), ds from spent group by category, bucket, ds""")
    crowd = """select rb_and(a.bitmap, b.bitmap) as crowd, a.bucket from
        (select bitmap, bucket from rb_tag where tag_name = 'gender' and tag_val = 'Male') a
        join (select bitmap, bucket from rb_tag where tag_name = 'province' and tag_val = 'Guangdong') b
        on a.bucket = b.bucket"""
    total = f"""select sum(kv[1])::bigint, sum(kv[2])::bigint from (select bsi_sum(t1.gmv_bsi, t2.crowd) as kv
        from (select bsi_add_agg(gmv_bsi) as gmv_bsi, bucket from bsi_gmv group by bucket) t1
        join ({crowd}) t2 on t1.bucket = t2.bucket) t"""
    assert client.execute(total).fetchone() == (6400, 3)
    top = f"""select rb_to_array(bsi_topk(bsi_add_agg(filter_bsi), 2)) from (
        select bsi_filter(t1.gmv_bsi, t2.crowd) as filter_bsi from
        (select bsi_add_agg(gmv_bsi) as gmv_bsi, bucket from bsi_gmv group by bucket) t1
        join ({crowd}) t2 on t1.bucket = t2.bucket) t"""
    assert client.execute(top).fetchone() == ([3, 65537],)
    selected = "select rb_to_array(bsi_gt(bsi_add_agg(gmv_bsi), 1000)) from bsi_gmv where category = '3C'"
    assert client.execute(selected).fetchone() == ([1, 3],)
    assert client.execute("select bsi_add_agg(gmv_bsi) from bsi_gmv where category = 'none'").fetchone() == (None,)


def drawn(chance: random.Random, most: int) -> dict[int, int]:
    return {chance.randrange(-20, 400): chance.randrange(1, most) for _ in range(150)}


def built(numbers: dict[int, int]) -> str:
    return f"bsi_build(array{[*numbers]}, array{[*numbers.values()]}::bigint[])"


@pytest.mark.parametrize("seed", range(6))
def test_numbers_by_chance(client: Client, seed: int) -> None:
    chance = random.Random(seed)
    first, second = drawn(chance, 1 << chance.randrange(1, 30)), drawn(chance, 1 << chance.randrange(1, 29))
    crowd = chance.sample(range(-20, 400), 200)
    client.execute("create table if not exists kept (k int primary key, b bsi)")
    client.execute(f"insert into kept values ({seed}, {built(first)})")
    index, keys = f"(select b from kept where k = {seed})", f"rb_build(array{crowd})"
    within = {key: value for key, value in first.items() if key in crowd}
    for value in (-1, 0, 1, *chance.sample([*first.values()], 4), max(first.values()) + 1, 1 << 40):
        for name, test in (
            ("eq", lambda one, of=value: one == of), ("neq", lambda one, of=value: one != of),
            ("lt", lambda one, of=value: one < of), ("le", lambda one, of=value: one <= of),
            ("gt", lambda one, of=value: one > of), ("ge", lambda one, of=value: one >= of),
        ):  # fmt: skip
            wanted = sorted((key for key, number in first.items() if test(number)), key=unsigned)
            assert one(client, f"rb_to_array(bsi_{name}({index}, {value}))") == wanted, (name, value)
            limited = sorted((key for key, number in within.items() if test(number)), key=unsigned)
            assert one(client, f"rb_to_array(bsi_{name}({index}, {value}, {keys}))") == limited
            compared = f"rb_to_array(bsi_compare('{name.upper()}', {index}, {keys}, {value}, 0))"
            assert one(client, compared) == limited
    least, most = sorted(chance.sample([*first.values(), 0], 2))
    wanted = sorted((key for key, number in first.items() if least <= number <= most), key=unsigned)
    assert one(client, f"rb_to_array(bsi_range({index}, {least}, {most}))") == wanted
    assert one(client, f"rb_to_array(bsi_compare('range', {index}, {least}, {most}))") == wanted
    assert one(client, f"bsi_sum({index})") == [sum(first.values()), len(first)]
    assert one(client, f"bsi_sum(bsi_filter({index}, {keys}))") == [sum(within.values()), len(within)]
    for count in (0, 1, 7, 1000):
        ranked = sorted(first, key=lambda key: (-first[key], unsigned(key)))[:count]
        assert one(client, f"rb_to_array(bsi_topk({index}, {count}))") == sorted(ranked, key=unsigned)
    assert one(client, f"rb_to_array(bsi_transpose({index}, {keys}))") == sorted(set(within.values()))
    assert pairs(client, f"bsi_transpose_with_count({index})") == Counter(first.values())
    both = Counter(first)
    both.update(second)
    assert pairs(client, f"bsi_add({index}, {built(second)})") == both
    apart = {key + 1000: value for key, value in second.items()}
    assert pairs(client, f"bsi_merge({index}, {built(apart)})") == {**first, **apart}
    added = f"(select bsi_add_agg(v) from (values ({built(first)}), (null), ({built(second)})) t(v))"
    assert pairs(client, added) == both
    merged = f"(select bsi_merge_agg(v) from (values ({built(first)}), ({built(apart)})) t(v))"
    assert pairs(client, merged) == {**first, **apart}
    assert pairs(client, f"bsi_add_value(bsi_add_value({index}, 7777, 5), 7777, 9)") == {**first, 7777: 9}
    assert one(client, f"{index}::text::bsi::text") == one(client, f"{index}::text")


def unsigned(key: int) -> int:
    return key & 0xFFFF_FFFF


def pairs(client: Client, expression: str) -> dict[int, int]:
    return dict(pair for (pair,) in client.execute(f"select bsi_iterate({expression})"))  # ty: ignore[no-matching-overload]


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [("bsi_build('{1}', '{0}')", "22003"), ("bsi_build('{1}', '{2147483648}')", "22003"),
     ("bsi_build('{1,2}', '{1}')", "22023"), ("bsi_merge(bsi_build('{1}', '{1}'), bsi_build('{1}', '{2}'))", "22023"),
     ("bsi_add(bsi_build('{1}', '{2147483647}'), bsi_build('{1}', '{1}'))", "22003"),
     ("bsi_compare('near', bsi_build('{1}', '{1}'), 1, 1)", "22023"),
     ("bsi_topk(bsi_build('{1}', '{1}'), -1)", "22023"),
     ("'\\x00'::bsi", "22P03"), ("bsi_show(bsi_build('{1}', '{1}'), 1)", "0A000"),
     ("bsi_stat('{1}', bsi_build('{1}', '{1}'))", "0A000"),
     ("bsi_build('{1}', '{1}') = bsi_build('{1}', '{1}')", "42883")],
)  # fmt: skip
def test_refused(client: Client, expression: str, wanted: str) -> None:
    assert state(client, expression) == wanted


def test_null_and_nothing(client: Client) -> None:
    assert one(client, "bsi_sum(null::bsi)") is None
    assert one(client, "bsi_sum(bsi_build('{}', '{}'))") == [0, 0]
    assert one(client, "rb_to_array(bsi_ebm(bsi_build('{1,null,2}', '{1,2,null}')))") == [1]
    assert pairs(client, "bsi_build('{1,1}', '{5,6}')") == {1: 6}


def test_an_extension_brings_them(client: Client) -> None:
    client.execute("drop table if exists kept, bsi_gmv")
    client.execute("drop extension bsi")
    try:
        with pytest.raises(psycopg.errors.UndefinedFunction, match="CREATE EXTENSION bsi"):
            client.execute("select bsi_build('{1}', '{1}')")
        with pytest.raises(psycopg.errors.UndefinedObject):
            client.execute("create table without (b bsi)")
    finally:
        client.execute("create extension bsi")
