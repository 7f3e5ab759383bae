"""How many processes are asked for, and which steps can be shared out without telling a table by key the wrong row."""

import pytest

from yunbox.sql.flink.catalog import Catalog
from yunbox.sql.flink.errors import ValidationFailed
from yunbox.sql.flink.parallelism import parallelism, shared, sharing, without_wrong
from yunbox.sql.flink.planner import Planner, Rows
from yunbox.sql.flink.plans import Job, walk

TABLES = """
CREATE TABLE t (a BIGINT, b STRING, v INT, ts TIMESTAMP(3), p AS PROCTIME(), WATERMARK FOR ts AS ts)
WITH ('connector' = 'datagen');
CREATE TABLE u (a BIGINT, b STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
CREATE TABLE c (id BIGINT, x BIGINT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka',
    'properties.bootstrap.servers' = 'h:1', 'topic' = 't', 'key.format' = 'json', 'value.format' = 'json')"""
COUNTED = "(SELECT a, b, COUNT(*) AS n FROM t GROUP BY a, b)"


def planner(**settings: str) -> Planner:
    made = Planner(Catalog(), settings)
    for statement in made.statements(TABLES):
        made.plan(statement)
    return made


def planned(query: str) -> Job:
    made = planner()
    [statement] = made.statements(query)
    job = made.plan(statement)
    assert isinstance(job, Job)
    return job


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        ({}, 1),
        ({"parallelism.default": "3"}, 3),
        ({"parallelism.default": "-1"}, 1),
        ({"table.exec.resource.default-parallelism": "2", "parallelism.default": "3"}, 2),
        ({"table.exec.resource.default-parallelism": "-1", "parallelism.default": " 3 "}, 3),
    ],
)
def test_how_many(settings: dict[str, str], count: int) -> None:
    """The page "Configuration" of Flink's Table API: the table's option comes first, and -1 is none."""
    assert parallelism(settings) == count


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("parallelism.default", "0", "Parallelism must be at least one, or ExecutionConfig.PARALLELISM_DEFAULT"),
        ("parallelism.default", "-3", "Parallelism must be at least one, or ExecutionConfig.PARALLELISM_DEFAULT"),
        ("parallelism.default", "two", "Could not parse value 'two' for key 'parallelism.default'"),
        ("parallelism.default", "2.5", "Could not parse value '2.5' for key 'parallelism.default'"),
        ("parallelism.default", "17", "a job has at most 16 processes here"),
        ("table.exec.resource.default-parallelism", "x", "Could not parse value 'x' for key 'table.exec"),
        ("table.exec.resource.default-parallelism", "99999999999", "Could not parse value"),
    ],
)
def test_what_is_none(key: str, value: str, said: str) -> None:
    made = planner()
    with pytest.raises(ValidationFailed, match=said):
        made.plan(made.statements(f"SET '{key}' = '{value}'")[0])
    given = planner(**{key: value})  # as the properties of a session
    with pytest.raises(ValidationFailed, match=said):
        given.plan(given.statements("SELECT a FROM t")[0])
    assert without_wrong({key: value, "k": "v"}) == {"k": "v"}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("SELECT a, COUNT(*) FROM t GROUP BY a", ["Aggregate"]),
        ("SELECT COUNT(*) FROM t", []),
        ("SELECT a, v + 1 FROM t WHERE v > 1", []),
        (f"SELECT a, SUM(n) FROM {COUNTED} GROUP BY a", ["Aggregate", "Aggregate"]),
        (f"SELECT n, COUNT(*) FROM {COUNTED} GROUP BY n", ["Aggregate"]),
        (f"SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY b ORDER BY n) r FROM {COUNTED}) WHERE r < 3",
         ["Aggregate", "Rank"]),
        (f"SELECT * FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY n) r FROM {COUNTED}) WHERE r < 3", ["Aggregate"]),
        ("SELECT t.a, u.v FROM t LEFT JOIN u ON t.a = u.a", ["Join"]),
        ("SELECT t.a, u.b FROM t JOIN u ON t.v = u.a", ["Join"]),
        ("SELECT l.b, COUNT(*) FROM (SELECT t.a, u.b FROM t LEFT JOIN u ON t.a = u.a) l GROUP BY l.b", ["Join"]),
        ("SELECT l.a, COUNT(*) FROM (SELECT t.a, u.b FROM t LEFT JOIN u ON t.a = u.a) l GROUP BY l.a",
         ["Join", "Aggregate"]),
        ("SELECT x, COUNT(*) FROM c GROUP BY x", ["Normalize"]),
        ("SELECT id, SUM(x) FROM c GROUP BY id", ["Normalize", "Aggregate"]),
        ("SELECT t.a FROM t WHERE t.a NOT IN (SELECT a FROM u)", []),
        ("SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR)) "
         "GROUP BY window_start, window_end", []),
        ("SELECT b, COUNT(*) FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR, INTERVAL '2' HOUR)) "
         "GROUP BY b, window_start, window_end", ["Aggregate"]),
        ("SELECT SUM(v) OVER (PARTITION BY a ORDER BY ts) FROM t", ["Over"]),
        ("SELECT SUM(v) OVER (ORDER BY ts) FROM t", []),
    ],
)  # fmt: skip
def test_what_is_shared_out(query: str, names: list[str]) -> None:
    """A row that goes and the one in its place go the same way; what has no key is in one process, as in Flink."""
    assert [type(node).__name__ for node in shared(planned(query))] == names


def test_a_key_of_which_some_stays() -> None:
    """A group's rows go by that part of its key which no replaced row had otherwise."""
    job = planned(f"SELECT a, n, COUNT(*) FROM {COUNTED} GROUP BY a, n")
    [outer] = [node for node in walk(job.sinks[0].input) if getattr(node, "keys", None) and node.inputs[0].updates]
    found = sharing(outer)
    assert found is not None
    assert (found.columns, found.places, found.width) == (((0,),), (0,), 2)
    batch = sharing(outer, batch=True)
    assert batch is not None
    assert batch.places == (0, 1)


def explained(query: str, details: str = "", **settings: str) -> str:
    made = planner(**settings)
    outcome = made.plan(made.statements(f"EXPLAIN {details} {query}")[0])
    assert isinstance(outcome, Rows)
    return str(outcome.rows[0][0])


def test_explain_says_how_many_work_on_what() -> None:
    two = {"parallelism.default": "2"}
    assert "Parallelism" not in explained("SELECT a, COUNT(*) FROM t GROUP BY a")
    said = explained(f"SELECT n, COUNT(*) FROM {COUNTED} GROUP BY n", "JSON_EXECUTION_PLAN", **two)
    assert "2 processes by key: GroupAggregate(groupBy=[a, b]). One: all other steps." in said
    assert "warning: GroupAggregate(groupBy=[n]) works in one process" in said
    assert said.count('"parallelism": 2') == 1
    assert "warning: 'parallelism.default' = '2' has no effect" in explained("SELECT COUNT(*) FROM t", **two)
