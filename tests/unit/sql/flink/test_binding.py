"""Queries as plans, by their shapes."""

import re

import pytest

from tests.unit.sql.flink.house import plan, planner, run, shape, sink, types
from yunbox.kernel.errors import InvalidArgument, Unsupported
from yunbox.sql.flink.plans import Aggregate, Filter, Join, Node, Rank, Sink, Union, walk

SOURCE = "AssignWatermark(Source)"


def find(node: Node, of: type) -> Node:
    return next(one for one in walk(node) if isinstance(one, of))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT a + 1 FROM t", f"Project({SOURCE})"),
        ("SELECT a FROM t WHERE a > 1", f"Project(Filter({SOURCE}))"),
        ("SELECT s, COUNT(*) FROM t GROUP BY s", f"Aggregate({SOURCE})"),
        ("SELECT DISTINCT a FROM t", f"Aggregate(Project({SOURCE}))"),
        ("SELECT a FROM t UNION ALL SELECT a FROM u", f"Union(Project({SOURCE}), Project({SOURCE}))"),
        ("SELECT a FROM t UNION SELECT a FROM u", f"Aggregate(Union(Project({SOURCE}), Project({SOURCE})))"),
        ("SELECT t.a FROM t JOIN u ON t.a = u.a", f"Project(Join(Project({SOURCE}), Project({SOURCE})))"),
        ("SELECT t.a FROM t WHERE a IN (SELECT a FROM u)", f"Join(Project({SOURCE}), Project({SOURCE}))"),
        (
            "SELECT t.a FROM t, u WHERE t.a = u.a AND t.ts BETWEEN u.ts - INTERVAL '1' HOUR AND u.ts",
            f"Project(IntervalJoin({SOURCE}, {SOURCE}))",
        ),
        (
            "SELECT t.a FROM t JOIN u FOR SYSTEM_TIME AS OF t.ts ON t.s = u.k",
            f"Project(TemporalJoin({SOURCE}, {SOURCE}))",
        ),
        ("SELECT name FROM t JOIN dim FOR SYSTEM_TIME AS OF t.p ON dim.id = t.a", f"Project(LookupJoin({SOURCE}))"),
        ("SELECT e FROM t CROSS JOIN UNNEST(ar) AS x(e)", f"Project(Unnest({SOURCE}))"),
        (
            "SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) "
            "GROUP BY window_start, window_end",
            f"Project(Aggregate(WindowTable({SOURCE})))",
        ),
        ("SELECT a, SUM(b) OVER (PARTITION BY a ORDER BY ts) FROM t", f"Project(Over({SOURCE}))"),
        ("VALUES (1, 'a'), (2, 'bc')", "Values"),
        ("SELECT a FROM t LIMIT 3", f"Rank(Project({SOURCE}))"),
        ("SELECT ts FROM t ORDER BY ts", f"Sort({SOURCE})"),
    ],
)  # fmt: skip
def test_a_query_is_planned(query: str, expected: str) -> None:
    assert shape(plan(query)) == expected


def test_a_number_that_is_bounded_is_a_rank() -> None:
    query = "SELECT a FROM (SELECT a, ROW_NUMBER() OVER (PARTITION BY s ORDER BY b DESC) AS n FROM t) WHERE n <= 3"
    rank = find(plan(query), Rank)
    assert isinstance(rank, Rank)
    assert (rank.start, rank.end, rank.function) == (1, 3, "ROW_NUMBER")


def test_a_window_aggregate_names_its_window() -> None:
    query = (
        "SELECT s, COUNT(*) FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) "
        "GROUP BY s, window_start, window_end"
    )
    found = find(plan(query), Aggregate)
    assert isinstance(found, Aggregate)
    assert found.window is not None
    assert not found.updates


def test_an_insert_is_cast_into_its_sink() -> None:
    made = sink("INSERT INTO sink SELECT ti, v FROM t WHERE bo")
    assert isinstance(made, Sink)
    assert [str(one.type) for one in made.input.fields] == ["INT", "STRING"]
    assert isinstance(find(made.input, Filter), Filter)


