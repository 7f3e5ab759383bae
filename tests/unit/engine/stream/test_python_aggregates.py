"""Aggregate functions of users in Python: groups, windows, rows that go, batches, and what is kept over a start."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.engine.stream.feed import FEEDS
from tests.unit.engine.stream.test_files import Jobs
from yunbox.engine.stream.batch import Change, Kind, from_changes
from yunbox.engine.stream.connectors.connector import Unrecoverable
from yunbox.engine.stream.job import JobRunner
from yunbox.engine.stream.savepoints import check, restore, save
from yunbox.engine.stream.udf.natives import Functions
from yunbox.kernel.errors import KernelError
from yunbox.sql.flink.errors import FlinkSqlError, NotSensible, UnsupportedSql, ValidationFailed
from yunbox.sql.flink.planner import Planner, Rows
from yunbox.sql.flink.plans import Job, Source, walk

FILE = """
from datetime import date, datetime, time
from decimal import Decimal

from pyflink.common import Row
from pyflink.table import AggregateFunction, DataTypes, ListView, MapView, TableAggregateFunction
from pyflink.table.udf import udaf, udtaf


class WeightedAvg(AggregateFunction):
    '''The example of PyFlink's page.'''

    def create_accumulator(self):
        return Row(0, 0)  # sum, count

    def get_value(self, accumulator):
        return None if accumulator[1] == 0 else accumulator[0] / accumulator[1]

    def accumulate(self, accumulator, value, weight):
        accumulator[0] += value * weight
        accumulator[1] += weight

    def retract(self, accumulator, value, weight):
        accumulator[0] -= value * weight
        accumulator[1] -= weight

    def merge(self, accumulator, accumulators):
        for one in accumulators:
            accumulator[0] += one[0]
            accumulator[1] += one[1]

    def get_result_type(self):
        return DataTypes.BIGINT()

    def get_accumulator_type(self):
        return DataTypes.ROW([DataTypes.FIELD("f0", DataTypes.BIGINT()), DataTypes.FIELD("f1", DataTypes.BIGINT())])


class ListViewConcat(AggregateFunction):
    '''The other one.'''

    def get_value(self, accumulator):
        return accumulator[1].join(accumulator[0])

    def create_accumulator(self):
        return Row(ListView(), "")

    def accumulate(self, accumulator, *args):
        accumulator[1] = args[1]
        accumulator[0].add(args[0])

    def get_accumulator_type(self):
        return DataTypes.ROW([
            DataTypes.FIELD("f0", DataTypes.LIST_VIEW(DataTypes.STRING())), DataTypes.FIELD("f1", DataTypes.STRING())])

    def get_result_type(self):
        return DataTypes.STRING()


class Counts(AggregateFunction):
    def open(self, context):
        self.mark = context.get_job_parameter("mark", "?")

    def create_accumulator(self):
        return Row(MapView())

    def accumulate(self, accumulator, value):
        seen = accumulator[0]
        seen[value] = (seen[value] or 0) + 1 if value in seen else 1

    def retract(self, accumulator, value):
        accumulator[0][value] -= 1
        if not accumulator[0][value]:
            del accumulator[0][value]

    def get_value(self, accumulator):
        return self.mark + ",".join(f"{key}={n}" for key, n in sorted(accumulator[0].items(), key=str))


class Merged(Counts):
    def merge(self, accumulator, accumulators):
        for one in accumulators:
            for key, n in one[0].items():
                accumulator[0][key] = (accumulator[0][key] or 0) + n

    def get_value(self, accumulator):
        return super().get_value(accumulator)[1:]


class Plain(AggregateFunction):
    def create_accumulator(self):
        return [0]

    def accumulate(self, accumulator, value):
        accumulator[0] += value or 0

    def get_value(self, accumulator):
        return accumulator[0]


class Last(AggregateFunction):
    def create_accumulator(self):
        return [None]

    def accumulate(self, accumulator, value):
        accumulator[0] = value

    def get_value(self, accumulator):
        return accumulator[0]


