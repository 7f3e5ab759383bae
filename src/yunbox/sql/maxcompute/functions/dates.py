"""Date and time functions. DATETIME is DuckDB's TIMESTAMPTZ in the session's time zone."""

from yunbox.sql.maxcompute.casts import cast
from yunbox.sql.maxcompute.errors import ArgumentTypeWrong, ArgumentWrong
from yunbox.sql.maxcompute.expr import DATE, DATETIME, STRING, TIMESTAMP, Expr, build, text_literal
from yunbox.sql.maxcompute.functions.dateformats import Reading, java_pattern, reading, unit, vendor_pattern
from yunbox.sql.maxcompute.functions.registry import Call, NullArgument, category, failing, scalar

_ADD = {
    "year": "to_years", "month": "to_months", "day": "to_days", "hour": "to_hours", "minute": "to_minutes",
    "second": "to_seconds", "millisecond": "to_milliseconds", "microsecond": "to_microseconds", "week": "to_weeks",
    "quarter": "to_quarters",
}  # fmt: skip
_DAYS = ("year", "quarter", "month", "week", "day")
_ISO, _ISO_TIME = "%Y-%m-%d", "%Y-%m-%d %H:%M:%S"


def _unit(call: Call, index: int) -> str:
    written = call.text(index)
    found = unit(written)
    if found is None:
        raise ArgumentTypeWrong(f"function {call.name} does not know the date part {written}", call.where)
    return found


def _vendor(call: Call, index: int) -> str:
    return text_literal(vendor_pattern(call.text(index)))


def _java(call: Call, index: int) -> str:
    pattern = java_pattern(call.text(index))
    if pattern is None:
        raise NullArgument
    return text_literal(pattern)


def _dateadd(call: Call) -> str | Expr:
    part = _unit(call, 2)
    if part not in _ADD:
        raise ArgumentTypeWrong(f"function dateadd cannot add {part}", call.where)
    if call.returns == DATE and part not in _DAYS:
        start = cast(call.args[0], DATETIME)
        return build(f"mc_in_range({start.sql} + {_ADD[part]}({call[1]}))", DATETIME, *call.args)
    number = call[1] if part not in _DAYS else f"CAST({call[1]} AS INTEGER)"
    sql = f"mc_in_range({call[0]} + {_ADD[part]}({number}))"
    return f"CAST({sql} AS DATE)" if call.returns == DATE else sql


def _datediff(call: Call) -> str:
    if len(call) == 2:
        return f"datediff('day', CAST({call[1]} AS DATE), CAST({call[0]} AS DATE))"
    part = _unit(call, 2)
    if part == "week":  # DuckDB counts whole weeks; the vendor counts Mondays
        later, sooner = (f"date_trunc('week', CAST({call[i]} AS DATE))" for i in (0, 1))
        return f"(datediff('day', {sooner}, {later}) // 7)"
    return f"datediff('{part}', {call[1]}, {call[0]})"


def _datetrunc(call: Call) -> str:
    return f"CAST(date_trunc('{_unit(call, 1)}', {call[0]}) AS {call.returns.duckdb})"


def _part(call: Call, part: str, value: str) -> str:
    if part in ("millisecond", "microsecond"):
        return f"CAST(date_part('{part}', {value}) % {1000 if part == 'millisecond' else 1000000} AS BIGINT)"
    return f"CAST(date_part('{part}', {value}) AS BIGINT)"


def _datepart(call: Call) -> str:
    return _part(call, _unit(call, 1), call[0])


def _extract(call: Call) -> str:
    return f"CAST({_part(call, _unit(call, 0), call[1])} AS {call.returns.duckdb})"


def _to_char(call: Call) -> str:
    form = _vendor(call, 1)
    return f"strftime({call[0]}, {form})" if form != "''" else f"left(CAST({call[0]} AS VARCHAR), 0)"


def _reading(call: Call) -> Reading:
    try:
        found = reading(call.text(1))
    except ValueError as error:
        raise ArgumentWrong(f"{error}: {call.text(1)}", call.where) from None
    if found is None:
        raise NullArgument
    return found


def _read(call: Call, how: Reading) -> str:
    """The moment that a text tells, NULL where it does not fit the format or is no date."""
    pattern = text_literal(how.pattern)
    moment = f"regexp_replace({call[0]}, {pattern}, {text_literal(how.timestamp)})"
    return f"(CASE WHEN regexp_full_match({call[0]}, {pattern}) THEN TRY_CAST({moment} AS TIMESTAMP) END)"


def _to_date(call: Call) -> str:
    read = _read(call, _reading(call))
    wrong = failing("ODPS-0121095", f"'can not convert ' || {call[0]} || ' to a date by format ' || {call[1]}")
    checked = f"CASE WHEN {call[0]} IS NULL THEN NULL ELSE coalesce({read}, {wrong}) END"
    return f"CAST({checked} AS TIMESTAMPTZ)"


