"""Functions of users in Python: what their files say, what they are given, and what becomes of what they give."""

from pathlib import Path

import pytest

from tests.unit.engine.stream.test_files import Jobs
from yunbox.engine.stream.poison import PoisonRecord
from yunbox.engine.stream.udf.natives import Functions
from yunbox.sql.flink.errors import FlinkSqlError, ValidationFailed
from yunbox.sql.flink.planner import Planner

FILE = """
from decimal import Decimal
from datetime import date, time, timedelta

from pyflink.table import DataTypes, Row, ScalarFunction
from pyflink.table.udf import udf, FunctionContext, udaf


@udf(input_types=[DataTypes.STRING(), DataTypes.STRING()], result_type=DataTypes.BIGINT())
def count_char(text, letter):
    return None if text is None else text.count(letter)


@udf(result_type="STRING")
def shown(*values):
    return repr(values)


class Times(ScalarFunction):
    def open(self, context: FunctionContext):
        self.factor = int(context.get_job_parameter("factor", "2"))

    def eval(self, value):
        return value * self.factor


times = udf(Times(), result_type=DataTypes.INT())
small = udf(lambda text: text.lower(), result_type=DataTypes.STRING())
same = {
    name: udf(lambda value: value, input_types=[of], result_type=of)
    for name, of in {
        "row": DataTypes.ROW([DataTypes.FIELD("x", DataTypes.INT()), DataTypes.FIELD("y", DataTypes.STRING())]),
        "array": DataTypes.ARRAY(DataTypes.INT()),
        "map": DataTypes.MAP(DataTypes.STRING(), DataTypes.INT()),
        "bytes": DataTypes.BYTES(),
        "ltz": DataTypes.TIMESTAMP_LTZ(3),
    }.items()
}
same_row, same_array, same_map, same_bytes, same_ltz = same.values()
half = udf(lambda: Decimal("0.125"), result_type=DataTypes.DECIMAL(5, 2))
later = udf(lambda day, at: day + timedelta(1), result_type=DataTypes.DATE())
pair = udf(lambda x: (x, "a", 1) if x == 0 else Row(x, "a"), result_type="ROW<x INT, y STRING>")
liar = udf(lambda x: "5", result_type=DataTypes.BIGINT())
wide = udf(lambda x: 300, result_type=DataTypes.TINYINT())
picky = udf(lambda x: 1 // (x - 3), result_type=DataTypes.INT())
calls = [0]


@udf(result_type=DataTypes.INT(), deterministic=False)
def number():
    calls[0] += 1
    return calls[0]


plain = len
Naked = Times
"""