class Wrong(Plain):
    def accumulate(self, accumulator, value):
        accumulator[0] = 1 / value if value < 5 else 1 << 70 if value < 8 else accumulator[0]

    def get_value(self, accumulator):
        return "x"


class Top(TableAggregateFunction):
    def create_accumulator(self):
        return [0]

    def emit_value(self, accumulator):
        yield Row(accumulator[0])


weighted_avg = udaf(WeightedAvg())
concat = udaf(ListViewConcat(), input_types=[DataTypes.STRING(), DataTypes.STRING()])
counts = udaf(Counts(), result_type=DataTypes.STRING(), accumulator_type=DataTypes.ROW([
    DataTypes.FIELD("seen", DataTypes.MAP_VIEW(DataTypes.STRING(), DataTypes.BIGINT()))]))
merged = udaf(Merged(), None, "STRING", DataTypes.ROW([
    DataTypes.FIELD("seen", DataTypes.MAP_VIEW(DataTypes.STRING(), DataTypes.BIGINT()))]))
total = udaf(Plain(), result_type="BIGINT", accumulator_type=DataTypes.ARRAY(DataTypes.BIGINT()))
wrong = udaf(Wrong(), result_type="BIGINT", accumulator_type=DataTypes.ARRAY(DataTypes.BIGINT()))
top = udtaf(Top(), result_type=DataTypes.ROW([DataTypes.FIELD("x", DataTypes.BIGINT())]),
            accumulator_type=DataTypes.ARRAY(DataTypes.BIGINT()))
Naked = Plain
LAST = {
    "tiny": DataTypes.TINYINT(), "double": DataTypes.DOUBLE(), "bool": DataTypes.BOOLEAN(),
    "decimal": DataTypes.DECIMAL(10, 3), "bytes": DataTypes.BYTES(), "date": DataTypes.DATE(),
    "time": DataTypes.TIME(), "ts": DataTypes.TIMESTAMP(3), "ltz": DataTypes.TIMESTAMP_LTZ(3),
    "array": DataTypes.ARRAY(DataTypes.DATE()), "map": DataTypes.MAP(DataTypes.STRING(), DataTypes.INT()),
    "row": DataTypes.ROW([DataTypes.FIELD("x", DataTypes.INT()), DataTypes.FIELD("y", DataTypes.STRING())]),
}
for _name, _of in LAST.items():
    globals()["last_" + _name] = udaf(Last(), [_of], _of, DataTypes.ROW([DataTypes.FIELD("v", _of)]))
seen = udaf(lambda *args: " ".join(str(one[0]) for one in args), result_type="STRING", func_type="pandas")
latest = udaf(lambda v: v.max(), result_type="TIMESTAMP(3)", func_type="pandas")
mean = udaf(lambda v: v.mean(), input_types=[DataTypes.INT()], result_type="FLOAT", func_type="pandas")


@udaf(result_type=DataTypes.BIGINT(), func_type="pandas")
def spread(a, b):
    return a.max() - b.min() if len(a) else None


class MaxAdd(AggregateFunction):
    def create_accumulator(self):
        return []

    def accumulate(self, accumulator, *args):
        accumulator.append(sum(arg.max() for arg in args))

    def get_value(self, accumulator):
        return accumulator[0]


max_add = udaf(MaxAdd(), result_type=DataTypes.BIGINT(), func_type="pandas")
"""
NAMES = ("weighted_avg", "concat", "counts", "merged", "total", "wrong", "top", "Naked", "mean", "spread", "max_add",
         "seen", "latest")  # fmt: skip
T = "(VALUES ('a', 1, 3), ('a', 2, 1), ('b', 5, 2), ('a', 2, 1)) AS t(k, v, w)"


class Python(Jobs):
    """A session whose functions are in a file."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "files").mkdir()
        (folder / "files" / "sums_of.py").write_text(FILE)
        settings = {**self.planner.settings, "python.files": str(folder / "files"), "mark": "#"}
        settings["table.local-time-zone"] = "Asia/Shanghai"
        self.planner = Planner(self.planner.catalog, settings, Functions([settings["python.files"]]).find)
        self.run(*(f"CREATE TEMPORARY FUNCTION {one} AS 'sums_of.{one}' LANGUAGE PYTHON" for one in NAMES))

    def job(self, sql: str) -> Job:
        [statement] = self.planner.statements(sql)
        job = self.planner.plan(statement)
        assert isinstance(job, Job)
        return job


