"""Functions of no other category: conditions, identifiers, sampling and identity cards."""

from collections.abc import Sequence

from yunbox.schema.types import DataType
from yunbox.sql.maxcompute.casts import as_decimal, cast, common_type, implicit, wider_number
from yunbox.sql.maxcompute.errors import ArgumentTypeWrong, ArgumentWrong
from yunbox.sql.maxcompute.expr import DATETIME, DOUBLE, STRING, Expr, build, null, text_literal
from yunbox.sql.maxcompute.functions.encodings import decode as decode_binary
from yunbox.sql.maxcompute.functions.registry import Call, category, failing, scalar
from yunbox.sql.maxcompute.operators import check_comparable, comparable
from yunbox.wire.odps.types import parse_type


def _decode(call: Call) -> Expr | str:
    """decode(x, a, r1, b, r2, ..., default): NULL equals NULL; decode(binary, charset) reads text."""
    if len(call) == 2:
        return decode_binary(call)
    operand, rest = call.args[0], list(call.args[1:])
    pairs = list(zip(rest[::2], rest[1::2], strict=False))
    default = rest[-1] if len(rest) % 2 else null()
    target = common_type([r.type for _, r in pairs] + [default.type], call.where)
    branches = ""
    for choice, result in pairs:
        a, b = comparable(operand, choice, call.where)
        branches += f" WHEN {a.sql} IS NOT DISTINCT FROM {b.sql} THEN {implicit(result, target).sql}"
    return build(f"(CASE{branches} ELSE {implicit(default, target).sql} END)", target, *call.args)


def _compared(args: Sequence[Expr], call: Call) -> DataType:
    """What greatest, least and ordinal compare in: text beside a number is a number, beside a time that time."""
    types = [arg.type for arg in args if arg.type.name != "void"]
    for of in types:
        check_comparable(of, call.where)
    numbers = [of for of in types if of.is_numeric]
    texts = [of for of in types if of.is_text]
    if (numbers and texts) or len({of.name == "decimal" for of in numbers}) > 1:
        decimals = [of for of in numbers if of.name == "decimal"]
        if not decimals:
            return DOUBLE
        wide = as_decimal(decimals[0])
        for of in decimals[1:]:
            wide = wider_number(wide, of)
        return DataType("decimal", (38, max(wide.params[1], 18 if len(numbers) > len(decimals) or texts else 0)))
    if texts and len(texts) < len(types) and not any(of.name == "boolean" for of in types):
        return DATETIME
    return common_type(types, call.where)


def _extreme(name: str) -> object:
    def render(call: Call) -> Expr:
        of = _compared(call.args, call)
        args = [cast(arg, of) for arg in call.args]
        sql = f"{name}({', '.join(arg.sql for arg in args)})"
        if name == "least" or call.session.hive_compatible:
            unknown = " OR ".join(f"{arg.sql} IS NULL" for arg in args)
            sql = f"(CASE WHEN {unknown} THEN NULL ELSE {sql} END)"
        return build(sql, of, *args)

    return render


def _ordinal(call: Call) -> Expr:
    of = _compared(call.args[1:], call)
    args = [cast(arg, of) for arg in call.args[1:]]
    listed = ", ".join(arg.sql for arg in args)
    return build(f"list_sort([{listed}], 'ASC', 'NULLS FIRST')[{call[0]}]", of, call.args[0], *args)


def _coalesce(call: Call) -> str:
    if all(arg.is_null for arg in call.args):
        raise ArgumentTypeWrong("function coalesce needs an argument that is not NULL", call.where)
    return f"coalesce({', '.join(arg.sql for arg in call.args)})"


def _hash(call: Call) -> Expr:
    """hash(): 31 times what went before, and each value's own, as Java has it; NULL and '' are 0."""
    sql = f"yb_hash_all([{', '.join(map(_hash_of, call.args))}])"
    return build(sql if call.session.hive_compatible else f"CAST({sql} AS BIGINT)", _hashed(call), *call.args)


def _hashed(call: Call) -> DataType:
    return DataType("int" if call.session.hive_compatible else "bigint")


