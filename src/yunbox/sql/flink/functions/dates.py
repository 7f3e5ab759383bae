"""Temporal functions. Formats are Java's; those that DuckDB has are translated once, others are left to Python."""

from collections.abc import Callable
from dataclasses import replace

from yunbox.sql.flink import coercion
from yunbox.sql.flink.binder.literals import integer
from yunbox.sql.flink.casts import cast, fitted
from yunbox.sql.flink.errors import NotSensible, UnsupportedSql, ValidationFailed
from yunbox.sql.flink.expr import Expr, text_literal
from yunbox.sql.flink.functions.formats import parsed_leniently, parsed_with, strftime_format
from yunbox.sql.flink.functions.registry import Call, category, scalar
from yunbox.sql.flink.types import DATE, MILLIS, FlinkType

category("Temporal functions")
_NANOS = 9
_TIMESTAMP3, _LTZ3 = FlinkType("TIMESTAMP", (3,)), FlinkType("TIMESTAMP_LTZ", (3,))
_PARTS = {
    "YEAR": "year", "QUARTER": "quarter", "MONTH": "month", "WEEK": "week", "DAY": "day", "HOUR": "hour",
    "MINUTE": "minute", "DOY": "doy", "ISODOW": "isodow", "ISOYEAR": "isoyear", "DECADE": "decade",
    "CENTURY": "century", "MILLENNIUM": "millennium",
}  # fmt: skip
_CLOCK_MS = {"DAY": (86_400_000, 10**9), "HOUR": (3_600_000, 24), "MINUTE": (60_000, 60), "SECOND": (1000, 60)}
"""What of an interval EXTRACT takes: milliseconds of a unit, and how many there are before the next larger one."""
_CLOCK = "CAST(CAST(date_trunc('second', now()) AS TIMESTAMP) AS TIME)"
_LONG = ("MONTH", "QUARTER", "YEAR", "DECADE", "CENTURY", "MILLENNIUM")
_UNITS = ("SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR")


def _local(value: Expr) -> str:
    """A time without its zone: as the session's clock shows it."""
    return f"CAST({value.sql} AS TIMESTAMP)" if value.type.root == "TIMESTAMP_LTZ" else value.sql


def _unit(call: Call, index: int) -> str:
    word = str(call.args[index].value).upper().removeprefix("SQL_TSI_")
    if call.args[index].type.root != "SYMBOL" or not word:
        raise ValidationFailed(f"A unit of time expected in {call.name}", call.text, call.at)
    return word


def _extract(call: Call) -> str:
    unit, value = _unit(call, 0), call.args[1]
    return part_of(unit, value, call)


def part_of(unit: str, value: Expr, call: Call) -> str:
    """EXTRACT(unit FROM value), a BIGINT."""
    local = _local(value)
    if value.type.root == "INTERVAL YEAR TO MONTH":
        return f"CAST(date_part('{unit.lower()}', {value.sql}) AS BIGINT)"
    if value.type.root in coercion.INTERVALS and unit in _CLOCK_MS:
        size, count = _CLOCK_MS[unit]
        return f"CAST(epoch_ms({value.sql}) // {size} % {count} AS BIGINT)"
    if value.type.root in coercion.TIMESTAMPS:
        made = _of_moment(unit, local)
    elif unit in _PARTS:
        made = f"date_part('{_PARTS[unit]}', {local})"
    else:
        made = {"DOW": f"date_part('dow', {local}) + 1", "SECOND": f"date_part('second', {local})",
                "MILLISECOND": f"date_part('millisecond', {local}) % 1000",
                "EPOCH": f"floor(epoch({value.sql}))"}.get(unit)  # fmt: skip
    if made is not None:
        return f"CAST({made} AS BIGINT)"
    raise ValidationFailed(f"EXTRACT from {unit} is not defined", call.text, call.at)


def _of_moment(unit: str, local: str) -> str | None:
    """Flink divides the milliseconds since 1970 and drops what is left, so times before that have negative parts."""
    if unit in _CLOCK_MS and unit != "DAY":
        size, count = _CLOCK_MS[unit]
        return f"fl_ms({local}) // {size} % {count}"
    if unit in _PARTS:
        return f"date_part('{_PARTS[unit]}', fl_day_since({local}))"
    return {
        "DOW": f"date_part('dow', fl_day_since({local})) + 1", "MILLISECOND": f"fl_ms({local}) % 1000",
        "MICROSECOND": f"epoch_us({local}) % 1000000", "NANOSECOND": f"epoch_us({local}) % 1000000 * 1000",
        "EPOCH": f"fl_ms({local}) // 1000",
    }.get(unit)  # fmt: skip