@pytest.fixture
def python(tmp_path: Path) -> Python:
    return Python(tmp_path)


@pytest.mark.parametrize("mode", ["batch", "streaming"])
@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (f"SELECT k, weighted_avg(v, w) FROM {T} GROUP BY k", ["a, 1", "b, 5"]),
        (f"SELECT k, concat(CAST(v AS STRING), '-') FROM {T} GROUP BY k", ["a, 1-2-2", "b, 5"]),
        (f"SELECT weighted_avg(v, w), COUNT(*), MAX(v), LISTAGG(k) FROM {T}", ["2, 4, 5, a,a,b,a"]),
        (f"SELECT total(v) + 1 FROM {T} HAVING total(v) > 9", ["11"]),
        (f"SELECT k, total(DISTINCT v), total(v), COUNT(DISTINCT v) FROM {T} GROUP BY k", ["a, 3, 5, 2", "b, 5, 5, 1"]),
        (
            f"SELECT k, total(v) FILTER (WHERE w > 1), total(DISTINCT v) FILTER (WHERE w < 3) FROM {T} GROUP BY k",
            ["a, 1, 2", "b, 5, 5"],
        ),
        (f"SELECT counts(k), total(CAST(NULL AS BIGINT)) FROM {T}", ["#a=3,b=1, 0"]),
        (f"SELECT counts(DISTINCT CAST(NULL AS STRING)) FROM {T}", ["#None=1"]),
        (f"SELECT k, total(v) FROM {T} GROUP BY ROLLUP (k)", ["None, 10", "a, 5", "b, 5"]),
        (f"SELECT UPPER(k), total(v) AS s FROM {T} GROUP BY UPPER(k)", ["A, 5", "B, 5"]),
        (f"SELECT total(s) FROM (SELECT k, SUM(v) AS s FROM {T} WHERE v > 100 GROUP BY k)", []),
        (f"SELECT counts(s) FROM (SELECT CAST(COUNT(*) AS STRING) AS s FROM {T} GROUP BY k)", ["#1=1,3=1"]),
    ],
)
def test_groups(python: Python, mode: str, query: str, rows: list[str]) -> None:
    python.run(f"SET 'execution.runtime-mode' = '{mode}'")
    if not rows and mode == "batch":
        rows = ["0"]
    if "total(s)" in query and mode == "streaming":
        query = query.replace("total(s)", "weighted_avg(s, 1)")
    assert python.left(query) == rows


@pytest.mark.parametrize(
    ("of", "value", "given"),
    [
        ("tiny", "CAST(3 AS TINYINT)", "3"),
        ("double", "CAST(1.5 AS DOUBLE)", "1.5"),
        ("bool", "TRUE", "True"),
        ("decimal", "CAST(1.5 AS DECIMAL(10, 3))", "1.500"),
        ("bytes", "x'00ff'", "AP8="),
        ("date", "DATE '2020-02-29'", "18321"),
        ("time", "TIME '10:00:01'", "36001000000"),
        ("ts", "TIMESTAMP '2020-01-02 03:04:05.678'", "1577934245678000"),
        ("ltz", "TO_TIMESTAMP_LTZ(1577808000000, 3)", "1577808000000000"),
        ("array", "ARRAY[DATE '2020-02-29', CAST(NULL AS DATE)]", '["2020-02-29",null]'),
        ("map", "MAP['a', 1, 'b', 2]", '{"a":1,"b":2}'),
        ("row", "CAST(ROW(1, 'z') AS ROW<x INT, y STRING>)", '{"x":1,"y":"z"}'),
    ],
)
def test_types_come_and_go(python: Python, of: str, value: str, given: str) -> None:
    """Also by way of the state: a stream puts an accumulator away after each batch."""
    python.run(f"CREATE FUNCTION f AS 'sums_of.last_{of}' LANGUAGE PYTHON")
    for mode in ("batch", "streaming"):
        python.run(f"SET 'execution.runtime-mode' = '{mode}'")
        rows = python.run(f"SELECT f({value}), f(CAST(NULL AS STRING) IS NULL) FROM (VALUES (1))"
                          if of == "bool" else f"SELECT f({value}), 1 FROM (VALUES (1))")  # fmt: skip
        assert rows[-1].startswith(f"+I[{given}, ")