def _isdate(call: Call) -> str:
    try:
        found = reading(call.text(1))
    except ValueError:
        found = None
    fits = f"{_read(call, found)} IS NOT NULL" if found else "FALSE"
    return f"(CASE WHEN {call[0]} IS NOT NULL THEN {fits} END)"


def _date_format(call: Call) -> str:
    if call.session.hive_compatible:
        return f"strftime({call[0]}, {_java(call, 1)})"
    return f"strftime({call[0]}, {text_literal(vendor_pattern(call.text(1), millis=True))})"


def _now(call: Call) -> Expr:
    moment = call.session.now.isoformat(sep=" ", timespec="milliseconds")
    return Expr(f"TIMESTAMPTZ {text_literal(moment)}", DATETIME, op="now")


def _now_timestamp(call: Call) -> Expr:
    moment = call.session.now.isoformat(sep=" ", timespec="microseconds")
    return Expr(f"TIMESTAMPTZ {text_literal(moment)}", TIMESTAMP, op="now")


def _today(call: Call) -> Expr:
    return Expr(f"CAST({_now(call).sql} AS DATE)", DATE, op="now")


def _unixtime(call: Call) -> str:
    if len(call):
        return f"CAST(floor(epoch({call[0]})) AS BIGINT)"
    return f"CAST({int(call.session.now.timestamp())} AS BIGINT)"


def _from_unixtime(call: Call) -> Expr:
    moment = f"to_timestamp(CAST({call.checked(0, *_UNIX_SECONDS)} AS DOUBLE))"
    if len(call) > 1:
        return build(f"strftime({moment}, {_java(call, 1)})", STRING, *call.args)
    if call.session.hive_compatible:
        return build(f"strftime({moment}, '{_ISO_TIME}')", STRING, *call.args)
    return build(moment, DATETIME, *call.args)


_UNIX_SECONDS = (-62_167_305_600, 253_402_387_200)  # what from_unixtime() takes
_CUT = {"year": "%Y", "month": "%Y-%m", "day": _ISO, "hour": "%Y-%m-%d %H:00:00"}


def _trunc_time(call: Call) -> str:
    """trunc_time(x, part): an instant is cut as UTC, a date or a time without a zone as it stands."""
    if call.args[1].is_null:
        raise ArgumentWrong("the date part of function trunc_time is NULL", call.where)
    written = call.text(1).strip().lower()
    if written not in _CUT:
        raise ArgumentTypeWrong(f"function trunc_time does not know the date part {written}", call.where)
    instant = call.args[0].type.name in ("datetime", "timestamp")
    clock = f"timezone('UTC', {call[0]})" if instant else call[0]
    return f"strftime({clock}, '{_CUT[written]}')"


_HIVE_CUT = {"year": ("year", "yyyy", "yy"), "month": ("month", "mon", "mm"), "quarter": ("q", "quarter"),
             "week": ("week",)}  # fmt: skip


def hive_trunc(call: Call) -> str:
    """trunc(date, part) of Hive mode: the first day of a year, quarter, month or week, as text."""
    written = call.text(1).strip().lower()
    part = next((part for part, names in _HIVE_CUT.items() if written in names), None)
    if part is None:
        raise NullArgument
    return f"strftime(date_trunc('{part}', {call[0]}), '{_ISO}')"


category("Date functions")

scalar("getdate now sysdate", (" -> datetime", _now))
scalar("current_timestamp localtimestamp", (" -> timestamp", _now_timestamp))
scalar("current_date curdate", (" -> date", _today))
scalar("dateadd", ("date!, bigint, string -> date", _dateadd), ("datetime!, bigint, string -> datetime", _dateadd),
       ("timestamp!, bigint, string -> timestamp", _dateadd),
       ("timestamp_ntz!, bigint, string -> timestamp_ntz", _dateadd))  # fmt: skip
scalar("date_add adddate", ("date, bigint -> date", "mc_in_range(CAST({0} + CAST({1} AS INTEGER) AS DATE))"))
scalar("date_sub subdate", ("date, bigint -> date", "mc_in_range(CAST({0} - CAST({1} AS INTEGER) AS DATE))"))
scalar("add_months", ("date, bigint -> string",
       f"strftime(mc_in_range({{0}} + to_months(CAST({{1}} AS INTEGER))), '{_ISO}')"))  # fmt: skip
scalar("datediff", ("date!, date!, string? -> bigint", _datediff),
       ("datetime!, datetime!, string? -> bigint", _datediff),
       ("timestamp!, timestamp!, string? -> bigint", _datediff))  # fmt: skip
