"""Dates, times, instants and intervals: operators and functions."""

from collections.abc import Callable

from yunbox.sql.hologres import conversions
from yunbox.sql.hologres.catalogue.types import (
    DATE,
    FLOAT8,
    INTERVAL,
    NUMERIC,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    TIMETZ,
    shown,
)
from yunbox.sql.hologres.errors import error, unsupported
from yunbox.sql.hologres.expr import Expr, Grouped, build, once, quoted, replace
from yunbox.sql.hologres.natives.moments import FIELDS
from yunbox.sql.hologres.natives.stopping import STATEMENT
from yunbox.sql.hologres.rendering import series
from yunbox.sql.hologres.rendering.casts import instant, local, moved
from yunbox.sql.hologres.rendering.numerics import decimal
from yunbox.sql.hologres.rendering.registry import RENDERINGS, Call, rendered, templates
from yunbox.wire.pgwire.values.calendar import US_PER_DAY
from yunbox.wire.pgwire.values.intervals import Interval

templates("""
date_pli(date,int4) = hg_date_pl({0}, {1})
integer_pl_date(int4,date) = hg_date_pl({1}, {0})
date_mii(date,int4) = hg_date_pl({0}, -CAST({1} AS BIGINT))
date_mi(date,date) = hg_date_mi({0}, {1})
date_pl_interval(date,interval) = hg_timestamp_pl(hg_midnight({0}), {1})
date_mi_interval(date,interval) = hg_timestamp_pl(hg_midnight({0}), hg_interval_um({1}))
interval_pl_date(interval,date) = hg_timestamp_pl(hg_midnight({1}), {0})
timestamp_pl_interval(timestamp,interval) = hg_timestamp_pl({0}, {1})
timestamp_mi_interval(timestamp,interval) = hg_timestamp_pl({0}, hg_interval_um({1}))
interval_pl_timestamp(interval,timestamp) = hg_timestamp_pl({1}, {0})
timestamp_mi(timestamp,timestamp) = hg_timestamp_mi({0}, {1})
timestamptz_mi(timestamptz,timestamptz) = hg_timestamp_mi({0}, {1})
datetime_pl(date,time) = hg_timestamp_pl(hg_midnight({0}), to_microseconds(hg_clock({1})))
timedate_pl(time,date) = hg_timestamp_pl(hg_midnight({1}), to_microseconds(hg_clock({0})))
time_pl_interval(time,interval) = hg_time(hg_us_of_day(hg_clock({0}) + hg_interval_us({1})))
time_mi_interval(time,interval) = hg_time(hg_us_of_day(hg_clock({0}) - hg_interval_us({1})))
interval_pl_time(interval,time) = hg_time(hg_us_of_day(hg_clock({1}) + hg_interval_us({0})))
time_mi_time(time,time) = to_microseconds(hg_clock({0}) - hg_clock({1}))
interval_pl(interval,interval) = ({0} + {1})
interval_mi(interval,interval) = ({0} + hg_interval_um({1}))
interval_um(interval) = hg_interval_um({0})
interval_mul(interval,float8) = hg_interval(hg_interval_mul(hg_parts({0}), {1}))
mul_d_interval(float8,interval) = hg_interval(hg_interval_mul(hg_parts({1}), {0}))
interval_div(interval,float8) = hg_interval(hg_interval_div(hg_parts({0}), {1}))
justify_hours(interval) = hg_interval(hg_justify_hours(hg_parts({0})))
justify_days(interval) = hg_interval(hg_justify_days(hg_parts({0})))
justify_interval(interval) = hg_interval(hg_justify(hg_parts({0})))
age(timestamp,timestamp) = hg_interval(hg_age(hg_us({0}), hg_us({1})))
isfinite(date) = isfinite({0})
isfinite(timestamp) = isfinite({0})
isfinite(timestamptz) = isfinite({0})
isfinite(interval) = CASE WHEN {0} IS NOT NULL THEN true END
make_date(int4,int4,int4) = hg_date(hg_make_date({0}, {1}, {2}))
make_time(int4,int4,float8) = hg_time(hg_make_time({0}, {1}, {2}))
make_timestamp(int4,int4,int4,int4,int4,float8) = hg_timestamp(hg_make_timestamp({0}, {1}, {2}, {3}, {4}, {5}))
to_timestamp(float8) = hg_timestamp(hg_of_epoch({0}))
date_bin(interval,timestamp,timestamp) = hg_timestamp(hg_bin(hg_parts({0}), hg_us({1}), hg_us({2})))
date_bin(interval,timestamptz,timestamptz) = hg_timestamp(hg_bin(hg_parts({0}), hg_us({1}), hg_us({2})))
overlaps(timestamp,timestamp,timestamp,timestamp) = hg_overlaps(hg_us({0}), hg_us({1}), hg_us({2}), hg_us({3}))
overlaps(timestamptz,timestamptz,timestamptz,timestamptz) = hg_overlaps(hg_us({0}), hg_us({1}), hg_us({2}), hg_us({3}))
overlaps(time,time,time,time) = hg_overlaps(hg_clock({0}), hg_clock({1}), hg_clock({2}), hg_clock({3}))
""")