def rounded_time(name: str) -> Callable[[Call], Expr]:
    """FLOOR and CEIL of a time to a unit."""

    def made(call: Call) -> Expr:
        value, unit = call.args[0], _unit(call, 1)
        of = value.type
        if unit not in _UNITS and unit not in ("DECADE", "CENTURY", "MILLENNIUM", "MILLISECOND"):
            raise ValidationFailed(f"{name} to {unit} is not defined", call.text, call.at)
        if of.root == "TIME":
            sql = f"CAST(date_trunc('{unit.lower()}', DATE '1970-01-01' + {value.sql}) AS TIME)"
            if name == "CEIL":
                sql = f"fl_ceil_time({value.sql}, '{unit.lower()}', INTERVAL 1 {unit})"
            return Expr(sql, of)
        sql = _rounded_to(name, unit, value)
        if of.root == "TIMESTAMP_LTZ":  # the zone's offset is that of the time before it is rounded
            moved = f"epoch_us(CAST({sql} AS TIMESTAMP)) - epoch_us({_local(value)})"
            sql = f"{value.sql} + to_microseconds({moved})"
        return Expr(f"CAST({sql} AS {of.duckdb})", of, volatile=value.volatile)

    return made


def _rounded_to(name: str, unit: str, value: Expr) -> str:
    """Weeks begin on Sunday; from a month up, and for the end of a week, the time of day does not count."""
    local = _local(value)
    day = local if value.type.root == "DATE" else f"fl_day_since({local})"
    if unit == "WEEK" or unit in _LONG:
        local = local if (name, unit) == ("FLOOR", "WEEK") else day
    if unit == "WEEK":
        floor = f"(date_trunc('week', {local} + INTERVAL 1 DAY) - INTERVAL 1 DAY)"
    elif unit in ("CENTURY", "MILLENNIUM"):
        years = 100 if unit == "CENTURY" else 1000
        floor = f"make_date((year({local}) - 1) // {years} * {years} + 1, 1, 1)"
    else:
        floor = f"date_trunc('{unit.lower()}', {local})"
    if name == "FLOOR":
        return floor
    if unit in ("DECADE", "CENTURY", "MILLENNIUM"):
        return f"({floor} + INTERVAL 1 {unit})"
    return f"(CASE WHEN {floor} = {local} THEN {floor} ELSE {floor} + INTERVAL 1 {unit} END)"


def shifted_in_utc(sql: str, step: str) -> str:
    """A TIMESTAMP_LTZ some months or days on: as the calendar of UTC has them."""
    return f"timezone('UTC', timezone('UTC', {sql}) {step})"


def _add(call: Call) -> Expr:
    """TIMESTAMPADD(unit, n, time)."""
    unit, number, value = _unit(call, 0), call.args[1], call.args[2]
    of = value.type
    if unit not in _UNITS:
        raise ValidationFailed(f"TIMESTAMPADD of {unit} is not defined", call.text, call.at)
    small = unit in ("SECOND", "MINUTE", "HOUR")
    if of.root == "DATE" and small:
        of = FlinkType("TIMESTAMP", (6,), nullable=of.nullable)
        value = cast(value, of)
    steps = {"WEEK": f"to_days(7 * CAST({number.sql} AS INTEGER))",
             "QUARTER": f"to_months(3 * CAST({number.sql} AS INTEGER))"}  # fmt: skip
    step = steps.get(unit, f"to_{unit.lower()}s(CAST({number.sql} AS {'BIGINT' if small else 'INTEGER'}))")
    if unit == "SECOND":
        step = f"to_seconds(CAST({number.sql} AS DOUBLE))"
    nullable = of.nullable or number.type.nullable
    sql = shifted_in_utc(value.sql, f"+ {step}") if of.root == "TIMESTAMP_LTZ" else f"{value.sql} + {step}"
    return Expr(f"CAST({sql} AS {of.duckdb})", of.of(nullable=nullable), volatile=value.volatile)


def _instant(value: Expr) -> str:
    """A time as one of UTC; a time of day as that of 1970's first day."""
    if value.type.root == "TIME":
        return f"(DATE '1970-01-01' + {value.sql})"
    return f"timezone('UTC', {value.sql})" if value.type.root == "TIMESTAMP_LTZ" else f"CAST({value.sql} AS TIMESTAMP)"


