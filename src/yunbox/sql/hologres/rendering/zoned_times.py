"""TIME WITH TIME ZONE: operators and functions, each one in Python, on texts."""

from yunbox.sql.hologres.rendering.registry import templates

_TEXT = "CAST({} AS VARCHAR)"


def _made(body: str, *args: str) -> str:
    return f"CAST({body.format(*args)} AS TIMETZ)"


_FIRST, _SECOND = _TEXT.format("{0}"), _TEXT.format("{1}")
_PLUS, _MINUS = "hg_timetz_moved({}, hg_interval_us({}))", "hg_timetz_moved({}, -hg_interval_us({}))"
_AT_OFFSET = "hg_timetz_at_offset({}, hg_zone_us({}))"
_INSTANT = (
    "hg_timestamp_pl(hg_midnight({}), to_microseconds(hg_timetz_us({}) - hg_timetz_east({}) * CAST(1000000 AS BIGINT)))"
)
templates(f"""
timetz_pl_interval(timetz,interval) = {_made(_PLUS, _FIRST, "{1}")}
timetz_mi_interval(timetz,interval) = {_made(_MINUS, _FIRST, "{1}")}
interval_pl_timetz(interval,timetz) = {_made(_PLUS, _SECOND, "{0}")}
timezone(text,timetz) = {_made("hg_timetz_in_zone({}, {}, {})", _SECOND, "{0}", "{style}")}
timezone(interval,timetz) = CASE WHEN {{1}} IS NOT NULL THEN {_made(_AT_OFFSET, _SECOND, "{0}")} END
datetimetz_pl(date,timetz) = {_INSTANT.format("{0}", _SECOND, _SECOND)}
timetzdate_pl(timetz,date) = {_INSTANT.format("{1}", _FIRST, _FIRST)}
timestamptz(date,timetz) = {_INSTANT.format("{0}", _SECOND, _SECOND)}
""")
