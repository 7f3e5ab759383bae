"""Funnels, retention and conditions as bits.

https://www.alibabacloud.com/help/en/hologres/developer-reference/windowfunnel, .../retention-functions and
.../bit-construct-and-bit-match. The figures of the first tests are those that another vendor's page gives for the same
functions: https://support.huaweicloud.com/intl/en-us/sqlreference-dws/dws_06_0372.html
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
STEPS = "event_type = 'Browse', event_type = 'Click', event_type = 'Order', event_type = 'Pay'"
EVENTS = """
    (1, 'Browse', '2021-01-31 11:00:00', '2021-01-31 11:00:00+08', 10),
    (1, 'Click', '2021-01-31 11:10:00', '2021-01-31 11:10:00+07', 20),
    (1, 'Order', '2021-01-31 11:20:00', '2021-01-31 11:20:00+06', 30),
    (1, 'Pay', '2021-01-31 11:30:00', '2021-01-31 11:30:00+05', 40),
    (2, 'Order', '2021-01-31 11:00:00', '2021-01-31 11:00:00+08', 11),
    (2, 'Pay', '2021-01-31 11:10:00', '2021-01-31 11:10:00+08', 12),
    (1, 'Browse', '2021-01-31 11:00:00', '2021-01-31 11:00:00+01', 50),
    (3, 'Browse', '2021-01-31 11:20:00', '2021-01-31 11:20:00-04', 30),
    (3, 'Click', '2021-01-31 12:00:00', '2021-01-31 12:00:00-04', 80),
    (4, 'Browse', '2021-01-31 11:50:00', '2021-01-31 11:50:00-01', 1000),
    (4, 'Pay', '2021-01-31 12:00:00', '2021-01-31 12:00:00-02', 900),
    (5, 'Browse', '2021-01-31 11:50:00', '2021-01-31 11:50:00+08', NULL),
    (5, 'Click', '2021-01-31 12:00:00', '2021-01-31 12:00:00+08', 776)
"""
VISITS = """
    (1, 'pay', '2024-05-01'), (1, 'login', '2024-05-01'), (1, 'pay', '2024-05-02'), (1, 'login', '2024-05-02'),
    (2, 'login', '2024-05-01'), (3, 'login', '2024-05-02'), (3, 'pay', '2024-05-03'), (3, 'pay', '2024-05-04')
"""


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create schema flows")
        made.execute("create extension if not exists flow_analysis")
        made.execute("set search_path to flows, public")
        made.execute("create table events (user_id int, event_type text, event_time timestamp, event_timez timestamptz,"
                     " event_time_int bigint)")  # fmt: skip
        made.execute(f"insert into events values {EVENTS}")
        made.execute("create table visits (uid int, event text, event_time timestamp)")
        made.execute(f"insert into visits values {VISITS}")
        yield made
        made.execute("drop schema flows cascade")


def levels(client: Client, call: str, *values: object) -> list[int]:
    """Each user's level."""
    rows = client.execute(f"select {call} from events group by user_id order by user_id", values)  # ty: ignore[no-matching-overload]
    return [level for (level,) in rows.fetchall()]


def test_how_far_each_user_comes(client: Client) -> None:
    assert levels(client, f"windowFunnel(0, 'default', event_timez, {STEPS})") == [1, 0, 1, 1, 1]
    assert levels(client, f"windowFunnel(1800, 'default', event_time, {STEPS})") == [4, 0, 1, 1, 2]
    assert levels(client, f"public.windowFunnel(%s, %s, event_time, {STEPS})", 600, "default") == [2, 0, 1, 1, 2]
    assert levels(client, f"windowFunnel(10, 'default', event_time_int, {STEPS})") == [2, 0, 1, 1, 0]
    assert levels(client, "windowFunnel(40, 'default', date(event_time), true, true, false, true)") == [2, 2, 2, 2, 2]
    assert levels(client, f"windowFunnel(0, 'default', event_time, {STEPS}) filter (where false)") == [0] * 5


@pytest.mark.parametrize(
    ("call", "state"),
    [("windowfunnel(null, 'default', event_time, true, true)", "22004"),
     ("windowfunnel(1, null, event_time, true, true)", "22004"),
     ("windowfunnel(1, 'loose', event_time, true, true)", "22023"),
     ("windowfunnel(1, 'default', event_time)", "42883"),
     ("windowfunnel(1, 'default', event_time, event_type)", "42883"),
     ("windowfunnel(user_id, 'default', event_time, true)", "0A000"),
     (f"retention({', '.join(['true'] * 33)})", "54023"),
     ("range_retention_count(true, true, date(event_time), array[1], 'year')", "22023"),
     ("range_retention_count(true, true, date(event_time), array[1], 'day', 'expand')", "0A000"),
     (f"range_retention_count(true, true, date(event_time), array{list(range(16))}, 'day')", "22023")],
)  # fmt: skip
def test_refused(client: Client, call: str, state: str) -> None:
    with pytest.raises(psycopg.Error) as found:
        levels(client, call)
    assert found.value.sqlstate == state


