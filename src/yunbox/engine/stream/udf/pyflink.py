"""The part of PyFlink that scalar and table functions are made with: types, rows, classes, ``udf`` and ``udtf``.

Source: the pages "General User-defined Functions" and "Data Types" of PyFlink 2.x.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from yunbox.sql.flink.parser.datatypes import TypeParser
from yunbox.sql.flink.plans import FunctionKind
from yunbox.sql.flink.types import LENGTH_MAX, FlinkType


class DataType:
    """A type, as DataTypes gives them."""

    def __init__(self, of: FlinkType) -> None:
        self.of = of

    def not_null(self) -> "DataType":
        """The same without NULL."""
        return DataType(replace(self.of, nullable=False))

    def nullable(self) -> "DataType":
        """The same with NULL."""
        return DataType(replace(self.of, nullable=True))

    def __repr__(self) -> str:
        return str(self.of)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DataType) and self.of == other.of

    def __hash__(self) -> int:
        return hash(self.of)


def flink_type(of: "DataType | str") -> FlinkType:
    """The type that a file says, as an object or in SQL. Raises TypeError or FlinkSqlError."""
    if isinstance(of, DataType):
        return of.of
    if isinstance(of, str):
        parser = TypeParser(of)
        found = parser.data_type()
        parser.expect_end()
        return found
    raise TypeError(f"{of!r} is no type: DataTypes.BIGINT() and 'BIGINT' are")


def _plain(root: str, *params: int) -> Callable[..., DataType]:
    def make(nullable: bool = True) -> DataType:
        return DataType(FlinkType(root, params, nullable=nullable))

    return make


def _long(root: str, least: int, default: int | None) -> Callable[..., DataType]:
    def make(number: int | None = default, nullable: bool = True) -> DataType:
        if not isinstance(number, int) or number < least:
            raise ValueError(f"{root} takes a number from {least} on, not {number!r}")
        return DataType(FlinkType(root, (number,), nullable=nullable))

    return make


class DataTypes:
    """The types by their names, which are Flink's."""

    BOOLEAN = staticmethod(_plain("BOOLEAN"))
    TINYINT = staticmethod(_plain("TINYINT"))
    SMALLINT = staticmethod(_plain("SMALLINT"))
    INT = staticmethod(_plain("INT"))
    BIGINT = staticmethod(_plain("BIGINT"))
    FLOAT = staticmethod(_plain("FLOAT"))
    DOUBLE = staticmethod(_plain("DOUBLE"))
    STRING = staticmethod(_plain("VARCHAR", LENGTH_MAX))
    BYTES = staticmethod(_plain("VARBINARY", LENGTH_MAX))
    DATE = staticmethod(_plain("DATE"))
    CHAR = staticmethod(_long("CHAR", 1, None))
    VARCHAR = staticmethod(_long("VARCHAR", 1, None))
    BINARY = staticmethod(_long("BINARY", 1, None))
    VARBINARY = staticmethod(_long("VARBINARY", 1, None))
    TIME = staticmethod(_long("TIME", 0, 0))
    TIMESTAMP = staticmethod(_long("TIMESTAMP", 0, 6))
    TIMESTAMP_LTZ = staticmethod(_long("TIMESTAMP_LTZ", 0, 6))
    TIMESTAMP_WITH_LOCAL_TIME_ZONE = TIMESTAMP_LTZ

    @staticmethod
    def DECIMAL(precision: int, scale: int, nullable: bool = True) -> DataType:  # noqa: N802
        """Digits, and how many of them stand behind the point."""
        return DataType(FlinkType("DECIMAL", (precision, scale), nullable=nullable))

    @staticmethod
    def ARRAY(element_type: DataType, nullable: bool = True) -> DataType:  # noqa: N802
        """A list."""
        return DataType(FlinkType("ARRAY", (), (element_type.of,), nullable=nullable))

    @staticmethod
    def MAP(key_type: DataType, value_type: DataType, nullable: bool = True) -> DataType:  # noqa: N802
        """Keys and values."""
        return DataType(FlinkType("MAP", (), (key_type.of, value_type.of), nullable=nullable))

    @staticmethod
    def LIST_VIEW(element_type: DataType) -> DataType:  # noqa: N802
        """A ListView within an accumulator."""
        return DataType(FlinkType("LIST_VIEW", (), (element_type.of,)))

    @staticmethod
    def MAP_VIEW(key_type: DataType, value_type: DataType) -> DataType:  # noqa: N802
        """A MapView within an accumulator."""
        return DataType(FlinkType("MAP_VIEW", (), (key_type.of, value_type.of)))

    @staticmethod
    def FIELD(name: str, data_type: DataType, description: str | None = None) -> tuple[str, DataType]:  # noqa: N802
        """A field of a ROW."""
        return name, data_type

    @staticmethod
    def ROW(row_fields: Sequence[Any] = (), nullable: bool = True) -> DataType:  # noqa: N802
        """Fields, which FIELD names."""
        named = [one if isinstance(one, tuple) else (f"f{at}", one) for at, one in enumerate(row_fields)]
        names = tuple(name for name, _ in named)
        return DataType(FlinkType("ROW", (), tuple(of.of for _, of in named), names, nullable=nullable))


