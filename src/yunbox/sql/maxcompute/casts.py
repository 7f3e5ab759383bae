"""Conversions between MaxCompute types: what CAST means in DuckDB, and which conversions happen by themselves.

The vendor's pages "CAST", "SAFE_CAST", "Data type conversions" and "ODPS-0123091" are followed. What a text that is no
number becomes depends on the statement's flags, for written and unwritten conversions alike: ``under`` says which hold.
"""

import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from yunbox.schema.types import INTEGERS, DataType
from yunbox.sql.maxcompute.errors import NOWHERE, ArgumentWrong, At, SemanticError, UnsupportedSql
from yunbox.sql.maxcompute.expr import (
    BOOLEAN,
    DATETIME,
    DOUBLE,
    STRING,
    TIMESTAMP,
    Expr,
    build,
    null,
    quote,
    text_literal,
)

_RANK = {name: rank for rank, name in enumerate((*INTEGERS, "decimal", "float", "double"))}
_DIGITS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 19}
_TIMES = ("date", "datetime", "timestamp", "timestamp_ntz")
_FORMATS = {"date": "%Y-%m-%d", "datetime": "%Y-%m-%d %H:%M:%S"}
_FORMS = {"date": "mc_date_form", "datetime": "mc_instant_form", "timestamp": "mc_timestamp_form",
          "timestamp_ntz": "mc_timestamp_form"}  # fmt: skip
_DAY, _TIME = r"\d{4}-\d\d-\d\d", r"\d\d:\d\d:\d\d"
_LITERALS = {
    "date": re.compile(_DAY),
    "datetime": re.compile(rf"{_DAY}( {_TIME}(\.\d{{1,3}})?)?"),
    "timestamp": re.compile(rf"{_DAY}( {_TIME}(\.\d{{1,9}})?)?"),
    "timestamp_ntz": re.compile(rf"{_DAY}( {_TIME}(\.\d{{1,9}})?)?"),
}
_FINER = re.compile(r"\.\d{6}\d*[1-9]")
"""The fraction of an instant that has more than microseconds, which tables keep."""
_EXACT = re.compile(r"-?(\d+)(?:\.(\d+))?", re.ASCII)
_WHOLE = re.compile(r"-?\d+", re.ASCII)
_PRECISION_MAX, _SCALE_MAX = 38, 18


@dataclass(frozen=True)
class Flags:
    """What a statement's flags say about conversions.

    ``strict``: a text that does not fit fails the statement; otherwise the number it begins with counts, or NULL.
    ``trims``: a DECIMAL becomes text without the zeros at its end. ``full_dates``: a DATE may be written with a time.
    """

    strict: bool = False
    trims: bool = True
    full_dates: bool = False


_flags: ContextVar[Flags] = ContextVar("flags", default=Flags())  # noqa: B039


@contextmanager
def under(flags: Flags) -> Generator[None]:
    """Convert as a statement's flags say while it is planned."""
    token = _flags.set(flags)
    try:
        yield
    finally:
        _flags.reset(token)


def decimal(precision: int, scale: int) -> DataType:
    """A DECIMAL no larger than the vendor allows; integer digits are kept before fraction digits."""
    if precision > _PRECISION_MAX:
        scale = max(scale - (precision - _PRECISION_MAX), min(scale, 6))
        precision = _PRECISION_MAX
    return DataType("decimal", (precision, min(scale, _SCALE_MAX)))


def as_decimal(of: DataType) -> DataType:
    """The DECIMAL that holds every value of an exact number type."""
    if of.name == "decimal":
        return of
    return DataType("decimal", (_DIGITS.get(of.name, 38), 0 if of.name in _DIGITS else 18))


def common_type(types: Sequence[DataType], where: At = NOWHERE) -> DataType:
    """The type that the branches of a CASE, the sides of a UNION or the elements of an ARRAY agree on."""
    result: DataType | None = None
    for of in types:
        if of.name == "void":
            continue
        result = of if result is None else _agree(result, of, where)
    return result or DataType("void")


def _agree(left: DataType, right: DataType, where: At) -> DataType:
    if left == right:
        return left
    if left.is_numeric and right.is_numeric:
        return wider_number(left, right)
    if left.is_text and right.is_text:
        return STRING
    if left.is_text or right.is_text:
        other = right if left.is_text else left
        if not other.children and other.name not in ("binary", "json"):
            return STRING
    if left.name in _TIMES and right.name in _TIMES:
        return TIMESTAMP if "timestamp" in (left.name, right.name) else DATETIME
    if left.children and left.name == right.name and len(left.children) == len(right.children):
        pairs = zip(left.children, right.children, strict=True)
        return DataType(left.name, (), tuple(_either(a, b, where) for a, b in pairs), left.names)
    raise SemanticError(f"types {left} and {right} have no common type", where)


