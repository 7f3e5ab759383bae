"""MATCH_RECOGNIZE: the matches that a real Flink finds, whenever the job is cut off, and what is said of the rest.

``matches.tsv`` has patterns and the rows that Flink 2.3 gave for each, as a stream of these rows; a time and what a
query says of it stand as it printed them.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.engine.stream.feed import FEEDS
from tests.unit.engine.stream.test_files import Jobs
from yunbox.engine.stream.batch import Change, from_changes
from yunbox.engine.stream.connectors.connector import Unrecoverable
from yunbox.engine.stream.duck import Duck
from yunbox.engine.stream.job import JobRunner
from yunbox.engine.stream.operators.matches.queue import discard, pop, push
from yunbox.engine.stream.operators.matches.run import Run as PatternRun
from yunbox.engine.stream.poison import PoisonRecord
from yunbox.engine.stream.savepoints import check, restore, save
from yunbox.kernel.errors import KernelError
from yunbox.sql.flink.errors import FlinkSqlError, NotSensible, UnsupportedSql
from yunbox.sql.flink.planner import Rows
from yunbox.sql.flink.plans import Job, Source, walk

CASES = [line.split("\t") for line in Path(__file__).with_name("matches.tsv").read_text("utf-8").splitlines()]
ROWS: list[tuple[int, str, int | None, float, str | None]] = [
    (0, "a", 20, 2.5, "x"), (1000, "a", 17, 1.25, "y"), (1000, "b", 12, 0.5, "x"), (2000, "a", 13, 3.0, "x"),
    (3000, "a", 13, 0.0, "z"), (3500, "b", None, 1.5, "y"), (4000, "a", 18, 2.0, "y"), (5000, "a", 25, 4.75, "x"),
    (5000, "a", 7, 1.0, "q"), (6200, "b", 9, 2.25, "x"), (7000, "a", 11, 3.5, "y"), (8000, "b", 15, 0.25, "z"),
    (9000, "a", None, 2.75, None), (9500, "a", 30, 1.5, "x"), (10000, "b", 16, 3.0, "x"),
    (11000, "a", 28, 0.75, "y"), (12500, "b", 14, 4.0, "y"), (13000, "a", 3, 2.0, "x"), (13000, "a", 5, 2.5, "x"),
    (14000, "b", 2, 1.0, "x"), (15000, "a", 8, 3.25, "z"), (17000, "b", 22, 0.5, "z"), (18000, "a", 21, 4.5, "y"),
    (19000, "b", 23, 2.0, "x"), (20000, "a", 2, 1.0, "x"), (21000, "b", 24, 1.75, "y"), (23000, "a", 9, 0.0, "x"),
    (24000, "a", 10, 3.0, "y"), (26000, "b", 1, 2.5, "x"), (30000, "a", 12, 1.0, "z"),
]  # fmt: skip
"""Milliseconds, key, price, tax and a text; a row's id is its place."""
COLUMNS = ("id", "k", "price", "tax", "s", "ts")
FIELDS = "id INT, k STRING, price INT, tax DOUBLE, s STRING, ts TIMESTAMP(3), p AS PROCTIME()"
_BEGIN = 1_704_067_200_000_000


def fed() -> list[tuple[Any, ...]]:
    return [(at, key, price, tax, s, _BEGIN + ms * 1000) for at, (ms, key, price, tax, s) in enumerate(ROWS)]


