"""Functions of no other category."""

from yunbox.sql.maxcompute.casts import common_type, implicit
from yunbox.sql.maxcompute.expr import Expr, build, null, text_literal
from yunbox.sql.maxcompute.functions.registry import Call, scalar
from yunbox.sql.maxcompute.operators import comparable


def _decode(call: Call) -> Expr:
    """decode(x, a, r1, b, r2, ..., default): NULL equals NULL."""
    operand, rest = call.args[0], list(call.args[1:])
    pairs = list(zip(rest[::2], rest[1::2], strict=False))
    default = rest[-1] if len(rest) % 2 else null()
    target = common_type([r.type for _, r in pairs] + [default.type], call.where)
    branches = ""
    for choice, result in pairs:
        a, b = comparable(operand, choice, call.where)
        branches += f" WHEN {a.sql} IS NOT DISTINCT FROM {b.sql} THEN {implicit(result, target).sql}"
    return build(f"(CASE{branches} ELSE {implicit(default, target).sql} END)", target, *call.args)


scalar("coalesce", ("T* -> T", "coalesce({*})"))
scalar("nvl ifnull", ("T, T -> T", "coalesce({0}, {1})"))
scalar("nvl2", ("any, T, T -> T", "(CASE WHEN {0} IS NOT NULL THEN {1} ELSE {2} END)"))
scalar("nullif", ("T, T -> T", "nullif({0}, {1})"))
scalar("if", ("boolean, T, T? -> T", "(CASE WHEN {0} THEN {1} ELSE {2} END)"))
scalar("isnull", ("any -> boolean", "({0} IS NULL)"), ("T, T -> T", "coalesce({0}, {1})"))
scalar("isnotnull", ("any -> boolean", "({0} IS NOT NULL)"))
scalar("greatest", ("T* -> T", lambda c: f"(CASE WHEN {' OR '.join(f'{a.sql} IS NULL' for a in c.args)} THEN NULL "
       f"ELSE greatest({', '.join(a.sql for a in c.args)}) END)"))  # fmt: skip
scalar("least", ("T* -> T", lambda c: f"(CASE WHEN {' OR '.join(f'{a.sql} IS NULL' for a in c.args)} THEN NULL "
       f"ELSE least({', '.join(a.sql for a in c.args)}) END)"))  # fmt: skip
scalar("decode", ("any, any, any, any?* -> any", _decode))
scalar("ordinal", ("bigint, T* -> T", "list_sort([{1*}], 'ASC', 'NULLS FIRST')[{0}]"))
scalar("uuid", (" -> string", "CAST(uuid() AS VARCHAR)"), volatile=True)
scalar("hash", ("any* -> bigint", "CAST(hash({*}) & 2147483647 AS BIGINT)"))
scalar("current_user", (" -> string", lambda c: Expr(text_literal(c.session.user), c.returns)))
scalar("current_timezone", (" -> string", lambda c: Expr(text_literal(c.session.timezone), c.returns)))
for _type in ("bigint", "int", "double", "string", "boolean"):
    scalar(_type, ("any -> any", lambda c, t=_type: _convert(c, t)))


def _convert(call: Call, name: str) -> Expr:
    from yunbox.sql.maxcompute.casts import cast
    from yunbox.wire.odps.types import parse_type

    return cast(call.args[0], parse_type(name), where=call.where)
