"""Records that cannot be worked on go to a table of their own, and the others are worked on as if they had not come."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.unit.engine.stream.feed import Run, feed
from yunbox.engine.stream.batch import Change
from yunbox.engine.stream.connectors import kinds
from yunbox.engine.stream.connectors.connector import Connector
from yunbox.engine.stream.connectors.registry import CONNECTORS
from yunbox.sql.flink.catalog import Catalog
from yunbox.sql.flink.errors import ValidationFailed
from yunbox.sql.flink.planner import Planner
from yunbox.sql.flink.plans import Aggregate, AggregateCall, Bound, Field, Filter, Job, Project, Sink
from yunbox.sql.flink.types import BIGINT, STRING

GIVEN: list[tuple[int, tuple[Any, ...]]] = []


class Letters:
    """Keeps what it is given, with the number of its epoch."""

    def __init__(self, _sink: Sink, environment: Any) -> None:
        assert environment.sink == "dead-letters"

    def deliver(self, epoch: int, changes: Sequence[Change]) -> None:
        GIVEN.extend((epoch, row) for _, row in changes)

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def letters(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(CONNECTORS, "print", lambda: Connector(writer=Letters))
    GIVEN.clear()
    yield


ALL = "record STRING, error STRING, source STRING, shard STRING, `offset` BIGINT, place STRING"


def sink(columns: str = ALL) -> Sink:
    planner = Planner(Catalog(), {"yunbox.dead-letter.table": "dead"})
    for text in (f"CREATE TABLE dead ({columns}) WITH ('connector' = 'print')", "SELECT 1"):
        [statement] = planner.statements(text)
        made = planner.plan(statement)
    assert isinstance(made, Job) and made.dead_letters is not None
    return made.dead_letters


def test_a_sum_goes_on(tmp_path: Path) -> None:
    """The state has what the good ones make of it, whichever step a bad one is bad for, also after a start."""
    node = feed("t", Field("k", STRING), Field("v", STRING))
    numbers = Project((Field("k", STRING), Field("n", BIGINT)), node,
                      (Bound("c0", STRING), Bound("CAST(c1 AS BIGINT)", BIGINT)))  # fmt: skip
    kept = Filter(numbers.fields, numbers, "100 % (CASE WHEN c0 = 'z' THEN CAST('z' AS BIGINT) ELSE 7 END) > 0")
    sums = Aggregate((Field("k", STRING), Field("s", BIGINT)), kept, (0,),
                     (AggregateCall("SUM", (Bound("c1", BIGINT),), BIGINT),))  # fmt: skip
    run = Run(tmp_path / "j", numbers, sums, letters=sink())
    rows = [("a", "1"), ("a", "x"), ("b", "2"), ("z", "3"), ("b", "y")]
    assert sorted(run.send("t", *rows, shard="7")) == ["+I[a, 1]", "+I[a, 1]", "+I[b, 2]", "+I[b, 2]"]
    assert [(row[0], row[2:]) for _, row in GIVEN] == [
        (json.dumps({"k": k, "v": v}), ("`c`.`d`.`t`", "7", None, f"7:{at}"))
        for at, (k, v) in enumerate(rows) if at in (1, 3, 4)
    ]  # fmt: skip
    assert "Could not convert string 'x' to INT64" in GIVEN[0][1][1]
    assert run.runner.progress.dead_letters == 3
    first = list(GIVEN)
    run.again()
    assert first * 2 == GIVEN  # by the same epoch, so that a sink knows it
    assert sorted(run.send("t", ("a", "5"))) == ["+I[a, 5]", "+U[a, 6]", "-U[a, 1]"]


def test_single_values(tmp_path: Path) -> None:
    """Where an aggregate takes them, what is worked out once for several queries is looked at too."""
    node = feed("t", Field("k", STRING), Field("v", STRING))
    call = AggregateCall("COUNT", (Bound("CAST(c1 AS BIGINT)", BIGINT),), BIGINT, distinct=True)
    fields = (Field("k", STRING), Field("n", BIGINT))
    kept = Filter(node.fields, node, "CAST(c0 AS BIGINT) > 0")
    run = Run(tmp_path / "j", Aggregate(fields, kept, (0,), (call,)), letters=sink("place STRING"))
    assert run.send("t", ("1", "1"), ("1", "x"), ("1", "2"), ("y", "2"), ("1", "2"), shard="7") == ["+I[1, 2]"]
    assert [row for _, row in GIVEN] == [("7:1",), ("7:3",)]
    assert run.send("t", ("1", "3")) == ["-U[1, 2]", "+U[1, 3]"]


def test_nothing_else_comes(tmp_path: Path) -> None:
    node = feed("t", Field("v", STRING))
    run = Run(tmp_path / "j", Project((Field("n", BIGINT),), node, (Bound("CAST(c0 AS BIGINT)", BIGINT),)),
              letters=sink("error STRING"))  # fmt: skip
    assert run.send("t", *((f"x{at}",) for at in range(300))) == []
    assert [f"'x{at}'" in row[0] for at, (_, row) in enumerate(GIVEN)] == [True] * 300
    assert run.send("t", ("1",)) == ["+I[1]"]


@pytest.mark.parametrize(
    ("columns", "connector", "said"),
    [
        ("what STRING", "print", "column 'what' STRING.* is none of what is told of a record: record STRING"),
        ("`offset` STRING", "print", "column 'offset'"),
        ("error STRING", "blackhole", "takes no dead letters: one of datahub, hologres, print does"),
        ("error STRING", "nowhere", "Could not find any factory"),
    ],
)
def test_tables_that_take_none(columns: str, connector: str, said: str) -> None:
    planner = Planner(Catalog(), {"yunbox.dead-letter.table": "default_catalog.default_database.dead"})
    for text in (f"CREATE TABLE dead ({columns}) WITH ('connector' = '{connector}')", "SELECT 1"):
        [statement] = planner.statements(text)
        if text.startswith("CREATE"):
            planner.plan(statement)
    with pytest.raises(ValidationFailed, match=said):
        made = planner.plan(statement)
        assert isinstance(made, Job)
        kinds.check(made)


def test_no_table() -> None:
    planner = Planner(Catalog(), {"yunbox.dead-letter.table": "dead"})
    [statement] = planner.statements("SELECT 1")
    with pytest.raises(ValidationFailed, match=r"'yunbox\.dead-letter\.table' = 'dead': there is no such table"):
        planner.plan(statement)