class Stream:
    """A job that is fed by hand."""

    def __init__(self, python: Python, folder: Path, query: str) -> None:
        self.python, self.folder, self.query = python, folder, query
        self.changes: list[Change] = []
        self.runner = self.start()

    def start(self, memory_bytes_max: int = 1 << 28) -> JobRunner:
        self.changes.clear()
        job = self.python.job(self.query)
        [source] = [one for one in walk(job.sinks[0].input) if isinstance(one, Source)]
        self.places = [("k", "v", "ts").index(one.name) for one in source.columns]
        return JobRunner(job, self.folder, job_id="j", give=self.changes.extend, memory_bytes_max=memory_bytes_max)

    def send(self, *rows: tuple[object, ...]) -> list[str]:
        self.changes.clear()
        some = [(0, tuple(row[at] for at in self.places)) for row in rows]
        FEEDS["fed"].batches.append(from_changes(some, FEEDS["fed"].types, "0"))
        return self.step()

    def step(self) -> list[str]:
        self.runner.step()
        self.runner.settle()
        return [f"{Kind(kind).text}{list(row)}".replace("'", "") for kind, row in self.changes]

    def again(self) -> None:
        """Go on from what is on disk, as behind a kill."""
        self.runner.store.close()
        self.runner = self.start()


@pytest.fixture
def stream(python: Python, tmp_path: Path) -> Iterator[Callable[..., Stream]]:
    made: list[Stream] = []
    python.stream()
    python.run("CREATE TABLE fed (k STRING, v BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) "
               "WITH ('connector' = 'feed')")  # fmt: skip

    def start(query: str) -> Stream:
        made.append(Stream(python, tmp_path / f"stream-{len(made)}", query))
        return made[-1]

    (tmp_path / "stream-0").mkdir()
    yield start
    for one in made:
        one.runner.close()


def test_rows_that_go_are_taken_back(stream: Callable[..., Stream]) -> None:
    """A count of counts: each new row of a group takes its old count back, also behind a start from disk."""
    run = stream("SELECT counts(CAST(n AS STRING)), weighted_avg(n, 1) "
                 "FROM (SELECT k, COUNT(*) AS n FROM fed GROUP BY k)")  # fmt: skip
    assert run.send(("a", 1, 0), ("b", 1, 0)) == ["+I[#1=2, 1]"]
    assert run.send(("a", 1, 0)) == ["-U[#1=2, 1]", "+U[#1=1,2=1, 1]"]
    run.again()
    assert run.send(("a", 1, 0)) == ["-U[#1=1,2=1, 1]", "+U[#1=1,3=1, 2]"]


def test_a_group_that_has_gone_begins_anew(stream: Callable[..., Stream]) -> None:
    run = stream("SELECT n, counts(DISTINCT k), weighted_avg(n, 1) "
                 "FROM (SELECT k, COUNT(*) AS n FROM fed GROUP BY k) GROUP BY n")  # fmt: skip
    assert run.send(("a", 1, 0)) == ["+I[1, #a=1, 1]"]
    assert run.send(("a", 1, 0)) == ["-D[1, #a=1, 1]", "+I[2, #a=1, 2]"]
    assert run.send(("b", 1, 0)) == ["+I[1, #b=1, 1]"]