class Stream:
    """A job that is fed by hand, and cut off."""

    def __init__(self, folder: Path, query: str, delay_s: int = 5) -> None:
        self._jobs = Jobs(folder)
        self._jobs.stream()
        self._jobs.run(f"CREATE TABLE t ({FIELDS}, WATERMARK FOR ts AS ts - INTERVAL '{delay_s}' SECOND) "
                       "WITH ('connector' = 'feed')")  # fmt: skip
        self._query, self.folder = query, folder / "fed"
        self.folder.mkdir()
        self.out: list[Change] = []
        self.runner = self.start()

    def job(self, query: str = "") -> Job:
        [statement] = self._jobs.planner.statements(query or self._query)
        job = self._jobs.planner.plan(statement)
        assert isinstance(job, Job)
        return job

    def explained(self) -> str:
        [statement] = self._jobs.planner.statements(f"EXPLAIN {self._query}")
        shown = self._jobs.planner.plan(statement)
        assert isinstance(shown, Rows)
        return str(shown.rows[0][0])

    def start(self, memory_bytes_max: int = 1 << 28) -> JobRunner:
        job = self.job()
        [source] = [one for one in walk(job.sinks[0].input) if isinstance(one, Source)]
        self._places = [COLUMNS.index(one.name) for one in source.columns]
        return JobRunner(job, self.folder, job_id="j", give=self.out.extend, memory_bytes_max=memory_bytes_max)

    def send(self, *rows: tuple[Any, ...], is_end: bool = False) -> list[list[Any]]:
        """Have rows come; the matches that are given."""
        self.out.clear()
        feed = FEEDS["t"]
        feed.batches.append(from_changes([(0, tuple(row[at] for at in self._places)) for row in rows], feed.types, "0"))
        feed.is_finished = is_end
        self.runner.step()
        self.runner.settle()
        return [list(row) for _, row in self.out]

    def cut(self, memory_bytes_max: int = 1 << 28) -> None:
        """End it as a kill does, and start it again."""
        self.runner.store.close()
        self.runner = self.start(memory_bytes_max)


@pytest.fixture
def matching(tmp_path: Path) -> Iterator[Any]:
    made: list[Stream] = []

    def start(query: str, delay_s: int = 5) -> Stream:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(Stream(folder, query, delay_s))
        return made[-1]

    yield start
    for one in made:
        one.runner.close()


def ordered(rows: list[list[Any]]) -> list[list[Any]]:
    return sorted(rows, key=repr)


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Jobs]:
    """One of streams and one of batches, over the rows as a file."""
    made = {}
    for mode in ("batch", "streaming"):
        folder = tmp_path_factory.mktemp(mode)
        lines = [{"id": at, "k": key, "price": price, "tax": tax, "s": s, "ts": f"2024-01-01 00:00:{ms / 1000:06.3f}"}
                 for at, (ms, key, price, tax, s) in enumerate(ROWS)]  # fmt: skip
        (folder / "t.json").write_text("\n".join(map(json.dumps, lines)))
        made[mode] = Jobs(folder)
        made[mode].run(f"SET 'execution.runtime-mode' = '{mode}'")
        made[mode].run(f"CREATE TABLE t ({FIELDS}, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH "
                       f"('connector' = 'filesystem', 'path' = '{folder}/t.json', 'format' = 'json')")  # fmt: skip
    return made


@pytest.mark.parametrize("mode", ["batch", "streaming"])
@pytest.mark.parametrize(("pattern", "rows"), CASES)
def test_matches_are_real_flinks(sessions: dict[str, Jobs], mode: str, pattern: str, rows: str) -> None:
    sessions[mode].run(f"SELECT * FROM t MATCH_RECOGNIZE {pattern}")
    assert ordered([list(row) for _, row in sessions[mode].out]) == json.loads(rows)


@pytest.mark.parametrize(("pattern", "rows"), CASES[::3])
def test_matches_live_through_kills(matching: Any, pattern: str, rows: str) -> None:
    """Each row in an epoch of its own, a kill behind every other one, and no room in memory."""
    run = matching(f"SELECT * FROM t MATCH_RECOGNIZE {pattern}")
    found = []
    for at, row in enumerate(fed()):
        found += run.send(row)
        if at % 2:
            run.cut(memory_bytes_max=0)
    found += run.send(is_end=True)
    assert ordered(found) == json.loads(rows)


M = "SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES {} {} PATTERN ({}) {} DEFINE {})"


def states(run: Stream) -> list[int]:
    """How many entries the state has: rows that wait, keys, rows of matches, times that become due."""
    [stage] = [one for one in run.runner.graph.stages if "match" in one.name]
    assert stage.context is not None
    return [len(list(run.runner.store.scan(state._prefix))) for state in stage.context.states]


def test_what_can_become_no_match_is_forgotten(matching: Any) -> None:
    run = matching(M.format("A.id AS a, B.id AS b", "", "A B", "", "A AS A.price > 10, B AS B.price > 20"), 0)
    rows = fed()
    run.send(rows[0])
    assert states(run) == [0, 1, 1, 0], "a row that may be a match's first"
    assert run.send(rows[1]) == [] and states(run) == [0, 1, 1, 0]
    run.send((9, "a", 1, 0.0, "x", _BEGIN + 2_000_000))
    assert states(run) == [0, 0, 0, 0], "a key is forgotten when nothing has begun"