def _diff(call: Call) -> str:
    """TIMESTAMPDIFF(unit, from, to): whole units that have passed."""
    unit, first, last = _unit(call, 0), call.args[1], call.args[2]
    zoned = [one.type.root == "TIMESTAMP_LTZ" for one in (first, last)]
    if any(zoned) and not all(zoned):
        raise ValidationFailed("TIMESTAMP_LTZ only supports diff between the same type.", call.text, call.at)
    clocks = [one.type.root == "TIME" for one in (first, last)]
    if any(clocks) and not all(clocks):
        raise NotSensible(f"TIMESTAMPDIFF between {first.type.text} and {last.type.text}")
    a, b = (_instant(one) for one in (first, last))
    if unit in ("SECOND", "MINUTE", "HOUR", "DAY", "WEEK"):
        ms = {"SECOND": 1000, "MINUTE": 60_000, "HOUR": 3_600_000, "DAY": 86_400_000, "WEEK": 604_800_000}[unit]
        return f"fl_low32((fl_ms({b}) - fl_ms({a})) // {ms})"
    if unit in ("MONTH", "QUARTER", "YEAR"):
        if any(clocks):
            raise UnsupportedSql(f"TIMESTAMPDIFF in {unit}s between times of day", call.text, call.at)
        months = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}[unit]
        return f"CAST(fl_month_diff({a}, {b}) // {months} AS INTEGER)"
    raise ValidationFailed(f"TIMESTAMPDIFF of {unit} is not defined", call.text, call.at)


def _format(call: Call) -> str:
    """DATE_FORMAT(time, 'Java format')."""
    value = call.args[0]
    if value.type.root in coercion.TEXTS:
        value = Expr(f"fl_parse_leniently({value.sql})", _TIMESTAMP3)
    pattern = call.args[1]
    local = _local(value)
    made = strftime_format(str(pattern.value)) if pattern.literal and pattern.value is not None else None
    if made is not None:
        return f"strftime({local}, {text_literal(made)})"
    return f"yb_fl_date_format(CAST({local} AS TIMESTAMP), {pattern.sql})"


def _parsed(call: Call, of: FlinkType) -> Expr:
    """TO_TIMESTAMP and TO_DATE: NULL when the text is none."""
    pattern = call.args[1] if len(call) > 1 else None
    made = of.of(nullable=True)
    if pattern is None:
        sql = f"fl_try_date({call[0]})" if of.root == "DATE" else f"fl_parse_timestamp({call[0]})"
        return Expr(sql, made)
    sql = parsed_leniently(call[0], pattern) if of.root == "DATE" else fitted(parsed_with(call[0], pattern), of)
    return Expr(f"CAST({sql} AS {of.duckdb})", made)


def _ltz(call: Call) -> Expr:
    value = call.args[0]
    if value.type.root in coercion.TEXTS:
        # A text is a time in UTC, whatever the session's zone, unless a zone is given.
        zone = f"yb_fl_zone_id({call[2]})" if len(call) > 2 else "'UTC'"
        digits = _digits_of(call.args[1]) if len(call) > 1 else MILLIS
        of = _moment_of(digits, call)
        return Expr(f"timezone({zone}, {_parsed(call, replace(of, root='TIMESTAMP')).sql})", of)
    precision = call.args[1] if len(call) > 1 else integer(MILLIS)
    digits = precision.value if precision.literal and not precision.is_null else MILLIS
    if not 0 <= digits <= _NANOS:
        raise ValidationFailed(f"Precision for TO_TIMESTAMP_LTZ must be between 0 and 9 but was {digits}.", call.text,
                               call.at)  # fmt: skip
    of = _moment_of(digits, call)
    if value.type.root in coercion.APPROXIMATE:
        near = f"fl_ltz_near(CAST({value.sql} AS DOUBLE), {precision.sql})"
        return Expr(fitted(near, of), of)
    return Expr(fitted(f"fl_ltz_of(CAST(trunc({value.sql}) AS HUGEINT), {precision.sql})", of), of)


def _digits_of(pattern: Expr) -> int:
    """How many digits of a second a format has at its end."""
    text = str(pattern.value) if pattern.literal else ""
    return len(text) - len(text.rstrip("S"))


def _moment_of(digits: int, call: Call) -> FlinkType:
    """A TIMESTAMP_LTZ of some digits, and three at least. Raises UnsupportedSql for more than the engine has."""
    of = FlinkType("TIMESTAMP_LTZ", (max(digits, MILLIS),))
    if coercion.too_fine(of) is not None:
        raise UnsupportedSql(f"{call.name} that gives {of}, of more than six digits of a second,", call.text, call.at)
    return of