def _either(left: DataType, right: DataType, where: At) -> DataType:
    if left.name == "void":
        return right
    return left if right.name == "void" else _agree(left, right, where)


def wider_number(left: DataType, right: DataType) -> DataType:
    """The number type that two number types meet in."""
    if left.name == "decimal" or right.name == "decimal":
        if left.name in ("float", "double") or right.name in ("float", "double"):
            return DOUBLE
        a, b = as_decimal(left).params, as_decimal(right).params
        scale = max(a[1], b[1])
        return decimal(max(a[0] - a[1], b[0] - b[1]) + scale, scale)
    return left if _RANK[left.name] >= _RANK[right.name] else right


def converts(source: DataType, target: DataType) -> int | None:
    """How far an implicit conversion goes: 0 is none needed, None is not allowed."""
    if source == target or target.name == "any":
        return 0
    if source.name == "void":
        return 1
    if source.is_numeric and target.is_numeric:
        return _number_distance(source, target)
    if source.is_text and target.is_text:
        return 1
    if source.is_text:
        return {"double": 4, "bigint": 5, "decimal": 5, "datetime": 4, "date": 5, "timestamp": 5, "int": 6,
                "smallint": 7, "tinyint": 7, "float": 6, "timestamp_ntz": 6, "boolean": 9, "binary": 9}.get(
                    target.name)  # fmt: skip
    if target.is_text:
        return None if source.children else 8
    if source.name in _TIMES and target.name in _TIMES:
        return 2 if source.name == "date" or target.name == "timestamp" else 3
    if source.children and source.name == target.name and len(source.children) == len(target.children):
        found = [converts(a, b) for a, b in zip(source.children, target.children, strict=True)]
        return None if None in found else max([step or 0 for step in found])
    return None


def needs_cast(source: DataType, target: DataType) -> bool:
    """Whether the 2.0 type system lets a column of one type go into another only by CAST: some values would not fit.

    The page "MaxCompute V2.0 data type edition" names the pairs.
    """
    if source.is_text:
        return target.name in INTEGERS or target.name in _TIMES or target.name == "boolean"
    if target.name in INTEGERS:
        return source.name in ("float", "double", "decimal")
    return source.name == "decimal" and target.name in ("float", "double")


def _number_distance(source: DataType, target: DataType) -> int | None:
    up = _RANK[target.name] - _RANK[source.name]
    return 1 + up if up >= 0 else 20 - up


def cast(value: Expr, target: DataType, *, safe: bool = False, where: At = NOWHERE) -> Expr:
    """A conversion. A text that does not fit gives NULL when ``safe``, else what the statement's flags say."""
    source = value.type
    if source == target:
        return value
    if value.is_null:
        return null(target)
    plain = isinstance(value.value, str) and _is_plain(value.value, target)
    sql = f"CAST({value.sql} AS {target.duckdb})" if plain else _cast_sql(value.sql, source, target, safe, where)
    made = build(sql, target, value, op="cast")
    if value.op == "literal":
        made = _folded(made, value, target)
    return made


def _is_plain(text: str, target: DataType) -> bool:
    """Whether a literal is plainly a value of a type, so that DuckDB's own CAST serves: it is folded before a scan."""
    if target.name in _LITERALS:
        return _is_literal(text, target)
    if target.name == "decimal":
        found = _EXACT.fullmatch(text)
        digits, scale = target.params or (0, 0)
        return found is not None and len(found[1]) <= digits - scale and len(found[2] or "") <= scale
    whole = _WHOLE.fullmatch(text) is not None
    return whole and (target.name in ("float", "double") or (target.name == "bigint" and len(text) < _DIGITS["bigint"]))


_COARSE = frozenset((
    "add_months", "date_add", "date_sub", "date_format", "to_millis", "unix_timestamp", "year", "quarter", "month",
    "day", "dayofmonth", "dayofweek", "dayofyear", "weekday", "weekofyear", "hour", "minute", "second", "last_day",
    "lastday", "next_day", "months_between", "to_date", "extract", "datepart", "datediff", "isdate",
))  # fmt: skip
"""Functions that read no more than milliseconds of an instant."""