@rendered("age(timestamptz,timestamptz)")
def _age(call: Call) -> str:
    first, second = (local(value.sql, call.session) for value in call.args)
    return f"hg_interval(hg_age(hg_us({first}), hg_us({second})))"


@rendered("age(timestamp)", "age(timestamptz)")
def _age_today(call: Call) -> str:
    today = local(conversions.literal(TIMESTAMPTZ, call.session.now_us).sql, call.session)
    sql = call[0] if call.args[0].type == TIMESTAMP else local(call[0], call.session)
    return f"hg_interval(hg_age(hg_us(date_trunc('day', {today})), hg_us({sql})))"


@rendered("timestamptz_pl_interval(timestamptz,interval)")
def _plus(call: Call) -> str:
    return _moved(call, call[0], call[1])


@rendered("timestamptz_mi_interval(timestamptz,interval)")
def _minus(call: Call) -> str:
    return _moved(call, call[0], f"hg_interval_um({call[1]})")


@rendered("interval_pl_timestamptz(interval,timestamptz)")
def _plus_turned(call: Call) -> str:
    return _moved(call, call[1], call[0])


_LENGTHS = [("interval", "interval"), ("interval", ""), ("", "interval")]


@rendered(*(f"overlaps({of},{first or of},{of},{second or of})"
            for of in ("timestamp", "timestamptz", "time") for first, second in _LENGTHS))  # fmt: skip
def _overlaps(call: Call) -> str:
    """Two spans, of which some are said by their lengths."""
    return f"hg_overlaps({', '.join(_end(call, at) for at in range(4))})"


def _end(call: Call, at: int) -> str:
    of, given = call.args[at - at % 2].type, call[at]
    if call.args[at].type != INTERVAL:
        return f"hg_clock({given})" if of == TIME else f"hg_us({given})"
    start = call[at - 1]
    if of == TIME:
        return f"hg_us_of_day(hg_clock({start}) + hg_interval_us({given}))"
    moved = _moved(call, start, given) if of == TIMESTAMPTZ else f"hg_timestamp_pl({start}, {given})"
    return f"hg_us({moved})"


def _moved(call: Call, moment: str, span: str) -> str:
    if call.session.zone == "UTC":
        return f"hg_timestamp_pl({moment}, {span})"
    return f"hg_timestamp(hg_move_in(hg_us({moment}), hg_parts({span}), {quoted(call.session.zone)}))"


# -- fields

_SHORT = {
    "month": "month({})", "day": "day({})", "hour": "hour({})", "minute": "minute({})", "dow": "dayofweek({})",
    "isodow": "isodow({})", "doy": "dayofyear({})", "week": "week({})", "quarter": "quarter({})", "year": "hg_year({})",
}  # fmt: skip
_CLOCK = ("hour", "minute", "second", "millisecond", "microsecond", "timezone", "timezone_hour", "timezone_minute")


@rendered(*(f"{name}(text,{of})" for name in ("extract", "date_part")
            for of in ("date", "timestamp", "timestamptz", "time", "interval", "timetz")))  # fmt: skip
def _extract(call: Call) -> Expr:
    name = call.args[0].value
    if not isinstance(name, str):
        raise unsupported("EXTRACT of a field that is not a constant")
    of = call.args[1].type
    field = FIELDS.get(name.lower())
    kind = shown(of)
    if field is None:
        raise error("22023", f'unit "{name}" not recognized for type {kind}')
    exact = {DATE: _of_date, TIME: _of_time, INTERVAL: _of_interval}.get(of, _of_moment)
    found = _of_zoned_time(field, call) if of == TIMETZ else exact(field, call)
    if found is None:
        raise error("0A000", f'unit "{name}" not supported for type {kind}')
    sql, scale = found
    if call.returns == FLOAT8:
        return build(f"CAST({sql} AS DOUBLE)", FLOAT8, call.args)
    digits = (24 + scale, scale)
    return build(decimal(sql, digits), NUMERIC, call.args, digits=digits)


