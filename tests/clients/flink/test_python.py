"""Functions in Python by the gateway: their files are kept with their jobs, and the account's alone."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import nexmark
from tests.clients.flink.conftest import Topic
from tests.flink import Flink, Refused, clicks, hologres
from tests.processes import children
from tests.waiting import until
from yunbox.testing.server import Server

FILE = """
import os
print("imported")
from pyflink.table import DataTypes
from pyflink.table import AggregateFunction, Row
from pyflink.table.udf import udaf, udf, udtf

@udf(input_types=[DataTypes.STRING(), DataTypes.STRING()], result_type=DataTypes.BIGINT())
def count_char(text, letter):
    return text.count(letter)

where = udf(lambda: __file__, result_type="STRING")

@udtf(input_types=[DataTypes.STRING()], result_types=[DataTypes.STRING(), DataTypes.INT()])
def letters(text):
    for at, letter in enumerate(text):
        yield letter, at

class WeightedAvg(AggregateFunction):
    def create_accumulator(self):
        return Row(0, 0)

    def accumulate(self, accumulator, value, weight):
        accumulator[0] += value * weight
        accumulator[1] += weight

    def get_value(self, accumulator):
        return accumulator[0] / accumulator[1] if accumulator[1] else None

    def get_result_type(self):
        return DataTypes.DOUBLE()

    def get_accumulator_type(self):
        return "ROW<total BIGINT, weights BIGINT>"

