"""GROUP BY: sums over all that has come, also where rows go again."""

import random
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.unit.engine.stream.feed import Run, feed
from tests.unit.engine.stream.test_files import Jobs
from yunbox.engine.stream.operators import columnar
from yunbox.kernel.errors import KernelError
from yunbox.sql.flink.plans import Aggregate, AggregateCall, Bound, Field, Node
from yunbox.sql.flink.types import BIGINT, DOUBLE, STRING, FlinkType

DECIMAL = FlinkType("DECIMAL", (10, 2))
WIDE = FlinkType("DECIMAL", (38, 2))


def call(
    function: str, at: int | None = None, of: FlinkType = BIGINT, to: FlinkType = BIGINT, **more: Any
) -> AggregateCall:
    arguments = () if at is None else (Bound(f"c{at}", of),)
    return AggregateCall(function, arguments, to, **more)


def grouped(node: Node, keys: tuple[int, ...], *calls: AggregateCall, ttl_ms: int = 0) -> Aggregate:
    fields = (*(node.fields[at] for at in keys), *(Field(f"a{at}", one.type) for at, one in enumerate(calls)))
    return Aggregate(fields, node, keys, calls, None, ttl_ms)


def clicks(changelog: bool = False) -> Node:
    return feed(
        "t", Field("k", STRING), Field("v", BIGINT), Field("d", DOUBLE), Field("m", DECIMAL), changelog=changelog
    )


def test_groups_are_given_and_replaced(tmp_path: Path) -> None:
    run = Run(tmp_path / "j", grouped(clicks(), (0,), call("COUNT"), call("SUM", 1), call("AVG", 1), call("MAX", 1)))
    assert run.send("t", ("a", 1, 0.5, "1.00"), ("b", 5, 0.5, "1.00"), ("a", 2, 0.5, "1.00")) == [
        "+I[a, 2, 3, 1, 2]",
        "+I[b, 1, 5, 5, 5]",
    ]
    assert run.send("t", ("b", -8, 0.5, None)) == ["-U[b, 1, 5, 5, 5]", "+U[b, 2, -3, -1, 5]"]
    assert run.again() == ["-U[b, 1, 5, 5, 5]", "+U[b, 2, -3, -1, 5]"], "the sinks get the last epoch again"
    assert run.send("t", ("a", None, None, None)) == ["-U[a, 2, 3, 1, 2]", "+U[a, 3, 3, 1, 2]"]


def test_null_is_a_group(tmp_path: Path) -> None:
    run = Run(tmp_path / "j", grouped(clicks(), (0,), call("COUNT", 1), call("SUM", 1)))
    assert run.send("t", (None, None, None, None), (None, 4, None, None)) == ["+I[None, 1, 4]"]


def test_keys_alone(tmp_path: Path) -> None:
    """DISTINCT: a key is given once, and goes with the last of its rows."""
    run = Run(tmp_path / "j", grouped(clicks(changelog=True), (0,)))
    assert run.send("t", ("a", 1, 0, None), ("b", 1, 0, None), ("a", 2, 0, None)) == ["+I[a]", "+I[b]"]
    assert run.send("t", ("a", 1, 0, None), ("b", 1, 0, None), kind="-D") == ["-D[b]"]
    assert run.send("t", ("b", 1, 0, None)) == ["+I[b]"]
    run = Run(tmp_path / "k", grouped(clicks(), (0,)))
    assert run.send("t", ("a", 1, 0, None)) == ["+I[a]"]
    assert run.send("t", ("a", 1, 0, None), (None, 1, 0, None)) == ["+I[None]"]


def test_rows_that_go(tmp_path: Path) -> None:
    calls = [call("COUNT"), call("SUM", 1), call("MIN", 1), call("MAX", 1), call("COUNT", 1, distinct=True)]
    run = Run(tmp_path / "j", grouped(clicks(changelog=True), (0,), *calls))
    run.send("t", ("a", 1, 0, None), ("a", 7, 0, None), ("a", 7, 0, None))
    assert run.send("t", ("a", 7, 0, None), kind="-D") == ["-U[a, 3, 15, 1, 7, 2]", "+U[a, 2, 8, 1, 7, 2]"]
    run.again()
    assert run.send("t", ("a", 7, 0, None), kind="-D") == ["-U[a, 2, 8, 1, 7, 2]", "+U[a, 1, 1, 1, 1, 1]"]
    assert run.send("t", ("a", 1, 0, None), kind="-D") == ["-D[a, 1, 1, 1, 1, 1]"]
    assert run.send("t", ("a", 3, 0, None)) == ["+I[a, 1, 3, 3, 3, 1]"]


