"""A key that has much: another row costs what the row does, and not all that the key has."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.engine.stream.feed import Run, feed
from tests.unit.engine.stream.test_aggregates import call, clicks, grouped
from yunbox.engine.stream import lists
from yunbox.engine.stream.batch import DELETE, INSERT, Change, Row
from yunbox.engine.stream.lists import Lists
from yunbox.engine.stream.operators import sessions, windowjoin
from yunbox.engine.stream.state import BagState
from yunbox.engine.stream.store import StateStore
from yunbox.sql.flink.plans import Aggregate, Field, Node, WindowJoin, WindowTable
from yunbox.sql.flink.types import BIGINT, STRING, FlinkType

MILLIS = FlinkType("TIMESTAMP", (3,))
SECOND = 1_000_000
ROWS = 20_000
WRITTEN_BYTES_MAX = 4_000


def events(name: str = "t") -> Node:
    return feed(name, Field("k", STRING), Field("v", BIGINT), Field("ts", MILLIS, "rowtime"), delay_ms=0)


def windowed(name: str = "t") -> WindowTable:
    node = events(name)
    bounds = (Field("ws", MILLIS), Field("we", MILLIS), Field("wt", MILLIS, "rowtime"))
    return WindowTable((*node.fields, *bounds), node, "TUMBLE", 2, 86_400_000)


def session() -> WindowTable:
    return replace(windowed(), kind="SESSION", size_ms=5_000, partition_keys=(0,))


def in_windows() -> Node:
    node = windowed()
    fields = (Field("k", STRING), Field("ws", MILLIS), Field("we", MILLIS), Field("all", STRING))
    return Aggregate(fields, node, (0, 3, 4), (call("LISTAGG", 0, STRING, STRING),), (3, 4))


def joined() -> WindowJoin:
    left, right = windowed("t"), windowed("r")
    return WindowJoin((*left.fields, *right.fields), left, right, "INNER", ((0, 0),), (3, 4), (3, 4))


def firsts() -> Node:
    return grouped(clicks(changelog=True), (0,), call("FIRST_VALUE", 1), call("LAST_VALUE", 1))


NODES: dict[str, Callable[[], Node]] = {"sessions": session, "windows": in_windows, "joins": joined, "firsts": firsts}


@pytest.mark.parametrize("what", NODES)
def test_a_row_does_not_cost_all_of_its_key(tmp_path: Path, what: str) -> None:
    run = Run(tmp_path / "j", NODES[what]())
    rows = [("a", at, at * 1000) if what != "firsts" else ("a", at, 0.0, None) for at in range(ROWS + 200)]
    run.send("t", *rows[:ROWS])
    before = run.runner.store.written_bytes
    for row in rows[ROWS:]:
        run.send("t", row)
    assert (run.runner.store.written_bytes - before) / 200 < WRITTEN_BYTES_MAX


@pytest.mark.parametrize("memory", [1 << 28, 0], ids=["in memory", "on disk"])
@pytest.mark.parametrize("what", NODES)
def test_much_is_as_little_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, memory: int) -> None:
    """Whether or not it lies in chunks, with starts from disk in between, and nothing is left of it."""
    chance = random.Random(what)
    epochs: list[tuple[str, list[Change]]] = []
    there: list[Row] = []
    for at in range(30):
        key = [chance.choice("ab") for _ in range(4)]
        if what == "firsts":
            rows: list[Row] = [(one, chance.randrange(3), 0.0, None) for one in key]
        else:
            rows = [(one, at, at * SECOND + chance.choice((0, 3, 7)) * SECOND) for one in key]
        gone = [there.pop(chance.randrange(len(there))) for _ in range(min(3, len(there))) if what == "firsts"]
        there += rows
        epochs.append(("r" if what == "joins" and at % 3 == 0 else "t",
                       [*((DELETE, row) for row in gone), *((INSERT, row) for row in rows)]))  # fmt: skip
    if what == "firsts":
        epochs.append(("t", [(DELETE, row) for row in there]))
    found = []
    for chunk in (1_000, 2):
        for module in (lists, sessions, windowjoin):
            monkeypatch.setattr(module, "CHUNK", chunk)
        monkeypatch.setattr(Run, "memory", memory if chunk == 2 else 1 << 28)
        run = Run(tmp_path / str(chunk), NODES[what]())
        found.append([])
        for at, (table, changes) in enumerate(epochs):
            found[-1].append(sorted(run.change(table, *changes)))
            if at % 4 == 3:
                run.again()
        found[-1].append(sorted(run.end("t", "r") if what == "joins" else run.end("t")))
        run.runner.store.merge()
        assert not list(run.runner.store.scan(b"")), "all has gone"
    assert found[0] == found[1]
    assert any(found[0])


@pytest.mark.parametrize("last", [False, True])
def test_a_list_that_lies_in_chunks(tmp_path: Path, last: bool) -> None:
    chance, store = random.Random(last), StateStore(tmp_path / "s")
    made, kept, plain = Lists(BagState(store, b"x", 1 << 20)), [[]], []
    for _ in range(2_000):
        value = chance.randrange(40)
        if chance.random() < 0.6:
            made.append(("a",), kept, value)
            plain.append(value)
            continue
        made.remove(("a",), kept, value, last=last)
        if value in plain:
            at = len(plain) - 1 - plain[::-1].index(value) if last else plain.index(value)
            del plain[at]
    assert made.values(("a",), kept) == plain
    assert (made.first(("a",), kept), made.last(("a",), kept)) == (plain[0], plain[-1])
    store.close()


def test_extremes_are_looked_for_only_when_they_have_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from yunbox.engine.stream.functions import Function

    asked: list[str] = []
    of_bag = Function.of_bag
    monkeypatch.setattr(Function, "of_bag", lambda self, bag: (asked.append(self.name), of_bag(self, bag))[1])
    run = Run(tmp_path / "j", grouped(clicks(changelog=True), (0,), call("MIN", 1), call("MAX", 1)))
    run.send("t", *(("a", at, 0, None) for at in range(9)))
    assert run.send("t", ("a", 5, 0, None), kind="-D") == []
    assert run.send("t", ("a", 20, 0, None)) == ["-U[a, 0, 8]", "+U[a, 0, 20]"]
    run.again()
    assert asked == []
    assert run.send("t", ("a", 0, 0, None), kind="-D") == ["-U[a, 0, 20]", "+U[a, 1, 20]"]
    assert asked == ["MIN"]