weighted_avg = udaf(WeightedAvg())
"""
NAMED = "CREATE TEMPORARY FUNCTION count_char AS 'marks.count_char' LANGUAGE PYTHON"


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    path = tmp_path / "marks.py"
    path.write_text(FILE)
    return path


def test_a_function_of_a_file(flink: Flink, marks: Path) -> None:
    flink.run(f"SET 'python.files' = '{marks}'", NAMED)
    assert flink.rows("SELECT count_char(a, 'b') FROM (VALUES ('abcb'), ('x')) AS t(a)") == [[2], [0]]
    [[text]] = flink.rows("EXPLAIN SELECT count_char('a', 'b')")
    assert "count_char" in text
    marks.write_text(FILE.replace("text.count(letter)", "-1"))
    assert flink.rows("SELECT count_char('abcb', 'b')") == [[-1]], "a file that has changed is looked at again"
    with pytest.raises(Refused, match="Was expecting 2 arguments"):
        flink.run("SELECT count_char('a')")


def test_a_table_function_of_a_file(flink: Flink, marks: Path) -> None:
    made = "CREATE TEMPORARY FUNCTION letters AS 'marks.letters' LANGUAGE PYTHON"
    flink.run(f"SET 'python.files' = '{marks}'", made)
    rows = "FROM (VALUES ('ab'), ('')) AS t(a) LEFT JOIN LATERAL TABLE(letters(a)) AS p(l, n) ON TRUE"
    assert flink.changes(f"SELECT * {rows}") == [
        ("INSERT", ["ab", "a", 0]),
        ("INSERT", ["ab", "b", 1]),
        ("INSERT", ["", None, None]),
    ]
    [[text]] = flink.rows(f"EXPLAIN SELECT l {rows}")
    assert "Correlate(invocation=[letters(" in text and "joinType=[LEFT]" in text
    with pytest.raises(Refused, match="it stands in LATERAL TABLE"):
        flink.run("SELECT letters('a')")


def test_an_aggregate_function_of_a_file(flink: Flink, marks: Path) -> None:
    made = "CREATE TEMPORARY FUNCTION weighted_avg AS 'marks.weighted_avg' LANGUAGE PYTHON"
    flink.run(f"SET 'python.files' = '{marks}'", made)
    rows = "FROM (VALUES ('a', 1, 3), ('b', 5, 2), ('a', 2, 1)) AS t(k, v, w) GROUP BY k"
    assert sorted(flink.rows(f"SELECT k, weighted_avg(v, w) {rows}")) == [["a", 1.25], ["b", 5.0]]
    [[text]] = flink.rows(f"EXPLAIN SELECT k, weighted_avg(v, w) AS a {rows}")
    assert "PythonGroupAggregate(" in text and "weighted_avg(" in text
    with pytest.raises(Refused, match=r"'weighted_avg' .* has no method 'retract'"):
        flink.run(f"SELECT weighted_avg(a, 1) FROM (SELECT CAST(weighted_avg(v, w) AS BIGINT) AS a {rows})")


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("SET 'python.files' = ''", "SET 'python.files'"),
        ("SET 'python.files' = '/nosuch/marks.py'", "there is no such file"),
        ("SET 'python.files' = 'marks.py'", "absolute"),
        ("SET 'python.files' = 'oss://bucket/marks.py'", "no file of this machine"),
        ("SET 'python.requirements' = '/r.txt'", "python.requirements"),
    ],
)
def test_what_the_settings_lack_is_said(flink: Flink, setting: str, reason: str) -> None:
    flink.run(setting, NAMED)
    with pytest.raises(Refused, match=reason):
        flink.run("SELECT count_char('a', 'b')")


def test_a_file_that_does_not_import_is_no_harm(flink: Flink, marks: Path) -> None:
    flink.run(f"SET 'python.files' = '{marks}'", NAMED)
    for text, reason in (("import os\nos._exit(3)", "cannot be imported"), ("1 / 0", "ZeroDivisionError")):
        marks.write_text(text)
        with pytest.raises(Refused, match=reason):
            flink.run("SELECT count_char('a', 'b')")
    marks.write_text(FILE)
    assert flink.rows("SELECT count_char('a', 'a')") == [[1]]


def test_files_of_the_server_are_none(flink: Flink, server: Server) -> None:
    flink.run(f"SET 'python.files' = '{server.data}'", NAMED)
    with pytest.raises(Refused, match="data folder"):
        flink.run("SELECT count_char('a', 'b')")


def test_a_user_may_not_run_files_of_the_machine(guest: Any, marks: Path) -> None:
    line, path, headers = guest
    for text in (f"SET 'python.files' = '{marks}'", NAMED, "SELECT count_char('a', 'b')"):
        handle = line.ask("POST", f"{path}/statements", {"statement": text}, **headers)["operationHandle"]
    with pytest.raises(Refused, match="the account alone may call them"):
        until(lambda: line.ask("GET", f"{path}/operations/{handle}/result/0", **headers)["resultType"] == "EOS", 10)


def test_a_job_keeps_its_files(
    flink: Flink, server: Server, holo: Any, project: str, topic: Topic, put: Callable[..., None], marks: Path
) -> None:
    """A job goes on with the files it was submitted with, also in a process that is started when they have gone."""
    holo.execute("CREATE TABLE counted (word text PRIMARY KEY, n bigint)")
    topic("words", "word:STRING")
    put("words", ["banana"])
    job = flink.run(
        f"SET 'python.files' = '{marks}'",
        NAMED,
        clicks(server, project, "words", "word STRING", "words"),
        hologres(server, "counted", "word STRING, n BIGINT", "counted"),
        "INSERT INTO counted SELECT word, count_char(word, 'a') FROM words",
    )
    until(lambda: holo.execute("SELECT n FROM counted WHERE word = 'banana'").fetchall() == [(3,)])
    marks.unlink()
    [process] = [one for one in children(server, "engine.stream.main") if job in " ".join(one.cmdline())]
    os.kill(process.pid, signal.SIGKILL)
    put("words", ["papaya"])
    until(lambda: holo.execute("SELECT n FROM counted WHERE word = 'papaya'").fetchall() == [(3,)])
    flink.cancel(job)
    holo.execute("DROP TABLE counted")


def test_what_is_added_up_lives_through_kills(
    flink: Flink, server: Server, holo: Any, project: str, topic: Topic, put: Callable[..., None], marks: Path
) -> None:
    """Each record counts once in an accumulator of a user's, whenever the job is killed."""
    holo.execute("CREATE TABLE averages (k text PRIMARY KEY, a float8, n bigint)")
    topic("weights", "k:STRING", "v:BIGINT", "w:BIGINT")
    job = flink.run(
        f"SET 'python.files' = '{marks}'",
        "CREATE TEMPORARY FUNCTION weighted_avg AS 'marks.weighted_avg' LANGUAGE PYTHON",
        clicks(server, project, "weights", "k STRING, v BIGINT, w BIGINT", "weights"),
        hologres(server, "averages", "k STRING, a DOUBLE, n BIGINT", "averages"),
        "INSERT INTO averages SELECT k, weighted_avg(v, w), COUNT(*) FROM weights GROUP BY k",
    )
    sums = {"a": [0, 0, 0], "b": [0, 0, 0]}
    for number in range(60):
        key, value, weight = "ab"[number % 2], number, number % 7 + 1
        put("weights", [key, value, weight])
        total = sums[key]
        total[0], total[1], total[2] = total[0] + value * weight, total[1] + weight, total[2] + 1
        if number % 20 == 10:
            for process in children(server, "engine.stream.main"):
                if job in " ".join(process.cmdline()):
                    os.kill(process.pid, signal.SIGKILL)
    wanted = [(key, total / weights, n) for key, (total, weights, n) in sums.items()]
    until(lambda: holo.execute("SELECT k, a, n FROM averages ORDER BY k").fetchall() == wanted, 60)
    flink.cancel(job)
    holo.execute("DROP TABLE averages")


def test_nexmark_looks_up_in_hologres(flink: Flink, server: Server, holo: Any, tmp_path: Path) -> None:
    """q13: each bid with what a table has for its auction."""
    nexmark.write(tmp_path / "events.json", 2_000)
    holo.execute("CREATE TABLE side (key bigint PRIMARY KEY, value text)")
    holo.execute("INSERT INTO side SELECT n, 'side ' || n FROM generate_series(0, 1050) AS t(n)")
    source = f"'connector' = 'filesystem', 'path' = '{tmp_path}/events.json', 'format' = 'json'"
    flink.run(*nexmark.tables(source).split(";"), hologres(server, "side", "key BIGINT, `value` STRING", "side"))
    found = flink.rows(nexmark.QUERIES["q13"])
    bids = [one["bid"] for one in nexmark.events(2_000) if one["bid"]]
    wanted = [(one["auction"], one["price"], f"side {one['auction']}") for one in bids if one["auction"] <= 1050]
    assert sorted((row[0], row[2], row[4]) for row in found) == sorted(wanted)
    assert 0 < len(wanted) < len(bids)
    holo.execute("DROP TABLE side")
