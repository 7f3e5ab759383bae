"""What is said of how a dynamic table is refreshed, in the words of Hologres 3.1 and of 3.0.

Source: the vendor's page "CREATE DYNAMIC TABLE". Each refresh is a full one here: `auto` leaves the choice to Hologres,
and what asks for increments is refused.
"""

import re
from collections.abc import Callable, Mapping

from yunbox.wire.pgwire.report import PgError, failure
from yunbox.wire.pgwire.settings.session import Settings
from yunbox.wire.pgwire.values.calendar import EPOCH_US
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import TYPES

Given = Mapping[str, str]
ENABLED, FRESHNESS, MODE, QUERY = "auto_refresh_enable", "freshness", "auto_refresh_mode", "task_definition"
_OLD_MODE, _INTERVAL, _START = "refresh_mode", "full_auto_refresh_interval", "full_auto_refresh_schd_start_time"
SETTING = "refresh_guc_"
_TIMEOUT = "refresh_guc_statement_timeout"
_MINUTE_US = 60_000_000
_TIME = re.compile(r"\s*(\d{1,6})\s*(minutes?|mins?|hours?)\s*", re.IGNORECASE)
_LONGEST_US = 48 * 60 * _MINUTE_US
_INCREMENTS = ("incremental_", "base_table_cdc_format")
_PARTITIONS = ("auto_refresh_partition_active_time", "partition_key_time_format")
_MOMENT = TYPES[1184].codec


def time_us(name: str, value: str, most_us: int | None = None) -> int:
    """So many minutes or hours, in microseconds. Raises PgError 22023."""
    found = _TIME.fullmatch(value)
    us = int(found[1]) * (_MINUTE_US if found[2].lower().startswith("m") else 60 * _MINUTE_US) if found else 0
    if us < _MINUTE_US or (most_us is not None and us > most_us):
        raise _invalid(name, value, "minutes or hours, and at least 1 minute")
    return us


def _invalid(name: str, value: str, wanted: str) -> PgError:
    return failure(
        "22023", f'invalid value for property "{name}" of a dynamic table: "{value}"', hint=f"It takes {wanted}."
    )


def _switch(name: str, value: str) -> str:
    if value.lower() not in ("true", "false", "on", "off"):
        raise _invalid(name, value, "true or false")
    return "true" if value.lower() in ("true", "on") else "false"


def _mode(name: str, value: str) -> str:
    modes = ("full", "auto", "incremental") if name == MODE else ("full", "incremental")
    if value.lower() not in modes:
        raise _invalid(name, value, ", ".join(modes))
    if value.lower() == "incremental":
        raise failure("0A000", "incremental refresh of dynamic tables is not supported", hint="Use full, or auto.")
    return value.lower()


def _start(name: str, value: str) -> str:
    if value.lower() == "immediate":
        return "immediate"
    _MOMENT.read(value, Style())
    return value


def _timed(name: str, value: str) -> str:
    time_us(name, value, _LONGEST_US if name == _INTERVAL else None)
    return value.strip()


def _timeout(name: str, value: str) -> str:
    timeout_s({name: value})
    return value


_READERS: Mapping[str, Callable[[str, str], str]] = {
    ENABLED: _switch, FRESHNESS: _timed, MODE: _mode, _OLD_MODE: _mode, _INTERVAL: _timed, _START: _start,
    _TIMEOUT: _timeout, "computing_resource": lambda name, value: value, QUERY: lambda name, value: value,
}  # fmt: skip


def parted(given: Given) -> tuple[dict[str, str], dict[str, str]]:
    """What is said of refreshing, and the properties that any table has. Raises PgError 22023, 0A000."""
    own: dict[str, str] = {}
    others: dict[str, str] = {}
    for written, value in given.items():
        name = written.lower()
        if name.startswith(_INCREMENTS):
            raise failure("0A000", f"incremental refresh of dynamic tables is not supported: {name}")
        if name in _PARTITIONS:
            raise failure("0A000", f"dynamic tables with logical partitions are not supported: {name}")
        if name in _READERS:
            own[name] = _READERS[name](name, value)
        elif name.startswith((SETTING, "full_guc_")):
            own[name] = value
        else:
            others[name] = value
    if {"binlog_level", "binlog.level"} & others.keys():
        raise failure("0A000", "binlogs of dynamic tables are not supported")
    return own, others


def whole(own: dict[str, str]) -> dict[str, str]:
    """The same of a new table, with what is meant where nothing is said. Raises PgError 22023."""
    is_old = FRESHNESS not in own and ({_OLD_MODE, _INTERVAL, _START} & own.keys())
    if FRESHNESS not in own and not is_old:
        raise failure("22023", 'a dynamic table needs its property "freshness"')
    return {ENABLED: "false" if is_old else "true", **({} if is_old else {MODE: "auto"}), **own}


def due_us(own: Given, created_us: int, began_us: int) -> int | None:
    """When a table is to be refreshed next, which began its last refresh at some time, 0 for never; None for never.
    Times are in microseconds since 1970."""
    if own.get(ENABLED) != "true" or (FRESHNESS not in own and own.get(_OLD_MODE) is None):
        return None
    start = own.get(_START, "immediate")
    first_us = created_us if start == "immediate" else int(_MOMENT.read(start, Style())) + EPOCH_US
    if not began_us:
        return first_us
    if FRESHNESS in own:
        return began_us + time_us(FRESHNESS, own[FRESHNESS])
    if _INTERVAL in own:
        return max(first_us, began_us + time_us(_INTERVAL, own[_INTERVAL]))
    return first_us if began_us < first_us else None


def timeout_s(own: Given) -> float | None:
    """How long a refresh may take; None for as long as it needs. Raises PgError 22023."""
    value = own.get(_TIMEOUT)
    if value is None:
        return None
    settings = Settings({}, ())
    settings.assign("statement_timeout", re.sub(r"(?i)\b(min|hour)s\b", r"\1", value).replace("hour", "h"), False)
    return settings.number("statement_timeout") / 1000 or None


def settings_of(own: Given, before: Given) -> dict[str, str]:
    """The settings of a refresh, by those that its maker had and those that are said."""
    said = {name.removeprefix(SETTING): value for name, value in own.items() if name.startswith(SETTING)}
    return {**before, **{name: value for name, value in said.items() if name in before}}