def test_distinct_counts_over_batches_and_starts(stream: Callable[..., Stream]) -> None:
    run = stream("SELECT k, total(DISTINCT v), total(v) FROM fed GROUP BY k")
    assert run.send(("a", 1, 0), ("a", 1, 0)) == ["+I[a, 1, 2]"]
    run.again()
    assert run.send(("a", 1, 0), ("a", 4, 0)) == ["-U[a, 1, 2]", "+U[a, 5, 7]"]
    assert run.send(("a", 4, 0), ("a", 1, 0)) == ["-U[a, 5, 7]", "+U[a, 5, 12]"]


def test_groups_beyond_memory(stream: Callable[..., Stream]) -> None:
    run = stream("SELECT k, total(v), total(DISTINCT v) FROM fed GROUP BY k")
    run.runner.close()
    run.runner = run.start(memory_bytes_max=1000)
    for number in range(10):
        run.send(*((f"k{at}", number, 0) for at in range(50)))
    assert run.send(("k7", 3, 0))[-1] == f"+U[k7, {sum(range(10)) + 3}, {sum(range(10))}]"


@pytest.mark.parametrize(
    ("window", "rows"),
    [
        (
            "TUMBLE(TABLE fed, DESCRIPTOR(ts), INTERVAL '10' SECOND)",
            ["0, a, 1, 1=1;2=1", "0, b, 4, 4=1", "10, a, 8, 8=1"],
        ),
        (
            "HOP(TABLE fed, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '20' SECOND)",
            ["-10, a, 1, 1=1;2=1", "-10, b, 4, 4=1", "0, a, 3, 1=1;2=1;8=1", "0, b, 4, 4=1", "10, a, 8, 8=1"],
        ),
        (
            "CUMULATE(TABLE fed, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '20' SECOND)",
            ["0, a, 1, 1=1;2=1", "0, a, 3, 1=1;2=1;8=1", "0, b, 4, 4=1", "0, b, 4, 4=1"],
        ),
        (
            "SESSION(TABLE fed PARTITION BY k, DESCRIPTOR(ts), INTERVAL '5' SECOND)",
            ["1, a, 1, 1=1;2=1", "11, a, 8, 8=1", "4, b, 4, 4=1"],
        ),
    ],
)
def test_windows(stream: Callable[..., Stream], window: str, rows: list[str]) -> None:
    run = stream("SELECT (EXTRACT(EPOCH FROM window_start)), k, weighted_avg(v, 1), REPLACE(merged(DISTINCT CAST(v AS "
                 f"STRING)), ',', ';') FROM TABLE({window}) GROUP BY window_start, window_end, k")  # fmt: skip
    second = 1_000_000
    assert run.send(("a", 1, second), ("a", 2, 3 * second), ("b", 4, 4 * second), ("a", 2, 3 * second)) == []
    run.again()
    found = run.send(("a", 8, 11 * second))
    run.again()
    found += run.send(("z", 0, 60 * second))
    assert sorted(found) == sorted(f"+I[{one}]" for one in rows)


def test_the_older_windows(stream: Callable[..., Stream]) -> None:
    ten = "ts, INTERVAL '10' SECOND"
    run = stream(f"SELECT TUMBLE_END({ten}), total(v) FROM fed GROUP BY TUMBLE({ten})")
    run.send(("a", 1, 0), ("b", 5, 1_000_000))
    assert run.send(("a", 7, 10_000_000)) == ["+I[10000000, 6]"]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (f"SELECT k, mean(v), spread(v, w) FROM {T} GROUP BY k", ["a, 1.6666666269302368, 1", "b, 5.0, 3"]),
        (f"SELECT max_add(v, w), COUNT(*) FROM {T}", ["8, 4"]),
        (f"SELECT k, mean(v) FILTER (WHERE v > 1) FROM {T} GROUP BY k", ["a, 2.0", "b, 5.0"]),
        ("SELECT mean(v) FROM (VALUES (1), (CAST(NULL AS INT)), (4)) AS t(v)", ["2.5"]),
        ("SELECT mean(v) FROM (VALUES (CAST(NULL AS INT))) AS t(v)", ["None"]),
        ("SELECT mean(v) FROM (VALUES (1)) AS t(v) WHERE v > 1", ["None"]),
        (
            "SELECT seen(a, b, c, d, e, f) FROM (VALUES (TRUE, CAST(1.5 AS DECIMAL(3, 1)), 'x', DATE '2020-01-02', "
            "TIMESTAMP '2020-01-02 03:04:05', CAST(NULL AS BIGINT))) AS t(a, b, c, d, e, f)",
            ["True 1.5 x 2020-01-02 2020-01-02 03:04:05 nan"],
        ),
        (
            "SELECT CAST(latest(e) AS STRING) FROM (VALUES (TIMESTAMP '2020-01-02 03:04:05')) AS t(e)",
            ["2020-01-02 03:04:05.000"],
        ),
        (f"SELECT spread(s, s) FROM (SELECT k, SUM(v) AS s FROM {T} GROUP BY k)", ["0"]),
    ],
)
def test_over_series_in_a_batch(python: Python, query: str, rows: list[str]) -> None:
    assert python.left(query) == rows