def _of_date(field: str, call: Call) -> tuple[str, int] | None:
    if call.returns == NUMERIC and field in _CLOCK:
        return None
    found = _plain_field(field, f"hg_midnight({call[1]})", scaled=call.returns == FLOAT8)
    if found is None or call.returns == FLOAT8 or found[1]:
        return found
    far = f"{call[1]} > DATE '294246-12-31' AND isfinite({call[1]})"  # which no moment is
    if field == "epoch":
        return f"CASE WHEN {far} THEN (hg_days({call[1]}) + 10957) * CAST(86400 AS BIGINT) ELSE {found[0]} END", 0
    return f"CASE WHEN {far} THEN hg_day_field('{field}', hg_days({call[1]})) ELSE {found[0]} END", 0


def _of_moment(field: str, call: Call) -> tuple[str, int] | None:
    value = call.args[1]
    if field.startswith("timezone"):
        return None if value.type == TIMESTAMP else _zone_field(field, call)
    if value.type == TIMESTAMPTZ and field == "epoch":
        return _plain_field(field, value.sql)
    sql = value.sql if value.type == TIMESTAMP else local(value.sql, call.session)
    return _plain_field(field, sql)


def _zone_field(field: str, call: Call) -> tuple[str, int]:
    moment = call[1]
    east = f"((hg_us({local(moment, call.session)}) - hg_us({moment})) // 1000000)"
    sql = {"timezone": east, "timezone_hour": f"({east} // 3600)", "timezone_minute": f"({east} // 60 % 60)"}[field]
    return f"CASE WHEN isfinite({moment}) THEN {sql} END", 0


def _plain_field(field: str, sql: str, *, scaled: bool = True) -> tuple[str, int] | None:
    """A field of a DuckDB TIMESTAMP, and the digits behind its point."""
    finite = f"CASE WHEN isfinite({sql}) THEN {{}} END"
    us = f"epoch_us({sql})"
    rest = f"((({us} % 60000000) + 60000000) % 60000000)"
    if field in _SHORT and field not in ("year",):
        return finite.format(_SHORT[field].format(sql)), 0
    if field in ("year", "isoyear", "century", "decade", "millennium"):
        slow = f"hg_field('{field}', hg_us({sql}))"
        return (f"CASE WHEN isfinite({sql}) THEN hg_year({sql}) ELSE {slow} END" if field == "year" else slow), 0
    if field == "microsecond":
        return finite.format(rest), 0
    if field == "millisecond":
        return finite.format(f"({decimal(rest, (20, 0))} * 0.001)"), 3
    if field == "second":
        return finite.format(f"({decimal(rest, (20, 0))} * 0.000001)"), 6
    if field == "epoch":
        infinite = "error('PG0A000: EXTRACT of an infinite moment is not supported')"
        made = f"({decimal(us, (20, 0))} * 0.000001)" if scaled else f"({us} // 1000000)"
        return f"CASE WHEN isfinite({sql}) THEN {made} WHEN {sql} IS NOT NULL THEN {infinite} END", 6 if scaled else 0
    return None


def _of_time(field: str, call: Call) -> tuple[str, int] | None:
    return _clock_field(field, f"hg_clock({call[1]})")


def _of_zoned_time(field: str, call: Call) -> tuple[str, int] | None:
    text = f"CAST({call[1]} AS VARCHAR)"
    us, east = f"hg_timetz_us({text})", f"hg_timetz_east({text})"
    if field == "epoch":
        return f"({decimal(f'({us} - {east} * CAST(1000000 AS BIGINT))', (20, 0))} * 0.000001)", 6
    zone = {"timezone": east, "timezone_hour": f"({east} // 3600)", "timezone_minute": f"({east} // 60 % 60)"}
    return (zone[field], 0) if field in zone else _clock_field(field, us)


