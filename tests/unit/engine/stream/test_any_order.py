"""Rows that come in any order, some of them several times, with keys and values that are NULL, in epochs of any size
and with starts from disk in between: what is left of all changes is what DuckDB answers over all rows at once."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import duckdb
import pytest

import tests.unit.engine.stream.feed  # noqa: F401 - tables that are fed by hand
from yunbox.engine.stream.batch import Change, Kind, Row, from_rows
from yunbox.engine.stream.job import JobRunner
from yunbox.engine.stream.texts import printed
from yunbox.sql.flink.catalog import Catalog
from yunbox.sql.flink.planner import Planner
from yunbox.sql.flink.plans import Job

TABLES = """
CREATE TABLE t (id BIGINT, k STRING, v BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'feed');
CREATE TABLE u (id BIGINT, k STRING, v BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' HOUR)
WITH ('connector' = 'feed');
CREATE TABLE versions (id BIGINT, k STRING, v BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' HOUR,
PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'feed')"""
COLUMNS = ("id", "k", "v", "ts")
START_US = 1_700_000_000_000_000
SPAN_US = 3_000_000_000
"""Less than the hour for which the watermark waits: nothing is late."""
KEYS = (None, None, "a", "b", "B", "", "ü", "k" * 500)
ROWS, EPOCH_ROWS = 60, 9
WINDOWED = """SELECT k, window_start, COUNT(*), COUNT(v), SUM(v), COUNT(DISTINCT v)
    FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' MINUTE)) GROUP BY k, window_start, window_end"""
BINNED = """SELECT k, time_bucket(INTERVAL '10' MINUTE, ts) AS w, COUNT(*), COUNT(v), SUM(v), COUNT(DISTINCT v)
    FROM t GROUP BY k, w"""
FIRST = "SELECT id, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY {}) AS rn FROM t) WHERE rn <= {}"
QUERIES = {
    "numbers": "SELECT k, COUNT(*), COUNT(v), SUM(v), MIN(v), MAX(v) FROM t GROUP BY k",
    "distinct-values": "SELECT k, COUNT(DISTINCT v), SUM(DISTINCT v) FROM t GROUP BY k",
    "distinct": "SELECT DISTINCT k, v FROM t",
    "groups-of-groups": "SELECT n, COUNT(*) FROM (SELECT k, COUNT(*) AS n FROM t GROUP BY k) AS g GROUP BY n",
    "greatest-of-sums": "SELECT MAX(s), MIN(s) FROM (SELECT k, SUM(v) AS s FROM t GROUP BY k) AS g",
    "inner": "SELECT t.id, u.id FROM t JOIN u ON t.k = u.k",
    "left": "SELECT t.id, t.k, u.id FROM t LEFT JOIN u ON t.k = u.k AND t.v < u.v",
    "full": "SELECT t.id, u.id FROM t FULL JOIN u ON t.k = u.k",
    "of-groups": "SELECT a.k, a.n, b.n FROM (SELECT k, COUNT(*) AS n FROM t GROUP BY k) AS a "
    "LEFT JOIN (SELECT k, COUNT(*) AS n FROM u GROUP BY k) AS b ON a.k = b.k",
    "in": "SELECT id FROM t WHERE k IN (SELECT k FROM u WHERE v > 3)",
    "exists": "SELECT id FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.k = t.k)",
    "not-in": "SELECT id FROM t WHERE v NOT IN (SELECT v FROM u WHERE v IS NOT NULL AND id < 5)",
    "not-in-null": "SELECT id FROM t WHERE v NOT IN (SELECT v FROM u)",
    "first": FIRST.format("id", 1),
    "top": FIRST.format("id DESC", 3),
    "union": "SELECT k, v FROM t UNION SELECT k, v FROM u",
    "intersect": "SELECT k FROM t INTERSECT SELECT k FROM u",
    "except": "SELECT v FROM t EXCEPT SELECT v FROM u",
}
EVENTS = {
    "windows": (WINDOWED, BINNED),
    "interval": (
        "SELECT t.id, u.id FROM t LEFT JOIN u ON t.k = u.k AND t.ts BETWEEN u.ts - INTERVAL '5' MINUTE AND u.ts",
    ) * 2,
    "over": ("SELECT id, SUM(v) OVER w, COUNT(*) OVER w FROM t WINDOW w AS (PARTITION BY k ORDER BY ts)",) * 2,
    "range": (
        "SELECT id, COUNT(*) OVER (PARTITION BY k ORDER BY ts RANGE BETWEEN INTERVAL '5' MINUTE PRECEDING AND CURRENT "
        "ROW) FROM t",
    ) * 2,
}  # fmt: skip


def made(chance: random.Random) -> list[Row]:
    """Rows, a third of which come twice."""
    rows = [
        (at, chance.choice(KEYS), chance.choice((None, *range(8))), START_US + chance.randrange(SPAN_US) // 1000 * 1000)
        for at in range(ROWS)
    ]
    rows += chance.sample(rows, ROWS // 3)
    chance.shuffle(rows)
    return rows


def planned(query: str, **settings: str) -> Job:
    planner = Planner(Catalog(), settings)
    for statement in planner.statements(TABLES):
        planner.plan(statement)
    [statement] = planner.statements(query)
    job = planner.plan(statement)
    assert isinstance(job, Job)
    return job


def epochs(rows: dict[str, list[Row]], chance: random.Random) -> Iterator[dict[str, list[Row]]]:
    """Some rows of each table at a time."""
    places = dict.fromkeys(rows, 0)
    while any(places[name] < len(some) for name, some in rows.items()):
        found = {}
        for name, some in rows.items():
            end = places[name] + chance.randrange(EPOCH_ROWS)
            found[name], places[name] = some[places[name] : end], end
        yield found


def feed_all(runner: JobRunner, rows: dict[str, list[Row]]) -> None:
    """An epoch with some rows of each table, of which the job reads the columns that it needs."""
    for stage in runner.graph.sources:
        feed: Any = stage.reader
        places = [COLUMNS.index(column.name) for column in stage.node.columns]
        some = [tuple(row[at] for at in places) for row in rows[stage.node.table.name]]
        feed.batches.append(from_rows(some, feed.types))
    runner.step()


def answered(
    query: str,
    rows: dict[str, list[Row]],
    chance: random.Random,
    folder: Path,
    *,
    parallelisms: Sequence[int] = (1,),
    memory_bytes_max: int = 1 << 28,
    again: float = 0.1,
) -> Counter[tuple[str, ...]]:
    """What is left of all changes; each start from disk has the next one of the parallelisms. ``again`` is how many
    epochs have a start behind them."""
    counts = cycle(parallelisms)
    job = planned(query)
    types = [field.type for field in job.sinks[0].input.fields]
    left: Counter[tuple[str, ...]] = Counter()

    def take(changes: Any) -> None:
        left.update(text for kind, row in changes if Kind(kind).sign > 0 for text in [told(row)])
        left.subtract(text for kind, row in changes if Kind(kind).sign < 0 for text in [told(row)])

    def told(row: Row) -> tuple[str, ...]:
        return tuple("null" if value is None else printed(value, of) for value, of in zip(row, types, strict=True))

    def start(give: Any) -> JobRunner:
        job = planned(query, **{"parallelism.default": str(next(counts))})
        return JobRunner(job, folder, job_id="j", give=give, memory_bytes_max=memory_bytes_max)

    runner = start(take)
    for some in epochs(rows, chance):
        feed_all(runner, some)
        if chance.random() < again:
            runner.rest()
            runner.close()
            runner = start(take)
    for stage in runner.graph.sources:
        stage.reader.is_finished = True  # type: ignore[union-attr]
    runner.step()
    runner.settle()
    runner.close()
    assert min(left.values()) >= 0, "something was taken back that was never given"
    return +left


def reference(query: str, rows: dict[str, list[Row]]) -> Counter[tuple[str, ...]]:
    db = duckdb.connect()
    for name, some in rows.items():
        db.execute(f"CREATE TABLE {name} (id BIGINT, k VARCHAR, v BIGINT, ts TIMESTAMP)")
        db.executemany(f"INSERT INTO {name} VALUES (?, ?, ?, make_timestamp(?))", [list(row) for row in some])
    return Counter(tuple(map(shown, row)) for row in db.execute(query).fetchall())


def shown(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat("T", "minutes")
    return "null" if value is None else str(value)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", [*QUERIES, *EVENTS])
def test_what_is_left(tmp_path: Path, name: str, seed: int) -> None:
    chance = random.Random(seed)
    rows = {"t": made(chance), "u": made(chance)[:20]}
    ours, theirs = EVENTS.get(name) or (QUERIES[name],) * 2
    assert answered(ours, rows, chance, tmp_path) == reference(theirs, rows)


def test_a_change_is_taken_back_before_its_like_comes_twice(tmp_path: Path) -> None:
    """Equal rows are counted: one of two that goes leaves the other."""
    job = planned("SELECT t.id, u.id FROM t LEFT JOIN u ON t.k = u.k")
    changes: list[Change] = []
    runner = JobRunner(job, tmp_path, job_id="j", give=changes.extend)
    twice = [(1, "a", None, START_US)] * 2
    for name in ("t", "u"):
        feed_all(runner, {"t": [], "u": [], name: twice})
    runner.settle()
    runner.close()
    left: Counter[Row] = Counter()
    for kind, row in changes:
        left[row] += Kind(kind).sign
    assert +left == {(1, 1): 4}
