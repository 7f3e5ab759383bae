"""Table functions of users in Python: rows for each row, in joins, in batches and over changes."""

from pathlib import Path

import pytest

from tests.unit.engine.stream.feed import FEEDS
from tests.unit.engine.stream.test_files import Jobs
from yunbox.engine.stream.batch import Change, Kind, from_changes
from yunbox.engine.stream.job import JobRunner
from yunbox.engine.stream.poison import PoisonRecord
from yunbox.engine.stream.udf.natives import Functions
from yunbox.sql.flink.errors import FlinkSqlError, ValidationFailed
from yunbox.sql.flink.planner import Planner
from yunbox.sql.flink.plans import Job

FILE = """
from pyflink.table import DataTypes, Row, TableFunction
from pyflink.table.udf import udf, udtf


@udtf(input_types=[DataTypes.STRING(), DataTypes.STRING()], result_types=[DataTypes.STRING(), DataTypes.INT()])
def words(text, mark):
    for word in (text or "").split(mark):
        if word:
            yield word, len(word)


class Upto(TableFunction):
    def open(self, context):
        self.first = int(context.get_job_parameter("first", "0"))

    def eval(self, end):
        return range(self.first, end)


upto = udtf(Upto(), result_types=DataTypes.BIGINT())
named = udtf(lambda x: [Row(x, None), Row(None, "b")], result_types="ROW<a INT, b STRING>")
single = udtf(lambda x: (x, "one"), result_types=["INT", "STRING"])
nothing = udtf(lambda x: None, result_types=["INT"])
one_each = udtf(lambda x: x, input_types=[DataTypes.ARRAY(DataTypes.INT())], result_types=[DataTypes.INT()])
liar = udtf(lambda x: [("a", 1)], result_types=["INT"])
calls = [0]


@udtf(result_types="INT", deterministic=False)
def counted(x):
    calls[0] += 1
    return [calls[0]]


scalar = udf(lambda x: x, result_type=DataTypes.INT())
Naked = Upto
"""
T = "(VALUES (1, 'ab,c'), (2, ''), (3, CAST(NULL AS STRING))) AS t(id, s)"


