"""Date and time functions. DATETIME is DuckDB's TIMESTAMPTZ in the session's time zone."""

from yunbox.sql.maxcompute.errors import ArgumentTypeWrong
from yunbox.sql.maxcompute.expr import DATE, DATETIME, TIMESTAMP, Expr, text_literal
from yunbox.sql.maxcompute.functions.registry import Call, scalar

_UNITS = {
    "yyyy": "year", "year": "year", "mm": "month", "month": "month", "mon": "month", "dd": "day", "day": "day",
    "hh": "hour", "hour": "hour", "mi": "minute", "ss": "second", "ff3": "millisecond", "ff6": "microsecond",
    "q": "quarter", "quarter": "quarter", "week": "week", "minute": "minute", "second": "second",
}  # fmt: skip
_ADD = {
    "year": "to_years", "month": "to_months", "day": "to_days", "hour": "to_hours", "minute": "to_minutes",
    "second": "to_seconds", "millisecond": "to_milliseconds", "microsecond": "to_microseconds",
}  # fmt: skip
_FORMAT = (
    ("yyyy", "%Y"), ("yy", "%y"), ("mi", "%M"), ("ff6", "%f"), ("ff3", "%g"), ("mm", "%m"), ("dd", "%d"),
    ("hh", "%H"), ("ss", "%S"),
)  # fmt: skip
_JAVA = (
    ("yyyy", "%Y"), ("yy", "%y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("hh", "%I"), ("mm", "%M"),
    ("ss", "%S"), ("SSS", "%g"), ("EEEE", "%A"), ("EEE", "%a"), ("a", "%p"), ("M", "%-m"), ("d", "%-d"),
)  # fmt: skip


def pattern(text: str, table: tuple[tuple[str, str], ...] = _FORMAT, *, fold: bool = True) -> str:
    """A vendor's date pattern as a strftime pattern."""
    made, i = "", 0
    source = text.lower() if fold else text
    while i < len(text):
        for written, meaning in table:
            if source.startswith(written, i):
                made, i = made + meaning, i + len(written)
                break
        else:
            made, i = made + text[i].replace("%", "%%"), i + 1
    return made


def _unit(call: Call, index: int) -> str:
    written = str(call.literal(index)).lower()
    if written not in _UNITS:
        raise ArgumentTypeWrong(f"function {call.name} does not know the date part {written}", call.where)
    return _UNITS[written]


def _format(call: Call, index: int) -> str:
    return text_literal(pattern(str(call.literal(index))))


def _dateadd(call: Call) -> str:
    unit = _unit(call, 2)
    number = call[1] if unit not in ("year", "month", "day") else f"CAST({call[1]} AS INTEGER)"
    sql = f"({call[0]} + {_ADD[unit]}({number}))"
    return f"CAST({sql} AS DATE)" if call.returns == DATE else sql


def _datediff(call: Call) -> str:
    if len(call) == 2:
        return f"datediff('day', CAST({call[1]} AS DATE), CAST({call[0]} AS DATE))"
    return f"datediff('{_unit(call, 2)}', {call[1]}, {call[0]})"


def _datetrunc(call: Call) -> str:
    return f"CAST(date_trunc('{_unit(call, 1)}', {call[0]}) AS {call.returns.duckdb})"


def _to_char(call: Call) -> str:
    return f"strftime({call[0]}, {_format(call, 1)})"


def _to_date(call: Call) -> str:
    return f"CAST(try_strptime({call[0]}, {_format(call, 1)}) AS TIMESTAMPTZ)"


def _now(call: Call) -> Expr:
    moment = call.session.now.isoformat(sep=" ", timespec="milliseconds")
    return Expr(f"TIMESTAMPTZ {text_literal(moment)}", DATETIME, op="now")


def _now_timestamp(call: Call) -> Expr:
    moment = call.session.now.isoformat(sep=" ", timespec="microseconds")
    return Expr(f"TIMESTAMPTZ {text_literal(moment)}", TIMESTAMP, op="now")


def _today(call: Call) -> Expr:
    return Expr(f"CAST({_now(call).sql} AS DATE)", DATE, op="now")


def _java(call: Call) -> str:
    return f"strftime({call[0]}, {text_literal(pattern(str(call.literal(1)), _JAVA, fold=False))})"


def _unixtime(call: Call) -> str:
    return (
        f"CAST(floor(epoch({call[0]})) AS BIGINT)"
        if len(call)
        else f"CAST({int(call.session.now.timestamp())} AS BIGINT)"
    )


scalar("getdate now", (" -> datetime", _now))
scalar("current_timestamp", (" -> timestamp", _now_timestamp))
scalar("current_date curdate", (" -> date", _today))
scalar("dateadd", ("date, bigint, string -> date", _dateadd), ("datetime, bigint, string -> datetime", _dateadd),
       ("timestamp, bigint, string -> timestamp", _dateadd))  # fmt: skip
scalar("date_add adddate", ("date, bigint -> date", "CAST({0} + CAST({1} AS INTEGER) AS DATE)"))
scalar("date_sub subdate", ("date, bigint -> date", "CAST({0} - CAST({1} AS INTEGER) AS DATE)"))
scalar("add_months", ("date, bigint -> string",
       "strftime({0} + to_months(CAST({1} AS INTEGER)), '%Y-%m-%d')"))  # fmt: skip
scalar("datediff", ("date, date, string? -> bigint", _datediff), ("datetime, datetime, string? -> bigint", _datediff))
scalar("datetrunc", ("date, string -> date", _datetrunc), ("datetime, string -> datetime", _datetrunc),
       ("timestamp, string -> timestamp", _datetrunc))  # fmt: skip
scalar("to_char", ("date, string -> string", _to_char), ("datetime, string -> string", _to_char),
       ("timestamp, string -> string", _to_char), ("string -> string", "{0}"),
       ("boolean -> string", "CAST({0} AS VARCHAR)"), ("number -> string", "CAST({0} AS VARCHAR)"))  # fmt: skip
scalar("to_date", ("string -> date", "CAST(TRY_CAST({0} AS TIMESTAMP) AS DATE)"),
       ("datetime -> date", "CAST({0} AS DATE)"), ("string, string -> datetime", _to_date))  # fmt: skip
scalar("date_format", ("datetime, string -> string", _java))
scalar("datepart", ("date, string -> bigint", lambda c: f"date_part('{_unit(c, 1)}', {c[0]})"),
       ("datetime, string -> bigint", lambda c: f"date_part('{_unit(c, 1)}', {c[0]})"))  # fmt: skip
for _name in ("year", "quarter", "month", "day", "hour", "minute", "second"):
    scalar(_name, ("date -> bigint", f"date_part('{_name}', {{0}})"),
           ("datetime -> bigint", f"CAST(date_part('{_name}', {{0}}) AS BIGINT)"))  # fmt: skip
scalar("dayofmonth", ("date -> bigint", "date_part('day', {0})"))
scalar("dayofyear", ("date -> bigint", "date_part('doy', {0})"))
scalar("dayofweek", ("date -> bigint", "(date_part('dow', {0}) + 1)"))
scalar("weekday", ("date -> bigint", "(date_part('isodow', {0}) - 1)"))
scalar("weekofyear", ("date -> bigint", "date_part('week', {0})"))
scalar("last_day", ("date -> string", "strftime(last_day({0}), '%Y-%m-%d')"))
scalar("lastday", ("datetime -> datetime", "CAST(last_day(CAST({0} AS DATE)) AS TIMESTAMPTZ)"))
scalar("unix_timestamp", (" -> bigint", _unixtime), ("datetime -> bigint", _unixtime))
scalar("from_unixtime", ("bigint -> datetime", "to_timestamp({0})"))
scalar("isdate", ("string, string -> boolean", lambda c: f"(try_strptime({c[0]}, {_format(c, 1)}) IS NOT NULL)"))
scalar("months_between", ("datetime, datetime -> double",
       "CAST(datediff('month', {1}, {0}) + CASE WHEN day({0}) = day({1}) THEN 0 ELSE "
       "(day({0}) - day({1})) / 31.0e0 END AS DOUBLE)"))  # fmt: skip
scalar("extract", ("string, datetime -> bigint", lambda c: f"CAST(date_part('{_unit(c, 0)}', {c[1]}) AS BIGINT)"))
for _name, _type in (("date", "date"), ("datetime", "datetime"), ("timestamp", "timestamp")):
    scalar(_name, (f"{_type} -> {_type}", "{0}"))