@pytest.mark.parametrize(
    ("one", "result"),
    [
        (call("SUM", 3, DECIMAL, WIDE), "3.75"),
        (call("AVG", 3, DECIMAL, FlinkType("DECIMAL", (38, 6))), "1.875000"),
        (call("SUM", 2, DOUBLE, DOUBLE), "0.75"),
        (call("STDDEV_POP", 2, DOUBLE, DOUBLE), "0.125"),
        (call("VAR_SAMP", 2, DOUBLE, DOUBLE), "0.03125"),
        (call("FIRST_VALUE", 1), "1"),
        (call("LAST_VALUE", 1), "2"),
        (call("LISTAGG", 0, STRING, STRING), "a,a,a"),
        (call("SUM", 1, distinct=True), "3"),
        (call("COUNT", filter="c1 > 1"), "1"),
        (call("MIN", 3, DECIMAL, DECIMAL), "1.25"),
        (call("COLLECT", 1, BIGINT, FlinkType("MULTISET", (), (BIGINT,))), "[1,2]"),
    ],
)
def test_functions(tmp_path: Path, one: AggregateCall, result: str) -> None:
    run = Run(tmp_path / "j", grouped(clicks(), (0,), call("COUNT"), one))
    run.send("t", ("a", 1, 0.25, "1.25"))
    assert run.send("t", ("a", 2, 0.5, "2.50"), ("a", None, None, None))[-1] == f"+U[a, 3, {result}]"


def test_values_in_their_order_where_rows_go(tmp_path: Path) -> None:
    """One that is told once has its place from when it came, also when it has come again and one of the two goes; and
    COLLECT of nothing is empty, as in real Flink 2.3."""
    multiset = FlinkType("MULTISET", (), (BIGINT,))
    calls = [call("LISTAGG", 0, STRING, STRING, distinct=True), call("LISTAGG", 0, STRING, STRING),
             call("COLLECT", 1, BIGINT, multiset)]  # fmt: skip
    run = Run(tmp_path / "j", grouped(clicks(changelog=True), (), *calls))
    run.send("t", *((key, None, 0, None) for key in ("b", "a", "b", "c")))
    assert run.send("t", ("b", None, 0, None), kind="-D")[-1] == "+U[b,a,c, a,b,c, []]"
    run.send("t", ("b", None, 0, None), kind="-D")
    assert run.send("t", ("b", 7, 0, None))[-1] == "+U[a,c,b, a,c,b, [7]]"


@pytest.mark.parametrize("of", [(1, 1), (5, 2), (10, 0), (18, 18), (20, 3), (26, 0), (30, 12)])
def test_sums_of_decimals_are_exact(tmp_path: Path, of: tuple[int, int]) -> None:
    """As arrays, with rows that go, and over a start from disk."""
    chance, kind = random.Random(str(of)), FlinkType("DECIMAL", of)
    wide = FlinkType("DECIMAL", (38, of[1]))
    node = feed("t", Field("k", BIGINT), Field("m", kind), changelog=True)
    calls = (call("COUNT"), call("SUM", 1, kind, wide), call("AVG", 1, kind, FlinkType("DECIMAL", (38, max(of[1], 6)))))
    run = Run(tmp_path / "j", grouped(node, (0,), *calls))
    assert columnar.vectors_of(grouped(node, (0,), *calls)) is not None
    there: list[tuple[int, str | None]] = [(0, None)]
    run.change("t", (0, there[0]))
    for step in range(12):
        goes = [there.pop(chance.randrange(1, len(there))) for _ in range(min(3, len(there) - 1))]
        comes = [(chance.randrange(2), _decimal(chance, of)) for _ in range(6)]
        there += comes
        given = run.change("t", *((3, one) for one in goes), *((0, one) for one in comes))
        for line in given:
            key = int(line[3:].split(",")[0])
            if line.startswith("+"):
                assert line[2:] == _summed(key, [value for at, value in there if at == key], of[1])
        if step % 4 == 3:
            run.again()