class Python(Jobs):
    """A session whose functions are in a file."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "files").mkdir()
        (folder / "files" / "rows_of.py").write_text(FILE)
        settings = {**self.planner.settings, "python.files": str(folder / "files"), "first": "1"}
        self.planner = Planner(self.planner.catalog, settings, Functions([settings["python.files"]]).find)
        names = ("words", "upto", "named", "single", "nothing", "one_each", "liar", "counted", "scalar", "Naked")
        self.run(*(f"CREATE TEMPORARY FUNCTION {one} AS 'rows_of.{one}' LANGUAGE PYTHON" for one in names))


@pytest.fixture
def python(tmp_path: Path) -> Python:
    return Python(tmp_path)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (f"SELECT id, w, n FROM {T}, LATERAL TABLE(words(s, ',')) AS p(w, n)", ["1, ab, 2", "1, c, 1"]),
        (f"SELECT id, w FROM {T} CROSS JOIN LATERAL TABLE(words(s, ',')) AS p(w, n) WHERE n > 1", ["1, ab"]),
        (
            f"SELECT id, w, n FROM {T} LEFT JOIN LATERAL TABLE(words(s, ',')) AS p(w, n) ON TRUE",
            ["1, ab, 2", "1, c, 1", "2, None, None", "3, None, None"],
        ),
        (f"SELECT id, w FROM {T} INNER JOIN LATERAL TABLE(words(s, ',')) AS p(w, n) ON id = n + 0", ["1, c"]),
        (f"SELECT id, p.f0, p.f1 FROM {T}, LATERAL TABLE(words(s, ',')) AS p", ["1, ab, 2", "1, c, 1"]),
        (f"SELECT id, x FROM {T}, LATERAL TABLE(upto(id)) AS p(x)", ["2, 1", "3, 1", "3, 2"]),
        (f"SELECT * FROM {T}, LATERAL TABLE(named(id)) WHERE id = 2", ["2, , 2, None", "2, , None, b"]),
        (f"SELECT id, f1 FROM {T}, LATERAL TABLE(single(id))", ["1, one", "2, one", "3, one"]),
        (f"SELECT id, f0 FROM {T} LEFT JOIN LATERAL TABLE(nothing(id)) ON TRUE WHERE id < 2", ["1, None"]),
        (f"SELECT id, x FROM {T}, LATERAL TABLE(one_each(ARRAY[id, NULL])) AS p(x) WHERE id = 1", ["1, 1", "1, None"]),
        ("SELECT * FROM LATERAL TABLE(words('x y', ' '))", ["x, 1", "y, 1"]),
        ("SELECT * FROM TABLE(upto(3)) AS p(x)", ["1", "2"]),
        (
            f"SELECT w, SUM(x) FROM {T}, LATERAL TABLE(words(s, ',')) AS p(w, n), LATERAL TABLE(upto(n + 1)) AS q(x) "
            "GROUP BY w",
            ["ab, 3", "c, 1"],
        ),
        (f"SELECT id, f0 FROM {T} LEFT JOIN LATERAL TABLE(counted(id)) ON TRUE WHERE id < 3", ["1, 1", "2, 2"]),
    ],
)
def test_rows(python: Python, query: str, rows: list[str]) -> None:
    assert python.left(query) == rows


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (f"SELECT words(s, ',') FROM {T}", "The function 'words' gives rows: it stands in LATERAL TABLE"),
        (f"SELECT * FROM {T}, LATERAL TABLE(scalar(id))", "The function .scalar. gives no rows: udtf makes"),
        (f"SELECT * FROM {T}, LATERAL TABLE(words(s)) AS p(a, b)", "Invalid number of arguments to function 'words'"),
        (f"SELECT * FROM {T}, LATERAL TABLE(words(s, ',')) AS p(a)", "table has 2 columns, whereas alias list has 1"),
        (f"SELECT * FROM {T}, TABLE(words(s, ',')) AS p(a, b)", "'s' not found"),
        (f"SELECT * FROM {T} RIGHT JOIN LATERAL TABLE(words(s, ',')) ON TRUE", "RIGHT join is not defined here"),
        (f"SELECT * FROM {T} LEFT JOIN LATERAL TABLE(words(s, ',')) AS p(a, b) ON id = b",
         "LEFT JOIN LATERAL TABLE with a condition other than TRUE"),
        (f"SELECT * FROM {T}, LATERAL TABLE(nosuch(s))", "the table function nosuch"),
        (f"SELECT * FROM {T}, LATERAL TABLE(Naked(s))", "'rows_of.Naked' is a class: NAME = udtf"),
    ],
)  # fmt: skip
def test_what_is_refused(python: Python, query: str, reason: str) -> None:
    with pytest.raises((FlinkSqlError, ValidationFailed), match=reason):
        python.run(query)


def test_a_row_of_another_type(python: Python) -> None:
    with pytest.raises(PoisonRecord, match="no ROW<"):
        python.run(f"SELECT * FROM {T}, LATERAL TABLE(liar(id))")


def test_over_changes(tmp_path: Path) -> None:
    """What a row gave is taken back with it, also behind a start from disk."""
    python = Python(tmp_path)
    python.stream()
    python.run("CREATE TABLE fed (k STRING, v BIGINT) WITH ('connector' = 'feed')")
    [statement] = python.planner.statements(
        "SELECT k, x FROM (SELECT k, SUM(v) AS s FROM fed GROUP BY k), LATERAL TABLE(upto(s)) AS p(x)"
    )
    job = python.planner.plan(statement)
    assert isinstance(job, Job)
    changes: list[Change] = []
    runner = JobRunner(job, tmp_path / "job", job_id="j", give=changes.extend)

    def send(*rows: tuple[str, int]) -> list[str]:
        changes.clear()
        FEEDS["fed"].batches.append(from_changes([(0, row) for row in rows], FEEDS["fed"].types))
        runner.step()
        runner.settle()
        return [f"{Kind(kind).text}{list(row)}".replace("'", "") for kind, row in changes]

    assert send(("a", 3)) == ["+I[a, 1]", "+I[a, 2]"]
    runner.rest()
    runner.close()
    runner = JobRunner(job, tmp_path / "job", job_id="j", give=changes.extend)
    assert send(("a", -1)) == ["-U[a, 1]", "-U[a, 2]", "+U[a, 1]"]
    runner.close()