def _clock_field(field: str, us: str) -> tuple[str, int] | None:
    fields = {
        "hour": (f"({us} // 3600000000)", 0), "minute": (f"({us} // 60000000 % 60)", 0),
        "microsecond": (f"({us} % 60000000)", 0),
        "millisecond": (f"({decimal(f'({us} % 60000000)', (20, 0))} * 0.001)", 3),
        "second": (f"({decimal(f'({us} % 60000000)', (20, 0))} * 0.000001)", 6),
        "epoch": (f"({decimal(us, (20, 0))} * 0.000001)", 6),
    }  # fmt: skip
    return fields.get(field)


def _of_interval(field: str, call: Call) -> tuple[str, int] | None:
    value = call[1]
    months, days, us = f"hg_months({value})", f"CAST(date_part('day', {value}) AS INTEGER)", f"hg_interval_us({value})"
    fields = {
        "year": f"({months} // 12)", "month": f"({months} % 12)", "day": days, "quarter": f"({months} % 12 // 3 + 1)",
        "decade": f"({months} // 120)", "century": f"({months} // 1200)", "millennium": f"({months} // 12000)",
    }  # fmt: skip
    if field in fields:
        return fields[field], 0
    if field == "epoch":
        whole = (
            f"({months} // 12 * CAST(31557600 AS HUGEINT) + {months} % 12 * 2592000 + {days} * CAST(86400 AS HUGEINT))"
        )
        return f"({decimal(f'({whole} * 1000000 + {us})', (30, 0))} * 0.000001)", 6
    return _clock_field(field, us) if field in ("hour", "minute", "second", "millisecond", "microsecond") else None


_FAST = ("second", "minute", "hour", "week", "month", "quarter", "year")


def _field(field: Expr) -> str | None:
    """A field's name, where it is known."""
    return FIELDS.get(str(field.value).lower()) if isinstance(field.value, str) else None


def _truncated(field: Expr, sql: str, native: str = "hg_trunc") -> str:
    """A moment cut to a field; the plain ones, of years that both know alike, by DuckDB."""
    name = _field(field)
    if name == "day":
        return f"CAST(CAST({sql} AS DATE) AS TIMESTAMP)"
    if name not in _FAST:
        return f"hg_timestamp({native}({field.sql}, hg_us({sql})))"

    def made(v: str) -> str:
        inside = f"{v} BETWEEN TIMESTAMP '0001-01-08' AND TIMESTAMP '9999-12-31'"
        quick, slow = f"CAST(date_trunc('{name}', {v}) AS TIMESTAMP)", f"{native}({field.sql}, hg_us({v}))"
        return f"(CASE WHEN {inside} THEN {quick} ELSE hg_timestamp({slow}) END)"

    return once(sql, made)


@rendered("date_trunc(text,timestamp)")
def _trunc(call: Call) -> Expr:
    return _by_days(call, call[1], _truncated(call.args[0], call[1]), lambda cut: cut)


@rendered("date_trunc(text,timestamptz)")
def _trunc_zoned(call: Call) -> Expr:
    shown_at = local(call[1], call.session)
    sql = instant(_truncated(call.args[0], shown_at, "hg_trunc_zoned"), call.session)
    return _by_days(call, shown_at, sql, lambda cut: instant(cut, call.session))


def _by_days(call: Call, moment: str, sql: str, value_of: Callable[[str], str]) -> Expr:
    """A moment that is cut, whose groups are made of days, and hours within them: these are numbers of a few values."""
    made, name = build(sql, call.returns, call.args), _field(call.args[0])
    day, hour = f"CAST({moment} AS DATE)", f"hour({moment})"
    begins = f"CAST({day} AS TIMESTAMP)"
    if name == "day":
        return replace(made, grouped=Grouped((day,), value_of(begins), sql))
    if name == "hour" and "(" not in moment:
        # infinity has no hour
        cut = f"(CASE WHEN {hour} IS NULL THEN {begins} ELSE {begins} + to_hours({hour}) END)"
        return replace(made, grouped=Grouped((day, hour), value_of(cut), sql))
    return made


@rendered("date_trunc(text,timestamptz,text)")
def _trunc_in_zone(call: Call) -> str:
    inside = _truncated(call.args[0], _in_zone(call.args[2], call[1], "hg_local", 1), "hg_trunc_zoned")
    return _in_zone(call.args[2], inside, "hg_instant", -1)


@rendered("date_trunc(text,interval)")
def _trunc_interval(call: Call) -> str:
    return f"hg_interval(hg_trunc_interval({call[0]}, hg_parts({call[1]})))"


# -- zones and now