def _decimal(chance: random.Random, of: tuple[int, int]) -> str | None:
    digits = chance.choice((10 ** of[0] - 1, chance.randrange(10 ** of[0]), chance.randrange(100) % 10 ** of[0]))
    value = Decimal(chance.choice((digits, -digits))).scaleb(-of[1], Context(prec=60))
    return None if chance.random() < 0.2 else f"{value:f}"


def _summed(key: int, values: list[str | None], scale: int) -> str:
    exact, known = Context(prec=90, rounding=ROUND_HALF_UP), [Decimal(one) for one in values if one is not None]
    total = Decimal(0)
    for one in known:
        total = exact.add(total, one)
    average = exact.divide(total, Decimal(max(len(known), 1)))
    texts = [f"{exact.quantize(value, Decimal(1).scaleb(-places)):f}"
             for value, places in ((total, scale), (average, max(scale, 6)))]  # fmt: skip
    fitting = [None if not known or len(one.strip("-").replace(".", "").lstrip("0")) > 38 else one for one in texts]
    return f"[{key}, {len(values)}, {fitting[0]}, {fitting[1]}]"


def test_sums_wrap_around(tmp_path: Path) -> None:
    """As Java's long does."""
    run = Run(tmp_path / "j", grouped(clicks(), (), call("SUM", 1)))
    run.send("t", ("a", 2**63 - 1, 0.0, None))
    assert run.send("t", ("a", 1, 0.0, None))[-1] == f"+U[{-(2**63)}]"


def test_nan_is_no_null(tmp_path: Path) -> None:
    run = Run(tmp_path / "j", grouped(clicks(), (), call("COUNT", 2, DOUBLE)))
    assert run.send("t", ("a", 1, float("nan"), None), ("a", 1, None, None)) == ["+I[1]"]


def test_groups_beyond_memory(tmp_path: Path) -> None:
    Run.memory = 1000
    try:
        run = Run(tmp_path / "j", grouped(clicks(), (0,), call("COUNT"), call("SUM", 1, distinct=True)))
        for number in range(20):
            run.send("t", *((f"k{at}", number, 0.0, None) for at in range(50)))
        assert run.send("t", ("k7", 3, 0.0, None))[-1] == f"+U[k7, 21, {sum(range(20))}]"
    finally:
        Run.memory = 1 << 28


P = """(VALUES ('a', 1, CAST(1.50 AS DECIMAL(5, 2))), ('a', 2, 2.25), ('b', CAST(NULL AS INT), 3.00), ('b', 3, -4.75),
    ('c', 5, 0.10)) AS t(k, v, d)"""


@pytest.mark.parametrize(
    ("call", "row"),
    [
        ("PERCENTILE(v, 0.25)", "1.75"),
        ("PERCENTILE(d, 0.9)", "2.6999999999999997"),
        ("PERCENTILE(v, ARRAY[0.0, 0.5, 1.0])", "[1.0,2.5,5.0]"),
        ("PERCENTILE(v, 1)", "5.0"),
        ("PERCENTILE(DISTINCT v, 0.5)", "2.5"),
    ],
)
def test_percentiles_are_real_flinks(tmp_path: Path, call: str, row: str) -> None:
    jobs = Jobs(tmp_path)
    assert jobs.run(f"SELECT {call} FROM {P}") == [f"+I[{row}]"]
    jobs.stream()
    assert jobs.run(f"SELECT {call} FROM {P}")[-1] == f"+I[{row}]"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("PERCENTILE(v, 1.5)", r"should be between \[0.0, 1.0\], but was '1.5'"),
        ("PERCENTILE(v, v)", "needs the Flink backend"),
        ("PERCENTILE(v, 0.5, v)", "needs the Flink backend"),
    ],
)
def test_percentiles_that_are_refused(tmp_path: Path, call: str, reason: str) -> None:
    with pytest.raises(KernelError, match=reason):
        Jobs(tmp_path).run(f"SELECT {call} FROM {P}")