scalar("datetrunc", ("date!, string -> date", _datetrunc), ("datetime!, string -> datetime", _datetrunc),
       ("timestamp!, string -> timestamp", _datetrunc),
       ("timestamp_ntz!, string -> timestamp_ntz", _datetrunc))  # fmt: skip
scalar("to_char", ("date!, string -> string", _to_char), ("datetime!, string -> string", _to_char),
       ("timestamp!, string -> string", _to_char), ("timestamp_ntz!, string -> string", _to_char),
       ("string -> string", "{0}"), ("boolean -> string", "upper(CAST({0} AS VARCHAR))"),
       ("number -> string", lambda c: cast(c.args[0], STRING)))  # fmt: skip
scalar("to_date", ("string -> date", "CAST(TRY_CAST({0} AS TIMESTAMP) AS DATE)"),
       ("datetime -> date", "CAST({0} AS DATE)"), ("string, string -> datetime", _to_date))  # fmt: skip
scalar("date_format", ("datetime!, string -> string", _date_format), ("timestamp!, string -> string", _date_format),
       ("hive: date, string -> string", _date_format))  # fmt: skip
scalar("datepart", ("date!, string -> bigint", _datepart), ("datetime!, string -> bigint", _datepart),
       ("timestamp!, string -> bigint", _datepart))  # fmt: skip
scalar("extract", ("string, date -> int", _extract), ("string, datetime -> int", _extract),
       ("string, timestamp -> int", _extract))  # fmt: skip
for _name in ("year", "quarter", "month", "day"):
    scalar(_name, ("date -> int", f"CAST(date_part('{_name}', {{0}}) AS INTEGER)"),
           ("datetime -> int", f"CAST(date_part('{_name}', {{0}}) AS INTEGER)"))  # fmt: skip
for _name in ("hour", "minute", "second"):
    scalar(_name, ("datetime -> int", f"CAST(date_part('{_name}', {{0}}) AS INTEGER)"),
           ("string -> int", f"CAST(date_part('{_name}', mc_time_of({{0}})) AS INTEGER)"))  # fmt: skip
scalar("dayofmonth", ("date -> int", "CAST(date_part('day', {0}) AS INTEGER)"))
scalar("dayofyear", ("date -> int", "CAST(date_part('doy', {0}) AS INTEGER)"))
scalar("dayofweek", ("date -> int", "CAST(date_part('dow', {0}) + 1 AS INTEGER)"))
scalar("weekday", ("date! -> bigint", "CAST(date_part('isodow', {0}) - 1 AS BIGINT)"))
scalar("weekofyear", ("date! -> bigint", "CAST(date_part('week', {0}) AS BIGINT)"))
scalar("last_day", ("date -> string", f"strftime(last_day({{0}}), '{_ISO}')"))
scalar("lastday", ("datetime! -> datetime", "CAST(last_day(CAST({0} AS DATE)) AS TIMESTAMPTZ)"))
scalar("next_day", ("date, string -> string", "mc_next_day({0}, {1})"))
scalar("unix_timestamp", (" -> bigint", _unixtime), ("datetime! -> bigint", _unixtime),
       ("hive: string, string -> bigint",
        lambda c: f"CAST(epoch(CAST(try_strptime({c[0]}, {_java(c, 1)}) AS TIMESTAMPTZ)) AS BIGINT)"))  # fmt: skip
scalar("to_millis", ("datetime! -> bigint", "epoch_ms({0})"),
       ("timestamp! -> bigint", "epoch_ms(date_trunc('millisecond', {0}))"))  # fmt: skip
scalar("from_unixtime", ("bigint! -> any", _from_unixtime), ("hive: bigint, string -> any", _from_unixtime))
scalar("from_utc_timestamp", ("number, string -> timestamp",
       "mc_from_utc(CAST(to_timestamp(CAST({0} AS DOUBLE) / 1000) AS TIMESTAMP), {1})"),
       ("timestamp, string -> timestamp", "mc_from_utc(CAST({0} AS TIMESTAMP), {1})"))  # fmt: skip
scalar("to_utc_timestamp", ("timestamp, string -> timestamp", "mc_to_utc(CAST({0} AS TIMESTAMP), {1})"))
scalar("isdate", ("string, string -> boolean", _isdate))
scalar("months_between", ("datetime, datetime -> double", "mc_months_between({0}, {1})"))
scalar("trunc_time", ("date!, string -> string", _trunc_time), ("datetime!, string -> string", _trunc_time),
       ("timestamp!, string -> string", _trunc_time), ("timestamp_ntz!, string -> string", _trunc_time))  # fmt: skip
for _name, _type in (("date", "date"), ("datetime", "datetime"), ("timestamp", "timestamp")):
    scalar(_name, (f"{_type} -> {_type}", "{0}"))
