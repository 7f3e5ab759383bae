"""OVER: each row with aggregates over those before it, in the order of its time.

What reaches back without end is added up, row by row. What reaches back so many rows, or so long, is worked out by
DuckDB over the rows that are still near enough, which are what is kept.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from yunbox.engine.stream.batch import INSERT, Batch, Change, Row, array_of, decoded, encoded, from_rows, types_of
from yunbox.engine.stream.functions import KNOWN, Function, Parts
from yunbox.engine.stream.operators.operator import Context, Expiry, Operator
from yunbox.engine.stream.operators.waiting import Waiting
from yunbox.engine.stream.state import Key, key_of
from yunbox.kernel.errors import Unsupported
from yunbox.sql.flink.plans import AggregateCall, Over
from yunbox.sql.flink.types import INT

_BITS = {"TINYINT": 8, "SMALLINT": 16, "INT": 32, "BIGINT": 64}
_SPREADS = ("VAR_POP", "VAR_SAMP", "VARIANCE", "STDDEV_POP", "STDDEV_SAMP", "STDDEV")
_WINDOWED = {
    **{name: name for name in ("COUNT", "SUM", "AVG", "MIN", "MAX", "FIRST_VALUE", "LAST_VALUE", "LAG", "LEAD",
                               "NTILE", "PERCENT_RANK", "CUME_DIST", "ROW_NUMBER", "RANK", "DENSE_RANK", *_SPREADS)},
    "SUM0": "sum", "$SUM0": "sum", "LISTAGG": "string_agg",
}  # fmt: skip
"""Flink's window functions by their names in DuckDB."""


class RowNumber(Function):
    """ROW_NUMBER: how many rows there were."""

    @property
    def zero(self) -> Parts:
        """Before the first row."""
        return [0]

    def add(self, into: Parts, value: Any, sign: int) -> None:
        """Another row."""
        into[0] += 1

    def value(self, parts: Parts) -> Any:
        """The number of the last one."""
        return parts[0]


class Lag(Function):
    """LAG: the value of a row so many before; what is kept are the values from there on."""

    @property
    def zero(self) -> Parts:
        """Before the first row."""
        return [[]]

    @property
    def default(self) -> Any:
        """What there is where no such row is; NULL unless a number is given."""
        sql = self.call.arguments[2].sql if len(self.call.arguments) > 2 else ""
        return int(sql) if sql.isdigit() else None

    def add(self, into: Parts, value: Any, sign: int) -> None:
        """Another row's value."""
        into[0] = [*into[0], value][-(self._back + 1) :]

    @property
    def _back(self) -> int:
        """How many rows before: one unless a number is given."""
        if len(self.call.arguments) < 2:
            return 1
        return int(re.findall(r"\d+", self.call.arguments[1].sql)[0])

    def value(self, parts: Parts) -> Any:
        """That of the row so many before the last."""
        return parts[0][0] if len(parts[0]) > self._back else self.default


def _running(call: AggregateCall) -> Function:
    """What adds a call up, row by row. Raises Unsupported."""
    if call.function == "ROW_NUMBER":
        return RowNumber(call, retracts=False)
    if call.function == "LAG":
        return Lag(call, retracts=False)
    if call.function not in KNOWN or call.function == "PERCENTILE":
        raise Unsupported(f"{call.function} OVER needs the Flink backend")
    return Function(call, retracts=False)


