"""Aggregates and window functions. ``@sum(...)`` is DuckDB's, which gets the clauses of the call."""

from typing import Any

from yunbox.sql.hologres.catalogue.types import BPCHAR, FLOAT4, NUMERIC, RECORD, element_of, shown
from yunbox.sql.hologres.conversions import decimal_text
from yunbox.sql.hologres.errors import error, unsupported
from yunbox.sql.hologres.expr import Expr, build, replace
from yunbox.sql.hologres.rendering import comparisons
from yunbox.sql.hologres.rendering.numerics import decimal, free, scaled_of
from yunbox.sql.hologres.rendering.registry import CORE, Call, each, rendered, templates

_BOUND_MAX = 31
"""Of so many digits ten million values have a sum of 38."""

templates("""
count() = @count(*)
bool_and(bool) = @bool_and({0})
bool_or(bool) = @bool_or({0})
every(bool) = @bool_and({0})
sum(int2) = CAST(@sum({0}) AS BIGINT)
sum(int4) = CAST(@sum({0}) AS BIGINT)
sum(interval) = to_months(CAST(@sum(hg_months({0})) AS INTEGER)) \
    + to_days(CAST(@sum(date_part('day', {0})) AS INTEGER)) \
    + to_microseconds(CAST(@sum(hg_interval_us({0})) AS BIGINT))
row_number() = @row_number()
rank() = @rank()
dense_rank() = @dense_rank()
percent_rank() = @percent_rank()
cume_dist() = @cume_dist()
ntile(int4) = CAST(@ntile(CASE WHEN {0} <= 0 THEN \
    CAST(error('PG22014: argument of ntile must be greater than zero') AS INTEGER) ELSE {0} END) AS INTEGER)
mode(anyelement) = @mode({0})
any_value(anyelement) = @any_value({0})
""")
each("bit_{a}(int{b})", "@bit_{a}({0})", [(a, b) for a in ("and", "or", "xor") for b in "248"])


@rendered("count(any)")
def _count(call: Call) -> str:
    value = call.args[0]
    return f"{CORE}count({comparisons.key(value) if call.distinct and comparisons.needs_key(value) else value.sql})"


@rendered("sum(int8)")
def _sum_whole(call: Call) -> Expr:
    digits = (38, 0)
    return build(decimal(f"{CORE}sum({call[0]})", digits), NUMERIC, call.args, digits=digits)


def _total(value: Expr) -> str:
    """The sum as a text, NULL of nothing."""
    if value.type == NUMERIC and value.digits is None and (summed := _bounded(value)) is not None:
        return summed
    if value.type == NUMERIC and value.digits is None:
        listed = f"{CORE}list({value.sql})"
        return f"hg_num_total({listed})"
    made = f"{CORE}sum({value.sql})"
    return decimal_text(made, (38, value.digits[1])) if value.digits else f"CAST({made} AS VARCHAR)"


def _bounded(value: Expr) -> str | None:
    """The sum of texts of which none has many digits, in the largest scale that they have; None of others."""
    scaled = scaled_of(value)
    digits = scaled.digits if scaled else value.bound
    if digits is None or digits[0] > _BOUND_MAX:
        return None
    number = scaled.sql if scaled else decimal(value.sql, (38, digits[1]))
    scale = _scale_of(value) if scaled is None else f"CASE WHEN {scaled.sql} IS NOT NULL THEN {scaled.scale} END"
    total = decimal_text(f"{CORE}sum({number})", (38, digits[1]))
    return f"hg_num_round({total}, CAST({CORE}max({scale}) AS INTEGER))"


def _scale_of(value: Expr) -> str:
    """The digits behind the point of a text."""
    point = f"instr({value.sql}, '.')"
    return f"CASE WHEN {point} > 0 THEN length({value.sql}) - {point} ELSE 0 END"


@rendered("avg(int2)", "avg(int4)", "avg(int8)", "avg(numeric)")
def _average(call: Call) -> Expr:
    value = call.args[0]
    count = f"CAST({CORE}count({value.sql}) AS VARCHAR)"
    return build(f"hg_num_div({_total(value)}, nullif({count}, '0'))", NUMERIC, call.args)


@rendered("sum(numeric)")
def _sum_numeric(call: Call) -> Expr:
    value = call.args[0]
    if value.digits is None:
        return build(_total(value), NUMERIC, call.args)
    digits = (38, value.digits[1])
    return build(decimal(f"{CORE}sum({value.sql})", digits), NUMERIC, call.args, digits=digits)


@rendered("sum(float4)", "sum(float8)")
def _sum_float(call: Call) -> str:
    made = f"{CORE}sum({call[0]})"
    return f"CAST({made} AS FLOAT)" if call.args[0].type == FLOAT4 else made