def chain(events: Sequence[tuple[int, list[bool]]], window: int, strict: bool) -> int:
    """The rule, event by event."""
    steps = len(events[0][1])
    begun: list[int | None] = [None] * steps
    for moment, met in sorted(events, key=lambda one: (one[0], one[1].index(True), one[1][::-1])):
        before = list(begun)
        last = before[steps - 2]
        if met[-1] and last is not None and moment - last <= window:
            return steps
        for at in range(steps - 1, 0, -1) if strict else ():
            if met[at] and before[at] is not None:
                return at + 1
        for at in range(steps):
            if at == 0 and met[0]:
                begun[0] = moment
            elif at and met[at] and (since := before[at - 1]) is not None and moment - since <= window:
                begun[at] = since
    return max((at + 1 for at in range(steps) if begun[at] is not None), default=0)


@pytest.mark.parametrize("mode", ["default", "strict"])
def test_events_by_chance(client: Client, mode: str) -> None:
    chance = random.Random(16)
    rows = [(chance.randrange(300), chance.randrange(40), *chance.choices((True, False), (3, 7), k=4))
            for _ in range(4000)]  # fmt: skip
    client.execute("create table drawn (u int, t bigint, a bool, b bool, c bool, d bool)")
    with client.cursor().copy("copy drawn from stdin") as copy:
        for row in rows:
            copy.write_row(row)
    by_user: dict[int, list[tuple[int, list[bool]]]] = defaultdict(list)
    for user, moment, *met in rows:
        if any(met):
            by_user[user].append((moment, met))  # ty: ignore[invalid-argument-type]
    found = client.execute(f"select u, windowfunnel(7, '{mode}', t, a, b, c, d) from drawn group by u").fetchall()
    client.execute("drop table drawn")
    wanted = {user: chain(events, 7, mode == "strict") for user, events in by_user.items()}
    assert {user: level for user, level in found if user in wanted} == wanted
    assert {level for _, level in found} >= {1, 2, 3, 4}


def test_retention(client: Client) -> None:
    assert levels(client, f"retention({STEPS})") == [[1, 1, 1, 1], [0, 0, 0, 0], [1, 1, 0, 0], [1, 0, 0, 1],
                                                     [1, 1, 0, 0]]  # fmt: skip
    assert levels(client, f"retention(false, {STEPS})") == [[0] * 5] * 5
    totals = f"select sum(r[1]), sum(r[2]) from (select retention({STEPS}) r from events group by user_id) one"
    assert client.execute(totals).fetchone() == (4, 3)


def test_retention_of_days(client: Client) -> None:
    shares = client.execute("""
        with counts as (
            select uid, range_retention_count(event = 'login', event = 'pay', date(event_time), array[1, 2], 'day') info
            from visits group by uid
        ), sums as (select regexp_split_to_array(unnest(range_retention_sum(info)), ',') s from counts)
        select s[1], s[3]::numeric / s[2]::numeric, s[4]::numeric / s[2]::numeric, cardinality(s) from sums order by 1
    """).fetchall()
    assert [(day, float(one), float(two), parts) for day, one, two, parts in shares] == [
        ("20240501", 0.5, 0, 17), ("20240502", 0.5, 0.5, 17)
    ]  # fmt: skip
    for unit, day, kept in (("week", "20240429", "3,2,0"), ("month", "20240501", "3,2,0")):
        counts = (
            f"range_retention_count(event = 'login', event = 'pay', event_time::date, array[0, 1], '{unit}', 'normal')"
        )
        [(found,)] = client.execute(
            f"select range_retention_sum(i) from (select {counts} i from visits group by uid) one"
        ).fetchall()
        assert found == [f"{day},{kept}{',0' * 13}"]


def test_conditions_as_bits(client: Client) -> None:
    bits = "bit_or(bit_construct(a := event = 'pay', b := (event = 'login' and uid > 1), a6 := true))"
    rows = client.execute(f"select uid, {bits} & 3, bit_match('a & b', {bits}), bit_match('!(a|b) ^ A', {bits}), "
                          f"bit_match('a6', {bits}) from visits group by uid order by uid").fetchall()  # fmt: skip
    assert rows == [(1, 1, False, True, True), (2, 2, False, False, True), (3, 3, True, True, True)]
    for wrong in ("", "a &", "a && b", "z9", "(a", "a b", "(" * 5000):
        with pytest.raises(psycopg.errors.InvalidParameterValue):
            client.execute("select bit_match(%s, 1)", (wrong,))


def test_an_extension_brings_them(client: Client) -> None:
    client.execute("drop extension flow_analysis")
    try:
        with pytest.raises(psycopg.errors.UndefinedFunction, match="CREATE EXTENSION flow_analysis"):
            levels(client, f"retention({STEPS})")
    finally:
        client.execute("create extension flow_analysis")