def test_over_series_in_windows(stream: Callable[..., Stream]) -> None:
    run = stream("SELECT k, spread(v, v) FROM TABLE(SESSION(TABLE fed PARTITION BY k, DESCRIPTOR(ts), INTERVAL '5' "
                 "SECOND)) GROUP BY k, window_start, window_end")  # fmt: skip
    run.send(("a", 1, 0), ("a", 7, 1_000_000))
    run.again()
    assert run.send(("a", 3, 4_000_000), ("a", 9, 60_000_000)) == ["+I[a, 6]"]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("SELECT total(n) FROM (SELECT COUNT(*) AS n FROM fed GROUP BY k)", "'total' .* has no method 'retract'"),
        ("SELECT total(v) FROM TABLE(HOP(TABLE fed, DESCRIPTOR(ts), INTERVAL '1' SECOND, INTERVAL '2' SECOND)) "
         "GROUP BY window_start, window_end", "no method 'merge', which is needed in HOP windows"),
        ("SELECT total(v) FROM fed GROUP BY SESSION(ts, INTERVAL '1' SECOND)", "needed in SESSION windows"),
        ("SELECT spread(v, v) FROM fed", "Pandas UDAFs are not supported in streaming mode currently"),
    ],
)  # fmt: skip
def test_a_method_that_will_be_missed_is_said_before_a_row_comes(
    stream: Callable[..., Stream], query: str, reason: str
) -> None:
    with pytest.raises(NotSensible, match=reason):
        stream(query)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (f"SELECT total(v, w) FROM {T}", "Invalid number of arguments|accumulate"),
        (f"SELECT concat(k) FROM {T}", "Invalid number of arguments to function 'concat'. Was expecting 2"),
        (f"SELECT concat(ARRAY[1], k) FROM {T}", "Cannot apply 'concat'"),
        (f"SELECT total(total(v)) FROM {T}", "cannot be nested"),
        (f"SELECT v FROM {T} WHERE total(v) > 1", "Aggregate expression is illegal in WHERE clause"),
        (f"SELECT k, total(v) FROM {T}", "'k' is not being grouped"),
        (f"SELECT total(v) OVER (PARTITION BY k ORDER BY v) FROM {T}", "total OVER, an aggregate function of a user's"),
        (f"SELECT spread(DISTINCT v, w) FROM {T}", "DISTINCT in spread"),
        (f"SELECT top(v) FROM {T}", "No match found for function signature top: it is a table aggregate function"),
        (f"SELECT * FROM {T}, LATERAL TABLE(total(v))", "'total' gives no rows"),
        (f"SELECT Naked(v) FROM {T}", r"is a class: NAME = udaf\(Plain\(\)\)"),
        (f"SELECT total(*) FROM {T}", "'\\*' is of COUNT"),
        (f"SELECT spread(MAP['a', v], w) FROM {T}", r"spread\(MAP<.*over Series of such values"),
    ],
)
def test_what_is_refused(python: Python, query: str, reason: str) -> None:
    with pytest.raises((FlinkSqlError, ValidationFailed, UnsupportedSql, Unrecoverable), match=reason):
        python.run(query)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (0, r"wrong: accumulate\(0\) failed: ZeroDivisionError: division by zero"),
        (4, "wrong: accumulate failed: TypeError: 0.25 in the accumulator is no BIGINT"),
        (7, "in the accumulator is no BIGINT: it is too large"),
        (9, "the function gave 'x', which is no BIGINT"),
    ],
)
def test_what_a_function_does_wrong_fails_the_job(python: Python, value: int, reason: str) -> None:
    with pytest.raises(Unrecoverable, match=reason):
        python.run(f"SELECT wrong(v) FROM (VALUES ({value})) AS t(v)")


