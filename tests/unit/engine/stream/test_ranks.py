"""Top-N and deduplication: who is among the first, and who was."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from tests.unit.engine.stream.feed import Run, feed
from yunbox.engine.stream.batch import DELETE, INSERT, Change, Row
from yunbox.engine.stream.operators import rank
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


@pytest.mark.parametrize("memory", [1 << 28, 0], ids=["in memory", "on disk"])
@pytest.mark.parametrize("function", ["ROW_NUMBER", "RANK", "DENSE_RANK"])
def test_many_rows_of_a_key_are_as_few_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: Literal["ROW_NUMBER", "RANK", "DENSE_RANK"], memory: int
) -> None:
    """Each lies in the state by itself; equal ones stay as they came."""
    chance = random.Random(function)
    made = replace(top(scores(changelog=True), 4, with_number=True), function=function, ttl_ms=3_600_000)
    made = replace(made, order=(Order(2, True), Order(1, nulls_first=False)))
    there: list[Row] = []
    steps: list[list[Change]] = []
    for _ in range(25):
        comes = [(chance.choice("xy"), chance.choice((None, "a", "b")), chance.randrange(4)) for _ in range(6)]
        goes = [there.pop(chance.randrange(len(there))) for _ in range(min(len(there), chance.choice((0, 3, 9))))]
        steps.append([*((DELETE, row) for row in goes), *((INSERT, row) for row in comes)])
        there += comes
    steps.append([(DELETE, row) for row in there])
    found = []
    for few in (1_000, 2):
        monkeypatch.setattr(rank, "_FEW_ROWS", few)
        monkeypatch.setattr(Run, "memory", memory if few == 2 else 1 << 28)
        run = Run(tmp_path / str(few), made)
        found.append([])
        for at, step in enumerate(steps):
            found[-1].append(run.change("t", *step))
            if at % 5 == 4:
                run.again()
        run.runner.store.merge()
        assert not list(run.runner.store.scan(b"")), "all have gone"
    assert found[0] == found[1]


def test_a_change_does_not_cost_all_rows_of_a_key(tmp_path: Path) -> None:
    run = Run(tmp_path / "j", top(scores(changelog=True), 1))
    run.send("t", *(("x", "a", at) for at in range(20_000)))
    before = run.runner.store.written_bytes
    assert run.send("t", ("x", "a", 19_999), kind="-D") == ["-U[x, a, 19999]", "+U[x, a, 19998]"]
    assert run.runner.store.written_bytes - before < 1_000


def test_many_rows_of_a_key_go_with_time(tmp_path: Path) -> None:
    run = Run(tmp_path / "j", replace(top(scores(changelog=True), 1), ttl_ms=3_600_000))
    run.send("t", *(("x", "a", at) for at in range(200)))
    run.now += 3_601
    assert run.send("t", ("x", "b", 1)) == ["+I[x, b, 1]"], "though nobody has looked for what is old"
    assert run.send("t", *(("x", "a", at) for at in range(200))) == ["-U[x, b, 1]", "+U[x, a, 199]"]
    run.again()
    run.now += 3_601
    for _ in range(3):
        run.step()
    run.runner.store.merge()
    assert not list(run.runner.store.scan(b""))
