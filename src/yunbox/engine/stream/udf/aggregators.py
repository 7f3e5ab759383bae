"""A user's aggregate function at work: rows are added to an accumulator, which comes and goes as state keeps it.

What it gives goes to DuckDB as what a scalar function gives does, by its place among ``results``, so that both are
judged alike.
"""

from collections.abc import Callable, Iterable, Sequence
from numbers import Integral
from typing import Any

from yunbox.engine.stream.connectors.connector import Unrecoverable
from yunbox.engine.stream.udf import series
from yunbox.engine.stream.udf.accumulators import codec
from yunbox.engine.stream.udf.aggregates import WrappedAggregate
from yunbox.engine.stream.udf.values import INTEGERS, given, taken
from yunbox.sql.flink.functions.natives import Native
from yunbox.sql.flink.plans import UserFunction
from yunbox.sql.flink.types import FlinkType

SignedRow = tuple[int, Sequence[Any]]
"""1 for a row that comes or -1 for one that goes, and the arguments that the function takes of it."""


class Aggregator:
    """One function for the types of its calls. Raises Unrecoverable where its code fails."""

    def __init__(self, function: UserFunction, wrapped: WrappedAggregate, zone: str) -> None:
        self.function = function
        self._wrapped = wrapped
        self._takes = [taken(one, zone) for one in function.params or ()]
        self._gives = given(function.returns, zone)
        self._results: list[Any] = []

    @property
    def zero(self) -> Any:
        """The accumulator of no rows."""
        raise NotImplementedError

    def added(self, packed: Any, rows: Iterable[SignedRow]) -> Any:
        """An accumulator with some more rows."""
        raise NotImplementedError

    def _value(self, packed: Any) -> Any:
        """What an accumulator comes to."""
        raise NotImplementedError

    @property
    def native(self) -> Native:
        """What DuckDB calls for a result by its place."""
        return Native(f"{self.function.duckdb}=", self._result, ("BIGINT",), self.function.returns.in_python, True)

    def args(self, values: Sequence[Any]) -> list[Any]:
        """DuckDB's values as the function takes them."""
        return [
            value if convert is None or value is None else convert(value)
            for value, convert in zip(values, self._takes, strict=True)
        ]

    def give(self, accumulators: Sequence[Any]) -> None:
        """Have what some accumulators come to ready for DuckDB."""
        self._results = [self._called("get_value", self._value, one) for one in accumulators]

    def _result(self, place: int) -> Any:
        found = self._results[place]
        return None if found is None else self._gives(found)

    def _called(self, method: str, call: Callable[..., Any], *args: Any) -> Any:
        try:
            return call(*args)
        except Exception as error:
            raise self._failed(method, (), error) from error

    def _failed(self, method: str, args: Sequence[Any], error: Exception) -> Unrecoverable:
        of = f"({', '.join(map(repr, args)):.200})" if args else ""
        return Unrecoverable(f"{self.function.name}: {method}{of} failed: {type(error).__name__}: {error}")


class RowAggregator(Aggregator):
    """One that is called for each row."""

    def __init__(self, function: UserFunction, wrapped: WrappedAggregate, zone: str, accumulator: FlinkType) -> None:
        super().__init__(function, wrapped, zone)
        self._pack, self._unpack = codec(accumulator)

    @property
    def zero(self) -> Any:
        """As in Aggregator."""
        return self._called("create_accumulator", lambda: self._pack(self._wrapped.function.create_accumulator()))

    def added(self, packed: Any, rows: Iterable[SignedRow]) -> Any:
        """As in Aggregator."""
        accumulator = self._unpack(packed)
        add, take = self._wrapped.function.accumulate, self._wrapped.function.retract
        for sign, args in rows:
            try:
                (add if sign > 0 else take)(accumulator, *args)
            except Exception as error:
                raise self._failed("accumulate" if sign > 0 else "retract", args, error) from error
        return self._called("accumulate", self._pack, accumulator)

    def _value(self, packed: Any) -> Any:
        return _plain(self._wrapped.function.get_value(self._unpack(packed)), self.function.returns)


class SeriesAggregator(Aggregator):
    """One that is called once for all rows of a group: those are what is kept."""

    def __init__(self, function: UserFunction, wrapped: WrappedAggregate, zone: str) -> None:
        super().__init__(function, wrapped, zone)
        self._codecs = [codec(one) for one in function.params or ()]

    @property
    def zero(self) -> Any:
        """As in Aggregator."""
        return []

    def added(self, packed: Any, rows: Iterable[SignedRow]) -> Any:
        """As in Aggregator."""
        more = [[pack(one) for (pack, _), one in zip(self._codecs, args, strict=True)] for _, args in rows]
        return [*packed, *more]

    def _value(self, packed: Any) -> Any:
        columns = list(zip(*packed, strict=True)) or [()] * len(self._codecs)
        made = [
            series.of([unpack(one) for one in column], of)
            for column, (_, unpack), of in zip(columns, self._codecs, self.function.params or (), strict=True)
        ]
        return series.plain(self._wrapped.of_series(*made), self.function.returns)


def aggregator(function: UserFunction, wrapped: WrappedAggregate, zone: str) -> Aggregator:
    """What works one out."""
    if wrapped.accumulator is None:
        return SeriesAggregator(function, wrapped, zone)
    return RowAggregator(function, wrapped, zone, wrapped.accumulator)


def _plain(value: Any, of: FlinkType) -> Any:
    """A quotient where a whole number is told: it is cut off, as PyFlink's own examples have it."""
    if of.root in INTEGERS and isinstance(value, float):
        return int(value)
    return int(value) if isinstance(value, Integral) and not isinstance(value, bool) else value