def test_types_are_flinks() -> None:
    query = "SELECT a + b, a / 2, d * 2, d / 3, c || v, a * 1.5, f * g, ti + ti, a + f, d + f, 0.908 * b FROM t"
    assert types(query) == [
        "BIGINT", "INT", "DECIMAL(21, 2)", "DECIMAL(21, 13)", "VARCHAR(8)", "DECIMAL(13, 1)", "FLOAT", "TINYINT",
        "FLOAT", "DOUBLE", "DECIMAL(24, 3) NOT NULL",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT nope FROM t", "From line 1, column 8 to line 1, column 11: Column 'nope' not found in any table"),
        ("SELECT A FROM t", "At line 1, column 8: Column 'A' not found in any table; did you mean 'a'?"),
        ("SELECT * FROM nope", "From line 1, column 15 to line 1, column 18: Object 'nope' not found"),
        ("SELECT a, COUNT(*) FROM t GROUP BY s", "At line 1, column 8: Expression 'a' is not being grouped"),
        ("SELECT a FROM t WHERE a", "At line 1, column 23: WHERE clause must be a condition"),
        ("SELECT UPPER(1)", "Cannot apply 'UPPER' to arguments of type 'UPPER(<INTEGER>)'"),
        ("SELECT nofunc(1, 'a')", "No match found for function signature nofunc(<NUMERIC>, <CHARACTER>)"),
        ("SELECT a FROM t ORDER BY a", "Sort on a non-time-attribute field is not supported."),
        ("INSERT INTO sink SELECT 1", "Cause: Different number of columns."),
        ("SELECT x FROM (VALUES (1, NULL), (2, NULL)) AS v(x, y)", "Illegal use of 'NULL'"),
        ("INSERT INTO sink (zz) SELECT 1", "Unknown target column 'zz'"),
        ("SELECT 1 = 'a'", "implicit type conversion between INTEGER and CHAR is not supported now"),
    ],
)
def test_what_makes_no_sense_is_named(query: str, message: str) -> None:
    with pytest.raises(InvalidArgument, match=re.escape(message)):
        plan(query)


def test_what_only_flink_does_is_refused_by_name() -> None:
    with pytest.raises(Unsupported, match="COMPILE PLAN"):
        plan("COMPILE PLAN 'x' FOR INSERT INTO sink SELECT 1, 'a'")


def test_a_batch_sorts_by_anything() -> None:
    made = planner(**{"execution.runtime-mode": "batch"})
    job = run(made, "SELECT a FROM t ORDER BY b DESC LIMIT 2")
    assert shape(job.sinks[0].input) == "Project(Sort(Project(Source)))"


def test_the_groupings_of_a_query_read_one_input() -> None:
    node = plan("SELECT s, a, COUNT(*) FROM t GROUP BY CUBE (s, a)")
    union = find(node, Union)
    assert len({id(one.inputs[0]) for one in union.inputs}) == 1


def test_a_value_that_is_a_query_is_joined_once() -> None:
    node = plan("SELECT s FROM t GROUP BY s HAVING COUNT(*) > (SELECT COUNT(*) FROM u)")
    assert sum(isinstance(one, Join) for one in walk(node)) == 1


def test_a_field_of_a_key_is_grouped() -> None:
    assert types("SELECT r.y, COUNT(*) FROM t GROUP BY r") == ["STRING", "BIGINT NOT NULL"]


def test_values_and_a_query_are_united() -> None:
    assert shape(plan("VALUES (1) UNION ALL SELECT a FROM t")) == f"Union(Values, Project({SOURCE}))"


LAST = "(SELECT a, s, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY s ORDER BY ts DESC) AS n FROM t) WHERE n = 1)"


