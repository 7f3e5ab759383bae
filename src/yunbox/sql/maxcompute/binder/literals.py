"""Literals of every kind, and CAST, which typed literals such as ``DATE'2024-01-01'`` and ``10L`` are a form of."""

import json
import re
from typing import TYPE_CHECKING

from sqlglot import exp

from yunbox.schema.types import DataType
from yunbox.sql.maxcompute.binder import intervals
from yunbox.sql.maxcompute.casts import cast, check_literal, readable
from yunbox.sql.maxcompute.dialect import at, data_type
from yunbox.sql.maxcompute.errors import ParseFailed, SemanticError
from yunbox.sql.maxcompute.expr import BIGINT, Expr, build, string

if TYPE_CHECKING:
    from yunbox.sql.maxcompute.binder.expressions import ExpressionBinder

_NUMBER = re.compile(r"\d*\.?\d*(?:[eE][-+]?\d+)?")
_INT_MAX, _BIGINT_MAX = 2**31 - 1, 2**63 - 1


def number_or_string(binder: "ExpressionBinder", node: exp.Literal) -> Expr:
    """A number or a string."""
    if node.is_string:
        return string(node.this)
    text = node.this
    if not text.isdigit():
        if not _NUMBER.fullmatch(text):
            raise ParseFailed(f"invalid token {text!r}: a number expected", at(node))
        return Expr(f"{text}e0" if "e" not in text.lower() else text, DataType("double"), op="literal",
                    value=float(text))  # fmt: skip
    number = int(text)
    if number <= _INT_MAX and binder.session.new_types:
        return Expr(str(number), DataType("int"), op="literal", value=number)
    if number > _BIGINT_MAX + 1:  # the vendor's page "ABS": what BIGINT cannot hold is a DOUBLE
        return Expr(f"{text}e0", DataType("double"), op="literal", value=float(number))
    return Expr(f"CAST({number} AS BIGINT)", BIGINT, op="literal", value=number)


def hex_string(binder: "ExpressionBinder", node: exp.HexString) -> Expr:
    """``X'616263'``, which is unhex('616263'); an odd digit is the lower half of a byte."""
    digits = str(node.this)
    return Expr(f"unhex('{digits.zfill(len(digits) + len(digits) % 2)}')", DataType("binary"))


def interval(binder: "ExpressionBinder", node: exp.Interval) -> Expr:
    """``INTERVAL 3 DAY`` and friends."""
    span = node.args.get("unit")
    if isinstance(span, exp.IntervalSpan):
        return intervals.of_two_units(node.this, span.this.name.upper(), span.expression.name.upper(), at(node))
    unit = str(span.name if span else "").upper().rstrip("S")
    if unit not in intervals.UNITS:
        raise SemanticError(f"{unit or 'nothing'} is no unit of an INTERVAL", at(node))
    name = "interval_year_month" if unit in ("YEAR", "MONTH") else "interval_day_time"
    value = binder.bind(node.this)
    if unit == "SECOND":  # the only unit with a fraction
        seconds = cast(value, DataType("decimal", (38, 9)))
        return build(f"to_seconds(CAST({seconds.sql} AS DOUBLE))", DataType(name), seconds)
    value = cast(value, BIGINT)
    call = {"YEAR": "to_years", "MONTH": "to_months", "DAY": "to_days", "HOUR": "to_hours",
            "MINUTE": "to_minutes"}[unit]  # fmt: skip
    argument = value.sql if unit in ("HOUR", "MINUTE") else f"CAST({value.sql} AS INTEGER)"
    return build(f"{call}({argument})", DataType(name), value)


def converted(binder: "ExpressionBinder", node: exp.Cast) -> Expr:
    """CAST, and typed literals such as ``DATE'2024-01-01'`` and ``10L``."""
    target = data_type(node.args["to"])
    binder.session.check_type(target, at(node.args["to"]))
    value = binder.bind(node.this)
    safe = bool(node.args.get("safe"))
    if safe and target.name not in ("int", "bigint"):
        raise SemanticError(f"SAFE_CAST makes INT and BIGINT, not {target}", at(node))
    if type(node) is exp.Cast and isinstance(value.value, str):
        value = readable(value, target, node.parent.name.lower() if isinstance(node.parent, exp.Anonymous) else "")
        check_literal(value.value, target, at(node))
    made = cast(value, target, safe=safe, where=at(node))
    if value.op == "literal" and target.name == "date" and isinstance(value.value, str):
        return Expr(made.sql, target, op="date", value=value.value)
    return made


def json_document(binder: "ExpressionBinder", node: exp.ParseJSON) -> Expr:
    """``JSON '...'``."""
    value = binder.bind(node.this)
    try:
        json.loads(value.value)
    except (TypeError, ValueError):
        raise SemanticError("JSON needs a constant text that is JSON", at(node)) from None
    return build(f"CAST({value.sql} AS JSON)", DataType("json"), value)