@rendered("avg(float4)", "avg(float8)")
def _average_float(call: Call) -> str:
    return f"{CORE}avg(CAST({call[0]} AS DOUBLE))"


@rendered("avg(interval)")
def _average_interval(call: Call) -> str:
    value = call[0]
    parts = (
        f"{{'m': CAST({CORE}sum(hg_months({value})) AS INTEGER), "
        f"'d': CAST({CORE}sum(date_part('day', {value})) AS INTEGER), "
        f"'u': CAST({CORE}sum(hg_interval_us({value})) AS BIGINT)}}"
    )
    return f"hg_interval(hg_interval_div({parts}, nullif(CAST({CORE}count({call[0]}) AS DOUBLE), 0)))"


_EXTREMES = (
    "int2", "int4", "int8", "oid", "float4", "float8", "text", "bpchar", "date", "time", "timetz", "timestamp",
    "timestamptz", "interval", "numeric", "anyarray", "inet",
)  # fmt: skip


def _extreme(name: str):
    def render(call: Call) -> Expr:
        value = call.args[0]
        around = {"digits": value.digits}
        if value.type == BPCHAR or not comparisons.needs_key(value):
            return build(f"{CORE}{name}({value.sql})", call.returns, call.args, **around)
        if element_of(value.type):
            raise unsupported(f"{name} of {shown(value.type)}")
        return build(f"{CORE}arg_{name}({value.sql}, {comparisons.key(value)})", call.returns, call.args)

    return render


@rendered("approx_count_distinct(any)", "uniq(any)")
def _distinct(call: Call) -> str:
    """Both exactly, which is within what the vendor says that the first may be wrong by."""
    return f"{CORE}count({'' if call.distinct else 'DISTINCT '}{comparisons.key(call.args[0])})"


@rendered("max_by(anyelement,any)", "min_by(anyelement,any)")
def _of_extreme(call: Call) -> Expr:
    """The value in a row whose other one is the greatest or the least, NULL or not."""
    value, by = call.args
    if call.distinct:
        raise unsupported(f"{call.function.name} of DISTINCT values", value.at)
    sql = f"{CORE}arg_{call.function.name[:3]}_null({value.sql}, {comparisons.key(by)})"
    return build(sql, call.returns, call.args, digits=value.digits)


for _name in ("min", "max"):
    rendered(*(f"{_name}({of})" for of in _EXTREMES))(_extreme(_name))


def _sums(value: Expr) -> str | None:
    """How many there are, and the sums that a variance comes of: of integers, with the digits behind the point that
    these stand for. None of values that are no 64 bits: they are listed."""
    digits = (19, 0) if value.type != NUMERIC else value.digits
    if digits is None or digits[0] > 18 + (value.type != NUMERIC):
        return None
    scale = digits[1]
    of = f"CAST({decimal(value.sql, (38, scale))} * CAST({10**scale} AS DECIMAL({scale + 1},0)) AS BIGINT)"
    of = of if scale else f"CAST({value.sql} AS BIGINT)"
    high, low = f"({of} // {_HALF})", f"CAST({of} % {_HALF} AS HUGEINT)"
    products = f"{high} * {high}", f"{high} * {low}", f"{low} * {low}"
    sums = ", ".join(f"CAST({CORE}sum({one}) AS VARCHAR)" for one in (of, *products))
    return f"{CORE}count({of}), {sums}, {scale}"


_HALF = 1 << 32
for _name in ("stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop"):
    for _of in ("float4", "float8"):
        templates(f"{_name}({_of}) = hg_float_spread('{_name}', @list(CAST({{0}} AS DOUBLE)))")

    @rendered(*(f"{_name}({of})" for of in ("int2", "int4", "int8", "numeric")))
    def _spread(call: Call, name: str = _name) -> Expr:
        """Exact: the digits of the result follow from the sums of values and of squares."""
        value = call.args[0]
        if not call.distinct and (sums := _sums(value)) is not None:
            return build(f"hg_num_spread_of_sums('{name}', {sums})", NUMERIC, call.args)
        text = free(value) if value.type == NUMERIC else f"CAST({value.sql} AS VARCHAR)"
        return build(f"hg_num_spread('{name}', {CORE}list({text}))", NUMERIC, call.args)


for _name in ("corr", "covar_pop", "covar_samp", "regr_avgx", "regr_avgy", "regr_intercept", "regr_r2", "regr_slope",
              "regr_sxx", "regr_sxy", "regr_syy"):  # fmt: skip
    templates(f"{_name}(float8,float8) = hg_regression('{_name}', @list({{'y': {{0}}, 'x': {{1}}}}))")
templates("regr_count(float8,float8) = CAST(@regr_count({0}, {1}) AS BIGINT)")