def test_what_has_taken_too_long_is_forgotten(matching: Any) -> None:
    """Also where its key has no more rows; and a match that has waited for something earlier is given then."""
    within = "WITHIN INTERVAL '4' SECOND"
    run = matching(M.format("FIRST(id) AS f, LAST(id) AS l", "AFTER MATCH SKIP PAST LAST ROW", "A B+? C", within,
                            "A AS A.price > 10, C AS C.price > 28"), 0)  # fmt: skip
    assert run.send((1, "a", 11, 0.0, "x", _BEGIN), (2, "a", 12, 0.0, "x", _BEGIN + 1_000_000)) == []
    assert states(run)[1] == 1
    run.cut()
    assert run.send((3, "b", 1, 0.0, "x", _BEGIN + 9_000_000)) == []
    assert states(run)[1:] == [0, 0, 0]


def test_a_match_waits_for_what_began_earlier(matching: Any) -> None:
    conditions = "A AS A.price > 10, B AS B.tax > 0, C AS C.s = 'c', D AS D.price > 90"
    query = M.format("FIRST(id) AS f, LAST(id) AS l", "AFTER MATCH SKIP PAST LAST ROW", "A B{0,4} C D",
                     "WITHIN INTERVAL '5' SECOND", conditions)  # fmt: skip
    run = matching(query, 0)
    out = []
    for at, (price, tax, s) in enumerate([(11, 1, "x"), (12, 1, "x"), (5, 0, "c"), (99, 1, "c"), (1, 0, "x")]):
        out.append(run.send((at, "a", price, float(tax), s, _BEGIN + at * 1_000_000)))
        run.cut()
    assert [one for one in out if one] == [[["a", 0, 3]]]


def test_late_rows_are_dropped_and_counted(matching: Any) -> None:
    run = matching(M.format("A.id AS a, B.id AS b", "", "A B", "", "A AS TRUE"), 0)
    run.send((1, "a", 1, 0.0, "x", _BEGIN + 1_000_000))
    assert run.send((2, "a", 1, 0.0, "x", _BEGIN), (3, "a", 1, 0.0, "x", _BEGIN + 2_000_000)) == [["a", 1, 3]]
    [stage] = [one for one in run.runner.graph.stages if "match" in one.name]
    assert stage.operator is not None and stage.operator.describe() == {"late_rows": 1, "keys": 1}


def test_by_processing_time(matching: Any) -> None:
    run = matching("SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY k ORDER BY p MEASURES A.id AS a, B.id AS b, "
                   "MATCH_PROCTIME() IS NOT NULL AS n AFTER MATCH SKIP PAST LAST ROW PATTERN (A B) DEFINE "
                   "B AS B.price < A.price)")  # fmt: skip
    assert run.send(*fed()[:4]) == [["a", 0, 1, True]]
    run.cut()
    assert run.send((9, "b", 3, 0.0, "x", 0)) == [["b", 2, 9, True]]


def test_many_rows_of_one_key(matching: Any) -> None:
    """A condition that looks back is judged many rows at a time."""
    query = M.format("FIRST(A.id) AS f, LAST(A.id) AS l, COUNT(A.id) AS n", "AFTER MATCH SKIP PAST LAST ROW", "A+ B",
                     "", "A AS LAST(A.price, 1) IS NULL OR A.price > LAST(A.price, 1)")  # fmt: skip
    run = matching(query, 0)
    prices = [(at * 7919) % 97 for at in range(5000)]
    asked = [0]
    judged = run.runner.duck.run

    def counted(*args: Any) -> Any:
        asked[0] += 1
        return judged(*args)

    run.runner.duck.run = counted
    found = run.send(*((at, "a", price, 0.0, "x", _BEGIN + at * 1000) for at, price in enumerate(prices)))
    wanted, at = [], 0
    while True:
        last = at
        while last + 1 < len(prices) and prices[last + 1] > prices[last]:
            last += 1
        if last + 1 >= len(prices):
            break
        wanted.append(["a", at, last, last - at + 1])
        at = last + 2
    assert found == wanted and len(found) > 100
    assert asked[0] < 100