def readable(value: Expr, target: DataType, reader: str) -> Expr:
    """A literal as the function ``reader`` sees it: a finer TIMESTAMP to the microsecond, where it reads no more."""
    if not target.name.startswith("timestamp") or reader not in _COARSE or not _FINER.search(value.value):
        return value
    text = value.value[: value.value.index(".") + 7]
    return Expr(text_literal(text), value.type, op="literal", value=text)


def check_literal(text: str, target: DataType, where: At = NOWHERE) -> None:
    """Refuse a typed literal, such as ``DATE'2024-02-30'``, that is no value of its type."""
    if target.name.startswith("timestamp") and _FINER.search(text):
        raise UnsupportedSql("a TIMESTAMP finer than a microsecond", where)
    if target.name in _LITERALS and not _is_literal(text, target):
        raise ArgumentWrong(f"'{text}' is no {target.name.upper()}", where)


def _is_literal(text: str, target: DataType) -> bool:
    if _LITERALS[target.name].fullmatch(text) is None or _FINER.search(text):
        return False
    try:
        datetime.fromisoformat(text[:19])
    except ValueError:
        return False
    return True


def _folded(made: Expr, value: Expr, target: DataType) -> Expr:
    """Keep a literal a literal where its value plainly carries over, so that pruning can read it."""
    if target.is_text and isinstance(value.value, str) and not target.params:
        return Expr(made.sql, target, op="literal", value=value.value)
    if target.name in INTEGERS and type(value.value) is int:
        return Expr(made.sql, target, op="literal", value=value.value)
    if target.name == "double" and type(value.value) in (int, float):
        return Expr(made.sql, target, op="literal", value=float(value.value))
    if target.is_text and type(value.value) is int:
        return Expr(made.sql, target, op="literal", value=str(value.value))
    return made


def _cast_sql(sql: str, source: DataType, target: DataType, safe: bool, where: At) -> str:
    if source.name == "void":
        return f"CAST({sql} AS {target.duckdb})"
    if source.children:
        return _nested(sql, source, target, safe, where)
    if target.name == "json" or source.name == "json":
        return _json(sql, source, target, safe, where)
    if target.is_text:
        return _to_text(sql, source, target)
    if target == BOOLEAN:
        return _to_boolean(sql, source, where)
    if target.name == "binary":
        if not source.is_text:
            raise _refused(source, target, where)
        return f"encode({sql})"
    if source.is_text:
        return _from_text(sql, target, safe, where)
    if target.is_numeric:
        return _to_number(sql, source, target, where)
    if target.name in _TIMES:
        return _to_time(sql, source, target, where)
    raise _refused(source, target, where)


def _refused(source: DataType, target: DataType, where: At) -> SemanticError:
    return SemanticError(f"cannot cast type {source} to {target}", where)


def _to_text(sql: str, source: DataType, target: DataType) -> str:
    if source.name in _FORMATS:
        sql = f"strftime({sql}, '{_FORMATS[source.name]}')"
    elif source.name == "timestamp":
        sql = f"CAST(CAST({sql} AS TIMESTAMP) AS VARCHAR)"
    elif source.name == "binary":
        sql = f"decode({sql})"
    elif source.name == "decimal" and source.params[1] and _flags.get().trims:
        sql = f"mc_trimmed({sql})"
    elif not source.is_text:
        sql = f"CAST({sql} AS VARCHAR)"
    if target.params:
        sql = f"left({sql}, {target.params[0]})"
    return sql


def _to_number(sql: str, source: DataType, target: DataType, where: At) -> str:
    if source.name in _TIMES or source.name.startswith("interval") or source.name == "binary":
        raise _refused(source, target, where)
    if target.name in INTEGERS and source.name in ("float", "double", "decimal"):
        sql = f"trunc({sql})"
    if source.name == "boolean" and target.name == "decimal":
        sql = f"CAST({sql} AS INTEGER)"
    return f"CAST({sql} AS {target.duckdb})"


def _to_time(sql: str, source: DataType, target: DataType, where: At) -> str:
    if source.name in INTEGERS and target.name == "timestamp":
        return f"to_timestamp({sql})"  # seconds since 1970
    if source.name not in _TIMES:
        raise _refused(source, target, where)
    if source.name == "datetime" and target.name == "timestamp":
        return sql
    if source.name == "timestamp" and target.name == "datetime":
        return f"date_trunc('millisecond', {sql})"
    return f"CAST({sql} AS {target.duckdb})"