def _hash_of(arg: Expr) -> str:
    name = arg.type.name
    if name == "void":
        return "0"
    if arg.type.is_integer:
        return f"yb_hash_long(CAST({arg.sql} AS BIGINT))"
    if name == "boolean":
        return f"CAST({arg.sql} AS INTEGER)"
    if name in ("float", "double"):
        return f"yb_hash_double({arg.sql})"
    if name == "date":
        return f"CAST({arg.sql} - DATE '1970-01-01' AS INTEGER)"
    if name in ("datetime", "timestamp"):
        return f"yb_hash_long(epoch_ms({arg.sql}))"
    return f"yb_hash_text({cast(arg, STRING).sql})"


def _sample(call: Call) -> Expr:
    parts = call.number(0, 1)
    taken = call.number(1, 1) if len(call) > 1 else 1
    if taken > parts:
        raise ArgumentWrong(f"function sample cannot take part {taken} of {parts}", call.where)
    if len(call) > 2:
        columns = ", ".join(arg.sql for arg in call.args[2:])
        return build(f"(hash({columns}) % {parts} = {taken} - 1)", call.returns, *call.args)
    return build(f"(random() * {parts} < 1)", call.returns, *call.args, volatile=True)


def _convert(name: str) -> object:
    def render(call: Call) -> Expr:
        return cast(call.args[0], parse_type(name), where=call.where)

    return render


category("Other functions")

scalar("_yb_once", ("boolean, bigint -> boolean", "(CASE WHEN {0} AND {1} > 1 THEN mc_error('ODPS-0130071:[0,0] "
       "Semantic analysis exception - several source rows match one target row') ELSE TRUE END)"))  # fmt: skip
scalar("failif", ("boolean, string -> boolean", lambda c:
       f"(CASE WHEN {c[0]} THEN {failing('ODPS-0121095', c[1])} WHEN NOT {c[0]} THEN TRUE END)"))  # fmt: skip
scalar("coalesce", ("T* -> T", _coalesce))
scalar("nvl ifnull", ("T, T -> T", "coalesce({0}, {1})"))
scalar("nvl2", ("any, T, T -> T", "(CASE WHEN {0} IS NOT NULL THEN {1} ELSE {2} END)"))
scalar("nullif", ("T, T -> T", "nullif({0}, {1})"))
scalar("if", ("boolean, T, T? -> T", "(CASE WHEN {0} THEN {1} ELSE {2} END)"))
scalar("isnull", ("any -> boolean", "({0} IS NULL)"), ("T, T -> T", "coalesce({0}, {1})"))
scalar("isnotnull", ("any -> boolean", "({0} IS NOT NULL)"))
scalar("istrue", ("boolean -> boolean", "({0} IS TRUE)"))
scalar("isfalse", ("boolean -> boolean", "({0} IS FALSE)"))
scalar("greatest", ("any* -> any", _extreme("greatest")))
scalar("least", ("any* -> any", _extreme("least")))
scalar("decode", ("binary, string -> string", _decode),
       ("any, any, any, any?* -> any", _decode))  # fmt: skip
scalar("ordinal", ("bigint, any* -> any", _ordinal))
scalar("uuid", (" -> string", "CAST(uuid() AS VARCHAR)"), volatile=True)
scalar("unique_id", (" -> string", "(CAST(uuid() AS VARCHAR) || '_0')"), volatile=True)
scalar("hash", ("any* -> any", _hash))
scalar("sample", ("bigint, bigint?, any?* -> boolean", _sample), ("bigint, any?* -> boolean", _sample))
scalar("get_idcard_age", ("string -> bigint", lambda c: f"({c.session.now.year} - year(yb_idcard_birthday({c[0]})))"))
scalar("get_idcard_birthday", ("string -> datetime", "CAST(yb_idcard_birthday({0}) AS TIMESTAMPTZ)"))
scalar("get_idcard_sex", ("string -> string", "yb_idcard_sex({0})"))
scalar("typeof", ("any -> string", lambda c: text_literal(str(c.args[0].type))))
scalar("current_user session_user", (" -> string", lambda c: Expr(text_literal(c.session.user), c.returns)))
scalar("current_timezone", (" -> string", lambda c: Expr(text_literal(c.session.timezone), c.returns)))
for _type in ("bigint", "int", "smallint", "tinyint", "double", "float", "string", "boolean"):
    scalar(_type, ("any -> any", _convert(_type)))