def test_over_windows_of_matches(matching: Any) -> None:
    """MATCH_ROWTIME is a time that windows know."""
    inner = "MEASURES B.id AS b, MATCH_ROWTIME() AS r PATTERN (A B) DEFINE A AS A.price > 10"
    run = matching(f"WITH m AS (SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts {inner})) "
                   "SELECT window_start, COUNT(*), MAX(b) FROM TABLE(TUMBLE(TABLE m, DESCRIPTOR(r), INTERVAL '10' "
                   "SECOND)) GROUP BY window_start, window_end", 0)  # fmt: skip
    found = run.send(*fed())
    run.cut()
    assert found + run.send(is_end=True) == [
        [_BEGIN, 8, 12],
        [_BEGIN + 10_000_000, 6, 23],
        [_BEGIN + 20_000_000, 3, 28],
    ]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (M.format("A.id AS i", "", "A+", "", "A AS A.price > 1"), "Greedy quantifiers are not allowed as the last"),
        (M.format("A.id AS i", "", "A*", "", "A AS A.price > 1"), "Patterns that can produce empty matches"),
        (M.format("A.id AS i", "", "A+ B?", "", "A AS A.price > 1"), "Optional pattern cannot be preceded by greedy"),
        (M.format("A.id AS i", "", "A B??", "", "A AS A.price > 1"), "Reluctant optional variables are not supported"),
        (M.format("A.id AS i", "", "(A B)+ C", "", "A AS A.price > 1"), "Group patterns are not supported yet"),
        (M.format("A.id AS i", "", "A | B", "", "A AS A.price > 1"), "CEP doesn't support branching patterns"),
        (M.format("A.id AS i", "", "PERMUTE(A, B)", "", "A AS A.price > 1"), "doesn't support PERMUTE patterns"),
        (M.format("A.id AS i", "", "A {- B -} C", "", "A AS A.price > 1"), "doesn't support '{-' '-}' patterns"),
        (M.format("A.id AS i", "", "A B A", "", "A AS A.price > 1"), "Pattern variables must be unique"),
        (M.format("PREV(A.id) AS i", "", "A B", "", "A AS A.price > 1"), "Cannot use PREV/NEXT in MEASURE"),
        (M.format("A.id AS i", "", "A B", "", "B AS PREV(A.price, 1) > 1"), "Flink does not support physical offsets"),
        (M.format("CLASSIFIER() AS i", "", "A B", "", "A AS A.price > 1"), r"Unsupported call: CLASSIFIER\(\)"),
        (M.format("MATCH_NUMBER() AS i", "", "A B", "", "A AS A.price > 1"), "MATCH_NUMBER"),
        (M.format("SUM(DISTINCT A.id) AS i", "", "A B", "", "A AS A.price > 1"), "DISTINCT/ALL not allowed with SUM"),
        (M.format("SUM(A.id + B.id) AS i", "", "A B", "", "A AS A.price > 1"), "Multiple pattern variables"),
        (M.format("SUM(LAST(A.id)) AS i", "", "A B", "", "A AS A.price > 1"), "Cannot nest"),
        (M.format("COLLECT(A.id) AS i", "", "A B", "", "A AS A.price > 1"), "COLLECT in MATCH_RECOGNIZE"),
        (M.format("A.id AS i", "ALL ROWS PER MATCH", "A B", "", "A AS A.price > 1"), "All rows per match mode is not"),
        (M.format("A.id AS i", "AFTER MATCH SKIP TO LAST C", "A B", "", "A AS A.price > 1"), "Unknown pattern 'C'"),
        (M.format("A.id AS i", "", "A B", "", "A AS A.price"), "DEFINE clause must be a condition"),
        (M.format("A.id AS i", "", "A B", "WITHIN INTERVAL '1' MONTH", "A AS TRUE"), "Only constant intervals with"),
        (M.format("A.id AS i", "", "A B", "SUBSET S = (A, B)", "A AS TRUE"), "SUBSET of MATCH_RECOGNIZE"),
        (M.format("A.nosuch AS i", "", "A B", "", "A AS TRUE"), "Column 'nosuch' not found"),
        (M.format("A.id AS i", "", "A{2,1} B", "", "A AS TRUE"), "greater than or equal to from: 2"),
        (M.format("A.id AS i", "", "A{,2} B", "", "A AS TRUE"), "The from should be a positive number"),
        (M.format("A.id AS i", "", "A{0} B", "", "A AS TRUE"), "greater than or equal to from: 1"),
        (M.format("A.id AS i, 1 AS k", "", "A B", "", "A AS TRUE"), "Columns ambiguously defined: {k}"),
        (M.format("A.id AS i", "", "A B", "", "A AS TRUE, A AS FALSE"), "'A' has already been defined"),
        (M.format("c.id AS i", "", "A B", "", "A AS TRUE"), "Table 'c' not found"),
        (M.format("t.id AS i", "", "A B", "", "A AS TRUE"), "Table 't' not found"),
        (M.format("RUNNING LAST(A.id) AS i", "", "A B", "", "A AS TRUE"), "Unsupported call: RUNNING"),
        (M.format("SUM(A.id) FILTER (WHERE A.id > 3) AS i", "", "A B", "", "A AS TRUE"), "SUM in MATCH_RECOGNIZE"),
        (M.format("A.id", "", "A B", "", "A AS TRUE"), "Encountered|Incorrect syntax"),
        (M.replace("PARTITION BY k ORDER BY ts", "PARTITION BY k").format("A.id AS i", "", "A", "", "A AS TRUE"),
         "You must specify either rowtime or proctime for order by"),
        (M.replace("ORDER BY ts", "ORDER BY id").format("A.id AS i", "", "A", "", "A AS TRUE"), "as the first one"),
        (M.replace("ORDER BY ts", "ORDER BY ts DESC").format("A.id AS i", "", "A", "", "A AS TRUE"),
         "must be ascending on time"),
        ("SELECT * FROM (SELECT k, COUNT(*) AS c, PROCTIME() AS q FROM t GROUP BY k) MATCH_RECOGNIZE (PARTITION BY k "
         "ORDER BY q MEASURES A.c AS i PATTERN (A B) DEFINE A AS A.c > 10)",
         "Match Recognize doesn't support consuming update changes which is produced by node GroupAggregate"),
    ],
)  # fmt: skip
def test_what_flink_refuses_too(matching: Any, query: str, reason: str) -> None:
    with pytest.raises((FlinkSqlError, NotSensible, UnsupportedSql), match=reason):
        matching(query)