def _from_text(sql: str, target: DataType, safe: bool, where: At) -> str:
    """A text to a number or a time: as it stands, else the number it begins with, else NULL or a refusal."""
    flags = _flags.get()
    parts: list[str] = []
    refused = sql
    if target.is_numeric:
        parts.append(_numeral(f"mc_numeral({sql})", target))
        if not flags.strict:
            parts.append(_numeral(f"mc_leading({sql})", target))
    elif target.name in _FORMS:
        parts.append(f"TRY_CAST({_FORMS[target.name]}({sql}) AS {target.duckdb})")
    else:
        raise _refused(STRING, target, where)
    if target.name == "date":  # a text with a time gives NULL, in strict mode as well, unless a flag allows it
        timed = f"mc_date_form({sql}) IS NULL AND TRY_CAST(mc_instant_form({sql}) AS TIMESTAMP) IS NOT NULL"
        refused = f"CASE WHEN ({timed}) IS NOT TRUE THEN {sql} END"
        if flags.full_dates:
            parts.append(f"CAST(TRY_CAST(mc_instant_form({sql}) AS TIMESTAMP) AS DATE)")
    if flags.strict and not safe:
        parts.append(f"mc_refused({refused}, '{target.name.capitalize()}')")
    return f"coalesce({', '.join(parts)})" if len(parts) > 1 else parts[0]


def _numeral(sql: str, target: DataType) -> str:
    if target.name in INTEGERS:
        return f"TRY_CAST(trunc(TRY_CAST({sql} AS DECIMAL(38,18))) AS {target.duckdb})"
    return f"TRY_CAST({sql} AS {target.duckdb})"


def _to_boolean(sql: str, source: DataType, where: At) -> str:
    if source.is_text:
        return f"({sql} <> '')"
    if source.is_numeric:
        return f"({sql} <> 0)"
    raise _refused(source, BOOLEAN, where)


def _json(sql: str, source: DataType, target: DataType, safe: bool, where: At) -> str:
    """To JSON every value is a scalar of its kind; from JSON a scalar converts as its text does."""
    if target.name == "json":
        if source.name in _TIMES or source.name == "binary":
            raise _refused(source, target, where)
        return f"to_json({sql})"
    text = f"mc_json_text({sql})"
    if target == BOOLEAN:
        return f"TRY_CAST({text} AS BOOLEAN)"
    return _cast_sql(text, STRING, target, safe, where)


def _nested(sql: str, source: DataType, target: DataType, safe: bool, where: At) -> str:
    """A complex type to one of the same shape, part by part."""
    if source.name != target.name or len(source.children) != len(target.children):
        raise _refused(source, target, where)
    if source.children == target.children and source.names == target.names:
        return sql
    item = f"_x{_depth(source)}"
    if source.name == "array":
        inner = _part(item, source, target, 0, safe, where)
        return f"list_transform({sql}, lambda {item}: {inner})"
    if source.name == "map":
        key = _part(f"{item}.key", source, target, 0, safe, where)
        value = _part(f"{item}.value", source, target, 1, safe, where)
        pairs = f"list_transform(map_entries({sql}), lambda {item}: struct_pack(key := {key}, value := {value}))"
        return f"map_from_entries({pairs})"
    fields = [
        f"{quote(name)} := {_part(f'struct_extract({sql}, {text_literal(own)})', source, target, i, safe, where)}"
        for i, (name, own) in enumerate(zip(target.names, source.names, strict=True))
    ]
    return f"(CASE WHEN {sql} IS NOT NULL THEN struct_pack({', '.join(fields)}) END)"


def _part(sql: str, source: DataType, target: DataType, i: int, safe: bool, where: At) -> str:
    if source.children[i] == target.children[i]:
        return sql
    return _cast_sql(sql, source.children[i], target.children[i], safe, where)


def _depth(of: DataType) -> int:
    return 1 + max((_depth(child) for child in of.children), default=0)


def implicit(value: Expr, target: DataType, where: At = NOWHERE) -> Expr:
    """A conversion nobody wrote; raises when the vendor would refuse it."""
    if value.type == target:
        return value
    if converts(value.type, target) is None:
        raise SemanticError(f"cannot implicitly cast from {value.type} to {target}", where)
    return cast(value, target, where=where)