class Python(Jobs):
    """A session whose functions are in a file."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "files").mkdir()
        (folder / "files" / "marks.py").write_text(FILE)
        settings = {**self.planner.settings, "python.files": str(folder / "files"), "factor": "3"}
        settings["table.local-time-zone"] = "Asia/Shanghai"
        self.planner = Planner(self.planner.catalog, settings, Functions([settings["python.files"]]).find)

    def call(self, sql: str, of: str = "(VALUES (1))") -> list[str]:
        name = sql.partition("(")[0]
        made = f"CREATE TEMPORARY SYSTEM FUNCTION IF NOT EXISTS {name} AS 'marks.{name}' LANGUAGE PYTHON"
        return self.run(made, f"SELECT {sql} FROM {of} AS t(x)")


@pytest.fixture
def python(tmp_path: Path) -> Python:
    return Python(tmp_path)


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("count_char('abcb', 'b')", "2"),
        ("count_char(CAST(NULL AS STRING), 'b')", "None"),
        ("shown(1, 'a', TRUE, CAST(1.5 AS DECIMAL(3, 1)))", "(1, a, True, Decimal(1.5))"),
        ("shown(DATE '2020-01-02', TIME '10:00:00')", "(datetime.date(2020, 1, 2), datetime.time(10, 0))"),
        ("shown(TIMESTAMP '2020-01-02 03:04:05.678')", "(datetime.datetime(2020, 1, 2, 3, 4, 5, 678000),)"),
        ("shown(ARRAY[1, 2], MAP['a', 1], ROW(1, 'b'))", "([1, 2], {a: 1}, Row(1, b))"),
        ("shown(x'6162', CAST(NULL AS INT))", "(bab, None)"),
        ("times(7)", "21"),
        ("small('ABC')", "abc"),
        ("half()", "0.13"),
        ("same_array(ARRAY[1, NULL])", "[1,null]"),
        ("CARDINALITY(same_map(MAP['a', 1, 'key', 2]))", "2"),
        ("same_bytes(x'00ff')", "AP8="),
        ("CAST(later(DATE '2020-02-28', TIME '00:00:00') AS STRING)", "2020-02-29"),
        ("CAST(same_ltz(TO_TIMESTAMP_LTZ(0, 3)) AS STRING)", "1970-01-01 08:00:00.000"),
        ("pair(4).y", "a"),
        ("same_row(CAST(ROW(1, 'z') AS ROW<x INT, y STRING>)).y", "z"),
    ],
)
def test_values(python: Python, call: str, value: str) -> None:
    name = next(one for one in ("same_map", "same_ltz", "later", call.partition("(")[0]) if one in call)
    python.run(f"CREATE TEMPORARY SYSTEM FUNCTION {name} AS 'marks.{name}' LANGUAGE PYTHON")
    [row] = python.run(f"SELECT {call} FROM (VALUES (1)) AS t(x)")
    assert row.replace('"', "") == f"+I[{value}]"


def test_a_zone_is_a_times_own(python: Python) -> None:
    assert "2020-01-01 00:00:00" in python.call("shown(TO_TIMESTAMP_LTZ(1577808000000, 3))")[0].replace(
        "datetime.datetime(2020, 1, 1, 0, 0, tzinfo=zoneinfo.ZoneInfo(key=Asia/Shanghai))", "2020-01-01 00:00:00"
    )


def test_one_that_is_not_deterministic_is_called_for_each_row(python: Python) -> None:
    assert python.call("number()", "(VALUES (1), (2), (3))") == ["+I[1]", "+I[2]", "+I[3]"]


def test_functions_are_in_conditions_keys_and_aggregates(python: Python) -> None:
    python.call("times(1)")
    rows = python.run("SELECT times(x), SUM(times(x)) FROM (VALUES (1), (1), (2)) AS t(x) WHERE times(x) > 0 "
                      "GROUP BY times(x)")  # fmt: skip
    assert sorted(rows) == ["+I[3, 6]", "+I[6, 6]"]


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("liar(x)", "'5', which is no BIGINT"),
        ("wide(x)", "out of range for type TINYINT"),
        ("picky(x + 2)", "ZeroDivisionError"),
        ("pair(x - 1)", "which is no ROW"),
    ],
)
def test_a_value_that_is_none_of_the_type_fails_the_job(python: Python, call: str, reason: str) -> None:
    with pytest.raises(PoisonRecord, match=reason):
        python.call(call)


def test_the_record_that_a_function_fails_of_is_named(python: Python, tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text('{"x": 1}\n{"x": 3}\n')
    python.run(f"CREATE TABLE t (x INT) WITH ('connector' = 'filesystem', 'path' = '{tmp_path}/in.json', "
               "'format' = 'json')",
               "CREATE FUNCTION picky AS 'marks.picky' LANGUAGE PYTHON")  # fmt: skip
    with pytest.raises(PoisonRecord, match=r"in\.json.*ZeroDivisionError"):
        python.run("SELECT picky(x) FROM t")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("marks.plain", "no function made with udf"),
        ("marks.Naked", "is a class"),
        ("marks.nosuch", "has no such name"),
        ("nosuch.f", "No module named 'nosuch'"),
        ("nodot", "MODULE.NAME"),
    ],
)
def test_what_is_no_function_is_said(python: Python, name: str, reason: str) -> None:
    python.run(f"CREATE FUNCTION f AS '{name}' LANGUAGE PYTHON")
    with pytest.raises(ValidationFailed, match=reason):
        python.run("SELECT f(1)")


def test_arguments_are_those_it_takes(python: Python) -> None:
    python.run("CREATE FUNCTION count_char AS 'marks.count_char' LANGUAGE PYTHON")
    for call in ("count_char('a')", "count_char('a', 1, 2)", "count_char(ARRAY[1], 'a')"):
        with pytest.raises(FlinkSqlError, match="count_char"):
            python.run(f"SELECT {call}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("from pyflink.datastream import StreamExecutionEnvironment", "pyflink"),
        ("from pyflink.table import TableEnvironment", "pyflink.table.TableEnvironment is not here"),
        ("import pyflink.table.udf as u\nf = u.udaf(lambda x: x, result_type='INT')", "no AggregateFunction"),
        ("import pyflink.table.udf as u\nf = u.AsyncScalarFunction", "udf.AsyncScalarFunction is not here"),
        ("from pyflink.table.udf import udf\nf = udf(lambda x: x, result_type='INT', func_type='pandas')", "pandas"),
        ("from pyflink.table.udf import udf\nf = udf(lambda x: x)", "result_type"),
        ("from pyflink.table.udf import udf\nf = udf(lambda x: x, result_type='NOSUCH')", "NOSUCH|nosuch"),
        ("from pyflink.table.udf import udf\nf = udf(lambda x: x, result_type='ARRAY<TIMESTAMP_LTZ(3)>')", "within"),
        ("1 / 0", "ZeroDivisionError"),
        ("import sys; sys.exit(3)", "SystemExit"),
        ("def broken(:", "SyntaxError"),
    ],
)
def test_what_is_not_here_is_said_when_a_file_is_loaded(tmp_path: Path, text: str, reason: str) -> None:
    module = f"loaded_{abs(hash(text))}"
    (tmp_path / f"{module}.py").write_text(text)
    python = Python(tmp_path)
    functions = Functions([str(tmp_path)])
    python.planner = Planner(python.planner.catalog, python.planner.settings, functions.find)
    python.run(f"CREATE FUNCTION f AS '{module}.f' LANGUAGE PYTHON")
    with pytest.raises(ValidationFailed, match=reason):
        python.run("SELECT f(1)")
