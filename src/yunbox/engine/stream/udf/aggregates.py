"""What users' files make aggregate functions with: PyFlink's classes, and ``udaf`` and ``udtaf``.

Source: the pages "General User-defined Functions" and "Vectorized User-defined Functions" of PyFlink 2.x. A table
aggregate function can be made, as a file may have one beside others; SQL has no place for it.
"""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from yunbox.engine.stream.udf.pyflink import (
    DataType,
    UserDefinedFunction,
    Wrapped,
    flink_type,
    given_params,
    table_row,
)
from yunbox.sql.flink.plans import FunctionKind
from yunbox.sql.flink.types import FlinkType

VIEWS = ("LIST_VIEW", "MAP_VIEW")


class ImperativeAggregateFunction(UserDefinedFunction):
    """What adds rows to an accumulator."""

    def create_accumulator(self) -> Any:
        """The accumulator of no rows."""
        raise RuntimeError("Method create_accumulator is not implemented")

    def accumulate(self, accumulator: Any, *args: Any) -> None:
        """Add a row."""
        raise RuntimeError("Method accumulate is not implemented")

    def retract(self, accumulator: Any, *args: Any) -> None:
        """Take a row away."""
        raise RuntimeError("Method retract is not implemented")

    def merge(self, accumulator: Any, accumulators: Iterable[Any]) -> None:
        """Add what others have added up."""
        raise RuntimeError("Method merge is not implemented")

    def get_result_type(self) -> "DataType | str":
        """The type of what it gives."""
        raise RuntimeError("Method get_result_type is not implemented")

    def get_accumulator_type(self) -> "DataType | str":
        """The type of an accumulator."""
        raise RuntimeError("Method get_accumulator_type is not implemented")


class AggregateFunction(ImperativeAggregateFunction):
    """One that gives a value."""

    def get_value(self, accumulator: Any) -> Any:
        """What an accumulator comes to."""
        raise RuntimeError("Method get_value is not implemented")


class TableAggregateFunction(ImperativeAggregateFunction):
    """One that gives rows."""

    def emit_value(self, accumulator: Any) -> Iterable[Any]:
        """The rows that an accumulator comes to."""
        raise RuntimeError("Method emit_value is not implemented")


@dataclass
class WrappedAggregate(Wrapped):
    """What ``udaf`` and ``udtaf`` make. Over Series ``accumulator`` is None: nothing is kept but rows."""

    accumulator: FlinkType | None = None
    is_table: bool = False

    def __call__(self, *args: Any) -> Any:
        """As Python calls one over Series, so that a file may use it itself."""
        return self.of_series(*args)

    @property
    def kind(self) -> FunctionKind:
        """What sort of function it is."""
        if self.is_table:
            return "table aggregate"
        return "aggregate" if self.accumulator is not None else "pandas aggregate"

    @property
    def retracts(self) -> bool:
        """Whether rows can be taken away."""
        return self._has("retract")

    @property
    def merges(self) -> bool:
        """Whether accumulators can be added to each other."""
        return self._has("merge")

    def _has(self, name: str) -> bool:
        return getattr(type(self.function), name, None) not in (None, getattr(ImperativeAggregateFunction, name))

    def of_series(self, *series: Any) -> Any:
        """What a function over Series gives for all rows of a group."""
        if not isinstance(self.function, AggregateFunction):
            return self.function(*series)
        accumulator = self.function.create_accumulator()
        self.function.accumulate(accumulator, *series)
        return self.function.get_value(accumulator)


def udaf(
    f: Any = None,
    input_types: Any = None,
    result_type: "DataType | str | None" = None,
    accumulator_type: "DataType | str | None" = None,
    deterministic: bool | None = None,
    name: str | None = None,
    func_type: str = "general",
) -> Any:
    """Make an aggregate function of a class's object, or over Series of one of Python's. Raises TypeError."""
    if f is None:
        return lambda given: udaf(given, input_types, result_type, accumulator_type, deterministic, name, func_type)
    if func_type not in ("general", "pandas"):
        raise ValueError(f"The func_type must be one of 'general, pandas', got {func_type}.")
    is_general = func_type == "general"
    _check(f, AggregateFunction, needs_class=is_general)
    returns = flink_type(_asked(f.get_result_type, result_type) if _is(f) else _needed(result_type))
    kept = flink_type(_asked(f.get_accumulator_type, accumulator_type)) if is_general else None
    return _wrapped(f, input_types, returns, kept, deterministic, is_table=False)


def udtaf(
    f: Any = None,
    input_types: Any = None,
    result_type: Any = None,
    accumulator_type: "DataType | str | None" = None,
    deterministic: bool | None = None,
    name: str | None = None,
    func_type: str = "general",
) -> Any:
    """Make a table aggregate function of a class's object. Raises TypeError."""
    if f is None:
        return lambda given: udtaf(given, input_types, result_type, accumulator_type, deterministic, name, func_type)
    if func_type != "general":
        raise ValueError(f"The func_type must be 'general', got {func_type}.")
    _check(f, TableAggregateFunction, needs_class=True)
    returns = table_row(_asked(f.get_result_type, result_type))
    kept = flink_type(_asked(f.get_accumulator_type, accumulator_type))
    return _wrapped(f, input_types, returns, kept, deterministic, is_table=True)


def _is(f: Any) -> bool:
    return isinstance(f, ImperativeAggregateFunction)


def _check(f: Any, of: type, *, needs_class: bool) -> None:
    if inspect.isclass(f) or not (_is(f) or callable(f)):
        raise TypeError(f"Invalid function: not a function or callable (__call__ is not defined): {f!r}")
    if not isinstance(f, of) and (needs_class or _is(f)):
        raise TypeError(f"{f!r} is no {of.__name__}, of which such a function is made")


def _asked(ask: Callable[[], "DataType | str"], given: "DataType | str | None") -> "DataType | str":
    return ask() if given is None else given


def _needed(given: "DataType | str | None") -> "DataType | str":
    if given is None:
        raise TypeError("result_type of a function is missing")
    return given


def _wrapped(
    f: Any, input_types: Any, returns: FlinkType, kept: FlinkType | None, deterministic: bool | None, *, is_table: bool
) -> WrappedAggregate:
    if deterministic is None:
        deterministic = f.is_deterministic() if isinstance(f, UserDefinedFunction) else True
    return WrappedAggregate(f, given_params(input_types), returns, deterministic, kept, is_table)