@pytest.mark.parametrize(
    ("skip", "pattern", "reason"),
    [
        ("TO FIRST A", "A B", "of \\('a',\\): Could not skip to first element of a match"),
        ("TO LAST C", "A C*? B", "Could not skip to last element of a match: it has no row of 'C'"),
    ],
)
def test_what_cannot_be_skipped_to_fails_the_job(matching: Any, skip: str, pattern: str, reason: str) -> None:
    run = matching(M.format("A.id AS i", f"AFTER MATCH SKIP {skip}", pattern, "", "A AS TRUE, C AS C.price < 0"), 0)
    with pytest.raises(Unrecoverable, match=reason):
        run.send(*fed())


def test_a_condition_fails_where_it_is_asked_for(matching: Any) -> None:
    """What is judged ahead may be no number; what is a match's next row must be."""
    texts = ["x", "7", "x", "8", "y"]
    rows = [(at, "a", at % 2, 0.0, s, _BEGIN + at * 1_000_000) for at, s in enumerate(texts)]
    for conditions in (
        "A AS A.price = 0, B AS CAST(B.s AS INT) > 0",
        "A AS A.price = 0, B AS B.id + CAST(B.s AS INT) > A.id",
    ):
        query = M.format("A.id AS a, B.id AS b", "", "A B", "", conditions)
        assert matching(query, 0).send(*rows) == [["a", 0, 1], ["a", 2, 3]]
        run = matching(query.replace("A.price = 0", "A.price = 1"), 0)
        with pytest.raises(PoisonRecord, match="For input string: 'x'"):
            run.send(*rows)


