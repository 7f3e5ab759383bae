"""A user's function, loaded from its file: what it takes and gives, and how DuckDB calls it.

A process that loads one is a job's own, or one that was made for the looking (``probe``): a file may do anything when
it is imported, and none is imported into the server.
"""

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Context, Decimal
from inspect import Parameter, Signature
from numbers import Integral, Real
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from yunbox.engine.stream.udf import pyflink
from yunbox.sql.flink.errors import ValidationFailed
from yunbox.sql.flink.types import FlinkType

ARCHIVES = (".zip", ".whl", ".egg")
_UNKNOWN = ("INTERVAL DAY TO SECOND", "INTERVAL YEAR TO MONTH", "MULTISET", "NULL")
Convert = Callable[[Any], Any]
_PYTHON: dict[str, Any] = {
    "BOOLEAN": bool, "TINYINT": Integral, "SMALLINT": Integral, "INT": Integral, "BIGINT": Integral, "FLOAT": Real,
    "DOUBLE": Real, "DECIMAL": Decimal, "CHAR": str, "VARCHAR": str, "BINARY": (bytes, bytearray),
    "VARBINARY": (bytes, bytearray), "DATE": date, "TIME": time, "TIMESTAMP": datetime, "TIMESTAMP_LTZ": datetime,
    "ARRAY": (list, tuple), "MAP": dict,
}  # fmt: skip
_WIDE = Context(prec=100)


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

    @property
    def is_volatile(self) -> bool:
        """Whether it gives another value at every call."""
        return not self.wrapped.is_deterministic

    @property
    def is_table(self) -> bool:
        """Whether it gives rows, as an ARRAY of them."""
        return self.wrapped.is_table

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
        takes = [_taken(one, zone) for one in params]
        gives = _given(self.returns, zone)

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
    pyflink.install()
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
        made = (
            f"udtf({name}(), result_types=...)"
            if issubclass(found, pyflink.TableFunction)
            else (f"udf({name}(), result_type=...)")
        )
        raise ValidationFailed(f"'{source}' is a class: NAME = {made} makes a function of it")
    if not isinstance(found, pyflink.Wrapped):
        what = "has no such name" if found is None else f"has {type(found).__name__} there"
        raise ValidationFailed(
            f"'{source}' is no function in Python: {module} {what}, and no function made with udf or udtf"
        )
    loaded = Loaded(source, found)
    for one in (*(loaded.params or ()), loaded.returns):
        _check(one, source)
    return loaded


def _archives(folder: str) -> list[Path]:
    at = Path(folder)
    return [one for one in sorted(at.iterdir()) if one.suffix in ARCHIVES] if at.is_dir() else []


def _check(of: FlinkType, source: str, *, is_within: bool = False) -> None:
    if of.root in _UNKNOWN or (is_within and of.root == "TIMESTAMP_LTZ"):
        within = " within another type" if is_within else ""
        raise ValidationFailed(f"'{source}' has {of}{within}, which functions in Python do not take or give here")
    for child in of.children:
        _check(child, source, is_within=True)


def _taken(of: FlinkType, zone: str) -> Convert | None:
    """From DuckDB's value to PyFlink's."""
    if of.root == "TIMESTAMP_LTZ":
        at = ZoneInfo(zone)
        return lambda value: value.replace(tzinfo=at)
    if of.root == "ROW":
        inner = [_taken(one, zone) for one in of.children]
        return lambda value: pyflink.Row.of(of.names, _each(value.values(), inner))
    if of.root == "ARRAY":
        inner = [_taken(of.children[0], zone)]
        return (lambda value: _each(value, inner * len(value))) if inner[0] is not None else None
    if of.root == "MAP":
        inner = [_taken(one, zone) for one in of.children]
        return lambda value: dict(tuple(_each(pair, inner)) for pair in value.items())
    return None


def _given(of: FlinkType, zone: str) -> Callable[[Any], Any]:
    """The reverse. Raises TypeError for a value that is not of the type."""
    if of.root == "TIMESTAMP_LTZ":
        return lambda value: _local(_typed(value, of), zone)
    if of.root == "DECIMAL":
        unit = Decimal(1).scaleb(-of.params[1])
        return lambda value: _typed(value, of).quantize(unit, ROUND_HALF_UP, _WIDE)
    if of.root == "ROW":
        inner = [_given(one, zone) for one in of.children]
        return lambda value: dict(zip(of.names, _each(_values(value, of), inner), strict=True))
    if of.root == "ARRAY":
        convert = _given(of.children[0], zone)
        return lambda value: [one if one is None else convert(one) for one in _typed(value, of)]
    if of.root == "MAP":
        inner = [_given(one, zone) for one in of.children]
        return lambda value: _map([tuple(_each(pair, inner)) for pair in _typed(value, of).items()])
    return lambda value: _typed(value, of)


def _typed(value: Any, of: FlinkType) -> Any:
    if isinstance(value, _PYTHON[of.root]) and (of.root == "BOOLEAN" or type(value) is not bool):
        return value
    raise TypeError(f"the function gave {value!r:.100}, which is no {of.text}")


def _each(values: Any, converts: Sequence[Convert | None]) -> list[Any]:
    return [
        value if value is None or convert is None else convert(value)
        for value, convert in zip(values, converts, strict=True)
    ]


def _values(value: Any, of: FlinkType) -> list[Any]:
    if isinstance(value, dict):
        return [value.get(name) for name in of.names]
    if not isinstance(value, pyflink.Row | tuple | list) or len(value) != len(of.names):
        raise TypeError(f"the function gave {value!r:.100}, which is no {of.text}")
    return list(value)


def _map(pairs: list[tuple[Any, Any]]) -> dict[str, list[Any]]:
    return {"key": [key for key, _ in pairs], "value": [value for _, value in pairs]}


def _local(value: datetime, zone: str) -> datetime:
    return value.astimezone(ZoneInfo(zone)).replace(tzinfo=None) if value.tzinfo is not None else value
