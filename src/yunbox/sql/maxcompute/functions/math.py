"""Mathematical functions. What has no value in the reals is NULL, as the vendor has it."""

from collections.abc import Callable

from yunbox.schema.types import INTEGERS, DataType
from yunbox.sql.maxcompute.casts import cast, common_type
from yunbox.sql.maxcompute.errors import ArgumentTypeWrong
from yunbox.sql.maxcompute.expr import Expr, build
from yunbox.sql.maxcompute.functions.dates import hive_trunc
from yunbox.sql.maxcompute.functions.registry import Call, category, scalar

category("Mathematical functions")

_AS_GIVEN = "decimal -> decimal(38,18)"  # the functions that give a DECIMAL for a DECIMAL


def _bit_count(call: Call) -> str:
    of = call.args[0].type.name
    if of in INTEGERS:
        return f"CAST(bit_count({call[0]}) AS BIGINT)"
    if of not in ("boolean", "void"):
        raise ArgumentTypeWrong(f"function bit_count takes an integer or a BOOLEAN, actually {of}", call.where)
    return f"CAST({call[0]} AS BIGINT)"


def _real(template: str) -> Callable[[Call], str]:
    """A function over the reals; of a DECIMAL its shortest digits, of what has no value NULL or, in Hive mode, NaN."""

    def render(call: Call) -> str:
        sql = template.format(f"CAST({call[0]} AS DOUBLE)", "'NaN'::DOUBLE" if call.session.hive_compatible else "NULL")
        decimal = call.returns.name == "decimal"
        return f"CAST(CAST({sql} AS VARCHAR) AS {call.returns.duckdb})" if decimal else sql

    return render


scalar(
    "cbrt", ("double -> double", "(CASE WHEN pow(round(cbrt({0})), 3) = {0} THEN round(cbrt({0})) ELSE cbrt({0}) END)")
)
for _name in ("atan", "degrees", "radians"):
    scalar(_name, ("double -> double", f"{_name}({{0}})"))
for _name in ("exp", "sin", "cos", "tan", "sinh", "cosh", "tanh"):
    _template = _real(f"{_name}({{0}})")
    scalar(_name, (_AS_GIVEN, _template), ("double -> double", _template))
for _name in ("asin", "acos"):
    _template = _real(f"(CASE WHEN abs({{0}}) <= 1 THEN {_name}({{0}}) WHEN {{0}} IS NOT NULL THEN {{1}} END)")
    scalar(_name, (_AS_GIVEN, _template), ("double -> double", _template))
for _name, _places in (("ln", ""), ("sqrt", "=")):
    _template = _real(f"(CASE WHEN {{0}} >{_places} 0 THEN {_name}({{0}}) END)")
    scalar(_name, (_AS_GIVEN, _template), ("double -> double", _template))
for _name in ("log2", "log10"):
    scalar(_name, ("double -> double", f"(CASE WHEN {{0}} > 0 THEN {_name}({{0}}) END)"))
_cot = _real("(CASE WHEN {0} <> 0 THEN cot({0}) END)")
scalar("cot", (_AS_GIVEN, _cot), ("double -> double", _cot))


_PLACES_MAX = 38  # of a DECIMAL
_EXPONENT_MAX = 308  # of a DOUBLE


def _exactly(sql: str) -> object:
    """A template whose result is cast to the declared DECIMAL."""

    def render(call: Call) -> str:
        places = call.number(1, -_PLACES_MAX, _PLACES_MAX) if len(call) > 1 else 0
        text = sql.format(*[arg.sql for arg in call.args], places=places)
        return f"CAST({text} AS {call.returns.duckdb})"

    return render


def _to_places(cut: str, back: str) -> Callable[[Call], str]:
    """Cuts a DOUBLE at a place; where that place is beyond its digits the number stays, or nothing is left of it."""

    def render(call: Call) -> str:
        number, places = call[0], call[1]
        moved = f"{number} * pow(10.0e0, {places})"
        made = f"{cut.format(moved)} {back.format(places)}"
        known = call.args[1].value
        if isinstance(known, int) and abs(known) <= _PLACES_MAX:
            return f"({made})"
        stays = f"WHEN isfinite({moved}) THEN {made} WHEN {places} IS NOT NULL THEN {number}"
        return f"(CASE WHEN {places} < {-_EXPONENT_MAX} THEN {number} * 0 {stays} END)"

    return render


def _whole(name: str) -> object:
    def render(call: Call) -> object:
        of = DataType("decimal", (38, 0)) if call.args[0].type.name == "decimal" else DataType("bigint")
        return build(f"CAST({name}({call[0]}) AS {of.duckdb})", of, *call.args)

    return render


