"""The settings that there are: their names as PostgreSQL spells them, what they may be, and what they are at first."""

from dataclasses import dataclass

from yunbox.wire.pgwire.settings import kinds
from yunbox.wire.pgwire.settings.kinds import Choice, Kind, Switch, Text, Whole
from yunbox.wire.pgwire.settings.zone import time_zone

_INT_MAX = (1 << 31) - 1
_TIMEOUT = Whole(0, _INT_MAX, kinds.MILLISECONDS)
_LEVELS = ("debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error")
_ISOLATIONS = ("serializable", "repeatable read", "read committed", "read uncommitted")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting. ``reported``: clients are told of every change; ``fixed``: no statement changes it; ``listed``: SET
    takes several values, which are names. One of the transaction has no default but the session's ``default_`` one.
    """

    name: str
    kind: Kind
    default: str
    reported: bool = False
    fixed: bool = False
    listed: bool = False


def _text(name: str, default: str = "", *, fixed: bool = False, reported: bool = False) -> Parameter:
    return Parameter(name, Text(kinds.anything, name), default, reported, fixed)


_ALL = (
    Parameter("application_name", Text(kinds.printable, "application_name"), "", reported=True),
    Parameter("bytea_output", Choice(("escape", "hex")), "hex"),
    Parameter("client_encoding", Text(kinds.encoding, "client_encoding"), "UTF8", reported=True),
    Parameter("client_min_messages", Choice(_LEVELS, (("debug", "debug2"), ("info", "info"))), "notice"),
    Parameter("DateStyle", Text(kinds.date_style, "DateStyle"), "ISO, MDY", reported=True, listed=True),
    Parameter("default_transaction_isolation", Choice(_ISOLATIONS), "read committed"),
    Parameter("default_transaction_deferrable", Switch(), "off"),
    Parameter("default_transaction_read_only", Switch(), "off", reported=True),
    Parameter("extra_float_digits", Whole(-15, 3), "1"),
    Parameter("idle_in_transaction_session_timeout", _TIMEOUT, "0"),
    Parameter("idle_session_timeout", _TIMEOUT, "0"),
    Parameter("integer_datetimes", Switch(), "on", reported=True, fixed=True),
    Parameter("in_hot_standby", Switch(), "off", reported=True, fixed=True),
    Parameter(
        "IntervalStyle", Choice(("postgres", "postgres_verbose", "sql_standard", "iso_8601")), "postgres", reported=True
    ),
    Parameter("is_superuser", Switch(), "off", reported=True, fixed=True),
    Parameter("jit", Switch(), "off"),
    Parameter("lock_timeout", _TIMEOUT, "0"),
    Parameter("log_min_duration_statement", Whole(-1, _INT_MAX, kinds.MILLISECONDS), "100ms"),
    Parameter("max_connections", Whole(1, _INT_MAX), "100", fixed=True),
    Parameter("max_identifier_length", Whole(63, 63), "63", fixed=True),
    Parameter("max_index_keys", Whole(32, 32), "32", fixed=True),
    _text("role", "none", fixed=True),
    Parameter("search_path", Text(kinds.anything, "search_path"), '"$user", public', listed=True),
    _text("server_encoding", "UTF8", fixed=True, reported=True),
    _text("server_version", fixed=True, reported=True),
    Parameter("server_version_num", Whole(0, _INT_MAX), "0", fixed=True),
    _text("session_authorization", fixed=True, reported=True),
    Parameter("ssl", Switch(), "off", fixed=True),
    Parameter("standard_conforming_strings", Switch(), "on", reported=True),
    Parameter("statement_timeout", _TIMEOUT, "0"),
    Parameter("TimeZone", Text(time_zone, "TimeZone"), "Etc/UTC", reported=True),
    Parameter("transaction_deferrable", Switch(), ""),
    Parameter("transaction_isolation", Choice(_ISOLATIONS), ""),
    Parameter("transaction_read_only", Switch(), ""),
    Parameter("work_mem", Whole(64, _INT_MAX, kinds.KILOBYTES), "4MB"),
)

PARAMETERS = {one.name.lower(): one for one in _ALL}
"""By name in small letters."""