class Row:
    """A row: values by place and, where they have names, by name."""

    def __init__(self, *values: Any, **named: Any) -> None:
        self._names = tuple(named)
        self._values = (*values, *named.values())

    @classmethod
    def of(cls, names: Sequence[str], values: Iterable[Any]) -> "Row":
        """One whose names need not be Python's."""
        made = cls(*values)
        made._names = tuple(names)
        return made

    def as_dict(self) -> dict[str, Any]:
        """By name."""
        return dict(zip(self._names, self._values, strict=True))

    def __getitem__(self, at: int | str) -> Any:
        return self._values[self._names.index(at)] if isinstance(at, str) else self._values[at]

    def __setitem__(self, at: int | str, value: Any) -> None:
        values = list(self._values)
        values[self._names.index(at) if isinstance(at, str) else at] = value
        self._values = tuple(values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._names:
            raise AttributeError(name)
        return self[name]

    def __iter__(self) -> Any:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Row) and self._values == other._values

    def __hash__(self) -> int:
        return hash(self._values)

    def __repr__(self) -> str:
        return f"Row({', '.join(map(repr, self._values))})"


class FunctionContext:
    """What a function's ``open`` is given."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self._parameters = parameters

    def get_job_parameter(self, key: str, default_value: str) -> str:
        """A setting of the session."""
        return self._parameters.get(key, default_value)


class UserDefinedFunction:
    """What a class with ``eval`` is derived from."""

    def open(self, function_context: FunctionContext) -> None:
        """Called before the first row."""

    def close(self) -> None:
        """Called behind the last row."""

    def is_deterministic(self) -> bool:
        """Whether the same arguments give the same value."""
        return True


class ScalarFunction(UserDefinedFunction):
    """One whose ``eval`` gives a value."""


class TableFunction(UserDefinedFunction):
    """One whose ``eval`` gives rows."""


@dataclass
class Wrapped:
    """What is made of a function. One that gives rows ``returns`` an ARRAY of them."""

    function: Any
    params: tuple[FlinkType, ...] | None
    returns: FlinkType
    is_deterministic: bool

    @property
    def kind(self) -> FunctionKind:
        """What sort of function it is."""
        return "scalar"

    def __call__(self, *args: Any) -> Any:
        """As Python calls it, so that a file may use its functions itself."""
        return self._eval(*args)

    @property
    def compute(self) -> Callable[..., Any]:
        """What is called for a row."""
        return self._eval

    @property
    def _eval(self) -> Callable[..., Any]:
        return self.function.eval if hasattr(self.function, "eval") else self.function


class WrappedTable(Wrapped):
    """One that gives rows."""

    @property
    def kind(self) -> FunctionKind:
        """What sort of function it is."""
        return "table"

    @property
    def compute(self) -> Callable[..., Any]:
        """What is called for a row."""
        call = self._eval
        return lambda *args: _rows(call(*args))


def _rows(found: Any) -> list[Sequence[Any]]:
    """The rows that a table function gave: a list, a range or an iterator of them, none, or a single one. A row is a
    tuple or a Row, or the value of its one field."""
    many = found if isinstance(found, list | range | Iterator) else () if found is None else (found,)
    return [tuple(one) if isinstance(one, tuple | Row) else (one,) for one in many]


def udf(
    f: Any = None,
    input_types: Any = None,
    result_type: "DataType | str | None" = None,
    deterministic: bool | None = None,
    name: str | None = None,
    func_type: str = "general",
    udf_type: str | None = None,
) -> Any:
    """Make a scalar function of one of Python's, of a class's object, or as a decorator. Raises TypeError."""
    if f is None:
        return lambda given: udf(given, input_types, result_type, deterministic, name, func_type, udf_type)
    if (udf_type or func_type) != "general":
        raise TypeError(f"func_type='{udf_type or func_type}' is not supported here: functions are called row by row")
    if result_type is None:
        raise TypeError("result_type of a function is missing")
    return _wrapped(Wrapped, f, input_types, flink_type(result_type), deterministic)


def udtf(
    f: Any = None,
    input_types: Any = None,
    result_types: Any = None,
    deterministic: bool | None = None,
    name: str | None = None,
) -> Any:
    """Make a table function of one of Python's, of a class's object, or as a decorator. Raises TypeError."""
    if f is None:
        return lambda given: udtf(given, input_types, result_types, deterministic, name)
    if result_types is None:
        raise TypeError("result_types of a table function are missing")
    return _wrapped(WrappedTable, f, input_types, table_row(result_types), deterministic)


def table_row(result_types: Any) -> FlinkType:
    """The ARRAY of rows of such fields, or of a ROW that is said."""
    types = [flink_type(one) for one in (result_types if isinstance(result_types, list | tuple) else [result_types])]
    row = types[0]
    if len(types) > 1 or row.root != "ROW":
        row = FlinkType("ROW", (), tuple(types), tuple(f"f{at}" for at in range(len(types))))
    return FlinkType("ARRAY", (), (row.of(nullable=False),))


def given_params(input_types: Any) -> tuple[FlinkType, ...] | None:
    """The types that a function says it takes; None where it takes any."""
    given = input_types if isinstance(input_types, list | tuple) or input_types is None else [input_types]
    return None if given is None else tuple(flink_type(one) for one in given)


def _wrapped(kind: type[Wrapped], f: Any, input_types: Any, returns: FlinkType, deterministic: bool | None) -> Wrapped:
    if inspect.isclass(f) or not callable(getattr(f, "eval", f)):
        raise TypeError(f"Invalid function: not a function or callable (__call__ is not defined): {f!r}")
    if inspect.iscoroutinefunction(getattr(f, "eval", f)):
        raise TypeError("Functions that are awaited are not supported here")
    if deterministic is None:
        deterministic = f.is_deterministic() if isinstance(f, UserDefinedFunction) else True
    return kind(f, given_params(input_types), returns, deterministic)
