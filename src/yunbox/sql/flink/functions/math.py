"""Arithmetic functions."""

from typing import Any

from yunbox.sql.flink.binder.decimals import decimals
from yunbox.sql.flink.casts import cast, unlike_least
from yunbox.sql.flink.coercion import APPROXIMATE, INTEGERS, as_decimal, decimal
from yunbox.sql.flink.expr import Expr
from yunbox.sql.flink.functions.dates import rounded_time
from yunbox.sql.flink.functions.registry import Call, category, scalar
from yunbox.sql.flink.types import FlinkType

category("Arithmetic functions")


def _rounded(name: str, call: Call) -> str | Expr:
    """FLOOR and CEIL, of numbers and of times."""
    arg = call.args[0]
    if arg.type.root == "DECIMAL":
        of = FlinkType("DECIMAL", (arg.type.params[0], 0), nullable=arg.type.nullable)
        return Expr(f"CAST({name}({arg.sql}) AS {of.duckdb})", of, volatile=arg.volatile)
    if arg.type.root in ("FLOAT", "DOUBLE"):
        return Expr(f"CAST({name}({arg.sql}) AS {arg.type.duckdb})", arg.type, volatile=arg.volatile)
    return arg


def _digits(call: Call) -> str:
    return call[1] if len(call) > 1 else "0"


def _round(call: Call, name: str) -> Expr:
    """ROUND and TRUNCATE: of a DECIMAL the digits decide the type where they are a literal."""
    arg, of = call.args[0], call.args[0].type
    nullable = call.returns.nullable
    if of.root == "DECIMAL":
        precision, scale = of.params
        digits = call.args[1].value if len(call) > 1 and call.args[1].literal else (0 if len(call) == 1 else None)
        made = decimal(precision, scale) if digits is None else _rounded_type(precision, scale, int(digits))
        # DuckDB rounds a DECIMAL to a constant number of digits only.
        exact = f"round({arg.sql}, {_digits(call)})" if name == "round" else _truncated(arg.sql, scale, digits)
        about = f"fl_{name}(CAST({arg.sql} AS DOUBLE), {_digits(call)})"
        sql = f"CAST({exact if digits is not None else about} AS {made.duckdb})"
        return Expr(sql, made.of(nullable=nullable))
    if of.root in ("FLOAT", "DOUBLE"):
        made = f"fl_{name}({arg.sql}, {_digits(call)}) + CAST(0 AS DOUBLE)"  # no 0 is negative, as there
        return Expr(f"CAST({made} AS {of.duckdb})", of.of(nullable=nullable))
    if name == "round" or (len(call) > 1 and not call.args[1].literal):
        return Expr(f"CAST(round({arg.sql}, {_digits(call)}) AS {of.duckdb})", of.of(nullable=nullable))
    whole = _truncated(arg.sql, 0, call.args[1].value if len(call) > 1 else 0)
    return Expr(f"CAST({whole} AS {of.duckdb})", of.of(nullable=nullable))


def _truncated(sql: str, scale: int, digits: Any) -> str:
    """A DECIMAL without the digits behind so many: what a unit does not go into, goes."""
    places = int(digits or 0)
    if places >= scale:
        return sql
    unit = f"1{'0' * -places}" if places <= 0 else f"0.{'0' * (places - 1)}1"
    return f"({sql} - {sql} % CAST('{unit}' AS DECIMAL({abs(places) + 1},{max(places, 0)})))"


def _rounded_type(precision: int, scale: int, digits: int) -> FlinkType:
    if digits >= scale:
        return decimal(precision, scale)
    if digits < 0:
        return decimal(min(38, 1 + precision - scale), 0)
    return decimal(1 + precision - scale + digits, digits)


def _absolute(call: Call) -> str:
    arg = call.args[0]
    sql = f"CAST(abs({arg.sql}) AS {arg.type.duckdb})"
    return unlike_least(arg, sql) if arg.type.root in INTEGERS else sql


