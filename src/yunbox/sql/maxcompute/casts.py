"""Conversions between MaxCompute types: what CAST means in DuckDB, and which conversions happen by themselves."""

from collections.abc import Sequence

from yunbox.schema.types import INTEGERS, DataType
from yunbox.sql.maxcompute.errors import NOWHERE, At, SemanticError
from yunbox.sql.maxcompute.expr import BOOLEAN, DATETIME, DOUBLE, STRING, TIMESTAMP, Expr, build, null

_RANK = {name: rank for rank, name in enumerate((*INTEGERS, "decimal", "float", "double"))}
_DIGITS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 19}
_TIMES = ("date", "datetime", "timestamp", "timestamp_ntz")
_FORMATS = {"date": "%Y-%m-%d", "datetime": "%Y-%m-%d %H:%M:%S"}
_PRECISION_MAX, _SCALE_MAX = 38, 18


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


def _number_distance(source: DataType, target: DataType) -> int | None:
    up = _RANK[target.name] - _RANK[source.name]
    return 1 + up if up >= 0 else 20 - up


def cast(value: Expr, target: DataType, *, strict: bool = False, where: At = NOWHERE) -> Expr:
    """An explicit CAST. A text that does not fit gives NULL, or an error when ``strict``."""
    source = value.type
    if source == target:
        return value
    if value.is_null:
        return null(target)
    sql = _cast_sql(value.sql, source, target, "CAST" if strict else "TRY_CAST", where)
    made = build(sql, target, value, op="cast")
    if value.op == "literal":
        made = _folded(made, value, target)
    return made


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


def _cast_sql(sql: str, source: DataType, target: DataType, word: str, where: At) -> str:
    if source.name == "void":
        return f"CAST({sql} AS {target.duckdb})"
    if target.is_text:
        return _to_text(sql, source, target, where)
    if target.name in INTEGERS:
        return _to_integer(sql, source, target, word, where)
    if target.name in ("float", "double", "decimal"):
        if source.name in _TIMES or source.children:
            raise _refused(source, target, where)
        if source.name == "boolean" and target.name == "decimal":
            sql = f"CAST({sql} AS INTEGER)"
        return f"{word if source.is_text else 'CAST'}({sql} AS {target.duckdb})"
    if target.name in _TIMES:
        return _to_time(sql, source, target, word, where)
    if target == BOOLEAN:
        return _to_boolean(sql, source, where)
    if target.name == "binary":
        return f"encode({sql})" if source.is_text else f"CAST({sql} AS BLOB)"
    if source.children and source.name == target.name:
        return _nested(sql, source, target, word, where)
    if target.name == "json" or source.name == "json":
        return f"{word}({sql} AS {target.duckdb})"
    raise _refused(source, target, where)


def _refused(source: DataType, target: DataType, where: At) -> SemanticError:
    return SemanticError(f"cannot cast type {source} to {target}", where)


def _to_text(sql: str, source: DataType, target: DataType, where: At) -> str:
    if source.children:
        raise _refused(source, target, where)
    if source.name in _FORMATS:
        sql = f"strftime({sql}, '{_FORMATS[source.name]}')"
    elif source.name == "timestamp":
        sql = f"CAST(CAST({sql} AS TIMESTAMP) AS VARCHAR)"
    elif source.name == "binary":
        sql = f"decode({sql})"
    elif not source.is_text:
        sql = f"CAST({sql} AS VARCHAR)"
    if target.params:
        sql = f"left({sql}, {target.params[0]})"
    return sql


def _to_integer(sql: str, source: DataType, target: DataType, word: str, where: At) -> str:
    if source.name in _TIMES or source.children:
        raise _refused(source, target, where)
    if source.is_text:
        return f"{word}(trunc({word}({sql} AS DECIMAL(38,18))) AS {target.duckdb})"
    if source.name in ("float", "double", "decimal"):
        sql = f"trunc({sql})"
    return f"CAST({sql} AS {target.duckdb})"


def _to_time(sql: str, source: DataType, target: DataType, word: str, where: At) -> str:
    if not (source.is_text or source.name in _TIMES):
        raise _refused(source, target, where)
    if source.name == "datetime" and target.name == "timestamp":
        return sql
    if source.name == "timestamp" and target.name == "datetime":
        return f"date_trunc('millisecond', {sql})"
    if source.is_text and target.name == "date":
        return f"CAST({word}({sql} AS TIMESTAMP) AS DATE)"
    return f"{word if source.is_text else 'CAST'}({sql} AS {target.duckdb})"


def _to_boolean(sql: str, source: DataType, where: At) -> str:
    if source.is_text:
        return f"(CASE WHEN lower({sql}) IN ('true', 'false') THEN lower({sql}) = 'true' ELSE {sql} <> '' END)"
    if source.is_numeric:
        return f"({sql} <> 0)"
    raise _refused(source, BOOLEAN, where)


def _nested(sql: str, source: DataType, target: DataType, word: str, where: At) -> str:
    if source.name == "array":
        inner = _cast_sql("_x", source.children[0], target.children[0], word, where)
        if source.children[0] == target.children[0]:
            return sql
        return f"list_transform({sql}, lambda _x: {inner})"
    return f"CAST({sql} AS {target.duckdb})"


def implicit(value: Expr, target: DataType, where: At = NOWHERE) -> Expr:
    """A conversion nobody wrote; raises when the vendor would refuse it."""
    if value.type == target:
        return value
    if converts(value.type, target) is None:
        raise SemanticError(f"cannot implicitly cast from {value.type} to {target}", where)
    return cast(value, target, where=where)