LISTING = frozenset(
    ("array_agg", "string_agg", "listagg", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg")
)
"""What shows the order of its rows."""


def gathered(call: Call) -> str:
    """The first argument of all rows as a list; of equal ones the first, where the call says DISTINCT."""
    if not call.distinct:
        return f"{CORE}list({call[0]})"
    value = call.args[0]
    if value.type == RECORD:
        raise unsupported("DISTINCT of rows in an aggregate that shows their order", value.at)
    if not comparisons.needs_key(value):
        listed = f"{CORE}list({value.sql})"
        return f"[{free(replace(value, sql='v'))} FOR v IN {listed}]" if value.type == NUMERIC else listed
    listed = f"{CORE}list({{'k': {comparisons.key(value)}, 'v': {call[0]}}})"
    kept = f"list_filter({listed}, lambda r, i: i = 1 OR r.k IS DISTINCT FROM {listed}[i - 1].k)"
    return f"[r.v FOR r IN {kept}]"


@rendered("array_agg(anynonarray)")
def _array(call: Call) -> str:
    return gathered(call)


@rendered("string_agg(text,text)")
def joined(call: Call) -> str:
    """Each value has the separator of its own row before it, but the first of all; one that is NULL is none."""
    separator = call.args[1]
    between = "''" if separator.is_null else separator.sql
    if call.distinct:
        if not separator.is_constant:
            raise unsupported("string_agg of DISTINCT values with a separator that is no constant", separator.at)
        listed = gathered(call)
        return f"CASE WHEN list_count({listed}) > 0 THEN array_to_string({listed}, {between}) END"
    if separator.is_constant:
        return f"{CORE}string_agg({call[0]}, {between})"
    pair = f"CASE WHEN {call[0]} IS NOT NULL THEN {{'t': {call[0]}, 's': {between}}} END"
    listed = f"list_filter({CORE}list({pair}), lambda r: r IS NOT NULL)"
    parts = "CASE WHEN i = 1 THEN r.t ELSE coalesce(r.s, '') || r.t END"
    made = f"list_transform({listed}, lambda r, i: {parts})"
    return f"CASE WHEN len({made}) > 0 THEN array_to_string({made}, '') END"


@rendered("string_agg(bytea,bytea)")
def _bytes(call: Call) -> str:
    raise unsupported("string_agg of bytea")


FRACTIONS = "$fractions"
"""Where the fractions of a percentile go, which only its WITHIN GROUP decides."""


@rendered("percentile_cont(float8,float8)", "percentile_cont(_float8,float8)")
def _percentile(call: Call) -> str:
    return f"{CORE}quantile_cont({call[1]}, {FRACTIONS})"


@rendered("percentile_disc(float8,anyelement)", "percentile_disc(_float8,anyelement)")
def _percentile_disc(call: Call) -> str:
    return f"{CORE}quantile_disc({call[1]}, {FRACTIONS})"


def fractions_sql(value: float | list[float] | Any, *, descending: bool) -> str:
    """The fractions of a percentile, one or several; DuckDB counts from the end where they are negative.

    Raises PgError 0A000 where they are no constants, 22003 where one is no fraction.
    """
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(one, float) for one in listed):
        raise unsupported("a percentile that is not a constant from 0 to 1")
    for one in listed:
        if not 0 <= one <= 1:
            raise error("22003", f"percentile value {one:g} is not between 0 and 1")
    if descending:  # no zero is negative alone, though it is so among others
        listed = [-one for one in listed] if any(listed) else [1.0] * len(listed)
    return repr(listed if isinstance(value, list) else listed[0])


def _offset(name: str):
    def render(call: Call) -> Expr:
        value = call.args[0]
        rest = "".join(f", {one.sql}" for one in call.args[1:])
        digits = value.digits if len(call.args) < 3 else None
        if digits is None and value.type == NUMERIC:
            rest = "".join(f", {call[at]}" for at in range(1, len(call.args)))
            return build(f"{CORE}{name}({free(value)}{rest})", call.returns, call.args)
        return build(f"{CORE}{name}({value.sql}{rest})", call.returns, call.args, digits=digits)

    return render


for _name in ("lag", "lead"):
    rendered(f"{_name}(anyelement)", f"{_name}(anyelement,int4)", f"{_name}(anycompatible,int4,anycompatible)")(
        _offset(_name)
    )
for _name in ("first_value", "last_value"):
    rendered(f"{_name}(anyelement)")(_offset(_name))


_PLACE = "CAST(error('PG22016: argument of nth_value must be greater than zero') AS INTEGER)"


@rendered("nth_value(anyelement,int4)")
def _nth(call: Call) -> Expr:
    value = call.args[0]
    least = f"CASE WHEN {call[1]} <= 0 THEN {_PLACE} ELSE {call[1]} END"
    return build(f"{CORE}nth_value({value.sql}, {least})", call.returns, call.args, digits=value.digits)
