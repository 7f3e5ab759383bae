"""Groups of DECIMALs, whose sums are arrays, the first of many groups, and lists of windows, which lie in the state one
by one and in chunks: each record counts once, whatever is killed."""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.faults.flink_crash import CYCLES, END, Line, Work, check, events
from tests.flink import Flink, hologres
from yunbox.testing.server import Server

BUCKETS, FIRST = 300, 5
_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)
TOTALS = ("k BIGINT", "n BIGINT", "total DECIMAL(38, 2)", "mean DECIMAL(38, 6)", "low DECIMAL(18, 2)",
          "high DECIMAL(18, 2)", "wide DECIMAL(38, 10)")  # fmt: skip
AMOUNTS = """
INSERT INTO totals_ SELECT k, COUNT(*), SUM(amount), AVG(amount), MIN(amount), MAX(amount), SUM(wide) FROM (
    SELECT k, CAST(number * 0.25 - 100 AS DECIMAL(18, 2)) AS amount,
        CAST(number * 0.0000000003 AS DECIMAL(30, 10)) AS wide
    FROM events) GROUP BY k"""
TOP = f"""
INSERT INTO top_ SELECT r, b, s FROM (
    SELECT b, s, ROW_NUMBER() OVER (ORDER BY s DESC, b) AS r FROM (
        SELECT MOD(number, {BUCKETS}) AS b, SUM(number) AS s FROM events GROUP BY MOD(number, {BUCKETS})))
WHERE r <= {FIRST}"""
LISTS = """
INSERT INTO lists_ SELECT k, UNIX_TIMESTAMP(CAST(window_start AS STRING)), CHAR_LENGTH(LISTAGG(CAST(number AS STRING)))
FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '1' SECOND)) GROUP BY k, window_start, window_end"""


def _three_jobs(server: Server) -> list[str]:
    with Flink(server) as flink:
        flink.run(events(server), hologres(server, "totals", ", ".join(TOTALS), "totals_"))
        flink.run(hologres(server, "top", "r BIGINT, b BIGINT, s BIGINT", "top_"))
        flink.run(hologres(server, "lists", "k BIGINT, w BIGINT, length BIGINT", "lists_"))
        flink.run("SET 'table.local-time-zone' = 'UTC'")
        return [flink.run(AMOUNTS), flink.run(TOP), flink.run(LISTS)]


def _totals(lines: list[Line]) -> dict[str, list[tuple[Any, ...]]]:
    amounts: defaultdict[int, list[Decimal]] = defaultdict(list)
    wides: defaultdict[int, Decimal] = defaultdict(Decimal)
    sums: defaultdict[int, int] = defaultdict(int)
    lengths: defaultdict[tuple[int, int], int] = defaultdict(lambda: -1)
    for key, _, number in lines:
        lengths[key, number // 1000] += len(str(number)) + 1
        amounts[key].append(Decimal(number) / 4 - 100)
        wides[key] += Decimal(number) * 3 / 10**10
        sums[number % BUCKETS] += number
    totals = [
        (key, len(some), sum(some), _mean(some), min(some), max(some), wides[key])
        for key, some in amounts.items()
    ]  # fmt: skip
    first = sorted(sums.items(), key=lambda one: (-one[1], one[0]))[:FIRST]
    lists = [(*at, length) for at, length in lengths.items() if at[1] < END // 1000]
    return {"totals": totals, "top": [(at, *one) for at, one in enumerate(first, 1)], "lists": lists}


def _mean(some: list[Decimal]) -> Decimal:
    return _WIDE.divide(sum(some, Decimal()), Decimal(len(some))).quantize(Decimal("1e-6"), ROUND_HALF_UP)


WORK = Work(
    {
        "totals": "k bigint PRIMARY KEY, n bigint, total numeric(38, 2), mean numeric(38, 6), low numeric(18, 2), "
        "high numeric(18, 2), wide numeric(38, 10)",
        "top": "r bigint PRIMARY KEY, b bigint, s bigint",
        "lists": "k bigint, w bigint, length bigint",
    },
    _three_jobs,
    _totals,
)


@pytest.mark.slow
@pytest.mark.timeout(300 + 30 * CYCLES)
def test_every_record_counts_once(tmp_path: Path) -> None:
    check(tmp_path / "data", WORK, 3)