def _unix(call: Call) -> str:
    if len(call) == 0:
        return "CAST(floor(epoch(now())) AS BIGINT)"
    moment = f"fl_parse_leniently({call[0]})" if len(call) == 1 else parsed_leniently(call[0], call.args[1])
    known = f"fl_unix({moment})"
    return f"CASE WHEN {call[0]} IS NOT NULL THEN {known} END" if call.args[0].type.nullable else known


def _from_unix(call: Call) -> str:
    made = strftime_format(str(call.args[1].value)) if len(call) > 1 and call.args[1].literal else None
    moment = f"CAST(fl_ltz({call[0]} * 1000000) AS TIMESTAMP)"
    if len(call) > 1 and made is None:
        return f"yb_fl_date_format({moment}, {call[1]})"
    return f"strftime({moment}, {text_literal(made or '%Y-%m-%d %H:%M:%S')})"


def _now(sql: str, of: FlinkType) -> Callable[[Call], Expr]:
    def made(_: Call) -> Expr:
        return Expr(sql, of.of(nullable=False), volatile=True)

    return made


def _proctime(_: Call) -> Expr:
    return Expr("date_trunc('millisecond', now())", _LTZ3.of(nullable=False), time="proctime", volatile=True)


def _named_part(unit: str) -> Callable[[Call], str]:
    def made(call: Call) -> str:
        return part_of(unit, call.args[0], call)

    return made


def _overlaps(call: Call) -> Expr:
    """(a, b) OVERLAPS (c, d), where an interval stands for the end of a period."""
    ends = [
        f"({call[place - 1]} + {call[place]})" if call.args[place].type.root in coercion.INTERVALS else call[place]
        for place in (1, 3)
    ]
    nullable = any(one.type.nullable for one in call.args)
    return Expr(f"fl_overlaps({call[0]}, {ends[0]}, {call[2]}, {ends[1]})", FlinkType("BOOLEAN", nullable=nullable))


scalar("EXTRACT", "any, datetime -> BIGINT", _extract, "any, interval -> BIGINT", _extract)
for _name, _part in (("YEAR", "YEAR"), ("QUARTER", "QUARTER"), ("MONTH", "MONTH"), ("WEEK", "WEEK"),
                     ("DAYOFYEAR", "DOY"), ("DAYOFMONTH", "DAY"), ("DAY", "DAY"), ("DAYOFWEEK", "DOW")):  # fmt: skip
    scalar(_name, "day -> BIGINT", _named_part(_part))
for _name in ("HOUR", "MINUTE", "SECOND"):
    scalar(_name, "datetime -> BIGINT", _named_part(_name))
scalar("TIMESTAMPADD", "any, INT, datetime -> datetime", _add)
scalar("TIMESTAMPDIFF", "any, datetime, datetime -> INT", _diff)
scalar("DATE_FORMAT", "timestamp, text -> STRING?", _format, "text, text -> STRING?", _format)
scalar("TO_TIMESTAMP", "text, text? -> TIMESTAMP(3)?", lambda call: _parsed(call, _TIMESTAMP3))
scalar("TO_DATE", "text, text? -> DATE?", lambda call: _parsed(call, DATE))
scalar("TO_TIMESTAMP_LTZ", "number, INT? -> TIMESTAMP_LTZ(3)?", _ltz,
       "text, text?, text? -> TIMESTAMP_LTZ(3)?", _ltz)  # fmt: skip
scalar("UNIX_TIMESTAMP", "-> BIGINT!", _unix, "text, text? -> BIGINT", _unix, volatile=True)
scalar("FROM_UNIXTIME", "BIGINT, text? -> STRING?", _from_unix)
scalar("CONVERT_TZ", "text, text, text -> STRING?", "fl_convert_tz({0}, {1}, {2})")
scalar("OVERLAPS", "datetime, any, datetime, any -> BOOLEAN", _overlaps)
scalar("CURRENT_TIMESTAMP NOW CURRENT_ROW_TIMESTAMP", "-> TIMESTAMP_LTZ(3)!",
       _now("date_trunc('millisecond', now())", _LTZ3))  # fmt: skip
scalar("LOCALTIMESTAMP", "-> TIMESTAMP(3)!", _now("CAST(date_trunc('millisecond', now()) AS TIMESTAMP)", _TIMESTAMP3))
scalar("CURRENT_DATE", "-> DATE!", _now("CAST(now() AS DATE)", DATE))
scalar(
    "LOCALTIME CURRENT_TIME",
    "-> TIME(0)!",
    _now(_CLOCK, FlinkType("TIME", (0,))),
)
scalar("PROCTIME", "-> TIMESTAMP_LTZ(3)!", _proctime)
category("Session functions")
scalar("CURRENT_DATABASE", "-> STRING!", lambda call: text_literal(call.settings.database))
