"""A user's function, loaded from its file: what it takes and gives, and how DuckDB calls it.

A process that loads one is a job's own, or one that was made for the looking (``probe``): a file may do anything when
it is imported, and none is imported into the server.
"""

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from inspect import Parameter, Signature
from pathlib import Path
from typing import Any

from yunbox.engine.stream.udf import aggregates, pyflink, series
from yunbox.engine.stream.udf.modules import install
from yunbox.engine.stream.udf.values import given, taken
from yunbox.sql.flink.errors import ValidationFailed
from yunbox.sql.flink.plans import UserFunction
from yunbox.sql.flink.types import FlinkType

ARCHIVES = (".zip", ".whl", ".egg")
_UNKNOWN = ("INTERVAL DAY TO SECOND", "INTERVAL YEAR TO MONTH", "MULTISET", "NULL")
_UNKNOWN = ("INTERVAL DAY TO SECOND", "INTERVAL YEAR TO MONTH", "MULTISET", "NULL")


@dataclass
class Loaded:
    """A function that can be called."""

    source: str
    wrapped: pyflink.Wrapped

    @property
    def params(self) -> tuple[FlinkType, ...] | None:
        """The types it takes; None where it takes any."""
        return self.wrapped.params

    @property
    def returns(self) -> FlinkType:
        """The type it gives."""
        return self.wrapped.returns

    def told(self, name: str) -> UserFunction:
        """What a planner is told of it, under a name."""
        wrapped = self.wrapped
        found = UserFunction(name, self.source, self.params, self.returns, not wrapped.is_deterministic, wrapped.kind)
        if not isinstance(wrapped, aggregates.WrappedAggregate):
            return found
        kept = "" if wrapped.accumulator is None else wrapped.accumulator.text
        return replace(found, accumulator=kept, retracts=wrapped.retracts, merges=wrapped.merges)

    def open(self, parameters: Mapping[str, str]) -> None:
        """Before the first row."""
        if isinstance(self.wrapped.function, pyflink.UserDefinedFunction):
            self.wrapped.function.open(pyflink.FunctionContext(parameters))

    def close(self) -> None:
        """Behind the last row."""
        if isinstance(self.wrapped.function, pyflink.UserDefinedFunction):
            self.wrapped.function.close()

    def callable(self, params: Sequence[FlinkType], zone: str) -> Callable[..., Any]:
        """What DuckDB calls with values of such types."""
        compute = self.wrapped.compute
        takes = [taken(one, zone) for one in params]
        gives = given(self.returns, zone)

        def call(*args: Any) -> Any:
            values = [
                value if convert is None or value is None else convert(value)
                for value, convert in zip(args, takes, strict=True)
            ]
            found = compute(*values)
            return None if found is None else gives(found)

        # DuckDB counts the parameters.
        named = [Parameter(f"a{at}", Parameter.POSITIONAL_OR_KEYWORD) for at in range(len(params))]
        vars(call)["__signature__"] = Signature(named)
        return call


FILES = "python.files"


def folders_of(settings: Mapping[str, str]) -> list[str]:
    """Where a job's functions lie."""
    return [one for one in settings.get(FILES, "").split(",") if one]


def load(source: str, folders: Sequence[str]) -> Loaded:
    """A function by its module and name, from folders and archives. Raises ValidationFailed."""
    install()
    for one in (*folders, *(str(file) for folder in folders for file in _archives(folder))):
        if one not in sys.path:
            sys.path.append(one)
    module, _, name = source.rpartition(".")
    if not module:
        raise ValidationFailed(f"'{source}' is no function in Python: MODULE.NAME is one")
    try:
        found = getattr(importlib.import_module(module), name, None)
    except (Exception, SystemExit) as error:
        raise ValidationFailed(f"'{source}' cannot be loaded: {type(error).__name__}: {error}") from error
    if isinstance(found, type) and issubclass(found, pyflink.UserDefinedFunction):
        raise ValidationFailed(f"'{source}' is a class: NAME = {_made_of(found)} makes a function of it")
    if not isinstance(found, pyflink.Wrapped):
        what = "has no such name" if found is None else f"has {type(found).__name__} there"
        raise ValidationFailed(
            f"'{source}' is no function in Python: {module} {what}, and no function made with udf, udtf or udaf"
        )
    for one in (*(found.params or ()), found.returns):
        _check(one, source)
    if isinstance(found, aggregates.WrappedAggregate):
        _check_aggregate(found, source)
    return Loaded(source, found)


def _made_of(found: type) -> str:
    """How a function is made of a class."""
    if issubclass(found, aggregates.ImperativeAggregateFunction):
        return f"{'udaf' if issubclass(found, aggregates.AggregateFunction) else 'udtaf'}({found.__name__}())"
    if issubclass(found, pyflink.TableFunction):
        return f"udtf({found.__name__}(), result_types=...)"
    return f"udf({found.__name__}(), result_type=...)"


def _archives(folder: str) -> list[Path]:
    at = Path(folder)
    return [one for one in sorted(at.iterdir()) if one.suffix in ARCHIVES] if at.is_dir() else []


def _check_aggregate(found: aggregates.WrappedAggregate, source: str) -> None:
    """Raises ValidationFailed for an accumulator that cannot be kept, and where pandas is wanted and not there."""
    if found.accumulator is None:
        try:
            series.needed()
        except ImportError as error:
            raise ValidationFailed(f"'{source}': {error}") from error
        return
    kept = found.accumulator
    for one in kept.children if kept.root == "ROW" else (kept,):
        is_view = kept.root == "ROW" and one.root in aggregates.VIEWS
        for inner in one.children if is_view else (one,):
            _check_kept(inner, source)


def _check_kept(of: FlinkType, source: str) -> None:
    if of.root in aggregates.VIEWS:
        raise ValidationFailed(f"'{source}' has {of.text} within its accumulator: views are fields of its ROW alone")
    if of.root in _UNKNOWN:
        raise ValidationFailed(f"'{source}' has {of.text} in its accumulator, which is not kept here")
    for child in of.children:
        _check_kept(child, source)


def _check(of: FlinkType, source: str, *, is_within: bool = False) -> None:
    if of.root in (*_UNKNOWN, *aggregates.VIEWS) or (is_within and of.root == "TIMESTAMP_LTZ"):
        within = " within another type" if is_within else ""
        raise ValidationFailed(f"'{source}' has {of}{within}, which functions in Python do not take or give here")
    for child in of.children:
        _check(child, source, is_within=True)