def test_a_version_needs_a_key() -> None:
    made = planner()
    run(made, f"CREATE VIEW latest AS {LAST}")
    assert "TemporalJoin" in shape(
        plan("SELECT u.a FROM u JOIN latest FOR SYSTEM_TIME AS OF u.ts ON u.k = latest.s", made)
    )
    versions = plan("SELECT u.a FROM u JOIN latest FOR SYSTEM_TIME AS OF u.ts ON u.k = latest.s", made)
    assert [one.every for one in walk(versions) if isinstance(one, Rank)] == [True], "each may be asked for"
    with pytest.raises(InvalidArgument, match="no primary key can be found"):
        plan("SELECT u.a FROM u JOIN t FOR SYSTEM_TIME AS OF u.ts ON u.k = t.s", made)
    with pytest.raises(InvalidArgument, match="must be included in the equivalence condition"):
        plan("SELECT u.a FROM t JOIN u FOR SYSTEM_TIME AS OF t.ts ON u.a = t.a", made)


@pytest.mark.parametrize("query", ["SELECT MAX(a) FROM u", "SELECT a FROM u LIMIT 1", "SELECT 1", "VALUES (1)"])
def test_a_query_of_one_row_is_a_value(query: str) -> None:
    assert types(f"SELECT ({query}) FROM t") == ["INT"]


def test_a_query_of_more_rows_is_no_value() -> None:
    with pytest.raises(Unsupported, match="a query as a value"):
        plan("SELECT (SELECT a FROM u) FROM t")


def test_a_table_to_look_up_in_that_is_not_there_is_named() -> None:
    with pytest.raises(InvalidArgument, match="Object 'nosuch' not found"):
        plan("SELECT t.a FROM t JOIN nosuch FOR SYSTEM_TIME AS OF t.p ON nosuch.id = t.a")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (
            "SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(p), INTERVAL '1' MINUTE)) GROUP BY window_start",
            "Processing time Window TableFunction is not supported yet.",
        ),
        (
            "SELECT COUNT(*) FROM t GROUP BY TUMBLE(p, INTERVAL '1' MINUTE)",
            "Window can not be defined over a proctime attribute column for batch mode",
        ),
    ],
)
def test_a_batch_has_no_windows_by_the_time_of_processing(query: str, reason: str) -> None:
    made = planner(**{"execution.runtime-mode": "batch"})
    with pytest.raises((InvalidArgument, Unsupported), match=reason):
        plan(query, made)


def test_a_key_of_all_groupings_is_not_null() -> None:
    query = "SELECT b, a, COUNT(*) FROM t GROUP BY b, GROUPING SETS ((a), ())"
    assert [field.type.nullable for field in plan(query).fields] == [False, True, False]
    query = "SELECT b, COUNT(*) FROM t GROUP BY ROLLUP (b)"
    assert [field.type.nullable for field in plan(query).fields] == [True, False]


@pytest.mark.parametrize(
    ("frame", "is_known"),
    [
        ("", True),
        ("ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING", True),
        ("ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING", True),
        ("ROWS BETWEEN 1 PRECEDING AND CURRENT ROW", False),
        ("ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING", False),
        ("RANGE BETWEEN 1 PRECEDING AND 2 FOLLOWING", False),
    ],
)
def test_a_frame_that_is_bounded_may_have_no_row(frame: str, is_known: bool) -> None:
    """As Flink 2.3 sees it, also where it has the row itself."""
    window = f"OVER (ORDER BY b {frame})"
    calls = ("SUM(b)", "MIN(b)", "AVG(b)", "FIRST_VALUE(b)", "COUNT(b)")
    query = f"SELECT {', '.join(f'{call} {window}' for call in calls)} FROM t"
    found = plan(query, planner(**{"execution.runtime-mode": "batch"})).fields
    assert [field.type.nullable for field in found] == [not is_known] * 4 + [False]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("CAST(TO_TIMESTAMP_LTZ(1, 0) AS BYTES)", "Cast function cannot convert value of type "
         "TIMESTAMP_WITH_LOCAL_TIME_ZONE(3) to type VARBINARY(2147483647)"),
        ("UPPER(ARRAY[CAST('a' AS BYTES)])", "'UPPER(<VARBINARY(2147483647) ARRAY>)'"),
        ("UPPER(MAP['a', 1])", "'UPPER(<(CHAR(1), INTEGER) MAP>)'"),
    ],
)  # fmt: skip
def test_types_have_the_names_of_flinks_complaints(query: str, reason: str) -> None:
    with pytest.raises(InvalidArgument, match=re.escape(reason)):
        plan(f"SELECT {query}")