class OverAggregate(Operator):
    """By rowtime rows wait for the watermark; by processing time they are worked on as they come."""

    def __init__(self, context: Context, node: Over) -> None:
        super().__init__(context, types_of(node.fields))
        self._node = node
        self._key = key_of(node.partition_keys)
        self._in = types_of(node.input.fields)
        self._is_processing = node.input.fields[node.order.column].time == "proctime"
        self._pending = Waiting(context, self._key)
        self._kept = context.keyed()
        self._expiry = Expiry(node.ttl_ms)
        self._now_ms = 0
        self._functions = [_running(call) for call in node.calls]
        self._arguments = self._argument_sql()
        self._sql = "" if node.preceding is None else self._frame_sql()

    def process(self, port: int, batch: Batch) -> Iterator[Batch]:
        """As in Operator. Rows behind the watermark are dropped, and counted."""
        rows = [row for kind, row in batch.changes() if kind == INSERT]
        if self._is_processing:
            yield from self.given(self._worked(rows))
            return
        by_time: dict[int, list[Row]] = {}
        for row in rows:
            moment = row[self._node.order.column]
            if moment is None or moment // 1000 <= self.watermark:
                self.late_rows += 1
            else:
                by_time.setdefault(moment // 1000, []).append(row)
        self._pending.add(by_time)

    def advance(self, watermark_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        self.watermark = watermark_ms
        rows = [tuple(row) for _, some in self._pending.due(watermark_ms) for row in some]
        rows.sort(key=lambda row: row[self._node.order.column] or 0)
        yield from self.given(self._worked(rows))

    def _worked(self, rows: Sequence[Row]) -> list[Change]:
        if not rows:
            return []
        return self._added(rows) if self._node.preceding is None else self._framed(rows)

    def tick(self, now_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        self._now_ms = now_ms
        before = self._expiry.before(now_ms, self._kept)
        if before is not None:
            self._kept.expire(before, lambda kept: int(kept[1]))
        yield from ()

    def _get(self, key: Key) -> list[Any]:
        """What is kept of a key: accumulators, or rows."""
        found = self._kept.get(key)
        return [] if found is None else found[0]

    def _put(self, key: Key, value: list[Any]) -> None:
        self._kept.put(key, [value, self._now_ms])

    # -- without end

    def _argument_sql(self) -> str:
        columns = ", ".join(f"{decoded(f'c{at}', one)} AS c{at}" for at, one in enumerate(self._in))
        values = []
        for at, function in enumerate(self._functions):
            sql = encoded(function.argument, function.type) if function.call.arguments else "1"
            values.append(f"{sql} AS v{at}")
        return f"SELECT {', '.join(values)} FROM (SELECT {columns} FROM batch)"

    def _added(self, rows: Sequence[Row]) -> list[Change]:
        """Add up row by row; those of one time are one step where the frame is a RANGE."""
        found = self.context.duck.run(self._arguments, from_rows(rows, self._in))
        arguments = list(zip(*(found[f"v{at}"].tolist() for at in range(len(self._functions))), strict=True))
        changes: list[Change] = []
        time = self._node.order.column
        steps = groupby(
            range(len(rows)), key=lambda at: at if self._node.rows or self._is_processing else rows[at][time]
        )
        for _, places in steps:
            step = list(places)
            for at in step:
                self._add(self._key(rows[at]), arguments[at])
            changes += [(INSERT, (*rows[at], *self._values(self._key(rows[at])))) for at in step]
        return changes

    def _add(self, key: Key, values: Sequence[Any]) -> None:
        parts: list[Parts] = self._get(key) or [function.zero for function in self._functions]
        for function, into, value in zip(self._functions, parts, values, strict=True):
            if value is not None or isinstance(function, Lag):
                function.add(into, value, 1)
        self._put(key, parts)

    def _values(self, key: Key) -> list[Any]:
        return [function.value(parts) for function, parts in zip(self._functions, self._get(key), strict=True)]

    # -- so many rows, or so long

    def _frame_sql(self) -> str:
        node = self._node
        columns = ", ".join(f"{decoded(f'c{at}', one)} AS c{at}" for at, one in enumerate(self._in))
        keys = ", ".join(f"c{at}" for at in node.partition_keys)
        partition = f"PARTITION BY {keys} " if keys else ""
        if node.rows:
            frame = f"ORDER BY place ROWS BETWEEN {node.preceding} PRECEDING AND CURRENT ROW"
        else:
            reach = f"to_milliseconds({node.preceding})"
            frame = f"ORDER BY c{node.order.column} RANGE BETWEEN {reach} PRECEDING AND CURRENT ROW"
        calls = [f"{encoded(windowed(call, f'({partition}{frame})'), call.type)} AS r{at}"
                 for at, call in enumerate(node.calls)]  # fmt: skip
        inner = f"SELECT {', '.join([*calls, 'place', 'fresh'])} FROM (SELECT {columns}, place, fresh FROM batch)"
        return f"SELECT * FROM ({inner}) WHERE fresh = 1 ORDER BY place"

    def _framed(self, rows: Sequence[Row]) -> list[Change]:
        old = [tuple(row) for key in dict.fromkeys(map(self._key, rows)) for row in self._get(key)]
        batch = from_rows([*old, *rows], self._in)
        named = batch.named
        named["place"] = np.arange(batch.size)
        named["fresh"] = array_of([0] * len(old) + [1] * len(rows), INT)
        found = self.context.duck.run(self._sql, batch=named)
        values = list(zip(*(found[f"r{at}"].tolist() for at in range(len(self._node.calls))), strict=True))
        self._keep(rows)
        return [(INSERT, (*row, *value)) for row, value in zip(rows, values, strict=True)]

    def _keep(self, rows: Sequence[Row]) -> None:
        """Of each key what later rows can still reach."""
        by_key: dict[Key, list[Row]] = {}
        for row in rows:
            by_key.setdefault(self._key(row), []).append(row)
        preceding, time = self._node.preceding or 0, self._node.order.column
        for key, some in by_key.items():
            kept = [*(tuple(row) for row in self._get(key)), *some]
            if self._node.rows:
                kept = kept[-preceding:] if preceding else []
            else:
                first = kept[-1][time] - preceding * 1000
                kept = [row for row in kept if row[time] >= first]
            self._put(key, kept)


def windowed(call: AggregateCall, window: str) -> str:
    """A call over a window as DuckDB has it, of the type that Flink gives it. Raises Unsupported."""
    if call.function not in _WINDOWED or (call.function in _SPREADS and call.type.root != "DOUBLE"):
        raise Unsupported(f"{call.function} OVER needs the Flink backend")
    arguments = ", ".join(one.sql for one in call.arguments) or ("*" if call.function == "COUNT" else "")
    distinct = "DISTINCT " if call.distinct else ""
    where = f" FILTER (WHERE {call.filter})" if call.filter else ""
    if call.function in ("FIRST_VALUE", "LAST_VALUE"):
        arguments = f"{arguments} IGNORE NULLS"

    def over(name: str) -> str:
        return f"{name}({distinct}{arguments}){where} OVER {window}"

    sql = over(_WINDOWED[call.function])
    if call.function in ("SUM", "SUM0", "$SUM0") and call.type.root in _BITS:
        sql = _wrapped(sql, _BITS[call.type.root])
    if call.function == "AVG" and call.type.root in _BITS:
        sql = f"fl_low64({over('sum')}) // nullif({over('count')}, 0)"
    elif call.function == "AVG" and call.type.root == "DECIMAL":
        sql = _average(over("sum"), over("count"), call)
    elif call.function == "AVG":
        sql = f"{over('sum')} / {over('count')}"
    elif call.function in ("SUM0", "$SUM0"):
        sql = f"coalesce({sql}, 0)"
    return f"CAST({sql} AS {call.type.duckdb})"


def _wrapped(sql: str, bits: int) -> str:
    """A sum of whole numbers, which wraps at the ends of its type."""
    if bits == 64:
        return f"fl_low64({sql})"
    half = 1 << (bits - 1)
    return f"(xor(fl_low64({sql}) & {(1 << bits) - 1}, {half}) - {half})"


def _average(total: str, rows: str, call: AggregateCall) -> str:
    """The quotient of DECIMALs with all its digits, where DuckDB's average is a DOUBLE."""
    scale, of = call.type.params[1], call.arguments[0].type
    more = scale - of.params[1]
    dividend = f"(CAST({total} * 1{'0' * of.params[1]} AS HUGEINT) * 1{'0' * more}::HUGEINT)"
    unit = f"CAST('0.{'0' * (scale - 1)}1' AS DECIMAL({scale},{scale}))"
    return f"CAST(fl_quotient({dividend}, {rows}::HUGEINT) AS DECIMAL(38,0)) * {unit}"
