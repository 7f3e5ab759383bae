"""Top-N and deduplication: who is among the first, and who was."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from tests.unit.engine.stream.feed import Run, feed
from yunbox.sql.flink.plans import Field, Node, Order, Rank
from yunbox.sql.flink.types import BIGINT, STRING, FlinkType

MILLIS = FlinkType("TIMESTAMP", (3,))


def scores(*, changelog: bool = False) -> Node:
    return feed("t", Field("k", STRING), Field("who", STRING), Field("v", BIGINT), changelog=changelog)


def top(node: Node, count: int, *, with_number: bool = False, order: Order | None = None) -> Rank:
    fields = (*node.fields, Field("rn", BIGINT)) if with_number else node.fields
    return Rank(fields, node, "ROW_NUMBER", (0,), (order or Order(2, True),), count, 1, with_number)


def test_the_first_two(tmp_path: Path) -> None:
    run = Run(tmp_path / "j", top(scores(), 2))
    assert run.send("t", ("x", "a", 5), ("x", "b", 7), ("x", "c", 1)) == ["+I[x, b, 7]", "+I[x, a, 5]"]
    run.again()
    assert run.send("t", ("x", "d", 6), ("y", "e", 1)) == ["-D[x, a, 5]", "+I[x, d, 6]", "+I[y, e, 1]"]
    assert run.send("t", ("x", "f", 2)) == []


def test_with_their_number(tmp_path: Path) -> None:
    run = Run(tmp_path / "j", top(scores(), 2, with_number=True))
    run.send("t", ("x", "a", 5), ("x", "b", 7))
    assert run.send("t", ("x", "d", 9)) == [
        "-U[x, b, 7, 1]", "+U[x, d, 9, 1]", "-U[x, a, 5, 2]", "+U[x, b, 7, 2]",
    ]  # fmt: skip


def test_rows_that_go(tmp_path: Path) -> None:
    run = Run(tmp_path / "j", top(scores(changelog=True), 1))
    run.send("t", ("x", "a", 5), ("x", "b", 7), ("x", "c", None))
    assert run.send("t", ("x", "b", 7), kind="-D") == ["-U[x, b, 7]", "+U[x, a, 5]"]
    assert run.send("t", ("x", "a", 5), kind="-D") == ["-U[x, a, 5]", "+U[x, c, None]"], "NULL is the least"


def test_the_last_row_of_a_key(tmp_path: Path) -> None:
    node = feed("t", Field("k", STRING), Field("v", BIGINT), Field("ts", MILLIS, "rowtime"), delay_ms=0)
    run = Run(tmp_path / "j", Rank(node.fields, node, "ROW_NUMBER", (0,), (Order(2, True),), 1))
    assert run.send("t", ("a", 1, 1000), ("a", 2, 3000), ("a", 3, 2000)) == ["+I[a, 2, 3000]"]
    assert run.send("t", ("a", 4, 4000)) == ["-U[a, 2, 3000]", "+U[a, 4, 4000]"]
    assert run.send("t", ("a", 5, 1000)) == []


@pytest.mark.parametrize(
    ("function", "wanted"),
    [
        ("RANK", ["+I[x, a, 7, 1]", "+I[x, b, 7, 1]", "+I[x, c, 5, 3]", "+I[x, d, 5, 3]"]),
        ("DENSE_RANK", ["+I[x, a, 7, 1]", "+I[x, b, 7, 1]", "+I[x, c, 5, 2]", "+I[x, d, 5, 2]", "+I[x, e, 1, 3]"]),
    ],
)
def test_ranks_are_shared(tmp_path: Path, function: Literal["RANK", "DENSE_RANK"], wanted: list[str]) -> None:
    node = replace(top(scores(), 3, with_number=True), function=function)
    run = Run(tmp_path / "j", node)
    sent = (("x", "c", 5), ("x", "a", 7), ("x", "d", 5), ("x", "b", 7), ("x", "e", 1), ("x", "f", 0))
    assert sorted(run.send("t", *sent)) == wanted
    run = Run(tmp_path / "l", replace(node, start=2))
    assert sorted(run.send("t", *sent)) == [one for one in wanted if not one.endswith(" 1]")]
    run.again()
    assert run.send("t", ("x", "g", 0)) == []