_BODY = """from pyflink.table import DataTypes
from pyflink.table.udf import udaf, AggregateFunction
class F(AggregateFunction):
    pass
"""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("f = udaf(F())", "Method get_result_type is not implemented"),
        ("f = udaf(F(), result_type='INT')", "Method get_accumulator_type is not implemented"),
        ("f = udaf(F, result_type='INT')", "not a function or callable"),
        ("f = udaf(F(), result_type='INT', func_type='vector')", "must be one of 'general, pandas', got vector"),
        ("f = udaf(lambda v: v, func_type='pandas')", "result_type of a function is missing"),
        ("f = udaf(F(), None, 'INT', DataTypes.LIST_VIEW(DataTypes.INT()))", "views are fields of its ROW alone"),
        ("f = udaf(F(), None, 'INT', 'ROW<x ARRAY<INTERVAL YEAR>>')", "which is not kept here"),
        ("f = udaf(F(), None, DataTypes.LIST_VIEW(DataTypes.INT()), 'INT')", "do not take or give"),
    ],
)
def test_what_cannot_be_made(tmp_path: Path, text: str, reason: str) -> None:
    module = f"made_{abs(hash(text))}"
    (tmp_path / f"{module}.py").write_text(_BODY + text)
    python = Python(tmp_path)
    python.planner = Planner(python.planner.catalog, python.planner.settings, Functions([str(tmp_path)]).find)
    python.run(f"CREATE FUNCTION f AS '{module}.f' LANGUAGE PYTHON")
    with pytest.raises(ValidationFailed, match=reason):
        python.run("SELECT f(1)")


def test_a_savepoint_is_of_the_same_accumulator(stream: Callable[..., Stream], tmp_path: Path) -> None:
    run = stream("SELECT k, total(v) FROM fed GROUP BY k")
    run.send(("a", 1, 0))
    run.runner.rest()
    save(run.runner.store, run.runner.graph, "j", tmp_path / "saved")
    for name, query in (("same", "SELECT k, total(v) + 1 FROM fed GROUP BY k"),
                        ("other", "SELECT k, counts(CAST(v AS STRING)) FROM fed GROUP BY k")):  # fmt: skip
        (tmp_path / name).mkdir()
        restore(tmp_path / "saved", tmp_path / name / "state")
        runner = JobRunner(run.python.job(query), tmp_path / name, job_id=name)
        try:
            if name == "same":
                check(tmp_path / "saved", runner.graph)
            else:
                with pytest.raises(KernelError, match=r"sums_of\.total\(BIGINT\) with ARRAY<BIGINT>.*sums_of\.counts"):
                    check(tmp_path / "saved", runner.graph)
        finally:
            runner.close()


def test_explain(stream: Callable[..., Stream], python: Python) -> None:
    del stream
    [statement] = python.planner.statements("EXPLAIN SELECT k, total(DISTINCT v) AS t FROM fed GROUP BY k")
    shown = python.planner.plan(statement)
    assert isinstance(shown, Rows)
    text = str(shown.rows[0][0])
    assert "PythonGroupAggregate(groupBy=[k], select=[k, total(DISTINCT v) AS t])" in text
    assert "the state of GROUP BY k grows with the number of its groups" in text