@rendered("timezone(text,timestamptz)")
def _to_zone(call: Call) -> str:
    return _in_zone(call.args[0], call[1], "hg_local", 1)


@rendered("timezone(text,timestamp)")
def _of_zone(call: Call) -> str:
    return _in_zone(call.args[0], call[1], "hg_instant", -1)


def _in_zone(zone: Expr, moment: str, slow: str, direction: int) -> str:
    """A moment as far away as a zone is from UTC."""
    if isinstance(zone.value, str):
        return moved(moment, zone.value, slow, direction)
    return f"hg_timestamp({slow}(hg_us({moment}), {zone.sql}))"


@rendered("timezone(interval,timestamptz)")
def _to_offset(call: Call) -> str:
    return _shifted(call[1], call[0], "+")


@rendered("timezone(interval,timestamp)")
def _of_offset(call: Call) -> str:
    return _shifted(call[1], call[0], "-")


def _shifted(moment: str, offset: str, sign: str) -> str:
    moved = f"hg_timestamp(hg_us({moment}) {sign} hg_zone_us({offset}))"
    finite = f"CASE WHEN isinf({moment}) THEN {moment} ELSE {moved} END"
    return f"CASE WHEN {offset} IS NOT NULL AND {moment} IS NOT NULL THEN {finite} END"


@rendered("make_timestamptz(int4,int4,int4,int4,int4,float8)")
def _make_instant(call: Call) -> str:
    return instant(f"hg_timestamp(hg_make_timestamp({call.all()}))", call.session)


@rendered("make_timestamptz(int4,int4,int4,int4,int4,float8,text)")
def _make_instant_in(call: Call) -> str:
    made = ", ".join(call[at] for at in range(6))
    return f"hg_timestamp(hg_instant(hg_make_timestamp({made}), {call[6]}))"


@rendered("make_interval(int4,int4,int4,int4,int4,int4,float8)")
def _make_interval(call: Call) -> str:
    given = [call[at] for at in range(len(call.args))]
    given += [f"CAST(0 AS {'DOUBLE' if at == 6 else 'INTEGER'})" for at in range(len(given), 7)]
    return f"hg_interval(hg_make_interval({', '.join(given)}))"


@rendered("now()", "transaction_timestamp()")
def _now(call: Call) -> str:
    return conversions.literal(TIMESTAMPTZ, call.session.now_us).sql


@rendered("statement_timestamp()")
def _statement(call: Call) -> str:
    return conversions.literal(TIMESTAMPTZ, call.session.statement_us).sql


templates("""
clock_timestamp() = CAST(timezone('UTC', get_current_timestamp()) AS TIMESTAMP)
pg_sleep(float8) = hg_sleep({0})
""")


@rendered("pg_sleep_for(interval)")
def _sleep_for(call: Call) -> str:
    now = RENDERINGS["clock_timestamp()"]
    return f"hg_sleep((epoch_us(hg_timestamp_pl({now}, {call[0]})) - epoch_us({now})) / 1e6)"


@rendered("pg_sleep_until(timestamptz)")
def _sleep_until(call: Call) -> str:
    return f"hg_sleep((CAST(hg_us({call[0]}) AS DOUBLE) - epoch_us({RENDERINGS['clock_timestamp()']})) / 1e6)"


@rendered("generate_series(timestamp,timestamp,interval)")
def _series(call: Call) -> str:
    step = call.args[2].value
    if isinstance(step, Interval) and not step.months:
        return _evenly(call, step.days * US_PER_DAY + step.us)
    return _by_calendar(call, "'UTC'")


def _evenly(call: Call, step_us: int) -> str:
    """A series whose steps are all of one length."""
    step = str(step_us) if step_us else "error('PG22023: step size cannot equal zero')"
    given = [f"CAST({one} AS BIGINT)" for one in (f"hg_us({call[0]})", f"hg_us({call[1]})", step)]
    return series.of_moments(given, call.args)


@rendered("generate_series(timestamptz,timestamptz,interval)")
def _series_zoned(call: Call) -> str:
    step = call.args[2].value
    if isinstance(step, Interval) and not (step.months or step.days):
        return _evenly(call, step.us)
    return _by_calendar(call, quoted(call.session.zone))


def _by_calendar(call: Call, zone: str) -> str:
    given = f"hg_us({call[0]}), hg_us({call[1]}), hg_parts({call[2]}), {zone}, {STATEMENT}"
    return f"[hg_timestamp(n) FOR n IN hg_series({given})]"