def test_explain_and_the_guard(matching: Any) -> None:
    part = ("PARTITION BY k ORDER BY ts MEASURES A.id AS i, SUM(B.price) AS s AFTER MATCH SKIP PAST LAST ROW "
            "PATTERN (A B+? C)")  # fmt: skip
    define = "DEFINE B AS B.price > LAST(B.price, 1)"
    text = matching(f"SELECT * FROM t MATCH_RECOGNIZE ({part} {define})").explained()
    assert ("Match(partitionBy=[k], orderBy=[ts ASC], measures=[FINAL(LAST(A.id)) AS i, FINAL(SUM(B.price)) AS s], "
            "rowsPerMatch=[ONE ROW PER MATCH], after=[SKIP PAST LAST ROW], pattern=[A B+? C], "
            "define=[B=(LAST(B.price) > LAST(B.price, 1))])") in text  # fmt: skip
    assert "WITHIN INTERVAL '1' HOUR behind its PATTERN bounds it" in text
    text = matching(f"SELECT * FROM t MATCH_RECOGNIZE ({part} WITHIN INTERVAL '2' MINUTE {define})").explained()
    assert "within=[2 min]" in text and "warning" not in text


def test_a_savepoint_is_of_the_same_pattern(matching: Any, tmp_path: Path) -> None:
    query = M.format("A.id AS a", "", "A B", "", "A AS A.price > 10")
    run = matching(query)
    run.send(*fed()[:9])
    run.runner.rest()
    save(run.runner.store, run.runner.graph, "j", tmp_path / "saved")
    for name, text in (
        ("same", query.replace("A.id AS a", "A.id + 1 AS a")),
        ("other", query.replace("(A B)", "(A B C)")),
    ):
        (tmp_path / name).mkdir()
        restore(tmp_path / "saved", tmp_path / name / "state")
        runner = JobRunner(run.job(text), tmp_path / name, job_id=name)
        try:
            if name == "same":
                check(tmp_path / "saved", runner.graph)
            else:
                with pytest.raises(KernelError, match=r"A B,.*A B C,"):
                    check(tmp_path / "saved", runner.graph)
        finally:
            runner.close()


@pytest.mark.parametrize(
    "define",
    [
        "B AS B.price > A.price, C AS C.price < A.price",
        "B AS B.price > 0 AND (LAST(B.price, 1) IS NULL OR B.price > LAST(B.price, 1)), C AS C.price < 0",
        "B AS B.price > 0 AND SUM(B.price) < 1000000 AND MAX(B.tax) < 2, C AS C.price < 0",
    ],
)
def test_many_unfinished_matches_of_a_key_are_judged_together(
    matching: Any, monkeypatch: pytest.MonkeyPatch, define: str
) -> None:
    """Queries are not for each row, and rows are not looked at for each beginning that goes on with them."""
    queries: list[str] = []
    looked_at: list[int] = []
    ask, moves = Duck.run, PatternRun._moves
    monkeypatch.setattr(Duck, "run", lambda self, sql, batch=None: (queries.append(sql), ask(self, sql, batch))[1])
    monkeypatch.setattr(PatternRun, "_moves", lambda self, one: (looked_at.append(one.seq), moves(self, one))[1])
    run = matching(M.format("A.id AS a, C.id AS c", "", "A B* C", "WITHIN INTERVAL '250' SECOND(3)", define), delay_s=0)
    assert run.send(*[(at, "a", 10 + at, 1.0, "x", _BEGIN + at * 1_000_000) for at in range(600)]) == []
    assert len(queries) < 200, "a third of the rows"
    assert len(looked_at) < 20_000, "where beginnings go on with a row 130,000 times"
    found = run.send((600, "a", -1, 1.0, "x", _BEGIN + 600 * 1_000_000))
    assert [row[1:] for row in found] == [[at, 600] for at in range(351, 600)]


class Begun:
    """What a queue is of."""

    def __init__(self, seq: int, name: str) -> None:
        self.seq, self.name = seq, name


def test_the_queue_is_javas() -> None:
    """Equal entries leave it as java.util.PriorityQueue's do, which was tried."""
    queue: list[Begun] = []
    for at, seq in enumerate([3, 1, 3, 1, 2, 1, -1, 2]):
        push(queue, Begun(seq, "abcdefgh"[at]))
    discard(queue, lambda one: one.name == "b")
    assert "".join(pop(queue).name for _ in range(7)) == "dfehacg"
