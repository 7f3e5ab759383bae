"""Conditional functions, and those about types."""

from collections.abc import Callable, Sequence

from yunbox.sql.flink import coercion
from yunbox.sql.flink.casts import cast
from yunbox.sql.flink.errors import ValidationFailed
from yunbox.sql.flink.expr import Expr, text_literal
from yunbox.sql.flink.functions.registry import Call, category, scalar
from yunbox.sql.flink.types import STRING, FlinkType

category("Conditional functions")
_MIXED = "Illegal mixing of types in CASE or COALESCE statement"
_Common = Callable[[Sequence[FlinkType]], FlinkType | None]


def _common(call: Call, args: tuple[Expr, ...], common: _Common = coercion.common) -> FlinkType:
    of = common([one.type for one in args])
    if of is None:
        raise ValidationFailed(_MIXED, call.text, call.at)
    return of


def _if(call: Call) -> Expr:
    condition, yes, no = call.args
    of = _common(call, (yes, no))
    sql = f"CASE WHEN {condition.sql} THEN {cast(yes, of).sql} ELSE {cast(no, of).sql} END"
    nullable = of.nullable or condition.type.nullable
    return Expr(sql, of.of(nullable=nullable), volatile=any(one.volatile for one in call.args))


def _coalesce(call: Call) -> Expr:
    of = _common(call, call.args, coercion.merged)
    made = of.of(nullable=all(one.type.nullable or one.type.root == "NULL" for one in call.args))
    sql = f"coalesce({', '.join(cast(one, of).sql for one in call.args)})"
    return Expr(sql, made, volatile=any(one.volatile for one in call.args))


def _nullif(call: Call) -> Expr:
    left, right = call.args
    of = _common(call, call.args)
    return Expr(f"CASE WHEN {cast(left, of).sql} = {cast(right, of).sql} THEN NULL ELSE {left.sql} END",
                left.type.of(nullable=True))  # fmt: skip


def _extreme(name: str, call: Call) -> Expr:
    """GREATEST and LEAST: NULL when one is."""
    of = _common(call, call.args, coercion.merged)
    sql = [cast(one, of).sql for one in call.args]
    nullable = any(one.type.nullable for one in call.args)
    made = f"{name}({', '.join(sql)})"
    if nullable:
        known = " AND ".join(f"{one} IS NOT NULL" for one in sql)
        made = f"CASE WHEN {known} THEN {made} END"
    return Expr(made, of.of(nullable=nullable), volatile=any(one.volatile for one in call.args))


def _typeof(call: Call) -> Expr:
    return Expr(text_literal(str(call.args[0].type)), STRING)


scalar("IF", "BOOLEAN, any, any -> any", _if)
scalar("IFNULL", "any, any -> any", _coalesce)
scalar("COALESCE", "any, any?* -> any", _coalesce)
scalar("NULLIF", "any, any -> any", _nullif)
scalar("GREATEST", "any, any?* -> any", lambda call: _extreme("greatest", call))
scalar("LEAST", "any, any?* -> any", lambda call: _extreme("least", call))
category("Type conversion functions")
scalar("TYPEOF", "any -> STRING", _typeof, "any, BOOLEAN -> STRING", _typeof)