def _modulo(template: str) -> Callable[[Call], Expr]:
    """A remainder in the type that both numbers have."""

    def render(call: Call) -> Expr:
        of = common_type([arg.type for arg in call.args], call.where)
        return build(template.format(*[cast(arg, of).sql for arg in call.args]), of, *call.args)

    return render


def _conv(call: Call) -> str:
    hive = "TRUE" if call.session.hive_compatible else "FALSE"
    return f"yb_conv({call[0]}, {call[1]}, {call[2]}, {hive})"


def _shift(name: str) -> object:
    def render(call: Call) -> object:
        value, count = call.args
        wide = value.type.name == "bigint"
        of = DataType("bigint" if wide else "int")
        bits = 64 if wide else 32
        places = f"((({count.sql} % {bits}) + {bits}) % {bits})"
        unsigned = f"(CAST({value.sql} AS HUGEINT) & {2**bits - 1}::HUGEINT)"
        if name == "left":
            sql = f"(({unsigned} * CAST(pow(2, {places}) AS HUGEINT)) & {2**bits - 1}::HUGEINT)"
        elif name == "unsigned":
            sql = f"({unsigned} >> CAST({places} AS INTEGER))"
        else:
            return build(f"CAST({value.sql} >> CAST({places} AS INTEGER) AS {of.duckdb})", of, *call.args)
        signed = f"CASE WHEN {sql} >= {2 ** (bits - 1)}::HUGEINT THEN {sql} - {2**bits}::HUGEINT ELSE {sql} END"
        return build(f"CAST({signed} AS {of.duckdb})", of, *call.args)

    return render


scalar("abs", ("number -> number", "abs({0})"))
scalar(
    "ceil ceiling", ("bigint -> bigint", "{0}"), ("decimal -> any", _whole("ceil")), ("double -> any", _whole("ceil"))
)
scalar("floor", ("bigint -> bigint", "{0}"), ("decimal -> any", _whole("floor")), ("double -> any", _whole("floor")))
scalar("round", ("double -> double", "round({0})"),
       ("double, bigint -> double", _to_places("round({})", "/ pow(10.0e0, {})")),
       ("decimal, bigint? -> decimal", _exactly("round({0}, CAST({places} AS INTEGER))")))  # fmt: skip
scalar("bround", ("double -> double", "round_even({0}, 0)"),
       ("double, bigint -> double", _to_places("round_even({}, 0)", "/ pow(10.0e0, {})")),
       ("decimal, bigint? -> decimal", _exactly("round_even({0}, CAST({places} AS INTEGER))")))  # fmt: skip
scalar("trunc", ("double -> double", "trunc({0})"),
       ("double, bigint -> double", _to_places("trunc({})", "* pow(10.0e0, - {})")),
       ("decimal, bigint? -> decimal", _exactly("trunc({0}, CAST({places} AS INTEGER))")),
       ("hive: date, string -> string", hive_trunc))  # fmt: skip
scalar("log", ("double -> double", "(CASE WHEN {0} > 0 THEN ln({0}) END)"), ("double, double -> double",
       "(CASE WHEN {0} > 0 AND {1} > 0 AND {0} <> 1 THEN ln({1}) / ln({0}) END)"))  # fmt: skip
scalar("pow power", ("double, double -> double", "pow({0}, {1})"))
scalar("sign", ("double -> double", "CAST(sign({0}) AS DOUBLE)"))
scalar("pi", (" -> double", "pi()"))
scalar("e", (" -> double", "exp(1.0e0)"))
scalar("pmod", ("number, number -> number", _modulo("((({0} % nullif({1}, 0)) + {1}) % nullif({1}, 0))")))
scalar("mod", ("number, number -> number", _modulo("({0} % nullif({1}, 0))")))
scalar("negative", ("number -> number", "(- {0})"))
scalar("positive", ("number -> number", "{0}"))
scalar("rand random", ("bigint? -> double", "random()"), volatile=True)
scalar("atan2", ("double, double -> double", "atan2({0}, {1})"))
scalar("factorial", ("bigint -> bigint",
       "CAST(CASE WHEN {0} BETWEEN 0 AND 20 THEN factorial(CAST({0} AS INTEGER)) END AS BIGINT)"))  # fmt: skip
scalar("bin", ("bigint -> string", "bin({0})"))
scalar("bit_count", ("any -> bigint", _bit_count))
scalar("conv", ("string, bigint, bigint -> string", _conv))
scalar("isnan", ("double -> boolean", "isnan({0})"))
scalar("shiftleft", ("integer, bigint -> any", _shift("left")))
scalar("shiftright", ("integer, bigint -> any", _shift("right")))
scalar("shiftrightunsigned", ("integer, bigint -> any", _shift("unsigned")))
scalar("width_bucket", ("double, double, double, bigint -> bigint", "mc_width_bucket({0}, {1}, {2}, {3})"))