def _sign(call: Call) -> str:
    if call.args[0].type.root in APPROXIMATE:
        return (
            f"(CASE WHEN isnan({call[0]}) THEN {call[0]} ELSE CAST(sign({call[0]}) AS {call.args[0].type.duckdb}) END)"
        )
    return f"CAST(sign({call[0]}) AS {call.args[0].type.duckdb})"


def _mod(call: Call) -> Expr:
    left, right = call.args
    roots = {left.type.root, right.type.root}
    if "DECIMAL" in roots and not roots & {*APPROXIMATE}:
        (p1, s1), (p2, s2) = as_decimal(left.type), as_decimal(right.type)
        scale = max(s1, s2)
        of = decimal(min(p1 - s1, p2 - s2) + scale, scale).of(nullable=call.returns.nullable)
        return Expr(decimals("%", left, right, of), of)
    if "DECIMAL" in (left.type.root, right.type.root) or "DOUBLE" in (left.type.root, right.type.root):
        of = right.type if right.type.root != "INT" else left.type
        wide = FlinkType("DOUBLE") if of.root in ("FLOAT", "DOUBLE") else of
        return Expr(
            f"CAST({cast(left, wide).sql} % {cast(right, wide).sql} AS {of.duckdb})",
            of.of(nullable=call.returns.nullable),
        )
    of = right.type.of(nullable=call.returns.nullable)
    return Expr(f"CAST({left.sql} % {right.sql} AS {of.duckdb})", of)


scalar("POWER", "DOUBLE, DOUBLE -> DOUBLE", "power({0}, {1})")
scalar("ABS", "number -> number", _absolute)
scalar("SQRT", "DOUBLE -> DOUBLE", "sqrt({0})")
scalar("LN", "DOUBLE -> DOUBLE", "ln({0})")
scalar("LOG10", "DOUBLE -> DOUBLE", "log10({0})")
scalar("LOG2", "DOUBLE -> DOUBLE", "log2({0})")
scalar("LOG", "DOUBLE -> DOUBLE", "ln({0})", "DOUBLE, DOUBLE -> DOUBLE", "(ln({1}) / ln({0}))")
scalar("EXP", "DOUBLE -> DOUBLE", "exp({0})")
scalar(
    "FLOOR",
    "number -> number",
    lambda call: _rounded("floor", call),
    "datetime, any -> datetime",
    rounded_time("FLOOR"),
)
scalar(
    "CEIL CEILING",
    "number -> number",
    lambda call: _rounded("ceil", call),
    "datetime, any -> datetime",
    rounded_time("CEIL"),
)
for _name in ("SIN", "SINH", "COS", "COSH", "TAN", "TANH", "COT", "ASIN", "ACOS", "ATAN", "DEGREES", "RADIANS"):
    scalar(_name, "DOUBLE -> DOUBLE", f"{_name.lower()}({{0}})")
scalar("ATAN2", "DOUBLE, DOUBLE -> DOUBLE", "atan2({0}, {1})")
scalar("SIGN", "number -> number", _sign)
scalar("ROUND", "number, INT? -> number", lambda call: _round(call, "round"))
scalar("TRUNCATE", "number, INT? -> number", lambda call: _round(call, "truncate"))
scalar("PI", "-> DOUBLE!", "pi()")
scalar("E", "-> DOUBLE!", "exp(1.0)")
scalar("RAND", "-> DOUBLE!", "random()", "INT -> DOUBLE!", "random()", volatile=True)
scalar(
    "RAND_INTEGER", "INT -> INT", "CAST(floor(random() * {0}) AS INTEGER)",
    "INT, INT -> INT", "CAST(floor(random() * {1}) AS INTEGER)", volatile=True,
)  # fmt: skip
scalar("UUID", "-> CHAR(36)!", "CAST(uuid() AS VARCHAR)", volatile=True)
scalar("BIN", "BIGINT -> STRING", "bin({0})")
scalar("HEX", "BIGINT -> STRING", "fl_hex({0})", "text -> STRING", "hex(encode({0}))", "binary -> STRING", "hex({0})")
scalar("UNHEX", "text -> BYTES?", "fl_unhex({0})")
scalar("MOD", "number, number -> number", _mod)
